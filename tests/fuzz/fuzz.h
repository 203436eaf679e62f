/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A fuzz target: called with one input after the other by libFuzzer (configure --enable-fuzzing) or
 * by replay.c. It must take any bytes; a broken promise is told by g_assert.
 */
#ifndef GUESTCLOCK_FUZZ_H
#define GUESTCLOCK_FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
