/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmware-bed.h"

#include <poll.h>
#include <string.h>
#include <sys/stat.h>

#include "harness.h"
#include "scratch.h"

static char *library(const char *name)
{
	return g_canonicalize_filename(name, NULL);
}

void gclk_vmware_bed_init(GclkVmwareBed *bed)
{
	bed->folder = gclk_scratch_new();
	/* the worker is nobody */
	CU_ASSERT_TRUE(chmod(bed->folder, 0777) == 0);
	bed->libvmtools = library("tests/fake/libvmtools.so");
	bed->libguestlib = library("tests/fake/libguestlib.so");
	g_setenv("GUESTCLOCK_FAKE_TOOLS", bed->folder, TRUE);
}

void gclk_vmware_bed_clear(GclkVmwareBed *bed)
{
	gclk_scratch_free(bed->folder);
	g_free(bed->libvmtools);
	g_free(bed->libguestlib);
}

void gclk_vmware_bed_set(const GclkVmwareBed *bed, const char *file, const char *text)
{
	g_autofree char *path = g_build_filename(bed->folder, file, NULL);

	CU_ASSERT_TRUE(g_file_set_contents(path, text, -1, NULL));
	CU_ASSERT_TRUE(chmod(path, 0666) == 0);
}

char *gclk_vmware_bed_asked(const GclkVmwareBed *bed)
{
	g_autofree char *path = g_build_filename(bed->folder, "rpc", NULL);
	char *text = NULL;

	return g_file_get_contents(path, &text, NULL, NULL) ? text : g_strdup("");
}

GclkTools *gclk_vmware_bed_start(const GclkVmwareBed *bed)
{
	const GclkToolsProcess process = {
		.libvmtools = bed->libvmtools,
		.libguestlib = bed->libguestlib,
		.deadline_s = 1,
		.deaths_max = 3,
		.pause_ms = 400,
		.pause_max_ms = 400,
		.steady_ms = 60000,
		.uid = 65534,
		.gid = 65534,
	};
	GclkTools *tools = gclk_tools_start(&process, NULL);

	CU_ASSERT_PTR_NOT_NULL_FATAL(tools);
	return tools;
}

gboolean gclk_vmware_bed_next(GclkTools *tools, GclkToolsMessage *out)
{
	struct pollfd fd = { .fd = gclk_tools_fd(tools), .events = POLLIN };

	while (gclk_tools_alive(tools)) {
		if (gclk_tools_next(tools, out))
			return TRUE;
		if (gclk_tools_alive(tools) && poll(&fd, 1, 10000) <= 0)
			return FALSE;
	}
	return FALSE;
}
