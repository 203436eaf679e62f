/* SPDX-License-Identifier: BSD-2-Clause */
/* Stub: what guestclock uses of FreeBSD's sys/timex.h, written after ntp_adjtime(2). */
#ifndef GUESTCLOCK_STUB_TIMEX_H
#define GUESTCLOCK_STUB_TIMEX_H

#include <sys/time.h>
#include <time.h>

enum {
	MOD_OFFSET = 0x0001,
	MOD_FREQUENCY = 0x0002,
	MOD_MAXERROR = 0x0004,
	MOD_ESTERROR = 0x0008,
	MOD_STATUS = 0x0010,
	MOD_TIMECONST = 0x0020,
	MOD_TAI = 0x0080,
	MOD_NANO = 0x2000,
};

enum {
	STA_PLL = 0x0001,
	STA_PPSFREQ = 0x0002,
	STA_PPSTIME = 0x0004,
	STA_INS = 0x0010,
	STA_DEL = 0x0020,
	STA_UNSYNC = 0x0040,
	STA_FREQHOLD = 0x0080,
	STA_NANO = 0x2000,
	STA_RONLY = 0xff00,
};

struct ntptimeval {
	struct timespec time;
	long maxerror, esterror, tai;
	int time_state;
};

struct timex {
	unsigned int modes;
	long offset, freq, maxerror, esterror;
	int status;
	long constant, precision, tolerance;
	long ppsfreq, jitter;
	int shift;
	long stabil, jitcnt, calcnt, errcnt, stbcnt;
};

int ntp_adjtime(struct timex *tx);
int ntp_gettime(struct ntptimeval *times);

#endif
