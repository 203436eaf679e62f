/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A finding: something about this machine's time that somebody should know, with the evidence for
 * it, what to do about it, and, where a program may do that, the fix. The daemon, `guestclock
 * doctor` and `hostclock doctor` all speak in findings.
 */
#ifndef GUESTCLOCK_FINDING_H
#define GUESTCLOCK_FINDING_H

#include <glib.h>

typedef enum {
	GCLK_SEVERITY_OK,
	GCLK_SEVERITY_NOTE,
	GCLK_SEVERITY_WARNING,
	GCLK_SEVERITY_CRITICAL,
} GclkSeverity;

/* "ok", "note" ...; from_name gives -1 for an unknown word or NULL. */
const char *gclk_severity_name(GclkSeverity severity);
gint gclk_severity_from_name(const char *name);

/* What a fix changes; name and value as told. */
typedef enum {
	GCLK_FIX_CLOCKSOURCE,    /* name: the clocksource to switch to now */
	GCLK_FIX_BOOT_PARAMETER, /* name=value is added to the kernel's command line at the next
				    boot */
	GCLK_FIX_MODULE,         /* name: a module, loaded now and at each boot */
	GCLK_FIX_SYSCTL,         /* name=value, now and at each boot */
	GCLK_FIX_LOADER,         /* name=value, a tunable of FreeBSD's loader */
} GclkFixKind;

typedef struct {
	GclkFixKind kind;
	char *name;
	char *value; /* or NULL */
} GclkFix;

typedef struct {
	char *id; /* stable word: "rival", "clocksource-jiffies" */
	GclkSeverity severity;
	char *statement;     /* one line: what is the matter */
	char *remedy;        /* one line: what to do, or NULL */
	GPtrArray *evidence; /* char *, a line each; NULL: none */
	GPtrArray *fixes;    /* GclkFix *; NULL: nothing that a program may do by itself */
} GclkFinding;

GclkFinding *gclk_finding_new(
	const char *id, GclkSeverity severity, const char *statement, const char *remedy);
GclkFinding *gclk_finding_copy(const GclkFinding *finding);
void gclk_finding_free(GclkFinding *finding);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GclkFinding, gclk_finding_free)

/* Adds a line of evidence: what was seen, and where. */
void gclk_finding_add_evidence(GclkFinding *finding, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* value may be NULL. */
void gclk_finding_add_fix(
	GclkFinding *finding, GclkFixKind kind, const char *name, const char *value);
/* Adds the evidence and the fixes of another finding. */
void gclk_finding_add_of(GclkFinding *finding, const GclkFinding *other);

/* An array of GclkFinding *; free with g_ptr_array_unref. */
GPtrArray *gclk_findings_new(void);
/* Adds one and returns it (the array's). */
GclkFinding *gclk_findings_add(GPtrArray *findings, const char *id, GclkSeverity severity,
	const char *statement, const char *remedy);
const GclkFinding *gclk_findings_find(const GPtrArray *findings, const char *id);
/* Takes one out of the array, NULL: not there. Free with gclk_finding_free. */
GclkFinding *gclk_findings_steal(GPtrArray *findings, const char *id);
/* The gravest first; equals stay in their order. */
void gclk_findings_sort(GPtrArray *findings);
/* As monitoring plug-ins have it: 0 nothing worse than a note, 1 a warning, 2 something critical.
 */
int gclk_findings_exit_code(const GPtrArray *findings);

#endif
