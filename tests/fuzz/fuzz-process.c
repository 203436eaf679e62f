/* SPDX-License-Identifier: BSD-2-Clause */
/* What other programs show of themselves in /proc: comm, command line and status. */
#include "fuzz.h"

#include <glib.h>

#include "guestclock/rival.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = { "chronyd", "ntpd", "phc2sys", "ptp4l", "" };
	g_autofree char *text = g_strndup((const char *)data, size);

	for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
		gclk_rival_steers(names[i], (const char *)data, size);
	gclk_rival_able(text);
	gclk_rival_name(text);
	return 0;
}
