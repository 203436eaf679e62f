/* SPDX-License-Identifier: BSD-2-Clause */
/* hostclock serve: the service that answers the guests and watches them. */
#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cli.h"
#include "guestclock/log.h"
#include "guestclock/notify.h"
#include "guests/query.h"

typedef struct {
	char **listen;
	char *connect, *interval;
	gboolean foreground, verbose;
} ServeOptions;

typedef struct {
	const GclkHostOptions *common;
	ServeOptions options;
	GclkHostConfig *config;
	GclkLog log;
	char *lock_path; /* NULL: not held */
	int lock;
	GclkHub *hub;
	GclkQuery *query;
	GMainLoop *loop;
} Service;

/* --- settings --------------------------------------------------------------------------------- */

/* The command line stands above the configuration. */
static gboolean apply_options(const ServeOptions *options, GclkHostConfig *config, GError **error)
{
	if (options->interval &&
		!gclk_host_config_set(config, "serve", "interval", options->interval, error)) {
		g_prefix_error(error, "--interval: ");
		return FALSE;
	}
	if (options->connect) {
		g_free(config->connect);
		config->connect = g_strdup(options->connect);
	}
	if (options->listen) {
		g_strfreev(config->listen);
		config->listen = g_strdupv(options->listen);
	}
	return TRUE;
}

static GclkHubSettings hub_settings(const GclkHostConfig *config)
{
	return (GclkHubSettings){
		.uri = config->connect,
		.listen = (const char *const *)config->listen,
		.socket_group = config->socket_group,
		.interval = config->interval,
		.records = TRUE,
	};
}

/* A descriptor a guest, and some more. */
static void raise_limits(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max)
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

/* --- one of a kind ---------------------------------------------------------------------------- */

/* In the run directory. A file of our own: whoever can read one can lock it. It is the kernel that
   knows whether it is held, so one that was left behind does no harm. */
#define LOCK "serve.lock"

/* The one before us may have removed it when it ended. */
static gboolean is_still_there(int fd, const char *path)
{
	struct stat ours, there;

	return fstat(fd, &ours) == 0 && lstat(path, &there) == 0 && ours.st_dev == there.st_dev &&
	       ours.st_ino == there.st_ino;
}

/* errno on failure; EWOULDBLOCK: somebody has it. */
static gboolean take_lock(Service *service, const char *path)
{
	int code = EWOULDBLOCK;

	service->lock = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (service->lock < 0)
		return FALSE;
	if (flock(service->lock, LOCK_EX | LOCK_NB) != 0)
		code = errno;
	else if (is_still_there(service->lock, path))
		return TRUE;
	close(service->lock);
	service->lock = -1;
	errno = code;
	return FALSE;
}

static void drop_lock(Service *service)
{
	if (!service->lock_path)
		return;
	unlink(service->lock_path);
	close(service->lock);
	g_free(service->lock_path);
}

static gboolean lock_run_directory(Service *service, GError **error)
{
	const char *directory = service->config->run_directory;
	g_autofree char *path = g_build_filename(directory, LOCK, NULL);
	int code;

	if (g_mkdir_with_parents(directory, 0755) == 0 && take_lock(service, path)) {
		service->lock_path = g_steal_pointer(&path);
		return TRUE;
	}
	code = errno;
	if (code == EWOULDBLOCK)
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_EXIST,
			"another hostclock serve is running already with %s", directory);
	else
		g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(code),
			"the run directory %s: %s", directory, g_strerror(code));
	return FALSE;
}

/* --- signals ---------------------------------------------------------------------------------- */

static gboolean on_stop(gpointer user)
{
	Service *service = user;

	g_message("stopping");
	g_main_loop_quit(service->loop);
	return G_SOURCE_CONTINUE;
}

/* What needs sockets, connections or files of its own is for the next start. */
static void note_restart(const GclkHostConfig *old, const GclkHostConfig *config)
{
	static const char *const none[] = { NULL };
	const char *const *before = old->listen ? (const char *const *)old->listen : none;
	const char *const *now = config->listen ? (const char *const *)config->listen : none;

	if (!g_strv_equal(before, now) || g_strcmp0(old->connect, config->connect) != 0 ||
		g_strcmp0(old->run_directory, config->run_directory) != 0 ||
		g_strcmp0(old->socket_group, config->socket_group) != 0 ||
		old->agent_timeout != config->agent_timeout)
		g_warning("listen, socket-group, connect, agent-timeout or run-directory has "
			  "changed: that needs a restart of hostclock serve");
}

static gboolean reload(Service *service, GError **error)
{
	g_autoptr(GclkHostConfig) config =
		gclk_host_config_load(service->common->config_file, error);
	g_autoptr(GclkHostConfig) old = service->config;
	GclkHubSettings settings;

	if (!config || !apply_options(&service->options, config, error)) {
		g_steal_pointer(&old);
		return FALSE;
	}
	note_restart(old, config);
	settings = hub_settings(config);
	service->config = g_steal_pointer(&config);
	gclk_hub_configure(service->hub, service->config, &settings);
	return TRUE;
}

static gboolean on_reload(gpointer user)
{
	g_autoptr(GError) error = NULL;

	gclk_notify("RELOADING=1");
	if (reload(user, &error))
		g_message("the configuration was read again");
	else
		g_warning("the old configuration stays in force: %s", error->message);
	gclk_notify("READY=1");
	return G_SOURCE_CONTINUE;
}

static gboolean on_watchdog(gpointer user G_GNUC_UNUSED)
{
	gclk_notify("WATCHDOG=1");
	return G_SOURCE_CONTINUE;
}

/* --- the service ------------------------------------------------------------------------------ */

static gboolean set_up(Service *service, GError **error)
{
	const GclkHubSettings settings = hub_settings(service->config);
	g_autofree char *path =
		g_build_filename(service->config->run_directory, GCLK_QUERY_SOCKET, NULL);

	raise_limits();
	if (!lock_run_directory(service, error))
		return FALSE;
	service->hub = gclk_hub_new(NULL, service->config, &settings, error);
	if (!service->hub)
		return FALSE;
	service->query = gclk_query_new(NULL, path, service->hub, error);
	return service->query != NULL;
}

static void tear_down(Service *service)
{
	gclk_query_free(service->query);
	gclk_hub_free(service->hub);
	drop_lock(service);
	gclk_host_config_free(service->config);
}

static void run(Service *service)
{
	gint64 watchdog = gclk_notify_watchdog_interval(
		g_getenv("WATCHDOG_USEC"), g_getenv("WATCHDOG_PID"), getpid());
	g_autofree char *places =
		service->config->listen ? g_strjoinv(" ", service->config->listen) : NULL;
	g_autofree char *status = g_strdup_printf("libvirt: %s; listening at: %s",
		service->config->connect ? service->config->connect : "default",
		places ? places : "nothing");
	g_autofree char *message = gclk_notify_status(status, "READY=1");

	service->loop = g_main_loop_new(NULL, FALSE);
	g_unix_signal_add(SIGTERM, on_stop, service);
	g_unix_signal_add(SIGINT, on_stop, service);
	g_unix_signal_add(SIGHUP, on_reload, service);
	if (watchdog)
		g_timeout_add((guint)(watchdog / GCLK_NS_PER_MS), on_watchdog, NULL);
	gclk_notify(message);
	g_message("guests are served (%s)", status);
	g_main_loop_run(service->loop);
	gclk_notify("STOPPING=1");
	g_main_loop_unref(service->loop);
}

static int serve(Service *service)
{
	g_autoptr(GError) error = NULL;
	gboolean good;

	if (!apply_options(&service->options, service->config, &error)) {
		gclk_host_cli_complain("%s", error->message);
		tear_down(service);
		return GCLK_EXIT_UNKNOWN;
	}
	good = set_up(service, &error);
	if (good)
		run(service);
	else
		gclk_host_cli_complain("%s", error->message);
	tear_down(service);
	return good ? GCLK_EXIT_OK : GCLK_EXIT_CRITICAL;
}

static void options_clear(ServeOptions *options)
{
	g_strfreev(options->listen);
	g_free(options->connect);
	g_free(options->interval);
}

int gclk_host_cli_serve(int argc, char **argv)
{
	g_auto(GclkHostOptions) common = { 0 };
	Service service = { .common = &common, .lock = -1 };
	ServeOptions *o = &service.options;
	const GOptionEntry extra[] = {
		{ "listen", 0, 0, G_OPTION_ARG_STRING_ARRAY, &o->listen,
			"Where guests come: unix:PATH[,user=NAME], vsock:PORT", "PLACE" },
		{ "connect", 'c', 0, G_OPTION_ARG_STRING, &o->connect,
			"libvirt's URI, or none: no libvirt", "URI" },
		{ "interval", 0, 0, G_OPTION_ARG_STRING, &o->interval,
			"From one look at a guest's clock to the next: 10s", "TIME" },
		{ "foreground", 'f', 0, G_OPTION_ARG_NONE, &o->foreground,
			"For the habit: it always stays in the foreground", NULL },
		{ "verbose", 'v', 0, G_OPTION_ARG_NONE, &o->verbose, "Log details", NULL },
		{ 0 },
	};
	int code;

	if (!gclk_host_cli_parse(&common, NULL,
		    "Answers the guests' questions for the time, watches their clocks and needs.\n"
		    "Runs until SIGTERM; SIGHUP: reads its configuration again.",
		    extra, 0, argc, argv)) {
		options_clear(o);
		return common.exit_code;
	}
	signal(SIGPIPE, SIG_IGN);
	service.log = (GclkLog){
		.program = "hostclock", .verbose = o->verbose, .journal = gclk_log_is_journal()
	};
	gclk_log_install(&service.log);
	service.config = g_steal_pointer(&common.config);
	code = serve(&service);
	options_clear(o);
	return code;
}
