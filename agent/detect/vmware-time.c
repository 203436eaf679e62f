/* SPDX-License-Identifier: BSD-2-Clause */
#include "detect/vmware-time.h"

#include "guestclock/sample.h"

#define GET_TIME               23u
#define STOP_CATCHUP           24u
#define GET_TIME_FULL          46u
#define GET_TIME_FULL_WITH_LAG 55u

/* Beyond the year 2200 it is no time (and in ns no number). */
#define SECONDS_MAX (G_GINT64_CONSTANT(7258118400))

/* The best first. */
static const struct {
	guint32 command;
	const char *name;
} commands[] = {
	{ GET_TIME_FULL_WITH_LAG, "GETTIMEFULL_WITH_LAG" },
	{ GET_TIME_FULL, "GETTIMEFULL" },
	{ GET_TIME, "GETTIME" },
};

gboolean gclk_vmware_time_take(
	guint32 command, const GclkBackdoorRegisters *answer, GclkHostTime *out)
{
	const gboolean full = command != GET_TIME;
	guint64 seconds = full ? (guint64)answer->si << 32 | answer->d : answer->a;

	if (full ? answer->a != GCLK_BACKDOOR_MAGIC : answer->a == GCLK_BACKDOOR_NOT_THERE)
		return FALSE;
	if (seconds == 0 || seconds > SECONDS_MAX || answer->b >= 1000000)
		return FALSE;
	*out = (GclkHostTime){
		.time = (gint64)seconds * GCLK_NS_PER_S + answer->b * GCLK_NS_PER_US,
		.resolution = GCLK_NS_PER_US,
		.backlog = command == GET_TIME_FULL_WITH_LAG ? answer->di * GCLK_NS_PER_US : -1,
	};
	return TRUE;
}

static gboolean ask(guint32 features, guint32 command, GclkHostTime *out)
{
	GclkBackdoorRegisters r;

	gclk_backdoor_call(features, command, &r);
	return gclk_vmware_time_take(command, &r, out);
}

/* The index of the first command that works. */
static int find_command(guint32 features)
{
	GclkHostTime time;
	gsize i = 0;

	while (i < G_N_ELEMENTS(commands) && !ask(features, commands[i].command, &time))
		i++;
	return (int)i;
}

static gboolean read_host(const GclkHostReader *reader, GclkHostTime *out)
{
	return ask(reader->features, reader->command, out);
}

static void drop_backlog(const GclkHostReader *reader)
{
	GclkBackdoorRegisters r;

	gclk_backdoor_call(reader->features, STOP_CATCHUP, &r);
}

gboolean gclk_vmware_time_find(GclkCpuid cpuid, GclkHostReader *out)
{
	guint32 features;
	int at;

	if (!gclk_backdoor_expected(cpuid, &features))
		return FALSE;
	at = gclk_backdoor_try(features, find_command);
	if (at < 0 || (gsize)at >= G_N_ELEMENTS(commands))
		return FALSE;
	*out = (GclkHostReader){
		.read = read_host,
		.drop_backlog = drop_backlog,
		.name = commands[at].name,
		.command = commands[at].command,
		.features = features,
	};
	return TRUE;
}

gboolean gclk_vmware_host_time(gpointer user, GclkHostReader *out)
{
	(void)user;
	return gclk_vmware_time_find(gclk_cpuid_native(), out);
}
