/* SPDX-License-Identifier: BSD-2-Clause */
/* The programs that deal with time: what each does to the clock, and what the doctor says of it. */
#include <string.h>

#include "detect/environment.h"
#include "detect/time-programs.h"
#include "detect/vmware-time.h"
#include "doctor-bed.h"
#include "guestclock/rival.h"
#include "harness.h"

/* --- one program ------------------------------------------------------------------------------ */

static const struct {
	const char *comm, *cmdline, *status;
	const char *name; /* NULL: it does not deal with time */
	gboolean steers;
	const char *why; /* part of it */
} cases[] = {
	{ "chronyd", "/usr/sbin/chronyd -F 1", "time", "chronyd", TRUE, "by NTP" },
	{ "chronyd", "chronyd -x", "root", "chronyd", FALSE, "-x leaves the clock alone" },
	{ "chronyd", "chronyd -Q server 192.0.2.1", "root", "chronyd", FALSE, "-Q" },
	{ "chronyd", "chronyd", "weak", "chronyd", FALSE, "CAP_SYS_TIME" },
	{ "chronyd", "chronyd", "zombie", "chronyd", FALSE, "ended" },
	{ "ntpd", "/usr/sbin/ntpd -g -u ntp:ntp", "time", "ntpd", TRUE, "" },
	{ "ntpd", "/usr/sbin/ntpd -c /etc/ntpsec/ntp.conf -g", "time", "ntpd of NTPsec", TRUE, "" },
	{ "ntpd", "/usr/sbin/ntpd -f /etc/openntpd/ntpd.conf", "root", "ntpd of OpenNTPD", TRUE,
		"" },
	{ "ntpd", "ntpd: [priv]", "root", "ntpd of OpenNTPD", TRUE, "" },
	{ "ntpd", "ntpd -w", "time", "ntpd", TRUE, "" }, /* waits, with all but BusyBox's */
	{ "systemd-timesyn", "/lib/systemd/systemd-timesyncd", "time", "systemd-timesyncd", TRUE,
		"" },
	{ "ntp-daemon", "/usr/bin/ntp-daemon", "time", "ntp-daemon", TRUE, "" },
	{ "phc2sys", "phc2sys -s /dev/ptp0 -O 0", "root", "phc2sys", TRUE, "" },
	{ "phc2sys", "phc2sys -a", "root", "phc2sys", FALSE, "another clock" },
	{ "phc2sys", "phc2sys -a -r -E ntpshm", "root", "phc2sys", FALSE, "another daemon" },
	{ "phc2sys", "phc2sys -s eth0 -E linreg", "root", "phc2sys", TRUE, "" },
	{ "ptp4l", "ptp4l -i eth0", "root", "ptp4l", FALSE, "network card" },
	{ "ptp4l", "ptp4l -S -i eth0", "root", "ptp4l", TRUE, "" },
	{ "ptpd2", "ptpd2 -i eth0 -s", "root", "ptpd2", TRUE, "" },
	{ "ptpd2", "ptpd2 -c /etc/ptpd2.conf --noadjust", "root", "ptpd2", FALSE, "-n" },
	{ "ptpd2", "ptpd2 -sn -i eth0", "root", "ptpd2", FALSE, "-n" },
	{ "ptpd2", "ptpd2 -i n", "root", "ptpd2", TRUE, "" },
	{ "ptpd", "ptpd --clock:no_adjust=Y", "root", "ptpd", FALSE, "no_adjust" },
	{ "ptpd", "ptpd --clock:no_adjust=N", "root", "ptpd", TRUE, "" },
	{ "timemaster", "timemaster -f /etc/timemaster.conf", "root", "timemaster", FALSE,
		"starts" },
	{ "VBoxService", "/usr/sbin/VBoxService --pidfile /x", "root", "VBoxService", TRUE, "" },
	{ "VBoxService", "VBoxService --disable-timesync", "root", "VBoxService", FALSE,
		"--disable-timesync" },
	{ "VBoxService", "VBoxService --only-automount", "root", "VBoxService", FALSE, "other" },
	{ "VBoxService", "VBoxService --only-timesync", "root", "VBoxService", TRUE, "" },
	{ "VBoxClient", "VBoxClient --clipboard", "root", NULL, FALSE, NULL },
	{ "prltoolsd", "/usr/bin/prltoolsd -p", "root", "prltoolsd", TRUE, "" },
	{ "vmtoolsd", "/usr/bin/vmtoolsd", "root", "vmtoolsd", FALSE, "timesync status" },
	{ "vmtoolsd", "vmtoolsd -n vmusr", "weak", "vmtoolsd", FALSE, "" },
	{ "vmtoolsd", "vmtoolsd -n vmusr", "root", "vmtoolsd", FALSE, "session" },
	{ "lima-guestagent", "lima-guestagent daemon", "root", "lima-guestagent", TRUE, "" },
	{ "qemu-ga", "/usr/sbin/qemu-ga", "root", "qemu-ga", FALSE, "guest-set-time" },
	{ "xe-daemon", "xe-daemon", "root", "xe-daemon", FALSE, "" },
	{ "google_guest_ag", "google_guest_agent", "root", "google_guest_agent", FALSE, "RTC" },
	{ "guestclockd", "guestclockd -f", "time", "guestclockd", TRUE, "" },
	{ "guestclockd", "guestclockd --once", "root", "guestclockd", FALSE, "measures" },
	{ "guestclockd", "guestclockd --control=none", "root", "guestclockd", FALSE, "none" },
	{ "guestclockd", "guestclockd --control none", "root", "guestclockd", FALSE, "none" },
	{ "guestclockd", "guestclockd --control=kernel", "root", "guestclockd", TRUE, "" },
	{ "gclk-privileged", "guestclockd -f", "root", NULL, FALSE, NULL },
	{ "bash", "chronyd", "root", NULL, FALSE, NULL },
	{ "", "", "root", NULL, FALSE, NULL },
};

static GPtrArray *find(GclkBed *bed)
{
	GclkReader reader = { bed->machine.platform, NULL };

	return gclk_time_programs_find(&bed->machine, &reader);
}

static void each_program(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GPtrArray) found = NULL;
		g_autofree char *is = NULL;
		g_autofree char *should = NULL;
		const GclkTimeProgram *program;
		GclkBed bed;

		gclk_bed_init(&bed);
		gclk_bed_process(&bed, 77, cases[i].comm, cases[i].cmdline, cases[i].status);
		found = find(&bed);
		program = found->len ? found->pdata[0] : NULL;
		is = g_strdup_printf("%s: %s %s", cases[i].cmdline,
			program ? program->name : "none",
			program && program->steers ? "steers" : "does not");
		should = g_strdup_printf("%s: %s %s", cases[i].cmdline,
			cases[i].name ? cases[i].name : "none",
			cases[i].steers ? "steers" : "does not");
		GCLK_ASSERT_STR(is, should);
		if (program) {
			GCLK_ASSERT_INT(program->pid, 77);
			GCLK_ASSERT_HAS(program->why, cases[i].why);
			CU_ASSERT_TRUE(program->stop && program->stop[0]);
		}
		gclk_bed_clear(&bed);
	}
}

/* The executable tells BusyBox's ntpd, whose -w means something else. */
static void busybox(void)
{
	g_autoptr(GPtrArray) found = NULL;
	const GclkTimeProgram *program;
	GclkBed bed;

	gclk_bed_init(&bed);
	gclk_bed_process(&bed, 5, "ntpd", "ntpd -w -p 192.0.2.1", "root");
	gclk_tree_link(&bed.tree, "/proc/5/exe", "/bin/busybox");
	gclk_bed_process(&bed, 6, "ntpd", "ntpd -p -w", "root");
	gclk_tree_link(&bed.tree, "/proc/6/exe", "/bin/busybox");
	found = gclk_time_programs_in_proc(bed.machine.platform);
	GCLK_ASSERT_INT(found->len, 2);
	program = found->pdata[0];
	GCLK_ASSERT_STR(program->name, "ntpd of BusyBox");
	CU_ASSERT_FALSE(program->steers);
	program = found->pdata[1]; /* its server is called -w */
	CU_ASSERT_TRUE(program->steers);
	gclk_bed_clear(&bed);
}

static void rows_are_whole(void)
{
	static const char *const names[] = { "guestclockd", "chronyd", "ntpd", "ntpd of ntp.org",
		"ntpd of NTPsec", "ntpd of OpenNTPD", "ntpd of BusyBox", "systemd-timesyncd",
		"ntp-daemon", "phc2sys", "ptp4l", "ptpd", "ptpd2", "timemaster", "vmtoolsd",
		"VBoxService", "prltoolsd", "lima-guestagent", "qemu-ga", "hv_utils", "xe-daemon",
		"google_guest_agent" };

	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		const GclkProgram *program = gclk_program_by_name(names[i]);

		CU_ASSERT_PTR_NOT_NULL_FATAL(program);
		CU_ASSERT_TRUE(program->does && program->stop);
		CU_ASSERT_TRUE(!program->comm || strlen(program->comm) <= 15);
		if (program->comm)
			CU_ASSERT_PTR_EQUAL(gclk_program_by_comm(program->comm), program);
	}
	CU_ASSERT_PTR_NULL(gclk_program_by_comm(NULL));
	CU_ASSERT_PTR_NULL(gclk_program_by_name(NULL));
	CU_ASSERT_PTR_NULL(gclk_program_by_name("vi"));
	CU_ASSERT_PTR_NULL(gclk_rival_name("qemu-ga"));
	GCLK_ASSERT_STR(gclk_rival_name("ptpd2"), "ptpd2");
}

/* --- how to end it ---------------------------------------------------------------------------- */

static void stops(void)
{
	static const struct {
		const char *cgroup;
		gboolean systemd;
		const char *stop;
	} ways[] = {
		{ "0::/system.slice/chrony.service\n", TRUE,
			"systemctl disable --now chrony.service" },
		{ "2:cpu:/\n1:name=systemd:/system.slice/chronyd.service\n", TRUE,
			"systemctl disable --now chronyd.service" },
		{ "0::/system.slice/system-ntp.slice/ntp@x.service/sub\n", TRUE,
			"systemctl disable --now ntp@x.service" },
		{ "0::/system.slice/a;reboot.service\n", TRUE, "chrony)" },
		{ "0::/user.slice/user-0.slice/session-1.scope\n", TRUE, "chrony)" },
		{ NULL, TRUE, "chrony)" },
		{ NULL, FALSE, "kill 9, " },
		{ "0::/\n", FALSE, "kill 9, " },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(ways); i++) {
		g_autoptr(GPtrArray) found = NULL;
		GclkBed bed;

		gclk_bed_init(&bed);
		gclk_bed_process(&bed, 9, "chronyd", "chronyd", "time");
		if (ways[i].cgroup)
			gclk_tree_write(&bed.tree, "/proc/9/cgroup", ways[i].cgroup, -1);
		if (ways[i].systemd)
			gclk_tree_directory(&bed.tree, "/run/systemd/system");
		found = find(&bed);
		GCLK_ASSERT_HAS(((GclkTimeProgram *)found->pdata[0])->stop, ways[i].stop);
		gclk_bed_clear(&bed);
	}
}

/* --- VMware and Hyper-V ----------------------------------------------------------------------- */

static int periodic;

static int answer(gpointer user)
{
	(void)user;
	return periodic;
}

static void vmware_tools(void)
{
	static const struct {
		int bit;
		const char *conf;
		gboolean steers;
		const char *why;
	} ways[] = {
		{ 1, NULL, TRUE, "switched on" },
		{ 0, NULL, FALSE, "switched off" },
		{ -1, NULL, FALSE, "vmware-toolbox-cmd timesync status" },
		{ 1, "[timeSync]\ndisable-periodic=true\n", FALSE, "disable-periodic" },
		{ 1, "[timeSync]\ndisable-all=true\n", FALSE, "disable-all" },
		{ 1, "[timeSync]\ndisable-all=false\n", TRUE, "switched on" },
		{ 1, "[logging]\ndisable-all=true\n", TRUE, "switched on" },
		{ 1, "not a key file", TRUE, "switched on" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(ways); i++) {
		g_autoptr(GPtrArray) found = NULL;
		g_autoptr(GPtrArray) rivals = g_ptr_array_new_with_free_func(g_free);
		const GclkTimeProgram *program;
		GclkBed bed;

		gclk_bed_init(&bed);
		periodic = ways[i].bit;
		bed.machine.vmware_periodic_sync = answer;
		gclk_bed_process(&bed, 9, "vmtoolsd", "/usr/bin/vmtoolsd", "root");
		if (ways[i].conf)
			gclk_tree_write(
				&bed.tree, "/etc/vmware-tools/tools.conf", ways[i].conf, -1);
		found = find(&bed);
		program = found->pdata[0];
		GCLK_ASSERT_INT(program->steers, ways[i].steers);
		GCLK_ASSERT_HAS(program->why, ways[i].why);
		/* to the daemon they are a rival then, and nothing else */
		gclk_rivals_add_tools(&bed.machine, rivals);
		GCLK_ASSERT_INT(rivals->len, ways[i].steers);
		if (rivals->len)
			GCLK_ASSERT_STR(rivals->pdata[0], "vmtoolsd (pid 9)");
		gclk_bed_clear(&bed);
	}
}

static const char *signature;
static guint32 features;

static void processor(guint32 leaf, guint32 registers[4])
{
	memset(registers, 0, 4 * sizeof *registers);
	if (leaf == 1)
		registers[2] = 1u << 31;
	if (leaf == 0x40000000) {
		registers[0] = 0x40000010;
		memcpy(&registers[1], signature, 12);
	}
	if (leaf == 0x40000010)
		registers[2] = features;
}

/* Nowhere but on VMware does the backdoor answer; asking must not hurt. Where these tests run on
   VMware nothing is asked. */
static void backdoor(void)
{
	GclkHypervisorFacts facts;
	GclkHostReader reader;
	GclkBed bed;

	GCLK_ASSERT_INT(gclk_vmware_ask_periodic_sync(NULL), -1);
	signature = "KVMKVMKVM\0\0\0";
	GCLK_ASSERT_INT(gclk_vmware_ask_periodic_sync(processor), -1);
	CU_ASSERT_FALSE(gclk_vmware_time_find(processor, &reader));
	CU_ASSERT_FALSE(gclk_vmware_time_find(NULL, &reader));
	gclk_bed_init(&bed);
	gclk_hypervisor_facts_collect(bed.machine.platform, gclk_cpuid_native(), &facts);
	if (strcmp(gclk_hypervisor_verdict(&facts), "vmware") != 0) {
		signature = "VMwareVMware";
		for (features = 0; features < 3; features++) {
			GCLK_ASSERT_INT(gclk_vmware_ask_periodic_sync(processor), -1);
			CU_ASSERT_FALSE(gclk_vmware_time_find(processor, &reader));
		}
	}
	gclk_hypervisor_facts_clear(&facts);
	gclk_bed_clear(&bed);
}

#define YES GCLK_BACKDOOR_MAGIC
#define NO  GCLK_BACKDOOR_NOT_THERE

/* 2026-11-21 08:00:00.123456 UTC, where it fits. */
static void backdoor_time(void)
{
	static const struct {
		guint32 command;
		GclkBackdoorRegisters answer;
		gint64 us, backlog; /* us 0: no time */
	} rows[] = {
		{ 55, { YES, 123456, 7, 1795248000, 0, 2500 }, 1795248000123456, 2500000 },
		{ 55, { YES, 123456, 7, 1795248000, 0, 0 }, 1795248000123456, 0 },
		{ 55, { YES, 0, 0, 1, 1, 0xffffffff }, 4294967297000000, 4294967295000 },
		{ 55, { NO, 123456, 7, 1795248000, 0, 2500 }, 0, 0 },
		{ 55, { 1795248000, 123456, 7, 1795248000, 0, 0 }, 0, 0 },
		{ 46, { YES, 123456, 7, 1795248000, 0, 2500 }, 1795248000123456, -1 },
		{ 46, { NO, 123456, 7, 1795248000, 0, 0 }, 0, 0 },
		{ 46, { YES, 123456, 7, 1795248000, 2, 0 }, 0, 0 }, /* the year 2298 */
		{ 46, { YES, 123456, 7, 0xffffffff, 0xffffffff, 0 }, 0, 0 },
		{ 46, { YES, 1000000, 7, 1795248000, 0, 0 }, 0, 0 },
		{ 46, { YES, 0, 0, 0, 0, 0 }, 0, 0 }, /* a command that does nothing */
		{ 23, { 1795248000, 123456, 7, 60, 0, 2500 }, 1795248000123456, -1 },
		{ 23, { NO, 0, 0, 0, 0, 0 }, 0, 0 },
		{ 23, { 0, 0, 0, 0, 0, 0 }, 0, 0 },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		GclkHostTime time = { 0 };

		GCLK_ASSERT_INT(gclk_vmware_time_take(rows[i].command, &rows[i].answer, &time),
			rows[i].us != 0);
		GCLK_ASSERT_INT(time.time, rows[i].us * 1000);
		GCLK_ASSERT_INT(time.backlog, rows[i].backlog);
		GCLK_ASSERT_INT(time.resolution, rows[i].us ? 1000 : 0);
	}
}

#define TIMESYNC "/sys/bus/vmbus/devices/2dd1ce17/"

static void hyperv_service(void)
{
	g_autoptr(GPtrArray) unbound = NULL;
	g_autoptr(GPtrArray) bound = NULL;
	g_autoptr(GPtrArray) implicit = NULL;
	const GclkTimeProgram *service;
	GclkBed bed;

	gclk_bed_init(&bed);
	gclk_tree_write(
		&bed.tree, TIMESYNC "class_id", "{9527e630-d0ae-497b-adce-e80ab0175caf}\n", -1);
	unbound = find(&bed);
	GCLK_ASSERT_INT(unbound->len, 0);
	gclk_tree_link(&bed.tree, TIMESYNC "driver", "../hv_utils");
	bound = find(&bed);
	GCLK_ASSERT_INT(bound->len, 1);
	service = bound->pdata[0];
	GCLK_ASSERT_STR(service->name, "hv_utils");
	GCLK_ASSERT_INT(service->pid, 0);
	CU_ASSERT_FALSE(service->steers);
	gclk_tree_write(&bed.tree, "/sys/module/hv_utils/parameters/timesync_implicit", "Y\n", -1);
	implicit = find(&bed);
	GCLK_ASSERT_HAS(((GclkTimeProgram *)implicit->pdata[0])->why, "timesync_implicit");
	gclk_bed_clear(&bed);
}

/* --- several guestclockd ---------------------------------------------------------------------- */

static void set_start(GclkBed *bed, guint pid, guint start)
{
	g_autofree char *path = g_strdup_printf("/proc/%u/stat", pid);
	g_autofree char *text = g_strdup_printf(
		"%u (a ) b) S 1 2 3 0 -1 4 5 6 7 8 9 10 11 12 20 0 1 0 %u 100 20\n", pid, start);

	gclk_tree_write(&bed->tree, path, text, -1);
}

static void add_daemon(GclkBed *bed, guint pid, guint start, const char *directory)
{
	g_autofree char *cmdline =
		directory ? g_strdup_printf("guestclockd --run-directory=%s", directory)
			  : g_strdup("guestclockd -f");

	gclk_bed_process(bed, pid, "guestclockd", cmdline, "time");
	set_start(bed, pid, start);
}

static void set_status(GclkBed *bed, const char *directory, guint pid, const char *control)
{
	g_autofree char *path = g_build_filename(directory, "status.json", NULL);
	g_autofree char *text = g_strdup_printf(
		"{\"schema\":1,\"control\":\"%s\",\"control_reason\":\"as configured\",\n"
		"\"pid\": %u,\"findings\":[]}\n",
		control, pid);

	gclk_tree_write(&bed->tree, path, text, -1);
}

/* The rivals of the process own, comma after each. Caller frees. */
static char *rivals_of(GclkBed *bed, guint own)
{
	g_autofree char *target = g_strdup_printf("%u", own);
	g_autoptr(GPtrArray) rivals = NULL;
	GString *out = g_string_new(NULL);

	gclk_tree_remove(&bed->tree, "/proc/self");
	gclk_tree_link(&bed->tree, "/proc/self", target);
	rivals = gclk_rivals_find(bed->machine.platform);
	for (guint i = 0; i < rivals->len; i++)
		g_string_append_printf(out, "%s,", (char *)rivals->pdata[i]);
	return g_string_free(out, FALSE);
}

static void assert_rivals(GclkBed *bed, guint own, const char *expected)
{
	g_autofree char *rivals = rivals_of(bed, own);

	GCLK_ASSERT_STR(rivals, expected);
}

static void second_guestclockd(void)
{
	GclkBed bed;

	gclk_bed_init(&bed);
	add_daemon(&bed, 10, 500, NULL);
	assert_rivals(&bed, 10, ""); /* not its own rival */
	add_daemon(&bed, 20, 900, "/run/two");
	/* neither says anything: the younger yields, and only it */
	assert_rivals(&bed, 10, "");
	assert_rivals(&bed, 20, "guestclockd (pid 10),");
	set_start(&bed, 10, 1000); /* numbers of processes go round */
	assert_rivals(&bed, 10, "guestclockd (pid 20),");
	assert_rivals(&bed, 20, "");
	set_start(&bed, 10, 500);
	/* what it says counts more */
	set_status(&bed, "/run/two", 20, "none");
	assert_rivals(&bed, 10, "");
	set_status(&bed, "/run/two", 20, "kernel");
	assert_rivals(&bed, 10, "guestclockd (pid 20),");
	set_status(&bed, "/run/guestclock", 10, "none");
	assert_rivals(&bed, 20, "");
	/* somebody else's status is not believed */
	set_status(&bed, "/run/guestclock", 11, "none");
	assert_rivals(&bed, 20, "guestclockd (pid 10),");
	gclk_bed_clear(&bed);
}

/* --- what the doctor says --------------------------------------------------------------------- */

static void two_masters(void)
{
	g_autofree char *text = NULL;
	GclkBed bed;

	gclk_bed_init(&bed);
	gclk_tree_directory(&bed.tree, "/run/systemd/system");
	gclk_bed_process(&bed, 1, "systemd", "/sbin/init", "root");
	gclk_bed_process(&bed, 123, "chronyd", "chronyd", "time");
	gclk_bed_process(&bed, 124, "chronyd", "chronyd", "weak"); /* its helper */
	gclk_tree_write(&bed.tree, "/proc/123/cgroup", "0::/system.slice/chrony.service\n", -1);
	gclk_bed_process(&bed, 456, "systemd-timesyn", "/lib/systemd/systemd-timesyncd", "time");
	gclk_bed_check(&bed, gclk_check_programs);
	GCLK_ASSERT_INT(bed.findings->len, 1);
	GCLK_ASSERT_INT(gclk_bed_severity(&bed, "two-masters"), GCLK_SEVERITY_CRITICAL);
	text = gclk_bed_text(&bed, "two-masters");
	GCLK_ASSERT_HAS(text, "two programs steer the same clock: chronyd (pid 123) and "
			      "systemd-timesyncd (pid 456)\n");
	GCLK_ASSERT_HAS(text, "to keep chronyd: systemctl disable --now systemd-timesyncd\n");
	GCLK_ASSERT_HAS(text, "/proc/456: systemd-timesyncd steers");
	CU_ASSERT_PTR_NULL(strstr(text, "pid 124"));
	gclk_bed_clear(&bed);
}

static void guestclockd_is_kept(void)
{
	g_autofree char *text = NULL;
	GclkBed bed;

	gclk_bed_init(&bed);
	gclk_bed_process(&bed, 1, "init", "init", "root");
	gclk_bed_process(&bed, 123, "chronyd", "chronyd", "time");
	gclk_bed_process(&bed, 124, "guestclockd", "guestclockd", "time");
	gclk_bed_process(&bed, 125, "ptp4l", "ptp4l -S -i eth0", "root");
	gclk_bed_check(&bed, gclk_check_programs);
	text = gclk_bed_text(&bed, "two-masters");
	GCLK_ASSERT_HAS(text, "three programs steer");
	GCLK_ASSERT_HAS(text, "to keep guestclockd: kill 123, and");
	GCLK_ASSERT_HAS(text, "; kill 125, and");
	GCLK_ASSERT_HAS(text, "chronyd may stay otherwise: with the option -x");
	/* which yields of itself: then there is one master */
	set_status(&bed, "/run/guestclock", 124, "none");
	gclk_bed_process(&bed, 125, "ptp4l", "ptp4l -i eth0", "root");
	gclk_bed_check(&bed, gclk_check_programs);
	GCLK_ASSERT_INT(bed.findings->len, 1);
	GCLK_ASSERT_INT(gclk_bed_severity(&bed, "one-master"), GCLK_SEVERITY_OK);
	gclk_bed_clear(&bed);
}

static void tools_beside(void)
{
	g_autofree char *text = NULL;
	g_autofree char *both = NULL;
	GclkBed bed;

	gclk_bed_init(&bed);
	periodic = 1;
	bed.machine.vmware_periodic_sync = answer;
	gclk_bed_process(&bed, 1, "init", "init", "root");
	gclk_bed_process(&bed, 9, "vmtoolsd", "/usr/bin/vmtoolsd", "root");
	gclk_bed_check(&bed, gclk_check_programs);
	GCLK_ASSERT_INT(gclk_bed_severity(&bed, "one-master"), GCLK_SEVERITY_OK);
	gclk_bed_process(&bed, 123, "chronyd", "chronyd", "time");
	gclk_bed_check(&bed, gclk_check_programs);
	GCLK_ASSERT_INT(bed.findings->len, 1);
	GCLK_ASSERT_INT(gclk_bed_severity(&bed, "tools-beside-daemon"), GCLK_SEVERITY_WARNING);
	text = gclk_bed_text(&bed, "tools-beside-daemon");
	GCLK_ASSERT_HAS(text, "vmtoolsd (pid 9) sets the clock after the host's every minute, "
			      "beside chronyd (pid 123)");
	GCLK_ASSERT_HAS(text, "\nvmware-toolbox-cmd timesync disable\n");
	gclk_bed_process(&bed, 10, "VBoxService", "VBoxService", "root");
	gclk_bed_check(&bed, gclk_check_programs);
	both = gclk_bed_text(&bed, "tools-beside-daemon");
	GCLK_ASSERT_HAS(both, "VBoxService (pid 10) and vmtoolsd (pid 9) set the clock");
	periodic = 0;
	gclk_tree_remove(&bed.tree, "/proc/10");
	gclk_bed_check(&bed, gclk_check_programs);
	GCLK_ASSERT_INT(gclk_bed_severity(&bed, "one-master"), GCLK_SEVERITY_OK);
	gclk_bed_clear(&bed);
}

static void nobody(void)
{
	g_autofree char *text = NULL;
	g_autofree char *idle = NULL;
	GclkBed bed;

	gclk_bed_init(&bed);
	/* process 1 hidden (proc mounted with hidepid): nothing can be said */
	gclk_bed_check(&bed, gclk_check_programs);
	GCLK_ASSERT_INT(bed.findings->len, 0);
	gclk_bed_process(&bed, 1, "systemd", "/sbin/init", "root");
	gclk_bed_process(&bed, 8, "qemu-ga", "qemu-ga", "root");
	gclk_bed_check(&bed, gclk_check_programs);
	GCLK_ASSERT_INT(gclk_bed_severity(&bed, "nobody-steers"), GCLK_SEVERITY_WARNING);
	text = gclk_bed_text(&bed, "nobody-steers");
	GCLK_ASSERT_HAS(text, "start guestclockd");
	GCLK_ASSERT_HAS(text, "qemu-ga does not steer");
	gclk_tree_directory(&bed.tree, "/run/systemd/system");
	gclk_bed_process(&bed, 123, "chronyd", "chronyd -x", "time");
	gclk_bed_check(&bed, gclk_check_programs);
	idle = gclk_bed_text(&bed, "nobody-steers");
	GCLK_ASSERT_HAS(idle, "chronyd (pid 123) runs, but its option -x");
	GCLK_ASSERT_HAS(idle, "\nsystemctl enable --now guestclockd\n");
	/* in a container that is the host's affair */
	gclk_tree_link(&bed.tree, "/proc/self/ns/pid", "pid:[4026532200]");
	gclk_bed_check(&bed, gclk_check_programs);
	GCLK_ASSERT_INT(bed.findings->len, 0);
	gclk_bed_clear(&bed);
}

static void another_user_namespace(void)
{
	g_autoptr(GPtrArray) found = NULL;
	GclkBed bed;

	gclk_bed_init(&bed);
	gclk_bed_process(&bed, 40, "ntpd", "ntpd", "root");
	gclk_tree_link(&bed.tree, "/proc/40/ns/user", "user:[4026532199]");
	found = find(&bed);
	CU_ASSERT_FALSE(((GclkTimeProgram *)found->pdata[0])->steers);
	GCLK_ASSERT_HAS(((GclkTimeProgram *)found->pdata[0])->why, "user namespace");
	gclk_bed_clear(&bed);
}

int main(void)
{
	static const GclkTestCase tests[] = {
		{ "each program", each_program },
		{ "BusyBox", busybox },
		{ "rows are whole", rows_are_whole },
		{ "how to end it", stops },
		{ "VMware's tools", vmware_tools },
		{ "the host's time by VMware's backdoor", backdoor_time },
		{ "VMware's backdoor", backdoor },
		{ "Hyper-V's service", hyperv_service },
		{ "a second guestclockd", second_guestclockd },
		{ "another user namespace", another_user_namespace },
		{ "two masters", two_masters },
		{ "guestclockd is kept", guestclockd_is_kept },
		{ "tools beside a daemon", tools_beside },
		{ "nobody steers", nobody },
		{ NULL, NULL },
	};

	return gclk_test_main("programs", tests);
}
