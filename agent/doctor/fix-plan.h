/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From the fixes that findings name to what has to be done on this system: the steps that a program
 * may take, each with its words, and advice where it may not. Pure.
 */
#ifndef GUESTCLOCK_FIX_PLAN_H
#define GUESTCLOCK_FIX_PLAN_H

#include "doctor/fix-record.h"
#include "doctor/survey.h"
#include "guestclock/finding.h"

/* How the kernel gets its command line. */
typedef enum {
	GCLK_BOOT_UNKNOWN,
	GCLK_BOOT_GRUB_DROP_IN, /* GRUB 2 whose mkconfig reads /etc/default/grub.d (Debian) */
	GCLK_BOOT_GRUBBY,       /* Red Hat */
	GCLK_BOOT_SYSTEMD,
	GCLK_BOOT_GRUB,
	GCLK_BOOT_EXTLINUX,
	GCLK_BOOT_GRUB_LEGACY,
	GCLK_BOOT_LOADERS,
} GclkBootLoader;

/* The places that this system has for what shall stay after a boot. */
typedef struct {
	GclkOs os;
	GclkBootLoader boot;
	gboolean loader_directory;  /* FreeBSD: its loader reads /boot/loader.conf.d */
	gboolean modules_directory; /* /etc/modules-load.d is read */
	gboolean sysctl_directory;  /* /etc/sysctl.d is read */
} GclkFixPlaces;

/* Looks below root, a descriptor of a directory. */
void gclk_fix_places_find(int root, GclkOs os, GclkFixPlaces *out);

typedef enum {
	GCLK_ACTION_FILE,    /* a line of text in a file */
	GCLK_ACTION_SETTING, /* a value into a file of sysfs or procfs, now */
	GCLK_ACTION_SYSCTL,  /* FreeBSD: a sysctl, now */
	GCLK_ACTION_LOAD,    /* a module, now */
	GCLK_ACTION_ADVICE,  /* nothing that a program should do here */
} GclkActionKind;

typedef struct {
	GclkActionKind kind;
	char *place;       /* path, or name of the sysctl or the module; NULL with ADVICE */
	char *text;        /* the line, or the value; NULL with LOAD and ADVICE */
	char *key;         /* FILE: in our own file, a line that begins so is replaced */
	char *words;       /* what it does, or the advice: "switch the clocksource to tsc" */
	const char *then;  /* what is to be done by hand afterwards, static, or NULL */
	gboolean own_file; /* FILE: the file is guestclock's alone */
	gboolean follows;  /* makes no sense if the action before it fails */
} GclkAction;

void gclk_action_free(GclkAction *action);

/* Array of GclkAction *, each thing once: of two values for one name that of the graver finding
   counts. Free with g_ptr_array_unref. findings are sorted. */
GPtrArray *gclk_fix_plan(const GPtrArray *findings, const GclkFixPlaces *places);

/* Is this a place that a plan may name? */
gboolean gclk_fix_place_allowed(GclkChangeKind kind, const char *place);

/* What is to be done by hand after a change of this file, static, or NULL. */
const char *gclk_fix_then(const char *path);

/* The text of a file (NULL: there is none) with the action's line in it; NULL: it is there already.
   Caller frees. */
char *gclk_fix_merge(const GclkAction *action, const char *text);

#endif
