/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The whole survey, its checks and its report on machines whose facts are harmed: every path that
 * is asked for is forbidden, empty, binary, huge, a directory or a lie, one at a time and all at
 * once. It ends soon, nothing breaks, and what could not be read is said.
 */
#include <stdio.h>
#include <string.h>

#include "doctor/doctor.h"
#include "guestclock/text.h"
#include "harness.h"
#include "recorded-machine.h"

typedef enum {
	FORBIDDEN,
	EMPTY,
	BINARY,
	HUGE,      /* longer than anybody wants */
	FILLED,    /* exactly as long as may be, and all one line */
	DIRECTORY, /* where a file should be, and the other way round */
	LIES,
	HARMS,
} Harm;

#define LIE                                                                                        \
	"-1 18446744073709551616 %s%n divider= clocksource= tsc tsc\nclocksource=\x01 \"\\u0000 "  \
	"name: \nLinux version \n<9>[ 'tsc' skewed -9223372036854775808 ns (0 ms) over watchdog "  \
	"'' interval of 0 ns\ncpu  -1 -1 -1\nLOCAL\n0\nLOCAL\n"

/* A machine that asks another, unless the path is the one that is harmed. */
typedef struct {
	GclkPlatform platform;
	GclkRecordedMachine *recorded;
	GHashTable *asked;  /* paths; NULL: nobody wants to know */
	const char *victim; /* NULL: all of them */
	gboolean harmed;
	Harm harm;
} Patient;

static gboolean is_harmed(Patient *patient, const char *path)
{
	if (patient->asked)
		g_hash_table_add(patient->asked, g_strdup(path));
	return patient->harmed && (!patient->victim || strcmp(patient->victim, path) == 0);
}

static void *refuse(GError **error, gint code, const char *path)
{
	g_set_error(error, G_FILE_ERROR, code, "%s: no", path);
	return NULL;
}

/* As a file of n bytes. */
static char *bytes(gsize n, char filler, gsize *length)
{
	if (length)
		*length = n;
	return g_strnfill(n, filler);
}

static char *harmed_file(
	const Patient *patient, const char *path, gsize limit, gsize *length, GError **error)
{
	switch (patient->harm) {
	case FORBIDDEN:
		return refuse(error, G_FILE_ERROR_ACCES, path);
	case EMPTY:
		return bytes(0, ' ', length);
	case BINARY:
		return bytes(MIN(limit, 40), '\x92', length);
	case HUGE:
		return refuse(error, G_FILE_ERROR_FAILED, path);
	case FILLED:
		return bytes(limit, 'A', length);
	case DIRECTORY:
		return refuse(error, G_FILE_ERROR_ISDIR, path);
	default:
		if (length)
			*length = MIN(limit, strlen(LIE));
		return g_strndup(LIE, limit);
	}
}

static char *read_file(
	GclkPlatform *platform, const char *path, gsize limit, gsize *length, GError **error)
{
	Patient *patient = (Patient *)platform;
	GclkPlatform *real = &patient->recorded->tree.platform;

	return is_harmed(patient, path) ? harmed_file(patient, path, limit, length, error)
					: real->read_file(real, path, limit, length, error);
}

static char *read_tail(
	GclkPlatform *platform, const char *path, gsize limit, gsize *length, GError **error)
{
	Patient *patient = (Patient *)platform;

	if (!is_harmed(patient, path))
		return refuse(error, G_FILE_ERROR_NOENT, path);
	return harmed_file(patient, path, limit, length, error);
}

static char **many_names(void)
{
	GPtrArray *names = g_ptr_array_new();

	for (guint i = 0; i < GCLK_READER_NAMES_MAX + 100; i++)
		g_ptr_array_add(names, g_strdup_printf("%u", i));
	g_ptr_array_add(names, NULL);
	return (char **)g_ptr_array_free(names, FALSE);
}

static char **harmed_names(const Patient *patient, const char *path, GError **error)
{
	static const char *const odd[] = { "", " ", "%s%n", "-1", "99999999999999999999",
		"\x01\x02", "ptp4294967296", "vmclock", ":", "ACPI:", NULL };

	switch (patient->harm) {
	case EMPTY:
		return g_new0(char *, 1);
	case HUGE:
	case FILLED:
		return many_names();
	case BINARY:
	case LIES:
		return g_strdupv((char **)odd);
	default:
		return refuse(error, G_FILE_ERROR_ACCES, path);
	}
}

static char **list_directory(GclkPlatform *platform, const char *path, GError **error)
{
	Patient *patient = (Patient *)platform;
	GclkPlatform *real = &patient->recorded->tree.platform;

	return is_harmed(patient, path) ? harmed_names(patient, path, error)
					: real->list_directory(real, path, error);
}

static char *read_link(GclkPlatform *platform, const char *path)
{
	Patient *patient = (Patient *)platform;
	GclkPlatform *real = &patient->recorded->tree.platform;
	GError *error = NULL;
	char *target;

	if (!is_harmed(patient, path))
		return real->read_link(real, path);
	target = harmed_file(patient, path, 4096, NULL, &error);
	g_clear_error(&error);
	return target;
}

static void patient_open(Patient *patient, const char *name)
{
	g_auto(GStrv) folders = gclk_recorded_machine_folders();

	memset(patient, 0, sizeof *patient);
	for (guint i = 0; folders[i]; i++) {
		g_autofree char *found = g_path_get_basename(folders[i]);

		if (strcmp(found, name) == 0)
			patient->recorded = gclk_recorded_machine_open(folders[i]);
	}
	CU_ASSERT_PTR_NOT_NULL_FATAL(patient->recorded);
	patient->platform = patient->recorded->tree.platform;
	/* these would take the patient for a recorded machine */
	patient->platform.get_discipline = NULL;
	patient->platform.may_steer = NULL;
	patient->platform.read_pair = NULL;
	patient->platform.read_file = read_file;
	patient->platform.read_tail = read_tail;
	patient->platform.list_directory = list_directory;
	patient->platform.read_link = read_link;
	patient->recorded->machine.platform = &patient->platform;
}

/* --- the examination -------------------------------------------------------------------------- */

#define LINE_MAX_COLUMNS 80
#define RUN_MAX          (5 * G_USEC_PER_SEC) /* loaded, instrumented; usually milliseconds */

static void check_text(const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	guint odd = 0, wide = 0;

	for (const char *c = text; *c; c++)
		odd += *c != '\n' && g_ascii_iscntrl(*c);
	for (guint i = 0; lines[i]; i++)
		wide += gclk_text_width(lines[i]) > LINE_MAX_COLUMNS;
	if (odd || wide)
		printf("\n%s", text);
	GCLK_ASSERT_INT(odd, 0);
	GCLK_ASSERT_INT(wide, 0);
}

static void check_findings(const GPtrArray *findings)
{
	for (guint i = 0; i < findings->len; i++) {
		const GclkFinding *finding = findings->pdata[i];

		CU_ASSERT_TRUE(finding->id && finding->id[0]);
		CU_ASSERT_TRUE(finding->statement && finding->statement[0]);
		CU_ASSERT_TRUE(finding->severity <= GCLK_SEVERITY_NOTE || finding->remedy);
	}
}

/* All of it, as the program does it. unreadable may be NULL: the path that must be told of. */
static void examine(const GclkMachine *machine, const char *unreadable)
{
	gint64 start = g_get_monotonic_time();
	g_autoptr(GclkSurvey) survey = gclk_survey_new(machine);
	g_autoptr(GPtrArray) findings = gclk_survey_check(survey);
	GclkDoctorReport report = { .findings = findings,
		.unreadable = survey->detection->unreadable };
	g_autofree char *text = gclk_doctor_text(&report, FALSE);
	g_autofree char *detected = gclk_detection_text(survey->detection, FALSE);
	GclkJson *json = gclk_json_new();
	g_autofree char *object = NULL;

	gclk_json_begin_object(json, NULL);
	gclk_doctor_json(&report, json);
	gclk_json_end_object(json);
	object = gclk_json_finish(json);
	CU_ASSERT_TRUE(g_utf8_validate(object, -1, NULL));
	check_text(text);
	check_text(detected);
	check_findings(findings);
	CU_ASSERT_TRUE(g_get_monotonic_time() - start < RUN_MAX);
	if (unreadable)
		CU_ASSERT_PTR_NOT_NULL(gclk_facts_find(survey->detection->unreadable, unreadable));
}

/* A table of all paths that a healthy machine is asked for. */
static GHashTable *paths_asked(Patient *patient)
{
	GHashTable *asked = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	patient->asked = asked;
	patient->harmed = FALSE;
	examine(&patient->recorded->machine, NULL);
	patient->asked = NULL;
	return asked;
}

static void harm_each_path(const char *name)
{
	g_autoptr(GHashTable) asked = NULL;
	GHashTableIter iter;
	Patient patient;
	gpointer path;

	patient_open(&patient, name);
	asked = paths_asked(&patient);
	CU_ASSERT_TRUE(g_hash_table_size(asked) > 20);
	patient.harmed = TRUE;
	g_hash_table_iter_init(&iter, asked);
	while (g_hash_table_iter_next(&iter, &path, NULL)) {
		patient.victim = path;
		for (patient.harm = 0; patient.harm < HARMS; patient.harm++)
			examine(&patient.recorded->machine, NULL);
	}
	patient.victim = NULL;
	for (patient.harm = 0; patient.harm < HARMS; patient.harm++)
		examine(&patient.recorded->machine, NULL);
	gclk_recorded_machine_close(patient.recorded);
}

static void each_path_of_a_guest(void)
{
	harm_each_path("kvm-two-masters");
}

static void each_path_of_an_old_guest(void)
{
	harm_each_path("rhel51-vmware");
}

static void each_path_of_a_microvm(void)
{
	harm_each_path("firecracker-container-image");
}

static void each_path_of_a_cloud_guest(void)
{
	harm_each_path("azure-accelerated-network");
}

/* --- what could not be read is said ------------------------------------------------------------
 */

static void says_what_it_could_not_read(void)
{
	static const char *const facts[] = {
		"/proc/cmdline",
		"/proc/sys/kernel/osrelease",
		"/sys/class/dmi/id/product_name",
		"/sys/class/dmi/id/sys_vendor",
		"/sys/devices/system/clocksource/clocksource0/available_clocksource",
		"/sys/devices/system/clocksource/clocksource0/current_clocksource",
	};
	static const Harm harms[] = { FORBIDDEN, EMPTY, BINARY, HUGE, DIRECTORY };
	Patient patient;

	patient_open(&patient, "kvm-two-masters");
	patient.harmed = TRUE;
	for (gsize i = 0; i < G_N_ELEMENTS(facts); i++)
		for (gsize j = 0; j < G_N_ELEMENTS(harms); j++) {
			patient.victim = facts[i];
			patient.harm = harms[j];
			examine(&patient.recorded->machine, facts[i]);
		}
	gclk_recorded_machine_close(patient.recorded);
}

/* --- processors, sysctls and logs that lie -----------------------------------------------------
 */

static void looping_cpuid(guint32 leaf, guint32 registers[4])
{
	(void)leaf;
	registers[0] = G_MAXUINT32;
	memcpy(&registers[1], "KVMKVMKVM\0\0", 12);
}

/* A signature at every base, none like the other. */
static void endless_cpuid(guint32 leaf, guint32 registers[4])
{
	char text[13];

	g_snprintf(text, sizeof text, "%012u", leaf);
	registers[0] = G_MAXUINT32;
	memcpy(&registers[1], text, 12);
	if (leaf == 1)
		registers[2] |= 1u << 31;
}

static void full_cpuid(guint32 leaf, guint32 registers[4])
{
	(void)leaf;
	memset(registers, 0xff, 4 * sizeof *registers);
}

static void processors_that_lie(void)
{
	static const GclkCpuid liars[] = { looping_cpuid, endless_cpuid, full_cpuid };
	Patient patient;

	patient_open(&patient, "kvm-clock");
	for (gsize i = 0; i < G_N_ELEMENTS(liars); i++) {
		patient.recorded->machine.cpuid = liars[i];
		examine(&patient.recorded->machine, NULL);
	}
	gclk_recorded_machine_close(patient.recorded);
}

/* user: the text of every sysctl there is. */
static char *any_sysctl(gpointer user, const char *name)
{
	return strcmp(name, "kern.osrelease") == 0 ? g_strdup("14.1-RELEASE") : g_strdup(user);
}

static void sysctls_that_lie(void)
{
	static const char *const values[] = { "", " ", "-1", "0", "1", "9223372036854775808",
		"\x01\x02\xff", "((((((((", "a(1)a(1)", "TSC(-2147483648)", "i8254(0)", "none",
		LIE };
	g_autofree char *filled = g_strnfill(255, '(');
	Patient patient;

	patient_open(&patient, "freebsd-hyperv");
	patient.recorded->machine.sysctl = any_sysctl;
	for (gsize i = 0; i < G_N_ELEMENTS(values); i++) {
		patient.recorded->machine.sysctl_user = (gpointer)values[i];
		examine(&patient.recorded->machine, NULL);
	}
	patient.recorded->machine.sysctl_user = filled;
	examine(&patient.recorded->machine, NULL);
	gclk_recorded_machine_close(patient.recorded);
}

#define HUNDRED_MB (100 * 1024 * 1024)

/* A log of 100 MB, of which the end is told, as its reader promises. */
static char *long_log(gpointer user, gsize limit, gsize *length, const char **why)
{
	static const char last[] = "\ntsc: Marking TSC unstable due to clocksource watchdog\n";
	char *text = g_strnfill(limit, *(const char *)user);

	(void)why;
	memcpy(text + limit - strlen(last), last, strlen(last));
	*length = limit;
	CU_ASSERT_TRUE(limit < HUNDRED_MB);
	return text;
}

/* One that says it is longer than it is. */
static char *overlong_log(gpointer user, gsize limit, gsize *length, const char **why)
{
	(void)user;
	(void)why;
	*length = G_MAXSIZE;
	return g_strnfill(limit, '\n');
}

static char *refused_log(gpointer user, gsize limit, gsize *length, const char **why)
{
	(void)user;
	(void)limit;
	(void)length;
	*why = "permission denied";
	return NULL;
}

static void logs_that_lie(void)
{
	static const char fillers[] = { 'x', '\n', '<', '[', '\0', '%', '\xff' };
	Patient patient;
	GclkMachine *machine;

	patient_open(&patient, "kvm-clock");
	machine = &patient.recorded->machine;
	machine->kernel_log = long_log;
	for (gsize i = 0; i < G_N_ELEMENTS(fillers); i++) {
		machine->kernel_log_user = (gpointer)&fillers[i];
		examine(machine, NULL);
	}
	machine->kernel_log = overlong_log;
	examine(machine, NULL);
	machine->kernel_log = refused_log;
	examine(machine, GCLK_KERNEL_LOG_FACT);
	gclk_recorded_machine_close(patient.recorded);
}

static const GclkTestCase cases[] = {
	{ "each path of a guest", each_path_of_a_guest },
	{ "each path of an old guest", each_path_of_an_old_guest },
	{ "each path of a microVM", each_path_of_a_microvm },
	{ "each path of a cloud guest", each_path_of_a_cloud_guest },
	{ "says what it could not read", says_what_it_could_not_read },
	{ "processors that lie", processors_that_lie },
	{ "sysctls that lie", sysctls_that_lie },
	{ "logs that lie", logs_that_lie },
	{ 0 },
};

int main(void)
{
	return gclk_test_main("survey-bad-input", cases);
}
