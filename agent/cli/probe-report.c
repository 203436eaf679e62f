/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/probe-report.h"
#include "guestclock/format.h"

#include "guestclock/json-writer.h"
#include "guestclock/text.h"
#include "report/status.h"
#include "report/table.h"

#define WIDTH  80
#define INDENT 18
/* From here on an age is worth a remark: upstreams are asked every half hour or so at most. */
#define REFERENCE_OLD (GCLK_NS_PER_S * 86400)

/* Stable words for machines, as gclk_ntp_verdict_name has them for answers. */
#define OWN_ADDRESS_ID "own-address"

void gclk_probe_clear(GclkProbe *probe)
{
	for (gsize i = 0; i < probe->n_failures; i++)
		g_clear_pointer(&probe->failures[i].reason, g_free);
	probe->n_failures = 0;
	g_clear_pointer(&probe->silence, g_free);
}

static const char *const standing_names[] = {
	[GCLK_PROBE_USABLE] = "usable",
	[GCLK_PROBE_REFUSED] = "refused",
	[GCLK_PROBE_NO_ANSWER] = "no-answer",
};

/* Is the header that of an answer to our request? */
static gboolean is_answer(const GclkProbe *probe)
{
	return probe->verdict != GCLK_PROBE_NO_ANSWER && probe->reply.has_header &&
	       gclk_ntp_verdict_class(probe->reply.verdict) != GCLK_NTP_CLASS_DROP;
}

static char *reason_of(const GclkProbe *probe)
{
	if (probe->verdict == GCLK_PROBE_USABLE)
		return NULL;
	if (probe->reply.verdict != GCLK_NTP_GOOD)
		return gclk_ntp_reply_reason(&probe->reply);
	return g_strdup(probe->silence);
}

static const char *advice_of(const GclkProbe *probe)
{
	if (probe->reply.verdict != GCLK_NTP_GOOD)
		return gclk_ntp_verdict_advice(probe->reply.verdict);
	return probe->own ? "name the server that this machine shall follow" : NULL;
}

/* --- text ------------------------------------------------------------------------------------- */

static void write_question(GString *out, const GclkProbe *probe)
{
	char address[GCLK_ADDRESS_TEXT_MAX];

	if (probe->address.family == 0) {
		gclk_text_labelf(out, "asked", INDENT, WIDTH, "%s", probe->server);
		return;
	}
	gclk_address_format(&probe->address, address);
	if (g_strcmp0(address, probe->server) == 0)
		gclk_text_labelf(
			out, "asked", INDENT, WIDTH, "%s port %u", address, probe->address.port);
	else if (probe->addresses > 1)
		gclk_text_labelf(out, "asked", INDENT, WIDTH,
			"%s: %s port %u, one of %" G_GSIZE_FORMAT " addresses", probe->server,
			address, probe->address.port, probe->addresses);
	else
		gclk_text_labelf(out, "asked", INDENT, WIDTH, "%s: %s port %u", probe->server,
			address, probe->address.port);
	for (gsize i = 0; i < probe->n_failures; i++)
		gclk_text_labelf(
			out, "before that", INDENT, WIDTH, "%s", probe->failures[i].reason);
	if (probe->key)
		gclk_text_labelf(out, "with key", INDENT, WIDTH, "%u (%s)", probe->key->id,
			gclk_ntp_key_type_name(probe->key->type));
}

static void write_reference(GString *out, const GclkNtpReply *reply)
{
	const GclkNtpHeader *header = &reply->header;
	char refid[GCLK_NTP_REFID_TEXT_MAX], age[32];
	g_autoptr(GString) text = g_string_new(NULL);

	gclk_ntp_refid_format(header->refid, header->stratum, refid);
	g_string_append(text, refid[0] ? refid : "not told");
	if (reply->local_clock)
		g_string_append(text, ": it " GCLK_NTP_LOCAL_CLOCK_NOTE);
	if (header->reference == 0) {
		g_string_append(text, "; never set");
	} else {
		gint64 ago = MAX(gclk_ntp_time_diff(header->transmit, header->reference), 0);

		gclk_format_age(ago, age);
		g_string_append_printf(text, "; last set %s before it answered%s", age,
			ago > REFERENCE_OLD ? " (long ago)" : "");
	}
	gclk_text_labelf(out, "its source", INDENT, WIDTH, "%s", text->str);
}

static void write_header(GString *out, const GclkNtpReply *reply)
{
	const GclkNtpHeader *header = &reply->header;
	char delay[32], dispersion[32], precision[32];

	gclk_format_bound(header->root_delay, delay);
	gclk_format_bound(header->root_dispersion, dispersion);
	gclk_format_bound(gclk_ntp_log2_to_ns(header->precision), precision);
	gclk_text_labelf(out, "answer", INDENT, WIDTH, "stratum %u, leap %u (%s), NTP version %u",
		header->stratum, header->leap, gclk_leap_name(header->leap), header->version);
	write_reference(out, reply);
	gclk_text_labelf(out, "its accuracy", INDENT, WIDTH,
		"root delay %s, root dispersion %s, precision %s", delay, dispersion, precision);
}

static void write_times(GString *out, const GclkNtpReply *reply)
{
	char offset[32], bound[32], delay[32];

	gclk_format_offset(reply->offset, offset);
	gclk_format_bound(gclk_bound_add(MAX(reply->delay, 0) / 2, reply->reference_bound), bound);
	gclk_format_offset(reply->delay, delay);
	gclk_text_labelf(out, "offset", INDENT, WIDTH, "%s, give or take %s (this clock is %s)",
		offset, bound,
		reply->offset > 0   ? "behind"
		: reply->offset < 0 ? "ahead"
				    : "equal");
	gclk_text_labelf(out, "delay", INDENT, WIDTH, "%s there and back",
		delay[0] == '+' ? delay + 1 : delay);
}

static void write_verdict(GString *out, const GclkProbe *probe, gboolean color)
{
	static const struct {
		const char *word;
		GclkStyle style;
	} words[] = {
		[GCLK_PROBE_USABLE] = { "usable", GCLK_STYLE_GOOD },
		[GCLK_PROBE_REFUSED] = { "refused", GCLK_STYLE_BAD },
		[GCLK_PROBE_NO_ANSWER] = { "no answer", GCLK_STYLE_BAD },
	};
	g_autofree char *reason = reason_of(probe);

	g_string_append(out, "\n  ");
	gclk_text_pad(out, "verdict", INDENT - 2);
	gclk_text_pad_style(out, words[probe->verdict].word, 0, words[probe->verdict].style, color);
	g_string_append_c(out, '\n');
	if (reason)
		gclk_text_labelf(out, "because", INDENT, WIDTH, "%s", reason);
	if (advice_of(probe))
		gclk_text_labelf(out, "what to do", INDENT, WIDTH, "%s", advice_of(probe));
	if (probe->verdict == GCLK_PROBE_USABLE && probe->reply.local_clock)
		gclk_text_labelf(out, "but", INDENT, WIDTH,
			"it %s: nothing tells whether that is right. Machines that follow "
			"it agree with each other, which is all that an isolated network "
			"may need.",
			GCLK_NTP_LOCAL_CLOCK_NOTE);
}

char *gclk_probe_to_text(const GclkProbe *probe, gboolean color)
{
	g_autoptr(GString) out = g_string_new(NULL);

	write_question(out, probe);
	if (is_answer(probe))
		write_header(out, &probe->reply);
	if (probe->reply.has_times)
		write_times(out, &probe->reply);
	if (probe->verdict == GCLK_PROBE_USABLE)
		gclk_text_labelf(out, "measured with", INDENT, WIDTH, "%s%s",
			gclk_ntp_stamps_name(&probe->sample),
			probe->reply.authentic ? ", authenticated by the key" : "");
	write_verdict(out, probe, color);
	return g_string_free(g_steal_pointer(&out), FALSE);
}

/* --- JSON ------------------------------------------------------------------------------------- */

static void json_bound(GclkJson *json, const char *key, gint64 ns)
{
	if (ns == GCLK_BOUND_UNKNOWN)
		gclk_json_null(json, key);
	else
		gclk_json_int(json, key, ns);
}

static void json_answer(GclkJson *json, const GclkProbe *probe)
{
	const GclkNtpReply *reply = &probe->reply;
	const GclkNtpHeader *header = &reply->header;
	char refid[GCLK_NTP_REFID_TEXT_MAX];

	if (!is_answer(probe)) {
		gclk_json_null(json, "answer");
		return;
	}
	gclk_ntp_refid_format(header->refid, header->stratum, refid);
	gclk_json_begin_object(json, "answer");
	gclk_json_int(json, "version", header->version);
	gclk_json_int(json, "stratum", header->stratum);
	gclk_json_int(json, "leap_indicator", header->leap);
	gclk_json_string(json, "refid", refid);
	gclk_json_boolean(json, "local_clock", reply->local_clock);
	gclk_json_int(json, "root_delay_ns", header->root_delay);
	gclk_json_int(json, "root_dispersion_ns", header->root_dispersion);
	gclk_json_int(json, "precision_ns", gclk_ntp_log2_to_ns(header->precision));
	if (header->reference == 0)
		gclk_json_null(json, "reference_age_ns");
	else
		gclk_json_int(json, "reference_age_ns",
			MAX(gclk_ntp_time_diff(header->transmit, header->reference), 0));
	gclk_json_boolean(json, "authenticated", reply->authentic);
	gclk_json_end_object(json);
}

static void json_measurement(GclkJson *json, const GclkProbe *probe)
{
	const GclkNtpReply *reply = &probe->reply;

	if (!reply->has_times) {
		gclk_json_null(json, "measurement");
		return;
	}
	gclk_json_begin_object(json, "measurement");
	gclk_json_int(json, "offset_ns", reply->offset);
	json_bound(json, "error_bound_ns",
		gclk_bound_add(MAX(reply->delay, 0) / 2, reply->reference_bound));
	gclk_json_int(json, "delay_ns", reply->delay);
	gclk_json_string(json, "stamps",
		probe->verdict == GCLK_PROBE_USABLE ? gclk_ntp_stamps_name(&probe->sample) : NULL);
	gclk_json_end_object(json);
}

static void json_failures(GclkJson *json, const GclkProbe *probe)
{
	char address[GCLK_ADDRESS_TEXT_MAX];

	gclk_json_begin_array(json, "before");
	for (gsize i = 0; i < probe->n_failures; i++) {
		gclk_json_begin_object(json, NULL);
		gclk_json_string(
			json, "address", gclk_address_format(&probe->failures[i].address, address));
		gclk_json_string(json, "reason", probe->failures[i].reason);
		gclk_json_end_object(json);
	}
	gclk_json_end_array(json);
}

static const char *reason_id_of(const GclkProbe *probe)
{
	if (probe->reply.verdict != GCLK_NTP_GOOD)
		return gclk_ntp_verdict_name(probe->reply.verdict);
	return probe->own ? OWN_ADDRESS_ID : NULL;
}

char *gclk_probe_to_json(const GclkProbe *probe)
{
	GclkJson *json = gclk_json_new();
	char address[GCLK_ADDRESS_TEXT_MAX];
	g_autofree char *reason = reason_of(probe);

	gclk_json_begin_object(json, NULL);
	gclk_json_string(json, "server", probe->server);
	gclk_json_string(json, "address",
		probe->address.family ? gclk_address_format(&probe->address, address) : NULL);
	gclk_json_int(json, "port", probe->address.port);
	json_failures(json, probe);
	gclk_json_uint(json, "requests", probe->requests);
	gclk_json_string(json, "verdict", standing_names[probe->verdict]);
	gclk_json_string(json, "reason_id", reason_id_of(probe));
	gclk_json_string(json, "reason", reason);
	gclk_json_string(json, "advice", advice_of(probe));
	json_answer(json, probe);
	json_measurement(json, probe);
	gclk_json_end_object(json);
	return gclk_json_finish(json);
}
