/* SPDX-License-Identifier: BSD-2-Clause */
#include "guests/agent-problem.h"

#include <libvirt/virterror.h>
#include <string.h>

#include "guestclock/text.h"

#define QUOTE_MAX 200

/* The first that fits; part NULL: any message. libvirt 9.0: src/qemu/qemu_agent.c, qemu_domain.c;
   QEMU's qga/main.c has the words of frozen and blocked. */
static const struct {
	int code;         /* or -1: any */
	const char *part; /* of the message */
	gboolean slow;
	const char *sentence;
} problems[] = {
	{ VIR_ERR_AGENT_UNRESPONSIVE, "not connected", FALSE,
		"its QEMU guest agent does not run (libvirt: not connected)" },
	{ VIR_ERR_AGENT_UNRESPONSIVE, "disappeared", FALSE,
		"its QEMU guest agent ended while it was asked" },
	{ VIR_ERR_AGENT_UNRESPONSIVE, NULL, TRUE, "its QEMU guest agent hangs, or the guest does" },
	{ VIR_ERR_AGENT_UNSYNCED, NULL, TRUE,
		"its QEMU guest agent hangs, or gave answers to somebody else" },
	{ VIR_ERR_OPERATION_TIMEOUT, "state change lock", TRUE,
		"its QEMU guest agent is busy with a request of another program" },
	{ VIR_ERR_ARGUMENT_UNSUPPORTED, "not configured", FALSE,
		"it has no channel for the QEMU guest agent (org.qemu.guest_agent.0)" },
	{ VIR_ERR_OPERATION_INVALID, "not running", FALSE, "it does not run, or is paused" },
	{ VIR_ERR_NO_DOMAIN, NULL, FALSE, "it is gone" },
	{ VIR_ERR_NO_SUPPORT, NULL, FALSE,
		"its hypervisor's driver in libvirt cannot ask guest agents" },
	{ VIR_ERR_OPERATION_DENIED, NULL, FALSE,
		"libvirt lets us look only, and asking guest agents needs more (run hostclock as "
		"root)" },
	{ VIR_ERR_ACCESS_DENIED, NULL, FALSE,
		"libvirt does not allow us to ask its guest agent (domain:write)" },
	{ -1, "frozen", FALSE,
		"its file systems are frozen (a backup?), and its QEMU guest agent answers nothing "
		"else" },
	{ -1, "has been disabled", FALSE,
		"its QEMU guest agent is told not to give the time (block-rpcs of qemu-ga)" },
	{ -1, "not currently supported", FALSE,
		"its QEMU guest agent does not give the time: file systems are frozen (a backup?), "
		"or it is told not to (block-rpcs of qemu-ga)" },
};

static gssize find(int code, const char *message)
{
	for (gsize i = 0; i < G_N_ELEMENTS(problems); i++)
		if ((problems[i].code == code || problems[i].code == -1) &&
			(!problems[i].part || (message && strstr(message, problems[i].part))))
			return (gssize)i;
	return -1;
}

/* A guest has a hand in the message. */
static char *quote(const char *message)
{
	g_autofree char *beginning = g_strndup(message ? message : "no reason", QUOTE_MAX);
	g_autofree char *clean = gclk_text_clean(beginning);

	return g_strdup_printf("libvirt cannot ask its QEMU guest agent: %s", clean);
}

char *gclk_agent_problem(int code, const char *message, gint timeout)
{
	gssize i = find(code, message);

	if (i < 0)
		return quote(message);
	if (problems[i].slow)
		return g_strdup_printf("%s (no answer within %d s)", problems[i].sentence, timeout);
	return g_strdup(problems[i].sentence);
}

gboolean gclk_agent_problem_is_slow(int code, const char *message)
{
	gssize i = find(code, message);

	return i >= 0 && problems[i].slow;
}
