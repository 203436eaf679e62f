/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Asks the QEMU guest agents for their time, one after the other. virDomainGetTime waits for a hung
 * agent for ever, unless virDomainAgentSetResponseTimeout was called for the domain before.
 */
#include <time.h>

#include "guestclock/sample.h"
#include "guests/agent-problem.h"
#include "guests/inventory-parts.h"

#define READINGS 3
/* A hung agent is left alone for so long, in which its last answer stands: a hundred of them must
   not keep the others waiting. */
#define LEFT_ALONE_US (20 * G_USEC_PER_SEC)

typedef struct {
	gint64 until; /* monotonic, us */
	char *problem;
} Hung;

typedef struct {
	GclkInventory *inventory;
	GclkLibvirt api;
	virConnectPtr connection; /* of its own; or NULL */
	GHashTable *hung;         /* UUID -> Hung */
} Asker;

typedef struct {
	gint64 offset, uncertainty;
	gint64 measured; /* CLOCK_BOOTTIME */
	gint64 fraction; /* of the guest's second, ns */
} Reading;

static void hung_free(Hung *hung)
{
	g_free(hung->problem);
	g_free(hung);
}

static gint64 now(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (gint64)t.tv_sec * GCLK_NS_PER_S + t.tv_nsec;
}

/* --- one domain ------------------------------------------------------------------------------- */

static gboolean read_once(Asker *asker, virDomainPtr domain, Reading *out)
{
	gint64 after, guest, elapsed;
	unsigned int nanoseconds = 0;
	long long seconds = 0;

	elapsed = now(CLOCK_MONOTONIC);
	if (asker->api.domain_get_time(domain, &seconds, &nanoseconds, 0) < 0)
		return FALSE;
	elapsed = now(CLOCK_MONOTONIC) - elapsed;
	after = now(CLOCK_REALTIME);
	guest = CLAMP(seconds, 0, G_MAXINT64 / GCLK_NS_PER_S - 1) * GCLK_NS_PER_S + nanoseconds;
	*out = (Reading){
		/* by what the host's clock says now: it may have been stepped meanwhile */
		.offset = after - elapsed / 2 - guest,
		.uncertainty = elapsed / 2,
		.measured = now(CLOCK_BOOTTIME),
		.fraction = nanoseconds,
	};
	return TRUE;
}

/* What the agent rounds to shows: us in qemu-ga since 7.0, ms on old Windows, else s. */
static gint64 resolution_of(const Reading *readings, gsize n)
{
	static const gint64 steps[] = { GCLK_NS_PER_S, GCLK_NS_PER_MS, GCLK_NS_PER_US };

	for (gsize i = 0; i < G_N_ELEMENTS(steps); i++) {
		gsize round = 0;

		while (round < n && readings[round].fraction % steps[i] == 0)
			round++;
		if (round == n)
			return steps[i];
	}
	return 1;
}

static void post_best(Asker *asker, const char *uuid, const Reading *readings, gsize n)
{
	const Reading *best = &readings[0];

	for (gsize i = 1; i < n; i++)
		if (readings[i].uncertainty < best->uncertainty)
			best = &readings[i];
	gclk_inventory_post_time(asker->inventory->mail, uuid, best->offset,
		best->uncertainty + resolution_of(readings, n), best->measured, NULL);
}

/* code, message: as libvirt said last. */
static void post_problem(Asker *asker, const char *uuid)
{
	const char *message = asker->api.get_last_error_message();
	int code = asker->api.get_last_error_code();
	g_autofree char *problem =
		gclk_agent_problem(code, message, asker->inventory->agent_timeout);

	if (gclk_agent_problem_is_slow(code, message)) {
		Hung *hung = g_new0(Hung, 1);

		hung->until = g_get_monotonic_time() + LEFT_ALONE_US;
		hung->problem = g_strdup(problem);
		g_hash_table_insert(asker->hung, g_strdup(uuid), hung);
	}
	gclk_inventory_post_time(asker->inventory->mail, uuid, 0, 0, now(CLOCK_BOOTTIME), problem);
}

/* With the timeout set; then as it was, as far as libvirt lets us know: its default. */
static void ask_domain(Asker *asker, const char *uuid, virDomainPtr domain)
{
	const GclkLibvirt *api = &asker->api;
	Reading readings[READINGS];
	gsize n = 0;

	if (api->domain_agent_set_timeout(domain, asker->inventory->agent_timeout, 0) < 0) {
		post_problem(asker, uuid);
		return;
	}
	while (n < READINGS && !gclk_inventory_quits(asker->inventory) &&
		read_once(asker, domain, &readings[n]))
		n++;
	if (n > 0)
		post_best(asker, uuid, readings, n);
	else if (!gclk_inventory_quits(asker->inventory))
		post_problem(asker, uuid);
	api->domain_agent_set_timeout(domain, VIR_DOMAIN_AGENT_RESPONSE_TIMEOUT_BLOCK, 0);
}

/* --- the connection --------------------------------------------------------------------------- */

static void disconnect(Asker *asker)
{
	if (asker->connection)
		asker->api.connect_close(asker->connection);
	asker->connection = NULL;
}

static gboolean connect_if_needed(Asker *asker, const char *uuid)
{
	g_autofree char *problem = NULL;

	if (asker->connection && asker->api.connect_is_alive(asker->connection) == 0)
		disconnect(asker);
	if (!asker->connection)
		asker->connection =
			gclk_inventory_connect(&asker->api, asker->inventory->uri, NULL, &problem);
	if (asker->connection)
		return TRUE;
	gclk_inventory_post_time(asker->inventory->mail, uuid, 0, 0, now(CLOCK_BOOTTIME), problem);
	return FALSE;
}

/* --- questions -------------------------------------------------------------------------------- */

static gboolean is_left_alone(Asker *asker, const char *uuid)
{
	const Hung *hung = g_hash_table_lookup(asker->hung, uuid);

	if (!hung)
		return FALSE;
	if (g_get_monotonic_time() >= hung->until) {
		g_hash_table_remove(asker->hung, uuid);
		return FALSE;
	}
	gclk_inventory_post_time(
		asker->inventory->mail, uuid, 0, 0, now(CLOCK_BOOTTIME), hung->problem);
	return TRUE;
}

static void ask(Asker *asker, const char *uuid)
{
	virDomainPtr domain;

	if (is_left_alone(asker, uuid) || !connect_if_needed(asker, uuid))
		return;
	domain = asker->api.domain_lookup_by_uuid(asker->connection, uuid);
	if (!domain) {
		post_problem(asker, uuid);
		return;
	}
	ask_domain(asker, uuid, domain);
	asker->api.domain_free(domain);
}

gpointer gclk_inventory_agent_run(gpointer user)
{
	GclkInventory *inventory = user;
	Asker asker = { .inventory = inventory };

	if (!gclk_libvirt_load(&asker.api, NULL))
		return NULL; /* the first thread says so */
	asker.hung =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)hung_free);
	while (!gclk_inventory_quits(inventory)) {
		g_autofree char *uuid = g_async_queue_pop(inventory->questions);

		if (uuid[0] && !gclk_inventory_quits(inventory))
			ask(&asker, uuid);
		g_mutex_lock(&inventory->lock);
		g_hash_table_remove(inventory->asked, uuid);
		g_mutex_unlock(&inventory->lock);
	}
	disconnect(&asker);
	g_hash_table_unref(asker.hung);
	return NULL;
}
