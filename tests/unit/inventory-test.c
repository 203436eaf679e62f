/* SPDX-License-Identifier: BSD-2-Clause */
/* The inventory on libvirt's own test driver, which lives in this process: one domain, "test". */
#include <gmodule.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "gate/libvirt-api.h"
#include "guests/agent-problem.h"
#include "guests/inventory.h"
#include "harness.h"
#include "scratch.h"

/* AddressSanitizer wraps the xdr_ functions of a program's libraries, and calls nothing where the
   library that has them was loaded later, as libvirt's is. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define SANITIZED
#endif

#define URI    "test:///default"
#define UUID   "6695eb01-f6a4-8304-79aa-97f2502e193f" /* the driver's, for ever */
#define NOBODY "00000000-0000-0000-0000-000000000001"
#define NEED   "<clock protocol='ptp'/>"

/* What came, a line each. */
typedef struct {
	GMainContext *context;
	GString *log;
	gsize seen; /* of log */
	gboolean late;
	GclkLibvirt api;
	virConnectPtr connection;
	virDomainPtr domain;
	GclkInventory *inventory;
} Bed;

static void on_domain(gpointer user, const GclkInventoryDomain *domain)
{
	static const char *const states[] = { "off", "running", "paused" };
	Bed *bed = user;

	GCLK_ASSERT_STR(domain->uuid, UUID);
	g_string_append_printf(bed->log, "domain %s %s need=%s%s%s\n", domain->name,
		states[domain->state],
		domain->need_error ? "?" : gclk_need_protocol_name(domain->need.protocol),
		domain->has_channel ? " channel" : "", domain->has_agent ? " agent" : "");
}

static void on_gone(gpointer user, const char *uuid)
{
	g_string_append_printf(((Bed *)user)->log, "gone %s\n", uuid);
}

static void on_happened(gpointer user, const char *uuid, GclkLinkEvent event)
{
	GCLK_ASSERT_STR(uuid, UUID);
	g_string_append_printf(((Bed *)user)->log, "happened %s\n", gclk_link_event_name(event));
}

static void on_channel(gpointer user, const char *uuid, int fd)
{
	(void)fd;
	g_string_append_printf(((Bed *)user)->log, "channel %s\n", uuid);
}

static void on_channel_failed(gpointer user, const char *uuid, const char *problem)
{
	(void)uuid;
	g_string_append_printf(((Bed *)user)->log, "failed %s\n", problem);
}

static void on_time(gpointer user, const char *uuid, gint64 offset, gint64 uncertainty,
	gint64 measured, const char *problem)
{
	(void)offset;
	(void)uncertainty;
	CU_ASSERT_TRUE(measured > 0);
	g_string_append_printf(
		((Bed *)user)->log, "time %s %s\n", uuid, problem ? problem : "good");
}

static void on_connection(gpointer user, const char *problem)
{
	g_string_append_printf(
		((Bed *)user)->log, "connection %s\n", problem ? problem : "is there");
}

static const GclkInventoryEvents events = {
	on_domain,
	on_gone,
	on_happened,
	on_channel,
	on_channel_failed,
	on_time,
	on_connection,
};

static gboolean on_late(gpointer user)
{
	((Bed *)user)->late = TRUE;
	return G_SOURCE_REMOVE;
}

/* Until text comes after all that was waited for before. */
static gboolean wait_for(Bed *bed, const char *text)
{
	GSource *timeout = g_timeout_source_new_seconds(10);
	const char *found;

	bed->late = FALSE;
	g_source_set_callback(timeout, on_late, bed, NULL);
	g_source_attach(timeout, bed->context);
	while (!(found = strstr(bed->log->str + bed->seen, text)) && !bed->late)
		g_main_context_iteration(bed->context, TRUE);
	g_source_destroy(timeout);
	g_source_unref(timeout);
	if (found)
		bed->seen = (gsize)(found - bed->log->str) + strlen(text);
	else
		g_print("no \"%s\" after:\n%s", text, bed->log->str);
	return found != NULL;
}

static void bed_begin(Bed *bed)
{
	*bed = (Bed){ .context = g_main_context_new(), .log = g_string_new(NULL) };
	CU_ASSERT_TRUE_FATAL(gclk_libvirt_load(&bed->api, NULL));
	bed->inventory = gclk_inventory_new(bed->context, URI, 2, &events, bed);
	CU_ASSERT_TRUE(wait_for(bed, "connection is there\n"));
	bed->connection = bed->api.connect_open(URI);
	CU_ASSERT_PTR_NOT_NULL_FATAL(bed->connection);
	bed->domain = bed->api.domain_lookup_by_uuid(bed->connection, UUID);
	CU_ASSERT_PTR_NOT_NULL_FATAL(bed->domain);
}

static void bed_end(Bed *bed)
{
	gclk_inventory_free(bed->inventory);
	bed->api.domain_free(bed->domain);
	bed->api.connect_close(bed->connection);
	g_string_free(bed->log, TRUE);
	g_main_context_unref(bed->context);
}

static void *libvirt(const char *name)
{
	static GModule *module;
	gpointer symbol = NULL;

	if (!module)
		module = g_module_open("libvirt.so.0", G_MODULE_BIND_LAZY);
	g_module_symbol(module, name, &symbol);
	return symbol;
}
#define LIBVIRT(name) ((__typeof__(name) *)libvirt(#name))

/* --- cases ------------------------------------------------------------------------------------ */

static void test_first_look(void)
{
	Bed bed;

	bed_begin(&bed);
	GCLK_ASSERT_STR(bed.log->str, "domain test running need=any\nconnection is there\n");
	bed_end(&bed);
}

static void test_lifecycle(void)
{
	Bed bed;

	bed_begin(&bed);
	LIBVIRT(virDomainSuspend)(bed.domain);
	CU_ASSERT_TRUE(wait_for(&bed, "domain test paused need=any\n"));
	LIBVIRT(virDomainResume)(bed.domain);
	CU_ASSERT_TRUE(wait_for(&bed, "domain test running need=any\nhappened resumed\n"));
	LIBVIRT(virDomainDestroy)(bed.domain);
	CU_ASSERT_TRUE(wait_for(&bed, "domain test off need=any\n"));
	LIBVIRT(virDomainCreate)(bed.domain);
	CU_ASSERT_TRUE(wait_for(&bed, "domain test running need=any\n"));
	LIBVIRT(virDomainSuspend)(bed.domain);
	CU_ASSERT_TRUE(wait_for(&bed, "domain test paused need=any\n"));
	/* a boot is no event */
	CU_ASSERT_PTR_NULL(strstr(strstr(bed.log->str, "off"), "happened"));
	LIBVIRT(virDomainResume)(bed.domain);
	CU_ASSERT_TRUE(wait_for(&bed, "happened resumed\n"));
	bed_end(&bed);
}

static void test_need(void)
{
	Bed bed;

	bed_begin(&bed);
	bed.api.domain_set_metadata(bed.domain, VIR_DOMAIN_METADATA_ELEMENT, NEED, "guestclock",
		GCLK_NEED_NAMESPACE, VIR_DOMAIN_AFFECT_LIVE);
	CU_ASSERT_TRUE(wait_for(&bed, "domain test running need=ptp\n"));
	bed.api.domain_set_metadata(bed.domain, VIR_DOMAIN_METADATA_ELEMENT,
		"<clock protocol='pptp'/>", "guestclock", GCLK_NEED_NAMESPACE,
		VIR_DOMAIN_AFFECT_LIVE);
	CU_ASSERT_TRUE(wait_for(&bed, "domain test running need=?\n"));
	bed.api.domain_set_metadata(bed.domain, VIR_DOMAIN_METADATA_ELEMENT, NULL, "guestclock",
		GCLK_NEED_NAMESPACE, VIR_DOMAIN_AFFECT_LIVE);
	CU_ASSERT_TRUE(wait_for(&bed, "domain test running need=any\n"));
	bed_end(&bed);
}

/* The driver has no agents and no channels: what is wished for beyond it costs nothing. */
static void test_wishes(void)
{
	Bed bed;

	bed_begin(&bed);
	gclk_inventory_reopen(bed.inventory, UUID);
	gclk_inventory_reopen(bed.inventory, NOBODY);
	gclk_inventory_who_holds(bed.inventory, UUID);
	gclk_inventory_who_holds(bed.inventory, NOBODY);
	gclk_inventory_ask_agent(bed.inventory, UUID);
	gclk_inventory_ask_agent(bed.inventory, NOBODY);
	CU_ASSERT_TRUE(wait_for(&bed, "time " UUID " its hypervisor's driver"));
	CU_ASSERT_TRUE(wait_for(&bed, "time " NOBODY " it is gone\n"));
	CU_ASSERT_PTR_NULL(strstr(bed.log->str, "failed"));
	bed_end(&bed);
}

static void test_gone(void)
{
	char *xml;
	Bed bed;

	bed_begin(&bed);
	xml = bed.api.domain_get_xml(bed.domain, 0);
	LIBVIRT(virDomainUndefine)(bed.domain);
	CU_ASSERT_TRUE(wait_for(&bed, "domain test running")); /* transient now */
	LIBVIRT(virDomainDestroy)(bed.domain);
	CU_ASSERT_TRUE(wait_for(&bed, "gone " UUID "\n"));
	bed.api.domain_free(bed.domain);
	bed.domain = LIBVIRT(virDomainDefineXML)(bed.connection, xml);
	CU_ASSERT_TRUE(wait_for(&bed, "domain test off"));
	LIBVIRT(virDomainCreate)(bed.domain);
	CU_ASSERT_TRUE(wait_for(&bed, "domain test running"));
	free(xml);
	bed_end(&bed);
}

/* With letters under way, and right after the start. */
static void test_free(void)
{
	gsize length;
	Bed bed;

	bed_begin(&bed);
	for (guint i = 0; i < 10; i++) {
		LIBVIRT(virDomainSuspend)(bed.domain);
		LIBVIRT(virDomainResume)(bed.domain);
	}
	gclk_inventory_free(g_steal_pointer(&bed.inventory));
	length = bed.log->len;
	LIBVIRT(virDomainSuspend)(bed.domain);
	LIBVIRT(virDomainResume)(bed.domain);
	for (guint i = 0; i < 100; i++)
		g_main_context_iteration(bed.context, FALSE);
	GCLK_ASSERT_INT(bed.log->len, length);
	for (guint i = 0; i < 10; i++)
		gclk_inventory_free(gclk_inventory_new(bed.context, URI, 2, &events, &bed));
	GCLK_ASSERT_INT(bed.log->len, length);
	bed_end(&bed);
}

static void test_no_libvirt(void)
{
	Bed bed = { .context = g_main_context_new(), .log = g_string_new(NULL) };

	bed.inventory = gclk_inventory_new(
		bed.context, "qemu+unix:///system?socket=/nowhere", 2, &events, &bed);
	CU_ASSERT_TRUE(wait_for(&bed, "connection libvirt (qemu+unix:///system?socket=/nowhere):"));
	gclk_inventory_ask_agent(bed.inventory, UUID);
	CU_ASSERT_TRUE(wait_for(&bed, "time " UUID " libvirt (qemu"));
	gclk_inventory_free(bed.inventory);
	g_string_free(bed.log, TRUE);
	g_main_context_unref(bed.context);
}

#ifndef SANITIZED
/* Last of all, since the thread that waits for it never comes back. */
static void test_hung_libvirt(void)
{
	g_autoptr(GclkScratch) scratch = gclk_scratch_new();
	g_autofree char *path = gclk_scratch_path(scratch, "sock");
	g_autofree char *uri = g_strconcat("qemu+unix:///system?socket=", path, NULL);
	Bed bed = { .context = g_main_context_new(), .log = g_string_new(NULL) };
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	gint64 began;

	g_strlcpy(address.sun_path, path, sizeof(address.sun_path));
	CU_ASSERT_TRUE(
		bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0 && listen(fd, 5) == 0);
	bed.inventory = gclk_inventory_new(bed.context, uri, 1, &events, &bed);
	CU_ASSERT_TRUE(wait_for(&bed, "has not answered for 4 s\n"));
	began = g_get_monotonic_time();
	gclk_inventory_free(bed.inventory);
	CU_ASSERT_TRUE(g_get_monotonic_time() - began < 4 * G_USEC_PER_SEC);
	bed.inventory = gclk_inventory_new(bed.context, URI, 1, &events, &bed);
	CU_ASSERT_TRUE(wait_for(&bed, "connection libvirt's events are watched already"));
	gclk_inventory_free(bed.inventory);
	g_string_free(bed.log, TRUE);
	g_main_context_unref(bed.context);
}

#endif

/* --- the agents' problems --------------------------------------------------------------------- */

/* Messages as libvirt 9.0 and qemu-ga 7.2 gave them. */
static void test_problems(void)
{
	static const struct {
		int code;
		const char *message, *part;
		gboolean slow;
	} cases[] = {
		{ VIR_ERR_AGENT_UNRESPONSIVE,
			"Guest agent is not responding: QEMU guest agent is not connected",
			"does not run", FALSE },
		{ VIR_ERR_AGENT_UNRESPONSIVE,
			"Guest agent is not responding: Guest agent not available for now",
			"hangs, or the guest does (no answer within 2 s)", TRUE },
		{ VIR_ERR_ARGUMENT_UNSUPPORTED,
			"argument unsupported: QEMU guest agent is not configured",
			"no channel for the QEMU guest agent", FALSE },
		{ VIR_ERR_OPERATION_TIMEOUT,
			"Timed out during operation: cannot acquire state change lock (held by "
			"agent=remoteDispatchDomainGetTime)",
			"busy with a request of another program", TRUE },
		{ VIR_ERR_OPERATION_INVALID,
			"Requested operation is not valid: domain is not running", "is paused",
			FALSE },
		{ VIR_ERR_INTERNAL_ERROR,
			"internal error: unable to execute QEMU agent command 'guest-get-time': "
			"Command guest-get-time has been disabled: the agent is in frozen state",
			"frozen", FALSE },
		{ VIR_ERR_INTERNAL_ERROR,
			"internal error: unable to execute QEMU agent command 'guest-get-time': "
			"Command guest-get-time has been disabled: the command is not allowed",
			"told not to give the time", FALSE },
		{ VIR_ERR_OPERATION_DENIED, "operation virDomainGetTime forbidden for read only",
			"look only", FALSE },
		{ VIR_ERR_INTERNAL_ERROR, "x\033[31my", "agent: x", FALSE },
		{ VIR_ERR_OK, NULL, "no reason", FALSE },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *text = gclk_agent_problem(cases[i].code, cases[i].message, 2);

		GCLK_ASSERT_HAS(text, cases[i].part);
		CU_ASSERT_PTR_NULL(strchr(text, '\033'));
		GCLK_ASSERT_INT(
			gclk_agent_problem_is_slow(cases[i].code, cases[i].message), cases[i].slow);
	}
}

int main(void)
{
	static const GclkTestCase cases[] = {
		{ "the first look", test_first_look },
		{ "suspend, resume, stop, start", test_lifecycle },
		{ "the need changes", test_need },
		{ "wishes that cannot be fulfilled", test_wishes },
		{ "a domain goes and comes", test_gone },
		{ "nothing comes after the end", test_free },
		{ "no libvirt", test_no_libvirt },
		{ "what is the matter with an agent", test_problems },
#ifndef SANITIZED
		{ "a libvirt that hangs", test_hung_libvirt },
#endif
		{ 0 },
	};

	return gclk_test_main("inventory", cases);
}
