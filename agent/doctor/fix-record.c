/* SPDX-License-Identifier: BSD-2-Clause */
#include "doctor/fix-record.h"

#include <string.h>

#include "doctor/fix-plan.h"

#define SCHEMA      1
#define CHANGES_MAX 64
#define AFTER_MAX   256
#define HEAD        "record"
#define COMMENT                                                                                    \
	" What guestclock doctor --fix has changed, for --undo to take it back. Do not edit."

G_DEFINE_QUARK(gclk - fix - record - error - quark, gclk_fix_record_error)

static const char *const kind_names[] = {
	[GCLK_CHANGE_FILE] = "file",
	[GCLK_CHANGE_DIRECTORY] = "directory",
	[GCLK_CHANGE_SETTING] = "setting",
	[GCLK_CHANGE_SYSCTL] = "sysctl",
};

static void free_change(gpointer pointer)
{
	GclkChange *change = pointer;

	g_free(change->place);
	g_free(change->before);
	g_ptr_array_unref(change->after);
	g_free(change);
}

GclkFixRecord *gclk_fix_record_new(void)
{
	GclkFixRecord *record = g_new0(GclkFixRecord, 1);

	record->changes = g_ptr_array_new_with_free_func(free_change);
	return record;
}

void gclk_fix_record_free(GclkFixRecord *record)
{
	if (!record)
		return;
	g_ptr_array_unref(record->changes);
	g_free(record);
}

GclkChange *gclk_fix_record_find(
	const GclkFixRecord *record, GclkChangeKind kind, const char *place)
{
	for (guint i = 0; i < record->changes->len; i++) {
		GclkChange *change = record->changes->pdata[i];

		if (change->kind == kind && strcmp(change->place, place) == 0)
			return change;
	}
	return NULL;
}

GclkChange *gclk_fix_record_add(GclkFixRecord *record, GclkChangeKind kind, const char *place,
	const char *before, gsize length)
{
	GclkChange *change = g_new0(GclkChange, 1);

	change->kind = kind;
	change->place = g_strdup(place);
	change->existed = before != NULL;
	change->length = before ? length : 0;
	change->before = g_malloc(change->length + 1);
	if (before)
		memcpy(change->before, before, length);
	change->before[change->length] = '\0';
	change->after = g_ptr_array_new_with_free_func(g_free);
	g_ptr_array_add(record->changes, change);
	return change;
}

void gclk_fix_record_forget(GclkFixRecord *record, GclkChange *change)
{
	g_ptr_array_remove(record->changes, change);
}

gboolean gclk_change_was_before(const GclkChange *change, const char *text, gsize length)
{
	if (!text || !change->existed)
		return !text && !change->existed;
	return length == change->length && memcmp(text, change->before, length) == 0;
}

static char *digest(const char *text, gsize length)
{
	return g_compute_checksum_for_data(G_CHECKSUM_SHA256, (const guchar *)text, length);
}

gboolean gclk_change_is_ours(const GclkChange *change, const char *text, gsize length)
{
	g_autofree char *sum = digest(text, length);

	return g_ptr_array_find_with_equal_func(change->after, sum, g_str_equal, NULL);
}

void gclk_change_will_write(GclkChange *change, const char *text, gsize length)
{
	if (gclk_change_is_ours(change, text, length))
		return;
	if (change->after->len >= AFTER_MAX)
		g_ptr_array_remove_index(change->after, 0);
	g_ptr_array_add(change->after, digest(text, length));
}

/* --- text ------------------------------------------------------------------------------------- */

static void format_change(GKeyFile *file, const char *group, const GclkChange *change)
{
	g_key_file_set_string(file, group, "kind", kind_names[change->kind]);
	g_key_file_set_string(file, group, "place", change->place);
	if (change->existed) {
		g_autofree char *text =
			g_base64_encode((const guchar *)change->before, change->length);

		g_key_file_set_string(file, group, "before", text);
		g_key_file_set_integer(file, group, "mode", (gint)change->mode);
		g_key_file_set_uint64(file, group, "uid", change->uid);
		g_key_file_set_uint64(file, group, "gid", change->gid);
	}
	if (change->after->len)
		g_key_file_set_string_list(file, group, "after",
			(const char *const *)change->after->pdata, change->after->len);
}

char *gclk_fix_record_format(const GclkFixRecord *record, gsize *length)
{
	g_autoptr(GKeyFile) file = g_key_file_new();

	g_key_file_set_integer(file, HEAD, "schema", SCHEMA);
	g_key_file_set_comment(file, NULL, NULL, COMMENT, NULL);
	for (guint i = 0; i < record->changes->len; i++) {
		g_autofree char *group = g_strdup_printf("change %u", i + 1);

		format_change(file, group, record->changes->pdata[i]);
	}
	return g_key_file_to_data(file, length, NULL);
}

static gboolean fail(GError **error, const char *group, const char *what)
{
	g_set_error(error, GCLK_FIX_RECORD_ERROR, 0, "[%s] %s", group, what);
	return FALSE;
}

static gboolean read_kind(const char *word, GclkChangeKind *out)
{
	for (gsize i = 0; word && i < G_N_ELEMENTS(kind_names); i++) {
		if (strcmp(word, kind_names[i]) == 0) {
			*out = (GclkChangeKind)i;
			return TRUE;
		}
	}
	return FALSE;
}

static gboolean is_digest(const char *text)
{
	return strlen(text) == 64 && strspn(text, "0123456789abcdef") == 64;
}

static gboolean read_after(GKeyFile *file, const char *group, GclkChange *change, GError **error)
{
	gsize n = 0;
	g_auto(GStrv) list = g_key_file_get_string_list(file, group, "after", &n, NULL);

	if (n > AFTER_MAX)
		return fail(error, group, "after: too many digests");
	for (gsize i = 0; i < n; i++) {
		if (!is_digest(list[i]))
			return fail(error, group, "after: not a digest");
		g_ptr_array_add(change->after, g_strdup(list[i]));
	}
	return TRUE;
}

static gboolean read_owner(GKeyFile *file, const char *group, GclkChange *change, GError **error)
{
	g_autoptr(GError) bad = NULL;
	gint mode = g_key_file_get_integer(file, group, "mode", &bad);
	guint64 uid = bad ? 0 : g_key_file_get_uint64(file, group, "uid", &bad);
	guint64 gid = bad ? 0 : g_key_file_get_uint64(file, group, "gid", &bad);

	if (bad || mode < 0 || mode > 07777 || uid >= G_MAXUINT32 || gid >= G_MAXUINT32)
		return fail(error, group, "mode, uid or gid is missing or no such number");
	change->mode = (guint)mode;
	change->uid = (guint)uid;
	change->gid = (guint)gid;
	return TRUE;
}

/* g_base64_decode passes over what is not Base64; a damaged copy shall not be restored. */
static char *decode(const char *text, gsize *length)
{
	g_autofree char *data = (char *)g_base64_decode(text, length);
	g_autofree char *again = g_base64_encode((const guchar *)data, *length);

	return strcmp(text, again) == 0 ? g_steal_pointer(&data) : NULL;
}

static gboolean read_change(
	GclkFixRecord *record, GKeyFile *file, const char *group, GError **error)
{
	g_autofree char *word = g_key_file_get_string(file, group, "kind", NULL);
	g_autofree char *place = g_key_file_get_string(file, group, "place", NULL);
	g_autofree char *coded = g_key_file_get_string(file, group, "before", NULL);
	g_autofree char *before = NULL;
	gsize length = 0;
	GclkChangeKind kind;
	GclkChange *change;

	if (!read_kind(word, &kind))
		return fail(error, group, "kind: an unknown word");
	if (!place || !gclk_fix_place_allowed(kind, place))
		return fail(error, group, "place: not one that guestclock ever changes");
	if (gclk_fix_record_find(record, kind, place))
		return fail(error, group, "place: stands there twice");
	before = coded ? decode(coded, &length) : NULL;
	if (coded && !before)
		return fail(error, group, "before: not Base64");
	if (!before && g_key_file_has_key(file, group, "before", NULL))
		return fail(error, group, "before: not text");
	change = gclk_fix_record_add(record, kind, place, before, length);
	if (change->existed && !read_owner(file, group, change, error))
		return FALSE;
	return read_after(file, group, change, error);
}

GclkFixRecord *gclk_fix_record_parse(const char *text, gsize length, GError **error)
{
	g_autoptr(GclkFixRecord) record = gclk_fix_record_new();
	g_autoptr(GKeyFile) file = g_key_file_new();
	g_auto(GStrv) groups = NULL;
	gsize n = 0;

	if (length > GCLK_FIX_RECORD_MAX)
		return fail(error, HEAD, "larger than any record"), NULL;
	if (length == 0 || !g_key_file_load_from_data(file, text, length, G_KEY_FILE_NONE, error))
		return length == 0 ? (fail(error, HEAD, "empty"), NULL) : NULL;
	if (g_key_file_get_integer(file, HEAD, "schema", NULL) != SCHEMA)
		return fail(error, HEAD, "schema: of another version of guestclock"), NULL;
	groups = g_key_file_get_groups(file, &n);
	if (n > CHANGES_MAX + 1)
		return fail(error, HEAD, "more changes than guestclock ever makes"), NULL;
	for (gsize i = 0; i < n; i++)
		if (strcmp(groups[i], HEAD) != 0 && !read_change(record, file, groups[i], error))
			return NULL;
	return g_steal_pointer(&record);
}
