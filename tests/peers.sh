# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2034,SC2154 # $started is for the caller; $work is harness.sh's
# The programs that packaging/peers fetched, and how a test starts time servers. Every daemon is
# unable to set the clock: the test has lost CAP_SYS_TIME (harness.sh), and chronyd gets -x.

peers_here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${GUESTCLOCK_CACHE:-$(cd "$peers_here/.." && pwd)/build/cache}
# lib/x86_64-linux-gnu, or what this machine's is
peer_libraries=
for folder in "$cache"/libs/usr/lib/*-linux-gnu* "$cache"/libs/lib/*-linux-gnu*; do
	[ ! -d "$folder" ] || peer_libraries=${peer_libraries:+$peer_libraries:}$folder
done

needs_peers() {                      # needs_peers CHOICE...: those of packaging/peers
	local choice
	for choice; do
		[ -d "$cache/$choice" ] || skip_all "$cache/$choice is missing: run packaging/quickstart check"
	done
}

# Starts a peer's program in a network namespace ("": the test's own) and leaves its process id in
# $started. ip, env and setpriv all exec, so that is the daemon itself.
start_peer() {                       # start_peer NAMESPACE LOG PROGRAM ARGUMENT...
	local in=(${1:+ip netns exec "$1"}) log=$2
	shift 2
	"${in[@]}" env LD_LIBRARY_PATH="$peer_libraries" setpriv --bounding-set=-sys_time "$@" >>"$log" 2>&1 &
	started=$!
}
stop_peer() {                        # stop_peer PID
	kill "$1"
	wait "$1" 2>/dev/null
}

# chronyd with a configuration of these lines; it serves nobody unless they say so.
start_chronyd() {                    # start_chronyd NAMESPACE NAME <CONFIGURATION
	{
		cat
		echo "cmdport 0"
		echo "bindcmdaddress /"
		echo "pidfile $work/$2.pid"
		echo "user root"
	} >"$work/$2.conf"
	start_peer "$1" "$work/$2.log" "$cache/chrony/usr/sbin/chronyd" -x -d -f "$work/$2.conf"
}
start_ntpd() {                       # start_ntpd NAMESPACE NAME <CONFIGURATION
	cat >"$work/$2.conf"
	start_peer "$1" "$work/$2.log" "$cache/ntpsec/usr/sbin/ntpd" -n -c "$work/$2.conf" -p "$work/$2.pid"
}
