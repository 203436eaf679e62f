/* SPDX-License-Identifier: BSD-2-Clause */
/* chronyd's replies, one after the other: each with its length, 16 bit, in front. Whatever they
   say, who is locked has a selected source that was reached, and a bound that is not negative. */
#include "fuzz.h"

#include "sync/chrony.h"

#define SEQUENCE 0x11223344 /* that of the corpus */
#define NOW      (G_GINT64_CONSTANT(1795213102) * GCLK_NS_PER_S)
#define PACKETS  16

static void read_packet(const guint8 *packet, gsize length, GclkChronyAnswers *answers)
{
	GclkChronySource source;

	gclk_chrony_read_tracking(packet, length, SEQUENCE, &answers->tracking);
	gclk_chrony_read_n_sources(packet, length, SEQUENCE, &answers->n_sources);
	if (gclk_chrony_read_source(packet, length, SEQUENCE, &source) == GCLK_CHRONY_REPLY_GOOD)
		gclk_chrony_add_source(answers, &source);
}

static void check(const GclkChronyAnswers *answers)
{
	static char *nothing[] = { NULL };
	g_autoptr(GclkChronyConfig) config = gclk_chrony_config_read("/dev/null", nothing);
	g_autoptr(GclkDaemonReport) report = gclk_daemon_report_new("chronyd");
	gboolean is_refclock =
		answers->has_selected && answers->selected.mode == GCLK_CHRONY_MODE_REFCLOCK;
	GclkChronyRefclock refclock;

	gclk_chrony_refclock_find(config, answers->selected.refid, "/nonexistent", &refclock);
	gclk_chrony_judge(answers, is_refclock ? &refclock : NULL, NOW, report);
	gclk_chrony_refclock_clear(&refclock);
	g_assert_true(report->bound >= 0 && report->age >= -1);
	g_assert_nonnull(report->locked_why);
	if (report->locked)
		g_assert_true(answers->has_selected && answers->selected.reach != 0 &&
			      report->leap != GCLK_LEAP_UNSYNC && report->stratum >= 1 &&
			      report->reference != GCLK_REFERENCE_LOCAL && report->age >= 0 &&
			      report->bound != GCLK_BOUND_UNKNOWN);
	for (guint i = 0; i < report->evidence->len; i++)
		g_assert_true(g_utf8_validate(report->evidence->pdata[i], -1, NULL));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	GclkChronyAnswers answers = { 0 };

	for (guint i = 0; i < PACKETS && size >= 2; i++) {
		gsize length = MIN((gsize)data[0] << 8 | data[1], size - 2);

		read_packet(data + 2, length, &answers);
		data += 2 + length;
		size -= 2 + length;
	}
	check(&answers);
	return 0;
}
