/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A libguestlib for tests: the file "guestlib" of the folder $GUESTCLOCK_FAKE_TOOLS, read at each
 * update, has "ERROR SESSION ELAPSED_MS STOLEN_MS".
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define PUBLIC __attribute__((visibility("default")))

PUBLIC int VMGuestLib_OpenHandle(void **handle);
PUBLIC int VMGuestLib_UpdateInfo(void *handle);
PUBLIC int VMGuestLib_GetSessionId(void *handle, uint64_t *id);
PUBLIC int VMGuestLib_GetElapsedMs(void *handle, uint64_t *ms);
PUBLIC int VMGuestLib_GetCpuStolenMs(void *handle, uint64_t *ms);

static struct {
	unsigned long long session, elapsed, stolen;
} info;

int VMGuestLib_OpenHandle(void **handle)
{
	*handle = &info;
	return 0;
}

int VMGuestLib_UpdateInfo(void *handle)
{
	const char *folder = getenv("GUESTCLOCK_FAKE_TOOLS");
	int error = 2; /* not running in a VM */
	char path[4096];
	FILE *file;

	if (handle != &info)
		return 8;
	snprintf(path, sizeof path, "%s/guestlib", folder ? folder : "/nonexistent");
	file = fopen(path, "r");
	if (!file)
		return error;
	if (fscanf(file, "%d %llu %llu %llu", &error, &info.session, &info.elapsed, &info.stolen) <
		1)
		error = 1;
	fclose(file);
	return error;
}

int VMGuestLib_GetSessionId(void *handle, uint64_t *id)
{
	*id = info.session;
	return handle == &info ? 0 : 8;
}

int VMGuestLib_GetElapsedMs(void *handle, uint64_t *ms)
{
	*ms = info.elapsed;
	return handle == &info ? 0 : 8;
}

int VMGuestLib_GetCpuStolenMs(void *handle, uint64_t *ms)
{
	*ms = info.stolen;
	return handle == &info ? 0 : 8;
}
