/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmware/tools-process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "platform/privileged-private.h"
#include "vmware/tools-library.h"

/* The worker's exit statuses; anything else is a death, and so is a library that calls exit(). */
enum { NOTHING_HERE = 110, DONE = 111 };

#define SOCKET 3

/* --- the worker ------------------------------------------------------------------------------- */

/* Whoever does not read loses it: nobody is waited for. */
static void tell(const GclkToolsMessage *message)
{
	send(SOCKET, message, sizeof *message, MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* The alarm ends a process that hangs; a library may have taken the signal for itself. */
static void begin_call(const GclkToolsProcess *process)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGALRM);
	signal(SIGALRM, SIG_DFL);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	alarm(process->deadline_s);
}

static void end_call(void)
{
	alarm(0);
}

/* FALSE: the clock process has gone. A record that is none is passed over. */
static gboolean receive(GclkToolsMessage *request, gboolean *is_one)
{
	char bytes[sizeof *request + 1];
	ssize_t n;

	do
		n = recv(SOCKET, bytes, sizeof bytes, 0);
	while (n < 0 && errno == EINTR);
	*is_one = n > 0 && gclk_tools_message_check(bytes, (gsize)n, request) &&
		  request->kind <= GCLK_TOOLS_LOOK;
	return n > 0;
}

static void answer(
	const GclkToolsProcess *process, GclkToolsLibrary *library, const GclkToolsMessage *request)
{
	GclkToolsMessage out = { .id = request->id };

	begin_call(process);
	if (request->kind == GCLK_TOOLS_SEND)
		gclk_tools_library_send(library, request->text, &out);
	else
		gclk_tools_library_look(library, &out);
	end_call();
	tell(&out);
}

/* What was last written shall not look like news for ever. */
static void say_goodbye(const GclkToolsProcess *process, GclkToolsLibrary *library)
{
	GclkToolsMessage out = { 0 };

	begin_call(process);
	gclk_tools_library_send(library,
		"info-set " GCLK_TOOLS_STATE_KEY " stopped: guestclockd does not run", &out);
	end_call();
}

static int work(const GclkToolsProcess *process)
{
	GclkToolsMessage ready = { .kind = GCLK_TOOLS_READY }, request;
	GclkToolsLibrary *library;
	gboolean is_one;

	gclk_privilege_set_name("gclk-vmtools");
	begin_call(process);
	library = gclk_tools_library_open(process->libvmtools, process->libguestlib);
	end_call();
	ready.can = gclk_tools_library_can(library);
	tell(&ready);
	if (!ready.can)
		return NOTHING_HERE;
	while (receive(&request, &is_one))
		if (is_one)
			answer(process, library, &request);
	say_goodbye(process, library);
	return DONE;
}

/* --- the keeper ------------------------------------------------------------------------------- */

static void describe_death(int status, GclkToolsMessage *out)
{
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
		g_strlcpy(out->text, "a call did not come back", sizeof out->text);
	else if (WIFSIGNALED(status))
		g_snprintf(out->text, sizeof out->text, "signal %d", WTERMSIG(status));
	else
		g_snprintf(out->text, sizeof out->text, "exit status %d", WEXITSTATUS(status));
}

/* Waits, unless the clock process goes before. FALSE: it has gone. */
static gboolean pause_for(gint64 ms)
{
	struct pollfd fd = { .fd = SOCKET };
	const gint64 end = g_get_monotonic_time() + ms * 1000;

	for (;;) {
		gint64 left = (end - g_get_monotonic_time()) / 1000;

		if (left <= 0)
			return TRUE;
		if (poll(&fd, 1, (int)MIN(left + 1, G_MAXINT)) > 0)
			return FALSE; /* nothing but a hang-up was asked for */
	}
}

static int run_worker(const GclkToolsProcess *process)
{
	pid_t pid = fork(), waited;
	int status = 0;

	if (pid == 0)
		_exit(work(process));
	if (pid < 0)
		return -1;
	do
		waited = waitpid(pid, &status, 0);
	while (waited < 0 && errno == EINTR);
	return status;
}

static gboolean is_over(int status)
{
	return WIFEXITED(status) &&
	       (WEXITSTATUS(status) == DONE || WEXITSTATUS(status) == NOTHING_HERE);
}

static void keep(const GclkToolsProcess *process)
{
	gint64 pause = process->pause_ms;
	guint deaths = 0;

	for (;;) {
		const gint64 began = g_get_monotonic_time();
		int status = run_worker(process);
		GclkToolsMessage news = { 0 };

		if (is_over(status))
			return;
		if (g_get_monotonic_time() - began >= process->steady_ms * 1000) {
			pause = process->pause_ms;
			deaths = 0;
		}
		deaths++;
		news.kind = deaths < process->deaths_max ? GCLK_TOOLS_ENDED : GCLK_TOOLS_GIVEN_UP;
		describe_death(status, &news);
		tell(&news);
		if (news.kind == GCLK_TOOLS_GIVEN_UP || !pause_for(pause))
			return;
		pause = MIN(2 * pause, process->pause_max_ms);
	}
}

/* No descriptors but the socket, no words of the libraries' on a terminal, no core file. */
static void settle(int socket)
{
	const struct rlimit none = { 0, 0 };
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int high = fcntl(socket, F_DUPFD_CLOEXEC, 10);

	for (int fd = 0; null >= 0 && fd < SOCKET; fd++)
		dup2(null, fd);
	if (high < 0 || dup2(high, SOCKET) < 0 || chdir("/"))
		_exit(1);
	gclk_privilege_close_from(SOCKET + 1);
	setrlimit(RLIMIT_CORE, &none);
}

void gclk_tools_process_run(const GclkToolsProcess *process, int socket)
{
	/* They end with the clock process, which the signals are meant for. */
	signal(SIGTERM, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_DFL);
	gclk_privilege_set_name("gclk-vmkeeper");
	settle(socket);
	gclk_privilege_shrink_child(process->uid, process->gid);
	keep(process);
	_exit(0);
}
