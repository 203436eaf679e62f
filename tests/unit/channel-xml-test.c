/* SPDX-License-Identifier: BSD-2-Clause */
/* The channels that lead to clocks, in the XML of domains: libvirt's own and others'. */
#include <string.h>

#include "gate/channel-xml.h"
#include "gate/need.h"
#include "harness.h"

#define PATH   "/run/libvirt/qemu/channel/1-lin/org.guestclock.0"
#define DOMAIN "<domain type='kvm' id='1'><name>lin</name><devices>"
#define END    "</devices></domain>"
/* as libvirt 9.0 writes it for a domain that runs */
#define LIVE                                                                                       \
	"<controller type='virtio-serial' index='0'><alias name='virtio-serial0'/></controller>"   \
	"<channel type='unix'><source mode='bind' path='" PATH "'/>"                               \
	"<target type='virtio' name='org.guestclock.0' state='connected'/>"                        \
	"<alias name='channel0'/>"                                                                 \
	"<address type='virtio-serial' controller='0' bus='0' port='1'/></channel>"
#define AGENT                                                                                      \
	"<channel type='unix'><source mode='bind' path='/run/a'/>"                                 \
	"<target type='virtio' name='org.qemu.guest_agent.0' state='disconnected'/></channel>"

static gboolean read_text(const char *xml, GclkDomainChannels *out)
{
	return gclk_domain_channels_from_xml(xml, strlen(xml), out, NULL);
}

static void test_live(void)
{
	GclkDomainChannels out;

	CU_ASSERT_TRUE_FATAL(read_text(DOMAIN LIVE AGENT END, &out));
	CU_ASSERT_TRUE(out.qemu);
	CU_ASSERT_TRUE(out.has_serial);
	CU_ASSERT_TRUE(out.link.present && out.link.connected && out.link.unix_socket);
	GCLK_ASSERT_STR(out.link.path, PATH);
	GCLK_ASSERT_STR(out.link.connects_to, "");
	CU_ASSERT_TRUE(out.agent.present && out.agent.unix_socket);
	CU_ASSERT_FALSE(out.agent.connected);
	GCLK_ASSERT_STR(out.agent.path, "/run/a");
}

static void test_stored(void)
{
	GclkDomainChannels out;

	CU_ASSERT_TRUE_FATAL(read_text(DOMAIN GCLK_CHANNEL_XML END, &out));
	CU_ASSERT_TRUE(out.link.present && out.link.unix_socket);
	CU_ASSERT_FALSE(out.link.connected || out.has_serial || out.agent.present);
	GCLK_ASSERT_STR(out.link.path, "");
	CU_ASSERT_TRUE_FATAL(read_text(DOMAIN GCLK_SERIAL_XML END, &out));
	CU_ASSERT_TRUE(out.has_serial);
	CU_ASSERT_FALSE(out.link.present);
}

static void test_vsock(void)
{
	static const struct {
		const char *xml;
		guint32 cid;
	} cases[] = {
		{ DOMAIN "<vsock model='virtio'><cid auto='no' address='3'/></vsock>" END, 3 },
		{ DOMAIN "<vsock><alias name='v'/><cid address='4294967294'/></vsock>" END,
			G_MAXUINT32 - 1 },
		{ DOMAIN "<vsock><cid auto='yes'/></vsock>" END, 0 },
		{ DOMAIN "<vsock><cid address='2'/></vsock>" END, 0 },
		{ DOMAIN "<vsock><cid address='4294967295'/></vsock>" END, 0 },
		{ DOMAIN "<vsock><cid address='-3'/></vsock>" END, 0 },
		{ DOMAIN "<disk><cid address='3'/></disk>" END, 0 },
		{ DOMAIN "<vsock/><disk><cid address='3'/></disk>" END, 0 },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		GclkDomainChannels out;

		CU_ASSERT_TRUE_FATAL(read_text(cases[i].xml, &out));
		GCLK_ASSERT_INT(out.vsock_cid, cases[i].cid);
	}
}

/* Order, other kinds of channels, other places. */
static void test_forms(void)
{
	static const struct {
		const char *xml;
		gboolean present, unix_socket;
		const char *path, *connects_to;
	} cases[] = {
		{ "<domain/>", FALSE, FALSE, "", "" },
		{ DOMAIN END, FALSE, FALSE, "", "" },
		/* the target before the source */
		{ DOMAIN "<channel type='unix'><target type='virtio' name='org.guestclock.0'/>"
			 "<source mode='bind' path='/a'/></channel>" END,
			TRUE, TRUE, "/a", "" },
		{ DOMAIN "<channel type='unix'><source mode='connect' path='/b'/>"
			 "<target type='virtio' name='org.guestclock.0'/></channel>" END,
			TRUE, TRUE, "", "/b" },
		/* of another kind, its path leads to no socket */
		{ DOMAIN "<channel type='pty'><source path='/dev/pts/4'/>"
			 "<target type='virtio' name='org.guestclock.0'/></channel>" END,
			TRUE, FALSE, "", "" },
		/* what one channel has is not another's */
		{ DOMAIN "<channel type='unix'><source path='/a'/><target type='virtio' name='x'/>"
			 "</channel><channel type='unix'>"
			 "<target type='virtio' name='org.guestclock.0'/></channel>" END,
			TRUE, TRUE, "", "" },
		{ DOMAIN "<channel type='unix'><target type='virtio' name='org.guestclock.0'/>"
			 "</channel><serial type='unix'><source path='/a'/></serial>" END,
			TRUE, TRUE, "", "" },
		{ DOMAIN "<serial type='unix'><source path='/a'/>"
			 "<target type='virtio' name='org.guestclock.0'/></serial>" END,
			FALSE, FALSE, "", "" },
		{ DOMAIN "<channel type='unix'><source path='/a'/>"
			 "<target type='guestfwd' name='org.guestclock.0'/></channel>" END,
			FALSE, FALSE, "", "" },
		{ "<domain><metadata>" LIVE "</metadata></domain>", FALSE, FALSE, "", "" },
		{ "<domain><metadata><devices>" LIVE "</devices></metadata></domain>", FALSE, FALSE,
			"", "" },
		/* twice: the first */
		{ DOMAIN LIVE "<channel type='unix'><source path='/c'/>"
			      "<target type='virtio' name='org.guestclock.0'/></channel>" END,
			TRUE, TRUE, PATH, "" },
		{ DOMAIN "<channel type='unix'><source path='relative'/>"
			 "<target type='virtio' name='org.guestclock.0'/></channel>" END,
			TRUE, TRUE, "", "" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		GclkDomainChannels out;

		CU_ASSERT_TRUE(read_text(cases[i].xml, &out));
		GCLK_ASSERT_INT(out.link.present, cases[i].present);
		GCLK_ASSERT_INT(out.link.unix_socket, cases[i].unix_socket);
		GCLK_ASSERT_STR(out.link.path, cases[i].path);
		GCLK_ASSERT_STR(out.link.connects_to, cases[i].connects_to);
	}
}

/* A path of 107 bytes is a socket's, one of 108 would be another's when cut. */
static void test_long_path(void)
{
	for (gsize length = 106; length <= 109; length++) {
		g_autofree char *name = g_strnfill(length - 1, 'x');
		g_autofree char *xml = g_strdup_printf(DOMAIN
			"<channel type='unix'><source mode='bind' path='/%s'/>"
			"<target type='virtio' name='org.guestclock.0'/></channel>" END,
			name);
		GclkDomainChannels out;

		CU_ASSERT_TRUE(read_text(xml, &out));
		GCLK_ASSERT_INT(strlen(out.link.path), length < 108 ? length : 0);
	}
}

static void test_hostile(void)
{
	static const char *const cases[] = {
		"",
		"no XML",
		DOMAIN LIVE,
		"<network>" LIVE "</network>",
		"<!DOCTYPE domain [<!ENTITY a 'b'>]>" DOMAIN LIVE END,
		DOMAIN LIVE "<channel type='unix' type='unix'/>" END,
		DOMAIN "&undeclared;" LIVE END,
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		GclkDomainChannels out;

		CU_ASSERT_FALSE(
			gclk_domain_channels_from_xml(cases[i], strlen(cases[i]), &out, &error));
		CU_ASSERT_PTR_NOT_NULL(error);
		CU_ASSERT_FALSE(out.link.present || out.has_serial || out.agent.present);
		GCLK_ASSERT_STR(out.link.path, "");
	}
}

/* What libvirt is given to find a channel by reads back as the same one. */
static void test_to_xml(void)
{
	static const GclkDomainChannel channels[] = {
		{ .present = TRUE, .unix_socket = TRUE },
		{ .present = TRUE, .unix_socket = TRUE, .path = "/a'<&>\"b" },
		{ .present = TRUE, .unix_socket = TRUE, .connects_to = "/c" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(channels); i++) {
		g_autofree char *element = gclk_domain_channel_to_xml(&channels[i]);
		g_autofree char *xml = g_strconcat(DOMAIN, element, END, NULL);
		GclkDomainChannels out;

		CU_ASSERT_TRUE(read_text(xml, &out));
		CU_ASSERT_TRUE(memcmp(&out.link, &channels[i], sizeof(out.link)) == 0);
	}
}

int main(void)
{
	static const GclkTestCase cases[] = {
		{ "vsock", test_vsock },
		{ "live XML", test_live },
		{ "stored XML", test_stored },
		{ "other forms", test_forms },
		{ "paths too long for a socket", test_long_path },
		{ "hostile XML", test_hostile },
		{ "the way back", test_to_xml },
		{ 0 },
	};

	return gclk_test_main("channel-xml", cases);
}
