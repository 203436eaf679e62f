/* SPDX-License-Identifier: BSD-2-Clause */
/* The vmclock page as a witness: a page that the test writes, on a platform that it moves by hand;
   and the real platform's reading and watching of a page. */
#include <errno.h>
#include <string.h>

#include "fake-platform.h"
#include "harness.h"
#include "platform/native.h"
#include "scratch.h"
#include "source/vmclock-witness.h"

#define SECOND         GCLK_NS_PER_S
#define PAGE           4096
#define NOTIFIES       (1 << 9)
#define HAS_GENERATION (1 << 8)

struct GclkPage {
	int unused;
};

typedef struct {
	GclkFake *fake;
	GclkVmclockWitness *witness;
	/* the page */
	guint8 bytes[PAGE];
	GclkPage page;
	gint missing, broken; /* errno of opening and reading, 0: they succeed */
	guint opens, closes, reads;
	GclkTimerFunc news;
	gpointer news_user;
	/* what was said */
	guint disruptions, changes;
	const char *what;
	GclkVmclockOutlook outlook;
} Rig;

static Rig *the_rig; /* the platform's functions know no other way to it */

static GclkPage *page_open(GclkPlatform *platform, const char *path, GError **error)
{
	(void)platform;
	GCLK_ASSERT_STR(path, GCLK_VMCLOCK_PAGE);
	if (the_rig->missing) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOENT, "%s: not there", path);
		return NULL;
	}
	the_rig->opens++;
	return &the_rig->page;
}

static gint page_read(GclkPlatform *platform, GclkPage *page, guint8 *bytes, gsize size)
{
	(void)platform;
	CU_ASSERT_PTR_EQUAL(page, &the_rig->page);
	the_rig->reads++;
	if (the_rig->broken)
		return -the_rig->broken;
	memcpy(bytes, the_rig->bytes, MIN(size, PAGE));
	return (gint)MIN(size, PAGE);
}

static void page_watch(GclkPlatform *platform, GclkPage *page, GclkTimerFunc func, gpointer user)
{
	(void)platform;
	CU_ASSERT_PTR_EQUAL(page, &the_rig->page);
	the_rig->news = func;
	the_rig->news_user = user;
}

static void page_close(GclkPlatform *platform, GclkPage *page)
{
	(void)platform;
	CU_ASSERT_PTR_EQUAL(page, &the_rig->page);
	the_rig->closes++;
	the_rig->news = NULL;
}

/* TRUE: somebody waited for it. */
static gboolean announce(Rig *rig)
{
	GclkTimerFunc func = rig->news;

	rig->news = NULL;
	if (func)
		func(rig->news_user);
	return func != NULL;
}

static void on_disrupted(gpointer user, const char *what)
{
	Rig *rig = user;

	rig->disruptions++;
	rig->what = what;
}

static void on_outlook(gpointer user, GclkVmclockOutlook outlook)
{
	Rig *rig = user;

	rig->changes++;
	rig->outlook = outlook;
}

static void put(Rig *rig, gsize at, guint64 value, gsize width)
{
	for (gsize i = 0; i < width; i++)
		rig->bytes[at + i] = (guint8)(value >> (8 * i));
}
static void set_marker(Rig *rig, guint64 marker)
{
	put(rig, 16, marker, 8);
}
static void set_generation(Rig *rig, guint64 generation)
{
	put(rig, 104, generation, 8);
}
static void set_flags(Rig *rig, guint64 flags)
{
	put(rig, 24, flags, 8);
}

/* As QEMU and Firecracker fill it in: no counter, no time. */
static void rig_init(Rig *rig, guint64 flags)
{
	static const GclkVmclockEvents events = { on_disrupted, on_outlook };

	memset(rig, 0, sizeof *rig);
	the_rig = rig;
	put(rig, 0, 0x4b4c4356, 4);
	put(rig, 4, PAGE, 4);
	put(rig, 8, 1, 2);
	rig->bytes[10] = 0xff;
	set_flags(rig, flags);
	set_marker(rig, 77);
	rig->fake = gclk_fake_new();
	rig->fake->platform.page_open = page_open;
	rig->fake->platform.page_read = page_read;
	rig->fake->platform.page_watch = page_watch;
	rig->fake->platform.page_close = page_close;
	rig->witness =
		gclk_vmclock_witness_new(&rig->fake->platform, GCLK_VMCLOCK_PAGE, &events, rig);
}

static void rig_clear(Rig *rig)
{
	gclk_vmclock_witness_free(rig->witness);
	GCLK_ASSERT_INT(rig->opens, rig->closes);
	GCLK_ASSERT_INT(gclk_fake_next_timer(rig->fake), -1);
	gclk_fake_free(rig->fake);
}

/* --- what it says ----------------------------------------------------------------------------- */

static void markers(void)
{
	Rig rig;

	rig_init(&rig, HAS_GENERATION);
	set_generation(&rig, 5);
	gclk_vmclock_witness_look(rig.witness);
	CU_ASSERT_TRUE(gclk_vmclock_witness_sees(rig.witness));
	gclk_fake_pass(rig.fake, 10 * SECOND);
	GCLK_ASSERT_INT(rig.disruptions, 0);
	set_marker(&rig, 76); /* whatever is other, not only more */
	gclk_fake_pass(rig.fake, SECOND);
	GCLK_ASSERT_INT(rig.disruptions, 1);
	GCLK_ASSERT_STR(rig.what, "the VM was migrated or restored (vmclock)");
	gclk_fake_pass(rig.fake, 10 * SECOND);
	GCLK_ASSERT_INT(rig.disruptions, 1);
	set_marker(&rig, 75);
	set_generation(&rig, 6);
	gclk_fake_pass(rig.fake, SECOND);
	GCLK_ASSERT_INT(rig.disruptions, 2);
	GCLK_ASSERT_STR(rig.what, "the VM was restored from a snapshot (vmclock)");
	/* on another host's model there may be no generation: the marker alone counts */
	set_flags(&rig, 0);
	set_generation(&rig, 0);
	gclk_fake_pass(rig.fake, 2 * SECOND);
	GCLK_ASSERT_INT(rig.disruptions, 2);
	set_generation(&rig, 9);
	gclk_fake_pass(rig.fake, 2 * SECOND);
	GCLK_ASSERT_INT(rig.disruptions, 2);
	rig_clear(&rig);
}

static void outlook(void)
{
	static const struct {
		guint64 flags;
		GclkVmclockOutlook outlook;
	} steps[] = { { 1 << 1, GCLK_VMCLOCK_SOON }, { 1 << 1 | 1 << 2, GCLK_VMCLOCK_IMMINENT },
		{ 0, GCLK_VMCLOCK_CALM } };
	Rig rig;

	rig_init(&rig, 0);
	gclk_vmclock_witness_look(rig.witness);
	GCLK_ASSERT_INT(rig.changes, 0);
	for (guint i = 0; i < G_N_ELEMENTS(steps); i++) {
		set_flags(&rig, steps[i].flags);
		gclk_fake_pass(rig.fake, 3 * SECOND);
		GCLK_ASSERT_INT(rig.changes, i + 1);
		GCLK_ASSERT_INT(rig.outlook, steps[i].outlook);
	}
	GCLK_ASSERT_INT(rig.disruptions, 0);
	rig_clear(&rig);
	/* said at the start already */
	rig_init(&rig, 1 << 2);
	gclk_vmclock_witness_look(rig.witness);
	GCLK_ASSERT_INT(rig.outlook, GCLK_VMCLOCK_IMMINENT);
	/* whose driver is taken away: nobody announces it any more */
	rig.broken = ENODEV;
	gclk_fake_pass(rig.fake, 2 * SECOND);
	GCLK_ASSERT_INT(rig.outlook, GCLK_VMCLOCK_CALM);
	rig.broken = 0;
	gclk_vmclock_witness_look(rig.witness);
	GCLK_ASSERT_INT(rig.outlook, GCLK_VMCLOCK_IMMINENT);
	GCLK_ASSERT_INT(rig.disruptions, 0);
	rig_clear(&rig);
}

/* --- when it looks ---------------------------------------------------------------------------- */

static void once_a_second(void)
{
	Rig rig;

	rig_init(&rig, 0);
	gclk_fake_pass(rig.fake, 300 * GCLK_NS_PER_MS);
	gclk_vmclock_witness_look(rig.witness);
	GCLK_ASSERT_INT(rig.reads, 1);
	CU_ASSERT_PTR_NULL(rig.news);
	GCLK_ASSERT_INT(gclk_fake_next_timer(rig.fake), 700 * GCLK_NS_PER_MS); /* a whole second */
	gclk_fake_pass(rig.fake, 700 * GCLK_NS_PER_MS);
	GCLK_ASSERT_INT(rig.reads, 2);
	gclk_fake_pass(rig.fake, 60 * SECOND);
	GCLK_ASSERT_INT(rig.reads, 62);
	GCLK_ASSERT_INT(rig.opens, 1);
	/* other looks in between start no second clockwork */
	for (gint i = 0; i < 5; i++)
		gclk_vmclock_witness_look(rig.witness);
	rig.reads = 0;
	gclk_fake_pass(rig.fake, 10 * SECOND);
	GCLK_ASSERT_INT(rig.reads, 10);
	rig_clear(&rig);
}

static void announced(void)
{
	Rig rig;

	rig_init(&rig, NOTIFIES);
	gclk_vmclock_witness_look(rig.witness);
	GCLK_ASSERT_INT(gclk_fake_next_timer(rig.fake), -1);
	gclk_fake_pass(rig.fake, 3600 * SECOND);
	GCLK_ASSERT_INT(rig.reads, 1);
	set_marker(&rig, 78);
	CU_ASSERT_TRUE(announce(&rig));
	GCLK_ASSERT_INT(rig.disruptions, 1);
	/* a bundle of changes at one moment */
	for (guint i = 0; i < 10; i++) {
		set_marker(&rig, 79 + i);
		CU_ASSERT_TRUE(announce(&rig));
	}
	GCLK_ASSERT_INT(rig.disruptions, 11);
	/* now and then something that is not for us */
	for (guint i = 0; i < 10; i++) {
		gclk_fake_pass(rig.fake, 2 * SECOND);
		CU_ASSERT_TRUE(announce(&rig));
	}
	CU_ASSERT_PTR_NOT_NULL(rig.news);
	GCLK_ASSERT_INT(gclk_fake_next_timer(rig.fake), -1);
	rig_clear(&rig);
}

/* A kernel whose poll(2) does not wait would keep this process busy. */
static void poll_that_does_not_wait(void)
{
	guint calls = 0;
	Rig rig;

	rig_init(&rig, NOTIFIES);
	gclk_vmclock_witness_look(rig.witness);
	while (calls < 100 && announce(&rig))
		calls++;
	GCLK_ASSERT_INT(calls, 3);
	rig.reads = 0;
	gclk_fake_pass(rig.fake, 10 * SECOND);
	GCLK_ASSERT_INT(rig.reads, 10);
	set_marker(&rig, 1);
	gclk_fake_pass(rig.fake, SECOND);
	GCLK_ASSERT_INT(rig.disruptions, 1);
	CU_ASSERT_PTR_NULL(rig.news);
	rig_clear(&rig);
}

/* --- what can be wrong ------------------------------------------------------------------------ */

static void gone_and_back(void)
{
	Rig rig;

	rig_init(&rig, 0);
	rig.missing = ENOENT;
	gclk_vmclock_witness_look(rig.witness);
	CU_ASSERT_FALSE(gclk_vmclock_witness_sees(rig.witness));
	GCLK_ASSERT_INT(gclk_fake_next_timer(rig.fake), -1);
	rig.missing = 0;
	gclk_vmclock_witness_look(rig.witness);
	CU_ASSERT_TRUE(gclk_vmclock_witness_sees(rig.witness));
	/* the driver is taken away, the VM restored, the driver loaded again */
	rig.broken = ENODEV;
	gclk_fake_pass(rig.fake, 5 * SECOND);
	CU_ASSERT_FALSE(gclk_vmclock_witness_sees(rig.witness));
	GCLK_ASSERT_INT(rig.closes, 1);
	GCLK_ASSERT_INT(gclk_fake_next_timer(rig.fake), -1);
	rig.broken = 0;
	set_marker(&rig, 78);
	gclk_vmclock_witness_look(rig.witness);
	GCLK_ASSERT_INT(rig.disruptions, 1);
	rig_clear(&rig);
	/* a platform that has no pages */
	rig_init(&rig, 0);
	rig.fake->platform.page_open = NULL;
	gclk_vmclock_witness_look(rig.witness);
	CU_ASSERT_FALSE(gclk_vmclock_witness_sees(rig.witness));
	rig_clear(&rig);
}

static void unreadable(void)
{
	Rig rig;

	rig_init(&rig, 0);
	gclk_vmclock_witness_look(rig.witness);
	set_marker(&rig, 78);
	put(&rig, 12, 1, 4); /* in the middle of an update */
	gclk_fake_pass(rig.fake, 3 * SECOND);
	GCLK_ASSERT_INT(rig.disruptions, 0);
	rig.broken = ETIMEDOUT; /* the driver has waited for its end */
	gclk_fake_pass(rig.fake, 3 * SECOND);
	GCLK_ASSERT_INT(rig.closes, 0);
	rig.broken = 0;
	memset(rig.bytes, 0, 4); /* no page at all */
	put(&rig, 12, 2, 4);
	gclk_fake_pass(rig.fake, 3 * SECOND);
	GCLK_ASSERT_INT(rig.disruptions, 0);
	put(&rig, 0, 0x4b4c4356, 4);
	gclk_fake_pass(rig.fake, SECOND);
	GCLK_ASSERT_INT(rig.disruptions, 1);
	rig_clear(&rig);
}

/* --- the real platform ------------------------------------------------------------------------ */

static void count(gpointer user)
{
	++*(guint *)user;
}

static void real_page(void)
{
	GMainContext *context = g_main_context_new();
	GclkPlatform *platform = gclk_native_new(NULL, context);
	char *folder = gclk_scratch_new();
	g_autofree char *path = g_build_filename(folder, "page", NULL);
	g_autoptr(GError) error = NULL;
	guint8 bytes[8] = { 0 };
	guint news = 0;
	GclkPage *page;

	CU_ASSERT_PTR_NULL(platform->page_open(platform, path, &error));
	CU_ASSERT_TRUE(g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_NOENT));
	CU_ASSERT_TRUE(g_file_set_contents(path, "one", -1, NULL));
	page = platform->page_open(platform, path, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(page);
	GCLK_ASSERT_INT(platform->page_read(platform, page, bytes, sizeof bytes), 3);
	GCLK_ASSERT_INT(platform->page_read(platform, page, bytes, 2), 2); /* from the start */
	GCLK_ASSERT_STR((const char *)bytes, "one");
	/* poll(2) on a file never waits; the call comes once */
	platform->page_watch(platform, page, count, &news);
	for (gint i = 0; i < 5; i++)
		g_main_context_iteration(context, FALSE);
	GCLK_ASSERT_INT(news, 1);
	platform->page_watch(platform, page, count, &news);
	platform->page_watch(platform, page, NULL, NULL);
	for (gint i = 0; i < 5; i++)
		g_main_context_iteration(context, FALSE);
	GCLK_ASSERT_INT(news, 1);
	platform->page_watch(platform, page, count, &news);
	platform->page_close(platform, page);
	platform->page_close(platform, NULL);
	g_main_context_iteration(context, FALSE);
	GCLK_ASSERT_INT(news, 1);
	page = platform->page_open(platform, folder, NULL); /* a directory cannot be read */
	if (page)
		GCLK_ASSERT_INT(platform->page_read(platform, page, bytes, 8), -EISDIR);
	platform->page_close(platform, page);
	platform->free(platform);
	g_main_context_unref(context);
	gclk_scratch_free(folder);
}

int main(void)
{
	static const GclkTestCase cases[] = {
		{ "markers", markers },
		{ "what is to come", outlook },
		{ "once a second, on the second", once_a_second },
		{ "announced", announced },
		{ "a poll that does not wait", poll_that_does_not_wait },
		{ "gone and back", gone_and_back },
		{ "unreadable", unreadable },
		{ "the real platform", real_page },
		{ NULL, NULL },
	};

	return gclk_test_main("vmclock-witness", cases);
}
