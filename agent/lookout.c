/* SPDX-License-Identifier: BSD-2-Clause */
#include "lookout.h"

#include "build-config.h"
#include "detect/time-programs.h"
#include "memory.h"
#include "sources.h"

#define LOOK_INTERVAL (60 * GCLK_NS_PER_S)
/* While there is nothing to go by: a lease may come any moment after boot. (A look at all processes
   is too dear for that, where there are thousands.) */
#define LOOK_INTERVAL_BARE (10 * GCLK_NS_PER_S)
/* Leases and configurations are smaller. */
#define PLACE_LIMIT     (1024 * 1024)
#define BUILD_AGE_MAX_S (G_GINT64_CONSTANT(50) * 365 * 86400)

/* --- who steers ------------------------------------------------------------------------------- */

GclkMastery gclk_lookout_mastery(const GclkLookout *l, const GPtrArray *rivals)
{
	const char *reason = NULL;
	gboolean may = l->platform->may_steer(l->platform, &reason);

	return gclk_mastery_decide(
		l->config->control, may, reason, l->environment->container, rivals);
}

/* The reason begins with the program's name. Only VMware's tools have but one way to be stopped. */
static const char *how_to_stop(const char *reason)
{
	return g_str_has_prefix(reason, "vmtoolsd ")
		       ? " (\"vmware-toolbox-cmd timesync disable\" ends the tools' part)"
		       : "";
}

void gclk_lookout_note_rival(const GclkLookout *l, const GclkMastery *mastery)
{
	g_autofree char *remedy = NULL;

	if (!mastery->rival) {
		gclk_agent_clear_finding(l->agent, "rival");
		return;
	}
	remedy = g_strdup_printf("stop one of the two%s; %s", how_to_stop(mastery->reason),
		mastery->steers ? "they steer against each other"
				: "until then guestclockd only measures");
	gclk_agent_set_finding(
		l->agent, "rival", GCLK_SEVERITY_WARNING, mastery->reason, remedy);
}

static void look_for_rivals(GclkLookout *l)
{
	g_autoptr(GPtrArray) rivals = gclk_rivals_find(l->platform);
	g_autoptr(GError) error = NULL;
	GclkMastery mastery;

	if (l->checkup)
		gclk_rivals_add_tools(l->checkup->machine, rivals);
	mastery = gclk_lookout_mastery(l, rivals);
	gclk_lookout_note_rival(l, &mastery);
	if (!gclk_agent_set_control(l->agent, mastery.steers, mastery.reason, &error))
		g_warning("%s", error->message);
	g_free(mastery.reason);
}

static void look_at_helper(GclkLookout *l)
{
	if (l->privileged && !gclk_privileged_alive(l->privileged))
		gclk_agent_set_finding(l->agent, "helper", GCLK_SEVERITY_WARNING,
			"the privileged process has ended: names are not resolved, and what only "
			"root "
			"may open is not opened again",
			"restart guestclockd");
}

/* --- servers that this machine is given --------------------------------------------------------
 */

static gboolean same_servers(const GPtrArray *a, const GPtrArray *b)
{
	if (a->len != b->len)
		return FALSE;
	for (guint i = 0; i < a->len; i++)
		if (!gclk_server_config_same(g_ptr_array_index(a, i), g_ptr_array_index(b, i)))
			return FALSE;
	return TRUE;
}

static void take_over(GclkConfig *to, GclkConfig *from)
{
	GPtrArray *servers = to->servers;

	to->servers = from->servers;
	from->servers = servers;
	g_free(to->servers_from);
	to->servers_from = g_steal_pointer(&from->servers_from);
	g_free(to->servers_note);
	to->servers_note = g_steal_pointer(&from->servers_note);
}

/* The place of the servers in force is there, but no longer for our eyes: it was read as root. */
static gboolean is_hidden(const GclkLookout *l)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *text = NULL;

	if (!l->config->servers_from)
		return FALSE;
	text = l->platform->read_file(
		l->platform, l->config->servers_from, PLACE_LIMIT, NULL, &error);
	return g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_ACCES) ||
	       g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_PERM);
}

void gclk_lookout_keep_hidden(GclkLookout *l, GclkConfig *config)
{
	gboolean discovered = config->servers->len == 0 || config->servers_from;

	if (config->discover && discovered && is_hidden(l))
		take_over(config, l->config);
}

/* Only where no server is configured: a lease that comes or changes after the start. One that ends
   takes nothing away; its servers may still be right. */
static void look_for_servers(GclkLookout *l)
{
	g_autoptr(GclkConfig) found = NULL;

	if (!l->config->discover || (l->config->servers->len && !l->config->servers_from) ||
		is_hidden(l))
		return;
	found = gclk_config_new();
	found->min_poll = l->config->min_poll;
	found->max_poll = l->config->max_poll;
	if (gclk_config_discover(found, "") == 0 ||
		same_servers(found->servers, l->config->servers))
		return;
	g_message("NTP servers from %s", found->servers_from);
	take_over(l->config, found);
	gclk_sources_apply(l->agent, l->platform, l->config, gclk_lookout_era_pivot(l));
}

/* --- looking ---------------------------------------------------------------------------------- */

static void on_timer(gpointer user);

static void look_again(GclkLookout *l, gint64 delay)
{
	gclk_lookout_stop(l);
	l->timer = l->platform->timer_start(l->platform, delay, on_timer, l);
}

static void look(GclkLookout *l)
{
	const gint64 now = l->platform->boottime(l->platform);

	look_at_helper(l);
	if (l->looked == 0 || now - l->looked >= LOOK_INTERVAL) {
		look_for_rivals(l);
		l->looked = now;
	}
	look_for_servers(l);
	gclk_sources_look_around(l->agent, l->platform, l->config, gclk_lookout_era_pivot(l));
	gclk_agent_look_at_clocksource(l->agent);
	if (l->vmclock)
		gclk_vmclock_witness_look(l->vmclock);
	if (l->checkup)
		gclk_checkup_look(l->checkup, l->agent, now);
	look_again(l, l->config->servers->len ? LOOK_INTERVAL : LOOK_INTERVAL_BARE);
}

static void on_timer(gpointer user)
{
	GclkLookout *l = user;

	l->timer = 0;
	look(l);
}

void gclk_lookout_look(GclkLookout *l)
{
	l->looked = 0;
	look(l);
}

void gclk_lookout_look_soon(GclkLookout *l)
{
	l->looked = 0;
	look_again(l, 0);
}

void gclk_lookout_stop(GclkLookout *l)
{
	if (l->platform)
		l->platform->timer_stop(l->platform, l->timer);
	l->timer = 0;
}

/* --- eras ------------------------------------------------------------------------------------- */

static gint64 rtc_seconds(GclkPlatform *platform)
{
	g_autofree char *text =
		platform->read_file(platform, "/sys/class/rtc/rtc0/since_epoch", 64, NULL, NULL);

	return text ? g_ascii_strtoll(text, NULL, 10) : 0;
}

gint64 gclk_lookout_era_pivot(const GclkLookout *l)
{
	gint64 latest = GCLK_BUILD_TIME + BUILD_AGE_MAX_S, pivot = GCLK_BUILD_TIME;
	gint64 witnesses[2];
	GclkMemory memory;

	gclk_memory_load(l->platform, l->config->state_directory, NULL, &memory, NULL);
	witnesses[0] = memory.saved / GCLK_NS_PER_S;
	witnesses[1] = rtc_seconds(l->platform);
	for (guint i = 0; i < G_N_ELEMENTS(witnesses); i++)
		if (witnesses[i] > pivot && witnesses[i] <= latest)
			pivot = witnesses[i];
	return pivot * GCLK_NS_PER_S;
}
