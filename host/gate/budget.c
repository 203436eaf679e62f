/* SPDX-License-Identifier: BSD-2-Clause */
#include "gate/budget.h"

#include <glib.h>
#include <signal.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

/* A signal handler has no other way to know. */
static volatile sig_atomic_t late_status, late_fd = STDERR_FILENO, decided;

static void on_alarm(int signal)
{
	static const char refused[] =
		"guestclock: no verdict on the host's clock within 1 s. Refusing to start.\n";
	static const char allowed[] =
		"guestclock: no verdict on the host's clock within 1 s. Started all the same.\n";
	const char *text = late_status ? refused : allowed;

	(void)signal;
	if (!decided && write(late_fd, text, strlen(text)) < 0)
		_exit(late_status);
	_exit(late_status);
}

void gclk_budget_set_status(int status)
{
	late_status = status;
}

void gclk_budget_decided(int status)
{
	late_status = status;
	decided = TRUE;
}

void gclk_budget_start(int status, int fd)
{
	const struct itimerval timer = { .it_value = { .tv_sec = GCLK_BUDGET_MS / 1000 } };
	struct sigaction action = { .sa_handler = on_alarm };
	sigset_t alarm_only;

	late_status = status;
	late_fd = fd;
	sigemptyset(&action.sa_mask);
	sigaction(SIGALRM, &action, NULL);
	sigemptyset(&alarm_only);
	sigaddset(&alarm_only, SIGALRM);
	sigprocmask(SIG_UNBLOCK, &alarm_only, NULL); /* our parent may have blocked it */
	setitimer(ITIMER_REAL, &timer, NULL);
}
