/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The NTP servers that other programs on this machine were told to use. The parsers are pure: text
 * of one file in, servers out; they read what the format's own program would take for a server and
 * pass over everything else, damaged lines too. gclk_config_discover (config.h) feeds them.
 */
#ifndef GUESTCLOCK_DISCOVER_H
#define GUESTCLOCK_DISCOVER_H

#include "config.h"

/* Polls of servers that are taken over are kept within these (log2 s). */
#define GCLK_DISCOVER_POLL_MIN 3
#define GCLK_DISCOVER_POLL_MAX 10

typedef enum {
	GCLK_INCLUDE_FILE,    /* a file, or a pattern with * and ? in its last part */
	GCLK_INCLUDE_CONF,    /* a directory of *.conf */
	GCLK_INCLUDE_SOURCES, /* a directory of *.sources */
} GclkIncludeKind;

typedef struct {
	GclkIncludeKind kind;
	char *path;
} GclkInclude;

/* What one place has to say; parsers add to it. */
typedef struct {
	GPtrArray *servers;  /* of GclkServerConfig, no two the same; polls unset unless stated */
	GPtrArray *fallback; /* the same, of timesyncd's FallbackNTP= */
	/* The same, of servers that have a key or NTS there: whoever asked for authenticated time
	   shall not silently get another, so these are not used. */
	GPtrArray *authenticated;
	GPtrArray *includes; /* of GclkInclude, to be read next, in order */
} GclkFound;

GclkFound *gclk_found_new(void);
void gclk_found_free(GclkFound *found);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GclkFound, gclk_found_free)
/* Hands over the includes (caller unrefs) and leaves none behind. */
GPtrArray *gclk_found_take_includes(GclkFound *found);

typedef void (*GclkDiscoverParser)(const char *text, gsize length, GclkFound *found);

/* ISC dhclient's leases, dhclient.leases(5): of each interface the last lease counts. */
void gclk_discover_dhclient(const char *text, gsize length, GclkFound *found);
/* KEY=VALUE state files: systemd-networkd's leases and links (NTP=), NetworkManager's devices and
   internal leases (ntp_servers=). */
void gclk_discover_assignments(const char *text, gsize length, GclkFound *found);
/* dhcpcd's lease: the server's packet as it came, RFC 2131 section 2, option 42 of RFC 2132. */
void gclk_discover_dhcp_packet(const char *text, gsize length, GclkFound *found);
/* chrony.conf(5), also *.sources */
void gclk_discover_chrony(const char *text, gsize length, GclkFound *found);
/* ntp.conf(5) of ntpd and ntpsec; 127.127.x.y are reference clocks there, no servers */
void gclk_discover_ntp(const char *text, gsize length, GclkFound *found);
/* /etc/ntp/step-tickers: words, # comments */
void gclk_discover_step_tickers(const char *text, gsize length, GclkFound *found);
/* timesyncd.conf(5): an empty NTP= forgets what stood before */
void gclk_discover_timesyncd(const char *text, gsize length, GclkFound *found);
/* ntpd.conf(5) of OpenNTPD */
void gclk_discover_openntpd(const char *text, gsize length, GclkFound *found);

#endif
