/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BGPWHY_PRIVILEGE_H
#define BGPWHY_PRIVILEGE_H

#include <stdbool.h>
#include <stddef.h>

/* Giving up root once everything is open: what reads hostile octets must own nothing. */

enum privilege {
	PRIVILEGE_DONE,   /* root was given up, or there was none */
	PRIVILEGE_KEPT,   /* it could not be given up, and nobody had asked for it; `why` has a line */
	PRIVILEGE_FAILED, /* -Z cannot be obeyed; `why` has a line */
};

/* Who privilege_drop() would become; false where it would become nobody else. */
bool privilege_target(const char *user, unsigned *uid, unsigned *gid);

/*
 * Becomes `user`; NULL is the default: tcpdump where there is such a user, else nobody. "root" stays as
 * it is. `keep_net_raw`: keep CAP_NET_RAW and nothing else, so that an interface that was deleted and
 * made again can be opened again.
 */
enum privilege privilege_drop(const char *user, bool keep_net_raw, char *why, size_t size);

#endif
