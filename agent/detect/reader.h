/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading facts from files that may be missing, forbidden, empty, huge or not what they should be.
 * Missing is no fact at all; everything else that keeps a fact from us is noted with its reason.
 * Also the list of facts itself: a name and a value each.
 */
#ifndef GUESTCLOCK_READER_H
#define GUESTCLOCK_READER_H

#include "platform/platform.h"

typedef struct {
	char *name;  /* "dmi sys_vendor", "cpuid 0x40000000"; of what is unreadable: the path */
	char *value; /* printable text */
} GclkFact;

/* An array of GclkFact *; free with g_ptr_array_unref. */
GPtrArray *gclk_facts_new(void);
/* A NULL value adds nothing. */
void gclk_facts_add(GPtrArray *facts, const char *name, const char *value);
/* The value of the first fact of that name, or NULL. */
const char *gclk_facts_find(const GPtrArray *facts, const char *name);

typedef struct {
	GclkPlatform *platform;
	GPtrArray *unreadable; /* facts: path and reason; NULL: nobody wants to know */
} GclkReader;

/* More names than this in one directory are not looked at. */
#define GCLK_READER_NAMES_MAX 4096

/* A file of at most limit bytes, NUL-terminated; NULL: there is none, or it cannot be read. length
   may be NULL. Caller frees. */
char *gclk_reader_bytes(GclkReader *reader, const char *path, gsize limit, gsize *length);

/*
 * A small file (a sysfs attribute) as one printable line without blanks around it; its NULs (the
 * separators of device tree lists) and odd bytes become blanks. Empty and binary ones are
 * unreadable: NULL.
 */
char *gclk_reader_text(GclkReader *reader, const char *path);

/* Does a file hold this part? */
gboolean gclk_reader_contains(GclkReader *reader, const char *path, gsize limit, const char *part);

/* Is there such a file? One that may not be opened is there. */
gboolean gclk_reader_exists(GclkReader *reader, const char *path);

/* The names in a directory, sorted; NULL: there is none. Free with g_strfreev. */
char **gclk_reader_names(GclkReader *reader, const char *path);
gboolean gclk_reader_is_directory(GclkReader *reader, const char *path);

#endif
