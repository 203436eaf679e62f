/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The channels of a domain that lead to clocks: the link's own and the QEMU guest agent's, as the
 * domain's XML has them (libvirt, formatdomain: "Channel"). Pure.
 */
#ifndef GUESTCLOCK_CHANNEL_XML_H
#define GUESTCLOCK_CHANNEL_XML_H

#include <glib.h>

#define GCLK_AGENT_PORT "org.qemu.guest_agent.0"

/* A UNIX socket's, with the NUL (sun_path of unix(7)). */
#define GCLK_CHANNEL_PATH_MAX 108

typedef struct {
	gboolean present;
	gboolean connected; /* the guest has opened its port, as live XML tells; else FALSE */
	gboolean unix_socket;
	/* The hypervisor listens there and takes one client; "" where it does not listen, which is
	   so in stored XML and in that of a domain that is shut off, or where the path is none. */
	char path[GCLK_CHANNEL_PATH_MAX];
	/* The other way round: the hypervisor connects there. Or "". */
	char connects_to[GCLK_CHANNEL_PATH_MAX];
} GclkDomainChannel;

typedef struct {
	GclkDomainChannel link;  /* named GCLK_LINK_PORT */
	GclkDomainChannel agent; /* named GCLK_AGENT_PORT */
	gboolean has_serial;     /* a virtio-serial controller is there for more ports */
	gboolean qemu;           /* a domain of the QEMU driver */
	guint32 vsock_cid;       /* of its vsock device, from 3 on; 0: it has none, or not yet */
} GclkDomainChannels;

/* FALSE, with error: the XML is none, too large, or broken (gate/domain-xml.h); out is all zero. Of
   channels of one name the first counts, as it does to libvirt. */
gboolean gclk_domain_channels_from_xml(
	const char *xml, gsize length, GclkDomainChannels *out, GError **error);

/* The elements that require --channel adds. */
#define GCLK_CHANNEL_XML                                                                           \
	"<channel type='unix'><target type='virtio' name='org.guestclock.0'/></channel>"
#define GCLK_SERIAL_XML "<controller type='virtio-serial'/>"

/* The element of a channel of the link as it was read, by which libvirt finds it again. Caller
   frees. */
char *gclk_domain_channel_to_xml(const GclkDomainChannel *channel);

#endif
