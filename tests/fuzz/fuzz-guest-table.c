/* SPDX-License-Identifier: BSD-2-Clause */
/* What comes from the table's socket, read and shown: no crash, and nothing that steers a terminal.
 */
#include "fuzz.h"

#include "guests/report.h"

static void check(const char *text)
{
	for (const char *p = text; *p; p++)
		g_assert(*p == '\n' || ((guchar)*p >= ' ' && *p != 127));
	g_assert(g_utf8_validate(text, -1, NULL));
}

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
	static const char *const names[] = { "db01", NULL };
	g_autoptr(GclkTableView) view = gclk_table_parse((const char *)data, size, NULL);
	g_autofree char *selected = gclk_table_select((const char *)data, size, names, NULL);
	g_autofree char *text = view ? gclk_guests_text(view, view->rows, FALSE) : NULL;

	g_assert(!view == !selected);
	if (!view)
		return 0;
	check(text);
	for (guint i = 0; i < view->rows->len; i++) {
		g_autofree char *one = gclk_guest_text(view->rows->pdata[i], FALSE);

		check(one);
	}
	g_assert(gclk_guests_exit_code(view, view->rows) <= 3);
	return 0;
}
