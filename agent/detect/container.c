/* SPDX-License-Identifier: BSD-2-Clause */
#include "detect/container.h"

#include <string.h>

#define SMALL           4096
#define ENVIRONMENT_MAX (256 * 1024)

/* PROC_PID_INIT_INO and PROC_USER_INIT_INO of include/linux/proc_ns.h: fixed since Linux 3.8. */
#define FIRST_PID_NAMESPACE  "pid:[4026531836]"
#define FIRST_USER_NAMESPACE "user:[4026531837]"

/* --- marks ------------------------------------------------------------------------------------ */

/* Only names of the usual kind are passed on. */
static gboolean set_mark(GclkContainerFacts *out, const char *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-_.";

	if (!name || !name[0])
		return FALSE;
	if (strlen(name) >= sizeof out->mark || strspn(name, letters) != strlen(name))
		name = "container-other";
	g_strlcpy(out->mark, name, sizeof out->mark);
	return TRUE;
}

static gboolean exists(GclkPlatform *platform, const char *path)
{
	g_autofree char *text = platform->read_file(platform, path, ENVIRONMENT_MAX, NULL, NULL);

	return text != NULL;
}

static gboolean is_directory(GclkPlatform *platform, const char *path)
{
	g_auto(GStrv) names = platform->list_directory(platform, path, NULL);

	return names != NULL;
}

/* The file holds the name of the container manager. */
static gboolean mark_from_file(GclkPlatform *platform, const char *path, GclkContainerFacts *out)
{
	g_autofree char *text = platform->read_file(platform, path, SMALL, NULL, NULL);

	return text && set_mark(out, g_strstrip(text));
}

/* container=NAME in the environment of process 1. */
static gboolean mark_from_environment(GclkPlatform *platform, GclkContainerFacts *out)
{
	static const char key[] = "container=";
	gsize length = 0;
	g_autofree char *text =
		platform->read_file(platform, "/proc/1/environ", ENVIRONMENT_MAX, &length, NULL);

	for (gsize at = 0; text && at < length; at += strlen(text + at) + 1)
		if (g_str_has_prefix(text + at, key))
			return set_mark(out, text + at + strlen(key));
	return FALSE;
}

static gboolean mark_from_release(GclkPlatform *platform, GclkContainerFacts *out)
{
	g_autofree char *release =
		platform->read_file(platform, "/proc/sys/kernel/osrelease", SMALL, NULL, NULL);

	return release &&
	       (strstr(release, "Microsoft") || strstr(release, "microsoft") ||
		       strstr(release, "WSL")) &&
	       set_mark(out, "wsl");
}

/* The order is systemd's. */
static void collect_marks(GclkPlatform *platform, GclkContainerFacts *out)
{
	if (is_directory(platform, "/proc/vz") && !is_directory(platform, "/proc/bc") &&
		set_mark(out, "openvz"))
		return;
	if (mark_from_release(platform, out) ||
		mark_from_file(platform, "/run/host/container-manager", out) ||
		mark_from_environment(platform, out) ||
		mark_from_file(platform, "/run/systemd/container", out))
		return;
	if (exists(platform, "/run/.containerenv"))
		set_mark(out, "podman");
	else if (exists(platform, "/.dockerenv"))
		set_mark(out, "docker");
}

/* --- namespaces ------------------------------------------------------------------------------- */

static gboolean not_first(GclkPlatform *platform, const char *path, const char *first)
{
	g_autofree char *target = platform->read_link(platform, path);

	return target && strcmp(target, first) != 0;
}

/* Process 1's links need a privilege to read: what cannot be seen is no difference. */
static gboolean not_that_of_init(GclkPlatform *platform, const char *name)
{
	g_autofree char *own_path = g_strconcat("/proc/self/ns/", name, NULL);
	g_autofree char *init_path = g_strconcat("/proc/1/ns/", name, NULL);
	g_autofree char *own = platform->read_link(platform, own_path);
	g_autofree char *init = platform->read_link(platform, init_path);

	return own && init && strcmp(own, init) != 0;
}

void gclk_container_facts_collect(GclkPlatform *platform, GclkContainerFacts *out)
{
	memset(out, 0, sizeof *out);
	collect_marks(platform, out);
	out->foreign_pid = not_first(platform, "/proc/self/ns/pid", FIRST_PID_NAMESPACE);
	out->foreign_user = not_first(platform, "/proc/self/ns/user", FIRST_USER_NAMESPACE);
	out->foreign_cgroup = not_that_of_init(platform, "cgroup");
	out->foreign_net = not_that_of_init(platform, "net");
}

/* --- verdict ---------------------------------------------------------------------------------- */

/*
 * Foreign pid or user namespaces are containment. A network or cgroup namespace of one's own is
 * what "ip netns exec" and hardened units have too: it takes both, or one and a mark.
 */
static gboolean contained(const GclkContainerFacts *facts)
{
	if (facts->foreign_pid || facts->foreign_user)
		return TRUE;
	if (facts->foreign_cgroup && facts->foreign_net)
		return TRUE;
	return (facts->foreign_cgroup || facts->foreign_net) && facts->mark[0];
}

/* OpenVZ and WSL share a kernel or a VM without namespaces that would show it. */
static gboolean mark_suffices(const char *mark)
{
	return strcmp(mark, "openvz") == 0 || strcmp(mark, "wsl") == 0;
}

const char *gclk_container_verdict(const GclkContainerFacts *facts)
{
	if (!contained(facts) && !mark_suffices(facts->mark))
		return "none";
	return facts->mark[0] ? facts->mark : "unknown";
}

gboolean gclk_container_owns_clock(const GclkContainerFacts *facts)
{
	const char *verdict = gclk_container_verdict(facts);

	if (strcmp(verdict, "wsl") == 0)
		return !facts->foreign_user;
	return strcmp(verdict, "none") == 0;
}
