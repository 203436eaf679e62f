/* SPDX-License-Identifier: BSD-2-Clause */
/* Findings as people and programs read them: a paragraph each, at most 80 columns, or JSON. */
#ifndef GUESTCLOCK_FINDING_REPORT_H
#define GUESTCLOCK_FINDING_REPORT_H

#include "guestclock/finding.h"
#include "guestclock/json-writer.h"
#include "guestclock/text.h"

typedef struct {
	const char *good; /* the first line when nothing is worse than a note: "The clock ..." */
	const char *fix_hint; /* said below a finding that has fixes; NULL: nothing is */
	gboolean color;
} GclkFindingStyle;

/*
 * Appends what is worth reading. The first line is the answer: the gravest finding, or the good
 * sentence. Then a paragraph for each further finding, the gravest first: the statement, what was
 * seen, and behind an arrow what to do. Findings of severity ok are left out.
 */
void gclk_findings_to_text(GString *out, const GPtrArray *findings, const GclkFindingStyle *style);

/* Appends the statements of severity ok under a title, a line each; without any, nothing. */
void gclk_findings_fine_to_text(GString *out, const GPtrArray *findings, gboolean color);

/* An array of objects: id, severity, statement, remedy, evidence (texts), fixes (kind, name,
   value), in the order of the findings. */
void gclk_findings_to_json(GclkJson *json, const char *key, const GPtrArray *findings);

/* How its word looks in a table. */
GclkStyle gclk_severity_style(GclkSeverity severity);

/* The severity of the gravest; GCLK_SEVERITY_OK when there is none. */
GclkSeverity gclk_findings_worst(const GPtrArray *findings);

/* "clocksource", "boot-parameter", "module", "sysctl", "loader" */
const char *gclk_fix_kind_name(GclkFixKind kind);

#endif
