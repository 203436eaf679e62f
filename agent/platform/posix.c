/* SPDX-License-Identifier: BSD-2-Clause */
#include "platform/posix.h"

#include <errno.h>
#include <stdarg.h>

void gclk_posix_error(GError **error, int errnum, const char *text, ...)
{
	g_autofree char *what = NULL;
	va_list arguments;

	va_start(arguments, text);
	what = g_strdup_vprintf(text, arguments);
	va_end(arguments);
	g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(errnum), "%s: %s", what,
		g_strerror(errnum));
}

gboolean gclk_posix_clock(clockid_t id, gint64 *ns)
{
	struct timespec now;

	*ns = 0;
	if (clock_gettime(id, &now))
		return FALSE;
	*ns = gclk_posix_ns(now.tv_sec, now.tv_nsec);
	return TRUE;
}

static guint timer_start(GclkPlatform *platform, gint64 delay, GclkTimerFunc func, gpointer user)
{
	return gclk_timers_start(((GclkPosix *)platform)->timers, delay, func, user);
}

static void timer_stop(GclkPlatform *platform, guint id)
{
	gclk_timers_stop(((GclkPosix *)platform)->timers, id);
}

void gclk_posix_init(
	GclkPosix *posix, const char *name, GclkPrivileged *privileged, GMainContext *context)
{
	GclkPlatform *base = &posix->base;

	base->name = name;
	base->timer_start = timer_start;
	base->timer_stop = timer_stop;
	base->udp_open = gclk_posix_udp_open;
	base->udp_send = gclk_posix_udp_send;
	base->udp_local = gclk_posix_udp_local;
	base->udp_close = gclk_posix_udp_close;
	base->stream_open = gclk_posix_stream_open;
	base->stream_send = gclk_posix_stream_send;
	base->stream_close = gclk_posix_stream_close;
	base->page_open = gclk_posix_page_open;
	base->page_read = gclk_posix_page_read;
	base->page_watch = gclk_posix_page_watch;
	base->page_close = gclk_posix_page_close;
	base->resolve = gclk_posix_resolve;
	base->resolve_cancel = gclk_posix_resolve_cancel;
	base->is_own_refid = gclk_posix_is_own_refid;
	base->read_file = gclk_posix_read_file;
	base->read_tail = gclk_posix_read_tail;
	base->write_file = gclk_posix_write_file;
	base->list_directory = gclk_posix_list_directory;
	base->read_link = gclk_posix_read_link;
	base->random = gclk_posix_random;

	posix->context = g_main_context_ref(context);
	posix->privileged = privileged;
	posix->timers = gclk_timers_new(context);
	posix->stamp_keeper = -1;
	gclk_posix_names_init(posix);
}

void gclk_posix_clear(GclkPosix *posix)
{
	gclk_posix_names_clear(posix);
	gclk_posix_udp_clear(posix);
	gclk_timers_free(posix->timers);
	g_main_context_unref(posix->context);
}
