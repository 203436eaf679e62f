/* SPDX-License-Identifier: BSD-2-Clause */
/* ntpd's control messages, recorded from ntpsec 1.2.2, and what they mean. */
#include "sync/ntpd.h"

#include <string.h>

#include "guestclock/ntp-packet.h"
#include "harness.h"
#include "hex.h"

#define ASSOCIATION 0x4567

/* --- requests and fragments ------------------------------------------------------------------- */

static void test_requests(void)
{
	guint8 packet[GCLK_MODE6_REQUEST_MAX], expected[64];
	g_autofree char *huge = g_strnfill(2000, 'x');
	gsize length = gclk_test_hex("16 01 0001 0000 0000 0000 0000", expected, sizeof(expected));

	GCLK_ASSERT_INT(gclk_mode6_request(GCLK_MODE6_READSTAT, 1, 0, NULL, packet), length);
	CU_ASSERT_EQUAL(memcmp(packet, expected, length), 0);
	length = gclk_test_hex(
		"16 02 0102 0000 4567 0000 0005 6c6561702c000000", expected, sizeof(expected));
	GCLK_ASSERT_INT(gclk_mode6_request(GCLK_MODE6_READVAR, 0x102, ASSOCIATION, "leap,", packet),
		length);
	CU_ASSERT_EQUAL(memcmp(packet, expected, length), 0);
	GCLK_ASSERT_INT(gclk_mode6_request(GCLK_MODE6_READVAR, 1, 0, huge, packet), sizeof(packet));
}

static GclkMode6Answer waiting(GclkMode6Op op, guint16 association)
{
	GclkMode6Answer answer = { .op = op, .sequence = 1, .association = association };

	return answer;
}

static void test_readstat(void)
{
	GclkMode6Answer answer = waiting(GCLK_MODE6_READSTAT, 0);
	guint8 packet[64];
	gsize length =
		gclk_test_hex("d6 81 0001 c016 0000 0000 0004 4567 b61a", packet, sizeof(packet));

	GCLK_ASSERT_INT(gclk_mode6_take(&answer, packet, length), GCLK_MODE6_COMPLETE);
	GCLK_ASSERT_INT(gclk_mode6_leap(answer.status), GCLK_LEAP_UNSYNC);
	GCLK_ASSERT_INT(gclk_mode6_n_peers(&answer), 1);
	GCLK_ASSERT_INT(gclk_mode6_peer(&answer, 0).association, ASSOCIATION);
	GCLK_ASSERT_INT(gclk_mode6_selection(gclk_mode6_peer(&answer, 0).status), 6);
	CU_ASSERT_TRUE(gclk_mode6_is_selected(0xb61a));
	CU_ASSERT_TRUE(gclk_mode6_is_selected(0xb71a));
	CU_ASSERT_FALSE(gclk_mode6_is_selected(0xb51a));
}

/* One byte after the other is not what it must be. */
static void test_foreign(void)
{
	static const struct {
		gsize at;
		guint8 value;
		GclkMode6Result result;
	} cases[] = {
		{ 0, 0xd4, GCLK_MODE6_FOREIGN }, /* mode 4 */
		{ 1, 0x01, GCLK_MODE6_FOREIGN }, /* a request */
		{ 1, 0x82, GCLK_MODE6_FOREIGN }, /* of another kind */
		{ 3, 2, GCLK_MODE6_FOREIGN },    /* sequence */
		{ 7, 1, GCLK_MODE6_FOREIGN },    /* association */
		{ 10, 1, GCLK_MODE6_GARBLED },   /* more data than there are */
		{ 8, 0xff, GCLK_MODE6_GARBLED }, /* offset beyond all reason */
	};
	guint8 packet[64];
	gsize length =
		gclk_test_hex("d6 81 0001 c016 0000 0000 0004 4567 b61a", packet, sizeof(packet));

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		GclkMode6Answer answer = waiting(GCLK_MODE6_READSTAT, 0);
		guint8 good = packet[cases[i].at];

		packet[cases[i].at] = cases[i].value;
		GCLK_ASSERT_INT(gclk_mode6_take(&answer, packet, length), cases[i].result);
		packet[cases[i].at] = good;
	}
	for (gsize n = 0; n < length; n++) {
		GclkMode6Answer answer = waiting(GCLK_MODE6_READSTAT, 0);

		GCLK_ASSERT_INT(gclk_mode6_take(&answer, packet, n),
			n < 12 ? GCLK_MODE6_FOREIGN : GCLK_MODE6_GARBLED);
	}
}

static void test_error(void)
{
	GclkMode6Answer answer = waiting(GCLK_MODE6_READVAR, 0);
	guint8 packet[64];
	gsize length = gclk_test_hex("d6 c2 0001 0500 0000 0000 0000", packet, sizeof(packet));

	GCLK_ASSERT_INT(gclk_mode6_take(&answer, packet, length), GCLK_MODE6_ERROR);
	GCLK_ASSERT_INT(answer.error, GCLK_MODE6_ERROR_UNKNOWN_VARIABLE);
}

static GclkMode6Result take_text(
	GclkMode6Answer *answer, guint16 offset, const char *text, gboolean more)
{
	guint8 packet[1024] = { 0xd6, (guint8)(more ? 0xa2 : 0x82), 0, 1, 0x06, 0x15 };
	gsize length = strlen(text);

	packet[6] = (guint8)(answer->association >> 8);
	packet[7] = (guint8)answer->association;
	packet[8] = (guint8)(offset >> 8);
	packet[9] = (guint8)offset;
	packet[10] = (guint8)(length >> 8);
	packet[11] = (guint8)length;
	memcpy(packet + 12, text, length);
	return gclk_mode6_take(answer, packet, 12 + (length + 3) / 4 * 4);
}

static void test_fragments(void)
{
	GclkMode6Answer answer = waiting(GCLK_MODE6_READVAR, ASSOCIATION);
	char text[32];

	/* the last comes first, a second one twice */
	GCLK_ASSERT_INT(take_text(&answer, 16, "7, x=y", FALSE), GCLK_MODE6_MORE);
	GCLK_ASSERT_INT(take_text(&answer, 0, "leap=0, ", TRUE), GCLK_MODE6_MORE);
	GCLK_ASSERT_INT(take_text(&answer, 8, "reach=37", TRUE), GCLK_MODE6_COMPLETE);
	GCLK_ASSERT_INT(answer.length, 22);
	CU_ASSERT_TRUE(gclk_mode6_text(&answer, "reach", text, sizeof(text)));
	GCLK_ASSERT_STR(text, "377");
	GCLK_ASSERT_INT(answer.status, 0x0615);
}

static void test_bad_fragments(void)
{
	static const struct {
		guint16 offset;
		const char *text;
		gboolean more;
	} cases[] = {
		{ 4, "12345678", TRUE },    /* overlaps */
		{ 7, "1", TRUE },           /* overlaps the last byte */
		{ 0, "", FALSE },           /* ends before what is there */
		{ 8, "", TRUE },            /* nothing, and more to come: for ever */
		{ 8190, "12345678", TRUE }, /* too long */
	};
	GclkMode6Answer full = waiting(GCLK_MODE6_READVAR, 0);

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		GclkMode6Answer answer = waiting(GCLK_MODE6_READVAR, 0);

		GCLK_ASSERT_INT(take_text(&answer, 0, "12345678", TRUE), GCLK_MODE6_MORE);
		GCLK_ASSERT_INT(take_text(&answer, cases[i].offset, cases[i].text, cases[i].more),
			GCLK_MODE6_GARBLED);
	}
	for (guint i = 0; i < GCLK_MODE6_FRAGMENTS_MAX; i++)
		GCLK_ASSERT_INT(take_text(&full, (guint16)i, "x", TRUE), GCLK_MODE6_MORE);
	GCLK_ASSERT_INT(take_text(&full, 100, "x", TRUE), GCLK_MODE6_GARBLED);
	/* two ends */
	full = waiting(GCLK_MODE6_READVAR, 0);
	GCLK_ASSERT_INT(take_text(&full, 8, "x", FALSE), GCLK_MODE6_MORE);
	GCLK_ASSERT_INT(take_text(&full, 9, "y", FALSE), GCLK_MODE6_GARBLED);
	GCLK_ASSERT_INT(take_text(&full, 9, "y", TRUE), GCLK_MODE6_GARBLED);
}

/* --- variables -------------------------------------------------------------------------------- */

static GclkMode6Answer with_text(const char *text)
{
	GclkMode6Answer answer = waiting(GCLK_MODE6_READVAR, 0);

	answer.length = strlen(text);
	memcpy(answer.data, text, answer.length);
	return answer;
}

static void test_text(void)
{
	GclkMode6Answer answer = with_text("version=\"ntpd, ntpsec-1.2.2\", a=1,\r\nflag, empty=,"
					   "bad=\x01\x02, leap=3,leap2=4 , spaces= 5 \r\n"
					   "open=\"never, closed=1\r\n");
	char text[32], small[4];

	CU_ASSERT_TRUE(gclk_mode6_text(&answer, "version", text, sizeof(text)));
	GCLK_ASSERT_STR(text, "ntpd, ntpsec-1.2.2");
	CU_ASSERT_TRUE(gclk_mode6_text(&answer, "a", text, sizeof(text)));
	GCLK_ASSERT_STR(text, "1");
	CU_ASSERT_TRUE(gclk_mode6_text(&answer, "leap", text, sizeof(text)));
	GCLK_ASSERT_STR(text, "3");
	CU_ASSERT_TRUE(gclk_mode6_text(&answer, "leap2", text, sizeof(text)));
	GCLK_ASSERT_STR(text, "4");
	CU_ASSERT_TRUE(gclk_mode6_text(&answer, "flag", text, sizeof(text)));
	GCLK_ASSERT_STR(text, "");
	CU_ASSERT_TRUE(gclk_mode6_text(&answer, "empty", text, sizeof(text)));
	GCLK_ASSERT_STR(text, "");
	CU_ASSERT_FALSE(gclk_mode6_text(&answer, "bad", text, sizeof(text)));
	CU_ASSERT_FALSE(gclk_mode6_text(&answer, "closed", text, sizeof(text)));
	CU_ASSERT_FALSE(gclk_mode6_text(&answer, "lea", text, sizeof(text)));
	CU_ASSERT_FALSE(gclk_mode6_text(&answer, "version", small, sizeof(small)));
}

static void test_numbers(void)
{
	GclkMode6Answer answer =
		with_text("a=-24, b=0xff, c=12x, d=, e=99999999999999999999,"
			  "ms=187.559, neg=-0.054, nan=nan, inf=1e300,"
			  "t=0xeeab45ba.2385b4f8, d2=\"0xeeab45ba.80000000  Sat\","
			  "zero=0x00000000.00000000, s=0xeeab45ba, l=0x1eeab45ba.0");
	guint64 time = 0;
	gint64 n = 0;

	CU_ASSERT_TRUE(gclk_mode6_integer(&answer, "a", -30, 30, &n));
	GCLK_ASSERT_INT(n, -24);
	CU_ASSERT_FALSE(gclk_mode6_integer(&answer, "a", -23, 30, &n));
	CU_ASSERT_TRUE(gclk_mode6_integer(&answer, "b", 0, 255, &n));
	GCLK_ASSERT_INT(n, 255);
	CU_ASSERT_FALSE(gclk_mode6_integer(&answer, "b", 0, 254, &n));
	CU_ASSERT_FALSE(gclk_mode6_integer(&answer, "c", 0, 255, &n));
	CU_ASSERT_FALSE(gclk_mode6_integer(&answer, "d", 0, 255, &n));
	CU_ASSERT_FALSE(gclk_mode6_integer(&answer, "e", 0, G_MAXINT64, &n));
	CU_ASSERT_FALSE(gclk_mode6_integer(&answer, "none", 0, 255, &n));

	CU_ASSERT_TRUE(gclk_mode6_ms(&answer, "ms", &n));
	GCLK_ASSERT_INT(n, 187559000);
	CU_ASSERT_TRUE(gclk_mode6_ms(&answer, "neg", &n));
	GCLK_ASSERT_INT(n, -54000);
	CU_ASSERT_FALSE(gclk_mode6_ms(&answer, "nan", &n));
	CU_ASSERT_TRUE(gclk_mode6_ms(&answer, "inf", &n));
	GCLK_ASSERT_INT(n, G_MAXINT64);

	CU_ASSERT_TRUE(gclk_mode6_time(&answer, "t", &time));
	CU_ASSERT_EQUAL(time, G_GUINT64_CONSTANT(0xeeab45ba2385b4f8));
	CU_ASSERT_TRUE(gclk_mode6_time(&answer, "d2", &time));
	CU_ASSERT_EQUAL(time, G_GUINT64_CONSTANT(0xeeab45ba80000000));
	CU_ASSERT_TRUE(gclk_mode6_time(&answer, "zero", &time));
	CU_ASSERT_EQUAL(time, 0);
	CU_ASSERT_FALSE(gclk_mode6_time(&answer, "s", &time));
	CU_ASSERT_FALSE(gclk_mode6_time(&answer, "l", &time));
	CU_ASSERT_FALSE(gclk_mode6_time(&answer, "ms", &time));
}

/* As recorded: what stands in front of some values is not text. */
static void test_garbage(void)
{
	GclkMode6Answer answer = with_text("srcadr=10.77.0.1, reach=0xff,\r\n"
					   "filtdelay=\x50\xe2\x18\xb2\xff\x7f 0.05 0.06,\r\n"
					   "hpoll=3, srchost=\"10.77.0.1\"");
	GclkNtpdPeer peer;

	answer.status = 0xb61a;
	gclk_ntpd_read_peer(&answer, &peer);
	GCLK_ASSERT_INT(peer.selection, 6);
	GCLK_ASSERT_STR(peer.address, "10.77.0.1");
	GCLK_ASSERT_STR(peer.host, "10.77.0.1");
	GCLK_ASSERT_STR(peer.refid, "");
	GCLK_ASSERT_INT(peer.reach, 255);
	GCLK_ASSERT_INT(peer.poll, 3);
}

/* --- what it means ---------------------------------------------------------------------------- */

#define REFERENCE_TIME G_GUINT64_CONSTANT(0xeeab45ba00000000)

static gint64 update_time(void)
{
	return gclk_ntp_time_to_ns(REFERENCE_TIME, 1795000000 * GCLK_NS_PER_S);
}

static GclkNtpdSystem good_system(void)
{
	GclkMode6Answer answer = with_text(
		"stratum=6, refid=10.77.0.1, reftime=0xeeab45ba.00000000, rootdelay=0.054,"
		"rootdisp=187.559, offset=1.250000, tc=3");
	GclkNtpdSystem system;

	answer.status = 0x0615;
	gclk_ntpd_read_system(&answer, &system);
	return system;
}

static GclkNtpdPeer good_peer(void)
{
	GclkMode6Answer answer = with_text(
		"srcadr=10.77.0.1, srchost=\"ntp.test\", refid=127.127.1.1, reach=377, hpoll=3");
	GclkNtpdPeer peer;

	answer.status = 0xb61a;
	gclk_ntpd_read_peer(&answer, &peer);
	return peer;
}

static GclkDaemonReport *judge(
	const GclkNtpdSystem *system, const GclkNtpdPeer *peer, guint n, gint64 later)
{
	GclkDaemonReport *report = gclk_daemon_report_new("ntpd");

	gclk_ntpd_judge(system, peer, n, update_time() + later, report);
	return report;
}

static void expect(const GclkNtpdSystem *system, const GclkNtpdPeer *peer, gint64 later,
	gboolean locked, const char *why)
{
	g_autoptr(GclkDaemonReport) report = judge(system, peer, 2, later);

	GCLK_ASSERT_INT(report->presence, GCLK_DAEMON_ANSWERS);
	GCLK_ASSERT_INT(report->locked, locked);
	GCLK_ASSERT_HAS(report->locked_why, why);
}

static void test_locked(void)
{
	GclkNtpdSystem system = good_system();
	GclkNtpdPeer peer = good_peer();
	g_autoptr(GclkDaemonReport) report = judge(&system, &peer, 2, 10 * GCLK_NS_PER_S);

	GCLK_ASSERT_INT(report->locked, TRUE);
	GCLK_ASSERT_INT(report->reference, GCLK_REFERENCE_NTP);
	GCLK_ASSERT_STR(report->source, "10.77.0.1");
	GCLK_ASSERT_INT(report->stratum, 6);
	GCLK_ASSERT_INT(report->n_sources, 2);
	GCLK_ASSERT_INT(report->has_offset, TRUE);
	GCLK_ASSERT_INT(report->offset, 1250000); /* as ntpd: reference minus local */
	GCLK_ASSERT_INT(report->bound, 1250000 + 27000 + 187559000 + 150000);
	GCLK_ASSERT_INT(report->age, 10 * GCLK_NS_PER_S);
	GCLK_ASSERT_INT(report->leap, GCLK_LEAP_NONE);
	GCLK_ASSERT_INT(report->evidence->len, 3);
}

static void test_not_locked(void)
{
	GclkNtpdSystem s = good_system();
	GclkNtpdPeer p = good_peer();
	g_autoptr(GclkDaemonReport) empty = judge(&s, NULL, 0, 0);

	GCLK_ASSERT_HAS(empty->locked_why, "no peers");
	GCLK_ASSERT_INT(empty->locked, FALSE);
	expect(&s, NULL, 0, FALSE, "none of its 2 peers");
	p.selection = 5;
	expect(&s, &p, 0, FALSE, "none of its 2 peers");
	p = good_peer();
	p.selection = 7;
	expect(&s, &p, 0, TRUE, "selected");
	p.reach = 0;
	expect(&s, &p, 0, FALSE, "has not been reached");
	p.reach = -1;
	expect(&s, &p, 0, FALSE, "does not tell");
	p = good_peer();
	s.leap = GCLK_LEAP_UNSYNC; /* recorded: selected, and still not believed */
	expect(&s, &p, 0, FALSE, "leap indicator is still 3");
	s = good_system();
	s.stratum = 16;
	expect(&s, &p, 0, FALSE, "no stratum");
	s.stratum = -1;
	expect(&s, &p, 0, FALSE, "no stratum");
	s = good_system();
	s.reference_time = 0;
	expect(&s, &p, 0, FALSE, "cannot be right");
	s = good_system();
	expect(&s, &p, -2 * GCLK_NS_PER_S, FALSE, "cannot be right");
	expect(&s, &p, -GCLK_NS_PER_MS, TRUE, "0 s ago");
}

static void test_fresh(void)
{
	GclkNtpdSystem s = good_system();
	GclkNtpdPeer p = good_peer();

	/* eight polls of 64 s at least */
	expect(&s, &p, 512 * GCLK_NS_PER_S, TRUE, "selected");
	expect(&s, &p, 512 * GCLK_NS_PER_S + 1000, FALSE, "ago");
	p.poll = 10;
	expect(&s, &p, 8192 * GCLK_NS_PER_S, TRUE, "selected");
	expect(&s, &p, 8192 * GCLK_NS_PER_S + 1000, FALSE, "ago");
}

static void test_kinds(void)
{
	static const struct {
		const char *address, *peer_refid, *refid;
		gint64 stratum;
		GclkReferenceKind kind;
	} cases[] = {
		{ "10.0.0.1", "GPS", "10.0.0.1", 2, GCLK_REFERENCE_NTP },
		{ "2001:db8::1", "GPS", "1.2.3.4", 2, GCLK_REFERENCE_NTP },
		{ "127.127.20.0", "GPS", "GPS", 1, GCLK_REFERENCE_REFCLOCK },
		{ "127.127.28.0", "GPS", "GPS", 1, GCLK_REFERENCE_REFCLOCK },
		{ "127.127.28.2", "PTP0", "PTP0", 1, GCLK_REFERENCE_PHC },
		{ "127.127.20.0", "PTP0", "PTP0", 1, GCLK_REFERENCE_REFCLOCK },
		{ "127.127.1.0", "LOCL", "127.127.1.0", 6, GCLK_REFERENCE_LOCAL },
		{ "127.127.1.0", "", "", 6, GCLK_REFERENCE_LOCAL },
		{ "10.0.0.1", "GPS", "LOCL", 1, GCLK_REFERENCE_LOCAL },
		{ "10.0.0.1", "GPS", "LOCAL(0)", 11, GCLK_REFERENCE_LOCAL },
		{ "10.0.0.1", "GPS", "127.0.0.1", 8, GCLK_REFERENCE_LOCAL }, /* orphan mode */
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		GclkNtpdSystem s = good_system();
		GclkNtpdPeer p = good_peer();
		g_autoptr(GclkDaemonReport) report = NULL;

		s.stratum = cases[i].stratum;
		g_strlcpy(s.refid, cases[i].refid, sizeof(s.refid));
		g_strlcpy(p.address, cases[i].address, sizeof(p.address));
		g_strlcpy(p.refid, cases[i].peer_refid, sizeof(p.refid));
		report = judge(&s, &p, 1, 0);
		GCLK_ASSERT_INT(report->reference, cases[i].kind);
		GCLK_ASSERT_INT(report->locked, cases[i].kind != GCLK_REFERENCE_LOCAL);
		if (report->reference == GCLK_REFERENCE_LOCAL) {
			GCLK_ASSERT_INT(report->has_offset, FALSE);
			GCLK_ASSERT_INT(report->bound, GCLK_BOUND_UNKNOWN);
		}
	}
}

static void test_missing(void)
{
	GclkMode6Answer nothing = with_text("");
	GclkNtpdPeer p = good_peer();
	GclkNtpdSystem s;
	g_autoptr(GclkDaemonReport) report = NULL;

	gclk_ntpd_read_system(&nothing, &s);
	report = judge(&s, &p, 1, 0);
	GCLK_ASSERT_INT(report->locked, FALSE);
	GCLK_ASSERT_INT(report->stratum, -1);
	GCLK_ASSERT_INT(report->age, -1);
	GCLK_ASSERT_INT(report->has_offset, FALSE);
	GCLK_ASSERT_INT(report->bound, GCLK_BOUND_UNKNOWN);
	s = good_system();
	s.has_root = FALSE;
	g_clear_pointer(&report, gclk_daemon_report_free);
	report = judge(&s, &p, 1, 0);
	GCLK_ASSERT_INT(report->bound, GCLK_BOUND_UNKNOWN);
	GCLK_ASSERT_INT(report->locked, FALSE);
	GCLK_ASSERT_HAS(report->locked_why, "does not tell how far");
}

int main(void)
{
	static const GclkTestCase cases[] = {
		{ "requests", test_requests },
		{ "list of peers", test_readstat },
		{ "foreign answers", test_foreign },
		{ "errors", test_error },
		{ "fragments", test_fragments },
		{ "bad fragments", test_bad_fragments },
		{ "text", test_text },
		{ "numbers", test_numbers },
		{ "garbage among variables", test_garbage },
		{ "locked", test_locked },
		{ "not locked", test_not_locked },
		{ "fresh", test_fresh },
		{ "kinds of reference", test_kinds },
		{ "missing variables", test_missing },
		{ NULL, NULL },
	};

	return gclk_test_main("ntpd", cases);
}
