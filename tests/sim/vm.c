/* SPDX-License-Identifier: BSD-2-Clause */
#include "vm.h"

#include <math.h>

/* REAL and RAW begin here; any number would do. */
#define RAW_EPOCH (1000 * GCLK_NS_PER_S)
/* The random walk takes a stride this often. */
#define STRIDE GCLK_NS_PER_S

typedef struct {
	gint64 at;
	guint id;
	SimFunc func;
	gpointer user;
	gboolean timer; /* of the guest, which stands still with it */
} Event;

/* Nanoseconds with a fraction, so that rates of a part in 1e12 are not lost. */
typedef struct {
	gint64 ns;
	double fraction; /* 0 <= fraction < 1 */
} Fine;

struct SimVm {
	GRand *rand;
	double spare; /* second value of the last pair of normal deviates */
	gboolean has_spare;
	GSequence *events; /* of Event, by time then id */
	GHashTable *by_id; /* id to iterator */
	guint last_id;

	Fine now, raw, real;
	SimOscillator oscillator;
	SimStops stops;
	guint next_stop; /* event */
	GclkDiscipline discipline;
	double phase_left;  /* ns */
	double phase_chunk; /* ns to do in the current second of REAL */
	guint phase_tc;
	gint64 next_second; /* REAL */
	gint64 next_stride; /* true time */
	gint64 utc_ahead;   /* leap seconds that were */
	gint64 slept;       /* in suspends */
};

/* --- chance ----------------------------------------------------------------------------------- */

double sim_uniform(SimVm *vm)
{
	return g_rand_double(vm->rand);
}

double sim_normal(SimVm *vm)
{
	double r, a;

	if (vm->has_spare) {
		vm->has_spare = FALSE;
		return vm->spare;
	}
	r = sqrt(-2 * log(1 - sim_uniform(vm)));
	a = 2 * G_PI * sim_uniform(vm);
	vm->spare = r * sin(a);
	vm->has_spare = TRUE;
	return r * cos(a);
}

double sim_exponential(SimVm *vm)
{
	return -log(1 - sim_uniform(vm));
}

/* --- events ----------------------------------------------------------------------------------- */

static gint compare(gconstpointer a, gconstpointer b, gpointer unused)
{
	const Event *x = a, *y = b;

	(void)unused;
	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	return x->id < y->id ? -1 : x->id > y->id;
}

static guint add_event(SimVm *vm, gint64 delay, SimFunc func, gpointer user, gboolean timer)
{
	Event *event = g_new(Event, 1);
	GSequenceIter *where;

	*event = (Event){ vm->now.ns + MAX(delay, 0), ++vm->last_id, func, user, timer };
	where = g_sequence_insert_sorted(vm->events, event, compare, NULL);
	g_hash_table_insert(vm->by_id, GUINT_TO_POINTER(event->id), where);
	return event->id;
}

guint sim_at(SimVm *vm, gint64 delay, SimFunc func, gpointer user)
{
	return add_event(vm, delay, func, user, FALSE);
}

guint sim_timer(SimVm *vm, gint64 delay, SimFunc func, gpointer user)
{
	return add_event(vm, delay, func, user, TRUE);
}

static void delay_timer(gpointer data, gpointer duration)
{
	Event *event = data;

	if (event->timer)
		event->at += *(gint64 *)duration;
}

void sim_cancel(SimVm *vm, guint id)
{
	GSequenceIter *where = g_hash_table_lookup(vm->by_id, GUINT_TO_POINTER(id));

	if (!where)
		return;
	g_hash_table_remove(vm->by_id, GUINT_TO_POINTER(id));
	g_sequence_remove(where);
}

/* --- clocks ----------------------------------------------------------------------------------- */

static void fine_add(Fine *fine, double ns)
{
	double whole = floor(fine->fraction + ns);

	fine->fraction += ns - whole;
	fine->ns += (gint64)whole;
}

static double raw_rate(const SimVm *vm)
{
	return (1 + vm->oscillator.frequency_ppm * 1e-6) * (1 - vm->oscillator.tick_loss);
}

static double real_rate(const SimVm *vm)
{
	double word = (vm->discipline.frequency_ppb + vm->discipline.tick_ppb) * 1e-9;

	return raw_rate(vm) * (1 + word + vm->phase_chunk * 1e-9);
}

double sim_raw_rate_ppb(const SimVm *vm)
{
	return (raw_rate(vm) - 1) * 1e9;
}

double sim_real_rate_ppb(const SimVm *vm)
{
	return (real_rate(vm) - 1) * 1e9;
}

static void second_of_real(SimVm *vm)
{
	vm->next_second += GCLK_NS_PER_S;
	vm->phase_chunk = ldexp(vm->phase_left, -(int)(2 + vm->phase_tc));
	vm->phase_left -= vm->phase_chunk;
	vm->discipline.max_error += 500 * GCLK_NS_PER_US;
	if (vm->discipline.max_error >= 16 * GCLK_NS_PER_S) {
		vm->discipline.max_error = 16 * GCLK_NS_PER_S;
		vm->discipline.unsynchronised = TRUE;
	}
}

static void stride(SimVm *vm)
{
	vm->next_stride += STRIDE;
	vm->oscillator.frequency_ppm += vm->oscillator.wander_ppb * 1e-3 * sim_normal(vm);
}

static void advance(SimVm *vm, gint64 until)
{
	while (vm->now.ns < until) {
		double rate = real_rate(vm);
		gint64 to_second = (gint64)ceil((double)(vm->next_second - vm->real.ns) / rate);
		gint64 dt = MIN(until, vm->next_stride) - vm->now.ns;

		dt = MIN(dt, MAX(to_second, 1));
		fine_add(&vm->now, (double)dt);
		fine_add(&vm->raw, (double)dt * raw_rate(vm));
		fine_add(&vm->real, (double)dt * rate);
		if (vm->real.ns >= vm->next_second)
			second_of_real(vm);
		if (vm->now.ns >= vm->next_stride)
			stride(vm);
	}
}

static void real_moved(SimVm *vm)
{
	vm->next_second = (vm->real.ns / GCLK_NS_PER_S + 1) * GCLK_NS_PER_S;
}

void sim_real_step(SimVm *vm, gint64 delta)
{
	vm->real.ns += delta;
	real_moved(vm);
}

void sim_real_set(SimVm *vm, gint64 offset)
{
	vm->real = vm->now;
	sim_real_step(vm, -offset);
}

void sim_pause(SimVm *vm, gint64 duration)
{
	/* True time goes on alone; packets that were due in between come late, and so do all
	   timers. */
	vm->now.ns += duration;
	vm->next_stride += duration;
	g_sequence_foreach(vm->events, delay_timer, &duration);
	g_sequence_sort(vm->events, compare, NULL);
}

gint64 sim_boottime(const SimVm *vm)
{
	return vm->raw.ns + vm->slept;
}

static void on_stop(gpointer user);

/* After a stop the machine runs for as long as makes the share right. */
static void await_stop(SimVm *vm, gint64 last)
{
	vm->next_stop = 0;
	if (vm->stops.share > 0)
		vm->next_stop =
			sim_at(vm, (gint64)((double)last * (1 - vm->stops.share) / vm->stops.share),
				on_stop, vm);
}

static void on_stop(gpointer user)
{
	SimVm *vm = user;
	const SimStops *stops = &vm->stops;
	gint64 length = stops->shortest +
			(gint64)(sim_uniform(vm) * (double)(stops->longest - stops->shortest));

	if (vm->oscillator.tick)
		sim_pause(vm, length);
	else
		advance(vm, vm->now.ns + length);
	await_stop(vm, length);
}

void sim_set_stops(SimVm *vm, const SimStops *stops)
{
	sim_cancel(vm, vm->next_stop);
	vm->stops = *stops;
	await_stop(vm, stops->longest);
}

void sim_suspend(SimVm *vm, gint64 duration)
{
	sim_pause(vm, duration);
	vm->slept += duration;
	sim_real_step(vm, duration);
}

void sim_utc_step(SimVm *vm, gint64 delta)
{
	GclkLeap due = delta < 0 ? GCLK_LEAP_INSERT : GCLK_LEAP_DELETE;

	vm->utc_ahead += delta;
	if (vm->discipline.leap == due)
		sim_real_step(vm, delta);
	vm->discipline.leap = GCLK_LEAP_NONE;
}

gint64 sim_utc(const SimVm *vm)
{
	return vm->now.ns + vm->utc_ahead;
}

void sim_frequency_add(SimVm *vm, double ppm)
{
	vm->oscillator.frequency_ppm += ppm;
}

void sim_tick_loss(SimVm *vm, double share)
{
	vm->oscillator.tick_loss = share;
}

void sim_set_tick(SimVm *vm, gint64 tick)
{
	vm->oscillator.tick = tick;
}

gint64 sim_tick(const SimVm *vm)
{
	return vm->oscillator.tick;
}

GclkDiscipline *sim_discipline(SimVm *vm)
{
	vm->discipline.phase = (gint64)vm->phase_left;
	return &vm->discipline;
}

void sim_phase_set(SimVm *vm, gint64 phase, guint tc)
{
	vm->phase_left = (double)CLAMP(phase, -GCLK_PHASE_LIMIT, GCLK_PHASE_LIMIT);
	vm->phase_tc = tc;
}

gint64 sim_now(const SimVm *vm)
{
	return vm->now.ns;
}

gint64 sim_real(const SimVm *vm)
{
	return vm->real.ns;
}

gint64 sim_raw(const SimVm *vm)
{
	return vm->raw.ns;
}

void sim_read(const SimVm *vm, gint64 *real, gint64 *raw)
{
	gint64 since_tick = vm->oscillator.tick ? vm->raw.ns % vm->oscillator.tick : 0;

	*raw = vm->raw.ns - since_tick;
	*real = vm->real.ns - (gint64)((double)since_tick * real_rate(vm) / raw_rate(vm));
}

/* --- life ------------------------------------------------------------------------------------- */

SimVm *sim_vm_new(guint64 seed, gint64 epoch, const SimOscillator *oscillator)
{
	SimVm *vm = g_new0(SimVm, 1);

	vm->rand = g_rand_new_with_seed((guint32)seed);
	vm->events = g_sequence_new(g_free);
	vm->by_id = g_hash_table_new(NULL, NULL);
	vm->oscillator = *oscillator;
	vm->now.ns = vm->real.ns = epoch;
	vm->raw.ns = RAW_EPOCH;
	vm->next_stride = epoch + STRIDE;
	vm->discipline.max_error = 16 * GCLK_NS_PER_S;
	vm->discipline.unsynchronised = TRUE;
	real_moved(vm);
	return vm;
}

void sim_vm_free(SimVm *vm)
{
	g_sequence_free(vm->events);
	g_hash_table_unref(vm->by_id);
	g_rand_free(vm->rand);
	g_free(vm);
}

void sim_run(SimVm *vm, gint64 until)
{
	while (!g_sequence_is_empty(vm->events)) {
		GSequenceIter *first = g_sequence_get_begin_iter(vm->events);
		Event event = *(Event *)g_sequence_get(first);

		if (event.at > until)
			break;
		sim_cancel(vm, event.id);
		advance(vm, event.at);
		event.func(event.user);
	}
	advance(vm, until);
}
