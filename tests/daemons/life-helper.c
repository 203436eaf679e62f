/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The two that tests/daemons/life-test has at the other end of guestclockd's sockets:
 *
 *   life-helper manager SOCKET FILE        a service manager: prints what arrives at its datagram
 *                                          socket, and at READY=1 whether FILE is there by then
 *   life-helper hostile MODE=PORT...       a time server that answers, but wrongly
 *   life-helper spray FROM TO FIRST LAST   answers that nobody asked for, in another's name, to
 * every port from FIRST to LAST
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define HEADER    48
#define BUFFER    4096
#define ERA_1970  2208988800U /* s from 1900 to 1970, RFC 5905 section 6 */
#define MODES_MAX 32
#define FLOOD     100

typedef struct {
	struct sockaddr_in peer;
	int fd;
	uint8_t first[HEADER], last[HEADER]; /* answers given before */
	int answers;
} Server;

typedef void (*Answer)(Server *server, uint8_t *packet);

static _Noreturn void die(const char *what)
{
	perror(what);
	exit(1);
}

/* --- answers ---------------------------------------------------------------------------------- */

static void put32(uint8_t *at, uint32_t value)
{
	value = htonl(value);
	memcpy(at, &value, sizeof value);
}

static void put_time(uint8_t *at, long seconds_off)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	put32(at, (uint32_t)(now.tv_sec + seconds_off + ERA_1970));
	put32(at + 4, (uint32_t)(((uint64_t)now.tv_nsec << 32) / 1000000000));
}

/* Makes a request an answer of an honest stratum 1 server, RFC 5905 section 7.3. */
static void make_answer(uint8_t *packet, long seconds_off)
{
	uint8_t origin[8];

	memcpy(origin, packet + 40, sizeof origin);
	memset(packet, 0, HEADER);
	packet[0] = 4 << 3 | 4; /* version 4, mode server */
	packet[1] = 1;
	packet[3] = (uint8_t)-20;
	put32(packet + 8, 16); /* root dispersion: 0.2 ms */
	memcpy(packet + 12, "GPS", 3);
	put_time(packet + 16, seconds_off);
	memcpy(packet + 24, origin, sizeof origin);
	put_time(packet + 32, seconds_off);
	put_time(packet + 40, seconds_off);
}

static void reply(const Server *server, const uint8_t *packet, size_t length)
{
	sendto(server->fd, packet, length, 0, (const struct sockaddr *)&server->peer,
		sizeof server->peer);
}

static void chance(void *bytes, size_t length)
{
	if (getrandom(bytes, length, 0) != (ssize_t)length)
		die("getrandom");
}

static void answer_short(Server *server, uint8_t *packet)
{
	make_answer(packet, 0);
	reply(server, packet, HEADER - 1);
}

static void answer_empty(Server *server, uint8_t *packet)
{
	reply(server, packet, 0);
}

static void answer_oversized(Server *server, uint8_t *packet)
{
	make_answer(packet, 0);
	reply(server, packet, BUFFER);
}

/* An extension field that says it is longer than the packet. */
static void answer_malformed(Server *server, uint8_t *packet)
{
	make_answer(packet, 0);
	memset(packet + HEADER, 0, 64);
	put32(packet + HEADER, 0x0104ffff);
	reply(server, packet, HEADER + 64);
}

static void answer_version(Server *server, uint8_t *packet)
{
	make_answer(packet, 0);
	packet[0] = 7 << 3 | 4;
	reply(server, packet, HEADER);
}

static void answer_mode(Server *server, uint8_t *packet)
{
	make_answer(packet, 0);
	packet[0] = 4 << 3 | 5;
	reply(server, packet, HEADER);
}

static void answer_origin(Server *server, uint8_t *packet)
{
	make_answer(packet, 5);
	chance(packet + 24, 8);
	reply(server, packet, HEADER);
}

/* The first one is true and is repeated ever after. */
static void answer_replayed(Server *server, uint8_t *packet)
{
	make_answer(packet, 0);
	if (server->answers == 0)
		memcpy(server->first, packet, HEADER);
	reply(server, server->first, HEADER);
}

/* Always what should have come to the request before. */
static void answer_late(Server *server, uint8_t *packet)
{
	make_answer(packet, 0);
	if (server->answers > 0)
		reply(server, server->last, HEADER);
	memcpy(server->last, packet, HEADER);
}

static void answer_zero(Server *server, uint8_t *packet)
{
	make_answer(packet, 0);
	memset(packet + 32, 0, 16);
	reply(server, packet, HEADER);
}

static void answer_liar(Server *server, uint8_t *packet)
{
	make_answer(packet, 5);
	reply(server, packet, HEADER);
}

/* A true one in the midst of false ones. */
static void answer_flood(Server *server, uint8_t *packet)
{
	uint8_t forged[HEADER];

	make_answer(packet, 0);
	memcpy(forged, packet, HEADER);
	for (int i = 0; i < FLOOD; i++) {
		put_time(forged + 40, 5);
		chance(forged + 24, 8);
		reply(server, forged, HEADER);
		if (i == FLOOD / 2)
			reply(server, packet, HEADER);
	}
}

/* A true one, twice. */
static void answer_twice(Server *server, uint8_t *packet)
{
	make_answer(packet, 0);
	reply(server, packet, HEADER);
	reply(server, packet, HEADER);
}

static void answer_garbage(Server *server, uint8_t *packet)
{
	uint16_t length;

	chance(&length, sizeof length);
	length %= 250;
	chance(packet, length);
	reply(server, packet, length);
}

static void answer_silence(Server *server, uint8_t *packet)
{
	(void)server;
	(void)packet;
}

static const struct {
	const char *mode;
	Answer answer;
} answers[] = {
	{ "short", answer_short },
	{ "empty", answer_empty },
	{ "oversized", answer_oversized },
	{ "malformed", answer_malformed },
	{ "version", answer_version },
	{ "mode", answer_mode },
	{ "bad-origin", answer_origin },
	{ "replayed", answer_replayed },
	{ "late", answer_late },
	{ "zero-time", answer_zero },
	{ "liar", answer_liar },
	{ "flood", answer_flood },
	{ "twice", answer_twice },
	{ "garbage", answer_garbage },
	{ "silent", answer_silence },
};

static Answer find_answer(const char *text, size_t length)
{
	for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++)
		if (strlen(answers[i].mode) == length && memcmp(answers[i].mode, text, length) == 0)
			return answers[i].answer;
	fprintf(stderr, "unknown mode %s\n", text);
	exit(2);
}

static int bound_socket(uint16_t port)
{
	const struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port) };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof address) != 0)
		die("bind");
	return fd;
}

static void serve(Server *server, Answer answer)
{
	static uint8_t packet[BUFFER];
	socklen_t length = sizeof server->peer;
	ssize_t n;

	memset(packet, 0, sizeof packet);
	n = recvfrom(
		server->fd, packet, sizeof packet, 0, (struct sockaddr *)&server->peer, &length);
	if (n < HEADER)
		return;
	answer(server, packet);
	server->answers++;
}

static int hostile(int n, char **modes)
{
	static Server servers[MODES_MAX];
	Answer answer[MODES_MAX];
	struct pollfd fds[MODES_MAX];

	if (n > MODES_MAX)
		return 2;
	for (int i = 0; i < n; i++) {
		const char *equals = strchr(modes[i], '=');

		if (!equals)
			return 2;
		answer[i] = find_answer(modes[i], (size_t)(equals - modes[i]));
		servers[i].fd = bound_socket((uint16_t)atoi(equals + 1));
		fds[i] = (struct pollfd){ .fd = servers[i].fd, .events = POLLIN };
	}
	while (poll(fds, (nfds_t)n, -1) > 0)
		for (int i = 0; i < n; i++)
			if (fds[i].revents)
				serve(&servers[i], answer[i]);
	return 1;
}

/* --- spray ------------------------------------------------------------------------------------ */

static int spray(const char *from, const char *to, int first, int last)
{
	struct {
		struct ip ip;
		struct udphdr udp;
		uint8_t ntp[HEADER];
	} packet = { .ip = { .ip_v = 4, .ip_hl = 5, .ip_ttl = 64, .ip_p = IPPROTO_UDP } };
	struct sockaddr_in peer = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_RAW, IPPROTO_RAW);

	if (fd < 0)
		die("raw socket");
	if (inet_pton(AF_INET, from, &packet.ip.ip_src) != 1 ||
		inet_pton(AF_INET, to, &packet.ip.ip_dst) != 1)
		return 2;
	peer.sin_addr = packet.ip.ip_dst;
	packet.ip.ip_len = htons(sizeof packet);
	packet.udp.uh_sport = htons(123);
	packet.udp.uh_ulen = htons(sizeof packet - sizeof packet.ip);
	for (int port = first; port <= last; port++) {
		packet.udp.uh_dport = htons((uint16_t)port);
		make_answer(packet.ntp, 5);
		chance(packet.ntp + 24, 8);
		if (sendto(fd, &packet, sizeof packet, 0, (const struct sockaddr *)&peer,
			    sizeof peer) < 0)
			die("sendto");
	}
	return 0;
}

/* --- manager ---------------------------------------------------------------------------------- */

static int manager(const char *path, const char *file)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	char text[BUFFER + 1];
	ssize_t n;

	if (strlen(path) >= sizeof address.sun_path)
		return 2;
	memcpy(address.sun_path, path, strlen(path) + 1);
	if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof address) != 0)
		die(path);
	/* the clock process is another user */
	if (chmod(path, 0666) != 0)
		die(path);
	while ((n = recv(fd, text, BUFFER, 0)) >= 0) {
		int there = access(file, F_OK) == 0;

		text[n] = '\0';
		printf("%s%s", text, n && text[n - 1] == '\n' ? "" : "\n");
		if (strstr(text, "READY=1"))
			printf("the status is %s\n", there ? "there" : "missing");
		fflush(stdout);
	}
	return 1;
}

int main(int argc, char **argv)
{
	if (argc == 4 && strcmp(argv[1], "manager") == 0)
		return manager(argv[2], argv[3]);
	if (argc > 2 && strcmp(argv[1], "hostile") == 0)
		return hostile(argc - 2, argv + 2);
	if (argc == 6 && strcmp(argv[1], "spray") == 0)
		return spray(argv[2], argv[3], atoi(argv[4]), atoi(argv[5]));
	fprintf(stderr, "usage: see the top of life-helper.c\n");
	return 2;
}
