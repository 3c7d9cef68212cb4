/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BGPWHY_CAPTURE_CONN_H
#define BGPWHY_CAPTURE_CONN_H

#include "capture/flow.h"
#include "capture/stream.h"
#include "capture/tcp.h"
#include "capture/tcp_auth.h"

/*
 * The connection table: which segments belong together, and the facts about them, whichever engine
 * orders the octets.
 *
 * For each segment the receiver is called in this order:
 *
 *	change(CONN_NEW)            if it begins a connection; the facts do not hold it yet
 *	segment()                   the facts of struct conn include it
 *	change(CONN_SYN, SYNACK, ESTABLISHED, MIDSTREAM, WINDOW_ZERO, WINDOW_OPEN, RST_IGNORED)
 *	bytes(), gap(), change(CONN_OVERLAP)  by the engine
 *	change(CONN_FIN), change(CONN_RST) or change(CONN_REFUSED)
 *
 * since the data of a segment comes before its FIN. A ghost (packet_info.ghost) is shown to
 * segment() only. CONN_END comes exactly once for each connection, after the engine has handed on
 * what waited (gap(GAP_END), bytes()); the struct is freed when it returns. After FINs, a RST or a
 * refusal the connection lingers (limits.h), so that late segments do not make a new one.
 *
 * Rules:
 * - CONN_ESTABLISHED: a SYN (or SYN-ACK) was seen, and then an ACK that proves the handshake.
 *   conn->handshake is set only where all three packets were seen. CONN_MIDSTREAM: none was.
 * - A RST counts (rst_count) if its receiver would take it: to a SYN, if its ACK
 *   acknowledges that SYN (RFC 9293, 3.10.7.3); later, if its sequence number is the next one that the
 *   receiver expects (RFC 5961 section 3.2). Elsewhere in the window that it last advertised it is
 *   CONN_RST_INEXACT, outside CONN_RST_IGNORED. Only the first that counts is a change, until its
 *   receiver goes on all the same.
 * - A SYN with another ISN ends the old connection and begins a new one where the old one is
 *   closed, reset, refused or never answered. On a live connection it waits until the other side
 *   answers it (SYN-ACK) or its sender goes on from it.
 * - conn_side.isn is set by a SYN and by a SYN-ACK alike. ttl_min leaves RSTs out, which
 *   middleboxes forge. next_seq and acked leave out what no receiver would accept.
 * - One table for all inputs; the same four-tuple in another VLAN is the same connection.
 */

struct conn_table;

struct conn_table *conn_table_create(size_t max_connections, const uint16_t *ports,
	size_t port_count, const struct flow_sink *sink, const struct stream_engine *engine,
	struct stream *stream, uint32_t *artefacts);
void conn_table_destroy(struct conn_table *table); /* without a word to the receiver */

/* Digests are verified from now on (seg.auth); the table does not own `auth`. */
void conn_table_verify(struct conn_table *table, const struct tcp_auth *auth);

bool conn_table_wants(const struct conn_table *table, uint16_t src_port, uint16_t dst_port);

/* Whether there are so many connections that conn_table_expect() is of use. */
bool conn_table_looks_ahead(const struct conn_table *table);
/* SOURCE_AHEAD packets from now there is a segment between these ports and addresses (NULL: another kind of packet): its
 * connection, and what that leads to, is brought near meanwhile. In turn for each packet. */
void conn_table_expect(struct conn_table *table, const struct packet_info *ip, uint16_t src_port,
	uint16_t dst_port);

/* `now_ns` never goes backwards, other than seg->ip->time_ns. */
void conn_table_segment(struct conn_table *table, const struct tcp_header *header,
	struct seg *seg, uint64_t now_ns);
void conn_table_tick(struct conn_table *table, uint64_t now_ns);
void conn_table_finish(struct conn_table *table);

#endif
