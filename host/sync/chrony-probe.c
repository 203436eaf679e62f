/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Asks chronyd: its UNIX socket (for root) and UDP (for all) side by side, then the one that
 * answered first for the rest.
 */
#include <errno.h>
#include <string.h>

#include "sync/chrony.h"
#include "sync/paths.h"
#include "sync/probe.h"

#define COMM         "chronyd"
#define USUAL_SOCKET "/run/chrony/chronyd.sock"
/* Looked through for the selected one; a pool makes a dozen at most. */
#define SOURCES_MAX 64
/* Read at one time; what a flood brings more than that waits for its turn, or the end. */
#define BURST 16

typedef struct {
	GclkProbe probe;
	const GclkProcesses *processes;
	GclkChronyConfig *config;
	GclkPaths *paths;
	char *socket_path;
	guint16 port;   /* 0: closed by its configuration */
	int unix_error; /* why the socket could not be opened, 0: it could */

	GclkChronyCommand command; /* that was asked last */
	guint32 sequence;
	GclkChronyAnswers answers;
	gboolean began, complete; /* a first answer has come; all have */
	gboolean local;           /* over the socket */
	gint64 pid;               /* that answered there; 0: not known */
	const char *problem;      /* static */
	GclkDaemonPresence presence;
} Chrony;

static void ask(Chrony *self, GclkChronyCommand command)
{
	guint8 packet[GCLK_CHRONY_PACKET_MAX];
	gsize length;

	self->command = command;
	self->sequence = g_random_int();
	length = gclk_chrony_request(command, self->sequence, self->answers.n_seen, packet);
	gclk_paths_send(self->paths, packet, length);
}

static void end(Chrony *self, GclkDaemonPresence presence, const char *problem)
{
	self->presence = presence;
	self->problem = problem;
	self->complete = TRUE;
}

/* --- answers ---------------------------------------------------------------------------------- */

static void next_source(Chrony *self)
{
	if (self->answers.has_selected || self->answers.n_seen >= self->answers.n_sources ||
		self->answers.n_seen >= SOURCES_MAX)
		end(self, GCLK_DAEMON_ANSWERS, NULL);
	else
		ask(self, GCLK_CHRONY_SOURCE_DATA);
}

static GclkChronyReply read_answer(Chrony *self, const GclkDatagram *datagram)
{
	GclkChronyAnswers *answers = &self->answers;
	GclkChronySource source;
	GclkChronyReply reply;

	if (self->command == GCLK_CHRONY_TRACKING)
		return gclk_chrony_read_tracking(
			datagram->bytes, datagram->length, self->sequence, &answers->tracking);
	if (self->command == GCLK_CHRONY_N_SOURCES)
		return gclk_chrony_read_n_sources(
			datagram->bytes, datagram->length, self->sequence, &answers->n_sources);
	reply = gclk_chrony_read_source(datagram->bytes, datagram->length, self->sequence, &source);
	if (reply == GCLK_CHRONY_REPLY_GOOD)
		gclk_chrony_add_source(answers, &source);
	return reply;
}

static void go_on(Chrony *self, const GclkDatagram *datagram)
{
	if (self->command == GCLK_CHRONY_TRACKING) {
		self->began = TRUE;
		self->local = datagram->local;
		self->pid = datagram->pid;
		gclk_paths_choose(self->paths, datagram->way);
		ask(self, GCLK_CHRONY_N_SOURCES);
	} else {
		next_source(self);
	}
}

static void take(Chrony *self, const GclkDatagram *datagram)
{
	switch (read_answer(self, datagram)) {
	case GCLK_CHRONY_REPLY_FOREIGN:
		return;
	case GCLK_CHRONY_REPLY_GOOD:
		go_on(self, datagram);
		return;
	case GCLK_CHRONY_REPLY_REFUSED:
		end(self, GCLK_DAEMON_FORBIDDEN, "it does not allow us to ask");
		return;
	case GCLK_CHRONY_REPLY_FAILED:
		end(self, GCLK_DAEMON_GARBLED,
			"it answers with an error, or speaks another version of its protocol");
		return;
	case GCLK_CHRONY_REPLY_GARBLED:
		end(self, GCLK_DAEMON_GARBLED, "its answer cannot be understood");
		return;
	}
}

static void readable(GclkProbe *probe)
{
	Chrony *self = (Chrony *)probe;
	GclkDatagram datagram;

	for (guint i = 0; i < BURST && !self->complete; i++)
		if (!gclk_paths_receive(self->paths, &datagram))
			break;
		else
			take(self, &datagram);
	probe->fd = self->complete ? -1 : gclk_paths_fd(self->paths);
}

/* --- the report ------------------------------------------------------------------------------- */

/* The one that answered. Over UDP it is the only one in our network namespace, or not known. */
static const GclkProcess *process_of(const Chrony *self)
{
	const GclkProcess *found = NULL;

	if (!self->began)
		return gclk_processes_find(self->processes, COMM);
	if (self->local)
		return gclk_processes_find_pid(self->processes, COMM, self->pid);
	if (!gclk_paths_is_guarded(self->port))
		return NULL;
	for (guint i = 0; i < self->processes->all->len; i++) {
		const GclkProcess *process = self->processes->all->pdata[i];

		if (process->elsewhere || strcmp(process->comm, COMM) != 0)
			continue;
		if (found)
			return NULL;
		found = process;
	}
	return found;
}

static void explain_silence(
	const Chrony *self, const GclkProcess *process, GclkDaemonReport *report)
{
	report->presence = GCLK_DAEMON_SILENT;
	if (self->unix_error == EACCES || self->unix_error == EPERM) {
		report->presence = GCLK_DAEMON_FORBIDDEN;
		report->problem = g_strdup_printf("its socket %s is for root only, and UDP port "
						  "323 does not answer either",
			self->socket_path);
		report->remedy =
			g_strdup("run this as root, or let chronyd listen for questions: remove "
				 "\"cmdport 0\" from its configuration and restart it");
		return;
	}
	if (process && process->elsewhere) {
		report->problem = g_strdup(
			"it runs in another network namespace, so that it cannot be asked");
		report->remedy = g_strdup(
			"name its command socket (bindcmdaddress) in hostclock's configuration");
		return;
	}
	report->problem =
		g_strdup_printf("no answer within %d ms, neither at %s nor at UDP port 323",
			GCLK_PROBE_TIMEOUT_MS, self->socket_path);
	report->remedy = g_strdup("see whether `chronyc tracking` answers; if chronyd was told to "
				  "use another socket, name that in hostclock's configuration");
}

static void judge(const Chrony *self, GclkDaemonReport *report)
{
	GclkChronyRefclock refclock = { 0 };
	gboolean has_refclock = self->answers.has_selected &&
				self->answers.selected.mode == GCLK_CHRONY_MODE_REFCLOCK;

	if (has_refclock)
		gclk_chrony_refclock_find(
			self->config, self->answers.selected.refid, "", &refclock);
	gclk_chrony_judge(&self->answers, has_refclock ? &refclock : NULL,
		g_get_real_time() * GCLK_NS_PER_US, report);
	gclk_chrony_refclock_clear(&refclock);
}

/* Other chronyds, which were not asked: who steers unseen must be told. */
static void report_others(const Chrony *self, const GclkProcess *asked, GPtrArray *reports)
{
	for (guint i = 0; i < self->processes->all->len; i++) {
		const GclkProcess *process = self->processes->all->pdata[i];
		GclkDaemonReport *report;

		if (process == asked || strcmp(process->comm, COMM) != 0 || !process->steers)
			continue;
		report = gclk_daemon_report_new(COMM);
		report->presence = GCLK_DAEMON_SILENT;
		report->problem =
			g_strdup("there is more than one chronyd, and this one was not asked");
		gclk_process_tell(process, report);
		g_ptr_array_add(reports, report);
	}
}

static void finish(GclkProbe *probe, GPtrArray *reports)
{
	Chrony *self = (Chrony *)probe;
	const GclkProcess *process = process_of(self);
	gboolean answered = self->complete || self->began;

	if (answered || (process && gclk_process_concerns(process))) {
		GclkDaemonReport *report = gclk_daemon_report_new(COMM);

		gclk_process_tell(process, report);
		if (self->complete && self->presence == GCLK_DAEMON_ANSWERS) {
			judge(self, report);
		} else if (self->complete) {
			report->presence = self->presence;
			report->problem = g_strdup(self->problem);
			report->remedy = g_strdup(self->presence == GCLK_DAEMON_FORBIDDEN
							  ? "run this as root"
							  : "see what `chronyc tracking` says");
		} else {
			explain_silence(self, process, report);
		}
		g_ptr_array_add(reports, report);
	}
	report_others(self, process, reports);
	gclk_paths_free(self->paths);
	gclk_chrony_config_free(self->config);
	g_free(self->socket_path);
	g_free(self);
}

/* --- the beginning ---------------------------------------------------------------------------- */

/* "bindcmdaddress /path" names the socket, and "/" means none; other values are UDP addresses. */
static char *configured_socket(const GclkChronyConfig *config)
{
	char *path = g_strdup(USUAL_SOCKET);

	for (guint i = 0; i < config->lines->len; i++) {
		const GclkChronyLine *line = config->lines->pdata[i];

		if (!gclk_chrony_line_is(line, "bindcmdaddress") || !line->words[1] ||
			line->words[1][0] != '/')
			continue;
		g_free(path);
		path = g_strdup(line->words[1]);
	}
	return path;
}

static guint16 configured_port(const GclkChronyConfig *config)
{
	const char *value = gclk_chrony_config_value(config, "cmdport");
	guint64 port = GCLK_CHRONY_PORT;

	if (value && !g_ascii_string_to_unsigned(value, 10, 0, G_MAXUINT16, &port, NULL))
		port = GCLK_CHRONY_PORT;
	return (guint16)port;
}

GclkProbe *gclk_probe_chrony_new(const GclkProbePlaces *places, const GclkProcesses *processes)
{
	Chrony *self = g_new0(Chrony, 1);
	const GclkProcess *process = gclk_processes_find(processes, COMM);
	char *nothing[] = { NULL };

	self->probe.readable = readable;
	self->probe.finish = finish;
	self->processes = processes;
	self->config =
		gclk_chrony_config_read(places->chrony_config, process ? process->argv : nothing);
	self->socket_path = places->chrony_socket ? g_strdup(places->chrony_socket)
						  : configured_socket(self->config);
	self->port = configured_port(self->config);
	self->paths = gclk_paths_new();
	if (!gclk_paths_add_unix(self->paths, self->socket_path))
		self->unix_error = errno;
	/* where anybody may answer, only if there is no better way */
	if (!places->chrony_socket && self->port != 0 &&
		(self->unix_error != 0 || gclk_paths_is_guarded(self->port))) {
		gclk_paths_add_udp(self->paths, "127.0.0.1", self->port);
		gclk_paths_add_udp(self->paths, "::1", self->port);
	}
	ask(self, GCLK_CHRONY_TRACKING);
	self->probe.fd = gclk_paths_fd(self->paths);
	return &self->probe;
}
