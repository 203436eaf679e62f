/* SPDX-License-Identifier: BSD-2-Clause */
/* The link's channel, put into a domain or taken out of it. */
#include <stdlib.h>
#include <string.h>

#include "gate/channel-xml.h"
#include "gate/domains-parts.h"

void gclk_domain_channel_state_clear(GclkDomainChannelState *state)
{
	g_clear_pointer(&state->name, g_free);
	g_clear_pointer(&state->uuid, g_free);
	g_clear_pointer(&state->restart, g_free);
}

static gboolean read_channels(
	const GclkDomainHandle *handle, guint flags, GclkDomainChannels *out, GError **error)
{
	char *xml = handle->api->domain_get_xml(handle->domain, flags);
	gboolean good = xml && gclk_domain_channels_from_xml(xml, strlen(xml), out, error);

	if (!xml)
		gclk_domains_fail(handle->api, error, "its XML");
	free(xml);
	return good;
}

static gboolean look(const GclkDomainHandle *handle, GclkDomainChannelState *out, GError **error)
{
	const GclkLibvirt *api = handle->api;
	char uuid[VIR_UUID_STRING_BUFLEN] = "";
	GclkDomainChannels channels = { 0 };

	api->domain_get_uuid(handle->domain, uuid);
	g_free(out->name);
	g_free(out->uuid);
	out->name = g_strdup(api->domain_get_name(handle->domain));
	out->uuid = g_strdup(uuid);
	out->persistent = api->domain_is_persistent(handle->domain) == 1;
	out->running = api->domain_is_active(handle->domain) == 1;
	if (out->persistent && !read_channels(handle, VIR_DOMAIN_XML_INACTIVE, &channels, error))
		return FALSE;
	out->stored = out->persistent && channels.link.present;
	if (out->running && !read_channels(handle, 0, &channels, error))
		return FALSE;
	out->live = out->running && channels.link.present;
	return TRUE;
}

gboolean gclk_domains_look_channel(
	GclkDomains *domains, const char *name, GclkDomainChannelState *out, GError **error)
{
	g_auto(GclkDomainHandle) handle = { 0 };

	*out = (GclkDomainChannelState){ 0 };
	if (gclk_domains_look_up(domains, name, &handle, error) && look(&handle, out, error))
		return TRUE;
	gclk_domain_channel_state_clear(out);
	return FALSE;
}

/* --- changing --------------------------------------------------------------------------------- */

static gboolean change(const GclkDomainHandle *handle, const char *xml, gboolean wanted,
	guint where, GError **error)
{
	const GclkLibvirt *api = handle->api;

	if ((wanted ? api->domain_attach_device : api->domain_detach_device)(
		    handle->domain, xml, where) == 0)
		return TRUE;
	return gclk_domains_fail(api, error,
		wanted ? "the channel cannot be added" : "the channel cannot be taken away");
}

/* The stored definition gets its controller from libvirt, a machine that runs does not. */
static gboolean attach_live(const GclkDomainHandle *handle, GError **error)
{
	GclkDomainChannels channels;

	if (!read_channels(handle, 0, &channels, error))
		return FALSE;
	if (!channels.has_serial &&
		!change(handle, GCLK_SERIAL_XML, TRUE, VIR_DOMAIN_AFFECT_LIVE, error))
		return FALSE;
	return change(handle, GCLK_CHANNEL_XML, TRUE, VIR_DOMAIN_AFFECT_LIVE, error);
}

/* libvirt knows one that runs by its socket's path. */
static gboolean detach_live(const GclkDomainHandle *handle, GError **error)
{
	GclkDomainChannels channels;
	g_autofree char *xml = NULL;

	if (!read_channels(handle, 0, &channels, error))
		return FALSE;
	xml = gclk_domain_channel_to_xml(&channels.link);
	return change(handle, xml, FALSE, VIR_DOMAIN_AFFECT_LIVE, error);
}

static gboolean change_stored(const GclkDomainHandle *handle, gboolean wanted,
	GclkDomainChannelState *out, GError **error)
{
	if (!out->persistent || out->stored == wanted)
		return TRUE;
	out->stored_changed =
		change(handle, GCLK_CHANNEL_XML, wanted, VIR_DOMAIN_AFFECT_CONFIG, error);
	return out->stored_changed;
}

/* A machine may have no place for it while it runs. That is no failure where the definition has it:
   the next start will bring it. */
static gboolean change_live(const GclkDomainHandle *handle, gboolean wanted,
	GclkDomainChannelState *out, GError **error)
{
	g_autoptr(GError) problem = NULL;

	if (!out->running || out->live == wanted)
		return TRUE;
	out->live_changed = wanted ? attach_live(handle, &problem) : detach_live(handle, &problem);
	if (out->live_changed)
		return TRUE;
	if (!out->persistent) {
		g_propagate_error(error, g_steal_pointer(&problem));
		return FALSE;
	}
	out->restart = g_strdup(problem->message);
	return TRUE;
}

/* Taking it from a machine that runs takes the guest's time, and libvirt does not wait for it. */
static gboolean read_back(const GclkDomainHandle *handle, gboolean wanted,
	GclkDomainChannelState *out, GError **error)
{
	if (!look(handle, out, error))
		return FALSE;
	if ((!out->persistent || out->stored == wanted) &&
		(!out->live_changed || !wanted || out->live))
		return TRUE;
	g_set_error(error, G_IO_CHANNEL_ERROR, G_IO_CHANNEL_ERROR_FAILED,
		"libvirt took the change of the channel, but does not give it back");
	return FALSE;
}

gboolean gclk_domains_set_channel(GclkDomains *domains, const char *name, gboolean wanted,
	GclkDomainChannelState *out, GError **error)
{
	g_auto(GclkDomainHandle) handle = { 0 };

	*out = (GclkDomainChannelState){ 0 };
	if (gclk_domains_look_up(domains, name, &handle, error) && look(&handle, out, error) &&
		change_stored(&handle, wanted, out, error) &&
		change_live(&handle, wanted, out, error) && read_back(&handle, wanted, out, error))
		return TRUE;
	gclk_domain_channel_state_clear(out);
	return FALSE;
}
