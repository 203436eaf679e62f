/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the inventory's threads have found, on its way to the main context. Everything is copied,
 * and nothing arrives once the mail is closed.
 */
#ifndef GUESTCLOCK_INVENTORY_MAIL_H
#define GUESTCLOCK_INVENTORY_MAIL_H

#include "guests/inventory.h"

typedef struct GclkInventoryMail GclkInventoryMail;

GclkInventoryMail *gclk_inventory_mail_new(
	GMainContext *context, const GclkInventoryEvents *events, gpointer user);
/* On the context's thread: nothing is called any more, descriptors under way are closed. */
void gclk_inventory_mail_close(GclkInventoryMail *mail);
/* When no thread can post any more. */
void gclk_inventory_mail_free(GclkInventoryMail *mail);

/* From any thread; the meanings are those of GclkInventoryEvents. */
void gclk_inventory_post_domain(GclkInventoryMail *mail, const GclkInventoryDomain *domain);
void gclk_inventory_post_gone(GclkInventoryMail *mail, const char *uuid);
void gclk_inventory_post_happened(GclkInventoryMail *mail, const char *uuid, GclkLinkEvent event);
void gclk_inventory_post_channel(GclkInventoryMail *mail, const char *uuid, int fd);
void gclk_inventory_post_channel_failed(
	GclkInventoryMail *mail, const char *uuid, const char *problem);
void gclk_inventory_post_time(GclkInventoryMail *mail, const char *uuid, gint64 offset,
	gint64 uncertainty, gint64 measured, const char *problem);
void gclk_inventory_post_connection(GclkInventoryMail *mail, const char *problem);

#endif
