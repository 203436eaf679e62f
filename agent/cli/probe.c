/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/probe.h"

#include <netdb.h>
#include <stdio.h>
#include <string.h>

#include "build-config.h"
#include "cli/cli.h"
#include "cli/probe-link.h"
#include "cli/probe-report.h"
#include "guestclock/duration.h"
#include "platform/native.h"

#define TRIES 3
/* Of several addresses each is asked this often, until so many requests were sent in all. */
#define TRIES_EACH 2
#define TRIES_ALL  8
/* RFC 5905 section 14: two requests are at least this far apart. */
#define WAIT           (2 * GCLK_NS_PER_S)
#define DEFAULT_KEYS   GCLK_SYSCONFDIR "/guestclock/keys"
#define KEY_FILE_LIMIT 65536

enum {
	EXIT_USABLE = GCLK_EXIT_OK,
	EXIT_REFUSED = GCLK_EXIT_CRITICAL,
	EXIT_NO_ANSWER = GCLK_EXIT_UNKNOWN,
};

typedef struct {
	GclkCliOptions common;
	gint port;
	gint64 key;
	char *keys, *max_distance;
	char **servers;
	gint64 distance; /* ns: max_distance */
} Options;

typedef struct {
	GclkPlatform *platform;
	GMainLoop *loop;
	GclkNtpExchange exchange;
	GclkProbe probe;
	guint asked; /* requests to the address of the moment */
	gint error;  /* errno that came back from it */
} Session;

static void options_clear(Options *options)
{
	gclk_cli_options_clear(&options->common);
	g_free(options->keys);
	g_free(options->max_distance);
	g_strfreev(options->servers);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Options, options_clear)

/* --- one exchange ----------------------------------------------------------------------------- */

static void take_datagram(gpointer user, const GclkDatagram *datagram)
{
	Session *session = user;
	GclkProbe *probe = &session->probe;

	gclk_ntp_exchange_take(
		&session->exchange, session->platform, datagram, &probe->reply, &probe->sample);
	/* What is not the answer is kept as a hint, and waited past. */
	if (gclk_ntp_verdict_class(probe->reply.verdict) != GCLK_NTP_CLASS_DROP)
		g_main_loop_quit(session->loop);
}

static void take_error(gpointer user, int error)
{
	Session *session = user;

	session->error = error;
	g_main_loop_quit(session->loop);
}

static void time_out(gpointer user)
{
	g_main_loop_quit(user);
}

static gboolean is_answered(const Session *session)
{
	return session->asked > 0 && !gclk_ntp_exchange_open(&session->exchange);
}

/* Asks until there is an answer, an error or no patience left. */
static void ask(Session *session, GclkSocket *socket, guint tries, GError **error)
{
	GclkPlatform *platform = session->platform;

	for (guint i = 0; i < tries && session->error == 0 && !is_answered(session); i++) {
		guint timer;

		if (!gclk_ntp_exchange_send(&session->exchange, platform, socket, 0, error))
			return;
		session->asked++;
		session->probe.requests++;
		timer = platform->timer_start(platform, WAIT, time_out, session->loop);
		g_main_loop_run(session->loop);
		platform->timer_stop(platform, timer);
	}
}

/* Nothing is left of what another address said. */
static void forget(Session *session)
{
	GclkProbe *probe = &session->probe;

	gclk_ntp_exchange_forget_server(&session->exchange);
	memset(&probe->reply, 0, sizeof(probe->reply));
	g_clear_pointer(&probe->silence, g_free);
	probe->own = FALSE;
	session->asked = 0;
	session->error = 0;
}

static void converse(Session *session, guint tries, GError **error)
{
	static const GclkSocketEvents events = { take_datagram, take_error };
	GclkPlatform *platform = session->platform;
	const GclkAddress *address = &session->probe.address;
	GclkSocket *socket = platform->udp_open(platform, address, &events, session, error);

	if (!socket)
		return;
	session->probe.own = gclk_ntp_is_own_address(platform, socket, address);
	if (!session->probe.own)
		ask(session, socket, tries, error);
	platform->udp_close(platform, socket);
}

static char *why_silent(const Session *session, const GError *error)
{
	const GclkProbe *probe = &session->probe;
	char text[GCLK_ADDRESS_TEXT_MAX];

	if (error)
		return g_strdup_printf("the request to %s could not be sent: %s",
			gclk_address_format(&probe->address, text), error->message);
	return gclk_ntp_silence_reason(&probe->address, session->error, probe->key != NULL);
}

static void judge(Session *session, const GError *error)
{
	GclkProbe *probe = &session->probe;

	if (is_answered(session)) {
		probe->verdict = probe->reply.verdict == GCLK_NTP_GOOD ? GCLK_PROBE_USABLE
								       : GCLK_PROBE_REFUSED;
		return;
	}
	if (probe->reply.verdict != GCLK_NTP_GOOD) {
		probe->verdict = GCLK_PROBE_REFUSED;
		return;
	}
	probe->verdict = probe->own ? GCLK_PROBE_REFUSED : GCLK_PROBE_NO_ANSWER;
	probe->silence = probe->own ? gclk_ntp_own_address_reason(&probe->address)
				    : why_silent(session, error);
}

/* --- what to ask ------------------------------------------------------------------------------ */

static gboolean take_address(const struct addrinfo *info, guint16 port, GclkAddress *out)
{
	char text[GCLK_ADDRESS_TEXT_MAX];

	return getnameinfo(info->ai_addr, info->ai_addrlen, text, sizeof(text), NULL, 0,
		       NI_NUMERICHOST) == 0 &&
	       gclk_address_parse(text, port, out);
}

/* All addresses of a name; waits for the answer, which a command may do. */
static gsize look_up(
	const char *name, guint16 port, GclkAddress out[GCLK_PROBE_ADDRESSES], char **reason)
{
	const struct addrinfo hints = {
		.ai_family = AF_UNSPEC,
		.ai_socktype = SOCK_DGRAM,
		.ai_flags = AI_ADDRCONFIG,
	};
	struct addrinfo *list = NULL;
	gsize n = 0;
	int error;

	if (gclk_address_parse(name, port, &out[0]))
		return 1;
	error = getaddrinfo(name, NULL, &hints, &list);
	if (error) {
		*reason = g_strdup_printf(
			"the name \"%s\" cannot be resolved: %s", name, gai_strerror(error));
		return 0;
	}
	for (const struct addrinfo *info = list; info && n < GCLK_PROBE_ADDRESSES;
		info = info->ai_next)
		if (take_address(info, port, &out[n]))
			n++;
	freeaddrinfo(list);
	if (n == 0)
		*reason = g_strdup_printf("the name \"%s\" has no address", name);
	return n;
}

static GArray *read_keys(GclkPlatform *platform, const Options *options, GError **error)
{
	const char *path = options->keys ? options->keys : DEFAULT_KEYS;
	gsize length = 0;
	g_autofree char *text = platform->read_file(platform, path, KEY_FILE_LIMIT, &length, error);
	g_autoptr(GArray) keys = NULL;
	g_autofree char *flaw = NULL;
	const GclkNtpKey *key;

	if (!text)
		return NULL;
	keys = gclk_ntp_keys_parse(text, length, error);
	if (!keys) {
		g_prefix_error(error, "%s: ", path);
		return NULL;
	}
	key = gclk_ntp_keys_find(keys, (guint32)options->key);
	flaw = key ? gclk_ntp_key_flaw(key)
		   : g_strdup_printf("there is no key %" G_GINT64_FORMAT " in it", options->key);
	if (flaw) {
		g_set_error(error, GCLK_NTP_KEY_ERROR, 0, "%s: %s", path, flaw);
		return NULL;
	}
	return g_steal_pointer(&keys);
}

/* --- the command ------------------------------------------------------------------------------ */

static void try_address(Session *session, const GclkAddress *address, guint tries)
{
	g_autoptr(GError) error = NULL;

	forget(session);
	session->probe.address = *address;
	converse(session, tries, &error);
	judge(session, error);
}

/* Another address of the name may be better off: this one goes to the list of failures. */
static void put_aside(GclkProbe *probe)
{
	GclkProbeFailure *failure = &probe->failures[probe->n_failures++];

	failure->address = probe->address;
	failure->reason = g_steal_pointer(&probe->silence);
}

static void run(Session *session)
{
	GclkAddress addresses[GCLK_PROBE_ADDRESSES];
	GclkProbe *probe = &session->probe;
	guint tries;

	probe->verdict = GCLK_PROBE_NO_ANSWER;
	probe->addresses = look_up(probe->server, probe->address.port, addresses, &probe->silence);
	tries = probe->addresses > 1 ? TRIES_EACH : TRIES;
	for (gsize i = 0; i < probe->addresses && probe->requests < TRIES_ALL; i++) {
		if (i > 0)
			put_aside(probe);
		try_address(session, &addresses[i], MIN(tries, TRIES_ALL - probe->requests));
		/* Whoever answered has been heard; silence and our own address are no answer. */
		if (!probe->silence)
			return;
	}
}

static int show(const GclkProbe *probe, const Options *options)
{
	g_autofree char *text = options->common.json
					? gclk_probe_to_json(probe)
					: gclk_probe_to_text(probe, options->common.color);

	fputs(text, stdout);
	if (probe->verdict == GCLK_PROBE_USABLE)
		return EXIT_USABLE;
	return probe->verdict == GCLK_PROBE_REFUSED ? EXIT_REFUSED : EXIT_NO_ANSWER;
}

static gboolean check_options(Options *options, GError **error)
{
	if (!options->servers || g_strv_length(options->servers) != 1)
		g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED,
			"it takes one server or channel (see guestclock probe --help)");
	else if (options->port < 1 || options->port > G_MAXUINT16)
		g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
			"--port: %d is not a number from 1 to 65535", options->port);
	else if (options->key < 0 || options->key > G_MAXUINT32)
		g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
			"--key: not a number from 1 to 4294967295");
	else if (options->max_distance &&
		 !gclk_duration_parse(options->max_distance, &options->distance, error))
		g_prefix_error(error, "--max-distance: ");
	return *error == NULL;
}

static gboolean parse(Options *options, int argc, char **argv)
{
	const GOptionEntry entries[] = {
		{ "port", 'p', 0, G_OPTION_ARG_INT, &options->port, "UDP port (default: 123)",
			"N" },
		{ "key", 'k', 0, G_OPTION_ARG_INT64, &options->key, "Authenticate with this key",
			"ID" },
		{ "keys", 0, 0, G_OPTION_ARG_FILENAME, &options->keys,
			"Key file (default: " DEFAULT_KEYS ")", "FILE" },
		{ "max-distance", 0, 0, G_OPTION_ARG_STRING, &options->max_distance,
			"Largest error that is accepted (default: 1500ms)", "DURATION" },
		{ G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_STRING_ARRAY, &options->servers, NULL,
			"SERVER|CHANNEL" },
		{ 0 },
	};

	return gclk_cli_parse(&options->common,
		"Asks an NTP server once, or the host by a channel (virtio:NAME, vsock:PORT,\n"
		"unix:/PATH), and says whether the answer can be used, and why not.\n"
		"Exit status: 0 usable, 2 refused, 3 no answer.",
		entries, argc, argv);
}

/* The key that is asked for; *keys owns it. NULL with an error, or when none is asked for. */
static const GclkNtpKey *choose_key(
	GclkPlatform *platform, const Options *options, GArray **keys, GError **error)
{
	if (options->key == 0)
		return NULL;
	*keys = read_keys(platform, options, error);
	return *keys ? gclk_ntp_keys_find(*keys, (guint32)options->key) : NULL;
}

static int probe(Session *session, const Options *options, GError **error)
{
	g_autoptr(GArray) keys = NULL;
	int status;

	session->probe.key = choose_key(session->platform, options, &keys, error);
	if (*error)
		return EXIT_NO_ANSWER;
	session->probe.server = options->servers[0];
	session->probe.address.port = (guint16)options->port;
	session->exchange.context.key = session->probe.key;
	session->exchange.context.max_distance = options->distance;
	session->exchange.context.pivot = GCLK_BUILD_TIME * GCLK_NS_PER_S;
	run(session);
	status = show(&session->probe, options);
	gclk_probe_clear(&session->probe);
	return status;
}

int gclk_cli_probe(int argc, char **argv)
{
	g_auto(Options) options = { .port = GCLK_NTP_PORT, .distance = 1500 * GCLK_NS_PER_MS };
	g_autoptr(GError) error = NULL;
	Session session = { 0 };
	int status = EXIT_NO_ANSWER;

	if (!parse(&options, argc, argv))
		return options.common.exit_code;
	if (check_options(&options, &error) && gclk_link_probe_is_channel(options.servers[0])) {
		status = gclk_link_probe(options.servers[0], options.distance, options.common.json,
			options.common.color);
	} else if (!error) {
		session.loop = g_main_loop_new(NULL, FALSE);
		session.platform = gclk_native_new(NULL, g_main_context_default());
		status = probe(&session, &options, &error);
		session.platform->free(session.platform);
		g_main_loop_unref(session.loop);
	}
	if (error)
		gclk_cli_complain("%s", error->message);
	return status;
}
