/* SPDX-License-Identifier: BSD-2-Clause */
#include "platform/departure.h"

#include "guestclock/sample.h"
#include "harness.h"

static void is(const GclkDeparture *d, gint64 real, gboolean kernel)
{
	GCLK_ASSERT_INT(d->real, real);
	GCLK_ASSERT_INT(d->kernel, kernel);
}

static void test_stamp(void)
{
	GclkDeparture d = { 0 };

	gclk_departure_sent(&d, 1000);
	is(&d, 1000, FALSE);
	gclk_departure_stamp(&d, 1005, TRUE, 0);
	is(&d, 1005, TRUE);
	/* the next one starts anew */
	gclk_departure_sent(&d, 2000);
	is(&d, 2000, FALSE);
	gclk_departure_stamp(&d, 2000, TRUE, 1);
	is(&d, 2000, TRUE);
}

/* Two are under way: the stamp of the first is not taken for that of the second. */
static void test_older(void)
{
	GclkDeparture d = { 0 };

	gclk_departure_sent(&d, 1000);
	gclk_departure_sent(&d, 2000);
	gclk_departure_stamp(&d, 2001, TRUE, 0);
	is(&d, 2000, FALSE);
	gclk_departure_stamp(&d, 2007, TRUE, 1);
	is(&d, 2007, TRUE);
	/* one that comes very late */
	gclk_departure_sent(&d, 3000);
	gclk_departure_stamp(&d, 3001, TRUE, 0);
	is(&d, 3000, FALSE);
}

/* A kernel that counted a datagram which we know as failed. */
static void test_count_ahead(void)
{
	GclkDeparture d = { 0 };

	gclk_departure_sent(&d, 1000);
	gclk_departure_stamp(&d, 1001, TRUE, 3);
	is(&d, 1001, TRUE);
	gclk_departure_sent(&d, 2000);
	gclk_departure_sent(&d, 3000);
	gclk_departure_stamp(&d, 3001, TRUE, 4);
	is(&d, 3000, FALSE);
	gclk_departure_stamp(&d, 3002, TRUE, 5);
	is(&d, 3002, TRUE);
}

static void test_count_wraps(void)
{
	GclkDeparture d = { .next_id = G_MAXUINT32 };

	gclk_departure_sent(&d, 1000);
	gclk_departure_stamp(&d, 1001, TRUE, G_MAXUINT32);
	is(&d, 1001, TRUE);
	gclk_departure_sent(&d, 2000);
	gclk_departure_sent(&d, 3000);
	gclk_departure_stamp(&d, 3001, TRUE, 0);
	is(&d, 3000, FALSE);
	gclk_departure_stamp(&d, 3002, TRUE, 1);
	is(&d, 3002, TRUE);
}

/* A simulator stamps every datagram with the same id, or with none. */
static void test_no_count(void)
{
	GclkDeparture d = { 0 };

	for (gint64 i = 1; i < 5; i++) {
		gclk_departure_sent(&d, i * 1000);
		gclk_departure_stamp(&d, i * 1000 + 5, TRUE, 0);
		is(&d, i * 1000 + 5, TRUE);
	}
	gclk_departure_sent(&d, 9000);
	gclk_departure_stamp(&d, 9001, FALSE, 0);
	is(&d, 9001, TRUE);
}

/* REAL was stepped between the reading and the stamp. */
static void test_stepped(void)
{
	GclkDeparture d = { 0 };

	gclk_departure_sent(&d, 5 * GCLK_NS_PER_S);
	gclk_departure_stamp(&d, 5 * GCLK_NS_PER_S - 1, TRUE, 0);
	is(&d, 5 * GCLK_NS_PER_S, FALSE);
	gclk_departure_sent(&d, 5 * GCLK_NS_PER_S);
	gclk_departure_stamp(&d, 6 * GCLK_NS_PER_S + 1, TRUE, 1);
	is(&d, 5 * GCLK_NS_PER_S, FALSE);
	gclk_departure_sent(&d, 5 * GCLK_NS_PER_S);
	gclk_departure_stamp(&d, 6 * GCLK_NS_PER_S, TRUE, 2);
	is(&d, 6 * GCLK_NS_PER_S, TRUE);
}

int main(void)
{
	static const GclkTestCase cases[] = {
		{ "stamp", test_stamp },
		{ "stamp of an older datagram", test_older },
		{ "count ahead", test_count_ahead },
		{ "count wraps", test_count_wraps },
		{ "no count", test_no_count },
		{ "stepped", test_stepped },
		{ NULL, NULL },
	};

	return gclk_test_main("departure", cases);
}
