/* SPDX-License-Identifier: BSD-2-Clause */
#include "detect/host-time.h"

#include <string.h>

/* Sources: Linux arch/x86/xen/time.c (xen_read_wallclock), VBoxServiceTimeSync.cpp, hv_util.c,
   bhyve(8), prlctl(1). Nobody here states how far his time may be off. */
static const struct {
	const char *hypervisor, *text;
} rows[] = {
	{ "xen", "Xen tells the time at boot only, to the second or so: afterwards there is no "
		 "clock of the host to read here, and NTP has to keep the time" },
	{ "oracle",
		"VirtualBox tells it to its Guest Additions alone, whose VBoxService sets the "
		"clock by it: there is no other clock of the host to read here; let either NTP or "
		"VBoxService keep the time" },
	{ "microsoft",
		"Hyper-V sends it every few seconds to its time synchronization service, which "
		"shows it as the PTP device \"hyperv\" and steps the clock after a resume" },
	{ "bhyve", "bhyve gives an RTC and nothing more: NTP has to keep the time" },
	{ "parallels",
		"Parallels tells it to its Tools alone, which set the clock by it: there is no "
		"other clock of the host to read here" },
	{ "apple",
		"Apple's Virtualization framework gives an RTC and nothing more: NTP has to keep "
		"the time, or what the program around the VM sends on a wake-up" },
};

gboolean gclk_host_time_follows_xen(GclkReader *reader)
{
	g_autofree char *text = gclk_reader_text(reader, GCLK_XEN_WALLCLOCK);

	return g_strcmp0(text, "0") == 0;
}

void gclk_host_time_list(GclkReader *reader, const char *hypervisor, GPtrArray *out)
{
	g_autofree char *own = NULL;

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
		if (strcmp(rows[i].hypervisor, hypervisor) == 0)
			gclk_facts_add(out, "host time", rows[i].text);
	own = gclk_reader_text(reader, GCLK_XEN_WALLCLOCK);
	if (own)
		gclk_facts_add(out, "independent_wallclock",
			strcmp(own, "0") == 0
				? "0: this kernel follows Xen's clock, and nothing in "
				  "this VM can set it"
				: "1: this kernel keeps its own time");
}
