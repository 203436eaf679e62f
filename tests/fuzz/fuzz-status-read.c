/* SPDX-License-Identifier: BSD-2-Clause */
/* A status file: read, judged, shown, and written again. */
#include "fuzz.h"

#include <string.h>

#include "report/status.h"
#include "report/table.h"
#include "guestclock/text.h"

static void check_table(const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	g_assert(g_utf8_validate(text, -1, NULL));
	g_assert(strchr(text, '\033') == NULL);
	for (gsize i = 0; lines[i]; i++)
		g_assert(gclk_text_width(lines[i]) <= 80);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autoptr(GclkStatus) status = gclk_status_from_json((const char *)data, size, NULL);
	g_autoptr(GclkStatus) again = NULL;
	g_autofree char *stale = NULL;
	g_autofree char *head = NULL;
	g_autofree char *sources = NULL;
	g_autofree char *json = NULL;

	if (!status)
		return 0;
	stale = gclk_status_stale(status, G_GINT64_CONSTANT(5000000000), "boot", TRUE);
	g_assert(gclk_status_exit_code(status) >= 0 && gclk_status_exit_code(status) <= 2);
	head = gclk_table_status(status, FALSE);
	sources = gclk_table_sources(status, FALSE);
	check_table(head);
	check_table(sources);
	json = gclk_status_to_json(status);
	again = gclk_status_from_json(json, strlen(json), NULL);
	g_assert(again && again->error_bound == status->error_bound);
	g_assert(again->sources->len == status->sources->len);
	return 0;
}
