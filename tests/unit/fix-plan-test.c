/* SPDX-License-Identifier: BSD-2-Clause */
/* From findings to steps, the lines they write, and what a system has for them. */
#include "doctor/fix-plan.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "harness.h"
#include "scratch.h"

static const GclkFixPlaces debian = {
	.os = GCLK_OS_LINUX,
	.boot = GCLK_BOOT_GRUB_DROP_IN,
	.modules_directory = TRUE,
	.sysctl_directory = TRUE,
};
static const GclkFixPlaces freebsd = { .os = GCLK_OS_FREEBSD, .loader_directory = TRUE };

static GPtrArray *plan_one(
	GclkFixKind kind, const char *name, const char *value, const GclkFixPlaces *places)
{
	g_autoptr(GPtrArray) findings = gclk_findings_new();

	gclk_finding_add_fix(gclk_findings_add(findings, "x", GCLK_SEVERITY_WARNING, "s", "r"),
		kind, name, value);
	return gclk_fix_plan(findings, places);
}

static void check(const GPtrArray *plan, guint i, GclkActionKind kind, const char *place,
	const char *text, const char *words)
{
	const GclkAction *action;

	CU_ASSERT_TRUE_FATAL(i < plan->len);
	action = plan->pdata[i];
	GCLK_ASSERT_INT(action->kind, kind);
	GCLK_ASSERT_STR(action->place, place);
	GCLK_ASSERT_STR(action->text, text);
	GCLK_ASSERT_HAS(action->words, words);
	CU_ASSERT_PTR_NULL(strchr(action->words, '{'));
}

static void test_linux(void)
{
	g_autoptr(GPtrArray) clocksource =
		plan_one(GCLK_FIX_CLOCKSOURCE, "kvm-clock", NULL, &debian);
	g_autoptr(GPtrArray) boot =
		plan_one(GCLK_FIX_BOOT_PARAMETER, "clocksource", "tsc", &debian);
	g_autoptr(GPtrArray) module = plan_one(GCLK_FIX_MODULE, "ptp_kvm", NULL, &debian);
	g_autoptr(GPtrArray) sysctl =
		plan_one(GCLK_FIX_SYSCTL, "kernel.timer_migration", "1", &debian);

	GCLK_ASSERT_INT(clocksource->len, 1);
	check(clocksource, 0, GCLK_ACTION_SETTING,
		"/sys/devices/system/clocksource/clocksource0/current_clocksource", "kvm-clock",
		"switch the clocksource to kvm-clock now");
	GCLK_ASSERT_INT(boot->len, 1);
	check(boot, 0, GCLK_ACTION_FILE, "/etc/default/grub.d/60-guestclock.cfg",
		"GRUB_CMDLINE_LINUX_DEFAULT=\"$GRUB_CMDLINE_LINUX_DEFAULT clocksource=tsc\"",
		"boot with the kernel parameter clocksource=tsc");
	GCLK_ASSERT_HAS(((GclkAction *)boot->pdata[0])->then, "update-grub");
	GCLK_ASSERT_INT(module->len, 2);
	check(module, 0, GCLK_ACTION_LOAD, "ptp_kvm", NULL, "load the module ptp_kvm now");
	check(module, 1, GCLK_ACTION_FILE, "/etc/modules-load.d/guestclock.conf", "ptp_kvm",
		"at each boot");
	CU_ASSERT_TRUE(((GclkAction *)module->pdata[1])->follows);
	check(sysctl, 0, GCLK_ACTION_SETTING, "/proc/sys/kernel/timer_migration", "1", "now");
	check(sysctl, 1, GCLK_ACTION_FILE, "/etc/sysctl.d/60-guestclock.conf",
		"kernel.timer_migration = 1", "at each boot");
}

static void test_freebsd(void)
{
	g_autoptr(GPtrArray) counter = plan_one(GCLK_FIX_CLOCKSOURCE, "kvmclock", NULL, &freebsd);
	g_autoptr(GPtrArray) loader = plan_one(GCLK_FIX_LOADER, "kern.hz", "100", &freebsd);
	g_autoptr(GPtrArray) sysctl =
		plan_one(GCLK_FIX_SYSCTL, "hw.hvtimesync.sample_thresh", "-1", &freebsd);
	g_autoptr(GPtrArray) module = plan_one(GCLK_FIX_MODULE, "hv_utils", NULL, &freebsd);

	check(counter, 0, GCLK_ACTION_SYSCTL, "kern.timecounter.hardware", "kvmclock",
		"switch the timecounter");
	GCLK_ASSERT_INT(loader->len, 1);
	check(loader, 0, GCLK_ACTION_FILE, "/boot/loader.conf.d/guestclock.conf", "kern.hz=\"100\"",
		"boot with kern.hz");
	check(sysctl, 0, GCLK_ACTION_SYSCTL, "hw.hvtimesync.sample_thresh", "-1", "now");
	check(sysctl, 1, GCLK_ACTION_FILE, "/etc/sysctl.conf.local",
		"hw.hvtimesync.sample_thresh=-1", "at each boot");
	CU_ASSERT_FALSE(((GclkAction *)sysctl->pdata[1])->own_file);
	check(module, 1, GCLK_ACTION_FILE, "/boot/loader.conf.d/guestclock.conf",
		"hv_utils_load=\"YES\"", "at each boot");
}

static void test_advice(void)
{
	static const struct {
		GclkBootLoader boot;
		const char *part;
	} cases[] = {
		{ GCLK_BOOT_UNKNOWN, "boot_args" },
		{ GCLK_BOOT_GRUBBY, "grubby --update-kernel=ALL --args=\"clocksource=tsc\"" },
		{ GCLK_BOOT_SYSTEMD, "/etc/kernel/cmdline" },
		{ GCLK_BOOT_GRUB, "GRUB_CMDLINE_LINUX in /etc/default/grub" },
		{ GCLK_BOOT_EXTLINUX, "extlinux.conf" },
		{ GCLK_BOOT_GRUB_LEGACY, "menu.lst" },
	};
	const GclkFixPlaces bare = { .os = GCLK_OS_LINUX };
	const GclkFixPlaces old_freebsd = { .os = GCLK_OS_FREEBSD };

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		const GclkFixPlaces places = { .os = GCLK_OS_LINUX, .boot = cases[i].boot };
		g_autoptr(GPtrArray) plan =
			plan_one(GCLK_FIX_BOOT_PARAMETER, "clocksource", "tsc", &places);

		GCLK_ASSERT_INT(plan->len, 1);
		check(plan, 0, GCLK_ACTION_ADVICE, NULL, NULL, cases[i].part);
	}
	{
		g_autoptr(GPtrArray) module = plan_one(GCLK_FIX_MODULE, "ptp_kvm", NULL, &bare);
		g_autoptr(GPtrArray) sysctl = plan_one(GCLK_FIX_SYSCTL, "a.b", "1", &bare);
		g_autoptr(GPtrArray) loader =
			plan_one(GCLK_FIX_LOADER, "kern.hz", "100", &old_freebsd);

		check(module, 0, GCLK_ACTION_LOAD, "ptp_kvm", NULL, "now");
		check(module, 1, GCLK_ACTION_ADVICE, NULL, NULL, "/etc/modules");
		check(sysctl, 1, GCLK_ACTION_ADVICE, NULL, NULL, "/etc/sysctl.conf");
		check(loader, 0, GCLK_ACTION_ADVICE, NULL, NULL,
			"kern.hz=\"100\" to /boot/loader.conf");
	}
}

/* Each thing once; the graver finding's value counts. */
static void test_once(void)
{
	g_autoptr(GPtrArray) findings = gclk_findings_new();
	g_autoptr(GPtrArray) plan = NULL;
	GclkFinding *a = gclk_findings_add(findings, "a", GCLK_SEVERITY_CRITICAL, "a", NULL);
	GclkFinding *b = gclk_findings_add(findings, "b", GCLK_SEVERITY_WARNING, "b", NULL);

	gclk_finding_add_fix(a, GCLK_FIX_CLOCKSOURCE, "tsc", NULL);
	gclk_finding_add_fix(b, GCLK_FIX_CLOCKSOURCE, "hpet", NULL);
	gclk_finding_add_fix(a, GCLK_FIX_BOOT_PARAMETER, "clocksource", "tsc");
	gclk_finding_add_fix(b, GCLK_FIX_BOOT_PARAMETER, "clocksource", "hpet");
	gclk_finding_add_fix(b, GCLK_FIX_BOOT_PARAMETER, "tsc", "reliable");
	plan = gclk_fix_plan(findings, &debian);
	GCLK_ASSERT_INT(plan->len, 3);
	GCLK_ASSERT_STR(((GclkAction *)plan->pdata[0])->text, "tsc");
	GCLK_ASSERT_HAS(((GclkAction *)plan->pdata[1])->text, "clocksource=tsc");
	GCLK_ASSERT_HAS(((GclkAction *)plan->pdata[2])->text, "tsc=reliable");
}

/* These go into files that shells read. */
static void test_odd_words(void)
{
	static const char *const bad[] = { "", "a b", "$(reboot)", "a\"b", "a;b", "a\nb", "../x",
		"a`b`", "a\\b", "a'b" };

	for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autoptr(GPtrArray) name = plan_one(GCLK_FIX_BOOT_PARAMETER, bad[i], "1", &debian);
		g_autoptr(GPtrArray) value =
			plan_one(GCLK_FIX_BOOT_PARAMETER, "a", bad[i], &debian);

		GCLK_ASSERT_INT(name->len, 0);
		GCLK_ASSERT_INT(value->len, 0);
	}
}

static void test_places_allowed(void)
{
	CU_ASSERT_TRUE(
		gclk_fix_place_allowed(GCLK_CHANGE_FILE, "/etc/default/grub.d/60-guestclock.cfg"));
	CU_ASSERT_FALSE(gclk_fix_place_allowed(GCLK_CHANGE_FILE, "/etc/passwd"));
	CU_ASSERT_FALSE(gclk_fix_place_allowed(GCLK_CHANGE_FILE, "/etc/default/grub.d"));
	CU_ASSERT_TRUE(gclk_fix_place_allowed(GCLK_CHANGE_DIRECTORY, "/etc/default/grub.d"));
	CU_ASSERT_FALSE(gclk_fix_place_allowed(GCLK_CHANGE_DIRECTORY, "/etc/ssh"));
	CU_ASSERT_TRUE(gclk_fix_place_allowed(GCLK_CHANGE_SETTING, "/proc/sys/kernel/x"));
	CU_ASSERT_FALSE(gclk_fix_place_allowed(GCLK_CHANGE_SETTING, "/proc/sys/../1/mem"));
	CU_ASSERT_FALSE(gclk_fix_place_allowed(GCLK_CHANGE_SETTING, "/proc/sys/"));
	CU_ASSERT_FALSE(gclk_fix_place_allowed(GCLK_CHANGE_SETTING, "/sys/power/state"));
	CU_ASSERT_TRUE(gclk_fix_place_allowed(GCLK_CHANGE_SYSCTL, "kern.timecounter.hardware"));
	CU_ASSERT_FALSE(gclk_fix_place_allowed(GCLK_CHANGE_SYSCTL, "a=b c"));
}

static char *merge(gboolean own, const char *text)
{
	const GclkAction action = {
		.kind = GCLK_ACTION_FILE,
		.text = (char *)"a = 2",
		.key = (char *)"a =",
		.own_file = own,
	};

	return gclk_fix_merge(&action, text);
}

static void check_merge(gboolean own, const char *text, const char *expected)
{
	g_autofree char *merged = merge(own, text);
	g_autofree char *again = merged ? merge(own, merged) : NULL;

	GCLK_ASSERT_STR(merged, expected);
	CU_ASSERT_PTR_NULL(again);
}

#define HEAD "# Written by guestclock doctor --fix; guestclock doctor --undo takes it back.\n"

static void test_merge(void)
{
	check_merge(TRUE, NULL, HEAD "a = 2\n");
	check_merge(TRUE, "", HEAD "a = 2\n");
	check_merge(TRUE, HEAD "b = 1\n", HEAD "b = 1\na = 2\n");
	check_merge(TRUE, HEAD "a = 1\nb = 1\n", HEAD "b = 1\na = 2\n");
	check_merge(TRUE, HEAD "a = 2\nb = 1\n", NULL);
	check_merge(TRUE, "b = 1", "b = 1\na = 2\n");
	/* a file of the administrator keeps every line, and ours stands last */
	check_merge(FALSE, NULL, "a = 2\n");
	check_merge(FALSE, "a = 1\n\n# x\n", "a = 1\n\n# x\na = 2\n");
	check_merge(FALSE, "a = 2\na = 1\n", "a = 2\na = 1\na = 2\n");
	check_merge(FALSE, "a = 1\na = 2\n", NULL);
}

/* Of two parameters of which one begins like the other, both stay. */
static void test_merge_parameters(void)
{
	g_autoptr(GPtrArray) bare = plan_one(GCLK_FIX_BOOT_PARAMETER, "tsc", NULL, &debian);
	g_autoptr(GPtrArray) other = plan_one(GCLK_FIX_BOOT_PARAMETER, "tsc", "reliable", &debian);
	g_autofree char *one = gclk_fix_merge(bare->pdata[0], NULL);
	g_autofree char *two = gclk_fix_merge(other->pdata[0], one);

	GCLK_ASSERT_STR(two,
		HEAD "GRUB_CMDLINE_LINUX_DEFAULT=\"$GRUB_CMDLINE_LINUX_DEFAULT tsc\"\n"
		     "GRUB_CMDLINE_LINUX_DEFAULT=\"$GRUB_CMDLINE_LINUX_DEFAULT tsc=reliable\"\n");
}

static GclkFixPlaces look(const GclkScratch *root, GclkOs os)
{
	GclkFixPlaces places;
	int fd = open(root, O_RDONLY | O_DIRECTORY);

	gclk_fix_places_find(fd, os, &places);
	close(fd);
	return places;
}

static void test_find_boot_loader(void)
{
	static const struct {
		const char *file, *text;
		GclkBootLoader boot;
	} steps[] = {
		{ "boot/grub/menu.lst", "", GCLK_BOOT_GRUB_LEGACY },
		{ "boot/extlinux/extlinux.conf", "", GCLK_BOOT_EXTLINUX },
		{ "etc/default/grub", "", GCLK_BOOT_GRUB },
		{ "usr/sbin/grub-mkconfig", ". ${sysconfdir}/default/grub\n", GCLK_BOOT_GRUB },
		{ "usr/sbin/update-grub", "", GCLK_BOOT_GRUB },
		{ "usr/sbin/grub-mkconfig", "for x in ${sysconfdir}/default/grub.d/*.cfg ; do\n",
			GCLK_BOOT_GRUB_DROP_IN },
	};
	g_autoptr(GclkScratch) root = gclk_scratch_new();

	GCLK_ASSERT_INT(look(root, GCLK_OS_LINUX).boot, GCLK_BOOT_UNKNOWN);
	for (gsize i = 0; i < G_N_ELEMENTS(steps); i++) {
		gclk_scratch_write(root, steps[i].file, steps[i].text, -1);
		GCLK_ASSERT_INT(look(root, GCLK_OS_LINUX).boot, steps[i].boot);
	}
}

static void test_find_others(void)
{
	g_autoptr(GclkScratch) grubby = gclk_scratch_new();
	g_autoptr(GclkScratch) systemd = gclk_scratch_new();
	g_autoptr(GclkScratch) bsd = gclk_scratch_new();

	gclk_scratch_write(grubby, "etc/default/grub", "", -1);
	gclk_scratch_write(grubby, "usr/sbin/grubby", "", -1);
	gclk_scratch_write(grubby, "etc/modules-load.d/x.conf", "", -1);
	GCLK_ASSERT_INT(look(grubby, GCLK_OS_LINUX).boot, GCLK_BOOT_GRUBBY);
	CU_ASSERT_TRUE(look(grubby, GCLK_OS_LINUX).modules_directory);
	CU_ASSERT_FALSE(look(grubby, GCLK_OS_LINUX).sysctl_directory);
	gclk_scratch_write(systemd, "boot/loader/loader.conf", "", -1);
	GCLK_ASSERT_INT(look(systemd, GCLK_OS_LINUX).boot, GCLK_BOOT_SYSTEMD);
	CU_ASSERT_FALSE(look(bsd, GCLK_OS_FREEBSD).loader_directory);
	gclk_scratch_write(
		bsd, "boot/defaults/loader.conf", "loader_conf_dirs=\"/boot/loader.conf.d\"\n", -1);
	CU_ASSERT_TRUE(look(bsd, GCLK_OS_FREEBSD).loader_directory);
}

int main(void)
{
	static const GclkTestCase cases[] = {
		{ "Linux", test_linux },
		{ "FreeBSD", test_freebsd },
		{ "advice where there is no place", test_advice },
		{ "each thing once", test_once },
		{ "odd words are not written", test_odd_words },
		{ "places that may be written", test_places_allowed },
		{ "a line into a file", test_merge },
		{ "parameters that begin alike", test_merge_parameters },
		{ "boot loaders", test_find_boot_loader },
		{ "other places", test_find_others },
		{ NULL, NULL },
	};

	return gclk_test_main("fix-plan", cases);
}
