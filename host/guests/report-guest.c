/* SPDX-License-Identifier: BSD-2-Clause */
/* One guest in full. */
#include "guestclock/format.h"
#include "guests/report.h"

#define WIDTH 80
#define LABEL 17 /* where the values begin */

static void add_headline(GString *out, const GclkTableRow *row, gboolean color)
{
	g_autofree char *name = gclk_text_clean(row->guest->name);
	g_autofree char *fitting = gclk_text_shorten(name, WIDTH - 20);
	g_autofree char *state = gclk_text_clean(row->state);

	gclk_text_pad_style(out, fitting, 0, GCLK_STYLE_BOLD, color);
	g_string_append(out, ": ");
	gclk_text_pad_style(out, state, 0, gclk_guest_style(row), color);
	g_string_append_c(out, '\n');
}

static void add_need(GString *out, const GclkGuest *guest)
{
	g_autofree char *need = gclk_need_text(&guest->need);

	if (guest->need_error)
		gclk_text_labelf(out, "need", LABEL, WIDTH, "unknown: %s", guest->need_error);
	else
		gclk_text_labelf(out, "need", LABEL, WIDTH, "it %s%s", need,
			!guest->need.declared ? " (nothing is declared)"
			: guest->need.strict  ? ""
					      : " (warns only)");
	if (guest->need.declared || guest->need_error)
		gclk_text_labelf(out, "verdict", LABEL, WIDTH, "%s%s%s",
			gclk_verdict_name(guest->verdict.kind), guest->verdict.reason ? ": " : "",
			guest->verdict.reason ? guest->verdict.reason : "");
	if (guest->verdict.remedy)
		gclk_text_labelf(out, "", LABEL, WIDTH, "-> %s", guest->verdict.remedy);
}

static void add_offset(GString *out, const GclkGuest *guest)
{
	g_autofree char *offset =
		gclk_guest_offset_text(guest->has_offset, guest->offset, guest->uncertainty);
	char age[32];

	if (!guest->has_offset) {
		gclk_text_labelf(out, "host - guest", LABEL, WIDTH, "not known");
		return;
	}
	gclk_guest_age_text(guest->measured, age);
	gclk_text_labelf(out, "host - guest", LABEL, WIDTH, "%s (the guest is %s), measured %s ago",
		offset, guest->offset < 0 ? "ahead" : "behind", age);
}

static void add_report(GString *out, const GclkGuest *guest)
{
	const GclkLinkGuest *report = &guest->report;
	g_autofree char *offset = gclk_guest_offset_text(
		report->source_kind != GCLK_LINK_SOURCE_NONE, report->offset, report->bound);
	char age[32], up[32];

	if (!guest->has_report)
		return;
	gclk_guest_age_text(guest->reported, age);
	gclk_format_age((gint64)MIN(report->uptime, G_MAXINT32) * GCLK_NS_PER_S, up);
	gclk_text_labelf(out, "itself says", LABEL, WIDTH, "%s%s, %s ago",
		gclk_state_name(report->state),
		report->steers ? "" : " (it does not steer its clock)", age);
	if (report->source_kind == GCLK_LINK_SOURCE_NONE)
		gclk_text_labelf(out, "its source", LABEL, WIDTH, "none");
	else
		gclk_text_labelf(out, "its source", LABEL, WIDTH, "%s (%s), %s", report->source,
			gclk_link_source_name(report->source_kind), offset);
	gclk_text_labelf(out, "its clock", LABEL, WIDTH, "%u steps since its daemon started; up %s",
		report->steps, up);
	if (*report->version)
		gclk_text_labelf(out, "guestclockd", LABEL, WIDTH, "%s", report->version);
}

static void add_asked(GString *out, const GclkGuest *guest)
{
	static const char *const ways[] = {
		[GCLK_GUEST_BY_NONE] = "nobody: there is no channel, and no QEMU guest agent",
		[GCLK_GUEST_BY_LINK] = "guestclockd, by the link",
		[GCLK_GUEST_BY_AGENT] = "the QEMU guest agent",
	};
	char age[32];

	gclk_guest_age_text(guest->seen, age);
	gclk_text_labelf(out, "asked", LABEL, WIDTH, "%s", ways[guest->by]);
	gclk_text_labelf(out, "answers", LABEL, WIDTH,
		"%" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT "; the last %s%s", guest->answered,
		guest->asked, guest->seen ? age : "never", guest->seen ? " ago" : "");
	if (guest->stale || guest->noise || guest->refused)
		gclk_text_labelf(out, "oddities", LABEL, WIDTH,
			"%" G_GUINT64_FORMAT " answers to nobody, %" G_GUINT64_FORMAT
			" bytes of noise, %" G_GUINT64_FORMAT " packets over the limit",
			guest->stale, guest->noise, guest->refused);
	if (guest->problem)
		gclk_text_labelf(out, "problem", LABEL, WIDTH, "%s", guest->problem);
}

static void add_lapses(GString *out, const GclkGuest *guest)
{
	if (guest->lapses->len)
		g_string_append(out, "\nWithout the host clock that it needs");
	if (guest->lapses_total > guest->lapses->len)
		g_string_append_printf(out,
			" (the last %u of %" G_GUINT64_FORMAT "; the journal has all)",
			guest->lapses->len, guest->lapses_total);
	if (guest->lapses->len)
		g_string_append_c(out, '\n');
	for (guint i = 0; i < guest->lapses->len; i++) {
		const GclkNeedLapse *lapse = guest->lapses->pdata[i];
		g_autofree char *when = gclk_guest_lapse_text(lapse);
		g_autofree char *text =
			g_strdup_printf("%s: %s", when, lapse->reason ? lapse->reason : "?");
		g_autofree char *clean = gclk_text_clean(text);

		g_string_append(out, "  ");
		gclk_text_wrap(out, clean, 2, 4, WIDTH);
	}
}

char *gclk_guest_text(const GclkTableRow *row, gboolean color)
{
	const GclkGuest *guest = row->guest;
	GString *out = g_string_new(NULL);

	add_headline(out, row, color);
	if (g_strcmp0(guest->id, guest->name) != 0)
		gclk_text_labelf(out, "uuid", LABEL, WIDTH, "%s", guest->id);
	add_need(out, guest);
	if (guest->running) {
		add_offset(out, guest);
		add_report(out, guest);
		add_asked(out, guest);
	}
	if (row->contradicted)
		gclk_text_labelf(
			out, "contradiction", LABEL, WIDTH, "%s", GCLK_GUEST_CONTRADICTION);
	add_lapses(out, guest);
	return g_string_free(out, FALSE);
}
