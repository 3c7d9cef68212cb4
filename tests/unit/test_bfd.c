/* SPDX-License-Identifier: GPL-2.0-or-later */
/* BFD control packets, written out by hand from the figures of RFC 5880 section 4. */
#include <criterion/criterion.h>

#include "dissect/bfd.h"
#include "dissect/field.h"
#include "tests/unit/octets.h"

/* Vers 1, Diag 0 | Up, no flags | Detect Mult 3 | Length 24 | My 1 | Your 2 | 1 s | 300 ms | 50 ms */
#define UP "20 c0 03 18 00000001 00000002 000f4240 000493e0 0000c350"

Test(bfd, reads_every_field)
{
	struct octets o = octets_from_hex("23 c8 05 18 11223344 55667788 000f4240 000493e0 0000c350");
	struct bfd_packet p;
	cr_assert(bfd_decode(o.bytes, o.size, &p));
	cr_assert_eq(p.version, 1);
	cr_assert_eq(p.diag, 3);
	cr_assert_eq(p.state, BFD_UP);
	cr_assert_eq(p.flags, BFD_FLAG_CONTROL_PLANE_INDEPENDENT);
	cr_assert_eq(p.detect_mult, 5);
	cr_assert_eq(p.length, 24);
	cr_assert_eq(p.my_discriminator, 0x11223344);
	cr_assert_eq(p.your_discriminator, 0x55667788);
	cr_assert_eq(p.desired_min_tx_us, 1000000);
	cr_assert_eq(p.required_min_rx_us, 300000);
	cr_assert_eq(p.required_min_echo_rx_us, 50000);
	cr_assert_not(p.has_auth);
	cr_assert_eq(p.fault, BFD_FAULT_NONE);
	octets_free(&o);
}

static const struct {
	const char *what;
	const char *hex;
	bool readable;
	enum bfd_fault_code fault;
	uint32_t offset;
} faults[] = {
	{"good", UP, true, BFD_FAULT_NONE, 0},
	{"empty", "", false, BFD_FAULT_TOO_SHORT, 0},
	{"23 octets", "20c00318 00000001 00000002 000f4240 000493e0 0000c3", false, BFD_FAULT_TOO_SHORT, 23},
	{"version 0", "00c00318 00000001 00000002 000f4240 000493e0 0000c350", true, BFD_FAULT_VERSION, 0},
	{"version 2", "40c00318 00000001 00000002 000f4240 000493e0 0000c350", true, BFD_FAULT_VERSION, 0},
	{"Length 23", "20c00317 00000001 00000002 000f4240 000493e0 0000c350", true, BFD_FAULT_LENGTH, 3},
	{"Length beyond the payload", "20c00319 00000001 00000002 000f4240 000493e0 0000c350", true, BFD_FAULT_LENGTH, 3},
	{"padding after Length (RFC 9764)", UP "00*100", true, BFD_FAULT_NONE, 0},
	{"A set and Length 24", "20c40318 00000001 00000002 000f4240 000493e0 0000c350", true, BFD_FAULT_LENGTH, 3},
	{"Detect Mult 0", "20c00018 00000001 00000002 000f4240 000493e0 0000c350", true, BFD_FAULT_DETECT_MULT, 2},
	{"Multipoint", "20c10318 00000001 00000002 000f4240 000493e0 0000c350", true, BFD_FAULT_MULTIPOINT, 1},
	{"My Discriminator 0", "20c00318 00000000 00000002 000f4240 000493e0 0000c350", true, BFD_FAULT_MY_DISCRIMINATOR, 4},
	{"Your Discriminator 0 in Up", "20c00318 00000001 00000000 000f4240 000493e0 0000c350", true, BFD_FAULT_YOUR_DISCRIMINATOR, 8},
	{"Your Discriminator 0 in Init", "20800318 00000001 00000000 000f4240 000493e0 0000c350", true, BFD_FAULT_YOUR_DISCRIMINATOR, 8},
	{"Your Discriminator 0 in Down", "20400318 00000001 00000000 000f4240 000493e0 0000c350", true, BFD_FAULT_NONE, 0},
	{"Your Discriminator 0 in AdminDown", "27000318 00000001 00000000 000f4240 000493e0 0000c350", true, BFD_FAULT_NONE, 0},
	{"Poll and Final", "20f00318 00000001 00000002 000f4240 000493e0 0000c350", true, BFD_FAULT_POLL_FINAL, 1},
	{"the first fault wins", "20c10018 00000000 00000000 000f4240 000493e0 0000c350", true, BFD_FAULT_DETECT_MULT, 2},
};

Test(bfd, notes_the_first_fault)
{
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		struct octets o = octets_from_hex(faults[i].hex);
		struct bfd_packet p;
		cr_expect_eq(bfd_decode(o.bytes, o.size, &p), faults[i].readable, "%s", faults[i].what);
		cr_expect_eq(p.fault, faults[i].fault, "%s: %s", faults[i].what, bfd_fault_key(p.fault));
		cr_expect_eq(p.fault_offset, faults[i].offset, "%s: %u", faults[i].what, p.fault_offset);
		octets_free(&o);
	}
}

/* A Down packet with the A bit and the given Length; its authentication section follows. */
#define AUTH(length) "20 44 03 " length " 00000001 00000000 000f4240 000493e0 00000000 "

static const struct {
	const char *what;
	const char *hex;
	bool has_auth;
	uint8_t type, length, key_id;
	bool has_sequence;
	uint32_t sequence;
	enum bfd_fault_code fault;
} auths[] = {
	/* 24 + 3 + 6 = 33 = 0x21 */
	{"simple password", AUTH("21") "01 09 07 736563726574", true, 1, 9, 7, false, 0, BFD_FAULT_NONE},
	{"password of no octets", AUTH("1b") "01 03 07", true, 1, 3, 7, false, 0, BFD_FAULT_AUTH},
	{"password of 17 octets", AUTH("2c") "01 14 07 61*17", true, 1, 20, 7, false, 0, BFD_FAULT_AUTH},
	/* 24 + 24 = 48 = 0x30 */
	{"keyed MD5", AUTH("30") "02 18 01 00 0000002a aa*16", true, 2, 24, 1, true, 42, BFD_FAULT_NONE},
	{"meticulous keyed MD5", AUTH("30") "03 18 ff 00 ffffffff aa*16", true, 3, 24, 255, true, 0xffffffff, BFD_FAULT_NONE},
	/* 24 + 28 = 52 = 0x34 */
	{"keyed SHA1", AUTH("34") "04 1c 02 00 00000001 bb*20", true, 4, 28, 2, true, 1, BFD_FAULT_NONE},
	{"meticulous keyed SHA1", AUTH("34") "05 1c 02 00 00000001 bb*20", true, 5, 28, 2, true, 1, BFD_FAULT_NONE},
	{"SHA1 with the length of MD5", AUTH("30") "05 18 02 00 00000001 bb*16", true, 5, 24, 2, true, 1, BFD_FAULT_AUTH},
	{"Auth Len is not what Length leaves", AUTH("34") "05 1b 02 00 00000001 bb*20", true, 5, 27, 2, true, 1, BFD_FAULT_AUTH},
	{"a type that is not known", AUTH("1c") "63 04 05 06", true, 99, 4, 5, false, 0, BFD_FAULT_NONE},
	{"cut inside the sequence number", AUTH("1f") "02 07 01 00 000000", true, 2, 7, 1, false, 0, BFD_FAULT_AUTH},
	{"section beyond the payload", AUTH("30") "02", false, 2, 0, 0, false, 0, BFD_FAULT_LENGTH},
};

Test(bfd, reads_authentication)
{
	for (size_t i = 0; i < sizeof(auths) / sizeof(auths[0]); i++) {
		struct octets o = octets_from_hex(auths[i].hex);
		struct bfd_packet p;
		cr_expect(bfd_decode(o.bytes, o.size, &p), "%s", auths[i].what);
		cr_expect_eq(p.has_auth, auths[i].has_auth, "%s", auths[i].what);
		cr_expect_eq(p.auth.type, auths[i].type, "%s", auths[i].what);
		cr_expect_eq(p.auth.length, auths[i].length, "%s", auths[i].what);
		cr_expect_eq(p.auth.key_id, auths[i].key_id, "%s", auths[i].what);
		cr_expect_eq(p.auth.has_sequence, auths[i].has_sequence, "%s", auths[i].what);
		cr_expect_eq(p.auth.sequence, auths[i].sequence, "%s", auths[i].what);
		cr_expect_eq(p.fault, auths[i].fault, "%s: %s", auths[i].what, bfd_fault_key(p.fault));
		octets_free(&o);
	}
}

/* draft-ietf-bfd-base-01: H D P F C A and two reserved bits. */
Test(bfd, reads_the_flags_of_version_0)
{
	struct octets o = octets_from_hex("01 f8 03 18 00000001 00000002 000f4240 000493e0 00000000");
	struct bfd_packet p;
	cr_assert(bfd_decode(o.bytes, o.size, &p));
	cr_assert_eq(p.state, BFD_UP);
	cr_assert_eq(p.flags, BFD_FLAG_DEMAND | BFD_FLAG_POLL | BFD_FLAG_FINAL |
		BFD_FLAG_CONTROL_PLANE_INDEPENDENT);
	cr_assert_eq(p.fault, BFD_FAULT_VERSION);
	octets_free(&o);
}

Test(bfd, names)
{
	char text[8];
	cr_assert_str_eq(bfd_state_name(BFD_ADMIN_DOWN), "AdminDown");
	cr_assert_str_eq(bfd_state_name(BFD_UP), "Up");
	cr_assert_str_eq(bfd_state_name(4), "Unknown");
	cr_assert_str_eq(bfd_diagnostic_name(1), "Control Detection Time Expired");
	cr_assert_str_eq(bfd_diagnostic_name(8), "Reverse Concatenated Path Down");
	cr_assert_str_eq(bfd_diagnostic_name(31), "unassigned");
	cr_assert_str_eq(bfd_auth_name(5), "Meticulous Keyed SHA1");
	cr_assert_str_eq(bfd_auth_name(200), "unassigned");
	cr_assert_str_eq(bfd_port_mode(3784), "single-hop");
	cr_assert_str_eq(bfd_port_mode(4784), "multihop");
	cr_assert_str_eq(bfd_port_mode(6784), "micro");
	cr_assert_str_eq(bfd_port_mode(7784), "s-bfd");
	cr_assert_str_eq(bfd_port_mode(3785), "echo");
	cr_assert_null(bfd_port_mode(179));
	cr_assert_str_eq(bfd_flags_text(0x3f, text), "PFCADM");
	cr_assert_str_eq(bfd_flags_text(0x20 | 0x04, text), "PA");
	cr_assert_str_eq(bfd_flags_text(0, text), "");
}

/* RFC 5881 sections 4 and 5, RFC 5883, RFC 5884 section 7, RFC 7130, RFC 7881. */
Test(bfd, what_the_headers_around_it_must_have)
{
	static const struct {
		uint16_t src_port, dst_port;
		uint8_t ttl;
		bool to_loopback;
		enum bfd_fault_code fault;
	} rows[] = {
		{49152, 3784, 255, false, BFD_FAULT_NONE},
		{49152, 3784, 254, false, BFD_FAULT_TTL},
		{49152, 3784, 1, true, BFD_FAULT_NONE},
		{49151, 3784, 255, false, BFD_FAULT_SOURCE_PORT},
		{40000, 3784, 64, false, BFD_FAULT_TTL},
		{65535, 6784, 255, false, BFD_FAULT_NONE},
		{65535, 6784, 64, false, BFD_FAULT_TTL},
		{50000, 4784, 64, false, BFD_FAULT_NONE},
		{4784, 4784, 64, false, BFD_FAULT_SOURCE_PORT},
		{40000, 7784, 64, false, BFD_FAULT_NONE},
		{7784, 40000, 64, false, BFD_FAULT_NONE},
		{0, 0, 64, false, BFD_FAULT_NONE},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		cr_expect_eq(bfd_check_transport(rows[i].src_port, rows[i].dst_port, rows[i].ttl,
				     rows[i].to_loopback),
			rows[i].fault, "row %zu", i);
	}
	cr_expect_str_eq(bfd_fault_action(BFD_FAULT_DETECT_MULT), "discard");
	cr_expect_str_eq(bfd_fault_action(BFD_FAULT_POLL_FINAL), "note");
}

struct told {
	char names[1200];
	uint32_t next; /* where the next octets are to begin, at depth 0 */
};

static void
tell(void *self, const struct field *field)
{
	struct told *told = self;
	cr_assert_lt(strlen(told->names) + strlen(field->name) + 3, sizeof(told->names));
	strcat(told->names, field->name);
	strcat(told->names, field->malformed ? "! " : "; ");
	if (field->depth == 0) {
		cr_expect(field->offset == told->next || field->offset + field->size == told->next,
			"%s at %u", field->name, field->offset);
		told->next = field->offset + field->size;
	}
}

#define FLAGS "Flags; Poll; Final; Control Plane Independent; Authentication Present; Demand; Multipoint; "
#define MANDATORY "Detect Mult; Length; My Discriminator; Your Discriminator; Desired Min TX Interval; " \
	"Required Min RX Interval; Required Min Echo RX Interval; "

Test(bfd, fields_cover_every_octet)
{
	static const struct {
		const char *hex, *names;
	} rows[] = {
		{UP, "Version; Diagnostic; State; " FLAGS MANDATORY},
		/* RFC 9764: padding */
		{UP "00*100", "Version; Diagnostic; State; " FLAGS MANDATORY "Padding; "},
		/* RFC 5880 section 4.2: a password of two octets */
		{"20c4031d 00000001 00000002 000f4240 000493e0 0000c350 01 05 07 6869",
			"Version; Diagnostic; State; " FLAGS MANDATORY
			"Authentication Section; Auth Type; Auth Len; Auth Key ID; Password; "},
		/* RFC 5880 section 4.3 */
		{"20c40330 00000001 00000002 000f4240 000493e0 0000c350 03 18 01 00 00000009 00*16",
			"Version; Diagnostic; State; " FLAGS MANDATORY
			"Authentication Section; Auth Type; Auth Len; Auth Key ID; Reserved; Sequence Number; Auth Key/Digest; "},
		{"00c00318 00000001 00000002 000f4240 000493e0 0000c350",
			"Version; Diagnostic; Flags; I Hear You; Demand; Poll; Final; Control Plane Independent; "
			"Authentication Present; " MANDATORY},
		{"20c003", "Version; Diagnostic; State; " FLAGS "Detect Mult; Length! "},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct octets o = octets_from_hex(rows[i].hex);
		struct bfd_packet p;
		struct told told = {{0}, 0};
		const struct field_sink sink = {&told, tell};
		(void)bfd_decode(o.bytes, o.size, &p);
		bfd_fields(&p, &sink);
		if (i + 1 < sizeof(rows) / sizeof(rows[0])) {
			cr_expect_str_eq(told.names, rows[i].names, "row %zu: %s", i, told.names);
			cr_expect_eq(told.next, o.size, "row %zu: %u", i, told.next);
		}
		octets_free(&o);
	}
}
