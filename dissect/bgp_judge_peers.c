/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rules that need more than the octets: who is an internal peer, which families and roles both OPENs
 * have. They are held only where the OPENs were seen; what they find is a fault where an RFC forbids
 * it, and else a note, which explains a NOTIFICATION that follows and accuses nobody (RFC 4271
 * section 6.3 leaves the check of the leftmost AS to the receiver, and a route server does not
 * prepend its own, RFC 7947).
 */
#include "dissect/bgp_judge_internal.h"

enum relation { RELATION_UNKNOWN, RELATION_INTERNAL, RELATION_EXTERNAL };

/*
 * Peers of one AS are internal. Peers of two are external, unless they are members of one
 * confederation: those begin their AS_PATH with an AS_CONFED_SEQUENCE (RFC 5065 section 4), and have
 * LOCAL_PREF and all else as internal ones.
 */
static enum relation
relation_of(const struct bgp_message *message, const struct bgp_judge_context *context)
{
	if (context->sender == NULL || context->receiver == NULL) {
		return RELATION_UNKNOWN;
	}
	if (context->sender->asn == context->receiver->asn) {
		return RELATION_INTERNAL;
	}
	return message->update.first_as != 0 ? RELATION_EXTERNAL : RELATION_UNKNOWN;
}

static const uint64_t internal_only = (uint64_t)1 << BGP_ATTRIBUTE_LOCAL_PREF |
	(uint64_t)1 << BGP_ATTRIBUTE_ORIGINATOR_ID | (uint64_t)1 << BGP_ATTRIBUTE_CLUSTER_LIST;
static const uint64_t as4_only =
	(uint64_t)1 << BGP_ATTRIBUTE_AS4_PATH | (uint64_t)1 << BGP_ATTRIBUTE_AS4_AGGREGATOR;

/* The sender's AS as AS_PATH has it. */
static uint32_t
sender_as(const struct bgp_judge_context *context)
{
	uint32_t asn = context->sender->asn;
	return context->agreed->as_width == 2 && asn > 0xffff ? BGP_AS_TRANS : asn;
}

static struct bgp_verdict
verdict_of_first_as(const struct bgp_message *message, const struct bgp_attribute *attribute,
	const struct bgp_judge_context *context)
{
	struct bgp_verdict v = judge_verdict_of_attribute(BGP_FAULT_FIRST_AS, attribute);
	v.action_rfc = "RFC 7606 section 7.2";
	v.octet += 2; /* behind the type and count of the segment */
	v.value = message->update.first_as;
	v.expected = sender_as(context);
	return v;
}

static void
judge_by_peers(struct judge *judge, const struct bgp_attribute *attribute, enum relation relation)
{
	const struct bgp_judge_context *context = judge->context;
	struct cursor value = attribute->value;
	uint64_t bit = attribute->type < 64 ? (uint64_t)1 << attribute->type : 0;
	struct bgp_verdict v;
	if (relation == RELATION_EXTERNAL && (bit & internal_only) != 0) {
		v = judge_verdict_of_attribute(BGP_FAULT_INTERNAL_ONLY, attribute);
		v.octet = attribute->offset;
		if (attribute->type != BGP_ATTRIBUTE_LOCAL_PREF) {
			v.rfc = judge_malformed_rfc(attribute->type);
		}
		v.action_rfc = judge_malformed_rfc(attribute->type);
		judge_add(judge, &v);
	}
	if (context->agreed->as_width == 4 && (bit & as4_only) != 0) {
		v = judge_verdict_of_attribute(BGP_FAULT_AS4_UNNEEDED, attribute);
		v.octet = attribute->offset;
		v.action_rfc = "RFC 6793 section 6";
		judge_add(judge, &v);
	}
	if (attribute->type == BGP_ATTRIBUTE_AS_PATH && relation == RELATION_EXTERNAL &&
		attribute->offset == judge->message->update.as_path_offset &&
		judge->message->update.first_as != sender_as(context)) {
		v = verdict_of_first_as(judge->message, attribute, context);
		judge_add(judge, &v);
	}
	if (attribute->type == BGP_ATTRIBUTE_NEXT_HOP && context->receiver_address.family == 4 &&
		cursor_left(&value) == 4) {
		struct address next_hop = address_read(&value, 4);
		if (address_equal(&next_hop, &context->receiver_address)) {
			v = judge_verdict_of_attribute(BGP_FAULT_NEXT_HOP_OWN, attribute);
			value = attribute->value;
			v.value = cursor_u32(&value);
			judge_add(judge, &v);
		}
	}
}

/* The role of RFC 9234 section 4.1; false where there is none, or more than one. */
static bool
find_role(const struct bgp_open *open, uint8_t *role, uint32_t *offset)
{
	struct bgp_capability_iter iter = bgp_capabilities(open);
	struct bgp_capability cap;
	bool found = false;
	while (bgp_offers(open, BGP_CAPABILITY_ROLE) && bgp_next_capability(&iter, &cap)) {
		if (cap.code == BGP_CAPABILITY_ROLE && !cap.malformed) {
			if (found && *role != cap.role.value) {
				return false;
			}
			*role = cap.role.value;
			*offset = cap.offset;
			found = true;
		}
	}
	return found;
}

enum { PROVIDER, RS, RS_CLIENT, CUSTOMER, PEER };

/* RFC 9234 section 5, ingress: 1 and 2; only where both have a role. */
static void
judge_otc(struct judge *judge, const struct bgp_attribute *attribute)
{
	const struct bgp_judge_context *context = judge->context;
	uint8_t sender, receiver;
	uint32_t offset;
	struct cursor value = attribute->value;
	if (attribute->type != BGP_ATTRIBUTE_OTC || cursor_left(&value) != 4 ||
		context->sender == NULL || context->receiver == NULL ||
		!find_role(context->sender, &sender, &offset) ||
		!find_role(context->receiver, &receiver, &offset)) {
		return;
	}
	uint32_t asn = cursor_u32(&value);
	if (sender == CUSTOMER || sender == RS_CLIENT ||
		(sender == PEER && asn != context->sender->asn)) {
		struct bgp_verdict v = judge_verdict_of_attribute(BGP_FAULT_ROUTE_LEAK, attribute);
		v.value = asn;
		judge_add(judge, &v);
	}
}

static bool
family_agreed(const struct bgp_judge_context *context, struct bgp_family family)
{
	struct bgp_family families[BGP_CONTEXT_FAMILIES];
	if (context->sender == NULL || context->receiver == NULL) {
		return true;
	}
	size_t count = bgp_common_families(context->sender, context->receiver, families,
		BGP_CONTEXT_FAMILIES);
	for (size_t i = 0; i < count; i++) {
		if (bgp_family_equal(families[i], family)) {
			return true;
		}
	}
	return count == BGP_CONTEXT_FAMILIES; /* the list may be longer than that */
}

static void
judge_family(struct judge *judge, struct bgp_family family, size_t offset, int16_t attribute)
{
	if (!family_agreed(judge->context, family)) {
		struct bgp_verdict v = judge_verdict(BGP_FAULT_FAMILY, offset, 3);
		v.attribute = attribute;
		v.value = (uint32_t)family.afi << 8 | family.safi;
		judge_add(judge, &v);
	}
}

void
judge_update_by_peers(struct judge *judge)
{
	const struct bgp_message *m = judge->message;
	enum relation relation = relation_of(m, judge->context);
	struct cursor list = m->update.attributes;
	struct bgp_attribute attribute;
	bool in_field;
	while (bgp_next_attribute(&list, &attribute)) {
		struct bgp_mp mp;
		judge_by_peers(judge, &attribute, relation);
		judge_otc(judge, &attribute);
		if (bgp_read_mp(&attribute, &mp)) {
			judge_family(judge, mp.family, cursor_offset(&attribute.value),
				attribute.type);
		}
	}
	if (judge_announces(m, &in_field) && in_field) {
		judge_family(judge, (struct bgp_family){.afi = 1, .safi = 1},
			cursor_offset(&m->update.nlri), -1);
	}
	/* RFC 4271 section 5.1.5: it is in all UPDATEs to internal peers. */
	if (relation == RELATION_INTERNAL && !list.failed && !m->truncated &&
		judge_announces(m, &in_field) && !judge_has_attribute(m, BGP_ATTRIBUTE_LOCAL_PREF)) {
		judge_missing_attribute(judge, BGP_ATTRIBUTE_LOCAL_PREF);
	}
}

/* RFC 9234 section 4.2, table 2. */
static bool
roles_fit(uint8_t a, uint8_t b)
{
	static const uint8_t other[] = {
		[PROVIDER] = CUSTOMER,
		[RS] = RS_CLIENT,
		[RS_CLIENT] = RS,
		[CUSTOMER] = PROVIDER,
		[PEER] = PEER,
	};
	return a < sizeof(other) && b == other[a];
}

void
judge_open_by_peer(struct judge *judge)
{
	const struct bgp_open *sender = &judge->message->open;
	const struct bgp_open *receiver = judge->context->receiver;
	if (receiver == NULL) {
		return;
	}
	if (sender->asn == receiver->asn && sender->bgp_id == receiver->bgp_id &&
		sender->bgp_id != 0) {
		struct bgp_verdict v = judge_verdict(BGP_FAULT_OPEN_SAME_ID, 24, 4);
		v.value = sender->bgp_id;
		judge_add(judge, &v);
	}
	uint8_t own, other;
	uint32_t at, offset;
	if (sender->asn != receiver->asn && find_role(sender, &own, &at) &&
		find_role(receiver, &other, &offset) && !roles_fit(own, other)) {
		struct bgp_verdict v = judge_verdict(BGP_FAULT_OPEN_ROLE, at, 3);
		v.octet = at + 2;
		v.value = own;
		v.expected = other;
		judge_add(judge, &v);
	}
}

void
judge_refresh_by_peer(struct judge *judge)
{
	const struct bgp_message *m = judge->message;
	judge_family(judge, m->route_refresh.family, BGP_HEADER_SIZE, -1);
	if (m->type == BGP_ROUTE_REFRESH && m->route_refresh.subtype > 2) {
		struct bgp_verdict v = judge_verdict(BGP_FAULT_REFRESH_SUBTYPE, 21, 1);
		v.value = m->route_refresh.subtype;
		judge_add(judge, &v);
	}
}

/* Whether an UPDATE without a fault has more to be judged than its leftmost AS. */
static bool
update_wants(const struct bgp_update *update, const struct bgp_judge_context *context,
	enum relation relation)
{
	return (relation == RELATION_EXTERNAL && (update->seen & internal_only) != 0) ||
		(relation == RELATION_INTERNAL && update->announced_count > 0 &&
			(update->seen >> BGP_ATTRIBUTE_LOCAL_PREF & 1) == 0) ||
		(context->agreed->as_width == 4 && (update->seen & as4_only) != 0) ||
		(update->seen >> BGP_ATTRIBUTE_OTC & 1) != 0;
}

enum bgp_judge_need
bgp_judge_need(const struct bgp_message *message, const struct bgp_judge_context *context)
{
	if (message->fault.code != BGP_FAULT_NONE) {
		return BGP_JUDGE_ALL;
	}
	if (!message->body_read || message->type == BGP_KEEPALIVE) {
		return BGP_JUDGE_NOTHING;
	}
	if (message->type != BGP_UPDATE) {
		return BGP_JUDGE_ALL;
	}
	enum relation relation = relation_of(message, context);
	if (update_wants(&message->update, context, relation)) {
		return BGP_JUDGE_ALL;
	}
	return relation == RELATION_EXTERNAL && message->update.first_as != sender_as(context)
		? BGP_JUDGE_FIRST_AS : BGP_JUDGE_NOTHING;
}

struct bgp_verdict
bgp_judge_first_as(const struct bgp_message *message, const struct bgp_judge_context *context)
{
	struct bgp_attribute attribute = {.type = BGP_ATTRIBUTE_AS_PATH};
	judge_attribute_at(message, message->update.as_path_offset, &attribute);
	return verdict_of_first_as(message, &attribute, context);
}
