/* SPDX-License-Identifier: BSD-2-Clause */
/* Timers, poll and signals on a real main context. */
#include "platform/loop.h"

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness.h"
#include "platform/posix.h"

typedef struct {
	GMainContext *context;
	GclkTimers *timers;
	GString *seen;
	guint stop; /* a timer that "stopper" stops */
	guint repeats;
	gint64 at;
} Fixture;

typedef struct {
	Fixture *f;
	char letter;
} Letter;

static void set_up(Fixture *f)
{
	*f = (Fixture){ .context = g_main_context_new(), .seen = g_string_new(NULL) };
	gclk_loop_install_poll(f->context);
	f->timers = gclk_timers_new(f->context);
}

static void tear_down(Fixture *f)
{
	gclk_timers_free(f->timers);
	g_main_context_unref(f->context);
	g_string_free(f->seen, TRUE);
}

/* Turns the loop until so many letters were seen, for at most a second. */
static void run(Fixture *f, gsize letters)
{
	const gint64 end = g_get_monotonic_time() + G_USEC_PER_SEC;

	while (f->seen->len < letters && g_get_monotonic_time() < end)
		if (!g_main_context_iteration(f->context, FALSE))
			g_usleep(200);
}

static void spell(gpointer user)
{
	const Letter *letter = user;

	g_string_append_c(letter->f->seen, letter->letter);
	letter->f->at = g_get_monotonic_time();
}

static void test_order(void)
{
	Fixture f;
	Letter a = { &f, 'a' }, b = { &f, 'b' }, c = { &f, 'c' }, d = { &f, 'd' };

	set_up(&f);
	gclk_timers_start(f.timers, 9 * GCLK_NS_PER_MS, spell, &d);
	gclk_timers_start(f.timers, 3 * GCLK_NS_PER_MS, spell, &b);
	gclk_timers_start(f.timers, 6 * GCLK_NS_PER_MS, spell, &c);
	gclk_timers_start(f.timers, 0, spell, &a);
	/* all are due when the loop gets to run: the deadlines decide, not the order of starting */
	g_usleep(20000);
	run(&f, 4);
	GCLK_ASSERT_STR(f.seen->str, "abcd");
	tear_down(&f);
}

static void test_not_early(void)
{
	static const gint64 delays[] = { 1, 999, 1000, 1001, 1500000, 20 * GCLK_NS_PER_MS };

	for (gsize i = 0; i < G_N_ELEMENTS(delays); i++) {
		Fixture f;
		Letter a = { &f, 'a' };
		gint64 start;

		set_up(&f);
		start = g_get_monotonic_time();
		gclk_timers_start(f.timers, delays[i], spell, &a);
		run(&f, 1);
		CU_ASSERT((f.at - start) * 1000 + 999 >= delays[i]);
		CU_ASSERT(f.at - start < 500000);
		tear_down(&f);
	}
}

/* A blocking turn sleeps until the timer is due, and no longer. */
static void test_sleeps(void)
{
	Fixture f;
	Letter a = { &f, 'a' };
	gint64 start = g_get_monotonic_time();
	guint turns = 0;

	set_up(&f);
	gclk_timers_start(f.timers, 50 * GCLK_NS_PER_MS, spell, &a);
	while (f.seen->len == 0) {
		g_main_context_iteration(f.context, TRUE);
		turns++;
	}
	CU_ASSERT(f.at - start >= 50000);
	CU_ASSERT(turns <= 2);
	tear_down(&f);
}

static void again(gpointer user)
{
	Fixture *f = user;

	if (f->repeats++ < 1000)
		gclk_timers_start(f->timers, 0, again, f);
	g_string_append_c(f->seen, '.');
}

/* A timer that restarts itself without delay leaves the loop its turns. */
static void test_no_starving(void)
{
	Fixture f;

	set_up(&f);
	gclk_timers_start(f.timers, 0, again, &f);
	g_usleep(100);
	for (int i = 0; i < 3; i++)
		g_main_context_iteration(f.context, FALSE);
	CU_ASSERT(f.seen->len <= 3);
	run(&f, 10);
	CU_ASSERT(f.seen->len >= 10);
	tear_down(&f);
}

static void stopper(gpointer user)
{
	Fixture *f = user;

	gclk_timers_stop(f->timers, f->stop);
	g_string_append_c(f->seen, '!');
}

static void test_stop(void)
{
	Fixture f;
	Letter a = { &f, 'a' }, b = { &f, 'b' };
	guint first, second;

	set_up(&f);
	first = gclk_timers_start(f.timers, 0, spell, &a);
	second = gclk_timers_start(f.timers, 0, spell, &b);
	CU_ASSERT(first != 0 && second != 0 && first != second);
	gclk_timers_stop(f.timers, first);
	gclk_timers_stop(f.timers, 0);
	gclk_timers_stop(f.timers, 12345);
	run(&f, 1);
	GCLK_ASSERT_STR(f.seen->str, "b");
	gclk_timers_stop(f.timers, second); /* has fired */

	/* stopped by one that is due in the same turn */
	g_string_truncate(f.seen, 0);
	gclk_timers_start(f.timers, 0, stopper, &f);
	f.stop = gclk_timers_start(f.timers, 1000, spell, &a);
	gclk_timers_start(f.timers, 2000, spell, &b);
	g_usleep(2000);
	run(&f, 2);
	GCLK_ASSERT_STR(f.seen->str, "!b");
	/* never fires, is freed */
	gclk_timers_start(f.timers, 3600 * GCLK_NS_PER_S, spell, &a);
	gclk_timers_start(f.timers, G_MAXINT64, spell, &a);
	tear_down(&f);
}

/* --- signals ---------------------------------------------------------------------------------- */

static void note_signal(gpointer user, int signo)
{
	Fixture *f = user;

	g_string_append_c(f->seen, signo == SIGTERM ? 'T' : signo == SIGINT ? 'I' : 'H');
}

static void test_signals(void)
{
	Fixture f;
	GSource *signals;

	set_up(&f);
	signals = gclk_loop_watch_signals(f.context, note_signal, &f);
	raise(SIGHUP);
	raise(SIGHUP);
	raise(SIGINT);
	raise(SIGTERM);
	raise(SIGPIPE); /* ignored */
	GCLK_ASSERT_STR(f.seen->str, "");
	run(&f, 3);
	GCLK_ASSERT_STR(f.seen->str, "TIH");
	for (int i = 0; i < 3; i++)
		g_main_context_iteration(f.context, FALSE);
	GCLK_ASSERT_STR(f.seen->str, "TIH");
	raise(SIGHUP);
	run(&f, 4);
	GCLK_ASSERT_STR(f.seen->str, "TIHH");
	g_source_destroy(signals);
	g_source_unref(signals);
	tear_down(&f);
}

/* A signal that comes while poll waits without end must end the wait; many times, for the race
   between looking and waiting. */
static void test_signal_wakes(void)
{
	Fixture f;
	GSource *signals;
	pid_t child;

	set_up(&f);
	signals = gclk_loop_watch_signals(f.context, note_signal, &f);
	child = fork();
	if (child == 0) {
		for (int i = 0; i < 300; i++) {
			kill(getppid(), SIGHUP);
			g_usleep(i % 7 * 50);
		}
		g_usleep(20000);
		kill(getppid(), SIGTERM);
		_exit(0);
	}
	alarm(20); /* a lost wake-up hangs: let that be seen */
	while (!strchr(f.seen->str, 'T'))
		g_main_context_iteration(f.context, TRUE);
	alarm(0);
	waitpid(child, NULL, 0);
	CU_ASSERT(f.seen->len > 1);
	g_source_destroy(signals);
	g_source_unref(signals);
	tear_down(&f);
}

/* The signal comes after the loop has looked for it and before it waits. */
static gint poll_too_late(GPollFD *fds, guint n, gint timeout)
{
	if (timeout != 0)
		raise(SIGHUP);
	return poll((struct pollfd *)fds, n, timeout);
}

static void test_signal_before_wait(void)
{
	const gint64 start = g_get_monotonic_time();
	Letter late = { NULL, '-' };
	GSource *signals;
	Fixture f;

	set_up(&f);
	late.f = &f;
	signals = gclk_loop_watch_signals(f.context, note_signal, &f);
	g_main_context_set_poll_func(f.context, poll_too_late);
	while (g_main_context_iteration(f.context, FALSE))
		; /* GLib's own wake-ups of setting up are over */
	gclk_timers_start(f.timers, GCLK_NS_PER_S, spell, &late);
	while (f.seen->len == 0)
		g_main_context_iteration(f.context, TRUE);
	GCLK_ASSERT_STR(f.seen->str, "H");
	CU_ASSERT(g_get_monotonic_time() - start < G_USEC_PER_SEC / 2); /* not by the timer */
	/* and it does not wake the loop for ever */
	CU_ASSERT(!g_main_context_iteration(f.context, FALSE));
	g_source_destroy(signals);
	g_source_unref(signals);
	tear_down(&f);
}

/* After the source is gone the signals do what they always did. */
static void test_signals_restored(void)
{
	Fixture f;
	int status = 0;
	pid_t child = fork();

	if (child == 0) {
		GSource *signals;

		set_up(&f);
		signals = gclk_loop_watch_signals(f.context, note_signal, &f);
		g_source_destroy(signals);
		g_source_unref(signals);
		raise(SIGTERM);
		_exit(0);
	}
	waitpid(child, &status, 0);
	CU_ASSERT(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
}

int main(void)
{
	static const GclkTestCase cases[] = {
		{ "order of timers", test_order },
		{ "no timer is early", test_not_early },
		{ "the loop sleeps until a timer is due", test_sleeps },
		{ "no starving", test_no_starving },
		{ "stop", test_stop },
		{ "signals", test_signals },
		{ "a signal wakes the loop", test_signal_wakes },
		{ "a signal just before the wait", test_signal_before_wait },
		{ "signals restored", test_signals_restored },
		{ NULL, NULL },
	};

	return gclk_test_main("loop", cases);
}
