/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BGPWHY_UI_MODEL_INTERNAL_H
#define BGPWHY_UI_MODEL_INTERNAL_H

/* Between the files of the model; nobody else includes it. */

#include "dissect/siphash.h"
#include "ui/model.h"

enum { TIMELINE_ROOM_MIN = 3, TIMELINE_ROOM_FIRST = 9, FINDING_CHAINS = 4096 };

/* What many share, counted. */
struct model_pool {
	struct model_shared **slots;
	size_t slot_count, count;
	struct siphash_seed seed; /* once there are slots */
};

/* The one copy, aligned for any 8 octets, until it was unshared as often as it was shared. */
const void *model_share(struct model_pool *pool, const void *octets, size_t size);
const void *model_share_again(const void *octets); /* that model_share() gave */
void model_unshare(struct model_pool *pool, const void *octets); /* takes NULL */
void model_pool_finish(struct model_pool *pool); /* whoever shares still */
const char *model_text_keep(struct model_pool *pool, const char *text);

struct timeline_budget {
	size_t used; /* entries for which there is room, over all time lines */
	struct model_pool texts;
};

/* Where an entry of that time would be: a stretch does not go on past it. */
void timeline_part(struct model_timeline *timeline, uint64_t time_ns);

/* A new entry, to be filled in, where its time belongs (what is inferred is often told late); makes
 * room where the time line is full and adds what it drops to *left_out. */
struct timeline_entry *timeline_add(struct model_timeline *timeline, struct timeline_budget *budget,
	uint64_t time_ns, uint64_t *left_out);

/* The stretch of `kind` from `side` that is still going on, or NULL. */
struct timeline_entry *timeline_stretch(struct model_timeline *timeline, enum timeline_kind kind,
	int side, uint64_t connection);

void timeline_swap_sides(struct model_timeline *timeline);
void timeline_finish(struct model_timeline *timeline, struct timeline_budget *budget);

/* Octets of messages by `seq`, in a row that grows at its end and gives way at its start. */
struct octets_row {
	struct model_octets *items;
	size_t first, count, room; /* items[first] to items[first + count - 1] */
	size_t total;              /* octets */
};

void model_octets_keep(struct model *model, const struct event *event);
void model_octets_finish(struct model *model);

/* The text of a transition whose reason was at the same place and had these octets: the reasons are mostly constants of
 * the tracker, and to make a sentence of one costs more than all else that is done with a transition. */
enum { MODEL_SENTENCES = 64, MODEL_SENTENCE_MAX = TIMELINE_TEXT_MAX };

struct model_sentence {
	const char *reason; /* compared only */
	uint8_t protocol, from, to;
	const char *text; /* shared; NULL: free */
	char octets[MODEL_SENTENCE_MAX];
};

/* Pointers, so that a table can grow while somebody looks at an entry. Sorted
 * by id. */
struct model_table {
	void **items;
	size_t count, room;
};

struct model {
	struct model_input inputs[MODEL_INPUTS_MAX];
	size_t input_count;
	size_t at_input; /* that the event comes from */
	struct model_table sessions, bfd_sessions, findings;
	struct model_finding *chains[SUBJECT_COUNT][FINDING_CHAINS]; /* each finding once more, by what it is about */
	struct timeline_budget budget;
	struct model_pool agreements; /* and the families in common */
	struct model_sentence sentences[MODEL_SENTENCES];
	bool loud_only; /* what is quiet is not kept */
	uint64_t version;
	uint64_t first_ns, last_ns;
	uint8_t time_digits;
	uint64_t left_out;
	uint64_t not_stored;
	uint64_t dropped_session, dropped_bfd_session; /* highest ids that found no room */
	bool keeps_octets;
	struct octets_row octets[2]; /* what is routine; the rest */
	size_t leaving;    /* sessions that are to be dropped */
	size_t unanswered; /* sessions of which only SYNs were seen, that are over */
};

uint64_t model_session_id(const void *session);
uint64_t model_bfd_session_id(const void *bfd_session);

/* The session of that id, made where it is new; NULL for 0, and where there are too many. */
struct model_session *model_session_of(struct model *model, uint64_t id);
struct model_bfd_session *model_bfd_session_of(struct model *model, uint64_t id);

/* The side of an address; learns both addresses of a session not told yet. -1 for a stranger. */
int model_side_of(struct address *local, struct address *remote, const struct address *addr,
	const struct address *other);
int model_session_side(struct model_session *s, const struct address *addr, const struct address *other);
int model_bfd_side(struct model_bfd_session *b, const struct address *addr, const struct address *other);

/* The times, frames and inputs of the session take this event in. */
void model_session_touch(const struct model *model, struct model_session *s, const struct event *event);

/* A new entry, without its text; NULL where it is quiet and such are not kept. */
struct timeline_entry *model_entry_add(struct model *model, struct model_timeline *timeline,
	uint64_t *left_out, const struct event *event, enum timeline_kind kind, enum timeline_weight weight);
struct timeline_entry *model_session_entry(struct model *model, struct model_session *s,
	const struct event *event, enum timeline_kind kind, enum timeline_weight weight);

/* What model_event() does with an event of that kind. */
void model_on_bfd(struct model *model, const struct event *event);
void model_on_bfd_session(struct model *model, const struct event *event);
void model_on_transition(struct model *model, const struct event *event);

void model_recordings_add(struct model_recordings *recordings, const struct event *event);
void model_recordings_finish(struct model_recordings *recordings);

/* False where there are too many. */
bool model_finding_keep(struct model *model, const struct event_finding *finding);
void model_findings_finish(struct model *model);

void model_table_insert(struct model_table *t, void *item, uint64_t (*id_of)(const void *));
/* Whether one more fits; else it is left out, and counted once: ids come in order, *dropped is the highest so far. */
bool model_has_room(struct model *model, const struct model_table *t, size_t max, uint64_t id, uint64_t *dropped);
/* The index of the first item whose id is not less. */
size_t model_table_place(const struct model_table *t, uint64_t id, uint64_t (*id_of)(const void *));
/* NULL where there is none. */
void *model_table_find(const struct model_table *t, uint64_t id, uint64_t (*id_of)(const void *));

#endif
