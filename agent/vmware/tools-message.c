/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmware/tools-message.h"

#include <string.h>

/* --- text ------------------------------------------------------------------------------------- */

void gclk_tools_clean(const void *bytes, gsize length, char *out, gsize size)
{
	const char *in = bytes;
	gsize n = 0;

	for (gsize i = 0; i < length && n + 1 < size; i++) {
		gboolean blank = g_ascii_isspace(in[i]) || in[i] == '\0';

		if (blank && (n == 0 || out[n - 1] == ' '))
			continue;
		out[n++] = blank ? ' ' : g_ascii_isprint(in[i]) ? in[i] : '?';
	}
	while (n > 0 && out[n - 1] == ' ')
		n--;
	out[n] = '\0';
}

static gboolean is_clean(const char *text, gsize size)
{
	const char *end = memchr(text, '\0', size);

	for (const char *at = text; end && at < end; at++)
		if (!g_ascii_isprint(*at) && *at != '\n')
			return FALSE;
	return end != NULL;
}

gboolean gclk_tools_message_check(const void *bytes, gsize length, GclkToolsMessage *out)
{
	if (length != sizeof *out)
		return FALSE;
	memcpy(out, bytes, sizeof *out);
	return out->kind < GCLK_TOOLS_KINDS && is_clean(out->text, sizeof out->text);
}

/* --- libguestlib ------------------------------------------------------------------------------ */

/* VMGuestLibError of vmGuestLib.h, by number. */
static const struct {
	const char *text;
	gboolean lasts;
} errors[] = {
	{ "no error", FALSE },
	{ "an error that is not told", FALSE },
	{ "this is no VMware virtual machine", TRUE },
	{ "the host has not enabled it for this VM", TRUE },
	{ "the host does not have it", TRUE },
	{ "the host has not told anything yet", FALSE },
	{ "out of memory", FALSE },
	{ "the buffer is too small", FALSE },
	{ "the handle is void", FALSE },
	{ "an argument is wrong", FALSE },
	{ "the host is too old for this question", TRUE },
};

const char *gclk_tools_error_text(guint32 error)
{
	return error < G_N_ELEMENTS(errors) ? errors[error].text : errors[1].text;
}

gboolean gclk_tools_error_lasts(guint32 error)
{
	return error < G_N_ELEMENTS(errors) && errors[error].lasts;
}

/* --- the host's time service ------------------------------------------------------------------
 */

/* KEY VALUE TIME, where the value may have blanks in it; time is a number. */
static gboolean parse_row(const char *line, gsize length, GclkToolsRow *out)
{
	const char *end = line + length, *key_end = memchr(line, ' ', length), *last = end;

	while (last > line && g_ascii_isdigit(last[-1]))
		last--;
	if (!key_end || key_end == line || last == end || last - 1 <= key_end || last[-1] != ' ')
		return FALSE;
	gclk_tools_clean(line, (gsize)(key_end - line), out->key, sizeof out->key);
	gclk_tools_clean(key_end, (gsize)(last - key_end), out->value, sizeof out->value);
	return out->key[0] != '\0' && out->value[0] != '\0';
}

gint gclk_tools_time_info(const char *text, gsize length, GclkToolsRow rows[GCLK_TOOLS_ROWS_MAX])
{
	const char *end = text + length, *at = text;
	gint n = 0;

	if (length < 2 || memcmp(text, "OK", 2) != 0 || (length > 2 && text[2] != '\n'))
		return -1;
	for (at += 2; at < end && n < GCLK_TOOLS_ROWS_MAX;) {
		const char *line = at + 1; /* past the newline */
		const char *next = line < end ? memchr(line, '\n', (gsize)(end - line)) : NULL;

		at = next ? next : end;
		if (line < at && parse_row(line, (gsize)(at - line), &rows[n]))
			n++;
	}
	return n;
}
