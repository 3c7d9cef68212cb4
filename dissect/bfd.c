/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * BFD control packets: RFC 5880 section 4, and of the reception rules of section 6.8.6 those that
 * need nothing but the packet, in their order. The Length field may be less than the payload: what
 * follows is padding (RFC 9764 section 3).
 *
 * Version 0 (draft-ietf-bfd-base-01) is read too. It has the same fields but no states: where
 * version 1 has its two bits of state, P, F, C, A, D and M, it has H ("I hear you"), D, P, F, C, A
 * and two reserved bits. H set is given as Up and clear as Down, which is as near as it comes; the
 * packet has the version fault in any case.
 */
#include "dissect/bfd.h"

#include <stdio.h>

enum {
	MANDATORY_SIZE = 24,
	LEAST_AUTH_SIZE = 2,
	FLAGS_OFFSET = 1,
	DETECT_MULT_OFFSET = 2,
	LENGTH_OFFSET = 3,
	MY_DISCRIMINATOR_OFFSET = 4,
	YOUR_DISCRIMINATOR_OFFSET = 8,
};

static const struct fault_desc {
	const char *key, *text, *rfc, *action;
} faults[BFD_FAULT_COUNT] = {
	[BFD_FAULT_NONE] = {"none", "nothing is malformed", "", "none"},
#define FAULT(id, key, text, rfc, action) [BFD_FAULT_##id] = {key, text, rfc, action},
#include "dissect/bfd_faults.def"
#undef FAULT
};

static const struct auth_desc {
	const char *name;
	uint8_t least, greatest;
	bool has_sequence;
} auths[256] = {
#define AUTHENTICATION(type, name, least, greatest, has_sequence) \
	[type] = {name, least, greatest, has_sequence},
#include "dissect/bfd_codes.def"
#undef AUTHENTICATION
};

static void
note(struct bfd_packet *packet, enum bfd_fault_code code, size_t offset)
{
	if (packet->fault == BFD_FAULT_NONE) {
		packet->fault = code;
		packet->fault_offset = (uint32_t)offset;
	}
}

static void
read_flags(struct bfd_packet *packet, uint8_t octet)
{
	if (packet->version != 0) {
		packet->state = octet >> 6;
		packet->flags = octet & 0x3f;
		return;
	}
	packet->state = (octet & 0x80) != 0 ? BFD_UP : BFD_DOWN;
	packet->flags = (uint8_t)(((octet & 0x40) != 0 ? BFD_FLAG_DEMAND : 0) |
		((octet & 0x20) != 0 ? BFD_FLAG_POLL : 0) |
		((octet & 0x10) != 0 ? BFD_FLAG_FINAL : 0) |
		((octet & 0x08) != 0 ? BFD_FLAG_CONTROL_PLANE_INDEPENDENT : 0) |
		((octet & 0x04) != 0 ? BFD_FLAG_AUTHENTICATION : 0));
}

/* RFC 5880 sections 4.2 to 4.4. All types begin with type, length and key; those with a digest go
 * on with a reserved octet and the sequence number. */
static void
read_auth(struct bfd_packet *packet, struct cursor section)
{
	struct bfd_auth *auth = &packet->auth;
	size_t offset = cursor_offset(&section);
	size_t size = cursor_left(&section);
	auth->type = cursor_u8(&section);
	auth->length = cursor_u8(&section);
	packet->has_auth = !section.failed;
	const struct auth_desc *desc = &auths[auth->type];
	bool fits = packet->has_auth && auth->length == size;
	if (desc->name != NULL) {
		fits = fits && auth->length >= desc->least && auth->length <= desc->greatest;
	}
	auth->key_id = cursor_u8(&section);
	if (desc->has_sequence) {
		cursor_skip(&section, 1);
		auth->sequence = cursor_u32(&section);
		auth->has_sequence = !section.failed;
	}
	if (!fits) {
		note(packet, BFD_FAULT_AUTH, offset);
	}
}

static void
check_packet(struct bfd_packet *packet, size_t size)
{
	bool authenticated = (packet->flags & BFD_FLAG_AUTHENTICATION) != 0;
	if (packet->version != 1) {
		note(packet, BFD_FAULT_VERSION, 0);
	}
	if (packet->length < MANDATORY_SIZE + (authenticated ? LEAST_AUTH_SIZE : 0) ||
		packet->length > size) {
		note(packet, BFD_FAULT_LENGTH, LENGTH_OFFSET);
	}
	if (packet->detect_mult == 0) {
		note(packet, BFD_FAULT_DETECT_MULT, DETECT_MULT_OFFSET);
	}
	if ((packet->flags & BFD_FLAG_MULTIPOINT) != 0) {
		note(packet, BFD_FAULT_MULTIPOINT, FLAGS_OFFSET);
	}
	if (packet->my_discriminator == 0) {
		note(packet, BFD_FAULT_MY_DISCRIMINATOR, MY_DISCRIMINATOR_OFFSET);
	}
	if (packet->your_discriminator == 0 && packet->state != BFD_DOWN &&
		packet->state != BFD_ADMIN_DOWN) {
		note(packet, BFD_FAULT_YOUR_DISCRIMINATOR, YOUR_DISCRIMINATOR_OFFSET);
	}
	if ((packet->flags & BFD_FLAG_POLL) != 0 && (packet->flags & BFD_FLAG_FINAL) != 0) {
		note(packet, BFD_FAULT_POLL_FINAL, FLAGS_OFFSET);
	}
}

bool
bfd_decode(const uint8_t *bytes, size_t size, struct bfd_packet *packet)
{
	*packet = (struct bfd_packet){.raw = cursor_make(bytes, size)};
	if (size < MANDATORY_SIZE) {
		note(packet, BFD_FAULT_TOO_SHORT, size);
		return false;
	}
	struct cursor c = packet->raw;
	uint8_t first = cursor_u8(&c);
	packet->version = first >> 5;
	packet->diag = first & 0x1f;
	read_flags(packet, cursor_u8(&c));
	packet->detect_mult = cursor_u8(&c);
	packet->length = cursor_u8(&c);
	packet->my_discriminator = cursor_u32(&c);
	packet->your_discriminator = cursor_u32(&c);
	packet->desired_min_tx_us = cursor_u32(&c);
	packet->required_min_rx_us = cursor_u32(&c);
	packet->required_min_echo_rx_us = cursor_u32(&c);
	check_packet(packet, size);
	if ((packet->flags & BFD_FLAG_AUTHENTICATION) != 0 && packet->length > MANDATORY_SIZE) {
		read_auth(packet, cursor_take_some(&c, packet->length - MANDATORY_SIZE));
	}
	return true;
}

static const struct fault_desc *
find_fault(enum bfd_fault_code code)
{
	return &faults[(unsigned)code < BFD_FAULT_COUNT ? code : BFD_FAULT_NONE];
}

const char *
bfd_fault_key(enum bfd_fault_code code)
{
	return find_fault(code)->key;
}

const char *
bfd_fault_text(enum bfd_fault_code code)
{
	return find_fault(code)->text;
}

const char *
bfd_fault_rfc(enum bfd_fault_code code)
{
	return find_fault(code)->rfc;
}

const char *
bfd_fault_action(enum bfd_fault_code code)
{
	return find_fault(code)->action;
}

enum bfd_fault_code
bfd_check_transport(uint16_t src_port, uint16_t dst_port, uint8_t ttl, bool to_loopback)
{
	enum { LEAST_SOURCE_PORT = 49152, GREATEST_TTL = 255 };
	bool single = dst_port == BFD_PORT_SINGLE_HOP || dst_port == BFD_PORT_MICRO;
	if (single && ttl != GREATEST_TTL && !to_loopback) {
		return BFD_FAULT_TTL;
	}
	if ((single || dst_port == BFD_PORT_MULTIHOP) && !to_loopback &&
		src_port < LEAST_SOURCE_PORT) {
		return BFD_FAULT_SOURCE_PORT;
	}
	return BFD_FAULT_NONE;
}

const char *
bfd_state_name(uint8_t state)
{
	static const char *const names[] = {
#define STATE(number, id, name) [BFD_##id] = name,
#include "dissect/bfd_codes.def"
#undef STATE
	};
	return state < sizeof(names) / sizeof(names[0]) ? names[state] : "Unknown";
}

const char *
bfd_diagnostic_name(uint8_t diag)
{
	static const char *const names[256] = {
#define DIAGNOSTIC(number, name, rfc) [number] = name,
#include "dissect/bfd_codes.def"
#undef DIAGNOSTIC
	};
	return names[diag] != NULL ? names[diag] : "unassigned";
}

const char *
bfd_auth_name(uint8_t type)
{
	return auths[type].name != NULL ? auths[type].name : "unassigned";
}

const char *
bfd_port_mode(uint16_t port)
{
	switch (port) {
#define PORT(id, mode) case BFD_PORT_##id: return mode;
#include "dissect/bfd_codes.def"
#undef PORT
	default:
		return NULL;
	}
}

const char *
bfd_flags_text(uint8_t flags, char text[8])
{
	static const char letters[] = "PFCADM"; /* bits 0x20 down to 0x01 */
	size_t length = 0;
	for (unsigned i = 0; i < sizeof(letters) - 1; i++) {
		if ((flags & (0x20u >> i)) != 0) {
			text[length++] = letters[i];
		}
	}
	text[length] = '\0';
	return text;
}
