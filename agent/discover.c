/* SPDX-License-Identifier: BSD-2-Clause */
#include "discover.h"

#include <string.h>
#include <sys/stat.h>

#define FILE_MAX_BYTES (256 * 1024)
#define FILES_MAX      128 /* read in one discovery */
#define DEPTH_MAX      3   /* of includes */

/*
 * Where to look, in this order. What DHCP says of this very network comes before what somebody
 * wrote once. A pattern may stand in the last part of a path; all its files together are one place.
 */
static const struct {
	const char *path;
	GclkDiscoverParser parser;
	gboolean keeps; /* the file outlives the boot, and perhaps the network that it is of */
} places[] = {
	{ "/run/systemd/netif/leases/*", gclk_discover_assignments, FALSE },
	{ "/run/NetworkManager/devices/*", gclk_discover_assignments, FALSE },
	{ "/run/chrony-dhcp/*.sources", gclk_discover_chrony, FALSE },
	{ "/run/ntpsec/ntp.conf.dhcp", gclk_discover_ntp, FALSE },
	{ "/run/ntp.conf.dhcp", gclk_discover_ntp, FALSE },
	{ "/var/lib/dhcp/*.lease*", gclk_discover_dhclient, TRUE },
	{ "/var/lib/dhclient/*.lease*", gclk_discover_dhclient, TRUE },
	{ "/var/db/dhclient.leases*", gclk_discover_dhclient, TRUE },
	{ "/var/lib/NetworkManager/dhclient*.lease", gclk_discover_dhclient, TRUE },
	{ "/var/lib/NetworkManager/internal*.lease", gclk_discover_assignments, TRUE },
	{ "/var/lib/dhcpcd/*.lease", gclk_discover_dhcp_packet, TRUE },
	{ "/var/lib/dhcpcd5/*.lease", gclk_discover_dhcp_packet, TRUE },
	{ "/run/systemd/netif/links/*", gclk_discover_assignments, FALSE },
	{ "/etc/chrony/chrony.conf", gclk_discover_chrony, FALSE },
	{ "/etc/chrony.conf", gclk_discover_chrony, FALSE },
	{ "/usr/local/etc/chrony.conf", gclk_discover_chrony, FALSE },
	{ "/etc/ntpsec/ntp.conf", gclk_discover_ntp, FALSE },
	{ "/etc/ntp.conf", gclk_discover_ntp, FALSE },
	{ "/etc/ntp/step-tickers", gclk_discover_step_tickers, FALSE },
	{ "timesyncd", gclk_discover_timesyncd, FALSE },
	{ "/etc/openntpd/ntpd.conf", gclk_discover_openntpd, FALSE },
	{ "/etc/ntpd.conf", gclk_discover_openntpd, FALSE },
	{ "/usr/local/etc/ntpd.conf", gclk_discover_openntpd, FALSE },
};

/* systemd's way: of files of one name the first directory's counts; all are read, by name. */
static const char *const timesyncd_directories[] = { "/etc/systemd", "/run/systemd",
	"/usr/local/lib/systemd", "/usr/lib/systemd" };

/* The files that named servers of one kind. */
typedef struct {
	char *first;
	guint count;
} Origin;

typedef struct {
	const char *root;
	gint64 boot; /* s since 1970 by the machine's own clock; 0: not known */
	guint files; /* read so far */
	Origin from; /* of this place */
	/* Servers that are not used since their keys are not known, of all places so far. */
	guint locked;
	Origin locked_from;
} Search;

static void origin_clear(Origin *origin)
{
	g_clear_pointer(&origin->first, g_free);
	origin->count = 0;
}

static void origin_add(Origin *origin, const char *path)
{
	if (origin->count++ == 0)
		origin->first = g_strdup(path);
}

/* "A", "A and 2 more" */
static char *origin_text(const Origin *origin)
{
	return origin->count > 1
		       ? g_strdup_printf("%s and %u more", origin->first, origin->count - 1)
		       : g_strdup(origin->first);
}

static char *below(const Search *search, const char *path)
{
	return g_build_filename(search->root, path, NULL);
}

static gint compare_names(gconstpointer a, gconstpointer b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The paths (without root) that match, sorted. */
static GPtrArray *list_files(const Search *search, const char *pattern)
{
	GPtrArray *paths = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *directory = g_path_get_dirname(pattern);
	g_autofree char *last = g_path_get_basename(pattern);
	g_autofree char *real = below(search, directory);
	g_autoptr(GDir) dir = NULL;
	const char *name;

	if (!strpbrk(last, "*?")) {
		g_ptr_array_add(paths, g_strdup(pattern));
		return paths;
	}
	dir = g_dir_open(real, 0, NULL);
	while (dir && paths->len < FILES_MAX && (name = g_dir_read_name(dir)))
		if (*name != '.' && g_pattern_match_simple(last, name))
			g_ptr_array_add(paths, g_build_filename(directory, name, NULL));
	g_ptr_array_sort(paths, compare_names);
	return paths;
}

/* The text of a regular file of sane size, or NULL. */
static char *read_text(Search *search, const char *path, gsize *length)
{
	g_autofree char *real = below(search, path);
	char *text = NULL;
	struct stat facts;

	if (search->files >= FILES_MAX || stat(real, &facts) != 0 || !S_ISREG(facts.st_mode) ||
		facts.st_size > FILE_MAX_BYTES)
		return NULL;
	search->files++;
	return g_file_get_contents(real, &text, length, NULL) ? text : NULL;
}

static void read_place_file(
	Search *search, const char *path, GclkDiscoverParser parser, guint depth, GclkFound *found);

static void read_include(Search *search, const GclkInclude *include, GclkDiscoverParser parser,
	guint depth, GclkFound *found)
{
	static const char *const endings[] = {
		[GCLK_INCLUDE_FILE] = NULL,
		[GCLK_INCLUDE_CONF] = "*.conf",
		[GCLK_INCLUDE_SOURCES] = "*.sources",
	};
	const char *ending = endings[include->kind];
	g_autofree char *real = below(search, include->path);
	g_autofree char *pattern = NULL;
	g_autoptr(GPtrArray) paths = NULL;

	if (!ending && g_file_test(real, G_FILE_TEST_IS_DIR))
		ending = "*.conf";
	pattern = ending ? g_build_filename(include->path, ending, NULL) : g_strdup(include->path);
	paths = list_files(search, pattern);
	for (guint i = 0; i < paths->len; i++)
		read_place_file(search, g_ptr_array_index(paths, i), parser, depth, found);
}

/* Reads one file and what it includes. */
static void read_place_file(
	Search *search, const char *path, GclkDiscoverParser parser, guint depth, GclkFound *found)
{
	g_autoptr(GPtrArray) includes = NULL;
	g_autofree char *text = NULL;
	guint before = found->servers->len + found->fallback->len;
	guint locked = found->authenticated->len;
	gsize length;

	text = read_text(search, path, &length);
	if (!text)
		return;
	parser(text, length, found);
	if (found->servers->len + found->fallback->len > before)
		origin_add(&search->from, path);
	if (found->authenticated->len > locked)
		origin_add(&search->locked_from, path);
	includes = gclk_found_take_includes(found);
	for (guint i = 0; depth < DEPTH_MAX && i < includes->len; i++)
		read_include(search, g_ptr_array_index(includes, i), parser, depth + 1, found);
}

/* Adds the drop-ins of one directory that none of the directories before had under that name. */
static void add_drop_ins(const Search *search, const char *directory, GHashTable *names)
{
	g_autofree char *pattern = g_build_filename(directory, "timesyncd.conf.d", "*.conf", NULL);
	g_autoptr(GPtrArray) paths = list_files(search, pattern);

	for (guint i = 0; i < paths->len; i++) {
		const char *path = g_ptr_array_index(paths, i);
		char *name = g_path_get_basename(path);

		if (g_hash_table_contains(names, name))
			g_free(name);
		else
			g_hash_table_insert(names, name, g_strdup(path));
	}
}

static void read_timesyncd(Search *search, GclkFound *found)
{
	g_autoptr(GHashTable) names =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	g_autoptr(GList) sorted = NULL;
	guint files = search->files;

	for (gsize i = 0; i < G_N_ELEMENTS(timesyncd_directories); i++) {
		g_autofree char *path =
			g_build_filename(timesyncd_directories[i], "timesyncd.conf", NULL);

		if (search->files == files)
			read_place_file(search, path, gclk_discover_timesyncd, 0, found);
		add_drop_ins(search, timesyncd_directories[i], names);
	}
	sorted = g_list_sort(g_hash_table_get_keys(names), (GCompareFunc)strcmp);
	for (const GList *i = sorted; i; i = i->next)
		read_place_file(search, g_hash_table_lookup(names, i->data),
			gclk_discover_timesyncd, 0, found);
}

/* When the machine was booted, by its own clock: "btime" of proc(5). */
static gint64 boot_time(const char *root)
{
	g_autofree char *path = g_build_filename(root, "proc/stat", NULL);
	g_autofree char *text = NULL;
	const char *line;

	if (!g_file_get_contents(path, &text, NULL, NULL))
		return 0;
	line = strstr(text, "\nbtime ");
	return line ? g_ascii_strtoll(line + strlen("\nbtime "), NULL, 10) : 0;
}

/* Was the file last written before this boot? Unknown counts as no. */
static gboolean is_old(const Search *search, const char *path)
{
	g_autofree char *real = below(search, path);
	struct stat facts;

	return search->boot && stat(real, &facts) == 0 && facts.st_mtime < search->boot;
}

/* One row of the table; old: only the files from before this boot, else only the others. */
static void read_place(Search *search, gsize row, gboolean old, GclkFound *found)
{
	g_autoptr(GPtrArray) paths = NULL;

	if (old && !places[row].keeps)
		return;
	if (places[row].parser == gclk_discover_timesyncd) {
		read_timesyncd(search, found);
		return;
	}
	paths = list_files(search, places[row].path);
	for (guint i = 0; i < paths->len; i++) {
		const char *path = g_ptr_array_index(paths, i);

		if (!places[row].keeps || is_old(search, path) == old)
			read_place_file(search, path, places[row].parser, 0, found);
	}
}

/* What was not taken over, and why; surplus: servers beyond what is taken. */
static void note(GclkConfig *config, const Search *search, guint surplus)
{
	g_autoptr(GString) text = g_string_new(NULL);
	g_autofree char *locked_from = origin_text(&search->locked_from);
	gboolean one = search->locked == 1;

	if (search->locked)
		g_string_append_printf(text,
			"%u %s of %s %s left out, since %s (or NTS) %s not known here: name %s in "
			"guestclockd.conf",
			search->locked, one ? "server" : "servers", locked_from,
			one ? "was" : "were", one ? "its key" : "their keys", one ? "is" : "are",
			one ? "it" : "them");
	if (surplus)
		g_string_append_printf(text, "%sonly the first %u were taken, %u were left out",
			text->len ? "; " : "", GCLK_DISCOVER_MAX, surplus);
	if (text->len)
		config->servers_note = g_strdup(text->str);
}

/* Takes over what a place said; FALSE if it named no server. */
static gboolean take(GclkConfig *config, const Search *search, GclkFound *found)
{
	GPtrArray *list = found->servers->len ? found->servers : found->fallback;
	guint surplus = list->len > GCLK_DISCOVER_MAX ? list->len - GCLK_DISCOVER_MAX : 0;

	if (!list->len)
		return FALSE;
	while (list->len && config->servers->len < GCLK_DISCOVER_MAX) {
		GclkServerConfig *server = g_ptr_array_steal_index(list, 0);

		gclk_server_config_complete(server, config);
		g_ptr_array_add(config->servers, server);
	}
	config->servers_from = origin_text(&search->from);
	note(config, search, surplus);
	return TRUE;
}

/* One place after the other, until one names a server. */
static gboolean search_places(GclkConfig *config, Search *search, gboolean old)
{
	for (gsize row = 0; row < G_N_ELEMENTS(places) && search->files < FILES_MAX; row++) {
		g_autoptr(GclkFound) found = gclk_found_new();

		origin_clear(&search->from);
		read_place(search, row, old, found);
		search->locked += found->authenticated->len;
		if (take(config, search, found))
			return TRUE;
	}
	return FALSE;
}

guint gclk_config_discover(GclkConfig *config, const char *root)
{
	Search search = { .root = *root ? root : "/" };

	if (!config->discover || config->servers->len)
		return 0;
	search.boot = boot_time(search.root);
	/* A lease from before this boot may be of another network (an image that was made
	   elsewhere): it is the last resort. */
	if (!search_places(config, &search, FALSE) && !search_places(config, &search, TRUE))
		note(config, &search, 0);
	origin_clear(&search.from);
	origin_clear(&search.locked_from);
	return config->servers->len;
}
