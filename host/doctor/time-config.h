/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an NTP daemon of this host was told: its configuration with the files that it includes, and
 * the sources of time in it. Bounded: files, lines, depth.
 */
#ifndef GUESTCLOCK_TIME_CONFIG_H
#define GUESTCLOCK_TIME_CONFIG_H

#include "sync/config-line.h"

typedef enum {
	GCLK_TIME_CHRONYD,
	GCLK_TIME_NTPD, /* of ntp.org and ntpsec */
	GCLK_TIME_TIMESYNCD,
} GclkTimeDaemon;

/* "chronyd", "ntpd", "systemd-timesyncd": as the reports of HostSync name them. */
const char *gclk_time_daemon_name(GclkTimeDaemon daemon);

typedef struct {
	GclkTimeDaemon daemon;
	char *file;            /* where it begins, and where a line would be added */
	gboolean ntpsec;       /* an ntpd that refuses control messages unless told otherwise */
	GPtrArray *lines;      /* GclkConfigLine * */
	GPtrArray *unreadable; /* char *: "/etc/ntp.conf: Permission denied" */
} GclkTimeConfig;

/*
 * file: NULL: what argv (the daemon's command line, NULL-terminated, may be empty) names, else the
 * usual place. Nothing is read below another root.
 */
GclkTimeConfig *gclk_time_config_read(GclkTimeDaemon daemon, const char *file, char *const *argv);
/* From the text of one file; what it includes is not read. */
GclkTimeConfig *gclk_time_config_parse(
	GclkTimeDaemon daemon, const char *file, const char *text, gsize length);
void gclk_time_config_free(GclkTimeConfig *config);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GclkTimeConfig, gclk_time_config_free)

/* The last line of that directive, or NULL. */
const GclkConfigLine *gclk_time_config_find(const GclkTimeConfig *config, const char *directive);

/* --- the sources ------------------------------------------------------------------------------ */

typedef enum {
	GCLK_TIME_SOURCE_SERVER, /* or a peer */
	GCLK_TIME_SOURCE_POOL,   /* several servers behind one name */
	GCLK_TIME_SOURCE_CLOCK,  /* a receiver, a hardware clock */
	GCLK_TIME_SOURCE_LOCAL,  /* its own clock: chronyd's local, ntpd's 127.127.1.0 */
} GclkTimeSourceKind;

typedef struct {
	GclkTimeSourceKind kind;
	const char *name;           /* of a server: host name or address; else the whole word */
	const GclkConfigLine *line; /* the configuration's */
} GclkTimeSource;

/* Array of GclkTimeSource; valid as long as config. Free with g_array_unref. */
GArray *gclk_time_config_sources(const GclkTimeConfig *config);

#endif
