/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BGPWHY_TESTS_UNIT_STORY_H
#define BGPWHY_TESTS_UNIT_STORY_H

/* Events made by hand, and the text that a view makes of them. */

#include <arpa/inet.h>
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/octets.h"
#include "ui/ui.h"

#define STORY_START UINT64_C(1769853600000000000) /* 2026-01-31T10:00:00Z */
#define STORY_MS UINT64_C(1000000)

struct story {
	struct sink sink;
	char *text;
	size_t size;
	FILE *out;
	uint64_t seq;
	bool closed;
};

typedef bool story_open_view(const struct ui_options *options, struct sink *sink);

static inline void
story_begin(struct story *s, story_open_view *view, struct ui_options options)
{
	memset(s, 0, sizeof(*s));
	s->out = open_memstream(&s->text, &s->size);
	assert(s->out != NULL);
	options.out = s->out;
	bool opened = view(&options, &s->sink);
	assert(opened);
}

/* The text of the view; freed with story_free(). */
static inline const char *
story_end(struct story *s)
{
	if (!s->closed) {
		s->closed = s->sink.close(s->sink.self);
		assert(s->closed);
		fclose(s->out);
	}
	return s->text;
}

static inline void
story_free(struct story *s)
{
	story_end(s);
	free(s->text);
}

static inline struct address
story_address(const char *text)
{
	struct address a = {0};
	if (text != NULL) {
		a.family = strchr(text, ':') != NULL ? 6 : 4;
		int ok = inet_pton(a.family == 6 ? AF_INET6 : AF_INET, text, a.octets);
		assert(ok == 1);
	}
	return a;
}

static inline void
story_event(struct story *s, struct event event, uint64_t ms, uint64_t frame)
{
	event.seq = event.snapshot ? 0 : ++s->seq;
	event.time_ns = STORY_START + ms * STORY_MS;
	event.time_digits = 6;
	event.frame = frame;
	s->sink.on_event(s->sink.self, &event);
}

static inline void
story_capture(struct story *s, bool end, const char *input, uint64_t packets, uint32_t artefacts,
	uint64_t ms)
{
	story_event(s,
		(struct event){
			.kind = EVENT_CAPTURE,
			.capture = {.end = end,
				.input = input,
				.link_type = "EN10MB",
				.packets = packets,
				.artefacts = artefacts},
		},
		ms, 0);
}

static inline void
story_connection(struct story *s, uint64_t id, enum connection_state state, const char *client,
	const char *server, const char *by, uint64_t ms, uint64_t frame)
{
	story_event(s,
		(struct event){
			.kind = EVENT_CONNECTION,
			.connection = {.connection = id,
				.session = 1,
				.state = state,
				.client = story_address(client),
				.server = story_address(server),
				.client_port = 40000,
				.server_port = 179,
				.by = story_address(by)},
		},
		ms, frame);
}

/* One BGP message of `type` with `body` in hex, `cut` octets short. */
static inline void
story_message(struct story *s, uint64_t session, uint64_t connection, const char *src,
	const char *dst, uint8_t type, const char *body, size_t cut, uint64_t ms, uint64_t frame)
{
	static const struct bgp_context context;
	struct octets whole = octets_message(type, body);
	struct octets o = octets_copy(whole.bytes, whole.size - cut);
	struct bgp_message message;
	bgp_decode(o.bytes, o.size, &context, &message);
	story_event(s,
		(struct event){
			.kind = EVENT_MESSAGE,
			.message = {.session = session,
				.connection = connection,
				.src = story_address(src),
				.dst = story_address(dst),
				.src_port = 40000,
				.dst_port = 179,
				.message = &message,
				.context = &context},
		},
		ms, frame);
	octets_free(&o);
	octets_free(&whole);
}

static inline void
story_transition(struct story *s, const char *speaker, const char *peer, uint8_t from, uint8_t to,
	uint8_t rfc_event, const char *reason, uint64_t ms, uint64_t frame)
{
	story_event(s,
		(struct event){
			.kind = EVENT_TRANSITION,
			.transition = {.protocol = PROTOCOL_BGP,
				.session = 1,
				.connection = 1,
				.speaker = story_address(speaker),
				.peer = story_address(peer),
				.from = from,
				.to = to,
				.rfc_event = rfc_event,
				.basis = BASIS_OBSERVED,
				.reason = reason},
		},
		ms, frame);
}

static inline struct event_session
story_session(uint64_t id, const char *local, const char *remote, enum verdict verdict)
{
	return (struct event_session){
		.session = id,
		.side = {{.addr = story_address(local), .state = BGP_STATE_IDLE},
			{.addr = story_address(remote), .state = BGP_STATE_IDLE}},
		.hold_time_s = -1,
		.verdict = verdict,
	};
}

#endif
