/* SPDX-License-Identifier: BSD-2-Clause */
/* ntpd's restrict lines: those that shut out its own servers, or us. */
#include <string.h>

#include "doctor/check.h"
#include "doctor/restrict.h"
#include "guestclock/address.h"

/* Servers that are looked at; each is held against every line. */
#define SERVERS_MAX 64

/* What keeps a server's answers from being used. */
#define SHUT (GCLK_RESTRICT_IGNORE | GCLK_RESTRICT_NOSERVE)

static const char *flag_name(GclkRestrictFlags flags)
{
	return flags & GCLK_RESTRICT_IGNORE ? "ignore" : "noserve";
}

/* --- its servers ------------------------------------------------------------------------------ */

static gboolean is_numeric(const char *name)
{
	GclkAddress address;

	return gclk_address_parse(name, 0, &address);
}

static void tell_shut(const GclkTimeConfig *config, const GclkTimeSource *source,
	const GclkRestriction *restriction, GPtrArray *findings)
{
	g_autofree char *remedy = g_strdup_printf(
		"take \"%s\" out of that restrict line in %s (\"restrict default kod limited "
		"nomodify noquery\" is enough), and restart ntpd",
		flag_name(restriction->flags), config->file);
	GclkFinding *finding = gclk_check_tell(findings, "ntpd", "restrict-shuts-out-servers",
		GCLK_SEVERITY_CRITICAL, remedy,
		"drops the answers of its own servers: \"restrict\" holds for them, too");

	if (!finding->evidence || finding->evidence->len == 0)
		gclk_check_show(finding, restriction->line);
	gclk_check_show(finding, source->line);
}

/* A name is looked up once for the restrict line, at the start, and again for the server. */
static void tell_by_name(const GclkTimeConfig *config, const GclkTimeSource *source,
	const GclkConfigLine *line, GPtrArray *findings)
{
	g_autofree char *remedy = g_strdup_printf(
		"in %s, write \"restrict default kod limited nomodify noquery\" instead of the "
		"default that shuts out, and drop these lines; restart ntpd",
		config->file);
	GclkFinding *finding = gclk_check_tell(findings, "ntpd", "restrict-by-name",
		GCLK_SEVERITY_WARNING, remedy,
		"lets its servers in by name: when the name had no address at its start, or has "
		"another one now, their answers are dropped");

	gclk_check_show(finding, line);
	gclk_check_show(finding, source->line);
}

static void check_server(
	const GclkTimeConfig *config, const GclkTimeSource *source, GPtrArray *findings)
{
	GclkRestriction restriction = is_numeric(source->name)
					      ? gclk_restrict_of_address(config, source->name)
					      : gclk_restrict_of_others(config);
	const GclkConfigLine *by_name = gclk_restrict_by_name(config, source->name);
	GclkRestriction sources;

	if (gclk_restrict_of_sources(config, &sources))
		restriction = sources;
	if (!(restriction.flags & SHUT))
		return;
	if (by_name && !is_numeric(source->name) && source->kind == GCLK_TIME_SOURCE_SERVER)
		tell_by_name(config, source, by_name, findings);
	else if (restriction.line)
		tell_shut(config, source, &restriction, findings);
}

/* ntp.org's ntpd makes an association for each server of a pool, which nopeer forbids; ntpsec does
   not know the word. */
static void check_pool(
	const GclkTimeConfig *config, const GclkTimeSource *source, GPtrArray *findings)
{
	const GclkRestriction others = gclk_restrict_of_others(config);
	GclkRestriction sources;
	g_autofree char *remedy = NULL;
	GclkFinding *finding;

	if (config->ntpsec || source->kind != GCLK_TIME_SOURCE_POOL || !others.line ||
		!(others.flags & GCLK_RESTRICT_NOPEER) ||
		gclk_restrict_of_sources(config, &sources))
		return;
	remedy = g_strdup_printf(
		"add the line \"restrict source nomodify notrap noquery\" to %s and restart ntpd",
		config->file);
	finding = gclk_check_tell(findings, "ntpd", "restrict-pool", GCLK_SEVERITY_WARNING, remedy,
		"may not take servers from its pool: \"nopeer\" forbids that");
	gclk_check_show(finding, others.line);
	gclk_check_show(finding, source->line);
}

/* --- us --------------------------------------------------------------------------------------- */

/* hostclock asks at both addresses; one that answers is enough. */
static void check_queries(const GclkTimeConfig *config, GPtrArray *findings)
{
	const GclkRestrictFlags deaf = GCLK_RESTRICT_IGNORE | GCLK_RESTRICT_NOQUERY;
	const GclkRestriction four = gclk_restrict_of_address(config, "127.0.0.1");
	const GclkRestriction six = gclk_restrict_of_address(config, "::1");
	g_autofree char *remedy = NULL;
	GclkFinding *finding;

	if (!(four.flags & deaf) || !(six.flags & deaf))
		return;
	remedy = g_strdup_printf("let the lines \"restrict 127.0.0.1\" and \"restrict ::1\" "
				 "stand in %s, with nothing behind them, and restart ntpd",
		config->file);
	finding = gclk_check_mute(findings, "ntpd");
	if (!finding)
		finding = gclk_check_tell(findings, "ntpd", "no-answer", GCLK_SEVERITY_WARNING,
			remedy, "does not let programs of this host ask it, hostclock neither");
	if (four.line)
		gclk_check_show(finding, four.line);
	else
		gclk_finding_add_evidence(finding,
			"%s: no \"restrict 127.0.0.1\": ntpsec's own default is noquery",
			config->file);
}

void gclk_check_restrict(const GclkTimeConfig *config, GPtrArray *findings)
{
	g_autoptr(GArray) sources = gclk_time_config_sources(config);

	if (config->lines->len == 0)
		return;
	check_queries(config, findings);
	for (guint i = 0; i < MIN(sources->len, SERVERS_MAX); i++) {
		const GclkTimeSource *source = &g_array_index(sources, GclkTimeSource, i);

		if (source->kind > GCLK_TIME_SOURCE_POOL)
			continue;
		check_server(config, source, findings);
		check_pool(config, source, findings);
	}
}
