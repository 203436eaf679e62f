/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Has this Linux kernel a driver: loaded, built in, as a module on disk, or not at all? From
 * /sys/module, /lib/modules/RELEASE and the kernel's configuration where that is a plain file. (The
 * one in /proc/config.gz is compressed, and is not read.)
 */
#ifndef GUESTCLOCK_KERNEL_CONFIG_H
#define GUESTCLOCK_KERNEL_CONFIG_H

#include "detect/reader.h"

typedef enum {
	GCLK_DRIVER_UNKNOWN,    /* nothing that could tell can be read */
	GCLK_DRIVER_LOADED,     /* running now, as a module or built in */
	GCLK_DRIVER_BUILT_IN,   /* part of the kernel's image */
	GCLK_DRIVER_ON_DISK,    /* a module that modprobe(8) finds */
	GCLK_DRIVER_ELSEWHERE,  /* built as a module, whose file is not installed here */
	GCLK_DRIVER_NOT_BUILT,  /* neither built in nor a module */
	GCLK_DRIVER_NO_MODULES, /* not running, and there are no modules at all for this kernel */
} GclkDriverState;

/* module as modprobe(8) has it, with '_' or '-'; config "CONFIG_..." or NULL; release as uname -r
   has it, or NULL. *evidence, which may be NULL: what shows it, for people; caller frees. */
GclkDriverState gclk_kernel_driver(GclkReader *reader, const char *release, const char *module,
	const char *config, char **evidence);

/* Is the module in a list as modules.dep and modules.builtin are
   ("kernel/drivers/ptp/ptp_kvm.ko.xz: dependencies")? */
gboolean gclk_kernel_list_has(const char *list, const char *module);

/* What a configuration says of an option: 'y', 'm', 'n' (not set, or not there at all). */
char gclk_kernel_config_value(const char *text, const char *option);

/* Is this release at least major.minor? 1, 0; -1: it cannot be told. */
gint gclk_kernel_since(const char *release, guint major, guint minor);

#endif
