/* SPDX-License-Identifier: BSD-2-Clause */
/* The doctor's checks in the daemon: an agent of the simulator beside a machine of files. */
#include "checkup.h"

#include <string.h>

#include "harness.h"
#include "tree-platform.h"
#include "world.h"

#define CURRENT   "/sys/devices/system/clocksource/clocksource0/current_clocksource"
#define AVAILABLE "/sys/devices/system/clocksource/clocksource0/available_clocksource"
#define MINUTE    (60 * GCLK_NS_PER_S)

typedef struct {
	GclkTree tree;
	GclkMachine machine;
	GclkCheckup *checkup;
	SimWorld world;
	GclkPlatform *platform;
	GclkConfig *config;
	GclkEnvironment environment;
	GclkAgent *agent;
	guint logged, gone; /* lines of the log: findings that came or went */
} Bed;

static void on_report(gpointer user, GclkAgent *agent, gboolean urgent)
{
	(void)user;
	(void)agent;
	(void)urgent;
}

static char *read_log(gpointer user, gsize limit, gsize *length, const char **why)
{
	static const char text[] =
		"[    0.000000] Linux version 6.1.0-13-amd64 (gcc) #1 SMP\n"
		"[  100.000000] Adjusting tsc more than 11% (1107300352 vs 931186663)\n";

	(void)user;
	(void)limit;
	(void)why;
	*length = strlen(text);
	return g_strdup(text);
}

static char *refuse_log(gpointer user, gsize limit, gsize *length, const char **why)
{
	(void)user;
	(void)limit;
	(void)length;
	*why = "for root only";
	return NULL;
}

static void on_log(const gchar *domain, GLogLevelFlags level, const gchar *message, gpointer user)
{
	Bed *bed = user;

	(void)domain;
	(void)level;
	if (g_str_has_prefix(message, "no longer: "))
		bed->gone++;
	else
		bed->logged++;
}

static void bed_init(Bed *bed)
{
	static const GclkAgentEvents events = { .report = on_report };
	const SimOscillator oscillator = { 0 };

	*bed = (Bed){ .environment = { .boot_id = (char *)"a-boot", .hypervisor = (char *)"kvm" } };
	gclk_tree_init(&bed->tree);
	gclk_tree_write(&bed->tree, "/proc/sys/kernel/osrelease", "6.1.0-13-amd64\n", -1);
	gclk_tree_write(&bed->tree, "/sys/class/dmi/id/sys_vendor", "QEMU\n", -1);
	gclk_tree_write(&bed->tree, AVAILABLE, "tsc hpet acpi_pm jiffies\n", -1);
	gclk_tree_write(&bed->tree, CURRENT, "jiffies\n", -1);
	bed->machine = (GclkMachine){ .platform = &bed->tree.platform, .kernel_log = read_log };
	bed->checkup = gclk_checkup_new(&bed->machine);
	bed->world.vm = sim_vm_new(3, 1795219200 * GCLK_NS_PER_S, &oscillator);
	bed->platform = sim_platform_new(&bed->world);
	bed->config = gclk_config_new();
	bed->agent = gclk_agent_new(
		bed->platform, bed->config, &bed->environment, FALSE, NULL, &events, bed);
	g_log_set_default_handler(on_log, bed);
}

static void bed_clear(Bed *bed)
{
	g_log_set_default_handler(g_log_default_handler, NULL);
	gclk_checkup_free(bed->checkup);
	gclk_agent_free(bed->agent);
	gclk_config_free(bed->config);
	bed->platform->free(bed->platform);
	sim_vm_free(bed->world.vm);
	gclk_tree_clear(&bed->tree);
}

/* Said once when it comes and once when it goes, and looked for seldom. */
static void test_comes_and_goes(void)
{
	Bed bed;

	bed_init(&bed);
	gclk_checkup_look(bed.checkup, bed.agent, MINUTE);
	CU_ASSERT_TRUE(gclk_agent_has_finding(bed.agent, "clocksource-loses-time"));
	CU_ASSERT_TRUE(gclk_agent_has_finding(bed.agent, "log-slew-too-large"));
	CU_ASSERT_FALSE(gclk_agent_has_finding(bed.agent, "no-rtc")); /* a note */
	GCLK_ASSERT_INT(bed.logged, 2);
	gclk_checkup_look(bed.checkup, bed.agent, 12 * MINUTE);
	GCLK_ASSERT_INT(bed.logged, 2);

	gclk_tree_write(&bed.tree, CURRENT, "tsc\n", -1);
	gclk_checkup_look(bed.checkup, bed.agent, 14 * MINUTE); /* not yet again */
	CU_ASSERT_TRUE(gclk_agent_has_finding(bed.agent, "clocksource-loses-time"));
	gclk_checkup_expire(bed.checkup);
	gclk_checkup_look(bed.checkup, bed.agent, 15 * MINUTE);
	CU_ASSERT_FALSE(gclk_agent_has_finding(bed.agent, "clocksource-loses-time"));
	CU_ASSERT_TRUE(gclk_agent_has_finding(bed.agent, "log-slew-too-large"));
	GCLK_ASSERT_INT(bed.logged, 2);
	GCLK_ASSERT_INT(bed.gone, 1);
	bed_clear(&bed);
}

/* What root read of the kernel's log holds when the daemon is root no more. */
static void test_log_of_root(void)
{
	Bed bed;

	bed_init(&bed);
	bed.machine.kernel_log = refuse_log;
	for (gint64 minute = 1; minute < 100; minute += 11)
		gclk_checkup_look(bed.checkup, bed.agent, minute * MINUTE);
	CU_ASSERT_TRUE(gclk_agent_has_finding(bed.agent, "log-slew-too-large"));
	GCLK_ASSERT_INT(bed.logged, 2);
	bed_clear(&bed);
}

/* The agent's own findings stay its own. */
static void test_own(void)
{
	Bed bed;

	bed_init(&bed);
	gclk_agent_set_finding(bed.agent, "clocksource-loses-time", GCLK_SEVERITY_NOTE, "mine", "");
	gclk_agent_set_finding(bed.agent, "rival", GCLK_SEVERITY_WARNING, "chronyd", NULL);
	gclk_checkup_look(bed.checkup, bed.agent, MINUTE);
	GCLK_ASSERT_INT(bed.logged, 3);
	gclk_tree_write(&bed.tree, CURRENT, "tsc\n", -1);
	gclk_checkup_look(bed.checkup, bed.agent, 20 * MINUTE);
	CU_ASSERT_TRUE(gclk_agent_has_finding(bed.agent, "clocksource-loses-time"));
	CU_ASSERT_TRUE(gclk_agent_has_finding(bed.agent, "rival"));
	GCLK_ASSERT_INT(bed.gone, 0);
	bed_clear(&bed);
}

static void test_refresh(void)
{
	Bed bed;
	g_autoptr(GclkStatus) status = NULL;

	bed_init(&bed);
	gclk_agent_refresh_finding(bed.agent, "a", GCLK_SEVERITY_WARNING, "4 % lost", NULL);
	gclk_agent_refresh_finding(bed.agent, "a", GCLK_SEVERITY_WARNING, "5 % lost", "cure");
	GCLK_ASSERT_INT(bed.logged, 1);
	status = gclk_agent_status(bed.agent);
	GCLK_ASSERT_INT(status->findings->len, 1);
	GCLK_ASSERT_STR(((GclkFinding *)status->findings->pdata[0])->statement, "5 % lost");
	gclk_agent_refresh_finding(bed.agent, "a", GCLK_SEVERITY_CRITICAL, "30 % lost", NULL);
	GCLK_ASSERT_INT(bed.logged, 2);
	bed_clear(&bed);
}

/* A host that offers its time while the clock has not yet been found wrong: not worth a warning. */
static void test_offer(void)
{
	static const char *const names[] = { "pid:[4026531836]", "user:[4026531837]",
		"cgroup:[4026531835]", "net:[4026531840]", NULL };
	GclkStatus *status;
	Bed bed;

	bed_init(&bed);
	for (gsize i = 0; names[i]; i++) {
		g_auto(GStrv) parts = g_strsplit(names[i], ":", 2);
		g_autofree char *self = g_strconcat("/proc/self/ns/", parts[0], NULL);
		g_autofree char *one = g_strconcat("/proc/1/ns/", parts[0], NULL);

		gclk_tree_link(&bed.tree, self, names[i]);
		gclk_tree_link(&bed.tree, one, names[i]);
	}
	gclk_tree_write(&bed.tree, "/sys/bus/acpi/devices/VMW0005:00/hid", "VMW0005\n", -1);
	gclk_checkup_look(bed.checkup, bed.agent, MINUTE);
	CU_ASSERT_FALSE(gclk_agent_has_finding(bed.agent, "offer-vmware-clock"));
	/* nothing keeps it: no source comes */
	CU_ASSERT_TRUE_FATAL(gclk_agent_start(bed.agent, NULL));
	sim_run(bed.world.vm, sim_now(bed.world.vm) + 2 * MINUTE);
	status = gclk_agent_status(bed.agent);
	GCLK_ASSERT_INT(status->state, GCLK_STATE_UNSYNCHRONISED);
	gclk_status_free(status);
	gclk_checkup_look(bed.checkup, bed.agent, 20 * MINUTE);
	CU_ASSERT_TRUE(gclk_agent_has_finding(bed.agent, "offer-vmware-clock"));
	bed_clear(&bed);
}

/* A machine that shows nothing at all. */
static void test_nothing(void)
{
	Bed bed;

	bed_init(&bed);
	gclk_tree_remove(&bed.tree, "/proc");
	gclk_tree_remove(&bed.tree, "/sys");
	bed.machine.kernel_log = NULL;
	gclk_checkup_free(bed.checkup);
	bed.checkup = gclk_checkup_new(&bed.machine);
	gclk_checkup_look(bed.checkup, bed.agent, MINUTE);
	CU_ASSERT_FALSE(gclk_agent_has_finding(bed.agent, "clocksource-loses-time"));
	GCLK_ASSERT_INT(bed.gone, 0);
	bed_clear(&bed);
}

int main(void)
{
	static const GclkTestCase cases[] = {
		{ "a finding comes and goes", test_comes_and_goes },
		{ "the kernel's log as root read it", test_log_of_root },
		{ "the agent's own findings", test_own },
		{ "new figures are no news", test_refresh },
		{ "an offer of the host", test_offer },
		{ "nothing to be seen", test_nothing },
		{ NULL, NULL },
	};

	return gclk_test_main("checkup", cases);
}
