/* SPDX-License-Identifier: BSD-2-Clause */
/* hostclock require DOMAIN: what a VM demands of its host's clock, written into its metadata. */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "gate/domains.h"
#include "guestclock/json-writer.h"

typedef struct {
	char *protocol, *max_error, *enforce, *uri;
	gboolean show, remove;
} Choice;

static void choice_clear(Choice *choice)
{
	g_free(choice->protocol);
	g_free(choice->max_error);
	g_free(choice->enforce);
	g_free(choice->uri);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Choice, choice_clear)

static char *need_json(const GclkDomain *domain)
{
	GclkJson *json = gclk_json_new();

	gclk_json_begin_object(json, NULL);
	gclk_json_string(json, "domain", domain->name);
	gclk_json_string(json, "uuid", domain->uuid);
	gclk_need_write(json, &domain->need);
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

static int show(const GclkHostOptions *options, GclkDomains *domains, const char *name)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GclkDomain) domain = gclk_domains_get(domains, name, &error);
	g_autofree char *text = NULL;

	if (!domain || domain->need_error) {
		gclk_host_cli_complain(
			"%s: %s", name, error ? error->message : domain->need_error->message);
		return GCLK_EXIT_UNKNOWN;
	}
	text = options->json ? need_json(domain) : need_text(domain);
	fputs(text, stdout);
	return GCLK_EXIT_OK;
}

static int run(const GclkHostOptions *options, const Choice *choice, const GclkNeed *need)
{
	const char *name = options->words[0];
	g_autoptr(GError) error = NULL;
	g_autoptr(GclkDomains) domains = gclk_domains_open(choice->uri, choice->show, &error);

	if (!domains) {
		gclk_host_cli_complain("%s", error->message);
		return GCLK_EXIT_UNKNOWN;
	}
	if (!choice->show &&
		!gclk_domains_set_need(domains, name, choice->remove ? NULL : need, &error)) {
		gclk_host_cli_complain("%s", error->message);
		return GCLK_EXIT_UNKNOWN;
	}
	return show(options, domains, name);
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
		{ "remove", 0, 0, G_OPTION_ARG_NONE, &choice.remove, "Demand nothing", NULL },
		{ "show", 0, 0, G_OPTION_ARG_NONE, &choice.show, "Show what is demanded", NULL },
		{ "connect", 'c', 0, G_OPTION_ARG_STRING, &choice.uri, "libvirt's URI", "URI" },
		{ 0 },
	};
	g_autoptr(GError) error = NULL;
	GclkNeed need = { 0 };

	if (!gclk_host_cli_parse(&options, "DOMAIN",
		    "Writes what a VM demands of its host's clock into its libvirt "
		    "metadata,\nand reads it back.",
		    extra, 1, argc, argv))
		return options.exit_code;
	if (!options.words || !!choice.protocol + choice.remove + choice.show != 1) {
		gclk_host_cli_complain("a DOMAIN and one of --protocol, --remove and --show are "
				       "needed (see hostclock require --help)");
		return GCLK_EXIT_UNKNOWN;
	}
	if (choice.protocol && !gclk_host_cli_need(choice.protocol, choice.max_error,
				       choice.enforce, &need, &error)) {
		gclk_host_cli_complain("%s", error->message);
		return GCLK_EXIT_UNKNOWN;
	}
	return run(&options, &choice, &need);
}
