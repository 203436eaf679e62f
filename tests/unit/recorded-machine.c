/* SPDX-License-Identifier: BSD-2-Clause */
#include "recorded-machine.h"

#include <stdio.h>
#include <string.h>

#include "harness.h"

static char *read_part(const char *folder, const char *part, gsize *length)
{
	g_autofree char *path = g_build_filename(folder, part, NULL);
	char *text = NULL;

	return g_file_get_contents(path, &text, length, NULL) ? text : NULL;
}

/* --- its processor ---------------------------------------------------------------------------- */

#define LEAVES_MAX 16

static struct {
	guint32 leaf, registers[4];
} leaves[LEAVES_MAX];
static guint n_leaves;

static void recorded_cpuid(guint32 leaf, guint32 registers[4])
{
	memset(registers, 0, 4 * sizeof *registers);
	for (guint i = 0; i < n_leaves; i++)
		if (leaves[i].leaf == leaf)
			memcpy(registers, leaves[i].registers, sizeof leaves[i].registers);
}

/* "0x40000000 40000001 4b4d564b 564b4d56 0000004d" */
static GclkCpuid load_cpuid(const char *folder)
{
	g_autofree char *text = read_part(folder, "cpuid", NULL);
	g_auto(GStrv) lines = g_strsplit(text ? text : "", "\n", -1);

	n_leaves = 0;
	for (guint i = 0; lines[i] && n_leaves < LEAVES_MAX; i++) {
		guint32 *r = leaves[n_leaves].registers;

		if (sscanf(lines[i], "%x %x %x %x %x", &leaves[n_leaves].leaf, &r[0], &r[1], &r[2],
			    &r[3]) == 5)
			n_leaves++;
	}
	return text ? recorded_cpuid : NULL;
}

/* --- its links: not real ones, which archives would follow ----------------------------------- */

static char *recorded_link(GclkPlatform *platform, const char *path)
{
	char **links = ((GclkRecordedMachine *)platform)->links;
	gsize length = strlen(path);

	for (guint i = 0; links[i]; i++)
		if (strncmp(links[i], path, length) == 0 && links[i][length] == ' ')
			return g_strdup(links[i] + length + 1);
	return NULL;
}

/* --- its kernel's log ------------------------------------------------------------------------- */

char *gclk_recorded_machine_log(gpointer user, gsize limit, gsize *length, const char **why)
{
	const GclkRecordedMachine *recorded = user;
	gsize n = MIN(limit, recorded->dmesg_length);
	char *text;

	if (!recorded->dmesg) {
		*why = "permission denied";
		return NULL;
	}
	text = g_malloc(n + 1);
	memcpy(text, recorded->dmesg + recorded->dmesg_length - n, n);
	text[n] = '\0';
	*length = n;
	return text;
}

/* --- its clock discipline --------------------------------------------------------------------- */

static gboolean recorded_discipline(GclkPlatform *platform, GclkDiscipline *out, GError **error)
{
	(void)error;
	*out = ((GclkRecordedMachine *)platform)->discipline;
	return TRUE;
}

static gboolean recorded_may_steer(GclkPlatform *platform, const char **reason)
{
	*reason = ((GclkRecordedMachine *)platform)->may_not;
	return *reason == NULL;
}

static void recorded_pair(GclkPlatform *platform, GclkClockPair *out)
{
	*out = (GclkClockPair){ .real = ((GclkRecordedMachine *)platform)->real,
		.raw = GCLK_NS_PER_S };
}

static int recorded_vmware_sync(gpointer user)
{
	return ((const GclkRecordedMachine *)user)->vmware_sync;
}

/* FALSE: the key is not known. */
static gboolean set_discipline(GclkRecordedMachine *r, const char *key, const char *value)
{
	if (strcmp(key, "unsynchronised") == 0)
		r->discipline.unsynchronised = strcmp(value, "yes") == 0;
	else if (strcmp(key, "max_error_ns") == 0)
		r->discipline.max_error = g_ascii_strtoll(value, NULL, 10);
	else if (strcmp(key, "phase_ns") == 0)
		r->discipline.phase = g_ascii_strtoll(value, NULL, 10);
	else if (strcmp(key, "frequency_ppb") == 0)
		r->discipline.frequency_ppb = g_ascii_strtod(value, NULL);
	else if (strcmp(key, "tick_ppb") == 0)
		r->discipline.tick_ppb = g_ascii_strtod(value, NULL);
	else if (strcmp(key, "tai_offset_s") == 0)
		r->discipline.tai_offset = (gint)g_ascii_strtoll(value, NULL, 10);
	else if (strcmp(key, "may_not_steer") == 0)
		r->may_not = g_strdup(value);
	else if (strcmp(key, "real_s") == 0)
		r->real = g_ascii_strtoll(value, NULL, 10) * GCLK_NS_PER_S;
	else if (strcmp(key, "vmware_periodic_sync") == 0)
		r->vmware_sync = strcmp(value, "on") == 0;
	else
		return FALSE;
	return TRUE;
}

/* Lines KEY=VALUE. TRUE if all of them are understood. */
static gboolean load_discipline(GclkRecordedMachine *recorded, const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	for (guint i = 0; lines[i]; i++) {
		char *value = strchr(lines[i], '=');

		if (!lines[i][0])
			continue;
		if (!value)
			return FALSE;
		*value++ = '\0';
		if (!set_discipline(recorded, lines[i], value))
			return FALSE;
	}
	return TRUE;
}

/* --- all of it -------------------------------------------------------------------------------- */

static void fill_in_machine(GclkRecordedMachine *recorded, const char *folder)
{
	GclkMachine *machine = &recorded->machine;

	machine->platform = &recorded->tree.platform;
	machine->cpuid = load_cpuid(folder);
	if (recorded->sysctl) {
		machine->sysctl = gclk_sysctl_recorded;
		machine->sysctl_user = recorded->sysctl;
	}
	machine->kernel_log = gclk_recorded_machine_log;
	machine->kernel_log_user = recorded;
	machine->vmware_periodic_sync = recorded_vmware_sync;
	machine->vmware_user = recorded;
}

GclkRecordedMachine *gclk_recorded_machine_open(const char *folder)
{
	GclkRecordedMachine *recorded = g_new0(GclkRecordedMachine, 1);
	g_autofree char *root = g_build_filename(folder, "root", NULL);
	g_autofree char *links = read_part(folder, "links", NULL);
	g_autofree char *discipline = read_part(folder, "discipline", NULL);

	recorded->vmware_sync = -1;
	gclk_tree_open(&recorded->tree, root);
	recorded->tree.platform.read_link = recorded_link;
	recorded->about = read_part(folder, "about", NULL);
	recorded->expected = read_part(folder, "expected", NULL);
	recorded->sysctl = read_part(folder, "sysctl", NULL);
	recorded->dmesg = read_part(folder, "dmesg", &recorded->dmesg_length);
	recorded->links = g_strsplit(links ? links : "", "\n", -1);
	fill_in_machine(recorded, folder);
	if (!discipline)
		return recorded;
	recorded->tree.platform.get_discipline = recorded_discipline;
	recorded->tree.platform.may_steer = recorded_may_steer;
	if (!load_discipline(recorded, discipline)) {
		printf("\n%s/discipline is not understood", folder);
		CU_FAIL("discipline");
		g_clear_pointer(&recorded, gclk_recorded_machine_close);
	} else if (recorded->real) {
		recorded->tree.platform.read_pair = recorded_pair;
	}
	return recorded;
}

void gclk_recorded_machine_close(GclkRecordedMachine *recorded)
{
	if (!recorded)
		return;
	g_free(recorded->tree.root);
	g_free(recorded->about);
	g_free(recorded->expected);
	g_free(recorded->sysctl);
	g_free(recorded->dmesg);
	g_strfreev(recorded->links);
	g_free(recorded->may_not);
	g_free(recorded);
}

static gint compare_paths(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

char **gclk_recorded_machine_folders(void)
{
	const char *source = g_getenv("srcdir");
	g_autofree char *all = g_build_filename(source ? source : ".", "tests/data/machines", NULL);
	g_autoptr(GDir) directory = g_dir_open(all, 0, NULL);
	g_autoptr(GPtrArray) folders = g_ptr_array_new();
	const char *name;

	while (directory && (name = g_dir_read_name(directory))) {
		char *folder = g_build_filename(all, name, NULL);

		if (g_file_test(folder, G_FILE_TEST_IS_DIR))
			g_ptr_array_add(folders, folder);
		else
			g_free(folder);
	}
	g_ptr_array_sort(folders, compare_paths);
	g_ptr_array_add(folders, NULL);
	return (char **)g_ptr_array_free(g_steal_pointer(&folders), FALSE);
}
