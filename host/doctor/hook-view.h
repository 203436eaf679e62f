/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What can be seen of libvirt's qemu hooks: the files, and the daemons that should call them.
 * Judging it is check-hook.c's work.
 */
#ifndef GUESTCLOCK_HOOK_VIEW_H
#define GUESTCLOCK_HOOK_VIEW_H

#include <glib.h>

typedef struct {
	char *path;
	char *problem; /* why it cannot be read, or NULL */
	gboolean executable;
	gint64 changed; /* its ctime, ns since 1970 */
	/* from its text */
	char *interpreter; /* behind #!, or NULL */
	char *program;     /* the hostclock that it calls; NULL: it is none of ours */
	gboolean has_interpreter, has_program; /* they are there, and executable */
} GclkHookFile;

typedef struct {
	char *name; /* "libvirtd", "virtqemud" */
	gint64 pid;
	gint64 loaded; /* when it looked for hooks last: its start, or a reload that systemd knows
			  of, ns since 1970; 0: not known */
	gboolean reloaded;
} GclkHookDaemon;

typedef struct {
	gboolean has_libvirt;
	char *folder;       /* libvirt's hooks: qemu, qemu.d */
	char *problem;      /* why it cannot be looked at, or NULL */
	GPtrArray *files;   /* GclkHookFile *: qemu, then those of qemu.d by name */
	GPtrArray *daemons; /* GclkHookDaemon * */
} GclkHookView;

/* root: "" or a folder below which /proc, libvirt's programs and folders lie (tests); folder is
   taken as it is. */
GclkHookView *gclk_hook_view_read(const char *root, const char *folder);
GclkHookView *gclk_hook_view_new(const char *folder);
void gclk_hook_view_free(GclkHookView *view);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GclkHookView, gclk_hook_view_free)

/* They are the view's. */
GclkHookFile *gclk_hook_view_add_file(GclkHookView *view, const char *path);
GclkHookDaemon *gclk_hook_view_add_daemon(GclkHookView *view, const char *name, gint64 pid);

/* --- pure parts ------------------------------------------------------------------------------- */

/* Interpreter and hostclock of a script. The program is the first word of it, comments left out,
   that is hostclock's path, or its bare name. */
void gclk_hook_file_take_text(GclkHookFile *file, const char *text);

/* /proc/PID/stat (proc(5)): field 22, the start, in clock ticks since the boot. FALSE: no such
   line. */
gboolean gclk_stat_start(const char *stat, guint64 *ticks);

#endif
