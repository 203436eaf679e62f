/* SPDX-License-Identifier: BSD-2-Clause */
#include "gate/domain-xml.h"

#include <string.h>

#define HAS_DOCTYPE "the domain's XML has a document type declaration"

static gboolean refuse(GError **error, const char *what)
{
	g_set_error_literal(error, GCLK_NEED_ERROR, GCLK_NEED_ERROR_XML, what);
	return FALSE;
}

static gboolean take_node(
	xmlTextReader *reader, GclkDomainXmlFunc func, gpointer user, GError **error)
{
	int depth = xmlTextReaderDepth(reader);
	const char *name;

	/* one in another encoding than the search of it expected */
	if (xmlTextReaderNodeType(reader) == XML_READER_TYPE_DOCUMENT_TYPE)
		return refuse(error, HAS_DOCTYPE);
	if (xmlTextReaderNodeType(reader) != XML_READER_TYPE_ELEMENT)
		return TRUE;
	name = (const char *)xmlTextReaderConstLocalName(reader);
	if (depth == 0 && strcmp(name, "domain") != 0)
		return refuse(error, "the XML is not that of a domain");
	return func(user, reader, name, depth, error);
}

static void be_silent(void *user, const char *message, xmlParserSeverities severity,
	xmlTextReaderLocatorPtr locator)
{
	(void)user;
	(void)message;
	(void)severity;
	(void)locator;
}

gboolean gclk_domain_xml_each(
	const char *xml, gsize length, GclkDomainXmlFunc func, gpointer user, GError **error)
{
	xmlTextReader *reader;
	gboolean good = TRUE;
	int more = 0;

	if (length == 0)
		return refuse(error, "there is no domain XML");
	if (length > GCLK_NEED_XML_MAX)
		return refuse(error, "the domain's XML is too large");
	/* libvirt writes none; all that entities could do to us begins there, and the parser reads
	   ahead of what it shows */
	if (g_strstr_len(xml, (gssize)length, "<!DOCTYPE"))
		return refuse(error, HAS_DOCTYPE);
	reader = xmlReaderForMemory(xml, (int)length, NULL, NULL, XML_PARSE_NONET);
	if (!reader)
		return refuse(error, "the domain's XML cannot be read");
	xmlTextReaderSetErrorHandler(reader, be_silent, NULL);
	while (good && (more = xmlTextReaderRead(reader)) == 1)
		good = take_node(reader, func, user, error);
	if (good && more != 0)
		good = refuse(error, "the domain's XML is broken");
	xmlFreeTextReader(reader);
	return good;
}
