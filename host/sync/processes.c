/* SPDX-License-Identifier: BSD-2-Clause */
#include "sync/processes.h"

#include <string.h>
#include <unistd.h>

#include "guestclock/rival.h"
#include "sync/read-file.h"

#define COMM_MAX      64
#define STATUS_MAX    65536
#define CMDLINE_MAX   65536
#define LINK_MAX_TEXT 256
#define PROCESSES_MAX 100000
#define KEPT_MAX      64

/* Programs that deal with time besides the rivals of guestclock/rival.h. */
static const struct {
	const char *comm;
	gboolean steers; /* whether it does when it is able to and its command line is not read */
} others[] = {
	{ "guestclockd", TRUE }, { "ptpd", TRUE }, { "ptpd2", TRUE },
	{ "timemaster", FALSE }, /* starts those that do */
	{ "ts2phc", FALSE },     /* steers PHCs only */
};

static void free_process(gpointer data)
{
	GclkProcess *process = data;

	g_free(process->comm);
	g_strfreev(process->argv);
	g_free(process);
}

/* --- one process ------------------------------------------------------------------------------ */

typedef struct {
	const char *root;
	char *net, *user; /* the namespaces of this process and of process 1 */
} Scan;

static char *read_process(
	const Scan *scan, const char *pid, const char *file, gsize limit, gsize *length)
{
	g_autofree char *path = g_strdup_printf("%s/proc/%s/%s", scan->root, pid, file);

	return gclk_read_file(path, limit, length);
}

/* NULL: it may not be read, as other users' may not. */
static char *read_namespace(const char *root, const char *pid, const char *kind)
{
	g_autofree char *path = g_strdup_printf("%s/proc/%s/ns/%s", root, pid, kind);
	char target[LINK_MAX_TEXT];
	ssize_t n = readlink(path, target, sizeof(target));

	return n > 0 && (gsize)n < sizeof(target) ? g_strndup(target, (gsize)n) : NULL;
}

static gboolean is_foreign(const Scan *scan, const char *pid, const char *kind, const char *ours)
{
	g_autofree char *theirs = ours ? read_namespace(scan->root, pid, kind) : NULL;

	return theirs && strcmp(theirs, ours) != 0;
}

static gint64 parent_of(const char *status)
{
	const char *line = status ? strstr(status, "\nPPid:") : NULL;

	return line ? g_ascii_strtoll(line + strlen("\nPPid:"), NULL, 10) : 0;
}

static gboolean is_dead(const char *status)
{
	const char *line = status ? strstr(status, "\nState:\t") : NULL;

	return line && strchr("ZX", line[strlen("\nState:\t")]);
}

static char **split_arguments(const char *cmdline, gsize length)
{
	GPtrArray *argv = g_ptr_array_new();

	for (gsize at = 0; at < length;) {
		gsize word = strnlen(cmdline + at, length - at);

		g_ptr_array_add(argv, g_strndup(cmdline + at, word));
		at += word + 1;
	}
	g_ptr_array_add(argv, NULL);
	return (char **)g_ptr_array_free(argv, FALSE);
}

/* Does a program of this comm deal with time; and would it steer, told what it was? */
static gboolean is_time_daemon(
	const char *comm, const char *cmdline, gsize length, gboolean *steers)
{
	const char *rival = gclk_rival_name(comm);

	if (rival) {
		*steers = gclk_rival_steers(rival, cmdline, length);
		return TRUE;
	}
	for (gsize i = 0; i < G_N_ELEMENTS(others); i++)
		if (strcmp(others[i].comm, comm) == 0) {
			*steers = others[i].steers;
			return TRUE;
		}
	return FALSE;
}

/* By its configuration, or by the titles that it gives itself and its helpers. */
static gboolean is_openntpd(char *const *argv)
{
	for (; *argv; argv++)
		if (strstr(*argv, "openntpd") || strstr(*argv, "[priv]") ||
			strstr(*argv, "ntp engine"))
			return TRUE;
	return FALSE;
}

static GclkProcess *look_at(const Scan *scan, const char *pid, gint64 *parent)
{
	g_autofree char *comm = read_process(scan, pid, "comm", COMM_MAX, NULL);
	g_autofree char *cmdline = NULL;
	g_autofree char *status = NULL;
	gboolean willing;
	gsize length = 0;
	GclkProcess *process;

	if (!comm || !is_time_daemon(g_strchomp(comm), "", 0, &willing))
		return NULL;
	cmdline = read_process(scan, pid, "cmdline", CMDLINE_MAX, &length);
	status = read_process(scan, pid, "status", STATUS_MAX, NULL);
	if (is_dead(status))
		return NULL;
	is_time_daemon(comm, cmdline ? cmdline : "", cmdline ? length : 0, &willing);
	*parent = parent_of(status);

	process = g_new0(GclkProcess, 1);
	process->pid = g_ascii_strtoll(pid, NULL, 10);
	process->argv = split_arguments(cmdline, cmdline ? length : 0);
	process->able =
		(!status || gclk_rival_able(status)) && !is_foreign(scan, pid, "user", scan->user);
	process->steers = process->able && willing;
	process->elsewhere = is_foreign(scan, pid, "net", scan->net);
	process->openntpd = strcmp(comm, "ntpd") == 0 && is_openntpd(process->argv);
	process->comm = g_steal_pointer(&comm);
	return process;
}

/* --- all of them ------------------------------------------------------------------------------ */

static void drop_helpers(GPtrArray *all, const gint64 *parents)
{
	gboolean helper[KEPT_MAX] = { FALSE };

	for (guint i = 0; i < all->len; i++) {
		const GclkProcess *child = all->pdata[i];

		for (guint j = 0; j < all->len; j++) {
			GclkProcess *process = all->pdata[j];

			if (process->pid != parents[i] || strcmp(process->comm, child->comm) != 0)
				continue;
			helper[i] = TRUE;
			process->openntpd = process->openntpd || child->openntpd;
		}
	}
	for (guint i = all->len; i-- > 0;)
		if (helper[i])
			g_ptr_array_remove_index(all, i);
}

static void scan_all(const Scan *scan, GPtrArray *all)
{
	g_autofree char *path = g_strconcat(scan->root, "/proc", NULL);
	g_autoptr(GDir) directory = g_dir_open(path, 0, NULL);
	gint64 parents[KEPT_MAX];
	const char *name;
	guint n = 0;

	while (directory && all->len < KEPT_MAX && n < PROCESSES_MAX &&
		(name = g_dir_read_name(directory))) {
		GclkProcess *process;

		if (!g_ascii_isdigit(*name))
			continue;
		n++;
		process = look_at(scan, name, &parents[all->len]);
		if (process)
			g_ptr_array_add(all, process);
	}
	drop_helpers(all, parents);
}

GclkProcesses *gclk_processes_read(const char *root)
{
	GclkProcesses *processes = g_new0(GclkProcesses, 1);
	g_autofree char *net = read_namespace(root, "self", "net");
	g_autofree char *user = read_namespace(root, "1", "user");
	const Scan scan = { root, net, user };

	processes->all = g_ptr_array_new_with_free_func(free_process);
	scan_all(&scan, processes->all);
	return processes;
}

void gclk_processes_free(GclkProcesses *processes)
{
	if (!processes)
		return;
	g_ptr_array_unref(processes->all);
	g_free(processes);
}

const GclkProcess *gclk_processes_find(const GclkProcesses *processes, const char *comm)
{
	const GclkProcess *found = NULL;

	for (guint i = 0; i < processes->all->len; i++) {
		const GclkProcess *process = processes->all->pdata[i];

		if (strcmp(process->comm, comm) == 0 &&
			(!found || (found->elsewhere && !process->elsewhere)))
			found = process;
	}
	return found;
}

const GclkProcess *gclk_processes_find_pid(
	const GclkProcesses *processes, const char *comm, gint64 pid)
{
	for (guint i = 0; i < processes->all->len; i++) {
		const GclkProcess *process = processes->all->pdata[i];

		if (process->pid == pid && strcmp(process->comm, comm) == 0)
			return process;
	}
	return NULL;
}

gboolean gclk_process_concerns(const GclkProcess *process)
{
	return process->steers || !process->elsewhere;
}

void gclk_process_tell(const GclkProcess *process, GclkDaemonReport *report)
{
	g_clear_pointer(&report->steers_why, g_free);
	if (!process) {
		report->steers = GCLK_STEERS_UNKNOWN;
		report->steers_why = g_strdup("its process cannot be seen from here");
		return;
	}
	report->pid = process->pid;
	report->steers = process->steers ? GCLK_STEERS_YES : GCLK_STEERS_NO;
	if (process->steers)
		report->steers_why = g_strdup("it may set the clock, and was not told to leave it");
	else if (!process->able)
		report->steers_why = g_strdup("it may not set the clock (no CAP_SYS_TIME)");
	else
		report->steers_why =
			g_strdup("its command line says that it leaves the system clock alone");
}
