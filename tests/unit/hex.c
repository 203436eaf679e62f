/* SPDX-License-Identifier: BSD-2-Clause */
#include "hex.h"

#include "harness.h"

gsize gclk_test_hex(const char *text, guint8 *out, gsize size)
{
	gsize digits = 0;

	for (; *text; text++) {
		gint value = g_ascii_xdigit_value(*text);

		if (g_ascii_isspace(*text))
			continue;
		CU_ASSERT_TRUE_FATAL(value >= 0 && digits / 2 < size);
		out[digits / 2] = (guint8)(digits % 2 ? out[digits / 2] << 4 | value : value);
		digits++;
	}
	CU_ASSERT_EQUAL_FATAL(digits % 2, 0);
	return digits / 2;
}
