/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BGPWHY_TRACK_EVENT_H
#define BGPWHY_TRACK_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dissect/address.h"
#include "dissect/bfd.h"
#include "dissect/bgp.h"
#include "track/finding.h"

/*
 * What the tracker says and every view and the database hear: one struct event for each line of
 * the contract. An event, and all it points to, is borrowed until on_event() returns.
 */

enum event_kind {
	EVENT_CAPTURE,
	EVENT_CONNECTION,
	EVENT_MESSAGE,
	EVENT_FAULT,
	EVENT_GAP,
	EVENT_CHECK,   /* --check: how far a strict receiver reads the same */
	EVENT_BFD,
	EVENT_TRANSITION,
	EVENT_ALERT,   /* a finding was raised for the first time: a notice, while it is fresh */
	EVENT_FINDING, /* at the end, one for each; also as a snapshot */
	EVENT_SESSION,
	EVENT_BFD_SESSION,
	EVENT_RETRANSMISSION, /* TCP segments that were sent again: one, or what followed within a second */
	EVENT_LOST, /* a limit of this program was reached, and the database lacks events */
	EVENT_RECORDING, /* --record: the packets about something were put into a capture of their own */
	EVENT_KIND_COUNT,
};

/* Ids count from 1 in order of appearance; 0 is "none" (null in JSON). */

struct event_capture {
	bool end;
	const char *input;     /* file or device */
	const char *link_type; /* "EN10MB" */
	uint64_t packets, dropped;
	uint32_t artefacts; /* bits; see track_artefact_key() */
};

enum connection_state {
	CONNECTION_SYN,
	CONNECTION_ESTABLISHED,
	CONNECTION_REFUSED,
	CONNECTION_CLOSED,
	CONNECTION_RESET,
	CONNECTION_MIDSTREAM,
	CONNECTION_TIMEOUT,
};

struct event_connection {
	uint64_t connection, session;
	enum connection_state state;
	/* Where it is not known who called, the BGP port is the server's; then the lower one. */
	struct address client, server;
	uint16_t client_port, server_port;
	bool evicted;        /* ended because a limit was reached */
	struct address by;   /* who refused, closed or reset; unset where nobody did */
};

struct event_message {
	uint64_t session, connection;
	struct address src, dst;
	uint16_t src_port, dst_port;
	const struct bgp_message *message;
	const struct bgp_context *context; /* what it was decoded with */
	/* 0: one message. Else so many UPDATEs, one behind the other in one packet, to sinks that take
	 * runs: `message` is a summary with the counts of all, and `seq` is that of the last. */
	uint32_t run;
};

struct event_fault {
	uint64_t session, connection, bfd_session;
	const char *code; /* key; static storage */
	uint32_t offset;
	const char *text; /* a sentence; no wire text in it */
	/* What is known of the rule; the rest says nothing where `action` is NULL. */
	const char *action;        /* what a conforming receiver does: key; static storage */
	const char *rfc;           /* the rule that is broken; NULL: none */
	const char *action_rfc;    /* the rule that has the action */
	uint8_t error, subcode;    /* the NOTIFICATION of RFC 4271 for it; 0/0: none */
	int16_t attribute;         /* type of the path attribute; -1: it is not about one */
	uint32_t length;           /* of the element at `offset` */
	uint32_t octet;            /* the first octet that is wrong */
	const char *detail;        /* what is wrong, with the values in the message */
};

struct event_gap {
	uint64_t session, connection;
	struct address src;
	uint64_t bytes;
};

/* Events that the database lacks because it was slower than what came; told once a second while it goes on. */
struct event_lost {
	uint64_t events;    /* since the last one of these */
	const char *reason; /* "queue-full" */
};

/* What was sent again. */
enum resent { RESENT_DATA, RESENT_SYN, RESENT_SYN_ACK, RESENT_FIN, RESENT_COUNT };

/* The event's time and frame are those of the first of the segments. A second copy by a mirror was not
 * sent again. */
struct event_retransmission {
	uint64_t session, connection;
	struct address src, dst;
	uint8_t what; /* enum resent */
	uint32_t segments;
	uint64_t bytes; /* of payload in them */
	uint64_t last_time_ns, last_frame;
};

/* Names and texts of these: check_result_name() and the two after it. */
enum checked { CHECKED_AGREE, CHECKED_STOPPED, CHECKED_OUTSIDE, CHECKED_COUNT };

struct event_check {
	uint64_t session, connection;
	struct address src, dst; /* the direction */
	uint8_t result; /* enum checked */
	uint8_t reason; /* enum check_reason of capture/flow.h; 0: none */
	uint64_t bytes; /* of payload that both engines read alike */
};

/* The event's time and frame are those of what was recorded for. */
struct event_recording {
	uint64_t session, bfd_session, finding; /* each 0: none */
	const char *cause;   /* key of the finding, or "left-established" */
	const char *file;    /* where the capture is */
	uint64_t begins_ns;  /* the time of its first packet; 0: it has none yet */
};

struct event_bfd {
	uint64_t bfd_session;
	struct address src, dst;
	int32_t port; /* destination; -1 without UDP */
	uint8_t ttl;
	bool changes; /* it changes anything; false only where all packets are wanted (-v) */
	const struct bfd_packet *packet;
};

enum bgp_state {
	BGP_STATE_UNKNOWN,
	BGP_STATE_IDLE,
	BGP_STATE_CONNECT,
	BGP_STATE_ACTIVE,
	BGP_STATE_OPENSENT,
	BGP_STATE_OPENCONFIRM,
	BGP_STATE_ESTABLISHED,
	BGP_STATE_COUNT,
};

enum protocol { PROTOCOL_BGP, PROTOCOL_BFD };
enum basis { BASIS_OBSERVED, BASIS_INFERRED };

/* BFD states here are 0 for Unknown, else enum bfd_state + 1; see track_state_name(). */
struct event_transition {
	enum protocol protocol;
	uint64_t session, bfd_session; /* the one of the protocol; the other 0 */
	uint64_t connection;           /* 0: none */
	struct address speaker, peer;
	uint8_t from, to; /* enum bgp_state, or BFD as above */
	bool has_lasted;
	uint64_t lasted_us; /* how long it was in `from` */
	uint8_t rfc_event; /* RFC 4271 section 8.1; 0 for BFD */
	enum basis basis;
	const char *reason; /* one sentence */
};

enum confidence { CONFIDENCE_POSSIBLE, CONFIDENCE_LIKELY, CONFIDENCE_CERTAIN };

enum { FINDING_EVIDENCE_MAX = 32, FINDING_FIX_MAX = 8, FINDING_SUMMARY_MAX = 512, FINDING_FIX_TEXT_MAX = 640 };

struct event_finding {
	uint64_t id; /* in this run, from 1 */
	enum finding_cause cause;
	enum severity severity;
	enum confidence confidence;
	uint64_t session, bfd_session; /* 0: none */
	struct address blame;          /* unset: nobody */
	const char *summary;           /* one sentence with the real values in it */
	const uint64_t *evidence;      /* frames, ascending */
	size_t evidence_count;
	const char *const *fix; /* sentences */
	size_t fix_count;
	uint64_t first_time_ns, last_time_ns;
	uint64_t count;
};

enum verdict { VERDICT_UNKNOWN, VERDICT_HEALTHY, VERDICT_DOWN, VERDICT_FLAPPING, VERDICT_DEGRADED };

/* Slots of the message counts. */
enum {
	COUNT_OPEN,
	COUNT_UPDATE,
	COUNT_NOTIFICATION,
	COUNT_KEEPALIVE,
	COUNT_ROUTE_REFRESH,
	COUNT_OTHER,
	COUNT_SLOTS,
};

/* The first End-of-RIB of a family since the session was established (RFC 4724 section 2). */
struct event_end_of_rib {
	struct bgp_family family;
	uint64_t after_ns; /* since Established */
	uint64_t prefixes; /* that were announced by then, in all families */
	uint64_t frame;
};

/* How far a graceful restart has come, as its helper must take it (RFC 4724 section 4.2). */
enum restart_state {
	RESTART_NONE,
	RESTART_WAITING,       /* the restart time runs */
	RESTART_BACK,          /* Established again; End-of-RIBs are to come */
	RESTART_COMPLETE,      /* they came, of every family that was kept */
	RESTART_NOT_KEPT,      /* back without forwarding state: the routes were dropped at once */
	RESTART_CUT_SHORT,     /* the session was lost again before the End-of-RIBs */
	RESTART_EXPIRED,       /* the restart time is over */
	RESTART_STALE,         /* it is over, and the long-lived stale time runs (RFC 9494) */
	RESTART_STALE_EXPIRED, /* that is over, too */
	RESTART_STATE_COUNT,
};

/* The last graceful restart of one side; the other side helps. Times are since 1970; 0: not yet. */
struct event_restart {
	enum restart_state state;
	bool notified;            /* it began with a NOTIFICATION (RFC 8538) */
	bool restart_bit;         /* of the OPEN with which it came back */
	uint16_t time_s;          /* that it had announced */
	uint32_t stale_time_s;    /* the longest of its families; 0: none */
	uint32_t count;           /* of its restarts, this one included */
	uint8_t families;         /* that it had listed */
	uint8_t kept;             /* of these, with forwarding state when it was back */
	uint8_t end_of_ribs;      /* of these, that have come */
	uint64_t began_ns, began_frame;
	uint64_t back_ns, back_frame; /* Established again */
	uint64_t ended_ns, ended_frame; /* frame 0: its time ran out */
};

/* One side of a session; index 0 is `local`, 1 `remote`. */
struct event_session_side {
	struct address addr;
	bool has_asn;
	uint32_t asn;
	bool has_bgp_id;
	uint32_t bgp_id;
	enum bgp_state state; /* over all its connections */
	uint64_t messages[COUNT_SLOTS];
	uint64_t prefixes_announced, prefixes_withdrawn;
	uint64_t last_message_ns; /* 0: none */
	uint64_t state_since_ns;
	int32_t offered_hold_time_s; /* in its last OPEN; -1 unknown */
	uint64_t connect_retry_ns;   /* between its last two calls; 0: fewer */
	uint64_t retransmissions;    /* of segments with payload */
	/* While Established: its longest silence, and what that left of the other's hold time. */
	uint64_t longest_silence_ns; /* 0: none measured */
	bool has_hold_margin;
	int64_t hold_margin_ns; /* 0 or less: it ran out */
	uint64_t hold_margin_frame; /* that ended the silence */
	uint64_t keepalives_measured; /* from one KEEPALIVE to the next, with no other message between */
	uint64_t keepalive_min_ns, keepalive_mean_ns, keepalive_max_ns;
	const struct event_end_of_rib *end_of_rib; /* that it sent, since the last time Established */
	size_t end_of_rib_count;
	const struct event_restart *restart; /* of this side; NULL: there was none */
};

struct event_session {
	uint64_t session;
	uint64_t first_time_ns, last_time_ns; /* of its packets */
	struct event_session_side side[2];
	int32_t hold_time_s; /* negotiated; -1 unknown */
	bool has_families;   /* both OPENs were seen */
	const struct bgp_family *families;
	size_t family_count; /* at most BGP_CONTEXT_FAMILIES */
	const struct bgp_agreement *agreement; /* by side, as `side`; NULL: unknown */
	uint32_t established_count;
	bool has_setup;
	uint64_t setup_ns; /* from the first SYN to Established, the last time */
	enum verdict verdict;
	enum finding_cause primary_cause; /* FINDING_NONE */
	uint64_t bfd_session; /* that serves it; 0 none */
};

struct event_bfd_side {
	struct address addr;
	uint8_t state; /* 0 Unknown, else enum bfd_state + 1 */
	uint8_t diag;
	bool has_timers; /* the two figures below are known */
	uint32_t negotiated_tx_us; /* this side's transmit interval */
	uint64_t detection_time_us; /* this side's: how long it waits for the other */
	uint64_t packets;
	uint64_t max_gap_us;
	uint64_t last_ns;
	uint32_t discriminator;
	uint8_t detect_mult;
	uint64_t state_since_ns;
	/* Its periodic packets while Up, since the last agreement (RFC 5880 section 6.8.7). */
	uint64_t intervals;
	uint64_t interval_min_us, interval_mean_us, interval_max_us;
	bool has_margin;
	int64_t margin_us; /* of its detection time, left in the longest silence of the other */
	uint64_t margin_frame;
};

struct event_bfd_session {
	uint64_t bfd_session, session; /* session 0: serves none */
	struct event_bfd_side side[2]; /* local, remote */
	const char *mode; /* "single-hop", "multihop", "micro", "s-bfd", "echo" */
	uint32_t flaps;
	uint64_t first_time_ns, last_time_ns;
};

struct event {
	enum event_kind kind;
	/* SESSION, BFD_SESSION and FINDING as they stand now, not the last word: only for sinks that
	 * want snapshots. They have no `seq`. */
	bool snapshot;
	uint64_t seq; /* 1, 2, … in this run */
	uint64_t time_ns;
	uint8_t time_digits; /* of the fraction: as precise as the capture; 0, 3, 6 or 9 */
	uint64_t frame;      /* 0: no packet stands behind it */
	const char *input;   /* of several; NULL where there is one */
	union {
		struct event_capture capture;
		struct event_connection connection;
		struct event_message message;
		struct event_fault fault;
		struct event_gap gap;
		struct event_check check;
		struct event_bfd bfd;
		struct event_transition transition;
		struct event_finding finding; /* ALERT and FINDING */
		struct event_session session;
		struct event_bfd_session bfd_session;
		struct event_retransmission retransmission;
		struct event_lost lost;
		struct event_recording recording;
	};
};

/* Whoever listens. Functions that are NULL are not called. */
struct sink {
	void *self;
	bool wants_snapshots;
	bool takes_runs; /* UPDATEs that change nothing but counts may come together: event_message.run */
	void (*on_event)(void *self, const struct event *event);
	/* About once a second, and when the input pauses: write what waits. */
	void (*flush)(void *self);
	/* No more packets come, and from now on it may take its time. */
	void (*ending)(void *self);
	/* The last word was said. False where something could not be written (the sink has told
	 * the user): exit status 2. `self` is freed. */
	bool (*close)(void *self);
	/* Instead of close(), where there was nothing to look at: frees `self` and shows nothing. */
	void (*abandon)(void *self);
};

/* Names as the contract has them; never NULL. */
const char *event_kind_name(enum event_kind kind);             /* "message" */
const char *connection_state_name(enum connection_state state); /* "syn" */
const char *bgp_state_name(uint8_t state);                     /* "OpenSent" */
const char *track_state_name(enum protocol protocol, uint8_t state);
const char *protocol_name(enum protocol protocol);
const char *basis_name(enum basis basis);
const char *severity_name(enum severity severity);
const char *confidence_name(enum confidence confidence);
const char *verdict_name(enum verdict verdict);
const char *restart_state_name(enum restart_state state);    /* "waiting"; NULL for none */
const char *resent_name(uint8_t what);                       /* "data", "SYN" */
const char *check_result_name(uint8_t result);               /* "stopped" */
const char *check_reason_key(uint8_t reason);  /* "hole"; NULL for none */
const char *check_text(uint8_t result, uint8_t reason); /* a clause that says it to a person */
const char *count_slot_name(size_t slot);     /* "OPEN", …, "OTHER" */
const char *rfc_event_name(uint8_t number);   /* "Tcp_CR_Acked" */
const char *track_artefact_key(uint32_t bit); /* of one bit */

enum { TIME_TEXT_MAX = 40 };

/* "2026-01-31T23:59:59.123456Z" with `digits` of the fraction. Returns `text`. */
const char *time_text(uint64_t time_ns, uint8_t digits, char text[TIME_TEXT_MAX]);

/* Local lookups from names, for the database reader; false where there is no such name. */
bool connection_state_from_name(const char *name, enum connection_state *state);
bool track_state_from_name(enum protocol protocol, const char *name, uint8_t *state);
bool resent_from_name(const char *name, uint8_t *what);
bool check_result_from_name(const char *name, uint8_t *result);
bool check_reason_from_key(const char *key, uint8_t *reason); /* NULL: none */
bool restart_state_from_name(const char *name, enum restart_state *state);
bool verdict_from_name(const char *name, enum verdict *verdict);
bool severity_from_name(const char *name, enum severity *severity);
bool confidence_from_name(const char *name, enum confidence *confidence);

#endif
