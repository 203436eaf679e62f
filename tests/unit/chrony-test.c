/* SPDX-License-Identifier: BSD-2-Clause */
/* chronyd's packets, recorded from chrony 4.3, and what they mean. */
#include "sync/chrony.h"

#include <math.h>
#include <string.h>

#include "harness.h"
#include "hex.h"

#define SEQUENCE 0x11223344
#define NOW      (G_GINT64_CONSTANT(1795213102) * GCLK_NS_PER_S)

static const char tracking_reply[] =
	"06020000 0021 0005 0000 000000000000 11223344 0000000000000000"
	"0a4d0001 0a4d0001000000000000000000000000 0001 0000 0006 0000 00000000 6b00c72d 047476d3"
	"df46e38f d69e56a2 dead611a fb716f4d f48fed64 02a2d5e7 e2954453 def2e711 04814112";
static const char n_sources_reply[] =
	"06020000 000e 0002 0000 000000000000 11223344 0000000000000000 00000001";
static const char source_reply[] =
	"06020000 000f 0003 0000 000000000000 11223344 0000000000000000"
	"0a4d0001000000000000000000000000 0001 0000 0000 0005 0000 0000 0000 00ff 00000000"
	"d880d959 d4c6b9f9 e09701d7";
static const char unauthorised_reply[] =
	"06020000 000e 0001 0002 000000000000 11223344 0000000000000000";

/* --- requests --------------------------------------------------------------------------------- */

static void test_requests(void)
{
	guint8 packet[GCLK_CHRONY_PACKET_MAX], expected[GCLK_CHRONY_PACKET_MAX] = { 0 };

	gclk_test_hex("06010000 0021 0000 11223344", expected, sizeof(expected));
	GCLK_ASSERT_INT(gclk_chrony_request(GCLK_CHRONY_TRACKING, SEQUENCE, 7, packet), 104);
	CU_ASSERT_EQUAL(memcmp(packet, expected, 104), 0);

	gclk_test_hex("06010000 000e 0000 11223344", expected, sizeof(expected));
	GCLK_ASSERT_INT(gclk_chrony_request(GCLK_CHRONY_N_SOURCES, SEQUENCE, 7, packet), 32);
	CU_ASSERT_EQUAL(memcmp(packet, expected, 32), 0);

	gclk_test_hex("06010000 000f 0000 11223344 0000000000000000 00000102", expected,
		sizeof(expected));
	GCLK_ASSERT_INT(gclk_chrony_request(GCLK_CHRONY_SOURCE_DATA, SEQUENCE, 258, packet), 76);
	CU_ASSERT_EQUAL(memcmp(packet, expected, 76), 0);
}

/* --- replies ---------------------------------------------------------------------------------- */

static void test_float(void)
{
	GCLK_ASSERT_NEAR(gclk_chrony_float(0), 0, 0);
	GCLK_ASSERT_NEAR(gclk_chrony_float(0x04814112), 1.009798, 1e-6);
	GCLK_ASSERT_NEAR(gclk_chrony_float(0xdf46e38f), -2.758370e-06, 1e-12); /* negative */
	GCLK_ASSERT_NEAR(gclk_chrony_float(0xe2954453), 8.897000e-06, 1e-12);
	/* the borders of both parts */
	GCLK_ASSERT_NEAR(gclk_chrony_float(0x02800000), 0.5, 0);
	GCLK_ASSERT_NEAR(gclk_chrony_float(0x03000000), -1, 0);
	GCLK_ASSERT_NEAR(gclk_chrony_float(0x7effffff), 0x1p62, 1e12);
	GCLK_ASSERT_NEAR(gclk_chrony_float(0x80000001), 0x1p-89, 1e-40);
	CU_ASSERT_TRUE(gclk_chrony_float(0x80000001) > 0);
}

static void test_tracking(void)
{
	guint8 packet[GCLK_CHRONY_PACKET_MAX];
	gsize length = gclk_test_hex(tracking_reply, packet, sizeof(packet));
	GclkChronyTracking t;
	char text[GCLK_ADDRESS_TEXT_MAX];

	GCLK_ASSERT_INT(
		gclk_chrony_read_tracking(packet, length, SEQUENCE, &t), GCLK_CHRONY_REPLY_GOOD);
	GCLK_ASSERT_INT(t.refid, 0x0a4d0001);
	GCLK_ASSERT_STR(gclk_address_format(&t.address, text), "10.77.0.1");
	GCLK_ASSERT_INT(t.stratum, 6);
	GCLK_ASSERT_INT(t.leap, GCLK_LEAP_NONE);
	GCLK_ASSERT_INT(t.has_ref_time, TRUE);
	GCLK_ASSERT_INT(t.ref_time, G_GINT64_CONSTANT(1795213101074741459));
	GCLK_ASSERT_NEAR(t.correction, -2.758370e-06, 1e-12);
	GCLK_ASSERT_NEAR(t.last_offset, 1.474641e-07, 1e-13);
	GCLK_ASSERT_NEAR(t.frequency, -0.034806, 1e-6);
	GCLK_ASSERT_NEAR(t.root_delay, 8.897000e-06, 1e-12);
	GCLK_ASSERT_NEAR(t.root_dispersion, 3.619531e-06, 1e-12);
	GCLK_ASSERT_NEAR(t.interval, 1.009798, 1e-6);
}

static void test_source(void)
{
	guint8 packet[GCLK_CHRONY_PACKET_MAX];
	gsize length = gclk_test_hex(source_reply, packet, sizeof(packet));
	char text[GCLK_ADDRESS_TEXT_MAX];
	GclkChronySource s;

	GCLK_ASSERT_INT(
		gclk_chrony_read_source(packet, length, SEQUENCE, &s), GCLK_CHRONY_REPLY_GOOD);
	GCLK_ASSERT_STR(gclk_address_format(&s.address, text), "10.77.0.1");
	GCLK_ASSERT_INT(s.poll, 0);
	GCLK_ASSERT_INT(s.stratum, 5);
	GCLK_ASSERT_INT(s.state, GCLK_CHRONY_SOURCE_SELECTED);
	GCLK_ASSERT_INT(s.mode, GCLK_CHRONY_MODE_CLIENT);
	GCLK_ASSERT_INT(s.reach, 0377);
	GCLK_ASSERT_INT(s.since_sample, 0);

	/* a refclock: the address field holds the refid; poll is signed */
	packet[55] = GCLK_CHRONY_MODE_REFCLOCK;
	packet[48] = 0xff;
	packet[49] = 0xfe;
	memcpy(packet + 28, "PTP0", 4);
	GCLK_ASSERT_INT(
		gclk_chrony_read_source(packet, length, SEQUENCE, &s), GCLK_CHRONY_REPLY_GOOD);
	GCLK_ASSERT_INT(s.mode, GCLK_CHRONY_MODE_REFCLOCK);
	GCLK_ASSERT_INT(s.refid, 0x50545030);
	GCLK_ASSERT_INT(s.address.family, 0);
	GCLK_ASSERT_INT(s.poll, -2);

	packet[53] = 6; /* no such state */
	GCLK_ASSERT_INT(
		gclk_chrony_read_source(packet, length, SEQUENCE, &s), GCLK_CHRONY_REPLY_GARBLED);
	packet[53] = 0;
	packet[55] = 3; /* no such mode */
	GCLK_ASSERT_INT(
		gclk_chrony_read_source(packet, length, SEQUENCE, &s), GCLK_CHRONY_REPLY_GARBLED);
}

static void test_n_sources(void)
{
	guint8 packet[GCLK_CHRONY_PACKET_MAX];
	gsize length = gclk_test_hex(n_sources_reply, packet, sizeof(packet));
	guint32 n = 99;

	GCLK_ASSERT_INT(
		gclk_chrony_read_n_sources(packet, length, SEQUENCE, &n), GCLK_CHRONY_REPLY_GOOD);
	GCLK_ASSERT_INT(n, 1);
	length = gclk_test_hex(unauthorised_reply, packet, sizeof(packet));
	GCLK_ASSERT_INT(gclk_chrony_read_n_sources(packet, length, SEQUENCE, &n),
		GCLK_CHRONY_REPLY_REFUSED);
	packet[9] = 19; /* bad length, another error */
	GCLK_ASSERT_INT(
		gclk_chrony_read_n_sources(packet, length, SEQUENCE, &n), GCLK_CHRONY_REPLY_FAILED);
}

/* One byte after the other is what it must not be. */
static void test_bad_replies(void)
{
	static const struct {
		gsize at;
		guint8 value;
		GclkChronyReply result;
	} cases[] = {
		{ 0, 5, GCLK_CHRONY_REPLY_FAILED },  /* version */
		{ 1, 1, GCLK_CHRONY_REPLY_FOREIGN }, /* a request */
		{ 5, 14, GCLK_CHRONY_REPLY_FOREIGN },
		{ 7, 2, GCLK_CHRONY_REPLY_GARBLED },     /* reply type */
		{ 16, 0, GCLK_CHRONY_REPLY_FOREIGN },    /* sequence */
		{ 55, 4, GCLK_CHRONY_REPLY_GARBLED },    /* leap */
		{ 64, 0xff, GCLK_CHRONY_REPLY_GARBLED }, /* nanoseconds */
	};
	guint8 packet[GCLK_CHRONY_PACKET_MAX + 1] = { 0 };
	gsize length = gclk_test_hex(tracking_reply, packet, sizeof(packet));
	GclkChronyTracking t;

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		guint8 good = packet[cases[i].at];

		packet[cases[i].at] = cases[i].value;
		GCLK_ASSERT_INT(
			gclk_chrony_read_tracking(packet, length, SEQUENCE, &t), cases[i].result);
		packet[cases[i].at] = good;
	}
	for (gsize n = 0; n < length; n++)
		GCLK_ASSERT_INT(gclk_chrony_read_tracking(packet, n, SEQUENCE, &t),
			n < 28 ? GCLK_CHRONY_REPLY_FOREIGN : GCLK_CHRONY_REPLY_GARBLED);
	GCLK_ASSERT_INT(gclk_chrony_read_tracking(packet, length + 1, SEQUENCE, &t),
		GCLK_CHRONY_REPLY_GARBLED);
}

static void test_times(void)
{
	guint8 packet[GCLK_CHRONY_PACKET_MAX];
	gsize length = gclk_test_hex(tracking_reply, packet, sizeof(packet));
	GclkChronyTracking t;

	memset(packet + 56, 0xff, 8);
	packet[56] = 0x7f; /* none */
	gclk_chrony_read_tracking(packet, length, SEQUENCE, &t);
	GCLK_ASSERT_INT(t.has_ref_time, FALSE);
	memset(packet + 56, 0xff, 8); /* one second before 1970 */
	memset(packet + 64, 0, 4);
	gclk_chrony_read_tracking(packet, length, SEQUENCE, &t);
	GCLK_ASSERT_INT(t.ref_time, -GCLK_NS_PER_S);
	packet[56] = 0x70; /* beyond 64 bit of ns */
	gclk_chrony_read_tracking(packet, length, SEQUENCE, &t);
	GCLK_ASSERT_INT(t.ref_time, G_MAXINT64);
	packet[56] = 0x80;
	gclk_chrony_read_tracking(packet, length, SEQUENCE, &t);
	GCLK_ASSERT_INT(t.ref_time, G_MININT64);
}

/* --- what it means ---------------------------------------------------------------------------- */

static GclkChronyAnswers good_answers(void)
{
	GclkChronyAnswers answers = { .n_sources = 2 };
	GclkChronySource source;
	guint8 packet[GCLK_CHRONY_PACKET_MAX];
	gsize length = gclk_test_hex(tracking_reply, packet, sizeof(packet));

	gclk_chrony_read_tracking(packet, length, SEQUENCE, &answers.tracking);
	length = gclk_test_hex(source_reply, packet, sizeof(packet));
	gclk_chrony_read_source(packet, length, SEQUENCE, &source);
	gclk_chrony_add_source(&answers, &source);
	return answers;
}

static GclkDaemonReport *judge(const GclkChronyAnswers *answers, gint64 now)
{
	GclkDaemonReport *report = gclk_daemon_report_new("chronyd");

	gclk_chrony_judge(answers, NULL, now, report);
	return report;
}

static void expect(const GclkChronyAnswers *answers, gint64 now, gboolean locked, const char *why)
{
	g_autoptr(GclkDaemonReport) report = judge(answers, now);

	GCLK_ASSERT_INT(report->presence, GCLK_DAEMON_ANSWERS);
	GCLK_ASSERT_INT(report->locked, locked);
	GCLK_ASSERT_HAS(report->locked_why, why);
}

static void test_locked(void)
{
	GclkChronyAnswers answers = good_answers();
	g_autoptr(GclkDaemonReport) report = judge(&answers, NOW);

	GCLK_ASSERT_INT(report->locked, TRUE);
	GCLK_ASSERT_HAS(report->locked_why, "10.77.0.1 is selected, reach 377");
	GCLK_ASSERT_INT(report->reference, GCLK_REFERENCE_NTP);
	GCLK_ASSERT_STR(report->source, "10.77.0.1");
	GCLK_ASSERT_STR(report->device, NULL);
	GCLK_ASSERT_INT(report->stratum, 6);
	GCLK_ASSERT_INT(report->n_sources, 2);
	GCLK_ASSERT_INT(report->leap, GCLK_LEAP_NONE);
	GCLK_ASSERT_INT(report->has_offset, TRUE);
	GCLK_ASSERT_INT(report->offset, -2758);
	GCLK_ASSERT_INT(report->bound, 10826); /* 2758.4 + 8897 / 2 + 3619.5 */
	GCLK_ASSERT_INT(report->age, 925258541 - 2758);
	GCLK_ASSERT_INT(report->steers, GCLK_STEERS_UNKNOWN);
	GCLK_ASSERT_INT(report->evidence->len, 3);
}

/* Positive: the system clock is behind, as the correction that chronyd is to apply. */
static void test_sign(void)
{
	GclkChronyAnswers answers = good_answers();
	g_autoptr(GclkDaemonReport) report = NULL;

	answers.tracking.correction = 1.5;
	report = judge(&answers, NOW);
	GCLK_ASSERT_INT(report->offset, 1500 * GCLK_NS_PER_MS);
	/* the last update is of the corrected clock */
	GCLK_ASSERT_INT(report->age, 925258541 + 1500 * GCLK_NS_PER_MS);
	CU_ASSERT_TRUE(report->bound > report->offset);
}

static void test_not_locked(void)
{
	GclkChronyAnswers a = good_answers();

	a.tracking.leap = GCLK_LEAP_UNSYNC;
	expect(&a, NOW, FALSE, "no source is good enough");
	a.n_sources = 0;
	expect(&a, NOW, FALSE, "no sources");
	a = good_answers();
	a.tracking.refid = 0;
	expect(&a, NOW, FALSE, "not synchronised");
	a = good_answers();
	a.has_selected = FALSE;
	expect(&a, NOW, FALSE, "none of its 2 sources is selected");
	a = good_answers();
	a.tracking.stratum = 16;
	expect(&a, NOW, FALSE, "stratum 16");
	a = good_answers();
	a.tracking.has_ref_time = FALSE;
	expect(&a, NOW, FALSE, "cannot be right");
	a = good_answers();
	a.tracking.ref_time = NOW + 3600 * GCLK_NS_PER_S;
	expect(&a, NOW, FALSE, "cannot be right");
	a.tracking.ref_time = G_MAXINT64;
	expect(&a, NOW, FALSE, "cannot be right");
	a.tracking.ref_time = G_MININT64;
	expect(&a, NOW, FALSE, "ago");
}

/* A reference clock has died: Normal, selected, and a small dispersion for ever. */
static void test_dead(void)
{
	GclkChronyAnswers a = good_answers();

	a.selected.reach = 0;
	expect(&a, NOW, FALSE, "has not been reached in its last eight polls");
	a.selected.reach = 0200;
	expect(&a, NOW, TRUE, "reach 200");
}

static void test_fresh(void)
{
	GclkChronyAnswers a = good_answers();
	gint64 update = a.tracking.ref_time;

	a.tracking.correction = 0;
	/* at least eight seconds, whatever poll and interval say */
	a.tracking.interval = 0;
	a.selected.poll = -4;
	expect(&a, update + 8 * GCLK_NS_PER_S, TRUE, "selected");
	expect(&a, update + 8 * GCLK_NS_PER_S + 100000, FALSE, "ago");
	/* eight polls */
	a.selected.poll = 6;
	expect(&a, update + 512 * GCLK_NS_PER_S, TRUE, "selected");
	expect(&a, update + 512 * GCLK_NS_PER_S + 100000, FALSE, "8 min ago");
	/* eight intervals, if they are longer */
	a.tracking.interval = 100;
	expect(&a, update + 800 * GCLK_NS_PER_S, TRUE, "selected");
	expect(&a, update + 800 * GCLK_NS_PER_S + 100000, FALSE, "ago");
	a.tracking.interval = -1e18;
	a.selected.poll = 32767;
	expect(&a, update + 512 * GCLK_NS_PER_S, TRUE, "selected");
	/* somewhat in the future is now */
	expect(&a, update - GCLK_NS_PER_S, TRUE, "last update 0 s ago");
	expect(&a, update - GCLK_NS_PER_S - 1000, FALSE, "cannot be right");
}

static void test_local(void)
{
	GclkChronyAnswers a = good_answers();
	g_autoptr(GclkDaemonReport) report = NULL;

	a.tracking.refid = GCLK_CHRONY_REFID_LOCAL;
	a.has_selected = FALSE;
	report = judge(&a, NOW);
	GCLK_ASSERT_INT(report->locked, FALSE);
	GCLK_ASSERT_INT(report->reference, GCLK_REFERENCE_LOCAL);
	GCLK_ASSERT_HAS(report->locked_why, "its own clock");
	GCLK_ASSERT_INT(report->has_offset, FALSE);
	GCLK_ASSERT_INT(report->bound, GCLK_BOUND_UNKNOWN);
}

static void test_refclock(void)
{
	GclkChronyAnswers a = good_answers();
	g_autoptr(GclkDaemonReport) report = gclk_daemon_report_new("chronyd");
	g_autoptr(GclkDaemonReport) unknown = NULL;
	GclkChronyRefclock refclock = { GCLK_REFERENCE_HOST, (char *)"/dev/ptp0",
		(char *)"PHC /dev/ptp0 (KVM virtual PTP)" };

	a.selected.mode = GCLK_CHRONY_MODE_REFCLOCK;
	a.selected.refid = 0x50545030;
	gclk_chrony_judge(&a, &refclock, NOW, report);
	GCLK_ASSERT_INT(report->locked, TRUE);
	GCLK_ASSERT_INT(report->reference, GCLK_REFERENCE_HOST);
	GCLK_ASSERT_STR(report->source, "PTP0");
	GCLK_ASSERT_STR(report->device, "/dev/ptp0");
	GCLK_ASSERT_STR(report->evidence->pdata[3],
		"the selected one is refclock PHC /dev/ptp0 (KVM virtual PTP)");
	/* one that is this machine's own crystal */
	refclock.kind = GCLK_REFERENCE_LOCAL;
	gclk_daemon_report_free(report);
	report = gclk_daemon_report_new("chronyd");
	gclk_chrony_judge(&a, &refclock, NOW, report);
	GCLK_ASSERT_INT(report->locked, FALSE);
	GCLK_ASSERT_HAS(report->locked_why, "own clock");
	/* nothing known of it */
	unknown = judge(&a, NOW);
	GCLK_ASSERT_INT(unknown->reference, GCLK_REFERENCE_PHC);
}

static void test_bounds(void)
{
	GclkChronyAnswers a = good_answers();
	g_autoptr(GclkDaemonReport) huge = NULL;
	g_autoptr(GclkDaemonReport) negative = NULL;

	a.tracking.root_dispersion = 4e18;
	huge = judge(&a, NOW);
	GCLK_ASSERT_INT(huge->bound, GCLK_BOUND_UNKNOWN);
	GCLK_ASSERT_INT(huge->locked, FALSE);
	GCLK_ASSERT_HAS(huge->locked_why, "cannot be right");
	a.tracking.root_dispersion = -1;
	negative = judge(&a, NOW);
	GCLK_ASSERT_INT(negative->bound, GCLK_BOUND_UNKNOWN);
	GCLK_ASSERT_INT(negative->locked, FALSE);
	GCLK_ASSERT_INT(gclk_chrony_ns(-4e18), -GCLK_BOUND_UNKNOWN);
	GCLK_ASSERT_INT(gclk_chrony_ns(1e-9), 1);
}

static void test_seen(void)
{
	GclkChronyAnswers a = good_answers();
	GclkChronySource other = a.selected;
	g_autoptr(GclkDaemonReport) report = NULL;

	memset(&a.seen, 0, sizeof(a.seen));
	a.n_seen = 0;
	a.has_selected = FALSE;
	other.state = GCLK_CHRONY_SOURCE_FALSETICKER;
	other.since_sample = G_MAXUINT32;
	for (guint i = 0; i < 20; i++)
		gclk_chrony_add_source(&a, &other);
	gclk_chrony_add_source(&a, &a.selected);
	GCLK_ASSERT_INT(a.n_seen, 21);
	GCLK_ASSERT_INT(a.has_selected, TRUE);
	report = judge(&a, NOW);
	GCLK_ASSERT_INT(report->evidence->len, 2 + GCLK_CHRONY_SEEN_MAX + 1);
	GCLK_ASSERT_HAS(report->evidence->pdata[2], "falseticker");
	GCLK_ASSERT_HAS(report->evidence->pdata[2], "last sample never");
	GCLK_ASSERT_HAS(report->evidence->pdata[10], "server, selected");
}

int main(void)
{
	static const GclkTestCase cases[] = {
		{ "requests", test_requests },
		{ "floating point", test_float },
		{ "tracking", test_tracking },
		{ "a source", test_source },
		{ "number of sources", test_n_sources },
		{ "bad replies", test_bad_replies },
		{ "times", test_times },
		{ "locked", test_locked },
		{ "sign of the offset", test_sign },
		{ "not locked", test_not_locked },
		{ "a dead source that stays selected", test_dead },
		{ "fresh", test_fresh },
		{ "local stratum", test_local },
		{ "reference clocks", test_refclock },
		{ "bounds", test_bounds },
		{ "sources that were seen", test_seen },
		{ NULL, NULL },
	};

	return gclk_test_main("chrony", cases);
}
