/* SPDX-License-Identifier: BSD-2-Clause */
/* The hub's table as JSON, in pieces: the guests' questions are answered in between. */
#include <string.h>

#include "guests/hub-private.h"
#include "guests/table.h"

/* Guests a piece: some 0.1 ms. */
#define PIECE 16

typedef struct {
	char *id;
	GclkGuestTrouble trouble;
	const char *name; /* while it is sorted */
} Ranked;

struct GclkHubTable {
	GclkHub *hub;
	GArray *ranked; /* of Ranked */
	guint next;
	GclkJson *json;
};

/* The most troubled first, then by name. */
static gint compare(gconstpointer a, gconstpointer b)
{
	const Ranked *x = a, *y = b;

	if (x->trouble != y->trouble)
		return x->trouble > y->trouble ? -1 : 1;
	return strcmp(x->name, y->name);
}

static void clear_ranked(gpointer data)
{
	g_free(((Ranked *)data)->id);
}

static GArray *rank(GclkHub *hub, gint64 now)
{
	GArray *ranked = g_array_new(FALSE, FALSE, sizeof(Ranked));
	GHashTableIter iter;
	gpointer value;

	g_array_set_clear_func(ranked, clear_ranked);
	g_hash_table_iter_init(&iter, hub->rows);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		GclkHubRow *row = value;
		Ranked one = { .id = g_strdup(row->guest->id), .name = row->guest->name };

		gclk_hub_row_view(hub, row, now);
		one.trouble = gclk_guest_trouble(row->guest, now);
		g_array_append_val(ranked, one);
	}
	g_array_sort(ranked, compare);
	return ranked;
}

GclkHubTable *gclk_hub_table_new(GclkHub *hub)
{
	GclkHubTable *table = g_new0(GclkHubTable, 1);
	const GclkTable head = {
		.served = hub->served,
		.since = hub->began.boottime,
		.now = gclk_hub_now(),
		.libvirt = hub->libvirt_problem,
		.sync = hub->sync,
	};

	table->hub = hub;
	table->ranked = rank(hub, head.now.boottime);
	table->json = gclk_json_new();
	gclk_table_begin(table->json, &head);
	return table;
}

gboolean gclk_hub_table_step(GclkHubTable *table)
{
	const guint end = MIN(table->next + PIECE, table->ranked->len);
	const gint64 now = gclk_hub_now().boottime;

	for (; table->next < end; table->next++) {
		const char *id = g_array_index(table->ranked, Ranked, table->next).id;
		GclkHubRow *row = gclk_hub_find(table->hub, id);

		/* it may have gone meanwhile */
		if (row)
			gclk_table_add(table->json, row->guest, now);
	}
	return table->next < table->ranked->len;
}

char *gclk_hub_table_finish(GclkHubTable *table)
{
	char *text = gclk_table_end(g_steal_pointer(&table->json));

	gclk_hub_table_free(table);
	return text;
}

void gclk_hub_table_free(GclkHubTable *table)
{
	if (!table)
		return;
	g_array_unref(table->ranked);
	gclk_json_free(table->json);
	g_free(table);
}

char *gclk_hub_json(GclkHub *hub)
{
	GclkHubTable *table = gclk_hub_table_new(hub);

	while (gclk_hub_table_step(table))
		;
	return gclk_hub_table_finish(table);
}
