/* SPDX-License-Identifier: BSD-2-Clause */
#include "gate/hook.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "gate/budget.h"
#include "gate/journal.h"
#include "guestclock/text.h"

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

/* What we open shall not be taken for one of the three that a platform may have closed; and nobody
   reading the message is no reason to die, which would refuse the VM. */
static void settle(void)
{
	int fd;

	signal(SIGPIPE, SIG_IGN);
	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

/* A broken configuration of ours must not keep VMs from running: the defaults are in force then. */
static GclkHostConfig *load_config(const char *file, int fd)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *clean = NULL;
	g_autofree char *message = NULL;
	GclkHostConfig *config = gclk_host_config_load(file, &error);

	if (config)
		return config;
	clean = gclk_text_clean(error->message);
	message = g_strdup_printf("guestclock: %s; the defaults are in force", clean);
	print(fd, message);
	return gclk_host_config_new();
}

/* Told before it is recorded: a journal that hangs must not make a start of a refusal. */
static int answer(const GclkHook *hook, const GclkGateCase *vm, const GclkHostConfig *config)
{
	g_auto(GclkGateAnswer) answer = { 0 };
	int status;

	gclk_gate_ask(vm, config, &answer);
	status = answer.decision.action == GCLK_GATE_REFUSE ? hook->refuse : 0;
	if (answer.decision.message)
		print(hook->fd, answer.decision.message);
	gclk_budget_decided(status);
	gclk_gate_record(vm, &answer);
	return status;
}

/* What the journal gets if there is no time left to compose anything. */
static void prepare_record(const char *vm)
{
	g_autofree char *refused = gclk_journal_late_text(vm, TRUE);
	g_autofree char *started = gclk_journal_late_text(vm, FALSE);

	gclk_budget_set_record(gclk_journal_connect(), refused, started);
}

int gclk_hook_run(const GclkHook *hook, const char *file, int argc, char **argv)
{
	g_autoptr(GclkHostConfig) config = NULL;
	g_autoptr(GError) error = NULL;
	GclkGateCase vm = { .vm = hook->vm(argc, argv) };

	settle();
	gclk_budget_start(0, hook->fd);
	prepare_record(vm.vm);
	config = load_config(file, hook->fd);
	if (config->enforce && config->on_unknown == GCLK_ON_UNKNOWN_REFUSE)
		gclk_budget_set_status(hook->refuse);
	hook->read(config, argc, argv, &vm, &error);
	vm.need_error = error;
	if (!error && refuses_unknown(config, &vm.need))
		gclk_budget_set_status(hook->refuse);
	return answer(hook, &vm, config);
}
