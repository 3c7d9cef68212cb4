/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The model: tables of inputs, sessions, BFD sessions and findings, each sorted by id, which is the
 * order in which they appeared. A session is known from the first event that names it; which of its
 * addresses is local is only told by a session event, and where the first guess was the other way
 * round, everything is turned then.
 */
#include "ui/model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "track/memory.h"
#include "ui/describe.h"
#include "ui/model_internal.h"
#include "ui/text.h"

enum { LEAVING_MAX = 1024 }; /* sessions that are dropped together */

void
model_table_insert(struct model_table *t, void *item, uint64_t (*id_of)(const void *))
{
	if (t->count == t->room) {
		t->room = t->room > 0 ? t->room * 2 : 16;
		t->items = memory_resize(t->items, t->room * sizeof(*t->items));
	}
	size_t at = model_table_place(t, id_of(item), id_of);
	memmove(&t->items[at + 1], &t->items[at], (t->count - at) * sizeof(*t->items));
	t->items[at] = item;
	t->count++;
}

struct model *
model_create(void)
{
	return memory_zero(1, sizeof(struct model));
}

void
model_leave_quiet(struct model *model)
{
	model->loud_only = true;
}

static void
session_destroy(struct model *model, struct model_session *s)
{
	for (size_t i = 0; i < 2; i++) {
		free(s->open[i].bytes);
		free((void *)s->info.side[i].end_of_rib);
		free((void *)s->info.side[i].restart);
	}
	free(s->connections);
	free(s->checks);
	model_unshare(&model->agreements, s->info.agreement);
	model_unshare(&model->agreements, s->info.families);
	model_recordings_finish(&s->recordings);
	timeline_finish(&s->timeline, &model->budget);
	free(s);
}

void
model_destroy(struct model *model)
{
	if (model == NULL) {
		return;
	}
	for (size_t i = 0; i < model->input_count; i++) {
		free(model->inputs[i].name);
		free(model->inputs[i].link_type);
	}
	for (size_t i = 0; i < model->sessions.count; i++) {
		struct model_session *s = model->sessions.items[i];
		session_destroy(model, s);
	}
	for (size_t i = 0; i < model->bfd_sessions.count; i++) {
		struct model_bfd_session *b = model->bfd_sessions.items[i];
		timeline_finish(&b->timeline, &model->budget);
		model_recordings_finish(&b->recordings);
		free(b);
	}
	free(model->sessions.items);
	free(model->bfd_sessions.items);
	model_findings_finish(model);
	model_pool_finish(&model->budget.texts);
	model_pool_finish(&model->agreements);
	model_octets_finish(model);
	free(model);
}

bool
model_has_room(struct model *model, const struct model_table *t, size_t max, uint64_t id, uint64_t *dropped)
{
	if (t->count >= max && id > *dropped) {
		*dropped = id;
		model->left_out++;
	}
	return t->count < max;
}

struct model_session *
model_session_of(struct model *model, uint64_t id)
{
	struct model_session *s = model_table_find(&model->sessions, id, model_session_id);
	if (s != NULL || id == 0) {
		return s;
	}
	if (!model_has_room(model, &model->sessions, MODEL_SESSIONS_MAX, id, &model->dropped_session)) {
		return NULL;
	}
	s = memory_zero(1, sizeof(*s));
	s->info.session = id;
	s->info.hold_time_s = -1;
	model_table_insert(&model->sessions, s, model_session_id);
	return s;
}

int
model_side_of(struct address *local, struct address *remote, const struct address *addr,
	const struct address *other)
{
	if (local->family == 0 && remote->family == 0 && addr->family != 0) {
		*local = *addr;
		*remote = *other;
	}
	if (addr->family == 0) {
		return -1;
	}
	return address_equal(addr, local) ? 0 : address_equal(addr, remote) ? 1 : -1;
}

int
model_session_side(struct model_session *s, const struct address *addr, const struct address *other)
{
	return model_side_of(&s->info.side[0].addr, &s->info.side[1].addr, addr, other);
}

struct timeline_entry *
model_entry_add(struct model *model, struct model_timeline *timeline, uint64_t *left_out,
	const struct event *event, enum timeline_kind kind, enum timeline_weight weight)
{
	if (weight == TIMELINE_QUIET && model->loud_only) {
		timeline_part(timeline, event->time_ns);
		return NULL;
	}
	struct timeline_entry *e = timeline_add(timeline, &model->budget, event->time_ns, left_out);
	e->last_ns = event->time_ns;
	e->frame = e->last_frame = event->frame;
	e->seq = e->last_seq = event->seq;
	e->kind = (uint8_t)kind;
	e->weight = (uint8_t)weight;
	return e;
}

struct timeline_entry *
model_session_entry(struct model *model, struct model_session *s, const struct event *event,
	enum timeline_kind kind, enum timeline_weight weight)
{
	return model_entry_add(model, &s->timeline, &s->left_out, event, kind, weight);
}

void
model_session_touch(const struct model *model, struct model_session *s, const struct event *event)
{
	s->inputs |= UINT64_C(1) << model->at_input;
	if (s->info.first_time_ns == 0) {
		s->info.first_time_ns = event->time_ns;
	}
	if (event->time_ns > s->info.last_time_ns) {
		s->info.last_time_ns = event->time_ns;
	}
	if (event->frame > s->last_frame) {
		s->last_frame = event->frame;
	}
}

static void
on_capture(struct model *model, const struct event *event)
{
	const struct event_capture *c = &event->capture;
	char text[1024];
	struct model_input *input = NULL;
	const char *name = c->input != NULL ? c->input : "";
	text_clean(name, text, sizeof(text));
	for (size_t i = 0; i < model->input_count && (c->end || event->snapshot); i++) {
		if (!model->inputs[i].ended && strcmp(model->inputs[i].name, text) == 0) {
			input = &model->inputs[i];
			break;
		}
	}
	if (input == NULL) {
		if (model->input_count == MODEL_INPUTS_MAX) {
			model->left_out++;
			return;
		}
		input = &model->inputs[model->input_count++];
		input->name = memory_copy(text, strlen(text) + 1);
	}
	if (c->link_type != NULL) {
		text_clean(c->link_type, text, sizeof(text));
		free(input->link_type);
		input->link_type = memory_copy(text, strlen(text) + 1);
	}
	input->ended = c->end;
	input->ended_ns = event->time_ns;
	input->packets = c->packets;
	input->dropped = c->dropped;
	input->artefacts |= c->artefacts;
}

static void
on_connection(struct model *model, const struct event *event)
{
	const struct event_connection *c = &event->connection;
	struct model_session *s = model_session_of(model, c->session);
	if (s == NULL) {
		return;
	}
	model_session_touch(model, s, event);
	int side = model_session_side(s, &c->client, &c->server);
	enum timeline_weight weight = TIMELINE_NORMAL;
	switch (c->state) {
	case CONNECTION_SYN:
		s->syn_count++;
		s->client = c->client;
		break;
	case CONNECTION_ESTABLISHED:
		s->connection_count++;
		side = -1;
		break;
	case CONNECTION_MIDSTREAM:
		s->connection_count++;
		side = -1;
		break;
	case CONNECTION_REFUSED:
		s->refused_count++;
		weight = TIMELINE_LOUD;
		side = model_session_side(s, &c->by, &c->client);
		break;
	case CONNECTION_CLOSED:
	case CONNECTION_RESET:
		weight = TIMELINE_LOUD;
		side = model_session_side(s, &c->by, &c->client);
		break;
	case CONNECTION_TIMEOUT:
		weight = TIMELINE_LOUD;
		break;
	}
	struct timeline_entry *e = model_session_entry(model, s, event, TIMELINE_CONNECTION, weight);
	struct event_connection words = *c;
	e->side = (int8_t)side;
	e->connection = c->connection;
	if (side >= 0) {
		words.by = (struct address){0}; /* the entry's speaker says who */
	}
	char text[TIMELINE_TEXT_MAX];
	describe_connection(&words, text, sizeof(text));
	e->text = model_text_keep(&model->budget.texts, text);
}

static void
keep_open(struct model_session *s, int side, const struct event *event)
{
	const struct event_message *m = &event->message;
	struct model_open *open = &s->open[side];
	struct event_session_side *info = &s->info.side[side];
	struct cursor raw = m->message->raw;
	/* The whole message, wherever the decoder has read to. */
	const uint8_t *bytes = raw.base;
	size_t size = (size_t)(raw.end - raw.base);
	free(open->bytes);
	*open = (struct model_open){
		.seen = true,
		.cut = m->message->truncated || size > MODEL_OPEN_MAX,
		.time_ns = event->time_ns,
		.frame = event->frame,
		.connection = m->connection,
		.size = size > MODEL_OPEN_MAX ? MODEL_OPEN_MAX : size,
	};
	open->bytes = memory_copy(bytes, open->size);
	if (m->message->body_read) {
		info->has_asn = info->has_bgp_id = true;
		info->asn = m->message->open.asn;
		info->bgp_id = m->message->open.bgp_id;
	}
}

static void
count_message(struct event_session_side *side, const struct bgp_message *m, uint32_t run,
	uint64_t time_ns)
{
	static const uint8_t slots[] = {
		[BGP_OPEN] = COUNT_OPEN,
		[BGP_UPDATE] = COUNT_UPDATE,
		[BGP_NOTIFICATION] = COUNT_NOTIFICATION,
		[BGP_KEEPALIVE] = COUNT_KEEPALIVE,
		[BGP_ROUTE_REFRESH] = COUNT_ROUTE_REFRESH,
	};
	bool named = m->type >= BGP_OPEN && m->type <= BGP_ROUTE_REFRESH;
	side->messages[named ? slots[m->type] : COUNT_OTHER] += run;
	side->last_message_ns = time_ns;
	if (m->type == BGP_UPDATE && m->body_read) {
		side->prefixes_announced += m->update.announced_count;
		side->prefixes_withdrawn += m->update.withdrawn_count;
	}
}

static void
on_message(struct model *model, const struct event *event)
{
	const struct event_message *m = &event->message;
	const struct bgp_message *message = m->message;
	struct model_session *s = model_session_of(model, m->session);
	if (s == NULL) {
		return;
	}
	model_session_touch(model, s, event);
	int side = model_session_side(s, &m->src, &m->dst);
	enum timeline_kind kind = TIMELINE_MESSAGE;
	enum timeline_weight weight = TIMELINE_NORMAL;
	uint32_t run = m->run > 0 ? m->run : 1;
	if (side >= 0) {
		count_message(&s->info.side[side], message, run, event->time_ns);
	}
	switch (message->type) {
	case BGP_OPEN:
		kind = TIMELINE_OPEN;
		if (side >= 0) {
			keep_open(s, side, event);
		}
		break;
	case BGP_NOTIFICATION:
		kind = TIMELINE_NOTIFICATION;
		weight = TIMELINE_LOUD;
		s->notified = true;
		break;
	case BGP_KEEPALIVE:
		kind = TIMELINE_KEEPALIVE;
		break;
	case BGP_UPDATE:
		kind = message->body_read && message->update.end_of_rib ? TIMELINE_MESSAGE
									: TIMELINE_UPDATE;
		break;
	default:
		break;
	}
	struct timeline_entry *e = NULL;
	if (kind == TIMELINE_KEEPALIVE || kind == TIMELINE_UPDATE) {
		e = timeline_stretch(&s->timeline, kind, side, m->connection);
	}
	if (e != NULL) {
		e->count += run;
		e->last_ns = event->time_ns;
		e->last_frame = event->frame;
		e->last_seq = event->seq;
	} else {
		e = model_session_entry(model, s, event, kind, weight);
		e->side = (int8_t)side;
		e->connection = m->connection;
		e->count = run;
		e->seq -= run - 1;
		char text[TIMELINE_TEXT_MAX] = "UPDATE";
		if (kind != TIMELINE_UPDATE) {
			describe_message(m, false, text, sizeof(text));
		}
		e->text = model_text_keep(&model->budget.texts, text);
	}
	if (kind == TIMELINE_UPDATE && message->body_read) {
		e->announced += message->update.announced_count;
		e->withdrawn += message->update.withdrawn_count;
	}
}

static void
on_fault(struct model *model, const struct event *event)
{
	const struct event_fault *f = &event->fault;
	struct model_session *s = model_session_of(model, f->session);
	struct model_bfd_session *b = model_bfd_session_of(model, f->bfd_session);
	struct timeline_entry *e;
	char text[TIMELINE_TEXT_MAX];
	if (s != NULL) {
		model_session_touch(model, s, event);
		s->fault_count++;
		e = model_session_entry(model, s, event, TIMELINE_FAULT, TIMELINE_LOUD);
	} else if (b != NULL) {
		e = model_entry_add(model, &b->timeline, &b->left_out, event, TIMELINE_FAULT,
			TIMELINE_LOUD);
	} else {
		return;
	}
	e->connection = f->connection;
	char whole[TIMELINE_TEXT_MAX];
	snprintf(whole, sizeof(whole), "malformed: %s",
		text_clean(f->text != NULL ? f->text : f->code, text, sizeof(text) - 12));
	e->text = model_text_keep(&model->budget.texts, whole);
}

static void
on_gap(struct model *model, const struct event *event)
{
	const struct event_gap *g = &event->gap;
	struct model_session *s = model_session_of(model, g->session);
	char count[TEXT_COUNT_MAX];
	if (s == NULL) {
		return;
	}
	model_session_touch(model, s, event);
	s->gap_count++;
	s->gap_bytes += g->bytes;
	struct timeline_entry *e = model_session_entry(model, s, event, TIMELINE_GAP, TIMELINE_NORMAL);
	struct address none = {0};
	e->side = (int8_t)model_session_side(s, &g->src, &none);
	e->connection = g->connection;
	char text[TIMELINE_TEXT_MAX];
	snprintf(text, sizeof(text), "%s octets are not in the capture", text_count(g->bytes, count));
	e->text = model_text_keep(&model->budget.texts, text);
}

/* A stretch goes on as long as nothing else happens on the session. */
static void
on_retransmission(struct model *model, const struct event *event)
{
	static const char *const texts[RESENT_COUNT] = {
		[RESENT_DATA] = "retransmission",
		[RESENT_SYN] = "SYN retransmission",
		[RESENT_SYN_ACK] = "SYN-ACK retransmission",
		[RESENT_FIN] = "FIN retransmission",
	};
	const struct event_retransmission *r = &event->retransmission;
	struct model_session *s = model_session_of(model, r->session);
	if (s == NULL || r->what >= RESENT_COUNT) {
		return;
	}
	model_session_touch(model, s, event);
	int side = model_session_side(s, &r->src, &r->dst);
	struct timeline_entry *e = timeline_stretch(&s->timeline, TIMELINE_RESENT, side, r->connection);
	if (e == NULL || e->from != r->what) {
		e = model_session_entry(model, s, event, TIMELINE_RESENT, TIMELINE_QUIET);
		if (e == NULL) {
			return;
		}
		e->side = (int8_t)side;
		e->connection = r->connection;
		e->from = r->what;
		e->count = 0;
		e->text = model_text_keep(&model->budget.texts, texts[r->what]);
	}
	e->count += r->segments;
	e->octets += (uint32_t)r->bytes;
	e->last_seq = event->seq;
	if (r->last_time_ns >= e->last_ns) {
		e->last_ns = r->last_time_ns;
		e->last_frame = r->last_frame;
	}
}

static void
on_check(struct model *model, const struct event *event)
{
	const struct event_check *c = &event->check;
	struct model_session *s = model_session_of(model, c->session);
	char count[TEXT_COUNT_MAX];
	if (s == NULL || c->result >= CHECKED_COUNT) {
		return;
	}
	bool plain = c->result == CHECKED_AGREE && c->reason == 0;
	int side = model_session_side(s, &c->src, &c->dst);
	if (s->checks == NULL) {
		s->checks = memory_zero(1, sizeof(*s->checks));
	}
	s->checks->results[c->result]++;
	s->checks->bytes += c->result == CHECKED_AGREE ? c->bytes : 0;
	if (!plain && s->checks->count < MODEL_CHECKS_MAX) {
		s->checks->list[s->checks->count++] = (struct model_check){
			.frame = event->frame,
			.bytes = c->bytes,
			.side = (int8_t)side,
			.result = c->result,
			.reason = c->reason,
		};
	}
	struct timeline_entry *e = model_session_entry(model, s, event, TIMELINE_CHECK,
		plain                                ? TIMELINE_QUIET
			: c->result == CHECKED_OUTSIDE ? TIMELINE_NORMAL
						       : TIMELINE_LOUD);
	if (e == NULL) {
		return;
	}
	e->side = (int8_t)side;
	e->connection = c->connection;
	const char *key = check_reason_key(c->reason);
	char text[TIMELINE_TEXT_MAX];
	snprintf(text, sizeof(text), "strict receiver: %s%s%s%s after %s octets",
		check_result_name(c->result), key != NULL ? " (" : "", key != NULL ? key : "",
		key != NULL ? ")" : "", text_count(c->bytes, count));
	e->text = model_text_keep(&model->budget.texts, text);
}

static void
on_finding(struct model *model, const struct event *event)
{
	const struct event_finding *f = &event->finding;
	if (!model_finding_keep(model, f)) {
		return;
	}
	if (event->kind != EVENT_ALERT) {
		return;
	}
	struct model_session *s = model_session_of(model, f->session);
	struct model_bfd_session *b = s == NULL ? model_bfd_session_of(model, f->bfd_session) : NULL;
	if (s == NULL && b == NULL) {
		return;
	}
	struct timeline_entry *e = s != NULL
		? model_session_entry(model, s, event, TIMELINE_FINDING, TIMELINE_LOUD)
		: model_entry_add(model, &b->timeline, &b->left_out, event, TIMELINE_FINDING,
			  TIMELINE_LOUD);
	char text[TIMELINE_TEXT_MAX];
	snprintf(text, sizeof(text), "%s: %s",
		finding_key(f->cause) != NULL ? finding_key(f->cause) : "",
		finding_title(f->cause));
	e->text = model_text_keep(&model->budget.texts, text);
}

/* Nobody answered, nobody complained: one of the many pairs of a scan or of a flood. */
static bool
says_nothing(const struct model_session *s)
{
	return s->info.verdict == VERDICT_UNKNOWN && s->connection_count == 0 && !s->open[0].seen &&
		!s->open[1].seen && !s->notified && s->info.bfd_session == 0;
}

/* All that are to go, at once: to move the table for each of them would cost more than the rest. */
static void
drop_sessions(struct model *model)
{
	struct model_table *t = &model->sessions;
	size_t kept = 0;
	for (size_t i = 0; i < t->count; i++) {
		struct model_session *s = t->items[i];
		if (!s->leaves) {
			t->items[kept++] = s;
			continue;
		}
		session_destroy(model, s);
		model->left_out++;
	}
	t->count = kept;
	model->leaving = 0;
}

static void
on_session(struct model *model, const struct event *event)
{
	const struct event_session *e = &event->session;
	struct model_session *s = model_session_of(model, e->session);
	if (s == NULL) {
		return;
	}
	if (s->info.side[0].addr.family != 0 &&
		address_equal(&s->info.side[0].addr, &e->side[1].addr) &&
		!address_equal(&e->side[0].addr, &e->side[1].addr)) {
		struct model_open open = s->open[0];
		s->open[0] = s->open[1];
		s->open[1] = open;
		timeline_swap_sides(&s->timeline);
		for (size_t i = 0; i < s->connections_used; i++) {
			uint8_t state = s->connections[i].state[0];
			s->connections[i].state[0] = s->connections[i].state[1];
			s->connections[i].state[1] = state;
		}
		for (size_t i = 0; s->checks != NULL && i < s->checks->count; i++) {
			struct model_check *check = &s->checks->list[i];
			check->side = check->side >= 0 ? (int8_t)(1 - check->side) : check->side;
		}
	}
	const struct bgp_agreement *agreement = s->info.agreement;
	const struct bgp_family *families = s->info.families;
	for (size_t i = 0; i < 2; i++) {
		free((void *)s->info.side[i].end_of_rib);
		free((void *)s->info.side[i].restart);
	}
	s->info = *e;
	for (size_t i = 0; i < 2; i++) {
		struct event_session_side *side = &s->info.side[i];
		size_t size = side->end_of_rib_count * sizeof(*side->end_of_rib);
		side->end_of_rib = size > 0 ? memory_copy(side->end_of_rib, size) : NULL;
		side->restart = side->restart != NULL ? memory_copy(side->restart, sizeof(*side->restart)) : NULL;
	}
	if (e->agreement != NULL) {
		s->info.agreement = model_share(&model->agreements, e->agreement, bgp_agreement_size(e->agreement));
	}
	if (e->families != NULL) {
		s->info.families = model_share(&model->agreements, e->families, e->family_count * sizeof(*e->families));
	}
	model_unshare(&model->agreements, agreement);
	model_unshare(&model->agreements, families);
	s->told = true;
	s->final = !event->snapshot;
	if (s->final && says_nothing(s) && model->unanswered++ >= MODEL_UNANSWERED_MAX) {
		s->leaves = true;
		if (++model->leaving >= LEAVING_MAX) {
			drop_sessions(model);
		}
	}
}

/* One that ended may have come back under the same name: the newest of them. */
static size_t
input_named(const struct model *model, const char *name)
{
	char text[1024];
	text_clean(name, text, sizeof(text));
	for (size_t i = model->input_count; i > 0; i--) {
		if (strcmp(model->inputs[i - 1].name, text) == 0) {
			return i - 1;
		}
	}
	return model->input_count - 1;
}

/* The input that an event names; without a name the newest there is. */
static size_t
input_of(const struct model *model, const struct event *event)
{
	size_t last = model->input_count > 0 ? model->input_count - 1 : 0;
	const struct model_input *before = &model->inputs[model->at_input];
	if (event->input == NULL || last == 0 || event->kind == EVENT_CAPTURE) {
		return last;
	}
	return !before->ended && strcmp(before->name, event->input) == 0 ? model->at_input
									 : input_named(model, event->input);
}

static void
on_lost(struct model *model, const struct event *event)
{
	model->not_stored += event->lost.events;
}

static void
on_recording(struct model *model, const struct event *event)
{
	const struct event_recording *r = &event->recording;
	struct model_session *s = model_session_of(model, r->session);
	struct model_bfd_session *b = s == NULL ? model_bfd_session_of(model, r->bfd_session) : NULL;
	if (s == NULL && b == NULL) {
		return;
	}
	model_recordings_add(s != NULL ? &s->recordings : &b->recordings, event);
	char file[TIMELINE_TEXT_MAX - 16], text[TIMELINE_TEXT_MAX];
	snprintf(text, sizeof(text), "recorded in %s",
		text_clean(r->file != NULL ? r->file : "-", file, sizeof(file)));
	/* Several causes may have one capture: it is named once. */
	const struct model_timeline *t = s != NULL ? &s->timeline : &b->timeline;
	for (size_t i = t->count; i > 0; i--) {
		const struct timeline_entry *before = &t->entries[i - 1];
		if (before->kind == TIMELINE_RECORDING && strcmp(before->text, text) == 0) {
			return;
		}
	}
	struct timeline_entry *e = s != NULL
		? model_session_entry(model, s, event, TIMELINE_RECORDING, TIMELINE_NORMAL)
		: model_entry_add(model, &b->timeline, &b->left_out, event, TIMELINE_RECORDING, TIMELINE_NORMAL);
	e->text = model_text_keep(&model->budget.texts, text);
}

void
model_event(struct model *model, const struct event *event)
{
	static void (*const handlers[EVENT_KIND_COUNT])(struct model *, const struct event *) = {
		[EVENT_CAPTURE] = on_capture,
		[EVENT_CONNECTION] = on_connection,
		[EVENT_MESSAGE] = on_message,
		[EVENT_FAULT] = on_fault,
		[EVENT_GAP] = on_gap,
		[EVENT_CHECK] = on_check,
		[EVENT_BFD] = model_on_bfd,
		[EVENT_TRANSITION] = model_on_transition,
		[EVENT_ALERT] = on_finding,
		[EVENT_FINDING] = on_finding,
		[EVENT_SESSION] = on_session,
		[EVENT_BFD_SESSION] = model_on_bfd_session,
		[EVENT_RETRANSMISSION] = on_retransmission,
		[EVENT_LOST] = on_lost,
		[EVENT_RECORDING] = on_recording,
	};
	model->version++;
	if (event->time_ns != 0) {
		if (model->first_ns == 0 || event->time_ns < model->first_ns) {
			model->first_ns = event->time_ns;
		}
		if (event->time_ns > model->last_ns) {
			model->last_ns = event->time_ns;
		}
	}
	if (event->time_digits > model->time_digits) {
		model->time_digits = event->time_digits;
	}
	model_octets_keep(model, event);
	model->at_input = input_of(model, event);
	if (event->kind < EVENT_KIND_COUNT) {
		handlers[event->kind](model, event);
	}
}
