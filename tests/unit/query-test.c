/* SPDX-License-Identifier: BSD-2-Clause */
/* The socket of the table: who asks gets it whole, and who does not read delays nobody. */
#include "guests/query.h"

#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "guests/hub-private.h"
#include "harness.h"
#include "scratch.h"

#define PATIENCE_US (15 * G_USEC_PER_SEC) /* of a test: it has failed then */
#define TIMEOUT_MS  10000

typedef struct {
	GMainContext *context;
	GclkHostConfig *config;
	GclkHub *hub;
	GclkScratch *scratch;
	char *path;
	GclkQuery *query;
} Bed;

static void bed_open(Bed *bed, guint guests)
{
	const GclkHubSettings settings = { .interval = GCLK_NS_PER_S };

	*bed = (Bed){ .context = g_main_context_new(),
		.config = gclk_host_config_new(),
		.scratch = gclk_scratch_new() };
	bed->hub = gclk_hub_new_bare(bed->context, bed->config, &settings, NULL);
	bed->path = gclk_scratch_path(bed->scratch, GCLK_QUERY_SOCKET);
	bed->query = gclk_query_new(bed->context, bed->path, bed->hub, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(bed->query);
	for (guint i = 0; i < guests; i++) {
		g_autofree char *name = g_strdup_printf("guest-%05u", i);
		const GclkInventoryDomain domain = {
			.uuid = name, .name = name, .state = GCLK_DOMAIN_RUNNING
		};

		gclk_hub_inventory_events.domain(bed->hub, &domain);
	}
}

static void bed_close(Bed *bed)
{
	gclk_query_free(bed->query);
	gclk_hub_free(bed->hub);
	gclk_host_config_free(bed->config);
	gclk_scratch_free(bed->scratch);
	g_main_context_unref(bed->context);
	g_free(bed->path);
}

#define WAIT_FOR(bed, condition)                                                                   \
	do {                                                                                       \
		gint64 end_ = g_get_monotonic_time() + PATIENCE_US;                                \
		while (!(condition) && g_get_monotonic_time() < end_)                              \
			if (!g_main_context_iteration((bed)->context, FALSE))                      \
				g_usleep(200);                                                     \
		CU_ASSERT_TRUE(condition);                                                         \
	} while (0)

/* --- asking on a thread ----------------------------------------------------------------------- */

typedef struct {
	const char *path;
	int timeout;
	char *text;
	GError *error;
	gint done;
	GThread *thread;
} Asker;

static gpointer ask(gpointer user)
{
	Asker *asker = user;

	asker->text = gclk_query_ask(asker->path, asker->timeout, &asker->error);
	g_atomic_int_set(&asker->done, 1);
	return NULL;
}

static void asker_start(Asker *asker, const char *path)
{
	*asker = (Asker){ .path = path, .timeout = TIMEOUT_MS };
	asker->thread = g_thread_new("ask", ask, asker);
}

static void asker_end(Asker *asker)
{
	g_thread_join(asker->thread);
	g_free(asker->text);
	g_clear_error(&asker->error);
}

static int connect_to(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	g_strlcpy(address.sun_path, path, sizeof address.sun_path);
	CU_ASSERT_EQUAL_FATAL(connect(fd, (const struct sockaddr *)&address, sizeof address), 0);
	return fd;
}

static gboolean turn(Bed *bed)
{
	while (g_main_context_iteration(bed->context, FALSE))
		;
	return TRUE;
}

/* --- cases ------------------------------------------------------------------------------------ */

static void test_answer(void)
{
	struct stat facts;
	Asker asker;
	Bed bed;

	bed_open(&bed, 3);
	CU_ASSERT_EQUAL(stat(bed.path, &facts), 0);
	GCLK_ASSERT_INT(facts.st_mode & 0777, 0600);
	asker_start(&asker, bed.path);
	WAIT_FOR(&bed, g_atomic_int_get(&asker.done));
	CU_ASSERT_PTR_NOT_NULL_FATAL(asker.text);
	GCLK_ASSERT_HAS(asker.text, "\"guest-00002\"");
	CU_ASSERT_TRUE(g_str_has_suffix(asker.text, "}\n"));
	asker_end(&asker);
	bed_close(&bed);
	CU_ASSERT_NOT_EQUAL(stat(bed.path, &facts), 0);
}

/* Megabytes, in pieces; while others have asked and do not read. */
static void test_slow_readers(void)
{
	int idle[GCLK_QUERY_CLIENTS_MAX - 1];
	Asker asker;
	Bed bed;

	bed_open(&bed, 5000);
	for (gsize i = 0; i < G_N_ELEMENTS(idle); i++) {
		idle[i] = connect_to(bed.path);
		turn(&bed);
	}
	asker_start(&asker, bed.path);
	WAIT_FOR(&bed, g_atomic_int_get(&asker.done));
	CU_ASSERT_PTR_NOT_NULL_FATAL(asker.text);
	CU_ASSERT_TRUE(strlen(asker.text) > 2000000);
	GCLK_ASSERT_HAS(asker.text, "\"guest-04999\"");
	CU_ASSERT_TRUE(g_str_has_suffix(asker.text, "}\n"));
	asker_end(&asker);
	for (gsize i = 0; i < G_N_ELEMENTS(idle); i++)
		close(idle[i]);
	bed_close(&bed);
}

/* More than there is place for are hung up on, and told so; there is place again later. */
static void test_too_many(void)
{
	int idle[GCLK_QUERY_CLIENTS_MAX];
	Asker asker;
	Bed bed;

	bed_open(&bed, 5000);
	for (gsize i = 0; i < G_N_ELEMENTS(idle); i++) {
		idle[i] = connect_to(bed.path);
		turn(&bed);
	}
	asker_start(&asker, bed.path);
	WAIT_FOR(&bed, g_atomic_int_get(&asker.done));
	CU_ASSERT_PTR_NULL(asker.text);
	CU_ASSERT_TRUE(g_error_matches(asker.error, G_FILE_ERROR, G_FILE_ERROR_PERM));
	asker_end(&asker);
	for (gsize i = 0; i < G_N_ELEMENTS(idle); i++)
		close(idle[i]);
	turn(&bed);
	asker_start(&asker, bed.path);
	WAIT_FOR(&bed, g_atomic_int_get(&asker.done));
	CU_ASSERT_PTR_NOT_NULL(asker.text);
	asker_end(&asker);
	bed_close(&bed);
}

/* A reader who does not read is hung up on after some seconds. */
static void test_patience(void)
{
	g_autofree char *bytes = g_malloc(1 << 20);
	gsize got = 0;
	gssize n;
	Bed bed;
	int fd;

	bed_open(&bed, 5000);
	fd = connect_to(bed.path);
	turn(&bed);
	/* nothing is read before the other end hangs up */
	WAIT_FOR(&bed, poll(&(struct pollfd){ .fd = fd, .events = POLLRDHUP }, 1, 0) == 1);
	while ((n = recv(fd, bytes, 1 << 20, MSG_DONTWAIT)) > 0)
		got += (gsize)n;
	CU_ASSERT_TRUE(got < 2000000);
	close(fd);
	bed_close(&bed);
}

static void test_nobody(void)
{
	g_autoptr(GclkScratch) scratch = gclk_scratch_new();
	g_autofree char *path = gclk_scratch_path(scratch, "s");
	char long_path[200];
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	g_autoptr(GError) none = NULL, dead = NULL, silent = NULL, too_long = NULL;
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	CU_ASSERT_PTR_NULL(gclk_query_ask(path, 1000, &none));
	CU_ASSERT_TRUE(g_error_matches(none, G_FILE_ERROR, G_FILE_ERROR_NOENT));
	g_strlcpy(address.sun_path, path, sizeof address.sun_path);
	CU_ASSERT_EQUAL(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
	CU_ASSERT_PTR_NULL(gclk_query_ask(path, 1000, &dead)); /* nobody listens */
	CU_ASSERT_TRUE(g_error_matches(dead, G_FILE_ERROR, G_FILE_ERROR_NOENT));
	CU_ASSERT_EQUAL(listen(fd, 1), 0); /* and nobody accepts */
	CU_ASSERT_PTR_NULL(gclk_query_ask(path, 50, &silent));
	CU_ASSERT_PTR_NOT_NULL(silent);
	CU_ASSERT_FALSE(g_error_matches(silent, G_FILE_ERROR, G_FILE_ERROR_NOENT));
	memset(long_path, 'x', sizeof long_path - 1);
	long_path[sizeof long_path - 1] = '\0';
	CU_ASSERT_PTR_NULL(gclk_query_ask(long_path, 50, &too_long));
	CU_ASSERT_PTR_NOT_NULL(too_long);
	close(fd);
}

static void test_one_only(void)
{
	g_autoptr(GError) error = NULL;
	Bed bed;

	bed_open(&bed, 0);
	CU_ASSERT_PTR_NULL(gclk_query_new(bed.context, bed.path, bed.hub, &error));
	CU_ASSERT_PTR_NOT_NULL(error);
	bed_close(&bed);
}

int main(void)
{
	static const GclkTestCase cases[] = {
		{ "answer", test_answer },
		{ "readers who do not read", test_slow_readers },
		{ "too many", test_too_many },
		{ "patience", test_patience },
		{ "nobody there", test_nobody },
		{ "one only", test_one_only },
		{ NULL, NULL },
	};

	return gclk_test_main("query", cases);
}
