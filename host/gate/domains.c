/* SPDX-License-Identifier: BSD-2-Clause */
#include "gate/domains.h"

#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <string.h>

#define METADATA_KEY "guestclock"

struct GclkDomains {
	virConnectPtr connection;
};

typedef virDomain Domain;
static void free_domain(Domain *domain)
{
	virDomainFree(domain);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Domain, free_domain)

/* libvirt prints errors by itself unless told otherwise. */
static void be_silent(void *user, virErrorPtr error)
{
	(void)user;
	(void)error;
}

static gboolean fail(GError **error, const char *what)
{
	const char *message = virGetLastErrorMessage();

	g_set_error(error, G_IO_CHANNEL_ERROR, G_IO_CHANNEL_ERROR_FAILED, "%s: %s", what, message);
	return FALSE;
}

GclkDomains *gclk_domains_open(const char *uri, gboolean read_only, GError **error)
{
	g_autofree char *what = g_strdup_printf("libvirt (%s)", uri ? uri : "its default URI");
	virConnectPtr connection;
	GclkDomains *domains;

	virSetErrorFunc(NULL, be_silent);
	connection = read_only ? virConnectOpenReadOnly(uri) : virConnectOpen(uri);
	if (!connection) {
		fail(error, what);
		return NULL;
	}
	domains = g_new0(GclkDomains, 1);
	domains->connection = connection;
	return domains;
}

void gclk_domains_close(GclkDomains *domains)
{
	if (!domains)
		return;
	virConnectClose(domains->connection);
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

static Domain *look_up(GclkDomains *domains, const char *name, GError **error)
{
	Domain *domain = virDomainLookupByName(domains->connection, name);

	if (!domain)
		domain = virDomainLookupByUUIDString(domains->connection, name);
	if (!domain)
		g_set_error(error, G_IO_CHANNEL_ERROR, G_IO_CHANNEL_ERROR_FAILED,
			"libvirt knows no domain \"%s\" here", name);
	return domain;
}

/* A transient domain has no stored definition: the live one then. */
static char *get_xml(Domain *domain)
{
	char *xml = virDomainGetXMLDesc(domain, VIR_DOMAIN_XML_INACTIVE);

	return xml ? xml : virDomainGetXMLDesc(domain, 0);
}

static void read_need(Domain *domain, GclkDomain *out)
{
	char *xml = get_xml(domain); /* malloc'd by libvirt */

	if (xml)
		gclk_need_from_xml(xml, strlen(xml), &out->need, &out->need_error);
	else
		fail(&out->need_error, "its XML");
	free(xml);
}

static GclkDomain *describe(Domain *domain)
{
	GclkDomain *out = g_new0(GclkDomain, 1);
	char uuid[VIR_UUID_STRING_BUFLEN] = "";

	out->name = g_strdup(virDomainGetName(domain));
	if (virDomainGetUUIDString(domain, uuid) == 0)
		out->uuid = g_strdup(uuid);
	out->running = virDomainIsActive(domain) == 1;
	read_need(domain, out);
	return out;
}

GclkDomain *gclk_domains_get(GclkDomains *domains, const char *name, GError **error)
{
	g_autoptr(Domain) domain = look_up(domains, name, error);

	return domain ? describe(domain) : NULL;
}

char *gclk_domains_xml(GclkDomains *domains, const char *name, GError **error)
{
	g_autoptr(Domain) domain = look_up(domains, name, error);
	char *xml = domain ? get_xml(domain) : NULL;
	char *copy = g_strdup(xml);

	if (domain && !xml)
		fail(error, name);
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
	virDomainPtr *list = NULL;
	int n = virConnectListAllDomains(domains->connection, &list, 0);
	GPtrArray *out;

	if (n < 0) {
		fail(error, "the list of domains");
		return NULL;
	}
	out = g_ptr_array_new_with_free_func((GDestroyNotify)gclk_domain_free);
	for (int i = 0; i < n; i++) {
		g_ptr_array_add(out, describe(list[i]));
		virDomainFree(list[i]);
	}
	free(list);
	g_ptr_array_sort(out, by_name);
	return out;
}

/* --- writing ---------------------------------------------------------------------------------- */

static guint where_to_write(Domain *domain)
{
	guint flags = 0;

	if (virDomainIsPersistent(domain) == 1)
		flags |= VIR_DOMAIN_AFFECT_CONFIG;
	if (virDomainIsActive(domain) == 1)
		flags |= VIR_DOMAIN_AFFECT_LIVE;
	return flags;
}

static gboolean is_same(const GclkNeed *a, const GclkNeed *b)
{
	return a->declared == b->declared && a->protocol == b->protocol &&
	       a->max_error == b->max_error && a->strict == b->strict;
}

static gboolean read_back(Domain *domain, const GclkNeed *wanted, GError **error)
{
	const GclkNeed none = { 0 };
	g_autoptr(GclkDomain) now = describe(domain);

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
	g_autoptr(Domain) domain = look_up(domains, name, error);
	g_autofree char *xml = need ? gclk_need_to_xml(need) : NULL;

	if (!domain)
		return FALSE;
	if (virDomainSetMetadata(domain, VIR_DOMAIN_METADATA_ELEMENT, xml, METADATA_KEY,
		    GCLK_NEED_NAMESPACE, where_to_write(domain)) < 0) {
		if (!need && virGetLastErrorCode() == VIR_ERR_NO_DOMAIN_METADATA)
			return TRUE;
		return fail(error, name);
	}
	return read_back(domain, need, error);
}
