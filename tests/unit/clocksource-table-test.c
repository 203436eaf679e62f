/* SPDX-License-Identifier: BSD-2-Clause */
#include "detect/clocksource-table.h"

#include "harness.h"

#define W GCLK_CLOCKSOURCE_WANTED
#define A GCLK_CLOCKSOURCE_ACCEPTED
#define B GCLK_CLOCKSOURCE_BAD
#define L GCLK_CLOCKSOURCE_LOSES
#define U GCLK_CLOCKSOURCE_UNKNOWN

static const struct {
	const char *hypervisor;
	GclkAge age;
	const char *name;
	GclkClocksourceVerdict verdict;
} verdicts[] = {
	{ "vmware", GCLK_AGE_COUNTS_TICKS, "acpi_pm", W },
	{ "vmware", GCLK_AGE_COUNTS_TICKS, "tsc", A },
	{ "vmware", GCLK_AGE_COMPENSATES, "acpi_pm", W },
	{ "vmware", GCLK_AGE_COMPENSATES, "tsc", W },
	{ "vmware", GCLK_AGE_COMPENSATES, "hpet", A },
	{ "vmware", GCLK_AGE_TICKLESS, "tsc", W },
	{ "vmware", GCLK_AGE_TICKLESS, "acpi_pm", B },
	{ "vmware", GCLK_AGE_MODERN, "tsc", W },
	{ "vmware", GCLK_AGE_MODERN, "hpet", B },
	{ "kvm", GCLK_AGE_MODERN, "kvm-clock", W },
	{ "kvm", GCLK_AGE_MODERN, "tsc", W },
	{ "kvm", GCLK_AGE_MODERN, "tsc-early", U }, /* a whole word, not its beginning */
	{ "kvm", GCLK_AGE_MODERN, "hpet", B },
	{ "kvm", GCLK_AGE_MODERN, "acpi_pm", B },
	{ "kvm", GCLK_AGE_MODERN, "jiffies", L },
	{ "kvm", GCLK_AGE_MODERN, "refined-jiffies", L },
	{ "kvm", GCLK_AGE_MODERN, "arch_sys_counter", W },
	{ "amazon", GCLK_AGE_MODERN, "tsc", W },
	{ "amazon", GCLK_AGE_MODERN, "xen", A },
	{ "amazon", GCLK_AGE_MODERN, "acpi_pm", B },
	{ "google", GCLK_AGE_MODERN, "kvm-clock", W },
	{ "google", GCLK_AGE_MODERN, "acpi_pm", B },
	{ "qemu", GCLK_AGE_MODERN, "tsc", W },
	{ "qemu", GCLK_AGE_MODERN, "hpet", A },
	{ "qemu", GCLK_AGE_MODERN, "pit", L },
	{ "microsoft", GCLK_AGE_MODERN, "hyperv_clocksource_tsc_page", W },
	{ "microsoft", GCLK_AGE_MODERN, "tsc", W },
	{ "microsoft", GCLK_AGE_TICKLESS, "hyperv_clocksource", A },
	{ "microsoft", GCLK_AGE_MODERN, "acpi_pm", B },
	{ "xen", GCLK_AGE_MODERN, "xen", W },
	{ "xen", GCLK_AGE_MODERN, "tsc", W },
	{ "xen", GCLK_AGE_TICKLESS, "jiffies", L },
	{ "oracle", GCLK_AGE_MODERN, "kvm-clock", W },
	{ "oracle", GCLK_AGE_MODERN, "acpi_pm", A },
	{ "oracle", GCLK_AGE_MODERN, "hpet", B },
	{ "bhyve", GCLK_AGE_MODERN, "tsc", W },
	{ "bhyve", GCLK_AGE_MODERN, "hpet", A },
	{ "parallels", GCLK_AGE_MODERN, "tsc", W },
	{ "parallels", GCLK_AGE_MODERN, "hpet", B },
	{ "apple", GCLK_AGE_MODERN, "arch_sys_counter", W },
	{ "powervm", GCLK_AGE_MODERN, "timebase", W },
	{ "zvm", GCLK_AGE_MODERN, "tod", W },
	{ "none", GCLK_AGE_MODERN, "hpet", U },
	{ "none", GCLK_AGE_MODERN, "tsc", U },
	{ "none", GCLK_AGE_MODERN, "jiffies", L },
	{ "vm-other", GCLK_AGE_MODERN, "acpi_pm", U },
	{ "kvm", GCLK_AGE_COUNTS_TICKS, "acpi_pm", U },
	{ "kvm", GCLK_AGE_UNKNOWN, "acpi_pm", U },
	{ NULL, GCLK_AGE_MODERN, "acpi_pm", U },
	{ "kvm", GCLK_AGE_MODERN, "", U },
};

static void test_verdicts(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(verdicts); i++) {
		const GclkClocksourceRow *row =
			gclk_clocksource_row(verdicts[i].hypervisor, verdicts[i].age);
		GclkClocksourceVerdict verdict = gclk_clocksource_judge(row, verdicts[i].name);

		if (verdict != verdicts[i].verdict)
			printf("\n%s %s", verdicts[i].hypervisor, verdicts[i].name);
		GCLK_ASSERT_INT(verdict, verdicts[i].verdict);
	}
}

/* No row is there that the test above has not asked. */
static void test_every_row(void)
{
	const GclkClocksourceRow *table;
	gsize n = gclk_clocksource_table(&table);

	CU_ASSERT_TRUE(n >= 15);
	for (gsize i = 0; i < n; i++) {
		gboolean asked = FALSE;

		for (gsize j = 0; j < G_N_ELEMENTS(verdicts) && !asked; j++)
			asked = gclk_clocksource_row(verdicts[j].hypervisor, verdicts[j].age) ==
				&table[i];
		if (!asked)
			printf("\nnot asked: %s", table[i].hypervisor);
		CU_ASSERT_TRUE(asked);
		CU_ASSERT_TRUE(table[i].wanted && table[i].wanted[0]);
		CU_ASSERT_TRUE(!table[i].bad || table[i].why_bad); /* evil needs a reason */
	}
}

static const char *best(const char *hypervisor, GclkAge age, const char *available)
{
	static const char *known[] = { "tsc", "kvm-clock", "hpet", "acpi_pm", "xen", "jiffies",
		"arch_sys_counter", "hyperv_clocksource_tsc_page" };
	g_auto(GStrv) names = g_strsplit(available, " ", -1);
	const char *name =
		gclk_clocksource_best(gclk_clocksource_row(hypervisor, age), (char *const *)names);

	for (gsize i = 0; name && i < G_N_ELEMENTS(known); i++)
		if (g_strcmp0(known[i], name) == 0)
			return known[i];
	return NULL;
}

static void test_best(void)
{
	GCLK_ASSERT_STR(best("kvm", GCLK_AGE_MODERN, "tsc kvm-clock hpet acpi_pm"), "tsc");
	GCLK_ASSERT_STR(best("kvm", GCLK_AGE_MODERN, "hpet kvm-clock tsc"), "kvm-clock");
	GCLK_ASSERT_STR(best("kvm", GCLK_AGE_MODERN, "kvm-clock hpet acpi_pm"), "kvm-clock");
	GCLK_ASSERT_STR(best("kvm", GCLK_AGE_MODERN, "hpet acpi_pm"), NULL);
	GCLK_ASSERT_STR(best("kvm", GCLK_AGE_MODERN, "arch_sys_counter"), "arch_sys_counter");
	GCLK_ASSERT_STR(best("kvm", GCLK_AGE_MODERN, "jiffies"), NULL);
	GCLK_ASSERT_STR(best("kvm", GCLK_AGE_MODERN, ""), NULL);
	GCLK_ASSERT_STR(best("xen", GCLK_AGE_MODERN, "tsc xen"), "tsc");
	GCLK_ASSERT_STR(best("qemu", GCLK_AGE_MODERN, "hpet acpi_pm"), "hpet");
	GCLK_ASSERT_STR(best("qemu", GCLK_AGE_MODERN, "hpet acpi_pm tsc"), "tsc");
	GCLK_ASSERT_STR(best("none", GCLK_AGE_MODERN, "hpet acpi_pm jiffies"), "hpet");
	GCLK_ASSERT_STR(best("none", GCLK_AGE_MODERN, "jiffies acpi_pm"), "acpi_pm");
	GCLK_ASSERT_STR(best("none", GCLK_AGE_MODERN, " jiffies"), NULL);
	GCLK_ASSERT_STR(
		best("microsoft", GCLK_AGE_MODERN, "hyperv_clocksource_tsc_page tsc acpi_pm"),
		"hyperv_clocksource_tsc_page");
	CU_ASSERT_PTR_NULL(gclk_clocksource_best(NULL, NULL));
}

static void test_wants(void)
{
	CU_ASSERT_TRUE(gclk_clocksource_wants(gclk_clocksource_row("kvm", GCLK_AGE_MODERN), "tsc"));
	CU_ASSERT_FALSE(
		gclk_clocksource_wants(gclk_clocksource_row("zvm", GCLK_AGE_MODERN), "tsc"));
	CU_ASSERT_FALSE(gclk_clocksource_wants(NULL, "tsc"));
	CU_ASSERT_TRUE(
		gclk_clocksource_prefers(gclk_clocksource_row("kvm", GCLK_AGE_MODERN), "tsc"));
	CU_ASSERT_FALSE(gclk_clocksource_prefers(
		gclk_clocksource_row("kvm", GCLK_AGE_MODERN), "kvm-clock"));
	CU_ASSERT_FALSE(gclk_clocksource_prefers(
		gclk_clocksource_row("microsoft", GCLK_AGE_MODERN), "tsc"));
	CU_ASSERT_FALSE(gclk_clocksource_prefers(NULL, "tsc"));
}

int main(void)
{
	static const GclkTestCase cases[] = {
		{ "verdicts", test_verdicts },
		{ "every row is asked", test_every_row },
		{ "the best one", test_best },
		{ "wanted at all", test_wants },
		{ NULL, NULL },
	};

	return gclk_test_main("clocksource-table", cases);
}
