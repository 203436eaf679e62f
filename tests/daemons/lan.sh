# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# A LAN of network namespaces: every server is a host of its own on a bridge in the test's
# namespace, where guestclockd runs.

lan_client4=10.77.0.1 lan_client6=fd77::1

lan_up() {
	ip link add lan0 type bridge || skip_all "no bridges here"
	ip addr add "$lan_client4/24" dev lan0
	ip addr add "$lan_client6/64" dev lan0 nodad
	ip link set lan0 up
}
# A host NAME with the addresses 10.77.0.NUMBER and fd77::NUMBER.
lan_host() {                         # lan_host NAME NUMBER
	ip netns add "$1" || bail_out "no network namespace $1"
	ip link add "lan-$1" type veth peer name eth0 netns "$1"
	ip link set "lan-$1" master lan0 up
	ip -n "$1" link set lo up
	ip -n "$1" addr add "10.77.0.$2/24" dev eth0
	ip -n "$1" addr add "fd77::$2/64" dev eth0 nodad
	ip -n "$1" link set eth0 up
}
