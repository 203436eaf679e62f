/* SPDX-License-Identifier: BSD-2-Clause */
#include "doctor/check-ntp.h"

#include <string.h>

#include "discipline/selection.h"
#include "guestclock/format.h"
#include "source/ntp-check.h"

#define CONFIG_HINT                                                                                \
	"name one in /etc/guestclock/guestclockd.conf: a group [server NAME] with address = "      \
	"HOST; or have DHCP give one (option 42)"

void gclk_ntp_answer_free(GclkNtpAnswer *answer)
{
	if (!answer)
		return;
	g_free(answer->name);
	g_free(answer->address);
	g_free(answer->reason);
	g_free(answer);
}

static GclkFinding *add(GPtrArray *findings, const char *id, GclkSeverity severity,
	const char *remedy, const char *format, ...) G_GNUC_PRINTF(5, 6);

static GclkFinding *add(GPtrArray *findings, const char *id, GclkSeverity severity,
	const char *remedy, const char *format, ...)
{
	g_autofree char *statement = NULL;
	va_list args;

	va_start(args, format);
	statement = g_strdup_vprintf(format, args);
	va_end(args);
	return gclk_findings_add(findings, id, severity, statement, remedy);
}

/* What to do about a server that cannot be used. Caller frees. */
static char *remedy_of(const GclkNtpAnswer *answer)
{
	return answer->advice ? g_strdup(answer->advice)
			      : g_strdup_printf("guestclock probe %s shows all that it says",
					answer->address ? answer->address : answer->name);
}

static void add_origin(GclkFinding *finding, const GclkNtpView *view)
{
	if (view->servers_from)
		gclk_finding_add_evidence(
			finding, "the servers were taken from %s", view->servers_from);
	if (view->servers_note)
		gclk_finding_add_evidence(finding, "%s", view->servers_note);
}

/* --- servers that cannot be used ----------------------------------------------------------------
 */

static guint count_usable(const GPtrArray *answers)
{
	guint n = 0;

	for (guint i = 0; i < answers->len; i++)
		n += ((const GclkNtpAnswer *)answers->pdata[i])->usable != FALSE;
	return n;
}

/* Servers that were found in somebody else's configuration, who gets on well as far as is seen, or
   whose clock is not ours: what is the matter with them is less urgent. */
static gboolean is_anothers(const GclkNtpView *view)
{
	return (view->kept || view->foreign) && view->servers_from;
}

static void no_server(const GclkNtpView *view, GPtrArray *findings)
{
	gboolean urgent = !view->has_precision && !view->kept && !view->foreign;
	GclkFinding *finding =
		add(findings, "ntp-none", urgent ? GCLK_SEVERITY_WARNING : GCLK_SEVERITY_NOTE,
			view->foreign ? NULL : CONFIG_HINT,
			"no NTP server is configured on this machine, and DHCP gave none");

	add_origin(finding, view);
}

static GclkSeverity severity_of_none(const GclkNtpView *view)
{
	if (is_anothers(view))
		return view->has_precision || view->foreign ? GCLK_SEVERITY_NOTE
							    : GCLK_SEVERITY_WARNING;
	return view->has_precision ? GCLK_SEVERITY_WARNING : GCLK_SEVERITY_CRITICAL;
}

/* With one reason for all, it is the statement's; else each server has its line. */
static void none_usable(const GclkNtpView *view, GPtrArray *findings)
{
	const GclkSeverity severity = severity_of_none(view);
	const GclkNtpAnswer *first = view->answers->pdata[0];
	g_autofree char *remedy = remedy_of(first);
	GclkFinding *finding;

	if (view->answers->len == 1) {
		finding = add(findings, "ntp-unusable", severity, remedy,
			"the only NTP server, %s, cannot be used: %s", first->name, first->reason);
		add_origin(finding, view);
		return;
	}
	finding = add(findings, "ntp-unusable", severity, remedy,
		"none of the %u NTP servers can be used", view->answers->len);
	for (guint i = 0; i < view->answers->len; i++) {
		const GclkNtpAnswer *answer = view->answers->pdata[i];

		gclk_finding_add_evidence(finding, "%s: %s", answer->name, answer->reason);
	}
	add_origin(finding, view);
}

static void some_unusable(const GclkNtpView *view, GPtrArray *findings)
{
	for (guint i = 0; i < view->answers->len; i++) {
		const GclkNtpAnswer *answer = view->answers->pdata[i];
		g_autofree char *remedy = answer->usable ? NULL : remedy_of(answer);

		if (answer->usable)
			continue;
		add(findings, answer->answered ? "ntp-refused" : "ntp-unreachable",
			is_anothers(view) ? GCLK_SEVERITY_NOTE : GCLK_SEVERITY_WARNING, remedy,
			"the NTP server %s cannot be used: %s", answer->name, answer->reason);
	}
}

/* --- servers that can --------------------------------------------------------------------------
 */

static void single_server(const GclkNtpView *view, GPtrArray *findings)
{
	add(findings, "ntp-single", GCLK_SEVERITY_NOTE,
		"three or more servers that do not follow each other outvote a wrong one",
		view->answers->len == 1
			? "there is one NTP server only: were it wrong, nothing would contradict it"
			: "one NTP server only can be used: were it wrong, nothing would "
			  "contradict it");
}

static void local_clocks(const GclkNtpView *view, GPtrArray *findings)
{
	for (guint i = 0; i < view->answers->len; i++) {
		const GclkNtpAnswer *answer = view->answers->pdata[i];

		if (answer->usable && answer->local_clock)
			add(findings, "ntp-local-clock", GCLK_SEVERITY_NOTE,
				"on an isolated network where all machines follow it, that may be "
				"all that is needed; else give it an upstream",
				"the NTP server %s " GCLK_NTP_LOCAL_CLOCK_NOTE
				": nothing tells whether that is right",
				answer->name);
	}
}

/* --- how far the clock is off --------------------------------------------------------------------
 */

static gint64 magnitude(gint64 ns)
{
	return ns == G_MININT64 ? G_MAXINT64 : ABS(ns);
}

/* "2412.000 s (40 min)" */
static char *far_in_words(gint64 offset)
{
	char exact[32], rough[32];
	gint64 ns = MIN(magnitude(offset), G_MAXINT64 - 1);

	gclk_format_bound(ns, exact);
	if (ns < 120 * GCLK_NS_PER_S)
		return g_strdup(exact);
	gclk_format_age(ns, rough);
	return g_strdup_printf("%s (%s)", exact, rough);
}

/* What sets a clock that is off, by who keeps it. */
static const struct {
	const char *keeper;
	const char *remedy;
} setters[] = {
	{ "guestclockd", "guestclock step sets it right at once" },
	{ "chronyd",
		"chronyc makestep sets it right at once (if chronyc tracking shows a source)" },
	{ "ntpd", "restart ntpd with its option -g, which lets it set the clock at its start" },
	{ "systemd-timesyncd", "systemctl restart systemd-timesyncd sets it right at once" },
};

static const char *setter_of(const char *keeper)
{
	for (gsize i = 0; keeper && i < G_N_ELEMENTS(setters); i++)
		if (strcmp(setters[i].keeper, keeper) == 0)
			return setters[i].remedy;
	return keeper ? "restart the program that keeps the clock, or see how it sets the clock"
		      : "systemctl enable --now guestclockd: it sets the clock at its start and "
			"keeps it right";
}

/* Beyond every doubt: what is left of the offset when the bound is taken from it. */
static GclkSeverity severity_of(gint64 offset, gint64 bound)
{
	gint64 sure = bound == GCLK_BOUND_UNKNOWN ? 0 : MAX(magnitude(offset) - bound, 0);

	return sure > GCLK_OFFSET_CRITICAL  ? GCLK_SEVERITY_CRITICAL
	       : sure > GCLK_OFFSET_WARNING ? GCLK_SEVERITY_WARNING
					    : GCLK_SEVERITY_OK;
}

static void add_measures(GclkFinding *finding, const GclkCandidate *candidates, guint n)
{
	for (guint i = 0; i < n; i++) {
		char offset[32], bound[32];

		if (candidates[i].standing != GCLK_STANDING_SELECTED &&
			candidates[i].standing != GCLK_STANDING_AGREES)
			continue;
		gclk_format_offset(candidates[i].offset, offset);
		gclk_format_bound(candidates[i].bound, bound);
		gclk_finding_add_evidence(
			finding, "%s: %s, give or take %s", candidates[i].name, offset, bound);
	}
}

static void judge_offset(const GclkNtpView *view, const GclkCandidate *candidates, guint n,
	guint selected, GPtrArray *findings)
{
	const GclkCandidate *best = &candidates[selected];
	GclkSeverity severity = severity_of(best->offset, best->bound);
	g_autofree char *far = far_in_words(best->offset);
	g_autofree char *says = NULL;
	GclkFinding *finding;
	char within[32];
	guint agreeing = 0;

	for (guint i = 0; i < n; i++)
		agreeing += candidates[i].standing == GCLK_STANDING_SELECTED ||
			    candidates[i].standing == GCLK_STANDING_AGREES;
	if (severity == GCLK_SEVERITY_OK) {
		gclk_format_bound(
			gclk_bound_add(MIN(magnitude(best->offset), G_MAXINT64 - 1), best->bound),
			within);
		add(findings, "clock-offset", GCLK_SEVERITY_OK, NULL,
			"the clock is right within %s by %u NTP server%s (%s)", within, agreeing,
			agreeing == 1 ? "" : "s that agree", best->name);
		return;
	}
	says = agreeing > 1 ? g_strdup_printf("%u NTP servers agree", agreeing)
			    : g_strdup_printf("so says the NTP server %s", best->name);
	finding = add(findings, "clock-offset", severity,
		view->foreign ? "the clock is the host's: it has to be set right there"
			      : setter_of(view->keeper),
		"the clock is %s by %s: %s", best->offset < 0 ? "ahead" : "behind", far, says);
	add_measures(finding, candidates, n);
	if (view->keeper)
		gclk_finding_add_evidence(finding, "%s keeps this clock", view->keeper);
}

static void falsetickers(const GclkCandidate *candidates, guint n, GPtrArray *findings)
{
	for (guint i = 0; i < n; i++) {
		GclkFinding *finding;
		char offset[32];

		if (candidates[i].standing != GCLK_STANDING_FALSETICKER)
			continue;
		gclk_format_offset(candidates[i].offset, offset);
		finding = add(findings, "ntp-falseticker", GCLK_SEVERITY_WARNING,
			"look at that server (chronyc tracking, ntpq -p there), or take another",
			"the NTP server %s contradicts the others", candidates[i].name);
		gclk_finding_add_evidence(finding, "%s: %s%s%s", candidates[i].name, offset,
			candidates[i].reason ? "; " : "",
			candidates[i].reason ? candidates[i].reason : "");
	}
}

static void nobody_agrees(const GclkCandidate *candidates, guint n, GPtrArray *findings)
{
	GclkFinding *finding = add(findings, "ntp-disagree", GCLK_SEVERITY_WARNING,
		"find out which one is right; with four servers one wrong one is outvoted",
		"the NTP servers contradict each other: nobody can tell which one is right");

	for (guint i = 0; i < n; i++) {
		char offset[32], bound[32];

		gclk_format_offset(candidates[i].offset, offset);
		gclk_format_bound(candidates[i].bound, bound);
		gclk_finding_add_evidence(
			finding, "%s: %s, give or take %s", candidates[i].name, offset, bound);
	}
}

/* The same vote as the daemon's. */
static void compare(const GclkNtpView *view, GPtrArray *findings)
{
	g_autofree GclkCandidate *candidates = g_new0(GclkCandidate, view->answers->len + 1);
	GclkSelection selection;
	guint n = 0;

	for (guint i = 0; i < view->answers->len; i++) {
		const GclkNtpAnswer *answer = view->answers->pdata[i];

		if (!answer->usable || !answer->measured)
			continue;
		candidates[n++] = (GclkCandidate){
			.name = answer->name,
			.origin = answer->address ? answer->address : answer->name,
			.kind = GCLK_SOURCE_NTP,
			.condition = GCLK_SOURCE_OK,
			.estimated = TRUE,
			.offset = answer->offset,
			.bound = answer->bound,
			.lesser = answer->local_clock,
			.quality = answer->bound,
		};
	}
	if (n == 0)
		return;
	selection = gclk_selection_run(candidates, n, -1);
	if (selection.selected >= 0) {
		judge_offset(view, candidates, n, (guint)selection.selected, findings);
		falsetickers(candidates, n, findings);
	} else {
		nobody_agrees(candidates, n, findings);
	}
	g_free(selection.reason);
	for (guint i = 0; i < n; i++)
		g_free(candidates[i].reason);
}

void gclk_check_ntp(const GclkNtpView *view, GPtrArray *findings)
{
	guint usable = count_usable(view->answers);

	if (view->answers->len == 0) {
		no_server(view, findings);
		return;
	}
	if (usable == 0) {
		none_usable(view, findings);
		return;
	}
	some_unusable(view, findings);
	if (usable == 1 && !view->has_precision)
		single_server(view, findings);
	local_clocks(view, findings);
	compare(view, findings);
}

/* --- from the daemon's status -------------------------------------------------------------------
 */

static const char *reason_of(const GclkSourceStatus *source)
{
	return source->reason ? source->reason : "guestclockd does not say why";
}

static GPtrArray *answers_of(const GclkStatus *status, gboolean *precision)
{
	GPtrArray *answers = g_ptr_array_new_with_free_func((GDestroyNotify)gclk_ntp_answer_free);

	for (guint i = 0; i < status->sources->len; i++) {
		const GclkSourceStatus *source = status->sources->pdata[i];
		GclkNtpAnswer *answer;

		if (g_strcmp0(source->kind, "ntp") != 0) {
			*precision |= source->standing == GCLK_STANDING_SELECTED ||
				      source->standing == GCLK_STANDING_AGREES;
			continue;
		}
		answer = g_new0(GclkNtpAnswer, 1);
		answer->name = g_strdup(source->name);
		answer->address =
			source->address && *source->address ? g_strdup(source->address) : NULL;
		answer->usable = source->standing <= GCLK_STANDING_FALSETICKER;
		answer->answered = source->standing == GCLK_STANDING_REFUSED;
		answer->reason = answer->usable ? NULL : g_strdup(reason_of(source));
		answer->local_clock =
			source->note && strstr(source->note, GCLK_NTP_LOCAL_CLOCK_NOTE) != NULL;
		g_ptr_array_add(answers, answer);
	}
	return answers;
}

static void status_falsetickers(const GclkStatus *status, GPtrArray *findings)
{
	for (guint i = 0; i < status->sources->len; i++) {
		const GclkSourceStatus *source = status->sources->pdata[i];
		GclkFinding *finding;

		if (source->standing != GCLK_STANDING_FALSETICKER)
			continue;
		finding = add(findings, "falseticker", GCLK_SEVERITY_WARNING,
			"look at that source, or take it out",
			"the source %s contradicts the others", source->name);
		gclk_finding_add_evidence(finding, "guestclockd says: %s", reason_of(source));
	}
}

static void status_state(const GclkStatus *status, GPtrArray *findings)
{
	const char *reason = status->reason ? status->reason : "see guestclock status";
	char bound[32];

	gclk_format_bound(status->error_bound, bound);
	switch (status->state) {
	case GCLK_STATE_STARTING:
		add(findings, "clock-starting", GCLK_SEVERITY_NOTE, "guestclock waitsync waits",
			"guestclockd is starting: it has not measured enough yet");
		return;
	case GCLK_STATE_SYNCHRONISED:
		add(findings, "clock-offset", GCLK_SEVERITY_OK, NULL,
			"guestclockd %s the clock, right within %s (%s)",
			strcmp(status->control, "none") == 0 ? "watches" : "keeps", bound,
			status->selected ? status->selected : "?");
		return;
	case GCLK_STATE_HOLDOVER:
		add(findings, "clock-holdover", GCLK_SEVERITY_WARNING,
			"guestclock sources tells why no source can be used",
			"guestclockd has lost its sources, the clock drifts (right within %s)",
			bound);
		return;
	case GCLK_STATE_DISRUPTED:
		add(findings, "clock-disrupted", GCLK_SEVERITY_WARNING,
			"guestclock waitsync waits until a source has told the time",
			"the clocks of this guest were just disrupted: %s", reason);
		return;
	case GCLK_STATE_UNSYNCHRONISED:
	case GCLK_STATES:
		break;
	}
	add(findings, "clock-unsynchronised", GCLK_SEVERITY_CRITICAL,
		"guestclock sources tells more; below stands what is in its way",
		"guestclockd cannot keep this clock right: %s", reason);
}

static void status_offset(const GclkNtpView *view, const GclkStatus *status, GPtrArray *findings)
{
	GclkSeverity severity;
	g_autofree char *far = NULL;

	/* the status's bound is that of the clock, the offset in it */
	if (status->error_bound == GCLK_BOUND_UNKNOWN || gclk_findings_find(findings, "clock-off"))
		return;
	severity = severity_of(
		status->offset, MAX(status->error_bound - magnitude(status->offset), 0));
	if (severity == GCLK_SEVERITY_OK)
		return;
	far = far_in_words(status->offset);
	add(findings, "clock-off", severity,
		setter_of(strcmp(status->control, "none") == 0 ? view->keeper : "guestclockd"),
		"the clock is %s by %s, guestclockd says", status->offset < 0 ? "ahead" : "behind",
		far);
}

void gclk_check_ntp_status(const GclkNtpView *view, const GclkStatus *status, GPtrArray *findings)
{
	GclkNtpView seen = *view;
	g_autoptr(GPtrArray) answers = NULL;
	gboolean precision = FALSE;

	status_state(status, findings);
	status_offset(view, status, findings);
	answers = answers_of(status, &precision);
	seen.answers = answers;
	seen.has_precision = precision;
	seen.servers_from = status->servers_from;
	seen.servers_note = NULL;
	gclk_check_ntp(&seen, findings);
	status_falsetickers(status, findings);
}
