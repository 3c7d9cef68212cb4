/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Both engines over the same segments: ours, whose octets go on to the receiver, and libnids, whose
 * octets are compared with them and go no further. What comes of it is one note for each direction
 * (flow_sink.check) before the connection ends: how far both read the same, and where a strict
 * receiver stopped and why, as far as packets can tell.
 *
 * Ours is never behind: both take in-order data at once, and ours skips holes. So what it has
 * handed on waits here until libnids has it too, octets against octets; where ours gave a hole up,
 * comparing ends. The last octets of each direction are kept to compare later copies with, in
 * whatever pieces these come: a copy that differs was injected, or corrupted.
 *
 * Each engine has its own idea of conn->stream; it is lent to the one that runs.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "capture/input.h"
#include "capture/limits.h"
#include "capture/stream_nids.h"

enum { BUFFER_MIN = 512, HISTORY_MIN = 1024 };

struct mark {
	uint64_t time_ns, frame;
	uint32_t input;
};

/* How the comparison of a direction stands. */
enum compare {
	COMPARE_ON,
	COMPARE_DIFFERS, /* at `ours`; `at` is the packet whose octets libnids took */
	COMPARE_GAP,     /* ours gave a hole up there */
	COMPARE_FULL,    /* more waited than LIMIT_CHECK_DIRECTION */
	COMPARE_ASTRAY,  /* they do not begin with the same octet */
};

struct check_dir {
	bool begun;
	uint8_t compare; /* enum compare */
	bool overlap, unwatched;
	uint32_t base;  /* sequence number of its first octet */
	uint64_t ours;  /* octets that ours handed on, up to its first gap */
	uint64_t agreed; /* … of which libnids has handed on the same */
	uint64_t strict; /* octets that libnids has handed on */
	struct mark differs, overlap_at;
	/* Octets [agreed, ours): [head, head + waiting) of the buffer. */
	uint8_t *buffer;
	size_t head, waiting, capacity;
	/* A ring of the last octets before `agreed`: octet N stands at N % ring. */
	uint8_t *history;
	size_t ring, kept;
};

struct check_conn {
	void *native, *nids; /* their conn->stream */
	struct check_dir dir[2];
};

struct stream {
	struct flow_sink sink;
	struct stream *native, *nids;
	size_t buffered;
	/* The connection whose conn->stream is lent. */
	struct conn *lent;
	struct check_conn *lender;
	bool overlap_told; /* our own engine said so of the segment at hand */
};

static struct check_conn *
check_of(const struct stream *stream, const struct conn *conn)
{
	return conn == stream->lent ? stream->lender : conn->stream;
}

static struct mark
mark_of(const struct packet_info *ip)
{
	return (struct mark){.time_ns = ip->time_ns, .frame = ip->frame, .input = ip->input};
}

static void
buffer_drop(struct stream *stream, struct check_dir *d)
{
	stream->buffered -= d->capacity;
	free(d->buffer);
	d->buffer = NULL;
	d->head = d->waiting = d->capacity = 0;
}

static void
history_drop(struct stream *stream, struct check_dir *d)
{
	stream->buffered -= d->ring;
	free(d->history);
	d->history = NULL;
	d->ring = d->kept = 0;
}

/* Room for `size` octets more at its end; false where a limit is reached. */
static bool
buffer_grow(struct stream *stream, struct check_dir *d, size_t size)
{
	if (d->head + d->waiting + size <= d->capacity) {
		return true;
	}
	if (d->waiting + size > LIMIT_CHECK_DIRECTION) {
		return false;
	}
	size_t capacity = BUFFER_MIN;
	while (capacity < d->waiting + size) {
		capacity *= 2;
	}
	if (stream->buffered + capacity > LIMIT_CHECK_BUFFERED) {
		return false;
	}
	uint8_t *buffer = capture_reallocate(NULL, capacity);
	if (d->waiting > 0) {
		memcpy(buffer, d->buffer + d->head, d->waiting);
	}
	size_t waiting = d->waiting;
	buffer_drop(stream, d);
	d->buffer = buffer;
	d->capacity = capacity;
	d->waiting = waiting;
	stream->buffered += capacity;
	return true;
}

static void
history_grow(struct stream *stream, struct check_dir *d)
{
	size_t ring = d->ring > 0 ? d->ring * 2 : HISTORY_MIN;
	if (stream->buffered + ring > LIMIT_CHECK_BUFFERED) {
		d->unwatched = true;
		return;
	}
	uint8_t *history = capture_allocate(ring);
	for (uint64_t at = d->agreed - d->kept; at < d->agreed; at++) {
		history[at % ring] = d->history[at % d->ring];
	}
	size_t kept = d->kept;
	history_drop(stream, d);
	d->history = history;
	d->ring = ring;
	d->kept = kept;
	stream->buffered += ring;
}

/* The octets up to `agreed`, of which these are the last. */
static void
history_add(struct stream *stream, struct check_dir *d, const uint8_t *octets, size_t size)
{
	while (d->ring < LIMIT_CHECK_HISTORY && d->kept + size > d->ring && !d->unwatched) {
		history_grow(stream, d);
	}
	d->agreed += size;
	if (d->ring == 0) {
		return;
	}
	if (size > d->ring) {
		octets += size - d->ring;
		size = d->ring;
	}
	size_t at = (size_t)((d->agreed - size) % d->ring);
	size_t first = size < d->ring - at ? size : d->ring - at;
	memcpy(d->history + at, octets, first);
	if (size > first) {
		memcpy(d->history, octets + first, size - first);
	}
	d->kept = d->kept + size < d->ring ? d->kept + size : d->ring;
}

static void
native_bytes(void *ctx, struct conn *conn, int dir, const uint8_t *bytes, size_t size, uint32_t seq,
	const struct packet_info *from)
{
	struct stream *stream = ctx;
	struct check_dir *d = &check_of(stream, conn)->dir[dir];
	if (!d->begun) {
		d->begun = true;
		d->base = seq;
	}
	/* Joined in the middle, libnids never has it. */
	if (d->compare == COMPARE_ON && !conn->midstream) {
		if (buffer_grow(stream, d, size)) {
			memcpy(d->buffer + d->head + d->waiting, bytes, size);
			d->waiting += size;
		} else {
			d->compare = COMPARE_FULL;
			buffer_drop(stream, d);
		}
		d->ours += size;
	}
	stream->sink.bytes(stream->sink.ctx, conn, dir, bytes, size, seq, from);
}

static void
native_gap(void *ctx, struct conn *conn, int dir, uint32_t seq, uint32_t missing, enum gap_why why,
	const struct packet_info *at)
{
	struct stream *stream = ctx;
	struct check_dir *d = &check_of(stream, conn)->dir[dir];
	if (d->compare == COMPARE_ON) {
		d->compare = COMPARE_GAP;
		/* What waits is still to be compared. */
	}
	stream->sink.gap(stream->sink.ctx, conn, dir, seq, missing, why, at);
}

static void
native_change(void *ctx, struct conn *conn, enum conn_change change, int dir, const struct seg *at)
{
	struct stream *stream = ctx;
	stream->overlap_told = stream->overlap_told || change == CONN_OVERLAP;
	stream->sink.change(stream->sink.ctx, conn, change, dir, at);
}

static void
nids_bytes(void *ctx, struct conn *conn, int dir, const uint8_t *bytes, size_t size, uint32_t seq,
	const struct packet_info *from)
{
	struct stream *stream = ctx;
	struct check_dir *d = &check_of(stream, conn)->dir[dir];
	if (d->strict == 0 && d->begun && seq != d->base) {
		d->compare = COMPARE_ASTRAY;
		buffer_drop(stream, d);
	}
	d->strict += size;
	if (d->compare != COMPARE_ON && d->compare != COMPARE_GAP) {
		return;
	}
	size_t both = size < d->waiting ? size : d->waiting, same = 0;
	if (both > 0) {
		const uint8_t *ours = d->buffer + d->head;
		same = memcmp(ours, bytes, both) == 0 ? both : 0;
		while (same < both && ours[same] == bytes[same]) {
			same++;
		}
	}
	history_add(stream, d, bytes, same);
	d->head += same;
	d->waiting -= same;
	if (same < both) {
		d->compare = COMPARE_DIFFERS;
		d->differs = mark_of(from);
		buffer_drop(stream, d);
	} else if (d->waiting == 0) {
		buffer_drop(stream, d);
	}
}

static void
nids_gap(void *ctx, struct conn *conn, int dir, uint32_t seq, uint32_t missing, enum gap_why why,
	const struct packet_info *at)
{
	(void)ctx;
	(void)conn;
	(void)dir;
	(void)seq;
	(void)missing;
	(void)why;
	(void)at;
}

static void
nids_change(void *ctx, struct conn *conn, enum conn_change change, int dir, const struct seg *at)
{
	(void)ctx;
	(void)conn;
	(void)change;
	(void)dir;
	(void)at;
}

static void
nids_check(void *ctx, struct conn *conn, const struct check_note *note)
{
	(void)ctx;
	(void)conn;
	(void)note;
}

static struct stream *
check_open(const struct stream_limits *limits, const struct flow_sink *sink, char *error,
	size_t error_size)
{
	struct stream *stream = capture_allocate(sizeof(*stream));
	struct flow_sink ours = *sink, strict = *sink;
	stream->sink = *sink;
	ours.ctx = strict.ctx = stream;
	ours.bytes = native_bytes;
	ours.gap = native_gap;
	ours.change = native_change;
	strict.bytes = nids_bytes;
	strict.gap = nids_gap;
	strict.change = nids_change;
	strict.check = nids_check;
	stream->native = stream_native.open(limits, &ours, error, error_size);
	stream->nids = stream->native != NULL
		? stream_nids.open(limits, &strict, error, error_size)
		: NULL;
	if (stream->nids == NULL) {
		if (stream->native != NULL) {
			stream_native.close(stream->native);
		}
		free(stream);
		return NULL;
	}
	return stream;
}

/* Whether the segment's copy of octets that both have read differs from it. */
static bool
copy_differs(const struct check_dir *d, const struct seg *seg)
{
	uint32_t begin = seg->seq + ((seg->flags & SEG_SYN) != 0 ? 1u : 0u);
	/* How far before `agreed` the segment begins. */
	int64_t back = (int32_t)(d->base + (uint32_t)d->agreed - begin);
	if (!d->begun || d->kept == 0 || back <= 0 || seg->keepalive_probe) {
		return false;
	}
	size_t skip = (uint64_t)back > d->kept ? (size_t)back - d->kept : 0;
	size_t end = (size_t)back < seg->cap_len ? (size_t)back : seg->cap_len;
	for (size_t i = skip; i < end; i++) {
		if (d->history[(d->agreed - (uint64_t)back + i) % d->ring] != seg->data[i]) {
			return true;
		}
	}
	return false;
}

static void
check_segment(struct stream *stream, struct conn *conn, const struct seg *seg)
{
	struct check_conn *check = conn->stream;
	if (check == NULL) {
		check = capture_allocate(sizeof(*check));
	}
	struct check_dir *d = &check->dir[seg->dir];
	bool differs = seg->wire_len > 0 && (seg->flags & SEG_RST) == 0 && copy_differs(d, seg);
	stream->lent = conn;
	stream->lender = check;
	stream->overlap_told = false;
	conn->stream = check->native;
	stream_native.segment(stream->native, conn, seg);
	check->native = conn->stream;
	conn->stream = check->nids;
	stream_nids.segment(stream->nids, conn, seg);
	check->nids = conn->stream;
	conn->stream = check;
	stream->lent = NULL;
	if (differs && !stream->overlap_told) {
		stream->sink.change(stream->sink.ctx, conn, CONN_OVERLAP, seg->dir, seg);
	}
	if ((differs || stream->overlap_told) && !d->overlap) {
		d->overlap = true;
		d->overlap_at = mark_of(seg->ip);
	}
}

static void
check_tick(struct stream *stream, uint64_t now_ns)
{
	stream_native.tick(stream->native, now_ns);
	stream_nids.tick(stream->nids, now_ns);
}

static void
note_at(struct check_note *note, enum check_reason reason, const struct mark *at)
{
	note->reason = reason;
	note->time_ns = at->time_ns;
	note->frame = at->frame;
	note->input = at->input;
}

/* What libnids' side says, together with the comparison. */
static void
conclude(const struct conn *conn, const struct check_dir *d, struct check_note *note)
{
	if (d->compare == COMPARE_DIFFERS) {
		note->result = CHECK_STOPPED;
		note->bytes = d->agreed;
		note_at(note, CHECK_OVERLAP, &d->differs);
		return;
	}
	if (note->result != CHECK_AGREE) {
		note->bytes = d->compare == COMPARE_FULL ? note->bytes : d->agreed;
		return;
	}
	note->bytes = d->agreed;
	if (conn->midstream) {
		/* Segments came before the handshake, and were not compared. */
		note->result = CHECK_OUTSIDE;
		note->reason = CHECK_MIDSTREAM;
	} else if (d->compare == COMPARE_GAP && d->strict > d->agreed) {
		note->result = CHECK_OUTSIDE;
		note->reason = CHECK_LATE;
	} else if (d->compare == COMPARE_FULL) {
		note->result = CHECK_OUTSIDE;
		note->reason = CHECK_LIMIT;
	} else if (d->ours != d->strict || d->compare == COMPARE_ASTRAY) {
		note->result = CHECK_OUTSIDE;
		note->reason = CHECK_UNEXPLAINED;
	} else if (d->overlap) {
		note_at(note, CHECK_OVERLAP, &d->overlap_at);
	} else if (note->reason == CHECK_NO_REASON && d->unwatched) {
		note->reason = CHECK_LIMIT;
	}
}

static void
check_end(struct stream *stream, struct conn *conn)
{
	struct check_conn *check = conn->stream;
	if (check == NULL) {
		return;
	}
	struct check_note notes[2];
	bool tell[2];
	stream->lent = conn;
	stream->lender = check;
	conn->stream = check->native;
	stream_native.end(stream->native, conn);
	conn->stream = check->nids;
	for (int dir = 0; dir < 2; dir++) {
		tell[dir] = stream_nids_judge(conn, dir, &notes[dir]);
		conclude(conn, &check->dir[dir], &notes[dir]);
	}
	stream_nids.end(stream->nids, conn);
	conn->stream = check;
	stream->lent = NULL;
	for (int dir = 0; dir < 2; dir++) {
		if (tell[dir]) {
			stream->sink.check(stream->sink.ctx, conn, &notes[dir]);
		}
		buffer_drop(stream, &check->dir[dir]);
		history_drop(stream, &check->dir[dir]);
	}
	free(check);
	conn->stream = NULL;
}

static void
check_close(struct stream *stream)
{
	if (stream != NULL) {
		assert(stream->buffered == 0);
		stream_native.close(stream->native);
		stream_nids.close(stream->nids);
		free(stream);
	}
}

const struct stream_engine stream_check = {
	.name = "check",
	.open = check_open,
	.segment = check_segment,
	.tick = check_tick,
	.end = check_end,
	.close = check_close,
};
