/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The needs of this host's domains, by libvirt's API. Never to be called from a hook: libvirt waits
 * for its hooks, and a hook that waits for libvirt hangs both.
 */
#ifndef GUESTCLOCK_DOMAINS_H
#define GUESTCLOCK_DOMAINS_H

#include "gate/need.h"

typedef struct GclkDomains GclkDomains; /* a connection */

/* uri: "qemu:///system" ...; NULL: libvirt's default. read_only: enough to look. */
GclkDomains *gclk_domains_open(const char *uri, gboolean read_only, GError **error);
void gclk_domains_close(GclkDomains *domains);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GclkDomains, gclk_domains_close)

typedef struct {
	char *name, *uuid;
	gboolean running;
	GclkNeed need;
	GError *need_error; /* why the need cannot be told; NULL: need is valid */
} GclkDomain;

void gclk_domain_free(GclkDomain *domain);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GclkDomain, gclk_domain_free)

/* name: its name or UUID. The need is that of the next start (the stored definition). */
GclkDomain *gclk_domains_get(GclkDomains *domains, const char *name, GError **error);
/* Array of GclkDomain *, sorted by name; free with g_ptr_array_unref. */
GPtrArray *gclk_domains_list(GclkDomains *domains, GError **error);
/* Its XML as stored. Caller frees. */
char *gclk_domains_xml(GclkDomains *domains, const char *name, GError **error);

/* Writes the need (NULL: removes it) into the domain's metadata, stored and, if it runs, live;
   reads it back, since libvirt drops silently what it does not like. */
gboolean gclk_domains_set_need(
	GclkDomains *domains, const char *name, const GclkNeed *need, GError **error);

/* --- the channel to the guest (gate/channel-xml.h) -------------------------------------------- */

typedef struct {
	char *name, *uuid;
	gboolean stored, live;        /* it is in the stored definition; in the machine that runs */
	gboolean persistent, running; /* else: there is no such place */
	gboolean stored_changed, live_changed; /* by this call */
	char *restart; /* why the machine that runs stays as it is until it is shut down and started
			  again; or NULL */
} GclkDomainChannelState;

void gclk_domain_channel_state_clear(GclkDomainChannelState *state);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(GclkDomainChannelState, gclk_domain_channel_state_clear)

gboolean gclk_domains_look_channel(
	GclkDomains *domains, const char *name, GclkDomainChannelState *out, GError **error);
/* Adds it where it is missing, or takes it away where it is; reads it back. A machine that runs is
   given a virtio-serial controller too if it has none. FALSE: the stored definition (or a transient
   domain) did not take it; out then says nothing. */
gboolean gclk_domains_set_channel(GclkDomains *domains, const char *name, gboolean wanted,
	GclkDomainChannelState *out, GError **error);

#endif
