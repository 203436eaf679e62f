/* SPDX-License-Identifier: BSD-2-Clause */
#include "agent-bed.h"

#include "harness.h"
#include "sources.h"

static void on_report(gpointer user, GclkAgent *agent, gboolean urgent)
{
	Bed *bed = user;

	(void)agent;
	bed->reports++;
	bed->urgent += urgent != FALSE;
}

static const GclkAgentEvents events = { .report = on_report };

void bed_add_server(Bed *bed, guint number)
{
	g_autofree char *address = g_strdup_printf("192.0.2.%u", number);
	GclkServerConfig *server = gclk_server_config_new(address, address);

	server->min_poll = server->max_poll = 4;
	g_ptr_array_add(bed->config->servers, server);
}

void bed_init(Bed *bed, guint n_servers, double ppm)
{
	const SimOscillator oscillator = { .frequency_ppm = ppm };

	*bed = (Bed){ .environment = { .boot_id = (char *)"a-boot", .hypervisor = (char *)"kvm" } };
	bed->world.vm = sim_vm_new(3, BED_EPOCH, &oscillator);
	bed->world.n_servers = n_servers;
	bed->config = gclk_config_new();
	bed->config->link_channel = g_strdup("none");
	for (guint i = 0; i < n_servers; i++) {
		bed->world.servers[i] = (SimServer){ .delay = 100 * GCLK_NS_PER_US,
			.delay_noise = 10 * GCLK_NS_PER_US,
			.stratum = 1 };
		bed_add_server(bed, i + 1);
	}
	bed->platform = sim_platform_new(&bed->world);
}

void bed_start(Bed *bed, gboolean steers)
{
	bed->agent = gclk_agent_new(
		bed->platform, bed->config, &bed->environment, steers, NULL, &events, bed);
	gclk_sources_apply(bed->agent, bed->platform, bed->config, BED_EPOCH);
	CU_ASSERT_TRUE_FATAL(gclk_agent_start(bed->agent, NULL));
}

void bed_run(Bed *bed, gint64 seconds)
{
	sim_run(bed->world.vm, sim_now(bed->world.vm) + seconds * GCLK_NS_PER_S);
}

void bed_clear(Bed *bed)
{
	gclk_agent_free(bed->agent);
	gclk_config_free(bed->config);
	bed->platform->free(bed->platform);
	sim_vm_free(bed->world.vm);
}

const GclkFinding *bed_finding(const GclkStatus *status, const char *id)
{
	for (guint i = 0; i < status->findings->len; i++) {
		const GclkFinding *f = g_ptr_array_index(status->findings, i);

		if (g_str_equal(f->id, id))
			return f;
	}
	return NULL;
}

const GclkSourceStatus *bed_source(const GclkStatus *status, const char *name)
{
	for (guint i = 0; i < status->sources->len; i++) {
		const GclkSourceStatus *s = g_ptr_array_index(status->sources, i);

		if (g_str_equal(s->name, name))
			return s;
	}
	return NULL;
}

void bed_add_link(Bed *bed)
{
	bed->world.has_link = TRUE;
	bed->world.host = (SimHost){ .delay = 50 * GCLK_NS_PER_US,
		.delay_noise = 5 * GCLK_NS_PER_US,
		.since = BED_EPOCH,
		.synchronised = TRUE,
		.protocol = GCLK_PROTOCOL_NTP,
		.bound = 100 * GCLK_NS_PER_US };
	g_free(bed->config->link_channel);
	bed->config->link_channel = g_strdup(SIM_CHANNEL);
	bed->config->link_poll = 4;
}

gint64 bed_error(const Bed *bed)
{
	return sim_utc(bed->world.vm) - sim_real(bed->world.vm);
}

void bed_add_ptp(Bed *bed)
{
	bed->world.has_ptp = TRUE;
	bed->world.ptp =
		(SimPtp){ .bracket = 2 * GCLK_NS_PER_US, .bracket_noise = GCLK_NS_PER_US / 10 };
}

GclkStatus *bed_status(Bed *bed, GclkStatus **status)
{
	g_clear_pointer(status, gclk_status_free);
	*status = gclk_agent_status(bed->agent);
	return *status;
}
