/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads all domains of this host for the checks; a libvirt that hangs is not waited for. */
#ifndef GUESTCLOCK_DOMAIN_LOOK_H
#define GUESTCLOCK_DOMAIN_LOOK_H

#include "doctor/check.h"

typedef struct {
	GPtrArray *domains;    /* GclkDomain * */
	GArray *cases;         /* GclkDomainCase, of the domains */
	GPtrArray *unreadable; /* char *: "db01: the domain's XML is broken" */
	char *problem;         /* why there are none, or NULL */
} GclkDomainLook;

/* uri: NULL: libvirt's default for root, the system's libvirt for others. Never NULL. */
GclkDomainLook *gclk_domain_look(const char *uri);
void gclk_domain_look_free(GclkDomainLook *look);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GclkDomainLook, gclk_domain_look_free)

#endif
