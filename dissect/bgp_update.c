/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * UPDATE: RFC 4271 section 4.3, with the multiprotocol attributes of RFC 4760, judged as RFC 4271
 * section 6.3 and RFC 7606 have a receiver judge it: the field lengths, the withdrawn routes, each
 * attribute (its fit, its flags, whether it was there before, its length, its value), what is
 * missing, and the NLRI. One pass; NLRI are counted on the way.
 *
 * Where the OPENs were not seen, what depends on them (the width of an AS number, path
 * identifiers) is taken in the way that makes sense, and is a fault only where none does.
 */
#include "dissect/bgp_internal.h"

enum {
	WITHDRAWN_LENGTH_OFFSET = 19,
	AFI_SAFI_SIZE = 3,
};

/* What is learnt of an UPDATE while its attributes are walked. */
struct walk {
	struct bgp_message *message;
	const struct bgp_context *context;
	bool has_nlri;     /* the NLRI field is not empty */
	bool has_mp_reach; /* MP_REACH_NLRI announces something */
	unsigned count;    /* of attributes */
	uint64_t seen[4];  /* a bit for each type */
};

typedef void attribute_check(struct walk *walk, const struct bgp_attribute *attribute);

static attribute_check check_origin, check_as_path, check_as4_path, check_next_hop,
	check_aggregator, check_mp_reach, check_mp_unreach;

enum attribute_class { UNASSIGNED, OPTIONAL, WELL_KNOWN, TRANSITIVE, NON_TRANSITIVE };

static const struct attribute_desc {
	const char *name, *rfc;
	enum attribute_class class;
	uint16_t least, greatest, unit;
	attribute_check *check;
} attributes[256] = {
#define ATTRIBUTE(type, id, name, rfc, class, least, greatest, unit, check, fields) \
	[type] = {name, rfc, class, least, greatest, unit, check},
#include "dissect/attributes.def"
#undef ATTRIBUTE
};

/* The bits of the flags that a class prescribes, and their values (RFC 7606 section 3 c). */
static const struct class_desc {
	uint8_t mask, value;
} classes[] = {
	[UNASSIGNED] = {0x80, 0x80},
	[OPTIONAL] = {0x80, 0x80},
	[WELL_KNOWN] = {0xc0, 0x40},
	[TRANSITIVE] = {0xc0, 0xc0},
	[NON_TRANSITIVE] = {0xc0, 0x80},
};

const char *
bgp_attribute_name(uint8_t type)
{
	return attributes[type].name != NULL ? attributes[type].name : "unassigned";
}

const char *
bgp_attribute_rfc(uint8_t type)
{
	return attributes[type].rfc != NULL ? attributes[type].rfc : "";
}

/* Inline for the one loop that a full table spends its time in. */
static inline bool
next_attribute(struct cursor *list, struct bgp_attribute *attribute)
{
	enum { HEAD = 3 }; /* flags, type, and the length or its first octet */
	const uint8_t *start = list->at;
	if (cursor_left(list) == 0) {
		return false;
	}
	const uint8_t *head = cursor_bytes(list, HEAD);
	if (head != NULL) {
		size_t size = head[2];
		if ((head[0] & BGP_ATTRIBUTE_FLAG_EXTENDED_LENGTH) != 0) {
			size = size << 8 | cursor_u8(list);
		}
		attribute->flags = head[0];
		attribute->type = head[1];
		attribute->offset = (uint32_t)(start - list->base);
		if (cursor_take_into(list, size, &attribute->value)) {
			return true;
		}
	}
	/* The position stays at the attribute that does not fit, for the diagnostic. */
	list->at = start;
	return false;
}

bool
bgp_next_attribute(struct cursor *list, struct bgp_attribute *attribute)
{
	return next_attribute(list, attribute);
}

/* Notes `code` for `attribute`, unless it is cut off by the end of the capture, which a whole
 * attribute never is. */
static void
note(struct walk *walk, enum bgp_fault_code code, const struct bgp_attribute *attribute)
{
	bgp_note(walk->message, code, attribute->offset);
}

static void
check_origin(struct walk *walk, const struct bgp_attribute *attribute)
{
	struct cursor value = attribute->value;
	if (cursor_u8(&value) > 2) {
		note(walk, BGP_FAULT_ORIGIN, attribute);
	}
}

static void
check_as_path(struct walk *walk, const struct bgp_attribute *attribute)
{
	uint8_t agreed = walk->context->as_width;
	uint32_t first;
	bool zero;
	if (agreed == 0) {
		if (bgp_as_path_width(&attribute->value, walk->context) == 0) {
			note(walk, BGP_FAULT_AS_PATH, attribute);
		}
	} else if (!bgp_walk_as_path(attribute->value, agreed, &first, &zero)) {
		note(walk, BGP_FAULT_AS_PATH, attribute);
	} else {
		if (zero) {
			note(walk, BGP_FAULT_AS_ZERO, attribute);
		}
		walk->message->update.first_as = first;
		walk->message->update.as_path_offset = attribute->offset;
	}
}

/* RFC 6793 section 6: it always has numbers of four octets, and at least one. */
static void
check_as4_path(struct walk *walk, const struct bgp_attribute *attribute)
{
	uint32_t first;
	bool zero;
	if (cursor_left(&attribute->value) == 0 ||
		!bgp_walk_as_path(attribute->value, 4, &first, &zero)) {
		note(walk, BGP_FAULT_AS_PATH, attribute);
	} else if (zero) {
		note(walk, BGP_FAULT_AS_ZERO, attribute);
	}
}

/* RFC 4271 section 6.3: a valid IP host address. Without NLRI the attribute is ignored (RFC 4760
 * section 3), and some speakers then send 0.0.0.0. */
static void
check_next_hop(struct walk *walk, const struct bgp_attribute *attribute)
{
	struct cursor value = attribute->value;
	uint32_t next_hop = cursor_u32(&value);
	if (walk->has_nlri && (next_hop == 0 || next_hop >= 0xe0000000)) {
		note(walk, BGP_FAULT_NEXT_HOP, attribute);
	}
}

static void
check_aggregator(struct walk *walk, const struct bgp_attribute *attribute)
{
	struct cursor value = attribute->value;
	size_t size = cursor_left(&value);
	if (attribute->type == BGP_ATTRIBUTE_AGGREGATOR && walk->context->as_width != 0 &&
		size != walk->context->as_width + 4u) {
		note(walk, BGP_FAULT_ATTRIBUTE_LENGTH, attribute);
		return;
	}
	if ((size == 8 ? cursor_u32(&value) : cursor_u16(&value)) == 0) {
		note(walk, BGP_FAULT_AS_ZERO, attribute);
	}
}

/* Counts a stretch of NLRI; `code` is the fault where they do not fit. */
static void
count_run(struct walk *walk, struct bgp_family family, bool withdrawn, const struct cursor *nlri,
	enum bgp_fault_code code)
{
	if (cursor_left(nlri) == 0) {
		return;
	}
	struct bgp_message *message = walk->message;
	struct bgp_update *update = &message->update;
	struct bgp_nlri_run run = {.family = family, .withdrawn = withdrawn, .nlri = *nlri};
	uint32_t count = 0;
	size_t offset;
	bool is_short;
	if (walk->context->add_path_count > 0) {
		run.add_path = bgp_has_add_path(walk->context, family, nlri);
	}
	bool fits = bgp_count_nlri(&run, &count, &offset, &is_short);
	if (!fits && !run.add_path && bgp_has_add_path(walk->context, family, nlri)) {
		run.add_path = true;
		count = 0;
		fits = bgp_count_nlri(&run, &count, &offset, &is_short);
	}
	bool cut = bgp_is_cut(message, nlri) && (is_short || walk->context->as_width == 0);
	if (!fits && !cut) {
		bgp_note(message, code, offset);
	}
	update->opaque |= bgp_family_is_opaque(family);
	if (withdrawn) {
		update->withdrawn_count += count;
	} else {
		update->announced_count += count;
	}
}

/* Whether a next hop of `size` octets can be one for `family`: one address or two, of either IP
 * version, with Route Distinguishers or without (RFC 4760, 2545, 4659, 8950). That of a flow
 * specification is ignored (RFC 8955 section 4), and what opaque families have is their own. */
static bool
next_hop_size_fits(struct bgp_family family, size_t size)
{
	if (bgp_family_is_opaque(family) ||
		bgp_family_framing(family) == BGP_FRAMING_FLOWSPEC) {
		return true;
	}
	return size == 4 || size == 12 || size == 16 || size == 24 || size == 32 || size == 48;
}

static void
check_mp_reach(struct walk *walk, const struct bgp_attribute *attribute)
{
	struct bgp_mp mp;
	if (!bgp_read_mp(attribute, &mp) ||
		!next_hop_size_fits(mp.family, cursor_left(&mp.next_hop))) {
		note(walk, BGP_FAULT_MP_NLRI, attribute);
		return;
	}
	walk->has_mp_reach |= cursor_left(&mp.nlri) > 0;
	count_run(walk, mp.family, false, &mp.nlri, BGP_FAULT_MP_NLRI);
}

static void
check_mp_unreach(struct walk *walk, const struct bgp_attribute *attribute)
{
	struct bgp_mp mp;
	if (!bgp_read_mp(attribute, &mp)) {
		note(walk, BGP_FAULT_MP_NLRI, attribute);
		return;
	}
	if (walk->count == 1 && cursor_left(&mp.nlri) == 0) {
		walk->message->update.end_of_rib_family = mp.family;
	}
	count_run(walk, mp.family, true, &mp.nlri, BGP_FAULT_MP_NLRI);
}

static bool
is_seen(const struct walk *walk, uint8_t type)
{
	return (walk->seen[type / 64] >> type % 64 & 1) != 0;
}

static void
check_attribute(struct walk *walk, const struct bgp_attribute *attribute)
{
	const struct attribute_desc *desc = &attributes[attribute->type];
	const struct class_desc *class = &classes[desc->class];
	if ((attribute->flags & class->mask) != class->value) {
		note(walk, desc->class == UNASSIGNED ? BGP_FAULT_ATTRIBUTE_UNKNOWN :
			BGP_FAULT_ATTRIBUTE_FLAGS, attribute);
	}
	if (is_seen(walk, attribute->type)) {
		note(walk, BGP_FAULT_ATTRIBUTE_DUPLICATE, attribute);
	}
	walk->seen[attribute->type / 64] |= (uint64_t)1 << attribute->type % 64;
	walk->count++;
	if (desc->class == UNASSIGNED) {
		return;
	}
	size_t size = cursor_left(&attribute->value);
	if (size < desc->least || size > desc->greatest ||
		(desc->unit > 1 && size % desc->unit != 0)) { /* dividing takes as long as all the rest */
		note(walk, BGP_FAULT_ATTRIBUTE_LENGTH, attribute);
	} else if (desc->check != NULL) {
		desc->check(walk, attribute);
	}
}

/* RFC 4271 section 5, RFC 4760 section 3. */
static void
check_missing(struct walk *walk)
{
	bool announces = walk->has_nlri || walk->has_mp_reach;
	bool missing = (announces && !is_seen(walk, BGP_ATTRIBUTE_ORIGIN)) ||
		(announces && !is_seen(walk, BGP_ATTRIBUTE_AS_PATH)) ||
		(walk->has_nlri && !is_seen(walk, BGP_ATTRIBUTE_NEXT_HOP));
	if (missing) {
		bgp_note(walk->message, BGP_FAULT_ATTRIBUTE_MISSING,
			cursor_offset(&walk->message->update.attributes));
	}
}

static void
walk_attributes(struct walk *walk)
{
	struct cursor list = walk->message->update.attributes;
	struct bgp_attribute attribute = {0};
	while (next_attribute(&list, &attribute)) {
		check_attribute(walk, &attribute);
	}
	walk->message->update.seen = walk->seen[0];
	if (list.failed) {
		bgp_note_short(walk->message, BGP_FAULT_ATTRIBUTE_LENGTH, cursor_offset(&list), &list);
	} else if (!bgp_is_cut(walk->message, &list)) {
		check_missing(walk);
	}
}

/*
 * The three fields. The lengths are held against that of the header, so that a capture that ends
 * early does not look like a message that does. False where the second length cannot be found.
 */
static bool
take_fields(struct bgp_message *message, struct cursor *body, bool *has_nlri)
{
	struct bgp_update *update = &message->update;
	size_t declared = message->length;
	size_t withdrawn = cursor_u16(body);
	if (body->failed) {
		return false;
	}
	if (WITHDRAWN_LENGTH_OFFSET + 2 + withdrawn + 2 > declared) {
		bgp_note(message, BGP_FAULT_UPDATE_LENGTHS, WITHDRAWN_LENGTH_OFFSET);
		return false;
	}
	update->withdrawn = cursor_take(body, withdrawn);
	size_t offset = cursor_offset(body);
	size_t attributes_size = cursor_u16(body);
	if (body->failed) {
		return false;
	}
	size_t used = cursor_offset(body) + attributes_size;
	if (used > declared) {
		bgp_note(message, BGP_FAULT_UPDATE_LENGTHS, offset);
	}
	*has_nlri = used < declared;
	update->attributes = cursor_take_some(body, attributes_size);
	update->nlri = *body;
	if (body->failed) {
		update->nlri = cursor_make(message->raw.base, 0);
	}
	return true;
}

/* RFC 4724 section 2: nothing at all, or an MP_UNREACH_NLRI that withdraws nothing, alone. */
static void
find_end_of_rib(struct bgp_message *message, const struct walk *walk)
{
	struct bgp_update *update = &message->update;
	if (message->truncated || message->fault.code != BGP_FAULT_NONE || walk->has_nlri ||
		cursor_left(&update->withdrawn) > 0) {
		return;
	}
	if (cursor_left(&update->attributes) == 0) {
		update->end_of_rib = true;
		update->end_of_rib_family = (struct bgp_family){.afi = 1, .safi = 1};
		return;
	}
	struct cursor list = update->attributes;
	struct bgp_attribute attribute;
	update->end_of_rib = walk->count == 1 && bgp_next_attribute(&list, &attribute) &&
		attribute.type == BGP_ATTRIBUTE_MP_UNREACH_NLRI &&
		cursor_left(&attribute.value) == AFI_SAFI_SIZE;
}

void
bgp_decode_update(struct bgp_message *message, struct cursor body,
	const struct bgp_context *context)
{
	struct bgp_update *update = &message->update;
	struct walk walk = {.message = message, .context = context};
	const struct bgp_family ipv4_unicast = {.afi = 1, .safi = 1};
	message->body_read = take_fields(message, &body, &walk.has_nlri);
	if (!message->body_read) {
		return;
	}
	count_run(&walk, ipv4_unicast, true, &update->withdrawn, BGP_FAULT_NLRI);
	walk_attributes(&walk);
	count_run(&walk, ipv4_unicast, false, &update->nlri, BGP_FAULT_NLRI);
	find_end_of_rib(message, &walk);
	if (!update->end_of_rib) {
		update->end_of_rib_family = (struct bgp_family){0};
	}
}

struct bgp_nlri_iter
bgp_nlri_runs(const struct bgp_update *update)
{
	return (struct bgp_nlri_iter){
		.attributes = update->attributes,
		.fields = {update->withdrawn, update->nlri},
	};
}

/* The next stretch of `iter`, which may be empty. */
static bool
next_run(struct bgp_nlri_iter *iter, struct bgp_nlri_run *run)
{
	enum { WITHDRAWN_FIELD, ATTRIBUTES, END };
	*run = (struct bgp_nlri_run){.family = {.afi = 1, .safi = 1}};
	if (iter->stage == WITHDRAWN_FIELD) {
		iter->stage = ATTRIBUTES;
		run->withdrawn = true;
		run->nlri = iter->fields[0];
		return true;
	}
	if (iter->stage != ATTRIBUTES) {
		return false;
	}
	struct bgp_attribute attribute;
	while (bgp_next_attribute(&iter->attributes, &attribute)) {
		struct bgp_mp mp;
		if (bgp_read_mp(&attribute, &mp)) {
			run->family = mp.family;
			run->withdrawn = !mp.reach;
			run->nlri = mp.nlri;
			return true;
		}
	}
	iter->stage = END;
	run->nlri = iter->fields[1];
	return true;
}

bool
bgp_next_nlri_run(struct bgp_nlri_iter *iter, const struct bgp_context *context,
	struct bgp_nlri_run *run)
{
	while (next_run(iter, run)) {
		if (cursor_left(&run->nlri) > 0) {
			run->add_path = bgp_has_add_path(context, run->family, &run->nlri);
			run->guessed = run->add_path && context->as_width == 0 &&
				context->add_path_count == 0;
			return true;
		}
	}
	return false;
}
