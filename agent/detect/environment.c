/* SPDX-License-Identifier: BSD-2-Clause */
#include "detect/environment.h"

#include "detect/container.h"

#define SMALL 4096

static char *read_line(GclkPlatform *platform, const char *path)
{
	g_autofree char *text = platform->read_file(platform, path, SMALL, NULL, NULL);

	if (!text)
		return NULL;
	for (char *c = text; *c; c++)
		if (!g_ascii_isprint(*c))
			*c = ' ';
	g_strstrip(text);
	return text[0] ? g_steal_pointer(&text) : NULL;
}

char *gclk_environment_clocksource(GclkPlatform *platform)
{
	return read_line(platform, GCLK_CLOCKSOURCE_FILE);
}

GclkEnvironment *gclk_environment_detect_with(GclkPlatform *platform, GclkCpuid cpuid)
{
	GclkEnvironment *environment = g_new0(GclkEnvironment, 1);
	GclkHypervisorFacts hypervisor;
	GclkContainerFacts container;

	gclk_hypervisor_facts_collect(platform, cpuid, &hypervisor);
	environment->hypervisor = g_strdup(gclk_hypervisor_verdict(&hypervisor));
	environment->facts = gclk_hypervisor_facts_describe(&hypervisor);
	gclk_hypervisor_facts_clear(&hypervisor);

	gclk_container_facts_collect(platform, &container);
	environment->container = g_strdup(gclk_container_verdict(&container));
	environment->owns_clock = gclk_container_owns_clock(&container);

	environment->clocksource = gclk_environment_clocksource(platform);
	environment->boot_id = read_line(platform, "/proc/sys/kernel/random/boot_id");
	environment->kernel_release = read_line(platform, "/proc/sys/kernel/osrelease");
	environment->rivals = gclk_rivals_find(platform);
	return environment;
}

GclkEnvironment *gclk_environment_detect(GclkPlatform *platform)
{
	return gclk_environment_detect_with(platform, gclk_cpuid_native());
}

void gclk_environment_free(GclkEnvironment *environment)
{
	if (!environment)
		return;
	g_free(environment->hypervisor);
	g_free(environment->container);
	g_free(environment->clocksource);
	g_free(environment->boot_id);
	g_free(environment->kernel_release);
	g_ptr_array_unref(environment->rivals);
	g_ptr_array_unref(environment->facts);
	g_free(environment);
}
