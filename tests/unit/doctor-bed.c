/* SPDX-License-Identifier: BSD-2-Clause */
#include "doctor-bed.h"

#include <errno.h>
#include <string.h>

#include "harness.h"

/* --- clocks ----------------------------------------------------------------------------------- */

static void read_pair(GclkPlatform *platform, GclkClockPair *out)
{
	*out = (GclkClockPair){ .real = ((GclkBed *)platform)->real, .raw = GCLK_NS_PER_S };
}

static gboolean get_discipline(GclkPlatform *platform, GclkDiscipline *out, GError **error)
{
	(void)error;
	*out = ((GclkBed *)platform)->discipline;
	return TRUE;
}

static gboolean may_steer(GclkPlatform *platform, const char **reason)
{
	*reason = ((GclkBed *)platform)->may_not;
	return !*reason;
}

static GclkPtp *ptp_open(GclkPlatform *platform, const char *path, GError **error)
{
	const GclkBed *bed = (const GclkBed *)platform;

	if (!bed->ptp_open_error)
		return (GclkPtp *)platform;
	g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(bed->ptp_open_error),
		"%s: %s", path, g_strerror(bed->ptp_open_error));
	return NULL;
}

/* PRECISE fails as on KVM with another clocksource than kvm-clock. */
static gint ptp_read(GclkPlatform *platform, GclkPtp *ptp, GclkPtpMethod method, guint n,
	GclkPtpReading *out, GclkClockPair *pair)
{
	const GclkBed *bed = (const GclkBed *)platform;

	(void)ptp;
	(void)n;
	if (method == GCLK_PTP_PRECISE)
		return -ENODEV;
	if (bed->ptp_error)
		return method == GCLK_PTP_EXTENDED ? -EOPNOTSUPP : -bed->ptp_error;
	read_pair(platform, pair);
	*out = (GclkPtpReading){ bed->real - 500, bed->real + 500, bed->real + bed->ptp_offset };
	return 1;
}

static void ptp_close(GclkPlatform *platform, GclkPtp *ptp)
{
	(void)platform;
	(void)ptp;
}

/* --- the machine ------------------------------------------------------------------------------ */

void gclk_bed_init(GclkBed *bed)
{
	*bed = (GclkBed){ .real = GCLK_BED_REAL };
	gclk_tree_init(&bed->tree);
	bed->tree.platform.read_pair = read_pair;
	bed->tree.platform.get_discipline = get_discipline;
	bed->tree.platform.may_steer = may_steer;
	bed->tree.platform.ptp_open = ptp_open;
	bed->tree.platform.ptp_read = ptp_read;
	bed->tree.platform.ptp_close = ptp_close;
	bed->machine.platform = &bed->tree.platform;
	bed->discipline.max_error = 5 * GCLK_NS_PER_MS;
	gclk_tree_write(&bed->tree, "/proc/sys/kernel/osrelease", "6.12.0\n", -1);
}

void gclk_bed_clear(GclkBed *bed)
{
	g_clear_pointer(&bed->findings, g_ptr_array_unref);
	gclk_tree_clear(&bed->tree);
}

static const char *status_text(const char *status)
{
	if (strcmp(status, "root") == 0)
		return "State:\tS (sleeping)\nCapEff:\t000001ffffffffff\n";
	if (strcmp(status, "time") == 0)
		return "State:\tS (sleeping)\nCapEff:\t0000000002000000\n";
	if (strcmp(status, "weak") == 0)
		return "State:\tS (sleeping)\nCapEff:\t0000000000000400\n";
	return "State:\tZ (zombie)\nCapEff:\t000001ffffffffff\n";
}

void gclk_bed_process(
	GclkBed *bed, guint pid, const char *comm, const char *cmdline, const char *status)
{
	g_autofree char *directory = g_strdup_printf("/proc/%u", pid);
	g_autofree char *comm_path = g_strconcat(directory, "/comm", NULL);
	g_autofree char *cmdline_path = g_strconcat(directory, "/cmdline", NULL);
	g_autofree char *status_path = g_strconcat(directory, "/status", NULL);
	g_autofree char *comm_text = g_strconcat(comm, "\n", NULL);
	g_autofree char *words = g_strdup(cmdline);
	gsize length = strlen(words);

	g_strdelimit(words, " ", '\0');
	gclk_tree_write(&bed->tree, comm_path, comm_text, -1);
	gclk_tree_write(&bed->tree, cmdline_path, words, (gssize)length + 1);
	gclk_tree_write(&bed->tree, status_path, status_text(status), -1);
}

void gclk_bed_ptp(GclkBed *bed, guint number, const char *clock_name)
{
	g_autofree char *path = g_strdup_printf("/sys/class/ptp/ptp%u/clock_name", number);
	g_autofree char *text = g_strconcat(clock_name, "\n", NULL);

	gclk_tree_write(&bed->tree, path, text, -1);
}

/* --- what is found ---------------------------------------------------------------------------- */

void gclk_bed_check(GclkBed *bed, GclkCheck check)
{
	g_autoptr(GclkSurvey) survey = gclk_survey_new(&bed->machine);

	g_clear_pointer(&bed->findings, g_ptr_array_unref);
	bed->findings = gclk_findings_new();
	check(survey, bed->findings);
	for (guint i = 0; i < bed->findings->len; i++) {
		const GclkFinding *finding = bed->findings->pdata[i];

		CU_ASSERT_PTR_EQUAL(gclk_findings_find(bed->findings, finding->id), finding);
		CU_ASSERT_TRUE(finding->severity <= GCLK_SEVERITY_NOTE || finding->remedy);
	}
}

const GclkFinding *gclk_bed_find(const GclkBed *bed, const char *id)
{
	return gclk_findings_find(bed->findings, id);
}

gint gclk_bed_severity(const GclkBed *bed, const char *id)
{
	const GclkFinding *finding = gclk_bed_find(bed, id);

	return finding ? (gint)finding->severity : -1;
}

char *gclk_bed_text(const GclkBed *bed, const char *id)
{
	const GclkFinding *finding = gclk_bed_find(bed, id);
	GString *out = g_string_new(NULL);

	if (finding)
		g_string_printf(out, "%s\n%s\n", finding->statement,
			finding->remedy ? finding->remedy : "");
	for (guint i = 0; finding && finding->evidence && i < finding->evidence->len; i++)
		g_string_append_printf(out, "%s\n", (char *)finding->evidence->pdata[i]);
	return g_string_free(out, FALSE);
}
