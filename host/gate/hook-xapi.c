/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * XAPI (XCP-ng, XenServer): scripts in /etc/xapi.d/vm-pre-start get -vmuuid UUID -reason REASON.
 * Status 1 is logged and ignored, 2 and more abort; standard output is shown. The need stands in
 * the VM's other-config:guestclock.
 */
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "gate/hook.h"

#define KEY "guestclock"

static const char *argument(int argc, char **argv, const char *name)
{
	for (int i = 1; i + 1 < argc; i++)
		if (strcmp(argv[i], name) == 0)
			return argv[i + 1];
	return NULL;
}

static gboolean concerns(int argc, char **argv)
{
	return argument(argc, argv, "-vmuuid") != NULL;
}

/* xe shall not outlive us when the budget ends. */
static void die_with_parent(gpointer user)
{
	(void)user;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
}

static const char *vm_name(int argc, char **argv)
{
	return argument(argc, argv, "-vmuuid");
}

/* xe fails when the VM has no such key, which is no need at all. */
static void read_case(
	const GclkHostConfig *config, int argc, char **argv, GclkGateCase *vm, GError **error)
{
	const char *uuid = argument(argc, argv, "-vmuuid");
	g_autofree char *which = g_strconcat("uuid=", uuid, NULL);
	char *command[] = { (char *)"xe", (char *)"vm-param-get", which,
		(char *)"param-name=other-config", (char *)"param-key=" KEY, NULL };
	g_autofree char *out = NULL;
	int status = 0;

	(void)config;
	g_strlcpy(vm->uuid, uuid, sizeof(vm->uuid));
	if (!g_spawn_sync(NULL, command, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_STDERR_TO_DEV_NULL,
		    die_with_parent, NULL, &out, NULL, &status, error))
		return;
	if (status == 0 && g_strstrip(out)[0])
		gclk_need_from_words(out, &vm->need, error);
}

const GclkHook gclk_hook_xapi = {
	.name = "xapi",
	.arguments = "-vmuuid UUID -reason REASON",
	.fd = STDOUT_FILENO,
	.refuse = 2,
	.concerns = concerns,
	.vm = vm_name,
	.read = read_case,
};
