/* SPDX-License-Identifier: BSD-2-Clause */
/* Control messages of an ntpd: fragments with their length, 16 bit, in front: a list of
   peers, the system's variables, and those of a peer. */
#include "fuzz.h"

#include <string.h>

#include "sync/ntpd.h"

#define NOW         (G_GINT64_CONSTANT(1795213102) * GCLK_NS_PER_S)
#define ASSOCIATION 0x4567 /* that of the corpus, and its sequence 1 */
#define PACKETS     64

static gboolean put_together(const guint8 *data, gsize size, GclkMode6Answer *answer)
{
	GclkMode6Result result = GCLK_MODE6_FOREIGN;

	for (guint i = 0; i < PACKETS && size >= 2 && result != GCLK_MODE6_COMPLETE; i++) {
		gsize length = MIN((gsize)data[0] << 8 | data[1], size - 2);

		result = gclk_mode6_take(answer, data + 2, length);
		data += 2 + length;
		size -= 2 + length;
	}
	g_assert_true(answer->length <= sizeof(answer->data));
	return result == GCLK_MODE6_COMPLETE;
}

static void check(const GclkMode6Answer *system_answer, const GclkMode6Answer *peer_answer)
{
	g_autoptr(GclkDaemonReport) report = gclk_daemon_report_new("ntpd");
	GclkNtpdSystem system;
	GclkNtpdPeer peer;

	gclk_ntpd_read_system(system_answer, &system);
	gclk_ntpd_read_peer(peer_answer, &peer);
	gclk_ntpd_judge(&system, &peer, 1, NOW, report);
	g_assert_true(report->bound >= 0 && report->age >= -1);
	g_assert_nonnull(report->locked_why);
	if (report->locked)
		g_assert_true(peer.reach > 0 && peer.selection >= 6 &&
			      system.leap != GCLK_LEAP_UNSYNC && report->age >= 0 &&
			      report->reference != GCLK_REFERENCE_LOCAL &&
			      report->bound != GCLK_BOUND_UNKNOWN);
	for (guint i = 0; i < report->evidence->len; i++)
		g_assert_true(g_utf8_validate(report->evidence->pdata[i], -1, NULL));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	GclkMode6Answer list = { .op = GCLK_MODE6_READSTAT, .sequence = 1 };
	GclkMode6Answer system = { .op = GCLK_MODE6_READVAR, .sequence = 1 };
	GclkMode6Answer peer = {
		.op = GCLK_MODE6_READVAR, .sequence = 1, .association = ASSOCIATION
	};
	guint sum = 0;

	if (put_together(data, size, &list))
		for (guint i = 0; i < gclk_mode6_n_peers(&list); i++)
			sum += gclk_mode6_selection(gclk_mode6_peer(&list, i).status);
	g_assert_true(sum <= 7 * GCLK_MODE6_ANSWER_MAX);
	put_together(data, size, &system);
	put_together(data, size, &peer);
	check(&system, &peer);
	return 0;
}
