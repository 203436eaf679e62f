/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What /proc/PID/ns/pid and /proc/PID/ns/user link to in the namespaces that the kernel starts with:
 * PROC_PID_INIT_INO and PROC_USER_INIT_INO of include/linux/proc_ns.h, fixed since Linux 3.8.
 */
#ifndef GUESTCLOCK_LINUX_NAMESPACES_H
#define GUESTCLOCK_LINUX_NAMESPACES_H

#define GCLK_FIRST_PID_NAMESPACE  "pid:[4026531836]"
#define GCLK_FIRST_USER_NAMESPACE "user:[4026531837]"

#endif
