/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>

#include "detect/kernel-log.h"

#ifdef __linux__

#include <sys/klog.h>

#define READ_ALL 3 /* SYSLOG_ACTION_READ_ALL, syslog(2): the newest that fit, nothing is cleared   \
		    */

static const char *reason(int error)
{
	switch (error) {
	case EPERM:
	case EACCES:
		return "permission denied (needs root or CAP_SYSLOG)";
	case ENOSYS:
		return "this kernel was built without one (CONFIG_PRINTK)";
	default:
		return "the kernel does not give it out";
	}
}

static char *read_native(gpointer user, gsize limit, gsize *length, const char **why)
{
	g_autofree char *text = g_malloc(limit + 1);
	int n = klogctl(READ_ALL, text, (int)MIN(limit, G_MAXINT));

	(void)user;
	if (n < 0) {
		*why = reason(errno);
		return NULL;
	}
	text[n] = '\0';
	*length = (gsize)n;
	return g_steal_pointer(&text);
}

#else

#include <sys/types.h>

#include <sys/sysctl.h>

/* Longer than limit: the kernel gives the oldest part with ENOMEM. Its buffer is 96 KiB unless
   somebody has set kern.msgbufsize. */
static char *read_native(gpointer user, gsize limit, gsize *length, const char **why)
{
	g_autofree char *text = g_malloc0(limit + 1);
	size_t n = limit;

	(void)user;
	if (sysctlbyname("kern.msgbuf", text, &n, NULL, 0) && errno != ENOMEM) {
		*why = errno == EPERM
			       ? "permission denied (security.bsd.unprivileged_read_msgbuf is 0)"
			       : "the kernel does not give it out (kern.msgbuf)";
		return NULL;
	}
	*length = MIN(n, limit);
	return g_steal_pointer(&text);
}

#endif

GclkKernelLogRead gclk_kernel_log_native(void)
{
	return read_native;
}
