/* SPDX-License-Identifier: BSD-2-Clause */
#include "gate/budget.h"

#include <glib.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

/* A signal handler has no other way to know. */
static volatile sig_atomic_t late_status, late_fd = STDERR_FILENO, decided;

#define RECORD_MAX 2048
static struct {
	volatile sig_atomic_t journal; /* 0: none */
	char refused[RECORD_MAX], started[RECORD_MAX];
} record;

/* Only what a signal handler may call; a journal that is full waits for nobody. */
static void send_record(void)
{
	const char *text = late_status ? record.refused : record.started;

	if (record.journal > 0 &&
		send(record.journal, text, strlen(text), MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		return; /* the message tells it too */
}

static void on_alarm(int signal)
{
	static const char refused[] =
		"guestclock: no verdict on the host's clock within 1 s. Refusing to start.\n";
	static const char allowed[] =
		"guestclock: no verdict on the host's clock within 1 s. Started all the same.\n";
	const char *text = late_status ? refused : allowed;

	(void)signal;
	if (!decided)
		send_record();
	if (!decided && write(late_fd, text, strlen(text)) < 0)
		_exit(late_status);
	_exit(late_status);
}

void gclk_budget_set_status(int status)
{
	late_status = status;
}

void gclk_budget_set_record(int journal, const char *refused, const char *started)
{
	record.journal = 0;
	g_strlcpy(record.refused, refused, sizeof record.refused);
	g_strlcpy(record.started, started, sizeof record.started);
	record.journal = MAX(journal, 0);
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
