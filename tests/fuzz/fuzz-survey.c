/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The whole of guestclock doctor but the measuring, on a machine that the input lays out as a tree
 * of files: "@/proc/cmdline" begins a file, all lines up to the next such line are in it. "@dmesg",
 * "@sysctl", "@cpuid" and "@links" are as in tests/data/machines. A directory is what has something
 * below it; all else is missing.
 */
#include "fuzz.h"

#include <stdio.h>
#include <string.h>

#include "doctor/doctor.h"
#include "guestclock/finding.h"
#include "guestclock/text.h"

#define PARTS_MAX  256
#define LEAVES_MAX 16

typedef struct {
	GclkPlatform platform;
	GHashTable *parts; /* name: GBytes */
} Tree;

static struct {
	guint32 leaf, registers[4];
} leaves[LEAVES_MAX]; /* a CPUID function has no argument for it */
static guint n_leaves;

/* --- from bytes to a tree ----------------------------------------------------------------------
 */

static gboolean begins_part(const char *line, const char *end)
{
	return end - line > 1 && line[0] == '@';
}

static const char *line_end(const char *line, const char *end)
{
	const char *stop = line < end ? memchr(line, '\n', end - line) : NULL;

	return stop ? stop + 1 : end;
}

static GHashTable *lay_out(const char *text, const char *end)
{
	GHashTable *parts = g_hash_table_new_full(
		g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_bytes_unref);

	while (text < end && g_hash_table_size(parts) < PARTS_MAX) {
		const char *body = line_end(text, end);
		const char *next = body;
		char *name;

		while (next < end && !begins_part(next, end))
			next = line_end(next, end);
		name = g_strchomp(g_strndup(text, body - text));
		g_hash_table_replace(parts, name, g_bytes_new_static(body, (gsize)(next - body)));
		text = next;
	}
	return parts;
}

static const char *part(const Tree *tree, const char *name, gsize *length)
{
	GBytes *bytes = g_hash_table_lookup(tree->parts, name);

	*length = 0;
	return bytes ? g_bytes_get_data(bytes, length) : NULL;
}

/* Caller frees; "" for none. */
static char *part_text(const Tree *tree, const char *name)
{
	gsize length;
	const char *data = part(tree, name, &length);

	return data ? g_strndup(data, length) : g_strdup("");
}

/* --- the machine's functions -------------------------------------------------------------------
 */

static char *read_file(
	GclkPlatform *platform, const char *path, gsize limit, gsize *length, GError **error)
{
	g_autofree char *name = g_strconcat("@", path, NULL);
	gsize n;
	const char *data = part((Tree *)platform, name, &n);
	char *text;

	if (!data || n > limit) {
		g_set_error(error, G_FILE_ERROR, data ? G_FILE_ERROR_FAILED : G_FILE_ERROR_NOENT,
			"%s: no", path);
		return NULL;
	}
	text = g_malloc(n + 1);
	if (n)
		memcpy(text, data, n);
	text[n] = '\0';
	if (length)
		*length = n;
	return text;
}

static gint compare_names(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static char **list_directory(GclkPlatform *platform, const char *path, GError **error)
{
	g_autofree char *below = g_strconcat("@", path, "/", NULL);
	g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);
	g_autoptr(GPtrArray) list = g_ptr_array_new();
	GHashTableIter iter;
	gpointer key;

	g_hash_table_iter_init(&iter, ((Tree *)platform)->parts);
	while (g_hash_table_iter_next(&iter, &key, NULL)) {
		const char *rest = (const char *)key + strlen(below);
		char *name;

		if (!g_str_has_prefix(key, below))
			continue;
		name = g_strndup(rest, strcspn(rest, "/"));
		if (!name[0] || g_hash_table_contains(names, name)) {
			g_free(name);
			continue;
		}
		g_hash_table_add(names, name);
		g_ptr_array_add(list, name);
	}
	if (list->len == 0) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOENT, "%s: no", path);
		return NULL;
	}
	g_ptr_array_sort(list, compare_names);
	g_ptr_array_add(list, NULL);
	return (char **)g_ptr_array_free(g_steal_pointer(&list), FALSE);
}

static char *read_link(GclkPlatform *platform, const char *path)
{
	g_autofree char *text = part_text((Tree *)platform, "@links");
	g_auto(GStrv) lines = g_strsplit(text, "\n", 64);
	const gsize length = strlen(path);

	for (guint i = 0; lines[i]; i++)
		if (strncmp(lines[i], path, length) == 0 && lines[i][length] == ' ')
			return g_strdup(lines[i] + length + 1);
	return NULL;
}

static char *read_log(gpointer user, gsize limit, gsize *length, const char **why)
{
	gsize n;
	const char *data = part(user, "@dmesg", &n);

	if (!data) {
		*why = "permission denied";
		return NULL;
	}
	*length = MIN(n, limit);
	return memcpy(g_malloc0(*length + 1), data + n - *length, *length);
}

static void cpuid(guint32 leaf, guint32 registers[4])
{
	memset(registers, 0, 4 * sizeof *registers);
	for (guint i = 0; i < n_leaves; i++)
		if (leaves[i].leaf == leaf)
			memcpy(registers, leaves[i].registers, sizeof leaves[i].registers);
}

/* TRUE if it has a processor that can be asked. */
static gboolean load_cpuid(const Tree *tree)
{
	g_autofree char *text = part_text(tree, "@cpuid");
	g_auto(GStrv) lines = g_strsplit(text, "\n", LEAVES_MAX);

	n_leaves = 0;
	for (guint i = 0; lines[i] && n_leaves < LEAVES_MAX; i++) {
		guint32 *r = leaves[n_leaves].registers;

		if (sscanf(lines[i], "%8x %8x %8x %8x %8x", &leaves[n_leaves].leaf, &r[0], &r[1],
			    &r[2], &r[3]) == 5)
			n_leaves++;
	}
	return n_leaves > 0;
}

/* --- what must hold ----------------------------------------------------------------------------
 */

static void check_findings(const GPtrArray *findings)
{
	for (guint i = 0; i < findings->len; i++) {
		const GclkFinding *finding = findings->pdata[i];

		g_assert_true(finding->id && finding->id[0]);
		g_assert_true(finding->statement && finding->statement[0]);
		g_assert_true(finding->severity <= GCLK_SEVERITY_NOTE || finding->remedy);
	}
}

static void check_text(const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	for (guint i = 0; lines[i]; i++) {
		g_assert_cmpuint(gclk_text_width(lines[i]), <=, 80);
		for (const char *c = lines[i]; *c; c++)
			g_assert_true(!g_ascii_iscntrl(*c));
	}
}

static void examine(const GclkMachine *machine)
{
	g_autoptr(GclkSurvey) survey = gclk_survey_new(machine);
	g_autoptr(GPtrArray) findings = gclk_survey_check(survey);
	GclkDoctorReport report = { .findings = findings,
		.unreadable = survey->detection->unreadable };
	g_autofree char *text = gclk_doctor_text(&report, FALSE);
	g_autofree char *object = NULL;
	GclkJson *json = gclk_json_new();

	check_findings(findings);
	check_text(text);
	gclk_json_begin_object(json, NULL);
	gclk_doctor_json(&report, json);
	gclk_json_end_object(json);
	object = gclk_json_finish(json);
	g_assert_true(g_utf8_validate(object, -1, NULL));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	Tree tree = { .parts = size ? lay_out(text, text + size) : lay_out("", "") };
	g_autofree char *sysctl = part_text(&tree, "@sysctl");
	const GclkMachine machine = {
		.platform = &tree.platform,
		.cpuid = load_cpuid(&tree) ? cpuid : NULL,
		.sysctl = sysctl[0] ? gclk_sysctl_recorded : NULL,
		.sysctl_user = sysctl,
		.kernel_log = read_log,
		.kernel_log_user = &tree,
	};

	tree.platform.name = "fuzz";
	tree.platform.read_file = read_file;
	tree.platform.read_tail = read_file;
	tree.platform.list_directory = list_directory;
	tree.platform.read_link = read_link;
	examine(&machine);
	g_hash_table_unref(tree.parts);
	return 0;
}
