/* SPDX-License-Identifier: BSD-2-Clause */
#include "discipline/host-claim.h"

#include "harness.h"

#define MS GCLK_NS_PER_MS
#define US GCLK_NS_PER_US
#define S  GCLK_NS_PER_S

static GclkHostClaim claim(gboolean synchronised, gint64 bound)
{
	return (GclkHostClaim){
		.known = TRUE,
		.host = { .protocol = GCLK_PROTOCOL_PTP,
			.synchronised = synchronised,
			.bound = bound },
		.raw = 100 * S,
		.valid = 68 * S,
	};
}

static GclkSample sample(guint flags, gint64 bound)
{
	return (GclkSample){ .raw = 100 * S, .reference_bound = bound, .flags = flags };
}

static void assumed_becomes_claimed(void)
{
	GclkHostClaim c = claim(TRUE, 30 * US);
	GclkSample s = sample(GCLK_SAMPLE_ASSUMED | GCLK_SAMPLE_KERNEL_RX, 5 * US);

	gclk_host_claim_bind(&c, &s);
	GCLK_ASSERT_INT(s.reference_bound, 30 * US);
	GCLK_ASSERT_INT(s.flags, GCLK_SAMPLE_KERNEL_RX);
	/* smaller than what was assumed: the host knows */
	c = claim(TRUE, 1 * US);
	s = sample(GCLK_SAMPLE_ASSUMED, 5 * US);
	gclk_host_claim_bind(&c, &s);
	GCLK_ASSERT_INT(s.reference_bound, 1 * US);
}

/* 15 ppm for a minute. */
static void grows_with_age(void)
{
	GclkHostClaim c = claim(TRUE, 30 * US);
	GclkSample s = sample(GCLK_SAMPLE_ASSUMED, 5 * US);

	s.raw = 160 * S;
	gclk_host_claim_bind(&c, &s);
	GCLK_ASSERT_INT(s.reference_bound, 930 * US);
	/* a sample that was taken before the host said so is no younger for it */
	s = sample(GCLK_SAMPLE_ASSUMED, 5 * US);
	s.raw = 99 * S;
	gclk_host_claim_bind(&c, &s);
	GCLK_ASSERT_INT(s.reference_bound, 30 * US);
}

static void stated_stays(void)
{
	GclkHostClaim c = claim(TRUE, 1 * US);
	GclkSample s = sample(0, 5 * US);

	gclk_host_claim_bind(&c, &s);
	GCLK_ASSERT_INT(s.reference_bound, 5 * US);
	s = sample(0, GCLK_BOUND_UNKNOWN);
	gclk_host_claim_bind(&c, &s);
	CU_ASSERT_TRUE(s.reference_bound == GCLK_BOUND_UNKNOWN);
}

static void unknown_leaves_assumed(void)
{
	GclkHostClaim c = claim(TRUE, GCLK_BOUND_UNKNOWN);
	GclkSample s = sample(GCLK_SAMPLE_ASSUMED, 5 * US);

	gclk_host_claim_bind(&c, &s);
	GCLK_ASSERT_INT(s.reference_bound, 5 * US);
	GCLK_ASSERT_INT(s.flags, GCLK_SAMPLE_ASSUMED);
}

static void expires(void)
{
	GclkHostClaim c = claim(FALSE, 30 * US);
	GclkSample s = sample(GCLK_SAMPLE_ASSUMED, 5 * US);

	CU_ASSERT_TRUE(gclk_host_claim_holds(&c, 168 * S));
	CU_ASSERT_FALSE(gclk_host_claim_holds(&c, 168 * S + 1));
	CU_ASSERT_PTR_NOT_NULL(gclk_host_claim_refusal(&c, 168 * S));
	CU_ASSERT_PTR_NULL(gclk_host_claim_refusal(&c, 168 * S + 1));
	s.raw = 168 * S + 1;
	gclk_host_claim_bind(&c, &s);
	GCLK_ASSERT_INT(s.flags, GCLK_SAMPLE_ASSUMED);
	c = (GclkHostClaim){ 0 };
	CU_ASSERT_FALSE(gclk_host_claim_holds(&c, 0));
	CU_ASSERT_PTR_NULL(gclk_host_claim_refusal(&c, 0));
}

static void unsynchronised_gives_rate_only(void)
{
	GclkHostClaim c = claim(FALSE, 30 * US);
	GclkSample s = sample(GCLK_SAMPLE_ASSUMED, 5 * US);

	c.host.leap = GCLK_LEAP_INSERT;
	gclk_host_claim_bind(&c, &s);
	GCLK_ASSERT_INT(s.flags, GCLK_SAMPLE_ASSUMED | GCLK_SAMPLE_RATE_ONLY);
	GCLK_ASSERT_INT(s.reference_bound, 5 * US);
	GCLK_ASSERT_INT(s.leap, GCLK_LEAP_NONE);
}

static void leap_is_announced(void)
{
	GclkHostClaim c = claim(TRUE, 30 * US);
	GclkSample s = sample(0, 5 * US);

	c.host.leap = GCLK_LEAP_INSERT;
	gclk_host_claim_bind(&c, &s);
	GCLK_ASSERT_INT(s.leap, GCLK_LEAP_INSERT);
	/* what the source itself announces stays */
	s.leap = GCLK_LEAP_DELETE;
	gclk_host_claim_bind(&c, &s);
	GCLK_ASSERT_INT(s.leap, GCLK_LEAP_DELETE);
}

static void refusals(void)
{
	GclkHostClaim c = claim(FALSE, 0);

	GCLK_ASSERT_HAS(gclk_host_claim_refusal(&c, 100 * S), "the host says");
	GCLK_ASSERT_HAS(gclk_host_claim_refusal(&c, 100 * S), "PTP");
	c.host.protocol = GCLK_PROTOCOL_NONE;
	GCLK_ASSERT_HAS(gclk_host_claim_refusal(&c, 100 * S), "nothing keeps");
	c.host.protocol = (GclkProtocol)77;
	GCLK_ASSERT_HAS(gclk_host_claim_refusal(&c, 100 * S), "cannot tell");
	c.host.synchronised = TRUE;
	CU_ASSERT_PTR_NULL(gclk_host_claim_refusal(&c, 100 * S));
}

int main(void)
{
	static const GclkTestCase cases[] = {
		{ "an assumed bound becomes the claimed one", assumed_becomes_claimed },
		{ "a claim's bound grows with its age", grows_with_age },
		{ "a stated bound stays", stated_stays },
		{ "a claim without a bound leaves the assumed one", unknown_leaves_assumed },
		{ "a claim holds for a while", expires },
		{ "a host that is not synchronised gives its rate only",
			unsynchronised_gives_rate_only },
		{ "a leap second is announced", leap_is_announced },
		{ "refusals in words", refusals },
		{ NULL, NULL },
	};

	return gclk_test_main("host-claim", cases);
}
