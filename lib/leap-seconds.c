/* SPDX-License-Identifier: BSD-2-Clause */
#include "guestclock/leap-seconds.h"

#include <string.h>

#define NTP_TO_UNIX   G_GINT64_CONSTANT(2208988800) /* 1900 to 1970, s; RFC 5905 figure 4 */
#define DAY           G_GINT64_CONSTANT(86400)
#define ENTRIES_MAX   256
#define SECONDS_MAX   G_GINT64_CONSTANT(9000000000) /* in ns it still fits; the year 2255 */
#define OFFSET_MAX    255
#define NEWEST_SINCE  G_GINT64_CONSTANT(1483228800) /* 2017-01-01 */
#define NEWEST_OFFSET 37
#define HASH_WORDS    5

typedef struct {
	gint64 since; /* s since 1970, UTC */
	gint offset;  /* TAI minus UTC, s */
} Entry;

struct GclkLeapTable {
	Entry entries[ENTRIES_MAX];
	gsize n;
	gint64 expiry; /* s since 1970; 0: not stated */
};

G_DEFINE_QUARK(gclk - leap - error - quark, gclk_leap_error)

/* --- parsing ---------------------------------------------------------------------------------- */

typedef struct {
	GclkLeapTable *table;
	GChecksum
		*digest; /* over the digits of update, expiry and entries, as the file's #h asks */
	gboolean has_hash;
	guint32 hash[HASH_WORDS];
	guint line;
} Parser;

static gboolean fail(const Parser *parser, const char *what, GError **error)
{
	g_set_error(error, GCLK_LEAP_ERROR, 0, "line %u: %s", parser->line, what);
	return FALSE;
}

static const char *skip_blanks(const char *text)
{
	return text + strspn(text, " \t\r");
}

/* Reads a number at *text and moves behind it, digits into the digest. FALSE: none, or over max. */
static gboolean take_number(Parser *parser, const char **text, gint64 max, gint64 *value)
{
	const char *from = skip_blanks(*text);
	const char *to = from;

	*value = 0;
	for (; g_ascii_isdigit(*to); to++) {
		*value = *value * 10 + (*to - '0');
		if (*value > max)
			return FALSE;
	}
	g_checksum_update(parser->digest, (const guchar *)from, to - from);
	*text = to;
	return to > from;
}

static gboolean take_entry(Parser *parser, const char *text, GError **error)
{
	GclkLeapTable *table = parser->table;
	const Entry *last = table->n ? &table->entries[table->n - 1] : NULL;
	gint64 since, offset;

	if (!take_number(parser, &text, SECONDS_MAX + NTP_TO_UNIX, &since) ||
		!take_number(parser, &text, OFFSET_MAX, &offset))
		return fail(parser, "expected NTP seconds and TAI-UTC", error);
	text = skip_blanks(text);
	if (*text && *text != '#')
		return fail(parser, "something stands behind TAI-UTC", error);
	since -= NTP_TO_UNIX;
	if (since < 0 || since % DAY != 0)
		return fail(parser, "not the beginning of a day since 1970", error);
	if (last && since <= last->since)
		return fail(parser, "earlier than the line before", error);
	if (last && ABS(offset - last->offset) != 1)
		return fail(parser, "TAI-UTC changes by other than a second", error);
	if (table->n == ENTRIES_MAX)
		return fail(parser, "more leap seconds than there can be", error);
	table->entries[table->n++] = (Entry){ since, (gint)offset };
	return TRUE;
}

/* Five words of up to eight hexadecimal digits; leading zeros are left out in the wild. */
static gboolean take_hash(Parser *parser, const char *text, GError **error)
{
	for (gsize i = 0; i < HASH_WORDS; i++) {
		guint64 word;
		char *end;

		text = skip_blanks(text);
		if (!g_ascii_isxdigit(*text))
			return fail(parser, "expected five hexadecimal words behind #h", error);
		word = g_ascii_strtoull(text, &end, 16);
		if (end - text > 8)
			return fail(parser, "expected five hexadecimal words behind #h", error);
		parser->hash[i] = (guint32)word;
		text = end;
	}
	parser->has_hash = TRUE;
	return TRUE;
}

static gboolean take_line(Parser *parser, const char *line, GError **error)
{
	gint64 value;

	line = skip_blanks(line);
	if (line[0] == '\0')
		return TRUE;
	if (line[0] != '#')
		return take_entry(parser, line, error);
	line++;
	switch (*line++) {
	case '$':
		return take_number(parser, &line, SECONDS_MAX + NTP_TO_UNIX, &value) ||
		       fail(parser, "expected NTP seconds behind #$", error);
	case '@':
		if (!take_number(parser, &line, SECONDS_MAX + NTP_TO_UNIX, &value) ||
			value <= NTP_TO_UNIX)
			return fail(parser, "expected NTP seconds behind #@", error);
		parser->table->expiry = value - NTP_TO_UNIX;
		return TRUE;
	case 'h':
		return !g_ascii_isspace(*line) || take_hash(parser, line, error);
	default:
		return TRUE;
	}
}

static gboolean hash_matches(const Parser *parser)
{
	guint8 digest[4 * HASH_WORDS];
	gsize length = sizeof digest;

	g_checksum_get_digest(parser->digest, digest, &length);
	for (gsize i = 0; i < HASH_WORDS; i++) {
		guint32 word = (guint32)digest[4 * i] << 24 | (guint32)digest[4 * i + 1] << 16 |
			       (guint32)digest[4 * i + 2] << 8 | digest[4 * i + 3];

		if (word != parser->hash[i])
			return FALSE;
	}
	return TRUE;
}

GclkLeapTable *gclk_leap_table_parse(const char *text, gsize length, GError **error)
{
	g_autoptr(GclkLeapTable) table = g_new0(GclkLeapTable, 1);
	g_autoptr(GChecksum) digest = g_checksum_new(G_CHECKSUM_SHA1);
	Parser parser = { .table = table, .digest = digest };
	const char *end = text + length;

	while (text < end) {
		const char *newline = memchr(text, '\n', (gsize)(end - text));
		g_autofree char *line = g_strndup(text, (gsize)((newline ? newline : end) - text));

		parser.line++;
		if (!take_line(&parser, line, error))
			return NULL;
		text = newline ? newline + 1 : end;
	}
	if (table->n == 0) {
		g_set_error_literal(error, GCLK_LEAP_ERROR, 0, "no leap second in it");
		return NULL;
	}
	if (parser.has_hash && !hash_matches(&parser)) {
		g_set_error_literal(error, GCLK_LEAP_ERROR, 0, "damaged: its hash does not match");
		return NULL;
	}
	return g_steal_pointer(&table);
}

GclkLeapTable *gclk_leap_table_builtin(void)
{
	GclkLeapTable *table = g_new0(GclkLeapTable, 1);

	table->entries[0] = (Entry){ NEWEST_SINCE, NEWEST_OFFSET };
	table->n = 1;
	return table;
}

void gclk_leap_table_free(GclkLeapTable *table)
{
	g_free(table);
}

/* --- asking ----------------------------------------------------------------------------------- */

/* Rounded down, before 1970 too. */
static gint64 seconds(gint64 utc)
{
	return utc / GCLK_NS_PER_S - (utc % GCLK_NS_PER_S < 0);
}

static gint offset_at(const GclkLeapTable *table, gint64 s)
{
	gint offset = 0;

	for (gsize i = 0; i < table->n && table->entries[i].since <= s; i++)
		offset = table->entries[i].offset;
	return offset;
}

gint gclk_leap_table_offset(const GclkLeapTable *table, gint64 utc)
{
	return offset_at(table, seconds(utc));
}

gint gclk_leap_table_offset_of_tai(const GclkLeapTable *table, gint64 tai)
{
	gint64 s = seconds(tai);
	gint offset = 0;

	for (gsize i = 0; i < table->n; i++) {
		const Entry *entry = &table->entries[i];
		gint before = i == 0 ? entry->offset : table->entries[i - 1].offset;

		if (s < entry->since + MIN(before, entry->offset))
			break;
		offset = entry->offset;
	}
	return offset;
}

gint gclk_leap_table_latest(const GclkLeapTable *table)
{
	return table->entries[table->n - 1].offset;
}

/* The day after, from its first second on. */
static gint64 next_day(gint64 utc)
{
	gint64 s = seconds(utc);
	gint64 into_day = s % DAY;

	return s - into_day + (into_day < 0 ? 0 : DAY);
}

GclkLeap gclk_leap_table_leap(const GclkLeapTable *table, gint64 utc)
{
	gint before = gclk_leap_table_offset(table, utc);
	gint after = offset_at(table, next_day(utc));

	if (before == 0 || after == before)
		return GCLK_LEAP_NONE;
	return after > before ? GCLK_LEAP_INSERT : GCLK_LEAP_DELETE;
}

gint64 gclk_leap_table_expiry(const GclkLeapTable *table)
{
	return table->expiry * GCLK_NS_PER_S;
}

gboolean gclk_leap_table_expired(const GclkLeapTable *table, gint64 utc)
{
	return table->expiry != 0 && seconds(utc) >= table->expiry;
}

gboolean gclk_leap_day(gint64 utc)
{
	g_autoptr(GDateTime) date = g_date_time_new_from_unix_utc(next_day(utc));

	return date && g_date_time_get_day_of_month(date) == 1;
}
