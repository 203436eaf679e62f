/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a VM demands of its host's clock. It lives in the domain's libvirt metadata:
 * <guestclock:clock xmlns:guestclock="urn:guestclock:domain:1" protocol="ptp" max-error-us="100"
 * enforce="strict"/>, found by namespace and local name, never by prefix.
 */
#ifndef GUESTCLOCK_NEED_H
#define GUESTCLOCK_NEED_H

#include "guestclock/json-writer.h"
#include "guestclock/sample.h"

#define GCLK_NEED_NAMESPACE "urn:guestclock:domain:1"

typedef enum {
	GCLK_NEED_ANY, /* also: nothing declared */
	GCLK_NEED_NTP, /* NTP or better */
	GCLK_NEED_PTP,
} GclkNeedProtocol;

typedef struct {
	gboolean declared;
	GclkNeedProtocol protocol;
	gint64 max_error; /* ns; 0: none demanded */
	gboolean strict;  /* else: warn only */
} GclkNeed;

/* More than any clock that somebody would demand. */
#define GCLK_NEED_MAX_ERROR_MAX (1000 * GCLK_NS_PER_S)

/* "any", "ntp", "ptp"; from_name gives -1 for another word or NULL. */
const char *gclk_need_protocol_name(GclkNeedProtocol protocol);
gint gclk_need_protocol_from_name(const char *name);

#define GCLK_NEED_ERROR (gclk_need_error_quark())
GQuark gclk_need_error_quark(void);
typedef enum {
	GCLK_NEED_ERROR_XML,   /* no XML, too large, entities */
	GCLK_NEED_ERROR_VALUE, /* an element of ours that says what cannot be understood */
} GclkNeedError;

/* From a whole domain XML. FALSE with an error: what is demanded cannot be told, and no verdict
   upon it may be "compatible". At most GCLK_NEED_XML_MAX bytes, no entities, no network. */
#define GCLK_NEED_XML_MAX (4 * 1024 * 1024)
gboolean gclk_need_from_xml(const char *xml, gsize length, GclkNeed *out, GError **error);

/* The same, and the domain's UUID, which is set ("": it says none) even when the need is wrong. */
#define GCLK_UUID_TEXT 37
gboolean gclk_need_from_domain(
	const char *xml, gsize length, GclkNeed *out, char uuid[GCLK_UUID_TEXT], GError **error);

/* From a text of words, for platforms without XML: "ptp", or "protocol=ptp max-error-us=100
   enforce=warn", separated by blanks or commas. Words as in the element. */
gboolean gclk_need_from_words(const char *text, GclkNeed *out, GError **error);

/* The element as it goes into the metadata. Caller frees. */
char *gclk_need_to_xml(const GclkNeed *need);
/* Its keys, into the object that is open. */
void gclk_need_write(GclkJson *json, const GclkNeed *need);
/* "needs a PTP-synchronised host within 100 us". Caller frees. */
char *gclk_need_text(const GclkNeed *need);

#endif
