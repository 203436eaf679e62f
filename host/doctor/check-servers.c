/* SPDX-License-Identifier: BSD-2-Clause */
/* Of whom an NTP daemon takes its time. */
#include <string.h>

#include "doctor/check.h"

/* RFC 8633, 3.2: at least four, so that one that lies is outvoted. */
#define ENOUGH 4

/* chrony.conf(5), pool: maxsources; ntpd takes more. */
#define OF_POOL 4

/* --- how many --------------------------------------------------------------------------------- */

static guint count(const GArray *sources, GclkTimeSourceKind kind)
{
	guint n = 0;

	for (guint i = 0; i < sources->len; i++)
		n += g_array_index(sources, GclkTimeSource, i).kind == kind;
	return n;
}

static void show_sources(GclkFinding *finding, const GArray *sources)
{
	for (guint i = 0; i < sources->len; i++) {
		const GclkTimeSource *source = &g_array_index(sources, GclkTimeSource, i);

		if (source->kind == GCLK_TIME_SOURCE_SERVER)
			gclk_check_show(finding, source->line);
	}
}

/* A receiver of its own stands for itself; what servers there are only watch it. */
static void check_count(const GclkTimeConfig *config, const GArray *sources, GPtrArray *findings)
{
	const char *daemon = gclk_time_daemon_name(config->daemon);
	guint n = count(sources, GCLK_TIME_SOURCE_SERVER) +
		  count(sources, GCLK_TIME_SOURCE_POOL) * OF_POOL;
	g_autofree char *remedy = NULL;
	GclkFinding *finding;

	if (n == 0 || n >= ENOUGH || count(sources, GCLK_TIME_SOURCE_CLOCK) > 0)
		return;
	remedy = g_strdup_printf("add servers to %s until there are four of different operators "
				 "(RFC 8633), and restart %s",
		config->file, daemon);
	if (n == 1)
		finding = gclk_check_tell(findings, daemon, "single-source", GCLK_SEVERITY_NOTE,
			remedy, "is given one server only: if that is wrong, nothing notices");
	else if (n == 2)
		finding = gclk_check_tell(findings, daemon, "few-sources", GCLK_SEVERITY_NOTE,
			remedy,
			"is given two servers: if they differ, nobody can tell which is right");
	else
		finding = gclk_check_tell(findings, daemon, "few-sources", GCLK_SEVERITY_NOTE,
			remedy,
			"is given three servers: when one is down, two cannot outvote each other");
	show_sources(finding, sources);
}

static void check_sntp(const GclkTimeConfig *config, GPtrArray *findings)
{
	if (config->daemon == GCLK_TIME_TIMESYNCD)
		gclk_check_tell(findings, gclk_time_daemon_name(config->daemon), "sntp",
			GCLK_SEVERITY_NOTE,
			"run chronyd instead (apt install chrony, dnf install chrony)",
			"asks one server at a time and compares it with nobody: little for a host "
			"of VMs");
}

/* --- its own clock ---------------------------------------------------------------------------- */

static const char *const local_remedies[] = {
	[GCLK_TIME_CHRONYD] = "remove \"local\"; where a network must keep together while it is "
			      "cut off: \"local stratum 10 orphan\" on all of its servers",
	[GCLK_TIME_NTPD] = "remove the lines with 127.127.1.0; where a network must keep together "
			   "while it is cut off: \"tos orphan 10\" on all of its servers",
	[GCLK_TIME_TIMESYNCD] = NULL,
};

static void check_local(const GclkTimeConfig *config, const GArray *sources, GPtrArray *findings)
{
	const guint n = count(sources, GCLK_TIME_SOURCE_LOCAL);
	const gboolean alone = n == sources->len;
	GclkFinding *finding;

	if (n == 0)
		return;
	finding = gclk_check_tell(findings, gclk_time_daemon_name(config->daemon), "local-clock",
		alone || config->daemon == GCLK_TIME_NTPD ? GCLK_SEVERITY_WARNING
							  : GCLK_SEVERITY_NOTE,
		local_remedies[config->daemon], "%s",
		alone ? "is given nothing but its own clock, and tells others that it is "
			"synchronised"
		      : "takes its own clock for the time when its servers are lost, and goes on "
			"telling others that it is synchronised");
	for (guint i = 0; i < sources->len; i++) {
		const GclkTimeSource *source = &g_array_index(sources, GclkTimeSource, i);

		if (source->kind == GCLK_TIME_SOURCE_LOCAL)
			gclk_check_show(finding, source->line);
	}
	for (guint i = 0; i < config->lines->len; i++) {
		const GclkConfigLine *line = config->lines->pdata[i];

		if (config->daemon == GCLK_TIME_NTPD && gclk_config_line_is(line, "fudge") &&
			line->words[1] && g_str_has_prefix(line->words[1], "127.127.1."))
			gclk_check_show(finding, line);
	}
}

/* --- leap seconds ----------------------------------------------------------------------------- */

/* Whose operators say that they spread a leap second over a day; names end so, addresses are so. */
static const char *const smearing[] = {
	"google.com", /* time.google.com, developers.google.com/time/smear */
	"metadata.google.internal", "time.android.com",
	"time.aws.com", /* docs.aws.amazon.com, Amazon Time Sync Service */
	"169.254.169.123", "fd00:ec2::123", "time.facebook.com", /* Meta's public NTP service */
};

static gboolean smears(const char *name)
{
	for (gsize i = 0; i < G_N_ELEMENTS(smearing); i++) {
		gsize length = strlen(name), end = strlen(smearing[i]);

		if (length < end || g_ascii_strcasecmp(name + length - end, smearing[i]) != 0)
			continue;
		if (length == end || name[length - end - 1] == '.')
			return TRUE;
	}
	return FALSE;
}

static void check_smear(const GclkTimeConfig *config, const GArray *sources, GPtrArray *findings)
{
	guint n = 0, all = 0;
	GclkFinding *finding;

	for (guint i = 0; i < sources->len; i++) {
		const GclkTimeSource *source = &g_array_index(sources, GclkTimeSource, i);

		if (source->kind > GCLK_TIME_SOURCE_POOL)
			continue;
		all++;
		n += smears(source->name);
	}
	if (n == 0 || n == all)
		return;
	finding = gclk_check_tell(findings, gclk_time_daemon_name(config->daemon), "leap-smear",
		GCLK_SEVERITY_WARNING,
		"take either servers that smear or servers that do not, never both",
		"mixes servers that smear leap seconds with others: around a leap second they are "
		"up to half a second apart");
	for (guint i = 0; i < sources->len; i++) {
		const GclkTimeSource *source = &g_array_index(sources, GclkTimeSource, i);

		if (source->kind <= GCLK_TIME_SOURCE_POOL && smears(source->name))
			gclk_check_show(finding, source->line);
	}
}

void gclk_check_servers(const GclkTimeConfig *config, GPtrArray *findings)
{
	g_autoptr(GArray) sources = gclk_time_config_sources(config);

	check_local(config, sources, findings);
	check_count(config, sources, findings);
	check_sntp(config, findings);
	check_smear(config, sources, findings);
}
