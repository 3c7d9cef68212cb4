/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BGPWHY_UI_DESCRIBE_H
#define BGPWHY_UI_DESCRIBE_H

#include <stdbool.h>
#include <stddef.h>

#include "track/event.h"

/*
 * Events in a few words, for the lines, the time lines and the dashboard. All of it is escaped. Each
 * writes into `text` (room octets, always NUL-terminated, "…" where it did not fit).
 */

/* "OPEN as 65009 hold 15 id 192.0.2.10", "NOTIFICATION 2/2 OPEN Message Error: Bad Peer AS"; `detail`
 * adds the capabilities, attributes and lengths. */
void describe_message(const struct event_message *e, bool detail, char *text, size_t room);

/* One capability: "ipv4-unicast", "graceful-restart 120 s", "4-octet AS 65009". */
void describe_capability(const struct bgp_capability *c, char *text, size_t room);

/* "Down diag 1 (Control Detection Time Expired) flags P mult 3 …". */
void describe_bfd(const struct bfd_packet *p, bool detail, char *text, size_t room);

/* One field of a message: "Hold Time: 90", "Attribute Flags: 0x40", "Prefix: 10.0.0.0/8", without its
 * indent. */
void describe_field(const struct field *field, char *text, size_t room);

/* The octets of `bytes` from `offset` on, at most 16, as tcpdump -X has them:
 * "0x0010:  0013 04                                  ...". */
void describe_octets(struct cursor bytes, size_t offset, char *text, size_t room);

/* "TCP reset by 192.0.2.1". */
void describe_connection(const struct event_connection *e, char *text, size_t room);

#endif
