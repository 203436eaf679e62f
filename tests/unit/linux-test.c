/* SPDX-License-Identifier: BSD-2-Clause */
/* What the real platform can be asked without touching the clock of this machine: clocks, files,
   names, random numbers. */
#define _GNU_SOURCE /* unshare */
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness.h"
#include "platform/native.h"
#include "scratch.h"

typedef struct {
	GMainContext *context;
	GclkPlatform *platform;
	char *folder;
	guint answers;
	gsize n;
	GclkAddress address;
	char *reason;
} Fixture;

static void set_up(Fixture *f)
{
	memset(f, 0, sizeof(*f));
	f->context = g_main_context_new();
	gclk_loop_install_poll(f->context);
	f->platform = gclk_native_new(NULL, f->context);
	f->folder = gclk_scratch_new();
}

static void tear_down(Fixture *f)
{
	f->platform->free(f->platform);
	g_main_context_unref(f->context);
	gclk_scratch_free(f->folder);
	g_free(f->reason);
}

/* --- clocks ----------------------------------------------------------------------------------- */

static void test_read_pair(void)
{
	GclkClockPair first, second;
	Fixture f;

	set_up(&f);
	f.platform->read_pair(f.platform, &first);
	g_usleep(10000);
	f.platform->read_pair(f.platform, &second);
	/* the two clocks ran alike, and the time is in this age */
	CU_ASSERT(second.raw - first.raw >= 10 * GCLK_NS_PER_MS);
	CU_ASSERT(ABS((second.real - first.real) - (second.raw - first.raw)) < GCLK_NS_PER_MS);
	CU_ASSERT(ABS(first.real / 1000 - g_get_real_time()) < G_USEC_PER_SEC);
	CU_ASSERT(first.width < GCLK_NS_PER_MS);
	/* where the clocks are known to move with the tick */
	CU_ASSERT(f.platform->tick >= GCLK_NS_PER_MS && f.platform->tick <= 10 * GCLK_NS_PER_MS);
	f.platform->coarseness = f.platform->tick;
	f.platform->read_pair(f.platform, &second);
	CU_ASSERT(second.width >= f.platform->tick);
	CU_ASSERT(first.width >= 0 && first.width < GCLK_NS_PER_MS);
	tear_down(&f);
}

/* The pair is one moment: differences scatter no more than its width says. */
static void test_pair_width(void)
{
	gint64 lowest = G_MAXINT64, highest = G_MININT64, width = 0;
	Fixture f;

	set_up(&f);
	for (int i = 0; i < 200; i++) {
		GclkClockPair pair;

		f.platform->read_pair(f.platform, &pair);
		lowest = MIN(lowest, pair.real - pair.raw);
		highest = MAX(highest, pair.real - pair.raw);
		width = MAX(width, pair.width);
	}
	/* 500 ppm of the few ms this takes, beside the width */
	CU_ASSERT(highest - lowest <= width + 50000);
	tear_down(&f);
}

static void test_boottime(void)
{
	gint64 first, second;
	Fixture f;

	set_up(&f);
	first = f.platform->boottime(f.platform);
	g_usleep(5000);
	second = f.platform->boottime(f.platform);
	CU_ASSERT(second - first >= 5 * GCLK_NS_PER_MS);
	CU_ASSERT(first >= g_get_monotonic_time() * 1000 - GCLK_NS_PER_S);
	tear_down(&f);
}

static void test_get_discipline(void)
{
	g_autoptr(GError) error = NULL;
	GclkDiscipline got;
	Fixture f;

	set_up(&f);
	CU_ASSERT(f.platform->get_discipline(f.platform, &got, &error));
	CU_ASSERT(got.frequency_ppb >= -GCLK_FREQUENCY_LIMIT_PPB &&
		  got.frequency_ppb <= GCLK_FREQUENCY_LIMIT_PPB);
	CU_ASSERT(ABS(got.tick_ppb) <= GCLK_TICK_LIMIT_PPB);
	CU_ASSERT(ABS(got.phase) <= GCLK_PHASE_LIMIT);
	CU_ASSERT(got.max_error >= 0);
	CU_ASSERT(got.leap != GCLK_LEAP_UNSYNC);
	tear_down(&f);
}

/* Runs in a child of its own; 0: as it should be. */
static int may_not_steer(gboolean in_namespace)
{
	g_autoptr(GMainContext) context = g_main_context_new();
	GclkPlatform *platform = gclk_native_new(NULL, context);
	const char *reason = NULL;
	GclkDropped dropped;
	gboolean may;

	/* Nothing here may come to a steering call with the right to steer. */
	if (in_namespace ? unshare(CLONE_NEWUSER) : geteuid() == 0 && setuid(65534))
		return 77;
	if (!in_namespace && (!gclk_privileged_drop("65534", &dropped, NULL) || dropped.sys_time))
		return 1;
	may = platform->may_steer(platform, &reason);
	platform->free(platform);
	return may ? 2 : strstr(reason, "CAP_SYS_TIME") ? 0 : 3;
}

static void test_may_not_steer(void)
{
	for (int in_namespace = 0; in_namespace < 2; in_namespace++) {
		int status = 0;
		pid_t child = fork();

		if (child == 0)
			_exit(may_not_steer(in_namespace));
		waitpid(child, &status, 0);
		if (WEXITSTATUS(status) == 77)
			printf("(cannot be tried here) ");
		else
			GCLK_ASSERT_INT(status, 0);
	}
}

static void test_no_precision_clock(void)
{
	static const char *const paths[] = { "/dev/null", "/etc/passwd", "/no/such/device",
		"/dev" };
	Fixture f;

	set_up(&f);
	for (gsize i = 0; i < G_N_ELEMENTS(paths); i++) {
		g_autoptr(GError) error = NULL;

		CU_ASSERT_PTR_NULL(f.platform->ptp_open(f.platform, paths[i], &error));
		CU_ASSERT_FATAL(error != NULL);
		CU_ASSERT(error->domain == G_FILE_ERROR);
		GCLK_ASSERT_HAS(error->message, paths[i]);
	}
	f.platform->ptp_close(f.platform, NULL);
	tear_down(&f);
}

/* --- files ------------------------------------------------------------------------------------ */

static char *file_in(const Fixture *f, const char *name)
{
	return g_build_filename(f->folder, name, NULL);
}

static void test_write_and_read(void)
{
	g_autoptr(GError) error = NULL;
	mode_t mask = umask(077);
	struct stat status;
	gsize length = 0;
	Fixture f;

	set_up(&f);
	for (int durable = 0; durable < 2; durable++) {
		g_autofree char *path = file_in(&f, "status.json");
		g_autofree char *text = NULL;

		CU_ASSERT(f.platform->write_file(f.platform, path, "one\0two", 7, durable, &error));
		text = f.platform->read_file(f.platform, path, 7, &length, &error);
		CU_ASSERT_PTR_NOT_NULL_FATAL(text);
		GCLK_ASSERT_INT(length, 7);
		CU_ASSERT(memcmp(text, "one\0two", 8) == 0); /* with the NUL that is added */
		stat(path, &status);
		GCLK_ASSERT_INT(status.st_mode & 0777, 0644);
	}
	CU_ASSERT_PTR_NULL(error);
	umask(mask);
	tear_down(&f);
}

static void test_write_leaves_nothing(void)
{
	g_auto(GStrv) names = NULL;
	g_autofree char *path = NULL, *old = NULL, *victim = NULL, *text = NULL;
	Fixture f;

	set_up(&f);
	path = file_in(&f, "a");
	old = file_in(&f, ".a.tmp");
	victim = file_in(&f, "victim");
	CU_ASSERT(f.platform->write_file(f.platform, victim, "safe", 4, FALSE, NULL));
	/* what a kill may have left, or an enemy: it is replaced, not followed */
	CU_ASSERT(symlink(victim, old) == 0);
	CU_ASSERT(f.platform->write_file(f.platform, path, "new", 3, FALSE, NULL));
	text = f.platform->read_file(f.platform, victim, 10, NULL, NULL);
	GCLK_ASSERT_STR(text, "safe");
	names = f.platform->list_directory(f.platform, f.folder, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(names);
	GCLK_ASSERT_INT(g_strv_length(names), 2);
	GCLK_ASSERT_STR(names[0], "a");
	tear_down(&f);
}

/* A disk that is full in the middle: the old content stays, and no rubbish. */
static void test_write_fails(void)
{
	g_autofree char *path = NULL, *content = NULL, *nowhere = NULL;
	g_autofree char *big = g_strnfill(100000, 'x');
	g_autoptr(GError) error = NULL, missing = NULL;
	g_auto(GStrv) names = NULL;
	struct rlimit limit, small;
	Fixture f;

	set_up(&f);
	path = file_in(&f, "state");
	nowhere = file_in(&f, "no/such/state");
	CU_ASSERT(f.platform->write_file(f.platform, path, "old", 3, TRUE, NULL));
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &limit);
	small = limit;
	small.rlim_cur = 5000;
	setrlimit(RLIMIT_FSIZE, &small);
	CU_ASSERT(!f.platform->write_file(f.platform, path, big, 100000, TRUE, &error));
	setrlimit(RLIMIT_FSIZE, &limit);
	CU_ASSERT_FATAL(error != NULL);
	CU_ASSERT(error->domain == G_FILE_ERROR);
	GCLK_ASSERT_HAS(error->message, path);
	content = f.platform->read_file(f.platform, path, 100, NULL, NULL);
	GCLK_ASSERT_STR(content, "old");
	names = f.platform->list_directory(f.platform, f.folder, NULL);
	GCLK_ASSERT_INT(g_strv_length(names), 1);

	CU_ASSERT(!f.platform->write_file(f.platform, nowhere, "x", 1, FALSE, &missing));
	CU_ASSERT(g_error_matches(missing, G_FILE_ERROR, G_FILE_ERROR_NOENT));
	tear_down(&f);
}

static void test_read_limit(void)
{
	g_autofree char *path = NULL, *fits = NULL, *nothing = NULL;
	g_autoptr(GError) error = NULL;
	gsize length = 99;
	Fixture f;

	set_up(&f);
	path = file_in(&f, "f");
	CU_ASSERT(f.platform->write_file(f.platform, path, "12345", 5, FALSE, NULL));
	fits = f.platform->read_file(f.platform, path, 5, &length, NULL);
	GCLK_ASSERT_STR(fits, "12345");
	nothing = f.platform->read_file(f.platform, path, 4, &length, &error);
	CU_ASSERT_PTR_NULL(nothing);
	CU_ASSERT(g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_FAILED));
	GCLK_ASSERT_HAS(error->message, path);
	GCLK_ASSERT_INT(length, 0);
	tear_down(&f);
}

static void test_read_tail(void)
{
	g_autofree char *path = NULL, *fifo = NULL, *end = NULL, *whole = NULL, *kernel = NULL;
	g_autoptr(GError) missing = NULL, folder = NULL, pipe = NULL;
	gsize length = 99;
	Fixture f;

	set_up(&f);
	path = file_in(&f, "f");
	fifo = file_in(&f, "fifo");
	CU_ASSERT(mkfifo(fifo, 0600) == 0);
	CU_ASSERT(f.platform->write_file(f.platform, path, "12345", 5, FALSE, NULL));
	end = f.platform->read_tail(f.platform, path, 2, &length, NULL);
	GCLK_ASSERT_STR(end, "45");
	GCLK_ASSERT_INT(length, 2);
	whole = f.platform->read_tail(f.platform, path, 6, &length, NULL);
	GCLK_ASSERT_STR(whole, "12345");
	GCLK_ASSERT_INT(length, 5);
	/* /proc says size 0: its end is not known, so this is its beginning */
	kernel = f.platform->read_tail(f.platform, "/proc/self/status", 10, &length, NULL);
	CU_ASSERT(kernel && length == 10);
	CU_ASSERT_PTR_NULL(f.platform->read_tail(f.platform, "/no/such", 10, NULL, &missing));
	CU_ASSERT(g_error_matches(missing, G_FILE_ERROR, G_FILE_ERROR_NOENT));
	CU_ASSERT_PTR_NULL(f.platform->read_tail(f.platform, f.folder, 10, NULL, &folder));
	CU_ASSERT_PTR_NOT_NULL(folder);
	CU_ASSERT_PTR_NULL(f.platform->read_tail(f.platform, fifo, 10, NULL, &pipe));
	GCLK_ASSERT_HAS(pipe->message, fifo);
	tear_down(&f);
}

static void test_read_odd_files(void)
{
	g_autoptr(GError) missing = NULL, folder = NULL, device = NULL;
	g_autofree char *fifo = NULL, *empty = NULL, *kernel = NULL;
	gsize length;
	Fixture f;

	set_up(&f);
	fifo = file_in(&f, "fifo");
	CU_ASSERT(mkfifo(fifo, 0600) == 0);
	empty = f.platform->read_file(f.platform, fifo, 10, &length, NULL); /* does not wait */
	GCLK_ASSERT_STR(empty, "");
	/* /proc says size 0, and has text all the same */
	kernel = f.platform->read_file(f.platform, "/proc/self/status", 65536, &length, NULL);
	CU_ASSERT(kernel && length > 100);
	CU_ASSERT_PTR_NULL(f.platform->read_file(f.platform, "/no/such", 10, NULL, &missing));
	CU_ASSERT(g_error_matches(missing, G_FILE_ERROR, G_FILE_ERROR_NOENT));
	GCLK_ASSERT_HAS(missing->message, "/no/such");
	CU_ASSERT_PTR_NULL(f.platform->read_file(f.platform, f.folder, 10, NULL, &folder));
	CU_ASSERT(g_error_matches(folder, G_FILE_ERROR, G_FILE_ERROR_ISDIR));
	CU_ASSERT_PTR_NULL(f.platform->read_file(f.platform, "/dev/zero", 1000, NULL, &device));
	CU_ASSERT_PTR_NOT_NULL(device);
	tear_down(&f);
}

static void test_list_directory(void)
{
	static const char *const files[] = { "b", "a10", "a", "B", ".hidden" };
	static const char *const sorted[] = { ".hidden", "B", "a", "a10", "b" };
	g_autoptr(GError) missing = NULL, plain = NULL;
	g_auto(GStrv) names = NULL;
	g_autofree char *file = NULL;
	Fixture f;

	set_up(&f);
	for (gsize i = 0; i < G_N_ELEMENTS(files); i++) {
		g_autofree char *path = file_in(&f, files[i]);

		f.platform->write_file(f.platform, path, "", 0, FALSE, NULL);
	}
	names = f.platform->list_directory(f.platform, f.folder, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(names);
	GCLK_ASSERT_INT(g_strv_length(names), G_N_ELEMENTS(sorted));
	for (gsize i = 0; i < G_N_ELEMENTS(sorted) && names[i]; i++)
		GCLK_ASSERT_STR(names[i], sorted[i]);
	file = file_in(&f, "a");
	CU_ASSERT_PTR_NULL(f.platform->list_directory(f.platform, file, &plain));
	CU_ASSERT(g_error_matches(plain, G_FILE_ERROR, G_FILE_ERROR_NOTDIR));
	CU_ASSERT_PTR_NULL(f.platform->list_directory(f.platform, "/no/such", &missing));
	CU_ASSERT(g_error_matches(missing, G_FILE_ERROR, G_FILE_ERROR_NOENT));
	tear_down(&f);
}

static void test_read_link(void)
{
	g_autofree char *path = NULL, *target = NULL, *none = NULL;
	Fixture f;

	set_up(&f);
	path = file_in(&f, "link");
	CU_ASSERT(symlink("pid:[4026531836]", path) == 0);
	target = f.platform->read_link(f.platform, path);
	GCLK_ASSERT_STR(target, "pid:[4026531836]");
	none = f.platform->read_link(f.platform, f.folder);
	CU_ASSERT_PTR_NULL(none);
	tear_down(&f);
}

/* --- names and numbers ------------------------------------------------------------------------ */

static void on_resolved(gpointer user, const GclkAddress *addresses, gsize n, const char *reason)
{
	Fixture *f = user;

	f->answers++;
	f->n = n;
	if (n)
		f->address = addresses[0];
	g_free(f->reason);
	f->reason = g_strdup(reason);
}

static void run(Fixture *f, guint answers)
{
	const gint64 end = g_get_monotonic_time() + 200000;

	while (f->answers < answers && g_get_monotonic_time() < end)
		if (!g_main_context_iteration(f->context, FALSE))
			g_usleep(200);
}

static void test_resolve_numeric(void)
{
	GclkAddress expected;
	Fixture f;

	set_up(&f);
	CU_ASSERT(f.platform->resolve(f.platform, "192.0.2.7", 123, on_resolved, &f) != 0);
	GCLK_ASSERT_INT(f.answers, 0); /* never from inside */
	run(&f, 1);
	GCLK_ASSERT_INT(f.answers, 1);
	GCLK_ASSERT_INT(f.n, 1);
	gclk_address_parse("192.0.2.7", 123, &expected);
	CU_ASSERT(gclk_address_equal(&f.address, &expected, TRUE));
	CU_ASSERT_PTR_NULL(f.reason);
	f.platform->resolve(f.platform, "2001:db8::7", 4123, on_resolved, &f);
	run(&f, 2);
	gclk_address_parse("2001:db8::7", 4123, &expected);
	CU_ASSERT(gclk_address_equal(&f.address, &expected, TRUE));
	tear_down(&f);
}

static void test_resolve_without_helper(void)
{
	Fixture f;

	set_up(&f);
	f.platform->resolve(f.platform, "ntp.example", 123, on_resolved, &f);
	run(&f, 1);
	GCLK_ASSERT_INT(f.answers, 1);
	GCLK_ASSERT_INT(f.n, 0);
	GCLK_ASSERT_HAS(f.reason, "numeric");
	tear_down(&f);
}

static void test_resolve_cancel(void)
{
	guint first, second;
	Fixture f;

	set_up(&f);
	first = f.platform->resolve(f.platform, "192.0.2.1", 1, on_resolved, &f);
	second = f.platform->resolve(f.platform, "192.0.2.2", 2, on_resolved, &f);
	CU_ASSERT(first != second);
	f.platform->resolve_cancel(f.platform, first);
	f.platform->resolve_cancel(f.platform, first);
	f.platform->resolve_cancel(f.platform, 0);
	run(&f, 2);
	GCLK_ASSERT_INT(f.answers, 1);
	GCLK_ASSERT_INT(f.address.port, 2);
	f.platform->resolve_cancel(f.platform, second);
	/* one that is under way when the platform goes */
	f.platform->resolve(f.platform, "192.0.2.3", 3, on_resolved, &f);
	tear_down(&f);
	GCLK_ASSERT_INT(f.answers, 1);
}

/* --- through the privileged process ----------------------------------------------------------- */

/* As a user who may not read the file, and resolves nothing himself. 0: as it should be. */
static int through_helper(const char *key, const char *directory)
{
	const char *const files[] = { key, NULL }, *const directories[] = { directory, NULL };
	const GclkPrivilegedPolicy policy = { files, directories, NULL, NULL };
	g_autoptr(GclkPrivileged) privileged = gclk_privileged_start(&policy, NULL);
	g_auto(GStrv) names = NULL;
	g_autofree char *text = NULL;
	GclkDropped dropped;
	Fixture f = { .context = g_main_context_new() };

	if (!gclk_privileged_drop("65534", &dropped, NULL) || open(key, O_RDONLY) >= 0)
		return 1;
	f.platform = gclk_native_new(privileged, f.context);
	text = f.platform->read_file(f.platform, key, 100, NULL, NULL);
	if (g_strcmp0(text, "secret") != 0)
		return 2;
	names = f.platform->list_directory(f.platform, directory, NULL);
	if (!names || g_strcmp0(names[0], "10.conf") != 0)
		return 3;
	f.platform->resolve(f.platform, "localhost", 123, on_resolved, &f);
	f.platform->resolve_cancel(
		f.platform, f.platform->resolve(f.platform, "localhost", 9, on_resolved, &f));
	for (int i = 0; i < 20; i++)
		run(&f, 1);
	if (f.answers != 1 || !gclk_address_is_loopback(&f.address) || f.address.port != 123)
		return 4;
	/* a request is under way when the platform goes */
	f.platform->resolve(f.platform, "localhost", 1, on_resolved, &f);
	f.platform->free(f.platform);
	g_main_context_unref(f.context);
	return f.answers == 1 ? 0 : 5;
}

static void test_through_helper(void)
{
	g_autofree char *key = NULL, *directory = NULL, *drop_in = NULL;
	int status = 0;
	pid_t child;
	Fixture f;

	if (geteuid() != 0)
		return;
	set_up(&f);
	key = file_in(&f, "keys");
	directory = file_in(&f, "d");
	drop_in = file_in(&f, "d/10.conf");
	f.platform->write_file(f.platform, key, "secret", 6, FALSE, NULL);
	CU_ASSERT(chmod(key, 0600) == 0 && mkdir(directory, 0700) == 0);
	f.platform->write_file(f.platform, drop_in, "", 0, FALSE, NULL);
	child = fork();
	if (child == 0)
		_exit(through_helper(key, directory));
	waitpid(child, &status, 0);
	GCLK_ASSERT_INT(WEXITSTATUS(status), 0);
	CU_ASSERT(WIFEXITED(status));
	tear_down(&f);
}

/* The helper dies: what it did fails with a reason, and all else goes on. */
static void test_without_helper(void)
{
	const GclkPrivilegedPolicy nothing = { NULL, NULL, NULL, NULL };
	g_autoptr(GclkPrivileged) privileged = gclk_privileged_start(&nothing, NULL);
	GclkPlatform *platform;
	Fixture f;

	set_up(&f);
	platform = gclk_native_new(privileged, f.context);
	platform->resolve(platform, "localhost", 1, on_resolved, &f);
	kill(gclk_privileged_pid(privileged), SIGKILL);
	for (int i = 0; i < 20; i++)
		run(&f, 1);
	GCLK_ASSERT_INT(f.answers, 1); /* with an address if it was quick, else with a reason */
	platform->resolve(platform, "localhost", 1, on_resolved, &f);
	run(&f, 2);
	GCLK_ASSERT_INT(f.answers, 2);
	GCLK_ASSERT_INT(f.n, 0);
	GCLK_ASSERT_HAS(f.reason, "has ended");
	platform->resolve(platform, "192.0.2.1", 1, on_resolved, &f);
	run(&f, 3);
	GCLK_ASSERT_INT(f.n, 1);
	/* its end does not keep the loop busy */
	for (int i = 0; i < 5; i++)
		CU_ASSERT(!g_main_context_iteration(f.context, FALSE));
	platform->free(platform);
	tear_down(&f);
}

static void test_own_refid(void)
{
	Fixture f;

	set_up(&f);
	CU_ASSERT(f.platform->is_own_refid(f.platform, 0x7f000001)); /* 127.0.0.1 */
	CU_ASSERT(!f.platform->is_own_refid(f.platform, 0xc0000207));
	CU_ASSERT(!f.platform->is_own_refid(f.platform, 0));
	tear_down(&f);
}

static void test_random(void)
{
	guint8 first[1000], second[1000];
	guint different = 0;
	Fixture f;

	set_up(&f);
	memset(first, 0, sizeof(first));
	memset(second, 0, sizeof(second));
	f.platform->random(f.platform, first, sizeof(first));
	f.platform->random(f.platform, second, sizeof(second) - 1);
	GCLK_ASSERT_INT(second[999], 0); /* not a byte more than asked for */
	for (gsize i = 0; i < 999; i++)
		different += first[i] != second[i];
	CU_ASSERT(different > 900);
	f.platform->random(f.platform, first, 0);
	tear_down(&f);
}

int main(void)
{
	static const GclkTestCase cases[] = {
		{ "read pair", test_read_pair },
		{ "width of the pair", test_pair_width },
		{ "boot time", test_boottime },
		{ "get discipline", test_get_discipline },
		{ "may not steer", test_may_not_steer },
		{ "no precision clock", test_no_precision_clock },
		{ "write and read", test_write_and_read },
		{ "writing leaves nothing behind", test_write_leaves_nothing },
		{ "writing fails", test_write_fails },
		{ "read limit", test_read_limit },
		{ "the end of a file", test_read_tail },
		{ "odd files", test_read_odd_files },
		{ "list directory", test_list_directory },
		{ "read link", test_read_link },
		{ "resolve numeric", test_resolve_numeric },
		{ "resolve without helper", test_resolve_without_helper },
		{ "cancel resolve", test_resolve_cancel },
		{ "through the privileged process", test_through_helper },
		{ "the privileged process dies", test_without_helper },
		{ "own reference id", test_own_refid },
		{ "random", test_random },
		{ NULL, NULL },
	};

	return gclk_test_main("linux", cases);
}
