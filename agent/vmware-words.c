/* SPDX-License-Identifier: BSD-2-Clause */
/* What vSphere's readers get to see. Scripts read it too: doc/vmware.md says what is where. */
#include "vmware-watch.h"

#include <math.h>
#include <string.h>

static const char *const names[GCLK_VMWARE_KEYS] = {
	GCLK_TOOLS_STATE_KEY,
	"guestinfo.guestclock.source",
	"guestinfo.guestclock.findings",
	"guestinfo.guestclock.offset",
	"guestinfo.guestclock.updated",
};

const char *gclk_vmware_key_name(GclkVmwareKey key)
{
	return names[key];
}

static void write_state(const GclkStatus *status, GString *out)
{
	g_string_append(out, gclk_state_name(status->state));
	if (status->reason)
		g_string_append_printf(out, ": %s", status->reason);
}

static const GclkSourceStatus *find_selected(const GclkStatus *status)
{
	for (guint i = 0; status->selected && i < status->sources->len; i++) {
		const GclkSourceStatus *source = status->sources->pdata[i];

		if (strcmp(source->name, status->selected) == 0)
			return source;
	}
	return NULL;
}

static void write_source(const GclkStatus *status, GString *out)
{
	const GclkSourceStatus *source = find_selected(status);

	if (source)
		g_string_append_printf(out, "%s (%s)", source->name, source->kind);
	else
		g_string_append(out, "none");
}

static void write_findings(const GclkStatus *status, GString *out)
{
	for (gint severity = GCLK_SEVERITY_CRITICAL; severity >= GCLK_SEVERITY_WARNING;
		severity--) {
		for (guint i = 0; i < status->findings->len; i++) {
			const GclkFinding *finding = status->findings->pdata[i];

			if ((gint)finding->severity == severity)
				g_string_append_printf(out, "%s%s: %s: %s", out->len ? "; " : "",
					gclk_severity_name(finding->severity), finding->id,
					finding->statement);
		}
	}
	if (out->len == 0)
		g_string_append(out, "none");
}

/* "+0.000001234 s +- 0.001005827 s" */
static void write_offset(const GclkStatus *status, GString *out)
{
	char text[G_ASCII_DTOSTR_BUF_SIZE];

	if (status->error_bound == GCLK_BOUND_UNKNOWN) {
		g_string_append(out, "unknown");
		return;
	}
	g_ascii_formatd(text, sizeof text, "%.9f", (double)ABS(status->offset) / GCLK_NS_PER_S);
	g_string_append_printf(out, "%c%s s +- ", status->offset < 0 ? '-' : '+', text);
	g_ascii_formatd(text, sizeof text, "%.9f", (double)status->error_bound / GCLK_NS_PER_S);
	g_string_append_printf(out, "%s s", text);
}

static void write_time(const GclkStatus *status, GString *out)
{
	g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(status->realtime / GCLK_NS_PER_S);
	g_autofree char *text = time ? g_date_time_format(time, "%Y-%m-%dT%H:%M:%SZ") : NULL;

	g_string_append(out, text ? text : "unknown");
}

void gclk_vmware_value(
	GclkVmwareKey key, const GclkStatus *status, char value[GCLK_VMWARE_VALUE_MAX])
{
	static void (*const write[])(const GclkStatus *, GString *) = {
		write_state,
		write_source,
		write_findings,
		write_offset,
		write_time,
	};
	GString *text = g_string_new(NULL);

	write[key](status, text);
	gclk_tools_clean(text->str, text->len, value, GCLK_VMWARE_VALUE_MAX);
	g_string_free(text, TRUE);
}
