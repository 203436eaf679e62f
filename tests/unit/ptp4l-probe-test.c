/* SPDX-License-Identifier: BSD-2-Clause */
/* Who may answer for ptp4l: root, or a ptp4l that has some of root's powers; nobody else, wherever
   the socket stands. */
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness.h"
#include "hex.h"
#include "scratch.h"
#include "sync/probe.h"
#include "sync/ptp4l-message.h"

#define HEADER 54
#define NOBODY 65534

/* As recorded from linuxptp 3.1.1. */
static const struct {
	guint16 id;
	const char *data;
} data_sets[] = {
	{ GCLK_PTP_TIME_STATUS_NP, "fffffffffffffe75 18e9e0ce45cb17b4 00000000 00000000 0000"
				   "000000000000000000000000 00000001 6a0a5bfffe155865" },
	{ GCLK_PTP_PORT_DATA_SET, "d24243fffe26e2a40001 09 fe 0000000000000000 00 03 fe 01 00 02" },
	{ GCLK_PTP_PARENT_DATA_SET,
		"6a0a5bfffe1558650001 00 00 ffff 7fffffff 0a 06 fe ffff 80 6a0a5bfffe155865" },
	{ GCLK_PTP_TIME_PROPERTIES_DATA_SET, "0025 00 a0" },
	{ GCLK_PTP_DEFAULT_DATA_SET, "03 00 0001 80 ff fe ffff 80 d24243fffe26e2a4 00 00" },
	{ GCLK_PTP_CURRENT_DATA_SET, "0001 fffffffffe750000 000000000a740000" },
	{ GCLK_PTP_PORT_PROPERTIES_NP, "d24243fffe26e2a40001 09 00 02 7642 00" },
};

/* --- who answers ------------------------------------------------------------------------------ */

/* The answer to a GET; 0: that is not known here. */
static gsize answer(const guint8 *get, guint8 *out, gsize size)
{
	guint16 id = (guint16)(get[52] << 8 | get[53]);

	for (gsize i = 0; i < G_N_ELEMENTS(data_sets); i++) {
		gsize length;

		if (data_sets[i].id != id)
			continue;
		memset(out, 0, HEADER);
		memcpy(out, get, 2);
		memcpy(out + 30, get + 30, 2);  /* sequence */
		memcpy(out + 34, get + 20, 10); /* to whom */
		length = gclk_test_hex(data_sets[i].data, out + HEADER, size - HEADER);
		out[3] = (guint8)(HEADER + length);
		out[46] = 2; /* response */
		out[49] = 1; /* TLV: management */
		out[51] = (guint8)(2 + length);
		memcpy(out + 52, get + 52, 2);
		return HEADER + length;
	}
	return 0;
}

static void serve(int fd)
{
	struct sockaddr_un from;
	guint8 get[256], out[256];

	for (;;) {
		socklen_t size = sizeof(from);
		ssize_t n = recvfrom(fd, get, sizeof(get), 0, (struct sockaddr *)&from, &size);
		gsize length = n == HEADER ? answer(get, out, sizeof(out)) : 0;

		if (length)
			(void)!sendto(fd, out, length, 0, (struct sockaddr *)&from, size);
	}
}

static pid_t start(const char *path, uid_t user)
{
	struct sockaddr_un own = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	pid_t child;

	g_strlcpy(own.sun_path, path, sizeof(own.sun_path));
	CU_ASSERT_EQUAL_FATAL(bind(fd, (struct sockaddr *)&own, sizeof(own)), 0);
	child = fork();
	CU_ASSERT_FATAL(child >= 0);
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (setresuid(user, user, user) == 0)
			serve(fd);
		_exit(1);
	}
	close(fd);
	return child;
}

/* --- cases ------------------------------------------------------------------------------------ */

/* listed: as a ptp4l with these lines in its /proc/PID/status; or NULL */
static GclkDaemonPresence ask(uid_t user, const char *listed)
{
	g_autoptr(GclkScratch) scratch = gclk_scratch_new();
	g_autofree char *path = gclk_scratch_path(scratch, "ptp4l");
	g_autoptr(GclkProcesses) processes = NULL;
	g_autoptr(GPtrArray) reports = NULL;
	const char *const sockets[] = { path, NULL };
	const GclkProbePlaces places = { .ptp4l_sockets = sockets,
		.chrony_socket = "/nonexistent" };
	GclkDaemonPresence presence = GCLK_DAEMON_ABSENT;
	pid_t child = start(path, user);

	CU_ASSERT_EQUAL(chmod(scratch, 0711), 0);
	if (listed) {
		g_autofree char *folder = g_strdup_printf("proc/%d/", (int)child);
		g_autofree char *comm = g_strconcat(folder, "comm", NULL);
		g_autofree char *status = g_strconcat(folder, "status", NULL);

		gclk_scratch_write(scratch, comm, "ptp4l\n", -1);
		gclk_scratch_write(scratch, status, listed, -1);
	}
	processes = gclk_processes_read(scratch);
	reports = gclk_probes_run(&places, processes);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	for (guint i = 0; i < reports->len; i++) {
		const GclkDaemonReport *report = reports->pdata[i];

		if (strcmp(report->daemon, "ptp4l") == 0)
			presence = MAX(presence, report->presence);
		CU_ASSERT_NOT_EQUAL(report->steers, GCLK_STEERS_YES);
	}
	return presence;
}

static void test_own_user(void)
{
	GCLK_ASSERT_INT(ask(getuid(), NULL), GCLK_DAEMON_ANSWERS);
}

/* Only root can be somebody else. */
static void test_others(void)
{
	static const char powerless[] = "Name:\tptp4l\nUid:\t65534\nCapEff:\t0000000000000000\n";
	static const char powerful[] = "Name:\tptp4l\nUid:\t65534\nCapEff:\t0000000000002000\n";

	if (getuid() != 0)
		return;
	GCLK_ASSERT_INT(ask(NOBODY, NULL), GCLK_DAEMON_GARBLED);
	GCLK_ASSERT_INT(ask(NOBODY, powerless), GCLK_DAEMON_GARBLED);
	GCLK_ASSERT_INT(ask(NOBODY, powerful), GCLK_DAEMON_ANSWERS);
}

int main(void)
{
	static const GclkTestCase cases[] = {
		{ "our own user", test_own_user },
		{ "other users", test_others },
		{ NULL, NULL },
	};

	return gclk_test_main("ptp4l-probe", cases);
}
