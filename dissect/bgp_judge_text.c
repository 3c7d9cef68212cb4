/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Verdicts in words, with the values that are in the message. */
#include "dissect/bgp_internal.h"

#include <stdio.h>

static const struct {
	const char *key, *text;
} actions[BGP_ACTION_COUNT] = {
	[BGP_ACTION_NONE] = {"none", "does nothing"},
	[BGP_ACTION_NOTE] = {"note", "may mind"},
	[BGP_ACTION_IGNORE] = {"ignore", "ignores it"},
	[BGP_ACTION_ATTRIBUTE_DISCARD] = {"attribute-discard", "discards the attribute"},
	[BGP_ACTION_TREAT_AS_WITHDRAW] = {"treat-as-withdraw", "treats the routes as withdrawn"},
	[BGP_ACTION_AFI_SAFI_DISABLE] = {"afi-safi-disable",
		"disables the address family or resets the session"},
	[BGP_ACTION_SESSION_RESET] = {"session-reset", "resets the session"},
};

const char *
bgp_action_key(enum bgp_action action)
{
	return actions[(unsigned)action < BGP_ACTION_COUNT ? action : BGP_ACTION_NONE].key;
}

const char *
bgp_action_text(enum bgp_action action)
{
	return actions[(unsigned)action < BGP_ACTION_COUNT ? action : BGP_ACTION_NONE].text;
}

static const char *
dotted(uint32_t number, char text[16])
{
	snprintf(text, 16, "%u.%u.%u.%u", number >> 24, number >> 16 & 0xff, number >> 8 & 0xff,
		number & 0xff);
	return text;
}

/* "MULTI_EXIT_DISC"; "attribute 200" where the type is not assigned. */
static const char *
attribute_text(int16_t type, char text[80])
{
	const char *name = type < 0 ? "attribute" : bgp_attribute_name((uint8_t)type);
	if (type >= 0 && strcmp(name, "unassigned") == 0) {
		snprintf(text, 80, "attribute %d", type);
	} else {
		snprintf(text, 80, "%s", name);
	}
	return text;
}

static void
attribute_fault(const struct bgp_verdict *v, const char *name, char text[BGP_VERDICT_TEXT_MAX])
{
	enum { MAX = BGP_VERDICT_TEXT_MAX };
	char quad[16];
	switch (v->code) {
	case BGP_FAULT_ATTRIBUTE_LENGTH:
		if (v->expected != 0 || v->subcode == 1) {
			snprintf(text, MAX, "%s has length %u and %u octets are left", name, v->value,
				v->expected);
		} else {
			snprintf(text, MAX, "%s has length %u, which is not right for it", name,
				v->value);
		}
		break;
	case BGP_FAULT_ATTRIBUTE_TLV:
		snprintf(text, MAX, "%s has a TLV at octet %u that does not fit", name, v->octet);
		break;
	case BGP_FAULT_ATTRIBUTE_FLAGS:
		snprintf(text, MAX, "%s has the flags 0x%02x, which do not fit its type", name, v->value);
		break;
	case BGP_FAULT_ATTRIBUTE_UNKNOWN:
		snprintf(text, MAX, "%s is not known, and its flags 0x%02x say well-known", name, v->value);
		break;
	case BGP_FAULT_ATTRIBUTE_DUPLICATE:
		snprintf(text, MAX, "%s is there a second time", name);
		break;
	case BGP_FAULT_ATTRIBUTE_MISSING:
		snprintf(text, MAX, "%s is missing", name);
		break;
	case BGP_FAULT_ORIGIN:
		snprintf(text, MAX, "ORIGIN has the value %u", v->value);
		break;
	case BGP_FAULT_AS_PATH:
		if (v->value == 0 || v->value > 4) {
			snprintf(text, MAX, "%s has a segment of type %u, or octets left over", name,
				v->value);
		} else {
			snprintf(text, MAX, "%s has a segment that does not fit its length", name);
		}
		break;
	case BGP_FAULT_NEXT_HOP:
		snprintf(text, MAX, "NEXT_HOP is %s, which is no host", dotted(v->value, quad));
		break;
	case BGP_FAULT_AS_ZERO:
		snprintf(text, MAX, "%s has AS 0", name);
		break;
	case BGP_FAULT_INTERNAL_ONLY:
		snprintf(text, MAX, "%s comes from an external peer", name);
		break;
	case BGP_FAULT_AS4_UNNEEDED:
		snprintf(text, MAX, "%s between two speakers of 4-octet AS numbers", name);
		break;
	case BGP_FAULT_FIRST_AS:
		snprintf(text, MAX, "AS_PATH begins with AS %u and the peer is AS %u", v->value,
			v->expected);
		break;
	case BGP_FAULT_NEXT_HOP_OWN:
		snprintf(text, MAX, "NEXT_HOP is %s, the receiver itself", dotted(v->value, quad));
		break;
	case BGP_FAULT_ROUTE_LEAK:
		snprintf(text, MAX, "%s is AS %u: a route leak", name, v->value);
		break;
	case BGP_FAULT_MP_NLRI:
		if (v->length == 1) {
			snprintf(text, MAX, "%s has an NLRI that begins with %u and does not fit", name,
				v->value);
		} else {
			snprintf(text, MAX, "%s does not fit: %u is no length for its next hop, or its own",
				name, v->value);
		}
		break;
	default:
		snprintf(text, MAX, "%s: %s", name, bgp_fault_text(v->code));
		break;
	}
}

const char *
bgp_verdict_text(const struct bgp_verdict *v, char text[BGP_VERDICT_TEXT_MAX])
{
	enum { MAX = BGP_VERDICT_TEXT_MAX };
	char name[80], quad[16], type[16];
	if (v->code == BGP_FAULT_FAMILY) {
		const struct bgp_family family = {
			.afi = (uint16_t)(v->value >> 8),
			.safi = (uint8_t)v->value,
		};
		char family_text[BGP_FAMILY_TEXT_MAX];
		snprintf(text, MAX, "%s is not a family that both OPENs offer",
			bgp_family_text(family, family_text));
		return text;
	}
	if (v->attribute >= 0) {
		attribute_fault(v, attribute_text(v->attribute, name), text);
		return text;
	}
	switch (v->code) {
	case BGP_FAULT_ROUTE_REFRESH_LENGTH:
		if (v->error == 0) {
			snprintf(text, MAX, "the ORF entries do not fit their lengths");
			break;
		}
		/* fall through */
	case BGP_FAULT_LENGTH:
	case BGP_FAULT_TYPE_LENGTH:
		snprintf(text, MAX, "the length is %u", v->value);
		break;
	case BGP_FAULT_MARKER:
		snprintf(text, MAX, "the marker is not 16 octets of 0xFF; behind it: length %u, type %s",
			v->value, bgp_type_name((uint8_t)v->expected, type));
		break;
	case BGP_FAULT_TYPE:
		snprintf(text, MAX, "the message type is %u", v->value);
		break;
	case BGP_FAULT_OPEN_VERSION:
		snprintf(text, MAX, "the version is %u", v->value);
		break;
	case BGP_FAULT_OPEN_HOLD_TIME:
		snprintf(text, MAX, "the hold time is %u s", v->value);
		break;
	case BGP_FAULT_OPEN_PARAMETER_TYPE:
		snprintf(text, MAX, "optional parameter %u is not known", v->value);
		break;
	case BGP_FAULT_OPEN_CAPABILITY:
		snprintf(text, MAX, "capability %u (%s) does not fit its length", v->value,
			bgp_capability_name((uint8_t)v->value));
		break;
	case BGP_FAULT_OPEN_SAME_ID:
		snprintf(text, MAX, "the BGP Identifier %s is that of the receiver too",
			dotted(v->value, quad));
		break;
	case BGP_FAULT_OPEN_ROLE:
		snprintf(text, MAX, "the role is %s and that of the receiver %s",
			bgp_role_name((uint8_t)v->value), bgp_role_name((uint8_t)v->expected));
		break;
	case BGP_FAULT_NLRI:
		snprintf(text, MAX, "a prefix of %u bits is impossible or does not fit the field",
			v->value);
		break;
	case BGP_FAULT_UPDATE_LENGTHS:
		snprintf(text, MAX, "a length of %u octets is more than the message has", v->value);
		break;
	case BGP_FAULT_REFRESH_SUBTYPE:
		snprintf(text, MAX, "the subtype is %u", v->value);
		break;
	default:
		snprintf(text, MAX, "%s", bgp_fault_text(v->code));
		break;
	}
	return text;
}
