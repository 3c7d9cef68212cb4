/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes captures for the benchmark: generate SHAPE SIZE FILE; prints how many packets it wrote. SIZE
 * is in megabytes or in things, as the table at the end says. What it writes depends on nothing else, so figures can be compared.
 *
 * The peaceful shapes hold what routers send: handshakes, OPENs, KEEPALIVEs, UPDATEs with the usual
 * attributes, ACKs, right checksums. UPDATEs of the bulk shapes have from one to hundreds of
 * prefixes; those of `table` are as those of a full table are: 70 MB have 487,000 UPDATEs with 1,000,000
 * prefixes. The hostile ones hold what costs most for each packet.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	MSS = 1448, /* with the timestamp option, as Linux sends */
	STREAM = 1 << 20, /* octets of UPDATEs that all bulk streams repeat */
	UPDATE_MAX = 4096,
	TCP_HEADER = 32,
	SERVER_PORT = 179,
	SERVER_AS = 65012, /* of all who send UPDATEs: the first of each AS_PATH, as a receiver wants it */
	FIN = 0x01, SYN = 0x02, RST = 0x04, PSH = 0x08, ACK = 0x10,
};

struct gen {
	FILE *out;
	uint64_t octets, packets, size;
	uint64_t time_us, step_us;
	uint64_t random;
	uint8_t *stream; /* whole UPDATEs, STREAM octets or a little less */
	size_t stream_size;
};

struct end {
	uint32_t addr;
	uint16_t port;
	uint32_t seq;
};

struct session {
	struct end end[2]; /* 0 called */
	uint32_t at;       /* in the stream */
	uint32_t packets;
	uint16_t asn[2];
};

static uint32_t
chance(struct gen *g, uint32_t below)
{
	g->random = g->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)((g->random >> 33) % below);
}

static void
put16(uint8_t *p, uint32_t value)
{
	p[0] = (uint8_t)(value >> 8);
	p[1] = (uint8_t)value;
}

static void
put32(uint8_t *p, uint32_t value)
{
	put16(p, value >> 16);
	put16(p + 2, value & 0xffff);
}

static uint32_t
sum(const uint8_t *p, size_t size, uint32_t start)
{
	uint64_t total = start;
	for (; size > 1; p += 2, size -= 2) {
		total += (uint32_t)(p[0] << 8 | p[1]);
	}
	if (size == 1) {
		total += (uint32_t)p[0] << 8;
	}
	while (total >> 16 != 0) {
		total = (total & 0xffff) + (total >> 16);
	}
	return (uint32_t)total;
}

static void
write_out(struct gen *g, const void *bytes, size_t size)
{
	if (fwrite(bytes, 1, size, g->out) != size) {
		perror("generate");
		exit(1);
	}
	g->octets += size;
}

/* One record; pcap headers are in the order of this machine. */
static void
frame(struct gen *g, uint16_t ethertype, uint32_t host, const uint8_t *head, size_t head_size,
	const uint8_t *body, size_t body_size)
{
	uint8_t ethernet[14] = {2, 0, 0, 0, 0, 1, 2, 1};
	uint32_t length = (uint32_t)(sizeof(ethernet) + head_size + body_size);
	uint32_t record[4] = {
		(uint32_t)(g->time_us / 1000000), (uint32_t)(g->time_us % 1000000), length, length};
	put32(ethernet + 8, host);
	put16(ethernet + 12, ethertype);
	write_out(g, record, sizeof(record));
	write_out(g, ethernet, sizeof(ethernet));
	write_out(g, head, head_size);
	if (body_size > 0) {
		write_out(g, body, body_size);
	}
	g->time_us += g->step_us;
	g->packets++;
}

static void
ip_header(uint8_t ip[20], const uint32_t addr[2], uint8_t protocol, size_t payload, uint32_t id,
	uint32_t fragment)
{
	memset(ip, 0, 20);
	ip[0] = 0x45;
	put16(ip + 2, (uint32_t)(20 + payload));
	put16(ip + 4, id & 0xffff);
	put16(ip + 6, fragment);
	ip[8] = 64;
	ip[9] = protocol;
	put32(ip + 12, addr[0]);
	put32(ip + 16, addr[1]);
	put16(ip + 10, ~sum(ip, 20, 0) & 0xffff);
}

/* A segment of `dir`, at `ahead` octets from where that side is; the side does not move. */
static void
segment_at(struct gen *g, const struct session *s, int dir, uint8_t flags, uint32_t ahead,
	const uint8_t *payload, size_t size)
{
	const struct end *from = &s->end[dir], *to = &s->end[1 - dir];
	const uint32_t addr[2] = {from->addr, to->addr};
	uint8_t head[20 + TCP_HEADER] = {0};
	uint8_t *tcp = head + 20;
	ip_header(head, addr, 6, TCP_HEADER + size, (uint32_t)g->packets, 0x4000);
	put16(tcp, from->port);
	put16(tcp + 2, to->port);
	put32(tcp + 4, from->seq + ahead);
	put32(tcp + 8, (flags & ACK) != 0 ? to->seq : 0);
	tcp[12] = TCP_HEADER / 4 << 4;
	tcp[13] = flags;
	put16(tcp + 14, 32000);
	tcp[20] = tcp[21] = 1; /* two NOPs, timestamps: RFC 7323 */
	tcp[22] = 8;
	tcp[23] = 10;
	put32(tcp + 24, (uint32_t)(g->time_us / 1000));
	if ((flags & SYN) != 0) {
		tcp[20] = 2; /* no room for both: a SYN has its MSS instead */
		tcp[21] = 4;
		put16(tcp + 22, MSS);
		memset(tcp + 24, 1, 8);
	}
	uint32_t pseudo = sum(head + 12, 8, (uint32_t)(6 + TCP_HEADER + size));
	put16(tcp + 16, ~sum(payload, size, sum(tcp, TCP_HEADER, pseudo)) & 0xffff);
	frame(g, 0x0800, from->addr, head, sizeof(head), payload, size);
}

static void
segment(struct gen *g, struct session *s, int dir, uint8_t flags, const uint8_t *payload, size_t size)
{
	segment_at(g, s, dir, flags, 0, payload, size);
	s->end[dir].seq += (uint32_t)size + ((flags & (SYN | FIN)) != 0 ? 1u : 0u);
	s->packets++;
}

static size_t
bgp_header(uint8_t *p, size_t size, uint8_t type)
{
	memset(p, 0xff, 16);
	put16(p + 16, (uint32_t)size);
	p[18] = type;
	return size;
}

static size_t
make_open(uint8_t *p, uint16_t asn, uint32_t id)
{
	static const uint8_t capabilities[] = {2, 14, 1, 4, 0, 1, 0, 1, 2, 0, 65, 4, 0, 0, 0, 0};
	uint8_t *body = p + 19;
	body[0] = 4;
	put16(body + 1, asn);
	put16(body + 3, 180);
	put32(body + 5, id);
	body[9] = sizeof(capabilities);
	memcpy(body + 10, capabilities, sizeof(capabilities));
	put32(body + 10 + 12, asn);
	return bgp_header(p, 19 + 10 + sizeof(capabilities), 1);
}

static size_t
make_keepalive(uint8_t *p)
{
	return bgp_header(p, 19, 4);
}

/* ORIGIN, AS_PATH of four, NEXT_HOP, COMMUNITIES of two; `prefixes` of 24 bits. */
static size_t
make_update(struct gen *g, uint8_t p[UPDATE_MAX], uint32_t prefixes)
{
	static const uint8_t origin[] = {0x40, 1, 1, 0};
	uint8_t *at = p + 23;
	memcpy(at, origin, sizeof(origin));
	at += sizeof(origin);
	*at++ = 0x40;
	*at++ = 2;
	*at++ = 18;
	*at++ = 2;
	*at++ = 4;
	for (int i = 0; i < 4; i++, at += 4) {
		put32(at, i == 0 ? SERVER_AS : 64512 + chance(g, 400));
	}
	*at++ = 0x40;
	*at++ = 3;
	*at++ = 4;
	put32(at, 0x0a000001);
	at += 4;
	*at++ = 0xc0;
	*at++ = 8;
	*at++ = 8;
	for (int i = 0; i < 2; i++, at += 4) {
		put32(at, 64512u << 16 | chance(g, 65536));
	}
	put16(p + 19, 0);
	put16(p + 21, (uint32_t)(at - (p + 23)));
	for (uint32_t i = 0; i < prefixes; i++, at += 4) {
		put32(at, 24u << 24 | (11 + chance(g, 200)) << 16 | chance(g, 65536));
	}
	return bgp_header(p, (size_t)(at - p), 2);
}

static uint8_t *
attribute(uint8_t *at, uint8_t flags, uint8_t type, size_t size)
{
	at[0] = flags;
	at[1] = type;
	at[2] = (uint8_t)size;
	return at + 3;
}

/* As a provider sends a full table: AS_PATHs of three to seven, MED, a dozen communities, large ones with
 * some, an aggregator with few; two prefixes of 16 to 24 bits, or one, or three. */
static size_t
make_route(struct gen *g, uint8_t p[UPDATE_MAX])
{
	uint8_t *at = p + 23;
	*attribute(at, 0x40, 1, 1) = 0;
	at += 4;
	uint32_t hops = 3 + chance(g, 5);
	at = attribute(at, 0x40, 2, 2 + 4 * hops);
	*at++ = 2;
	*at++ = (uint8_t)hops;
	for (uint32_t i = 0; i < hops; i++, at += 4) {
		put32(at, i == 0 ? SERVER_AS : i + 1 < hops ? 1000 + chance(g, 20000) : 1000 + chance(g, 400000));
	}
	put32(attribute(at, 0x40, 3, 4), 0x0a000001);
	put32(attribute(at + 7, 0x80, 4, 4), chance(g, 4000));
	at += 14;
	if (chance(g, 10) == 0) {
		at = attribute(at, 0xc0, 7, 8);
		put32(at, 1000 + chance(g, 400000));
		put32(at + 4, 0x0a000001 + chance(g, 60000));
		at += 8;
	}
	uint32_t communities = 5 + chance(g, 14);
	at = attribute(at, 0xc0, 8, 4 * communities);
	for (uint32_t i = 0; i < communities; i++, at += 4) {
		put32(at, (1000 + chance(g, 60000)) << 16 | chance(g, 65536));
	}
	if (chance(g, 3) == 0) {
		uint32_t large = 1 + chance(g, 3);
		at = attribute(at, 0xc0, 32, 12 * large);
		for (uint32_t i = 0; i < 3 * large; i++, at += 4) {
			put32(at, i % 3 == 0 ? 1000 + chance(g, 400000) : chance(g, 10000));
		}
	}
	put16(p + 19, 0);
	put16(p + 21, (uint32_t)(at - (p + 23)));
	for (uint32_t i = 1 + chance(g, 3); i > 0; i--) {
		uint32_t bits = chance(g, 3) == 0 ? 16 + chance(g, 8) : 24;
		put32(at, bits << 24 | (11 + chance(g, 200)) << 16 | chance(g, 65536));
		at[3] &= (uint8_t)(0xff00 >> (bits - 16 < 8 ? bits - 16 : 8)); /* no bit beyond the length */
		at += bits == 16 ? 3 : 4;
	}
	return bgp_header(p, (size_t)(at - p), 2);
}

/* What the bulk shapes send: whole UPDATEs. */
static void
make_stream(struct gen *g, bool table)
{
	g->stream = malloc(STREAM + UPDATE_MAX);
	if (g->stream == NULL) {
		abort();
	}
	while (g->stream_size + UPDATE_MAX <= STREAM) {
		uint32_t kind = chance(g, 10);
		uint32_t prefixes = kind < 5 ? 1 + chance(g, 4) : kind < 9 ? 5 + chance(g, 60) : 100 + chance(g, 800);
		uint8_t *p = g->stream + g->stream_size;
		g->stream_size += table ? make_route(g, p) : make_update(g, p, prefixes);
	}
}

static void
session_init(struct gen *g, struct session *s, uint32_t pair, uint32_t number)
{
	*s = (struct session){
		.end = {
			{0x0a000000 + 1 + pair % 60000, (uint16_t)(1024 + number % 60000), chance(g, 1u << 31)},
			{0x0a800000 + 1 + pair, SERVER_PORT, chance(g, 1u << 31)},
		},
		.asn = {(uint16_t)(64512 + pair % 400), (uint16_t)SERVER_AS},
	};
}

/* Step `step` of how a session comes up: 0 to 8. */
static void
come_up(struct gen *g, struct session *s, int step)
{
	uint8_t message[64];
	switch (step) {
	case 0:
		segment(g, s, 0, SYN, NULL, 0);
		break;
	case 1:
		segment(g, s, 1, SYN | ACK, NULL, 0);
		break;
	case 2:
		segment(g, s, 0, ACK, NULL, 0);
		break;
	case 3:
	case 4:
		segment(g, s, step - 3, PSH | ACK, message,
			make_open(message, s->asn[step - 3], s->end[step - 3].addr));
		break;
	case 5:
	case 6:
		segment(g, s, step - 5, PSH | ACK, message, make_keepalive(message));
		break;
	default:
		segment(g, s, step - 7, ACK, NULL, 0);
		break;
	}
}

enum { UP_STEPS = 9 };

static struct session *
sessions_make(struct gen *g, uint32_t count, uint32_t pairs)
{
	struct session *sessions = calloc(count, sizeof(*sessions));
	if (sessions == NULL) {
		abort();
	}
	for (uint32_t i = 0; i < count; i++) {
		session_init(g, &sessions[i], i % pairs, i / pairs + i % 97);
	}
	for (int step = 0; step < UP_STEPS; step++) {
		for (uint32_t i = 0; i < count; i++) {
			come_up(g, &sessions[i], step);
		}
	}
	return sessions;
}

/* The next segment of UPDATEs, full; every second one is acknowledged. */
static void
bulk(struct gen *g, struct session *s)
{
	uint8_t wrap[MSS];
	const uint8_t *data = g->stream + s->at;
	size_t left = g->stream_size - s->at;
	if (left < MSS) {
		memcpy(wrap, data, left);
		memcpy(wrap + left, g->stream, MSS - left);
		data = wrap;
	}
	segment(g, s, 1, ACK, data, MSS);
	s->at = (uint32_t)((s->at + MSS) % g->stream_size);
	if (s->packets % 3 == 2) {
		segment(g, s, 0, ACK, NULL, 0);
	}
}

/* What the session sends on a quiet day: a KEEPALIVE or a small UPDATE, and its ACK. */
static void
chat(struct gen *g, struct session *s)
{
	uint8_t message[UPDATE_MAX];
	int dir = s->packets % 4 < 2 ? 0 : 1;
	if (s->packets % 2 == 0) {
		segment(g, s, 1 - dir, ACK, NULL, 0);
		return;
	}
	bool update = chance(g, 2) == 0;
	size_t size = update ? make_update(g, message, 1 + chance(g, 4)) : make_keepalive(message);
	segment(g, s, dir, PSH | ACK, message, size);
}

static void
fill(struct gen *g, struct session *sessions, uint32_t count, void (*next)(struct gen *, struct session *))
{
	while (g->octets < g->size) {
		for (uint32_t i = 0; i < count; i++) {
			next(g, &sessions[i]);
		}
	}
	free(sessions);
}

static void
shape_one(struct gen *g, uint32_t n)
{
	(void)n;
	make_stream(g, false);
	fill(g, sessions_make(g, 1, 1), 1, bulk);
}

static void
shape_table(struct gen *g, uint32_t n)
{
	(void)n;
	make_stream(g, true);
	fill(g, sessions_make(g, 1, 1), 1, bulk);
}

static void
shape_many(struct gen *g, uint32_t n)
{
	(void)n;
	make_stream(g, false);
	fill(g, sessions_make(g, 10000, 10000), 10000, bulk);
}

static void
shape_small(struct gen *g, uint32_t n)
{
	(void)n;
	fill(g, sessions_make(g, 10000, 10000), 10000, chat);
}

/* All open at once; each says a little more. */
static void
connections(struct gen *g, uint32_t n, uint32_t pairs)
{
	struct session *sessions = sessions_make(g, n, pairs);
	g->size = g->octets + (uint64_t)n * 1000;
	fill(g, sessions, n, chat);
}

static void
shape_connections(struct gen *g, uint32_t n)
{
	connections(g, n, n / 50 + 1);
}

static void
shape_pairs(struct gen *g, uint32_t n)
{
	connections(g, n, n);
}

/* Ten real sessions live through it. */
static void
flood(struct gen *g, uint32_t n, bool one_address)
{
	enum { REAL = 10 };
	uint8_t message[32];
	struct session *sessions = sessions_make(g, REAL, REAL);
	size_t size = make_keepalive(message);
	struct session liar;
	for (uint32_t i = 0; i < n; i++) {
		session_init(g, &liar, 0, 0);
		liar.end[0].addr = one_address ? 0xc0000201 + i / 60000 : 0x20000000 + i * 7;
		liar.end[0].port = (uint16_t)(1024 + i % 60000);
		segment(g, &liar, 0, SYN, NULL, 0);
		if (i % (n / 100 + 1) == 0) {
			for (int k = 0; k < REAL; k++) {
				segment(g, &sessions[k], 0, PSH | ACK, message, size);
				segment(g, &sessions[k], 1, PSH | ACK, message, size);
				segment(g, &sessions[k], 0, ACK, NULL, 0);
			}
		}
	}
	free(sessions);
}

static void
shape_flood(struct gen *g, uint32_t n)
{
	g->step_us = 20;
	flood(g, n, false);
}

static void
shape_flood_ports(struct gen *g, uint32_t n)
{
	g->step_us = 20;
	flood(g, n, true);
}

/* Every second segment of a stream is missing, the later ones come first, nobody acknowledges. */
static void
shape_holes(struct gen *g, uint32_t n)
{
	enum { HOLES = 4000, GRAIN = 20 };
	uint8_t octets[GRAIN];
	struct session *s = sessions_make(g, 1, 1);
	memset(octets, 0xff, sizeof(octets));
	g->step_us = 1;
	for (uint32_t sent = 0; sent < n; sent += HOLES) {
		for (uint32_t i = HOLES; i > 0; i--) {
			segment_at(g, s, 0, PSH | ACK, i * 2 * GRAIN, octets, GRAIN);
		}
		s->end[0].seq += HOLES * 2 * GRAIN;
		segment(g, s, 0, ACK, NULL, 0);
		segment(g, s, 1, ACK, NULL, 0);
	}
	free(s);
}

/* Fragments of datagrams that are never completed, of more of them than are kept. */
static void
shape_fragments(struct gen *g, uint32_t n)
{
	uint8_t octets[64] = {0}, ip[20];
	for (uint32_t i = 0; i < n; i++) {
		const uint32_t addr[2] = {0x0a000001 + chance(g, 1000), 0x0a800001};
		ip_header(ip, addr, 6, sizeof(octets), chance(g, 65536), 0x2000 | chance(g, 1000));
		frame(g, 0x0800, addr[0], ip, sizeof(ip), octets, sizeof(octets));
	}
}

/* One pair, connection after connection, none of them closed. */
static void
shape_retries(struct gen *g, uint32_t n)
{
	struct session s;
	uint8_t message[64];
	for (uint32_t i = 0; i < n; i += 5) {
		session_init(g, &s, 0, i / 5);
		for (int step = 0; step < 4; step++) {
			come_up(g, &s, step);
		}
		segment(g, &s, 1, PSH | ACK, message, make_open(message, s.asn[1], s.end[1].addr));
	}
}

/* BFD: ever new pairs, each with a discriminator of its own. */
static void
shape_bfd(struct gen *g, uint32_t n)
{
	uint8_t head[20 + 8], bfd[24] = {0x20, 0x40, 3, 24};
	for (uint32_t i = 0; i < n; i++) {
		const uint32_t addr[2] = {0x0a000001 + i % 100000, 0x0a800001};
		ip_header(head, addr, 17, 8 + sizeof(bfd), i, 0);
		head[8] = 255;
		put16(head + 20, 49152 + i % 16000);
		put16(head + 22, 3784);
		put16(head + 24, 8 + sizeof(bfd));
		put16(head + 26, 0);
		put32(bfd + 4, i + 1);
		put32(bfd + 12, 1000000);
		put32(bfd + 16, 1000000);
		frame(g, 0x0800, addr[0], head, sizeof(head), bfd, sizeof(bfd));
	}
}

/* BFD: a thousand sessions that come up and stay up, a packet each way every 100 ms. */
static void
shape_bfd_up(struct gen *g, uint32_t n)
{
	enum { SESSIONS = 1000, DOWN = 1, INIT = 2, UP = 3 };
	uint8_t head[20 + 8], bfd[24] = {0x20, 0, 3, 24};
	for (uint32_t i = 0; i < n; i++) {
		uint32_t round = i / (2 * SESSIONS), pair = i / 2 % SESSIONS, dir = i % 2;
		const uint32_t ends[2] = {0x0a000001 + pair, 0x0a800001 + pair};
		const uint32_t addr[2] = {ends[dir], ends[1 - dir]};
		const uint32_t discriminators[2] = {pair * 2 + 1, pair * 2 + 2};
		/* RFC 5880 section 6.2: 0 is Down, 1 hears it and is Init, 0 hears that and is Up. */
		uint8_t state = round > 0 ? UP : dir == 0 ? DOWN : INIT;
		ip_header(head, addr, 17, 8 + sizeof(bfd), i, 0);
		head[8] = 255;
		put16(head + 20, 49152 + pair % 16000);
		put16(head + 22, 3784);
		put16(head + 24, 8 + sizeof(bfd));
		put16(head + 26, 0);
		bfd[1] = (uint8_t)(state << 6);
		put32(bfd + 4, discriminators[dir]);
		put32(bfd + 8, round == 0 && dir == 0 ? 0 : discriminators[1 - dir]);
		put32(bfd + 12, 100000);
		put32(bfd + 16, 100000);
		frame(g, 0x0800, addr[0], head, sizeof(head), bfd, sizeof(bfd));
	}
}

/* ARP: ever new pairs ask, nobody answers. */
static void
shape_arp(struct gen *g, uint32_t n)
{
	uint8_t arp[28] = {0, 1, 8, 0, 6, 4, 0, 1};
	for (uint32_t i = 0; i < n; i++) {
		uint32_t asker = 0x0a000001 + i % 100000;
		put16(arp + 8, 0x0201);
		put32(arp + 10, asker);
		put32(arp + 14, asker);
		put32(arp + 24, 0x0a800001 + i % 99991);
		frame(g, 0x0806, asker, arp, sizeof(arp), NULL, 0);
	}
}

/* Other traffic: ever new hosts. */
static void
shape_hosts(struct gen *g, uint32_t n)
{
	uint8_t head[28] = {0};
	for (uint32_t i = 0; i < n; i++) {
		const uint32_t addr[2] = {0x0a000001 + i * 7, 0x0a800001};
		ip_header(head, addr, 17, 8, i, 0);
		put16(head + 20, 53);
		put16(head + 22, 53);
		put16(head + 24, 8);
		frame(g, 0x0800, addr[0], head, sizeof(head), NULL, 0);
	}
}

/* ICMP says that ever new pairs cannot reach each other. */
static void
shape_icmp(struct gen *g, uint32_t n)
{
	uint8_t head[20 + 8 + 20 + 8] = {0};
	for (uint32_t i = 0; i < n; i++) {
		const uint32_t outer[2] = {0x0a800001, 0x0a000001 + i % 200000};
		const uint32_t inner[2] = {outer[1], 0x0b000001};
		ip_header(head, outer, 1, 36, i, 0);
		memset(head + 20, 0, 8);
		head[20] = 3;
		head[21] = 1;
		ip_header(head + 28, inner, 6, 40, i, 0);
		put16(head + 48, 40000);
		put16(head + 50, SERVER_PORT);
		put32(head + 52, i);
		put16(head + 22, ~sum(head + 20, 36, 0) & 0xffff);
		frame(g, 0x0800, outer[0], head, sizeof(head), NULL, 0);
	}
}

/* 60,000 sessions of which one speaks each second: what the clock costs. */
static void
shape_slow(struct gen *g, uint32_t n)
{
	enum { SESSIONS = 60000 };
	struct session *sessions = sessions_make(g, SESSIONS, SESSIONS);
	g->step_us = 1000000;
	for (uint32_t i = 0; i < n; i++) {
		chat(g, &sessions[(uint64_t)i * 7919 % SESSIONS]);
	}
	free(sessions);
}

static const struct shape {
	const char *name;
	void (*make)(struct gen *g, uint32_t n);
	bool megabytes;
	uint32_t step_us;
} shapes[] = {
	{"one", shape_one, true, 10},
	{"table", shape_table, true, 10},
	{"many", shape_many, true, 100},
	{"small", shape_small, true, 40},
	{"connections", shape_connections, false, 20},
	{"pairs", shape_pairs, false, 20},
	{"flood", shape_flood, false, 20},
	{"flood-ports", shape_flood_ports, false, 20},
	{"holes", shape_holes, false, 20},
	{"fragments", shape_fragments, false, 20},
	{"retries", shape_retries, false, 2000},
	{"bfd", shape_bfd, false, 20},
	{"bfd-up", shape_bfd_up, false, 50},
	{"arp", shape_arp, false, 20},
	{"hosts", shape_hosts, false, 20},
	{"icmp", shape_icmp, false, 20},
	{"slow", shape_slow, false, 20},
};

int
main(int argc, char **argv)
{
	static const uint32_t header[6] = {0xa1b2c3d4, 4 << 16 | 2, 0, 0, 262144, 1};
	uint32_t n = argc == 4 ? (uint32_t)strtoul(argv[2], NULL, 10) : 0;
	for (size_t i = 0; n > 0 && i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		if (strcmp(shapes[i].name, argv[1]) != 0) {
			continue;
		}
		struct gen g = {
			.out = fopen(argv[3], "wb"),
			.size = shapes[i].megabytes ? (uint64_t)n * 1000000 : UINT64_MAX,
			.time_us = UINT64_C(1750000000) * 1000000,
			.step_us = shapes[i].step_us,
			.random = 1,
		};
		if (g.out == NULL) {
			perror(argv[3]);
			return 1;
		}
		write_out(&g, header, sizeof(header));
		shapes[i].make(&g, n);
		free(g.stream);
		printf("%llu\n", (unsigned long long)g.packets);
		return fclose(g.out) == 0 ? 0 : 1;
	}
	fputs("usage: generate SHAPE SIZE FILE\n", stderr);
	return 2;
}
