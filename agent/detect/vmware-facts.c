/* SPDX-License-Identifier: BSD-2-Clause */
#include "detect/vmware-facts.h"

/* Where linkers look (Debian's and Red Hat's folders, FreeBSD's packages). */
static const char *const folders[] = { "/usr/lib/x86_64-linux-gnu", "/usr/lib/i386-linux-gnu",
	"/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib", "/usr/local/lib" };

static gboolean is_installed(GclkReader *reader, const char *library)
{
	for (gsize i = 0; i < G_N_ELEMENTS(folders); i++) {
		g_autofree char *path = g_build_filename(folders[i], library, NULL);

		if (gclk_reader_exists(reader, path))
			return TRUE;
	}
	return FALSE;
}

static void list_time(const GclkMachine *machine, GPtrArray *out)
{
	GclkHostReader host;
	g_autofree char *text = NULL;

	if (!machine->host_time)
		return;
	if (machine->host_time(machine->host_time_user, &host))
		text = g_strdup_printf("tells the host's time%s%s", host.name ? ": " : "",
			host.name ? host.name : "");
	gclk_facts_add(out, "vmware backdoor",
		text ? text : "does not tell the host's time, or is closed to programs");
}

void gclk_vmware_facts_list(const GclkMachine *machine, GclkReader *reader, GPtrArray *out)
{
	const gboolean tools = is_installed(reader, "libvmtools.so.0");
	const gboolean guestlib = is_installed(reader, "libguestlib.so.0");

	list_time(machine, out);
	gclk_facts_add(out, "vmware libraries",
		tools && guestlib
			? "libvmtools, libguestlib: guestinfo, and the VM's moves are seen"
		: tools    ? "libvmtools: guestinfo"
		: guestlib ? "libguestlib: the VM's moves are seen"
			   : "none, and none is needed (open-vm-tools has them)");
}
