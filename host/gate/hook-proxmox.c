/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Proxmox hookscript: called as SCRIPT VMID PHASE in each phase of a VM; only a failure in
 * pre-start keeps it from starting. There is no XML: the need stands in the VM's tags or
 * description. The VM's lock is held, so its configuration is read as the file it is.
 */
#include <string.h>
#include <unistd.h>

#include "gate/hook.h"

#define TAG_PREFIX "clock-"
#define LINE_WORD  "guestclock:"

static gboolean concerns(int argc, char **argv)
{
	return argc >= 3 && strcmp(argv[2], "pre-start") == 0;
}

/* --- the need --------------------------------------------------------------------------------- */

/* "tags: clock-ptp;production" */
static gboolean read_tags(const char *value, GclkNeed *out)
{
	g_auto(GStrv) tags = g_strsplit_set(value, ";, \t", -1);

	for (guint i = 0; tags[i]; i++) {
		if (!g_str_has_prefix(tags[i], TAG_PREFIX))
			continue;
		/* other people's tags may begin so too */
		if (gclk_need_protocol_from_name(tags[i] + strlen(TAG_PREFIX)) >= 0)
			return gclk_need_from_words(tags[i] + strlen(TAG_PREFIX), out, NULL);
	}
	return FALSE;
}

/* The description stands in lines that begin with "#", percent-encoded. The line that begins with
   "guestclock:" declares the need, and is more exact than a tag. */
static const char *find_words(const char *line)
{
	return g_str_has_prefix(line, LINE_WORD) ? line + strlen(LINE_WORD) : NULL;
}

static gboolean read_description(const char *line, GclkNeed *out, gboolean *found, GError **error)
{
	g_autofree char *text = g_uri_unescape_string(line, NULL);
	const char *words = find_words(g_strchug(text ? text : (text = g_strdup(line))));

	*found = words != NULL;
	return !words || gclk_need_from_words(words, out, error);
}

gboolean gclk_need_from_proxmox(const char *text, gsize length, GclkNeed *out, GError **error)
{
	g_autofree char *copy = g_strndup(text, length);
	g_auto(GStrv) lines = g_strsplit(copy, "\n", -1);
	GclkNeed tagged = { 0 };

	*out = (GclkNeed){ 0 };
	/* sections in brackets are snapshots of earlier configurations */
	for (guint i = 0; lines[i] && lines[i][0] != '['; i++) {
		gboolean found = FALSE;

		if (lines[i][0] == '#') {
			if (!read_description(lines[i] + 1, out, &found, error))
				return FALSE;
			if (found)
				return TRUE;
		} else if (g_str_has_prefix(lines[i], "tags:")) {
			read_tags(lines[i] + strlen("tags:"), &tagged);
		}
	}
	*out = tagged;
	return TRUE;
}

/* --- the hook --------------------------------------------------------------------------------- */

static gboolean is_number(const char *text)
{
	return *text && text[strspn(text, "0123456789")] == '\0';
}

static const char *vm_name(int argc, char **argv)
{
	(void)argc;
	return argv[1];
}

static void read_case(
	const GclkHostConfig *config, int argc, char **argv, GclkGateCase *vm, GError **error)
{
	const char *vmid = argv[1];
	g_autofree char *name = g_strconcat(vmid, ".conf", NULL);
	g_autofree char *path = g_build_filename(config->proxmox_directory, name, NULL);
	g_autofree char *text = NULL;
	gsize length = 0;

	(void)argc;
	if (!is_number(vmid))
		g_set_error(
			error, GCLK_NEED_ERROR, GCLK_NEED_ERROR_XML, "\"%s\" is no VM id", vmid);
	else if (g_file_get_contents(path, &text, &length, error))
		gclk_need_from_proxmox(text, length, &vm->need, error);
}

const GclkHook gclk_hook_proxmox = {
	.name = "proxmox",
	.arguments = "VMID PHASE",
	.fd = STDERR_FILENO,
	.refuse = 2,
	.concerns = concerns,
	.vm = vm_name,
	.read = read_case,
};
