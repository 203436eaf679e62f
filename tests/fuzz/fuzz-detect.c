/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A whole machine that lies: every file, name, link, CPUID leaf and sysctl that detection asks for
 * is a piece of the input, which one depends on what is asked. Also what the doctor says of it.
 */
#include "fuzz.h"

#include <string.h>

#include <glib.h>

#include "detect/detection.h"
#include "doctor/survey.h"
#include "guestclock/finding.h"

#define NAMES_MAX 64

typedef struct {
	GclkPlatform platform;
	const guint8 *data;
	gsize size;
} Liar;

static const guint8 *cpuid_data; /* a CPUID function has no argument for it */
static gsize cpuid_size;

/* A piece that depends on the question; it may be empty. */
static const guint8 *piece(const guint8 *data, gsize size, guint question, gsize *length)
{
	gsize from = size ? question % size : 0;

	*length = size ? MIN(size - from, question / 7 % 300) : 0;
	return data + from;
}

static char *read_file(
	GclkPlatform *platform, const char *path, gsize limit, gsize *length, GError **error)
{
	const Liar *liar = (const Liar *)platform;
	guint question = g_str_hash(path);
	gsize size;
	const guint8 *bytes = piece(liar->data, liar->size, question, &size);
	char *text;

	if (length)
		*length = 0;
	if (size > limit || question % 11 == 0) {
		g_set_error(error, G_FILE_ERROR,
			question % 2 ? G_FILE_ERROR_NOENT : G_FILE_ERROR_ACCES, "%s: no", path);
		return NULL;
	}
	text = g_malloc(size + 1);
	if (size)
		memcpy(text, bytes, size);
	text[size] = '\0';
	if (length)
		*length = size;
	return text;
}

/* Lines of a piece; a name holds no slash and is not empty. */
static char **list_directory(GclkPlatform *platform, const char *path, GError **error)
{
	g_autofree char *text = read_file(platform, path, G_MAXSIZE, NULL, error);
	g_auto(GStrv) lines = text ? g_strsplit_set(text, "\n/", NAMES_MAX) : NULL;
	GPtrArray *names;

	if (!lines)
		return NULL;
	names = g_ptr_array_new();
	for (guint i = 0; lines[i]; i++)
		if (lines[i][0] && !strchr(lines[i], '/'))
			g_ptr_array_add(names, g_strdup(lines[i]));
	g_ptr_array_add(names, NULL);
	return (char **)g_ptr_array_free(names, FALSE);
}

static char *read_link(GclkPlatform *platform, const char *path)
{
	return read_file(platform, path, G_MAXSIZE, NULL, NULL);
}

static void cpuid(guint32 leaf, guint32 registers[4])
{
	gsize length;
	const guint8 *bytes = piece(cpuid_data, cpuid_size, leaf * 2654435761u, &length);

	memset(registers, 0, 4 * sizeof *registers);
	if (length)
		memcpy(registers, bytes, MIN(length, 4 * sizeof *registers));
	if (leaf == 1)
		registers[2] |= 1u << 31;
}

/* The doctor's word on that machine: each finding is one, and whole. */
static void diagnose(const GclkMachine *machine)
{
	g_autoptr(GclkSurvey) survey = gclk_survey_new(machine);
	g_autoptr(GPtrArray) findings = gclk_survey_check(survey);

	for (guint i = 0; i < findings->len; i++) {
		const GclkFinding *finding = findings->pdata[i];

		g_assert_true(finding->statement && finding->statement[0]);
		g_assert_true(finding->severity <= GCLK_SEVERITY_NOTE || finding->remedy);
		g_assert_true(gclk_findings_find(findings, finding->id) == finding);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *dump = g_strndup((const char *)data, size);
	g_autoptr(GclkDetection) detection = NULL;
	g_autofree char *text = NULL;
	g_autofree char *json = NULL;
	Liar liar = { .data = data, .size = size };
	const GclkMachine machine = { .platform = &liar.platform,
		.cpuid = cpuid,
		.sysctl = size % 2 ? gclk_sysctl_recorded : NULL,
		.sysctl_user = dump };

	cpuid_data = data;
	cpuid_size = size;
	liar.platform.read_file = read_file;
	liar.platform.list_directory = list_directory;
	liar.platform.read_link = read_link;
	detection = gclk_detection_new(&machine);
	g_assert_nonnull(detection->hypervisor);
	g_assert_true(detection->hypervisor_why && detection->hypervisor_why[0]);
	g_assert_true(detection->container && detection->container[0]);
	g_assert_true(detection->container_why && detection->container_why[0]);
	text = gclk_detection_text(detection, FALSE);
	for (const char *c = text; *c; c++)
		g_assert_true(*c == '\n' || !g_ascii_iscntrl(*c));
	json = gclk_detection_json(detection);
	g_assert_true(g_utf8_validate(json, -1, NULL));
	diagnose(&machine);
	return 0;
}
