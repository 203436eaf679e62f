/* SPDX-License-Identifier: BSD-2-Clause */
/* What the parts of the hub share. hub.c puts it together, hub-domains.c hears the inventory,
   hub-link.c the server, hub-host.c the host's clock; hub-ask.c decides who is asked how. */
#ifndef GUESTCLOCK_HUB_PRIVATE_H
#define GUESTCLOCK_HUB_PRIVATE_H

#include "guests/hub.h"
#include "guests/inventory.h"
#include "guests/records.h"
#include "guests/server.h"
#include "guests/sync-watch.h"

/* HostSync is asked for so often; what is older by some times counts as unknown. */
#define GCLK_HUB_SYNC_INTERVAL (10 * GCLK_NS_PER_S)
#define GCLK_HUB_SYNC_MAX_AGE  (60 * GCLK_NS_PER_S)
/* A guest agent is asked so seldom: each answer costs libvirt's job on its domain. */
#define GCLK_HUB_AGENT_INTERVAL (30 * GCLK_NS_PER_S)
/* A guest with a channel has so long to answer there before its QEMU guest agent is asked. */
#define GCLK_HUB_LINK_PATIENCE (3 * GCLK_NS_PER_S)
/* A channel that gives nothing: who else holds it? Asked again after so long. */
#define GCLK_HUB_HOLDER_INTERVAL (300 * GCLK_NS_PER_S)
/* A guest that came by vsock, or by its name, keeps its row for so long after it hung up; so many
   of them, lest one that comes under ever new names takes the rows of all others. */
#define GCLK_HUB_LEFT_KEPT (60 * GCLK_NS_PER_S)
#define GCLK_HUB_KEPT_MAX  1024
/* More guests than that are not watched. */
#define GCLK_HUB_ROWS_MAX 16384

typedef struct {
	GclkGuest *guest;
	GclkNeedWatch watch;
	gboolean earlier; /* it may have run before the watch began */
	gint64 began;     /* running, CLOCK_BOOTTIME; 0: it does not run */

	gboolean attached;     /* the server has its stream, under the guest's id */
	guint32 cid;           /* of a domain: its vsock's; 0: none */
	char *vsock;           /* of a domain that came by it: the server's id; or NULL */
	gboolean lasting;      /* a listener's guest that will have this id again */
	gint64 left;           /* when a listener's guest hung up; 0: it is there */
	char *channel_problem; /* or NULL */
	gint64 holder_asked;   /* when it was asked who holds the channel; 0: not yet */
	guint silent;          /* questions in a row without an answer */
	gint64 linked;         /* last good answer by the link; 0: none */

	gint64 agent_due;        /* when its guest agent is to be asked next */
	gboolean agent_asked;    /* and has not answered yet */
	gint64 agent_measured;   /* last good answer; 0: none */
	gboolean agent_answered; /* good or bad, at least once */
	char *agent_problem;     /* or NULL */
} GclkHubRow;

/* What is asked of the inventory; tests have one of their own. */
typedef struct {
	void (*reopen)(gpointer user, const char *uuid);
	void (*ask_agent)(gpointer user, const char *uuid);
	void (*who_holds)(gpointer user, const char *uuid);
} GclkHubAsks;

struct GclkHub {
	GMainContext *context;
	const GclkHostConfig *config;
	gint64 interval;
	gboolean served;
	GclkMoment began;

	GclkServer *server;
	GclkInventory *inventory; /* or NULL */
	GclkHubAsks asks;
	gpointer asks_user; /* NULL: nobody to be asked */
	gboolean has_libvirt;
	gboolean looked;       /* libvirt has answered once, or could not be reached */
	gboolean connected;    /* and what starts from now on is seen starting */
	char *libvirt_problem; /* or NULL */

	GclkSyncWatch *sync_watch; /* or NULL */
	GclkHostSync *sync;        /* or NULL: not known */
	gint64 sync_at;            /* CLOCK_BOOTTIME; 0: never yet */
	gint64 stepped;            /* when this host's clock was stepped last, the same; 0: never */
	GclkRecorder *recorder;    /* or NULL: nothing is recorded */

	GHashTable *rows;   /* of GclkHubRow, by id */
	guint kept;         /* rows of those who left, about: counted anew every second */
	GHashTable *vsocks; /* "vsock:3" -> the id of the domain that has it */
	GSource *tick;
};

/* Without inventory, sync-watch and recorder: what tests begin with. */
GclkHub *gclk_hub_new_bare(GMainContext *context, const GclkHostConfig *config,
	const GclkHubSettings *settings, GError **error);

GclkMoment gclk_hub_now(void);
/* NULL: there is none. */
GclkHubRow *gclk_hub_find(GclkHub *hub, const char *id);
/* Makes one if there is none; NULL: there are too many. */
GclkHubRow *gclk_hub_row(GclkHub *hub, const char *id, const char *name);
void gclk_hub_drop(GclkHub *hub, const char *id);
/* Under which id does the server have its stream? NULL: it has none. */
const char *gclk_hub_row_stream(const GclkHubRow *row);

/* hub-domains.c and hub-link.c; user is the hub. */
extern const GclkInventoryEvents gclk_hub_inventory_events;
extern const GclkServerEvents gclk_hub_server_events;
/* What was measured before does not hold any more: it is asked again. */
void gclk_hub_row_forget_offset(GclkHubRow *row);
/* It does not run any more: what it said does not count. */
void gclk_hub_row_stopped(GclkHub *hub, GclkHubRow *row);

/* Brings the row up to what the server knows of it. */
void gclk_hub_row_look(const GclkHub *hub, GclkHubRow *row);

/* That is the domain's vsock from now on (0: it has none): who came by it is the domain. */
void gclk_hub_row_set_cid(GclkHub *hub, GclkHubRow *row, guint32 cid);

/* hub-host.c: takes sync (NULL: too old). */
void gclk_hub_take_sync(gpointer hub, GclkHostSync *sync);
/* Judges one guest's need, and watches it. */
void gclk_hub_judge(GclkHub *hub, GclkHubRow *row, GclkMoment now);
/* Pure: what guests are told of it; NULL: not known. */
void gclk_hub_clock(const GclkHostSync *sync, GclkServerClock *out);

/* hub-ask.c: asks whom it is time to ask. */
void gclk_hub_row_ask(GclkHub *hub, GclkHubRow *row, gint64 now);
void gclk_hub_ask(GclkHub *hub, gint64 now);
/* By what is it seen, and what is there to say about it? Brings the guest's by, problem, offset up
   to date. */
void gclk_hub_row_view(GclkHub *hub, GclkHubRow *row, gint64 now);
/* Has it been asked, or can it not be? */
gboolean gclk_hub_row_settled(const GclkHub *hub, const GclkHubRow *row, gint64 now);

#endif
