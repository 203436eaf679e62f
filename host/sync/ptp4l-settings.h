/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a program of linuxptp was told: its command line and its configuration file, which the
 * command line overrides. Pure, but for gclk_ptp4l_settings_read.
 */
#ifndef GUESTCLOCK_PTP4L_SETTINGS_H
#define GUESTCLOCK_PTP4L_SETTINGS_H

#include <glib.h>

/* Configuration files beyond this are cut. */
#define GCLK_LINUXPTP_CONFIG_MAX (256 * 1024)

typedef enum {
	GCLK_PTP_STAMPING_UNKNOWN,
	GCLK_PTP_STAMPING_SOFTWARE, /* by CLOCK_REALTIME, which is what ptp4l then steers */
	GCLK_PTP_STAMPING_HARDWARE, /* by the clock of the network card */
} GclkPtpStamping;

/* name: "f" for -f, "domainNumber" for --domainNumber; value: "" where the option has none. */
typedef void (*GclkOptionFunc)(gpointer user, const char *name, const char *value);
/* Calls func for each option of argv (argv[0] is skipped); with_value: the letters that take one.
   A long option always has one. */
void gclk_options_each(
	const char *const *argv, const char *with_value, GclkOptionFunc func, gpointer user);
/* The value of the last occurrence ("" where it has none), or NULL: not there. Caller frees. */
char *gclk_options_last(const char *const *argv, const char *with_value, const char *name);

/* Calls func for each "key value" line of the file; the section's name stands in front: "global",
   "eth0". */
typedef void (*GclkIniFunc)(gpointer user, const char *section, const char *key, const char *value);
/* At the beginning of a section key is NULL. separators: what may stand between key and value. */
void gclk_ini_each(const char *text, GclkIniFunc func, gpointer user);

/* --- ptp4l -------------------------------------------------------------------------------------
 */

#define GCLK_PTP4L_OPTIONS "fipl"

typedef struct {
	char *socket, *read_only_socket; /* NULL: the usual ones */
	guint8 domain, transport_specific;
	GclkPtpStamping stamping;
	gboolean free_running;
	gboolean incomplete;   /* its file could not be read */
	char *feeds;           /* the refclock that its servo feeds; NULL: it steers */
	GPtrArray *interfaces; /* char *, in order; never NULL */
} GclkPtp4lSettings;

/* argv NULL or empty: the command line is not known, nor then is the stamping. config: the text of
   the file that -f names, or NULL. */
GclkPtp4lSettings *gclk_ptp4l_settings_new(const char *const *argv, const char *config);
/* The same with the file, read; incomplete if that cannot be. */
GclkPtp4lSettings *gclk_ptp4l_settings_read(char *const *argv);
void gclk_ptp4l_settings_free(GclkPtp4lSettings *settings);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GclkPtp4lSettings, gclk_ptp4l_settings_free)

/* --- phc2sys -----------------------------------------------------------------------------------
 */

#define GCLK_PHC2SYS_OPTIONS "cdfsEPISFRNOLMiunzlt"

typedef struct {
	char *source;          /* -s: device, interface, or "CLOCK_REALTIME"; NULL: not told */
	gboolean automatic;    /* -a: follows what ptp4l tells it */
	gboolean system_clock; /* steers CLOCK_REALTIME */
	gboolean has_offset;   /* -O: offset_s is sink minus source */
	gint offset_s;
	gboolean waits; /* -w: takes TAI minus UTC from ptp4l */
	char *feeds;    /* as above */
} GclkPhc2sysSettings;

void gclk_phc2sys_settings_read(
	const char *const *argv, const char *config, GclkPhc2sysSettings *out);
void gclk_phc2sys_settings_clear(GclkPhc2sysSettings *settings);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(GclkPhc2sysSettings, gclk_phc2sys_settings_clear)

#endif
