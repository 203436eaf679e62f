/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The operating system as the daemon sees it: one struct of functions. linux.c and freebsd.c fill
 * it in for real machines, tests/sim for a simulated one; nothing else in agent/ makes a system
 * call. An implementation embeds GclkPlatform as its first member.
 *
 * Everything happens on one thread, the one that runs the event loop. Callbacks come from the
 * loop, never from inside the call that asked for them.
 */
#ifndef GUESTCLOCK_PLATFORM_H
#define GUESTCLOCK_PLATFORM_H

#include <glib.h>

#include "guestclock/address.h"
#include "guestclock/ptp-reading.h"
#include "guestclock/sample.h"

typedef struct GclkPlatform GclkPlatform;
typedef struct GclkSocket GclkSocket;
typedef struct GclkPtp GclkPtp;

typedef void (*GclkTimerFunc)(gpointer user);

/* --- the kernel's clock discipline ------------------------------------------------------------ */

typedef struct {
	double frequency_ppb; /* rate added to RAW by the frequency word, without tick; + = faster
			       */
	double tick_ppb;      /* rate added by the tick word; 0 where the OS has none */
	gint64 phase;         /* ns of REAL's correction that the kernel has yet to do */
	gint64 max_error;     /* ns */
	gboolean unsynchronised;
	GclkLeap leap;   /* armed leap second; never GCLK_LEAP_UNSYNC */
	gint tai_offset; /* TAI minus UTC, s; 0: not set */
} GclkDiscipline;

typedef enum {
	GCLK_SET_FREQUENCY = 1 << 0, /* frequency_ppb and tick_ppb */
	GCLK_SET_PHASE = 1 << 1,     /* phase, over time constant phase_tc */
	GCLK_SET_STATUS = 1 << 2,    /* unsynchronised, leap, max_error */
	GCLK_SET_TAI = 1 << 3,       /* tai_offset */
} GclkDisciplineFields;

/* The frequency word reaches 500 ppm each way (MAXFREQ, linux/timex.h and FreeBSD sys/timex.h),
   the tick word 10 % in steps of 100 ppm at USER_HZ 100 (adjtimex(2)). */
#define GCLK_FREQUENCY_LIMIT_PPB 500000.0
#define GCLK_TICK_LIMIT_PPB      100000000.0

/* The kernel corrects 1/2^(2+tc) of the phase still left in each second (SHIFT_PLL 2 in
   kernel/time/ntp.c), by itself, to the end, whether or not we still live. */
#define GCLK_PHASE_TC_MAX 10
#define GCLK_PHASE_LIMIT  (500 * GCLK_NS_PER_MS) /* MAXPHASE */

/* --- datagrams -------------------------------------------------------------------------------- */

typedef struct {
	const guint8 *data; /* valid during the callback */
	gsize length;
	gboolean truncated;    /* the datagram was longer than length */
	GclkClockPair arrival; /* when it arrived (REAL from the kernel if kernel_stamp) */
	gboolean kernel_stamp;
	gint64 departure; /* REAL when the last datagram we sent on this socket left, ns */
	gboolean departure_kernel_stamp;
} GclkDatagram;

typedef struct {
	void (*received)(gpointer user, const GclkDatagram *datagram);
	void (*failed)(
		gpointer user, int error); /* errno of an asynchronous error, e.g. ECONNREFUSED */
} GclkSocketEvents;

/* --- streams ---------------------------------------------------------------------------------- */

typedef struct GclkStream GclkStream;

/* Each may close the stream. */
typedef struct {
	/* Bytes came, in pieces of any size; arrival was read right after them. data is valid
	   during the callback. */
	void (*received)(
		gpointer user, const guint8 *data, gsize length, const GclkClockPair *arrival);
	/* Somebody is at the other end, or has hung up: what was under way is lost, halves are
	   void. A port stays open through that; one that is connected when it is opened says so
	   too. */
	void (*connected)(gpointer user, gboolean connected);
	/* It is dead: the device is gone, a socket's peer has closed it. errno, or 0: just closed.
	   To be closed. */
	void (*failed)(gpointer user, int error);
} GclkStreamEvents;

/* --- pages ------------------------------------------------------------------------------------ */

/* A small file that its writer changes in place: a device that shows a page of the hypervisor's. */
typedef struct GclkPage GclkPage;

/* --- names ------------------------------------------------------------------------------------ */

/* Answer to a resolve request: n addresses (port filled in), or n == 0 and a reason for people. */
typedef void (*GclkResolveFunc)(
	gpointer user, const GclkAddress *addresses, gsize n, const char *reason);

/* --- the struct ------------------------------------------------------------------------------- */

struct GclkPlatform {
	const char *name; /* "linux", "freebsd", "simulation" */
	gint64 tick;      /* ns between the kernel's ticks; 0: not known */
	/* REAL and RAW move in steps of so many ns: set by the agent where the clocksource counts
	   ticks, else 0. No pair is narrower. */
	gint64 coarseness;

	/* Reads REAL and RAW together, best of a few. */
	void (*read_pair)(GclkPlatform *platform, GclkClockPair *out);
	/* Time since boot, ns, suspends included where the OS can tell. */
	gint64 (*boottime)(GclkPlatform *platform);

	/* Needs no privilege. */
	gboolean (*get_discipline)(GclkPlatform *platform, GclkDiscipline *out, GError **error);
	/* Sets the named fields (GclkDisciplineFields). phase_tc: 0 .. GCLK_PHASE_TC_MAX, with
	 * phase. */
	gboolean (*set_discipline)(GclkPlatform *platform, guint fields,
		const GclkDiscipline *values, guint phase_tc, GError **error);
	/* Jumps REAL by delta ns at once, frequency kept, a phase correction under way dropped. */
	gboolean (*step)(GclkPlatform *platform, gint64 delta, GError **error);
	/* May this process steer? FALSE with a reason for people. */
	gboolean (*may_steer)(GclkPlatform *platform, const char **reason);

	/* One shot after delay ns of monotonic time; returns an id, never 0. */
	guint (*timer_start)(
		GclkPlatform *platform, gint64 delay, GclkTimerFunc func, gpointer user);
	/* Forgets a timer that has not fired; 0 is ignored. */
	void (*timer_stop)(GclkPlatform *platform, guint id);

	/* A connected UDP socket with a random source port and kernel stamps where there are any.
	 */
	GclkSocket *(*udp_open)(GclkPlatform *platform, const GclkAddress *peer,
		const GclkSocketEvents *events, gpointer user, GError **error);
	/* Sends; *departure gets the pair read just before. */
	gboolean (*udp_send)(GclkPlatform *platform, GclkSocket *socket, const guint8 *data,
		gsize length, GclkClockPair *departure, GError **error);
	/* The local address of the socket (port 0). */
	gboolean (*udp_local)(GclkPlatform *platform, GclkSocket *socket, GclkAddress *out);
	void (*udp_close)(GclkPlatform *platform, GclkSocket *socket); /* NULL is ignored */

	/* Opens a byte stream to the host, through the privileged process where there is one:
	   "virtio:NAME" (a virtio-serial port; G_FILE_ERROR_NOENT: there is none of that name),
	   "vsock:PORT" (to the host, from a port below 1024), "unix:/PATH". Never waits: a socket
	   that is yet to connect says later that it is connected, or failed. May be NULL: this
	   platform has no streams. */
	GclkStream *(*stream_open)(GclkPlatform *platform, const char *channel,
		const GclkStreamEvents *events, gpointer user, GError **error);
	/* Writes all or nothing, at once; *departure (may be NULL) gets the pair read just before.
	   G_FILE_ERROR_AGAIN: the other end does not read. length: at most 4096. */
	gboolean (*stream_send)(GclkPlatform *platform, GclkStream *stream, const guint8 *data,
		gsize length, GclkClockPair *departure, GError **error);
	void (*stream_close)(GclkPlatform *platform, GclkStream *stream); /* NULL is ignored */

	/* Opens a page, through the privileged process where there is one. May be NULL: this
	   platform has none. */
	GclkPage *(*page_open)(GclkPlatform *platform, const char *path, GError **error);
	/* Reads it from its start: at most size bytes. Returns their number, or -errno. */
	gint (*page_read)(GclkPlatform *platform, GclkPage *page, guint8 *bytes, gsize size);
	/* Calls func once, when the page has something that was not read yet, or cannot tell: for
	   pages only whose writer announces what it changes. func NULL: no more. */
	void (*page_watch)(
		GclkPlatform *platform, GclkPage *page, GclkTimerFunc func, gpointer user);
	void (*page_close)(GclkPlatform *platform, GclkPage *page); /* NULL is ignored */

	/* Opens a precision clock, through the privileged process where there is one.
	   Errors carry domain G_FILE_ERROR (g_file_error_from_errno) and name the path. */
	GclkPtp *(*ptp_open)(GclkPlatform *platform, const char *path, GError **error);
	/* Takes n readings (1 .. GCLK_PTP_READINGS_MAX; PRECISE gives one), *pair is read beside
	   them. Returns the number of readings, or -errno (EOPNOTSUPP, ENOTTY, EINVAL: method not
	   there; ESTALE, EIO, ETIMEDOUT: no time now; ENODEV: gone, or method not there). */
	gint (*ptp_read)(GclkPlatform *platform, GclkPtp *ptp, GclkPtpMethod method, guint n,
		GclkPtpReading *out, GclkClockPair *pair);
	void (*ptp_close)(GclkPlatform *platform, GclkPtp *ptp); /* NULL is ignored */

	/* Resolves without blocking. Returns an id for resolve_cancel. The callback comes exactly
	   once unless cancelled. */
	guint (*resolve)(GclkPlatform *platform, const char *name, guint16 port,
		GclkResolveFunc func, gpointer user);
	void (*resolve_cancel)(GclkPlatform *platform, guint id); /* 0 is ignored */
	/* Is this one of the machine's own addresses? (refid: see gclk_address_refid) */
	gboolean (*is_own_refid)(GclkPlatform *platform, guint32 refid);

	/* Whole file, at most limit bytes; longer is an error (G_FILE_ERROR_FAILED).
	 * NUL-terminated. */
	char *(*read_file)(GclkPlatform *platform, const char *path, gsize limit, gsize *length,
		GError **error);
	/* The end of a regular file, at most limit bytes. NUL-terminated. May be NULL: there are no
	   such files. */
	char *(*read_tail)(GclkPlatform *platform, const char *path, gsize limit, gsize *length,
		GError **error);
	/* Replaces a file atomically (temporary file in the same directory, fsync if durable,
	 * rename). */
	gboolean (*write_file)(GclkPlatform *platform, const char *path, const char *text,
		gsize length, gboolean durable, GError **error);
	/* Names in a directory, sorted, NULL-terminated; NULL with error when it cannot be read. */
	char **(*list_directory)(GclkPlatform *platform, const char *path, GError **error);
	/* Target of a symbolic link, or NULL. */
	char *(*read_link)(GclkPlatform *platform, const char *path);

	/* Fills with unpredictable bytes (getrandom(2)). */
	void (*random)(GclkPlatform *platform, gpointer bytes, gsize length);

	void (*free)(GclkPlatform *platform);
};

#endif
