/* SPDX-License-Identifier: BSD-2-Clause */
/* Pure: from what a round over the link gave to text. */
#include "cli/cli.h"
#include "cli/probe-link.h"
#include "guestclock/format.h"
#include "guestclock/json-writer.h"
#include "guestclock/text.h"
#include "report/status.h"

#define WIDTH  80
#define INDENT 18

typedef struct {
	const char *name;  /* stable, for machines */
	const char *words; /* for people */
	GclkStyle style;
	int exit_code;
} Verdict;

static const Verdict *verdict_of(const GclkLinkProbe *probe)
{
	static const Verdict usable = { "usable", "usable", GCLK_STYLE_GOOD, GCLK_EXIT_OK };
	static const Verdict refused = { "refused", "refused", GCLK_STYLE_BAD, GCLK_EXIT_CRITICAL };
	static const Verdict silent = { "no-answer", "no answer", GCLK_STYLE_BAD,
		GCLK_EXIT_UNKNOWN };

	if (probe->condition == GCLK_SOURCE_OK)
		return &usable;
	return probe->condition == GCLK_SOURCE_REFUSED ? &refused : &silent;
}

int gclk_link_probe_exit_code(const GclkLinkProbe *probe)
{
	return verdict_of(probe)->exit_code;
}

/* --- text ------------------------------------------------------------------------------------- */

static void write_host(GString *out, const GclkLinkProbe *probe)
{
	const GclkLinkHost *host = &probe->host;
	char bound[32];

	if (!probe->has_host) {
		gclk_text_labelf(out, "host's clock", INDENT, WIDTH, "it says nothing of it");
		return;
	}
	gclk_format_bound(host->bound, bound);
	gclk_text_labelf(out, "host's clock", INDENT, WIDTH, "%s, protocol %s%s",
		host->synchronised ? "synchronised" : "NOT synchronised",
		gclk_protocol_name(host->protocol),
		host->fallback ? " (in place of PTP, which failed there)" : "");
	gclk_text_labelf(out, "its accuracy", INDENT, WIDTH, "%s%s",
		host->bound == GCLK_BOUND_UNKNOWN ? "not told" : "off by no more than ",
		host->bound == GCLK_BOUND_UNKNOWN ? "" : bound);
	if (host->leap != GCLK_LEAP_NONE)
		gclk_text_labelf(
			out, "leap second", INDENT, WIDTH, "%s", gclk_leap_name(host->leap));
	if (host->tai_offset)
		gclk_text_labelf(out, "TAI minus UTC", INDENT, WIDTH, "%d s", host->tai_offset);
}

static void write_sample(GString *out, const GclkSample *sample)
{
	char offset[32], bound[32], delay[32];

	gclk_format_offset(sample->offset, offset);
	gclk_format_bound(gclk_sample_bound(sample), bound);
	gclk_format_bound(sample->delay, delay);
	gclk_text_labelf(out, "offset", INDENT, WIDTH, "%s, give or take %s%s (this clock is %s)",
		offset, bound, sample->flags & GCLK_SAMPLE_ASSUMED ? " (assumed)" : "",
		sample->offset > 0   ? "behind"
		: sample->offset < 0 ? "ahead"
				     : "equal");
	gclk_text_labelf(out, "delay", INDENT, WIDTH, "%s there and back", delay);
}

char *gclk_link_probe_to_text(const GclkLinkProbe *probe, gboolean color)
{
	const Verdict *verdict = verdict_of(probe);
	GString *out = g_string_new(NULL);

	gclk_text_labelf(out, "asked", INDENT, WIDTH, "%s", probe->channel);
	if (probe->replies) {
		gclk_text_labelf(out, "answers", INDENT, WIDTH,
			"%" G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT " requests, stratum %d",
			probe->replies, probe->requests, probe->stratum);
		write_host(out, probe);
	}
	if (probe->sampled)
		write_sample(out, &probe->sample);
	g_string_append(out, "\n  ");
	gclk_text_pad(out, "verdict", INDENT - 2);
	gclk_text_pad_style(out, verdict->words, 0, verdict->style, color);
	g_string_append_c(out, '\n');
	if (probe->reason)
		gclk_text_labelf(out, "because", INDENT, WIDTH, "%s", probe->reason);
	return g_string_free(out, FALSE);
}

/* --- JSON ------------------------------------------------------------------------------------- */

static void json_bound(GclkJson *json, const char *key, gint64 ns)
{
	if (ns == GCLK_BOUND_UNKNOWN)
		gclk_json_null(json, key);
	else
		gclk_json_int(json, key, ns);
}

/* The same as in status.json. */
static void json_host(GclkJson *json, const GclkLinkProbe *probe)
{
	const GclkLinkHost *host = &probe->host;

	if (!probe->has_host) {
		gclk_json_null(json, "host");
		return;
	}
	gclk_json_begin_object(json, "host");
	gclk_json_string(json, "protocol", gclk_protocol_name(host->protocol));
	gclk_json_boolean(json, "synchronised", host->synchronised);
	gclk_json_boolean(json, "fallback", host->fallback);
	json_bound(json, "error_bound_ns", host->bound);
	gclk_json_string(json, "leap", gclk_leap_name(host->leap));
	if (host->tai_offset)
		gclk_json_int(json, "tai_offset_s", host->tai_offset);
	else
		gclk_json_null(json, "tai_offset_s");
	gclk_json_end_object(json);
}

static void json_measurement(GclkJson *json, const GclkLinkProbe *probe)
{
	if (!probe->sampled) {
		gclk_json_null(json, "measurement");
		return;
	}
	gclk_json_begin_object(json, "measurement");
	gclk_json_int(json, "offset_ns", probe->sample.offset);
	json_bound(json, "error_bound_ns", gclk_sample_bound(&probe->sample));
	gclk_json_boolean(
		json, "error_bound_assumed", (probe->sample.flags & GCLK_SAMPLE_ASSUMED) != 0);
	gclk_json_int(json, "delay_ns", probe->sample.delay);
	gclk_json_end_object(json);
}

char *gclk_link_probe_to_json(const GclkLinkProbe *probe)
{
	GclkJson *json = gclk_json_new();

	gclk_json_begin_object(json, NULL);
	gclk_json_string(json, "channel", probe->channel);
	gclk_json_string(json, "verdict", verdict_of(probe)->name);
	gclk_json_string(json, "reason", probe->reason);
	gclk_json_uint(json, "requests", probe->requests);
	gclk_json_uint(json, "replies", probe->replies);
	json_host(json, probe);
	json_measurement(json, probe);
	gclk_json_end_object(json);
	return gclk_json_finish(json);
}
