/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What was sent again, as events. The first segment of a run is told at once, for it may be the first
 * sign of trouble; what follows within a second is gathered into one event, so that a transfer over a
 * bad line costs a row a second and not one for each segment. Nothing is kept for a connection that
 * never sent anything twice.
 */
#include <string.h>

#include "track/internal.h"
#include "track/memory.h"

static const char *const names[RESENT_COUNT] = {
	[RESENT_DATA] = "data",
	[RESENT_SYN] = "SYN",
	[RESENT_SYN_ACK] = "SYN-ACK",
	[RESENT_FIN] = "FIN",
};

/* Of one direction: those that no event has told yet. */
struct resent_run {
	struct moment first, last;
	uint64_t told_ns; /* when an event was told last; 0: never */
	uint64_t bytes;
	uint32_t segments; /* 0: none */
	uint8_t what;
};

struct resent_runs {
	struct resent_run run[2];
};

const char *
resent_name(uint8_t what)
{
	return what < RESENT_COUNT ? names[what] : "?";
}

bool
resent_from_name(const char *name, uint8_t *what)
{
	for (int i = 0; i < RESENT_COUNT; i++) {
		if (strcmp(names[i], name) == 0) {
			*what = (uint8_t)i;
			return true;
		}
	}
	return false;
}

static void
tell(struct track *t, const struct link *link, unsigned dir)
{
	struct resent_run *run = &link->resent->run[dir];
	struct event event = {
		.kind = EVENT_RETRANSMISSION,
		.retransmission = {
			.session = link->session->id,
			.connection = link->id,
			.src = link->conn->side[dir].addr,
			.dst = link->conn->side[1 - dir].addr,
			.what = run->what,
			.segments = run->segments,
			.bytes = run->bytes,
			.last_time_ns = shown_ns(t, run->last.time_ns),
			.last_frame = run->last.frame,
		},
	};
	struct moment first = run->first;
	run->told_ns = run->last.time_ns;
	run->segments = 0;
	run->bytes = 0;
	emit(t, &event, &first);
}

static uint8_t
what_of(const struct seg *seg)
{
	if ((seg->flags & SEG_SYN) != 0) {
		return (seg->flags & SEG_ACK) != 0 ? RESENT_SYN_ACK : RESENT_SYN;
	}
	return seg->wire_len > 0 ? RESENT_DATA : RESENT_FIN;
}

void
resent_segment(struct track *t, struct link *link, unsigned dir, const struct seg *seg)
{
	if (link->resent == NULL) {
		link->resent = memory_zero(1, sizeof(*link->resent));
	}
	struct resent_run *run = &link->resent->run[dir];
	uint8_t what = what_of(seg);
	if (run->segments > 0 && run->what != what) {
		tell(t, link, dir);
	}
	if (run->segments++ == 0) {
		run->first = t->now;
	}
	run->what = what;
	run->last = t->now;
	run->bytes += seg->wire_len;
	if (run->told_ns == 0 || t->now.time_ns - run->told_ns >= SECOND_NS) {
		tell(t, link, dir);
	}
}

void
resent_settle(struct track *t, const struct link *link, bool all)
{
	for (unsigned dir = 0; dir < 2; dir++) {
		const struct resent_run *run = &link->resent->run[dir];
		if (run->segments > 0 && (all || t->now.time_ns - run->told_ns >= SECOND_NS)) {
			tell(t, link, dir);
		}
	}
}
