/* SPDX-License-Identifier: BSD-2-Clause */
/* What other programs show of themselves in /proc: comm, command line and status. */
#include "fuzz.h"

#include <glib.h>

#include "guestclock/rival.h"

/* One of each kind of command line. */
static const char *const names[] = { "chronyd", "ntpd", "ntpd of BusyBox", "phc2sys", "ptp4l",
	"ptpd2", "guestclockd", "vmtoolsd", "VBoxService", "qemu-ga" };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *bytes = (const char *)data;
	g_autofree char *text = g_strndup(bytes, size);

	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		const GclkProgram *program = gclk_program_by_name(names[i]);

		g_assert_nonnull(gclk_program_variety(program, text, bytes, size));
		g_assert_true(gclk_rival_steers(names[i], bytes, size) ==
			      !gclk_program_restraint(program, bytes, size));
	}
	g_assert_false(gclk_rival_steers("", bytes, size));
	gclk_program_inability(text);
	gclk_rival_name(text);
	return 0;
}
