/* SPDX-License-Identifier: BSD-2-Clause */
/* The hub with a real server, and with an inventory and a host's clock that the test plays. Every
   wait is for an event. */
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "guestclock/finding.h"
#include "guests/hub-private.h"
#include "guests/table.h"
#include "harness.h"
#include "link-guest.h"
#include "scratch.h"

#define S           GCLK_NS_PER_S
#define PATIENCE_US (15 * G_USEC_PER_SEC) /* of a test: it has failed then */
#define ID          "11111111-2222-3333-4444-555555555555"

typedef struct {
	GMainContext *context;
	GclkHostConfig *config;
	GclkHub *hub;
	guint reopened, asked, held; /* what the hub wanted of the inventory */
	GclkTableView *view;
} Bed;

static void on_reopen(gpointer user, const char *uuid)
{
	GCLK_ASSERT_STR(uuid, ID);
	((Bed *)user)->reopened++;
}

static void on_ask(gpointer user, const char *uuid)
{
	GCLK_ASSERT_STR(uuid, ID);
	((Bed *)user)->asked++;
}

static void on_who_holds(gpointer user, const char *uuid)
{
	GCLK_ASSERT_STR(uuid, ID);
	((Bed *)user)->held++;
}

static void bed_open_at(Bed *bed, const char *const *listen)
{
	const GclkHubSettings settings = { .listen = listen, .interval = S };

	*bed = (Bed){ .context = g_main_context_new(), .config = gclk_host_config_new() };
	bed->hub = gclk_hub_new_bare(bed->context, bed->config, &settings, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(bed->hub);
	bed->hub->has_libvirt = TRUE;
	bed->hub->asks = (GclkHubAsks){ on_reopen, on_ask, on_who_holds };
	bed->hub->asks_user = bed;
}

static void bed_open(Bed *bed)
{
	bed_open_at(bed, NULL);
}

static void bed_close(Bed *bed)
{
	gclk_table_view_free(bed->view);
	gclk_hub_free(bed->hub);
	gclk_host_config_free(bed->config);
	g_main_context_unref(bed->context);
}

/* Turns the loop until the condition holds, or for too long. */
#define WAIT_FOR(bed, condition)                                                                   \
	do {                                                                                       \
		gint64 end_ = g_get_monotonic_time() + PATIENCE_US;                                \
		while (!(condition) && g_get_monotonic_time() < end_)                              \
			if (!g_main_context_iteration((bed)->context, FALSE))                      \
				g_usleep(200);                                                     \
		CU_ASSERT_TRUE(condition);                                                         \
	} while (0)

/* --- what the inventory says ------------------------------------------------------------------ */

static const GclkInventoryEvents *const says = &gclk_hub_inventory_events;

static GclkInventoryDomain domain(GclkDomainState state)
{
	return (GclkInventoryDomain){ .uuid = ID, .name = "db01", .state = state };
}

static int open_channel(Bed *bed)
{
	int pair[2];

	CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
	says->channel(bed->hub, ID, pair[0]);
	return pair[1];
}

/* The table as it would be shown now; row i of it. */
static const GclkTableRow *look(Bed *bed, guint i)
{
	g_autofree char *json = gclk_hub_json(bed->hub);

	gclk_table_view_free(bed->view);
	bed->view = gclk_table_parse(json, strlen(json), NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(bed->view);
	return i < bed->view->rows->len ? bed->view->rows->pdata[i] : NULL;
}

static const char *state(Bed *bed)
{
	const GclkTableRow *row = look(bed, 0);

	return row ? row->state : "none";
}

/* --- what the host's clock is ----------------------------------------------------------------- */

static GclkHostSync *host(GclkProtocol protocol, gboolean synchronised)
{
	GclkHostSync *sync = g_new0(GclkHostSync, 1);

	sync->configured = sync->effective = protocol;
	sync->synchronised = synchronised;
	sync->stratum = 2;
	sync->clock_class = -1;
	sync->bound = 5000;
	sync->age = -1;
	sync->source = g_strdup("10.1.2.3");
	sync->summary = g_strdup("as this test says");
	sync->evidence = g_ptr_array_new_with_free_func(g_free);
	sync->findings = gclk_findings_new();
	return sync;
}

/* --- domains ---------------------------------------------------------------------------------- */

static void test_domains(void)
{
	GclkInventoryDomain db = domain(GCLK_DOMAIN_SHUT_OFF);
	Bed bed;

	bed_open(&bed);
	says->domain(bed.hub, &db);
	GCLK_ASSERT_STR(state(&bed), "shut off");
	db.state = GCLK_DOMAIN_RUNNING;
	db.name = "db02"; /* renamed */
	says->domain(bed.hub, &db);
	GCLK_ASSERT_STR(state(&bed), "no agent");
	GCLK_ASSERT_STR(look(&bed, 0)->guest->name, "db02");
	db.state = GCLK_DOMAIN_PAUSED;
	says->domain(bed.hub, &db);
	GCLK_ASSERT_STR(state(&bed), "paused");
	says->gone(bed.hub, ID);
	CU_ASSERT_PTR_NULL(look(&bed, 0));
	/* what comes late of one that is gone does no harm */
	says->gone(bed.hub, ID);
	says->happened(bed.hub, ID, GCLK_LINK_EVENT_RESUMED);
	says->channel_failed(bed.hub, ID, "late");
	says->time(bed.hub, ID, 1, 1, 1, NULL);
	close(open_channel(&bed));
	CU_ASSERT_PTR_NULL(look(&bed, 0));
	CU_ASSERT_PTR_NULL(gclk_server_look(bed.hub->server, ID));
	bed_close(&bed);
}

static void test_sorted(void)
{
	static const char *const names[] = { "zeta", "alpha", "beta" };
	Bed bed;

	bed_open(&bed);
	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		GclkInventoryDomain db = domain(GCLK_DOMAIN_SHUT_OFF);

		db.uuid = db.name = names[i];
		says->domain(bed.hub, &db);
	}
	{
		GclkInventoryDomain db = domain(GCLK_DOMAIN_RUNNING);

		db.uuid = db.name = "running-without-agent";
		says->domain(bed.hub, &db);
	}
	GCLK_ASSERT_STR(look(&bed, 0)->guest->name, "running-without-agent");
	GCLK_ASSERT_STR(look(&bed, 1)->guest->name, "alpha");
	GCLK_ASSERT_STR(look(&bed, 2)->guest->name, "beta");
	GCLK_ASSERT_STR(look(&bed, 3)->guest->name, "zeta");
	bed_close(&bed);
}

/* --- the link --------------------------------------------------------------------------------- */

static void test_link(void)
{
	GclkInventoryDomain db = domain(GCLK_DOMAIN_RUNNING);
	GclkTestGuest guest = { .behind = 7 * S, .state = GCLK_STATE_HOLDOVER };
	const GclkGuest *seen;
	Bed bed;

	bed_open(&bed);
	db.has_channel = TRUE;
	says->domain(bed.hub, &db);
	GCLK_ASSERT_STR(look(&bed, 0)->guest->problem, "its channel is not open yet");
	guest.fd = open_channel(&bed);
	WAIT_FOR(&bed, (gclk_test_guest_run(&guest), strcmp(state(&bed), "holdover") == 0 &&
							     look(&bed, 0)->guest->has_offset));
	seen = look(&bed, 0)->guest;
	GCLK_ASSERT_INT(seen->by, GCLK_GUEST_BY_LINK);
	GCLK_ASSERT_NEAR(seen->offset, 7 * S, seen->uncertainty);
	GCLK_ASSERT_STR(seen->report.source, "test");
	CU_ASSERT_PTR_NULL(seen->problem);
	GCLK_ASSERT_INT(look(&bed, 0)->exit_code, 1);
	/* a resume is told at once, and what was measured before does not count any more */
	says->happened(bed.hub, ID, GCLK_LINK_EVENT_RESUMED);
	CU_ASSERT_FALSE(look(&bed, 0)->guest->has_offset);
	WAIT_FOR(&bed, (gclk_test_guest_run(&guest), guest.events == 1));
	GCLK_ASSERT_INT(guest.event, GCLK_LINK_EVENT_RESUMED);
	GCLK_ASSERT_INT(bed.asked, 0);
	/* it hangs up: opened again */
	close(guest.fd);
	WAIT_FOR(&bed, bed.reopened == 1);
	bed_close(&bed);
}

static void test_channel_fails(void)
{
	GclkInventoryDomain db = domain(GCLK_DOMAIN_RUNNING);
	Bed bed;

	bed_open(&bed);
	db.has_channel = TRUE;
	says->domain(bed.hub, &db);
	says->channel_failed(bed.hub, ID, "held by socat (pid 7)");
	GCLK_ASSERT_STR(state(&bed), "no answer");
	GCLK_ASSERT_STR(look(&bed, 0)->guest->problem, "held by socat (pid 7)");
	GCLK_ASSERT_INT(look(&bed, 0)->exit_code, 3);
	close(open_channel(&bed));
	CU_ASSERT_PTR_NULL(look(&bed, 0)->guest->problem);
	bed_close(&bed);
}

/* Nobody answers at the channel: who holds it is asked, and the guest agent, if there is one. */
static void test_deaf(void)
{
	GclkInventoryDomain db = domain(GCLK_DOMAIN_RUNNING);
	gint64 now;
	Bed bed;
	int fd;

	bed_open(&bed);
	db.has_channel = db.has_agent = TRUE;
	says->domain(bed.hub, &db);
	fd = open_channel(&bed);
	now = gclk_hub_now().boottime;
	gclk_hub_ask(bed.hub, now);
	GCLK_ASSERT_INT(bed.asked, 0); /* the link comes first */
	WAIT_FOR(&bed, bed.held == 1);
	GCLK_ASSERT_HAS(look(&bed, 0)->guest->problem, "nobody in the guest answers");
	GCLK_ASSERT_STR(state(&bed), "no answer");
	gclk_hub_ask(bed.hub, gclk_hub_now().boottime);
	GCLK_ASSERT_INT(bed.held, 1); /* seldom */
	WAIT_FOR(&bed, bed.asked == 1);
	says->time(bed.hub, ID, 3 * S, 1000, gclk_hub_now().boottime, NULL);
	GCLK_ASSERT_STR(state(&bed), "qemu-ga");
	close(fd);
	bed_close(&bed);
}

/* Who holds the channel is said as long as nobody answers there, not until the next question. */
static void test_held(void)
{
	GclkInventoryDomain db = domain(GCLK_DOMAIN_RUNNING);
	GclkTestGuest guest = { .behind = S };
	guint64 asked;
	Bed bed;

	bed_open(&bed);
	db.has_channel = TRUE;
	says->domain(bed.hub, &db);
	guest.fd = open_channel(&bed);
	WAIT_FOR(&bed, bed.held == 1);
	says->channel_failed(bed.hub, ID, "held by socat (pid 7)");
	asked = gclk_server_look(bed.hub->server, ID)->silent;
	WAIT_FOR(&bed, gclk_server_look(bed.hub->server, ID)->silent > asked + 1);
	GCLK_ASSERT_STR(look(&bed, 0)->guest->problem, "held by socat (pid 7)");
	WAIT_FOR(&bed, (gclk_test_guest_run(&guest), look(&bed, 0)->guest->has_offset));
	CU_ASSERT_PTR_NULL(look(&bed, 0)->guest->problem);
	close(guest.fd);
	bed_close(&bed);
}

/* What was measured by the clock as it was before this host stepped it does not count. */
static void test_stepped(void)
{
	GclkInventoryDomain db = domain(GCLK_DOMAIN_RUNNING);
	Bed bed;

	bed_open(&bed);
	db.has_agent = TRUE;
	says->domain(bed.hub, &db);
	gclk_hub_ask(bed.hub, gclk_hub_now().boottime);
	GCLK_ASSERT_INT(bed.asked, 1);
	says->time(bed.hub, ID, 3 * S, 1000, gclk_hub_now().boottime, NULL);
	CU_ASSERT_TRUE(look(&bed, 0)->guest->has_offset);
	gclk_hub_server_events.stepped(bed.hub);
	CU_ASSERT_FALSE(look(&bed, 0)->guest->has_offset);
	gclk_hub_ask(bed.hub, gclk_hub_now().boottime); /* not in half a minute */
	GCLK_ASSERT_INT(bed.asked, 2);
	says->time(bed.hub, ID, 3 * S, 1000, bed.hub->stepped - 1, NULL); /* on its way then */
	CU_ASSERT_FALSE(look(&bed, 0)->guest->has_offset);
	says->time(bed.hub, ID, 5 * S, 1000, gclk_hub_now().boottime, NULL);
	GCLK_ASSERT_INT(look(&bed, 0)->guest->offset, 5 * S);
	bed_close(&bed);
}

/* What the guest said before it was shut off is not what it says after the next start. */
static void test_stopped(void)
{
	GclkInventoryDomain db = domain(GCLK_DOMAIN_RUNNING);
	GclkTestGuest guest = { .behind = 7 * S };
	Bed bed;

	bed_open(&bed);
	db.has_channel = TRUE;
	says->domain(bed.hub, &db);
	guest.fd = open_channel(&bed);
	WAIT_FOR(&bed, (gclk_test_guest_run(&guest), look(&bed, 0)->guest->has_offset));
	db.state = GCLK_DOMAIN_SHUT_OFF; /* and its end of the channel is still open */
	says->domain(bed.hub, &db);
	CU_ASSERT_FALSE(look(&bed, 0)->guest->has_offset);
	db.state = GCLK_DOMAIN_RUNNING;
	says->domain(bed.hub, &db);
	CU_ASSERT_FALSE(look(&bed, 0)->guest->has_offset);
	CU_ASSERT_FALSE(look(&bed, 0)->guest->has_report);
	GCLK_ASSERT_STR(state(&bed), "no answer");
	close(guest.fd);
	bed_close(&bed);
}

/* A guest that comes by a listener of ours has a row as long as it is there. */
static void test_listener(void)
{
	g_autoptr(GclkScratch) scratch = gclk_scratch_new();
	g_autofree char *path = gclk_scratch_path(scratch, "link");
	g_autofree char *where = g_strconcat("unix:", path, NULL);
	const char *const listen[] = { where, NULL };
	GclkTestGuest guest = { .state = GCLK_STATE_SYNCHRONISED };
	Bed bed;

	bed_open_at(&bed, listen);
	guest.fd = gclk_test_guest_connect(path);
	WAIT_FOR(&bed, (gclk_test_guest_run(&guest), strcmp(state(&bed), "synchronised") == 0));
	CU_ASSERT_TRUE(g_str_has_prefix(look(&bed, 0)->guest->name, where));
	CU_ASSERT_FALSE(look(&bed, 0)->guest->listed);
	close(guest.fd);
	WAIT_FOR(&bed, look(&bed, 0) == NULL);
	GCLK_ASSERT_INT(bed.reopened, 0);
	bed_close(&bed);
}

/* A domain's vsock leads to the domain's row, whichever is known first; its events go there. */
static void test_vsock(void)
{
	GclkInventoryDomain db = domain(GCLK_DOMAIN_RUNNING);
	GclkTestGuest guest = { .state = GCLK_STATE_SYNCHRONISED };
	const GclkServerEvents *server = &gclk_hub_server_events;
	int pair[2];
	Bed bed;

	bed_open(&bed);
	CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
	guest.fd = pair[1];
	CU_ASSERT_TRUE(gclk_server_attach(bed.hub->server, "vsock:7", pair[0], NULL));
	server->joined(bed.hub, "vsock:7"); /* as a listener does */
	GCLK_ASSERT_STR(look(&bed, 0)->guest->name, "vsock:7");
	db.vsock_cid = 7;
	says->domain(bed.hub, &db);
	GCLK_ASSERT_STR(look(&bed, 0)->guest->name, "db01");
	GCLK_ASSERT_INT(bed.view->rows->len, 1);
	WAIT_FOR(&bed, (gclk_test_guest_run(&guest), strcmp(state(&bed), "synchronised") == 0));
	says->happened(bed.hub, ID, GCLK_LINK_EVENT_RESUMED);
	WAIT_FOR(&bed, (gclk_test_guest_run(&guest), guest.events == 1));
	close(guest.fd);
	WAIT_FOR(&bed, gclk_hub_find(bed.hub, ID)->vsock == NULL);
	GCLK_ASSERT_INT(bed.reopened, 0); /* it is the guest that comes again */
	/* restored: its connection did not outlive that, so it is told when it is back */
	says->happened(bed.hub, ID, GCLK_LINK_EVENT_RESTORED);
	CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
	guest = (GclkTestGuest){ .fd = pair[1] };
	CU_ASSERT_TRUE(gclk_server_attach(bed.hub->server, "vsock:7", pair[0], NULL));
	server->joined(bed.hub, "vsock:7");
	WAIT_FOR(&bed, (gclk_test_guest_run(&guest), guest.events == 1));
	GCLK_ASSERT_INT(guest.event, GCLK_LINK_EVENT_RESTORED);
	close(guest.fd);
	WAIT_FOR(&bed, gclk_hub_find(bed.hub, ID)->vsock == NULL);
	server->joined(bed.hub, "vsock:7");
	GCLK_ASSERT_INT((look(&bed, 0), bed.view->rows->len), 1);
	server->left(bed.hub, "vsock:7", 0);
	db.vsock_cid = 8; /* its next run has another one */
	says->domain(bed.hub, &db);
	server->joined(bed.hub, "vsock:7");
	GCLK_ASSERT_INT((look(&bed, 0), bed.view->rows->len), 2);
	server->left(bed.hub, "vsock:7", 0);
	GCLK_ASSERT_INT((look(&bed, 0), bed.view->rows->len), 2); /* kept for a while */
	server->joined(bed.hub, "vsock:8");
	GCLK_ASSERT_INT((look(&bed, 0), bed.view->rows->len), 2);
	says->gone(bed.hub, ID);
	GCLK_ASSERT_INT(g_hash_table_size(bed.hub->vsocks), 0);
	bed_close(&bed);
}

/* --- the QEMU guest agent --------------------------------------------------------------------- */

static void test_agent(void)
{
	GclkInventoryDomain db = domain(GCLK_DOMAIN_RUNNING);
	gint64 now;
	Bed bed;

	bed_open(&bed);
	db.has_agent = TRUE;
	says->domain(bed.hub, &db);
	now = gclk_hub_now().boottime;
	gclk_hub_ask(bed.hub, now);
	gclk_hub_ask(bed.hub, now + 1);
	GCLK_ASSERT_INT(bed.asked, 1);
	GCLK_ASSERT_STR(state(&bed), "no answer");
	CU_ASSERT_FALSE(gclk_hub_row_settled(bed.hub, gclk_hub_find(bed.hub, ID), now));
	says->time(bed.hub, ID, -2 * S, 1000, now, NULL);
	CU_ASSERT_TRUE(gclk_hub_row_settled(bed.hub, gclk_hub_find(bed.hub, ID), now));
	GCLK_ASSERT_STR(state(&bed), "qemu-ga");
	GCLK_ASSERT_INT(look(&bed, 0)->guest->offset, -2 * S);
	GCLK_ASSERT_INT(look(&bed, 0)->exit_code, 1);
	gclk_hub_ask(bed.hub, now + GCLK_HUB_AGENT_INTERVAL - 1);
	GCLK_ASSERT_INT(bed.asked, 1);
	gclk_hub_ask(bed.hub, now + GCLK_HUB_AGENT_INTERVAL);
	GCLK_ASSERT_INT(bed.asked, 2);
	says->time(bed.hub, ID, 0, 0, now, "it hangs");
	GCLK_ASSERT_STR(look(&bed, 0)->guest->problem, "it hangs");
	/* at once after a resume, whenever it was asked last */
	says->happened(bed.hub, ID, GCLK_LINK_EVENT_RESUMED);
	GCLK_ASSERT_INT(bed.asked, 3);
	CU_ASSERT_FALSE(look(&bed, 0)->guest->has_offset);
	/* not while it is paused, and a run's answers do not outlive it */
	db.state = GCLK_DOMAIN_PAUSED;
	says->domain(bed.hub, &db);
	gclk_hub_ask(bed.hub, now + 10 * GCLK_HUB_AGENT_INTERVAL);
	GCLK_ASSERT_INT(bed.asked, 3);
	db.state = GCLK_DOMAIN_SHUT_OFF;
	says->domain(bed.hub, &db);
	says->time(bed.hub, ID, 5, 5, now, NULL);
	CU_ASSERT_FALSE(look(&bed, 0)->guest->has_offset);
	bed_close(&bed);
}

/* --- the host's clock ------------------------------------------------------------------------- */

static void test_clock(void)
{
	static const struct {
		GclkProtocol protocol;
		gboolean synchronised;
		gint stratum;
		const char *source;
		guint8 wanted;
		const char *refid;
	} cases[] = {
		{ GCLK_PROTOCOL_NTP, TRUE, 3, "10.1.2.3", 3, "10.1.2.3" },
		{ GCLK_PROTOCOL_NTP, TRUE, -1, "10.1.2.3", 3, "10.1.2.3" },
		{ GCLK_PROTOCOL_NTP, TRUE, 1, "PPS0", 1, "HOST" },
		{ GCLK_PROTOCOL_NTP, TRUE, 2, "127.127.1.0", 2, "72.79.83.84" }, /* "HOST" */
		{ GCLK_PROTOCOL_PTP, TRUE, -1, "eee134.fffe.283b0c", 1, "PTP" },
		{ GCLK_PROTOCOL_NTP, FALSE, 3, "10.1.2.3", 16, "73.78.73.84" }, /* "INIT" */
		{ GCLK_PROTOCOL_UNKNOWN, FALSE, -1, NULL, 16, "73.78.73.84" },
	};
	GclkServerClock clock;

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		const GclkHostSync sync = { .effective = cases[i].protocol,
			.synchronised = cases[i].synchronised,
			.stratum = cases[i].stratum,
			.source = (char *)cases[i].source,
			.leap = cases[i].synchronised ? GCLK_LEAP_INSERT : GCLK_LEAP_UNSYNC,
			.tai_offset = 37,
			.bound = 77 };
		char refid[GCLK_NTP_REFID_TEXT_MAX];

		gclk_hub_clock(&sync, &clock);
		GCLK_ASSERT_INT(clock.stratum, cases[i].wanted);
		GCLK_ASSERT_STR(
			gclk_ntp_refid_format(clock.refid, clock.stratum, refid), cases[i].refid);
		CU_ASSERT_FALSE(gclk_ntp_refid_is_local(clock.refid, clock.stratum));
		GCLK_ASSERT_INT(clock.claim.protocol, cases[i].protocol);
		GCLK_ASSERT_INT(clock.claim.leap,
			cases[i].synchronised ? GCLK_LEAP_INSERT : GCLK_LEAP_NONE);
		GCLK_ASSERT_INT(clock.claim.bound, 77);
		GCLK_ASSERT_INT(clock.claim.tai_offset, 37);
	}
	gclk_hub_clock(NULL, &clock);
	GCLK_ASSERT_INT(clock.stratum, 16);
	GCLK_ASSERT_INT(clock.claim.protocol, GCLK_PROTOCOL_UNKNOWN);
	GCLK_ASSERT_INT(clock.claim.bound, GCLK_BOUND_UNKNOWN);
	CU_ASSERT_FALSE(clock.claim.synchronised);
}

/* The claims reach the guest, and each change of them is told once. */
static void test_claims(void)
{
	GclkInventoryDomain db = domain(GCLK_DOMAIN_RUNNING);
	GclkTestGuest guest = { .state = GCLK_STATE_SYNCHRONISED };
	Bed bed;

	bed_open(&bed);
	db.has_channel = TRUE;
	says->domain(bed.hub, &db);
	guest.fd = open_channel(&bed);
	gclk_hub_take_sync(bed.hub, host(GCLK_PROTOCOL_PTP, TRUE));
	gclk_test_guest_ask(&guest, 4711);
	WAIT_FOR(&bed, (gclk_test_guest_run(&guest), guest.answers == 1));
	GCLK_ASSERT_INT(guest.answer.host.protocol, GCLK_PROTOCOL_PTP);
	CU_ASSERT_TRUE(guest.answer.host.synchronised);
	GCLK_ASSERT_INT(guest.answer.host.bound, 5000);
	GCLK_ASSERT_INT(guest.events, 0);
	gclk_hub_take_sync(bed.hub, host(GCLK_PROTOCOL_PTP, TRUE)); /* nothing new */
	gclk_hub_take_sync(bed.hub, host(GCLK_PROTOCOL_NTP, TRUE)); /* another protocol */
	WAIT_FOR(&bed, (gclk_test_guest_run(&guest), guest.events == 1));
	gclk_hub_take_sync(bed.hub, host(GCLK_PROTOCOL_NTP, FALSE)); /* no hold */
	WAIT_FOR(&bed, (gclk_test_guest_run(&guest), guest.events == 2));
	gclk_hub_take_sync(bed.hub, host(GCLK_PROTOCOL_PTP, TRUE)); /* both at once: told once */
	WAIT_FOR(&bed, (gclk_test_guest_run(&guest), guest.events == 3));
	gclk_test_guest_ask(&guest, 4712);
	WAIT_FOR(&bed, (gclk_test_guest_run(&guest), guest.answers == 2));
	GCLK_ASSERT_INT(guest.events, 3);
	GCLK_ASSERT_INT(guest.event, GCLK_LINK_EVENT_HOST_CLOCK);
	close(guest.fd);
	bed_close(&bed);
}

/* --- needs ------------------------------------------------------------------------------------ */

static GMutex sent_lock;
static GString *sent; /* the records' ids, a letter each: the sink has no user data */

static void sink(const GclkRecord *record)
{
	static const struct {
		const char *id;
		char letter;
	} letters[] = {
		{ GCLK_JOURNAL_NEED_LOST, 'L' },
		{ GCLK_JOURNAL_NEED_BACK, 'B' },
		{ GCLK_JOURNAL_HOST_CLOCK, 'h' },
	};

	g_mutex_lock(&sent_lock);
	for (gsize i = 0; i < G_N_ELEMENTS(letters); i++)
		if (strcmp(gclk_record_get(record, "MESSAGE_ID"), letters[i].id) == 0)
			g_string_append_c(sent, letters[i].letter);
	g_mutex_unlock(&sent_lock);
}

static void test_needs(void)
{
	GclkInventoryDomain db = domain(GCLK_DOMAIN_RUNNING);
	const GclkGuest *guest;
	Bed bed;

	sent = g_string_new(NULL);
	bed_open(&bed);
	bed.hub->recorder = gclk_recorder_new(sink);
	db.need = (GclkNeed){ TRUE, GCLK_NEED_PTP, 0, TRUE };
	says->domain(bed.hub, &db); /* before the host's clock is known: no verdict, no lapse */
	GCLK_ASSERT_INT(look(&bed, 0)->guest->verdict.kind, GCLK_VERDICT_UNKNOWN);
	says->connection(bed.hub, NULL);
	gclk_hub_take_sync(bed.hub, host(GCLK_PROTOCOL_NTP, TRUE)); /* h L */
	guest = look(&bed, 0)->guest;
	GCLK_ASSERT_INT(look(&bed, 0)->exit_code, 2);
	guest = look(&bed, 0)->guest;
	GCLK_ASSERT_INT(guest->lapses->len, 1);
	CU_ASSERT_TRUE(((GclkNeedLapse *)guest->lapses->pdata[0])->earlier);
	gclk_hub_take_sync(bed.hub, host(GCLK_PROTOCOL_PTP, TRUE));  /* h B */
	gclk_hub_take_sync(bed.hub, host(GCLK_PROTOCOL_PTP, TRUE));  /* nothing */
	gclk_hub_take_sync(bed.hub, host(GCLK_PROTOCOL_PTP, FALSE)); /* h L */
	db.state = GCLK_DOMAIN_SHUT_OFF;
	says->domain(bed.hub, &db);                                  /* B: it has stopped */
	gclk_hub_take_sync(bed.hub, host(GCLK_PROTOCOL_NTP, FALSE)); /* h, and nobody needs it */
	db.state = GCLK_DOMAIN_RUNNING;
	says->domain(bed.hub, &db); /* L */
	guest = look(&bed, 0)->guest;
	GCLK_ASSERT_INT(guest->lapses->len, 3);
	GCLK_ASSERT_INT(guest->lapses_total, 3);
	CU_ASSERT_TRUE(((GclkNeedLapse *)guest->lapses->pdata[1])->stopped);
	CU_ASSERT_FALSE(((GclkNeedLapse *)guest->lapses->pdata[2])->earlier);
	says->gone(bed.hub, ID); /* B */
	bed_close(&bed);
	GCLK_ASSERT_STR(sent->str, "hLhBhLBhLB");
	g_string_free(sent, TRUE);
}

/* A need that cannot be understood is no "yes", and nor is a host's clock that is not known. */
static void test_unknown_needs(void)
{
	GclkInventoryDomain db = domain(GCLK_DOMAIN_RUNNING);
	Bed bed;

	bed_open(&bed);
	db.need_error = "the need says protocol=\"pptp\"";
	says->domain(bed.hub, &db);
	gclk_hub_take_sync(bed.hub, host(GCLK_PROTOCOL_PTP, TRUE));
	GCLK_ASSERT_INT(look(&bed, 0)->guest->verdict.kind, GCLK_VERDICT_UNKNOWN);
	GCLK_ASSERT_INT(look(&bed, 0)->exit_code, 3);
	db.need_error = NULL;
	db.need = (GclkNeed){ TRUE, GCLK_NEED_NTP, 0, TRUE };
	says->domain(bed.hub, &db);
	GCLK_ASSERT_INT(look(&bed, 0)->guest->verdict.kind, GCLK_VERDICT_COMPATIBLE);
	gclk_hub_take_sync(bed.hub, NULL);
	GCLK_ASSERT_INT(look(&bed, 0)->guest->verdict.kind, GCLK_VERDICT_UNKNOWN);
	db.need = (GclkNeed){ 0 };
	says->domain(bed.hub, &db);
	GCLK_ASSERT_INT(look(&bed, 0)->guest->verdict.kind, GCLK_VERDICT_COMPATIBLE);
	bed_close(&bed);
}

static void test_settled(void)
{
	GclkInventoryDomain db = domain(GCLK_DOMAIN_RUNNING);
	Bed bed;

	bed_open(&bed);
	CU_ASSERT_FALSE(gclk_hub_settled(bed.hub));
	gclk_hub_take_sync(bed.hub, host(GCLK_PROTOCOL_PTP, TRUE));
	CU_ASSERT_FALSE(gclk_hub_settled(bed.hub));
	says->connection(bed.hub, "libvirt is not there");
	CU_ASSERT_TRUE(gclk_hub_settled(bed.hub)); /* there is nobody to wait for */
	look(&bed, 0);
	GCLK_ASSERT_STR(bed.view->libvirt, "libvirt is not there");
	says->domain(bed.hub, &db);
	CU_ASSERT_TRUE(gclk_hub_settled(bed.hub)); /* it cannot be asked */
	db.has_channel = TRUE;
	says->domain(bed.hub, &db);
	CU_ASSERT_FALSE(gclk_hub_settled(bed.hub));
	says->channel_failed(bed.hub, ID, "no");
	CU_ASSERT_TRUE(gclk_hub_settled(bed.hub));
	bed_close(&bed);
}

/* --- the watch on the host's clock ------------------------------------------------------------ */

typedef struct {
	guint n;
	GThread *thread;
} Heard;

static void on_sync(gpointer user, GclkHostSync *sync)
{
	Heard *heard = user;

	heard->n++;
	heard->thread = g_thread_self();
	CU_ASSERT_PTR_NOT_NULL(sync);
	gclk_host_sync_free(sync);
}

/* Again and again, on this thread, also at other places; and it ends at once. */
static void test_sync_watch(void)
{
	const GclkProbePlaces places = { .ntp_address = "127.0.0.1", .ntp_port = 9 };
	GMainContext *context = g_main_context_new();
	Bed turn = { .context = context };
	Heard heard = { 0 };
	GclkSyncWatch *watch = gclk_sync_watch_new(
		context, &places, &gclk_sync_policy_default, GCLK_NS_PER_MS, on_sync, &heard);
	GclkSyncWatch *seldom;
	gint64 begin;

	WAIT_FOR(&turn, heard.n >= 2);
	CU_ASSERT_PTR_EQUAL(heard.thread, g_thread_self());
	gclk_sync_watch_free(watch);
	heard.n = 0;
	seldom = gclk_sync_watch_new(
		context, &places, &gclk_sync_policy_default, 3600 * S, on_sync, &heard);
	WAIT_FOR(&turn, heard.n == 1);
	gclk_sync_watch_configure(seldom, &places, &gclk_sync_policy_default);
	WAIT_FOR(&turn, heard.n == 2);
	begin = g_get_monotonic_time();
	gclk_sync_watch_free(seldom);
	CU_ASSERT_TRUE(g_get_monotonic_time() - begin < 5 * G_USEC_PER_SEC);
	g_main_context_unref(context);
}

int main(void)
{
	static const GclkTestCase cases[] = {
		{ "domains", test_domains },
		{ "sorted", test_sorted },
		{ "link", test_link },
		{ "a channel fails", test_channel_fails },
		{ "nobody answers", test_deaf },
		{ "a channel is held", test_held },
		{ "this host's clock is stepped", test_stepped },
		{ "a guest is stopped", test_stopped },
		{ "listener", test_listener },
		{ "vsock", test_vsock },
		{ "QEMU guest agent", test_agent },
		{ "what guests are told", test_clock },
		{ "claims", test_claims },
		{ "needs", test_needs },
		{ "unknown needs", test_unknown_needs },
		{ "settled", test_settled },
		{ "the host's clock is watched", test_sync_watch },
		{ NULL, NULL },
	};

	return gclk_test_main("hub", cases);
}
