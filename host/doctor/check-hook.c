/* SPDX-License-Identifier: BSD-2-Clause */
/* libvirt's qemu hook: is it there, does libvirt call it, and does it do something then? */
#include "doctor/check.h"
#include "guestclock/sample.h"

#define RELOAD "systemctl reload libvirtd virtqemud (whichever runs here), or kill -HUP its process"

static char *time_text(gint64 seconds)
{
	g_autoptr(GDateTime) time = g_date_time_new_from_unix_local(seconds);

	return time ? g_date_time_format(time, "%Y-%m-%d %H:%M:%S %Z")
		    : g_strdup("a time that cannot be right");
}

static GclkFinding *tell(GPtrArray *findings, const char *id, GclkSeverity severity,
	const char *statement, const char *format, ...) G_GNUC_PRINTF(5, 6);
/* format: of the remedy */
static GclkFinding *tell(GPtrArray *findings, const char *id, GclkSeverity severity,
	const char *statement, const char *format, ...)
{
	g_autofree char *remedy = NULL;
	va_list args;

	va_start(args, format);
	remedy = g_strdup_vprintf(format, args);
	va_end(args);
	return gclk_findings_add(findings, id, severity, statement, remedy);
}

/* --- the file --------------------------------------------------------------------------------- */

static const GclkHookFile *find_ours(const GclkHookView *view)
{
	const GclkHookFile *found = NULL;

	for (guint i = 0; i < view->files->len; i++) {
		const GclkHookFile *file = view->files->pdata[i];

		/* one that works rather than one that does not */
		if (file->program && (!found || (!found->executable && file->executable)))
			found = file;
	}
	return found;
}

static const GclkHookFile *find_unreadable(const GclkHookView *view)
{
	for (guint i = 0; i < view->files->len; i++)
		if (((const GclkHookFile *)view->files->pdata[i])->problem)
			return view->files->pdata[i];
	return NULL;
}

static GclkGateStanding tell_unseen(const char *what, GPtrArray *findings)
{
	GclkFinding *finding = gclk_findings_add(findings, "hook-unseen", GCLK_SEVERITY_NOTE,
		"Whether libvirt's hook is in place cannot be seen", "run this as root");

	gclk_finding_add_evidence(finding, "%s", what);
	return GCLK_GATE_UNSEEN;
}

static GclkGateStanding tell_absent(const GclkHookView *view, GPtrArray *findings)
{
	const GclkHookFile *unreadable = find_unreadable(view);
	g_autofree char *what = NULL;
	GclkFinding *finding;

	if (view->problem)
		return tell_unseen(view->problem, findings);
	if (unreadable) {
		what = g_strdup_printf("%s: %s", unreadable->path, unreadable->problem);
		return tell_unseen(what, findings);
	}
	finding = tell(findings, "hook-absent", GCLK_SEVERITY_NOTE,
		"libvirt starts every VM whatever this host's clock is: there is no hook of "
		"hostclock",
		"if VMs of this host have needs: install guestclock's 50-guestclock as "
		"%s/qemu.d/50-guestclock, mode 755, then %s",
		view->folder, RELOAD);
	gclk_finding_add_evidence(
		finding, "%s: neither qemu nor a file in qemu.d calls hostclock", view->folder);
	return GCLK_GATE_ABSENT;
}

/* What keeps the file from working; GCLK_GATE_ASKED: nothing does. */
static GclkGateStanding check_file(const GclkHookFile *file, GPtrArray *findings)
{
	if (!file->executable) {
		gclk_finding_add_evidence(
			tell(findings, "hook-not-executable", GCLK_SEVERITY_CRITICAL,
				"libvirt passes over hostclock's hook, which is not executable: "
				"every VM starts, whatever it needs",
				"chmod 755 %s", file->path),
			"%s: no x bit", file->path);
		return GCLK_GATE_DEAF;
	}
	if (file->interpreter && !file->has_interpreter) {
		gclk_finding_add_evidence(
			tell(findings, "hook-interpreter", GCLK_SEVERITY_CRITICAL,
				"libvirt can start no VM: its hook needs a program that is not "
				"there",
				"install %s, or put guestclock's own hook in the place of %s",
				file->interpreter, file->path),
			"%s: #!%s", file->path, file->interpreter);
		return GCLK_GATE_ASKED;
	}
	if (file->has_program)
		return GCLK_GATE_ASKED;
	gclk_finding_add_evidence(
		tell(findings, "hook-program", GCLK_SEVERITY_CRITICAL,
			"libvirt's hook calls a hostclock that is not there: nothing is checked",
			"install hostclock as %s, or correct the path in %s", file->program,
			file->path),
		"%s: calls %s", file->path, file->program);
	return GCLK_GATE_DEAF;
}

/* --- the daemon ------------------------------------------------------------------------------- */

/* libvirt looks whether there is any hook that it could run at its start and when it is reloaded,
   and never again (libvirt.org/hooks.html); what is there then, it finds each time. */
static gint64 first_hook(const GclkHookView *view)
{
	gint64 first = G_MAXINT64;

	for (guint i = 0; i < view->files->len; i++) {
		const GclkHookFile *file = view->files->pdata[i];

		if (file->executable)
			first = MIN(first, file->changed);
	}
	return first;
}

static void show_times(GclkFinding *finding, const GclkHookDaemon *daemon, gint64 hook)
{
	g_autofree char *loaded = time_text(daemon->loaded / GCLK_NS_PER_S);
	g_autofree char *came = time_text(hook / GCLK_NS_PER_S);

	gclk_finding_add_evidence(finding, "%s (process %" G_GINT64_FORMAT "): %s %s", daemon->name,
		daemon->pid, daemon->reloaded ? "started or reloaded last" : "started", loaded);
	gclk_finding_add_evidence(finding, "the first of its hooks came, or was changed, %s", came);
}

/* TRUE: one of the daemons may not know of any hook. */
static gboolean check_loaded(const GclkHookView *view, GPtrArray *findings)
{
	const gint64 hook = first_hook(view);
	gboolean late = FALSE;

	for (guint i = 0; i < view->daemons->len; i++) {
		const GclkHookDaemon *daemon = view->daemons->pdata[i];
		g_autofree char *statement = NULL;

		if (daemon->loaded == 0 || daemon->loaded > hook)
			continue;
		statement = g_strdup_printf("%s is older than its hook, and ignores it unless it "
					    "was reloaded since: reload needed",
			daemon->name);
		show_times(gclk_findings_add(findings, "hook-not-loaded", GCLK_SEVERITY_WARNING,
				   statement, RELOAD),
			daemon, hook);
		late = TRUE;
	}
	return late;
}

static void tell_fine(const GclkHookView *view, const GclkHookFile *file, GPtrArray *findings)
{
	const GclkHookDaemon *daemon = view->daemons->len ? view->daemons->pdata[0] : NULL;
	g_autofree char *statement =
		daemon ? g_strdup_printf("%s is loaded by %s (process %" G_GINT64_FORMAT ")",
				 file->path, daemon->name, daemon->pid)
		       : g_strdup_printf("%s is in place; libvirt does not run now", file->path);

	gclk_findings_add(findings, "hook", GCLK_SEVERITY_OK, statement, NULL);
}

/* -----------------------------------------------------------------------------------------------
 */

GclkGateStanding gclk_check_hook(const GclkHookView *view, GPtrArray *findings)
{
	const GclkHookFile *file = find_ours(view);
	GclkGateStanding standing;

	if (!view->has_libvirt && !file) {
		gclk_findings_add(findings, "no-libvirt", GCLK_SEVERITY_OK,
			"There is no libvirt here, so that its hook is not needed", NULL);
		return GCLK_GATE_NOT_HERE;
	}
	if (!file)
		return tell_absent(view, findings);
	standing = check_file(file, findings);
	if (standing == GCLK_GATE_DEAF)
		return standing;
	if (check_loaded(view, findings))
		return GCLK_GATE_MAY_BE_OFF;
	if (!file->interpreter || file->has_interpreter)
		tell_fine(view, file, findings);
	return standing;
}

/* --- the switch ------------------------------------------------------------------------------- */

void gclk_check_switch(const GclkGateSwitch *view, GPtrArray *findings)
{
	g_autofree char *since = time_text(view->switch_since);
	g_autofree char *changed = time_text(view->config_since);

	if (view->switch_since)
		gclk_finding_add_evidence(
			tell(findings, "gate-off", GCLK_SEVERITY_WARNING,
				"The gate is switched off: every VM starts, whatever it needs",
				"when the emergency is over: rm %s", view->switch_file),
			"%s is there since %s", view->switch_file, since);
	if (!view->enforce)
		gclk_finding_add_evidence(tell(findings, "gate-not-enforced", GCLK_SEVERITY_WARNING,
						  "The gate refuses nothing, it only warns",
						  "remove enforce=no from %s", view->config_file),
			"%s, changed %s: enforce=no", view->config_file, changed);
}
