/* SPDX-License-Identifier: BSD-2-Clause */
/* All probes in one loop, where nothing is as it should be: an empty /proc, places that are told
   and do not answer. What real daemons say, tests/daemons/host-test knows. */
#include "sync/probe.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness.h"
#include "scratch.h"
#include "sync/sync.h"

/* Above the 200 ms there is the work itself, on a machine that does other work too. */
#define LONGEST_MS 1000

static int silent_port(guint16 *port)
{
	struct sockaddr_in own = { .sin_family = AF_INET };
	socklen_t length = sizeof(own);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	CU_ASSERT_EQUAL_FATAL(bind(fd, (struct sockaddr *)&own, sizeof(own)), 0);
	getsockname(fd, (struct sockaddr *)&own, &length);
	*port = ntohs(own.sin_port);
	return fd;
}

static const GclkDaemonReport *find(const GPtrArray *reports, const char *daemon)
{
	for (guint i = 0; i < reports->len; i++) {
		const GclkDaemonReport *report = reports->pdata[i];

		if (strcmp(report->daemon, daemon) == 0)
			return report;
	}
	return NULL;
}

static GPtrArray *run(const GclkProbePlaces *places, const GclkProcesses *processes)
{
	gint64 start = g_get_monotonic_time();
	GPtrArray *reports = gclk_probes_run(places, processes);

	CU_ASSERT_TRUE(g_get_monotonic_time() - start < LONGEST_MS * 1000);
	for (guint i = 0; i < reports->len; i++)
		CU_ASSERT_FALSE(((const GclkDaemonReport *)reports->pdata[i])->locked);
	return reports;
}

static void test_silent(void)
{
	g_autoptr(GclkScratch) scratch = gclk_scratch_new();
	g_autofree char *config = gclk_scratch_path(scratch, "chrony.conf");
	g_autofree char *hanging = gclk_scratch_path(scratch, "ntpctl");
	g_autofree char *bus = g_strdup_printf("unix:path=%s/none", scratch);
	g_autoptr(GclkProcesses) processes = gclk_processes_read(scratch);
	g_autoptr(GPtrArray) reports = NULL;
	GclkProbePlaces places = { 0 };
	int fd = silent_port(&places.ntp_port);

	gclk_scratch_write(scratch, "chrony.conf", "cmdport 0\nbindcmdaddress /nonexistent\n", -1);
	gclk_scratch_write(scratch, "ntpctl", "#!/bin/sh\nexec sleep 100\n", -1);
	chmod(hanging, 0700);
	places.chrony_config = config;
	places.ntp_address = "127.0.0.1";
	places.ntpctl = hanging;
	places.timesync_bus = bus;
	reports = run(&places, processes);
	CU_ASSERT_PTR_NULL(find(reports, "chronyd"));
	CU_ASSERT_PTR_NULL(find(reports, "systemd-timesyncd"));
	GCLK_ASSERT_INT(find(reports, "ntpd")->presence, GCLK_DAEMON_SILENT);
	GCLK_ASSERT_HAS(find(reports, "ntpd")->remedy, "restrict 127.0.0.1");
	GCLK_ASSERT_INT(find(reports, "openntpd")->presence, GCLK_DAEMON_SILENT);
	GCLK_ASSERT_INT(find(reports, "openntpd")->steers, GCLK_STEERS_UNKNOWN);
	close(fd);
}

static void add_daemon(const GclkScratch *scratch, int pid, const char *comm)
{
	g_autofree char *comm_file = g_strdup_printf("proc/%d/comm", pid);
	g_autofree char *cmdline = g_strdup_printf("proc/%d/cmdline", pid);

	gclk_scratch_write(scratch, comm_file, comm, -1);
	gclk_scratch_write(scratch, cmdline, comm, -1);
}

/* They run, as far as /proc says, and nobody answers for them. */
static void test_processes(void)
{
	g_autoptr(GclkScratch) scratch = gclk_scratch_new();
	g_autofree char *config = gclk_scratch_path(scratch, "chrony.conf");
	g_autofree char *bus = g_strdup_printf("unix:path=%s/none", scratch);
	g_autoptr(GclkProcesses) processes = NULL;
	g_autoptr(GPtrArray) reports = NULL;
	GclkProbePlaces places = { 0 };
	int fd = silent_port(&places.ntp_port);

	gclk_scratch_write(
		scratch, "chrony.conf", "cmdport 0\nbindcmdaddress /nonexistent/x\n", -1);
	add_daemon(scratch, 100, "chronyd");
	add_daemon(scratch, 101, "ntpd");
	add_daemon(scratch, 102, "systemd-timesyn");
	add_daemon(scratch, 103, "ntp-daemon");
	add_daemon(scratch, 104, "chronyd");
	places.chrony_config = config;
	places.timesync_bus = bus;
	processes = gclk_processes_read(scratch);
	reports = run(&places, processes);
	GCLK_ASSERT_INT(reports->len, 5);
	for (guint i = 0; i < reports->len; i++) {
		const GclkDaemonReport *report = reports->pdata[i];

		GCLK_ASSERT_INT(report->presence, GCLK_DAEMON_SILENT);
		GCLK_ASSERT_INT(report->steers, GCLK_STEERS_YES);
		CU_ASSERT_TRUE(report->pid >= 100);
		CU_ASSERT_PTR_NOT_NULL(report->problem);
	}
	CU_ASSERT_PTR_NOT_NULL(find(reports, "ntp-daemon"));
	close(fd);
}

/* /bin/false in the place of ntpctl, and one that is not there. */
static void test_ntpctl(void)
{
	g_autoptr(GclkScratch) scratch = gclk_scratch_new();
	g_autofree char *config = gclk_scratch_path(scratch, "chrony.conf");
	g_autofree char *endless = gclk_scratch_path(scratch, "endless");
	g_autoptr(GclkProcesses) processes = gclk_processes_read(scratch);
	const struct {
		const char *ntpctl;
		GclkDaemonPresence presence;
	} cases[] = {
		{ "/bin/false", GCLK_DAEMON_GARBLED },
		{ "/nonexistent", GCLK_DAEMON_SILENT },
		{ endless, GCLK_DAEMON_SILENT },
	};

	gclk_scratch_write(scratch, "chrony.conf", "cmdport 0\nbindcmdaddress /nonexistent\n", -1);
	gclk_scratch_write(scratch, "endless", "#!/bin/sh\nexec yes clock synced\n", -1);
	chmod(endless, 0700);
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		guint16 port;
		int fd = silent_port(&port);
		GclkProbePlaces places = { .chrony_config = config,
			.ntp_address = "127.0.0.1",
			.ntp_port = port,
			.ntpctl = cases[i].ntpctl };
		g_autoptr(GPtrArray) reports = NULL;

		close(fd); /* and so it is refused at once */
		reports = run(&places, processes);
		GCLK_ASSERT_INT(find(reports, "openntpd")->presence, cases[i].presence);
	}
}

#define VMBUS "sys/bus/vmbus/devices/"

/* A device that no driver has taken sets nothing. */
static void test_hyperv(void)
{
	g_autoptr(GclkScratch) root = gclk_scratch_new();

	CU_ASSERT_FALSE(gclk_hyperv_sets_clock(root));
	gclk_scratch_write(
		root, VMBUS "one/class_id", "{57164f39-9115-4e78-ab55-382f3bd5422d}\n", -1);
	gclk_scratch_write(root, VMBUS "one/driver/module", "", 0);
	gclk_scratch_write(
		root, VMBUS "two/class_id", "{9527E630-D0AE-497B-ADCE-E80AB0175CAF}\n", -1);
	gclk_scratch_write(root, VMBUS "three/class_id", "", 0);
	CU_ASSERT_FALSE(gclk_hyperv_sets_clock(root));
	gclk_scratch_write(root, VMBUS "two/driver/module", "", 0);
	CU_ASSERT_TRUE(gclk_hyperv_sets_clock(root));
}

int main(void)
{
	static const GclkTestCase cases[] = {
		{ "nothing answers", test_silent },
		{ "processes that do not answer", test_processes },
		{ "ntpctl", test_ntpctl },
		{ "Hyper-V", test_hyperv },
		{ NULL, NULL },
	};

	return gclk_test_main("probes", cases);
}
