/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A probe asks one daemon. All are asked side by side by one poll loop (gclk_probes_run), 200 ms at
 * most together; each is a thin reader upon a pure parser of its own.
 */
#ifndef GUESTCLOCK_PROBE_H
#define GUESTCLOCK_PROBE_H

#include "sync/daemon-report.h"
#include "sync/processes.h"

#define GCLK_PROBE_TIMEOUT_MS 200

typedef struct GclkProbe GclkProbe;

/* A probe embeds this as its first member. */
struct GclkProbe {
	int fd; /* wait until it is readable; -1: nothing more to wait for */
	/* Reads what has come; may send the next request, change fd, or set it to -1: finished.
	   Never blocks. */
	void (*readable)(GclkProbe *probe);
	/* Ends it, finished or not: adds what it found to reports (GclkDaemonReport *), none if the
	   daemon is not here at all, several if there are several; then frees the probe. */
	void (*finish)(GclkProbe *probe, GPtrArray *reports);
};

/* Where to ask, from hostclock.conf; NULL members: the usual places of the daemon. Sockets of
   daemons in other network namespaces are files, and can be given here. */
typedef struct {
	const char *chrony_socket; /* else /run/chrony/chronyd.sock, then UDP 127.0.0.1:323 */
	const char *chrony_config; /* to tell what a refclock is */
	const char *const
		*ptp4l_sockets;     /* else /var/run/ptp4lro, /var/run/ptp4l, those of timemaster */
	const char *ntp_address;    /* else 127.0.0.1, ::1 */
	guint16 ntp_port;           /* 0: 123 */
	const char *timesync_bus;   /* D-Bus address; else the system bus */
	const char *timesync_stamp; /* else /run/systemd/timesync/synchronized */
	const char *ntpctl;         /* else "ntpctl" */
	const char *ptpd_status;    /* or NULL: as its command line says */
} GclkProbePlaces;

/* Everything a probe may look at when it begins. processes: of this host, with what they were told.
 */
typedef GclkProbe *(*GclkProbeNew)(const GclkProbePlaces *places, const GclkProcesses *processes);

GclkProbe *gclk_probe_chrony_new(const GclkProbePlaces *places, const GclkProcesses *processes);
GclkProbe *gclk_probe_ntpd_new(const GclkProbePlaces *places, const GclkProcesses *processes);
GclkProbe *gclk_probe_timesyncd_new(const GclkProbePlaces *places, const GclkProcesses *processes);
GclkProbe *gclk_probe_openntpd_new(const GclkProbePlaces *places, const GclkProcesses *processes);
GclkProbe *gclk_probe_ptp4l_new(const GclkProbePlaces *places, const GclkProcesses *processes);
GclkProbe *gclk_probe_phc2sys_new(const GclkProbePlaces *places, const GclkProcesses *processes);
GclkProbe *gclk_probe_ptpd_new(const GclkProbePlaces *places, const GclkProcesses *processes);

/* Asks all of them; at most GCLK_PROBE_TIMEOUT_MS. Array of GclkDaemonReport *; free with
   g_ptr_array_unref. */
GPtrArray *gclk_probes_run(const GclkProbePlaces *places, const GclkProcesses *processes);

#endif
