/* SPDX-License-Identifier: BSD-2-Clause */
/* What an auditor reads of guests that run: when their host lost the clock that they need, when it
   was back, and when the host's own clock changed hands. */
#ifndef GUESTCLOCK_RECORDS_H
#define GUESTCLOCK_RECORDS_H

#include "gate/record.h"
#include "guests/guest.h"

/* Message ids, as journalctl MESSAGE_ID= finds them; those of the gate are in gate/journal.h. */
#define GCLK_JOURNAL_NEED_LOST  "3ef3d64b260945e882bc7e08f8585ee2"
#define GCLK_JOURNAL_NEED_BACK  "cee044403883478b9789286c932faa0c"
#define GCLK_JOURNAL_HOST_CLOCK "09941c0f324644b58bb19e6d28a13500"

/* Of the last of the guest's lapses, to which event has just happened; NULL with GCLK_NEED_SAME.
   sync NULL: not known. */
GclkRecord *gclk_record_of_need(
	GclkNeedEvent event, const GclkGuest *guest, const GclkHostSync *sync);
/* What holds the host's clock is not what it was. */
GclkRecord *gclk_record_of_host(const GclkHostSync *sync);

/* --- on their way -------------------------------------------------------------------------------
 */

/* Sends them on a thread of its own: the journal may keep a writer waiting. */
typedef struct GclkRecorder GclkRecorder;

/* More than that wait: the newest are dropped, and counted in the next that is sent. */
#define GCLK_RECORDER_MAX 4096

/* send NULL: gclk_record_send. */
typedef void (*GclkRecordSend)(const GclkRecord *record);
GclkRecorder *gclk_recorder_new(GclkRecordSend send);
/* Waits until all are sent. */
void gclk_recorder_free(GclkRecorder *recorder);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GclkRecorder, gclk_recorder_free)

/* Takes the record; NULL is nothing. */
void gclk_recorder_push(GclkRecorder *recorder, GclkRecord *record);

#endif
