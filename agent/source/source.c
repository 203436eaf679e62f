/* SPDX-License-Identifier: BSD-2-Clause */
#include "source/source.h"

void gclk_source_init(GclkSource *source, const GclkSourceOps *ops, GclkSourceKind kind,
	GclkPlatform *platform, const char *name, const char *origin)
{
	source->ops = ops;
	source->kind = kind;
	source->platform = platform;
	source->name = g_strdup(name);
	source->origin = g_strdup(origin);
	source->condition = GCLK_SOURCE_WAITING;
}

void gclk_source_free(GclkSource *source)
{
	if (!source)
		return;
	g_free(source->name);
	g_free(source->origin);
	g_free(source->reason);
	source->ops->free(source);
}

void gclk_source_set_condition(
	GclkSource *source, GclkSourceCondition condition, const char *reason, ...)
{
	g_autofree char *text = NULL;

	if (reason) {
		va_list arguments;

		va_start(arguments, reason);
		text = g_strdup_vprintf(reason, arguments);
		va_end(arguments);
	}
	if (source->condition == condition && g_strcmp0(source->reason, text) == 0)
		return;
	source->condition = condition;
	g_free(source->reason);
	source->reason = g_steal_pointer(&text);
	if (source->events && source->events->changed)
		source->events->changed(source->user, source);
}

void gclk_source_disrupted(GclkSource *source, const char *what)
{
	if (source->events && source->events->disrupted)
		source->events->disrupted(source->user, source, what);
}

void gclk_source_reference_jumped(GclkSource *source)
{
	if (source->events && source->events->reference_jumped)
		source->events->reference_jumped(source->user, source);
}

void gclk_source_claim(GclkSource *source, const GclkLinkHost *claim, gint64 raw)
{
	if (source->events && source->events->claimed)
		source->events->claimed(source->user, source, claim, raw);
}

void gclk_source_emit(GclkSource *source, const GclkSample *sample)
{
	if (source->events && source->events->sample)
		source->events->sample(source->user, source, sample);
}

const char *gclk_source_kind_name(GclkSourceKind kind)
{
	switch (kind) {
	case GCLK_SOURCE_PTP:
		return "ptp";
	case GCLK_SOURCE_HOST:
		return "host";
	case GCLK_SOURCE_NTP:
		return "ntp";
	}
	return "unknown";
}

const char *gclk_source_condition_name(GclkSourceCondition condition)
{
	switch (condition) {
	case GCLK_SOURCE_WAITING:
		return "waiting";
	case GCLK_SOURCE_OK:
		return "ok";
	case GCLK_SOURCE_UNREACHABLE:
		return "unreachable";
	case GCLK_SOURCE_REFUSED:
		return "refused";
	case GCLK_SOURCE_FAILED:
		return "failed";
	}
	return "unknown";
}
