/* SPDX-License-Identifier: BSD-2-Clause */
#include "sync/processes.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guestclock/rival.h"
#include "sync/read-file.h"

#define COMM_MAX      64
#define STATUS_MAX    65536
#define CMDLINE_MAX   65536
#define LINK_MAX_TEXT 256
#define PROCESSES_MAX 100000
#define KEPT_MAX      64

/* Of those that are not root's, and may be anybody's, at most this many: they shall not crowd out
   the others. */
#define STRANGERS_MAX 16

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
	char *uid_map;    /* of process 1: what all may read, the links may not */
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

/* --- whose is it? ----------------------------------------------------------------------------- */

/* In a user namespace of its own, where everybody may be root. */
static gboolean is_in_other_users(const Scan *scan, const char *pid)
{
	g_autofree char *map = read_process(scan, pid, "uid_map", STATUS_MAX, NULL);

	return is_foreign(scan, pid, "user", scan->user) ||
	       (map && scan->uid_map && strcmp(map, scan->uid_map) != 0);
}

/* A set-user-ID program is root's, and called and told what its user likes: a link to su may be
   named chronyd. */
static gboolean is_lent(const Scan *scan, const char *pid)
{
	g_autofree char *path = g_strdup_printf("%s/proc/%s/exe", scan->root, pid);
	struct stat st;

	return stat(path, &st) == 0 && (st.st_mode & S_ISUID);
}

/* Its real user is root, or it has been given some of root's powers. What is not told speaks for
   it: another system than this one. */
static gboolean has_powers(const char *status)
{
	const char *user = status ? strstr(status, "\nUid:") : NULL;
	const char *powers = status ? strstr(status, "\nCapEff:") : NULL;

	return !powers || g_ascii_strtoull(powers + strlen("\nCapEff:"), NULL, 16) != 0 ||
	       (user && g_ascii_strtoull(user + strlen("\nUid:"), NULL, 10) == 0);
}

/* --- what is it? ------------------------------------------------------------------------------ */

/* Of the programs that leave the clock alone these two matter: timemaster starts those that do
   not, ts2phc keeps network cards' clocks. */
static gboolean is_time_daemon(const char *comm)
{
	return gclk_rival_name(comm) || strcmp(comm, "timemaster") == 0 ||
	       strcmp(comm, "ts2phc") == 0;
}

/* Would it steer, told what it was? */
static gboolean is_willing(const char *comm, const char *cmdline, gsize length)
{
	const char *rival = gclk_rival_name(comm);

	return rival && gclk_rival_steers(rival, cmdline, length);
}

static gboolean is_openntpd(const char *comm, const char *cmdline, gsize length)
{
	const GclkProgram *program = gclk_program_by_comm(comm);

	return program && gclk_program_variety(program, NULL, cmdline, length) ==
				  gclk_program_by_name("ntpd of OpenNTPD");
}

static GclkProcess *look_at(const Scan *scan, const char *pid, gint64 *parent)
{
	g_autofree char *comm = read_process(scan, pid, "comm", COMM_MAX, NULL);
	g_autofree char *cmdline = NULL;
	g_autofree char *status = NULL;
	gsize length = 0;
	GclkProcess *process;

	if (!comm || !is_time_daemon(g_strchomp(comm)))
		return NULL;
	cmdline = read_process(scan, pid, "cmdline", CMDLINE_MAX, &length);
	status = read_process(scan, pid, "status", STATUS_MAX, NULL);
	if (is_dead(status))
		return NULL;
	if (!cmdline)
		cmdline = g_strdup("");
	*parent = parent_of(status);

	process = g_new0(GclkProcess, 1);
	process->pid = g_ascii_strtoll(pid, NULL, 10);
	process->argv = split_arguments(cmdline, length);
	process->privileged =
		has_powers(status) && !is_in_other_users(scan, pid) && !is_lent(scan, pid);
	process->able = process->privileged && (!status || gclk_rival_able(status));
	process->steers = process->able && is_willing(comm, cmdline, length);
	process->elsewhere = is_foreign(scan, pid, "net", scan->net);
	process->openntpd = is_openntpd(comm, cmdline, length);
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
	guint n = 0, strangers = 0;

	while (directory && all->len < KEPT_MAX && n < PROCESSES_MAX &&
		(name = g_dir_read_name(directory))) {
		GclkProcess *process;

		if (!g_ascii_isdigit(*name))
			continue;
		n++;
		process = look_at(scan, name, &parents[all->len]);
		if (process && (process->privileged || strangers++ < STRANGERS_MAX))
			g_ptr_array_add(all, process);
		else if (process)
			free_process(process);
	}
	drop_helpers(all, parents);
}

GclkProcesses *gclk_processes_read(const char *root)
{
	GclkProcesses *processes = g_new0(GclkProcesses, 1);
	g_autofree char *net = read_namespace(root, "self", "net");
	g_autofree char *user = read_namespace(root, "1", "user");
	g_autofree char *map_file = g_strconcat(root, "/proc/1/uid_map", NULL);
	g_autofree char *uid_map = gclk_read_file(map_file, STATUS_MAX, NULL);
	const Scan scan = { root, net, user, uid_map };

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

gboolean gclk_process_outranks(const GclkProcess *process, const GclkProcess *other)
{
	if (!other || process->privileged != other->privileged)
		return !other || process->privileged;
	return other->elsewhere && !process->elsewhere;
}

const GclkProcess *gclk_processes_find(const GclkProcesses *processes, const char *comm)
{
	const GclkProcess *found = NULL;

	for (guint i = 0; i < processes->all->len; i++) {
		const GclkProcess *process = processes->all->pdata[i];

		if (strcmp(process->comm, comm) == 0 && gclk_process_outranks(process, found))
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
		report->steers_why = g_strdup(
			process->privileged
				? "it may not set the clock (no CAP_SYS_TIME)"
				: "it may not set the clock (an ordinary user's process, without "
				  "CAP_SYS_TIME on this host)");
	else
		report->steers_why =
			g_strdup("its command line says that it leaves the system clock alone");
}
