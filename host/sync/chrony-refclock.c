/* SPDX-License-Identifier: BSD-2-Clause */
#include "sync/chrony-refclock.h"

#include <string.h>

#include "guestclock/ntp-packet.h"
#include "sync/phc.h"

/* --- the refclock line of a refid ------------------------------------------------------------- */

/* Without a refid option chronyd takes the driver's first three letters and the number of the
   refclock: "PHC0"; from the tenth on two letters and two digits. */
static guint32 default_refid(const char *driver, guint index)
{
	char text[5] = { 0 };

	g_strlcpy(text, driver, 4);
	text[3] = (char)('0' + index % 10);
	if (index >= 10)
		text[2] = (char)('0' + index / 10 % 10);
	return gclk_ntp_refid(text);
}

static guint32 line_refid(const GclkChronyLine *line, guint index)
{
	for (char **word = line->words + 3; word[0] && word[1]; word++)
		if (g_ascii_strcasecmp(word[0], "refid") == 0)
			return gclk_ntp_refid(word[1]);
	return default_refid(line->words[1], index);
}

static const GclkChronyLine *find_line(const GclkChronyConfig *config, guint32 refid)
{
	guint index = 0;

	for (guint i = 0; i < config->lines->len; i++) {
		const GclkChronyLine *line = config->lines->pdata[i];

		if (!gclk_chrony_line_is(line, "refclock") || g_strv_length(line->words) < 3)
			continue;
		if (line_refid(line, index) == refid)
			return line;
		index++;
	}
	return NULL;
}

/* --- what the names say ----------------------------------------------------------------------- */

/* Receivers of time that is as good as stratum 1. gpsd names its sockets after the device. */
static const char *const receiver_refids[] = { "GPS", "GNSS", "NMEA", "PPS", "GAL", "BDS", "GLO",
	"DCF", "MSF", "WWV", "JJY" };
static const char *const receiver_paths[] = { "/chrony.tty", "/chrony.clk.tty", "/chrony.pps",
	"/chrony.gps" };

static gboolean begins_with_one_of(const char *text, const char *const *words, gsize n)
{
	for (gsize i = 0; i < n; i++)
		if (g_ascii_strncasecmp(text, words[i], strlen(words[i])) == 0)
			return TRUE;
	return FALSE;
}

static gboolean is_receiver_refid(const char *refid)
{
	return begins_with_one_of(refid, receiver_refids, G_N_ELEMENTS(receiver_refids));
}

static gboolean is_receiver_path(const char *path)
{
	const char *name = strrchr(path, '/');

	return name && begins_with_one_of(name, receiver_paths, G_N_ELEMENTS(receiver_paths));
}

/* timemaster and linuxptp's own examples name a clock that PTP feeds so; timemaster's tenth and
   later ones are "PT10" .... */
static gboolean is_ptp_refid(const char *refid)
{
	return g_ascii_strncasecmp(refid, "PTP", 3) == 0 ||
	       (g_ascii_strncasecmp(refid, "PT", 2) == 0 && g_ascii_isdigit(refid[2])) ||
	       g_ascii_strncasecmp(refid, "PHC", 3) == 0;
}

/* --- the drivers ------------------------------------------------------------------------------ */

static void use_phc(const char *parameter, const char *root, GclkChronyRefclock *out)
{
	/* options of the driver follow: "/dev/ptp0:extpps:pin=1" */
	g_autofree char *path = g_strndup(parameter, strcspn(parameter, ":"));
	g_autofree char *clock_name = NULL;
	g_autofree char *device = gclk_phc_device(root, path);

	out->kind = gclk_phc_reference(root, path, &clock_name);
	if (out->kind == GCLK_REFERENCE_NONE)
		out->kind = GCLK_REFERENCE_PHC;
	out->device = device ? g_steal_pointer(&device) : g_strdup(path);
	out->text = clock_name ? g_strdup_printf("PHC %s (%s)", path, clock_name)
			       : g_strdup_printf("PHC %s", path);
}

static void use_feed(
	const char *driver, const char *parameter, const char *refid, GclkChronyRefclock *out)
{
	gboolean receiver = is_receiver_refid(refid) || is_receiver_path(parameter);
	/* SHM is gpsd's, unless it is named after PTP; what feeds a socket cannot be known. */
	gboolean shared = strcmp(driver, "SHM") == 0;

	out->kind = !is_ptp_refid(refid) && (receiver || shared) ? GCLK_REFERENCE_REFCLOCK
								 : GCLK_REFERENCE_PHC;
	out->device = g_strndup(parameter, strcspn(parameter, ":"));
	if (shared) { /* as what feeds it is named */
		g_autofree char *segment = g_steal_pointer(&out->device);

		out->device = g_strconcat("SHM ", segment, NULL);
	}
	out->text = g_strdup_printf("%s %s", driver, parameter);
}

static void use_line(
	const GclkChronyLine *line, const char *refid, const char *root, GclkChronyRefclock *out)
{
	g_autofree char *driver = g_ascii_strup(line->words[1], -1);
	const char *parameter = line->words[2];

	if (strcmp(driver, "PHC") == 0) {
		use_phc(parameter, root, out);
		return;
	}
	if (strcmp(driver, "SOCK") == 0 || strcmp(driver, "SHM") == 0) {
		use_feed(driver, parameter, refid, out);
		return;
	}
	if (strcmp(driver, "RTC") == 0) /* this machine's own crystal */
		out->kind = GCLK_REFERENCE_LOCAL;
	else if (strcmp(driver, "PPS") == 0 || is_receiver_refid(refid))
		out->kind = GCLK_REFERENCE_REFCLOCK;
	else
		out->kind = GCLK_REFERENCE_PHC;
	out->text = g_strdup_printf("%s %s", driver, parameter);
}

void gclk_chrony_refclock_find(
	const GclkChronyConfig *config, guint32 refid, const char *root, GclkChronyRefclock *out)
{
	const GclkChronyLine *line = find_line(config, refid);
	char name[GCLK_NTP_REFID_TEXT_MAX];

	memset(out, 0, sizeof(*out));
	gclk_ntp_refid_format(refid, 1, name);
	if (line) {
		use_line(line, name, root, out);
		return;
	}
	out->kind = is_receiver_refid(name) ? GCLK_REFERENCE_REFCLOCK : GCLK_REFERENCE_PHC;
	out->text = g_strdup_printf("refclock %s", name);
}

void gclk_chrony_refclock_clear(GclkChronyRefclock *refclock)
{
	g_clear_pointer(&refclock->device, g_free);
	g_clear_pointer(&refclock->text, g_free);
}
