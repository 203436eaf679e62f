/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "doctor/time-config.h"
#include "guestclock/address.h"

/* ntpd's reference clocks are written as addresses 127.127.type.unit. */
#define CLOCK_NET   127
#define LOCAL_CLOCK 1

static void add(GArray *out, GclkTimeSourceKind kind, const char *name, const GclkConfigLine *line)
{
	const GclkTimeSource source = { kind, name, line };

	g_array_append_val(out, source);
}

/* --- chronyd ---------------------------------------------------------------------------------- */

static const struct {
	const char *directive;
	GclkTimeSourceKind kind;
	gboolean named; /* without a name it is none */
} chrony_sources[] = {
	{ "server", GCLK_TIME_SOURCE_SERVER, TRUE },
	{ "peer", GCLK_TIME_SOURCE_SERVER, TRUE },
	{ "pool", GCLK_TIME_SOURCE_POOL, TRUE },
	{ "refclock", GCLK_TIME_SOURCE_CLOCK, TRUE },
	{ "local", GCLK_TIME_SOURCE_LOCAL, FALSE },
};

static void take_chrony(const GclkConfigLine *line, GArray *out)
{
	for (gsize i = 0; i < G_N_ELEMENTS(chrony_sources); i++)
		if (gclk_config_line_is(line, chrony_sources[i].directive) &&
			(line->words[1] || !chrony_sources[i].named))
			add(out, chrony_sources[i].kind,
				line->words[1] ? line->words[1] : line->words[0], line);
}

/* --- ntpd ------------------------------------------------------------------------------------- */

/* The first argument that is no option: "server -4 name". */
static const char *first_name(const GclkConfigLine *line)
{
	char **word = line->words + 1;

	while (*word && **word == '-')
		word++;
	return *word;
}

static GclkTimeSourceKind kind_of_address(const char *name)
{
	GclkAddress address;

	if (!gclk_address_parse(name, 0, &address) || address.family != 4 ||
		address.bytes[0] != CLOCK_NET || address.bytes[1] != CLOCK_NET)
		return GCLK_TIME_SOURCE_SERVER;
	return address.bytes[2] == LOCAL_CLOCK ? GCLK_TIME_SOURCE_LOCAL : GCLK_TIME_SOURCE_CLOCK;
}

static void take_ntpd(const GclkConfigLine *line, GArray *out)
{
	const char *name = first_name(line);

	if (!name)
		return;
	if (gclk_config_line_is(line, "server") || gclk_config_line_is(line, "peer"))
		add(out, kind_of_address(name), name, line);
	else if (gclk_config_line_is(line, "pool") || gclk_config_line_is(line, "manycastclient"))
		add(out, GCLK_TIME_SOURCE_POOL, name, line);
	else if (gclk_config_line_is(line, "refclock")) /* ntpsec's own way */
		add(out,
			g_ascii_strcasecmp(name, "local") == 0 ? GCLK_TIME_SOURCE_LOCAL
							       : GCLK_TIME_SOURCE_CLOCK,
			name, line);
}

/* --- systemd-timesyncd ------------------------------------------------------------------------ */

/* An assignment adds to the list, an empty one empties it (timesyncd.conf(5)). */
static void take_list(const GclkTimeConfig *config, const char *key, GArray *out)
{
	for (guint i = 0; i < config->lines->len; i++) {
		const GclkConfigLine *line = config->lines->pdata[i];

		if (!gclk_config_line_is(line, key))
			continue;
		if (!line->words[1])
			g_array_set_size(out, 0);
		for (char **name = line->words + 1; *name; name++)
			add(out, GCLK_TIME_SOURCE_SERVER, *name, line);
	}
}

/* -----------------------------------------------------------------------------------------------
 */

GArray *gclk_time_config_sources(const GclkTimeConfig *config)
{
	GArray *out = g_array_new(FALSE, TRUE, sizeof(GclkTimeSource));

	if (config->daemon == GCLK_TIME_TIMESYNCD) {
		take_list(config, "NTP", out);
		if (out->len == 0)
			take_list(config, "FallbackNTP", out);
		return out;
	}
	for (guint i = 0; i < config->lines->len; i++)
		if (config->daemon == GCLK_TIME_CHRONYD)
			take_chrony(config->lines->pdata[i], out);
		else
			take_ntpd(config->lines->pdata[i], out);
	return out;
}
