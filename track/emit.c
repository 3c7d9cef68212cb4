/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Events on their way out: numbered here and nowhere else. */
#include <string.h>

#include "track/internal.h"
#include "track/memory.h"

struct moment
moment_of(const struct packet_info *ip)
{
	return moment_make(ip->time_ns, ip->frame, ip->input);
}

void
clock_stepped(void *ctx, uint64_t from_ns, uint64_t to_ns, uint64_t offset_ns)
{
	struct track *t = ctx;
	if (t->clock_steps == NULL) {
		t->clock_steps = memory_zero(TRACK_CLOCK_STEPS_MAX, sizeof(*t->clock_steps));
	}
	if (t->clock_step_count == TRACK_CLOCK_STEPS_MAX) {
		t->clock_step_count /= 2;
		memmove(t->clock_steps, t->clock_steps + t->clock_step_count,
			t->clock_step_count * sizeof(*t->clock_steps));
	}
	t->clock_steps[t->clock_step_count++] = (struct clock_step){from_ns, to_ns, offset_ns};
}

uint64_t
shown_ns(const struct track *t, uint64_t time_ns)
{
	if (time_ns == 0) {
		return 0; /* none */
	}
	for (size_t i = t->clock_step_count; i > 0; i--) {
		const struct clock_step *step = &t->clock_steps[i - 1];
		if (time_ns >= step->from_ns && time_ns < step->to_ns) {
			return time_ns - step->offset_ns;
		}
	}
	return time_ns;
}

void
transition_lasted(struct event_transition *e, uint64_t since_ns, const struct moment *at)
{
	e->has_lasted = since_ns != 0 && at->time_ns >= since_ns;
	e->lasted_us = e->has_lasted ? (at->time_ns - since_ns) / 1000 : 0;
}

void
emit(struct track *t, struct event *event, const struct moment *at)
{
	const struct input_state *input =
		at->input < t->input_count ? &t->inputs[at->input] : NULL;
	event->seq = ++t->seq;
	event->time_ns = shown_ns(t, at->time_ns);
	event->frame = at->frame;
	event->time_digits = input != NULL ? input->time_digits : 6;
	event->input = t->options.several_inputs && input != NULL ? input->name : NULL;
	for (size_t i = 0; i < t->sink_count; i++) {
		t->sinks[i].on_event(t->sinks[i].self, event);
	}
}

void
emit_snapshot(struct track *t, struct event *event)
{
	event->snapshot = true;
	event->time_ns = shown_ns(t, t->now.time_ns);
	event->time_digits = 6;
	for (size_t i = 0; i < t->sink_count; i++) {
		if (t->sinks[i].wants_snapshots) {
			t->sinks[i].on_event(t->sinks[i].self, event);
		}
	}
}

void
emit_connection(struct track *t, struct link *link, enum connection_state state,
	const struct moment *at)
{
	const struct conn *conn = link->conn;
	unsigned client = 0;
	if (conn->client != CONN_NO_CLIENT) {
		client = (unsigned)conn->client;
	} else if (conn->service >= 0) {
		client = 1u - (unsigned)conn->service;
	} else if (conn->side[0].port < conn->side[1].port) {
		client = 1; /* callers take a high port */
	}
	link->state = state;
	link->stated = true;
	struct event event = {
		.kind = EVENT_CONNECTION,
		.connection = {
			.connection = link->id,
			.session = link->session->id,
			.state = state,
			.client = conn->side[client].addr,
			.client_port = conn->side[client].port,
			.server = conn->side[1 - client].addr,
			.server_port = conn->side[1 - client].port,
			.evicted = link->evicted,
			.by = link->by,
		},
	};
	emit(t, &event, at);
}

void
emit_fault(struct track *t, const struct link *link, const char *code, uint32_t offset,
	const char *text, const struct moment *at)
{
	struct event event = {
		.kind = EVENT_FAULT,
		.fault = {
			.session = link != NULL ? link->session->id : 0,
			.connection = link != NULL ? link->id : 0,
			.code = code,
			.offset = offset,
			.text = text,
		},
	};
	emit(t, &event, at);
}

void
track_lost(struct track *t, uint64_t events, const char *reason)
{
	struct event event = {.kind = EVENT_LOST, .lost = {.events = events, .reason = reason}};
	const struct moment at = {.time_ns = t->now.time_ns, .input = t->now.input};
	emit(t, &event, &at);
}

void
track_recorded(struct track *t, const struct event *cause, const struct event_recording *recording)
{
	struct event event = *cause; /* its time as it was told */
	event.kind = EVENT_RECORDING;
	event.snapshot = false;
	event.recording = *recording;
	event.seq = ++t->seq;
	for (size_t i = 0; i < t->sink_count; i++) {
		t->sinks[i].on_event(t->sinks[i].self, &event);
	}
}
