/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A BGP message as fields: the header and the frames of each type (RFC 4271 section 4). What is in
 * a capability, an attribute or an NLRI is told by the function in the row of its table. The octets
 * are read again rather than taken from the decoded value, because a field is also where it stands;
 * what they mean (which parameters, which capability, which prefix) is asked of the decoders.
 */
#include "dissect/bgp_fields.h"
#include "dissect/bgp_walk.h"

static bgp_message_fields *const message_fields[256] = {
#define MESSAGE(number, id, name, least, greatest, decoder, fields) [number] = fields,
#include "dissect/messages.def"
#undef MESSAGE
};

static bgp_capability_fields *const capability_fields[256] = {
#define CAPABILITY(code, id, name, rfc, decoder, fields) [code] = fields,
#include "dissect/capabilities.def"
#undef CAPABILITY
};

static bgp_attribute_fields *const attribute_fields[256] = {
#define ATTRIBUTE(type, id, name, rfc, class, least, greatest, unit, check, fields) \
	[type] = fields,
#include "dissect/attributes.def"
#undef ATTRIBUTE
};

struct bgp_family
bgp_field_family(struct fields *f, struct cursor *c)
{
	struct bgp_family family;
	family.afi = (uint16_t)field_named(f, c, 2, "Address Family Identifier", bgp_afi_name);
	family.safi = (uint8_t)field_named(f, c, 1, "Subsequent Address Family Identifier",
		bgp_safi_name);
	return family;
}

static const char *
capability_name(uint64_t code)
{
	return bgp_capability_name((uint8_t)code);
}

static void
tell_capability(struct fields *f, struct cursor *list)
{
	struct cursor whole = *list;
	struct bgp_capability cap;
	if (!bgp_next_capability_in(list, &cap)) {
		return;
	}
	struct cursor c = field_span(&whole, list);
	if (list->failed) {
		c = cursor_rest(&whole);
	}
	field_tell(f, c,
		(struct field){
			.name = "Capability",
			.kind = FIELD_GROUP,
			.text = bgp_capability_name(cap.code),
			.malformed = cap.malformed && f->cut != c.end,
			.bytes = c,
		});
	f->depth++;
	field_named(f, &c, 1, "Capability Code", capability_name);
	size_t length = (size_t)field_number(f, &c, 1, "Capability Length");
	bgp_fields_capability_value(f, &c, cap.code, length);
	field_end(f, &c);
}

void
bgp_fields_capability_value(struct fields *f, struct cursor *c, uint8_t code, size_t length)
{
	if (capability_fields[code] != NULL && cursor_left(c) >= length) {
		struct cursor value = cursor_take(c, length);
		capability_fields[code](f, &value);
		field_surplus(f, &value);
	} else if (length > 0) {
		field_bytes(f, c, length, "Capability Value");
	}
}

void
bgp_fields_capabilities(struct fields *f, struct cursor *list)
{
	while (cursor_left(list) > 0) {
		tell_capability(f, list);
	}
}

static const char *
parameter_name(uint64_t type)
{
	return type == 1 ? "Authentication (deprecated)"
		: type == BGP_PARAMETER_CAPABILITIES ? "Capabilities"
		: type == 255 ? "Extended Length" : NULL;
}

static void
tell_parameters(struct fields *f, struct cursor *list, bool extended)
{
	while (cursor_left(list) > 0) {
		struct cursor next = *list;
		struct bgp_parameter parameter;
		struct cursor c = next;
		if (bgp_next_parameter(&next, extended, &parameter) && !next.failed) {
			c = field_span(list, &next);
			cursor_skip(list, cursor_left(&c));
		} else {
			c = cursor_rest(list);
		}
		field_tell(f, c,
			(struct field){
				.name = "Optional Parameter",
				.kind = FIELD_GROUP,
				.text = parameter_name(parameter.type),
				.malformed = next.failed && f->cut != c.end,
				.bytes = c,
			});
		f->depth++;
		field_named(f, &c, 1, "Parm. Type", parameter_name);
		size_t length = (size_t)field_number(f, &c, extended ? 2 : 1, "Parm. Length");
		struct cursor value = field_take(f, &c, length, "Parameter Value", NULL);
		if (parameter.type == BGP_PARAMETER_CAPABILITIES) {
			bgp_fields_capabilities(f, &value);
		} else if (parameter.type == 1) {
			field_number(f, &value, 1, "Authentication Code");
			field_rest(f, &value, "Authentication Data");
		} else {
			field_rest(f, &value, "Octets");
		}
		field_end(f, &value);
		field_end(f, &c);
	}
}

void
bgp_fields_open(struct fields *f, struct cursor *body, const struct bgp_message *message,
	const struct bgp_context *context)
{
	(void)context;
	bool extended = message->body_read && message->open.extended_parameters;
	field_number(f, body, 1, "Version");
	field_number(f, body, 2, "My Autonomous System");
	field_number(f, body, 2, "Hold Time");
	field_address(f, body, 4, "BGP Identifier");
	size_t length = (size_t)field_number(f, body, 1,
		extended ? "Non-Ext OP Len." : "Optional Parameters Length");
	if (extended) {
		field_number(f, body, 1, "Non-Ext OP Type");
		length = (size_t)field_number(f, body, 2, "Extended Opt. Parm. Length");
	}
	if (body->failed || length == 0) {
		return;
	}
	struct cursor list = field_take(f, body, length, "Optional Parameters", NULL);
	tell_parameters(f, &list, extended);
	field_end(f, &list);
}

static const char *
attribute_name(uint64_t type)
{
	return bgp_attribute_name((uint8_t)type);
}

static const struct field_bit attribute_flags[] = {
	{BGP_ATTRIBUTE_FLAG_OPTIONAL, "Optional"},
	{BGP_ATTRIBUTE_FLAG_TRANSITIVE, "Transitive"},
	{BGP_ATTRIBUTE_FLAG_PARTIAL, "Partial"},
	{BGP_ATTRIBUTE_FLAG_EXTENDED_LENGTH, "Extended Length"},
};

/* What stands between the group of an attribute and its end. */
static void
tell_attribute(struct fields *f, struct cursor *c, const struct bgp_context *context)
{
	uint64_t flags = field_flags(f, c, 1, "Attribute Flags", attribute_flags, 4);
	uint8_t type = (uint8_t)field_named(f, c, 1, "Attribute Type Code", attribute_name);
	bool extended = (flags & BGP_ATTRIBUTE_FLAG_EXTENDED_LENGTH) != 0;
	size_t length = (size_t)field_number(f, c, extended ? 2 : 1, "Attribute Length");
	if (attribute_fields[type] != NULL && cursor_left(c) >= length) {
		attribute_fields[type](f, c, context);
	} else if (length > 0) {
		field_bytes(f, c, length, "Attribute Value");
	}
}

void
bgp_fields_attributes(struct fields *f, struct cursor *list, const struct bgp_context *context)
{
	char text[BGP_ATTRIBUTE_TEXT_MAX];
	struct bgp_attribute attribute;
	while (cursor_left(list) > 0) {
		struct cursor next = *list;
		struct cursor c = next;
		if (bgp_next_attribute(&next, &attribute)) {
			c = field_span(list, &next);
			(void)bgp_attribute_summary(&attribute, context, text);
			field_begin(f, c, bgp_attribute_name(attribute.type), "%s", text);
			*list = next;
		} else {
			/* It does not fit: what there is of it. */
			c = cursor_rest(list);
			field_tell(f, c,
				(struct field){
					.name = "Path Attribute",
					.kind = FIELD_GROUP,
					.malformed = c.end != f->cut,
					.cut = c.end == f->cut,
					.bytes = c,
				});
			f->depth++;
		}
		tell_attribute(f, &c, context);
		field_end(f, &c);
	}
}

/* One NLRI, of which `span` are the octets. */
static void
tell_nlri(struct fields *f, struct cursor span, const struct bgp_nlri *nlri)
{
	char text[BGP_NLRI_TEXT_MAX];
	bool has_parts = bgp_family_walker(nlri->family) != NULL;
	bgp_nlri_text(nlri, text);
	if (!has_parts && !nlri->has_path_id) {
		field_text(f, span, nlri->has_prefix ? "Prefix" : "NLRI", "%s", text);
		return;
	}
	field_begin(f, span, "NLRI", "%s", text);
	if (nlri->has_path_id) {
		field_number(f, &span, 4, "Path Identifier");
	}
	if (has_parts) {
		bgp_fields_nlri_inside(f, &span, nlri->family);
	} else {
		struct bgp_nlri without = *nlri;
		without.has_path_id = false;
		field_text(f, cursor_rest(&span), nlri->has_prefix ? "Prefix" : "NLRI", "%s",
			bgp_nlri_text(&without, text));
	}
	field_end(f, &span);
}

void
bgp_fields_nlri(struct fields *f, struct cursor *nlri, struct bgp_family family,
	const struct bgp_context *context)
{
	struct bgp_nlri_run run = {
		.family = family,
		.add_path = bgp_has_add_path(context, family, nlri),
		.nlri = *nlri,
	};
	struct bgp_nlri one;
	struct cursor from = run.nlri;
	if (nlri->failed) {
		return;
	}
	if (run.add_path && context->as_width == 0) {
		field_tell(f, (struct cursor){.base = nlri->base, .at = nlri->at, .end = nlri->at},
			(struct field){
				.name = "Path Identifiers",
				.kind = FIELD_TEXT,
				.text = "assumed: the OPENs were not seen, and without them it does not parse",
				.guessed = true,
			});
	}
	while (bgp_next_nlri(&run, &one)) {
		tell_nlri(f, field_span(&from, &run.nlri), &one);
		from = run.nlri;
	}
	*nlri = from;
	if (cursor_left(&from) > 0) {
		struct cursor rest = cursor_rest(nlri);
		field_tell(f, rest,
			(struct field){
				.name = "NLRI",
				.kind = FIELD_BYTES,
				.malformed = rest.end != f->cut,
				.cut = rest.end == f->cut,
				.bytes = rest,
			});
	}
}

void
bgp_fields_update(struct fields *f, struct cursor *body, const struct bgp_message *message,
	const struct bgp_context *context)
{
	const struct bgp_family ipv4_unicast = {.afi = 1, .safi = 1};
	char merged[BGP_ATTRIBUTE_TEXT_MAX];
	size_t length = (size_t)field_number(f, body, 2, "Withdrawn Routes Length");
	if (length > 0) {
		struct cursor withdrawn = field_take(f, body, length, "Withdrawn Routes", NULL);
		bgp_fields_nlri(f, &withdrawn, ipv4_unicast, context);
		field_end(f, &withdrawn);
	}
	length = (size_t)field_number(f, body, 2, "Total Path Attribute Length");
	if (length > 0) {
		struct cursor list = field_take(f, body, length, "Path Attributes", NULL);
		bgp_fields_attributes(f, &list, context);
		if (message->body_read &&
			bgp_merged_as_path(&message->update, context, merged)) {
			field_tell(f,
				(struct cursor){.base = list.base, .at = list.at, .end = list.at},
				(struct field){
					.name = "AS_PATH and AS4_PATH merged",
					.kind = FIELD_TEXT,
					.text = merged,
					.guessed = context->as_width == 0,
				});
		}
		field_end(f, &list);
	}
	if (cursor_left(body) > 0) {
		struct cursor nlri = field_take(f, body, cursor_left(body),
			"Network Layer Reachability Information", NULL);
		bgp_fields_nlri(f, &nlri, ipv4_unicast, context);
		field_end(f, &nlri);
	}
}

static const char *
error_code_name(uint64_t code)
{
	return bgp_notification_code_name((uint8_t)code);
}

void
bgp_fields_notification(struct fields *f, struct cursor *body, const struct bgp_message *message,
	const struct bgp_context *context)
{
	uint8_t code = (uint8_t)field_named(f, body, 1, "Error Code", error_code_name);
	if (cursor_left(body) > 0) {
		struct cursor at = *body;
		uint8_t subcode = cursor_u8(body);
		field_part(f, field_span(&at, body), "Error Subcode", subcode,
			bgp_notification_name(code, subcode));
	} else {
		field_number(f, body, 1, "Error Subcode");
	}
	if (cursor_left(body) > 0 && message->body_read) {
		struct cursor data = field_take(f, body, cursor_left(body), "Data", NULL);
		bgp_fields_notification_data(f, &data, &message->notification, context);
		field_end(f, &data);
	}
}

/* RFC 7313 section 3.2 */
static const char *
subtype_name(uint64_t subtype)
{
	static const char *const names[] = {"request", "BoRR", "EoRR"};
	return subtype < 3 ? names[subtype] : subtype == 255 ? "Reserved" : NULL;
}

void
bgp_fields_route_refresh(struct fields *f, struct cursor *body, const struct bgp_message *message,
	const struct bgp_context *context)
{
	(void)context;
	field_named(f, body, 2, "Address Family Identifier", bgp_afi_name);
	field_named(f, body, 1, "Message Subtype", subtype_name);
	field_named(f, body, 1, "Subsequent Address Family Identifier", bgp_safi_name);
	if (cursor_left(body) > 0 && message->route_refresh.subtype == 0) {
		bgp_fields_orf_entries(f, body, message->route_refresh.family);
	}
}

void
bgp_fields(const struct bgp_message *message, const struct bgp_context *context,
	const struct field_sink *sink)
{
	struct fields f = {
		.sink = sink,
		.cut = message->truncated ? message->raw.end : NULL,
	};
	struct cursor c = message->raw;
	field_bytes(&f, &c, BGP_MARKER_SIZE, "Marker");
	field_number(&f, &c, 2, "Length");
	field_named(&f, &c, 1, "Type", bgp_message_name);
	if (message_fields[message->type] != NULL) {
		message_fields[message->type](&f, &c, message, context);
	} else if (bgp_message_name(message->type) == NULL) {
		field_rest(&f, &c, "Octets");
	}
	field_surplus(&f, &c);
}
