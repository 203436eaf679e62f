/* SPDX-License-Identifier: BSD-2-Clause */
/* The verdicts on one or all VMs, for people and for programs. Pure. */
#ifndef GUESTCLOCK_CHECK_REPORT_H
#define GUESTCLOCK_CHECK_REPORT_H

#include "gate/verdict.h"

typedef struct {
	const char *vm; /* its name, or NULL: a need without a VM */
	const GclkNeed *need;
	const GError *need_error; /* the need cannot be told, or NULL */
	const GclkVerdict *verdict;
} GclkCheckRow;

/* As monitoring plug-ins have it: 0 compatible, 1 not, but the need only asks for a warning, 2
   incompatible, 3 unknown. */
int gclk_check_exit_code(const GclkCheckRow *row);
/* Of all of them: incompatible outweighs unknown. */
int gclk_check_exit_code_all(const GclkCheckRow *rows, gsize n);

/* At most 80 columns. explain: with the evidence. Caller frees. */
char *gclk_check_text(
	const GclkCheckRow *row, const GclkHostSync *sync, gboolean explain, gboolean color);
/* A table: name, need, verdict, reason. Caller frees. */
char *gclk_check_table(const GclkCheckRow *rows, gsize n, gboolean color);
/* Documented in hostclock(1). Caller frees. */
char *gclk_check_json(const GclkCheckRow *rows, gsize n, const GclkHostSync *sync);

#endif
