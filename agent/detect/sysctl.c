/* SPDX-License-Identifier: BSD-2-Clause */
#include "detect/sysctl.h"

#include <string.h>

#define VALUE_MAX 256

#ifdef __linux__

GclkSysctl gclk_sysctl_native(void)
{
	return NULL;
}

#else

#include <kenv.h>
#include <sys/types.h>

#include <sys/sysctl.h>

/* kenv(2): what the loader took from the firmware. */
static char *read_kenv(const char *name)
{
	char value[VALUE_MAX];
	int length = kenv(KENV_GET, name, value, sizeof value - 1);

	return length < 0 ? NULL : g_strndup(value, MIN((gsize)length, sizeof value - 1));
}

static char *read_native(gpointer user, const char *name)
{
	static const char *const numbers[] = { "security.jail.jailed", NULL };
	char value[VALUE_MAX];
	size_t length = sizeof value;
	int number = 0;

	(void)user;
	if (g_str_has_prefix(name, "smbios."))
		return read_kenv(name);
	if (g_strv_contains(numbers, name)) {
		length = sizeof number;
		return sysctlbyname(name, &number, &length, NULL, 0)
			       ? NULL
			       : g_strdup_printf("%d", number);
	}
	return sysctlbyname(name, value, &length, NULL, 0) ? NULL : g_strndup(value, length);
}

GclkSysctl gclk_sysctl_native(void)
{
	return read_native;
}

#endif

/* The value in a line, or NULL if it is another's. */
static const char *value_in_line(const char *line, const char *name)
{
	gsize length = strlen(name);

	if (strncmp(line, name, length) != 0)
		return NULL;
	line += length;
	if (g_str_has_prefix(line, ": "))
		return line + 2;
	return g_str_has_prefix(line, "=\"") ? line + 2 : NULL;
}

char *gclk_sysctl_recorded(gpointer user, const char *name)
{
	for (const char *line = user; line;) {
		const char *end = strchr(line, '\n');
		const char *value = value_in_line(line, name);

		if (value) {
			gsize length = end ? (gsize)(end - value) : strlen(value);

			if (value[-1] == '"' && length > 0 && value[length - 1] == '"')
				length--;
			return g_strndup(value, MIN(length, VALUE_MAX));
		}
		line = end ? end + 1 : NULL;
	}
	return NULL;
}
