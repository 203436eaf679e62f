/* SPDX-License-Identifier: BSD-2-Clause */
#include "doctor/restrict.h"

#include <string.h>

#include "guestclock/address.h"

static const struct {
	const char *word;
	GclkRestrictFlags flag;
} words[] = {
	{ "ignore", GCLK_RESTRICT_IGNORE },
	{ "noserve", GCLK_RESTRICT_NOSERVE },
	{ "notrust", GCLK_RESTRICT_NOTRUST },
	{ "noquery", GCLK_RESTRICT_NOQUERY },
	{ "nopeer", GCLK_RESTRICT_NOPEER },
};

/* --- one line --------------------------------------------------------------------------------- */

typedef struct {
	const GclkConfigLine *line;
	const char *name; /* the address, host name, "default" or "source" */
	gint family;      /* 4 or 6; 0: both, or a name's */
	gboolean numeric; /* of a network: */
	guint8 network[16], mask[16];
	gint bits; /* how specific it is */
	GclkRestrictFlags flags;
} Entry;

static gsize size_of(gint family)
{
	return family == 4 ? 4 : 16;
}

static void set_bits(Entry *entry, gint bits)
{
	memset(entry->mask, 0, sizeof(entry->mask));
	for (gint i = 0; i < bits; i++)
		entry->mask[i / 8] |= (guint8)(0x80 >> (i % 8));
	entry->bits = bits;
}

static void set_mask(Entry *entry, const char *text)
{
	GclkAddress mask;

	if (!text || !gclk_address_parse(text, 0, &mask) || mask.family != entry->family)
		return;
	memcpy(entry->mask, mask.bytes, size_of(entry->family));
	entry->bits = 0;
	for (gsize i = 0; i < size_of(entry->family); i++)
		entry->bits += __builtin_popcount(entry->mask[i]);
}

/* "10.0.0.0", "10.0.0.0/8", with a mask behind; FALSE: a name. */
static gboolean take_network(Entry *entry, char *const *rest)
{
	g_auto(GStrv) parts = g_strsplit(entry->name, "/", 2);
	guint64 bits = 0;
	GclkAddress address;

	if (!parts[0] || !gclk_address_parse(parts[0], 0, &address))
		return FALSE;
	entry->numeric = TRUE;
	entry->family = address.family;
	memcpy(entry->network, address.bytes, size_of(address.family));
	set_bits(entry, (gint)size_of(address.family) * 8);
	if (parts[1] && g_ascii_string_to_unsigned(
				parts[1], 10, 0, size_of(address.family) * 8, &bits, NULL))
		set_bits(entry, (gint)bits);
	if (*rest && g_ascii_strcasecmp(*rest, "mask") == 0)
		set_mask(entry, rest[1]);
	return TRUE;
}

static gboolean read_entry(const GclkConfigLine *line, Entry *out)
{
	char **word = line->words + 1;

	*out = (Entry){ .line = line };
	if (!gclk_config_line_is(line, "restrict"))
		return FALSE;
	for (; *word && **word == '-'; word++)
		out->family = strcmp(*word, "-6") == 0 ? 6 : strcmp(*word, "-4") == 0 ? 4 : 0;
	out->name = *word;
	if (!out->name)
		return FALSE;
	if (g_ascii_strcasecmp(out->name, "default") == 0)
		out->numeric = TRUE;
	else
		take_network(out, word + 1);
	for (; *word; word++)
		for (gsize i = 0; i < G_N_ELEMENTS(words); i++)
			if (g_ascii_strcasecmp(*word, words[i].word) == 0)
				out->flags |= words[i].flag;
	return TRUE;
}

/* --- addresses -------------------------------------------------------------------------------- */

static gboolean matches(const Entry *entry, const GclkAddress *address)
{
	if (!entry->numeric || (entry->family != 0 && entry->family != address->family))
		return FALSE;
	for (gsize i = 0; i < size_of(address->family); i++)
		if ((address->bytes[i] & entry->mask[i]) != (entry->network[i] & entry->mask[i]))
			return FALSE;
	return TRUE;
}

/* Lines for the same address and mask add up; ntpsec's own default forbids queries. */
static GclkRestriction find(const GclkTimeConfig *config, const GclkAddress *address)
{
	GclkRestriction best = { config->ntpsec ? GCLK_RESTRICT_NOQUERY : 0, NULL };
	gint bits = 0;

	for (guint i = 0; i < config->lines->len; i++) {
		Entry entry;

		if (!read_entry(config->lines->pdata[i], &entry) || !matches(&entry, address) ||
			entry.bits < bits)
			continue;
		if (entry.bits > bits)
			best.flags = 0;
		bits = entry.bits;
		best.flags |= entry.flags;
		best.line = entry.line;
	}
	return best;
}

GclkRestriction gclk_restrict_of_address(const GclkTimeConfig *config, const char *text)
{
	GclkAddress address;

	if (!gclk_address_parse(text, 0, &address))
		return gclk_restrict_of_others(config);
	return find(config, &address);
}

/* An address that only a default line, or a mask of no bits, matches. */
GclkRestriction gclk_restrict_of_others(const GclkTimeConfig *config)
{
	const GclkAddress any[] = { { .family = 4, .bytes = { 255, 255, 255, 255 } },
		{ .family = 6, .bytes = { 255, 255 } } };
	GclkRestriction four = find(config, &any[0]), six = find(config, &any[1]);

	four.flags &= six.flags;
	return four;
}

/* --- names ------------------------------------------------------------------------------------ */

const GclkConfigLine *gclk_restrict_by_name(const GclkTimeConfig *config, const char *name)
{
	for (guint i = 0; i < config->lines->len; i++) {
		Entry entry;

		if (read_entry(config->lines->pdata[i], &entry) && !entry.numeric &&
			g_ascii_strcasecmp(entry.name, name) == 0)
			return entry.line;
	}
	return NULL;
}

gboolean gclk_restrict_of_sources(const GclkTimeConfig *config, GclkRestriction *out)
{
	gboolean found = FALSE;

	*out = (GclkRestriction){ 0 };
	for (guint i = 0; i < config->lines->len; i++) {
		Entry entry;

		if (!read_entry(config->lines->pdata[i], &entry) || entry.numeric ||
			g_ascii_strcasecmp(entry.name, "source") != 0)
			continue;
		out->flags |= entry.flags;
		out->line = entry.line;
		found = TRUE;
	}
	return found;
}
