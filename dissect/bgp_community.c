/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Communities: RFC 1997, extended RFC 4360 (with the registries that RFC 7153 set up), IPv6 extended
 * RFC 5701, large RFC 8092. An extended community has two octets that say what it is and six that
 * are read in one of a few shapes; a row of communities.def joins them. The text and the fields of a
 * shape stand together, so that they are read alike.
 */
#include "dissect/bgp_fields.h"
#include "dissect/bgp_text.h"

enum shape {
	SHAPE_OCTETS,
	SHAPE_AS2,            /* AS number of two octets, number of four */
	SHAPE_IPV4,           /* address, number of two octets */
	SHAPE_AS4,            /* AS number of four octets, number of two */
	SHAPE_BANDWIDTH,      /* AS number, IEEE 754 single: octets (or packets) each second */
	SHAPE_OSPF_ROUTE,     /* RFC 4577 section 4.2.6 */
	SHAPE_COLOR,          /* RFC 9012 section 4.3 */
	SHAPE_ENCAPSULATION,  /* RFC 9012 section 4.1 */
	SHAPE_COST,           /* draft-ietf-idr-custom-decision */
	SHAPE_VALIDATION,     /* RFC 8097 section 2 */
	SHAPE_MAC_MOBILITY,   /* RFC 7432 section 7.7 */
	SHAPE_ESI_LABEL,      /* RFC 7432 section 7.5 */
	SHAPE_MAC,            /* RFC 7432 section 7.6, RFC 9135 section 8.1 */
	SHAPE_L2_ATTRIBUTES,  /* RFC 8214 section 3.1 */
	SHAPE_E_TREE,         /* RFC 8317 section 6.1 */
	SHAPE_DF_ELECTION,    /* RFC 8584 section 2.2 */
	SHAPE_MULTICAST_FLAGS, /* RFC 9251 section 9.4 */
	SHAPE_TRAFFIC_ACTION, /* RFC 8955 section 7.3 */
	SHAPE_TRAFFIC_MARKING, /* RFC 8955 section 7.5 */
	SHAPE_L2_INFO,        /* RFC 4761 section 3.2.4 */
};

static const struct extended_desc {
	uint8_t type, subtype;
	enum shape shape;
	const char *key, *name;
} extended[] = {
#define EXTENDED(type, subtype, key, name, shape) {type, subtype, SHAPE_##shape, key, name},
#include "dissect/communities.def"
#undef EXTENDED
};

static const struct extended_ipv6_desc {
	uint8_t type, subtype;
	const char *key, *name;
} extended_ipv6[] = {
#define EXTENDED_IPV6(type, subtype, key, name) {type, subtype, key, name},
#include "dissect/communities.def"
#undef EXTENDED_IPV6
};

static const char *
well_known_name(uint64_t community)
{
	switch (community) {
#define WELL_KNOWN(number, name) case number: return name;
#include "dissect/communities.def"
#undef WELL_KNOWN
	default:
		return NULL;
	}
}

static const char *
extended_type_name(uint64_t type)
{
	switch (type) {
#define EXTENDED_TYPE(number, name) case number: return name;
#include "dissect/communities.def"
#undef EXTENDED_TYPE
	default:
		return NULL;
	}
}

static const struct extended_desc *
find_extended(uint8_t type, uint8_t subtype)
{
	for (size_t i = 0; i < sizeof(extended) / sizeof(extended[0]); i++) {
		if (extended[i].type == type && extended[i].subtype == subtype) {
			return &extended[i];
		}
	}
	return NULL;
}

/* How an unlisted one is read: the three types with a Global Administrator have all sub-types alike
 * (RFC 4360 section 3). */
static enum shape
shape_of(uint8_t type, const struct extended_desc *desc)
{
	static const enum shape shapes[] = {SHAPE_AS2, SHAPE_IPV4, SHAPE_AS4};
	uint8_t base = type & 0xbf;
	if (desc != NULL) {
		return desc->shape;
	}
	return base < 3 ? shapes[base] : SHAPE_OCTETS;
}

static void
put_mac(struct bgp_text *w, struct cursor *c)
{
	for (int i = 0; i < 6; i++) {
		bgp_text_put(w, "%s%02x", i > 0 ? ":" : "", cursor_u8(c));
	}
}

static void
put_ipv4(struct bgp_text *w, struct cursor *c)
{
	char text[ADDRESS_TEXT_MAX];
	struct address address = address_read(c, 4);
	bgp_text_put(w, "%s", address_text(&address, text));
}

/* RFC 8097 section 2 */
static const char *
validation_name(uint64_t state)
{
	static const char *const names[] = {"valid", "not found", "invalid"};
	return state < 3 ? names[state] : NULL;
}

/* The six octets of the value in a few characters. */
static void
put_value(struct bgp_text *w, enum shape shape, struct cursor c)
{
	uint32_t number;
	const char *name;
	switch (shape) {
	case SHAPE_AS2:
		number = cursor_u16(&c);
		bgp_text_put(w, "%u:%u", number, cursor_u32(&c));
		break;
	case SHAPE_IPV4:
		put_ipv4(w, &c);
		bgp_text_put(w, ":%u", cursor_u16(&c));
		break;
	case SHAPE_AS4:
		number = cursor_u32(&c);
		bgp_text_put(w, "%u:%u", number, cursor_u16(&c));
		break;
	case SHAPE_BANDWIDTH:
		number = cursor_u16(&c);
		bgp_text_put(w, "%u:%g", number, bgp_read_float(&c));
		break;
	case SHAPE_OSPF_ROUTE:
		put_ipv4(w, &c);
		number = cursor_u8(&c);
		bgp_text_put(w, ":%u:%u", number, cursor_u8(&c));
		break;
	case SHAPE_COLOR:
		cursor_skip(&c, 2);
		bgp_text_put(w, "%u", cursor_u32(&c));
		break;
	case SHAPE_ENCAPSULATION:
		cursor_skip(&c, 4);
		number = cursor_u16(&c);
		name = bgp_tunnel_type_name(number);
		if (name != NULL) {
			bgp_text_put(w, "%s", name);
		} else {
			bgp_text_put(w, "%u", number);
		}
		break;
	case SHAPE_COST:
		number = cursor_u8(&c);
		bgp_text_put(w, "%u:%u:", number, cursor_u8(&c));
		bgp_text_put(w, "%u", cursor_u32(&c));
		break;
	case SHAPE_VALIDATION:
		cursor_skip(&c, 5);
		number = cursor_u8(&c);
		name = validation_name(number);
		bgp_text_put(w, "%s", name != NULL ? name : "?");
		break;
	case SHAPE_MAC_MOBILITY:
		number = cursor_u8(&c);
		cursor_skip(&c, 1);
		bgp_text_put(w, "%u%s", cursor_u32(&c), (number & 1) != 0 ? ":sticky" : "");
		break;
	case SHAPE_ESI_LABEL:
	case SHAPE_E_TREE:
		number = cursor_u8(&c);
		cursor_skip(&c, 2);
		bgp_text_put(w, "%u", cursor_u24(&c) >> 4);
		if ((number & 1) != 0) {
			bgp_text_put(w, "%s", shape == SHAPE_E_TREE ? ":leaf" : ":single-active");
		}
		break;
	case SHAPE_MAC:
		put_mac(w, &c);
		break;
	case SHAPE_L2_ATTRIBUTES:
		number = cursor_u16(&c);
		bgp_text_put(w, "0x%04x:mtu-%u", number, cursor_u16(&c));
		break;
	case SHAPE_DF_ELECTION:
		bgp_text_put(w, "algorithm-%u", cursor_u8(&c) & 0x1fu);
		break;
	case SHAPE_MULTICAST_FLAGS:
		bgp_text_put(w, "0x%04x", cursor_u16(&c));
		break;
	case SHAPE_TRAFFIC_ACTION:
		cursor_skip(&c, 5);
		number = cursor_u8(&c);
		bgp_text_put(w, "%s%s%s", (number & 1) != 0 ? "" : "terminal",
			(number & 3) == 2 ? "," : "", (number & 2) != 0 ? "sample" : "");
		break;
	case SHAPE_TRAFFIC_MARKING:
		cursor_skip(&c, 5);
		bgp_text_put(w, "dscp-%u", cursor_u8(&c) & 0x3fu);
		break;
	case SHAPE_L2_INFO:
		number = cursor_u8(&c);
		bgp_text_put(w, "encaps-%u:0x%02x:", number, cursor_u8(&c));
		bgp_text_put(w, "mtu-%u", cursor_u16(&c));
		break;
	case SHAPE_OCTETS:
		bgp_text_put_hex(w, c);
		break;
	}
}

/* The same octets as fields. */
static void
tell_value(struct fields *f, struct cursor *c, enum shape shape)
{
	static const struct field_bit sticky[] = {{0x01, "Sticky/static"}};
	static const struct field_bit single_active[] = {{0x01, "Single-Active"}};
	static const struct field_bit leaf[] = {{0x01, "Leaf-Indication"}};
	static const struct field_bit color_only[] = {{0x8000, "Color-Only C"}, {0x4000, "Color-Only O"}};
	static const struct field_bit control[] = {{0x04, "Control Word"}, {0x02, "Primary PE"},
		{0x01, "Backup PE"}};
	static const struct field_bit multicast[] = {{0x02, "MLD Proxy"}, {0x01, "IGMP Proxy"}};
	static const struct field_bit info[] = {{0x02, "Control Word"}, {0x01, "Sequenced Delivery"}};
	static const struct field_bit action[] = {{0x02, "Sample"}, {0x01, "Terminal action is not set"}};
	struct cursor from = *c;
	switch (shape) {
	case SHAPE_AS2:
		field_number(f, c, 2, "Global Administrator");
		field_number(f, c, 4, "Local Administrator");
		break;
	case SHAPE_IPV4:
		field_address(f, c, 4, "Global Administrator");
		field_number(f, c, 2, "Local Administrator");
		break;
	case SHAPE_AS4:
		field_number(f, c, 4, "Global Administrator");
		field_number(f, c, 2, "Local Administrator");
		break;
	case SHAPE_BANDWIDTH: {
		field_number(f, c, 2, "AS Number");
		from = *c;
		double rate = bgp_read_float(c);
		field_text(f, field_span(&from, c), "Rate", "%g", rate);
		break;
	}
	case SHAPE_OSPF_ROUTE:
		field_address(f, c, 4, "Area Number");
		field_number(f, c, 1, "OSPF Route Type");
		field_hex(f, c, 1, "Options");
		break;
	case SHAPE_COLOR:
		field_flags(f, c, 2, "Flags", color_only, 2);
		field_number(f, c, 4, "Color Value");
		break;
	case SHAPE_ENCAPSULATION:
		field_number(f, c, 4, "Reserved");
		field_named(f, c, 2, "Tunnel Type", bgp_tunnel_type_name);
		break;
	case SHAPE_COST:
		field_number(f, c, 1, "Point of Insertion");
		field_number(f, c, 1, "Community-ID");
		field_number(f, c, 4, "Cost");
		break;
	case SHAPE_VALIDATION:
		field_bytes(f, c, 5, "Reserved");
		field_named(f, c, 1, "Validation State", validation_name);
		break;
	case SHAPE_MAC_MOBILITY:
		field_flags(f, c, 1, "Flags", sticky, 1);
		field_number(f, c, 1, "Reserved");
		field_number(f, c, 4, "Sequence Number");
		break;
	case SHAPE_ESI_LABEL:
	case SHAPE_E_TREE: {
		field_flags(f, c, 1, "Flags", shape == SHAPE_E_TREE ? leaf : single_active, 1);
		field_number(f, c, 2, "Reserved");
		from = *c;
		uint32_t label = cursor_u24(c);
		field_part(f, field_span(&from, c), shape == SHAPE_E_TREE ? "Leaf Label" : "ESI Label",
			label >> 4, NULL);
		break;
	}
	case SHAPE_MAC: {
		char text[24];
		struct bgp_text w = {.text = text, .size = sizeof(text)};
		put_mac(&w, c);
		field_text(f, field_span(&from, c), "MAC Address", "%s", text);
		break;
	}
	case SHAPE_L2_ATTRIBUTES:
		field_flags(f, c, 2, "Control Flags", control, 3);
		field_number(f, c, 2, "L2 MTU");
		field_number(f, c, 2, "Reserved");
		break;
	case SHAPE_DF_ELECTION: {
		uint8_t octet = cursor_u8(c);
		field_part(f, field_span(&from, c), "DF Alg", octet & 0x1f, NULL);
		field_hex(f, c, 2, "Bitmap");
		field_bytes(f, c, 3, "Reserved");
		break;
	}
	case SHAPE_MULTICAST_FLAGS:
		field_flags(f, c, 2, "Flags", multicast, 2);
		field_bytes(f, c, 4, "Reserved");
		break;
	case SHAPE_TRAFFIC_ACTION:
		field_flags(f, c, 6, "Traffic Action", action, 2);
		break;
	case SHAPE_TRAFFIC_MARKING: {
		field_bytes(f, c, 5, "Reserved");
		from = *c;
		uint8_t octet = cursor_u8(c);
		field_part(f, field_span(&from, c), "DSCP", octet & 0x3f, NULL);
		break;
	}
	case SHAPE_L2_INFO:
		field_number(f, c, 1, "Encaps Type");
		field_flags(f, c, 1, "Control Flags", info, 2);
		field_number(f, c, 2, "Layer-2 MTU");
		field_number(f, c, 2, "Reserved");
		break;
	case SHAPE_OCTETS:
		field_rest(f, c, "Value");
		break;
	}
}

void
bgp_text_put_community(struct bgp_text *w, uint32_t community)
{
	const char *name = well_known_name(community);
	if (name != NULL) {
		bgp_text_put(w, "%s", name);
	} else {
		bgp_text_put(w, "%u:%u", community >> 16, community & 0xffff);
	}
}

void
bgp_text_put_extended_community(struct bgp_text *w, struct cursor octets)
{
	struct cursor c = octets;
	uint8_t type = cursor_u8(&c);
	const struct extended_desc *desc = find_extended(type, cursor_u8(&c));
	if (desc == NULL || desc->shape == SHAPE_OCTETS) {
		bgp_text_put(w, "%s%s0x", desc != NULL ? desc->key : "", desc != NULL ? ":" : "");
		bgp_text_put_hex(w, desc != NULL ? c : octets);
		return;
	}
	bgp_text_put(w, "%s:", desc->key);
	put_value(w, desc->shape, c);
}

static const struct extended_ipv6_desc *
find_extended_ipv6(uint8_t type, uint8_t subtype)
{
	for (size_t i = 0; i < sizeof(extended_ipv6) / sizeof(extended_ipv6[0]); i++) {
		if (extended_ipv6[i].type == type && extended_ipv6[i].subtype == subtype) {
			return &extended_ipv6[i];
		}
	}
	return NULL;
}

void
bgp_text_put_ipv6_extended_community(struct bgp_text *w, struct cursor octets)
{
	char text[ADDRESS_TEXT_MAX];
	uint8_t type = cursor_u8(&octets);
	uint8_t subtype = cursor_u8(&octets);
	const struct extended_ipv6_desc *desc = find_extended_ipv6(type, subtype);
	struct address address = address_read(&octets, 6);
	if (desc != NULL) {
		bgp_text_put(w, "%s", desc->key);
	} else {
		bgp_text_put(w, "0x%02x%02x", type, subtype);
	}
	bgp_text_put(w, ":[%s]:%u", address_text(&address, text), cursor_u16(&octets));
}

/* RFC 1997 */
void
bgp_fields_att_communities(struct fields *f, struct cursor *value,
	const struct bgp_context *context)
{
	char text[64];
	(void)context;
	while (cursor_left(value) >= 4) {
		struct cursor from = *value;
		struct bgp_text w = {.text = text, .size = sizeof(text)};
		bgp_text_put_community(&w, cursor_u32(value));
		field_text(f, field_span(&from, value), "Community", "%s", text);
	}
}

/* RFC 8092 section 3 */
void
bgp_fields_att_large_communities(struct fields *f, struct cursor *value,
	const struct bgp_context *context)
{
	(void)context;
	while (cursor_left(value) >= 12) {
		struct cursor peek = *value;
		uint32_t global = cursor_u32(&peek);
		uint32_t first = cursor_u32(&peek);
		struct cursor one = field_take(f, value, 12, "Large Community", "%u:%u:%u", global,
			first, cursor_u32(&peek));
		field_number(f, &one, 4, "Global Administrator");
		field_number(f, &one, 4, "Local Data Part 1");
		field_number(f, &one, 4, "Local Data Part 2");
		field_end(f, &one);
	}
}

/* RFC 4360 section 2 */
void
bgp_fields_extended_community(struct fields *f, struct cursor *value)
{
	char text[FIELD_TEXT_MAX];
	struct bgp_text w = {.text = text, .size = sizeof(text)};
	struct cursor peek = *value;
	struct cursor octets = cursor_take(&peek, 8);
	text[0] = '\0';
	if (!octets.failed) {
		bgp_text_put_extended_community(&w, octets);
	}
	struct cursor one = field_take(f, value, 8, "Extended Community", "%s", text);
	uint8_t type = (uint8_t)field_named(f, &one, 1, "Type", extended_type_name);
	struct cursor at = one;
	uint8_t subtype = cursor_u8(&one);
	if (one.failed) {
		one = at;
		field_number(f, &one, 1, "Sub-Type");
		field_end(f, &one);
		return;
	}
	const struct extended_desc *desc = find_extended(type, subtype);
	field_part(f, field_span(&at, &one), "Sub-Type", subtype, desc != NULL ? desc->name : NULL);
	if (octets.failed) {
		field_bytes(f, &one, 6, "Value");
	} else {
		tell_value(f, &one, shape_of(type, desc));
	}
	field_end(f, &one);
}

void
bgp_fields_att_extended_communities(struct fields *f, struct cursor *value,
	const struct bgp_context *context)
{
	(void)context;
	while (cursor_left(value) >= 8) {
		bgp_fields_extended_community(f, value);
	}
}

/* RFC 5701 section 2 */
void
bgp_fields_att_ipv6_extended_communities(struct fields *f, struct cursor *value,
	const struct bgp_context *context)
{
	enum { SIZE = 20 };
	char text[FIELD_TEXT_MAX];
	(void)context;
	while (cursor_left(value) >= SIZE) {
		struct bgp_text w = {.text = text, .size = sizeof(text)};
		struct cursor peek = *value;
		bgp_text_put_ipv6_extended_community(&w, cursor_take(&peek, SIZE));
		struct cursor one = field_take(f, value, SIZE, "Extended Community", "%s", text);
		uint8_t type = (uint8_t)field_hex(f, &one, 1, "Type");
		struct cursor at = one;
		uint8_t subtype = cursor_u8(&one);
		const struct extended_ipv6_desc *desc = find_extended_ipv6(type, subtype);
		field_part(f, field_span(&at, &one), "Sub-Type", subtype,
			desc != NULL ? desc->name : NULL);
		field_address(f, &one, 6, "Global Administrator");
		field_number(f, &one, 2, "Local Administrator");
		field_end(f, &one);
	}
}
