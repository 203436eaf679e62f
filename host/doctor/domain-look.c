/* SPDX-License-Identifier: BSD-2-Clause */
#include "doctor/domain-look.h"

#include <string.h>

#include "gate/libvirt-api.h"

/* A libvirt that is starting may take that long; one that hangs never answers. */
#define PATIENCE_S 15

/* A host with more than these has other tools. */
#define DOMAINS_MAX 4096

static GclkDomainLook *new_look(void)
{
	GclkDomainLook *look = g_new0(GclkDomainLook, 1);

	look->domains = g_ptr_array_new();
	look->cases = g_array_new(FALSE, TRUE, sizeof(GclkDomainCase));
	look->unreadable = g_ptr_array_new_with_free_func(g_free);
	return look;
}

void gclk_domain_look_free(GclkDomainLook *look)
{
	if (!look)
		return;
	g_ptr_array_unref(look->domains);
	g_array_unref(look->cases);
	g_ptr_array_unref(look->unreadable);
	g_free(look->problem);
	g_free(look);
}

static void take_domain(GclkDomainLook *look, GclkDomains *libvirt, const GclkDomain *domain)
{
	GclkDomainCase row = { .domain = domain };
	g_autoptr(GError) error = NULL;
	g_autofree char *xml =
		gclk_domains_xml(libvirt, domain->uuid ? domain->uuid : domain->name, &error);

	if (xml)
		row.has_clock = gclk_domain_clock_from_xml(xml, strlen(xml), &row.clock, &error);
	if (!row.has_clock)
		g_ptr_array_add(look->unreadable,
			g_strdup_printf("VM %s: %s", domain->name, error->message));
	g_array_append_val(look->cases, row);
}

static void ask(GclkDomainLook *look, const char *uri)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GclkDomains) libvirt = gclk_domains_open(uri, TRUE, &error);
	GPtrArray *domains = libvirt ? gclk_domains_list(libvirt, &error) : NULL;

	if (!domains) {
		look->problem = g_strdup(error->message);
		return;
	}
	g_ptr_array_unref(look->domains);
	look->domains = domains;
	for (guint i = 0; i < MIN(domains->len, DOMAINS_MAX); i++)
		take_domain(look, libvirt, domains->pdata[i]);
}

/* --- patience --------------------------------------------------------------------------------- */

typedef struct {
	gint references; /* the asker's and the waiting one's */
	char *uri;
	GclkDomainLook *look;
	GMutex lock;
	GCond ready;
	gboolean done;
} Question;

static void question_unref(Question *question)
{
	if (!g_atomic_int_dec_and_test(&question->references))
		return;
	gclk_domain_look_free(question->look);
	g_mutex_clear(&question->lock);
	g_cond_clear(&question->ready);
	g_free(question->uri);
	g_free(question);
}

static gpointer run(gpointer data)
{
	Question *question = data;

	ask(question->look, question->uri);
	g_mutex_lock(&question->lock);
	question->done = TRUE;
	g_cond_signal(&question->ready);
	g_mutex_unlock(&question->lock);
	question_unref(question);
	return NULL;
}

GclkDomainLook *gclk_domain_look(const char *uri)
{
	const gint64 end = g_get_monotonic_time() + PATIENCE_S * G_USEC_PER_SEC;
	Question *question = g_new0(Question, 1);
	GclkDomainLook *look = NULL;
	gboolean waiting = TRUE;

	question->references = 2;
	question->uri = g_strdup(gclk_libvirt_uri(uri));
	question->look = new_look();
	g_mutex_init(&question->lock);
	g_cond_init(&question->ready);
	g_thread_unref(g_thread_new("libvirt", run, question));
	g_mutex_lock(&question->lock);
	while (!question->done && waiting)
		waiting = g_cond_wait_until(&question->ready, &question->lock, end);
	if (question->done)
		look = g_steal_pointer(&question->look);
	g_mutex_unlock(&question->lock);
	question_unref(question);
	if (look)
		return look;
	look = new_look();
	look->problem = g_strdup_printf("libvirt did not answer within %d s", PATIENCE_S);
	return look;
}
