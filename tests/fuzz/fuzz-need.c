/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What others write about needs and hosts: domain XML, words, Proxmox's files, hostclock.conf, the
 * cache. A need that could not be understood is never a declared one, and what comes out of a text
 * reads back as the same.
 */
#include "fuzz.h"

#include <string.h>

#include "config.h"
#include "gate/channel-xml.h"
#include "gate/hook.h"
#include "sync/cache.h"

static void check(const GclkNeed *need, gboolean good, const GError *error)
{
	g_assert(good == (error == NULL));
	g_assert(good || !need->declared);
	g_assert(need->protocol <= GCLK_NEED_PTP);
	g_assert(need->max_error >= 0);
}

static void as_xml(const char *text, gsize length)
{
	g_autoptr(GError) error = NULL;
	GclkNeed need;
	gboolean good = gclk_need_from_xml(text, length, &need, &error);

	check(&need, good, error);
}

/* A channel that was read is found again by what we tell libvirt of it. */
static void as_channels(const char *text, gsize length)
{
	GclkDomainChannels channels, again;
	g_autofree char *element = NULL;
	g_autofree char *xml = NULL;

	if (!gclk_domain_channels_from_xml(text, length, &channels, NULL) || !channels.link.present)
		return;
	g_assert(channels.link.path[0] == '/' || channels.link.path[0] == '\0');
	element = gclk_domain_channel_to_xml(&channels.link);
	xml = g_strdup_printf("<domain><devices>%s</devices></domain>", element);
	g_assert(gclk_domain_channels_from_xml(xml, strlen(xml), &again, NULL));
	g_assert(again.link.present);
	g_assert_cmpstr(again.link.path, ==, channels.link.path);
}

static void as_words(const char *text)
{
	g_autoptr(GError) error = NULL;
	GclkNeed need, again;
	gboolean good = gclk_need_from_words(text, &need, &error);
	g_autofree char *element = NULL;
	g_autofree char *xml = NULL;

	check(&need, good, error);
	if (!good)
		return;
	element = gclk_need_to_xml(&need);
	xml = g_strdup_printf("<domain><metadata><clock xmlns='" GCLK_NEED_NAMESPACE
			      "'%s</metadata></domain>",
		element + strlen("<clock"));
	g_assert(gclk_need_from_xml(xml, strlen(xml), &again, NULL));
	g_assert(again.protocol == need.protocol && again.max_error == need.max_error &&
		 again.strict == need.strict);
}

static void as_proxmox(const char *text, gsize length)
{
	g_autoptr(GError) error = NULL;
	GclkNeed need;
	gboolean good = gclk_need_from_proxmox(text, length, &need, &error);

	check(&need, good, error);
}

/* Whatever a cache says, "not known" must not come out as a good bound. */
static void as_cache(const char *text, gsize length)
{
	g_autoptr(GclkHostSync) sync =
		gclk_sync_cache_from_text(text, length, "boot", GCLK_NS_PER_S, 10 * GCLK_NS_PER_S);

	if (sync)
		g_assert(sync->bound > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *text = g_strndup((const char *)data, size);

	gclk_host_config_free(gclk_host_config_parse("fuzz", (const char *)data, size, NULL));
	as_xml((const char *)data, size);
	as_channels((const char *)data, size);
	as_words(text);
	as_proxmox((const char *)data, size);
	as_cache((const char *)data, size);
	return 0;
}
