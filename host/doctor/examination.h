/* SPDX-License-Identifier: BSD-2-Clause */
/* The examination of this host by `hostclock doctor`: reads everything, and lets the checks judge.
 */
#ifndef GUESTCLOCK_HOST_EXAMINATION_H
#define GUESTCLOCK_HOST_EXAMINATION_H

#include "config.h"
#include "guestclock/finding.h"
#include "sync/sync.h"

#define GCLK_HOST_DOCTOR_SCHEMA 1 /* of the JSON */

typedef struct {
	const GclkHostConfig *config;
	const char *config_file;
	const GError
		*config_error; /* the file cannot be used, config holds the defaults; or NULL */
	const GclkHostSync *sync;
	gboolean libvirt; /* ask it for its domains */
	const char *uri;  /* libvirt's, or NULL */
} GclkHostExamination;

typedef struct {
	GPtrArray *findings; /* GclkFinding *, the gravest first */
	GPtrArray *unseen;   /* char *: what could not be looked at, and why */
	guint domains;       /* that were looked at */
} GclkHostDiagnosis;

/* libvirt gets some seconds to answer. */
void gclk_host_examine(const GclkHostExamination *wish, GclkHostDiagnosis *out);
void gclk_host_diagnosis_clear(GclkHostDiagnosis *diagnosis);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(GclkHostDiagnosis, gclk_host_diagnosis_clear)

/* At most 80 columns, the first line is the answer. Caller frees. */
char *gclk_host_diagnosis_text(
	const GclkHostDiagnosis *diagnosis, gboolean is_root, gboolean color);
/* An object, see hostclock(1). Caller frees. */
char *gclk_host_diagnosis_json(const GclkHostDiagnosis *diagnosis);

#endif
