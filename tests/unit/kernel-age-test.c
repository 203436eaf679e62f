/* SPDX-License-Identifier: BSD-2-Clause */
#include "detect/kernel-age.h"

#include "harness.h"

static const struct {
	const char *release;
	GclkAge age;
	guint major, minor, patch, build;
	const char *distribution, *cures;
} cases[] = {
	{ "2.4.21-47.EL", GCLK_AGE_COUNTS_TICKS, 2, 4, 21, 47, NULL, "" },
	{ "2.6.9-5.EL", GCLK_AGE_COUNTS_TICKS, 2, 6, 9, 5, "Red Hat Enterprise Linux 4",
		"clock=pmtmr divider=10" },
	{ "2.6.9-89.0.25.ELsmp", GCLK_AGE_COUNTS_TICKS, 2, 6, 9, 89, "Red Hat Enterprise Linux 4",
		"clock=pmtmr divider=10" },
	{ "2.6.18-8.1.15.el5", GCLK_AGE_COUNTS_TICKS, 2, 6, 18, 8, "Red Hat Enterprise Linux 5.0",
		"clocksource=acpi_pm" },
	{ "2.6.18-52.el5", GCLK_AGE_COUNTS_TICKS, 2, 6, 18, 52, "Red Hat Enterprise Linux 5.0",
		"clocksource=acpi_pm" },
	{ "2.6.18-53.el5", GCLK_AGE_COUNTS_TICKS, 2, 6, 18, 53,
		"Red Hat Enterprise Linux 5.1 to 5.3", "divider=10 clocksource=acpi_pm" },
	{ "2.6.18-128.7.1.el5PAE", GCLK_AGE_COUNTS_TICKS, 2, 6, 18, 128,
		"Red Hat Enterprise Linux 5.1 to 5.3", "divider=10 clocksource=acpi_pm" },
	{ "2.6.18-163.el5", GCLK_AGE_COUNTS_TICKS, 2, 6, 18, 163,
		"Red Hat Enterprise Linux 5.1 to 5.3", "divider=10 clocksource=acpi_pm" },
	{ "2.6.18-164.el5", GCLK_AGE_COMPENSATES, 2, 6, 18, 164,
		"Red Hat Enterprise Linux 5.4 or later", "" },
	{ "2.6.18-398.el5", GCLK_AGE_COMPENSATES, 2, 6, 18, 398,
		"Red Hat Enterprise Linux 5.4 or later", "" },
	{ "2.6.18-6-amd64", GCLK_AGE_COUNTS_TICKS, 2, 6, 18, 6, NULL, "" },
	{ "2.6.20-17-generic", GCLK_AGE_COUNTS_TICKS, 2, 6, 20, 17, NULL, "" },
	{ "2.6.21", GCLK_AGE_TICKLESS, 2, 6, 21, 0, NULL, "" },
	{ "2.6.32-754.el6.x86_64", GCLK_AGE_TICKLESS, 2, 6, 32, 754, NULL, "" },
	{ "3.0.101-63-default", GCLK_AGE_TICKLESS, 3, 0, 101, 63, NULL, "" },
	{ "3.9.11", GCLK_AGE_TICKLESS, 3, 9, 11, 0, NULL, "" },
	{ "3.10.0-1160.el7.x86_64", GCLK_AGE_MODERN, 3, 10, 0, 1160, NULL, "" },
	{ "4.18.0-553.el8_10.x86_64", GCLK_AGE_MODERN, 4, 18, 0, 553, NULL, "" },
	{ "6.1.0-30-amd64", GCLK_AGE_MODERN, 6, 1, 0, 30, NULL, "" },
	{ "6.18.5", GCLK_AGE_MODERN, 6, 18, 5, 0, NULL, "" },
	{ "6.13.0-rc1", GCLK_AGE_MODERN, 6, 13, 0, 0, NULL, "" },
	{ "7.0.0", GCLK_AGE_MODERN, 7, 0, 0, 0, NULL, "" },
	{ "5.15.167.4-microsoft-standard-WSL2", GCLK_AGE_MODERN, 5, 15, 167, 0, NULL, "" },
	{ "8.4-RELEASE", GCLK_AGE_FREEBSD_TICKS, 8, 4, 0, 0, NULL, "" },
	{ "9.2-RELEASE", GCLK_AGE_FREEBSD, 9, 2, 0, 0, NULL, "" },
	{ "14.1-RELEASE-p5", GCLK_AGE_FREEBSD, 14, 1, 0, 0, NULL, "" },
	{ "15.0-CURRENT", GCLK_AGE_FREEBSD, 15, 0, 0, 0, NULL, "" },
	{ "13.3-STABLE", GCLK_AGE_FREEBSD, 13, 3, 0, 0, NULL, "" },
	{ "14.0-RC2", GCLK_AGE_FREEBSD, 14, 0, 0, 0, NULL, "" },
	{ "", GCLK_AGE_UNKNOWN, 0, 0, 0, 0, NULL, "" },
	{ "6", GCLK_AGE_UNKNOWN, 0, 0, 0, 0, NULL, "" },
	{ "six.one", GCLK_AGE_UNKNOWN, 0, 0, 0, 0, NULL, "" },
	{ "0.1", GCLK_AGE_UNKNOWN, 0, 1, 0, 0, NULL, "" },
	{ "-RELEASE", GCLK_AGE_UNKNOWN, 0, 0, 0, 0, NULL, "" },
	{ "99999999999999999999.1.1", GCLK_AGE_MODERN, G_MAXUINT16, 1, 1, 0, NULL, "" },
	{ "2.6.18-99999999999999999999.el5", GCLK_AGE_COMPENSATES, 2, 6, 18, G_MAXUINT32,
		"Red Hat Enterprise Linux 5.4 or later", "" },
};

static void test_releases(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		const GclkKernelAge age = gclk_kernel_age(cases[i].release);
		g_autofree char *cures = g_strjoinv(" ", (gchar **)age.cures);

		GCLK_ASSERT_INT(age.age, cases[i].age);
		GCLK_ASSERT_INT(age.major, cases[i].major);
		GCLK_ASSERT_INT(age.minor, cases[i].minor);
		GCLK_ASSERT_INT(age.patch, cases[i].patch);
		GCLK_ASSERT_INT(age.build, cases[i].build);
		GCLK_ASSERT_STR(age.distribution, cases[i].distribution);
		GCLK_ASSERT_STR(cures, cases[i].cures);
	}
}

static void test_wsl(void)
{
	CU_ASSERT_TRUE(gclk_kernel_age("5.15.167.4-microsoft-standard-WSL2").wsl);
	CU_ASSERT_TRUE(gclk_kernel_age("4.4.0-19041-Microsoft").wsl);
	CU_ASSERT_FALSE(gclk_kernel_age("6.18.5").wsl);
}

static void test_nothing(void)
{
	GCLK_ASSERT_INT(gclk_kernel_age(NULL).age, GCLK_AGE_UNKNOWN);
	CU_ASSERT_PTR_NULL(gclk_kernel_age(NULL).cures[0]);
}

int main(void)
{
	static const GclkTestCase all[] = {
		{ "releases", test_releases },
		{ "WSL", test_wsl },
		{ "no release", test_nothing },
		{ NULL, NULL },
	};

	return gclk_test_main("kernel-age", all);
}
