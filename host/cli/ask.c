/* SPDX-License-Identifier: BSD-2-Clause */
/* Where a HostSync comes from: this host's daemons, a file, a stream, or a command that asks ESXi.
 */
#include <errno.h>
#include <gio/gio.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/cli.h"
#include "sync/esxi-text.h"
#include "sync/esxi.h"
#include "sync/read-file.h"

#define COMMAND_TIMEOUT_S 30 /* ssh to a host that is down */

void gclk_host_where_clear(GclkHostWhere *where)
{
	g_clear_pointer(&where->from, g_free);
	g_clear_pointer(&where->esxi, g_free);
}

static GclkHostSync *ask_daemons(const GclkHostConfig *config)
{
	const GclkProbePlaces places = gclk_host_config_places(config);
	const GclkSyncPolicy policy = gclk_host_config_policy(config);

	/* Not kept for the gate: this may be another policy, another user, another network
	   namespace than its own. */
	return gclk_host_sync_ask(&places, &policy);
}

/* --- a command -------------------------------------------------------------------------------- */

typedef struct {
	GMainLoop *loop;
	GBytes *out;
	GError *error;
} Run;

static void on_end(GObject *process, GAsyncResult *result, gpointer user)
{
	Run *run = user;

	g_subprocess_communicate_finish(
		G_SUBPROCESS(process), result, &run->out, NULL, &run->error);
	g_main_loop_quit(run->loop);
}

static gboolean on_timeout(gpointer process)
{
	g_subprocess_force_exit(process);
	return G_SOURCE_REMOVE;
}

static void wait_for(GSubprocess *process, Run *run)
{
	guint timer = g_timeout_add_seconds(COMMAND_TIMEOUT_S, on_timeout, process);
	GSource *source;

	run->loop = g_main_loop_new(NULL, FALSE);
	g_subprocess_communicate_async(process, NULL, NULL, on_end, run);
	g_main_loop_run(run->loop);
	g_main_loop_unref(run->loop);
	source = g_main_context_find_source_by_id(NULL, timer);
	if (source)
		g_source_destroy(source);
}

static GBytes *run_command(const char *command, GError **error)
{
	g_auto(GStrv) argv = NULL;
	g_autoptr(GSubprocess) process = NULL;
	Run run = { 0 };

	if (!g_shell_parse_argv(command, NULL, &argv, error))
		return NULL;
	process =
		g_subprocess_newv((const char *const *)argv, G_SUBPROCESS_FLAGS_STDOUT_PIPE, error);
	if (!process)
		return NULL;
	wait_for(process, &run);
	if (run.out && g_subprocess_get_successful(process))
		return run.out;
	g_clear_pointer(&run.out, g_bytes_unref);
	if (run.error)
		g_propagate_error(error, run.error);
	else
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "\"%s\" %s", command,
			g_subprocess_get_if_exited(process) ? "failed" : "gave no answer in time");
	return NULL;
}

/* --- a file ----------------------------------------------------------------------------------- */

/* age: what a file says is as old as the file, what comes through a pipe is taken for new. */
static GBytes *read_file(const char *path, gint64 *age, GError **error)
{
	FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
	struct stat st;
	GBytes *bytes;

	if (!file) {
		g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(errno), "%s: %s", path,
			g_strerror(errno));
		return NULL;
	}
	if (fstat(fileno(file), &st) == 0 && S_ISREG(st.st_mode))
		*age = (g_get_real_time() / G_USEC_PER_SEC - st.st_mtime) * GCLK_NS_PER_S;
	bytes = g_string_free_to_bytes(gclk_read_stream(fileno(file), GCLK_ESXI_TEXT_MAX));
	if (file != stdin)
		fclose(file);
	return bytes;
}

/* --- which of them ---------------------------------------------------------------------------- */

static GBytes *fetch(
	const GclkHostConfig *config, const GclkHostWhere *where, gint64 *age, GError **error)
{
	const char *command;

	if (where->from)
		return read_file(where->from, age, error);
	command = g_hash_table_lookup(config->esxi, where->esxi);
	if (command)
		return run_command(command, error);
	g_set_error(error, G_KEY_FILE_ERROR, G_KEY_FILE_ERROR_GROUP_NOT_FOUND,
		"the configuration has no [esxi %s]: it needs a command= that prints esxcli's and "
		"ntpq's output",
		where->esxi);
	return NULL;
}

GclkHostSync *gclk_host_cli_ask(
	const GclkHostConfig *config, const GclkHostWhere *where, GError **error)
{
	const GclkSyncPolicy policy = gclk_host_config_policy(config);
	g_autoptr(GBytes) bytes = NULL;
	gconstpointer data;
	gint64 age = 0;
	gsize length;

	if (!where->from && !where->esxi)
		return ask_daemons(config);
	bytes = fetch(config, where, &age, error);
	if (!bytes)
		return NULL;
	data = g_bytes_get_data(bytes, &length);
	return gclk_esxi_sync(data ? data : "", length, g_get_real_time() * GCLK_NS_PER_US,
		MAX(age, -1), &policy);
}
