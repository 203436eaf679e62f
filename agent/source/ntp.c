/* SPDX-License-Identifier: BSD-2-Clause */
#include "source/ntp.h"

#include "build-config.h"
#include "source/ntp-exchange.h"
#include "source/ntp-poll.h"

/* The first request leaves a random moment after start, lest all guests of a host ask at once. */
#define START_SPREAD  (200 * GCLK_NS_PER_MS)
#define ADDRESSES_MAX 16
/* Requests that each further address of an unreachable server gets. */
#define MISSES_PER_ADDRESS 4
/* A name that cannot be resolved is tried again after this, then after twice that, and so on. */
#define RESOLVE_RETRY     (4 * GCLK_NS_PER_S)
#define RESOLVE_RETRY_MAX (256 * GCLK_NS_PER_S)
/* Unusable answers in a row, of a kind that may pass, that make a good server a refused one. */
#define PASSING_LIMIT 3

typedef struct {
	GclkSource base;
	char *host;
	guint16 port;
	gboolean numeric, iburst;
	GclkNtpKey key;
	char *failure; /* why it can never be asked, or NULL */

	GclkAddress addresses[ADDRESSES_MAX];
	gsize n_addresses, address; /* address: index of the one in use */
	guint resolving;
	guint resolve_timer;
	gint64 resolve_retry;

	GclkNtpPoll poll;
	guint timer;        /* next request, or the end of patience */
	GclkSocket *socket; /* of the last request: open until the next, to count what comes late */
	gint64 sent;        /* boottime of the last request */
	GclkNtpExchange exchange;
	gint error;         /* errno that came instead of an answer, since the last request */
	gint former_error;  /* between the last two: some take longer than our patience */
	GclkNtpReply blame; /* last packet dropped while waiting; GOOD: none */
	gint passing;       /* unusable answers in a row, of a kind that may pass */
	gint denials;       /* addresses in a row that denied access */
	GclkSourceDrop drops[GCLK_NTP_VERDICTS];
} Ntp;

static void ask(gpointer user);
static void resolve(gpointer user);
static void take_datagram(gpointer user, const GclkDatagram *datagram);
static void take_error(gpointer user, int error);

static const GclkSocketEvents socket_events = {
	.received = take_datagram,
	.failed = take_error,
};

static gint64 now_of(Ntp *ntp)
{
	return ntp->base.platform->boottime(ntp->base.platform);
}

static guint32 random32(Ntp *ntp)
{
	guint32 value;

	ntp->base.platform->random(ntp->base.platform, &value, sizeof(value));
	return value;
}

static void set_timer(Ntp *ntp, gint64 delay, GclkTimerFunc func)
{
	GclkPlatform *platform = ntp->base.platform;

	platform->timer_stop(platform, ntp->timer);
	ntp->timer = platform->timer_start(platform, MAX(delay, 0), func, ntp);
}

/* The next request, that long after the last one. */
static void ask_after(Ntp *ntp, gint64 interval)
{
	set_timer(ntp, ntp->sent + interval - now_of(ntp), ask);
}

static void schedule(Ntp *ntp)
{
	ntp->base.detail.poll = ntp->poll.poll;
	ntp->base.detail.reach = ntp->poll.reach;
	ask_after(ntp, gclk_ntp_poll_interval(&ntp->poll, now_of(ntp), random32(ntp)));
}

/* --- addresses -------------------------------------------------------------------------------- */

static const GclkAddress *peer(const Ntp *ntp)
{
	return &ntp->addresses[ntp->address];
}

static void use_address(Ntp *ntp, gsize index)
{
	GclkSourceDetail *detail = &ntp->base.detail;

	ntp->address = index;
	gclk_ntp_exchange_forget_server(&ntp->exchange);
	gclk_address_format(peer(ntp), detail->address);
	g_free(ntp->base.origin);
	ntp->base.origin = g_strdup(detail->address);
}

static gboolean keeps_addresses(const Ntp *ntp, const GclkAddress *addresses, gsize n)
{
	if (n != ntp->n_addresses)
		return FALSE;
	for (gsize i = 0; i < n; i++)
		if (!gclk_address_equal(&addresses[i], &ntp->addresses[i], TRUE))
			return FALSE;
	return TRUE;
}

static void take_addresses(gpointer user, const GclkAddress *addresses, gsize n, const char *reason)
{
	Ntp *ntp = user;
	GclkPlatform *platform = ntp->base.platform;
	gboolean first = ntp->n_addresses == 0;

	ntp->resolving = 0;
	n = MIN(n, ADDRESSES_MAX);
	if (n == 0) {
		if (first)
			gclk_source_set_condition(&ntp->base, GCLK_SOURCE_UNREACHABLE,
				"the name \"%s\" cannot be resolved: %s", ntp->host,
				reason ? reason : "no address");
		ntp->resolve_timer =
			platform->timer_start(platform, ntp->resolve_retry, resolve, ntp);
		ntp->resolve_retry = MIN(2 * ntp->resolve_retry, RESOLVE_RETRY_MAX);
		return;
	}
	ntp->resolve_retry = RESOLVE_RETRY;
	if (keeps_addresses(ntp, addresses, n))
		return;
	for (gsize i = 0; i < n; i++)
		ntp->addresses[i] = addresses[i];
	ntp->n_addresses = n;
	use_address(ntp, 0);
	ask_after(ntp, first ? 0 : gclk_ntp_poll_spacing(&ntp->poll));
}

static void resolve(gpointer user)
{
	Ntp *ntp = user;
	GclkPlatform *platform = ntp->base.platform;

	ntp->resolve_timer = 0;
	if (ntp->resolving == 0)
		ntp->resolving =
			platform->resolve(platform, ntp->host, ntp->port, take_addresses, ntp);
}

/* This address is of no use: the next one; after the last one the name is looked up again. */
static void try_next_address(Ntp *ntp)
{
	if (ntp->numeric)
		return;
	if (ntp->n_addresses > 1)
		ntp->poll.back_off = 0;
	use_address(ntp, (ntp->address + 1) % ntp->n_addresses);
	if (ntp->address == 0 && ntp->resolve_timer == 0 && gclk_ntp_poll_unreachable(&ntp->poll))
		resolve(ntp);
}

/* --- no answer -------------------------------------------------------------------------------- */

/* Packets came that were not the answer: they may tell why there is none. */
static gboolean blame_packets(Ntp *ntp)
{
	g_autofree char *reason = NULL;

	if (ntp->blame.verdict == GCLK_NTP_GOOD || ntp->poll.misses < 2)
		return FALSE;
	reason = gclk_ntp_reply_reason(&ntp->blame);
	ntp->blame.verdict = GCLK_NTP_GOOD;
	gclk_source_set_condition(&ntp->base, GCLK_SOURCE_REFUSED, "%s", reason);
	return TRUE;
}

/* The request failed; why: what the platform said, or NULL. */
static void give_up(Ntp *ntp, const char *why)
{
	g_autofree char *reason = NULL;
	gint beyond = ntp->poll.misses - GCLK_NTP_UNREACHABLE_MISSES;

	reason = why ? g_strdup(why)
		     : gclk_ntp_silence_reason(peer(ntp),
			       ntp->error ? ntp->error : ntp->former_error,
			       ntp->exchange.context.key != NULL);
	/* What cannot even be sent (no IPv6 here) is not worth several tries. */
	if (why || (beyond >= 0 && beyond % MISSES_PER_ADDRESS == 0))
		try_next_address(ntp);
	schedule(ntp);
	if (blame_packets(ntp) || !gclk_ntp_poll_unreachable(&ntp->poll))
		return;
	gclk_source_set_condition(&ntp->base, GCLK_SOURCE_UNREACHABLE, "%s", reason);
}

static void lose_patience(gpointer user)
{
	Ntp *ntp = user;

	ntp->timer = 0;
	gclk_ntp_exchange_give_up(&ntp->exchange);
	gclk_ntp_poll_missed(&ntp->poll);
	give_up(ntp, NULL);
}

static void take_error(gpointer user, int error)
{
	Ntp *ntp = user;

	/* Only a hint: whoever can forge it must not be able to keep the true answer out. */
	ntp->error = error;
}

/* --- the request ------------------------------------------------------------------------------ */

static gboolean open_socket(Ntp *ntp, GError **error)
{
	GclkPlatform *platform = ntp->base.platform;

	platform->udp_close(platform, ntp->socket);
	ntp->socket = platform->udp_open(platform, peer(ntp), &socket_events, ntp, error);
	return ntp->socket != NULL;
}

/* Nothing is asked, but it is looked at again every poll: an address may move to another machine.
 */
static void refuse_own_address(Ntp *ntp)
{
	g_autofree char *reason = gclk_ntp_own_address_reason(peer(ntp));

	gclk_ntp_exchange_give_up(&ntp->exchange);
	gclk_ntp_poll_unsent(&ntp->poll);
	try_next_address(ntp);
	schedule(ntp);
	gclk_source_set_condition(&ntp->base, GCLK_SOURCE_REFUSED, "%s", reason);
}

static void ask(gpointer user)
{
	Ntp *ntp = user;
	g_autoptr(GError) error = NULL;

	ntp->timer = 0;
	ntp->former_error = ntp->error;
	ntp->error = 0;
	if (ntp->blame.verdict != GCLK_NTP_LATE)
		ntp->blame.verdict = GCLK_NTP_GOOD;
	ntp->sent = now_of(ntp);
	if (open_socket(ntp, &error) &&
		gclk_ntp_is_own_address(ntp->base.platform, ntp->socket, peer(ntp))) {
		refuse_own_address(ntp);
		return;
	}
	if (!ntp->socket || !gclk_ntp_exchange_send(&ntp->exchange, ntp->base.platform, ntp->socket,
				    ntp->poll.poll, &error)) {
		gclk_ntp_poll_unsent(&ntp->poll);
		give_up(ntp, error->message);
		return;
	}
	gclk_ntp_poll_sent(&ntp->poll, ntp->sent);
	ntp->base.detail.requests++;
	set_timer(ntp, gclk_ntp_poll_patience(&ntp->poll), lose_patience);
}

/* --- the answer ------------------------------------------------------------------------------- */

static void describe(Ntp *ntp, const GclkNtpReply *reply)
{
	GclkSourceDetail *detail = &ntp->base.detail;
	const GclkNtpHeader *header = &reply->header;
	char refid[GCLK_NTP_REFID_TEXT_MAX];

	detail->stratum = header->stratum;
	detail->root_delay = header->root_delay;
	detail->root_dispersion = header->root_dispersion;
	detail->note = reply->local_clock ? GCLK_NTP_LOCAL_CLOCK_NOTE : NULL;
	g_strlcpy(detail->identity, gclk_ntp_refid_format(header->refid, header->stratum, refid),
		sizeof(detail->identity));
	detail->replies++;
}

/* A server that was not usable until now has its iburst again. */
static void welcome(Ntp *ntp, gboolean back)
{
	if (!back && ntp->base.condition != GCLK_SOURCE_REFUSED)
		return;
	ntp->poll.poll = MAX(ntp->poll.min, ntp->poll.floor);
	if (ntp->iburst)
		gclk_ntp_poll_burst(&ntp->poll, now_of(ntp));
}

static void take_sample(Ntp *ntp, const GclkSample *sample)
{
	ntp->passing = ntp->denials = 0;
	ntp->blame.verdict = GCLK_NTP_GOOD;
	g_strlcpy(ntp->base.detail.method, gclk_ntp_stamps_name(sample),
		sizeof(ntp->base.detail.method));
	welcome(ntp, gclk_ntp_poll_answered(&ntp->poll, TRUE));
	schedule(ntp);
	gclk_source_set_condition(&ntp->base, GCLK_SOURCE_OK, NULL);
	gclk_source_emit(&ntp->base, sample);
}

/* DENY and RSTR: another address may be kinder; if none is, the server is left alone. */
static void take_denial(Ntp *ntp)
{
	ntp->denials++;
	if (!ntp->numeric && (gsize)ntp->denials < ntp->n_addresses) {
		try_next_address(ntp);
		return;
	}
	ntp->denials = 0;
	gclk_ntp_poll_denied(&ntp->poll, now_of(ntp));
}

static void take_refusal(Ntp *ntp, const GclkNtpReply *reply)
{
	GclkNtpClass class = gclk_ntp_verdict_class(reply->verdict);
	gboolean passing = class == GCLK_NTP_CLASS_TRANSIENT || reply->verdict == GCLK_NTP_KOD_RATE;
	g_autofree char *reason = gclk_ntp_reply_reason(reply);

	gclk_ntp_poll_answered(&ntp->poll, FALSE);
	if (reply->verdict == GCLK_NTP_KOD_RATE)
		gclk_ntp_poll_rate(&ntp->poll, reply->header.poll);
	else if (reply->verdict == GCLK_NTP_KOD_DENY || reply->verdict == GCLK_NTP_KOD_RSTR)
		take_denial(ntp);
	else if (!passing)
		gclk_ntp_poll_tune(&ntp->poll, 1);
	schedule(ntp);
	if (passing && ntp->base.condition == GCLK_SOURCE_OK && ++ntp->passing < PASSING_LIMIT)
		return;
	gclk_source_set_condition(&ntp->base, GCLK_SOURCE_REFUSED, "%s", reason);
}

/* May it explain why no answer comes? What was already answered or given up by ourselves does not.
 */
static gboolean is_telling(GclkNtpVerdict verdict)
{
	return verdict != GCLK_NTP_DUPLICATE && verdict != GCLK_NTP_STEPPED &&
	       verdict != GCLK_NTP_UNSOLICITED;
}

static void take_datagram(gpointer user, const GclkDatagram *datagram)
{
	Ntp *ntp = user;
	GclkNtpReply reply;
	GclkSample sample;

	gclk_ntp_exchange_take(&ntp->exchange, ntp->base.platform, datagram, &reply, &sample);
	ntp->drops[reply.verdict].count++;
	if (gclk_ntp_verdict_class(reply.verdict) == GCLK_NTP_CLASS_DROP) {
		if (is_telling(reply.verdict))
			ntp->blame = reply;
		return;
	}
	describe(ntp, &reply);
	if (reply.verdict == GCLK_NTP_GOOD)
		take_sample(ntp, &sample);
	else
		take_refusal(ntp, &reply);
}

/* --- the source ------------------------------------------------------------------------------- */

static void ntp_start(GclkSource *source)
{
	Ntp *ntp = (Ntp *)source;

	if (ntp->failure) {
		gclk_source_set_condition(source, GCLK_SOURCE_FAILED, "%s", ntp->failure);
		return;
	}
	if (ntp->iburst)
		gclk_ntp_poll_burst(&ntp->poll, now_of(ntp));
	if (ntp->numeric)
		set_timer(ntp, (gint64)(random32(ntp) % START_SPREAD), ask);
	else
		resolve(ntp);
}

static void ntp_burst(GclkSource *source)
{
	Ntp *ntp = (Ntp *)source;

	/* Not yet started, still without an address, or failed: nothing to ask. */
	if (ntp->timer == 0 || !gclk_ntp_poll_burst(&ntp->poll, now_of(ntp)))
		return;
	if (!gclk_ntp_exchange_open(&ntp->exchange))
		schedule(ntp);
}

static void ntp_stepped(GclkSource *source, gint64 delta)
{
	Ntp *ntp = (Ntp *)source;

	(void)delta;
	if (!gclk_ntp_exchange_open(&ntp->exchange))
		return;
	gclk_ntp_exchange_void(&ntp->exchange);
	gclk_ntp_poll_voided(&ntp->poll);
	ask_after(ntp, gclk_ntp_poll_spacing(&ntp->poll));
}

static void ntp_tune(GclkSource *source, gint quality)
{
	Ntp *ntp = (Ntp *)source;

	gclk_ntp_poll_tune(&ntp->poll, quality);
	source->detail.poll = ntp->poll.poll;
}

static gsize ntp_drops(GclkSource *source, const GclkSourceDrop **out)
{
	Ntp *ntp = (Ntp *)source;

	/* All but the first: GCLK_NTP_GOOD is none. */
	*out = ntp->drops + 1;
	return GCLK_NTP_VERDICTS - 1;
}

static void ntp_free(GclkSource *source)
{
	Ntp *ntp = (Ntp *)source;
	GclkPlatform *platform = source->platform;

	platform->timer_stop(platform, ntp->timer);
	platform->timer_stop(platform, ntp->resolve_timer);
	platform->resolve_cancel(platform, ntp->resolving);
	platform->udp_close(platform, ntp->socket);
	g_free(ntp->host);
	g_free(ntp->failure);
	g_free(ntp);
}

static const GclkSourceOps ntp_ops = {
	.start = ntp_start,
	.burst = ntp_burst,
	.stepped = ntp_stepped,
	.tune = ntp_tune,
	.drops = ntp_drops,
	.free = ntp_free,
};

static void set_key(Ntp *ntp, const GclkNtpSettings *settings)
{
	if (settings->key_id == 0)
		return;
	if (!settings->key) {
		ntp->failure = settings->key_reason
				       ? g_strdup(settings->key_reason)
				       : g_strdup_printf("there is no key %u", settings->key_id);
		return;
	}
	ntp->failure = gclk_ntp_key_flaw(settings->key);
	ntp->key = *settings->key;
	ntp->exchange.context.key = &ntp->key;
}

GclkSource *gclk_ntp_source_new(GclkPlatform *platform, const GclkNtpSettings *settings)
{
	Ntp *ntp = g_new0(Ntp, 1);

	gclk_source_init(
		&ntp->base, &ntp_ops, GCLK_SOURCE_NTP, platform, settings->name, settings->address);
	ntp->host = g_strdup(settings->address);
	ntp->port = settings->port;
	ntp->iburst = settings->iburst;
	ntp->resolve_retry = RESOLVE_RETRY;
	gclk_ntp_poll_init(&ntp->poll, settings->min_poll, settings->max_poll);
	ntp->base.detail.poll = ntp->poll.poll;
	ntp->exchange.context.pivot =
		settings->pivot ? settings->pivot : GCLK_BUILD_TIME * GCLK_NS_PER_S;
	ntp->exchange.context.max_distance = settings->max_distance;
	for (gint i = 0; i < GCLK_NTP_VERDICTS; i++)
		ntp->drops[i].name = gclk_ntp_verdict_name((GclkNtpVerdict)i);
	set_key(ntp, settings);
	ntp->numeric = gclk_address_parse(settings->address, settings->port, &ntp->addresses[0]);
	if (ntp->numeric) {
		ntp->n_addresses = 1;
		use_address(ntp, 0);
	}
	return &ntp->base;
}
