/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A Kalman filter in offset and frequency with a learned noise scale: the member of the bank that
 * makes an estimator (estimator.h). Offsets are ns about a line that the caller moves along
 * (gclk_filter_rebase), frequencies ns/s (= ppb), time goes forward in seconds.
 *
 * Model: frequency makes a random walk of variance `wander` ppb^2 a second; a measurement has the
 * variance scale * weight, where weight comes from its shape and scale is learned.
 */
#ifndef GUESTCLOCK_FILTER_H
#define GUESTCLOCK_FILTER_H

#include <glib.h>

typedef struct {
	double wander;            /* ppb^2/s */
	double offset, frequency; /* ns, ppb */
	double p00, p01, p11;     /* covariance: ns^2, ns ppb, ppb^2 */
	double scale;             /* learned factor on the weights */
	double likelihood;        /* log likelihood of what was seen, with forgetting */
	guint updates;
} GclkFilter;

/* Before the first measurement: nothing known of the offset, the frequency to one sigma. */
void gclk_filter_init(GclkFilter *filter, double wander, double frequency, double sigma);

/* Lets dt seconds pass. */
void gclk_filter_predict(GclkFilter *filter, double dt);

/* Fuses a measured offset of the given weight (ns^2 at scale 1). */
void gclk_filter_update(GclkFilter *filter, double measured, double weight);

/* Moves the line by so much: offset and frequency are counted from there on. */
void gclk_filter_rebase(GclkFilter *filter, double offset);

/* All variances and the scale grow by this factor: the filter has been too sure of itself. */
void gclk_filter_doubt(GclkFilter *filter, double factor);

/* The offset jumped: it is forgotten, the frequency kept but trusted to sigma only. */
void gclk_filter_forget_offset(GclkFilter *filter, double sigma);

#endif
