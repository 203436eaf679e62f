/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <glib-unix.h>
#include <unistd.h>

#include "platform/posix.h"

struct GclkPage {
	int fd;
	GSource *source; /* NULL: not watched */
	GclkTimerFunc func;
	gpointer user;
};

GclkPage *gclk_posix_page_open(GclkPlatform *platform, const char *path, GError **error)
{
	int fd = gclk_posix_open((GclkPosix *)platform, path, GCLK_ACCESS_FILE);
	GclkPage *page;

	if (fd < 0) {
		gclk_posix_error(error, -fd, "%s", path);
		return NULL;
	}
	page = g_new0(GclkPage, 1);
	page->fd = fd;
	return page;
}

gint gclk_posix_page_read(GclkPlatform *platform, GclkPage *page, guint8 *bytes, gsize size)
{
	ssize_t n;

	(void)platform;
	do {
		n = pread(page->fd, bytes, MIN(size, (gsize)G_MAXINT), 0);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : (gint)n;
}

static void unwatch(GclkPage *page)
{
	if (!page->source)
		return;
	g_source_destroy(page->source);
	g_source_unref(page->source);
	page->source = NULL;
}

/* The page may be closed in func. */
static gboolean ready(gint fd, GIOCondition condition, gpointer user)
{
	GclkPage *page = user;
	GclkTimerFunc func = page->func;
	gpointer data = page->user;

	(void)fd;
	(void)condition;
	unwatch(page);
	func(data);
	return G_SOURCE_REMOVE;
}

void gclk_posix_page_watch(
	GclkPlatform *platform, GclkPage *page, GclkTimerFunc func, gpointer user)
{
	unwatch(page);
	if (!func)
		return;
	page->func = func;
	page->user = user;
	page->source = g_unix_fd_source_new(page->fd, G_IO_IN);
	g_source_set_callback(page->source, G_SOURCE_FUNC(ready), page, NULL);
	g_source_attach(page->source, ((GclkPosix *)platform)->context);
}

void gclk_posix_page_close(GclkPlatform *platform, GclkPage *page)
{
	(void)platform;
	if (!page)
		return;
	unwatch(page);
	close(page->fd);
	g_free(page);
}
