/* SPDX-License-Identifier: BSD-2-Clause */
#include "gate/hook.h"

#include <string.h>
#include <unistd.h>

#include "gate/budget.h"

static void print(int fd, const char *text)
{
	gsize length = strlen(text);

	if (write(fd, text, length) != (gssize)length || write(fd, "\n", 1) != 1)
		return; /* nobody listens: the exit status says it too */
}

/* Would a VM of this need be refused if nothing could be found out in time? */
static gboolean refuses_unknown(const GclkHostConfig *config, const GclkNeed *need)
{
	const GclkVerdict unknown = { .kind = GCLK_VERDICT_UNKNOWN, .reason = (char *)"" };
	g_auto(GclkGateDecision) decision = { 0 };

	gclk_gate_decide(
		"", need, NULL, &unknown, (GclkOnUnknown)config->on_unknown, NULL, &decision);
	return config->enforce && decision.action == GCLK_GATE_REFUSE;
}

int gclk_hook_run(const GclkHook *hook, const GclkHostConfig *config, int argc, char **argv)
{
	const gboolean always = config->enforce && config->on_unknown == GCLK_ON_UNKNOWN_REFUSE;
	g_auto(GclkGateDecision) decision = { 0 };
	g_autoptr(GError) error = NULL;
	GclkGateCase vm = { .vm = "?" };

	gclk_budget_start(always ? hook->refuse : 0, hook->fd);
	hook->read(config, argc, argv, &vm, &error);
	vm.need_error = error;
	if (!error && refuses_unknown(config, &vm.need))
		gclk_budget_set_status(hook->refuse);
	gclk_gate_ask(&vm, config, &decision);
	if (decision.message)
		print(hook->fd, decision.message);
	return decision.action == GCLK_GATE_REFUSE ? hook->refuse : 0;
}
