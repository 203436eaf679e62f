/* SPDX-License-Identifier: BSD-2-Clause */
/* What every outcome of ntp-check.c is called and means: one table, and the figures put into it. */
#include <errno.h>

#include "source/ntp-check.h"

/* Which figures follow the sentence. */
typedef enum {
	SHOW_NOTHING,
	SHOW_LENGTH,
	SHOW_VERSION,
	SHOW_MODE,
	SHOW_LEVEL, /* leap and stratum */
	SHOW_KEY,
	SHOW_KISS,
	SHOW_REFID,
	SHOW_DELAY,
	SHOW_DISTANCE,
} Show;

typedef struct {
	const char *name;
	GclkNtpClass class;
	Show show;
	const char *sentence;
	const char *advice;
} Row;

#define ADVICE_UPSTREAM                                                                            \
	"Look at the server: chronyc tracking, or ntpq -p. It needs a reachable upstream (or, on " \
	"an "                                                                                      \
	"isolated network, \"local stratum 10\" in chrony.conf); just started, it needs some "     \
	"minutes."
#define ADVICE_KEY    "Compare this key's id, type and value in the key files of both machines."
#define ADVICE_FORGED "Somebody else's packet, or an answer that is long overdue; nothing to do."
#define ADVICE_SERVER "The server is broken in this; take another one."
#define ADVICE_ACCESS                                                                              \
	"Allow this machine at the server: \"allow\" in chrony.conf, \"restrict\" in ntp.conf."

static const Row rows[GCLK_NTP_VERDICTS] = {
	[GCLK_NTP_GOOD] = { "good", GCLK_NTP_CLASS_GOOD, SHOW_NOTHING, "usable", NULL },
	[GCLK_NTP_OVERSIZED] = { "oversized", GCLK_NTP_CLASS_DROP, SHOW_LENGTH,
		"a packet longer than any NTP answer", ADVICE_FORGED },
	[GCLK_NTP_SHORT] = { "short", GCLK_NTP_CLASS_DROP, SHOW_LENGTH,
		"a packet shorter than an NTP header", "What answers on this port is not NTP." },
	[GCLK_NTP_VERSION_UNKNOWN] = { "version", GCLK_NTP_CLASS_DROP, SHOW_VERSION,
		"it answers in a version of NTP other than 1 to 4",
		"What answers on this port is not NTP version 4." },
	[GCLK_NTP_MODE_WRONG] = { "mode", GCLK_NTP_CLASS_DROP, SHOW_MODE,
		"not the answer of a server to a client", ADVICE_FORGED },
	[GCLK_NTP_MALFORMED] = { "malformed", GCLK_NTP_CLASS_DROP, SHOW_LENGTH,
		"its extension fields do not add up", ADVICE_SERVER },
	[GCLK_NTP_DUPLICATE] = { "duplicate", GCLK_NTP_CLASS_DROP, SHOW_NOTHING,
		"an answer that had already come, repeated", ADVICE_FORGED },
	[GCLK_NTP_STEPPED] = { "stepped", GCLK_NTP_CLASS_DROP, SHOW_NOTHING,
		"an answer to a request from before the clock was stepped", NULL },
	[GCLK_NTP_LATE] = { "late", GCLK_NTP_CLASS_DROP, SHOW_NOTHING,
		"an answer that came too late",
		"The network or the server is overloaded, or very far away." },
	[GCLK_NTP_UNSOLICITED] = { "unsolicited", GCLK_NTP_CLASS_DROP, SHOW_NOTHING,
		"an answer that nobody had asked for", ADVICE_FORGED },
	[GCLK_NTP_BAD_ORIGIN] = { "bad-origin", GCLK_NTP_CLASS_DROP, SHOW_NOTHING,
		"not an answer to this request: its origin timestamp is another one",
		ADVICE_FORGED },
	[GCLK_NTP_CRYPTO_NAK] = { "crypto-nak", GCLK_NTP_CLASS_DROP, SHOW_NOTHING,
		"the server does not accept our key (crypto-NAK)", ADVICE_KEY },
	[GCLK_NTP_MAC_MISSING] = { "mac-missing", GCLK_NTP_CLASS_DROP, SHOW_NOTHING,
		"it answers without the authentication that is asked for",
		"The server does not know this key, or needs it made known: \"trustedkey\" in "
		"ntp.conf." },
	[GCLK_NTP_MAC_OTHER_KEY] = { "mac-other-key", GCLK_NTP_CLASS_DROP, SHOW_KEY,
		"it answers with another key than the one it was asked with", ADVICE_KEY },
	[GCLK_NTP_BAD_MAC] = { "bad-mac", GCLK_NTP_CLASS_DROP, SHOW_KEY,
		"the authentication of its answer is wrong: the two keys differ, or it is a "
		"forgery",
		ADVICE_KEY },
	[GCLK_NTP_KOD_RATE] = { "kod-rate", GCLK_NTP_CLASS_KOD, SHOW_NOTHING,
		"the server says that it is asked too often (RATE)",
		"It is now asked less often. Other clients behind the same address count too: "
		"raise its limit (\"ratelimit\" in chrony.conf, \"discard\" in ntp.conf)." },
	[GCLK_NTP_KOD_DENY] = { "kod-deny", GCLK_NTP_CLASS_KOD, SHOW_NOTHING,
		"the server denies access to this machine (DENY)", ADVICE_ACCESS },
	[GCLK_NTP_KOD_RSTR] = { "kod-rstr", GCLK_NTP_CLASS_KOD, SHOW_NOTHING,
		"the server's restrictions exclude this machine (RSTR)", ADVICE_ACCESS },
	[GCLK_NTP_KOD_OTHER] = { "kod-other", GCLK_NTP_CLASS_KOD, SHOW_KISS,
		"the server refuses with a kiss-o'-death", ADVICE_UPSTREAM },
	[GCLK_NTP_UNSYNCHRONISED] = { "unsynchronised", GCLK_NTP_CLASS_REFUSED, SHOW_LEVEL,
		"the server answers, but is itself not synchronised", ADVICE_UPSTREAM },
	[GCLK_NTP_STRATUM_0] = { "stratum-0", GCLK_NTP_CLASS_REFUSED, SHOW_LEVEL,
		"the server answers, but states no stratum: it is itself not synchronised",
		ADVICE_UPSTREAM },
	[GCLK_NTP_STRATUM_16] = { "stratum-16", GCLK_NTP_CLASS_REFUSED, SHOW_LEVEL,
		"the server answers, but is itself not synchronised", ADVICE_UPSTREAM },
	[GCLK_NTP_LOOP] = { "loop", GCLK_NTP_CLASS_REFUSED, SHOW_REFID,
		"the server takes its time from this very machine",
		"Give the server another upstream, or this machine another server." },
	[GCLK_NTP_ZERO_TIME] = { "zero-time", GCLK_NTP_CLASS_REFUSED, SHOW_NOTHING,
		"its answer carries no time", ADVICE_SERVER },
	[GCLK_NTP_FROZEN] = { "frozen", GCLK_NTP_CLASS_REFUSED, SHOW_NOTHING,
		"its clock stands still: the same time twice", ADVICE_SERVER },
	[GCLK_NTP_BACKWARDS] = { "backwards", GCLK_NTP_CLASS_TRANSIENT, SHOW_NOTHING,
		"it says that it answered before it was asked: its clock was stepped, or is broken",
		ADVICE_SERVER },
	[GCLK_NTP_REFERENCE_FUTURE] = { "reference-future", GCLK_NTP_CLASS_REFUSED, SHOW_NOTHING,
		"it says that its clock was last set after it answered", ADVICE_SERVER },
	[GCLK_NTP_LOCAL_STEP] = { "local-step", GCLK_NTP_CLASS_TRANSIENT, SHOW_NOTHING,
		"the clock of this machine was stepped during the exchange",
		"Something else sets this clock." },
	[GCLK_NTP_NEGATIVE_DELAY] = { "negative-delay", GCLK_NTP_CLASS_TRANSIENT, SHOW_DELAY,
		"it says that it held the request longer than the whole exchange took",
		"The server's clock is being stepped, or runs at a wrong rate." },
	[GCLK_NTP_ROOT_DISTANCE] = { "root-distance", GCLK_NTP_CLASS_REFUSED, SHOW_DISTANCE,
		"its time may be off by more than the limit",
		"The server lost its upstream long ago, or has a bad one (chronyc tracking, ntpq "
		"-p "
		"there); the limit is max-distance in the configuration." },
};

static const struct {
	const char *code;
	const char *meaning;
} kisses[] = {
	{ "ACST", "it belongs to a unicast server" },
	{ "AUTH", "authentication failed there" },
	{ "AUTO", "an Autokey sequence failed" },
	{ "BCST", "it belongs to a broadcast server" },
	{ "CRYP", "cryptographic identification failed there" },
	{ "DENY", "access denied by the server" },
	{ "DROP", "lost peer in symmetric mode" },
	{ "RSTR", "access denied by its local policy" },
	{ "INIT", "it has not yet synchronised for the first time" },
	{ "MCST", "it belongs to a dynamically discovered server" },
	{ "NKEY", "it knows no such key" },
	{ "NTSN", "network time security failed" },
	{ "RATE", "it is asked too often" },
	{ "RMOT", "somebody fiddles with it from another host" },
	{ "STEP", "its clock was stepped and it has not yet synchronised again" },
	{ "XLEG", "it stopped asking its own server" },
};

static const Row *row_of(GclkNtpVerdict verdict)
{
	return &rows[verdict < GCLK_NTP_VERDICTS ? verdict : GCLK_NTP_MALFORMED];
}

const char *gclk_ntp_verdict_name(GclkNtpVerdict verdict)
{
	return row_of(verdict)->name;
}

GclkNtpClass gclk_ntp_verdict_class(GclkNtpVerdict verdict)
{
	return row_of(verdict)->class;
}

const char *gclk_ntp_verdict_advice(GclkNtpVerdict verdict)
{
	return row_of(verdict)->advice;
}

const char *gclk_ntp_kiss_meaning(guint32 refid)
{
	for (gsize i = 0; i < G_N_ELEMENTS(kisses); i++)
		if (refid == gclk_ntp_refid(kisses[i].code))
			return kisses[i].meaning;
	return NULL;
}

static char *kiss_figures(const GclkNtpHeader *header)
{
	char code[GCLK_NTP_REFID_TEXT_MAX];
	const char *meaning = gclk_ntp_kiss_meaning(header->refid);

	gclk_ntp_refid_format(header->refid, 0, code);
	return meaning ? g_strdup_printf("%s: %s", code, meaning) : g_strdup(code);
}

/* Stratum and leap, the code that a server gives beside stratum 0, and what ntpdate says to it. */
static char *level_figures(const GclkNtpHeader *header)
{
	g_autofree char *kiss = NULL;
	gboolean high = header->stratum == 0 || header->stratum >= GCLK_NTP_STRATUM_MAX;

	if (header->stratum == 0 && gclk_ntp_kiss_meaning(header->refid))
		kiss = kiss_figures(header);
	return g_strdup_printf("stratum %u, leap %u%s%s%s", header->stratum, header->leap,
		kiss ? ", " : "", kiss ? kiss : "",
		high ? "; ntpdate calls it \"strata too high\"" : "");
}

static char *figures(const GclkNtpReply *reply, Show show)
{
	const GclkNtpHeader *header = &reply->header;
	char refid[GCLK_NTP_REFID_TEXT_MAX];

	switch (show) {
	case SHOW_NOTHING:
		break;
	case SHOW_LENGTH:
		return g_strdup_printf("%" G_GSIZE_FORMAT " bytes", reply->length);
	case SHOW_VERSION:
		return g_strdup_printf("version %u", header->version);
	case SHOW_MODE:
		return g_strdup_printf("mode %u", header->mode);
	case SHOW_LEVEL:
		return level_figures(header);
	case SHOW_KEY:
		return g_strdup_printf("key %u", reply->key_id);
	case SHOW_KISS:
		return kiss_figures(header);
	case SHOW_REFID:
		gclk_ntp_refid_format(header->refid, header->stratum, refid);
		return g_strdup_printf("refid %s", refid);
	case SHOW_DELAY:
		return g_strdup_printf("delay %.6f s", (double)reply->delay / 1e9);
	case SHOW_DISTANCE:
		return g_strdup_printf("root distance %.3f s, limit %.3f s",
			(double)gclk_bound_add(MAX(reply->delay, 0) / 2, reply->reference_bound) /
				1e9,
			(double)reply->distance_limit / 1e9);
	}
	return NULL;
}

char *gclk_ntp_reply_reason(const GclkNtpReply *reply)
{
	const Row *row = row_of(reply->verdict);
	g_autofree char *detail = figures(reply, row->show);

	return detail ? g_strdup_printf("%s (%s)", row->sentence, detail) : g_strdup(row->sentence);
}

static const struct {
	gint error;
	const char *sentence;
} silences[] = {
	{ 0, "a firewall, \"restrict ... ignore\" or no \"allow\" on the server, or no NTP server "
	     "there" },
	{ ECONNREFUSED, "nothing listens on this port there" },
	{ EHOSTUNREACH, "the host cannot be reached: it is down, or there is no route" },
	{ ENETUNREACH, "there is no route to its network" },
	{ ENETDOWN, "the network is down" },
	{ EACCES, "this machine's own firewall or routing forbids it" },
	{ EPERM, "this machine's own firewall forbids it" },
	{ EMSGSIZE, "the packet does not fit the network" },
};

char *gclk_ntp_silence_reason(const GclkAddress *address, gint error, gboolean keyed)
{
	char text[GCLK_ADDRESS_TEXT_MAX];
	const char *sentence = error ? g_strerror(error) : NULL;

	for (gsize i = 0; i < G_N_ELEMENTS(silences); i++)
		if (silences[i].error == error)
			sentence = silences[i].sentence;
	/* chronyd and ntpsec say nothing to a key that they do not have. */
	return g_strdup_printf("no answer from %s port %u: %s%s",
		gclk_address_format(address, text), address->port,
		keyed && !error ? "the server lacks this key or has another value for it, or " : "",
		sentence);
}
