/* SPDX-License-Identifier: BSD-2-Clause */
#include "sync/ptp4l-settings.h"

#include <string.h>

#include "sync/read-file.h"

#define INTERFACES_MAX 64

/* --- command lines (getopt_long) -------------------------------------------------------------- */

/* "--key=value", "--key value"; TRUE: the next word was the value. */
static gboolean long_option(const char *word, const char *next, GclkOptionFunc func, gpointer user)
{
	const char *equals = strchr(word, '=');
	g_autofree char *name = equals ? g_strndup(word, (gsize)(equals - word)) : g_strdup(word);

	if (*name)
		func(user, name, equals ? equals + 1 : next ? next : "");
	return !equals && next;
}

/* "-qm", "-feth0", "-f eth0"; TRUE: the next word was the value. */
static gboolean short_options(const char *letters, const char *next, const char *with_value,
	GclkOptionFunc func, gpointer user)
{
	for (const char *c = letters; *c; c++) {
		const char name[2] = { *c, '\0' };

		if (!strchr(with_value, *c)) {
			func(user, name, "");
			continue;
		}
		func(user, name, c[1] ? c + 1 : next ? next : "");
		return !c[1] && next;
	}
	return FALSE;
}

void gclk_options_each(
	const char *const *argv, const char *with_value, GclkOptionFunc func, gpointer user)
{
	if (!argv || !argv[0])
		return;
	for (gsize i = 1; argv[i]; i++) {
		const char *word = argv[i];
		gboolean took_next = FALSE;

		if (g_str_has_prefix(word, "--") && word[2])
			took_next = long_option(word + 2, argv[i + 1], func, user);
		else if (word[0] == '-' && word[1] && word[1] != '-')
			took_next = short_options(word + 1, argv[i + 1], with_value, func, user);
		if (took_next)
			i++;
	}
}

typedef struct {
	const char *name;
	char *value;
} Wanted;

static void keep_wanted(gpointer user, const char *name, const char *value)
{
	Wanted *wanted = user;

	if (strcmp(name, wanted->name) != 0)
		return;
	g_free(wanted->value);
	wanted->value = g_strdup(value);
}

char *gclk_options_last(const char *const *argv, const char *with_value, const char *name)
{
	Wanted wanted = { name, NULL };

	gclk_options_each(argv, with_value, keep_wanted, &wanted);
	return wanted.value;
}

/* --- configuration files ---------------------------------------------------------------------- */

static void ini_line(char *line, char **section, GclkIniFunc func, gpointer user)
{
	char *value;

	g_strstrip(line);
	if (*line == '\0' || *line == '#')
		return;
	if (*line == '[') {
		g_free(*section);
		*section = g_strndup(line + 1, strcspn(line + 1, "]"));
		func(user, *section, NULL, NULL);
		return;
	}
	value = line + strcspn(line, " \t");
	if (*value)
		*value++ = '\0';
	func(user, *section, line, g_strchug(value));
}

void gclk_ini_each(const char *text, GclkIniFunc func, gpointer user)
{
	g_autofree char *section = g_strdup("");

	while (*text) {
		gsize length = strcspn(text, "\n");
		g_autofree char *line = g_strndup(text, length);

		ini_line(line, &section, func, user);
		text += length + (text[length] == '\n');
	}
}

/* --- ptp4l ------------------------------------------------------------------------------------ */

/* What a servo other than pi, linreg and nullf does is feed a refclock. */
typedef struct {
	char *servo, *sock, *segment;
} Feed;

static void set_text(char **text, const char *value)
{
	g_free(*text);
	*text = g_strdup(value);
}

static gboolean set_feed(Feed *feed, const char *key, const char *value)
{
	if (strcmp(key, "clock_servo") == 0 || strcmp(key, "E") == 0)
		set_text(&feed->servo, value);
	else if (strcmp(key, "refclock_sock_address") == 0)
		set_text(&feed->sock, value);
	else if (strcmp(key, "ntpshm_segment") == 0 || strcmp(key, "M") == 0)
		set_text(&feed->segment, value);
	else
		return FALSE;
	return TRUE;
}

/* The names and defaults of linuxptp's config.c. */
static char *finish_feed(Feed *feed)
{
	char *feeds = NULL;

	if (g_strcmp0(feed->servo, "refclock_sock") == 0)
		feeds = g_strdup(feed->sock ? feed->sock : "/var/run/refclock.ptp.sock");
	else if (g_strcmp0(feed->servo, "ntpshm") == 0)
		feeds = g_strdup_printf("SHM %s", feed->segment ? feed->segment : "0");
	g_free(feed->servo);
	g_free(feed->sock);
	g_free(feed->segment);
	return feeds;
}

typedef struct {
	GclkPtp4lSettings *settings;
	Feed feed;
} Ptp4lReader;

static guint8 small_number(const char *value, gint64 max)
{
	return (guint8)CLAMP(g_ascii_strtoll(value, NULL, 0), 0, max);
}

static void add_interface(GclkPtp4lSettings *settings, const char *name)
{
	if (settings->interfaces->len < INTERFACES_MAX && *name &&
		!g_ptr_array_find_with_equal_func(settings->interfaces, name, g_str_equal, NULL))
		g_ptr_array_add(settings->interfaces, g_strdup(name));
}

static void set_ptp4l(Ptp4lReader *reader, const char *key, const char *value)
{
	GclkPtp4lSettings *settings = reader->settings;

	if (set_feed(&reader->feed, key, value))
		return;
	if (strcmp(key, "uds_address") == 0)
		set_text(&settings->socket, value);
	else if (strcmp(key, "uds_ro_address") == 0)
		set_text(&settings->read_only_socket, value);
	else if (strcmp(key, "domainNumber") == 0)
		settings->domain = small_number(value, 255);
	else if (strcmp(key, "transportSpecific") == 0)
		settings->transport_specific = small_number(value, 15);
	else if (strcmp(key, "free_running") == 0)
		settings->free_running = g_ascii_strtoll(value, NULL, 0) != 0;
	else if (strcmp(key, "time_stamping") == 0)
		settings->stamping = strcmp(value, "software") == 0 ? GCLK_PTP_STAMPING_SOFTWARE
								    : GCLK_PTP_STAMPING_HARDWARE;
}

static void ptp4l_option(gpointer user, const char *name, const char *value)
{
	Ptp4lReader *reader = user;

	if (strcmp(name, "i") == 0)
		add_interface(reader->settings, value);
	else if (strcmp(name, "S") == 0)
		reader->settings->stamping = GCLK_PTP_STAMPING_SOFTWARE;
	else if (strcmp(name, "H") == 0 || strcmp(name, "L") == 0)
		reader->settings->stamping = GCLK_PTP_STAMPING_HARDWARE;
	else if (name[1])
		set_ptp4l(reader, name, value);
}

/* Sections that are not interfaces: ptp4l(8). */
static gboolean is_table(const char *section)
{
	return strcmp(section, "global") == 0 || strcmp(section, "unicast_master_table") == 0 ||
	       strcmp(section, "nmea") == 0 || g_str_has_prefix(section, "security_");
}

static void ptp4l_line(gpointer user, const char *section, const char *key, const char *value)
{
	Ptp4lReader *reader = user;

	if (!key && !is_table(section))
		add_interface(reader->settings, section);
	else if (key && strcmp(section, "global") == 0)
		set_ptp4l(reader, key, value);
}

GclkPtp4lSettings *gclk_ptp4l_settings_new(const char *const *argv, const char *config)
{
	GclkPtp4lSettings *settings = g_new0(GclkPtp4lSettings, 1);
	Ptp4lReader reader = { .settings = settings };

	settings->interfaces = g_ptr_array_new_with_free_func(g_free);
	if (argv && argv[0])
		settings->stamping = GCLK_PTP_STAMPING_HARDWARE; /* config.c: the default */
	if (config)
		gclk_ini_each(config, ptp4l_line, &reader);
	gclk_options_each(argv, GCLK_PTP4L_OPTIONS, ptp4l_option, &reader);
	/* "always dials frequency offset zero" (ptp4l(8)) */
	if (g_strcmp0(reader.feed.servo, "nullf") == 0)
		settings->free_running = TRUE;
	settings->feeds = finish_feed(&reader.feed);
	return settings;
}

GclkPtp4lSettings *gclk_ptp4l_settings_read(char *const *argv)
{
	const char *const *words = (const char *const *)argv;
	g_autofree char *file = gclk_options_last(words, GCLK_PTP4L_OPTIONS, "f");
	g_autofree char *config =
		file ? gclk_read_file(file, GCLK_LINUXPTP_CONFIG_MAX, NULL) : NULL;
	GclkPtp4lSettings *settings = gclk_ptp4l_settings_new(words, config);

	settings->incomplete = file && !config;
	if (settings->incomplete && settings->stamping == GCLK_PTP_STAMPING_HARDWARE)
		settings->stamping = GCLK_PTP_STAMPING_UNKNOWN;
	return settings;
}

void gclk_ptp4l_settings_free(GclkPtp4lSettings *settings)
{
	if (!settings)
		return;
	g_free(settings->socket);
	g_free(settings->read_only_socket);
	g_free(settings->feeds);
	g_ptr_array_unref(settings->interfaces);
	g_free(settings);
}

/* --- phc2sys ---------------------------------------------------------------------------------- */

typedef struct {
	GclkPhc2sysSettings *settings;
	Feed feed;
	gboolean sink_told;
} Phc2sysReader;

static void phc2sys_option(gpointer user, const char *name, const char *value)
{
	Phc2sysReader *reader = user;
	GclkPhc2sysSettings *settings = reader->settings;

	if (set_feed(&reader->feed, name, value) || name[1])
		return;
	switch (*name) {
	case 's':
	case 'i': /* the old name */
		set_text(&settings->source, value);
		break;
	case 'c':
		settings->system_clock = (reader->sink_told && settings->system_clock) ||
					 strcmp(value, "CLOCK_REALTIME") == 0;
		reader->sink_told = TRUE;
		break;
	case 'a':
		settings->automatic = TRUE;
		break;
	case 'w':
		settings->waits = TRUE;
		break;
	case 'O':
		settings->has_offset = TRUE;
		settings->offset_s = (gint)CLAMP(g_ascii_strtoll(value, NULL, 10), -3600, 3600);
		break;
	}
}

static void phc2sys_line(gpointer user, const char *section, const char *key, const char *value)
{
	Phc2sysReader *reader = user;

	if (key && strcmp(section, "global") == 0)
		set_feed(&reader->feed, key, value);
}

/* Of -a the system clock is a part only with -r. */
static gboolean has_flag(const char *const *argv, const char *name)
{
	g_autofree char *value = gclk_options_last(argv, GCLK_PHC2SYS_OPTIONS, name);

	return value != NULL;
}

void gclk_phc2sys_settings_read(
	const char *const *argv, const char *config, GclkPhc2sysSettings *out)
{
	Phc2sysReader reader = { .settings = out };

	memset(out, 0, sizeof(*out));
	out->system_clock = TRUE;
	if (config)
		gclk_ini_each(config, phc2sys_line, &reader);
	gclk_options_each(argv, GCLK_PHC2SYS_OPTIONS, phc2sys_option, &reader);
	if (out->automatic)
		out->system_clock = has_flag(argv, "r");
	if (g_strcmp0(out->source, "CLOCK_REALTIME") == 0)
		out->system_clock = FALSE;
	out->feeds = finish_feed(&reader.feed);
}

void gclk_phc2sys_settings_clear(GclkPhc2sysSettings *settings)
{
	g_clear_pointer(&settings->source, g_free);
	g_clear_pointer(&settings->feeds, g_free);
}
