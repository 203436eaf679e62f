/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What --fix has changed, so that --undo can take it back: of each place the state before the first
 * fix, and a digest of everything that was written there since, by which a later change by somebody
 * else is told from ours. Pure: text (a key file) and back.
 */
#ifndef GUESTCLOCK_FIX_RECORD_H
#define GUESTCLOCK_FIX_RECORD_H

#include <glib.h>

typedef enum {
	GCLK_CHANGE_FILE,
	GCLK_CHANGE_DIRECTORY, /* that did not exist before */
	GCLK_CHANGE_SETTING,   /* a file of sysfs or procfs */
	GCLK_CHANGE_SYSCTL,    /* FreeBSD: place is the name */
} GclkChangeKind;

typedef struct {
	GclkChangeKind kind;
	char *place;      /* path, or name of the sysctl */
	gboolean existed; /* of a file: else the rest of "before" means nothing */
	char *before;     /* what was there, NUL-terminated; never NULL */
	gsize length;
	guint mode, uid, gid; /* of a file */
	GPtrArray *after;     /* char *: digests of what was written, in the order of writing */
} GclkChange;

typedef struct {
	GPtrArray *changes; /* GclkChange *, in the order of the first writes */
} GclkFixRecord;

GclkFixRecord *gclk_fix_record_new(void);
void gclk_fix_record_free(GclkFixRecord *record);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GclkFixRecord, gclk_fix_record_free)

GclkChange *gclk_fix_record_find(
	const GclkFixRecord *record, GclkChangeKind kind, const char *place);
/* Notes a place with its state before (text of length bytes, copied; NULL: it did not exist), and
   returns the record's change. */
GclkChange *gclk_fix_record_add(GclkFixRecord *record, GclkChangeKind kind, const char *place,
	const char *before, gsize length);
/* Was this (NULL: nothing) what was there before? */
gboolean gclk_change_was_before(const GclkChange *change, const char *text, gsize length);
/* Drops one: the change is invalid then. */
void gclk_fix_record_forget(GclkFixRecord *record, GclkChange *change);
/* This text is about to be written there. */
void gclk_change_will_write(GclkChange *change, const char *text, gsize length);
/* Is this text one of those that were written there? */
gboolean gclk_change_is_ours(const GclkChange *change, const char *text, gsize length);

#define GCLK_FIX_RECORD_ERROR (gclk_fix_record_error_quark())
GQuark gclk_fix_record_error_quark(void);

#define GCLK_FIX_RECORD_MAX (1024 * 1024) /* bytes */

/* Caller frees. */
char *gclk_fix_record_format(const GclkFixRecord *record, gsize *length);
/* NULL with an error that says what is wrong with the text; every place in it is one that a fix may
   write (gclk_fix_place_allowed). */
GclkFixRecord *gclk_fix_record_parse(const char *text, gsize length, GError **error);

#endif
