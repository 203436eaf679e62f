/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A libvmtools for tests: what it does stands in the files of the folder $GUESTCLOCK_FAKE_TOOLS,
 * read anew at each call: "mode" (a word of the list below, or nothing: well), "answer" (of
 * timeInfo). What it was asked it appends to "rpc", one line each.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PUBLIC __attribute__((visibility("default")))

PUBLIC char VmCheck_IsVirtualWorld(void);
PUBLIC int RpcChannel_SendOneRaw(
	const char *data, size_t length, char **result, size_t *result_length);
PUBLIC void RpcChannel_Free(void *result);

static FILE *open_file(const char *name, const char *how)
{
	const char *folder = getenv("GUESTCLOCK_FAKE_TOOLS");
	char path[4096];

	snprintf(path, sizeof path, "%s/%s", folder ? folder : "/nonexistent", name);
	return fopen(path, how);
}

static size_t read_file(const char *name, char *out, size_t size)
{
	FILE *file = open_file(name, "r");
	size_t n = file ? fread(out, 1, size - 1, file) : 0;

	out[n] = '\0';
	if (file)
		fclose(file);
	return n;
}

static int is_mode(const char *word)
{
	char mode[64];

	read_file("mode", mode, sizeof mode);
	return strncmp(mode, word, strlen(word)) == 0;
}

char VmCheck_IsVirtualWorld(void)
{
	/* what the real one does, for everybody in the process */
	signal(SIGSEGV, SIG_DFL);
	signal(SIGALRM, SIG_IGN);
	if (is_mode("crash-at-once"))
		abort();
	return !is_mode("elsewhere");
}

static void give(char **result, size_t *length, const char *bytes, size_t n)
{
	*result = malloc(n + 1);
	if (!*result)
		abort();
	memcpy(*result, bytes, n);
	(*result)[n] = '\0';
	*length = n;
}

static int misbehave(char **result, size_t *length)
{
	static char huge[10 * 1024 * 1024];

	if (is_mode("slow"))
		usleep(300 * 1000);
	if (is_mode("hang"))
		for (;;)
			pause();
	if (is_mode("crash"))
		raise(SIGSEGV);
	if (is_mode("exit"))
		_exit(0);
	memset(huge, 'x', sizeof huge);
	if (is_mode("huge"))
		give(result, length, huge, sizeof huge);
	if (is_mode("garbage"))
		give(result, length, "OK\n\x1b[31m\xff\x00\x01 %s%n \n\n \n", 18);
	return *result != NULL;
}

int RpcChannel_SendOneRaw(const char *data, size_t length, char **result, size_t *result_length)
{
	FILE *file = open_file("rpc", "a");
	char answer[65536];

	if (file) {
		fprintf(file, "%.*s\n", (int)length, data);
		fclose(file);
	}
	if (misbehave(result, result_length))
		return 1;
	if (is_mode("refuse")) {
		give(result, result_length, "Permission denied", 17);
		return 0;
	}
	if (is_mode("nothing")) /* fails without a word */
		return 0;
	if (strncmp(data, "timeInfo", 8) == 0) {
		size_t n = read_file("answer", answer, sizeof answer);

		give(result, result_length, n ? answer : "Unknown command", n ? n : 15);
		return n > 0;
	}
	give(result, result_length, "", 0);
	return 1;
}

void RpcChannel_Free(void *result)
{
	free(result);
}
