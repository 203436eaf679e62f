/* SPDX-License-Identifier: BSD-2-Clause */
#include "discipline/host-claim.h"

#include "discipline/estimator.h"

gboolean gclk_host_claim_holds(const GclkHostClaim *claim, gint64 raw)
{
	return claim->known && raw - claim->raw <= claim->valid;
}

const char *gclk_host_claim_refusal(const GclkHostClaim *claim, gint64 raw)
{
	static const char *const words[] = {
		[GCLK_PROTOCOL_UNKNOWN] =
			"the host says that it cannot tell whether its clock is right",
		[GCLK_PROTOCOL_NONE] = "the host says that nothing keeps its clock",
		[GCLK_PROTOCOL_LOCAL] = "the host says that its clock has no reference but itself",
		[GCLK_PROTOCOL_NTP] =
			"the host says that its clock is not synchronised by NTP yet, "
			"or no longer",
		[GCLK_PROTOCOL_PTP] =
			"the host says that its clock is not synchronised by PTP yet, "
			"or no longer",
	};

	if (!gclk_host_claim_holds(claim, raw) || claim->host.synchronised)
		return NULL;
	return words[(gsize)claim->host.protocol < G_N_ELEMENTS(words) ? claim->host.protocol
								       : GCLK_PROTOCOL_UNKNOWN];
}

/* The host has said it some time ago, and goes on since: no faster than PHI. */
static gint64 bound_now(const GclkHostClaim *claim, gint64 raw)
{
	gint64 age = MAX(raw - claim->raw, 0);

	return gclk_bound_add(
		claim->host.bound, age / GCLK_NS_PER_MS * GCLK_DRIFT_BOUND_PPB / 1000);
}

void gclk_host_claim_bind(const GclkHostClaim *claim, GclkSample *sample)
{
	if (!gclk_host_claim_holds(claim, sample->raw))
		return;
	if (!claim->host.synchronised) {
		sample->flags |= GCLK_SAMPLE_RATE_ONLY;
		return;
	}
	if (sample->leap == GCLK_LEAP_NONE)
		sample->leap = claim->host.leap;
	if (!(sample->flags & GCLK_SAMPLE_ASSUMED) || claim->host.bound == GCLK_BOUND_UNKNOWN)
		return;
	sample->reference_bound = bound_now(claim, sample->raw);
	sample->flags &= ~(guint)GCLK_SAMPLE_ASSUMED;
}
