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
	/* The greatest code and subcode of notifications.def, plus one. */
	CODES = 10,
	SUBCODES = 12,
};

struct notification_desc {
	const char *name, *rfc;
};

static const struct notification_desc codes[CODES] = {
#define CODE(code, name, rfc) [code] = {name, rfc},
#include "dissect/notifications.def"
#undef CODE
};

static const struct notification_desc subcodes[CODES][SUBCODES] = {
#define SUBCODE(code, subcode, name, rfc) [code][subcode] = {name, rfc},
#include "dissect/notifications.def"
#undef SUBCODE
};

static const struct notification_desc unassigned = {"unassigned", ""};

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
bgp_decode_notification(struct bgp_message *message, struct cursor body,
	const struct bgp_context *context)
{
	(void)context;
	struct bgp_notification *notification = &message->notification;
	notification->code = cursor_u8(&body);
	notification->subcode = cursor_u8(&body);
	message->body_read = !body.failed;
	if (!message->body_read) {
		return;
	}
	notification->data = cursor_rest(&body);
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

void
bgp_fields_notification_data(struct fields *f, struct cursor *data,
	const struct bgp_notification *notification, const struct bgp_context *context)
{
	(void)notification;
	(void)context;
	field_rest(f, data, "Octets");
}
