/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The whole way on real Linux calls: scan /sys/class/ptp, open /dev/ptpN, its ioctls, the sample.
 * The devices are umockdev's, whose library must be loaded first: the test starts itself again with
 * it, and is skipped (77) where there is none.
 */
#include <errno.h>
#include <linux/ptp_clock.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <umockdev.h>
#include <unistd.h>

#include "harness.h"
#include "platform/native.h"
#include "source/ptp.h"

#define AHEAD (250 * GCLK_NS_PER_MS)
#define TRIAL (3 * G_USEC_PER_SEC)

typedef struct {
	UMockdevTestbed *testbed;
	UMockdevIoctlBase *handler;
	GMainContext *context;
	GclkPlatform *platform;
	GclkSource *source;
	/* the device; read by the handler's thread */
	gint errors[GCLK_PTP_METHODS];
	gint asked[GCLK_PTP_METHODS];
	gint bad_requests; /* reserved members that were not zero */
	/* what came */
	GclkSample sample;
	guint samples;
} Rig;

/* --- the device ------------------------------------------------------------------------------- */

static gint64 now(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * GCLK_NS_PER_S + t.tv_nsec;
}

static void set(struct ptp_clock_time *out, gint64 ns)
{
	out->sec = ns / GCLK_NS_PER_S;
	out->nsec = (guint32)(ns % GCLK_NS_PER_S);
}

/* Every reading but the third has a bracket of 200 us and a device that is 50 us wrong. */
static gint64 device_time(guint reading, gint64 real)
{
	return real + AHEAD + (reading == 2 ? 0 : 50000);
}

#define WIDTH(reading) ((reading) == 2 ? 2000 : 200000)

static void answer_precise(struct ptp_sys_offset_precise *out)
{
	gint64 real = now(CLOCK_REALTIME);

	set(&out->sys_realtime, real);
	set(&out->sys_monoraw, now(CLOCK_MONOTONIC_RAW));
	set(&out->device, real + AHEAD);
}

static void answer_extended(struct ptp_sys_offset_extended *out)
{
	for (guint i = 0; i < out->n_samples && i < PTP_MAX_SAMPLES; i++) {
		gint64 real = now(CLOCK_REALTIME);

		set(&out->ts[i][0], real - WIDTH(i) / 2);
		set(&out->ts[i][1], device_time(i, real));
		set(&out->ts[i][2], real + WIDTH(i) / 2);
	}
}

/* REAL and the device in turn: brackets share their ends. */
static void answer_plain(struct ptp_sys_offset *out)
{
	gint64 real = now(CLOCK_REALTIME);

	set(&out->ts[0], real);
	for (guint i = 0; i < out->n_samples && i < PTP_MAX_SAMPLES; i++) {
		set(&out->ts[2 * i + 1], device_time(i, real + WIDTH(i) / 2));
		real += WIDTH(i);
		set(&out->ts[2 * i + 2], real);
	}
}

static gboolean all_zero(gconstpointer data, gsize length)
{
	const guint8 *bytes = data;

	while (length > 0 && bytes[length - 1] == 0)
		length--;
	return length == 0;
}

/* Answers in place; 0 or errno. */
static gint answer(Rig *rig, gulong request, gpointer data)
{
	struct ptp_sys_offset_extended *extended = data;
	struct ptp_sys_offset *plain = data;
	GclkPtpMethod method;

	switch (request) {
	case PTP_CLOCK_GETCAPS:
		return 0;
	case PTP_SYS_OFFSET_PRECISE:
		method = GCLK_PTP_PRECISE;
		break;
	case PTP_SYS_OFFSET_EXTENDED:
		method = GCLK_PTP_EXTENDED;
		if (!all_zero(extended->rsv, sizeof extended->rsv) || extended->n_samples == 0)
			g_atomic_int_inc(&rig->bad_requests);
		break;
	case PTP_SYS_OFFSET:
		method = GCLK_PTP_PLAIN;
		if (!all_zero(plain->rsv, sizeof plain->rsv) || plain->n_samples == 0)
			g_atomic_int_inc(&rig->bad_requests);
		break;
	default:
		return ENOTTY;
	}
	g_atomic_int_inc(&rig->asked[method]);
	if (g_atomic_int_get(&rig->errors[method]))
		return g_atomic_int_get(&rig->errors[method]);
	if (method == GCLK_PTP_PRECISE)
		answer_precise(data);
	else if (method == GCLK_PTP_EXTENDED)
		answer_extended(extended);
	else
		answer_plain(plain);
	return 0;
}

static gboolean on_ioctl(UMockdevIoctlBase *handler, UMockdevIoctlClient *client, gpointer user)
{
	gulong request = umockdev_ioctl_client_get_request(client);
	gsize size = _IOC_SIZE(request);
	UMockdevIoctlData *pointer = umockdev_ioctl_client_get_arg(client);
	UMockdevIoctlData *data = umockdev_ioctl_data_resolve(pointer, 0, size, NULL);
	g_autofree gpointer copy = NULL;
	gint error;

	(void)handler;
	if (!data)
		return FALSE;
	copy = g_memdup2(data->data, size);
	error = answer(user, request, copy);
	if (!error)
		umockdev_ioctl_data_update(data, 0, copy, (gint)size);
	umockdev_ioctl_client_complete(client, error ? -1 : 0, error);
	umockdev_ioctl_data_unref(data);
	return TRUE;
}

/* --- the rig ---------------------------------------------------------------------------------- */

static void on_sample(gpointer user, GclkSource *source, const GclkSample *sample)
{
	Rig *rig = user;

	(void)source;
	rig->sample = *sample;
	rig->samples++;
}

static const GclkSourceEvents events = { .sample = on_sample };

static void add_device(Rig *rig, guint number, const char *clock_name)
{
	g_autofree char *node = g_strdup_printf("/dev/ptp%u", number);
	g_autofree char *text = g_strdup_printf("P: /devices/virtual/ptp/ptp%u\nN: ptp%u\n"
						"E: DEVNAME=/dev/ptp%u\nE: SUBSYSTEM=ptp\n"
						"A: clock_name=%s\\n\n",
		number, number, number, clock_name);
	g_autoptr(GError) error = NULL;

	umockdev_testbed_add_from_string(rig->testbed, text, &error);
	g_assert_no_error(error);
	umockdev_testbed_attach_ioctl(rig->testbed, node, rig->handler, &error);
	g_assert_no_error(error);
}

static void set_up(Rig *rig)
{
	memset(rig, 0, sizeof *rig);
	rig->testbed = umockdev_testbed_new();
	rig->handler = umockdev_ioctl_base_new();
	g_signal_connect(rig->handler, "handle-ioctl", G_CALLBACK(on_ioctl), rig);
	rig->context = g_main_context_new();
	gclk_loop_install_poll(rig->context);
	rig->platform = gclk_native_new(NULL, rig->context);
}

static void start(Rig *rig, const char *device)
{
	const GclkPtpSettings settings = { .device = device, .assumed_error = -1 };
	g_autofree char *reason = NULL;

	rig->source = gclk_ptp_source_new(rig->platform, &settings, &reason);
	GCLK_ASSERT_STR(reason, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(rig->source);
	rig->source->events = &events;
	rig->source->user = rig;
	gclk_source_start(rig->source);
}

static void tear_down(Rig *rig)
{
	gclk_source_free(rig->source);
	rig->platform->free(rig->platform);
	g_main_context_unref(rig->context);
	g_object_unref(rig->handler);
	g_object_unref(rig->testbed);
}

/* Runs the loop until there are so many samples, or the trial is over. */
static void wait_for(Rig *rig, guint samples)
{
	gint64 until = g_get_monotonic_time() + TRIAL;

	while (rig->samples < samples && g_get_monotonic_time() < until) {
		g_main_context_iteration(rig->context, FALSE);
		g_usleep(1000);
	}
}

/* --- tests ------------------------------------------------------------------------------------ */

static void each_method(void)
{
	static const struct {
		gint precise, extended;
		const char *method;
		gint64 width;
	} cases[] = {
		{ 0, 0, "PRECISE", 0 },
		{ EOPNOTSUPP, 0, "EXTENDED", 2000 },
		{ ENODEV, EOPNOTSUPP, "PLAIN", 2000 },
		{ ENOTTY, ENOTTY, "PLAIN", 2000 },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		Rig rig;

		set_up(&rig);
		add_device(&rig, 0, "mlx5_ptp");
		add_device(&rig, 1, "KVM virtual PTP");
		rig.errors[GCLK_PTP_PRECISE] = cases[i].precise;
		rig.errors[GCLK_PTP_EXTENDED] = cases[i].extended;
		start(&rig, NULL);
		wait_for(&rig, 2);
		CU_ASSERT_TRUE(rig.samples >= 2);
		GCLK_ASSERT_STR(rig.source->reason, NULL);
		GCLK_ASSERT_STR(rig.source->detail.address, "/dev/ptp1");
		GCLK_ASSERT_STR(rig.source->detail.identity, "KVM virtual PTP");
		GCLK_ASSERT_HAS(rig.source->detail.method, cases[i].method);
		/* to the nanosecond: the device answers relative to the stamps it gives */
		GCLK_ASSERT_INT(rig.sample.offset, AHEAD);
		GCLK_ASSERT_INT(rig.sample.delay, cases[i].width);
		CU_ASSERT_TRUE(ABS(rig.sample.real - now(CLOCK_REALTIME)) < 10 * GCLK_NS_PER_S);
		CU_ASSERT_TRUE(ABS(rig.sample.raw - now(CLOCK_MONOTONIC_RAW)) < 10 * GCLK_NS_PER_S);
		GCLK_ASSERT_INT(rig.bad_requests, 0);
		tear_down(&rig);
	}
}

static void errors_arrive(void)
{
	static const struct {
		gint error;
		GclkSourceCondition condition;
		const char *reason;
	} cases[] = {
		{ ESTALE, GCLK_SOURCE_REFUSED, "/dev/ptp0 (hyperv) has no fresh time" },
		{ EIO, GCLK_SOURCE_UNREACHABLE, "/dev/ptp0 (hyperv) cannot be read" },
		{ ENODEV, GCLK_SOURCE_UNREACHABLE, "/dev/ptp0 (hyperv) has gone" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		Rig rig;

		set_up(&rig);
		add_device(&rig, 0, "hyperv");
		for (gsize m = 0; m < GCLK_PTP_METHODS; m++)
			g_atomic_int_set(&rig.errors[m], cases[i].error);
		start(&rig, NULL);
		for (guint j = 0; j < 500 && rig.source->condition == GCLK_SOURCE_WAITING; j++) {
			g_main_context_iteration(rig.context, FALSE);
			g_usleep(1000);
		}
		GCLK_ASSERT_INT(rig.source->condition, cases[i].condition);
		GCLK_ASSERT_HAS(rig.source->reason, cases[i].reason);
		for (gsize m = 0; m < GCLK_PTP_METHODS; m++)
			g_atomic_int_set(&rig.errors[m], 0);
		wait_for(&rig, 1);
		CU_ASSERT_TRUE(rig.samples >= 1);
		tear_down(&rig);
	}
}

static void gone_and_back(void)
{
	Rig rig;

	set_up(&rig);
	add_device(&rig, 0, "ptp_vmw");
	start(&rig, NULL);
	wait_for(&rig, 1);
	CU_ASSERT_TRUE(rig.samples >= 1);
	for (gsize m = 0; m < GCLK_PTP_METHODS; m++)
		g_atomic_int_set(&rig.errors[m], ENODEV);
	umockdev_testbed_remove_device(rig.testbed, "/sys/devices/virtual/ptp/ptp0");
	for (guint j = 0; j < 2000 && rig.source->condition == GCLK_SOURCE_OK; j++) {
		g_main_context_iteration(rig.context, FALSE);
		g_usleep(1000);
	}
	GCLK_ASSERT_HAS(rig.source->reason, "/dev/ptp0 (ptp_vmw) has gone");
	for (gsize m = 0; m < GCLK_PTP_METHODS; m++)
		g_atomic_int_set(&rig.errors[m], 0);
	add_device(&rig, 5, "ptp_vmw");
	rig.samples = 0;
	wait_for(&rig, 1);
	GCLK_ASSERT_INT(rig.samples, 1);
	GCLK_ASSERT_STR(rig.source->detail.address, "/dev/ptp5");
	tear_down(&rig);
}

static void not_a_clock(void)
{
	Rig rig;

	set_up(&rig);
	start(&rig, "/dev/null");
	for (guint j = 0; j < 500 && rig.source->condition == GCLK_SOURCE_WAITING; j++) {
		g_main_context_iteration(rig.context, FALSE);
		g_usleep(1000);
	}
	GCLK_ASSERT_INT(rig.source->condition, GCLK_SOURCE_UNREACHABLE);
	GCLK_ASSERT_HAS(rig.source->reason, "not a precision clock");
	GCLK_ASSERT_INT(rig.samples, 0);
	tear_down(&rig);
}

/* The preload has to come before everything else, a sanitizer's library too. */
static int run_again(char **argv)
{
	g_setenv("ASAN_OPTIONS", "verify_asan_link_order=0:detect_leaks=0", FALSE);
	execlp("umockdev-wrapper", "umockdev-wrapper", argv[0], "--again", (char *)NULL);
	printf("SKIP: umockdev-wrapper cannot be run: %s\n", g_strerror(errno));
	return 77;
}

static gboolean testbed_works(void)
{
	UMockdevTestbed *testbed = umockdev_testbed_new();
	gboolean works = umockdev_in_mock_environment();

	g_object_unref(testbed);
	return works;
}

int main(int argc, char **argv)
{
	static const GclkTestCase cases[] = {
		{ "each method", each_method },
		{ "errors arrive", errors_arrive },
		{ "gone and back", gone_and_back },
		{ "not a clock", not_a_clock },
		{ NULL, NULL },
	};

	if (argc == 1)
		return run_again(argv);
	if (!testbed_works()) {
		printf("SKIP: umockdev does not work here\n");
		return 77;
	}
	return gclk_test_main("linux-ptp", cases);
}
