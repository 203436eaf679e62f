/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The configuration: one table of keys with type, default and range (config.c), one struct of
 * values. Reading needs only the functions that are passed in, so that any file tree will do.
 */
#ifndef GUESTCLOCK_CONFIG_H
#define GUESTCLOCK_CONFIG_H

#include "guestclock/sample.h"
#include "platform/platform.h"

typedef enum {
	GCLK_CONTROL_AUTO,
	GCLK_CONTROL_KERNEL,
	GCLK_CONTROL_NONE,
} GclkControl;

typedef struct {
	char *name;    /* the group's name: what people call this server */
	char *address; /* host name or numeric address */
	guint16 port;
	guint32 key; /* key id, 0: none */
	gint min_poll, max_poll;
	gboolean iburst;
} GclkServerConfig;

typedef struct {
	/* [clock] */
	GclkControl control;
	gint64 step_threshold; /* ns */
	gint64 max_step;       /* ns */
	gint64 max_error;      /* ns: a larger bound means unsynchronised */
	/* [daemon] */
	char *user;
	char *run_directory;
	char *state_directory;
	/* [ntp] */
	gboolean discover;
	char *keys; /* path */
	gint min_poll, max_poll;
	gint64 max_distance; /* ns */
	/* [ptp] */
	char *ptp_device; /* NULL: auto; "none": off; else a path */
	gint ptp_poll;
	gint64 ptp_assumed_error;    /* ns, -1: by driver */
	GclkTimescale ptp_timescale; /* UNKNOWN: auto */
	/* [link] */
	char *link_channel; /* NULL: auto; "none": off; else as in platform.h */
	gint link_poll;
	gint64 link_assumed_error; /* ns */
	/* [vmware] */
	gboolean vmware_backdoor; /* the host's time, if it is there */
	gint vmware_poll;
	gint64 vmware_assumed_error; /* ns */
	gboolean vmware_tools;       /* libvmtools and libguestlib, if they are there */
	/* [server ...] */
	GPtrArray *servers; /* of GclkServerConfig, complete: address and polls are set */
	GPtrArray *files;   /* paths that were read, in order (char *) */
	char *servers_from; /* where discovered servers came from: a path; NULL: not discovered */
	char *servers_note; /* one sentence: what was left out when they were taken over, or NULL */
} GclkConfig;

void gclk_config_free(GclkConfig *config);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GclkConfig, gclk_config_free)

/* Defaults, with the polls unset (loading and discovery fill them in). address may be NULL. */
GclkServerConfig *gclk_server_config_new(const char *name, const char *address);
void gclk_server_config_free(GclkServerConfig *server);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GclkServerConfig, gclk_server_config_free)
/* Fills in the polls that are unset: the configuration's, made to fit the one that is given. */
void gclk_server_config_complete(GclkServerConfig *server, const GclkConfig *config);
/* Do both mean the same address (or the same host name) and port? */
gboolean gclk_server_config_same(const GclkServerConfig *a, const GclkServerConfig *b);

#define GCLK_CONFIG_ERROR (gclk_config_error_quark())
GQuark gclk_config_error_quark(void);

/* Defaults only. */
GclkConfig *gclk_config_new(void);

/*
 * Reads path (may be missing when !required) and the drop-ins path + ".d/" "*.conf", sorted by
 * name, later ones win key by key. Unknown groups and keys, keys or groups that stand twice in a
 * file, bad values, one server under two names: NULL and an error that names file, line, group and
 * key and says what would be right.
 */
GclkConfig *gclk_config_load(const char *path, gboolean required, GError **error);
/* The same with the platform's eyes, which see what only the privileged process may read. */
GclkConfig *gclk_config_load_through(
	GclkPlatform *platform, const char *path, gboolean required, GError **error);

/*
 * With no server configured and discover on: takes servers from what this machine already has (read
 * only), in the order of the table in discover.c: DHCP leases, chrony.conf, ntp.conf, step-tickers,
 * timesyncd.conf ... below root ("" or "/": the real one). The first place that names a server
 * wins; at most GCLK_DISCOVER_MAX are taken. One that has a key or NTS there is no such server: it
 * is left out, and the note says so, even when nothing else is found. Sets config->servers,
 * servers_from and servers_note.
 * Files that are missing or unreadable are passed over. Never fails; returns the number of servers
 * found, 0 also when there was nothing to do.
 */
#define GCLK_DISCOVER_MAX 8
guint gclk_config_discover(GclkConfig *config, const char *root);

const char *gclk_control_name(GclkControl control);
/* FALSE for an unknown word; *out is then untouched. */
gboolean gclk_control_from_name(const char *name, GclkControl *out);

#endif
