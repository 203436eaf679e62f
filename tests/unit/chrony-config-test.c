/* SPDX-License-Identifier: BSD-2-Clause */
/* chronyd's configuration, and what a refclock in it is. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guestclock/ntp-packet.h"
#include "harness.h"
#include "scratch.h"
#include "sync/chrony-refclock.h"

static char *no_arguments[] = { NULL };

static char *all_lines(const GclkChronyConfig *config)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < config->lines->len; i++) {
		const GclkChronyLine *line = config->lines->pdata[i];
		g_autofree char *words = g_strjoinv(" ", line->words);
		g_autofree char *file = g_path_get_basename(line->file);

		g_string_append_printf(text, "%s:%u:%s\n", file, line->number, words);
	}
	return g_string_free(text, FALSE);
}

static void test_lines(void)
{
	g_autoptr(GclkScratch) scratch = gclk_scratch_new();
	g_autofree char *path = gclk_scratch_path(scratch, "chrony.conf");
	g_autoptr(GclkChronyConfig) config = NULL;
	g_autofree char *lines = NULL;

	gclk_scratch_write(scratch, "chrony.conf",
		"# a comment\n! another\n;\n% x\n\n  pool  2.debian.pool.ntp.org\tiburst \r\n"
		"CmdPort 0\nserver a # not a comment\nlast",
		-1);
	config = gclk_chrony_config_read(path, no_arguments);
	lines = all_lines(config);
	GCLK_ASSERT_STR(lines, "chrony.conf:6:pool 2.debian.pool.ntp.org iburst\n"
			       "chrony.conf:7:CmdPort 0\n"
			       "chrony.conf:8:server a # not a comment\n"
			       "chrony.conf:9:last\n");
	GCLK_ASSERT_STR(gclk_chrony_config_value(config, "cmdport"), "0");
	GCLK_ASSERT_STR(gclk_chrony_config_value(config, "last"), NULL);
	GCLK_ASSERT_STR(gclk_chrony_config_value(config, "local"), NULL);
	GCLK_ASSERT_INT(config->unreadable->len, 0);
}

static void test_include(void)
{
	g_autoptr(GclkScratch) scratch = gclk_scratch_new();
	g_autofree char *path = gclk_scratch_path(scratch, "chrony.conf");
	g_autofree char *text = g_strdup_printf("confdir %s/a %s/b\ninclude %s/more*.txt\n"
						"include %s/none.conf\ninclude %s/none*\nend 1\n",
		scratch, scratch, scratch, scratch, scratch);
	g_autoptr(GclkChronyConfig) config = NULL;
	g_autofree char *lines = NULL;

	gclk_scratch_write(scratch, "chrony.conf", text, -1);
	gclk_scratch_write(scratch, "a/20.conf", "first 20\n", -1);
	gclk_scratch_write(scratch, "a/x.sources", "server x\n", -1);
	gclk_scratch_write(scratch, "b/20.conf", "second 20\n", -1);
	gclk_scratch_write(scratch, "b/10.conf", "first 10\n", -1);
	gclk_scratch_write(scratch, "more2.txt", "more 2\n", -1);
	gclk_scratch_write(scratch, "more1.txt", "more 1\n", -1);
	config = gclk_chrony_config_read(path, no_arguments);
	lines = all_lines(config);
	GCLK_ASSERT_STR(lines, "10.conf:1:first 10\n20.conf:1:first 20\n"
			       "more1.txt:1:more 1\nmore2.txt:1:more 2\nchrony.conf:5:end 1\n");
	GCLK_ASSERT_INT(config->unreadable->len, 1); /* none.conf */
}

/* It includes itself, is a folder, a pipe, far too long: it ends. */
static void test_hostile(void)
{
	g_autoptr(GclkScratch) scratch = gclk_scratch_new();
	g_autofree char *path = gclk_scratch_path(scratch, "chrony.conf");
	g_autofree char *text = g_strdup_printf("a 1\ninclude %s\ninclude %s\n", path, path);
	g_autoptr(GString) many = g_string_new(NULL);
	g_autoptr(GclkChronyConfig) config = NULL;
	g_autoptr(GclkChronyConfig) folder = NULL;
	g_autoptr(GclkChronyConfig) device = NULL;
	g_autoptr(GclkChronyConfig) flood = NULL;

	gclk_scratch_write(scratch, "chrony.conf", text, -1);
	config = gclk_chrony_config_read(path, no_arguments);
	CU_ASSERT_TRUE(config->lines->len > 1 && config->lines->len <= 64);
	folder = gclk_chrony_config_read(scratch, no_arguments);
	GCLK_ASSERT_INT(folder->lines->len, 0);
	GCLK_ASSERT_INT(folder->unreadable->len, 1);
	device = gclk_chrony_config_read("/dev/zero", no_arguments);
	GCLK_ASSERT_INT(device->unreadable->len, 1);
	for (guint i = 0; i < 100000; i++)
		g_string_append(many, "x y\n");
	gclk_scratch_write(scratch, "chrony.conf", many->str, (gssize)many->len);
	flood = gclk_chrony_config_read(path, no_arguments);
	GCLK_ASSERT_INT(flood->lines->len, 4096);
}

static void expect_argv(char **argv, const char *lines)
{
	g_autoptr(GclkChronyConfig) config = gclk_chrony_config_read(NULL, argv);
	g_autofree char *text = all_lines(config);

	GCLK_ASSERT_STR(text, lines);
}

static void test_command_line(void)
{
	g_autoptr(GclkScratch) scratch = gclk_scratch_new();
	g_autofree char *path = gclk_scratch_path(scratch, "other.conf");
	g_autofree char *glued = g_strconcat("-f", path, NULL);
	g_autofree char *behind = g_strconcat("-df", path, NULL);
	char *apart[] = { (char *)"chronyd", (char *)"-u", (char *)"root", (char *)"-f", path,
		NULL };
	char *together[] = { (char *)"chronyd", (char *)"-x", glued, (char *)"-F", (char *)"1",
		NULL };
	char *inside[] = { (char *)"chronyd", behind, NULL };
	char *directives[] = { (char *)"chronyd", (char *)"-q", (char *)"-f", path,
		(char *)"server 10.0.0.1 iburst", (char *)"local", NULL };
	char *missing[] = { (char *)"chronyd", (char *)"-f", NULL };

	gclk_scratch_write(scratch, "other.conf", "here 1\n", -1);
	expect_argv(apart, "other.conf:1:here 1\n");
	expect_argv(together, "other.conf:1:here 1\n");
	expect_argv(inside, "other.conf:1:here 1\n");
	/* what stands on the command line stands in for the file */
	expect_argv(directives, ".:1:server 10.0.0.1 iburst\n.:2:local\n");
	gclk_chrony_config_free(gclk_chrony_config_read(NULL, missing));
}

/* --- refclocks -------------------------------------------------------------------------------- */

static void add_clock(GclkScratch *scratch, const char *device, const char *clock_name)
{
	g_autofree char *name = g_strdup_printf("sys/class/ptp/%s/clock_name", device);
	g_autofree char *node = g_strdup_printf("dev/%s", device);

	gclk_scratch_write(scratch, name, clock_name, -1);
	gclk_scratch_write(scratch, node, "", -1);
}

static void test_refclocks(void)
{
	static const struct {
		const char *line, *refid;
		GclkReferenceKind kind;
		const char *text;
	} cases[] = {
		{ "refclock PHC /dev/ptp0 poll 2", "PHC0", GCLK_REFERENCE_HOST,
			"PHC /dev/ptp0 (KVM virtual PTP)" },
		{ "refclock phc /dev/ptp0:nocrossts refid KVM", "KVM", GCLK_REFERENCE_HOST,
			"PHC /dev/ptp0 (KVM virtual PTP)" },
		{ "refclock PHC /dev/ptp1 refid PTP0", "PTP0", GCLK_REFERENCE_PHC,
			"PHC /dev/ptp1 (e1000e)" },
		{ "refclock PHC /dev/ptp9", "PHC0", GCLK_REFERENCE_PHC, "PHC /dev/ptp9" },
		{ "refclock SOCK /run/timemaster/chrony.SOCK0 refid PTP0 poll 0", "PTP0",
			GCLK_REFERENCE_PHC, "SOCK /run/timemaster/chrony.SOCK0" },
		{ "refclock SOCK /run/x.sock", "SOC0", GCLK_REFERENCE_PHC, "SOCK /run/x.sock" },
		{ "refclock SOCK /run/chrony.ttyS0.sock", "SOC0", GCLK_REFERENCE_REFCLOCK,
			"SOCK /run/chrony.ttyS0.sock" },
		{ "refclock SOCK /run/x.sock refid GPS", "GPS", GCLK_REFERENCE_REFCLOCK,
			"SOCK /run/x.sock" },
		/* a name that promises more than is known: PTP's is taken, for it promises least */
		{ "refclock SOCK /run/chrony.ttyS0.sock refid PTP0", "PTP0", GCLK_REFERENCE_PHC,
			"SOCK /run/chrony.ttyS0.sock" },
		{ "refclock SHM 0 refid GPS", "GPS", GCLK_REFERENCE_REFCLOCK, "SHM 0" },
		{ "refclock SHM 1", "SHM0", GCLK_REFERENCE_REFCLOCK, "SHM 1" },
		{ "refclock SHM 2 refid PTP1", "PTP1", GCLK_REFERENCE_PHC, "SHM 2" },
		{ "refclock PPS /dev/pps0 lock NMEA", "PPS0", GCLK_REFERENCE_REFCLOCK,
			"PPS /dev/pps0" },
		{ "refclock RTC /dev/rtc0", "RTC0", GCLK_REFERENCE_LOCAL, "RTC /dev/rtc0" },
		{ "refclock NEW thing", "NEW0", GCLK_REFERENCE_PHC, "NEW thing" },
		/* no line of that name */
		{ "refclock PHC /dev/ptp0", "GPS", GCLK_REFERENCE_REFCLOCK, "refclock GPS" },
		{ "refclock PHC", "PHC0", GCLK_REFERENCE_PHC, "refclock PHC0" },
		{ "server 10.0.0.1", "XYZ", GCLK_REFERENCE_PHC, "refclock XYZ" },
	};
	g_autoptr(GclkScratch) scratch = gclk_scratch_new();

	add_clock(scratch, "ptp0", "KVM virtual PTP\n");
	add_clock(scratch, "ptp1", "e1000e\n");
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		char *argv[] = { (char *)"chronyd", (char *)cases[i].line, NULL };
		g_autoptr(GclkChronyConfig) config = gclk_chrony_config_read(NULL, argv);
		GclkChronyRefclock found;

		gclk_chrony_refclock_find(config, gclk_ntp_refid(cases[i].refid), scratch, &found);
		GCLK_ASSERT_INT(found.kind, cases[i].kind);
		GCLK_ASSERT_STR(found.text, cases[i].text);
		gclk_chrony_refclock_clear(&found);
	}
}

/* chronyd numbers those without a refid through all drivers. */
static void test_default_refids(void)
{
	static const struct {
		const char *refid, *text;
	} cases[] = {
		{ "PHC0", "PHC /dev/ptp0" }, { "SOC1", "SOCK /run/1" }, { "GPS", "SHM 0" },
		{ "PPS3", "PPS /dev/pps0" }, { "SH10", "SHM 10" },
		{ "SHM2", "refclock SHM2" }, /* it has one of its own */
	};
	char *argv[16] = { (char *)"chronyd", (char *)"refclock PHC /dev/ptp0",
		(char *)"refclock SOCK /run/1", (char *)"refclock SHM 0 refid GPS",
		(char *)"refclock PPS /dev/pps0" };
	g_autoptr(GclkChronyConfig) config = NULL;

	for (guint i = 5; i <= 10; i++)
		argv[i] = (char *)"refclock PPS /dev/pps1";
	argv[11] = (char *)"refclock SHM 10";
	config = gclk_chrony_config_read(NULL, argv);
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		GclkChronyRefclock found;

		gclk_chrony_refclock_find(
			config, gclk_ntp_refid(cases[i].refid), "/nowhere", &found);
		GCLK_ASSERT_STR(found.text, cases[i].text);
		gclk_chrony_refclock_clear(&found);
	}
}

int main(void)
{
	static const GclkTestCase cases[] = {
		{ "lines", test_lines },
		{ "include and confdir", test_include },
		{ "hostile files", test_hostile },
		{ "the command line", test_command_line },
		{ "reference clocks", test_refclocks },
		{ "names that chronyd gives", test_default_refids },
		{ NULL, NULL },
	};

	return gclk_test_main("chrony-config", cases);
}
