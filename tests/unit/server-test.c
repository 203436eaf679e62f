/* SPDX-License-Identifier: BSD-2-Clause */
/* The server on real sockets and a real loop: guests are the other ends of socket pairs, or come by
   a listener. Every wait is for an event. */
#include "guests/server.h"

#include <errno.h>
#include <grp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "guests/listener.h"
#include "guests/timers.h"
#include "harness.h"
#include "scratch.h"

#define PATIENCE_US (10 * G_USEC_PER_SEC) /* of a test: it has failed then */

typedef struct {
	GMainContext *context;
	GclkServer *server;
	guint joined, heard, left;
	char *last_joined;
	int left_error;
	const char *detach; /* in heard: this one */
} Bed;

static void on_joined(gpointer user, const char *id)
{
	Bed *bed = user;

	bed->joined++;
	g_free(bed->last_joined);
	bed->last_joined = g_strdup(id);
}

static void on_heard(gpointer user, const char *id, const GclkServerGuest *guest)
{
	Bed *bed = user;

	bed->heard++;
	CU_ASSERT_PTR_EQUAL(gclk_server_look(bed->server, id), guest);
	if (bed->detach)
		gclk_server_detach(bed->server, bed->detach);
	bed->detach = NULL;
}

static void on_left(gpointer user, const char *id, int error)
{
	Bed *bed = user;

	bed->left++;
	bed->left_error = error;
	CU_ASSERT_PTR_NULL(gclk_server_look(bed->server, id));
}

static void bed_open(Bed *bed)
{
	static const GclkServerEvents events = {
		.joined = on_joined, .heard = on_heard, .left = on_left
	};

	*bed = (Bed){ .context = g_main_context_new() };
	bed->server =
		gclk_server_new(bed->context, &gclk_server_settings_default, &events, bed, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(bed->server);
}

static void bed_close(Bed *bed)
{
	gclk_server_free(bed->server);
	g_main_context_unref(bed->context);
	g_free(bed->last_joined);
}

/* Turns the loop until the condition holds, or for too long. */
#define WAIT_FOR(bed, condition)                                                                   \
	do {                                                                                       \
		gint64 end_ = g_get_monotonic_time() + PATIENCE_US;                                \
		while (!(condition) && g_get_monotonic_time() < end_)                              \
			if (!g_main_context_iteration((bed)->context, FALSE))                      \
				g_thread_yield();                                                  \
		CU_ASSERT_TRUE(condition);                                                         \
	} while (0)

static int attach(Bed *bed, const char *id)
{
	int pair[2];

	CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
	CU_ASSERT_TRUE(gclk_server_attach(bed->server, id, pair[0], NULL));
	return pair[1];
}

/* --- a guest ---------------------------------------------------------------------------------- */

typedef struct {
	GclkLinkReader reader;
	GclkLinkPacket packets[64];
	guint n;
} Guest;

static gboolean on_payload(gpointer user, const guint8 *payload, gsize length)
{
	Guest *guest = user;

	CU_ASSERT_TRUE_FATAL(guest->n < G_N_ELEMENTS(guest->packets));
	CU_ASSERT_TRUE(gclk_link_packet_decode(payload, length, &guest->packets[guest->n]));
	guest->n++;
	return TRUE;
}

static guint guest_read(Guest *guest, int fd)
{
	guint8 bytes[4096];
	gssize n = read(fd, bytes, sizeof(bytes));

	if (n > 0)
		gclk_link_reader_feed(&guest->reader, bytes, (gsize)n, on_payload, guest);
	return guest->n;
}

static void guest_send(int fd, const GclkLinkPacket *packet)
{
	guint8 frame[GCLK_LINK_FRAME_MAX];
	gsize length = gclk_link_packet_encode(packet, frame);

	GCLK_ASSERT_INT(send(fd, frame, length, MSG_NOSIGNAL), length);
}

static void guest_ask(int fd, guint64 nonce)
{
	GclkLinkPacket request;

	gclk_link_request(&request, nonce, 4);
	guest_send(fd, &request);
}

static gint64 real_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return t.tv_sec * GCLK_NS_PER_S + t.tv_nsec;
}

/* Answers every question in there. behind: host minus guest. */
static void guest_answer(Guest *guest, int fd, gint64 behind)
{
	for (guint i = 0; i < guest->n; i++) {
		GclkLinkPacket answer = { .header = { .stratum = 2 } };

		if (guest->packets[i].header.mode != GCLK_NTP_MODE_CLIENT)
			continue;
		gclk_link_answer(&answer, &guest->packets[i].header,
			gclk_ntp_time_from_ns(real_now() - behind));
		answer.header.transmit = gclk_ntp_time_from_ns(real_now() - behind);
		guest_send(fd, &answer);
	}
	guest->n = 0;
}

/* --- exchanges -------------------------------------------------------------------------------- */

static void set_clock(Bed *bed, gboolean synchronised)
{
	const GclkServerClock clock = { .claim = { .protocol = GCLK_PROTOCOL_PTP,
						.synchronised = synchronised,
						.bound = 1000,
						.tai_offset = 37 },
		.stratum = 1,
		.refid = gclk_ntp_refid("PTP") };

	gclk_server_set_clock(bed->server, &clock);
}

static gboolean has_answer(const Guest *guest)
{
	return guest->n > 0 && guest->packets[guest->n - 1].header.mode == GCLK_NTP_MODE_SERVER;
}

static void test_serves(void)
{
	Guest guest = { .n = 0 };
	const GclkLinkPacket *answer;
	gint64 before;
	Bed bed;
	int fd;

	bed_open(&bed);
	set_clock(&bed, TRUE);
	fd = attach(&bed, "a");
	before = real_now();
	guest_ask(fd, 4711);
	WAIT_FOR(&bed, (guest_read(&guest, fd), has_answer(&guest)));
	answer = &guest.packets[guest.n - 1];
	GCLK_ASSERT_INT(answer->header.origin, 4711);
	GCLK_ASSERT_INT(answer->header.leap, GCLK_LEAP_NONE);
	GCLK_ASSERT_INT(answer->header.stratum, 1);
	CU_ASSERT_TRUE(
		gclk_ntp_time_diff(answer->header.receive, gclk_ntp_time_from_ns(before)) >= 0);
	CU_ASSERT_TRUE(gclk_ntp_time_diff(answer->header.transmit, answer->header.receive) >= 0);
	CU_ASSERT_TRUE(gclk_ntp_time_diff(
			       gclk_ntp_time_from_ns(real_now()), answer->header.transmit) >= 0);
	GCLK_ASSERT_INT(answer->host.tai_offset, 37);
	GCLK_ASSERT_INT(gclk_server_look(bed.server, "a")->served, 1);
	close(fd);
	WAIT_FOR(&bed, bed.left == 1);
	GCLK_ASSERT_INT(bed.left_error, 0);
	bed_close(&bed);
}

static void test_measures(void)
{
	static const gint64 behind[] = { 5 * GCLK_NS_PER_S, -90 * GCLK_NS_PER_S };
	const GclkServerGuest *seen;

	for (gsize i = 0; i < G_N_ELEMENTS(behind); i++) {
		Guest guest = { .n = 0 };
		Bed bed;
		int fd;

		bed_open(&bed);
		fd = attach(&bed, "a");
		gclk_server_ask(bed.server, "a");
		seen = gclk_server_look(bed.server, "a");
		WAIT_FOR(&bed, (guest_read(&guest, fd), guest_answer(&guest, fd, behind[i]),
				       seen->has_offset && bed.heard > 0));
		GCLK_ASSERT_NEAR(seen->offset, behind[i], seen->uncertainty);
		CU_ASSERT_TRUE(seen->uncertainty < GCLK_NS_PER_S);
		GCLK_ASSERT_INT(seen->answers, 8);
		GCLK_ASSERT_INT(seen->stale, 0);
		close(fd);
		bed_close(&bed);
	}
}

/* A first client leaves answers behind: the next stream under the same id begins with them. */
static void test_stale_bytes(void)
{
	Guest guest = { .n = 0 };
	const GclkServerGuest *seen;
	Bed bed;
	int first, second;

	bed_open(&bed);
	first = attach(&bed, "a");
	gclk_server_ask(bed.server, "a");
	WAIT_FOR(&bed, guest_read(&guest, first) == 1);
	second = attach(&bed, "a");
	GCLK_ASSERT_INT(recv(first, &(char){ 0 }, 1, 0), 0); /* the first one is closed */
	guest_answer(&guest, second, 500 * GCLK_NS_PER_S);
	seen = gclk_server_look(bed.server, "a");
	WAIT_FOR(&bed, seen->stale == 1);
	CU_ASSERT_FALSE(seen->has_offset);
	gclk_server_ask(bed.server, "a");
	WAIT_FOR(&bed,
		(guest_read(&guest, second), guest_answer(&guest, second, 0), seen->has_offset));
	GCLK_ASSERT_NEAR(seen->offset, 0, seen->uncertainty);
	GCLK_ASSERT_INT(bed.left, 0);
	close(first);
	close(second);
	bed_close(&bed);
}

/* --- events ----------------------------------------------------------------------------------- */

static void test_event(void)
{
	Guest guest = { .n = 0 };
	Bed bed;
	int fd;

	bed_open(&bed);
	gclk_server_event(bed.server, "a", GCLK_LINK_EVENT_MIGRATED); /* not here yet */
	fd = attach(&bed, "a");
	gclk_server_event(bed.server, "a", GCLK_LINK_EVENT_RESUMED);
	/* what it missed first; at once, and the question behind them */
	WAIT_FOR(&bed, guest_read(&guest, fd) >= 3);
	GCLK_ASSERT_INT(guest.packets[0].header.mode, GCLK_NTP_MODE_BROADCAST);
	GCLK_ASSERT_INT(guest.packets[0].event, GCLK_LINK_EVENT_MIGRATED);
	GCLK_ASSERT_INT(guest.packets[0].host.disruptions, 1);
	GCLK_ASSERT_INT(guest.packets[1].header.mode, GCLK_NTP_MODE_BROADCAST);
	GCLK_ASSERT_INT(guest.packets[1].event, GCLK_LINK_EVENT_RESUMED);
	GCLK_ASSERT_INT(guest.packets[1].host.disruptions, 2);
	GCLK_ASSERT_INT(guest.packets[2].header.mode, GCLK_NTP_MODE_CLIENT);
	close(fd);
	WAIT_FOR(&bed, bed.left == 1);
	/* It survives the connection; that of another id is its own. */
	fd = attach(&bed, "a");
	guest.n = 0;
	guest_ask(fd, 1);
	WAIT_FOR(&bed, (guest_read(&guest, fd), has_answer(&guest)));
	GCLK_ASSERT_INT(guest.packets[guest.n - 1].host.disruptions, 2);
	close(fd);
	fd = attach(&bed, "b");
	guest = (Guest){ .n = 0 };
	guest_ask(fd, 1);
	WAIT_FOR(&bed, (guest_read(&guest, fd), has_answer(&guest)));
	GCLK_ASSERT_INT(guest.packets[guest.n - 1].host.disruptions, 0);
	close(fd);
	bed_close(&bed);
}

/* All are told when the host loses its hold, and when it has it again; not at the start. */
static void test_host_clock(void)
{
	Guest guests[2] = { { .n = 0 }, { .n = 0 } };
	int fds[2];
	Bed bed;

	bed_open(&bed);
	fds[0] = attach(&bed, "a");
	fds[1] = attach(&bed, "b");
	set_clock(&bed, TRUE);
	set_clock(&bed, TRUE);
	for (guint i = 0; i < 2; i++)
		GCLK_ASSERT_INT(guest_read(&guests[i], fds[i]), 0);
	set_clock(&bed, FALSE);
	for (guint i = 0; i < 2; i++) {
		WAIT_FOR(&bed, guest_read(&guests[i], fds[i]) >= 1);
		GCLK_ASSERT_INT(guests[i].packets[0].event, GCLK_LINK_EVENT_HOST_CLOCK);
		GCLK_ASSERT_INT(guests[i].packets[0].header.leap, GCLK_LEAP_UNSYNC);
		GCLK_ASSERT_INT(guests[i].packets[0].host.disruptions, 0);
	}
	close(fds[0]);
	close(fds[1]);
	bed_close(&bed);
}

/* --- hostile guests --------------------------------------------------------------------------- */

/* It asks and never reads: the kernel's buffer and one frame's rest are all that is kept. */
static void test_never_reads(void)
{
	const GclkServerGuest *seen;
	Guest guest = { .n = 0 };
	int hostile, good;
	Bed bed;

	bed_open(&bed);
	hostile = attach(&bed, "hostile");
	good = attach(&bed, "good");
	seen = gclk_server_look(bed.server, "hostile");
	for (guint i = 0; i < 100; i++)
		guest_ask(hostile, i + 1);
	WAIT_FOR(&bed, seen->served + seen->refused >= 100);
	CU_ASSERT_TRUE(seen->refused > 50);
	CU_ASSERT_TRUE(seen->served < 50);
	guest_ask(good, 1);
	WAIT_FOR(&bed, (guest_read(&guest, good), has_answer(&guest)));
	/* What it reads then are whole frames, up to the last one. */
	memset(&guest, 0, sizeof(guest));
	WAIT_FOR(&bed, (guest_read(&guest, hostile), guest.n >= seen->served));
	GCLK_ASSERT_INT(guest.reader.noise, 0);
	close(hostile);
	close(good);
	bed_close(&bed);
}

static const char noise[65536];

static gsize send_noise(int fd)
{
	gssize n = send(fd, noise, sizeof(noise), MSG_NOSIGNAL);

	return n > 0 ? (gsize)n : 0;
}

/* It floods: others are answered all the same, and it is not read from without end. */
static void test_flood(void)
{
	Guest guest = { .n = 0 };
	const GclkServerGuest *seen;
	int hostile, good;
	gsize sent = 0;
	Bed bed;

	bed_open(&bed);
	hostile = attach(&bed, "hostile");
	good = attach(&bed, "good");
	seen = gclk_server_look(bed.server, "hostile");
	guest_ask(good, 1);
	WAIT_FOR(&bed, (sent += send_noise(hostile), guest_read(&guest, good), has_answer(&guest)));
	WAIT_FOR(&bed, seen->noise >= sizeof(noise)); /* then it has to pause */
	for (guint i = 0; i < 1000; i++) {
		sent += send_noise(hostile);
		g_main_context_iteration(bed.context, FALSE);
	}
	CU_ASSERT_TRUE(seen->noise < 3 * sizeof(noise));
	CU_ASSERT_TRUE(sent > seen->noise);
	close(hostile);
	WAIT_FOR(&bed, bed.left == 1); /* also while it is not read from */
	close(good);
	bed_close(&bed);
}

/* The owner drops a guest, the one that was heard or another one, from within a callback. */
static void test_detach_within(void)
{
	static const char *const victims[] = { "a", "b" };

	for (gsize i = 0; i < G_N_ELEMENTS(victims); i++) {
		GclkLinkPacket request;
		int a, b;
		Bed bed;

		bed_open(&bed);
		a = attach(&bed, "a");
		b = attach(&bed, "b");
		bed.detach = victims[i];
		gclk_link_request(&request, 1, 0);
		request.has_guest = TRUE;
		guest_send(a, &request);
		guest_send(b, &request);
		WAIT_FOR(&bed, bed.heard >= 1 && !gclk_server_look(bed.server, victims[i]));
		GCLK_ASSERT_INT(bed.left, 0);
		CU_ASSERT_PTR_NOT_NULL(gclk_server_look(bed.server, victims[1 - i]));
		close(a);
		close(b);
		bed_close(&bed);
	}
}

static void test_no_socket(void)
{
	g_autoptr(GError) error = NULL;
	int pipe_ends[2];
	Bed bed;

	bed_open(&bed);
	CU_ASSERT_EQUAL_FATAL(pipe(pipe_ends), 0);
	CU_ASSERT_FALSE(gclk_server_attach(bed.server, "a", pipe_ends[0], &error));
	GCLK_ASSERT_HAS(error->message, "no stream socket");
	CU_ASSERT_PTR_NULL(gclk_server_look(bed.server, "a"));
	GCLK_ASSERT_INT(write(pipe_ends[1], "x", 0), 0);
	close(pipe_ends[1]);
	gclk_server_detach(bed.server, "nobody");
	gclk_server_ask(bed.server, "nobody");
	bed_close(&bed);
}

/* --- listeners -------------------------------------------------------------------------------- */

static int dial(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	g_strlcpy(address.sun_path, path, sizeof(address.sun_path));
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	close(fd);
	return -1;
}

static void test_listen(void)
{
	g_autoptr(GclkScratch) directory = gclk_scratch_new();
	g_autofree char *path = gclk_scratch_path(directory, "s");
	g_autofree char *where = g_strconcat("unix:", path, NULL);
	g_autofree char *second = g_strconcat(where, "#2", NULL);
	struct stat file;
	int fds[3];
	Bed bed;

	bed_open(&bed);
	CU_ASSERT_TRUE_FATAL(gclk_server_listen(bed.server, where, NULL, NULL));
	CU_ASSERT_EQUAL_FATAL(stat(path, &file), 0);
	GCLK_ASSERT_INT(file.st_mode & 07777, 0600);
	for (guint i = 0; i < 3; i++)
		fds[i] = dial(path);
	WAIT_FOR(&bed, bed.joined == 3);
	GCLK_ASSERT_HAS(bed.last_joined, "s#3");
	close(fds[1]);
	WAIT_FOR(&bed, bed.left == 1);
	CU_ASSERT_PTR_NULL(gclk_server_look(bed.server, second));
	CU_ASSERT_PTR_NULL(gclk_server_look(bed.server, bed.last_joined)->name);
	fds[1] = dial(path); /* gets the number that is free */
	WAIT_FOR(&bed, bed.joined == 4);
	GCLK_ASSERT_STR(bed.last_joined, second);
	bed_close(&bed);
	CU_ASSERT_NOT_EQUAL(access(path, F_OK), 0);
	for (guint i = 0; i < 3; i++)
		close(fds[i]);
}

static gboolean is_hung_up(int fd)
{
	guint8 byte;

	return recv(fd, &byte, 1, MSG_DONTWAIT | MSG_PEEK) == 0;
}

/* Behind Firecracker's vsock any process of a guest may connect, as often as it likes. */
static void test_listen_greedy(void)
{
	g_autoptr(GclkScratch) directory = gclk_scratch_new();
	g_autofree char *path = gclk_scratch_path(directory, "s");
	g_autofree char *where = g_strconcat("unix:", path, NULL);
	int fds[GCLK_LISTENER_PROCESS_MAX + 1];
	Bed bed;

	bed_open(&bed);
	CU_ASSERT_TRUE_FATAL(gclk_server_listen(bed.server, where, NULL, NULL));
	for (guint i = 0; i < G_N_ELEMENTS(fds); i++)
		fds[i] = dial(path);
	WAIT_FOR(&bed, is_hung_up(fds[GCLK_LISTENER_PROCESS_MAX]));
	GCLK_ASSERT_INT(bed.joined, GCLK_LISTENER_PROCESS_MAX);
	close(fds[0]);
	WAIT_FOR(&bed, bed.left == 1);
	fds[0] = dial(path);
	WAIT_FOR(&bed, bed.joined == GCLK_LISTENER_PROCESS_MAX + 1);
	CU_ASSERT_FALSE(is_hung_up(fds[0]));
	bed_close(&bed);
	for (guint i = 0; i < G_N_ELEMENTS(fds); i++)
		close(fds[i]);
}

static void test_listen_in_use(void)
{
	g_autoptr(GclkScratch) directory = gclk_scratch_new();
	g_autofree char *path = gclk_scratch_path(directory, "s");
	g_autofree char *where = g_strconcat("unix:", path, NULL);
	g_autofree char *plain = gclk_scratch_path(directory, "plain");
	g_autofree char *at_plain = g_strconcat("unix:", plain, NULL);
	g_autoptr(GError) in_use = NULL;
	g_autoptr(GError) no_socket = NULL;
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int dead = socket(AF_UNIX, SOCK_STREAM, 0);
	Bed bed, other;

	bed_open(&bed);
	bed_open(&other);
	/* The socket of one who has died is there, and is replaced. */
	g_strlcpy(address.sun_path, path, sizeof(address.sun_path));
	CU_ASSERT_EQUAL(bind(dead, (const struct sockaddr *)&address, sizeof(address)), 0);
	close(dead);
	CU_ASSERT_TRUE(gclk_server_listen(bed.server, where, NULL, NULL));
	CU_ASSERT_FALSE(gclk_server_listen(other.server, where, NULL, &in_use));
	GCLK_ASSERT_HAS(in_use->message, "somebody listens there already");
	gclk_scratch_write(directory, "plain", "text", -1);
	CU_ASSERT_FALSE(gclk_server_listen(bed.server, at_plain, NULL, &no_socket));
	GCLK_ASSERT_HAS(no_socket->message, "no socket");
	bed_close(&other);
	GCLK_ASSERT_INT(access(path, F_OK), 0); /* that of the other one */
	/* Ours was removed, and another one has its place: that stays. */
	unlink(path);
	gclk_scratch_write(directory, "s", "text", -1);
	bed_close(&bed);
	GCLK_ASSERT_INT(access(path, F_OK), 0);
}

static void test_places(void)
{
	static const char *const bad[] = { "", "unix:", "unix:relative", "/path",
		"vsock:", "vsock:0", "vsock:1024", "vsock:-1", "vsock:123x", "tcp:1.2.3.4:5",
		"unix" };
	g_autofree char *id = gclk_listener_vsock_id(3, 1023);
	g_auto(GclkListenPlace) place = { 0 };

	for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autoptr(GError) error = NULL;

		CU_ASSERT_FALSE(gclk_listen_place_parse(bad[i], &place, &error));
		GCLK_ASSERT_HAS(error->message, "is no place to listen at");
	}
	CU_ASSERT_TRUE(gclk_listen_place_parse("unix:/run/x", &place, NULL));
	GCLK_ASSERT_STR(place.path, "/run/x");
	CU_ASSERT_PTR_NULL(place.user);
	gclk_listen_place_clear(&place);
	CU_ASSERT_TRUE(gclk_listen_place_parse("unix:/run/x,y,user=vm7", &place, NULL));
	GCLK_ASSERT_STR(place.path, "/run/x,y");
	GCLK_ASSERT_STR(place.user, "vm7");
	GCLK_ASSERT_STR(place.id, "unix:/run/x,y");
	gclk_listen_place_clear(&place);
	CU_ASSERT_TRUE(gclk_listen_place_parse("vsock:123", &place, NULL));
	CU_ASSERT_PTR_NULL(place.path);
	GCLK_ASSERT_INT(place.port, 123);
	GCLK_ASSERT_STR(id, "vsock:3");
	CU_ASSERT_PTR_NULL(gclk_listener_vsock_id(3, 1024));
	CU_ASSERT_PTR_NULL(gclk_listener_vsock_id(3, G_MAXUINT32));
}

static void test_user(void)
{
	g_autoptr(GclkScratch) directory = gclk_scratch_new();
	g_autofree char *path = gclk_scratch_path(directory, "s");
	g_autofree char *nobody = g_strdup_printf("unix:%s,user=no-such-user", path);
	g_autofree char *own = g_strdup_printf("unix:%s,user=%u", path, getuid() ? getuid() : 4711);
	g_autoptr(GError) error = NULL;
	struct stat file;
	Bed bed;

	bed_open(&bed);
	CU_ASSERT_FALSE(gclk_server_listen(bed.server, nobody, NULL, &error));
	GCLK_ASSERT_HAS(error->message, "there is no user \"no-such-user\"");
	CU_ASSERT_TRUE(gclk_server_listen(bed.server, own, NULL, NULL));
	CU_ASSERT_EQUAL_FATAL(stat(path, &file), 0);
	GCLK_ASSERT_INT(file.st_uid, getuid() ? getuid() : 4711);
	GCLK_ASSERT_INT(file.st_mode & 07777, 0600);
	bed_close(&bed);
	CU_ASSERT_NOT_EQUAL(access(path, F_OK), 0);
}

/* QEMU and Firecracker often run as somebody else. */
static void test_group(void)
{
	g_autoptr(GclkScratch) directory = gclk_scratch_new();
	g_autofree char *path = gclk_scratch_path(directory, "s");
	g_autofree char *where = g_strconcat("unix:", path, NULL);
	gid_t wanted = getuid() ? getgid() : 4712;
	g_autofree char *number = g_strdup_printf("%u", wanted);
	g_autoptr(GError) error = NULL;
	struct stat file;
	Bed bed;

	bed_open(&bed);
	CU_ASSERT_FALSE(gclk_server_listen(bed.server, where, "no-such-group", &error));
	GCLK_ASSERT_HAS(error->message, "there is no group \"no-such-group\"");
	CU_ASSERT_NOT_EQUAL(access(path, F_OK), 0);
	CU_ASSERT_TRUE(gclk_server_listen(bed.server, where, number, NULL));
	CU_ASSERT_EQUAL_FATAL(stat(path, &file), 0);
	GCLK_ASSERT_INT(file.st_uid, getuid());
	GCLK_ASSERT_INT(file.st_gid, wanted);
	GCLK_ASSERT_INT(file.st_mode & 07777, 0660);
	bed_close(&bed);
	/* by name */
	if (getuid() == 0) {
		bed_open(&bed);
		CU_ASSERT_TRUE(gclk_server_listen(bed.server, where, "daemon", NULL));
		CU_ASSERT_EQUAL_FATAL(stat(path, &file), 0);
		GCLK_ASSERT_INT(file.st_gid, getgrnam("daemon")->gr_gid);
		bed_close(&bed);
	}
}

static void test_long_path(void)
{
	g_autofree char *dots = g_strnfill(200, 'x');
	g_autofree char *where = g_strconcat("unix:/", dots, NULL);
	g_autoptr(GError) error = NULL;
	Bed bed;

	bed_open(&bed);
	CU_ASSERT_FALSE(gclk_server_listen(bed.server, where, NULL, &error));
	GCLK_ASSERT_HAS(error->message, "too long");
	bed_close(&bed);
}

/* --- timers ----------------------------------------------------------------------------------- */

static void test_timers(void)
{
	g_autoptr(GclkTimers) queue = gclk_timers_new();
	GclkTimer timers[200] = { { 0 } };
	gint64 last = -1;
	guint n = 0;

	CU_ASSERT_PTR_NULL(gclk_timers_first(queue));
	for (guint i = 0; i < G_N_ELEMENTS(timers); i++)
		gclk_timers_set(queue, &timers[i], (gint64)(i * 7919 % 211));
	for (guint i = 0; i < G_N_ELEMENTS(timers); i += 3)
		gclk_timers_set(queue, &timers[i], (gint64)(i * 104729 % 307));
	for (guint i = 0; i < G_N_ELEMENTS(timers); i += 5)
		gclk_timers_remove(queue, &timers[i]);
	gclk_timers_remove(queue, &timers[0]); /* not there any more */
	for (GclkTimer *first; (first = gclk_timers_first(queue)); n++) {
		CU_ASSERT_TRUE(first->deadline >= last);
		last = first->deadline;
		gclk_timers_remove(queue, first);
	}
	GCLK_ASSERT_INT(n, G_N_ELEMENTS(timers) * 4 / 5);
}

int main(void)
{
	static const GclkTestCase cases[] = {
		{ "a guest is served", test_serves },
		{ "a guest is measured", test_measures },
		{ "stale bytes", test_stale_bytes },
		{ "events", test_event },
		{ "the host's clock", test_host_clock },
		{ "a guest that never reads", test_never_reads },
		{ "a flood", test_flood },
		{ "detached from within", test_detach_within },
		{ "no socket", test_no_socket },
		{ "listening", test_listen },
		{ "a process that takes many places", test_listen_greedy },
		{ "a path in use", test_listen_in_use },
		{ "places", test_places },
		{ "the socket of another user", test_user },
		{ "the socket of a group", test_group },
		{ "a long path", test_long_path },
		{ "timers", test_timers },
		{ NULL, NULL },
	};

	return gclk_test_main("server", cases);
}
