/* SPDX-License-Identifier: BSD-2-Clause */
/* What the host says of its clock, and whom that concerns: all that show the host's clock. */
#include "agent-private.h"

/* It says so with each answer. After so many polls without one, and this much, nothing is known. */
#define CLAIM_POLLS 4
#define CLAIM_EXTRA (4 * GCLK_NS_PER_S)

static gboolean shows_host(const GclkSlot *slot)
{
	return g_str_equal(slot->source->origin, GCLK_ORIGIN_HOST);
}

static gboolean same_verdict(const GclkHostClaim *a, const GclkHostClaim *b)
{
	return a->known == b->known && a->host.synchronised == b->host.synchronised &&
	       a->host.fallback == b->host.fallback && a->host.protocol == b->host.protocol;
}

static void log_claim(const GclkHostClaim *claim)
{
	if (!claim->known)
		g_message("the host says nothing of its clock any more");
	else if (!claim->host.synchronised)
		g_warning("%s", gclk_host_claim_refusal(claim, claim->raw));
	else
		g_message("the host says that its clock is synchronised (%s%s)",
			gclk_protocol_name(claim->host.protocol),
			claim->host.fallback ? ", standing in for PTP" : "");
}

/* A service that is started anew makes no clock right that was wrong before: what speaks against
   the host's clock holds until somebody says otherwise, or for as long as it would have. */
static gboolean keeps_refusal(const GclkAgent *agent, const GclkLinkHost *host)
{
	return !host && gclk_host_claim_refusal(&agent->claim, agent->now.raw);
}

void gclk_agent_take_claim(
	GclkAgent *agent, const GclkSlot *slot, const GclkLinkHost *host, gint64 raw)
{
	GclkHostClaim claim = { .raw = raw };

	/* Only a link is known to end at the host. */
	if (slot->source->kind != GCLK_SOURCE_HOST || !shows_host(slot) ||
		keeps_refusal(agent, host))
		return;
	agent->claimer = slot;
	if (host) {
		claim.known = TRUE;
		claim.host = *host;
		claim.valid = CLAIM_POLLS * gclk_agent_poll_interval(slot) + CLAIM_EXTRA;
		agent->claim_awaited = FALSE;
	}
	if (!same_verdict(&claim, &agent->claim)) {
		log_claim(&claim);
		agent->urgent = TRUE;
	}
	agent->claim = claim;
}

/* A second disruption may come before the host has said anything after the first one. */
void gclk_agent_doubt_claim(GclkAgent *agent)
{
	agent->claim_awaited =
		agent->claim_awaited || gclk_host_claim_holds(&agent->claim, agent->now.raw);
	agent->claim.known = FALSE;
}

void gclk_agent_forget_claim(GclkAgent *agent, const GclkSlot *slot)
{
	if (agent->claimer != slot)
		return;
	agent->claimer = NULL;
	agent->claim = (GclkHostClaim){ 0 };
	agent->claim_awaited = FALSE;
}

void gclk_agent_bind_claim(const GclkAgent *agent, const GclkSlot *slot, GclkSample *sample)
{
	if (shows_host(slot))
		gclk_host_claim_bind(&agent->claim, sample);
}

const char *gclk_agent_claim_refusal(const GclkAgent *agent, const GclkSlot *slot)
{
	return shows_host(slot) ? gclk_host_claim_refusal(&agent->claim, agent->now.raw) : NULL;
}

gboolean gclk_agent_awaits_claim(const GclkAgent *agent, const GclkSlot *slot)
{
	return agent->claim_awaited && shows_host(slot) && slot->source->kind != GCLK_SOURCE_HOST &&
	       !gclk_agent_all_heard(agent);
}
