/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an agent makes of VMware's libraries: a simulated clock, the real processes, libraries that
 * do as the test says. Simulated time stands still while an answer is waited for.
 */
#include "vmware-watch.h"

#include <poll.h>
#include <string.h>

#include "harness.h"
#include "vmware-bed.h"
#include "world.h"

/* An answer takes less, the pause between two workers is longer; ms. */
#define QUIET 100
#define EPOCH (1795219200 * GCLK_NS_PER_S)

typedef struct {
	GclkVmwareBed libraries;
	SimWorld world;
	GclkPlatform *platform;
	GclkConfig *config;
	GclkEnvironment environment;
	GclkAgent *agent;
	int fd;
	GclkVmwareWatch *watch;
} Bed;

static void on_report(gpointer user, GclkAgent *agent, gboolean urgent)
{
	(void)user;
	(void)agent;
	(void)urgent;
}

static const GclkAgentEvents events = { .report = on_report };

/* Takes in what comes, until nothing does for a moment. FALSE: it has ended. */
static gboolean serve(Bed *bed)
{
	struct pollfd fd = { .fd = bed->fd, .events = POLLIN };

	while (poll(&fd, 1, QUIET) > 0)
		if (!gclk_vmware_watch_dispatch(bed->watch))
			return FALSE;
	return TRUE;
}

static void set_up(Bed *bed, const char *mode)
{
	const SimOscillator oscillator = { 0 };
	GclkTools *tools;

	*bed = (Bed){ .environment = {
			      .boot_id = (char *)"a-boot", .hypervisor = (char *)"vmware" } };
	gclk_vmware_bed_init(&bed->libraries);
	if (mode)
		gclk_vmware_bed_set(&bed->libraries, "mode", mode);
	bed->world.vm = sim_vm_new(3, EPOCH, &oscillator);
	bed->config = gclk_config_new();
	bed->platform = sim_platform_new(&bed->world);
	bed->agent = gclk_agent_new(
		bed->platform, bed->config, &bed->environment, FALSE, NULL, &events, bed);
	CU_ASSERT_TRUE_FATAL(gclk_agent_start(bed->agent, NULL));
	tools = gclk_vmware_bed_start(&bed->libraries);
	bed->fd = gclk_tools_fd(tools);
	bed->watch = gclk_vmware_watch_new(tools, bed->agent, bed->platform, 2);
}

static void tear_down(Bed *bed)
{
	gclk_vmware_watch_free(bed->watch);
	gclk_agent_free(bed->agent);
	gclk_config_free(bed->config);
	bed->platform->free(bed->platform);
	sim_vm_free(bed->world.vm);
	gclk_vmware_bed_clear(&bed->libraries);
}

/* Answers come between two turns of the watch. */
static void pass(Bed *bed, gint64 seconds)
{
	gboolean lives = TRUE;

	for (; seconds > 0 && lives; seconds -= 10) {
		sim_run(bed->world.vm, sim_now(bed->world.vm) + MIN(seconds, 10) * GCLK_NS_PER_S);
		lives = serve(bed);
	}
}

static void set_guestlib(Bed *bed, gint error, gint session, gint64 elapsed_ms, gint64 stolen_ms)
{
	g_autofree char *text = g_strdup_printf("%d %d %" G_GINT64_FORMAT " %" G_GINT64_FORMAT,
		error, session, elapsed_ms, stolen_ms);

	gclk_vmware_bed_set(&bed->libraries, "guestlib", text);
}

static void check_finding(Bed *bed, const char *id, GclkSeverity severity, const char *part)
{
	g_autoptr(GclkStatus) status = gclk_agent_status(bed->agent);

	for (guint i = 0; i < status->findings->len; i++) {
		const GclkFinding *finding = status->findings->pdata[i];

		if (strcmp(finding->id, id) != 0)
			continue;
		GCLK_ASSERT_INT(finding->severity, severity);
		GCLK_ASSERT_HAS(finding->statement, part);
		return;
	}
	GCLK_ASSERT_STR("no such finding", id);
}

static guint count(const char *text, const char *part)
{
	guint n = 0;

	for (const char *at = text; (at = strstr(at, part)); at++)
		n++;
	return n;
}

/* --- guestinfo ---------------------------------------------------------------------------------
 */

static void test_guestinfo(void)
{
	g_autofree char *first = NULL, *second = NULL, *third = NULL;
	Bed bed;

	set_up(&bed, NULL);
	set_guestlib(&bed, 0, 7, 1000, 0);
	CU_ASSERT_TRUE(serve(&bed));
	first = gclk_vmware_bed_asked(&bed.libraries);
	GCLK_ASSERT_HAS(first, "timeInfo.get-updates precisionclock0\n");
	GCLK_ASSERT_HAS(first, "info-set guestinfo.guestclock.state starting");
	GCLK_ASSERT_HAS(first, "info-set guestinfo.guestclock.source none\n");
	GCLK_ASSERT_HAS(first, "info-set guestinfo.guestclock.findings none\n");
	GCLK_ASSERT_HAS(first, "info-set guestinfo.guestclock.offset unknown\n");
	GCLK_ASSERT_HAS(first, "info-set guestinfo.guestclock.updated 2026-");
	/* news within the minute wait, except of a key that has not changed for long */
	gclk_agent_set_finding(
		bed.agent, "rival", GCLK_SEVERITY_WARNING, "chronyd\nsteers\x1b[1m too", "stop it");
	gclk_agent_set_finding(bed.agent, "a-note", GCLK_SEVERITY_NOTE, "not shown", NULL);
	pass(&bed, 20);
	second = gclk_vmware_bed_asked(&bed.libraries);
	GCLK_ASSERT_INT(count(second, "guestclock.findings"), 1);
	GCLK_ASSERT_INT(count(second, "guestclock.updated"), 1);
	pass(&bed, 50);
	third = gclk_vmware_bed_asked(&bed.libraries);
	GCLK_ASSERT_INT(count(third, "guestclock.findings"), 2);
	GCLK_ASSERT_INT(count(third, "guestclock.updated"), 2);
	GCLK_ASSERT_INT(count(third, "guestclock.source"), 1);
	GCLK_ASSERT_HAS(third, "guestinfo.guestclock.findings warning: rival: chronyd steers?[1m "
			       "too\n");
	CU_ASSERT_PTR_NULL(strstr(third, "not shown"));
	tear_down(&bed);
}

static void test_refused(void)
{
	g_autofree char *asked = NULL;
	Bed bed;

	set_up(&bed, "refuse");
	CU_ASSERT_TRUE(serve(&bed));
	check_finding(&bed, "vmware-guestinfo", GCLK_SEVERITY_NOTE, "Permission denied");
	pass(&bed, 120);
	asked = gclk_vmware_bed_asked(&bed.libraries);
	GCLK_ASSERT_INT(count(asked, "info-set"), 1); /* not again and again */
	gclk_vmware_bed_set(&bed.libraries, "mode", "well");
	pass(&bed, 600);
	CU_ASSERT_FALSE(gclk_agent_has_finding(bed.agent, "vmware-guestinfo"));
	tear_down(&bed);
}

static void test_time_info(void)
{
	Bed bed;

	set_up(&bed, NULL);
	gclk_vmware_bed_set(&bed.libraries, "answer", "OK\nprotocol ntp 5\nsynced no 6\n");
	CU_ASSERT_TRUE(serve(&bed));
	check_finding(&bed, "vmware-host-time", GCLK_SEVERITY_NOTE,
		"the host says of its time service: protocol=ntp, synced=no");
	gclk_vmware_bed_set(&bed.libraries, "answer", "");
	pass(&bed, 610);
	CU_ASSERT_FALSE(gclk_agent_has_finding(bed.agent, "vmware-host-time"));
	tear_down(&bed);
}

/* --- the session -------------------------------------------------------------------------------
 */

static void test_session(void)
{
	g_autoptr(GclkStatus) before = NULL, after = NULL;
	Bed bed;

	set_up(&bed, NULL);
	set_guestlib(&bed, 0, 7, 1000, 0);
	CU_ASSERT_TRUE(serve(&bed));
	set_guestlib(&bed, 0, 7, 11000, 0);
	pass(&bed, 10);
	before = gclk_agent_status(bed.agent);
	CU_ASSERT_TRUE(before->state != GCLK_STATE_DISRUPTED);
	set_guestlib(&bed, 0, 8, 20, 0);
	pass(&bed, 10);
	after = gclk_agent_status(bed.agent);
	GCLK_ASSERT_INT(after->state, GCLK_STATE_DISRUPTED);
	GCLK_ASSERT_HAS(after->reason ? after->reason : "", "VMware session");
	tear_down(&bed);
}

/* The worker dies meanwhile: the session is remembered. */
static void test_session_over_death(void)
{
	g_autoptr(GclkStatus) status = NULL;
	gint turns = 0;
	Bed bed;

	set_up(&bed, NULL);
	set_guestlib(&bed, 0, 7, 1000, 0);
	CU_ASSERT_TRUE(serve(&bed));
	gclk_vmware_bed_set(&bed.libraries, "mode", "crash");
	while (!gclk_agent_has_finding(bed.agent, "vmware-tools") && turns++ < 10)
		pass(&bed, 10);
	check_finding(&bed, "vmware-tools", GCLK_SEVERITY_NOTE, "signal 11");
	gclk_vmware_bed_set(&bed.libraries, "mode", "well");
	set_guestlib(&bed, 0, 9, 20, 0);
	turns = 0;
	while (gclk_agent_has_finding(bed.agent, "vmware-tools") && turns++ < 50)
		CU_ASSERT_TRUE(serve(&bed));
	CU_ASSERT_FALSE(gclk_agent_has_finding(bed.agent, "vmware-tools"));
	status = gclk_agent_status(bed.agent);
	GCLK_ASSERT_INT(status->state, GCLK_STATE_DISRUPTED);
	tear_down(&bed);
}

/* --- rates -------------------------------------------------------------------------------------
 */

/* Lets 100 s pass by RAW, in which the host counts so many ms more or less a second. */
static void count_on(Bed *bed, gint64 host_ms, gint64 stolen_ms)
{
	for (gint64 i = 0; i <= 10; i++) {
		set_guestlib(bed, 0, 7, 1000000 + i * host_ms, i * stolen_ms);
		if (i > 0)
			pass(bed, 10);
		else
			CU_ASSERT_TRUE(serve(bed));
	}
}

static void test_rate(void)
{
	Bed bed;

	set_up(&bed, NULL);
	count_on(&bed, 10000, 0);
	CU_ASSERT_FALSE(gclk_agent_has_finding(bed.agent, "vmware-rate"));
	tear_down(&bed);

	set_up(&bed, NULL);
	count_on(&bed, 10500, 0); /* RAW loses 5 % */
	check_finding(&bed, "vmware-rate", GCLK_SEVERITY_WARNING, "runs slower than real time");
	tear_down(&bed);

	set_up(&bed, NULL);
	count_on(&bed, 9900, 0);
	check_finding(&bed, "vmware-rate", GCLK_SEVERITY_WARNING, "runs faster than real time");
	tear_down(&bed);
}

static void test_stolen(void)
{
	Bed bed;

	set_up(&bed, NULL);
	count_on(&bed, 10000, 1000); /* of two CPUs */
	CU_ASSERT_FALSE(gclk_agent_has_finding(bed.agent, "vmware-stolen"));
	tear_down(&bed);

	set_up(&bed, NULL);
	count_on(&bed, 10000, 8000);
	check_finding(&bed, "vmware-stolen", GCLK_SEVERITY_WARNING, "for 40 % of its CPU time");
	tear_down(&bed);
}

static void test_not_enabled(void)
{
	Bed bed;

	set_up(&bed, NULL);
	set_guestlib(&bed, 3, 0, 0, 0);
	CU_ASSERT_TRUE(serve(&bed));
	set_guestlib(&bed, 0, 7, 1000, 0);
	pass(&bed, 30);
	set_guestlib(&bed, 0, 8, 1000, 0);
	pass(&bed, 30); /* is not asked: no session is known that could change */
	CU_ASSERT_TRUE(gclk_agent_state(bed.agent) != GCLK_STATE_DISRUPTED);
	tear_down(&bed);
}

/* --- trouble -----------------------------------------------------------------------------------
 */

static void test_given_up(void)
{
	gint turns = 0;
	Bed bed;

	set_up(&bed, "crash-at-once");
	while (turns < 100 && serve(&bed))
		turns++;
	check_finding(&bed, "vmware-tools", GCLK_SEVERITY_WARNING, "given up");
	pass(&bed, 600);
	tear_down(&bed);
}

static void test_not_there(void)
{
	g_autoptr(GclkStatus) status = NULL;
	Bed bed;

	set_up(&bed, "elsewhere");
	gclk_vmware_watch_free(bed.watch);
	g_free(bed.libraries.libvmtools);
	g_free(bed.libraries.libguestlib);
	bed.libraries.libvmtools = g_strdup("/nonexistent/1");
	bed.libraries.libguestlib = g_strdup("/nonexistent/2");
	{
		GclkTools *tools = gclk_vmware_bed_start(&bed.libraries);

		bed.fd = gclk_tools_fd(tools);
		bed.watch = gclk_vmware_watch_new(tools, bed.agent, bed.platform, 2);
	}
	CU_ASSERT_FALSE(serve(&bed));
	status = gclk_agent_status(bed.agent);
	GCLK_ASSERT_INT(status->findings->len, 0);
	tear_down(&bed);
}

/* --- words -------------------------------------------------------------------------------------
 */

static void test_words(void)
{
	g_autoptr(GclkStatus) status = gclk_status_new();
	GclkSourceStatus *source = gclk_source_status_new();
	char value[GCLK_VMWARE_VALUE_MAX];

	status->state = GCLK_STATE_SYNCHRONISED;
	status->selected = g_strdup("vmware-backdoor");
	source->name = g_strdup("vmware-backdoor");
	source->kind = g_strdup("host");
	g_ptr_array_add(status->sources, source);
	status->offset = -1234;
	status->error_bound = 1005827;
	status->realtime = EPOCH;
	gclk_vmware_value(GCLK_VMWARE_STATE, status, value);
	GCLK_ASSERT_STR(value, "synchronised");
	gclk_vmware_value(GCLK_VMWARE_SOURCE, status, value);
	GCLK_ASSERT_STR(value, "vmware-backdoor (host)");
	gclk_vmware_value(GCLK_VMWARE_OFFSET, status, value);
	GCLK_ASSERT_STR(value, "-0.000001234 s +- 0.001005827 s");
	gclk_vmware_value(GCLK_VMWARE_UPDATED, status, value);
	GCLK_ASSERT_STR(value, "2026-11-21T00:00:00Z");
	gclk_vmware_value(GCLK_VMWARE_FINDINGS, status, value);
	GCLK_ASSERT_STR(value, "none");
	for (gint i = 0; i < 100; i++)
		g_ptr_array_add(status->findings,
			gclk_finding_new(i == 99 ? "worst" : "bad",
				i == 99 ? GCLK_SEVERITY_CRITICAL : GCLK_SEVERITY_WARNING,
				"something is the matter", NULL));
	gclk_vmware_value(GCLK_VMWARE_FINDINGS, status, value);
	GCLK_ASSERT_INT(strlen(value), GCLK_VMWARE_VALUE_MAX - 1);
	CU_ASSERT_TRUE(
		g_str_has_prefix(value, "critical: worst: something is the matter; warning"));
	status->error_bound = GCLK_BOUND_UNKNOWN;
	gclk_vmware_value(GCLK_VMWARE_OFFSET, status, value);
	GCLK_ASSERT_STR(value, "unknown");
}

int main(void)
{
	static const GclkTestCase cases[] = {
		{ "guestinfo", test_guestinfo },
		{ "guestinfo is refused", test_refused },
		{ "the host's time service", test_time_info },
		{ "another session", test_session },
		{ "another session, while the worker was dead", test_session_over_death },
		{ "rate", test_rate },
		{ "stolen time", test_stolen },
		{ "not enabled", test_not_enabled },
		{ "given up", test_given_up },
		{ "not there", test_not_there },
		{ "words", test_words },
		{ 0 },
	};

	return gclk_test_main("vmware-watch", cases);
}
