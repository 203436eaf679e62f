/* SPDX-License-Identifier: BSD-2-Clause */
/* What domains.c and domains-channel.c share. */
#ifndef GUESTCLOCK_DOMAINS_PARTS_H
#define GUESTCLOCK_DOMAINS_PARTS_H

#include "gate/domains.h"
#include "gate/libvirt-api.h"

struct GclkDomains {
	GclkLibvirt api;
	virConnectPtr connection;
};

/* A domain with the API that frees it. */
typedef struct {
	const GclkLibvirt *api;
	virDomainPtr domain;
} GclkDomainHandle;

void gclk_domain_handle_clear(GclkDomainHandle *handle);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(GclkDomainHandle, gclk_domain_handle_clear)

/* name: its name or UUID. FALSE, with error: there is none. */
gboolean gclk_domains_look_up(
	GclkDomains *domains, const char *name, GclkDomainHandle *out, GError **error);
/* "what: libvirt's last error". Always FALSE. */
gboolean gclk_domains_fail(const GclkLibvirt *api, GError **error, const char *what);

#endif
