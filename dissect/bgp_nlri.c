/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * NLRI of every family: where one ends and the next begins, what is in those that are IP prefixes,
 * and how many there are. RFC 4271 section 4.3, RFC 8277 (labels), RFC 4364 and 4659 (VPN), RFC
 * 7911 (path identifiers), and for the framing of the others families.def.
 *
 * A full table is a million prefixes, and every one of them is counted. Plain prefixes therefore
 * are counted by their length octets alone; taking them apart is left to bgp_next_nlri(), for those
 * who want to show them.
 */
#include "dissect/bgp_internal.h"

#include <stdio.h>

enum {
	LABEL_BITS = 24,
	RD_BITS = 64,
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
	*is_short = false;
	while (cursor_left(c) > 0) {
		struct cursor next = *c;
		if (run->add_path) {
			cursor_skip(&next, 4);
		}
		unsigned bits = cursor_u8(&next);
		if (bits > max) {
			return false;
		}
		unsigned size = octets_of_bits(bits);
		const uint8_t *prefix = cursor_bytes(&next, size);
		if (next.failed) {
			*is_short = true;
			return false;
		}
		if (strict && bits % 8 != 0 && (prefix[size - 1] & (0xff >> bits % 8)) != 0) {
			return false;
		}
		*c = next;
		(*count)++;
	}
	return true;
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
	if (context->as_width != 0 || bgp_family_framing(family) != BGP_FRAMING_PREFIX) {
		return false;
	}
	struct bgp_nlri_run run = {.family = family};
	struct cursor without = *nlri;
	struct cursor with = *nlri;
	uint32_t count = 0;
	bool is_short;
	if (count_prefixes(&without, &run, false, &count, &is_short)) {
		return false;
	}
	run.add_path = true;
	return count_prefixes(&with, &run, true, &count, &is_short);
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
	cursor_skip(body, count * 3);
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
	if (framing != BGP_FRAMING_PREFIX && !skip_labels(&body, &bits, fixed, max, nlri)) {
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
	case BGP_FRAMING_LONG_LENGTH:
		cursor_skip(c, cursor_u16(c));
		if (c->failed) {
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
	return true;
}

/* bgp_next_nlri(), that also says why there is none: `is_short` as in bgp_count_nlri(). */
static bool
next_nlri(struct bgp_nlri_run *run, struct bgp_nlri *nlri, bool *is_short)
{
	*nlri = (struct bgp_nlri){.family = run->family};
	*is_short = false;
	if (cursor_left(&run->nlri) == 0) {
		return false;
	}
	struct cursor c = run->nlri;
	if (run->add_path && bgp_family_framing(run->family) != BGP_FRAMING_OPAQUE) {
		nlri->has_path_id = true;
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
	struct bgp_nlri_run rest = *run;
	if (bgp_family_framing(run->family) == BGP_FRAMING_PREFIX) {
		bool fits = count_prefixes(&rest.nlri, run, false, count, is_short);
		*offset = cursor_offset(&rest.nlri);
		return fits;
	}
	struct bgp_nlri nlri;
	while (next_nlri(&rest, &nlri, is_short)) {
		(*count)++;
	}
	*offset = cursor_offset(&rest.nlri);
	return !rest.nlri.failed;
}

static void
rd_text(const uint8_t rd[8], char *text, size_t size)
{
	struct cursor c = cursor_make(rd, 8);
	uint16_t type = cursor_u16(&c);
	uint16_t high16, low16;
	uint32_t high32, low32;
	switch (type) {
	case 0:
		high16 = cursor_u16(&c);
		low32 = cursor_u32(&c);
		snprintf(text, size, "%u:%u", high16, low32);
		break;
	case 1:
		snprintf(text, size, "%u.%u.%u.%u:%u", rd[2], rd[3], rd[4], rd[5],
			(unsigned)rd[6] << 8 | rd[7]);
		break;
	case 2:
		high32 = cursor_u32(&c);
		low16 = cursor_u16(&c);
		snprintf(text, size, "%u:%u", high32, low16);
		break;
	default:
		snprintf(text, size, "%u:%02x%02x%02x%02x%02x%02x", type, rd[2], rd[3], rd[4], rd[5],
			rd[6], rd[7]);
		break;
	}
}

const char *
bgp_nlri_text(const struct bgp_nlri *nlri, char text[BGP_NLRI_TEXT_MAX])
{
	char rd[32] = "";
	char prefix[ADDRESS_TEXT_MAX];
	char label[24] = "";
	char path[32] = "";
	if (nlri->has_path_id) {
		snprintf(path, sizeof(path), " path-id %u", nlri->path_id);
	}
	if (nlri->has_prefix) {
		if (nlri->has_rd) {
			rd_text(nlri->rd, rd, sizeof(rd) - 1);
			strcat(rd, ":");
		}
		if (nlri->has_label) {
			snprintf(label, sizeof(label), " label %u", nlri->label);
		}
		snprintf(text, BGP_NLRI_TEXT_MAX, "%s%s/%u%s%s", rd,
			address_text(&nlri->prefix, prefix), nlri->prefix_length, label, path);
		return text;
	}
	size_t length = 0;
	const size_t room = BGP_NLRI_TEXT_MAX - sizeof(path) - sizeof("...");
	struct cursor c = nlri->value;
	while (cursor_left(&c) > 0 && length + 2 < room) {
		length += (size_t)snprintf(text + length, BGP_NLRI_TEXT_MAX - length, "%02x",
			cursor_u8(&c));
	}
	snprintf(text + length, BGP_NLRI_TEXT_MAX - length, "%s%s",
		cursor_left(&c) > 0 ? "..." : "", path);
	return text;
}
