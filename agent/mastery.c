/* SPDX-License-Identifier: BSD-2-Clause */
#include "mastery.h"

/* Takes the reason over. */
static GclkMastery only_measures(char *reason, gboolean rival)
{
	return (GclkMastery){ .reason = reason, .rival = rival };
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
		return only_measures(g_strdup("as configured"), FALSE);
	if (!may)
		return only_measures(
			g_strdup(may_reason ? may_reason : "the clock may not be set"), FALSE);
	if (control == GCLK_CONTROL_KERNEL)
		return (GclkMastery){ .steers = TRUE,
			.rival = rivals->len > 0,
			.reason = rivals->len ? g_strdup_printf("%s steers this clock too",
							(const char *)g_ptr_array_index(rivals, 0))
					      : NULL };
	if (contained(container))
		return only_measures(
			g_strdup_printf(
				"in a container (%s) the clock belongs to the host", container),
			FALSE);
	if (rivals->len)
		return only_measures(g_strdup_printf("%s steers this clock",
					     (const char *)g_ptr_array_index(rivals, 0)),
			TRUE);
	return (GclkMastery){ .steers = TRUE };
}
