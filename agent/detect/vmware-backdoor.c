/* SPDX-License-Identifier: BSD-2-Clause */
#include "detect/vmware-backdoor.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__x86_64__) || defined(__i386__)

#define MAGIC           0x564d5868u
#define PORT            0x5658u
#define GET_VERSION     10u
#define GET_GUI_OPTIONS 13u
#define GUI_SYNC_TIME   0x400u
#define NOT_THERE       0xffffffffu
#define LEAF_SIGNATURE  0x40000000u
#define LEAF_FEATURES   0x40000010u
#define FEATURE_VMMCALL (1u << 0) /* of ECX; arch/x86/include/asm/vmware.h */
#define FEATURE_VMCALL  (1u << 1)
#define HYPERVISOR_BIT  (1u << 31)

/* The child's exit statuses; any other means that it has died of it. */
enum { EXIT_OFF = 40, EXIT_ON = 41, EXIT_UNKNOWN = 42 };

typedef struct {
	guint32 a, b, c, d;
} Registers;

#define CALL(instruction, r)                                                                       \
	__asm__ volatile(instruction                                                               \
			 : "+a"((r)->a), "+b"((r)->b), "+c"((r)->c), "+d"((r)->d)                  \
			 :                                                                         \
			 : "esi", "edi", "memory", "cc")

static void call(guint32 features, guint32 command, Registers *r)
{
	*r = (Registers){ .a = MAGIC, .c = command };
	if (features & FEATURE_VMCALL) {
		CALL("vmcall", r);
	} else if (features & FEATURE_VMMCALL) {
		CALL("vmmcall", r);
	} else {
		r->d = PORT;
		CALL("inl %%dx, %%eax", r);
	}
}

static int ask(guint32 features)
{
	Registers r;

	call(features, GET_VERSION, &r);
	if (r.a == NOT_THERE || r.b != MAGIC)
		return EXIT_UNKNOWN;
	call(features, GET_GUI_OPTIONS, &r);
	if (r.a == NOT_THERE)
		return EXIT_UNKNOWN;
	return r.a & GUI_SYNC_TIME ? EXIT_ON : EXIT_OFF;
}

/* No core file and no words of whoever has a handler for the signal. */
static void be_quiet(void)
{
	const struct rlimit none = { 0, 0 };
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	setrlimit(RLIMIT_CORE, &none);
	if (null >= 0)
		dup2(null, STDERR_FILENO);
}

static int ask_in_child(guint32 features)
{
	int status = 0;
	pid_t pid = fork(), waited;

	if (pid == 0) {
		be_quiet();
		_exit(ask(features));
	}
	if (pid < 0)
		return -1;
	do
		waited = waitpid(pid, &status, 0);
	while (waited < 0 && errno == EINTR);
	if (waited != pid || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status) == EXIT_ON ? 1 : WEXITSTATUS(status) == EXIT_OFF ? 0 : -1;
}

int gclk_vmware_ask_periodic_sync(GclkCpuid cpuid)
{
	guint32 registers[4];

	if (!cpuid)
		return -1;
	cpuid(1, registers);
	if (!(registers[2] & HYPERVISOR_BIT))
		return -1;
	cpuid(LEAF_SIGNATURE, registers);
	if (memcmp(&registers[1], "VMwareVMware", GCLK_SIGNATURE_BYTES) != 0)
		return -1;
	if (registers[0] < LEAF_FEATURES)
		return ask_in_child(0);
	cpuid(LEAF_FEATURES, registers);
	return ask_in_child(registers[2]);
}

#else

int gclk_vmware_ask_periodic_sync(GclkCpuid cpuid)
{
	(void)cpuid;
	return -1;
}

#endif

int gclk_vmware_periodic_sync(gpointer user)
{
	(void)user;
	return gclk_vmware_ask_periodic_sync(gclk_cpuid_native());
}
