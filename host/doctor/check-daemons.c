/* SPDX-License-Identifier: BSD-2-Clause */
/* HostSync as findings; who may ask the daemons; the clock of the next boot. */
#include <string.h>

#include "doctor/check.h"
#include "guestclock/address.h"

#define EVIDENCE_MAX 6

/* --- HostSync --------------------------------------------------------------------------------- */

static void show_evidence(GclkFinding *finding, const GclkHostSync *sync)
{
	for (guint i = 0; i < MIN(sync->evidence->len, EVIDENCE_MAX); i++)
		gclk_finding_add_evidence(finding, "%s", (const char *)sync->evidence->pdata[i]);
	if (sync->evidence->len > EVIDENCE_MAX)
		gclk_finding_add_evidence(finding, "and %u more: hostclock status",
			sync->evidence->len - EVIDENCE_MAX);
}

/* Is it what the reason says already: the same cure, and the same words at the end? */
static gboolean is_reason(const GclkHostSync *sync, const GclkFinding *finding)
{
	const char *problem = sync->reason ? strstr(sync->reason, ": ") : NULL;

	return problem && finding->remedy && g_strcmp0(finding->remedy, sync->remedy) == 0 &&
	       g_str_has_suffix(finding->statement, problem);
}

void gclk_check_sync(const GclkHostSync *sync, GPtrArray *findings)
{
	const gboolean unknown = sync->effective == GCLK_PROTOCOL_UNKNOWN;
	g_autofree char *statement = g_strdup_printf("This host is %s%s%s",
		sync->summary ? sync->summary : "in an unknown state", sync->reason ? ": " : "",
		sync->reason ? sync->reason : "");
	GclkFinding *finding = gclk_findings_add(findings,
		sync->synchronised ? "synchronised"
		: unknown          ? "unknown"
				   : "not-synchronised",
		sync->synchronised ? GCLK_SEVERITY_OK
		: unknown          ? GCLK_SEVERITY_WARNING
				   : GCLK_SEVERITY_CRITICAL,
		statement, sync->remedy);

	if (!sync->synchronised)
		show_evidence(finding, sync);
	for (guint i = 0; i < sync->findings->len; i++) {
		const GclkFinding *own = sync->findings->pdata[i];

		if (sync->synchronised || !is_reason(sync, own))
			g_ptr_array_add(findings, gclk_finding_copy(own));
	}
}

/* --- chronyd ---------------------------------------------------------------------------------- */

/* The finding that says that it cannot be asked, or a new note. */
static GclkFinding *tell_unasked(GPtrArray *findings, const char *file)
{
	GclkFinding *told = gclk_check_mute(findings, "chronyd");
	g_autofree char *remedy = NULL;

	if (told)
		return told;
	remedy = g_strdup_printf(
		"remove that line from %s and restart chronyd: it then answers programs of this "
		"host, and still nobody else",
		file);
	return gclk_check_tell(findings, "chronyd", "asked-by-root-only", GCLK_SEVERITY_NOTE,
		remedy,
		"answers root alone: hostclock and monitoring of other users cannot ask it");
}

static gboolean is_loopback(const char *text)
{
	GclkAddress address;

	return gclk_address_parse(text, 0, &address) &&
	       (gclk_address_is_loopback(&address) || strcmp(text, "0.0.0.0") == 0 ||
		       strcmp(text, "::") == 0);
}

/* UDP: switched off by port 0, or bound to another address. A path is the UNIX socket. */
static const GclkConfigLine *no_udp(const GclkTimeConfig *config)
{
	const GclkConfigLine *port = gclk_time_config_find(config, "cmdport"), *other = NULL;

	if (port && g_strcmp0(port->words[1], "0") == 0)
		return port;
	for (guint i = 0; i < config->lines->len; i++) {
		const GclkConfigLine *line = config->lines->pdata[i];
		const char *value = line->words[1];

		if (!gclk_config_line_is(line, "bindcmdaddress") || !value || *value == '/')
			continue;
		if (is_loopback(value))
			return NULL;
		other = line;
	}
	return other;
}

void gclk_check_chrony(const GclkTimeConfig *config, GPtrArray *findings)
{
	const GclkConfigLine *line = no_udp(config);
	g_autofree char *remedy = NULL;
	GclkFinding *finding;

	if (line)
		gclk_check_show(tell_unasked(findings, config->file), line);
	if (config->lines->len == 0 || gclk_time_config_find(config, "makestep") ||
		gclk_time_config_find(config, "initstepslew"))
		return;
	remedy = g_strdup_printf(
		"add the line \"makestep 1 3\" to %s and restart chronyd", config->file);
	finding = gclk_check_tell(findings, "chronyd", "no-makestep", GCLK_SEVERITY_NOTE, remedy,
		"may not step the clock: after a boot an hour off, it needs half a day to mend "
		"that");
	gclk_finding_add_evidence(finding, "%s: no \"makestep\"", config->file);
}

/* --- ptp4l ------------------------------------------------------------------------------------ */

void gclk_check_ptp4l(const GclkPtp4lSocket *socket, GPtrArray *findings)
{
	GclkFinding *finding;

	if (socket->there || gclk_check_mute(findings, "ptp4l"))
		return;
	finding = gclk_check_tell(findings, "ptp4l", "ptp4l-root-only", GCLK_SEVERITY_NOTE,
		"run hostclock as root where it must know, or install linuxptp 4.0 or later, whose "
		"ptp4l has a read-only socket for everybody (uds_ro_address)",
		"answers root alone: it has no read-only socket");
	gclk_finding_add_evidence(finding, "process %" G_GINT64_FORMAT ": there is no %s",
		socket->pid, socket->socket);
}

/* --- the clock of the next boot --------------------------------------------------------------- */

static void check_kernel(
	const GclkHostSync *sync, const GclkKernelClock *kernel, GPtrArray *findings)
{
	if (!sync->synchronised || !kernel->known || !kernel->unsynchronised)
		return;
	gclk_finding_add_evidence(
		gclk_findings_add(findings, "rtc-not-kept", GCLK_SEVERITY_NOTE,
			"The kernel does not keep the hardware clock right: the next boot begins "
			"with whatever that says",
			"run \"hwclock --systohc\" at shutdown, or use a daemon that clears the "
			"kernel's flag (chronyd with rtcsync)"),
		"adjtimex: the kernel calls its clock unsynchronised (STA_UNSYNC), and so never "
		"writes it into the hardware clock");
}

void gclk_check_rtc(const GclkTimeConfig *chrony, const GclkHostSync *sync,
	const GclkKernelClock *kernel, GPtrArray *findings)
{
	g_autofree char *remedy = NULL;
	GclkFinding *finding;

	if (!chrony) {
		check_kernel(sync, kernel, findings);
		return;
	}
	if (chrony->lines->len == 0 || gclk_time_config_find(chrony, "rtcsync") ||
		gclk_time_config_find(chrony, "rtcfile"))
		return;
	remedy =
		g_strdup_printf("add the line \"rtcsync\" to %s and restart chronyd", chrony->file);
	finding = gclk_check_tell(findings, "chronyd", "rtc-not-kept", GCLK_SEVERITY_NOTE, remedy,
		"does not keep the hardware clock right: the next boot begins with whatever that "
		"says");
	gclk_finding_add_evidence(finding, "%s: neither \"rtcsync\" nor \"rtcfile\"", chrony->file);
}
