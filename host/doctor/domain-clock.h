/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a domain's XML says of its guest's clock: <clock>, its timers, the channels, and what kind
 * of guest it is, as far as the metadata of libosinfo tells. Pure.
 */
#ifndef GUESTCLOCK_DOMAIN_CLOCK_H
#define GUESTCLOCK_DOMAIN_CLOCK_H

#include <glib.h>

typedef enum {
	GCLK_GUEST_UNKNOWN, /* nobody said what runs in it, or it is neither of these */
	GCLK_GUEST_LINUX,
	GCLK_GUEST_WINDOWS,
} GclkGuestKind;

typedef enum {
	GCLK_CLOCK_UTC, /* also when there is no <clock> */
	GCLK_CLOCK_LOCALTIME,
	GCLK_CLOCK_OTHER, /* timezone, variable, absolute */
} GclkClockOffset;

/* Of a timer that may be told to be there or not. */
typedef enum {
	GCLK_TIMER_UNSAID,
	GCLK_TIMER_PRESENT,
	GCLK_TIMER_ABSENT,
} GclkTimerPresence;

typedef struct {
	gboolean qemu; /* of the QEMU driver, on x86: what is said of its timers below counts */
	GclkGuestKind guest;
	GclkClockOffset offset;
	gboolean rtc_catchup; /* ticks that the guest missed are delivered later */
	GclkTimerPresence hpet, hypervclock, kvmclock;
	gboolean has_channel; /* org.guestclock.0 */
} GclkDomainClock;

/* FALSE, with error: the XML is none, too large, or broken (gate/domain-xml.h). */
gboolean gclk_domain_clock_from_xml(
	const char *xml, gsize length, GclkDomainClock *out, GError **error);

#endif
