/* SPDX-License-Identifier: BSD-2-Clause */
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>

#include "platform/posix.h"
#include "platform/privileged-private.h"

void gclk_resolve_fail(GclkResolveReply *reply, guint32 id, const char *reason)
{
	memset(reply, 0, sizeof(*reply));
	reply->id = id;
	g_strlcpy(reply->reason, reason, sizeof(reply->reason));
}

static const char *reason_for(int error)
{
	static const struct {
		int error;
		const char *text;
	} reasons[] = {
		{ EAI_NONAME, "no such host" },
#ifdef EAI_NODATA
		{ EAI_NODATA, "the name exists, but has no address" },
#endif
		{ EAI_AGAIN, "no name server answers" },
		{ EAI_FAIL, "the name server refuses the question" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(reasons); i++)
		if (reasons[i].error == error)
			return reasons[i].text;
	return gai_strerror(error);
}

void gclk_resolve_blocking(const char *name, GclkResolveReply *out)
{
	const struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_DGRAM };
	struct addrinfo *found = NULL;
	int error;

	gclk_resolve_fail(out, 0, "the name has no usable address");
	error = getaddrinfo(name, NULL, &hints, &found);
	if (error) {
		gclk_resolve_fail(out, 0, reason_for(error));
		return;
	}
	for (const struct addrinfo *at = found; at && out->n < GCLK_HELPER_ADDRESSES_MAX;
		at = at->ai_next)
		if (gclk_posix_from_sockaddr(at->ai_addr, &out->addresses[out->n]))
			out->n++;
	freeaddrinfo(found);
	if (out->n > 0)
		out->reason[0] = '\0';
}

void gclk_resolve_check(GclkResolveReply *reply, gssize length, guint32 id)
{
	gboolean good = length == (gssize)sizeof(*reply) && reply->n <= GCLK_HELPER_ADDRESSES_MAX &&
			gclk_policy_is_text(reply->reason, sizeof(reply->reason)) &&
			(reply->n > 0 || reply->reason[0]);

	for (guint32 i = 0; good && i < reply->n; i++)
		good = reply->addresses[i].family == 4 || reply->addresses[i].family == 6;
	if (!good)
		gclk_resolve_fail(reply, id, "resolving the name failed");
	reply->id = id;
}
