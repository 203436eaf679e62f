/* SPDX-License-Identifier: BSD-2-Clause */
#include "gate/journal.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "gate/record.h"
#include "guestclock/text.h"

static const char *message_id(const GclkGateDecision *decision)
{
	if (decision->action == GCLK_GATE_REFUSE)
		return GCLK_JOURNAL_REFUSED;
	return decision->overridden ? GCLK_JOURNAL_OVERRIDDEN : GCLK_JOURNAL_WARNED;
}

void gclk_journal_decision(const char *vm, const char *uuid, const GclkNeed *need,
	const GclkHostSync *sync, const GclkVerdict *verdict, const GclkGateDecision *decision)
{
	g_autoptr(GclkRecord) record = NULL;

	if (!decision->message)
		return;
	record = gclk_record_new(message_id(decision),
		decision->action == GCLK_GATE_REFUSE ? GCLK_RECORD_ERROR : GCLK_RECORD_WARNING,
		decision->message);
	gclk_record_add(record, "GUESTCLOCK_VM", vm);
	gclk_record_add(record, "VM_UUID", uuid);
	gclk_record_add(record, "ACTION", gclk_gate_action_name(decision->action));
	gclk_record_add(record, "OVERRIDDEN", decision->overridden ? "1" : "0");
	gclk_record_add_need(record, need);
	gclk_record_add(record, "VERDICT", verdict ? gclk_verdict_name(verdict->kind) : "unknown");
	gclk_record_add(record, "HOST_PROTOCOL", sync ? gclk_protocol_name(sync->effective) : NULL);
	gclk_record_add(record, "HOST_SOURCE", sync ? sync->source : NULL);
	gclk_record_send(record);
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
