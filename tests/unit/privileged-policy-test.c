/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <string.h>

#include "harness.h"
#include "platform/privileged-private.h"

static void test_normal_paths(void)
{
	static const char *const good[] = { "/a", "/dev/ptp0", "/etc/guestclock/keys",
		"/a/.b/..c/...", "/a b" };
	static const char *const bad[] = { "", "/", "a", "a/b", "./a", "../a", "//", "//a", "/a/",
		"/a//b", "/./a", "/a/.", "/../a", "/a/..", "/a/../b", "/.", "/..", "/a\nb",
		"/a\x7f", "/\x01" };
	g_autofree char *fits = g_strnfill(GCLK_HELPER_PATH_MAX - 1, 'x');
	g_autofree char *too_long = g_strnfill(GCLK_HELPER_PATH_MAX, 'x');

	for (gsize i = 0; i < G_N_ELEMENTS(good); i++)
		if (!gclk_policy_path_is_normal(good[i]))
			CU_FAIL("a normal path was refused");
	for (gsize i = 0; i < G_N_ELEMENTS(bad); i++)
		if (gclk_policy_path_is_normal(bad[i]))
			CU_FAIL("a path that is not normal was taken");
	fits[0] = too_long[0] = '/';
	CU_ASSERT(gclk_policy_path_is_normal(fits));
	CU_ASSERT(!gclk_policy_path_is_normal(too_long));
}

static void test_precision_clocks(void)
{
	static const char *const good[] = { "/dev/ptp0", "/dev/ptp15", "/dev/ptp_kvm",
		"/dev/ptp_hyperv", "/dev/ptp_A-1_b" };
	static const char *const bad[] = { "/dev/ptp", "/dev/ptp_", "/dev/ptpx", "/dev/ptp0x",
		"/dev/ptp-1", "/dev/ptp 0", "/dev/ptp0/", "/dev/ptp_a/b", "/dev/ptp_..", "/dev/sda",
		"/ptp0", "dev/ptp0", "", "/dev/ptp0\n", "/dev/ptmx", "/dev/pts/0",
		"/dev/ptp_\xc3\xa4" };

	for (gsize i = 0; i < G_N_ELEMENTS(good); i++)
		if (!gclk_policy_is_precision_clock(good[i]))
			CU_FAIL("a precision clock was refused");
	for (gsize i = 0; i < G_N_ELEMENTS(bad); i++)
		if (gclk_policy_is_precision_clock(bad[i]))
			CU_FAIL("something else was taken for a precision clock");
}

static const char *const files[] = { "/etc/guestclock/guestclockd.conf", "/etc/guestclock/keys",
	NULL };
static const char *const directories[] = { "/etc/guestclock/guestclockd.conf.d", NULL };
static const char *const devices[] = { "/dev/special", NULL };
static const char *const channels[] = { "virtio:org.guestclock.0", "vsock:123",
	"unix:/run/guestclock.sock", "none", "/etc/passwd", NULL };
static const GclkPrivilegedPolicy policy = { files, directories, devices, channels };

static void test_allow_list(void)
{
	static const struct {
		const char *path;
		gboolean file, directory, device;
	} cases[] = {
		{ "/etc/guestclock/keys", TRUE, FALSE, FALSE },
		{ "/etc/guestclock/guestclockd.conf", TRUE, FALSE, FALSE },
		{ "/etc/guestclock/guestclockd.conf.d", FALSE, TRUE, FALSE },
		{ "/etc/guestclock/guestclockd.conf.d/10-site.conf", TRUE, FALSE, FALSE },
		{ "/etc/guestclock/guestclockd.conf.d/.hidden.conf", FALSE, FALSE, FALSE },
		{ "/etc/guestclock/guestclockd.conf.d/.conf", FALSE, FALSE, FALSE },
		{ "/etc/guestclock/guestclockd.conf.d/site.conf~", FALSE, FALSE, FALSE },
		{ "/etc/guestclock/guestclockd.conf.d/a/b.conf", FALSE, FALSE, FALSE },
		{ "/etc/guestclock/guestclockd.conf.d/../../shadow.conf", FALSE, FALSE, FALSE },
		{ "/etc/guestclock/keys2", FALSE, FALSE, FALSE },
		{ "/etc/guestclock/key", FALSE, FALSE, FALSE },
		{ "/etc/guestclock", FALSE, FALSE, FALSE },
		{ "/etc/shadow", FALSE, FALSE, FALSE },
		{ "/x.conf", FALSE, FALSE, FALSE },
		{ "/dev/ptp0", FALSE, FALSE, TRUE },
		{ "/dev/ptp_kvm", FALSE, FALSE, TRUE },
		{ "/dev/vmclock0", TRUE, FALSE, FALSE },
		{ "/dev/vmclock", FALSE, FALSE, FALSE },
		{ "/dev/vmclock0x", FALSE, FALSE, FALSE },
		{ "/dev/special", FALSE, FALSE, TRUE },
		{ "/dev/sda", FALSE, FALSE, FALSE },
		{ "/dev/../etc/shadow", FALSE, FALSE, FALSE },
		{ "", FALSE, FALSE, FALSE },
		{ "keys", FALSE, FALSE, FALSE },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		const char *path = cases[i].path;

		if (gclk_policy_allows(&policy, path, GCLK_ACCESS_FILE) != cases[i].file ||
			gclk_policy_allows(&policy, path, GCLK_ACCESS_DIRECTORY) !=
				cases[i].directory ||
			gclk_policy_allows(&policy, path, GCLK_ACCESS_DEVICE) != cases[i].device) {
			printf("(%s) ", path);
			CU_FAIL("the list was not kept");
		}
		CU_ASSERT(!gclk_policy_allows(&policy, path, GCLK_ACCESS_CHANNEL));
		CU_ASSERT(!gclk_policy_allows(&policy, path, (GclkAccess)4));
		CU_ASSERT(!gclk_policy_allows(&policy, path, (GclkAccess)-1));
	}
}

/* Only what is listed, and only what is a channel. */
static void test_channels(void)
{
	static const char *const bad[] = { "virtio:org.guestclock.1", "virtio:org.guestclock.",
		"vsock:12", "vsock:1234", "unix:/run/guestclock.sock/", "unix:/run/other", "none",
		"/etc/passwd", "/dev/vport0p1", "", "virtio:", "virtio:../../etc/passwd" };

	for (gsize i = 0; i < 3; i++) {
		CU_ASSERT(gclk_policy_allows(&policy, channels[i], GCLK_ACCESS_CHANNEL));
		CU_ASSERT(!gclk_policy_allows(&policy, channels[i], GCLK_ACCESS_FILE));
		CU_ASSERT(!gclk_policy_allows(&policy, channels[i], GCLK_ACCESS_DEVICE));
	}
	for (gsize i = 0; i < G_N_ELEMENTS(bad); i++)
		if (gclk_policy_allows(&policy, bad[i], GCLK_ACCESS_CHANNEL)) {
			printf("(%s) ", bad[i]);
			CU_FAIL("the list was not kept");
		}
}

static void test_empty_policy(void)
{
	static const GclkPrivilegedPolicy nothing;

	CU_ASSERT(!gclk_policy_allows(&nothing, "/etc/guestclock/keys", GCLK_ACCESS_FILE));
	CU_ASSERT(!gclk_policy_allows(&nothing, "/x.conf", GCLK_ACCESS_FILE));
	CU_ASSERT(!gclk_policy_allows(&nothing, "/etc", GCLK_ACCESS_DIRECTORY));
	CU_ASSERT(!gclk_policy_allows(&nothing, "virtio:org.guestclock.0", GCLK_ACCESS_CHANNEL));
	CU_ASSERT(gclk_policy_allows(&nothing, "/dev/ptp3", GCLK_ACCESS_DEVICE));
}

static void test_hosts(void)
{
	static const char *const good[] = { "localhost", "ntp1.example", "192.0.2.1", "2001:db8::1",
		"fe80::1%eth0", "_ntp._udp.example", "a-b.example." };
	static const char *const bad[] = { "", "-h", "a b", "a/b", "a\n", "a;b", "$(id)", "a\"",
		"\xc3\xbc.example" };
	g_autofree char *fits = g_strnfill(GCLK_HELPER_NAME_MAX - 1, 'x');
	g_autofree char *too_long = g_strnfill(GCLK_HELPER_NAME_MAX, 'x');

	for (gsize i = 0; i < G_N_ELEMENTS(good); i++)
		if (!gclk_policy_is_host(good[i]))
			CU_FAIL("a host was refused");
	for (gsize i = 0; i < G_N_ELEMENTS(bad); i++)
		if (gclk_policy_is_host(bad[i]))
			CU_FAIL("something else was taken for a host");
	CU_ASSERT(gclk_policy_is_host(fits));
	CU_ASSERT(!gclk_policy_is_host(too_long));
}

static void test_text(void)
{
	CU_ASSERT(gclk_policy_is_text("abc", 4));
	CU_ASSERT(!gclk_policy_is_text("abc", 3));
	CU_ASSERT(gclk_policy_is_text("", 1));
	CU_ASSERT(!gclk_policy_is_text("", 0));
}

/* --- records ---------------------------------------------------------------------------------- */

static void test_judge_open(void)
{
	GclkOpenRequest request = { .id = 7, .access = GCLK_ACCESS_FILE }, got;
	char longer[sizeof(request) + 1] = { 0 };

	g_strlcpy(request.path, "/etc/guestclock/keys", sizeof(request.path));
	GCLK_ASSERT_INT(gclk_policy_judge_open(&policy, &request, sizeof(request), &got), 0);
	GCLK_ASSERT_INT(got.id, 7);
	GCLK_ASSERT_STR(got.path, "/etc/guestclock/keys");
	memcpy(longer, &request, sizeof(request));
	GCLK_ASSERT_INT(gclk_policy_judge_open(&policy, longer, sizeof(longer), &got), EBADMSG);
	GCLK_ASSERT_INT(got.id, 7);
	GCLK_ASSERT_INT(gclk_policy_judge_open(&policy, longer, sizeof(longer) - 2, &got), EBADMSG);
	GCLK_ASSERT_INT(gclk_policy_judge_open(&policy, longer, 3, &got), EBADMSG);
	GCLK_ASSERT_INT(gclk_policy_judge_open(&policy, longer, 0, &got), EBADMSG);
	GCLK_ASSERT_INT(got.id, 0);
	request.access = GCLK_ACCESS_DEVICE;
	GCLK_ASSERT_INT(gclk_policy_judge_open(&policy, &request, sizeof(request), &got), EACCES);
	memset(request.path, 'x', sizeof(request.path));
	GCLK_ASSERT_INT(gclk_policy_judge_open(&policy, &request, sizeof(request), &got), EBADMSG);
}

static void test_judge_resolve(void)
{
	GclkResolveRequest request = { .id = 8 }, got;

	g_strlcpy(request.name, "ntp.example", sizeof(request.name));
	CU_ASSERT_PTR_NULL(gclk_policy_judge_resolve(&request, sizeof(request), &got));
	GCLK_ASSERT_INT(got.id, 8);
	GCLK_ASSERT_STR(got.name, "ntp.example");
	GCLK_ASSERT_HAS(
		gclk_policy_judge_resolve(&request, sizeof(request) - 1, &got), "malformed");
	GCLK_ASSERT_INT(got.id, 8);
	request.name[0] = '-';
	GCLK_ASSERT_HAS(gclk_policy_judge_resolve(&request, sizeof(request), &got), "not a host");
	memset(request.name, 'x', sizeof(request.name));
	GCLK_ASSERT_HAS(gclk_policy_judge_resolve(&request, sizeof(request), &got), "malformed");
}

/* --- what a resolving child may have sent ----------------------------------------------------- */

static GclkResolveReply reply_with(guint32 n, guint8 family)
{
	GclkResolveReply reply;

	memset(&reply, 0, sizeof(reply));
	reply.id = 666;
	reply.n = n;
	for (guint32 i = 0; i < MIN(n, GCLK_HELPER_ADDRESSES_MAX); i++)
		reply.addresses[i].family = family;
	return reply;
}

static void is_refused(GclkResolveReply reply, gssize length)
{
	gclk_resolve_check(&reply, length, 5);
	GCLK_ASSERT_INT(reply.id, 5);
	GCLK_ASSERT_INT(reply.n, 0);
	CU_ASSERT(reply.reason[0] && gclk_policy_is_text(reply.reason, sizeof(reply.reason)));
}

static void test_children_replies(void)
{
	const gssize whole = sizeof(GclkResolveReply);
	GclkResolveReply good = reply_with(2, 6), reason = reply_with(0, 0),
			 rotten = reply_with(0, 0);

	gclk_resolve_check(&good, whole, 5);
	GCLK_ASSERT_INT(good.id, 5);
	GCLK_ASSERT_INT(good.n, 2);
	strcpy(reason.reason, "why not");
	gclk_resolve_check(&reason, whole, 5);
	GCLK_ASSERT_STR(reason.reason, "why not");

	is_refused(reply_with(2, 4), whole - 1);
	is_refused(reply_with(2, 4), 0);
	is_refused(reply_with(2, 4), -1);
	is_refused(reply_with(GCLK_HELPER_ADDRESSES_MAX + 1, 4), whole);
	is_refused(reply_with(G_MAXUINT32, 4), whole);
	is_refused(reply_with(1, 0), whole);
	is_refused(reply_with(1, 5), whole);
	is_refused(reply_with(0, 0), whole); /* no address and no reason */
	memset(rotten.reason, 'x', sizeof(rotten.reason));
	is_refused(rotten, whole);
}

int main(void)
{
	static const GclkTestCase cases[] = {
		{ "normal paths", test_normal_paths },
		{ "precision clocks", test_precision_clocks },
		{ "allow-list", test_allow_list },
		{ "channels", test_channels },
		{ "empty policy", test_empty_policy },
		{ "hosts", test_hosts },
		{ "text", test_text },
		{ "judge open", test_judge_open },
		{ "judge resolve", test_judge_resolve },
		{ "replies of children", test_children_replies },
		{ NULL, NULL },
	};

	return gclk_test_main("privileged-policy", cases);
}
