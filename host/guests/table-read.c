/* SPDX-License-Identifier: BSD-2-Clause */
#include "guests/table.h"

#include <json-glib/json-glib.h>
#include <string.h>

static void free_row(gpointer data)
{
	GclkTableRow *row = data;

	gclk_guest_free(row->guest);
	g_free(row->state);
	g_free(row);
}

void gclk_table_view_free(GclkTableView *view)
{
	if (!view)
		return;
	g_free(view->libvirt);
	g_free(view->host);
	g_free(view->host_reason);
	g_ptr_array_unref(view->rows);
	g_free(view);
}

/* --- members: of another type they are as if they were not there ------------------------------ */

static JsonNode *get(JsonObject *object, const char *key, JsonNodeType type)
{
	JsonNode *node = object ? json_object_get_member(object, key) : NULL;

	return node && JSON_NODE_TYPE(node) == type ? node : NULL;
}

static JsonObject *get_object(JsonObject *object, const char *key)
{
	JsonNode *node = get(object, key, JSON_NODE_OBJECT);

	return node ? json_node_get_object(node) : NULL;
}

static JsonArray *get_array(JsonObject *object, const char *key)
{
	JsonNode *node = get(object, key, JSON_NODE_ARRAY);

	return node ? json_node_get_array(node) : NULL;
}

/* Valid as long as the object; NULL: none. */
static const char *get_text(JsonObject *object, const char *key)
{
	JsonNode *node = get(object, key, JSON_NODE_VALUE);

	return node && json_node_get_value_type(node) == G_TYPE_STRING ? json_node_get_string(node)
								       : NULL;
}

static gboolean get_boolean(JsonObject *object, const char *key)
{
	JsonNode *node = get(object, key, JSON_NODE_VALUE);

	return node && json_node_get_value_type(node) == G_TYPE_BOOLEAN &&
	       json_node_get_boolean(node);
}

static gboolean get_int(JsonObject *object, const char *key, gint64 *out)
{
	JsonNode *node = get(object, key, JSON_NODE_VALUE);

	if (!node || json_node_get_value_type(node) != G_TYPE_INT64)
		return FALSE;
	*out = json_node_get_int(node);
	return TRUE;
}

static gint64 get_count(JsonObject *object, const char *key, gint64 max)
{
	gint64 value = 0;

	return get_int(object, key, &value) ? CLAMP(value, 0, max) : 0;
}

static gint64 get_bound(JsonObject *object, const char *key)
{
	gint64 value = 0;

	return get_int(object, key, &value) && value >= 0 ? value : GCLK_BOUND_UNKNOWN;
}

/* 0: never. */
static gint64 get_moment(JsonObject *object, const char *key)
{
	gint64 age = 0;

	return get_int(object, key, &age) ? GCLK_TABLE_NOW - CLAMP(age, 0, GCLK_TABLE_NOW - 1) : 0;
}

/* The index of a word, of which from_name gives -1 if it is not known. */
static gint get_word(
	JsonObject *object, const char *key, gint (*from_name)(const char *name), gint otherwise)
{
	gint index = from_name(get_text(object, key));

	return index < 0 ? otherwise : index;
}

static gint verdict_from_name(const char *name)
{
	for (gint i = GCLK_VERDICT_COMPATIBLE; name && i <= GCLK_VERDICT_UNKNOWN; i++)
		if (strcmp(gclk_verdict_name((GclkVerdictKind)i), name) == 0)
			return i;
	return -1;
}

static gint source_from_name(const char *name)
{
	for (gint i = GCLK_LINK_SOURCE_NONE; name && i <= GCLK_LINK_SOURCE_NTP; i++)
		if (strcmp(gclk_link_source_name((GclkLinkSource)i), name) == 0)
			return i;
	return -1;
}

/* --- one guest -------------------------------------------------------------------------------- */

static GclkMoment read_moment(JsonObject *object, const char *time, const char *age)
{
	GclkMoment moment = { .boottime = get_moment(object, age) };

	get_int(object, time, &moment.real);
	return moment;
}

static void read_lapses(GclkGuest *guest, JsonArray *array)
{
	guint n = array ? MIN(json_array_get_length(array), GCLK_NEED_LAPSES_MAX) : 0;

	for (guint i = 0; i < n; i++) {
		JsonNode *node = json_array_get_element(array, i);
		JsonObject *object =
			JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
		GclkNeedLapse *lapse = gclk_need_lapses_add(guest->lapses);

		lapse->met = read_moment(object, "met_ns", "met_age_ns");
		lapse->lost = read_moment(object, "lost_ns", "lost_age_ns");
		lapse->back = read_moment(object, "back_ns", "back_age_ns");
		lapse->earlier = get_boolean(object, "lost_earlier");
		lapse->stopped = get_boolean(object, "stopped");
		lapse->kind = (GclkVerdictKind)get_word(
			object, "verdict", verdict_from_name, GCLK_VERDICT_UNKNOWN);
		lapse->reason = g_strdup(get_text(object, "reason"));
	}
}

static void read_need(GclkGuest *guest, JsonObject *object)
{
	JsonObject *need = get_object(object, "need");

	guest->need.declared = get_boolean(need, "declared");
	guest->need.protocol = (GclkNeedProtocol)get_word(
		need, "protocol", gclk_need_protocol_from_name, GCLK_NEED_ANY);
	guest->need.max_error = get_count(need, "max_error_ns", GCLK_NEED_MAX_ERROR_MAX);
	guest->need.strict = g_strcmp0(get_text(need, "enforce"), "strict") == 0;
	guest->need_error = g_strdup(get_text(object, "need_error"));
	guest->verdict.kind = (GclkVerdictKind)get_word(
		object, "verdict", verdict_from_name, GCLK_VERDICT_UNKNOWN);
	guest->verdict.reason = g_strdup(get_text(object, "verdict_reason"));
	guest->verdict.remedy = g_strdup(get_text(object, "verdict_remedy"));
	guest->lapses_total = (guint64)get_count(object, "lapses_total", G_MAXINT64);
	read_lapses(guest, get_array(object, "lapses"));
}

static void read_report(GclkGuest *guest, JsonObject *object)
{
	GclkLinkGuest *report = &guest->report;
	const char *source = get_text(object, "source");
	const char *version = get_text(object, "version");

	guest->has_report = object != NULL;
	guest->reported = get_moment(object, "age_ns");
	report->state = (GclkState)get_word(
		object, "state", gclk_state_from_name, GCLK_STATE_UNSYNCHRONISED);
	report->steers = get_boolean(object, "steers");
	report->source_kind = (GclkLinkSource)get_word(
		object, "source_kind", source_from_name, GCLK_LINK_SOURCE_NONE);
	g_strlcpy(report->source, source ? source : "", sizeof report->source);
	g_strlcpy(report->version, version ? version : "", sizeof report->version);
	get_int(object, "offset_ns", &report->offset);
	report->bound = get_bound(object, "error_bound_ns");
	report->steps = (guint32)get_count(object, "steps", G_MAXUINT32);
	report->uptime = (guint64)get_count(object, "uptime_s", G_MAXINT64);
}

static void read_seen(GclkGuest *guest, JsonObject *object)
{
	guest->by = (GclkGuestBy)get_word(
		object, "seen_by", gclk_guest_by_from_name, GCLK_GUEST_BY_NONE);
	guest->problem = g_strdup(get_text(object, "problem"));
	guest->seen = get_moment(object, "seen_age_ns");
	guest->has_offset = get_int(object, "offset_ns", &guest->offset);
	guest->uncertainty = get_count(object, "offset_uncertainty_ns", G_MAXINT64);
	guest->measured = get_moment(object, "offset_age_ns");
	read_report(guest, get_object(object, "report"));
	guest->asked = (guint64)get_count(object, "asked", G_MAXINT64);
	guest->answered = (guint64)get_count(object, "answered", G_MAXINT64);
	guest->stale = (guint64)get_count(object, "stale", G_MAXINT64);
	guest->noise = (guint64)get_count(object, "noise_bytes", G_MAXINT64);
	guest->refused = (guint64)get_count(object, "refused", G_MAXINT64);
}

/* 0 .. 3; anything else is unknown. */
static int get_exit_code(JsonObject *object)
{
	gint64 code = 3;

	return get_int(object, "exit_code", &code) && code >= 0 && code < 3 ? (int)code : 3;
}

static GclkTableRow *read_row(JsonObject *object)
{
	const char *id = get_text(object, "id");
	const char *name = get_text(object, "name");
	const char *state = get_text(object, "state");
	GclkTableRow *row = g_new0(GclkTableRow, 1);

	row->guest = gclk_guest_new(id ? id : "?", name ? name : "?");
	row->guest->listed = get_boolean(object, "listed");
	row->guest->running = get_boolean(object, "running");
	row->guest->paused = get_boolean(object, "paused");
	row->guest->has_channel = get_boolean(object, "has_channel");
	row->guest->has_agent = get_boolean(object, "has_agent");
	row->state = g_strdup(state ? state : "unknown");
	row->exit_code = get_exit_code(object);
	row->contradicted = get_boolean(object, "contradicted");
	read_need(row->guest, object);
	read_seen(row->guest, object);
	return row;
}

/* --- the whole -------------------------------------------------------------------------------- */

static void read_rows(GclkTableView *view, JsonArray *guests)
{
	guint n = MIN(json_array_get_length(guests), GCLK_TABLE_ROWS_MAX);

	for (guint i = 0; i < n; i++) {
		JsonNode *node = json_array_get_element(guests, i);

		if (JSON_NODE_HOLDS_OBJECT(node))
			g_ptr_array_add(view->rows, read_row(json_node_get_object(node)));
	}
}

static GclkTableView *read_table(JsonObject *object, JsonArray *guests)
{
	GclkTableView *view = g_new0(GclkTableView, 1);
	JsonObject *host = get_object(object, "host");

	view->rows = g_ptr_array_new_with_free_func(free_row);
	view->served = get_boolean(object, "served");
	view->watched_for = get_count(object, "watched_for_ns", G_MAXINT64);
	view->libvirt = g_strdup(get_text(object, "libvirt_problem"));
	view->host = g_strdup(get_text(host, "summary"));
	view->host_reason = g_strdup(get_text(host, "reason"));
	view->host_synchronised = get_boolean(host, "synchronised");
	view->host_fallback = get_boolean(host, "fallback");
	read_rows(view, guests);
	return view;
}

/* The parser's root and its guests; NULL with error. */
static JsonObject *load(
	JsonParser *parser, const char *text, gsize length, JsonArray **guests, GError **error)
{
	JsonNode *root;

	if (length > G_MAXSSIZE || !json_parser_load_from_data(parser, text, (gssize)length, error))
		return NULL;
	root = json_parser_get_root(parser);
	*guests = root && JSON_NODE_HOLDS_OBJECT(root)
			  ? get_array(json_node_get_object(root), "guests")
			  : NULL;
	if (*guests)
		return json_node_get_object(root);
	g_set_error_literal(error, JSON_PARSER_ERROR, JSON_PARSER_ERROR_INVALID_DATA,
		"this is no table of guests");
	return NULL;
}

GclkTableView *gclk_table_parse(const char *text, gsize length, GError **error)
{
	g_autoptr(JsonParser) parser = json_parser_new();
	JsonArray *guests = NULL;
	JsonObject *object = load(parser, text, length, &guests, error);

	return object ? read_table(object, guests) : NULL;
}

static gboolean is_one_of(JsonNode *node, const char *const *names)
{
	JsonObject *object = JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
	const char *name = get_text(object, "name");
	const char *id = get_text(object, "id");

	return (name && g_strv_contains(names, name)) || (id && g_strv_contains(names, id));
}

char *gclk_table_select(const char *text, gsize length, const char *const *names, GError **error)
{
	g_autoptr(JsonParser) parser = json_parser_new();
	g_autofree char *selected = NULL;
	JsonArray *guests = NULL;

	if (!load(parser, text, length, &guests, error))
		return NULL;
	for (guint i = json_array_get_length(guests); i > 0; i--)
		if (!is_one_of(json_array_get_element(guests, i - 1), names))
			json_array_remove_element(guests, i - 1);
	selected = json_to_string(json_parser_get_root(parser), TRUE);
	return g_strconcat(selected, "\n", NULL);
}
