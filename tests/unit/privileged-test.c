/* SPDX-License-Identifier: BSD-2-Clause */
/* The privileged process, asked politely and otherwise. */
#include "platform/privileged.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness.h"
#include "platform/privileged-private.h"
#include "scratch.h"

#define CAP_BIT_SYS_TIME (G_GUINT64_CONSTANT(1) << 25) /* capabilities(7), linux/capability.h */
/* CAP_DAC_READ_SEARCH, CAP_KILL, CAP_SETGID, CAP_SETUID, CAP_NET_BIND_SERVICE */
#define CAP_BITS_HELPER (G_GUINT64_CONSTANT(1) << 2 | 1 << 5 | 1 << 6 | 1 << 7 | 1 << 10)

typedef struct {
	char *folder, *file, *drop_ins, *device;
	GclkPrivileged *privileged;
	guint answers;
	gsize n;
	GclkAddress addresses[GCLK_HELPER_ADDRESSES_MAX];
	char *reason;
} Fixture;

static char *in_folder(const Fixture *f, const char *name)
{
	return g_build_filename(f->folder, name, NULL);
}

static void make_files(Fixture *f)
{
	g_autofree char *drop_in = NULL;

	memset(f, 0, sizeof(*f));
	f->folder = gclk_scratch_new();
	f->file = in_folder(f, "keys");
	f->drop_ins = in_folder(f, "conf.d");
	f->device = in_folder(f, "device");
	drop_in = g_build_filename(f->drop_ins, "10.conf", NULL);
	CU_ASSERT(g_file_set_contents(f->file, "secret", -1, NULL));
	CU_ASSERT(mkdir(f->drop_ins, 0755) == 0);
	CU_ASSERT(g_file_set_contents(drop_in, "drop-in", -1, NULL));
	CU_ASSERT(symlink("/dev/null", f->device) == 0);
}

static void set_up(Fixture *f)
{
	g_autoptr(GError) error = NULL;
	const char *files[2] = { NULL }, *directories[2] = { NULL }, *devices[2] = { NULL };
	const GclkPrivilegedPolicy policy = { files, directories, devices, NULL };

	make_files(f);
	files[0] = f->file;
	directories[0] = f->drop_ins;
	devices[0] = f->device;
	f->privileged = gclk_privileged_start(&policy, &error);
	CU_ASSERT_PTR_NOT_NULL_FATAL(f->privileged);
}

static void tear_down(Fixture *f)
{
	gclk_privileged_free(f->privileged);
	gclk_scratch_free(f->folder);
	g_free(f->file);
	g_free(f->drop_ins);
	g_free(f->device);
	g_free(f->reason);
}

/* Opens, and compares what stands there. */
static void opens(Fixture *f, const char *path, GclkAccess access, const char *content)
{
	int fd = gclk_privileged_open(f->privileged, path, access);
	char buffer[100] = "";

	CU_ASSERT_FATAL(fd >= 0);
	CU_ASSERT((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
	if (content) {
		CU_ASSERT(read(fd, buffer, sizeof(buffer) - 1) >= 0);
		GCLK_ASSERT_STR(buffer, content);
	}
	close(fd);
}

static void fails(Fixture *f, const char *path, GclkAccess access, int error)
{
	int fd = gclk_privileged_open(f->privileged, path, access);

	GCLK_ASSERT_INT(fd, -error);
	if (fd >= 0)
		close(fd);
}

/* --- opening ---------------------------------------------------------------------------------- */

static void test_open(void)
{
	g_autofree char *drop_in = NULL, *roundabout = NULL;
	Fixture f;

	set_up(&f);
	drop_in = g_build_filename(f.drop_ins, "10.conf", NULL);
	roundabout = g_build_filename(f.folder, "conf.d", "..", ".", "keys", NULL);
	opens(&f, f.file, GCLK_ACCESS_FILE, "secret");
	opens(&f, drop_in, GCLK_ACCESS_FILE, "drop-in");
	opens(&f, roundabout, GCLK_ACCESS_FILE, "secret");
	opens(&f, f.drop_ins, GCLK_ACCESS_DIRECTORY, NULL);
	opens(&f, f.device, GCLK_ACCESS_DEVICE, NULL);
	CU_ASSERT(gclk_privileged_alive(f.privileged));
	tear_down(&f);
}

static void test_open_refused(void)
{
	g_autofree char *other = NULL, *missing = NULL, *longest = g_strnfill(5000, 'x');
	Fixture f;

	set_up(&f);
	other = in_folder(&f, "other");
	missing = g_build_filename(f.drop_ins, "20.conf", NULL);
	g_file_set_contents(other, "private", -1, NULL);
	longest[0] = '/';
	fails(&f, other, GCLK_ACCESS_FILE, EACCES);
	fails(&f, "/etc/shadow", GCLK_ACCESS_FILE, EACCES);
	fails(&f, f.folder, GCLK_ACCESS_DIRECTORY, EACCES);
	fails(&f, f.file, GCLK_ACCESS_DEVICE, EACCES);
	fails(&f, f.file, (GclkAccess)77, EACCES);
	fails(&f, "/dev/null", GCLK_ACCESS_DEVICE, EACCES);
	fails(&f, missing, GCLK_ACCESS_FILE, ENOENT);
	fails(&f, "/dev/ptp987654", GCLK_ACCESS_DEVICE, ENOENT);
	fails(&f, "/dev/vmclock987654", GCLK_ACCESS_FILE, ENOENT);
	fails(&f, longest, GCLK_ACCESS_FILE, ENAMETOOLONG);
	/* and it still serves */
	opens(&f, f.file, GCLK_ACCESS_FILE, "secret");
	tear_down(&f);
}

/* In the place of a file on the list stands something else. */
static void test_open_impostors(void)
{
	g_autofree char *drop_in = NULL, *other = NULL;
	Fixture f;

	set_up(&f);
	drop_in = g_build_filename(f.drop_ins, "30.conf", NULL);
	other = in_folder(&f, "other");
	g_file_set_contents(other, "private", -1, NULL);

	CU_ASSERT(mkfifo(drop_in, 0600) == 0); /* does not block either */
	fails(&f, drop_in, GCLK_ACCESS_FILE, EINVAL);
	unlink(drop_in);
	CU_ASSERT(mkdir(drop_in, 0700) == 0);
	fails(&f, drop_in, GCLK_ACCESS_FILE, EISDIR);
	rmdir(drop_in);
	CU_ASSERT(symlink("/dev/zero", drop_in) == 0);
	fails(&f, drop_in, GCLK_ACCESS_FILE, EINVAL);
	unlink(drop_in);
	/* root's link is root's will */
	CU_ASSERT(symlink(other, drop_in) == 0);
	opens(&f, drop_in, GCLK_ACCESS_FILE, "private");
	if (geteuid() == 0 && lchown(drop_in, 65534, 65534) == 0)
		fails(&f, drop_in, GCLK_ACCESS_FILE, ELOOP);
	unlink(drop_in);
	/* not a device */
	unlink(f.device);
	CU_ASSERT(symlink(other, f.device) == 0);
	fails(&f, f.device, GCLK_ACCESS_DEVICE, EINVAL);
	tear_down(&f);
}

/* The helper reads what its caller cannot. */
static void test_open_for_another_user(void)
{
	int status = 0;
	Fixture f;
	pid_t child;

	if (geteuid() != 0)
		return;
	set_up(&f);
	chmod(f.file, 0600);
	child = fork();
	if (child == 0) {
		GclkDropped dropped;
		int fd;

		if (!gclk_privileged_drop("65534", &dropped, NULL) || open(f.file, O_RDONLY) >= 0)
			_exit(1);
		fd = gclk_privileged_open(f.privileged, f.file, GCLK_ACCESS_FILE);
		_exit(fd >= 0 ? 0 : 2);
	}
	waitpid(child, &status, 0);
	GCLK_ASSERT_INT(status, 0);
	tear_down(&f);
}

/* --- the helper's own privileges -------------------------------------------------------------- */

static guint64 status_of(gint pid, const char *key)
{
	g_autofree char *path = g_strdup_printf("/proc/%d/status", pid);
	g_autofree char *text = NULL;
	const char *at;

	if (!g_file_get_contents(path, &text, NULL, NULL) || !(at = strstr(text, key)))
		return G_MAXUINT64;
	return g_ascii_strtoull(at + strlen(key), NULL, g_str_has_prefix(key, "\nCap") ? 16 : 10);
}

static guint count_fds(gint pid)
{
	g_autofree char *path = g_strdup_printf("/proc/%d/fd", pid);
	g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
	guint n = 0;

	while (dir && g_dir_read_name(dir))
		n++;
	return n;
}

/* The helper closes what it has passed on a moment after it has answered. */
static void has_fds(gint pid, guint expected)
{
	for (int i = 0; i < 100 && count_fds(pid) != expected; i++)
		g_usleep(10000);
	GCLK_ASSERT_INT(count_fds(pid), expected);
}

/* None is lost. There may be fewer than before: what was counted then may have been about to close.
 */
static void loses_no_fds(gint pid, guint before)
{
	for (int i = 0; i < 300 && count_fds(pid) > before; i++)
		g_usleep(10000);
	CU_ASSERT(count_fds(pid) <= before);
}

static void test_helper_is_small(void)
{
	g_autofree char *comm = NULL, *path = NULL;
	Fixture f;
	gint pid;

	set_up(&f);
	pid = gclk_privileged_pid(f.privileged);
	opens(&f, f.file, GCLK_ACCESS_FILE, "secret"); /* it is up */
	GCLK_ASSERT_INT(status_of(pid, "\nCapPrm:\t") & ~CAP_BITS_HELPER, 0);
	GCLK_ASSERT_INT(status_of(pid, "\nCapEff:\t") & ~CAP_BITS_HELPER, 0);
	if (geteuid() == 0)
		GCLK_ASSERT_INT(status_of(pid, "\nCapBnd:\t") & ~CAP_BITS_HELPER, 0);
	GCLK_ASSERT_INT(status_of(pid, "\nNoNewPrivs:\t"), 1);
	/* /dev/null three times and two sockets */
	has_fds(pid, 5);
	path = g_strdup_printf("/proc/%d/comm", pid);
	g_file_get_contents(path, &comm, NULL, NULL);
	GCLK_ASSERT_STR(comm, "gclk-privileged\n");
	tear_down(&f);
}

static void test_signals_do_not_end_it(void)
{
	static const int signals[] = { SIGTERM, SIGINT, SIGHUP };
	Fixture f;

	set_up(&f);
	opens(&f, f.file, GCLK_ACCESS_FILE, "secret"); /* it is up */
	for (gsize i = 0; i < G_N_ELEMENTS(signals); i++)
		kill(gclk_privileged_pid(f.privileged), signals[i]);
	opens(&f, f.file, GCLK_ACCESS_FILE, "secret");
	tear_down(&f);
}

static void test_ends_with_us(void)
{
	Fixture f;
	gint pid;

	set_up(&f);
	pid = gclk_privileged_pid(f.privileged);
	CU_ASSERT(kill(pid, 0) == 0);
	gclk_privileged_free(f.privileged);
	f.privileged = NULL;
	CU_ASSERT(kill(pid, 0) < 0 && errno == ESRCH); /* ended, and waited for */
	tear_down(&f);
}

/* --- resolving -------------------------------------------------------------------------------- */

static void on_resolved(gpointer user, const GclkAddress *addresses, gsize n, const char *reason)
{
	Fixture *f = user;

	f->answers++;
	f->n = n;
	if (n)
		memcpy(f->addresses, addresses, n * sizeof(*addresses));
	g_free(f->reason);
	f->reason = g_strdup(reason);
	CU_ASSERT((n == 0) == (reason != NULL));
}

static void wait_answers(Fixture *f, guint answers, gint ms)
{
	const gint64 end = g_get_monotonic_time() + ms * 1000;

	while (f->answers < answers && g_get_monotonic_time() < end) {
		struct pollfd fds = { .fd = gclk_privileged_fd(f->privileged), .events = POLLIN };

		if (poll(&fds, 1, 20) > 0)
			gclk_privileged_dispatch(f->privileged);
	}
}

static void test_resolve(void)
{
	Fixture f;

	set_up(&f);
	CU_ASSERT(gclk_privileged_resolve(f.privileged, "192.0.2.9", 123, on_resolved, &f) != 0);
	wait_answers(&f, 1, 5000);
	GCLK_ASSERT_INT(f.answers, 1);
	GCLK_ASSERT_INT(f.n, 1);
	GCLK_ASSERT_INT(f.addresses[0].family, 4);
	GCLK_ASSERT_INT(f.addresses[0].bytes[3], 9);
	GCLK_ASSERT_INT(f.addresses[0].port, 123);
	gclk_privileged_resolve(f.privileged, "2001:db8::9", 4123, on_resolved, &f);
	wait_answers(&f, 2, 5000);
	GCLK_ASSERT_INT(f.addresses[0].family, 6);
	GCLK_ASSERT_INT(f.addresses[0].bytes[15], 9);
	GCLK_ASSERT_INT(f.addresses[0].port, 4123);
	gclk_privileged_resolve(f.privileged, "localhost", 1, on_resolved, &f);
	wait_answers(&f, 3, 5000);
	CU_ASSERT(f.n >= 1);
	CU_ASSERT(f.n && gclk_address_is_loopback(&f.addresses[0]));
	tear_down(&f);
}

static void test_resolve_refused(void)
{
	g_autofree char *longest = g_strnfill(300, 'x');
	Fixture f;

	set_up(&f);
	GCLK_ASSERT_INT(gclk_privileged_resolve(f.privileged, longest, 1, on_resolved, &f), 0);
	CU_ASSERT(gclk_privileged_resolve(f.privileged, "a b; rm", 1, on_resolved, &f) != 0);
	wait_answers(&f, 1, 5000);
	GCLK_ASSERT_INT(f.n, 0);
	GCLK_ASSERT_HAS(f.reason, "not a host name");
	tear_down(&f);
}

static void test_resolve_cancel(void)
{
	Fixture f;
	guint id;

	set_up(&f);
	id = gclk_privileged_resolve(f.privileged, "192.0.2.1", 1, on_resolved, &f);
	gclk_privileged_cancel(f.privileged, id);
	gclk_privileged_cancel(f.privileged, id);
	gclk_privileged_cancel(f.privileged, 0);
	gclk_privileged_resolve(f.privileged, "192.0.2.2", 2, on_resolved, &f);
	wait_answers(&f, 2, 300);
	GCLK_ASSERT_INT(f.answers, 1);
	GCLK_ASSERT_INT(f.addresses[0].port, 2);
	tear_down(&f);
}

/* More than are resolved at a time: the rest waits its turn. */
static void test_resolve_many(void)
{
	Fixture f;
	guint sent = 0;

	set_up(&f);
	for (int i = 0; i < 100; i++)
		sent += gclk_privileged_resolve(f.privileged, "192.0.2.1", 1, on_resolved, &f) != 0;
	CU_ASSERT(sent >= 20 && sent < 100); /* bounded here too */
	wait_answers(&f, sent, 10000);
	GCLK_ASSERT_INT(f.answers, sent);
	tear_down(&f);
}

/* --- the helper dies -------------------------------------------------------------------------- */

static void test_helper_dies(void)
{
	Fixture f;
	gint pid;

	set_up(&f);
	pid = gclk_privileged_pid(f.privileged);
	kill(pid, SIGSTOP);
	gclk_privileged_resolve(f.privileged, "192.0.2.1", 1, on_resolved, &f);
	gclk_privileged_resolve(f.privileged, "192.0.2.2", 1, on_resolved, &f);
	kill(pid, SIGKILL);
	wait_answers(&f, 2, 5000);
	GCLK_ASSERT_INT(f.answers, 2);
	GCLK_ASSERT_INT(f.n, 0);
	GCLK_ASSERT_HAS(f.reason, "has ended");
	CU_ASSERT(!gclk_privileged_alive(f.privileged));
	GCLK_ASSERT_INT(gclk_privileged_resolve(f.privileged, "192.0.2.1", 1, on_resolved, &f), 0);
	fails(&f, f.file, GCLK_ACCESS_FILE, EPIPE);
	fails(&f, f.file, GCLK_ACCESS_FILE, EPIPE);
	tear_down(&f);
}

static void test_death_seen_by_open(void)
{
	Fixture f;

	set_up(&f);
	kill(gclk_privileged_pid(f.privileged), SIGKILL);
	fails(&f, f.file, GCLK_ACCESS_FILE, EPIPE);
	CU_ASSERT(!gclk_privileged_alive(f.privileged));
	tear_down(&f);
}

/* A helper that hangs costs seconds, not the clock; its late answer is not taken for another's. */
static void test_helper_hangs(void)
{
	Fixture f;
	gint64 start = g_get_monotonic_time();
	gint pid;

	set_up(&f);
	pid = gclk_privileged_pid(f.privileged);
	kill(pid, SIGSTOP);
	fails(&f, "/dev/ptp987654", GCLK_ACCESS_DEVICE, ETIMEDOUT);
	CU_ASSERT(g_get_monotonic_time() - start < 6 * G_USEC_PER_SEC);
	kill(pid, SIGCONT);
	opens(&f, f.file, GCLK_ACCESS_FILE, "secret");
	tear_down(&f);
}

/* --- a hostile clock process ------------------------------------------------------------------ */

typedef struct {
	pid_t pid;
	int opens, resolves;
	Fixture files;
	GclkOpenRequest good;
} Raw;

/* A name decides what the child does; a real name server cannot be had to do all that. */
static void resolve_by_name(const char *name, GclkResolveReply *out)
{
	if (strcmp(name, "crash") == 0)
		raise(SIGKILL);
	if (strcmp(name, "silent") == 0)
		_exit(0);
	if (strcmp(name, "slow") == 0)
		g_usleep(60 * G_USEC_PER_SEC);
	gclk_resolve_fail(out, 0, "no such host");
	if (strcmp(name, "whoami") == 0)
		g_snprintf(out->reason, sizeof(out->reason),
			"uid %u gid %u groups %d caps %x fds %u", getuid(), getgid(),
			getgroups(0, NULL), (guint)status_of(getpid(), "\nCapPrm:\t"),
			count_fds(getpid()));
	if (strcmp(name, "liar") == 0) {
		out->id = 999;
		out->n = G_MAXUINT32;
	}
}

/* The helper's loop with sockets that the test holds at the other end. */
static void raw_start(Raw *raw, gint64 resolve_timeout)
{
	int opening[2], resolving[2];

	memset(raw, 0, sizeof(*raw));
	make_files(&raw->files);
	CU_ASSERT(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, opening) == 0);
	CU_ASSERT(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, resolving) == 0);
	raw->pid = fork();
	if (raw->pid == 0) {
		const char *list[] = { raw->files.file, NULL };
		const GclkPrivilegedPolicy policy = { list, NULL, NULL, NULL };
		const GclkHelper helper = { &policy, opening[1], resolving[1], 65534, 65534,
			resolve_by_name, resolve_timeout };

		close(opening[0]);
		close(resolving[0]);
		gclk_helper_run(&helper);
		_exit(0);
	}
	close(opening[1]);
	close(resolving[1]);
	raw->opens = opening[0];
	raw->resolves = resolving[0];
	raw->good.id = 42;
	raw->good.access = GCLK_ACCESS_FILE;
	g_strlcpy(raw->good.path, raw->files.file, sizeof(raw->good.path));
}

/* Ends the helper, and TRUE if it ended by itself and well. */
static gboolean raw_end(Raw *raw)
{
	int status = -1;

	close(raw->opens);
	close(raw->resolves);
	for (int i = 0; i < 200 && waitpid(raw->pid, &status, WNOHANG) == 0; i++)
		g_usleep(10000);
	tear_down(&raw->files);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* The next open reply: its error, or -1 when none comes. */
static int raw_opened(Raw *raw, guint32 *id)
{
	struct pollfd fds = { .fd = raw->opens, .events = POLLIN };
	GclkOpenReply reply = { 0 };

	if (poll(&fds, 1, 3000) <= 0 || recv(raw->opens, &reply, sizeof(reply), 0) != sizeof(reply))
		return -1;
	if (id)
		*id = reply.id;
	return reply.error;
}

static void still_serves(Raw *raw)
{
	guint32 id = 0;

	CU_ASSERT(send(raw->opens, &raw->good, sizeof(raw->good), 0) == sizeof(raw->good));
	GCLK_ASSERT_INT(raw_opened(raw, &id), 0);
	GCLK_ASSERT_INT(id, 42);
}

static void test_hostile_opens(void)
{
	GclkOpenRequest request;
	char bytes[3000] = { 0 };
	Raw raw;

	raw_start(&raw, G_USEC_PER_SEC);
	/* too short, too long */
	send(raw.opens, bytes, 1, 0);
	GCLK_ASSERT_INT(raw_opened(&raw, NULL), EBADMSG);
	send(raw.opens, &raw.good, sizeof(raw.good) - 1, 0);
	GCLK_ASSERT_INT(raw_opened(&raw, NULL), EBADMSG);
	memcpy(bytes, &raw.good, sizeof(raw.good));
	send(raw.opens, bytes, sizeof(raw.good) + 1, 0);
	GCLK_ASSERT_INT(raw_opened(&raw, NULL), EBADMSG);
	send(raw.opens, bytes, sizeof(bytes), 0);
	GCLK_ASSERT_INT(raw_opened(&raw, NULL), EBADMSG);
	/* no end in the text */
	request = raw.good;
	memset(request.path, '/', sizeof(request.path));
	send(raw.opens, &request, sizeof(request), 0);
	GCLK_ASSERT_INT(raw_opened(&raw, NULL), EBADMSG);
	/* empty, not normal, another access */
	request = raw.good;
	request.path[0] = '\0';
	send(raw.opens, &request, sizeof(request), 0);
	GCLK_ASSERT_INT(raw_opened(&raw, NULL), EACCES);
	g_snprintf(request.path, sizeof(request.path), "/..%s", raw.files.file);
	send(raw.opens, &request, sizeof(request), 0);
	GCLK_ASSERT_INT(raw_opened(&raw, NULL), EACCES);
	request = raw.good;
	request.access = G_MAXUINT32;
	send(raw.opens, &request, sizeof(request), 0);
	GCLK_ASSERT_INT(raw_opened(&raw, NULL), EACCES);
	still_serves(&raw);
	CU_ASSERT(raw_end(&raw));
}

/* Thousands of requests whose answers nobody reads: no wait, no memory, no descriptors lost. */
static void test_flood(void)
{
	Raw raw;
	guint fds;

	raw_start(&raw, G_USEC_PER_SEC);
	still_serves(&raw);
	g_usleep(50000);
	fds = count_fds(raw.pid);
	for (int i = 0; i < 20000; i++)
		send(raw.opens, &raw.good, sizeof(raw.good), MSG_DONTWAIT);
	g_usleep(200000);
	while (recv(raw.opens, &(GclkOpenReply){ 0 }, sizeof(GclkOpenReply), MSG_DONTWAIT) > 0)
		;
	g_usleep(100000);
	while (recv(raw.opens, &(GclkOpenReply){ 0 }, sizeof(GclkOpenReply), MSG_DONTWAIT) > 0)
		;
	still_serves(&raw);
	loses_no_fds(raw.pid, fds);
	CU_ASSERT(raw_end(&raw));
}

static void raw_ask(Raw *raw, guint32 id, const char *name)
{
	GclkResolveRequest request = { .id = id };

	g_strlcpy(request.name, name, sizeof(request.name));
	CU_ASSERT(send(raw->resolves, &request, sizeof(request), 0) == sizeof(request));
}

/* The next reply's reason, owned by the caller; NULL: none came in that time. */
static char *raw_reason(Raw *raw, guint32 *id, int ms)
{
	struct pollfd fds = { .fd = raw->resolves, .events = POLLIN };
	GclkResolveReply reply;

	if (poll(&fds, 1, ms) <= 0 ||
		recv(raw->resolves, &reply, sizeof(reply), 0) != sizeof(reply))
		return NULL;
	*id = reply.id;
	return g_strndup(reply.reason, sizeof(reply.reason));
}

static void raw_answers(Raw *raw, guint32 id, const char *name, const char *reason)
{
	g_autofree char *text = NULL;
	guint32 got = 0;

	raw_ask(raw, id, name);
	text = raw_reason(raw, &got, 3000);
	GCLK_ASSERT_INT(got, id);
	GCLK_ASSERT_HAS(text, reason);
}

/* Whatever becomes of a child, the request is answered. */
static void test_bad_children(void)
{
	char bytes[1000] = { 0 };
	g_autofree char *malformed = NULL;
	guint32 id = 77;
	guint fds;
	Raw raw;

	raw_start(&raw, 5 * G_USEC_PER_SEC);
	raw_answers(&raw, 1, "plain", "no such host");
	fds = count_fds(raw.pid);
	raw_answers(&raw, 2, "crash", "failed");
	raw_answers(&raw, 3, "silent", "failed");
	raw_answers(&raw, 4, "liar", "failed");
	send(raw.resolves, bytes, 7, 0);
	malformed = raw_reason(&raw, &id, 3000);
	GCLK_ASSERT_HAS(malformed, "malformed");
	raw_answers(&raw, 5, "plain", "no such host");
	still_serves(&raw);
	loses_no_fds(raw.pid, fds);
	CU_ASSERT(raw_end(&raw));
}

/* A child has nothing but the pipe, whatever there was before. */
static void test_children_are_small(void)
{
	static const gid_t groups[] = { 1, 2 };
	Raw raw;

	if (geteuid() != 0 || setgroups(G_N_ELEMENTS(groups), groups))
		return;
	raw_start(&raw, 5 * G_USEC_PER_SEC);
	/* 0, 1, 2, the pipe, and the directory in which they are counted */
	raw_answers(&raw, 1, "whoami", "uid 65534 gid 65534 groups 0 caps 0 fds 5");
	CU_ASSERT(raw_end(&raw));
	setgroups(0, NULL);
}

/* Name servers that do not answer block neither opens nor, once their time is up, other names. */
static void test_slow_names(void)
{
	const gint64 start = g_get_monotonic_time();
	g_autofree char *early = NULL;
	guint32 id = 0, given_up = 0;
	Raw raw;

	raw_start(&raw, G_USEC_PER_SEC / 2);
	for (guint32 i = 0; i < GCLK_HELPER_CHILDREN_MAX; i++)
		raw_ask(&raw, i + 1, "slow");
	raw_ask(&raw, 50, "plain");
	early = raw_reason(&raw, &id, 200);
	CU_ASSERT_PTR_NULL(early);
	still_serves(&raw);
	CU_ASSERT(g_get_monotonic_time() - start < G_USEC_PER_SEC / 2);
	/* The first slow one to be given up makes room for the plain one. */
	for (guint32 i = 0; i <= GCLK_HELPER_CHILDREN_MAX; i++) {
		g_autofree char *text = raw_reason(&raw, &id, 3000);

		if (id == 50) {
			CU_ASSERT(given_up > 0);
			GCLK_ASSERT_HAS(text, "no such host");
			continue;
		}
		GCLK_ASSERT_INT(id, ++given_up);
		GCLK_ASSERT_HAS(text, "in time");
	}
	GCLK_ASSERT_INT(given_up, GCLK_HELPER_CHILDREN_MAX);
	CU_ASSERT(raw_end(&raw));
}

/* With children under way the helper still ends at once, and takes them along. */
static void test_ends_with_children(void)
{
	g_autofree char *children = NULL, *path = NULL;
	g_auto(GStrv) pids = NULL;
	Raw raw;

	raw_start(&raw, 30 * G_USEC_PER_SEC);
	raw_ask(&raw, 1, "slow");
	raw_ask(&raw, 2, "slow");
	g_usleep(200000);
	path = g_strdup_printf("/proc/%d/task/%d/children", raw.pid, raw.pid);
	if (g_file_get_contents(path, &children, NULL, NULL))
		pids = g_strsplit(g_strstrip(children), " ", -1);
	CU_ASSERT(raw_end(&raw));
	for (gsize i = 0; pids && pids[i] && *pids[i]; i++) {
		g_autofree char *proc = g_strdup_printf("/proc/%s/status", pids[i]);
		g_autofree char *text = NULL;

		for (int j = 0; j < 100 && g_file_get_contents(proc, &text, NULL, NULL); j++) {
			if (strstr(text, "State:\tZ"))
				break; /* its new parent is slow */
			g_clear_pointer(&text, g_free);
			g_usleep(10000);
		}
		CU_ASSERT(!text || strstr(text, "State:\tZ"));
	}
}

/* --- becoming small --------------------------------------------------------------------------- */

static void test_user(void)
{
	guint uid = 1, gid = 1;

	CU_ASSERT(gclk_privileged_user("root", &uid, &gid));
	GCLK_ASSERT_INT(uid, 0);
	CU_ASSERT(gclk_privileged_user("0", &uid, &gid));
	GCLK_ASSERT_INT(gid, 0);
	CU_ASSERT(gclk_privileged_user("123456", &uid, &gid));
	GCLK_ASSERT_INT(uid, 123456);
	GCLK_ASSERT_INT(gid, 123456);
	CU_ASSERT(gclk_privileged_user("12:34", &uid, &gid));
	GCLK_ASSERT_INT(uid, 12);
	GCLK_ASSERT_INT(gid, 34);
	CU_ASSERT(!gclk_privileged_user("no-such-user-here", &uid, &gid));
	CU_ASSERT(!gclk_privileged_user("", &uid, &gid));
	CU_ASSERT(!gclk_privileged_user(":", &uid, &gid));
	CU_ASSERT(!gclk_privileged_user("12:", &uid, &gid));
	CU_ASSERT(!gclk_privileged_user("-1", &uid, &gid));
	CU_ASSERT(!gclk_privileged_user("4294967295", &uid, &gid)); /* (uid_t)-1 */
}

typedef enum { DROP_TO_USER, DROP_WITHOUT_USER, DROP_TWICE, DROP_TO_ROOT } Drop;

/* What is not as it should be after a drop; 0: nothing. */
static int dropped_badly(Drop how)
{
	const gboolean had = (status_of(getpid(), "\nCapPrm:\t") & CAP_BIT_SYS_TIME) != 0;
	const char *user = how == DROP_WITHOUT_USER ? "no-such-user-here"
			   : how == DROP_TO_ROOT    ? "root"
						    : "65534:65533";
	static const gid_t groups[] = { 1, 2 };
	GclkDropped got;

	if (setgroups(G_N_ELEMENTS(groups), groups) || !gclk_privileged_drop(user, &got, NULL))
		return 1;
	if (how == DROP_TWICE && (!gclk_privileged_drop(user, &got, NULL) || got.switched))
		return 2;
	if (got.sys_time != had)
		return 3;
	if (status_of(getpid(), "\nCapPrm:\t") != (had ? CAP_BIT_SYS_TIME : 0) ||
		status_of(getpid(), "\nCapEff:\t") != (had ? CAP_BIT_SYS_TIME : 0) ||
		status_of(getpid(), "\nCapInh:\t") != 0 || status_of(getpid(), "\nCapAmb:\t") != 0)
		return 4;
	if (status_of(getpid(), "\nCapBnd:\t") & ~CAP_BIT_SYS_TIME)
		return 5;
	if (status_of(getpid(), "\nNoNewPrivs:\t") != 1)
		return 6;
	if (getgroups(0, NULL) != 0)
		return 11;
	if (how == DROP_WITHOUT_USER || how == DROP_TO_ROOT)
		return got.still_root && !got.switched && geteuid() == 0 && got.uid == 0 &&
				       got.user_missing == (how == DROP_WITHOUT_USER)
			       ? 0
			       : 7;
	if (got.still_root || got.user_missing || got.uid != 65534 || got.gid != 65533)
		return 8;
	if (getuid() != 65534 || geteuid() != 65534 || getegid() != 65533)
		return 9;
	return setuid(0) == 0 || open("/proc/1/mem", O_RDONLY) >= 0 ? 10 : 0;
}

static void test_drop(void)
{
	static const Drop ways[] = { DROP_TO_USER, DROP_WITHOUT_USER, DROP_TWICE, DROP_TO_ROOT };

	if (geteuid() != 0)
		return;
	for (gsize i = 0; i < G_N_ELEMENTS(ways); i++) {
		int status = 0;
		pid_t child = fork();

		if (child == 0)
			_exit(dropped_badly(ways[i]));
		waitpid(child, &status, 0);
		GCLK_ASSERT_INT(WEXITSTATUS(status), 0);
		CU_ASSERT(WIFEXITED(status));
	}
}

static void test_drop_without_root(void)
{
	int status = 0;
	pid_t child = fork();

	if (child == 0) {
		GclkDropped got;

		if (geteuid() == 0 && (setgid(65534) || setuid(65534)))
			_exit(1);
		if (!gclk_privileged_drop("root", &got, NULL) ||
			!gclk_privileged_drop("guestclock", &got, NULL))
			_exit(2);
		_exit(got.switched || got.still_root || got.sys_time || got.uid != getuid() ? 3
											    : 0);
	}
	waitpid(child, &status, 0);
	GCLK_ASSERT_INT(status, 0);
}

/* --- directories ------------------------------------------------------------------------------ */

static gboolean prepare(const char *path, char **reason)
{
	g_autoptr(GError) error = NULL;
	gboolean good = gclk_privileged_prepare_directory(path, 0750, 65534, 65533, &error);

	CU_ASSERT(good == (error == NULL));
	if (reason)
		*reason = error ? g_strdup(error->message) : NULL;
	return good;
}

static void belongs_to_user(const char *path)
{
	struct stat status;

	CU_ASSERT(stat(path, &status) == 0);
	GCLK_ASSERT_INT(status.st_mode & 07777, 0750);
	GCLK_ASSERT_INT(status.st_uid, 65534);
	GCLK_ASSERT_INT(status.st_gid, 65533);
}

static void test_prepare_directory(void)
{
	g_autofree char *deep = NULL, *parent = NULL, *old = NULL, *inside = NULL;
	mode_t mask = umask(077);
	struct stat status;
	Fixture f;

	if (geteuid() != 0)
		return;
	make_files(&f);
	parent = in_folder(&f, "a/b");
	deep = in_folder(&f, "a/b/run");
	old = in_folder(&f, "old");
	inside = in_folder(&f, "old/status.json");
	CU_ASSERT(prepare(deep, NULL));
	belongs_to_user(deep);
	stat(parent, &status);
	GCLK_ASSERT_INT(status.st_uid, 0);
	CU_ASSERT(prepare(deep, NULL)); /* again */
	belongs_to_user(deep);
	/* one that root used before */
	mkdir(old, 0700);
	g_file_set_contents(inside, "{}", -1, NULL);
	CU_ASSERT(prepare(old, NULL));
	belongs_to_user(old);
	umask(mask);
	tear_down(&f);
}

static void test_prepare_refused(void)
{
	g_autofree char *sticky = NULL, *shared = NULL, *child = NULL, *link = NULL, *below = NULL;
	struct stat before, after;
	Fixture f;

	if (geteuid() != 0)
		return;
	make_files(&f);
	sticky = in_folder(&f, "sticky");
	shared = in_folder(&f, "shared");
	child = in_folder(&f, "shared/somebody");
	link = in_folder(&f, "link");
	below = g_build_filename(f.file, "run", NULL);
	mkdir(sticky, 0700);
	chmod(sticky, 01777);
	mkdir(shared, 0755);
	mkdir(child, 0755);
	CU_ASSERT(symlink(f.drop_ins, link) == 0);
	stat(shared, &before);
	for (int i = 0; i < 4; i++) {
		const char *const paths[] = { sticky, shared, link, below };
		g_autofree char *reason = NULL;

		CU_ASSERT(!prepare(paths[i], &reason));
		GCLK_ASSERT_HAS(reason, i < 3 ? paths[i] : f.file);
	}
	stat(shared, &after);
	GCLK_ASSERT_INT(after.st_uid, before.st_uid);
	GCLK_ASSERT_INT(after.st_mode, before.st_mode);
	tear_down(&f);
}

int main(void)
{
	static const GclkTestCase cases[] = {
		{ "open", test_open },
		{ "open refused", test_open_refused },
		{ "impostors", test_open_impostors },
		{ "open for another user", test_open_for_another_user },
		{ "the helper is small", test_helper_is_small },
		{ "signals do not end it", test_signals_do_not_end_it },
		{ "ends with us", test_ends_with_us },
		{ "resolve", test_resolve },
		{ "resolve refused", test_resolve_refused },
		{ "cancel resolve", test_resolve_cancel },
		{ "resolve many", test_resolve_many },
		{ "the helper dies", test_helper_dies },
		{ "its death is seen by open", test_death_seen_by_open },
		{ "the helper hangs", test_helper_hangs },
		{ "hostile opens", test_hostile_opens },
		{ "flood", test_flood },
		{ "bad children", test_bad_children },
		{ "children are small", test_children_are_small },
		{ "slow names", test_slow_names },
		{ "ends with children", test_ends_with_children },
		{ "user", test_user },
		{ "drop", test_drop },
		{ "drop without root", test_drop_without_root },
		{ "prepare directory", test_prepare_directory },
		{ "prepare refused", test_prepare_refused },
		{ NULL, NULL },
	};

	return gclk_test_main("privileged", cases);
}
