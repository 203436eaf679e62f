/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Takes a share of its time from a process, as a hypervisor does that has too little of it: the
 * process is stopped and continued (SIGSTOP, SIGCONT) again and again.
 *
 *   stopper PID SHARE SHORTEST_MS LONGEST_MS SEED
 *
 * Each stop lasts a random time between the two. The run that follows is as long as the share asks
 * for after what was stopped in fact, so lateness of this program does not add up and the share is
 * right from the first stop on. On SIGTERM or SIGINT it continues the process and prints what it
 * did, by CLOCK_MONOTONIC; it ends with 1 when the process has ended before.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

#define NS_PER_S  INT64_C(1000000000)
#define NS_PER_MS INT64_C(1000000)

static volatile sig_atomic_t ending;

static void on_signal(int number)
{
	(void)number;
	ending = 1;
}

static int64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * NS_PER_S + t.tv_nsec;
}

/* Until the time has come, or the end: a signal ends the sleep. */
static void sleep_until(int64_t when)
{
	const struct timespec t = { .tv_sec = when / NS_PER_S, .tv_nsec = when % NS_PER_S };

	while (!ending && clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == EINTR)
		;
}

struct plan {
	pid_t pid;
	double share;
	int64_t shortest, longest; /* ns */
	unsigned short seed[3];
};

struct account {
	int64_t began, stopped, longest; /* ns */
	long stops;
};

static bool read_plan(int argc, char **argv, struct plan *plan)
{
	if (argc != 6)
		return false;
	plan->pid = (pid_t)atol(argv[1]);
	plan->share = atof(argv[2]);
	plan->shortest = atol(argv[3]) * NS_PER_MS;
	plan->longest = atol(argv[4]) * NS_PER_MS;
	plan->seed[0] = (unsigned short)atol(argv[5]);
	return plan->pid > 1 && plan->share > 0 && plan->share < 1 && plan->shortest > 0 &&
	       plan->longest >= plan->shortest;
}

/* FALSE: the process has ended. */
static bool stop_once(struct plan *plan, struct account *account)
{
	double random = erand48(plan->seed);
	int64_t length =
		plan->shortest + (int64_t)(random * (double)(plan->longest - plan->shortest));
	int64_t begin, lasted;

	if (kill(plan->pid, SIGSTOP) < 0)
		return false;
	begin = now();
	sleep_until(begin + length);
	if (kill(plan->pid, SIGCONT) < 0)
		return false;
	lasted = now() - begin;
	account->stopped += lasted;
	account->longest = lasted > account->longest ? lasted : account->longest;
	account->stops++;
	return true;
}

static void print_account(const struct account *account)
{
	double elapsed = (double)(now() - account->began);

	printf("stops=%ld stopped_s=%.3f elapsed_s=%.3f share=%.5f longest_ms=%.1f\n",
		account->stops, (double)account->stopped / 1e9, elapsed / 1e9,
		(double)account->stopped / elapsed, (double)account->longest / 1e6);
}

int main(int argc, char **argv)
{
	const struct sched_param urgent = { .sched_priority = 2 };
	const struct sigaction action = { .sa_handler = on_signal };
	struct account account = { .began = now() };
	struct plan plan = { 0 };
	bool alive = true;

	if (!read_plan(argc, argv, &plan)) {
		fprintf(stderr, "usage: stopper PID SHARE SHORTEST_MS LONGEST_MS SEED\n");
		return 2;
	}
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	/* To be punctual on a busy machine; without them it is right all the same. */
	(void)!mlockall(MCL_CURRENT);
	(void)!sched_setscheduler(0, SCHED_FIFO, &urgent);
	while (!ending && (alive = stop_once(&plan, &account)))
		sleep_until(account.began + (int64_t)((double)account.stopped / plan.share));
	print_account(&account);
	return alive ? 0 : 1;
}
