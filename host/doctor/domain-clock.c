/* SPDX-License-Identifier: BSD-2-Clause */
#include "doctor/domain-clock.h"

#include <string.h>

#include "gate/domain-xml.h"
#include "guestclock/link.h"

/* virt-manager and others: <libosinfo:os id="http://microsoft.com/win/10"/> (osinfo_os(5)). */
#define LIBOSINFO "http://libosinfo.org/xmlns/libvirt/domain/1.0"

/* How libosinfo's ids begin; those of Linux are many, by who makes the distribution. */
static const struct {
	const char *prefix;
	GclkGuestKind kind;
} guests[] = {
	{ "http://microsoft.com/", GCLK_GUEST_WINDOWS },
	{ "http://almalinux.org/", GCLK_GUEST_LINUX },
	{ "http://alpinelinux.org/", GCLK_GUEST_LINUX },
	{ "http://altlinux.org/", GCLK_GUEST_LINUX },
	{ "http://amazon.com/", GCLK_GUEST_LINUX },
	{ "http://archlinux.org/", GCLK_GUEST_LINUX },
	{ "http://centos.org/", GCLK_GUEST_LINUX },
	{ "http://debian.org/", GCLK_GUEST_LINUX },
	{ "http://fedoraproject.org/", GCLK_GUEST_LINUX },
	{ "http://gentoo.org/", GCLK_GUEST_LINUX },
	{ "http://libosinfo.org/linux/", GCLK_GUEST_LINUX },
	{ "http://mageia.org/", GCLK_GUEST_LINUX },
	{ "http://manjaro.org/", GCLK_GUEST_LINUX },
	{ "http://nixos.org/", GCLK_GUEST_LINUX },
	{ "http://opensuse.org/", GCLK_GUEST_LINUX },
	{ "http://oracle.com/ol/", GCLK_GUEST_LINUX },
	{ "http://redhat.com/", GCLK_GUEST_LINUX },
	{ "http://rockylinux.org/", GCLK_GUEST_LINUX },
	{ "http://scientificlinux.org/", GCLK_GUEST_LINUX },
	{ "http://suse.com/", GCLK_GUEST_LINUX },
	{ "http://ubuntu.com/", GCLK_GUEST_LINUX },
	{ "http://voidlinux.org/", GCLK_GUEST_LINUX },
};

static GclkGuestKind guest_of(const char *id)
{
	for (gsize i = 0; id && i < G_N_ELEMENTS(guests); i++)
		if (g_str_has_prefix(id, guests[i].prefix))
			return guests[i].kind;
	return GCLK_GUEST_UNKNOWN;
}

#define DEPTH_MAX 4

typedef struct {
	GclkDomainClock out;
	gboolean driver, x86;
	const char *path[DEPTH_MAX]; /* interned by the reader, which outlives its elements */
} Document;

/* --- elements ----------------------------------------------------------------------------------
 */

/* Caller frees. */
static char *attribute(xmlTextReader *reader, const char *name)
{
	xmlChar *value = xmlTextReaderGetAttribute(reader, (const xmlChar *)name);
	char *copy = g_strdup((const char *)value);

	xmlFree(value);
	return copy;
}

static gboolean attribute_is(xmlTextReader *reader, const char *name, const char *wanted)
{
	g_autofree char *value = attribute(reader, name);

	return g_strcmp0(value, wanted) == 0;
}

static void take_clock(xmlTextReader *reader, Document *document)
{
	GclkDomainClock *out = &document->out;
	g_autofree char *offset = attribute(reader, "offset");

	if (g_strcmp0(offset, "localtime") == 0)
		out->offset = GCLK_CLOCK_LOCALTIME;
	else if (offset && strcmp(offset, "utc") != 0)
		out->offset = GCLK_CLOCK_OTHER;
}

static void take_timer(xmlTextReader *reader, Document *document)
{
	GclkDomainClock *out = &document->out;
	const struct {
		const char *name;
		GclkTimerPresence *presence;
	} timers[] = {
		{ "hpet", &out->hpet },
		{ "hypervclock", &out->hypervclock },
		{ "kvmclock", &out->kvmclock },
	};
	g_autofree char *name = attribute(reader, "name");

	if (g_strcmp0(name, "rtc") == 0)
		out->rtc_catchup = attribute_is(reader, "tickpolicy", "catchup");
	for (gsize i = 0; i < G_N_ELEMENTS(timers); i++)
		if (g_strcmp0(name, timers[i].name) == 0)
			*timers[i].presence = attribute_is(reader, "present", "no")
						      ? GCLK_TIMER_ABSENT
						      : GCLK_TIMER_PRESENT;
}

static void take_os(xmlTextReader *reader, Document *document)
{
	const char *namespace = (const char *)xmlTextReaderConstNamespaceUri(reader);
	g_autofree char *id = NULL;

	if (g_strcmp0(namespace, LIBOSINFO) != 0)
		return;
	id = attribute(reader, "id");
	document->out.guest = guest_of(id);
}

/* --- the document ------------------------------------------------------------------------------
 */

static gboolean is_at(const Document *document, int depth, const char *const *path)
{
	for (int i = 1; i <= depth; i++)
		if (!path[i - 1] || strcmp(document->path[i], path[i - 1]) != 0)
			return FALSE;
	return path[depth] == NULL;
}

static void take_domain(xmlTextReader *reader, Document *document)
{
	g_autofree char *type = attribute(reader, "type");

	document->driver = g_strcmp0(type, "kvm") == 0 || g_strcmp0(type, "qemu") == 0;
}

static void take_type(xmlTextReader *reader, Document *document)
{
	document->x86 =
		attribute_is(reader, "arch", "x86_64") || attribute_is(reader, "arch", "i686");
}

static void take_target(xmlTextReader *reader, Document *document)
{
	if (attribute_is(reader, "name", GCLK_LINK_PORT))
		document->out.has_channel = TRUE;
}

static const struct {
	const char *path[DEPTH_MAX]; /* below <domain> */
	void (*take)(xmlTextReader *reader, Document *document);
} elements[] = {
	{ { NULL }, take_domain },
	{ { "os", "type" }, take_type },
	{ { "clock" }, take_clock },
	{ { "clock", "timer" }, take_timer },
	{ { "metadata", "libosinfo", "os" }, take_os },
	{ { "devices", "channel", "target" }, take_target },
};

static gboolean take_element(
	gpointer user, xmlTextReader *reader, const char *name, int depth, GError **error)
{
	Document *document = user;

	(void)error;
	if (depth >= DEPTH_MAX)
		return TRUE;
	document->path[depth] = name;
	for (gsize i = 0; i < G_N_ELEMENTS(elements); i++)
		if (is_at(document, depth, elements[i].path))
			elements[i].take(reader, document);
	return TRUE;
}

gboolean gclk_domain_clock_from_xml(
	const char *xml, gsize length, GclkDomainClock *out, GError **error)
{
	Document document = { 0 };
	gboolean good = gclk_domain_xml_each(xml, length, take_element, &document, error);

	document.out.qemu = document.driver && document.x86;
	*out = good ? document.out : (GclkDomainClock){ 0 };
	return good;
}
