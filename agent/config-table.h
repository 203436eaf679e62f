/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The one table of the configuration's keys: where they stand, what they may be, what they are
 * when nobody says anything. Loader, defaults, --help texts and error messages all come from it.
 */
#ifndef GUESTCLOCK_CONFIG_TABLE_H
#define GUESTCLOCK_CONFIG_TABLE_H

#include "config.h"

typedef enum {
	GCLK_KEY_BOOLEAN,   /* gboolean; yes, no, true, false, on, off, 1, 0 */
	GCLK_KEY_INTEGER,   /* gint */
	GCLK_KEY_UINT16,    /* guint16 */
	GCLK_KEY_UINT32,    /* guint32 */
	GCLK_KEY_DURATION,  /* gint64 ns */
	GCLK_KEY_CONTROL,   /* GclkControl */
	GCLK_KEY_TIMESCALE, /* GclkTimescale */
	GCLK_KEY_PATH,      /* char *, absolute */
	GCLK_KEY_AUTO,      /* gboolean: auto (TRUE), none */
	GCLK_KEY_DEVICE,    /* char *: auto (NULL), none, or absolute path */
	GCLK_KEY_CHANNEL,   /* char *: auto (NULL), none, or a channel to the host */
	GCLK_KEY_USER,      /* char *: name of a system user */
	GCLK_KEY_HOST,      /* char *: host name or numeric address */
} GclkKeyType;

typedef struct {
	const char *group; /* "server" stands for every [server NAME] */
	const char *name;
	GclkKeyType type;
	gsize offset;             /* in GclkConfig, or in GclkServerConfig for group "server" */
	const char *default_text; /* as a person would write it; NULL: see the loader */
	gint64 min, max;          /* of the number types, inclusive */
} GclkConfigKey;

#define GCLK_CONFIG_SERVER "server"

/* A poll interval that was not given: the [ntp] group's value is taken over. */
#define GCLK_POLL_UNSET G_MININT

extern const GclkConfigKey gclk_config_keys[];
extern const gsize gclk_config_keys_length;

/* The row, or NULL. */
const GclkConfigKey *gclk_config_key_find(const char *group, const char *name);
gboolean gclk_config_group_known(const char *group);

/* Parses value into the field of object (GclkConfig or GclkServerConfig); the old value is freed.
   On error the field is untouched and the message says what would be right. */
gboolean gclk_config_key_set(
	const GclkConfigKey *key, gpointer object, const char *value, GError **error);

/* The name that is nearest to what was written, or NULL when none is near: "did you mean". */
const char *gclk_config_nearest_key(const char *group, const char *name);
const char *gclk_config_nearest_group(const char *name);

/* Can this be a host name or a numeric address? (Form only; RFC 1123 and underscores.) */
gboolean gclk_config_is_host(const char *text);

#endif
