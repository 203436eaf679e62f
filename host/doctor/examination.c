/* SPDX-License-Identifier: BSD-2-Clause */
#include "doctor/examination.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "doctor/check.h"
#include "doctor/domain-look.h"
#include "sync/processes.h"
#include "sync/ptp4l-settings.h"

#define READ_ONLY_SOCKET "/var/run/ptp4lro" /* ptp4l(8), uds_ro_address */
#define COMM_LENGTH      15                 /* proc(5): longer names are cut */
#define RTC              "/sys/class/rtc/rtc0"

typedef struct {
	const GclkHostExamination *wish;
	GclkProcesses *processes;
	GclkHostDiagnosis *out;
} Look;

static void note_unseen(const Look *look, const GPtrArray *lines)
{
	for (guint i = 0; i < lines->len; i++)
		g_ptr_array_add(look->out->unseen, g_strdup(lines->pdata[i]));
}

/* --- hostclock's own -------------------------------------------------------------------------- */

static gint64 changed(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 ? MAX((gint64)status.st_mtim.tv_sec, 1) : 0;
}

static void look_at_config(const Look *look)
{
	const GclkHostExamination *wish = look->wish;
	const GclkGateSwitch view = {
		.enforce = wish->config->enforce,
		.config_file = wish->config_file,
		.switch_file = wish->config->switch_file,
		.config_since = changed(wish->config_file),
		.switch_since = changed(wish->config->switch_file),
	};

	if (g_error_matches(wish->config_error, G_FILE_ERROR, G_FILE_ERROR_ACCES))
		g_ptr_array_add(look->out->unseen, g_strdup(wish->config_error->message));
	else if (wish->config_error)
		gclk_findings_add(look->out->findings, "configuration", GCLK_SEVERITY_WARNING,
			wish->config_error->message,
			"mend it: until then the gate works with the defaults, and hostclock's "
			"other commands do not work");
	gclk_check_switch(&view, look->out->findings);
}

/* --- the daemons ------------------------------------------------------------------------------ */

/* One in another network namespace is another machine's, as a container's is. */
static const GclkProcess *find_process(const Look *look, GclkTimeDaemon daemon)
{
	const char *name = gclk_time_daemon_name(daemon);

	for (guint i = 0; i < look->processes->all->len; i++) {
		const GclkProcess *process = look->processes->all->pdata[i];

		if (strncmp(process->comm, name, COMM_LENGTH) == 0 && !process->openntpd &&
			!process->elsewhere)
			return process;
	}
	return NULL;
}

/* What a daemon was told; NULL: it does not run here. */
static GclkTimeConfig *look_at_daemon(const Look *look, GclkTimeDaemon daemon)
{
	const GclkProcess *process = find_process(look, daemon);
	GclkTimeConfig *config;

	if (!process)
		return NULL;
	config = gclk_time_config_read(daemon,
		daemon == GCLK_TIME_CHRONYD ? look->wish->config->chrony_config : NULL,
		process->argv);
	note_unseen(look, config->unreadable);
	gclk_check_servers(config, look->out->findings);
	return config;
}

static void look_at_chrony(const Look *look)
{
	g_autoptr(GclkTimeConfig) chrony = look_at_daemon(look, GCLK_TIME_CHRONYD);
	const GclkProcess *process = find_process(look, GCLK_TIME_CHRONYD);
	GclkKernelClock kernel;

	if (chrony)
		gclk_check_chrony(chrony, look->out->findings);
	if (!g_file_test(RTC, G_FILE_TEST_EXISTS))
		return;
	gclk_kernel_clock_read(&kernel);
	gclk_check_rtc(chrony && process->steers ? chrony : NULL, look->wish->sync, &kernel,
		look->out->findings);
}

static void look_at_ntpd(const Look *look)
{
	g_autoptr(GclkTimeConfig) ntpd = look_at_daemon(look, GCLK_TIME_NTPD);

	if (ntpd)
		gclk_check_restrict(ntpd, look->out->findings);
}

/* What it is given is all that can be said of it. */
static void look_at_timesyncd(const Look *look)
{
	gclk_time_config_free(look_at_daemon(look, GCLK_TIME_TIMESYNCD));
}

static void look_at_ptp4l(const Look *look)
{
	for (guint i = 0; i < look->processes->all->len; i++) {
		const GclkProcess *process = look->processes->all->pdata[i];
		g_autoptr(GclkPtp4lSettings) settings = NULL;
		GclkPtp4lSocket socket = { .pid = process->pid };

		/* without its command line its sockets are not known */
		if (strcmp(process->comm, "ptp4l") != 0 || !process->argv[0] || process->elsewhere)
			continue;
		settings = gclk_ptp4l_settings_read(process->argv);
		socket.socket =
			settings->read_only_socket ? settings->read_only_socket : READ_ONLY_SOCKET;
		socket.there = g_file_test(socket.socket, G_FILE_TEST_EXISTS);
		gclk_check_ptp4l(&socket, look->out->findings);
	}
}

/* --- libvirt ---------------------------------------------------------------------------------- */

static void look_at_domains(const Look *look, GclkGateStanding gate)
{
	g_autoptr(GclkDomainLook) domains = NULL;

	if (!look->wish->libvirt) {
		g_ptr_array_add(look->out->unseen, g_strdup("the VMs: --no-libvirt"));
		return;
	}
	domains = gclk_domain_look(look->wish->uri);
	if (domains->problem)
		g_ptr_array_add(
			look->out->unseen, g_strdup_printf("the VMs: %s", domains->problem));
	note_unseen(look, domains->unreadable);
	gclk_check_domains((const GclkDomainCase *)(gpointer)domains->cases->data,
		domains->cases->len, gate, look->wish->sync, look->out->findings);
	look->out->domains = domains->cases->len;
}

static void look_at_libvirt(const Look *look)
{
	g_autoptr(GclkHookView) view = gclk_hook_view_read("", look->wish->config->libvirt_hooks);
	const GclkGateStanding gate = gclk_check_hook(view, look->out->findings);

	if (gate != GCLK_GATE_NOT_HERE || look->wish->uri)
		look_at_domains(look, gate);
}

/* -----------------------------------------------------------------------------------------------
 */

void gclk_host_examine(const GclkHostExamination *wish, GclkHostDiagnosis *out)
{
	Look look = { wish, gclk_processes_read(""), out };

	out->findings = gclk_findings_new();
	out->unseen = g_ptr_array_new_with_free_func(g_free);
	out->domains = 0;
	gclk_check_sync(wish->sync, out->findings);
	look_at_config(&look);
	look_at_libvirt(&look);
	look_at_chrony(&look);
	look_at_ntpd(&look);
	look_at_timesyncd(&look);
	look_at_ptp4l(&look);
	gclk_findings_sort(out->findings);
	gclk_processes_free(look.processes);
}

void gclk_host_diagnosis_clear(GclkHostDiagnosis *diagnosis)
{
	g_clear_pointer(&diagnosis->findings, g_ptr_array_unref);
	g_clear_pointer(&diagnosis->unseen, g_ptr_array_unref);
}
