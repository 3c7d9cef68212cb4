/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Flow specifications: RFC 8955 (IPv4 and VPN), RFC 8956 (IPv6). An NLRI is a conjunction of
 * components in rising order of their types, each a prefix or a list of operators with values;
 * what is in any other order, or of a type that is not known, is malformed (section 4.2). The text
 * follows the examples of the RFC: "dst 192.0.2.0/24, port >=137&<=139|=8080".
 */
#include "dissect/bgp_text.h"
#include "dissect/bgp_walk.h"

enum {
	OPERATOR_END = 0x80,
	OPERATOR_AND = 0x40,
	OPERATOR_NOT = 0x02,
	OPERATOR_MATCH = 0x01,
	SAFI_VPN_FLOWSPEC = 134,
	TWO_OCTET_LENGTH = 0xf0,
};

enum component_kind { UNKNOWN, PREFIX, NUMERIC, TCP_FLAGS, FRAGMENT };

static const struct component_desc {
	const char *brief[2], *name[2]; /* of IPv4, of IPv6 */
	enum component_kind kind;
	uint8_t greatest;
} components[256] = {
#define FLOW_COMPONENT(type, brief4, name4, brief6, name6, kind, greatest) \
	[type] = {{brief4, brief6}, {name4, name6}, kind, greatest},
#include "dissect/flow_components.def"
#undef FLOW_COMPONENT
};

static void
put_numeric(struct bgp_text *s, unsigned operator, uint64_t value)
{
	static const char *const relations[] = {NULL, "=", ">", ">=", "<", "<=", "!=", NULL};
	const char *relation = relations[operator & 7];
	if (relation == NULL) {
		bgp_text_put(s, "%s", (operator & 7) == 0 ? "false" : "true");
	} else {
		bgp_text_put(s, "%s%llu", relation, (unsigned long long)value);
	}
}

/* "=SYN+ACK" has both, "SYN+ACK" has one of them, and ! is the contrary. */
static void
put_bitmask(struct bgp_text *s, enum component_kind kind, unsigned operator, uint64_t value)
{
	static const char *const tcp[] = {"FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"};
	static const char *const fragment[] = {"DF", "IsF", "FF", "LF"};
	const char *const *names = kind == TCP_FLAGS ? tcp : fragment;
	const unsigned known = kind == TCP_FLAGS ? 8 : 4;
	const char *plus = "";
	bgp_text_put(s, "%s%s", (operator & OPERATOR_NOT) != 0 ? "!" : "",
		(operator & OPERATOR_MATCH) != 0 ? "=" : "");
	if (value == 0 || value >> known != 0) {
		bgp_text_put(s, "0x%02llx", (unsigned long long)value);
		return;
	}
	for (unsigned i = 0; i < known; i++) {
		if ((value >> i & 1) != 0) {
			bgp_text_put(s, "%s%s", plus, names[i]);
			plus = "+";
		}
	}
}

static uint64_t
read_value(struct cursor *c, size_t size)
{
	struct cursor octets = cursor_take(c, size);
	uint64_t value = 0;
	while (cursor_left(&octets) > 0) {
		value = value << 8 | cursor_u8(&octets);
	}
	return value;
}

/* A list of operators and values up to the one that says that it is the last. With `w` each of
 * them is told, with `s` all are summed up. */
static void
read_operators(struct bgp_walk *w, struct bgp_text *s, struct cursor *c,
	const struct component_desc *desc)
{
	bool last = false;
	for (unsigned i = 0; !last && !c->failed; i++) {
		char text[64] = "";
		struct bgp_text one = {.text = text, .size = sizeof(text)};
		struct cursor from = *c;
		unsigned operator = cursor_u8(c);
		size_t size = (size_t)1 << (operator >> 4 & 3);
		if (!c->failed && size > desc->greatest) {
			bgp_walk_refuse(c, &from);
			return;
		}
		uint64_t value = read_value(c, size);
		last = (operator & OPERATOR_END) != 0;
		if (c->failed || (w == NULL && s == NULL)) {
			continue;
		}
		/* The first one has none to be joined with. */
		if (i > 0) {
			bgp_text_put(&one, "%s", (operator & OPERATOR_AND) != 0 ? "&" : "|");
		}
		if (desc->kind == NUMERIC) {
			put_numeric(&one, operator, value);
		} else {
			put_bitmask(&one, desc->kind, operator, value);
		}
		if (s != NULL) {
			bgp_text_put(s, "%s", text);
		} else {
			bgp_walk_text(w, &from, c, NULL, "Operator and Value", "%s", text);
		}
	}
}

/* RFC 8956 section 3.1: `bits` counts from the start of the address, and those from `offset` on
 * are there. */
static void
put_pattern(struct bgp_text *s, struct cursor pattern, unsigned offset, unsigned bits)
{
	char text[ADDRESS_TEXT_MAX];
	struct address address = {.family = 6};
	unsigned octet = 0;
	for (unsigned i = offset; i < bits; i++) {
		unsigned bit = (i - offset) % 8;
		if (bit == 0) {
			octet = cursor_u8(&pattern);
		}
		if ((octet >> (7 - bit) & 1) != 0) {
			address.octets[i / 8] |= (uint8_t)(0x80 >> i % 8);
		}
	}
	bgp_text_put(s, "%s/", address_text(&address, text));
	if (offset > 0) {
		bgp_text_put(s, "%u-", offset);
	}
	bgp_text_put(s, "%u", bits);
}

static void
read_prefix(struct bgp_walk *w, struct bgp_text *s, struct cursor *c, bool is_ipv6)
{
	struct bgp_walk silent = {.on_item = NULL};
	char text[ADDRESS_TEXT_MAX];
	struct cursor from = *c;
	uint64_t bits = bgp_walk_number(w != NULL ? w : &silent, c, 1, NULL, "Length");
	uint64_t offset = 0;
	if (is_ipv6) {
		offset = bgp_walk_number(w != NULL ? w : &silent, c, 1, NULL, "Offset");
	}
	bool fits = bits <= (is_ipv6 ? 128 : 32) && (offset < bits || (bits == 0 && offset == 0));
	if (!c->failed && !fits) {
		bgp_walk_refuse(c, &from);
		return;
	}
	size_t size = c->failed ? 0 : (size_t)(bits - offset + 7) / 8;
	struct cursor pattern = cursor_take(c, size);
	if (c->failed) {
		return;
	}
	if (w != NULL && size > 0) {
		bgp_walk_tell(w, &(struct bgp_item){.name = is_ipv6 ? "Pattern" : "Prefix",
			.kind = BGP_ITEM_BYTES, .span = pattern});
	}
	if (s == NULL) {
		return;
	}
	if (is_ipv6) {
		put_pattern(s, pattern, (unsigned)offset, (unsigned)bits);
		return;
	}
	struct address address = {.family = 4};
	memcpy(address.octets, pattern.at, size);
	if (bits % 8 != 0) {
		address.octets[size - 1] &= (uint8_t)(0xff << (8 - bits % 8));
	}
	bgp_text_put(s, "%s/%u", address_text(&address, text), (unsigned)bits);
}

static void
read_component(struct bgp_walk *w, struct bgp_text *s, struct cursor *c,
	const struct component_desc *desc, bool is_ipv6)
{
	if (desc->kind == PREFIX) {
		read_prefix(w, s, c, is_ipv6);
	} else {
		read_operators(w, s, c, desc);
	}
}

/* One component: read once for its end and its sum, and once more for those who want its parts. */
static void
walk_component(struct bgp_walk *w, struct cursor *c, uint8_t *previous, bool is_ipv6)
{
	struct cursor from = *c;
	uint8_t type = cursor_u8(c);
	const struct component_desc *desc = &components[type];
	if (desc->brief[is_ipv6] == NULL || type <= *previous) {
		bgp_walk_refuse(c, &from);
		return;
	}
	*previous = type;
	char text[BGP_ITEM_TEXT_MAX] = "";
	struct bgp_text sum = {.text = text, .size = sizeof(text)};
	read_component(NULL, w->on_item != NULL ? &sum : NULL, c, desc, is_ipv6);
	struct cursor whole = {.base = from.base, .at = from.at, .end = c->at};
	if (c->failed) {
		/* What there is of it, up to where it makes no sense. */
		bgp_walk_bytes(w, &whole, cursor_left(&whole), NULL, desc->name[is_ipv6]);
		return;
	}
	if (w->on_item == NULL) {
		return;
	}
	bgp_walk_tell(w, &(struct bgp_item){.key = desc->brief[is_ipv6],
		.name = desc->name[is_ipv6], .kind = BGP_ITEM_GROUP, .text = text, .gap = ", ",
		.span = whole});
	(void)bgp_walk_number(w, &whole, 1, NULL, "Component Type");
	read_component(w, NULL, &whole, desc, is_ipv6);
	bgp_walk_close(w, &whole, true);
}

void
bgp_walk_flowspec(struct bgp_walk *w, struct cursor *c, struct bgp_family family)
{
	struct cursor peek = *c;
	bool is_long = cursor_u8(&peek) >= TWO_OCTET_LENGTH;
	uint64_t size = bgp_walk_number(w, c, is_long ? 2 : 1, NULL, "Length");
	struct cursor rules = cursor_take(c, is_long ? size & 0x0fff : size);
	if (c->failed) {
		return;
	}
	if (family.safi == SAFI_VPN_FLOWSPEC) {
		bgp_walk_rd(w, &rules);
	}
	uint8_t previous = 0;
	if (cursor_left(&rules) == 0 && !rules.failed) {
		bgp_walk_text(w, c, c, "", "Components", "any");
	}
	while (cursor_left(&rules) > 0) {
		walk_component(w, &rules, &previous, family.afi == 2);
	}
	bgp_walk_close(w, &rules, false);
}
