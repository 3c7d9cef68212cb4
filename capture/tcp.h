/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BGPWHY_CAPTURE_TCP_H
#define BGPWHY_CAPTURE_TCP_H

#include "capture/decap.h"

/* The TCP header (RFC 9293) and its options as a segment. */

enum { TCP_NO_SCALE = 255 };

/* Kinds that more than the parser asks for. */
enum { TCP_OPTION_MD5 = 19, TCP_OPTION_AO = 29 };

/* The next option that has a value; a value that is cut has failed. False at the end. */
bool tcp_next_option(struct cursor *options, uint8_t *kind, struct cursor *value);

struct tcp_header {
	uint16_t src_port, dst_port;
	uint16_t raw_window;
	uint8_t window_scale; /* of a SYN's option; TCP_NO_SCALE where there is none */
};

/* False where the header is cut or impossible. `seg` gets all that one packet can tell; dir, window
 * and what depends on other segments is the connection table's. */
bool tcp_parse(const struct decap_tcp *tcp, struct tcp_header *header, struct seg *seg);

/* Whether a mirror or `any` made a second copy of it; asked once for each segment. */
bool tcp_note_ghost(struct ghosts *ghosts, const struct decap_tcp *tcp, const struct seg *seg);

#endif
