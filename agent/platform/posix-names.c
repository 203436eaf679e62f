/* SPDX-License-Identifier: BSD-2-Clause */
/* Names of hosts, and which addresses are our own. */
#include <glib-unix.h>
#include <ifaddrs.h>

#include "platform/posix.h"

/* --- resolving -------------------------------------------------------------------------------- */

typedef struct {
	GclkPosix *posix;
	guint id;
	GclkResolveFunc func;
	gpointer user;
	guint asked;         /* id of the request to the helper, or 0 */
	guint timer;         /* of an answer that was clear at once, or 0 */
	GclkAddress numeric; /* that answer; family 0: none */
	const char *reason;  /* static text */
} Request;

/* Takes the request out of the table before it calls back, for it may be the last use of anything.
 */
static void answer(Request *request, const GclkAddress *addresses, gsize n, const char *reason)
{
	GclkResolveFunc func = request->func;
	gpointer user = request->user;

	g_hash_table_remove(request->posix->resolves, GUINT_TO_POINTER(request->id));
	func(user, addresses, n, reason);
}

static void answer_at_once(gpointer user)
{
	Request *request = user;
	GclkAddress address = request->numeric;

	request->timer = 0;
	answer(request, &address, address.family ? 1 : 0, request->reason);
}

static void answer_by_helper(
	gpointer user, const GclkAddress *addresses, gsize n, const char *reason)
{
	Request *request = user;

	request->asked = 0;
	answer(request, addresses, n, reason);
}

static void forget(gpointer data)
{
	Request *request = data;

	gclk_timers_stop(request->posix->timers, request->timer);
	if (request->asked)
		gclk_privileged_cancel(request->posix->privileged, request->asked);
	g_free(request);
}

guint gclk_posix_resolve(
	GclkPlatform *platform, const char *name, guint16 port, GclkResolveFunc func, gpointer user)
{
	GclkPosix *posix = (GclkPosix *)platform;
	Request *request = g_new0(Request, 1);

	if (++posix->last_resolve == 0)
		posix->last_resolve = 1;
	request->posix = posix;
	request->id = posix->last_resolve;
	request->func = func;
	request->user = user;
	g_hash_table_insert(posix->resolves, GUINT_TO_POINTER(request->id), request);

	if (!gclk_address_parse(name, port, &request->numeric)) {
		request->numeric.family = 0;
		if (!posix->privileged)
			request->reason =
				"names are not resolved in this mode, only numeric addresses";
		else if (!(request->asked = gclk_privileged_resolve(
				   posix->privileged, name, port, answer_by_helper, request)))
			request->reason = gclk_privileged_alive(posix->privileged)
						  ? "too many names are being resolved, or the "
						    "name is too long"
						  : "the process that resolves names has ended";
	}
	if (!request->asked)
		request->timer = gclk_timers_start(posix->timers, 0, answer_at_once, request);
	return request->id;
}

void gclk_posix_resolve_cancel(GclkPlatform *platform, guint id)
{
	if (id)
		g_hash_table_remove(((GclkPosix *)platform)->resolves, GUINT_TO_POINTER(id));
}

static gboolean answers_ready(gint fd, GIOCondition condition, gpointer user)
{
	GclkPosix *posix = user;

	(void)fd;
	(void)condition;
	gclk_privileged_dispatch(posix->privileged);
	return gclk_privileged_alive(posix->privileged) ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

/* --- own addresses ---------------------------------------------------------------------------- */

#define OWN_AGE_MAX (10 * G_USEC_PER_SEC)

static void refresh_own(GclkPosix *posix)
{
	struct ifaddrs *list = NULL;
	GclkAddress address;
	guint32 refid;

	if (getifaddrs(&list))
		return;
	g_array_set_size(posix->own_refids, 0);
	for (const struct ifaddrs *at = list; at; at = at->ifa_next) {
		if (!at->ifa_addr || !gclk_posix_from_sockaddr(at->ifa_addr, &address))
			continue;
		refid = gclk_address_refid(&address);
		g_array_append_val(posix->own_refids, refid);
	}
	freeifaddrs(list);
}

gboolean gclk_posix_is_own_refid(GclkPlatform *platform, guint32 refid)
{
	GclkPosix *posix = (GclkPosix *)platform;
	gint64 now = g_get_monotonic_time();

	if (!posix->own_refids_at || now - posix->own_refids_at > OWN_AGE_MAX) {
		refresh_own(posix);
		posix->own_refids_at = now;
	}
	for (guint i = 0; i < posix->own_refids->len; i++)
		if (g_array_index(posix->own_refids, guint32, i) == refid)
			return TRUE;
	return FALSE;
}

/* --- life ------------------------------------------------------------------------------------- */

void gclk_posix_names_init(GclkPosix *posix)
{
	posix->resolves = g_hash_table_new_full(NULL, NULL, NULL, forget);
	posix->own_refids = g_array_new(FALSE, FALSE, sizeof(guint32));
	if (!posix->privileged)
		return;
	posix->answers = g_unix_fd_source_new(gclk_privileged_fd(posix->privileged), G_IO_IN);
	g_source_set_callback(posix->answers, G_SOURCE_FUNC(answers_ready), posix, NULL);
	g_source_attach(posix->answers, posix->context);
}

void gclk_posix_names_clear(GclkPosix *posix)
{
	if (posix->answers) {
		g_source_destroy(posix->answers);
		g_source_unref(posix->answers);
	}
	g_hash_table_unref(posix->resolves);
	g_array_unref(posix->own_refids);
}
