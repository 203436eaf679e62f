/* SPDX-License-Identifier: BSD-2-Clause */
/* Precision clocks of a host, in a folder that looks like its /sys and /dev. */
#include "sync/phc.h"

#include <unistd.h>

#include "harness.h"
#include "scratch.h"

static GclkScratch *host_new(void)
{
	GclkScratch *root = gclk_scratch_new();

	gclk_scratch_write(root, "sys/class/ptp/ptp0/clock_name", "ice-0000:01:00.0-clk\n", -1);
	gclk_scratch_write(root, "sys/class/ptp/ptp1/clock_name", "KVM virtual PTP\n", -1);
	gclk_scratch_write(root, "sys/class/ptp/ptp10/clock_name", "mlx5_ptp\n", -1);
	gclk_scratch_write(root, "sys/class/ptp/ptp2/clock_name", "ptp10_virt\n", -1);
	gclk_scratch_write(root, "sys/class/ptp/odd/clock_name", "mlx5_ptp\n", -1);
	gclk_scratch_write(root, "sys/class/net/eth0/device/ptp/ptp0/dev", "252:0\n", -1);
	gclk_scratch_write(root, "sys/class/net/eth1/device/vendor", "0x8086\n", -1);
	gclk_scratch_write(root, "dev/ptp1", "", 0);
	return root;
}

static void test_kinds(void)
{
	g_autoptr(GclkScratch) root = host_new();
	static const struct {
		const char *device;
		GclkReferenceKind kind;
		const char *name;
	} cases[] = {
		{ "/dev/ptp0", GCLK_REFERENCE_PHC, "ice-0000:01:00.0-clk" },
		{ "/dev/ptp1", GCLK_REFERENCE_HOST, "KVM virtual PTP" },
		{ "/dev/ptp_kvm", GCLK_REFERENCE_HOST, "KVM virtual PTP" }, /* udev's link */
		{ "/dev/ptp2", GCLK_REFERENCE_PHC, "ptp10_virt" },
		{ "eth0", GCLK_REFERENCE_PHC, "ice-0000:01:00.0-clk" },
		{ "eth1", GCLK_REFERENCE_NONE, NULL },
		{ "/dev/ptp7", GCLK_REFERENCE_NONE, NULL },
		{ "/dev/null", GCLK_REFERENCE_NONE, NULL },
		{ "", GCLK_REFERENCE_NONE, NULL },
	};
	g_autofree char *link = gclk_scratch_path(root, "dev/ptp_kvm");

	CU_ASSERT_EQUAL(symlink("ptp1", link), 0);
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *name = NULL;

		GCLK_ASSERT_INT(gclk_phc_reference(root, cases[i].device, &name), cases[i].kind);
		GCLK_ASSERT_STR(name, cases[i].name);
		GCLK_ASSERT_INT(gclk_phc_reference(root, cases[i].device, NULL), cases[i].kind);
	}
}

static void test_devices(void)
{
	g_autoptr(GclkScratch) root = host_new();
	static const struct {
		const char *from, *device;
	} cases[] = {
		{ "/dev/ptp0", "/dev/ptp0" }, /* also when there is no such file */
		{ "eth0", "/dev/ptp0" },
		{ "eth1", NULL },
		{ "eth9", NULL },
		{ "../../class/net/eth0", NULL },
		{ "an-interface-name-that-is-too-long", NULL },
		{ "/dev/rtc0", NULL },
		{ "CLOCK_REALTIME", NULL },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *device = gclk_phc_device(root, cases[i].from);

		GCLK_ASSERT_STR(device, cases[i].device);
	}
}

static void test_cards(void)
{
	g_autoptr(GclkScratch) root = host_new();
	g_autoptr(GPtrArray) cards = gclk_phc_cards(root);
	g_autoptr(GPtrArray) none = gclk_phc_cards("/nonexistent");

	GCLK_ASSERT_INT(cards->len, 3);
	if (cards->len == 3) {
		GCLK_ASSERT_STR(cards->pdata[0], "/dev/ptp0");
		GCLK_ASSERT_STR(cards->pdata[1], "/dev/ptp2");
		GCLK_ASSERT_STR(cards->pdata[2], "/dev/ptp10"); /* by number */
	}
	GCLK_ASSERT_INT(none->len, 0);
}

static void test_reading(void)
{
	g_autoptr(GclkScratch) root = host_new();
	g_autofree char *file = gclk_scratch_path(root, "dev/ptp1");
	static const char *const paths[] = { "/nonexistent/ptp0", "/dev/null", "/proc/self" };
	GclkPhcReading reading;
	g_autoptr(GError) error = NULL;

	for (gsize i = 0; i < G_N_ELEMENTS(paths); i++) {
		g_autoptr(GError) bad = NULL;

		CU_ASSERT_FALSE(gclk_phc_read(paths[i], &reading, &bad));
		CU_ASSERT_PTR_NOT_NULL_FATAL(bad);
		GCLK_ASSERT_HAS(bad->message, paths[i]);
	}
	CU_ASSERT_FALSE(gclk_phc_read(file, &reading, &error)); /* not a device */
}

int main(void)
{
	static const GclkTestCase cases[] = {
		{ "whose it is", test_kinds },
		{ "which device", test_devices },
		{ "the network cards'", test_cards },
		{ "what cannot be read", test_reading },
		{ NULL, NULL },
	};

	return gclk_test_main("phc", cases);
}
