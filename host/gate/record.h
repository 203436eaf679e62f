/* SPDX-License-Identifier: BSD-2-Clause */
/* A record of the journal: a message with fields, which auditors find by its id; where there is no
   journal, a line in syslog. */
#ifndef GUESTCLOCK_RECORD_H
#define GUESTCLOCK_RECORD_H

#include "gate/need.h"

/* As syslog(3) has them. */
typedef enum {
	GCLK_RECORD_ERROR = 3,
	GCLK_RECORD_WARNING = 4,
	GCLK_RECORD_NOTICE = 5,
} GclkRecordPriority;

typedef struct GclkRecord GclkRecord;

/* id: of the message, 32 hexadecimal digits. */
GclkRecord *gclk_record_new(const char *id, GclkRecordPriority priority, const char *message);
void gclk_record_free(GclkRecord *record);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GclkRecord, gclk_record_free)

/* key: a constant, upper case. value is copied; NULL: the field is left out. */
void gclk_record_add(GclkRecord *record, const char *key, const char *value);
void gclk_record_add_int(GclkRecord *record, const char *key, gint64 value);
/* NEED and NEED_MAX_ERROR_US; need NULL: not known. */
void gclk_record_add_need(GclkRecord *record, const GclkNeed *need);

/* NULL: there is no such field. */
const char *gclk_record_get(const GclkRecord *record, const char *key);

/* May wait for the journal. */
void gclk_record_send(const GclkRecord *record);

#endif
