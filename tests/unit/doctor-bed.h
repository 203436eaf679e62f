/* SPDX-License-Identifier: BSD-2-Clause */
/* A whole machine for one check of the doctor: files as the test lays them, a clock, its discipline
   and precision clocks as the test says. */
#ifndef GUESTCLOCK_DOCTOR_BED_H
#define GUESTCLOCK_DOCTOR_BED_H

#include "doctor/survey.h"
#include "guestclock/finding.h"
#include "tree-platform.h"

/* 2026-11-21 08:00:00 UTC */
#define GCLK_BED_REAL (G_GINT64_CONSTANT(1795248000) * GCLK_NS_PER_S)

typedef struct {
	GclkTree tree; /* first: its platform is given to the survey */
	GclkMachine machine;
	GclkDiscipline discipline;
	gint64 real;         /* what CLOCK_REALTIME shows, ns */
	const char *may_not; /* why this process may not steer; NULL: it may */
	gint ptp_open_error; /* errno of opening a precision clock, 0: it succeeds */
	gint ptp_error;      /* errno of reading it, 0: it succeeds */
	gint64 ptp_offset;   /* device minus CLOCK_REALTIME */
	GPtrArray *findings; /* of the last check */
} GclkBed;

/* A machine in its first namespaces, Linux 6.12.0, synchronised, nothing else. */
void gclk_bed_init(GclkBed *bed);
void gclk_bed_clear(GclkBed *bed);

/* cmdline: words parted by blanks. status: "root", "time" (CAP_SYS_TIME alone), "weak" (without
   it), "zombie". */
void gclk_bed_process(
	GclkBed *bed, guint pid, const char *comm, const char *cmdline, const char *status);
/* /sys/class/ptp/ptpN with that clock_name */
void gclk_bed_ptp(GclkBed *bed, guint number, const char *clock_name);

/* Surveys the machine and runs one check. */
void gclk_bed_check(GclkBed *bed, GclkCheck check);
/* The finding of the last check, or NULL. */
const GclkFinding *gclk_bed_find(const GclkBed *bed, const char *id);
/* Its severity; -1: there is no such finding. */
gint gclk_bed_severity(const GclkBed *bed, const char *id);
/* Statement, remedy and evidence of a finding, a line each; "" for none. Caller frees. */
char *gclk_bed_text(const GclkBed *bed, const char *id);

#endif
