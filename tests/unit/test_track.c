/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The pure pieces of track/: the tables of both state machines, the framer, names, advice. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "track/bfd_fsm.h"
#include "track/bgp_fsm.h"
#include "track/framer.h"
#include "track/internal.h"

/* ---- RFC 4271 section 8.2.2, read off the text of each state ---- */

static const struct {
	enum bgp_state state;
	uint8_t event;
	enum bgp_state next;
} bgp_rows[] = {
	/* Idle: "the other events are ignored" but the start events. */
	{BGP_STATE_IDLE, RFC_AUTOMATIC_START, BGP_STATE_CONNECT},
	{BGP_STATE_IDLE, RFC_AUTOMATIC_START_PASSIVE, BGP_STATE_ACTIVE},
	{BGP_STATE_IDLE, RFC_TCP_CR_ACKED, BGP_STATE_IDLE},
	{BGP_STATE_IDLE, RFC_KEEPALIVE, BGP_STATE_IDLE},
	/* Connect, DelayOpen off. */
	{BGP_STATE_CONNECT, RFC_TCP_CR_ACKED, BGP_STATE_OPENSENT},
	{BGP_STATE_CONNECT, RFC_TCP_CONFIRMED, BGP_STATE_OPENSENT},
	{BGP_STATE_CONNECT, RFC_TCP_FAILS, BGP_STATE_IDLE},
	{BGP_STATE_CONNECT, RFC_CONNECT_RETRY_EXPIRES, BGP_STATE_CONNECT},
	{BGP_STATE_CONNECT, RFC_AUTOMATIC_START, BGP_STATE_CONNECT},
	{BGP_STATE_CONNECT, RFC_HOLD_TIMER_EXPIRES, BGP_STATE_IDLE},
	/* Active. */
	{BGP_STATE_ACTIVE, RFC_CONNECT_RETRY_EXPIRES, BGP_STATE_CONNECT},
	{BGP_STATE_ACTIVE, RFC_TCP_CONFIRMED, BGP_STATE_OPENSENT},
	{BGP_STATE_ACTIVE, RFC_TCP_FAILS, BGP_STATE_IDLE},
	/* OpenSent. */
	{BGP_STATE_OPENSENT, RFC_TCP_FAILS, BGP_STATE_ACTIVE},
	{BGP_STATE_OPENSENT, RFC_BGP_OPEN, BGP_STATE_OPENCONFIRM},
	{BGP_STATE_OPENSENT, RFC_OPEN_ERR, BGP_STATE_IDLE},
	{BGP_STATE_OPENSENT, RFC_NOTIF_VERSION_ERR, BGP_STATE_IDLE},
	{BGP_STATE_OPENSENT, RFC_KEEPALIVE, BGP_STATE_IDLE},
	{BGP_STATE_OPENSENT, RFC_HOLD_TIMER_EXPIRES, BGP_STATE_IDLE},
	/* OpenConfirm. */
	{BGP_STATE_OPENCONFIRM, RFC_KEEPALIVE, BGP_STATE_ESTABLISHED},
	{BGP_STATE_OPENCONFIRM, RFC_NOTIF, BGP_STATE_IDLE},
	{BGP_STATE_OPENCONFIRM, RFC_TCP_FAILS, BGP_STATE_IDLE},
	{BGP_STATE_OPENCONFIRM, RFC_UPDATE, BGP_STATE_IDLE},
	{BGP_STATE_OPENCONFIRM, RFC_COLLISION_DUMP, BGP_STATE_IDLE},
	/* Established. */
	{BGP_STATE_ESTABLISHED, RFC_KEEPALIVE, BGP_STATE_ESTABLISHED},
	{BGP_STATE_ESTABLISHED, RFC_UPDATE, BGP_STATE_ESTABLISHED},
	{BGP_STATE_ESTABLISHED, RFC_UPDATE_ERR, BGP_STATE_IDLE},
	{BGP_STATE_ESTABLISHED, RFC_HOLD_TIMER_EXPIRES, BGP_STATE_IDLE},
	{BGP_STATE_ESTABLISHED, RFC_NOTIF, BGP_STATE_IDLE},
	{BGP_STATE_ESTABLISHED, RFC_TCP_FAILS, BGP_STATE_IDLE},
	{BGP_STATE_ESTABLISHED, RFC_MANUAL_STOP, BGP_STATE_IDLE},
	{BGP_STATE_ESTABLISHED, RFC_AUTOMATIC_START, BGP_STATE_ESTABLISHED},
	{BGP_STATE_ESTABLISHED, RFC_SEND_HOLD_TIMER_EXPIRES, BGP_STATE_IDLE}, /* RFC 9687 */
};

Test(bgp_fsm, follows_rfc_4271)
{
	for (size_t i = 0; i < sizeof(bgp_rows) / sizeof(bgp_rows[0]); i++) {
		cr_expect_eq(bgp_fsm_next(bgp_rows[i].state, bgp_rows[i].event), bgp_rows[i].next,
			"%s on event %u: %s", bgp_state_name((uint8_t)bgp_rows[i].state),
			bgp_rows[i].event,
			bgp_state_name((uint8_t)bgp_fsm_next(bgp_rows[i].state, bgp_rows[i].event)));
	}
}

Test(bgp_fsm, is_total_and_never_returns_to_unknown)
{
	for (unsigned state = 0; state < BGP_STATE_COUNT; state++) {
		for (unsigned event = 0; event < 256; event++) {
			enum bgp_state next =
				bgp_fsm_next((enum bgp_state)state, (uint8_t)event);
			cr_expect_lt((unsigned)next, BGP_STATE_COUNT);
			cr_expect(state == BGP_STATE_UNKNOWN || next != BGP_STATE_UNKNOWN);
		}
	}
}

Test(bgp_fsm, established_is_entered_from_openconfirm_or_the_unknown_alone)
{
	for (unsigned state = 0; state < BGP_STATE_COUNT; state++) {
		for (unsigned event = 0; event < RFC_EVENT_COUNT; event++) {
			if (bgp_fsm_next((enum bgp_state)state, (uint8_t)event) ==
				    BGP_STATE_ESTABLISHED &&
				state != BGP_STATE_ESTABLISHED) {
				cr_expect(state == BGP_STATE_OPENCONFIRM || state == BGP_STATE_UNKNOWN);
			}
		}
	}
}

/* ---- RFC 5880 section 6.2: the diagram ---- */

static const struct {
	enum bfd_state state, received, next;
} bfd_rows[] = {
	{BFD_DOWN, BFD_DOWN, BFD_INIT},
	{BFD_DOWN, BFD_INIT, BFD_UP},
	{BFD_DOWN, BFD_UP, BFD_DOWN},
	{BFD_DOWN, BFD_ADMIN_DOWN, BFD_DOWN},
	{BFD_INIT, BFD_INIT, BFD_UP},
	{BFD_INIT, BFD_UP, BFD_UP},
	{BFD_INIT, BFD_DOWN, BFD_INIT},
	{BFD_INIT, BFD_ADMIN_DOWN, BFD_DOWN},
	{BFD_UP, BFD_UP, BFD_UP},
	{BFD_UP, BFD_INIT, BFD_UP},
	{BFD_UP, BFD_DOWN, BFD_DOWN},
	{BFD_UP, BFD_ADMIN_DOWN, BFD_DOWN},
	{BFD_ADMIN_DOWN, BFD_UP, BFD_ADMIN_DOWN},
};

Test(bfd_fsm, follows_rfc_5880)
{
	for (size_t i = 0; i < sizeof(bfd_rows) / sizeof(bfd_rows[0]); i++) {
		cr_expect_eq(bfd_fsm_next(bfd_rows[i].state, bfd_rows[i].received), bfd_rows[i].next,
			"%s hears %s", bfd_state_name((uint8_t)bfd_rows[i].state),
			bfd_state_name((uint8_t)bfd_rows[i].received));
	}
}

/* ---- the framer ---- */

enum { SEEN_MAX = 64 };

struct seen {
	unsigned messages, faults;
	uint8_t type[SEEN_MAX];
	size_t size[SEEN_MAX];
	uint32_t wire[SEEN_MAX], seq_end[SEEN_MAX];
	uint64_t frame[SEEN_MAX];
};

static void
on_message(void *ctx, const uint8_t *bytes, size_t size, uint32_t wire, uint32_t seq_end,
	const struct framer_origin *origin)
{
	struct seen *seen = ctx;
	cr_assert_lt(seen->messages, SEEN_MAX);
	seen->type[seen->messages] = size > 18 ? bytes[18] : 0;
	seen->size[seen->messages] = size;
	seen->wire[seen->messages] = wire;
	seen->seq_end[seen->messages] = seq_end;
	seen->frame[seen->messages] = origin->frame;
	seen->messages++;
}

static void
on_fault(void *ctx, enum bgp_fault_code code, const uint8_t header[BGP_HEADER_SIZE],
	const struct framer_origin *origin)
{
	(void)code;
	(void)header;
	(void)origin;
	((struct seen *)ctx)->faults++;
}

/* A message of `length` octets of a type, filled with a pattern that holds no marker. */
static size_t
put(uint8_t *at, uint8_t type, uint16_t length)
{
	memset(at, 0xff, 16);
	at[16] = (uint8_t)(length >> 8);
	at[17] = (uint8_t)length;
	at[18] = type;
	for (uint16_t i = 19; i < length; i++) {
		at[i] = (uint8_t)(i * 7 & 0x7f);
	}
	return length;
}

/* OPEN 29, KEEPALIVE 19, UPDATE 200, KEEPALIVE 19, NOTIFICATION 21: 288 octets. */
static size_t
stream(uint8_t *at)
{
	size_t n = put(at, 1, 29);
	n += put(at + n, 4, 19);
	n += put(at + n, 2, 200);
	n += put(at + n, 4, 19);
	n += put(at + n, 3, 21);
	return n;
}

static uint8_t whole[BGP_EXTENDED_MESSAGE_MAX];

static void
feed(struct framer *f, struct seen *seen, const uint8_t *bytes, size_t size, uint32_t seq,
	uint64_t frame)
{
	struct framer_sink sink = {seen, on_message, on_fault, whole};
	struct framer_origin origin = {.frame = frame, .time_ns = frame};
	uint8_t *copy = malloc(size > 0 ? size : 1); /* so that a read outside is found */
	memcpy(copy, bytes, size);
	framer_bytes(f, &sink, copy, size, seq, &origin);
	free(copy);
}

Test(framer, any_chunking_gives_the_same_messages)
{
	static const uint8_t types[] = {1, 4, 2, 4, 3};
	static const uint32_t ends[] = {29, 48, 248, 267, 288};
	uint8_t bytes[512];
	size_t size = stream(bytes);
	cr_assert_eq(size, 288);
	for (size_t chunk = 1; chunk <= size; chunk++) {
		struct framer f;
		struct seen seen = {0};
		framer_init(&f, false);
		for (size_t at = 0; at < size; at += chunk) {
			size_t part = size - at < chunk ? size - at : chunk;
			feed(&f, &seen, bytes + at, part, (uint32_t)at, at / chunk + 1);
		}
		cr_assert_eq(seen.messages, 5, "chunks of %zu", chunk);
		cr_expect_eq(seen.faults, 0);
		for (unsigned i = 0; i < 5; i++) {
			cr_expect_eq(seen.type[i], types[i]);
			cr_expect_eq(seen.seq_end[i], ends[i]);
			cr_expect_eq(seen.size[i], seen.wire[i]);
			/* The chunk that holds the last octet, counted from 1. */
			cr_expect_eq(seen.frame[i], (ends[i] - 1) / chunk + 1);
		}
		framer_finish(&f);
	}
}

Test(framer, keeps_its_place_over_a_hole_inside_a_message)
{
	uint8_t bytes[512];
	size_t size = stream(bytes);
	struct framer f;
	struct seen seen = {0};
	struct framer_sink sink = {&seen, on_message, on_fault, whole};
	struct framer_origin origin = {.frame = 2};
	framer_init(&f, false);
	feed(&f, &seen, bytes, 100, 0, 1); /* OPEN, KEEPALIVE, 52 octets of the UPDATE */
	framer_gap(&f, &sink, 50, 100, &origin);
	feed(&f, &seen, bytes + 150, size - 150, 150, 3);
	cr_assert_eq(seen.messages, 5);
	cr_expect_eq(seen.type[2], 2);
	cr_expect_eq(seen.size[2], 52); /* 100 - 48: what was there before the hole */
	cr_expect_eq(seen.wire[2], 200);
	cr_expect_eq(seen.type[3], 4);
	cr_expect_eq(seen.type[4], 3);
	cr_expect_eq(seen.faults, 0);
	framer_finish(&f);
}

Test(framer, finds_the_next_marker_after_a_hole_over_a_header)
{
	uint8_t bytes[512];
	size_t size = stream(bytes);
	struct framer f;
	struct seen seen = {0};
	struct framer_sink sink = {&seen, on_message, on_fault, whole};
	struct framer_origin origin = {.frame = 2};
	framer_init(&f, false);
	feed(&f, &seen, bytes, 29, 0, 1); /* the OPEN */
	framer_gap(&f, &sink, 71, 29, &origin);
	feed(&f, &seen, bytes + 100, size - 100, 100, 3);
	cr_assert_eq(seen.messages, 3); /* OPEN, the second KEEPALIVE, NOTIFICATION */
	cr_expect_eq(seen.type[1], 4);
	cr_expect_eq(seen.seq_end[1], 267);
	cr_expect_eq(seen.type[2], 3);
	framer_finish(&f);
}

Test(framer, hunts_through_garbage_in_any_chunking)
{
	uint8_t bytes[1024];
	memset(bytes, 0xff, 15); /* nearly a marker */
	memset(bytes + 15, 0x00, 40);
	size_t size = 55 + stream(bytes + 55);
	for (size_t chunk = 1; chunk <= size; chunk++) {
		struct framer f;
		struct seen seen = {0};
		framer_init(&f, true);
		for (size_t at = 0; at < size; at += chunk) {
			size_t part = size - at < chunk ? size - at : chunk;
			feed(&f, &seen, bytes + at, part, (uint32_t)at, 1);
		}
		cr_assert_eq(seen.messages, 5, "chunks of %zu", chunk);
		cr_expect_eq(seen.seq_end[4], 55 + 288);
		framer_finish(&f);
	}
}

Test(framer, a_bad_marker_is_a_fault_and_the_next_message_is_read)
{
	uint8_t bytes[512];
	size_t size = stream(bytes);
	bytes[29 + 3] = 0x00; /* the marker of the first KEEPALIVE */
	struct framer f;
	struct seen seen = {0};
	framer_init(&f, false);
	feed(&f, &seen, bytes, size, 0, 1);
	cr_expect_eq(seen.faults, 1);
	cr_assert_eq(seen.messages, 4);
	cr_expect_eq(seen.type[1], 2);
	cr_expect_eq(seen.seq_end[1], 248);
	framer_finish(&f);
}

Test(framer, the_end_hands_on_what_there_is)
{
	uint8_t bytes[512];
	stream(bytes);
	struct framer f;
	struct seen seen = {0};
	struct framer_sink sink = {&seen, on_message, on_fault, whole};
	framer_init(&f, false);
	feed(&f, &seen, bytes, 100, 0, 1);
	framer_end(&f, &sink, 100);
	cr_assert_eq(seen.messages, 3);
	cr_expect_eq(seen.size[2], 52);
	cr_expect_eq(seen.wire[2], 200);
	framer_finish(&f);
}

/* ---- names, times, advice ---- */

Test(names, time_is_rfc_3339_as_precise_as_asked)
{
	char text[TIME_TEXT_MAX];
	/* 1795315752 s is 2026-11-22 02:49:12 UTC (date -u -d @1795315752). */
	uint64_t ns = UINT64_C(1795315752246867123);
	cr_expect_str_eq(time_text(ns, 9, text), "2026-11-22T02:49:12.246867123Z");
	cr_expect_str_eq(time_text(ns, 6, text), "2026-11-22T02:49:12.246867Z");
	cr_expect_str_eq(time_text(ns, 0, text), "2026-11-22T02:49:12Z");
}

Test(names, keys_of_causes_are_unique_and_found_again)
{
	for (size_t i = 1; i < FINDING_CAUSE_COUNT; i++) {
		enum finding_cause cause;
		cr_assert(finding_from_key(finding_key((enum finding_cause)i), &cause));
		cr_expect_eq((size_t)cause, i, "%s", finding_key((enum finding_cause)i));
	}
}

Test(advice, every_error_has_a_fix_with_no_placeholder_left)
{
	struct session session = {0};
	for (unsigned i = 0; i < 2; i++) {
		session.side[i].addr = address_from_u32(0xc0000201u + i);
		session.side[i].has_open = true;
		session.side[i].asn = 65001 + i;
	}
	for (size_t i = 1; i < FINDING_CAUSE_COUNT; i++) {
		enum finding_cause cause = (enum finding_cause)i;
		char *fix[FINDING_FIX_MAX];
		size_t count =
			advice_make(NULL, cause, &session, NULL, &session.side[1].addr, fix);
		if (finding_severity(cause) == SEVERITY_ERROR) {
			cr_expect_gt(count, 0, "%s has no advice", finding_key(cause));
		}
		for (size_t k = 0; k < count; k++) {
			cr_expect_null(strstr(fix[k], "{x"), "%s", fix[k]);
			cr_expect_null(strstr(fix[k], "{y"), "%s", fix[k]);
			free(fix[k]);
		}
	}
}

/* ---- an input that cannot be heard for a while ---- */

Test(input, silence_counts_from_its_return)
{
	struct track *t = track_create(&(struct track_options){.several_inputs = true});
	track_input_begin(t, 0, "eth0", "EN10MB", 1 * SECOND_NS, 9);
	track_input_begin(t, 1, "eth1", "EN10MB", 1 * SECOND_NS, 9);
	struct moment here = {.time_ns = 2 * SECOND_NS}, there = {.time_ns = 2 * SECOND_NS, .input = 1};
	cr_expect(silence_from(t, &here) == 2 * SECOND_NS);
	track_input_away(t, 0, true, 5 * SECOND_NS);
	track_input_away(t, 0, false, 9 * SECOND_NS);
	cr_expect(silence_from(t, &here) == 9 * SECOND_NS);
	cr_expect(silence_from(t, &there) == 2 * SECOND_NS, "the other input heard all the time");
	here.time_ns = 10 * SECOND_NS;
	cr_expect(silence_from(t, &here) == 10 * SECOND_NS);
	/* One that is away at the end ended when it went. */
	track_input_away(t, 0, true, 12 * SECOND_NS);
	track_tick(t, 20 * SECOND_NS);
	track_input_end(t, 0, 0, 0, 0);
	track_input_end(t, 1, 0, 0, 0);
	cr_expect(t->inputs[0].last.time_ns == 12 * SECOND_NS);
	cr_expect(t->inputs[1].last.time_ns == 20 * SECOND_NS);
	track_inputs_over(t);
	track_finish(t);
	track_destroy(t);
}
