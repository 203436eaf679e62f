/* SPDX-License-Identifier: BSD-2-Clause */
/* The backdoor source against a scripted hypervisor: what it makes of a time that is told. */
#include <string.h>

#include "fake-platform.h"
#include "guestclock/ptp-table.h"
#include "harness.h"
#include "source/backdoor.h"

#define MS GCLK_NS_PER_MS
#define US GCLK_NS_PER_US

typedef struct {
	GclkFake *fake;
	GclkSource *source;
	/* the hypervisor */
	gint64 ahead;    /* host minus REAL, ns */
	gint64 backlog;  /* ns, -1: not told */
	gint64 takes[4]; /* ns that the reads take, in turn */
	gint64 set_real; /* somebody sets REAL by so much in the middle of a read */
	gint64 absolute; /* if not 0, what it tells */
	gboolean is_mute;
	guint asked;
	/* what the source said */
	GclkSample sample;
	guint samples, changes;
} Bed;

static gboolean read_host(const GclkHostReader *reader, GclkHostTime *out)
{
	Bed *bed = reader->user;
	gint64 takes = bed->takes[bed->asked++ % 4];

	bed->fake->now += takes / 2;
	*out = (GclkHostTime){
		.time = bed->fake->now + bed->fake->real + bed->ahead,
		.resolution = US,
		.backlog = bed->backlog,
	};
	out->time -= out->time % US;
	if (bed->absolute)
		out->time = bed->absolute;
	bed->fake->real += bed->set_real;
	bed->fake->now += takes - takes / 2;
	return !bed->is_mute;
}

static void on_sample(gpointer user, GclkSource *source, const GclkSample *sample)
{
	Bed *bed = user;

	CU_ASSERT_PTR_EQUAL(source, bed->source);
	bed->sample = *sample;
	bed->samples++;
}

static void on_changed(gpointer user, GclkSource *source)
{
	(void)source;
	((Bed *)user)->changes++;
}

static const GclkSourceEvents events = { .sample = on_sample, .changed = on_changed };

static void set_up(Bed *bed, gint poll)
{
	const GclkHostReader reader = {
		.read = read_host, .name = "GETTIMEFULL", .user = bed, .command = 46
	};
	const GclkBackdoorSettings settings = { &reader, poll, 3 * MS };

	*bed = (Bed){ .fake = gclk_fake_new(), .backlog = -1 };
	bed->fake->width = 0;
	bed->takes[0] = bed->takes[1] = bed->takes[2] = bed->takes[3] = 10 * US;
	bed->source = gclk_backdoor_source_new(&bed->fake->platform, &settings);
	bed->source->events = &events;
	bed->source->user = bed;
	gclk_source_start(bed->source);
}

static void tear_down(Bed *bed)
{
	gclk_source_free(bed->source);
	GCLK_ASSERT_INT(gclk_fake_next_timer(bed->fake), -1);
	gclk_fake_free(bed->fake);
}

static guint64 dropped(const Bed *bed, const char *name)
{
	const GclkSourceDrop *drops;
	gsize n = bed->source->ops->drops(bed->source, &drops);

	for (gsize i = 0; i < n; i++)
		if (strcmp(drops[i].name, name) == 0)
			return drops[i].count;
	return G_MAXUINT64;
}

/* --- what it is ------------------------------------------------------------------------------- */

static void test_who(void)
{
	Bed bed;

	set_up(&bed, 2);
	GCLK_ASSERT_INT(bed.source->kind, GCLK_SOURCE_HOST);
	GCLK_ASSERT_STR(bed.source->origin, GCLK_ORIGIN_HOST);
	GCLK_ASSERT_STR(bed.source->name, "vmware-backdoor");
	GCLK_ASSERT_STR(bed.source->detail.method, "GETTIMEFULL");
	GCLK_ASSERT_INT(bed.source->condition, GCLK_SOURCE_WAITING);
	tear_down(&bed);
}

/* --- samples -----------------------------------------------------------------------------------
 */

static void test_sign(void)
{
	static const gint64 ahead[] = { 0, 250 * MS, -250 * MS, 5 * US, -3600 * GCLK_NS_PER_S };

	for (gsize i = 0; i < G_N_ELEMENTS(ahead); i++) {
		Bed bed;

		set_up(&bed, 2);
		bed.ahead = ahead[i];
		gclk_fake_pass(bed.fake, 1);
		GCLK_ASSERT_INT(bed.samples, 1);
		GCLK_ASSERT_NEAR(bed.sample.offset, ahead[i], 501);
		CU_ASSERT(ABS(bed.sample.offset - ahead[i]) <= bed.sample.delay / 2);
		GCLK_ASSERT_INT(bed.sample.delay, 11 * US);
		GCLK_ASSERT_INT(bed.sample.reference_bound, 3 * MS);
		GCLK_ASSERT_INT(bed.sample.flags, GCLK_SAMPLE_ASSUMED);
		GCLK_ASSERT_INT(bed.sample.timescale, GCLK_TIMESCALE_UTC);
		GCLK_ASSERT_INT(bed.sample.leap, GCLK_LEAP_NONE);
		GCLK_ASSERT_INT(bed.source->condition, GCLK_SOURCE_OK);
		GCLK_ASSERT_INT(bed.sample.real - bed.sample.raw, bed.fake->real - GCLK_FAKE_RAW);
		tear_down(&bed);
	}
}

static void test_best_bracket(void)
{
	Bed bed;

	set_up(&bed, 2);
	bed.takes[0] = 900 * US;
	bed.takes[1] = 1900 * US;
	bed.takes[2] = 4 * US;
	bed.takes[3] = 30 * US;
	gclk_fake_pass(bed.fake, 1);
	GCLK_ASSERT_INT(bed.asked, 4);
	GCLK_ASSERT_INT(bed.sample.delay, 5 * US);
	tear_down(&bed);
}

static void test_bracket_limit(void)
{
	Bed bed;

	set_up(&bed, 2);
	for (gsize i = 0; i < 4; i++)
		bed.takes[i] = 2 * MS + US;
	gclk_fake_pass(bed.fake, 1);
	GCLK_ASSERT_INT(bed.samples, 0);
	GCLK_ASSERT_INT(dropped(&bed, "bracket"), 4);
	/* one of four is enough */
	bed.takes[2] = 2 * MS;
	gclk_fake_pass(bed.fake, 300 * MS);
	CU_ASSERT(bed.samples > 0);
	GCLK_ASSERT_INT(bed.sample.delay, 2 * MS + US);
	tear_down(&bed);
}

/* The pairs themselves are as wide. */
static void test_pair_width(void)
{
	Bed bed;

	set_up(&bed, 2);
	bed.fake->width = 6 * US;
	gclk_fake_pass(bed.fake, 1);
	GCLK_ASSERT_INT(bed.sample.delay, 17 * US);
	tear_down(&bed);
}

static void test_set_in_the_middle(void)
{
	Bed bed;

	set_up(&bed, 2);
	bed.set_real = 50 * MS;
	gclk_fake_pass(bed.fake, 1);
	GCLK_ASSERT_INT(bed.samples, 0);
	GCLK_ASSERT_INT(dropped(&bed, "disturbed"), 4);
	tear_down(&bed);
}

/* --- a backlog of ticks ------------------------------------------------------------------------
 */

/* The clock counts no ticks: late interrupts cost it nothing. */
static void test_backlog_tickless(void)
{
	Bed bed;

	set_up(&bed, 2);
	bed.ahead = 40 * MS;
	bed.backlog = 30 * MS;
	gclk_fake_pass(bed.fake, 1);
	GCLK_ASSERT_NEAR(bed.sample.offset, 40 * MS, 501);
	GCLK_ASSERT_INT(bed.sample.reference_bound, 3 * MS);
	CU_ASSERT_PTR_NULL(bed.source->detail.note);
	tear_down(&bed);
}

/* It does: what is on its way is no error, but may be lost. */
static void test_backlog_ticks(void)
{
	Bed bed;

	set_up(&bed, 2);
	bed.fake->platform.coarseness = 4 * MS;
	bed.fake->width = 4 * MS;
	bed.ahead = 40 * MS;
	bed.backlog = 30 * MS;
	gclk_fake_pass(bed.fake, 1);
	GCLK_ASSERT_INT(bed.samples, 1);
	GCLK_ASSERT_NEAR(bed.sample.offset, 10 * MS, 501);
	GCLK_ASSERT_INT(bed.sample.reference_bound, 33 * MS);
	/* caught up: the same sample, since the clock has got what it was owed */
	bed.backlog = 0;
	bed.ahead = 10 * MS;
	gclk_fake_pass(bed.fake, 150 * MS);
	GCLK_ASSERT_NEAR(bed.sample.offset, 10 * MS, 501);
	GCLK_ASSERT_INT(bed.sample.reference_bound, 3 * MS);
	/* far behind */
	bed.backlog = 200 * MS;
	gclk_fake_pass(bed.fake, 150 * MS);
	CU_ASSERT_PTR_NOT_NULL(bed.source->detail.note);
	/* a command that does not tell it */
	bed.backlog = -1;
	gclk_fake_pass(bed.fake, 150 * MS);
	GCLK_ASSERT_NEAR(bed.sample.offset, 10 * MS, 501);
	CU_ASSERT_PTR_NULL(bed.source->detail.note);
	tear_down(&bed);
}

/* --- bad hosts ---------------------------------------------------------------------------------
 */

static void test_implausible(void)
{
	static const gint64 times[] = { GCLK_NS_PER_S, G_GINT64_CONSTANT(946684799) * GCLK_NS_PER_S,
		-GCLK_NS_PER_S, G_MAXINT64 - 999 };

	for (gsize i = 0; i < G_N_ELEMENTS(times); i++) {
		Bed bed;

		set_up(&bed, 2);
		bed.absolute = times[i];
		gclk_fake_pass(bed.fake, 1);
		GCLK_ASSERT_INT(bed.samples, 0);
		GCLK_ASSERT_INT(bed.source->condition, GCLK_SOURCE_REFUSED);
		CU_ASSERT_PTR_NOT_NULL(bed.source->reason);
		GCLK_ASSERT_INT(dropped(&bed, "implausible"), 1);
		bed.absolute = 0;
		gclk_fake_pass(bed.fake, GCLK_NS_PER_S);
		GCLK_ASSERT_INT(bed.source->condition, GCLK_SOURCE_OK);
		tear_down(&bed);
	}
}

static void test_falls_silent(void)
{
	Bed bed;

	set_up(&bed, 0);
	gclk_fake_pass(bed.fake, 10 * GCLK_NS_PER_S);
	GCLK_ASSERT_INT(bed.source->condition, GCLK_SOURCE_OK);
	GCLK_ASSERT_INT(bed.source->detail.reach, 255);
	bed.is_mute = TRUE;
	gclk_fake_pass(bed.fake, 7 * GCLK_NS_PER_S);
	GCLK_ASSERT_INT(bed.source->condition, GCLK_SOURCE_OK);
	gclk_fake_pass(bed.fake, 2 * GCLK_NS_PER_S);
	GCLK_ASSERT_INT(bed.source->condition, GCLK_SOURCE_UNREACHABLE);
	CU_ASSERT(dropped(&bed, "silent") >= 32);
	bed.is_mute = FALSE;
	gclk_fake_pass(bed.fake, GCLK_NS_PER_S);
	GCLK_ASSERT_INT(bed.source->condition, GCLK_SOURCE_OK);
	tear_down(&bed);
}

/* --- when --------------------------------------------------------------------------------------
 */

static void test_pace(void)
{
	Bed bed;
	guint before;

	set_up(&bed, 4);
	gclk_fake_pass(bed.fake, GCLK_NS_PER_S);
	GCLK_ASSERT_INT(bed.samples, 5); /* a burst */
	gclk_fake_pass(bed.fake, 160 * GCLK_NS_PER_S);
	GCLK_ASSERT_INT(bed.samples, 15);
	before = bed.samples;
	gclk_source_burst(bed.source);
	gclk_source_burst(bed.source); /* is under way */
	gclk_source_stepped(bed.source, GCLK_NS_PER_S);
	bed.source->ops->tune(bed.source, 1);
	gclk_fake_pass(bed.fake, GCLK_NS_PER_S);
	GCLK_ASSERT_INT(bed.samples - before, 5);
	GCLK_ASSERT_INT(bed.source->detail.requests, bed.samples);
	GCLK_ASSERT_INT(bed.source->detail.replies, bed.samples);
	tear_down(&bed);
}

int main(void)
{
	static const GclkTestCase cases[] = {
		{ "who it is", test_who },
		{ "sign", test_sign },
		{ "the best bracket of four", test_best_bracket },
		{ "brackets that are too wide", test_bracket_limit },
		{ "the pairs' width counts", test_pair_width },
		{ "REAL is set in the middle", test_set_in_the_middle },
		{ "backlog, no ticks counted", test_backlog_tickless },
		{ "backlog, ticks counted", test_backlog_ticks },
		{ "no time of day", test_implausible },
		{ "it falls silent", test_falls_silent },
		{ "pace", test_pace },
		{ 0 },
	};

	return gclk_test_main("backdoor", cases);
}
