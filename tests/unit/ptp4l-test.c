/* SPDX-License-Identifier: BSD-2-Clause */
/* ptp4l's management messages, recorded from linuxptp 3.1.1, what they mean, and what the programs
   of linuxptp were told. */
#include <string.h>

#include "harness.h"
#include "hex.h"
#include "sync/phc2sys.h"
#include "sync/ptp4l-state.h"
#include "sync/timemaster.h"

#define SEQUENCE 0x0200 /* of the recorded reply */
#define PORT     0x1234

static const char time_status_reply[] =
	"0d02 0068 00000000000000000000000000000000 d24243fffe26e2a4 0000 0000 04 7f"
	"0000000000000000 1234 00000200 0001 0034 c000 fffffffffffffe75 18e9e0ce45cb17b4 00000000"
	"00000000 0000 000000000000000000000000 00000001 6a0a5bfffe155865";

/* The data sets that came with it. */
static const struct {
	guint16 id;
	const char *data;
} data_sets[] = {
	{ GCLK_PTP_PORT_DATA_SET, "d24243fffe26e2a40001 08 fe 0000000000000000 00 03 fe 01 00 02" },
	{ GCLK_PTP_PARENT_DATA_SET,
		"6a0a5bfffe1558650001 00 00 ffff 7fffffff 0a f8 fe ffff 80 6a0a5bfffe155865" },
	{ GCLK_PTP_TIME_PROPERTIES_DATA_SET, "0025 00 a0" },
	{ GCLK_PTP_DEFAULT_DATA_SET, "03 00 0001 80 ff fe ffff 80 d24243fffe26e2a4 00 00" },
	{ GCLK_PTP_CURRENT_DATA_SET, "0001 fffffffffe750000 000000000a740000" },
	{ GCLK_PTP_PORT_PROPERTIES_NP, "d24243fffe26e2a40001 08 00 02 7642 00" },
};

#define INGRESS G_GINT64_CONSTANT(0x18e9e0ce45cb17b4)

/* --- messages --------------------------------------------------------------------------------- */

static void test_get(void)
{
	const GclkPtpAsk ask = { .id = GCLK_PTP_TIME_STATUS_NP, .sequence = 1, .port = PORT };
	const GclkPtpAsk gptp = {
		.id = GCLK_PTP_PORT_DATA_SET, .domain = 24, .transport_specific = 1
	};
	guint8 expected[GCLK_PTP_GET_SIZE], got[GCLK_PTP_GET_SIZE];

	gclk_test_hex("0d02 0036 00000000 00000000 00000000 00000000 00000000 00000000 1234 0001 "
		      "04 7f ffffffffffffffffffff 00000000 0001 0002 c000",
		expected, sizeof(expected));
	gclk_ptp_get_encode(&ask, got);
	CU_ASSERT_EQUAL(memcmp(got, expected, sizeof(got)), 0);
	gclk_ptp_get_encode(&gptp, got);
	GCLK_ASSERT_INT(got[0], 0x1d);
	GCLK_ASSERT_INT(got[4], 24);
}

static void test_answer(void)
{
	guint8 packet[256];
	gsize length = gclk_test_hex(time_status_reply, packet, sizeof(packet));
	GclkPtpAnswer answer;

	GCLK_ASSERT_INT(length, 104);
	CU_ASSERT_TRUE(gclk_ptp_answer_parse(packet, length, &answer));
	GCLK_ASSERT_INT(answer.ask.id, GCLK_PTP_TIME_STATUS_NP);
	GCLK_ASSERT_INT(answer.ask.port, PORT);
	GCLK_ASSERT_INT(answer.ask.sequence, 0);
	GCLK_ASSERT_INT(answer.error, 0);
	GCLK_ASSERT_INT(answer.length, 50);
	CU_ASSERT_PTR_EQUAL(answer.data, packet + 54);
}

static void test_bad_answers(void)
{
	guint8 good[128], packet[128];
	gsize length = gclk_test_hex(time_status_reply, good, sizeof(good));
	static const struct {
		gsize at;
		guint8 value;
	} changes[] = {
		{ 0, 0x00 },  /* a Sync */
		{ 1, 0x01 },  /* PTP version 1 */
		{ 2, 0x01 },  /* longer than what came */
		{ 3, 0x20 },  /* shorter than a header */
		{ 46, 0x00 }, /* a GET */
		{ 46, 0x03 }, /* a command */
		{ 49, 0x03 }, /* an organisation's own TLV */
		{ 50, 0x01 }, /* a TLV longer than the message */
		{ 51, 0x01 }, /* one without an id */
	};
	GclkPtpAnswer answer;

	for (gsize cut = 0; cut < length; cut++)
		CU_ASSERT_FALSE(gclk_ptp_answer_parse(good, cut, &answer));
	for (gsize i = 0; i < G_N_ELEMENTS(changes); i++) {
		memcpy(packet, good, length);
		packet[changes[i].at] = changes[i].value;
		if (gclk_ptp_answer_parse(packet, length, &answer))
			CU_FAIL("a damaged message was taken");
	}
	CU_ASSERT_FALSE(gclk_ptp_answer_parse(good, GCLK_PTP_MESSAGE_MAX + 1, &answer));
}

static void test_refusal(void)
{
	guint8 packet[128];
	gsize length =
		gclk_test_hex("0d02 003e 00000000 00000000 00000000 00000000 d24243fffe26e2a4 0000 "
			      "0007 04 7f 0000000000000000 1234 0000 0200 0002 000a 0006 c004 "
			      "00000000 0000",
			packet, sizeof(packet));
	GclkPtpAnswer answer;
	GclkPtp4lState state = { 0 };

	CU_ASSERT_TRUE(gclk_ptp_answer_parse(packet, length, &answer));
	GCLK_ASSERT_INT(answer.error, 6);
	GCLK_ASSERT_INT(answer.ask.id, GCLK_PTP_PORT_PROPERTIES_NP);
	GCLK_ASSERT_INT(answer.length, 0);
	CU_ASSERT_TRUE(gclk_ptp4l_state_take(&state, &answer));
	CU_ASSERT_FALSE(gclk_ptp4l_has(&state, GCLK_PTP_PORT_PROPERTIES_NP));
	packet[53] = 0; /* no error at all */
	CU_ASSERT_FALSE(gclk_ptp_answer_parse(packet, length, &answer));
	packet[53] = 6;
	packet[51] = 3; /* an error without the id that it is of */
	CU_ASSERT_FALSE(gclk_ptp_answer_parse(packet, length, &answer));
}

/* --- the state -------------------------------------------------------------------------------- */

static void take(GclkPtp4lState *state, guint16 id, const char *hex, gboolean expected)
{
	guint8 data[128];
	GclkPtpAnswer answer = { .ask = { .id = id }, .data = data };

	answer.length = gclk_test_hex(hex, data, sizeof(data));
	GCLK_ASSERT_INT(gclk_ptp4l_state_take(state, &answer), expected);
}

/* Everything that was recorded. */
static void fill(GclkPtp4lState *state)
{
	guint8 packet[128];
	gsize length = gclk_test_hex(time_status_reply, packet, sizeof(packet));
	GclkPtpAnswer answer;

	memset(state, 0, sizeof(*state));
	gclk_ptp_answer_parse(packet, length, &answer);
	CU_ASSERT_TRUE(gclk_ptp4l_state_take(state, &answer));
	for (gsize i = 0; i < G_N_ELEMENTS(data_sets); i++) {
		CU_ASSERT_FALSE(gclk_ptp4l_state_complete(state));
		take(state, data_sets[i].id, data_sets[i].data, TRUE);
	}
}

static void test_state(void)
{
	GclkPtp4lState state;
	const GclkPtp4lPort *port;
	char text[20];

	fill(&state);
	CU_ASSERT_TRUE(gclk_ptp4l_state_complete(&state));
	GCLK_ASSERT_INT(state.master_offset, -395);
	GCLK_ASSERT_INT(state.ingress_time, INGRESS);
	GCLK_ASSERT_INT(state.gm_present, TRUE);
	GCLK_ASSERT_INT(state.gm_class, 248);
	GCLK_ASSERT_INT(state.gm_accuracy, 0xfe);
	GCLK_ASSERT_INT(state.utc_offset, 37);
	GCLK_ASSERT_INT(state.time_flags, 0);
	GCLK_ASSERT_INT(state.number_ports, 1);
	GCLK_ASSERT_INT(state.own_class, 255);
	GCLK_ASSERT_INT(state.path_delay, 2676);
	gclk_ptp_identity_format(state.gm_identity, text);
	GCLK_ASSERT_STR(text, "6a0a5b.fffe.155865");
	port = gclk_ptp4l_state_port(&state);
	CU_ASSERT_PTR_NOT_NULL_FATAL(port);
	GCLK_ASSERT_INT(port->number, 1);
	GCLK_ASSERT_INT(port->state, GCLK_PTP_PORT_UNCALIBRATED);
	GCLK_ASSERT_INT(port->log_sync_interval, -2);
	GCLK_ASSERT_INT(port->stamping, GCLK_PTP_STAMPING_SOFTWARE);
	GCLK_ASSERT_STR(port->interface, "vB");
}

static void test_short_data(void)
{
	GclkPtp4lState state = { 0 };

	take(&state, GCLK_PTP_PORT_DATA_SET, "d24243fffe26e2a40001 08", FALSE);
	take(&state, GCLK_PTP_PARENT_DATA_SET, "00", FALSE);
	take(&state, GCLK_PTP_TIME_PROPERTIES_DATA_SET, "002500", FALSE);
	take(&state, GCLK_PTP_TIME_STATUS_NP, "00", FALSE);
	take(&state, 0x2005, "00", FALSE); /* not asked for */
	/* a text longer than the message is cut, not read beyond */
	take(&state, GCLK_PTP_PORT_PROPERTIES_NP, "d24243fffe26e2a40001 08 01 ff 65", TRUE);
	GCLK_ASSERT_STR(state.ports[0].interface, "e");
	GCLK_ASSERT_INT(state.answered, 1 << 6);
	CU_ASSERT_PTR_NULL(gclk_ptp4l_state_port(&state)); /* its state was not told */
}

static void add_port(GclkPtp4lState *state, guint number, guint port_state)
{
	g_autofree char *hex =
		g_strdup_printf("d24243fffe26e2a4%04x%02x fe 0000000000000000 00 03 fe 01 00 02",
			number, port_state);

	take(state, GCLK_PTP_PORT_DATA_SET, hex, TRUE);
}

static void test_ports(void)
{
	GclkPtp4lState state = { 0 };

	take(&state, GCLK_PTP_DEFAULT_DATA_SET,
		"02 00 0003 80 f8 fe ffff 80 d24243fffe26e2a4 00 00", TRUE);
	add_port(&state, 1, GCLK_PTP_PORT_FAULTY);
	GCLK_ASSERT_INT(gclk_ptp4l_state_port(&state)->number, 1);
	add_port(&state, 2, GCLK_PTP_PORT_MASTER);
	GCLK_ASSERT_INT(gclk_ptp4l_state_port(&state)->number, 2);
	add_port(&state, 3, GCLK_PTP_PORT_SLAVE);
	GCLK_ASSERT_INT(gclk_ptp4l_state_port(&state)->number, 3);
	add_port(&state, 3, GCLK_PTP_PORT_SLAVE); /* said twice */
	GCLK_ASSERT_INT(state.n_ports, 3);
	add_port(&state, 0, GCLK_PTP_PORT_SLAVE); /* no port at all */
	GCLK_ASSERT_INT(state.n_ports, 3);
	for (guint i = 4; i < 200; i++)
		add_port(&state, i, GCLK_PTP_PORT_SLAVE);
	GCLK_ASSERT_INT(state.n_ports, GCLK_PTP4L_PORTS_MAX);
}

/* --- judging ---------------------------------------------------------------------------------- */

typedef struct {
	GclkPtp4lState state;
	GclkPtp4lSettings *settings;
	GclkPtp4lView view;
	GclkDaemonReport *report;
} Rig;

static void begin(Rig *rig)
{
	memset(rig, 0, sizeof(*rig));
	fill(&rig->state);
	rig->settings = gclk_ptp4l_settings_new(NULL, NULL);
	rig->view = (GclkPtp4lView){ .settings = rig->settings,
		.process_seen = TRUE,
		.able = TRUE,
		.real = INGRESS + 300 * GCLK_NS_PER_MS,
		.device = "vB" };
}

static const GclkDaemonReport *judge(Rig *rig)
{
	gclk_daemon_report_free(rig->report);
	rig->report = gclk_daemon_report_new("ptp4l");
	gclk_ptp4l_judge_steers(&rig->state, &rig->view, rig->report);
	gclk_ptp4l_judge(&rig->state, &rig->view, rig->report);
	return rig->report;
}

static void end(Rig *rig)
{
	gclk_daemon_report_free(rig->report);
	gclk_ptp4l_settings_free(rig->settings);
}

static void test_slave(void)
{
	Rig rig;
	const GclkDaemonReport *report;

	begin(&rig);
	rig.state.ports[0].state = GCLK_PTP_PORT_SLAVE;
	rig.state.gm_class = 6;
	rig.state.gm_accuracy = 0x21;
	rig.state.time_flags = 1 | 4 | 8 | 16;
	report = judge(&rig);
	GCLK_ASSERT_INT(report->presence, GCLK_DAEMON_ANSWERS);
	GCLK_ASSERT_INT(report->locked, TRUE);
	GCLK_ASSERT_INT(report->steers, GCLK_STEERS_YES);
	GCLK_ASSERT_INT(report->reference, GCLK_REFERENCE_PTP);
	GCLK_ASSERT_STR(report->source, "6a0a5b.fffe.155865");
	GCLK_ASSERT_INT(report->clock_class, 6);
	GCLK_ASSERT_INT(report->has_offset, TRUE);
	GCLK_ASSERT_INT(report->offset, 395); /* master_offset is local minus master */
	GCLK_ASSERT_INT(report->bound, 100 + 395 + 2676);
	GCLK_ASSERT_INT(report->age, 300 * GCLK_NS_PER_MS);
	GCLK_ASSERT_INT(report->leap, GCLK_LEAP_INSERT);
	GCLK_ASSERT_INT(report->tai_offset, 37);
	GCLK_ASSERT_INT(report->timescale, GCLK_TIMESCALE_TAI);
	GCLK_ASSERT_HAS(report->locked_why, "SLAVE");
	end(&rig);
}

static void test_free_running(void)
{
	Rig rig;
	const GclkDaemonReport *report;

	begin(&rig);
	report = judge(&rig); /* UNCALIBRATED, not told to run free: its servo settles */
	GCLK_ASSERT_INT(report->locked, FALSE);
	GCLK_ASSERT_HAS(report->locked_why, "servo");
	rig.settings->free_running = TRUE;
	report = judge(&rig);
	GCLK_ASSERT_INT(report->locked, TRUE);
	GCLK_ASSERT_INT(report->steers, GCLK_STEERS_NO);
	GCLK_ASSERT_HAS(report->steers_why, "free");
	GCLK_ASSERT_INT(report->tai_offset, 0); /* arbitrary timescale */
	GCLK_ASSERT_INT(report->timescale, GCLK_TIMESCALE_UTC);
	GCLK_ASSERT_INT(report->bound, GCLK_BOUND_UNKNOWN); /* accuracy 0xfe */
	end(&rig);
}

/* Seen under timemaster: with the servo ntpshm the port never gets beyond UNCALIBRATED. */
static void test_feeding(void)
{
	const GclkDaemonReport *report;
	Rig rig;

	begin(&rig);
	rig.settings->feeds = g_strdup("SHM 0");
	report = judge(&rig);
	GCLK_ASSERT_INT(report->locked, TRUE);
	GCLK_ASSERT_HAS(report->locked_why, "feeding");
	GCLK_ASSERT_INT(report->steers, GCLK_STEERS_NO);
	rig.state.ingress_time = 0;
	GCLK_ASSERT_INT(judge(&rig)->locked, FALSE);
	end(&rig);
}

/* Seen: the port goes to LISTENING, ingress_time to 0; the rest stays as it was. */
static void test_dead_master(void)
{
	Rig rig;
	const GclkDaemonReport *report;

	begin(&rig);
	rig.settings->free_running = TRUE;
	rig.state.ports[0].state = GCLK_PTP_PORT_LISTENING;
	rig.state.ingress_time = 0;
	report = judge(&rig);
	GCLK_ASSERT_INT(report->locked, FALSE);
	GCLK_ASSERT_INT(report->reference, GCLK_REFERENCE_NONE);
	GCLK_ASSERT_INT(report->has_offset, FALSE);
	GCLK_ASSERT_INT(report->age, -1);
	GCLK_ASSERT_INT(report->bound, GCLK_BOUND_UNKNOWN);
	GCLK_ASSERT_HAS(report->locked_why, "LISTENING");
	GCLK_ASSERT_HAS(report->remedy, "multicast");
	/* it hears a new one, of which no Sync has come */
	rig.state.ports[0].state = GCLK_PTP_PORT_SLAVE;
	report = judge(&rig);
	GCLK_ASSERT_INT(report->locked, FALSE);
	GCLK_ASSERT_HAS(report->locked_why, "no Sync");
	end(&rig);
}

static void test_freshness(void)
{
	static const struct {
		gint64 age;
		gint8 log_sync_interval;
		gboolean locked;
	} cases[] = {
		{ 0, 0, TRUE }, { 10 * GCLK_NS_PER_S, -4, TRUE }, /* the floor */
		{ 10 * GCLK_NS_PER_S + 1, -4, FALSE },
		{ 32 * GCLK_NS_PER_S, 2, TRUE }, /* eight intervals of 4 s */
		{ 32 * GCLK_NS_PER_S + 1, 2, FALSE },
		{ 3600 * GCLK_NS_PER_S, 127, FALSE }, /* an absurd interval is bounded: 128 s */
		{ -GCLK_NS_PER_S, 0, TRUE }, { -GCLK_NS_PER_S - 1, 0, FALSE }, /* in the future */
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		Rig rig;

		begin(&rig);
		rig.state.ports[0].state = GCLK_PTP_PORT_SLAVE;
		rig.state.ports[0].log_sync_interval = cases[i].log_sync_interval;
		rig.view.real = INGRESS + cases[i].age;
		GCLK_ASSERT_INT(judge(&rig)->locked, cases[i].locked);
		end(&rig);
	}
}

/* With hardware stamps ingress_time is the network card's clock, which keeps TAI. */
static void test_hardware(void)
{
	Rig rig;
	const GclkDaemonReport *report;

	begin(&rig);
	rig.state.ports[0].state = GCLK_PTP_PORT_SLAVE;
	rig.state.ports[0].stamping = GCLK_PTP_STAMPING_HARDWARE;
	rig.state.time_flags = 8;
	rig.view.device = "/dev/ptp0";
	GCLK_ASSERT_INT(judge(&rig)->locked, FALSE); /* 37 s old, if REAL is right */
	rig.view.real = INGRESS - 36 * GCLK_NS_PER_S;
	report = judge(&rig);
	GCLK_ASSERT_INT(report->locked, TRUE);
	GCLK_ASSERT_INT(report->age, GCLK_NS_PER_S);
	GCLK_ASSERT_INT(report->steers, GCLK_STEERS_NO);
	GCLK_ASSERT_HAS(report->steers_why, "/dev/ptp0");
	GCLK_ASSERT_HAS(report->remedy, "phc2sys");
	/* the clock itself is better evidence */
	rig.view.has_phc = TRUE;
	rig.view.phc = INGRESS + 20 * GCLK_NS_PER_S;
	GCLK_ASSERT_INT(judge(&rig)->locked, FALSE);
	rig.view.real = 0;
	rig.view.phc = INGRESS + 2 * GCLK_NS_PER_S;
	GCLK_ASSERT_INT(judge(&rig)->locked, TRUE);
	/* by which clock it stamps is not known: the age is not either */
	rig.state.ports[0].stamping = GCLK_PTP_STAMPING_UNKNOWN;
	report = judge(&rig);
	GCLK_ASSERT_INT(report->locked, FALSE);
	GCLK_ASSERT_INT(report->steers, GCLK_STEERS_UNKNOWN);
	/* and an unreadable clock of which the scale is not known */
	rig.state.ports[0].stamping = GCLK_PTP_STAMPING_HARDWARE;
	rig.state.answered &= ~(1U << 4);
	rig.view.has_phc = FALSE;
	rig.view.real = INGRESS;
	GCLK_ASSERT_INT(judge(&rig)->locked, FALSE);
	end(&rig);
}

static void test_others(void)
{
	Rig rig;
	const GclkDaemonReport *report;

	begin(&rig);
	rig.state.ports[0].state = GCLK_PTP_PORT_MASTER;
	rig.state.ingress_time = 0;
	report = judge(&rig);
	GCLK_ASSERT_INT(report->locked, FALSE);
	GCLK_ASSERT_INT(report->reference, GCLK_REFERENCE_LOCAL);
	GCLK_ASSERT_INT(report->n_sources, 0);
	rig.state.ports[0].state = GCLK_PTP_PORT_FAULTY;
	report = judge(&rig);
	GCLK_ASSERT_HAS(report->locked_why, "FAULTY");
	GCLK_ASSERT_HAS(report->remedy, "link");
	rig.state.ports[0].state = 77;
	GCLK_ASSERT_HAS(judge(&rig)->locked_why, "state 77");
	rig.state.ports[0].state = GCLK_PTP_PORT_SLAVE;
	rig.state.master_offset = G_MININT64;
	rig.state.ingress_time = INGRESS;
	GCLK_ASSERT_INT(judge(&rig)->bound, GCLK_BOUND_UNKNOWN);
	rig.state.ingress_time = G_MININT64;
	rig.view.real = G_MAXINT64;
	GCLK_ASSERT_INT(judge(&rig)->locked, FALSE);
	end(&rig);
	begin(&rig);
	rig.state.answered = 1 << 2; /* the port alone */
	report = judge(&rig);
	GCLK_ASSERT_INT(report->presence, GCLK_DAEMON_GARBLED);
	GCLK_ASSERT_INT(report->locked, FALSE);
	end(&rig);
}

static void test_steering(void)
{
	Rig rig;

	begin(&rig);
	rig.view.able = FALSE;
	GCLK_ASSERT_INT(judge(&rig)->steers, GCLK_STEERS_NO);
	GCLK_ASSERT_HAS(rig.report->steers_why, "CAP_SYS_TIME");
	rig.view.process_seen = FALSE;
	GCLK_ASSERT_INT(judge(&rig)->steers, GCLK_STEERS_UNKNOWN);
	rig.view.process_seen = rig.view.able = TRUE;
	GCLK_ASSERT_INT(judge(&rig)->steers, GCLK_STEERS_YES);
	rig.settings->incomplete = TRUE; /* another servo may be in there */
	GCLK_ASSERT_INT(judge(&rig)->steers, GCLK_STEERS_UNKNOWN);
	rig.settings->feeds = g_strdup("SHM 0");
	GCLK_ASSERT_INT(judge(&rig)->steers, GCLK_STEERS_NO);
	GCLK_ASSERT_STR(rig.report->feeds, "SHM 0");
	end(&rig);
}

static void test_accuracy(void)
{
	static const struct {
		guint8 accuracy;
		gint64 ns;
	} cases[] = {
		{ 0x16, GCLK_BOUND_UNKNOWN },
		{ 0x17, 1 }, /* 1 ps, rounded up */
		{ 0x20, 25 },
		{ 0x21, 100 },
		{ 0x23, 1000 },
		{ 0x29, GCLK_NS_PER_MS },
		{ 0x2f, GCLK_NS_PER_S },
		{ 0x30, 10 * GCLK_NS_PER_S },
		{ 0x31, GCLK_BOUND_UNKNOWN }, /* more than 10 s */
		{ 0xfe, GCLK_BOUND_UNKNOWN },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
		GCLK_ASSERT_INT(gclk_ptp_accuracy(cases[i].accuracy), cases[i].ns);
}

/* --- what they were told ---------------------------------------------------------------------- */

static void test_options(void)
{
	static const char *const argv[] = { "ptp4l", "-qf", "/etc/a.conf", "-ieth0", "-i", "eth1",
		"--domainNumber=24", "--uds_address", "/run/x", "-S", NULL };
	static const char *const broken[] = { "ptp4l", "--=x", "--", "-", "-f", NULL };
	g_autofree char *file = gclk_options_last(argv, GCLK_PTP4L_OPTIONS, "f");
	g_autofree char *interface = gclk_options_last(argv, GCLK_PTP4L_OPTIONS, "i");
	g_autofree char *uds = gclk_options_last(argv, GCLK_PTP4L_OPTIONS, "uds_address");
	g_autofree char *flag = gclk_options_last(argv, GCLK_PTP4L_OPTIONS, "S");
	g_autofree char *none = gclk_options_last(argv, GCLK_PTP4L_OPTIONS, "H");
	g_autofree char *missing = gclk_options_last(broken, GCLK_PTP4L_OPTIONS, "f");

	GCLK_ASSERT_STR(file, "/etc/a.conf");
	GCLK_ASSERT_STR(interface, "eth1");
	GCLK_ASSERT_STR(uds, "/run/x");
	GCLK_ASSERT_STR(flag, "");
	CU_ASSERT_PTR_NULL(none);
	GCLK_ASSERT_STR(missing, "");
}

static void test_ptp4l_settings(void)
{
	static const char *const argv[] = { "ptp4l", "-f", "x", "-i", "eth1", "--free_running=1",
		"--domainNumber", "44", NULL };
	static const char config[] =
		"# comment\n[global]\n domainNumber\t24\nuds_address /run/p4l\n"
		"uds_ro_address /run/p4lro\ntime_stamping software\n"
		"transportSpecific 0x1\n[eth0]\ndomainNumber 7\n[eth1]\n"
		"[unicast_master_table]\ntable_id 1\n";
	g_autoptr(GclkPtp4lSettings) settings = gclk_ptp4l_settings_new(argv, config);

	GCLK_ASSERT_INT(settings->domain, 44); /* the command line wins */
	GCLK_ASSERT_INT(settings->transport_specific, 1);
	GCLK_ASSERT_STR(settings->socket, "/run/p4l");
	GCLK_ASSERT_STR(settings->read_only_socket, "/run/p4lro");
	GCLK_ASSERT_INT(settings->stamping, GCLK_PTP_STAMPING_SOFTWARE);
	GCLK_ASSERT_INT(settings->free_running, TRUE);
	CU_ASSERT_PTR_NULL(settings->feeds);
	GCLK_ASSERT_INT(settings->interfaces->len, 2);
	GCLK_ASSERT_STR(settings->interfaces->pdata[0], "eth0");
	GCLK_ASSERT_STR(settings->interfaces->pdata[1], "eth1");
}

static void test_ptp4l_defaults(void)
{
	static const char *const argv[] = { "ptp4l", "-i", "eth0", NULL };
	static const char *const shm[] = { "ptp4l", "-i", "eth0", "--clock_servo=ntpshm",
		"--ntpshm_segment=2", NULL };
	g_autoptr(GclkPtp4lSettings) plain = gclk_ptp4l_settings_new(argv, NULL);
	g_autoptr(GclkPtp4lSettings) unknown = gclk_ptp4l_settings_new(NULL, NULL);
	g_autoptr(GclkPtp4lSettings) fed =
		gclk_ptp4l_settings_new(argv, "[global]\nclock_servo refclock_sock\n"
					      "refclock_sock_address /run/c.sock\n");
	g_autoptr(GclkPtp4lSettings) shared = gclk_ptp4l_settings_new(shm, NULL);
	g_autoptr(GclkPtp4lSettings) still =
		gclk_ptp4l_settings_new(argv, "[global]\nclock_servo nullf\n");

	GCLK_ASSERT_INT(plain->stamping, GCLK_PTP_STAMPING_HARDWARE);
	CU_ASSERT_PTR_NULL(plain->socket);
	GCLK_ASSERT_INT(unknown->stamping, GCLK_PTP_STAMPING_UNKNOWN);
	GCLK_ASSERT_STR(fed->feeds, "/run/c.sock");
	GCLK_ASSERT_STR(shared->feeds, "SHM 2");
	GCLK_ASSERT_INT(still->free_running, TRUE);
}

static void test_phc2sys_settings(void)
{
	static const struct {
		const char *line;
		const char *source;
		gboolean automatic, system_clock, has_offset;
		gint offset;
		const char *feeds;
	} cases[] = {
		{ "phc2sys -s /dev/ptp0 -O -37", "/dev/ptp0", FALSE, TRUE, TRUE, -37, NULL },
		{ "phc2sys -s eth0 -c CLOCK_REALTIME -w", "eth0", FALSE, TRUE, FALSE, 0, NULL },
		{ "phc2sys -s eth0 -c /dev/ptp1", "eth0", FALSE, FALSE, FALSE, 0, NULL },
		{ "phc2sys -s CLOCK_REALTIME -c eth0", "CLOCK_REALTIME", FALSE, FALSE, FALSE, 0,
			NULL },
		{ "phc2sys -a", NULL, TRUE, FALSE, FALSE, 0, NULL },
		{ "phc2sys -a -rr", NULL, TRUE, TRUE, FALSE, 0, NULL },
		{ "phc2sys -ar -R 8", NULL, TRUE, TRUE, FALSE, 0, NULL },
		{ "phc2sys -a -r -E refclock_sock --refclock_sock_address /run/c0", NULL, TRUE,
			TRUE, FALSE, 0, "/run/c0" },
		{ "phc2sys -s eth0 -E ntpshm -M 1", "eth0", FALSE, TRUE, FALSE, 0, "SHM 1" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_auto(GStrv) argv = g_strsplit(cases[i].line, " ", -1);
		g_auto(GclkPhc2sysSettings) settings = { 0 };

		gclk_phc2sys_settings_read((const char *const *)argv, NULL, &settings);
		GCLK_ASSERT_STR(settings.source, cases[i].source);
		GCLK_ASSERT_INT(settings.automatic, cases[i].automatic);
		GCLK_ASSERT_INT(settings.system_clock, cases[i].system_clock);
		GCLK_ASSERT_INT(settings.has_offset, cases[i].has_offset);
		GCLK_ASSERT_INT(settings.offset_s, cases[i].offset);
		GCLK_ASSERT_STR(settings.feeds, cases[i].feeds);
	}
}

static void test_timemaster(void)
{
	g_autofree char *usual = gclk_timemaster_rundir(NULL);
	g_autofree char *told = gclk_timemaster_rundir(
		"[ptp_domain 0]\nrundir /no\n[timemaster]\nrundir /run/tm\n");

	GCLK_ASSERT_STR(usual, "/var/run/timemaster");
	GCLK_ASSERT_STR(told, "/run/tm");
}

int main(void)
{
	static const GclkTestCase cases[] = {
		{ "a request", test_get },
		{ "a recorded answer", test_answer },
		{ "damaged answers", test_bad_answers },
		{ "a refusal", test_refusal },
		{ "recorded data sets", test_state },
		{ "data that is too short", test_short_data },
		{ "several ports", test_ports },
		{ "a slave", test_slave },
		{ "free running", test_free_running },
		{ "feeding a refclock", test_feeding },
		{ "the master has died", test_dead_master },
		{ "freshness", test_freshness },
		{ "hardware stamps", test_hardware },
		{ "master, faulty, absurd", test_others },
		{ "what it steers", test_steering },
		{ "clockAccuracy", test_accuracy },
		{ "command lines", test_options },
		{ "what ptp4l was told", test_ptp4l_settings },
		{ "what ptp4l does untold", test_ptp4l_defaults },
		{ "what phc2sys was told", test_phc2sys_settings },
		{ "timemaster's folder", test_timemaster },
		{ NULL, NULL },
	};

	return gclk_test_main("ptp4l", cases);
}
