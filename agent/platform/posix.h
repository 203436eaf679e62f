/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What every POSIX system shares below platform.h: timers, files, UDP, names. linux.c and
 * freebsd.c embed GclkPosix as first member, have gclk_posix_init fill in the shared functions and
 * add their own. Private to agent/platform.
 */
#ifndef GUESTCLOCK_POSIX_H
#define GUESTCLOCK_POSIX_H

#include <sys/socket.h>
#include <time.h>

#include "platform/platform.h"
#include "platform/privileged.h"

typedef struct GclkTimers GclkTimers;

typedef struct {
	GclkPlatform base;
	GMainContext *context;
	GclkPrivileged *privileged; /* not owned; NULL: everything is done directly */
	GclkTimers *timers;
	GSource *answers;     /* watches the privileged process; NULL when there is none */
	GHashTable *resolves; /* id -> request under way */
	guint last_resolve;
	GArray *own_refids;   /* guint32, refreshed when older than a few seconds */
	gint64 own_refids_at; /* g_get_monotonic_time */
	int stamp_keeper;     /* see posix-udp.c; -1: not open */
} GclkPosix;

/* Fills in every function of the struct except clocks, discipline and precision clocks. The
   context is referenced. */
void gclk_posix_init(
	GclkPosix *posix, const char *name, GclkPrivileged *privileged, GMainContext *context);
/* Frees what init made; not the struct itself. Timers and requests under way are forgotten. */
void gclk_posix_clear(GclkPosix *posix);

/* Sets an error of domain G_FILE_ERROR: "text: strerror". */
void gclk_posix_error(GError **error, int errnum, const char *text, ...) G_GNUC_PRINTF(3, 4);

/* ns since the clock's epoch; gint64 whatever the width of time_t. */
static inline gint64 gclk_posix_ns(gint64 seconds, gint64 nanoseconds)
{
	return seconds * GCLK_NS_PER_S + nanoseconds;
}

/* Reads a clock; 0 and FALSE when this system does not have it. */
gboolean gclk_posix_clock(clockid_t id, gint64 *ns);

/* --- posix-timers.c --------------------------------------------------------------------------- */

/* One GSource for all timers: due ones run in the order of their deadlines. */
GclkTimers *gclk_timers_new(GMainContext *context);
void gclk_timers_free(GclkTimers *timers);
/* As timer_start and timer_stop of platform.h. */
guint gclk_timers_start(GclkTimers *timers, gint64 delay, GclkTimerFunc func, gpointer user);
void gclk_timers_stop(GclkTimers *timers, guint id);

/* --- posix-files.c ---------------------------------------------------------------------------- */

char *gclk_posix_read_file(
	GclkPlatform *platform, const char *path, gsize limit, gsize *length, GError **error);
char *gclk_posix_read_tail(
	GclkPlatform *platform, const char *path, gsize limit, gsize *length, GError **error);
gboolean gclk_posix_write_file(GclkPlatform *platform, const char *path, const char *text,
	gsize length, gboolean durable, GError **error);
char **gclk_posix_list_directory(GclkPlatform *platform, const char *path, GError **error);
char *gclk_posix_read_link(GclkPlatform *platform, const char *path);
void gclk_posix_random(GclkPlatform *platform, gpointer bytes, gsize length);
/* Opens directly, and through the privileged process when that is refused. -errno on failure. */
int gclk_posix_open(GclkPosix *posix, const char *path, GclkAccess access);

/* --- posix-page.c ----------------------------------------------------------------------------- */

GclkPage *gclk_posix_page_open(GclkPlatform *platform, const char *path, GError **error);
gint gclk_posix_page_read(GclkPlatform *platform, GclkPage *page, guint8 *bytes, gsize size);
void gclk_posix_page_watch(
	GclkPlatform *platform, GclkPage *page, GclkTimerFunc func, gpointer user);
void gclk_posix_page_close(GclkPlatform *platform, GclkPage *page);

/* --- posix-udp.c ------------------------------------------------------------------------------ */

GclkSocket *gclk_posix_udp_open(GclkPlatform *platform, const GclkAddress *peer,
	const GclkSocketEvents *events, gpointer user, GError **error);
gboolean gclk_posix_udp_send(GclkPlatform *platform, GclkSocket *socket, const guint8 *data,
	gsize length, GclkClockPair *departure, GError **error);
gboolean gclk_posix_udp_local(GclkPlatform *platform, GclkSocket *socket, GclkAddress *out);
void gclk_posix_udp_close(GclkPlatform *platform, GclkSocket *socket);
void gclk_posix_udp_clear(GclkPosix *posix);

/* The length used of out; 0 when the family is none. */
socklen_t gclk_posix_to_sockaddr(const GclkAddress *address, struct sockaddr_storage *out);
gboolean gclk_posix_from_sockaddr(const struct sockaddr *in, GclkAddress *out);

/* What the system does about time stamps of datagrams; linux-stamps.c, freebsd-stamps.c. */
typedef struct {
	gboolean has_arrival;
	gint64 arrival; /* REAL, ns */
	gboolean has_departure;
	gint64 departure; /* REAL, ns */
	gboolean has_id;
	guint32 departure_id; /* which datagram: counts those sent on the socket */
	int error;            /* errno of what the network answered (ICMP), or 0 */
} GclkStamps;

/* Asks for stamps as good as there are; TRUE: departures will be told through MSG_ERRQUEUE. */
gboolean gclk_stamps_enable(int fd, guint8 family);
/* Finds the stamps among the control messages of a received message. */
void gclk_stamps_read(struct msghdr *message, GclkStamps *out);
/* recvmsg's flags that fetch a departure stamp, and the mark of such a message; 0: there are none.
 */
int gclk_stamps_queue(void);

/* --- posix-stream.c --------------------------------------------------------------------------- */

typedef enum {
	GCLK_STREAM_SOCKET, /* perhaps yet to connect; at its end when the peer closes it */
	GCLK_STREAM_PORT,   /* stays open while nobody is at the other end */
} GclkStreamKind;

GclkStream *gclk_posix_stream_open(GclkPlatform *platform, const char *channel,
	const GclkStreamEvents *events, gpointer user, GError **error);
/* A stream of a descriptor that does not block; the stream owns it. watch: gclk_channel_watch_open,
   or NULL: it is looked at as other descriptors are. */
GclkStream *gclk_posix_stream_new(GclkPosix *posix, int fd, GclkStreamKind kind,
	int (*watch)(int fd), const GclkStreamEvents *events, gpointer user);
gboolean gclk_posix_stream_send(GclkPlatform *platform, GclkStream *stream, const guint8 *data,
	gsize length, GclkClockPair *departure, GError **error);
void gclk_posix_stream_close(GclkPlatform *platform, GclkStream *stream);

/* --- posix-names.c ---------------------------------------------------------------------------- */

void gclk_posix_names_init(GclkPosix *posix);
void gclk_posix_names_clear(GclkPosix *posix);
guint gclk_posix_resolve(GclkPlatform *platform, const char *name, guint16 port,
	GclkResolveFunc func, gpointer user);
void gclk_posix_resolve_cancel(GclkPlatform *platform, guint id);
gboolean gclk_posix_is_own_refid(GclkPlatform *platform, guint32 refid);

#endif
