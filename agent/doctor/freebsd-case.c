/* SPDX-License-Identifier: BSD-2-Clause */
#include "doctor/freebsd-case.h"

#include <string.h>

gboolean gclk_freebsd_runs_on(const GclkFreebsdCase *c, const char *hypervisor)
{
	return strcmp(c->survey->detection->hypervisor, hypervisor) == 0;
}

void gclk_freebsd_show_choice(GclkFinding *finding, const char *name, const GArray *choice)
{
	g_autoptr(GString) line = g_string_new(name);

	g_string_append_c(line, ':');
	for (guint i = 0; i < choice->len; i++) {
		const GclkFreebsdTimer *timer = &g_array_index(choice, GclkFreebsdTimer, i);

		g_string_append_printf(line, " %s(%d)", timer->name, timer->quality);
	}
	gclk_finding_add_evidence(finding, "%s", line->str);
}

gboolean gclk_freebsd_is_tsc(const char *name)
{
	return g_str_has_prefix(name, "TSC");
}
