/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmware/tools.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* For its end after the socket is closed; the last word to vSphere may take longer, and is said all
   the same. */
#define END_TRIES   20
#define END_WAIT_US 5000
/* Rubbish in a row is passed over, but not for ever. */
#define TURNS_MAX 64

struct GclkTools {
	pid_t pid;
	int fd;
	gboolean ended;
	guint32 last; /* id of the last request */
	guint32 open; /* id of the request under way; 0: none */
};

static GError *error_of(int number)
{
	return g_error_new(G_FILE_ERROR, (gint)g_file_error_from_errno(number),
		"cannot start the process for VMware's libraries: %s", g_strerror(number));
}

GclkTools *gclk_tools_start(const GclkToolsProcess *settings, GError **error)
{
	GclkTools *tools;
	int fds[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds)) {
		g_propagate_error(error, error_of(errno));
		return NULL;
	}
	pid = fork();
	if (pid == 0)
		gclk_tools_process_run(settings, fds[1]);
	close(fds[1]);
	if (pid < 0) {
		g_propagate_error(error, error_of(errno));
		close(fds[0]);
		return NULL;
	}
	tools = g_new0(GclkTools, 1);
	tools->pid = pid;
	tools->fd = fds[0];
	return tools;
}

void gclk_tools_free(GclkTools *tools)
{
	if (!tools)
		return;
	close(tools->fd);
	for (int i = 0; i < END_TRIES && waitpid(tools->pid, NULL, WNOHANG) == 0; i++)
		g_usleep(END_WAIT_US);
	g_free(tools);
}

/* --- requests --------------------------------------------------------------------------------- */

static gboolean request(GclkTools *tools, GclkToolsKind kind, const char *text)
{
	GclkToolsMessage message = { .kind = kind };

	if (tools->ended || tools->open)
		return FALSE;
	if (++tools->last == 0)
		tools->last = 1;
	message.id = tools->last;
	gclk_tools_clean(text, strlen(text), message.text, sizeof message.text);
	if (send(tools->fd, &message, sizeof message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		return FALSE;
	tools->open = message.id;
	return TRUE;
}

gboolean gclk_tools_send(GclkTools *tools, const char *text)
{
	return request(tools, GCLK_TOOLS_SEND, text);
}

gboolean gclk_tools_look(GclkTools *tools)
{
	return request(tools, GCLK_TOOLS_LOOK, "");
}

gboolean gclk_tools_busy(const GclkTools *tools)
{
	return tools->open != 0;
}

void gclk_tools_forget(GclkTools *tools)
{
	tools->open = 0;
}

/* --- answers ---------------------------------------------------------------------------------- */

int gclk_tools_fd(const GclkTools *tools)
{
	return tools->fd;
}

/* An answer to a request that was given up is none. A new worker knows of no request. */
static gboolean is_wanted(GclkTools *tools, const GclkToolsMessage *message)
{
	if (message->kind >= GCLK_TOOLS_READY) {
		if (message->id != 0)
			return FALSE;
		tools->open = 0;
		return TRUE;
	}
	if (message->kind < GCLK_TOOLS_SENT || message->id == 0 || message->id != tools->open)
		return FALSE;
	tools->open = 0;
	return TRUE;
}

gboolean gclk_tools_next(GclkTools *tools, GclkToolsMessage *out)
{
	char bytes[sizeof *out + 1];

	for (guint i = 0; i < TURNS_MAX && !tools->ended; i++) {
		ssize_t n = recv(tools->fd, bytes, sizeof bytes, MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return FALSE;
		if (n <= 0) {
			tools->ended = TRUE;
			tools->open = 0;
			waitpid(tools->pid, NULL, WNOHANG);
			return FALSE;
		}
		if (gclk_tools_message_check(bytes, (gsize)n, out) && is_wanted(tools, out))
			return TRUE;
	}
	return FALSE;
}

gboolean gclk_tools_alive(const GclkTools *tools)
{
	return !tools->ended;
}

gint gclk_tools_pid(const GclkTools *tools)
{
	return tools->pid;
}
