/* SPDX-License-Identifier: BSD-2-Clause */
#include "agent/discover.h"

#include <string.h>
#include <sys/stat.h>
#include <utime.h>

#include "agent/config-table.h"
#include "harness.h"
#include "scratch.h"

/* --- parsers ---------------------------------------------------------------------------------- */

static GclkFound *parse(GclkDiscoverParser parser, const char *text)
{
	GclkFound *found = gclk_found_new();

	parser(text, strlen(text), found);
	return found;
}

/* "a.example b.example:1123" */
static char *names(const GPtrArray *servers)
{
	GString *out = g_string_new(NULL);

	for (guint i = 0; i < servers->len; i++) {
		const GclkServerConfig *server = g_ptr_array_index(servers, i);

		g_string_append_printf(out, "%s%s", i ? " " : "", server->name);
	}
	return g_string_free(out, FALSE);
}

static void check(GclkDiscoverParser parser, const char *text, const char *expected)
{
	g_autoptr(GclkFound) found = parse(parser, text);
	g_autofree char *got = names(found->servers);

	GCLK_ASSERT_STR(got, expected);
}

static const GclkServerConfig *server(const GclkFound *found, guint i)
{
	return g_ptr_array_index(found->servers, i);
}

static void test_chrony(void)
{
	g_autoptr(GclkFound) found = parse(gclk_discover_chrony,
		"# a comment\n"
		"! another; % and ; too\n"
		"%server no1.example\n"
		";server no2.example\n"
		"server 192.168.4.254 iburst\n"
		"SERVER ntp2.example port 1123 minpoll -6 maxpoll 20\r\n"
		"  peer 2001:db8::5 key 7\n"
		"server nts.example nts certset 1\n"
		"pool 2.debian.pool.ntp.org iburst maxsources 4\n"
		"pool lan.example\n"
		"server watch.example noselect\n"
		"server\n"
		"server 192.168.4.254\n"
		"refclock PHC /dev/ptp0\n"
		"driftfile /var/lib/chrony/drift\n"
		"allow 192.168.0.0/16\n"
		"include /etc/chrony/more.conf\n"
		"confdir /etc/chrony/conf.d /run/conf\n"
		"sourcedir /run/chrony-dhcp\n"
		"include relative.conf\n"
		"server last.example minpoll 3 maxpoll 4");
	g_autofree char *got = names(found->servers);
	g_autofree char *locked = names(found->authenticated);

	GCLK_ASSERT_STR(got, "192.168.4.254 ntp2.example:1123 "
			     "2.debian.pool.ntp.org lan.example last.example");
	GCLK_ASSERT_INT(server(found, 0)->min_poll, GCLK_POLL_UNSET);
	GCLK_ASSERT_STR(server(found, 1)->address, "ntp2.example");
	GCLK_ASSERT_INT(server(found, 1)->port, 1123);
	GCLK_ASSERT_INT(server(found, 1)->min_poll, GCLK_DISCOVER_POLL_MIN);
	GCLK_ASSERT_INT(server(found, 1)->max_poll, GCLK_DISCOVER_POLL_MAX);
	GCLK_ASSERT_STR(locked, "2001:db8::5 nts.example"); /* not to be used without their keys */
	GCLK_ASSERT_INT(server(found, 2)->min_poll, 6);
	GCLK_ASSERT_INT(server(found, 2)->max_poll, 10);
	GCLK_ASSERT_INT(server(found, 3)->min_poll, 6);
	GCLK_ASSERT_INT(server(found, 4)->min_poll, 3);
	GCLK_ASSERT_INT(server(found, 4)->max_poll, 4);
	CU_ASSERT_EQUAL_FATAL(found->includes->len, 4);
	GCLK_ASSERT_INT(
		((GclkInclude *)g_ptr_array_index(found->includes, 0))->kind, GCLK_INCLUDE_FILE);
	GCLK_ASSERT_INT(
		((GclkInclude *)g_ptr_array_index(found->includes, 2))->kind, GCLK_INCLUDE_CONF);
	GCLK_ASSERT_INT(
		((GclkInclude *)g_ptr_array_index(found->includes, 3))->kind, GCLK_INCLUDE_SOURCES);
	GCLK_ASSERT_STR(((GclkInclude *)g_ptr_array_index(found->includes, 2))->path, "/run/conf");
}

static void test_pool_politeness(void)
{
	g_autoptr(GclkFound) found = parse(gclk_discover_chrony,
		"server 0.POOL.ntp.org\nserver pool.ntp.org\nserver notpool.ntp.org\n"
		"server 1.pool.ntp.org minpoll 8\nserver a.pool.ntp.org.example\n"
		"pool lan.example maxpoll 4\n");

	GCLK_ASSERT_INT(server(found, 0)->min_poll, 6);
	GCLK_ASSERT_INT(server(found, 0)->max_poll, 10);
	GCLK_ASSERT_INT(server(found, 1)->min_poll, 6);
	GCLK_ASSERT_INT(server(found, 2)->min_poll, GCLK_POLL_UNSET);
	GCLK_ASSERT_INT(server(found, 3)->min_poll, 8);
	GCLK_ASSERT_INT(server(found, 4)->min_poll, GCLK_POLL_UNSET);
	GCLK_ASSERT_INT(server(found, 5)->min_poll, 4);
	GCLK_ASSERT_INT(server(found, 5)->max_poll, 4);
}

static void test_polls_in_order(void)
{
	g_autoptr(GclkFound) found = parse(gclk_discover_ntp,
		"server a.example minpoll 9 maxpoll 5\nserver b.example minpoll x\n");

	GCLK_ASSERT_INT(server(found, 0)->min_poll, 9);
	GCLK_ASSERT_INT(server(found, 0)->max_poll, 9);
	GCLK_ASSERT_INT(server(found, 1)->min_poll, GCLK_POLL_UNSET);
	/* an option without its value, at the end of the line */
	check(gclk_discover_ntp, "server c.example port\nserver d.example port 0\n",
		"c.example d.example");
}

static void test_ntp(void)
{
	/* as such files are seen: a NAS's, an ESX host's, a node's with its local clock */
	check(gclk_discover_ntp,
		"driftfile /opt/var/spool/ntp/ntp.drift\n"
		"restrict default ignore\n"
		"restrict ntp1.example kod nomodify notrap nopeer noquery\n"
		"server ntp1.example iburst true\n"
		"server ntp2.example iburst\n",
		"ntp1.example ntp2.example");
	check(gclk_discover_ntp,
		"server 127.127.1.0 # local clock\nfudge 127.127.1.0 stratum 10\n"
		"server 192.6.38.127 # an example\n",
		"192.6.38.127");
	check(gclk_discover_ntp,
		"server -4 a.example\nserver -6 b.example\npool -4 c.example iburst\nserver -4\n"
		"peer d.example\nbroadcast 192.0.2.255\nmulticastclient\nmanycastclient 224.0.1.1\n"
		"server e.example noselect\n  server\tf.example\tprefer # best\nrefclock shm unit "
		"0\n",
		"a.example b.example c.example d.example f.example");
	check(gclk_discover_ntp, "server 127.127.28.0\nserver 127.0.0.1\nserver 10.127.0.1\n",
		"127.0.0.1 10.127.0.1");
	check(gclk_discover_ntp,
		"server 0.0.0.0\nserver ::\nserver 224.0.1.1\nserver ff02::101\n"
		"server 255.255.255.255\nserver 192.0.2.300\nserver bad_host/x\n",
		"");
}

static void test_ntp_includes(void)
{
	g_autoptr(GclkFound) found = parse(
		gclk_discover_ntp, "includefile /etc/ntp/extra.conf\nserver a.example key 3\n");
	g_autoptr(GPtrArray) includes = gclk_found_take_includes(found);

	CU_ASSERT_EQUAL_FATAL(includes->len, 1);
	GCLK_ASSERT_STR(
		((GclkInclude *)g_ptr_array_index(includes, 0))->path, "/etc/ntp/extra.conf");
	GCLK_ASSERT_INT(found->includes->len, 0);
	GCLK_ASSERT_INT(found->authenticated->len, 1);
	GCLK_ASSERT_INT(found->servers->len, 0);
}

static void test_step_tickers(void)
{
	check(gclk_discover_step_tickers,
		"# List of servers used for initial synchronization.\n\n"
		"0.centos.pool.ntp.org\nntp.example 192.0.2.4  # two in a line\n-u\n",
		"0.centos.pool.ntp.org ntp.example 192.0.2.4");
	check(gclk_discover_step_tickers, "# nothing\n", "");
}

static void test_timesyncd(void)
{
	g_autoptr(GclkFound) found = parse(gclk_discover_timesyncd,
		"NTP=before.example\n"
		"[Other]\nNTP=other.example\n"
		"[Time]\n#NTP=commented.example\n;NTP=c.example\n"
		"NTP = a.example 192.0.2.2\nNTP=b.example\n"
		"FallbackNTP=0.debian.pool.ntp.org 1.debian.pool.ntp.org\n"
		"RootDistanceMaxSec=5\n");
	g_autofree char *servers = names(found->servers);
	g_autofree char *fallback = names(found->fallback);

	GCLK_ASSERT_STR(servers, "a.example 192.0.2.2 b.example");
	GCLK_ASSERT_STR(fallback, "0.debian.pool.ntp.org 1.debian.pool.ntp.org");
	check(gclk_discover_timesyncd, "[Time]\nNTP=a.example\nNTP=\nNTP=b.example\n", "b.example");
}

static void test_openntpd(void)
{
	check(gclk_discover_openntpd,
		"# sample\nlisten on *\nserver ntp.example weight 5\nservers \"pool.example\"\n"
		"sensor *\nconstraint from \"https://www.example\"\nserver 2001:db8::1 trusted\n",
		"ntp.example pool.example 2001:db8::1");
}

static void test_dhclient(void)
{
	static const char leases[] =
		"# a comment; with { braces }\n"
		"default-duid \"\\000\\001{;}\\\"\";\n"
		"lease {\n  interface \"eth0\";\n  fixed-address 192.0.2.50;\n"
		"  option subnet-mask 255.255.255.0;\n  option ntp-servers 192.0.2.9;\n"
		"  renew 2 2023/10/03 10:00:00;\n}\n"
		"lease {\n  interface \"eth0\";\n  option ntp-servers 192.0.2.1,192.0.2.2 , "
		"192.0.2.1;\n"
		"  expire epoch 1696327200; # Tue Oct  3 10:00:00 2023\n}\n"
		"lease {\n  interface \"eth1\";\n  option domain-name \"x; option ntp-servers "
		"9.9.9.9;\";\n"
		"  option\n\tntp-servers 198.51.100.1;\n}\n"
		"lease6 {\n  interface \"eth1v6\";\n  ia-na 11:22 {\n    iaaddr 2001:db8::9 {\n"
		"      max-life 10;\n    }\n  }\n  option dhcp6.sntp-servers 2001:db8::123;\n}\n";

	check(gclk_discover_dhclient, leases, "192.0.2.1 192.0.2.2 198.51.100.1 2001:db8::123");
	/* the newest lease of the interface names none any more */
	check(gclk_discover_dhclient,
		"lease { interface \"a\"; option ntp-servers 192.0.2.1; }\nlease { interface "
		"\"a\"; }\n",
		"");
	/* cut short, as a full disk leaves it */
	check(gclk_discover_dhclient, "lease { interface \"a\"; option ntp-servers 192.0.2.1; ",
		"");
	check(gclk_discover_dhclient, "}}}{{{ ; ; option ntp-servers 192.0.2.1", "");
	/* quotes and comments hide what is in them, and end where they end */
	check(gclk_discover_dhclient,
		"lease { # not a brace: } \"\n option x \"# } ; \\\" }\"; # \"\n"
		" option ntp-servers 192.0.2.1;\n}\n} lease { option ntp-servers 192.0.2.2; }",
		"192.0.2.2");
	check(gclk_discover_dhclient,
		"lease { interface \"a\"; option ntp-servers 192.0.2.1; }\n"
		"lease { interface \"b\"; option ntp-servers 192.0.2.2; }\n"
		"lease { interface \"b\"; option ntp-servers 192.0.2.3; }\n",
		"192.0.2.1 192.0.2.3");
	/* 255.255.255.255 and 0.0.0.0 come from servers that are set up badly */
	check(gclk_discover_dhclient,
		"lease { option ntp-servers 0.0.0.0, 192.0.2.1, 255.255.255.255; }", "192.0.2.1");
}

static void test_assignments(void)
{
	/* systemd-networkd's lease */
	check(gclk_discover_assignments,
		"# This is private data. Do not parse.\nADDRESS=192.0.2.50\nNETMASK=255.255.255.0\n"
		"NTP=192.0.2.1 192.0.2.2\nDNS=192.0.2.3\nMTU=1500\n",
		"192.0.2.1 192.0.2.2");
	/* NetworkManager's device state */
	check(gclk_discover_assignments,
		"[device]\nmanaged=true\n\n[dhcp4]\nip_address=192.0.2.50\nntp_servers=192.0.2.7\n"
		"requested_ntp_servers=1\n",
		"192.0.2.7");
	check(gclk_discover_assignments, "NTP=\nNTP\n=\nNTP=\"a.example\"\nXNTP=b.example",
		"a.example");
}

/* A DHCP reply of 240 bytes and the options. */
static char *packet(const char *options, gsize length)
{
	char *bytes = g_malloc0(240 + length);

	bytes[0] = 2;
	memcpy(bytes + 236, "\x63\x82\x53\x63", 4);
	memcpy(bytes + 240, options, length);
	return bytes;
}

static void check_packet(const char *options, gsize length, const char *expected)
{
	g_autofree char *bytes = packet(options, length);
	g_autoptr(GclkFound) found = gclk_found_new();
	g_autofree char *got = NULL;

	gclk_discover_dhcp_packet(bytes, 240 + length, found);
	got = names(found->servers);
	GCLK_ASSERT_STR(got, expected);
}

static void test_dhcp_packet(void)
{
	g_autoptr(GclkFound) found = gclk_found_new();

	check_packet("\x35\x01\x05\x00\x00\x2a\x08\xc0\x00\x02\x01\xc0\x00\x02\x02\xff", 16,
		"192.0.2.1 192.0.2.2");
	check_packet("\xff\x2a\x04\xc0\x00\x02\x01", 7, "");
	check_packet("\x2a\x04\xc0\x00\x02", 5, "");                  /* the option is cut */
	check_packet("\x2a\x05\xc0\x00\x02\x01\x07", 7, "192.0.2.1"); /* a byte too many */
	check_packet("\x2a", 1, "");
	check_packet("\x2a\x00", 2, "");
	check_packet("", 0, "");
	gclk_discover_dhcp_packet("short", 5, found);
	gclk_discover_dhcp_packet(NULL, 0, found);
	GCLK_ASSERT_INT(found->servers->len, 0);
}

static void test_many(void)
{
	g_autoptr(GString) text = g_string_new(NULL);
	g_autoptr(GclkFound) found = NULL;

	for (int i = 0; i < 1000; i++)
		g_string_append_printf(text, "server n%d.example\ninclude /i%d\n", i, i);
	found = parse(gclk_discover_chrony, text->str);
	GCLK_ASSERT_INT(found->servers->len, 32);
	GCLK_ASSERT_INT(found->includes->len, 32);
}

/* --- places ----------------------------------------------------------------------------------- */

static GclkConfig *discover(const GclkScratch *root)
{
	GclkConfig *config = gclk_config_new();
	guint n = gclk_config_discover(config, root);

	GCLK_ASSERT_INT(n, config->servers->len);
	return config;
}

static void check_found(const GclkScratch *root, const char *expected, const char *from)
{
	g_autoptr(GclkConfig) config = discover(root);
	g_autofree char *got = names(config->servers);

	GCLK_ASSERT_STR(got, expected);
	GCLK_ASSERT_STR(config->servers_from, from);
}

/* From the last place to the first: each new one takes the lead. */
static void test_order(void)
{
	static const struct {
		const char *path, *text, *server;
	} places[] = {
		{ "etc/ntpd.conf", "server openntpd.example\n", "openntpd.example" },
		{ "etc/systemd/timesyncd.conf", "[Time]\nFallbackNTP=fallback.example\n",
			"fallback.example" },
		{ "etc/systemd/timesyncd.conf",
			"[Time]\nNTP=timesyncd.example\nFallbackNTP=f.example\n",
			"timesyncd.example" },
		{ "etc/ntp/step-tickers", "ticker.example\n", "ticker.example" },
		{ "etc/ntp.conf", "server ntp.example\n", "ntp.example" },
		{ "etc/ntpsec/ntp.conf", "server ntpsec.example\n", "ntpsec.example" },
		{ "etc/chrony.conf", "server chrony-rhel.example\n", "chrony-rhel.example" },
		{ "etc/chrony/chrony.conf", "server chrony.example\n", "chrony.example" },
		{ "run/systemd/netif/links/2", "NTP=link.example\n", "link.example" },
		{ "var/lib/NetworkManager/internal-x-eth0.lease", "NTP=192.0.2.20\n",
			"192.0.2.20" },
		{ "var/lib/dhcp/dhclient.eth0.leases", "lease { option ntp-servers 192.0.2.21; }\n",
			"192.0.2.21" },
		{ "run/chrony-dhcp/eth0.sources", "server 192.0.2.22 iburst\n", "192.0.2.22" },
		{ "run/NetworkManager/devices/2", "[dhcp4]\nntp_servers=192.0.2.23\n",
			"192.0.2.23" },
		{ "run/systemd/netif/leases/2", "NTP=192.0.2.24\n", "192.0.2.24" },
	};
	g_autoptr(GclkScratch) root = gclk_scratch_new();

	check_found(root, "", NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(places); i++) {
		g_autofree char *from = g_strconcat("/", places[i].path, NULL);

		gclk_scratch_write(root, places[i].path, places[i].text, -1);
		check_found(root, places[i].server, from);
	}
}

static void test_empty_places_are_passed_over(void)
{
	g_autoptr(GclkScratch) root = gclk_scratch_new();

	gclk_scratch_write(
		root, "etc/chrony/chrony.conf", "# server a.example\nrefclock PHC /dev/ptp0\n", -1);
	gclk_scratch_write(root, "etc/ntp.conf", "server 127.127.1.0\n", -1);
	gclk_scratch_write(root, "etc/ntp/step-tickers", "ticker.example\n", -1);
	check_found(root, "ticker.example", "/etc/ntp/step-tickers");
}

static void test_includes(void)
{
	g_autoptr(GclkScratch) root = gclk_scratch_new();

	gclk_scratch_write(root, "etc/chrony/chrony.conf",
		"confdir /etc/chrony/conf.d\nsourcedir /etc/chrony/sources.d\n"
		"include /etc/chrony/extra*.conf\n",
		-1);
	gclk_scratch_write(root, "etc/chrony/conf.d/b.conf", "server b.example\n", -1);
	gclk_scratch_write(root, "etc/chrony/conf.d/a.conf", "server a.example\n", -1);
	gclk_scratch_write(root, "etc/chrony/conf.d/c.sources", "server no.example\n", -1);
	gclk_scratch_write(root, "etc/chrony/sources.d/lan.sources", "server lan.example\n", -1);
	gclk_scratch_write(root, "etc/chrony/extra1.conf", "server x.example\n", -1);
	check_found(root, "a.example b.example lan.example x.example",
		"/etc/chrony/conf.d/a.conf and 3 more");
}

/* A file that includes itself, directly and by a detour. */
static void test_include_loops(void)
{
	g_autoptr(GclkScratch) root = gclk_scratch_new();

	gclk_scratch_write(root, "etc/chrony/chrony.conf",
		"include /etc/chrony/chrony.conf\ninclude /etc/b.conf\nconfdir /etc/chrony\n"
		"server a.example\n",
		-1);
	gclk_scratch_write(
		root, "etc/b.conf", "include /etc/chrony/chrony.conf\nserver b.example\n", -1);
	check_found(root, "a.example b.example", "/etc/chrony/chrony.conf and 1 more");
}

static void test_timesyncd_drop_ins(void)
{
	g_autoptr(GclkScratch) root = gclk_scratch_new();

	gclk_scratch_write(root, "etc/systemd/timesyncd.conf", "[Time]\nNTP=main.example\n", -1);
	gclk_scratch_write(root, "usr/lib/systemd/timesyncd.conf.d/50-a.conf",
		"[Time]\nNTP=shadowed.example\n", -1);
	gclk_scratch_write(
		root, "etc/systemd/timesyncd.conf.d/50-a.conf", "[Time]\nNTP=etc.example\n", -1);
	gclk_scratch_write(root, "run/systemd/timesyncd.conf.d/01-dhclient.conf",
		"[Time]\nNTP=\nNTP=dhcp.example\n", -1);
	check_found(root, "dhcp.example etc.example", "/etc/systemd/timesyncd.conf and 1 more");
}

static void age_file(const GclkScratch *root, const char *name, time_t when)
{
	g_autofree char *path = gclk_scratch_path(root, name);
	struct utimbuf times = { when, when };

	CU_ASSERT_EQUAL(utime(path, &times), 0);
}

/* A lease that was there before the boot is the last resort; the same one renewed leads again. */
static void check_old_lease(const char *path, const char *text, gsize length)
{
	g_autoptr(GclkScratch) root = gclk_scratch_new();
	g_autofree char *from = g_strconcat("/", path, NULL);

	gclk_scratch_write(root, path, text, (gssize)length);
	gclk_scratch_write(root, "proc/stat", "cpu  1 2 3\nbtime 1700000000\nprocesses 5\n", -1);
	age_file(root, path, 1699999999);
	check_found(root, "192.0.2.21", from);
	gclk_scratch_write(root, "etc/ntp.conf", "server ntp.example\n", -1);
	check_found(root, "ntp.example", "/etc/ntp.conf");
	age_file(root, path, 1700000000);
	check_found(root, "192.0.2.21", from);
}

static void test_old_leases(void)
{
	static const char dhclient[] = "lease { option ntp-servers 192.0.2.21; }\n";
	static const char *const paths[] = { "var/lib/dhcp/dhclient.leases",
		"var/lib/dhclient/dhclient--eth0.lease", "var/db/dhclient.leases.em0",
		"var/lib/NetworkManager/dhclient-x-eth0.lease" };
	g_autofree char *bytes = packet("\x2a\x04\xc0\x00\x02\x15", 6);

	for (gsize i = 0; i < G_N_ELEMENTS(paths); i++)
		check_old_lease(paths[i], dhclient, strlen(dhclient));
	check_old_lease("var/lib/NetworkManager/internal-x.lease", "NTP=192.0.2.21\n", 15);
	check_old_lease("var/lib/dhcpcd/eth0.lease", bytes, 246);
	check_old_lease("var/lib/dhcpcd5/dhcpcd-eth0.lease", bytes, 246);
}

/* Configurations are nearly always older than the boot, and what is in /run is of this one. */
static void test_old_configurations(void)
{
	static const struct {
		const char *path, *text;
	} places[] = {
		{ "run/systemd/netif/leases/2", "NTP=a.example\n" },
		{ "run/NetworkManager/devices/2", "ntp_servers=a.example\n" },
		{ "run/chrony-dhcp/eth0.sources", "server a.example\n" },
		{ "run/ntpsec/ntp.conf.dhcp", "server a.example\n" },
		{ "run/ntp.conf.dhcp", "server a.example\n" },
		{ "run/systemd/netif/links/2", "NTP=a.example\n" },
		{ "etc/chrony/chrony.conf", "server a.example\n" },
		{ "etc/chrony.conf", "server a.example\n" },
		{ "usr/local/etc/chrony.conf", "server a.example\n" },
		{ "etc/ntpsec/ntp.conf", "server a.example\n" },
		{ "etc/ntp.conf", "server a.example\n" },
		{ "etc/ntp/step-tickers", "a.example\n" },
		{ "etc/systemd/timesyncd.conf", "[Time]\nNTP=a.example\n" },
		{ "etc/openntpd/ntpd.conf", "server a.example\n" },
		{ "etc/ntpd.conf", "server a.example\n" },
		{ "usr/local/etc/ntpd.conf", "server a.example\n" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(places); i++) {
		g_autoptr(GclkScratch) root = gclk_scratch_new();
		g_autofree char *from = g_strconcat("/", places[i].path, NULL);

		gclk_scratch_write(root, "proc/stat", "cpu 1\nbtime 1700000000\n", -1);
		gclk_scratch_write(root, places[i].path, places[i].text, -1);
		age_file(root, places[i].path, 1600000000);
		/* the rows below it would win, were it taken for an old lease */
		gclk_scratch_write(root, "var/lib/dhclient/x.leases",
			"lease { option ntp-servers 192.0.2.1; }", -1);
		age_file(root, "var/lib/dhclient/x.leases", 1600000000);
		check_found(root, "a.example", from);
	}
}

/* Several files of one place: all interfaces count. */
static void test_several_interfaces(void)
{
	g_autoptr(GclkScratch) root = gclk_scratch_new();

	gclk_scratch_write(root, "run/systemd/netif/leases/2", "NTP=192.0.2.1\n", -1);
	gclk_scratch_write(root, "run/systemd/netif/leases/3", "NTP=\n", -1);
	gclk_scratch_write(root, "run/systemd/netif/leases/4", "NTP=192.0.2.1 192.0.2.4\n", -1);
	gclk_scratch_write(root, "run/systemd/netif/leases/.5", "NTP=192.0.2.5\n", -1);
	check_found(root, "192.0.2.1 192.0.2.4", "/run/systemd/netif/leases/2 and 1 more");
}

/* Opening one of these for reading would wait for ever. */
static void test_fifo(void)
{
	g_autoptr(GclkScratch) root = gclk_scratch_new();
	g_autofree char *fifo = gclk_scratch_path(root, "etc/ntp.conf");

	gclk_scratch_write(root, "etc/ntp/step-tickers", "a.example\n", -1);
	CU_ASSERT_EQUAL(mkfifo(fifo, 0600), 0);
	check_found(root, "a.example", "/etc/ntp/step-tickers");
}

static void test_just_enough(void)
{
	g_autoptr(GclkScratch) root = gclk_scratch_new();
	g_autoptr(GclkConfig) config = NULL;

	gclk_scratch_write(root, "etc/ntp/step-tickers", "a b c d e f g h\n", -1);
	config = discover(root);
	GCLK_ASSERT_INT(config->servers->len, GCLK_DISCOVER_MAX);
	GCLK_ASSERT_STR(config->servers_note, NULL);
}

static void test_limits_and_note(void)
{
	g_autoptr(GclkScratch) root = gclk_scratch_new();
	g_autoptr(GString) text = g_string_new(NULL);
	g_autoptr(GclkConfig) config = NULL;

	for (int i = 0; i < 13; i++)
		g_string_append_printf(text, "server n%d.example%s\n", i, i < 2 ? " key 1" : "");
	gclk_scratch_write(root, "etc/ntp.conf", text->str, -1);
	config = discover(root);
	GCLK_ASSERT_INT(config->servers->len, GCLK_DISCOVER_MAX);
	GCLK_ASSERT_STR(config->servers_note,
		"2 servers of /etc/ntp.conf were left out, since their keys (or NTS) are not known "
		"here: name them in guestclockd.conf; only the first 8 were taken, 3 were left "
		"out");
	GCLK_ASSERT_INT(((GclkServerConfig *)g_ptr_array_index(config->servers, 0))->min_poll, 4);
	GCLK_ASSERT_INT(((GclkServerConfig *)g_ptr_array_index(config->servers, 0))->max_poll, 6);
}

/* Who asked for authenticated time does not get it from the same server without. */
static void test_authenticated(void)
{
	g_autoptr(GclkScratch) root = gclk_scratch_new();
	g_autoptr(GclkConfig) some = NULL, next = NULL, none = NULL;
	g_autofree char *got = NULL;

	gclk_scratch_write(root, "etc/chrony/chrony.conf",
		"confdir /etc/chrony/conf.d\nserver a.example key 1\nserver b.example\n"
		"server a.example key 1\n",
		-1);
	some = discover(root);
	got = names(some->servers);
	GCLK_ASSERT_STR(got, "b.example");
	GCLK_ASSERT_STR(some->servers_from, "/etc/chrony/chrony.conf");
	GCLK_ASSERT_STR(some->servers_note,
		"1 server of /etc/chrony/chrony.conf was left out, since its key (or NTS) is not "
		"known here: name it in guestclockd.conf");

	/* all of one place: the next one, and it is still said */
	gclk_scratch_write(root, "etc/chrony/chrony.conf",
		"confdir /etc/chrony/conf.d\nserver a.example nts\nserver 192.0.2.1 key 3\n", -1);
	gclk_scratch_write(root, "etc/chrony/conf.d/x.conf", "pool c.example nts\n", -1);
	gclk_scratch_write(root, "etc/ntp.conf", "server d.example autokey\n", -1);
	none = discover(root);
	GCLK_ASSERT_INT(none->servers->len, 0);
	GCLK_ASSERT_STR(none->servers_from, NULL);
	GCLK_ASSERT_HAS(none->servers_note,
		"4 servers of /etc/chrony/chrony.conf and 2 more were left out");
	gclk_scratch_write(root, "etc/ntp/step-tickers", "ticker.example\n", -1);
	next = discover(root);
	GCLK_ASSERT_INT(next->servers->len, 1);
	GCLK_ASSERT_STR(next->servers_from, "/etc/ntp/step-tickers");
	GCLK_ASSERT_HAS(next->servers_note, "4 servers of /etc/chrony/chrony.conf and 2 more");
}

static void test_odd_files(void)
{
	g_autoptr(GclkScratch) root = gclk_scratch_new();
	g_autofree char *large = g_strnfill(300 * 1024, '#');

	gclk_scratch_write(root, "etc/chrony/chrony.conf/is-a-directory", "", -1);
	gclk_scratch_write(root, "etc/ntpsec/ntp.conf", large, -1);
	gclk_scratch_write(root, "etc/ntp.conf", "\0\xff\xfeserver x.example\n", 20);
	gclk_scratch_write(root, "etc/ntp/step-tickers", "\xff\xfe\ngood.example\n", -1);
	check_found(root, "good.example", "/etc/ntp/step-tickers");
}

static void test_nothing_to_do(void)
{
	g_autoptr(GclkScratch) root = gclk_scratch_new();
	g_autoptr(GclkConfig) off = gclk_config_new();
	g_autoptr(GclkConfig) configured = gclk_config_new();

	gclk_scratch_write(root, "etc/ntp.conf", "server ntp.example\n", -1);
	off->discover = FALSE;
	GCLK_ASSERT_INT(gclk_config_discover(off, root), 0);
	GCLK_ASSERT_INT(off->servers->len, 0);
	g_ptr_array_add(configured->servers, gclk_server_config_new("a", "a"));
	GCLK_ASSERT_INT(gclk_config_discover(configured, root), 0);
	GCLK_ASSERT_INT(configured->servers->len, 1);
	GCLK_ASSERT_STR(configured->servers_from, NULL);
}

int main(void)
{
	static const GclkTestCase cases[] = {
		{ "chrony.conf", test_chrony },
		{ "the NTP pool is asked politely", test_pool_politeness },
		{ "polls in order", test_polls_in_order },
		{ "ntp.conf", test_ntp },
		{ "ntp.conf includes", test_ntp_includes },
		{ "step-tickers", test_step_tickers },
		{ "timesyncd.conf", test_timesyncd },
		{ "OpenNTPD's ntpd.conf", test_openntpd },
		{ "dhclient's leases", test_dhclient },
		{ "KEY=VALUE leases", test_assignments },
		{ "DHCP packet", test_dhcp_packet },
		{ "many", test_many },
		{ "order of the places", test_order },
		{ "empty places are passed over", test_empty_places_are_passed_over },
		{ "includes", test_includes },
		{ "include loops", test_include_loops },
		{ "timesyncd's drop-ins", test_timesyncd_drop_ins },
		{ "leases from before the boot", test_old_leases },
		{ "configurations from before the boot", test_old_configurations },
		{ "several interfaces", test_several_interfaces },
		{ "FIFO", test_fifo },
		{ "as many as are taken", test_just_enough },
		{ "limits and note", test_limits_and_note },
		{ "authenticated servers", test_authenticated },
		{ "odd files", test_odd_files },
		{ "nothing to do", test_nothing_to_do },
		{ NULL, NULL },
	};

	return gclk_test_main("discover", cases);
}
