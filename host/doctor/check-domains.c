/* SPDX-License-Identifier: BSD-2-Clause */
/* Each domain's clock against what its guest should have, and its need against the gate. */
#include "doctor/check.h"
#include "gate/verdict.h"

#define NAMES_MAX 8 /* shown of each kind */

typedef struct {
	GclkGateStanding gate;
	const GclkHostSync *sync;
} Look;

/* --- the kinds -------------------------------------------------------------------------------- */

static gboolean is_guest(const GclkDomainCase *row, GclkGuestKind kind)
{
	return row->has_clock && row->clock.qemu && row->clock.guest == kind;
}

static gboolean need_unclear(const GclkDomainCase *row, const Look *look)
{
	(void)look;
	return g_error_matches(row->domain->need_error, GCLK_NEED_ERROR, GCLK_NEED_ERROR_VALUE);
}

static gboolean need_without_gate(const GclkDomainCase *row, const Look *look)
{
	return row->domain->need.declared &&
	       (look->gate == GCLK_GATE_ABSENT || look->gate == GCLK_GATE_DEAF);
}

static GclkVerdictKind verdict_of(const GclkDomainCase *row, const Look *look)
{
	g_auto(GclkVerdict) verdict = { 0 };

	if (row->domain->need_error || !row->domain->need.declared)
		return GCLK_VERDICT_COMPATIBLE;
	gclk_verdict_judge(&row->domain->need, look->sync, &verdict);
	return verdict.kind;
}

static gboolean runs_unmet(const GclkDomainCase *row, const Look *look)
{
	return row->domain->running && row->domain->need.strict &&
	       verdict_of(row, look) == GCLK_VERDICT_INCOMPATIBLE;
}

static gboolean would_not_start(const GclkDomainCase *row, const Look *look)
{
	return !row->domain->running && row->domain->need.strict &&
	       verdict_of(row, look) == GCLK_VERDICT_INCOMPATIBLE;
}

static gboolean windows_without_hypervclock(const GclkDomainCase *row, const Look *look)
{
	(void)look;
	return is_guest(row, GCLK_GUEST_WINDOWS) && row->clock.hypervclock != GCLK_TIMER_PRESENT;
}

static gboolean windows_without_catchup(const GclkDomainCase *row, const Look *look)
{
	(void)look;
	return is_guest(row, GCLK_GUEST_WINDOWS) && !row->clock.rtc_catchup;
}

static gboolean windows_utc(const GclkDomainCase *row, const Look *look)
{
	(void)look;
	return is_guest(row, GCLK_GUEST_WINDOWS) && row->clock.offset == GCLK_CLOCK_UTC;
}

static gboolean linux_localtime(const GclkDomainCase *row, const Look *look)
{
	(void)look;
	return is_guest(row, GCLK_GUEST_LINUX) && row->clock.offset == GCLK_CLOCK_LOCALTIME;
}

static gboolean linux_without_kvmclock(const GclkDomainCase *row, const Look *look)
{
	(void)look;
	return is_guest(row, GCLK_GUEST_LINUX) && row->clock.kvmclock == GCLK_TIMER_ABSENT;
}

static gboolean without_catchup(const GclkDomainCase *row, const Look *look)
{
	(void)look;
	return row->has_clock && row->clock.qemu && row->clock.guest != GCLK_GUEST_WINDOWS &&
	       !row->clock.rtc_catchup;
}

/* QEMU gives each x86 machine an HPET unless it is told not to. */
static gboolean with_hpet(const GclkDomainCase *row, const Look *look)
{
	(void)look;
	return row->has_clock && row->clock.qemu && row->clock.hpet != GCLK_TIMER_ABSENT;
}

static gboolean without_channel(const GclkDomainCase *row, const Look *look)
{
	(void)look;
	return row->has_clock && row->clock.qemu && !row->clock.has_channel;
}

#define EDIT "virsh edit NAME, in <clock>: "

static const struct {
	const char *id;
	GclkSeverity severity;
	gboolean (*is)(const GclkDomainCase *row, const Look *look);
	const char *one, *many; /* the statement for one domain, and for several */
	const char *remedy;
} kinds[] = {
	{ "need-without-gate", GCLK_SEVERITY_CRITICAL, need_without_gate,
		"A VM declares what it needs of this host's clock, and nobody checks it",
		"VMs declare what they need of this host's clock, and nobody checks it",
		"see to the hook first, or take the need back: hostclock require NAME --remove" },
	{ "need-unmet-running", GCLK_SEVERITY_CRITICAL, runs_unmet,
		"A VM runs here although this host's clock does not meet its need now",
		"VMs run here although this host's clock does not meet their needs now",
		"mend the clock (hostclock status), or migrate them; hostclock check NAME tells "
		"why" },
	{ "need-unclear", GCLK_SEVERITY_WARNING, need_unclear,
		"What a VM needs cannot be understood: the gate will not start it",
		"What some VMs need cannot be understood: the gate will not start them",
		"hostclock require NAME --show tells what is wrong, hostclock require NAME "
		"--protocol ... sets it right" },
	{ "need-unmet", GCLK_SEVERITY_WARNING, would_not_start,
		"A VM would not be started here now: this host's clock does not meet its need",
		"VMs would not be started here now: this host's clock does not meet their needs",
		"hostclock check NAME tells why, and what to do" },
	{ "windows-without-hypervclock", GCLK_SEVERITY_WARNING, windows_without_hypervclock,
		"A Windows VM has no Hyper-V reference clock, and reads a slow emulated timer",
		"Windows VMs have no Hyper-V reference clock, and read a slow emulated timer",
		EDIT "<timer name='hypervclock' present='yes'/>; then stop and start it" },
	{ "windows-rtc-ticks", GCLK_SEVERITY_WARNING, windows_without_catchup,
		"A Windows VM falls behind when the host is busy: missed ticks are dropped",
		"Windows VMs fall behind when the host is busy: missed ticks are dropped",
		EDIT "<timer name='rtc' tickpolicy='catchup'/>; then stop and start it" },
	{ "windows-utc", GCLK_SEVERITY_NOTE, windows_utc,
		"A Windows VM is given UTC, which Windows takes for local time unless it was told "
		"(RealTimeIsUniversal)",
		"Windows VMs are given UTC, which Windows takes for local time unless it was told "
		"(RealTimeIsUniversal)",
		"virsh edit NAME: <clock offset='localtime'>; then stop and start it" },
	{ "linux-localtime", GCLK_SEVERITY_WARNING, linux_localtime,
		"A Linux VM is given local time, and is wrong by the time zone after each boot",
		"Linux VMs are given local time, and are wrong by the time zone after each boot",
		"virsh edit NAME: <clock offset='utc'>; then stop and start it" },
	{ "linux-without-kvmclock", GCLK_SEVERITY_WARNING, linux_without_kvmclock,
		"A Linux VM is denied kvmclock, and so any cheap and exact clock",
		"Linux VMs are denied kvmclock, and so any cheap and exact clock",
		EDIT "remove <timer name='kvmclock' present='no'/>; then stop and start it" },
	{ "rtc-ticks", GCLK_SEVERITY_NOTE, without_catchup,
		"A VM loses RTC ticks when the host is busy",
		"VMs lose RTC ticks when the host is busy",
		EDIT "<timer name='rtc' tickpolicy='catchup'/>; then stop and start it" },
	{ "hpet", GCLK_SEVERITY_NOTE, with_hpet,
		"A VM has an HPET: slow to read, and its guest may choose it",
		"VMs have an HPET: slow to read, and their guests may choose it",
		EDIT "<timer name='hpet' present='no'/>; then stop and start it" },
	{ "no-channel", GCLK_SEVERITY_NOTE, without_channel,
		"A VM has no channel for guestclock, so that its host cannot see its clock",
		"VMs have no channel for guestclock, so that their host cannot see their clocks",
		"hostclock require NAME --channel" },
};

/* --- one finding a kind ----------------------------------------------------------------------- */

static void add_name(GString *names, guint n, const char *name)
{
	if (n < NAMES_MAX)
		g_string_append_printf(names, "%s%s", n ? ", " : "", name);
}

static void check_kind(
	gsize kind, const GclkDomainCase *cases, gsize n, const Look *look, GPtrArray *findings)
{
	g_autoptr(GString) names = g_string_new(NULL);
	guint found = 0;
	GclkFinding *finding;

	for (gsize i = 0; i < n; i++)
		if (kinds[kind].is(&cases[i], look))
			add_name(names, found++, cases[i].domain->name);
	if (found == 0)
		return;
	finding = gclk_findings_add(findings, kinds[kind].id, kinds[kind].severity,
		found == 1 ? kinds[kind].one : kinds[kind].many, kinds[kind].remedy);
	if (found > NAMES_MAX)
		g_string_append_printf(names, " and %u more", found - NAMES_MAX);
	gclk_finding_add_evidence(finding, "%s", names->str);
}

/* The reasons are as different as the words that were chosen: one of them is shown. */
static void show_reason(const GclkDomainCase *cases, gsize n, GPtrArray *findings)
{
	for (guint i = 0; i < findings->len; i++) {
		GclkFinding *finding = findings->pdata[i];

		if (g_strcmp0(finding->id, "need-unclear") != 0)
			continue;
		for (gsize j = 0; j < n; j++)
			if (need_unclear(&cases[j], NULL)) {
				gclk_finding_add_evidence(finding, "%s: %s", cases[j].domain->name,
					cases[j].domain->need_error->message);
				return;
			}
	}
}

void gclk_check_domains(const GclkDomainCase *cases, gsize n, GclkGateStanding gate,
	const GclkHostSync *sync, GPtrArray *findings)
{
	const Look look = { gate, sync };

	for (gsize kind = 0; kind < G_N_ELEMENTS(kinds); kind++)
		check_kind(kind, cases, n, &look, findings);
	show_reason(cases, n, findings);
}
