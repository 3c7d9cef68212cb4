/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table itself: open addressing with linear probing over a seeded hash, and five lists in the
 * order of use, one for each kind of life, so that what is idle too long, or has to make room, is
 * always at the head of a list. An entry moves to the tail of its list only if it has been there
 * for CONN_USE_GRAIN_NS: with ten thousand sessions each move would cost cache misses.
 */
#include "capture/conn.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "capture/capture.h"
#include "capture/conn_private.h"
#include "capture/input.h"
#include "dissect/siphash.h"

enum conn_list {
	LIST_REFUSED, /* in the order in which they make room */
	LIST_RESET,
	LIST_RESET_LIVED, /* after messages both ways: they may be sent again, and a session goes on at its next KEEPALIVE */
	LIST_CLOSED,
	LIST_HALF_OPEN,
	LIST_OPEN,
	LIST_COUNT,
};

static const uint64_t list_patience_ns[LIST_COUNT] = {
	[LIST_REFUSED] = CONN_LINGER_REFUSED_NS,
	[LIST_RESET] = CONN_LINGER_RESET_NS,
	[LIST_RESET_LIVED] = CONN_LINGER_LIVED_NS,
	[LIST_CLOSED] = CONN_LINGER_CLOSED_NS,
	[LIST_HALF_OPEN] = CONN_HALF_OPEN_NS,
	[LIST_OPEN] = CONN_IDLE_NS,
};

enum { MANY = 2048 }; /* connections; fewer stay in the cache by themselves */

struct conn_slot {
	uint64_t hash;
	struct conn_entry *entry; /* NULL: free */
};

enum { AHEAD_RING = 8 }; /* more than SOURCE_AHEAD, a power of 2 */

struct conn_ahead {
	struct address src, dst;
	uint16_t src_port, dst_port;
	bool low; /* key_make()'s word */
	uint64_t key[5], hash;
};

struct conn_table {
	struct conn_slot *slots;
	size_t slot_count; /* a power of 2, at least 4/3 of the entries */
	size_t count, max;
	struct conn_entry *last; /* the one used last: most segments follow their own kind */
	uint64_t last_hash;
	struct conn_ahead ahead[AHEAD_RING]; /* of the packets that come; see conn_table_expect() */
	unsigned ahead_last;                 /* the one that comes last, SOURCE_AHEAD from now */
	struct {
		struct conn_entry *oldest, *newest;
		size_t count;
	} list[LIST_COUNT];
	uint64_t due_ns; /* until then none of the oldest ones is over */
	struct siphash_seed seed;
	uint64_t next_id;
	struct flow_sink sink;
	const struct stream_engine *engine;
	struct stream *stream;
	uint32_t *artefacts;
	const struct tcp_auth *auth; /* NULL: no keys */
	uint8_t wanted[65536 / 8]; /* ports */
};

struct conn_table *
conn_table_create(size_t max_connections, const uint16_t *ports, size_t port_count,
	const struct flow_sink *sink, const struct stream_engine *engine, struct stream *stream,
	uint32_t *artefacts)
{
	struct conn_table *table = capture_allocate(sizeof(*table));
	table->max = max_connections;
	table->slot_count = 256;
	table->slots = capture_allocate(table->slot_count * sizeof(table->slots[0]));
	table->seed = siphash_seed_random();
	table->next_id = 1;
	table->sink = *sink;
	table->engine = engine;
	table->stream = stream;
	table->artefacts = artefacts;
	for (size_t i = 0; i < port_count; i++) {
		table->wanted[ports[i] / 8] |= (uint8_t)(1u << ports[i] % 8);
	}
	return table;
}

void
conn_table_verify(struct conn_table *table, const struct tcp_auth *auth)
{
	table->auth = auth;
}

static bool
port_wanted(const struct conn_table *table, uint16_t port)
{
	return (table->wanted[port / 8] & 1u << port % 8) != 0;
}

bool
conn_table_wants(const struct conn_table *table, uint16_t src_port, uint16_t dst_port)
{
	return port_wanted(table, src_port) || port_wanted(table, dst_port);
}

/* The address as two words. */
static void
address_words(const struct address *a, uint64_t words[2])
{
	memcpy(words, a->octets, 16);
}

/* The last word of a key. */
static uint64_t
key_ports(const struct address *address, uint16_t first, uint16_t second)
{
	return (uint64_t)address->family << 32 | (uint64_t)first << 16 | second;
}

/* The four-tuple in an order that both directions share. Returns whether the sender is first. */
static bool
key_make(const struct packet_info *ip, uint16_t src_port, uint16_t dst_port, uint64_t key[5])
{
	uint64_t src[2], dst[2];
	address_words(&ip->src, src);
	address_words(&ip->dst, dst);
	bool low = src[0] != dst[0] ? src[0] < dst[0]
	         : src[1] != dst[1] ? src[1] < dst[1]
	         : src_port <= dst_port;
	memcpy(key, low ? src : dst, 16);
	memcpy(key + 2, low ? dst : src, 16);
	key[4] = key_ports(&ip->src, low ? src_port : dst_port, low ? dst_port : src_port);
	return low;
}

/* The key is not kept: what it was made from is. */
static void
key_of(const struct conn_entry *entry, uint64_t key[5])
{
	const struct conn_side *first = &entry->conn.side[entry->low_side];
	const struct conn_side *second = &entry->conn.side[1 - entry->low_side];
	memcpy(key, first->addr.octets, 16);
	memcpy(key + 2, second->addr.octets, 16);
	key[4] = key_ports(&first->addr, first->port, second->port);
}

static bool
key_fits(const struct conn_entry *entry, const uint64_t key[5])
{
	const struct conn_side *first = &entry->conn.side[entry->low_side];
	const struct conn_side *second = &entry->conn.side[1 - entry->low_side];
	return key[4] == key_ports(&first->addr, first->port, second->port) && memcmp(first->addr.octets, key, 16) == 0 &&
		memcmp(second->addr.octets, key + 2, 16) == 0;
}

static uint64_t
key_hash(const struct conn_table *table, const uint64_t key[5])
{
	if (key[4] >> 32 == 4) {
		/* 15 octets: two addresses, the family and two ports. */
		const uint64_t addresses = key[0] << 32 | key[2];
		return siphash_message(&table->seed, &addresses, 1, (uint64_t)15 << 56 | key[4]);
	}
	return siphash_words(&table->seed, key, 5);
}

static void
list_add(struct conn_table *table, struct conn_entry *entry, uint8_t list)
{
	entry->list = list;
	entry->newer = NULL;
	entry->older = table->list[list].newest;
	if (entry->older != NULL) {
		entry->older->newer = entry;
	} else {
		table->list[list].oldest = entry;
	}
	table->list[list].newest = entry;
	table->list[list].count++;
}

static void
list_remove(struct conn_table *table, struct conn_entry *entry)
{
	uint8_t list = entry->list;
	if (entry->newer != NULL) {
		entry->newer->older = entry->older;
	} else {
		table->list[list].newest = entry->older;
	}
	if (entry->older != NULL) {
		entry->older->newer = entry->newer;
	} else {
		table->list[list].oldest = entry->newer;
	}
	table->list[list].count--;
}

static void
slot_put(struct conn_table *table, struct conn_slot slot)
{
	size_t mask = table->slot_count - 1;
	size_t at = (size_t)slot.hash & mask;
	while (table->slots[at].entry != NULL) {
		at = (at + 1) & mask;
	}
	table->slots[at] = slot;
}

static void
slots_grow(struct conn_table *table)
{
	struct conn_slot *old = table->slots;
	size_t count = table->slot_count;
	table->slot_count *= 2;
	table->slots = capture_allocate(table->slot_count * sizeof(table->slots[0]));
	for (size_t i = 0; i < count; i++) {
		if (old[i].entry != NULL) {
			slot_put(table, old[i]);
		}
	}
	free(old);
}

/* Takes the entry out; what follows in the same run of slots moves up. */
static void
slot_remove(struct conn_table *table, const struct conn_entry *entry)
{
	uint64_t key[5];
	key_of(entry, key);
	size_t mask = table->slot_count - 1;
	size_t at = (size_t)key_hash(table, key) & mask;
	while (table->slots[at].entry != entry) {
		assert(table->slots[at].entry != NULL);
		at = (at + 1) & mask;
	}
	size_t hole = at;
	for (;;) {
		at = (at + 1) & mask;
		if (table->slots[at].entry == NULL) {
			break;
		}
		size_t home = (size_t)table->slots[at].hash & mask;
		if (((at - home) & mask) >= ((at - hole) & mask)) {
			table->slots[hole] = table->slots[at];
			hole = at;
		}
	}
	table->slots[hole] = (struct conn_slot){0};
}

/* What was worked out when the packet was expected; NULL where it was not. */
static const struct conn_ahead *
expected(const struct conn_table *table, const struct packet_info *ip, const struct tcp_header *header)
{
	const struct conn_ahead *ahead = &table->ahead[(table->ahead_last - SOURCE_AHEAD) % AHEAD_RING];
	bool fits = ahead->hash != 0 && ahead->src_port == header->src_port && ahead->dst_port == header->dst_port &&
		address_equal(&ahead->src, &ip->src) && address_equal(&ahead->dst, &ip->dst);
	return fits ? ahead : NULL;
}

static struct conn_entry *
entry_find(struct conn_table *table, const uint64_t key[5], uint64_t hash)
{
	size_t mask = table->slot_count - 1;
	for (size_t at = (size_t)hash & mask; table->slots[at].entry != NULL; at = (at + 1) & mask) {
		if (table->slots[at].hash == hash && key_fits(table->slots[at].entry, key)) {
			return table->slots[at].entry;
		}
	}
	return NULL;
}

/* The entry of the segment, or NULL; its hash, and whether its sender is the first of its key. */
static struct conn_entry *
entry_of(struct conn_table *table, const struct packet_info *ip, const struct tcp_header *header, uint64_t *hash,
	bool *low)
{
	const struct conn_ahead *ahead = expected(table, ip, header);
	if (ahead != NULL) {
		*low = ahead->low;
		*hash = ahead->hash;
		return entry_find(table, ahead->key, *hash);
	}
	uint64_t key[5];
	*low = key_make(ip, header->src_port, header->dst_port, key);
	if (table->last != NULL && key_fits(table->last, key)) {
		*hash = table->last_hash;
		return table->last;
	}
	*hash = key_hash(table, key);
	return entry_find(table, key, *hash);
}

bool
conn_table_looks_ahead(const struct conn_table *table)
{
	return table->count >= MANY;
}

/* The connection of a packet that is `distance` ahead, if its slot is the first that it may have; NULL: not known. */
static const struct conn_entry *
entry_ahead(const struct conn_table *table, unsigned distance)
{
	const struct conn_ahead *ahead = &table->ahead[(table->ahead_last - (SOURCE_AHEAD - distance)) % AHEAD_RING];
	const struct conn_slot *slot = &table->slots[(size_t)ahead->hash & (table->slot_count - 1)];
	return slot->hash == ahead->hash ? slot->entry : NULL;
}

void
conn_table_expect(struct conn_table *table, const struct packet_info *ip, uint16_t src_port,
	uint16_t dst_port)
{
	if (!conn_table_looks_ahead(table)) {
		return;
	}
	/* Where each of these is stands in the one before it, which must have come by then: a packet for each step. */
	struct conn_ahead *ahead = &table->ahead[++table->ahead_last % AHEAD_RING];
	ahead->hash = 0;
	if (ip != NULL && conn_table_wants(table, src_port, dst_port)) {
		ahead->src = ip->src;
		ahead->dst = ip->dst;
		ahead->src_port = src_port;
		ahead->dst_port = dst_port;
		ahead->low = key_make(ip, src_port, dst_port, ahead->key);
		ahead->hash = key_hash(table, ahead->key);
		__builtin_prefetch(&table->slots[(size_t)ahead->hash & (table->slot_count - 1)]);
	}
	near_fetch(entry_ahead(table, 4), sizeof(struct conn_entry));
	const struct conn_entry *third = entry_ahead(table, 3);
	near_fetch(third != NULL ? third->conn.user : NULL, table->sink.user_size);
	for (unsigned distance = 2; distance > 0; distance--) {
		const struct conn_entry *entry = entry_ahead(table, distance);
		if (entry != NULL && entry->conn.user != NULL && table->sink.near != NULL) {
			table->sink.near(table->sink.ctx, entry->conn.user, distance == 1);
		}
	}
}

static void
entry_free(struct conn_entry *entry)
{
	free(entry->pending);
	free(entry);
}

/* The last word about a connection. */
static void
entry_end(struct conn_table *table, struct conn_entry *entry, bool evicted)
{
	struct conn *conn = &entry->conn;
	list_remove(table, entry);
	slot_remove(table, entry);
	table->count--;
	if (table->last == entry) {
		table->last = NULL;
	}
	table->engine->end(table->stream, conn);
	if (conn->one_direction && entry->state == CONN_STATE_OPEN) {
		*table->artefacts |= ARTEFACT_ONE_DIRECTION;
	}
	if (evicted) {
		table->sink.change(table->sink.ctx, conn, CONN_EVICTED, 0, NULL);
	}
	table->sink.change(table->sink.ctx, conn, CONN_END, 0, NULL);
	entry_free(entry);
}

static void
make_room(struct conn_table *table)
{
	for (int list = 0; list < LIST_COUNT; list++) {
		if (table->list[list].oldest != NULL) {
			entry_end(table, table->list[list].oldest, list >= LIST_HALF_OPEN);
			return;
		}
	}
}

static struct conn_entry *
entry_new(struct conn_table *table, uint64_t hash, bool low, const struct tcp_header *header,
	const struct seg *seg)
{
	if (table->count >= table->max) {
		make_room(table);
	}
	if ((table->count + 1) * 4 > table->slot_count * 3) {
		slots_grow(table);
	}
	struct conn_entry *entry = capture_allocate(sizeof(*entry));
	entry->low_side = low ? 0 : 1;
	entry->track[0].scale = entry->track[1].scale = TCP_NO_SCALE;
	struct conn *conn = &entry->conn;
	conn->id = table->next_id++;
	conn->side[0].addr = seg->ip->src;
	conn->side[0].port = header->src_port;
	conn->side[1].addr = seg->ip->dst;
	conn->side[1].port = header->dst_port;
	bool first = port_wanted(table, header->src_port);
	bool second = port_wanted(table, header->dst_port);
	conn->service = first == second ? -1 : first ? 0 : 1;
	conn->client = CONN_NO_CLIENT;
	if ((seg->flags & (SEG_SYN | SEG_RST)) == SEG_SYN) {
		conn->client = (seg->flags & SEG_ACK) != 0 ? 1 : 0;
	} else {
		conn->midstream = true;
	}
	conn->one_direction = true;
	slot_put(table, (struct conn_slot){.hash = hash, .entry = entry});
	table->count++;
	list_add(table, entry, LIST_HALF_OPEN);
	return entry;
}

/* To the tail of the list that fits its state. */
static void
entry_use(struct conn_table *table, struct conn_entry *entry, uint64_t now_ns)
{
	uint8_t list = LIST_HALF_OPEN;
	switch ((enum conn_state)entry->state) {
	case CONN_STATE_REFUSED:
		list = LIST_REFUSED;
		break;
	case CONN_STATE_RESET:
		list = entry->conn.side[0].data_segments >= CONN_SPOKE && entry->conn.side[1].data_segments >= CONN_SPOKE
			       ? LIST_RESET_LIVED
			       : LIST_RESET;
		break;
	case CONN_STATE_CLOSED:
		list = LIST_CLOSED;
		break;
	case CONN_STATE_OPENING:
		break;
	case CONN_STATE_OPEN: {
		/* A lone ACK is no connection; one whose end was announced is on its way out. */
		const struct conn_side *side = entry->conn.side;
		if ((!entry->conn.midstream || !entry->conn.one_direction || side[0].data_segments > 0) &&
		    side[0].fin_count == 0 && side[1].fin_count == 0) {
			list = LIST_OPEN;
		}
		break;
	}
	}
	if (list != entry->list || now_ns - entry->used_ns > CONN_USE_GRAIN_NS) {
		list_remove(table, entry);
		list_add(table, entry, list);
		entry->used_ns = now_ns;
		if (list <= LIST_CLOSED && table->list[list].count > LIMIT_LINGERING) {
			entry_end(table, table->list[list].oldest, false);
		}
	}
}

/* The SYN that waited on the old incarnation belongs to the new one. */
static void
entry_prime(struct conn_entry *entry, const struct conn_pending *from, uint8_t dir)
{
	struct conn_side *side = &entry->conn.side[dir];
	side->isn = from->seq;
	side->next_seq = from->seq + 1;
	side->syn_count = 1;
	side->first_syn_frame = from->frame;
	side->first_syn_ns = from->ns;
	side->mss = from->mss;
	side->window_scale = from->scale == TCP_NO_SCALE ? 0 : from->scale;
	entry->track[dir].scale = from->scale;
	entry->track[dir].has_isn = entry->track[dir].has_seq = true;
	entry->conn.client = (int8_t)dir;
	entry->conn.midstream = false;
}

static void
note_artefacts(struct conn_table *table, const struct conn_entry *entry, const struct seg *seg)
{
	const struct conn_side *receiver = &entry->conn.side[1 - seg->dir];
	if (seg->checksum_bad) {
		*table->artefacts |= ARTEFACT_CHECKSUM;
	}
	if (seg->ip->cut && seg->cap_len < seg->wire_len) {
		*table->artefacts |= ARTEFACT_SNAPLEN;
	}
	if ((receiver->mss > 0 && seg->wire_len > receiver->mss) || seg->ip->ip_length > LIMIT_MTU) {
		*table->artefacts |= ARTEFACT_OFFLOAD;
	}
}

/* In the order in which they are told: before the engine has the segment, and after. */
static const uint8_t told_before[] = {CONN_SYN, CONN_SYNACK, CONN_ESTABLISHED, CONN_MIDSTREAM, CONN_WINDOW_ZERO,
	CONN_WINDOW_OPEN, CONN_RST_IGNORED, CONN_RST_INEXACT};
static const uint8_t told_after[] = {CONN_FIN, CONN_RST, CONN_REFUSED};

static void
announce(struct conn_table *table, struct conn *conn, conn_changes changes, const uint8_t *order, size_t count,
	const struct seg *seg)
{
	for (size_t i = 0; i < count; i++) {
		if ((changes & conn_change_bit(order[i])) != 0) {
			table->sink.change(table->sink.ctx, conn, order[i], seg->dir, seg);
		}
	}
}

/* A SYN or RST of another incarnation: it says nothing about this stream. */
static bool
is_foreign(const struct seg *seg, conn_changes changes)
{
	const conn_changes syn = conn_change_bit(CONN_SYN) | conn_change_bit(CONN_SYNACK);
	const conn_changes rst = conn_change_bit(CONN_RST) | conn_change_bit(CONN_REFUSED);
	return ((seg->flags & SEG_SYN) != 0 && (changes & syn) == 0) || ((seg->flags & SEG_RST) != 0 && (changes & rst) == 0);
}

void
conn_table_segment(struct conn_table *table, const struct tcp_header *header, struct seg *seg,
	uint64_t now_ns)
{
	uint64_t hash;
	bool low;
	struct conn_entry *entry = entry_of(table, seg->ip, header, &hash, &low);
	struct conn_pending from = {0};
	if (entry != NULL) {
		seg->dir = low ? entry->low_side : (uint8_t)(1 - entry->low_side);
		if (seg->ip->ghost) {
			table->sink.segment(table->sink.ctx, &entry->conn, seg);
			return;
		}
		if (conn_facts_reused(entry, header, seg, seg->dir, now_ns, &from)) {
			*table->artefacts |= ARTEFACT_PORT_REUSE;
			entry_end(table, entry, false);
			entry = NULL;
		}
	} else if (seg->ip->ghost) {
		return;
	}
	if (entry == NULL) {
		entry = entry_new(table, hash, low, header, seg);
		entry->used_ns = now_ns;
		seg->dir = 0;
		if (from.set) {
			entry_prime(entry, &from, (seg->flags & SEG_SYN) != 0 ? 1 : 0);
		}
		table->sink.change(table->sink.ctx, &entry->conn, CONN_NEW, seg->dir, seg);
	}
	table->last = entry;
	table->last_hash = hash;
	struct conn *conn = &entry->conn;
	conn_changes changes = conn_facts_update(entry, header, seg, now_ns);
	note_artefacts(table, entry, seg);
	if (table->auth != NULL) {
		seg->auth = (uint8_t)tcp_auth_check(table->auth, conn, seg, &seg->auth_key);
	}
	table->sink.segment(table->sink.ctx, conn, seg);
	if ((changes & conn_change_bit(CONN_MIDSTREAM)) != 0) {
		*table->artefacts |= ARTEFACT_MIDSTREAM;
	}
	if (changes != 0) {
		announce(table, conn, changes, told_before, sizeof(told_before), seg);
	}
	if (!is_foreign(seg, changes)) {
		table->engine->segment(table->stream, conn, seg);
	}
	if (changes != 0) {
		announce(table, conn, changes, told_after, sizeof(told_after), seg);
	}
	entry_use(table, entry, now_ns);
}

void
conn_table_tick(struct conn_table *table, uint64_t now_ns)
{
	if (now_ns <= table->due_ns) {
		return;
	}
	/* Whatever comes into a list from now on is used later than this. */
	table->due_ns = UINT64_MAX;
	for (int list = 0; list < LIST_COUNT; list++) {
		const uint64_t patience = list_patience_ns[list];
		struct conn_entry *entry;
		while ((entry = table->list[list].oldest) != NULL &&
		       now_ns > entry->used_ns && now_ns - entry->used_ns > patience) {
			entry_end(table, entry, false);
		}
		uint64_t since = entry != NULL && entry->used_ns < now_ns ? entry->used_ns : now_ns;
		uint64_t due = since < UINT64_MAX - patience ? since + patience : UINT64_MAX;
		table->due_ns = due < table->due_ns ? due : table->due_ns;
	}
}

void
conn_table_finish(struct conn_table *table)
{
	/* In the order of their ids within each list; open ones last. */
	for (int list = 0; list < LIST_COUNT; list++) {
		while (table->list[list].oldest != NULL) {
			entry_end(table, table->list[list].oldest, false);
		}
	}
}

static void
ignore_change(void *ctx, struct conn *conn, enum conn_change change, int dir, const struct seg *at)
{
	(void)ctx;
	(void)conn;
	(void)change;
	(void)dir;
	(void)at;
}

void
conn_table_destroy(struct conn_table *table)
{
	if (table == NULL) {
		return;
	}
	table->sink.change = ignore_change;
	conn_table_finish(table);
	free(table->slots);
	free(table);
}
