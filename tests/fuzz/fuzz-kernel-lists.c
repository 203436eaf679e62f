/* SPDX-License-Identifier: BSD-2-Clause */
/* A kernel's lists of modules, its configuration and its release. */
#include "fuzz.h"

#include <glib.h>

#include "detect/kernel-config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *text = g_strndup((const char *)data, size);
	char value = gclk_kernel_config_value(text, "CONFIG_HYPERV_UTILS");

	g_assert_true(value == 'y' || value == 'm' || value == 'n');
	gclk_kernel_list_has(text, "hv_utils");
	gclk_kernel_list_has("kernel/drivers/hv/hv_utils.ko.xz:\n", text);
	gclk_kernel_config_value("# CONFIG_A is not set\nCONFIG_B=m\n", text);
	g_assert_true(gclk_kernel_since(text, 0, 0) != 0);
	return 0;
}
