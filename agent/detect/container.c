/* SPDX-License-Identifier: BSD-2-Clause */
#include "detect/container.h"

#include <string.h>

#include "platform/linux-namespaces.h"

#define SMALL           4096
#define ENVIRONMENT_MAX (256 * 1024)

/* --- marks ------------------------------------------------------------------------------------ */

typedef enum {
	MARK_NAME,        /* the file holds the name of the container manager */
	MARK_FILE,        /* the file is there */
	MARK_ENVIRONMENT, /* the file is an environment, with container=NAME in it */
	MARK_WSL,         /* the file is a kernel release of Microsoft's */
	MARK_OPENVZ,      /* the directory is there, and /proc/bc is not */
} MarkKind;

/* Sources and order: systemd src/basic/virt.c, detect_container(). */
static const struct {
	MarkKind kind;
	const char *path, *name;
} mark_table[] = {
	{ MARK_OPENVZ, "/proc/vz", "openvz" }, /* /proc/bc: the host, not a container */
	{ MARK_WSL, "/proc/sys/kernel/osrelease", "wsl" },
	{ MARK_NAME, "/run/host/container-manager", NULL },
	{ MARK_ENVIRONMENT, "/proc/1/environ", NULL },
	{ MARK_NAME, "/run/systemd/container", NULL },
	{ MARK_FILE, "/run/.containerenv", "podman" },
	{ MARK_FILE, "/.dockerenv", "docker" },
};

/* FreeBSD jail(8); the name is ours, systemd knows no jails. */
#define SYSCTL_JAILED "security.jail.jailed"

/* Only names of the usual kind are passed on. */
static void add_mark(GclkContainerFacts *out, const char *where, const char *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-_.";
	GclkContainerMark *mark = &out->marks[out->n_marks];

	if (!name || !name[0] || out->n_marks == GCLK_CONTAINER_MARKS_MAX)
		return;
	if (strlen(name) >= sizeof mark->name || strspn(name, letters) != strlen(name))
		name = "container-other";
	g_strlcpy(mark->name, name, sizeof mark->name);
	mark->where = where;
	if (out->n_marks++ == 0)
		g_strlcpy(out->mark, mark->name, sizeof out->mark);
}

static void mark_from_environment(GclkReader *reader, const char *path, GclkContainerFacts *out)
{
	static const char key[] = "container=";
	gsize length = 0;
	g_autofree char *text = gclk_reader_bytes(reader, path, ENVIRONMENT_MAX, &length);

	for (gsize at = 0; text && at < length; at += strlen(text + at) + 1)
		if (g_str_has_prefix(text + at, key)) {
			add_mark(out, path, text + at + strlen(key));
			return;
		}
}

static gboolean is_microsoft_release(GclkReader *reader, const char *path)
{
	g_autofree char *release = gclk_reader_bytes(reader, path, SMALL, NULL);

	return release && (strstr(release, "Microsoft") || strstr(release, "microsoft") ||
				  strstr(release, "WSL"));
}

static void collect_mark(GclkReader *reader, gsize row, GclkContainerFacts *out)
{
	const char *path = mark_table[row].path;
	const char *name = mark_table[row].name;
	g_autofree char *text = NULL;
	gboolean found = FALSE;

	switch (mark_table[row].kind) {
	case MARK_NAME:
		text = gclk_reader_bytes(reader, path, SMALL, NULL);
		name = text ? g_strstrip(text) : NULL;
		found = text != NULL;
		break;
	case MARK_FILE:
		found = gclk_reader_exists(reader, path);
		break;
	case MARK_ENVIRONMENT:
		mark_from_environment(reader, path, out);
		break;
	case MARK_WSL:
		found = is_microsoft_release(reader, path);
		break;
	case MARK_OPENVZ:
		found = gclk_reader_is_directory(reader, path) &&
			!gclk_reader_is_directory(reader, "/proc/bc");
		break;
	}
	if (found)
		add_mark(out, path, name);
}

/* --- namespaces ------------------------------------------------------------------------------- */

static gboolean not_first(GclkPlatform *platform, const char *path, const char *first)
{
	g_autofree char *target = platform->read_link(platform, path);

	return target && strcmp(target, first) != 0;
}

/* Process 1's links need a privilege to read: what cannot be seen is no difference, unless the
   kernel's first one is known (first, or NULL). */
static gboolean not_that_of_init(GclkPlatform *platform, const char *name, const char *first)
{
	g_autofree char *own_path = g_strconcat("/proc/self/ns/", name, NULL);
	g_autofree char *init_path = g_strconcat("/proc/1/ns/", name, NULL);
	g_autofree char *own = platform->read_link(platform, own_path);
	g_autofree char *init = platform->read_link(platform, init_path);

	return own && (init || first) && strcmp(own, init ? init : first) != 0;
}

void gclk_container_facts_collect(GclkPlatform *platform, GclkContainerFacts *out)
{
	GclkReader reader = { platform, NULL };

	gclk_container_facts_read(&reader, gclk_sysctl_native(), NULL, out);
}

void gclk_container_facts_read(
	GclkReader *reader, GclkSysctl sysctl, gpointer user, GclkContainerFacts *out)
{
	GclkPlatform *platform = reader->platform;
	g_autofree char *jailed = sysctl ? sysctl(user, SYSCTL_JAILED) : NULL;

	memset(out, 0, sizeof *out);
	if (g_strcmp0(jailed, "1") == 0)
		add_mark(out, SYSCTL_JAILED, "jail");
	for (gsize row = 0; row < G_N_ELEMENTS(mark_table); row++)
		collect_mark(reader, row, out);
	out->foreign_pid = not_first(platform, "/proc/self/ns/pid", GCLK_FIRST_PID_NAMESPACE);
	out->foreign_user = not_first(platform, "/proc/self/ns/user", GCLK_FIRST_USER_NAMESPACE);
	out->foreign_cgroup = not_that_of_init(platform, "cgroup", GCLK_FIRST_CGROUP_NAMESPACE);
	out->foreign_net = not_that_of_init(platform, "net", NULL);
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

/* OpenVZ, WSL and jails share a kernel or a VM without namespaces that would show it. */
static gboolean mark_suffices(const char *mark)
{
	return strcmp(mark, "openvz") == 0 || strcmp(mark, "wsl") == 0 || strcmp(mark, "jail") == 0;
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

/* --- for people ------------------------------------------------------------------------------- */

/* What shows the containment, strongest first; NULL: nothing. */
static const char *containment(const GclkContainerFacts *facts)
{
	if (facts->foreign_user)
		return "this user namespace is not the kernel's first";
	if (facts->foreign_pid)
		return "this pid namespace is not the kernel's first";
	if (facts->foreign_cgroup && facts->foreign_net)
		return "the cgroup and network namespaces are not those of process 1";
	if (facts->foreign_cgroup)
		return "the cgroup namespace is not that of process 1";
	return facts->foreign_net ? "the network namespace is not that of process 1" : NULL;
}

char *gclk_container_why(const GclkContainerFacts *facts)
{
	const GclkContainerMark *mark = facts->n_marks ? &facts->marks[0] : NULL;

	if (mark && mark_suffices(mark->name))
		return g_strdup_printf("%s says so", mark->where);
	if (contained(facts))
		return mark ? g_strdup_printf("%s, and %s says %s", containment(facts), mark->where,
				      mark->name)
			    : g_strdup_printf("%s; nothing says by what tool", containment(facts));
	if (mark)
		return g_strdup_printf(
			"%s says %s, but this process lives in the kernel's first pid and "
			"user namespaces: "
			"a machine made from a container's image",
			mark->where, mark->name);
	return containment(facts)
		       ? g_strdup_printf("%s, which alone is no container", containment(facts))
		       : g_strdup("no mark, and no namespaces of its own");
}

static const char *own_or_first(gboolean foreign, const char *first)
{
	return foreign ? "its own" : first;
}

/* What cannot be seen is said to be so. */
static void list_namespace(GclkReader *reader, const char *name, gboolean foreign,
	const char *first, gboolean needs_init, GPtrArray *out)
{
	g_autofree char *fact = g_strconcat("namespace ", name, NULL);
	g_autofree char *own_path = g_strconcat("/proc/self/ns/", name, NULL);
	g_autofree char *init_path = g_strconcat("/proc/1/ns/", name, NULL);
	g_autofree char *own = reader->platform->read_link(reader->platform, own_path);
	g_autofree char *init =
		needs_init ? reader->platform->read_link(reader->platform, init_path) : NULL;

	if (!own)
		return;
	gclk_facts_add(out, fact,
		needs_init && !init ? "that of process 1 cannot be seen"
				    : own_or_first(foreign, first));
}

void gclk_container_facts_list(GclkReader *reader, const GclkContainerFacts *facts, GPtrArray *out)
{
	for (guint i = 0; i < facts->n_marks; i++) {
		g_autofree char *name = g_strconcat("mark ", facts->marks[i].where, NULL);

		gclk_facts_add(out, name, facts->marks[i].name);
	}
	list_namespace(reader, "pid", facts->foreign_pid, "the kernel's first", FALSE, out);
	list_namespace(reader, "user", facts->foreign_user, "the kernel's first", FALSE, out);
	list_namespace(reader, "cgroup", facts->foreign_cgroup, "not its own", FALSE, out);
	list_namespace(reader, "net", facts->foreign_net, "that of process 1", TRUE, out);
}
