/* SPDX-License-Identifier: BSD-2-Clause */
/* Time stamps of datagrams by the kernel: Documentation/networking/timestamping.rst. Hardware
   stamps are left alone: they are in the time of the network card. */
#include <errno.h>
#include <time.h>

/* knows struct timespec only from its users */
#include <linux/errqueue.h>
#include <linux/net_tstamp.h>
#include <netinet/in.h>
#include <string.h>

#include "platform/posix.h"

#define RECEIVE (SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_RX_SOFTWARE)
#define TRANSMIT                                                                                   \
	(SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_OPT_CMSG | SOF_TIMESTAMPING_OPT_ID)

/* Best first; older kernels refuse what they do not know. */
static const struct {
	int flags;
	gboolean departures;
} levels[] = {
	/* without the packet itself, which some systems forbid (net.core.tstamp_allow_data) */
	{ RECEIVE | TRANSMIT | SOF_TIMESTAMPING_OPT_TSONLY, TRUE },
	{ RECEIVE | TRANSMIT, TRUE },
	{ RECEIVE, FALSE },
};

gboolean gclk_stamps_enable(int fd, guint8 family)
{
	const int on = 1;

	/* Without this the kernel keeps "host unreachable" to itself: harderr in net/ipv4/udp.c. */
	if (family == 4)
		setsockopt(fd, IPPROTO_IP, IP_RECVERR, &on, sizeof(on));
	else
		setsockopt(fd, IPPROTO_IPV6, IPV6_RECVERR, &on, sizeof(on));
	for (gsize i = 0; i < G_N_ELEMENTS(levels); i++) {
		if (setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPING, &levels[i].flags,
			    sizeof(levels[i].flags)))
			continue;
		if (levels[i].departures)
			setsockopt(fd, SOL_SOCKET, SO_SELECT_ERR_QUEUE, &on, sizeof(on));
		return levels[i].departures;
	}
	setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on));
	return FALSE;
}

int gclk_stamps_queue(void)
{
	return MSG_ERRQUEUE;
}

static void read_error(const struct cmsghdr *control, GclkStamps *out)
{
	struct sock_extended_err error;

	if (control->cmsg_len < CMSG_LEN(sizeof(error)))
		return;
	memcpy(&error, CMSG_DATA(control), sizeof(error));
	if (error.ee_origin == SO_EE_ORIGIN_ICMP || error.ee_origin == SO_EE_ORIGIN_ICMP6 ||
		error.ee_origin == SO_EE_ORIGIN_LOCAL)
		out->error = (int)error.ee_errno;
	if (error.ee_errno != ENOMSG || error.ee_origin != SO_EE_ORIGIN_TIMESTAMPING ||
		error.ee_info != SCM_TSTAMP_SND)
		return;
	out->has_id = TRUE;
	out->departure_id = error.ee_data;
}

/* The first of the three stamps of SCM_TIMESTAMPING, and the only one of SCM_TIMESTAMPNS, is the
   kernel's, in CLOCK_REALTIME; zero: not taken. */
static gint64 read_stamp(const struct cmsghdr *control)
{
	struct timespec stamp;

	if (control->cmsg_len < CMSG_LEN(sizeof(stamp)))
		return 0;
	memcpy(&stamp, CMSG_DATA(control), sizeof(stamp));
	return gclk_posix_ns(stamp.tv_sec, stamp.tv_nsec);
}

static gboolean is_error(const struct cmsghdr *control)
{
	return (control->cmsg_level == IPPROTO_IP && control->cmsg_type == IP_RECVERR) ||
	       (control->cmsg_level == IPPROTO_IPV6 && control->cmsg_type == IPV6_RECVERR);
}

static gboolean is_stamp(const struct cmsghdr *control)
{
	return control->cmsg_level == SOL_SOCKET &&
	       (control->cmsg_type == SO_TIMESTAMPING || control->cmsg_type == SO_TIMESTAMPNS);
}

void gclk_stamps_read(struct msghdr *message, GclkStamps *out)
{
	gint64 stamp = 0;

	memset(out, 0, sizeof(*out));
	for (struct cmsghdr *control = CMSG_FIRSTHDR(message); control;
		control = CMSG_NXTHDR(message, control)) {
		if (is_stamp(control))
			stamp = read_stamp(control);
		else if (is_error(control))
			read_error(control, out);
	}
	if (message->msg_flags & MSG_ERRQUEUE) {
		out->has_departure = stamp != 0;
		out->departure = stamp;
	} else {
		out->has_arrival = stamp != 0;
		out->arrival = stamp;
	}
}
