/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libnids 1.26 as the second engine, "the strict receiver": it follows a connection as the TCP of
 * Linux 2.0 did, from its handshake on, and never skips an octet. What it does not deliver, an
 * endpoint of that kind would not have read either.
 *
 * It is fed canonical packets only, because of what it does with others: a 20-octet IPv4 header
 * that is made here (so IPv6 works too), with addresses made from the connection's id; no
 * fragments, no IP options, no cut packets, no URG (it takes the urgent octet out of the stream).
 * Its port scan detector indexes with a negative number and is switched off, as are checksums,
 * which offload leaves wrong. All of it is static, so one engine lives at a time.
 *
 * libnids delivers inside the call that feeds it. Octets that came early are kept by it; which
 * packet brought them is kept here.
 */
#include <nids.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/input.h"
#include "capture/limits.h"
#include "capture/stream.h"

enum {
	IP_HEADER = 20,
	TCP_HEADER_MAX = 60,
	PAYLOAD_MAX = 65000, /* with both headers below 65,536 */
	ORIGINS_MAX = 512,
	URG_FLAG = 0x20,
};

/* Which packet brought a range that libnids has not delivered yet. */
struct origin {
	uint32_t seq, end;
	struct packet_info from;
};

struct nids_conn {
	struct conn *conn;
	bool established;
	struct {
		uint32_t isn; /* libnids counts from the octet after it */
		uint32_t given;
		struct origin *origins;
		size_t count;
	} dir[2];
	struct packet_info last;
};

struct stream {
	struct flow_sink sink;
	struct stream_limits limits;
	pcap_t *dead;
	/* The segment being fed. */
	struct nids_conn *current;
	const struct seg *seg;
	uint8_t scratch[IP_HEADER + TCP_HEADER_MAX + PAYLOAD_MAX + 64];
};

static struct stream *only; /* libnids gives its callback no context */

static void
put_u16(uint8_t *p, uint32_t value)
{
	p[0] = (uint8_t)(value >> 8);
	p[1] = (uint8_t)value;
}

static void
put_u32(uint8_t *p, uint32_t value)
{
	put_u16(p, value >> 16);
	put_u16(p + 2, value);
}

/* The address that stands for a side of a connection, host order: from 1.0.0.0 on. */
static uint32_t
side_address(const struct conn *conn, int dir)
{
	return 0x01000000u + (uint32_t)(conn->id % (1u << 29)) * 2 + (uint32_t)dir;
}

static const struct packet_info *
origin_find(const struct nids_conn *nids, int dir, uint32_t seq, uint32_t *until)
{
	for (size_t i = 0; i < nids->dir[dir].count; i++) {
		const struct origin *origin = &nids->dir[dir].origins[i];
		if ((int32_t)(seq - origin->seq) >= 0 && (int32_t)(origin->end - seq) > 0) {
			if ((int32_t)(*until - origin->end) > 0) {
				*until = origin->end;
			}
			return &origin->from;
		}
	}
	return only->seg->ip;
}

static void
origin_note(struct nids_conn *nids, const struct seg *seg, uint32_t seq)
{
	size_t count = nids->dir[seg->dir].count;
	if (count == ORIGINS_MAX) {
		return; /* later octets are then told to come with the packet that completes them */
	}
	if ((count & (count - 1)) == 0) {
		nids->dir[seg->dir].origins = capture_reallocate(nids->dir[seg->dir].origins,
			(count > 0 ? count * 2 : 1) * sizeof(struct origin));
	}
	nids->dir[seg->dir].origins[count] = (struct origin){
		.seq = seq,
		.end = seq + seg->wire_len,
		.from = *seg->ip,
	};
	nids->dir[seg->dir].count = count + 1;
}

static void
origins_forget(struct nids_conn *nids, int dir, uint32_t before)
{
	size_t kept = 0;
	for (size_t i = 0; i < nids->dir[dir].count; i++) {
		if ((int32_t)(nids->dir[dir].origins[i].end - before) > 0) {
			nids->dir[dir].origins[kept++] = nids->dir[dir].origins[i];
		}
	}
	nids->dir[dir].count = kept;
	if (kept == 0) {
		free(nids->dir[dir].origins);
		nids->dir[dir].origins = NULL;
	}
}

static void
deliver(struct nids_conn *nids, int dir, const struct half_stream *half)
{
	if (half->count_new <= 0) {
		return;
	}
	const uint8_t *octets = (const uint8_t *)half->data;
	uint32_t left = (uint32_t)half->count_new;
	while (left > 0) {
		uint32_t seq = nids->dir[dir].isn + 1 + nids->dir[dir].given;
		uint32_t until = seq + left;
		const struct seg *seg = only->seg;
		uint32_t begin = seg->seq + ((seg->flags & SEG_SYN) != 0 ? 1u : 0u);
		const struct packet_info *from = seg->ip;
		/* What waited here came first; the current segment fills the rest. */
		from = origin_find(nids, dir, seq, &until);
		if (from == seg->ip && seg->dir == dir && (int32_t)(seq - begin) >= 0 &&
		    (int32_t)(begin + seg->wire_len - seq) > 0 &&
		    (int32_t)(until - (begin + seg->wire_len)) > 0) {
			until = begin + seg->wire_len;
		}
		uint32_t size = until - seq;
		nids->dir[dir].given += size;
		only->sink.bytes(only->sink.ctx, nids->conn, dir, octets, size, seq, from);
		octets += size;
		left -= size;
	}
	origins_forget(nids, dir, nids->dir[dir].isn + 1 + nids->dir[dir].given);
}

static void
on_tcp(struct tcp_stream *tcp, void **param)
{
	(void)param;
	struct nids_conn *nids = only != NULL ? only->current : NULL;
	if (nids == NULL) {
		return;
	}
	uint32_t client = ntohl(tcp->addr.saddr);
	int client_dir = client == side_address(nids->conn, 0) ? 0 : 1;
	if (client != side_address(nids->conn, client_dir)) {
		return; /* another connection, which libnids drops */
	}
	switch (tcp->nids_state) {
	case NIDS_JUST_EST:
		tcp->client.collect++;
		tcp->server.collect++;
		nids->established = true;
		for (int dir = 0; dir < 2; dir++) {
			/* What a half has as first_data_seq is the other's first octet. */
			const struct half_stream *sent_by = dir == client_dir ? &tcp->client : &tcp->server;
			nids->dir[dir].isn = sent_by->first_data_seq - 1;
			nids->dir[dir].given = 0;
		}
		break;
	case NIDS_DATA:
		deliver(nids, client_dir, &tcp->server);
		deliver(nids, 1 - client_dir, &tcp->client);
		break;
	default:
		break;
	}
}

static void
be_silent(int type, int error, struct ip *header, void *data)
{
	(void)type;
	(void)error;
	(void)header;
	(void)data;
}

static struct stream *
engine_open(const struct stream_limits *limits, const struct flow_sink *sink, char *error,
	size_t error_size)
{
	if (only != NULL) {
		snprintf(error, error_size, "libnids can serve one run at a time");
		return NULL;
	}
	struct stream *stream = capture_allocate(sizeof(*stream));
	stream->sink = *sink;
	stream->limits = *limits;
	stream->dead = pcap_open_dead(DLT_RAW, 65535);
	if (stream->dead == NULL) {
		snprintf(error, error_size, "out of memory");
		free(stream);
		return NULL;
	}
	nids_params.pcap_desc = stream->dead;
	nids_params.device = NULL;
	nids_params.filename = NULL;
	nids_params.pcap_filter = NULL;
	nids_params.scan_num_hosts = 0;
	nids_params.n_hosts = 256;
	nids_params.n_tcp_streams = (int)(limits->max_connections * 4 / 3 + 4);
	nids_params.syslog = be_silent;
	nids_params.multiproc = 0;
	nids_params.tcp_workarounds = 0;
	if (!nids_init()) {
		snprintf(error, error_size, "libnids: %.200s", nids_errbuf);
		pcap_close(stream->dead);
		free(stream);
		return NULL;
	}
	static struct nids_chksum_ctl no_checksums = {.action = NIDS_DONT_CHKSUM};
	nids_register_chksum_ctl(&no_checksums, 1);
	/* Its prototype takes an object pointer; POSIX lets a function's address pass through one. */
	void (*callback)(struct tcp_stream *, void **) = on_tcp;
	void *address;
	memcpy(&address, &callback, sizeof(address));
	nids_register_tcp(address);
	only = stream;
	return stream;
}

/* Feeds [offset, offset + size) of the payload. */
static void
feed(struct stream *stream, const struct seg *seg, uint32_t offset, uint32_t size, bool first,
	bool last)
{
	const struct conn *conn = stream->current->conn;
	uint8_t *ip = stream->scratch;
	uint8_t *tcp = ip + IP_HEADER;
	uint32_t length = IP_HEADER + seg->tcp_header_len + size;
	memset(ip, 0, IP_HEADER);
	ip[0] = 0x45;
	put_u16(ip + 2, length);
	ip[8] = 64;
	ip[9] = IPPROTO_TCP;
	put_u32(ip + 12, side_address(conn, seg->dir));
	put_u32(ip + 16, side_address(conn, 1 - seg->dir));
	uint32_t sum = 0;
	for (int i = 0; i < IP_HEADER; i += 2) {
		sum += (uint32_t)ip[i] << 8 | ip[i + 1];
	}
	sum = (sum & 0xffff) + (sum >> 16);
	sum += sum >> 16;
	put_u16(ip + 10, ~sum & 0xffff);
	memcpy(tcp, seg->tcp, seg->tcp_header_len);
	tcp[13] &= (uint8_t)~URG_FLAG;
	put_u16(tcp + 18, 0);
	if (!first) {
		put_u32(tcp + 4, seg->seq + ((seg->flags & SEG_SYN) != 0 ? 1u : 0u) + offset);
		tcp[13] &= (uint8_t)~SEG_SYN;
	}
	if (!last) {
		tcp[13] &= (uint8_t)~SEG_FIN;
	}
	if (size > 0) {
		memcpy(tcp + seg->tcp_header_len, seg->data + offset, size);
	}
	memset(ip + length, 0, 16);
	struct pcap_pkthdr header = {.caplen = length, .len = length};
	header.ts.tv_sec = (time_t)(seg->ip->time_ns / LIMIT_S);
	header.ts.tv_usec = (suseconds_t)(seg->ip->time_ns % LIMIT_S / 1000);
	nids_pcap_handler(NULL, &header, ip);
}

static void
engine_segment(struct stream *stream, struct conn *conn, const struct seg *seg)
{
	struct nids_conn *nids = conn->stream;
	if (nids == NULL) {
		nids = capture_allocate(sizeof(*nids));
		nids->conn = conn;
		conn->stream = nids;
	}
	nids->last = *seg->ip;
	if (seg->cap_len < seg->wire_len || seg->tcp_header_len < 20 ||
	    seg->tcp_header_len > TCP_HEADER_MAX ||
	    seg->tcp_header_len != (uint32_t)(seg->tcp[12] >> 4) * 4) {
		return;
	}
	stream->current = nids;
	stream->seg = seg;
	uint32_t offset = 0;
	do {
		uint32_t size = seg->wire_len - offset;
		if (size > PAYLOAD_MAX) {
			size = PAYLOAD_MAX;
		}
		feed(stream, seg, offset, size, offset == 0, offset + size == seg->wire_len);
		offset += size;
	} while (offset < seg->wire_len);
	if (nids->established && seg->wire_len > 0) {
		uint32_t seq = seg->seq + ((seg->flags & SEG_SYN) != 0 ? 1u : 0u);
		uint32_t next = nids->dir[seg->dir].isn + 1 + nids->dir[seg->dir].given;
		if ((int32_t)(seq + seg->wire_len - next) > 0) {
			origin_note(nids, seg, seq);
		}
	}
	stream->current = NULL;
	stream->seg = NULL;
}

static void
engine_tick(struct stream *stream, uint64_t now_ns)
{
	(void)stream;
	(void)now_ns;
}

static void
engine_end(struct stream *stream, struct conn *conn)
{
	struct nids_conn *nids = conn->stream;
	if (nids == NULL) {
		return;
	}
	for (int dir = 0; dir < 2; dir++) {
		const struct conn_side *side = &conn->side[dir];
		uint32_t end = side->next_seq - (side->fin_count > 0);
		uint32_t begin = nids->dir[dir].isn + 1 + nids->dir[dir].given;
		uint32_t missing = end - begin;
		if (nids->established && side->seen && (int32_t)missing > 0) {
			/* Here the strict receiver stopped. */
			stream->sink.gap(stream->sink.ctx, conn, dir, begin, missing, GAP_END, &nids->last);
		}
		/* Let libnids forget it, whichever side it took for the client. */
		struct tuple4 tuple = {
			.source = side->port,
			.dest = conn->side[1 - dir].port,
			.saddr = htonl(side_address(conn, dir)),
			.daddr = htonl(side_address(conn, 1 - dir)),
		};
		struct tcp_stream *tcp = nids_find_tcp_stream(&tuple);
		if (tcp != NULL) {
			nids_free_tcp_stream(tcp);
		}
		free(nids->dir[dir].origins);
	}
	free(nids);
	conn->stream = NULL;
}

static void
engine_close(struct stream *stream)
{
	if (stream == NULL) {
		return;
	}
	void (*callback)(struct tcp_stream *, void **) = on_tcp;
	void *address;
	memcpy(&address, &callback, sizeof(address));
	nids_unregister_tcp(address);
	nids_exit();
	nids_params.pcap_desc = NULL;
	pcap_close(stream->dead);
	free(stream);
	only = NULL;
}

const struct stream_engine stream_nids = {
	.name = "nids",
	.open = engine_open,
	.segment = engine_segment,
	.tick = engine_tick,
	.end = engine_end,
	.close = engine_close,
};
