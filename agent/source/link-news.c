/* SPDX-License-Identifier: BSD-2-Clause */
#include "source/link-news.h"

/* An event packet proves nothing of its age or sender: more of them are not listened to. A true one
   that falls into this time shows in the count of the next answer. */
#define EVENT_INTERVAL GCLK_NS_PER_S

/* So many disruptions are told one soon after the other, and then one in this time: a host that
   counts without end would keep a guest from ever knowing the time, and its servers busy. What is
   not told shows in what is measured. */
#define TOLD_AT_ONCE 5
#define TOLD_EVERY   (64 * GCLK_NS_PER_S)

static const char *const events[GCLK_LINK_EVENTS] = {
	[GCLK_LINK_EVENT_OTHER] = "the host says that something happened to this VM",
	[GCLK_LINK_EVENT_RESUMED] = "the VM was resumed",
	[GCLK_LINK_EVENT_RESTORED] = "the VM was restored from a saved state",
	[GCLK_LINK_EVENT_MIGRATED] = "the VM was migrated",
};
static const char untold[] = "the host says that it stopped or moved this VM";

static gboolean may_tell(GclkLinkNews *news, gint64 now)
{
	gint64 due = MAX(news->due, now - (TOLD_AT_ONCE - 1) * TOLD_EVERY);

	if (due > now)
		return FALSE;
	news->due = due + TOLD_EVERY;
	return TRUE;
}

void gclk_link_news_forget(GclkLinkNews *news)
{
	news->counted = FALSE;
}

const char *gclk_link_news_count(GclkLinkNews *news, guint32 count, gint64 now)
{
	gboolean more = news->counted && count > news->count;

	news->counted = TRUE;
	news->count = count;
	return more && may_tell(news, now) ? untold : NULL;
}

gboolean gclk_link_news_event(
	GclkLinkNews *news, const GclkLinkPacket *packet, gint64 now, const char **what)
{
	GclkLinkEvent event = packet->has_event ? packet->event : GCLK_LINK_EVENT_OTHER;
	gboolean disrupts = gclk_link_event_disrupts(event);

	*what = NULL;
	if (news->last != 0 && now - news->last < EVENT_INTERVAL)
		return FALSE;
	if (disrupts && packet->has_host && news->counted &&
		news->count == packet->host.disruptions)
		return FALSE;
	news->last = MAX(now, 1);
	if (!disrupts)
		return TRUE;
	if (!may_tell(news, now))
		return FALSE;
	/* The answer that tells of the same must not tell it again. */
	news->counted = packet->has_host;
	if (packet->has_host)
		news->count = packet->host.disruptions;
	*what = events[event] ? events[event] : untold;
	return TRUE;
}
