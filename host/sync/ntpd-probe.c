/* SPDX-License-Identifier: BSD-2-Clause */
/* Asks ntpd (ntp.org, ntpsec) by NTP control messages: its peers, its own state, and the selected
   peer's. */
#include <string.h>

#include "guestclock/ntp-packet.h"
#include "sync/ntpd.h"
#include "sync/paths.h"
#include "sync/probe.h"

#define COMM  "ntpd"
#define BURST 16

#define ALLOW                                                                                      \
	"add the lines \"restrict 127.0.0.1\" and \"restrict ::1\" (without noquery) to "          \
	"ntp.conf and restart ntpd"

typedef enum { ASKED_PEERS, ASKED_SYSTEM, ASKED_PEER, FINISHED } State;

typedef struct {
	GclkProbe probe;
	const GclkProcesses *processes;
	GclkPaths *paths;
	gboolean told;    /* its address was configured: expect it there */
	gboolean guarded; /* not everybody may take its port */

	State state;
	gboolean all_variables; /* it does not know one of the names that we asked for */
	gboolean began;
	GclkMode6Answer answer;

	guint n_peers;
	GclkMode6Peer selected; /* association 0: none */
	GclkNtpdSystem system;
	GclkNtpdPeer peer;
	GclkDaemonPresence presence;
	const char *problem; /* static */
} Ntpd;

static void ask(Ntpd *self, State state)
{
	guint8 packet[GCLK_MODE6_REQUEST_MAX];
	GclkMode6Answer *answer = &self->answer;
	const char *names = NULL;
	gsize length;

	memset(answer, 0, sizeof(*answer));
	self->state = state;
	answer->op = state == ASKED_PEERS ? GCLK_MODE6_READSTAT : GCLK_MODE6_READVAR;
	answer->sequence = (guint16)g_random_int();
	answer->association = state == ASKED_PEER ? self->selected.association : 0;
	if (!self->all_variables && state != ASKED_PEERS)
		names = state == ASKED_SYSTEM ? GCLK_NTPD_SYSTEM_VARIABLES
					      : GCLK_NTPD_PEER_VARIABLES;
	length = gclk_mode6_request(
		answer->op, answer->sequence, answer->association, names, packet);
	gclk_paths_send(self->paths, packet, length);
}

static void end(Ntpd *self, GclkDaemonPresence presence, const char *problem)
{
	self->state = FINISHED;
	self->presence = presence;
	self->problem = problem;
}

/* --- answers ---------------------------------------------------------------------------------- */

static void take_peers(Ntpd *self)
{
	self->n_peers = gclk_mode6_n_peers(&self->answer);
	for (guint i = 0; i < self->n_peers; i++) {
		GclkMode6Peer peer = gclk_mode6_peer(&self->answer, i);

		/* 7 is the PPS peer, which stands beside the one that numbers the seconds */
		if (gclk_mode6_is_selected(peer.status) && peer.association != 0 &&
			gclk_mode6_selection(peer.status) >
				gclk_mode6_selection(self->selected.status))
			self->selected = peer;
	}
	if (!gclk_mode6_is_selected(self->selected.status))
		self->selected.association = 0;
	ask(self, ASKED_SYSTEM);
}

static void take_answer(Ntpd *self)
{
	if (self->state == ASKED_PEERS) {
		take_peers(self);
	} else if (self->state == ASKED_SYSTEM) {
		gclk_ntpd_read_system(&self->answer, &self->system);
		if (self->system.stratum < 0)
			end(self, GCLK_DAEMON_GARBLED, "its answer says nothing of what was asked");
		else if (self->selected.association != 0)
			ask(self, ASKED_PEER);
		else
			end(self, GCLK_DAEMON_ANSWERS, NULL);
	} else {
		gclk_ntpd_read_peer(&self->answer, &self->peer);
		end(self, GCLK_DAEMON_ANSWERS, NULL);
	}
}

static void take_error(Ntpd *self)
{
	if (self->answer.error == GCLK_MODE6_ERROR_UNKNOWN_VARIABLE && !self->all_variables) {
		self->all_variables = TRUE;
		ask(self, self->state);
	} else if (self->answer.error == GCLK_MODE6_ERROR_PERMISSION) {
		end(self, GCLK_DAEMON_FORBIDDEN, "it does not allow us to ask");
	} else {
		end(self, GCLK_DAEMON_GARBLED, "it answers with an error");
	}
}

static void take(Ntpd *self, const GclkDatagram *datagram)
{
	GclkMode6Result result = gclk_mode6_take(&self->answer, datagram->bytes, datagram->length);

	if (result == GCLK_MODE6_FOREIGN)
		return;
	/* At once: a second answer over the other address must not mix with this one. */
	self->began = TRUE;
	gclk_paths_choose(self->paths, datagram->way);
	if (result == GCLK_MODE6_COMPLETE)
		take_answer(self);
	else if (result == GCLK_MODE6_ERROR)
		take_error(self);
	else if (result == GCLK_MODE6_GARBLED)
		end(self, GCLK_DAEMON_GARBLED, "its answer cannot be understood");
}

static void readable(GclkProbe *probe)
{
	Ntpd *self = (Ntpd *)probe;
	GclkDatagram datagram;

	for (guint i = 0; i < BURST && self->state != FINISHED; i++)
		if (gclk_paths_receive(self->paths, &datagram))
			take(self, &datagram);
		else
			break;
	probe->fd = self->state == FINISHED ? -1 : gclk_paths_fd(self->paths);
}

/* --- the report ------------------------------------------------------------------------------- */

/* The ntpd that is not OpenNTPD's; or NULL. */
static const GclkProcess *process_of(const GclkProcesses *processes)
{
	const GclkProcess *found = NULL;

	for (guint i = 0; i < processes->all->len; i++) {
		const GclkProcess *process = processes->all->pdata[i];

		if (strcmp(process->comm, COMM) == 0 && !process->openntpd &&
			gclk_process_outranks(process, found))
			found = process;
	}
	return found;
}

static void explain_silence(const Ntpd *self, const GclkProcess *process, GclkDaemonReport *report)
{
	report->presence = GCLK_DAEMON_SILENT;
	if (process && process->elsewhere && !self->told) {
		report->problem = g_strdup(
			"it runs in another network namespace, so that it cannot be asked");
		report->remedy = g_strdup("run hostclock in that namespace, or let ntpd run in the "
					  "host's own");
		return;
	}
	report->problem = g_strdup_printf(
		"no answer to control messages within %d ms", GCLK_PROBE_TIMEOUT_MS);
	report->remedy = g_strdup(
		"ntpd ignores questions silently unless its configuration allows them: " ALLOW);
}

static GclkDaemonReport *make_report(const Ntpd *self, const GclkProcess *process)
{
	GclkDaemonReport *report = gclk_daemon_report_new(COMM);

	gclk_process_tell(process, report);
	if (self->state != FINISHED) {
		explain_silence(self, process, report);
	} else if (self->presence == GCLK_DAEMON_ANSWERS) {
		gclk_ntpd_judge(&self->system, self->selected.association != 0 ? &self->peer : NULL,
			self->n_peers, g_get_real_time() * GCLK_NS_PER_US, report);
	} else {
		report->presence = self->presence;
		report->problem = g_strdup(self->problem);
		report->remedy = g_strdup(self->presence == GCLK_DAEMON_FORBIDDEN
						  ? ALLOW
						  : "see what `ntpq -c rv` says");
	}
	return report;
}

static void finish(GclkProbe *probe, GPtrArray *reports)
{
	Ntpd *self = (Ntpd *)probe;
	const GclkProcess *process = process_of(self->processes);

	/* what answers cannot be one in another network namespace, and may be anybody's where
	   everybody may take the port */
	if (process && self->began && (process->elsewhere || !self->guarded))
		process = NULL;
	if ((process && gclk_process_concerns(process)) || self->told || self->began)
		g_ptr_array_add(reports, make_report(self, process));
	gclk_paths_free(self->paths);
	g_free(self);
}

GclkProbe *gclk_probe_ntpd_new(const GclkProbePlaces *places, const GclkProcesses *processes)
{
	const GclkProcess *process = process_of(processes);
	guint16 port = places->ntp_port ? places->ntp_port : GCLK_NTP_PORT;
	Ntpd *self;

	/* Other programs serve this port too, and are silent. Where no process can be seen at all
	   (hidepid), asking is the only way to know. */
	if (!process && !places->ntp_address && processes->all->len > 0)
		return NULL;
	self = g_new0(Ntpd, 1);
	self->probe.readable = readable;
	self->probe.finish = finish;
	self->processes = processes;
	self->told = places->ntp_address != NULL;
	self->guarded = gclk_paths_is_guarded(port);
	self->paths = gclk_paths_new();
	if (places->ntp_address) {
		gclk_paths_add_udp(self->paths, places->ntp_address, port);
	} else {
		gclk_paths_add_udp(self->paths, "127.0.0.1", port);
		gclk_paths_add_udp(self->paths, "::1", port);
	}
	ask(self, ASKED_PEERS);
	self->probe.fd = gclk_paths_fd(self->paths);
	return &self->probe;
}
