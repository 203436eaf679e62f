/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Preloaded, it makes a program believe that it runs on the machine in the folder
 * $GUESTCLOCK_MACHINE (see tests/data/machines/README.md):
 *
 *  - its CPUID instructions fault (arch_prctl(2) ARCH_SET_CPUID; Intel since Ivy Bridge, and what
 *    KVM emulates), and get the answers in the file "cpuid": the leaves of the hypervisor and those
 *    of power management (0x80000007) from there alone, and the hypervisor bit of leaf 1; the rest
 *    is the real processor. Where that cannot be, the program's own CPUID instructions, whose
 *    addresses are in $GUESTCLOCK_MACHINE_CPUIDS ("0x8a10 0x8a2c", as objdump -d gives them), are
 *    replaced by traps with the same answers, and so are those of VMware's libraries when they are
 *    loaded ($GUESTCLOCK_MACHINE_LIBVMTOOLS_CPUIDS, ..._LIBGUESTLIB_CPUIDS);
 *  - what it opens or lists where facts are found, it finds below the folder's "root", and nowhere
 *    else; what it reads as a link there, in the file "links" (machine-files.c);
 *  - the kernel's log and the state of the clock are those of the folder, and what it would set it
 *    only seems to set (machine-kernel.c);
 *  - VMware's backdoor answers (machine-vmware.c).
 *
 * With $GUESTCLOCK_MACHINE_PROBE set it only tells, by exit status 0 or 77, whether CPUID can be
 * made to fault here. Linux, x86-64, GNU libc.
 */
#include "machine.h"

#include <asm/prctl.h>
#include <dlfcn.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define HYPERVISOR_FIRST 0x40000000u
#define HYPERVISOR_LAST  0x4fffffffu
#define HYPERVISOR_BIT   (1u << 31)
#define EXTENDED         0x80000000u
#define POWER            0x80000007u
#define LEAVES_MAX       64
#define TRAPS_MAX        128
#define TRAP             0xcc /* int3 */

static struct {
	uint32_t leaf, a, b, c, d;
} leaves[LEAVES_MAX];
static unsigned n_leaves;
static uint8_t *traps[TRAPS_MAX]; /* in the place of CPUID instructions */
static unsigned n_traps;
char machine_folder[4096];

/* --- CPUID ------------------------------------------------------------------------------------ */

static long let_cpuid_work(unsigned long on)
{
	return syscall(SYS_arch_prctl, ARCH_SET_CPUID, on);
}

static int find_leaf(uint32_t leaf)
{
	for (unsigned i = 0; i < n_leaves; i++)
		if (leaves[i].leaf == leaf)
			return (int)i;
	return -1;
}

static void answer(greg_t *r)
{
	uint32_t leaf = (uint32_t)r[REG_RAX];
	uint32_t a = leaf, b = 0, c = (uint32_t)r[REG_RCX], d = 0;
	int at = find_leaf(leaf);

	if ((leaf >= HYPERVISOR_FIRST && leaf <= HYPERVISOR_LAST) || leaf == POWER ||
		leaf == EXTENDED) {
		a = at < 0 ? 0 : leaves[at].a;
		b = at < 0 ? 0 : leaves[at].b;
		c = at < 0 ? 0 : leaves[at].c;
		d = at < 0 ? 0 : leaves[at].d;
	} else {
		if (n_traps == 0)
			let_cpuid_work(1);
		__asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
		if (n_traps == 0)
			let_cpuid_work(0);
		if (leaf == 1)
			c = (c & ~HYPERVISOR_BIT) | (at < 0 ? 0 : leaves[at].c & HYPERVISOR_BIT);
	}
	r[REG_RAX] = a;
	r[REG_RBX] = b;
	r[REG_RCX] = c;
	r[REG_RDX] = d;
}

static void on_fault(int number, siginfo_t *info, void *context)
{
	greg_t *r = ((ucontext_t *)context)->uc_mcontext.gregs;
	const uint8_t *at = (const uint8_t *)r[REG_RIP];

	(void)number;
	(void)info;
	if (machine_backdoor(r, at))
		return;
	if (at[0] != 0x0f || at[1] != 0xa2)
		_exit(FAULT_UNEXPECTED);
	answer(r);
	r[REG_RIP] += 2; /* past 0f a2 */
}

static void on_trap(int number, siginfo_t *info, void *context)
{
	greg_t *r = ((ucontext_t *)context)->uc_mcontext.gregs;
	const uint8_t *at = (const uint8_t *)r[REG_RIP] - 1;
	unsigned i = 0;

	(void)number;
	(void)info;
	while (i < n_traps && traps[i] != at)
		i++;
	if (i == n_traps)
		_exit(FAULT_UNEXPECTED);
	answer(r);
	r[REG_RIP] += 1; /* past what int3 has left of it */
}

/* The program itself comes first in the list. */
static int note_base(struct dl_phdr_info *info, size_t size, void *base)
{
	(void)size;
	*(uintptr_t *)base = info->dlpi_addr;
	return 1;
}

static int set_trap(uint8_t *at)
{
	const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uint8_t *start = (uint8_t *)((uintptr_t)at & ~(page - 1));
	size_t length = (size_t)(at + 2 - start);

	if (mprotect(start, length, PROT_READ | PROT_WRITE | PROT_EXEC))
		return 0;
	if (at[0] != 0x0f || at[1] != 0xa2)
		return 0;
	*at = TRAP;
	traps[n_traps++] = at;
	return mprotect(start, length, PROT_READ | PROT_EXEC) == 0;
}

/* Returns how many have been set; 0 if not all could be. */
static unsigned set_traps(uintptr_t base, const char *addresses)
{
	char *end;

	while (addresses && n_traps < TRAPS_MAX) {
		unsigned long address = strtoul(addresses, &end, 16);

		if (end == addresses)
			break;
		if (!set_trap((uint8_t *)(base + address)))
			return 0;
		addresses = end;
	}
	return n_traps;
}

/* True: from here on CPUID answers as the machine does. */
static int take_cpuid(void)
{
	struct sigaction action = { .sa_flags = SA_SIGINFO };
	uintptr_t base = 0;

	action.sa_sigaction = on_fault;
	if (sigaction(SIGSEGV, &action, NULL))
		return 0;
	if (let_cpuid_work(0) == 0)
		return 1;
	action.sa_sigaction = on_trap;
	dl_iterate_phdr(note_base, &base);
	return sigaction(SIGTRAP, &action, NULL) == 0 &&
	       set_traps(base, getenv("GUESTCLOCK_MACHINE_CPUIDS")) > 0;
}

/* --- libraries that come later ------------------------------------------------------------------
 */

static int is_taken; /* the signals are ours */

/* libvmtools installs its own handler around its look for the backdoor: not here. */
int sigaction(int number, const struct sigaction *action, struct sigaction *old)
{
	int (*real)(int, const struct sigaction *, struct sigaction *) =
		(__typeof__(real))dlsym(RTLD_NEXT, "sigaction");

	if (is_taken && (number == SIGSEGV || number == SIGTRAP)) {
		if (old)
			memset(old, 0, sizeof *old);
		return 0;
	}
	return real(number, action, old);
}

/* Where traps stand for CPUID, VMware's libraries get their own. */
void *dlopen(const char *name, int flags)
{
	static const char *const libraries[][2] = {
		{ "libvmtools", "GUESTCLOCK_MACHINE_LIBVMTOOLS_CPUIDS" },
		{ "libguestlib", "GUESTCLOCK_MACHINE_LIBGUESTLIB_CPUIDS" },
	};
	void *(*real)(const char *, int) = (__typeof__(real))dlsym(RTLD_NEXT, "dlopen");
	void *handle = real(name, flags);
	struct link_map *map;

	for (unsigned i = 0; handle && name && n_traps && i < 2; i++)
		if (strstr(name, libraries[i][0]) && dlinfo(handle, RTLD_DI_LINKMAP, &map) == 0)
			set_traps(map->l_addr, getenv(libraries[i][1]));
	return handle;
}

char *machine_read(const char *name, long *length)
{
	char path[8192], *text = NULL;
	FILE *file;

	snprintf(path, sizeof path, "%s/%s", machine_folder, name);
	file = fopen(path, "re");
	if (!file)
		return NULL;
	if (fseek(file, 0, SEEK_END) == 0 && (*length = ftell(file)) >= 0)
		text = malloc((size_t)*length + 1);
	rewind(file);
	if (text && fread(text, 1, (size_t)*length, file) == (size_t)*length)
		text[*length] = '\0';
	else
		*length = 0;
	fclose(file);
	return text;
}

static void load_leaves(void)
{
	long length;
	char *text = machine_read("cpuid", &length);
	char *rest = text;

	for (char *line; n_leaves < LEAVES_MAX && (line = strsep(&rest, "\n"));)
		if (sscanf(line, "%x %x %x %x %x", &leaves[n_leaves].leaf, &leaves[n_leaves].a,
			    &leaves[n_leaves].b, &leaves[n_leaves].c, &leaves[n_leaves].d) == 5)
			n_leaves++;
	free(text);
}

__attribute__((constructor)) static void start(void)
{
	const char *folder = getenv("GUESTCLOCK_MACHINE");

	if (getenv("GUESTCLOCK_MACHINE_PROBE"))
		_exit(let_cpuid_work(0) == 0 ? 0 : FAULT_IMPOSSIBLE);
	if (!folder)
		return;
	snprintf(machine_folder, sizeof machine_folder, "%s", folder);
	load_leaves();
	machine_kernel_start();
	machine_vmware_start();
	if (!take_cpuid()) {
		fputs("machine.so: CPUID cannot be made to fault here\n", stderr);
		_exit(FAULT_IMPOSSIBLE);
	}
	is_taken = 1;
	machine_files_start();
}
