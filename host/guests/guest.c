/* SPDX-License-Identifier: BSD-2-Clause */
#include "guests/guest.h"

#include <string.h>

static const char *const by_names[] = {
	[GCLK_GUEST_BY_NONE] = "none",
	[GCLK_GUEST_BY_LINK] = "link",
	[GCLK_GUEST_BY_AGENT] = "qemu-ga",
};

const char *gclk_guest_by_name(GclkGuestBy by)
{
	return by_names[by];
}

gint gclk_guest_by_from_name(const char *name)
{
	for (gsize i = 0; name && i < G_N_ELEMENTS(by_names); i++)
		if (strcmp(by_names[i], name) == 0)
			return (gint)i;
	return -1;
}

GclkGuest *gclk_guest_new(const char *id, const char *name)
{
	GclkGuest *guest = g_new0(GclkGuest, 1);

	guest->id = g_strdup(id);
	guest->name = g_strdup(name);
	guest->verdict.kind = GCLK_VERDICT_UNKNOWN;
	guest->lapses = gclk_need_lapses_new();
	guest->patience = GCLK_GUEST_PATIENCE_MIN;
	guest->host_bound = GCLK_BOUND_UNKNOWN;
	return guest;
}

void gclk_guest_free(GclkGuest *guest)
{
	if (!guest)
		return;
	g_free(guest->id);
	g_free(guest->name);
	g_free(guest->need_error);
	g_free(guest->problem);
	gclk_verdict_clear(&guest->verdict);
	g_ptr_array_unref(guest->lapses);
	g_free(guest);
}

gboolean gclk_guest_is_fresh(const GclkGuest *guest, gint64 moment, gint64 now)
{
	return moment > 0 && now - moment <= guest->patience;
}

/* Does it say something of itself, now? */
static gboolean speaks(const GclkGuest *guest, gint64 now)
{
	return guest->by == GCLK_GUEST_BY_LINK && guest->has_report &&
	       gclk_guest_is_fresh(guest, guest->reported, now);
}

static gboolean has_fresh_offset(const GclkGuest *guest, gint64 now)
{
	return guest->has_offset && gclk_guest_is_fresh(guest, guest->measured, now);
}

const char *gclk_guest_state(const GclkGuest *guest, gint64 now)
{
	if (!guest->running)
		return guest->paused ? "paused" : "shut off";
	if (speaks(guest, now))
		return gclk_state_name(guest->report.state);
	switch (guest->by) {
	case GCLK_GUEST_BY_AGENT:
		return has_fresh_offset(guest, now) ? "qemu-ga" : "no answer";
	case GCLK_GUEST_BY_LINK: /* somebody else's agent need not tell of itself */
		return has_fresh_offset(guest, now) ? "answers" : "no answer";
	case GCLK_GUEST_BY_NONE:
		break;
	}
	return "no agent";
}

/* --- trouble ---------------------------------------------------------------------------------- */

static gint64 magnitude(gint64 ns)
{
	return ns == G_MININT64 ? G_MAXINT64 : ABS(ns);
}

/* What is surely wrong between host and guest, whatever the measurement may be off by. */
static gint64 surely_off(const GclkGuest *guest, gint64 now)
{
	gint64 off = magnitude(guest->offset);

	return has_fresh_offset(guest, now) && off > guest->uncertainty ? off - guest->uncertainty
									: 0;
}

gboolean gclk_guest_is_contradicted(const GclkGuest *guest, gint64 now)
{
	gint64 allowed = gclk_bound_add(guest->host_bound, GCLK_GUEST_SLACK);

	if (!speaks(guest, now) || guest->report.bound < 0 ||
		(guest->report.state != GCLK_STATE_SYNCHRONISED &&
			guest->report.state != GCLK_STATE_HOLDOVER))
		return FALSE;
	allowed = gclk_bound_add(allowed, guest->report.bound);
	return allowed != GCLK_BOUND_UNKNOWN && surely_off(guest, now) > allowed;
}

static GclkGuestTrouble need_trouble(const GclkGuest *guest)
{
	if (!guest->need.declared && !guest->need_error)
		return GCLK_TROUBLE_NONE;
	switch (guest->verdict.kind) {
	case GCLK_VERDICT_COMPATIBLE:
		return GCLK_TROUBLE_NONE;
	case GCLK_VERDICT_INCOMPATIBLE:
		return guest->need.strict ? GCLK_TROUBLE_NEED_NOT_MET : GCLK_TROUBLE_NEED_WARNS;
	case GCLK_VERDICT_UNKNOWN:
		break;
	}
	return GCLK_TROUBLE_NEED_UNKNOWN;
}

static GclkGuestTrouble answer_trouble(const GclkGuest *guest, gint64 now)
{
	static const GclkGuestTrouble by_state[GCLK_STATES] = {
		[GCLK_STATE_STARTING] = GCLK_TROUBLE_WAVERS,
		[GCLK_STATE_SYNCHRONISED] = GCLK_TROUBLE_NONE,
		[GCLK_STATE_HOLDOVER] = GCLK_TROUBLE_WAVERS,
		[GCLK_STATE_UNSYNCHRONISED] = GCLK_TROUBLE_UNSYNCHRONISED,
		[GCLK_STATE_DISRUPTED] = GCLK_TROUBLE_DISRUPTED,
	};

	if (speaks(guest, now))
		return (gsize)guest->report.state < G_N_ELEMENTS(by_state)
			       ? by_state[guest->report.state]
			       : GCLK_TROUBLE_UNSYNCHRONISED;
	if (guest->by == GCLK_GUEST_BY_NONE)
		return GCLK_TROUBLE_NO_AGENT;
	return has_fresh_offset(guest, now) ? GCLK_TROUBLE_NONE : GCLK_TROUBLE_NO_ANSWER;
}

static GclkGuestTrouble offset_trouble(const GclkGuest *guest, gint64 now)
{
	gint64 off = surely_off(guest, now);

	if (gclk_guest_is_contradicted(guest, now))
		return GCLK_TROUBLE_CONTRADICTED;
	if (off > GCLK_GUEST_FAR_OFF)
		return GCLK_TROUBLE_FAR_OFF;
	return off > GCLK_GUEST_OFF ? GCLK_TROUBLE_OFF : GCLK_TROUBLE_NONE;
}

GclkGuestTrouble gclk_guest_trouble(const GclkGuest *guest, gint64 now)
{
	GclkGuestTrouble worst =
		guest->lapses->len || guest->problem ? GCLK_TROUBLE_NOTED : GCLK_TROUBLE_NONE;

	if (!guest->running && !guest->paused)
		return MAX(worst, GCLK_TROUBLE_SHUT_OFF);
	worst = MAX(worst, need_trouble(guest));
	if (!guest->running)
		return MAX(worst, GCLK_TROUBLE_PAUSED);
	worst = MAX(worst, answer_trouble(guest, now));
	return MAX(worst, offset_trouble(guest, now));
}

int gclk_guest_trouble_exit_code(GclkGuestTrouble trouble)
{
	static const int codes[GCLK_TROUBLES] = {
		[GCLK_TROUBLE_WAVERS] = 1,
		[GCLK_TROUBLE_OFF] = 1,
		[GCLK_TROUBLE_NEED_WARNS] = 1,
		[GCLK_TROUBLE_NO_ANSWER] = 3,
		[GCLK_TROUBLE_NEED_UNKNOWN] = 3,
		[GCLK_TROUBLE_DISRUPTED] = 2,
		[GCLK_TROUBLE_UNSYNCHRONISED] = 2,
		[GCLK_TROUBLE_FAR_OFF] = 2,
		[GCLK_TROUBLE_CONTRADICTED] = 2,
		[GCLK_TROUBLE_NEED_NOT_MET] = 2,
	};

	return codes[trouble];
}
