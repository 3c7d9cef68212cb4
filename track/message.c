/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A message was framed: decode it by what both OPENs agreed on, say it, count it, and give it to the
 * state machines and the rules.
 *
 * A full table is some ten UPDATEs in each packet, and most of them do nothing but add to counts. Where no
 * sink wants each of them for itself, those of one packet are a run: counted one by one, and told, timed
 * and given to the machine once.
 */
#include "track/internal.h"

#include <stdlib.h>
#include <string.h>

#include "track/memory.h"

enum { TWO_DAEMONS_S = 120 }; /* how soon an identifier that went comes back, if two daemons use it */

static const struct bgp_context unknown_context;

static size_t
slot_of(uint8_t type)
{
	switch (type) {
	case BGP_OPEN:
		return COUNT_OPEN;
	case BGP_UPDATE:
		return COUNT_UPDATE;
	case BGP_NOTIFICATION:
		return COUNT_NOTIFICATION;
	case BGP_KEEPALIVE:
		return COUNT_KEEPALIVE;
	case BGP_ROUTE_REFRESH:
	case BGP_ROUTE_REFRESH_CISCO:
		return COUNT_ROUTE_REFRESH;
	default:
		return COUNT_OTHER;
	}
}

static void
tell_verdict(struct track *t, const struct link *link, const struct bgp_verdict *v,
	const struct moment *at)
{
	char detail[BGP_VERDICT_TEXT_MAX];
	struct event event = {
		.kind = EVENT_FAULT,
		.fault = {
			.session = link->session->id,
			.connection = link->id,
			.code = bgp_fault_key(v->code),
			.offset = v->offset,
			.text = bgp_fault_text(v->code),
			.action = bgp_action_key(v->action),
			.rfc = v->rfc,
			.action_rfc = v->action_rfc,
			.error = v->error,
			.subcode = v->subcode,
			.attribute = v->attribute,
			.length = v->length,
			.octet = v->octet,
			.detail = bgp_verdict_text(v, detail),
		},
	};
	emit(t, &event, at);
}

/* The receiver of what side `dir` sends, and what is known of both. */
static struct bgp_judge_context
judge_context(const struct link *link, unsigned dir, const struct bgp_context *context)
{
	const struct open_seen *own = &link->machine[dir].open;
	const struct open_seen *other = &link->machine[1 - dir].open;
	return (struct bgp_judge_context){
		.agreed = context,
		.sender = own->seen && own->whole ? &own->open : NULL,
		.receiver = other->seen && other->whole ? &other->open : NULL,
		.receiver_address = link->conn->side[1 - dir].addr,
	};
}

const struct judgements *
message_judged(const struct machine *m)
{
	static const struct judgements none;
	return m->judged != NULL ? m->judged : &none;
}

static struct judgements *
judgements_of(struct machine *m)
{
	if (m->judged == NULL) {
		m->judged = memory_zero(1, sizeof(*m->judged));
	}
	return m->judged;
}

/* Faults are told, each; what only may be minded is kept, in case that it is. */
static void
judge(struct track *t, struct link *link, unsigned dir, const struct bgp_message *message,
	const struct bgp_context *context, const struct moment *at)
{
	struct machine *m = &link->machine[dir];
	const struct bgp_judge_context judging = judge_context(link, dir, context);
	switch (bgp_judge_need(message, &judging)) {
	case BGP_JUDGE_NOTHING:
		return;
	case BGP_JUDGE_FIRST_AS:
		judgements_of(m)->odd = (struct judged){*at, bgp_judge_first_as(message, &judging)};
		return;
	case BGP_JUDGE_ALL:
		break;
	}
	struct bgp_verdicts verdicts;
	bgp_judge(message, &judging, &verdicts);
	struct judged bad = {0}, odd = {0};
	for (size_t i = 0; i < verdicts.count; i++) {
		const struct bgp_verdict *v = &verdicts.list[i];
		struct judged *worst = bgp_fault_is_of_wire(v->code) ? &bad : &odd;
		if (worst->at.time_ns == 0 || v->action > worst->verdict.action) {
			*worst = (struct judged){*at, *v};
		}
		if (worst == &bad) {
			tell_verdict(t, link, v, at);
		}
	}
	if (verdicts.more) {
		emit_fault(t, link, "faults-more", 0, "the message has more faults than are told", at);
	}
	if (odd.at.time_ns != 0) {
		judgements_of(m)->odd = odd;
	}
	if (bad.at.time_ns == 0) {
		return;
	}
	struct judgements *judged = judgements_of(m);
	judged->bad = bad;
	link->session->side[link_side(link, dir)].fault = *at;
	if (message->type == BGP_UPDATE && judged->bad_update.at.time_ns == 0 &&
	    bad.verdict.action >= BGP_ACTION_TREAT_AS_WITHDRAW) {
		judged->bad_update = bad;
		clock_watch(t, &link->session->watch);
	}
}

/* The OPEN of side `dir` again, now that its receiver's is known. */
static void
judge_again(struct link *link, unsigned dir)
{
	const struct open_seen *open = &link->machine[dir].open;
	struct bgp_judge_context judging = judge_context(link, dir, &unknown_context);
	struct bgp_message message;
	struct bgp_verdicts verdicts;
	bgp_decode(open->bytes, open->size, &unknown_context, &message);
	bgp_judge(&message, &judging, &verdicts);
	for (size_t i = 0; i < verdicts.count; i++) {
		if (!bgp_fault_is_of_wire(verdicts.list[i].code)) {
			judgements_of(&link->machine[dir])->odd =
				(struct judged){open->at, verdicts.list[i]};
			return;
		}
	}
}

/* Both OPENs are there: what they agree on (RFC 4271 section 4.2, RFC 4760 section 8). */
static void
negotiate(struct link *link)
{
	const struct bgp_open *a = &link->machine[0].open.open;
	const struct bgp_open *b = &link->machine[1].open.open;
	uint16_t hold = a->hold_time_s < b->hold_time_s ? a->hold_time_s : b->hold_time_s;
	link->hold_ns = (uint64_t)hold * SECOND_NS;
	link->hold_known = true;
	for (unsigned dir = 0; dir < 2; dir++) {
		if (link->context[dir] == NULL) {
			link->context[dir] = memory_zero(1, sizeof(*link->context[dir]));
		}
		const struct open_seen *own = &link->machine[dir].open;
		const struct open_seen *other = &link->machine[1 - dir].open;
		/* A capability behind the cut of the capture is not one that was not offered. */
		bool known = own->whole && other->whole;
		*link->context[dir] =
			known ? bgp_negotiate(&own->open, &other->open) : unknown_context;
		link->framer[dir].max = !known || link->context[dir]->extended_messages
						? BGP_EXTENDED_MESSAGE_MAX
						: BGP_MESSAGE_MAX;
	}
}

/* Without any, IPv4 unicast is meant (RFC 4760 section 8). */
static struct bgp_family
first_family(const struct bgp_open *open)
{
	struct bgp_capability_iter iter = bgp_capabilities(open);
	struct bgp_capability capability;
	while (bgp_offers(open, BGP_CAPABILITY_MULTIPROTOCOL) && bgp_next_capability(&iter, &capability)) {
		if (capability.code == BGP_CAPABILITY_MULTIPROTOCOL && !capability.malformed) {
			return capability.multiprotocol;
		}
	}
	return (struct bgp_family){.afi = 1, .safi = 1};
}

static void
open_in(struct track *t, struct link *link, unsigned dir, const struct bgp_message *message,
	const struct moment *at)
{
	struct open_seen *open = &link->machine[dir].open;
	if (open->seen || !message->body_read) {
		return;
	}
	open->seen = true;
	open->whole = !message->truncated;
	open->at = *at;
	open->size = (size_t)(message->raw.end - message->raw.base);
	open->bytes = memory_copy(message->raw.base, open->size);
	struct bgp_message copy;
	bgp_decode(open->bytes, open->size, &unknown_context, &copy);
	open->open = copy.open;

	struct speaker *side = &link->session->side[link_side(link, dir)];
	if (side->has_open && side->bgp_id != open->open.bgp_id) {
		if (side->has_other_bgp_id && side->other_bgp_id == open->open.bgp_id &&
		    at->time_ns < side->other_open.time_ns + TWO_DAEMONS_S * SECOND_NS) {
			rule_two_identifiers(t, link, dir, at);
		}
		side->has_other_bgp_id = true;
		side->other_bgp_id = side->bgp_id;
		side->other_open = side->open;
	}
	side->open = *at;
	side->has_open = true;
	side->asn = open->open.asn;
	side->asn_known = open->whole || open->open.asn != BGP_AS_TRANS;
	side->my_as = open->open.my_as;
	side->version = open->open.version;
	side->as4 = open->open.as4;
	side->bgp_id = open->open.bgp_id;
	side->hold_time_s = open->open.hold_time_s;
	side->family = first_family(&open->open);
	if (link->machine[1 - dir].open.seen) {
		negotiate(link);
		judge_again(link, 1 - dir);
	} else {
		/* What the other offers is unknown so far, or for good: RFC 8654. */
		link->framer[dir].max = BGP_EXTENDED_MESSAGE_MAX;
	}
	rule_open(t, link, dir, at);
	if (t->options.expect != NULL) {
		rule_expect_open(link->session, link_side(link, dir), open);
	}
}

/* The message, and what is wrong with it. The event is large and the messages are many: one serves all. */
static void
tell_event(struct track *t, const struct link *link, unsigned dir, const struct bgp_message *message,
	const struct bgp_context *context, const struct moment *at, uint32_t run)
{
	const struct conn *conn = link->conn;
	struct event *event = &t->message_event;
	event->kind = EVENT_MESSAGE;
	event->message = (struct event_message){
		.session = link->session->id,
		.connection = link->id,
		.src = conn->side[dir].addr,
		.dst = conn->side[1 - dir].addr,
		.src_port = conn->side[dir].port,
		.dst_port = conn->side[1 - dir].port,
		.message = message,
		.context = context,
		.run = run,
	};
	emit(t, event, at);
}

static void
tell(struct track *t, struct link *link, unsigned dir, const struct bgp_message *message,
	const struct bgp_context *context, const struct moment *at)
{
	tell_event(t, link, dir, message, context, at, 0);
	judge(t, link, dir, message, context, at);
}

/* A header that cannot be: with its marker whole it is a message all the same, as far as it reads; else
 * these may be other octets than a message's, and only the fault says how they read. */
void
message_bad_header(struct track *t, struct link *link, unsigned dir, enum bgp_fault_code code,
	const uint8_t header[BGP_HEADER_SIZE], const struct moment *at)
{
	struct bgp_message message;
	message_run_end(t);
	bgp_decode(header, BGP_HEADER_SIZE, &unknown_context, &message);
	if (message.fault.code != code) {
		/* Only what was agreed on makes it one. */
		link->session->side[link_side(link, dir)].fault = *at;
		emit_fault(t, link, bgp_fault_key(code), code == BGP_FAULT_MARKER ? 0 : 16,
			bgp_fault_text(code), at);
	} else if (code == BGP_FAULT_LENGTH) {
		tell(t, link, dir, &message, &unknown_context, at);
	} else {
		judge(t, link, dir, &message, &unknown_context, at);
	}
}

static const struct bgp_context *
context_of(const struct link *link, unsigned dir)
{
	return link->context[dir] != NULL ? link->context[dir] : &unknown_context;
}

static bool
same_moment(const struct moment *a, const struct moment *b)
{
	return a->frame == b->frame && a->time_ns == b->time_ns && a->input == b->input;
}

/* Whether all that an UPDATE does is to add to counts. */
static bool
is_quiet(const struct link *link, unsigned dir, const struct bgp_message *message,
	const struct bgp_judge_context *judging)
{
	return message->body_read && message->fault.code == BGP_FAULT_NONE &&
		!message->update.end_of_rib && link->machine[dir].state == BGP_STATE_ESTABLISHED &&
		link->machine[1 - dir].state != BGP_STATE_UNKNOWN &&
		bgp_judge_need(message, judging) == BGP_JUDGE_NOTHING;
}

/* Takes an UPDATE into the run; false where it is to go the ordinary way. */
static bool
run_takes(struct track *t, struct link *link, unsigned dir, const struct bgp_message *message,
	const struct bgp_context *context, uint32_t seq_end, const struct moment *at)
{
	struct message_run *run = &t->run;
	if (!t->runs || message->type != BGP_UPDATE) {
		return false;
	}
	if (run->link != link || run->dir != dir || !same_moment(&run->at, at)) {
		message_run_end(t);
		run->link = link;
		run->dir = dir;
		run->at = *at;
		run->judging = judge_context(link, dir, context);
		run->sum.update.announced_count = run->sum.update.withdrawn_count = 0;
	}
	if (!is_quiet(link, dir, message, &run->judging)) {
		return false;
	}
	run->count++;
	run->seq_end = seq_end;
	run->sum.update.announced_count += message->update.announced_count;
	run->sum.update.withdrawn_count += message->update.withdrawn_count;
	return true;
}

/* So many of them, where `message` has the prefixes of all. */
static void
count_messages(struct link *link, unsigned dir, const struct bgp_message *message, uint32_t count,
	const struct moment *at)
{
	struct speaker *side = &link->session->side[link_side(link, dir)];
	side->messages[slot_of(message->type)] += count;
	side->last_message_ns = at->time_ns;
	if (message->type == BGP_UPDATE && message->body_read) {
		side->prefixes_announced += message->update.announced_count;
		side->prefixes_withdrawn += message->update.withdrawn_count;
	}
	link->machine[dir].messages += count;
}

void
message_run_end(struct track *t)
{
	struct message_run *run = &t->run;
	struct link *link = run->link;
	unsigned dir = run->dir;
	run->link = NULL;
	if (link == NULL || run->count == 0) {
		return;
	}
	struct session *s = link->session;
	struct bgp_message *sum = &run->sum;
	sum->type = BGP_UPDATE;
	sum->summary = sum->body_read = true;
	t->seq += run->count - 1;
	tell_event(t, link, dir, sum, context_of(link, dir), &run->at, run->count);
	count_messages(link, dir, sum, run->count, &run->at);
	run->count = 0;
	struct moment previous = link->machine[dir].sent;
	timing_message(s, link, dir, sum, &previous, &run->at);
	struct pending pending = {.at = run->at, .seq_end = run->seq_end, .type = BGP_UPDATE};
	machine_sent(t, link, dir, &pending);
	session_counted(t, s);
}

void
message_in(struct track *t, struct link *link, unsigned dir, const uint8_t *bytes, size_t size,
	uint32_t wire, uint32_t seq_end, const struct moment *at)
{
	(void)wire;
	const struct bgp_context *context = context_of(link, dir);
	struct bgp_message *message = &t->decoded;
	bgp_decode(bytes, size, context, message);
	if (run_takes(t, link, dir, message, context, seq_end, at)) {
		return;
	}
	message_run_end(t);

	struct session *s = link->session;
	tell(t, link, dir, message, context, at);
	count_messages(link, dir, message, 1, at);
	struct pending pending = {.at = *at, .seq_end = seq_end, .type = message->type};
	switch (message->type) {
	case BGP_OPEN:
		open_in(t, link, dir, message, at);
		break;
	case BGP_NOTIFICATION:
		if (message->body_read) {
			pending.code = message->notification.code;
			pending.subcode = message->notification.subcode;
		}
		break;
	default:
		break;
	}
	if (message->type == BGP_NOTIFICATION && message->body_read) {
		struct machine *m = &link->machine[dir];
		rule_notification(t, link, dir, message, at);
		m->notified = true; /* the machine hears of it below */
	}
	if (message->type == BGP_KEEPALIVE || message->type == BGP_UPDATE ||
	    message->type == BGP_ROUTE_REFRESH) {
		struct moment previous = link->machine[dir].sent;
		timing_message(s, link, dir, message, &previous, at);
		if (message->type == BGP_UPDATE && message->body_read && message->update.end_of_rib) {
			restart_end_of_rib(s, link_side(link, dir), message->update.end_of_rib_family, at);
		}
	}
	machine_sent(t, link, dir, &pending);
	if (message->type == BGP_KEEPALIVE || message->type == BGP_UPDATE) {
		session_counted(t, s);
	} else {
		session_dirty(t, s);
	}
}
