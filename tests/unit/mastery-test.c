/* SPDX-License-Identifier: BSD-2-Clause */
#include "mastery.h"

#include <string.h>

#include "harness.h"

static void check(GclkControl control, gboolean may, const char *container, const char *rival,
	gboolean steers, const char *reason)
{
	g_autoptr(GPtrArray) rivals = g_ptr_array_new();
	GclkMastery m;

	if (rival)
		g_ptr_array_add(rivals, (char *)rival);
	m = gclk_mastery_decide(control, may, "no CAP_SYS_TIME", container, rivals);
	GCLK_ASSERT_INT(m.steers, steers);
	if (reason)
		GCLK_ASSERT_HAS(m.reason, reason);
	else
		CU_ASSERT_PTR_NULL(m.reason);
	GCLK_ASSERT_INT(m.rival, reason && rival && strstr(reason, rival) != NULL);
	g_free(m.reason);
}

static void table(void)
{
	check(GCLK_CONTROL_AUTO, TRUE, "none", NULL, TRUE, NULL);
	check(GCLK_CONTROL_AUTO, TRUE, NULL, NULL, TRUE, NULL);
	check(GCLK_CONTROL_AUTO, FALSE, "none", NULL, FALSE, "CAP_SYS_TIME");
	check(GCLK_CONTROL_AUTO, TRUE, "docker", NULL, FALSE, "docker");
	check(GCLK_CONTROL_AUTO, TRUE, "wsl", NULL, TRUE, NULL);
	check(GCLK_CONTROL_AUTO, TRUE, "none", "chronyd (pid 7)", FALSE, "chronyd (pid 7)");
	/* said outright, it is done, but not without the right to */
	check(GCLK_CONTROL_KERNEL, TRUE, "docker", NULL, TRUE, NULL);
	check(GCLK_CONTROL_KERNEL, TRUE, "none", "chronyd", TRUE, "chronyd");
	check(GCLK_CONTROL_KERNEL, FALSE, "none", NULL, FALSE, "CAP_SYS_TIME");
	check(GCLK_CONTROL_NONE, TRUE, "none", NULL, FALSE, "as configured");
}

int main(void)
{
	static const GclkTestCase cases[] = {
		{ "who steers", table },
		{ NULL, NULL },
	};

	return gclk_test_main("mastery", cases);
}
