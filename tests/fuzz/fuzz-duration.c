/* SPDX-License-Identifier: BSD-2-Clause */
/* Durations, what they look like when written back, and the nearest word. */
#include "fuzz.h"

#include "guestclock/duration.h"
#include "guestclock/nearest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const words[] = { "status", "step-threshold", "", NULL };
	g_autofree char *text = g_strndup((const char *)data, size);
	char back[GCLK_DURATION_TEXT_MAX];
	gint64 ns, again;

	gclk_nearest(text, words);
	if (!gclk_duration_parse(text, &ns, NULL))
		return 0;
	g_assert(ns >= 0);
	g_assert(gclk_duration_parse(gclk_duration_format(ns, back), &again, NULL));
	g_assert(again == ns);
	return 0;
}
