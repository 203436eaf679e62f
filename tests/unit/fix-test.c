/* SPDX-License-Identifier: BSD-2-Clause */
/* Fixes done and taken back, in a directory that stands for the root. */
#include "doctor/fix.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "doctor/fix-record.h"
#include "guestclock/text.h"
#include "harness.h"
#include "scratch.h"

#define STATE       "/var/lib/guestclock"
#define STORE       "var/lib/guestclock-doctor"
#define RECORD      STORE "/undo"
#define CLOCKSOURCE "sys/devices/system/clocksource/clocksource0/current_clocksource"
#define GRUB        "etc/default/grub.d/60-guestclock.cfg"
#define MODULES     "etc/modules-load.d/guestclock.conf"
#define LOCAL       "etc/sysctl.conf.local"

typedef struct {
	GclkScratch *root;
	GclkFixSystem system;
	GString *ran;     /* the programs that were run, a line each */
	const char *fail; /* a program that fails */
	char *sysctl;     /* value of every sysctl */
} Machine;

static gboolean run(gpointer user, const char *const *argv, char **output, GError **error)
{
	Machine *machine = user;
	g_autofree char *line = g_strjoinv(" ", (char **)argv);

	g_string_append_printf(machine->ran, "%s\n", line);
	if (g_strcmp0(argv[0], machine->fail) == 0) {
		g_set_error(error, G_SPAWN_ERROR, G_SPAWN_ERROR_FAILED, "FATAL: not found");
		return FALSE;
	}
	if (strcmp(argv[0], "sysctl") == 0 && strcmp(argv[1], "-n") == 0) {
		*output = g_strdup(machine->sysctl);
	} else if (strcmp(argv[0], "sysctl") == 0) {
		g_free(machine->sysctl);
		machine->sysctl = g_strdup(strchr(argv[1], '=') + 1);
	}
	return TRUE;
}

static void machine_open(Machine *machine, GclkOs os)
{
	*machine = (Machine){ .root = gclk_scratch_new(), .ran = g_string_new(NULL) };
	machine->system = (GclkFixSystem){
		.root = machine->root,
		.state_directory = STATE,
		.live = TRUE,
		.os = os,
		.run = run,
		.user = machine,
	};
	if (os == GCLK_OS_FREEBSD) {
		machine->sysctl = g_strdup("ACPI-fast");
		gclk_scratch_write(machine->root, "boot/defaults/loader.conf",
			"loader_conf_dirs=\"/boot/loader.conf.d\"\n", -1);
		return;
	}
	gclk_scratch_write(machine->root, CLOCKSOURCE, "jiffies\n", -1);
	gclk_scratch_write(machine->root, "proc/sys/kernel/timer_migration", "0\n", -1);
	gclk_scratch_write(machine->root, "usr/sbin/update-grub", "", -1);
	gclk_scratch_write(
		machine->root, "usr/sbin/grub-mkconfig", "/etc/default/grub.d/*.cfg", -1);
	gclk_scratch_write(machine->root, "etc/default/grub", "GRUB_CMDLINE_LINUX=\n", -1);
	gclk_scratch_write(machine->root, "etc/modules-load.d/modules.conf", "", -1);
	gclk_scratch_write(machine->root, "etc/sysctl.d/99-sysctl.conf", "", -1);
}

static void machine_clear(Machine *machine)
{
	gclk_scratch_free(machine->root);
	g_string_free(machine->ran, TRUE);
	g_free(machine->sysctl);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Machine, machine_clear)

/* A file's text without blanks around it, or NULL. */
static char *text_of(const Machine *machine, const char *name)
{
	g_autofree char *path = gclk_scratch_path(machine->root, name);
	char *text = NULL;

	return g_file_get_contents(path, &text, NULL, NULL) ? g_strstrip(text) : NULL;
}

static void check_file(const Machine *machine, const char *name, const char *expected)
{
	g_autofree char *text = text_of(machine, name);

	GCLK_ASSERT_STR(text, expected);
}

static void check_has(const Machine *machine, const char *name, const char *part)
{
	g_autofree char *text = text_of(machine, name);

	GCLK_ASSERT_HAS(text, part);
}

static gboolean exists(const Machine *machine, const char *name)
{
	g_autofree char *path = gclk_scratch_path(machine->root, name);

	return g_file_test(path, G_FILE_TEST_EXISTS) || g_file_test(path, G_FILE_TEST_IS_SYMLINK);
}

static void write_file(const Machine *machine, const char *name, const char *text)
{
	gclk_scratch_write(machine->root, name, text, -1);
}

/* --- what is done ------------------------------------------------------------------------------
 */

typedef struct {
	GclkFixKind kind;
	const char *name, *value;
} Wish;

static GPtrArray *make_plan(const Machine *machine, const Wish *wishes, gsize n)
{
	g_autoptr(GPtrArray) findings = gclk_findings_new();
	GclkFinding *finding = gclk_findings_add(findings, "x", GCLK_SEVERITY_CRITICAL, "s", NULL);
	GclkFixPlaces places;

	for (gsize i = 0; i < n; i++)
		gclk_finding_add_fix(finding, wishes[i].kind, wishes[i].name, wishes[i].value);
	CU_ASSERT_TRUE(gclk_fix_look(&machine->system, &places, NULL));
	return gclk_fix_plan(findings, &places);
}

static GPtrArray *apply(const Machine *machine, const Wish *wishes, gsize n, GError **error)
{
	g_autoptr(GPtrArray) plan = make_plan(machine, wishes, n);

	return gclk_fix_apply(&machine->system, plan, error);
}

/* "done already failed": the kinds of the outcomes. */
static char *kinds_of(const GPtrArray *outcomes)
{
	GString *out = g_string_new(NULL);

	for (guint i = 0; outcomes && i < outcomes->len; i++)
		g_string_append_printf(out, "%s%s", i ? " " : "",
			gclk_outcome_name(((GclkOutcome *)outcomes->pdata[i])->kind));
	return g_string_free(out, FALSE);
}

static void check_apply(const Machine *machine, const Wish *wishes, gsize n, const char *expected)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) outcomes = apply(machine, wishes, n, &error);
	g_autofree char *kinds = kinds_of(outcomes);

	GCLK_ASSERT_STR(error ? error->message : NULL, NULL);
	GCLK_ASSERT_STR(kinds, expected);
}

static void check_undo(const Machine *machine, const char *expected)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) outcomes = gclk_fix_undo(&machine->system, &error);
	g_autofree char *kinds = kinds_of(outcomes);

	GCLK_ASSERT_STR(error ? error->message : NULL, NULL);
	GCLK_ASSERT_STR(kinds, expected);
}

static const Wish all[] = {
	{ GCLK_FIX_CLOCKSOURCE, "tsc", NULL },
	{ GCLK_FIX_BOOT_PARAMETER, "clocksource", "tsc" },
	{ GCLK_FIX_MODULE, "ptp_kvm", NULL },
	{ GCLK_FIX_SYSCTL, "kernel.timer_migration", "1" },
};

static void test_all(void)
{
	g_auto(Machine) machine;

	machine_open(&machine, GCLK_OS_LINUX);
	check_apply(&machine, all, 4, "done done done done done done");
	check_file(&machine, CLOCKSOURCE, "tsc");
	check_has(&machine, GRUB, "$GRUB_CMDLINE_LINUX_DEFAULT clocksource=tsc\"");
	check_has(&machine, MODULES, "\nptp_kvm");
	check_file(&machine, "proc/sys/kernel/timer_migration", "1");
	check_has(&machine, "etc/sysctl.d/60-guestclock.conf", "kernel.timer_migration = 1");
	GCLK_ASSERT_STR(machine.ran->str, "modprobe -- ptp_kvm\n");
	/* once more: nothing changes */
	write_file(&machine, "sys/module/ptp_kvm/refcnt", "0");
	check_apply(&machine, all, 4, "already already already already already already");
	GCLK_ASSERT_STR(machine.ran->str, "modprobe -- ptp_kvm\n");
	check_undo(&machine, "restored restored restored restored restored");
	check_file(&machine, CLOCKSOURCE, "jiffies");
	check_file(&machine, "proc/sys/kernel/timer_migration", "0");
	CU_ASSERT_FALSE(exists(&machine, GRUB));
	CU_ASSERT_FALSE(exists(&machine, "etc/default/grub.d"));
	CU_ASSERT_FALSE(exists(&machine, MODULES));
	CU_ASSERT_TRUE(exists(&machine, "etc/modules-load.d"));
	CU_ASSERT_FALSE(exists(&machine, RECORD));
	check_undo(&machine, "");
}

static void test_freebsd(void)
{
	static const Wish wishes[] = {
		{ GCLK_FIX_CLOCKSOURCE, "kvmclock", NULL },
		{ GCLK_FIX_LOADER, "kern.hz", "100" },
		{ GCLK_FIX_SYSCTL, "hw.hvtimesync.sample_thresh", "-1" },
	};
	g_auto(Machine) machine;

	machine_open(&machine, GCLK_OS_FREEBSD);
	write_file(&machine, LOCAL, "# mine\n");
	check_apply(&machine, wishes, 3, "done done done done");
	check_has(&machine, "boot/loader.conf.d/guestclock.conf", "kern.hz=\"100\"");
	check_file(&machine, LOCAL, "# mine\nhw.hvtimesync.sample_thresh=-1");
	GCLK_ASSERT_STR(machine.sysctl, "-1");
	check_undo(&machine, "restored restored restored restored");
	check_file(&machine, LOCAL, "# mine");
	CU_ASSERT_FALSE(exists(&machine, "boot/loader.conf.d"));
}

/* An image: files only, and it is said. */
static void test_image(void)
{
	g_auto(Machine) machine;

	machine_open(&machine, GCLK_OS_LINUX);
	machine.system.live = FALSE;
	check_apply(&machine, all, 4, "skipped done skipped done skipped done");
	check_file(&machine, CLOCKSOURCE, "jiffies");
	GCLK_ASSERT_STR(machine.ran->str, "");
	check_undo(&machine, "restored restored restored");
}

static void test_preview(void)
{
	g_auto(Machine) machine;
	g_autoptr(GPtrArray) plan = NULL;
	g_autoptr(GPtrArray) outcomes = NULL;
	g_autofree char *kinds = NULL;

	machine_open(&machine, GCLK_OS_LINUX);
	write_file(&machine, "proc/sys/kernel/timer_migration", "1\n");
	plan = make_plan(&machine, all, 4);
	outcomes = gclk_fix_preview(&machine.system, plan, NULL);
	kinds = kinds_of(outcomes);
	GCLK_ASSERT_STR(kinds, "planned planned planned planned already planned");
	CU_ASSERT_FALSE(exists(&machine, GRUB));
	CU_ASSERT_FALSE(exists(&machine, "var"));
	GCLK_ASSERT_STR(machine.ran->str, "");
	check_file(&machine, CLOCKSOURCE, "jiffies");
}

/* --- several fixes ------------------------------------------------------------------------------
 */

static void test_first_original_wins(void)
{
	static const Wish hpet[] = { { GCLK_FIX_CLOCKSOURCE, "hpet", NULL },
		{ GCLK_FIX_BOOT_PARAMETER, "clocksource", "hpet" } };
	g_auto(Machine) machine;

	machine_open(&machine, GCLK_OS_LINUX);
	write_file(&machine, GRUB, "# of an administrator\n");
	check_apply(&machine, all, 2, "done done");
	check_apply(&machine, hpet, 2, "done done");
	check_file(&machine, CLOCKSOURCE, "hpet");
	check_file(&machine, GRUB,
		"# of an administrator\n"
		"GRUB_CMDLINE_LINUX_DEFAULT=\"$GRUB_CMDLINE_LINUX_DEFAULT clocksource=hpet\"");
	check_undo(&machine, "restored restored");
	check_file(&machine, CLOCKSOURCE, "jiffies");
	check_file(&machine, GRUB, "# of an administrator");
}

/* A crash between the record and the write leaves the file as it was. */
static void test_crash_before_write(void)
{
	g_auto(Machine) machine;

	machine_open(&machine, GCLK_OS_LINUX);
	check_apply(&machine, all, 2, "done done");
	write_file(&machine, CLOCKSOURCE, "jiffies\n");
	{
		g_autofree char *path = gclk_scratch_path(machine.root, GRUB);

		g_unlink(path);
	}
	check_undo(&machine, "already already");
	CU_ASSERT_FALSE(exists(&machine, RECORD));
}

/* The same on the second fix: the file is as the first one left it. */
static void test_crash_in_second_fix(void)
{
	static const Wish more[] = { { GCLK_FIX_BOOT_PARAMETER, "tsc", "reliable" } };
	g_auto(Machine) machine;
	g_autofree char *first = NULL;

	machine_open(&machine, GCLK_OS_LINUX);
	check_apply(&machine, all, 2, "done done");
	first = text_of(&machine, GRUB);
	check_apply(&machine, more, 1, "done");
	{
		g_autofree char *text = g_strconcat(first, "\n", NULL);

		write_file(&machine, GRUB, text);
	}
	check_undo(&machine, "restored restored");
	CU_ASSERT_FALSE(exists(&machine, GRUB));
}

/* Half a temporary file of a crash is in nobody's way. */
static void test_leftover_temporary(void)
{
	g_auto(Machine) machine;

	machine_open(&machine, GCLK_OS_LINUX);
	write_file(&machine, "etc/default/grub.d/.60-guestclock.cfg.guestclock-new", "GRUB_");
	check_apply(&machine, all, 2, "done done");
	check_has(&machine, GRUB, "clocksource=tsc");
	CU_ASSERT_FALSE(exists(&machine, "etc/default/grub.d/.60-guestclock.cfg.guestclock-new"));
}

static void test_foreign_change(void)
{
	g_auto(Machine) machine;

	machine_open(&machine, GCLK_OS_LINUX);
	check_apply(&machine, all, 2, "done done");
	write_file(&machine, GRUB, "GRUB_TIMEOUT=1\n");
	write_file(&machine, CLOCKSOURCE, "acpi_pm\n");
	check_undo(&machine, "left left");
	check_file(&machine, GRUB, "GRUB_TIMEOUT=1");
	check_file(&machine, CLOCKSOURCE, "acpi_pm");
	/* it is remembered, and told again, until the file is as it was */
	check_undo(&machine, "left");
	{
		g_autofree char *path = gclk_scratch_path(machine.root, GRUB);

		g_unlink(path);
	}
	check_undo(&machine, "already");
	CU_ASSERT_FALSE(exists(&machine, RECORD));
}

/* What somebody wrote between two fixes is his: it comes back, not what was there before him. */
static void test_foreign_change_between(void)
{
	static const Wish first[] = { { GCLK_FIX_SYSCTL, "a.b", "1" } };
	static const Wish second[] = { { GCLK_FIX_SYSCTL, "c.d", "2" } };
	g_auto(Machine) machine;

	machine_open(&machine, GCLK_OS_FREEBSD);
	write_file(&machine, LOCAL, "x=1\n");
	check_apply(&machine, first, 1, "done done");
	write_file(&machine, LOCAL, "x=1\na.b=1\ny=2\n");
	check_apply(&machine, second, 1, "done done");
	check_file(&machine, LOCAL, "x=1\na.b=1\ny=2\nc.d=2");
	check_undo(&machine, "restored restored restored");
	check_file(&machine, LOCAL, "x=1\na.b=1\ny=2");
}

static guint mode_of(const Machine *machine, const char *name)
{
	g_autofree char *path = gclk_scratch_path(machine->root, name);
	struct stat facts = { 0 };

	CU_ASSERT_EQUAL(stat(path, &facts), 0);
	return facts.st_mode & 07777;
}

static void test_modes(void)
{
	static const Wish wish[] = { { GCLK_FIX_SYSCTL, "a.b", "1" } };
	g_auto(Machine) machine;
	g_autofree char *path = NULL;

	machine_open(&machine, GCLK_OS_FREEBSD);
	write_file(&machine, LOCAL, "x=1\n");
	path = gclk_scratch_path(machine.root, LOCAL);
	g_chmod(path, 0640);
	check_apply(&machine, wish, 1, "done done");
	GCLK_ASSERT_INT(mode_of(&machine, LOCAL), 0640);
	g_chmod(path, 0600);
	check_undo(&machine, "restored restored");
	GCLK_ASSERT_INT(mode_of(&machine, LOCAL), 0640);
	check_apply(&machine, wish, 1, "done done");
	GCLK_ASSERT_INT(mode_of(&machine, STORE), 0700);
	GCLK_ASSERT_INT(mode_of(&machine, RECORD), 0600);
}

/* --- what goes wrong
 * ------------------------------------------------------------------------------ */

static void link_to(const Machine *machine, const char *target, const char *name)
{
	g_autofree char *path = gclk_scratch_path(machine->root, name);
	g_autofree char *parent = g_path_get_dirname(path);

	g_mkdir_with_parents(parent, 0755);
	CU_ASSERT_EQUAL(symlink(target, path), 0);
}

/* Links in an image may point at the machine that it is mounted on. */
static void test_links(void)
{
	static const Wish boot[] = { { GCLK_FIX_BOOT_PARAMETER, "clocksource", "tsc" } };
	static const Wish module[] = { { GCLK_FIX_MODULE, "ptp_kvm", NULL } };
	g_auto(Machine) machine;
	g_autoptr(GclkScratch) outside = gclk_scratch_new();
	g_autofree char *victim = gclk_scratch_path(outside, "victim");
	g_autofree char *text = NULL;
	g_autofree char *away = NULL;
	g_autofree char *from = NULL;

	machine_open(&machine, GCLK_OS_LINUX);
	gclk_scratch_write(outside, "victim", "untouched", -1);
	link_to(&machine, victim, GRUB);
	check_apply(&machine, boot, 1, "failed");
	g_file_get_contents(victim, &text, NULL, NULL);
	GCLK_ASSERT_STR(text, "untouched");
	/* a directory that is a link */
	from = gclk_scratch_path(machine.root, "etc/modules-load.d");
	away = gclk_scratch_path(machine.root, "etc/elsewhere");
	g_rename(from, away);
	link_to(&machine, outside, "etc/modules-load.d");
	write_file(&machine, "usr/lib/modules-load.d/x.conf", "");
	check_apply(&machine, module, 1, "done failed");
	g_free(away);
	away = gclk_scratch_path(outside, "guestclock.conf");
	CU_ASSERT_FALSE(g_file_test(away, G_FILE_TEST_EXISTS));
}

/* The record's directory and the record itself are not followed either. */
static void test_record_links(void)
{
	g_auto(Machine) machine;
	g_autoptr(GclkScratch) outside = gclk_scratch_new();
	g_autoptr(GError) error = NULL;

	machine_open(&machine, GCLK_OS_LINUX);
	link_to(&machine, outside, STORE);
	CU_ASSERT_PTR_NULL(apply(&machine, all, 4, &error));
	GCLK_ASSERT_HAS(error->message, "symbolic link");
	g_clear_error(&error);
	CU_ASSERT_PTR_NULL(gclk_fix_undo(&machine.system, &error));
	check_file(&machine, CLOCKSOURCE, "jiffies");
}

/* Whoever may write the record could have root write anything. */
static void test_record_of_others(void)
{
	g_auto(Machine) machine;
	g_autoptr(GError) error = NULL;
	g_autofree char *directory = NULL;
	g_autofree char *record = NULL;

	machine_open(&machine, GCLK_OS_LINUX);
	check_apply(&machine, all, 2, "done done");
	directory = gclk_scratch_path(machine.root, STORE);
	record = gclk_scratch_path(machine.root, RECORD);
	g_chmod(directory, 0777);
	CU_ASSERT_PTR_NULL(gclk_fix_undo(&machine.system, &error));
	GCLK_ASSERT_HAS(error->message, "not trusted");
	g_clear_error(&error);
	g_chmod(directory, 0700);
	g_chmod(record, 0666);
	CU_ASSERT_PTR_NULL(gclk_fix_undo(&machine.system, &error));
	GCLK_ASSERT_HAS(error->message, "not trusted");
	g_clear_error(&error);
	g_chmod(record, 0600);
	check_undo(&machine, "restored restored");
}

static void test_damaged_record(void)
{
	g_auto(Machine) machine;
	g_autoptr(GError) error = NULL;
	g_autofree char *record = NULL;

	machine_open(&machine, GCLK_OS_LINUX);
	check_apply(&machine, all, 2, "done done");
	write_file(&machine, RECORD,
		"[record]\nschema=1\n[change 1]\nkind=file\n"
		"place=/etc/passwd\nbefore=\nmode=420\nuid=0\ngid=0\n");
	record = gclk_scratch_path(machine.root, RECORD);
	g_chmod(record, 0600);
	CU_ASSERT_PTR_NULL(gclk_fix_undo(&machine.system, &error));
	GCLK_ASSERT_HAS(error->message, "damaged");
	g_clear_error(&error);
	/* it would be lost: no fix either */
	CU_ASSERT_PTR_NULL(apply(&machine, all, 4, &error));
	GCLK_ASSERT_HAS(error->message, "damaged");
	CU_ASSERT_FALSE(exists(&machine, MODULES));
}

/* A step that fails leaves out what follows from it. */
static void test_no_module(void)
{
	static const Wish wishes[] = { { GCLK_FIX_MODULE, "ptp_kvm", NULL },
		{ GCLK_FIX_CLOCKSOURCE, "tsc", NULL } };
	g_auto(Machine) machine;

	machine_open(&machine, GCLK_OS_LINUX);
	machine.fail = "modprobe";
	check_apply(&machine, wishes, 2, "failed skipped done");
	CU_ASSERT_FALSE(exists(&machine, MODULES));
}

static void test_not_there(void)
{
	static const Wish wishes[] = { { GCLK_FIX_SYSCTL, "kernel.absent", "1" } };
	g_auto(Machine) machine;

	machine_open(&machine, GCLK_OS_LINUX);
	check_apply(&machine, wishes, 1, "failed skipped");
	CU_ASSERT_FALSE(exists(&machine, "etc/sysctl.d/60-guestclock.conf"));
}

/* Advice alone leaves no trace. */
static void test_advice_alone(void)
{
	static const Wish wishes[] = { { GCLK_FIX_BOOT_PARAMETER, "clocksource", "tsc" } };
	g_auto(Machine) machine;
	g_autofree char *path = NULL;

	machine_open(&machine, GCLK_OS_LINUX);
	path = gclk_scratch_path(machine.root, "usr/sbin/update-grub");
	g_unlink(path);
	check_apply(&machine, wishes, 1, "by-hand");
	CU_ASSERT_FALSE(exists(&machine, "var"));
}

/* The program that really runs others: output, complaints, and what is not there. */
static void test_run(void)
{
	static const char *const echo[] = { "echo", "some", "words", NULL };
	static const char *const complain[] = { "sh", "-c", "echo no such thing >&2; exit 4",
		NULL };
	static const char *const silent[] = { "false", NULL };
	static const char *const absent[] = { "guestclock-is-not-this", NULL };
	g_autoptr(GError) error = NULL;
	g_autofree char *output = NULL;

	CU_ASSERT_TRUE(gclk_fix_run(NULL, echo, &output, NULL));
	GCLK_ASSERT_STR(output, "some words");
	CU_ASSERT_FALSE(gclk_fix_run(NULL, complain, NULL, &error));
	GCLK_ASSERT_STR(error->message, "no such thing");
	g_clear_error(&error);
	CU_ASSERT_FALSE(gclk_fix_run(NULL, silent, NULL, &error));
	GCLK_ASSERT_HAS(error->message, "without a word");
	g_clear_error(&error);
	CU_ASSERT_FALSE(gclk_fix_run(NULL, absent, NULL, &error));
	GCLK_ASSERT_HAS(error->message, "guestclock-is-not-this");
}

static gboolean keeps_value(gpointer user, const char *const *argv, char **output, GError **error)
{
	(void)user;
	(void)error;
	if (output && strcmp(argv[1], "-n") == 0)
		*output = g_strdup("ACPI-fast");
	return TRUE;
}

/* The kernel takes it without an error and keeps what it had. */
static void test_read_back(void)
{
	static const Wish wishes[] = { { GCLK_FIX_CLOCKSOURCE, "kvmclock", NULL } };
	g_auto(Machine) machine;
	g_autoptr(GPtrArray) outcomes = NULL;

	machine_open(&machine, GCLK_OS_FREEBSD);
	machine.system.run = keeps_value;
	outcomes = apply(&machine, wishes, 1, NULL);
	GCLK_ASSERT_INT(outcomes->len, 1);
	GCLK_ASSERT_HAS(((GclkOutcome *)outcomes->pdata[0])->detail, "kept \"ACPI-fast\"");
	CU_ASSERT_TRUE(gclk_outcomes_failed(outcomes));
}

/* As somebody who may not write there: nothing is changed, and the place is named. */
static int as_nobody(const Machine *machine)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) outcomes = NULL;

	if (setgid(65534) != 0 || setuid(65534) != 0)
		return 3;
	outcomes = apply(machine, all, 4, &error);
	if (outcomes || !error)
		return 1;
	return strstr(error->message, "/var") && strstr(error->message, "denied") ? 0 : 2;
}

static void test_no_permission(void)
{
	g_auto(Machine) machine;
	int status = 0;
	pid_t child;

	if (geteuid() != 0)
		return; /* the same happens to whoever runs doctor --fix so */
	machine_open(&machine, GCLK_OS_LINUX);
	g_chmod(machine.root, 0755);
	child = fork();
	if (child == 0)
		_exit(as_nobody(&machine));
	CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
	GCLK_ASSERT_INT(WEXITSTATUS(status), 0);
	check_file(&machine, CLOCKSOURCE, "jiffies");
	CU_ASSERT_FALSE(exists(&machine, GRUB));
}

/* A directory in the place of the file, a file in that of a directory: told, nothing lost. */
static void test_wrong_kinds(void)
{
	static const Wish boot[] = { { GCLK_FIX_BOOT_PARAMETER, "clocksource", "tsc" } };
	g_auto(Machine) machine;

	machine_open(&machine, GCLK_OS_LINUX);
	write_file(&machine, "etc/default/grub.d/60-guestclock.cfg/x", "");
	check_apply(&machine, boot, 1, "failed");
	{
		g_auto(Machine) other;

		machine_open(&other, GCLK_OS_LINUX);
		write_file(&other, "etc/default/grub.d", "a file");
		check_apply(&other, boot, 1, "failed");
		check_file(&other, "etc/default/grub.d", "a file");
	}
}

/* --- words -------------------------------------------------------------------------------------
 */

static void test_text(void)
{
	g_auto(Machine) machine;
	g_autoptr(GPtrArray) outcomes = NULL;
	g_autoptr(GString) out = g_string_new(NULL);
	g_auto(GStrv) lines = NULL;

	machine_open(&machine, GCLK_OS_LINUX);
	outcomes = apply(&machine, all, 2, NULL);
	gclk_outcomes_to_text(out, outcomes, "Done:", FALSE);
	GCLK_ASSERT_HAS(out->str, "Done:\ndone      switch the clocksource to tsc now\n");
	GCLK_ASSERT_HAS(out->str, "          /etc/default/grub.d/60-guestclock.cfg\n");
	GCLK_ASSERT_HAS(out->str, "\nthen      run update-grub, then reboot\n");
	lines = g_strsplit(out->str, "\n", -1);
	for (char **line = lines; *line; line++)
		CU_ASSERT_TRUE(gclk_text_width(*line) <= 80);
}

int main(void)
{
	static const GclkTestCase cases[] = {
		{ "everything, done and taken back", test_all },
		{ "FreeBSD", test_freebsd },
		{ "an image", test_image },
		{ "a preview changes nothing", test_preview },
		{ "of two fixes the first original is restored", test_first_original_wins },
		{ "a crash before the write", test_crash_before_write },
		{ "a crash in the second fix", test_crash_in_second_fix },
		{ "a temporary file left by a crash", test_leftover_temporary },
		{ "changed by somebody else since", test_foreign_change },
		{ "changed by somebody else in between", test_foreign_change_between },
		{ "modes stay", test_modes },
		{ "links are not followed", test_links },
		{ "nor for the record", test_record_links },
		{ "a record that others can write", test_record_of_others },
		{ "a damaged record", test_damaged_record },
		{ "a module that is not there", test_no_module },
		{ "a setting that is not there", test_not_there },
		{ "advice alone", test_advice_alone },
		{ "programs are run", test_run },
		{ "a setting that the kernel keeps", test_read_back },
		{ "no permission", test_no_permission },
		{ "files and directories confused", test_wrong_kinds },
		{ "words", test_text },
		{ NULL, NULL },
	};

	return gclk_test_main("fix", cases);
}
