/* SPDX-License-Identifier: BSD-2-Clause */
/* Which stamps make the sample, and what becomes of requests that overlap. */
#include "source/ntp-exchange.h"

#include "fake-platform.h"
#include "harness.h"

#define MS GCLK_NS_PER_MS

typedef struct {
	GclkFake *fake;
	GclkSocket *socket;
	GclkNtpExchange exchange;
	guint8 packet[GCLK_NTP_HEADER_SIZE];
	GclkDatagram datagram;
	GclkNtpReply reply;
	GclkSample sample;
} Rig;

static void received(gpointer user, const GclkDatagram *datagram)
{
	(void)user;
	(void)datagram;
}

static void rig_init(Rig *rig)
{
	static const GclkSocketEvents events = { .received = received };
	GclkAddress peer;

	*rig = (Rig){ .fake = gclk_fake_new() };
	gclk_address_parse("192.0.2.1", 123, &peer);
	rig->socket = rig->fake->platform.udp_open(&rig->fake->platform, &peer, &events, rig, NULL);
	rig->exchange.context.max_distance = 1500 * MS;
	rig->exchange.context.pivot = GCLK_FAKE_REAL;
}

static void rig_clear(Rig *rig)
{
	rig->fake->platform.udp_close(&rig->fake->platform, rig->socket);
	gclk_fake_free(rig->fake);
}

static void ask(Rig *rig)
{
	CU_ASSERT_TRUE(
		gclk_ntp_exchange_send(&rig->exchange, &rig->fake->platform, rig->socket, 6, NULL));
}

/* An answer to the request before the last by from_last arrives now; both of the server's stamps
   say that REAL is right. */
static GclkNtpVerdict answer(Rig *rig, guint from_last)
{
	GclkNtpHeader asked, header = {
		.version = 4,
		.mode = GCLK_NTP_MODE_SERVER,
		.stratum = 1,
		.precision = -30,
	};

	gclk_ntp_header_decode(gclk_fake_packet(rig->fake, from_last)->data, &asked);
	rig->fake->platform.read_pair(&rig->fake->platform, &rig->datagram.arrival);
	header.origin = asked.transmit;
	header.receive = header.transmit = gclk_ntp_time_from_ns(rig->datagram.arrival.real - MS);
	gclk_ntp_header_encode(&header, rig->packet);
	rig->datagram.data = rig->packet;
	rig->datagram.length = sizeof(rig->packet);
	gclk_ntp_exchange_take(
		&rig->exchange, &rig->fake->platform, &rig->datagram, &rig->reply, &rig->sample);
	return rig->reply.verdict;
}

static void test_user_stamps(void)
{
	Rig rig;

	rig_init(&rig);
	ask(&rig);
	CU_ASSERT_TRUE(gclk_ntp_exchange_open(&rig.exchange));
	gclk_fake_pass(rig.fake, 4 * MS);
	GCLK_ASSERT_INT(answer(&rig, 0), GCLK_NTP_GOOD);
	CU_ASSERT_FALSE(gclk_ntp_exchange_open(&rig.exchange));
	GCLK_ASSERT_INT(rig.sample.delay, 4 * MS);
	GCLK_ASSERT_INT(rig.sample.offset, MS);
	GCLK_ASSERT_STR(gclk_ntp_stamps_name(&rig.sample), "user-space stamps");
	rig_clear(&rig);
}

/* The kernel's stamp counts from a little before our own reading on, up to the arrival. */
static void test_departure_stamps(void)
{
	static const struct {
		gint64 stamp; /* after our own */
		gint64 delay; /* that follows */
	} rows[] = {
		{ 900 * MS, 100 * MS },
		{ 1000 * MS, 100 }, /* the floor: the width of the readings */
		{ 1001 * MS, 1000 * MS },
		{ 0, 1000 * MS },
		{ -MS, 1001 * MS },
		{ -MS - 1, 1000 * MS },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		Rig rig;

		rig_init(&rig);
		ask(&rig);
		rig.datagram.departure = rig.exchange.departure.real + rows[i].stamp;
		rig.datagram.departure_kernel_stamp = TRUE;
		rig.datagram.kernel_stamp = TRUE;
		gclk_fake_pass(rig.fake, 1000 * MS);
		GCLK_ASSERT_INT(answer(&rig, 0), GCLK_NTP_GOOD);
		GCLK_ASSERT_INT(rig.sample.delay, rows[i].delay);
		rig_clear(&rig);
	}
}

/* The floor of the delay is the wider of the two readings. */
static void test_precision(void)
{
	Rig rig;

	rig_init(&rig);
	rig.fake->width = 5000;
	ask(&rig);
	rig.fake->width = 300;
	GCLK_ASSERT_INT(answer(&rig, 0), GCLK_NTP_GOOD);
	GCLK_ASSERT_INT(rig.sample.delay, 5000);
	rig.fake->width = 300;
	ask(&rig);
	rig.fake->width = 7000;
	gclk_fake_pass(rig.fake, 1);
	GCLK_ASSERT_INT(answer(&rig, 0), GCLK_NTP_GOOD);
	GCLK_ASSERT_INT(rig.sample.delay, 7000);
	rig_clear(&rig);
}

/* A new request gives up the one before; its answer is late, however often. */
static void test_overlap(void)
{
	Rig rig;

	rig_init(&rig);
	for (guint i = 0; i < 6; i++)
		ask(&rig);
	gclk_fake_pass(rig.fake, MS);
	for (guint i = 5; i > 0; i--)
		GCLK_ASSERT_INT(answer(&rig, i), GCLK_NTP_LATE);
	GCLK_ASSERT_INT(answer(&rig, 0), GCLK_NTP_GOOD);
	GCLK_ASSERT_INT(answer(&rig, 0), GCLK_NTP_DUPLICATE);
	rig_clear(&rig);
}

/* Only so many are remembered. */
static void test_memory(void)
{
	Rig rig;

	rig_init(&rig);
	for (guint i = 0; i < GCLK_NTP_NONCES + 2; i++)
		ask(&rig);
	GCLK_ASSERT_INT(answer(&rig, GCLK_NTP_NONCES), GCLK_NTP_LATE);
	GCLK_ASSERT_INT(answer(&rig, GCLK_NTP_NONCES + 1), GCLK_NTP_BAD_ORIGIN);
	gclk_ntp_exchange_give_up(&rig.exchange);
	gclk_ntp_exchange_give_up(&rig.exchange); /* once */
	GCLK_ASSERT_INT(answer(&rig, GCLK_NTP_NONCES - 1), GCLK_NTP_LATE);
	rig_clear(&rig);
}

static void test_void(void)
{
	Rig rig;

	rig_init(&rig);
	ask(&rig);
	gclk_ntp_exchange_void(&rig.exchange);
	gclk_ntp_exchange_void(&rig.exchange);
	CU_ASSERT_FALSE(gclk_ntp_exchange_open(&rig.exchange));
	GCLK_ASSERT_INT(answer(&rig, 0), GCLK_NTP_STEPPED);
	rig_clear(&rig);
}

/* Another server may happen to show the time that the last one showed. */
static void test_forget_server(void)
{
	Rig rig;

	rig_init(&rig);
	ask(&rig);
	GCLK_ASSERT_INT(answer(&rig, 0), GCLK_NTP_GOOD);
	ask(&rig);
	GCLK_ASSERT_INT(answer(&rig, 0), GCLK_NTP_FROZEN);
	gclk_ntp_exchange_forget_server(&rig.exchange);
	ask(&rig);
	GCLK_ASSERT_INT(answer(&rig, 0), GCLK_NTP_GOOD);
	rig_clear(&rig);
}

static void test_send_fails(void)
{
	g_autoptr(GError) error = NULL;
	Rig rig;

	rig_init(&rig);
	rig.fake->send_error = 1;
	CU_ASSERT_FALSE(
		gclk_ntp_exchange_send(&rig.exchange, &rig.fake->platform, rig.socket, 6, &error));
	CU_ASSERT_PTR_NOT_NULL(error);
	CU_ASSERT_FALSE(gclk_ntp_exchange_open(&rig.exchange));
	rig_clear(&rig);
}

int main(void)
{
	static const GclkTestCase cases[] = {
		{ "user-space stamps", test_user_stamps },
		{ "departure stamps", test_departure_stamps },
		{ "precision", test_precision },
		{ "overlap", test_overlap },
		{ "memory", test_memory },
		{ "void", test_void },
		{ "another server", test_forget_server },
		{ "send fails", test_send_fails },
		{ NULL, NULL },
	};

	return gclk_test_main("ntp-exchange", cases);
}
