/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * VMware's messages from guest to host, four bytes at a time over the backdoor (command 30 of
 * open-vm-tools' backdoor_def.h, types and states of guest_msg_def.h): what libvmtools falls back
 * to without vsock. Each request is appended to the folder's file "vmware-rpc". "info-set" is
 * taken, "timeInfo.get-updates" answered with a row; anything else is not known.
 */
#include "machine.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { OPEN, SENDSIZE, SENDPAYLOAD, RECVSIZE, RECVPAYLOAD, RECVSTATUS, CLOSE };
enum { SUCCESS = 1, DORECV = 2 };

#define CHANNELS    8
#define MESSAGE_MAX 4096

static struct {
	int open;
	uint32_t expected, got;
	uint32_t length, given; /* of the answer */
	char in[MESSAGE_MAX + 4], out[MESSAGE_MAX];
} channels[CHANNELS];

static void note(const char *request, uint32_t length)
{
	char path[8192];
	int fd;

	snprintf(path, sizeof path, "%s/vmware-rpc", machine_folder);
	fd = (int)syscall(
		SYS_openat, AT_FDCWD, path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
	if (fd < 0)
		return;
	if (syscall(SYS_write, fd, request, length) < 0 || syscall(SYS_write, fd, "\n", 1) < 0)
		_exit(FAULT_UNEXPECTED);
	syscall(SYS_close, fd);
}

static int begins(const char *request, const char *with)
{
	return strncmp(request, with, strlen(with)) == 0;
}

/* "1 " or "0 ", then what is said. */
static void take(unsigned at)
{
	const char *request = channels[at].in;
	const char *answer = begins(request, "info-set ") ? "1 "
			     : begins(request, "timeInfo.get-updates ")
				     ? "1 OK\nemulated.protocol ntp 1\n"
				     : "0 Unknown command";

	channels[at].in[channels[at].expected] = '\0';
	note(request, channels[at].expected);
	channels[at].length = (uint32_t)strlen(answer);
	channels[at].given = 0;
	memcpy(channels[at].out, answer, channels[at].length);
}

static unsigned open_channel(void)
{
	unsigned at = 0;

	while (at < CHANNELS && channels[at].open)
		at++;
	if (at < CHANNELS)
		channels[at].open = 1;
	return at;
}

static void reply(greg_t *r, unsigned status, unsigned type)
{
	r[REG_RCX] = (r[REG_RCX] & 0xffff) | (greg_t)status << 16;
	r[REG_RDX] = (r[REG_RDX] & 0xffff) | (greg_t)type << 16;
}

static void receive(greg_t *r, unsigned at)
{
	uint32_t word = (uint32_t)r[REG_RBX];

	memcpy(channels[at].in + channels[at].got, &word, sizeof word);
	channels[at].got += 4;
	if (channels[at].got >= channels[at].expected)
		take(at);
	reply(r, SUCCESS, at);
}

static void give(greg_t *r, unsigned at)
{
	uint32_t word = 0;

	memcpy(&word, channels[at].out + channels[at].given, sizeof word);
	channels[at].given += 4;
	r[REG_RBX] = word;
	reply(r, SUCCESS, SENDPAYLOAD);
}

/* One of the types that need a channel that is open. 0: refused. */
static int serve(greg_t *r, unsigned type, unsigned at)
{
	switch (type) {
	case SENDSIZE:
		channels[at].expected = (uint32_t)r[REG_RBX];
		channels[at].got = 0;
		reply(r, SUCCESS, at);
		return channels[at].expected > 0 && channels[at].expected < MESSAGE_MAX;
	case SENDPAYLOAD:
		if (channels[at].got < channels[at].expected)
			receive(r, at);
		return 1;
	case RECVSIZE:
		r[REG_RBX] = channels[at].length;
		reply(r, channels[at].length ? SUCCESS | DORECV : SUCCESS, SENDSIZE);
		return 1;
	case RECVPAYLOAD:
		if (channels[at].given < channels[at].length)
			give(r, at);
		return 1;
	case RECVSTATUS:
		channels[at].length = 0;
		reply(r, SUCCESS, at);
		return 1;
	case CLOSE:
		memset(&channels[at], 0, sizeof channels[at]);
		reply(r, SUCCESS, at);
		return 1;
	default:
		return 0;
	}
}

void machine_message(greg_t *r)
{
	const unsigned type = (unsigned)(r[REG_RCX] >> 16 & 0xffff);
	unsigned at = (unsigned)(r[REG_RDX] >> 16 & 0xffff);

	if (type == OPEN) {
		at = open_channel();
		reply(r, at < CHANNELS ? SUCCESS : 0, at);
		return;
	}
	if (at >= CHANNELS || !channels[at].open || !serve(r, type, at))
		reply(r, 0, at);
}
