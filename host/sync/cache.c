/* SPDX-License-Identifier: BSD-2-Clause */
#include "sync/cache.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "guestclock/finding.h"

#define NAME      "host-sync"
#define GROUP     "host-sync"
#define VERSION   1
#define FILE_MAX  65536
#define BOOT_FILE "/proc/sys/kernel/random/boot_id"

/* --- the text --------------------------------------------------------------------------------- */

static void put(GKeyFile *file, const char *key, const char *value)
{
	if (value)
		g_key_file_set_string(file, GROUP, key, value);
}

char *gclk_sync_cache_to_text(const GclkHostSync *sync, const char *boot_id, gint64 now)
{
	g_autoptr(GKeyFile) file = g_key_file_new();

	g_key_file_set_integer(file, GROUP, "version", VERSION);
	g_key_file_set_int64(file, GROUP, "boottime-ns", now);
	put(file, "boot-id", boot_id);
	put(file, "configured", gclk_protocol_name(sync->configured));
	put(file, "effective", gclk_protocol_name(sync->effective));
	g_key_file_set_boolean(file, GROUP, "synchronised", sync->synchronised);
	g_key_file_set_boolean(file, GROUP, "fallback", sync->fallback);
	g_key_file_set_int64(file, GROUP, "bound-ns", sync->bound);
	g_key_file_set_int64(file, GROUP, "age-ns", sync->age);
	put(file, "daemon", sync->daemon);
	put(file, "source", sync->source);
	put(file, "summary", sync->summary);
	put(file, "reason", sync->reason);
	put(file, "remedy", sync->remedy);
	return g_key_file_to_data(file, NULL, NULL);
}

static char *get(GKeyFile *file, const char *key)
{
	return g_key_file_get_string(file, GROUP, key, NULL);
}

static GclkProtocol get_protocol(GKeyFile *file, const char *key)
{
	g_autofree char *name = get(file, key);
	gint protocol = gclk_protocol_from_name(name);

	return protocol < 0 ? GCLK_PROTOCOL_UNKNOWN : (GclkProtocol)protocol;
}

/* Is it of this boot, and fresh? */
static gboolean is_fresh(GKeyFile *file, const char *boot_id, gint64 now, gint64 max_age)
{
	gint64 stamp = g_key_file_get_int64(file, GROUP, "boottime-ns", NULL);
	g_autofree char *boot = get(file, "boot-id");

	return g_key_file_get_integer(file, GROUP, "version", NULL) == VERSION && boot_id &&
	       g_strcmp0(boot, boot_id) == 0 && stamp > 0 && stamp <= now && now - stamp <= max_age;
}

static gint64 get_bound(GKeyFile *file)
{
	gint64 bound = g_key_file_get_int64(file, GROUP, "bound-ns", NULL);

	return bound > 0 ? bound : GCLK_BOUND_UNKNOWN;
}

GclkHostSync *gclk_sync_cache_from_text(
	const char *text, gsize length, const char *boot_id, gint64 now, gint64 max_age)
{
	g_autoptr(GKeyFile) file = g_key_file_new();
	GclkHostSync *sync;

	if (!g_key_file_load_from_data(file, text, length, G_KEY_FILE_NONE, NULL) ||
		!is_fresh(file, boot_id, now, max_age))
		return NULL;
	sync = g_new0(GclkHostSync, 1);
	sync->configured = get_protocol(file, "configured");
	sync->effective = get_protocol(file, "effective");
	sync->synchronised = g_key_file_get_boolean(file, GROUP, "synchronised", NULL);
	sync->fallback = g_key_file_get_boolean(file, GROUP, "fallback", NULL);
	sync->bound = get_bound(file);
	sync->age = g_key_file_get_int64(file, GROUP, "age-ns", NULL);
	if (sync->age >= 0)
		sync->age += now - g_key_file_get_int64(file, GROUP, "boottime-ns", NULL);
	sync->stratum = sync->clock_class = -1;
	sync->daemon = get(file, "daemon");
	sync->source = get(file, "source");
	sync->summary = get(file, "summary");
	sync->reason = get(file, "reason");
	sync->remedy = get(file, "remedy");
	sync->evidence = g_ptr_array_new_with_free_func(g_free);
	sync->findings = gclk_findings_new();
	return sync;
}

/* --- the file --------------------------------------------------------------------------------- */

static gint64 boottime(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return t.tv_sec * GCLK_NS_PER_S + t.tv_nsec;
}

static char *read_boot_id(void)
{
	char *id = NULL;

	return g_file_get_contents(BOOT_FILE, &id, NULL, NULL) ? g_strstrip(id) : NULL;
}

/* Only what this user or root wrote, and nobody else could have. */
static gboolean is_trusted(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	       (st.st_uid == 0 || st.st_uid == geteuid()) && !(st.st_mode & (S_IWGRP | S_IWOTH)) &&
	       st.st_size <= FILE_MAX;
}

GclkHostSync *gclk_sync_cache_load(const char *directory, gint64 max_age)
{
	g_autofree char *path = g_build_filename(directory, NAME, NULL);
	g_autofree char *boot_id = read_boot_id();
	g_autofree char *text = g_malloc(FILE_MAX);
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	gssize length = -1;

	if (fd < 0)
		return NULL;
	if (is_trusted(fd))
		length = read(fd, text, FILE_MAX);
	close(fd);
	return length > 0 ? gclk_sync_cache_from_text(
				    text, (gsize)length, boot_id, boottime(), max_age)
			  : NULL;
}

void gclk_sync_cache_save(const char *directory, const GclkHostSync *sync)
{
	g_autofree char *path = g_build_filename(directory, NAME, NULL);
	g_autofree char *boot_id = read_boot_id();
	g_autofree char *text = gclk_sync_cache_to_text(sync, boot_id, boottime());

	if (mkdir(directory, 0755) < 0 && errno != EEXIST)
		return;
	(void)g_file_set_contents_full(path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0644, NULL);
}
