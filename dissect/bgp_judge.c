/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a conforming receiver makes of a message.
 *
 * The decoders find what is malformed; judging is to say of each fault which element it is, which
 * octet, and what is done about it. RFC 4271 section 6 knows one answer, a NOTIFICATION; RFC 7606 has
 * milder ones for UPDATEs, by attribute (judgement.def). What only the OPENs make wrong is bgp_judge_peers.c's.
 */
#include "dissect/bgp_judge_internal.h"

struct rule {
	enum bgp_action action;
	const char *rfc;
};

static const struct rule malformed_rules[256] = {
#define MALFORMED(id, action, rfc) [BGP_ATTRIBUTE_##id] = {BGP_ACTION_##action, rfc},
#include "dissect/judgement.def"
#undef MALFORMED
};

static const struct rule flags_rules[256] = {
#define FLAGS(id, action, rfc) [BGP_ATTRIBUTE_##id] = {BGP_ACTION_##action, rfc},
#include "dissect/judgement.def"
#undef FLAGS
};

void
judge_add(struct judge *judge, const struct bgp_verdict *verdict)
{
	struct bgp_verdicts *all = judge->verdicts;
	for (size_t i = 0; i < all->count; i++) {
		if (all->list[i].code == verdict->code && all->list[i].offset == verdict->offset &&
			all->list[i].attribute == verdict->attribute) {
			return;
		}
	}
	if (all->count == BGP_VERDICTS_MAX) {
		all->more = true;
		return;
	}
	all->list[all->count++] = *verdict;
}

/* A verdict with what faults.def says. */
struct bgp_verdict
judge_verdict(enum bgp_fault_code code, size_t offset, size_t length)
{
	struct bgp_verdict v = {
		.code = code,
		.action = bgp_fault_action(code),
		.rfc = bgp_fault_rfc(code),
		.action_rfc = bgp_fault_rfc(code),
		.offset = (uint32_t)offset,
		.length = (uint32_t)length,
		.octet = (uint32_t)offset,
		.attribute = -1,
	};
	bgp_fault_notification(code, &v.error, &v.subcode);
	return v;
}

struct bgp_verdict
judge_verdict_of_attribute(enum bgp_fault_code code, const struct bgp_attribute *attribute)
{
	size_t end = (size_t)(attribute->value.end - attribute->value.base);
	struct bgp_verdict v = judge_verdict(code, attribute->offset, end - attribute->offset);
	v.attribute = attribute->type;
	v.octet = (uint32_t)cursor_offset(&attribute->value);
	return v;
}

static void
take_rule(struct bgp_verdict *v, const struct rule *rule)
{
	if (rule->rfc != NULL) {
		v->action = rule->action;
		v->action_rfc = rule->rfc;
	}
}

const char *
judge_malformed_rfc(uint8_t type)
{
	return malformed_rules[type].rfc;
}

/* A cursor at `offset` of the message. */
static struct cursor
cursor_at(const struct bgp_message *message, size_t offset)
{
	struct cursor c = message->raw;
	cursor_skip(&c, offset);
	return c;
}

bool
judge_attribute_at(const struct bgp_message *message, size_t offset, struct bgp_attribute *attribute)
{
	struct cursor list = message->update.attributes;
	cursor_skip(&list, offset - cursor_offset(&list));
	return bgp_next_attribute(&list, attribute);
}

static bool
is_mp(uint8_t type)
{
	return type == BGP_ATTRIBUTE_MP_REACH_NLRI || type == BGP_ATTRIBUTE_MP_UNREACH_NLRI;
}

/* RFC 7606 section 4: an attribute, or its header, is longer than what is left of the field. What
 * lacks is octets, so the Malformed Attribute List of RFC 4271 section 6.3 is the code. */
static void
judge_overrun(struct judge *judge, size_t offset)
{
	const struct cursor *field = &judge->message->update.attributes;
	size_t end = (size_t)(field->end - field->base);
	struct cursor c = *field;
	struct bgp_verdict v = judge_verdict(BGP_FAULT_ATTRIBUTE_LENGTH, offset, end - offset);
	cursor_skip(&c, offset - cursor_offset(&c));
	uint8_t flags = cursor_u8(&c);
	uint8_t type = cursor_u8(&c);
	v.rfc = v.action_rfc = "RFC 7606 section 4";
	v.subcode = 1;
	if (!c.failed) {
		v.attribute = type;
		v.octet = (uint32_t)cursor_offset(&c);
		v.value = (flags & BGP_ATTRIBUTE_FLAG_EXTENDED_LENGTH) != 0 ? cursor_u16(&c)
									   : cursor_u8(&c);
		v.expected = (uint32_t)(end - cursor_offset(&c));
	}
	judge_add(judge, &v);
}

/* The first number of `path` that is 0; where there is none, the start. */
static uint32_t
octet_of_as_zero(struct cursor path, uint8_t width)
{
	struct bgp_as_segment segment;
	uint32_t start = (uint32_t)cursor_offset(&path), asn;
	while (bgp_next_as_segment(&path, width, &segment)) {
		uint32_t at = (uint32_t)cursor_offset(&segment.asns);
		while (bgp_next_asn(&segment, &asn)) {
			if (asn == 0) {
				return at;
			}
			at = (uint32_t)cursor_offset(&segment.asns);
		}
	}
	return start;
}

/* The segment of an AS_PATH that is no segment: its type, or where its numbers are to be. */
static void
find_bad_segment(struct bgp_verdict *v, struct cursor path, uint8_t width)
{
	struct bgp_as_segment segment;
	for (;;) {
		v->octet = (uint32_t)cursor_offset(&path);
		if (!bgp_next_as_segment(&path, width, &segment)) {
			return;
		}
		v->value = segment.type;
		if (segment.type < 1 || segment.type > 4) {
			return;
		}
		if (segment.count == 0) {
			v->octet++;
			return;
		}
	}
}

static void
find_octet(const struct judge *judge, struct bgp_verdict *v, const struct bgp_attribute *attribute)
{
	struct cursor value = attribute->value;
	uint8_t width = attribute->type == BGP_ATTRIBUTE_AS4_PATH ? 4
		: judge->context->agreed->as_width != 0 ? judge->context->agreed->as_width : 4;
	switch (v->code) {
	case BGP_FAULT_ATTRIBUTE_FLAGS:
	case BGP_FAULT_ATTRIBUTE_UNKNOWN:
		v->octet = attribute->offset;
		v->value = attribute->flags;
		break;
	case BGP_FAULT_ATTRIBUTE_DUPLICATE:
		v->octet = attribute->offset;
		break;
	case BGP_FAULT_ATTRIBUTE_LENGTH:
		v->octet = attribute->offset + 2;
		v->value = (uint32_t)cursor_left(&value);
		break;
	case BGP_FAULT_ATTRIBUTE_TLV:
		(void)bgp_attribute_tlvs_fit(attribute, &v->octet);
		break;
	case BGP_FAULT_ORIGIN:
		v->value = cursor_u8(&value);
		break;
	case BGP_FAULT_NEXT_HOP:
		v->value = cursor_u32(&value);
		break;
	case BGP_FAULT_AS_PATH:
		find_bad_segment(v, value, width);
		break;
	case BGP_FAULT_AS_ZERO:
		if (attribute->type == BGP_ATTRIBUTE_AS_PATH ||
			attribute->type == BGP_ATTRIBUTE_AS4_PATH) {
			v->octet = octet_of_as_zero(value, width);
		} else {
			v->error = 3;
			v->subcode = 9;
		}
		break;
	default:
		break;
	}
}

static void
judge_attribute(struct judge *judge, const struct bgp_fault *fault)
{
	struct bgp_attribute attribute;
	if (!judge_attribute_at(judge->message, fault->offset, &attribute)) {
		judge_overrun(judge, fault->offset);
		return;
	}
	struct bgp_verdict v = judge_verdict_of_attribute(fault->code, &attribute);
	const struct rule *rule = &malformed_rules[attribute.type];
	switch (fault->code) {
	case BGP_FAULT_ATTRIBUTE_UNKNOWN:
		break; /* RFC 7606 leaves it as it was */
	case BGP_FAULT_ATTRIBUTE_DUPLICATE:
		v.rfc = "RFC 4271 section 6.3";
		v.action_rfc = "RFC 7606 section 3 g";
		if (is_mp(attribute.type)) {
			v.action = BGP_ACTION_SESSION_RESET;
		}
		break;
	case BGP_FAULT_ATTRIBUTE_FLAGS:
		v.rfc = "RFC 4271 section 6.3";
		v.action_rfc = "RFC 7606 section 3 c";
		take_rule(&v, &flags_rules[attribute.type]);
		break;
	case BGP_FAULT_AS_ZERO:
		take_rule(&v, rule);
		break;
	case BGP_FAULT_ATTRIBUTE_LENGTH:
		v.action_rfc = "RFC 7606 section 4";
		/* fall through */
	default:
		v.rfc = "RFC 4271 section 6.3";
		take_rule(&v, rule);
		break;
	}
	find_octet(judge, &v, &attribute);
	judge_add(judge, &v);
}

/* The attribute that has the octet at `offset` inside its value. */
static bool
attribute_around(const struct bgp_message *message, size_t offset, struct bgp_attribute *attribute)
{
	struct cursor list = message->update.attributes;
	while (bgp_next_attribute(&list, attribute)) {
		if (offset >= attribute->offset && offset < cursor_offset(&list)) {
			return true;
		}
	}
	return false;
}

/* A stretch of NLRI in an attribute, or the attribute itself (RFC 7606 sections 5.3 and 7.11). */
static void
judge_mp(struct judge *judge, const struct bgp_fault *fault)
{
	struct bgp_attribute attribute;
	if (!attribute_around(judge->message, fault->offset, &attribute)) {
		struct bgp_verdict v = judge_verdict(fault->code, fault->offset, 0);
		judge_add(judge, &v);
		return;
	}
	struct bgp_verdict v = judge_verdict_of_attribute(fault->code, &attribute);
	v.rfc = attribute.type == BGP_ATTRIBUTE_MP_REACH_NLRI ? "RFC 4760 section 3"
							       : "RFC 4760 section 4";
	v.action_rfc = "RFC 7606 section 5.3";
	v.offset = fault->offset;
	if (fault->offset != attribute.offset) {
		v.octet = fault->offset;
		struct cursor c = cursor_at(judge->message, fault->offset);
		v.value = cursor_u8(&c);
		v.length = 1;
	} else if (attribute.type == BGP_ATTRIBUTE_MP_REACH_NLRI &&
		cursor_left(&attribute.value) >= 4) {
		struct cursor c = attribute.value;
		cursor_skip(&c, 3);
		v.octet = (uint32_t)cursor_offset(&c);
		v.value = cursor_u8(&c);
		take_rule(&v, &malformed_rules[attribute.type]);
	} else {
		v.octet = attribute.offset + 2;
		v.value = (uint32_t)cursor_left(&attribute.value);
	}
	judge_add(judge, &v);
}

void
judge_missing_attribute(struct judge *judge, uint8_t type)
{
	const struct cursor *field = &judge->message->update.attributes;
	struct bgp_verdict v = judge_verdict(BGP_FAULT_ATTRIBUTE_MISSING, cursor_offset(field),
		cursor_left(field));
	v.attribute = type;
	v.action_rfc = "RFC 7606 section 3 d";
	judge_add(judge, &v);
}

/* RFC 4271 section 6.3: the Data field names the attribute, so each that is missing is a verdict. */
static void
judge_missing(struct judge *judge)
{
	bool in_field;
	if (!judge_announces(judge->message, &in_field)) {
		return;
	}
	if (!judge_has_attribute(judge->message, BGP_ATTRIBUTE_ORIGIN)) {
		judge_missing_attribute(judge, BGP_ATTRIBUTE_ORIGIN);
	}
	if (!judge_has_attribute(judge->message, BGP_ATTRIBUTE_AS_PATH)) {
		judge_missing_attribute(judge, BGP_ATTRIBUTE_AS_PATH);
	}
	if (in_field && !judge_has_attribute(judge->message, BGP_ATTRIBUTE_NEXT_HOP)) {
		judge_missing_attribute(judge, BGP_ATTRIBUTE_NEXT_HOP);
	}
}

/* RFC 4271 section 6.4: there is no answer to a NOTIFICATION that is malformed itself. */
static void
judge_header(struct judge *judge, const struct bgp_fault *fault)
{
	const struct bgp_message *m = judge->message;
	struct bgp_verdict v = judge_verdict(fault->code, fault->offset, 2);
	v.value = m->length;
	if (fault->code == BGP_FAULT_MARKER) {
		v.offset = 0;
		v.length = BGP_MARKER_SIZE;
		v.expected = m->type;
	} else if (fault->code == BGP_FAULT_TYPE) {
		v.length = 1;
		v.value = m->type;
	}
	if (m->type == BGP_NOTIFICATION && fault->code != BGP_FAULT_MARKER) {
		v.action = BGP_ACTION_IGNORE;
		v.action_rfc = "RFC 4271 section 6.4";
	}
	judge_add(judge, &v);
}

/* The capability or parameter whose header is at `offset`, or a field of the fixed part. */
static void
judge_open(struct judge *judge, const struct bgp_fault *fault)
{
	static const struct {
		enum bgp_fault_code code;
		uint8_t size;
	} fields[] = {{BGP_FAULT_OPEN_VERSION, 1}, {BGP_FAULT_OPEN_AS_ZERO, 2},
		{BGP_FAULT_OPEN_HOLD_TIME, 2}, {BGP_FAULT_OPEN_BGP_ID, 4},
		{BGP_FAULT_OPEN_PARAMETER_TYPE, 1}, {BGP_FAULT_OPEN_CAPABILITY, 2}};
	struct bgp_verdict v = judge_verdict(fault->code, fault->offset, 1);
	struct cursor c = cursor_at(judge->message, fault->offset);
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		if (fields[i].code == fault->code) {
			v.length = fields[i].size;
		}
	}
	switch (v.length) {
	case 1:
		v.value = cursor_u8(&c);
		break;
	case 2:
		v.value = fault->code == BGP_FAULT_OPEN_CAPABILITY ? cursor_u8(&c) : cursor_u16(&c);
		break;
	default:
		v.value = cursor_u32(&c);
		break;
	}
	judge_add(judge, &v);
}

/* RFC 7313 section 5 has the NOTIFICATION for BoRR and EoRR only; entries of an ORF that do not fit
 * (RFC 5291) have none. */
static void
judge_refresh(struct judge *judge, const struct bgp_fault *fault)
{
	const struct bgp_message *m = judge->message;
	struct bgp_verdict v = judge_verdict(fault->code, fault->offset, 2);
	v.value = m->length;
	if (m->route_refresh.subtype == 0) {
		v.action = BGP_ACTION_IGNORE;
		v.error = v.subcode = 0;
		v.rfc = v.action_rfc = "RFC 5291 section 4";
	}
	judge_add(judge, &v);
}

/* The fields of an UPDATE and their prefixes (RFC 7606 sections 3 b and 5.3), and the rest. */
static void
judge_other(struct judge *judge, const struct bgp_fault *fault)
{
	const struct bgp_family ipv4_unicast = {.afi = 1, .safi = 1};
	struct bgp_verdict v = judge_verdict(fault->code, fault->offset, 1);
	struct cursor c = cursor_at(judge->message, fault->offset);
	if (fault->code == BGP_FAULT_UPDATE_LENGTHS) {
		v.length = 2;
		v.value = cursor_u16(&c);
		v.action_rfc = "RFC 7606 section 3 b";
	} else if (fault->code == BGP_FAULT_NLRI) {
		if (bgp_has_add_path(judge->context->agreed, ipv4_unicast, &c)) {
			cursor_skip(&c, 4);
		}
		v.octet = (uint32_t)cursor_offset(&c);
		v.value = cursor_u8(&c);
		v.rfc = "RFC 4271 section 6.3";
		v.action_rfc = "RFC 7606 section 5.3";
	}
	judge_add(judge, &v);
}

static void
judge_fault(struct judge *judge, const struct bgp_fault *fault)
{
	switch (fault->code) {
	case BGP_FAULT_MARKER:
	case BGP_FAULT_LENGTH:
	case BGP_FAULT_TYPE_LENGTH:
	case BGP_FAULT_TYPE:
		judge_header(judge, fault);
		break;
	case BGP_FAULT_ATTRIBUTE_LENGTH:
	case BGP_FAULT_ATTRIBUTE_FLAGS:
	case BGP_FAULT_ATTRIBUTE_DUPLICATE:
	case BGP_FAULT_ATTRIBUTE_UNKNOWN:
	case BGP_FAULT_ATTRIBUTE_TLV:
	case BGP_FAULT_ORIGIN:
	case BGP_FAULT_AS_PATH:
	case BGP_FAULT_NEXT_HOP:
	case BGP_FAULT_AS_ZERO:
		judge_attribute(judge, fault);
		break;
	case BGP_FAULT_ATTRIBUTE_MISSING:
		judge_missing(judge);
		break;
	case BGP_FAULT_MP_NLRI:
		judge_mp(judge, fault);
		break;
	case BGP_FAULT_ROUTE_REFRESH_LENGTH:
		judge_refresh(judge, fault);
		break;
	default:
		if (judge->message->type == BGP_OPEN) {
			judge_open(judge, fault);
		} else {
			judge_other(judge, fault);
		}
		break;
	}
}

/*
 * RFC 7606 section 5.2: an UPDATE that has attributes besides MP_UNREACH_NLRI and announces nothing
 * may have lost what it announced; then treat-as-withdraw would not do.
 */
static void
judge_without_nlri(struct judge *judge)
{
	const struct bgp_message *m = judge->message;
	bool in_field;
	if (judge_announces(m, &in_field) || m->truncated ||
		judge_has_attribute(m, BGP_ATTRIBUTE_MP_REACH_NLRI)) {
		return;
	}
	for (size_t i = 0; i < judge->verdicts->count; i++) {
		struct bgp_verdict *v = &judge->verdicts->list[i];
		if (v->action == BGP_ACTION_TREAT_AS_WITHDRAW) {
			v->action = BGP_ACTION_SESSION_RESET;
			v->action_rfc = "RFC 7606 section 5.2";
		}
	}
}

/* Where the header is wrong, or the fields of an UPDATE do not fit the message, what seems to be inside
 * is not. */
static bool
hides_the_rest(enum bgp_fault_code code)
{
	return code == BGP_FAULT_MARKER || code == BGP_FAULT_LENGTH ||
		code == BGP_FAULT_TYPE_LENGTH || code == BGP_FAULT_TYPE ||
		code == BGP_FAULT_UPDATE_LENGTHS;
}

void
bgp_judge(const struct bgp_message *message, const struct bgp_judge_context *context,
	struct bgp_verdicts *verdicts)
{
	struct bgp_message again;
	struct bgp_faults faults;
	struct judge judge = {.message = &again, .context = context, .verdicts = verdicts};
	*verdicts = (struct bgp_verdicts){0};
	bgp_decode_all(message->raw.base, (size_t)(message->raw.end - message->raw.base),
		context->agreed, &again, &faults);
	verdicts->more = faults.more;
	if (again.fault.code != BGP_FAULT_NONE) {
		judge_fault(&judge, &again.fault); /* of an OPEN it is not the first that was met */
	}
	for (size_t i = 0; i < faults.count && !hides_the_rest(again.fault.code); i++) {
		judge_fault(&judge, &faults.list[i]);
	}
	if (!again.body_read) {
		return;
	}
	switch (again.type) {
	case BGP_OPEN:
		judge_open_by_peer(&judge);
		break;
	case BGP_UPDATE:
		judge_update_by_peers(&judge);
		judge_without_nlri(&judge);
		break;
	case BGP_ROUTE_REFRESH:
	case BGP_ROUTE_REFRESH_CISCO:
		judge_refresh_by_peer(&judge);
		break;
	default:
		break;
	}
}

const struct bgp_verdict *
bgp_verdicts_worst(const struct bgp_verdicts *verdicts)
{
	const struct bgp_verdict *worst = NULL;
	for (size_t i = 0; i < verdicts->count; i++) {
		if (worst == NULL || verdicts->list[i].action > worst->action) {
			worst = &verdicts->list[i];
		}
	}
	return worst;
}
