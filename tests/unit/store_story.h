/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BGPWHY_TESTS_UNIT_STORE_STORY_H
#define BGPWHY_TESTS_UNIT_STORE_STORY_H

#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/octets.h"
#include "track/json.h"

/* Events for the tests of the database: a story that has one of every kind, told to sinks, and a
 * sink that writes down what it is told, so that two tellings can be compared. */

/* A sink that keeps a line for each event: its JSON, and what JSON does not show. */

struct record {
	char **lines;
	size_t count;
};

static inline void
record_free(struct record *r)
{
	for (size_t i = 0; i < r->count; i++) {
		free(r->lines[i]);
	}
	free(r->lines);
	*r = (struct record){0};
}

static inline void
describe_finding(FILE *f, const struct event_finding *e)
{
	fprintf(f, " id=%llu first=%llu last=%llu evidence=", (unsigned long long)e->id,
		(unsigned long long)e->first_time_ns, (unsigned long long)e->last_time_ns);
	for (size_t i = 0; i < e->evidence_count; i++) {
		fprintf(f, "%llu,", (unsigned long long)e->evidence[i]);
	}
	for (size_t i = 0; i < e->fix_count; i++) {
		fprintf(f, " fix=<%s>", e->fix[i]);
	}
	fprintf(f, " count=%llu", (unsigned long long)e->count);
}

static inline void
describe_session(FILE *f, const struct event_session *e)
{
	for (size_t i = 0; i < 2; i++) {
		const struct event_session_side *s = &e->side[i];
		fprintf(f, " [last=%llu since=%llu other=%llu]",
			(unsigned long long)s->last_message_ns,
			(unsigned long long)s->state_since_ns,
			(unsigned long long)s->messages[COUNT_OTHER]);
	}
	fprintf(f, " first=%llu last=%llu", (unsigned long long)e->first_time_ns,
		(unsigned long long)e->last_time_ns);
}

static inline void
describe_bfd_session(FILE *f, const struct event_bfd_session *e)
{
	for (size_t i = 0; i < 2; i++) {
		const struct event_bfd_side *s = &e->side[i];
		fprintf(f, " [diag=%u gap=%llu last=%llu disc=%u mult=%u since=%llu]", s->diag,
			(unsigned long long)s->max_gap_us, (unsigned long long)s->last_ns,
			s->discriminator, s->detect_mult, (unsigned long long)s->state_since_ns);
	}
	fprintf(f, " first=%llu last=%llu", (unsigned long long)e->first_time_ns,
		(unsigned long long)e->last_time_ns);
}

static inline void
describe_message(FILE *f, const struct event_message *e)
{
	struct cursor raw = e->message->raw;
	fprintf(f, " fault=%d@%u as=%u extended=%d add-path=", e->message->fault.code,
		e->message->fault.offset, e->context->as_width, e->context->extended_messages);
	for (size_t i = 0; i < e->context->add_path_count; i++) {
		fprintf(f, "%u/%u,", e->context->add_path[i].afi, e->context->add_path[i].safi);
	}
	fputs(" raw=", f);
	while (cursor_left(&raw) > 0) {
		fprintf(f, "%02x", cursor_u8(&raw));
	}
}

static inline char *
describe(const struct event *event)
{
	char *text = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);
	struct json j;
	json_init(&j);
	json_event(&j, event, true);
	fprintf(f, "%s time_ns=%llu digits=%u input=%s", j.text, (unsigned long long)event->time_ns,
		event->time_digits, event->input != NULL ? event->input : "-");
	json_finish(&j);
	switch (event->kind) {
	case EVENT_ALERT:
	case EVENT_FINDING:
		describe_finding(f, &event->finding);
		break;
	case EVENT_SESSION:
		describe_session(f, &event->session);
		break;
	case EVENT_BFD_SESSION:
		describe_bfd_session(f, &event->bfd_session);
		break;
	case EVENT_MESSAGE:
		describe_message(f, &event->message);
		break;
	case EVENT_BFD:
		fprintf(f, " changes=%d fault=%d@%u", event->bfd.changes, event->bfd.packet->fault,
			event->bfd.packet->fault_offset);
		break;
	default:
		break;
	}
	fclose(f);
	return text;
}

static inline void
record_event(void *self, const struct event *event)
{
	struct record *r = self;
	r->lines = realloc(r->lines, (r->count + 1) * sizeof(char *));
	cr_assert(r->lines != NULL);
	r->lines[r->count++] = describe(event);
}

static inline struct sink
record_sink(struct record *r)
{
	return (struct sink){.self = r, .on_event = record_event};
}

static inline void
expect_equal(const struct record *a, const struct record *b)
{
	cr_expect(a->count == b->count, "%zu events, %zu expected", a->count, b->count);
	for (size_t i = 0; i < a->count && i < b->count; i++) {
		cr_expect(strcmp(a->lines[i], b->lines[i]) == 0, "event %zu:\n%s\nexpected:\n%s", i,
			a->lines[i], b->lines[i]);
	}
}

/* A story with an event of every kind, and some that are odd. */

enum { START_S = 1769904000 }; /* 2026-02-01T00:00:00Z */

struct teller {
	struct sink *sinks;
	size_t count;
	uint64_t seq;
	bool snapshots; /* to all: else they are left out */
	const char *input;
};

static inline void
tell(struct teller *t, struct event event, uint64_t ms, uint64_t frame)
{
	event.seq = event.snapshot ? 0 : ++t->seq;
	event.time_ns = (uint64_t)START_S * 1000000000u + ms * 1000000u + 123;
	event.time_digits = 6;
	event.frame = frame;
	event.input = t->input;
	for (size_t i = 0; i < t->count; i++) {
		if (!event.snapshot || t->sinks[i].wants_snapshots) {
			t->sinks[i].on_event(t->sinks[i].self, &event);
		}
	}
}

static inline struct address
ipv4(uint8_t last)
{
	return (struct address){.family = 4, .octets = {10, 0, 0, last}};
}

static inline struct address
ipv6(uint8_t last)
{
	return (struct address){.family = 6, .octets = {0xfe, 0x80, [15] = last}};
}

static inline void
tell_message(struct teller *t, struct octets octets, size_t cut, const struct bgp_context *context,
	uint64_t ms, uint64_t frame)
{
	struct bgp_message m;
	bgp_decode(octets.bytes, octets.size - cut, context, &m);
	tell(t,
		(struct event){.kind = EVENT_MESSAGE,
			.message = {.session = 1,
				.connection = 1,
				.src = ipv4(1),
				.dst = ipv4(2),
				.src_port = 40000,
				.dst_port = 179,
				.message = &m,
				.context = context}},
		ms, frame);
	octets_free(&octets);
}

static const struct bgp_context no_context;
static const struct bgp_context two_octets = {.as_width = 2};
static const struct bgp_context rich_context = {.as_width = 4,
	.extended_messages = true,
	.add_path_count = 2,
	.add_path = {{1, 1}, {2, 1}}};

static inline void
tell_messages(struct teller *t)
{
	/* OPEN: AS 65001, hold time 90; multiprotocol, 4-octet AS, one nobody knows. */
	tell_message(t,
		octets_message(1,
			"04 fde9 005a 0a000001 14 02 12 0104 00010001 4104 0000fde9 ee02 abcd"),
		0, &no_context, 10, 4);
	tell_message(t, octets_message(1, "04 5ba0 005a 0a000001 08 02 06 4104 0000fde9"), 7,
		&no_context, 11, 5); /* AS_TRANS, cut */
	tell_message(t, octets_message(1, "04 fde9 0001 00000000 00"), 0, &no_context, 12, 6);
	tell_message(t, octets_message(4, ""), 0, &rich_context, 20, 7);
	/* UPDATE with path identifiers, then the same without a context. */
	tell_message(t,
		octets_message(2,
			"0000 0014 40010100 40020602 01 0000fde9 400304 0a000001"
			"00000001 18 c00002 00000002 18 c63364"),
		0, &rich_context, 21, 8);
	tell_message(t,
		octets_message(2,
			"0000 0014 40010100 40020602 01 0000fde9 400304 0a000001 18 c00002"),
		0, &two_octets, 21, 8);
	tell_message(t, octets_message(2, "0000 0000"), 0, &rich_context, 22, 9); /* End-of-RIB */
	tell_message(t, octets_message(2, "00ff 0000"), 0, &rich_context, 23, 10);
	tell_message(t, octets_message(5, "0001 00 01"), 0, &rich_context, 24, 11);
	tell_message(t, octets_message(9, "0102"), 0, &rich_context, 25, 12);
	/* Cease, Administrative Shutdown, "bye" and a bell; then one that is no UTF-8; then cut. */
	tell_message(t, octets_message(3, "06 02 04 62796507"), 0, &rich_context, 30, 13);
	tell_message(t, octets_message(3, "06 02 02 c3 28"), 0, &rich_context, 31, 14);
	tell_message(t, octets_message(3, "02 02 fde9"), 3, &rich_context, 32, 15);
}

static inline void
tell_bfd(struct teller *t, const char *hex, int32_t port, uint64_t ms, uint64_t frame)
{
	struct octets o = octets_from_hex(hex);
	struct bfd_packet p;
	bfd_decode(o.bytes, o.size, &p);
	tell(t,
		(struct event){.kind = EVENT_BFD,
			.bfd = {.bfd_session = 1,
				.src = ipv6(1),
				.dst = ipv6(2),
				.port = port,
				.ttl = 255,
				.changes = port > 0,
				.packet = &p}},
		ms, frame);
	octets_free(&o);
}

static const struct bgp_agreement story_agreement = {
	.as4 = true,
	.enhanced_route_refresh = true,
	.graceful_restart = true,
	.notification = true,
	.side = {{.extended_messages = true, .has_restart = true, .restart_time_s = 4095},
		{.has_restart = true, .restarting = true, .has_role = true, .role = 0}},
	.family_count = 2,
	.families = {{.family = {1, 1}, .add_path = {true, false}, .forwarding = {false, true}},
		{.family = {25, 70},
			.extended_next_hop = true,
			.graceful = {false, true},
			.has_stale_time = {true, false},
			.stale_time_s = {16777215, 0}}},
};

static const struct bgp_family story_families[] = {{1, 1}, {25, 70}};
static const struct event_restart story_restart = {.state = RESTART_COMPLETE,
	.restart_bit = true,
	.time_s = 120,
	.stale_time_s = 86400,
	.count = 2,
	.families = 2,
	.kept = 1,
	.end_of_ribs = 1,
	.began_ns = 1000,
	.began_frame = 7,
	.back_ns = 5001000,
	.back_frame = 8,
	.ended_ns = 6001000,
	.ended_frame = 9};

static inline struct event
session_event(enum verdict verdict, uint64_t updates)
{
	return (struct event){.kind = EVENT_SESSION,
		.session = {.session = 1,
			.side = {{.addr = ipv4(1),
					 .has_asn = true,
					 .asn = 4200000001,
					 .has_bgp_id = true,
					 .bgp_id = 0x0a000001,
					 .state = BGP_STATE_ESTABLISHED,
					 .messages = {1, updates, 0, 7, 1, 1},
					 .prefixes_announced = 1000000,
					 .prefixes_withdrawn = 12,
					 .last_message_ns = 77,
					 .state_since_ns = 55,
					 .restart = &story_restart},
				{.addr = ipv4(2), .state = BGP_STATE_UNKNOWN}},
			.hold_time_s = 90,
			.has_families = true,
			.families = story_families,
			.family_count = 2,
			.agreement = &story_agreement,
			.established_count = 3,
			.verdict = verdict,
			.primary_cause = verdict == VERDICT_DOWN ? FINDING_BAD_PEER_AS
								 : FINDING_NONE,
			.bfd_session = 1,
			.first_time_ns = 5,
			.last_time_ns = 6}};
}

static inline struct event
bfd_session_event(uint32_t flaps)
{
	return (struct event){.kind = EVENT_BFD_SESSION,
		.bfd_session = {.bfd_session = 1,
			.session = 1,
			.side = {{.addr = ipv6(1),
					 .state = BFD_UP + 1,
					 .diag = 3,
					 .has_timers = true,
					 .negotiated_tx_us = 300000,
					 .detection_time_us = 10000000000u,
					 .packets = 9,
					 .max_gap_us = 12345,
					 .last_ns = 8,
					 .discriminator = 0xdeadbeef,
					 .detect_mult = 3,
					 .state_since_ns = 4},
				{.addr = ipv6(2)}},
			.mode = "single-hop",
			.flaps = flaps,
			.first_time_ns = 1,
			.last_time_ns = 2}};
}

static const uint64_t evidence[] = {4, 13, 15};
static const char *const fix[] = {"Set \"remote-as 65001\".", "Or: neighbor\t10.0.0.1\nas 65001"};

static inline struct event
finding_event(enum event_kind kind, enum severity severity, size_t evidence_count)
{
	return (struct event){.kind = kind,
		.finding = {.id = 1,
			.cause = FINDING_BAD_PEER_AS,
			.severity = severity,
			.confidence = CONFIDENCE_CERTAIN,
			.session = 1,
			.blame = ipv4(2),
			.summary = evidence_count > 1 ? "10.0.0.2 expects another AS."
						      : "So it seems.",
			.evidence = evidence,
			.evidence_count = evidence_count,
			.fix = fix,
			.fix_count = evidence_count > 1 ? 2 : 0,
			.first_time_ns = (uint64_t)START_S * 1000000000u,
			.last_time_ns = (uint64_t)START_S * 1000000000u + 999,
			.count = evidence_count}};
}

static inline void
tell_transition(struct teller *t, enum bgp_state from, enum bgp_state to, uint64_t ms)
{
	tell(t,
		(struct event){.kind = EVENT_TRANSITION,
			.transition = {.protocol = PROTOCOL_BGP,
				.session = 1,
				.connection = 1,
				.speaker = ipv4(1),
				.peer = ipv4(2),
				.from = (uint8_t)from,
				.to = (uint8_t)to,
				.rfc_event = to == BGP_STATE_IDLE ? 25 : 26,
				.basis = BASIS_OBSERVED,
				.has_lasted = from == BGP_STATE_ESTABLISHED,
				.lasted_us = from == BGP_STATE_ESTABLISHED ? 2500000 : 0,
				.reason = "It was said so."}},
		ms, 13);
}

static inline void
tell_begin(struct teller *t)
{
	tell(t,
		(struct event){.kind = EVENT_CAPTURE,
			.capture = {.input = "day.pcap", .link_type = "EN10MB"}},
		0, 0);
	tell(t,
		(struct event){.kind = EVENT_CONNECTION,
			.connection = {.connection = 1,
				.session = 1,
				.state = CONNECTION_SYN,
				.client = ipv4(1),
				.client_port = 40000,
				.server = ipv4(2),
				.server_port = 179}},
		1, 1);
	tell_messages(t);
	tell(t,
		(struct event){.kind = EVENT_FAULT,
			.fault = {.session = 1,
				.connection = 1,
				.code = bgp_fault_key(BGP_FAULT_MARKER),
				.offset = 3,
				.text = bgp_fault_text(BGP_FAULT_MARKER)}},
		33, 15);
	tell(t,
		(struct event){.kind = EVENT_GAP,
			.gap = {.session = 1, .connection = 1, .src = ipv4(2), .bytes = 1460}},
		34, 16);
	tell_bfd(t, "20 c8 03 18 00000001 00000002 000f4240 000f4240 00000000", 3784, 35, 17);
	tell_bfd(t, "20 c4 03 20 00000001 00000002 000f4240 000f4240 00000000 01 08 05 6162636465",
		-1, 36, 18);
	tell_bfd(t, "20 c8 03", 3784, 37, 19);
	tell_transition(t, BGP_STATE_OPENCONFIRM, BGP_STATE_ESTABLISHED, 40);
	tell_transition(t, BGP_STATE_ESTABLISHED, BGP_STATE_IDLE, 2540);
	tell(t,
		(struct event){.kind = EVENT_TRANSITION,
			.transition = {.protocol = PROTOCOL_BFD,
				.bfd_session = 1,
				.speaker = ipv6(1),
				.peer = ipv6(2),
				.from = BFD_UP + 1,
				.to = BFD_DOWN + 1,
				.basis = BASIS_INFERRED,
				.reason = "Control Detection Time Expired"}},
		2541, 20);
	tell(t, finding_event(EVENT_ALERT, SEVERITY_WARNING, 1), 2600, 13);
	struct event snapshot = session_event(VERDICT_FLAPPING, 2);
	snapshot.snapshot = true;
	tell(t, snapshot, 2700, 0);
	snapshot = bfd_session_event(1);
	snapshot.snapshot = true;
	tell(t, snapshot, 2700, 0);
	snapshot = finding_event(EVENT_FINDING, SEVERITY_WARNING, 2);
	snapshot.snapshot = true;
	tell(t, snapshot, 2700, 0);
}

/* What only some runs have. */
static inline void
tell_more(struct teller *t)
{
	tell(t,
		(struct event){.kind = EVENT_RETRANSMISSION,
			.retransmission = {.session = 1, .connection = 1, .src = ipv4(1), .dst = ipv4(2),
				.what = RESENT_DATA, .segments = 2, .bytes = 38,
				.last_time_ns = UINT64_C(1769904000700000000), .last_frame = 14}},
		4000, 13);
	tell(t, (struct event){.kind = EVENT_LOST, .lost = {.events = 7, .reason = "queue-full"}}, 4010, 0);
	tell(t,
		(struct event){.kind = EVENT_RECORDING,
			.recording = {.session = 1, .finding = 1, .cause = "hold-timer-expired",
				.file = "records/one.pcap", .begins_ns = UINT64_C(1769904000000000000)}},
		4020, 13);
}

static inline void
tell_end(struct teller *t, bool healthy)
{
	tell(t,
		(struct event){.kind = EVENT_CONNECTION,
			.connection = {.connection = 1,
				.session = 1,
				.state = CONNECTION_RESET,
				.client = ipv4(1),
				.client_port = 40000,
				.server = ipv4(2),
				.server_port = 179,
				.evicted = true,
				.by = ipv4(2)}},
		2800, 21);
	tell(t, finding_event(EVENT_FINDING, healthy ? SEVERITY_INFO : SEVERITY_ERROR, 3), 2900, 0);
	tell(t, session_event(healthy ? VERDICT_HEALTHY : VERDICT_DOWN, 4), 2900, 0);
	struct event bare = {.kind = EVENT_SESSION,
		.session = {.session = 2,
			.side = {{.addr = ipv6(7)}, {.addr = ipv6(8)}},
			.hold_time_s = -1,
			.verdict = healthy ? VERDICT_HEALTHY : VERDICT_UNKNOWN}};
	tell(t, bare, 2900, 0);
	tell(t, bfd_session_event(2), 2900, 0);
	tell(t,
		(struct event){.kind = EVENT_CAPTURE,
			.capture = {.end = true,
				.input = "day.pcap",
				.link_type = "EN10MB",
				.packets = 21,
				.dropped = 2,
				.artefacts = 1 | 4 | 512}},
		3000, 0);
}

#endif
