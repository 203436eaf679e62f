/* SPDX-License-Identifier: BSD-2-Clause */
/* A kernel's log, and a command line beside it: whatever they say, what is told of them is clean,
   finite text. The log's first line is also the release and the command line. */
#include "fuzz.h"

#include <string.h>

#include "composed-survey.h"

static void check_text(const char *text)
{
	g_assert_true(g_utf8_validate(text, -1, NULL));
	for (const char *c = text; *c; c++)
		g_assert_false(g_ascii_iscntrl(*c));
}

static void check_event(const GclkKernelEvent *event)
{
	g_assert_cmpuint(event->count, >, 0);
	check_text(event->line);
	check_text(event->subject ? event->subject : "");
	check_text(event->other ? event->other : "");
}

static void check_log(const char *text, gsize length)
{
	g_autoptr(GclkKernelLog) log = gclk_kernel_log_parse(text, length);
	gint64 skew, interval;
	double khz;

	for (gint kind = 0; kind < GCLK_KLOG_KINDS; kind++) {
		const GclkKernelEvent *event = gclk_kernel_log_event(log, (GclkKernelLogKind)kind);

		if (event)
			check_event(event);
	}
	if (gclk_kernel_log_tsc_khz(log, &khz))
		g_assert_true(khz > 0 && khz < 1e13);
	if (gclk_kernel_log_skew(log, &skew, &interval))
		g_assert_cmpint(interval, >, 0);
}

static void check_advice(const char *text, const char *hypervisor)
{
	static const GclkCheck checks[] = { gclk_check_clocksource, gclk_check_kernel_parameters,
		gclk_check_kernel_log, NULL };
	g_autofree char *line = g_strndup(text, strcspn(text, "\n"));
	g_autofree char *release = g_strndup(line, strcspn(line, " "));
	g_autofree char *word = g_strndup(release, 32);
	const GclkComposition composition = { .hypervisor = hypervisor,
		.release = release,
		.command_line = line,
		.clocksource = word,
		.clocksources = line,
		.log = text };
	g_autoptr(GPtrArray) findings = gclk_composed_check(&composition, checks);

	for (guint i = 0; i < findings->len; i++) {
		const GclkFinding *finding = findings->pdata[i];

		g_assert_true(finding->statement && finding->statement[0]);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *text = g_strndup((const char *)data, size);

	check_log((const char *)data, size);
	check_advice(text, "kvm");
	check_advice(text, "vmware");
	check_advice(text, "none");
	return 0;
}
