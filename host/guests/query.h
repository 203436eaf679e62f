/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The table for whoever asks, by a socket of root's own: who connects gets the JSON of the hub and
 * the end of the stream; nothing is read from him. A reader who does not read delays nobody, and is
 * hung up on after some seconds.
 */
#ifndef GUESTCLOCK_QUERY_H
#define GUESTCLOCK_QUERY_H

#include "guests/hub.h"

#define GCLK_QUERY_SOCKET      "guests.sock" /* in the run directory */
#define GCLK_QUERY_CLIENTS_MAX 16            /* more are hung up on at once */
/* The JSON is made at most so often: many who ask at once share one. */
#define GCLK_QUERY_FRESH (GCLK_NS_PER_S / 2)
/* More than any table can be; a client does not take in more. */
#define GCLK_QUERY_SIZE_MAX (64 * 1024 * 1024)

typedef struct GclkQuery GclkQuery;

/* Listens at path (mode 0600; the other end's credentials are looked at, too). The hub outlives it.
   An error if somebody listens there already. */
GclkQuery *gclk_query_new(GMainContext *context, const char *path, GclkHub *hub, GError **error);
/* Removes the socket. */
void gclk_query_free(GclkQuery *query);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GclkQuery, gclk_query_free)

/* Asks whoever listens at path; timeout in ms, for the whole answer. Caller frees.
   G_FILE_ERROR_NOENT: nobody listens; G_FILE_ERROR_ACCES, PERM: he is not for us. */
char *gclk_query_ask(const char *path, int timeout, GError **error);

#endif
