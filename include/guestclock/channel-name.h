/* SPDX-License-Identifier: BSD-2-Clause */
/* How the guest's end of a link is named: "virtio:NAME", "vsock:PORT", "unix:/PATH". */
#ifndef GUESTCLOCK_CHANNEL_NAME_H
#define GUESTCLOCK_CHANNEL_NAME_H

#include <glib.h>

/* QEMU has no limit for a port's name; more than this is none. */
#define GCLK_CHANNEL_PORT_NAME_MAX 63
/* sun_path has 108 bytes on Linux (unix(7)), 104 on FreeBSD. */
#define GCLK_CHANNEL_PATH_MAX 103

typedef enum {
	GCLK_CHANNEL_BAD,
	GCLK_CHANNEL_PORT,  /* a virtio-serial port */
	GCLK_CHANNEL_VSOCK, /* AF_VSOCK to the host */
	GCLK_CHANNEL_UNIX,
} GclkChannelKind;

typedef struct {
	GclkChannelKind kind;
	const char *name;    /* of the port, or path; points into the text */
	guint port;          /* of vsock: 1 .. GCLK_LINK_VSOCK_PORT_MAX */
	const char *problem; /* of a BAD one, for people, static: what there should be */
} GclkChannel;

/* kind is BAD for what is none of these three. A port's name is letters, digits, '.', '_'
   and '-', and no hidden file's. */
GclkChannel gclk_channel_parse(const char *text);

#endif
