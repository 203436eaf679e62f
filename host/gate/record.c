/* SPDX-License-Identifier: BSD-2-Clause */
#include "gate/record.h"

#include <string.h>
#include <syslog.h>

struct GclkRecord {
	GclkRecordPriority priority;
	GArray *fields; /* of GLogField; the values are ours */
};

GclkRecord *gclk_record_new(const char *id, GclkRecordPriority priority, const char *message)
{
	GclkRecord *record = g_new0(GclkRecord, 1);

	record->priority = priority;
	record->fields = g_array_new(FALSE, FALSE, sizeof(GLogField));
	gclk_record_add(record, "MESSAGE", message);
	gclk_record_add(record, "MESSAGE_ID", id);
	gclk_record_add_int(record, "PRIORITY", priority);
	gclk_record_add(record, "SYSLOG_IDENTIFIER", "hostclock");
	return record;
}

void gclk_record_free(GclkRecord *record)
{
	if (!record)
		return;
	for (guint i = 0; i < record->fields->len; i++)
		g_free((gpointer)g_array_index(record->fields, GLogField, i).value);
	g_array_unref(record->fields);
	g_free(record);
}

void gclk_record_add(GclkRecord *record, const char *key, const char *value)
{
	const GLogField field = { key, g_strdup(value), -1 };

	if (value)
		g_array_append_val(record->fields, field);
}

void gclk_record_add_int(GclkRecord *record, const char *key, gint64 value)
{
	g_autofree char *text = g_strdup_printf("%" G_GINT64_FORMAT, value);

	gclk_record_add(record, key, text);
}

void gclk_record_add_need(GclkRecord *record, const GclkNeed *need)
{
	gclk_record_add(record, "NEED", need ? gclk_need_protocol_name(need->protocol) : NULL);
	if (need && need->max_error > 0)
		gclk_record_add_int(record, "NEED_MAX_ERROR_US", need->max_error / GCLK_NS_PER_US);
}

const char *gclk_record_get(const GclkRecord *record, const char *key)
{
	for (guint i = 0; i < record->fields->len; i++) {
		const GLogField *field = &g_array_index(record->fields, GLogField, i);

		if (strcmp(field->key, key) == 0)
			return field->value;
	}
	return NULL;
}

/* One line: syslog has no more. */
static void send_syslog(const GclkRecord *record)
{
	g_autofree char *line =
		g_strdelimit(g_strdup(gclk_record_get(record, "MESSAGE")), "\n", ' ');

	openlog("hostclock", LOG_PID, LOG_DAEMON);
	syslog(record->priority, "%s", line);
	closelog();
}

void gclk_record_send(const GclkRecord *record)
{
	if (g_log_writer_journald(G_LOG_LEVEL_WARNING, (const GLogField *)record->fields->data,
		    record->fields->len, NULL) != G_LOG_WRITER_HANDLED)
		send_syslog(record);
}
