/* SPDX-License-Identifier: BSD-2-Clause */
#include "detect/time-programs.h"

#include <string.h>

#include "detect/offers.h"
#include "platform/linux-namespaces.h"

#define COMM_MAX      256
#define SMALL_MAX     65536
#define CMDLINE_MAX   65536
#define STATUS_MAX    (1024 * 1024)
#define PROCESSES_MAX 100000
#define PROGRAMS_MAX  64

void gclk_time_program_free(GclkTimeProgram *program)
{
	if (!program)
		return;
	g_free(program->why);
	g_free(program->stop);
	g_free(program);
}

static void free_program(gpointer program)
{
	gclk_time_program_free(program);
}

static char *read_process(
	GclkPlatform *platform, const char *pid, const char *file, gsize limit, gsize *length)
{
	g_autofree char *path = g_strdup_printf("/proc/%s/%s", pid, file);

	return platform->read_file(platform, path, limit, length, NULL);
}

static char *process_link(GclkPlatform *platform, const char *pid, const char *name)
{
	g_autofree char *path = g_strdup_printf("/proc/%s/%s", pid, name);

	return platform->read_link(platform, path);
}

/* --- how to end it ---------------------------------------------------------------------------- */

gboolean gclk_time_programs_systemd(GclkPlatform *platform)
{
	g_auto(GStrv) names = platform->list_directory(platform, "/run/systemd/system", NULL);

	return names != NULL;
}

/* A unit's name that can be shown and typed as it is. */
static gboolean is_plain_unit(const char *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789-_.@:";

	return strlen(name) < 128 && strspn(name, letters) == strlen(name);
}

/* "0::/system.slice/chrony.service", one line a hierarchy: cgroups(7). Caller frees; NULL: no
   service of the system's. */
static char *unit_of(GclkPlatform *platform, const char *pid)
{
	static const char slice[] = "/system.slice/";
	g_autofree char *text = read_process(platform, pid, "cgroup", SMALL_MAX, NULL);
	const char *at = text ? strstr(text, slice) : NULL;
	g_autofree char *line = NULL;
	g_auto(GStrv) parts = NULL;

	if (!at)
		return NULL;
	at += strlen(slice);
	line = g_strndup(at, strcspn(at, "\n"));
	parts = g_strsplit(line, "/", -1);
	for (guint i = 0; parts[i]; i++)
		if (g_str_has_suffix(parts[i], ".service") && is_plain_unit(parts[i]))
			return g_strdup(parts[i]);
	return NULL;
}

static char *how_to_stop(GclkPlatform *platform, const GclkProgram *program, const char *pid)
{
	g_autofree char *unit = NULL;

	if (program->kind != GCLK_PROGRAM_DAEMON)
		return g_strdup(program->stop);
	unit = unit_of(platform, pid);
	if (unit)
		return g_strdup_printf("systemctl disable --now %s", unit);
	if (gclk_time_programs_systemd(platform))
		return g_strdup(program->stop);
	return g_strdup_printf("kill %s, and take it out of what starts it at boot", pid);
}

/* --- guestclockd's own word ------------------------------------------------------------------- */

/* Where the configuration names no other (guestclockd.conf(5)). */
#define RUN_DIRECTORY "/run/guestclock"

/* The value of a member that is a plain string, or NULL. Not a JSON reader: the file is our own. */
static char *member(const char *json, const char *key)
{
	g_autofree char *quoted = g_strdup_printf("\"%s\"", key);
	const char *at = strstr(json, quoted);
	gsize length;

	if (!at)
		return NULL;
	at += strlen(quoted);
	at += strspn(at, " \t\r\n:");
	if (*at++ != '"')
		return NULL;
	length = strcspn(at, "\"\\");
	return at[length] == '"' && length < 512 ? g_strndup(at, length) : NULL;
}

/* --run-directory of a command line, or NULL. */
static char *run_directory(const char *cmdline, gsize length)
{
	static const char option[] = "--run-directory";

	for (gsize at = 0; at < length;) {
		const char *word = cmdline + at;
		gsize size = strnlen(word, length - at);

		at += size + 1;
		if (size < strlen(option) || strncmp(word, option, strlen(option)) != 0)
			continue;
		if (word[strlen(option)] == '=')
			return g_strndup(word + strlen(option) + 1, size - strlen(option) - 1);
		if (size == strlen(option) && at < length)
			return g_strndup(cmdline + at, strnlen(cmdline + at, length - at));
	}
	return NULL;
}

/* The number of a member, or 0. */
static gint64 number(const char *json, const char *key)
{
	g_autofree char *quoted = g_strdup_printf("\"%s\"", key);
	const char *at = strstr(json, quoted);

	if (!at)
		return 0;
	at += strlen(quoted);
	return g_ascii_strtoll(at + strspn(at, " \t\r\n:"), NULL, 10);
}

/* The file may be that of another guestclockd: then it says nothing about this one. */
static void ask_status(
	GclkPlatform *platform, GclkTimeProgram *program, const char *cmdline, gsize length)
{
	g_autofree char *configured = run_directory(cmdline, length);
	const char *directory = configured ? configured : RUN_DIRECTORY;
	g_autofree char *path = g_build_filename(directory, "status.json", NULL);
	g_autofree char *json = NULL;
	g_autofree char *control = NULL;
	g_autofree char *reason = NULL;

	json = platform->read_file(platform, path, STATUS_MAX, NULL, NULL);
	control = json ? member(json, "control") : NULL;
	if (!control || number(json, "pid") != program->pid)
		return;
	reason = member(json, "control_reason");
	program->told = TRUE;
	program->steers = strcmp(control, "none") != 0;
	g_free(program->why);
	program->why = program->steers ? g_strdup_printf("%s says control: %s", path, control)
				       : g_strdup_printf("it only measures: %s",
						 reason ? reason : "its status says control: none");
}

/* --- one process ------------------------------------------------------------------------------ */

/* CAP_SYS_TIME counts in the first user namespace only. */
static gboolean in_foreign_user_namespace(GclkPlatform *platform, const char *pid)
{
	g_autofree char *target = process_link(platform, pid, "ns/user");

	return target && strcmp(target, GCLK_FIRST_USER_NAMESPACE) != 0;
}

/* NULL: nothing is seen that keeps it from the clock. */
static const char *why_not(GclkPlatform *platform, const GclkProgram *program, const char *pid,
	const char *cmdline, gsize length)
{
	g_autofree char *status = NULL;
	const char *reason;

	if (program->kind == GCLK_PROGRAM_OTHER)
		return program->does;
	status = read_process(platform, pid, "status", SMALL_MAX, NULL);
	reason = status ? gclk_program_inability(status) : NULL;
	if (!reason)
		reason = gclk_program_restraint(program, cmdline, length);
	if (!reason && in_foreign_user_namespace(platform, pid))
		reason = "its CAP_SYS_TIME is that of another user namespace, and does not reach "
			 "the clock";
	return reason;
}

static const GclkProgram *identify(
	GclkPlatform *platform, const char *pid, char **cmdline, gsize *length)
{
	g_autofree char *comm = read_process(platform, pid, "comm", COMM_MAX, NULL);
	const GclkProgram *program = comm ? gclk_program_by_comm(g_strchomp(comm)) : NULL;
	g_autofree char *executable = NULL;

	if (!program)
		return NULL;
	*cmdline = read_process(platform, pid, "cmdline", CMDLINE_MAX, length);
	if (!*cmdline) {
		*cmdline = g_strdup("");
		*length = 0;
	}
	executable = process_link(platform, pid, "exe");
	return gclk_program_variety(program, executable, *cmdline, *length);
}

/* NULL: none of those that deal with time. */
static GclkTimeProgram *look(GclkPlatform *platform, const char *pid)
{
	g_autofree char *cmdline = NULL;
	gsize length = 0;
	const GclkProgram *program = identify(platform, pid, &cmdline, &length);
	GclkTimeProgram *found;
	const char *reason;

	if (!program)
		return NULL;
	reason = why_not(platform, program, pid, cmdline, length);
	found = g_new0(GclkTimeProgram, 1);
	found->program = program;
	found->name = program->name;
	found->pid = g_ascii_strtoll(pid, NULL, 10);
	found->steers = !reason;
	found->why = g_strdup(reason ? reason : program->does);
	found->stop = how_to_stop(platform, program, pid);
	if (found->steers && strcmp(program->name, "guestclockd") == 0)
		ask_status(platform, found, cmdline, length);
	return found;
}

GPtrArray *gclk_time_programs_in_proc(GclkPlatform *platform)
{
	GPtrArray *found = g_ptr_array_new_with_free_func(free_program);
	g_auto(GStrv) names = platform->list_directory(platform, "/proc", NULL);

	for (guint i = 0; names && names[i] && i < PROCESSES_MAX && found->len < PROGRAMS_MAX;
		i++) {
		GclkTimeProgram *program;

		if (!g_ascii_isdigit(names[i][0]))
			continue;
		program = look(platform, names[i]);
		if (program)
			g_ptr_array_add(found, program);
	}
	return found;
}

/* Field 22 of /proc/PID/stat, starttime (proc(5)); the name before it may hold anything, blanks and
   brackets too. -1: cannot be read. */
static gint64 start_time(GclkPlatform *platform, gint64 pid)
{
	g_autofree char *number = g_strdup_printf("%" G_GINT64_FORMAT, pid);
	g_autofree char *text = read_process(platform, number, "stat", SMALL_MAX, NULL);
	const char *at = text ? strrchr(text, ')') : NULL;

	for (guint field = 2; at && field < 22; field++) {
		at = strchr(at, ' ');
		at = at ? at + 1 : NULL;
	}
	return at && g_ascii_isdigit(*at) ? g_ascii_strtoll(at, NULL, 10) : -1;
}

gboolean gclk_time_program_is_older(GclkPlatform *platform, gint64 pid, gint64 other)
{
	gint64 start = start_time(platform, pid), other_start = start_time(platform, other);

	if (start < 0 || other_start < 0 || start == other_start)
		return pid < other;
	return start < other_start;
}

gboolean gclk_time_programs_visible(GclkReader *reader)
{
	return gclk_reader_exists(reader, "/proc/1/comm");
}

/* --- the hypervisors' services ---------------------------------------------------------------- */

#define TOOLS_CONF "/etc/vmware-tools/tools.conf"

/* The options are heeded by open-vm-tools 13.0 and later. */
static const char *forbidden_by_tools_conf(GclkReader *reader)
{
	static const char *const keys[] = { "disable-all", "disable-periodic" };
	g_autoptr(GKeyFile) file = g_key_file_new();
	gsize length = 0;
	g_autofree char *text = gclk_reader_bytes(reader, TOOLS_CONF, SMALL_MAX, &length);

	if (!text || !length ||
		!g_key_file_load_from_data(file, text, length, G_KEY_FILE_NONE, NULL))
		return NULL;
	for (gsize i = 0; i < G_N_ELEMENTS(keys); i++)
		if (g_key_file_get_boolean(file, "timeSync", keys[i], NULL))
			return keys[i];
	return NULL;
}

static void judge_vmtoolsd(const GclkMachine *machine, GclkReader *reader, GclkTimeProgram *program)
{
	const char *key = forbidden_by_tools_conf(reader);
	int on = machine->vmware_periodic_sync ? machine->vmware_periodic_sync(machine->vmware_user)
					       : -1;

	g_free(program->why);
	program->steers = on > 0 && !key;
	if (key)
		program->why = g_strdup_printf("%s says %s", TOOLS_CONF, key);
	else if (on < 0)
		program->why =
			g_strdup("its periodic synchronization is off unless somebody switched it "
				 "on: \"vmware-toolbox-cmd timesync status\" tells");
	else
		program->why = g_strdup_printf("its periodic synchronization is switched %s (as "
					       "\"vmware-toolbox-cmd timesync status\" tells too)",
			on ? "on" : "off");
}

/* The kernel's TimeSync service, where a device has been bound to it. */
static void add_hyperv(GclkReader *reader, GPtrArray *out)
{
	g_autoptr(GPtrArray) seen = gclk_offers_find(reader);
	const GclkProgram *program = gclk_program_by_name("hv_utils");
	g_autofree char *implicit = NULL;
	GclkTimeProgram *service;
	gboolean bound = FALSE;

	for (guint i = 0; i < seen->len; i++) {
		const GclkOfferSeen *offer = seen->pdata[i];

		bound |= offer->driven == 1 && offer->offer->gives == GCLK_OFFER_TIME &&
			 offer->offer->vmbus;
	}
	if (!bound)
		return;
	implicit = gclk_reader_text(reader, "/sys/module/hv_utils/parameters/timesync_implicit");
	service = g_new0(GclkTimeProgram, 1);
	service->program = program;
	service->name = program->name;
	service->why = g_strdup(implicit && strchr("Yy1", implicit[0])
					? "steps the clock when it is 5 s behind the host's "
					  "(timesync_implicit)"
					: program->does);
	service->stop = g_strdup(program->stop);
	g_ptr_array_add(out, service);
}

/* --- all of them ------------------------------------------------------------------------------ */

/* Daemons have helpers that may not steer: they say nothing about the machine. */
static gboolean is_superfluous(const GPtrArray *programs, guint at)
{
	const GclkTimeProgram *program = programs->pdata[at];

	if (program->steers)
		return FALSE;
	for (guint i = 0; i < programs->len; i++) {
		const GclkTimeProgram *other = programs->pdata[i];

		if (i != at && other->name == program->name && (other->steers || i < at))
			return TRUE;
	}
	return FALSE;
}

GPtrArray *gclk_time_programs_find(const GclkMachine *machine, GclkReader *reader)
{
	GPtrArray *programs = gclk_time_programs_in_proc(machine->platform);

	for (guint i = 0; i < programs->len; i++) {
		GclkTimeProgram *program = programs->pdata[i];

		if (program->steers && strcmp(program->name, "vmtoolsd") == 0)
			judge_vmtoolsd(machine, reader, program);
	}
	for (guint i = programs->len; i > 0; i--)
		if (is_superfluous(programs, i - 1))
			g_ptr_array_remove_index(programs, i - 1);
	add_hyperv(reader, programs);
	return programs;
}
