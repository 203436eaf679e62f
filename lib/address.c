/* SPDX-License-Identifier: BSD-2-Clause */
#include "guestclock/address.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

static gsize family_size(guint8 family)
{
	return family == 4 ? 4 : family == 6 ? 16 : 0;
}

static guint32 parse_zone(const char *zone)
{
	guint64 index;

	if (g_ascii_string_to_unsigned(zone, 10, 1, G_MAXUINT32, &index, NULL))
		return (guint32)index;
	return if_nametoindex(zone);
}

static gboolean parse_v6(const char *text, GclkAddress *out)
{
	char host[INET6_ADDRSTRLEN];
	const char *zone = strchr(text, '%');
	gsize length = zone ? (gsize)(zone - text) : strlen(text);

	if (length >= sizeof(host))
		return FALSE;
	memcpy(host, text, length);
	host[length] = '\0';
	if (inet_pton(AF_INET6, host, out->bytes) != 1)
		return FALSE;
	if (zone) {
		out->scope = parse_zone(zone + 1);
		if (out->scope == 0)
			return FALSE;
	}
	out->family = 6;
	return TRUE;
}

gboolean gclk_address_parse(const char *text, guint16 port, GclkAddress *out)
{
	GclkAddress address = { .port = port };

	if (inet_pton(AF_INET, text, address.bytes) == 1)
		address.family = 4;
	else if (!parse_v6(text, &address))
		return FALSE;
	*out = address;
	return TRUE;
}

const char *gclk_address_format(const GclkAddress *address, char buffer[GCLK_ADDRESS_TEXT_MAX])
{
	char zone[IF_NAMESIZE];
	gsize used;

	if (family_size(address->family) == 0 ||
		!inet_ntop(address->family == 4 ? AF_INET : AF_INET6, address->bytes, buffer,
			GCLK_ADDRESS_TEXT_MAX)) {
		g_strlcpy(buffer, "none", GCLK_ADDRESS_TEXT_MAX);
		return buffer;
	}
	if (address->family == 6 && address->scope != 0) {
		used = strlen(buffer);
		if (if_indextoname(address->scope, zone))
			g_snprintf(buffer + used, GCLK_ADDRESS_TEXT_MAX - used, "%%%s", zone);
		else
			g_snprintf(buffer + used, GCLK_ADDRESS_TEXT_MAX - used, "%%%u",
				address->scope);
	}
	return buffer;
}

gboolean gclk_address_equal(const GclkAddress *a, const GclkAddress *b, gboolean with_port)
{
	return a->family == b->family && a->scope == b->scope &&
	       memcmp(a->bytes, b->bytes, family_size(a->family)) == 0 &&
	       (!with_port || a->port == b->port);
}

gboolean gclk_address_is_loopback(const GclkAddress *address)
{
	static const guint8 v6[16] = { [15] = 1 };

	if (address->family == 4)
		return address->bytes[0] == 127;
	return address->family == 6 && memcmp(address->bytes, v6, sizeof(v6)) == 0;
}

guint32 gclk_address_refid(const GclkAddress *address)
{
	g_autoptr(GChecksum) md5 = NULL;
	guint8 digest[16] = { 0 };
	gsize length = sizeof(digest);
	const guint8 *b = address->bytes;

	if (address->family == 6) {
		md5 = g_checksum_new(G_CHECKSUM_MD5);
		g_checksum_update(md5, address->bytes, 16);
		g_checksum_get_digest(md5, digest, &length);
		b = digest;
	}
	return (guint32)b[0] << 24 | (guint32)b[1] << 16 | (guint32)b[2] << 8 | b[3];
}
