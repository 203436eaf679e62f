/* SPDX-License-Identifier: BSD-2-Clause */
/* Looking at the processes for other programs that steer the same clock. */
#include <string.h>

#include "detect/environment.h"
#include "detect/reader.h"
#include "detect/time-programs.h"

#define RIVALS_MAX 16

/* This process by /proc's numbers; 0: not known. */
static gint64 own_pid(GclkPlatform *platform)
{
	g_autofree char *target = platform->read_link(platform, "/proc/self");

	return target ? g_ascii_strtoll(target, NULL, 10) : 0;
}

/*
 * Another guestclockd steers if it says so. While it has not said anything, the elder of the two
 * is taken for the master, lest each yields to the other.
 */
static gboolean is_rival(GclkPlatform *platform, const GclkTimeProgram *program, gint64 own)
{
	if (!program->steers || program->program->kind != GCLK_PROGRAM_DAEMON ||
		program->pid == own)
		return FALSE;
	return strcmp(program->name, "guestclockd") != 0 || program->told ||
	       gclk_time_program_is_older(platform, program->pid, own);
}

GPtrArray *gclk_rivals_find(GclkPlatform *platform)
{
	GPtrArray *found = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GPtrArray) programs = gclk_time_programs_in_proc(platform);
	gint64 own = own_pid(platform);

	for (guint i = 0; i < programs->len && found->len < RIVALS_MAX; i++) {
		const GclkTimeProgram *program = programs->pdata[i];

		if (is_rival(platform, program, own))
			g_ptr_array_add(found, g_strdup_printf("%s (pid %" G_GINT64_FORMAT ")",
						       program->name, program->pid));
	}
	return found;
}

void gclk_rivals_add_tools(const GclkMachine *machine, GPtrArray *rivals)
{
	GclkReader reader = { .platform = machine->platform };
	g_autoptr(GPtrArray) programs = NULL;

	if (!machine->vmware_periodic_sync ||
		machine->vmware_periodic_sync(machine->vmware_user) != 1)
		return;
	programs = gclk_time_programs_find(machine, &reader);
	for (guint i = 0; i < programs->len; i++) {
		const GclkTimeProgram *program = programs->pdata[i];

		if (program->steers && strcmp(program->name, "vmtoolsd") == 0)
			g_ptr_array_add(rivals, g_strdup_printf("%s (pid %" G_GINT64_FORMAT ")",
							program->name, program->pid));
	}
}
