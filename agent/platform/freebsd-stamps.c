/* SPDX-License-Identifier: BSD-2-Clause */
/* Time stamps of datagrams: setsockopt(2). The kernel tells arrivals only. */
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/types.h>

#include "platform/posix.h"

gboolean gclk_stamps_enable(int fd, guint8 family)
{
	const int on = 1, clock = SO_TS_REALTIME;

	(void)family;
	setsockopt(fd, SOL_SOCKET, SO_TIMESTAMP, &on, sizeof(on));
	/* since 12.0: nanoseconds instead of microseconds */
	setsockopt(fd, SOL_SOCKET, SO_TS_CLOCK, &clock, sizeof(clock));
	return FALSE;
}

int gclk_stamps_queue(void)
{
	return 0;
}

static gint64 read_stamp(const struct cmsghdr *control)
{
	struct timespec fine;
	struct timeval coarse;

	if (control->cmsg_level != SOL_SOCKET)
		return 0;
	if (control->cmsg_type == SCM_REALTIME && control->cmsg_len >= CMSG_LEN(sizeof(fine))) {
		memcpy(&fine, CMSG_DATA(control), sizeof(fine));
		return gclk_posix_ns(fine.tv_sec, fine.tv_nsec);
	}
	if (control->cmsg_type == SCM_TIMESTAMP && control->cmsg_len >= CMSG_LEN(sizeof(coarse))) {
		memcpy(&coarse, CMSG_DATA(control), sizeof(coarse));
		return gclk_posix_ns(coarse.tv_sec, (gint64)coarse.tv_usec * 1000);
	}
	return 0;
}

void gclk_stamps_read(struct msghdr *message, GclkStamps *out)
{
	memset(out, 0, sizeof(*out));
	for (struct cmsghdr *control = CMSG_FIRSTHDR(message); control;
		control = CMSG_NXTHDR(message, control)) {
		gint64 stamp = read_stamp(control);

		if (!stamp)
			continue;
		out->has_arrival = TRUE;
		out->arrival = stamp;
	}
}
