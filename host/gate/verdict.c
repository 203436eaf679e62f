/* SPDX-License-Identifier: BSD-2-Clause */
#include "gate/verdict.h"

#include "guestclock/format.h"

const char *gclk_verdict_name(GclkVerdictKind kind)
{
	static const char *const names[] = {
		[GCLK_VERDICT_COMPATIBLE] = "compatible",
		[GCLK_VERDICT_INCOMPATIBLE] = "incompatible",
		[GCLK_VERDICT_UNKNOWN] = "unknown",
	};

	return names[kind];
}

/* Does the host have the protocol, synchronised? Nothing that is unknown may come out as yes. */
static GclkVerdictKind judge_protocol(const GclkNeed *need, const GclkHostSync *sync)
{
	if (need->protocol == GCLK_NEED_ANY && need->max_error <= 0)
		return GCLK_VERDICT_COMPATIBLE;
	if (sync->effective == GCLK_PROTOCOL_UNKNOWN)
		return GCLK_VERDICT_UNKNOWN;
	if (!sync->synchronised)
		return GCLK_VERDICT_INCOMPATIBLE;
	if (sync->effective == GCLK_PROTOCOL_PTP)
		return GCLK_VERDICT_COMPATIBLE;
	if (sync->effective == GCLK_PROTOCOL_NTP)
		return need->protocol == GCLK_NEED_PTP ? GCLK_VERDICT_INCOMPATIBLE
						       : GCLK_VERDICT_COMPATIBLE;
	return GCLK_VERDICT_INCOMPATIBLE;
}

static GclkVerdictKind judge_error(const GclkNeed *need, const GclkHostSync *sync)
{
	if (need->max_error <= 0)
		return GCLK_VERDICT_COMPATIBLE;
	if (sync->bound == GCLK_BOUND_UNKNOWN)
		return GCLK_VERDICT_UNKNOWN;
	return sync->bound <= need->max_error ? GCLK_VERDICT_COMPATIBLE : GCLK_VERDICT_INCOMPATIBLE;
}

/* "this host is synchronised by NTP (...), its clock may be off by 12 ms, last update 3 s ago" */
static char *describe_host(const GclkNeed *need, const GclkHostSync *sync)
{
	GString *out = g_string_new("this host is ");
	char text[32];

	g_string_append(out, sync->summary ? sync->summary : "in an unknown state");
	if (sync->reason)
		g_string_append_printf(out, ": %s", sync->reason);
	if (need->max_error > 0) {
		gclk_format_bound(sync->bound, text);
		g_string_append_printf(out, "; its clock may be off by %s",
			sync->bound == GCLK_BOUND_UNKNOWN ? "an unknown amount" : text);
	}
	if (sync->age >= 0) {
		gclk_format_age(sync->age, text);
		g_string_append_printf(out, "; last update %s ago", text);
	}
	return g_string_free(out, FALSE);
}

static char *find_remedy(const GclkNeed *need, const GclkHostSync *sync, GclkVerdictKind protocol)
{
	char limit[32];

	if (protocol == GCLK_VERDICT_COMPATIBLE) {
		gclk_format_bound(need->max_error, limit);
		return g_strdup_printf("wait until the host's clock is within %s (hostclock "
				       "status), or demand less (hostclock require)",
			limit);
	}
	if (sync->remedy)
		return g_strdup(sync->remedy);
	if (need->protocol == GCLK_NEED_PTP && sync->effective == GCLK_PROTOCOL_NTP)
		return g_strdup("set up ptp4l and phc2sys on this host, or start the VM on a host "
				"that has PTP");
	return g_strdup("hostclock doctor tells what is wrong with this host's clock");
}

void gclk_verdict_judge(const GclkNeed *need, const GclkHostSync *sync, GclkVerdict *out)
{
	GclkVerdictKind protocol = judge_protocol(need, sync);
	g_autofree char *wants = gclk_need_text(need);
	g_autofree char *host = describe_host(need, sync);

	out->kind = protocol == GCLK_VERDICT_COMPATIBLE ? judge_error(need, sync) : protocol;
	out->reason = g_strdup_printf("it %s; %s", wants, host);
	out->remedy =
		out->kind == GCLK_VERDICT_COMPATIBLE ? NULL : find_remedy(need, sync, protocol);
}

void gclk_verdict_clear(GclkVerdict *verdict)
{
	g_clear_pointer(&verdict->reason, g_free);
	g_clear_pointer(&verdict->remedy, g_free);
}
