/* SPDX-License-Identifier: BSD-2-Clause */
#include "lookout.h"

#include <string.h>

#include "build-config.h"
#include "harness.h"
#include "sources.h"
#include "vmclock-watch.h"
#include "world.h"

#define YEAR_S (G_GINT64_CONSTANT(365) * 86400)

typedef struct {
	SimWorld world;
	GclkPlatform *platform;
	GclkLookout lookout;
} Bed;

static void bed_init(Bed *bed)
{
	const SimOscillator oscillator = { 0 };

	*bed = (Bed){ 0 };
	bed->world.vm = sim_vm_new(1, 0, &oscillator);
	bed->platform = sim_platform_new(&bed->world);
	bed->lookout.platform = bed->platform;
	bed->lookout.config = gclk_config_new();
}

static void bed_clear(Bed *bed)
{
	gclk_config_free(bed->lookout.config);
	bed->platform->free(bed->platform);
	sim_vm_free(bed->world.vm);
}

static void set_file(Bed *bed, const char *path, const char *format, gint64 seconds)
{
	g_autofree char *number = g_strdup_printf("%" G_GINT64_FORMAT, seconds);
	g_autofree char *text = g_strconcat(format, number, "\n", NULL);

	bed->platform->write_file(bed->platform, path, text, strlen(text), FALSE, NULL);
}

static void set_rtc(Bed *bed, gint64 seconds)
{
	set_file(bed, "/sys/class/rtc/rtc0/since_epoch", "", seconds);
}

static gint64 pivot_s(Bed *bed)
{
	return gclk_lookout_era_pivot(&bed->lookout) / GCLK_NS_PER_S;
}

/* Nothing is known: the build. What lies before it is wrong, and so is what lies an age after. */
static void eras(void)
{
	g_autofree char *memory = NULL;
	Bed bed;

	bed_init(&bed);
	memory = g_build_filename(bed.lookout.config->state_directory, "memory", NULL);
	GCLK_ASSERT_INT(pivot_s(&bed), GCLK_BUILD_TIME);
	set_rtc(&bed, 5);
	GCLK_ASSERT_INT(pivot_s(&bed), GCLK_BUILD_TIME);
	set_rtc(&bed, GCLK_BUILD_TIME + 3 * YEAR_S);
	GCLK_ASSERT_INT(pivot_s(&bed), GCLK_BUILD_TIME + 3 * YEAR_S);
	set_rtc(&bed, GCLK_BUILD_TIME + 73 * YEAR_S);
	GCLK_ASSERT_INT(pivot_s(&bed), GCLK_BUILD_TIME);
	set_rtc(&bed, -1);
	GCLK_ASSERT_INT(pivot_s(&bed), GCLK_BUILD_TIME);
	set_file(&bed, memory, "[clock]\nfrequency-ppb=0\nrealtime-ns=",
		(GCLK_BUILD_TIME + 7 * YEAR_S) * GCLK_NS_PER_S);
	GCLK_ASSERT_INT(pivot_s(&bed), GCLK_BUILD_TIME + 7 * YEAR_S);
	set_rtc(&bed, GCLK_BUILD_TIME + 9 * YEAR_S);
	GCLK_ASSERT_INT(pivot_s(&bed), GCLK_BUILD_TIME + 9 * YEAR_S);
	bed_clear(&bed);
}

/* --- looks ------------------------------------------------------------------------------------ */

static guint looks_at_proc;

static char **count_directory(GclkPlatform *platform, const char *path, GError **error)
{
	(void)platform;
	looks_at_proc += strcmp(path, "/proc") == 0;
	g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOENT, "%s: not there", path);
	return NULL;
}

static void on_report(gpointer user, GclkAgent *agent, gboolean urgent)
{
	(void)user;
	(void)agent;
	(void)urgent;
}

/* Without servers a lease is looked for often, and all processes are not: there may be thousands.
 */
static void processes(void)
{
	static const GclkAgentEvents events = { .report = on_report };
	GclkEnvironment environment = { .boot_id = (char *)"a-boot",
		.hypervisor = (char *)"kvm",
		.container = (char *)"none" };
	Bed bed;

	bed_init(&bed);
	bed.platform->list_directory = count_directory;
	bed.lookout.config->discover = FALSE;
	bed.lookout.environment = &environment;
	bed.lookout.agent = gclk_agent_new(
		bed.platform, bed.lookout.config, &environment, FALSE, NULL, &events, NULL);
	looks_at_proc = 0;
	gclk_lookout_look(&bed.lookout);
	GCLK_ASSERT_INT(looks_at_proc, 1);
	sim_run(bed.world.vm, 305 * GCLK_NS_PER_S);
	GCLK_ASSERT_INT(looks_at_proc, 6);
	gclk_lookout_look_soon(&bed.lookout);
	sim_run(bed.world.vm, 306 * GCLK_NS_PER_S);
	GCLK_ASSERT_INT(looks_at_proc, 7);
	gclk_lookout_stop(&bed.lookout);
	gclk_agent_free(bed.lookout.agent);
	bed_clear(&bed);
}

/* --- the link --------------------------------------------------------------------------------- */

static gboolean plugged;

static char **list_ports(GclkPlatform *platform, const char *path, GError **error)
{
	static const char *const ports[] = { "vport0p1", NULL };

	(void)platform;
	if (plugged && strcmp(path, "/sys/class/virtio-ports") == 0)
		return g_strdupv((char **)ports);
	g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOENT, "%s: not there", path);
	return NULL;
}

static guint sources_of(const Bed *bed)
{
	g_autoptr(GclkStatus) status = gclk_agent_status(bed->lookout.agent);

	return status->sources->len;
}

/* Nothing is said of a link that the host does not offer; one that it plugs in later is found. */
static void port_comes(void)
{
	static const GclkAgentEvents events = { .report = on_report };
	GclkEnvironment environment = { .boot_id = (char *)"a-boot",
		.hypervisor = (char *)"kvm",
		.container = (char *)"none" };
	Bed bed;

	bed_init(&bed);
	plugged = FALSE;
	bed.platform->list_directory = list_ports;
	bed.platform->write_file(bed.platform, "/sys/class/virtio-ports/vport0p1/name",
		"org.guestclock.0\n", 17, FALSE, NULL);
	bed.lookout.config->discover = FALSE;
	bed.lookout.environment = &environment;
	bed.lookout.agent = gclk_agent_new(
		bed.platform, bed.lookout.config, &environment, FALSE, NULL, &events, NULL);
	gclk_sources_apply(bed.lookout.agent, bed.platform, bed.lookout.config, 0);
	gclk_lookout_look(&bed.lookout);
	GCLK_ASSERT_INT(sources_of(&bed), 0);
	CU_ASSERT_TRUE(gclk_agent_has_finding(bed.lookout.agent, "no-source"));
	plugged = TRUE;
	gclk_lookout_look(&bed.lookout);
	GCLK_ASSERT_INT(sources_of(&bed), 1);
	CU_ASSERT_FALSE(gclk_agent_has_finding(bed.lookout.agent, "no-source"));
	/* once, and a reload keeps it */
	gclk_lookout_look(&bed.lookout);
	gclk_sources_apply(bed.lookout.agent, bed.platform, bed.lookout.config, 0);
	GCLK_ASSERT_INT(sources_of(&bed), 1);
	bed.lookout.config->link_channel = g_strdup("none");
	gclk_sources_apply(bed.lookout.agent, bed.platform, bed.lookout.config, 0);
	GCLK_ASSERT_INT(sources_of(&bed), 0);
	gclk_lookout_stop(&bed.lookout);
	gclk_agent_free(bed.lookout.agent);
	bed_clear(&bed);
}

/* --- vmclock ---------------------------------------------------------------------------------- */

struct GclkPage {
	guint8 bytes[112];
};

static struct GclkPage the_page = { .bytes = { 'V', 'C', 'L', 'K', 112, 0, 0, 0, 1 } };

static GclkPage *page_open(GclkPlatform *platform, const char *path, GError **error)
{
	(void)platform;
	(void)error;
	GCLK_ASSERT_STR(path, "/dev/vmclock0");
	return &the_page;
}

static gint page_read(GclkPlatform *platform, GclkPage *page, guint8 *bytes, gsize size)
{
	(void)platform;
	memcpy(bytes, page->bytes, MIN(size, sizeof page->bytes));
	return (gint)MIN(size, sizeof page->bytes);
}

static void page_watch(GclkPlatform *platform, GclkPage *page, GclkTimerFunc func, gpointer user)
{
	(void)platform;
	(void)page;
	(void)user;
	CU_ASSERT_PTR_NULL(func);
}

static void page_close(GclkPlatform *platform, GclkPage *page)
{
	(void)platform;
	(void)page;
}

static guint64 disruptions(GclkAgent *agent)
{
	g_autoptr(GclkStatus) status = gclk_agent_status(agent);

	return status->disruptions;
}

/* The page is found by a look, and what it tells reaches the agent. */
static void vmclock(void)
{
	static const GclkAgentEvents events = { .report = on_report };
	GclkEnvironment environment = { .boot_id = (char *)"a-boot",
		.hypervisor = (char *)"qemu",
		.container = (char *)"none" };
	GclkLookout *l;
	Bed bed;

	bed_init(&bed);
	bed.platform->page_open = page_open;
	bed.platform->page_read = page_read;
	bed.platform->page_watch = page_watch;
	bed.platform->page_close = page_close;
	l = &bed.lookout;
	l->config->discover = FALSE;
	l->environment = &environment;
	l->agent =
		gclk_agent_new(bed.platform, l->config, &environment, FALSE, NULL, &events, NULL);
	CU_ASSERT_TRUE_FATAL(gclk_agent_start(l->agent, NULL));
	l->vmclock = gclk_vmclock_watch_new(l->agent, bed.platform);
	gclk_lookout_look(l);
	sim_run(bed.world.vm, 5 * GCLK_NS_PER_S);
	GCLK_ASSERT_INT(disruptions(l->agent), 0);
	CU_ASSERT_FALSE(gclk_agent_has_finding(l->agent, "disruption-ahead"));
	the_page.bytes[24] = 1 << 2;
	sim_run(bed.world.vm, 7 * GCLK_NS_PER_S);
	CU_ASSERT_TRUE(gclk_agent_has_finding(l->agent, "disruption-ahead"));
	GCLK_ASSERT_INT(disruptions(l->agent), 0);
	the_page.bytes[24] = 0;
	the_page.bytes[16] = 1;
	sim_run(bed.world.vm, 9 * GCLK_NS_PER_S);
	CU_ASSERT_FALSE(gclk_agent_has_finding(l->agent, "disruption-ahead"));
	GCLK_ASSERT_INT(disruptions(l->agent), 1);
	gclk_lookout_stop(l);
	gclk_vmclock_witness_free(l->vmclock);
	gclk_agent_free(l->agent);
	bed_clear(&bed);
}

int main(void)
{
	static const GclkTestCase cases[] = {
		{ "around when are we", eras },
		{ "processes are looked at seldom", processes },
		{ "a port comes", port_comes },
		{ "vmclock is a witness", vmclock },
		{ NULL, NULL },
	};

	return gclk_test_main("lookout", cases);
}
