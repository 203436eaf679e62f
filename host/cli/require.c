/* SPDX-License-Identifier: BSD-2-Clause */
/* hostclock require DOMAIN: what a VM demands of its host's clock, written into its metadata; and
   the channel by which its guest and the host talk about time. */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "gate/domains.h"
#include "guestclock/json-writer.h"
#include "guestclock/link.h"

typedef struct {
	char *protocol, *max_error, *enforce, *uri;
	gboolean show, remove, channel;
} Choice;

static void choice_clear(Choice *choice)
{
	g_free(choice->protocol);
	g_free(choice->max_error);
	g_free(choice->enforce);
	g_free(choice->uri);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Choice, choice_clear)

/* --- the channel ------------------------------------------------------------------------------ */

/* null: there is no such place. */
static void write_place(GclkJson *json, const char *key, gboolean exists, gboolean has)
{
	if (exists)
		gclk_json_boolean(json, key, has);
	else
		gclk_json_null(json, key);
}

static void write_channel(GclkJson *json, const GclkDomainChannelState *channel)
{
	gclk_json_begin_object(json, "channel");
	write_place(json, "stored", channel->persistent, channel->stored);
	write_place(json, "live", channel->running, channel->live);
	gclk_json_boolean(json, "changed", channel->stored_changed || channel->live_changed);
	gclk_json_boolean(json, "restart_needed", channel->restart != NULL);
	if (channel->restart)
		gclk_json_string(json, "problem", channel->restart);
	else
		gclk_json_null(json, "problem");
	gclk_json_end_object(json);
}

static const char *places(gboolean stored, gboolean live)
{
	if (stored && live)
		return "the stored definition and the machine that runs";
	return live ? "the machine that runs" : "the stored definition";
}

static void add_what_was_done(GString *out, const GclkDomainChannelState *channel, gboolean wanted)
{
	const gboolean stored = channel->stored_changed, live = channel->live_changed;

	if (stored || live)
		g_string_append_printf(out, "%s %s%s", wanted ? "added to" : "taken from",
			places(stored, live), channel->restart ? " only" : "");
	else if (channel->stored || channel->live)
		g_string_append_printf(out, "%s%s", places(channel->stored, channel->live),
			channel->stored && channel->live ? " have it" : " has it");
	else
		g_string_append(out, "there is none");
}

static char *channel_text(const GclkDomainChannelState *channel, gboolean wanted)
{
	GString *out = g_string_new(NULL);

	g_string_append_printf(out, "%s: channel " GCLK_LINK_PORT ": ", channel->name);
	add_what_was_done(out, channel, wanted);
	g_string_append_c(out, '\n');
	if (channel->restart)
		g_string_append_printf(out,
			"The machine that runs stays as it is until it is shut down and started "
			"again;\na reboot within the guest is not enough. libvirt: %s\n",
			channel->restart);
	if (wanted && (channel->stored_changed || channel->live_changed))
		g_string_append(out, "Its ends: hostclock serve here, guestclockd in the guest, "
				     "which finds it by itself.\n");
	return g_string_free(out, FALSE);
}

/* FALSE: it has complained. */
static gboolean handle_channel(
	const Choice *choice, GclkDomains *domains, const char *name, GclkDomainChannelState *out)
{
	g_autoptr(GError) error = NULL;

	if (choice->show ? gclk_domains_look_channel(domains, name, out, &error)
			 : gclk_domains_set_channel(domains, name, !choice->remove, out, &error))
		return TRUE;
	gclk_host_cli_complain("%s: %s", name, error->message);
	return FALSE;
}

/* --- the need --------------------------------------------------------------------------------- */

static char *need_json(const GclkDomain *domain, const GclkDomainChannelState *channel)
{
	GclkJson *json = gclk_json_new();

	gclk_json_begin_object(json, NULL);
	gclk_json_string(json, "domain", domain->name);
	gclk_json_string(json, "uuid", domain->uuid);
	gclk_need_write(json, &domain->need);
	if (channel)
		write_channel(json, channel);
	gclk_json_end_object(json);
	return gclk_json_finish(json);
}

static char *need_text(const GclkDomain *domain)
{
	g_autofree char *text = gclk_need_text(&domain->need);
	const char *otherwise = " (nothing is declared)";

	if (domain->need.declared)
		otherwise = domain->need.strict ? ", and is not started elsewhere"
						: ", and is started with a warning elsewhere";
	return g_strdup_printf("%s: %s%s\n", domain->name, text, otherwise);
}

/* Does it touch or show the need? --channel alone, or with --remove, is about the channel only. */
static gboolean is_about_need(const Choice *choice)
{
	return choice->protocol || choice->show || (choice->remove && !choice->channel);
}

static int show(const GclkHostOptions *options, const Choice *choice, GclkDomains *domains,
	const GclkDomainChannelState *channel)
{
	const char *name = options->words[0];
	g_autoptr(GError) error = NULL;
	g_autoptr(GclkDomain) domain = NULL;
	g_autofree char *text = NULL;

	if (!options->json && !is_about_need(choice))
		return GCLK_EXIT_OK;
	domain = gclk_domains_get(domains, name, &error);
	if (!domain || domain->need_error) {
		gclk_host_cli_complain(
			"%s: %s", name, error ? error->message : domain->need_error->message);
		return GCLK_EXIT_UNKNOWN;
	}
	text = options->json ? need_json(domain, channel) : need_text(domain);
	fputs(text, stdout);
	return GCLK_EXIT_OK;
}

static int run_need(const GclkHostOptions *options, const Choice *choice, GclkDomains *domains,
	const GclkNeed *need, const GclkDomainChannelState *channel)
{
	const char *name = options->words[0];
	g_autoptr(GError) error = NULL;

	if (is_about_need(choice) && !choice->show &&
		!gclk_domains_set_need(domains, name, choice->remove ? NULL : need, &error)) {
		gclk_host_cli_complain("%s", error->message);
		return GCLK_EXIT_UNKNOWN;
	}
	return show(options, choice, domains, channel);
}

static int run(const GclkHostOptions *options, const Choice *choice, const GclkNeed *need)
{
	g_auto(GclkDomainChannelState) channel = { 0 };
	g_autoptr(GError) error = NULL;
	g_autoptr(GclkDomains) domains = gclk_domains_open(choice->uri, choice->show, &error);
	g_autofree char *text = NULL;
	int result;

	if (!domains) {
		gclk_host_cli_complain("%s", error->message);
		return GCLK_EXIT_UNKNOWN;
	}
	if (choice->channel && !handle_channel(choice, domains, options->words[0], &channel))
		return GCLK_EXIT_UNKNOWN;
	result = run_need(options, choice, domains, need, choice->channel ? &channel : NULL);
	if (!choice->channel)
		return result;
	text = channel_text(&channel, !choice->remove);
	if (!options->json)
		fputs(text, stdout);
	return result == GCLK_EXIT_OK && channel.restart ? GCLK_EXIT_WARNING : result;
}

static gboolean is_sound(const GclkHostOptions *options, const Choice *choice)
{
	int chosen = !!choice->protocol + choice->remove + choice->show;

	if (options->words && (chosen == 1 || (chosen == 0 && choice->channel)))
		return TRUE;
	gclk_host_cli_complain("a DOMAIN and one of --protocol, --remove, --show and --channel are "
			       "needed (see hostclock require --help)");
	return FALSE;
}

int gclk_host_cli_require(int argc, char **argv)
{
	g_auto(GclkHostOptions) options = { 0 };
	g_auto(Choice) choice = { 0 };
	const GOptionEntry extra[] = {
		{ "protocol", 'p', 0, G_OPTION_ARG_STRING, &choice.protocol,
			"What must hold the host's clock: any, ntp, ptp", "WORD" },
		{ "max-error", 'e', 0, G_OPTION_ARG_STRING, &choice.max_error,
			"How far the host's clock may be off (100us)", "TIME" },
		{ "enforce", 0, 0, G_OPTION_ARG_STRING, &choice.enforce,
			"Elsewhere: strict (default) refuses, warn starts", "WORD" },
		{ "channel", 0, 0, G_OPTION_ARG_NONE, &choice.channel,
			"Add the channel for time between host and guest", NULL },
		{ "remove", 0, 0, G_OPTION_ARG_NONE, &choice.remove,
			"Demand nothing; with --channel: take the channel away", NULL },
		{ "show", 0, 0, G_OPTION_ARG_NONE, &choice.show, "Show what is demanded", NULL },
		{ "connect", 'c', 0, G_OPTION_ARG_STRING, &choice.uri, "libvirt's URI", "URI" },
		{ 0 },
	};
	g_autoptr(GError) error = NULL;
	GclkNeed need = { 0 };

	if (!gclk_host_cli_parse(&options, "DOMAIN",
		    "Writes what a VM demands of its host's clock into its libvirt "
		    "metadata,\nand reads it back. Adds the channel by which its guest and "
		    "hostclock serve talk.",
		    extra, 1, argc, argv))
		return options.exit_code;
	if (!is_sound(&options, &choice))
		return GCLK_EXIT_UNKNOWN;
	if (choice.protocol && !gclk_host_cli_need(choice.protocol, choice.max_error,
				       choice.enforce, &need, &error)) {
		gclk_host_cli_complain("%s", error->message);
		return GCLK_EXIT_UNKNOWN;
	}
	return run(&options, &choice, &need);
}
