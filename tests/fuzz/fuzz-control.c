/* SPDX-License-Identifier: BSD-2-Clause */
/* A message to the control socket. Whatever it is, the next client is served. */
#include "fuzz.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "report/control.h"

static char *on_request(gpointer user, const char *request)
{
	(void)user;
	for (const char *p = request; *p; p++)
		g_assert(g_ascii_isprint(*p));
	g_assert(*request && strlen(request) <= GCLK_CONTROL_MESSAGE_MAX);
	return g_strdup("ok");
}

/* The reply's first byte, 0 if there was none. */
static char exchange(GMainContext *context, const char *path, const void *data, gsize size)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	char reply[GCLK_CONTROL_MESSAGE_MAX] = { 0 };

	g_strlcpy(address.sun_path, path, sizeof address.sun_path);
	g_assert(connect(fd, (struct sockaddr *)&address, sizeof address) == 0);
	while (g_main_context_iteration(context, FALSE))
		;
	if (send(fd, data, size, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		reply[0] = '!'; /* larger than the kernel takes in one piece */
	while (g_main_context_iteration(context, FALSE))
		;
	if (recv(fd, reply, sizeof reply, MSG_DONTWAIT) < 0 && reply[0] != '!')
		reply[0] = '\0';
	close(fd);
	while (g_main_context_iteration(context, FALSE))
		;
	return reply[0];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *path =
		g_strdup_printf("%s/guestclock-fuzz-%d", g_get_tmp_dir(), (int)getpid());
	GMainContext *context = g_main_context_new();
	GclkControlSocket *control = gclk_control_new(path, context, on_request, NULL, NULL);
	char reply;

	g_assert(control);
	reply = exchange(context, path, data, size);
	g_assert(strchr("oe!", reply) || size == 0);
	g_assert(exchange(context, path, "burst", 5) == 'o');
	gclk_control_free(control);
	g_main_context_unref(context);
	return 0;
}
