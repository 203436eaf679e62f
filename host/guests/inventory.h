/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The domains of this host by libvirt, on a thread of its own: libvirt's calls block, and one that
 * asks a hung guest agent does so for seconds. What it finds comes as callbacks on the main
 * context; what it is asked for goes to its queue. It reconnects by itself.
 *
 * A second thread asks the QEMU guest agents, one after the other, so that a hung one does not hold
 * up the events.
 */
#ifndef GUESTCLOCK_INVENTORY_H
#define GUESTCLOCK_INVENTORY_H

#include "gate/need.h"
#include "guestclock/link.h"

typedef struct GclkInventory GclkInventory;

typedef enum {
	GCLK_DOMAIN_SHUT_OFF,
	GCLK_DOMAIN_RUNNING,
	GCLK_DOMAIN_PAUSED,
} GclkDomainState;

typedef struct {
	const char *uuid, *name;
	GclkDomainState state;
	GclkNeed need;
	const char *need_error; /* or NULL */
	gboolean has_channel;   /* a channel of the link's name is in its live XML */
	gboolean has_agent;     /* a channel of the QEMU guest agent is there, and connected */
	guint32 vsock_cid;      /* by which it may come to a listener while it runs; 0: none */
} GclkInventoryDomain;

typedef struct {
	/* A domain is there, or something of it has changed (its name, too). */
	void (*domain)(gpointer user, const GclkInventoryDomain *domain);
	/* It was undefined, or migrated away and undefined here. */
	void (*gone)(gpointer user, const char *uuid);
	/* Resumed, restored, migrated in. Comes after domain. */
	void (*happened)(gpointer user, const char *uuid, GclkLinkEvent event);
	/* The link's channel is open: fd is the callee's. */
	void (*channel)(gpointer user, const char *uuid, int fd);
	/* It cannot be opened, or not be used; problem says who holds it if that is so. It is tried
	   again by itself, ever more seldom, and at once when the domain changes. */
	void (*channel_failed)(gpointer user, const char *uuid, const char *problem);
	/* An answer of the guest agent: host minus guest, ns, and how far that may be off; or
	   problem. measured: CLOCK_BOOTTIME. */
	void (*time)(gpointer user, const char *uuid, gint64 offset, gint64 uncertainty,
		gint64 measured, const char *problem);
	/* libvirt is there, and all its domains have been told of; or (problem) it is not: domains
	   stay as they were last known. */
	void (*connection)(gpointer user, const char *problem);
} GclkInventoryEvents;

/* uri NULL: libvirt's default. Starts at once; never blocks. One at a time in a process, since
   libvirt has one event loop: a second one says so by connection. agent_timeout: s that a guest
   agent has to answer (virDomainAgentSetResponseTimeout, which is the domain's and shared by all
   clients: set before and restored to the default after). */
GclkInventory *gclk_inventory_new(GMainContext *context, const char *uri, gint agent_timeout,
	const GclkInventoryEvents *events, gpointer user);
/* On the thread of context; nothing is called any more. Waits for the threads, at most as long as a
   guest agent may take: one that hangs in a libvirt that hangs is left behind. */
void gclk_inventory_free(GclkInventory *inventory);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GclkInventory, gclk_inventory_free)

/* The channel that was handed out has closed, or gives nothing: open it again, if the domain still
   runs. */
void gclk_inventory_reopen(GclkInventory *inventory, const char *uuid);
/* Asks the guest agent for its time; one question a domain at a time, others are dropped. */
void gclk_inventory_ask_agent(GclkInventory *inventory, const char *uuid);
/* Who holds the other end of a channel that gives nothing? Answers by channel_failed if somebody
   does. */
void gclk_inventory_who_holds(GclkInventory *inventory, const char *uuid);

#endif
