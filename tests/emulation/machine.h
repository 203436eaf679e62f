/* SPDX-License-Identifier: BSD-2-Clause */
/* What the parts of the emulated machine share; machine.c tells what it is. */
#ifndef GUESTCLOCK_EMULATED_MACHINE_H
#define GUESTCLOCK_EMULATED_MACHINE_H

#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <ucontext.h>

/* Exit statuses of a program that cannot go on. */
enum { FAULT_UNEXPECTED = 98, FAULT_IMPOSSIBLE = 77 };

/* The folder; "": none was given, nothing is emulated. */
extern char machine_folder[4096];

/* The constructors call these, in this order. */
void machine_files_start(void);
void machine_kernel_start(void);
void machine_vmware_start(void);

/* A file of the folder, NUL-terminated, and its length; NULL: there is none. */
char *machine_read(const char *name, long *length);

/* Is the tools' periodic synchronization on? -1: there is no backdoor, unless it tells the time. */
extern int machine_vmware_sync;

/* A part of a message over the backdoor. */
void machine_message(greg_t *registers);

/* Answers an I/O port instruction at the fault; 0: it was none that we know. */
int machine_backdoor(greg_t *registers, const uint8_t *instruction);

#endif
