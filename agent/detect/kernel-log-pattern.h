/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Patterns of log lines, and the table of those that mean something for timekeeping. A pattern is
 * found anywhere in a line; it is literal text, beginning with at least one literal character, and
 *
 *   %s  a word: the subject        %o  a word: the other thing named
 *   %r  the rest of the line: the subject
 *   %f  a whole number: the figure, with its sign
 *   %m  a number with three decimals: the figure, times 1000 (MHz to kHz)
 *   %i  a whole number: the interval     %c  the same: the CPU     %n  the same: nothing we need
 *
 * A word ends at a blank or at the literal character that follows in the pattern.
 */
#ifndef GUESTCLOCK_KERNEL_LOG_PATTERN_H
#define GUESTCLOCK_KERNEL_LOG_PATTERN_H

#include "detect/kernel-log.h"

typedef struct {
	GclkKernelLogKind kind;
	const char *text;
} GclkPattern;

/* No row fits a line that is shorter: a log of empty lines costs nothing. */
#define GCLK_PATTERN_LEAST 12

/* The table. In a line the first row of a kind counts. Returns the number of rows. */
gsize gclk_patterns_kernel_log(const GclkPattern **out);

typedef struct {
	char *subject, *other;        /* or NULL */
	gint64 figure, interval, cpu; /* or GCLK_KLOG_NO_FIGURE */
} GclkPatternMatch;

/* *out is filled in only with TRUE; then gclk_pattern_match_clear it. */
gboolean gclk_pattern_match(const char *pattern, const char *line, GclkPatternMatch *out);
void gclk_pattern_match_clear(GclkPatternMatch *match);

#endif
