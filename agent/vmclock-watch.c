/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmclock-watch.h"

#define FINDING "disruption-ahead"

static void on_disrupted(gpointer user, const char *what)
{
	gclk_agent_disrupted(user, GCLK_WITNESS_VMCLOCK, what);
}

static void on_outlook(gpointer user, GclkVmclockOutlook outlook)
{
	static const char *const statements[] = {
		[GCLK_VMCLOCK_CALM] = NULL,
		[GCLK_VMCLOCK_SOON] =
			"the hypervisor is going to disrupt the clocks of this VM within a day or "
			"so, as a migration does (vmclock)",
		[GCLK_VMCLOCK_IMMINENT] =
			"the hypervisor is going to disrupt the clocks of this VM within an hour "
			"or so, as a migration does (vmclock)",
	};

	if (statements[outlook])
		gclk_agent_set_finding(user, FINDING, GCLK_SEVERITY_NOTE, statements[outlook],
			"guestclockd measures anew when it happens; what must not see the time "
			"jump should run elsewhere until then");
	else
		gclk_agent_clear_finding(user, FINDING);
}

GclkVmclockWitness *gclk_vmclock_watch_new(GclkAgent *agent, GclkPlatform *platform)
{
	static const GclkVmclockEvents events = { on_disrupted, on_outlook };

	return gclk_vmclock_witness_new(platform, GCLK_VMCLOCK_PAGE, &events, agent);
}
