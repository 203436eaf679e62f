/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * oVirt's VDSM hook before_vm_start: the path of the domain XML and the VM's custom properties come
 * in the environment; exit status 2 stops the start and all further hooks; standard error is shown.
 */
#include <string.h>
#include <unistd.h>

#include "gate/hook.h"

#define PROPERTY "clock_need" /* ^(any|ntp|ptp)$ in the engine's UserDefinedVMProperties */

static gboolean concerns(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return TRUE;
}

static const char *vm_name(int argc, char **argv)
{
	const char *id = g_getenv("vmId");

	(void)argc;
	(void)argv;
	return id ? id : "?";
}

static void read_case(
	const GclkHostConfig *config, int argc, char **argv, GclkGateCase *vm, GError **error)
{
	const char *property = g_getenv(PROPERTY);
	const char *path = g_getenv("_hook_domxml");
	const char *id = g_getenv("vmId");
	g_autofree char *xml = NULL;
	gsize length = 0;

	(void)config;
	(void)argc;
	(void)argv;
	g_strlcpy(vm->uuid, id ? id : "", sizeof(vm->uuid));
	if (property && *property)
		gclk_need_from_words(property, &vm->need, error);
	else if (!path)
		g_set_error_literal(error, GCLK_NEED_ERROR, GCLK_NEED_ERROR_XML,
			"VDSM gave neither " PROPERTY " nor _hook_domxml");
	else if (g_file_get_contents(path, &xml, &length, error))
		gclk_need_from_xml(xml, length, &vm->need, error);
}

const GclkHook gclk_hook_ovirt = {
	.name = "ovirt",
	.arguments = "(environment: _hook_domxml, " PROPERTY ", vmId)",
	.fd = STDERR_FILENO,
	.refuse = 2,
	.concerns = concerns,
	.vm = vm_name,
	.read = read_case,
};
