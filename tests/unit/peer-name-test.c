/* SPDX-License-Identifier: BSD-2-Clause */
#include "guests/peer-name.h"

#include <string.h>
#include <unistd.h>

#include "harness.h"

/* arguments: parted by '|', each ends with NUL in the file */
static char *name_of(const char *arguments)
{
	gsize length = strlen(arguments) + 1;
	g_autofree char *bytes = g_strdup(arguments);

	g_strdelimit(bytes, "|", '\0');
	return gclk_peer_name_from_cmdline(bytes, length);
}

static void expect(const char *arguments, const char *name)
{
	g_autofree char *found = name_of(arguments);

	GCLK_ASSERT_STR(found, name);
}

static void test_qemu(void)
{
	expect("qemu-system-x86_64|-name|db01|-m|256", "db01");
	expect("qemu-system-x86_64|-m|256|-name|guest=db01,debug-threads=on|-S", "db01");
	expect("/usr/bin/kvm|--name|db01,debug-threads=on", "db01");
	expect("/usr/bin/kvm|-name|guest=a,,b,process=x|-m|1", "a,b");
	/* Proxmox has both, the number first */
	expect("/usr/bin/kvm|-id|100|-name|web,debug-threads=on", "100");
}

static void test_others(void)
{
	expect("firecracker|--id|vm-7|--api-sock|/run/fc.sock", "vm-7");
	expect("socat|-|UNIX-CONNECT:/x", NULL);
	expect("qemu-system-x86_64|-m|256", NULL);
}

static void test_bad_input(void)
{
	const char cut[] = { 'q', '\0', '-', 'n', 'a', 'm', 'e', '\0', 'd', 'b' };
	g_autofree char *tail = gclk_peer_name_from_cmdline(cut, sizeof cut);
	g_autofree char *nothing = gclk_peer_name_from_cmdline("", 0);
	g_autofree char *long_name = g_strnfill(300, 'x');
	g_autofree char *long_line = g_strdup_printf("qemu|-name|%s", long_name);

	CU_ASSERT_PTR_NULL(tail);
	CU_ASSERT_PTR_NULL(nothing);
	expect("qemu|-name", NULL);
	expect("qemu|-name|", NULL);
	expect("qemu|---name|x", NULL);
	expect("qemu|-name|guest=,x=y|-id|7", "7");
	expect(long_line, NULL);
}

static void test_process(void)
{
	g_autofree char *own = gclk_peer_name_of(getpid());

	CU_ASSERT_PTR_NULL(own);
	CU_ASSERT_PTR_NULL(gclk_peer_name_of(-1));
}

int main(void)
{
	static const GclkTestCase cases[] = {
		{ "QEMU and Proxmox", test_qemu },
		{ "others", test_others },
		{ "bad input", test_bad_input },
		{ "a process", test_process },
		{ NULL, NULL },
	};

	return gclk_test_main("peer-name", cases);
}
