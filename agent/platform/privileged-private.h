/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Inside of the privileged process: its messages, its list, and what the operating system does for
 * it. Messages have a fixed size, one in a SOCK_SEQPACKET record; a record of another size is
 * refused. Private to privileged*.c, platform/...-privilege.c and their tests.
 */
#ifndef GUESTCLOCK_PRIVILEGED_PRIVATE_H
#define GUESTCLOCK_PRIVILEGED_PRIVATE_H

#include <sys/types.h>

#include "platform/privileged.h"

#define GCLK_HELPER_PATH_MAX      1024
#define GCLK_HELPER_NAME_MAX      256 /* 253 of a host name (RFC 1035 2.3.4 as text), and NUL */
#define GCLK_HELPER_ADDRESSES_MAX 16
#define GCLK_HELPER_REASON_MAX    128

/* How many names are resolved at a time, and how long one may take. */
#define GCLK_HELPER_CHILDREN_MAX 4
#define GCLK_HELPER_RESOLVE_S    30

typedef struct {
	guint32 id;
	guint32 access; /* GclkAccess */
	char path[GCLK_HELPER_PATH_MAX];
} GclkOpenRequest;

typedef struct {
	guint32 id;
	gint32 error; /* 0: a descriptor comes along (SCM_RIGHTS); else errno */
} GclkOpenReply;

typedef struct {
	guint32 id;
	char name[GCLK_HELPER_NAME_MAX];
} GclkResolveRequest;

typedef struct {
	guint32 id;
	guint32 n;
	GclkAddress addresses[GCLK_HELPER_ADDRESSES_MAX]; /* port 0 */
	char reason[GCLK_HELPER_REASON_MAX];              /* when n is 0 */
} GclkResolveReply;

/* --- privileged-policy.c: pure ---------------------------------------------------------------- */

/* An absolute path without empty components, "." and "..", without control characters, not longer
   than a message holds. */
gboolean gclk_policy_path_is_normal(const char *path);
/* "/dev/ptp0", "/dev/ptp_kvm": what every machine may open. */
gboolean gclk_policy_is_precision_clock(const char *path);
/* "/dev/vmclock0": a page that the hypervisor writes, read like a file. */
gboolean gclk_policy_is_clock_page(const char *path);
gboolean gclk_policy_allows(
	const GclkPrivilegedPolicy *policy, const char *path, GclkAccess access);
/* May be a host name or numeric address as far as its characters go. */
gboolean gclk_policy_is_host(const char *name);
/* TRUE when the bytes have a NUL among them. */
gboolean gclk_policy_is_text(const char *bytes, gsize size);

/* Judge a record of that length as it came from the clock process. out is the request, as far as it
   is one (id 0 when there is not even that). */
int gclk_policy_judge_open(const GclkPrivilegedPolicy *policy, const void *bytes, gsize length,
	GclkOpenRequest *out); /* 0: may be opened; else EBADMSG or EACCES */
const char *gclk_policy_judge_resolve(const void *bytes, gsize length,
	GclkResolveRequest *out); /* NULL: may be resolved; else the reason why not */

/* --- privileged-open.c: opens for the helper -----------------------------------------------------
 */

/* A descriptor or -errno. The path has passed the policy. */
int gclk_helper_open(const char *path, GclkAccess access);

/* --- privileged-helper.c ---------------------------------------------------------------------- */

typedef struct {
	const GclkPrivilegedPolicy *policy;
	int open_fd, resolve_fd; /* the helper's ends of the socket pairs */
	guint nobody_uid, nobody_gid;
	/* what a child does, and for how long: gclk_resolve_blocking, GCLK_HELPER_RESOLVE_S */
	void (*resolve)(const char *name, GclkResolveReply *out);
	gint64 resolve_timeout; /* us */
} GclkHelper;

/* Serves until either socket is closed at the other end; no descriptor but these two is needed. */
void gclk_helper_run(const GclkHelper *helper);

/* --- privileged-resolve.c: the helper's children ---------------------------------------------- */

/* Resolves, blocking. Never fails: without addresses there is a reason. */
void gclk_resolve_blocking(const char *name, GclkResolveReply *out);
/* Makes whatever a child sent into a reply that may be passed on; length < 0: it sent nothing. */
void gclk_resolve_check(GclkResolveReply *reply, gssize length, guint32 id);
void gclk_resolve_fail(GclkResolveReply *reply, guint32 id, const char *reason);

/* --- platform/linux-privilege.c, platform/freebsd-privilege.c
 * ---------------------------------------- */

/* The helper keeps only what opening and switching users need. Never fails: it then keeps more. */
void gclk_privilege_shrink_helper(void);
/* A resolving child becomes that user, without any privilege; without root it keeps its user. */
void gclk_privilege_shrink_child(guint uid, guint gid);
/* Closes every descriptor from this number on. */
void gclk_privilege_close_from(int first);
void gclk_privilege_set_name(const char *name);
/* drop's part of the work that differs: see privileged.h; uid 0 or found == FALSE: no switch. */
gboolean gclk_privilege_drop(
	gboolean found, guint uid, guint gid, GclkDropped *out, GError **error);

#endif
