/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A BFD control packet as a tree of fields, named as the figures of RFC 5880 section 4 have them. What
 * follows the Length is padding (RFC 9764 section 3). Version 0 (draft-ietf-bfd-base-01) has other
 * bits in the second octet.
 */
#include "dissect/bfd.h"
#include "dissect/field.h"

enum {
	MANDATORY_SIZE = 24,
	SIMPLE_PASSWORD = 1,
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char *
auth_name(uint64_t type)
{
	return bfd_auth_name((uint8_t)type);
}

static void
tell_flags(struct fields *f, struct cursor *c, uint8_t version, const struct bfd_packet *packet)
{
	static const struct field_bit bits[] = {
		{0x20, "Poll"},
		{0x10, "Final"},
		{0x08, "Control Plane Independent"},
		{0x04, "Authentication Present"},
		{0x02, "Demand"},
		{0x01, "Multipoint"},
	};
	static const struct field_bit old_bits[] = {
		{0x80, "I Hear You"},
		{0x40, "Demand"},
		{0x20, "Poll"},
		{0x10, "Final"},
		{0x08, "Control Plane Independent"},
		{0x04, "Authentication Present"},
	};
	struct cursor from = *c;
	if (version == 0) {
		field_flags(f, c, 1, "Flags", old_bits, COUNT(old_bits));
		return;
	}
	struct cursor octet = *c;
	uint8_t value = cursor_u8(&octet);
	if (octet.failed) {
		return;
	}
	struct cursor span = field_span(&from, &octet);
	field_part(f, span, "State", packet->state, bfd_state_name(packet->state));
	field_begin(f, span, "Flags", NULL);
	for (size_t i = 0; i < COUNT(bits); i++) {
		field_flag(f, span, bits[i].name, (value & bits[i].mask) != 0);
	}
	field_end(f, NULL);
	*c = octet;
}

/* RFC 5880 sections 4.2 to 4.4. */
static void
tell_auth(struct fields *f, struct cursor *c, const struct bfd_packet *packet)
{
	size_t size = packet->length > MANDATORY_SIZE ? packet->length - MANDATORY_SIZE : 0;
	struct cursor section = field_take(f, c, size, "Authentication Section", NULL);
	uint8_t type = (uint8_t)field_named(f, &section, 1, "Auth Type", auth_name);
	field_number(f, &section, 1, "Auth Len");
	field_number(f, &section, 1, "Auth Key ID");
	if (type == SIMPLE_PASSWORD) {
		field_wire_text(f, &section, cursor_left(&section), "Password");
	} else if (packet->auth.has_sequence) {
		field_number(f, &section, 1, "Reserved");
		field_number(f, &section, 4, "Sequence Number");
		field_rest(f, &section, "Auth Key/Digest");
	} else {
		field_rest(f, &section, "Authentication Data");
	}
	field_end(f, &section);
}

void
bfd_fields(const struct bfd_packet *packet, const struct field_sink *sink)
{
	struct fields f = {.sink = sink};
	struct cursor c = packet->raw;
	struct cursor from = c;
	uint8_t first = cursor_u8(&c);
	if (c.failed) {
		return;
	}
	struct cursor span = field_span(&from, &c);
	field_part(&f, span, "Version", first >> 5, NULL);
	field_part(&f, span, "Diagnostic", first & 0x1f, bfd_diagnostic_name(first & 0x1f));
	tell_flags(&f, &c, first >> 5, packet);
	field_number(&f, &c, 1, "Detect Mult");
	field_number(&f, &c, 1, "Length");
	field_hex(&f, &c, 4, "My Discriminator");
	field_hex(&f, &c, 4, "Your Discriminator");
	field_number(&f, &c, 4, "Desired Min TX Interval");
	field_number(&f, &c, 4, "Required Min RX Interval");
	field_number(&f, &c, 4, "Required Min Echo RX Interval");
	if ((packet->flags & BFD_FLAG_AUTHENTICATION) != 0) {
		tell_auth(&f, &c, packet);
	}
	if (packet->length >= MANDATORY_SIZE) {
		field_rest(&f, &c, "Padding");
	}
	field_surplus(&f, &c);
}
