/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libnids 1.26 as the second engine, "the strict receiver": it follows a connection as the TCP of
 * Linux 2.0 did, from its handshake on, and never skips an octet. What it does not deliver, an
 * endpoint of that kind would not have read either, or the capture does not show what it needs;
 * stream_nids_judge() tells the two apart by what the other endpoint acknowledged.
 *
 * It is fed canonical packets only, because of what it does with others. A 20-octet IPv4 header
 * that is made here (so IPv6 works too), with addresses made from the connection's id; no
 * fragments, no IP options, no cut packets, no URG (it takes the urgent octet out of the stream),
 * no payload on SYN and RST. Until it has the three packets of a handshake it gets nothing else:
 * data before them would be counted as read and never delivered. Its port scan detector indexes
 * with a negative number and is switched off, as are checksums, which offload leaves wrong, and the
 * timeout by which a late SYN frees a connection behind our back. All of it is static, so one
 * engine lives at a time.
 *
 * libnids delivers inside the call that feeds it. Octets that came early are kept by it; which
 * packet brought them is kept here. Its buffer of a direction (4 KiB at least, for ever) is taken
 * from it whenever it is empty, which it is after each delivery: so a connection costs it 264
 * octets, and what waits behind holes, which is bounded here over all connections.
 */
#include "capture/stream_nids.h"

#include <netinet/tcp.h>
#include <nids.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/input.h"
#include "capture/limits.h"

enum {
	IP_HEADER = 20,
	TCP_HEADER_MIN = 20,
	TCP_HEADER_MAX = 60,
	PAYLOAD_MAX = 65000, /* with both headers below 65,536 */
	OPTION_TIMESTAMP = 8,
};

struct mark {
	uint64_t time_ns, frame;
	uint32_t input;
};

/* Which packet brought a range that libnids has not delivered yet. */
struct origin {
	uint32_t seq, end;
	struct packet_info from;
};

struct nids_dir {
	uint32_t base; /* sequence number of its first octet */
	uint64_t read; /* octets delivered */
	struct origin *origins;
	size_t count;
	/* Why the next octet did not come, since `at`; cleared when it comes. */
	enum check_reason why;
	struct mark at;
	/* A segment that it refused and needed not. */
	struct mark refused;
	bool was_refused;
	bool syn_data;
	/* It dropped what waited behind a hole, up to `pruned_end`, when it was at `pruned_next`. */
	bool pruned;
	uint32_t pruned_next, pruned_end;
};

struct nids_conn {
	struct conn *conn;
	struct tcp_stream *tcp; /* established, and libnids still has it; else NULL */
	bool established;
	enum check_reason gone; /* why libnids has it no more; since `gone_at` */
	struct mark gone_at;
	struct nids_dir dir[2];
	int queued; /* octets in its queues, as counted in `stream` */
	struct packet_info last;
};

struct stream {
	struct flow_sink sink;
	pcap_t *dead;
	size_t queued, origins; /* over all connections */
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

static uint32_t
get_u32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static bool
seq_before(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) < 0;
}

static struct mark
mark_of(const struct packet_info *ip)
{
	return (struct mark){.time_ns = ip->time_ns, .frame = ip->frame, .input = ip->input};
}

static uint32_t
payload_seq(const struct seg *seg)
{
	return seg->seq + ((seg->flags & SEG_SYN) != 0 ? 1u : 0u);
}

/* The sequence number of the octet that it waits for. */
static uint32_t
next_seq(const struct nids_conn *nids, int dir)
{
	return nids->dir[dir].base + (uint32_t)nids->dir[dir].read;
}

/* The address that stands for a side of a connection, host order: from 1.0.0.0 on. */
static uint32_t
side_address(const struct conn *conn, int dir)
{
	return 0x01000000u + (uint32_t)(conn->id % (1u << 29)) * 2 + (uint32_t)dir;
}

/* As libnids has it where `dir` is the side that it takes for the client. */
static struct tcp_stream *
find_stream(const struct conn *conn, int dir)
{
	/* It compares the octets of the whole struct. */
	struct tuple4 tuple;
	memset(&tuple, 0, sizeof(tuple));
	tuple.source = conn->side[dir].port;
	tuple.dest = conn->side[1 - dir].port;
	tuple.saddr = htonl(side_address(conn, dir));
	tuple.daddr = htonl(side_address(conn, 1 - dir));
	return nids_find_tcp_stream(&tuple);
}

static int
client_dir(const struct conn *conn, const struct tcp_stream *tcp)
{
	return ntohl(tcp->addr.saddr) == side_address(conn, 0) ? 0 : 1;
}

/* What `dir` sends is read by the other half. */
static struct half_stream *
sender(const struct nids_conn *nids, int dir)
{
	return dir == client_dir(nids->conn, nids->tcp) ? &nids->tcp->client : &nids->tcp->server;
}

static struct half_stream *
receiver(const struct nids_conn *nids, int dir)
{
	return sender(nids, 1 - dir);
}

static const struct packet_info *
origin_find(const struct nids_conn *nids, int dir, uint32_t seq, uint32_t *until)
{
	for (size_t i = 0; i < nids->dir[dir].count; i++) {
		const struct origin *origin = &nids->dir[dir].origins[i];
		if (!seq_before(seq, origin->seq) && seq_before(seq, origin->end)) {
			if (seq_before(origin->end, *until)) {
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
	struct nids_dir *d = &nids->dir[seg->dir];
	if (d->count == LIMIT_NIDS_ORIGINS_DIRECTION || only->origins >= LIMIT_NIDS_ORIGINS) {
		return; /* later octets are then told to come with the packet that completes them */
	}
	if ((d->count & (d->count - 1)) == 0) {
		d->origins = capture_reallocate(d->origins,
			(d->count > 0 ? d->count * 2 : 1) * sizeof(struct origin));
	}
	d->origins[d->count++] = (struct origin){
		.seq = seq,
		.end = seq + seg->wire_len,
		.from = *seg->ip,
	};
	only->origins++;
}

static void
origins_forget(struct nids_conn *nids, int dir, uint32_t before)
{
	struct nids_dir *d = &nids->dir[dir];
	size_t kept = 0;
	for (size_t i = 0; i < d->count; i++) {
		if (seq_before(before, d->origins[i].end)) {
			d->origins[kept++] = d->origins[i];
		}
	}
	only->origins -= d->count - kept;
	d->count = kept;
	if (kept == 0) {
		free(d->origins);
		d->origins = NULL;
	}
}

static void
origins_drop(struct nids_conn *nids)
{
	for (int dir = 0; dir < 2; dir++) {
		only->origins -= nids->dir[dir].count;
		nids->dir[dir].count = 0;
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
	struct nids_dir *d = &nids->dir[dir];
	const uint8_t *octets = (const uint8_t *)half->data;
	uint32_t left = (uint32_t)half->count_new;
	while (left > 0) {
		uint32_t seq = next_seq(nids, dir);
		uint32_t until = seq + left;
		const struct seg *seg = only->seg;
		uint32_t begin = payload_seq(seg);
		/* What waited here came first; the current segment fills the rest. */
		const struct packet_info *from = origin_find(nids, dir, seq, &until);
		if (from == seg->ip && seg->dir == dir && !seq_before(seq, begin) &&
		    seq_before(seq, begin + seg->wire_len) && seq_before(begin + seg->wire_len, until)) {
			until = begin + seg->wire_len;
		}
		uint32_t size = until - seq;
		d->read += size;
		only->sink.bytes(only->sink.ctx, nids->conn, dir, octets, size, seq, from);
		octets += size;
		left -= size;
	}
	d->why = CHECK_NO_REASON;
	d->pruned = d->pruned && seq_before(next_seq(nids, dir), d->pruned_end);
	origins_forget(nids, dir, next_seq(nids, dir));
}

/* libnids lets go of it. */
static void
gone(struct nids_conn *nids, enum check_reason why, const struct packet_info *at)
{
	nids->tcp = NULL;
	nids->gone = why;
	nids->gone_at = mark_of(at);
	only->queued -= (size_t)nids->queued;
	nids->queued = 0;
	origins_drop(nids);
}

static void
on_tcp(struct tcp_stream *tcp, void **param)
{
	(void)param;
	if (only == NULL || only->current == NULL) {
		return; /* nids_exit() */
	}
	struct nids_conn *nids = tcp->user;
	if (tcp->nids_state == NIDS_JUST_EST) {
		nids = only->current;
		tcp->user = nids;
		tcp->client.collect++;
		tcp->server.collect++;
		nids->tcp = tcp;
		nids->established = true;
		for (int dir = 0; dir < 2; dir++) {
			/* What a half has as first_data_seq is that of the octets it sends. */
			nids->dir[dir].base = sender(nids, dir)->first_data_seq;
		}
		return;
	}
	if (nids == NULL) {
		return;
	}
	switch (tcp->nids_state) {
	case NIDS_DATA:
		deliver(nids, 0, receiver(nids, 0));
		deliver(nids, 1, receiver(nids, 1));
		break;
	case NIDS_RESET:
		gone(nids, CHECK_RESET, only->seg->ip);
		break;
	case NIDS_CLOSE:
		gone(nids, CHECK_CLOSED, only->seg->ip);
		break;
	default: /* its pool is full; ours is smaller, so that this does not happen */
		gone(nids, CHECK_LIMIT, only->seg->ip);
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

static void
no_memory(char *where)
{
	(void)where;
	capture_out_of_memory();
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
	/* It uses three quarters of its table. */
	nids_params.n_tcp_streams = (int)(limits->max_connections * 4 / 3 + 8);
	nids_params.syslog = be_silent;
	nids_params.no_mem = no_memory;
	nids_params.multiproc = 0;
	nids_params.tcp_workarounds = 0;
	nids_params.one_loop_less = 0;
	nids_params.tcp_flow_timeout = 0;
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
feed(struct stream *stream, const struct seg *seg, uint32_t offset, uint32_t size, bool last)
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
	tcp[13] &= (uint8_t)~SEG_URG;
	put_u16(tcp + 18, 0);
	if (offset > 0) {
		put_u32(tcp + 4, seg->seq + offset);
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

/* Whether the segment is one that libnids may see before the connection stands: those of the
 * handshake, or what ends it. */
static bool
opens(const struct nids_conn *nids, const struct seg *seg)
{
	if ((seg->flags & (SEG_SYN | SEG_RST)) != 0) {
		return true;
	}
	const struct tcp_stream *tcp = find_stream(nids->conn, seg->dir);
	return tcp != NULL && (seg->flags & SEG_ACK) != 0 && tcp->client.state == TCP_SYN_SENT &&
		tcp->server.state == TCP_SYN_RECV && tcp->server.seq == seg->ack;
}

static bool
timestamp_of(const struct seg *seg, uint32_t *value)
{
	/* As libnids looks for it. */
	size_t size = seg->tcp_header_len - (size_t)TCP_HEADER_MIN;
	const uint8_t *option = seg->tcp + TCP_HEADER_MIN;
	for (size_t i = 0; i + 10 <= size;) {
		if (option[i] == 0) {
			return false;
		}
		if (option[i] == 1) {
			i++;
			continue;
		}
		if (option[i] == OPTION_TIMESTAMP) {
			*value = get_u32(option + i + 2);
			return true;
		}
		if (option[i + 1] < 2) {
			return false;
		}
		i += option[i + 1];
	}
	return false;
}

/* Which of its tests the piece [seq, seq + size) fails, if any. */
static enum check_reason
refusal(const struct nids_conn *nids, const struct seg *seg, uint32_t seq, uint32_t size)
{
	const struct half_stream *from = sender(nids, seg->dir);
	const struct half_stream *to = receiver(nids, seg->dir);
	uint32_t timestamp;
	if (!seq_before(seq, to->ack_seq + to->window * to->wscale)) {
		return CHECK_WINDOW;
	}
	if (seq_before(seq + size, to->ack_seq)) {
		return CHECK_ORDER;
	}
	if (to->ts_on && timestamp_of(seg, &timestamp) && seq_before(timestamp, from->curr_ts)) {
		return CHECK_TIMESTAMP;
	}
	return CHECK_NO_REASON;
}

/* The next octet did not come with this segment. */
static void
note_why(struct nids_dir *d, enum check_reason why, const struct seg *seg)
{
	/* That it was there and was refused is more than that something lacks. */
	if (d->why == CHECK_NO_REASON || (d->why == CHECK_HOLE && why != CHECK_HOLE)) {
		d->why = why;
		d->at = mark_of(seg->ip);
	}
}

/* The empty buffers go back, and the queues are counted. */
static void
account(struct stream *stream, struct nids_conn *nids, const struct seg *seg)
{
	int queued = 0;
	for (int dir = 0; dir < 2; dir++) {
		struct half_stream *half = receiver(nids, dir);
		if (half->data != NULL && half->count == half->offset) {
			free(half->data);
			half->data = NULL;
			half->bufsize = 0;
		}
		queued += half->rmem_alloc;
	}
	stream->queued += (size_t)queued;
	stream->queued -= (size_t)nids->queued;
	nids->queued = queued;
	if (stream->queued > LIMIT_NIDS_QUEUED) {
		struct tcp_stream *tcp = nids->tcp;
		gone(nids, CHECK_LIMIT, seg->ip);
		nids_free_tcp_stream(tcp);
	}
}

/* A segment of a connection that stands; libnids has it. */
static void
feed_established(struct stream *stream, struct nids_conn *nids, const struct seg *seg)
{
	struct nids_dir *d = &nids->dir[seg->dir];
	uint32_t payload = (seg->flags & SEG_RST) != 0 ? 0 : seg->wire_len;
	uint32_t seq = seg->seq, offset = 0;
	if ((seg->flags & SEG_SYN) != 0) {
		return; /* a copy of one that it has */
	}
	do {
		uint32_t size = payload - offset < PAYLOAD_MAX ? payload - offset : PAYLOAD_MAX;
		uint32_t begin = seq + offset, next = next_seq(nids, seg->dir);
		uint64_t before = d->read;
		enum check_reason why = CHECK_NO_REASON;
		bool ahead = size > 0 && seq_before(next, begin + size);
		if (size > 0) {
			why = refusal(nids, seg, begin, size);
		}
		feed(stream, seg, offset, size, offset + size == payload);
		offset += size;
		if (nids->tcp == NULL) {
			if (ahead && d->read == before) {
				note_why(d, nids->gone, seg);
			}
			return;
		}
		if (!ahead || d->read != before) {
			continue;
		}
		if (why == CHECK_NO_REASON && seq_before(next, begin) &&
		    receiver(nids, seg->dir)->rmem_alloc == 0) {
			/* It took the piece, and has an empty queue. */
			d->pruned = true;
			d->pruned_next = next;
			d->pruned_end = nids->conn->side[seg->dir].next_seq;
		}
		if (why == CHECK_NO_REASON) {
			note_why(d, CHECK_HOLE, seg);
			if (d->why == CHECK_HOLE && d->syn_data && d->read == 0) {
				d->why = CHECK_SYN_DATA;
			}
		} else if (!seq_before(next, begin)) {
			note_why(d, why, seg);
		} else {
			note_why(d, CHECK_HOLE, seg);
			if (why == CHECK_WINDOW && !d->was_refused) {
				d->was_refused = true;
				d->refused = mark_of(seg->ip);
			}
		}
	} while (offset < payload);
	if (payload > 0 && seq_before(next_seq(nids, seg->dir), seq + payload)) {
		origin_note(nids, seg, seq);
	}
	account(stream, nids, seg);
}

static bool
is_whole(const struct seg *seg)
{
	return seg->cap_len == seg->wire_len && seg->tcp_header_len >= TCP_HEADER_MIN &&
		seg->tcp_header_len <= TCP_HEADER_MAX &&
		seg->tcp_header_len == (uint32_t)(seg->tcp[12] >> 4) * 4;
}

static void
take(struct stream *stream, struct nids_conn *nids, const struct seg *seg)
{
	struct nids_dir *d = &nids->dir[seg->dir];
	if ((seg->flags & SEG_SYN) != 0 && seg->wire_len > 0) {
		d->syn_data = true;
	}
	if (!is_whole(seg)) {
		if (!nids->established || (seg->wire_len > 0 &&
			    seq_before(next_seq(nids, seg->dir), payload_seq(seg) + seg->wire_len))) {
			note_why(d, CHECK_CUT, seg);
		}
		return;
	}
	if (nids->established) {
		if (nids->tcp != NULL) {
			feed_established(stream, nids, seg);
		} else if (seg->wire_len > 0 && (seg->flags & SEG_RST) == 0 &&
			   seq_before(next_seq(nids, seg->dir), payload_seq(seg) + seg->wire_len)) {
			note_why(d, nids->gone, seg);
		}
		return;
	}
	if (!opens(nids, seg)) {
		if (seg->wire_len > 0) {
			note_why(d, CHECK_HANDSHAKE, seg);
		}
		return;
	}
	if ((seg->flags & (SEG_SYN | SEG_RST)) != 0) {
		feed(stream, seg, 0, 0, false);
		return;
	}
	/* The ACK of the handshake by itself, then what it carries. */
	feed(stream, seg, 0, 0, false);
	if (nids->tcp != NULL && (seg->wire_len > 0 || (seg->flags & SEG_FIN) != 0)) {
		feed_established(stream, nids, seg);
	}
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
	stream->current = nids;
	stream->seg = seg;
	uint64_t before = nids->dir[seg->dir].read;
	take(stream, nids, seg);
	bool fresh = !nids->established || seq_before(next_seq(nids, seg->dir),
		payload_seq(seg) + seg->wire_len);
	stream->current = NULL;
	stream->seg = NULL;
	if (seg->wire_len > 0 && (seg->flags & SEG_RST) == 0 && fresh &&
	    nids->dir[seg->dir].read == before) {
		stream->sink.change(stream->sink.ctx, conn, CONN_UNREAD, seg->dir, seg);
	}
}

static void
engine_tick(struct stream *stream, uint64_t now_ns)
{
	(void)stream;
	(void)now_ns;
}

static enum check_reason
why_never_established(const struct conn *conn, const struct nids_conn *nids, int dir)
{
	if (conn->midstream) {
		return conn->one_direction ? CHECK_ONE_DIRECTION : CHECK_MIDSTREAM;
	}
	if (conn->one_direction) {
		return CHECK_ONE_DIRECTION;
	}
	return nids != NULL && nids->dir[dir].why == CHECK_CUT ? CHECK_CUT : CHECK_HANDSHAKE;
}

/*
 * Where it stopped. The other endpoint's ACK tells whether the octets reached it all the same: then
 * the capture is not what a receiver saw. If it was not heard of since, nothing can be told.
 */
static void
judge_stop(const struct conn *conn, const struct nids_conn *nids, int dir,
	struct check_note *note)
{
	const struct nids_dir *d = &nids->dir[dir];
	const struct conn_side *side = &conn->side[dir];
	const struct conn_side *other = &conn->side[1 - dir];
	enum check_reason why = d->why;
	struct mark at = d->at;
	if (why == CHECK_NO_REASON) {
		at = mark_of(&nids->last);
		why = CHECK_HOLE;
	}
	bool acked = other->has_acked && seq_before(next_seq(nids, dir), other->acked);
	bool heard = other->seen && other->last_ns >= at.time_ns &&
		(side->last_ns >= at.time_ns + HOLE_WAIT_NS || side->fin_count > 0 ||
			side->rst_count > 0 || other->fin_count > 0 || other->rst_count > 0);
	note->result = CHECK_OUTSIDE;
	note->reason = why;
	note->time_ns = at.time_ns;
	note->frame = at.frame;
	note->input = at.input;
	switch (why) {
	case CHECK_HOLE:
		if (d->pruned && next_seq(nids, dir) != d->pruned_next) {
			note->reason = CHECK_QUEUE;
		} else if (acked) {
			note->reason = CHECK_LOSS;
		} else if (heard) {
			note->result = CHECK_STOPPED;
		} else {
			note->reason = CHECK_END;
		}
		break;
	case CHECK_WINDOW:
	case CHECK_TIMESTAMP:
		if (!acked && heard) {
			note->result = CHECK_STOPPED;
		} else if (!acked) {
			note->reason = CHECK_END;
		}
		break;
	case CHECK_RESET:
	case CHECK_CLOSED:
		/* The frame that ended it, not the first one after. */
		note->result = CHECK_STOPPED;
		note->time_ns = nids->gone_at.time_ns;
		note->frame = nids->gone_at.frame;
		note->input = nids->gone_at.input;
		break;
	default:
		break;
	}
}

bool
stream_nids_judge(const struct conn *conn, int dir, struct check_note *note)
{
	const struct nids_conn *nids = conn->stream;
	const struct conn_side *side = &conn->side[dir];
	*note = (struct check_note){
		.dir = dir,
		.time_ns = side->last_ns,
		.frame = side->last_frame,
		.input = nids != NULL ? nids->last.input : 0,
	};
	if (nids == NULL || !nids->established) {
		note->result = CHECK_OUTSIDE;
		note->reason = why_never_established(conn, nids, dir);
		return side->data_segments > 0;
	}
	const struct nids_dir *d = &nids->dir[dir];
	note->bytes = d->read;
	const struct conn_side *other = &conn->side[1 - dir];
	uint32_t end = side->next_seq - (side->fin_count > 0 ? 1u : 0u);
	/* One octet acknowledged and not seen may be a FIN. */
	if (seq_before(next_seq(nids, dir), end) || (other->has_acked && side->seen &&
		    seq_before(side->next_seq + 1, other->acked))) {
		judge_stop(conn, nids, dir, note);
	} else if (d->was_refused) {
		note->reason = CHECK_WINDOW;
		note->time_ns = d->refused.time_ns;
		note->frame = d->refused.frame;
		note->input = d->refused.input;
	}
	return true;
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
		struct check_note note;
		if (stream_nids_judge(conn, dir, &note) && note.result != CHECK_AGREE) {
			stream->sink.check(stream->sink.ctx, conn, &note);
		}
		uint32_t end = side->next_seq - (side->fin_count > 0);
		uint32_t begin = next_seq(nids, dir);
		if (nids->established && side->seen && seq_before(begin, end)) {
			/* Here the strict receiver stopped. */
			stream->sink.gap(stream->sink.ctx, conn, dir, begin, end - begin, GAP_END,
				&nids->last);
		}
	}
	/* Let libnids forget it, whichever side it took for the client. */
	for (int dir = 0; dir < 2; dir++) {
		struct tcp_stream *tcp = find_stream(conn, dir);
		if (tcp != NULL) {
			nids_free_tcp_stream(tcp);
		}
	}
	gone(nids, CHECK_NO_REASON, &nids->last);
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
