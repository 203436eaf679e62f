/* SPDX-License-Identifier: BSD-2-Clause */
/* What `guestclock doctor` says: all findings put together, as text and as JSON. Pure. */
#ifndef GUESTCLOCK_DOCTOR_H
#define GUESTCLOCK_DOCTOR_H

#include "doctor/survey.h"
#include "guestclock/json-writer.h"
#include "report/status.h"

#define GCLK_DOCTOR_SCHEMA 1 /* of the JSON */

typedef struct {
	const GPtrArray *findings;   /* GclkFinding, sorted */
	const GPtrArray *unreadable; /* GclkFact: path and why */
	const GclkTickHealth *ticks; /* NULL: not measured */
	gboolean is_root;            /* else it is said that root would see more */
	gboolean may_fix;            /* --fix is worth a hint */
} GclkDoctorReport;

/* Adds the findings of a living daemon that the checks have not made themselves. */
void gclk_doctor_add_status(GPtrArray *findings, const GclkStatus *status);

/* At most 80 columns; the first line is the answer. Caller frees. */
char *gclk_doctor_text(const GclkDoctorReport *report, gboolean color);

/* Members of an object that the caller has begun: severity, findings, ticks, unreadable; see
   guestclock(1). */
void gclk_doctor_json(const GclkDoctorReport *report, GclkJson *json);

#endif
