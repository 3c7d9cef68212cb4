/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BGPWHY_DISSECT_BGP_INTERNAL_H
#define BGPWHY_DISSECT_BGP_INTERNAL_H

#include "dissect/bgp.h"
#include "dissect/bgp_judge.h"

/* What the BGP decoders share among themselves. No other folder includes this. */

enum {
	BGP_MARKER_SIZE = 16,
	BGP_LENGTH_OFFSET = 16,
	BGP_TYPE_OFFSET = 18,
};

/* Types of AS_PATH segments: RFC 4271 section 4.3, RFC 5065 section 3. */
enum { BGP_AS_SET = 1, BGP_AS_SEQUENCE = 2, BGP_AS_CONFED_SEQUENCE = 3, BGP_AS_CONFED_SET = 4 };

/* Decodes the body of one message type. `body` starts after the header and ends with the octets
 * there are, and is the decoder's to move; `message` has its header and `raw` already. The member of the
 * union is zero, but for an UPDATE, of which there are so many that its decoder writes it once. */
typedef void bgp_decoder(struct bgp_message *message, struct cursor *body,
	const struct bgp_context *context);

bgp_decoder bgp_decode_nothing, bgp_decode_open, bgp_decode_update, bgp_decode_notification,
	bgp_decode_route_refresh;

/* The first fault of a message is its fault; later ones are mostly its consequences. */
static inline void
bgp_note(struct bgp_message *message, enum bgp_fault_code code, size_t offset)
{
	struct bgp_faults *all = message->faults;
	if (all != NULL) {
		all->more |= all->count == BGP_FAULTS_MAX;
		if (all->count < BGP_FAULTS_MAX) {
			all->list[all->count++] =
				(struct bgp_fault){.code = code, .offset = (uint32_t)offset};
		}
	}
	if (message->fault.code == BGP_FAULT_NONE) {
		message->fault = (struct bgp_fault){.code = code, .offset = (uint32_t)offset};
	}
}

/* Whether `c` ends because the capture does: then a read past its end says nothing about the
 * message. */
static inline bool
bgp_is_cut(const struct bgp_message *message, const struct cursor *c)
{
	return message->truncated && c->end == message->raw.end;
}

/* Notes a fault that consists in octets that are not there. */
static inline void
bgp_note_short(struct bgp_message *message, enum bgp_fault_code code, size_t offset,
	const struct cursor *c)
{
	if (!bgp_is_cut(message, c)) {
		bgp_note(message, code, offset);
	}
}

/* The action column of faults.def. */
enum bgp_action bgp_fault_action(enum bgp_fault_code code);

/* One capability from a plain list of them; see bgp_next_capability(). */
bool bgp_next_capability_in(struct cursor *list, struct bgp_capability *capability);

/* Whether one of `count` numbers is 0. */
static inline bool
bgp_has_zero_as(const uint8_t *asns, size_t count, uint8_t width)
{
	bool zero = false;
	for (size_t i = 0; i < count && width == 4; i++) {
		uint32_t asn; /* in whatever order of octets: 0 is 0 */
		memcpy(&asn, asns + 4 * i, sizeof(asn));
		zero |= asn == 0;
	}
	for (size_t i = 0; i < count && width == 2; i++) {
		zero |= (asns[2 * i] | asns[2 * i + 1]) == 0;
	}
	return zero;
}

/* Of an attribute that is a list of TLVs, whether each fits; where one does not, `at` is where in the
 * message it begins. True of all other attributes. */
bool bgp_attribute_tlvs_fit(const struct bgp_attribute *attribute, uint32_t *at);

/*
 * RFC 7606 section 7.2: known segment types, none of them empty, and nothing left over; RFC 7607 section
 * 2: nobody is AS 0, which `zero` tells. False where the numbers are not of `width` octets, or it is no
 * path. `first` is the leftmost AS of a path that begins with an AS_SEQUENCE, else 0.
 */
static inline bool
bgp_walk_as_path(const struct cursor *path, uint8_t width, uint32_t *first, bool *zero)
{
	struct cursor here = cursor_same(path);
	bool begins = true;
	*first = 0;
	*zero = false;
	while (cursor_left(&here) > 0) {
		const uint8_t *head = cursor_bytes(&here, 2);
		if (head == NULL || head[0] < 1 || head[0] > 4 || head[1] == 0) {
			return false;
		}
		struct cursor asns;
		if (!cursor_take_into(&here, (size_t)head[1] * width, &asns)) {
			return false;
		}
		*zero |= bgp_has_zero_as(asns.at, head[1], width);
		if (begins && head[0] == BGP_AS_SEQUENCE) {
			*first = width == 4 ? cursor_u32(&asns) : cursor_u16(&asns);
		}
		begins = false;
	}
	return !here.failed;
}

/* "UPDATE"; NULL: no message has that type. */
const char *bgp_message_name(uint64_t type);

/* How the NLRI of a family follow each other: the third column of families.def. */
enum bgp_framing {
	BGP_FRAMING_OPAQUE, /* also for a family that is not in the table */
	BGP_FRAMING_PREFIX,
	BGP_FRAMING_LABELED,
	BGP_FRAMING_VPN,
	BGP_FRAMING_BITS,
	BGP_FRAMING_FLOWSPEC,
	BGP_FRAMING_TYPE_LENGTH,
	BGP_FRAMING_LONG_TYPE_LENGTH,
	BGP_FRAMING_LONG_LENGTH,
	BGP_FRAMING_ARCHITECTURE,
};

enum bgp_framing bgp_family_framing(struct bgp_family family);

/* Whether the NLRI of a family are counted only: it is not known what is in them. */
bool bgp_family_is_opaque(struct bgp_family family);

/* Whether `nlri` of `family` carry path identifiers: as the context says; where the OPENs were not
 * seen, only if the octets make sense with them and not without. */
bool bgp_has_add_path(const struct bgp_context *context, struct bgp_family family,
	const struct cursor *nlri);

/* The NLRI of `run`, counted. False where they do not fit: then `offset` is that of the NLRI that
 * does not and `is_short` says that octets are missing, rather than that a length is impossible.
 * False too where one is malformed inside: then `offset` is where, and the others are counted. */
bool bgp_count_nlri(const struct bgp_nlri_run *run, uint32_t *count, size_t *offset,
	bool *is_short);

#endif
