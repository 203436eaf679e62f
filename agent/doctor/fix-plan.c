/* SPDX-License-Identifier: BSD-2-Clause */
#include "doctor/fix-plan.h"

#include <string.h>

#define CLOCKSOURCE_FILE "/sys/devices/system/clocksource/clocksource0/current_clocksource"
#define SYSCTL_ROOT      "/proc/sys/"
#define TIMECOUNTER      "kern.timecounter.hardware"
#define OWN_HEAD         "# Written by guestclock doctor --fix; guestclock doctor --undo takes it back.\n"

/* --- what may be written ---------------------------------------------------------------------- */

typedef enum {
	PLACE_GRUB,
	PLACE_MODULES,
	PLACE_SYSCTL,
	PLACE_SYSCTL_LOCAL,
	PLACE_LOADER,
	PLACES,
	PLACE_NONE = PLACES,
} Place;

/*
 * grub.d: Debian's patch of grub-mkconfig sources it; modules-load.d(5), also read by OpenRC;
 * sysctl.d(5); sysctl.conf.local: FreeBSD's rc.d/sysctl reads it after sysctl.conf, and has no
 * directory; loader.conf.d: loader_conf_dirs in loader.conf(5), read by FreeBSD's Lua loader.
 */
static const struct {
	const char *directory;
	const char *path;
	const char *then; /* what makes it count, when nothing does so by itself */
	gboolean own;     /* nobody else writes there */
} places_table[PLACES] = {
	[PLACE_GRUB] = { "/etc/default/grub.d", "/etc/default/grub.d/60-guestclock.cfg",
		"run update-grub, then reboot", TRUE },
	[PLACE_MODULES] = { "/etc/modules-load.d", "/etc/modules-load.d/guestclock.conf", NULL,
		TRUE },
	[PLACE_SYSCTL] = { "/etc/sysctl.d", "/etc/sysctl.d/60-guestclock.conf", NULL, TRUE },
	[PLACE_SYSCTL_LOCAL] = { "/etc", "/etc/sysctl.conf.local", NULL, FALSE },
	[PLACE_LOADER] = { "/boot/loader.conf.d", "/boot/loader.conf.d/guestclock.conf", "reboot",
		TRUE },
};

#define WORD_CHARACTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-."

/* Letters, digits and a few more, so that it means nothing special in any of the files. */
static gboolean is_word(const char *text, const char *more)
{
	g_autofree char *accept = g_strconcat(WORD_CHARACTERS, more, NULL);

	return *text && strlen(text) < 128 && strspn(text, accept) == strlen(text) &&
	       !strstr(text, "..");
}

static gboolean is_setting(const char *path)
{
	return strcmp(path, CLOCKSOURCE_FILE) == 0 ||
	       (g_str_has_prefix(path, SYSCTL_ROOT) && is_word(path + strlen(SYSCTL_ROOT), "/"));
}

gboolean gclk_fix_place_allowed(GclkChangeKind kind, const char *place)
{
	if (kind == GCLK_CHANGE_SETTING)
		return is_setting(place);
	if (kind == GCLK_CHANGE_SYSCTL)
		return is_word(place, "%");
	for (gsize i = 0; i < PLACES; i++)
		if (strcmp(place, kind == GCLK_CHANGE_FILE ? places_table[i].path
							   : places_table[i].directory) == 0)
			return TRUE;
	return FALSE;
}

const char *gclk_fix_then(const char *path)
{
	for (gsize i = 0; i < PLACES; i++)
		if (strcmp(path, places_table[i].path) == 0)
			return places_table[i].then;
	return NULL;
}

/* --- what each kind of fix means, in words and lines --------------------------------------------
 */

typedef enum {
	NOW_NOTHING,
	NOW_SETTING,
	NOW_SYSCTL,
	NOW_LOAD,
} Now;

/* It comes last on the kernel's command line (GRUB's 10_linux), where the last of two values
   counts: so a leftover in GRUB_CMDLINE_LINUX does no harm. Entries for recovery lack it. */
#define GRUB_VARIABLE "GRUB_CMDLINE_LINUX_DEFAULT"

/* {name}, {value} are the fix's; {setting} is name=value, or the name alone. */
typedef struct {
	GclkOs os;
	GclkFixKind fix;
	Now now;
	const char *now_place; /* {sysctl}: the name as a path */
	const char *now_text;
	const char *now_words;
	Place place;
	const char *line, *key;
	const char *words;  /* of the line */
	const char *advice; /* where the place does not exist; NULL: by the boot loader */
} Row;

static const Row rows[] = {
	{ GCLK_OS_LINUX, GCLK_FIX_CLOCKSOURCE, NOW_SETTING, CLOCKSOURCE_FILE, "{name}",
		"switch the clocksource to {name} now", PLACE_NONE, NULL, NULL, NULL, NULL },
	{ GCLK_OS_LINUX, GCLK_FIX_BOOT_PARAMETER, NOW_NOTHING, NULL, NULL, NULL, PLACE_GRUB,
		GRUB_VARIABLE "=\"$" GRUB_VARIABLE " {setting}\"",
		GRUB_VARIABLE "=\"$" GRUB_VARIABLE " {name}",
		"boot with the kernel parameter {setting}", NULL },
	{ GCLK_OS_LINUX, GCLK_FIX_MODULE, NOW_LOAD, "{name}", NULL, "load the module {name} now",
		PLACE_MODULES, "{name}", "{name}", "load the module {name} at each boot",
		"have the module {name} loaded at each boot: /etc/modules, or what this system has "
		"for it" },
	{ GCLK_OS_LINUX, GCLK_FIX_SYSCTL, NOW_SETTING, SYSCTL_ROOT "{sysctl}", "{value}",
		"set {name} to {value} now", PLACE_SYSCTL, "{name} = {value}",
		"{name} =", "set {name} to {value} at each boot",
		"add the line \"{name} = {value}\" to /etc/sysctl.conf" },
	{ GCLK_OS_FREEBSD, GCLK_FIX_CLOCKSOURCE, NOW_SYSCTL, TIMECOUNTER, "{name}",
		"switch the timecounter to {name} now", PLACE_NONE, NULL, NULL, NULL, NULL },
	{ GCLK_OS_FREEBSD, GCLK_FIX_BOOT_PARAMETER, NOW_NOTHING, NULL, NULL, NULL, PLACE_LOADER,
		"{name}=\"{value}\"", "{name}=", "boot with {name}=\"{value}\"",
		"add the line {name}=\"{value}\" to /boot/loader.conf, then reboot" },
	{ GCLK_OS_FREEBSD, GCLK_FIX_MODULE, NOW_LOAD, "{name}", NULL, "load the module {name} now",
		PLACE_LOADER, "{name}_load=\"YES\"",
		"{name}_load=", "load the module {name} at each boot",
		"add the line {name}_load=\"YES\" to /boot/loader.conf" },
	{ GCLK_OS_FREEBSD, GCLK_FIX_SYSCTL, NOW_SYSCTL, "{name}", "{value}",
		"set {name} to {value} now", PLACE_SYSCTL_LOCAL, "{name}={value}",
		"{name}=", "set {name} to {value} at each boot", NULL },
	{ GCLK_OS_FREEBSD, GCLK_FIX_LOADER, NOW_NOTHING, NULL, NULL, NULL, PLACE_LOADER,
		"{name}=\"{value}\"", "{name}=", "boot with {name}=\"{value}\"",
		"add the line {name}=\"{value}\" to /boot/loader.conf, then reboot" },
};

/* How a kernel parameter is given where there is no drop-in file for it. */
static const char *const boot_advice[GCLK_BOOT_LOADERS] = {
	[GCLK_BOOT_UNKNOWN] =
		"boot with the kernel parameter {setting}: this system's boot loader is not one "
		"that is known; where the host starts the kernel itself, add it there (QEMU "
		"-append, libvirt <cmdline>, Firecracker boot_args)",
	[GCLK_BOOT_GRUB_DROP_IN] = "",
	[GCLK_BOOT_GRUBBY] = "boot with the kernel parameter {setting}: grubby --update-kernel=ALL "
			     "--args=\"{setting}\", then reboot",
	[GCLK_BOOT_SYSTEMD] = "boot with the kernel parameter {setting}: add it to "
			      "/etc/kernel/cmdline and run kernel-install add-all, or to the "
			      "options line of the entries in /boot/loader/entries; then reboot",
	[GCLK_BOOT_GRUB] = "boot with the kernel parameter {setting}: add it to GRUB_CMDLINE_LINUX "
			   "in /etc/default/grub, run grub-mkconfig -o /boot/grub/grub.cfg (where "
			   "it is called so: grub2-mkconfig -o /boot/grub2/grub.cfg), then reboot",
	[GCLK_BOOT_EXTLINUX] = "boot with the kernel parameter {setting}: add it to the append "
			       "lines of extlinux.conf (Alpine: default_kernel_opts in "
			       "/etc/update-extlinux.conf, then update-extlinux), then reboot",
	[GCLK_BOOT_GRUB_LEGACY] = "boot with the kernel parameter {setting}: add it to the kernel "
				  "lines of /boot/grub/grub.conf or menu.lst, then reboot",
};

static char *expand(const char *template, const GclkFix *fix)
{
	GString *out = g_string_new(template);
	const char *value = fix->value ? fix->value : "";
	g_autofree char *setting =
		fix->value ? g_strdup_printf("%s=%s", fix->name, value) : g_strdup(fix->name);
	g_autofree char *path = g_strdelimit(g_strdup(fix->name), ".", '/');

	g_string_replace(out, "{setting}", setting, 0);
	g_string_replace(out, "{name}", fix->name, 0);
	g_string_replace(out, "{value}", value, 0);
	g_string_replace(out, "{sysctl}", path, 0);
	return g_string_free(out, FALSE);
}

/* --- the plan --------------------------------------------------------------------------------- */

void gclk_action_free(GclkAction *action)
{
	if (!action)
		return;
	g_free(action->place);
	g_free(action->text);
	g_free(action->key);
	g_free(action->words);
	g_free(action);
}

static void add_advice(GPtrArray *plan, const char *template, const GclkFix *fix)
{
	GclkAction *action = g_new0(GclkAction, 1);

	action->kind = GCLK_ACTION_ADVICE;
	action->words = expand(template, fix);
	g_ptr_array_add(plan, action);
}

static void add_now(GPtrArray *plan, const Row *row, const GclkFix *fix)
{
	static const GclkActionKind kinds[] = {
		[NOW_NOTHING] = GCLK_ACTION_ADVICE,
		[NOW_SETTING] = GCLK_ACTION_SETTING,
		[NOW_SYSCTL] = GCLK_ACTION_SYSCTL,
		[NOW_LOAD] = GCLK_ACTION_LOAD,
	};
	GclkAction *action = g_new0(GclkAction, 1);

	action->kind = kinds[row->now];
	action->place = expand(row->now_place, fix);
	action->text = row->now_text ? expand(row->now_text, fix) : NULL;
	action->words = expand(row->now_words, fix);
	g_ptr_array_add(plan, action);
}

/* A parameter without a value must not replace another that only begins like it. */
static char *key_of(const Row *row, const GclkFix *fix)
{
	g_autofree char *key = expand(row->key, fix);

	if (row->fix == GCLK_FIX_BOOT_PARAMETER && row->os == GCLK_OS_LINUX)
		return g_strconcat(key, fix->value ? "=" : "\"", NULL);
	return g_steal_pointer(&key);
}

static void add_line(GPtrArray *plan, const Row *row, const GclkFix *fix)
{
	GclkAction *action = g_new0(GclkAction, 1);

	action->kind = GCLK_ACTION_FILE;
	action->place = g_strdup(places_table[row->place].path);
	action->text = expand(row->line, fix);
	action->key = key_of(row, fix);
	action->words = expand(row->words, fix);
	action->then = gclk_fix_then(action->place);
	action->own_file = places_table[row->place].own;
	action->follows = row->now != NOW_NOTHING;
	g_ptr_array_add(plan, action);
}

static gboolean has_place(const GclkFixPlaces *places, Place place)
{
	const gboolean there[PLACES] = {
		[PLACE_GRUB] = places->boot == GCLK_BOOT_GRUB_DROP_IN,
		[PLACE_MODULES] = places->modules_directory,
		[PLACE_SYSCTL] = places->sysctl_directory,
		[PLACE_SYSCTL_LOCAL] = TRUE,
		[PLACE_LOADER] = places->loader_directory,
	};

	return there[place];
}

static void add_fix(GPtrArray *plan, const GclkFix *fix, const GclkFixPlaces *places)
{
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		const Row *row = &rows[i];

		if (row->os != places->os || row->fix != fix->kind)
			continue;
		if (row->now != NOW_NOTHING)
			add_now(plan, row, fix);
		if (row->place == PLACE_NONE)
			return;
		if (has_place(places, row->place))
			add_line(plan, row, fix);
		else
			add_advice(
				plan, row->advice ? row->advice : boot_advice[places->boot], fix);
		return;
	}
}

/* Of one kind and name there is one fix; there is one clocksource. */
static gboolean is_new(GPtrArray *seen, const GclkFix *fix)
{
	for (guint i = 0; i < seen->len; i++) {
		const GclkFix *other = seen->pdata[i];

		if (other->kind == fix->kind &&
			(fix->kind == GCLK_FIX_CLOCKSOURCE || strcmp(other->name, fix->name) == 0))
			return FALSE;
	}
	g_ptr_array_add(seen, (gpointer)fix);
	return TRUE;
}

static gboolean is_sane(const GclkFix *fix)
{
	return is_word(fix->name, "%") && (!fix->value || is_word(fix->value, ",:/+"));
}

GPtrArray *gclk_fix_plan(const GPtrArray *findings, const GclkFixPlaces *places)
{
	GPtrArray *plan = g_ptr_array_new_with_free_func((GDestroyNotify)gclk_action_free);
	g_autoptr(GPtrArray) seen = g_ptr_array_new();

	for (guint i = 0; i < findings->len; i++) {
		const GclkFinding *finding = findings->pdata[i];

		for (guint k = 0; finding->fixes && k < finding->fixes->len; k++) {
			const GclkFix *fix = finding->fixes->pdata[k];

			if (is_sane(fix) && is_new(seen, fix))
				add_fix(plan, fix, places);
		}
	}
	return plan;
}

/* --- lines in files --------------------------------------------------------------------------- */

/* Does text hold the line, and no later one with the same key that would override it? */
static gboolean has_line(char **lines, const GclkAction *action)
{
	gboolean has = FALSE;

	for (char **line = lines; *line; line++) {
		if (strcmp(*line, action->text) == 0)
			has = TRUE;
		else if (g_str_has_prefix(*line, action->key))
			has = FALSE;
	}
	return has;
}

char *gclk_fix_merge(const GclkAction *action, const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text ? text : "", "\n", -1);
	GString *out = g_string_new(NULL);

	if (has_line(lines, action)) {
		g_string_free(out, TRUE);
		return NULL;
	}
	if (action->own_file && (!text || !*text))
		g_string_append(out, OWN_HEAD);
	for (char **line = lines; *line; line++) {
		if (!*line[0] && !line[1])
			break; /* what stands behind the last newline */
		if (!action->own_file || !g_str_has_prefix(*line, action->key))
			g_string_append_printf(out, "%s\n", *line);
	}
	g_string_append_printf(out, "%s\n", action->text);
	return g_string_free(out, FALSE);
}
