/* SPDX-License-Identifier: BSD-2-Clause */
#include "detect/kernel-log.h"

#include <string.h>

#include "detect/kernel-log-pattern.h"
#include "guestclock/text.h"

#define LINE_KEPT     512 /* what follows in a line is not looked at */
#define COLUMNS_MAX   160 /* of a line that is kept */
#define SUBJECT_MAX   80
#define FACT_RELEASE  "/proc/sys/kernel/osrelease"
#define ORIGIN_KERNEL "kernel"

struct GclkKernelLog {
	const char *origin; /* static */
	char *release;
	GclkKernelEvent events[GCLK_KLOG_KINDS]; /* count 0: none */
};

/* --- events ----------------------------------------------------------------------------------- */

static void clear_event(GclkKernelEvent *event)
{
	g_free(event->line);
	g_free(event->subject);
	g_free(event->other);
	memset(event, 0, sizeof *event);
}

/* Makes text of a log fit to be shown. */
static void tidy(char **text, guint columns)
{
	g_autofree char *clean = *text ? gclk_text_clean(*text) : NULL;

	g_free(*text);
	*text = clean ? gclk_text_shorten(clean, columns) : NULL;
}

static gboolean is_farther(gint64 figure, gint64 worst)
{
	return figure != GCLK_KLOG_NO_FIGURE &&
	       (worst == GCLK_KLOG_NO_FIGURE || ABS(figure) > ABS(worst));
}

/* Takes the words out of match. */
static void add_event(GclkKernelEvent *event, const char *line, GclkPatternMatch *match)
{
	guint count = event->count;
	gint64 worst = count ? event->worst : GCLK_KLOG_NO_FIGURE;

	clear_event(event);
	event->count = count + 1;
	event->line = g_strdup(line);
	event->subject = g_steal_pointer(&match->subject);
	event->other = g_steal_pointer(&match->other);
	event->figure = match->figure;
	event->interval = match->interval;
	event->cpu = match->cpu;
	event->worst = is_farther(match->figure, worst) ? match->figure : worst;
}

/* --- lines ------------------------------------------------------------------------------------ */

/* "<6>" is the priority, as klogctl(2) gives it. */
static const char *skip_priority(const char *line)
{
	const char *p = line;

	if (*p++ != '<')
		return line;
	while (g_ascii_isdigit(*p))
		p++;
	return *p == '>' ? p + 1 : line;
}

/* The message itself, behind a time and perhaps a log daemon's "Nov 21 08:00:00 host kernel: ". */
static const char *message_of(const char *line)
{
	const char *kernel = strstr(line, " kernel: ");
	const char *end;

	if (kernel)
		line = kernel + strlen(" kernel: ");
	while (*line == '[' && (end = strchr(line, ']')))
		for (line = end + 1; *line == ' ';)
			line++;
	return line;
}

/* "[ 1234.567890] " or "[ 1234.567890][ T1] " before the message, s; -1: no such time. */
static gint64 time_of(const char *line)
{
	const char *kernel = strstr(line, " kernel: [");
	const char *p = kernel ? kernel + strlen(" kernel: ") : line;
	guint64 seconds;
	char *end;

	if (*p++ != '[')
		return -1;
	p += strspn(p, " ");
	seconds = g_ascii_strtoull(p, &end, 10);
	return g_ascii_isdigit(*p) && *end == '.' && seconds < G_MAXINT32 ? (gint64)seconds : -1;
}

static void forget(GclkKernelLog *log)
{
	for (gsize i = 0; i < G_N_ELEMENTS(log->events); i++)
		clear_event(&log->events[i]);
	g_clear_pointer(&log->release, g_free);
}

/* A kernel begins: what was before is another boot's. FreeBSD's buffer, too, outlives a reboot. */
static void look_for_boot(GclkKernelLog *log, const char *message)
{
	static const char linux_boot[] = "Linux version ";

	if (g_str_has_prefix(message, linux_boot)) {
		const char *release = message + strlen(linux_boot);

		forget(log);
		log->release = g_strndup(release, strcspn(release, " "));
	} else if (g_str_has_prefix(message, "Copyright (c) 1992-") &&
		   strstr(message, "The FreeBSD Project")) {
		forget(log);
	}
}

static void take_line(GclkKernelLog *log, const char *line)
{
	const GclkPattern *patterns;
	gsize n = gclk_patterns_kernel_log(&patterns);
	guint64 seen = 0;

	line = skip_priority(line);
	look_for_boot(log, message_of(line));
	for (gsize i = 0; i < n; i++) {
		const guint64 bit = G_GUINT64_CONSTANT(1) << patterns[i].kind;
		GclkPatternMatch match;

		if ((seen & bit) || !gclk_pattern_match(patterns[i].text, line, &match))
			continue;
		seen |= bit;
		add_event(&log->events[patterns[i].kind], line, &match);
		log->events[patterns[i].kind].at = time_of(line);
	}
}

static void tidy_all(GclkKernelLog *log)
{
	tidy(&log->release, SUBJECT_MAX);
	for (gsize i = 0; i < G_N_ELEMENTS(log->events); i++) {
		tidy(&log->events[i].line, COLUMNS_MAX);
		tidy(&log->events[i].subject, SUBJECT_MAX);
		tidy(&log->events[i].other, SUBJECT_MAX);
	}
}

GclkKernelLog *gclk_kernel_log_parse(const char *text, gsize length)
{
	GclkKernelLog *log = g_new0(GclkKernelLog, 1);
	const char *const end = length ? text + length : text;
	char line[LINE_KEPT + 1];

	log->origin = ORIGIN_KERNEL;
	while (text < end) {
		const char *stop = memchr(text, '\n', (gsize)(end - text));
		gsize n = (gsize)((stop ? stop : end) - text);
		gsize kept = MIN(n, LINE_KEPT);

		for (gsize i = 0; i < kept; i++)
			line[i] = text[i] ? text[i] : '?';
		line[kept] = '\0';
		g_strchomp(line);
		if (n >= GCLK_PATTERN_LEAST)
			take_line(log, line);
		text += MIN(n + 1, (gsize)(end - text));
	}
	tidy_all(log);
	return log;
}

/* --- reading ---------------------------------------------------------------------------------- */

/* Written by a log daemon, most telling first; a file that says nothing of its boot is believed. */
static const char *const files[] = {
	"/var/log/kern.log",   /* Debian, Ubuntu */
	"/var/log/messages",   /* Red Hat, SUSE, FreeBSD */
	"/var/log/syslog",     /* Debian, Ubuntu */
	"/var/log/dmesg",      /* what the boot said */
	"/var/run/dmesg.boot", /* the same on FreeBSD */
};

/* A file that nobody has written since another kernel ran speaks of that one. */
static gboolean is_of_this_kernel(GclkKernelLog *log, const char *release)
{
	return !log->release || !release || strcmp(log->release, release) == 0;
}

static GclkKernelLog *read_files(GclkReader *reader)
{
	GclkPlatform *platform = reader->platform;
	g_autofree char *release = gclk_reader_text(reader, FACT_RELEASE);

	for (gsize i = 0; platform->read_tail && i < G_N_ELEMENTS(files); i++) {
		gsize length = 0;
		g_autofree char *text = platform->read_tail(
			platform, files[i], GCLK_KERNEL_LOG_LIMIT, &length, NULL);
		g_autoptr(GclkKernelLog) log =
			text && length ? gclk_kernel_log_parse(text, length) : NULL;

		if (!log || !is_of_this_kernel(log, release))
			continue;
		log->origin = files[i];
		return g_steal_pointer(&log);
	}
	return NULL;
}

GclkKernelLog *gclk_kernel_log_new(const GclkMachine *machine, GclkReader *reader)
{
	gsize length = 0;
	const char *why = NULL;
	g_autofree char *text = machine->kernel_log ? machine->kernel_log(machine->kernel_log_user,
							      GCLK_KERNEL_LOG_LIMIT, &length, &why)
						    : NULL;
	GclkKernelLog *log;

	if (text)
		return gclk_kernel_log_parse(text, MIN(length, GCLK_KERNEL_LOG_LIMIT));
	log = read_files(reader);
	if (!log && why && reader->unreadable)
		gclk_facts_add(reader->unreadable, GCLK_KERNEL_LOG_FACT, why);
	return log;
}

void gclk_kernel_log_free(GclkKernelLog *log)
{
	if (!log)
		return;
	forget(log);
	g_free(log);
}

/* --- questions -------------------------------------------------------------------------------- */

const char *gclk_kernel_log_origin(const GclkKernelLog *log)
{
	return log->origin;
}

const char *gclk_kernel_log_release(const GclkKernelLog *log)
{
	return log->release;
}

const GclkKernelEvent *gclk_kernel_log_event(const GclkKernelLog *log, GclkKernelLogKind kind)
{
	return log && (gsize)kind < G_N_ELEMENTS(log->events) && log->events[kind].count
		       ? &log->events[kind]
		       : NULL;
}

gboolean gclk_kernel_log_tsc_khz(const GclkKernelLog *log, double *khz)
{
	const GclkKernelEvent *event = gclk_kernel_log_event(log, GCLK_KLOG_TSC_FREQUENCY);

	if (!event || event->figure <= 0)
		return FALSE;
	*khz = (double)event->figure;
	return TRUE;
}

/* ms_hyperv_init_platform() of arch/x86/kernel/cpu/mshyperv.c. */
gboolean gclk_kernel_log_tsc_is_unused_by_design(const GclkKernelLog *log)
{
	const GclkKernelEvent *why = gclk_kernel_log_event(log, GCLK_KLOG_TSC_UNSTABLE);

	return why && why->subject && g_str_has_prefix(why->subject, "running on Hyper-V");
}

/* Figures are text that somebody wrote. */
static gboolean subtract(gint64 a, gint64 b, gint64 *out)
{
	if ((b > 0 && a < G_MININT64 + b) || (b < 0 && a > G_MAXINT64 + b))
		return FALSE;
	*out = a - b;
	return TRUE;
}

gboolean gclk_kernel_log_skew(const GclkKernelLog *log, gint64 *skew, gint64 *interval)
{
	const GclkKernelEvent *told = gclk_kernel_log_event(log, GCLK_KLOG_SKEW);
	const GclkKernelEvent *by = gclk_kernel_log_event(log, GCLK_KLOG_WATCHDOG_NSEC);
	const GclkKernelEvent *of = gclk_kernel_log_event(log, GCLK_KLOG_CLOCKSOURCE_NSEC);

	if (told) {
		*skew = told->figure;
		*interval = told->interval;
		return *interval > 0;
	}
	if (!by || !of || !subtract(of->figure, by->figure, skew))
		return FALSE;
	*interval = by->figure;
	return *interval > 0;
}
