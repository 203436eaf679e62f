/* SPDX-License-Identifier: BSD-2-Clause */
#include "agent/config.h"

#include <string.h>

#include "agent/config-load.h"
#include "agent/config-table.h"
#include "harness.h"
#include "scratch.h"

#define MS GCLK_NS_PER_MS
#define S  GCLK_NS_PER_S

/* Loads texts as files a.conf, b.conf ... */
static GclkConfig *load_texts(const char *const *texts, GError **error)
{
	g_autoptr(GclkConfigLoader) loader = gclk_config_loader_new();

	for (gsize i = 0; texts[i]; i++) {
		char name[] = "a.conf";

		name[0] = (char)('a' + i);
		if (!gclk_config_loader_add(loader, name, texts[i], strlen(texts[i]), error))
			return NULL;
	}
	return gclk_config_loader_finish(loader, error);
}

static GclkConfig *load_good(const char *first, const char *second)
{
	const char *texts[] = { first, second, NULL };
	g_autoptr(GError) error = NULL;
	GclkConfig *config = load_texts(texts, &error);

	if (!config) {
		GCLK_ASSERT_STR(error->message, "no error");
		config = gclk_config_new();
	}
	return config;
}

static void check_bad(const char *first, const char *second, const char *message)
{
	const char *texts[] = { first, second, NULL };
	g_autoptr(GError) error = NULL;
	g_autoptr(GclkConfig) config = load_texts(texts, &error);

	CU_ASSERT_PTR_NULL(config);
	GCLK_ASSERT_STR(error ? error->message : first, message);
	if (error)
		CU_ASSERT_TRUE(error->domain == GCLK_CONFIG_ERROR);
}

static const GclkServerConfig *server(const GclkConfig *config, guint i)
{
	return g_ptr_array_index(config->servers, i);
}

static void check_defaults(const GclkConfig *config)
{
	GCLK_ASSERT_INT(config->control, GCLK_CONTROL_AUTO);
	GCLK_ASSERT_INT(config->step_threshold, 100 * MS);
	GCLK_ASSERT_INT(config->max_step, 1000 * S);
	GCLK_ASSERT_INT(config->max_error, 1 * S);
	GCLK_ASSERT_STR(config->user, "guestclock");
	GCLK_ASSERT_STR(config->run_directory, "/run/guestclock");
	GCLK_ASSERT_STR(config->state_directory, "/var/lib/guestclock");
	GCLK_ASSERT_INT(config->discover, TRUE);
	GCLK_ASSERT_STR(config->keys, GCLK_SYSCONFDIR "/guestclock/keys");
	GCLK_ASSERT_INT(config->min_poll, 4);
	GCLK_ASSERT_INT(config->max_poll, 6);
	GCLK_ASSERT_INT(config->max_distance, 1500 * MS);
	GCLK_ASSERT_STR(config->ptp_device, NULL);
	GCLK_ASSERT_INT(config->ptp_poll, 0);
	GCLK_ASSERT_INT(config->ptp_assumed_error, -1);
	GCLK_ASSERT_INT(config->ptp_timescale, GCLK_TIMESCALE_UNKNOWN);
	GCLK_ASSERT_STR(config->link_channel, NULL);
	GCLK_ASSERT_INT(config->link_poll, 4);
	GCLK_ASSERT_INT(config->link_assumed_error, GCLK_NS_PER_MS);
	CU_ASSERT_TRUE(config->vmware_backdoor);
	GCLK_ASSERT_INT(config->vmware_poll, 2);
	GCLK_ASSERT_INT(config->vmware_assumed_error, GCLK_NS_PER_MS);
	CU_ASSERT_TRUE(config->vmware_tools);
	GCLK_ASSERT_INT(config->servers->len, 0);
	GCLK_ASSERT_STR(config->servers_from, NULL);
}

static void test_defaults(void)
{
	g_autoptr(GclkConfig) plain = gclk_config_new();
	g_autoptr(GclkConfig) empty = load_good("", NULL);
	g_autoptr(GclkConfig) comments = load_good("\n  # a comment\n\n", NULL);

	check_defaults(plain);
	check_defaults(empty);
	check_defaults(comments);
}

static void test_every_key(void)
{
	g_autoptr(GclkConfig) config = load_good(
		"[clock]\ncontrol=none\nstep-threshold = 0.5 s\nmax-step=2h\nmax-error=10ms\n"
		"[daemon]\nuser=_clock-1\nrun-directory=/a\nstate-directory=/b c\n"
		"[ntp]\ndiscover=no\nkeys=/k\nminpoll=0\nmaxpoll=17\nmax-distance=16s\n"
		"[ptp]\ndevice=/dev/ptp3\npoll=-3\nassumed-error=1ns\ntimescale=tai\n"
		"[link]\nchannel=vsock:123\npoll=0\nassumed-error=5ms\n"
		"[vmware]\nbackdoor=none\npoll=10\nassumed-error=20ms\ntools=none\n"
		"[server "
		"lan]\naddress=2001:db8::1\nport=65535\nkey=4294967295\nminpoll=3\nmaxpoll=5\n"
		"iburst=off\n",
		NULL);

	GCLK_ASSERT_INT(config->control, GCLK_CONTROL_NONE);
	GCLK_ASSERT_INT(config->step_threshold, 500 * MS);
	GCLK_ASSERT_INT(config->max_step, 7200 * S);
	GCLK_ASSERT_INT(config->max_error, 10 * MS);
	GCLK_ASSERT_STR(config->user, "_clock-1");
	GCLK_ASSERT_STR(config->run_directory, "/a");
	GCLK_ASSERT_STR(config->state_directory, "/b c");
	GCLK_ASSERT_INT(config->discover, FALSE);
	GCLK_ASSERT_STR(config->keys, "/k");
	GCLK_ASSERT_INT(config->min_poll, 0);
	GCLK_ASSERT_INT(config->max_poll, 17);
	GCLK_ASSERT_INT(config->max_distance, 16 * S);
	GCLK_ASSERT_STR(config->ptp_device, "/dev/ptp3");
	GCLK_ASSERT_INT(config->ptp_poll, -3);
	GCLK_ASSERT_INT(config->ptp_assumed_error, 1);
	GCLK_ASSERT_INT(config->ptp_timescale, GCLK_TIMESCALE_TAI);
	GCLK_ASSERT_STR(config->link_channel, "vsock:123");
	GCLK_ASSERT_INT(config->link_poll, 0);
	GCLK_ASSERT_INT(config->link_assumed_error, 5 * GCLK_NS_PER_MS);
	CU_ASSERT_FALSE(config->vmware_backdoor);
	GCLK_ASSERT_INT(config->vmware_poll, 10);
	GCLK_ASSERT_INT(config->vmware_assumed_error, 20 * GCLK_NS_PER_MS);
	CU_ASSERT_FALSE(config->vmware_tools);
	CU_ASSERT_EQUAL_FATAL(config->servers->len, 1);
	GCLK_ASSERT_STR(server(config, 0)->name, "lan");
	GCLK_ASSERT_STR(server(config, 0)->address, "2001:db8::1");
	GCLK_ASSERT_INT(server(config, 0)->port, 65535);
	GCLK_ASSERT_INT(server(config, 0)->key, 4294967295);
	GCLK_ASSERT_INT(server(config, 0)->min_poll, 3);
	GCLK_ASSERT_INT(server(config, 0)->max_poll, 5);
	GCLK_ASSERT_INT(server(config, 0)->iburst, FALSE);
}

/* Every row of the table has a default that it takes itself, and ends that it takes. */
static void test_table(void)
{
	for (gsize i = 0; i < gclk_config_keys_length; i++) {
		const GclkConfigKey *key = &gclk_config_keys[i];

		CU_ASSERT_TRUE(gclk_config_group_known(key->group));
		CU_ASSERT_PTR_EQUAL(gclk_config_key_find(key->group, key->name), key);
		CU_ASSERT_TRUE(key->min <= key->max);
		GCLK_ASSERT_STR(gclk_config_nearest_key(key->group, key->name), key->name);
	}
	CU_ASSERT_PTR_NULL(gclk_config_key_find("clock", "minpoll"));
	CU_ASSERT_FALSE(gclk_config_group_known("Clock"));
}

static void test_server_defaults(void)
{
	g_autoptr(GclkConfig) config =
		load_good("[ntp]\nminpoll=5\nmaxpoll=8\n[server ntp1.example]\n[server 192.0.2.1]\n"
			  "[server  a b ]\naddress=c.example\n",
			NULL);

	CU_ASSERT_EQUAL_FATAL(config->servers->len, 3);
	GCLK_ASSERT_STR(server(config, 0)->name, "ntp1.example");
	GCLK_ASSERT_STR(server(config, 0)->address, "ntp1.example");
	GCLK_ASSERT_INT(server(config, 0)->port, 123);
	GCLK_ASSERT_INT(server(config, 0)->key, 0);
	GCLK_ASSERT_INT(server(config, 0)->iburst, TRUE);
	GCLK_ASSERT_INT(server(config, 0)->min_poll, 5);
	GCLK_ASSERT_INT(server(config, 0)->max_poll, 8);
	GCLK_ASSERT_STR(server(config, 2)->name, "a b");
}

/* One of a server's polls is given: the inherited other one gives way to it. */
static void test_polls_are_inherited(void)
{
	g_autoptr(GclkConfig) config = load_good(
		"[server a]\nminpoll=8\n[server b]\nmaxpoll=3\n[server c]\nmaxpoll=10\n", NULL);

	GCLK_ASSERT_INT(server(config, 0)->min_poll, 8);
	GCLK_ASSERT_INT(server(config, 0)->max_poll, 8);
	GCLK_ASSERT_INT(server(config, 1)->min_poll, 3);
	GCLK_ASSERT_INT(server(config, 1)->max_poll, 3);
	GCLK_ASSERT_INT(server(config, 2)->min_poll, 4);
	GCLK_ASSERT_INT(server(config, 2)->max_poll, 10);
}

static void test_later_files_win(void)
{
	g_autoptr(GclkConfig) config =
		load_good("[clock]\nmax-error=5ms\ncontrol=kernel\n[server a]\nport=1\nkey=3\n",
			"[clock]\nmax-error=7ms\n[server a]\nport=2\n[server b]\n");

	GCLK_ASSERT_INT(config->max_error, 7 * MS);
	GCLK_ASSERT_INT(config->control, GCLK_CONTROL_KERNEL);
	CU_ASSERT_EQUAL_FATAL(config->servers->len, 2);
	GCLK_ASSERT_INT(server(config, 0)->port, 2);
	GCLK_ASSERT_INT(server(config, 0)->key, 3);
	GCLK_ASSERT_INT(config->files->len, 2);
	GCLK_ASSERT_STR(g_ptr_array_index(config->files, 1), "b.conf");
}

/* What a later file takes back must not linger, and a range may be set over two files. */
static void test_any_server_is_overridden(void)
{
	g_autoptr(GclkConfig) config = load_good(
		"[server a]\n[server b]\n[server c]\n", "[server b]\nport=5\n[server c]\nport=6\n");

	CU_ASSERT_EQUAL_FATAL(config->servers->len, 3);
	GCLK_ASSERT_INT(server(config, 0)->port, 123);
	GCLK_ASSERT_INT(server(config, 1)->port, 5);
	GCLK_ASSERT_INT(server(config, 2)->port, 6);
}

static void test_checked_as_a_whole(void)
{
	g_autoptr(GclkConfig) channel =
		load_good("[link]\nchannel=none\n", "[link]\nchannel=auto\n");
	g_autoptr(GclkConfig) port = load_good("[link]\nchannel=virtio:a.b.0\n", NULL);
	g_autoptr(GclkConfig) path = load_good("[link]\nchannel=unix:/run/x y\n", NULL);
	g_autoptr(GclkConfig) device = load_good("[ptp]\ndevice=none\n", "[ptp]\ndevice=auto\n");
	g_autoptr(GclkConfig) polls = load_good("[ntp]\nminpoll=10\n", "[ntp]\nmaxpoll=11\n");

	GCLK_ASSERT_STR(device->ptp_device, NULL);
	GCLK_ASSERT_STR(channel->link_channel, NULL);
	GCLK_ASSERT_STR(port->link_channel, "virtio:a.b.0");
	GCLK_ASSERT_STR(path->link_channel, "unix:/run/x y");
	GCLK_ASSERT_INT(polls->min_poll, 10);
	GCLK_ASSERT_INT(polls->max_poll, 11);
}

static void test_unknown(void)
{
	check_bad("[clok]\n", NULL, "a.conf:1: [clok] unknown group; did you mean [clock]?");
	check_bad("[servers x]\n", NULL,
		"a.conf:1: [servers x] unknown group; did you mean [server NAME]?");
	check_bad("[nonsense]\n", NULL,
		"a.conf:1: [nonsense] unknown group (known are clock, daemon, link, ntp, ptp, "
		"vmware and server "
		"NAME)");
	check_bad("[clock]\n\nstep-treshold=1s\n", NULL,
		"a.conf:3: [clock] step-treshold: unknown key; did you mean \"step-threshold\"?");
	check_bad("[clock]\nminpoll=1\n", NULL,
		"a.conf:2: [clock] minpoll: unknown key here; it belongs to [ntp]");
	check_bad("[ntp]\naddress=x\n", NULL,
		"a.conf:2: [ntp] address: unknown key here; it belongs to [server NAME]");
	check_bad("[daemon]\nzzz=1\n", NULL,
		"a.conf:2: [daemon] zzz: unknown key (known are user, run-directory, "
		"state-directory)");
	check_bad("[clock lan]\n", NULL, "a.conf:1: [clock lan] this group takes no name: [clock]");
	check_bad("[server lan]\nadress=192.0.2.1\n", NULL,
		"a.conf:2: [server lan] adress: unknown key; did you mean \"address\"?");
}

static void test_bad_values(void)
{
	check_bad("[clock]\ncontrol=yes\n", NULL,
		"a.conf:2: [clock] control: \"yes\" is none of auto, kernel, none");
	check_bad("[clock]\nmax-error=5\n", NULL,
		"a.conf:2: [clock] max-error: \"5\" is no duration: the unit is missing (ns, us, "
		"ms, s, "
		"min or h)");
	check_bad("[clock]\nmax-error=0s\n", NULL,
		"a.conf:2: [clock] max-error: \"0s\" is outside of 1us to 1h");
	check_bad("[clock]\nmax-error=2h\n", NULL,
		"a.conf:2: [clock] max-error: \"2h\" is outside of 1us to 1h");
	check_bad("[ntp]\nminpoll=18\n", NULL,
		"a.conf:2: [ntp] minpoll: \"18\" is not a whole number from 0 to 17");
	check_bad("[ntp]\nminpoll=4.5\n", NULL,
		"a.conf:2: [ntp] minpoll: \"4.5\" is not a whole number from 0 to 17");
	check_bad("[ntp]\nminpoll=\n", NULL,
		"a.conf:2: [ntp] minpoll: \"\" is not a whole number from 0 to 17");
	check_bad("[ntp]\ndiscover=maybe\n", NULL,
		"a.conf:2: [ntp] discover: \"maybe\" is neither yes nor no");
	check_bad("[ntp]\nkeys=keys\n", NULL,
		"a.conf:2: [ntp] keys: \"keys\" is not an absolute path");
	check_bad("[link]\nchannel=org.guestclock.0\n", NULL,
		"a.conf:2: [link] channel: \"org.guestclock.0\" is neither auto nor none: a "
		"channel "
		"is virtio:NAME, vsock:PORT or unix:/PATH");
	check_bad("[link]\nchannel=vsock:1024\n", NULL,
		"a.conf:2: [link] channel: \"vsock:1024\" is neither auto nor none: behind "
		"\"vsock:\" stands a port from 1 to 1023");
	check_bad("[link]\nchannel=virtio:../../dev/mem\n", NULL,
		"a.conf:2: [link] channel: \"virtio:../../dev/mem\" is neither auto nor none: "
		"behind "
		"\"virtio:\" stands the name of a port: 1 to 63 letters, digits, \".\", \"_\" and "
		"\"-\", and no \".\" in front");
	check_bad("[link]\nchannel=unix:run/x\n", NULL,
		"a.conf:2: [link] channel: \"unix:run/x\" is neither auto nor none: behind "
		"\"unix:\" stands an absolute path of at most 103 bytes, without control "
		"characters");
	check_bad("[link]\nchannel=:x\n", NULL,
		"a.conf:2: [link] channel: \":x\" is neither auto nor none: a channel is "
		"virtio:NAME, vsock:PORT or unix:/PATH");
	check_bad("[ptp]\ndevice=ptp0\n", NULL,
		"a.conf:2: [ptp] device: \"ptp0\" is neither auto, none, nor the path of a device");
	check_bad("[ptp]\ntimescale=gps\n", NULL,
		"a.conf:2: [ptp] timescale: \"gps\" is none of auto, utc, tai");
	check_bad("[ptp]\nassumed-error=0ns\n", NULL,
		"a.conf:2: [ptp] assumed-error: \"0ns\" is outside of 1ns to 10s");
	check_bad("[daemon]\nuser=\n", NULL,
		"a.conf:2: [daemon] user: \"\" cannot be the name of a user");
	check_bad("[server a]\nport=0\n", NULL,
		"a.conf:2: [server a] port: \"0\" is not a whole number from 1 to 65535");
	check_bad("[server a]\nkey=4294967296\n", NULL,
		"a.conf:2: [server a] key: \"4294967296\" is not a whole number from 1 to "
		"4294967295");
	check_bad("[server a]\naddress=a b\n", NULL,
		"a.conf:2: [server a] address: \"a b\" is neither a host name nor a numeric "
		"address");
	check_bad("[server a]\niburst=yes # soon\n", NULL,
		"a.conf:2: [server a] iburst: \"yes # soon\": a comment needs a line of its own, "
		"beginning with #");
}

static void test_duplicates(void)
{
	check_bad("[clock]\ncontrol=none\ncontrol=none\n", NULL,
		"a.conf:3: [clock] control: stands twice in this group (first in line 2)");
	check_bad("[clock]\n[ntp]\n[clock]\n", NULL,
		"a.conf:3: [clock] this group stands twice in the file (first in line 1): join the "
		"two");
	check_bad("[server a]\n[server   a ]\n", NULL,
		"a.conf:2: [server a] this group stands twice in the file (first in line 1): join "
		"the "
		"two");
	check_bad("[server a]\naddress=192.0.2.1\n[server b]\naddress=192.0.2.1\n", NULL,
		"a.conf:4: [server b] address: 192.0.2.1 port 123 is the server [server a] already "
		"(a.conf:2): remove one of the two");
	/* in two files, the second one's name is its address; another spelling of the same one */
	check_bad("[server a]\naddress=2001:db8::1\n", "\n[server 2001:DB8:0:0::1]\n",
		"b.conf:2: [server 2001:DB8:0:0::1] address: 2001:DB8:0:0::1 port 123 is the "
		"server "
		"[server a] already (a.conf:2): remove one of the two");
	check_bad("[server NTP.example]\n[server ntp.EXAMPLE]\n", NULL,
		"a.conf:2: [server ntp.EXAMPLE] address: ntp.EXAMPLE port 123 is the server "
		"[server "
		"NTP.example] already (a.conf:1): remove one of the two");
	/* any two of several */
	check_bad("[server a]\n[server b]\naddress=192.0.2.1\n[server c]\naddress=192.0.2.1\n",
		NULL,
		"a.conf:5: [server c] address: 192.0.2.1 port 123 is the server [server b] already "
		"(a.conf:3): remove one of the two");
	check_bad("[server a]\naddress=192.0.2.1\n[server b]\n[server c]\naddress=192.0.2.1\n",
		NULL,
		"a.conf:5: [server c] address: 192.0.2.1 port 123 is the server [server a] already "
		"(a.conf:2): remove one of the two");
	/* the same machine on two ports is two servers */
	g_autoptr(GclkConfig) ports = load_good("[server a]\naddress=127.0.0.1\nport=1123\n"
						"[server b]\naddress=127.0.0.1\nport=2123\n",
		NULL);
	GCLK_ASSERT_INT(ports->servers->len, 2);
	/* the same key in two files is an override, no duplicate */
	g_autoptr(GclkConfig) files = load_good("[server a]\nport=1\n", "[server a]\nport=2\n");
	GCLK_ASSERT_INT(files->servers->len, 1);
}

static void test_contradictions(void)
{
	check_bad("[ntp]\nminpoll=7\n", NULL, "a.conf:2: [ntp] minpoll: 7 is more than maxpoll, 6");
	check_bad("[ntp]\nmaxpoll=3\n", NULL, "a.conf:1: [ntp] minpoll: 4 is more than maxpoll, 3");
	check_bad("[server a]\nminpoll=7\nmaxpoll=6\n", NULL,
		"a.conf:2: [server a] minpoll: 7 is more than maxpoll, 6");
	check_bad("[clock]\nmax-step=50ms\n", NULL,
		"a.conf:1: [clock] step-threshold: is more than max-step, so no step could ever be "
		"made");
	check_bad("[server my clock]\n", NULL,
		"a.conf:1: [server my clock] address: missing, and the group's name is neither a "
		"host "
		"name nor a numeric address");
}

/* What just fits, and what just does not. */
static void test_limits(void)
{
	g_autofree char *label = g_strnfill(63, 'a');
	g_autofree char *name = g_strdup_printf("%s.%s.%s.%.61s", label, label, label, label);
	g_autofree char *longer = g_strdup_printf("%s.%s.%s.%.62s", label, label, label, label);
	g_autofree char *good = g_strdup_printf("[server %s]\n", name);
	g_autofree char *bad = g_strdup_printf("[server %s]\n", longer);
	g_autofree char *bad_message =
		g_strdup_printf("a.conf:1: [server %s] the name is longer than 253 bytes", longer);
	g_autoptr(GclkConfig) host = load_good(good, NULL);
	g_autoptr(GclkConfig) equal = load_good("[clock]\nstep-threshold=5s\nmax-step=5s\n", NULL);
	g_autoptr(GclkConfig) user =
		load_good("[daemon]\nuser=a2345678901234567890123456789012\n", NULL);
	g_autoptr(GclkConfig) machine = load_good("[daemon]\nuser=machine$\n", NULL);

	GCLK_ASSERT_INT(strlen(name), 253);
	GCLK_ASSERT_STR(server(host, 0)->address, name);
	CU_ASSERT_FALSE(gclk_config_is_host(longer));
	check_bad(bad, NULL, bad_message);
	GCLK_ASSERT_INT(equal->max_step, 5 * S);
	GCLK_ASSERT_INT(strlen(user->user), 32);
	GCLK_ASSERT_STR(machine->user, "machine$");
	check_bad("[daemon]\nuser=a23456789012345678901234567890123\n", NULL,
		"a.conf:2: [daemon] user: \"a23456789012345678901234567890123\" cannot be the name "
		"of "
		"a user");
	check_bad("[daemon]\nuser=a$b\n", NULL,
		"a.conf:2: [daemon] user: \"a$b\" cannot be the name of a user");
	check_bad("[daemon]\nuser=-a\n", NULL,
		"a.conf:2: [daemon] user: \"-a\" cannot be the name of a user");
	check_bad("[ntp]\nkeys=/a\\tb\n", NULL,
		"a.conf:2: [ntp] keys: the path holds a control character");
}

static void test_form(void)
{
	check_bad("control=none\n", NULL, "a.conf:1: control: stands before the first [group]");
	check_bad("[clock]\ncontrol\n", NULL,
		"a.conf:2: [clock] \"control\" is neither [group] nor key=value");
	check_bad(
		"[clock]\n=x\n", NULL, "a.conf:2: [clock] \"=x\" is neither [group] nor key=value");
	check_bad("[clock\n", NULL, "a.conf:1: \"[clock\" is no group line: [name] is");
	check_bad("[clock] x\n", NULL, "a.conf:1: \"[clock] x\" is no group line: [name] is");
	check_bad("[]\n", NULL,
		"a.conf:1: [] unknown group (known are clock, daemon, link, ntp, ptp, vmware and "
		"server NAME)");
	check_bad("[server]\n", NULL,
		"a.conf:1: [server] a server needs a name: [server ntp1.example]");
	check_bad("[server  ]\n", NULL,
		"a.conf:1: [server] a server needs a name: [server ntp1.example]");
	check_bad("[server /dev/ptp0]\n", NULL,
		"a.conf:1: [server /dev/ptp0] a server's name cannot begin with /");
	check_bad("[clock]\ncontrol=\xff\n", NULL, "a.conf:2: this line is not valid UTF-8");
}

/* A quoted line that is cut in the middle of a character still gives a message that is text. */
static void test_cut_quotation(void)
{
	g_autoptr(GString) text = g_string_new("[clock]\n");
	g_autoptr(GclkConfigLoader) loader = gclk_config_loader_new();
	g_autoptr(GError) error = NULL;

	for (int i = 0; i < 99; i++)
		g_string_append_c(text, 'x');
	g_string_append(text, "\303\274\303\274\n");
	CU_ASSERT_FALSE(gclk_config_loader_add(loader, "a", text->str, text->len, &error));
	CU_ASSERT_TRUE(g_utf8_validate(error->message, -1, NULL));
}

static void test_nul_byte(void)
{
	g_autoptr(GclkConfigLoader) loader = gclk_config_loader_new();
	g_autoptr(GError) error = NULL;

	CU_ASSERT_FALSE(gclk_config_loader_add(loader, "a", "[clock]\nx\0y\n", 12, &error));
	GCLK_ASSERT_STR(error->message, "a:2: this line holds a NUL byte");
}

static void test_line_ends_and_mark(void)
{
	g_autoptr(GclkConfig) dos = load_good("\xef\xbb\xbf[clock]\r\ncontrol = none\r\n", NULL);
	g_autoptr(GclkConfig) mark_alone = load_good("\xef\xbb\xbf", NULL);
	g_autoptr(GclkConfig) no_end = load_good("[clock]\ncontrol=none", NULL);
	g_autoptr(GclkConfig) indented = load_good("\t[clock]\t\n   control\t=\tnone  \n", NULL);

	check_defaults(mark_alone);
	GCLK_ASSERT_INT(dos->control, GCLK_CONTROL_NONE);
	GCLK_ASSERT_INT(no_end->control, GCLK_CONTROL_NONE);
	GCLK_ASSERT_INT(indented->control, GCLK_CONTROL_NONE);
}

static void test_many_servers(void)
{
	g_autoptr(GString) text = g_string_new(NULL);
	g_autoptr(GclkConfig) config = NULL;

	for (int i = 0; i < 32; i++)
		g_string_append_printf(text, "[server n%d.example]\n", i);
	config = load_good(text->str, NULL);
	GCLK_ASSERT_INT(config->servers->len, 32);
	g_string_append(text, "[server n32.example]\n");
	check_bad(text->str, NULL, "a.conf:33: [server n32.example] more than 32 servers");
}

static void test_is_host(void)
{
	static const char *const good[] = { "a",
		"a123456789b123456789c123456789d123456789e123456789f123456789abc", /* 63 letters */
		"ntp1.example", "ntp1.example.", "_ntp._udp.example", "3.centos.pool.ntp.org",
		"192.0.2.1", "2001:db8::1", "::1", "a-b", "1a", "xn--bcher-kva.example" };
	static const char *const bad[] = { "", ".", "a..b", "-a", "a-", "a-.b", ".a", "a b", "a/b",
		"192.0.2.256", "192.0.2", "1.2.3.4.5", "123", "a\tb", "b\303\274cher", "[::1]",
		"2001:db8::1::", "a:123",
		"a123456789b123456789c123456789d123456789e123456789f123456789abcd" };

	for (gsize i = 0; i < G_N_ELEMENTS(good); i++)
		if (!gclk_config_is_host(good[i]))
			GCLK_ASSERT_STR(good[i], "taken for a host");
	for (gsize i = 0; i < G_N_ELEMENTS(bad); i++)
		if (gclk_config_is_host(bad[i]))
			GCLK_ASSERT_STR(bad[i], "not taken for a host");
}

static void test_control_names(void)
{
	GclkControl control = GCLK_CONTROL_KERNEL;

	for (int i = GCLK_CONTROL_AUTO; i <= GCLK_CONTROL_NONE; i++) {
		CU_ASSERT_TRUE(gclk_control_from_name(gclk_control_name((GclkControl)i), &control));
		GCLK_ASSERT_INT(control, i);
	}
	CU_ASSERT_FALSE(gclk_control_from_name("AUTO", &control));
	GCLK_ASSERT_INT(control, GCLK_CONTROL_NONE);
	GCLK_ASSERT_STR(gclk_control_name((GclkControl)99), "unknown");
}

/* --- files ------------------------------------------------------------------------------------ */

static void test_files(void)
{
	g_autoptr(GclkScratch) directory = gclk_scratch_new();
	g_autofree char *path = g_build_filename(directory, "guestclockd.conf", NULL);
	g_autoptr(GError) missing = NULL;
	g_autoptr(GclkConfig) none = gclk_config_load(path, FALSE, NULL);
	g_autoptr(GclkConfig) config = NULL;

	CU_ASSERT_PTR_NOT_NULL_FATAL(none);
	check_defaults(none);
	GCLK_ASSERT_INT(none->files->len, 0);
	CU_ASSERT_PTR_NULL(gclk_config_load(path, TRUE, &missing));
	GCLK_ASSERT_HAS(missing->message, path);

	gclk_scratch_write(
		directory, "guestclockd.conf", "[clock]\nmax-error=1ms\ncontrol=none\n", -1);
	gclk_scratch_write(
		directory, "guestclockd.conf.d/20-b.conf", "[clock]\nmax-error=3ms\n", -1);
	gclk_scratch_write(
		directory, "guestclockd.conf.d/10-a.conf", "[clock]\nmax-error=2ms\n", -1);
	gclk_scratch_write(directory, "guestclockd.conf.d/30-c.conf.bak", "nonsense\n", -1);
	gclk_scratch_write(directory, "guestclockd.conf.d/.hidden.conf", "nonsense\n", -1);
	config = gclk_config_load(path, TRUE, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(config);
	GCLK_ASSERT_INT(config->max_error, 3 * MS);
	GCLK_ASSERT_INT(config->control, GCLK_CONTROL_NONE);
	CU_ASSERT_EQUAL_FATAL(config->files->len, 3);
	GCLK_ASSERT_HAS(g_ptr_array_index(config->files, 1), "/guestclockd.conf.d/10-a.conf");
}

static void test_bad_files(void)
{
	g_autoptr(GclkScratch) directory = gclk_scratch_new();
	g_autofree char *path = g_build_filename(directory, "c.conf", NULL);
	g_autofree char *large = g_strnfill(1024 * 1024 + 1, '#');
	g_autoptr(GError) error = NULL;

	gclk_scratch_write(directory, "c.conf", large, -1);
	CU_ASSERT_PTR_NULL(gclk_config_load(path, TRUE, &error));
	GCLK_ASSERT_HAS(error->message, "larger than 1 MiB");
	g_clear_error(&error);
	CU_ASSERT_PTR_NULL(gclk_config_load(directory, TRUE, &error));
	GCLK_ASSERT_HAS(error->message, "not a regular file");
	g_clear_error(&error);

	gclk_scratch_write(directory, "c.conf", "", -1);
	gclk_scratch_write(directory, "c.conf.d/x.conf", "[clock]\nbad=1\n", -1);
	CU_ASSERT_PTR_NULL(gclk_config_load(path, TRUE, &error));
	GCLK_ASSERT_HAS(error->message, "/c.conf.d/x.conf:2: [clock] bad: unknown key");
	g_clear_error(&error);

	/* a file where the directory of the drop-ins should be */
	gclk_scratch_write(directory, "d.conf", "", -1);
	gclk_scratch_write(directory, "d.conf.d", "", -1);
	g_free(path);
	path = gclk_scratch_path(directory, "d.conf");
	CU_ASSERT_PTR_NULL(gclk_config_load(path, TRUE, &error));
	GCLK_ASSERT_HAS(error ? error->message : "", "d.conf.d");
}

/* The commented example names every key once, with its default. */
static void test_example(void)
{
	const char *source = g_getenv("srcdir");
	g_autofree char *path =
		g_build_filename(source ? source : ".", "packaging/guestclockd.conf", NULL);
	g_autofree char *text = NULL;
	g_autoptr(GclkConfig) as_it_is = gclk_config_load(path, TRUE, NULL);

	CU_ASSERT_PTR_NOT_NULL_FATAL(as_it_is);
	check_defaults(as_it_is);
	CU_ASSERT_TRUE_FATAL(g_file_get_contents(path, &text, NULL, NULL));
	for (gsize i = 0; i < gclk_config_keys_length; i++) {
		const GclkConfigKey *key = &gclk_config_keys[i];
		gboolean prefixed = key->default_text &&
				    g_str_has_prefix(key->default_text, GCLK_SYSCONFDIR "/");
		g_autofree char *line = g_strdup_printf("\n#%s=%s", key->name,
			prefixed            ? "/etc/guestclock/keys\n"
			: key->default_text ? key->default_text
					    : "");

		GCLK_ASSERT_HAS(text, line);
	}
}

int main(void)
{
	static const GclkTestCase cases[] = {
		{ "defaults", test_defaults },
		{ "every key", test_every_key },
		{ "the table", test_table },
		{ "a server's defaults", test_server_defaults },
		{ "polls are inherited", test_polls_are_inherited },
		{ "later files win", test_later_files_win },
		{ "any server is overridden", test_any_server_is_overridden },
		{ "limits", test_limits },
		{ "checked as a whole", test_checked_as_a_whole },
		{ "unknown groups and keys", test_unknown },
		{ "bad values", test_bad_values },
		{ "duplicates", test_duplicates },
		{ "contradictions", test_contradictions },
		{ "form", test_form },
		{ "cut quotation", test_cut_quotation },
		{ "NUL byte", test_nul_byte },
		{ "line ends, byte order mark", test_line_ends_and_mark },
		{ "many servers", test_many_servers },
		{ "host names", test_is_host },
		{ "names of control", test_control_names },
		{ "files and drop-ins", test_files },
		{ "bad files", test_bad_files },
		{ "the example", test_example },
		{ NULL, NULL },
	};

	return gclk_test_main("config", cases);
}
