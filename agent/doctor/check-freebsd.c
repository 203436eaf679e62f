/* SPDX-License-Identifier: BSD-2-Clause */
#include "doctor/survey.h"

void gclk_check_freebsd(const GclkSurvey *survey, GPtrArray *findings)
{
	(void)survey;
	(void)findings;
}
