/* SPDX-License-Identifier: BSD-2-Clause */
#include "gate/domains.h"

#include <stdlib.h>
#include <string.h>

#include "gate/domains-parts.h"

#define METADATA_KEY "guestclock"

void gclk_domain_handle_clear(GclkDomainHandle *handle)
{
	if (handle->domain)
		handle->api->domain_free(handle->domain);
}

/* libvirt prints errors by itself unless told otherwise. */
static void be_silent(void *user, virErrorPtr error)
{
	(void)user;
	(void)error;
}

gboolean gclk_domains_fail(const GclkLibvirt *api, GError **error, const char *what)
{
	g_set_error(error, G_IO_CHANNEL_ERROR, G_IO_CHANNEL_ERROR_FAILED, "%s: %s", what,
		api->get_last_error_message());
	return FALSE;
}

GclkDomains *gclk_domains_open(const char *uri, gboolean read_only, GError **error)
{
	g_autofree char *what = g_strdup_printf("libvirt (%s)", uri ? uri : "its default URI");
	g_autofree GclkDomains *domains = g_new0(GclkDomains, 1);
	GclkLibvirt *api = &domains->api;

	if (!gclk_libvirt_load(api, error))
		return NULL;
	api->set_error_func(NULL, be_silent);
	domains->connection = read_only ? api->connect_open_read_only(uri) : api->connect_open(uri);
	if (domains->connection)
		return g_steal_pointer(&domains);
	gclk_domains_fail(api, error, what);
	return NULL;
}

void gclk_domains_close(GclkDomains *domains)
{
	if (!domains)
		return;
	domains->api.connect_close(domains->connection);
	g_free(domains);
}

void gclk_domain_free(GclkDomain *domain)
{
	if (!domain)
		return;
	g_free(domain->name);
	g_free(domain->uuid);
	g_clear_error(&domain->need_error);
	g_free(domain);
}

/* --- looking ---------------------------------------------------------------------------------- */

gboolean gclk_domains_look_up(
	GclkDomains *domains, const char *name, GclkDomainHandle *out, GError **error)
{
	out->api = &domains->api;
	out->domain = out->api->domain_lookup_by_name(domains->connection, name);
	if (!out->domain)
		out->domain = out->api->domain_lookup_by_uuid(domains->connection, name);
	if (!out->domain)
		g_set_error(error, G_IO_CHANNEL_ERROR, G_IO_CHANNEL_ERROR_FAILED,
			"libvirt knows no domain \"%s\" here", name);
	return out->domain != NULL;
}

/* A transient domain has no stored definition: the live one then. free(3) it. */
static char *get_xml(const GclkDomainHandle *handle)
{
	char *xml = handle->api->domain_get_xml(handle->domain, VIR_DOMAIN_XML_INACTIVE);

	return xml ? xml : handle->api->domain_get_xml(handle->domain, 0);
}

static void read_need(const GclkDomainHandle *handle, GclkDomain *out)
{
	char *xml = get_xml(handle);

	if (xml)
		gclk_need_from_xml(xml, strlen(xml), &out->need, &out->need_error);
	else
		gclk_domains_fail(handle->api, &out->need_error, "its XML");
	free(xml);
}

static GclkDomain *describe(const GclkDomainHandle *handle)
{
	GclkDomain *out = g_new0(GclkDomain, 1);
	char uuid[VIR_UUID_STRING_BUFLEN] = "";

	out->name = g_strdup(handle->api->domain_get_name(handle->domain));
	if (handle->api->domain_get_uuid(handle->domain, uuid) == 0)
		out->uuid = g_strdup(uuid);
	out->running = handle->api->domain_is_active(handle->domain) == 1;
	read_need(handle, out);
	return out;
}

GclkDomain *gclk_domains_get(GclkDomains *domains, const char *name, GError **error)
{
	g_auto(GclkDomainHandle) handle = { 0 };

	return gclk_domains_look_up(domains, name, &handle, error) ? describe(&handle) : NULL;
}

char *gclk_domains_xml(GclkDomains *domains, const char *name, GError **error)
{
	g_auto(GclkDomainHandle) handle = { 0 };
	char *xml, *copy;

	if (!gclk_domains_look_up(domains, name, &handle, error))
		return NULL;
	xml = get_xml(&handle);
	copy = g_strdup(xml);
	if (!xml)
		gclk_domains_fail(&domains->api, error, name);
	free(xml);
	return copy;
}

static gint by_name(gconstpointer a, gconstpointer b)
{
	const GclkDomain *x = *(GclkDomain *const *)a, *y = *(GclkDomain *const *)b;

	return strcmp(x->name, y->name);
}

GPtrArray *gclk_domains_list(GclkDomains *domains, GError **error)
{
	const GclkLibvirt *api = &domains->api;
	virDomainPtr *list = NULL;
	int n = api->connect_list_all_domains(domains->connection, &list, 0);
	GPtrArray *out;

	if (n < 0) {
		gclk_domains_fail(api, error, "the list of domains");
		return NULL;
	}
	out = g_ptr_array_new_with_free_func((GDestroyNotify)gclk_domain_free);
	for (int i = 0; i < n; i++) {
		g_auto(GclkDomainHandle) handle = { api, list[i] };

		g_ptr_array_add(out, describe(&handle));
	}
	free(list);
	g_ptr_array_sort(out, by_name);
	return out;
}

/* --- writing ---------------------------------------------------------------------------------- */

static guint where_to_write(const GclkDomainHandle *handle)
{
	guint flags = 0;

	if (handle->api->domain_is_persistent(handle->domain) == 1)
		flags |= VIR_DOMAIN_AFFECT_CONFIG;
	if (handle->api->domain_is_active(handle->domain) == 1)
		flags |= VIR_DOMAIN_AFFECT_LIVE;
	return flags;
}

static gboolean is_same(const GclkNeed *a, const GclkNeed *b)
{
	return a->declared == b->declared && a->protocol == b->protocol &&
	       a->max_error == b->max_error && a->strict == b->strict;
}

static gboolean read_back(const GclkDomainHandle *handle, const GclkNeed *wanted, GError **error)
{
	const GclkNeed none = { 0 };
	g_autoptr(GclkDomain) now = describe(handle);

	if (now->need_error) {
		g_propagate_error(error, g_steal_pointer(&now->need_error));
		return FALSE;
	}
	if (is_same(&now->need, wanted ? wanted : &none))
		return TRUE;
	g_set_error_literal(error, G_IO_CHANNEL_ERROR, G_IO_CHANNEL_ERROR_FAILED,
		"libvirt took the need, but does not give it back: this driver may keep no "
		"metadata");
	return FALSE;
}

gboolean gclk_domains_set_need(
	GclkDomains *domains, const char *name, const GclkNeed *need, GError **error)
{
	const GclkLibvirt *api = &domains->api;
	g_auto(GclkDomainHandle) handle = { 0 };
	g_autofree char *xml = need ? gclk_need_to_xml(need) : NULL;

	if (!gclk_domains_look_up(domains, name, &handle, error))
		return FALSE;
	if (api->domain_set_metadata(handle.domain, VIR_DOMAIN_METADATA_ELEMENT, xml, METADATA_KEY,
		    GCLK_NEED_NAMESPACE, where_to_write(&handle)) < 0) {
		if (!need && api->get_last_error_code() == VIR_ERR_NO_DOMAIN_METADATA)
			return TRUE;
		return gclk_domains_fail(api, error, name);
	}
	return read_back(&handle, need, error);
}
