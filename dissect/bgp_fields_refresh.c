/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is revised while a session is up: the Outbound Route Filters that a ROUTE-REFRESH may carry
 * (RFC 5291, RFC 5292), and the CAPABILITY message of draft-ietf-idr-dynamic-cap, of which two forms
 * are in use.
 */
#include "dissect/bgp_fields.h"

enum {
	ORF_REMOVE_ALL = 2,
	ORF_REMOVE_ALL_QUAGGA = 3,
	SEQUENCE_MINLEN_MAXLEN = 6,
	ORF_PREFIX = 64,
	ORF_PREFIX_CISCO = 128,
};

static const char *
when_name(uint64_t when)
{
	return when == 1 ? "IMMEDIATE" : when == 2 ? "DEFER" : NULL;
}

/* RFC 5291 section 4 has no action of 3: Quagga and FRR shift theirs, and send it for REMOVE-ALL. */
static const char *
action_name(uint64_t action)
{
	static const char *const names[] = {
		"ADD", "REMOVE", "REMOVE-ALL", "REMOVE-ALL of Quagga and FRR"};
	return action < 4 ? names[action] : NULL;
}

static const char *
match_name(uint64_t match)
{
	return match == 0 ? "PERMIT" : "DENY";
}

/* RFC 5292 section 2: a prefix, and between which lengths a route matches it. */
static void
tell_prefix_filter(struct fields *f, struct cursor *c, struct bgp_family family)
{
	char text[ADDRESS_TEXT_MAX];
	field_number(f, c, 4, "Sequence");
	field_number(f, c, 1, "Minlen");
	field_number(f, c, 1, "Maxlen");
	unsigned bits = (unsigned)field_number(f, c, 1, "Length");
	size_t size = (bits + 7) / 8;
	unsigned max = family.afi == 2 ? 128 : 32;
	if (bits > max || cursor_left(c) < size) {
		field_bytes(f, c, size, "Prefix");
		return;
	}
	struct address address = {.family = family.afi == 2 ? 6 : 4};
	struct cursor span = cursor_take(c, size);
	if (size > 0) {
		memcpy(address.octets, span.at, size);
	}
	field_text(f, span, "Prefix", "%s/%u", address_text(&address, text), bits);
}

/* RFC 5291 section 4. False where the entries cannot be told apart. */
static bool
tell_orf_entry(struct fields *f, struct cursor *c, uint8_t type, struct bgp_family family)
{
	struct cursor from = *c;
	bool prefix = type == ORF_PREFIX || type == ORF_PREFIX_CISCO;
	uint8_t octet = cursor_u8(c);
	unsigned action = octet >> 6;
	bool alone = action == ORF_REMOVE_ALL || action == ORF_REMOVE_ALL_QUAGGA;
	if (!alone && !prefix) {
		/* How long it is, only its type knows. */
		*c = from;
		field_rest(f, c, "ORF Entries");
		return false;
	}
	struct cursor span = field_span(&from, c);
	struct cursor whole = *c;
	if (!alone) {
		cursor_skip(&whole, SEQUENCE_MINLEN_MAXLEN);
		cursor_skip(&whole, (cursor_u8(&whole) + 7u) / 8);
	}
	field_begin(f, whole.failed ? span : field_span(&from, &whole), "ORF Entry", NULL);
	field_part(f, span, "Action", action, action_name(action));
	field_part(f, span, "Match", octet >> 5 & 1, match_name(octet >> 5 & 1));
	if (!alone) {
		tell_prefix_filter(f, c, family);
	}
	field_end(f, NULL);
	return true;
}

void
bgp_fields_orf_entries(struct fields *f, struct cursor *c, struct bgp_family family)
{
	field_named(f, c, 1, "When-to-refresh", when_name);
	while (cursor_left(c) > 0) {
		uint8_t type = (uint8_t)field_named(f, c, 1, "ORF Type", bgp_orf_type_name);
		size_t length = (size_t)field_number(f, c, 2, "Length of ORF entries");
		struct cursor entries = field_take(f, c, length, "ORF Entries", NULL);
		while (cursor_left(&entries) > 0 && tell_orf_entry(f, &entries, type, family)) {
		}
		field_end(f, &entries);
	}
}

/* Whether the body is a whole number of capabilities, with so many octets before the code of each
 * and so many for its length. */
static bool
capabilities_fit(struct cursor body, size_t before, unsigned length_size)
{
	while (cursor_left(&body) > 0) {
		cursor_skip(&body, before + 1);
		cursor_skip(&body, length_size == 2 ? cursor_u16(&body) : cursor_u8(&body));
	}
	return !body.failed;
}

static const char *
capability_action(uint64_t action)
{
	return action == 0 ? "advertise" : action == 1 ? "withdraw" : NULL;
}

static const char *
capability_name(uint64_t code)
{
	return bgp_capability_name((uint8_t)code);
}

/*
 * draft-ietf-idr-dynamic-cap section 4: flags and action, a sequence number, code, a length of two
 * octets. The first drafts, which FRR follows, have an action, code and a length of one octet. A
 * message says nowhere which it is, but hardly ever fits both.
 */
void
bgp_fields_capability_message(struct fields *f, struct cursor *body,
	const struct bgp_message *message, const struct bgp_context *context)
{
	enum { FLAGS_AND_SEQUENCE = 5, ACTION = 1 };
	static const struct field_bit flags[] = {
		{0x80, "Init/Ack"}, {0x40, "Ack Request"}, {0x01, "Action: removal"}};
	(void)message;
	(void)context;
	bool early = !capabilities_fit(*body, FLAGS_AND_SEQUENCE, 2) &&
		capabilities_fit(*body, ACTION, 1);
	while (cursor_left(body) > 0) {
		struct cursor peek = *body;
		cursor_skip(&peek, early ? ACTION : FLAGS_AND_SEQUENCE);
		struct cursor at = peek;
		uint8_t code = cursor_u8(&peek);
		size_t size = early ? cursor_u8(&peek) : cursor_u16(&peek);
		size_t header = (size_t)(at.at - body->at) + (early ? 2 : 3);
		struct cursor c = field_take(f, body, peek.failed ? cursor_left(body) : header + size,
			"Capability", "%s", at.failed ? "" : bgp_capability_name(code));
		if (early) {
			field_named(f, &c, 1, "Action", capability_action);
		} else {
			field_flags(f, &c, 1, "Flags", flags, 3);
			field_number(f, &c, 4, "Sequence Number");
		}
		field_named(f, &c, 1, "Capability Code", capability_name);
		size = (size_t)field_number(f, &c, early ? 1 : 2, "Capability Length");
		bgp_fields_capability_value(f, &c, code, size);
		field_end(f, &c);
	}
}
