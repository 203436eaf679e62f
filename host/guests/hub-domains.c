/* SPDX-License-Identifier: BSD-2-Clause */
/* What the inventory tells of libvirt's domains. */
#include "guests/hub-private.h"

static void set_text(char **place, const char *text)
{
	if (*place == text)
		return;
	g_free(*place);
	*place = g_strdup(text);
}

/* --- runs of a domain ------------------------------------------------------------------------- */

void gclk_hub_row_forget_offset(GclkHubRow *row)
{
	row->guest->has_offset = FALSE;
	row->guest->measured = 0;
	row->agent_due = 0;
}

static void row_started(GclkHub *hub, GclkHubRow *row, gint64 now)
{
	row->began = now;
	row->earlier = !hub->connected;
	row->agent_due = now + (row->guest->has_channel ? GCLK_HUB_LINK_PATIENCE : 0);
}

void gclk_hub_row_stopped(GclkHub *hub, GclkHubRow *row)
{
	const GclkNeedEvent event =
		gclk_need_watch_stop(&row->watch, row->guest->lapses, gclk_hub_now());

	if (hub->recorder)
		gclk_recorder_push(
			hub->recorder, gclk_record_of_need(event, row->guest, hub->sync));
	row->began = row->linked = row->agent_measured = row->holder_asked = 0;
	row->agent_asked = row->agent_answered = FALSE;
	row->silent = 0;
	g_clear_pointer(&row->channel_problem, g_free);
	g_clear_pointer(&row->agent_problem, g_free);
	gclk_hub_row_forget_offset(row);
	row->guest->has_report = FALSE;
	/* its stream is that of the run that is over */
	gclk_server_detach(hub->server, row->guest->id);
	row->attached = FALSE;
}

static void take_state(GclkHub *hub, GclkHubRow *row, GclkDomainState state)
{
	const gboolean runs = state != GCLK_DOMAIN_SHUT_OFF;

	row->guest->running = state == GCLK_DOMAIN_RUNNING;
	row->guest->paused = state == GCLK_DOMAIN_PAUSED;
	if (runs && !row->began)
		row_started(hub, row, gclk_hub_now().boottime);
	else if (!runs && row->began)
		gclk_hub_row_stopped(hub, row);
}

static void on_domain(gpointer user, const GclkInventoryDomain *domain)
{
	GclkHub *hub = user;
	GclkHubRow *row = gclk_hub_row(hub, domain->uuid, domain->name);
	GclkGuest *guest;

	if (!row)
		return;
	guest = row->guest;
	set_text(&guest->name, domain->name);
	set_text(&guest->need_error, domain->need_error);
	guest->listed = TRUE;
	guest->need = domain->need;
	gclk_hub_row_set_cid(hub, row, domain->vsock_cid);
	guest->has_channel = domain->has_channel || row->vsock;
	guest->has_agent = domain->has_agent;
	take_state(hub, row, domain->state);
	gclk_hub_judge(hub, row, gclk_hub_now());
}

static void on_gone(gpointer user, const char *uuid)
{
	GclkHub *hub = user;
	GclkHubRow *row = gclk_hub_find(hub, uuid);

	if (!row)
		return;
	gclk_hub_row_stopped(hub, row);
	gclk_hub_row_set_cid(hub, row, 0);
	gclk_hub_drop(hub, uuid);
}

/* What was measured before it does not hold any more. */
static void on_happened(gpointer user, const char *uuid, GclkLinkEvent event)
{
	GclkHub *hub = user;
	GclkHubRow *row = gclk_hub_find(hub, uuid);

	gclk_server_event(hub->server, uuid, event);
	if (!row)
		return;
	if (row->cid) { /* a vsock connection does not outlive it: told when it is back */
		g_autofree char *stream = g_strdup_printf("vsock:%u", row->cid);

		gclk_server_event(hub->server, stream, event);
	}
	gclk_hub_row_forget_offset(row);
	gclk_hub_row_ask(hub, row, gclk_hub_now().boottime);
}

/* --- channels --------------------------------------------------------------------------------- */

static void on_channel(gpointer user, const char *uuid, int fd)
{
	GclkHub *hub = user;
	GclkHubRow *row = gclk_hub_find(hub, uuid);
	g_autoptr(GError) error = NULL;

	/* the server closes fd also when it does not take it */
	if (!gclk_server_attach(hub->server, uuid, fd, &error)) {
		if (row)
			set_text(&row->channel_problem, error->message);
		return;
	}
	if (!row) {
		gclk_server_detach(hub->server, uuid);
		return;
	}
	row->attached = TRUE;
	row->holder_asked = 0;
	row->silent = 0;
	g_clear_pointer(&row->channel_problem, g_free);
}

static void on_channel_failed(gpointer user, const char *uuid, const char *problem)
{
	GclkHubRow *row = gclk_hub_find(user, uuid);

	if (row)
		set_text(&row->channel_problem, problem);
}

/* --- the QEMU guest agent --------------------------------------------------------------------- */

static void on_time(gpointer user, const char *uuid, gint64 offset, gint64 uncertainty,
	gint64 measured, const char *problem)
{
	GclkHub *hub = user;
	GclkHubRow *row = gclk_hub_find(hub, uuid);
	GclkGuest *guest = row ? row->guest : NULL;

	if (!row || !row->began)
		return;
	row->agent_asked = FALSE;
	row->agent_answered = TRUE;
	set_text(&row->agent_problem, problem);
	if (problem)
		return;
	if (measured < hub->stepped) {
		row->agent_due = 0; /* asked before this host's clock was stepped */
		return;
	}
	row->agent_measured = measured;
	guest->answered++;
	if (gclk_guest_is_fresh(guest, row->linked, gclk_hub_now().boottime))
		return; /* the link knows better */
	guest->seen = measured;
	guest->has_offset = TRUE;
	guest->offset = offset;
	guest->uncertainty = uncertainty;
	guest->measured = measured;
}

/* --- libvirt itself --------------------------------------------------------------------------- */

static void on_connection(gpointer user, const char *problem)
{
	GclkHub *hub = user;

	hub->looked = TRUE;
	hub->connected = problem == NULL;
	set_text(&hub->libvirt_problem, problem);
}

const GclkInventoryEvents gclk_hub_inventory_events = {
	.domain = on_domain,
	.gone = on_gone,
	.happened = on_happened,
	.channel = on_channel,
	.channel_failed = on_channel_failed,
	.time = on_time,
	.connection = on_connection,
};
