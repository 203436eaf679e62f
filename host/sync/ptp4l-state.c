/* SPDX-License-Identifier: BSD-2-Clause */
#include "sync/ptp4l-state.h"

#include <string.h>

const guint16 gclk_ptp4l_ids[GCLK_PTP4L_IDS] = {
	GCLK_PTP_DEFAULT_DATA_SET, GCLK_PTP_TIME_STATUS_NP, GCLK_PTP_PORT_DATA_SET,
	GCLK_PTP_PARENT_DATA_SET, GCLK_PTP_TIME_PROPERTIES_DATA_SET, GCLK_PTP_CURRENT_DATA_SET,
	GCLK_PTP_PORT_PROPERTIES_NP, /* refused by the read-only socket */
};

static gint id_place(guint16 id)
{
	for (gint i = 0; i < GCLK_PTP4L_IDS; i++)
		if (gclk_ptp4l_ids[i] == id)
			return i;
	return -1;
}

/* --- taking answers in ------------------------------------------------------------------------ */

static guint64 get(const guint8 *at, guint bytes)
{
	guint64 value = 0;

	for (guint i = 0; i < bytes; i++)
		value = value << 8 | at[i];
	return value;
}

static void take_default(GclkPtp4lState *state, const guint8 *data)
{
	state->number_ports = (guint16)get(data + 2, 2);
	state->own_class = data[5];
	memcpy(state->clock_identity, data + 10, 8);
}

/* TimeInterval: 2^-16 ns */
static void take_current(GclkPtp4lState *state, const guint8 *data)
{
	state->path_delay = (gint64)get(data + 10, 8) / 65536;
}

static void take_parent(GclkPtp4lState *state, const guint8 *data)
{
	state->gm_class = data[19];
	state->gm_accuracy = data[20];
	memcpy(state->gm_identity, data + 24, 8);
}

static void take_properties(GclkPtp4lState *state, const guint8 *data)
{
	state->utc_offset = (gint16)get(data, 2);
	state->time_flags = data[2];
}

static void take_status(GclkPtp4lState *state, const guint8 *data)
{
	state->master_offset = (gint64)get(data, 8);
	state->ingress_time = (gint64)get(data + 8, 8);
	state->gm_present = get(data + 38, 4) != 0;
}

/* The port of that number, a new one if need be; NULL: there is no room. */
static GclkPtp4lPort *find_port(GclkPtp4lState *state, guint16 number)
{
	guint i = 0;

	while (i < GCLK_PTP4L_PORTS_MAX && state->ports[i].number != 0 &&
		state->ports[i].number != number)
		i++;
	return i < GCLK_PTP4L_PORTS_MAX ? &state->ports[i] : NULL;
}

static void take_port(GclkPtp4lState *state, const guint8 *data)
{
	guint16 number = (guint16)get(data + 8, 2);
	GclkPtp4lPort *port = number ? find_port(state, number) : NULL;

	if (!port)
		return;
	state->n_ports += port->state == 0;
	port->number = number;
	port->state = MAX(data[10], 1);
	port->log_sync_interval = (gint8)data[22];
}

/* The state, the way packets are stamped, and PTPText: a length and that much text. */
static void take_port_properties(GclkPtp4lState *state, const guint8 *data, gsize length)
{
	guint16 number = (guint16)get(data + 8, 2);
	GclkPtp4lPort *port = number ? find_port(state, number) : NULL;
	gsize text = data[12];

	if (!port)
		return;
	state->n_properties += port->stamping == GCLK_PTP_STAMPING_UNKNOWN;
	port->number = number;
	port->stamping = data[11] == 0 ? GCLK_PTP_STAMPING_SOFTWARE : GCLK_PTP_STAMPING_HARDWARE;
	text = MIN(text, length - 13);
	text = MIN(text, sizeof(port->interface) - 1);
	memcpy(port->interface, data + 13, text);
	port->interface[text] = '\0';
}

/* How long the data must be, in the order of gclk_ptp4l_ids. */
static const gsize sizes[GCLK_PTP4L_IDS] = { 20, 50, 26, 32, 4, 18, 13 };

gboolean gclk_ptp4l_state_take(GclkPtp4lState *state, const GclkPtpAnswer *answer)
{
	gint place = id_place(answer->ask.id);

	if (place < 0 || (!answer->error && answer->length < sizes[place]))
		return FALSE;
	if (answer->error) {
		state->refused |= 1U << place;
		return TRUE;
	}
	switch (answer->ask.id) {
	case GCLK_PTP_DEFAULT_DATA_SET:
		take_default(state, answer->data);
		break;
	case GCLK_PTP_CURRENT_DATA_SET:
		take_current(state, answer->data);
		break;
	case GCLK_PTP_PARENT_DATA_SET:
		take_parent(state, answer->data);
		break;
	case GCLK_PTP_TIME_PROPERTIES_DATA_SET:
		take_properties(state, answer->data);
		break;
	case GCLK_PTP_TIME_STATUS_NP:
		take_status(state, answer->data);
		break;
	case GCLK_PTP_PORT_DATA_SET:
		take_port(state, answer->data);
		break;
	case GCLK_PTP_PORT_PROPERTIES_NP:
		take_port_properties(state, answer->data, answer->length);
		break;
	}
	state->answered |= 1U << place;
	return TRUE;
}

gboolean gclk_ptp4l_has(const GclkPtp4lState *state, guint16 id)
{
	gint place = id_place(id);

	return place >= 0 && (state->answered >> place & 1) != 0;
}

static gboolean is_refused(const GclkPtp4lState *state, guint16 id)
{
	return (state->refused >> id_place(id) & 1) != 0;
}

/* --- what there is ---------------------------------------------------------------------------- */

gboolean gclk_ptp4l_state_complete(const GclkPtp4lState *state)
{
	guint ports = MIN(state->number_ports, GCLK_PTP4L_PORTS_MAX);

	if ((state->answered | state->refused) != (1U << GCLK_PTP4L_IDS) - 1)
		return FALSE;
	return (state->n_ports >= ports || is_refused(state, GCLK_PTP_PORT_DATA_SET)) &&
	       (state->n_properties >= ports || is_refused(state, GCLK_PTP_PORT_PROPERTIES_NP));
}

const GclkPtp4lPort *gclk_ptp4l_state_port(const GclkPtp4lState *state)
{
	static const guint8 order[] = { GCLK_PTP_PORT_SLAVE, GCLK_PTP_PORT_UNCALIBRATED,
		GCLK_PTP_PORT_MASTER, GCLK_PTP_PORT_LISTENING };

	for (gsize o = 0; o < G_N_ELEMENTS(order); o++)
		for (guint i = 0; i < GCLK_PTP4L_PORTS_MAX && state->ports[i].number; i++)
			if (state->ports[i].state == order[o])
				return &state->ports[i];
	for (guint i = 0; i < GCLK_PTP4L_PORTS_MAX; i++)
		if (state->ports[i].state)
			return &state->ports[i];
	return NULL;
}

GclkPtpStamping gclk_ptp4l_stamping(const GclkPtp4lState *state, const GclkPtp4lSettings *settings)
{
	const GclkPtp4lPort *port = gclk_ptp4l_state_port(state);

	if (port && port->stamping != GCLK_PTP_STAMPING_UNKNOWN)
		return port->stamping;
	return settings->stamping;
}

const char *gclk_ptp_port_state_name(guint8 state, char buffer[16])
{
	static const char *const names[] = { NULL, "INITIALIZING", "FAULTY", "DISABLED",
		"LISTENING", "PRE_MASTER", "MASTER", "PASSIVE", "UNCALIBRATED", "SLAVE" };

	if (state > 0 && state < G_N_ELEMENTS(names))
		return names[state];
	g_snprintf(buffer, 16, "state %u", state);
	return buffer;
}

void gclk_ptp_identity_format(const guint8 id[8], char buffer[20])
{
	g_snprintf(buffer, 20, "%02x%02x%02x.%02x%02x.%02x%02x%02x", id[0], id[1], id[2], id[3],
		id[4], id[5], id[6], id[7]);
}

gint64 gclk_ptp_accuracy(guint8 accuracy)
{
	/* from 0x17 on, in units of 1 ps */
	static const gint64 ps[] = { 1, 2, 10, 25, 100, 250, 1000, 2500, 10000, 25000, 100000,
		250000, 1000000, 2500000, 10000000, 25000000, 100000000, 250000000,
		G_GINT64_CONSTANT(1000000000), G_GINT64_CONSTANT(2500000000),
		G_GINT64_CONSTANT(10000000000), G_GINT64_CONSTANT(25000000000),
		G_GINT64_CONSTANT(100000000000), G_GINT64_CONSTANT(250000000000),
		G_GINT64_CONSTANT(1000000000000), G_GINT64_CONSTANT(10000000000000) };

	if (accuracy < 0x17 || accuracy >= 0x17 + G_N_ELEMENTS(ps))
		return GCLK_BOUND_UNKNOWN;
	return (ps[accuracy - 0x17] + 999) / 1000;
}
