/* SPDX-License-Identifier: BSD-2-Clause */
#include <netinet/in.h>
#include <string.h>

#include "platform/posix.h"

socklen_t gclk_posix_to_sockaddr(const GclkAddress *address, struct sockaddr_storage *out)
{
	struct sockaddr_in *in4 = (struct sockaddr_in *)out;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)out;

	memset(out, 0, sizeof(*out));
	switch (address->family) {
	case 4:
		in4->sin_family = AF_INET;
		in4->sin_port = htons(address->port);
		memcpy(&in4->sin_addr, address->bytes, 4);
		return sizeof(*in4);
	case 6:
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons(address->port);
		in6->sin6_scope_id = address->scope;
		memcpy(&in6->sin6_addr, address->bytes, 16);
		return sizeof(*in6);
	default:
		return 0;
	}
}

gboolean gclk_posix_from_sockaddr(const struct sockaddr *in, GclkAddress *out)
{
	struct sockaddr_in in4;
	struct sockaddr_in6 in6;

	memset(out, 0, sizeof(*out));
	switch (in->sa_family) {
	case AF_INET:
		memcpy(&in4, in, sizeof(in4));
		out->family = 4;
		out->port = ntohs(in4.sin_port);
		memcpy(out->bytes, &in4.sin_addr, 4);
		return TRUE;
	case AF_INET6:
		memcpy(&in6, in, sizeof(in6));
		out->family = 6;
		out->port = ntohs(in6.sin6_port);
		out->scope = in6.sin6_scope_id;
		memcpy(out->bytes, &in6.sin6_addr, 16);
		return TRUE;
	default:
		return FALSE;
	}
}
