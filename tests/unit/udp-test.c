/* SPDX-License-Identifier: BSD-2-Clause */
/* Datagrams over loopback, through the platform. */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "harness.h"
#include "platform/native.h"

typedef struct {
	GMainContext *context;
	GclkPlatform *platform;
	GclkSocket *socket;
	int server;
	GclkAddress address;
	struct sockaddr_storage client; /* who sent to the server last */
	socklen_t client_length;
	guint received, failed;
	int error;
	gboolean close_in_callback;
	GclkDatagram last;
	guint8 data[4096];
} Fixture;

static void on_received(gpointer user, const GclkDatagram *datagram)
{
	Fixture *f = user;

	f->received++;
	f->last = *datagram;
	memcpy(f->data, datagram->data, MIN(datagram->length, sizeof(f->data)));
	if (!f->close_in_callback)
		return;
	f->platform->udp_close(f->platform, f->socket);
	f->socket = NULL;
}

static void on_failed(gpointer user, int error)
{
	Fixture *f = user;

	f->failed++;
	f->error = error;
}

static const GclkSocketEvents events = { .received = on_received, .failed = on_failed };

/* A socket of the test's own, bound to the address with a port that the kernel picks. */
static int bind_server(const char *text, GclkAddress *out)
{
	struct sockaddr_in in4 = { .sin_family = AF_INET };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
	struct sockaddr *address;
	socklen_t length;
	int fd;

	gclk_address_parse(text, 0, out);
	memcpy(&in4.sin_addr, out->bytes, 4);
	memcpy(&in6.sin6_addr, out->bytes, 16);
	address = out->family == 4 ? (struct sockaddr *)&in4 : (struct sockaddr *)&in6;
	length = out->family == 4 ? sizeof(in4) : sizeof(in6);
	fd = socket(address->sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind(fd, address, length) || getsockname(fd, address, &length)) {
		if (fd >= 0)
			close(fd);
		return -1;
	}
	out->port = ntohs(out->family == 4 ? in4.sin_port : in6.sin6_port);
	return fd;
}

static gboolean set_up(Fixture *f, const char *address)
{
	g_autoptr(GError) error = NULL;

	memset(f, 0, sizeof(*f));
	f->context = g_main_context_new();
	gclk_loop_install_poll(f->context);
	f->platform = gclk_native_new(NULL, f->context);
	f->server = bind_server(address, &f->address);
	if (f->server < 0)
		return FALSE;
	f->socket = f->platform->udp_open(f->platform, &f->address, &events, f, &error);
	CU_ASSERT_PTR_NOT_NULL_FATAL(f->socket);
	return TRUE;
}

static void tear_down(Fixture *f)
{
	f->platform->udp_close(f->platform, f->socket);
	f->platform->udp_close(f->platform, NULL);
	f->platform->free(f->platform);
	g_main_context_unref(f->context);
	if (f->server >= 0)
		close(f->server);
}

/* Turns the loop for at most a second until there were so many callbacks; 0: for a moment. */
static void run(Fixture *f, guint callbacks)
{
	const gint64 end = g_get_monotonic_time() + (callbacks ? 1000000 : 30000);

	while ((!callbacks || f->received + f->failed < callbacks) && g_get_monotonic_time() < end)
		if (!g_main_context_iteration(f->context, FALSE))
			g_usleep(200);
}

static GclkClockPair send_request(Fixture *f, const char *text)
{
	g_autoptr(GError) error = NULL;
	GclkClockPair departure = { 0 };

	CU_ASSERT(f->platform->udp_send(
		f->platform, f->socket, (const guint8 *)text, strlen(text), &departure, &error));
	CU_ASSERT_PTR_NULL(error);
	return departure;
}

static gsize server_receives(Fixture *f, char *buffer, gsize size)
{
	f->client_length = sizeof(f->client);
	return (gsize)recvfrom(
		f->server, buffer, size, 0, (struct sockaddr *)&f->client, &f->client_length);
}

static void server_sends(Fixture *f, const void *data, gsize length)
{
	CU_ASSERT(sendto(f->server, data, length, 0, (struct sockaddr *)&f->client,
			  f->client_length) == (ssize_t)length);
}

static GclkClockPair now(Fixture *f)
{
	GclkClockPair pair;

	f->platform->read_pair(f->platform, &pair);
	return pair;
}

/* --- exchanges -------------------------------------------------------------------------------- */

/* The kernel begins to stamp arrivals a while after it was first asked to: exchanges until it does.
 */
static void await_stamps(Fixture *f)
{
	char request[100];

	for (guint i = 1; i <= 1000 && !f->last.kernel_stamp; i++) {
		send_request(f, "are there stamps?");
		server_receives(f, request, sizeof(request));
		server_sends(f, "no", 2);
		run(f, i);
	}
	f->received = 0;
}

static void exchange(const char *address)
{
	GclkClockPair sent, end;
	char request[100];
	Fixture f;

	if (!set_up(&f, address)) {
		printf("(no %s here) ", address);
		tear_down(&f);
		return;
	}
	await_stamps(&f);
	sent = send_request(&f, "what time is it?");
	GCLK_ASSERT_INT(server_receives(&f, request, sizeof(request)), 16);
	server_sends(&f, "late", 4);
	run(&f, 1);
	end = now(&f);

	GCLK_ASSERT_INT(f.received, 1);
	GCLK_ASSERT_INT(f.failed, 0);
	GCLK_ASSERT_INT(f.last.length, 4);
	CU_ASSERT(memcmp(f.data, "late", 4) == 0);
	CU_ASSERT(!f.last.truncated);
	CU_ASSERT(f.last.departure_kernel_stamp);
	CU_ASSERT(f.last.departure >= sent.real);
	CU_ASSERT(f.last.departure <= f.last.arrival.real);
	CU_ASSERT(f.last.kernel_stamp);
	CU_ASSERT(f.last.arrival.real <= end.real);
	CU_ASSERT(f.last.arrival.raw >= sent.raw - sent.width);
	CU_ASSERT(f.last.arrival.raw <= end.raw + end.width);
	/* REAL and RAW of one moment */
	CU_ASSERT(ABS((f.last.arrival.real - f.last.arrival.raw) - (end.real - end.raw)) < 1000000);
	tear_down(&f);
}

static void test_exchange_ipv4(void)
{
	exchange("127.0.0.1");
}

static void test_exchange_ipv6(void)
{
	exchange("::1");
}

/* The departure is that of the last datagram, not of the first. */
static void test_two_sends(void)
{
	GclkClockPair second;
	char request[100];
	Fixture f;

	set_up(&f, "127.0.0.1");
	send_request(&f, "one");
	g_usleep(20000);
	second = send_request(&f, "two");
	server_receives(&f, request, sizeof(request));
	server_receives(&f, request, sizeof(request));
	server_sends(&f, "x", 1);
	run(&f, 1);
	CU_ASSERT(f.last.departure_kernel_stamp);
	CU_ASSERT(f.last.departure >= second.real);
	CU_ASSERT(f.last.departure < second.real + 15 * GCLK_NS_PER_MS);
	tear_down(&f);
}

static void test_many_exchanges(void)
{
	char request[100];
	Fixture f;

	set_up(&f, "127.0.0.1");
	for (guint i = 1; i <= 200; i++) {
		GclkClockPair sent = send_request(&f, "q");

		server_receives(&f, request, sizeof(request));
		server_sends(&f, "a", 1);
		run(&f, i);
		if (f.received != i || !f.last.departure_kernel_stamp || !f.last.kernel_stamp ||
			f.last.departure < sent.real)
			CU_FAIL("an exchange went wrong");
	}
	GCLK_ASSERT_INT(f.failed, 0);
	tear_down(&f);
}

/* Before anything was sent there is no departure, and an unsolicited datagram still arrives. */
static void test_unsolicited(void)
{
	char request[100];
	Fixture f;

	set_up(&f, "127.0.0.1");
	send_request(&f, "here I am");
	server_receives(&f, request, sizeof(request));
	server_sends(&f, "1", 1);
	server_sends(&f, "22", 2);
	server_sends(&f, "", 0);
	run(&f, 3);
	GCLK_ASSERT_INT(f.received, 3);
	GCLK_ASSERT_INT(f.last.length, 0);
	tear_down(&f);
}

/* --- late and long ---------------------------------------------------------------------------- */

/* The kernel knows when the datagram came, however late we look. */
static void test_read_late(void)
{
	GclkClockPair before, after;
	char request[100];
	Fixture f;

	set_up(&f, "127.0.0.1");
	send_request(&f, "q");
	server_receives(&f, request, sizeof(request));
	server_sends(&f, "a", 1);
	before = now(&f);
	g_usleep(5000); /* a busy machine makes it more; beyond 100 ms the stamp is not used */
	run(&f, 1);
	after = now(&f);
	CU_ASSERT(f.last.kernel_stamp);
	CU_ASSERT(f.last.arrival.real <= before.real);
	CU_ASSERT(f.last.arrival.raw <= before.raw + before.width);
	CU_ASSERT(after.real - f.last.arrival.real >= 5 * GCLK_NS_PER_MS);
	tear_down(&f);
}

/* So late that RAW at that moment would be a guess: the time of reading, which makes a long delay.
 */
static void test_read_much_too_late(void)
{
	GclkClockPair before;
	char request[100];
	Fixture f;

	set_up(&f, "127.0.0.1");
	send_request(&f, "q");
	server_receives(&f, request, sizeof(request));
	server_sends(&f, "a", 1);
	before = now(&f);
	g_usleep(150000);
	run(&f, 1);
	CU_ASSERT(!f.last.kernel_stamp);
	CU_ASSERT(f.last.arrival.real >= before.real + 150 * GCLK_NS_PER_MS);
	CU_ASSERT(f.last.arrival.raw >= before.raw + 149 * GCLK_NS_PER_MS);
	tear_down(&f);
}

static void test_truncated(void)
{
	static const guint8 big[9000] = { 7 };
	char request[100];
	Fixture f;

	set_up(&f, "127.0.0.1");
	send_request(&f, "q");
	server_receives(&f, request, sizeof(request));
	server_sends(&f, big, sizeof(big));
	run(&f, 1);
	CU_ASSERT(f.last.truncated);
	CU_ASSERT(f.last.length < sizeof(big));
	CU_ASSERT(f.last.length >= 1024);
	CU_ASSERT(f.last.kernel_stamp);
	/* one that just fits is whole */
	server_sends(&f, big, f.last.length);
	run(&f, 2);
	CU_ASSERT(!f.last.truncated);
	tear_down(&f);
}

/* --- errors ----------------------------------------------------------------------------------- */

static void test_refused(void)
{
	Fixture f;

	set_up(&f, "127.0.0.1");
	close(f.server);
	f.server = -1;
	send_request(&f, "anybody?");
	run(&f, 1);
	GCLK_ASSERT_INT(f.failed, 1);
	GCLK_ASSERT_INT(f.error, ECONNREFUSED);
	GCLK_ASSERT_INT(f.received, 0);

	/* told once */
	run(&f, 0);
	GCLK_ASSERT_INT(f.failed, 1);

	/* An error that nobody has read yet does not stop the next datagram. */
	send_request(&f, "anybody?");
	g_usleep(2000);
	send_request(&f, "somebody?");
	run(&f, 2);
	GCLK_ASSERT_INT(f.error, ECONNREFUSED);
	tear_down(&f);
}

/* An error found while sending is told from the loop, each time anew, and not after close. */
static void test_refused_while_sending(void)
{
	Fixture f;

	set_up(&f, "127.0.0.1");
	close(f.server);
	f.server = -1;
	for (guint i = 0; i < 3; i++) {
		const guint before = f.failed;

		send_request(&f, "one");
		send_request(&f, "two");
		GCLK_ASSERT_INT(f.failed, before); /* never from inside */
		run(&f, 0);
		GCLK_ASSERT_INT(f.failed, before + 2);
		GCLK_ASSERT_INT(f.error, ECONNREFUSED);
	}
	f.failed = 0;
	send_request(&f, "one");
	send_request(&f, "two");
	f.platform->udp_close(f.platform, f.socket);
	f.socket = NULL;
	run(&f, 0);
	GCLK_ASSERT_INT(f.failed, 0);
	tear_down(&f);
}

/* Only the peer's datagrams arrive on a connected socket. */
static void test_strangers(void)
{
	GclkAddress address;
	char request[100];
	Fixture f;
	int stranger;

	set_up(&f, "127.0.0.1");
	send_request(&f, "q");
	server_receives(&f, request, sizeof(request));
	stranger = bind_server("127.0.0.1", &address);
	CU_ASSERT(
		sendto(stranger, "lie", 3, 0, (struct sockaddr *)&f.client, f.client_length) == 3);
	run(&f, 0);
	GCLK_ASSERT_INT(f.received, 0);
	close(stranger);
	tear_down(&f);
}

static void test_close_in_callback(void)
{
	char request[100];
	Fixture f;

	set_up(&f, "127.0.0.1");
	f.close_in_callback = TRUE;
	send_request(&f, "q");
	server_receives(&f, request, sizeof(request));
	server_sends(&f, "1", 1);
	server_sends(&f, "2", 1);
	run(&f, 1);
	run(&f, 0);
	GCLK_ASSERT_INT(f.received, 1);
	tear_down(&f);
}

static void test_open_fails(void)
{
	g_autoptr(GError) error = NULL;
	GclkAddress nobody = { 0 };
	Fixture f;

	set_up(&f, "127.0.0.1");
	CU_ASSERT_PTR_NULL(f.platform->udp_open(f.platform, &nobody, &events, &f, &error));
	CU_ASSERT(error && error->domain == G_FILE_ERROR);
	tear_down(&f);
}

static void test_send_fails(void)
{
	static const guint8 huge[70000];
	g_autoptr(GError) error = NULL;
	GclkClockPair departure;
	char request[100];
	Fixture f;

	set_up(&f, "127.0.0.1");
	CU_ASSERT(!f.platform->udp_send(
		f.platform, f.socket, huge, sizeof(huge), &departure, &error));
	CU_ASSERT_PTR_NOT_NULL(error);
	/* and the count of datagrams is still right */
	send_request(&f, "q");
	server_receives(&f, request, sizeof(request));
	server_sends(&f, "a", 1);
	run(&f, 1);
	CU_ASSERT(f.last.departure_kernel_stamp);
	tear_down(&f);
}

static void test_local(void)
{
	GclkAddress local, expected;
	Fixture f;

	set_up(&f, "127.0.0.1");
	gclk_address_parse("127.0.0.1", 0, &expected);
	CU_ASSERT(f.platform->udp_local(f.platform, f.socket, &local));
	CU_ASSERT(gclk_address_equal(&local, &expected, TRUE));
	tear_down(&f);
}

static void test_ports_differ(void)
{
	in_port_t ports[8];
	guint same = 0;

	for (gsize i = 0; i < G_N_ELEMENTS(ports); i++) {
		char request[100];
		Fixture f;

		set_up(&f, "127.0.0.1");
		send_request(&f, "q");
		server_receives(&f, request, sizeof(request));
		ports[i] = ntohs(((struct sockaddr_in *)&f.client)->sin_port);
		CU_ASSERT(ports[i] >= 1024);
		if (i > 0)
			same += (in_port_t)(ports[i] - ports[i - 1]) <= 1;
		tear_down(&f);
	}
	CU_ASSERT(same < G_N_ELEMENTS(ports) - 1);
}

int main(void)
{
	static const GclkTestCase cases[] = {
		{ "exchange over IPv4", test_exchange_ipv4 },
		{ "exchange over IPv6", test_exchange_ipv6 },
		{ "two sends", test_two_sends },
		{ "many exchanges", test_many_exchanges },
		{ "unsolicited", test_unsolicited },
		{ "read late", test_read_late },
		{ "read much too late", test_read_much_too_late },
		{ "truncated", test_truncated },
		{ "refused", test_refused },
		{ "refused while sending", test_refused_while_sending },
		{ "strangers", test_strangers },
		{ "close in the callback", test_close_in_callback },
		{ "open fails", test_open_fails },
		{ "send fails", test_send_fails },
		{ "local address", test_local },
		{ "ports differ", test_ports_differ },
		{ NULL, NULL },
	};

	return gclk_test_main("udp", cases);
}
