/* SPDX-License-Identifier: BSD-2-Clause */
/* Pauses that nobody tells of and that fall into the first minute after a start, when neither the
   noise nor the rate is known well. No error may be beyond the stated bound here either. */
#include "scenario-parts.h"

/* clang-format off: a table reads best as written */
const SimScenario sim_early_scenarios[] = {
	{
		.name = "pause-early",
		.tells = "pauses of 300, 1200, 30 and 8 ms within a minute of a start, NTP only",
		.length = 2600, .settled = 2000, .start_offset = 0,
		OSCILLATOR,
		SERVERS(1),
		.events = { { 28, SIM_PAUSE, 0.3 }, { 500, SIM_RESTART, 0 }, { 545, SIM_PAUSE, 1.2 },
			{ 1000, SIM_RESTART, 0 }, { 1019, SIM_PAUSE, 0.03 }, { 1500, SIM_RESTART, 0 },
			{ 1560, SIM_PAUSE, 0.008 } },
		.converge_limit = 1e-3, .converge_within = 1660,
		.recover_from = 1560, .recover_within = 100,
		.rms_limit = 2e-5, .max_limit = 1e-4,
		.final_state = "synchronised",
		.steps = 2,
	},
	{
		.name = "pause-early-far",
		.tells = "the same, with servers that are 15 ms away, and pauses below that",
		.length = 2600, .settled = 2200, .start_offset = 0.5,
		OSCILLATOR,
		.n_servers = 1,
		.server = { .delay = 15000 * US, .delay_noise = 1000 * US, .stratum = 1 },
		POLL_16,
		.events = { { 28, SIM_PAUSE, 0.3 }, { 500, SIM_RESTART, 0 }, { 545, SIM_PAUSE, 0.028 },
			{ 1000, SIM_RESTART, 0 }, { 1019, SIM_PAUSE, 0.02 }, { 1500, SIM_RESTART, 0 },
			{ 1535, SIM_PAUSE, 0.008 } },
		.converge_limit = 3e-3, .converge_within = 1820,
		.recover_from = 1560, .recover_within = 260,
		.rms_limit = 3e-4, .max_limit = 1e-3,
		.final_state = "synchronised",
		.steps = 2,
	},
	{ .name = NULL },
};
/* clang-format on */
