/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Many simulated guests in one process, each with a connection of its own to `hostclock serve
 * --listen unix:PATH`, or by AF_VSOCK. They ask for the time at a steady rate, answer the host's
 * questions with a clock that is off by what was said, or misbehave. At the end a line of figures
 * is printed.
 *
 * Use: guest-fleet PATH|vsock:CID [KEY=VALUE...]
 *   guests=N    how many (1)
 *   seconds=S   for how long (until standard input ends)
 *   rate=R      questions of a guest in a second (1); 0: none
 *   behind=NS   host's clock minus guest's (0); step=NS: and so much more from guest to guest
 *   -name NAME  as QEMU has it: for hostclock to read, nothing else
 *   from=PORT   of AF_VSOCK: the first one's own port (1000), the next one has the next
 *   act=WORD    how they behave (normal), see the table below
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <linux/vm_sockets.h>

#include "guestclock/link.h"
#include "guests/listener.h"

typedef struct Fleet Fleet;

typedef struct {
	int fd;
	gint64 behind;
	GclkLinkReader reader;
	guint64 nonce; /* of the question under way */
	gint64 asked;  /* CLOCK_MONOTONIC */
	Fleet *fleet;
} Guest;

typedef struct {
	const char *name;
	gboolean deaf;                         /* never reads */
	gboolean asks;                         /* at the rate */
	gboolean answers;                      /* the host's questions */
	void (*misbehave)(Guest *guest);       /* as often as it can write */
	void (*twist)(GclkLinkPacket *answer); /* its answers */
	gboolean swap;                         /* answers what another one was asked */
	gboolean half; /* a dead client's half frame before each question of its own */
} Act;

struct Fleet {
	const char *path;
	gint64 n, seconds, rate, behind, step, from;
	const Act *act;
	Guest *guests;
	int epoll;
	GArray *delays; /* of gint64, ns */
	guint64 asked, answered, stale, events, questions, hung_up;
};

static gint64 read_clock(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (gint64)t.tv_sec * GCLK_NS_PER_S + t.tv_nsec;
}

static guint64 clock_of(const Guest *guest)
{
	return gclk_ntp_time_from_ns(read_clock(CLOCK_REALTIME) - guest->behind);
}

/* --- sending ---------------------------------------------------------------------------------- */

static gboolean send_bytes(Guest *guest, const void *bytes, gsize length)
{
	return send(guest->fd, bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL) == (gssize)length;
}

static void add_report(const Guest *guest, GclkLinkPacket *packet)
{
	packet->has_guest = TRUE;
	packet->guest = (GclkLinkGuest){
		.state = GCLK_STATE_SYNCHRONISED,
		.steers = TRUE,
		.source_kind = GCLK_LINK_SOURCE_HOST,
		.offset = guest->behind,
		.bound = GCLK_NS_PER_MS,
		.source = "link",
		.version = "fleet",
	};
}

static void ask(Guest *guest)
{
	guint8 frame[GCLK_LINK_FRAME_MAX];
	GclkLinkPacket request;
	gsize length;

	guest->nonce = (guint64)g_random_int() << 32 | (g_random_int() | 1);
	gclk_link_request(&request, guest->nonce, 4);
	add_report(guest, &request);
	length = gclk_link_packet_encode(&request, frame);
	if (guest->fleet->act->half) {
		send_bytes(guest, frame, length / 2);
		g_usleep(GCLK_LINK_PATIENCE / 1000 * 3 / 2);
	}
	guest->asked = read_clock(CLOCK_MONOTONIC);
	guest->fleet->asked += send_bytes(guest, frame, length);
}

static void answer(Guest *guest, const GclkNtpHeader *question, guint64 receive)
{
	GclkLinkPacket packet = { .header = { .stratum = 3, .precision = -24 } };
	guint8 frame[GCLK_LINK_FRAME_MAX];
	gsize length;

	gclk_link_answer(&packet, question, receive);
	add_report(guest, &packet);
	packet.header.transmit = clock_of(guest);
	if (guest->fleet->act->twist)
		guest->fleet->act->twist(&packet);
	length = gclk_link_packet_encode(&packet, frame);
	send_bytes(guest, frame, length);
}

/* --- misbehaviour ----------------------------------------------------------------------------- */

static void flood(Guest *guest)
{
	guint8 frames[16 * GCLK_LINK_FRAME_MAX];
	gsize length = 0;

	for (guint i = 0; i < 16; i++) {
		GclkLinkPacket request;

		gclk_link_request(&request, (guint64)g_random_int() + 1, 4);
		length += gclk_link_packet_encode(&request, frames + length);
	}
	send_bytes(guest, frames, length);
}

static void noise(Guest *guest)
{
	guint32 bytes[512];

	for (guint i = 0; i < G_N_ELEMENTS(bytes); i++)
		bytes[i] = g_random_int();
	send_bytes(guest, bytes, sizeof(bytes));
}

/* Lengths of 0, 47 and 65535, of no multiple of 4; wrong modes and versions; answers with the nonce
   of nobody; a field that is longer than its packet. */
static void garbage(Guest *guest)
{
	static const guint8 heads[][4] = { { 'G', 'C', 0, 0 }, { 'G', 'C', 0, 47 },
		{ 'G', 'C', 0xff, 0xff }, { 'G', 'C', 0, 49 } };
	guint8 frame[GCLK_LINK_FRAME_MAX] = { 0 };
	GclkLinkPacket packet;
	gsize length;

	send_bytes(guest, heads[g_random_int_range(0, G_N_ELEMENTS(heads))], 4);
	gclk_link_request(&packet, (guint64)g_random_int() + 1, 4);
	packet.header.mode = (guint8)g_random_int_range(0, 8);
	packet.header.version = (guint8)g_random_int_range(0, 8);
	packet.header.origin = (guint64)g_random_int() + 1;
	packet.header.receive = packet.header.transmit = clock_of(guest);
	add_report(guest, &packet);
	length = gclk_link_packet_encode(&packet, frame);
	if (g_random_boolean())
		frame[GCLK_LINK_HEADER_SIZE + GCLK_NTP_HEADER_SIZE + 2] = 0xff;
	send_bytes(guest, frame, length);
}

/* All of it. */
static void hostile(Guest *guest)
{
	static void (*const kinds[])(Guest *) = { flood, noise, garbage };

	kinds[g_random_int_range(0, G_N_ELEMENTS(kinds))](guest);
}

static void dial(Guest *guest);

static void vanish(Guest *guest)
{
	close(guest->fd);
	dial(guest);
}

static void twist_nonce(GclkLinkPacket *packet)
{
	packet->header.origin += 1;
}

static void twist_stamps(GclkLinkPacket *packet)
{
	packet->header.transmit = packet->header.receive - G_MAXUINT32;
}

/* Time enough for the host to give up. */
static void twist_late(GclkLinkPacket *packet G_GNUC_UNUSED)
{
	g_usleep(1200000);
}

static const Act acts[] = {
	{ "normal", .asks = TRUE, .answers = TRUE },
	{ "silent", .asks = FALSE },
	{ "deaf", .deaf = TRUE, .misbehave = flood },
	{ "flood", .misbehave = flood },
	{ "noise", .misbehave = noise },
	{ "garbage", .misbehave = garbage },
	{ "hostile", .deaf = TRUE, .misbehave = hostile },
	{ "vanish", .misbehave = vanish },
	{ "half", .asks = TRUE, .answers = TRUE, .half = TRUE },
	{ "swap", .asks = TRUE, .answers = TRUE, .swap = TRUE },
	{ "nonce", .asks = TRUE, .answers = TRUE, .twist = twist_nonce },
	{ "stamps", .asks = TRUE, .answers = TRUE, .twist = twist_stamps },
	{ "late", .asks = TRUE, .answers = TRUE, .twist = twist_late },
};

/* --- receiving -------------------------------------------------------------------------------- */

typedef struct {
	Guest *guest;
	guint64 receive;
	gint64 now;
} Arrival;

static Guest *neighbour(Guest *guest)
{
	Fleet *fleet = guest->fleet;

	return &fleet->guests[(guest - fleet->guests + 1) % fleet->n];
}

static gboolean on_payload(gpointer user, const guint8 *payload, gsize length)
{
	const Arrival *arrival = user;
	Guest *guest = arrival->guest;
	Fleet *fleet = guest->fleet;
	GclkLinkPacket packet;
	gint64 delay = arrival->now - guest->asked;

	if (!gclk_link_packet_decode(payload, length, &packet))
		return TRUE;
	if (packet.header.mode == GCLK_NTP_MODE_BROADCAST) {
		fleet->events++;
	} else if (packet.header.mode == GCLK_NTP_MODE_CLIENT) {
		fleet->questions++;
		if (fleet->act->answers)
			answer(fleet->act->swap ? neighbour(guest) : guest, &packet.header,
				arrival->receive);
	} else if (packet.header.origin == guest->nonce && guest->nonce != 0) {
		guest->nonce = 0;
		fleet->answered++;
		g_array_append_val(fleet->delays, delay);
	} else {
		fleet->stale++;
	}
	return TRUE;
}

static void hang_up(Guest *guest)
{
	close(guest->fd);
	guest->fd = -1;
	guest->fleet->hung_up++;
}

static void receive(Guest *guest)
{
	guint8 bytes[4096];
	gssize n = recv(guest->fd, bytes, sizeof(bytes), MSG_DONTWAIT);
	Arrival arrival = { guest, clock_of(guest), read_clock(CLOCK_MONOTONIC) };

	if (n > 0)
		gclk_link_reader_feed(&guest->reader, bytes, (gsize)n, on_payload, &arrival);
	else if (n == 0 || (errno != EAGAIN && errno != EINTR))
		hang_up(guest);
}

/* --- the fleet -------------------------------------------------------------------------------- */

/* By a process of its own, as every machine's monitor is one; but then it has no name. */
static gboolean connect_apart(int fd, const struct sockaddr_un *address)
{
	pid_t child = fork();
	int status = -1;

	if (child == 0)
		_exit(connect(fd, (const struct sockaddr *)address, sizeof(*address)) != 0);
	return child > 0 && waitpid(child, &status, 0) == child && status == 0;
}

static int dial_unix(const char *path, gboolean apart)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	g_strlcpy(address.sun_path, path, sizeof(address.sun_path));
	if (fd < 0)
		return -1;
	if (apart)
		return connect_apart(fd, &address) ? fd : -1;
	return connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0 ? fd : -1;
}

static int dial_vsock(guint cid, guint from)
{
	struct sockaddr_vm own = { .svm_family = AF_VSOCK, .svm_cid = VMADDR_CID_ANY };
	struct sockaddr_vm peer = own;
	int fd = socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC, 0);

	own.svm_port = from;
	peer.svm_cid = cid;
	peer.svm_port = GCLK_LINK_VSOCK_PORT;
	return fd >= 0 && bind(fd, (const struct sockaddr *)&own, sizeof(own)) == 0 &&
			       connect(fd, (const struct sockaddr *)&peer, sizeof(peer)) == 0
		       ? fd
		       : -1;
}

static void dial(Guest *guest)
{
	const Fleet *fleet = guest->fleet;
	struct epoll_event event = { .data.ptr = guest };

	event.events = (fleet->act->deaf ? 0 : EPOLLIN) | (fleet->act->misbehave ? EPOLLOUT : 0);
	guest->fd = g_str_has_prefix(fleet->path, "vsock:")
			    ? dial_vsock((guint)atoi(fleet->path + strlen("vsock:")),
				      (guint)(fleet->from + (guest - fleet->guests)))
			    : dial_unix(fleet->path, fleet->n > GCLK_LISTENER_PROCESS_MAX);
	if (guest->fd < 0 || epoll_ctl(fleet->epoll, EPOLL_CTL_ADD, guest->fd, &event) != 0) {
		fprintf(stderr, "guest-fleet: %s: %s\n", fleet->path, g_strerror(errno));
		exit(1);
	}
}

static void launch(Fleet *fleet)
{
	fleet->epoll = epoll_create1(EPOLL_CLOEXEC);
	fleet->delays = g_array_new(FALSE, FALSE, sizeof(gint64));
	fleet->guests = g_new0(Guest, (gsize)fleet->n);
	for (gint64 i = 0; i < fleet->n; i++) {
		fleet->guests[i].fleet = fleet;
		fleet->guests[i].behind = fleet->behind + i * fleet->step;
		dial(&fleet->guests[i]);
	}
}

static void serve_ready(Fleet *fleet, gint64 wait)
{
	struct epoll_event ready[64];
	gint timeout = (gint)CLAMP(wait / GCLK_NS_PER_MS, 0, 100);
	gint n = epoll_wait(fleet->epoll, ready, G_N_ELEMENTS(ready), timeout);

	for (gint i = 0; i < n; i++) {
		Guest *guest = ready[i].data.ptr;

		if (guest && guest->fd >= 0 && ready[i].events & EPOLLIN)
			receive(guest);
		if (guest && guest->fd >= 0 && ready[i].events & EPOLLOUT && fleet->act->misbehave)
			fleet->act->misbehave(guest);
		if (guest && guest->fd >= 0 && ready[i].events & (EPOLLHUP | EPOLLERR))
			hang_up(guest);
	}
}

static gboolean input_ended(void)
{
	struct pollfd input = { .fd = 0, .events = POLLIN };
	char byte;

	return poll(&input, 1, 0) == 1 && read(0, &byte, 1) == 0;
}

/* One guest after the other asks, evenly spread. */
static void run(Fleet *fleet)
{
	gint64 start = read_clock(CLOCK_MONOTONIC);
	gint64 gap = fleet->rate > 0 ? GCLK_NS_PER_S / (fleet->rate * fleet->n) : 0;
	gint64 turn = 0, now = start;

	while (fleet->seconds ? now < start + fleet->seconds * GCLK_NS_PER_S : !input_ended()) {
		gint64 due = start + turn * gap;
		Guest *guest = &fleet->guests[turn % fleet->n];

		if (fleet->act->asks && gap > 0 && now >= due) {
			if (guest->fd >= 0)
				ask(guest);
			turn++;
			serve_ready(fleet, 0);
		} else {
			serve_ready(fleet, fleet->act->asks && gap > 0 ? due - now : GCLK_NS_PER_S);
		}
		now = read_clock(CLOCK_MONOTONIC);
	}
}

/* What was asked last may still be answered. */
static void wait_for_answers(Fleet *fleet)
{
	gint64 end = read_clock(CLOCK_MONOTONIC) + GCLK_NS_PER_S;

	while (fleet->answered < fleet->asked && fleet->hung_up == 0 &&
		read_clock(CLOCK_MONOTONIC) < end)
		serve_ready(fleet, 10 * GCLK_NS_PER_MS);
}

static gint compare(gconstpointer a, gconstpointer b)
{
	gint64 x = *(const gint64 *)a, y = *(const gint64 *)b;

	return (x > y) - (x < y);
}

static double quantile_us(const Fleet *fleet, double q)
{
	const GArray *delays = fleet->delays;

	if (delays->len == 0)
		return 0;
	return (double)g_array_index(delays, gint64, (guint)((delays->len - 1) * q)) / 1e3;
}

static void print_figures(Fleet *fleet)
{
	g_array_sort(fleet->delays, compare);
	printf("guests=%" G_GINT64_FORMAT " asked=%" G_GUINT64_FORMAT " answered=%" G_GUINT64_FORMAT
	       " stale=%" G_GUINT64_FORMAT " events=%" G_GUINT64_FORMAT
	       " questions=%" G_GUINT64_FORMAT " hung_up=%" G_GUINT64_FORMAT
	       " median_us=%.1f p99_us=%.1f worst_us=%.1f\n",
		fleet->n, fleet->asked, fleet->answered, fleet->stale, fleet->events,
		fleet->questions, fleet->hung_up, quantile_us(fleet, 0.5), quantile_us(fleet, 0.99),
		quantile_us(fleet, 1));
}

/* --- options ---------------------------------------------------------------------------------- */

static gboolean set_act(Fleet *fleet, const char *name)
{
	for (gsize i = 0; i < G_N_ELEMENTS(acts); i++)
		if (strcmp(acts[i].name, name) == 0)
			fleet->act = &acts[i];
	return strcmp(fleet->act->name, name) == 0;
}

static gboolean set_option(Fleet *fleet, const char *text)
{
	const struct {
		const char *name;
		gint64 *value;
	} numbers[] = { { "guests=", &fleet->n }, { "seconds=", &fleet->seconds },
		{ "rate=", &fleet->rate }, { "behind=", &fleet->behind }, { "step=", &fleet->step },
		{ "from=", &fleet->from } };

	if (g_str_has_prefix(text, "act="))
		return set_act(fleet, text + 4);
	for (gsize i = 0; i < G_N_ELEMENTS(numbers); i++)
		if (g_str_has_prefix(text, numbers[i].name))
			return g_ascii_string_to_signed(text + strlen(numbers[i].name), 10,
				G_MININT64, G_MAXINT64, numbers[i].value, NULL);
	return FALSE;
}

int main(int argc, char **argv)
{
	Fleet fleet = { .n = 1, .rate = 1, .from = 1000, .act = &acts[0] };
	struct rlimit limit;

	for (gint i = 2; i < argc; i++)
		if (strcmp(argv[i], "-name") == 0)
			i++;
		else if (!set_option(&fleet, argv[i]) || fleet.n < 1) {
			fprintf(stderr, "guest-fleet: what is \"%s\"?\n", argv[i]);
			return 2;
		}
	if (argc < 2)
		return 2;
	fleet.path = argv[1];
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
	launch(&fleet);
	run(&fleet);
	if (!fleet.act->deaf)
		wait_for_answers(&fleet);
	print_figures(&fleet);
	g_array_unref(fleet.delays);
	g_free(fleet.guests);
	return 0;
}
