/* SPDX-License-Identifier: BSD-2-Clause */
/* The platform of a simulated guest: every function of platform.h, against a SimWorld. */
#include <errno.h>
#include <string.h>

#include "detect/environment.h"
#include "guestclock/ntp-packet.h"
#include "platform-sim.h"

typedef struct {
	GclkPlatform platform;
	SimWorld *world;
	GHashTable *files; /* path to text, written by the guest */
	guint64 random;
} SimPlatform;

struct GclkSocket {
	SimPlatform *sim;
	const SimServer *server;
	GclkAddress peer;
	const GclkSocketEvents *events;
	gpointer user;
	gint64 departure;
	GPtrArray *under_way; /* of Packet: forgotten when the socket closes */
};

typedef struct {
	GclkSocket *socket;
	guint event;
	gint64 due; /* true time: when it reaches the server, which no stop of the guest delays */
	guint8 bytes[GCLK_NTP_HEADER_SIZE];
} Packet;

SimWorld *sim_platform_world(GclkPlatform *platform)
{
	return ((SimPlatform *)platform)->world;
}

static SimVm *vm_of(GclkPlatform *platform)
{
	return ((SimPlatform *)platform)->world->vm;
}

/* --- clocks ----------------------------------------------------------------------------------- */

static void read_pair(GclkPlatform *platform, GclkClockPair *out)
{
	sim_read(vm_of(platform), &out->real, &out->raw);
	out->width = platform->coarseness;
}

static gint64 boottime(GclkPlatform *platform)
{
	return sim_boottime(vm_of(platform));
}

static gboolean get_discipline(GclkPlatform *platform, GclkDiscipline *out, GError **error)
{
	(void)error;
	*out = *sim_discipline(vm_of(platform));
	return TRUE;
}

static gboolean set_discipline(GclkPlatform *platform, guint fields, const GclkDiscipline *values,
	guint phase_tc, GError **error)
{
	GclkDiscipline *d = sim_discipline(vm_of(platform));

	(void)error;
	if (fields & GCLK_SET_FREQUENCY) {
		d->frequency_ppb = CLAMP(
			values->frequency_ppb, -GCLK_FREQUENCY_LIMIT_PPB, GCLK_FREQUENCY_LIMIT_PPB);
		d->tick_ppb = values->tick_ppb;
	}
	if (fields & GCLK_SET_PHASE)
		sim_phase_set(vm_of(platform), values->phase, phase_tc);
	if (fields & GCLK_SET_STATUS) {
		d->unsynchronised = values->unsynchronised;
		d->leap = values->leap;
		d->max_error = MIN(values->max_error, 16 * GCLK_NS_PER_S);
	}
	if (fields & GCLK_SET_TAI)
		d->tai_offset = values->tai_offset;
	return TRUE;
}

static gboolean step(GclkPlatform *platform, gint64 delta, GError **error)
{
	(void)error;
	sim_real_step(vm_of(platform), delta);
	sim_phase_set(vm_of(platform), 0, 0);
	/* TK_CLEAR_NTP: the kernel forgets what it was told of the clock's quality */
	sim_discipline(vm_of(platform))->max_error = 16 * GCLK_NS_PER_S;
	sim_discipline(vm_of(platform))->unsynchronised = TRUE;
	return TRUE;
}

static gboolean may_steer(GclkPlatform *platform, const char **reason)
{
	(void)platform;
	*reason = NULL;
	return TRUE;
}

static guint timer_start(GclkPlatform *platform, gint64 delay, GclkTimerFunc func, gpointer user)
{
	return sim_timer(vm_of(platform), delay, func, user);
}

static void timer_stop(GclkPlatform *platform, guint id)
{
	sim_cancel(vm_of(platform), id);
}

/* --- network ---------------------------------------------------------------------------------- */

static gint64 travel(SimVm *vm, const SimServer *server)
{
	return server->delay + (gint64)((double)server->delay_noise * sim_exponential(vm));
}

static gboolean is_lost(SimVm *vm, const SimServer *server)
{
	return server->down || sim_uniform(vm) < server->loss;
}

static void packet_free(gpointer data)
{
	Packet *packet = data;

	sim_cancel(packet->socket->sim->world->vm, packet->event);
	g_free(packet);
}

static void deliver(gpointer user)
{
	Packet *packet = user;
	GclkSocket *socket = packet->socket;
	guint8 bytes[GCLK_NTP_HEADER_SIZE];
	GclkDatagram datagram = {
		.data = bytes,
		.length = sizeof bytes,
		.kernel_stamp = TRUE,
		.departure = socket->departure,
		.departure_kernel_stamp = TRUE,
	};

	memcpy(bytes, packet->bytes, sizeof bytes);
	read_pair(&socket->sim->platform, &datagram.arrival);
	g_ptr_array_remove_fast(socket->under_way, packet);
	socket->events->received(socket->user, &datagram);
}

static void answer(gpointer user)
{
	Packet *packet = user;
	const SimServer *server = packet->socket->server;
	SimVm *vm = packet->socket->sim->world->vm;
	gint64 now = packet->due + sim_utc(vm) - sim_now(vm) + server->offset;
	GclkNtpHeader request, reply;

	if (is_lost(vm, server)) {
		g_ptr_array_remove_fast(packet->socket->under_way, packet);
		return;
	}
	gclk_ntp_header_decode(packet->bytes, &request);
	reply = (GclkNtpHeader){
		.leap = server->stratum >= 16 ? GCLK_LEAP_UNSYNC : server->leap,
		.version = 4,
		.mode = GCLK_NTP_MODE_SERVER,
		.stratum = server->stratum,
		.poll = request.poll,
		.precision = -25,
		.root_delay = 10 * GCLK_NS_PER_US,
		.root_dispersion = 20 * GCLK_NS_PER_US,
		.refid = gclk_ntp_refid("GPS"),
		.reference = gclk_ntp_time_from_ns(now - GCLK_NS_PER_S),
		.origin = request.transmit,
		.receive = gclk_ntp_time_from_ns(now),
		.transmit = gclk_ntp_time_from_ns(now),
	};
	gclk_ntp_header_encode(&reply, packet->bytes);
	packet->due += travel(vm, server);
	packet->event = sim_at(vm, packet->due - sim_now(vm), deliver, packet);
}

static GclkSocket *udp_open(GclkPlatform *platform, const GclkAddress *peer,
	const GclkSocketEvents *events, gpointer user, GError **error)
{
	SimPlatform *sim = (SimPlatform *)platform;
	GclkSocket *socket;
	guint index = peer->bytes[3] - 1u;

	if (peer->family != 4 || index >= sim->world->n_servers) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NXIO, "no route to that address");
		return NULL;
	}
	socket = g_new0(GclkSocket, 1);
	*socket = (GclkSocket){ sim, &sim->world->servers[index], *peer, events, user, 0,
		g_ptr_array_new_with_free_func(packet_free) };
	return socket;
}

static gboolean udp_send(GclkPlatform *platform, GclkSocket *socket, const guint8 *data,
	gsize length, GclkClockPair *departure, GError **error)
{
	SimVm *vm = vm_of(platform);
	Packet *packet;

	(void)error;
	read_pair(platform, departure);
	socket->departure = departure->real;
	socket->sim->world->packets++;
	if (length < GCLK_NTP_HEADER_SIZE || is_lost(vm, socket->server))
		return TRUE;
	packet = g_new0(Packet, 1);
	packet->socket = socket;
	memcpy(packet->bytes, data, GCLK_NTP_HEADER_SIZE);
	g_ptr_array_add(socket->under_way, packet);
	packet->due = sim_now(vm) + travel(vm, socket->server);
	packet->event = sim_at(vm, packet->due - sim_now(vm), answer, packet);
	return TRUE;
}

static gboolean udp_local(GclkPlatform *platform, GclkSocket *socket, GclkAddress *out)
{
	(void)platform;
	(void)socket;
	return gclk_address_parse("192.0.2.200", 0, out);
}

static void udp_close(GclkPlatform *platform, GclkSocket *socket)
{
	(void)platform;
	if (!socket)
		return;
	g_ptr_array_unref(socket->under_way);
	g_free(socket);
}

/* --- precision clock -------------------------------------------------------------------------- */

struct GclkPtp {
	int unused;
};

static GclkPtp *ptp_open(GclkPlatform *platform, const char *path, GError **error)
{
	SimWorld *world = ((SimPlatform *)platform)->world;

	if (world->has_ptp && !world->ptp.gone && g_str_equal(path, "/dev/ptp0"))
		return g_new0(GclkPtp, 1);
	g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOENT, "%s: no such device", path);
	return NULL;
}

static gint64 bracket_part(SimVm *vm, const SimPtp *ptp)
{
	return ptp->bracket / 2 + (gint64)((double)ptp->bracket_noise * sim_exponential(vm));
}

static gint ptp_read(GclkPlatform *platform, GclkPtp *device, GclkPtpMethod method, guint n,
	GclkPtpReading *out, GclkClockPair *pair)
{
	SimWorld *world = ((SimPlatform *)platform)->world;
	const SimPtp *ptp = &world->ptp;
	gint64 real, raw;

	(void)device;
	sim_read(world->vm, &real, &raw);
	if (ptp->gone)
		return -ENODEV;
	if (method == GCLK_PTP_EXTENDED || (method == GCLK_PTP_PRECISE) != (ptp->bracket == 0))
		return -EOPNOTSUPP;
	n = method == GCLK_PTP_PRECISE ? 1 : n;
	for (guint i = 0; i < n; i++) {
		gint64 before = bracket_part(world->vm, ptp), after = bracket_part(world->vm, ptp);

		if (method == GCLK_PTP_PRECISE)
			before = after = 0;
		out[i] = (GclkPtpReading){
			.before = real - before,
			.after = real + after,
			.device = sim_utc(world->vm) + ptp->offset + sim_host_error(world) +
				  (gint64)((double)ptp->noise * sim_normal(world->vm)),
		};
	}
	read_pair(platform, pair);
	return (gint)n;
}

static void ptp_close(GclkPlatform *platform, GclkPtp *ptp)
{
	(void)platform;
	g_free(ptp);
}

/* --- names, files, chance --------------------------------------------------------------------- */

static guint resolve(
	GclkPlatform *platform, const char *name, guint16 port, GclkResolveFunc func, gpointer user)
{
	(void)platform;
	(void)name;
	(void)port;
	(void)func;
	(void)user;
	return 1; /* servers are numeric here; a name never resolves */
}

static void resolve_cancel(GclkPlatform *platform, guint id)
{
	(void)platform;
	(void)id;
}

static gboolean is_own_refid(GclkPlatform *platform, guint32 refid)
{
	(void)platform;
	(void)refid;
	return FALSE;
}

static const char *known_file(SimPlatform *sim, const char *path)
{
	if (g_str_equal(path, GCLK_CLOCKSOURCE_FILE) && sim->world->clocksource)
		return sim->world->clocksource;
	if (g_str_equal(path, GCLK_CLOCKSOURCE_FILE))
		return sim_tick(sim->world->vm) ? "jiffies\n" : "tsc\n";
	if (sim->world->has_ptp && !sim->world->ptp.gone &&
		g_str_equal(path, "/sys/class/ptp/ptp0/clock_name"))
		return "KVM virtual PTP\n";
	return g_hash_table_lookup(sim->files, path);
}

static char *read_file(
	GclkPlatform *platform, const char *path, gsize limit, gsize *length, GError **error)
{
	const char *text = known_file((SimPlatform *)platform, path);

	if (!text || strlen(text) > limit) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOENT, "%s: no such file", path);
		return NULL;
	}
	if (length)
		*length = strlen(text);
	return g_strdup(text);
}

static gboolean write_file(GclkPlatform *platform, const char *path, const char *text, gsize length,
	gboolean durable, GError **error)
{
	SimPlatform *sim = (SimPlatform *)platform;

	(void)durable;
	if (sim->world->read_only) {
		g_set_error(
			error, G_FILE_ERROR, G_FILE_ERROR_ROFS, "%s: read-only file system", path);
		return FALSE;
	}
	g_hash_table_replace(sim->files, g_strdup(path), g_strndup(text, length));
	return TRUE;
}

static char **list_directory(GclkPlatform *platform, const char *path, GError **error)
{
	SimPlatform *sim = (SimPlatform *)platform;
	static const char *const ptp0[] = { "ptp0", NULL };

	if (g_str_equal(path, "/sys/class/ptp") && sim->world->has_ptp && !sim->world->ptp.gone)
		return g_strdupv((char **)ptp0);
	g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOENT, "%s: no such directory", path);
	return NULL;
}

static char *read_link(GclkPlatform *platform, const char *path)
{
	(void)platform;
	(void)path;
	return NULL;
}

static void random_bytes(GclkPlatform *platform, gpointer bytes, gsize length)
{
	for (gsize i = 0; i < length; i++)
		((guint8 *)bytes)[i] = (guint8)(sim_uniform(vm_of(platform)) * 256);
}

static void platform_free(GclkPlatform *platform)
{
	g_hash_table_unref(((SimPlatform *)platform)->files);
	g_free(platform);
}

GclkPlatform *sim_platform_new(SimWorld *world)
{
	SimPlatform *sim = g_new0(SimPlatform, 1);

	sim->world = world;
	sim->files = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	sim->platform = (GclkPlatform){
		.name = "simulation",
		.tick = 4 * GCLK_NS_PER_MS,
		.read_pair = read_pair,
		.boottime = boottime,
		.get_discipline = get_discipline,
		.set_discipline = set_discipline,
		.step = step,
		.may_steer = may_steer,
		.timer_start = timer_start,
		.timer_stop = timer_stop,
		.udp_open = udp_open,
		.udp_send = udp_send,
		.udp_local = udp_local,
		.udp_close = udp_close,
		.ptp_open = ptp_open,
		.ptp_read = ptp_read,
		.ptp_close = ptp_close,
		.resolve = resolve,
		.resolve_cancel = resolve_cancel,
		.is_own_refid = is_own_refid,
		.read_file = read_file,
		.write_file = write_file,
		.list_directory = list_directory,
		.read_link = read_link,
		.random = random_bytes,
		.free = platform_free,
	};
	sim_platform_add_streams(&sim->platform);
	return &sim->platform;
}
