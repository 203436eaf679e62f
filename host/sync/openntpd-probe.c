/* SPDX-License-Identifier: BSD-2-Clause */
/* Asks OpenNTPD by running its ntpctl; there is no protocol that would outlive a release. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sync/openntpd.h"
#include "sync/probe.h"

#define COMM     "ntpd"
#define TEXT_MAX 65536

typedef struct {
	GclkProbe probe;
	const GclkProcess *process;
	GPid child; /* 0: it could not be started */
	int output;
	GString *text;
	gboolean complete;
	char *problem;
} Openntpd;

/* The output ends, or is more than any ntpctl says. */
static void readable(GclkProbe *probe)
{
	Openntpd *self = (Openntpd *)probe;
	char part[4096];
	ssize_t n = read(self->output, part, sizeof(part));

	if (n > 0 && self->text->len < TEXT_MAX) {
		g_string_append_len(self->text, part, n);
		return;
	}
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	self->complete = n == 0;
	probe->fd = -1;
}

static void end_child(Openntpd *self)
{
	int status;

	if (self->output >= 0)
		close(self->output);
	if (self->child <= 0)
		return;
	kill(self->child, SIGKILL);
	while (waitpid(self->child, &status, 0) < 0 && errno == EINTR)
		;
}

static void finish(GclkProbe *probe, GPtrArray *reports)
{
	Openntpd *self = (Openntpd *)probe;
	GclkDaemonReport *report = gclk_daemon_report_new("openntpd");
	GclkOpenntpdStatus status;

	end_child(self);
	gclk_process_tell(self->process, report);
	if (self->complete) {
		gclk_openntpd_parse(self->text->str, &status);
		gclk_openntpd_judge(&status, report);
		gclk_openntpd_clear(&status);
	} else {
		report->presence = GCLK_DAEMON_SILENT;
		report->problem = self->problem
					  ? g_steal_pointer(&self->problem)
					  : g_strdup_printf("ntpctl gave no answer within %d ms",
						    GCLK_PROBE_TIMEOUT_MS);
		report->remedy = g_strdup("see what `ntpctl -s all` says");
	}
	g_ptr_array_add(reports, report);
	g_string_free(self->text, TRUE);
	g_free(self->problem);
	g_free(self);
}

/* Its messages are English whatever the admin speaks. */
static void start(Openntpd *self, const char *ntpctl)
{
	char *argv[] = { (char *)ntpctl, "-s", "all", NULL };
	g_auto(GStrv) environment = g_environ_setenv(g_get_environ(), "LC_ALL", "C", TRUE);
	int pipes[2];

	if (pipe2(pipes, O_CLOEXEC) != 0) {
		self->problem = g_strdup_printf("no pipe for ntpctl: %s", g_strerror(errno));
		return;
	}
	fcntl(pipes[0], F_SETFL, O_NONBLOCK);
	if (g_spawn_async_with_fds(NULL, argv, environment,
		    G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, &self->child, -1,
		    pipes[1], pipes[1], NULL)) {
		self->output = self->probe.fd = pipes[0];
	} else {
		self->problem = g_strdup_printf("%s cannot be run", ntpctl);
		self->child = 0;
		close(pipes[0]);
	}
	close(pipes[1]);
}

static const GclkProcess *process_of(const GclkProcesses *processes)
{
	const GclkProcess *found = NULL;

	for (guint i = 0; i < processes->all->len; i++) {
		const GclkProcess *process = processes->all->pdata[i];

		if (strcmp(process->comm, COMM) == 0 && process->openntpd &&
			gclk_process_outranks(process, found))
			found = process;
	}
	return found;
}

GclkProbe *gclk_probe_openntpd_new(const GclkProbePlaces *places, const GclkProcesses *processes)
{
	const GclkProcess *process = process_of(processes);
	g_autofree char *found = NULL;
	Openntpd *self;

	if (!process && !places->ntpctl)
		return NULL;
	self = g_new0(Openntpd, 1);
	self->probe.fd = self->output = -1;
	self->probe.readable = readable;
	self->probe.finish = finish;
	self->process = process;
	self->text = g_string_new(NULL);
	found = g_find_program_in_path("ntpctl");
	/* PATH of plain users has no sbin */
	start(self, places->ntpctl ? places->ntpctl : found ? found : "/usr/sbin/ntpctl");
	return &self->probe;
}
