/* SPDX-License-Identifier: BSD-2-Clause */
#include "mastery.h"

static GclkMastery none(gboolean rival, const char *format, const char *what)
{
	return (GclkMastery){ .reason = g_strdup_printf(format, what), .rival = rival };
}

static gboolean contained(const char *container)
{
	/* WSL's distributions are contained, and their clock may be set all the same (design 5). */
	return container && !g_str_equal(container, "none") && !g_str_equal(container, "wsl");
}

GclkMastery gclk_mastery_decide(GclkControl control, gboolean may, const char *may_reason,
	const char *container, const GPtrArray *rivals)
{
	if (control == GCLK_CONTROL_NONE)
		return none(FALSE, "%s", "control=none: it is only measured");
	if (!may)
		return none(FALSE, "%s", may_reason ? may_reason : "the clock may not be set");
	if (control == GCLK_CONTROL_KERNEL)
		return (GclkMastery){ .steers = TRUE };
	if (contained(container))
		return none(FALSE, "in a container (%s) the clock belongs to the host", container);
	if (rivals->len)
		return none(TRUE, "%s steers this clock", g_ptr_array_index(rivals, 0));
	return (GclkMastery){ .steers = TRUE };
}
