/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the files of the inventory share.
 *
 *   inventory.c          the public functions, the two threads' ends
 *   inventory-thread.c   the first thread: connection, events, the table of domains
 *   inventory-domain.c   reads a domain, and tells what has happened to it
 *   inventory-channel.c  opens the link's channel, again and again if need be
 *   inventory-agent.c    the second thread: asks guest agents
 *   inventory-mail.c     the way to the main context
 */
#ifndef GUESTCLOCK_INVENTORY_PARTS_H
#define GUESTCLOCK_INVENTORY_PARTS_H

#include "gate/channel-xml.h"
#include "gate/libvirt-api.h"
#include "guests/channel-bridge.h"
#include "guests/inventory-mail.h"

typedef enum {
	GCLK_INVENTORY_REOPEN,
	GCLK_INVENTORY_WHO_HOLDS,
} GclkInventoryWish;

typedef struct {
	GclkInventoryWish wish;
	char *uuid;
} GclkInventoryCommand;

struct GclkInventory {
	gint references;    /* the owner's and the threads' */
	gint quit;          /* atomic */
	gint told;          /* atomic: whether libvirt is there, at least once */
	GSource *patience;  /* the owner's: until libvirt is said not to answer; or NULL */
	char *uri;          /* as it is given to libvirt; or NULL */
	gint agent_timeout; /* s */
	GclkInventoryMail *mail;
	GAsyncQueue *commands;  /* GclkInventoryCommand * */
	GAsyncQueue *questions; /* char *, the UUID; "": look at quit */
	GMainContext *loop;     /* atomic; the first thread's, or NULL: it has none yet */
	GMutex lock;            /* of what follows */
	GHashTable *asked;      /* set of UUIDs: the questions that are not answered yet */
	GCond ended;
	guint running; /* threads */
};

void gclk_inventory_command_free(GclkInventoryCommand *command);
gboolean gclk_inventory_quits(GclkInventory *inventory);

/* --- the first thread ------------------------------------------------------------------------- */

#define GCLK_INVENTORY_CALLBACKS 5

typedef struct {
	GclkInventory *inventory;
	const GclkLibvirt *api;
	GclkInventoryMail *mail;
	GMainContext *loop;
	virConnectPtr connection; /* or NULL */
	gboolean read_only;
	gboolean local; /* the paths in its XML are those of this machine */
	gboolean lost;  /* the connection is dead */
	int callbacks[GCLK_INVENTORY_CALLBACKS]; /* or negative */
	GHashTable *domains;                     /* UUID -> GclkInventoryRow */
	GHashTable *due; /* UUID -> what has happened: to be read anew; order has the keys */
	GQueue order;
	guint failures; /* to connect, in a row */
	GSource *retry; /* until the next attempt, or NULL */
	char *problem;  /* what was told last */
} GclkInventoryThread;

/* A domain as the first thread knows it. */
typedef struct {
	GclkInventoryThread *thread;
	char *uuid;
	int id; /* of this run, or -1: not running. A restart in between shows by it */
	GclkDomainState state;
	gboolean seen;         /* has been read */
	GclkLinkEvent waiting; /* to be told once it runs; GCLK_LINK_EVENT_OTHER: nothing */
	GclkDomainChannel channel;

	gboolean open;             /* handed out */
	gint64 opened;             /* monotonic, us */
	guint64 inode;             /* of our end of the socket; 0: bridged */
	GclkChannelBridge *bridge; /* or NULL */
	guint tries;
	GSource *retry; /* or NULL */
} GclkInventoryRow;

void gclk_inventory_row_free(GclkInventoryRow *row);

/* Reads the domain and tells what is new. */
void gclk_inventory_read(GclkInventoryThread *thread, const char *uuid, GclkLinkEvent event);
/* The weightier of two. */
GclkLinkEvent gclk_inventory_merge_events(GclkLinkEvent a, GclkLinkEvent b);

/* Opens the channel if there is one, it is not open, and the domain runs. */
void gclk_inventory_open_channel(GclkInventoryRow *row, virDomainPtr domain);
/* It was handed out, and is no good any more. */
void gclk_inventory_close_channel(GclkInventoryRow *row);
/* Later, the more so the more often it failed. */
void gclk_inventory_retry_channel(GclkInventoryRow *row);
void gclk_inventory_tell_holder(GclkInventoryRow *row);

gpointer gclk_inventory_thread_run(gpointer inventory);
gpointer gclk_inventory_agent_run(gpointer inventory);

/* --- what both need --------------------------------------------------------------------------- */

/* NULL with the reason. *read_only: for want of rights, and problem says which; read_only NULL:
   that would not do. */
virConnectPtr gclk_inventory_connect(
	const GclkLibvirt *api, const char *uri, gboolean *read_only, char **problem);

#endif
