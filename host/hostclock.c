/* SPDX-License-Identifier: BSD-2-Clause */
/* hostclock: options and dispatch. */
#include "build-config.h"

#include <glib.h>
#include <libvirt/libvirt.h>
#include <stdio.h>

static gboolean print_version(void)
{
	unsigned long v = 0;

	if (virGetVersion(&v, NULL, NULL) < 0)
		v = 0;
	printf("hostclock (guestclock) %s, libvirt %lu.%lu.%lu\n", PACKAGE_VERSION, v / 1000000,
		v / 1000 % 1000, v % 1000);
	return TRUE;
}

int main(int argc, char **argv)
{
	gboolean version = FALSE;
	const GOptionEntry entries[] = {
		{ "version", 'V', 0, G_OPTION_ARG_NONE, &version, "Print the version", NULL },
		{ 0 },
	};
	g_autoptr(GOptionContext) context = g_option_context_new("- the host's side of guestclock");
	g_autoptr(GError) error = NULL;

	g_option_context_set_summary(context,
		"This release has no subcommands yet: the host's part comes with the next ones.");
	g_option_context_add_main_entries(context, entries, NULL);
	if (!g_option_context_parse(context, &argc, &argv, &error)) {
		fprintf(stderr, "hostclock: %s\n", error->message);
		return 3;
	}
	if (version)
		return print_version() ? 0 : 3;
	fprintf(stderr, "hostclock: no subcommand \"%s\"; see hostclock --help\n",
		argc > 1 ? argv[1] : "");
	return 3;
}
