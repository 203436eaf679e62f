/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel behind the emulated machine's files: klogctl(2), clock_adjtime(2), the time of day,
 * CAP_SYS_TIME and precision clocks. Nothing that a program sets here reaches the real clock: a
 * step (ADJ_SETOFFSET) shifts the time that the program itself sees, all else is only accepted.
 */
#include "machine.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/ptp_clock.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/klog.h>
#include <sys/syscall.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_S 1000000000LL

static char *dmesg;
static long dmesg_length;
static int has_discipline, may_not_steer;
static struct timex discipline = { .tick = 10000 };
static long long shift; /* of CLOCK_REALTIME, ns */

/* --- the folder's files ------------------------------------------------------------------------
 */

static void real_time(struct timespec *now)
{
	syscall(SYS_clock_gettime, CLOCK_REALTIME, now);
}

static void set_discipline(const char *key, const char *value)
{
	const double number = atof(value);
	struct timespec now;

	if (strcmp(key, "unsynchronised") == 0)
		discipline.status = strcmp(value, "yes") == 0 ? STA_UNSYNC : 0;
	else if (strcmp(key, "max_error_ns") == 0)
		discipline.maxerror = (long)(number / 1000);
	else if (strcmp(key, "phase_ns") == 0)
		discipline.offset = (long)(number / 1000);
	else if (strcmp(key, "frequency_ppb") == 0)
		discipline.freq = (long)(number / 1000 * 65536);
	else if (strcmp(key, "tick_ppb") == 0)
		discipline.tick = 10000 + (long)(number / 100000);
	else if (strcmp(key, "tai_offset_s") == 0)
		discipline.tai = (int)number;
	else if (strcmp(key, "may_not_steer") == 0)
		may_not_steer = 1;
	else if (strcmp(key, "vmware_periodic_sync") == 0)
		machine_vmware_sync = strcmp(value, "on") == 0;
	else if (strcmp(key, "real_s") == 0) {
		real_time(&now);
		shift = ((long long)number - now.tv_sec) * NS_PER_S;
	}
}

void machine_kernel_start(void)
{
	long length;
	char *text = machine_read("discipline", &length);
	char *rest = text;

	has_discipline = text != NULL;
	for (char *line; (line = strsep(&rest, "\n"));) {
		char *value = strchr(line, '=');

		if (!value)
			continue;
		*value++ = '\0';
		set_discipline(line, value);
	}
	free(text);
	dmesg = machine_read("dmesg", &dmesg_length);
}

/* --- system calls ------------------------------------------------------------------------------
 */

int klogctl(int type, char *buffer, int size)
{
	long n = dmesg_length < size ? dmesg_length : size;

	if (!machine_folder[0])
		return (int)syscall(SYS_syslog, type, buffer, size);
	if (!dmesg || type != 3) { /* SYSLOG_ACTION_READ_ALL */
		errno = EPERM;
		return -1;
	}
	memcpy(buffer, dmesg + dmesg_length - n, (size_t)n);
	return (int)n;
}

int clock_adjtime(clockid_t id, struct timex *tx)
{
	const unsigned modes = tx->modes;

	if (!machine_folder[0])
		return (int)syscall(SYS_clock_adjtime, id, tx);
	if ((modes && may_not_steer) || !has_discipline) {
		errno = EPERM;
		return -1;
	}
	if (modes & ADJ_SETOFFSET)
		shift += tx->time.tv_sec * NS_PER_S +
			 tx->time.tv_usec * (modes & ADJ_NANO ? 1 : 1000);
	*tx = discipline;
	tx->modes = modes;
	return discipline.status & STA_UNSYNC ? TIME_ERROR : TIME_OK;
}

int clock_gettime(clockid_t id, struct timespec *now)
{
	int result = (int)syscall(SYS_clock_gettime, id, now);
	long long shifted;

	if (id == CLOCK_REALTIME && result == 0) {
		shifted = now->tv_sec * NS_PER_S + now->tv_nsec + shift;
		now->tv_sec = shifted / NS_PER_S;
		now->tv_nsec = shifted % NS_PER_S;
	}
	return result;
}

int capget(cap_user_header_t header, cap_user_data_t data)
{
	int result = (int)syscall(SYS_capget, header, data);

	if (result == 0 && data && may_not_steer)
		data->effective &= ~(1u << CAP_SYS_TIME);
	return result;
}

/* A precision clock that is right, and knows the plain way to be read only, as most do. */
static int read_precision_clock(struct ptp_sys_offset *offset)
{
	for (unsigned i = 0; i < 2 * offset->n_samples + 1; i++) {
		struct timespec now;

		clock_gettime(CLOCK_REALTIME, &now);
		offset->ts[i].sec = now.tv_sec;
		offset->ts[i].nsec = (unsigned)now.tv_nsec;
	}
	return 0;
}

int ioctl(int fd, unsigned long request, ...)
{
	void *argument;
	va_list arguments;

	va_start(arguments, request);
	argument = va_arg(arguments, void *);
	va_end(arguments);
	if (!machine_folder[0] || _IOC_TYPE(request) != PTP_CLK_MAGIC)
		return (int)syscall(SYS_ioctl, fd, request, argument);
	if (request == PTP_CLOCK_GETCAPS || request == PTP_CLOCK_GETCAPS2) {
		memset(argument, 0, sizeof(struct ptp_clock_caps));
		return 0;
	}
	if ((request == PTP_SYS_OFFSET || request == PTP_SYS_OFFSET2) &&
		((struct ptp_sys_offset *)argument)->n_samples <= PTP_MAX_SAMPLES)
		return read_precision_clock(argument);
	errno = EOPNOTSUPP;
	return -1;
}
