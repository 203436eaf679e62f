/* SPDX-License-Identifier: BSD-2-Clause */
/* hostclock doctor: libvirt's hook, and the switch of the gate. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "doctor/check.h"
#include "guestclock/sample.h"
#include "harness.h"
#include "scratch.h"

#define S(n) ((n)*GCLK_NS_PER_S)

typedef struct {
	const char *path, *interpreter, *program;
	gboolean executable, has_interpreter, has_program;
	gint64 changed;
} File;

static void add_file(GclkHookView *view, const File *file)
{
	GclkHookFile *out = gclk_hook_view_add_file(view, file->path);

	out->interpreter = g_strdup(file->interpreter);
	out->program = g_strdup(file->program);
	out->executable = file->executable;
	out->has_interpreter = file->has_interpreter;
	out->has_program = file->has_program;
	out->changed = file->changed;
}

/* libvirtd started at 100 s; the hook came at 50 s. */
#define GOOD                                                                                       \
	{                                                                                          \
		"/h/qemu.d/50-guestclock", "/bin/sh", "/usr/bin/hostclock", TRUE, TRUE, TRUE,      \
			S(50)                                                                      \
	}
#define OTHER(x, when)                                                                             \
	{                                                                                          \
		"/h/qemu", "/bin/sh", NULL, x, TRUE, FALSE, S(when)                                \
	}

static void test_files(void)
{
	static const struct {
		File files[2];
		const char *id; /* of the first finding */
		GclkSeverity severity;
		GclkGateStanding standing;
	} cases[] = {
		{ { GOOD }, "hook", GCLK_SEVERITY_OK, GCLK_GATE_ASKED },
		{ { OTHER(TRUE, 50), GOOD }, "hook", GCLK_SEVERITY_OK, GCLK_GATE_ASKED },
		{ { { 0 } }, "hook-absent", GCLK_SEVERITY_NOTE, GCLK_GATE_ABSENT },
		{ { OTHER(TRUE, 50) }, "hook-absent", GCLK_SEVERITY_NOTE, GCLK_GATE_ABSENT },
		{ { { "/h/qemu.d/50-guestclock", "/bin/sh", "/usr/bin/hostclock", FALSE, TRUE, TRUE,
			  S(50) } },
			"hook-not-executable", GCLK_SEVERITY_CRITICAL, GCLK_GATE_DEAF },
		{ { { "/h/qemu", "/bin/zsh", "/usr/bin/hostclock", TRUE, FALSE, TRUE, S(50) } },
			"hook-interpreter", GCLK_SEVERITY_CRITICAL, GCLK_GATE_ASKED },
		{ { { "/h/qemu", "/bin/sh", "/gone/hostclock", TRUE, TRUE, FALSE, S(50) } },
			"hook-program", GCLK_SEVERITY_CRITICAL, GCLK_GATE_DEAF },
		/* a copy that does not count beside one that does */
		{ { { "/h/qemu", "/bin/sh", "/usr/bin/hostclock", FALSE, TRUE, TRUE, S(50) },
			  GOOD },
			"hook", GCLK_SEVERITY_OK, GCLK_GATE_ASKED },
		/* newer than the daemon, alone and beside an older one */
		{ { { "/h/qemu", "/bin/sh", "/usr/bin/hostclock", TRUE, TRUE, TRUE, S(150) } },
			"hook-not-loaded", GCLK_SEVERITY_WARNING, GCLK_GATE_MAY_BE_OFF },
		{ { { "/h/qemu.d/a", "/bin/sh", "/usr/bin/hostclock", TRUE, TRUE, TRUE, S(150) },
			  OTHER(TRUE, 50) },
			"hook", GCLK_SEVERITY_OK, GCLK_GATE_ASKED },
		/* libvirt does not see what it cannot run */
		{ { { "/h/qemu.d/a", "/bin/sh", "/usr/bin/hostclock", TRUE, TRUE, TRUE, S(150) },
			  OTHER(FALSE, 50) },
			"hook-not-loaded", GCLK_SEVERITY_WARNING, GCLK_GATE_MAY_BE_OFF },
		/* a program that is no script */
		{ { { "/h/qemu", NULL, "hostclock", TRUE, FALSE, TRUE, S(50) } }, "hook",
			GCLK_SEVERITY_OK, GCLK_GATE_ASKED },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GclkHookView) view = gclk_hook_view_new("/h");
		g_autoptr(GPtrArray) findings = gclk_findings_new();
		const GclkFinding *finding;

		view->has_libvirt = TRUE;
		gclk_hook_view_add_daemon(view, "libvirtd", 7)->loaded = S(100);
		for (gsize j = 0; j < 2 && cases[i].files[j].path; j++)
			add_file(view, &cases[i].files[j]);
		GCLK_ASSERT_INT(gclk_check_hook(view, findings), cases[i].standing);
		GCLK_ASSERT_INT(findings->len, 1);
		finding = findings->pdata[0];
		GCLK_ASSERT_STR(finding->id, cases[i].id);
		GCLK_ASSERT_INT(finding->severity, cases[i].severity);
		if (finding->severity > GCLK_SEVERITY_OK) {
			CU_ASSERT_PTR_NOT_NULL(finding->remedy);
			CU_ASSERT_TRUE(finding->evidence && finding->evidence->len > 0);
		}
	}
}

static void test_remedies(void)
{
	static const File bare = { "/h/qemu.d/50-guestclock", "/bin/sh", "/usr/bin/hostclock",
		FALSE, TRUE, TRUE, S(50) };
	g_autoptr(GclkHookView) view = gclk_hook_view_new("/h");
	g_autoptr(GPtrArray) findings = gclk_findings_new();
	const GclkFinding *finding;

	add_file(view, &bare);
	gclk_check_hook(view, findings);
	finding = findings->pdata[0];
	GCLK_ASSERT_STR(finding->remedy, "chmod 755 /h/qemu.d/50-guestclock");
}

static void test_daemons(void)
{
	static const File good = GOOD;
	static const struct {
		gint64 loaded[2]; /* s */
		gboolean reloaded;
		GclkGateStanding standing;
		guint findings;
	} cases[] = {
		{ { 51, 0 }, FALSE, GCLK_GATE_ASKED, 1 },
		{ { 50, 0 }, FALSE, GCLK_GATE_MAY_BE_OFF, 1 }, /* as old: perhaps just before */
		{ { 49, 0 }, FALSE, GCLK_GATE_MAY_BE_OFF, 1 },
		{ { 60, 0 }, TRUE, GCLK_GATE_ASKED, 1 },
		{ { 60, 40 }, FALSE, GCLK_GATE_MAY_BE_OFF, 1 }, /* one of two */
		{ { 30, 40 }, FALSE, GCLK_GATE_MAY_BE_OFF, 2 },
		{ { 0, 0 }, FALSE, GCLK_GATE_ASKED, 1 }, /* not known */
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GclkHookView) view = gclk_hook_view_new("/h");
		g_autoptr(GPtrArray) findings = gclk_findings_new();

		view->has_libvirt = TRUE;
		add_file(view, &good);
		for (gsize j = 0; j < 2; j++) {
			GclkHookDaemon *daemon = gclk_hook_view_add_daemon(
				view, j ? "virtqemud" : "libvirtd", 7 + (gint64)j);

			daemon->loaded = S(cases[i].loaded[j]);
			daemon->reloaded = cases[i].reloaded;
		}
		GCLK_ASSERT_INT(gclk_check_hook(view, findings), cases[i].standing);
		GCLK_ASSERT_INT(findings->len, cases[i].findings);
	}
}

static void test_unseen(void)
{
	g_autoptr(GclkHookView) nothing = gclk_hook_view_new("/h");
	g_autoptr(GclkHookView) folder = gclk_hook_view_new("/h");
	g_autoptr(GclkHookView) file = gclk_hook_view_new("/h");
	g_autoptr(GPtrArray) findings = gclk_findings_new();

	GCLK_ASSERT_INT(gclk_check_hook(nothing, findings), GCLK_GATE_NOT_HERE);
	CU_ASSERT_PTR_NOT_NULL(gclk_findings_find(findings, "no-libvirt"));
	folder->has_libvirt = file->has_libvirt = TRUE;
	folder->problem = g_strdup("/h/qemu.d: Permission denied");
	GCLK_ASSERT_INT(gclk_check_hook(folder, findings), GCLK_GATE_UNSEEN);
	gclk_hook_view_add_file(file, "/h/qemu")->problem = g_strdup("Permission denied");
	GCLK_ASSERT_INT(gclk_check_hook(file, findings), GCLK_GATE_UNSEEN);
	CU_ASSERT_PTR_NOT_NULL(gclk_findings_find(findings, "hook-unseen"));
	CU_ASSERT_PTR_NULL(gclk_findings_find(findings, "hook-absent"));
}

/* --- texts ------------------------------------------------------------------------------------ */

static void test_scripts(void)
{
	static const struct {
		const char *text, *interpreter, *program;
	} cases[] = {
		{ "", NULL, NULL },
		{ "#!/bin/sh\n# hostclock hook libvirt\nexit 0\n", "/bin/sh", NULL },
		{ "#! /bin/sh -e\n\t# no\n  exec /usr/bin/hostclock hook libvirt \"$@\"\n",
			"/bin/sh", "/usr/bin/hostclock" },
		{ "#!/bin/sh\n[ ! -x /opt/bin/hostclock ] || exec /opt/bin/hostclock hook\n",
			"/bin/sh", "/opt/bin/hostclock" },
		{ "#!/usr/bin/python3\nrun([\"hostclock\", \"hook\"])\n", "/usr/bin/python3",
			"hostclock" },
		{ "#!/bin/sh\nmyhostclock x\n/usr/bin/hostclockd\n", "/bin/sh", NULL },
		{ "#!\nhostclock", NULL, "hostclock" },
		{ "#!   \n", NULL, NULL },
		{ "\177ELF", NULL, NULL },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GclkHookView) view = gclk_hook_view_new("/h");
		GclkHookFile *file = gclk_hook_view_add_file(view, "/h/qemu");

		gclk_hook_file_take_text(file, cases[i].text);
		GCLK_ASSERT_STR(file->interpreter, cases[i].interpreter);
		GCLK_ASSERT_STR(file->program, cases[i].program);
	}
}

static void test_stat(void)
{
	static const struct {
		const char *text;
		gboolean good;
		guint64 ticks;
	} cases[] = {
		{ "7 (libvirtd) S 1 7 7 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 17 0 12345 99 1 18", TRUE,
			12345 },
		{ "7 (a) b (c) S 1 7 7 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 17 0 12345", TRUE, 12345 },
		{ "7 (a) S 1 7 7 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 17 0 12345\n", TRUE, 12345 },
		{ "7 (a) S 1 7 7 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 17 0", FALSE, 0 },
		{ "7 (a) S 1 7 7 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 17 0 -5 1", FALSE, 0 },
		{ "7 (a)", FALSE, 0 },
		{ "", FALSE, 0 },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		guint64 ticks = 0;

		GCLK_ASSERT_INT(gclk_stat_start(cases[i].text, &ticks), cases[i].good);
		if (cases[i].good)
			GCLK_ASSERT_INT(ticks, cases[i].ticks);
	}
}

/* --- reading ---------------------------------------------------------------------------------- */

static void test_read(void)
{
	g_autoptr(GclkScratch) scratch = gclk_scratch_new();
	g_autofree char *hooks = gclk_scratch_path(scratch, "hooks");
	g_autofree char *ours = gclk_scratch_path(scratch, "hooks/qemu.d/50-guestclock");
	g_autoptr(GclkHookView) view = NULL;
	const GclkHookFile *file;
	const GclkHookDaemon *daemon;

	gclk_scratch_write(scratch, "hooks/qemu.d/50-guestclock",
		"#!/bin/sh\nexec /nowhere/hostclock hook libvirt \"$@\"\n", -1);
	gclk_scratch_write(scratch, "hooks/qemu.d/10-other", "#!/nowhere/sh\n", -1);
	gclk_scratch_write(scratch, "hooks/qemu.d/sub/x", "", -1);
	gclk_scratch_write(scratch, "hooks/network", "#!/bin/sh\n", -1);
	gclk_scratch_write(scratch, "proc/12/comm", "virtqemud\n", -1);
	gclk_scratch_write(scratch, "proc/12/stat",
		"12 (virtqemud) S 1 7 7 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 17 0 100 9", -1);
	gclk_scratch_write(scratch, "proc/13/comm", "bash\n", -1);
	CU_ASSERT_EQUAL(chmod(ours, 0755), 0);
	view = gclk_hook_view_read(scratch, hooks);
	CU_ASSERT_TRUE(view->has_libvirt);
	GCLK_ASSERT_STR(view->problem, NULL);
	GCLK_ASSERT_INT(view->files->len, 2);
	file = view->files->pdata[0];
	CU_ASSERT_FALSE(file->executable || file->has_interpreter);
	GCLK_ASSERT_STR(file->program, NULL);
	file = view->files->pdata[1];
	GCLK_ASSERT_STR(file->path, ours);
	CU_ASSERT_TRUE(file->executable && file->has_interpreter && !file->has_program);
	GCLK_ASSERT_STR(file->program, "/nowhere/hostclock");
	CU_ASSERT_TRUE(ABS(file->changed / 1000 - g_get_real_time()) < 60 * G_USEC_PER_SEC);
	GCLK_ASSERT_INT(view->daemons->len, 1);
	daemon = view->daemons->pdata[0];
	GCLK_ASSERT_STR(daemon->name, "virtqemud");
	GCLK_ASSERT_INT(daemon->pid, 12);
	CU_ASSERT_TRUE(daemon->loaded > 0 && daemon->loaded < g_get_real_time() * 1000);
}

static void test_read_nothing(void)
{
	g_autoptr(GclkScratch) scratch = gclk_scratch_new();
	g_autofree char *hooks = gclk_scratch_path(scratch, "none");
	g_autoptr(GclkHookView) view = gclk_hook_view_read(scratch, hooks);

	CU_ASSERT_FALSE(view->has_libvirt);
	GCLK_ASSERT_STR(view->problem, NULL);
	GCLK_ASSERT_INT(view->files->len, 0);
	GCLK_ASSERT_INT(view->daemons->len, 0);
}

/* --- the switch ------------------------------------------------------------------------------- */

static void test_switch(void)
{
	GclkGateSwitch view = { TRUE, "/c", "/off", 1700000000, 0 };
	g_autoptr(GPtrArray) findings = gclk_findings_new();
	const GclkFinding *finding;

	gclk_check_switch(&view, findings);
	GCLK_ASSERT_INT(findings->len, 0);
	view.switch_since = 1700000000;
	gclk_check_switch(&view, findings);
	finding = gclk_findings_find(findings, "gate-off");
	CU_ASSERT_PTR_NOT_NULL_FATAL(finding);
	GCLK_ASSERT_INT(finding->severity, GCLK_SEVERITY_WARNING);
	GCLK_ASSERT_HAS(finding->remedy, "rm /off");
	GCLK_ASSERT_HAS(finding->evidence->pdata[0], "2023-11-1");
	view.switch_since = 0;
	view.enforce = FALSE;
	gclk_check_switch(&view, findings);
	GCLK_ASSERT_INT(findings->len, 2);
	finding = gclk_findings_find(findings, "gate-not-enforced");
	GCLK_ASSERT_HAS(finding->remedy, "/c");
}

int main(void)
{
	static const GclkTestCase cases[] = {
		{ "files", test_files },
		{ "remedies", test_remedies },
		{ "daemons", test_daemons },
		{ "unseen", test_unseen },
		{ "scripts", test_scripts },
		{ "stat", test_stat },
		{ "reading", test_read },
		{ "reading nothing", test_read_nothing },
		{ "switch", test_switch },
		{ NULL, NULL },
	};

	return gclk_test_main("host-doctor-hook", cases);
}
