/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BGPWHY_CAPTURE_STREAM_H
#define BGPWHY_CAPTURE_STREAM_H

#include "capture/flow.h"

/*
 * The order of octets: what turns segments into streams. Two engines stand behind this: our own,
 * and libnids as a strict receiver; a third one runs both, hands on what ours reads, and says how
 * far the other agrees (flow_sink.check). Facts about connections are not theirs; see conn.h.
 */

struct stream_limits {
	size_t max_connections;
	size_t max_buffered;           /* octets that wait behind holes, over all connections */
	size_t max_buffered_direction; /* … in one direction */
};

struct stream;

struct stream_engine {
	const char *name;
	/* NULL where the engine cannot be had; `error` says why. */
	struct stream *(*open)(const struct stream_limits *limits, const struct flow_sink *sink,
		char *error, size_t error_size);
	void (*segment)(struct stream *stream, struct conn *conn, const struct seg *seg);
	void (*tick)(struct stream *stream, uint64_t now_ns);
	/* The connection is over: hand on what waits, forget it. */
	void (*end)(struct stream *stream, struct conn *conn);
	void (*close)(struct stream *stream);
};

extern const struct stream_engine stream_native;
extern const struct stream_engine stream_nids;
extern const struct stream_engine stream_check;

#endif
