/* SPDX-License-Identifier: BSD-2-Clause */
/* Every check, one at a time: a good answer in which one thing is wrong. */
#include "source/ntp-check.h"

#include <errno.h>
#include <string.h>

#include "harness.h"

#define S     GCLK_NS_PER_S
#define MS    GCLK_NS_PER_MS
#define US    GCLK_NS_PER_US
#define NOW   (G_GINT64_CONSTANT(1800000000) * S)
#define NONCE G_GUINT64_CONSTANT(0x1122334455667788)
#define OTHER G_GUINT64_CONSTANT(0x99aabbccddeeff00)

typedef struct {
	GclkNtpContext context;
	GclkNtpHeader header;
	guint8 packet[2048];
	gsize length;
	GclkNtpKey key;
	GclkNtpReply reply;
} Case;

/* Request at NOW, answer 10 ms later; the server is 2 s ahead, and held the request for 4 ms. */
static Case good_case(void)
{
	return (Case){
		.context = {
			.nonce = NONCE,
			.pivot = NOW,
			.departure = NOW,
			.arrival = NOW + 10 * MS,
			.elapsed = 10 * MS,
			.precision = 100,
			.max_distance = 1500 * MS,
		},
		.header = {
			.version = 4,
			.mode = GCLK_NTP_MODE_SERVER,
			.stratum = 2,
			.poll = 6,
			.precision = -20,
			.root_delay = 20 * MS,
			.root_dispersion = 5 * MS,
			.refid = 0xc0000207,
			.reference = gclk_ntp_time_from_ns(NOW - 60 * S),
			.origin = NONCE,
			.receive = gclk_ntp_time_from_ns(NOW + 2 * S + 3 * MS),
			.transmit = gclk_ntp_time_from_ns(NOW + 2 * S + 7 * MS),
		},
		.length = GCLK_NTP_HEADER_SIZE,
		.key = { .id = 5, .type = GCLK_NTP_KEY_SHA1, .bytes = "key", .length = 3 },
	};
}

static GclkNtpVerdict judge_bytes(Case *c)
{
	gclk_ntp_check(&c->context, c->packet, c->length, FALSE, &c->reply);
	return c->reply.verdict;
}

static GclkNtpVerdict judge(Case *c)
{
	gclk_ntp_header_encode(&c->header, c->packet);
	return judge_bytes(c);
}

#define ASSERT_VERDICT(verdict, expected)                                                          \
	GCLK_ASSERT_STR(gclk_ntp_verdict_name(verdict), gclk_ntp_verdict_name(expected))

/* --- over the link ------------------------------------------------------------------------------
 */

/* A host that does not know the time is heard, and not believed; over UDP it is refused. */
static void check_unfit(Case c, GclkNtpVerdict unfit)
{
	ASSERT_VERDICT(judge(&c), unfit);
	CU_ASSERT_EQUAL(c.reply.unfit, GCLK_NTP_GOOD);
	c.context.link = TRUE;
	ASSERT_VERDICT(judge(&c), GCLK_NTP_GOOD);
	ASSERT_VERDICT(c.reply.unfit, unfit);
	CU_ASSERT_TRUE(c.reply.has_times);
	GCLK_ASSERT_INT(c.reply.offset, 2 * S);
	/* all else is checked as ever */
	c.header.origin = OTHER;
	ASSERT_VERDICT(judge(&c), GCLK_NTP_BAD_ORIGIN);
	c.header.origin = NONCE;
	c.header.transmit = 0;
	ASSERT_VERDICT(judge(&c), GCLK_NTP_ZERO_TIME);
}

static void test_link(void)
{
	Case c = good_case();

	c.header.leap = GCLK_LEAP_UNSYNC;
	check_unfit(c, GCLK_NTP_UNSYNCHRONISED);
	c = good_case();
	c.header.stratum = 16;
	check_unfit(c, GCLK_NTP_STRATUM_16);
	c = good_case();
	c.header.stratum = 0;
	c.header.refid = 0;
	check_unfit(c, GCLK_NTP_STRATUM_0);
	c = good_case();
	c.header.root_dispersion = 2 * S;
	check_unfit(c, GCLK_NTP_ROOT_DISTANCE);
	c = good_case();
	c.header.root_delay = 40 * S;
	check_unfit(c, GCLK_NTP_ROOT_DISTANCE);
	/* both: the graver one is told */
	c.header.leap = GCLK_LEAP_UNSYNC;
	check_unfit(c, GCLK_NTP_UNSYNCHRONISED);
	/* a good host over the link */
	c = good_case();
	c.context.link = TRUE;
	ASSERT_VERDICT(judge(&c), GCLK_NTP_GOOD);
	CU_ASSERT_EQUAL(c.reply.unfit, GCLK_NTP_GOOD);
}

/* --- good answers and their figures ----------------------------------------------------------- */

static void test_good(void)
{
	Case c = good_case();

	ASSERT_VERDICT(judge(&c), GCLK_NTP_GOOD);
	CU_ASSERT_TRUE(c.reply.has_header);
	CU_ASSERT_TRUE(c.reply.has_times);
	/* ((T2 - T1) + (T3 - T4)) / 2 = (2003 + 1997) / 2 ms */
	GCLK_ASSERT_INT(c.reply.offset, 2 * S);
	GCLK_ASSERT_INT(c.reply.delay, 6 * MS);
	/* 20 / 2 + 5 ms and the server's precision 2^-20 s, rounding of the short format */
	GCLK_ASSERT_NEAR((double)c.reply.reference_bound, 15e6 + 953, 31000);
	CU_ASSERT_TRUE(c.reply.reference_bound >= 15 * MS + 953);
	GCLK_ASSERT_INT(c.reply.reference_age, 62 * S + 7 * MS);
	CU_ASSERT_FALSE(c.reply.authentic);
	CU_ASSERT_FALSE(c.reply.local_clock);
}

/* Server ahead: positive; server behind: negative. */
static void test_sign(void)
{
	Case c = good_case();

	c.header.receive = gclk_ntp_time_from_ns(NOW - 40 * S + 3 * MS);
	c.header.transmit = gclk_ntp_time_from_ns(NOW - 40 * S + 7 * MS);
	c.header.reference = gclk_ntp_time_from_ns(NOW - 60 * S);
	ASSERT_VERDICT(judge(&c), GCLK_NTP_GOOD);
	GCLK_ASSERT_INT(c.reply.offset, -40 * S);
	GCLK_ASSERT_INT(c.reply.delay, 6 * MS);
}

/* A slow way there makes the server look ahead by half of it. */
static void test_asymmetry(void)
{
	Case c = good_case();

	c.header.receive = gclk_ntp_time_from_ns(NOW + 9 * MS);
	c.header.transmit = gclk_ntp_time_from_ns(NOW + 9 * MS);
	c.header.reference = gclk_ntp_time_from_ns(NOW - S);
	ASSERT_VERDICT(judge(&c), GCLK_NTP_GOOD);
	GCLK_ASSERT_INT(c.reply.offset, 4 * MS);
	GCLK_ASSERT_INT(c.reply.delay, 10 * MS);
}

/* The mean of two odd numbers is right to the nanosecond, rounded down where it is not whole. */
static void test_odd(void)
{
	static const struct {
		gint64 receive, transmit, offset;
	} rows[] = { { 3, 1, 2 }, { -1, -3, -2 }, { 1, 2, 1 }, { -1, -2, -2 } };

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		Case c = good_case();

		c.context.arrival = c.context.departure;
		c.context.elapsed = 0;
		c.header.receive = gclk_ntp_time_from_ns(NOW + rows[i].receive);
		c.header.transmit = gclk_ntp_time_from_ns(NOW + rows[i].transmit);
		c.header.reference = 0;
		ASSERT_VERDICT(judge(&c), GCLK_NTP_GOOD);
		GCLK_ASSERT_INT(c.reply.offset, rows[i].offset);
	}
}

/* Clocks that stand anywhere: no RTC (1970), 2036 in between, 2100 with and without a good pivot.
 */
static void test_eras(void)
{
	static const struct {
		gint64 local, server, pivot; /* s */
	} rows[] = {
		{ 0, 1800000000, 1790000000 },
		{ 1800000000, 0, 1000000000 },
		{ 2085978495, 2085978500, 1790000000 },
		{ 2085978500, 2085978490, 1790000000 },
		{ 1000000000, 2200000000, 1790000000 },
		{ 4102444800, 1800000000, 1790000000 },
		{ 4102444800, 4102444801, 4000000000 },
		{ 1800000000, 3900000000, 1790000000 },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		Case c = good_case();
		gint64 local = rows[i].local * S, server = rows[i].server * S;

		c.context.pivot = rows[i].pivot * S;
		c.context.departure = local;
		c.context.arrival = local + 10 * MS;
		c.header.receive = gclk_ntp_time_from_ns(server + 5 * MS);
		c.header.transmit = gclk_ntp_time_from_ns(server + 5 * MS);
		c.header.reference = gclk_ntp_time_from_ns(server - S);
		ASSERT_VERDICT(judge(&c), GCLK_NTP_GOOD);
		GCLK_ASSERT_INT(c.reply.offset, server - local);
		GCLK_ASSERT_INT(c.reply.delay, 10 * MS);
	}
}

/* Receive and transmit on both sides of the rollover. */
static void test_rollover_within(void)
{
	Case c = good_case();
	gint64 rollover = G_GINT64_CONSTANT(2085978496) * S;

	c.context.departure = rollover - 5 * MS;
	c.context.arrival = rollover + 5 * MS;
	c.header.receive = gclk_ntp_time_from_ns(rollover - 2 * MS);
	c.header.transmit = gclk_ntp_time_from_ns(rollover + 2 * MS);
	c.header.reference = gclk_ntp_time_from_ns(rollover - S);
	ASSERT_VERDICT(judge(&c), GCLK_NTP_GOOD);
	GCLK_ASSERT_INT(c.reply.offset, 0);
	GCLK_ASSERT_INT(c.reply.delay, 6 * MS);
	GCLK_ASSERT_INT(c.reply.reference_age, S + 2 * MS);
}

static void test_extreme_clocks(void)
{
	static const gint64 clocks[] = { G_MAXINT64 - 20 * MS, 0, -5 * S, G_MININT64 + 1 };
	Case c = good_case();

	for (gsize i = 0; i < G_N_ELEMENTS(clocks); i++) {
		c.context.departure = clocks[i];
		c.context.arrival = clocks[i] + 10 * MS;
		ASSERT_VERDICT(judge(&c), GCLK_NTP_GOOD);
		CU_ASSERT_TRUE(clocks[i] > NOW ? c.reply.offset < 0 : c.reply.offset > 0);
	}
}

static void test_delay_floor(void)
{
	Case c = good_case();

	c.header.transmit = gclk_ntp_time_from_ns(NOW + 2 * S + 13 * MS);
	ASSERT_VERDICT(judge(&c), GCLK_NTP_GOOD);
	GCLK_ASSERT_INT(c.reply.delay, 100);
	c.context.precision = 0;
	ASSERT_VERDICT(judge(&c), GCLK_NTP_GOOD);
	GCLK_ASSERT_INT(c.reply.delay, 1);
}

static void test_leaps(void)
{
	Case c = good_case();

	c.header.leap = GCLK_LEAP_INSERT;
	ASSERT_VERDICT(judge(&c), GCLK_NTP_GOOD);
	c.header.leap = GCLK_LEAP_DELETE;
	ASSERT_VERDICT(judge(&c), GCLK_NTP_GOOD);
}

static void test_old_versions(void)
{
	for (guint8 version = 0; version < 8; version++) {
		Case c = good_case();

		c.header.version = version;
		ASSERT_VERDICT(judge(&c),
			version >= 1 && version <= 4 ? GCLK_NTP_GOOD : GCLK_NTP_VERSION_UNKNOWN);
	}
}

static void test_local_clock(void)
{
	static const struct {
		guint8 stratum;
		guint32 refid;
		gboolean local;
	} rows[] = {
		{ 1, 0x4c4f434c, TRUE },
		{ 4, 0x7f7f0100, TRUE },
		{ 8, 0x7f7f0101, TRUE },
		{ 1, 0x47505300, FALSE },
		{ 3, 0x4c4f434c, FALSE },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		Case c = good_case();

		c.header.stratum = rows[i].stratum;
		c.header.refid = rows[i].refid;
		ASSERT_VERDICT(judge(&c), GCLK_NTP_GOOD);
		GCLK_ASSERT_INT(c.reply.local_clock, rows[i].local);
	}
}

/* A server that does not say when its clock was set, as some devices do not, is usable. */
static void test_no_reference_time(void)
{
	Case c = good_case();

	c.header.reference = 0;
	ASSERT_VERDICT(judge(&c), GCLK_NTP_GOOD);
	GCLK_ASSERT_INT(c.reply.reference_age, -1);
}

/* --- form ------------------------------------------------------------------------------------- */

static void test_short(void)
{
	Case c = good_case();

	gclk_ntp_header_encode(&c.header, c.packet);
	for (c.length = 0; c.length < GCLK_NTP_HEADER_SIZE; c.length++) {
		ASSERT_VERDICT(judge_bytes(&c), GCLK_NTP_SHORT);
		CU_ASSERT_FALSE(c.reply.has_header);
	}
}

static void test_oversized(void)
{
	static const guint8 zeros[1020] = { 0 };
	Case c = good_case();

	gclk_ntp_header_encode(&c.header, c.packet);
	c.length = GCLK_NTP_PACKET_MAX + 4;
	ASSERT_VERDICT(judge_bytes(&c), GCLK_NTP_OVERSIZED);
	c.length = gclk_ntp_field_append(
		c.packet, GCLK_NTP_HEADER_SIZE, sizeof(c.packet), 1, zeros, sizeof(zeros));
	GCLK_ASSERT_INT(c.length, GCLK_NTP_PACKET_MAX);
	ASSERT_VERDICT(judge_bytes(&c), GCLK_NTP_GOOD);
	c.length = GCLK_NTP_HEADER_SIZE;
	gclk_ntp_check(&c.context, c.packet, c.length, TRUE, &c.reply);
	ASSERT_VERDICT(c.reply.verdict, GCLK_NTP_OVERSIZED);
	CU_ASSERT_FALSE(c.reply.has_header);
}

static void test_modes(void)
{
	for (guint8 mode = 0; mode < 8; mode++) {
		Case c = good_case();

		c.header.mode = mode;
		ASSERT_VERDICT(judge(&c),
			mode == GCLK_NTP_MODE_SERVER ? GCLK_NTP_GOOD : GCLK_NTP_MODE_WRONG);
	}
}

static void test_malformed(void)
{
	Case c = good_case();

	for (c.length = 49; c.length < 68; c.length++)
		if (c.length != 52)
			ASSERT_VERDICT(judge(&c), GCLK_NTP_MALFORMED);
	/* our own request, sent back */
	c = good_case();
	c.header.mode = GCLK_NTP_MODE_CLIENT;
	ASSERT_VERDICT(judge(&c), GCLK_NTP_MODE_WRONG);
}

static void test_unknown_field(void)
{
	Case c = good_case();

	gclk_ntp_header_encode(&c.header, c.packet);
	c.length = gclk_ntp_field_append(
		c.packet, c.length, sizeof(c.packet), 0x4321, (const guint8 *)"?", 1);
	ASSERT_VERDICT(judge_bytes(&c), GCLK_NTP_GOOD);
}

/* --- origin ----------------------------------------------------------------------------------- */

static void test_bad_origin(void)
{
	Case c = good_case();

	c.header.origin = OTHER;
	ASSERT_VERDICT(judge(&c), GCLK_NTP_BAD_ORIGIN);
	c.header.origin = 0;
	ASSERT_VERDICT(judge(&c), GCLK_NTP_BAD_ORIGIN);
	for (gint bit = 0; bit < 64; bit++) {
		c.header.origin = NONCE ^ G_GUINT64_CONSTANT(1) << bit;
		ASSERT_VERDICT(judge(&c), GCLK_NTP_BAD_ORIGIN);
	}
}

static void test_unsolicited(void)
{
	Case c = good_case();

	c.context.nonce = 0;
	ASSERT_VERDICT(judge(&c), GCLK_NTP_UNSOLICITED);
	c.header.origin = 0; /* must not be taken for "no nonce" */
	ASSERT_VERDICT(judge(&c), GCLK_NTP_UNSOLICITED);
}

static void test_duplicate(void)
{
	Case c = good_case();

	/* again, when nothing is under way, and when the next request is */
	c.context.answered = NONCE;
	c.context.nonce = 0;
	ASSERT_VERDICT(judge(&c), GCLK_NTP_DUPLICATE);
	c.context.nonce = OTHER;
	ASSERT_VERDICT(judge(&c), GCLK_NTP_DUPLICATE);
}

static void test_late_and_stepped(void)
{
	Case c = good_case();

	c.context.nonce = OTHER;
	for (gsize i = 0; i < GCLK_NTP_NONCES; i++) {
		memset(c.context.earlier, 0, sizeof(c.context.earlier));
		c.context.earlier[i] = NONCE;
		ASSERT_VERDICT(judge(&c), GCLK_NTP_LATE);
	}
	c.context.voided = NONCE;
	ASSERT_VERDICT(judge(&c), GCLK_NTP_STEPPED);
}

/* --- authentication --------------------------------------------------------------------------- */

static void sign(Case *c)
{
	gclk_ntp_header_encode(&c->header, c->packet);
	c->length =
		gclk_ntp_mac_append(&c->key, c->packet, GCLK_NTP_HEADER_SIZE, sizeof(c->packet));
}

static void test_authentic(void)
{
	Case c = good_case();

	c.context.key = &c.key;
	sign(&c);
	ASSERT_VERDICT(judge_bytes(&c), GCLK_NTP_GOOD);
	CU_ASSERT_TRUE(c.reply.authentic);
	GCLK_ASSERT_INT(c.reply.key_id, 5);
}

/* Each byte of header, key id and MAC counts. */
static void test_bad_mac(void)
{
	Case c = good_case();

	c.context.key = &c.key;
	sign(&c);
	for (gsize i = 4; i < c.length; i++) {
		GclkNtpVerdict expected = i >= 24 && i < 32   ? GCLK_NTP_BAD_ORIGIN
					  : i >= 48 && i < 52 ? GCLK_NTP_MAC_OTHER_KEY
							      : GCLK_NTP_BAD_MAC;

		c.packet[i] ^= 0x10;
		ASSERT_VERDICT(judge_bytes(&c), expected);
		CU_ASSERT_FALSE(c.reply.authentic);
		c.packet[i] ^= 0x10;
	}
	ASSERT_VERDICT(judge_bytes(&c), GCLK_NTP_GOOD);
	/* cut short: what is left of it is no MAC */
	c.length -= 8;
	ASSERT_VERDICT(judge_bytes(&c), GCLK_NTP_MALFORMED);
}

static void test_mac_covers_fields(void)
{
	Case c = good_case();
	gsize signed_length;

	c.context.key = &c.key;
	gclk_ntp_header_encode(&c.header, c.packet);
	c.length = gclk_ntp_field_append(
		c.packet, GCLK_NTP_HEADER_SIZE, sizeof(c.packet), 1, (const guint8 *)"f", 1);
	signed_length = gclk_ntp_mac_append(&c.key, c.packet, c.length, sizeof(c.packet));
	c.length = signed_length;
	ASSERT_VERDICT(judge_bytes(&c), GCLK_NTP_GOOD);
	c.packet[GCLK_NTP_HEADER_SIZE + 4] ^= 1;
	ASSERT_VERDICT(judge_bytes(&c), GCLK_NTP_BAD_MAC);
}

static void test_mac_missing(void)
{
	Case c = good_case();

	c.context.key = &c.key;
	ASSERT_VERDICT(judge(&c), GCLK_NTP_MAC_MISSING);
	/* a kiss-o'-death without MAC is not believed either */
	c.header.stratum = 0;
	c.header.refid = gclk_ntp_refid("DENY");
	ASSERT_VERDICT(judge(&c), GCLK_NTP_MAC_MISSING);
}

static void test_crypto_nak(void)
{
	Case c = good_case();

	c.context.key = &c.key;
	c.length = GCLK_NTP_HEADER_SIZE + 4;
	ASSERT_VERDICT(judge(&c), GCLK_NTP_CRYPTO_NAK);
	c.header.origin = OTHER; /* a forged one is not even that */
	ASSERT_VERDICT(judge(&c), GCLK_NTP_BAD_ORIGIN);
}

/* A MAC that was not asked for proves nothing and does no harm. */
static void test_unasked_mac(void)
{
	Case c = good_case();

	sign(&c);
	c.packet[60] ^= 1;
	ASSERT_VERDICT(judge_bytes(&c), GCLK_NTP_GOOD);
	CU_ASSERT_FALSE(c.reply.authentic);
}

/* --- kisses and levels ------------------------------------------------------------------------ */

static void test_kisses(void)
{
	static const struct {
		const char *code;
		GclkNtpVerdict verdict;
	} rows[] = {
		{ "RATE", GCLK_NTP_KOD_RATE },
		{ "DENY", GCLK_NTP_KOD_DENY },
		{ "RSTR", GCLK_NTP_KOD_RSTR },
		{ "NKEY", GCLK_NTP_KOD_OTHER },
		{ "XYZ", GCLK_NTP_KOD_OTHER },
		{ "INIT", GCLK_NTP_UNSYNCHRONISED },
		{ "STEP", GCLK_NTP_UNSYNCHRONISED },
		{ "", GCLK_NTP_UNSYNCHRONISED },
		{ "\x01\x02\x03\x04", GCLK_NTP_UNSYNCHRONISED },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		Case c = good_case();

		c.header.leap = GCLK_LEAP_UNSYNC;
		c.header.stratum = 0;
		c.header.refid = gclk_ntp_refid(rows[i].code);
		c.header.receive = c.header.transmit = 0; /* kisses need not carry times */
		ASSERT_VERDICT(judge(&c), rows[i].verdict);
		CU_ASSERT_FALSE(c.reply.has_times);
		/* the code counts at stratum 0 only */
		c = good_case();
		c.header.refid = gclk_ntp_refid(rows[i].code);
		ASSERT_VERDICT(judge(&c), GCLK_NTP_GOOD);
	}
}

static void test_levels(void)
{
	static const struct {
		GclkLeap leap;
		guint8 stratum;
		GclkNtpVerdict verdict;
	} rows[] = {
		{ GCLK_LEAP_UNSYNC, 3, GCLK_NTP_UNSYNCHRONISED },
		{ GCLK_LEAP_UNSYNC, 16, GCLK_NTP_UNSYNCHRONISED },
		{ GCLK_LEAP_NONE, 0, GCLK_NTP_STRATUM_0 },
		{ GCLK_LEAP_NONE, 1, GCLK_NTP_GOOD },
		{ GCLK_LEAP_NONE, 15, GCLK_NTP_GOOD },
		{ GCLK_LEAP_NONE, 16, GCLK_NTP_STRATUM_16 },
		{ GCLK_LEAP_NONE, 255, GCLK_NTP_STRATUM_16 },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		Case c = good_case();

		c.header.leap = rows[i].leap;
		c.header.stratum = rows[i].stratum;
		c.header.refid = 0xc0000207;
		ASSERT_VERDICT(judge(&c), rows[i].verdict);
	}
}

static gboolean own(gpointer user, guint32 refid)
{
	return refid == *(guint32 *)user;
}

static void test_loop(void)
{
	Case c = good_case();
	guint32 ours = c.header.refid;

	c.context.own_refid = own;
	c.context.user = &ours;
	ASSERT_VERDICT(judge(&c), GCLK_NTP_LOOP);
	/* at stratum 1 the refid is text, which may look like an address */
	c.header.stratum = 1;
	ASSERT_VERDICT(judge(&c), GCLK_NTP_GOOD);
	c.header.stratum = 2;
	c.header.refid++;
	ASSERT_VERDICT(judge(&c), GCLK_NTP_GOOD);
	/* 127.0.0.1 is the server's own loopback */
	ours = c.header.refid = 0x7f000001;
	ASSERT_VERDICT(judge(&c), GCLK_NTP_GOOD);
}

/* --- times ------------------------------------------------------------------------------------ */

static void test_zero_times(void)
{
	Case c = good_case();

	c.header.transmit = 0;
	ASSERT_VERDICT(judge(&c), GCLK_NTP_ZERO_TIME);
	c = good_case();
	c.header.receive = 0;
	ASSERT_VERDICT(judge(&c), GCLK_NTP_ZERO_TIME);
}

static void test_frozen(void)
{
	Case c = good_case();

	c.context.last_receive = c.header.receive;
	c.context.last_transmit = c.header.transmit;
	ASSERT_VERDICT(judge(&c), GCLK_NTP_FROZEN);
	c.context.last_transmit++;
	ASSERT_VERDICT(judge(&c), GCLK_NTP_GOOD);
}

static void test_backwards(void)
{
	Case c = good_case();
	gint64 received = NOW + 2 * S + 3 * MS;

	c.header.transmit = gclk_ntp_time_from_ns(received - 2 * US);
	ASSERT_VERDICT(judge(&c), GCLK_NTP_BACKWARDS);
	/* within its precision of 2^-20 s it may be noise, which some servers add on purpose */
	c.header.transmit = gclk_ntp_time_from_ns(received - 900);
	ASSERT_VERDICT(judge(&c), GCLK_NTP_GOOD);
}

static void test_reference_future(void)
{
	Case c = good_case();
	gint64 sent = NOW + 2 * S + 7 * MS;

	c.header.reference = gclk_ntp_time_from_ns(sent + 1100 * MS);
	ASSERT_VERDICT(judge(&c), GCLK_NTP_REFERENCE_FUTURE);
	c.header.reference = gclk_ntp_time_from_ns(sent + 900 * MS);
	ASSERT_VERDICT(judge(&c), GCLK_NTP_GOOD);
	GCLK_ASSERT_INT(c.reply.reference_age, 0);
}

static void test_local_step(void)
{
	static const gint64 jumps[] = { S, -S, 3600 * S, -40 * S, 4 * MS, -4 * MS };

	for (gsize i = 0; i < G_N_ELEMENTS(jumps); i++) {
		Case c = good_case();

		c.context.arrival += jumps[i];
		ASSERT_VERDICT(judge(&c), GCLK_NTP_LOCAL_STEP);
	}
}

/* While REAL is steered by tick it may run 10 % fast. */
static void test_steered(void)
{
	Case c = good_case();

	c.context.elapsed = 9 * MS;
	ASSERT_VERDICT(judge(&c), GCLK_NTP_GOOD);
	/* 20 % of 500 ms, and 1 ms */
	c = good_case();
	c.context.elapsed = 500 * MS;
	c.context.arrival = NOW + 600 * MS;
	ASSERT_VERDICT(judge(&c), GCLK_NTP_GOOD);
	c.context.arrival = NOW + 602 * MS;
	ASSERT_VERDICT(judge(&c), GCLK_NTP_LOCAL_STEP);
}

static void test_negative_delay(void)
{
	Case c = good_case();

	/* 2^-20 s + 100 ns are the precisions of both */
	c.header.transmit = gclk_ntp_time_from_ns(NOW + 2 * S + 13 * MS + 1000);
	ASSERT_VERDICT(judge(&c), GCLK_NTP_GOOD);
	c.header.transmit = gclk_ntp_time_from_ns(NOW + 2 * S + 13 * MS + 1100);
	ASSERT_VERDICT(judge(&c), GCLK_NTP_NEGATIVE_DELAY);
}

/* Both clocks count ticks of 4 ms: the exchange may seem to have taken none, or one too many. */
static void test_coarse(void)
{
	Case c = good_case();

	c.context.precision = 4 * MS;
	c.context.arrival = NOW + MS; /* the server held it for 4 ms */
	c.context.elapsed = MS;
	ASSERT_VERDICT(judge(&c), GCLK_NTP_GOOD);
	GCLK_ASSERT_INT(c.reply.delay, 4 * MS);
	c.context.arrival = NOW - MS;
	c.context.elapsed = 0;
	ASSERT_VERDICT(judge(&c), GCLK_NTP_NEGATIVE_DELAY);
	c = good_case();
	c.context.precision = 4 * MS;
	c.context.elapsed = 14 * MS;
	ASSERT_VERDICT(judge(&c), GCLK_NTP_GOOD);
	c.context.elapsed = 20 * MS;
	ASSERT_VERDICT(judge(&c), GCLK_NTP_LOCAL_STEP);
}

static void test_root_distance(void)
{
	Case c = good_case();

	c.header.root_dispersion = 1480 * MS; /* + 10 + 3 ms */
	ASSERT_VERDICT(judge(&c), GCLK_NTP_GOOD);
	c.header.root_dispersion = 1490 * MS;
	ASSERT_VERDICT(judge(&c), GCLK_NTP_ROOT_DISTANCE);
	c = good_case();
	c.header.root_delay = 3000 * MS;
	ASSERT_VERDICT(judge(&c), GCLK_NTP_ROOT_DISTANCE);
	/* MAXDISP holds whatever is configured */
	c = good_case();
	c.context.max_distance = GCLK_BOUND_UNKNOWN;
	c.header.root_dispersion = 16 * S;
	ASSERT_VERDICT(judge(&c), GCLK_NTP_ROOT_DISTANCE);
	c.header.root_dispersion = 15 * S;
	ASSERT_VERDICT(judge(&c), GCLK_NTP_GOOD);
	c.header.root_delay = 30 * S;
	c.header.root_dispersion = 0;
	ASSERT_VERDICT(judge(&c), GCLK_NTP_GOOD);
	/* half of our own delay counts too */
	c = good_case();
	c.context.arrival = NOW + 1004 * MS;
	c.context.elapsed = 1004 * MS;
	c.header.root_dispersion = 980 * MS;
	ASSERT_VERDICT(judge(&c), GCLK_NTP_GOOD);
	c.header.root_dispersion = 995 * MS;
	ASSERT_VERDICT(judge(&c), GCLK_NTP_ROOT_DISTANCE);
	/* a server whose clock ticks once in 4 s */
	c = good_case();
	c.header.precision = 2;
	ASSERT_VERDICT(judge(&c), GCLK_NTP_ROOT_DISTANCE);
}

/* --- words ------------------------------------------------------------------------------------ */

static void test_table(void)
{
	g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);

	for (gint i = 0; i < GCLK_NTP_VERDICTS; i++) {
		GclkNtpVerdict verdict = (GclkNtpVerdict)i;
		const char *name = gclk_ntp_verdict_name(verdict);
		const GclkNtpReply reply = { .verdict = verdict };
		g_autofree char *reason = gclk_ntp_reply_reason(&reply);

		CU_ASSERT_PTR_NOT_NULL_FATAL(name);
		CU_ASSERT_TRUE(g_hash_table_add(names, (gpointer)name));
		for (const char *p = name; *p; p++)
			CU_ASSERT_TRUE(g_ascii_islower(*p) || g_ascii_isdigit(*p) || *p == '-');
		CU_ASSERT_TRUE(strlen(reason) > 5);
		CU_ASSERT_FALSE(g_str_has_suffix(reason, "."));
		if (gclk_ntp_verdict_class(verdict) == GCLK_NTP_CLASS_REFUSED ||
			gclk_ntp_verdict_class(verdict) == GCLK_NTP_CLASS_KOD)
			CU_ASSERT_PTR_NOT_NULL(gclk_ntp_verdict_advice(verdict));
	}
	GCLK_ASSERT_INT(gclk_ntp_verdict_class(GCLK_NTP_GOOD), GCLK_NTP_CLASS_GOOD);
	GCLK_ASSERT_INT(gclk_ntp_verdict_class(GCLK_NTP_BAD_MAC), GCLK_NTP_CLASS_DROP);
	GCLK_ASSERT_INT(gclk_ntp_verdict_class(GCLK_NTP_KOD_RATE), GCLK_NTP_CLASS_KOD);
	GCLK_ASSERT_INT(gclk_ntp_verdict_class(GCLK_NTP_LOOP), GCLK_NTP_CLASS_REFUSED);
	GCLK_ASSERT_INT(gclk_ntp_verdict_class(GCLK_NTP_LOCAL_STEP), GCLK_NTP_CLASS_TRANSIENT);
	GCLK_ASSERT_STR(gclk_ntp_verdict_name((GclkNtpVerdict)1000), "malformed");
}

static void test_reasons(void)
{
	Case c = good_case();
	g_autofree char *unsynchronised = NULL;
	g_autofree char *distance = NULL;
	g_autofree char *kiss = NULL;
	g_autofree char *loop = NULL;

	c.header.leap = GCLK_LEAP_UNSYNC;
	c.header.stratum = 0;
	c.header.refid = gclk_ntp_refid("INIT");
	judge(&c);
	unsynchronised = gclk_ntp_reply_reason(&c.reply);
	GCLK_ASSERT_STR(unsynchronised,
		"the server answers, but is itself not synchronised (stratum 0, leap 3, INIT: it "
		"has "
		"not yet synchronised for the first time; ntpdate calls it \"strata too high\")");
	c = good_case();
	c.header.root_dispersion = 2 * S;
	judge(&c);
	distance = gclk_ntp_reply_reason(&c.reply);
	GCLK_ASSERT_STR(distance,
		"its time may be off by more than the limit (root distance 2.013 s, "
		"limit 1.500 s)");
	c = good_case();
	c.header.stratum = 0;
	c.header.refid = gclk_ntp_refid("NKEY");
	judge(&c);
	kiss = gclk_ntp_reply_reason(&c.reply);
	GCLK_ASSERT_HAS(kiss, "(NKEY: it knows no such key)");
	c = good_case();
	c.context.own_refid = own;
	c.context.user = &c.header.refid;
	judge(&c);
	loop = gclk_ntp_reply_reason(&c.reply);
	GCLK_ASSERT_HAS(loop, "this very machine (refid 192.0.2.7)");
}

static void test_silence(void)
{
	static const struct {
		gint error;
		gboolean keyed;
		const char *part;
	} rows[] = {
		{ 0, FALSE,
			"no answer from 192.0.2.1 port 123: a firewall, \"restrict ... ignore\"" },
		{ 0, TRUE, "the server lacks this key" },
		{ ECONNREFUSED, TRUE, "nothing listens on this port there" },
		{ EHOSTUNREACH, FALSE, "the host cannot be reached" },
		{ ENETUNREACH, FALSE, "no route to its network" },
		{ EPERM, FALSE, "firewall" },
	};
	GclkAddress address;

	gclk_address_parse("192.0.2.1", 123, &address);
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *reason =
			gclk_ntp_silence_reason(&address, rows[i].error, rows[i].keyed);

		GCLK_ASSERT_HAS(reason, rows[i].part);
	}
}

int main(void)
{
	static const GclkTestCase cases[] = {
		{ "over the link", test_link },
		{ "good", test_good },
		{ "sign of the offset", test_sign },
		{ "asymmetric delay", test_asymmetry },
		{ "odd nanoseconds", test_odd },
		{ "eras", test_eras },
		{ "rollover between receive and transmit", test_rollover_within },
		{ "clocks at the ends of time", test_extreme_clocks },
		{ "least delay", test_delay_floor },
		{ "leap seconds", test_leaps },
		{ "versions", test_old_versions },
		{ "local clock", test_local_clock },
		{ "no reference time", test_no_reference_time },
		{ "short", test_short },
		{ "oversized", test_oversized },
		{ "modes", test_modes },
		{ "malformed", test_malformed },
		{ "unknown extension field", test_unknown_field },
		{ "bad origin", test_bad_origin },
		{ "unsolicited", test_unsolicited },
		{ "duplicate", test_duplicate },
		{ "late, and stepped over", test_late_and_stepped },
		{ "authentic", test_authentic },
		{ "bad MAC", test_bad_mac },
		{ "the MAC covers fields", test_mac_covers_fields },
		{ "missing MAC", test_mac_missing },
		{ "crypto-NAK", test_crypto_nak },
		{ "MAC that was not asked for", test_unasked_mac },
		{ "kisses", test_kisses },
		{ "leap and stratum", test_levels },
		{ "loop", test_loop },
		{ "times that are not set", test_zero_times },
		{ "frozen", test_frozen },
		{ "backwards", test_backwards },
		{ "reference time in the future", test_reference_future },
		{ "step of the local clock", test_local_step },
		{ "steered local clock", test_steered },
		{ "negative delay", test_negative_delay },
		{ "clocks that count ticks", test_coarse },
		{ "root distance", test_root_distance },
		{ "table of verdicts", test_table },
		{ "reasons", test_reasons },
		{ "silence", test_silence },
		{ NULL, NULL },
	};

	return gclk_test_main("ntp-check", cases);
}
