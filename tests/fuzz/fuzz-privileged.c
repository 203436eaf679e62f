/* SPDX-License-Identifier: BSD-2-Clause */
/* What a hostile clock process may send to the privileged one, and a hostile resolving child. */
#include "fuzz.h"

#include <string.h>

#include "platform/privileged-private.h"

static const char *const files[] = { "/etc/guestclock/keys", NULL };
static const char *const directories[] = { "/etc/guestclock/d", NULL };
static const char *const devices[] = { "/dev/special", NULL };
static const char *const channels[] = { "virtio:org.guestclock.0", NULL };
static const GclkPrivilegedPolicy policy = { files, directories, devices, channels };

/* Said again, and more plainly than the policy does. */
static gboolean is_harmless(const GclkOpenRequest *request)
{
	const char *path = request->path;

	switch (request->access) {
	case GCLK_ACCESS_FILE:
		return strcmp(path, files[0]) == 0 ||
		       (g_str_has_prefix(path, "/dev/vmclock") && !strchr(path + 5, '/')) ||
		       (g_str_has_prefix(path, "/etc/guestclock/d/") &&
			       !strchr(path + strlen("/etc/guestclock/d/"), '/'));
	case GCLK_ACCESS_DIRECTORY:
		return strcmp(path, directories[0]) == 0;
	case GCLK_ACCESS_CHANNEL:
		return strcmp(path, channels[0]) == 0;
	default:
		return strcmp(path, devices[0]) == 0 ||
		       (g_str_has_prefix(path, "/dev/ptp") && !strchr(path + 5, '/'));
	}
}

static void judge_open(const uint8_t *data, size_t size)
{
	GclkOpenRequest request;

	if (gclk_policy_judge_open(&policy, data, size, &request) == 0)
		g_assert(size == sizeof(request) && is_harmless(&request));
}

static void judge_resolve(const uint8_t *data, size_t size)
{
	GclkResolveRequest request;

	if (!gclk_policy_judge_resolve(data, size, &request))
		g_assert(request.name[0] && request.name[0] != '-' &&
			 !strpbrk(request.name, " /;\n$"));
}

static void check_reply(const uint8_t *data, size_t size)
{
	GclkResolveReply reply = { 0 };

	memcpy(&reply, data, MIN(size, sizeof(reply)));
	gclk_resolve_check(&reply, (gssize)size, 9);
	g_assert(reply.id == 9 && reply.n <= GCLK_HELPER_ADDRESSES_MAX);
	g_assert(memchr(reply.reason, '\0', sizeof(reply.reason)));
	g_assert(reply.n > 0 || reply.reason[0]);
}

/* Whole records are long: texts alone get the rest filled up. */
static void judge_text(const uint8_t *data, size_t size)
{
	GclkOpenRequest request = { .access = size ? data[0] % 5 : 0 };
	GclkResolveRequest resolve = { .id = 1 };

	if (size < 1)
		return;
	memcpy(request.path, data + 1, MIN(size - 1, sizeof(request.path)));
	judge_open((const uint8_t *)&request, sizeof(request));
	memcpy(resolve.name, data + 1, MIN(size - 1, sizeof(resolve.name)));
	judge_resolve((const uint8_t *)&resolve, sizeof(resolve));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	judge_open(data, size);
	judge_resolve(data, size);
	judge_text(data, size);
	check_reply(data, size);
	return 0;
}
