/* SPDX-License-Identifier: BSD-2-Clause */
#include "doctor/command-line.h"

#include <string.h>

#define BLANKS " \t\r\n"

/* --- parameters ------------------------------------------------------------------------------- */

static void free_parameter(gpointer pointer)
{
	GclkParameter *parameter = pointer;

	g_free(parameter->text);
	g_free(parameter->name);
	g_free(parameter->value);
	g_free(parameter);
}

/* Blanks between quotes do not end a parameter: next_arg() of lib/cmdline.c. */
static gsize parameter_length(const char *text)
{
	gboolean quoted = FALSE;
	gsize n = 0;

	for (; text[n] && (quoted || !strchr(BLANKS, text[n])); n++)
		if (text[n] == '"')
			quoted = !quoted;
	return n;
}

static void drop_quotes(char *text)
{
	gsize length;

	if (text[0] != '"')
		return;
	length = strlen(text);
	memmove(text, text + 1, length);
	if (length >= 2 && text[length - 2] == '"')
		text[length - 2] = '\0';
}

/* Takes text. */
static GclkParameter *new_parameter(char *text)
{
	GclkParameter *parameter = g_new0(GclkParameter, 1);
	const gsize n = strcspn(text, "=");

	parameter->text = text;
	parameter->name = g_strdelimit(g_strndup(text, n), "-", '_');
	parameter->value = text[n] ? g_strdup(text + n + 1) : NULL;
	if (parameter->value)
		drop_quotes(parameter->value);
	return parameter;
}

GPtrArray *gclk_parameters_parse(const char *command_line)
{
	GPtrArray *parameters = g_ptr_array_new_with_free_func(free_parameter);
	const char *at = command_line ? command_line : "";

	while (parameters->len < GCLK_PARAMETERS_MAX) {
		gsize n;

		at += strspn(at, BLANKS);
		n = parameter_length(at);
		if (n == 0 || (n == 2 && strncmp(at, "--", 2) == 0))
			break;
		g_ptr_array_add(parameters, new_parameter(g_strndup(at, n)));
		at += n;
	}
	return parameters;
}

const GclkParameter *gclk_parameters_find(const GPtrArray *parameters, const char *name)
{
	for (guint i = parameters->len; i-- > 0;) {
		const GclkParameter *parameter = parameters->pdata[i];

		if (strcmp(parameter->name, name) == 0)
			return parameter;
	}
	return NULL;
}

const GclkParameter *gclk_parameters_forced_clocksource(const GPtrArray *parameters)
{
	static const char *const names[] = { "clocksource", "clock", NULL };

	for (guint i = parameters->len; i-- > 0;) {
		const GclkParameter *parameter = parameters->pdata[i];

		if (parameter->value && g_strv_contains(names, parameter->name))
			return parameter;
	}
	return NULL;
}

/* boot_override_clock() of kernel/time/clocksource.c. */
const char *gclk_parameter_clocksource(const GclkParameter *parameter)
{
	return strcmp(parameter->name, "clock") == 0 && strcmp(parameter->value, "pmtmr") == 0
		       ? "acpi_pm"
		       : parameter->value;
}

/* --- advice ----------------------------------------------------------------------------------- */

char *gclk_parameter_advise_removal(const char *text, GclkAge age)
{
	if (age & GCLK_AGE_TICKS)
		return g_strdup_printf(
			"remove %s from the kernel lines of /boot/grub/grub.conf and "
			"reboot",
			text);
	return g_strdup_printf("remove %s from GRUB_CMDLINE_LINUX in /etc/default/grub, run "
			       "update-grub and reboot "
			       "(Red Hat: grubby --update-kernel=ALL --remove-args=\"%s\")",
		text, text);
}

char *gclk_parameter_advise_addition(const char *text, GclkAge age)
{
	if (age & GCLK_AGE_TICKS)
		return g_strdup_printf(
			"add %s to the kernel lines of /boot/grub/grub.conf and reboot", text);
	return g_strdup_printf(
		"add %s to GRUB_CMDLINE_LINUX in /etc/default/grub, run update-grub and reboot "
		"(Red Hat: grubby --update-kernel=ALL --args=\"%s\")",
		text, text);
}
