/* SPDX-License-Identifier: BSD-2-Clause */
#include "guests/peer-name.h"

#include <string.h>

#include "sync/read-file.h"

/* A QEMU that libvirt or Proxmox starts has some 10 KB of arguments; the name stands in front. */
#define CMDLINE_MAX 65536
/* More than any platform allows; libvirt and Proxmox stay below 256. */
#define NAME_MAX_LENGTH 255

typedef char *(*ValueFunc)(const char *value);

/* "db01", "db01,debug-threads=on", "guest=db01,debug-threads=on"; a comma in a name is doubled. */
static char *qemu_name(const char *value)
{
	g_autoptr(GString) name = g_string_new(NULL);

	if (g_str_has_prefix(value, "guest="))
		value += strlen("guest=");
	for (; *value; value++) {
		if (*value == ',' && *++value != ',')
			break;
		g_string_append_c(name, *value);
	}
	return g_string_free(g_steal_pointer(&name), FALSE);
}

static char *plain_name(const char *value)
{
	return g_strdup(value);
}

static const struct {
	const char *option; /* QEMU takes one dash and two */
	ValueFunc value;
} options[] = {
	{ "name", qemu_name },
	{ "id", plain_name },
};

static char *name_from(const char *argument, const char *value)
{
	const char *option = argument + strspn(argument, "-");
	gsize dashes = (gsize)(option - argument);

	for (gsize i = 0; i < G_N_ELEMENTS(options); i++)
		if ((dashes == 1 || dashes == 2) && strcmp(option, options[i].option) == 0) {
			g_autofree char *name = options[i].value(value);

			return name[0] && strlen(name) <= NAME_MAX_LENGTH ? g_steal_pointer(&name)
									  : NULL;
		}
	return NULL;
}

char *gclk_peer_name_from_cmdline(const char *bytes, gsize length)
{
	const char *end = bytes + length;
	const char *argument = bytes;

	while (argument < end) {
		const char *value = memchr(argument, '\0', (gsize)(end - argument));
		char *name;

		/* the value must end within what was read */
		if (!value || ++value >= end || !memchr(value, '\0', (gsize)(end - value)))
			return NULL;
		name = name_from(argument, value);
		if (name)
			return name;
		argument = value;
	}
	return NULL;
}

char *gclk_peer_name_of(gint pid)
{
	g_autofree char *path = g_strdup_printf("/proc/%d/cmdline", pid);
	g_autofree char *bytes = NULL;
	gsize length = 0;

	bytes = gclk_read_file(path, CMDLINE_MAX, &length);
	return bytes ? gclk_peer_name_from_cmdline(bytes, length) : NULL;
}
