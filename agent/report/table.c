/* SPDX-License-Identifier: BSD-2-Clause */
#include "report/table.h"
#include "guestclock/finding-report.h"
#include "guestclock/format.h"

#include <math.h>
#include <string.h>

#include "guestclock/text.h"

#define COLUMNS 80
#define LABEL   15 /* where the values of the status begin */

/* --- how states look -------------------------------------------------------------------------- */

static GclkStyle state_style(GclkState state)
{
	static const GclkStyle styles[] = {
		[GCLK_STATE_STARTING] = GCLK_STYLE_DOUBTFUL,
		[GCLK_STATE_SYNCHRONISED] = GCLK_STYLE_GOOD,
		[GCLK_STATE_HOLDOVER] = GCLK_STYLE_DOUBTFUL,
		[GCLK_STATE_UNSYNCHRONISED] = GCLK_STYLE_BAD,
		[GCLK_STATE_DISRUPTED] = GCLK_STYLE_BAD,
	};

	return (gsize)state < G_N_ELEMENTS(styles) ? styles[state] : GCLK_STYLE_BAD;
}

static gint64 magnitude(gint64 ns)
{
	return ns == G_MININT64 ? G_MAXINT64 : ABS(ns);
}

/* From one moment to another, which a damaged file may have put anywhere. */
static gint64 elapsed(gint64 from, gint64 to)
{
	gint64 ns;

	return __builtin_sub_overflow(to, from, &ns) ? 0 : ns;
}

static const GclkSourceStatus *find_source(const GclkStatus *status, const char *name)
{
	for (guint i = 0; name && i < status->sources->len; i++) {
		const GclkSourceStatus *source = g_ptr_array_index(status->sources, i);

		if (g_strcmp0(source->name, name) == 0)
			return source;
	}
	return NULL;
}

/* --- status ----------------------------------------------------------------------------------- */

/* "ahead by 40.000 s", "behind by 3.12 ms" */
static char *offset_in_words(gint64 offset)
{
	char text[32];

	gclk_format_bound(
		magnitude(offset) == G_MAXINT64 ? G_MAXINT64 - 1 : magnitude(offset), text);
	return g_strdup_printf("%s by %s", offset < 0 ? "ahead" : "behind", text);
}

/* It is somebody else who steers, or nobody. */
static gboolean is_measured(const GclkStatus *status)
{
	return strcmp(status->control, "none") == 0;
}

/* "right within 1.26 us" */
static char *accuracy(const GclkStatus *status)
{
	char text[32];

	if (status->error_bound == GCLK_BOUND_UNKNOWN)
		return g_strdup("but how far it may be off is unknown");
	gclk_format_bound(status->error_bound, text);
	return g_strdup_printf("right within %s", text);
}

/* Unless it is known what is the matter, the reason is the best that can be said. */
static char *headline_bad(const GclkStatus *status)
{
	g_autofree char *words = offset_in_words(status->offset);

	if (is_measured(status) && status->error_bound != GCLK_BOUND_UNKNOWN)
		return g_strdup_printf("The clock is NOT right: %s (measured, not steered)", words);
	return g_strdup_printf("The clock is NOT synchronised%s%s", status->reason ? ": " : "",
		status->reason ? status->reason : "");
}

/* The whole status in one sentence. */
static char *headline(const GclkStatus *status)
{
	const char *because = status->reason ? ": " : "";
	const char *reason = status->reason ? status->reason : "";
	g_autofree char *right = accuracy(status);

	switch (status->state) {
	case GCLK_STATE_STARTING:
		return g_strdup_printf("guestclockd is starting%s%s", because, reason);
	case GCLK_STATE_SYNCHRONISED:
		return is_measured(status)
			       ? g_strdup_printf("The clock is measured, not steered, %s", right)
			       : g_strdup_printf("The clock is synchronised, %s", right);
	case GCLK_STATE_HOLDOVER:
		return g_strdup_printf("The clock is in holdover, %s%s%s", right, because, reason);
	case GCLK_STATE_DISRUPTED:
		return g_strdup_printf(
			"The clock was disrupted, its error is not known%s%s", because, reason);
	case GCLK_STATE_UNSYNCHRONISED:
	case GCLK_STATES:
		break;
	}
	return headline_bad(status);
}

static void add_line(GString *out, const char *label, const char *value)
{
	gclk_text_label(out, label, value, LABEL, COLUMNS);
}

static void add_source(GString *out, const GclkStatus *status)
{
	const GclkSourceStatus *source = find_source(status, status->selected);
	g_autoptr(GString) text = g_string_new(status->selected);

	if (!status->selected) {
		add_line(out, "source", "none");
		return;
	}
	if (source) {
		g_string_append_printf(text, " (%s", source->kind ? source->kind : "?");
		if (source->stratum > 0)
			g_string_append_printf(text, ", stratum %d", source->stratum);
		if (source->identity && *source->identity)
			g_string_append_printf(text, ", %s", source->identity);
		if (source->method && *source->method)
			g_string_append_printf(text, ", %s", source->method);
		g_string_append_c(text, ')');
	}
	add_line(out, "source", text->str);
}

/* "1 selected, 2 agree; single: ..." */
static void add_counts(GString *out, const GclkStatus *status)
{
	static const struct {
		GclkStanding standing;
		const char *many;
	} order[] = {
		{ GCLK_STANDING_SELECTED, "selected" },
		{ GCLK_STANDING_AGREES, "agree" },
		{ GCLK_STANDING_FALSETICKER, "falsetickers" },
		{ GCLK_STANDING_REFUSED, "refused" },
		{ GCLK_STANDING_UNREACHABLE, "unreachable" },
		{ GCLK_STANDING_FAILED, "failed" },
		{ GCLK_STANDING_WAITING, "waiting" },
	};
	g_autoptr(GString) text = g_string_new(NULL);

	if (status->sources->len < 2 && !status->single)
		return;
	for (gsize k = 0; k < G_N_ELEMENTS(order); k++) {
		guint count = 0;

		for (guint i = 0; i < status->sources->len; i++) {
			const GclkSourceStatus *source = g_ptr_array_index(status->sources, i);

			count += source->standing == order[k].standing;
		}
		if (count)
			g_string_append_printf(text, "%s%u %s", text->len ? ", " : "", count,
				count > 1 ? order[k].many : gclk_standing_name(order[k].standing));
	}
	if (status->single)
		g_string_append_printf(text, "%ssingle origin: nothing independent confirms it",
			text->len ? "; " : "");
	add_line(out, "sources", text->str);
}

static void add_measures(GString *out, const GclkStatus *status)
{
	char offset[32], bound[32];

	gclk_format_bound(status->error_bound, bound);
	if (status->error_bound == GCLK_BOUND_UNKNOWN) {
		add_line(out, "offset", "unknown");
	} else {
		gclk_format_offset(status->offset, offset);
		gclk_text_labelf(out, "offset", LABEL, COLUMNS, "%s (the clock is %s)", offset,
			status->offset < 0 ? "ahead" : "behind");
		gclk_text_labelf(out, "error bound", LABEL, COLUMNS, "%s%s", bound,
			status->assumed ? " (assumed: the reference does not state its own error)"
					: "");
	}
	if (status->frequency_ppb != 0 || status->frequency_error_ppb != 0)
		gclk_text_labelf(out, "frequency", LABEL, COLUMNS, "%+.3f ppm, +/- %.3f ppm",
			status->frequency_ppb / 1000, status->frequency_error_ppb / 1000);
	if (status->slew_left) {
		gclk_format_offset(status->slew_left, offset);
		gclk_text_labelf(out, "slewing", LABEL, COLUMNS, "%s left", offset);
	}
}

static void add_steps(GString *out, const GclkStatus *status)
{
	char step[32], age[32];

	if (!status->steps)
		return;
	gclk_format_offset(status->last_step, step);
	gclk_format_age(elapsed(status->last_step_boottime, status->boottime), age);
	gclk_text_labelf(out, "steps", LABEL, COLUMNS,
		"%" G_GUINT64_FORMAT ", the last %s, %s ago%s%s", status->steps, step, age,
		status->last_step_reason ? ": " : "",
		status->last_step_reason ? status->last_step_reason : "");
}

static void add_disruptions(GString *out, const GclkStatus *status)
{
	char age[32];

	if (!status->disruptions)
		return;
	gclk_format_age(elapsed(status->last_disruption_boottime, status->boottime), age);
	gclk_text_labelf(out, "disruptions", LABEL, COLUMNS,
		"%" G_GUINT64_FORMAT ", the last %s ago%s%s", status->disruptions, age,
		status->last_disruption ? ": " : "",
		status->last_disruption ? status->last_disruption : "");
}

/* What the host says of its own clock. */
static void add_host(GString *out, const GclkStatus *status)
{
	static const struct {
		const char *held, *unheld;
	} words[] = {
		[GCLK_PROTOCOL_UNKNOWN] = { "by what it does not know",
			"it does not know what keeps it" },
		[GCLK_PROTOCOL_NONE] = { "by nothing", "nothing keeps it" },
		[GCLK_PROTOCOL_LOCAL] = { "by itself", "it has no reference but itself" },
		[GCLK_PROTOCOL_NTP] = { "by NTP", "NTP does not hold it yet, or no longer" },
		[GCLK_PROTOCOL_PTP] = { "by PTP", "PTP does not hold it yet, or no longer" },
	};
	const GclkHostStatus *host = &status->host;
	gboolean sane = (gsize)host->protocol < G_N_ELEMENTS(words);
	GclkProtocol protocol = sane ? host->protocol : GCLK_PROTOCOL_UNKNOWN;
	char bound[32], age[32];

	if (!host->known)
		return;
	gclk_format_bound(host->bound, bound);
	gclk_format_age(host->age, age);
	if (host->synchronised)
		gclk_text_labelf(out, "host", LABEL, COLUMNS,
			"its clock is synchronised %s%s, %s%s (said %s ago)", words[protocol].held,
			host->fallback ? ", which stands in for PTP" : "",
			host->bound == GCLK_BOUND_UNKNOWN ? "error " : "right within ", bound, age);
	else
		gclk_text_labelf(out, "host", LABEL, COLUMNS,
			"its clock is NOT synchronised: %s (said %s ago)", words[protocol].unheld,
			age);
}

static void add_leap(GString *out, const GclkStatus *status)
{
	if (status->leap == GCLK_LEAP_INSERT)
		add_line(out, "leap second", "one is inserted at the end of this day (UTC)");
	else if (status->leap == GCLK_LEAP_DELETE)
		add_line(out, "leap second", "one is deleted at the end of this day (UTC)");
}

/* Half a sentence on what is wrong; NULL: nothing that is known. */
static const char *tick_words(const GclkTickStatus *ticks)
{
	static const struct {
		const char *verdict, *words;
	} table[] = {
		{ "losing-time", "time is being lost" },
		{ "gaining-time", "time runs too fast" },
		{ "starved", "late, since this machine does not get the CPU when it needs it" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(table); i++)
		if (g_strcmp0(ticks->verdict, table[i].verdict) == 0)
			return table[i].words;
	return NULL;
}

static void add_ticks(GString *out, const GclkStatus *status)
{
	const GclkTickStatus *ticks = &status->ticks;
	const char *words = tick_words(ticks);
	g_autoptr(GString) text = g_string_new(words);

	if (!words)
		return;
	if (isfinite(ticks->lost_error_ppm) && strcmp(ticks->verdict, "starved") != 0)
		g_string_append_printf(text, ": %.0f ppm, +/- %.0f ppm, by %s",
			fabs(ticks->lost_ppm), ticks->lost_error_ppm,
			ticks->reference ? ticks->reference : "?");
	else if (ticks->steal_share > 0)
		g_string_append_printf(
			text, ": %.0f %% of its time is stolen", ticks->steal_share * 100);
	add_line(out, "ticks", text->str);
}

static void add_surroundings(GString *out, const GclkStatus *status)
{
	g_autoptr(GString) machine = g_string_new(NULL);
	char age[32];

	gclk_text_labelf(out, "control", LABEL, COLUMNS, "%s%s%s", status->control,
		status->control_reason ? ": " : "",
		status->control_reason ? status->control_reason : "");
	if (status->hypervisor)
		g_string_append(machine, strcmp(status->hypervisor, "none") == 0
						 ? "no hypervisor"
						 : status->hypervisor);
	if (status->container && strcmp(status->container, "none") != 0)
		g_string_append_printf(
			machine, "%scontainer %s", machine->len ? ", " : "", status->container);
	if (status->clocksource)
		g_string_append_printf(
			machine, "%sclocksource %s", machine->len ? ", " : "", status->clocksource);
	if (machine->len)
		add_line(out, "machine", machine->str);
	if (status->servers_from)
		gclk_text_labelf(
			out, "NTP servers", LABEL, COLUMNS, "from %s", status->servers_from);
	gclk_format_age(elapsed(status->started_boottime, status->boottime), age);
	gclk_text_labelf(out, "guestclockd", LABEL, COLUMNS, "pid %" G_GINT64_FORMAT ", up %s",
		status->pid, age);
}

static void add_finding(GString *out, const GclkFinding *finding, gboolean color)
{
	g_autofree char *statement = gclk_text_clean(finding->statement);
	g_autofree char *remedy = gclk_text_clean(finding->remedy);

	g_string_append(out, "  ");
	gclk_text_pad_style(out, gclk_severity_name(finding->severity), LABEL - 2,
		gclk_severity_style(finding->severity), color);
	gclk_text_wrap(out, statement, LABEL, LABEL, COLUMNS);
	if (!*remedy)
		return;
	gclk_text_pad(out, "", LABEL);
	g_string_append(out, "-> ");
	gclk_text_wrap(out, remedy, LABEL + 3, LABEL + 3, COLUMNS);
}

static void add_findings(GString *out, const GclkStatus *status, gboolean color)
{
	if (!status->findings->len)
		return;
	g_string_append_c(out, '\n');
	for (int severity = GCLK_SEVERITY_CRITICAL; severity >= GCLK_SEVERITY_OK; severity--) {
		for (guint i = 0; i < status->findings->len; i++) {
			const GclkFinding *finding = g_ptr_array_index(status->findings, i);

			if ((int)finding->severity == severity)
				add_finding(out, finding, color);
		}
	}
}

char *gclk_table_status(const GclkStatus *status, gboolean color)
{
	g_autoptr(GString) first = g_string_new(NULL);
	g_autofree char *sentence = headline(status);
	g_autofree char *clean = gclk_text_clean(sentence);
	GString *out = g_string_new(NULL);

	gclk_text_wrap(first, clean, 0, 2, COLUMNS);
	g_string_truncate(first, first->len - 1);
	gclk_text_pad_style(out, first->str, 0, state_style(status->state), color);
	g_string_append(out, "\n\n");
	add_source(out, status);
	add_counts(out, status);
	add_measures(out, status);
	add_steps(out, status);
	add_disruptions(out, status);
	add_host(out, status);
	add_leap(out, status);
	add_ticks(out, status);
	add_surroundings(out, status);
	add_findings(out, status, color);
	return g_string_free(out, FALSE);
}
