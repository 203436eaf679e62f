/* SPDX-License-Identifier: BSD-2-Clause */
/* What VMware's libraries have answered: messages, text, the host's time service. */
#include "fuzz.h"

#include <string.h>

#include "vmware/tools-message.h"
#include "vmware/tools-rate.h"

static void check_text(const uint8_t *data, size_t size)
{
	char text[48];

	gclk_tools_clean(data, size, text, sizeof text);
	g_assert_true(strlen(text) <= size && strlen(text) < sizeof text);
	for (const char *at = text; *at; at++)
		g_assert_true(g_ascii_isprint(*at));
}

static void check_rows(const uint8_t *data, size_t size)
{
	GclkToolsRow rows[GCLK_TOOLS_ROWS_MAX];
	gint n = gclk_tools_time_info((const char *)data, size, rows);

	g_assert_cmpint(n, <=, GCLK_TOOLS_ROWS_MAX);
	for (gint i = 0; i < n; i++) {
		g_assert_true(rows[i].key[0] && strlen(rows[i].key) < sizeof rows[i].key);
		g_assert_true(rows[i].value[0] && strlen(rows[i].value) < sizeof rows[i].value);
	}
}

static void check_rate(const uint8_t *data, size_t size)
{
	GclkToolsRate rate = { 0 };
	GclkToolsReading reading;
	double least, most;

	for (; size >= sizeof reading; data += sizeof reading, size -= sizeof reading) {
		memcpy(&reading, data, sizeof reading);
		/* RAW is ours: it may stand still, but not be rubbish */
		reading.raw &= G_MAXINT64 >> 2;
		reading.doubt &= G_MAXINT64 >> 8;
		gclk_tools_rate_add(&rate, &reading);
		g_assert_cmpuint(rate.n, <=, GCLK_TOOLS_RATE_MAX);
		if (gclk_tools_rate_get(&rate, &least, &most))
			g_assert_true(least <= most);
		g_assert_true(gclk_tools_rate_stolen(&rate, 2) <= 1);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	GclkToolsMessage message;

	check_text(data, size);
	check_rows(data, size);
	check_rate(data, size);
	if (gclk_tools_message_check(data, size, &message)) {
		g_assert_cmpuint(message.kind, <, GCLK_TOOLS_KINDS);
		g_assert_true(strlen(message.text) < sizeof message.text);
		check_rows((const uint8_t *)message.text, strlen(message.text));
	}
	return 0;
}
