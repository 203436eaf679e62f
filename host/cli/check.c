/* SPDX-License-Identifier: BSD-2-Clause */
/* hostclock check: may this VM be powered on here, as its host's clock is now? */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "gate/check-report.h"
#include "gate/domains.h"
#include "sync/read-file.h"

typedef struct {
	char *need, *max_error, *xml, *uri;
	GclkHostWhere where;
	gboolean all, explain;
} Choice;

static void choice_clear(Choice *choice)
{
	g_free(choice->need);
	g_free(choice->max_error);
	g_free(choice->xml);
	g_free(choice->uri);
	gclk_host_where_clear(&choice->where);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Choice, choice_clear)

/* --- whose need ------------------------------------------------------------------------------- */

static void free_domain(gpointer domain)
{
	gclk_domain_free(domain);
}

/* --need and --max-error as a domain without a name. */
static GclkDomain *need_of_options(const Choice *choice, GError **error)
{
	g_autoptr(GclkDomain) domain = g_new0(GclkDomain, 1);

	if (!gclk_host_cli_need(choice->need, choice->max_error, NULL, &domain->need, error))
		return NULL;
	return g_steal_pointer(&domain);
}

static GclkDomain *need_of_xml(const char *path, GError **error)
{
	FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
	g_autoptr(GString) xml = NULL;
	GclkDomain *domain;

	if (!file) {
		g_set_error(
			error, G_FILE_ERROR, G_FILE_ERROR_FAILED, "%s cannot be opened: %m", path);
		return NULL;
	}
	xml = gclk_read_stream(fileno(file), GCLK_NEED_XML_MAX);
	if (file != stdin)
		fclose(file);
	domain = g_new0(GclkDomain, 1);
	gclk_need_from_xml(xml->str, xml->len, &domain->need, &domain->need_error);
	return domain;
}

/* Array of GclkDomain *, or NULL with error. */
static GPtrArray *collect(const Choice *choice, const char *name, GError **error)
{
	g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func(free_domain);
	g_autoptr(GclkDomains) domains = NULL;
	GclkDomain *one;

	if (choice->need || choice->xml) {
		one = choice->need ? need_of_options(choice, error)
				   : need_of_xml(choice->xml, error);
	} else {
		domains = gclk_domains_open(choice->uri, TRUE, error);
		if (domains && choice->all)
			return gclk_domains_list(domains, error);
		one = domains ? gclk_domains_get(domains, name, error) : NULL;
	}
	if (!one)
		return NULL;
	g_ptr_array_add(list, one);
	return g_steal_pointer(&list);
}

/* --- verdicts --------------------------------------------------------------------------------- */

static void judge_all(const GPtrArray *domains, const GclkHostSync *sync, GclkVerdict *verdicts,
	GclkCheckRow *rows)
{
	for (guint i = 0; i < domains->len; i++) {
		const GclkDomain *domain = domains->pdata[i];

		rows[i] = (GclkCheckRow){ domain->name, &domain->need, domain->need_error,
			&verdicts[i] };
		if (!domain->need_error)
			gclk_verdict_judge(&domain->need, sync, &verdicts[i]);
	}
}

static char *report(const GclkHostOptions *options, const Choice *choice, const GclkCheckRow *rows,
	gsize n, const GclkHostSync *sync)
{
	if (options->json)
		return gclk_check_json(rows, n, sync);
	if (choice->all)
		return gclk_check_table(rows, n, options->color);
	return gclk_check_text(rows, sync, choice->explain, options->color);
}

static int check(const GclkHostOptions *options, const Choice *choice, const GPtrArray *domains)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GclkHostSync) sync = gclk_host_cli_ask(options->config, &choice->where, &error);
	g_autofree GclkVerdict *verdicts = g_new0(GclkVerdict, MAX(domains->len, 1));
	g_autofree GclkCheckRow *rows = g_new0(GclkCheckRow, MAX(domains->len, 1));
	g_autofree char *text = NULL;

	if (!sync) {
		gclk_host_cli_complain("%s", error->message);
		return GCLK_EXIT_UNKNOWN;
	}
	judge_all(domains, sync, verdicts, rows);
	text = report(options, choice, rows, domains->len, sync);
	fputs(text, stdout);
	for (guint i = 0; i < domains->len; i++)
		gclk_verdict_clear(&verdicts[i]);
	return gclk_check_exit_code_all(rows, domains->len);
}

int gclk_host_cli_check(int argc, char **argv)
{
	g_auto(GclkHostOptions) options = { 0 };
	g_auto(Choice) choice = { 0 };
	g_autoptr(GPtrArray) domains = NULL;
	g_autoptr(GError) error = NULL;
	const GOptionEntry extra[] = {
		{ "need", 'n', 0, G_OPTION_ARG_STRING, &choice.need,
			"Check a need instead of a domain: any, ntp, ptp", "WORD" },
		{ "max-error", 'e', 0, G_OPTION_ARG_STRING, &choice.max_error,
			"With --need: how far the clock may be off (100us)", "TIME" },
		{ "xml", 0, 0, G_OPTION_ARG_FILENAME, &choice.xml,
			"Check a domain's XML; - is standard input", "FILE" },
		{ "all", 'a', 0, G_OPTION_ARG_NONE, &choice.all, "Check all domains of this host",
			NULL },
		{ "explain", 0, 0, G_OPTION_ARG_NONE, &choice.explain, "Print the evidence too",
			NULL },
		{ "connect", 'c', 0, G_OPTION_ARG_STRING, &choice.uri, "libvirt's URI", "URI" },
		{ "from", 0, 0, G_OPTION_ARG_FILENAME, &choice.where.from,
			"Of an ESXi host: what esxcli and ntpq printed there", "FILE" },
		{ "esxi", 0, 0, G_OPTION_ARG_STRING, &choice.where.esxi,
			"Of an ESXi host: by the command of [esxi NAME]", "NAME" },
		{ 0 },
	};

	if (!gclk_host_cli_parse(&options, "[DOMAIN]",
		    "Tells whether a VM may be powered on here, as this host's clock is now.\n"
		    "Exit status: 0 compatible, 1 not, but only a warning is demanded,\n"
		    "2 incompatible, 3 unknown.",
		    extra, 1, argc, argv))
		return options.exit_code;
	if (!!options.words + !!choice.need + !!choice.xml + choice.all != 1 ||
		(choice.max_error && !choice.need)) {
		gclk_host_cli_complain("one of DOMAIN, --need, --xml and --all is needed (see "
				       "hostclock check --help)");
		return GCLK_EXIT_UNKNOWN;
	}
	domains = collect(&choice, options.words ? options.words[0] : NULL, &error);
	if (!domains) {
		gclk_host_cli_complain("%s", error->message);
		return GCLK_EXIT_UNKNOWN;
	}
	return check(&options, &choice, domains);
}
