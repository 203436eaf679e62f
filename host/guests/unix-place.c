/* SPDX-License-Identifier: BSD-2-Clause */
#include "guests/unix-place.h"

#include <errno.h>
#include <gio/gio.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* Whoever comes and goes without end shall not fill a long queue with the dead. */
#define BACKLOG 128

struct GclkUnixPlace {
	char *path;
	dev_t device;
	ino_t inode;
};

static gboolean fail(GError **error, const char *path, int code, const char *what)
{
	g_set_error(error, G_IO_ERROR, (gint)g_io_error_from_errno(code), "unix:%s: %s", path,
		what ? what : g_strerror(code));
	return FALSE;
}

static gboolean make_address(const char *path, struct sockaddr_un *address, GError **error)
{
	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (strlen(path) >= sizeof(address->sun_path))
		return fail(error, path, ENAMETOOLONG, "the path is too long for a socket");
	strcpy(address->sun_path, path);
	return TRUE;
}

/* Does nobody listen there any more? */
static gboolean is_dead(const struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	gboolean dead = fd >= 0 &&
			connect(fd, (const struct sockaddr *)address, sizeof(*address)) != 0 &&
			errno == ECONNREFUSED;

	if (fd >= 0)
		close(fd);
	return dead;
}

static gboolean clear(const char *path, const struct sockaddr_un *address, GError **error)
{
	struct stat old;

	if (lstat(path, &old) != 0)
		return errno == ENOENT || fail(error, path, errno, NULL);
	if (!S_ISSOCK(old.st_mode))
		return fail(error, path, EEXIST, "there is a file of that name, and no socket");
	if (!is_dead(address))
		return fail(error, path, EADDRINUSE, "somebody listens there already");
	return unlink(path) == 0 || fail(error, path, errno, NULL);
}

#define SAME G_MAXUINT32 /* (uid_t)-1 for chown(2): as it is */

typedef struct {
	guint32 uid, gid; /* or SAME */
} Owner;

/* name, of which the system's tables know nothing, may be a number. what: "user", "group". */
static gboolean parse_id(
	const char *path, const char *what, const char *name, guint32 *id, GError **error)
{
	g_autofree char *problem = NULL;
	guint64 number;

	if (g_ascii_string_to_unsigned(name, 10, 0, SAME - 1, &number, NULL)) {
		*id = (guint32)number;
		return TRUE;
	}
	problem = g_strdup_printf("there is no %s \"%s\"", what, name);
	return fail(error, path, ENOENT, problem);
}

static gboolean find_owner(
	const char *path, const char *user, const char *group, Owner *out, GError **error)
{
	const struct passwd *by_user = user ? getpwnam(user) : NULL;
	const struct group *by_group = group ? getgrnam(group) : NULL;

	*out = (Owner){ by_user ? by_user->pw_uid : SAME, by_group ? by_group->gr_gid : SAME };
	return (!user || by_user || parse_id(path, "user", user, &out->uid, error)) &&
	       (!group || by_group || parse_id(path, "group", group, &out->gid, error));
}

/* By the mask, since chmod(2) would follow a link that somebody puts there in between. */
static int bind_with_mode(int fd, const struct sockaddr_un *address, mode_t mode)
{
	const mode_t old = umask(0777 & ~mode);
	int result = bind(fd, (const struct sockaddr *)address, sizeof(*address));
	int code = errno;

	umask(old);
	errno = code;
	return result;
}

/* Nobody gets in before listen: until then connections are refused, whatever the mode. */
static gboolean settle(
	int fd, const struct sockaddr_un *address, Owner owner, struct stat *file, GError **error)
{
	const mode_t mode = owner.gid == SAME ? 0600 : 0660;
	const char *path = address->sun_path;

	if (bind_with_mode(fd, address, mode) != 0)
		return fail(error, path, errno, NULL);
	if (lchown(path, owner.uid, owner.gid) == 0 && lstat(path, file) == 0 &&
		listen(fd, BACKLOG) == 0)
		return TRUE;
	fail(error, path, errno, NULL);
	unlink(path);
	return FALSE;
}

GclkUnixPlace *gclk_unix_place_new(
	const char *path, const char *user, const char *group, int *fd, GError **error)
{
	struct sockaddr_un address;
	GclkUnixPlace *place;
	struct stat file;
	int socket_fd;
	Owner owner;

	if (!make_address(path, &address, error) || !find_owner(path, user, group, &owner, error) ||
		!clear(path, &address, error))
		return NULL;
	socket_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (socket_fd < 0) {
		fail(error, path, errno, NULL);
		return NULL;
	}
	if (!settle(socket_fd, &address, owner, &file, error)) {
		close(socket_fd);
		return NULL;
	}
	place = g_new0(GclkUnixPlace, 1);
	place->path = g_strdup(path);
	place->device = file.st_dev;
	place->inode = file.st_ino;
	*fd = socket_fd;
	return place;
}

void gclk_unix_place_free(GclkUnixPlace *place)
{
	struct stat file;

	if (!place)
		return;
	if (lstat(place->path, &file) == 0 && file.st_dev == place->device &&
		file.st_ino == place->inode)
		unlink(place->path);
	g_free(place->path);
	g_free(place);
}
