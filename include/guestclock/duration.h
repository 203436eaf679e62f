/* SPDX-License-Identifier: BSD-2-Clause */
/* Durations as people write them in configurations and on command lines: "100ms", "1.5 s". */
#ifndef GUESTCLOCK_DURATION_H
#define GUESTCLOCK_DURATION_H

#include <glib.h>

#define GCLK_DURATION_TEXT_MAX 32

/*
 * A decimal number, not negative, and one of the units ns us ms s min h; blanks may stand between
 * them and around. The unit is mandatory, since a bare number has been misread as seconds or as
 * milliseconds too often. *ns gets nanoseconds and is untouched on error.
 * Errors: G_NUMBER_PARSER_ERROR_INVALID (what is wrong with the text, without the text itself) or
 * G_NUMBER_PARSER_ERROR_OUT_OF_BOUNDS (more than 292 years, or finer than a nanosecond).
 */
gboolean gclk_duration_parse(const char *text, gint64 *ns, GError **error);

/* The shortest exact form with the largest unit, which gclk_duration_parse reads back: "1500ms"
   gives "1.5s", 3600 s "1h". ns >= 0. Returns buffer. */
const char *gclk_duration_format(gint64 ns, char buffer[GCLK_DURATION_TEXT_MAX]);

#endif
