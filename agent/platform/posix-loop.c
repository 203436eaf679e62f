/* SPDX-License-Identifier: BSD-2-Clause */
#include "platform/loop.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "platform/wakeup.h"

static gint call_poll(GPollFD *fds, guint n, gint timeout)
{
	G_STATIC_ASSERT(sizeof(GPollFD) == sizeof(struct pollfd));

	return poll((struct pollfd *)(void *)fds, n, timeout);
}

void gclk_loop_install_poll(GMainContext *context)
{
	g_main_context_set_poll_func(context, call_poll);
}

/* --- signals ---------------------------------------------------------------------------------- */

static const int watched[] = { SIGTERM, SIGINT, SIGHUP };

/* A handler gets no argument of ours, so these few words must be static. */
static volatile sig_atomic_t pending[G_N_ELEMENTS(watched)];
static volatile sig_atomic_t wakeup_fd = -1;

typedef struct {
	GSource source;
	GclkSignalFunc func;
	gpointer user;
	int fds[2]; /* read and write end, perhaps the same */
	gpointer tag;
} SignalSource;

static void handler(int signo)
{
	int saved = errno;

	for (gsize i = 0; i < G_N_ELEMENTS(watched); i++)
		if (watched[i] == signo)
			pending[i] = 1;
	/* The flag alone would be missed when the signal comes between prepare and poll. */
	if (wakeup_fd >= 0)
		gclk_wakeup_signal(wakeup_fd);
	errno = saved;
}

static gboolean any_pending(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(watched); i++)
		if (pending[i])
			return TRUE;
	return FALSE;
}

static gboolean prepare(GSource *source, gint *timeout)
{
	(void)source;
	*timeout = -1;
	return any_pending();
}

/* The flags count, not the descriptor: simulators interrupt poll and know no wake-ups. */
static gboolean check(GSource *source)
{
	SignalSource *signals = (SignalSource *)source;

	return any_pending() || (g_source_query_unix_fd(source, signals->tag) & G_IO_IN);
}

static gboolean dispatch(GSource *source, GSourceFunc callback, gpointer user)
{
	SignalSource *signals = (SignalSource *)source;

	(void)callback;
	(void)user;
	if (g_source_query_unix_fd(source, signals->tag) & G_IO_IN)
		gclk_wakeup_clear(signals->fds[0]);
	for (gsize i = 0; i < G_N_ELEMENTS(watched) && !g_source_is_destroyed(source); i++) {
		if (!pending[i])
			continue;
		pending[i] = 0;
		signals->func(signals->user, watched[i]);
	}
	return G_SOURCE_CONTINUE;
}

static void set_action(int signo, void (*action)(int))
{
	struct sigaction sa = { 0 };

	sa.sa_handler = action;
	sigemptyset(&sa.sa_mask);
	sigaction(signo, &sa, NULL);
}

static void finalize(GSource *source)
{
	SignalSource *signals = (SignalSource *)source;

	for (gsize i = 0; i < G_N_ELEMENTS(watched); i++)
		set_action(watched[i], SIG_DFL);
	wakeup_fd = -1;
	gclk_wakeup_close(signals->fds);
}

static GSourceFuncs functions = {
	.prepare = prepare, .check = check, .dispatch = dispatch, .finalize = finalize
};

GSource *gclk_loop_watch_signals(GMainContext *context, GclkSignalFunc func, gpointer user)
{
	GSource *source = g_source_new(&functions, sizeof(SignalSource));
	SignalSource *signals = (SignalSource *)source;

	signals->func = func;
	signals->user = user;
	g_source_set_priority(source, G_PRIORITY_HIGH);
	if (gclk_wakeup_open(signals->fds)) {
		signals->tag = g_source_add_unix_fd(source, signals->fds[0], G_IO_IN);
		wakeup_fd = signals->fds[1];
	}
	for (gsize i = 0; i < G_N_ELEMENTS(watched); i++) {
		pending[i] = 0;
		set_action(watched[i], handler);
	}
	set_action(SIGPIPE, SIG_IGN);
	g_source_attach(source, context);
	return source;
}
