/* SPDX-License-Identifier: BSD-2-Clause */
/* The audit trail: when a lapse begins, ends, and what is written of it. */
#include "guests/needs.h"

#include "guests/guest.h"
#include "guests/records.h"
#include "harness.h"

#define S GCLK_NS_PER_S

typedef struct {
	GclkNeedWatch watch;
	GPtrArray *lapses;
	gboolean earlier;
} Bed;

enum {
	YES = GCLK_VERDICT_COMPATIBLE,
	NO = GCLK_VERDICT_INCOMPATIBLE,
	WHO = GCLK_VERDICT_UNKNOWN,
};

/* The wall clock is a day ahead of the boot, so that no one is taken for the other. */
static GclkMoment at(gint64 s)
{
	return (GclkMoment){ (86400 + s) * S, s * S };
}

static GclkNeedEvent see(Bed *bed, int kind, gint64 s)
{
	const GclkVerdict verdict = { .kind = (GclkVerdictKind)kind,
		.reason = (char *)gclk_verdict_name((GclkVerdictKind)kind) };

	return gclk_need_watch_see(&bed->watch, bed->lapses, &verdict, bed->earlier, at(s));
}

static const GclkNeedLapse *last(const Bed *bed)
{
	return bed->lapses->pdata[bed->lapses->len - 1];
}

static void open_bed(Bed *bed, gboolean earlier)
{
	*bed = (Bed){ .lapses = gclk_need_lapses_new(), .earlier = earlier };
}

static void close_bed(Bed *bed)
{
	g_ptr_array_unref(bed->lapses);
}

static void check_lapse(const GclkNeedLapse *lapse, gint64 met, gint64 lost, gint64 back)
{
	GCLK_ASSERT_INT(lapse->met.boottime, met * S);
	GCLK_ASSERT_INT(lapse->lost.boottime, lost * S);
	GCLK_ASSERT_INT(lapse->lost.real, (86400 + lost) * S);
	GCLK_ASSERT_INT(lapse->back.boottime, back * S);
	GCLK_ASSERT_INT(lapse->back.real, back ? (86400 + back) * S : 0);
}

static void test_lost_and_back(void)
{
	Bed bed;

	open_bed(&bed, TRUE);
	GCLK_ASSERT_INT(see(&bed, YES, 10), GCLK_NEED_SAME);
	GCLK_ASSERT_INT(see(&bed, NO, 20), GCLK_NEED_LOST);
	CU_ASSERT_PTR_EQUAL(gclk_need_lapses_open(bed.lapses), last(&bed));
	GCLK_ASSERT_INT(see(&bed, NO, 30), GCLK_NEED_SAME);
	GCLK_ASSERT_INT(see(&bed, YES, 40), GCLK_NEED_BACK);
	GCLK_ASSERT_INT(see(&bed, YES, 50), GCLK_NEED_SAME);
	CU_ASSERT_PTR_NULL(gclk_need_lapses_open(bed.lapses));
	GCLK_ASSERT_INT(bed.lapses->len, 1);
	check_lapse(last(&bed), 10, 20, 40);
	CU_ASSERT_FALSE(last(&bed)->earlier); /* it was met under this watch */
	CU_ASSERT_FALSE(last(&bed)->stopped);
	GCLK_ASSERT_INT(last(&bed)->kind, NO);
	GCLK_ASSERT_INT(gclk_need_lapse_duration(last(&bed), 99 * S), 20 * S);
	GCLK_ASSERT_INT(see(&bed, NO, 60), GCLK_NEED_LOST);
	check_lapse(last(&bed), 50, 60, 0);
	GCLK_ASSERT_INT(gclk_need_lapse_duration(last(&bed), 99 * S), 39 * S);
	close_bed(&bed);
}

/* Not met at the first look: was it so before? */
static void test_from_the_beginning(void)
{
	Bed bed;

	open_bed(&bed, TRUE);
	GCLK_ASSERT_INT(see(&bed, NO, 10), GCLK_NEED_LOST);
	CU_ASSERT_TRUE(last(&bed)->earlier);
	check_lapse(last(&bed), 0, 10, 0);
	close_bed(&bed);
	open_bed(&bed, FALSE);
	GCLK_ASSERT_INT(see(&bed, NO, 10), GCLK_NEED_LOST);
	CU_ASSERT_FALSE(last(&bed)->earlier);
	close_bed(&bed);
}

static void test_grace(void)
{
	Bed bed;

	open_bed(&bed, FALSE);
	see(&bed, YES, 10);
	GCLK_ASSERT_INT(see(&bed, WHO, 20), GCLK_NEED_SAME);
	GCLK_ASSERT_INT(see(&bed, WHO, 49), GCLK_NEED_SAME);
	GCLK_ASSERT_INT(see(&bed, YES, 50), GCLK_NEED_SAME); /* a daemon was restarted */
	GCLK_ASSERT_INT(bed.lapses->len, 0);
	GCLK_ASSERT_INT(see(&bed, WHO, 60), GCLK_NEED_SAME); /* counted anew */
	GCLK_ASSERT_INT(see(&bed, WHO, 89), GCLK_NEED_SAME);
	GCLK_ASSERT_INT(see(&bed, WHO, 90), GCLK_NEED_LOST);
	check_lapse(last(&bed), 50, 60, 0); /* from its beginning */
	GCLK_ASSERT_INT(last(&bed)->kind, WHO);
	GCLK_ASSERT_INT(see(&bed, WHO, 100), GCLK_NEED_SAME);
	GCLK_ASSERT_INT(see(&bed, NO, 110), GCLK_NEED_WORSE);
	GCLK_ASSERT_INT(last(&bed)->kind, NO);
	GCLK_ASSERT_STR(last(&bed)->reason, "incompatible");
	GCLK_ASSERT_INT(see(&bed, WHO, 120), GCLK_NEED_SAME); /* it stays as grave as it was */
	GCLK_ASSERT_INT(last(&bed)->kind, NO);
	GCLK_ASSERT_INT(see(&bed, YES, 130), GCLK_NEED_BACK);
	GCLK_ASSERT_INT(bed.lapses->len, 1);
	close_bed(&bed);
}

/* Unknown first and surely not after: it was not met in the meantime either, as far as is known. */
static void test_unknown_then_not(void)
{
	Bed bed;

	open_bed(&bed, FALSE);
	see(&bed, YES, 10);
	see(&bed, WHO, 20);
	GCLK_ASSERT_INT(see(&bed, NO, 30), GCLK_NEED_LOST);
	check_lapse(last(&bed), 10, 20, 0);
	GCLK_ASSERT_INT(last(&bed)->kind, NO);
	close_bed(&bed);
}

static void test_stop(void)
{
	Bed bed;

	open_bed(&bed, TRUE);
	see(&bed, NO, 10);
	GCLK_ASSERT_INT(gclk_need_watch_stop(&bed.watch, bed.lapses, at(15)), GCLK_NEED_STOPPED);
	CU_ASSERT_TRUE(last(&bed)->stopped);
	check_lapse(last(&bed), 0, 10, 15);
	GCLK_ASSERT_INT(gclk_need_watch_stop(&bed.watch, bed.lapses, at(16)), GCLK_NEED_SAME);
	bed.earlier = FALSE; /* the next run was seen from its start */
	GCLK_ASSERT_INT(see(&bed, NO, 20), GCLK_NEED_LOST);
	CU_ASSERT_FALSE(last(&bed)->earlier);
	close_bed(&bed);
}

/* A host that comes and goes costs a bounded memory; the open one stays. */
static void test_bounded(void)
{
	Bed bed;

	open_bed(&bed, FALSE);
	for (gint64 i = 0; i < 100; i++) {
		see(&bed, YES, 10 + 20 * i);
		GCLK_ASSERT_INT(see(&bed, NO, 20 + 20 * i), GCLK_NEED_LOST);
	}
	GCLK_ASSERT_INT(bed.lapses->len, GCLK_NEED_LAPSES_MAX);
	check_lapse(last(&bed), 1990, 2000, 0);
	check_lapse(bed.lapses->pdata[0], 1690, 1700, 1710);
	close_bed(&bed);
}

static void test_moment(void)
{
	g_autofree char *text = gclk_moment_text((GclkMoment){ 1795262754 * S + 1, 1 });
	g_autofree char *nonsense = gclk_moment_text((GclkMoment){ G_MAXINT64, 1 });

	GCLK_ASSERT_STR(text, "2026-11-21T12:05:54Z");
	GCLK_ASSERT_STR(nonsense, "2262-04-11T23:47:16Z");
}

/* --- records ---------------------------------------------------------------------------------- */

static GclkGuest *lapsed_guest(gboolean back)
{
	GclkGuest *guest = gclk_guest_new("11111111-2222-3333-4444-555555555555", "db\033[31m01");
	GclkNeedLapse *lapse = gclk_need_lapses_add(guest->lapses);

	guest->need = (GclkNeed){ TRUE, GCLK_NEED_PTP, 100 * GCLK_NS_PER_US, TRUE };
	lapse->kind = GCLK_VERDICT_INCOMPATIBLE;
	lapse->met = at(90);
	lapse->lost = at(100);
	if (back)
		lapse->back = at(400);
	lapse->reason = g_strdup("it needs this; this host is that");
	return guest;
}

static void test_record_lost(void)
{
	g_autoptr(GclkGuest) guest = lapsed_guest(FALSE);
	const GclkHostSync sync = { .effective = GCLK_PROTOCOL_NTP,
		.synchronised = TRUE,
		.fallback = TRUE,
		.source = (char *)"10.0.0.1" };
	g_autoptr(GclkRecord) record = gclk_record_of_need(GCLK_NEED_LOST, guest, &sync);

	CU_ASSERT_PTR_NULL(gclk_record_of_need(GCLK_NEED_SAME, guest, &sync));
	GCLK_ASSERT_STR(gclk_record_get(record, "MESSAGE_ID"), GCLK_JOURNAL_NEED_LOST);
	GCLK_ASSERT_STR(gclk_record_get(record, "PRIORITY"), "3");
	GCLK_ASSERT_STR(gclk_record_get(record, "MESSAGE"),
		"guestclock: VM 'db?[31m01' runs without the host clock that it needs: it needs "
		"this; this host is that.");
	GCLK_ASSERT_STR(gclk_record_get(record, "VM_UUID"), "11111111-2222-3333-4444-555555555555");
	GCLK_ASSERT_STR(gclk_record_get(record, "NEED"), "ptp");
	GCLK_ASSERT_STR(gclk_record_get(record, "NEED_MAX_ERROR_US"), "100");
	GCLK_ASSERT_STR(gclk_record_get(record, "VERDICT"), "incompatible");
	GCLK_ASSERT_STR(gclk_record_get(record, "LOST"), "1970-01-02T00:01:40Z");
	GCLK_ASSERT_STR(gclk_record_get(record, "LOST_BOOTTIME_NS"), "100000000000");
	GCLK_ASSERT_STR(gclk_record_get(record, "MET"), "1970-01-02T00:01:30Z");
	GCLK_ASSERT_STR(gclk_record_get(record, "LOST_EARLIER"), "0");
	CU_ASSERT_PTR_NULL(gclk_record_get(record, "BACK"));
	CU_ASSERT_PTR_NULL(gclk_record_get(record, "DURATION_NS"));
	GCLK_ASSERT_STR(gclk_record_get(record, "HOST_PROTOCOL"), "ntp");
	GCLK_ASSERT_STR(gclk_record_get(record, "HOST_FALLBACK"), "1");
	GCLK_ASSERT_STR(gclk_record_get(record, "HOST_SOURCE"), "10.0.0.1");
}

static void test_record_back(void)
{
	g_autoptr(GclkGuest) guest = lapsed_guest(TRUE);
	g_autoptr(GclkRecord) back = gclk_record_of_need(GCLK_NEED_BACK, guest, NULL);
	g_autoptr(GclkRecord) stopped = gclk_record_of_need(GCLK_NEED_STOPPED, guest, NULL);

	GCLK_ASSERT_STR(gclk_record_get(back, "MESSAGE_ID"), GCLK_JOURNAL_NEED_BACK);
	GCLK_ASSERT_STR(gclk_record_get(back, "PRIORITY"), "5");
	GCLK_ASSERT_HAS(gclk_record_get(back, "MESSAGE"), "again, after 5 min");
	GCLK_ASSERT_STR(gclk_record_get(back, "BACK"), "1970-01-02T00:06:40Z");
	GCLK_ASSERT_STR(gclk_record_get(back, "DURATION_NS"), "300000000000");
	CU_ASSERT_PTR_NULL(gclk_record_get(back, "HOST_PROTOCOL"));
	GCLK_ASSERT_HAS(gclk_record_get(stopped, "MESSAGE"), "has stopped");
}

static void test_record_unknown(void)
{
	g_autoptr(GclkGuest) guest = lapsed_guest(FALSE);
	g_autoptr(GclkRecord) record = NULL;

	((GclkNeedLapse *)guest->lapses->pdata[0])->kind = GCLK_VERDICT_UNKNOWN;
	guest->need_error = g_strdup("the need says protocol=\"pptp\"");
	guest->need.strict = FALSE;
	record = gclk_record_of_need(GCLK_NEED_LOST, guest, NULL);
	GCLK_ASSERT_HAS(gclk_record_get(record, "MESSAGE"), "cannot be told");
	GCLK_ASSERT_STR(gclk_record_get(record, "PRIORITY"), "4");
	CU_ASSERT_PTR_NULL(gclk_record_get(record, "NEED"));
}

static void test_record_host(void)
{
	const GclkHostSync sync = { .effective = GCLK_PROTOCOL_NONE,
		.summary = (char *)"not synchronised",
		.reason = (char *)"chronyd\nis gone" };
	g_autoptr(GclkRecord) record = gclk_record_of_host(&sync);

	GCLK_ASSERT_STR(gclk_record_get(record, "MESSAGE_ID"), GCLK_JOURNAL_HOST_CLOCK);
	GCLK_ASSERT_STR(gclk_record_get(record, "MESSAGE"),
		"guestclock: this host is now not synchronised: chronyd?is gone.");
	GCLK_ASSERT_STR(gclk_record_get(record, "HOST_SYNCHRONISED"), "0");
}

static gint sent, dropped; /* by the sink below, which has no user data */
static GMutex hold;

static void slow_sink(const GclkRecord *record)
{
	const char *lost = gclk_record_get(record, "RECORDS_DROPPED");

	g_mutex_lock(&hold);
	g_mutex_unlock(&hold);
	g_atomic_int_inc(&sent);
	if (lost)
		g_atomic_int_add(&dropped, (gint)g_ascii_strtoll(lost, NULL, 10));
}

/* A journal that does not take anything costs a bounded memory, and what is lost is counted. */
static void test_recorder(void)
{
	GclkRecorder *recorder = gclk_recorder_new(slow_sink);
	const gint pushed = GCLK_RECORDER_MAX + 500;

	g_mutex_lock(&hold);
	gclk_recorder_push(recorder, NULL);
	for (gint i = 0; i < pushed; i++)
		gclk_recorder_push(recorder, gclk_record_new("0", GCLK_RECORD_NOTICE, "something"));
	g_mutex_unlock(&hold);
	while (g_atomic_int_get(&sent) < GCLK_RECORDER_MAX)
		g_thread_yield();
	gclk_recorder_push(recorder, gclk_record_new("0", GCLK_RECORD_NOTICE, "the last"));
	gclk_recorder_free(recorder);
	GCLK_ASSERT_INT(sent + dropped, pushed + 1);
	CU_ASSERT_TRUE(dropped >= 499);
}

int main(void)
{
	static const GclkTestCase cases[] = {
		{ "lost and back", test_lost_and_back },
		{ "from the beginning", test_from_the_beginning },
		{ "grace", test_grace },
		{ "unknown, then not", test_unknown_then_not },
		{ "stop", test_stop },
		{ "bounded", test_bounded },
		{ "moment", test_moment },
		{ "record: lost", test_record_lost },
		{ "record: back", test_record_back },
		{ "record: unknown", test_record_unknown },
		{ "record: host", test_record_host },
		{ "recorder", test_recorder },
		{ NULL, NULL },
	};

	return gclk_test_main("needs", cases);
}
