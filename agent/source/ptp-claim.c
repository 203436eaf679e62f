/* SPDX-License-Identifier: BSD-2-Clause */
#include "source/ptp-claim.h"

/* The host renews its page of its own accord; error and leap second change slowly. */
#define PAGE_RENEW     (16 * GCLK_NS_PER_S)
#define PAGE_MAX       65536
#define BOUND_FILE_MAX 4096

void gclk_ptp_claim_renew(
	GclkPtpClaim *claim, GclkPlatform *platform, const GclkPtpDevice *device, gint64 now)
{
	g_autofree char *path = NULL;
	g_autofree char *bytes = NULL;
	gsize length = 0;

	if (!gclk_ptp_name_matches("vmclock#", device->clock_name) || now < claim->renew)
		return;
	claim->renew = now + PAGE_RENEW;
	path = g_strconcat("/dev/", device->clock_name, NULL);
	bytes = platform->read_file(platform, path, PAGE_MAX, &length, NULL);
	claim->has_page =
		bytes && gclk_vmclock_parse((const guint8 *)bytes, length, &claim->page, NULL);
}

const char *gclk_ptp_claim_refusal(const GclkPtpClaim *claim)
{
	if (claim->has_page && claim->page.status == GCLK_VMCLOCK_UNRELIABLE)
		return "gives no time: the hypervisor calls its clock unreliable";
	if (claim->has_page && claim->page.status == GCLK_VMCLOCK_INITIALISING)
		return "has no time yet: the host is still setting its clock";
	return NULL;
}

gint64 gclk_ptp_claim_bound(const GclkPtpClaim *claim, GclkPlatform *platform,
	const GclkPtpDevice *device, gint64 utc, gint tai_offset)
{
	g_autofree char *path = NULL;
	g_autofree char *text = NULL;
	guint64 value;

	if (claim->has_page)
		return gclk_vmclock_bound(&claim->page, utc, tai_offset);
	if (!device->clock->bound_file)
		return GCLK_BOUND_UNKNOWN;
	path = g_strdup_printf(
		"/sys/class/ptp/ptp%u/%s", device->number, device->clock->bound_file);
	text = platform->read_file(platform, path, BOUND_FILE_MAX, NULL, NULL);
	if (!text ||
		!g_ascii_string_to_unsigned(g_strstrip(text), 10, 1, G_MAXUINT32 - 1, &value, NULL))
		return GCLK_BOUND_UNKNOWN;
	return (gint64)value;
}
