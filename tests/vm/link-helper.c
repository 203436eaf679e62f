/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What link-test needs besides guest-link:
 *
 *   link-helper qmp SOCKET COMMAND...
 *                     has QEMU execute commands one after the other ("stop", "cont"); true if all
 *                     were
 *   link-helper dying SOCKET [SECONDS]
 *                     plays a host that dies: listens at SOCKET, waits for QEMU, and so long for a
 *                     question of the guest; sends noise, an answer that nobody asked for whose
 *                     time is an hour off, questions, and half a frame; reads no more and ends.
 *                     Prints how many bytes the guest had said.
 *   link-helper resumed SOCKET
 *                     plays a host that tells the guest of its resume, and answers nothing for
 *                     two seconds. Prints how many bytes the guest had to say to that.
 *   link-helper relay PORT SOCKET
 *                     stands between the guest's port (QEMU listens at PORT) and the host (which
 *                     listens at SOCKET), and keeps the port open while hosts come and go: what
 *                     was for one reaches the next, as with libvirt's channels
 *
 * The frames are made by hand, from doc/link.md, so that no code of guestclock is on both ends.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum {
	ANSWER_MS = 20000,
	HEADER = 4,
	PACKET = 48,
	EVENT = 28,
	QUESTIONS = 5,
	SILENCE_MS = 2000,
	AGAIN_MS = 100,
};

#define UNIX_TO_NTP INT64_C(2208988800) /* s from 1900 to 1970 */

static int fail(const char *what)
{
	perror(what);
	return 2;
}

static struct sockaddr_un address_of(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	strncpy(address.sun_path, path, sizeof address.sun_path - 1);
	return address;
}

static bool readable(int fd, int ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, ms) > 0;
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* --- QEMU --------------------------------------------------------------------------------------
 */

/* Reads lines until one holds any of both words; true: it was the good one. */
static bool wait_for_word(FILE *from, const char *good, const char *bad)
{
	char line[16384];

	while (fgets(line, sizeof line, from)) {
		if (strstr(line, good))
			return true;
		if (strstr(line, bad)) {
			fputs(line, stderr);
			return false;
		}
	}
	return false;
}

static bool execute(int fd, FILE *from, const char *command)
{
	return dprintf(fd, "{\"execute\":\"%s\"}\n", command) > 0 &&
	       wait_for_word(from, "\"return\"", "\"error\"");
}

static int qmp(const char *path, char **commands)
{
	struct sockaddr_un address = address_of(path);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	FILE *from = fd < 0 ? NULL : fdopen(fd, "r");

	if (!from || connect(fd, (struct sockaddr *)&address, sizeof address) < 0)
		return fail(path);
	if (!wait_for_word(from, "\"QMP\"", "\"error\"") || !execute(fd, from, "qmp_capabilities"))
		return 1;
	for (; *commands; commands++)
		if (!execute(fd, from, *commands))
			return 1;
	return 0;
}

/* --- a host that dies ------------------------------------------------------------------------- */

static void put(uint8_t *at, uint64_t value, int width)
{
	while (width-- > 0) {
		at[width] = (uint8_t)value;
		value >>= 8;
	}
}

static uint64_t nonce(void)
{
	uint64_t value = 0;

	return getrandom(&value, sizeof value, 0) == sizeof value ? value : 1;
}

/* RFC 5905, figure 8; mode 3 asks, mode 4 answers. */
static void make_frame(uint8_t frame[HEADER + PACKET], int mode, uint64_t origin, int64_t ahead_s)
{
	uint8_t *packet = frame + HEADER;
	struct timespec now;
	uint64_t stamp;

	clock_gettime(CLOCK_REALTIME, &now);
	stamp = (uint64_t)(now.tv_sec + UNIX_TO_NTP + ahead_s) << 32 |
		((uint64_t)now.tv_nsec << 32) / 1000000000;
	memset(frame, 0, HEADER + PACKET);
	memcpy(frame, "GC", 2);
	put(frame + 2, PACKET, 2);
	packet[0] = (uint8_t)(4 << 3 | mode); /* no leap second, version 4 */
	packet[1] = mode == 4 ? 1 : 0;        /* stratum */
	packet[3] = (uint8_t)-20;
	put(packet + 24, origin, 8);
	if (mode == 4)
		put(packet + 16, stamp, 8), put(packet + 32, stamp, 8);
	put(packet + 40, mode == 4 ? stamp : nonce(), 8);
}

static bool say(int fd, int mode, uint64_t origin, size_t length)
{
	uint8_t frame[HEADER + PACKET];

	make_frame(frame, mode, origin, 3600);
	return write(fd, frame, length) == (ssize_t)length;
}

static bool die_talking(int fd)
{
	static const char noise[] = "GCGC\377\377 not a frame \0GC";

	if (write(fd, noise, sizeof noise) != sizeof noise || !say(fd, 4, nonce(), HEADER + PACKET))
		return false;
	for (int i = 0; i < QUESTIONS; i++)
		if (!say(fd, 3, 0, HEADER + PACKET))
			return false;
	return say(fd, 3, 0, (HEADER + PACKET) / 2);
}

/* The stream that QEMU opens, or -1. */
static int wait_for_qemu(const char *path)
{
	struct sockaddr_un address = address_of(path);
	int own = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), fd = -1;

	unlink(path);
	if (own >= 0 && bind(own, (struct sockaddr *)&address, sizeof address) == 0 &&
		listen(own, 1) == 0 && readable(own, ANSWER_MS))
		fd = accept(own, NULL, NULL);
	if (fd < 0)
		perror(path);
	close(own);
	unlink(path);
	return fd;
}

static int dying(const char *path, int seconds)
{
	uint8_t said[4096];
	ssize_t heard = 0;
	int fd = wait_for_qemu(path);

	if (fd < 0)
		return 2;
	if (readable(fd, seconds * 1000))
		heard = read(fd, said, sizeof said);
	if (!die_talking(fd))
		return fail("writing");
	printf("%zd\n", heard);
	return 0;
}

/* --- a host that tells of a resume ------------------------------------------------------------ */

static int resumed(const char *path)
{
	uint8_t frame[HEADER + PACKET + EVENT] = { 0 }, said[4096];
	ssize_t got, heard = 0;
	int fd = wait_for_qemu(path), left;
	int64_t end;

	if (fd < 0)
		return 2;
	make_frame(frame, 4, 0, 0);
	frame[HEADER] = 4 << 3 | 5;
	put(frame + 2, PACKET + EVENT, 2);
	put(frame + HEADER + PACKET, 0xf6c3, 2);
	put(frame + HEADER + PACKET + 2, EVENT, 2);
	frame[HEADER + PACKET + 4] = 1; /* version */
	frame[HEADER + PACKET + 5] = 1; /* resumed */
	if (write(fd, frame, sizeof frame) != sizeof frame)
		return fail("writing");
	end = now_ms() + SILENCE_MS;
	while ((left = (int)(end - now_ms())) > 0 && readable(fd, left) &&
		(got = read(fd, said, sizeof said)) > 0)
		heard += got;
	printf("%zd\n", heard);
	return 0;
}

/* --- between a port and the hosts ------------------------------------------------------------- */

static int connect_to(const char *path)
{
	struct sockaddr_un address = address_of(path);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
		return fd;
	close(fd);
	return -1;
}

/* False: one of the two has hung up. */
static bool pass_on(int from, int to)
{
	uint8_t bytes[4096];
	ssize_t n = read(from, bytes, sizeof bytes);

	return n > 0 && send(to, bytes, (size_t)n, MSG_NOSIGNAL) == n;
}

static int relay(const char *port_path, const char *host_path)
{
	int port = connect_to(port_path), host = -1;

	if (port < 0)
		return fail(port_path);
	for (;;) {
		/* while there is no host, what the guest says waits */
		struct pollfd p[] = { { .fd = host, .events = POLLIN },
			{ .fd = host < 0 ? -1 : port, .events = POLLIN } };

		if (host < 0 && (host = connect_to(host_path)) >= 0)
			continue;
		if (poll(p, 2, AGAIN_MS) <= 0)
			continue;
		if ((p[0].revents && !pass_on(host, port)) ||
			(p[1].revents && !pass_on(port, host))) {
			close(host);
			host = -1;
		}
	}
}

int main(int argc, char **argv)
{
	if (argc >= 4 && strcmp(argv[1], "qmp") == 0)
		return qmp(argv[2], argv + 3);
	if (argc >= 3 && strcmp(argv[1], "dying") == 0)
		return dying(argv[2], argc == 4 ? atoi(argv[3]) : ANSWER_MS / 1000);
	if (argc == 3 && strcmp(argv[1], "resumed") == 0)
		return resumed(argv[2]);
	if (argc == 4 && strcmp(argv[1], "relay") == 0)
		return relay(argv[2], argv[3]);
	fprintf(stderr, "usage: see the top of link-helper.c\n");
	return 2;
}
