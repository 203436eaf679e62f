/* SPDX-License-Identifier: BSD-2-Clause */
#include "doctor/ntp-round.h"

#include <string.h>

#include "build-config.h"

#define RESOLVE_PATIENCE (3 * GCLK_NS_PER_S)
#define ANSWER_PATIENCE  (2 * GCLK_NS_PER_S)
#define TRIES            2
#define ADDRESSES        4
#define ADVICE_NAME      "name the server by its address, or mend what resolves names (/etc/resolv.conf)"
#define ADVICE_KEY       "see keys in guestclockd.conf(5); only root may read the key file"

/* One server. */
typedef struct {
	GclkNtpRound *round;
	const GclkServerConfig *server;
	const GclkNtpKey *key;
	GclkAddress addresses[ADDRESSES];
	gsize n_addresses;
	gsize at; /* index of the one that is asked */
	guint resolving, timer;
	GclkSocket *socket;
	GclkNtpExchange exchange;
	guint asked;
	GclkNtpReply reply;
	GclkSample sample;
	gboolean over;
	char *reason;       /* it is over without a good answer */
	const char *advice; /* static, or NULL */
} Asked;

struct GclkNtpRound {
	GclkPlatform *platform;
	GPtrArray *asked; /* Asked * */
	guint left;
	guint timer; /* that calls done */
	GclkTimerFunc done;
	gpointer user;
};

/* --- the end ---------------------------------------------------------------------------------- */

static void on_done(gpointer user)
{
	GclkNtpRound *round = user;

	round->timer = 0;
	round->done(round->user);
}

static void stop(Asked *asked)
{
	GclkPlatform *platform = asked->round->platform;

	platform->resolve_cancel(platform, asked->resolving);
	platform->timer_stop(platform, asked->timer);
	platform->udp_close(platform, asked->socket);
	asked->resolving = asked->timer = 0;
	asked->socket = NULL;
}

/* Takes over reason, NULL: the reply tells. */
static void end(Asked *asked, char *reason)
{
	GclkNtpRound *round = asked->round;

	if (asked->over) {
		g_free(reason);
		return;
	}
	asked->over = TRUE;
	asked->reason = reason;
	stop(asked);
	if (--round->left == 0)
		round->timer = round->platform->timer_start(round->platform, 0, on_done, round);
}

/* --- one exchange ------------------------------------------------------------------------------
 */

static const GclkAddress *address_of(const Asked *asked)
{
	return &asked->addresses[asked->at];
}

static void ask(Asked *asked);

/* Silence: once more, at the next address if there is one; or what came instead of an answer. */
static void go_on(Asked *asked, int error)
{
	GclkPlatform *platform = asked->round->platform;

	platform->timer_stop(platform, asked->timer);
	asked->timer = 0;
	if (asked->asked < TRIES && (!error || asked->at + 1 < asked->n_addresses)) {
		platform->udp_close(platform, asked->socket);
		asked->socket = NULL;
		asked->at = (asked->at + 1) % asked->n_addresses;
		ask(asked);
		return;
	}
	end(asked, asked->reply.verdict != GCLK_NTP_GOOD
			   ? NULL
			   : gclk_ntp_silence_reason(address_of(asked), error, asked->key != NULL));
}

static void on_silence(gpointer user)
{
	Asked *asked = user;

	asked->timer = 0;
	go_on(asked, 0);
}

static void on_received(gpointer user, const GclkDatagram *datagram)
{
	Asked *asked = user;

	gclk_ntp_exchange_take(
		&asked->exchange, asked->round->platform, datagram, &asked->reply, &asked->sample);
	/* What is not the answer is kept as a hint, and waited past. */
	if (gclk_ntp_verdict_class(asked->reply.verdict) != GCLK_NTP_CLASS_DROP)
		end(asked, NULL);
}

static void on_failed(gpointer user, int error)
{
	go_on(user, error);
}

static void ask(Asked *asked)
{
	static const GclkSocketEvents events = { on_received, on_failed };
	GclkPlatform *platform = asked->round->platform;
	g_autoptr(GError) error = NULL;

	asked->socket = platform->udp_open(platform, address_of(asked), &events, asked, &error);
	if (!asked->socket) {
		end(asked, g_strdup(error->message));
		return;
	}
	if (gclk_ntp_is_own_address(platform, asked->socket, address_of(asked))) {
		end(asked, gclk_ntp_own_address_reason(address_of(asked)));
		return;
	}
	gclk_ntp_exchange_forget_server(&asked->exchange);
	asked->asked++;
	if (!gclk_ntp_exchange_send(&asked->exchange, platform, asked->socket, 0, &error)) {
		char text[GCLK_ADDRESS_TEXT_MAX];

		end(asked, g_strdup_printf("the request to %s could not be sent: %s",
				   gclk_address_format(address_of(asked), text), error->message));
		return;
	}
	asked->timer = platform->timer_start(platform, ANSWER_PATIENCE, on_silence, asked);
}

/* --- names -------------------------------------------------------------------------------------
 */

static void on_resolved(gpointer user, const GclkAddress *addresses, gsize n, const char *reason)
{
	Asked *asked = user;
	GclkPlatform *platform = asked->round->platform;

	asked->resolving = 0;
	platform->timer_stop(platform, asked->timer);
	asked->timer = 0;
	if (n == 0) {
		asked->advice = ADVICE_NAME;
		end(asked, g_strdup_printf("the name \"%s\" cannot be resolved: %s",
				   asked->server->address, reason ? reason : "no address"));
		return;
	}
	asked->n_addresses = MIN(n, ADDRESSES);
	memcpy(asked->addresses, addresses, asked->n_addresses * sizeof(*addresses));
	ask(asked);
}

static void on_unresolved(gpointer user)
{
	Asked *asked = user;

	asked->timer = 0;
	asked->advice = ADVICE_NAME;
	end(asked, g_strdup_printf("the name \"%s\" cannot be resolved: the name server does not "
				   "answer",
			   asked->server->address));
}

static void on_begin(gpointer user)
{
	Asked *asked = user;
	GclkPlatform *platform = asked->round->platform;
	const GclkServerConfig *server = asked->server;

	asked->timer = 0;
	if (server->key && !asked->key) {
		asked->advice = ADVICE_KEY;
		end(asked, g_strdup_printf("its key %u is not in the key file, or cannot be read",
				   server->key));
		return;
	}
	if (gclk_address_parse(server->address, server->port, &asked->addresses[0])) {
		asked->n_addresses = 1;
		ask(asked);
		return;
	}
	asked->timer = platform->timer_start(platform, RESOLVE_PATIENCE, on_unresolved, asked);
	asked->resolving =
		platform->resolve(platform, server->address, server->port, on_resolved, asked);
}

/* --- the round ---------------------------------------------------------------------------------
 */

static void free_asked(gpointer pointer)
{
	Asked *asked = pointer;

	g_free(asked->reason);
	g_free(asked);
}

GclkNtpRound *gclk_ntp_round_start(GclkPlatform *platform, const GclkConfig *config, GArray *keys,
	GclkTimerFunc done, gpointer user)
{
	GclkNtpRound *round = g_new0(GclkNtpRound, 1);

	round->platform = platform;
	round->asked = g_ptr_array_new_with_free_func(free_asked);
	round->done = done;
	round->user = user;
	round->left = config->servers->len;
	for (guint i = 0; i < config->servers->len; i++) {
		Asked *asked = g_new0(Asked, 1);

		asked->round = round;
		asked->server = config->servers->pdata[i];
		asked->key = keys && asked->server->key
				     ? gclk_ntp_keys_find(keys, asked->server->key)
				     : NULL;
		asked->exchange.context.key = asked->key;
		asked->exchange.context.max_distance = config->max_distance;
		asked->exchange.context.pivot = GCLK_BUILD_TIME * GCLK_NS_PER_S;
		asked->timer = platform->timer_start(platform, 0, on_begin, asked);
		g_ptr_array_add(round->asked, asked);
	}
	if (round->left == 0)
		round->timer = platform->timer_start(platform, 0, on_done, round);
	return round;
}

static gboolean is_good(const Asked *asked)
{
	return asked->over && !asked->reason && asked->reply.verdict == GCLK_NTP_GOOD;
}

gboolean gclk_ntp_round_witness(const GclkNtpRound *round, GclkNtpWitness *out)
{
	const Asked *best = NULL;

	for (guint i = 0; i < round->asked->len; i++) {
		const Asked *asked = round->asked->pdata[i];

		if (is_good(asked) && !asked->reply.local_clock &&
			(!best || asked->sample.delay < best->sample.delay))
			best = asked;
	}
	if (!best)
		return FALSE;
	*out = (GclkNtpWitness){ *address_of(best), best->exchange.context, best->sample };
	return TRUE;
}

static GclkNtpAnswer *answer_of(const Asked *asked)
{
	const GclkNtpReply *reply = &asked->reply;
	GclkNtpAnswer *answer = g_new0(GclkNtpAnswer, 1);
	char text[GCLK_ADDRESS_TEXT_MAX];

	answer->name = g_strdup(asked->server->name);
	if (asked->n_addresses)
		answer->address = g_strdup(gclk_address_format(address_of(asked), text));
	if (is_good(asked)) {
		answer->usable = answer->measured = TRUE;
		answer->local_clock = reply->local_clock;
		answer->offset = asked->sample.offset;
		answer->bound = gclk_sample_bound(&asked->sample);
		return answer;
	}
	if (asked->over && !asked->reason) {
		answer->answered = TRUE;
		answer->reason = gclk_ntp_reply_reason(reply);
		answer->advice = gclk_ntp_verdict_advice(reply->verdict);
		return answer;
	}
	answer->reason = g_strdup(asked->over ? asked->reason : "no answer yet");
	answer->advice = asked->advice;
	return answer;
}

GPtrArray *gclk_ntp_round_answers(const GclkNtpRound *round)
{
	GPtrArray *answers = g_ptr_array_new_with_free_func((GDestroyNotify)gclk_ntp_answer_free);

	for (guint i = 0; i < round->asked->len; i++)
		g_ptr_array_add(answers, answer_of(round->asked->pdata[i]));
	return answers;
}

void gclk_ntp_round_free(GclkNtpRound *round)
{
	if (!round)
		return;
	for (guint i = 0; i < round->asked->len; i++)
		stop(round->asked->pdata[i]);
	round->platform->timer_stop(round->platform, round->timer);
	g_ptr_array_unref(round->asked);
	g_free(round);
}
