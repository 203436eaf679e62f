/* SPDX-License-Identifier: BSD-2-Clause */
/* The link source's channel: it comes and goes, and tells what has happened to the guest. */
#include <errno.h>

#include "harness.h"
#include "link-rig.h"
#include "source/link-news.h"
#include "source/link-port.h"
#include "tree-platform.h"

#define S  GCLK_NS_PER_S
#define MS GCLK_NS_PER_MS
#define US GCLK_NS_PER_US

/* The rest of the round is answered: nothing that came before it has done any harm. */
static void assert_unharmed(GclkLinkRig *rig)
{
	guint samples = rig->samples;

	gclk_link_rig_converse(rig, GCLK_RIG_ROUND);
	GCLK_ASSERT_INT(rig->samples, samples + 1);
	CU_ASSERT_TRUE(ABS(rig->last.offset - rig->ahead) <= 2);
	GCLK_RIG_ASSERT_CONDITION(rig, GCLK_SOURCE_OK);
}

/* --- what has happened ------------------------------------------------------------------------ */

static void feed_event(GclkLinkRig *rig, GclkLinkEvent event)
{
	GclkLinkPacket packet = rig->host;

	packet.header.version = GCLK_NTP_VERSION;
	packet.header.mode = GCLK_NTP_MODE_BROADCAST;
	packet.header.transmit = gclk_ntp_time_from_ns(GCLK_FAKE_REAL);
	packet.has_event = TRUE;
	packet.event = event;
	gclk_link_rig_feed(rig, &packet);
}

static void test_event(void)
{
	GclkLinkRig rig;

	CU_ASSERT_TRUE(gclk_link_rig_settle(&rig, TRUE));
	gclk_link_rig_converse(&rig, GCLK_RIG_ROUND);
	rig.host.host.disruptions = 1;
	rig.ahead = 60 * S;
	feed_event(&rig, GCLK_LINK_EVENT_RESUMED);
	GCLK_ASSERT_INT(rig.disruptions, 1);
	GCLK_ASSERT_STR(rig.what, "the VM was resumed");
	GCLK_ASSERT_INT(rig.claims, 5); /* an event claims nothing */
	CU_ASSERT_TRUE(gclk_link_rig_next(&rig, 50 * MS));
	gclk_link_rig_converse(&rig, 4 * GCLK_RIG_ROUND);
	GCLK_ASSERT_INT(rig.samples, 9);
	CU_ASSERT_TRUE(ABS(rig.last.offset - 60 * S) <= 2);
	/* the count in the answers tells of the same */
	GCLK_ASSERT_INT(rig.disruptions, 1);
	/* told again */
	gclk_fake_pass(rig.fake, 2 * S);
	feed_event(&rig, GCLK_LINK_EVENT_RESUMED);
	GCLK_ASSERT_INT(rig.disruptions, 1);
	GCLK_ASSERT_INT(gclk_link_rig_dropped(&rig, "events-repeated"), 1);
	gclk_link_rig_clear(&rig);
}

/* Without a count: that of the next answer tells of the same. */
static void test_event_without_count(void)
{
	GclkLinkRig rig;

	CU_ASSERT_TRUE(gclk_link_rig_settle(&rig, TRUE));
	rig.host.has_host = FALSE;
	feed_event(&rig, GCLK_LINK_EVENT_RESTORED);
	GCLK_ASSERT_STR(rig.what, "the VM was restored from a saved state");
	rig.host.has_host = TRUE;
	rig.host.host.disruptions = 1;
	CU_ASSERT_TRUE(gclk_link_rig_next(&rig, 50 * MS));
	gclk_link_rig_converse(&rig, GCLK_RIG_ROUND);
	GCLK_ASSERT_INT(rig.disruptions, 1);
	gclk_link_rig_clear(&rig);
}

/* A pause between request and answer: the round that it fell into is void. */
static void test_event_in_round(void)
{
	GclkLinkRig rig;

	CU_ASSERT_TRUE(gclk_link_rig_settle(&rig, TRUE));
	gclk_link_rig_converse(&rig, 5);
	rig.host.host.disruptions = 1;
	rig.ahead = 60 * S;
	feed_event(&rig, GCLK_LINK_EVENT_MIGRATED);
	GCLK_ASSERT_STR(rig.what, "the VM was migrated");
	CU_ASSERT_TRUE(gclk_link_rig_next(&rig, 50 * MS));
	gclk_link_rig_converse(&rig, GCLK_RIG_ROUND);
	GCLK_ASSERT_INT(rig.samples, 5);
	CU_ASSERT_TRUE(ABS(rig.last.offset - 60 * S) <= 2);
	gclk_link_rig_clear(&rig);
}

static void test_lost_event(void)
{
	GclkLinkRig rig;

	CU_ASSERT_TRUE(gclk_link_rig_settle(&rig, TRUE));
	gclk_link_rig_converse(&rig, 2);
	rig.host.host.disruptions = 3;
	rig.ahead = S;
	gclk_link_rig_converse(&rig, 1);
	GCLK_ASSERT_INT(rig.disruptions, 1);
	GCLK_ASSERT_HAS(rig.what, "stopped or moved this VM");
	CU_ASSERT_TRUE(gclk_link_rig_next(&rig, 50 * MS));
	gclk_link_rig_converse(&rig, GCLK_RIG_ROUND);
	GCLK_ASSERT_INT(rig.samples, 5);
	CU_ASSERT_TRUE(ABS(rig.last.offset - S) <= 2);
	GCLK_ASSERT_INT(rig.disruptions, 1);
	gclk_link_rig_clear(&rig);
}

/* The first count that is seen is no news, nor that of another server, which begins at 0. */
static void test_first_count(void)
{
	GclkLinkRig rig;

	gclk_link_rig_init(&rig, GCLK_RIG_CHANNEL, 4);
	rig.host.host.disruptions = 7;
	gclk_link_rig_connect(&rig);
	gclk_link_rig_converse(&rig, GCLK_RIG_ROUND);
	GCLK_ASSERT_INT(rig.disruptions, 0);
	rig.host.host.disruptions = 0;
	CU_ASSERT_TRUE(gclk_link_rig_next(&rig, S));
	gclk_link_rig_converse(&rig, GCLK_RIG_ROUND);
	GCLK_ASSERT_INT(rig.disruptions, 0);
	gclk_fake_connect(rig.fake, FALSE);
	gclk_fake_connect(rig.fake, TRUE);
	gclk_fake_pass(rig.fake, 0);
	rig.host.host.disruptions = 5;
	gclk_link_rig_converse(&rig, GCLK_RIG_ROUND);
	GCLK_ASSERT_INT(rig.disruptions, 0);
	GCLK_ASSERT_INT(rig.samples, 3);
	gclk_link_rig_clear(&rig);
}

/* The host's clock changed: ours did not, but it is asked at once. */
static void test_host_clock_event(void)
{
	GclkLinkRig rig;

	CU_ASSERT_TRUE(gclk_link_rig_settle(&rig, TRUE));
	gclk_link_rig_converse(&rig, GCLK_RIG_ROUND);
	gclk_fake_pass(rig.fake, S);
	feed_event(&rig, GCLK_LINK_EVENT_HOST_CLOCK);
	GCLK_ASSERT_INT(rig.disruptions, 0);
	GCLK_ASSERT_INT(rig.reference_jumps, 1);
	CU_ASSERT_TRUE(gclk_link_rig_next(&rig, 50 * MS));
	assert_unharmed(&rig);
	feed_event(&rig, (GclkLinkEvent)200); /* of a later version */
	GCLK_ASSERT_INT(rig.disruptions, 0);
	GCLK_ASSERT_INT(rig.reference_jumps, 1);
	gclk_link_rig_clear(&rig);
}

static void test_event_flood(void)
{
	GclkLinkRig rig;
	guint before;

	CU_ASSERT_TRUE(gclk_link_rig_settle(&rig, TRUE));
	gclk_link_rig_converse(&rig, GCLK_RIG_ROUND);
	before = rig.fake->written->len;
	for (guint i = 0; i < 1000; i++) {
		rig.host.host.disruptions++;
		feed_event(&rig, GCLK_LINK_EVENT_RESUMED);
	}
	GCLK_ASSERT_INT(rig.disruptions, 5);
	GCLK_ASSERT_INT(gclk_link_rig_dropped(&rig, "events-repeated"), 995);
	gclk_fake_pass(rig.fake, 50 * MS);
	GCLK_ASSERT_INT(rig.fake->written->len - before, 1);
	/* enough was told: the answers are answers again */
	rig.host.host.disruptions++;
	assert_unharmed(&rig);
	GCLK_ASSERT_INT(rig.disruptions, 5);
	/* after a minute it is listened to again */
	gclk_link_rig_converse(&rig, 8 * GCLK_RIG_ROUND);
	rig.host.host.disruptions++;
	feed_event(&rig, GCLK_LINK_EVENT_RESUMED);
	GCLK_ASSERT_INT(rig.disruptions, 6);
	gclk_link_rig_clear(&rig);
}

/* Soon after boot too: there is no time before it in which nothing was told. */
static void test_early_events(void)
{
	GclkLinkNews news = { 0 };
	GclkLinkPacket packet = {
		.has_event = TRUE, .event = GCLK_LINK_EVENT_RESUMED, .has_host = TRUE
	};
	const char *what;

	for (guint i = 1; i <= 6; i++) {
		packet.host.disruptions = i;
		GCLK_ASSERT_INT(gclk_link_news_event(&news, &packet, i * MS, &what), i <= 5);
	}
}

/* Its clock was set, and right after that the guest was paused: not to be missed until the next
   poll. */
static void test_event_after_event(void)
{
	GclkLinkRig rig;

	CU_ASSERT_TRUE(gclk_link_rig_settle(&rig, TRUE));
	gclk_link_rig_converse(&rig, GCLK_RIG_ROUND);
	feed_event(&rig, GCLK_LINK_EVENT_HOST_CLOCK);
	CU_ASSERT_TRUE(gclk_link_rig_next(&rig, 50 * MS));
	gclk_link_rig_converse(&rig, GCLK_RIG_ROUND);
	rig.host.host.disruptions = 1;
	feed_event(&rig, GCLK_LINK_EVENT_RESUMED);
	GCLK_ASSERT_INT(rig.disruptions, 1);
	rig.host.host.disruptions = 2;
	feed_event(&rig, GCLK_LINK_EVENT_MIGRATED);
	GCLK_ASSERT_INT(rig.disruptions, 2);
	GCLK_ASSERT_STR(rig.what, "the VM was migrated");
	gclk_link_rig_clear(&rig);
}

/* A host that tells of another disruption with each answer. */
static void test_count_flood(void)
{
	GclkLinkRig rig;
	guint before;

	CU_ASSERT_TRUE(gclk_link_rig_settle(&rig, TRUE));
	before = rig.fake->written->len;
	rig.way = rig.back = rig.held = 10 * US;
	for (gint64 end = rig.fake->now + S; rig.fake->now < end;) {
		rig.host.host.disruptions++;
		gclk_link_rig_reply(&rig);
		CU_ASSERT_TRUE_FATAL(gclk_link_rig_next(&rig, S));
	}
	CU_ASSERT_TRUE(rig.fake->written->len - before <= 21);
	gclk_link_rig_clear(&rig);
}

/* --- the channel ------------------------------------------------------------------------------ */

static void check_open_error(
	const char *channel, gint error, const char *condition, const char *part)
{
	GclkLinkRig rig;

	gclk_link_rig_init(&rig, channel, 4);
	rig.fake->stream_error = error;
	gclk_fake_pass(rig.fake, 0);
	GCLK_ASSERT_STR(gclk_source_condition_name(rig.source->condition), condition);
	GCLK_ASSERT_HAS(rig.source->reason, part);
	/* 1, 2, 4, 8, 16, 16 s */
	gclk_fake_pass(rig.fake, 47 * S);
	GCLK_ASSERT_INT(rig.fake->stream_opens, 7);
	rig.fake->stream_error = 0;
	gclk_fake_pass(rig.fake, 16 * S);
	gclk_fake_connect(rig.fake, TRUE);
	gclk_fake_pass(rig.fake, 0);
	gclk_link_rig_converse(&rig, GCLK_RIG_ROUND);
	GCLK_RIG_ASSERT_CONDITION(&rig, GCLK_SOURCE_OK);
	gclk_link_rig_clear(&rig);
}

static void test_open_errors(void)
{
	check_open_error(GCLK_RIG_CHANNEL, ENOENT, "unreachable",
		"no such virtio-serial port: on the host, \"hostclock require DOMAIN --channel\"");
	check_open_error(GCLK_RIG_CHANNEL, EACCES, "failed", "start guestclockd as root");
	check_open_error(GCLK_RIG_CHANNEL, EBUSY, "unreachable", "fake: Device or resource busy");
	check_open_error("vsock:123", ENODEV, "unreachable", "no vsock device");
	check_open_error("unix:/run/x", ECONNREFUSED, "unreachable",
		"Connection refused: nobody listens on this socket: \"hostclock serve --listen");
	check_open_error("unix:/run/x", ENOENT, "unreachable", "there is no such socket");
}

static void test_no_streams(void)
{
	GclkLinkRig rig;

	gclk_link_rig_init(&rig, GCLK_RIG_CHANNEL, 4);
	rig.fake->platform.stream_open = NULL;
	rig.fake->platform.stream_close = NULL;
	gclk_fake_pass(rig.fake, S);
	GCLK_RIG_ASSERT_CONDITION(&rig, GCLK_SOURCE_FAILED);
	gclk_source_burst(rig.source);
	gclk_fake_pass(rig.fake, S);
	gclk_link_rig_clear(&rig);
}

static void test_unattended(void)
{
	GclkLinkRig rig;

	gclk_link_rig_init(&rig, GCLK_RIG_CHANNEL, 4);
	gclk_fake_pass(rig.fake, S);
	GCLK_RIG_ASSERT_CONDITION(&rig, GCLK_SOURCE_WAITING);
	gclk_source_burst(rig.source);
	gclk_fake_pass(rig.fake, S);
	GCLK_RIG_ASSERT_CONDITION(&rig, GCLK_SOURCE_UNREACHABLE);
	GCLK_ASSERT_HAS(rig.source->reason, "nobody is at the host's end");
	GCLK_ASSERT_HAS(rig.source->reason, "hostclock serve");
	gclk_fake_pass(rig.fake, 1000 * S);
	GCLK_ASSERT_INT(rig.fake->written->len, 0);
	gclk_fake_connect(rig.fake, TRUE);
	gclk_fake_pass(rig.fake, 0);
	gclk_link_rig_converse(&rig, GCLK_RIG_ROUND);
	GCLK_RIG_ASSERT_CONDITION(&rig, GCLK_SOURCE_OK);
	gclk_link_rig_clear(&rig);
}

static void test_hang_up(void)
{
	guint8 frame[GCLK_LINK_FRAME_MAX];
	GclkLinkRig rig;
	gsize length;
	guint written;

	CU_ASSERT_TRUE(gclk_link_rig_settle(&rig, TRUE));
	length = gclk_link_rig_answer(&rig, 0, frame);
	gclk_fake_connect(rig.fake, FALSE);
	GCLK_RIG_ASSERT_CONDITION(&rig, GCLK_SOURCE_UNREACHABLE);
	GCLK_ASSERT_INT(rig.unclaims, 1);
	/* what the dead one left */
	gclk_fake_feed(rig.fake, frame, length);
	GCLK_ASSERT_INT(gclk_link_rig_dropped(&rig, "late"), 1);
	written = rig.fake->written->len;
	gclk_source_burst(rig.source);
	gclk_source_stepped(rig.source, S);
	gclk_fake_pass(rig.fake, 100 * S);
	GCLK_ASSERT_INT(rig.fake->written->len, written);
	GCLK_ASSERT_INT(rig.fake->stream_opens, 1); /* the port stays open */
	gclk_fake_connect(rig.fake, TRUE);
	gclk_fake_pass(rig.fake, 0);
	gclk_link_rig_converse(&rig, 4 * GCLK_RIG_ROUND);
	GCLK_ASSERT_INT(rig.samples, 8);
	GCLK_RIG_ASSERT_CONDITION(&rig, GCLK_SOURCE_OK);
	gclk_link_rig_clear(&rig);
}

static void test_breaks(void)
{
	GclkLinkRig rig;

	CU_ASSERT_TRUE(gclk_link_rig_settle(&rig, TRUE));
	gclk_fake_break(rig.fake, ENODEV);
	GCLK_RIG_ASSERT_CONDITION(&rig, GCLK_SOURCE_UNREACHABLE);
	GCLK_ASSERT_HAS(rig.source->reason, "no such virtio-serial port");
	GCLK_ASSERT_INT(rig.unclaims, 1);
	gclk_fake_pass(rig.fake, S);
	gclk_fake_break(rig.fake, ECONNREFUSED);
	GCLK_ASSERT_HAS(rig.source->reason, "nobody is at the host's end");
	gclk_fake_pass(rig.fake, 2 * S);
	gclk_fake_break(rig.fake, 0);
	GCLK_ASSERT_INT(rig.fake->stream_opens, 3);
	gclk_fake_pass(rig.fake, 4 * S);
	gclk_link_rig_connect(&rig);
	gclk_link_rig_converse(&rig, GCLK_RIG_ROUND);
	GCLK_RIG_ASSERT_CONDITION(&rig, GCLK_SOURCE_OK);
	gclk_fake_break(rig.fake, EIO);
	GCLK_ASSERT_HAS(rig.source->reason, g_strerror(EIO));
	gclk_fake_pass(rig.fake, S); /* soon again */
	GCLK_ASSERT_INT(rig.fake->stream_opens, 5);
	gclk_link_rig_clear(&rig);
}

static void test_not_read(void)
{
	GclkLinkPacket question;
	GclkLinkRig rig;

	CU_ASSERT_TRUE(gclk_link_rig_settle(&rig, TRUE));
	gclk_link_rig_converse(&rig, GCLK_RIG_ROUND);
	rig.fake->stream_send_error = EAGAIN;
	gclk_fake_pass(rig.fake, 15 * S);
	gclk_link_request(&question, 1, 4);
	gclk_link_rig_feed(&rig, &question);
	GCLK_ASSERT_INT(gclk_link_rig_dropped(&rig, "answers-unsent"), 1);
	gclk_fake_pass(rig.fake, 20 * S);
	GCLK_RIG_ASSERT_CONDITION(&rig, GCLK_SOURCE_UNREACHABLE);
	GCLK_ASSERT_HAS(rig.source->reason, "does not read");
	rig.fake->stream_send_error = 0;
	CU_ASSERT_TRUE(gclk_link_rig_next(&rig, 100 * S));
	assert_unharmed(&rig);
	gclk_link_rig_clear(&rig);
}

static void test_send_fails(void)
{
	GclkLinkRig rig;

	CU_ASSERT_TRUE(gclk_link_rig_settle(&rig, TRUE));
	rig.fake->stream_send_error = EPIPE;
	gclk_link_rig_reply(&rig); /* the next request cannot be sent: from within the call */
	GCLK_RIG_ASSERT_CONDITION(&rig, GCLK_SOURCE_UNREACHABLE);
	CU_ASSERT_PTR_NULL(rig.fake->stream);
	rig.fake->stream_send_error = 0;
	gclk_fake_pass(rig.fake, S);
	gclk_link_rig_connect(&rig);
	assert_unharmed(&rig);
	gclk_link_rig_clear(&rig);
}

static void test_ports(void)
{
	GclkTree tree;

	gclk_tree_init(&tree);

	CU_ASSERT_FALSE(gclk_link_port_exists(&tree.platform, GCLK_LINK_PORT));
	gclk_tree_write(
		&tree, "/sys/class/virtio-ports/vport1p1/name", "org.qemu.guest_agent.0\n", -1);
	gclk_tree_write(&tree, "/sys/class/virtio-ports/vport1p2/name", "org.guestclock.01\n", -1);
	CU_ASSERT_FALSE(gclk_link_port_exists(&tree.platform, GCLK_LINK_PORT));
	gclk_tree_write(&tree, "/sys/class/virtio-ports/vport1p3/name", "org.guestclock.0\n", -1);
	CU_ASSERT_TRUE(gclk_link_port_exists(&tree.platform, GCLK_LINK_PORT));
	gclk_tree_clear(&tree);
}

static void test_ports_freebsd(void)
{
	GclkTree tree;

	gclk_tree_init(&tree);

	gclk_tree_write(&tree, "/dev/vtcon/org.qemu.guest_agent.0", "", -1);
	CU_ASSERT_FALSE(gclk_link_port_exists(&tree.platform, GCLK_LINK_PORT));
	gclk_tree_write(&tree, "/dev/vtcon/org.guestclock.0", "", -1);
	CU_ASSERT_TRUE(gclk_link_port_exists(&tree.platform, GCLK_LINK_PORT));
	gclk_tree_clear(&tree);
}

int main(void)
{
	static const GclkTestCase cases[] = {
		{ "event", test_event },
		{ "event without a count", test_event_without_count },
		{ "event in a round", test_event_in_round },
		{ "lost event", test_lost_event },
		{ "first count", test_first_count },
		{ "the host's clock changed", test_host_clock_event },
		{ "flood of events", test_event_flood },
		{ "events soon after boot", test_early_events },
		{ "an event after an event", test_event_after_event },
		{ "flood of counts", test_count_flood },
		{ "errors of opening", test_open_errors },
		{ "no streams here", test_no_streams },
		{ "nobody there", test_unattended },
		{ "hang-up", test_hang_up },
		{ "breaks", test_breaks },
		{ "not read", test_not_read },
		{ "send fails", test_send_fails },
		{ "ports", test_ports },
		{ "ports of FreeBSD", test_ports_freebsd },
		{ NULL, NULL },
	};

	return gclk_test_main("link channel", cases);
}
