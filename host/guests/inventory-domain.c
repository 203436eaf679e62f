/* SPDX-License-Identifier: BSD-2-Clause */
#include "guests/inventory-parts.h"

#include <stdlib.h>
#include <string.h>

/* The later ones tell a guest more. */
static const int weights[GCLK_LINK_EVENTS] = {
	[GCLK_LINK_EVENT_RESUMED] = 1,
	[GCLK_LINK_EVENT_RESTORED] = 2,
	[GCLK_LINK_EVENT_MIGRATED] = 3,
};

GclkLinkEvent gclk_inventory_merge_events(GclkLinkEvent a, GclkLinkEvent b)
{
	return weights[a] >= weights[b] ? a : b;
}

/* --- rows ------------------------------------------------------------------------------------- */

void gclk_inventory_row_free(GclkInventoryRow *row)
{
	gclk_inventory_close_channel(row);
	g_free(row->uuid);
	g_free(row);
}

static GclkInventoryRow *get_row(GclkInventoryThread *thread, const char *uuid)
{
	GclkInventoryRow *row = g_hash_table_lookup(thread->domains, uuid);

	if (row)
		return row;
	row = g_new0(GclkInventoryRow, 1);
	row->thread = thread;
	row->uuid = g_strdup(uuid);
	row->id = -1;
	row->waiting = GCLK_LINK_EVENT_OTHER;
	g_hash_table_insert(thread->domains, row->uuid, row);
	return row;
}

static void forget(GclkInventoryThread *thread, const char *uuid)
{
	GclkInventoryRow *row = g_hash_table_lookup(thread->domains, uuid);

	if (row && row->seen)
		gclk_inventory_post_gone(thread->mail, uuid);
	g_hash_table_remove(thread->domains, uuid);
}

/* --- one domain ------------------------------------------------------------------------------- */

static GclkDomainState state_of(int state)
{
	switch (state) {
	case VIR_DOMAIN_RUNNING:
	case VIR_DOMAIN_BLOCKED:
	case VIR_DOMAIN_SHUTDOWN: /* its guest is shutting down */
		return GCLK_DOMAIN_RUNNING;
	case VIR_DOMAIN_PAUSED:
	case VIR_DOMAIN_PMSUSPENDED:
		return GCLK_DOMAIN_PAUSED;
	default:
		return GCLK_DOMAIN_SHUT_OFF;
	}
}

static gboolean runs(const GclkInventoryRow *row)
{
	return row->state != GCLK_DOMAIN_SHUT_OFF;
}

/* The live XML of one that runs: its need now, its channels now. FALSE: it went while we looked. */
static gboolean read_xml(GclkInventoryThread *thread, virDomainPtr domain, GclkInventoryDomain *out,
	GclkDomainChannels *channels, GError **need_error)
{
	char *xml = thread->api->domain_get_xml(domain, 0);

	if (!xml)
		return FALSE;
	gclk_need_from_xml(xml, strlen(xml), &out->need, need_error);
	gclk_domain_channels_from_xml(xml, strlen(xml), channels, NULL);
	free(xml);
	return TRUE;
}

/* A resume without a pause is how libvirt reports a boot, too. */
static void expect(GclkInventoryRow *row, GclkLinkEvent event)
{
	if (event == GCLK_LINK_EVENT_RESUMED && (!row->seen || !runs(row)))
		return;
	row->waiting = gclk_inventory_merge_events(row->waiting, event);
}

/* What a run had does not outlive it. */
static void follow_run(GclkInventoryRow *row, int id)
{
	if (id != row->id) {
		gclk_inventory_close_channel(row);
		row->tries = 0;
	}
	if (id < 0)
		row->waiting = GCLK_LINK_EVENT_OTHER;
	row->id = id;
}

static void tell(GclkInventoryRow *row, const GclkInventoryDomain *what)
{
	GclkInventoryThread *thread = row->thread;

	gclk_inventory_post_domain(thread->mail, what);
	if (row->state != GCLK_DOMAIN_RUNNING || row->waiting == GCLK_LINK_EVENT_OTHER)
		return;
	gclk_inventory_post_happened(thread->mail, row->uuid, row->waiting);
	row->waiting = GCLK_LINK_EVENT_OTHER;
}

static gboolean read_domain(GclkInventoryThread *thread, virDomainPtr domain, GclkLinkEvent event)
{
	GclkInventoryDomain out = { .name = thread->api->domain_get_name(domain) };
	g_autoptr(GError) need_error = NULL;
	char uuid[VIR_UUID_STRING_BUFLEN];
	GclkDomainChannels channels;
	GclkInventoryRow *row;
	int state;

	if (!out.name || thread->api->domain_get_uuid(domain, uuid) < 0 ||
		thread->api->domain_get_state(domain, &state, NULL, 0) < 0 ||
		!read_xml(thread, domain, &out, &channels, &need_error))
		return FALSE;
	row = get_row(thread, uuid);
	expect(row, event);
	row->state = out.state = state_of(state);
	follow_run(row, runs(row) ? (int)thread->api->domain_get_id(domain) : -1);
	row->seen = TRUE;
	row->channel = channels.link;
	out.uuid = uuid;
	out.need_error = need_error ? need_error->message : NULL;
	out.has_channel = channels.link.present;
	out.vsock_cid = runs(row) ? channels.vsock_cid : 0;
	out.has_agent = runs(row) && channels.agent.present && channels.agent.connected;
	tell(row, &out);
	row->tries = 0; /* it has changed: a channel that failed is tried at once */
	gclk_inventory_open_channel(row, domain);
	return TRUE;
}

void gclk_inventory_read(GclkInventoryThread *thread, const char *uuid, GclkLinkEvent event)
{
	const GclkLibvirt *api = thread->api;
	virDomainPtr domain = api->domain_lookup_by_uuid(thread->connection, uuid);
	gboolean good = domain && read_domain(thread, domain, event);

	/* the name too is looked up by it, so a domain that was renamed is the same one */
	if (!good && api->get_last_error_code() == VIR_ERR_NO_DOMAIN)
		forget(thread, uuid);
	if (domain)
		api->domain_free(domain);
}
