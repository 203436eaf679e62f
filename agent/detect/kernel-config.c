/* SPDX-License-Identifier: BSD-2-Clause */
#include "detect/kernel-config.h"

#include <stdio.h>
#include <string.h>

/* Debian 12 has 600 KiB of modules.dep and 280 KiB of configuration. */
#define LIST_MAX (8 * 1024 * 1024)

/* --- pure ------------------------------------------------------------------------------------- */

static char plain(char c)
{
	return c == '-' ? '_' : c;
}

/* Is the file's name the module's, followed by ".ko"? */
static gboolean is_module(const char *file, gsize length, const char *module)
{
	const gsize name = strlen(module);

	if (length < name + 3 || strncmp(file + name, ".ko", 3) != 0)
		return FALSE;
	for (gsize i = 0; i < name; i++)
		if (plain(file[i]) != plain(module[i]))
			return FALSE;
	return TRUE;
}

gboolean gclk_kernel_list_has(const char *list, const char *module)
{
	while (*list) {
		gsize line = strcspn(list, "\n");
		gsize path = MIN(line, strcspn(list, ":"));
		gsize file = path;

		while (file > 0 && list[file - 1] != '/')
			file--;
		if (is_module(list + file, path - file, module))
			return TRUE;
		list += line + (list[line] == '\n');
	}
	return FALSE;
}

char gclk_kernel_config_value(const char *text, const char *option)
{
	const gsize length = strlen(option);

	while (*text) {
		gsize line = strcspn(text, "\n");

		if (line > length + 1 && strncmp(text, option, length) == 0 && text[length] == '=')
			return text[length + 1] == 'm' ? 'm' : 'y';
		text += line + (text[line] == '\n');
	}
	return 'n';
}

gint gclk_kernel_since(const char *release, guint major, guint minor)
{
	guint has_major, has_minor;

	if (!release || sscanf(release, "%u.%u", &has_major, &has_minor) != 2)
		return -1;
	return has_major > major || (has_major == major && has_minor >= minor);
}

/* --- this kernel ------------------------------------------------------------------------------ */

static GclkDriverState found(GclkDriverState state, char *evidence, char **out)
{
	if (out)
		*out = evidence;
	else
		g_free(evidence);
	return state;
}

/* A path of this kernel's own; NULL where its release is no name of a directory. */
static char *kernel_path(const char *release, const char *before, const char *after)
{
	if (!release || !release[0] || strchr(release, '/') || release[0] == '.')
		return NULL;
	return g_strconcat(before, release, after, NULL);
}

static gboolean is_loaded(GclkReader *reader, const char *module, char **path)
{
	g_autofree char *name = g_strdup(module);

	for (char *c = name; *c; c++)
		*c = plain(*c);
	*path = g_strconcat("/sys/module/", name, NULL);
	return gclk_reader_is_directory(reader, *path);
}

/* Whichever of the places where distributions put it; *path says which. */
static char *read_config(GclkReader *reader, const char *release, char **path)
{
	char *paths[] = { kernel_path(release, "/boot/config-", ""),
		kernel_path(release, "/lib/modules/", "/config"),
		kernel_path(release, "/usr/lib/modules/", "/config") };
	char *text = NULL;

	for (gsize i = 0; i < G_N_ELEMENTS(paths); i++) {
		if (!text && paths[i]) {
			text = gclk_reader_bytes(reader, paths[i], LIST_MAX, NULL);
			if (text)
				*path = g_steal_pointer(&paths[i]);
		}
		g_free(paths[i]);
	}
	return text;
}

static GclkDriverState by_config(GclkReader *reader, const char *release, const char *config,
	gboolean modules_known, char **evidence)
{
	g_autofree char *path = NULL;
	g_autofree char *text = config ? read_config(reader, release, &path) : NULL;

	if (!text && modules_known)
		return found(GCLK_DRIVER_NOT_BUILT,
			g_strdup_printf("/lib/modules/%s does not have it", release), evidence);
	if (!text)
		return found(GCLK_DRIVER_UNKNOWN, NULL, evidence);
	switch (gclk_kernel_config_value(text, config)) {
	case 'y':
		return found(GCLK_DRIVER_BUILT_IN, g_strdup_printf("%s says %s=y", path, config),
			evidence);
	case 'm':
		return found(GCLK_DRIVER_ELSEWHERE,
			g_strdup_printf("%s says %s=m, and /lib/modules/%s does not have it", path,
				config, release),
			evidence);
	default:
		return found(GCLK_DRIVER_NOT_BUILT,
			g_strdup_printf("%s: %s is not set", path, config), evidence);
	}
}

GclkDriverState gclk_kernel_driver(GclkReader *reader, const char *release, const char *module,
	const char *config, char **evidence)
{
	g_autofree char *loaded = NULL;
	g_autofree char *directory = kernel_path(release, "/lib/modules/", "");
	g_autofree char *dep = kernel_path(release, "/lib/modules/", "/modules.dep");
	g_autofree char *builtin = kernel_path(release, "/lib/modules/", "/modules.builtin");
	g_autofree char *modules = NULL;
	g_autofree char *parts = NULL;
	GclkDriverState state;

	if (is_loaded(reader, module, &loaded))
		return found(GCLK_DRIVER_LOADED, g_strdup_printf("%s is there", loaded), evidence);
	modules = dep ? gclk_reader_bytes(reader, dep, LIST_MAX, NULL) : NULL;
	if (modules && gclk_kernel_list_has(modules, module))
		return found(
			GCLK_DRIVER_ON_DISK, g_strdup_printf("%s has %s", dep, module), evidence);
	parts = builtin ? gclk_reader_bytes(reader, builtin, LIST_MAX, NULL) : NULL;
	if (parts && gclk_kernel_list_has(parts, module))
		return found(GCLK_DRIVER_BUILT_IN, g_strdup_printf("%s has %s", builtin, module),
			evidence);
	state = by_config(reader, release, config, modules && parts, evidence);
	if (state == GCLK_DRIVER_UNKNOWN && directory &&
		!gclk_reader_is_directory(reader, directory))
		return found(GCLK_DRIVER_NO_MODULES, g_strdup_printf("there is no %s", directory),
			evidence);
	return state;
}
