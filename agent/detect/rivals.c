/* SPDX-License-Identifier: BSD-2-Clause */
/* Looking at the processes for other programs that steer the same clock. */
#include <string.h>

#include "detect/environment.h"
#include "guestclock/rival.h"
#include "platform/linux-namespaces.h"

#define COMM_MAX      256
#define STATUS_MAX    65536
#define CMDLINE_MAX   65536
#define PROCESSES_MAX 100000
#define RIVALS_MAX    16

static char *read_process(
	GclkPlatform *platform, const char *pid, const char *file, gsize limit, gsize *length)
{
	g_autofree char *path = g_strdup_printf("/proc/%s/%s", pid, file);

	return platform->read_file(platform, path, limit, length, NULL);
}

/* CAP_SYS_TIME counts in the first user namespace only. */
static gboolean in_foreign_user_namespace(GclkPlatform *platform, const char *pid)
{
	g_autofree char *path = g_strdup_printf("/proc/%s/ns/user", pid);
	g_autofree char *target = platform->read_link(platform, path);

	return target && strcmp(target, GCLK_FIRST_USER_NAMESPACE) != 0;
}

static const char *rival_in_process(GclkPlatform *platform, const char *pid)
{
	g_autofree char *comm = read_process(platform, pid, "comm", COMM_MAX, NULL);
	g_autofree char *cmdline = NULL;
	g_autofree char *status = NULL;
	gsize length = 0;
	const char *name = comm ? gclk_rival_name(g_strchomp(comm)) : NULL;

	if (!name)
		return NULL;
	status = read_process(platform, pid, "status", STATUS_MAX, NULL);
	if (status && !gclk_rival_able(status))
		return NULL;
	cmdline = read_process(platform, pid, "cmdline", CMDLINE_MAX, &length);
	if (!gclk_rival_steers(name, cmdline ? cmdline : "", cmdline ? length : 0))
		return NULL;
	return in_foreign_user_namespace(platform, pid) ? NULL : name;
}

GPtrArray *gclk_rivals_find(GclkPlatform *platform)
{
	GPtrArray *found = g_ptr_array_new_with_free_func(g_free);
	g_auto(GStrv) names = platform->list_directory(platform, "/proc", NULL);

	for (guint i = 0; names && names[i] && i < PROCESSES_MAX && found->len < RIVALS_MAX; i++) {
		const char *name;

		if (!g_ascii_isdigit(names[i][0]))
			continue;
		name = rival_in_process(platform, names[i]);
		if (name)
			g_ptr_array_add(found, g_strdup_printf("%s (pid %s)", name, names[i]));
	}
	return found;
}
