/* SPDX-License-Identifier: BSD-2-Clause */
/* The calls that change the clock. What goes into them is made in linux-clock.c. */
#include <errno.h>
#include <string.h>
#include <sys/capability.h>

#include "platform/linux-clock.h"
#include "platform/linux-namespaces.h"
#include "platform/linux-private.h"

/* ADJ_ADJTIME of linux/timex.h with an offset: adjtime(3), the single shot of old programs */
#ifndef ADJ_OFFSET_SINGLESHOT
#define ADJ_OFFSET_SINGLESHOT 0x8001
#endif

static gboolean call(struct timex *tx, const char *what, GError **error)
{
	if (clock_adjtime(CLOCK_REALTIME, tx) >= 0)
		return TRUE;
	gclk_posix_error(error, errno, "%s", what);
	return FALSE;
}

static gboolean read_timex(struct timex *tx, GError **error)
{
	memset(tx, 0, sizeof(*tx));
	return call(tx, "cannot read the kernel's clock discipline", error);
}

gboolean gclk_linux_get_discipline(GclkPlatform *platform, GclkDiscipline *out, GError **error)
{
	struct timex tx;

	memset(out, 0, sizeof(*out));
	if (!read_timex(&tx, error))
		return FALSE;
	gclk_linux_read_discipline(&tx, ((GclkLinux *)platform)->hz, out);
	return TRUE;
}

/* A slew that another program began with adjtime(3) would go on beneath ours, at 500 ppm. */
static gboolean drop_foreign_slew(GclkLinux *self, GError **error)
{
	struct timex tx;

	if (self->foreign_slew_dropped)
		return TRUE;
	memset(&tx, 0, sizeof(tx));
	tx.modes = ADJ_OFFSET_SINGLESHOT;
	self->foreign_slew_dropped = call(&tx, "cannot steer the clock", error);
	return self->foreign_slew_dropped;
}

gboolean gclk_linux_set_discipline(GclkPlatform *platform, guint fields,
	const GclkDiscipline *values, guint phase_tc, GError **error)
{
	GclkLinux *self = (GclkLinux *)platform;
	struct timex tx;

	if (!drop_foreign_slew(self, error) || !read_timex(&tx, error))
		return FALSE;
	gclk_linux_make_discipline(fields, values, phase_tc, tx.status, self->hz, &tx);
	if (tx.modes && !call(&tx, "cannot steer the clock", error))
		return FALSE;
	if (!(fields & GCLK_SET_TAI))
		return TRUE;
	gclk_linux_make_tai(values->tai_offset, &tx);
	return call(&tx, "cannot set the TAI offset", error);
}

gboolean gclk_linux_step(GclkPlatform *platform, gint64 delta, GError **error)
{
	GclkLinux *self = (GclkLinux *)platform;
	struct timex tx;

	if (!drop_foreign_slew(self, error) || !read_timex(&tx, error))
		return FALSE;
	gclk_linux_make_step(delta, tx.status, &tx);
	return call(&tx, "cannot step the clock", error);
}

/* TRUE also when it cannot be told. */
static gboolean has_capability(void)
{
	cap_t caps = cap_get_proc();
	cap_flag_value_t value = CAP_SET;

	if (!caps)
		return TRUE;
	if (cap_get_flag(caps, CAP_SYS_TIME, CAP_EFFECTIVE, &value))
		value = CAP_SET;
	cap_free(caps);
	return value == CAP_SET;
}

/* A capability held in another user namespace than the first does not reach the clock. TRUE also
   when it cannot be told. */
static gboolean in_first_user_namespace(GclkPlatform *platform)
{
	g_autofree char *link = platform->read_link(platform, "/proc/self/ns/user");

	return !link || strcmp(link, GCLK_FIRST_USER_NAMESPACE) == 0;
}

/* Asks the kernel, only where it can be foreseen to refuse: a real one then does nothing at all, a
   simulated one, where capabilities mean nothing, sets tick to what it is. */
static gboolean kernel_lets_us(void)
{
	struct timex tx;

	if (!read_timex(&tx, NULL))
		return FALSE;
	tx.modes = ADJ_TICK;
	return clock_adjtime(CLOCK_REALTIME, &tx) >= 0;
}

gboolean gclk_linux_may_steer(GclkPlatform *platform, const char **reason)
{
	const gboolean capable = has_capability();

	*reason = NULL;
	if ((capable && in_first_user_namespace(platform)) || kernel_lets_us())
		return TRUE;
	*reason = capable ? "CAP_SYS_TIME of a user namespace does not reach the clock"
			  : "this process has no CAP_SYS_TIME";
	return FALSE;
}
