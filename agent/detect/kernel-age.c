/* SPDX-License-Identifier: BSD-2-Clause */
#include "detect/kernel-age.h"

#include <string.h>

/*
 * Which parameters a Red Hat kernel needs in a virtual machine: VMware KB 1006427, "Timekeeping
 * best practices for Linux guests". CentOS and other rebuilds have the same kernels. RHEL 5's
 * minor release shows in the build: 8 is 5.0, 53 5.1, 92 5.2, 128 5.3, 164 5.4 ... 398 5.11.
 */
static const struct {
	const char *mark;  /* in the release, after the version */
	guint patch;       /* of 2.6 */
	guint first, last; /* builds */
	GclkAge age;
	const char *distribution;
	const char *cures[GCLK_KERNEL_CURES_MAX + 1];
} red_hat[] = {
	{ ".EL", 9, 0, G_MAXUINT, GCLK_AGE_COUNTS_TICKS, "Red Hat Enterprise Linux 4",
		{ "clock=pmtmr", "divider=10" } },
	{ ".el5", 18, 0, 52, GCLK_AGE_COUNTS_TICKS, "Red Hat Enterprise Linux 5.0",
		{ "clocksource=acpi_pm" } },
	{ ".el5", 18, 53, 163, GCLK_AGE_COUNTS_TICKS, "Red Hat Enterprise Linux 5.1 to 5.3",
		{ "divider=10", "clocksource=acpi_pm" } },
	{ ".el5", 18, 164, G_MAXUINT, GCLK_AGE_COMPENSATES, "Red Hat Enterprise Linux 5.4 or later",
		{ NULL } },
};

/* The first version of each generation, newest first. */
static const struct {
	guint version[3];
	GclkAge age;
} linux_ages[] = {
	{ { 3, 10, 0 }, GCLK_AGE_MODERN },
	{ { 2, 6, 21 }, GCLK_AGE_TICKLESS },
	{ { 1, 0, 0 }, GCLK_AGE_COUNTS_TICKS },
};

/* What stands behind FreeBSD's version: sys/conf/newvers.sh, BRANCH. */
static const char *const freebsd_branches[] = { "-RELEASE", "-STABLE", "-CURRENT", "-PRERELEASE",
	"-ALPHA", "-BETA", "-RC" };

/* Up to three numbers with dots between them; returns what follows, or NULL: no two numbers. */
static const char *take_version(const char *text, guint version[3])
{
	guint n = 0;

	while (n < 3 && g_ascii_isdigit(*text)) {
		char *end;

		version[n++] = (guint)MIN(g_ascii_strtoull(text, &end, 10), G_MAXUINT16);
		text = end;
		if (*text != '.' || !g_ascii_isdigit(text[1]))
			break;
		text++;
	}
	return n >= 2 ? text : NULL;
}

static gboolean is_freebsd(const char *rest)
{
	for (gsize i = 0; i < G_N_ELEMENTS(freebsd_branches); i++)
		if (g_str_has_prefix(rest, freebsd_branches[i]))
			return TRUE;
	return FALSE;
}

static gboolean is_at_least(const guint version[3], const guint wanted[3])
{
	for (guint i = 0; i < 3; i++)
		if (version[i] != wanted[i])
			return version[i] > wanted[i];
	return TRUE;
}

static GclkAge age_of_linux(const guint version[3])
{
	for (gsize i = 0; i < G_N_ELEMENTS(linux_ages); i++)
		if (is_at_least(version, linux_ages[i].version))
			return linux_ages[i].age;
	return GCLK_AGE_UNKNOWN;
}

static void look_for_red_hat(const char *rest, GclkKernelAge *out)
{
	if (out->major != 2 || out->minor != 6)
		return;
	for (gsize i = 0; i < G_N_ELEMENTS(red_hat); i++) {
		if (out->patch != red_hat[i].patch || out->build < red_hat[i].first ||
			out->build > red_hat[i].last || !strstr(rest, red_hat[i].mark))
			continue;
		out->age = red_hat[i].age;
		out->distribution = red_hat[i].distribution;
		memcpy(out->cures, red_hat[i].cures, sizeof out->cures);
		return;
	}
}

GclkKernelAge gclk_kernel_age(const char *release)
{
	GclkKernelAge out = { .age = GCLK_AGE_UNKNOWN };
	guint version[3] = { 0 };
	const char *rest = release ? take_version(release, version) : NULL;

	if (!rest)
		return out;
	out.major = version[0];
	out.minor = version[1];
	out.patch = version[2];
	if (is_freebsd(rest)) {
		out.age = out.major >= 9 ? GCLK_AGE_FREEBSD : GCLK_AGE_FREEBSD_TICKS;
		return out;
	}
	if (*rest == '-')
		out.build = (guint)MIN(g_ascii_strtoull(rest + 1, NULL, 10), G_MAXUINT32);
	out.age = age_of_linux(version);
	out.wsl = strstr(rest, "icrosoft") != NULL; /* -microsoft-standard-WSL2, 1: -Microsoft */
	look_for_red_hat(rest, &out);
	return out;
}
