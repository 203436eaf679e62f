/* SPDX-License-Identifier: BSD-2-Clause */
#include "config-table.h"

#include <string.h>

#include "guestclock/address.h"
#include "guestclock/channel-name.h"
#include "guestclock/duration.h"
#include "guestclock/nearest.h"

#define MS       GCLK_NS_PER_MS
#define S        GCLK_NS_PER_S
#define H        (3600 * GCLK_NS_PER_S)
#define HOST_MAX 253 /* RFC 1035 section 2.3.4, in text form */

#define MAIN(field)   offsetof(GclkConfig, field)
#define SERVER(field) offsetof(GclkServerConfig, field)

const GclkConfigKey gclk_config_keys[] = {
	{ "clock", "control", GCLK_KEY_CONTROL, MAIN(control), "auto", 0, 0 },
	{ "clock", "step-threshold", GCLK_KEY_DURATION, MAIN(step_threshold), "100ms",
		GCLK_NS_PER_US, 1000 * S },
	{ "clock", "max-step", GCLK_KEY_DURATION, MAIN(max_step), "1000s", 1 * MS, 1000000 * H },
	{ "clock", "max-error", GCLK_KEY_DURATION, MAIN(max_error), "1s", GCLK_NS_PER_US, 1 * H },

	{ "daemon", "user", GCLK_KEY_USER, MAIN(user), "guestclock", 0, 0 },
	{ "daemon", "run-directory", GCLK_KEY_PATH, MAIN(run_directory), "/run/guestclock", 0, 0 },
	{ "daemon", "state-directory", GCLK_KEY_PATH, MAIN(state_directory), "/var/lib/guestclock",
		0, 0 },

	{ "ntp", "discover", GCLK_KEY_BOOLEAN, MAIN(discover), "yes", 0, 0 },
	{ "ntp", "keys", GCLK_KEY_PATH, MAIN(keys), GCLK_SYSCONFDIR "/guestclock/keys", 0, 0 },
	{ "ntp", "minpoll", GCLK_KEY_INTEGER, MAIN(min_poll), "4", 0, 17 },
	{ "ntp", "maxpoll", GCLK_KEY_INTEGER, MAIN(max_poll), "6", 0, 17 },
	{ "ntp", "max-distance", GCLK_KEY_DURATION, MAIN(max_distance), "1500ms", 1 * MS, 16 * S },

	{ "ptp", "device", GCLK_KEY_DEVICE, MAIN(ptp_device), "auto", 0, 0 },
	{ "ptp", "poll", GCLK_KEY_INTEGER, MAIN(ptp_poll), "0", -3, 6 },
	{ "ptp", "assumed-error", GCLK_KEY_DURATION, MAIN(ptp_assumed_error), NULL, 1, 10 * S },
	{ "ptp", "timescale", GCLK_KEY_TIMESCALE, MAIN(ptp_timescale), "auto", 0, 0 },

	{ "link", "channel", GCLK_KEY_CHANNEL, MAIN(link_channel), "auto", 0, 0 },
	{ "link", "poll", GCLK_KEY_INTEGER, MAIN(link_poll), "4", 0, 10 },
	{ "link", "assumed-error", GCLK_KEY_DURATION, MAIN(link_assumed_error), "1ms", 1, 10 * S },

	{ "vmware", "backdoor", GCLK_KEY_AUTO, MAIN(vmware_backdoor), "auto", 0, 0 },
	{ "vmware", "poll", GCLK_KEY_INTEGER, MAIN(vmware_poll), "2", 0, 10 },
	{ "vmware", "assumed-error", GCLK_KEY_DURATION, MAIN(vmware_assumed_error), "1ms", 1,
		10 * S },
	{ "vmware", "tools", GCLK_KEY_AUTO, MAIN(vmware_tools), "auto", 0, 0 },

	{ "server", "address", GCLK_KEY_HOST, SERVER(address), NULL, 0, 0 },
	{ "server", "port", GCLK_KEY_UINT16, SERVER(port), "123", 1, 65535 },
	{ "server", "key", GCLK_KEY_UINT32, SERVER(key), NULL, 1, G_MAXUINT32 },
	{ "server", "minpoll", GCLK_KEY_INTEGER, SERVER(min_poll), NULL, 0, 17 },
	{ "server", "maxpoll", GCLK_KEY_INTEGER, SERVER(max_poll), NULL, 0, 17 },
	{ "server", "iburst", GCLK_KEY_BOOLEAN, SERVER(iburst), "yes", 0, 0 },
};
const gsize gclk_config_keys_length = G_N_ELEMENTS(gclk_config_keys);

static const char *const control_names[] = { "auto", "kernel", "none" };

static const struct {
	const char *name;
	GclkTimescale value;
} timescale_names[] = {
	{ "auto", GCLK_TIMESCALE_UNKNOWN },
	{ "utc", GCLK_TIMESCALE_UTC },
	{ "tai", GCLK_TIMESCALE_TAI },
};

GQuark gclk_config_error_quark(void)
{
	return g_quark_from_static_string("gclk-config-error-quark");
}

const char *gclk_control_name(GclkControl control)
{
	return (gsize)control < G_N_ELEMENTS(control_names) ? control_names[control] : "unknown";
}

gboolean gclk_control_from_name(const char *name, GclkControl *out)
{
	for (gsize i = 0; i < G_N_ELEMENTS(control_names); i++) {
		if (strcmp(name, control_names[i]) == 0) {
			*out = (GclkControl)i;
			return TRUE;
		}
	}
	return FALSE;
}

const GclkConfigKey *gclk_config_key_find(const char *group, const char *name)
{
	for (gsize i = 0; i < gclk_config_keys_length; i++)
		if (strcmp(gclk_config_keys[i].group, group) == 0 &&
			strcmp(gclk_config_keys[i].name, name) == 0)
			return &gclk_config_keys[i];
	return NULL;
}

gboolean gclk_config_group_known(const char *group)
{
	for (gsize i = 0; i < gclk_config_keys_length; i++)
		if (strcmp(gclk_config_keys[i].group, group) == 0)
			return TRUE;
	return FALSE;
}

static gboolean fail(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);
static gboolean fail(GError **error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (error)
		*error = g_error_new_valist(GCLK_CONFIG_ERROR, 0, format, args);
	va_end(args);
	return FALSE;
}

static gboolean parse_boolean(const char *value, gboolean *out, GError **error)
{
	static const char *const yes[] = { "yes", "true", "on", "1", NULL };
	static const char *const no[] = { "no", "false", "off", "0", NULL };

	if (!g_strv_contains(yes, value) && !g_strv_contains(no, value))
		return fail(error, "\"%s\" is neither yes nor no", value);
	*out = g_strv_contains(yes, value);
	return TRUE;
}

static gboolean parse_auto(const char *value, gboolean *out, GError **error)
{
	if (strcmp(value, "auto") != 0 && strcmp(value, "none") != 0)
		return fail(error, "\"%s\" is neither auto nor none", value);
	*out = strcmp(value, "auto") == 0;
	return TRUE;
}

static gboolean parse_integer(
	const GclkConfigKey *key, const char *value, gint64 *out, GError **error)
{
	if (!g_ascii_string_to_signed(value, 10, key->min, key->max, out, NULL))
		return fail(error,
			"\"%s\" is not a whole number from %" G_GINT64_FORMAT
			" to %" G_GINT64_FORMAT,
			value, key->min, key->max);
	return TRUE;
}

static gboolean parse_duration(
	const GclkConfigKey *key, const char *value, gint64 *out, GError **error)
{
	char low[GCLK_DURATION_TEXT_MAX], high[GCLK_DURATION_TEXT_MAX];
	g_autoptr(GError) why = NULL;
	gint64 ns;

	if (!gclk_duration_parse(value, &ns, &why))
		return fail(error, "\"%s\" is no duration: %s", value, why->message);
	if (ns < key->min || ns > key->max)
		return fail(error, "\"%s\" is outside of %s to %s", value,
			gclk_duration_format(key->min, low), gclk_duration_format(key->max, high));
	*out = ns;
	return TRUE;
}

static gboolean parse_control(const char *value, GclkControl *out, GError **error)
{
	return gclk_control_from_name(value, out) ||
	       fail(error, "\"%s\" is none of auto, kernel, none", value);
}

static gboolean parse_timescale(const char *value, GclkTimescale *out, GError **error)
{
	for (gsize i = 0; i < G_N_ELEMENTS(timescale_names); i++) {
		if (strcmp(value, timescale_names[i].name) == 0) {
			*out = timescale_names[i].value;
			return TRUE;
		}
	}
	return fail(error, "\"%s\" is none of auto, utc, tai", value);
}

static gboolean check_path(const char *value, GError **error)
{
	for (const char *p = value; *p; p++)
		if (g_ascii_iscntrl(*p))
			return fail(error, "the path holds a control character");
	if (*value != '/' || strlen(value) >= 4096)
		return fail(error, "\"%.100s\" is not an absolute path", value);
	return TRUE;
}

static gboolean check_channel(const char *value, GError **error)
{
	GclkChannel channel = gclk_channel_parse(value);

	return channel.kind != GCLK_CHANNEL_BAD ||
	       fail(error, "\"%.100s\" is neither auto nor none: %s", value, channel.problem);
}

static gboolean check_user(const char *value, GError **error)
{
	gboolean good = *value && strlen(value) <= 32 && *value != '-';

	for (const char *p = value; good && *p; p++)
		good = g_ascii_isalnum(*p) || strchr("_-.", *p) || (*p == '$' && !p[1]);
	return good || fail(error, "\"%.100s\" cannot be the name of a user", value);
}

gboolean gclk_config_is_host(const char *text)
{
	GclkAddress address;
	gsize label = 0;

	if (gclk_address_parse(text, 0, &address))
		return TRUE;
	if (!*text || strlen(text) > HOST_MAX)
		return FALSE;
	for (const char *p = text; *p; p++) {
		if (*p == '.') {
			if (label == 0 || p[-1] == '-')
				return FALSE;
			label = 0;
		} else if (g_ascii_isalnum(*p) || *p == '_' || (*p == '-' && label)) {
			label++;
		} else {
			return FALSE;
		}
		if (label > 63)
			return FALSE;
	}
	return text[strlen(text) - 1] != '-' &&
	       /* all digits and dots, and no address: a mistyped one */
	       strspn(text, "0123456789.") != strlen(text);
}

static gboolean set_text(char **field, const char *value)
{
	g_free(*field);
	*field = g_strdup(value);
	return TRUE;
}

gboolean gclk_config_key_set(
	const GclkConfigKey *key, gpointer object, const char *value, GError **error)
{
	gpointer field = (char *)object + key->offset;
	gint64 number = 0;

	switch (key->type) {
	case GCLK_KEY_BOOLEAN:
		return parse_boolean(value, field, error);
	case GCLK_KEY_AUTO:
		return parse_auto(value, field, error);
	case GCLK_KEY_DURATION:
		return parse_duration(key, value, field, error);
	case GCLK_KEY_CONTROL:
		return parse_control(value, field, error);
	case GCLK_KEY_TIMESCALE:
		return parse_timescale(value, field, error);
	case GCLK_KEY_PATH:
		return check_path(value, error) && set_text(field, value);
	case GCLK_KEY_DEVICE:
		if (strcmp(value, "auto") == 0)
			return set_text(field, NULL);
		if (strcmp(value, "none") == 0)
			return set_text(field, value);
		if (*value != '/')
			return fail(error,
				"\"%.100s\" is neither auto, none, nor the path of a device",
				value);
		return check_path(value, error) && set_text(field, value);
	case GCLK_KEY_CHANNEL:
		if (strcmp(value, "auto") == 0)
			return set_text(field, NULL);
		if (strcmp(value, "none") == 0)
			return set_text(field, value);
		return check_channel(value, error) && set_text(field, value);
	case GCLK_KEY_USER:
		return check_user(value, error) && set_text(field, value);
	case GCLK_KEY_HOST:
		if (!gclk_config_is_host(value))
			return fail(error,
				"\"%.300s\" is neither a host name nor a numeric address", value);
		return set_text(field, value);
	case GCLK_KEY_INTEGER:
	case GCLK_KEY_UINT16:
	case GCLK_KEY_UINT32:
		break;
	}
	if (!parse_integer(key, value, &number, error))
		return FALSE;
	if (key->type == GCLK_KEY_UINT16)
		*(guint16 *)field = (guint16)number;
	else if (key->type == GCLK_KEY_UINT32)
		*(guint32 *)field = (guint32)number;
	else
		*(gint *)field = (gint)number;
	return TRUE;
}

const char *gclk_config_nearest_key(const char *group, const char *name)
{
	const char *names[G_N_ELEMENTS(gclk_config_keys) + 1] = { NULL };
	gsize n = 0;

	for (gsize i = 0; i < gclk_config_keys_length; i++)
		if (strcmp(gclk_config_keys[i].group, group) == 0)
			names[n++] = gclk_config_keys[i].name;
	return gclk_nearest(name, names);
}

const char *gclk_config_nearest_group(const char *name)
{
	static const char *const groups[] = { "clock", "daemon", "link", "ntp", "ptp", "server",
		"vmware", NULL };

	return gclk_nearest(name, groups);
}
