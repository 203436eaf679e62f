/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hostclock's configuration: /etc/guestclock/hostclock.conf, which need not exist. One table gives
 * each key's place, type and default.
 */
#ifndef HOSTCLOCK_CONFIG_H
#define HOSTCLOCK_CONFIG_H

#include "sync/sync.h"

/* What the gate does with a VM when it cannot be told whether its need is met. */
typedef enum {
	GCLK_ON_UNKNOWN_AUTO, /* refuse for a strict need of PTP, else allow and warn */
	GCLK_ON_UNKNOWN_REFUSE,
	GCLK_ON_UNKNOWN_ALLOW,
} GclkOnUnknown;

typedef struct {
	/* [gate] */
	gint on_unknown;   /* GclkOnUnknown */
	gboolean enforce;  /* FALSE: refuses nothing, says and records what it would have refused */
	char *switch_file; /* while this file exists, enforce is off */
	char *run_directory;
	gint64 cache_age;        /* ns: a HostSync this fresh is taken instead of asking again */
	char *libvirt_hooks;     /* the directory of libvirt's hooks */
	char *proxmox_directory; /* of the VMs' configuration files */
	/* [policy] */
	gint64 ptp_offset_max, ntp_bound_max; /* ns */
	gint64 clock_class_max;
	gboolean accept_local_reference;
	/* [daemons]: NULL: the usual places */
	char *chrony_socket, *chrony_config, *ntp_address, *timesync_bus, *timesync_stamp, *ntpctl,
		*ptpd_status;
	char **ptp4l_sockets;
	gint64 ntp_port;
	/* [serve] */
	char **listen;        /* where guests come by themselves; NULL: nowhere */
	char *socket_group;   /* may use its UNIX sockets, by name or number; NULL: root alone */
	char *connect;        /* libvirt's URI, "none"; NULL: libvirt's default */
	gint64 interval;      /* ns from one burst of questions to the next, of each guest */
	gint64 burst;         /* questions of a burst */
	gint64 agent_timeout; /* ns that a QEMU guest agent has to answer; whole seconds count */
	/* [esxi NAME] command=: how its state is fetched */
	GHashTable *esxi; /* name -> command line */
} GclkHostConfig;

#define GCLK_HOST_CONFIG_FILE GCLK_SYSCONFDIR "/guestclock/hostclock.conf"

/* The defaults. */
GclkHostConfig *gclk_host_config_new(void);
void gclk_host_config_free(GclkHostConfig *config);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GclkHostConfig, gclk_host_config_free)

/* From the text of a file; file names it in errors: "FILE: [group] key: what is wrong". */
GclkHostConfig *gclk_host_config_parse(
	const char *file, const char *text, gsize length, GError **error);
/* file NULL: the usual one, and the defaults if it does not exist. */
GclkHostConfig *gclk_host_config_load(const char *file, GError **error);

/* One key, as in the file. */
gboolean gclk_host_config_set(GclkHostConfig *config, const char *group, const char *name,
	const char *value, GError **error);

/* The parts of it that the probes and the decision take; valid as long as config. */
GclkProbePlaces gclk_host_config_places(const GclkHostConfig *config);
GclkSyncPolicy gclk_host_config_policy(const GclkHostConfig *config);

#endif
