/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Most TCP is something else, and most of its packets are of connections of which that is known: so
 * a segment costs a hash and a look, and the header is not even read. Connections stand in three
 * lists in the order of use: those that are something else make room first, since to forget one
 * costs no more than looking at it again; then those not yet known, which is told; BGP last.
 *
 * An endpoint that was called and answered with BGP is remembered, and so is its caller with the same
 * port, since speakers call each other: further calls to them are shown from their SYN on, answered
 * or not. Calls before that cannot be told from others.
 */
#include "capture/candidate.h"

#include <stdlib.h>
#include <string.h>

#include "capture/input.h"
#include "capture/limits.h"
#include "capture/tcp.h"
#include "dissect/siphash.h"

enum {
	HEADER = 19, /* of a BGP message */
	MARKER = 16,
	TCP_HEADER = 20,
	SLOTS = 1 << 16,
};

enum state { STATE_OTHER, STATE_UNKNOWN, STATE_BGP, STATE_COUNT }; /* in the order of making room */

/* A segment that waits for the answer. */
struct kept {
	struct kept *next;
	struct packet_info ip;
	struct decap_tcp tcp;
	uint32_t size;
	uint8_t octets[];
};

struct candidate_dir {
	bool from_start; /* its SYN was seen: `next` is the next octet */
	bool other;      /* it did not begin as BGP does */
	uint8_t have;    /* octets of `head` */
	uint32_t next;
	uint8_t head[HEADER];
};

struct candidate {
	struct candidate *hash_next, *newer, *older;
	uint64_t key[5], hash, used_ns;
	uint8_t state;
	bool server_told; /* it is known whether the server speaks BGP, too */
	uint8_t low_client; /* 1: the side that stands first in the key called; 2: the other; 0: unknown */
	uint16_t kept_count;
	uint32_t kept_size, searched;
	struct kept *first, *last;
	struct candidate_dir dir[2]; /* 0: what the side that stands first in the key sends */
};

struct endpoint {
	struct address addr;
	uint16_t port;
};

struct candidates {
	struct candidate **slots;
	struct siphash_seed seed;
	size_t count, kept_size;
	struct {
		struct candidate *oldest, *newest;
	} list[STATE_COUNT];
	struct ghosts *ghosts;
	candidate_replay *replay;
	void *ctx;
	bool evicted;
	struct endpoint learned[LIMIT_LEARNED];
	size_t learned_count, learned_next;
	uint8_t learned_ports[65536 / 8];
};

/* What is read of a segment before anything is known of it. */
struct look {
	uint16_t src_port, dst_port;
	uint32_t seq, ack, payload; /* octets on the wire */
	uint8_t flags;
	const uint8_t *data;
	size_t size; /* octets captured */
	bool low;    /* the sender stands first in the key */
};

struct candidates *
candidates_create(struct ghosts *ghosts, candidate_replay *replay, void *ctx)
{
	struct candidates *c = capture_allocate(sizeof(*c));
	c->slots = capture_allocate(SLOTS * sizeof(struct candidate *));
	c->seed = siphash_seed_random();
	c->ghosts = ghosts;
	c->replay = replay;
	c->ctx = ctx;
	return c;
}

static void
list_add(struct candidates *c, struct candidate *one, uint8_t state)
{
	one->state = state;
	one->newer = NULL;
	one->older = c->list[state].newest;
	*(one->older != NULL ? &one->older->newer : &c->list[state].oldest) = one;
	c->list[state].newest = one;
}

static void
list_remove(struct candidates *c, struct candidate *one)
{
	*(one->newer != NULL ? &one->newer->older : &c->list[one->state].newest) = one->older;
	*(one->older != NULL ? &one->older->newer : &c->list[one->state].oldest) = one->newer;
}

static void
drop_first(struct candidates *c, struct candidate *one)
{
	struct kept *kept = one->first;
	one->first = kept->next;
	if (one->first == NULL) {
		one->last = NULL;
	}
	one->kept_count--;
	one->kept_size -= (uint32_t)(sizeof(*kept) + kept->size);
	c->kept_size -= sizeof(*kept) + kept->size;
	free(kept);
}

static void
drop_kept(struct candidates *c, struct candidate *one)
{
	while (one->first != NULL) {
		drop_first(c, one);
	}
}

static void
forget(struct candidates *c, struct candidate *one)
{
	struct candidate **at = &c->slots[one->hash % SLOTS];
	while (*at != one) {
		at = &(*at)->hash_next;
	}
	*at = one->hash_next;
	list_remove(c, one);
	drop_kept(c, one);
	free(one);
	c->count--;
}

void
candidates_destroy(struct candidates *c)
{
	if (c == NULL) {
		return;
	}
	for (int state = 0; state < STATE_COUNT; state++) {
		while (c->list[state].oldest != NULL) {
			forget(c, c->list[state].oldest);
		}
	}
	free(c->slots);
	free(c);
}

static void
make_room(struct candidates *c)
{
	for (int state = 0; state < STATE_COUNT; state++) {
		struct candidate *oldest = c->list[state].oldest;
		if (oldest != NULL) {
			c->evicted = c->evicted || state != STATE_OTHER;
			forget(c, oldest);
			return;
		}
	}
}

static void
decide(struct candidates *c, struct candidate *one, uint8_t state)
{
	list_remove(c, one);
	list_add(c, one, state);
	if (state == STATE_OTHER) {
		drop_kept(c, one);
	}
}

static bool
look_at(const struct decap_tcp *tcp, struct look *look)
{
	struct cursor c = tcp->segment;
	look->src_port = cursor_u16(&c);
	look->dst_port = cursor_u16(&c);
	look->seq = cursor_u32(&c);
	look->ack = cursor_u32(&c);
	uint32_t size = (uint32_t)(cursor_u8(&c) >> 4) * 4;
	look->flags = cursor_u8(&c) & 0x3f;
	cursor_skip(&c, 6);
	if (c.failed || size < TCP_HEADER || size > tcp->wire_len) {
		return false;
	}
	cursor_take_some(&c, size - TCP_HEADER);
	look->payload = tcp->wire_len - size;
	look->data = c.at;
	look->size = c.failed ? 0 : cursor_left(&c);
	return true;
}

/* As the connection table does: one key for both directions. */
static void
make_key(const struct decap_tcp *tcp, struct look *look, uint64_t key[5])
{
	const struct address *src = &tcp->ip->src, *dst = &tcp->ip->dst;
	int order = memcmp(src->octets, dst->octets, sizeof(src->octets));
	look->low = order < 0 || (order == 0 && look->src_port <= look->dst_port);
	memcpy(key, look->low ? src->octets : dst->octets, 16);
	memcpy(key + 2, look->low ? dst->octets : src->octets, 16);
	uint64_t first = look->low ? look->src_port : look->dst_port;
	uint64_t second = look->low ? look->dst_port : look->src_port;
	key[4] = (uint64_t)src->family << 32 | first << 16 | second;
}

static bool
is_learned(const struct candidates *c, const struct address *addr, uint16_t port)
{
	if ((c->learned_ports[port / 8] & 1u << port % 8) == 0) {
		return false;
	}
	for (size_t i = 0; i < c->learned_count; i++) {
		if (c->learned[i].port == port && address_equal(&c->learned[i].addr, addr)) {
			return true;
		}
	}
	return false;
}

static void
learn_endpoint(struct candidates *c, const struct address *addr, uint16_t port)
{
	if (is_learned(c, addr, port)) {
		return;
	}
	c->learned[c->learned_next] = (struct endpoint){*addr, port};
	c->learned_next = (c->learned_next + 1) % LIMIT_LEARNED;
	if (c->learned_count < LIMIT_LEARNED) {
		c->learned_count++;
	}
	c->learned_ports[port / 8] |= (uint8_t)(1u << port % 8);
}

/* The sender is a BGP server there; and whoever calls it is called on the same port. */
static void
learn(struct candidates *c, const struct decap_tcp *tcp, const struct look *look)
{
	learn_endpoint(c, &tcp->ip->src, look->src_port);
	learn_endpoint(c, &tcp->ip->dst, look->src_port);
}

static uint32_t
message_length(const uint8_t *header)
{
	return (uint32_t)header[MARKER] << 8 | header[MARKER + 1];
}

/* Whether a message of that type can be that long (RFC 4271, 4; RFC 2918; RFC 8654). */
static bool
is_plausible(const uint8_t *header)
{
	uint32_t length = message_length(header);
	switch (header[MARKER + 2]) {
	case 1:
		return length >= 29 && length <= 4096;
	case 2:
	case 5:
		return length >= 23;
	case 3:
		return length >= 21;
	case 4:
		return length == HEADER;
	default:
		return false;
	}
}

static size_t
ones(const uint8_t *p, size_t size)
{
	size_t count = 0;
	while (count < size && p[count] == 0xff) {
		count++;
	}
	return count;
}

/* Whether the octets hold a BGP message, somewhere. Files hold runs of ones, too, so that what comes
 * after the message must fit; where it is longer than the segment, it must begin it. */
static bool
has_message(const uint8_t *data, size_t size)
{
	const uint8_t *at = data, *end = data + size;
	while ((size_t)(end - at) >= HEADER) {
		at = memchr(at, 0xff, (size_t)(end - at) - HEADER + 1);
		if (at == NULL) {
			return false;
		}
		size_t run = ones(at, (size_t)(end - at));
		const uint8_t *header = at + run - MARKER;
		at += run;
		if (run < MARKER || end - at < HEADER - MARKER || !is_plausible(header)) {
			continue;
		}
		uint32_t length = message_length(header);
		size_t left = (size_t)(end - header);
		if (length > left ? header == data
				  : ones(header + length, left - length) >=
					  (left - length < MARKER ? left - length : MARKER)) {
			return true;
		}
	}
	return false;
}

/* A segment with payload of a direction that began in the capture. True: this is BGP. */
static bool
read_head(struct candidate_dir *d, const struct look *look)
{
	if (look->seq != d->next) {
		/* Sent again; or the capture lost the first octets, and it is as if joined there. */
		d->from_start = (int32_t)(look->seq - d->next) < 0;
		return false;
	}
	size_t size = HEADER - (size_t)d->have;
	size = look->size < size ? look->size : size;
	memcpy(d->head + d->have, look->data, size);
	d->have = (uint8_t)(d->have + size);
	d->next += look->payload;
	size_t marker = d->have < MARKER ? d->have : MARKER;
	uint8_t type = d->head[MARKER + 2];
	d->other = ones(d->head, marker) < marker ||
		(d->have == HEADER ? message_length(d->head) < HEADER || type < 1 || type > 5
				   : look->size < look->payload);
	return !d->other && d->have == HEADER;
}

static bool
is_bgp(struct candidate *one, const struct look *look)
{
	struct candidate_dir *d = &one->dir[look->low ? 0 : 1];
	if (d->other) {
		return false;
	}
	if (d->from_start && read_head(d, look)) {
		return true;
	}
	if (d->from_start) {
		return false;
	}
	one->searched += look->payload;
	return has_message(look->data, look->size);
}

static void
keep(struct candidates *c, struct candidate *one, const struct decap_tcp *tcp)
{
	size_t size = cursor_left(&tcp->segment);
	size_t cost = sizeof(struct kept) + size;
	bool whole = one->low_client != 0; /* from the handshake on: all of it or nothing */
	if (one->kept_count >= LIMIT_CANDIDATE_SEGMENTS ||
	    one->kept_size + cost > LIMIT_CANDIDATE_OCTETS) {
		if (whole || cost > LIMIT_CANDIDATE_OCTETS) {
			c->evicted = c->evicted || (whole && !one->dir[0].other && !one->dir[1].other);
			drop_kept(c, one);
			one->low_client = 0;
			return;
		}
		while (one->kept_count >= LIMIT_CANDIDATE_SEGMENTS ||
			one->kept_size + cost > LIMIT_CANDIDATE_OCTETS) {
			drop_first(c, one);
		}
	}
	for (struct candidate *old = c->list[STATE_UNKNOWN].oldest;
		old != NULL && old != one && c->kept_size + cost > LIMIT_CANDIDATES_OCTETS;) {
		struct candidate *newer = old->newer;
		c->evicted = c->evicted || old->low_client != 0;
		forget(c, old);
		old = newer;
	}
	if (c->kept_size + cost > LIMIT_CANDIDATES_OCTETS) {
		return;
	}
	struct tcp_header header;
	struct seg seg;
	struct kept *kept = capture_allocate(sizeof(*kept) + size);
	kept->ip = *tcp->ip;
	kept->tcp = *tcp;
	kept->tcp.ip = &kept->ip;
	kept->size = (uint32_t)size;
	memcpy(kept->octets, tcp->segment.at, size);
	kept->tcp.segment = cursor_make(kept->octets, size);
	if (tcp_parse(tcp, &header, &seg)) {
		kept->ip.ghost = tcp_note_ghost(c->ghosts, tcp, &seg);
	}
	*(one->last != NULL ? &one->last->next : &one->first) = kept;
	one->last = kept;
	one->kept_count++;
	one->kept_size += (uint32_t)cost;
	c->kept_size += cost;
}

/* Whether the side that was called sent this. */
static bool
is_server(const struct candidate *one, const struct look *look)
{
	return one->low_client != 0 && look->low == (one->low_client == 2);
}

/* It is BGP: all that was kept goes on. */
static void
reveal(struct candidates *c, struct candidate *one, const struct decap_tcp *tcp,
	const struct look *look)
{
	decide(c, one, STATE_BGP);
	if (is_server(one, look)) {
		one->server_told = true;
		learn(c, tcp, look);
	}
	struct kept *kept = one->first;
	one->first = one->last = NULL;
	c->kept_size -= one->kept_size;
	one->kept_size = one->kept_count = 0;
	while (kept != NULL) {
		struct kept *next = kept->next;
		c->replay(c->ctx, &kept->tcp);
		free(kept);
		kept = next;
	}
}

static struct candidate *
find(const struct candidates *c, const uint64_t key[5], uint64_t hash)
{
	struct candidate *one = c->slots[hash % SLOTS];
	while (one != NULL && (one->hash != hash || memcmp(one->key, key, sizeof(one->key)) != 0)) {
		one = one->hash_next;
	}
	return one;
}

static struct candidate *
begin(struct candidates *c, const uint64_t key[5], uint64_t hash, const struct decap_tcp *tcp,
	const struct look *look)
{
	if (c->count >= LIMIT_CANDIDATES) {
		make_room(c);
	}
	struct candidate *one = capture_allocate(sizeof(*one));
	memcpy(one->key, key, sizeof(one->key));
	one->hash = hash;
	one->hash_next = c->slots[hash % SLOTS];
	c->slots[hash % SLOTS] = one;
	c->count++;
	bool learned = is_learned(c, &tcp->ip->dst, look->dst_port) ||
		is_learned(c, &tcp->ip->src, look->src_port);
	list_add(c, one, learned ? STATE_BGP : STATE_UNKNOWN);
	return one;
}

/* A SYN, or the SYN-ACK: where the streams begin, and who called. */
static void
note_syn(struct candidate *one, const struct look *look)
{
	struct candidate_dir *d = &one->dir[look->low ? 0 : 1];
	struct candidate_dir *back = &one->dir[look->low ? 1 : 0];
	bool answer = (look->flags & SEG_ACK) != 0;
	d->from_start = true;
	d->next = look->seq + 1;
	if (answer && !back->from_start) {
		back->from_start = true;
		back->next = look->ack;
	}
	if (one->low_client == 0) {
		one->low_client = look->low != answer ? 1 : 2;
	}
}

enum candidate_word
candidates_segment(struct candidates *c, const struct decap_tcp *tcp)
{
	struct look look;
	uint64_t key[5];
	if (!look_at(tcp, &look)) {
		return CANDIDATE_NO;
	}
	make_key(tcp, &look, key);
	uint64_t hash = siphash_words(&c->seed, key, 5);
	struct candidate *one = find(c, key, hash);
	bool syn = (look.flags & (SEG_SYN | SEG_RST)) == SEG_SYN;
	if (one != NULL && syn && (look.flags & SEG_ACK) == 0 && one->state != STATE_BGP) {
		const struct candidate_dir *d = &one->dir[look.low ? 0 : 1];
		if (one->state == STATE_OTHER || !d->from_start || d->next != look.seq + 1) {
			forget(c, one); /* another connection on the same ports */
			one = NULL;
		}
	}
	if (one == NULL) {
		/* A lone ACK, FIN or RST says nothing. */
		if (!syn && (look.payload == 0 || (look.flags & SEG_RST) != 0)) {
			return CANDIDATE_NO;
		}
		one = begin(c, key, hash, tcp, &look);
	} else if (tcp->ip->time_ns - one->used_ns > CONN_USE_GRAIN_NS) {
		list_remove(c, one);
		list_add(c, one, one->state);
	}
	one->used_ns = tcp->ip->time_ns;
	if (one->state == STATE_BGP && !one->server_told && look.payload > 0 && !syn &&
	    is_server(one, &look)) {
		/* What a client says alone makes no BGP endpoint of a server. */
		one->server_told = true;
		if (is_bgp(one, &look)) {
			learn(c, tcp, &look);
		}
	}
	if (one->state != STATE_UNKNOWN) {
		return one->state == STATE_BGP ? CANDIDATE_BGP : CANDIDATE_NO;
	}
	if ((look.flags & SEG_RST) != 0) {
		decide(c, one, STATE_OTHER);
		return CANDIDATE_NO;
	}
	if (syn) {
		note_syn(one, &look);
	}
	if (look.payload > 0 && !syn && is_bgp(one, &look)) {
		reveal(c, one, tcp, &look);
		return CANDIDATE_BGP;
	}
	if ((one->dir[0].other && one->dir[1].other) || one->searched > LIMIT_CANDIDATE_SEARCH) {
		decide(c, one, STATE_OTHER);
		return CANDIDATE_NO;
	}
	keep(c, one, tcp);
	if (one->low_client == 0 && (one->dir[0].other || one->dir[1].other)) {
		decide(c, one, STATE_OTHER); /* one side is no BGP, and the other says nothing */
		return CANDIDATE_NO;
	}
	return CANDIDATE_PERHAPS;
}

bool
candidates_evicted(const struct candidates *c)
{
	return c != NULL && c->evicted;
}
