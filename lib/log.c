/* SPDX-License-Identifier: BSD-2-Clause */
#include "guestclock/log.h"

#include <stdio.h>
#include <sys/stat.h>
#include <syslog.h>

static int priority(GLogLevelFlags level)
{
	if (level & G_LOG_LEVEL_ERROR)
		return LOG_CRIT;
	if (level & G_LOG_LEVEL_CRITICAL)
		return LOG_ERR;
	if (level & G_LOG_LEVEL_WARNING)
		return LOG_WARNING;
	if (level & G_LOG_LEVEL_MESSAGE)
		return LOG_NOTICE;
	return level & G_LOG_LEVEL_INFO ? LOG_INFO : LOG_DEBUG;
}

static void on_log(const char *domain, GLogLevelFlags level, const char *message, gpointer user)
{
	const GclkLog *log = user;
	int p = priority(level);

	(void)domain;
	if ((p == LOG_DEBUG && !log->verbose) || (p > LOG_ERR && log->quiet))
		return;
	if (log->syslog)
		syslog(p, "%s", message);
	else if (log->journal)
		fprintf(stderr, "<%d>%s\n", p, message);
	else
		fprintf(stderr, "%s: %s%s\n", log->program,
			p <= LOG_ERR       ? "critical: "
			: p == LOG_WARNING ? "warning: "
					   : "",
			message);
}

void gclk_log_install(const GclkLog *log)
{
	if (log->syslog)
		openlog(log->program, LOG_PID, LOG_DAEMON);
	g_log_set_default_handler(on_log, (gpointer)log);
}

gboolean gclk_log_is_journal(void)
{
	const char *stream = g_getenv("JOURNAL_STREAM");
	g_autofree char *ours = NULL;
	struct stat st;

	if (!stream || fstat(2, &st) < 0)
		return FALSE;
	ours = g_strdup_printf(
		"%" G_GUINT64_FORMAT ":%" G_GUINT64_FORMAT, (guint64)st.st_dev, (guint64)st.st_ino);
	return g_str_equal(stream, ours);
}
