/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What host-test needs besides real daemons:
 *
 *   host-helper feed SOCKET     a sample for chronyd's refclock SOCK every 250 ms, of a clock that
 *                               is 100 ns ahead
 *   host-helper hostile MODE SOCKET|PORT
 *                               something that is asked and does not answer as it should, at a UNIX
 *                               socket or at a UDP port of 127.0.0.1
 *
 * MODE: mute, echo, short (a byte less each time), long (2000 bytes), noise, flood (without end)
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

static int fail(const char *what)
{
	perror(what);
	return 2;
}

/* --- feeding chronyd -------------------------------------------------------------------------- */

/* The datagram of chrony.conf(5), refclock SOCK. */
struct sample {
	struct timeval time;
	double offset; /* true minus system time, s */
	int pulse, leap, padding, magic;
};

static int feed(const char *path)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	struct sample sample = { .offset = 1e-7, .magic = 0x534f434b };
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	strncpy(to.sun_path, path, sizeof(to.sun_path) - 1);
	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0)
		return fail(path);
	for (;;) {
		gettimeofday(&sample.time, NULL);
		if (send(fd, &sample, sizeof(sample), 0) < 0)
			return fail("send");
		usleep(250000);
	}
}

/* --- bad answers ------------------------------------------------------------------------------ */

static int open_unix(const char *path)
{
	struct sockaddr_un own = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	strncpy(own.sun_path, path, sizeof(own.sun_path) - 1);
	unlink(path);
	return fd >= 0 && bind(fd, (struct sockaddr *)&own, sizeof(own)) == 0 ? fd : -1;
}

static int open_udp(int port)
{
	struct sockaddr_in own = { .sin_family = AF_INET, .sin_port = htons((in_port_t)port) };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return fd >= 0 && bind(fd, (struct sockaddr *)&own, sizeof(own)) == 0 ? fd : -1;
}

/* Turns a request into the beginnings of a reply: chronyd's by its version, else NTP control. */
static void make_reply(unsigned char *packet)
{
	if (packet[0] == 6) {
		packet[1] = 2;
		memcpy(packet + 16, packet + 8, 4); /* the sequence moves */
	} else {
		packet[1] |= 0x80;
	}
}

static int answer(int fd, const char *mode)
{
	unsigned char packet[2048];
	struct sockaddr_storage from;
	size_t shorter = 0;

	for (;;) {
		socklen_t length = sizeof(from);
		ssize_t n =
			recvfrom(fd, packet, sizeof(packet), 0, (struct sockaddr *)&from, &length);
		size_t size = n > 0 ? (size_t)n : 0;

		if (n < 0)
			return fail("recvfrom");
		if (strcmp(mode, "mute") == 0)
			continue;
		if (strcmp(mode, "echo") != 0)
			make_reply(packet);
		if (strcmp(mode, "short") == 0 && size > 0)
			size -= ++shorter % size;
		if (strcmp(mode, "long") == 0)
			size = 2000;
		for (size_t i = 28; strcmp(mode, "noise") == 0 && i < size; i++)
			packet[i] = (unsigned char)rand();
		do
			sendto(fd, packet, size, 0, (struct sockaddr *)&from, length);
		while (strcmp(mode, "flood") == 0);
	}
}

static int hostile(const char *mode, const char *where)
{
	int fd = *where == '/' ? open_unix(where) : open_udp(atoi(where));

	if (fd < 0)
		return fail(where);
	puts("ready");
	fflush(stdout);
	return answer(fd, mode);
}

int main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "feed") == 0)
		return feed(argv[2]);
	if (argc == 4 && strcmp(argv[1], "hostile") == 0)
		return hostile(argv[2], argv[3]);
	fprintf(stderr, "use: host-helper feed SOCKET | hostile MODE SOCKET|PORT\n");
	return 2;
}
