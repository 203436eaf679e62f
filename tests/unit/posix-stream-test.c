/* SPDX-License-Identifier: BSD-2-Clause */
/* Streams through the platform: UNIX sockets, and ports whose other end comes and goes, for which a
   pseudo-terminal stands in: its master, too, hangs up as long as nobody has the slave open. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

#include "harness.h"
#include "platform/channel.h"
#include "platform/native.h"
#include "platform/posix.h"
#include "scratch.h"

typedef enum { NEVER, ON_RECEIVED, ON_CONNECTED, ON_HANGUP, ON_FAILED } When;

typedef struct {
	GMainContext *context;
	GclkPlatform *platform;
	GclkStream *stream;
	char *folder, *path, *channel;
	int listener;
	guint received, connects, hangups, failures;
	int error;
	GByteArray *bytes;
	GclkClockPair arrival;
	When close_at;
	guint turns; /* of the loop in which something was done */
} Fixture;

static void perhaps_close(Fixture *f, When now)
{
	if (f->close_at != now)
		return;
	f->platform->stream_close(f->platform, f->stream);
	f->stream = NULL;
}

static void on_received(
	gpointer user, const guint8 *data, gsize length, const GclkClockPair *arrival)
{
	Fixture *f = user;

	CU_ASSERT_PTR_NOT_NULL(f->stream);
	f->received++;
	f->arrival = *arrival;
	g_byte_array_append(f->bytes, data, (guint)length);
	perhaps_close(f, ON_RECEIVED);
}

static void on_connected(gpointer user, gboolean connected)
{
	Fixture *f = user;

	CU_ASSERT_PTR_NOT_NULL(f->stream); /* not from inside of open */
	if (connected)
		f->connects++;
	else
		f->hangups++;
	perhaps_close(f, connected ? ON_CONNECTED : ON_HANGUP);
}

static void on_failed(gpointer user, int error)
{
	Fixture *f = user;

	CU_ASSERT_PTR_NOT_NULL(f->stream);
	f->failures++;
	f->error = error;
	perhaps_close(f, ON_FAILED);
}

static const GclkStreamEvents events = {
	.received = on_received, .connected = on_connected, .failed = on_failed
};

static void set_up(Fixture *f)
{
	memset(f, 0, sizeof(*f));
	f->context = g_main_context_new();
	gclk_loop_install_poll(f->context);
	f->platform = gclk_native_new(NULL, f->context);
	f->listener = -1;
	f->bytes = g_byte_array_new();
}

static void tear_down(Fixture *f)
{
	f->platform->stream_close(f->platform, f->stream);
	f->platform->stream_close(f->platform, NULL);
	f->platform->free(f->platform);
	g_main_context_unref(f->context);
	if (f->listener >= 0)
		close(f->listener);
	if (f->folder)
		gclk_scratch_free(f->folder);
	g_free(f->path);
	g_free(f->channel);
	g_byte_array_unref(f->bytes);
}

/* Turns the loop until *counter has that value, at most five seconds. */
static void until(Fixture *f, const guint *counter, guint value)
{
	const gint64 end = g_get_monotonic_time() + 5 * G_USEC_PER_SEC;

	while (*counter < value && g_get_monotonic_time() < end)
		if (g_main_context_iteration(f->context, FALSE))
			f->turns++;
		else
			g_usleep(100);
	GCLK_ASSERT_INT(*counter, value);
}

static void until_bytes(Fixture *f, guint length)
{
	until(f, &f->bytes->len, length);
}

/* A twentieth of a second in which hardly anything may happen: nobody spins. */
static void expect_quiet(Fixture *f)
{
	const gint64 end = g_get_monotonic_time() + 50000;
	guint turns = 0;

	while (g_get_monotonic_time() < end)
		if (g_main_context_iteration(f->context, FALSE))
			turns++;
		else
			g_usleep(100);
	CU_ASSERT(turns <= 4);
}

static gboolean try_send(Fixture *f, const char *text, gsize length, gint *code)
{
	g_autoptr(GError) error = NULL;
	gboolean good = f->platform->stream_send(
		f->platform, f->stream, (const guint8 *)text, length, NULL, &error);

	CU_ASSERT_EQUAL(good, error == NULL);
	*code = error ? error->code : 0;
	return good;
}

/* --- UNIX sockets ----------------------------------------------------------------------------- */

static void listen_there(Fixture *f)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	f->folder = gclk_scratch_new();
	f->path = g_build_filename(f->folder, "socket", NULL);
	f->channel = g_strconcat("unix:", f->path, NULL);
	g_strlcpy(address.sun_path, f->path, sizeof(address.sun_path));
	f->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CU_ASSERT_FATAL(bind(f->listener, (struct sockaddr *)&address, sizeof(address)) == 0);
	CU_ASSERT_FATAL(listen(f->listener, 5) == 0);
}

/* Returns the peer. */
static int open_socket(Fixture *f)
{
	g_autoptr(GError) error = NULL;

	listen_there(f);
	f->stream = f->platform->stream_open(f->platform, f->channel, &events, f, &error);
	CU_ASSERT_PTR_NOT_NULL_FATAL(f->stream);
	return accept(f->listener, NULL, NULL);
}

static void test_socket(void)
{
	GclkClockPair before, after, departure = { 0 };
	char buffer[10] = "";
	Fixture f;
	int peer;

	set_up(&f);
	peer = open_socket(&f);
	CU_ASSERT_FATAL(peer >= 0);
	until(&f, &f.connects, 1);

	f.platform->read_pair(f.platform, &before);
	CU_ASSERT(f.platform->stream_send(
		f.platform, f.stream, (const guint8 *)"hello", 5, &departure, NULL));
	CU_ASSERT(departure.raw >= before.raw);
	GCLK_ASSERT_INT(recv(peer, buffer, sizeof(buffer), 0), 5);
	GCLK_ASSERT_STR(buffer, "hello");

	f.platform->read_pair(f.platform, &before);
	CU_ASSERT(departure.raw <= before.raw);
	GCLK_ASSERT_INT(send(peer, "answer", 6, 0), 6);
	until_bytes(&f, 6);
	f.platform->read_pair(f.platform, &after);
	CU_ASSERT(f.arrival.raw >= before.raw && f.arrival.raw <= after.raw);
	CU_ASSERT(memcmp(f.bytes->data, "answer", 6) == 0);
	expect_quiet(&f);
	GCLK_ASSERT_INT(f.connects, 1);
	GCLK_ASSERT_INT(f.failures + f.hangups, 0);
	close(peer);
	tear_down(&f);
}

/* What the peer wrote before it left is still delivered; then the stream is dead, and quiet. */
static void test_peer_closes(void)
{
	Fixture f;
	gint code;
	int peer;

	set_up(&f);
	peer = open_socket(&f);
	until(&f, &f.connects, 1);
	GCLK_ASSERT_INT(send(peer, "last words", 10, 0), 10);
	close(peer);
	until(&f, &f.failures, 1);
	GCLK_ASSERT_INT(f.bytes->len, 10);
	GCLK_ASSERT_INT(f.error, 0);
	expect_quiet(&f);
	GCLK_ASSERT_INT(f.failures, 1);
	CU_ASSERT(!try_send(&f, "x", 1, &code));
	tear_down(&f);
}

static void test_cannot_open(void)
{
	static const char *const bad[] = { "", "x", "tcp:192.0.2.1", "unix:", "unix:relative",
		"virtio:", "virtio:../x", "virtio:a/b", "vsock:", "vsock:0", "vsock:1024",
		"vsock:x" };
	g_autoptr(GError) error = NULL;
	Fixture f;

	set_up(&f);
	for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
		CU_ASSERT_PTR_NULL(
			f.platform->stream_open(f.platform, bad[i], &events, &f, &error));
		CU_ASSERT(g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_INVAL));
		g_clear_error(&error);
	}
	CU_ASSERT_PTR_NULL(f.platform->stream_open(
		f.platform, "unix:/nonexistent/socket", &events, &f, &error));
	CU_ASSERT(g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_NOENT));
	GCLK_ASSERT_HAS(error->message, "/nonexistent/socket");
	g_clear_error(&error);
	CU_ASSERT_PTR_NULL(f.platform->stream_open(
		f.platform, "virtio:org.guestclock.nonexistent", &events, &f, &error));
	CU_ASSERT(g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_NOENT));
	GCLK_ASSERT_HAS(error->message, "virtio:org.guestclock.nonexistent");
	tear_down(&f);
}

/* A socket that was left behind. */
static void test_refused(void)
{
	g_autoptr(GError) error = NULL;
	Fixture f;

	set_up(&f);
	listen_there(&f);
	close(f.listener);
	f.listener = -1;
	f.stream = f.platform->stream_open(f.platform, f.channel, &events, &f, &error);
	CU_ASSERT_PTR_NULL(f.stream);
	CU_ASSERT_PTR_NOT_NULL_FATAL(error);
	GCLK_ASSERT_HAS(error->message, f.path);
	GCLK_ASSERT_HAS(error->message, g_strerror(ECONNREFUSED));
	tear_down(&f);
}

static void test_closed_in_callback(void)
{
	static const struct {
		When when;
		guint connects, received, failures;
	} cases[] = { { ON_CONNECTED, 1, 0, 0 }, { ON_RECEIVED, 1, 1, 0 }, { ON_FAILED, 1, 1, 1 } };

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		Fixture f;
		int peer;

		set_up(&f);
		f.close_at = cases[i].when;
		peer = open_socket(&f);
		GCLK_ASSERT_INT(send(peer, "x", 1, MSG_NOSIGNAL), 1);
		close(peer);
		while (f.stream && f.turns < 100)
			f.turns += g_main_context_iteration(f.context, FALSE);
		CU_ASSERT_PTR_NULL(f.stream);
		expect_quiet(&f);
		GCLK_ASSERT_INT(f.connects, cases[i].connects);
		GCLK_ASSERT_INT(f.received, cases[i].received);
		GCLK_ASSERT_INT(f.failures, cases[i].failures);
		tear_down(&f);
	}
}

/* More than is read in one turn of the loop. */
static void test_flood(void)
{
	g_autofree char *flood = g_strnfill(300000, 'f');
	Fixture f;
	int peer, small = 1 << 20;
	ssize_t sent;

	set_up(&f);
	peer = open_socket(&f);
	setsockopt(peer, SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
	sent = send(peer, flood, 300000, MSG_DONTWAIT);
	CU_ASSERT(sent > 65536);
	until(&f, &f.connects, 1);
	CU_ASSERT(f.bytes->len <= 65536);
	until_bytes(&f, (guint)sent);
	close(peer);
	tear_down(&f);
}

/* --- sending ---------------------------------------------------------------------------------- */

static int open_pair(Fixture *f, GclkStreamKind kind)
{
	int pair[2], least = 1;

	CU_ASSERT_FATAL(
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) == 0);
	setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &least, sizeof(least));
	f->stream =
		gclk_posix_stream_new((GclkPosix *)f->platform, pair[0], kind, NULL, &events, f);
	return pair[1];
}

static void test_before_connected(void)
{
	Fixture f;
	gint code;
	int peer;

	set_up(&f);
	peer = open_pair(&f, GCLK_STREAM_SOCKET);
	CU_ASSERT(!try_send(&f, "x", 1, &code));
	GCLK_ASSERT_INT(code, G_FILE_ERROR_AGAIN);
	until(&f, &f.connects, 1);
	CU_ASSERT(try_send(&f, "x", 1, &code));
	close(peer);
	tear_down(&f);
}

static void test_too_long(void)
{
	g_autofree char *text = g_strnfill(4097, 't');
	Fixture f;
	gint code;
	int peer;

	set_up(&f);
	peer = open_pair(&f, GCLK_STREAM_SOCKET);
	until(&f, &f.connects, 1);
	CU_ASSERT(!try_send(&f, text, 4097, &code));
	CU_ASSERT(code != G_FILE_ERROR_AGAIN);
	close(peer);
	tear_down(&f);
}

static void receive_all(int peer, GByteArray *out)
{
	guint8 buffer[1000];
	ssize_t n;

	while ((n = recv(peer, buffer, sizeof(buffer), MSG_DONTWAIT)) > 0)
		g_byte_array_append(out, buffer, (guint)n);
}

/* Sends frames of both lengths until one is refused. */
static void send_until_full(Fixture *f, GByteArray *taken)
{
	gint code = 0;

	for (guint i = 0; i < 1000 && code == 0; i++) {
		char frame[4096];
		const gsize length = i % 2 ? sizeof(frame) : 300;

		memset(frame, 'a' + (int)(taken->len % 26), sizeof(frame));
		if (try_send(f, frame, length, &code))
			g_byte_array_append(taken, (const guint8 *)frame, (guint)length);
	}
	GCLK_ASSERT_INT(code, G_FILE_ERROR_AGAIN);
}

/* A peer that does not read: what was taken arrives whole and in order, the rest was refused. */
static void test_short_writes(void)
{
	g_autoptr(GByteArray) got = g_byte_array_new();
	g_autoptr(GByteArray) taken = g_byte_array_new();
	gboolean was_short = FALSE;
	Fixture f;
	int peer;

	set_up(&f);
	peer = open_pair(&f, GCLK_STREAM_SOCKET);
	until(&f, &f.connects, 1);
	for (guint round = 0; round < 3; round++) {
		const gint64 end = g_get_monotonic_time() + 2 * G_USEC_PER_SEC;

		send_until_full(&f, taken);
		expect_quiet(&f);
		receive_all(peer, got);
		was_short = was_short || got->len < taken->len;
		while (got->len < taken->len && g_get_monotonic_time() < end) {
			g_main_context_iteration(f.context, FALSE);
			receive_all(peer, got);
		}
		GCLK_ASSERT_INT(got->len, taken->len);
		CU_ASSERT(memcmp(got->data, taken->data, MIN(got->len, taken->len)) == 0);
	}
	CU_ASSERT(was_short); /* else this has not tested anything */
	GCLK_ASSERT_INT(f.failures + f.hangups, 0);
	close(peer);
	tear_down(&f);
}

/* The peer is gone: no signal, and the loop tells it. */
static void test_broken_pipe(void)
{
	Fixture f;
	gint code;
	int peer;

	set_up(&f);
	peer = open_pair(&f, GCLK_STREAM_SOCKET);
	until(&f, &f.connects, 1);
	close(peer);
	CU_ASSERT(!try_send(&f, "x", 1, &code));
	CU_ASSERT(code != G_FILE_ERROR_AGAIN);
	until(&f, &f.failures, 1);
	tear_down(&f);
}

/* --- ports ------------------------------------------------------------------------------------ */

/* Somebody opens the other end. */
static int open_other_end(const Fixture *f)
{
	int fd = open(f->path, O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
	struct termios attributes;

	CU_ASSERT_FATAL(fd >= 0);
	CU_ASSERT(tcgetattr(fd, &attributes) == 0);
	cfmakeraw(&attributes);
	CU_ASSERT(tcsetattr(fd, TCSANOW, &attributes) == 0);
	return fd;
}

static void set_up_port(Fixture *f, gboolean watched)
{
	int master;

	set_up(f);
	master = posix_openpt(O_RDWR | O_NOCTTY);
	CU_ASSERT_FATAL(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
	CU_ASSERT(fcntl(master, F_SETFL, O_NONBLOCK) == 0);
	f->path = g_strdup(ptsname(master));
	close(open_other_end(f)); /* hangs up from now on */
	f->stream = gclk_posix_stream_new((GclkPosix *)f->platform, master, GCLK_STREAM_PORT,
		watched ? gclk_channel_watch_open : NULL, &events, f);
}

static void test_port(gboolean watched)
{
	char buffer[10] = "";
	Fixture f;
	gint code;
	int other;

	set_up_port(&f, watched);
	expect_quiet(&f);
	GCLK_ASSERT_INT(f.connects + f.hangups + f.failures, 0);
	CU_ASSERT(!try_send(&f, "x", 1, &code));
	GCLK_ASSERT_INT(code, G_FILE_ERROR_AGAIN);

	for (guint i = 1; i <= 2; i++) {
		other = open_other_end(&f);
		GCLK_ASSERT_INT(write(other, "ask", 3), 3);
		until(&f, &f.connects, i);
		until_bytes(&f, 3 * i);
		expect_quiet(&f);
		CU_ASSERT(try_send(&f, "tell", 4, &code));
		GCLK_ASSERT_INT(read(other, buffer, sizeof(buffer)), 4);
		GCLK_ASSERT_STR(buffer, "tell");
		close(other);
		until(&f, &f.hangups, i);
		expect_quiet(&f);
		GCLK_ASSERT_INT(f.connects, i);
		CU_ASSERT(!try_send(&f, "x", 1, &code));
		GCLK_ASSERT_INT(code, G_FILE_ERROR_AGAIN);
	}
	GCLK_ASSERT_INT(f.failures, 0);
	tear_down(&f);
}

static void test_port_watched(void)
{
	test_port(TRUE);
}

static void test_port_looked_at(void)
{
	test_port(FALSE);
}

/* What somebody wrote who is gone by the time it is read. */
static void test_dead_bytes(void)
{
	Fixture f;
	int other;

	set_up_port(&f, TRUE);
	other = open_other_end(&f);
	GCLK_ASSERT_INT(write(other, "dead", 4), 4);
	close(other);
	for (guint i = 0; i < 4; i++) /* they are kept for 20 ms */
		expect_quiet(&f);
	GCLK_ASSERT_INT(f.received, 0);
	other = open_other_end(&f);
	GCLK_ASSERT_INT(write(other, "live", 4), 4);
	until_bytes(&f, 4);
	CU_ASSERT(memcmp(f.bytes->data, "live", 4) == 0);
	close(other);
	tear_down(&f);
}

/* Half of what was sent went to somebody who has hung up: the next one does not get the rest. */
static void test_rest_is_dropped(void)
{
	char frame[4096];
	guint taken = 0;
	Fixture f;
	gint code;
	int other;

	set_up_port(&f, TRUE);
	other = open_other_end(&f);
	GCLK_ASSERT_INT(write(other, "a", 1), 1);
	until(&f, &f.connects, 1);
	memset(frame, 'o', sizeof(frame));
	while (try_send(&f, frame, sizeof(frame), &code))
		taken++;
	CU_ASSERT(taken > 0);
	close(other);
	until(&f, &f.hangups, 1);
	other = open_other_end(&f);
	tcflush(other, TCIOFLUSH);
	GCLK_ASSERT_INT(write(other, "b", 1), 1);
	until(&f, &f.connects, 2);
	CU_ASSERT(try_send(&f, "new", 3, &code));
	memset(frame, 0, sizeof(frame));
	GCLK_ASSERT_INT(read(other, frame, sizeof(frame)), 3);
	GCLK_ASSERT_STR(frame, "new");
	close(other);
	tear_down(&f);
}

static void test_port_closed_in_callback(void)
{
	static const When cases[] = { ON_CONNECTED, ON_RECEIVED, ON_HANGUP };

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		const gint64 end = g_get_monotonic_time() + 2 * G_USEC_PER_SEC;
		Fixture f;
		int other;

		set_up_port(&f, TRUE);
		f.close_at = cases[i];
		other = open_other_end(&f);
		GCLK_ASSERT_INT(write(other, "x", 1), 1);
		if (cases[i] == ON_HANGUP)
			until(&f, &f.received, 1);
		if (cases[i] == ON_HANGUP)
			close(other);
		while (f.stream && g_get_monotonic_time() < end)
			g_main_context_iteration(f.context, FALSE);
		CU_ASSERT_PTR_NULL(f.stream);
		if (cases[i] != ON_HANGUP)
			close(other);
		tear_down(&f);
	}
}

/* A device that fails (as one does that was unplugged: ENODEV) says so once. */
static void test_port_fails(void)
{
	Fixture f;
	int fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	set_up(&f);
	f.stream = gclk_posix_stream_new(
		(GclkPosix *)f.platform, fd, GCLK_STREAM_PORT, NULL, &events, &f);
	until(&f, &f.failures, 1);
	GCLK_ASSERT_INT(f.error, EISDIR);
	expect_quiet(&f);
	GCLK_ASSERT_INT(f.failures, 1);
	tear_down(&f);
}

/* --- names ------------------------------------------------------------------------------------ */

static void test_parse(void)
{
	static const struct {
		const char *text;
		GclkChannelKind kind;
		const char *name;
		guint port;
	} cases[] = {
		{ "virtio:org.guestclock.0", GCLK_CHANNEL_PORT, "org.guestclock.0", 0 },
		{ "virtio:a-b_C.9", GCLK_CHANNEL_PORT, "a-b_C.9", 0 },
		{ "virtio:.hidden", GCLK_CHANNEL_BAD, NULL, 0 },
		{ "virtio:..", GCLK_CHANNEL_BAD, NULL, 0 },
		{ "virtio:a b", GCLK_CHANNEL_BAD, NULL, 0 },
		{ "virtio:a\n", GCLK_CHANNEL_BAD, NULL, 0 },
		{ "Virtio:a", GCLK_CHANNEL_BAD, NULL, 0 },
		{ "vsock:1", GCLK_CHANNEL_VSOCK, "1", 1 },
		{ "vsock:1023", GCLK_CHANNEL_VSOCK, "1023", 1023 },
		{ "vsock:1024", GCLK_CHANNEL_BAD, NULL, 0 },
		{ "vsock:-1", GCLK_CHANNEL_BAD, NULL, 0 },
		{ "vsock:12x", GCLK_CHANNEL_BAD, NULL, 0 },
		{ "vsock:4294967419", GCLK_CHANNEL_BAD, NULL, 0 },
		{ "unix:/run/x", GCLK_CHANNEL_UNIX, "/run/x", 0 },
		{ "unix:/run/a:b", GCLK_CHANNEL_UNIX, "/run/a:b", 0 },
		{ "unix:run/x", GCLK_CHANNEL_BAD, NULL, 0 },
		{ "unix:/a\x01", GCLK_CHANNEL_BAD, NULL, 0 },
		{ "unix", GCLK_CHANNEL_BAD, NULL, 0 },
		{ "none", GCLK_CHANNEL_BAD, NULL, 0 },
	};
	g_autofree char *path = g_strnfill(200, 'p');
	g_autofree char *text = g_strconcat("unix:/", path, NULL);

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		GclkChannel channel = gclk_channel_parse(cases[i].text);

		GCLK_ASSERT_INT(channel.kind, cases[i].kind);
		if (cases[i].kind == GCLK_CHANNEL_BAD)
			continue;
		GCLK_ASSERT_STR(channel.name, cases[i].name);
		GCLK_ASSERT_INT(channel.port, cases[i].port);
	}
	GCLK_ASSERT_INT(gclk_channel_parse(text).kind, GCLK_CHANNEL_BAD);
}

#ifdef __linux__
static void add_port(const char *folder, const char *entry, const char *name)
{
	g_autofree char *directory = g_build_filename(folder, entry, NULL);
	g_autofree char *file = g_build_filename(directory, "name", NULL);

	CU_ASSERT(g_mkdir_with_parents(directory, 0755) == 0);
	if (name)
		CU_ASSERT(g_file_set_contents(file, name, -1, NULL));
}

static void expect_port(const char *folder, const char *name, const char *wanted)
{
	g_autofree char *device = gclk_channel_find_port_in(folder, name);

	GCLK_ASSERT_STR(device, wanted);
}

static void test_find_port(void)
{
	char *folder = gclk_scratch_new();

	add_port(folder, "vport0p1", "org.qemu.guest_agent.0\n");
	add_port(folder, "vport2p14", "org.guestclock.0\n");
	add_port(folder, "vport0p3", NULL); /* a port without a name */
	add_port(folder, "vport0", "a\n");
	add_port(folder, "vportp1", "b\n");
	add_port(folder, "vport1p", "c\n");
	add_port(folder, "vport1p1x", "d\n");
	expect_port(folder, "org.guestclock.0", "/dev/vport2p14");
	expect_port(folder, "org.qemu.guest_agent.0", "/dev/vport0p1");
	expect_port(folder, "org.guestclock", NULL);
	expect_port(folder, "org.guestclock.0\n", NULL);
	for (gsize i = 0; i < 4; i++)
		expect_port(folder, (const char *[]){ "a", "b", "c", "d" }[i], NULL);
	expect_port("/nonexistent", "org.guestclock.0", NULL);
	gclk_scratch_free(folder);
}

/* Nothing is sent: the sockets are bound, and that is all. */
static void test_vsock_port(void)
{
	int one = socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int two = socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (one < 0 || two < 0 || geteuid() != 0) {
		printf("(no vsock, or not root) ");
	} else {
		GCLK_ASSERT_INT(gclk_channel_bind_vsock(one), 0);
		GCLK_ASSERT_INT(gclk_channel_bind_vsock(two), 0); /* another port */
	}
	if (one >= 0)
		close(one);
	if (two >= 0)
		close(two);
}
#endif

/* --- through the privileged process ----------------------------------------------------------- */

static void test_privileged(void)
{
	g_autoptr(GError) error = NULL;
	const char *channels[] = { NULL, "virtio:org.guestclock.nonexistent", "none", NULL };
	const GclkPrivilegedPolicy policy = { NULL, NULL, NULL, channels };
	GclkPrivileged *privileged;
	Fixture f;
	int fd, peer;

	set_up(&f);
	listen_there(&f);
	channels[0] = f.channel;
	privileged = gclk_privileged_start(&policy, &error);
	CU_ASSERT_PTR_NOT_NULL_FATAL(privileged);
	fd = gclk_privileged_open(privileged, f.channel, GCLK_ACCESS_CHANNEL);
	CU_ASSERT_FATAL(fd >= 0);
	CU_ASSERT((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
	CU_ASSERT((fcntl(fd, F_GETFL) & O_NONBLOCK) != 0);
	peer = accept(f.listener, NULL, NULL);
	GCLK_ASSERT_INT(write(fd, "x", 1), 1);
	close(fd);
	close(peer);
	GCLK_ASSERT_INT(
		gclk_privileged_open(privileged, channels[1], GCLK_ACCESS_CHANNEL), -ENOENT);
	GCLK_ASSERT_INT(gclk_privileged_open(privileged, "none", GCLK_ACCESS_CHANNEL), -EACCES);
	GCLK_ASSERT_INT(
		gclk_privileged_open(privileged, "unix:/run/x", GCLK_ACCESS_CHANNEL), -EACCES);
	GCLK_ASSERT_INT(gclk_privileged_open(privileged, f.path, GCLK_ACCESS_FILE), -EACCES);
	gclk_privileged_free(privileged);
	tear_down(&f);
}

int main(void)
{
	static const GclkTestCase cases[] = {
		{ "a socket", test_socket },
		{ "the peer closes", test_peer_closes },
		{ "what cannot be opened", test_cannot_open },
		{ "refused", test_refused },
		{ "closed in a callback", test_closed_in_callback },
		{ "a flood", test_flood },
		{ "sent before it is connected", test_before_connected },
		{ "too long to send", test_too_long },
		{ "short writes", test_short_writes },
		{ "a broken pipe", test_broken_pipe },
		{ "a port that is watched", test_port_watched },
		{ "a port that is looked at", test_port_looked_at },
		{ "bytes of somebody who is gone", test_dead_bytes },
		{ "the rest of half a frame", test_rest_is_dropped },
		{ "a port closed in a callback", test_port_closed_in_callback },
		{ "a port that fails", test_port_fails },
		{ "names of channels", test_parse },
#ifdef __linux__
		{ "the port of a name", test_find_port },
		{ "a port that only root may bind", test_vsock_port },
#endif
		{ "through the privileged process", test_privileged },
		{ NULL, NULL },
	};

	return gclk_test_main("posix-stream", cases);
}
