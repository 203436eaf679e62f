/* SPDX-License-Identifier: BSD-2-Clause */
#include "guestclock/finding.h"

#include <string.h>

static const char *const severity_names[] = {
	[GCLK_SEVERITY_OK] = "ok",
	[GCLK_SEVERITY_NOTE] = "note",
	[GCLK_SEVERITY_WARNING] = "warning",
	[GCLK_SEVERITY_CRITICAL] = "critical",
};

const char *gclk_severity_name(GclkSeverity severity)
{
	return (gsize)severity < G_N_ELEMENTS(severity_names) ? severity_names[severity]
							      : "unknown";
}

gint gclk_severity_from_name(const char *name)
{
	for (gsize i = 0; name && i < G_N_ELEMENTS(severity_names); i++)
		if (strcmp(severity_names[i], name) == 0)
			return (gint)i;
	return -1;
}

/* --- one -------------------------------------------------------------------------------------- */

static void free_fix(gpointer pointer)
{
	GclkFix *fix = pointer;

	g_free(fix->name);
	g_free(fix->value);
	g_free(fix);
}

GclkFinding *gclk_finding_new(
	const char *id, GclkSeverity severity, const char *statement, const char *remedy)
{
	GclkFinding *finding = g_new0(GclkFinding, 1);

	finding->id = g_strdup(id);
	finding->severity = severity;
	finding->statement = g_strdup(statement);
	finding->remedy = g_strdup(remedy);
	return finding;
}

void gclk_finding_free(GclkFinding *finding)
{
	if (!finding)
		return;
	g_free(finding->id);
	g_free(finding->statement);
	g_free(finding->remedy);
	g_clear_pointer(&finding->evidence, g_ptr_array_unref);
	g_clear_pointer(&finding->fixes, g_ptr_array_unref);
	g_free(finding);
}

void gclk_finding_add_evidence(GclkFinding *finding, const char *format, ...)
{
	va_list args;

	if (!finding->evidence)
		finding->evidence = g_ptr_array_new_with_free_func(g_free);
	va_start(args, format);
	g_ptr_array_add(finding->evidence, g_strdup_vprintf(format, args));
	va_end(args);
}

void gclk_finding_add_fix(
	GclkFinding *finding, GclkFixKind kind, const char *name, const char *value)
{
	GclkFix *fix = g_new0(GclkFix, 1);

	fix->kind = kind;
	fix->name = g_strdup(name);
	fix->value = g_strdup(value);
	if (!finding->fixes)
		finding->fixes = g_ptr_array_new_with_free_func(free_fix);
	g_ptr_array_add(finding->fixes, fix);
}

void gclk_finding_add_of(GclkFinding *finding, const GclkFinding *other)
{
	for (guint i = 0; other->evidence && i < other->evidence->len; i++)
		gclk_finding_add_evidence(finding, "%s", (char *)other->evidence->pdata[i]);
	for (guint i = 0; other->fixes && i < other->fixes->len; i++) {
		const GclkFix *fix = other->fixes->pdata[i];

		gclk_finding_add_fix(finding, fix->kind, fix->name, fix->value);
	}
}

GclkFinding *gclk_finding_copy(const GclkFinding *finding)
{
	GclkFinding *copy = gclk_finding_new(
		finding->id, finding->severity, finding->statement, finding->remedy);

	gclk_finding_add_of(copy, finding);
	return copy;
}

/* --- many ------------------------------------------------------------------------------------- */

GPtrArray *gclk_findings_new(void)
{
	return g_ptr_array_new_with_free_func((GDestroyNotify)gclk_finding_free);
}

GclkFinding *gclk_findings_add(GPtrArray *findings, const char *id, GclkSeverity severity,
	const char *statement, const char *remedy)
{
	GclkFinding *finding = gclk_finding_new(id, severity, statement, remedy);

	g_ptr_array_add(findings, finding);
	return finding;
}

const GclkFinding *gclk_findings_find(const GPtrArray *findings, const char *id)
{
	for (guint i = 0; i < findings->len; i++) {
		const GclkFinding *finding = findings->pdata[i];

		if (strcmp(finding->id, id) == 0)
			return finding;
	}
	return NULL;
}

GclkFinding *gclk_findings_steal(GPtrArray *findings, const char *id)
{
	const GclkFinding *finding = gclk_findings_find(findings, id);
	guint index;

	if (!finding || !g_ptr_array_find(findings, finding, &index))
		return NULL;
	return g_ptr_array_steal_index(findings, index);
}

static gint by_severity(gconstpointer a, gconstpointer b)
{
	const GclkFinding *x = *(GclkFinding *const *)a, *y = *(GclkFinding *const *)b;

	return (gint)y->severity - (gint)x->severity;
}

/* g_ptr_array_sort is stable: it is a merge sort (GLib's documentation of g_qsort_with_data). */
void gclk_findings_sort(GPtrArray *findings)
{
	g_ptr_array_sort(findings, by_severity);
}

int gclk_findings_exit_code(const GPtrArray *findings)
{
	static const int codes[] = {
		[GCLK_SEVERITY_WARNING] = 1,
		[GCLK_SEVERITY_CRITICAL] = 2,
	};
	int worst = 0;

	for (guint i = 0; i < findings->len; i++) {
		const GclkFinding *finding = findings->pdata[i];

		worst = MAX(worst, (gsize)finding->severity < G_N_ELEMENTS(codes)
					   ? codes[finding->severity]
					   : 0);
	}
	return worst;
}
