/* SPDX-License-Identifier: BSD-2-Clause */
/* The subcommands of hostclock, one file each; what they share is in common.c. */
#ifndef HOSTCLOCK_CLI_H
#define HOSTCLOCK_CLI_H

#include "config.h"
#include "gate/verdict.h"

/* Of every check, so that one program serves Nagios, libvirt, Proxmox, oVirt and XAPI. */
enum {
	GCLK_EXIT_OK = 0,
	GCLK_EXIT_WARNING = 1,
	GCLK_EXIT_CRITICAL = 2, /* incompatible */
	GCLK_EXIT_UNKNOWN = 3,  /* and wrong usage */
};

int gclk_host_cli_status(int argc, char **argv);
int gclk_host_cli_check(int argc, char **argv);
int gclk_host_cli_require(int argc, char **argv);
int gclk_host_cli_hook(int argc, char **argv);
int gclk_host_cli_guests(int argc, char **argv);
int gclk_host_cli_doctor(int argc, char **argv);
int gclk_host_cli_serve(int argc, char **argv);

/* --- what they share ---------------------------------------------------------------------------
 */

typedef struct {
	gboolean json, color;
	char *config_file;      /* --config, or NULL */
	gboolean tolerant;      /* a configuration that is wrong is no reason to end */
	GclkHostConfig *config; /* loaded */
	GError *config_error;   /* tolerant: what is wrong; config holds the defaults. Or NULL */
	char **words;           /* what is no option */
	int exit_code;          /* when there is nothing more to do */
} GclkHostOptions;

void gclk_host_options_clear(GclkHostOptions *options);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(GclkHostOptions, gclk_host_options_clear)

/* Parses common options and those of the subcommand (extra), takes at most max_words words and
   loads the configuration. usage: "DOMAIN" or NULL. FALSE: it has printed help or what is wrong. */
gboolean gclk_host_cli_parse(GclkHostOptions *options, const char *usage, const char *summary,
	const GOptionEntry *extra, guint max_words, int argc, char **argv);

/* "hostclock: text" on standard error. */
void gclk_host_cli_complain(const char *format, ...) G_GNUC_PRINTF(1, 2);

/* Whose clock is looked at: this host's, or that of an ESXi host by what it printed. */
typedef struct {
	char *from; /* --from: a file, "-" standard input; or NULL */
	char *esxi; /* --esxi: a name of the configuration's [esxi NAME]; or NULL */
} GclkHostWhere;

void gclk_host_where_clear(GclkHostWhere *where);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(GclkHostWhere, gclk_host_where_clear)

/* Asks this host's daemons now, or reads what the ESXi host printed. */
GclkHostSync *gclk_host_cli_ask(
	const GclkHostConfig *config, const GclkHostWhere *where, GError **error);

/* A need from the command line, with the words and limits of the element; max_error and enforce may
   be NULL. */
gboolean gclk_host_cli_need(const char *protocol, const char *max_error, const char *enforce,
	GclkNeed *out, GError **error);

#endif
