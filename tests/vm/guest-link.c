/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Both ends of the line between a test on the host and the guest that it measures: one small static
 * program, so that the guest's clock is judged from outside, by nothing that guestclock itself
 * says.
 *
 * In the guest:
 *   guest-link serve PORT           answers on a virtio-serial port; one process a port
 *   guest-link kernel               prints what the kernel believes of its clock (adjtimex)
 *   guest-link difference DEVICE    prints "DIFFERENCE UNCERTAINTY" in ns: PTP clock minus the
 *                                   guest's
 *   guest-link unlatch INTERFACE TYPE
 *                                   makes QEMU's igb stamp all PTP messages of that type that it
 *                                   receives (0: Sync, 1: Delay_Req), until it is killed; the
 *                                   kernel must be booted with iomem=relaxed
 *
 * On the host, through the port's UNIX socket:
 *   guest-link error SOCKET CLOCK                 prints "ERROR UNCERTAINTY" in ns of the best of
 *                                                 a burst
 *   guest-link adjust SOCKET CLOCK NS             moves a clock of the guest by NS
 *   guest-link set SOCKET CLOCK NS                makes a clock of the guest differ from the
 *                                                 host's by NS
 *   guest-link watch SOCKET CLOCK SECONDS [LOG]   one burst a second, then a line of statistics
 *   guest-link run SOCKET COMMAND                 runs a shell command in the guest, ends with its
 *                                                 exit status
 *
 * ERROR is guest minus host: positive, the guest is ahead (the sign of guestclock's own offsets is
 * the other one). CLOCK is "realtime", "raw" (of which only the rate means anything) or the path of
 * a PTP clock in the guest.
 *
 * The wire: one line a request, one a reply, both with the same random number, since the port
 * outlives its clients and the answers to a dead one reach the next.
 *   time NONCE CLOCK                   NONCE T2 T3           T2: request read, T3: before the write
 *   adjust NONCE CLOCK NS              NONCE 0|errno
 *   run NONCE COMMAND                  NONCE STATUS LENGTH, then LENGTH bytes of output
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/timex.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_S INT64_C(1000000000)

enum {
	MAX_LINE = 4096,
	MAX_OUTPUT = 1 << 20,
	BURST = 16,
	ANSWER_MS = 2000,
	RUN_MS = 60000,
};

struct sample {
	int64_t error, rtt; /* ns; error is guest minus host */
};

static int64_t read_clock(clockid_t clock)
{
	struct timespec t;

	if (clock_gettime(clock, &t) < 0)
		return -1;
	return (int64_t)t.tv_sec * NS_PER_S + t.tv_nsec;
}

/* --- the guest ---------------------------------------------------------------------------- */

/* The clock of a name; opened PTP clocks stay open in *fd until the caller closes them. */
static bool find_clock(const char *name, clockid_t *clock, int *fd)
{
	*fd = -1;
	*clock = strcmp(name, "raw") == 0 ? CLOCK_MONOTONIC_RAW : CLOCK_REALTIME;
	if (*clock == CLOCK_MONOTONIC_RAW || strcmp(name, "realtime") == 0)
		return true;
	*fd = open(name, O_RDWR | O_CLOEXEC);
	*clock = (clockid_t)((~(unsigned)*fd << 3) | 3); /* FD_TO_CLOCKID of the kernel */
	return *fd >= 0;
}

static void reply_time(int port, const char *nonce, const char *name, int64_t t2_realtime)
{
	int64_t t2 = t2_realtime;
	clockid_t clock;
	int fd;

	if (!find_clock(name, &clock, &fd)) {
		dprintf(port, "%s -1 -1\n", nonce);
		return;
	}
	if (clock != CLOCK_REALTIME)
		t2 = read_clock(clock);
	dprintf(port, "%s %" PRId64 " %" PRId64 "\n", nonce, t2, read_clock(clock));
	if (fd >= 0)
		close(fd);
}

static int adjust_clock(const char *name, int64_t delta)
{
	struct timex tx = { .modes = ADJ_SETOFFSET | ADJ_NANO };
	clockid_t clock;
	int fd, result;

	if (!find_clock(name, &clock, &fd))
		return errno;
	tx.time.tv_sec = delta / NS_PER_S;
	tx.time.tv_usec = delta % NS_PER_S;
	if (tx.time.tv_usec < 0) {
		tx.time.tv_sec--;
		tx.time.tv_usec += NS_PER_S;
	}
	result = clock_adjtime(clock, &tx) < 0 ? errno : 0;
	if (fd >= 0)
		close(fd);
	return result;
}

static void reply_run(int port, const char *nonce, const char *command)
{
	static char output[MAX_OUTPUT];
	size_t length = 0, got;
	FILE *pipe = popen(command, "r");
	int status;

	if (!pipe) {
		dprintf(port, "%s 127 0\n", nonce);
		return;
	}
	while (length < sizeof output &&
		(got = fread(output + length, 1, sizeof output - length, pipe)) > 0)
		length += got;
	status = pclose(pipe);
	dprintf(port, "%s %d %zu\n", nonce, WIFEXITED(status) ? WEXITSTATUS(status) : 128, length);
	for (size_t done = 0; done < length;) {
		ssize_t n = write(port, output + done, length - done);

		if (n <= 0)
			return;
		done += (size_t)n;
	}
}

static void reply(int port, char *line, int64_t received)
{
	char verb[8], nonce[32], name[64];
	int64_t delta;
	int at = 0;

	if (sscanf(line, "%7s %31s %n", verb, nonce, &at) < 2 || at == 0)
		return;
	if (strcmp(verb, "time") == 0)
		reply_time(port, nonce, line + at, received);
	else if (strcmp(verb, "run") == 0)
		reply_run(port, nonce, line + at);
	else if (strcmp(verb, "adjust") == 0 &&
		 sscanf(line + at, "%63s %" SCNd64, name, &delta) == 2)
		dprintf(port, "%s %d\n", nonce, adjust_clock(name, delta));
}

static int serve(const char *path)
{
	char line[MAX_LINE];
	size_t have = 0;
	int port = open(path, O_RDWR | O_CLOEXEC);

	if (port < 0) {
		perror(path);
		return 1;
	}
	for (;;) {
		ssize_t got = read(port, line + have, sizeof line - 1 - have);
		int64_t received = read_clock(CLOCK_REALTIME);
		char *end;

		if (got <= 0) { /* nobody there at the host's end */
			have = 0;
			usleep(10000);
			continue;
		}
		have += (size_t)got;
		line[have] = '\0';
		while ((end = memchr(line, '\n', have))) {
			*end = '\0';
			reply(port, line, received);
			have -= (size_t)(end + 1 - line);
			memmove(line, end + 1, have);
		}
		if (have == sizeof line - 1)
			have = 0;
	}
}

static int print_kernel(void)
{
	struct timex tx = { .modes = 0 };
	int state = adjtimex(&tx);

	if (state < 0)
		return 1;
	printf("frequency_ppm=%.3f tick=%ld offset_ns=%ld status=0x%x unsync=%d maxerror_us=%ld "
	       "esterror_us=%ld tai=%d\n",
		(double)tx.freq / 65536.0, tx.tick,
		tx.status & STA_NANO ? tx.offset : tx.offset * 1000, (unsigned)tx.status,
		tx.status & STA_UNSYNC ? 1 : 0, tx.maxerror, tx.esterror, tx.tai);
	return 0;
}

/* The narrowest of several readings of a PTP clock between two of the guest's own. */
static int print_difference(const char *device)
{
	int64_t difference = 0, narrowest = INT64_MAX;
	clockid_t clock;
	int fd;

	if (!find_clock(device, &clock, &fd)) {
		perror(device);
		return 1;
	}
	for (int i = 0; i < BURST; i++) {
		int64_t before = read_clock(CLOCK_REALTIME);
		int64_t phc = read_clock(clock);
		int64_t after = read_clock(CLOCK_REALTIME);

		if (phc < 0 || after - before >= narrowest)
			continue;
		narrowest = after - before;
		difference = phc - (before + narrowest / 2);
	}
	printf("%" PRId64 " %" PRId64 "\n", difference, narrowest / 2);
	return narrowest == INT64_MAX ? 1 : 0;
}

/*
 * QEMU's igb (hw/net/igb_core.c) stamps a received message of one type only, and no other one until
 * that stamp is read, by RXSATRH. Linux takes it by RXSTMPH, and asks for all event messages.
 */
static int unlatch(const char *interface, unsigned type)
{
	enum { TSYNCRXCFG = 0x5f50, RXSATRH = 0xb630, SPACE = 0x10000, PAUSE_US = 5000 };
	char path[128];
	volatile uint32_t *registers;
	int fd;

	snprintf(path, sizeof path, "/sys/class/net/%s/device/resource0", interface);
	fd = open(path, O_RDWR | O_SYNC | O_CLOEXEC);
	registers = mmap(NULL, SPACE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (registers == MAP_FAILED) {
		perror(path);
		return 1;
	}
	for (;;) {
		registers[TSYNCRXCFG / sizeof *registers] = type << 8;
		(void)registers[RXSATRH / sizeof *registers];
		usleep(PAUSE_US);
	}
}

/* --- the host ----------------------------------------------------------------------------- */

static int connect_to(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (strlen(path) >= sizeof address.sun_path) {
		fprintf(stderr, "guest-link: %s: too long for a socket\n", path);
		exit(3);
	}
	strcpy(address.sun_path, path);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) < 0) {
		fprintf(stderr, "guest-link: %s: %s\n", path, strerror(errno));
		exit(3);
	}
	dprintf(fd, "\n"); /* ends what a client that died has left half said */
	return fd;
}

/* Reads on until the buffer holds a whole line or the time is up; *received is when it did. */
static char *read_line(int fd, char *line, size_t *have, int ms, int64_t *received)
{
	int64_t deadline = read_clock(CLOCK_MONOTONIC) + (int64_t)ms * 1000000;
	char *end;

	while (!(end = memchr(line, '\n', *have))) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		int64_t left = (deadline - read_clock(CLOCK_MONOTONIC)) / 1000000;
		ssize_t got;

		if (left <= 0 || *have == MAX_LINE)
			return NULL;
		if (poll(&p, 1, (int)left) <= 0)
			continue;
		got = read(fd, line + *have, MAX_LINE - *have);
		*received = read_clock(CLOCK_REALTIME);
		if (got <= 0)
			return NULL;
		*have += (size_t)got;
	}
	*end = '\0';
	return end;
}

/*
 * Sends a request and finds its reply, passing over those with another number. What follows the
 * number is left at the start of `rest`; bytes behind the line stay in it after the terminator, and
 * *extra says how many. Returns false when no answer came in time.
 */
static bool ask(int fd, const char *verb, const char *argument, int ms, char *rest, size_t *extra,
	int64_t *sent, int64_t *received)
{
	char line[MAX_LINE], nonce[32];
	size_t have = 0;
	uint64_t number;
	char *end;
	int n;

	if (getrandom(&number, sizeof number, 0) != sizeof number)
		exit(3);
	n = snprintf(nonce, sizeof nonce, "%016" PRIx64 " ", number);
	*sent = read_clock(CLOCK_REALTIME);
	if (dprintf(fd, "%s %s%s\n", verb, nonce, argument) < 0)
		return false;
	while ((end = read_line(fd, line, &have, ms, received))) {
		size_t behind = have - (size_t)(end + 1 - line);

		if (strncmp(line, nonce, (size_t)n) == 0) {
			memmove(rest, line + n, have - (size_t)n);
			*extra = behind;
			return true;
		}
		memmove(line, end + 1, behind);
		have = behind;
	}
	return false;
}

static bool exchange(int fd, const char *clock, struct sample *s)
{
	char rest[MAX_LINE];
	size_t extra;
	int64_t t1, t2, t3, t4;

	if (!ask(fd, "time", clock, ANSWER_MS, rest, &extra, &t1, &t4) ||
		sscanf(rest, "%" SCNd64 " %" SCNd64, &t2, &t3) != 2 || t2 < 0 || t3 < 0)
		return false;
	s->rtt = (t4 - t1) - (t3 - t2);
	if (s->rtt < 0) /* a clock that counts ticks has just made one */
		s->rtt = t4 - t1;
	s->error = ((t2 - t1) + (t3 - t4)) / 2;
	return true;
}

/* The sample with the shortest way of a burst: the one that was disturbed least. */
static bool burst(int fd, const char *clock, struct sample *best)
{
	struct sample s;
	bool found = false;

	for (int i = 0; i < BURST; i++) {
		if (exchange(fd, clock, &s) && (!found || s.rtt < best->rtt)) {
			*best = s;
			found = true;
		}
		usleep(2000);
	}
	return found;
}

static void require_burst(int fd, const char *clock, struct sample *best)
{
	if (burst(fd, clock, best))
		return;
	fprintf(stderr, "guest-link: no reading of %s from the guest\n", clock);
	exit(3);
}

static int print_error(const char *path, const char *clock)
{
	struct sample best;

	require_burst(connect_to(path), clock, &best);
	printf("%" PRId64 " %" PRId64 "\n", best.error, best.rtt / 2);
	return 0;
}

static int adjust(int fd, const char *clock, int64_t delta)
{
	char argument[128], rest[MAX_LINE];
	size_t extra;
	int64_t sent, received;
	int result;

	snprintf(argument, sizeof argument, "%s %" PRId64, clock, delta);
	if (!ask(fd, "adjust", argument, ANSWER_MS, rest, &extra, &sent, &received)) {
		fprintf(stderr, "guest-link: no answer from the guest\n");
		return 3;
	}
	result = atoi(rest);
	if (result != 0)
		fprintf(stderr, "guest-link: adjusting %s: %s\n", clock, strerror(result));
	return result == 0 ? 0 : 1;
}

static int set(const char *path, const char *clock, int64_t wanted)
{
	struct sample now;
	int fd = connect_to(path);

	require_burst(fd, clock, &now);
	return adjust(fd, clock, wanted - now.error);
}

/* RMS and largest error in us, and the rate against the host's clock by least squares. */
static int watch(const char *path, const char *clock, int seconds, const char *log_path)
{
	FILE *log = log_path ? fopen(log_path, "w") : NULL;
	int64_t start = read_clock(CLOCK_MONOTONIC);
	double n = 0, squares = 0, largest = 0, widest = 0;
	double sum_t = 0, sum_e = 0, sum_tt = 0, sum_te = 0;
	int fd = connect_to(path), lost = 0;

	for (int second = 0; second < seconds; second++) {
		struct sample s;
		double t, e;

		if (!burst(fd, clock, &s)) {
			lost++;
			continue;
		}
		t = (double)(read_clock(CLOCK_MONOTONIC) - start) / 1e9;
		e = (double)s.error / 1e3;
		if (log)
			fprintf(log, "%.3f %.3f %.3f\n", t, e, (double)s.rtt / 2e3);
		n++;
		squares += e * e;
		largest = fmax(largest, fabs(e));
		widest = fmax(widest, (double)s.rtt / 2e3);
		sum_t += t, sum_e += e, sum_tt += t * t, sum_te += t * e;
		for (int64_t left;
			(left = start + (second + 1) * NS_PER_S - read_clock(CLOCK_MONOTONIC)) > 0;)
			usleep((useconds_t)(left / 1000 + 1));
	}
	if (log)
		fclose(log);
	if (n < 2)
		return 3;
	printf("samples=%.0f lost=%d mean_us=%.1f rms_us=%.1f max_us=%.1f uncertainty_us=%.1f "
	       "rate_ppm=%.3f\n",
		n, lost, sum_e / n, sqrt(squares / n), largest, widest,
		(n * sum_te - sum_t * sum_e) / (n * sum_tt - sum_t * sum_t));
	return 0;
}

static int run(const char *path, const char *command)
{
	char rest[MAX_LINE];
	size_t extra, length;
	int64_t sent, received;
	int fd = connect_to(path), status;

	if (!ask(fd, "run", command, RUN_MS, rest, &extra, &sent, &received) ||
		sscanf(rest, "%d %zu", &status, &length) != 2) {
		fprintf(stderr, "guest-link: no answer from the guest to: %s\n", command);
		return 125;
	}
	fwrite(rest + strlen(rest) + 1, 1, extra, stdout);
	for (ssize_t got; extra < length; extra += (size_t)got) {
		got = read(fd, rest, sizeof rest);
		if (got <= 0)
			return 125;
		fwrite(rest, 1, (size_t)got, stdout);
	}
	return status;
}

int main(int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : "";

	if (argc == 3 && strcmp(verb, "serve") == 0)
		return serve(argv[2]);
	if (argc == 2 && strcmp(verb, "kernel") == 0)
		return print_kernel();
	if (argc == 3 && strcmp(verb, "difference") == 0)
		return print_difference(argv[2]);
	if (argc == 4 && strcmp(verb, "unlatch") == 0)
		return unlatch(argv[2], (unsigned)atoi(argv[3]));
	if (argc == 4 && strcmp(verb, "error") == 0)
		return print_error(argv[2], argv[3]);
	if (argc == 5 && strcmp(verb, "adjust") == 0)
		return adjust(connect_to(argv[2]), argv[3], strtoll(argv[4], NULL, 10));
	if (argc == 5 && strcmp(verb, "set") == 0)
		return set(argv[2], argv[3], strtoll(argv[4], NULL, 10));
	if ((argc == 5 || argc == 6) && strcmp(verb, "watch") == 0)
		return watch(argv[2], argv[3], atoi(argv[4]), argc == 6 ? argv[5] : NULL);
	if (argc == 4 && strcmp(verb, "run") == 0)
		return run(argv[2], argv[3]);
	fprintf(stderr, "usage: see the top of guest-link.c\n");
	return 2;
}
