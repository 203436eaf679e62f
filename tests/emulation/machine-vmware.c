/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * VMware's backdoor (open-vm-tools, lib/include/backdoor_def.h): the version, the tools' periodic
 * synchronization, and the time of the host, which need not run as ours does: the folder's file
 * "vmware-time" has the best command that is there (55, 46, 23), how much faster than our clock the
 * host's runs (ppm), its interrupt lag (us), and by how much it is ahead of ours (us; 0 if it is
 * not there). The file "vmware-sync" ("0", "1"), read at each question, goes before the folder's
 * "discipline". Each STOPCATCHUP leaves a byte in the file "vmware-stopcatchup".
 */
#include "machine.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define MAGIC                0x564d5868u
#define PORT                 0x5658u
#define IN_EAX_DX            0xed
#define NOT_THERE            0xffffffffu
#define GETVERSION           10
#define GETGUIOPTIONS        13
#define GETTIME              23
#define STOPCATCHUP          24
#define MESSAGE              30
#define GETTIMEFULL          46
#define GETTIMEFULL_WITH_LAG 55
#define SYNC_TIME            0x400u /* VMWARE_GUI_SYNC_TIME */
#define US_PER_S             1000000LL
#define MAX_LAG              1000000 /* us */

int machine_vmware_sync = -1;
static int best_command;                      /* 0: the time is not told */
static double faster;                         /* ppm */
static unsigned lag;                          /* us */
static long long ahead;                       /* us */
static long long real_at_start, raw_at_start; /* us */

static long long now_us(clockid_t id)
{
	struct timespec now;

	syscall(SYS_clock_gettime, id, &now);
	return now.tv_sec * US_PER_S + now.tv_nsec / 1000;
}

void machine_vmware_start(void)
{
	long length;
	char *text = machine_read("vmware-time", &length);

	if (text && sscanf(text, "%d %lf %u %lld", &best_command, &faster, &lag, &ahead) < 3)
		best_command = 0;
	free(text);
	real_at_start = now_us(CLOCK_REALTIME);
	raw_at_start = now_us(CLOCK_MONOTONIC_RAW);
}

static long long host_us(void)
{
	long long passed = now_us(CLOCK_MONOTONIC_RAW) - raw_at_start;

	return real_at_start + ahead + passed + (long long)((double)passed * faster / 1e6);
}

static void tell_time(greg_t *r, int command)
{
	long long now = host_us();

	if (command > best_command) {
		r[REG_RAX] = NOT_THERE;
		return;
	}
	r[REG_RBX] = now % US_PER_S;
	r[REG_RCX] = command == GETTIMEFULL_WITH_LAG ? MAX_LAG : MAX_LAG + lag;
	if (command == GETTIME) {
		r[REG_RAX] = (uint32_t)(now / US_PER_S);
		r[REG_RDX] = 60; /* minutes east of UTC */
		return;
	}
	r[REG_RAX] = MAGIC;
	r[REG_RSI] = (now / US_PER_S) >> 32;
	r[REG_RDX] = (uint32_t)(now / US_PER_S);
	if (command == GETTIMEFULL_WITH_LAG)
		r[REG_RDI] = lag;
}

/* Plain system calls: this is a signal handler, and not everything is redirected. */
static int open_file(const char *name, int flags)
{
	char path[8192];

	snprintf(path, sizeof path, "%s/%s", machine_folder, name);
	return (int)syscall(SYS_openat, AT_FDCWD, path, flags | O_CLOEXEC, 0666);
}

static int sync_now(void)
{
	int fd = open_file("vmware-sync", O_RDONLY);
	char digit = 0;

	if (fd < 0)
		return machine_vmware_sync;
	if (syscall(SYS_read, fd, &digit, 1) != 1)
		digit = '0';
	syscall(SYS_close, fd);
	return digit == '1';
}

static void stop_catchup(void)
{
	int fd = open_file("vmware-stopcatchup", O_WRONLY | O_APPEND | O_CREAT);

	if (fd < 0)
		return;
	if (syscall(SYS_write, fd, ".", 1) != 1)
		_exit(FAULT_UNEXPECTED);
	syscall(SYS_close, fd);
}

int machine_backdoor(greg_t *r, const uint8_t *instruction)
{
	const int command = r[REG_RCX] & 0xffff;

	if (instruction[0] != IN_EAX_DX || (uint16_t)r[REG_RDX] != PORT ||
		(uint32_t)r[REG_RAX] != MAGIC || (machine_vmware_sync < 0 && best_command == 0))
		return 0;
	switch (command) {
	case GETVERSION:
		r[REG_RAX] = 6;
		r[REG_RBX] = MAGIC;
		r[REG_RCX] = 2; /* ESX */
		break;
	case GETGUIOPTIONS:
		r[REG_RAX] = sync_now() > 0 ? SYNC_TIME : 0;
		break;
	case STOPCATCHUP:
		stop_catchup();
		break;
	case MESSAGE:
		machine_message(r);
		break;
	case GETTIME:
	case GETTIMEFULL:
	case GETTIMEFULL_WITH_LAG:
		tell_time(r, command);
		break;
	default:
		r[REG_RAX] = NOT_THERE;
	}
	r[REG_RIP] += 1;
	return 1;
}
