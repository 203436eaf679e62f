/* SPDX-License-Identifier: BSD-2-Clause */
#include "guests/inventory-mail.h"

#include <unistd.h>

typedef struct Letter Letter;

struct Letter {
	void (*deliver)(const GclkInventoryEvents *events, gpointer user, Letter *letter);
	char *uuid, *text; /* text: a name, a problem; or NULL */
	char *need_error;
	GclkInventoryDomain domain; /* its texts are those above */
	GclkLinkEvent event;
	int fd; /* or -1 */
	gint64 offset, uncertainty, measured;
};

struct GclkInventoryMail {
	GMainContext *context;
	GclkInventoryEvents events;
	gpointer user;
	GMutex lock; /* of what follows */
	GQueue letters;
	GSource *source; /* that delivers them, or NULL: there are none */
	gboolean closed;
};

static void letter_free(Letter *letter)
{
	if (letter->fd >= 0)
		close(letter->fd);
	g_free(letter->uuid);
	g_free(letter->text);
	g_free(letter->need_error);
	g_free(letter);
}

GclkInventoryMail *gclk_inventory_mail_new(
	GMainContext *context, const GclkInventoryEvents *events, gpointer user)
{
	GclkInventoryMail *mail = g_new0(GclkInventoryMail, 1);

	mail->context = context ? g_main_context_ref(context) : NULL;
	mail->events = *events;
	mail->user = user;
	g_mutex_init(&mail->lock);
	g_queue_init(&mail->letters);
	return mail;
}

static void drop_source(GclkInventoryMail *mail)
{
	if (!mail->source)
		return;
	g_source_destroy(mail->source);
	g_clear_pointer(&mail->source, g_source_unref);
}

void gclk_inventory_mail_close(GclkInventoryMail *mail)
{
	g_mutex_lock(&mail->lock);
	mail->closed = TRUE;
	drop_source(mail);
	g_queue_clear_full(&mail->letters, (GDestroyNotify)letter_free);
	g_mutex_unlock(&mail->lock);
}

void gclk_inventory_mail_free(GclkInventoryMail *mail)
{
	gclk_inventory_mail_close(mail);
	g_mutex_clear(&mail->lock);
	g_clear_pointer(&mail->context, g_main_context_unref);
	g_free(mail);
}

/* --- delivering ------------------------------------------------------------------------------- */

/* One a turn of the loop, so that a thousand domains at once do not hold up the guests' questions.
   The callback may free the inventory: nothing of it is touched afterwards. */
static gboolean deliver(gpointer user)
{
	GclkInventoryMail *mail = user;
	const GclkInventoryEvents events = mail->events;
	gpointer events_user = mail->user;
	Letter *letter;

	g_mutex_lock(&mail->lock);
	letter = g_queue_pop_head(&mail->letters);
	if (g_queue_is_empty(&mail->letters))
		drop_source(mail);
	g_mutex_unlock(&mail->lock);
	if (letter) {
		letter->deliver(&events, events_user, letter);
		letter_free(letter);
	}
	return G_SOURCE_CONTINUE; /* a source that was dropped ends all the same */
}

static void post(GclkInventoryMail *mail, const Letter *letter)
{
	Letter *copy = g_memdup2(letter, sizeof(*letter));

	g_mutex_lock(&mail->lock);
	if (mail->closed) {
		g_mutex_unlock(&mail->lock);
		letter_free(copy);
		return;
	}
	g_queue_push_tail(&mail->letters, copy);
	if (!mail->source) {
		mail->source = g_idle_source_new();
		g_source_set_priority(mail->source, G_PRIORITY_DEFAULT);
		g_source_set_callback(mail->source, deliver, mail, NULL);
		g_source_attach(mail->source, mail->context);
	}
	g_mutex_unlock(&mail->lock);
}

/* --- letters ---------------------------------------------------------------------------------- */

static void deliver_domain(const GclkInventoryEvents *events, gpointer user, Letter *letter)
{
	letter->domain.uuid = letter->uuid;
	letter->domain.name = letter->text;
	letter->domain.need_error = letter->need_error;
	if (events->domain)
		events->domain(user, &letter->domain);
}

void gclk_inventory_post_domain(GclkInventoryMail *mail, const GclkInventoryDomain *domain)
{
	post(mail, &(Letter){
			   .deliver = deliver_domain,
			   .uuid = g_strdup(domain->uuid),
			   .text = g_strdup(domain->name),
			   .need_error = g_strdup(domain->need_error),
			   .domain = *domain,
			   .fd = -1,
		   });
}

static void deliver_gone(const GclkInventoryEvents *events, gpointer user, Letter *letter)
{
	if (events->gone)
		events->gone(user, letter->uuid);
}

void gclk_inventory_post_gone(GclkInventoryMail *mail, const char *uuid)
{
	post(mail, &(Letter){ .deliver = deliver_gone, .uuid = g_strdup(uuid), .fd = -1 });
}

static void deliver_happened(const GclkInventoryEvents *events, gpointer user, Letter *letter)
{
	if (events->happened)
		events->happened(user, letter->uuid, letter->event);
}

void gclk_inventory_post_happened(GclkInventoryMail *mail, const char *uuid, GclkLinkEvent event)
{
	post(mail, &(Letter){
			   .deliver = deliver_happened,
			   .uuid = g_strdup(uuid),
			   .event = event,
			   .fd = -1,
		   });
}

static void deliver_channel(const GclkInventoryEvents *events, gpointer user, Letter *letter)
{
	int fd = letter->fd;

	if (!events->channel)
		return;
	letter->fd = -1; /* the callee's now */
	events->channel(user, letter->uuid, fd);
}

void gclk_inventory_post_channel(GclkInventoryMail *mail, const char *uuid, int fd)
{
	post(mail, &(Letter){ .deliver = deliver_channel, .uuid = g_strdup(uuid), .fd = fd });
}

static void deliver_channel_failed(const GclkInventoryEvents *events, gpointer user, Letter *letter)
{
	if (events->channel_failed)
		events->channel_failed(user, letter->uuid, letter->text);
}

void gclk_inventory_post_channel_failed(
	GclkInventoryMail *mail, const char *uuid, const char *problem)
{
	post(mail, &(Letter){
			   .deliver = deliver_channel_failed,
			   .uuid = g_strdup(uuid),
			   .text = g_strdup(problem),
			   .fd = -1,
		   });
}

static void deliver_time(const GclkInventoryEvents *events, gpointer user, Letter *letter)
{
	if (events->time)
		events->time(user, letter->uuid, letter->offset, letter->uncertainty,
			letter->measured, letter->text);
}

void gclk_inventory_post_time(GclkInventoryMail *mail, const char *uuid, gint64 offset,
	gint64 uncertainty, gint64 measured, const char *problem)
{
	post(mail, &(Letter){
			   .deliver = deliver_time,
			   .uuid = g_strdup(uuid),
			   .text = g_strdup(problem),
			   .fd = -1,
			   .offset = offset,
			   .uncertainty = uncertainty,
			   .measured = measured,
		   });
}

static void deliver_connection(const GclkInventoryEvents *events, gpointer user, Letter *letter)
{
	if (events->connection)
		events->connection(user, letter->text);
}

void gclk_inventory_post_connection(GclkInventoryMail *mail, const char *problem)
{
	post(mail, &(Letter){ .deliver = deliver_connection, .text = g_strdup(problem), .fd = -1 });
}
