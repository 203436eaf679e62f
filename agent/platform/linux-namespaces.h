/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What /proc/PID/ns/pid, user and cgroup link to in the namespaces that the kernel starts with:
 * PROC_PID_INIT_INO, PROC_USER_INIT_INO and PROC_CGROUP_INIT_INO of include/linux/proc_ns.h, fixed
 * since Linux 3.8, the last since 4.6.
 */
#ifndef GUESTCLOCK_LINUX_NAMESPACES_H
#define GUESTCLOCK_LINUX_NAMESPACES_H

#define GCLK_FIRST_PID_NAMESPACE    "pid:[4026531836]"
#define GCLK_FIRST_USER_NAMESPACE   "user:[4026531837]"
#define GCLK_FIRST_CGROUP_NAMESPACE "cgroup:[4026531835]"

#endif
