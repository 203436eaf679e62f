/* SPDX-License-Identifier: BSD-2-Clause */
#include "detect/detection.h"

#include <string.h>

#include "detect/container.h"
#include "detect/host-time.h"
#include "detect/kernel-log.h"
#include "detect/offers.h"
#include "detect/vmware-backdoor.h"
#include "detect/vmware-facts.h"
#include "source/link-port.h"
#include "source/ptp-scan.h"
#include "source/vmclock.h"

#define RTC_MAX     16
#define VMCLOCK_MAX 65536

/* --- clocks ----------------------------------------------------------------------------------- */

#define CLOCKSOURCE "/sys/devices/system/clocksource/clocksource0/"

static void add_file(GclkReader *reader, GPtrArray *out, const char *name, const char *path)
{
	g_autofree char *text = gclk_reader_text(reader, path);

	gclk_facts_add(out, name, text);
}

static void add_sysctl(const GclkMachine *machine, GPtrArray *out, const char *name)
{
	g_autofree char *text =
		machine->sysctl ? machine->sysctl(machine->sysctl_user, name) : NULL;

	for (char *c = text; c && *c; c++)
		if (!g_ascii_isprint(*c))
			*c = '?';
	gclk_facts_add(out, name, text);
}

static char *describe_ptp(const GclkPtpDevice *device, const char *release)
{
	static const char *const scales[] = {
		[GCLK_TIMESCALE_UNKNOWN] = "an unknown scale",
		[GCLK_TIMESCALE_UTC] = "UTC",
		[GCLK_TIMESCALE_TAI] = "TAI",
		[GCLK_TIMESCALE_MONOTONIC] = "monotonic",
		[GCLK_TIMESCALE_SMEARED] = "smeared UTC",
	};
	const char *name = device->clock_name[0] ? device->clock_name : "no name";

	if (!device->clock->host)
		return g_strdup_printf("%s: %s", name,
			device->clock->remark ? device->clock->remark : "not chosen by itself");
	return g_strdup_printf("%s: the host's time (%s)", name,
		scales[gclk_ptp_clock_timescale(device->clock, release)]);
}

/* Root's only, on most systems. */
static void list_page(GclkReader *reader, const char *path, GPtrArray *out)
{
	static const char *const states[] = { "does not say how good it is", "is still being set",
		"is synchronised", "has lost its reference", "is unreliable" };
	g_autofree char *value = NULL;
	g_autofree char *bytes = NULL;
	GclkVmclock page;
	gsize length = 0;

	bytes = gclk_reader_bytes(reader, path, VMCLOCK_MAX, &length);
	if (!bytes || !gclk_vmclock_parse((const guint8 *)bytes, length, &page, NULL))
		value = g_strdup("vmclock's page: disruptions, perhaps time");
	else if (page.counts)
		value = g_strdup_printf("vmclock's page: disruptions and the host's time, which %s",
			states[page.status]);
	else
		value = g_strdup("vmclock's page: disruptions, no time");
	gclk_facts_add(out, path, value);
}

static void list_precision_clocks(GclkReader *reader, const char *release, GPtrArray *out)
{
	g_autoptr(GArray) devices = gclk_ptp_scan(reader->platform);
	g_auto(GStrv) misc = gclk_reader_names(reader, "/sys/class/misc");

	for (guint i = 0; i < devices->len; i++) {
		const GclkPtpDevice *device = &g_array_index(devices, GclkPtpDevice, i);
		g_autofree char *value = describe_ptp(device, release);

		gclk_facts_add(out, device->path, value);
	}
	/* The page of vmclock is a device of its own, there without a clock in it too. */
	for (guint i = 0; misc && misc[i]; i++) {
		g_autofree char *path = g_strconcat("/dev/", misc[i], NULL);

		if (gclk_ptp_name_matches("vmclock#", misc[i]))
			list_page(reader, path, out);
	}
}

/* Whether somebody is at its other end only shows when it is opened, which guestclockd does. */
static void list_link(GclkReader *reader, GPtrArray *out)
{
	if (gclk_link_port_exists(reader->platform, GCLK_LINK_PORT))
		gclk_facts_add(out, "port " GCLK_LINK_PORT,
			"the link to the host, where \"hostclock serve\" answers");
}

/* Linux only: FreeBSD shows no RTC to programs. */
static void list_rtcs(GclkReader *reader, GPtrArray *out)
{
	g_auto(GStrv) names = gclk_reader_names(reader, "/sys/class/rtc");

	for (guint i = 0; names && names[i] && i < RTC_MAX; i++) {
		g_autofree char *fact = g_strconcat("rtc ", names[i], NULL);
		g_autofree char *path = g_build_filename("/sys/class/rtc", names[i], "name", NULL);
		g_autofree char *name = gclk_reader_text(reader, path);

		gclk_facts_add(out, fact, name ? name : "no name");
	}
	if (!names || !names[0])
		gclk_facts_add(out, "rtc", "none");
}

static void list_clocks(const GclkMachine *machine, GclkReader *reader, GPtrArray *out)
{
	g_autofree char *release = gclk_reader_text(reader, "/proc/sys/kernel/osrelease");

	add_file(reader, out, "clocksource", CLOCKSOURCE "current_clocksource");
	add_file(reader, out, "clocksources available", CLOCKSOURCE "available_clocksource");
	add_sysctl(machine, out, "kern.timecounter.hardware");
	add_sysctl(machine, out, "kern.timecounter.choice");
	list_precision_clocks(reader, release, out);
	list_link(reader, out);
	if (release)
		list_rtcs(reader, out);
	gclk_facts_add(out, "kernel", release);
}

GclkMachine gclk_machine_native(GclkPlatform *platform)
{
	return (GclkMachine){
		.platform = platform,
		.cpuid = gclk_cpuid_native(),
		.sysctl = gclk_sysctl_native(),
		.kernel_log = gclk_kernel_log_native(),
		.ticks = gclk_tick_system_native(),
		.vmware_periodic_sync = gclk_vmware_periodic_sync,
	};
}

/* --- all of it -------------------------------------------------------------------------------- */

static void judge_hypervisor(const GclkMachine *machine, GclkReader *reader, GclkDetection *out)
{
	GclkHypervisorFacts facts;

	gclk_hypervisor_facts_read(
		reader, machine->cpuid, machine->sysctl, machine->sysctl_user, &facts);
	out->hypervisor = gclk_hypervisor_judge(&facts, &out->hypervisor_why);
	if (machine->cpuid)
		gclk_facts_add(out->facts, "cpuid hypervisor bit",
			facts.hypervisor_bit ? "set" : "not set");
	gclk_hypervisor_facts_list(&facts, out->facts);
	gclk_hypervisor_facts_clear(&facts);
}

static void judge_container(const GclkMachine *machine, GclkReader *reader, GclkDetection *out)
{
	GclkContainerFacts facts;

	gclk_container_facts_read(reader, machine->sysctl, machine->sysctl_user, &facts);
	out->container = g_strdup(gclk_container_verdict(&facts));
	out->container_why = gclk_container_why(&facts);
	out->owns_clock = gclk_container_owns_clock(&facts);
	gclk_container_facts_list(reader, &facts, out->facts);
}

GclkDetection *gclk_detection_new(const GclkMachine *machine)
{
	GclkDetection *detection = g_new0(GclkDetection, 1);
	GclkReader reader = { machine->platform, gclk_facts_new() };

	detection->facts = gclk_facts_new();
	detection->unreadable = reader.unreadable;
	judge_hypervisor(machine, &reader, detection);
	gclk_offers_list(&reader, detection->facts);
	gclk_host_time_list(&reader, detection->hypervisor, detection->facts);
	if (strcmp(detection->hypervisor, "vmware") == 0)
		gclk_vmware_facts_list(machine, &reader, detection->facts);
	judge_container(machine, &reader, detection);
	list_clocks(machine, &reader, detection->facts);
	return detection;
}

void gclk_detection_free(GclkDetection *detection)
{
	if (!detection)
		return;
	g_free(detection->hypervisor_why);
	g_free(detection->container);
	g_free(detection->container_why);
	g_ptr_array_unref(detection->facts);
	g_ptr_array_unref(detection->unreadable);
	g_free(detection);
}
