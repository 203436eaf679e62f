/* SPDX-License-Identifier: BSD-2-Clause */
#include "sync/timesyncd.h"

#include "harness.h"

#define NOW (G_GINT64_CONSTANT(1795213102) * GCLK_NS_PER_S)
#define US  (NOW / 1000)

/* As `busctl get-property ... NTPMessage` shows it; the server is 5 ms ahead, 2 ms away. */
static GVariant *properties(guint leap, guint stratum, gboolean ignored, guint64 count)
{
	g_autofree char *text = g_strdup_printf(
		"{'ServerName': <'ntp.test'>, 'ServerAddress': <(2, [byte 10, 77, 0, 1])>,"
		"'SystemNTPServers': <['ntp.test', 'b']>, 'LinkNTPServers': <@as []>,"
		"'FallbackNTPServers': <['c', 'd', 'e']>, 'PollIntervalUSec': <@t 64000000>,"
		"'Frequency': <@x -5>,"
		"'NTPMessage': <(uint32 %u, uint32 4, uint32 4, uint32 %u, -24, @t 3000, @t 700,"
		" [byte 10, 77, 0, 2], @t %" G_GINT64_FORMAT ", @t %" G_GINT64_FORMAT
		", @t %" G_GINT64_FORMAT ", @t %" G_GINT64_FORMAT ", %s, @t %" G_GUINT64_FORMAT
		", @t 50)>}",
		leap, stratum, US - 10000000, US - 10000000 + 6000, US - 10000000 + 6000,
		US - 10000000 + 2000, ignored ? "true" : "false", count);

	return g_variant_ref_sink(g_variant_parse(G_VARIANT_TYPE_VARDICT, text, NULL, NULL, NULL));
}

static GclkTimesyncdState good_state(void)
{
	g_autoptr(GVariant) all = properties(0, 5, FALSE, 3);
	GclkTimesyncdState state;

	CU_ASSERT_TRUE(gclk_timesyncd_read(all, &state));
	return state;
}

static void test_read(void)
{
	GclkTimesyncdState state = good_state();

	GCLK_ASSERT_INT(state.has_message, TRUE);
	GCLK_ASSERT_INT(state.leap, 0);
	GCLK_ASSERT_INT(state.stratum, 5);
	GCLK_ASSERT_INT(state.root_delay, 3000);
	GCLK_ASSERT_INT(state.root_dispersion, 700);
	GCLK_ASSERT_INT(state.origin, US - 10000000);
	GCLK_ASSERT_INT(state.destination, US - 10000000 + 2000);
	GCLK_ASSERT_INT(state.ignored, FALSE);
	GCLK_ASSERT_INT(state.packet_count, 3);
	GCLK_ASSERT_INT(state.jitter, 50);
	GCLK_ASSERT_STR(state.server, "ntp.test");
	GCLK_ASSERT_INT(state.poll_interval, 64000000);
	GCLK_ASSERT_INT(state.n_servers, 2);
}

static void read_text(const char *text, gboolean good, GclkTimesyncdState *out)
{
	g_autoptr(GVariant) all = g_variant_ref_sink(g_variant_parse(NULL, text, NULL, NULL, NULL));

	GCLK_ASSERT_INT(gclk_timesyncd_read(all, out), good);
}

static void test_read_odd(void)
{
	GclkTimesyncdState state;

	read_text("@a{sv} {}", TRUE, &state);
	GCLK_ASSERT_INT(state.has_message, FALSE);
	GCLK_ASSERT_STR(state.server, "");
	read_text("'text'", FALSE, &state);
	/* of other types */
	read_text("{'NTPMessage': <(uint32 0, 'x')>, 'ServerName': <1>, 'PollIntervalUSec': <'y'>,"
		  "'SystemNTPServers': <'z'>}",
		TRUE, &state);
	GCLK_ASSERT_INT(state.has_message, FALSE);
	GCLK_ASSERT_INT(state.n_servers, 0);
	read_text("{'ServerName': <''>, 'ServerAddress': <(10, [byte 32, 1, 13, 184, 0, 0, 0, 0,"
		  "0, 0, 0, 0, 0, 0, 0, 1])>, 'FallbackNTPServers': <['a']>}",
		TRUE, &state);
	GCLK_ASSERT_STR(state.server, "2001:db8::1");
	GCLK_ASSERT_INT(state.n_servers, 1);
	read_text("{'ServerAddress': <(2, [byte 1])>}", TRUE, &state);
	GCLK_ASSERT_STR(state.server, "");
	read_text("{'ServerName': <'a\\u001b[31m b'>}", TRUE, &state);
	GCLK_ASSERT_STR(state.server, "a??31m?b");
}

static void expect(const GclkTimesyncdState *state, gint64 stamp, gboolean locked, const char *why)
{
	g_autoptr(GclkDaemonReport) report = gclk_daemon_report_new("systemd-timesyncd");

	gclk_timesyncd_judge(state, stamp, NOW, report);
	GCLK_ASSERT_INT(report->presence, GCLK_DAEMON_ANSWERS);
	GCLK_ASSERT_INT(report->locked, locked);
	GCLK_ASSERT_HAS(report->locked_why, why);
}

static void test_locked(void)
{
	GclkTimesyncdState state = good_state();
	g_autoptr(GclkDaemonReport) report = gclk_daemon_report_new("systemd-timesyncd");

	gclk_timesyncd_judge(&state, NOW - 9 * GCLK_NS_PER_S, NOW, report);
	GCLK_ASSERT_INT(report->locked, TRUE);
	GCLK_ASSERT_INT(report->reference, GCLK_REFERENCE_NTP);
	GCLK_ASSERT_STR(report->source, "ntp.test");
	GCLK_ASSERT_INT(report->stratum, 6);
	GCLK_ASSERT_INT(report->n_sources, 2);
	GCLK_ASSERT_INT(report->age, 9 * GCLK_NS_PER_S);
	GCLK_ASSERT_INT(report->has_offset, TRUE);
	GCLK_ASSERT_INT(report->offset, 5 * GCLK_NS_PER_MS); /* the server is ahead */
	/* offset, half of delay, half of root delay, dispersion, jitter, 15 ppm */
	GCLK_ASSERT_INT(
		report->bound, (5000 + 1000 + 1500 + 700 + 50) * GCLK_NS_PER_US + 9 * 15000);
}

static void test_age(void)
{
	GclkTimesyncdState state = good_state();

	/* two polls */
	expect(&state, NOW - 128 * GCLK_NS_PER_S, TRUE, "was used");
	expect(&state, NOW - 128 * GCLK_NS_PER_S - 1, FALSE, "ago");
	expect(&state, NOW + GCLK_NS_PER_S, TRUE, "was used");
	expect(&state, NOW + GCLK_NS_PER_S + 1, FALSE, "cannot be right");
	/* no stamp: the answer's own time */
	expect(&state, 0, TRUE, "9 s ago"); /* 9.998 */
	state.destination -= G_GUINT64_CONSTANT(200000000);
	expect(&state, 0, FALSE, "ago");
	/* an interval beyond all reason counts as a day, none as the least */
	state.poll_interval = G_MAXUINT64;
	expect(&state, NOW - 2 * 86400 * GCLK_NS_PER_S - 1, FALSE, "ago");
	state.poll_interval = 0;
	expect(&state, NOW - 64 * GCLK_NS_PER_S, TRUE, "was used");
	expect(&state, NOW - 64 * GCLK_NS_PER_S - 1, FALSE, "ago");
}

static void test_not_locked(void)
{
	GclkTimesyncdState s = good_state();

	s.ignored = TRUE;
	expect(&s, NOW, FALSE, "outlier");
	s = good_state();
	s.leap = 3;
	expect(&s, NOW, FALSE, "not synchronised");
	s = good_state();
	s.stratum = 16;
	expect(&s, NOW, FALSE, "not synchronised");
	s.stratum = 0;
	expect(&s, NOW, FALSE, "not synchronised");
	s = good_state();
	s.has_message = FALSE; /* a stamp of an earlier run proves nothing */
	expect(&s, NOW, FALSE, "no server has answered");
	s.server[0] = '\0';
	expect(&s, NOW, FALSE, "no server");
}

static void test_hostile(void)
{
	GclkTimesyncdState s = good_state();
	g_autoptr(GVariant) none = properties(0, 5, FALSE, 0);
	g_autoptr(GclkDaemonReport) report = gclk_daemon_report_new("systemd-timesyncd");

	gclk_timesyncd_read(none, &s);
	GCLK_ASSERT_INT(s.has_message, FALSE);
	s = good_state();
	s.receive = G_MAXUINT64;
	expect(&s, NOW, FALSE, "cannot be right");
	s = good_state();
	s.root_delay = s.root_dispersion = s.jitter = G_MAXUINT64;
	expect(&s, NOW, FALSE, "of its own error");
	s.leap = G_MAXUINT;
	gclk_timesyncd_judge(&s, NOW, NOW, report);
	GCLK_ASSERT_INT(report->bound, GCLK_BOUND_UNKNOWN);
	GCLK_ASSERT_INT(report->leap, GCLK_LEAP_UNSYNC);
	GCLK_ASSERT_INT(report->locked, FALSE);
}

int main(void)
{
	static const GclkTestCase cases[] = {
		{ "properties", test_read },
		{ "odd properties", test_read_odd },
		{ "locked", test_locked },
		{ "age", test_age },
		{ "not locked", test_not_locked },
		{ "hostile", test_hostile },
		{ NULL, NULL },
	};

	return gclk_test_main("timesyncd", cases);
}
