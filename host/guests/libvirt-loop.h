/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * libvirt's events on a main context of their own. libvirt's default loop runs GLib's default
 * context, which is the main thread's here, and libvirt-glib does the same.
 *
 * A process can register one such loop, for good, and its functions are given no user data
 * (virEventRegisterImpl): the state behind them is the process's, the only one of its kind.
 */
#ifndef GUESTCLOCK_LIBVIRT_LOOP_H
#define GUESTCLOCK_LIBVIRT_LOOP_H

#include "gate/libvirt-api.h"

/* Registers the loop, the first time; the calling thread then runs the context, until it gives it
   back. Before any connection is opened. NULL: another thread runs it. */
GMainContext *gclk_libvirt_loop_take(const GclkLibvirt *api);
/* Does what is due yet, and leaves the context to the next one. */
void gclk_libvirt_loop_give_back(GMainContext *context);

#endif
