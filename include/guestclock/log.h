/* SPDX-License-Identifier: BSD-2-Clause */
/* Where g_message, g_warning and the like go. */
#ifndef GUESTCLOCK_LOG_H
#define GUESTCLOCK_LOG_H

#include <glib.h>

typedef struct {
	const char *program;
	gboolean verbose; /* g_debug too */
	gboolean quiet;   /* errors only: warnings stand in what is printed */
	gboolean journal; /* standard error is the journal: lines begin with <priority>,
			     sd-daemon(3) */
	gboolean syslog;  /* there is no standard error any more */
} GclkLog;

/* The default handler for GLib's log functions; log must outlive them. */
void gclk_log_install(const GclkLog *log);

/* Is standard error connected to the journal? (JOURNAL_STREAM, systemd.exec(5)) */
gboolean gclk_log_is_journal(void);

#endif
