/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which of Linux's clocksources is right on which hypervisor. A table, and questions to it; what is
 * not in it is not known, and nothing is advised then.
 */
#ifndef GUESTCLOCK_CLOCKSOURCE_TABLE_H
#define GUESTCLOCK_CLOCKSOURCE_TABLE_H

#include "detect/kernel-age.h"

typedef enum {
	GCLK_CLOCKSOURCE_UNKNOWN,  /* the table says nothing of it */
	GCLK_CLOCKSOURCE_WANTED,   /* right */
	GCLK_CLOCKSOURCE_ACCEPTED, /* it will do */
	GCLK_CLOCKSOURCE_BAD,      /* time is kept, at a price; why is in the row */
	GCLK_CLOCKSOURCE_LOSES,    /* time is the number of ticks, on any machine */
} GclkClocksourceVerdict;

typedef struct {
	const char *hypervisor; /* the word of the detection */
	guint ages;             /* GclkAge bits */
	const char *wanted;     /* names with blanks between them, the best first */
	const char *accepted;   /* likewise, or NULL */
	const char *bad;        /* likewise, or NULL */
	const char *why_bad;    /* half a sentence for people, or NULL */
	const char *otherwise;  /* what to do when none of the wanted is there, imperative */
} GclkClocksourceRow;

/* The rows. Returns their number. */
gsize gclk_clocksource_table(const GclkClocksourceRow **out);

/* NULL: nothing is known of clocksources there ("none" among them). hypervisor may be NULL. */
const GclkClocksourceRow *gclk_clocksource_row(const char *hypervisor, GclkAge age);

/* row may be NULL: then only clocksources that count ticks, and those that an architecture has for
   itself, are judged. */
GclkClocksourceVerdict gclk_clocksource_judge(const GclkClocksourceRow *row, const char *name);

/*
 * The best of those available (NULL-terminated), in the order in which the kernel lists them: by
 * its own rating, which knows whether the TSC is invariant (clocksource_enqueue() of
 * kernel/time/clocksource.c). A wanted one, else an accepted one; without a row any that counts no
 * ticks. NULL: none. The result is one of available's strings.
 */
const char *gclk_clocksource_best(const GclkClocksourceRow *row, char *const *available);

/* Is it the best of the wanted, so that its absence is a loss? FALSE without a row. */
gboolean gclk_clocksource_prefers(const GclkClocksourceRow *row, const char *name);
/* Is it among the wanted? FALSE without a row. */
gboolean gclk_clocksource_wants(const GclkClocksourceRow *row, const char *name);

#endif
