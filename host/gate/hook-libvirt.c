/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * libvirt's qemu hook. It must not call libvirt (that would wait for this very hook), prints
 * nothing on standard output (which could be taken for XML), and is silent and successful in
 * everything but "prepare begin": a failure in "reconnect" kills a running VM.
 */
#include <string.h>
#include <unistd.h>

#include "gate/hook.h"
#include "sync/read-file.h"

/* libvirt: guest name, operation, sub-operation, extra argument. */
static gboolean concerns(int argc, char **argv)
{
	return argc >= 4 && strcmp(argv[2], "prepare") == 0 && strcmp(argv[3], "begin") == 0;
}

static const char *vm_name(int argc, char **argv)
{
	(void)argc;
	return argv[1];
}

static void read_case(
	const GclkHostConfig *config, int argc, char **argv, GclkGateCase *vm, GError **error)
{
	GString *xml = gclk_read_stream(STDIN_FILENO, GCLK_NEED_XML_MAX);

	(void)config;
	(void)argc;
	(void)argv;
	gclk_need_from_domain(xml->str, xml->len, &vm->need, vm->uuid, error);
	g_string_free(xml, TRUE);
}

const GclkHook gclk_hook_libvirt = {
	.name = "libvirt",
	.arguments = "NAME OPERATION SUB-OPERATION EXTRA <DOMAIN-XML",
	.fd = STDERR_FILENO,
	.refuse = 2,
	.concerns = concerns,
	.vm = vm_name,
	.read = read_case,
};
