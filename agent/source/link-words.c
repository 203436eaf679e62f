/* SPDX-License-Identifier: BSD-2-Clause */
#include "source/link-words.h"

#include <errno.h>
#include <string.h>

#include "guestclock/format.h"

#define USED_ALL_THE_SAME "used for its rate and as a witness only"

/* What is wrong, by what kind of channel it is, and what to do on the host. */
static const struct {
	const char *prefix;
	const char *missing;
	const char *unattended;
} kinds[] = {
	{ "virtio:",
		"this VM has no such virtio-serial port: on the host, \"hostclock require DOMAIN "
		"--channel\" gives it one",
		"nobody is at the host's end of this port: on the host, \"hostclock serve\" must "
		"run" },
	{ "vsock:", "this VM has no vsock device: give it one on the host, or use another channel",
		"nobody answers on this port of the host: there, \"hostclock serve --listen "
		"vsock:PORT\" must run" },
	{ "unix:",
		"there is no such socket: \"hostclock serve --listen unix:PATH\" makes one, or "
		"the VM's monitor",
		"nobody listens on this socket: \"hostclock serve --listen unix:PATH\" must run" },
};

const char *gclk_link_trouble_reason(GclkLinkTrouble trouble, const char *channel)
{
	gsize kind = 0;

	for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++)
		if (g_str_has_prefix(channel, kinds[i].prefix))
			kind = i;
	switch (trouble) {
	case GCLK_LINK_MISSING:
		return kinds[kind].missing;
	case GCLK_LINK_UNATTENDED:
		return kinds[kind].unattended;
	case GCLK_LINK_DEAF:
		return "the host's end does not read what is sent: is it \"hostclock serve\" that "
		       "holds it?";
	case GCLK_LINK_SILENT:
		return "the host's end is open, and nobody answers: is it \"hostclock serve\" that "
		       "holds it?";
	case GCLK_LINK_SLOW:
		return "the host answers, but later than a second after it was asked: it is "
		       "overloaded, or this VM is";
	}
	return "";
}

char *gclk_link_failure_reason(gint error, const char *channel)
{
	switch (error) {
	case ENOENT:
	case ENODEV:
	case ENXIO:
		return g_strdup(gclk_link_trouble_reason(GCLK_LINK_MISSING, channel));
	case 0:
	case EPIPE:
	case ECONNREFUSED:
	case ECONNRESET:
	case ETIMEDOUT:
		return g_strdup(gclk_link_trouble_reason(GCLK_LINK_UNATTENDED, channel));
	default:
		return g_strdup(g_strerror(error));
	}
}

static gboolean is_one_of(const GError *error, GFileError one, GFileError other)
{
	return g_error_matches(error, G_FILE_ERROR, (gint)one) ||
	       g_error_matches(error, G_FILE_ERROR, (gint)other);
}

/* What the system says, without the channel's name in front. */
static const char *bare_message(const GError *error, const char *channel)
{
	gsize length = strlen(channel);

	if (!error)
		return "it cannot be opened, nothing says why";
	if (g_str_has_prefix(error->message, channel) &&
		g_str_has_prefix(error->message + length, ": "))
		return error->message + length + 2;
	return error->message;
}

char *gclk_link_open_reason(
	const GError *error, const char *channel, GclkSourceCondition *condition)
{
	*condition = GCLK_SOURCE_UNREACHABLE;
	if (is_one_of(error, G_FILE_ERROR_NOENT, G_FILE_ERROR_NODEV) ||
		is_one_of(error, G_FILE_ERROR_NXIO, G_FILE_ERROR_NXIO))
		return g_strdup(gclk_link_trouble_reason(GCLK_LINK_MISSING, channel));
	if (is_one_of(error, G_FILE_ERROR_ACCES, G_FILE_ERROR_PERM)) {
		*condition = GCLK_SOURCE_FAILED;
		return g_strdup("it may not be opened: start guestclockd as root, which it drops "
				"but for this (and again, if this channel is new), and let its "
				"unit or container have it");
	}
	/* a port that is there has a host's end; a socket may be refused by it */
	if (g_str_has_prefix(channel, "virtio:"))
		return g_strdup(bare_message(error, channel));
	return g_strdup_printf("%s: %s", bare_message(error, channel),
		gclk_link_trouble_reason(GCLK_LINK_UNATTENDED, channel));
}

char *gclk_link_unfit_reason(const GclkNtpReply *reply, gint64 distance, const GclkLinkHost *host)
{
	char text[32], limit[32];

	if (reply->unfit == GCLK_NTP_ROOT_DISTANCE) {
		gclk_format_bound(distance, text);
		gclk_format_bound(reply->distance_limit, limit);
		return g_strdup_printf("the host says that its clock may be off by %s, more than "
				       "max-distance (%s): " USED_ALL_THE_SAME,
			text, limit);
	}
	return g_strdup_printf(
		"the host says that its clock is not synchronised%s%s%s: " USED_ALL_THE_SAME,
		host ? " (protocol " : "", host ? gclk_protocol_name(host->protocol) : "",
		host ? ")" : "");
}

const char *gclk_link_host_identity(const GclkLinkHost *host)
{
	if (!host)
		return "";
	if (host->fallback && host->protocol == GCLK_PROTOCOL_NTP)
		return "ntp, in place of ptp";
	return gclk_protocol_name(host->protocol);
}
