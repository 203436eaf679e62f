/* SPDX-License-Identifier: BSD-2-Clause */
#include "gate/ask.h"

#include "gate/journal.h"
#include "sync/cache.h"

/* Who switched the gate off? NULL: nobody. Caller frees. */
static char *switched_off(const GclkHostConfig *config)
{
	if (!config->enforce)
		return g_strdup("the gate is off by the configuration, enforce=no");
	if (g_file_test(config->switch_file, G_FILE_TEST_EXISTS))
		return g_strdup_printf("the gate is off by the switch %s", config->switch_file);
	return NULL;
}

static GclkHostSync *find_sync(const GclkHostConfig *config)
{
	GclkHostSync *sync = gclk_sync_cache_load(config->run_directory, config->cache_age);
	const GclkProbePlaces places = gclk_host_config_places(config);
	const GclkSyncPolicy policy = gclk_host_config_policy(config);

	if (sync)
		return sync;
	sync = gclk_host_sync_ask(&places, &policy);
	gclk_sync_cache_save(config->run_directory, sync);
	return sync;
}

static gboolean asks_nothing(const GclkNeed *need)
{
	return need->protocol == GCLK_NEED_ANY && need->max_error <= 0;
}

void gclk_gate_ask(const GclkGateCase *vm, const GclkHostConfig *config, GclkGateAnswer *out)
{
	g_autofree char *off = NULL;

	*out = (GclkGateAnswer){ .verdict = { .kind = GCLK_VERDICT_UNKNOWN } };
	if (!vm->need_error && asks_nothing(&vm->need))
		return;
	off = switched_off(config);
	if (!vm->need_error) {
		out->sync = find_sync(config);
		gclk_verdict_judge(&vm->need, out->sync, &out->verdict);
	}
	gclk_gate_decide(vm->vm, &vm->need, vm->need_error, &out->verdict,
		(GclkOnUnknown)config->on_unknown, off, &out->decision);
}

void gclk_gate_answer_clear(GclkGateAnswer *answer)
{
	gclk_gate_decision_clear(&answer->decision);
	gclk_verdict_clear(&answer->verdict);
	g_clear_pointer(&answer->sync, gclk_host_sync_free);
}

void gclk_gate_record(const GclkGateCase *vm, const GclkGateAnswer *answer)
{
	gclk_journal_decision(vm->vm, *vm->uuid ? vm->uuid : NULL,
		vm->need_error ? NULL : &vm->need, answer->sync, &answer->verdict,
		&answer->decision);
}
