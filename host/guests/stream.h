/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The end of a stream at which stamps are taken: next to the read and the write. Of what cannot be
 * written at once the rest of one frame is kept, and nothing more is taken until it is gone.
 */
#ifndef GUESTCLOCK_STREAM_H
#define GUESTCLOCK_STREAM_H

#include "guests/session.h"

typedef struct {
	int fd;
	int error;       /* errno of the write that failed; 0: none has */
	gboolean broken; /* nothing can be written any more */
	guint8 rest[GCLK_LINK_FRAME_MAX];
	gsize rest_length;
} GclkStream;

/* Takes a connected stream socket: it does not block from now on, and its send buffer is small, so
   that a guest that does not read costs little. */
gboolean gclk_stream_init(GclkStream *stream, int fd, GError **error);

/* As read(2), with the stamp of the moment after; size bytes at most. */
gssize gclk_stream_read(GclkStream *stream, guint8 *bytes, gsize size, GclkStamp *stamp);

/* As GclkSessionPort.send. */
gboolean gclk_stream_send(GclkStream *stream, GclkSessionFrame kind,
	guint8 frame[GCLK_LINK_FRAME_MAX], gsize length, GclkStamp *sent);

/* Writes on with the rest. */
void gclk_stream_flush(GclkStream *stream);

/* Has the other end still not read what was written? Where that cannot be told: FALSE. */
gboolean gclk_stream_unread(const GclkStream *stream);

#endif
