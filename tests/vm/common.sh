# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2034 # variables used by the tests
# What the tests in real guests share: build an initrd, start a guest under QEMU without KVM, talk
# to it over virtio-serial, measure its clock. Read by ntp-test and ptp-test.
#
#   GUESTCLOCK_BUILD   the build tree with guestclockd and guestclock in it (default: the current folder)
#   GUESTCLOCK_CACHE   what packaging/peers fetched (default: build/cache in the source tree)
#   GUESTCLOCK_LOGS    keep the logs there; by default they are shown when a test fails
#
# The test runs in namespaces of its own and without CAP_SYS_TIME (tests/harness.sh).

vm_here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/harness.sh
source "$vm_here/../harness.sh"
# shellcheck source=tests/peers.sh
source "$vm_here/../peers.sh"

build=${GUESTCLOCK_BUILD:-$PWD}

# --- what the machine must have ---------------------------------------------------------------

qemu=$cache/qemu/usr/bin/qemu-system-x86_64
firmware=$cache/qemu/usr/share
busybox=$cache/busybox/bin/busybox

vm_needs() {
	local tool
	[ "$(uname -m)" = x86_64 ] || skip_all "the guests need an x86-64 machine"
	for tool in cpio gzip cc ldd; do
		command -v "$tool" >/dev/null || skip_all "$tool is not installed"
	done
	needs_peers qemu kernel busybox chrony
	for tool in agent/guestclockd agent/guestclock; do
		[ -x "$build/$tool" ] || skip_all "$build/$tool is missing: build first"
	done
}

# --- the initrd -------------------------------------------------------------------------------

# The order matters: insmod resolves no dependencies.
guest_modules=(virtio_ring virtio virtio_pci_legacy_dev virtio_pci_modern_dev virtio_pci
	virtio_console failover net_failover virtio_net dca i2c-algo-bit igb
	vsock vmw_vsock_virtio_transport_common vsock_loopback)

# Copies a program into the guest with the libraries that it is linked to; those that packaging/peers
# fetched go where they would be installed.
initrd_program() {                   # initrd_program FILE
	local library place
	cp --remove-destination "$1" "$work/root/bin/" # busybox may have an applet of that name
	for library in $(LD_LIBRARY_PATH="$peer_libraries" ldd "$1" 2>/dev/null | grep -o '/[^ ]*'); do
		place=$work/root${library#"$cache/libs"}
		mkdir -p "${place%/*}"
		cp -Ln "$library" "$place"
	done
}
guest_programs=()                    # what the guest of this test needs besides

build_initrd() {
	local root=$work/root module program
	mkdir -p "$root"/{bin,dev,etc/guestclock,proc,run,sys,tmp,var/lib/guestclock,modules}
	cc -O2 -std=c11 -Wall -Wextra -static -o "$work/guest-link" "$vm_here/guest-link.c" -lm ||
		bail_out "guest-link does not build"
	cp "$busybox" "$work/guest-link" "$root/bin/"
	for applet in $("$busybox" --list); do
		[ "$applet" = busybox ] || ln -s busybox "$root/bin/$applet"
	done
	for program in "$build/agent/guestclockd" "$build/agent/guestclock" "${guest_programs[@]}"; do
		initrd_program "$program"
	done
	for module in "${guest_modules[@]}"; do
		find "$cache/kernel/modules" -name "$module.ko" -exec cp {} "$root/modules/" \;
	done
	printf '%s\n' "${guest_modules[@]}" >"$root/modules/list"
	echo 'root:x:0:0::/:/bin/sh
guestclock:x:990:990::/:/bin/false' >"$root/etc/passwd"
	echo 'root:x:0:
guestclock:x:990:' >"$root/etc/group"
	cp "$vm_here/guest-init" "$root/init"
	chmod +x "$root/init"
	(cd "$root" && find . | cpio -o -H newc --quiet | gzip -1) >"$work/initrd.gz"
}

# --- a guest ----------------------------------------------------------------------------------
# Guests have names; NAME.sock is the port for time, NAME-sh.sock the one for commands. They end with
# the namespace of the test.

guest_memory=192                     # MB

# start_guest NAME ERROR_S NIC [QEMU-OPTION...]: boots with an RTC that is wrong by so many whole
# seconds. NIC "none": without any network.
start_guest() {
	local name=$1 rtc network=(-netdev user,id=lan -device "$3,netdev=lan,romfile=")
	[ "$3" != none ] || network=()
	rtc=$(date -u -d "now + $2 seconds" +%Y-%m-%dT%H:%M:%S)
	shift 3
	start_peer "" "$work/$name.qemu" "$qemu" -accel tcg -machine q35 -cpu max -m $guest_memory -nodefaults -no-reboot -display none -monitor none \
		-L "$firmware/qemu" -L "$firmware/seabios" \
		-kernel "$cache/kernel/vmlinuz" -initrd "$work/initrd.gz" \
		-append "console=ttyS0 panic=-1 quiet net.ifnames=0 ${guest_append:-}" \
		-rtc "base=$rtc,clock=host" -serial "file:$work/$name.console" \
		"${network[@]}" \
		-device virtio-serial-pci \
		-chardev "socket,path=$work/$name.sock,server=on,wait=off,id=time" \
		-device virtserialport,chardev=time,name=org.guestclock.test.time \
		-chardev "socket,path=$work/$name-sh.sock,server=on,wait=off,id=sh" \
		-device virtserialport,chardev=sh,name=org.guestclock.test.shell "$@"
}
guest_ready() { grep -q 'GUEST READY' "$work/$1.console" 2>/dev/null; }
wait_for_guest() {                   # wait_for_guest NAME
	wait_for 90 guest_ready "$1" && return 0
	cat "$work/$1.qemu" "$work/$1.console" 2>/dev/null
	return 1
}

# Runs a shell command in the guest and ends with its exit status.
guest() {                            # guest NAME COMMAND
	"$work/guest-link" run "$work/$1-sh.sock" "$2"
}

# --- the clock, from outside ------------------------------------------------------------------

# Guest minus host in ns and its uncertainty, of the realtime clock or of a PTP device.
guest_error() {                      # guest_error NAME [CLOCK]
	"$work/guest-link" error "$work/$1.sock" "${2:-realtime}"
}
# Makes a clock of the guest differ from the host's by ERROR ns.
set_guest_clock() {                  # set_guest_clock NAME ERROR [CLOCK]
	"$work/guest-link" set "$work/$1.sock" "${3:-realtime}" "$2"
}
watch_guest() {                      # watch_guest NAME SECONDS: statistics over that time
	"$work/guest-link" watch "$work/$1.sock" realtime "$2" "$work/$1.watch"
}
# True if guest minus host is WANTED, to LIMIT ns.
guest_differs_by() {                 # guest_differs_by NAME WANTED LIMIT [CLOCK]
	local error
	read -r error _ < <(guest_error "$1" "${4:-realtime}")
	[ -n "$error" ] && error=$((error - $2)) && [ "${error#-}" -le "$3" ]
}
# The value of KEY=VALUE in a line of figures.
figure() {                           # figure KEY LINE
	sed -n "s/.*\b$1=\([^ ]*\).*/\1/p" <<<"$2"
}
at_most() {                          # at_most VALUE LIMIT: by magnitude, decimals allowed
	awk -v a="${1#-}" -v b="$2" 'BEGIN { exit !(a != "" && a + 0 <= b + 0) }'
}

# --- the daemon in the guest ------------------------------------------------------------------

write_configuration() {              # write_configuration NAME <TEXT
	guest "$1" "echo $(base64 -w 0) | base64 -d >/etc/guestclock/guestclockd.conf"
}
start_daemon() {                     # start_daemon NAME [OPTION...]
	local name=$1
	shift
	guest "$name" "guestclockd --config /etc/guestclock/guestclockd.conf --foreground --verbose $* >>/tmp/daemon.log 2>&1 & echo \$! >/tmp/daemon.pid"
}
# As an init script without systemd does: it returns when the daemon is ready and has detached.
start_daemon_detached() {            # start_daemon_detached NAME
	guest "$1" "guestclockd --config /etc/guestclock/guestclockd.conf >>/tmp/daemon.log 2>&1" </dev/null
}
signal_daemon() {                    # signal_daemon NAME SIGNAL
	guest "$1" "kill -$2 \$(cat /tmp/daemon.pid)"
}
daemon_ended() {                     # no process of it is left: neither the clock's nor the helper
	guest "$1" '! pidof guestclockd >/dev/null'
}
daemon_status() {                    # daemon_status NAME JQ-FILTER
	guest "$1" 'cat /run/guestclock/status.json' 2>/dev/null | jq -r "$2" 2>/dev/null
}
status_is() {                        # status_is NAME JQ-FILTER VALUE
	[ "$(daemon_status "$1" "$2")" = "$3" ]
}
# A line of /proc/PID/status of the clock process, or of its helper.
process_says() {                     # process_says NAME clock|helper PATTERN
	local clock
	clock=$(daemon_status "$1" .pid)
	if [ "$2" = clock ]; then
		guest "$1" "grep -qE '$3' /proc/$clock/status"
	else
		guest "$1" "for p in \$(pidof guestclockd); do [ \$p = $clock ] || grep -qE '$3' /proc/\$p/status && exit 0; done; exit 1"
	fi
}
show_daemon() {                      # what helps to understand a failure
	note "$1: $(daemon_status "$1" -c '.')"
	guest "$1" 'grep -v accepted /tmp/daemon.log | tail -n 60' | note_file "$1 log" -
	guest "$1" 'guest-link kernel' | note_file "$1 kernel" -
}
