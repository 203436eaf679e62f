/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A domain's XML, element by element, as one that others wrote: at most GCLK_NEED_XML_MAX bytes, no
 * document type declaration, no entities, no network, and nothing printed.
 */
#ifndef GUESTCLOCK_DOMAIN_XML_H
#define GUESTCLOCK_DOMAIN_XML_H

#include <libxml/xmlreader.h>

#include "gate/need.h"

/* One element; its local name, and how deep it stands: <domain> is 0. It may move to the element's
   attributes and back. FALSE, with error: it has seen enough. */
typedef gboolean (*GclkDomainXmlFunc)(
	gpointer user, xmlTextReader *reader, const char *name, int depth, GError **error);

/* Calls func for each element in its order. FALSE, with error: func's, or
   GCLK_NEED_ERROR_XML; what func was given before may then be no part of a domain's XML. */
gboolean gclk_domain_xml_each(
	const char *xml, gsize length, GclkDomainXmlFunc func, gpointer user, GError **error);

#endif
