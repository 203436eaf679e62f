/* SPDX-License-Identifier: BSD-2-Clause */
#include "gate/libvirt-api.h"

#include <gmodule.h>
#include <unistd.h>

#define LIBRARY      "libvirt.so.0"
#define MEMBER(name) G_STRUCT_OFFSET(GclkLibvirt, name)

G_DEFINE_QUARK(gclk - libvirt - error - quark, gclk_libvirt_error)

static const struct {
	const char *name;
	gsize offset;
} functions[] = {
	{ "virConnectClose", MEMBER(connect_close) },
	{ "virConnectDomainEventDeregisterAny", MEMBER(connect_event_deregister) },
	{ "virConnectDomainEventRegisterAny", MEMBER(connect_event_register) },
	{ "virConnectGetURI", MEMBER(connect_get_uri) },
	{ "virConnectIsAlive", MEMBER(connect_is_alive) },
	{ "virConnectListAllDomains", MEMBER(connect_list_all_domains) },
	{ "virConnectOpen", MEMBER(connect_open) },
	{ "virConnectOpenReadOnly", MEMBER(connect_open_read_only) },
	{ "virConnectRegisterCloseCallback", MEMBER(connect_register_close) },
	{ "virConnectSetKeepAlive", MEMBER(connect_set_keep_alive) },
	{ "virConnectUnregisterCloseCallback", MEMBER(connect_unregister_close) },
	{ "virDomainAgentSetResponseTimeout", MEMBER(domain_agent_set_timeout) },
	{ "virDomainAttachDeviceFlags", MEMBER(domain_attach_device) },
	{ "virDomainDetachDeviceFlags", MEMBER(domain_detach_device) },
	{ "virDomainFree", MEMBER(domain_free) },
	{ "virDomainGetID", MEMBER(domain_get_id) },
	{ "virDomainGetName", MEMBER(domain_get_name) },
	{ "virDomainGetState", MEMBER(domain_get_state) },
	{ "virDomainGetTime", MEMBER(domain_get_time) },
	{ "virDomainGetUUIDString", MEMBER(domain_get_uuid) },
	{ "virDomainGetXMLDesc", MEMBER(domain_get_xml) },
	{ "virDomainIsActive", MEMBER(domain_is_active) },
	{ "virDomainIsPersistent", MEMBER(domain_is_persistent) },
	{ "virDomainLookupByName", MEMBER(domain_lookup_by_name) },
	{ "virDomainLookupByUUIDString", MEMBER(domain_lookup_by_uuid) },
	{ "virDomainOpenChannel", MEMBER(domain_open_channel) },
	{ "virDomainSetMetadata", MEMBER(domain_set_metadata) },
	{ "virEventRegisterImpl", MEMBER(event_register) },
	{ "virGetLastErrorCode", MEMBER(get_last_error_code) },
	{ "virGetLastErrorMessage", MEMBER(get_last_error_message) },
	{ "virSetErrorFunc", MEMBER(set_error_func) },
	{ "virStreamAbort", MEMBER(stream_abort) },
	{ "virStreamEventAddCallback", MEMBER(stream_event_add) },
	{ "virStreamEventRemoveCallback", MEMBER(stream_event_remove) },
	{ "virStreamEventUpdateCallback", MEMBER(stream_event_update) },
	{ "virStreamFree", MEMBER(stream_free) },
	{ "virStreamNew", MEMBER(stream_new) },
	{ "virStreamRecv", MEMBER(stream_recv) },
	{ "virStreamSend", MEMBER(stream_send) },
};

static gboolean find_functions(GModule *module, GclkLibvirt *out)
{
	for (gsize i = 0; i < G_N_ELEMENTS(functions); i++)
		if (!g_module_symbol(
			    module, functions[i].name, G_STRUCT_MEMBER_P(out, functions[i].offset)))
			return FALSE;
	return TRUE;
}

gboolean gclk_libvirt_load(GclkLibvirt *out, GError **error)
{
	GModule *module = g_module_open(LIBRARY, G_MODULE_BIND_LAZY | G_MODULE_BIND_LOCAL);

	if (module && find_functions(module, out)) {
		g_module_make_resident(module);
		return TRUE;
	}
	g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOENT, "libvirt cannot be loaded here: %s",
		g_module_error());
	return FALSE;
}

const char *gclk_libvirt_uri(const char *uri)
{
	if (uri || geteuid() == 0 || g_getenv("LIBVIRT_DEFAULT_URI"))
		return uri;
	return "qemu:///system";
}
