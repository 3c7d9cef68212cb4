/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Build, then decode: the same values. The encoder here knows the figures of the RFCs and nothing of
 * the decoders; it writes a value into the message and, beside it, what must be read: the name that
 * the RFC has and the value. Messages are random, but the same in every run.
 */
#include <criterion/criterion.h>

#include <inttypes.h>
#include <stdio.h>

#include "tests/fuzz/walk.h"
#include "tests/unit/octets.h"

enum { ROUNDS = 3000, LEAVES_MAX = 4096, VALUE_MAX = 160, OCTETS_MAX = 4096 };

struct leaf {
	char name[64];
	char value[VALUE_MAX];
};

struct leaves {
	size_t count;
	struct leaf list[LEAVES_MAX];
};

static struct leaves want, got;
static uint8_t octets[OCTETS_MAX];
static size_t used;
static uint64_t state;

static uint64_t
chance(uint64_t below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (state >> 11) % below;
}

static struct leaf *
expect(const char *name)
{
	static struct leaf spare;
	struct leaf *leaf = want.count < LEAVES_MAX ? &want.list[want.count++] : &spare;
	snprintf(leaf->name, sizeof(leaf->name), "%s", name);
	leaf->value[0] = '\0';
	return leaf;
}

static void
put(uint64_t value, unsigned size)
{
	for (unsigned i = size; i-- > 0;) {
		octets[used++] = (uint8_t)(value >> 8 * i);
	}
}

static void
number(const char *name, uint64_t value, unsigned size)
{
	put(value, size);
	snprintf(expect(name)->value, VALUE_MAX, "%" PRIu64, value);
}

static void
hex(const char *name, uint64_t value, unsigned size)
{
	put(value, size);
	snprintf(expect(name)->value, VALUE_MAX, "0x%0*" PRIx64, (int)size * 2, value);
}

static void
any_number(const char *name, unsigned size)
{
	number(name, chance(size >= 8 ? UINT64_MAX : (uint64_t)1 << 8 * size), size);
}

static void
any_hex(const char *name, unsigned size)
{
	hex(name, chance(size >= 8 ? UINT64_MAX : (uint64_t)1 << 8 * size), size);
}

static void
ipv4(const char *name)
{
	uint32_t a = (uint32_t)chance((uint64_t)1 << 32);
	put(a, 4);
	snprintf(expect(name)->value, VALUE_MAX, "%u.%u.%u.%u", a >> 24, a >> 16 & 255, a >> 8 & 255,
		a & 255);
}

/* 2001:db8:X::Y with X and Y not zero: so its text has only one form. */
static void
ipv6(const char *name)
{
	unsigned x = 1 + (unsigned)chance(65535), y = 1 + (unsigned)chance(65535);
	put(0x20010db8, 4);
	put(x, 2);
	put(0, 8);
	put(y, 2);
	snprintf(expect(name)->value, VALUE_MAX, "2001:db8:%x::%x", x, y);
}

static void
some_octets(const char *name, size_t size)
{
	char *value = expect(name)->value;
	for (size_t i = 0; i < size; i++) {
		unsigned octet = (unsigned)chance(256);
		put(octet, 1);
		snprintf(value + 2 * i, VALUE_MAX - 2 * i, "%02x", octet);
	}
}

static void
some_text(const char *name, size_t size)
{
	char *value = expect(name)->value;
	for (size_t i = 0; i < size; i++) {
		char c = (char)('a' + chance(26));
		put((uint8_t)c, 1);
		snprintf(value + i, VALUE_MAX - i, "%c", c);
	}
}

/* A length that is known later: its octets and its leaf. */
struct mark {
	size_t at, leaf;
	unsigned size;
};

static struct mark
length(const char *name, unsigned size)
{
	struct mark mark = {.at = used, .leaf = want.count, .size = size};
	number(name, 0, size);
	return mark;
}

static void
patch(struct mark mark, size_t value)
{
	size_t end = used;
	used = mark.at;
	put(value, mark.size);
	used = end;
	snprintf(want.list[mark.leaf].value, VALUE_MAX, "%zu", value);
}

/* What was put behind the length. */
static void
end(struct mark mark)
{
	patch(mark, used - mark.at - mark.size);
}

static void
family(void)
{
	static const unsigned pairs[][2] = {{1, 1}, {2, 1}, {1, 128}, {25, 70}, {16388, 71}};
	size_t i = chance(5);
	number("Address Family Identifier", pairs[i][0], 2);
	number("Subsequent Address Family Identifier", pairs[i][1], 1);
}

/* The value of a capability; false for a code without one that this encoder knows. */
static bool
capability_value(unsigned code)
{
	size_t n = chance(4);
	switch (code) {
	case 1:
		number("Address Family Identifier", 1 + chance(2), 2);
		number("Reserved", 0, 1);
		number("Subsequent Address Family Identifier", 1 + chance(4), 1);
		return true;
	case 2: case 6: case 70: case 74: case 77: case 128:
		return true;
	case 3: case 130:
		for (size_t i = 0; i < n; i++) {
			number("Address Family Identifier", 1, 2);
			number("Reserved", 0, 1);
			number("Subsequent Address Family Identifier", 1, 1);
			size_t orfs = chance(3);
			number("Number of ORFs", orfs, 1);
			for (size_t k = 0; k < orfs; k++) {
				any_number("ORF Type", 1);
				number("Send/Receive", 1 + chance(3), 1);
			}
		}
		return true;
	case 5:
		for (size_t i = 0; i < n; i++) {
			number("NLRI AFI", 1, 2);
			number("NLRI SAFI", 1, 2);
			number("Nexthop AFI", 2, 2);
		}
		return true;
	case 7: {
		unsigned version = (unsigned)chance(16), direction = (unsigned)chance(2);
		put(version << 4 | direction << 3, 1);
		snprintf(expect("Version")->value, VALUE_MAX, "%u", version);
		snprintf(expect("Dir")->value, VALUE_MAX, "%u", direction);
		snprintf(expect("Unassigned")->value, VALUE_MAX, "0");
		number("Address Family Identifier", 2, 2);
		return true;
	}
	case 8:
		for (size_t i = 0; i < n; i++) {
			family();
			any_number("Count", 1);
		}
		return true;
	case 9:
		number("Role", chance(5), 1);
		return true;
	case 64: {
		unsigned flags = (unsigned)chance(16), time_s = (unsigned)chance(4096);
		put(flags << 12 | time_s, 2);
		snprintf(expect("Restart Flags")->value, VALUE_MAX, "%u", flags);
		snprintf(expect("Restart Time")->value, VALUE_MAX, "%u", time_s);
		for (size_t i = 0; i < n; i++) {
			family();
			hex("Flags for Address Family", chance(2) << 7, 1);
		}
		return true;
	}
	case 65:
		any_number("AS Number", 4);
		return true;
	case 67:
		for (size_t i = 0; i < n; i++) {
			any_number("Capability Code", 1);
		}
		return true;
	case 68: case 131:
		any_hex("Flags", 1);
		for (size_t i = 0; i < n; i++) {
			any_number("Session Identifier", 1);
		}
		return true;
	case 69: case 72:
		for (size_t i = 0; i < n; i++) {
			family();
			number("Send/Receive", 1 + chance(3), 1);
		}
		return true;
	case 71:
		for (size_t i = 0; i < n; i++) {
			family();
			hex("Flags for Address Family", chance(2) << 7, 1);
			any_number("Long-Lived Stale Time", 3);
		}
		return true;
	case 73: {
		size_t host = chance(10), domain = chance(10);
		number("Hostname Length", host, 1);
		some_text("Hostname", host);
		number("Domain Name Length", domain, 1);
		some_text("Domain Name", domain);
		return true;
	}
	case 75: {
		size_t size = 1 + chance(20);
		number("Version Length", size, 1);
		some_text("Version", size);
		return true;
	}
	case 76:
		for (size_t i = 0; i < n; i++) {
			family();
			any_number("Paths Limit", 2);
		}
		return true;
	default:
		return false;
	}
}

static void
capability(void)
{
	static const uint8_t codes[] = {1, 2, 3, 5, 6, 7, 8, 9, 64, 65, 67, 68, 69, 70, 71, 72, 73, 74,
		75, 76, 77, 128, 130, 131, 200};
	uint8_t code = codes[chance(sizeof(codes))];
	number("Capability Code", code, 1);
	struct mark mark = length("Capability Length", 1);
	if (!capability_value(code)) {
		some_octets("Capability Value", 1 + chance(8));
	}
	end(mark);
}

static void
as_path(unsigned width)
{
	for (size_t n = chance(4); n > 0; n--) {
		number("Path Segment Type", 1 + chance(4), 1);
		size_t count = 1 + chance(6);
		number("Path Segment Length", count, 1);
		while (count-- > 0) {
			any_number("AS Number", width);
		}
	}
}

/* A prefix as a line of text; `bits` of 10.x.y.z. */
static void
prefix(const char *name)
{
	unsigned bits = 8 * (1 + (unsigned)chance(4)), x = (unsigned)chance(256);
	unsigned y = (unsigned)chance(256), z = (unsigned)chance(256);
	const unsigned parts[4] = {10, x, y, z};
	put(bits, 1);
	for (unsigned i = 0; i < bits / 8; i++) {
		put(parts[i], 1);
	}
	snprintf(expect(name)->value, VALUE_MAX, "10.%u.%u.%u/%u", bits > 8 ? x : 0,
		bits > 16 ? y : 0, bits > 24 ? z : 0, bits);
}

static void
extended_community(void)
{
	static const uint8_t types[][2] = {{0, 2}, {0, 3}, {1, 2}, {2, 2}, {0x40, 4}, {3, 0x0b},
		{3, 0x0c}, {6, 0}, {6, 1}, {6, 2}, {6, 3}, {0x43, 0}, {0x80, 7}, {0x99, 1}, {0, 0x77}};
	const uint8_t *type = types[chance(sizeof(types) / sizeof(types[0]))];
	number("Type", type[0], 1);
	number("Sub-Type", type[1], 1);
	switch (type[0] << 8 | type[1]) {
	case 0x0002: case 0x0003: case 0x0077:
		any_number("Global Administrator", 2);
		any_number("Local Administrator", 4);
		break;
	case 0x0102:
		ipv4("Global Administrator");
		any_number("Local Administrator", 2);
		break;
	case 0x0202:
		any_number("Global Administrator", 4);
		any_number("Local Administrator", 2);
		break;
	case 0x4004:
		any_number("AS Number", 2);
		put(0x4a3ebc20, 4); /* 25 Mbit/s in octets, as IEEE 754 has it */
		snprintf(expect("Rate")->value, VALUE_MAX, "3.125e+06");
		break;
	case 0x030b:
		any_hex("Flags", 2);
		any_number("Color Value", 4);
		break;
	case 0x030c:
		number("Reserved", 0, 4);
		any_number("Tunnel Type", 2);
		break;
	case 0x0600:
		any_hex("Flags", 1);
		number("Reserved", 0, 1);
		any_number("Sequence Number", 4);
		break;
	case 0x0601: {
		unsigned label = (unsigned)chance(1 << 20);
		any_hex("Flags", 1);
		number("Reserved", 0, 2);
		put(label << 4 | 1, 3);
		snprintf(expect("ESI Label")->value, VALUE_MAX, "%u", label);
		break;
	}
	case 0x0602: case 0x0603: {
		uint64_t mac = chance((uint64_t)1 << 48);
		put(mac, 6);
		char *value = expect("MAC Address")->value;
		snprintf(value, VALUE_MAX, "%02x:%02x:%02x:%02x:%02x:%02x", (unsigned)(mac >> 40) & 255,
			(unsigned)(mac >> 32) & 255, (unsigned)(mac >> 24) & 255,
			(unsigned)(mac >> 16) & 255, (unsigned)(mac >> 8) & 255, (unsigned)mac & 255);
		break;
	}
	case 0x4300:
		put(0, 5);
		snprintf(expect("Reserved")->value, VALUE_MAX, "0000000000");
		number("Validation State", chance(3), 1);
		break;
	case 0x8007:
		hex("Traffic Action", chance(4), 6);
		break;
	default:
		some_octets("Value", 6);
		break;
	}
}

static void
tunnel_encapsulation(void)
{
	number("Tunnel Type", 8, 2);
	struct mark tunnel = length("Length", 2);
	for (size_t n = chance(5); n > 0; n--) {
		unsigned types[] = {6, 8, 12, 15, 128, 129, 99};
		unsigned type = types[chance(7)];
		number("Sub-TLV Type", type, 1);
		struct mark mark = length("Sub-TLV Length", type >= 128 ? 2 : 1);
		switch (type) {
		case 6:
			number("Reserved", 0, 4);
			number("Address Family", 2, 2);
			ipv6("Address");
			break;
		case 8:
			any_number("UDP Port", 2);
			break;
		case 12:
			any_hex("Flags", 1);
			number("Reserved", 0, 1);
			any_number("Preference", 4);
			break;
		case 15:
			any_number("Priority", 1);
			number("Reserved", 0, 1);
			break;
		case 128:
			number("Reserved", 0, 1);
			number("Type", 13, 1);
			number("Length", 18, 1);
			any_hex("Flags", 1);
			number("Reserved", 0, 1);
			ipv6("SRv6 SID");
			break;
		case 129:
			number("Reserved", 0, 1);
			some_text("Name", 1 + chance(12));
			break;
		default:
			some_octets("Value", 1 + chance(6));
			break;
		}
		end(mark);
	}
	end(tunnel);
}

static void attributes(unsigned depth);

static void
attribute_value(unsigned type, unsigned depth)
{
	size_t n = 1 + chance(4);
	switch (type) {
	case 1: number("ORIGIN", chance(3), 1); break;
	case 2: as_path(4); break;
	case 3: ipv4("NEXT_HOP"); break;
	case 4: any_number("MULTI_EXIT_DISC", 4); break;
	case 5: any_number("LOCAL_PREF", 4); break;
	case 6: break;
	case 7: case 18:
		any_number("AS Number", 4);
		ipv4("IP Address");
		break;
	case 8:
		while (n-- > 0) {
			unsigned high = 1 + (unsigned)chance(65000), low = (unsigned)chance(65536);
			put(high, 2);
			put(low, 2);
			snprintf(expect("Community")->value, VALUE_MAX, "%u:%u", high, low);
		}
		break;
	case 9: ipv4("ORIGINATOR_ID"); break;
	case 10:
		while (n-- > 0) {
			ipv4("CLUSTER_ID");
		}
		break;
	case 14:
		number("Address Family Identifier", 1, 2);
		number("Subsequent Address Family Identifier", 1, 1);
		number("Length of Next Hop Network Address", 16, 1);
		ipv6("Network Address of Next Hop");
		number("Reserved", 0, 1);
		while (n-- > 0) {
			prefix("Prefix");
		}
		break;
	case 15:
		number("Address Family Identifier", 1, 2);
		number("Subsequent Address Family Identifier", 2, 1);
		while (n-- > 0) {
			prefix("Prefix");
		}
		break;
	case 16:
		while (n-- > 0) {
			extended_community();
		}
		break;
	case 17: as_path(4); break;
	case 22: {
		unsigned label = (unsigned)chance(1 << 20);
		any_hex("Flags", 1);
		number("Tunnel Type", 6, 1);
		put(label << 4, 3);
		snprintf(expect("MPLS Label")->value, VALUE_MAX, "%u", label);
		ipv4("Tunnel Endpoint Address");
		break;
	}
	case 23: tunnel_encapsulation(); break;
	case 25:
		hex("Type", 0, 1);
		number("Sub-Type", 2, 1);
		ipv6("Global Administrator");
		any_number("Local Administrator", 2);
		break;
	case 26:
		number("Type", 1, 1);
		number("Length", 11, 2);
		any_number("Accumulated IGP Metric", 8);
		break;
	case 29: {
		number("Type", 1026, 2);
		struct mark mark = length("Length", 2);
		some_text("Value", 1 + chance(10));
		end(mark);
		number("Type", 1095, 2);
		number("Length", 3, 2);
		any_number("Value", 3);
		number("Type", 1158, 2);
		number("Length", 8, 2);
		any_hex("Flags", 1);
		any_number("Algorithm", 1);
		number("Reserved", 0, 2);
		any_number("SID/Label/Index", 4);
		break;
	}
	case 32:
		while (n-- > 0) {
			any_number("Global Administrator", 4);
			any_number("Local Data Part 1", 4);
			any_number("Local Data Part 2", 4);
		}
		break;
	case 33: {
		struct mark path = length("Secure_Path Length", 2);
		while (n-- > 0) {
			any_number("pCount", 1);
			any_hex("Flags", 1);
			any_number("AS Number", 4);
		}
		patch(path, used - path.at);
		struct mark block = length("Signature_Block Length", 2);
		number("Algorithm Suite Identifier", 1, 1);
		some_octets("Subject Key Identifier", 20);
		struct mark signature = length("Signature Length", 2);
		some_octets("Signature", 1 + chance(64));
		end(signature);
		patch(block, used - block.at);
		break;
	}
	case 35: any_number("AS Number", 4); break;
	case 38:
		number("BFD Mode", 1, 1);
		any_hex("BFD Discriminator", 4);
		break;
	case 40:
		number("Type", 1, 1);
		number("Length", 7, 2);
		number("Reserved", 0, 1);
		any_hex("Flags", 2);
		any_number("Label Index", 4);
		number("Type", 3, 1);
		number("Length", 2 + 6 * n, 2);
		any_hex("Flags", 2);
		while (n-- > 0) {
			any_number("SRGB Base", 3);
			any_number("SRGB Range", 3);
		}
		break;
	case 128:
		any_number("Origin AS Number", 4);
		attributes(depth + 1);
		break;
	default:
		some_octets("Attribute Value", 1 + chance(12));
		break;
	}
}

static void
attributes(unsigned depth)
{
	static const uint8_t types[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 14, 15, 16, 17, 18, 22, 23, 25,
		26, 29, 32, 33, 35, 38, 40, 128, 201};
	for (size_t n = chance(6); n > 0 && used < OCTETS_MAX / 2; n--) {
		uint8_t type = types[chance(sizeof(types))];
		if (type == 128 && depth > 2) {
			continue;
		}
		bool extended = chance(2) == 0 || type == 128;
		hex("Attribute Flags", 0xc0 | (extended ? 0x10u : 0), 1);
		number("Attribute Type Code", type, 1);
		size_t before = used, leaves = want.count;
		struct mark mark = length("Attribute Length", extended ? 2 : 1);
		attribute_value(type, depth);
		if (!extended && used - mark.at - 1 > 255) {
			/* too long for one octet: not this one */
			used = before - 2;
			want.count = leaves - 2;
			continue;
		}
		end(mark);
	}
}

static void
on_field(void *self, const struct field *field)
{
	(void)self;
	if (field->kind == FIELD_GROUP || field->kind == FIELD_FLAG || field->size == 0) {
		/* An empty text is told all the same. */
		if (field->kind != FIELD_WIRE_TEXT) {
			return;
		}
	}
	cr_assert(got.count < LEAVES_MAX);
	struct leaf *leaf = &got.list[got.count++];
	size_t size = cursor_left(&field->bytes);
	snprintf(leaf->name, sizeof(leaf->name), "%s", field->name);
	leaf->value[0] = '\0';
	switch (field->kind) {
	case FIELD_NUMBER:
		snprintf(leaf->value, VALUE_MAX, "%" PRIu64, field->number);
		break;
	case FIELD_HEX:
		snprintf(leaf->value, VALUE_MAX, "0x%0*" PRIx64, (int)field->size * 2, field->number);
		break;
	case FIELD_WIRE_TEXT:
		snprintf(leaf->value, VALUE_MAX, "%.*s", (int)size, (const char *)field->bytes.at);
		break;
	case FIELD_BYTES:
		for (size_t i = 0; i < size && 2 * i < VALUE_MAX - 2; i++) {
			snprintf(leaf->value + 2 * i, VALUE_MAX - 2 * i, "%02x", field->bytes.at[i]);
		}
		break;
	default:
		snprintf(leaf->value, VALUE_MAX, "%s", field->text);
		break;
	}
	if (field->malformed || field->cut || field->guessed) {
		strcat(leaf->value, " [malformed, cut or guessed]");
	}
}

static void
begin(uint64_t seed, uint8_t type)
{
	state = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
	want.count = got.count = 0;
	used = 0;
	put(UINT64_MAX, 8);
	put(UINT64_MAX, 8);
	snprintf(expect("Marker")->value, VALUE_MAX, "ffffffffffffffffffffffffffffffff");
	number("Length", 0, 2);
	number("Type", type, 1);
}

static void
compare(uint64_t seed)
{
	static const struct bgp_context context = {.as_width = 4};
	octets[16] = (uint8_t)(used >> 8);
	octets[17] = (uint8_t)used;
	snprintf(want.list[1].value, VALUE_MAX, "%zu", used);
	struct octets o = octets_copy(octets, used);
	struct bgp_message message;
	bgp_decode(o.bytes, o.size, &context, &message);
	const struct field_sink sink = {.on_field = on_field};
	bgp_fields(&message, &context, &sink);
	walk_message(&message, &context);
	for (size_t i = 0; i < want.count && i < got.count; i++) {
		cr_assert(strcmp(want.list[i].name, got.list[i].name) == 0 &&
				strcmp(want.list[i].value, got.list[i].value) == 0,
			"seed %" PRIu64 ", leaf %zu: put %s = %s, read %s = %s", seed, i,
			want.list[i].name, want.list[i].value, got.list[i].name, got.list[i].value);
	}
	cr_assert_eq(got.count, want.count, "seed %" PRIu64 ": put %zu values, read %zu", seed,
		want.count, got.count);
	octets_free(&o);
}

Test(roundtrip, what_is_put_into_an_open_is_read_from_it)
{
	for (uint64_t seed = 1; seed <= ROUNDS; seed++) {
		begin(seed, 1);
		number("Version", 4, 1);
		number("My Autonomous System", 1 + chance(65535), 2);
		number("Hold Time", 3 + chance(65000), 2);
		ipv4("BGP Identifier");
		bool extended = chance(4) == 0;
		struct mark mark;
		if (extended) {
			number("Non-Ext OP Len.", 255, 1);
			number("Non-Ext OP Type", 255, 1);
			mark = length("Extended Opt. Parm. Length", 2);
		} else {
			mark = length("Optional Parameters Length", 1);
		}
		for (size_t n = chance(4); n > 0 && used < 150; n--) {
			number("Parm. Type", 2, 1);
			struct mark parameter = length("Parm. Length", extended ? 2 : 1);
			for (size_t k = 1 + chance(3); k > 0 && used < 180; k--) {
				capability();
			}
			end(parameter);
		}
		end(mark);
		if (extended || used - mark.at - 1 <= 255) {
			compare(seed);
		}
	}
}

Test(roundtrip, what_is_put_into_an_update_is_read_from_it)
{
	for (uint64_t seed = 1; seed <= ROUNDS; seed++) {
		begin(seed, 2);
		struct mark mark = length("Withdrawn Routes Length", 2);
		for (size_t n = chance(4); n > 0; n--) {
			prefix("Prefix");
		}
		end(mark);
		mark = length("Total Path Attribute Length", 2);
		attributes(0);
		end(mark);
		for (size_t n = chance(4); n > 0; n--) {
			prefix("Prefix");
		}
		compare(seed);
	}
}

Test(roundtrip, what_is_put_into_a_route_refresh_is_read_from_it)
{
	for (uint64_t seed = 1; seed <= ROUNDS / 10; seed++) {
		begin(seed, 5);
		number("Address Family Identifier", 1, 2);
		number("Message Subtype", 0, 1);
		number("Subsequent Address Family Identifier", 1, 1);
		number("When-to-refresh", 1 + chance(2), 1);
		for (size_t n = chance(3); n > 0; n--) {
			number("ORF Type", 64, 1);
			struct mark mark = length("Length of ORF entries", 2);
			for (size_t k = chance(4); k > 0; k--) {
				unsigned action = (unsigned)chance(3), match = (unsigned)chance(2);
				put(action << 6 | match << 5, 1);
				snprintf(expect("Action")->value, VALUE_MAX, "%u", action);
				snprintf(expect("Match")->value, VALUE_MAX, "%u", match);
				if (action == 2) {
					continue;
				}
				any_number("Sequence", 4);
				any_number("Minlen", 1);
				any_number("Maxlen", 1);
				unsigned x = (unsigned)chance(256);
				number("Length", 16, 1);
				put(10, 1);
				put(x, 1);
				snprintf(expect("Prefix")->value, VALUE_MAX, "10.%u.0.0/16", x);
			}
			end(mark);
		}
		compare(seed);
	}
}

Test(roundtrip, what_is_put_into_a_capability_message_is_read_from_it)
{
	for (uint64_t seed = 1; seed <= ROUNDS / 10; seed++) {
		begin(seed, 6);
		hex("Flags", 0x40, 1);
		number("Sequence Number", 1000000 + chance(1000000), 4);
		number("Capability Code", 65, 1);
		number("Capability Length", 4, 2);
		any_number("AS Number", 4);
		compare(seed);
	}
}

/* Random messages, each with every octet changed and cut at every place: values or a fault, and no
 * read outside (for ASan). */
Test(roundtrip, a_changed_or_cut_message_is_told_as_far_as_it_goes)
{
	static const struct bgp_context contexts[] = {{0}, {.as_width = 2}, {.as_width = 4}};
	for (uint64_t seed = 1; seed <= 40; seed++) {
		begin(seed, 2);
		struct mark mark = length("Withdrawn Routes Length", 2);
		end(mark);
		mark = length("Total Path Attribute Length", 2);
		attributes(0);
		end(mark);
		prefix("Prefix");
		octets[16] = (uint8_t)(used >> 8);
		octets[17] = (uint8_t)used;
		for (size_t i = 0; i < used; i++) {
			const struct bgp_context *context = &contexts[i % 3];
			struct bgp_message message;
			struct octets cut = octets_copy(octets, i);
			bgp_decode(cut.bytes, cut.size, context, &message);
			walk_message(&message, context);
			octets_free(&cut);
			for (unsigned change = 0; change < 8; change++) {
				struct octets o = octets_copy(octets, used);
				o.bytes[i] = (uint8_t)(change < 4 ? chance(256) : octets[i] + change - 6);
				bgp_decode(o.bytes, o.size, context, &message);
				walk_message(&message, context);
				octets_free(&o);
			}
		}
	}
}
