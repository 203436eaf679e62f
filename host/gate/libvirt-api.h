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
	__typeof__(virConnectDomainEventDeregisterAny) *connect_event_deregister;
	__typeof__(virConnectDomainEventRegisterAny) *connect_event_register;
	__typeof__(virConnectGetURI) *connect_get_uri;
	__typeof__(virConnectIsAlive) *connect_is_alive;
	__typeof__(virConnectListAllDomains) *connect_list_all_domains;
	__typeof__(virConnectOpen) *connect_open;
	__typeof__(virConnectOpenReadOnly) *connect_open_read_only;
	__typeof__(virConnectRegisterCloseCallback) *connect_register_close;
	__typeof__(virConnectSetKeepAlive) *connect_set_keep_alive;
	__typeof__(virConnectUnregisterCloseCallback) *connect_unregister_close;
	__typeof__(virDomainAgentSetResponseTimeout) *domain_agent_set_timeout;
	__typeof__(virDomainAttachDeviceFlags) *domain_attach_device;
	__typeof__(virDomainDetachDeviceFlags) *domain_detach_device;
	__typeof__(virDomainFree) *domain_free;
	__typeof__(virDomainGetID) *domain_get_id;
	__typeof__(virDomainGetName) *domain_get_name;
	__typeof__(virDomainGetState) *domain_get_state;
	__typeof__(virDomainGetTime) *domain_get_time;
	__typeof__(virDomainGetUUIDString) *domain_get_uuid;
	__typeof__(virDomainGetXMLDesc) *domain_get_xml;
	__typeof__(virDomainIsActive) *domain_is_active;
	__typeof__(virDomainIsPersistent) *domain_is_persistent;
	__typeof__(virDomainLookupByName) *domain_lookup_by_name;
	__typeof__(virDomainLookupByUUIDString) *domain_lookup_by_uuid;
	__typeof__(virDomainOpenChannel) *domain_open_channel;
	__typeof__(virDomainSetMetadata) *domain_set_metadata;
	__typeof__(virEventRegisterImpl) *event_register;
	__typeof__(virGetLastErrorCode) *get_last_error_code;
	__typeof__(virGetLastErrorMessage) *get_last_error_message;
	__typeof__(virSetErrorFunc) *set_error_func;
	__typeof__(virStreamAbort) *stream_abort;
	__typeof__(virStreamEventAddCallback) *stream_event_add;
	__typeof__(virStreamEventRemoveCallback) *stream_event_remove;
	__typeof__(virStreamEventUpdateCallback) *stream_event_update;
	__typeof__(virStreamFree) *stream_free;
	__typeof__(virStreamNew) *stream_new;
	__typeof__(virStreamRecv) *stream_recv;
	__typeof__(virStreamSend) *stream_send;
} GclkLibvirt;

/* Errors of libvirt's functions, where the code counts: it is the virErrorNumber. */
#define GCLK_LIBVIRT_ERROR (gclk_libvirt_error_quark())
GQuark gclk_libvirt_error_quark(void);

/* FALSE: it is not installed here, or too old. Once loaded it stays. */
gboolean gclk_libvirt_load(GclkLibvirt *out, GError **error);

/* What to open for a --connect of that: for a plain user libvirt's default is a daemon of that
   user's own, which would be started; the system's then. NULL: libvirt's default. */
const char *gclk_libvirt_uri(const char *uri);

#endif
