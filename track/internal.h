/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BGPWHY_TRACK_INTERNAL_H
#define BGPWHY_TRACK_INTERNAL_H

/*
 * What the files of track/ share; nobody outside includes it.
 *
 * A session is a pair of addresses. Each TCP connection between them has two BGP state machines, one
 * for each speaker (RFC 4271 section 6.8 says why there may be several connections). What decides
 * is evidence: a message was *sent* when its packet was captured; it was *received* when the other
 * side's ACK covers it (packets may be dropped behind the capture point).
 */

#include "capture/flow.h"
#include "dissect/bgp_judge.h"
#include "track/bgp_fsm.h"
#include "track/event.h"
#include "track/framer.h"
#include "track/limits.h"
#include "track/track.h"

/* When and in which packet something was seen; frame 0: no packet stands behind it. A session has some fifty of these,
 * so they are small: MOMENT_FRAMES packets take years. */
#define MOMENT_FRAMES ((UINT64_C(1) << 48) - 1)
struct moment {
	uint64_t time_ns;
	uint64_t frame : 48;
	uint64_t input : 16; /* below TRACK_INPUTS_MAX */
};

static inline struct moment
moment_make(uint64_t time_ns, uint64_t frame, uint32_t input)
{
	return (struct moment){.time_ns = time_ns, .frame = frame & MOMENT_FRAMES, .input = (uint16_t)input};
}

/* A place in the lists of clock.c: of a session or of a BFD session. */
struct watch {
	struct watch *next, *previous; /* NULL: in none */
	struct session *session;
	struct bfd_session *bfd;
	bool soon; /* in the list of the next tick */
	bool calm; /* until it is due, only what clock_watch() is called for can change that: see is_calm() in clock.c */
};

enum { CLOCK_SLOTS = 1024 };
/* How exactly the lists from the longest quiet to the last heard are kept. */
#define AGE_GRAIN_NS (SECOND_NS / 4)
#define CLOCK_NEVER UINT64_MAX

struct clock {
	struct watch soon;               /* to be looked at in the next tick */
	struct watch slots[CLOCK_SLOTS]; /* … in that second, modulo */
	uint64_t second;                 /* of the last tick */
};

/* A message (or FIN) of one side that the other has not acknowledged yet. */
struct pending {
	struct moment at; /* of its latest copy */
	uint32_t seq_end;
	uint8_t type;    /* enum bgp_type; 0: FIN */
	uint8_t code, subcode; /* of a NOTIFICATION */
};

/* An OPEN that was seen on a connection; the octets are a copy. */
struct open_seen {
	bool seen;
	bool whole;
	struct moment at;
	uint8_t *bytes;
	size_t size;
	struct bgp_open open; /* borrows `bytes` */
};

/* A message and the worst that can be said about it. */
struct judged {
	struct moment at; /* time 0: none */
	struct bgp_verdict verdict;
};

/* What is wrong with messages of one speaker on one connection: most never have any of it. */
struct judgements {
	struct judged bad;        /* the last malformed message that it sent */
	struct judged odd;        /* the last one that is not malformed and may be minded */
	struct judged bad_update; /* the first UPDATE whose routes do not count for its receiver */
	bool bad_update_told;
};

/* One speaker on one connection. */
struct machine {
	/* Each segment asks for these: they lie together. */
	enum bgp_state state;
	bool done; /* it has ended: what is still on its way does not bring it back */
	bool unborn; /* it has, before it was seen to do anything: an OPEN of it may yet come */
	bool keepalive_received; /* before the machine was in OpenConfirm */
	bool open_acked;
	bool auth_told;         /* a digest of it fitted no key */
	bool notified;          /* it sent a NOTIFICATION */
	bool closed; /* it sent FIN or a valid RST */
	uint8_t data_ttl; /* of its last segment with payload */
	uint8_t rst_ttl;  /* of its last RST */
	bool rst_bare;    /* … which acknowledges nothing */
	uint32_t messages;
	uint32_t retransmissions;     /* data segments sent again since the last ACK of the peer */
	unsigned pending_count, pending_room;
	struct pending *pending; /* messages that this side sent, oldest first; NULL: none */
	struct judgements *judged; /* NULL: nothing is */
	struct moment received;  /* the last message it received (hold timer, RFC 4271 section 4.4) */
	struct moment sent;      /* the last message it sent */
	struct moment acked;     /* when its peer last acknowledged something of it */
	struct moment established;

	struct open_seen open;
	uint64_t since_ns;
	struct moment open_received; /* time 0: not yet */
	uint64_t doubt_ns;       /* since when its hold timer seems to have run out */
	struct moment retransmission; /* the last one */
	/* Between the last copies of what it repeats: TCP doubles it (RFC 6298 section 5.5). */
	uint64_t backoff_ns, backoff_before_ns;
	uint32_t repeated_seq;
	uint32_t retransmitted_size;  /* payload of the oldest one */
};

/* A RST of a connection, for reset.c. */
struct reset_seen {
	struct moment at; /* time 0: none */
	uint8_t dir;      /* in whose name */
	bool open;        /* whether it counts is not known yet */
	bool inexact;     /* it was not at the next octet, and nobody asked back */
	bool refuted;     /* it had no effect */
	bool sender_goes_on; /* with payload */
	bool doubt; /* whether it was of who is named, who stays what it was until that shows */
	bool lives; /* it was not: who is named goes on, and its hold timer runs */
	bool deaf;  /* … and takes no RST: it went on after one */
	struct moment back; /* a RST to it, of which it is not known whether it was taken; time 0: none */
	bool was_established[2]; /* and is not since */
};

/* One TCP connection as the tracker sees it. */
struct link {
	/* Each segment asks for these, too, and for what `reset` and the machines have in front. */
	struct session *session;
	struct conn *conn;
	struct link *previous, *next; /* of the session */
	uint64_t id;
	struct resent_runs *resent; /* resent.c; NULL: nothing was sent again */
	uint64_t hold_ns; /* negotiated; 0 none or unknown */
	uint8_t local; /* which side of the conn is session->addr[0] */
	uint8_t unread; /* bit of each direction whose octets the engine does not take (--engine nids) */
	bool up;       /* both machines (that can be seen) are in Established; see session.c */
	bool counted;  /* in established_count */
	bool was_established;
	bool hold_known;
	bool answered; /* the SYN got any answer */
	bool evicted;
	struct framer framer[2];
	struct bgp_context *context[2]; /* for what each side sends; NULL: unknown */
	struct reset_seen reset;
	struct machine machine[2];    /* by side of the conn */

	struct moment first, handshake;
	bool ignored;   /* a side discards what the other sends (GTSM) */
	bool hold_told; /* a finding says that its hold timer ran out */
	bool open_told, confirm_told, return_told, silence_told, stuck_told, name_told;
	bool stated;
	enum connection_state state;
	struct address by;
};

/* How a side signs its SYNs. */
struct syn_signature {
	uint8_t options; /* enum seg_option */
	uint8_t auth;    /* enum seg_auth */
	uint8_t key;     /* which of the keys given, where it fits one */
	uint8_t key_id, next_key_id; /* of TCP-AO */
};

/* What is known of one speaker over all its connections. */
struct speaker {
	/* Each segment asks for these: they lie together. */
	struct address addr;
	bool has_open;
	bool asn_known; /* not where it lies behind the cut of the capture */
	bool as4;
	bool has_accepted;
	bool has_other_bgp_id;
	uint8_t version;
	struct host *host;
	struct moment alive;   /* the last packet of any kind from it */
	uint64_t messages[COUNT_SLOTS];
	uint64_t prefixes_announced, prefixes_withdrawn;
	uint64_t last_message_ns;

	uint32_t asn;
	uint16_t my_as;
	uint16_t hold_time_s;
	uint32_t bgp_id, other_bgp_id; /* of its last OPEN, and the one before that differed */
	struct moment open, other_open;
	uint32_t accepted_asn; /* of its last OPEN that led to Established */
	struct bgp_family family; /* the first one of its last OPEN; afi 0: it is not known */
	enum bgp_state resting; /* of its machine on the newest connection that is gone */
	enum bgp_state state;
	uint64_t resting_link;
	uint64_t state_since_ns;
	/* SYNs without any answer, SYNs seen, and when. */
	uint32_t syns_unanswered, attempts_unanswered;
	struct moment syn_first, syn_last;
	uint32_t judged_syns; /* syns_unanswered when it was last judged */
	uint32_t unanswered_frame_count;
	uint64_t unanswered_frames[4];
	struct syn_signature signature;
	struct session *session;
	struct speaker *host_next, *host_previous; /* of the same host */
	struct moment attempt; /* its last call */
	uint64_t retry_ns;     /* between the last two (ConnectRetryTime as observed) */
	uint64_t retransmissions; /* of segments with payload */
	struct moment fault;   /* of its last malformed message; time 0: none */
	uint32_t rejected_as;  /* 2/2 that it sent */
};

/* What timing.c measures of one speaker, over all connections that were Established. */
struct timing_side {
	uint64_t silence_ns; /* the longest one between two of its messages */
	struct moment silence_at; /* its end */
	bool has_margin;
	int64_t margin_ns; /* of the other's hold time, left by then */
	bool gap; /* the capture lacks octets since its last message */
	bool last_was_keepalive;
	uint64_t keepalives, keepalive_sum_ns, keepalive_min_ns, keepalive_max_ns;
	uint64_t announced_before; /* prefixes, when the present connection was established */
	struct event_end_of_rib *rib; /* since then */
	size_t rib_count; /* at most BGP_CONTEXT_FAMILIES */
};

struct timing {
	bool has_setup;
	uint64_t setup_ns; /* from the first SYN to Established */
	struct moment established;
	struct timing_side side[2];
};

/* In the order in which they give way when the table is full. A flood of SYNs, even one that finishes
 * its handshakes, does not push out a pair that has spoken BGP. */
enum session_list {
	SESSIONS_UNANSWERED,
	SESSIONS_CONNECTED, /* a handshake was seen */
	SESSIONS_SPEAKING,  /* an OPEN was seen, or it was Established */
	SESSION_LISTS,
};

struct session {
	/* Each segment asks for these, and for what its sides have in front. */
	uint64_t id;
	struct moment last;
	uint64_t aged_ns;              /* when it was put there */
	struct watch watch;
	struct session *dirty_next, *dirty_previous;
	struct link *links; /* newest first */
	struct timing *timing; /* NULL: never Established */
	struct bfd_session *bfd;
	uint8_t list; /* enum session_list */
	bool dirty;
	bool up;        /* some link has both machines (that can be seen) in Established */
	bool lacks;     /* octets of its connections are not in the capture */
	uint32_t established_count;
	struct speaker side[2]; /* 0 local, 1 remote */

	struct session *hash_next;
	struct session *older, *newer; /* by last use, in its list */
	uint32_t hash;
	uint16_t vlan; /* of its first packet with a tag; 0: none */
	uint16_t port; /* TCP port that is called, of its newest connection; 0: it is not known */
	bool links_evicted;
	bool unread; /* a connection ended with octets that the engine did not take */
	uint32_t link_count, total_links, up_links;
	uint16_t machines[2][BGP_STATE_COUNT]; /* of its links, by side and state */
	bool ended_sure, ended_doubt; /* some link was up when the input ended; verdict_in_doubt_of() it or not */
	bool has_families;
	struct moment first;
	int32_t hold_time_s;
	struct bgp_family *families; /* of the last agreement */
	size_t family_count;         /* at most BGP_CONTEXT_FAMILIES */
	struct bgp_agreement *agreement; /* bgp_agreement_size() octets; NULL: none yet */
	uint64_t agreed_link;            /* whose OPENs it is from; 0: none */
	uint32_t collisions; /* Cease 6/7 on a connection beside which there was another one */
	uint32_t exits; /* from Established */
	uint64_t collided_ns; /* the last one */
	struct moment established, lost;
	uint64_t heard_again_ns; /* where the capture that shows it began after another had ended */
	struct finding *findings;
	struct expect_seen *expect_seen; /* rules_expect.c; NULL where nothing is expected */
	uint32_t finding_count;
	uint8_t bfd_lost_diag;
	struct address bfd_lost_by; /* whose BFD said so first */
	struct moment bfd_lost; /* BFD of this pair left Up; time 0: never */
	struct moment icmp;     /* the last ICMP error about it */
	struct event_restart *restart[2]; /* of each side; NULL: none so far */
};

/* Periodic packets of one end since the last agreement on intervals. */
struct bfd_intervals {
	uint64_t count, early; /* early: below what the jitter allows (RFC 5880 section 6.8.7) */
	uint64_t counted, sum_us; /* of those that no lost packet made long */
	uint64_t min_us, max_us;
	uint32_t negotiated_us;
};

enum { BFD_PLAIN_SIZE = 24 }; /* a control packet without authentication and padding (RFC 5880 section 4.1) */

struct bfd_end {
	/* Each packet asks for these: they lie together. */
	struct address addr;
	bool seen;
	/* What it sends is `wire` again and again, both ends are Up, and nothing of it is odd: see bfd_in(). */
	bool calm;
	uint8_t state; /* 0 Unknown, else enum bfd_state + 1 */
	uint8_t ttl;
	int32_t port;
	uint8_t wire[BFD_PLAIN_SIZE]; /* its last packet; nothing where that had another size */
	bool has_timers, has_periodic;
	bool has_margin;
	uint8_t interval_told; /* 2: the worst of it */
	uint32_t tx_us;
	uint64_t detect_us;
	struct moment at; /* of the last packet */
	uint64_t packets, max_gap_us;
	uint64_t packets_at_silence; /* its packets when the other end was heard last */
	struct moment previous, periodic; /* packets, for bfd_timing.c */
	struct bfd_intervals up_intervals;
	uint64_t slow_count, slow_early; /* intervals while Down; below a second */
	/* Of this end's detection time: what was left of it in the longest silence of the other. */
	int64_t margin_us;
	struct moment margin_at;
	struct bfd_packet last; /* its raw cursor is not valid */

	struct moment since;    /* of the state */
	uint8_t since_diag; /* that the first packet with it had */
	uint8_t ports; /* that it has used: 1 multihop, 2 any other */
	struct moment down_zero; /* since when it sends Down with Your Discriminator 0 */
	uint32_t down_zero_packets;
	/* Its packets in Init that name the other end, since that one is alone with its Down. */
	struct moment init;
	uint32_t init_packets;
	/* Packets in a row that answer another discriminator than the one that the other end uses. */
	uint32_t stale_packets;
	struct moment stale;
	/* The discriminator before the present one, and how often the two have taken turns. */
	uint32_t other_discriminator, discriminator_turns;
	struct moment discriminator_turned;
	uint32_t unanswered_polls; /* in a row */
	struct moment poll;
	bool transport_told;  /* what is wrong with its UDP or IP header was told */
	uint8_t password[16]; /* of type 1 */
	uint8_t password_size;
};

struct bfd_session {
	/* Each packet asks for these, too, and for what both ends have in front. */
	uint64_t id;
	struct bfd_session *hash_next, *older, *newer;
	struct session *session;
	uint32_t hash;
	uint16_t vlan; /* of its first packet; 0: none */
	bool echo;     /* only echo packets were seen: there are no states */
	bool up; /* both ends */
	bool seamless; /* RFC 7880 */
	bool dirty;
	struct watch watch;
	struct moment last;
	struct bfd_end end[2]; /* 0 local, 1 remote */

	struct bfd_session *dirty_next, *dirty_previous;
	const char *mode;
	uint32_t flaps;
	struct moment up_at, first;
	struct finding *findings;
	uint32_t finding_count;
};

/* A finding while it may still change. Told as an event at the end. */
struct finding {
	uint64_t id;
	enum finding_cause cause;
	enum severity severity;
	enum confidence confidence;
	struct session *session;
	struct bfd_session *bfd;
	struct address blame;
	struct address subject; /* who did what the summary tells; part of the identity */
	uint32_t variant;       /* … as is this: of what is expected, which; 0 elsewhere */
	char *summary;
	uint64_t evidence[FINDING_EVIDENCE_MAX];
	size_t evidence_count;
	struct moment first, last;
	uint64_t count;
	bool resolved; /* the session came up later */
	bool took_down;
	bool alerted;
	struct finding *next; /* of its session or BFD session */
	struct finding *all_next, *all_previous;
	bool dirty; /* it is among those that have changed since the last snapshots */
	struct finding *dirty_next, *dirty_previous;
};

/* A SYN, remembered for a moment, to know it again behind a NAT. */
struct syn_seen {
	struct moment at;
	uint64_t session;
	struct address src, dst;
	uint32_t isn, timestamp;
};

enum { SYNS_REMEMBERED = 32, SILENCE_S = 2 };

/* An address of which something was heard. */
struct host {
	/* Each packet asks for these: they lie together. */
	struct address addr;
	uint32_t hash;
	struct host *hash_next;
	struct speaker *speakers; /* sides of sessions, which keep it */
	struct speaker *claimed;  /* of these, the next that is told of two who claim the address; NULL: the first */
	uint64_t aged_ns;
	struct moment alive;

	struct host *older, *newer; /* only where no session keeps it */
	/* The last time that nothing of any kind came from it for SILENCE_S or more. */
	struct moment silence_from, silence_to;
	bool silence_resolved; /* it ended with ARP or NDP: resolution started over */
	bool has_mac;
	uint8_t mac[6], other_mac[6]; /* that claimed it by ARP or NDP, and the one before */
	uint32_t claims_changed;  /* in a row, each soon after the one before */
	uint32_t used_by_other;   /* packets of it from other_mac, long enough after the last change */
	uint64_t changed_ns, told_ns;
	struct moment claim;
	struct moment resolved;   /* its last word by ARP or NDP */
	struct moment icmp;       /* the last ICMP error to it that is cut before it says about whom */
};

/* A pair of addresses of which one asked for the other with ARP or NDP. */
struct contact {
	struct address asker, target;
	struct moment first, last;
	uint32_t requests, unanswered; /* since the last answer */
	uint64_t frames[4];
	uint32_t frame_count;
	struct moment unanswered_since;
	bool judged;
	bool used;     /* since the hand came by */
	uint16_t next; /* in its slot: number + 1, 0 for none */
};

struct input_state {
	char *name, *link_type;
	uint8_t time_digits;
	uint64_t begin_ns;
	struct moment last;
	uint64_t packets, dropped;
	uint32_t artefacts;
	bool ended;
	bool away;
	uint64_t back_ns; /* when it could be heard again after it was away; 0: it never was */
};

/* In [from_ns, to_ns) times are ahead of those in the capture by `offset_ns`, modulo 2^64. */
struct clock_step {
	uint64_t from_ns, to_ns, offset_ns;
};

/* UPDATEs of one packet so far that change nothing but counts: see message.c. */
struct message_run {
	struct link *link; /* NULL: there is none */
	unsigned dir;
	struct moment at;
	uint32_t count;   /* 0: none so far, but `judging` is valid */
	uint32_t seq_end; /* of the last one */
	struct bgp_judge_context judging;
	struct bgp_message sum;
};

struct track {
	struct track_options options;
	struct sink sinks[TRACK_SINKS_MAX];
	size_t sink_count;
	bool snapshots;
	uint64_t seq;
	bool runs; /* all sinks take them */
	struct event message_event; /* message.c: large, and the messages are many */
	struct bgp_message decoded; /* likewise */
	struct message_run run;
	uint8_t whole[BGP_EXTENDED_MESSAGE_MAX]; /* for the framers, one at a time */
	struct pending *spare_pending; /* machine.c: for PENDING_LEAST, of the last machine that had none left */
	struct moment now;
	struct moment begin; /* of the first packet */
	struct flow_sink flow;
	struct input_state inputs[TRACK_INPUTS_MAX];
	uint32_t input_count;

	struct session **session_table;
	size_t session_slots, session_count;
	struct {
		struct session *oldest, *newest;
		size_t count;
	} ages[SESSION_LISTS];
	struct session *dirty;
	uint64_t session_ids, evicted_sessions;
	struct bfd_session **bfd_table;
	size_t bfd_slots, bfd_count;
	struct bfd_session *bfd_oldest, *bfd_newest, *bfd_dirty;
	uint64_t bfd_ids, evicted_bfd;
	bool bfd_pair_told; /* that one has more than TRACK_BFD_PAIR_MAX of them */
	struct host **host_table;
	size_t host_slots, host_count, pinned_hosts;
	struct host *host_oldest, *host_newest;
	struct contact *contacts;
	uint16_t *contact_slots;
	size_t contact_count, contact_hand, contact_judged;
	bool hosts_evicted, contacts_evicted;
	struct syn_seen syns[SYNS_REMEMBERED];
	unsigned next_syn;
	struct finding *findings_first, *findings_last, *findings_dirty;
	bool findings_full;
	uint64_t finding_ids;
	size_t finding_count;
	uint64_t next_tick_ns;
	struct clock clock;
	struct clock_step *clock_steps; /* ascending */
	size_t clock_step_count;
	bool ending; /* all inputs ended: what ends now ends for lack of packets */
	bool problems;
	uint64_t hash_seed[2];
	bool *expect_met; /* for each of options.expect->items: a session is there */
};

/* emit.c */
void emit(struct track *t, struct event *event, const struct moment *at);
void emit_snapshot(struct track *t, struct event *event);
void emit_connection(struct track *t, struct link *link, enum connection_state state,
	const struct moment *at);
void emit_fault(struct track *t, const struct link *link, const char *code, uint32_t offset,
	const char *text, const struct moment *at);
struct moment moment_of(const struct packet_info *ip);
uint64_t shown_ns(const struct track *t, uint64_t time_ns); /* the time that the capture has for it */
/* How long the state that is left was there. `since_ns` 0: it is not known, or was there from the start. */
void transition_lasted(struct event_transition *e, uint64_t since_ns, const struct moment *at);
void clock_stepped(void *ctx, uint64_t from_ns, uint64_t to_ns, uint64_t offset_ns); /* of flow_sink */

/* clock.c: who is to be looked at when */
void clock_init(struct clock *clock);
void clock_watch(struct track *t, struct watch *w); /* in the next tick */
void clock_forget(struct watch *w);
void clock_run(struct track *t);

static inline uint64_t
clock_sooner(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* `at`, where that is still to come: what was due before has been done. */
static inline uint64_t
clock_due(const struct track *t, uint64_t at)
{
	return at > t->now.time_ns ? at : CLOCK_NEVER;
}

/* session.c */
uint64_t address_hash(const struct track *t, const struct address *a);
uint64_t pair_hash(const struct track *t, const struct address *a, const struct address *b);
bool address_is_of_link(const struct address *a);
bool vlan_is_other(const struct address *a, uint16_t one, uint16_t other); /* … link, for this address */
/* `vlan` counts for link-local addresses only; 0: none, or not known. */
struct session *session_get(struct track *t, const struct address *src, const struct address *dst,
	int8_t outgoing, uint16_t vlan, const struct moment *at); /* makes it where there is none */
struct session *session_find_in(struct track *t, const struct address *a, const struct address *b,
	uint16_t vlan);
struct session *session_find(struct track *t, const struct address *a, const struct address *b);
/* A packet of it came; plain: one of which there is nothing to say but what it brings. */
void session_touch(struct track *t, struct session *s, const struct moment *at, bool plain);
void session_connected(struct track *t, struct session *s); /* a handshake was seen */
void session_dirty(struct track *t, struct session *s);   /* it has changed: snapshots tell it, and it is looked at */
void session_counted(struct track *t, struct session *s); /* … in nothing but counts and times: snapshots tell it */
void session_tell(struct track *t, struct session *s, bool snapshot);
void session_destroy(struct track *t, struct session *s);
enum { BGP_PORT = 179 };
enum { PORTS_TEXT_MAX = 64 };
/* The TCP port of BGP between the two; where that is not known (s NULL: of nobody), all that it may be: "179 or 1790".
 * `t` NULL: BGP_PORT. */
const char *session_ports(const struct track *t, const struct session *s, char text[PORTS_TEXT_MAX]);
unsigned session_side(const struct session *s, const struct address *a); /* 0 or 1 */
/* The states over all links, one of which has changed; NULL: it is gone. */
void session_refresh(struct track *t, struct session *s, struct link *link);
void session_machine(struct session *s, const struct link *link, unsigned dir, enum bgp_state from,
	enum bgp_state to); /* counts it */

/* link.c: the flow callbacks */
void link_near(void *ctx, void *user, bool last);
void link_segment(void *ctx, struct conn *conn, const struct seg *seg);
void link_change(void *ctx, struct conn *conn, enum conn_change change, int dir,
	const struct seg *at);
void link_bytes(void *ctx, struct conn *conn, int dir, const uint8_t *bytes, size_t size,
	uint32_t seq, const struct packet_info *from);
void link_gap(void *ctx, struct conn *conn, int dir, uint32_t seq, uint32_t missing,
	enum gap_why why, const struct packet_info *at);
void link_check(void *ctx, struct conn *conn, const struct check_note *note); /* check.c */
void link_tick(struct track *t, struct link *link);
/* Established on both sides, which are seen, and link_tick() has nothing to look at but hold timers that run. */
bool link_is_calm(const struct link *link);
/* When time alone may next change what link_tick() finds; the same for the others below. */
uint64_t link_due(const struct track *t, const struct link *link);
void link_finish(struct track *t, struct link *link);
unsigned link_side(const struct link *link, unsigned dir); /* session side of a conn side, and the other way round */
void link_over(struct track *t, struct link *link, unsigned dir, bool reset, const struct moment *at);

/* reset.c: RSTs, and whether they count (RFC 5961) */
void reset_inexact(struct track *t, struct link *link, unsigned dir);
void reset_taken(struct link *link, unsigned dir, const struct moment *at); /* before the machines know */
void reset_segment(struct track *t, struct link *link, unsigned dir, const struct seg *seg);
void reset_tick(struct track *t, struct link *link, bool another); /* another: the two have a new one */
void reset_settle(struct track *t, struct link *link, unsigned dir); /* `dir` was it that sent the RST */
uint64_t reset_due(const struct track *t, const struct link *link);

/* resent.c: a segment that was sent again; and where link->resent is there: what waits to be told */
void resent_segment(struct track *t, struct link *link, unsigned dir, const struct seg *seg);
void resent_settle(struct track *t, const struct link *link, bool all);

/* timing.c */
void timing_established(struct session *s, const struct link *link, const struct moment *at);
/* `dir` sends a KEEPALIVE, UPDATE or ROUTE-REFRESH; `previous`: its message before that. */
void timing_message(struct session *s, const struct link *link, unsigned dir,
	const struct bgp_message *message, const struct moment *previous, const struct moment *at);
void timing_gap(struct session *s, const struct link *link, unsigned dir);
/* The hold timer of `dir` ran out. */
void timing_expired(struct session *s, const struct link *link, unsigned dir,
	const struct moment *at);
void timing_attempt(struct speaker *caller, const struct moment *at);
void timing_tell(const struct session *s, struct event_session *e);
void timing_destroy(struct session *s);

/* restart.c: graceful restart */
/* The session is lost, and side `x` may come back. False where that was not agreed on. */
bool restart_begin(struct session *s, unsigned x, bool notified, const struct moment *at);
bool restart_waits(const struct session *s, unsigned x);
void restart_established(struct session *s, const struct moment *at);
void restart_end_of_rib(struct session *s, unsigned x, struct bgp_family family,
	const struct moment *at);
void restart_lost(struct session *s, const struct moment *at);
void restart_undo(struct session *s, unsigned x, const struct moment *at); /* what began then did not */
void restart_tick(struct track *t, struct session *s);
uint64_t restart_due(const struct track *t, const struct session *s);
/* `told` is for what the event borrows. */
void restart_tell(const struct track *t, const struct session *s, struct event_session *e,
	struct event_restart told[2]);
void restart_destroy(struct session *s);

/* message.c */
void message_in(struct track *t, struct link *link, unsigned dir, const uint8_t *bytes, size_t size,
	uint32_t wire, uint32_t seq_end, const struct moment *at);

/* The octets that were framed are all handed in: what waits of them is told. */
void message_run_end(struct track *t);

/* What is known of it: all unset where nothing is. */
const struct judgements *message_judged(const struct machine *m);

void message_bad_header(struct track *t, struct link *link, unsigned dir, enum bgp_fault_code code,
	const uint8_t header[BGP_HEADER_SIZE], const struct moment *at);

/* machine.c: evidence to events of RFC 4271, events to transitions */
void machine_event(struct track *t, struct link *link, unsigned dir, uint8_t event,
	enum basis basis, const struct moment *at, const char *reason);
void machine_syn_sent(struct track *t, struct link *link, unsigned dir, const struct moment *at);
void machine_sent(struct track *t, struct link *link, unsigned dir, const struct pending *message);
void machine_acked(struct track *t, struct link *link, unsigned dir, uint32_t ack,
	const struct moment *at);
bool machine_seems_cut_off(const struct track *t, const struct link *link, unsigned dir);
void machine_calls_again(struct track *t, struct link *old, unsigned dir, const struct moment *call);
void machine_repeats(struct track *t, struct link *link, unsigned dir, const struct seg *seg);
void machine_closed(struct track *t, struct link *link, unsigned dir, bool reset,
	const struct moment *at);
void machine_gone(struct track *t, struct link *link, unsigned dir, uint8_t event,
	const struct moment *at, const char *reason);
bool machine_hold_passed(const struct track *t, const struct link *link, unsigned dir,
	uint64_t now_ns, unsigned percent);
/* What was taken for its end was none: Established again, without an event of RFC 4271. */
void machine_revive(struct track *t, struct link *link, unsigned dir, const struct moment *at,
	const char *reason);
void machine_tick(struct track *t, struct link *link);
uint64_t machine_due(const struct track *t, const struct link *link);

/* track.c: since when silence counts that follows this moment: not while the input was away. */
uint64_t silence_from(const struct track *t, const struct moment *last);

/* bfd.c */
void bfd_in(void *ctx, const struct datagram *datagram);
bool bfd_expects(void *ctx);
void bfd_expect(void *ctx, const struct address *src, const struct address *dst);
void bfd_tick(struct track *t, struct bfd_session *b);
uint64_t bfd_due(const struct track *t, const struct bfd_session *b);
void bfd_tell(struct track *t, struct bfd_session *b, bool snapshot);
void bfd_destroy(struct track *t, struct bfd_session *b);
/* bfd_timing.c. `before`: the packet before it of the same end, NULL for none. */
void bfd_measure(struct bfd_session *b, unsigned end, const struct bfd_packet *before, bool was_up,
	const struct moment *at);
uint64_t bfd_mean_interval_us(const struct bfd_end *x);
void rule_bfd_interval(struct track *t, struct bfd_session *b, unsigned end);

/* All BFD sessions of the pair serve `s` from now on, or (serve: false) none any more. The oldest one. */
struct bfd_session *bfd_serve(struct track *t, struct session *s, bool serve);
/* The others of its pair, one after the other; NULL after the last one. */
struct bfd_session *bfd_beside(struct track *t, const struct bfd_session *of,
	const struct bfd_session *after);

/* hosts.c: ARP, NDP, ICMP and who is alive */
void host_icmp(void *ctx, const struct icmp_note *note);
void host_neighbor(void *ctx, const struct neighbor_note *note);
void host_other(void *ctx, const struct packet_info *ip);
void host_alive(struct track *t, const struct packet_info *ip);
/* Something of it is soon to come: see flow_sink. */
void host_expect(const struct track *t, const struct address *a);
void host_heard(struct track *t, struct host *h, const struct moment *at);
void host_pin(struct track *t, struct session *s, unsigned x);
void host_unpin(struct track *t, struct speaker *side);
const struct host *host_find(const struct track *t, const struct address *a);
/* An ICMP error came to it, and what it is about is cut off: any call of it. */
void host_sent_back(struct track *t, const struct address *to, const struct moment *at);
void hosts_destroy(struct track *t);
struct contact *contact_find(struct track *t, const struct address *asker,
	const struct address *target);
struct contact *contact_number(struct track *t, size_t number); /* from 0 */

/* collision.c: what RFC 4271 section 6.8 says of a connection that is given up for another one */
enum collision_why {
	COLLISION_UNDECIDED, /* no other one, or the OPENs are not known */
	COLLISION_ESTABLISHED,
	COLLISION_IDENTIFIER,
	COLLISION_AS,
};

struct collision {
	const struct link *rival; /* NULL: none */
	enum collision_why why;
	unsigned winner;  /* side of the session that opened the one which is to stay */
	bool by_the_rule; /* `dropped` is the one that had to go */
};

struct collision collision_of(const struct link *dropped);
enum { COLLISION_TEXT_MAX = 320 };
/* "; the one opened by 192.0.2.10 stays, whose …", or nothing where the rule does not tell. */
const char *collision_text(const struct link *dropped, char text[COLLISION_TEXT_MAX]);
const char *collision_reason(const struct link *dropped); /* of the transition */

/* finding.c */
struct finding_args {
	enum finding_cause cause;
	enum confidence confidence;
	struct session *session; /* NULL, as `bfd`: it belongs to none */
	struct bfd_session *bfd;
	const struct address *blame;   /* NULL: nobody */
	const struct address *subject; /* who did it; NULL: the session as a whole */
	struct moment at;
	const uint64_t *evidence; /* may be NULL */
	size_t evidence_count;
	bool lower_severity; /* one step below the row's */
	bool took_down;      /* it ended an Established session */
	bool past;           /* the session stands in spite of it */
	bool severe;         /* an error, whatever the row says */
	uint32_t variant;
};
struct finding *finding_raise(struct track *t, const struct finding_args *args,
	const char *summary, ...) __attribute__((format(printf, 3, 4)));
void finding_evidence(struct finding *f, uint64_t frame);
struct finding *finding_find(const struct session *s, enum finding_cause cause);
struct finding *bfd_finding_find(const struct bfd_session *b, enum finding_cause cause);
/* What kept the session, or (`call`) a connection, from coming up is over. */
void findings_resolve(struct track *t, struct session *s, bool call, const struct moment *at);
void finding_over(struct session *s, enum finding_cause cause); /* it is past, and did no harm */
void finding_withdraw(struct finding *f); /* what came later says that it was wrong */
bool finding_is_failed_call(enum finding_cause cause);
void finding_tell(struct track *t, struct finding *f, bool snapshot);
/* Tells those that have changed. */
void finding_snapshots(struct track *t, size_t *budget); /* counted down by each that is told */
void findings_temper(struct track *t); /* by what the capture lacks: the last word on confidence */
void findings_destroy(struct track *t);
void findings_forget(struct track *t, struct finding *first);

/* advice.c */
/* The sentences of advice.def for a cause; of neither `session` nor `bfd`, with X and Y in the place
 * of values. The caller frees each. */
size_t advice_make(const struct track *t, enum finding_cause cause, const struct session *session,
	const struct bfd_session *bfd, const struct address *subject, char *out[FINDING_FIX_MAX]);

/* rules_*.c: what evidence means */
void rule_notification(struct track *t, struct link *link, unsigned dir,
	const struct bgp_message *message, const struct moment *at);
void rule_hold_expired(struct track *t, struct link *link, unsigned dir, enum basis basis,
	const struct moment *at);
void rule_closed(struct track *t, struct link *link, unsigned dir, bool reset, enum bgp_state from,
	const struct moment *at);
void rule_reset_in_its_name(struct track *t, struct link *link, unsigned dir, const struct seg *seg);
void rule_reset_without_effect(struct track *t, struct link *link, unsigned dir, const struct moment *at);
void rule_open(struct track *t, struct link *link, unsigned dir, const struct moment *at);
void rule_two_identifiers(struct track *t, struct link *link, unsigned dir, const struct moment *at);
void rule_bad_update(struct track *t, struct link *link, unsigned dir);
void rule_bfd_lost(struct track *t, struct session *s);
bool rule_bfd_exit(struct track *t, struct link *link, unsigned dir);
void rule_established(struct track *t, struct link *link, const struct moment *at);
/* `ended`: its NOTIFICATION is what came on the old connection. */
void rule_link_returned(struct track *t, struct link *link, unsigned dir, bool ended);
void rule_forgotten(struct track *t, struct link *old, unsigned dir, const struct moment *at);
void rule_same_syn(struct track *t, struct link *link, const struct seg *seg);
/* What signed SYNs that nobody answers mean; whether that explains the silence. */
bool rule_signed_syns(struct track *t, struct session *s, unsigned x);
bool rule_keys_worked(const struct session *s); /* what was signed before, is signed as it was */
void rule_auth_segment(struct track *t, struct link *link, unsigned dir, const struct seg *seg);
void rule_refused(struct track *t, struct link *link, unsigned refuser);
void rule_icmp(struct track *t, const struct icmp_note *note);
void rule_session_tick(struct track *t, struct session *s);
uint64_t rule_session_due(const struct track *t, const struct session *s);
bool rule_link_looks(const struct link *link); /* rule_link_tick() has something to look at */
void rule_link_tick(struct track *t, struct link *link);
uint64_t rule_link_due(const struct track *t, const struct link *link);
uint64_t rule_bad_update_due(const struct track *t, const struct link *link, unsigned dir);
void rule_called_anew(struct session *s, const struct link *link);
void rule_route_came_back(const struct link *link); /* which is about to be forgotten */
void rule_session_end(struct track *t, struct session *s);
/* Whether a packet, that its sender has sent before and that finds both ends Up, can tell no rule anything but its
 * time, so that rule_bfd_interval() alone wants it. */
bool rule_bfd_calm(const struct bfd_session *b, unsigned end);
void rule_bfd_packet(struct track *t, struct bfd_session *b, unsigned end,
	const struct bfd_packet *before, uint8_t state_before, const struct moment *at);
void rule_bfd_up(struct bfd_session *b, const struct moment *at);
void rule_bfd_tick(struct track *t, struct bfd_session *b);
uint64_t rule_bfd_due(const struct track *t, const struct bfd_session *b);
/* The target of `c` does not answer, but its card goes on with another address: raises the finding. */
bool rule_card_goes_on(struct track *t, struct session *s, const struct contact *c);
void rule_contacts(struct track *t, bool last);
void rule_address_claimed(struct track *t, struct host *h, const struct moment *at);
void rule_address_used(struct track *t, struct host *h, const struct packet_info *ip);
bool rule_after_exit(const struct session *s);
void rule_expect_segment(struct session *s, unsigned side, const struct seg *seg);
void rule_expect_open(struct session *s, unsigned side, const struct open_seen *open);
void rule_expect_established(struct track *t, struct session *s);
void rule_expect_end(struct track *t, struct session *s);
void rule_expect_missing(struct track *t); /* after the last rule_expect_end() */
void verdict_settle(struct session *s);
bool verdict_in_doubt_of(const struct link *link);
bool verdict_in_doubt(const struct session *s); /* that it is up was inferred, from what is only repeated */
enum verdict verdict_of(const struct track *t, const struct session *s,
	enum finding_cause *primary);

#endif
