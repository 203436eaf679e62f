/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads a status back. Linked into the command line only: json-glib brings gobject along, which the
   daemon does not carry. */
#include <json-glib/json-glib.h>
#include <math.h>
#include <string.h>

#include "report/status.h"

#define NESTING_MAX 32 /* json-glib recurses into what is nested; a status needs 4 levels */

static GclkStatus *fail(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);
static GclkStatus *fail(GError **error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (error)
		*error = g_error_new_valist(GCLK_STATUS_ERROR, 0, format, args);
	va_end(args);
	return NULL;
}

/* Is it text, and nested no deeper than NESTING_MAX? */
static gboolean is_sane(const char *text, gsize length)
{
	gint depth = 0;
	gboolean quoted = FALSE;

	if (!g_utf8_validate(text, (gssize)length, NULL))
		return FALSE;
	for (gsize i = 0; i < length; i++) {
		if (quoted && text[i] == '\\')
			i++;
		else if (text[i] == '"')
			quoted = !quoted;
		else if (!quoted && (text[i] == '{' || text[i] == '['))
			depth++;
		else if (!quoted && (text[i] == '}' || text[i] == ']'))
			depth--;
		if (depth > NESTING_MAX)
			return FALSE;
	}
	return TRUE;
}

/* --- members: what is not there or of another type is not known ---------------------------------
 */

static JsonNode *value_of(JsonObject *object, const char *key)
{
	JsonNode *node = json_object_get_member(object, key);

	return node && JSON_NODE_HOLDS_VALUE(node) ? node : NULL;
}

static const char *peek_text(JsonObject *object, const char *key)
{
	JsonNode *node = value_of(object, key);

	return node && json_node_get_value_type(node) == G_TYPE_STRING ? json_node_get_string(node)
								       : NULL;
}

static char *get_text(JsonObject *object, const char *key)
{
	return g_strdup(peek_text(object, key));
}

static gboolean has_number(JsonObject *object, const char *key)
{
	JsonNode *node = value_of(object, key);
	GType type = node ? json_node_get_value_type(node) : G_TYPE_INVALID;

	return type == G_TYPE_INT64 || type == G_TYPE_DOUBLE;
}

static double get_double(JsonObject *object, const char *key)
{
	JsonNode *node = value_of(object, key);

	if (!has_number(object, key))
		return 0;
	return json_node_get_value_type(node) == G_TYPE_INT64 ? (double)json_node_get_int(node)
							      : json_node_get_double(node);
}

static gint64 get_int(JsonObject *object, const char *key, gint64 missing)
{
	JsonNode *node = value_of(object, key);
	double value;

	if (!has_number(object, key))
		return missing;
	if (json_node_get_value_type(node) == G_TYPE_INT64)
		return json_node_get_int(node);
	value = json_node_get_double(node);
	/* 2^63 as double; what does not fit is held at the ends, NaN is not known */
	if (value >= 9223372036854775808.0)
		return G_MAXINT64;
	if (value < -9223372036854775808.0)
		return G_MININT64;
	return value == value ? (gint64)value : missing;
}

/* A count or a small number, held within the range. */
static gint64 get_within(JsonObject *object, const char *key, gint64 min, gint64 max)
{
	return CLAMP(get_int(object, key, 0), min, max);
}

static gboolean get_boolean(JsonObject *object, const char *key)
{
	JsonNode *node = value_of(object, key);

	return node && json_node_get_value_type(node) == G_TYPE_BOOLEAN &&
	       json_node_get_boolean(node);
}

static gint64 get_bound(JsonObject *object, const char *key)
{
	gint64 bound = get_int(object, key, GCLK_BOUND_UNKNOWN);

	return bound < 0 ? GCLK_BOUND_UNKNOWN : bound;
}

/* --- parts ------------------------------------------------------------------------------------ */

static void read_drops(GclkStatus *status, GclkSourceStatus *source, JsonObject *object)
{
	JsonNode *node = json_object_get_member(object, "dropped");
	JsonObjectIter iter;
	const char *name;
	JsonNode *value;

	if (!node || !JSON_NODE_HOLDS_OBJECT(node))
		return;
	json_object_iter_init(&iter, json_node_get_object(node));
	while (json_object_iter_next(&iter, &name, &value)) {
		GclkStatusCount count = { g_string_chunk_insert_const(status->texts, name), 0 };

		if (!JSON_NODE_HOLDS_VALUE(value) ||
			json_node_get_value_type(value) != G_TYPE_INT64)
			continue;
		count.count = (guint64)MAX(json_node_get_int(value), 0);
		g_array_append_val(source->drops, count);
	}
}

static GclkSourceStatus *read_source(GclkStatus *status, JsonObject *object)
{
	GclkSourceStatus *source = gclk_source_status_new();
	gint standing = gclk_standing_from_name(peek_text(object, "state"));
	const char *timescale = peek_text(object, "timescale");

	source->name = get_text(object, "name");
	if (!source->name)
		source->name = g_strdup("?");
	source->kind = get_text(object, "kind");
	source->origin = get_text(object, "origin");
	source->address = get_text(object, "address");
	source->identity = get_text(object, "identity");
	source->method = get_text(object, "method");
	source->reason = get_text(object, "reason");
	source->note = get_text(object, "note");
	source->standing = standing < 0 ? GCLK_STANDING_WAITING : (GclkStanding)standing;
	source->stratum = (gint)get_within(object, "stratum", 0, 255);
	source->poll = (gint)get_within(object, "poll_log2s", -32, 32);
	source->reach = (guint8)get_within(object, "reach", 0, 255);
	source->has_sample = has_number(object, "last_offset_ns");
	source->offset = get_int(object, "offset_ns", 0);
	source->last_offset = get_int(object, "last_offset_ns", 0);
	source->error_bound = get_bound(object, "error_bound_ns");
	source->assumed = get_boolean(object, "error_bound_assumed");
	source->delay = get_int(object, "delay_ns", 0);
	source->age = get_int(object, "age_ns", 0);
	source->jitter = get_int(object, "jitter_ns", 0);
	source->frequency_ppb = get_double(object, "frequency_ppb");
	source->timescale =
		timescale ? g_string_chunk_insert_const(status->texts, timescale) : NULL;
	source->requests = (guint64)get_within(object, "requests", 0, G_MAXINT64);
	source->replies = (guint64)get_within(object, "replies", 0, G_MAXINT64);
	read_drops(status, source, object);
	return source;
}

static GclkFinding *read_finding(JsonObject *object)
{
	gint severity = gclk_severity_from_name(peek_text(object, "severity"));
	const char *statement = peek_text(object, "statement");

	/* a severity of a later version: nothing to hide */
	return gclk_finding_new(peek_text(object, "id"),
		severity < 0 ? GCLK_SEVERITY_WARNING : (GclkSeverity)severity,
		statement ? statement : "?", peek_text(object, "remedy"));
}

/* The n-th object of the array, or NULL if it is something else. */
static JsonObject *element(JsonArray *array, guint n)
{
	JsonNode *node = json_array_get_element(array, n);

	return JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
}

static JsonArray *get_array(JsonObject *object, const char *key)
{
	JsonNode *node = json_object_get_member(object, key);

	return node && JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : NULL;
}

static void read_lists(GclkStatus *status, JsonObject *object)
{
	JsonArray *sources = get_array(object, "sources");
	JsonArray *findings = get_array(object, "findings");

	for (guint i = 0; sources && i < json_array_get_length(sources); i++)
		if (element(sources, i))
			g_ptr_array_add(status->sources, read_source(status, element(sources, i)));
	for (guint i = 0; findings && i < json_array_get_length(findings); i++)
		if (element(findings, i))
			g_ptr_array_add(status->findings, read_finding(element(findings, i)));
}

static void read_clock(GclkStatus *status, JsonObject *object)
{
	gint state = gclk_state_from_name(peek_text(object, "state"));
	gint leap = gclk_leap_from_name(peek_text(object, "leap"));
	const char *control = peek_text(object, "control");

	/* a state of a later version is not one to rely on */
	status->state = state < 0 ? GCLK_STATE_UNSYNCHRONISED : (GclkState)state;
	status->reason = get_text(object, "reason");
	status->control = g_string_chunk_insert_const(status->texts, control ? control : "unknown");
	status->control_reason = get_text(object, "control_reason");
	status->selected = get_text(object, "selected");
	status->single = get_boolean(object, "single");
	status->offset = get_int(object, "offset_ns", 0);
	status->error_bound = get_bound(object, "error_bound_ns");
	if (!has_number(object, "offset_ns"))
		status->error_bound = GCLK_BOUND_UNKNOWN;
	status->assumed = get_boolean(object, "error_bound_assumed");
	status->frequency_ppb = get_double(object, "frequency_ppb");
	status->frequency_error_ppb = get_double(object, "frequency_error_ppb");
	status->slew_left = get_int(object, "slew_left_ns", 0);
	status->leap = leap < 0 ? GCLK_LEAP_NONE : (GclkLeap)leap;
	status->tai_offset = (gint)get_within(object, "tai_offset_s", G_MININT, G_MAXINT);
	status->steps = (guint64)get_within(object, "steps", 0, G_MAXINT64);
	status->last_step = get_int(object, "last_step_ns", 0);
	status->last_step_boottime = get_int(object, "last_step_boottime_ns", 0);
	status->last_step_reason = get_text(object, "last_step_reason");
	status->disruptions = (guint64)get_within(object, "disruptions", 0, G_MAXINT64);
	status->last_disruption_boottime = get_int(object, "last_disruption_boottime_ns", 0);
	status->last_disruption = get_text(object, "last_disruption");
}

static void read_writer(GclkStatus *status, JsonObject *object)
{
	g_free(status->version);
	status->version = get_text(object, "version");
	status->pid = get_int(object, "pid", 0);
	status->boot_id = get_text(object, "boot_id");
	status->boottime = get_int(object, "boottime_ns", 0);
	status->realtime = get_int(object, "realtime_ns", 0);
	status->interval = get_int(object, "interval_ns", 0);
	status->started_boottime = get_int(object, "started_boottime_ns", 0);
	status->hypervisor = get_text(object, "hypervisor");
	status->container = get_text(object, "container");
	status->clocksource = get_text(object, "clocksource");
	status->servers_from = get_text(object, "servers_from");
}

static void read_host(GclkHostStatus *host, JsonObject *status)
{
	JsonNode *node = json_object_get_member(status, "host");
	JsonObject *object;
	gint protocol, leap;

	if (!node || !JSON_NODE_HOLDS_OBJECT(node))
		return;
	object = json_node_get_object(node);
	protocol = gclk_protocol_from_name(peek_text(object, "protocol"));
	leap = gclk_leap_from_name(peek_text(object, "leap"));
	*host = (GclkHostStatus){
		.known = TRUE,
		.protocol = protocol < 0 ? GCLK_PROTOCOL_UNKNOWN : (GclkProtocol)protocol,
		.synchronised = get_boolean(object, "synchronised"),
		.fallback = get_boolean(object, "fallback"),
		.bound = get_bound(object, "error_bound_ns"),
		.leap = leap < 0 ? GCLK_LEAP_NONE : (GclkLeap)leap,
		.tai_offset = (gint)get_within(object, "tai_offset_s", G_MININT, G_MAXINT),
		.age = get_int(object, "age_ns", 0),
	};
}

static void read_ticks(GclkTickStatus *ticks, JsonObject *status)
{
	JsonNode *node = json_object_get_member(status, "ticks");
	JsonObject *object;

	if (!node || !JSON_NODE_HOLDS_OBJECT(node))
		return;
	object = json_node_get_object(node);
	ticks->verdict = get_text(object, "verdict");
	ticks->reference = get_text(object, "reference");
	ticks->lost_ppm = get_double(object, "lost_ppm");
	ticks->confidence = get_double(object, "confidence");
	ticks->hz = (guint)get_within(object, "hz", 0, G_MAXINT32);
	if (has_number(object, "lost_error_ppm"))
		ticks->lost_error_ppm = get_double(object, "lost_error_ppm");
	if (has_number(object, "steal_share"))
		ticks->steal_share = get_double(object, "steal_share");
}

GclkStatus *gclk_status_from_json(const char *text, gsize length, GError **error)
{
	g_autoptr(JsonParser) parser = json_parser_new_immutable();
	g_autoptr(GError) why = NULL;
	JsonNode *root;
	JsonObject *object;
	GclkStatus *status;
	gint64 schema;

	if (!is_sane(text, length))
		return fail(error, "this is no status of guestclockd");
	if (!json_parser_load_from_data(parser, text, (gssize)length, &why))
		return fail(error, "this is no JSON: %s", why->message);
	root = json_parser_get_root(parser);
	if (!root || !JSON_NODE_HOLDS_OBJECT(root))
		return fail(error, "this is no status of guestclockd");
	object = json_node_get_object(root);
	schema = get_int(object, "schema", 0);
	if (schema < 1)
		return fail(error, "this status has no schema number");
	if (schema > GCLK_STATUS_SCHEMA)
		return fail(error,
			"this status has schema %" G_GINT64_FORMAT
			", from a newer guestclockd; this program knows %d",
			schema, GCLK_STATUS_SCHEMA);
	status = gclk_status_new();
	status->texts = g_string_chunk_new(256);
	read_clock(status, object);
	read_writer(status, object);
	read_ticks(&status->ticks, object);
	read_host(&status->host, object);
	read_lists(status, object);
	return status;
}
