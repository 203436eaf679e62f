/* SPDX-License-Identifier: BSD-2-Clause */
/* What the host offers and this kernel does not use, and the precision clocks that are there. */
#include <string.h>

#include "detect/host-time.h"
#include "detect/offers.h"
#include "detect/time-programs.h"
#include "doctor/host-clock.h"
#include "doctor/missing-driver.h"
#include "doctor/survey.h"
#include "guestclock/finding.h"
#include "guestclock/format.h"

typedef struct {
	const GclkSurvey *survey;
	GPtrArray *findings;
	GArray *devices;         /* GclkPtpDevice */
	GPtrArray *seen;         /* GclkOfferSeen */
	GclkFinding *good, *bad; /* about the host's clocks that are there; NULL: none yet */
	gboolean has_time;       /* a host's clock is there and can be read */
	gboolean has_another;    /* something else keeps the clock right */
} Look;

/* --- the precision clocks that are there ------------------------------------------------------ */

static char *clock_text(const GclkPtpDevice *device)
{
	return g_strdup_printf("%s (%s)", device->path,
		device->clock_name[0] ? device->clock_name : device->clock->driver);
}

static void add_readable(Look *look, const GclkPtpDevice *device, const GclkHostClock *clock)
{
	g_autofree char *text = clock_text(device);
	g_autofree char *statement = g_strdup_printf("%s gives the host's time", text);
	char offset[32], bracket[32];

	if (!look->good)
		look->good = gclk_findings_add(
			look->findings, "host-clock", GCLK_SEVERITY_OK, statement, NULL);
	gclk_finding_add_evidence(look->good, "/sys/class/ptp/ptp%u/clock_name: %s", device->number,
		device->clock_name);
	if (!clock->has_offset)
		return;
	gclk_format_offset(clock->offset, offset);
	gclk_format_bound(clock->bracket, bracket);
	gclk_finding_add_evidence(look->good, "%s minus this clock: %s (the reading took %s)",
		device->path, offset, bracket);
}

static void add_unreadable(Look *look, const GclkPtpDevice *device, const GclkHostClock *clock)
{
	g_autofree char *text = clock_text(device);
	g_autofree char *statement =
		clock->forbidden ? g_strdup_printf("%s may not be read by this user", text)
				 : g_strdup_printf("%s, the host's clock, %s", text, clock->why);

	if (!look->bad)
		look->bad = gclk_findings_add(look->findings, "host-clock-unreadable",
			clock->forbidden ? GCLK_SEVERITY_NOTE : GCLK_SEVERITY_WARNING, statement,
			clock->forbidden
				? "run guestclock doctor as root to try it; guestclockd opens it "
				  "as root"
				: "dmesg | grep -i ptp may tell more; until it answers, have NTP "
				  "servers in guestclockd.conf");
	gclk_finding_add_evidence(look->bad, "%s %s", text, clock->why);
}

static void check_clock(Look *look, const GclkPtpDevice *device)
{
	const GclkSurvey *survey = look->survey;
	GclkHostClock clock;

	gclk_host_clock_read(survey->machine->platform, device, survey->release,
		survey->has_discipline ? survey->discipline.tai_offset : 0, &clock);
	if (!clock.tried || clock.readable || clock.forbidden)
		look->has_time = TRUE;
	if (clock.tried && !clock.readable)
		add_unreadable(look, device, &clock);
	else
		add_readable(look, device, &clock);
	gclk_host_clock_clear(&clock);
}

static void check_clocks(Look *look)
{
	gboolean host = FALSE;

	for (guint i = 0; i < look->devices->len; i++) {
		const GclkPtpDevice *device = &g_array_index(look->devices, GclkPtpDevice, i);

		if (!device->clock->host)
			continue;
		host = TRUE;
		check_clock(look, device);
	}
	if (!host && look->devices->len > 0 &&
		strcmp(look->survey->detection->hypervisor, "none") != 0) {
		g_autofree char *text = gclk_ptp_describe(look->devices);
		g_autofree char *statement =
			g_strdup_printf("none of the PTP clocks here is the host's: %s", text);

		gclk_findings_add(look->findings, "nic-clock", GCLK_SEVERITY_NOTE, statement, NULL);
	}
}

static gboolean has_clock(const Look *look, const char *clock_name)
{
	const GclkPtpClock *wanted = gclk_ptp_clock_find(clock_name);

	for (guint i = 0; i < look->devices->len; i++)
		if (g_array_index(look->devices, GclkPtpDevice, i).clock == wanted)
			return TRUE;
	return FALSE;
}

/* --- a driver that is missing ----------------------------------------------------------------- */

/* The sentence before the reason. sure: FALSE where the host only may offer it. */
static char *offer_text(const GclkMissingDriver *missing, GclkOfferGives gives, gboolean sure)
{
	switch (gives) {
	case GCLK_OFFER_TIME:
		return g_strdup_printf("the host %s its time (%s)", sure ? "offers" : "may offer",
			missing->offer->what);
	case GCLK_OFFER_DISRUPTIONS:
		return g_strdup_printf(
			"the host tells when this VM was paused, moved or restored (%s; not the "
			"time)",
			missing->offer->clock ? missing->offer->what : missing->module);
	case GCLK_OFFER_BUS:
	case GCLK_OFFER_NOTHING:
		break;
	}
	return g_strdup_printf("%s is here", missing->offer->what);
}

static GclkSeverity severity_for(const Look *look, GclkOfferGives gives)
{
	if (gives == GCLK_OFFER_DISRUPTIONS || look->has_time || look->has_another)
		return GCLK_SEVERITY_NOTE;
	return GCLK_SEVERITY_WARNING;
}

/* The finding about an offer whose driver does not serve; seen at path, or NULL. */
static void add_missing(Look *look, const GclkOffer *offer, GclkOfferGives gives, const char *path)
{
	g_auto(GclkMissingDriver) missing = gclk_missing_driver(look->survey, offer);
	g_autofree char *text = offer_text(&missing, gives, path != NULL);
	g_autofree char *why = gclk_missing_driver_why(&missing);
	g_autofree char *statement = g_strdup_printf("%s, but %s", text, why);
	g_autofree char *remedy = gclk_missing_driver_remedy(&missing);
	g_autofree char *id = g_strconcat("offer-", offer->id, NULL);
	GclkFinding *finding;

	if (gclk_findings_find(look->findings, id))
		return;
	finding =
		gclk_findings_add(look->findings, id, severity_for(look, gives), statement, remedy);
	if (path)
		gclk_finding_add_evidence(finding, "%s is there, and no driver has taken it", path);
	if (missing.evidence)
		gclk_finding_add_evidence(finding, "%s", missing.evidence);
	if (missing.state == GCLK_DRIVER_ON_DISK)
		gclk_finding_add_fix(finding, GCLK_FIX_MODULE, missing.module, NULL);
}

/* --- devices ---------------------------------------------------------------------------------- */

/* Where no link tells it, the clock or the page that comes of it does, or else that the driver has
   been heard of. */
static gboolean is_driven(const Look *look, const GclkOfferSeen *seen)
{
	g_autofree char *driver = NULL;

	if (seen->driven >= 0)
		return seen->driven;
	if (seen->offer->clock && has_clock(look, seen->offer->clock))
		return TRUE;
	if (strcmp(seen->offer->id, "vmclock") == 0)
		return gclk_facts_find(look->survey->detection->facts, "/dev/vmclock0") != NULL;
	driver =
		g_build_filename("/sys/bus/platform/drivers", gclk_offer_driver(seen->offer), NULL);
	return gclk_reader_is_directory(look->survey->reader, driver);
}

static gboolean is_bus_alive(const Look *look)
{
	g_auto(GStrv) names = gclk_reader_names(look->survey->reader, "/sys/bus/vmbus/devices");

	return names && names[0];
}

static void check_device(Look *look, const GclkOfferSeen *seen)
{
	const GclkOffer *offer = seen->offer;
	GclkOfferGives gives = gclk_offer_gives(offer, look->survey->detection->hypervisor);

	if (!offer->id || !gclk_offer_driver(offer) || is_driven(look, seen))
		return;
	/* the firmware's node of the bus may stay without a driver where the bus works */
	if (gives == GCLK_OFFER_BUS && is_bus_alive(look))
		return;
	add_missing(look, offer, gives, seen->path);
}

/* --- KVM's clock pairing, which only the processor announces ---------------------------------- */

#define KVM_FEATURES  0x40000001 /* Documentation/virt/kvm/x86/cpuid.rst */
#define KVM_CLOCK     (1u << 0 | 1u << 3)
#define KVM_SIGNATURE "KVMKVMKVM"
#define KVM_BASE_LAST 0x40010000

/* Does the host give kvm-clock, upon which ptp_kvm stands on x86? */
static gboolean offers_kvm_clock(GclkCpuid cpuid)
{
	for (guint32 base = 0x40000000; base < KVM_BASE_LAST; base += 0x100) {
		guint32 registers[4];

		cpuid(base, registers);
		if (memcmp(&registers[1], KVM_SIGNATURE "\0\0", 12) == 0) {
			cpuid(base + KVM_FEATURES - 0x40000000, registers);
			return (registers[0] & KVM_CLOCK) != 0;
		}
	}
	return FALSE;
}

static gboolean has_parameter(const GclkSurvey *survey, const char *name)
{
	g_auto(GStrv) words = g_strsplit(survey->command_line ? survey->command_line : "", " ", -1);

	return g_strv_contains((const char *const *)words, name);
}

/* arm64 asks the firmware instead (SMCCC), since 5.13. */
static gboolean is_pairing_likely(const GclkSurvey *survey)
{
	if (survey->machine->cpuid)
		return offers_kvm_clock(survey->machine->cpuid);
	return g_strcmp0(survey->clocksource, "arch_sys_counter") == 0 &&
	       gclk_kernel_since(survey->release, 5, 13) != 0;
}

static void add_switched_off(Look *look, const char *parameter)
{
	g_autofree char *statement = g_strdup_printf(
		"the host may offer its time (KVM's clock pairing), but %s on the kernel's command "
		"line switches off kvm-clock, which that needs",
		parameter);
	g_autofree char *remedy = g_strdup_printf(
		"take %s out of the kernel's command line (GRUB: GRUB_CMDLINE_LINUX in "
		"/etc/default/grub, then update-grub or grub2-mkconfig), and reboot",
		parameter);
	GclkFinding *finding = gclk_findings_add(look->findings, "offer-kvm-clock-pairing",
		severity_for(look, GCLK_OFFER_TIME), statement, remedy);

	gclk_finding_add_evidence(finding, "/proc/cmdline: %s", look->survey->command_line);
}

static void add_refused(Look *look, const char *evidence)
{
	GclkFinding *finding = gclk_findings_add(look->findings, "offer-kvm-clock-pairing",
		GCLK_SEVERITY_NOTE,
		"this host does not give its time through KVM: ptp_kvm is there, and no clock "
		"has come of it",
		"the host's own clocksource must be tsc for that; on the host: cat "
		"/sys/devices/system/clocksource/clocksource0/current_clocksource");

	gclk_finding_add_evidence(finding, "%s", evidence);
	gclk_finding_add_evidence(
		finding, "no /sys/class/ptp/ptp*/clock_name says KVM virtual PTP");
}

static void check_kvm(Look *look)
{
	static const char *const killers[] = { "no-kvmclock", "nopv" };
	const GclkSurvey *survey = look->survey;
	const GclkPtpClock *expected = gclk_ptp_clock_expected(survey->detection->hypervisor);
	const GclkOffer *offer = expected ? gclk_offer_by_clock(expected->pattern) : NULL;
	g_autofree char *evidence = NULL;

	if (!offer || look->has_time || !is_pairing_likely(survey))
		return;
	for (gsize i = 0; survey->machine->cpuid && i < G_N_ELEMENTS(killers); i++)
		if (has_parameter(survey, killers[i])) {
			add_switched_off(look, killers[i]);
			return;
		}
	switch (gclk_kernel_driver(survey->reader, survey->release, gclk_offer_driver(offer),
		gclk_offer_config(offer), &evidence)) {
	case GCLK_DRIVER_LOADED:
	case GCLK_DRIVER_BUILT_IN:
		add_refused(look, evidence);
		return;
	default:
		add_missing(look, offer, GCLK_OFFER_TIME, NULL);
	}
}

/* --- what has to be switched on --------------------------------------------------------------- */

/* ena.rst: a module parameter out of tree, since ENA 2.10; devlink in Linux, since 6.17. */
static char *ena_remedy(const Look *look, const GclkOfferSeen *card)
{
	GclkReader *reader = look->survey->reader;

	if (gclk_reader_exists(reader, "/sys/module/ena/parameters/phc_enable"))
		return g_strdup("echo options ena phc_enable=1 >/etc/modprobe.d/ena.conf, and "
				"reboot");
	if (gclk_kernel_since(
		    look->survey->release, card->offer->since[0], card->offer->since[1]) == 1)
		return g_strdup_printf(
			"devlink dev param set pci/%s name enable_phc value true cmode driverinit "
			"&& devlink dev reload pci/%s (the card stops for a moment)",
			card->device, card->device);
	return g_strdup_printf(
		"run Linux %u.%u or newer, or Amazon's driver ena 2.10 or newer with "
		"phc_enable=1",
		card->offer->since[0], card->offer->since[1]);
}

static void check_ena(Look *look)
{
	for (guint i = 0; i < look->seen->len; i++) {
		const GclkOfferSeen *card = look->seen->pdata[i];
		g_autofree char *remedy = NULL;
		GclkFinding *finding;

		if (!card->offer->pci_driver || has_clock(look, card->offer->clock) ||
			strcmp(look->survey->detection->hypervisor, "amazon") != 0)
			continue;
		remedy = ena_remedy(look, card);
		finding = gclk_findings_add(look->findings, "offer-ena-clock", GCLK_SEVERITY_NOTE,
			"Amazon's network card has a precision clock on many instance types; it "
			"is off here",
			remedy);
		gclk_finding_add_evidence(finding, "%s is there, and no ena-ptp clock", card->path);
		return;
	}
}

static gboolean is_seen(const Look *look, const char *id)
{
	for (guint i = 0; i < look->seen->len; i++)
		if (g_strcmp0(((const GclkOfferSeen *)look->seen->pdata[i])->offer->id, id) == 0)
			return TRUE;
	return FALSE;
}

static void check_xen(Look *look)
{
	GclkFinding *finding;

	if (!gclk_host_time_follows_xen(look->survey->reader))
		return;
	finding = gclk_findings_add(look->findings, "xen-wallclock", GCLK_SEVERITY_WARNING,
		"this kernel follows Xen's clock: what a time daemon in this VM sets has no effect",
		"keep the clock of dom0 by NTP; or, to keep the time here: "
		"xen.independent_wallclock = 1 in /etc/sysctl.conf, and sysctl -p");
	gclk_finding_add_evidence(finding, "%s: 0", GCLK_XEN_WALLCLOCK);
}

static void check_settings(Look *look)
{
	const char *hypervisor = look->survey->detection->hypervisor;

	if (strcmp(hypervisor, "microsoft") == 0 && is_bus_alive(look) &&
		!is_seen(look, "hyperv-timesync")) {
		GclkFinding *finding =
			gclk_findings_add(look->findings, "hyperv-timesync-off", GCLK_SEVERITY_NOTE,
				"Hyper-V's time synchronization is switched off for this VM",
				"on the host: Enable-VMIntegrationService -VMName VM -Name 'Time "
				"Synchronization'");

		gclk_finding_add_evidence(finding,
			"/sys/bus/vmbus/devices has no device of class %s",
			"{9527e630-d0ae-497b-adce-e80ab0175caf}");
	}
	check_xen(look);
	/* ptp_vmw came with Linux 5.7; Red Hat's 4.18 has it too */
	if (strcmp(hypervisor, "vmware") == 0 && !look->has_time &&
		!is_seen(look, "vmware-clock") &&
		gclk_kernel_since(look->survey->release, 4, 18) != 0)
		gclk_findings_add(look->findings, "vmware-no-precision-clock", GCLK_SEVERITY_NOTE,
			"this VM has no precision clock, by which VMware gives the host's time",
			"in the VM's settings add a device of the kind Precision Clock (hardware "
			"version 17, ESXi 7.0 and newer), then: modprobe ptp_vmw");
}

/* --- all of it -------------------------------------------------------------------------------- */

static gboolean kept_by_another(const GclkSurvey *survey)
{
	if (survey->has_discipline && survey->discipline.unsynchronised)
		return FALSE;
	for (guint i = 0; i < survey->programs->len; i++)
		if (((const GclkTimeProgram *)survey->programs->pdata[i])->steers)
			return TRUE;
	return FALSE;
}

void gclk_check_offers(const GclkSurvey *survey, GPtrArray *findings)
{
	Look look = { .survey = survey, .findings = findings };

	/* in a container none of it is ours: modules, command line and clock are the host's */
	if (survey->os != GCLK_OS_LINUX || !survey->detection->owns_clock)
		return;
	look.devices = gclk_ptp_scan(survey->machine->platform);
	look.seen = gclk_offers_find(survey->reader);
	look.has_another = kept_by_another(survey);
	check_clocks(&look);
	for (guint i = 0; i < look.seen->len; i++)
		check_device(&look, look.seen->pdata[i]);
	check_kvm(&look);
	check_ena(&look);
	check_settings(&look);
	g_array_unref(look.devices);
	g_ptr_array_unref(look.seen);
}
