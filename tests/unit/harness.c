/* SPDX-License-Identifier: BSD-2-Clause */
#include "harness.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

int gclk_test_main(const char *suite, const GclkTestCase *cases)
{
	CU_pSuite s;
	unsigned int failures;

	if (CU_initialize_registry() != CUE_SUCCESS)
		return 99;
	s = CU_add_suite(suite, NULL, NULL);
	for (; s && cases->name; cases++)
		if (!CU_add_test(s, cases->name, cases->run))
			return 99;
	CU_basic_set_mode(CU_BRM_VERBOSE);
	if (CU_basic_run_tests() != CUE_SUCCESS)
		return 99;
	failures = CU_get_number_of_failures() + CU_get_number_of_tests_failed();
	CU_cleanup_registry();
	return failures ? 1 : 0;
}

static void check(gboolean good, const char *file, int line, const char *text)
{
	CU_assertImplementation(good, (unsigned int)line, text, file, "", CU_FALSE);
}

void gclk_test_int(const char *file, int line, const char *what, gint64 actual, gint64 expected)
{
	g_autofree char *text = g_strdup_printf(
		"%s is %" G_GINT64_FORMAT ", should be %" G_GINT64_FORMAT, what, actual, expected);

	check(actual == expected, file, line, text);
}

void gclk_test_str(
	const char *file, int line, const char *what, const char *actual, const char *expected)
{
	g_autofree char *text = g_strdup_printf("%s is \"%s\", should be \"%s\"", what,
		actual ? actual : "(null)", expected ? expected : "(null)");

	check(g_strcmp0(actual, expected) == 0, file, line, text);
}

void gclk_test_near(const char *file, int line, const char *what, double actual, double expected,
	double tolerance)
{
	g_autofree char *text = g_strdup_printf(
		"%s is %.9g, should be %.9g +- %.3g", what, actual, expected, tolerance);

	check(fabs(actual - expected) <= tolerance, file, line, text);
}

void gclk_test_has(const char *file, int line, const char *what, const char *text, const char *part)
{
	g_autofree char *message = g_strdup_printf(
		"%s is \"%s\", should contain \"%s\"", what, text ? text : "(null)", part);

	check(text && strstr(text, part), file, line, message);
}
