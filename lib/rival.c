/* SPDX-License-Identifier: BSD-2-Clause */
#include "guestclock/rival.h"

#include <string.h>

#define CAP_SYS_TIME_BIT 25 /* linux/capability.h */

/* --- what the command lines say --------------------------------------------------------------- */

typedef struct {
	const char *const *argv; /* without the program's name, NULL-terminated */
	const char *with_value;  /* the option letters that take a value */
} Options;

/*
 * Is the option there (getopt style: "-x", "-dx")? If it takes a value, *value is that of the last
 * occurrence. value may be NULL.
 */
static gboolean has_option(const Options *options, char letter, const char **value)
{
	gboolean found = FALSE;

	for (gsize i = 0; options->argv[i]; i++) {
		const char *word = options->argv[i];

		if (word[0] != '-' || word[1] == '-')
			continue;
		for (const char *c = word + 1; *c; c++) {
			gboolean takes_value = strchr(options->with_value, *c) != NULL;
			const char *rest = c[1] ? c + 1 : options->argv[i + 1];

			if (*c == letter) {
				found = TRUE;
				if (takes_value && value)
					*value = rest;
			}
			if (!takes_value)
				continue;
			if (!c[1] && options->argv[i + 1])
				i++;
			break;
		}
	}
	return found;
}

/* chronyd(8): -x leaves the clock alone, -Q only prints the offset. */
static gboolean chronyd_steers(const char *const *argv)
{
	const Options options = { argv, "fFlLPtu" };

	return !has_option(&options, 'x', NULL) && !has_option(&options, 'Q', NULL);
}

/* phc2sys(8): -c names what is steered, CLOCK_REALTIME if it is missing; with -a only -r includes
   it. */
static gboolean phc2sys_steers(const char *const *argv)
{
	const Options options = { argv, "cdfsEPISFRNOLMiunzlt" };
	const char *sink = "CLOCK_REALTIME";

	if (has_option(&options, 'a', NULL))
		return has_option(&options, 'r', NULL);
	has_option(&options, 'c', &sink);
	return g_strcmp0(sink, "CLOCK_REALTIME") == 0;
}

/* ptp4l(8) steers the card's clock; with software time stamps (-S) there is none, and it is ours.
 */
static gboolean ptp4l_steers(const char *const *argv)
{
	const Options options = { argv, "fipl" };

	return has_option(&options, 'S', NULL);
}

/* --- the table -------------------------------------------------------------------------------- */

static const struct {
	const char *comm; /* cut to 15 bytes by the kernel (TASK_COMM_LEN) */
	const char *name;
	gboolean (*steers)(const char *const *argv); /* NULL: always */
} rivals[] = {
	{ "chronyd", "chronyd", chronyd_steers },
	{ "ntpd", "ntpd", NULL }, /* ntp.org, ntpsec, OpenNTPD and busybox alike */
	{ "systemd-timesyn", "systemd-timesyncd", NULL },
	{ "ntp-daemon", "ntp-daemon", NULL }, /* ntpd-rs */
	{ "phc2sys", "phc2sys", phc2sys_steers },
	{ "ptp4l", "ptp4l", ptp4l_steers },
};

const char *gclk_rival_name(const char *comm)
{
	for (gsize i = 0; i < G_N_ELEMENTS(rivals); i++)
		if (strcmp(rivals[i].comm, comm) == 0)
			return rivals[i].name;
	return NULL;
}

gboolean gclk_rival_steers(const char *name, const char *cmdline, gsize length)
{
	g_autoptr(GPtrArray) argv = g_ptr_array_new_with_free_func(g_free);

	for (gsize at = 0; at < length;) {
		gsize word = strnlen(cmdline + at, length - at);

		if (at > 0)
			g_ptr_array_add(argv, g_strndup(cmdline + at, word));
		at += word + 1;
	}
	g_ptr_array_add(argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(rivals); i++)
		if (strcmp(rivals[i].name, name) == 0)
			return !rivals[i].steers ||
			       rivals[i].steers((const char *const *)argv->pdata);
	return FALSE;
}

/* The value of a line "Key:\tvalue", or NULL. */
static const char *status_value(const char *status, const char *key)
{
	const char *line = g_str_has_prefix(status, key + 1) ? status : strstr(status, key);

	if (!line)
		return NULL;
	line = strchr(line, ':') + 1;
	return line + strspn(line, " \t");
}

gboolean gclk_rival_able(const char *status)
{
	const char *state = status_value(status, "\nState:");
	const char *capabilities = status_value(status, "\nCapEff:");

	if (state && (*state == 'Z' || *state == 'X'))
		return FALSE;
	if (!capabilities || !g_ascii_isxdigit(*capabilities))
		return TRUE;
	return (g_ascii_strtoull(capabilities, NULL, 16) >> CAP_SYS_TIME_BIT & 1) != 0;
}
