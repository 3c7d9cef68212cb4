/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BGPWHY_TRACK_EXPECT_H
#define BGPWHY_TRACK_EXPECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dissect/address.h"
#include "dissect/bgp.h"

/*
 * What the user wants of the sessions (--expect), as values: what the reader of a configuration fills
 * in, and what rules_expect.c holds each session against. A value that the file does not speak of is
 * not expected to be anything.
 */

enum {
	EXPECT_FILES_MAX = 16,
	EXPECT_PEERS_MAX = 4096, /* over all files */
	EXPECT_FAMILIES_MAX = 24, /* of one peer: as many as BGP_CONTEXT_FAMILIES */
	EXPECT_NAME_MAX = 96,
	EXPECT_WORD_MAX = 32,
};

/* A prefix of addresses; the address' family is 0 for "any". */
struct expect_prefix {
	struct address addr;
	uint8_t bits;
};

/* One value, and where the file says it. */
struct expect_value {
	uint32_t line;    /* 0: it does not */
	const char *word; /* as the file calls it, "peerASN"; static storage */
	uint32_t value;
};

/* One of the two speakers. */
struct expect_side {
	struct expect_prefix where;
	struct expect_value asn;
	bool asn_unlike;              /* any AS but `asn` (remote-as external) */
	struct expect_value hold_s;   /* that its OPEN offers */
	struct expect_value router_id; /* host order */
	struct expect_value passive;  /* 1: it never calls */
	struct expect_value restart;  /* 1: its OPEN names families for graceful restart; 0: none */
	struct expect_value bfd_tx_us, bfd_rx_us, bfd_mult;
};

/* One line, or block, of a file: a session, or all those between two prefixes. */
struct expectation {
	uint32_t file; /* index into `files` */
	uint32_t line;
	char what[EXPECT_NAME_MAX]; /* "BGPPeer rack1"; printable ASCII */
	struct expect_side side[2];
	struct expect_value established; /* 1: it must stand at the end; 0: it must never have stood */
	struct expect_value hold_s;      /* agreed */
	struct expect_value families;    /* agreed: those below, */
	struct bgp_family family[EXPECT_FAMILIES_MAX];
	bool family_free[EXPECT_FAMILIES_MAX]; /* but this one may be missing */
	size_t family_count;
	struct expect_value md5;         /* 1: every segment is signed; 0: none */
	struct expect_value bfd;         /* 1: Up; 0: there is none */
	struct expect_value multihop;    /* BFD; 0: single-hop */
	bool optional;                   /* it need not be in the capture */
};

struct expect {
	char *files[EXPECT_FILES_MAX];
	size_t file_count;
	struct expectation *items;
	size_t count, room;
	uint16_t ports[8]; /* TCP ports, other than 179, that the files name */
	size_t port_count;
	bool strict_peers;      /* a session that no file names is an error */
	bool strict_unverified; /* what the capture cannot show is one, too */
	bool bfd_captured;      /* nothing was filtered: BFD that is not here was not there */
};

/* On memory that is all zeros. `finish` frees what it holds. */
void expect_finish(struct expect *expect);

/* A copy of `name`; false where there are too many files. */
bool expect_add_file(struct expect *expect, const char *name);

/* A peer of the last file, all zeros but `file` and `line`; NULL where there are too many. Good until the
 * next call. */
struct expectation *expect_add(struct expect *expect, uint32_t line);

bool expect_prefix_holds(const struct expect_prefix *prefix, const struct address *addr);

/* Sets a value; `word` must outlive the whole. */
static inline void
expect_set(struct expect_value *value, uint32_t line, const char *word, uint32_t number)
{
	*value = (struct expect_value){.line = line, .word = word, .value = number};
}

#endif
