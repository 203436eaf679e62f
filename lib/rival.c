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

/* Is this word there, alone or as "word=..."? *value, which may be NULL, is what stands behind the
   sign or else the next word; it may be NULL. */
static gboolean has_word(const char *const *argv, const char *word, const char **value)
{
	const gsize length = strlen(word);

	for (gsize i = 0; argv[i]; i++) {
		gboolean equals = strncmp(argv[i], word, length) == 0 && argv[i][length] == '=';

		if (!equals && strcmp(argv[i], word) != 0)
			continue;
		if (value)
			*value = equals ? argv[i] + length + 1 : argv[i + 1];
		return TRUE;
	}
	return FALSE;
}

static gboolean starts_a_word(const char *const *argv, const char *start)
{
	for (gsize i = 0; argv[i]; i++)
		if (g_str_has_prefix(argv[i], start))
			return TRUE;
	return FALSE;
}

/* Each gives the reason why the clock is left alone, or NULL. */
typedef const char *(*Restraint)(const char *const *argv);

/* chronyd(8) */
static const char *chronyd_restraint(const char *const *argv)
{
	const Options options = { argv, "fFlLPtu" };

	if (has_option(&options, 'x', NULL))
		return "its option -x leaves the clock alone";
	return has_option(&options, 'Q', NULL) ? "its option -Q only prints the offset" : NULL;
}

/* networking/ntpd.c of BusyBox: -w measures only. (With ntp.org's and NTPsec's ntpd -w waits.) */
static const char *busybox_restraint(const char *const *argv)
{
	const Options options = { argv, "pkISG" };

	return has_option(&options, 'w', NULL) ? "its option -w leaves the clock alone" : NULL;
}

/* phc2sys(8): -c names what is steered, CLOCK_REALTIME if it is missing; with -a only -r includes
   it; the servos ntpshm and refclock_sock hand the offset on. */
static const char *phc2sys_restraint(const char *const *argv)
{
	static const char other[] = "it steers another clock than the system's";
	const Options options = { argv, "cdfsEPISFRNOLMiunzlt" };
	const char *sink = "CLOCK_REALTIME", *servo = "pi";

	has_option(&options, 'E', &servo);
	if (g_strcmp0(servo, "ntpshm") == 0 || g_strcmp0(servo, "refclock_sock") == 0)
		return "it hands its measurements to another daemon (option -E)";
	if (has_option(&options, 'a', NULL))
		return has_option(&options, 'r', NULL) ? NULL : other;
	has_option(&options, 'c', &sink);
	return g_strcmp0(sink, "CLOCK_REALTIME") == 0 ? NULL : other;
}

/* ptp4l(8) steers the card's clock; with software time stamps (-S) there is none, and it is ours.
 */
static const char *ptp4l_restraint(const char *const *argv)
{
	const Options options = { argv, "fipl" };

	return has_option(&options, 'S', NULL)
		       ? NULL
		       : "it steers a network card's clock, not the system's";
}

/* ptpd2(8): -n, --noadjust; ptpd2.conf(5): clock:no_adjust. */
static const char *ptpd_restraint(const char *const *argv)
{
	const Options options = { argv, "ecRfSdurib" };
	const char *value = NULL;

	if (has_option(&options, 'n', NULL) || has_word(argv, "--noadjust", NULL))
		return "its option -n leaves the clock alone";
	if (has_word(argv, "--clock:no_adjust", &value) && value && strchr("YyTt1", *value))
		return "its setting clock:no_adjust leaves the clock alone";
	return NULL;
}

static const char *guestclockd_restraint(const char *const *argv)
{
	static const char *const only[] = { "--once", "-1", "--check-config", "--version", "-V" };
	const char *mode = NULL;

	for (gsize i = 0; i < G_N_ELEMENTS(only); i++)
		if (has_word(argv, only[i], NULL))
			return "it only measures, or checks its configuration";
	has_word(argv, "--control", &mode);
	return g_strcmp0(mode, "none") == 0 ? "its option --control=none only measures" : NULL;
}

/* open-vm-tools: the plugin timeSync belongs to the service vmsvc; vmusr is that of a session. */
static const char *vmtoolsd_restraint(const char *const *argv)
{
	const Options options = { argv, "nclbpf" };
	const char *name = NULL;

	if (!has_option(&options, 'n', &name))
		has_word(argv, "--name", &name);
	return g_strcmp0(name, "vmusr") == 0 ? "it belongs to a user's session" : NULL;
}

/* VBoxService.cpp: each service has --disable-NAME and --only-NAME. */
static const char *vbox_restraint(const char *const *argv)
{
	if (has_word(argv, "--disable-timesync", NULL))
		return "its option --disable-timesync leaves the clock alone";
	if (starts_a_word(argv, "--only-") && !has_word(argv, "--only-timesync", NULL))
		return "it runs other services only";
	return NULL;
}

/* --- the table -------------------------------------------------------------------------------- */

typedef struct {
	GclkProgram program;
	Restraint restraint; /* NULL: nothing on the command line matters */
} Row;

#define NTP "keeps the clock by NTP"

static const Row rows[] = {
	{ { "guestclockd", "guestclockd", GCLK_PROGRAM_DAEMON, "keeps the clock",
		  "systemctl disable --now guestclockd",
		  "control = none in guestclockd.conf makes it measure only" },
		guestclockd_restraint },
	{ { "chronyd", "chronyd", GCLK_PROGRAM_DAEMON, NTP,
		  "systemctl disable --now chronyd (Debian and Ubuntu: chrony)",
		  "with the option -x it measures and serves, and leaves the clock alone" },
		chronyd_restraint },
	/* Also the common name of all the varieties below. */
	{ { "ntpd", "ntpd", GCLK_PROGRAM_DAEMON, NTP,
		  "systemctl disable --now ntpd (Debian: ntp, ntpsec or openntpd)",
		  "\"disable ntp\" in its ntp.conf makes it measure only" },
		NULL },
	{ { NULL, "ntpd of ntp.org", GCLK_PROGRAM_DAEMON, NTP,
		  "systemctl disable --now ntpd (Debian: ntp)",
		  "\"disable ntp\" in its ntp.conf makes it measure only" },
		NULL },
	{ { NULL, "ntpd of NTPsec", GCLK_PROGRAM_DAEMON, NTP,
		  "systemctl disable --now ntpd (Debian: ntpsec)",
		  "\"disable ntp\" in its ntp.conf makes it measure only" },
		NULL },
	{ { NULL, "ntpd of OpenNTPD", GCLK_PROGRAM_DAEMON, NTP, "systemctl disable --now openntpd",
		  NULL },
		NULL },
	{ { NULL, "ntpd of BusyBox", GCLK_PROGRAM_DAEMON, NTP,
		  "end it, and take it out of what starts it (/etc/inittab, an init script)",
		  "with the option -w it measures only" },
		busybox_restraint },
	{ { "systemd-timesyn", "systemd-timesyncd", GCLK_PROGRAM_DAEMON, NTP,
		  "systemctl disable --now systemd-timesyncd", NULL },
		NULL },
	/* ntpd-rs */
	{ { "ntp-daemon", "ntp-daemon", GCLK_PROGRAM_DAEMON, NTP, "systemctl disable --now ntpd-rs",
		  NULL },
		NULL },
	{ { "phc2sys", "phc2sys", GCLK_PROGRAM_DAEMON, "keeps the clock by a PTP hardware clock",
		  "systemctl disable --now phc2sys",
		  "with -E ntpshm it feeds chronyd or ntpd instead" },
		phc2sys_restraint },
	{ { "ptp4l", "ptp4l", GCLK_PROGRAM_DAEMON, "keeps the clock by PTP",
		  "systemctl disable --now ptp4l",
		  "with hardware time stamps (-H) it steers the network card's clock only" },
		ptp4l_restraint },
	{ { "ptpd2", "ptpd2", GCLK_PROGRAM_DAEMON, "keeps the clock by PTP",
		  "systemctl disable --now ptpd",
		  "clock:no_adjust=Y in ptpd2.conf makes it measure only" },
		ptpd_restraint },
	{ { "ptpd", "ptpd", GCLK_PROGRAM_DAEMON, "keeps the clock by PTP",
		  "systemctl disable --now ptpd",
		  "clock:no_adjust=Y in ptpd2.conf makes it measure only" },
		ptpd_restraint },
	/* timemaster(8) */
	{ { "timemaster", "timemaster", GCLK_PROGRAM_OTHER,
		  "starts chronyd or ntpd with ptp4l and phc2sys, which stand here by themselves",
		  "systemctl disable --now timemaster", NULL },
		NULL },
	/* open-vm-tools, services/plugins/timeSync: every 60 s, once switched on. */
	{ { "vmtoolsd", "vmtoolsd", GCLK_PROGRAM_TOOLS,
		  "sets the clock after the host's every minute",
		  "vmware-toolbox-cmd timesync disable",
		  "its single steps, after a resume or a revert to a snapshot, may stay" },
		vmtoolsd_restraint },
	/* VBoxServiceTimeSync.cpp: every 10 s, from 100 ms. */
	{ { "VBoxService", "VBoxService", GCLK_PROGRAM_TOOLS,
		  "sets the clock after the host's every 10 s",
		  "on the host: VBoxManage setextradata VM "
		  "VBoxInternal/Devices/VMMDev/0/Config/GetHostTimeDisabled 1",
		  "with the option --disable-timesync it does the rest of its work" },
		vbox_restraint },
	/* prlctl(1): --time-sync is on unless switched off. */
	{ { "prltoolsd", "prltoolsd", GCLK_PROGRAM_TOOLS,
		  "sets the clock after the host's, unless that is switched off for this VM",
		  "on the host: prlctl set VM --time-sync off", NULL },
		NULL },
	/* lima's guest agent takes the host's time every 10 s, from 100 ms. */
	{ { "lima-guestagent", "lima-guestagent", GCLK_PROGRAM_TOOLS,
		  "sets the clock after the host's every 10 s",
		  "systemctl disable --now lima-guestagent", NULL },
		NULL },
	/* qga/commands.c: guest-set-time */
	{ { "qemu-ga", "qemu-ga", GCLK_PROGRAM_OTHER,
		  "sets the clock only when the host asks (guest-set-time)",
		  "systemctl disable --now qemu-guest-agent", NULL },
		NULL },
	/* drivers/hv/hv_util.c: a sync message steps the clock, a sample feeds the PTP device. */
	{ { NULL, "hv_utils", GCLK_PROGRAM_OTHER,
		  "steps the clock when the host says so, after a resume",
		  "on the host: Disable-VMIntegrationService -Name 'Time Synchronization'", NULL },
		NULL },
	{ { "xe-daemon", "xe-daemon", GCLK_PROGRAM_OTHER, "does not touch the clock",
		  "systemctl disable --now xe-daemon", NULL },
		NULL },
	/* google_guest_agent: hwclock --hctosys when virtual-clock/drift-token changes. */
	{ { "google_guest_ag", "google_guest_agent", GCLK_PROGRAM_OTHER,
		  "sets the clock from the RTC after a migration only",
		  "clock_skew_daemon = false under [Daemons] in /etc/default/instance_configs.cfg",
		  NULL },
		NULL },
};

const GclkProgram *gclk_program_by_comm(const char *comm)
{
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
		if (g_strcmp0(rows[i].program.comm, comm) == 0 && comm)
			return &rows[i].program;
	return NULL;
}

const GclkProgram *gclk_program_by_name(const char *name)
{
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
		if (g_strcmp0(rows[i].program.name, name) == 0)
			return &rows[i].program;
	return NULL;
}

/* --- what a command line says ----------------------------------------------------------------- */

/* The arguments without the program's name. Free with g_ptr_array_unref. */
static GPtrArray *arguments(const char *cmdline, gsize length)
{
	GPtrArray *argv = g_ptr_array_new_with_free_func(g_free);

	for (gsize at = 0; at < length;) {
		gsize word = strnlen(cmdline + at, length - at);

		if (at > 0)
			g_ptr_array_add(argv, g_strndup(cmdline + at, word));
		at += word + 1;
	}
	g_ptr_array_add(argv, NULL);
	return argv;
}

static gboolean mentions(const char *cmdline, gsize length, const char *part)
{
	return g_strstr_len(cmdline, (gssize)length, part) != NULL;
}

const GclkProgram *gclk_program_variety(
	const GclkProgram *program, const char *executable, const char *cmdline, gsize length)
{
	g_autofree char *words = NULL;

	if (strcmp(program->name, "ntpd") != 0)
		return program;
	words = g_malloc(length + 1);
	for (gsize i = 0; i < length; i++)
		words[i] = cmdline[i] ? cmdline[i] : ' ';
	words[length] = '\0';
	if (executable && g_str_has_suffix(executable, "/busybox"))
		return gclk_program_by_name("ntpd of BusyBox");
	/* OpenNTPD names its processes "ntpd: ntp engine" and so on; the others keep their names */
	if (g_str_has_prefix(words, "ntpd: ") || mentions(words, length, "openntpd"))
		return gclk_program_by_name("ntpd of OpenNTPD");
	if (mentions(words, length, "ntpsec"))
		return gclk_program_by_name("ntpd of NTPsec");
	return program;
}

const char *gclk_program_restraint(const GclkProgram *program, const char *cmdline, gsize length)
{
	g_autoptr(GPtrArray) argv = arguments(cmdline, length);

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
		if (&rows[i].program == program && rows[i].restraint)
			return rows[i].restraint((const char *const *)argv->pdata);
	return NULL;
}

const char *gclk_rival_name(const char *comm)
{
	const GclkProgram *program = gclk_program_by_comm(comm);

	return program && program->kind == GCLK_PROGRAM_DAEMON ? program->name : NULL;
}

gboolean gclk_rival_steers(const char *name, const char *cmdline, gsize length)
{
	const GclkProgram *program = gclk_program_by_name(name);

	return program && !gclk_program_restraint(program, cmdline, length);
}

/* --- what a status says ----------------------------------------------------------------------- */

/* The value of a line "Key:\tvalue", or NULL. */
static const char *status_value(const char *status, const char *key)
{
	const char *line = g_str_has_prefix(status, key + 1) ? status : strstr(status, key);

	if (!line)
		return NULL;
	line = strchr(line, ':') + 1;
	return line + strspn(line, " \t");
}

const char *gclk_program_inability(const char *status)
{
	const char *state = status_value(status, "\nState:");
	const char *capabilities = status_value(status, "\nCapEff:");

	if (state && (*state == 'Z' || *state == 'X'))
		return "it has ended";
	if (!capabilities || !g_ascii_isxdigit(*capabilities))
		return NULL;
	return g_ascii_strtoull(capabilities, NULL, 16) >> CAP_SYS_TIME_BIT & 1
		       ? NULL
		       : "it has no CAP_SYS_TIME";
}

gboolean gclk_rival_able(const char *status)
{
	return !gclk_program_inability(status);
}
