/* SPDX-License-Identifier: BSD-2-Clause */
/* What many rows of the tables have in common: a few members of a SimScenario each. */
#ifndef GUESTCLOCK_SIM_SCENARIO_PARTS_H
#define GUESTCLOCK_SIM_SCENARIO_PARTS_H

#include "scenario.h"

#define US   GCLK_NS_PER_US
#define MS   GCLK_NS_PER_MS
#define HOUR 3600.0

/* 50 ppm off, wandering by 1e-9 a second. */
#define OSCILLATOR .oscillator = { .frequency_ppm = -50, .wander_ppb = 1 }
/* One that counts ticks, HZ 250. */
#define JIFFIES .oscillator = { .frequency_ppm = 12, .wander_ppb = 1, .tick = 4 * MS }

/* 100 us and an exponential 100 us each way. */
#define LAN     .server = { .delay = 100 * US, .delay_noise = 100 * US, .stratum = 1 }
#define POLL_16 .min_poll = 4, .max_poll = 4
/* So many servers there, asked every 16 s. */
#define SERVERS(count) .n_servers = (count), LAN, POLL_16

#endif
