/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the Data of a NOTIFICATION means, as an object: a member that is named after what it is. Where
 * nobody knows there is none; the octets are in `data` of the NOTIFICATION in any case.
 */
#include "track/json.h"

#include "track/json_internal.h"

static void
write_attribute(struct json *j, const struct bgp_attribute *a)
{
	json_object(j, "attribute");
	json_uint(j, "type", a->type);
	json_string(j, "name", bgp_attribute_name(a->type));
	json_uint(j, "flags", a->flags);
	json_uint(j, "length", cursor_left(&a->value));
	json_hex(j, "value", a->value.at, cursor_left(&a->value));
	json_object_end(j);
}

static void
write_capabilities(struct json *j, const struct bgp_notification *n)
{
	struct bgp_capability_iter iter = bgp_notification_capabilities(n);
	struct bgp_capability capability;
	json_array(j, "capabilities");
	while (bgp_next_capability(&iter, &capability)) {
		json_capability(j, NULL, &capability);
	}
	json_array_end(j);
}

static void
write_type(struct json *j, const char *key, const char *name_key, uint32_t type)
{
	char name[16];
	json_uint(j, key, type);
	json_string(j, name_key, bgp_type_name((uint8_t)type, name));
}

static void
write_inner(struct json *j, const struct bgp_notification *n)
{
	struct bgp_notification inner;
	bgp_hard_reset_inner(n, &inner);
	json_object(j, "inner");
	json_uint(j, "code", inner.code);
	json_uint(j, "subcode", inner.subcode);
	json_string(j, "name", bgp_notification_name(inner.code, inner.subcode));
	json_hex(j, "data", inner.data.at, cursor_left(&inner.data));
	/* A Hard Reset inside one is nothing that RFC 8538 knows. */
	if (inner.code == n->code && inner.subcode == n->subcode) {
		json_null(j, "meaning");
	} else {
		json_meaning(j, "meaning", &inner);
	}
	json_object_end(j);
}

void
json_meaning(struct json *j, const char *key, const struct bgp_notification *n)
{
	const struct bgp_meaning m = bgp_notification_meaning(n);
	if (m.data == BGP_DATA_NONE || m.data == BGP_DATA_OCTETS) {
		json_null(j, key);
		return;
	}
	json_object(j, key);
	switch (m.data) {
	case BGP_DATA_TEXT:
	case BGP_DATA_SHUTDOWN:
		json_text(j, "text", m.octets.at, cursor_left(&m.octets));
		break;
	case BGP_DATA_LENGTH:
		json_uint(j, "bad_length", m.number);
		break;
	case BGP_DATA_TYPE:
		if (n->code == 1) {
			write_type(j, "bad_type", "bad_type_name", m.number);
		} else {
			write_type(j, "unexpected_type", "unexpected_type_name", m.number);
		}
		break;
	case BGP_DATA_VERSION:
		/* One octet is as the sender likes it: its own version, or the one that it refuses. */
		json_uint(j, m.is_short ? "version" : "supported_version", m.number);
		break;
	case BGP_DATA_AS:
		json_uint(j, "refused_asn", m.number);
		break;
	case BGP_DATA_BGP_ID:
		json_bgp_id(j, "refused_bgp_id", m.number);
		break;
	case BGP_DATA_PARAMETER:
		json_uint(j, "parameter_type", m.parameter.type);
		json_hex(j, "parameter", m.parameter.value.at, cursor_left(&m.parameter.value));
		break;
	case BGP_DATA_HOLD_TIME:
		json_uint(j, "refused_hold_time_s", m.number);
		break;
	case BGP_DATA_CAPABILITIES:
		write_capabilities(j, n);
		break;
	case BGP_DATA_ATTRIBUTE:
		write_attribute(j, &m.attribute);
		break;
	case BGP_DATA_ATTRIBUTE_TYPE:
		json_uint(j, "attribute_type", m.number);
		json_string(j, "attribute_name", bgp_attribute_name((uint8_t)m.number));
		break;
	case BGP_DATA_PREFIX_LIMIT:
		json_family_members(j, m.prefixes.family);
		json_uint(j, "limit", m.prefixes.limit);
		break;
	case BGP_DATA_HARD_RESET:
		write_inner(j, n);
		break;
	case BGP_DATA_MESSAGE: {
		struct bgp_message message;
		static const struct bgp_context unknown;
		bgp_decode(m.octets.at, cursor_left(&m.octets), &unknown, &message);
		write_type(j, "message_type", "message_type_name", message.type);
		json_uint(j, "message_length", message.length);
		break;
	}
	default:
		break;
	}
	json_object_end(j);
}
