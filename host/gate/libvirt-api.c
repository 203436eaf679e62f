/* SPDX-License-Identifier: BSD-2-Clause */
#include "gate/libvirt-api.h"

#include <gmodule.h>

#define LIBRARY      "libvirt.so.0"
#define MEMBER(name) G_STRUCT_OFFSET(GclkLibvirt, name)

static const struct {
	const char *name;
	gsize offset;
} functions[] = {
	{ "virConnectClose", MEMBER(connect_close) },
	{ "virConnectListAllDomains", MEMBER(connect_list_all_domains) },
	{ "virConnectOpen", MEMBER(connect_open) },
	{ "virConnectOpenReadOnly", MEMBER(connect_open_read_only) },
	{ "virDomainFree", MEMBER(domain_free) },
	{ "virDomainGetName", MEMBER(domain_get_name) },
	{ "virDomainGetUUIDString", MEMBER(domain_get_uuid) },
	{ "virDomainGetXMLDesc", MEMBER(domain_get_xml) },
	{ "virDomainIsActive", MEMBER(domain_is_active) },
	{ "virDomainIsPersistent", MEMBER(domain_is_persistent) },
	{ "virDomainLookupByName", MEMBER(domain_lookup_by_name) },
	{ "virDomainLookupByUUIDString", MEMBER(domain_lookup_by_uuid) },
	{ "virDomainSetMetadata", MEMBER(domain_set_metadata) },
	{ "virGetLastErrorCode", MEMBER(get_last_error_code) },
	{ "virGetLastErrorMessage", MEMBER(get_last_error_message) },
	{ "virSetErrorFunc", MEMBER(set_error_func) },
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
