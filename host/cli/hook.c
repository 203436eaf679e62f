/* SPDX-License-Identifier: BSD-2-Clause */
/* hostclock hook PLATFORM ...: what the hooks of the virtualization platforms call. */
#include <string.h>

#include "cli/cli.h"
#include "gate/hook.h"
#include "guestclock/console.h"

static const GclkHook *const hooks[] = {
	&gclk_hook_libvirt,
	&gclk_hook_proxmox,
	&gclk_hook_ovirt,
	&gclk_hook_xapi,
};

static const GclkHook *find_hook(const char *name)
{
	for (gsize i = 0; i < G_N_ELEMENTS(hooks); i++)
		if (g_strcmp0(hooks[i]->name, name) == 0)
			return hooks[i];
	return NULL;
}

static int usage(void)
{
	g_autoptr(GString) list = g_string_new(NULL);

	for (gsize i = 0; i < G_N_ELEMENTS(hooks); i++)
		g_string_append_printf(list, "\n  hostclock hook [--config FILE] %s %s",
			hooks[i]->name, hooks[i]->arguments);
	gclk_host_cli_complain("a hook is called by its platform, see hostclock(1)");
	g_printerr("Usage:%s\n", list->str);
	return GCLK_EXIT_UNKNOWN;
}

/* No option parser: everything behind the platform's name is the platform's. */
int gclk_host_cli_hook(int argc, char **argv)
{
	const char *file = NULL;
	const GclkHook *hook;

	if (argc > 2 && strcmp(argv[1], "--config") == 0) {
		file = argv[2];
		argc -= 2;
		argv += 2;
	}
	hook = argc > 1 ? find_hook(argv[1]) : NULL;
	if (!hook)
		return usage();
	if (!hook->concerns(argc - 1, argv + 1))
		return 0;
	return gclk_hook_run(hook, file, argc - 1, argv + 1);
}
