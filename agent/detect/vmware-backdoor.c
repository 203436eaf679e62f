/* SPDX-License-Identifier: BSD-2-Clause */
#include "detect/vmware-backdoor.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define GET_VERSION     10u
#define GET_GUI_OPTIONS 13u
#define GUI_SYNC_TIME   0x400u

#if defined(__x86_64__) || defined(__i386__)

#define PORT            0x5658u
#define LEAF_SIGNATURE  0x40000000u
#define LEAF_FEATURES   0x40000010u
#define FEATURE_VMMCALL (1u << 0) /* of ECX; arch/x86/include/asm/vmware.h */
#define FEATURE_VMCALL  (1u << 1)
#define HYPERVISOR_BIT  (1u << 31)

/* On locals: on 32 bits there is no register left for a pointer to them. */
#define CALL(instruction, r)                                                                       \
	__asm__ volatile(                                                                          \
		instruction                                                                        \
		: "+a"((r).a), "+b"((r).b), "+c"((r).c), "+d"((r).d), "+S"((r).si), "+D"((r).di)   \
		:                                                                                  \
		: "memory", "cc")

void gclk_backdoor_call(guint32 features, guint32 command, GclkBackdoorRegisters *out)
{
	GclkBackdoorRegisters r = { .a = GCLK_BACKDOOR_MAGIC, .c = command };

	if (features & FEATURE_VMCALL) {
		CALL("vmcall", r);
	} else if (features & FEATURE_VMMCALL) {
		CALL("vmmcall", r);
	} else {
		r.d = PORT;
		CALL("inl %%dx, %%eax", r);
	}
	*out = r;
}

gboolean gclk_backdoor_expected(GclkCpuid cpuid, guint32 *features)
{
	guint32 registers[4];

	*features = 0;
	if (!cpuid)
		return FALSE;
	cpuid(1, registers);
	if (!(registers[2] & HYPERVISOR_BIT))
		return FALSE;
	cpuid(LEAF_SIGNATURE, registers);
	if (memcmp(&registers[1], "VMwareVMware", GCLK_SIGNATURE_BYTES) != 0)
		return FALSE;
	if (registers[0] < LEAF_FEATURES)
		return TRUE;
	cpuid(LEAF_FEATURES, registers);
	*features = registers[2];
	return TRUE;
}

#else

void gclk_backdoor_call(guint32 features, guint32 command, GclkBackdoorRegisters *out)
{
	(void)features;
	(void)command;
	*out = (GclkBackdoorRegisters){ .a = GCLK_BACKDOOR_NOT_THERE };
}

gboolean gclk_backdoor_expected(GclkCpuid cpuid, guint32 *features)
{
	(void)cpuid;
	*features = 0;
	return FALSE;
}

#endif

/* --- in a child ------------------------------------------------------------------------------- */

/* The child's exit status is this and what it was told; any other means that it has died of it. */
#define TOLD     100
#define TOLD_MAX 99

/* No core file and no words of whoever has a handler for the signal. */
static void be_quiet(void)
{
	const struct rlimit none = { 0, 0 };
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	setrlimit(RLIMIT_CORE, &none);
	if (null >= 0)
		dup2(null, STDERR_FILENO);
}

static int ask_as_child(guint32 features, int (*ask)(guint32 features))
{
	GclkBackdoorRegisters r;

	be_quiet();
	gclk_backdoor_call(features, GET_VERSION, &r);
	if (r.a == GCLK_BACKDOOR_NOT_THERE || r.b != GCLK_BACKDOOR_MAGIC)
		return 0;
	return TOLD + CLAMP(ask(features), 0, TOLD_MAX);
}

int gclk_backdoor_try(guint32 features, int (*ask)(guint32 features))
{
	int status = 0;
	pid_t pid = fork(), waited;

	if (pid == 0)
		_exit(ask_as_child(features, ask));
	if (pid < 0)
		return -1;
	do
		waited = waitpid(pid, &status, 0);
	while (waited < 0 && errno == EINTR);
	if (waited != pid || !WIFEXITED(status) || WEXITSTATUS(status) < TOLD)
		return -1;
	return WEXITSTATUS(status) - TOLD;
}

/* --- the tools' periodic synchronization -------------------------------------------------------
 */

enum { SYNC_OFF, SYNC_ON, SYNC_UNKNOWN };

static int ask_sync(guint32 features)
{
	GclkBackdoorRegisters r;

	gclk_backdoor_call(features, GET_GUI_OPTIONS, &r);
	if (r.a == GCLK_BACKDOOR_NOT_THERE)
		return SYNC_UNKNOWN;
	return r.a & GUI_SYNC_TIME ? SYNC_ON : SYNC_OFF;
}

int gclk_vmware_ask_periodic_sync(GclkCpuid cpuid)
{
	guint32 features;
	int told = gclk_backdoor_expected(cpuid, &features) ? gclk_backdoor_try(features, ask_sync)
							    : -1;

	return told == SYNC_ON ? 1 : told == SYNC_OFF ? 0 : -1;
}

int gclk_vmware_periodic_sync(gpointer user)
{
	(void)user;
	return gclk_vmware_ask_periodic_sync(gclk_cpuid_native());
}
