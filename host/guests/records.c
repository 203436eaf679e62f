/* SPDX-License-Identifier: BSD-2-Clause */
#include "guests/records.h"

#include "guestclock/format.h"
#include "guestclock/text.h"

/* --- what is said ----------------------------------------------------------------------------- */

static char *need_message(GclkNeedEvent event, const char *name, const GclkNeedLapse *lapse)
{
	char lasted[32];

	gclk_format_age(gclk_need_lapse_duration(lapse, lapse->lost.boottime), lasted);
	switch (event) {
	case GCLK_NEED_BACK:
		return g_strdup_printf(
			"guestclock: VM '%s' has the host clock that it needs again, "
			"after %s.",
			name, lasted);
	case GCLK_NEED_STOPPED:
		return g_strdup_printf("guestclock: VM '%s' has stopped; it had run without the "
				       "host clock that it needs for %s.",
			name, lasted);
	case GCLK_NEED_SAME:
	case GCLK_NEED_LOST:
	case GCLK_NEED_WORSE:
		break;
	}
	if (lapse->kind == GCLK_VERDICT_UNKNOWN)
		return g_strdup_printf(
			"guestclock: VM '%s' runs, and whether it has the host clock "
			"that it needs cannot be told: %s.",
			name, lapse->reason);
	return g_strdup_printf("guestclock: VM '%s' runs without the host clock that it needs%s: "
			       "%s.",
		name, lapse->earlier ? ", since before this was watched" : "", lapse->reason);
}

static void add_moment(
	GclkRecord *record, const char *key, const char *key_boottime, GclkMoment moment)
{
	g_autofree char *text = moment.boottime > 0 ? gclk_moment_text(moment) : NULL;

	if (!text)
		return;
	gclk_record_add(record, key, text);
	gclk_record_add_int(record, key_boottime, moment.boottime);
}

static void add_lapse(GclkRecord *record, const GclkNeedLapse *lapse)
{
	add_moment(record, "MET", "MET_BOOTTIME_NS", lapse->met);
	add_moment(record, "LOST", "LOST_BOOTTIME_NS", lapse->lost);
	gclk_record_add(record, "LOST_EARLIER", lapse->earlier ? "1" : "0");
	add_moment(record, "BACK", "BACK_BOOTTIME_NS", lapse->back);
	if (lapse->back.boottime > 0)
		gclk_record_add_int(record, "DURATION_NS", gclk_need_lapse_duration(lapse, 0));
	gclk_record_add(record, "VERDICT", gclk_verdict_name(lapse->kind));
	gclk_record_add(record, "REASON", lapse->reason);
}

static void add_host(GclkRecord *record, const GclkHostSync *sync)
{
	if (!sync)
		return;
	gclk_record_add(record, "HOST_PROTOCOL", gclk_protocol_name(sync->effective));
	gclk_record_add(record, "HOST_SYNCHRONISED", sync->synchronised ? "1" : "0");
	gclk_record_add(record, "HOST_FALLBACK", sync->fallback ? "1" : "0");
	gclk_record_add(record, "HOST_SOURCE", sync->source);
}

GclkRecord *gclk_record_of_need(
	GclkNeedEvent event, const GclkGuest *guest, const GclkHostSync *sync)
{
	const gboolean over = event == GCLK_NEED_BACK || event == GCLK_NEED_STOPPED;
	const GclkNeedLapse *lapse =
		guest->lapses->len ? guest->lapses->pdata[guest->lapses->len - 1] : NULL;
	g_autofree char *name = gclk_text_clean(guest->name);
	g_autofree char *message = NULL;
	GclkRecord *record;

	if (event == GCLK_NEED_SAME || !lapse)
		return NULL;
	message = need_message(event, name, lapse);
	record = gclk_record_new(over ? GCLK_JOURNAL_NEED_BACK : GCLK_JOURNAL_NEED_LOST,
		over                 ? GCLK_RECORD_NOTICE
		: guest->need.strict ? GCLK_RECORD_ERROR
				     : GCLK_RECORD_WARNING,
		message);
	gclk_record_add(record, "GUESTCLOCK_VM", guest->name);
	gclk_record_add(record, "VM_UUID", guest->id);
	gclk_record_add_need(record, guest->need_error ? NULL : &guest->need);
	add_lapse(record, lapse);
	add_host(record, sync);
	return record;
}

GclkRecord *gclk_record_of_host(const GclkHostSync *sync)
{
	g_autofree char *sentence = g_strdup_printf("guestclock: this host is now %s%s%s.",
		sync->summary ? sync->summary : "in an unknown state", sync->reason ? ": " : "",
		sync->reason ? sync->reason : "");
	g_autofree char *message = gclk_text_clean(sentence);
	GclkRecord *record = gclk_record_new(GCLK_JOURNAL_HOST_CLOCK,
		sync->synchronised && !sync->fallback ? GCLK_RECORD_NOTICE : GCLK_RECORD_WARNING,
		message);

	add_host(record, sync);
	return record;
}

/* --- on their way ------------------------------------------------------------------------------
 */

struct GclkRecorder {
	GThreadPool *pool;
	GclkRecordSend send;
	gint64 dropped;
};

static void send_one(gpointer data, gpointer user)
{
	g_autoptr(GclkRecord) record = data;
	const GclkRecorder *recorder = user;

	recorder->send(record);
}

GclkRecorder *gclk_recorder_new(GclkRecordSend send)
{
	GclkRecorder *recorder = g_new0(GclkRecorder, 1);

	recorder->send = send ? send : gclk_record_send;
	recorder->pool = g_thread_pool_new(send_one, recorder, 1, FALSE, NULL);
	return recorder;
}

void gclk_recorder_free(GclkRecorder *recorder)
{
	if (!recorder)
		return;
	g_thread_pool_free(recorder->pool, FALSE, TRUE);
	g_free(recorder);
}

void gclk_recorder_push(GclkRecorder *recorder, GclkRecord *record)
{
	if (!record)
		return;
	if (g_thread_pool_unprocessed(recorder->pool) >= GCLK_RECORDER_MAX) {
		recorder->dropped++;
		gclk_record_free(record);
		return;
	}
	if (recorder->dropped)
		gclk_record_add_int(record, "RECORDS_DROPPED", recorder->dropped);
	recorder->dropped = 0;
	g_thread_pool_push(recorder->pool, record, NULL);
}
