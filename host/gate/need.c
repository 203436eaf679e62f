/* SPDX-License-Identifier: BSD-2-Clause */
#include "gate/need.h"

#include <string.h>

#include "gate/domain-xml.h"
#include "guestclock/duration.h"
#include "guestclock/format.h"
#include "guestclock/nearest.h"
#include "guestclock/sample.h"
#include "guestclock/text.h"

/* Every version of ours, so that one of the future is not taken for a stranger's. */
#define NAMESPACE_STEM "urn:guestclock:"

#define NO_PROTOCOL  "the need says no protocol: any, ntp or ptp"
#define ERROR_US_MAX (GCLK_NEED_MAX_ERROR_MAX / GCLK_NS_PER_US)

G_DEFINE_QUARK(gclk - need - error - quark, gclk_need_error)

static const char *const protocol_words[] = {
	[GCLK_NEED_ANY] = "any",
	[GCLK_NEED_NTP] = "ntp",
	[GCLK_NEED_PTP] = "ptp",
	NULL,
};
static const char *const enforce_words[] = { "warn", "strict", NULL };
static const char *const attribute_words[] = { "protocol", "max-error-us", "enforce", NULL };

gint gclk_need_protocol_from_name(const char *name)
{
	for (gint i = 0; name && protocol_words[i]; i++)
		if (strcmp(protocol_words[i], name) == 0)
			return i;
	return -1;
}

const char *gclk_need_protocol_name(GclkNeedProtocol protocol)
{
	return protocol_words[protocol];
}

static gboolean refuse(GError **error, GclkNeedError code, const char *what)
{
	g_set_error_literal(error, GCLK_NEED_ERROR, code, what);
	return FALSE;
}

/* --- one attribute ---------------------------------------------------------------------------- */

/* Others wrote it, and people and logs will read it: its beginning, on one line. */
static char *quote(const char *value)
{
	g_autofree char *beginning = g_strndup(value, 40);

	return gclk_text_clean(beginning);
}

/* "must be any, ntp or ptp, not \"pptp\"; did you mean \"ptp\"?" */
static gboolean refuse_word(
	const char *attribute, const char *value, const char *const *words, GError **error)
{
	g_autofree char *list = g_strjoinv(", ", (char **)words);
	g_autofree char *shown = quote(value);
	const char *nearest = gclk_nearest(shown, words);

	g_set_error(error, GCLK_NEED_ERROR, GCLK_NEED_ERROR_VALUE,
		"the need says %s=\"%s\", which is none of %s%s%s%s", attribute, shown, list,
		nearest ? "; did you mean \"" : "", nearest ? nearest : "", nearest ? "\"?" : "");
	return FALSE;
}

static gboolean set_protocol(GclkNeed *need, const char *value, GError **error)
{
	gint protocol = gclk_need_protocol_from_name(value);

	if (protocol < 0)
		return refuse_word("protocol", value, protocol_words, error);
	need->protocol = (GclkNeedProtocol)protocol;
	return TRUE;
}

static gboolean set_max_error(GclkNeed *need, const char *value, GError **error)
{
	guint64 us = 0;

	if (!g_ascii_string_to_unsigned(value, 10, 1, ERROR_US_MAX, &us, NULL)) {
		g_autofree char *shown = quote(value);

		g_set_error(error, GCLK_NEED_ERROR, GCLK_NEED_ERROR_VALUE,
			"the need says max-error-us=\"%s\", which is no whole number of "
			"microseconds from 1 to %" G_GINT64_FORMAT,
			shown, ERROR_US_MAX);
		return FALSE;
	}
	need->max_error = (gint64)us * GCLK_NS_PER_US;
	return TRUE;
}

static gboolean set_enforce(GclkNeed *need, const char *value, GError **error)
{
	if (!g_strv_contains(enforce_words, value))
		return refuse_word("enforce", value, enforce_words, error);
	need->strict = strcmp(value, "strict") == 0;
	return TRUE;
}

static const struct {
	const char *name;
	gboolean (*set)(GclkNeed *need, const char *value, GError **error);
} attributes[] = {
	{ "protocol", set_protocol },
	{ "max-error-us", set_max_error },
	{ "enforce", set_enforce },
};

static gboolean set_attribute(GclkNeed *need, const char *name, const char *value, GError **error)
{
	const char *nearest;
	g_autofree char *shown = NULL;

	for (gsize i = 0; i < G_N_ELEMENTS(attributes); i++)
		if (strcmp(attributes[i].name, name) == 0)
			return attributes[i].set(need, value, error);
	shown = quote(name);
	nearest = gclk_nearest(shown, attribute_words);
	g_set_error(error, GCLK_NEED_ERROR, GCLK_NEED_ERROR_VALUE,
		"the need has an unknown attribute \"%s\"%s%s%s", shown,
		nearest ? "; did you mean \"" : "", nearest ? nearest : "", nearest ? "\"?" : "");
	return FALSE;
}

/* --- words ------------------------------------------------------------------------------------ */

gboolean gclk_need_from_words(const char *text, GclkNeed *out, GError **error)
{
	g_auto(GStrv) words = g_strsplit_set(text, " ,\t\r\n", -1);
	GclkNeed need = { .declared = TRUE, .strict = TRUE };
	gboolean has_protocol = FALSE;

	*out = (GclkNeed){ 0 };
	for (guint i = 0; words[i]; i++) {
		g_auto(GStrv) pair = g_strsplit(words[i], "=", 2);
		gboolean bare = pair[0] && !pair[1];
		const char *name = bare ? "protocol" : pair[0];

		if (!words[i][0])
			continue;
		if (!set_attribute(&need, name, bare ? pair[0] : pair[1], error))
			return FALSE;
		has_protocol |= strcmp(name, "protocol") == 0;
	}
	if (!has_protocol)
		return refuse(error, GCLK_NEED_ERROR_VALUE, NO_PROTOCOL);
	*out = need;
	return TRUE;
}

/* --- the document ----------------------------------------------------------------------------- */

static gboolean read_element(xmlTextReader *reader, GclkNeed *out, GError **error)
{
	gboolean has_protocol = FALSE;
	GclkNeed need = { .declared = TRUE, .strict = TRUE };

	if (out->declared)
		return refuse(error, GCLK_NEED_ERROR_VALUE, "the need is declared twice");
	while (xmlTextReaderMoveToNextAttribute(reader) == 1) {
		const char *name = (const char *)xmlTextReaderConstLocalName(reader);
		const char *value = (const char *)xmlTextReaderConstValue(reader);

		if (xmlTextReaderIsNamespaceDecl(reader) == 1)
			continue;
		if (!set_attribute(&need, name, value ? value : "", error))
			return FALSE;
		has_protocol |= strcmp(name, "protocol") == 0;
	}
	xmlTextReaderMoveToElement(reader);
	if (!has_protocol)
		return refuse(error, GCLK_NEED_ERROR_VALUE, NO_PROTOCOL);
	*out = need;
	return TRUE;
}

/* An element in <metadata> of which somebody may think that it is ours. */
static gboolean is_stray(const char *namespace, const char *name)
{
	if (namespace)
		return g_str_has_prefix(namespace, NAMESPACE_STEM);
	return strcmp(name, "clock") == 0 || strstr(name, "guestclock");
}

static gboolean read_metadata_child(xmlTextReader *reader, GclkNeed *out, GError **error)
{
	const char *namespace = (const char *)xmlTextReaderConstNamespaceUri(reader);
	const char *name = (const char *)xmlTextReaderConstLocalName(reader);

	if (g_strcmp0(namespace, GCLK_NEED_NAMESPACE) == 0 && strcmp(name, "clock") == 0)
		return read_element(reader, out, error);
	if (is_stray(namespace, name))
		return refuse(error, GCLK_NEED_ERROR_VALUE,
			"the metadata holds an element that looks like a need, but it is not a "
			"clock in the namespace " GCLK_NEED_NAMESPACE);
	return TRUE;
}

typedef struct {
	gboolean in_metadata;
	GclkNeed need;
	char uuid[GCLK_UUID_TEXT];
} Document;

static void take_uuid(xmlTextReader *reader, char uuid[GCLK_UUID_TEXT])
{
	xmlChar *text = xmlTextReaderReadString(reader);

	if (text && g_uuid_string_is_valid((const char *)text))
		g_strlcpy(uuid, (const char *)text, GCLK_UUID_TEXT);
	xmlFree(text);
}

/* domain (depth 0) / metadata (1) / clock (2) */
static gboolean take_element(
	gpointer user, xmlTextReader *reader, const char *name, int depth, GError **error)
{
	Document *document = user;

	if (depth == 1)
		document->in_metadata = strcmp(name, "metadata") == 0;
	if (depth == 1 && strcmp(name, "uuid") == 0)
		take_uuid(reader, document->uuid);
	if (depth == 2 && document->in_metadata)
		return read_metadata_child(reader, &document->need, error);
	return TRUE;
}

gboolean gclk_need_from_domain(
	const char *xml, gsize length, GclkNeed *out, char uuid[GCLK_UUID_TEXT], GError **error)
{
	Document document = { 0 };
	gboolean good = gclk_domain_xml_each(xml, length, take_element, &document, error);

	*out = good ? document.need : (GclkNeed){ 0 };
	g_strlcpy(uuid, document.uuid, GCLK_UUID_TEXT);
	return good;
}

gboolean gclk_need_from_xml(const char *xml, gsize length, GclkNeed *out, GError **error)
{
	char uuid[GCLK_UUID_TEXT];

	return gclk_need_from_domain(xml, length, out, uuid, error);
}

/* --- the way back ----------------------------------------------------------------------------- */

char *gclk_need_to_xml(const GclkNeed *need)
{
	GString *out = g_string_new("<clock");

	g_string_append_printf(out, " protocol=\"%s\"", protocol_words[need->protocol]);
	if (need->max_error > 0)
		g_string_append_printf(out, " max-error-us=\"%" G_GINT64_FORMAT "\"",
			need->max_error / GCLK_NS_PER_US);
	g_string_append_printf(out, " enforce=\"%s\"/>", need->strict ? "strict" : "warn");
	return g_string_free(out, FALSE);
}

char *gclk_need_text(const GclkNeed *need)
{
	static const char *const hosts[] = {
		[GCLK_NEED_ANY] = "a host clock",
		[GCLK_NEED_NTP] = "a host synchronised by NTP or PTP",
		[GCLK_NEED_PTP] = "a PTP-synchronised host",
	};
	char limit[32];

	if (need->max_error > 0) {
		gclk_format_bound(need->max_error, limit);
		return g_strdup_printf("needs %s within %s", hosts[need->protocol], limit);
	}
	if (need->protocol == GCLK_NEED_ANY)
		return g_strdup("takes any host clock");
	return g_strdup_printf("needs %s", hosts[need->protocol]);
}

void gclk_need_write(GclkJson *json, const GclkNeed *need)
{
	gclk_json_boolean(json, "declared", need->declared);
	gclk_json_string(json, "protocol", gclk_need_protocol_name(need->protocol));
	if (need->max_error > 0)
		gclk_json_int(json, "max_error_ns", need->max_error);
	else
		gclk_json_null(json, "max_error_ns");
	gclk_json_string(json, "enforce", need->strict ? "strict" : "warn");
}
