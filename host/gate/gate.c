/* SPDX-License-Identifier: BSD-2-Clause */
#include "gate/gate.h"

#include "guestclock/text.h"

/* libvirt's names may be as long as a file name. */
#define NAME_WIDTH 100

const char *gclk_gate_action_name(GclkGateAction action)
{
	static const char *const names[] = {
		[GCLK_GATE_ALLOW] = "allow",
		[GCLK_GATE_WARN] = "warn",
		[GCLK_GATE_REFUSE] = "refuse",
	};

	return names[action];
}

static GclkGateAction act_on_unknown(GclkOnUnknown on_unknown, gboolean grave)
{
	switch (on_unknown) {
	case GCLK_ON_UNKNOWN_REFUSE:
		return GCLK_GATE_REFUSE;
	case GCLK_ON_UNKNOWN_ALLOW:
		return GCLK_GATE_WARN;
	case GCLK_ON_UNKNOWN_AUTO:
		break;
	}
	return grave ? GCLK_GATE_REFUSE : GCLK_GATE_WARN;
}

/* Somebody declared a need that cannot be understood: grave, and cured by who declared it. An XML
   that is none at all may have no need. */
static GclkGateAction act_on_error(GclkOnUnknown on_unknown, const GError *need_error)
{
	return act_on_unknown(
		on_unknown, g_error_matches(need_error, GCLK_NEED_ERROR, GCLK_NEED_ERROR_VALUE));
}

static GclkGateAction act_on_verdict(
	const GclkNeed *need, const GclkVerdict *verdict, GclkOnUnknown on_unknown)
{
	if (verdict->kind == GCLK_VERDICT_COMPATIBLE)
		return GCLK_GATE_ALLOW;
	if (!need->strict)
		return GCLK_GATE_WARN;
	if (verdict->kind == GCLK_VERDICT_INCOMPATIBLE)
		return GCLK_GATE_REFUSE;
	return act_on_unknown(on_unknown, need->protocol == GCLK_NEED_PTP);
}

/* Tenants choose names, servers their identities: none of that may break the line, or steer the
   terminal. */
static char *compose(const GclkGateDecision *decision, const char *vm, const char *reason,
	const char *remedy, const char *switched_off)
{
	GString *out = g_string_new(NULL);
	g_autofree char *clean_vm = gclk_text_clean(vm);
	g_autofree char *name = gclk_text_shorten(clean_vm, NAME_WIDTH);
	g_autofree char *why = gclk_text_clean(reason);
	g_autofree char *what = gclk_text_clean(remedy);

	g_string_append_printf(out, "guestclock: VM '%s': %s.", name, why);
	if (decision->action == GCLK_GATE_REFUSE)
		g_string_append(out, " Refusing to start.");
	else if (decision->overridden)
		g_string_append_printf(out, " Started all the same: %s.", switched_off);
	else
		g_string_append(out, " Started all the same.");
	if (*what)
		g_string_append_printf(out, "\nguestclock: what to do: %s", what);
	return g_string_free(out, FALSE);
}

void gclk_gate_decide(const char *vm, const GclkNeed *need, const GError *need_error,
	const GclkVerdict *verdict, GclkOnUnknown on_unknown, const char *switched_off,
	GclkGateDecision *out)
{
	*out = (GclkGateDecision){ 0 };
	out->action = need_error ? act_on_error(on_unknown, need_error)
				 : act_on_verdict(need, verdict, on_unknown);
	if (out->action == GCLK_GATE_ALLOW)
		return;
	if (out->action == GCLK_GATE_REFUSE && switched_off) {
		out->action = GCLK_GATE_WARN;
		out->overridden = TRUE;
	}
	out->message = need_error
			       ? compose(out, vm, need_error->message,
					 "hostclock require --show tells what is declared, "
					 "hostclock require sets it right",
					 switched_off)
			       : compose(out, vm, verdict->reason, verdict->remedy, switched_off);
}

void gclk_gate_decision_clear(GclkGateDecision *decision)
{
	g_clear_pointer(&decision->message, g_free);
}
