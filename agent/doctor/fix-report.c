/* SPDX-License-Identifier: BSD-2-Clause */
/* What was done or would be done, for people and for programs. */
#include <string.h>

#include "doctor/fix-private.h"
#include "guestclock/text.h"

#define WIDTH 80
#define LABEL 10

static const struct {
	const char *name, *label;
	GclkStyle style;
} kinds[] = {
	[GCLK_OUTCOME_PLANNED] = { "planned", "to do", GCLK_STYLE_BOLD },
	[GCLK_OUTCOME_DONE] = { "done", "done", GCLK_STYLE_GOOD },
	[GCLK_OUTCOME_ALREADY] = { "already", "is so", GCLK_STYLE_PLAIN },
	[GCLK_OUTCOME_SKIPPED] = { "skipped", "skipped", GCLK_STYLE_DOUBTFUL },
	[GCLK_OUTCOME_FAILED] = { "failed", "FAILED", GCLK_STYLE_BAD },
	[GCLK_OUTCOME_BY_HAND] = { "by-hand", "by hand", GCLK_STYLE_BOLD },
	[GCLK_OUTCOME_RESTORED] = { "restored", "undone", GCLK_STYLE_GOOD },
	[GCLK_OUTCOME_LEFT] = { "left", "left", GCLK_STYLE_DOUBTFUL },
};

const char *gclk_outcome_name(GclkOutcomeKind kind)
{
	return (gsize)kind < G_N_ELEMENTS(kinds) ? kinds[kind].name : "unknown";
}

static void free_outcome(gpointer pointer)
{
	GclkOutcome *outcome = pointer;

	g_free(outcome->words);
	g_free(outcome->place);
	g_free(outcome->detail);
	g_free(outcome);
}

GPtrArray *gclk_outcomes_new(void)
{
	return g_ptr_array_new_with_free_func(free_outcome);
}

GclkOutcome *gclk_outcome_add(
	GPtrArray *outcomes, GclkOutcomeKind kind, const char *words, const char *place)
{
	GclkOutcome *outcome = g_new0(GclkOutcome, 1);

	outcome->kind = kind;
	outcome->words = g_strdup(words);
	outcome->place = g_strdup(place);
	g_ptr_array_add(outcomes, outcome);
	return outcome;
}

gboolean gclk_outcomes_failed(const GPtrArray *outcomes)
{
	for (guint i = 0; i < outcomes->len; i++)
		if (((const GclkOutcome *)outcomes->pdata[i])->kind == GCLK_OUTCOME_FAILED)
			return TRUE;
	return FALSE;
}

static void add_text(GString *out, const char *text)
{
	g_autofree char *clean = gclk_text_clean(text);

	gclk_text_wrap(out, clean, LABEL, LABEL, WIDTH);
}

static void add_more(GString *out, const char *text)
{
	if (!text)
		return;
	gclk_text_pad(out, "", LABEL);
	add_text(out, text);
}

static gboolean has_happened(const GclkOutcome *outcome)
{
	return outcome->then &&
	       (outcome->kind == GCLK_OUTCOME_PLANNED || outcome->kind == GCLK_OUTCOME_DONE ||
		       outcome->kind == GCLK_OUTCOME_RESTORED);
}

/* What is to be done by hand afterwards, each once. */
static void add_then(GString *out, const GPtrArray *outcomes, gboolean color)
{
	g_autoptr(GPtrArray) said = g_ptr_array_new();

	for (guint i = 0; i < outcomes->len; i++) {
		const GclkOutcome *outcome = outcomes->pdata[i];

		if (!has_happened(outcome) ||
			g_ptr_array_find_with_equal_func(said, outcome->then, g_str_equal, NULL))
			continue;
		g_ptr_array_add(said, (gpointer)outcome->then);
		gclk_text_pad_style(out, "then", LABEL, GCLK_STYLE_BOLD, color);
		add_text(out, outcome->then);
	}
}

void gclk_outcomes_to_text(
	GString *out, const GPtrArray *outcomes, const char *headline, gboolean color)
{
	if (headline)
		gclk_text_wrap(out, headline, 0, 2, WIDTH);
	for (guint i = 0; i < outcomes->len; i++) {
		const GclkOutcome *outcome = outcomes->pdata[i];

		gclk_text_pad_style(
			out, kinds[outcome->kind].label, LABEL, kinds[outcome->kind].style, color);
		add_text(out, outcome->words);
		add_more(out, outcome->place);
		add_more(out, outcome->detail);
	}
	add_then(out, outcomes, color);
}

void gclk_outcomes_to_json(GclkJson *json, const char *key, const GPtrArray *outcomes)
{
	gclk_json_begin_array(json, key);
	for (guint i = 0; i < outcomes->len; i++) {
		const GclkOutcome *outcome = outcomes->pdata[i];

		gclk_json_begin_object(json, NULL);
		gclk_json_string(json, "outcome", gclk_outcome_name(outcome->kind));
		gclk_json_string(json, "what", outcome->words);
		gclk_json_string(json, "place", outcome->place);
		gclk_json_string(json, "detail", outcome->detail);
		gclk_json_string(json, "then", has_happened(outcome) ? outcome->then : NULL);
		gclk_json_end_object(json);
	}
	gclk_json_end_array(json);
}
