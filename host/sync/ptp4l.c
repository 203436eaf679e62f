/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Asks every ptp4l of this host by its management socket: the read-only one first, which answers
 * everybody (linuxptp 4.0 and later), then the other, which is root's. Each gets one question after
 * the other, since the queue of a UNIX datagram socket is short. Our end is connected, so nobody
 * else can answer, and ptp4l never blocks on us.
 */
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "sync/paths.h"
#include "sync/phc.h"
#include "sync/probe.h"
#include "sync/ptp4l-state.h"
#include "sync/timemaster.h"

#define INSTANCES_MAX 16
/* Datagrams that are looked at in one turn of the poll loop. */
#define TURN_MAX 64

typedef struct {
	const GclkProcess *process; /* NULL: not seen */
	GclkPtp4lSettings *settings;
	GclkPaths *paths; /* NULL: no socket could be reached */
	char *socket;     /* that is asked; or the last that was tried */
	int error;        /* why none could be reached */
	GclkPtpAsk ask;   /* the last question */
	guint asked;      /* questions so far */
	GclkPtp4lState state;
	guint understood, garbled; /* answers */
} Instance;

typedef struct {
	GclkProbe probe;
	const GclkProcesses *processes;
	int epoll;
	Instance instances[INSTANCES_MAX];
	guint n;
	GclkDaemonReport *timemaster; /* or NULL */
} Ptp4lProbe;

/* --- which sockets ---------------------------------------------------------------------------- */

/* After linuxptp 4.4, and up to it. */
static const char *const read_only_sockets[] = { "/var/run/ptp/ptp4lro", "/var/run/ptp4lro" };
static const char *const sockets[] = { "/var/run/ptp/ptp4l", "/var/run/ptp4l" };

static gboolean try_socket(Instance *instance, const char *path)
{
	g_autofree char *folder = g_path_get_dirname(path);
	const char *const folders[] = { folder, "/var/tmp", "/tmp" };

	g_free(instance->socket);
	instance->socket = g_strdup(path);
	for (gsize i = 0; i < G_N_ELEMENTS(folders); i++) {
		if (gclk_paths_add_unix_from(instance->paths, path, folders[i]))
			return TRUE;
		if (errno == ENOENT || errno == ECONNREFUSED)
			break;
	}
	/* "not allowed to" is worth more than "not there" */
	if (instance->error != EACCES)
		instance->error = errno;
	return FALSE;
}

static gboolean try_sockets(Instance *instance, const char *own, const char *const *usual)
{
	if (own)
		return try_socket(instance, own);
	for (gsize i = 0; i < 2; i++)
		if (try_socket(instance, usual[i]))
			return TRUE;
	return FALSE;
}

/* The usual read-only socket belongs to another ptp4l when this one has an address of its own. */
static gboolean reach(Instance *instance)
{
	const GclkPtp4lSettings *settings = instance->settings;

	if ((settings->read_only_socket || !settings->socket) &&
		try_sockets(instance, settings->read_only_socket, read_only_sockets))
		return TRUE;
	return try_sockets(instance, settings->socket, sockets);
}

/* --- asking ----------------------------------------------------------------------------------- */

static void ask_next(Instance *instance)
{
	guint8 message[GCLK_PTP_GET_SIZE];

	if (instance->asked >= GCLK_PTP4L_IDS)
		return;
	instance->ask.id = gclk_ptp4l_ids[instance->asked++];
	instance->ask.sequence++;
	gclk_ptp_get_encode(&instance->ask, message);
	gclk_paths_send(instance->paths, message, sizeof(message));
}

/* Takes over settings. */
static void add_instance(Ptp4lProbe *probe, const GclkProcess *process, GclkPtp4lSettings *settings)
{
	Instance *instance = &probe->instances[probe->n];
	struct epoll_event event = { .events = EPOLLIN, .data = { .u32 = probe->n } };

	if (probe->n == INSTANCES_MAX) {
		gclk_ptp4l_settings_free(settings);
		return;
	}
	probe->n++;
	instance->process = process;
	instance->settings = settings;
	instance->paths = gclk_paths_new();
	if (!reach(instance) ||
		epoll_ctl(probe->epoll, EPOLL_CTL_ADD, gclk_paths_fd(instance->paths), &event)) {
		g_clear_pointer(&instance->paths, gclk_paths_free);
		return;
	}
	instance->ask.domain = settings->domain;
	instance->ask.transport_specific = settings->transport_specific;
	instance->ask.port = (guint16)g_random_int();
	instance->ask.sequence = (guint16)g_random_int();
	ask_next(instance);
}

static gboolean is_known(const Ptp4lProbe *probe, const char *path)
{
	for (guint i = 0; i < probe->n; i++)
		if (g_strcmp0(probe->instances[i].socket, path) == 0 ||
			g_strcmp0(probe->instances[i].settings->socket, path) == 0 ||
			g_strcmp0(probe->instances[i].settings->read_only_socket, path) == 0)
			return TRUE;
	return FALSE;
}

static void add_socket(Ptp4lProbe *probe, const char *path)
{
	GclkPtp4lSettings *settings;

	if (is_known(probe, path))
		return;
	settings = gclk_ptp4l_settings_new(NULL, NULL);
	settings->socket = g_strdup(path);
	add_instance(probe, NULL, settings);
}

/* A socket that nobody listens on is only the remains of a ptp4l. */
static void drop_unreachable(Ptp4lProbe *probe)
{
	Instance *last = &probe->instances[probe->n - 1];

	if (last->paths || last->error == EACCES)
		return;
	gclk_ptp4l_settings_free(last->settings);
	g_free(last->socket);
	memset(last, 0, sizeof(*last));
	probe->n--;
}

/* Without a process that can be seen, ptp4l may run in another container. */
static void add_usual(Ptp4lProbe *probe)
{
	add_instance(probe, NULL, gclk_ptp4l_settings_new(NULL, NULL));
	if (probe->instances[0].error == EACCES)
		probe->instances[0].error = ENOENT; /* nor is it known whether it runs */
	drop_unreachable(probe);
}

static void add_all(Ptp4lProbe *probe, const GclkProbePlaces *places)
{
	const GclkProcess *timemaster = gclk_processes_find(probe->processes, "timemaster");

	for (guint i = 0; i < probe->processes->all->len; i++) {
		const GclkProcess *process = probe->processes->all->pdata[i];

		if (strcmp(process->comm, "ptp4l") == 0 && process->privileged)
			add_instance(probe, process, gclk_ptp4l_settings_read(process->argv));
	}
	for (gsize i = 0; places->ptp4l_sockets && places->ptp4l_sockets[i]; i++)
		add_socket(probe, places->ptp4l_sockets[i]);
	if (timemaster && timemaster->privileged) {
		g_autoptr(GPtrArray) its = gclk_timemaster_sockets(timemaster);

		for (guint i = 0; i < its->len; i++)
			add_socket(probe, its->pdata[i]);
		probe->timemaster = gclk_timemaster_report(timemaster, its);
	}
	if (probe->n == 0 && !places->ptp4l_sockets)
		add_usual(probe);
}

/* --- answers ---------------------------------------------------------------------------------- */

static gboolean is_ours(const Instance *instance, const GclkPtpAnswer *answer)
{
	guint16 back = (guint16)(instance->ask.sequence - answer->ask.sequence);

	return answer->ask.port == instance->ask.port && back < instance->asked &&
	       gclk_ptp4l_ids[instance->asked - 1 - back] == answer->ask.id;
}

/* Sockets may stand where everybody may make one. root's, or our own user's: it could lie to us in
   other ways. */
static gboolean is_trusted(const GclkDatagram *datagram, const GclkProcess *sender)
{
	return sender ? sender->privileged
		      : datagram->uid == 0 || datagram->uid == (gint64)geteuid();
}

static void take(Ptp4lProbe *probe, Instance *instance, const GclkDatagram *datagram)
{
	GclkPtpAnswer answer;
	const GclkProcess *sender =
		gclk_processes_find_pid(probe->processes, "ptp4l", datagram->pid);

	if (!is_trusted(datagram, sender) ||
		!gclk_ptp_answer_parse(datagram->bytes, datagram->length, &answer) ||
		!is_ours(instance, &answer) || !gclk_ptp4l_state_take(&instance->state, &answer)) {
		instance->garbled++;
		return;
	}
	instance->understood++;
	/* The kernel says who answered: a process that we did not know of, or not the one that we
	   thought it is. */
	if (sender && sender != instance->process) {
		gclk_ptp4l_settings_free(instance->settings);
		instance->settings = gclk_ptp4l_settings_read(sender->argv);
		instance->process = sender;
	}
	if (answer.ask.sequence == instance->ask.sequence)
		ask_next(instance);
}

static void read_instance(Ptp4lProbe *probe, Instance *instance)
{
	g_autofree GclkDatagram *datagram = g_new(GclkDatagram, 1);

	for (guint i = 0; i < TURN_MAX && gclk_paths_receive(instance->paths, datagram); i++)
		take(probe, instance, datagram);
}

static gboolean is_done(const Instance *instance)
{
	return !instance->paths || gclk_paths_fd(instance->paths) < 0 ||
	       gclk_ptp4l_state_complete(&instance->state);
}

static void readable(GclkProbe *base)
{
	Ptp4lProbe *probe = (Ptp4lProbe *)base;
	gboolean done = TRUE;

	for (guint i = 0; i < probe->n; i++) {
		if (!is_done(&probe->instances[i]))
			read_instance(probe, &probe->instances[i]);
		done = done && is_done(&probe->instances[i]);
	}
	if (done)
		base->fd = -1;
}

/* --- reports ---------------------------------------------------------------------------------- */

/* The interface of the port that matters: as it says, else the only one that it was told. */
static const char *interface_of(const Instance *instance)
{
	const GclkPtp4lPort *port = gclk_ptp4l_state_port(&instance->state);
	const GPtrArray *interfaces = instance->settings->interfaces;

	if (port && *port->interface)
		return port->interface;
	if (interfaces->len == 1)
		return interfaces->pdata[0];
	return port && port->number <= interfaces->len ? interfaces->pdata[port->number - 1] : NULL;
}

static gint64 realtime(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return t.tv_sec * GCLK_NS_PER_S + t.tv_nsec;
}

static void judge(const Instance *instance, gboolean answered, GclkDaemonReport *report)
{
	const char *interface = interface_of(instance);
	gboolean hardware = gclk_ptp4l_stamping(&instance->state, instance->settings) ==
			    GCLK_PTP_STAMPING_HARDWARE;
	/* Names of interfaces mean something in their own network namespace only. */
	gboolean here = !instance->process || !instance->process->elsewhere;
	g_autofree char *device =
		hardware && here && interface ? gclk_phc_device("", interface) : NULL;
	GclkPhcReading reading = { 0 };
	GclkPtp4lView view = { .settings = instance->settings,
		.process_seen = instance->process != NULL,
		.able = instance->process && instance->process->able,
		.device = device ? device : interface };

	view.has_phc = device && gclk_phc_read(device, &reading, NULL);
	view.phc = reading.time;
	view.real = realtime();
	gclk_ptp4l_judge_steers(&instance->state, &view, report);
	if (answered)
		gclk_ptp4l_judge(&instance->state, &view, report);
}

static void report_unreachable(const Instance *instance, GclkDaemonReport *report)
{
	const char *way = instance->socket ? instance->socket : sockets[1];

	report->presence = instance->error == EACCES ? GCLK_DAEMON_FORBIDDEN : GCLK_DAEMON_SILENT;
	report->problem = g_strdup_printf("%s: %s", way, g_strerror(instance->error));
	g_free(report->remedy);
	report->remedy = g_strdup(
		instance->error == EACCES
			? "run hostclock as root; from linuxptp 4.0 on ptp4l has a read-only "
			  "socket that answers everybody"
			: "name its management socket (ptp4l-sockets in hostclock.conf)");
}

static GclkDaemonReport *report_on(const Instance *instance)
{
	GclkDaemonReport *report = gclk_daemon_report_new("ptp4l");

	report->pid = instance->process ? instance->process->pid : 0;
	judge(instance, instance->understood > 0, report);
	if (instance->understood > 0) {
		gclk_daemon_report_add_evidence(report, "asked at %s (domain %u)", instance->socket,
			instance->settings->domain);
	} else if (instance->paths) {
		report->presence = instance->garbled ? GCLK_DAEMON_GARBLED : GCLK_DAEMON_SILENT;
		report->problem = g_strdup_printf("%s %s", instance->socket,
			instance->garbled ? "gave answers that cannot be understood"
					  : "did not answer");
	} else {
		report_unreachable(instance, report);
	}
	return report;
}

static void finish(GclkProbe *base, GPtrArray *reports)
{
	Ptp4lProbe *probe = (Ptp4lProbe *)base;

	for (guint i = 0; i < probe->n; i++) {
		Instance *instance = &probe->instances[i];

		g_ptr_array_add(reports, report_on(instance));
		gclk_paths_free(instance->paths);
		gclk_ptp4l_settings_free(instance->settings);
		g_free(instance->socket);
	}
	if (probe->timemaster)
		g_ptr_array_add(reports, probe->timemaster);
	close(probe->epoll);
	g_free(probe);
}

GclkProbe *gclk_probe_ptp4l_new(const GclkProbePlaces *places, const GclkProcesses *processes)
{
	Ptp4lProbe *probe = g_new0(Ptp4lProbe, 1);

	probe->probe = (GclkProbe){ .fd = -1, .readable = readable, .finish = finish };
	probe->processes = processes;
	probe->epoll = epoll_create1(EPOLL_CLOEXEC);
	add_all(probe, places);
	for (guint i = 0; i < probe->n; i++)
		if (!is_done(&probe->instances[i]))
			probe->probe.fd = probe->epoll;
	return &probe->probe;
}
