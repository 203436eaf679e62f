/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Precision clocks of this host: what is behind each, and how far it is from the system clock. The
 * measurement is the one proof of steering that trusts nobody.
 */
#ifndef GUESTCLOCK_PHC_H
#define GUESTCLOCK_PHC_H

#include "sync/daemon-report.h"

/*
 * What a precision clock is: GCLK_REFERENCE_HOST when the machine around this one gives it
 * (ptp_kvm, hyperv ...: this host is itself a guest, and what it inherits is not known),
 * GCLK_REFERENCE_PHC when it is a network card's, GCLK_REFERENCE_NONE when there is none.
 * device: "/dev/ptp0", or a link to one, such as "/dev/ptp_kvm". root: "" or a folder under which
 * /dev and /sys lie (tests). *clock_name, if given, gets the driver's name for it or NULL; caller
 * frees.
 */
GclkReferenceKind gclk_phc_reference(const char *root, const char *device, char **clock_name);

/* "/dev/ptp0": the device behind links and other spellings, and the hardware clock of a network
   interface, as far as this network namespace knows it. NULL: none. Caller frees. */
char *gclk_phc_device(const char *root, const char *device_or_interface);

/* All precision clocks that are not the host's: paths, in order. At most 64. */
GPtrArray *gclk_phc_cards(const char *root);

/* --- how far is it from the system clock? ----------------------------------------------------- */

typedef struct {
	gint64 time;       /* of the clock, ns since its epoch */
	gint64 difference; /* clock minus CLOCK_REALTIME, ns, whatever scale it keeps */
	gint64 bound;      /* half the time that the reading took, ns */
} GclkPhcReading;

/* Reads it (PTP_SYS_OFFSET_EXTENDED, else PTP_SYS_OFFSET). FALSE with G_FILE_ERROR, which names the
   device; G_FILE_ERROR_ACCES: needs more rights. */
gboolean gclk_phc_read(const char *device, GclkPhcReading *out, GError **error);

/*
 * Pure. What is left of a difference when the scales are taken care of: *offset gets the clock as
 * UTC minus CLOCK_REALTIME, ns, for a clock that is ahead_s seconds ahead of UTC (TAI: TAI minus
 * UTC). Returns the whole seconds of it if they are what is wrong: it is within 0.1 s of a whole
 * number of seconds, 1 to 60, of either sign. Else 0.
 */
gint gclk_phc_judge(gint64 difference, gint ahead_s, gint64 *offset);

#endif
