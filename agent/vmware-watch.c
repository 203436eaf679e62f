/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmware-watch.h"

#include <string.h>

#include "vmware/tools-rate.h"

/* A look is an RPC to the host, some ms of its time. */
#define LOOK_INTERVAL (10 * GCLK_NS_PER_S)
/* What the host has switched off is asked for again after so long. */
#define RETRY_INTERVAL (600 * GCLK_NS_PER_S)
/* So often, at most, a key is written. */
#define WRITE_INTERVAL (60 * GCLK_NS_PER_S)
/* Longer than the other process lets a call take. */
#define PATIENCE (15 * GCLK_NS_PER_S)

/* The kernel corrects 500 ppm; more is not the crystal's fault any more. */
#define RATE_LIMIT_PPM 500.0
/* Of the CPU time. */
#define STOLEN_LIMIT 0.1
#define STOLEN_LEFT  0.05

#define TIME_INFO "timeInfo.get-updates precisionclock0"
#define MOVED     "the VM was moved, resumed or reverted (VMware session)"

#define ID_TOOLS     "vmware-tools"
#define ID_GUESTINFO "vmware-guestinfo"
#define ID_RATE      "vmware-rate"
#define ID_STOLEN    "vmware-stolen"
#define ID_TIME_INFO "vmware-host-time"

typedef enum { ASKED_NOTHING, ASKED_LOOK, ASKED_WRITE, ASKED_TIME_INFO } Asked;

struct GclkVmwareWatch {
	GclkTools *tools;
	GclkAgent *agent;
	GclkPlatform *platform;
	guint cpus;
	guint timer;
	guint32 can;
	/* what is under way */
	Asked asked;
	gint64 asked_at, asked_raw; /* boottime, RAW; ns */
	GclkVmwareKey asked_key;
	/* when the next is due, boottime, ns; 0: at once */
	gint64 look_at, time_info_at, write_at;
	struct {
		char value[GCLK_VMWARE_VALUE_MAX], asked[GCLK_VMWARE_VALUE_MAX];
		gint64 at; /* boottime when it was written, 0: never */
	} keys[GCLK_VMWARE_KEYS];
	/* what was learned */
	gboolean has_session;
	guint64 session;
	GclkToolsRate rate;
	gboolean is_starved;
};

static gint64 now(const GclkVmwareWatch *watch)
{
	return watch->platform->boottime(watch->platform);
}

/* --- asking ----------------------------------------------------------------------------------- */

static void note_asked(GclkVmwareWatch *watch, Asked asked)
{
	GclkClockPair pair;

	watch->platform->read_pair(watch->platform, &pair);
	watch->asked = asked;
	watch->asked_at = now(watch);
	watch->asked_raw = pair.raw;
}

/* The offset is ever new; it is written with the time of writing, when that is due. */
static gboolean is_due(const GclkVmwareWatch *watch, GclkVmwareKey key, const char *value)
{
	return (watch->keys[key].at == 0 || now(watch) - watch->keys[key].at >= WRITE_INTERVAL) &&
	       strcmp(watch->keys[key].value, value) != 0;
}

/* Writes the first key whose value is news. FALSE: none is. */
static gboolean write_news(GclkVmwareWatch *watch)
{
	g_autoptr(GclkStatus) status = gclk_agent_status(watch->agent);

	for (GclkVmwareKey key = 0; key < GCLK_VMWARE_KEYS; key++) {
		char *value = watch->keys[key].asked;
		g_autofree char *text = NULL;

		gclk_vmware_value(key, status, value);
		if (!is_due(watch, key, value))
			continue;
		text = g_strdup_printf("info-set %s %s", gclk_vmware_key_name(key), value);
		note_asked(watch, ASKED_WRITE);
		watch->asked_key = key;
		if (!gclk_tools_send(watch->tools, text))
			watch->asked = ASKED_NOTHING;
		return watch->asked != ASKED_NOTHING;
	}
	return FALSE;
}

static void ask_look(GclkVmwareWatch *watch)
{
	note_asked(watch, ASKED_LOOK);
	watch->look_at = now(watch) + LOOK_INTERVAL;
	if (!gclk_tools_look(watch->tools))
		watch->asked = ASKED_NOTHING;
}

static void ask_time_info(GclkVmwareWatch *watch)
{
	note_asked(watch, ASKED_TIME_INFO);
	watch->time_info_at = now(watch) + RETRY_INTERVAL;
	if (!gclk_tools_send(watch->tools, TIME_INFO))
		watch->asked = ASKED_NOTHING;
}

/* One request at a time: what matters to the clock first. */
static void ask(GclkVmwareWatch *watch)
{
	const gboolean sends = (watch->can & GCLK_TOOLS_CAN_SEND) != 0;

	if (gclk_tools_busy(watch->tools))
		return;
	watch->asked = ASKED_NOTHING;
	if ((watch->can & GCLK_TOOLS_CAN_LOOK) && now(watch) >= watch->look_at)
		ask_look(watch);
	else if (sends && now(watch) >= watch->time_info_at)
		ask_time_info(watch);
	else if (sends && now(watch) >= watch->write_at)
		write_news(watch);
}

/* --- what libguestlib tells ------------------------------------------------------------------- */

static void take_session(GclkVmwareWatch *watch, guint64 session)
{
	const gboolean moved = watch->has_session && session != watch->session;

	watch->has_session = TRUE;
	watch->session = session;
	if (!moved)
		return;
	gclk_tools_rate_reset(&watch->rate);
	gclk_agent_disrupted(watch->agent, GCLK_WITNESS_VMWARE, MOVED);
}

static void judge_rate(GclkVmwareWatch *watch)
{
	double least, most, rate;
	g_autofree char *text = NULL;

	if (!gclk_tools_rate_get(&watch->rate, &least, &most) ||
		(least <= RATE_LIMIT_PPM && most >= -RATE_LIMIT_PPM)) {
		gclk_agent_clear_finding(watch->agent, ID_RATE);
		return;
	}
	rate = least > 0 ? least : most;
	text = g_strdup_printf("the counter that drives this clock runs %s than real time on the "
			       "host, by at least %.0f ppm (libguestlib's elapsed time)",
		rate > 0 ? "slower" : "faster", ABS(rate));
	gclk_agent_refresh_finding(watch->agent, ID_RATE, GCLK_SEVERITY_WARNING, text,
		"guestclock doctor tells which clocksource is right here");
}

static void judge_stolen(GclkVmwareWatch *watch)
{
	double share = gclk_tools_rate_stolen(&watch->rate, watch->cpus);
	g_autofree char *text = NULL;

	watch->is_starved = share >= (watch->is_starved ? STOLEN_LEFT : STOLEN_LIMIT);
	if (!watch->is_starved) {
		gclk_agent_clear_finding(watch->agent, ID_STOLEN);
		return;
	}
	text = g_strdup_printf("this VM was ready to run and was not run for %.0f %% of its CPU "
			       "time: the host is short of CPUs",
		share * 100);
	gclk_agent_refresh_finding(watch->agent, ID_STOLEN, GCLK_SEVERITY_WARNING, text,
		"fewer virtual CPUs, a CPU reservation, or a host with more to spare; timers and "
		"measurements are late until then");
}

static void take_look(GclkVmwareWatch *watch, const GclkToolsMessage *message)
{
	GclkToolsReading reading = { .elapsed_ms = message->elapsed_ms,
		.stolen_ms = message->stolen_ms };
	GclkClockPair pair;

	if (message->error) {
		g_debug("libguestlib: %s", gclk_tools_error_text(message->error));
		if (gclk_tools_error_lasts(message->error))
			watch->look_at = now(watch) + RETRY_INTERVAL;
		return;
	}
	watch->platform->read_pair(watch->platform, &pair);
	reading.raw = watch->asked_raw + (pair.raw - watch->asked_raw) / 2;
	reading.doubt = (pair.raw - watch->asked_raw) / 2 + pair.width;
	take_session(watch, message->session);
	gclk_tools_rate_add(&watch->rate, &reading);
	judge_rate(watch);
	judge_stolen(watch);
}

/* --- what libvmtools tells -------------------------------------------------------------------- */

static void take_written(GclkVmwareWatch *watch, const GclkToolsMessage *message)
{
	g_autofree char *text = NULL;

	if (message->good) {
		g_strlcpy(watch->keys[watch->asked_key].value, watch->keys[watch->asked_key].asked,
			GCLK_VMWARE_VALUE_MAX);
		watch->keys[watch->asked_key].at = now(watch);
		gclk_agent_clear_finding(watch->agent, ID_GUESTINFO);
		return;
	}
	watch->write_at = now(watch) + RETRY_INTERVAL;
	text = g_strdup_printf("VMware does not take %s from this VM%s%.200s",
		gclk_vmware_key_name(watch->asked_key), message->text[0] ? ": " : "",
		message->text);
	gclk_agent_set_finding(watch->agent, ID_GUESTINFO, GCLK_SEVERITY_NOTE, text,
		"the clock is kept all the same; isolation.tools.setInfo.disable in the VM's "
		"settings forbids it");
}

static void take_time_info(GclkVmwareWatch *watch, const GclkToolsMessage *message)
{
	GclkToolsRow rows[GCLK_TOOLS_ROWS_MAX];
	gint n = message->good ? gclk_tools_time_info(message->text, strlen(message->text), rows)
			       : -1;
	GString *text;

	if (n <= 0) {
		gclk_agent_clear_finding(watch->agent, ID_TIME_INFO);
		return;
	}
	text = g_string_new("the host says of its time service:");
	for (gint i = 0; i < n; i++)
		g_string_append_printf(text, "%s %s=%s", i ? "," : "", rows[i].key, rows[i].value);
	gclk_agent_refresh_finding(watch->agent, ID_TIME_INFO, GCLK_SEVERITY_NOTE, text->str, NULL);
	g_string_free(text, TRUE);
}

/* --- the process ------------------------------------------------------------------------------ */

static void take_ready(GclkVmwareWatch *watch, guint32 can)
{
	watch->can = can;
	watch->look_at = watch->time_info_at = watch->write_at = 0;
	g_debug("VMware's libraries: libvmtools %s, libguestlib %s",
		can & GCLK_TOOLS_CAN_SEND ? "is used" : "is not there",
		can & GCLK_TOOLS_CAN_LOOK ? "is used" : "is not there");
	gclk_agent_clear_finding(watch->agent, ID_TOOLS);
}

/* Nothing that was told by them is known any more, but for the session. */
static void forget_findings(GclkVmwareWatch *watch)
{
	static const char *const ids[] = { ID_GUESTINFO, ID_RATE, ID_STOLEN, ID_TIME_INFO };

	watch->can = 0;
	gclk_tools_rate_reset(&watch->rate);
	for (gsize i = 0; i < G_N_ELEMENTS(ids); i++)
		gclk_agent_clear_finding(watch->agent, ids[i]);
}

static void note_trouble(GclkVmwareWatch *watch, gboolean for_good, const char *why)
{
	g_autofree char *text = g_strdup_printf("the process with VMware's libraries %s (%s)",
		for_good ? "has died again and again, and is given up"
			 : "has died, and is "
			   "started again",
		why);

	forget_findings(watch);
	gclk_agent_refresh_finding(watch->agent, ID_TOOLS,
		for_good ? GCLK_SEVERITY_WARNING : GCLK_SEVERITY_NOTE, text,
		"the clock is kept all the same; update open-vm-tools, or set tools=none in "
		"[vmware]");
}

static void take(GclkVmwareWatch *watch, const GclkToolsMessage *message)
{
	const Asked asked = watch->asked;

	watch->asked = ASKED_NOTHING;
	switch (message->kind) {
	case GCLK_TOOLS_READY:
		take_ready(watch, message->can);
		break;
	case GCLK_TOOLS_ENDED:
	case GCLK_TOOLS_GIVEN_UP:
		note_trouble(watch, message->kind == GCLK_TOOLS_GIVEN_UP, message->text);
		break;
	case GCLK_TOOLS_LOOKED:
		if (asked == ASKED_LOOK)
			take_look(watch, message);
		break;
	case GCLK_TOOLS_SENT:
		if (asked == ASKED_WRITE)
			take_written(watch, message);
		else if (asked == ASKED_TIME_INFO)
			take_time_info(watch, message);
		break;
	}
}

/* It has neither answered nor died. */
static void look_at_patience(GclkVmwareWatch *watch)
{
	if (!gclk_tools_busy(watch->tools) || now(watch) - watch->asked_at < PATIENCE)
		return;
	gclk_tools_forget(watch->tools);
	watch->asked = ASKED_NOTHING;
	note_trouble(watch, FALSE, "it does not answer");
}

static void on_timer(gpointer user)
{
	GclkVmwareWatch *watch = user;

	watch->timer =
		watch->platform->timer_start(watch->platform, LOOK_INTERVAL, on_timer, watch);
	look_at_patience(watch);
	ask(watch);
}

gboolean gclk_vmware_watch_dispatch(GclkVmwareWatch *watch)
{
	GclkToolsMessage message;

	while (gclk_tools_next(watch->tools, &message)) {
		take(watch, &message);
		ask(watch);
	}
	if (gclk_tools_alive(watch->tools))
		return TRUE;
	forget_findings(watch);
	watch->platform->timer_stop(watch->platform, watch->timer);
	watch->timer = 0;
	return FALSE;
}

GclkVmwareWatch *gclk_vmware_watch_new(
	GclkTools *tools, GclkAgent *agent, GclkPlatform *platform, guint cpus)
{
	GclkVmwareWatch *watch = g_new0(GclkVmwareWatch, 1);

	watch->tools = tools;
	watch->agent = agent;
	watch->platform = platform;
	watch->cpus = cpus;
	watch->timer = platform->timer_start(platform, LOOK_INTERVAL, on_timer, watch);
	return watch;
}

void gclk_vmware_watch_free(GclkVmwareWatch *watch)
{
	if (!watch)
		return;
	watch->platform->timer_stop(watch->platform, watch->timer);
	gclk_tools_free(watch->tools);
	g_free(watch);
}
