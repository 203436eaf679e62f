/* SPDX-License-Identifier: BSD-2-Clause */
/* Answers of ptp4l: each with two bytes of length in front; then what they mean. */
#include "fuzz.h"

#include "sync/ptp4l-state.h"

#define NOW G_GINT64_CONSTANT(1795213103022675892)

static void check_answer(GclkPtp4lState *state, const uint8_t *message, size_t size)
{
	GclkPtpAnswer answer;
	gsize sum = 0; /* makes every byte be read */

	if (!gclk_ptp_answer_parse(message, size, &answer))
		return;
	g_assert_true(answer.length <= size && (answer.error == 0 || answer.length == 0));
	for (gsize i = 0; i < answer.length; i++)
		sum += answer.data[i];
	g_assert_true(sum <= 255 * size);
	gclk_ptp4l_state_take(state, &answer);
	g_assert_true(state->n_ports <= GCLK_PTP4L_PORTS_MAX);
}

static void check_judgement(
	const GclkPtp4lState *state, const GclkPtp4lSettings *settings, gboolean has_phc)
{
	const GclkPtp4lView view = { .settings = settings,
		.process_seen = TRUE,
		.able = TRUE,
		.real = NOW,
		.has_phc = has_phc,
		.phc = NOW + 37 * GCLK_NS_PER_S,
		.device = "/dev/ptp0" };
	GclkDaemonReport *report = gclk_daemon_report_new("ptp4l");

	gclk_ptp4l_judge_steers(state, &view, report);
	gclk_ptp4l_judge(state, &view, report);
	/* locked is never without a fresh Sync, a port that follows, and a reason */
	if (report->locked) {
		g_assert_true(report->presence == GCLK_DAEMON_ANSWERS);
		g_assert_true(report->age >= 0 && state->ingress_time != 0);
		g_assert_true(report->reference == GCLK_REFERENCE_PTP && report->has_offset);
	}
	g_assert_true(report->bound >= 0);
	g_assert_true(report->presence != GCLK_DAEMON_ANSWERS || report->locked_why);
	gclk_daemon_report_free(report);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const argv[] = { "ptp4l", "-i", "eth0", "--free_running=1", NULL };
	GclkPtp4lSettings *settings = gclk_ptp4l_settings_new(argv, NULL);
	GclkPtp4lState state = { 0 };

	while (size >= 2) {
		size_t length = (size_t)data[0] << 8 | data[1];

		length = MIN(length, size - 2);
		check_answer(&state, data + 2, length);
		data += 2 + length;
		size -= 2 + length;
	}
	check_judgement(&state, settings, FALSE);
	check_judgement(&state, settings, TRUE);
	gclk_ptp4l_settings_free(settings);
	return 0;
}
