/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Detection on whole machines: each folder of tests/data/machines is one
 * (tests/data/machines/README.md tells what is in it). To add a machine, add a folder.
 */
#include <stdio.h>
#include <string.h>

#include "detect/detection.h"
#include "detect/environment.h"
#include "harness.h"
#include "tree-platform.h"

/* --- the folder ------------------------------------------------------------------------------- */

static char *machines_directory(void)
{
	const char *source = g_getenv("srcdir");

	return g_build_filename(source ? source : ".", "tests/data/machines", NULL);
}

static char *read_part(const char *folder, const char *part)
{
	g_autofree char *path = g_build_filename(folder, part, NULL);
	char *text = NULL;

	return g_file_get_contents(path, &text, NULL, NULL) ? text : NULL;
}

/* --- its processor: a CPUID function has no argument for it ----------------------------------- */

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
	g_autofree char *text = read_part(folder, "cpuid");
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

static char **links; /* "PATH TARGET" */

static char *recorded_link(GclkPlatform *platform, const char *path)
{
	gsize length = strlen(path);

	(void)platform;
	for (guint i = 0; links[i]; i++)
		if (strncmp(links[i], path, length) == 0 && links[i][length] == ' ')
			return g_strdup(links[i] + length + 1);
	return NULL;
}

static void load_links(const char *folder)
{
	g_autofree char *text = read_part(folder, "links");

	g_strfreev(links);
	links = g_strsplit(text ? text : "", "\n", -1);
}

/* --- what is expected ------------------------------------------------------------------------- */

static gboolean has_fact(const GPtrArray *facts, const char *name, const char *part)
{
	for (guint i = 0; i < facts->len; i++) {
		const GclkFact *fact = facts->pdata[i];

		if (strcmp(fact->name, name) == 0 && strstr(fact->value, part))
			return TRUE;
	}
	return FALSE;
}

/* One line of the file "expected": a word and what belongs to it. */
static gboolean is_met(const GclkDetection *detection, const char *word, const char *rest)
{
	g_auto(GStrv) parts = g_strsplit(rest, " = ", 2);

	if (strcmp(word, "hypervisor") == 0)
		return strcmp(detection->hypervisor, rest) == 0;
	if (strcmp(word, "container") == 0)
		return strcmp(detection->container, rest) == 0;
	if (strcmp(word, "owns_clock") == 0)
		return strcmp(detection->owns_clock ? "yes" : "no", rest) == 0;
	if (strcmp(word, "why") == 0)
		return strstr(detection->hypervisor_why, rest) != NULL;
	if (strcmp(word, "container-why") == 0)
		return strstr(detection->container_why, rest) != NULL;
	if (strcmp(word, "fact") == 0)
		return parts[0] && parts[1] && has_fact(detection->facts, parts[0], parts[1]);
	if (strcmp(word, "no-fact") == 0)
		return !has_fact(detection->facts, rest, "");
	if (strcmp(word, "unreadable") == 0)
		return has_fact(detection->unreadable, rest, "");
	return FALSE;
}

static void compare(const char *folder, const GclkDetection *detection, const char *expected)
{
	g_auto(GStrv) lines = g_strsplit(expected, "\n", -1);
	gboolean good = TRUE;
	guint checked = 0;

	for (guint i = 0; lines[i]; i++) {
		char *rest = strchr(lines[i], ' ');

		if (!rest)
			continue;
		*rest++ = '\0';
		checked++;
		if (is_met(detection, lines[i], rest))
			continue;
		good = FALSE;
		printf("\n%s: not met: %s %s", folder, lines[i], rest);
	}
	CU_ASSERT_TRUE(good);
	CU_ASSERT_TRUE(checked >= 3); /* both verdicts and whose the clock is */
	if (!good) {
		g_autofree char *text = gclk_detection_text(detection, FALSE);

		printf("\n%s", text);
	}
}

/* The daemon's own, smaller detection must not think differently of a Linux machine. */
static void compare_environment(
	GclkPlatform *platform, GclkCpuid cpuid, const GclkDetection *detection)
{
	g_autoptr(GclkEnvironment) environment = gclk_environment_detect_with(platform, cpuid);

	GCLK_ASSERT_STR(environment->hypervisor, detection->hypervisor);
	GCLK_ASSERT_STR(environment->container, detection->container);
	GCLK_ASSERT_INT(environment->owns_clock, detection->owns_clock);
}

static void check_machine(const char *folder)
{
	g_autofree char *about = read_part(folder, "about");
	g_autofree char *expected = read_part(folder, "expected");
	g_autofree char *sysctl = read_part(folder, "sysctl");
	g_autofree char *root = g_build_filename(folder, "root", NULL);
	g_autoptr(GclkDetection) detection = NULL;
	GclkMachine machine = { 0 };
	GclkTree tree;

	CU_ASSERT_TRUE(about && (g_str_has_prefix(about, "recorded: ") ||
					g_str_has_prefix(about, "composed: ")));
	CU_ASSERT_PTR_NOT_NULL_FATAL(expected);
	gclk_tree_open(&tree, root);
	load_links(folder);
	tree.platform.read_link = recorded_link;
	machine.platform = &tree.platform;
	machine.cpuid = load_cpuid(folder);
	machine.sysctl = sysctl ? gclk_sysctl_recorded : NULL;
	machine.sysctl_user = sysctl;
	detection = gclk_detection_new(&machine);
	compare(folder, detection, expected);
	if (!sysctl)
		compare_environment(machine.platform, machine.cpuid, detection);
	g_free(tree.root);
}

static void all_machines(void)
{
	g_autofree char *directory = machines_directory();
	g_autoptr(GDir) folders = g_dir_open(directory, 0, NULL);
	const char *name;
	guint n = 0;

	CU_ASSERT_PTR_NOT_NULL_FATAL(folders);
	while ((name = g_dir_read_name(folders))) {
		g_autofree char *folder = g_build_filename(directory, name, NULL);

		if (!g_file_test(folder, G_FILE_TEST_IS_DIR))
			continue;
		check_machine(folder);
		n++;
	}
	CU_ASSERT_TRUE(n >= 20);
	g_clear_pointer(&links, g_strfreev);
}

/* The words that are compared must be able to fail. */
static void comparison_can_fail(void)
{
	GclkMachine machine = { 0 };
	g_autoptr(GclkDetection) detection = NULL;
	GclkTree tree;

	gclk_tree_init(&tree);
	machine.platform = &tree.platform;
	detection = gclk_detection_new(&machine);
	CU_ASSERT_TRUE(is_met(detection, "hypervisor", "none"));
	CU_ASSERT_FALSE(is_met(detection, "hypervisor", "kvm"));
	CU_ASSERT_FALSE(is_met(detection, "container", "docker"));
	CU_ASSERT_FALSE(is_met(detection, "owns_clock", "no"));
	CU_ASSERT_FALSE(is_met(detection, "why", "CPUID"));
	CU_ASSERT_FALSE(is_met(detection, "fact", "rtc"));
	CU_ASSERT_FALSE(is_met(detection, "fact", "no such = x"));
	CU_ASSERT_FALSE(is_met(detection, "unreadable", "/proc/1/environ"));
	CU_ASSERT_FALSE(is_met(detection, "nonsense", "none"));
	gclk_tree_clear(&tree);
}

static const GclkTestCase cases[] = {
	{ "all machines", all_machines },
	{ "the comparison can fail", comparison_can_fail },
	{ 0 },
};

int main(void)
{
	return gclk_test_main("machines", cases);
}
