/* SPDX-License-Identifier: BSD-2-Clause */
#include "session-bed.h"

#include <CUnit/Basic.h>

static gboolean on_send(gpointer user, GclkSessionFrame kind, guint8 frame[GCLK_LINK_FRAME_MAX],
	gsize length, GclkStamp *sent)
{
	GclkSessionBed *bed = user;

	*sent = bed->stamp;
	if (bed->full)
		return FALSE;
	if (kind != GCLK_SESSION_QUESTION)
		gclk_link_stamp(frame, gclk_ntp_time_from_ns(bed->stamp.utc));
	CU_ASSERT_TRUE_FATAL(bed->n_frames < BED_FRAMES_MAX);
	bed->kinds[bed->n_frames] = kind;
	CU_ASSERT_TRUE(gclk_link_packet_decode(frame + GCLK_LINK_HEADER_SIZE,
		length - GCLK_LINK_HEADER_SIZE, &bed->frames[bed->n_frames]));
	bed->n_frames++;
	return TRUE;
}

/* Never the same twice, and never what was sent before. */
static guint64 on_random(gpointer user)
{
	GclkSessionBed *bed = user;

	bed->next_random = bed->next_random * G_GUINT64_CONSTANT(6364136223846793005) + 1442695041;
	return bed->next_random;
}

void gclk_session_bed_init(GclkSessionBed *bed)
{
	*bed = (GclkSessionBed){
		.host = {
			.port = { on_send, on_random },
			.settings = { 10 * GCLK_NS_PER_S, 8 },
			.clock = {
				.claim = {
					.protocol = GCLK_PROTOCOL_NTP,
					.synchronised = TRUE,
					.bound = 3 * GCLK_NS_PER_MS,
					.tai_offset = 37,
				},
				.stratum = 3,
				.refid = 0xc0000201,
			},
			.reference = 77,
		},
		.stamp = { G_GINT64_CONSTANT(1795213102) * GCLK_NS_PER_S, 5000 * GCLK_NS_PER_S,
			6000 * GCLK_NS_PER_S },
		.next_random = 1,
	};
	gclk_session_init(&bed->session, &bed->host, bed, 0, bed->stamp.now, 0);
}

static void turn(GclkSessionBed *bed, gint64 ns)
{
	bed->stamp.utc += ns;
	bed->stamp.raw += ns;
	bed->stamp.now += ns;
}

void gclk_session_bed_pass(GclkSessionBed *bed, gint64 ns)
{
	gint64 end = bed->stamp.now + ns;
	guint steps = 0;

	while (gclk_session_deadline(&bed->session) <= end) {
		turn(bed, MAX(gclk_session_deadline(&bed->session) - bed->stamp.now, 0));
		gclk_session_run(&bed->session, bed->stamp.now);
		CU_ASSERT_TRUE_FATAL(++steps < 10000);
	}
	turn(bed, end - bed->stamp.now);
}

void gclk_session_bed_step(GclkSessionBed *bed, gint64 ns)
{
	bed->stamp.utc += ns;
}

const GclkLinkPacket *gclk_session_bed_last(const GclkSessionBed *bed)
{
	CU_ASSERT_TRUE_FATAL(bed->n_frames > 0);
	return &bed->frames[bed->n_frames - 1];
}

void gclk_session_bed_send(GclkSessionBed *bed, const GclkLinkPacket *packet)
{
	guint8 frame[GCLK_LINK_FRAME_MAX];
	gsize length = gclk_link_packet_encode(packet, frame);

	gclk_session_take(&bed->session, frame, length, &bed->stamp);
}

void gclk_session_bed_request(GclkSessionBed *bed, guint64 nonce)
{
	GclkLinkPacket request;

	gclk_link_request(&request, nonce, 4);
	gclk_session_bed_send(bed, &request);
}

void gclk_session_bed_answer(GclkSessionBed *bed, gint64 there, gint64 held, gint64 back,
	void (*edit)(GclkLinkPacket *answer))
{
	const GclkNtpHeader question = gclk_session_bed_last(bed)->header;
	GclkLinkPacket answer = { .header = { .stratum = 4 } };

	turn(bed, there);
	gclk_link_answer(
		&answer, &question, gclk_ntp_time_from_ns(bed->stamp.utc - bed->guest_behind));
	turn(bed, held);
	answer.header.transmit = gclk_ntp_time_from_ns(bed->stamp.utc - bed->guest_behind);
	turn(bed, back);
	if (edit)
		edit(&answer);
	gclk_session_bed_send(bed, &answer);
}
