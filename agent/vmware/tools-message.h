/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the clock process and the process that talks to VMware's libraries say to each other: one
 * struct in a SOCK_SEQPACKET record, one request at a time. Neither believes the other; what a
 * library has answered is cleaned and cut here. Private to agent/vmware and its tests.
 */
#ifndef GUESTCLOCK_VMWARE_TOOLS_MESSAGE_H
#define GUESTCLOCK_VMWARE_TOOLS_MESSAGE_H

#include <glib.h>

/* With the NUL. A request that vSphere would take may be longer; ours are not. */
#define GCLK_TOOLS_TEXT_MAX 1024

typedef enum {
	/* requests */
	GCLK_TOOLS_SEND, /* text: an RPC, "info-set guestinfo.x y" */
	GCLK_TOOLS_LOOK, /* ask libguestlib */
	/* answers */
	GCLK_TOOLS_SENT,   /* good: VMware took it; text: its answer */
	GCLK_TOOLS_LOOKED, /* error, and the numbers if that is 0 */
	/* news, with id 0 */
	GCLK_TOOLS_READY, /* the libraries are loaded: can */
	GCLK_TOOLS_ENDED, /* the process that had them has died, text: of what; another follows */
	GCLK_TOOLS_GIVEN_UP, /* likewise, and there will be no other */
	GCLK_TOOLS_KINDS,
} GclkToolsKind;

/* What is there. */
#define GCLK_TOOLS_CAN_SEND 1u
#define GCLK_TOOLS_CAN_LOOK 2u

typedef struct {
	guint32 id;   /* the answer has that of its request */
	guint32 kind; /* GclkToolsKind */
	guint32 can;
	guint32 good;
	guint32 error;      /* VMGuestLibError; 0: none */
	guint32 reserved;   /* 0 */
	guint64 session;    /* changes when the VM is moved, resumed or reverted; opaque */
	guint64 elapsed_ms; /* real time since the VM began to run on this host */
	guint64 stolen_ms;  /* it was ready to run, and was not run */
	char text[GCLK_TOOLS_TEXT_MAX]; /* printable ASCII */
} GclkToolsMessage;

/* Makes a record of that length into a message. FALSE: it is none. */
gboolean gclk_tools_message_check(const void *bytes, gsize length, GclkToolsMessage *out);

/* The bytes as text that can harm nobody: printable ASCII, what is not becomes "?", white space of
   any length one blank, none at the ends; cut to size - 1. */
void gclk_tools_clean(const void *bytes, gsize length, char *out, gsize size);

/* What is wrong, by libguestlib (vmGuestLib.h); static, half a sentence. */
const char *gclk_tools_error_text(guint32 error);

/* The host has not switched this on for the VM, or does not have it: no fault, and no news soon. */
gboolean gclk_tools_error_lasts(guint32 error);

/* --- the host's time service ------------------------------------------------------------------
 */

#define GCLK_TOOLS_ROWS_MAX 16

/* A property of the host's clock, as VMware names it. */
typedef struct {
	char key[48];
	char value[80];
} GclkToolsRow;

/* The answer to "timeInfo.get-updates precisionclock0": "OK", then lines "KEY VALUE TIME" (open-vm-
   tools, services/plugins/timeSync/timeInfo.c). Returns the number of rows, those beyond the
   largest number left out; -1: it is no such answer. */
gint gclk_tools_time_info(const char *text, gsize length, GclkToolsRow rows[GCLK_TOOLS_ROWS_MAX]);

#endif
