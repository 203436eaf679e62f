# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2154 # $work, $build, $qemu ... are common.sh's
# A private libvirtd: its compiled-in folders are bound to folders of the test, in a mount namespace of
# its own, so the machine's libvirt, its hooks and its domains are not involved. Several may run side by
# side; each has a name and a host name of its own.

libvirt_needs() {
	local tool
	for tool in libvirtd virsh python3; do
		command -v "$tool" >/dev/null || skip_all "$tool is not installed"
	done
	needs_peers qemu
	[ -x "$build/host/hostclock" ] || skip_all "$build/host/hostclock is missing: build first"
}

libvirt_folders=(etc run var cache log)
libvirt_places=(/etc/libvirt /run/libvirt /var/lib/libvirt /var/cache/libvirt /var/log/libvirt)
# Mount points that this machine lacks are made, and taken away again at the end.
libvirt_made=()
libvirt_prepare() {
	local place
	for place in "${libvirt_places[@]}"; do
		if [ ! -d "$place" ]; then
			mkdir -p "$place"
			libvirt_made+=("$place")
		fi
	done
	for place in "$cache"/qemu/usr/lib/*/qemu; do
		qemu_modules=$place
	done
	cat >"$work/qemu" <<-SCRIPT
		#!/bin/sh
		export QEMU_MODULE_DIR=$qemu_modules
		LD_LIBRARY_PATH=$peer_libraries exec $qemu -L $firmware/qemu -L $firmware/seabios "\$@"
	SCRIPT
	chmod +x "$work/qemu"
	# libvirtd wants its package's user to exist, although it runs its domains as root here
	{ cat /etc/passwd && echo "libvirt-qemu:x:64055:64055::/:/bin/false"; } >"$work/passwd"
	{ cat /etc/group && echo "libvirt-qemu:x:64055:"; } >"$work/group"
}
libvirt_tidy() {
	local pidfile
	for pidfile in "$work"/*/run/qemu/*.pid; do
		[ ! -s "$pidfile" ] || kill "$(cat "$pidfile")" 2>/dev/null
	done
	[ ${#libvirt_made[@]} = 0 ] || rmdir "${libvirt_made[@]}" 2>/dev/null
}

libvirt_uri() { echo "qemu+unix:///system?socket=$work/$1/run/libvirt-sock"; }
v() {                                # v DAEMON VIRSH-ARGUMENT...
	local uri
	uri=$(libvirt_uri "$1")
	shift
	LC_ALL=C virsh -q -c "$uri" "$@"
}

declare -A libvirt_pids
libvirt_configure() {                # libvirt_configure DAEMON UUID
	local folder
	for folder in "${libvirt_folders[@]}"; do
		mkdir -p "$work/$1/$folder"
	done
	mkdir -p "$work/$1/etc/hooks/qemu.d"
	cat >"$work/$1/etc/libvirtd.conf" <<-CONF
		auth_unix_rw = "none"
		unix_sock_rw_perms = "0700"
		host_uuid = "$2"
		log_level = 3
		log_outputs = "3:file:/var/log/libvirt/libvirtd.log"
	CONF
	cat >"$work/$1/etc/qemu.conf" <<-CONF
		stdio_handler = "file"
		security_driver = "none"
		namespaces = [ ]
		cgroup_controllers = [ ]
		user = "root"
		group = "root"
		remember_owner = 0
	CONF
	{
		echo "mount --make-rprivate /"
		for folder in "${!libvirt_folders[@]}"; do
			echo "mount --bind $work/$1/${libvirt_folders[folder]} ${libvirt_places[folder]}"
		done
		echo "mount --bind $work/passwd /etc/passwd"
		echo "mount --bind $work/group /etc/group"
		# a QEMU that is installed here and its modules would meet those of ours
		[ ! -d "${qemu_modules#"$cache/qemu"}" ] ||
			echo "mount --bind $qemu_modules ${qemu_modules#"$cache/qemu"}"
		for folder in /usr/bin/qemu-system-*; do
			[ ! -x "$folder" ] || echo "mount --bind /bin/false $folder"
		done
		echo "hostname host-$1"
		echo "exec libvirtd -f /etc/libvirt/libvirtd.conf -p /run/libvirt/libvirtd.pid"
	} >"$work/$1/start.sh"
}
libvirt_answers() { v "$1" list >/dev/null 2>&1; }
libvirt_start() {                    # libvirt_start DAEMON
	unshare -m -u sh "$work/$1/start.sh" >>"$work/$1/out" 2>&1 &
	libvirt_pids[$1]=$!          # unshare and sh both exec
	wait_for 60 libvirt_answers "$1" && return
	note_file "libvirtd $1" "$work/$1/out" "$work/$1/log/libvirtd.log"
	bail_out "libvirtd $1 does not start"
}
libvirt_stop() {                     # libvirt_stop DAEMON
	kill "${libvirt_pids[$1]}"
	wait "${libvirt_pids[$1]}" 2>/dev/null
}

# No disk, no network: the firmware is all that runs.
domain_xml() {                       # domain_xml NAME METADATA [DEVICES]
	cat <<-XML
		<domain type='qemu'>
		  <name>$1</name>
		  <metadata>$2</metadata>
		  <memory unit='MiB'>64</memory>
		  <vcpu>1</vcpu>
		  <os><type arch='x86_64' machine='q35'>hvm</type></os>
		  <features><acpi/></features>
		  <devices>
		    <emulator>$work/qemu</emulator>
		    <controller type='usb' model='none'/>
		    <memballoon model='none'/>
		    ${3:-}
		  </devices>
		</domain>
	XML
}
need_xml() {                         # need_xml PROTOCOL [ATTRIBUTE]
	echo "<guestclock:clock xmlns:guestclock='urn:guestclock:domain:1' protocol='$1' ${2:-}/>"
}
define() {                           # define DAEMON NAME METADATA [DEVICES]
	domain_xml "$2" "$3" "${4:-}" >"$work/$2.xml" && v "$1" define "$work/$2.xml" >/dev/null
}

# --- guestclock's hook ---------------------------------------------------------------------------

# The script that is packaged, with the hostclock of the build and a configuration of the daemon's own.
install_hook() {                     # install_hook DAEMON
	mkdir -p "$work/$1/bin" "$work/$1/gc"
	cat >"$work/$1/bin/hostclock" <<-SCRIPT
		#!/bin/sh
		shift
		exec $build/host/hostclock hook --config $work/$1/hostclock.conf "\$@"
	SCRIPT
	sed "s|@bindir@|$work/$1/bin|g" "$vm_here/../../packaging/libvirt/50-guestclock.in" \
		>"$work/$1/etc/hooks/qemu.d/50-guestclock"
	chmod +x "$work/$1/bin/hostclock" "$work/$1/etc/hooks/qemu.d/50-guestclock"
	configure_hook "$1"
}
configure_hook() {                   # configure_hook DAEMON [LINE...]: of [gate]
	local daemon=$1
	shift
	{
		printf '[gate]\nrun-directory=%s\nswitch-file=%s\ncache-age=1h\n' "$work/$daemon/gc" "$work/$daemon/gate-off"
		printf '%s\n' "$@"
	} >"$work/$daemon/hostclock.conf"
}
# What the gate finds out about its host, as the start of another VM would have left it; without a cache
# it asks the time daemons of the test's namespace.
host_is() {                          # host_is DAEMON PROTOCOL SYNCHRONISED
	cat >"$work/$1/gc/host-sync" <<-CACHE
		[host-sync]
		version=1
		boottime-ns=$(awk '{ printf "%.0f", ($1 - 1) * 1e9 }' /proc/uptime)
		boot-id=$(cat /proc/sys/kernel/random/boot_id)
		effective=$2
		synchronised=$3
		bound-ns=50000
		summary=held by $2, as this test says
	CACHE
	chmod 644 "$work/$1/gc/host-sync"
}
host_is_asked() { rm -f "$work/$1/gc/host-sync"; }
