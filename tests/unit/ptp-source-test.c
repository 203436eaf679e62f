/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The precision source against a scripted device: a tree for /sys and /proc, clocks and timers that
 * the test moves by hand, and a device whose every method answers or fails as it is told.
 */
#include <errno.h>
#include <string.h>

#include "guestclock/ptp-table.h"
#include "harness.h"
#include "source/ptp.h"
#include "tree-platform.h"

#define NOW     (G_GINT64_CONSTANT(1800000000) * GCLK_NS_PER_S) /* 2027-01-15 */
#define RAW_LAG (G_GINT64_CONSTANT(1799990000) * GCLK_NS_PER_S)
#define TIMERS  8

struct GclkPtp {
	int unused;
};

typedef struct {
	GclkTree tree;
	/* clocks */
	gint64 real;      /* REAL; RAW and BOOTTIME are RAW_LAG behind */
	gint64 real_jump; /* added to the pair that is read beside the device */
	struct {
		guint id;
		gint64 at;
		GclkTimerFunc func;
		gpointer user;
	} timers[TIMERS];
	guint last_timer;
	/* the device */
	struct GclkPtp ptp;
	char *opened; /* path that was opened last */
	guint opens, closes;
	gint open_error;               /* GFileError, or -1 */
	gint errors[GCLK_PTP_METHODS]; /* errno, 0: answers */
	guint asked[GCLK_PTP_METHODS];
	gint64 ahead;         /* device minus REAL */
	gint64 width;         /* of the narrowest bracket */
	gint narrowest;       /* which of the readings it is */
	const char *bad_path; /* a device that has no time, or NULL */
	gint64 absolute;      /* if not 0, the device's time */
	/* what the source said */
	GclkSource *source;
	GclkSample sample;
	guint samples, changes;
} Rig;

/* --- the platform ----------------------------------------------------------------------------- */

static gint64 boottime(GclkPlatform *platform)
{
	return ((Rig *)platform)->real - RAW_LAG;
}

static guint timer_start(GclkPlatform *platform, gint64 delay, GclkTimerFunc func, gpointer user)
{
	Rig *rig = (Rig *)platform;

	for (gsize i = 0; i < TIMERS; i++) {
		if (rig->timers[i].id != 0)
			continue;
		rig->timers[i].id = ++rig->last_timer;
		rig->timers[i].at = rig->real + delay;
		rig->timers[i].func = func;
		rig->timers[i].user = user;
		return rig->last_timer;
	}
	g_assert_not_reached();
}

static void timer_stop(GclkPlatform *platform, guint id)
{
	Rig *rig = (Rig *)platform;

	for (gsize i = 0; id && i < TIMERS; i++)
		if (rig->timers[i].id == id)
			rig->timers[i].id = 0;
}

static GclkPtp *ptp_open(GclkPlatform *platform, const char *path, GError **error)
{
	Rig *rig = (Rig *)platform;

	g_free(rig->opened);
	rig->opened = g_strdup(path);
	if (rig->open_error >= 0) {
		g_set_error(error, G_FILE_ERROR, rig->open_error, "%s: scripted", path);
		return NULL;
	}
	rig->opens++;
	return &rig->ptp;
}

static void ptp_close(GclkPlatform *platform, GclkPtp *ptp)
{
	if (ptp)
		((Rig *)platform)->closes++;
}

static gint ptp_read(GclkPlatform *platform, GclkPtp *ptp, GclkPtpMethod method, guint n,
	GclkPtpReading *out, GclkClockPair *pair)
{
	Rig *rig = (Rig *)platform;

	(void)ptp;
	rig->asked[method]++;
	if (rig->bad_path && strcmp(rig->opened, rig->bad_path) == 0)
		return -ESTALE;
	if (rig->errors[method])
		return -rig->errors[method];
	for (guint i = 0; i < n; i++) {
		gint64 width = method == GCLK_PTP_PRECISE ? 0 : rig->width;

		if (method != GCLK_PTP_PRECISE && (gint)i != rig->narrowest)
			width += 5000;
		out[i].before = rig->real - width / 2;
		out[i].after = out[i].before + width;
		out[i].device = rig->absolute ? rig->absolute : rig->real + rig->ahead;
		/* a wide bracket is a wrong one: best-of-n must not let it through */
		if ((gint)i != rig->narrowest && method != GCLK_PTP_PRECISE)
			out[i].device += 100000;
	}
	pair->real = rig->real + 700 + rig->real_jump;
	pair->raw = rig->real + 700 - RAW_LAG;
	pair->width = 40;
	return (gint)n;
}

/* --- the listener ----------------------------------------------------------------------------- */

static void on_sample(gpointer user, GclkSource *source, const GclkSample *sample)
{
	Rig *rig = user;

	g_assert_true(source == rig->source);
	rig->sample = *sample;
	rig->samples++;
}

static void on_changed(gpointer user, GclkSource *source)
{
	(void)source;
	((Rig *)user)->changes++;
}

static const GclkSourceEvents events = { .sample = on_sample, .changed = on_changed };

/* --- the rig ---------------------------------------------------------------------------------- */

static void rig_init(Rig *rig)
{
	GclkPlatform *platform = &rig->tree.platform;

	memset(rig, 0, sizeof *rig);
	gclk_tree_init(&rig->tree);
	platform->boottime = boottime;
	platform->timer_start = timer_start;
	platform->timer_stop = timer_stop;
	platform->ptp_open = ptp_open;
	platform->ptp_close = ptp_close;
	platform->ptp_read = ptp_read;
	rig->real = NOW;
	rig->open_error = -1;
	rig->width = 1000;
	rig->narrowest = 3;
	gclk_tree_write(&rig->tree, "/proc/sys/kernel/osrelease", "6.12.0-amd64\n", -1);
}

static void rig_clear(Rig *rig)
{
	g_clear_pointer(&rig->source, gclk_source_free);
	for (gsize i = 0; i < TIMERS; i++)
		GCLK_ASSERT_INT(rig->timers[i].id, 0);
	GCLK_ASSERT_INT(rig->opens, rig->closes);
	g_free(rig->opened);
	gclk_tree_clear(&rig->tree);
}

static void add_device(Rig *rig, guint number, const char *clock_name)
{
	g_autofree char *path = g_strdup_printf("/sys/class/ptp/ptp%u/clock_name", number);
	g_autofree char *text = g_strconcat(clock_name, "\n", NULL);

	gclk_tree_write(&rig->tree, path, text, -1);
}

static void remove_device(Rig *rig, guint number)
{
	g_autofree char *path = g_strdup_printf("/sys/class/ptp/ptp%u", number);

	gclk_tree_remove(&rig->tree, path);
}

static void start_with(Rig *rig, const GclkPtpSettings *settings)
{
	g_autofree char *reason = NULL;

	rig->source = gclk_ptp_source_new(&rig->tree.platform, settings, &reason);
	CU_ASSERT_PTR_NOT_NULL_FATAL(rig->source);
	rig->source->events = &events;
	rig->source->user = rig;
	gclk_source_start(rig->source);
}

static void start(Rig *rig, const char *device)
{
	const GclkPtpSettings settings = {
		.device = device, .assumed_error = -1, .tai_offset = 37
	};

	start_with(rig, &settings);
}

/* Moves time on by delay, firing what is due. */
static void pass(Rig *rig, gint64 delay)
{
	gint64 until = rig->real + delay;

	for (;;) {
		gsize next = TIMERS;

		for (gsize i = 0; i < TIMERS; i++)
			if (rig->timers[i].id && rig->timers[i].at <= until &&
				(next == TIMERS || rig->timers[i].at < rig->timers[next].at))
				next = i;
		if (next == TIMERS)
			break;
		rig->timers[next].id = 0;
		rig->real = MAX(rig->real, rig->timers[next].at);
		rig->timers[next].func(rig->timers[next].user);
	}
	rig->real = until;
}

static guint64 dropped(Rig *rig, const char *name)
{
	const GclkSourceDrop *drops;
	gsize n = rig->source->ops->drops(rig->source, &drops);

	for (gsize i = 0; i < n; i++)
		if (strcmp(drops[i].name, name) == 0)
			return drops[i].count;
	CU_FAIL("no such counter");
	return 0;
}

#define SECOND GCLK_NS_PER_S

/* --- samples ---------------------------------------------------------------------------------- */

static void device_ahead_is_positive(void)
{
	Rig rig;

	rig_init(&rig);
	add_device(&rig, 0, "KVM virtual PTP");
	rig.ahead = 250 * GCLK_NS_PER_MS;
	start(&rig, NULL);
	GCLK_ASSERT_INT(rig.samples, 0); /* never from inside start */
	pass(&rig, 0);
	GCLK_ASSERT_INT(rig.samples, 1);
	GCLK_ASSERT_INT(rig.sample.offset, 250 * GCLK_NS_PER_MS);
	GCLK_ASSERT_INT(rig.sample.real, NOW);
	GCLK_ASSERT_INT(rig.sample.raw, NOW - RAW_LAG);
	GCLK_ASSERT_INT(rig.sample.delay, 0); /* PRECISE */
	GCLK_ASSERT_INT(rig.sample.reference_bound, GCLK_NS_PER_MS);
	GCLK_ASSERT_INT(rig.sample.flags, GCLK_SAMPLE_ASSUMED);
	GCLK_ASSERT_INT(rig.sample.timescale, GCLK_TIMESCALE_UTC);
	GCLK_ASSERT_INT(rig.sample.leap, GCLK_LEAP_NONE);
	GCLK_ASSERT_INT(rig.source->condition, GCLK_SOURCE_OK);
	GCLK_ASSERT_STR(rig.source->reason, NULL);
	GCLK_ASSERT_STR(rig.source->name, "ptp_kvm");
	GCLK_ASSERT_STR(rig.source->origin, "host");
	GCLK_ASSERT_STR(rig.source->detail.address, "/dev/ptp0");
	GCLK_ASSERT_STR(rig.source->detail.identity, "KVM virtual PTP");
	GCLK_ASSERT_STR(rig.source->detail.method, "PRECISE");
	GCLK_ASSERT_INT(rig.source->detail.reach, 1);
	rig.ahead = -3600 * SECOND;
	pass(&rig, 100 * GCLK_NS_PER_MS);
	GCLK_ASSERT_INT(rig.sample.offset, -3600 * SECOND);
	rig_clear(&rig);
}

static void best_of_many(void)
{
	Rig rig;

	rig_init(&rig);
	add_device(&rig, 0, "ptp_vmw");
	rig.errors[GCLK_PTP_PRECISE] = rig.errors[GCLK_PTP_EXTENDED] = EOPNOTSUPP;
	rig.ahead = -40000;
	start(&rig, NULL);
	pass(&rig, 0);
	GCLK_ASSERT_INT(rig.samples, 1);
	GCLK_ASSERT_INT(rig.sample.offset, -40000);
	GCLK_ASSERT_INT(rig.sample.delay, 1000);
	GCLK_ASSERT_INT(gclk_sample_bound(&rig.sample), GCLK_NS_PER_MS + 500);
	GCLK_ASSERT_HAS(rig.source->detail.method, "PLAIN");
	rig_clear(&rig);
}

static void first_reads_come_as_a_burst(void)
{
	Rig rig;

	rig_init(&rig);
	add_device(&rig, 0, "KVM virtual PTP");
	start(&rig, NULL);
	pass(&rig, 450 * GCLK_NS_PER_MS);
	GCLK_ASSERT_INT(rig.samples, 5);
	pass(&rig, 10 * SECOND);
	GCLK_ASSERT_INT(rig.samples, 15);
	GCLK_ASSERT_INT(rig.source->detail.reach, 255);
	GCLK_ASSERT_INT(rig.source->detail.requests, 15);
	GCLK_ASSERT_INT(rig.source->detail.replies, 15);
	gclk_source_burst(rig.source);
	gclk_source_burst(rig.source); /* does not restart the one under way */
	pass(&rig, 450 * GCLK_NS_PER_MS);
	GCLK_ASSERT_INT(rig.samples, 20);
	rig_clear(&rig);
}

static void poll_intervals(void)
{
	static const struct {
		gint poll;
		guint per_64_s;
	} cases[] = { { -3, 512 }, { 0, 64 }, { 3, 8 }, { 6, 1 }, { 99, 1 }, { -99, 512 } };

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		GclkPtpSettings settings = { .assumed_error = -1, .poll = cases[i].poll };
		Rig rig;

		rig_init(&rig);
		add_device(&rig, 0, "KVM virtual PTP");
		start_with(&rig, &settings);
		pass(&rig, 400 * GCLK_NS_PER_MS); /* the burst of five */
		rig.samples = 0;
		pass(&rig, 64 * SECOND);
		GCLK_ASSERT_INT(rig.samples, cases[i].per_64_s);
		rig_clear(&rig);
	}
}

static void a_step_beside_the_reading_voids_it(void)
{
	Rig rig;

	rig_init(&rig);
	add_device(&rig, 0, "KVM virtual PTP");
	start(&rig, NULL);
	rig.real_jump = 40 * SECOND;
	pass(&rig, 0);
	GCLK_ASSERT_INT(rig.samples, 0);
	GCLK_ASSERT_INT(dropped(&rig, "bracket"), 1);
	rig.real_jump = 0;
	pass(&rig, 100 * GCLK_NS_PER_MS);
	GCLK_ASSERT_INT(rig.samples, 1);
	rig.width = 3 * SECOND; /* a pause in every reading */
	rig.errors[GCLK_PTP_PRECISE] = EOPNOTSUPP;
	pass(&rig, 5 * SECOND);
	GCLK_ASSERT_INT(rig.source->condition, GCLK_SOURCE_OK);
	pass(&rig, 5 * SECOND);
	GCLK_ASSERT_INT(rig.source->condition, GCLK_SOURCE_UNREACHABLE);
	GCLK_ASSERT_INT(rig.samples, 1);
	rig_clear(&rig);
}

static void all_methods(Rig *rig, gint error)
{
	for (gsize m = 0; m < GCLK_PTP_METHODS; m++)
		rig->errors[m] = error;
}

/* --- methods ---------------------------------------------------------------------------------- */

static void methods_by_trying(void)
{
	static const struct {
		gint precise, extended, plain;
		const char *method; /* NULL: none */
	} cases[] = {
		{ 0, 0, 0, "PRECISE" },
		{ EOPNOTSUPP, 0, 0, "EXTENDED" },
		{ ENOTTY, 0, 0, "EXTENDED" }, /* before Linux 4.x */
		{ EINVAL, EINVAL, 0, "PLAIN" },
		{ EOPNOTSUPP, EOPNOTSUPP, 0, "PLAIN" },
		{ ENODEV, EOPNOTSUPP, 0, "PLAIN" }, /* KVM without kvm-clock */
		{ ENODEV, 0, 0, "EXTENDED" },
		{ EIO, 0, 0, "EXTENDED" }, /* a broken method hides no good one */
		{ EOPNOTSUPP, EOPNOTSUPP, EOPNOTSUPP, NULL },
		{ ENODEV, ENODEV, ENODEV, NULL },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		Rig rig;

		rig_init(&rig);
		add_device(&rig, 0, "KVM virtual PTP");
		rig.errors[GCLK_PTP_PRECISE] = cases[i].precise;
		rig.errors[GCLK_PTP_EXTENDED] = cases[i].extended;
		rig.errors[GCLK_PTP_PLAIN] = cases[i].plain;
		start(&rig, NULL);
		pass(&rig, 0);
		GCLK_ASSERT_INT(rig.samples, cases[i].method ? 1 : 0);
		if (cases[i].method)
			GCLK_ASSERT_HAS(rig.source->detail.method, cases[i].method);
		else
			CU_ASSERT_NOT_EQUAL(rig.source->condition, GCLK_SOURCE_OK);
		rig_clear(&rig);
	}
}

static void a_missing_method_is_asked_again_later(void)
{
	Rig rig;

	rig_init(&rig);
	add_device(&rig, 0, "KVM virtual PTP");
	rig.errors[GCLK_PTP_PRECISE] = ENODEV;
	rig.errors[GCLK_PTP_EXTENDED] = EOPNOTSUPP;
	start(&rig, NULL);
	pass(&rig, 60 * SECOND);
	GCLK_ASSERT_INT(rig.asked[GCLK_PTP_PRECISE], 1);
	GCLK_ASSERT_INT(rig.asked[GCLK_PTP_EXTENDED], 1);
	CU_ASSERT_TRUE(rig.samples > 50);
	rig.errors[GCLK_PTP_PRECISE] = 0; /* the clocksource is kvm-clock now */
	pass(&rig, 600 * SECOND);
	GCLK_ASSERT_STR(rig.source->detail.method, "PRECISE");
	GCLK_ASSERT_INT(rig.opens, 1);
	/* and back: the method that worked goes away, with no sample lost */
	rig.errors[GCLK_PTP_PRECISE] = ENODEV;
	rig.samples = 0;
	pass(&rig, 10 * SECOND);
	GCLK_ASSERT_INT(rig.samples, 10);
	GCLK_ASSERT_HAS(rig.source->detail.method, "PLAIN");
	GCLK_ASSERT_INT(rig.opens, 1);
	rig_clear(&rig);
}

/* Trying the better methods costs a system call each: not with every poll. */
static void methods_are_not_tried_all_the_time(void)
{
	Rig rig;

	rig_init(&rig);
	add_device(&rig, 0, "ptp_vmw");
	rig.errors[GCLK_PTP_PRECISE] = rig.errors[GCLK_PTP_EXTENDED] = EOPNOTSUPP;
	start(&rig, NULL);
	pass(&rig, 1900 * SECOND);
	GCLK_ASSERT_INT(rig.asked[GCLK_PTP_PRECISE], 4);
	GCLK_ASSERT_INT(rig.asked[GCLK_PTP_EXTENDED], 4);
	rig_clear(&rig);
}

static void a_method_that_breaks_is_replaced(void)
{
	Rig rig;

	rig_init(&rig);
	add_device(&rig, 0, "vmclock0");
	start(&rig, NULL);
	pass(&rig, 5 * SECOND);
	GCLK_ASSERT_STR(rig.source->detail.method, "PRECISE");
	rig.errors[GCLK_PTP_PRECISE] = EIO;
	rig.samples = 0;
	pass(&rig, 10 * SECOND);
	CU_ASSERT_TRUE(rig.samples >= 9);
	GCLK_ASSERT_INT(rig.source->condition, GCLK_SOURCE_OK);
	/* a device that is late with one method would be late with all: it is asked once */
	all_methods(&rig, ETIMEDOUT);
	memset(rig.asked, 0, sizeof rig.asked);
	pass(&rig, 10 * SECOND);
	GCLK_ASSERT_INT(rig.asked[GCLK_PTP_PRECISE] + rig.asked[GCLK_PTP_EXTENDED] +
				rig.asked[GCLK_PTP_PLAIN],
		10);
	rig_clear(&rig);
}

/* --- failures --------------------------------------------------------------------------------- */

static void errors_of_reads(void)
{
	static const struct {
		gint error;
		GclkSourceCondition condition;
		const char *counter, *reason;
	} cases[] = {
		{ ESTALE, GCLK_SOURCE_REFUSED, "stale", "time synchronisation" },
		{ EIO, GCLK_SOURCE_UNREACHABLE, "io-error", "hypervisor answers with an error" },
		{ ETIMEDOUT, GCLK_SOURCE_UNREACHABLE, "timeout", "in time" },
		{ EBUSY, GCLK_SOURCE_UNREACHABLE, "timeout", "busy" },
		{ EINVAL, GCLK_SOURCE_REFUSED, "unsupported", "unreliable" },
		{ EOPNOTSUPP, GCLK_SOURCE_REFUSED, "unsupported", "no way" },
		{ ENOTTY, GCLK_SOURCE_REFUSED, "unsupported", "not a precision clock" },
		{ EACCES, GCLK_SOURCE_FAILED, "io-error", "may not be read" },
		{ ENOMEM, GCLK_SOURCE_UNREACHABLE, "io-error", "memory" }, /* strerror */
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		Rig rig;

		rig_init(&rig);
		add_device(&rig, 1, "hyperv");
		start(&rig, NULL);
		pass(&rig, 400 * GCLK_NS_PER_MS);
		GCLK_ASSERT_INT(rig.samples, 5);
		for (gsize m = 0; m < GCLK_PTP_METHODS; m++)
			rig.errors[m] = cases[i].error;
		pass(&rig, 3 * SECOND);
		GCLK_ASSERT_INT(rig.samples, 5);
		GCLK_ASSERT_INT(rig.source->condition, cases[i].condition);
		GCLK_ASSERT_HAS(rig.source->reason, "/dev/ptp1 (hyperv)");
		GCLK_ASSERT_HAS(rig.source->reason, cases[i].reason);
		GCLK_ASSERT_INT(dropped(&rig, cases[i].counter), 3);
		GCLK_ASSERT_INT(rig.source->detail.reach & 7, 0);
		GCLK_ASSERT_INT(rig.opens, 1); /* it is still the same device */
		/* and recovers by itself */
		memset(rig.errors, 0, sizeof rig.errors);
		pass(&rig, SECOND);
		GCLK_ASSERT_INT(rig.samples, 6);
		GCLK_ASSERT_INT(rig.source->condition, GCLK_SOURCE_OK);
		GCLK_ASSERT_STR(rig.source->reason, NULL);
		rig_clear(&rig);
	}
}

static void gone_and_back_with_another_number(void)
{
	Rig rig;

	rig_init(&rig);
	add_device(&rig, 0, "KVM virtual PTP");
	start(&rig, NULL);
	pass(&rig, 5 * SECOND);
	all_methods(&rig, ENODEV);
	remove_device(&rig, 0);
	pass(&rig, SECOND);
	GCLK_ASSERT_INT(rig.source->condition, GCLK_SOURCE_UNREACHABLE);
	GCLK_ASSERT_HAS(rig.source->reason, "/dev/ptp0 (KVM virtual PTP) has gone");
	GCLK_ASSERT_INT(rig.closes, 1); /* else the number stays taken */
	GCLK_ASSERT_INT(dropped(&rig, "gone"), 1);
	pass(&rig, 100 * SECOND);
	GCLK_ASSERT_INT(rig.opens, 1);
	GCLK_ASSERT_HAS(rig.source->reason, "no precision clock of the host");
	all_methods(&rig, 0);
	add_device(&rig, 0, "mlx5_ptp");
	add_device(&rig, 3, "KVM virtual PTP");
	rig.samples = 0;
	pass(&rig, 16 * SECOND); /* the longest wait */
	CU_ASSERT_TRUE(rig.samples > 0);
	GCLK_ASSERT_STR(rig.opened, "/dev/ptp3");
	GCLK_ASSERT_STR(rig.source->detail.address, "/dev/ptp3");
	GCLK_ASSERT_STR(rig.source->name, "ptp_kvm");
	GCLK_ASSERT_INT(rig.source->condition, GCLK_SOURCE_OK);
	rig_clear(&rig);
}

static void a_burst_looks_at_once(void)
{
	Rig rig;

	rig_init(&rig);
	add_device(&rig, 0, "KVM virtual PTP");
	start(&rig, NULL);
	pass(&rig, 5 * SECOND);
	all_methods(&rig, ENODEV);
	remove_device(&rig, 0);
	pass(&rig, 100 * SECOND);
	all_methods(&rig, 0);
	add_device(&rig, 1, "KVM virtual PTP");
	rig.samples = 0;
	gclk_source_burst(rig.source);
	pass(&rig, 450 * GCLK_NS_PER_MS);
	GCLK_ASSERT_INT(rig.samples, 5);
	rig_clear(&rig);
}

static void a_better_clock_is_not_taken_while_one_works(void)
{
	Rig rig;

	rig_init(&rig);
	add_device(&rig, 0, "hyperv");
	start(&rig, NULL);
	pass(&rig, 5 * SECOND);
	add_device(&rig, 1, "vmclock0");
	pass(&rig, 700 * SECOND);
	GCLK_ASSERT_INT(rig.opens, 1);
	rig_clear(&rig);
}

static void a_clock_that_gives_nothing_yields(void)
{
	Rig rig;

	rig_init(&rig);
	add_device(&rig, 0, "hyperv");
	add_device(&rig, 1, "vmclock0"); /* better by the table */
	add_device(&rig, 2, "mlx5_ptp");
	rig.bad_path = "/dev/ptp1";
	start(&rig, NULL);
	pass(&rig, 0);
	GCLK_ASSERT_STR(rig.opened, "/dev/ptp1");
	GCLK_ASSERT_INT(rig.source->condition, GCLK_SOURCE_REFUSED);
	pass(&rig, 20 * SECOND);
	GCLK_ASSERT_STR(rig.opened, "/dev/ptp0");
	GCLK_ASSERT_INT(rig.source->condition, GCLK_SOURCE_OK);
	GCLK_ASSERT_STR(rig.source->detail.identity, "hyperv");
	rig.opens = rig.closes = 0;
	pass(&rig, 100 * SECOND); /* and stays while it works */
	GCLK_ASSERT_INT(rig.opens, 0);
	rig.bad_path = "/dev/ptp0"; /* the roles change */
	pass(&rig, 20 * SECOND);
	GCLK_ASSERT_STR(rig.opened, "/dev/ptp1");
	GCLK_ASSERT_INT(rig.source->condition, GCLK_SOURCE_OK);
	rig.opens = rig.closes = 0;
	rig.closes--; /* the one that is open now */
	rig_clear(&rig);
}

static void one_that_may_not_be_opened_yields(void)
{
	Rig rig;

	rig_init(&rig);
	add_device(&rig, 0, "hyperv");
	add_device(&rig, 1, "vmclock0");
	rig.open_error = G_FILE_ERROR_ACCES;
	start(&rig, NULL);
	pass(&rig, 0);
	GCLK_ASSERT_STR(rig.opened, "/dev/ptp1");
	pass(&rig, SECOND);
	GCLK_ASSERT_STR(rig.opened, "/dev/ptp0");
	pass(&rig, 2 * SECOND);
	GCLK_ASSERT_STR(rig.opened, "/dev/ptp1"); /* in turn */
	rig_clear(&rig);
}

static void permission(void)
{
	Rig rig;

	rig_init(&rig);
	add_device(&rig, 0, "ptp_vmw");
	rig.open_error = G_FILE_ERROR_ACCES;
	start(&rig, NULL);
	pass(&rig, 0);
	GCLK_ASSERT_INT(rig.source->condition, GCLK_SOURCE_FAILED);
	GCLK_ASSERT_HAS(rig.source->reason, "/dev/ptp0");
	GCLK_ASSERT_HAS(rig.source->reason, "as root");
	rig.open_error = -1;
	pass(&rig, 16 * SECOND);
	GCLK_ASSERT_INT(rig.source->condition, GCLK_SOURCE_OK);
	rig_clear(&rig);
}

static void unset_clock(void)
{
	static const struct {
		gint64 device;
		const char *year;
	} cases[] = { { 100 * SECOND, "1970" }, { 946684799 * SECOND, "1999" },
		{ 7258118400 * SECOND, "2200" }, { -1 * SECOND, "1969" } };

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		Rig rig;

		rig_init(&rig);
		add_device(&rig, 0, "eth0");
		rig.absolute = cases[i].device;
		start(&rig, "/dev/ptp0");
		pass(&rig, 0);
		GCLK_ASSERT_INT(rig.samples, 0);
		GCLK_ASSERT_INT(rig.source->condition, GCLK_SOURCE_REFUSED);
		GCLK_ASSERT_HAS(rig.source->reason, cases[i].year);
		GCLK_ASSERT_INT(dropped(&rig, "implausible-time"), 1);
		rig_clear(&rig);
	}
}

/* --- which device ----------------------------------------------------------------------------- */

static void chosen_by_table(void)
{
	Rig rig;

	rig_init(&rig);
	add_device(&rig, 0, "mlx5_ptp");
	add_device(&rig, 1, "hyperv");
	add_device(&rig, 2, "gve clock");
	start(&rig, NULL);
	pass(&rig, 0);
	GCLK_ASSERT_STR(rig.opened, "/dev/ptp1");
	GCLK_ASSERT_INT(rig.sample.reference_bound, 10 * GCLK_NS_PER_MS);
	rig_clear(&rig);
}

static void no_candidate(void)
{
	const GclkPtpSettings settings = { .assumed_error = -1 };
	g_autofree char *empty = NULL;
	g_autofree char *nic = NULL;
	g_autofree char *candidate = NULL;
	Rig rig;

	rig_init(&rig);
	CU_ASSERT_PTR_NULL(gclk_ptp_source_new(&rig.tree.platform, &settings, &empty));
	GCLK_ASSERT_HAS(empty, "no precision clock");
	CU_ASSERT_PTR_NULL(gclk_ptp_source_new(&rig.tree.platform, &settings, NULL));
	add_device(&rig, 0, "mlx5_ptp");
	add_device(&rig, 4, "Virtio PTP type 2/variant 0");
	CU_ASSERT_PTR_NULL(gclk_ptp_source_new(&rig.tree.platform, &settings, &nic));
	GCLK_ASSERT_HAS(nic, "ptp0 (mlx5_ptp): a network card's clock");
	GCLK_ASSERT_HAS(nic, "ptp4 (Virtio PTP type 2/variant 0)");
	CU_ASSERT_FALSE(gclk_ptp_source_candidate(&rig.tree.platform, &candidate));
	GCLK_ASSERT_STR(candidate, nic);
	CU_ASSERT_FALSE(gclk_ptp_source_candidate(&rig.tree.platform, NULL));
	add_device(&rig, 7, "ptp_vmw");
	CU_ASSERT_TRUE(gclk_ptp_source_candidate(&rig.tree.platform, NULL));
	rig_clear(&rig);
}

static void named_network_card(void)
{
	const GclkPtpSettings settings = { .device = "/dev/ptp2", .assumed_error = 5000 };
	Rig rig;

	rig_init(&rig);
	add_device(&rig, 1, "KVM virtual PTP");
	add_device(&rig, 2, "52:54:00:12:34:56");
	rig.ahead = 77;
	start_with(&rig, &settings);
	pass(&rig, 0);
	GCLK_ASSERT_STR(rig.opened, "/dev/ptp2");
	GCLK_ASSERT_STR(rig.source->name, "/dev/ptp2");
	GCLK_ASSERT_STR(rig.source->origin, "/dev/ptp2");
	GCLK_ASSERT_STR(rig.source->detail.identity, "52:54:00:12:34:56");
	GCLK_ASSERT_INT(rig.sample.offset, 77);
	GCLK_ASSERT_INT(rig.sample.reference_bound, 5000);
	GCLK_ASSERT_INT(rig.sample.flags, GCLK_SAMPLE_ASSUMED);
	GCLK_ASSERT_INT(rig.sample.timescale, GCLK_TIMESCALE_UNKNOWN);
	rig_clear(&rig);
}

static void named_clock_of_the_host(void)
{
	Rig rig;

	rig_init(&rig);
	add_device(&rig, 5, "hyperv");
	gclk_tree_link(&rig.tree, "/dev/ptp_hyperv", "ptp5");
	start(&rig, "/dev/ptp_hyperv");
	pass(&rig, 0);
	GCLK_ASSERT_STR(rig.opened, "/dev/ptp_hyperv");
	GCLK_ASSERT_STR(rig.source->origin, "host");
	GCLK_ASSERT_STR(rig.source->detail.identity, "hyperv");
	GCLK_ASSERT_INT(rig.sample.reference_bound, 10 * GCLK_NS_PER_MS);
	rig_clear(&rig);
}

static void named_device_that_comes_late(void)
{
	Rig rig;

	rig_init(&rig);
	rig.open_error = G_FILE_ERROR_NOENT;
	start(&rig, "/dev/ptp0");
	pass(&rig, 0);
	GCLK_ASSERT_INT(rig.source->condition, GCLK_SOURCE_UNREACHABLE);
	GCLK_ASSERT_HAS(rig.source->reason, "/dev/ptp0 does not exist");
	pass(&rig, 100 * SECOND);
	rig.open_error = -1;
	add_device(&rig, 0, "ptp_vmw");
	pass(&rig, 16 * SECOND);
	GCLK_ASSERT_INT(rig.source->condition, GCLK_SOURCE_OK);
	GCLK_ASSERT_STR(rig.source->origin, "host"); /* known only now */
	rig_clear(&rig);
}

static void named_device_is_followed_by_its_name(void)
{
	Rig rig;

	rig_init(&rig);
	add_device(&rig, 0, "52:54:00:12:34:56");
	start(&rig, "/dev/ptp0");
	pass(&rig, 5 * SECOND);
	all_methods(&rig, ENODEV);
	remove_device(&rig, 0);
	pass(&rig, SECOND);
	/* the driver comes back while somebody else holds number 0 */
	all_methods(&rig, 0);
	add_device(&rig, 0, "another");
	add_device(&rig, 1, "52:54:00:12:34:56");
	pass(&rig, 16 * SECOND);
	GCLK_ASSERT_STR(rig.opened, "/dev/ptp1");
	GCLK_ASSERT_STR(rig.source->name, "/dev/ptp0");
	/* two with its name: which is meant cannot be known */
	all_methods(&rig, ENODEV);
	add_device(&rig, 4, "52:54:00:12:34:56");
	pass(&rig, SECOND);
	all_methods(&rig, 0);
	remove_device(&rig, 0);
	rig.open_error = G_FILE_ERROR_NOENT;
	pass(&rig, 16 * SECOND);
	GCLK_ASSERT_STR(rig.opened, "/dev/ptp0");
	rig.open_error = -1;
	remove_device(&rig, 4);
	pass(&rig, 16 * SECOND);
	GCLK_ASSERT_STR(rig.opened, "/dev/ptp1");
	add_device(&rig, 0, "another");
	/* it goes for good: what the configuration names is used, whatever it is */
	all_methods(&rig, ENODEV);
	remove_device(&rig, 1);
	pass(&rig, SECOND);
	all_methods(&rig, 0);
	pass(&rig, 16 * SECOND);
	GCLK_ASSERT_STR(rig.opened, "/dev/ptp0");
	GCLK_ASSERT_STR(rig.source->detail.identity, "another");
	rig_clear(&rig);
}

/* Where /sys is not there at all (a simulator, a bare container) the path alone must do. */
static void named_device_without_sysfs(void)
{
	Rig rig;

	rig_init(&rig);
	rig.ahead = 12345;
	start(&rig, "/dev/ptp0");
	pass(&rig, 0);
	GCLK_ASSERT_STR(rig.opened, "/dev/ptp0");
	GCLK_ASSERT_INT(rig.sample.offset, 12345);
	GCLK_ASSERT_STR(rig.source->detail.identity, "");
	rig_clear(&rig);
}

static void strange_sysfs(void)
{
	static const char binary[] = "ena\x01\xff\n\nclock\0name";
	g_autofree char *huge = g_strnfill(100000, 'x');
	g_autofree char *reason = NULL;
	Rig rig;

	rig_init(&rig);
	gclk_tree_directory(&rig.tree, "/sys/class/ptp/ptp0"); /* no clock_name */
	gclk_tree_write(&rig.tree, "/sys/class/ptp/ptp1/clock_name", "", -1);
	gclk_tree_write(&rig.tree, "/sys/class/ptp/ptp2/clock_name", huge, -1);
	gclk_tree_write(&rig.tree, "/sys/class/ptp/ptp3/clock_name", binary, sizeof binary);
	gclk_tree_write(&rig.tree, "/sys/class/ptp/ptpx/clock_name", "KVM virtual PTP", -1);
	gclk_tree_write(&rig.tree, "/sys/class/ptp/ptp/clock_name", "KVM virtual PTP", -1);
	gclk_tree_write(
		&rig.tree, "/sys/class/ptp/ptp99999999999999999999/clock_name", "hyperv", -1);
	gclk_tree_write(&rig.tree, "/sys/class/ptp/other", "hyperv", -1);
	CU_ASSERT_FALSE(gclk_ptp_source_candidate(&rig.tree.platform, &reason));
	GCLK_ASSERT_HAS(reason, "ptp0 (no name)");
	GCLK_ASSERT_HAS(reason, "ptp3 (ena??");
	CU_ASSERT_TRUE(g_utf8_validate(reason, -1, NULL));
	for (guint i = 0; i < 200; i++)
		add_device(&rig, 100 + i, "hyperv");
	add_device(&rig, 5, "hyperv"); /* more than are looked at: no crash, one is found */
	CU_ASSERT_TRUE(gclk_ptp_source_candidate(&rig.tree.platform, NULL));
	rig_clear(&rig);
}

/* --- timescales ------------------------------------------------------------------------------- */

static void tai_devices(void)
{
	const GclkPtpSettings unknown = { .assumed_error = -1 };
	const GclkPtpSettings other = { .assumed_error = -1, .tai_offset = 38 };
	Rig rig;

	rig_init(&rig);
	add_device(&rig, 0, "Virtio PTP type 1/variant 0");
	rig.ahead = 37 * SECOND + 500;
	start(&rig, NULL);
	pass(&rig, 0);
	GCLK_ASSERT_INT(rig.sample.offset, 500);
	GCLK_ASSERT_INT(rig.sample.timescale, GCLK_TIMESCALE_TAI);
	rig_clear(&rig);

	rig_init(&rig);
	add_device(&rig, 0, "Virtio PTP type 1/variant 0");
	rig.ahead = 37 * SECOND + 500;
	start_with(&rig, &other);
	pass(&rig, 0);
	GCLK_ASSERT_INT(rig.sample.offset, 500 - SECOND);
	rig_clear(&rig);

	rig_init(&rig);
	add_device(&rig, 0, "Virtio PTP type 1/variant 0");
	rig.ahead = 37 * SECOND + 500;
	start_with(&rig, &unknown);
	pass(&rig, 0);
	GCLK_ASSERT_INT(rig.samples, 0);
	GCLK_ASSERT_INT(rig.source->condition, GCLK_SOURCE_REFUSED);
	GCLK_ASSERT_HAS(rig.source->reason, "leap seconds");
	rig_clear(&rig);
}

/* The table is asked by the device's time: the local clock may be anywhere, and a leap second still
   to come must not count yet. */
static void tai_by_table(void)
{
	/* 37 from 2017-01-01, 38 from 2027-07-01; the test plays in January 2027 */
	static const char text[] = "3692217600 37\n4023475200 38\n";
	g_autoptr(GclkLeapTable) table = gclk_leap_table_parse(text, strlen(text), NULL);
	GclkPtpSettings settings = { .assumed_error = -1, .tai_offset = 38, .leap = table };
	gint64 leap = G_GINT64_CONSTANT(1814486400) * SECOND;
	Rig rig;

	CU_ASSERT_PTR_NOT_NULL_FATAL(table);
	GCLK_ASSERT_INT(gclk_leap_table_latest(table), 38);
	rig_init(&rig);
	add_device(&rig, 0, "Virtio PTP type 1/variant 0");
	rig.real = 100 * SECOND; /* 1970: nobody has set this clock yet */
	rig.ahead = NOW - rig.real + 37 * SECOND;
	start_with(&rig, &settings);
	pass(&rig, 0);
	GCLK_ASSERT_INT(rig.sample.offset, NOW - 100 * SECOND);
	rig.ahead = leap + 38 * SECOND - rig.real;
	pass(&rig, 100 * GCLK_NS_PER_MS);
	GCLK_ASSERT_INT(rig.sample.real + rig.sample.offset, leap + 100 * GCLK_NS_PER_MS);
	rig_clear(&rig);
}

static void configured_scale_wins(void)
{
	const GclkPtpSettings tai = { .assumed_error = -1,
		.timescale = GCLK_TIMESCALE_TAI,
		.tai_offset = 37,
		.device = "/dev/ptp0" };
	const GclkPtpSettings as_utc = { .assumed_error = -1,
		.timescale = GCLK_TIMESCALE_UTC,
		.tai_offset = 37,
		.device = "/dev/ptp1" };
	Rig rig;

	rig_init(&rig);
	add_device(&rig, 0, "eth0");
	rig.ahead = 37 * SECOND;
	start_with(&rig, &tai);
	pass(&rig, 0);
	GCLK_ASSERT_INT(rig.sample.offset, 0);
	rig_clear(&rig);

	rig_init(&rig);
	add_device(&rig, 1, "Virtio PTP type 3/variant 1");
	rig.ahead = 9;
	start_with(&rig, &as_utc);
	pass(&rig, 0);
	GCLK_ASSERT_INT(rig.sample.offset, 9);
	rig_clear(&rig);
}

static void scales_that_are_no_time_of_day(void)
{
	static const struct {
		const char *name, *reason;
	} cases[] = { { "Virtio PTP type 2/variant 0", "monotonic" },
		{ "Virtio PTP type 3/variant 1", "smears" },
		{ "Virtio PTP type 4/variant 0", "smears" } };

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		Rig rig;

		rig_init(&rig);
		add_device(&rig, 0, cases[i].name);
		start(&rig, "/dev/ptp0");
		pass(&rig, 60 * SECOND);
		GCLK_ASSERT_INT(rig.samples, 0);
		GCLK_ASSERT_INT(rig.opens, 0);
		GCLK_ASSERT_INT(rig.source->condition, GCLK_SOURCE_REFUSED);
		GCLK_ASSERT_HAS(rig.source->reason, cases[i].reason);
		rig_clear(&rig);
	}
}

/* --- vmclock ---------------------------------------------------------------------------------- */

static void put(guint8 *at, guint64 value, gsize width)
{
	for (gsize i = 0; i < width; i++)
		at[i] = (guint8)(value >> (8 * i));
}

/* A page as EC2 would fill it in: reference point a second ago. */
static void write_page(Rig *rig, guint8 time_type, guint8 status, guint8 leap)
{
	guint8 page[4096] = { 0 };
	gint64 seconds = rig->real / SECOND - 1 + (time_type == 1 ? 37 : 0);

	put(page, 0x4b4c4356, 4);
	put(page + 4, sizeof page, 4);
	put(page + 8, 1, 2);
	page[10] = 1;
	page[11] = time_type;
	put(page + 24, 1 << 0 | 1 << 4 | 1 << 6, 8); /* TAI offset, both maximum errors */
	page[34] = status;
	put(page + 36, 37, 2);
	page[38] = leap;
	put(page + 48, 1000000000, 8); /* period */
	put(page + 64, 1000, 8);       /* its maximum error: 1 ppm */
	put(page + 72, (guint64)seconds, 8);
	put(page + 96, 25000, 8);
	gclk_tree_write(&rig->tree, "/dev/vmclock0", (const char *)page, sizeof page);
}

static void vmclock_by_kernel(void)
{
	static const struct {
		const char *release;
		GclkTimescale scale;
		gint64 ahead;
	} cases[] = {
		{ "6.13.0\n", GCLK_TIMESCALE_UTC, 0 },
		{ "6.19.9-cloud\n", GCLK_TIMESCALE_UTC, 0 },
		{ "7.0.0-rc1\n", GCLK_TIMESCALE_TAI, 37 * SECOND },
		{ "10.2\n", GCLK_TIMESCALE_TAI, 37 * SECOND },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		Rig rig;

		rig_init(&rig);
		gclk_tree_write(&rig.tree, "/proc/sys/kernel/osrelease", cases[i].release, -1);
		add_device(&rig, 0, "vmclock0");
		rig.ahead = cases[i].ahead + 42;
		start(&rig, NULL);
		pass(&rig, 0);
		GCLK_ASSERT_INT(rig.sample.offset, 42);
		GCLK_ASSERT_INT(rig.sample.timescale, cases[i].scale);
		GCLK_ASSERT_INT(rig.sample.flags,
			GCLK_SAMPLE_ASSUMED); /* no page: /dev/vmclock0 is root's */
		rig_clear(&rig);
	}
}

static void vmclock_page(void)
{
	const GclkPtpSettings settings = { .assumed_error = 5, .tai_offset = 36 };
	Rig rig;

	rig_init(&rig);
	add_device(&rig, 0, "vmclock0");
	write_page(&rig, 0, 2, 1);
	start_with(&rig, &settings);
	pass(&rig, 0);
	GCLK_ASSERT_INT(rig.sample.offset, 0);
	GCLK_ASSERT_INT(rig.sample.leap, GCLK_LEAP_INSERT);
	GCLK_ASSERT_INT(rig.sample.flags, 0);
	GCLK_ASSERT_INT(rig.sample.reference_bound, 25000 + 1000); /* 1 ppm for the second since */
	/* another device must not inherit what this one stated */
	all_methods(&rig, ENODEV);
	remove_device(&rig, 0);
	pass(&rig, SECOND);
	all_methods(&rig, 0);
	add_device(&rig, 0, "KVM virtual PTP");
	pass(&rig, 16 * SECOND);
	GCLK_ASSERT_INT(rig.sample.flags, GCLK_SAMPLE_ASSUMED);
	GCLK_ASSERT_INT(rig.sample.leap, GCLK_LEAP_NONE);
	all_methods(&rig, ENODEV);
	remove_device(&rig, 0);
	pass(&rig, SECOND);
	all_methods(&rig, 0);
	write_page(&rig, 0, 2, 1);
	add_device(&rig, 0, "vmclock0");
	pass(&rig, 16 * SECOND);
	GCLK_ASSERT_INT(rig.sample.flags, 0);
	pass(&rig, 20 * SECOND); /* between two looks at the page */
	/* unreliable, noticed with the next look at the page, and not with every poll */
	write_page(&rig, 0, 4, 0);
	rig.samples = 0;
	pass(&rig, 20 * SECOND);
	CU_ASSERT_TRUE(rig.samples >= 1 && rig.samples <= 16);
	GCLK_ASSERT_INT(rig.source->condition, GCLK_SOURCE_REFUSED);
	GCLK_ASSERT_HAS(rig.source->reason, "unreliable");
	write_page(&rig, 0, 1, 0);
	pass(&rig, 20 * SECOND);
	GCLK_ASSERT_HAS(rig.source->reason, "yet");
	write_page(&rig, 0, 2, 0);
	pass(&rig, 20 * SECOND);
	GCLK_ASSERT_INT(rig.source->condition, GCLK_SOURCE_OK);
	GCLK_ASSERT_INT(rig.sample.leap, GCLK_LEAP_NONE);
	/* damaged: as though there were none */
	gclk_tree_write(&rig.tree, "/dev/vmclock0", "garbage", -1);
	pass(&rig, 20 * SECOND);
	GCLK_ASSERT_INT(rig.source->condition, GCLK_SOURCE_OK);
	GCLK_ASSERT_INT(rig.sample.flags, GCLK_SAMPLE_ASSUMED);
	GCLK_ASSERT_INT(rig.sample.reference_bound, 5);
	rig_clear(&rig);
}

/* A host without a reference of its own: its time with the bound that it states, else its rate. */
static void vmclock_free_running(void)
{
	static const char flags_without_bound[] = { 1, 0 };
	g_autofree char *page = NULL;
	gsize length;
	Rig rig;

	rig_init(&rig);
	add_device(&rig, 0, "vmclock0");
	write_page(&rig, 0, 3, 0);
	start(&rig, NULL);
	pass(&rig, 0);
	GCLK_ASSERT_INT(rig.source->condition, GCLK_SOURCE_OK);
	GCLK_ASSERT_INT(rig.sample.flags, 0);
	GCLK_ASSERT_INT(rig.sample.reference_bound, 25000 + 1000);
	GCLK_ASSERT_HAS(rig.source->detail.note, "runs free");
	page = rig.tree.platform.read_file(
		&rig.tree.platform, "/dev/vmclock0", 4096, &length, NULL);
	memcpy(page + 24, flags_without_bound, sizeof flags_without_bound);
	gclk_tree_write(&rig.tree, "/dev/vmclock0", page, (gssize)length);
	pass(&rig, 20 * SECOND);
	GCLK_ASSERT_INT(rig.source->condition, GCLK_SOURCE_REFUSED);
	GCLK_ASSERT_HAS(rig.source->reason, "/dev/ptp0 (vmclock0) gives its rate only");
	GCLK_ASSERT_INT(rig.sample.flags, GCLK_SAMPLE_RATE_ONLY | GCLK_SAMPLE_ASSUMED);
	CU_ASSERT_TRUE(rig.samples > 6);
	/* a burst, as after a disruption, asks for the page at once */
	write_page(&rig, 0, 2, 0);
	pass(&rig, 20 * SECOND);
	write_page(&rig, 0, 3, 0);
	gclk_source_burst(rig.source);
	pass(&rig, 0);
	GCLK_ASSERT_HAS(rig.source->detail.note, "runs free");
	write_page(&rig, 0, 2, 0);
	pass(&rig, 20 * SECOND);
	GCLK_ASSERT_STR(rig.source->detail.note, NULL);
	GCLK_ASSERT_INT(rig.source->condition, GCLK_SOURCE_OK);
	rig_clear(&rig);
}

/* The drivers' sign: a page in the scale that the driver does not deliver comes out two offsets
   off. */
static void vmclock_sign(void)
{
	static const struct {
		const char *release;
		guint8 time_type;
		gint64 ahead;
	} cases[] = {
		{ "6.18.0\n", 0, 0 }, { "6.18.0\n", 1, 74 * SECOND },
		{ "6.18.0\n", 1, 0 }, /* corrected */
		{ "7.0.0\n", 1, 37 * SECOND }, { "7.0.0\n", 0, -37 * SECOND },
		{ "7.0.0\n", 0, 37 * SECOND }, /* corrected */
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		Rig rig;

		rig_init(&rig);
		gclk_tree_write(&rig.tree, "/proc/sys/kernel/osrelease", cases[i].release, -1);
		add_device(&rig, 0, "vmclock0");
		write_page(&rig, cases[i].time_type, 2, 0);
		rig.ahead = cases[i].ahead - 1234;
		start(&rig, NULL);
		pass(&rig, 0);
		GCLK_ASSERT_INT(rig.samples, 1);
		GCLK_ASSERT_INT(rig.sample.offset, -1234);
		rig_clear(&rig);
	}
}

/* --- stated bounds ---------------------------------------------------------------------------- */

static void ena_bound(void)
{
	static const struct {
		const char *text;
		gint64 bound; /* -1: assumed */
	} cases[] = { { "21500\n", 21500 }, { "0\n", -1 }, { "4294967295\n", -1 }, { "-1\n", -1 },
		{ "", -1 }, { "many\n", -1 }, { "99999999999999999999\n", -1 } };

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		Rig rig;

		rig_init(&rig);
		add_device(&rig, 0, "ena-ptp-05");
		gclk_tree_write(
			&rig.tree, "/sys/class/ptp/ptp0/device/phc_error_bound", cases[i].text, -1);
		start(&rig, NULL);
		pass(&rig, 0);
		GCLK_ASSERT_INT(rig.sample.reference_bound,
			cases[i].bound < 0 ? GCLK_NS_PER_MS : cases[i].bound);
		GCLK_ASSERT_INT(rig.sample.flags, cases[i].bound < 0 ? GCLK_SAMPLE_ASSUMED : 0);
		rig_clear(&rig);
	}
}

int main(void)
{
	static const GclkTestCase cases[] = {
		{ "device ahead: positive offset", device_ahead_is_positive },
		{ "best of many readings", best_of_many },
		{ "bursts", first_reads_come_as_a_burst },
		{ "poll intervals", poll_intervals },
		{ "a step beside the reading", a_step_beside_the_reading_voids_it },
		{ "methods by trying", methods_by_trying },
		{ "a missing method is tried again", a_missing_method_is_asked_again_later },
		{ "methods are not tried all the time", methods_are_not_tried_all_the_time },
		{ "a method that breaks is replaced", a_method_that_breaks_is_replaced },
		{ "errors of reads", errors_of_reads },
		{ "gone and back with another number", gone_and_back_with_another_number },
		{ "a burst looks for the device at once", a_burst_looks_at_once },
		{ "no change while one works", a_better_clock_is_not_taken_while_one_works },
		{ "a clock that gives nothing yields", a_clock_that_gives_nothing_yields },
		{ "one that may not be opened yields", one_that_may_not_be_opened_yields },
		{ "no permission", permission },
		{ "a clock that nobody has set", unset_clock },
		{ "chosen by the table, not by number", chosen_by_table },
		{ "no candidate", no_candidate },
		{ "a named network card", named_network_card },
		{ "a named clock of the host", named_clock_of_the_host },
		{ "a named device that comes late", named_device_that_comes_late },
		{ "a named device is followed by its name", named_device_is_followed_by_its_name },
		{ "a named device without sysfs", named_device_without_sysfs },
		{ "strange sysfs", strange_sysfs },
		{ "TAI devices", tai_devices },
		{ "TAI by the table of leap seconds", tai_by_table },
		{ "a configured scale wins", configured_scale_wins },
		{ "monotonic and smeared", scales_that_are_no_time_of_day },
		{ "vmclock: scale by kernel", vmclock_by_kernel },
		{ "vmclock: page", vmclock_page },
		{ "vmclock: a host without a reference", vmclock_free_running },
		{ "vmclock: sign of the TAI offset", vmclock_sign },
		{ "ENA: stated bound", ena_bound },
		{ NULL, NULL },
	};

	return gclk_test_main("ptp-source", cases);
}
