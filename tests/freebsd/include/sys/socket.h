/* SPDX-License-Identifier: BSD-2-Clause */
/* Stub: the host's header, with FreeBSD's time stamps (setsockopt(2)) and without Linux's. */
#ifndef GUESTCLOCK_STUB_SOCKET_H
#define GUESTCLOCK_STUB_SOCKET_H

#include_next <sys/socket.h>

#undef MSG_ERRQUEUE
#undef SO_TIMESTAMPING
#undef SO_TIMESTAMPNS
#define SO_TS_CLOCK    0x1017
#define SO_TS_REALTIME 1
#define SCM_REALTIME   0x05

#endif
