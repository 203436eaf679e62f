/* SPDX-License-Identifier: BSD-2-Clause */
/* A detection as text and as JSON. */
#include <string.h>

#include "detect/detection.h"
#include "guestclock/json-writer.h"
#include "guestclock/text.h"

#define WIDTH       80
#define NAME_WIDTH  28 /* of facts; a longer name takes a line of its own */
#define VALUE_START (2 + NAME_WIDTH + 1)

/* --- text ------------------------------------------------------------------------------------- */

static void add_verdict(
	GString *out, const char *what, const char *verdict, const char *why, gboolean color)
{
	g_autofree char *line = g_strdup_printf("because: %s", why);
	g_autofree char *clean = gclk_text_clean(line);

	gclk_text_pad(out, what, 12);
	gclk_text_pad_style(out, verdict, 0, GCLK_STYLE_BOLD, color);
	g_string_append(out, "\n  ");
	gclk_text_wrap(out, clean, 2, 11, WIDTH);
}

static void add_facts(GString *out, const char *title, const GPtrArray *facts, gboolean color)
{
	if (facts->len == 0)
		return;
	g_string_append_c(out, '\n');
	gclk_text_pad_style(out, title, 0, GCLK_STYLE_BOLD, color);
	g_string_append_c(out, '\n');
	for (guint i = 0; i < facts->len; i++) {
		const GclkFact *fact = facts->pdata[i];
		g_autofree char *name = gclk_text_clean(fact->name);
		g_autofree char *value = gclk_text_clean(fact->value);
		g_autofree char *short_name = gclk_text_shorten(name, WIDTH - 2);

		g_string_append(out, "  ");
		gclk_text_pad(out, short_name, NAME_WIDTH);
		if (gclk_text_width(short_name) > NAME_WIDTH) {
			g_string_append_c(out, '\n');
			gclk_text_pad(out, "", VALUE_START);
		} else {
			g_string_append_c(out, ' ');
		}
		gclk_text_wrap(out, value, VALUE_START, VALUE_START, WIDTH);
	}
}

char *gclk_detection_text(const GclkDetection *detection, gboolean color)
{
	GString *out = g_string_new(NULL);

	add_verdict(out, "Hypervisor:", detection->hypervisor, detection->hypervisor_why, color);
	add_verdict(out, "Container:", detection->container, detection->container_why, color);
	g_string_append(out, detection->owns_clock
				     ? "The clock here is this machine's own.\n"
				     : "The clock here is that of the machine around the "
				       "container: leave it alone.\n");
	add_facts(out, "Facts", detection->facts, color);
	add_facts(out, "Could not be read", detection->unreadable, color);
	return g_string_free(out, FALSE);
}

/* --- JSON ------------------------------------------------------------------------------------- */

static void write_verdict(GclkJson *json, const char *key, const char *id, const char *why)
{
	gclk_json_begin_object(json, key);
	gclk_json_string(json, "id", id);
	gclk_json_string(json, "why", why);
	gclk_json_end_object(json);
}

static void write_facts(GclkJson *json, const char *key, const GPtrArray *facts, const char *name,
	const char *value)
{
	gclk_json_begin_array(json, key);
	for (guint i = 0; i < facts->len; i++) {
		const GclkFact *fact = facts->pdata[i];

		gclk_json_begin_object(json, NULL);
		gclk_json_string(json, name, fact->name);
		gclk_json_string(json, value, fact->value);
		gclk_json_end_object(json);
	}
	gclk_json_end_array(json);
}

char *gclk_detection_json(const GclkDetection *detection)
{
	GclkJson *json = gclk_json_new();

	gclk_json_begin_object(json, NULL);
	gclk_json_int(json, "schema", 1);
	write_verdict(json, "hypervisor", detection->hypervisor, detection->hypervisor_why);
	write_verdict(json, "container", detection->container, detection->container_why);
	gclk_json_boolean(json, "owns_clock", detection->owns_clock);
	write_facts(json, "facts", detection->facts, "name", "value");
	write_facts(json, "unreadable", detection->unreadable, "path", "reason");
	gclk_json_end_object(json);
	return gclk_json_finish(json);
}
