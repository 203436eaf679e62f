/* SPDX-License-Identifier: BSD-2-Clause */
#include "sync-situations.h"

#define GM "6a0a5b.fffe.155865"

/* Each situation changes a member or two of a usual daemon. */
#pragma GCC diagnostic ignored "-Woverride-init"

#define ANSWERING(name) .daemon = name, .presence = GCLK_DAEMON_ANSWERS
#define STEERS          .steers = GCLK_STEERS_YES
#define IDLE            .steers = GCLK_STEERS_NO
#define FOLLOWS(kind, of)                                                                          \
	.locked = TRUE, .reference = GCLK_REFERENCE_##kind, .source = of, .n_sources = 3
#define LOST(kind, of) .reference = GCLK_REFERENCE_##kind, .source = of, .n_sources = 3
#define CHRONY         ANSWERING("chronyd"), .pid = 10, .bound = 2 * MS
#define NTPD           ANSWERING("ntpd"), .pid = 11, .bound = 5 * MS
#define PTP4L                                                                                      \
	ANSWERING("ptp4l"), .pid = 20, .class = 6, .bound = 5 * US,                                \
			    .timescale = GCLK_TIMESCALE_TAI, .tai = 37
#define PTP4L_CARD     PTP4L, IDLE, .device = "/dev/ptp0"
#define PTP4L_SOFTWARE PTP4L, STEERS, .device = "eth0"
#define SLAVE          FOLLOWS(PTP, GM), .offset = -100
#define PHC2SYS                                                                                    \
	ANSWERING("phc2sys"), .pid = 30, .bound = 1 * US, .locked = TRUE,                          \
			      .reference = GCLK_REFERENCE_PHC, .device = "/dev/ptp0",              \
			      .source = "/dev/ptp0", .n_sources = 1, .tai = 37
#define MUTE(name, how) .daemon = name, .presence = GCLK_DAEMON_##how

#define OUT(c, e, y, f) GCLK_PROTOCOL_##c, GCLK_PROTOCOL_##e, y, f

const GclkSituation gclk_situations[] = {
	/* --- NTP --- */
	{ "NTP", { { CHRONY, STEERS, FOLLOWS(NTP, "10.0.0.1") } }, SAYS_SYNCED, 0, 0,
		OUT(NTP, NTP, TRUE, FALSE), "chronyd", "",
		"synchronised by NTP (chronyd, stratum 3, 10.0.0.1)" },
	{ "NTP although the kernel says unsynchronised (no rtcsync)",
		{ { CHRONY, STEERS, FOLLOWS(NTP, "10.0.0.1") } }, SAYS_UNSYNCED, 0, 0,
		OUT(NTP, NTP, TRUE, FALSE), "chronyd", "", "synchronised by NTP" },
	{ "one server", { { CHRONY, STEERS, FOLLOWS(NTP, "10.0.0.1"), .n_sources = 1 } }, 0, 0, 0,
		OUT(NTP, NTP, TRUE, FALSE), "chronyd", "single-source ", "synchronised" },
	{ "a receiver", { { CHRONY, STEERS, FOLLOWS(REFCLOCK, "GPS") } }, 0, 0, 0,
		OUT(NTP, NTP, TRUE, FALSE), "chronyd", "", "synchronised by NTP (chronyd" },
	{ "a receiver that may stand for PTP", { { CHRONY, STEERS, FOLLOWS(REFCLOCK, "GPS") } }, 0,
		0, TRUE, OUT(PTP, PTP, TRUE, FALSE), "chronyd", "",
		"synchronised by a local receiver (chronyd, stratum 3, GPS)" },
	{ "a bound that is too large",
		{ { CHRONY, STEERS, FOLLOWS(NTP, "10.0.0.1"), .bound = 2 * S } }, 0, 0, 0,
		OUT(NTP, NTP, FALSE, FALSE), "chronyd", "",
		"not synchronised, though held by NTP (chronyd, stratum 3, 10.0.0.1): its clock "
		"may be off by 2.000 s" },
	{ "an unknown bound",
		{ { ANSWERING("ntpd"), STEERS, FOLLOWS(NTP, "10.0.0.1"),
			.bound = GCLK_BOUND_UNKNOWN } },
		0, 0, 0, OUT(NTP, NTP, TRUE, FALSE), "ntpd", "", "synchronised by NTP (ntpd" },
	{ "no server answers", { { CHRONY, STEERS, LOST(NONE, NULL) } }, SAYS_SYNCED, 0, 0,
		OUT(NTP, NONE, FALSE, FALSE), NULL, "", "not synchronised: chronyd: not locked" },
	{ "chronyd without servers", { { CHRONY, STEERS } }, 0, 0, 0, OUT(NONE, NONE, FALSE, FALSE),
		NULL, "", "not synchronised: chronyd" },
	{ "chronyd -x", { { CHRONY, IDLE, FOLLOWS(NTP, "10.0.0.1") } }, 0, 0, 0,
		OUT(NTP, NONE, FALSE, FALSE), "chronyd", "steers-nothing ",
		"not synchronised: chronyd is locked to 10.0.0.1 and does not steer the system "
		"clock: told so" },
	{ "chronyd in another container",
		{ { CHRONY, .steers = GCLK_STEERS_UNKNOWN, FOLLOWS(NTP, "10.0.0.1") } },
		SAYS_SYNCED, 0, 0, OUT(NTP, UNKNOWN, FALSE, FALSE), "chronyd", "",
		"not known to be synchronised: chronyd is locked to 10.0.0.1, but whether" },
	{ "local stratum", { { CHRONY, STEERS, .reference = GCLK_REFERENCE_LOCAL } }, SAYS_SYNCED,
		0, 0, OUT(LOCAL, LOCAL, FALSE, FALSE), NULL, "local-clock ",
		"not synchronised: chronyd" },
	{ "ntpd on 127.127.1.0, its servers lost", { { NTPD, STEERS, LOST(LOCAL, "LOCL") } }, 0, 0,
		0, OUT(NTP, LOCAL, FALSE, FALSE), NULL, "local-clock ", "not synchronised: ntpd" },
	{ "a dead refclock", { { CHRONY, STEERS, LOST(PHC, "PTP0") } }, SAYS_SYNCED, 0, 0,
		OUT(UNKNOWN, NONE, FALSE, FALSE), NULL, "dead-reference ", "not synchronised" },
	{ "ntpsec without its restrict line", { { MUTE("ntpd", SILENT), STEERS } }, SAYS_SYNCED, 0,
		0, OUT(NTP, UNKNOWN, FALSE, FALSE), NULL, "no-answer ",
		"not known to be synchronised: ntpd: a problem" },
	{ "garbage", { { MUTE("chronyd", GARBLED), STEERS } }, 0, 0, 0,
		OUT(NTP, UNKNOWN, FALSE, FALSE), NULL, "garbled ", "not known" },
	{ "one daemon is locked, another one is mute and may not steer",
		{ { CHRONY, STEERS, FOLLOWS(NTP, "10.0.0.1") }, { MUTE("ntpd", SILENT), IDLE } }, 0,
		0, 0, OUT(NTP, NTP, TRUE, FALSE), "chronyd", "no-answer ", "synchronised by NTP" },
	{ "two NTP daemons, one does not say how well",
		{ { CHRONY, STEERS, FOLLOWS(NTP, "10.0.0.1") }, { MUTE("ntpd", SILENT), STEERS } },
		0, 0, 0, OUT(NTP, UNKNOWN, FALSE, FALSE), "chronyd", "two-masters no-answer ",
		"not known to be synchronised: ntpd steers the system clock too" },
	{ "two NTP daemons, both good",
		{ { CHRONY, STEERS, FOLLOWS(NTP, "10.0.0.1") },
			{ NTPD, STEERS, FOLLOWS(NTP, "10.0.0.2") } },
		0, 0, 0, OUT(NTP, NTP, TRUE, FALSE), "ntpd", "two-masters ", "synchronised" },
	{ "two NTP daemons, one is far off",
		{ { CHRONY, STEERS, FOLLOWS(NTP, "10.0.0.1") },
			{ NTPD, STEERS, FOLLOWS(NTP, "10.0.0.2"), .bound = 3 * S } },
		0, 0, 0, OUT(NTP, NTP, FALSE, FALSE), "chronyd", "two-masters ",
		"not synchronised, though held by NTP (chronyd, stratum 3, 10.0.0.1): ntpd steers "
		"the system clock too, and its clock may be off" },

	/* --- PTP --- */
	{ "PTP by phc2sys", { { PTP4L_CARD, SLAVE }, { PHC2SYS, STEERS, .offset = 200 } }, 0, 37, 0,
		OUT(PTP, PTP, TRUE, FALSE), "ptp4l+phc2sys", "",
		"synchronised by PTP (ptp4l+phc2sys, clockClass 6, " GM ")" },
	{ "PTP by software stamps", { { PTP4L_SOFTWARE, SLAVE } }, 0, 0, 0,
		OUT(PTP, PTP, TRUE, FALSE), "ptp4l", "",
		"synchronised by PTP (ptp4l, clockClass 6" },
	{ "PTP by chronyd on the card's clock",
		{ { CHRONY, STEERS, FOLLOWS(PHC, "PHC0"), .device = "/dev/ptp0", .bound = 2 * US },
			{ PTP4L_CARD, SLAVE } },
		0, 0, 0, OUT(PTP, PTP, TRUE, FALSE), "ptp4l+chronyd", "",
		"synchronised by PTP (ptp4l+chronyd" },
	{ "PTP by timemaster: phc2sys feeds chronyd's socket",
		{ { CHRONY, STEERS, FOLLOWS(PHC, "PTP0"), .device = "/run/tm/SOCK0" },
			{ PTP4L_CARD, SLAVE }, { PHC2SYS, IDLE, .feeds = "/run/tm/SOCK0" },
			{ ANSWERING("timemaster"), IDLE } },
		0, 0, 0, OUT(PTP, PTP, TRUE, FALSE), "ptp4l+chronyd", "", "synchronised by PTP" },
	{ "a socket that somebody else feeds",
		{ { CHRONY, STEERS, FOLLOWS(PHC, "PTP0"), .device = "/run/other" },
			{ PTP4L_CARD, SLAVE }, { PHC2SYS, IDLE, .feeds = "/run/tm/SOCK0" } },
		0, 0, 0, OUT(PTP, UNKNOWN, FALSE, FALSE), "chronyd", "ptp-not-steering ",
		"not known to be synchronised: chronyd follows /run/other" },
	{ "PTP by ptpd",
		{ { ANSWERING("ptpd"), STEERS, FOLLOWS(PTP, GM), .class = 13, .offset = 20 * US } },
		0, 0, 0, OUT(PTP, PTP, TRUE, FALSE), "ptpd", "",
		"synchronised by PTP (ptpd, "
		"clockClass 13" },
	{ "the grandmaster is not locked",
		{ { PTP4L_CARD, SLAVE, .class = 248 }, { PHC2SYS, STEERS } }, 0, 0, 0,
		OUT(PTP, PTP, FALSE, FALSE), "ptp4l+phc2sys", "",
		"not synchronised, though held by PTP (ptp4l+phc2sys, clockClass 248, " GM
		"): the grandmaster" },
	{ "its class is not known", { { PTP4L_SOFTWARE, SLAVE, .class = -1 } }, 0, 0, 0,
		OUT(PTP, PTP, FALSE, FALSE), "ptp4l", "", "clockClass of the grandmaster is not" },
	{ "ptp4l is far off its master", { { PTP4L_SOFTWARE, SLAVE, .offset = 197 * MS } }, 0, 0, 0,
		OUT(PTP, PTP, FALSE, FALSE), "ptp4l", "", "197 ms off, more than the 100 us" },
	{ "the system clock is far off the card's",
		{ { PTP4L_CARD, SLAVE }, { PHC2SYS, STEERS, .offset = -101 * US } }, 0, 0, 0,
		OUT(PTP, PTP, FALSE, FALSE), "ptp4l+phc2sys", "",
		"measured against the PTP clock, is 101 us off" },
	{ "37 s: phc2sys has lost the count of leap seconds",
		{ { PTP4L_CARD, SLAVE }, { PHC2SYS, STEERS, .offset = -37 * S + 150 } },
		SAYS_SYNCED, 0, 0, OUT(PTP, PTP, FALSE, FALSE), "ptp4l+phc2sys", "leap-mistake ",
		"the system clock is 37 s ahead of the PTP clock /dev/ptp0" },
	{ "a PTP domain that keeps UTC",
		{ { PTP4L_CARD, SLAVE, .timescale = GCLK_TIMESCALE_UTC, .tai = 0 },
			{ PHC2SYS, STEERS, .offset = -37 * S + 150 } },
		SAYS_SYNCED, 0, 0, OUT(PTP, PTP, TRUE, FALSE), "ptp4l+phc2sys", "",
		"synchronised by PTP" },
	{ "the grandmaster counts 36 s",
		{ { PTP4L_CARD, SLAVE, .tai = 36 }, { PHC2SYS, STEERS, .offset = -1 * S } }, 0, 37,
		0, OUT(PTP, PTP, FALSE, FALSE), "ptp4l+phc2sys", "leap-mistake tai-offset ",
		"1 s ahead" },
	{ "phc2sys cannot be measured",
		{ { PTP4L_CARD, SLAVE },
			{ MUTE("phc2sys", FORBIDDEN), STEERS, .device = "/dev/ptp0", .pid = 30 } },
		SAYS_SYNCED, 0, 0, OUT(PTP, UNKNOWN, FALSE, FALSE), "ptp4l+phc2sys",
		"needs-rights ", "not known to be synchronised: ptp4l+phc2sys is locked" },
	{ "ptp4l and phc2sys use different clocks",
		{ { PTP4L_CARD, SLAVE }, { PHC2SYS, STEERS, .device = "/dev/ptp1" } }, 0, 0, 0,
		OUT(PTP, UNKNOWN, FALSE, FALSE), "phc2sys", "ptp-not-steering ",
		"phc2sys follows /dev/ptp1, and what holds that is not known" },
	{ "whether they use the same clock is not known",
		{ { PTP4L, IDLE, .device = "eth0", SLAVE }, { PHC2SYS, STEERS } }, 0, 0, 0,
		OUT(PTP, UNKNOWN, FALSE, FALSE), "ptp4l+phc2sys", "",
		"whether /dev/ptp0, which phc2sys follows, is the clock of eth0" },
	{ "phc2sys -a has two clocks",
		{ { PTP4L_CARD, SLAVE },
			{ PHC2SYS, STEERS, .device = "/dev/ptp1", .offset = S / 3 },
			{ PHC2SYS, STEERS } },
		0, 0, 0, OUT(PTP, PTP, TRUE, FALSE), "ptp4l+phc2sys", "", "synchronised by PTP" },
	{ "free running", { { PTP4L, IDLE, .device = "eth0", SLAVE } }, SAYS_SYNCED, 0, 0,
		OUT(PTP, NONE, FALSE, FALSE), "ptp4l", "ptp-not-steering ",
		"ptp4l is locked to " GM " and does not steer the system clock: told so" },
	{ "nobody carries it to the system clock", { { PTP4L_CARD, SLAVE } }, SAYS_SYNCED, 0, 0,
		OUT(PTP, NONE, FALSE, FALSE), "ptp4l", "ptp-not-steering ", "does not steer" },
	{ "phc2sys has no CAP_SYS_TIME", { { PTP4L_CARD, SLAVE }, { PHC2SYS, IDLE } }, 0, 0, 0,
		OUT(PTP, NONE, FALSE, FALSE), "ptp4l+phc2sys", "ptp-not-steering ",
		"does not steer the system clock: told so" },
	{ "the master has died, phc2sys goes on",
		{ { PTP4L_CARD, LOST(NONE, NULL) }, { PHC2SYS, STEERS } }, SAYS_SYNCED, 0, 0,
		OUT(PTP, NONE, FALSE, FALSE), NULL, "", "not synchronised: ptp4l: not locked" },
	{ "a grandmaster", { { PTP4L_SOFTWARE, .reference = GCLK_REFERENCE_LOCAL } }, 0, 0, 0,
		OUT(LOCAL, LOCAL, FALSE, FALSE), NULL, "", "not synchronised: ptp4l" },
	{ "a grandmaster that follows NTP",
		{ { CHRONY, STEERS, FOLLOWS(NTP, "10.0.0.1") },
			{ PTP4L_CARD, .reference = GCLK_REFERENCE_LOCAL } },
		0, 0, 0, OUT(NTP, NTP, TRUE, FALSE), "chronyd", "", "synchronised by NTP (" },
	{ "ptp4l needs root", { { MUTE("ptp4l", FORBIDDEN), IDLE } }, SAYS_SYNCED, 0, 0,
		OUT(PTP, UNKNOWN, FALSE, FALSE), NULL, "needs-rights ",
		"not known to be synchronised: ptp4l: a problem" },
	{ "ptp4l needs root, phc2sys is measured",
		{ { MUTE("ptp4l", FORBIDDEN), IDLE }, { PHC2SYS, STEERS } }, 0, 0, 0,
		OUT(PTP, UNKNOWN, FALSE, FALSE), "phc2sys", "needs-rights ",
		"not known to be synchronised" },

	/* --- both --- */
	{ "fallback",
		{ { CHRONY, STEERS, FOLLOWS(NTP, "10.0.0.1") }, { PTP4L_CARD, LOST(NONE, NULL) } },
		0, 0, 0, OUT(PTP, NTP, TRUE, TRUE), "chronyd", "fallback ",
		"synchronised by NTP instead of PTP (chronyd, stratum 3, 10.0.0.1)" },
	{ "fallback while phc2sys -a has let go",
		{ { CHRONY, STEERS, FOLLOWS(NTP, "10.0.0.1") }, { PTP4L_CARD, LOST(NONE, NULL) },
			{ PHC2SYS, STEERS, .offset = 300, .automatic = TRUE } },
		0, 0, 0, OUT(PTP, NTP, TRUE, TRUE), "chronyd", "fallback ",
		"synchronised by NTP instead of PTP" },
	{ "phc2sys -a goes on: ptp4l has a master, whose messages stay away",
		{ { CHRONY, STEERS, FOLLOWS(NTP, "10.0.0.1") }, { PTP4L_CARD, LOST(PTP, GM) },
			{ PHC2SYS, STEERS, .automatic = TRUE } },
		0, 0, 0, OUT(PTP, NONE, FALSE, FALSE), "chronyd", "two-masters ",
		"not synchronised: phc2sys steers the system clock too, and what it follows is "
		"not locked: ptp4l" },
	{ "phc2sys -a goes on: what it follows is no ptp4l's that answers",
		{ { CHRONY, STEERS, FOLLOWS(NTP, "10.0.0.1") },
			{ PHC2SYS, STEERS, .automatic = TRUE } },
		0, 0, 0, OUT(PTP, UNKNOWN, FALSE, FALSE), "chronyd", "two-masters ",
		"phc2sys steers the system clock too" },
	{ "phc2sys drags the clock along with a card that has lost its master",
		{ { CHRONY, STEERS, FOLLOWS(NTP, "10.0.0.1") }, { PTP4L_CARD, LOST(NONE, NULL) },
			{ PHC2SYS, STEERS, .offset = 300 } },
		0, 0, 0, OUT(PTP, NONE, FALSE, FALSE), "chronyd", "two-masters ",
		"not synchronised: phc2sys steers the system clock too" },
	{ "phc2sys and chronyd pull the clock to and fro: far off is not let go",
		{ { CHRONY, STEERS, FOLLOWS(NTP, "10.0.0.1") }, { PTP4L_CARD, LOST(NONE, NULL) },
			{ PHC2SYS, STEERS, .offset = 3 * MS } },
		0, 0, 0, OUT(PTP, NONE, FALSE, FALSE), "chronyd", "two-masters ",
		"not synchronised: phc2sys steers the system clock too" },
	{ "chronyd follows a card that has lost its master",
		{ { CHRONY, STEERS, FOLLOWS(PHC, "PTP0"), .device = "/dev/ptp0" },
			{ PTP4L_CARD, LOST(NONE, NULL) } },
		0, 0, 0, OUT(PTP, NONE, FALSE, FALSE), NULL, "",
		"not synchronised: ptp4l: not locked" },
	{ "PTP present, the system clock follows NTP",
		{ { CHRONY, STEERS, FOLLOWS(NTP, "10.0.0.1") }, { PTP4L_CARD, SLAVE } }, 0, 0, 0,
		OUT(PTP, NTP, TRUE, FALSE), "chronyd", "ptp-not-steering ",
		"synchronised by NTP (chronyd" },
	{ "phc2sys and chronyd, both good: the worse of both",
		{ { CHRONY, STEERS, FOLLOWS(NTP, "10.0.0.1") }, { PTP4L_CARD, SLAVE },
			{ PHC2SYS, STEERS } },
		0, 0, 0, OUT(PTP, NTP, TRUE, FALSE), "chronyd", "two-masters ",
		"synchronised by NTP (chronyd" },
	{ "phc2sys and a chronyd that is bad",
		{ { CHRONY, STEERS, FOLLOWS(NTP, "10.0.0.1"), .bound = 9 * S },
			{ PTP4L_CARD, SLAVE }, { PHC2SYS, STEERS } },
		0, 0, 0, OUT(PTP, NTP, FALSE, FALSE), "ptp4l+phc2sys", "two-masters ",
		"chronyd steers the system clock too, and its clock may be off" },
	{ "phc2sys and a chronyd that has no server at the moment",
		{ { CHRONY, STEERS, LOST(NONE, NULL) }, { PTP4L_CARD, SLAVE },
			{ PHC2SYS, STEERS } },
		0, 0, 0, OUT(PTP, PTP, TRUE, FALSE), "ptp4l+phc2sys", "two-masters ",
		"synchronised by PTP" },
	{ "phc2sys and chronyd -x",
		{ { CHRONY, IDLE, FOLLOWS(NTP, "10.0.0.1") }, { PTP4L_CARD, SLAVE },
			{ PHC2SYS, STEERS } },
		0, 0, 0, OUT(PTP, PTP, TRUE, FALSE), "ptp4l+phc2sys", "steers-nothing ",
		"synchronised by PTP" },
	{ "phc2sys and an ntpd that is mute",
		{ { MUTE("ntpd", SILENT), STEERS, .pid = 11 }, { PTP4L_CARD, SLAVE },
			{ PHC2SYS, STEERS } },
		0, 0, 0, OUT(PTP, UNKNOWN, FALSE, FALSE), "ptp4l+phc2sys", "two-masters no-answer ",
		"not known to be synchronised: ntpd steers the system clock too" },
	{ "phc2sys, a good chronyd, and an ntpd that is mute",
		{ { MUTE("ntpd", SILENT), STEERS, .pid = 11 },
			{ CHRONY, STEERS, FOLLOWS(NTP, "10.0.0.1") }, { PTP4L_CARD, SLAVE },
			{ PHC2SYS, STEERS } },
		0, 0, 0, OUT(PTP, UNKNOWN, FALSE, FALSE), "chronyd", "two-masters no-answer ",
		"not known to be synchronised: ntpd steers the system clock too" },
	{ "NTP holds, ptp4l needs root",
		{ { CHRONY, STEERS, FOLLOWS(NTP, "10.0.0.1") },
			{ MUTE("ptp4l", FORBIDDEN), IDLE } },
		0, 0, 0, OUT(PTP, NTP, TRUE, FALSE), "chronyd", "needs-rights ",
		"synchronised by NTP (" },

	/* --- nested, and nobody --- */
	{ "a nested host", { { CHRONY, STEERS, FOLLOWS(HOST, "PHC0"), .device = "/dev/ptp0" } },
		SAYS_SYNCED, 0, 0, OUT(UNKNOWN, UNKNOWN, FALSE, FALSE), "chronyd", "host-is-guest ",
		"not known to be synchronised: chronyd follows the machine around this one" },
	{ "a nested host by phc2sys", { { PHC2SYS, STEERS, .reference = GCLK_REFERENCE_HOST } }, 0,
		0, 0, OUT(UNKNOWN, UNKNOWN, FALSE, FALSE), "phc2sys", "host-is-guest ",
		"not known" },
	{ "a nested host whose chronyd chose NTP", { { CHRONY, STEERS, FOLLOWS(NTP, "10.0.0.1") } },
		0, 0, 0, OUT(NTP, NTP, TRUE, FALSE), "chronyd", "", "synchronised by NTP" },
	{ "the kernel alone says synchronised", { { 0 } }, SAYS_SYNCED, 0, 0,
		OUT(NONE, UNKNOWN, FALSE, FALSE), NULL, "",
		"not known to be synchronised: no time daemon answers" },
	{ "nobody", { { 0 } }, SAYS_UNSYNCED, 0, 0, OUT(NONE, NONE, FALSE, FALSE), NULL, "",
		"not synchronised: no time daemon is seen" },
	{ "nobody, and the kernel does not say", { { 0 } }, SAYS_NOTHING, 0, 0,
		OUT(NONE, NONE, FALSE, FALSE), NULL, "", "not synchronised" },
	{ "nobody, in a guest of Hyper-V", { { 0 } }, SAYS_HYPERV, 0, 0,
		OUT(NONE, UNKNOWN, FALSE, FALSE), NULL, "",
		"not known to be synchronised: no time daemon steers this clock; Hyper-V" },
	{ "a daemon that holds the clock of a guest of Hyper-V",
		{ { CHRONY, STEERS, FOLLOWS(NTP, "10.0.0.1") } }, SAYS_HYPERV, 0, 0,
		OUT(NTP, NTP, TRUE, FALSE), "chronyd", "", "synchronised by NTP" },
	{ "a daemon that is not here", { { MUTE("chronyd", ABSENT), STEERS } }, SAYS_UNSYNCED, 0, 0,
		OUT(NONE, NONE, FALSE, FALSE), NULL, "", "not synchronised" },
	{ .name = NULL },
};

/* --- the reports of one --- */

static GclkDaemonReport *make(const GclkMini *mini)
{
	GclkDaemonReport *report = gclk_daemon_report_new(mini->daemon);

	report->presence = mini->presence;
	report->steers = mini->steers;
	report->steers_why = g_strdup("told so");
	report->locked = mini->locked;
	report->locked_why = g_strdup(mini->locked ? "locked" : "not locked");
	report->reference = mini->reference;
	report->source = g_strdup(mini->source);
	report->device = g_strdup(mini->device);
	report->feeds = g_strdup(mini->feeds);
	report->automatic = mini->automatic;
	report->has_offset = mini->locked;
	report->offset = mini->offset;
	report->bound = mini->bound ? mini->bound : GCLK_BOUND_UNKNOWN;
	report->clock_class = mini->class ? mini->class : -1;
	report->stratum = mini->class || !mini->locked ? -1 : 3;
	report->n_sources = (guint)mini->n_sources;
	report->tai_offset = mini->tai;
	report->timescale = mini->timescale;
	report->pid = mini->pid;
	report->age = mini->locked ? S : -1;
	if (mini->presence != GCLK_DAEMON_ANSWERS)
		report->problem = g_strdup("a problem");
	return report;
}

static void free_report(gpointer data)
{
	gclk_daemon_report_free(data);
}

/* In the order of the situation, or backwards: it must not count. */
static GPtrArray *make_all(const GclkSituation *situation, gboolean backwards)
{
	GPtrArray *reports = g_ptr_array_new_with_free_func(free_report);

	for (guint i = 0; i < G_N_ELEMENTS(situation->reports); i++) {
		const GclkMini *mini =
			&situation->reports[backwards ? G_N_ELEMENTS(situation->reports) - 1 - i
						      : i];

		if (mini->daemon)
			g_ptr_array_add(reports, make(mini));
	}
	return reports;
}

GclkHostSync *gclk_situation_decide(const GclkSituation *situation, gboolean backwards)
{
	g_autoptr(GPtrArray) reports = make_all(situation, backwards);
	GclkSyncPolicy policy = gclk_sync_policy_default;
	const GclkKernelClock kernel = { .known = situation->kernel != SAYS_NOTHING,
		.unsynchronised =
			situation->kernel == SAYS_UNSYNCED || situation->kernel == SAYS_HYPERV,
		.hyperv = situation->kernel == SAYS_HYPERV,
		.max_error = 20 * MS,
		.tai_offset = situation->kernel_tai };

	policy.accept_local_reference = situation->accept_local;
	return gclk_host_sync_decide(reports, &kernel, &policy);
}
