/* SPDX-License-Identifier: BSD-2-Clause */
/* The record of what --fix has changed: read, written again, read again. What it says is done as
   root, so every place in it must be one of guestclock's. */
#include "fuzz.h"

#include <string.h>

#include "doctor/fix-plan.h"
#include "doctor/fix-record.h"

static void compare(const GclkFixRecord *a, const GclkFixRecord *b)
{
	g_assert(a->changes->len == b->changes->len);
	for (guint i = 0; i < a->changes->len; i++) {
		const GclkChange *x = a->changes->pdata[i], *y = b->changes->pdata[i];

		g_assert(gclk_fix_place_allowed(x->kind, x->place));
		g_assert(x->kind == y->kind && strcmp(x->place, y->place) == 0);
		g_assert(x->existed == y->existed && x->length == y->length);
		g_assert(memcmp(x->before, y->before, x->length) == 0);
		g_assert(x->before[x->length] == '\0');
		g_assert(x->mode == y->mode && x->uid == y->uid && x->gid == y->gid);
		g_assert(x->after->len == y->after->len);
		g_assert(gclk_fix_record_find(a, x->kind, x->place) == x);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GclkFixRecord) record = gclk_fix_record_parse((const char *)data, size, &error);
	g_autoptr(GclkFixRecord) again = NULL;
	g_autofree char *text = NULL;
	gsize length;

	g_assert((record == NULL) == (error != NULL));
	if (!record)
		return 0;
	text = gclk_fix_record_format(record, &length);
	again = gclk_fix_record_parse(text, length, NULL);
	g_assert(again != NULL);
	compare(record, again);
	return 0;
}
