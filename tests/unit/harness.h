/* SPDX-License-Identifier: BSD-2-Clause */
/* The frame of a unit test program: a table of cases, run with CUnit, exit status for make check.
 */
#ifndef GUESTCLOCK_TEST_HARNESS_H
#define GUESTCLOCK_TEST_HARNESS_H

#include <CUnit/Basic.h>
#include <glib.h>

typedef struct {
	const char *name;
	void (*run)(void);
} GclkTestCase;

/* Runs the cases (ended by a NULL name) and returns the exit status. */
int gclk_test_main(const char *suite, const GclkTestCase *cases);

/* Like CU_ASSERT_EQUAL for integers and CU_ASSERT_STRING_EQUAL for text, but they print both
 * values. */
#define GCLK_ASSERT_INT(actual, expected)                                                          \
	gclk_test_int(__FILE__, __LINE__, #actual, (gint64)(actual), (gint64)(expected))
#define GCLK_ASSERT_STR(actual, expected)                                                          \
	gclk_test_str(__FILE__, __LINE__, #actual, (actual), (expected))
/* |actual - expected| <= tolerance, for doubles */
#define GCLK_ASSERT_NEAR(actual, expected, tolerance)                                              \
	gclk_test_near(__FILE__, __LINE__, #actual, (actual), (expected), (tolerance))
/* text contains part */
#define GCLK_ASSERT_HAS(text, part) gclk_test_has(__FILE__, __LINE__, #text, (text), (part))

void gclk_test_int(const char *file, int line, const char *what, gint64 actual, gint64 expected);
void gclk_test_str(
	const char *file, int line, const char *what, const char *actual, const char *expected);
void gclk_test_near(const char *file, int line, const char *what, double actual, double expected,
	double tolerance);
void gclk_test_has(
	const char *file, int line, const char *what, const char *text, const char *part);

#endif
