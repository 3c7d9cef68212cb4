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

/* Where an attribute is: its flags and type are the first two octets of `head`. */
struct place {
	const uint8_t *base; /* of the message */
	const uint8_t *head, *value;
	size_t size; /* of the value */
};

/* Judges the value of an attribute whose length is right. */
typedef void attribute_check(struct walk *walk, const struct place *place);

static attribute_check check_origin, check_as_path, check_as4_path, check_next_hop,
	check_aggregator, check_mp_reach, check_mp_unreach, check_tlvs;

/* The bits of the flags that a class prescribes, and their values (RFC 7606 section 3 c). */
#define FLAGS_OPTIONAL 0x80, 0x80
#define FLAGS_WELL_KNOWN 0xc0, 0x40
#define FLAGS_TRANSITIVE 0xc0, 0xc0
#define FLAGS_NON_TRANSITIVE 0xc0, 0x80

/* What every attribute is held against, in a table of few cache lines; an unassigned type has no unit, and fits nothing. */
static const struct attribute_form {
	attribute_check *check;
	uint16_t least, greatest, unit;
	uint8_t mask, value; /* of the flags */
} forms[256] = {
#define ATTRIBUTE(type, id, name, rfc, class, least, greatest, unit, check, fields) \
	[type] = {check, least, greatest, unit, FLAGS_##class},
#include "dissect/attributes.def"
#undef ATTRIBUTE
};

static const struct attribute_words {
	const char *name, *rfc;
} attributes[256] = {
#define ATTRIBUTE(type, id, name, rfc, class, least, greatest, unit, check, fields) [type] = {name, rfc},
#include "dissect/attributes.def"
#undef ATTRIBUTE
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

/* Inline for the one loop that a full table spends its time in. Where an attribute does not fit, the position
 * stays at it, for the diagnostic. */
static inline bool
take_place(struct cursor *list, struct place *place)
{
	enum { HEAD = 3 }; /* flags, type, and the length or its first octet; one more of an extended length */
	place->base = list->base;
	place->head = cursor_peek(list, HEAD + 1);
	if (place->head == NULL) {
		/* Nothing, or one without a value. */
		place->head = cursor_peek(list, HEAD);
		place->value = place->head != NULL ? place->head + HEAD : NULL;
		place->size = 0;
		bool empty = place->head != NULL && place->head[2] == 0 &&
			(place->head[0] & BGP_ATTRIBUTE_FLAG_EXTENDED_LENGTH) == 0;
		list->failed |= !empty && cursor_left(list) > 0;
		return empty && cursor_bytes(list, HEAD) != NULL;
	}
	size_t head = HEAD;
	place->size = place->head[2];
	if ((place->head[0] & BGP_ATTRIBUTE_FLAG_EXTENDED_LENGTH) != 0) {
		place->size = place->size << 8 | place->head[HEAD];
		head++;
	}
	place->value = place->head + head;
	return cursor_bytes(list, head + place->size) != NULL;
}

static inline struct bgp_attribute
attribute_at(const struct place *place)
{
	return (struct bgp_attribute){
		.flags = place->head[0],
		.type = place->head[1],
		.offset = (uint32_t)(place->head - place->base),
		.value = {.base = place->base, .at = place->value, .end = place->value + place->size},
	};
}

bool
bgp_next_attribute(struct cursor *list, struct bgp_attribute *attribute)
{
	struct place place;
	if (!take_place(list, &place)) {
		return false;
	}
	*attribute = attribute_at(&place);
	return true;
}

/* Notes `code` for an attribute, which is whole: one that the end of the capture cuts off has no place. */
static void
note(struct walk *walk, enum bgp_fault_code code, const struct place *place)
{
	bgp_note(walk->message, code, (size_t)(place->head - place->base));
}

static void
check_origin(struct walk *walk, const struct place *place)
{
	struct cursor value = cursor_make(place->value, place->size);
	if (cursor_u8(&value) > 2) {
		note(walk, BGP_FAULT_ORIGIN, place);
	}
}

static void
check_as_path(struct walk *walk, const struct place *place)
{
	const struct cursor path = attribute_at(place).value;
	struct bgp_update *update = &walk->message->update;
	uint8_t agreed = walk->context->as_width;
	uint32_t first;
	bool zero;
	if (agreed == 0) {
		if (bgp_as_path_width(&path, walk->context) == 0) {
			note(walk, BGP_FAULT_AS_PATH, place);
		}
	} else if (!bgp_walk_as_path(&path, agreed, &first, &zero)) {
		note(walk, BGP_FAULT_AS_PATH, place);
	} else {
		if (zero) {
			note(walk, BGP_FAULT_AS_ZERO, place);
		}
		update->first_as = first;
		update->as_path_offset = (uint32_t)(place->head - place->base);
	}
}

/* RFC 6793 section 6: it always has numbers of four octets, and at least one. */
static void
check_as4_path(struct walk *walk, const struct place *place)
{
	const struct cursor path = cursor_make(place->value, place->size);
	uint32_t first;
	bool zero;
	if (cursor_left(&path) == 0 || !bgp_walk_as_path(&path, 4, &first, &zero)) {
		note(walk, BGP_FAULT_AS_PATH, place);
	} else if (zero) {
		note(walk, BGP_FAULT_AS_ZERO, place);
	}
}

/* RFC 4271 section 6.3: a valid IP host address. Without NLRI the attribute is ignored (RFC 4760
 * section 3), and some speakers then send 0.0.0.0. */
static void
check_next_hop(struct walk *walk, const struct place *place)
{
	struct cursor value = cursor_make(place->value, place->size);
	uint32_t next_hop = cursor_u32(&value);
	if (walk->has_nlri && (next_hop == 0 || next_hop >= 0xe0000000)) {
		note(walk, BGP_FAULT_NEXT_HOP, place);
	}
}

static void
check_aggregator(struct walk *walk, const struct place *place)
{
	struct cursor value = cursor_make(place->value, place->size);
	if (place->head[1] == BGP_ATTRIBUTE_AGGREGATOR && walk->context->as_width != 0 &&
		place->size != walk->context->as_width + 4u) {
		note(walk, BGP_FAULT_ATTRIBUTE_LENGTH, place);
		return;
	}
	if ((place->size == 8 ? cursor_u32(&value) : cursor_u16(&value)) == 0) {
		note(walk, BGP_FAULT_AS_ZERO, place);
	}
}

static void
check_tlvs(struct walk *walk, const struct place *place)
{
	const struct bgp_attribute attribute = attribute_at(place);
	uint32_t at;
	if (!bgp_attribute_tlvs_fit(&attribute, &at)) {
		note(walk, BGP_FAULT_ATTRIBUTE_TLV, place);
	}
}

/* Counts a stretch of NLRI; `code` is the fault where they do not fit. */
static void
count_run_of(struct walk *walk, struct bgp_family family, bool withdrawn, const struct cursor *nlri,
	enum bgp_fault_code code)
{
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

static inline void
count_run(struct walk *walk, struct bgp_family family, bool withdrawn, const struct cursor *nlri,
	enum bgp_fault_code code)
{
	if (cursor_left(nlri) > 0) {
		count_run_of(walk, family, withdrawn, nlri, code);
	}
}

/* How many of the next prefixes, of four at a time, take four octets each (17 to 24 bits): nearly all of a full
 * table do, and each length is where the one before says only if it is read one by one. */
static inline uint32_t
count_alike(struct cursor *nlri)
{
	enum { FOUR = 16 };
	static const uint8_t lengths[8] = {1, 0, 0, 0, 1, 0, 0, 0};
	uint64_t unit, words[2];
	uint32_t count = 0;
	memcpy(&unit, lengths, sizeof(unit));
	for (const uint8_t *p; (p = cursor_peek(nlri, FOUR)) != NULL; count += 4) {
		memcpy(words, p, sizeof(words));
		uint64_t fits = UINT64_MAX;
		for (int i = 0; i < 2; i++) {
			uint64_t bits = words[i] & unit * 0xff;
			/* The top bit of each: set, where it is less than 128, at least 17, and not more than 24. */
			fits &= ~bits & (bits + unit * (128 - 17)) & ~(bits + unit * (127 - 24));
		}
		if ((fits & unit * 0x80) != unit * 0x80) {
			break;
		}
		cursor_skip(nlri, FOUR);
	}
	return count;
}

/* IPv4 prefixes without path identifiers, counted; false where they do not fit: then bgp_count_nlri() says why. */
static inline bool
count_ipv4(const struct cursor *nlri, uint32_t *count)
{
	struct cursor here = cursor_same(nlri);
	unsigned longest = 0;
	for (*count = 0; cursor_left(&here) > 0; (*count)++) {
		*count += count_alike(&here);
		if (cursor_left(&here) == 0) {
			break;
		}
		unsigned bits = cursor_u8(&here);
		longest = bits > longest ? bits : longest;
		(void)cursor_bytes(&here, (bits + 7) / 8);
	}
	return !here.failed && longest <= 32;
}

/* The same for a field of the message itself, which has IPv4 unicast; a full table is a million of them. */
static inline void
count_field(struct walk *walk, bool withdrawn, const struct cursor *nlri)
{
	const struct bgp_family ipv4_unicast = {.afi = 1, .safi = 1};
	uint32_t count;
	if (cursor_left(nlri) == 0) {
		return;
	}
	if (walk->context->as_width == 0 || walk->context->add_path_count > 0 ||
		!count_ipv4(nlri, &count)) {
		count_run_of(walk, ipv4_unicast, withdrawn, nlri, BGP_FAULT_NLRI);
	} else if (withdrawn) {
		walk->message->update.withdrawn_count += count;
	} else {
		walk->message->update.announced_count += count;
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
check_mp_reach(struct walk *walk, const struct place *place)
{
	const struct bgp_attribute attribute = attribute_at(place);
	struct bgp_mp mp;
	if (!bgp_read_mp(&attribute, &mp) ||
		!next_hop_size_fits(mp.family, cursor_left(&mp.next_hop))) {
		note(walk, BGP_FAULT_MP_NLRI, place);
		return;
	}
	walk->has_mp_reach |= cursor_left(&mp.nlri) > 0;
	count_run(walk, mp.family, false, &mp.nlri, BGP_FAULT_MP_NLRI);
}

static void
check_mp_unreach(struct walk *walk, const struct place *place)
{
	const struct bgp_attribute attribute = attribute_at(place);
	struct bgp_mp mp;
	if (!bgp_read_mp(&attribute, &mp)) {
		note(walk, BGP_FAULT_MP_NLRI, place);
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

/* Whether the length of a value is one that its type has. Dividing takes as long as all the rest. */
static inline bool
length_fits(const struct attribute_form *form, uint32_t size)
{
	uint32_t unit = form->unit;
	return unit > 0 && size >= form->least && size <= form->greatest &&
		((unit & (unit - 1)) == 0 ? (size & (unit - 1)) == 0 : size % unit == 0);
}

/* What is wrong with an attribute before its value is looked at. Neither this nor its check, if it has one, is
 * inline or takes the place by reference: the loop over attributes has it in registers. */
static __attribute__((noinline)) void
note_odd(struct walk *walk, struct place at, bool fits)
{
	const struct place *place = &at;
	uint8_t flags = place->head[0], type = place->head[1];
	const struct attribute_form *form = &forms[type];
	bool assigned = form->unit > 0;
	if (!assigned && (flags & BGP_ATTRIBUTE_FLAG_OPTIONAL) == 0) {
		note(walk, BGP_FAULT_ATTRIBUTE_UNKNOWN, place);
	}
	if ((flags & form->mask) != form->value) {
		note(walk, BGP_FAULT_ATTRIBUTE_FLAGS, place);
	}
	if (is_seen(walk, type)) {
		note(walk, BGP_FAULT_ATTRIBUTE_DUPLICATE, place);
	}
	if (assigned && !fits) {
		note(walk, BGP_FAULT_ATTRIBUTE_LENGTH, place);
	}
}

static __attribute__((noinline)) void
check_value(struct walk *walk, struct place at)
{
	forms[at.head[1]].check(walk, &at);
}

/* The three that every UPDATE has are looked at here; what is wrong with one, if anything is, is for its check to say. */
static inline bool
is_plain(struct walk *walk, const struct place *place)
{
	struct cursor value = cursor_make(place->value, place->size);
	struct bgp_update *update = &walk->message->update;
	uint32_t number;
	bool zero;
	switch (place->head[1]) {
	case BGP_ATTRIBUTE_ORIGIN:
		return cursor_u8(&value) <= 2;
	case BGP_ATTRIBUTE_NEXT_HOP:
		number = cursor_u32(&value);
		return number != 0 && number < 0xe0000000;
	case BGP_ATTRIBUTE_AS_PATH:
		if (walk->context->as_width != 4 || !bgp_walk_as_path(&value, 4, &number, &zero) || zero) {
			return false;
		}
		update->first_as = number;
		update->as_path_offset = (uint32_t)(place->head - place->base);
		return true;
	default:
		return false;
	}
}

static inline void
check_attribute(struct walk *walk, const struct place *place)
{
	uint8_t type = place->head[1];
	const struct attribute_form *form = &forms[type];
	uint64_t *seen = &walk->seen[type / 64];
	uint64_t bit = (uint64_t)1 << type % 64;
	bool fits = length_fits(form, (uint32_t)place->size);
	if (!fits || (place->head[0] & form->mask) != form->value || (*seen & bit) != 0) {
		note_odd(walk, *place, fits);
	}
	*seen |= bit;
	walk->count++;
	if (fits && form->check != NULL && !is_plain(walk, place)) {
		check_value(walk, *place);
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
	struct cursor list = cursor_same(&walk->message->update.attributes);
	struct place place;
	while (take_place(&list, &place)) {
		check_attribute(walk, &place);
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
	cursor_take_into(body, withdrawn, &update->withdrawn);
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
	if (!cursor_take_into(body, attributes_size, &update->attributes)) {
		body->failed = false;
		cursor_take_into(body, cursor_left(body), &update->attributes);
		body->base = body->at = body->end = message->raw.base; /* no NLRI */
	}
	cursor_take_into(body, cursor_left(body), &update->nlri);
	/* One by one: gcc would clear all of it first, which takes as long as to read a short UPDATE. */
	update->announced_count = update->withdrawn_count = 0;
	update->seen = 0;
	update->first_as = update->as_path_offset = 0;
	update->opaque = update->end_of_rib = false;
	update->end_of_rib_family = (struct bgp_family){0};
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
bgp_decode_update(struct bgp_message *message, struct cursor *body,
	const struct bgp_context *context)
{
	struct bgp_update *update = &message->update;
	struct walk walk = {.message = message, .context = context};
	message->body_read = take_fields(message, body, &walk.has_nlri);
	if (!message->body_read) {
		*update = (struct bgp_update){0};
		return;
	}
	count_field(&walk, true, &update->withdrawn);
	walk_attributes(&walk);
	count_field(&walk, false, &update->nlri);
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
