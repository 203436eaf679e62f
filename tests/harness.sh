# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# What every shell test shares: namespaces of its own, "ok"/"not ok" lines, a closing line of
# figures, waiting, a work folder. A test sources it (or a common.sh that does) before all else.
# shellcheck disable=SC2030,SC2031 # the parts of a test count in shells of their own

passed=0 failed=0 skipped=0

# Starts the test again in network, mount and process namespaces of its own and without
# CAP_SYS_TIME: nothing that it starts outlives it, meets another test, or can touch this machine's
# clock. /run/netns is private too, so that no named namespace is left behind.
enter_namespaces() {                 # enter_namespaces "$0" "$@"
	local tool
	if [ $$ = 1 ] && [ -n "${GUESTCLOCK_INSIDE:-}" ]; then
		prepare_inside
		return
	fi
	[ "$(id -u)" = 0 ] || skip_all "needs root (namespaces)"
	for tool in unshare setpriv ip jq; do
		command -v "$tool" >/dev/null || skip_all "$tool is not installed"
	done
	unshare --net --pid --fork --mount-proc true 2>/dev/null || skip_all "no namespaces here"
	GUESTCLOCK_INSIDE=yes exec unshare --net --pid --fork --kill-child --mount-proc \
		setpriv --bounding-set=-sys_time "$@"
}
prepare_inside() {
	local bounding
	bounding=$(sed -n 's/^CapBnd:\t//p' /proc/self/status)
	[ $((0x$bounding >> 25 & 1)) = 0 ] || bail_out "CAP_SYS_TIME is still within reach"
	work=$(mktemp -d)
	trap 'rm -rf "$work"' EXIT
	trap 'exit 1' INT TERM HUP
	mkdir -p /run/netns
	mount -t tmpfs netns /run/netns
	ip link set lo up
}

ok() {                               # ok DESCRIPTION COMMAND...
	local what=$1
	shift
	if "$@"; then
		echo "ok - $what"
		passed=$((passed + 1))
	else
		echo "not ok - $what"
		failed=$((failed + 1))
		return 1
	fi
}
not() { ! "$@"; }
note() { echo "# $*"; }
note_file() {                        # note_file TITLE FILE...: lines of a log, as comments
	local title=$1
	shift
	sed "s/^/# $title: /" "$@" 2>/dev/null
}
skip() {                             # skip DESCRIPTION REASON
	echo "ok - $1 # SKIP $2"
	skipped=$((skipped + 1))
}
closing() {                          # the last line; false if anything failed
	echo "$passed passed, $failed failed, $skipped skipped"
	[ "$failed" = 0 ]
}
skip_all() {
	echo "# skip: $*"
	echo "0 passed, 0 failed, 1 skipped"
	exit 77
}
bail_out() {
	echo "not ok - $*"
	failed=$((failed + 1))
	closing
	exit 1
}
wait_for() {                         # wait_for SECONDS COMMAND...
	local end=$((SECONDS + $1))
	shift
	while ! "$@"; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.25
	done
}

# Parts of a test that take their time and do not disturb each other run side by side; their lines
# are shown one part after the other.
parts=()
start_part() {                       # start_part NAME COMMAND...
	local name=$1
	shift
	(
		passed=0 failed=0 skipped=0
		"$@"
		echo "$passed $failed $skipped" >"$work/$name.count"
	) >"$work/$name.tap" 2>&1 &
	parts+=("$name:$!")
}
finish_parts() {
	local part name p f s
	for part in "${parts[@]}"; do
		name=${part%:*}
		wait "${part#*:}"
		cat "$work/$name.tap"
		if read -r p f s 2>/dev/null <"$work/$name.count"; then
			passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
		else
			echo "not ok - $name ended before its time"
			failed=$((failed + 1))
		fi
	done
	parts=()
}
