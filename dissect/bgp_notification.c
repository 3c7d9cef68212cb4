/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * NOTIFICATION: RFC 4271 section 4.5. The Data field means something else for each code, and many
 * speakers leave it out or put something of their own there; so it stays a cursor, and each meaning
 * has an accessor that says whether the octets have the shape it needs.
 */
#include "dissect/bgp_fields.h"

#include <stdio.h>

enum {
	OPEN_ERROR = 2,
	UNSUPPORTED_VERSION = 1,
	BAD_PEER_AS = 2,
	UNACCEPTABLE_HOLD_TIME = 6,
	UNSUPPORTED_CAPABILITY = 7,
	CEASE = 6,
	MAX_PREFIXES = 1,
	ADMIN_SHUTDOWN = 2,
	ADMIN_RESET = 4,
	HARD_RESET = 9,
	LEAST_TEXT = 8, /* octets of a text where none is prescribed */
	/* The greatest code and subcode of notifications.def, plus one. */
	CODES = 10,
	SUBCODES = 12,
};

struct notification_desc {
	const char *name, *rfc;
	enum bgp_data data;
};

static const struct notification_desc codes[CODES] = {
#define CODE(code, name, rfc) [code] = {name, rfc, BGP_DATA_TEXT},
#include "dissect/notifications.def"
#undef CODE
};

static const struct notification_desc subcodes[CODES][SUBCODES] = {
#define SUBCODE(code, subcode, name, rfc, data) \
	[code][subcode] = {name, rfc, BGP_DATA_##data},
#include "dissect/notifications.def"
#undef SUBCODE
};

static const struct notification_desc unassigned = {"unassigned", "", BGP_DATA_TEXT};

static const struct notification_desc *
find_code(uint8_t code)
{
	return code < CODES && codes[code].name != NULL ? &codes[code] : &unassigned;
}

static const struct notification_desc *
find_subcode(uint8_t code, uint8_t subcode)
{
	if (code < CODES && subcode < SUBCODES && subcodes[code][subcode].name != NULL) {
		return &subcodes[code][subcode];
	}
	return &unassigned;
}

const char *
bgp_notification_name(uint8_t code, uint8_t subcode)
{
	return find_subcode(code, subcode)->name;
}

const char *
bgp_notification_code_name(uint8_t code)
{
	return find_code(code)->name;
}

const char *
bgp_notification_rfc(uint8_t code, uint8_t subcode)
{
	const struct notification_desc *desc = find_subcode(code, subcode);
	return desc != &unassigned ? desc->rfc : find_code(code)->rfc;
}

const char *
bgp_notification_text(uint8_t code, uint8_t subcode, char text[BGP_NOTIFICATION_TEXT_MAX])
{
	const struct notification_desc *desc = find_code(code);
	if (desc == &unassigned) {
		snprintf(text, BGP_NOTIFICATION_TEXT_MAX, "unassigned code %u", code);
	} else if (find_subcode(code, subcode) == &unassigned) {
		snprintf(text, BGP_NOTIFICATION_TEXT_MAX, "%s, unassigned subcode %u", desc->name,
			subcode);
	} else if (find_subcode(code, 1) == &unassigned) {
		snprintf(text, BGP_NOTIFICATION_TEXT_MAX, "%s", desc->name);
	} else {
		snprintf(text, BGP_NOTIFICATION_TEXT_MAX, "%s, %s", desc->name,
			find_subcode(code, subcode)->name);
	}
	return text;
}

/* RFC 9003 section 2: a length of one octet and as many octets of UTF-8. A length of 0, like no
 * data at all, is no text. False where the octets do not fit the length. */
static bool
read_text(struct bgp_notification *notification)
{
	struct cursor data = notification->data;
	if (notification->code != CEASE || cursor_left(&data) == 0 ||
		(notification->subcode != ADMIN_SHUTDOWN && notification->subcode != ADMIN_RESET)) {
		return true;
	}
	struct cursor text = cursor_take(&data, cursor_u8(&data));
	if (!cursor_exact(&data)) {
		return false;
	}
	if (cursor_left(&text) > 0) {
		notification->has_text = true;
		notification->text = text;
	}
	return true;
}

void
bgp_decode_notification(struct bgp_message *message, struct cursor *body,
	const struct bgp_context *context)
{
	(void)context;
	struct bgp_notification *notification = &message->notification;
	notification->code = cursor_u8(body);
	notification->subcode = cursor_u8(body);
	message->body_read = !body->failed;
	if (!message->body_read) {
		return;
	}
	notification->data = cursor_rest(body);
	if (!read_text(notification)) {
		bgp_note_short(message, BGP_FAULT_NOTIFICATION_TEXT,
			cursor_offset(&notification->data), &notification->data);
	}
}

static bool
is_notification(const struct bgp_notification *notification, uint8_t code, uint8_t subcode)
{
	return notification->code == code && notification->subcode == subcode;
}

bool
bgp_hard_reset_inner(const struct bgp_notification *notification, struct bgp_notification *inner)
{
	*inner = (struct bgp_notification){0};
	if (!is_notification(notification, CEASE, HARD_RESET)) {
		return false;
	}
	struct cursor data = notification->data;
	inner->code = cursor_u8(&data);
	inner->subcode = cursor_u8(&data);
	if (data.failed) {
		return false;
	}
	inner->data = cursor_rest(&data);
	(void)read_text(inner);
	return true;
}

bool
bgp_notification_max_prefix(const struct bgp_notification *notification, struct bgp_family *family,
	uint32_t *limit)
{
	struct cursor data = notification->data;
	family->afi = cursor_u16(&data);
	family->safi = cursor_u8(&data);
	*limit = cursor_u32(&data);
	return is_notification(notification, CEASE, MAX_PREFIXES) && cursor_exact(&data);
}

bool
bgp_notification_peer_as(const struct bgp_notification *notification, uint32_t *asn)
{
	struct cursor data = notification->data;
	*asn = cursor_left(&data) == 4 ? cursor_u32(&data) : cursor_u16(&data);
	return is_notification(notification, OPEN_ERROR, BAD_PEER_AS) && cursor_exact(&data);
}

bool
bgp_notification_version(const struct bgp_notification *notification, uint16_t *version)
{
	struct cursor data = notification->data;
	*version = cursor_u16(&data);
	return is_notification(notification, OPEN_ERROR, UNSUPPORTED_VERSION) && cursor_exact(&data);
}

bool
bgp_notification_hold_time(const struct bgp_notification *notification, uint16_t *hold_time_s)
{
	struct cursor data = notification->data;
	*hold_time_s = cursor_u16(&data);
	return is_notification(notification, OPEN_ERROR, UNACCEPTABLE_HOLD_TIME) &&
		cursor_exact(&data);
}

bool
bgp_notification_attribute(const struct bgp_notification *notification,
	struct bgp_attribute *attribute)
{
	struct cursor data = notification->data;
	return notification->code == 3 && bgp_next_attribute(&data, attribute) &&
		cursor_exact(&data);
}

struct bgp_capability_iter
bgp_notification_capabilities(const struct bgp_notification *notification)
{
	struct bgp_capability_iter iter = {0};
	if (is_notification(notification, OPEN_ERROR, UNSUPPORTED_CAPABILITY)) {
		iter.capabilities = notification->data;
	}
	return iter;
}

/* No number that these codes carry looks like this. */
static bool
reads_as_text(struct cursor data)
{
	const uint8_t *start = data.at;
	size_t size = cursor_left(&data);
	if (size < LEAST_TEXT) {
		return false;
	}
	while (cursor_left(&data) > 0) {
		uint8_t octet = cursor_u8(&data);
		if (octet < 0x20 || octet == 0x7f) {
			return false;
		}
	}
	return bgp_utf8_valid(start, size);
}

/* Capabilities one behind the other, to the last octet. */
static bool
are_capabilities(struct cursor data)
{
	struct bgp_capability capability;
	while (bgp_next_capability_in(&data, &capability)) {
	}
	return cursor_exact(&data);
}

static bool
read_number(struct bgp_meaning *meaning, size_t one, size_t other)
{
	struct cursor data = meaning->octets;
	size_t size = cursor_left(&data);
	if (size != one && size != other) {
		return false;
	}
	while (cursor_left(&data) > 0) {
		meaning->number = meaning->number << 8 | cursor_u8(&data);
	}
	return true;
}

/* The type and what there is of the value: BIRD 1 and 2 leave out its last two octets. */
static bool
read_parameter(struct bgp_meaning *meaning)
{
	struct cursor data = meaning->octets;
	meaning->parameter.type = cursor_u8(&data);
	meaning->parameter.value = cursor_take_some(&data, cursor_u8(&data));
	return cursor_left(&data) == 0;
}

static bool
read_attribute(struct bgp_meaning *meaning)
{
	struct cursor data = meaning->octets;
	if (read_number(meaning, 1, 1)) {
		meaning->data = BGP_DATA_ATTRIBUTE_TYPE;
		return true;
	}
	return bgp_next_attribute(&data, &meaning->attribute) && cursor_exact(&data);
}

/* Whether the octets can be what the code says that they are. */
static bool
read_meaning(const struct bgp_notification *notification, struct bgp_meaning *meaning)
{
	struct bgp_notification inner;
	switch (meaning->data) {
	case BGP_DATA_LENGTH:
	case BGP_DATA_HOLD_TIME:
		return read_number(meaning, 2, 2);
	case BGP_DATA_TYPE:
		return read_number(meaning, 1, 1);
	case BGP_DATA_VERSION:
		meaning->is_short = cursor_left(&meaning->octets) == 1;
		return read_number(meaning, 1, 2);
	case BGP_DATA_AS:
		return read_number(meaning, 2, 4);
	case BGP_DATA_BGP_ID:
		return read_number(meaning, 4, 4);
	case BGP_DATA_PARAMETER:
		return read_parameter(meaning);
	case BGP_DATA_CAPABILITIES:
		return are_capabilities(meaning->octets);
	case BGP_DATA_ATTRIBUTE:
	case BGP_DATA_ATTRIBUTE_TYPE:
		meaning->data = BGP_DATA_ATTRIBUTE;
		return read_attribute(meaning);
	case BGP_DATA_PREFIX_LIMIT:
		return bgp_notification_max_prefix(notification, &meaning->prefixes.family,
			&meaning->prefixes.limit);
	case BGP_DATA_SHUTDOWN:
		if (notification->has_text) {
			meaning->octets = notification->text;
		}
		return notification->has_text;
	case BGP_DATA_HARD_RESET:
		return bgp_hard_reset_inner(notification, &inner);
	case BGP_DATA_MESSAGE:
		return cursor_left(&meaning->octets) >= BGP_HEADER_SIZE;
	default:
		return false;
	}
}

struct bgp_meaning
bgp_notification_meaning(const struct bgp_notification *notification)
{
	struct bgp_meaning meaning = {.octets = notification->data};
	struct cursor data = notification->data;
	if (cursor_left(&data) == 0) {
		return meaning;
	}
	meaning.data = find_subcode(notification->code, notification->subcode)->data;
	if (meaning.data != BGP_DATA_SHUTDOWN && reads_as_text(data)) {
		meaning.data = BGP_DATA_TEXT;
	} else if (meaning.data == BGP_DATA_SHUTDOWN && cursor_left(&data) == 1 && *data.at == 0) {
		meaning.data = BGP_DATA_NONE; /* RFC 9003: an empty text */
	} else if (!read_meaning(notification, &meaning)) {
		meaning = (struct bgp_meaning){.data = BGP_DATA_OCTETS, .octets = data};
	}
	return meaning;
}

/* "Multiprotocol ipv6-unicast, 4-octet AS" */
static void
capabilities_text(struct cursor list, char *text, size_t size)
{
	struct bgp_capability capability;
	size_t length = 0;
	text[0] = '\0';
	while (bgp_next_capability_in(&list, &capability)) {
		char family[BGP_FAMILY_TEXT_MAX] = "";
		bool has_family = capability.code == BGP_CAPABILITY_MULTIPROTOCOL &&
			!capability.malformed;
		int written = snprintf(text + length, size - length, "%s%s%s%s",
			length > 0 ? ", " : "", bgp_capability_name(capability.code),
			has_family ? " " : "",
			has_family ? bgp_family_text(capability.multiprotocol, family) : "");
		if (written < 0 || (size_t)written >= size - length) {
			memcpy(text + size - sizeof("..."), "...", sizeof("..."));
			return;
		}
		length += (size_t)written;
	}
}

const char *
bgp_meaning_text(const struct bgp_notification *notification, char text[BGP_MEANING_TEXT_MAX])
{
	enum { MAX = BGP_MEANING_TEXT_MAX };
	const struct bgp_meaning m = bgp_notification_meaning(notification);
	char name[BGP_FAMILY_TEXT_MAX], inner_name[BGP_NOTIFICATION_TEXT_MAX];
	struct bgp_notification inner;
	text[0] = '\0';
	switch (m.data) {
	case BGP_DATA_LENGTH:
		snprintf(text, MAX, "length %u", m.number);
		break;
	case BGP_DATA_TYPE:
		snprintf(text, MAX, "type %u, %s", m.number,
			bgp_type_name((uint8_t)m.number, name));
		break;
	case BGP_DATA_VERSION:
		snprintf(text, MAX, "version %u", m.number);
		break;
	case BGP_DATA_AS:
		snprintf(text, MAX, "AS %u", m.number);
		break;
	case BGP_DATA_BGP_ID:
		snprintf(text, MAX, "identifier %u.%u.%u.%u", m.number >> 24, m.number >> 16 & 0xff,
			m.number >> 8 & 0xff, m.number & 0xff);
		break;
	case BGP_DATA_PARAMETER:
		snprintf(text, MAX, "optional parameter %u", m.parameter.type);
		break;
	case BGP_DATA_HOLD_TIME:
		snprintf(text, MAX, "hold time %u s", m.number);
		break;
	case BGP_DATA_CAPABILITIES:
		capabilities_text(m.octets, text, MAX);
		break;
	case BGP_DATA_ATTRIBUTE:
		snprintf(text, MAX, "%s (type %u, flags 0x%02x, length %zu)",
			bgp_attribute_name(m.attribute.type), m.attribute.type, m.attribute.flags,
			cursor_left(&m.attribute.value));
		break;
	case BGP_DATA_ATTRIBUTE_TYPE:
		snprintf(text, MAX, "%s (type %u)", bgp_attribute_name((uint8_t)m.number), m.number);
		break;
	case BGP_DATA_PREFIX_LIMIT:
		snprintf(text, MAX, "limit %u for %s", m.prefixes.limit,
			bgp_family_text(m.prefixes.family, name));
		break;
	case BGP_DATA_HARD_RESET:
		bgp_hard_reset_inner(notification, &inner);
		snprintf(text, MAX, "%u/%u, %s", inner.code, inner.subcode,
			bgp_notification_text(inner.code, inner.subcode, inner_name));
		break;
	case BGP_DATA_MESSAGE:
		snprintf(text, MAX, "the message, %zu octets", cursor_left(&m.octets));
		break;
	default:
		break;
	}
	return text;
}

static const char *
code_name(uint64_t code)
{
	return bgp_notification_code_name((uint8_t)code);
}

static const char *
attribute_name(uint64_t type)
{
	return bgp_attribute_name((uint8_t)type);
}

/* The code, subcode and data of a Hard Reset; data inside a Hard Reset inside it is octets. */
static void
tell_inner(struct fields *f, struct cursor *data, const struct bgp_context *context)
{
	struct bgp_notification inner = {0};
	inner.code = (uint8_t)field_named(f, data, 1, "Error Code", code_name);
	struct cursor at = *data;
	inner.subcode = cursor_u8(data);
	field_part(f, field_span(&at, data), "Error Subcode", inner.subcode,
		bgp_notification_name(inner.code, inner.subcode));
	if (cursor_left(data) == 0) {
		return;
	}
	inner.data = *data;
	(void)read_text(&inner);
	struct cursor rest = field_take(f, data, cursor_left(data), "Data", NULL);
	if (is_notification(&inner, CEASE, HARD_RESET)) {
		field_rest(f, &rest, "Octets");
	} else {
		bgp_fields_notification_data(f, &rest, &inner, context);
	}
	field_end(f, &rest);
}

void
bgp_fields_notification_data(struct fields *f, struct cursor *data,
	const struct bgp_notification *notification, const struct bgp_context *context)
{
	const struct bgp_meaning m = bgp_notification_meaning(notification);
	unsigned size = (unsigned)(cursor_left(data) & 7);
	switch (m.data) {
	case BGP_DATA_TEXT:
		field_wire_text(f, data, cursor_left(data), "Text");
		break;
	case BGP_DATA_LENGTH:
		field_number(f, data, 2, "Length");
		break;
	case BGP_DATA_TYPE:
		field_named(f, data, 1, "Type", bgp_message_name);
		break;
	case BGP_DATA_VERSION:
		field_number(f, data, size, m.is_short ? "Version" : "Supported Version");
		break;
	case BGP_DATA_AS:
		field_number(f, data, size, "Refused AS");
		break;
	case BGP_DATA_BGP_ID:
		field_address(f, data, 4, "Refused BGP Identifier");
		break;
	case BGP_DATA_PARAMETER:
		field_number(f, data, 1, "Parameter Type");
		field_rest(f, data, "Parameter");
		break;
	case BGP_DATA_HOLD_TIME:
		field_number(f, data, 2, "Refused Hold Time");
		break;
	case BGP_DATA_CAPABILITIES:
		bgp_fields_capabilities(f, data);
		break;
	case BGP_DATA_ATTRIBUTE:
		bgp_fields_attributes(f, data, context);
		break;
	case BGP_DATA_ATTRIBUTE_TYPE:
		field_named(f, data, 1, "Attribute Type", attribute_name);
		break;
	case BGP_DATA_PREFIX_LIMIT:
		bgp_field_family(f, data);
		field_number(f, data, 4, "Prefix Upper Bound");
		break;
	case BGP_DATA_SHUTDOWN:
		field_wire_text(f, data, (size_t)field_number(f, data, 1, "Length"),
			"Shutdown Communication");
		break;
	case BGP_DATA_HARD_RESET:
		tell_inner(f, data, context);
		break;
	default:
		field_rest(f, data, "Octets");
		break;
	}
}
