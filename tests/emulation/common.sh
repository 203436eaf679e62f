# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# What the tests on emulated machines share: the preload (machine.c), built, and how a program is run
# on a machine. They need neither root nor namespaces: they only read.

emulation_here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/harness.sh
source "$emulation_here/../harness.sh"

machines=$emulation_here/../data/machines
guestclock=${GUESTCLOCK_BUILD:?the build folder}/agent/guestclock

[ "$(uname -sm)" = "Linux x86_64" ] || skip_all "the emulation is for Linux on x86-64"
for tool in cc jq objdump; do
	command -v "$tool" >/dev/null || skip_all "$tool is not installed"
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM HUP
cc -shared -fPIC -O1 -std=gnu11 -Wall -Wextra -Werror -o "$work/machine.so" "$emulation_here"/machine*.c ||
	bail_out "machine.c does not build"

# CPUID that faults is what a hypervisor does itself; where that cannot be, traps stand in its place
# in the program, which is otherwise as it is.
if GUESTCLOCK_MACHINE_PROBE=1 LD_PRELOAD=$work/machine.so env true; then
	note "CPUID faults here: every CPUID instruction of the program is answered"
else
	note "CPUID cannot be made to fault here (arch_prctl ARCH_SET_CPUID): traps in its place"
	GUESTCLOCK_MACHINE_CPUIDS=$(objdump -d --no-show-raw-insn "$guestclock" |
		awk '$2 == "cpuid" { sub(":", "", $1); printf "0x%s ", $1 }')
	export GUESTCLOCK_MACHINE_CPUIDS
	[ -n "$GUESTCLOCK_MACHINE_CPUIDS" ] || skip_all "no CPUID instruction found in $guestclock"
fi

on() {                               # on MACHINE COMMAND...
	local machine=$1
	shift
	GUESTCLOCK_MACHINE=$machines/$machine LD_PRELOAD=$work/machine.so "$@"
}
expected() { sed -n "s/^$2 //p" "$machines/$1/expected"; }  # expected MACHINE WORD
# Those that have a processor and run Linux.
emulated_machines() {
	local folder
	for folder in "$machines"/*/; do
		[ ! -r "$folder/cpuid" ] || [ -e "$folder/sysctl" ] || basename "$folder"
	done
}
