/* SPDX-License-Identifier: BSD-2-Clause */
/* guestclockd: wiring, main loop. What is done to the clock stands in agent.c. */
#include "build-config.h"

#include <glib-unix.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent.h"
#include "detach.h"
#include "detect/time-programs.h"
#include "detect/vmware-time.h"
#include "guestclock/log.h"
#include "guestclock/notify.h"
#include "lookout.h"
#include "once.h"
#include "options.h"
#include "platform/native.h"
#include "publisher.h"
#include "report/control.h"
#include "source/link-port.h"
#include "sources.h"
#include "vmclock-watch.h"
#include "vmware-watch.h"

#define STATUS_FAILED 1
#define STATUS_USAGE  2

typedef struct {
	GclkOptions options;
	GclkConfig *config;
	GclkEnvironment *environment;
	GclkPrivileged *privileged; /* NULL with --no-helper */
	GclkDropped dropped;
	GclkPlatform *platform;
	GclkMachine machine;
	GclkTsc tsc;
	GclkHostReader host; /* read NULL: not found, or not looked for */
	GclkTools *tools;    /* until the watch has them */
	GclkVmwareWatch *vmware;
	GSource *vmware_source;
	GclkCheckup *checkup;
	GclkAgent *agent;
	GclkPublisher publisher;
	GclkLookout lookout;
	gint64 watchdog; /* ns between two signs of life that the service manager wants; 0: none */
	GclkControlSocket *commands;
	gboolean served; /* commands could be taken at the start */
	GMainContext *context;
	GMainLoop *loop;
} Daemon;

/* --- commands and signals --------------------------------------------------------------------- */

/* A hypervisor that tells the host's time is asked for it only where that is wanted. */
static void use_host_time(Daemon *d)
{
	gboolean wanted = d->config->vmware_backdoor && !d->options.no_helper;

	if (wanted && !d->host.read && !gclk_vmware_host_time(NULL, &d->host))
		d->host.read = NULL;
	gclk_agent_use_host_time(d->agent, wanted && d->host.read ? &d->host : NULL);
}

static gboolean reload(Daemon *d, GError **error)
{
	GclkConfig *config = gclk_options_load(&d->options, d->platform, error);
	GclkConfig *old = d->config;

	if (!config)
		return FALSE;
	gclk_options_keep(config, d->config);
	gclk_lookout_keep_hidden(&d->lookout, config);
	d->config = d->lookout.config = config;
	gclk_agent_set_config(d->agent, config);
	use_host_time(d);
	gclk_sources_apply(d->agent, d->platform, config, gclk_lookout_era_pivot(&d->lookout));
	if (d->checkup)
		gclk_checkup_expire(d->checkup);
	gclk_lookout_look(&d->lookout);
	gclk_config_free(old);
	return TRUE;
}

static char *on_command(gpointer user, const char *command)
{
	Daemon *d = user;
	g_autoptr(GError) error = NULL;
	g_autofree char *text = NULL;

	if (g_str_equal(command, "burst")) {
		gclk_agent_burst(d->agent);
		return g_strdup("ok every source is asked now");
	}
	if (g_str_equal(command, "step")) {
		gboolean done = gclk_agent_step(d->agent, &text);

		return g_strconcat(done ? "ok " : "error ", text, NULL);
	}
	if (g_str_equal(command, "reload"))
		return reload(d, &error) ? g_strdup("ok the configuration was read again")
					 : g_strconcat("error ", error->message, NULL);
	return g_strdup("error unknown command");
}

static void on_signal(gpointer user, int signo)
{
	Daemon *d = user;
	g_autoptr(GError) error = NULL;

	if (signo != SIGHUP) {
		g_message("stopping on signal %d", signo);
		g_main_loop_quit(d->loop);
		return;
	}
	gclk_notify("RELOADING=1");
	if (reload(d, &error))
		g_message("the configuration was read again");
	else
		g_warning("the old configuration stays in force: %s", error->message);
	gclk_notify("READY=1");
}

static GclkControlSocket *make_commands(Daemon *d, GError **error);

/* Somebody who tidies up may remove the run directory under a daemon that lives: the socket is made
   again as soon as there is one. */
static void renew_commands(Daemon *d)
{
	if (!d->served || (d->commands && gclk_control_is_there(d->commands)))
		return;
	g_clear_pointer(&d->commands, gclk_control_free);
	d->commands = make_commands(d, NULL);
	if (d->commands)
		g_message("commands are taken again");
}

static void on_report(gpointer user, GclkAgent *agent, gboolean urgent)
{
	Daemon *d = user;

	gclk_publisher_report(&d->publisher, agent, urgent);
	renew_commands(d);
}

/* Whoever moved the clock may be steering it from now on. */
static void on_moved(gpointer user, GclkAgent *agent)
{
	(void)agent;
	gclk_lookout_look_soon(&((Daemon *)user)->lookout);
}

static void on_ticks(gpointer user, GclkAgent *agent)
{
	Daemon *d = user;

	(void)agent;
	if (!d->checkup)
		return;
	gclk_checkup_expire(d->checkup);
	gclk_lookout_look_soon(&d->lookout);
}

static void on_watchdog(gpointer user)
{
	Daemon *d = user;

	gclk_notify("WATCHDOG=1");
	d->platform->timer_start(d->platform, d->watchdog, on_watchdog, d);
}

static void on_report_once(gpointer user, GclkAgent *agent, gboolean urgent)
{
	(void)user;
	(void)agent;
	(void)urgent;
}

/* --- becoming small --------------------------------------------------------------------------- */

static gboolean start_helper(Daemon *d, GError **error)
{
	const char *path = d->options.config ? d->options.config : GCLK_DEFAULT_CONFIG;
	g_autofree char *drop_ins = g_strconcat(path, ".d", NULL);
	const char *const files[] = { path, d->config->keys, NULL };
	const char *const directories[] = { drop_ins, NULL };
	const char *const devices[] = { d->config->ptp_device, NULL };
	const char *const channels[] = {
		d->config->link_channel ? d->config->link_channel : GCLK_LINK_CHANNEL_AUTO, NULL
	};
	const GclkPrivilegedPolicy policy = { files, directories,
		d->config->ptp_device && d->config->ptp_device[0] == '/' ? devices : NULL,
		channels };

	d->privileged = gclk_privileged_start(&policy, error);
	return d->privileged != NULL;
}

/* Only where CPUID says VMware; without them nothing is missing. */
static void start_tools(Daemon *d)
{
	GclkToolsProcess process = {
		.libvmtools = GCLK_TOOLS_LIBVMTOOLS,
		.libguestlib = GCLK_TOOLS_LIBGUESTLIB,
		.deadline_s = 10,
		.deaths_max = 8,
		.pause_ms = 1000,
		.pause_max_ms = 300 * 1000,
		.steady_ms = 3600 * 1000,
	};
	g_autoptr(GError) error = NULL;
	guint32 features;

	if (!d->config->vmware_tools || d->options.once || d->options.no_helper ||
		!gclk_backdoor_expected(gclk_cpuid_native(), &features))
		return;
	if (!gclk_privileged_user("nobody", &process.uid, &process.gid))
		process.uid = process.gid = 65534;
	d->tools = gclk_tools_start(&process, &error);
	if (!d->tools)
		g_warning("%s", error->message);
}

static void end_tools(Daemon *d)
{
	if (d->vmware_source)
		g_source_destroy(d->vmware_source);
	g_clear_pointer(&d->vmware_source, g_source_unref);
	g_clear_pointer(&d->vmware, gclk_vmware_watch_free);
	g_clear_pointer(&d->tools, gclk_tools_free);
}

static gboolean on_tools(gint fd, GIOCondition condition, gpointer user)
{
	Daemon *d = user;

	(void)fd;
	(void)condition;
	return gclk_vmware_watch_dispatch(d->vmware) ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

static void watch_tools(Daemon *d)
{
	if (!d->tools)
		return;
	d->vmware_source = g_unix_fd_source_new(gclk_tools_fd(d->tools), G_IO_IN);
	d->vmware = gclk_vmware_watch_new(
		g_steal_pointer(&d->tools), d->agent, d->platform, g_get_num_processors());
	g_source_set_callback(d->vmware_source, G_SOURCE_FUNC(on_tools), d, NULL);
	g_source_attach(d->vmware_source, d->context);
}

static void prepare_directory(const char *path, guint uid, guint gid)
{
	g_autoptr(GError) error = NULL;

	/* Not fatal: the clock is kept all the same, and writing will tell. */
	if (!gclk_privileged_prepare_directory(path, 0755, uid, gid, &error))
		g_warning("%s", error->message);
}

static gboolean become_small(Daemon *d, GError **error)
{
	guint uid = 0, gid = 0;

	gclk_privileged_user(d->config->user, &uid, &gid);
	if (!d->options.once) {
		prepare_directory(d->config->run_directory, uid, gid);
		prepare_directory(d->config->state_directory, uid, gid);
	}
	return gclk_privileged_drop(d->config->user, &d->dropped, error);
}

static void note_user(Daemon *d)
{
	g_autofree char *text =
		g_strdup_printf("there is no user \"%s\": running as root with CAP_SYS_TIME alone",
			d->config->user);

	if (d->dropped.still_root && !d->options.once)
		gclk_agent_set_finding(d->agent, "user", GCLK_SEVERITY_NOTE, text,
			"useradd --system guestclock, or set user in [daemon]");
}

/* --- life ------------------------------------------------------------------------------------- */

static gboolean start_agent(Daemon *d, GError **error)
{
	static const GclkAgentEvents publish = {
		.report = on_report, .moved = on_moved, .ticks = on_ticks
	};
	static const GclkAgentEvents nothing = { .report = on_report_once };
	GclkMastery mastery;

	d->lookout = (GclkLookout){ .platform = d->platform,
		.config = d->config,
		.environment = d->environment,
		.privileged = d->privileged,
		.checkup = d->checkup };
	mastery = gclk_lookout_mastery(&d->lookout, d->environment->rivals);
	gclk_publisher_init(&d->publisher, d->platform, d->config->run_directory);
	d->agent = gclk_agent_new(d->platform, d->config, d->environment, mastery.steers,
		mastery.reason, d->options.once ? &nothing : &publish, d);
	d->lookout.agent = d->agent;
	if (!d->options.no_helper && !d->options.once)
		d->lookout.vmclock = gclk_vmclock_watch_new(d->agent, d->platform);
	if (!d->options.no_helper)
		gclk_agent_use_counters(d->agent, d->machine.ticks, &d->tsc);
	gclk_lookout_note_rival(&d->lookout, &mastery);
	note_user(d);
	g_free(mastery.reason);
	use_host_time(d);
	gclk_sources_apply(d->agent, d->platform, d->config, gclk_lookout_era_pivot(&d->lookout));
	return gclk_agent_start(d->agent, error);
}

static GclkControlSocket *make_commands(Daemon *d, GError **error)
{
	g_autofree char *path = g_build_filename(d->config->run_directory, GCLK_CONTROL_FILE, NULL);

	return gclk_control_new(path, d->context, on_command, d, error);
}

/* The socket is the lock too: two daemons with one run directory would steer one clock. */
static gboolean serve_commands(Daemon *d, GError **error)
{
	g_autoptr(GError) problem = NULL;

	d->commands = make_commands(d, &problem);
	d->served = d->commands != NULL;
	if (g_error_matches(problem, G_FILE_ERROR, G_FILE_ERROR_EXIST)) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_EXIST,
			"another guestclockd is running already with %s", d->config->run_directory);
		return FALSE;
	}
	if (!d->commands)
		g_warning("no commands can be taken: %s", problem->message);
	return TRUE;
}

static void run(Daemon *d, int detached)
{
	GSource *signals = gclk_loop_watch_signals(d->context, on_signal, d);

	gclk_publisher_report(&d->publisher, d->agent, TRUE);
	gclk_lookout_look_soon(&d->lookout);
	d->watchdog = gclk_notify_watchdog_interval(
		g_getenv("WATCHDOG_USEC"), g_getenv("WATCHDOG_PID"), getpid());
	if (d->watchdog)
		on_watchdog(d);
	gclk_notify("READY=1");
	if (detached >= 0)
		gclk_detach_ready(detached);
	g_main_loop_run(d->loop);
	gclk_notify("STOPPING=1");
	g_source_destroy(signals);
	g_source_unref(signals);
}

/* The kernel's log is for root only on many systems, and says how fast the TSC counts. */
static void look_at_machine(Daemon *d)
{
	double khz = 0;

	d->machine = gclk_machine_native(d->platform);
	if (d->options.no_helper)
		return; /* a simulation: nothing of the real machine is looked at */
	gclk_rivals_add_tools(&d->machine, d->environment->rivals);
	if (!d->options.once)
		d->checkup = gclk_checkup_new(&d->machine);
	if (d->checkup)
		gclk_kernel_log_tsc_khz(d->checkup->log, &khz);
	gclk_tsc_read(d->machine.cpuid, khz, &d->tsc);
}

static gboolean set_up(Daemon *d, GError **error)
{
	if (!d->options.no_helper && !start_helper(d, error))
		return FALSE;
	d->context = g_main_context_new();
	gclk_loop_install_poll(d->context);
	d->loop = g_main_loop_new(d->context, FALSE);
	d->platform = gclk_native_new(d->privileged, d->context);
	/* Once with the eyes of root: a /proc with hidepid shows rivals to nobody else. */
	d->environment = gclk_environment_detect(d->platform);
	look_at_machine(d);
	start_tools(d);
	if (!d->options.no_helper && !become_small(d, error))
		return FALSE;
	if (!d->options.once && !serve_commands(d, error))
		return FALSE;
	if (!start_agent(d, error))
		return FALSE;
	watch_tools(d);
	return TRUE;
}

static void tear_down(Daemon *d)
{
	end_tools(d);
	/* A look is no reason to write to the state directory. */
	if (d->agent && !d->options.once)
		gclk_agent_stop(d->agent);
	gclk_lookout_stop(&d->lookout);
	gclk_vmclock_witness_free(d->lookout.vmclock);
	gclk_agent_free(d->agent);
	gclk_checkup_free(d->checkup);
	/* What nobody keeps up to date any more is not left lying about. */
	if (d->commands)
		g_unlink(d->publisher.path);
	gclk_publisher_clear(&d->publisher);
	gclk_control_free(d->commands);
	if (d->environment)
		gclk_environment_free(d->environment);
	if (d->platform)
		d->platform->free(d->platform);
	gclk_privileged_free(d->privileged);
	g_clear_pointer(&d->loop, g_main_loop_unref);
	g_clear_pointer(&d->context, g_main_context_unref);
}

static int fail(int status, const GError *error)
{
	fprintf(stderr, "guestclockd: %s\n", error->message);
	return status;
}

static int daemon_main(Daemon *d)
{
	gboolean background = !d->options.foreground && !d->options.once;
	const GclkLog log = {
		.program = "guestclockd",
		.verbose = d->options.verbose,
		.quiet = d->options.once && !d->options.verbose,
		.journal = gclk_log_is_journal(),
		.syslog = background,
	};
	g_autoptr(GError) error = NULL;
	int detached = background ? gclk_detach() : -1;
	int status = 0;

	gclk_log_install(&log);
	if (!set_up(d, &error))
		status = fail(STATUS_FAILED, error);
	else if (d->options.once)
		status = gclk_once(d->agent, d->platform, d->context);
	else
		run(d, detached);
	tear_down(d);
	return status;
}

int main(int argc, char **argv)
{
	Daemon d = { 0 };
	g_autoptr(GError) error = NULL;
	int status;

	if (!gclk_options_parse(argc, argv, &d.options, &error))
		return fail(STATUS_USAGE, error);
	if (d.options.version) {
		printf("guestclockd %s\n", PACKAGE_VERSION);
		return 0;
	}
	d.config = gclk_options_load(&d.options, NULL, &error);
	if (!d.config)
		return fail(STATUS_USAGE, error);
	status = d.options.check_config ? gclk_options_tell_config(d.config) : daemon_main(&d);
	gclk_config_free(d.config);
	gclk_options_clear(&d.options);
	return status;
}
