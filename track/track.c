/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tracker as a whole: its tables, its clock and its end. The clock is that of the packets: it
 * ticks once a second of their time, whoever hands them on.
 */
#include "track/track.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "track/internal.h"
#include "track/memory.h"

enum { SLOTS_MIN = 256 }; /* of the hash tables, at first; they double: powers of 2 */

struct track *
track_create(const struct track_options *options)
{
	struct track *t = memory_zero(1, sizeof(*t));
	t->options = *options;
	/* It decides the order in buckets alone: no output depends on it. */
	if (getrandom(t->hash_seed, sizeof(t->hash_seed), GRND_NONBLOCK) < 0) {
		t->hash_seed[0] = UINT64_C(0x51ed270b7a2f1c3d);
		t->hash_seed[1] = UINT64_C(0x9e3779b97f4a7c15);
	}
	t->session_slots = t->bfd_slots = t->host_slots = SLOTS_MIN;
	t->session_table = memory_zero(SLOTS_MIN, sizeof(struct session *));
	t->bfd_table = memory_zero(SLOTS_MIN, sizeof(struct bfd_session *));
	t->host_table = memory_zero(SLOTS_MIN, sizeof(struct host *));
	clock_init(&t->clock);
	if (options->expect != NULL) {
		t->expect_met = memory_zero(options->expect->count + 1, sizeof(*t->expect_met));
	}
	t->flow = (struct flow_sink){
		.ctx = t,
		.user_size = offsetof(struct link, first),
		.segment = link_segment,
		.change = link_change,
		.bytes = link_bytes,
		.gap = link_gap,
		.check = link_check,
		.bfd = bfd_in,
		.icmp = host_icmp,
		.neighbor = host_neighbor,
		.host = host_other,
		.clock = clock_stepped,
		.near = link_near,
		.expects = bfd_expects,
		.expect = bfd_expect,
	};
	return t;
}

void
track_destroy(struct track *t)
{
	if (t == NULL) {
		return;
	}
	t->ending = true;
	for (int list = 0; list < SESSION_LISTS; list++) {
		while (t->ages[list].oldest != NULL) {
			session_destroy(t, t->ages[list].oldest);
		}
	}
	while (t->bfd_oldest != NULL) {
		bfd_destroy(t, t->bfd_oldest);
	}
	findings_destroy(t);
	hosts_destroy(t);
	for (uint32_t i = 0; i < t->input_count; i++) {
		free(t->inputs[i].name);
		free(t->inputs[i].link_type);
	}
	free(t->clock_steps);
	free(t->spare_pending);
	free(t->session_table);
	free(t->bfd_table);
	free(t->expect_met);
	free(t);
}

void
track_add_sink(struct track *t, const struct sink *sink)
{
	if (t->sink_count < TRACK_SINKS_MAX) {
		t->sinks[t->sink_count++] = *sink;
		t->snapshots = t->snapshots || sink->wants_snapshots;
		t->runs = (t->runs || t->sink_count == 1) && sink->takes_runs;
	}
}

const struct flow_sink *
track_flow_sink(struct track *t)
{
	return &t->flow;
}

static void
tell_capture(struct track *t, uint32_t number, bool end)
{
	const struct input_state *input = &t->inputs[number];
	struct event event = {
		.kind = EVENT_CAPTURE,
		.capture = {
			.end = end,
			.input = input->name,
			.link_type = input->link_type,
			.packets = input->packets,
			.dropped = input->dropped,
			.artefacts = input->artefacts,
		},
	};
	struct moment at = moment_make(end ? input->last.time_ns : t->now.time_ns, 0, number);
	emit(t, &event, &at);
}

void
track_input_begin(struct track *t, uint32_t input, const char *name, const char *link_type,
	uint64_t time_ns, uint8_t time_digits)
{
	if (input >= TRACK_INPUTS_MAX) {
		return;
	}
	struct input_state *state = &t->inputs[input];
	if (input >= t->input_count) {
		t->input_count = input + 1;
	}
	state->name = memory_copy(name, strlen(name) + 1);
	state->link_type = memory_copy(link_type, strlen(link_type) + 1);
	state->time_digits = time_digits;
	state->begin_ns = time_ns;
	if (t->now.time_ns < time_ns) {
		t->now = moment_make(time_ns, 0, input);
	}
	tell_capture(t, input, false);
}

void
track_input_end(struct track *t, uint32_t input, uint64_t packets, uint64_t dropped,
	uint32_t artefacts)
{
	if (input >= t->input_count) {
		return;
	}
	struct input_state *state = &t->inputs[input];
	state->packets = packets;
	state->dropped = dropped;
	state->artefacts = artefacts;
	state->ended = true;
	if (!state->away) {
		state->last = t->now; /* else what it heard ended when it went */
	}
}

void
track_input_away(struct track *t, uint32_t input, bool away, uint64_t now_ns)
{
	if (input >= t->input_count) {
		return;
	}
	/* Until now time went on. */
	track_tick(t, now_ns);
	t->inputs[input].away = away;
	if (away) {
		t->inputs[input].last = t->now;
		return;
	}
	t->inputs[input].back_ns = now_ns;
	/* Their timers stood still. */
	for (size_t list = 0; list < SESSION_LISTS; list++) {
		for (struct session *s = t->ages[list].oldest; s != NULL; s = s->newer) {
			if (s->last.input == input) {
				clock_watch(t, &s->watch);
			}
		}
	}
	for (struct bfd_session *b = t->bfd_oldest; b != NULL; b = b->newer) {
		if (b->last.input == input) {
			clock_watch(t, &b->watch);
		}
	}
}

uint64_t
silence_from(const struct track *t, const struct moment *last)
{
	uint64_t back = last->input < t->input_count ? t->inputs[last->input].back_ns : 0;
	return back > last->time_ns ? back : last->time_ns;
}

void
track_input_counts(struct track *t, uint32_t input, uint64_t packets, uint64_t dropped,
	uint32_t artefacts)
{
	if (input >= t->input_count) {
		return;
	}
	struct event event = {
		.kind = EVENT_CAPTURE,
		.capture = {
			.input = t->inputs[input].name,
			.link_type = t->inputs[input].link_type,
			.packets = packets,
			.dropped = dropped,
			.artefacts = artefacts,
		},
	};
	emit_snapshot(t, &event);
}

void
track_input_artefacts(struct track *t, uint32_t input, uint32_t artefacts)
{
	if (input < t->input_count) {
		t->inputs[input].artefacts |= artefacts;
	}
}

void
track_inputs_over(struct track *t)
{
	if (t->ending) {
		return;
	}
	t->ending = true;
	for (size_t i = 0; i < t->sink_count; i++) {
		if (t->sinks[i].ending != NULL) {
			t->sinks[i].ending(t->sinks[i].self);
		}
	}
}

bool
track_snapshots(struct track *t, size_t most)
{
	if (t->ending) {
		return false; /* the last word is said, or is about to be */
	}
	size_t budget = most > 0 ? most : SIZE_MAX;
	while (t->dirty != NULL && budget > 0) {
		budget--;
		struct session *s = t->dirty;
		t->dirty = s->dirty_next;
		if (t->dirty != NULL) {
			t->dirty->dirty_previous = NULL;
		}
		s->dirty = false;
		if (t->snapshots) {
			session_tell(t, s, true);
		}
	}
	while (t->bfd_dirty != NULL && budget > 0) {
		budget--;
		struct bfd_session *b = t->bfd_dirty;
		t->bfd_dirty = b->dirty_next;
		if (t->bfd_dirty != NULL) {
			t->bfd_dirty->dirty_previous = NULL;
		}
		b->dirty = false;
		if (t->snapshots) {
			bfd_tell(t, b, true);
		}
	}
	if (budget > 0) {
		finding_snapshots(t, &budget);
	}
	return t->dirty != NULL || t->bfd_dirty != NULL || t->findings_dirty != NULL;
}

void
track_tick(struct track *t, uint64_t now_ns)
{
	if (now_ns + 3 * SECOND_NS < t->next_tick_ns) {
		t->next_tick_ns = now_ns; /* the clock was set back */
	}
	if (now_ns < t->next_tick_ns || t->ending) {
		return;
	}
	/* A tick looks at what was before the packet that made time go on. */
	if (t->now.time_ns < now_ns) {
		t->now = (struct moment){.time_ns = now_ns, .input = t->now.input};
	}
	t->next_tick_ns = now_ns + SECOND_NS;
	clock_run(t);
	rule_contacts(t, false);
}

static int
by_id(const void *a, const void *b)
{
	const struct session *const *x = a, *const *y = b;
	return (*x)->id < (*y)->id ? -1 : (*x)->id > (*y)->id;
}

/* The caller frees the array. */
static struct session **
sessions_by_id(const struct track *t)
{
	struct session **sessions = memory_zero(t->session_count, sizeof(*sessions));
	size_t count = 0;
	for (int list = 0; list < SESSION_LISTS; list++) {
		for (struct session *s = t->ages[list].oldest; s != NULL; s = s->newer) {
			sessions[count++] = s;
		}
	}
	qsort(sessions, count, sizeof(*sessions), by_id);
	return sessions;
}

void
track_finish(struct track *t)
{
	track_inputs_over(t);
	/* Pairs that never exchanged TCP are sessions, too. */
	for (struct bfd_session *b = t->bfd_oldest; b != NULL; b = b->newer) {
		if (b->echo) {
			continue;
		}
		if (b->session == NULL && b->end[0].addr.family != 0 && b->end[1].addr.family != 0) {
			struct session *s =
				session_get(t, &b->end[0].addr, &b->end[1].addr, -1, b->vlan, &b->first);
			s->last = b->last; /* b->session is set: bfd_serve() */
			b->session = s;
		}
	}
	rule_contacts(t, true);
	struct session **sessions = sessions_by_id(t);
	size_t count = t->session_count;
	/* What is judged now is judged at the end of the capture that showed it. */
	struct moment end = t->now;
	for (size_t i = 0; i < count; i++) {
		t->now = t->inputs[sessions[i]->last.input].last;
		rule_session_tick(t, sessions[i]);
	}
	for (struct bfd_session *b = t->bfd_oldest; b != NULL; b = b->newer) {
		t->now = t->inputs[b->last.input].last;
		rule_bfd_tick(t, b);
	}
	for (size_t i = 0; i < count; i++) {
		t->now = t->inputs[sessions[i]->last.input].last;
		rule_session_end(t, sessions[i]);
		verdict_settle(sessions[i]);
		rule_expect_end(t, sessions[i]);
	}
	t->now = end;
	rule_expect_missing(t);
	findings_temper(t);
	for (struct finding *f = t->findings_first; f != NULL; f = f->all_next) {
		finding_tell(t, f, false);
	}
	for (size_t i = 0; i < count; i++) {
		session_tell(t, sessions[i], false);
	}
	free(sessions);
	for (struct bfd_session *b = t->bfd_oldest; b != NULL; b = b->newer) {
		bfd_tell(t, b, false);
	}
	for (uint32_t i = 0; i < t->input_count; i++) {
		tell_capture(t, i, true);
	}
}

int
track_exit_status(const struct track *t)
{
	return t->problems ? 1 : 0;
}
