/* SPDX-License-Identifier: BSD-2-Clause */
/* The process with VMware's libraries, with libraries that do as the test says. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "harness.h"
#include "vmware-bed.h"

#define BOTH (GCLK_TOOLS_CAN_SEND | GCLK_TOOLS_CAN_LOOK)

typedef struct {
	GclkVmwareBed bed;
	GclkTools *tools;
	GclkToolsMessage message;
} Rig;

static gboolean next(Rig *rig, GclkToolsKind kind)
{
	gboolean came = gclk_vmware_bed_next(rig->tools, &rig->message);

	CU_ASSERT_TRUE(came);
	if (came)
		GCLK_ASSERT_INT(rig->message.kind, kind);
	return came && rig->message.kind == kind;
}

/* mode may be NULL: all is well. */
static void set_up(Rig *rig, const char *mode)
{
	memset(rig, 0, sizeof *rig);
	gclk_vmware_bed_init(&rig->bed);
	if (mode)
		gclk_vmware_bed_set(&rig->bed, "mode", mode);
	rig->tools = gclk_vmware_bed_start(&rig->bed);
}

static void tear_down(Rig *rig)
{
	gclk_tools_free(rig->tools);
	gclk_vmware_bed_clear(&rig->bed);
}

static void send_well(Rig *rig, const char *text)
{
	CU_ASSERT_TRUE(gclk_tools_send(rig->tools, text));
	CU_ASSERT_TRUE(gclk_tools_busy(rig->tools));
}

/* The processes end when nobody is at the other end. */
static void wait_gone(pid_t pid)
{
	for (int i = 0; i < 500 && kill(pid, 0) == 0; i++)
		g_usleep(10000);
	CU_ASSERT_TRUE(kill(pid, 0) != 0 && errno == ESRCH);
}

/* --- well ------------------------------------------------------------------------------------- */

static void test_send(void)
{
	g_autofree char *asked = NULL;
	Rig rig;

	set_up(&rig, NULL);
	next(&rig, GCLK_TOOLS_READY);
	GCLK_ASSERT_INT(rig.message.can, BOTH);
	send_well(&rig, "info-set guestinfo.guestclock.state synchronised");
	CU_ASSERT_FALSE(gclk_tools_send(rig.tools, "one at a time"));
	CU_ASSERT_FALSE(gclk_tools_look(rig.tools));
	next(&rig, GCLK_TOOLS_SENT);
	GCLK_ASSERT_INT(rig.message.good, 1);
	CU_ASSERT_FALSE(gclk_tools_busy(rig.tools));
	gclk_vmware_bed_set(&rig.bed, "answer", "OK\na b 1\nc d 2\n");
	send_well(&rig, "timeInfo.get-updates precisionclock0");
	next(&rig, GCLK_TOOLS_SENT);
	GCLK_ASSERT_STR(rig.message.text, "OK\na b 1\nc d 2\n");
	asked = gclk_vmware_bed_asked(&rig.bed);
	GCLK_ASSERT_STR(asked, "info-set guestinfo.guestclock.state synchronised\n"
			       "timeInfo.get-updates precisionclock0\n");
	tear_down(&rig);
}

static void test_look(void)
{
	Rig rig;

	set_up(&rig, NULL);
	gclk_vmware_bed_set(&rig.bed, "guestlib", "0 18446744073709551615 1234567890123 42");
	next(&rig, GCLK_TOOLS_READY);
	CU_ASSERT_TRUE(gclk_tools_look(rig.tools));
	next(&rig, GCLK_TOOLS_LOOKED);
	GCLK_ASSERT_INT(rig.message.error, 0);
	CU_ASSERT_TRUE(rig.message.session == G_MAXUINT64);
	CU_ASSERT_TRUE(rig.message.elapsed_ms == 1234567890123);
	CU_ASSERT_TRUE(rig.message.stolen_ms == 42);
	gclk_vmware_bed_set(&rig.bed, "guestlib", "3 0 0 0");
	CU_ASSERT_TRUE(gclk_tools_look(rig.tools));
	next(&rig, GCLK_TOOLS_LOOKED);
	GCLK_ASSERT_INT(rig.message.error, 3);
	tear_down(&rig);
}

/* When the clock process goes, vSphere's readers shall not believe the last word for ever. */
static void test_goodbye(void)
{
	g_autofree char *asked = NULL;
	Rig rig;
	pid_t keeper;

	set_up(&rig, NULL);
	next(&rig, GCLK_TOOLS_READY);
	keeper = gclk_tools_pid(rig.tools);
	gclk_tools_free(rig.tools);
	rig.tools = NULL;
	wait_gone(keeper);
	asked = gclk_vmware_bed_asked(&rig.bed);
	GCLK_ASSERT_STR(asked, "info-set guestinfo.guestclock.state stopped: guestclockd does not "
			       "run\n");
	tear_down(&rig);
}

/* --- not there -------------------------------------------------------------------------------- */

static void check_there(const char *libvmtools, const char *libguestlib, guint32 can)
{
	Rig rig = { 0 };

	gclk_vmware_bed_init(&rig.bed);
	if (libvmtools) {
		g_free(rig.bed.libvmtools);
		rig.bed.libvmtools = g_strdup(libvmtools);
	}
	if (libguestlib) {
		g_free(rig.bed.libguestlib);
		rig.bed.libguestlib = g_strdup(libguestlib);
	}
	rig.tools = gclk_vmware_bed_start(&rig.bed);
	next(&rig, GCLK_TOOLS_READY);
	GCLK_ASSERT_INT(rig.message.can, can);
	if (!can) {
		CU_ASSERT_FALSE(gclk_vmware_bed_next(rig.tools, &rig.message));
		CU_ASSERT_FALSE(gclk_tools_alive(rig.tools));
		CU_ASSERT_FALSE(gclk_tools_send(rig.tools, "nobody is there"));
	}
	tear_down(&rig);
}

static void test_not_there(void)
{
	check_there("/nonexistent/libvmtools.so.0", "/nonexistent/libguestlib.so.0", 0);
	check_there("/nonexistent/libvmtools.so.0", NULL, GCLK_TOOLS_CAN_LOOK);
	check_there(NULL, "/nonexistent/libguestlib.so.0", GCLK_TOOLS_CAN_SEND);
	check_there("/dev/null", "/etc/passwd", 0);
	/* each other's place: the symbols are not there */
	check_there("libm.so.6", "libm.so.6", 0);
}

/* libvmtools itself sees no VMware. */
static void test_elsewhere(void)
{
	Rig rig;

	set_up(&rig, "elsewhere");
	next(&rig, GCLK_TOOLS_READY);
	GCLK_ASSERT_INT(rig.message.can, GCLK_TOOLS_CAN_LOOK);
	tear_down(&rig);
}

/* --- badly ------------------------------------------------------------------------------------ */

static void test_refused(void)
{
	Rig rig;

	set_up(&rig, "refuse");
	next(&rig, GCLK_TOOLS_READY);
	send_well(&rig, "info-set a b");
	next(&rig, GCLK_TOOLS_SENT);
	GCLK_ASSERT_INT(rig.message.good, 0);
	GCLK_ASSERT_STR(rig.message.text, "Permission denied");
	gclk_vmware_bed_set(&rig.bed, "mode", "nothing");
	send_well(&rig, "info-set a b");
	next(&rig, GCLK_TOOLS_SENT);
	GCLK_ASSERT_INT(rig.message.good, 0);
	GCLK_ASSERT_STR(rig.message.text, "");
	tear_down(&rig);
}

static void test_slow(void)
{
	Rig rig;

	set_up(&rig, "slow");
	next(&rig, GCLK_TOOLS_READY);
	send_well(&rig, "info-set a b");
	CU_ASSERT_FALSE(gclk_tools_next(rig.tools, &rig.message)); /* not waited for */
	next(&rig, GCLK_TOOLS_SENT);
	GCLK_ASSERT_INT(rig.message.good, 1);
	/* one that is given up in the meantime */
	send_well(&rig, "info-set c d");
	gclk_tools_forget(rig.tools);
	send_well(&rig, "info-set e f");
	next(&rig, GCLK_TOOLS_SENT);
	CU_ASSERT_FALSE(gclk_tools_busy(rig.tools));
	GCLK_ASSERT_INT(rig.message.id, 3);
	tear_down(&rig);
}

static void test_huge_and_garbage(void)
{
	Rig rig;

	set_up(&rig, "huge");
	next(&rig, GCLK_TOOLS_READY);
	send_well(&rig, "info-set a b");
	next(&rig, GCLK_TOOLS_SENT);
	GCLK_ASSERT_INT(strlen(rig.message.text), GCLK_TOOLS_TEXT_MAX - 1);
	gclk_vmware_bed_set(&rig.bed, "mode", "garbage");
	send_well(&rig, "info-set a b");
	next(&rig, GCLK_TOOLS_SENT);
	GCLK_ASSERT_STR(rig.message.text, "OK\n?[31m?");
	tear_down(&rig);
}

/* Dies of a call; another one takes its place and does well. */
static void check_death(const char *mode, const char *why)
{
	Rig rig;

	set_up(&rig, NULL);
	next(&rig, GCLK_TOOLS_READY);
	gclk_vmware_bed_set(&rig.bed, "mode", mode);
	send_well(&rig, "info-set a b");
	next(&rig, GCLK_TOOLS_ENDED);
	GCLK_ASSERT_STR(rig.message.text, why);
	CU_ASSERT_FALSE(gclk_tools_busy(rig.tools));
	gclk_vmware_bed_set(&rig.bed, "mode", "well");
	next(&rig, GCLK_TOOLS_READY);
	send_well(&rig, "info-set a b");
	next(&rig, GCLK_TOOLS_SENT);
	GCLK_ASSERT_INT(rig.message.good, 1);
	tear_down(&rig);
}

static void test_deaths(void)
{
	check_death("crash", "signal 11");
	check_death("hang", "a call did not come back");
	check_death("exit", "exit status 0");
}

static void test_given_up(void)
{
	Rig rig;

	set_up(&rig, "crash-at-once");
	next(&rig, GCLK_TOOLS_ENDED);
	GCLK_ASSERT_STR(rig.message.text, "signal 6");
	next(&rig, GCLK_TOOLS_ENDED);
	next(&rig, GCLK_TOOLS_GIVEN_UP);
	CU_ASSERT_FALSE(gclk_vmware_bed_next(rig.tools, &rig.message));
	CU_ASSERT_FALSE(gclk_tools_alive(rig.tools));
	CU_ASSERT_FALSE(gclk_tools_look(rig.tools));
	tear_down(&rig);
}

/* The keeper itself is shot. */
static void test_keeper_dies(void)
{
	Rig rig;

	set_up(&rig, NULL);
	next(&rig, GCLK_TOOLS_READY);
	CU_ASSERT_TRUE(kill(gclk_tools_pid(rig.tools), SIGKILL) == 0);
	/* its worker is there still */
	send_well(&rig, "info-set a b");
	next(&rig, GCLK_TOOLS_SENT);
	tear_down(&rig);
}

/* Neither process may do anything that the clock process may. */
static void test_small(void)
{
	g_autofree char *path = NULL, *text = NULL;
	Rig rig;

	set_up(&rig, NULL);
	next(&rig, GCLK_TOOLS_READY);
	path = g_strdup_printf("/proc/%d/status", gclk_tools_pid(rig.tools));
	CU_ASSERT_TRUE(g_file_get_contents(path, &text, NULL, NULL));
	GCLK_ASSERT_HAS(text ? text : "", "CapEff:\t0000000000000000");
	GCLK_ASSERT_HAS(text ? text : "", "CapPrm:\t0000000000000000");
	if (geteuid() == 0)
		GCLK_ASSERT_HAS(text ? text : "", "Uid:\t65534\t65534\t65534\t65534");
	tear_down(&rig);
}

int main(void)
{
	static const GclkTestCase cases[] = {
		{ "an RPC", test_send },
		{ "libguestlib", test_look },
		{ "the last word", test_goodbye },
		{ "libraries that are not there", test_not_there },
		{ "no VMware by libvmtools", test_elsewhere },
		{ "refused", test_refused },
		{ "slow", test_slow },
		{ "huge, garbage", test_huge_and_garbage },
		{ "deaths", test_deaths },
		{ "given up", test_given_up },
		{ "the keeper dies", test_keeper_dies },
		{ "no privileges", test_small },
		{ 0 },
	};

	return gclk_test_main("vmware-tools", cases);
}
