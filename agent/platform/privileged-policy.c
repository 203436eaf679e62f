/* SPDX-License-Identifier: BSD-2-Clause */
/* What the helper may be asked for: pure functions on text. */
#include <errno.h>
#include <string.h>

#include "platform/channel.h"
#include "platform/privileged-private.h"

gboolean gclk_policy_is_text(const char *bytes, gsize size)
{
	return memchr(bytes, '\0', size) != NULL;
}

gboolean gclk_policy_path_is_normal(const char *path)
{
	const char *at = path;

	if (*path != '/' || strlen(path) >= GCLK_HELPER_PATH_MAX)
		return FALSE;
	for (const char *c = path; *c; c++)
		if (g_ascii_iscntrl(*c))
			return FALSE;
	while (at) {
		const char *name = at + 1;
		const char *end = strchr(name, '/');
		gsize length = end ? (gsize)(end - name) : strlen(name);

		if (length == 0 || (length == 1 && name[0] == '.') ||
			(length == 2 && name[0] == '.' && name[1] == '.'))
			return FALSE;
		at = end;
	}
	return TRUE;
}

static gboolean all_of(const char *text, const char *characters)
{
	return *text && text[strspn(text, characters)] == '\0';
}

gboolean gclk_policy_is_clock_page(const char *path)
{
	const char prefix[] = "/dev/vmclock";

	return g_str_has_prefix(path, prefix) && all_of(path + strlen(prefix), "0123456789");
}

gboolean gclk_policy_is_precision_clock(const char *path)
{
	static const struct {
		const char *prefix, *rest;
	} patterns[] = {
		{ "/dev/ptp", "0123456789" },
		{ "/dev/ptp_", "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(patterns); i++)
		if (g_str_has_prefix(path, patterns[i].prefix) &&
			all_of(path + strlen(patterns[i].prefix), patterns[i].rest))
			return TRUE;
	return FALSE;
}

static gboolean listed(const char *const *list, const char *path)
{
	return list && g_strv_contains(list, path);
}

static gboolean is_drop_in(const GclkPrivilegedPolicy *policy, const char *path)
{
	const char *name = strrchr(path, '/') + 1;
	g_autofree char *directory = g_strndup(path, (gsize)(name - 1 - path));

	return *name != '.' && g_str_has_suffix(name, ".conf") &&
	       listed(policy->directories, directory);
}

gboolean gclk_policy_allows(const GclkPrivilegedPolicy *policy, const char *path, GclkAccess access)
{
	if (access == GCLK_ACCESS_CHANNEL)
		return listed(policy->channels, path) &&
		       gclk_channel_parse(path).kind != GCLK_CHANNEL_BAD;
	if (!gclk_policy_path_is_normal(path))
		return FALSE;
	switch (access) {
	case GCLK_ACCESS_FILE:
		return gclk_policy_is_clock_page(path) || listed(policy->files, path) ||
		       is_drop_in(policy, path);
	case GCLK_ACCESS_DIRECTORY:
		return listed(policy->directories, path);
	case GCLK_ACCESS_DEVICE:
		return gclk_policy_is_precision_clock(path) || listed(policy->devices, path);
	default:
		return FALSE;
	}
}

gboolean gclk_policy_is_host(const char *name)
{
	return strlen(name) < GCLK_HELPER_NAME_MAX && *name != '-' &&
	       all_of(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-:%");
}

/* FALSE: another length. As much as fits is copied all the same, for the id. */
static gboolean take(const void *bytes, gsize length, void *out, gsize size)
{
	memset(out, 0, size);
	memcpy(out, bytes, MIN(length, size));
	return length == size;
}

int gclk_policy_judge_open(
	const GclkPrivilegedPolicy *policy, const void *bytes, gsize length, GclkOpenRequest *out)
{
	if (!take(bytes, length, out, sizeof(*out)) ||
		!gclk_policy_is_text(out->path, sizeof(out->path)))
		return EBADMSG;
	return gclk_policy_allows(policy, out->path, (GclkAccess)out->access) ? 0 : EACCES;
}

const char *gclk_policy_judge_resolve(const void *bytes, gsize length, GclkResolveRequest *out)
{
	if (!take(bytes, length, out, sizeof(*out)) ||
		!gclk_policy_is_text(out->name, sizeof(out->name)))
		return "malformed request";
	return gclk_policy_is_host(out->name) ? NULL : "this is not a host name";
}
