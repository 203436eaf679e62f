/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where server, inventory and HostSync come together: the table of guests, who is asked how, the
 * watch on the needs of running guests. Knows no socket and no libvirt; they are told and tell.
 */
#ifndef GUESTCLOCK_HUB_H
#define GUESTCLOCK_HUB_H

#include "config.h"
#include "guests/guest.h"

typedef struct GclkHub GclkHub;

typedef struct {
	const char *uri;           /* libvirt's; NULL: its default; "none": no libvirt */
	const char *const *listen; /* "unix:/path", "vsock:PORT"; NULL-terminated, or NULL */
	const char *socket_group;  /* may use the UNIX sockets of listen; NULL: none */
	gint64 interval;           /* ns from burst to burst */
	gboolean records;          /* FALSE: a look only, nothing goes to the journal */
} GclkHubSettings;

/* config outlives the hub. */
GclkHub *gclk_hub_new(GMainContext *context, const GclkHostConfig *config,
	const GclkHubSettings *settings, GError **error);
void gclk_hub_free(GclkHub *hub);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GclkHub, gclk_hub_free)

/* Another configuration, which outlives the hub in the place of the old one, and other settings,
   from now on: interval and burst, what is taken for synchronised, needs and their verdicts. uri
   and listen stay as they were. */
void gclk_hub_configure(
	GclkHub *hub, const GclkHostConfig *config, const GclkHubSettings *settings);

/* Has everybody who can be asked been asked once, or given up on? */
gboolean gclk_hub_settled(const GclkHub *hub);

/* The table as JSON (doc/guests-json.md), most troubled first. Caller frees. */
char *gclk_hub_json(GclkHub *hub);

/* The same in pieces, between which the loop may turn: a large table takes milliseconds, and the
   guests' questions do not wait. step: FALSE when it is complete; finish gives the text to the
   caller and frees the table. The hub outlives it. */
typedef struct GclkHubTable GclkHubTable;
GclkHubTable *gclk_hub_table_new(GclkHub *hub);
gboolean gclk_hub_table_step(GclkHubTable *table);
char *gclk_hub_table_finish(GclkHubTable *table);
void gclk_hub_table_free(GclkHubTable *table);

#endif
