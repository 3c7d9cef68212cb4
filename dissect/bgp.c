/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The header of a BGP message (RFC 4271 section 4.1) and the way from it to the decoder of its
 * type.
 *
 * A message is read as far as it goes. What a receiver would refuse is noted as the fault of the
 * message and reading goes on, because the one who looks at a capture wants to see what else the
 * speaker said. Two cases are kept apart throughout: octets that the length fields promise and the
 * message does not have (a fault), and octets that the message has and the capture does not
 * (`truncated`, no fault).
 */
#include "dissect/bgp_internal.h"

#include <stdio.h>

static const struct message_desc {
	const char *name;
	uint16_t least;
	uint16_t greatest;
	bgp_decoder *decode;
} messages[256] = {
#define MESSAGE(number, id, name, least, greatest, decoder, fields) \
	[number] = {name, least, greatest, decoder},
#include "dissect/messages.def"
#undef MESSAGE
};

static const struct fault_desc {
	const char *key, *text, *rfc;
	uint8_t error, subcode;
	enum bgp_action action;
	bool of_wire;
} faults[BGP_FAULT_COUNT] = {
	[BGP_FAULT_NONE] = {"none", "nothing is malformed", "", 0, 0, BGP_ACTION_NONE, false},
#define WIRE true
#define AGREED false
#define FAULT(id, key, text, rfc, error, subcode, action, kind) \
	[BGP_FAULT_##id] = {key, text, rfc, error, subcode, BGP_ACTION_##action, kind},
#include "dissect/faults.def"
#undef FAULT
#undef AGREED
#undef WIRE
};

static const struct fault_desc *
find_fault(enum bgp_fault_code code)
{
	return &faults[(unsigned)code < BGP_FAULT_COUNT ? code : BGP_FAULT_NONE];
}

const char *
bgp_fault_key(enum bgp_fault_code code)
{
	return find_fault(code)->key;
}

const char *
bgp_fault_text(enum bgp_fault_code code)
{
	return find_fault(code)->text;
}

const char *
bgp_fault_rfc(enum bgp_fault_code code)
{
	return find_fault(code)->rfc;
}

void
bgp_fault_notification(enum bgp_fault_code code, uint8_t *error, uint8_t *subcode)
{
	const struct fault_desc *desc = find_fault(code);
	*error = desc->error;
	*subcode = desc->subcode;
}

enum bgp_action
bgp_fault_action(enum bgp_fault_code code)
{
	return find_fault(code)->action;
}

bool
bgp_fault_is_of_wire(enum bgp_fault_code code)
{
	return find_fault(code)->of_wire;
}

const char *
bgp_message_name(uint64_t type)
{
	return type < 256 ? messages[type].name : NULL;
}

const char *
bgp_type_name(uint8_t type, char buffer[16])
{
	if (messages[type].name != NULL) {
		return messages[type].name;
	}
	snprintf(buffer, 16, "UNKNOWN-%u", type);
	return buffer;
}

/* RFC 4271 section 6.1 in its order. CAPABILITY and the prestandard ROUTE-REFRESH have no place
 * there, but speakers that agreed on them exchange them, so they pass. */
static enum bgp_fault_code
check_length_and_type(uint16_t length, uint8_t type, uint32_t max)
{
	const struct message_desc *desc = &messages[type];
	if (type == BGP_OPEN && max > BGP_MESSAGE_MAX) {
		max = BGP_MESSAGE_MAX;
	}
	if (length < BGP_HEADER_SIZE || length > max) {
		return BGP_FAULT_LENGTH;
	}
	if (desc->name == NULL) {
		return BGP_FAULT_TYPE;
	}
	if (length < desc->least || length > desc->greatest) {
		return BGP_FAULT_TYPE_LENGTH;
	}
	return BGP_FAULT_NONE;
}

enum bgp_fault_code
bgp_header_check(const uint8_t header[BGP_HEADER_SIZE], uint32_t max, uint16_t *length,
	uint8_t *type)
{
	static const uint8_t marker[BGP_MARKER_SIZE] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
	struct cursor c = cursor_make(header, BGP_HEADER_SIZE);
	const uint8_t *marked = cursor_bytes(&c, BGP_MARKER_SIZE);
	*length = cursor_u16(&c);
	*type = cursor_u8(&c);
	if (memcmp(marked, marker, BGP_MARKER_SIZE) != 0) {
		return BGP_FAULT_MARKER;
	}
	return check_length_and_type(*length, *type, max);
}

/* The offset of the octet that `code` is about. */
static size_t
header_fault_offset(enum bgp_fault_code code, struct cursor c)
{
	if (code == BGP_FAULT_MARKER) {
		while (cursor_left(&c) > 0 && *c.at == 0xff) {
			cursor_skip(&c, 1);
		}
		return cursor_offset(&c);
	}
	return code == BGP_FAULT_TYPE ? BGP_TYPE_OFFSET : BGP_LENGTH_OFFSET;
}

/* A header that the capture holds only a part of: the octets there are. */
static void
read_cut_header(struct cursor c, struct bgp_message *message)
{
	message->truncated = true;
	size_t size = cursor_left(&c);
	size_t marked = header_fault_offset(BGP_FAULT_MARKER, c);
	if (marked < (size < BGP_MARKER_SIZE ? size : BGP_MARKER_SIZE)) {
		bgp_note(message, BGP_FAULT_MARKER, marked);
	}
	cursor_skip(&c, BGP_MARKER_SIZE);
	message->length = cursor_u16(&c);
}

static void
clear_body(struct bgp_message *message)
{
	const size_t body = offsetof(struct bgp_message, open); /* the union begins with each of its members */
	memset((uint8_t *)message + body, 0, sizeof(*message) - body);
}

static void
decode(const uint8_t *bytes, size_t size, const struct bgp_context *context,
	struct bgp_message *message)
{
	if (size < BGP_HEADER_SIZE) {
		clear_body(message);
		read_cut_header(message->raw, message);
		return;
	}

	/* Without the OPENs nobody knows whether extended messages were agreed on. */
	bool extended = context->extended_messages || context->as_width == 0;
	enum bgp_fault_code fault = bgp_header_check(bytes,
		extended ? BGP_EXTENDED_MESSAGE_MAX : BGP_MESSAGE_MAX, &message->length,
		&message->type);
	if (fault != BGP_FAULT_NONE) {
		bgp_note(message, fault, header_fault_offset(fault, message->raw));
	}
	size_t whole = message->length < BGP_HEADER_SIZE ? BGP_HEADER_SIZE : message->length;
	message->truncated = size < whole;
	struct cursor body = cursor_make(bytes, message->truncated ? size : whole);
	message->raw.end = body.end;
	cursor_skip(&body, BGP_HEADER_SIZE);
	bgp_decoder *decoder = messages[message->type].decode;
	if (message->type != BGP_UPDATE) {
		clear_body(message);
	}
	if (decoder != NULL) {
		decoder(message, &body, context);
	}
}

/* All but the body, which decode() clears or writes: a struct of this size takes its time. */
static void
begin(struct bgp_message *message, const uint8_t *bytes, size_t size, struct bgp_faults *all)
{
	message->type = 0;
	message->length = 0;
	message->raw.base = message->raw.at = bytes;
	message->raw.end = size > 0 ? bytes + size : bytes;
	message->raw.failed = false;
	message->truncated = message->summary = message->body_read = false;
	message->fault = (struct bgp_fault){.code = BGP_FAULT_NONE};
	message->faults = all;
}

void
bgp_decode(const uint8_t *bytes, size_t size, const struct bgp_context *context,
	struct bgp_message *message)
{
	begin(message, bytes, size, NULL);
	decode(bytes, size, context, message);
}

void
bgp_decode_all(const uint8_t *bytes, size_t size, const struct bgp_context *context,
	struct bgp_message *message, struct bgp_faults *all)
{
	*all = (struct bgp_faults){0};
	begin(message, bytes, size, all);
	decode(bytes, size, context, message);
	message->faults = NULL;
}

void
bgp_decode_nothing(struct bgp_message *message, struct cursor *body,
	const struct bgp_context *context)
{
	(void)body;
	(void)context;
	message->body_read = true;
}

/*
 * ROUTE-REFRESH: RFC 2918 section 3, RFC 7313 section 4. A request may carry Outbound Route
 * Filters: when to refresh, and for each type of filter a length and the entries (RFC 5291 section
 * 4). BoRR and EoRR have nothing after the family (RFC 7313 section 5).
 */
void
bgp_decode_route_refresh(struct bgp_message *message, struct cursor *body,
	const struct bgp_context *context)
{
	(void)context;
	struct bgp_route_refresh *refresh = &message->route_refresh;
	refresh->family.afi = cursor_u16(body);
	refresh->subtype = cursor_u8(body);
	refresh->family.safi = cursor_u8(body);
	message->body_read = !body->failed;
	refresh->rest = cursor_rest(body);

	struct cursor rest = refresh->rest;
	if (cursor_left(&rest) == 0) {
		return;
	}
	if (refresh->subtype == 1 || refresh->subtype == 2) {
		bgp_note(message, BGP_FAULT_ROUTE_REFRESH_LENGTH, BGP_LENGTH_OFFSET);
		return;
	}
	cursor_skip(&rest, 1);
	while (cursor_left(&rest) > 0) {
		cursor_skip(&rest, 1);
		cursor_skip(&rest, cursor_u16(&rest));
	}
	if (rest.failed) {
		bgp_note_short(message, BGP_FAULT_ROUTE_REFRESH_LENGTH, cursor_offset(&rest), &rest);
	}
}
