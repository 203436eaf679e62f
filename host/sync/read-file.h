/* SPDX-License-Identifier: BSD-2-Clause */
/* Small files, never more of them than is wanted. */
#ifndef GUESTCLOCK_READ_FILE_H
#define GUESTCLOCK_READ_FILE_H

#include <glib.h>

/* The first limit bytes of a regular file (/proc and /sys are full of them), ended by a NUL that
   *length (may be NULL) does not count. NULL, with errno: it cannot be read, or is a device or a
   pipe, which could keep us waiting. Caller frees. */
char *gclk_read_file(const char *path, gsize limit, gsize *length);

/* What comes through a descriptor until it ends; of more than limit bytes at least one too many, so
   that the caller sees it. Waits for the writer. Free with g_string_free. */
GString *gclk_read_stream(int fd, gsize limit);

#endif
