/* SPDX-License-Identifier: BSD-2-Clause */
/* guestclock detect: what does this machine run on? */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "detect/detection.h"
#include "detect/vmware-time.h"
#include "platform/native.h"

/* As systemd-detect-virt(1) has it. */
enum { EXIT_VIRTUAL = 0, EXIT_BARE = 1 };

typedef struct {
	gboolean vm, container, quiet;
} Choice;

/* The word that -v and -c ask for; both or neither: the container's, if there is one. */
static const char *chosen(const Choice *choice, const GclkDetection *detection)
{
	if (choice->vm && !choice->container)
		return detection->hypervisor;
	if (choice->container && !choice->vm)
		return detection->container;
	return strcmp(detection->container, "none") != 0 ? detection->container
							 : detection->hypervisor;
}

static void print(
	const Choice *choice, const GclkCliOptions *options, const GclkDetection *detection)
{
	g_autofree char *text = NULL;

	if (choice->quiet)
		return;
	if (options->json)
		text = gclk_detection_json(detection);
	else if (choice->vm || choice->container)
		text = g_strdup_printf("%s\n", chosen(choice, detection));
	else
		text = gclk_detection_text(detection, options->color);
	fputs(text, stdout);
}

int gclk_cli_detect(int argc, char **argv)
{
	g_auto(GclkCliOptions) options = { 0 };
	g_autoptr(GclkDetection) detection = NULL;
	g_autoptr(GMainContext) context = NULL;
	Choice choice = { 0 };
	const GOptionEntry extra[] = {
		{ "vm", 'v', 0, G_OPTION_ARG_NONE, &choice.vm, "Only the hypervisor, in one word",
			NULL },
		{ "container", 'c', 0, G_OPTION_ARG_NONE, &choice.container,
			"Only the container, in one word", NULL },
		{ "quiet", 'q', 0, G_OPTION_ARG_NONE, &choice.quiet,
			"Print nothing; the exit status tells", NULL },
		{ 0 },
	};
	GclkMachine machine;

	if (!gclk_cli_parse(&options,
		    "Tells what this machine runs on, why, and every fact about it.\n"
		    "Exit status: 0 virtualized, 1 not, 3 wrong usage.",
		    extra, argc, argv))
		return options.exit_code;
	context = g_main_context_new();
	machine = gclk_machine_native(gclk_native_new(NULL, context));
	machine.host_time = gclk_vmware_host_time;
	detection = gclk_detection_new(&machine);
	machine.platform->free(machine.platform);
	print(&choice, &options, detection);
	return strcmp(chosen(&choice, detection), "none") != 0 ? EXIT_VIRTUAL : EXIT_BARE;
}
