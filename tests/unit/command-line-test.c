/* SPDX-License-Identifier: BSD-2-Clause */
#include "doctor/command-line.h"

#include <string.h>

#include "harness.h"

static char *join(const GPtrArray *parameters)
{
	GString *out = g_string_new(NULL);

	for (guint i = 0; i < parameters->len; i++) {
		const GclkParameter *parameter = parameters->pdata[i];

		g_string_append_printf(out, "%s(%s|%s)", out->len ? " " : "", parameter->name,
			parameter->value ? parameter->value : "-");
	}
	return g_string_free(out, FALSE);
}

static void test_parse(void)
{
	static const struct {
		const char *line, *parsed;
	} cases[] = {
		{ "", "" },
		{ "  \n", "" },
		{ "ro", "(ro|-)" },
		{ "quiet clocksource=tsc\n", "(quiet|-) (clocksource|tsc)" },
		{ "no-kvmclock a-b=c-d", "(no_kvmclock|-) (a_b|c-d)" },
		{ "x= y==z", "(x|) (y|=z)" },
		{ "dyndbg=\"file a +p\" notsc", "(dyndbg|file a +p) (notsc|-)" },
		{ "x=\"open notsc", "(x|open notsc)" },
		{ "x=\"", "(x|)" },
		{ "ro -- notsc", "(ro|-)" }, /* init's */
		{ "ro --notsc", "(ro|-) (__notsc|-)" },
		{ "=", "(|)" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GPtrArray) parameters = gclk_parameters_parse(cases[i].line);
		g_autofree char *text = join(parameters);

		GCLK_ASSERT_STR(text, cases[i].parsed);
	}
}

static void test_bounds(void)
{
	g_autoptr(GPtrArray) none = gclk_parameters_parse(NULL);
	g_autoptr(GString) many = g_string_new(NULL);
	g_autoptr(GPtrArray) parameters = NULL;

	GCLK_ASSERT_INT(none->len, 0);
	CU_ASSERT_PTR_NULL(gclk_parameters_find(none, "ro"));
	CU_ASSERT_PTR_NULL(gclk_parameters_forced_clocksource(none));
	for (guint i = 0; i < 10000; i++)
		g_string_append(many, "a ");
	parameters = gclk_parameters_parse(many->str);
	GCLK_ASSERT_INT(parameters->len, GCLK_PARAMETERS_MAX);
}

static void test_find_last(void)
{
	g_autoptr(GPtrArray) parameters = gclk_parameters_parse("tsc=reliable tsc=unstable ro");

	GCLK_ASSERT_STR(gclk_parameters_find(parameters, "tsc")->value, "unstable");
	CU_ASSERT_PTR_NULL(gclk_parameters_find(parameters, "ts"));
}

static void test_forced(void)
{
	static const struct {
		const char *line, *text, *clocksource;
	} cases[] = {
		{ "clocksource=acpi_pm ro", "clocksource=acpi_pm", "acpi_pm" },
		{ "clocksource=acpi_pm clocksource=tsc", "clocksource=tsc", "tsc" },
		{ "clocksource=tsc clock=pmtmr", "clock=pmtmr", "acpi_pm" },
		{ "clock=hpet", "clock=hpet", "hpet" },
		{ "clocksource=pmtmr", "clocksource=pmtmr", "pmtmr" }, /* the old name's only */
		{ "clocksource ro", NULL, NULL },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GPtrArray) parameters = gclk_parameters_parse(cases[i].line);
		const GclkParameter *forced = gclk_parameters_forced_clocksource(parameters);

		GCLK_ASSERT_STR(forced ? forced->text : NULL, cases[i].text);
		GCLK_ASSERT_STR(
			forced ? gclk_parameter_clocksource(forced) : NULL, cases[i].clocksource);
	}
}

static void test_advice(void)
{
	g_autofree char *old = gclk_parameter_advise_addition("divider=10", GCLK_AGE_COUNTS_TICKS);
	g_autofree char *add = gclk_parameter_advise_addition("a=b", GCLK_AGE_MODERN);
	g_autofree char *off = gclk_parameter_advise_removal("divider=10", GCLK_AGE_MODERN);
	g_autofree char *off_old = gclk_parameter_advise_removal("a=b", GCLK_AGE_COMPENSATES);

	GCLK_ASSERT_HAS(old, "add divider=10 to the kernel lines of /boot/grub/grub.conf");
	GCLK_ASSERT_HAS(off_old, "remove a=b from the kernel lines of /boot/grub/grub.conf");
	GCLK_ASSERT_HAS(add, "--args=\"a=b\"");
	GCLK_ASSERT_HAS(off, "remove divider=10 from GRUB_CMDLINE_LINUX in /etc/default/grub");
	GCLK_ASSERT_HAS(off, "--remove-args=\"divider=10\"");
}

int main(void)
{
	static const GclkTestCase cases[] = {
		{ "parse", test_parse },
		{ "bounds", test_bounds },
		{ "the last one counts", test_find_last },
		{ "a forced clocksource", test_forced },
		{ "advice", test_advice },
		{ NULL, NULL },
	};

	return gclk_test_main("command-line", cases);
}
