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

static gboolean runs_free(const GclkPtpClaim *claim)
{
	return claim->has_page && claim->page.status == GCLK_VMCLOCK_FREE_RUNNING;
}

/* Nothing then tells how far the clock has drifted, and an assumed bound would belie the host. */
gboolean gclk_ptp_claim_rate_only(const GclkPtpClaim *claim)
{
	return runs_free(claim) && gclk_vmclock_bound(&claim->page, 0, 0) == GCLK_BOUND_UNKNOWN;
}

const char *gclk_ptp_claim_note(const GclkPtpClaim *claim)
{
	return runs_free(claim) ? "the host has lost its own reference: its clock runs free, and "
				  "the bound that it states grows"
				: NULL;
}

const char *gclk_ptp_claim_refusal(const GclkPtpClaim *claim)
{
	if (gclk_ptp_claim_rate_only(claim))
		return "gives its rate only: the host has lost its own reference, and does not say "
		       "how far its clock may be off";
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
