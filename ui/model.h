/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BGPWHY_UI_MODEL_H
#define BGPWHY_UI_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "track/event.h"
#include "ui/limits.h"

/*
 * What the report and the dashboard know: built from events alone, read only for those who draw.
 *
 * Memory is bounded in the length of the capture: every table has a limit (ui/limits.h), and what a limit
 * costs is counted and can be shown (struct model_session.left_out, model_left_out()). All text here is safe to
 * print: what came from the wire is escaped and is UTF-8. Raw octets (the OPENs) are not: decode
 * them with model_open_decode() and escape what is text with ui/text.h.
 *
 * Pointers into a model are good until the next model_event().
 */

enum { TIMELINE_TEXT_MAX = 160 };

enum timeline_kind {
	TIMELINE_CONNECTION, /* TCP: SYN, established, refused, closed, reset, … */
	TIMELINE_OPEN,
	TIMELINE_NOTIFICATION,
	TIMELINE_KEEPALIVE,  /* a stretch of them from one side */
	TIMELINE_UPDATE,     /* a stretch of them from one side */
	TIMELINE_MESSAGE,    /* any other message */
	TIMELINE_TRANSITION, /* of a BGP state machine */
	TIMELINE_BFD,        /* a BFD packet that changes something (quiet) */
	TIMELINE_BFD_TRANSITION,
	TIMELINE_FAULT,
	TIMELINE_GAP,
	TIMELINE_RESENT,  /* a stretch of TCP segments that one side sent again */
	TIMELINE_CHECK,   /* what a strict receiver makes of a direction (--check) */
	TIMELINE_FINDING, /* it was noticed here */
	TIMELINE_RECORDING, /* --record: the packets about it are in a capture of their own */
	TIMELINE_KIND_COUNT,
};

enum timeline_weight {
	TIMELINE_QUIET, /* routine: the first to be left out */
	TIMELINE_NORMAL,
	TIMELINE_LOUD, /* trouble, or the way out of it */
};

/* One line of what mattered. A stretch of KEEPALIVEs, UPDATEs or retransmissions is one entry with a count; its
 * `time_ns` and `frame` are those of the first, `last_ns` and `last_frame` of the last. */
struct timeline_entry {
	uint64_t time_ns, frame;
	uint64_t seq;                  /* of the first event */
	const char *text; /* without time, frame, speaker and count: "OPEN as 65009 …" */
	/* From here on what a stretch changes. */
	uint64_t connection;           /* 0: none */
	uint64_t last_ns, last_frame;  /* frame 0: none */
	uint64_t last_seq;             /* of the last event */
	uint32_t count;                /* 1, or how many the stretch has */
	union {
		uint32_t announced; /* of an UPDATE stretch, as `withdrawn` */
		uint32_t octets;    /* of payload that was sent again */
	};
	uint32_t withdrawn;
	uint8_t kind;   /* enum timeline_kind */
	int8_t side; /* who acts: 0 local, 1 remote, -1 neither or unknown */
	uint8_t weight; /* enum timeline_weight */
	bool inferred;
	uint32_t left_out;             /* entries dropped just before this one */
	uint8_t from, to;  /* of a transition: as struct event_transition has them; `from` of what was sent
	                    * again: enum resent */
	uint8_t rfc_event; /* of a BGP transition */
};

struct model_timeline {
	struct timeline_entry *entries;
	size_t count, room;
	size_t parted; /* a stretch that began before this entry does not go on */
};

/* The last OPEN that one side sent. */
struct model_open {
	bool seen;
	bool cut; /* `bytes` is less than the whole message */
	uint64_t time_ns, frame, connection;
	uint8_t *bytes;
	size_t size;
};

struct model_connection_state {
	uint64_t connection;
	uint8_t state[2]; /* enum bgp_state by side */
};

/* What a strict receiver makes of one direction (--check). */
struct model_check {
	uint64_t frame, bytes;
	int8_t side; /* the sender */
	uint8_t result, reason;
};

struct model_checks {
	uint64_t results[CHECKED_COUNT], bytes; /* directions by result; what was agreed on */
	struct model_check list[MODEL_CHECKS_MAX]; /* those that are no plain agreement */
	size_t count;
};

/* A capture that --record made, and what for. */
struct model_recording_cause {
	const char *key; /* of a finding, or "left-established" */
	uint64_t time_ns, frame;
};

struct model_recording {
	char *file;
	struct model_recording_cause causes[MODEL_RECORDING_CAUSES_MAX];
	size_t cause_count;
};

/* The newest of them, the oldest first. */
struct model_recordings {
	struct model_recording *list;
	size_t count;
	uint64_t all; /* that there were */
};

struct model_session {
	/* What each message needs stands together. */
	struct model_timeline timeline; /* without BFD; see model_timeline_merged() */
	uint64_t inputs; /* a bit for each that has told of it */
	uint64_t last_frame;
	/* As the last session event (or snapshot) told it; in between kept up to date from the other
	 * events: addresses, ASN and identifier of the OPENs, states, message counts, times. `verdict`
	 * and `primary_cause` are provisional until `told`. */
	struct event_session info;
	uint64_t left_out; /* entries of the time line that were dropped */
	bool told;  /* a session event was heard, so that local and remote are right */
	bool final; /* and it was the last word */
	bool leaves; /* there are too many like it: it is dropped soon */
	bool notified; /* a NOTIFICATION was seen */
	uint8_t connections_used, connections_room;
	struct address client; /* who called last; unset: nobody yet */
	struct model_connection_state *connections;
	struct model_open open[2];
	uint64_t syn_count, connection_count, refused_count;
	uint64_t fault_count, gap_count, gap_bytes;
	struct model_checks *checks; /* NULL: none */
	struct model_recordings recordings;
};

struct model_bfd_session {
	struct event_bfd_session info; /* as struct model_session's */
	bool told, final;
	uint64_t inputs; /* as struct model_session's */
	struct bfd_packet last[2]; /* last packet by side; `raw` is empty */
	bool has_last[2];
	struct model_timeline timeline;
	uint64_t left_out;
	struct model_recordings recordings;
};

/* What a finding is about. */
enum model_subject { SUBJECT_SESSION, SUBJECT_BFD, SUBJECT_COUNT };

struct model_finding {
	uint64_t id;
	enum finding_cause cause;
	enum severity severity;
	enum confidence confidence;
	uint64_t session, bfd_session; /* 0: none */
	struct address blame;          /* unset: nobody */
	char *summary;
	uint64_t evidence[FINDING_EVIDENCE_MAX];
	size_t evidence_count;
	char *fix[FINDING_FIX_MAX];
	size_t fix_count;
	uint64_t first_time_ns, last_time_ns;
	uint64_t count;
	struct model_finding *next[SUBJECT_COUNT]; /* in the model's chains */
};

/* The octets of one message, as it was captured. */
struct model_octets {
	uint64_t seq; /* of its event */
	uint64_t session, bfd_session; /* the one of the protocol; the other 0 */
	uint64_t time_ns, frame;
	struct address src, dst;
	struct bgp_context context; /* what a BGP message is decoded with */
	const uint8_t *bytes;
	size_t size;
};

struct model_input {
	char *name, *link_type;
	bool ended;
	uint64_t packets, dropped;
	uint32_t artefacts; /* bits; track_artefact_key() */
	uint64_t ended_ns;  /* where `ended` */
};

struct model; /* opaque */

struct model *model_create(void);
void model_destroy(struct model *model); /* takes NULL */
/* What is quiet is not kept in the time lines of this model, nor counted as left out: it is not shown. */
void model_leave_quiet(struct model *model);
void model_event(struct model *model, const struct event *event);

/* Grows by one with each event that changed something: whether there is something to draw. */
uint64_t model_version(const struct model *model);
/* The time of the first and the last event that has one; 0: none yet. */
uint64_t model_first_ns(const struct model *model);
uint64_t model_last_ns(const struct model *model);
/* Of the capture's time stamps: 0, 3, 6 or 9. */
uint8_t model_time_digits(const struct model *model);

size_t model_input_count(const struct model *model);
const struct model_input *model_input_at(const struct model *model, size_t index);

/* Whether an input has it, as far as is told: a key of track_artefact_key(). */
bool model_has_artefact(const struct model *model, const char *key);

/* When all captures had ended that told of it; 0: one of them goes on. Either may be NULL. */
uint64_t model_ended_ns(const struct model *model, const struct model_session *session,
	const struct model_bfd_session *bfd);

/* By order of appearance. */
size_t model_session_count(const struct model *model);
const struct model_session *model_session_at(const struct model *model, size_t index);
const struct model_session *model_session_find(const struct model *model, uint64_t session);

size_t model_bfd_session_count(const struct model *model);
const struct model_bfd_session *model_bfd_session_at(const struct model *model, size_t index);
const struct model_bfd_session *model_bfd_session_find(const struct model *model, uint64_t id);
/* The BFD session that serves a BGP session (as told, else the one between the same addresses), and
 * back; NULL where there is none. */
const struct model_bfd_session *
model_bfd_of(const struct model *model, const struct model_session *session);
const struct model_session *
model_served_by(const struct model *model, const struct model_bfd_session *bfd);

/* All findings, in the order in which they came. */
size_t model_finding_count(const struct model *model);
const struct model_finding *model_finding_at(const struct model *model, size_t index);

/*
 * The findings of one session and of the BFD session that serves it: the primary cause first,
 * then by severity, rank and time. Either may be NULL. Writes at most `max`; returns how many.
 */
size_t model_findings_of(const struct model *model, const struct model_session *session,
	const struct model_bfd_session *bfd, const struct model_finding **findings, size_t max);

/* Sessions, the worst first: down, flapping, degraded, unknown, healthy; then by appearance. */
size_t model_sessions_worst_first(const struct model *model, const struct model_session **sessions,
	size_t max);

/*
 * The time line of a session together with that of its BFD, in order of time. Either may be NULL.
 * Room for 2 * MODEL_TIMELINE_MAX is always enough. A BFD entry's `side` is that of the BFD
 * session, whose local and remote may stand the other way round: use model_entry_speaker().
 */
size_t model_timeline_merged(const struct model_session *session,
	const struct model_bfd_session *bfd, const struct timeline_entry **entries, size_t max);

/* Whose address stands behind an entry; NULL where nobody's. */
const struct address *model_entry_speaker(const struct model_session *session,
	const struct model_bfd_session *bfd, const struct timeline_entry *entry);

/*
 * The octets of messages are kept from when this is called, the oldest giving way; what is routine
 * (KEEPALIVE, UPDATE) never takes the place of anything else.
 */
void model_keep_octets(struct model *model);
/* NULL where they are not kept (any more). */
const struct model_octets *model_octets_find(const struct model *model, uint64_t seq);
/* The next message (step 1) or the one before (step -1) of either session whose octets are kept. */
const struct model_octets *model_octets_step(const struct model *model, uint64_t seq, int step,
	uint64_t session, uint64_t bfd_session);

/* The kept OPEN as a value that borrows from it; false where none was seen or it cannot be read. */
bool model_open_decode(const struct model_open *open, struct bgp_message *message);

/* Sessions, BFD sessions and findings that did not fit the tables above. */
uint64_t model_left_out(const struct model *model);
/* Events that the database lacks, because it was slower than what came. */
uint64_t model_not_stored(const struct model *model);

#endif
