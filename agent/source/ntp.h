/* SPDX-License-Identifier: BSD-2-Clause */
/* NTPv4 client over UDP (RFC 5905), one server. */
#ifndef GUESTCLOCK_NTP_SOURCE_H
#define GUESTCLOCK_NTP_SOURCE_H

#include "guestclock/ntp-key.h"
#include "source/source.h"

typedef struct {
	const char *name;    /* as configured */
	const char *address; /* host name or numeric address */
	guint16 port;
	gint min_poll, max_poll; /* log2 s, 0 <= min_poll <= max_poll <= 17 */
	gboolean iburst;
	gint64 max_distance;   /* ns: refuse a root distance beyond */
	guint32 key_id;        /* 0: none */
	const GclkNtpKey *key; /* NULL with key_id != 0: the source is failed, with key_reason; of
				  unknown type: failed too */
	const char *key_reason;
	gint64 pivot; /* ns since 1970, resolves the era (gclk_ntp_time_to_ns); 0: the build date */
} GclkNtpSettings;

/* Copies the settings (the key too). Never fails; what is wrong shows in the condition. */
GclkSource *gclk_ntp_source_new(GclkPlatform *platform, const GclkNtpSettings *settings);

#endif
