/* SPDX-License-Identifier: BSD-2-Clause */
#include "sync/esxi-text.h"

#include <json-glib/json-glib.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "sync/ptpd-status.h"

#define LINES_MAX   8192
#define PEERS_MAX   64
#define NESTING_MAX 32

static void clear_peer(gpointer pointer)
{
	GclkNtpqPeer *peer = pointer;

	g_free(peer->remote);
	g_free(peer->refid);
}

void gclk_esxi_text_clear(GclkEsxiText *text)
{
	g_clear_pointer(&text->ntp_servers, g_free);
	g_clear_pointer(&text->clock_source, g_free);
	g_clear_pointer(&text->peers, g_array_unref);
	if (text->status)
		g_string_free(text->status, TRUE);
	if (text->statistics)
		g_string_free(text->statistics, TRUE);
	text->status = text->statistics = NULL;
}

/* --- keys and values -------------------------------------------------------------------------- */

static void replace(char **field, const char *value)
{
	g_free(*field);
	*field = g_strdup(value);
}

/* Those of `esxcli system ntp get`, and who steers; everything else is PTP's. */
static void take_pair(GclkEsxiText *out, const char *key, const char *value)
{
	if (gclk_ptpd_same_key(key, "Servers")) {
		out->has_ntp = TRUE;
		replace(&out->ntp_servers, value);
	} else if (gclk_ptpd_same_key(key, "Loglevel")) {
		out->has_ntp = TRUE;
	} else if (gclk_ptpd_same_key(key, "Enabled")) {
		out->ntp_enabled = g_ascii_strcasecmp(value, "true") == 0;
	} else if (gclk_ptpd_same_key(key, "Clock Source")) {
		replace(&out->clock_source, value);
	} else if (!gclk_ptpd_same_key(key, "PID") && !gclk_ptpd_same_key(key, "Runtime Seconds") &&
		   !gclk_ptpd_same_key(key, "Host info")) {
		g_string_append_printf(out->status, "%s: %s\n", key, value);
	}
}

/* --- JSON ------------------------------------------------------------------------------------- */

/* json-glib follows nesting by recursion. */
static gboolean is_deep(const char *text)
{
	gboolean quoted = FALSE;
	guint depth = 0;

	for (; *text; text++) {
		if (quoted && *text == '\\' && text[1])
			text++;
		else if (*text == '"')
			quoted = !quoted;
		else if (!quoted && (*text == '{' || *text == '['))
			depth++;
		else if (!quoted && (*text == '}' || *text == ']') && depth)
			depth--;
		if (depth > NESTING_MAX)
			return TRUE;
	}
	return FALSE;
}

static char *value_text(JsonNode *node)
{
	GString *list;

	if (JSON_NODE_HOLDS_ARRAY(node)) {
		JsonArray *array = json_node_get_array(node);

		list = g_string_new(NULL);
		for (guint i = 0; i < json_array_get_length(array); i++) {
			g_autofree char *item = value_text(json_array_get_element(array, i));

			g_string_append_printf(list, "%s%s", i ? ", " : "", item ? item : "");
		}
		return g_string_free(list, FALSE);
	}
	if (!JSON_NODE_HOLDS_VALUE(node))
		return NULL;
	if (json_node_get_value_type(node) == G_TYPE_STRING)
		return g_strdup(json_node_get_string(node));
	if (json_node_get_value_type(node) == G_TYPE_BOOLEAN)
		return g_strdup(json_node_get_boolean(node) ? "true" : "false");
	if (json_node_get_value_type(node) == G_TYPE_INT64)
		return g_strdup_printf("%" G_GINT64_FORMAT, json_node_get_int(node));
	return g_strdup_printf("%.9g", json_node_get_double(node));
}

static JsonNode *find_member(JsonObject *object, const char *name)
{
	g_autoptr(GList) names = json_object_get_members(object);

	for (GList *at = names; at; at = at->next)
		if (gclk_ptpd_same_key(at->data, name))
			return json_object_get_member(object, at->data);
	return NULL;
}

static void take_node(GclkEsxiText *out, JsonNode *node);

/* A row of a table, {"Metric": "Announce received", "Value": "3490"}, is one pair. */
static void take_object(GclkEsxiText *out, JsonObject *object)
{
	JsonNode *metric = find_member(object, "Metric"), *value = find_member(object, "Value");
	g_autofree char *key = metric ? value_text(metric) : NULL;
	g_autofree char *text = value ? value_text(value) : NULL;
	g_autoptr(GList) names = json_object_get_members(object);

	if (key && text) {
		take_pair(out, key, text);
		return;
	}
	for (GList *at = names; at; at = at->next) {
		JsonNode *member = json_object_get_member(object, at->data);
		g_autofree char *plain = value_text(member);

		if (plain && *plain)
			take_pair(out, at->data, plain);
		take_node(out, member);
	}
}

static void take_node(GclkEsxiText *out, JsonNode *node)
{
	if (JSON_NODE_HOLDS_OBJECT(node)) {
		take_object(out, json_node_get_object(node));
	} else if (JSON_NODE_HOLDS_ARRAY(node)) {
		JsonArray *array = json_node_get_array(node);

		for (guint i = 0; i < json_array_get_length(array); i++)
			take_node(out, json_array_get_element(array, i));
	}
}

static gboolean take_json(GclkEsxiText *out, const char *text)
{
	g_autoptr(JsonParser) parser = json_parser_new();

	text += strspn(text, " \t\r\n");
	if ((*text != '{' && *text != '[') || is_deep(text) ||
		!json_parser_load_from_data(parser, text, -1, NULL))
		return FALSE;
	if (json_parser_get_root(parser))
		take_node(out, json_parser_get_root(parser));
	return TRUE;
}

/* --- ntpq -p ---------------------------------------------------------------------------------- */

static gboolean is_ntpq_header(const char *line)
{
	return strstr(line, "remote") && strstr(line, "refid") && strstr(line, "reach");
}

static gint64 milliseconds(const char *text)
{
	double ms = g_ascii_strtod(text, NULL);

	return fabs(ms) < 1e12 ? llrint(ms * 1e6) : 0;
}

/* "-", "3", "12m", "5h", "2d" */
static gint64 parse_when(const char *text)
{
	char *unit;
	gint64 n = g_ascii_strtoll(text, &unit, 10);
	gint64 seconds = *unit == 'm' ? 60 : *unit == 'h' ? 3600 : *unit == 'd' ? 86400 : 1;

	return unit == text || n < 0 || n > 1000000 ? -1 : n * seconds * GCLK_NS_PER_S;
}

/* remote refid st t when poll reach delay offset jitter; the remote name may hold blanks. */
static gboolean take_peer(GclkEsxiText *out, const char *line)
{
	enum { JITTER = 1, OFFSET, DELAY, REACH, POLL, WHEN, TYPE, STRATUM, REFID, COLUMNS };
	gboolean tallied = strchr("*o+-x#.", line[0]) != NULL;
	g_auto(GStrv) words = g_strsplit_set(line + tallied, " \t", -1);
	g_autoptr(GPtrArray) columns = g_ptr_array_new();
	GclkNtpqPeer peer = { .tally = tallied ? line[0] : ' ' };
	char **at;

	for (guint i = 0; words[i]; i++)
		if (words[i][0])
			g_ptr_array_add(columns, words[i]);
	if (columns->len < COLUMNS || out->peers->len >= PEERS_MAX)
		return FALSE;
	at = (char **)columns->pdata + columns->len;
	peer.refid = g_strdup(at[-REFID]);
	columns->pdata[columns->len - REFID] = NULL; /* the vector of remote ends here */
	peer.remote = g_strjoinv(" ", (char **)columns->pdata);
	peer.stratum = (gint)g_ascii_strtoll(at[-STRATUM], NULL, 10);
	peer.type = at[-TYPE][0];
	peer.when = parse_when(at[-WHEN]);
	peer.reach = (guint)g_ascii_strtoull(at[-REACH], NULL, 8) & 0xff;
	peer.delay = milliseconds(at[-DELAY]);
	peer.offset = milliseconds(at[-OFFSET]);
	peer.jitter = milliseconds(at[-JITTER]);
	g_array_append_val(out->peers, peer);
	return TRUE;
}

/* --- lines ------------------------------------------------------------------------------------ */

/* "2021-06-17 17:09:55.780497, slv, ..."; ESXi keeps its logs in UTC. 0: no such line. */
static gint64 statistics_time(const char *line)
{
	g_autoptr(GDateTime) time = NULL;
	int year, month, day, hour, minute;
	double second;
	int end = 0;

	if (sscanf(line, "%4d-%2d-%2d %2d:%2d:%lf,%n", &year, &month, &day, &hour, &minute, &second,
		    &end) != 6 ||
		end == 0 || year < 1970 || year > 2200)
		return 0;
	time = g_date_time_new_utc(year, month, day, hour, minute, second);
	return time ? g_date_time_to_unix(time) * GCLK_NS_PER_S +
			       g_date_time_get_microsecond(time) * GCLK_NS_PER_US
		    : 0;
}

/* esxcli --formatter=keyvalue: "NtpStatus.Enabled.boolean=true" */
static gboolean take_keyvalue(GclkEsxiText *out, const char *line)
{
	static const char *const types[] = { ".string=", ".integer=", ".boolean=", ".string[]=",
		".uint32=", ".uint64=", ".int=", NULL };

	for (guint i = 0; types[i]; i++) {
		const char *type = strstr(line, types[i]);
		g_autofree char *path = type ? g_strndup(line, (gsize)(type - line)) : NULL;
		const char *dot = path ? strrchr(path, '.') : NULL;

		if (!type)
			continue;
		take_pair(out, dot ? dot + 1 : path, type + strlen(types[i]));
		return TRUE;
	}
	return FALSE;
}

/* "   Enabled: true" of a structure, "Announce received   3490" of a table. */
static void take_plain(GclkEsxiText *out, const char *line)
{
	g_autofree char *text = g_strstrip(g_strdup(line));
	char *colon = strchr(text, ':'), *gap = strstr(text, "  ");
	char *end = colon && (!gap || colon < gap) ? colon : gap;

	if (!end || end == text) {
		g_string_append_printf(out->status, "%s\n", text);
		return;
	}
	*end = '\0';
	take_pair(out, text, g_strchug(end + 1));
}

static void take_line(GclkEsxiText *out, const char *line, gboolean *in_table)
{
	gint64 time = statistics_time(line);

	if (time > 0) {
		out->statistics_time = time;
		g_string_append_printf(out->statistics, "%s\n", line);
	} else if (is_ntpq_header(line)) {
		*in_table = out->has_peers = TRUE;
	} else if (strspn(line, "=- \t\r") == strlen(line)) {
		return; /* rules and empty lines */
	} else if (!*in_table || !take_peer(out, line)) {
		*in_table = FALSE;
		if (!take_keyvalue(out, line))
			take_plain(out, line);
	}
}

void gclk_esxi_text_parse(const char *text, gsize length, GclkEsxiText *out)
{
	g_autofree char *copy = g_strndup(text, MIN(length, GCLK_ESXI_TEXT_MAX));
	g_auto(GStrv) lines = NULL;
	gboolean in_table = FALSE;

	*out = (GclkEsxiText){ .status = g_string_new(NULL), .statistics = g_string_new(NULL) };
	out->peers = g_array_new(FALSE, TRUE, sizeof(GclkNtpqPeer));
	g_array_set_clear_func(out->peers, clear_peer);
	if (take_json(out, copy))
		return;
	lines = g_strsplit(copy, "\n", LINES_MAX);
	for (guint i = 0; lines[i]; i++)
		take_line(out, lines[i], &in_table);
}
