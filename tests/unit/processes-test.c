/* SPDX-License-Identifier: BSD-2-Clause */
#include "sync/processes.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness.h"
#include "scratch.h"

#define ABLE   "000001ffffffffff"
#define UNABLE "000001fffdffffff"

static void add_link(const GclkScratch *scratch, int pid, const char *kind, const char *target)
{
	g_autofree char *path = g_strdup_printf("%s/proc/%d/ns/%s", scratch, pid, kind);
	g_autofree char *parent = g_path_get_dirname(path);

	g_mkdir_with_parents(parent, 0700);
	CU_ASSERT_EQUAL(symlink(target, path), 0);
}

/* cmdline: words with blanks between them; "~" is a blank within one */
static void add(const GclkScratch *scratch, int pid, const char *comm, const char *cmdline,
	const char *capabilities, int parent, const char *net)
{
	g_autofree char *folder = g_strdup_printf("proc/%d/", pid);
	g_autofree char *comm_file = g_strconcat(folder, "comm", NULL);
	g_autofree char *cmdline_file = g_strconcat(folder, "cmdline", NULL);
	g_autofree char *status_file = g_strconcat(folder, "status", NULL);
	g_autofree char *line = g_strconcat(comm, "\n", NULL);
	g_autofree char *words = g_strdup(cmdline);
	gsize length = strlen(cmdline);
	g_autofree char *status =
		g_strdup_printf("Name:\t%s\nState:\tS (sleeping)\nPPid:\t%d\nCapEff:\t%s\n", comm,
			parent, capabilities);

	for (gsize i = 0; i < length; i++)
		words[i] = words[i] == ' ' ? '\0' : words[i] == '~' ? ' ' : words[i];
	gclk_scratch_write(scratch, comm_file, line, -1);
	gclk_scratch_write(scratch, cmdline_file, words, (gssize)length + 1);
	gclk_scratch_write(scratch, status_file, status, -1);
	add_link(scratch, pid, "net", net);
	add_link(scratch, pid, "user", "user:[1]");
}

static GclkScratch *make_host(void)
{
	GclkScratch *scratch = gclk_scratch_new();
	g_autofree char *self = g_strdup_printf("%s/proc/self", scratch);

	add(scratch, 1, "systemd", "/sbin/init", ABLE, 0, "net:[1]");
	add(scratch, 77, "hostclock", "hostclock status", ABLE, 1, "net:[1]");
	CU_ASSERT_EQUAL(symlink("77", self), 0);
	return scratch;
}

static void test_daemons(void)
{
	static const struct {
		const char *comm, *cmdline, *capabilities;
		gboolean listed, able, steers;
	} cases[] = {
		{ "chronyd", "/usr/sbin/chronyd -F 1", ABLE, TRUE, TRUE, TRUE },
		{ "chronyd", "/usr/sbin/chronyd -x -d", ABLE, TRUE, TRUE, FALSE },
		{ "chronyd", "/usr/sbin/chronyd", UNABLE, TRUE, FALSE, FALSE },
		{ "systemd-timesyn", "/lib/systemd/systemd-timesyncd", ABLE, TRUE, TRUE, TRUE },
		{ "ntpd", "/usr/sbin/ntpd -n", ABLE, TRUE, TRUE, TRUE },
		{ "ntp-daemon", "/usr/bin/ntp-daemon", ABLE, TRUE, TRUE, TRUE },
		{ "phc2sys", "phc2sys -a -r", ABLE, TRUE, TRUE, TRUE },
		{ "phc2sys", "phc2sys -c eth0 -s eth1", ABLE, TRUE, TRUE, FALSE },
		{ "timemaster", "timemaster -f x", ABLE, TRUE, TRUE, FALSE },
		{ "guestclockd", "guestclockd", ABLE, TRUE, TRUE, TRUE },
		{ "chronyc", "chronyc tracking", ABLE, FALSE, FALSE, FALSE },
		{ "bash", "chronyd", ABLE, FALSE, FALSE, FALSE },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GclkScratch) scratch = make_host();
		g_autoptr(GclkProcesses) processes = NULL;
		const GclkProcess *process;

		add(scratch, 100, cases[i].comm, cases[i].cmdline, cases[i].capabilities, 1,
			"net:[1]");
		processes = gclk_processes_read(scratch);
		process = gclk_processes_find(processes, cases[i].comm);
		GCLK_ASSERT_INT(process != NULL, cases[i].listed);
		GCLK_ASSERT_INT(processes->all->len, cases[i].listed);
		if (!process)
			continue;
		GCLK_ASSERT_INT(process->pid, 100);
		GCLK_ASSERT_INT(process->able, cases[i].able);
		GCLK_ASSERT_INT(process->steers, cases[i].steers);
		GCLK_ASSERT_INT(process->elsewhere, FALSE);
		CU_ASSERT_TRUE(g_str_has_prefix(cases[i].cmdline, process->argv[0]));
	}
}

static void test_arguments(void)
{
	g_autoptr(GclkScratch) scratch = make_host();
	g_autoptr(GclkProcesses) processes = NULL;
	g_autofree char *line = NULL;

	add(scratch, 100, "chronyd", "chronyd -f /etc/x.conf", ABLE, 1, "net:[1]");
	processes = gclk_processes_read(scratch);
	line = g_strjoinv("|", gclk_processes_find(processes, "chronyd")->argv);
	GCLK_ASSERT_STR(line, "chronyd|-f|/etc/x.conf");
}

/* Its own namespaces: another network, a user namespace where capabilities are not the host's. */
static void test_namespaces(void)
{
	g_autoptr(GclkScratch) scratch = make_host();
	g_autofree char *user = gclk_scratch_path(scratch, "proc/101/ns/user");
	g_autofree char *unread = gclk_scratch_path(scratch, "proc/102/ns/user");
	g_autofree char *unread_net = gclk_scratch_path(scratch, "proc/102/ns/net");
	g_autoptr(GclkProcesses) processes = NULL;

	add(scratch, 100, "chronyd", "chronyd", ABLE, 1, "net:[2]");
	add(scratch, 101, "chronyd", "chronyd", ABLE, 1, "net:[1]");
	unlink(user);
	add_link(scratch, 101, "user", "user:[2]");
	add(scratch, 103, "ptp4l", "ptp4l -i eth0", ABLE, 1, "net:[2]");
	add(scratch, 102, "ntpd", "ntpd", ABLE, 1, "net:[1]");
	unlink(unread);
	unlink(unread_net);
	add(scratch, 104, "timemaster", "timemaster", ABLE, 1, "net:[2]");
	add(scratch, 105, "timemaster", "timemaster", ABLE, 1, "net:[1]");
	processes = gclk_processes_read(scratch);
	/* whoever may steer, then whoever is here */
	GCLK_ASSERT_INT(gclk_processes_find(processes, "chronyd")->pid, 100);
	GCLK_ASSERT_INT(gclk_processes_find(processes, "timemaster")->pid, 105);
	GCLK_ASSERT_INT(gclk_processes_find_pid(processes, "chronyd", 100)->elsewhere, TRUE);
	GCLK_ASSERT_INT(gclk_processes_find_pid(processes, "chronyd", 100)->steers, TRUE);
	GCLK_ASSERT_INT(gclk_processes_find_pid(processes, "chronyd", 101)->able, FALSE);
	CU_ASSERT_TRUE(gclk_process_concerns(gclk_processes_find_pid(processes, "chronyd", 100)));
	CU_ASSERT_TRUE(gclk_process_concerns(gclk_processes_find_pid(processes, "chronyd", 101)));
	CU_ASSERT_FALSE(gclk_process_concerns(gclk_processes_find(processes, "ptp4l")));
	GCLK_ASSERT_INT(gclk_processes_find(processes, "ntpd")->able, TRUE);
	GCLK_ASSERT_INT(gclk_processes_find(processes, "ntpd")->elsewhere, FALSE);
	CU_ASSERT_PTR_NULL(gclk_processes_find_pid(processes, "ntpd", 101));
	CU_ASSERT_PTR_NULL(gclk_processes_find(processes, "phc2sys"));
}

/* Any user may call a program of his own chronyd, and tell it what he likes. */
static void test_strangers(void)
{
	static const struct {
		const char *status, *uid_map;
		mode_t mode; /* of the program */
		gboolean privileged, able;
	} cases[] = {
		{ "Uid:\t0\t0\t0\t0\nCapEff:\t" ABLE, NULL, 0755, TRUE, TRUE },
		{ "Uid:\t0\t0\t0\t0\nCapEff:\t0000000000000000", NULL, 0755, TRUE, FALSE },
		{ "Uid:\t105\t105\t105\t105\nCapEff:\t0000000002000400", NULL, 0755, TRUE, TRUE },
		{ "Uid:\t105\t105\t105\t105\nCapEff:\t0000000000000400", NULL, 0755, TRUE, FALSE },
		{ "Uid:\t1000\t1000\t1000\t1000\nCapEff:\t0000000000000000", NULL, 0755, FALSE,
			FALSE },
		/* a link to su, named chronyd */
		{ "Uid:\t1000\t0\t0\t0\nCapEff:\t" ABLE, NULL, 04755, FALSE, FALSE },
		{ "Uid:\t0\t0\t0\t0\nCapEff:\t" ABLE, NULL, 04755, FALSE, FALSE },
		/* root in a user namespace of his own, seen by one who may not read its link */
		{ "Uid:\t1000\t1000\t1000\t1000\nCapEff:\t" ABLE, "0 1000 1\n", 0755, FALSE,
			FALSE },
		{ "Uid:\t0\t0\t0\t0\nCapEff:\t" ABLE, "0 0 4294967295\n", 0755, TRUE, TRUE },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GclkScratch) scratch = make_host();
		g_autofree char *status = g_strdup_printf("Name:\tchronyd\n%s\n", cases[i].status);
		g_autofree char *program = gclk_scratch_path(scratch, "program");
		g_autofree char *exe = gclk_scratch_path(scratch, "proc/100/exe");
		g_autoptr(GclkProcesses) processes = NULL;
		const GclkProcess *process;

		gclk_scratch_write(scratch, "proc/1/uid_map", "0 0 4294967295\n", -1);
		add(scratch, 100, "chronyd", "chronyd", ABLE, 1, "net:[1]");
		gclk_scratch_write(scratch, "proc/100/status", status, -1);
		if (cases[i].uid_map)
			gclk_scratch_write(scratch, "proc/100/uid_map", cases[i].uid_map, -1);
		gclk_scratch_write(scratch, "program", "", -1);
		CU_ASSERT_EQUAL(chmod(program, cases[i].mode), 0);
		CU_ASSERT_EQUAL(symlink(program, exe), 0);
		processes = gclk_processes_read(scratch);
		process = gclk_processes_find(processes, "chronyd");
		CU_ASSERT_PTR_NOT_NULL_FATAL(process);
		GCLK_ASSERT_INT(process->privileged, cases[i].privileged);
		GCLK_ASSERT_INT(process->able, cases[i].able);
		GCLK_ASSERT_INT(process->steers, cases[i].able);
	}
}

/* However many they are, the host's own daemon is seen, and is the one that counts. */
static void test_crowd(void)
{
	g_autoptr(GclkScratch) scratch = make_host();
	g_autoptr(GclkProcesses) processes = NULL;

	for (int i = 0; i < 200; i++)
		add(scratch, 1000 + i, "phc2sys", "phc2sys -a -r", "0000000000000000", 1,
			"net:[1]");
	add(scratch, 900, "phc2sys", "phc2sys -s eth0", ABLE, 1, "net:[1]");
	add(scratch, 1300, "chronyd", "chronyd", ABLE, 1, "net:[1]");
	processes = gclk_processes_read(scratch);
	GCLK_ASSERT_INT(processes->all->len, 16 + 2);
	GCLK_ASSERT_INT(gclk_processes_find(processes, "phc2sys")->pid, 900);
	GCLK_ASSERT_INT(gclk_processes_find(processes, "chronyd")->steers, TRUE);
}

static void test_helpers(void)
{
	g_autoptr(GclkScratch) scratch = make_host();
	g_autoptr(GclkProcesses) processes = NULL;

	add(scratch, 200, "chronyd", "chronyd", ABLE, 1, "net:[1]");
	add(scratch, 201, "chronyd", "chronyd", UNABLE, 200, "net:[1]");
	add(scratch, 150, "ntpd", "ntpd:~ntp~engine", UNABLE, 300, "net:[1]");
	add(scratch, 300, "ntpd", "/usr/sbin/ntpd", ABLE, 1, "net:[1]");
	add(scratch, 400, "ptp4l", "ptp4l -S", ABLE, 200, "net:[1]"); /* a child, not a helper */
	gclk_scratch_write(scratch, "proc/500/comm", "chronyd\n", -1);
	gclk_scratch_write(
		scratch, "proc/500/status", "Name:\tchronyd\nState:\tZ (zombie)\nPPid:\t1\n", -1);
	processes = gclk_processes_read(scratch);
	GCLK_ASSERT_INT(processes->all->len, 3);
	GCLK_ASSERT_INT(gclk_processes_find(processes, "chronyd")->pid, 200);
	GCLK_ASSERT_INT(gclk_processes_find(processes, "ntpd")->pid, 300);
	CU_ASSERT_TRUE(gclk_processes_find(processes, "ntpd")->openntpd);
	CU_ASSERT_FALSE(gclk_processes_find(processes, "chronyd")->openntpd);
}

static void test_tell(void)
{
	g_autoptr(GclkScratch) scratch = make_host();
	g_autoptr(GclkProcesses) processes = NULL;
	g_autoptr(GclkDaemonReport) report = gclk_daemon_report_new("x");

	add(scratch, 100, "chronyd", "chronyd -x", ABLE, 1, "net:[1]");
	add(scratch, 101, "ntpd", "ntpd", UNABLE, 1, "net:[1]");
	add(scratch, 102, "systemd-timesyn", "x", ABLE, 1, "net:[1]");
	processes = gclk_processes_read(scratch);
	gclk_process_tell(gclk_processes_find(processes, "chronyd"), report);
	GCLK_ASSERT_INT(report->steers, GCLK_STEERS_NO);
	GCLK_ASSERT_HAS(report->steers_why, "command line");
	gclk_process_tell(gclk_processes_find(processes, "ntpd"), report);
	GCLK_ASSERT_INT(report->steers, GCLK_STEERS_NO);
	GCLK_ASSERT_HAS(report->steers_why, "CAP_SYS_TIME");
	gclk_process_tell(gclk_processes_find(processes, "systemd-timesyn"), report);
	GCLK_ASSERT_INT(report->steers, GCLK_STEERS_YES);
	GCLK_ASSERT_INT(report->pid, 102);
	add(scratch, 103, "ptpd", "ptpd", "0000000000000000", 1, "net:[1]");
	g_clear_pointer(&processes, gclk_processes_free);
	processes = gclk_processes_read(scratch);
	gclk_process_tell(gclk_processes_find(processes, "ptpd"), report);
	GCLK_ASSERT_INT(report->steers, GCLK_STEERS_NO);
	GCLK_ASSERT_HAS(report->steers_why, "ordinary user");
	gclk_process_tell(NULL, report);
	GCLK_ASSERT_INT(report->steers, GCLK_STEERS_UNKNOWN);
}

/* No /proc, or one full of time daemons. */
static void test_bounds(void)
{
	g_autoptr(GclkScratch) scratch = make_host();
	g_autoptr(GclkProcesses) none = gclk_processes_read("/nonexistent");
	g_autoptr(GclkProcesses) many = NULL;

	GCLK_ASSERT_INT(none->all->len, 0);
	for (int i = 0; i < 100; i++)
		add(scratch, 1000 + i, "chronyd", "chronyd", ABLE, 1, "net:[1]");
	many = gclk_processes_read(scratch);
	GCLK_ASSERT_INT(many->all->len, 64);
}

int main(void)
{
	static const GclkTestCase cases[] = {
		{ "daemons", test_daemons },
		{ "arguments", test_arguments },
		{ "namespaces", test_namespaces },
		{ "strangers", test_strangers },
		{ "a crowd of strangers", test_crowd },
		{ "helpers", test_helpers },
		{ "second proof", test_tell },
		{ "bounds", test_bounds },
		{ NULL, NULL },
	};

	return gclk_test_main("processes", cases);
}
