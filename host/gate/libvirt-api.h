/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * libvirt, loaded when it is needed first. Linked, it would cost every start of hostclock some 10
 * ms (it brings forty libraries along), the hook's too, which must never call it; and hosts of
 * Proxmox or XAPI have none.
 */
#ifndef GUESTCLOCK_LIBVIRT_API_H
#define GUESTCLOCK_LIBVIRT_API_H

#include <glib.h>
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

/* The functions that are used; their types are those of libvirt's headers. */
typedef struct {
	__typeof__(virConnectClose) *connect_close;
	__typeof__(virConnectListAllDomains) *connect_list_all_domains;
	__typeof__(virConnectOpen) *connect_open;
	__typeof__(virConnectOpenReadOnly) *connect_open_read_only;
	__typeof__(virDomainFree) *domain_free;
	__typeof__(virDomainGetName) *domain_get_name;
	__typeof__(virDomainGetUUIDString) *domain_get_uuid;
	__typeof__(virDomainGetXMLDesc) *domain_get_xml;
	__typeof__(virDomainIsActive) *domain_is_active;
	__typeof__(virDomainIsPersistent) *domain_is_persistent;
	__typeof__(virDomainLookupByName) *domain_lookup_by_name;
	__typeof__(virDomainLookupByUUIDString) *domain_lookup_by_uuid;
	__typeof__(virDomainSetMetadata) *domain_set_metadata;
	__typeof__(virGetLastErrorCode) *get_last_error_code;
	__typeof__(virGetLastErrorMessage) *get_last_error_message;
	__typeof__(virSetErrorFunc) *set_error_func;
} GclkLibvirt;

/* FALSE: it is not installed here, or too old. Once loaded it stays. */
gboolean gclk_libvirt_load(GclkLibvirt *out, GError **error);

#endif
