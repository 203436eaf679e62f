/* SPDX-License-Identifier: BSD-2-Clause */
#include "gate/journal.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

#include "guestclock/text.h"

#define FIELDS_MAX 16

typedef struct {
	GLogField fields[FIELDS_MAX];
	gsize n;
} Record;

/* value NULL: the field is left out. */
static void add(Record *record, const char *key, const char *value)
{
	if (value && record->n < FIELDS_MAX)
		record->fields[record->n++] = (GLogField){ key, value, -1 };
}

static const char *message_id(const GclkGateDecision *decision)
{
	if (decision->action == GCLK_GATE_REFUSE)
		return GCLK_JOURNAL_REFUSED;
	return decision->overridden ? GCLK_JOURNAL_OVERRIDDEN : GCLK_JOURNAL_WARNED;
}

/* One line: syslog has no more. */
static void send_syslog(const char *message)
{
	g_autofree char *line = g_strdelimit(g_strdup(message), "\n", ' ');

	openlog("hostclock", LOG_PID, LOG_DAEMON);
	syslog(LOG_WARNING, "%s", line);
	closelog();
}

void gclk_journal_decision(const char *vm, const char *uuid, const GclkNeed *need,
	const GclkHostSync *sync, const GclkVerdict *verdict, const GclkGateDecision *decision)
{
	g_autofree char *limit = NULL;
	Record record = { 0 };

	if (!decision->message)
		return;
	if (need && need->max_error > 0)
		limit = g_strdup_printf("%" G_GINT64_FORMAT, need->max_error / GCLK_NS_PER_US);
	add(&record, "MESSAGE", decision->message);
	add(&record, "MESSAGE_ID", message_id(decision));
	add(&record, "PRIORITY", decision->action == GCLK_GATE_REFUSE ? "3" : "4");
	add(&record, "SYSLOG_IDENTIFIER", "hostclock");
	add(&record, "GUESTCLOCK_VM", vm);
	add(&record, "VM_UUID", uuid);
	add(&record, "ACTION", gclk_gate_action_name(decision->action));
	add(&record, "OVERRIDDEN", decision->overridden ? "1" : "0");
	add(&record, "NEED", need ? gclk_need_protocol_name(need->protocol) : NULL);
	add(&record, "NEED_MAX_ERROR_US", limit);
	add(&record, "VERDICT", verdict ? gclk_verdict_name(verdict->kind) : "unknown");
	add(&record, "HOST_PROTOCOL", sync ? gclk_protocol_name(sync->effective) : NULL);
	add(&record, "HOST_SOURCE", sync ? sync->source : NULL);
	if (g_log_writer_journald(G_LOG_LEVEL_WARNING, record.fields, record.n, NULL) !=
		G_LOG_WRITER_HANDLED)
		send_syslog(decision->message);
}

/* --- without time -------------------------------------------------------------------------------
 */

int gclk_journal_connect(void)
{
	const struct sockaddr_un address = { .sun_family = AF_UNIX,
		.sun_path = "/run/systemd/journal/socket" };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof address) == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

/* A line a field; the name is cleaned of line ends, which would begin another one. */
char *gclk_journal_late_text(const char *vm, gboolean refused)
{
	g_autofree char *clean = gclk_text_clean(vm);
	g_autofree char *name = gclk_text_shorten(clean, 200);

	return g_strdup_printf("MESSAGE=guestclock: VM '%s': no verdict on the host's clock within "
			       "1 s. %s\n"
			       "MESSAGE_ID=%s\nPRIORITY=%d\nSYSLOG_IDENTIFIER=hostclock\n"
			       "GUESTCLOCK_VM=%s\nACTION=%s\nOVERRIDDEN=0\nVERDICT=unknown\n",
		name, refused ? "Refusing to start." : "Started all the same.",
		refused ? GCLK_JOURNAL_REFUSED : GCLK_JOURNAL_WARNED, refused ? 3 : 4, name,
		refused ? "refuse" : "warn");
}
