/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BGPWHY_CAPTURE_TCP_AUTH_H
#define BGPWHY_CAPTURE_TCP_AUTH_H

#include <stddef.h>

#include "capture/flow.h"

/*
 * Whether the digests in TCP segments were made with one of the keys that the user knows (-M): the
 * TCP MD5 option (RFC 2385), and the TCP Authentication Option (RFC 5925) with the two algorithms
 * that RFC 5926 asks for, HMAC-SHA-1-96 and AES-128-CMAC-96, covering the other options or not.
 *
 * A digest of TCP-AO covers both initial sequence numbers: where the capture lacks one, or where the
 * sequence numbers may have wrapped since, it stays unchecked, as does what the snaplen cut.
 */
struct tcp_auth;

/* Keys are octet strings as the daemons take them (FRR `password`, BIRD `password "…"`); they are
 * copied, and wiped by tcp_auth_destroy(). */
struct tcp_auth *tcp_auth_create(const char *const *keys, size_t count);
void tcp_auth_destroy(struct tcp_auth *auth);

/* SEG_AUTH_NONE where the segment carries neither option. `conn` has its facts already.
 * With SEG_AUTH_GOOD `key` gets the number of the key. */
enum seg_auth tcp_auth_check(const struct tcp_auth *auth, const struct conn *conn,
	const struct seg *seg, uint8_t *key);

#endif
