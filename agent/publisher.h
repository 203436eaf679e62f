/* SPDX-License-Identifier: BSD-2-Clause */
/* The daemon's word to the outside: the status file, and the service manager. */
#ifndef GUESTCLOCK_PUBLISHER_H
#define GUESTCLOCK_PUBLISHER_H

#include "agent.h"

typedef struct {
	GclkPlatform *platform;
	char *path;     /* of the status file, owned */
	gint64 written; /* boottime of the last write, 0: never */
} GclkPublisher;

void gclk_publisher_init(
	GclkPublisher *publisher, GclkPlatform *platform, const char *run_directory);
void gclk_publisher_clear(GclkPublisher *publisher);

/* Writes the status if it is urgent or the last one has aged; a failure is a finding, once. */
void gclk_publisher_report(GclkPublisher *publisher, GclkAgent *agent, gboolean urgent);

#endif
