/* SPDX-License-Identifier: BSD-2-Clause */
/* Is time being lost here, or is the vCPU only late? What was measured, in words. */
#include <math.h>
#include <string.h>

#include "detect/kernel-age.h"
#include "doctor/survey.h"
#include "guestclock/finding.h"
#include "guestclock/format.h"

/* Shorter hangs of a timer interrupt are no news on a virtual machine. */
#define HANG_NOTED (10 * GCLK_NS_PER_MS)

typedef struct {
	const GclkSurvey *survey;
	const GclkTickHealth *ticks;
	GPtrArray *findings;
	const char *clocksource; /* for people */
} Look;

/* --- words ------------------------------------------------------------------------------------ */

static const char *counter_name(const char *name)
{
	static const struct {
		const char *name, *words;
	} table[] = {
		{ "rtc", "the RTC" },
		{ "tsc", "the TSC" },
		{ "ptp", "the host's precision clock" },
		{ "host", "the host's clock" },
		{ "ntp", "NTP" },
		{ GCLK_TICK_COUNTER_DAEMON, "guestclockd" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(table); i++)
		if (strcmp(table[i].name, name) == 0)
			return table[i].words;
	return name;
}

static gboolean is_daemon(const char *name)
{
	return strcmp(name, GCLK_TICK_COUNTER_DAEMON) == 0;
}

/* "the RTC over 10 s"; the daemon does not say over how long. */
static char *describe_measurement(const char *name, gint64 span)
{
	char age[32];

	if (is_daemon(name))
		return g_strdup_printf("%s over the last minutes", counter_name(name));
	gclk_format_age(span, age);
	return g_strdup_printf("%s over %s", counter_name(name), age);
}

/* With two digits that count, and commas between thousands: 49000.3 is "49,000". Caller frees. */
static char *grouped(double value)
{
	double step = fabs(value) >= 100 ? pow(10, floor(log10(fabs(value))) - 1) : 1;
	char digits[32];
	GString *out = g_string_new(value < 0 ? "-" : NULL);
	gsize length;

	g_snprintf(digits, sizeof digits, "%.0f", round(fabs(value) / step) * step);
	length = strlen(digits);
	for (gsize i = 0; i < length; i++) {
		if (i && (length - i) % 3 == 0)
			g_string_append_c(out, ',');
		g_string_append_c(out, digits[i]);
	}
	return g_string_free(out, FALSE);
}

/* "0.06 %", "4.9 %", "30 %" */
static void format_percent(double share, char buffer[32])
{
	g_snprintf(buffer, 32, share >= 0.1 ? "%.0f %%" : "%.2g %%", share * 100);
}

/* What that comes to: "1.8 s an hour", "3 min an hour". */
static void format_hourly(double ppm, char buffer[48])
{
	double seconds = fabs(ppm) * 1e-6 * 3600;

	if (seconds >= 120)
		g_snprintf(buffer, 48, "%.0f min an hour", seconds / 60);
	else
		g_snprintf(
			buffer, 48, seconds >= 10 ? "%.0f s an hour" : "%.1f s an hour", seconds);
}

static double seconds_of(gint64 ns)
{
	return (double)ns / 1e9;
}

/* "4.9 % of its time (49,000 ppm +- 900), by the RTC over 10 s: 176 s an hour" */
static char *describe_rate(const GclkTickHealth *ticks)
{
	g_autofree char *ppm = grouped(fabs(ticks->lost_ppm));
	g_autofree char *error = grouped(ticks->lost_error_ppm);
	g_autofree char *by = describe_measurement(ticks->reference, ticks->measured);
	char percent[32], hourly[48];

	format_percent(fabs(ticks->lost_ppm) * 1e-6, percent);
	format_hourly(ticks->lost_ppm, hourly);
	return g_strdup_printf(
		"%s of its time (%s ppm +- %s), by %s: %s", percent, ppm, error, by, hourly);
}

/* --- evidence --------------------------------------------------------------------------------- */

static void add_comparison(GclkFinding *finding, const GclkTickComparison *c)
{
	const char *use = gclk_comparison_use_text(c->use);
	g_autofree char *ppm = NULL;
	g_autofree char *error = NULL;
	char span[32];

	if (c->use == GCLK_COMPARISON_TOO_SHORT || c->use == GCLK_COMPARISON_SENSELESS ||
		c->use == GCLK_COMPARISON_NOT_INDEPENDENT) {
		gclk_finding_add_evidence(finding, "%s: %s", counter_name(c->name), use);
		return;
	}
	ppm = grouped(fabs(c->lost_ppm));
	error = grouped(c->error_ppm + c->scatter_ppm);
	if (is_daemon(c->name))
		g_strlcpy(span, "the last minutes", sizeof span);
	else
		g_snprintf(span, sizeof span, "%.1f s", seconds_of(c->span));
	gclk_finding_add_evidence(finding, "%s: the clock %s %s ppm +- %s over %s (%s)",
		counter_name(c->name), c->lost_ppm < 0 ? "gains" : "loses", ppm, error, span, use);
}

static void add_wakeups(GclkFinding *finding, const GclkWakeups *w)
{
	char worst[32], limit[32];

	if (w->count == 0)
		return;
	gclk_format_bound(w->worst, worst);
	gclk_format_bound(w->limit, limit);
	gclk_finding_add_evidence(finding,
		"%u of %u sleeps ended more than %s late, the worst %s%s", w->late, w->count, limit,
		worst, w->urgent ? "" : " (behind other programs' work, perhaps)");
}

static void add_cpu(GclkFinding *finding, const GclkTickHealth *ticks)
{
	const GclkTickCpu *cpu = &ticks->cpu;
	char worst[32];

	if (cpu->steal >= 0)
		gclk_finding_add_evidence(finding,
			"/proc/stat: %.1f %% of the CPU time stolen, %.0f %% used",
			cpu->steal * 100, cpu->busy * 100);
	if (cpu->busy_cpus > 0)
		gclk_finding_add_evidence(finding,
			"/proc/interrupts: %.0f ticks a second on a CPU that was never idle, of %u",
			cpu->tick_rate, ticks->hz);
	if (cpu->hangs_total > 0) {
		gclk_format_bound(cpu->hang_worst, worst);
		gclk_finding_add_evidence(finding,
			"/proc/timer_list: %" G_GINT64_FORMAT " timer interrupts hung meanwhile, "
			"%" G_GINT64_FORMAT " since boot, the longest %s",
			cpu->hangs, cpu->hangs_total, worst);
	}
}

/* The interrupt lag of VMware's backdoor. */
static void add_backlog(GclkFinding *finding, gint64 backlog)
{
	char text[32];

	if (backlog < 0)
		return;
	gclk_format_bound(backlog, text);
	if (backlog > 0)
		gclk_finding_add_evidence(finding,
			"the hypervisor has had up to %s of timer ticks yet to deliver", text);
	else
		gclk_finding_add_evidence(finding, "the hypervisor owes no timer ticks");
}

static void add_evidence(const Look *look, GclkFinding *finding)
{
	const GclkTickHealth *ticks = look->ticks;

	if (look->survey->clocksource)
		gclk_finding_add_evidence(finding, "clocksource %s: %s", look->survey->clocksource,
			ticks->tick_driven ? "time is the number of ticks"
					   : "a counter, which lost ticks do not touch");
	if (ticks->hz)
		gclk_finding_add_evidence(finding, "%u ticks a second (HZ)", ticks->hz);
	for (gsize i = 0; i < ticks->n_comparisons; i++)
		add_comparison(finding, &ticks->comparisons[i]);
	add_backlog(finding, ticks->backlog);
	add_wakeups(finding, &ticks->wakeups);
	add_cpu(finding, ticks);
	gclk_finding_add_evidence(finding, "how sure that is: %.0f %%", ticks->confidence * 100);
}

static void report(const Look *look, const char *id, GclkSeverity severity, const char *statement,
	const char *remedy)
{
	add_evidence(look, gclk_findings_add(look->findings, id, severity, statement, remedy));
}

/* --- time is lost ------------------------------------------------------------------------------
 */

/* What is wrong with the clocksource, as gclk_check_clocksource found: the cause of a wrong rate,
   which is told once, with the rate. NULL: nothing. */
static GclkFinding *take_cause(const Look *look)
{
	static const char *const causes[] = { "clocksource-loses-time", "clocksource-slow",
		"clocksource-tsc-variable" };
	GclkFinding *cause = NULL;

	for (gsize i = 0; i < G_N_ELEMENTS(causes) && !cause; i++)
		cause = gclk_findings_steal(look->findings, causes[i]);
	return cause;
}

/* Kernels that count ticks have no clocksource to switch; they are told how to count. */
static char *advise_cures(const GclkKernelAge *age)
{
	g_autofree char *words = g_strjoinv(" ", (char **)age->cures);

	return age->cures[0] ? g_strdup_printf("boot this kernel with %s", words) : NULL;
}

/* advice: where nothing better is known. */
static void report_rate(const Look *look, const char *id, const char *statement, const char *advice)
{
	const GclkKernelAge age = gclk_kernel_age(look->survey->release);
	g_autoptr(GclkFinding) cause = take_cause(look);
	g_autofree char *cures = advise_cures(&age);
	GclkFinding *finding =
		gclk_findings_add(look->findings, id, GCLK_SEVERITY_CRITICAL, statement,
			cures                    ? cures
			: cause && cause->remedy ? cause->remedy
						 : advice);

	add_evidence(look, finding);
	if (cause)
		gclk_finding_add_of(finding, cause);
}

#define WRONG_COUNTER                                                                              \
	"the rate of this counter is wrong: let guestclockd correct it, and see whether the "      \
	"hypervisor states the TSC's frequency"

static void report_losing(const Look *look)
{
	gboolean ticks = look->ticks->tick_driven;
	g_autofree char *rate = describe_rate(look->ticks);
	g_autofree char *statement = g_strdup_printf(
		ticks ? "timer ticks are lost, and time with them: the clock loses %s"
		      : "the clock runs slow: it loses %s",
		rate);

	report_rate(look, ticks ? "tick-loss" : "clock-slow", statement,
		look->survey->os == GCLK_OS_FREEBSD
			? "choose another timecounter: see sysctl kern.timecounter.choice, set "
			  "kern.timecounter.hardware"
		: ticks ? "let the host offer a TSC, an HPET or an ACPI timer, and CPU time enough"
			: WRONG_COUNTER);
}

/* Counting kernels make up for ticks they miss; a hypervisor that delivers the late ones all the
   same makes them count twice. */
static void report_gaining(const Look *look)
{
	const GclkKernelAge age = gclk_kernel_age(look->survey->release);
	gboolean counts = (age.age & GCLK_AGE_TICKS) != 0 || look->ticks->tick_driven;
	g_autofree char *rate = describe_rate(look->ticks);
	g_autofree char *statement = g_strdup_printf("the clock runs fast: it gains %s", rate);

	report_rate(look, "clock-fast", statement,
		counts ? "kernel and hypervisor both make up for lost ticks: switch to a "
			 "clocksource that is a counter"
		       : WRONG_COUNTER);
}

/* --- time is kept ------------------------------------------------------------------------------
 */

/* Half a sentence on the clock of a machine that keeps it. */
static char *describe_clock(const Look *look)
{
	const GclkTickHealth *ticks = look->ticks;
	g_autofree char *error = NULL;
	g_autofree char *by = NULL;

	if (!ticks->reference)
		return g_strdup_printf(
			"the clock is read from %s, which loses nothing by lost ticks",
			look->clocksource);
	error = grouped(fabs(ticks->lost_ppm) + ticks->lost_error_ppm);
	by = describe_measurement(ticks->reference, ticks->measured);
	return g_strdup_printf("the clock is right to %s ppm by %s", error, by);
}

static void report_starved(const Look *look)
{
	const GclkTickHealth *ticks = look->ticks;
	g_autofree char *clock = describe_clock(look);
	GString *statement = g_string_new("this machine does not get the CPU when it needs it:");
	char worst[32], percent[32];

	if (ticks->steal_share > 0) {
		format_percent(ticks->steal_share, percent);
		g_string_append_printf(statement, " %s of its CPU time is stolen,", percent);
	}
	if (ticks->wakeups.count) {
		gclk_format_bound(ticks->lateness_worst, worst);
		g_string_append_printf(statement, " it wakes up to %s late,", worst);
	}
	g_string_append_printf(statement, " but %s", clock);
	report(look, "starved", GCLK_SEVERITY_WARNING, statement->str,
		"this is no fault of the clock: on the host, reserve CPU time for this machine or "
		"give its CPUs to fewer machines");
	g_string_free(statement, TRUE);
}

static void report_healthy(const Look *look)
{
	g_autofree char *clock = describe_clock(look);
	g_autofree char *statement = g_strdup_printf(
		"no time is lost, the machine runs when it should: %s%s", clock,
		look->ticks->reference ? ""
				       : " (there was no independent counter to hold it against)");

	report(look, "ticks-ok", GCLK_SEVERITY_OK, statement, NULL);
}

static void report_unknown(const Look *look)
{
	const GclkTickHealth *ticks = look->ticks;

	if (ticks->contradiction)
		report(look, "ticks-unknown", GCLK_SEVERITY_NOTE,
			"whether time is lost is not known: the counters contradict each other",
			"measure longer, and look which of them was set meanwhile");
	else if (ticks->reference)
		report(look, "ticks-unknown", GCLK_SEVERITY_NOTE,
			"whether time is lost is not known: it was measured too briefly",
			"measure longer: guestclock doctor --seconds 30");
	else
		report(look, "ticks-unknown", GCLK_SEVERITY_NOTE,
			"whether time is lost is not known: there is no counter to hold the clock "
			"against",
			"give this machine an RTC or a precision clock, or name an NTP server");
}

static void check_hangs(const Look *look)
{
	const GclkTickCpu *cpu = &look->ticks->cpu;
	g_autofree char *statement = NULL;
	char worst[32];

	if (cpu->hangs_total <= 0 || (cpu->hangs <= 0 && cpu->hang_worst < HANG_NOTED))
		return;
	gclk_format_bound(cpu->hang_worst, worst);
	statement = g_strdup_printf("timer interrupts took too long %" G_GINT64_FORMAT
				    " times since boot, the longest %s: the vCPU was taken away",
		cpu->hangs_total, worst);
	gclk_finding_add_evidence(gclk_findings_add(look->findings, "timer-hangs",
					  GCLK_SEVERITY_NOTE, statement, NULL),
		"/proc/timer_list: .nr_hangs and .max_hang_time");
}

void gclk_check_ticks(const GclkSurvey *survey, GPtrArray *findings)
{
	static void (*const reports[])(const Look *) = {
		[GCLK_TICKS_UNKNOWN] = report_unknown,
		[GCLK_TICKS_HEALTHY] = report_healthy,
		[GCLK_TICKS_STARVED] = report_starved,
		[GCLK_TICKS_LOSING] = report_losing,
		[GCLK_TICKS_GAINING] = report_gaining,
	};
	const Look look = { survey, survey->ticks, findings,
		survey->clocksource ? survey->clocksource : "a counter" };

	/* without a measurement there is nothing to say */
	if (!look.ticks || look.ticks->duration <= 0)
		return;
	reports[look.ticks->verdict](&look);
	check_hangs(&look);
}
