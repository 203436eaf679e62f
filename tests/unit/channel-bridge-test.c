/* SPDX-License-Identifier: BSD-2-Clause */
/* A libvirt stream as a socket: a stream that takes and gives what it likes, a caller likewise. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "guests/channel-bridge.h"
#include "harness.h"

#define MUCH 1000000

/* Connection, domain and stream in one: what libvirt's functions are given leads here. */
typedef struct {
	GString *from_guest; /* what the stream gives yet */
	GString *to_guest;   /* what it took */
	gsize room;          /* what it takes yet */
	gboolean ended, refuses;
	int events; /* waited for */
	virStreamEventCallback callback;
	void *user;
	guint opened, watched, freed;
} Fake;

static virStreamPtr fake_new(virConnectPtr connection, unsigned int flags)
{
	GCLK_ASSERT_INT(flags, VIR_STREAM_NONBLOCK);
	return (virStreamPtr)connection;
}

static int fake_open(virDomainPtr domain, const char *name, virStreamPtr stream, unsigned int flags)
{
	Fake *fake = (Fake *)stream;

	CU_ASSERT_PTR_EQUAL(domain, stream);
	GCLK_ASSERT_STR(name, "port");
	GCLK_ASSERT_INT(flags, 0);
	fake->opened++;
	return fake->refuses ? -1 : 0;
}

static int fake_add(virStreamPtr stream, int events, virStreamEventCallback callback, void *user,
	virFreeCallback free_user)
{
	Fake *fake = (Fake *)stream;

	CU_ASSERT_PTR_NULL(free_user);
	fake->events = events;
	fake->callback = callback;
	fake->user = user;
	fake->watched++;
	return 0;
}

static int fake_update(virStreamPtr stream, int events)
{
	((Fake *)stream)->events = events;
	return 0;
}

static int fake_remove(virStreamPtr stream)
{
	((Fake *)stream)->callback = NULL;
	return 0;
}

static int fake_end(virStreamPtr stream)
{
	((Fake *)stream)->freed++;
	return 0;
}

static int fake_recv(virStreamPtr stream, char *bytes, size_t size)
{
	Fake *fake = (Fake *)stream;
	gsize n = MIN(size, fake->from_guest->len);

	if (n == 0)
		return fake->ended ? 0 : -2;
	memcpy(bytes, fake->from_guest->str, n);
	g_string_erase(fake->from_guest, 0, (gssize)n);
	return (int)n;
}

static int fake_send(virStreamPtr stream, const char *bytes, size_t size)
{
	Fake *fake = (Fake *)stream;
	gsize n = MIN(size, fake->room);

	if (n == 0)
		return -2;
	g_string_append_len(fake->to_guest, bytes, (gssize)n);
	fake->room -= n;
	return (int)n;
}

static int fake_code(void)
{
	return VIR_ERR_OPERATION_DENIED;
}

static const char *fake_message(void)
{
	return "no";
}

static int fake_abort(virStreamPtr stream)
{
	(void)stream;
	return 0;
}

static const GclkLibvirt api = {
	.stream_new = fake_new,
	.domain_open_channel = fake_open,
	.stream_event_add = fake_add,
	.stream_event_update = fake_update,
	.stream_event_remove = fake_remove,
	.stream_recv = fake_recv,
	.stream_send = fake_send,
	.stream_abort = fake_abort,
	.stream_free = fake_end,
	.get_last_error_code = fake_code,
	.get_last_error_message = fake_message,
};

typedef struct {
	Fake fake;
	GMainContext *loop;
	GclkChannelBridge *bridge;
	int fd;
} Bed;

static void bed_begin(Bed *bed)
{
	gpointer fake = &bed->fake;
	GError *error = NULL;

	*bed = (Bed){ .loop = g_main_context_new() };
	bed->fake.from_guest = g_string_new(NULL);
	bed->fake.to_guest = g_string_new(NULL);
	bed->fake.room = G_MAXSIZE;
	bed->bridge =
		gclk_channel_bridge_open(&api, bed->loop, fake, fake, "port", &bed->fd, &error);
	CU_ASSERT_PTR_NOT_NULL_FATAL(bed->bridge);
	CU_ASSERT_PTR_NULL(error);
}

static void bed_end(Bed *bed)
{
	gclk_channel_bridge_free(bed->bridge);
	GCLK_ASSERT_INT(bed->fake.freed, 1);
	CU_ASSERT_PTR_NULL(bed->fake.callback);
	close(bed->fd);
	g_string_free(bed->fake.from_guest, TRUE);
	g_string_free(bed->fake.to_guest, TRUE);
	g_main_context_unref(bed->loop);
}

/* libvirt's part, then the socket's; until neither has anything to do. */
static void turn(Bed *bed)
{
	Fake *fake = &bed->fake;
	gboolean busy = TRUE;

	for (guint i = 0; busy && i < 100000; i++) {
		int ready =
			(fake->from_guest->len > 0 || fake->ended ? VIR_STREAM_EVENT_READABLE : 0) |
			(fake->room > 0 ? VIR_STREAM_EVENT_WRITABLE : 0);

		busy = fake->callback && ready & fake->events;
		if (busy)
			fake->callback((virStreamPtr)fake, ready & fake->events, fake->user);
		if (g_main_context_iteration(bed->loop, FALSE))
			busy = TRUE;
	}
	CU_ASSERT_FALSE(busy); /* or it turns for nothing */
}

/* --- cases ------------------------------------------------------------------------------------ */

static void test_both_ways(void)
{
	char bytes[16] = "";
	Bed bed;

	bed_begin(&bed);
	GCLK_ASSERT_INT(write(bed.fd, "question", 8), 8);
	g_string_append(bed.fake.from_guest, "answer");
	turn(&bed);
	GCLK_ASSERT_STR(bed.fake.to_guest->str, "question");
	GCLK_ASSERT_INT(read(bed.fd, bytes, sizeof(bytes)), 6);
	GCLK_ASSERT_STR(bytes, "answer");
	GCLK_ASSERT_INT(read(bed.fd, bytes, sizeof(bytes)), -1);
	GCLK_ASSERT_INT(errno, EAGAIN);
	bed_end(&bed);
}

/* A guest that reads nothing: the caller cannot write on and on. */
static void test_guest_does_not_read(void)
{
	g_autofree char *much = g_strnfill(MUCH, 'x');
	gsize written = 0;
	gssize n;
	Bed bed;

	bed_begin(&bed);
	bed.fake.room = 3;
	while ((n = write(bed.fd, much, MUCH)) > 0) {
		written += (gsize)n;
		turn(&bed);
	}
	CU_ASSERT_TRUE(written < MUCH);
	GCLK_ASSERT_INT(bed.fake.to_guest->len, 3);
	bed.fake.room = G_MAXSIZE; /* now it does: nothing is lost, nothing comes twice */
	turn(&bed);
	GCLK_ASSERT_INT(bed.fake.to_guest->len, written);
	bed_end(&bed);
}

/* A guest that floods a caller who does not read is not read from. */
static void test_caller_does_not_read(void)
{
	gsize total = 0;
	char bytes[5000];
	gssize n;
	Bed bed;

	bed_begin(&bed);
	for (guint i = 0; i < MUCH; i++)
		g_string_append_c(bed.fake.from_guest, (char)('a' + i % 23));
	turn(&bed);
	CU_ASSERT_TRUE(bed.fake.from_guest->len > 0);
	do {
		while ((n = read(bed.fd, bytes, sizeof(bytes))) > 0)
			for (gssize i = 0; i < n; i++, total++)
				if (bytes[i] != (char)('a' + total % 23)) {
					CU_FAIL("a byte is not where it was");
					total = 2 * MUCH;
				}
		turn(&bed);
	} while (bed.fake.from_guest->len > 0);
	while ((n = read(bed.fd, bytes, sizeof(bytes))) > 0)
		total += (gsize)n;
	GCLK_ASSERT_INT(total, MUCH);
	bed_end(&bed);
}

static void test_guest_hangs_up(void)
{
	char bytes[16];
	Bed bed;

	bed_begin(&bed);
	g_string_append(bed.fake.from_guest, "last");
	bed.fake.ended = TRUE;
	turn(&bed);
	GCLK_ASSERT_INT(read(bed.fd, bytes, sizeof(bytes)), 4);
	GCLK_ASSERT_INT(read(bed.fd, bytes, sizeof(bytes)), 0);
	GCLK_ASSERT_INT(bed.fake.freed, 1);
	bed_end(&bed);
}

static void test_caller_hangs_up(void)
{
	Bed bed;

	bed_begin(&bed);
	shutdown(bed.fd, SHUT_RDWR);
	turn(&bed);
	GCLK_ASSERT_INT(bed.fake.freed, 1);
	bed_end(&bed);
}

static void test_stream_error(void)
{
	char bytes[16];
	Bed bed;

	bed_begin(&bed);
	bed.fake.callback((virStreamPtr)&bed.fake, VIR_STREAM_EVENT_ERROR, bed.fake.user);
	turn(&bed);
	GCLK_ASSERT_INT(read(bed.fd, bytes, sizeof(bytes)), 0);
	bed_end(&bed);
}

static void test_refused(void)
{
	g_autoptr(GMainContext) loop = g_main_context_new();
	g_autoptr(GError) error = NULL;
	Fake fake = { .refuses = TRUE };
	gpointer place = &fake;
	int fd = -1;

	CU_ASSERT_PTR_NULL(gclk_channel_bridge_open(&api, loop, place, place, "port", &fd, &error));
	CU_ASSERT_TRUE(g_error_matches(error, GCLK_LIBVIRT_ERROR, VIR_ERR_OPERATION_DENIED));
	GCLK_ASSERT_INT(fake.opened, 1);
	GCLK_ASSERT_INT(fake.watched, 0);
	GCLK_ASSERT_INT(fake.freed, 1);
	GCLK_ASSERT_INT(fd, -1);
}

int main(void)
{
	static const GclkTestCase cases[] = {
		{ "both ways", test_both_ways },
		{ "a guest that does not read", test_guest_does_not_read },
		{ "a caller that does not read", test_caller_does_not_read },
		{ "the guest hangs up", test_guest_hangs_up },
		{ "the caller hangs up", test_caller_hangs_up },
		{ "the stream breaks", test_stream_error },
		{ "libvirt refuses", test_refused },
		{ 0 },
	};

	return gclk_test_main("channel-bridge", cases);
}
