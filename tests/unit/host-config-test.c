/* SPDX-License-Identifier: BSD-2-Clause */
/* hostclock.conf, the cache of HostSync, and needs in Proxmox's files. */
#include "config.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gate/hook.h"
#include "guestclock/finding.h"
#include "harness.h"
#include "scratch.h"
#include "sync/cache.h"

static GclkHostConfig *parse(const char *text, GError **error)
{
	return gclk_host_config_parse("hostclock.conf", text, strlen(text), error);
}

static void test_defaults(void)
{
	g_autoptr(GclkHostConfig) config = gclk_host_config_new();
	const GclkSyncPolicy policy = gclk_host_config_policy(config);
	const GclkProbePlaces places = gclk_host_config_places(config);

	GCLK_ASSERT_INT(config->on_unknown, GCLK_ON_UNKNOWN_AUTO);
	CU_ASSERT_TRUE(config->enforce);
	GCLK_ASSERT_INT(config->cache_age, 10 * GCLK_NS_PER_S);
	GCLK_ASSERT_STR(config->run_directory, "/run/hostclock");
	GCLK_ASSERT_INT(policy.ptp_offset_max, 100 * GCLK_NS_PER_US);
	GCLK_ASSERT_INT(policy.ntp_bound_max, GCLK_NS_PER_S);
	GCLK_ASSERT_INT(policy.clock_class_max, 127);
	CU_ASSERT_FALSE(policy.accept_local_reference);
	CU_ASSERT_PTR_NULL(places.chrony_socket);
	CU_ASSERT_PTR_NULL(places.ptp4l_sockets);
	GCLK_ASSERT_INT(places.ntp_port, 123);
	CU_ASSERT_PTR_NULL(config->listen);
	CU_ASSERT_PTR_NULL(config->connect);
	GCLK_ASSERT_INT(config->interval, 10 * GCLK_NS_PER_S);
	GCLK_ASSERT_INT(config->burst, 8);
	GCLK_ASSERT_INT(config->agent_timeout, 2 * GCLK_NS_PER_S);
}

static void test_values(void)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GclkHostConfig) config = parse(
		"# comment\n[gate]\non-unknown = refuse \nenforce=off\ncache-age=2s\n"
		"[policy]\nptp-max-offset=1us\naccept-local-reference=yes\nclock-class-max=7\n"
		"[daemons]\nchrony-socket=/a/b\nptp4l-sockets=/c  /d\nntp-port=1123\n"
		"[serve]\nlisten=unix:/a vsock:123\nconnect=none\ninterval=1min\nburst=4\n"
		"socket-group=kvm\n"
		"[esxi esx1]\ncommand=ssh root@esx1 esxcli system ntp get\n",
		&error);

	GCLK_ASSERT_STR(error ? error->message : "", "");
	if (!config)
		return;
	GCLK_ASSERT_INT(config->on_unknown, GCLK_ON_UNKNOWN_REFUSE);
	CU_ASSERT_FALSE(config->enforce);
	GCLK_ASSERT_INT(config->cache_age, 2 * GCLK_NS_PER_S);
	GCLK_ASSERT_INT(config->ptp_offset_max, 1000);
	CU_ASSERT_TRUE(config->accept_local_reference);
	GCLK_ASSERT_STR(config->chrony_socket, "/a/b");
	GCLK_ASSERT_INT(g_strv_length(config->ptp4l_sockets), 2);
	GCLK_ASSERT_STR(config->ptp4l_sockets[1], "/d");
	GCLK_ASSERT_INT(gclk_host_config_places(config).ntp_port, 1123);
	GCLK_ASSERT_INT(g_strv_length(config->listen), 2);
	GCLK_ASSERT_STR(config->listen[1], "vsock:123");
	GCLK_ASSERT_STR(config->connect, "none");
	GCLK_ASSERT_STR(config->socket_group, "kvm");
	GCLK_ASSERT_INT(config->interval, 60 * GCLK_NS_PER_S);
	GCLK_ASSERT_INT(config->burst, 4);
	GCLK_ASSERT_STR(
		g_hash_table_lookup(config->esxi, "esx1"), "ssh root@esx1 esxcli system ntp get");
}

static void test_errors(void)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
		{ "[gate]\non-unknwon=auto\n",
			"hostclock.conf: [gate] on-unknwon: there is no such key; did you mean "
			"on-unknown?" },
		{ "[gaet]\nx=1\n", "hostclock.conf: [gaet] x: there is no such key or group" },
		{ "[gate]\non-unknown=maybe\n",
			"hostclock.conf: [gate] on-unknown: must be auto, refuse or allow" },
		{ "[gate]\nenforce=perhaps\n",
			"hostclock.conf: [gate] enforce: must be yes or no" },
		{ "[gate]\nrun-directory=run\n",
			"hostclock.conf: [gate] run-directory: must be an absolute path" },
		{ "[serve]\ninterval=999ms\n",
			"hostclock.conf: [serve] interval: must be from 1s to 3600s" },
		{ "[serve]\nagent-timeout=2min\n",
			"hostclock.conf: [serve] agent-timeout: must be from 1s to 60s" },
		{ "[serve]\nburst=17\n",
			"hostclock.conf: [serve] burst: must be a number from 1 to 16" },
		{ "[policy]\nclock-class-max=256\n",
			"hostclock.conf: [policy] clock-class-max: must be a number from 0 to "
			"255" },
		{ "[policy]\nptp-max-offset=100\n", "hostclock.conf: [policy] ptp-max-offset: " },
		{ "[esxi a]\ncommnd=x\n", "hostclock.conf: [esxi a] commnd: the only key" },
		{ "garbage\n", "hostclock.conf: " },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(GclkHostConfig) config = parse(cases[i].text, &error);

		CU_ASSERT_PTR_NULL(config);
		GCLK_ASSERT_HAS(error ? error->message : "", cases[i].message);
	}
}

/* --- the cache -------------------------------------------------------------------------------- */

static GclkHostSync sample(void)
{
	return (GclkHostSync){
		.configured = GCLK_PROTOCOL_PTP,
		.effective = GCLK_PROTOCOL_NTP,
		.synchronised = TRUE,
		.fallback = TRUE,
		.bound = 1234,
		.age = 1000,
		.summary = (char *)"synchronised by NTP\nreally",
		.source = (char *)"10.0.0.1",
	};
}

static void test_cache_text(void)
{
	const GclkHostSync sync = sample();
	g_autofree char *text = gclk_sync_cache_to_text(&sync, "boot", 5000);
	g_autoptr(GclkHostSync) back =
		gclk_sync_cache_from_text(text, strlen(text), "boot", 5100, 100);

	CU_ASSERT_PTR_NOT_NULL_FATAL(back);
	GCLK_ASSERT_INT(back->configured, GCLK_PROTOCOL_PTP);
	GCLK_ASSERT_INT(back->effective, GCLK_PROTOCOL_NTP);
	CU_ASSERT_TRUE(back->synchronised && back->fallback);
	GCLK_ASSERT_INT(back->bound, 1234);
	GCLK_ASSERT_INT(back->age, 1100); /* it has aged meanwhile */
	GCLK_ASSERT_STR(back->summary, "synchronised by NTP\nreally");
	GCLK_ASSERT_STR(back->source, "10.0.0.1");
	CU_ASSERT_PTR_NULL(back->remedy);
	/* too old, of another boot, from the future, cut off, nonsense */
	CU_ASSERT_PTR_NULL(gclk_sync_cache_from_text(text, strlen(text), "boot", 5101, 100));
	CU_ASSERT_PTR_NULL(gclk_sync_cache_from_text(text, strlen(text), "other", 5100, 100));
	CU_ASSERT_PTR_NULL(gclk_sync_cache_from_text(text, strlen(text), NULL, 5100, 100));
	CU_ASSERT_PTR_NULL(gclk_sync_cache_from_text(text, strlen(text), "boot", 4999, 100));
	CU_ASSERT_PTR_NULL(gclk_sync_cache_from_text(text, 20, "boot", 5100, 100));
	CU_ASSERT_PTR_NULL(gclk_sync_cache_from_text("\0\377", 2, "boot", 5100, 100));
}

/* A bound that is not there is unknown, never zero. */
static void test_cache_without_bound(void)
{
	static const char text[] = "[host-sync]\nversion=1\nboottime-ns=10\nboot-id=b\n"
				   "effective=ptp\nsynchronised=true\n";
	g_autoptr(GclkHostSync) sync = gclk_sync_cache_from_text(text, strlen(text), "b", 11, 9);

	CU_ASSERT_PTR_NOT_NULL_FATAL(sync);
	GCLK_ASSERT_INT(sync->bound, GCLK_BOUND_UNKNOWN);
}

static void test_cache_file(void)
{
	const GclkHostSync sync = sample();
	g_autoptr(GclkScratch) folder = gclk_scratch_new();
	g_autofree char *run = g_build_filename(folder, "run", NULL);
	g_autofree char *file = g_build_filename(run, "host-sync", NULL);
	g_autofree char *other = g_build_filename(folder, "other", NULL);
	g_autoptr(GclkHostSync) back = NULL;

	CU_ASSERT_PTR_NULL(gclk_sync_cache_load(run, GCLK_NS_PER_S));
	gclk_sync_cache_save(run, &sync);
	back = gclk_sync_cache_load(run, 60 * GCLK_NS_PER_S);
	CU_ASSERT_PTR_NOT_NULL_FATAL(back);
	GCLK_ASSERT_INT(back->effective, GCLK_PROTOCOL_NTP);
	/* one that anybody could have written is not believed, nor one behind a link */
	GCLK_ASSERT_INT(chmod(file, 0666), 0);
	CU_ASSERT_PTR_NULL(gclk_sync_cache_load(run, 60 * GCLK_NS_PER_S));
	GCLK_ASSERT_INT(chmod(file, 0644), 0);
	GCLK_ASSERT_INT(rename(file, other), 0);
	GCLK_ASSERT_INT(symlink(other, file), 0);
	CU_ASSERT_PTR_NULL(gclk_sync_cache_load(run, 60 * GCLK_NS_PER_S));
	/* a directory that cannot be made is no error */
	gclk_sync_cache_save("/proc/no/such", &sync);
}

/* --- Proxmox ---------------------------------------------------------------------------------- */

static void test_proxmox(void)
{
	static const struct {
		const char *text;
		gboolean good, declared;
		GclkNeedProtocol protocol;
		gint64 max_error;
	} cases[] = {
		{ "", TRUE, FALSE, GCLK_NEED_ANY, 0 },
		{ "boot: order=scsi0\ncores: 2\n", TRUE, FALSE, GCLK_NEED_ANY, 0 },
		{ "tags: prod;clock-ptp\n", TRUE, TRUE, GCLK_NEED_PTP, 0 },
		{ "tags: clock-wise,clock-ntp\n", TRUE, TRUE, GCLK_NEED_NTP, 0 },
		{ "tags: clock-wise\n", TRUE, FALSE, GCLK_NEED_ANY, 0 },
		{ "#A database.\n#guestclock%3A ptp max-error-us=100\ntags: clock-ntp\n", TRUE,
			TRUE, GCLK_NEED_PTP, 100 * GCLK_NS_PER_US },
		{ "#guestclock: pptp\n", FALSE, FALSE, GCLK_NEED_ANY, 0 },
		/* a snapshot's configuration is not in force */
		{ "cores: 2\n[before]\ntags: clock-ptp\n", TRUE, FALSE, GCLK_NEED_ANY, 0 },
		{ "#100%\n#%zz\ntags: clock-ptp", TRUE, TRUE, GCLK_NEED_PTP, 0 },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		GclkNeed need;

		GCLK_ASSERT_INT(
			gclk_need_from_proxmox(cases[i].text, strlen(cases[i].text), &need, &error),
			cases[i].good);
		GCLK_ASSERT_INT(need.declared, cases[i].declared);
		GCLK_ASSERT_INT(need.protocol, cases[i].protocol);
		GCLK_ASSERT_INT(need.max_error, cases[i].max_error);
	}
}

int main(void)
{
	static const GclkTestCase cases[] = {
		{ "defaults", test_defaults },
		{ "values", test_values },
		{ "errors", test_errors },
		{ "cache as text", test_cache_text },
		{ "cache without bound", test_cache_without_bound },
		{ "cache as a file", test_cache_file },
		{ "Proxmox", test_proxmox },
		{ NULL, NULL },
	};

	return gclk_test_main("host-config", cases);
}
