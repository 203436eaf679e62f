/* SPDX-License-Identifier: BSD-2-Clause */
/* The clock itself: the kernel's discipline of it, the RTC beside it, and whose it is. */
#include <math.h>
#include <string.h>

#include "detect/time-programs.h"
#include "doctor/host-clock.h"
#include "doctor/survey.h"
#include "guestclock/finding.h"
#include "guestclock/format.h"

/* --- whose it is ------------------------------------------------------------------------------ */

static void check_owner(const GclkSurvey *survey, GPtrArray *findings)
{
	const GclkDetection *detection = survey->detection;
	g_autofree char *statement = NULL;
	GclkFinding *finding;

	if (!detection->owns_clock) {
		statement = g_strdup_printf(
			"the clock here belongs to the host: this is a container (%s)%s",
			detection->container,
			survey->may_steer ? ", and it may set that clock all the same" : "");
		finding = gclk_findings_add(findings, "clock-of-host", GCLK_SEVERITY_NOTE,
			statement,
			survey->may_steer ? "run guestclock on the host instead, and start this "
					    "container without CAP_SYS_TIME"
					  : "run guestclock on the host instead");
		gclk_finding_add_evidence(finding, "%s", detection->container_why);
		if (survey->may_not_why)
			gclk_finding_add_evidence(finding, "%s", survey->may_not_why);
	} else if (survey->may_not_why) {
		statement = g_strdup_printf(
			"the clock cannot be set from here: %s", survey->may_not_why);
		gclk_findings_add(findings, "clock-not-settable", GCLK_SEVERITY_NOTE, statement,
			"run guestclock doctor as root; where root has no CAP_SYS_TIME, what "
			"started this shell has taken it away");
	}
}

/* --- who steers ------------------------------------------------------------------------------- */

static const GclkTimeProgram *master(const GclkSurvey *survey)
{
	for (guint i = 0; i < survey->programs->len; i++) {
		const GclkTimeProgram *program = survey->programs->pdata[i];

		if (program->steers && program->program->kind == GCLK_PROGRAM_DAEMON)
			return program;
	}
	return NULL;
}

/* Those that change the length of a tick themselves, as part of their work. */
static gboolean tick_in_use(const GclkSurvey *survey)
{
	static const char *const names[] = { "guestclockd", "chronyd", "vmtoolsd", NULL };

	for (guint i = 0; i < survey->programs->len; i++) {
		const GclkTimeProgram *program = survey->programs->pdata[i];

		if (program->steers && g_strv_contains(names, program->name))
			return TRUE;
	}
	return FALSE;
}

/* --- the kernel's discipline ------------------------------------------------------------------ */

/* adjtime(3) steers without ever telling the kernel that the clock is synchronised. */
static gboolean tells_the_kernel(const GclkTimeProgram *program)
{
	static const char *const silent[] = { "ntpd of OpenNTPD", "ptpd", "ptpd2", NULL };

	return !g_strv_contains(silent, program->name);
}

static void check_synchronised(const GclkSurvey *survey, GPtrArray *findings)
{
	const GclkTimeProgram *daemon = master(survey);
	gboolean strange = daemon && tells_the_kernel(daemon);
	g_autofree char *statement = NULL;
	g_autofree char *remedy = NULL;
	GclkFinding *finding;
	char error[32];

	if (!survey->discipline.unsynchronised)
		return;
	if (strange) {
		statement = g_strdup_printf(
			"%s runs, but has not synchronised this clock (yet)", daemon->name);
		remedy = g_strdup_printf("look at its sources: %s",
			strcmp(daemon->name, "chronyd") == 0 ? "chronyc -n sources -v"
							     : "guestclock probe SERVER");
		if (strcmp(daemon->name, "guestclockd") == 0) {
			g_free(remedy);
			remedy = g_strdup("look at its sources: guestclock sources");
		}
	} else {
		statement = g_strdup("the kernel holds this clock for unsynchronised");
	}
	finding = gclk_findings_add(findings, "clock-unsynchronised",
		strange ? GCLK_SEVERITY_WARNING : GCLK_SEVERITY_NOTE, statement, remedy);
	gclk_format_bound(survey->discipline.max_error, error);
	gclk_finding_add_evidence(finding, "adjtimex: STA_UNSYNC, maxerror %s%s", error,
		survey->discipline.max_error >= 16 * GCLK_NS_PER_S
			? " (its largest: never synchronised, or long ago)"
			: "");
}

/* Within 1 ppm of the limit it stands at the limit. */
#define FREQUENCY_AT_LIMIT (GCLK_FREQUENCY_LIMIT_PPB - 1000)

static void check_frequency(const GclkSurvey *survey, GPtrArray *findings)
{
	const double ppb = survey->discipline.frequency_ppb;
	GclkFinding *finding;

	if (fabs(ppb) < FREQUENCY_AT_LIMIT)
		return;
	finding = gclk_findings_add(findings, "frequency-at-limit", GCLK_SEVERITY_WARNING,
		ppb > 0 ? "the kernel's frequency correction stands at its limit: this clock "
			  "loses more than can be made up for"
			: "the kernel's frequency correction stands at its limit: this clock "
			  "gains more than can be taken away",
		"look at the findings about the clocksource; if that is right, a wrong drift file "
		"did it: stop the time daemon, remove its drift file, start it again");
	gclk_finding_add_evidence(
		finding, "adjtimex: frequency %+.1f ppm; the limit is 500 ppm", ppb / 1000);
}

static void check_tick(const GclkSurvey *survey, GPtrArray *findings)
{
	const double ppb = survey->discipline.tick_ppb;
	g_autofree char *statement = NULL;
	GclkFinding *finding;

	if (ppb == 0 || tick_in_use(survey))
		return;
	statement = g_strdup_printf("the kernel's tick is not what it should be, and makes this "
				    "clock %.0f ppm too %s; no program that runs here did it",
		fabs(ppb) / 1000, ppb > 0 ? "fast" : "slow");
	finding = gclk_findings_add(findings, "tick-left-behind", GCLK_SEVERITY_WARNING, statement,
		"adjtimex --tick 10000 (from the package adjtimex), or start guestclockd, which "
		"sets it right");
	gclk_finding_add_evidence(
		finding, "adjtimex: tick %+.0f ppm of its nominal length", ppb / 1000);
}

/* CLOCK_TAI matters to those who deal with PTP. */
static void check_tai(const GclkSurvey *survey, GPtrArray *findings)
{
	static const char *const users[] = { "ptp4l", "phc2sys", "ptpd", "ptpd2", "timemaster",
		NULL };
	gboolean wanted = FALSE;

	for (guint i = 0; i < survey->programs->len; i++)
		wanted |= g_strv_contains(
			users, ((const GclkTimeProgram *)survey->programs->pdata[i])->name);
	if (survey->discipline.tai_offset != 0 || !wanted)
		return;
	gclk_finding_add_evidence(
		gclk_findings_add(findings, "tai-offset-missing", GCLK_SEVERITY_NOTE,
			"the kernel does not know how far TAI is from UTC: CLOCK_TAI shows UTC",
			"chronyd sets it with \"leapsectz right/UTC\" in chrony.conf, ntpd with a "
			"leap seconds file"),
		"adjtimex: tai 0");
}

/* --- the RTC ---------------------------------------------------------------------------------- */

#define RTC "/sys/class/rtc/rtc0/"

/* The RTC is read in whole seconds, and the kernel sets it half a second late or early. */
#define RTC_NEAR (5 * GCLK_NS_PER_S)
/* Time zones are quarters of hours, up to 14 h; a clock beside a local RTC is a little off too. */
#define QUARTER    (15 * 60 * GCLK_NS_PER_S)
#define ZONE_MAX   (14 * 3600 * GCLK_NS_PER_S + RTC_NEAR)
#define ZONE_ERROR (10 * GCLK_NS_PER_S)

/* hwclock(8): the third line is UTC or LOCAL. */
static gboolean adjtime_says_local(GclkReader *reader)
{
	g_autofree char *text = gclk_reader_bytes(reader, "/etc/adjtime", 4096, NULL);
	g_auto(GStrv) lines = text ? g_strsplit(text, "\n", 4) : NULL;

	return lines && g_strv_length(lines) >= 3 && strcmp(g_strstrip(lines[2]), "LOCAL") == 0;
}

/* The RTC, taken for UTC, minus the clock. FALSE: one of the two cannot be read. */
static gboolean rtc_offset(const GclkSurvey *survey, gint64 *offset)
{
	GclkPlatform *platform = survey->machine->platform;
	g_autofree char *text = gclk_reader_text(survey->reader, RTC "since_epoch");
	GclkClockPair now;

	if (!text || !g_ascii_isdigit(text[0]) || strlen(text) > 10 || !platform->read_pair)
		return FALSE;
	platform->read_pair(platform, &now);
	/* it shows the second that has begun: on average half of one is gone */
	*offset = g_ascii_strtoll(text, NULL, 10) * GCLK_NS_PER_S + GCLK_NS_PER_S / 2 - now.real;
	return TRUE;
}

/* Whole quarters of hours between the two; 0: not near to any. */
static gint64 zone_quarters(gint64 offset)
{
	gint64 quarters = (ABS(offset) + QUARTER / 2) / QUARTER;

	if (ABS(offset) > ZONE_MAX || ABS(ABS(offset) - quarters * QUARTER) > ZONE_ERROR)
		return 0;
	return offset < 0 ? -quarters : quarters;
}

static void add_rtc_evidence(
	const GclkSurvey *survey, GclkFinding *finding, gboolean read, gint64 offset)
{
	g_autofree char *hctosys = gclk_reader_text(survey->reader, RTC "hctosys");
	char text[32];

	if (read) {
		gclk_format_offset(offset, text);
		gclk_finding_add_evidence(
			finding, "%ssince_epoch: %s from the system clock", RTC, text);
	}
	if (g_strcmp0(hctosys, "1") == 0)
		gclk_finding_add_evidence(
			finding, "%shctosys: the clock was set by it at the last boot", RTC);
}

static void add_rtc_local(const GclkSurvey *survey, gboolean stated, gboolean read, gint64 offset,
	GPtrArray *findings)
{
	gint64 minutes = zone_quarters(offset) * 15;
	g_autofree char *statement =
		stated ? g_strdup("the RTC is kept in local time: after a boot in summer or "
				  "winter the clock is an hour off or more")
		       : g_strdup_printf("the RTC is %s this clock by %" G_GINT64_FORMAT
					 " h %02d min: it "
					 "seems to be kept in local time",
				 minutes < 0 ? "behind" : "ahead of", ABS(minutes) / 60,
				 (int)(ABS(minutes) % 60));
	GclkFinding *finding = gclk_findings_add(findings, "rtc-local", GCLK_SEVERITY_WARNING,
		statement,
		gclk_time_programs_systemd(survey->machine->platform)
			? "once the clock is right: timedatectl set-local-rtc 0; on the host the "
			  "VM's clock has to be set to UTC"
			: "once the clock is right: hwclock --systohc --utc; on the host the VM's "
			  "clock has to be set to UTC");

	if (stated)
		gclk_finding_add_evidence(finding, "/etc/adjtime: LOCAL in its third line");
	add_rtc_evidence(survey, finding, read, offset);
}

static void add_rtc_off(const GclkSurvey *survey, gint64 offset, GPtrArray *findings)
{
	g_autofree char *statement = NULL;
	char text[32];

	gclk_format_bound(ABS(offset), text);
	statement = g_strdup_printf(
		"the RTC is %s this clock by %s; which of the two is right cannot be told from "
		"them alone",
		offset < 0 ? "behind" : "ahead of", text);
	add_rtc_evidence(survey,
		gclk_findings_add(findings, "rtc-off", GCLK_SEVERITY_NOTE, statement,
			"ask a server: guestclock probe SERVER; once the clock is right: hwclock "
			"--systohc --utc"),
		TRUE, offset);
}

static void check_rtc(const GclkSurvey *survey, GPtrArray *findings)
{
	g_auto(GStrv) names = gclk_reader_names(survey->reader, "/sys/class/rtc");
	gboolean stated, read;
	gint64 offset = 0;

	if (survey->os != GCLK_OS_LINUX || !survey->release)
		return;
	if (!names || !names[0]) {
		gclk_finding_add_evidence(
			gclk_findings_add(findings, "no-rtc", GCLK_SEVERITY_NOTE,
				"this machine has no RTC: nothing here keeps the time while it is "
				"off or paused (usual for microVMs)",
				NULL),
			"/sys/class/rtc is empty or missing");
		return;
	}
	stated = adjtime_says_local(survey->reader);
	read = rtc_offset(survey, &offset);
	if (stated || (read && zone_quarters(offset) != 0))
		add_rtc_local(survey, stated, read, offset, findings);
	else if (read && ABS(offset) > RTC_NEAR)
		add_rtc_off(survey, offset, findings);
}

/* --- the host's clock ------------------------------------------------------------------------- */

/* A host that is right to a second, and a guest that is off by more, is what people ask us about.
 */
#define FAR_OFF GCLK_NS_PER_S
#define NOTABLE (50 * GCLK_NS_PER_MS)

/* Does a daemon hold the clock for right? Then it may as well be the host's that is wrong. */
static gboolean is_kept(const GclkSurvey *survey)
{
	return master(survey) && survey->has_discipline && !survey->discipline.unsynchronised;
}

static void check_against_host(const GclkSurvey *survey, GPtrArray *findings)
{
	g_autoptr(GArray) devices = gclk_ptp_scan(survey->machine->platform);
	const GclkPtpDevice *device = gclk_ptp_choose(devices);
	g_autofree char *statement = NULL;
	GclkHostClock host;
	GclkFinding *finding;
	char offset[32], bracket[32];

	if (!device)
		return;
	gclk_host_clock_read(survey->machine->platform, device, survey->release,
		survey->has_discipline ? survey->discipline.tai_offset : 0, &host);
	if (host.has_offset && ABS(host.offset) - host.bracket >= NOTABLE) {
		gclk_format_bound(ABS(host.offset), offset);
		gclk_format_bound(host.bracket, bracket);
		statement = g_strdup_printf("this clock is %s %s the host's", offset,
			host.offset > 0 ? "behind" : "ahead of");
		finding = gclk_findings_add(findings, "clock-off-host",
			ABS(host.offset) >= FAR_OFF && !is_kept(survey) ? GCLK_SEVERITY_CRITICAL
									: GCLK_SEVERITY_WARNING,
			statement,
			master(survey)
				? "find out which is wrong: guestclock probe SERVER; if it is this "
				  "one, let the time daemon step: guestclock step, or chronyc "
				  "makestep"
				: "start guestclockd: it steps the clock at its start");
		gclk_finding_add_evidence(finding, "%s (%s), read within %s", device->path,
			device->clock_name, bracket);
		if (is_kept(survey))
			gclk_finding_add_evidence(finding,
				"adjtimex: synchronised, so says %s: it may be the host's clock "
				"that is wrong",
				master(survey)->name);
	}
	gclk_host_clock_clear(&host);
}

/* --- all of it -------------------------------------------------------------------------------- */

static void add_fine(const GclkSurvey *survey, GPtrArray *findings)
{
	const GclkDiscipline *discipline = &survey->discipline;
	GclkFinding *finding = gclk_findings_add(findings, "clock", GCLK_SEVERITY_OK,
		"the kernel's clock discipline is in order", NULL);
	char error[32];

	gclk_format_bound(discipline->max_error, error);
	gclk_finding_add_evidence(finding,
		"adjtimex: synchronised, maxerror %s, frequency %+.3f "
		"ppm",
		error, discipline->frequency_ppb / 1000);
}

void gclk_check_clock(const GclkSurvey *survey, GPtrArray *findings)
{
	guint before;

	check_owner(survey, findings);
	if (!survey->detection->owns_clock)
		return;
	before = findings->len;
	if (survey->has_discipline) {
		check_synchronised(survey, findings);
		check_frequency(survey, findings);
		check_tick(survey, findings);
		check_tai(survey, findings);
	}
	check_against_host(survey, findings);
	if (survey->has_discipline && findings->len == before)
		add_fine(survey, findings);
	check_rtc(survey, findings);
}
