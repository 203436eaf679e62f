/* SPDX-License-Identifier: BSD-2-Clause */
/* What this system has for settings that shall stay: its boot loader, its drop-in directories. */
#include <string.h>

#include "doctor/fix-files.h"
#include "doctor/fix-plan.h"

/* The first that is there decides; grub-mkconfig is there on systems of Red Hat too. */
static const struct {
	const char *path;
	GclkBootLoader boot;
} marks[] = {
	{ "/usr/sbin/grubby", GCLK_BOOT_GRUBBY },
	{ "/usr/bin/grubby", GCLK_BOOT_GRUBBY }, /* since Fedora 42 */
	{ "/sbin/grubby", GCLK_BOOT_GRUBBY },
	{ "/etc/kernel/cmdline", GCLK_BOOT_SYSTEMD },
	{ "/boot/loader/loader.conf", GCLK_BOOT_SYSTEMD },
	{ "/boot/efi/loader/loader.conf", GCLK_BOOT_SYSTEMD },
	{ "/efi/loader/loader.conf", GCLK_BOOT_SYSTEMD },
	{ "/etc/default/grub", GCLK_BOOT_GRUB },
	{ "/etc/update-extlinux.conf", GCLK_BOOT_EXTLINUX },
	{ "/boot/extlinux/extlinux.conf", GCLK_BOOT_EXTLINUX },
	{ "/boot/extlinux.conf", GCLK_BOOT_EXTLINUX },
	{ "/boot/grub/grub.conf", GCLK_BOOT_GRUB_LEGACY },
	{ "/boot/grub/menu.lst", GCLK_BOOT_GRUB_LEGACY },
};

static gboolean file_says(int root, const char *path, const char *part)
{
	g_auto(GclkFixFile) file = { 0 };

	return gclk_fix_file_read(root, path, GCLK_FIX_FILE_MAX, &file, NULL) && file.exists &&
	       strstr(file.text, part) != NULL;
}

static GclkBootLoader find_boot_loader(int root)
{
	if (gclk_fix_exists(root, "/usr/sbin/update-grub") &&
		file_says(root, "/usr/sbin/grub-mkconfig", "/default/grub.d"))
		return GCLK_BOOT_GRUB_DROP_IN;
	for (gsize i = 0; i < G_N_ELEMENTS(marks); i++)
		if (gclk_fix_exists(root, marks[i].path))
			return marks[i].boot;
	return GCLK_BOOT_UNKNOWN;
}

void gclk_fix_places_find(int root, GclkOs os, GclkFixPlaces *out)
{
	*out = (GclkFixPlaces){
		.os = os,
		.boot = os == GCLK_OS_LINUX ? find_boot_loader(root) : GCLK_BOOT_UNKNOWN,
		.loader_directory =
			os == GCLK_OS_FREEBSD &&
			file_says(root, "/boot/defaults/loader.conf", "/boot/loader.conf.d"),
		.modules_directory = gclk_fix_is_directory(root, "/etc/modules-load.d") ||
				     gclk_fix_is_directory(root, "/usr/lib/modules-load.d"),
		.sysctl_directory = gclk_fix_is_directory(root, "/etc/sysctl.d") ||
				    gclk_fix_is_directory(root, "/usr/lib/sysctl.d"),
	};
}
