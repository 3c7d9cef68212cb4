/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BGPWHY_DISSECT_BGP_WALK_H
#define BGPWHY_DISSECT_BGP_WALK_H

#include "dissect/bgp_internal.h"

/*
 * The inside of an NLRI, told item by item in the order of the octets. Each family has one walk; the
 * check of a message, the compact text and the tree of fields are all made from it, so that they
 * cannot disagree. No other folder includes this.
 *
 * An item has a key where the compact text shows it ("rd"), "" where its value alone is enough, and
 * NULL where only the tree does (a length, a reserved octet); and a name as the RFC has it.
 */

enum bgp_item_kind {
	BGP_ITEM_NUMBER,    /* `number`; `text` is its meaning, or NULL */
	BGP_ITEM_HEX,       /* the same, best read in hexadecimal */
	BGP_ITEM_ADDRESS,   /* `text` */
	BGP_ITEM_TEXT,      /* `text` */
	BGP_ITEM_BYTES,     /* `span` */
	BGP_ITEM_GROUP,     /* what follows is below it, until the end; `text` sums it up, or NULL */
	BGP_ITEM_GROUP_END,
	BGP_ITEM_MALFORMED, /* `span`: the octets from where they make no sense */
};

struct bgp_item {
	const char *key;
	const char *name;
	enum bgp_item_kind kind;
	uint64_t number;
	const char *text;
	const char *brief;  /* in the compact text instead of the value; NULL: the value */
	const char *gap;    /* before it in the compact text; NULL: a blank */
	struct cursor span; /* the octets that it was read from */
};

struct bgp_walk {
	void (*on_item)(void *self, const struct bgp_item *item); /* NULL: only the check is wanted */
	void *self;
	bool malformed;
	struct cursor fault; /* the octets that make no sense, the first time */
};

enum { BGP_RD_SIZE = 8, BGP_RD_TEXT_MAX = 32, BGP_ITEM_TEXT_MAX = 256 };

/*
 * Readers: each takes octets from `c` and tells them as one item. Where they do not fit, `c` fails
 * where it stands; on a cursor that has failed nothing is told.
 */
uint64_t bgp_walk_number(struct bgp_walk *w, struct cursor *c, unsigned size, const char *key,
	const char *name);
uint64_t bgp_walk_hex(struct bgp_walk *w, struct cursor *c, unsigned size, const char *key,
	const char *name);
/* `meaning` in the tree and `brief` in the text, either NULL, of a number that stands next. */
uint64_t bgp_walk_named(struct bgp_walk *w, struct cursor *c, unsigned size, const char *key,
	const char *name, const char *meaning, const char *brief);
struct address bgp_walk_address(struct bgp_walk *w, struct cursor *c, uint8_t family,
	const char *key, const char *name);
void bgp_walk_rd(struct bgp_walk *w, struct cursor *c);
/* `bits` of an address, from bit `offset` on, in as many octets as they need. */
void bgp_walk_prefix(struct bgp_walk *w, struct cursor *c, uint8_t family, unsigned bits,
	const char *key, const char *name);
/* Octets as hex digits; nothing where `size` is 0. */
void bgp_walk_bytes(struct bgp_walk *w, struct cursor *c, size_t size, const char *key,
	const char *name);

/* An address behind its length in bits: that of IPv4, of IPv6, or 0 where `optional`. */
struct address bgp_walk_sized_address(struct bgp_walk *w, struct cursor *c, bool optional,
	const char *key, const char *name, const char *length_name);
/* An address that is all there is left: of 4 octets or of 16. */
void bgp_walk_last_address(struct bgp_walk *w, struct cursor *c, const char *key, const char *name);

/* Tells octets that were read already, from the position of `from` to that of `to`. */
void bgp_walk_text(struct bgp_walk *w, const struct cursor *from, const struct cursor *to,
	const char *key, const char *name, const char *format, ...)
#if defined(__GNUC__)
	__attribute__((format(printf, 6, 7)))
#endif
	;

void bgp_walk_tell(struct bgp_walk *w, const struct bgp_item *item);
/* The end of a group or of the NLRI: octets that did not fit, or are left over, are malformed. Only
 * with `group` an end of group is told. */
void bgp_walk_close(struct bgp_walk *w, struct cursor *child, bool group);

typedef void bgp_route_walker(struct bgp_walk *w, struct cursor *c);

/* A type of route where NLRI are typed; NULL where there is no such thing. */
struct bgp_route_desc {
	const char *brief, *name;
	bgp_route_walker *walk;
};

/* An NLRI that begins with a type and a length of one octet each: EVPN (RFC 7432 section 7) and
 * MVPN (RFC 6514 section 4). What `routes` does not take apart is told as octets. */
void bgp_walk_route(struct bgp_walk *w, struct cursor *c, const struct bgp_route_desc routes[256]);

/* Octets that can be read and must not be so: `c` fails at `at`, a copy of it from before. */
static inline void
bgp_walk_refuse(struct cursor *c, const struct cursor *at)
{
	c->at = at->at;
	c->failed = true;
}

const char *bgp_rd_text(const uint8_t rd[BGP_RD_SIZE], char text[BGP_RD_TEXT_MAX]);

/*
 * The walk of a family: `c` is one NLRI without its path identifier, from its length or type on.
 * It reads all of `c` or makes it fail; a list inside that does not fit is closed as a child of its
 * own.
 */
typedef void bgp_nlri_walker(struct bgp_walk *w, struct cursor *c, struct bgp_family family);

bgp_nlri_walker bgp_walk_ip, bgp_walk_evpn, bgp_walk_mvpn, bgp_walk_flowspec, bgp_walk_link_state,
	bgp_walk_vpls, bgp_walk_mdt, bgp_walk_route_target, bgp_walk_sr_policy, bgp_walk_mup;

/* That of families.def; NULL: the family is not taken apart. */
bgp_nlri_walker *bgp_family_walker(struct bgp_family family);

#endif
