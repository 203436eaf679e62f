/* SPDX-License-Identifier: BSD-2-Clause */
#include "sync/ptpd-status.h"

#include <math.h>
#include <string.h>

#define UNKNOWN_MAX 32
#define LINES_MAX   4096
#define FIELDS_MAX  32
#define KEY_MAX     64
#define VALUE_MAX   256

void gclk_ptpd_status_init(GclkPtpdStatus *status)
{
	memset(status, 0, sizeof(*status));
	status->clock_class = -1;
	status->master_offset = status->path_delay = status->drift_ppb = status->announces =
		GCLK_PTPD_UNKNOWN;
	status->unknown = g_ptr_array_new_with_free_func(g_free);
}

void gclk_ptpd_status_clear(GclkPtpdStatus *status)
{
	g_clear_pointer(&status->master, g_free);
	g_clear_pointer(&status->address, g_free);
	g_clear_pointer(&status->interface, g_free);
	g_clear_pointer(&status->transport, g_free);
	g_clear_pointer(&status->clock_status, g_free);
	g_clear_pointer(&status->unknown, g_ptr_array_unref);
}

/* --- values ----------------------------------------------------------------------------------- */

/* A number in units of so many ns (or 1), or unknown. */
static gint64 number(const char *text, double unit)
{
	char *end;
	double value = g_ascii_strtod(text, &end) * unit;

	return end == text || !(fabs(value) < 9e18) ? GCLK_PTPD_UNKNOWN : (gint64)llrint(value);
}

/* "PTP_SLAVE", "slv", "Slave" */
static GclkPtpdState state_of(const char *text)
{
	static const struct {
		const char *begin;
		GclkPtpdState state;
	} table[] = {
		{ "init", GCLK_PTPD_STATE_INITIALIZING },
		{ "flt", GCLK_PTPD_STATE_FAULTY },
		{ "fault", GCLK_PTPD_STATE_FAULTY },
		{ "dsbl", GCLK_PTPD_STATE_DISABLED },
		{ "disab", GCLK_PTPD_STATE_DISABLED },
		{ "lstn", GCLK_PTPD_STATE_LISTENING },
		{ "listen", GCLK_PTPD_STATE_LISTENING },
		{ "pass", GCLK_PTPD_STATE_PASSIVE },
		{ "uncl", GCLK_PTPD_STATE_UNCALIBRATED },
		{ "uncal", GCLK_PTPD_STATE_UNCALIBRATED },
		{ "slv", GCLK_PTPD_STATE_SLAVE },
		{ "slave", GCLK_PTPD_STATE_SLAVE },
		{ "mst", GCLK_PTPD_STATE_MASTER },
		{ "master", GCLK_PTPD_STATE_MASTER },
	};

	if (g_ascii_strncasecmp(text, "PTP_", 4) == 0)
		text += 4;
	for (gsize i = 0; i < G_N_ELEMENTS(table); i++)
		if (g_ascii_strncasecmp(text, table[i].begin, strlen(table[i].begin)) == 0)
			return table[i].state;
	return GCLK_PTPD_STATE_UNKNOWN;
}

static void set(char **text, const char *value)
{
	g_free(*text);
	*text = g_strstrip(g_strdup(value));
}

/* What stands behind word in text: "clockClass 248", "UTC offset: 37"; or NULL. */
static const char *behind(const char *text, const char *word)
{
	const char *at = strstr(text, word);

	return at ? at + strlen(word) + strspn(at + strlen(word), ": ") : NULL;
}

/* --- keys ------------------------------------------------------------------------------------- */

static void set_state(GclkPtpdStatus *status, const char *value)
{
	status->state = state_of(value);
}

/* ESXi shows two lines as one: "000c29fffe1ddaab(unknown)/1Best master IP     :  192.168.0.6". */
static void set_master(GclkPtpdStatus *status, const char *value)
{
	const char *address = behind(value, "Best master IP");
	g_autofree char *id = g_strndup(value, strcspn(value, "(/ "));

	set(&status->master, id);
	if (address)
		set(&status->address, address);
}

static void set_address(GclkPtpdStatus *status, const char *value)
{
	set(&status->address, value);
}

static void set_interface(GclkPtpdStatus *status, const char *value)
{
	set(&status->interface, value);
}

static void set_transport(GclkPtpdStatus *status, const char *value)
{
	set(&status->transport, value);
}

static void set_clock_status(GclkPtpdStatus *status, const char *value)
{
	set(&status->clock_status, value);
}

static void set_priority(GclkPtpdStatus *status, const char *value)
{
	const char *class = behind(value, "clockClass");

	if (class && g_ascii_isdigit(*class))
		status->clock_class = (gint)MIN(g_ascii_strtoull(class, NULL, 10), 255);
}

static void set_offset(GclkPtpdStatus *status, const char *value)
{
	status->master_offset = number(value, (double)GCLK_NS_PER_S);
}

static void set_delay(GclkPtpdStatus *status, const char *value)
{
	status->path_delay = number(value, (double)GCLK_NS_PER_S);
}

/* "-7.433 ppm, mean ..." */
static void set_correction(GclkPtpdStatus *status, const char *value)
{
	status->drift_ppb = number(value, 1000);
}

static void set_announces(GclkPtpdStatus *status, const char *value)
{
	status->announces = number(value, 1);
}

/* "UTC valid: N, UTC offset: 37" */
static void set_utc(GclkPtpdStatus *status, const char *value)
{
	const char *valid = behind(value, "UTC valid"), *offset = behind(value, "UTC offset");

	status->utc_valid = valid && (*valid == 'Y' || *valid == 'y');
	if (offset)
		status->utc_offset = (gint)CLAMP(g_ascii_strtoll(offset, NULL, 10), -3600, 3600);
}

static const struct {
	const char *key;
	void (*take)(GclkPtpdStatus *status, const char *value);
} keys[] = {
	{ "Port state", set_state },
	{ "Best master ID", set_master },
	{ "Best master IP", set_address },
	{ "Interface", set_interface },
	{ "Transport", set_transport },
	{ "Clock status", set_clock_status },
	{ "GM priority", set_priority },
	{ "Offset from Master", set_offset },
	{ "Mean Path Delay", set_delay },
	{ "Clock correction", set_correction },
	{ "Announce received", set_announces },
	{ "UTC properties", set_utc },
};

gboolean gclk_ptpd_same_key(const char *a, const char *b)
{
	for (;; a++, b++) {
		a += strspn(a, " _-");
		b += strspn(b, " _-");
		if (g_ascii_tolower(*a) != g_ascii_tolower(*b))
			return FALSE;
		if (!*a)
			return TRUE;
	}
}

static void take_key(GclkPtpdStatus *status, const char *key, const char *value)
{
	for (gsize i = 0; i < G_N_ELEMENTS(keys); i++)
		if (gclk_ptpd_same_key(keys[i].key, key)) {
			keys[i].take(status, value);
			status->known++;
			return;
		}
	if (status->unknown->len < UNKNOWN_MAX)
		g_ptr_array_add(status->unknown, g_strdup(key));
}

/* The key ends at a colon, or where two blanks begin. */
static void take_line(GclkPtpdStatus *status, const char *line)
{
	const char *colon = strchr(line, ':'), *gap = strstr(line, "  ");
	const char *end = gap && (!colon || gap < colon) ? gap : colon;
	g_autofree char *key = NULL;
	g_autofree char *value = NULL;

	if (!end || end == line || end - line > KEY_MAX || g_str_has_prefix(line, "---"))
		return;
	key = g_strstrip(g_strndup(line, (gsize)(end - line)));
	end += strspn(end, " \t");
	end += *end == ':';
	value = g_strstrip(g_strndup(end, strnlen(end, VALUE_MAX)));
	if (*key && strcmp(key, "Metric") != 0)
		take_key(status, key, value);
}

void gclk_ptpd_status_parse(const char *text, gsize length, GclkPtpdStatus *out)
{
	const char *end = text + strnlen(text, length);

	for (guint i = 0; i < LINES_MAX && text < end; i++) {
		const char *stop = memchr(text, '\n', (gsize)(end - text));
		g_autofree char *line = g_strndup(text, (gsize)((stop ? stop : end) - text));

		take_line(out, g_strstrip(line));
		text = stop ? stop + 1 : end;
	}
}

/* --- the log ---------------------------------------------------------------------------------- */

/* Places in a line. */
enum { AT_STATE = 1, AT_MASTER = 2, AT_DELAY = 3, AT_OFFSET = 4, AT_DRIFT = 7, FIELDS_LEAST = 8 };

static gboolean take_statistics(GclkPtpdStatus *status, const char *line)
{
	g_auto(GStrv) fields = g_strsplit(line, ",", FIELDS_MAX);
	guint n = g_strv_length(fields);
	GclkPtpdState state;

	if (*line == '#' || n < 2)
		return FALSE;
	for (guint i = 0; i < n; i++)
		g_strstrip(fields[i]);
	state = state_of(fields[AT_STATE]);
	if (state == GCLK_PTPD_STATE_UNKNOWN ||
		(state == GCLK_PTPD_STATE_SLAVE && n < FIELDS_LEAST))
		return FALSE;
	status->state = state;
	status->known++;
	if (n < FIELDS_LEAST)
		return TRUE;
	set_master(status, fields[AT_MASTER]);
	status->path_delay = number(fields[AT_DELAY], (double)GCLK_NS_PER_S);
	status->master_offset = number(fields[AT_OFFSET], (double)GCLK_NS_PER_S);
	status->drift_ppb = number(fields[AT_DRIFT], 1);
	return TRUE;
}

/* From the end: the last line may be half written, the first half cut off. */
void gclk_ptpd_statistics_parse(const char *text, gsize length, GclkPtpdStatus *out)
{
	const char *end = text + strnlen(text, length);

	for (guint i = 0; i < LINES_MAX && end > text; i++) {
		const char *start = end;
		g_autofree char *line = NULL;

		while (start > text && start[-1] != '\n')
			start--;
		line = g_strndup(start, (gsize)(end - start));
		if (take_statistics(out, g_strstrip(line)))
			return;
		end = start > text ? start - 1 : text;
	}
}
