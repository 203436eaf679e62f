/* SPDX-License-Identifier: BSD-2-Clause */
#include "publisher.h"

#include <string.h>

#include "guestclock/format.h"
#include "guestclock/notify.h"

/* Not more often than this for news that are not urgent: a precision clock may speak each second.
 */
#define WRITE_INTERVAL (8 * GCLK_NS_PER_S)

void gclk_publisher_init(GclkPublisher *p, GclkPlatform *platform, const char *run_directory)
{
	*p = (GclkPublisher){
		.platform = platform,
		.path = g_build_filename(run_directory, GCLK_STATUS_FILE, NULL),
	};
}

void gclk_publisher_clear(GclkPublisher *p)
{
	g_free(p->path);
}

/* One line for `systemctl status`. */
static char *summary(const GclkStatus *status)
{
	char offset[32], bound[32];

	gclk_format_offset(status->offset, offset);
	gclk_format_bound(status->error_bound, bound);
	if (!status->selected)
		return g_strdup_printf("%s: %s", gclk_state_name(status->state),
			status->reason ? status->reason : "no source");
	return g_strdup_printf("%s to %s, offset %s, error below %s",
		gclk_state_name(status->state), status->selected, offset, bound);
}

static void tell_manager(const GclkStatus *status)
{
	g_autofree char *line = summary(status);
	g_autofree char *message = gclk_notify_status(line, "WATCHDOG=1");

	gclk_notify(message);
}

static void write_status(GclkPublisher *p, GclkAgent *agent, const GclkStatus *status)
{
	g_autofree char *json = gclk_status_to_json(status);
	g_autoptr(GError) error = NULL;

	if (p->platform->write_file(p->platform, p->path, json, strlen(json), FALSE, &error))
		gclk_agent_clear_finding(agent, "run-directory");
	else
		gclk_agent_set_finding(agent, "run-directory", GCLK_SEVERITY_WARNING,
			error->message, "the clock is kept, but guestclock status cannot show it");
}

void gclk_publisher_report(GclkPublisher *p, GclkAgent *agent, gboolean urgent)
{
	gint64 now = p->platform->boottime(p->platform);
	g_autoptr(GclkStatus) status = NULL;

	if (!urgent && p->written && now - p->written < WRITE_INTERVAL)
		return;
	p->written = now;
	status = gclk_agent_status(agent);
	write_status(p, agent, status);
	tell_manager(status);
}
