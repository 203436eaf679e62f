/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel's command line: its parameters, and how a person changes them. Pure. */
#ifndef GUESTCLOCK_COMMAND_LINE_H
#define GUESTCLOCK_COMMAND_LINE_H

#include "detect/kernel-age.h"

#define GCLK_PARAMETERS_MAX 512

typedef struct {
	char *text;  /* as it stands there: "clocksource=acpi_pm" */
	char *name;  /* "clocksource"; with "_" for "-", which are the same to the kernel */
	char *value; /* behind the "=", without quotes; NULL: no "=" */
} GclkParameter;

/* Array of GclkParameter *, at most GCLK_PARAMETERS_MAX; free with g_ptr_array_unref. What follows
   "--" is for the init program. NULL gives none. */
GPtrArray *gclk_parameters_parse(const char *command_line);

/* The last of that name, which is the one that counts, or NULL. */
const GclkParameter *gclk_parameters_find(const GPtrArray *parameters, const char *name);

/* The clocksource that the command line forces: the last of clocksource= and its old name clock=.
   NULL: none. */
const GclkParameter *gclk_parameters_forced_clocksource(const GPtrArray *parameters);
/* The name of the clocksource that such a parameter means. */
const char *gclk_parameter_clocksource(const GclkParameter *parameter);

/* "remove divider=10 from GRUB_CMDLINE_LINUX in ..."; caller frees. */
char *gclk_parameter_advise_removal(const char *text, GclkAge age);
/* "add divider=10 to GRUB_CMDLINE_LINUX in ..."; caller frees. */
char *gclk_parameter_advise_addition(const char *text, GclkAge age);

#endif
