/* SPDX-License-Identifier: BSD-2-Clause */
#include "guestclock/channel-name.h"

#include <string.h>

#include "guestclock/link.h"

static gboolean is_port_name(const char *name)
{
	if (*name == '\0' || *name == '.' || strlen(name) > GCLK_CHANNEL_PORT_NAME_MAX)
		return FALSE;
	for (; *name; name++)
		if (!g_ascii_isalnum(*name) && !strchr("._-", *name))
			return FALSE;
	return TRUE;
}

/* Beyond 1023 any process of the host could pass for its service. */
static guint parse_vsock_port(const char *text)
{
	guint64 port;

	if (!g_ascii_string_to_unsigned(text, 10, 1, GCLK_LINK_VSOCK_PORT_MAX, &port, NULL))
		return 0;
	return (guint)port;
}

static gboolean is_socket_path(const char *path)
{
	if (*path != '/' || strlen(path) > GCLK_CHANNEL_PATH_MAX)
		return FALSE;
	for (; *path; path++)
		if (g_ascii_iscntrl(*path))
			return FALSE;
	return TRUE;
}

/* What is the matter with what stands behind the prefix, or NULL: nothing. */
static const char *check_port(GclkChannel *channel)
{
	return is_port_name(channel->name)
		       ? NULL
		       : "behind \"virtio:\" stands the name of a port: 1 to 63 letters, digits, "
			 "\".\", \"_\" and \"-\", and no \".\" in front";
}

static const char *check_vsock(GclkChannel *channel)
{
	channel->port = parse_vsock_port(channel->name);
	return channel->port ? NULL : "behind \"vsock:\" stands a port from 1 to 1023";
}

static const char *check_unix(GclkChannel *channel)
{
	return is_socket_path(channel->name)
		       ? NULL
		       : "behind \"unix:\" stands an absolute path of at most 103 bytes, without "
			 "control characters";
}

static const struct {
	const char *prefix;
	GclkChannelKind kind;
	const char *(*check)(GclkChannel *channel);
} kinds[] = {
	{ "virtio:", GCLK_CHANNEL_PORT, check_port },
	{ "vsock:", GCLK_CHANNEL_VSOCK, check_vsock },
	{ "unix:", GCLK_CHANNEL_UNIX, check_unix },
};

GclkChannel gclk_channel_parse(const char *text)
{
	GclkChannel channel = {
		.kind = GCLK_CHANNEL_BAD,
		.problem = "a channel is virtio:NAME, vsock:PORT or unix:/PATH",
	};

	for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++) {
		if (!g_str_has_prefix(text, kinds[i].prefix))
			continue;
		channel.name = text + strlen(kinds[i].prefix);
		channel.problem = kinds[i].check(&channel);
		if (!channel.problem)
			channel.kind = kinds[i].kind;
	}
	return channel;
}
