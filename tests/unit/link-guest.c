/* SPDX-License-Identifier: BSD-2-Clause */
#include "link-guest.h"

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "harness.h"

int gclk_test_guest_connect(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	g_strlcpy(address.sun_path, path, sizeof address.sun_path);
	CU_ASSERT_EQUAL_FATAL(connect(fd, (const struct sockaddr *)&address, sizeof address), 0);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	return fd;
}

static guint64 own_time(const GclkTestGuest *guest)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return gclk_ntp_time_from_ns(t.tv_sec * GCLK_NS_PER_S + t.tv_nsec - guest->behind);
}

static void send_packet(GclkTestGuest *guest, const GclkLinkPacket *packet)
{
	guint8 frame[GCLK_LINK_FRAME_MAX];
	gsize length = gclk_link_packet_encode(packet, frame);

	GCLK_ASSERT_INT(send(guest->fd, frame, length, MSG_NOSIGNAL), length);
}

static void answer(GclkTestGuest *guest, const GclkNtpHeader *question)
{
	GclkLinkPacket packet = { .header = { .stratum = 2 },
		.has_guest = TRUE,
		.guest = { .state = guest->state,
			.steers = TRUE,
			.source_kind = GCLK_LINK_SOURCE_NTP,
			.bound = 1000,
			.source = "test",
			.version = "1" } };

	gclk_link_answer(&packet, question, own_time(guest));
	packet.header.transmit = own_time(guest);
	send_packet(guest, &packet);
}

static gboolean on_payload(gpointer user, const guint8 *payload, gsize length)
{
	GclkTestGuest *guest = user;
	GclkLinkPacket packet;

	CU_ASSERT_TRUE_FATAL(gclk_link_packet_decode(payload, length, &packet));
	if (packet.header.mode == GCLK_NTP_MODE_CLIENT) {
		guest->questions++;
		answer(guest, &packet.header);
	} else if (packet.header.mode == GCLK_NTP_MODE_BROADCAST) {
		guest->events++;
		guest->event = packet.event;
	} else {
		guest->answers++;
		guest->answer = packet;
	}
	return TRUE;
}

void gclk_test_guest_run(GclkTestGuest *guest)
{
	guint8 bytes[4096];
	gssize n = read(guest->fd, bytes, sizeof bytes);

	if (n > 0)
		gclk_link_reader_feed(&guest->reader, bytes, (gsize)n, on_payload, guest);
}

void gclk_test_guest_ask(GclkTestGuest *guest, guint64 nonce)
{
	GclkLinkPacket request;

	gclk_link_request(&request, nonce, 4);
	send_packet(guest, &request);
}
