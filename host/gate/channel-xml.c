/* SPDX-License-Identifier: BSD-2-Clause */
#include "gate/channel-xml.h"

#include <string.h>

#include "gate/domain-xml.h"
#include "guestclock/link.h"

typedef struct {
	GclkDomainChannels out;
	gboolean in_devices;
	gboolean in_channel, in_vsock;
	GclkDomainChannel
		channel;          /* the one that is being read: its target may follow its source */
	GclkDomainChannel *place; /* where it goes when it is whole, or NULL: not one of ours */
} Document;

/* Caller frees with xmlFree; NULL: it has none. */
static char *attribute(xmlTextReader *reader, const char *name)
{
	return (char *)xmlTextReaderGetAttribute(reader, (const xmlChar *)name);
}

static gboolean attribute_is(xmlTextReader *reader, const char *name, const char *wanted)
{
	char *value = attribute(reader, name);
	gboolean same = g_strcmp0(value, wanted) == 0;

	xmlFree(value);
	return same;
}

/* Only what can be a socket's path; a longer one would be another's when cut. */
static void take_path(xmlTextReader *reader, char out[GCLK_CHANNEL_PATH_MAX])
{
	char *path = attribute(reader, "path");

	if (path && path[0] == '/' && strlen(path) < GCLK_CHANNEL_PATH_MAX)
		g_strlcpy(out, path, GCLK_CHANNEL_PATH_MAX);
	xmlFree(path);
}

static void take_source(xmlTextReader *reader, Document *document)
{
	GclkDomainChannel *channel = &document->channel;

	if (attribute_is(reader, "mode", "connect"))
		take_path(reader, channel->connects_to);
	else
		take_path(reader, channel->path);
}

static void take_target(xmlTextReader *reader, Document *document)
{
	GclkDomainChannels *out = &document->out;

	if (!attribute_is(reader, "type", "virtio"))
		return;
	if (attribute_is(reader, "name", GCLK_LINK_PORT))
		document->place = &out->link;
	else if (attribute_is(reader, "name", GCLK_AGENT_PORT))
		document->place = &out->agent;
	document->channel.connected = attribute_is(reader, "state", "connected");
}

static void finish_channel(Document *document)
{
	GclkDomainChannel *channel = &document->channel, *place = document->place;

	document->in_channel = FALSE;
	document->place = NULL;
	if (!place || place->present)
		return;
	*place = *channel;
	place->present = TRUE;
	if (!place->unix_socket)
		place->path[0] = place->connects_to[0] = '\0';
}

static void take_device(xmlTextReader *reader, Document *document, const char *name)
{
	if (strcmp(name, "controller") == 0 && attribute_is(reader, "type", "virtio-serial"))
		document->out.has_serial = TRUE;
	document->in_vsock = strcmp(name, "vsock") == 0;
	document->in_channel = strcmp(name, "channel") == 0;
	if (document->in_channel)
		document->channel = (GclkDomainChannel){
			.unix_socket = attribute_is(reader, "type", "unix"),
		};
}

static void take_channel_part(xmlTextReader *reader, Document *document, const char *name)
{
	if (strcmp(name, "source") == 0)
		take_source(reader, document);
	else if (strcmp(name, "target") == 0)
		take_target(reader, document);
}

/* 0 to 2 are nobody's, the hypervisor's and the host's (vsock(7)). */
static void take_cid(xmlTextReader *reader, Document *document)
{
	char *address = attribute(reader, "address");
	guint64 cid = 0;

	if (address && g_ascii_string_to_unsigned(address, 10, 3, G_MAXUINT32 - 1, &cid, NULL))
		document->out.vsock_cid = (guint32)cid;
	xmlFree(address);
}

/* domain (depth 0) / devices (1) / channel (2) / source, target (3) */
static gboolean take_element(
	gpointer user, xmlTextReader *reader, const char *name, int depth, GError **error)
{
	Document *document = user;

	(void)error;
	if (depth <= 2) {
		finish_channel(document);
		document->in_vsock = FALSE;
	}
	if (depth == 0)
		document->out.qemu =
			attribute_is(reader, "type", "qemu") || attribute_is(reader, "type", "kvm");
	else if (depth == 1)
		document->in_devices = strcmp(name, "devices") == 0;
	else if (depth == 2 && document->in_devices)
		take_device(reader, document, name);
	else if (depth == 3 && document->in_channel)
		take_channel_part(reader, document, name);
	else if (depth == 3 && document->in_vsock && strcmp(name, "cid") == 0)
		take_cid(reader, document);
	return TRUE;
}

gboolean gclk_domain_channels_from_xml(
	const char *xml, gsize length, GclkDomainChannels *out, GError **error)
{
	Document document = { 0 };
	gboolean good = gclk_domain_xml_each(xml, length, take_element, &document, error);

	finish_channel(&document);
	*out = good ? document.out : (GclkDomainChannels){ 0 };
	return good;
}

char *gclk_domain_channel_to_xml(const GclkDomainChannel *channel)
{
	const char *path = channel->path[0] ? channel->path : channel->connects_to;

	if (!channel->unix_socket || !path[0])
		return g_strdup(GCLK_CHANNEL_XML);
	return g_markup_printf_escaped("<channel type='unix'><source mode='%s' path='%s'/>"
				       "<target type='virtio' name='" GCLK_LINK_PORT
				       "'/></channel>",
		channel->path[0] ? "bind" : "connect", path);
}
