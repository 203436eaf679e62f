/* SPDX-License-Identifier: BSD-2-Clause */
#include "source/link-news.h"

/* An event packet proves nothing of its age or sender: more of them are not listened to, unless
   they count another disruption. */
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
	gint64 long_ago = now - (TOLD_AT_ONCE - 1) * TOLD_EVERY; /* before boot, perhaps */
	gint64 due = news->due ? MAX(news->due, long_ago) : long_ago;

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

/* A count in it that is not known yet is news, however soon. */
static gboolean is_news(GclkLinkNews *news, const GclkLinkPacket *packet, gint64 now)
{
	gboolean soon = news->last != 0 && now - news->last < EVENT_INTERVAL;

	if (!gclk_link_event_disrupts(packet->event))
		return !soon;
	if (!packet->has_host)
		return !soon && may_tell(news, now);
	return (!news->counted || news->count != packet->host.disruptions) && may_tell(news, now);
}

gboolean gclk_link_news_event(
	GclkLinkNews *news, const GclkLinkPacket *packet, gint64 now, const char **what)
{
	*what = NULL;
	if (!is_news(news, packet, now))
		return FALSE;
	news->last = MAX(now, 1);
	if (!gclk_link_event_disrupts(packet->event))
		return TRUE;
	/* The answer that tells of the same must not tell it again. */
	news->counted = packet->has_host;
	if (packet->has_host)
		news->count = packet->host.disruptions;
	*what = events[packet->event] ? events[packet->event] : untold;
	return TRUE;
}
