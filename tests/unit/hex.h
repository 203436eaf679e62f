/* SPDX-License-Identifier: BSD-2-Clause */
/* Recorded packets as text. */
#ifndef GUESTCLOCK_TEST_HEX_H
#define GUESTCLOCK_TEST_HEX_H

#include <glib.h>

/* Bytes of hexadecimal digits; blanks do not count. Returns the length; fails the test if it does
   not fit, or is no hexadecimal. */
gsize gclk_test_hex(const char *text, guint8 *out, gsize size);

#endif
