/* SPDX-License-Identifier: BSD-2-Clause */
#include "status-samples.h"

#include <math.h>

#define NS G_GINT64_CONSTANT(1)
#define US GCLK_NS_PER_US
#define MS GCLK_NS_PER_MS
#define S  GCLK_NS_PER_S
#define H  (3600 * S)

static GclkStatus *begin(GclkState state, const char *selected, gint64 offset, gint64 bound)
{
	GclkStatus *status = gclk_status_new();

	g_free(status->version);
	status->version = g_strdup("0.1.0");
	status->state = state;
	status->control = "kernel";
	status->selected = g_strdup(selected);
	status->offset = offset;
	status->error_bound = bound;
	status->pid = 412;
	status->boot_id = g_strdup("6b0c4a5e-5c1f-4d9e-9a36-d0c3b1b6e0aa");
	status->boottime = 5 * H;
	status->realtime = G_GINT64_CONSTANT(1700000000) * S;
	status->interval = 4 * S;
	status->started_boottime = 30 * S;
	status->hypervisor = g_strdup("kvm");
	status->container = g_strdup("none");
	status->clocksource = g_strdup("kvm-clock");
	status->ticks = (GclkTickStatus){ .verdict = g_strdup("healthy"),
		.lost_error_ppm = INFINITY,
		.confidence = 0.9,
		.steal_share = 0.003,
		.hz = 250 };
	return status;
}

static GclkSourceStatus *add(GclkStatus *status, const char *name, const char *kind,
	GclkStanding standing, const char *reason)
{
	GclkSourceStatus *source = gclk_source_status_new();

	source->name = g_strdup(name);
	source->kind = g_strdup(kind);
	source->origin = g_strdup(g_str_equal(kind, "ptp") ? "host" : name);
	source->address = g_strdup(name);
	source->standing = standing;
	source->reason = g_strdup(reason);
	source->timescale = "utc";
	g_ptr_array_add(status->sources, source);
	return source;
}

static void sample(GclkSourceStatus *source, gint64 offset, gint64 bound, gint64 age)
{
	source->has_sample = TRUE;
	source->offset = offset;
	source->last_offset = offset + 3;
	source->error_bound = bound;
	source->delay = bound == GCLK_BOUND_UNKNOWN ? MS : bound / 2;
	source->age = age;
	source->jitter = 40 * US;
	source->frequency_ppb = 12345.678;
	source->reach = 0377;
	source->requests = 120;
	source->replies = 118;
}

static void ntp(GclkSourceStatus *source, gint stratum, gint poll, const char *refid)
{
	source->stratum = stratum;
	source->poll = poll;
	source->identity = g_strdup(refid);
	source->method = g_strdup("kernel stamps");
}

static void find(GclkStatus *status, const char *id, GclkSeverity severity, const char *statement,
	const char *remedy)
{
	g_ptr_array_add(status->findings, gclk_finding_new(id, severity, statement, remedy));
}

static GclkStatus *make_ptp(void)
{
	GclkStatus *status = begin(GCLK_STATE_SYNCHRONISED, "/dev/ptp0", 12 * NS, 1262 * NS);
	GclkSourceStatus *source = add(status, "/dev/ptp0", "ptp", GCLK_STANDING_SELECTED, NULL);

	sample(source, 12 * NS, 1250 * NS, 400 * MS);
	source->assumed = TRUE;
	source->identity = g_strdup("KVM virtual PTP");
	source->method = g_strdup("PRECISE");
	source = add(status, "ntp1.example", "ntp", GCLK_STANDING_AGREES, NULL);
	sample(source, 120 * US, 1300 * US, 12 * S);
	ntp(source, 2, 6, "192.0.2.77");
	source = add(status, "ntp2.example", "ntp", GCLK_STANDING_AGREES, NULL);
	sample(source, -85 * US, 2100 * US, 3 * S);
	ntp(source, 3, 6, "192.0.2.78");
	status->assumed = TRUE;
	status->frequency_ppb = -12345.6;
	status->frequency_error_ppb = 9.5;
	status->steps = 1;
	status->last_step = 3600 * S;
	status->last_step_boottime = 31 * S;
	status->last_step_reason = g_strdup("at start");
	status->tai_offset = 37;
	return status;
}

static GclkStatus *make_falseticker(void)
{
	GclkStatus *status = begin(GCLK_STATE_SYNCHRONISED, "192.0.2.1", -31 * US, 841 * US);
	GclkSourceStatus *source = add(status, "192.0.2.1", "ntp", GCLK_STANDING_SELECTED, NULL);
	GclkStatusCount drop = { "bad-origin", 3 };

	sample(source, -31 * US, 810 * US, 5 * S);
	ntp(source, 1, 4, "GPS");
	source = add(status, "192.0.2.2", "ntp", GCLK_STANDING_AGREES, NULL);
	sample(source, 44 * US, 1900 * US, 9 * S);
	ntp(source, 2, 4, "192.0.2.1");
	source = add(status, "192.0.2.3", "ntp", GCLK_STANDING_FALSETICKER,
		"differs by -3600.000 s from 192.0.2.1 and 192.0.2.2, which agree");
	sample(source, -3600 * S, 2050 * US, 2 * S);
	ntp(source, 2, 4, "192.0.2.9");
	g_array_append_val(source->drops, drop);
	status->frequency_ppb = 51200;
	status->frequency_error_ppb = 22;
	status->slew_left = -250 * US;
	status->servers_from = g_strdup("/etc/chrony/chrony.conf");
	status->leap = GCLK_LEAP_INSERT;
	return status;
}

static GclkStatus *make_unsynchronised(void)
{
	GclkStatus *status = begin(GCLK_STATE_UNSYNCHRONISED, NULL, 0, GCLK_BOUND_UNKNOWN);
	GclkSourceStatus *source;

	status->reason = g_strdup("none of 4 sources can be used");
	source = add(status, "ntp1.example", "ntp", GCLK_STANDING_UNREACHABLE,
		"no answer to 6 requests: a packet filter, \"restrict ignore\" on the server, or "
		"no NTP "
		"server at this address");
	ntp(source, 0, 4, "");
	source = add(status, "ntp2.example", "ntp", GCLK_STANDING_REFUSED,
		"the server answers, but is not synchronised itself (stratum 16, leap 3): see "
		"there with "
		"ntpq -p or chronyc sources");
	ntp(source, 16, 4, "INIT");
	source->reach = 017;
	source = add(status, "ntp3.example", "ntp", GCLK_STANDING_FAILED,
		"key 7 is not in /etc/guestclock/keys");
	ntp(source, 0, 4, "");
	source = add(status, "/dev/ptp0", "ptp", GCLK_STANDING_WAITING, NULL);
	source->poll = -3;
	find(status, "clock-ahead", GCLK_SEVERITY_CRITICAL,
		"the clock is ahead by 2.000 h, more than can be slewed in an hour",
		"guestclock step sets it back at once; look first at what minds a jump backward");
	find(status, "state-directory", GCLK_SEVERITY_NOTE,
		"/var/lib/guestclock cannot be written: Read-only file system; the learned "
		"frequency is "
		"lost at the next start",
		NULL);
	find(status, "rival", GCLK_SEVERITY_WARNING, "chronyd (pid 77) steers this clock too",
		"stop one of the two: systemctl disable --now chronyd");
	return status;
}

static GclkStatus *make_no_source(void)
{
	GclkStatus *status = begin(GCLK_STATE_UNSYNCHRONISED, NULL, 0, GCLK_BOUND_UNKNOWN);

	status->reason = g_strdup("no source of time is configured, and none was found");
	find(status, "no-source", GCLK_SEVERITY_CRITICAL,
		"no NTP server is configured or was found, and this machine has no precision clock",
		"name a server: printf '[server ntp.example]\\n' > "
		"/etc/guestclock/guestclockd.conf.d/server.conf");
	return status;
}

static GclkStatus *make_holdover(void)
{
	GclkStatus *status = begin(GCLK_STATE_HOLDOVER, "ntp1.example", 350 * US, 42350 * US);
	GclkSourceStatus *source = add(
		status, "ntp1.example", "ntp", GCLK_STANDING_UNREACHABLE, "no answer for 23 min");

	status->reason = g_strdup("ntp1.example has not answered for 23 min");
	sample(source, 350 * US, 42 * MS, 1400 * S);
	source->reach = 0;
	ntp(source, 2, 6, "192.0.2.77");
	status->single = TRUE;
	status->frequency_ppb = 7.25;
	status->frequency_error_ppb = 30;
	return status;
}

static GclkStatus *make_starting(void)
{
	GclkStatus *status = begin(GCLK_STATE_STARTING, NULL, 0, GCLK_BOUND_UNKNOWN);

	add(status, "ntp1.example", "ntp", GCLK_STANDING_WAITING, NULL)->poll = 4;
	status->boottime = 31 * S;
	return status;
}

static GclkStatus *make_measured(void)
{
	GclkStatus *status = begin(GCLK_STATE_UNSYNCHRONISED, "192.0.2.1", 3599 * S, 3599001 * MS);
	GclkSourceStatus *source = add(status, "192.0.2.1", "ntp", GCLK_STANDING_SELECTED, NULL);

	sample(source, 3599 * S, 900 * US, 1 * S);
	ntp(source, 2, 4, "192.0.2.9");
	status->reason = g_strdup("the clock is off by more than max-error");
	status->control = "none";
	status->control_reason = g_strdup("chronyd (pid 77) steers this clock");
	status->single = TRUE;
	g_free(status->container);
	status->container = g_strdup("docker");
	return status;
}

static GclkStatus *make_watched(void)
{
	GclkStatus *status = begin(GCLK_STATE_SYNCHRONISED, "192.0.2.1", -7 * US, 900 * US);
	GclkSourceStatus *source = add(status, "192.0.2.1", "ntp", GCLK_STANDING_SELECTED, NULL);

	sample(source, -7 * US, 893 * US, 1 * S);
	ntp(source, 10, 4, "LOCL");
	source->note = g_strdup("serves its own clock (local)");
	status->control = "none";
	status->control_reason = g_strdup("chronyd (pid 77) steers this clock");
	status->single = TRUE;
	return status;
}

static GclkStatus *make_long_names(void)
{
	GclkStatus *status = begin(GCLK_STATE_SYNCHRONISED,
		"2001:db8:1234:5678:9abc:def0:1234:5678", -2 * MS, 12 * MS);
	GclkSourceStatus *source = add(status, "2001:db8:1234:5678:9abc:def0:1234:5678", "ntp",
		GCLK_STANDING_SELECTED, NULL);

	sample(source, -2 * MS, 12 * MS, 100 * S);
	ntp(source, 15, 10, "2001:db8::1");
	source = add(status, "fe80::5054:ff:fe12:3456%enp1s0", "ntp", GCLK_STANDING_UNREACHABLE,
		"no route to host");
	ntp(source, 0, 17, "");
	source = add(status,
		"a.time.server.with.a.very.long.name.in.a.department.of.a.branch.of.a.company.with."
		"several.sites.in.the.north.of.the.country.example",
		"ntp", GCLK_STANDING_AGREES, "");
	g_clear_pointer(&source->reason, g_free);
	sample(source, 1 * MS, 50 * MS, 4000 * S);
	ntp(source, 3, 10, "192.0.2.1");
	source = add(status,
		"evil\033[31m\n\xff\xe2\x80\xae"
		"name",
		"ntp", GCLK_STANDING_REFUSED,
		"says \033]0;boo\007 of itself, and "
		"aVeryLongWordThatNoLineCanHoldBecauseItIsLongerThanEightyColumnsOfATerminalInTheCe"
		"llar");
	ntp(source, 2, 6, "");
	source = add(status, "\xe6\x99\x82\xe8\xa8\x88\xe3\x82\xb5\xe3\x83\xbc\xe3\x83\x90", "ntp",
		GCLK_STANDING_WAITING, NULL); /* a clock server in Japanese: wide characters */
	source->poll = 6;
	return status;
}

static GclkStatus *make_huge_offsets(void)
{
	GclkStatus *status =
		begin(GCLK_STATE_UNSYNCHRONISED, "192.0.2.1", 56 * 31557600 * S, 56 * 31557601 * S);
	GclkSourceStatus *source;

	status->reason =
		g_strdup("the clock is off by 56.0 yr, beyond max-step (1000s), and only one "
			 "source says so");
	source = add(status, "192.0.2.1", "ntp", GCLK_STANDING_SELECTED, NULL);
	sample(source, 56 * 31557600 * S, 1 * MS, 1 * S);
	ntp(source, 2, 4, "GPS");
	source = add(status, "192.0.2.2", "ntp", GCLK_STANDING_FALSETICKER, "alone with its time");
	sample(source, -9 * H, 16 * S, 1 * S);
	ntp(source, 2, 4, "GPS");
	source = add(status, "192.0.2.3", "ntp", GCLK_STANDING_FALSETICKER, "alone with its time");
	sample(source, -9999999 * MS, 4000 * S, 1 * S);
	ntp(source, 2, 4, "GPS");
	source = add(status, "192.0.2.4", "ntp", GCLK_STANDING_FALSETICKER, "alone with its time");
	sample(source, G_MININT64, GCLK_BOUND_UNKNOWN, G_MAXINT64);
	ntp(source, 2, 4, "GPS");
	source = add(status, "192.0.2.5", "ntp", GCLK_STANDING_FALSETICKER, "alone with its time");
	sample(source, 40 * 86400 * S, 99999 * MS, 200 * 86400 * S);
	source->assumed = TRUE;
	ntp(source, 2, 4, "GPS");
	return status;
}

static GclkStatus *make_losing_time(void)
{
	GclkStatus *status = begin(GCLK_STATE_SYNCHRONISED, "ntp1.example", -3000 * US, 21 * MS);
	GclkSourceStatus *source = add(status, "ntp1.example", "ntp", GCLK_STANDING_SELECTED, NULL);

	sample(source, -3000 * US, 18 * MS, 7 * S);
	ntp(source, 2, 4, "GPS");
	g_free(status->clocksource);
	status->clocksource = g_strdup("jiffies");
	g_free(status->ticks.verdict);
	status->ticks.verdict = g_strdup("losing-time");
	status->ticks.reference = g_strdup("ntp");
	status->ticks.lost_ppm = 48211.5;
	status->ticks.lost_error_ppm = 902.25;
	status->ticks.confidence = 0.99;
	find(status, "rate-by-tick", GCLK_SEVERITY_WARNING,
		"the clocksource jiffies loses time: it counts timer ticks, and some are lost; the "
		"kernel is made to count faster",
		"guestclock doctor tells which clocksource is right here, and doctor --fix takes "
		"it");
	return status;
}

static GclkStatus *make_starved(void)
{
	GclkStatus *status = make_losing_time();

	g_ptr_array_set_size(status->findings, 0);
	g_free(status->ticks.verdict);
	status->ticks.verdict = g_strdup("starved");
	status->ticks.lost_ppm = 12;
	status->ticks.lost_error_ppm = 40;
	status->ticks.steal_share = 0.38;
	return status;
}

static GclkStatus *make_host(void)
{
	GclkStatus *status =
		begin(GCLK_STATE_SYNCHRONISED, "virtio:org.guestclock.0", 3 * US, 1240 * US);
	GclkSourceStatus *source =
		add(status, "virtio:org.guestclock.0", "host", GCLK_STANDING_SELECTED, NULL);

	sample(source, 3 * US, 1237 * US, 9 * S);
	ntp(source, 2, 4, "NTP");
	status->host = (GclkHostStatus){ .known = TRUE,
		.protocol = GCLK_PROTOCOL_NTP,
		.synchronised = TRUE,
		.fallback = TRUE,
		.bound = 1200 * US,
		.leap = GCLK_LEAP_INSERT,
		.tai_offset = 37,
		.age = 9 * S };
	status->single = TRUE;
	status->steps = 2;
	status->last_step = 60 * S;
	status->last_step_boottime = 4 * H;
	status->last_step_reason = g_strdup("the clocks of this guest were disrupted");
	status->disruptions = 1;
	status->last_disruption_boottime = 4 * H;
	status->last_disruption = g_strdup("the VM was resumed");
	return status;
}

static GclkStatus *make_host_lost(void)
{
	GclkStatus *status = begin(GCLK_STATE_HOLDOVER, NULL, 20 * US, 35 * MS);
	GclkSourceStatus *source = add(status, "/dev/ptp0", "ptp", GCLK_STANDING_REFUSED,
		"the host says that nothing keeps its clock");

	sample(source, 41 * S, GCLK_BOUND_UNKNOWN, 1 * S);
	status->reason =
		g_strdup("no source gives usable time; its rate is held by the host's clock");
	status->host = (GclkHostStatus){ .known = TRUE,
		.protocol = GCLK_PROTOCOL_NONE,
		.bound = GCLK_BOUND_UNKNOWN,
		.age = 3 * S };
	return status;
}

static GclkStatus *make_disrupted(void)
{
	GclkStatus *status = begin(GCLK_STATE_DISRUPTED, NULL, 0, GCLK_BOUND_UNKNOWN);

	add(status, "ntp1.example", "ntp", GCLK_STANDING_WAITING, NULL)->poll = 4;
	status->reason = g_strdup("the VM was restored from a saved state; no source has yet told "
				  "what the time is now");
	status->host = (GclkHostStatus){ .known = TRUE,
		.protocol = GCLK_PROTOCOL_PTP,
		.synchronised = TRUE,
		.bound = GCLK_BOUND_UNKNOWN,
		.age = 0 };
	status->disruptions = 12;
	status->last_disruption_boottime = 5 * H - 1 * S;
	status->last_disruption = g_strdup("the VM was restored from a saved state");
	return status;
}

const GclkStatusSample gclk_status_samples[] = {
	{ "ptp-and-two-servers", make_ptp },
	{ "falseticker", make_falseticker },
	{ "unsynchronised", make_unsynchronised },
	{ "no-source", make_no_source },
	{ "holdover", make_holdover },
	{ "starting", make_starting },
	{ "measured-wrong", make_measured },
	{ "measured-right", make_watched },
	{ "long-names", make_long_names },
	{ "huge-offsets", make_huge_offsets },
	{ "losing-time", make_losing_time },
	{ "starved", make_starved },
	{ "host", make_host },
	{ "host-lost", make_host_lost },
	{ "disrupted", make_disrupted },
	{ NULL, NULL },
};
