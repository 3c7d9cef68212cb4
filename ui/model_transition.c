/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Transitions: where each speaker is over all of its connections, and the sentence that its time line shows. */
#include <stdio.h>
#include <string.h>

#include "track/memory.h"
#include "ui/model_internal.h"
#include "ui/text.h"

/* Over all connections a speaker is where its furthest connection is. */
static void
follow_state(struct model_session *s, int side, const struct event *event)
{
	const struct event_transition *t = &event->transition;
	struct model_connection_state *c = NULL;
	for (size_t i = 0; i < s->connections_used; i++) {
		if (s->connections[i].connection == t->connection) {
			c = &s->connections[i];
		}
	}
	if (c == NULL) {
		if (s->connections_used == s->connections_room && s->connections_room < MODEL_CONNECTIONS_MAX) {
			s->connections_room = s->connections_room > 0 ? (uint8_t)(2 * s->connections_room) : 1;
			s->connections = memory_resize(s->connections, s->connections_room * sizeof(*s->connections));
		}
		if (s->connections_used == MODEL_CONNECTIONS_MAX) {
			memmove(&s->connections[0], &s->connections[1],
				(MODEL_CONNECTIONS_MAX - 1) * sizeof(s->connections[0]));
			s->connections_used--;
		}
		c = &s->connections[s->connections_used++];
		*c = (struct model_connection_state){.connection = t->connection};
	}
	c->state[side] = t->to;
	uint8_t furthest = BGP_STATE_UNKNOWN;
	for (size_t i = 0; i < s->connections_used; i++) {
		if (s->connections[i].state[side] > furthest) {
			furthest = s->connections[i].state[side];
		}
	}
	if (s->info.side[side].state != (enum bgp_state)furthest) {
		s->info.side[side].state = (enum bgp_state)furthest;
		s->info.side[side].state_since_ns = event->time_ns;
	}
	if (side == 0 && t->to == BGP_STATE_ESTABLISHED && !s->final) {
		s->info.established_count++;
	}
}

/* The sentence for a transition, shared. */
static const char *
transition_sentence(struct model *model, const struct event_transition *t)
{
	char clean[TIMELINE_TEXT_MAX];
	char text[TIMELINE_TEXT_MAX];
	const char *reason = t->reason != NULL ? t->reason : "";
	size_t slot = ((uintptr_t)reason / 8 + t->from * 8u + t->to) % MODEL_SENTENCES;
	struct model_sentence *known = &model->sentences[slot];
	if (known->text != NULL && known->reason == reason && known->protocol == t->protocol &&
		known->from == t->from && known->to == t->to && strcmp(known->octets, reason) == 0) {
		return model_share_again(known->text);
	}
	snprintf(text, sizeof(text), "%s%s → %s", t->protocol == PROTOCOL_BFD ? "BFD " : "",
		track_state_name(t->protocol, t->from), track_state_name(t->protocol, t->to));
	if (reason[0] != '\0') {
		text_append(text, sizeof(text), ": %s", text_clean(reason, clean, sizeof(clean)));
	}
	size_t size = strlen(reason) + 1;
	if (size <= sizeof(known->octets)) {
		model_unshare(&model->budget.texts, known->text);
		*known = (struct model_sentence){.reason = reason,
			.protocol = (uint8_t)t->protocol,
			.from = t->from,
			.to = t->to,
			.text = model_text_keep(&model->budget.texts, text)};
		memcpy(known->octets, reason, size);
	}
	return model_text_keep(&model->budget.texts, text);
}

/* `e` NULL: it is not kept. */
static void
transition_entry(struct model *model, const struct event_transition *t, struct timeline_entry *e, int side)
{
	if (e == NULL) {
		return;
	}
	e->text = transition_sentence(model, t);
	e->side = (int8_t)side;
	e->connection = t->connection;
	e->inferred = t->basis == BASIS_INFERRED;
	e->from = t->from;
	e->to = t->to;
	e->rfc_event = t->rfc_event;
}

void
model_on_transition(struct model *model, const struct event *event)
{
	const struct event_transition *t = &event->transition;
	if (t->protocol == PROTOCOL_BFD) {
		enum { UP = BFD_UP + 1 };
		struct model_bfd_session *b = model_bfd_session_of(model, t->bfd_session);
		if (b == NULL) {
			return;
		}
		int side = model_bfd_side(b, &t->speaker, &t->peer);
		struct timeline_entry *e = model_entry_add(model, &b->timeline, &b->left_out, event,
			TIMELINE_BFD_TRANSITION,
			t->from == UP || t->to == UP ? TIMELINE_LOUD : TIMELINE_NORMAL);
		transition_entry(model, t, e, side);
		if (side >= 0) {
			b->info.side[side].state = t->to;
			b->info.side[side].state_since_ns = event->time_ns;
		}
		return;
	}
	struct model_session *s = model_session_of(model, t->session);
	if (s == NULL) {
		return;
	}
	model_session_touch(model, s, event);
	int side = model_session_side(s, &t->speaker, &t->peer);
	bool loud = t->from == BGP_STATE_ESTABLISHED || t->to == BGP_STATE_ESTABLISHED;
	struct timeline_entry *e = model_session_entry(model, s, event, TIMELINE_TRANSITION,
		loud ? TIMELINE_LOUD : TIMELINE_QUIET);
	transition_entry(model, t, e, side);
	if (side >= 0) {
		follow_state(s, side, event);
	}
}
