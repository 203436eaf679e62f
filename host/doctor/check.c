/* SPDX-License-Identifier: BSD-2-Clause */
#include "doctor/check.h"

#include <string.h>

/* More lines of one configuration are not shown. */
#define SHOWN_MAX 8

static GclkFinding *find_told(const GPtrArray *findings, const char *daemon, const char *id)
{
	g_autofree char *begin = g_strconcat(daemon, " ", NULL);

	for (guint i = 0; i < findings->len; i++) {
		GclkFinding *finding = findings->pdata[i];

		if (g_strcmp0(finding->id, id) == 0 && g_str_has_prefix(finding->statement, begin))
			return finding;
	}
	return NULL;
}

/* HostSync's own finding, or the whole verdict where that is the reason of it. */
GclkFinding *gclk_check_mute(const GPtrArray *findings, const char *daemon)
{
	static const char *const own[] = { "no-answer", "needs-rights" };
	static const char *const whole[] = { "unknown", "not-synchronised" };
	g_autofree char *reason = g_strdup_printf(": %s: ", daemon);
	GclkFinding *finding;

	for (gsize i = 0; i < G_N_ELEMENTS(own); i++)
		if ((finding = find_told(findings, daemon, own[i])))
			return finding;
	for (gsize i = 0; i < G_N_ELEMENTS(whole); i++) {
		finding = (GclkFinding *)gclk_findings_find(findings, whole[i]);
		if (finding && strstr(finding->statement, reason))
			return finding;
	}
	return NULL;
}

GclkFinding *gclk_check_tell(GPtrArray *findings, const char *daemon, const char *id,
	GclkSeverity severity, const char *remedy, const char *format, ...)
{
	GclkFinding *told = find_told(findings, daemon, id);
	g_autofree char *rest = NULL;
	g_autofree char *statement = NULL;
	va_list args;

	if (told)
		return told;
	va_start(args, format);
	rest = g_strdup_vprintf(format, args);
	va_end(args);
	statement = g_strdup_printf("%s %s", daemon, rest);
	return gclk_findings_add(findings, id, severity, statement, remedy);
}

void gclk_check_show(GclkFinding *finding, const GclkConfigLine *line)
{
	g_autofree char *text = gclk_config_line_show(line);
	guint n = finding->evidence ? finding->evidence->len : 0;

	if (n < SHOWN_MAX)
		gclk_finding_add_evidence(finding, "%s", text);
	else if (n == SHOWN_MAX)
		gclk_finding_add_evidence(finding, "... and more lines like these");
}
