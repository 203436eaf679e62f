/* SPDX-License-Identifier: BSD-2-Clause */
#include "build-config.h" /* _GNU_SOURCE: CLOCK_MONOTONIC_COARSE */

#include "detect/tick-counters.h"

#include <errno.h>
#include <sched.h>
#include <time.h>

#if defined(__x86_64__) || defined(__i386__)
#include <x86intrin.h>
#endif

/* A stated frequency is a nominal one; a measured one was held against the PIT or the PM timer for
   tens of ms (arch/x86/kernel/tsc.c). */
#define STATED_ERROR_PPM   100.0
#define MEASURED_ERROR_PPM 500.0
/* What a TSC that promises nothing may be off besides. Behind a hypervisor it is the promise that
   is missing (it would forbid migration), more often than the constancy. */
#define UNSTEADY_ERROR_PPM 20000.0
/* Nothing counts slower or faster. */
#define KHZ_MIN 10e3
#define KHZ_MAX 20e6

/* --- this system -------------------------------------------------------------------------------
 */

/* The coarse clock moves with each tick, and says so: CONFIG_HZ is not shown anywhere else. */
static guint native_hz(gpointer user)
{
	guint hz = 0;

	(void)user;
#if defined(__linux__) && defined(CLOCK_MONOTONIC_COARSE)
	struct timespec resolution;

	if (clock_getres(CLOCK_MONOTONIC_COARSE, &resolution) == 0 && resolution.tv_sec == 0 &&
		resolution.tv_nsec >= 100000)
		hz = (guint)((GCLK_NS_PER_S + resolution.tv_nsec / 2) / resolution.tv_nsec);
#endif
	return hz;
}

static void native_sleep(gpointer user, gint64 ns)
{
	struct timespec left = {
		.tv_sec = (time_t)(ns / GCLK_NS_PER_S),
		.tv_nsec = (long)(ns % GCLK_NS_PER_S),
	};

	(void)user;
	while (nanosleep(&left, &left) < 0 && errno == EINTR)
		;
}

static gboolean native_hurry(gpointer user, gboolean on)
{
	struct sched_param param = { .sched_priority =
					     on ? sched_get_priority_min(SCHED_FIFO) : 0 };

	(void)user;
	return sched_setscheduler(0, on ? SCHED_FIFO : SCHED_OTHER, &param) == 0;
}

#if defined(__x86_64__) || defined(__i386__)
static guint64 native_tsc(gpointer user)
{
	(void)user;
	return __rdtsc();
}
#endif

const GclkTickSystem *gclk_tick_system_native(void)
{
	static const GclkTickSystem native = {
		.hz = native_hz,
		.sleep = native_sleep,
		.hurry = native_hurry,
#if defined(__x86_64__) || defined(__i386__)
		.tsc = native_tsc,
#endif
	};

	return &native;
}

/* --- how fast the TSC counts -------------------------------------------------------------------
 */

enum { EAX, EBX, ECX, EDX };

/* The highest leaf of the range that begins with first; 0: there is no such range. */
static guint32 highest_leaf(GclkCpuid cpuid, guint32 first)
{
	guint32 r[4] = { 0 };

	cpuid(first, r);
	return r[EAX] >= first && r[EAX] - first < 0x10000 ? r[EAX] : 0;
}

/* Intel: crystal frequency (ECX, Hz) times EBX / EAX. Zeros are "not enumerated". */
static double crystal_khz(GclkCpuid cpuid)
{
	guint32 r[4] = { 0 };

	if (highest_leaf(cpuid, 0) < 0x15)
		return 0;
	cpuid(0x15, r);
	return r[EAX] && r[EBX] && r[ECX] ? (double)r[ECX] * r[EBX] / r[EAX] / 1e3 : 0;
}

/* VMware's timing leaf, which KVM hosts may offer too: EAX is the TSC in kHz. It is asked for only
   below a hypervisor: other processors answer such leaves with those of another. */
static double hypervisor_khz(GclkCpuid cpuid)
{
	guint32 r[4] = { 0 };

	cpuid(1, r);
	if (!(r[ECX] & (1U << 31)) || highest_leaf(cpuid, 0x40000000) < 0x40000010)
		return 0;
	cpuid(0x40000010, r);
	return r[EAX];
}

static gboolean is_invariant(GclkCpuid cpuid)
{
	guint32 r[4] = { 0 };

	if (highest_leaf(cpuid, 0x80000000) < 0x80000007)
		return FALSE;
	cpuid(0x80000007, r);
	return (r[EDX] & (1U << 8)) != 0;
}

static gboolean take(GclkTsc *out, double khz, double error_ppm, const char *stated_by)
{
	if (khz < KHZ_MIN || khz > KHZ_MAX)
		return FALSE;
	out->khz = khz;
	out->error_ppm = error_ppm + (out->invariant ? 0 : UNSTEADY_ERROR_PPM);
	out->stated_by = stated_by;
	return TRUE;
}

void gclk_tsc_read(GclkCpuid cpuid, double log_khz, GclkTsc *out)
{
	*out = (GclkTsc){ 0 };
	if (!cpuid)
		return;
	out->invariant = is_invariant(cpuid);
	/* the hypervisor knows what it scales to; the processor's leaf may be the host's */
	if (!take(out, hypervisor_khz(cpuid), STATED_ERROR_PPM, "CPUID 0x40000010") &&
		!take(out, crystal_khz(cpuid), STATED_ERROR_PPM, "CPUID 0x15"))
		take(out, log_khz, MEASURED_ERROR_PPM, "the kernel's calibration");
}

gint64 gclk_tsc_ns(const GclkTsc *tsc, guint64 cycles)
{
	/* long double: 2^63 cycles to less than a ns */
	return tsc->khz > 0 ? (gint64)((long double)cycles * 1e6L / (long double)tsc->khz) : 0;
}
