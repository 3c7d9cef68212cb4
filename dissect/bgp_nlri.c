/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * NLRI of every family: where one ends and the next begins, what is in those that are IP prefixes,
 * and how many there are. RFC 4271 section 4.3, RFC 8277 (labels), RFC 4364 and 4659 (VPN), RFC
 * 7911 (path identifiers); for the framing of the others families.def, for what is in them their
 * walks (bgp_walk.h).
 *
 * A full table is a million prefixes, and every one of them is counted. Plain prefixes therefore
 * are counted by their length octets alone; taking them apart is left to bgp_next_nlri(), for those
 * who want to show them.
 *
 * Where the framing does not fit, the rest of the field cannot be read, and the NLRI end there. One
 * that is framed well and makes no sense inside is `malformed`, and the next one follows it.
 */
#include "dissect/bgp_walk.h"

enum {
	LABEL_BITS = 24,
	RD_BITS = 64,
	SAFI_VPN_MULTICAST = 129,
	/* RFC 8277 section 2.4, and 0 from older speakers: what stands for the label in a withdrawal. */
	LABEL_WITHDRAWN = 0x800000,
};

static unsigned
octets_of_bits(unsigned bits)
{
	return (bits + 7) / 8;
}

static unsigned
address_bits(struct bgp_family family)
{
	return family.afi == 1 ? 32 : 128;
}

/* Counts plain prefixes; see bgp_count_nlri(). The length octet is all that is looked at, and the
 * host bits where `strict`: a guess at the framing needs more than lengths that fit. */
static bool
count_prefixes(struct cursor *c, const struct bgp_nlri_run *run, bool strict, uint32_t *count,
	bool *is_short)
{
	unsigned max = address_bits(run->family);
	size_t head = run->add_path ? 5 : 1;
	struct cursor here = *c; /* a copy, so that it stays in registers */
	uint32_t found = 0;
	bool fits = true;
	*is_short = false;
	while (cursor_left(&here) > 0) {
		const uint8_t *start = here.at;
		const uint8_t *octets = cursor_bytes(&here, head);
		unsigned bits = octets != NULL ? octets[head - 1] : 0;
		unsigned size = octets_of_bits(bits);
		octets = cursor_bytes(&here, size);
		fits = bits <= max && octets != NULL &&
			!(strict && bits % 8 != 0 && (octets[size - 1] & (0xff >> bits % 8)) != 0);
		if (!fits) {
			*is_short = bits <= max && octets == NULL;
			here.at = start;
			break;
		}
		found++;
	}
	c->at = here.at;
	*count += found;
	return fits;
}

static bool next_nlri(struct bgp_nlri_run *run, struct bgp_nlri *nlri, bool *is_short);

/* Whether bits behind the prefix, in its last octet, are set. */
static bool
has_host_bits(const struct bgp_nlri *nlri)
{
	struct cursor c = nlri->value;
	if (!nlri->has_prefix || nlri->prefix_length % 8 == 0) {
		return false;
	}
	cursor_skip(&c, cursor_left(&c) - 1);
	return (cursor_u8(&c) & (0xff >> nlri->prefix_length % 8)) != 0;
}

/* Whether the NLRI of `run` make sense to their end. */
static bool
makes_sense(struct bgp_nlri_run run, bool strict)
{
	uint32_t count = 0;
	bool is_short;
	if (bgp_family_framing(run.family) == BGP_FRAMING_PREFIX) {
		return count_prefixes(&run.nlri, &run, strict, &count, &is_short);
	}
	struct bgp_nlri nlri;
	while (next_nlri(&run, &nlri, &is_short)) {
		if (nlri.malformed || (strict && has_host_bits(&nlri))) {
			return false;
		}
	}
	return !run.nlri.failed;
}

bool
bgp_has_add_path(const struct bgp_context *context, struct bgp_family family,
	const struct cursor *nlri)
{
	for (unsigned i = 0; i < context->add_path_count && i < BGP_CONTEXT_FAMILIES; i++) {
		if (bgp_family_equal(context->add_path[i], family)) {
			return true;
		}
	}
	if (context->as_width != 0 || bgp_family_is_opaque(family)) {
		return false;
	}
	struct bgp_nlri_run run = {.family = family, .nlri = *nlri};
	if (makes_sense(run, false)) {
		return false;
	}
	run.add_path = true;
	return makes_sense(run, true);
}

/* The label stack at the start of `body`, of which `bits` are left. The S bit ends a stack; where
 * none does, or what it leaves cannot be `fixed` bits and at most `max` more, the first label is
 * taken to be alone: not every speaker sets the bit (RFC 8277 section 2.2 has it ignored). */
static bool
skip_labels(struct cursor *body, unsigned *bits, unsigned fixed, unsigned max,
	struct bgp_nlri *nlri)
{
	struct cursor scan = *body;
	unsigned count = 0;
	bool bottom = false;
	while (!bottom && (count + 1) * LABEL_BITS + fixed <= *bits) {
		uint32_t label = cursor_u24(&scan);
		bool withdrawn = label == LABEL_WITHDRAWN || label == 0;
		bottom = (label & 1) != 0 || (count == 0 && withdrawn);
		if (count == 0) {
			nlri->has_label = true;
			nlri->label = label >> 4;
		}
		count++;
	}
	if (!bottom || *bits - count * LABEL_BITS > fixed + max) {
		count = 1;
	}
	if (*bits < count * LABEL_BITS + fixed) {
		return false;
	}
	nlri->labels = cursor_take(body, count * LABEL_BITS / 8);
	*bits -= count * LABEL_BITS;
	return true;
}

/* What is in an NLRI of an IP family: labels, Route Distinguisher, prefix. */
static bool
read_prefix(struct cursor body, unsigned bits, struct bgp_family family, enum bgp_framing framing,
	struct bgp_nlri *nlri)
{
	unsigned max = address_bits(family);
	unsigned fixed = framing == BGP_FRAMING_VPN ? RD_BITS : 0;
	/* Of SAFI 129 there are speakers with a label (as RFC 4364 has it) and without one. */
	bool has_labels = framing != BGP_FRAMING_PREFIX &&
		!(family.safi == SAFI_VPN_MULTICAST && bits < LABEL_BITS + RD_BITS);
	if (has_labels && !skip_labels(&body, &bits, fixed, max, nlri)) {
		return false;
	}
	if (bits < fixed) {
		return false;
	}
	if (framing == BGP_FRAMING_VPN) {
		const uint8_t *rd = cursor_bytes(&body, sizeof(nlri->rd));
		if (rd == NULL) {
			return false;
		}
		memcpy(nlri->rd, rd, sizeof(nlri->rd));
		nlri->has_rd = true;
		bits -= RD_BITS;
	}
	if (bits > max) {
		return false;
	}
	unsigned size = octets_of_bits(bits);
	const uint8_t *octets = cursor_bytes(&body, size);
	if (octets == NULL) {
		return false;
	}
	nlri->has_prefix = true;
	nlri->prefix_length = (uint8_t)bits;
	nlri->prefix.family = family.afi == 1 ? 4 : 6;
	memcpy(nlri->prefix.octets, octets, size);
	if (bits % 8 != 0) {
		nlri->prefix.octets[size - 1] &= (uint8_t)(0xff << (8 - bits % 8));
	}
	return true;
}

/* Holds an NLRI that is not an IP prefix against what its family says. */
static void
check_inside(struct bgp_nlri *nlri)
{
	bgp_nlri_walker *walk = bgp_family_walker(nlri->family);
	struct bgp_walk w = {.on_item = NULL};
	struct cursor c = nlri->value;
	if (walk == NULL || nlri->has_prefix) {
		return;
	}
	walk(&w, &c, nlri->family);
	bgp_walk_close(&w, &c, false);
	nlri->malformed = w.malformed;
	nlri->fault_offset = (uint32_t)cursor_offset(&w.fault);
}

/* Takes one NLRI, without its path identifier, from `c`. False where it does not fit: `c` has
 * failed where octets are missing, and has not where a length is impossible. */
static bool
take_nlri(struct cursor *c, struct bgp_family family, struct bgp_nlri *nlri)
{
	enum bgp_framing framing = bgp_family_framing(family);
	struct cursor whole = *c;
	struct cursor body;
	unsigned bits;
	unsigned size;
	switch (framing) {
	case BGP_FRAMING_PREFIX:
	case BGP_FRAMING_LABELED:
	case BGP_FRAMING_VPN:
	case BGP_FRAMING_BITS:
		bits = cursor_u8(c);
		body = cursor_take(c, octets_of_bits(bits));
		if (framing != BGP_FRAMING_BITS && !c->failed &&
			!read_prefix(body, bits, family, framing, nlri)) {
			return false;
		}
		break;
	case BGP_FRAMING_FLOWSPEC:
		size = cursor_u8(c);
		if (size >= 0xf0) {
			size = (size & 0x0f) << 8 | cursor_u8(c);
		}
		cursor_skip(c, size);
		break;
	case BGP_FRAMING_TYPE_LENGTH:
		cursor_skip(c, 1);
		cursor_skip(c, cursor_u8(c));
		break;
	case BGP_FRAMING_LONG_TYPE_LENGTH:
		cursor_skip(c, 2);
		cursor_skip(c, cursor_u16(c));
		break;
	case BGP_FRAMING_ARCHITECTURE:
		cursor_skip(c, 3);
		cursor_skip(c, cursor_u8(c));
		break;
	case BGP_FRAMING_LONG_LENGTH:
		cursor_skip(c, cursor_u16(c));
		if (c->failed && cursor_left(&whole) > 0) {
			*c = whole;
			(void)cursor_rest(c);
		}
		break;
	case BGP_FRAMING_OPAQUE:
		(void)cursor_rest(c);
		break;
	}
	if (c->failed) {
		return false;
	}
	nlri->value = cursor_take(&whole, (size_t)(c->at - whole.at));
	check_inside(nlri);
	return true;
}

/* bgp_next_nlri(), that also says why there is none: `is_short` as in bgp_count_nlri(). */
static bool
next_nlri(struct bgp_nlri_run *run, struct bgp_nlri *nlri, bool *is_short)
{
	*nlri = (struct bgp_nlri){.family = run->family, .withdrawn = run->withdrawn};
	*is_short = false;
	if (cursor_left(&run->nlri) == 0) {
		return false;
	}
	struct cursor c = run->nlri;
	if (run->add_path && bgp_family_framing(run->family) != BGP_FRAMING_OPAQUE) {
		nlri->has_path_id = true;
		nlri->path_id_guessed = run->guessed;
		nlri->path_id = cursor_u32(&c);
	}
	if (!take_nlri(&c, run->family, nlri)) {
		/* The position stays at the NLRI that does not fit, for the diagnostic. */
		*is_short = c.failed;
		run->nlri.failed = true;
		return false;
	}
	run->nlri = c;
	return true;
}

bool
bgp_next_nlri(struct bgp_nlri_run *run, struct bgp_nlri *nlri)
{
	bool is_short;
	return next_nlri(run, nlri, &is_short);
}

bool
bgp_count_nlri(const struct bgp_nlri_run *run, uint32_t *count, size_t *offset, bool *is_short)
{
	if (bgp_family_framing(run->family) == BGP_FRAMING_PREFIX) {
		struct cursor c = run->nlri;
		bool fits = count_prefixes(&c, run, false, count, is_short);
		*offset = cursor_offset(&c);
		return fits;
	}
	struct bgp_nlri_run rest = *run;
	struct bgp_nlri nlri;
	bool fits = true;
	while (next_nlri(&rest, &nlri, is_short)) {
		if (nlri.malformed && fits) {
			fits = false;
			*offset = nlri.fault_offset;
		}
		(*count)++;
	}
	if (!fits) {
		*is_short = false;
		return false;
	}
	*offset = cursor_offset(&rest.nlri);
	return !rest.nlri.failed;
}

/* Labels, Route Distinguisher and prefix, for the tree; the checks are those of read_prefix(). */
void
bgp_walk_ip(struct bgp_walk *w, struct cursor *c, struct bgp_family family)
{
	struct bgp_nlri nlri = {.family = family};
	unsigned bits = (unsigned)bgp_walk_number(w, c, 1, NULL, "Length");
	struct cursor body = cursor_take(c, octets_of_bits(bits));
	if (c->failed) {
		return;
	}
	if (!read_prefix(body, bits, family, bgp_family_framing(family), &nlri)) {
		body.failed = true;
	}
	while (cursor_left(&nlri.labels) > 0 && !body.failed) {
		struct cursor from = body;
		uint32_t label = cursor_u24(&body);
		cursor_skip(&nlri.labels, 3);
		bits -= LABEL_BITS;
		if (label == LABEL_WITHDRAWN) {
			bgp_walk_text(w, &from, &body, NULL, "Label", "withdrawn");
		} else {
			bgp_walk_text(w, &from, &body, NULL, "Label", "%u%s", label >> 4,
				(label & 1) != 0 ? " bottom of stack" : "");
		}
	}
	if (nlri.has_rd && !body.failed) {
		bgp_walk_rd(w, &body);
		bits -= RD_BITS;
	}
	if (!body.failed) {
		bgp_walk_prefix(w, &body, family.afi == 1 ? 4 : 6, bits, NULL, "Prefix");
	}
	bgp_walk_close(w, &body, false);
}
