/* SPDX-License-Identifier: BSD-2-Clause */
#include "report/status.h"

#include <json-glib/json-glib.h>
#include <math.h>
#include <string.h>

#include "harness.h"
#include "status-samples.h"

#define S GCLK_NS_PER_S

static GclkStatus *read_text(const char *text)
{
	g_autoptr(GError) error = NULL;
	GclkStatus *status = gclk_status_from_json(text, strlen(text), &error);

	if (!status) {
		GCLK_ASSERT_STR(error->message, text);
		status = gclk_status_new();
	}
	return status;
}

static void check_bad(const char *text, const char *reason)
{
	g_autoptr(GError) error = NULL;
	GclkStatus *status = gclk_status_from_json(text, strlen(text), &error);

	CU_ASSERT_PTR_NULL(status);
	gclk_status_free(status);
	GCLK_ASSERT_HAS(error ? error->message : "", reason);
	CU_ASSERT_PTR_NULL(gclk_status_from_json(text, strlen(text), NULL));
}

/* --- names ------------------------------------------------------------------------------------ */

static void test_names(void)
{
	for (gint i = GCLK_STATE_STARTING; i < GCLK_STATES; i++)
		GCLK_ASSERT_INT(gclk_state_from_name(gclk_state_name((GclkState)i)), i);
	for (gint i = GCLK_STANDING_WAITING; i <= GCLK_STANDING_FAILED; i++)
		GCLK_ASSERT_INT(gclk_standing_from_name(gclk_standing_name((GclkStanding)i)), i);
	for (gint i = GCLK_SEVERITY_OK; i <= GCLK_SEVERITY_CRITICAL; i++)
		GCLK_ASSERT_INT(gclk_severity_from_name(gclk_severity_name((GclkSeverity)i)), i);
	for (gint i = GCLK_LEAP_NONE; i <= GCLK_LEAP_UNSYNC; i++)
		GCLK_ASSERT_INT(gclk_leap_from_name(gclk_leap_name((GclkLeap)i)), i);
	/* words that other programs rely on */
	GCLK_ASSERT_STR(gclk_state_name(GCLK_STATE_SYNCHRONISED), "synchronised");
	GCLK_ASSERT_STR(gclk_state_name(GCLK_STATE_HOLDOVER), "holdover");
	GCLK_ASSERT_STR(gclk_state_name(GCLK_STATE_UNSYNCHRONISED), "unsynchronised");
	GCLK_ASSERT_STR(gclk_state_name(GCLK_STATE_STARTING), "starting");
	GCLK_ASSERT_STR(gclk_standing_name(GCLK_STANDING_FALSETICKER), "falseticker");
	GCLK_ASSERT_INT(gclk_state_from_name("Synchronised"), -1);
	GCLK_ASSERT_INT(gclk_state_from_name(NULL), -1);
	GCLK_ASSERT_STR(gclk_state_name((GclkState)77), "unknown");
	GCLK_ASSERT_INT(gclk_standing_from_name(""), -1);
}

/* --- JSON ------------------------------------------------------------------------------------- */

static void compare_sources(const GclkSourceStatus *a, const GclkSourceStatus *b)
{
	GCLK_ASSERT_STR(a->name, b->name);
	GCLK_ASSERT_STR(a->kind, b->kind);
	GCLK_ASSERT_STR(a->origin, b->origin);
	GCLK_ASSERT_STR(a->address, b->address);
	GCLK_ASSERT_STR(a->identity, b->identity);
	GCLK_ASSERT_STR(a->method, b->method);
	GCLK_ASSERT_INT(a->standing, b->standing);
	GCLK_ASSERT_STR(a->reason, b->reason);
	GCLK_ASSERT_STR(a->note, b->note);
	GCLK_ASSERT_INT(a->stratum, b->stratum);
	GCLK_ASSERT_INT(a->poll, b->poll);
	GCLK_ASSERT_INT(a->reach, b->reach);
	GCLK_ASSERT_INT(a->has_sample, b->has_sample);
	GCLK_ASSERT_INT(a->offset, b->offset);
	GCLK_ASSERT_INT(a->last_offset, b->last_offset);
	GCLK_ASSERT_INT(a->error_bound, b->error_bound);
	GCLK_ASSERT_INT(a->assumed, b->assumed);
	GCLK_ASSERT_INT(a->delay, b->delay);
	GCLK_ASSERT_INT(a->age, b->age);
	GCLK_ASSERT_INT(a->jitter, b->jitter);
	GCLK_ASSERT_NEAR(a->frequency_ppb, b->frequency_ppb, 0.0005);
	GCLK_ASSERT_STR(a->timescale, b->timescale);
	GCLK_ASSERT_INT(a->requests, b->requests);
	GCLK_ASSERT_INT(a->replies, b->replies);
	GCLK_ASSERT_INT(a->drops->len, b->drops->len);
	for (guint i = 0; i < MIN(a->drops->len, b->drops->len); i++) {
		const GclkStatusCount *x = &g_array_index(a->drops, GclkStatusCount, i);
		const GclkStatusCount *y = &g_array_index(b->drops, GclkStatusCount, i);

		GCLK_ASSERT_STR(x->name, y->name);
		GCLK_ASSERT_INT(x->count, y->count);
	}
}

static void compare_clock(const GclkStatus *a, const GclkStatus *b)
{
	GCLK_ASSERT_INT(a->state, b->state);
	GCLK_ASSERT_STR(a->reason, b->reason);
	GCLK_ASSERT_STR(a->control, b->control);
	GCLK_ASSERT_STR(a->control_reason, b->control_reason);
	GCLK_ASSERT_STR(a->selected, b->selected);
	GCLK_ASSERT_INT(a->single, b->single);
	GCLK_ASSERT_INT(a->offset, b->offset);
	GCLK_ASSERT_INT(a->error_bound, b->error_bound);
	GCLK_ASSERT_INT(a->assumed, b->assumed);
	GCLK_ASSERT_NEAR(a->frequency_ppb, b->frequency_ppb, 0.0005);
	GCLK_ASSERT_NEAR(a->frequency_error_ppb, b->frequency_error_ppb, 0.0005);
	GCLK_ASSERT_INT(a->slew_left, b->slew_left);
	GCLK_ASSERT_INT(a->leap, b->leap);
	GCLK_ASSERT_INT(a->tai_offset, b->tai_offset);
	GCLK_ASSERT_INT(a->steps, b->steps);
	GCLK_ASSERT_INT(a->last_step, b->last_step);
	GCLK_ASSERT_INT(a->last_step_boottime, b->last_step_boottime);
	GCLK_ASSERT_STR(a->last_step_reason, b->last_step_reason);
	GCLK_ASSERT_INT(a->disruptions, b->disruptions);
	GCLK_ASSERT_INT(a->last_disruption_boottime, b->last_disruption_boottime);
	GCLK_ASSERT_STR(a->last_disruption, b->last_disruption);
}

static void compare_host(const GclkHostStatus *a, const GclkHostStatus *b)
{
	GCLK_ASSERT_INT(a->known, b->known);
	GCLK_ASSERT_INT(a->protocol, b->protocol);
	GCLK_ASSERT_INT(a->synchronised, b->synchronised);
	GCLK_ASSERT_INT(a->fallback, b->fallback);
	GCLK_ASSERT_INT(a->bound, b->bound);
	GCLK_ASSERT_INT(a->leap, b->leap);
	GCLK_ASSERT_INT(a->tai_offset, b->tai_offset);
	GCLK_ASSERT_INT(a->age, b->age);
}

static void compare_writer(const GclkStatus *a, const GclkStatus *b)
{
	GCLK_ASSERT_STR(a->version, b->version);
	GCLK_ASSERT_INT(a->pid, b->pid);
	GCLK_ASSERT_STR(a->boot_id, b->boot_id);
	GCLK_ASSERT_INT(a->boottime, b->boottime);
	GCLK_ASSERT_INT(a->realtime, b->realtime);
	GCLK_ASSERT_INT(a->interval, b->interval);
	GCLK_ASSERT_INT(a->started_boottime, b->started_boottime);
	GCLK_ASSERT_STR(a->hypervisor, b->hypervisor);
	GCLK_ASSERT_STR(a->container, b->container);
	GCLK_ASSERT_STR(a->clocksource, b->clocksource);
	GCLK_ASSERT_STR(a->servers_from, b->servers_from);
}

static void compare_ticks(const GclkTickStatus *a, const GclkTickStatus *b)
{
	GCLK_ASSERT_STR(a->verdict, b->verdict);
	GCLK_ASSERT_STR(a->reference, b->reference);
	/* a rate of which nothing is known is not told */
	if (isfinite(b->lost_error_ppm)) {
		GCLK_ASSERT_NEAR(a->lost_ppm, b->lost_ppm, 0.0005);
		GCLK_ASSERT_NEAR(a->lost_error_ppm, b->lost_error_ppm, 0.0005);
	} else {
		CU_ASSERT_TRUE(isinf(a->lost_error_ppm));
	}
	GCLK_ASSERT_NEAR(a->confidence, b->confidence, 0.0005);
	GCLK_ASSERT_NEAR(a->steal_share, b->steal_share, 0.00005);
	GCLK_ASSERT_INT(a->hz, b->hz);
}

static void compare(const GclkStatus *a, const GclkStatus *b)
{
	compare_clock(a, b);
	compare_ticks(&a->ticks, &b->ticks);
	compare_host(&a->host, &b->host);
	compare_writer(a, b);
	CU_ASSERT_EQUAL_FATAL(a->sources->len, b->sources->len);
	for (guint i = 0; i < a->sources->len; i++)
		compare_sources(g_ptr_array_index(a->sources, i), g_ptr_array_index(b->sources, i));
	CU_ASSERT_EQUAL_FATAL(a->findings->len, b->findings->len);
	for (guint i = 0; i < a->findings->len; i++) {
		const GclkFinding *x = g_ptr_array_index(a->findings, i);
		const GclkFinding *y = g_ptr_array_index(b->findings, i);

		GCLK_ASSERT_STR(x->id, y->id);
		GCLK_ASSERT_INT(x->severity, y->severity);
		GCLK_ASSERT_STR(x->statement, y->statement);
		GCLK_ASSERT_STR(x->remedy, y->remedy);
	}
}

/* Names that are not UTF-8 come back mended, everything else as it was. */
static void mend(GclkStatus *status)
{
	for (guint i = 0; i < status->sources->len; i++) {
		GclkSourceStatus *source = g_ptr_array_index(status->sources, i);
		char *valid = g_utf8_make_valid(source->name, -1);

		g_free(source->name);
		source->name = valid;
		g_free(source->origin);
		source->origin = g_utf8_make_valid(valid, -1);
		g_free(source->address);
		source->address = g_utf8_make_valid(valid, -1);
		/* an offset with an unknown bound is not told */
		if (source->error_bound == GCLK_BOUND_UNKNOWN)
			source->offset = 0;
		if (g_str_equal(source->kind, "ptp")) {
			g_free(source->origin);
			source->origin = g_strdup("host");
		}
	}
}

static void test_round_trip(void)
{
	for (const GclkStatusSample *s = gclk_status_samples; s->name; s++) {
		g_autoptr(GclkStatus) status = s->make();
		g_autofree char *text = NULL;
		g_autoptr(GclkStatus) back = NULL;

		mend(status);
		text = gclk_status_to_json(status);
		back = read_text(text);
		compare(back, status);
	}
}

/* Every field at values that a loss of digits or sign would show. */
static void test_extreme_values(void)
{
	g_autoptr(GclkStatus) status = gclk_status_samples[0].make();
	GclkSourceStatus *source = g_ptr_array_index(status->sources, 0);
	g_autofree char *text = NULL;
	g_autoptr(GclkStatus) back = NULL;

	status->offset = G_MININT64;
	status->error_bound = G_MAXINT64 - 1;
	status->slew_left = -1;
	status->tai_offset = -37;
	status->realtime = G_GINT64_CONSTANT(4102444800000000001);
	source->offset = G_MAXINT64;
	source->reach = 1;
	source->poll = -3;
	text = gclk_status_to_json(status);
	back = read_text(text);
	compare(back, status);
}

static void test_unknown_is_null(void)
{
	g_autoptr(GclkStatus) status = gclk_status_samples[3].make();
	g_autofree char *text = NULL;
	g_autoptr(GclkStatus) back = NULL;

	status->offset = 12345;
	status->frequency_ppb = NAN;
	text = gclk_status_to_json(status);
	GCLK_ASSERT_HAS(text, "\n\"offset_ns\":null,");
	GCLK_ASSERT_HAS(text, "\n\"error_bound_ns\":null,");
	GCLK_ASSERT_HAS(text, "\n\"frequency_ppb\":null,");
	GCLK_ASSERT_HAS(text, "\n\"selected\":null,");
	CU_ASSERT_PTR_NULL(strstr(text, "12345"));
	CU_ASSERT_PTR_NULL(strstr(text, "9223372036854775807"));
	back = read_text(text);
	GCLK_ASSERT_INT(back->error_bound, GCLK_BOUND_UNKNOWN);
}

static GclkSourceStatus *source_of(GclkStatus *status, guint i)
{
	return g_ptr_array_index(status->sources, i);
}

/* Nothing that was not measured or did not happen looks like a figure. */
static void test_null_is_not_zero(void)
{
	g_autoptr(GclkStatus) status = gclk_status_samples[1].make();
	GclkSourceStatus *source = source_of(status, 2);
	GclkStatusCount drop = { "late", 1 };
	g_autofree char *text = NULL;

	source_of(status, 0)->stratum = 0;
	source_of(status, 1)->has_sample = FALSE;
	source->error_bound = GCLK_BOUND_UNKNOWN; /* has a sample, and yet says nothing */
	g_array_append_val(source->drops, drop);
	text = gclk_status_to_json(status);
	GCLK_ASSERT_HAS(
		text, "\n\"steps\":0,\n\"last_step_ns\":null,\n\"last_step_boottime_ns\":null,");
	GCLK_ASSERT_HAS(text, "\"stratum\":null");
	GCLK_ASSERT_HAS(text,
		"\"stratum\":2,\"poll_log2s\":4,\"reach\":255,\"offset_ns\":null,"
		"\"error_bound_ns\":null,\"error_bound_assumed\":false,\"last_offset_ns\":null,"
		"\"delay_ns\":null,\"age_ns\":null,\"jitter_ns\":null,\"frequency_ppb\":null,");
	GCLK_ASSERT_HAS(text, "\"offset_ns\":null,\"error_bound_ns\":null,"
			      "\"error_bound_assumed\":false,\"last_offset_ns\":-3599999999997,");
	GCLK_ASSERT_HAS(text, "\"dropped\":{\"bad-origin\":3,\"late\":1}");
}

/* Zero is a figure too. */
static void test_zero_is_not_null(void)
{
	g_autoptr(GclkStatus) status = read_text(
		"{\"schema\":1,\"offset_ns\":0,\"error_bound_ns\":0,\"leap\":\"later\",\"pid\":1."
		"5e3,"
		"\"boottime_ns\":-1e300,\"sources\":[{\"state\":\"later\",\"error_bound_ns\":0}],"
		"\"findings\":[{\"severity\":\"ok\"}]}");

	GCLK_ASSERT_INT(status->error_bound, 0);
	GCLK_ASSERT_INT(status->leap, GCLK_LEAP_NONE);
	GCLK_ASSERT_INT(status->pid, 1500);
	GCLK_ASSERT_INT(status->boottime, G_MININT64);
	GCLK_ASSERT_INT(source_of(status, 0)->error_bound, 0);
	GCLK_ASSERT_INT(((GclkFinding *)g_ptr_array_index(status->findings, 0))->severity,
		GCLK_SEVERITY_OK);
}

/* Brackets in texts nest nothing, and as many as are allowed are read. */
static void test_brackets(void)
{
	g_autofree char *open = g_strnfill(31, '[');
	g_autofree char *closed = g_strnfill(31, ']');
	g_autofree char *many = g_strnfill(100, '[');
	g_autofree char *good = g_strdup_printf("{\"schema\":1,\"x\":%s%s,\"y\":[]}", open, closed);
	g_autofree char *bad = g_strdup_printf("{\"schema\":1,\"x\":[%s%s]}", open, closed);
	g_autofree char *quoted =
		g_strdup_printf("{\"schema\":1,\"reason\":\"\\\"%s{\\\\\"}", many);
	g_autofree char *reason = g_strdup_printf("\"%s{\\", many);
	g_autoptr(GclkStatus) deep = read_text(good);
	g_autoptr(GclkStatus) text = read_text(quoted);

	GCLK_ASSERT_INT(deep->sources->len, 0);
	GCLK_ASSERT_STR(text->reason, reason);
	check_bad(bad, "no status");
}

/* The contract with scripts: these lines, in this form. */
static void test_keys(void)
{
	g_autoptr(GclkStatus) status = gclk_status_samples[1].make();
	g_autofree char *text = gclk_status_to_json(status);
	static const char *const lines[] = { "{\n\"schema\":1,\n",
		"\n\"state\":\"synchronised\",\n", "\n\"control\":\"kernel\",\n",
		"\n\"selected\":\"192.0.2.1\",\n", "\n\"offset_ns\":-31000,\n",
		"\n\"error_bound_ns\":841000,\n", "\n\"frequency_ppb\":51200.000,\n",
		"\n\"pid\":412,\n", "\n\"leap\":\"insert\",\n", "\"dropped\":{\"bad-origin\":3}",
		"\n\"sources\":[{\"name\":\"192.0.2.1\",\"kind\":\"ntp\",\"origin\":\"192.0.2.1\",",
		"\"state\":\"selected\",\"reason\":null,", "\n\"findings\":[]\n}\n" };

	for (gsize i = 0; i < G_N_ELEMENTS(lines); i++)
		GCLK_ASSERT_HAS(text, lines[i]);
}

static void test_sources_alone(void)
{
	g_autoptr(GclkStatus) status = gclk_status_samples[1].make();
	g_autofree char *text = gclk_status_sources_to_json(status);
	g_autoptr(GclkStatus) back = read_text(text);

	GCLK_ASSERT_INT(back->sources->len, 3);
	GCLK_ASSERT_STR(back->selected, "192.0.2.1");
	GCLK_ASSERT_INT(back->error_bound, GCLK_BOUND_UNKNOWN);
}

/* --- reading what others wrote ------------------------------------------------------------------
 */

static void test_tolerant(void)
{
	g_autoptr(GclkStatus) bare = read_text("{\"schema\":1}");
	g_autoptr(GclkStatus) odd = read_text(
		"{\"schema\":1,\"state\":7,\"reason\":[],\"control\":{},\"offset_ns\":\"5\","
		"\"error_bound_ns\":-5,\"frequency_ppb\":\"x\",\"pid\":1e300,\"steps\":-4,\"tai_"
		"offset_s\":1e99,"
		"\"sources\":[1,null,[],{},{\"name\":5,\"reach\":999,\"stratum\":-1,\"dropped\":"
		"{\"a\":\"b\",\"c\":-2}}],"
		"\"findings\":[{\"severity\":\"fatal\"}],\"new_key\":{\"a\":[1,2]}}");

	GCLK_ASSERT_INT(bare->state, GCLK_STATE_UNSYNCHRONISED);
	GCLK_ASSERT_INT(bare->error_bound, GCLK_BOUND_UNKNOWN);
	GCLK_ASSERT_STR(bare->control, "unknown");
	GCLK_ASSERT_STR(bare->version, NULL);
	GCLK_ASSERT_INT(odd->state, GCLK_STATE_UNSYNCHRONISED);
	GCLK_ASSERT_INT(odd->error_bound, GCLK_BOUND_UNKNOWN);
	GCLK_ASSERT_INT(odd->pid, G_MAXINT64);
	GCLK_ASSERT_INT(odd->steps, 0);
	CU_ASSERT_EQUAL_FATAL(odd->sources->len, 2);
	GCLK_ASSERT_STR(((GclkSourceStatus *)g_ptr_array_index(odd->sources, 1))->name, "?");
	GCLK_ASSERT_INT(((GclkSourceStatus *)g_ptr_array_index(odd->sources, 1))->reach, 255);
	GCLK_ASSERT_INT(((GclkSourceStatus *)g_ptr_array_index(odd->sources, 1))->stratum, 0);
	CU_ASSERT_EQUAL_FATAL(odd->findings->len, 1);
	GCLK_ASSERT_INT(((GclkFinding *)g_ptr_array_index(odd->findings, 0))->severity,
		GCLK_SEVERITY_WARNING);
}

/* A bound without its offset, or the other way round, tells nothing. */
static void test_half_a_measure(void)
{
	g_autoptr(GclkStatus) status = read_text("{\"schema\":1,\"error_bound_ns\":5}");

	GCLK_ASSERT_INT(status->error_bound, GCLK_BOUND_UNKNOWN);
}

static void test_refused(void)
{
	g_autofree char *deep = g_strnfill(100000, '[');
	g_autofree char *objects =
		g_strdup("{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":"
			 "{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":"
			 "{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":"
			 "{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":");

	check_bad("", "no status");
	check_bad("   ", "no status");
	check_bad("{", "no JSON");
	check_bad("nonsense", "no JSON");
	check_bad("[]", "no status");
	check_bad("7", "no status");
	check_bad("null", "no status");
	check_bad("{}", "no schema number");
	check_bad("{\"schema\":\"1\"}", "no schema number");
	check_bad("{\"schema\":0}", "no schema number");
	check_bad("{\"schema\":2}", "schema 2, from a newer guestclockd");
	check_bad("{\"schema\":1}\xff", "no status");
	check_bad(deep, "no status");
	check_bad(objects, "no status");
}

static void test_cut_short(void)
{
	g_autoptr(GclkStatus) status = gclk_status_samples[2].make();
	g_autofree char *text = gclk_status_to_json(status);

	/* a file that was cut anywhere before its last brace is never taken for a status */
	for (gsize length = 0; length + 2 < strlen(text); length += 7) {
		GclkStatus *cut = gclk_status_from_json(text, length, NULL);

		CU_ASSERT_PTR_NULL(cut);
		gclk_status_free(cut);
	}
}

/* --- judgement -------------------------------------------------------------------------------- */

static void check_stale(
	GclkStatus *status, gint64 boottime, const char *boot_id, gboolean alive, const char *part)
{
	g_autofree char *why = gclk_status_stale(status, boottime, boot_id, alive);

	if (part)
		GCLK_ASSERT_HAS(why, part);
	else
		GCLK_ASSERT_STR(why, NULL);
}

static void test_stale(void)
{
	g_autoptr(GclkStatus) status =
		gclk_status_samples[0].make(); /* written at 5 h, interval 4 s */
	gint64 then = status->boottime;
	const char *boot = status->boot_id;

	check_stale(status, then, boot, TRUE, NULL);
	check_stale(status, then + 13 * S, boot, TRUE, NULL);
	check_stale(status, then + 13 * S + 1, boot, TRUE,
		"guestclockd (pid 412) has not reported for 13 s");
	check_stale(status, then + 180 * S, NULL, TRUE,
		"guestclockd (pid 412) has not reported for 3 min");
	check_stale(status, then + 180 * S, boot, FALSE,
		"guestclockd (pid 412) is not running any more");
	check_stale(status, then, boot, FALSE, "is not running any more");
	check_stale(status, then, "another-boot", TRUE, "of an earlier boot");
	check_stale(status, then - 1 * S, boot, TRUE, NULL); /* read while it was being written */
	check_stale(status, then - 5 * S, boot, TRUE, NULL);
	check_stale(status, then - 5 * S - 1, boot, TRUE, "after now");
	check_stale(status, then - 6 * S, boot, TRUE, "after now");
	status->interval = G_MAXINT64; /* nobody may promise that */
	check_stale(status, then + 3 * 3600 * S, boot, TRUE, "has not reported for 3.0 h");
	status->interval = G_MININT64;
	check_stale(status, then + 6 * S, boot, TRUE, "has not reported");
	status->boottime = G_MININT64;
	check_stale(status, then, boot, TRUE, "after now");
	status->boottime = G_MAXINT64;
	check_stale(status, then, boot, TRUE, "after now");
}

static void test_exit_code(void)
{
	static const struct {
		GclkState state;
		GclkSeverity severity;
		int code;
	} cases[] = {
		{ GCLK_STATE_SYNCHRONISED, GCLK_SEVERITY_OK, 0 },
		{ GCLK_STATE_SYNCHRONISED, GCLK_SEVERITY_NOTE, 0 },
		{ GCLK_STATE_SYNCHRONISED, GCLK_SEVERITY_WARNING, 1 },
		{ GCLK_STATE_SYNCHRONISED, GCLK_SEVERITY_CRITICAL, 2 },
		{ GCLK_STATE_HOLDOVER, GCLK_SEVERITY_OK, 1 },
		{ GCLK_STATE_STARTING, GCLK_SEVERITY_OK, 1 },
		{ GCLK_STATE_STARTING, GCLK_SEVERITY_CRITICAL, 2 },
		{ GCLK_STATE_UNSYNCHRONISED, GCLK_SEVERITY_OK, 2 },
		{ GCLK_STATE_UNSYNCHRONISED, GCLK_SEVERITY_WARNING, 2 },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GclkStatus) status = gclk_status_new();

		status->state = cases[i].state;
		g_ptr_array_add(
			status->findings, gclk_finding_new("x", cases[i].severity, "y", NULL));
		/* the worst of several counts, wherever it stands */
		g_ptr_array_add(
			status->findings, gclk_finding_new("x", GCLK_SEVERITY_NOTE, "y", NULL));
		GCLK_ASSERT_INT(gclk_status_exit_code(status), cases[i].code);
		g_ptr_array_add(
			status->findings, gclk_finding_new("x", GCLK_SEVERITY_CRITICAL, "y", NULL));
		g_ptr_array_add(
			status->findings, gclk_finding_new("x", GCLK_SEVERITY_WARNING, "y", NULL));
		GCLK_ASSERT_INT(gclk_status_exit_code(status), 2);
	}
}

int main(void)
{
	static const GclkTestCase cases[] = {
		{ "names", test_names },
		{ "JSON there and back", test_round_trip },
		{ "extreme values", test_extreme_values },
		{ "unknown is null", test_unknown_is_null },
		{ "null is not zero", test_null_is_not_zero },
		{ "zero is not null", test_zero_is_not_null },
		{ "brackets", test_brackets },
		{ "keys that scripts rely on", test_keys },
		{ "sources alone", test_sources_alone },
		{ "tolerant reading", test_tolerant },
		{ "half a measure", test_half_a_measure },
		{ "refused texts", test_refused },
		{ "cut short", test_cut_short },
		{ "stale", test_stale },
		{ "exit code", test_exit_code },
		{ NULL, NULL },
	};

	return gclk_test_main("status", cases);
}
