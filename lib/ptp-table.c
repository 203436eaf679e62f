/* SPDX-License-Identifier: BSD-2-Clause */
#include "guestclock/ptp-table.h"

#include <string.h>

/*
 * No driver but ENA's (and vmclock's page) says how far its clock may be off, so these stand in,
 * flagged as assumed. A host that is kept by NTP on a LAN, or by a cloud's own service, is within a
 * millisecond of UTC; nobody promises it, hence no smaller figure for a perfect read path.
 */
#define HOST_ERROR GCLK_NS_PER_MS

/* hv_utils extrapolates the last TimeSync sample by the reference counter, and gives up (ESTALE)
   only when that sample is 600 s old (drivers/hv/hv_util.c): 600 s at 15 ppm are 9 ms. */
#define HYPERV_ERROR (10 * GCLK_NS_PER_MS)

/* A read costs about 1 us to 20 us in most drivers: ten find an undisturbed one. */
#define MANY 10
/* The ENA device is rate limited (Amazon: 125 requests a second), the virtio device may take
   milliseconds an answer (drivers/virtio/virtio_rtc_ptp.c): ask less. */
#define FEW 5

static const GclkPtpClock clocks[] = {
	/* drivers/ptp/ptp_vmclock.c, Linux 6.13. First, because its page can state a bound.
	   Delivered UTC until commit 562f59fe3291 "return TAI not UTC", which came with Linux 7.0.
	 */
	{ "vmclock#", "ptp_vmclock", TRUE, GCLK_TIMESCALE_UTC, 7, HOST_ERROR, MANY, NULL, "amazon",
		"ptp_vmclock", "CONFIG_PTP_1588_CLOCK_VMCLOCK", NULL },
	/* drivers/ptp/ptp_kvm_common.c: CLOCK_REALTIME of the host, its steps and smears included.
	   No bus announces it, so nothing loads the module by itself. */
	{ "KVM virtual PTP", "ptp_kvm", TRUE, GCLK_TIMESCALE_UTC, 0, HOST_ERROR, MANY, NULL,
		"kvm google", "ptp_kvm", "CONFIG_PTP_1588_CLOCK_KVM", NULL },
	/* drivers/ptp/ptp_vmw.c, Linux 5.7: system time of ESXi; needs the "precision clock"
	   device. */
	{ "ptp_vmw", "ptp_vmw", TRUE, GCLK_TIMESCALE_UTC, 0, HOST_ERROR, MANY, NULL, "vmware",
		"ptp_vmw", "CONFIG_PTP_1588_CLOCK_VMW", NULL },
	/* drivers/hv/hv_util.c: the TimeSync integration service. */
	{ "hyperv", "hyperv", TRUE, GCLK_TIMESCALE_UTC, 0, HYPERV_ERROR, MANY, NULL, "microsoft",
		"hv_utils", "CONFIG_HYPERV_UTILS", NULL },
	/* drivers/net/ethernet/amazon/ena/ena_phc.c, Linux 6.17: the Nitro card's clock, kept by
	   the host's side. The driver caches the device's own error bound at every read. */
	{ "ena-ptp-%", "ena", TRUE, GCLK_TIMESCALE_UTC, 0, HOST_ERROR, FEW,
		"device/phc_error_bound", "amazon", NULL, NULL, NULL },
	/* drivers/virtio/virtio_rtc_ptp.c, Linux 6.16; types as in linux/virtio_rtc.h. */
	{ "Virtio PTP type 0/variant #", "virtio_rtc", TRUE, GCLK_TIMESCALE_UTC, 0, HOST_ERROR, FEW,
		NULL, "kvm", "virtio_rtc", "CONFIG_VIRTIO_RTC_PTP", NULL },
	{ "Virtio PTP type 1/variant #", "virtio_rtc", TRUE, GCLK_TIMESCALE_TAI, 0, HOST_ERROR, FEW,
		NULL, "kvm", "virtio_rtc", "CONFIG_VIRTIO_RTC_PTP", NULL },
	/* drivers/ptp/ptp_s390.c: the extended TOD clock, UTC once STP steers it; without STP it
	   cannot be read. The physical clock beside it is what STP has not steered. */
	{ "s390 STCKE Clock", "ptp_s390", TRUE, GCLK_TIMESCALE_UTC, 0, HOST_ERROR, MANY, NULL,
		"zvm", "ptp_s390", "CONFIG_PTP_S390", NULL },

	/* From here on: never chosen, only used when the configuration names the device. */
	{ "Virtio PTP type 2/variant #", "virtio_rtc", FALSE, GCLK_TIMESCALE_MONOTONIC, 0,
		HOST_ERROR, FEW, NULL, NULL, "virtio_rtc", NULL,
		"a monotonic clock, not the time of day" },
	{ "Virtio PTP type 3/variant #", "virtio_rtc", FALSE, GCLK_TIMESCALE_SMEARED, 0, HOST_ERROR,
		FEW, NULL, NULL, "virtio_rtc", NULL, "smears leap seconds" },
	{ "Virtio PTP type 4/variant #", "virtio_rtc", FALSE, GCLK_TIMESCALE_SMEARED, 0, HOST_ERROR,
		FEW, NULL, NULL, "virtio_rtc", NULL, "may smear leap seconds" },
	{ "Virtio PTP type *", "virtio_rtc", FALSE, GCLK_TIMESCALE_UNKNOWN, 0, HOST_ERROR, FEW,
		NULL, NULL, "virtio_rtc", NULL, "a kind of virtio clock that is not known" },
	{ "s390 Physical Clock", "ptp_s390", FALSE, GCLK_TIMESCALE_UNKNOWN, 0, HOST_ERROR, MANY,
		NULL, NULL, "ptp_s390", NULL, "the machine's clock before STP steers it" },
	/* drivers/net/ethernet/google/gve: stamps packets; its reads gave EOPNOTSUPP when it came.
	 */
	{ "gve clock", "gve", FALSE, GCLK_TIMESCALE_UNKNOWN, 0, HOST_ERROR, FEW, NULL, NULL, NULL,
		NULL, "Google's network card stamps packets with it; it cannot be read" },
	/* drivers/ptp/ptp_vclock.c */
	{ "ptp#_virt", "vclock", FALSE, GCLK_TIMESCALE_UNKNOWN, 0, HOST_ERROR, MANY, NULL, NULL,
		NULL, NULL, "a virtual clock upon a network card's" },
	/* Everything else is the PHC of a network card. It counts what ptp4l, or nobody, has set.
	 */
	{ "*", "phc", FALSE, GCLK_TIMESCALE_UNKNOWN, 0, HOST_ERROR, MANY, NULL, NULL, NULL, NULL,
		"a network card's clock, not the host's time" },
};

gsize gclk_ptp_clocks(const GclkPtpClock **out)
{
	*out = clocks;
	return G_N_ELEMENTS(clocks);
}

static gboolean is_lower_hex(char c)
{
	return g_ascii_isdigit(c) || (c >= 'a' && c <= 'f');
}

gboolean gclk_ptp_name_matches(const char *pattern, const char *name)
{
	for (; *pattern; pattern++) {
		switch (*pattern) {
		case '*':
			return TRUE;
		case '#':
			if (!g_ascii_isdigit(*name))
				return FALSE;
			while (g_ascii_isdigit(*name))
				name++;
			break;
		case '%':
			if (!is_lower_hex(name[0]) || !is_lower_hex(name[1]))
				return FALSE;
			name += 2;
			break;
		default:
			if (*name != *pattern)
				return FALSE;
			name++;
		}
	}
	return *name == '\0';
}

const GclkPtpClock *gclk_ptp_clock_find(const char *clock_name)
{
	gsize i = 0;

	while (i < G_N_ELEMENTS(clocks) - 1 &&
		!gclk_ptp_name_matches(clocks[i].pattern, clock_name ? clock_name : ""))
		i++;
	return &clocks[i];
}

gsize gclk_ptp_clock_rank(const GclkPtpClock *clock)
{
	return (gsize)(clock - clocks);
}

GclkTimescale gclk_ptp_clock_timescale(const GclkPtpClock *clock, const char *kernel_release)
{
	guint64 major;

	if (clock->tai_since == 0)
		return clock->timescale;
	if (!kernel_release || !g_ascii_isdigit(*kernel_release))
		return GCLK_TIMESCALE_UNKNOWN;
	major = g_ascii_strtoull(kernel_release, NULL, 10);
	return major >= (guint64)clock->tai_since ? GCLK_TIMESCALE_TAI : clock->timescale;
}

/* Is word one of the words of text? */
static gboolean has_word(const char *text, const char *word)
{
	g_auto(GStrv) words = g_strsplit(text, " ", -1);

	return g_strv_contains((const char *const *)words, word);
}

const GclkPtpClock *gclk_ptp_clock_expected(const char *hypervisor)
{
	for (gsize i = 0; hypervisor && i < G_N_ELEMENTS(clocks); i++)
		if (clocks[i].hypervisor && clocks[i].config &&
			has_word(clocks[i].hypervisor, hypervisor))
			return &clocks[i];
	return NULL;
}
