/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rows as events: the mirror of writer_rows.c, column for column. Messages and BFD packets are
 * decoded again from their octets, so that an event read back is the event that was written. A
 * database is input like any other: a NULL, an unknown name or a number out of range gives an
 * event with less in it, never a crash.
 */
#include "store/reader.h"

#include <arpa/inet.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "track/memory.h"

struct columns {
	sqlite3_stmt *stmt;
	int at;
};

static bool
is_null(const struct columns *c)
{
	return sqlite3_column_type(c->stmt, c->at) == SQLITE_NULL;
}

static void
skip(struct columns *c, int count)
{
	c->at += count;
}

static uint64_t
get_uint(struct columns *c)
{
	return (uint64_t)sqlite3_column_int64(c->stmt, c->at++);
}

static uint32_t
get_u32(struct columns *c)
{
	return (uint32_t)get_uint(c);
}

static uint16_t
get_u16(struct columns *c)
{
	return (uint16_t)get_uint(c);
}

static uint8_t
get_u8(struct columns *c)
{
	return (uint8_t)get_uint(c);
}

/* -1 for NULL. */
static int32_t
get_known(struct columns *c)
{
	if (is_null(c)) {
		skip(c, 1);
		return -1;
	}
	return (int32_t)(get_u32(c) & INT32_MAX);
}

static uint64_t
get_id(struct columns *c, uint64_t shift)
{
	uint64_t id = get_uint(c);
	return id > shift ? id - shift : 0;
}

/* Good until the row is left; NULL for NULL. */
static const char *
get_text(struct columns *c)
{
	return (const char *)sqlite3_column_text(c->stmt, c->at++);
}

static const char *
get_name(struct columns *c)
{
	const char *text = get_text(c);
	return text != NULL ? text : "";
}

static struct address
get_address(struct columns *c)
{
	struct address a = {0};
	const char *text = get_name(c);
	if (inet_pton(AF_INET, text, a.octets) == 1) {
		a.family = 4;
	} else if (inet_pton(AF_INET6, text, a.octets) == 1) {
		a.family = 6;
	}
	return a;
}

static bool
get_bgp_id(struct columns *c, uint32_t *bgp_id)
{
	struct address a = get_address(c);
	if (a.family != 4) {
		return false;
	}
	*bgp_id = (uint32_t)a.octets[0] << 24 | (uint32_t)a.octets[1] << 16 |
		(uint32_t)a.octets[2] << 8 | a.octets[3];
	return true;
}

static enum finding_cause
get_cause(struct columns *c)
{
	enum finding_cause cause = FINDING_NONE;
	finding_from_key(get_name(c), &cause);
	return cause;
}

static uint8_t
get_state(struct columns *c, enum protocol protocol)
{
	uint8_t state = 0;
	track_state_from_name(protocol, get_name(c), &state);
	return state;
}

/* Keys and modes are static storage in an event. The few that the program itself does not have
 * (the database was written by another version) are kept for good; how many is bounded. */
static const char *
keep_forever(const char *text)
{
	static char *kept[256];
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
		if (kept[i] == NULL) {
			kept[i] = memory_copy(text, strlen(text) + 1);
		}
		if (strcmp(kept[i], text) == 0) {
			return kept[i];
		}
	}
	return "?";
}

/* As precise as the text of the time is. */
static uint8_t
digits_of(const char *time)
{
	const char *point = strchr(time, '.');
	size_t digits = point != NULL ? strspn(point + 1, "0123456789") : 0;
	return digits <= 9 ? (uint8_t)digits : 9;
}

static struct columns
begin_event(struct reader *r, sqlite3_stmt *stmt, struct event *event)
{
	struct columns c = {.stmt = stmt};
	event->seq = get_id(&c, r->shift.seq);
	event->time_digits = digits_of(get_name(&c));
	event->time_ns = get_uint(&c);
	event->frame = get_uint(&c);
	event->input = get_text(&c);
	return c;
}

static bool
read_capture(struct reader *r, sqlite3_stmt *stmt, struct event *event)
{
	struct columns c = begin_event(r, stmt, event);
	struct event_capture *e = &event->capture;
	e->input = event->input != NULL ? event->input : "";
	skip(&c, 1);
	e->end = strcmp(get_name(&c), "end") == 0;
	e->link_type = get_text(&c);
	e->packets = get_uint(&c);
	e->dropped = get_uint(&c);
	const char *artefacts = get_name(&c);
	for (uint32_t i = 0; i < 32; i++) {
		uint32_t bit = (uint32_t)1 << i;
		const char *key = track_artefact_key(bit);
		size_t size = strlen(key);
		/* A JSON list of plain words: each stands between quotes. */
		for (const char *p = strstr(artefacts, key); p != NULL; p = strstr(p + 1, key)) {
			if (p > artefacts && p[-1] == '"' && p[size] == '"') {
				e->artefacts |= bit;
			}
		}
	}
	if (get_uint(&c) == 0) {
		event->input = NULL;
	}
	return true;
}

static bool
read_connection(struct reader *r, sqlite3_stmt *stmt, struct event *event)
{
	struct columns c = begin_event(r, stmt, event);
	struct event_connection *e = &event->connection;
	e->connection = get_id(&c, r->shift.connection);
	e->session = get_id(&c, r->shift.session);
	bool known = connection_state_from_name(get_name(&c), &e->state);
	e->client = get_address(&c);
	e->client_port = get_u16(&c);
	e->server = get_address(&c);
	e->server_port = get_u16(&c);
	e->evicted = get_uint(&c) != 0;
	e->by = get_address(&c);
	return known;
}

static void
read_context(struct reader *r, int64_t id)
{
	if (id == r->context_id) {
		return;
	}
	r->context_id = id;
	r->bgp_context = (struct bgp_context){0};
	sqlite3_bind_int64(r->context, 1, id);
	if (reader_step(r, r->context)) {
		struct columns c = {.stmt = r->context};
		struct bgp_context *x = &r->bgp_context;
		x->as_width = get_u8(&c);
		x->extended_messages = get_uint(&c) != 0;
		const char *at = get_name(&c);
		while (*at != '\0' && x->add_path_count < BGP_CONTEXT_FAMILIES) {
			char *end;
			unsigned long afi = strtoul(at, &end, 10);
			unsigned long safi = *end == '/' ? strtoul(end + 1, &end, 10) : 0;
			if (end == at) {
				break;
			}
			x->add_path[x->add_path_count++] = (struct bgp_family){.afi = (uint16_t)afi,
				.safi = (uint8_t)safi};
			at = end;
		}
	}
	sqlite3_reset(r->context);
}

/* The number behind `word`, with which `*at` begins; what follows it is left in `*at`. False where it is not there, or
 * is more than `max`. */
static bool
take_number(const char **at, const char *word, unsigned max, unsigned *number)
{
	size_t size = strlen(word);
	if (strncmp(*at, word, size) != 0 || (*at)[size] < '0' || (*at)[size] > '9') {
		return false;
	}
	*number = 0;
	for (*at += size; **at >= '0' && **at <= '9' && *number <= max; (*at)++) {
		*number = *number * 10 + (unsigned)(**at - '0');
	}
	return *number <= max;
}

/* A list of attributes, as JSON has it, as octets whose values are zeros: their types, flags and lengths can be
 * iterated. Returns how many octets; what does not fit is left out. */
static size_t
read_attributes(struct reader *r, const char *json)
{
	size_t size = 0;
	if (r->attributes == NULL) {
		r->attributes = memory_zero(BGP_EXTENDED_MESSAGE_MAX, 1);
	}
	for (const char *at = strstr(json, "{\"type\":"); at != NULL; at = strstr(at + 1, "{\"type\":")) {
		unsigned type = 0, flags = 0, length = 0;
		const char *rest = strstr(at, "\"flags\":");
		if (rest == NULL || !take_number(&at, "{\"type\":", UINT8_MAX, &type) ||
			!take_number(&rest, "\"flags\":", UINT8_MAX, &flags) ||
			!take_number(&rest, ",\"length\":", UINT16_MAX, &length)) {
			break;
		}
		bool extended = (flags & BGP_ATTRIBUTE_FLAG_EXTENDED_LENGTH) != 0;
		if ((!extended && length > UINT8_MAX) || size + 4 + length > BGP_EXTENDED_MESSAGE_MAX) {
			break;
		}
		r->attributes[size++] = (uint8_t)flags;
		r->attributes[size++] = (uint8_t)type;
		if (extended) {
			r->attributes[size++] = (uint8_t)(length >> 8);
		}
		r->attributes[size++] = (uint8_t)length;
		memset(r->attributes + size, 0, length);
		size += length;
		if (type < 64) {
			r->message.update.seen |= UINT64_C(1) << type;
		}
	}
	return size;
}

/* An UPDATE whose octets were not kept, out of what was. */
static void
read_summary(struct reader *r, uint64_t message, uint16_t length)
{
	struct bgp_message *m = &r->message;
	struct bgp_update *u = &m->update;
	*m = (struct bgp_message){
		.type = BGP_UPDATE,
		.length = length,
		.raw = cursor_make("", 0),
		.summary = true,
	};
	sqlite3_bind_int64(r->summary, 1, (sqlite3_int64)message);
	if (reader_step(r, r->summary)) {
		struct columns c = {.stmt = r->summary};
		m->body_read = !is_null(&c);
		u->withdrawn_count = get_u32(&c);
		u->announced_count = get_u32(&c);
		size_t size = read_attributes(r, get_name(&c));
		u->attributes = cursor_make(r->attributes, size);
		unsigned afi = 0, safi = 0;
		const char *family = get_name(&c);
		if (take_number(&family, "{\"afi\":", UINT16_MAX, &afi) &&
			take_number(&family, ",\"safi\":", UINT8_MAX, &safi)) {
			u->end_of_rib = true;
			u->end_of_rib_family = (struct bgp_family){.afi = (uint16_t)afi, .safi = (uint8_t)safi};
		}
	}
	sqlite3_reset(r->summary);
}

static bool
read_message(struct reader *r, sqlite3_stmt *stmt, struct event *event)
{
	struct columns c = begin_event(r, stmt, event);
	struct event_message *e = &event->message;
	e->session = get_id(&c, r->shift.session);
	e->connection = get_id(&c, r->shift.connection);
	e->src = get_address(&c);
	e->src_port = get_u16(&c);
	e->dst = get_address(&c);
	e->dst_port = get_u16(&c);
	/* Type, length and truncated are in the octets, where those were kept. */
	bool update = strcmp(get_name(&c), "UPDATE") == 0;
	uint16_t length = get_u16(&c);
	skip(&c, 1);
	read_context(r, (int64_t)get_uint(&c));
	/* sqlite3_column_bytes() after sqlite3_column_blob(): what the blob has. */
	e->message = &r->message;
	e->context = &r->bgp_context;
	if (update && is_null(&c)) {
		read_summary(r, event->seq + r->shift.seq, length);
		return true;
	}
	const uint8_t *raw = sqlite3_column_blob(stmt, c.at);
	size_t size = raw != NULL ? (size_t)sqlite3_column_bytes(stmt, c.at) : 0;
	bgp_decode(raw != NULL ? raw : (const uint8_t *)"", size, &r->bgp_context, &r->message);
	return true;
}

static const char *
fault_code(const char *key)
{
	for (int i = 1; i < BGP_FAULT_COUNT; i++) {
		const char *code = bgp_fault_key((enum bgp_fault_code)i);
		if (strcmp(code, key) == 0) {
			return code;
		}
	}
	for (int i = 1; i < BFD_FAULT_COUNT; i++) {
		const char *code = bfd_fault_key((enum bfd_fault_code)i);
		if (strcmp(code, key) == 0) {
			return code;
		}
	}
	return keep_forever(key);
}

static bool
read_fault(struct reader *r, sqlite3_stmt *stmt, struct event *event)
{
	struct columns c = begin_event(r, stmt, event);
	struct event_fault *e = &event->fault;
	e->session = get_id(&c, r->shift.session);
	e->connection = get_id(&c, r->shift.connection);
	e->bfd_session = get_id(&c, r->shift.bfd_session);
	e->code = fault_code(get_name(&c));
	e->offset = get_u32(&c);
	e->text = get_name(&c);
	e->detail = get_text(&c);
	e->action = get_text(&c);
	const char *answer = get_name(&c);
	unsigned error = 0, subcode = 0;
	if (sscanf(answer, "{\"code\":%3u,\"subcode\":%3u}", &error, &subcode) == 2) {
		e->error = (uint8_t)error;
		e->subcode = (uint8_t)subcode;
	}
	e->rfc = get_text(&c);
	e->action_rfc = get_text(&c);
	e->attribute = (int16_t)get_known(&c);
	e->length = get_u32(&c);
	e->octet = get_u32(&c);
	return true;
}

static bool
read_gap(struct reader *r, sqlite3_stmt *stmt, struct event *event)
{
	struct columns c = begin_event(r, stmt, event);
	event->gap.session = get_id(&c, r->shift.session);
	event->gap.connection = get_id(&c, r->shift.connection);
	event->gap.src = get_address(&c);
	event->gap.bytes = get_uint(&c);
	return true;
}

static bool
read_retransmission(struct reader *r, sqlite3_stmt *stmt, struct event *event)
{
	struct columns c = begin_event(r, stmt, event);
	struct event_retransmission *e = &event->retransmission;
	e->session = get_id(&c, r->shift.session);
	e->connection = get_id(&c, r->shift.connection);
	e->src = get_address(&c);
	e->dst = get_address(&c);
	bool known = resent_from_name(get_name(&c), &e->what);
	e->segments = get_u32(&c);
	e->bytes = get_uint(&c);
	skip(&c, 1);
	e->last_time_ns = get_uint(&c);
	e->last_frame = get_uint(&c);
	return known;
}

static bool
read_check(struct reader *r, sqlite3_stmt *stmt, struct event *event)
{
	struct columns c = begin_event(r, stmt, event);
	struct event_check *e = &event->check;
	e->session = get_id(&c, r->shift.session);
	e->connection = get_id(&c, r->shift.connection);
	e->src = get_address(&c);
	e->dst = get_address(&c);
	bool known = check_result_from_name(get_name(&c), &e->result);
	e->bytes = get_uint(&c);
	return check_reason_from_key(get_text(&c), &e->reason) && known;
}

static bool
read_bfd(struct reader *r, sqlite3_stmt *stmt, struct event *event)
{
	struct columns c = begin_event(r, stmt, event);
	struct event_bfd *e = &event->bfd;
	e->bfd_session = get_id(&c, r->shift.bfd_session);
	e->src = get_address(&c);
	e->dst = get_address(&c);
	e->port = get_known(&c);
	e->ttl = get_u8(&c);
	e->changes = get_uint(&c) != 0;
	skip(&c, 11); /* what the octets say */
	const uint8_t *raw = sqlite3_column_blob(stmt, c.at);
	size_t size = raw != NULL ? (size_t)sqlite3_column_bytes(stmt, c.at) : 0;
	r->bfd = (struct bfd_packet){0};
	bfd_decode(raw != NULL ? raw : (const uint8_t *)"", size, &r->bfd);
	e->packet = &r->bfd;
	return true;
}

static bool
read_transition(struct reader *r, sqlite3_stmt *stmt, struct event *event)
{
	struct columns c = begin_event(r, stmt, event);
	struct event_transition *e = &event->transition;
	e->protocol = strcmp(get_name(&c), protocol_name(PROTOCOL_BFD)) == 0 ? PROTOCOL_BFD
									     : PROTOCOL_BGP;
	e->session = get_id(&c, r->shift.session);
	e->bfd_session = get_id(&c, r->shift.bfd_session);
	e->connection = get_id(&c, r->shift.connection);
	e->speaker = get_address(&c);
	e->peer = get_address(&c);
	e->from = get_state(&c, e->protocol);
	e->to = get_state(&c, e->protocol);
	skip(&c, 1);
	e->rfc_event = get_u8(&c);
	skip(&c, 1);
	e->basis = strcmp(get_name(&c), basis_name(BASIS_OBSERVED)) == 0 ? BASIS_OBSERVED
									 : BASIS_INFERRED;
	e->reason = get_name(&c);
	e->has_lasted = !is_null(&c);
	e->lasted_us = get_uint(&c);
	return true;
}

/* A JSON list of numbers, up to `max`. */
static size_t
read_numbers(const char *at, uint64_t *numbers, size_t max)
{
	size_t count = 0;
	at += strcspn(at, "0123456789");
	while (*at != '\0' && count < max) {
		char *end;
		numbers[count++] = strtoull(at, &end, 10);
		at = end + strcspn(end, "0123456789");
	}
	return count;
}

static void
free_fix(struct reader *r)
{
	for (size_t i = 0; i < FINDING_FIX_MAX; i++) {
		free(r->fix[i]);
		r->fix[i] = NULL;
	}
}

/* A JSON list of sentences, into the reader's copies. */
static size_t
read_fix(struct reader *r, const char *json)
{
	size_t count = 0;
	free_fix(r);
	sqlite3_bind_text(r->list, 1, json, -1, SQLITE_STATIC);
	while (count < FINDING_FIX_MAX && reader_step(r, r->list)) {
		const char *text = (const char *)sqlite3_column_text(r->list, 0);
		text = text != NULL ? text : "";
		r->fix[count++] = memory_copy(text, strlen(text) + 1);
	}
	sqlite3_reset(r->list);
	sqlite3_clear_bindings(r->list);
	return count;
}

static bool
read_finding(struct reader *r, sqlite3_stmt *stmt, struct event *event)
{
	struct columns c = begin_event(r, stmt, event);
	struct event_finding *e = &event->finding;
	e->id = get_id(&c, r->shift.finding);
	e->cause = get_cause(&c);
	bool known = severity_from_name(get_name(&c), &e->severity);
	known = confidence_from_name(get_name(&c), &e->confidence) && known;
	e->session = get_id(&c, r->shift.session);
	e->bfd_session = get_id(&c, r->shift.bfd_session);
	e->blame = get_address(&c);
	e->summary = get_name(&c);
	e->evidence = r->evidence;
	e->evidence_count = read_numbers(get_name(&c), r->evidence, FINDING_EVIDENCE_MAX);
	e->fix_count = read_fix(r, get_name(&c));
	e->fix = (const char *const *)r->fix;
	skip(&c, 2);
	e->first_time_ns = get_uint(&c);
	e->last_time_ns = get_uint(&c);
	e->count = get_uint(&c);
	return known && e->cause != FINDING_NONE;
}

static size_t
read_end_of_rib(struct reader *r, const char *json, struct event_end_of_rib list[])
{
	size_t count = 0;
	sqlite3_bind_text(r->ribs, 1, json, -1, SQLITE_STATIC);
	while (count < BGP_CONTEXT_FAMILIES && reader_step(r, r->ribs)) {
		struct columns c = {.stmt = r->ribs};
		struct event_end_of_rib *rib = &list[count++];
		rib->family.afi = get_u16(&c);
		rib->family.safi = get_u8(&c);
		rib->after_ns = get_uint(&c) * 1000;
		rib->prefixes = get_uint(&c);
		rib->frame = get_uint(&c);
	}
	sqlite3_reset(r->ribs);
	sqlite3_clear_bindings(r->ribs);
	return count;
}

static void
read_session_timing(struct reader *r, struct columns *c, struct event_session_side *side,
	struct event_end_of_rib list[])
{
	side->offered_hold_time_s = get_known(c);
	side->connect_retry_ns = get_uint(c);
	side->retransmissions = get_uint(c);
	side->longest_silence_ns = get_uint(c);
	side->has_hold_margin = !is_null(c);
	side->hold_margin_ns = (int64_t)get_uint(c);
	side->hold_margin_frame = get_uint(c);
	side->keepalives_measured = get_uint(c);
	side->keepalive_min_ns = get_uint(c);
	side->keepalive_mean_ns = get_uint(c);
	side->keepalive_max_ns = get_uint(c);
	side->end_of_rib = list;
	side->end_of_rib_count = read_end_of_rib(r, get_name(c), list);
}

static void
read_session_side(struct columns *c, struct event_session_side *side)
{
	side->has_asn = !is_null(c);
	side->asn = get_u32(c);
	side->has_bgp_id = get_bgp_id(c, &side->bgp_id);
	side->state = (enum bgp_state)get_state(c, PROTOCOL_BGP);
	side->state_since_ns = get_uint(c);
	for (size_t slot = 0; slot < COUNT_SLOTS; slot++) {
		side->messages[slot] = get_uint(c);
	}
	side->prefixes_announced = get_uint(c);
	side->prefixes_withdrawn = get_uint(c);
	side->last_message_ns = get_uint(c);
}

static void
read_families(struct reader *r, const char *json, struct event_session *e)
{
	sqlite3_bind_text(r->families, 1, json, -1, SQLITE_STATIC);
	e->families = r->common;
	while (e->family_count < BGP_CONTEXT_FAMILIES && reader_step(r, r->families)) {
		struct columns c = {.stmt = r->families};
		struct bgp_family *family = &r->common[e->family_count++];
		family->afi = get_u16(&c);
		family->safi = get_u8(&c);
	}
	sqlite3_reset(r->families);
	sqlite3_clear_bindings(r->families);
}

/* One side's, out of the JSON; how long after its beginning things were is in it, when that was is beside. */
static void
read_restart(struct reader *r, const char *json, uint64_t began_ns, struct event_session_side *side,
	struct event_restart *e)
{
	char address[ADDRESS_TEXT_MAX];
	sqlite3_bind_text(r->restart, 1, json, -1, SQLITE_STATIC);
	sqlite3_bind_text(r->restart, 2, address_text(&side->addr, address), -1, SQLITE_STATIC);
	if (reader_step(r, r->restart)) {
		struct columns c = {.stmt = r->restart};
		*e = (struct event_restart){.state = RESTART_NONE};
		if (restart_state_from_name(get_name(&c), &e->state)) {
			side->restart = e;
			e->notified = get_uint(&c) != 0;
			e->restart_bit = get_uint(&c) != 0;
			e->time_s = get_u16(&c);
			e->stale_time_s = get_u32(&c);
			e->count = get_u32(&c);
			e->families = get_u8(&c);
			e->kept = get_u8(&c);
			e->end_of_ribs = get_u8(&c);
			e->began_ns = began_ns;
			e->began_frame = get_uint(&c);
			e->back_ns = is_null(&c) ? 0 : began_ns;
			e->back_ns += get_uint(&c) * 1000;
			e->back_frame = get_uint(&c);
			e->ended_ns = is_null(&c) ? 0 : began_ns;
			e->ended_ns += get_uint(&c) * 1000;
			e->ended_frame = get_uint(&c);
		}
	}
	sqlite3_reset(r->restart);
	sqlite3_clear_bindings(r->restart);
}

static bool
read_session(struct reader *r, sqlite3_stmt *stmt, struct event *event)
{
	struct columns c = begin_event(r, stmt, event);
	struct event_session *e = &event->session;
	skip(&c, 1);
	e->session = get_id(&c, r->shift.session);
	e->side[0].addr = get_address(&c);
	e->side[1].addr = get_address(&c);
	skip(&c, 2); /* asn and bgp_id stand with their side */
	e->hold_time_s = get_known(&c);
	skip(&c, 1);
	e->has_families = !is_null(&c);
	read_families(r, get_name(&c), e);
	skip(&c, 4);
	e->established_count = get_u32(&c);
	verdict_from_name(get_name(&c), &e->verdict);
	e->primary_cause = get_cause(&c);
	e->bfd_session = get_id(&c, r->shift.bfd_session);
	skip(&c, 2);
	e->first_time_ns = get_uint(&c);
	e->last_time_ns = get_uint(&c);
	e->has_setup = !is_null(&c);
	e->setup_ns = get_uint(&c) * 1000;
	skip(&c, 1); /* timing stands with its side */
	e->agreement = reader_agreement(r, get_text(&c), e->side);
	for (size_t i = 0; i < 2; i++) {
		read_session_side(&c, &e->side[i]);
		read_session_timing(r, &c, &e->side[i], r->end_of_rib[i]);
	}
	const char *restarts = get_name(&c);
	for (size_t i = 0; i < 2; i++) {
		read_restart(r, restarts, get_uint(&c), &e->side[i], &r->restarts[i]);
	}
	return e->side[0].addr.family != 0 && e->side[1].addr.family != 0;
}

static const char *
bfd_mode(const char *name)
{
	static const char *const modes[] = {"single-hop", "multihop", "micro", "s-bfd", "echo"};
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		if (strcmp(modes[i], name) == 0) {
			return modes[i];
		}
	}
	return keep_forever(name);
}

static void
read_bfd_side(struct columns *c, struct event_bfd_side *side)
{
	side->state = get_state(c, PROTOCOL_BFD);
	side->state_since_ns = get_uint(c);
	side->diag = get_u8(c);
	side->has_timers = !is_null(c);
	side->negotiated_tx_us = get_u32(c);
	side->detection_time_us = get_uint(c);
	side->packets = get_uint(c);
	side->max_gap_us = get_uint(c);
	side->last_ns = get_uint(c);
	side->discriminator = get_u32(c);
	side->detect_mult = get_u8(c);
	side->intervals = get_uint(c);
	side->interval_min_us = get_uint(c);
	side->interval_mean_us = get_uint(c);
	side->interval_max_us = get_uint(c);
	side->has_margin = !is_null(c);
	side->margin_us = (int64_t)get_uint(c);
	side->margin_frame = get_uint(c);
}

static bool
read_bfd_session(struct reader *r, sqlite3_stmt *stmt, struct event *event)
{
	struct columns c = begin_event(r, stmt, event);
	struct event_bfd_session *e = &event->bfd_session;
	skip(&c, 1);
	e->bfd_session = get_id(&c, r->shift.bfd_session);
	e->session = get_id(&c, r->shift.session);
	e->side[0].addr = get_address(&c);
	e->side[1].addr = get_address(&c);
	e->mode = bfd_mode(get_name(&c));
	skip(&c, 5);
	e->flaps = get_u32(&c);
	skip(&c, 2);
	e->first_time_ns = get_uint(&c);
	e->last_time_ns = get_uint(&c);
	skip(&c, 2);
	read_bfd_side(&c, &e->side[0]);
	read_bfd_side(&c, &e->side[1]);
	return e->side[0].addr.family != 0 && e->side[1].addr.family != 0;
}

static bool
read_lost(struct reader *r, sqlite3_stmt *stmt, struct event *event)
{
	struct columns c = begin_event(r, stmt, event);
	event->lost.events = get_uint(&c);
	event->lost.reason = get_name(&c);
	return true;
}

static bool
read_recording(struct reader *r, sqlite3_stmt *stmt, struct event *event)
{
	struct columns c = begin_event(r, stmt, event);
	struct event_recording *e = &event->recording;
	e->session = get_id(&c, r->shift.session);
	e->bfd_session = get_id(&c, r->shift.bfd_session);
	e->finding = get_id(&c, r->shift.finding);
	e->cause = get_name(&c);
	e->file = get_name(&c);
	skip(&c, 1);
	e->begins_ns = get_uint(&c);
	return true;
}

const struct reader_table reader_tables[READER_TABLES] = {
	{INSERT_CAPTURE, EVENT_CAPTURE, false, read_capture},
	{INSERT_CONNECTION_EVENT, EVENT_CONNECTION, false, read_connection},
	{INSERT_MESSAGE, EVENT_MESSAGE, false, read_message},
	{INSERT_FAULT, EVENT_FAULT, false, read_fault},
	{INSERT_GAP, EVENT_GAP, false, read_gap},
	{INSERT_CHECK, EVENT_CHECK, false, read_check},
	{INSERT_BFD_PACKET, EVENT_BFD, false, read_bfd},
	{INSERT_TRANSITION, EVENT_TRANSITION, false, read_transition},
	{INSERT_ALERT, EVENT_ALERT, false, read_finding},
	{INSERT_FINDING, EVENT_FINDING, true, read_finding},
	{INSERT_SESSION, EVENT_SESSION, true, read_session},
	{INSERT_BFD_SESSION, EVENT_BFD_SESSION, true, read_bfd_session},
	{INSERT_RETRANSMISSION, EVENT_RETRANSMISSION, false, read_retransmission},
	{INSERT_LOST, EVENT_LOST, false, read_lost},
	{INSERT_RECORDING, EVENT_RECORDING, false, read_recording},
};

bool
reader_prepare(struct reader *r)
{
	return sqlite3_prepare_v2(r->db,
		       "SELECT as_width, extended_messages, add_path FROM context WHERE context=?",
		       -1, &r->context, NULL) == SQLITE_OK &&
		sqlite3_prepare_v2(r->db,
			"SELECT withdrawn, announced, attributes, end_of_rib FROM update_message"
			" WHERE message=?",
			-1, &r->summary, NULL) == SQLITE_OK &&
		sqlite3_prepare_v2(r->db, "SELECT value FROM json_each(?)", -1, &r->list, NULL) ==
		SQLITE_OK &&
		sqlite3_prepare_v2(r->db,
			"SELECT json_extract(value, '$.afi'), json_extract(value, '$.safi')"
			" FROM json_each(?)",
			-1, &r->families, NULL) == SQLITE_OK &&
		sqlite3_prepare_v2(r->db,
			"SELECT json_extract(value, '$.afi'), json_extract(value, '$.safi'),"
			" json_extract(value, '$.after_us'), json_extract(value, '$.prefixes'),"
			" json_extract(value, '$.frame') FROM json_each(?)",
			-1, &r->ribs, NULL) == SQLITE_OK &&
		sqlite3_prepare_v2(r->db,
			"SELECT json_extract(value, '$.state'), json_extract(value, '$.notification'),"
			" json_extract(value, '$.restart_bit'), json_extract(value, '$.restart_time_s'),"
			" json_extract(value, '$.stale_time_s'), json_extract(value, '$.count'),"
			" json_extract(value, '$.families'), json_extract(value, '$.kept'),"
			" json_extract(value, '$.end_of_ribs'), json_extract(value, '$.began_frame'),"
			" json_extract(value, '$.back_after_us'), json_extract(value, '$.back_frame'),"
			" json_extract(value, '$.ended_after_us'), json_extract(value, '$.ended_frame')"
			" FROM json_each(?1) WHERE key = ?2 AND type = 'object'",
			-1, &r->restart, NULL) == SQLITE_OK &&
		reader_prepare_agreement(r);
}

void
reader_finish(struct reader *r)
{
	free_fix(r);
	free(r->attributes);
	sqlite3_finalize(r->context);
	sqlite3_finalize(r->summary);
	sqlite3_finalize(r->list);
	sqlite3_finalize(r->families);
	sqlite3_finalize(r->ribs);
	sqlite3_finalize(r->restart);
	reader_finish_agreement(r);
}
