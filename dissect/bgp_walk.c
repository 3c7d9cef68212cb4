/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the walks of all families share: they read from a cursor as every decoder does, and tell what
 * they read to whoever listens. Where only the check of a message listens, nobody does, and no text
 * is made.
 */
#include "dissect/bgp_walk.h"

#include <stdarg.h>
#include <stdio.h>

static struct cursor
span(const struct cursor *from, const struct cursor *to)
{
	return (struct cursor){.base = from->base, .at = from->at, .end = to->at};
}

void
bgp_walk_tell(struct bgp_walk *w, const struct bgp_item *item)
{
	if (w->on_item != NULL) {
		w->on_item(w->self, item);
	}
}

static uint64_t
read_number(struct bgp_walk *w, struct cursor *c, unsigned size, struct bgp_item item)
{
	struct cursor from = *c;
	struct cursor octets = cursor_take(c, size);
	while (cursor_left(&octets) > 0) {
		item.number = item.number << 8 | cursor_u8(&octets);
	}
	if (c->failed) {
		return 0;
	}
	item.span = span(&from, c);
	bgp_walk_tell(w, &item);
	return item.number;
}

uint64_t
bgp_walk_number(struct bgp_walk *w, struct cursor *c, unsigned size, const char *key,
	const char *name)
{
	struct bgp_item item = {.key = key, .name = name, .kind = BGP_ITEM_NUMBER};
	return read_number(w, c, size, item);
}

uint64_t
bgp_walk_hex(struct bgp_walk *w, struct cursor *c, unsigned size, const char *key, const char *name)
{
	struct bgp_item item = {.key = key, .name = name, .kind = BGP_ITEM_HEX};
	return read_number(w, c, size, item);
}

uint64_t
bgp_walk_named(struct bgp_walk *w, struct cursor *c, unsigned size, const char *key,
	const char *name, const char *meaning, const char *brief)
{
	struct bgp_item item = {.key = key, .name = name, .kind = BGP_ITEM_NUMBER, .text = meaning,
		.brief = brief};
	return read_number(w, c, size, item);
}

struct address
bgp_walk_address(struct bgp_walk *w, struct cursor *c, uint8_t family, const char *key,
	const char *name)
{
	char text[ADDRESS_TEXT_MAX];
	struct cursor from = *c;
	struct address address = address_read(c, family);
	if (!c->failed && w->on_item != NULL) {
		bgp_walk_tell(w, &(struct bgp_item){.key = key, .name = name, .kind = BGP_ITEM_ADDRESS,
			.text = address_text(&address, text), .span = span(&from, c)});
	}
	return address;
}

void
bgp_walk_rd(struct bgp_walk *w, struct cursor *c)
{
	char text[BGP_RD_TEXT_MAX];
	struct cursor from = *c;
	const uint8_t *rd = cursor_bytes(c, BGP_RD_SIZE);
	if (rd != NULL && w->on_item != NULL) {
		bgp_walk_tell(w, &(struct bgp_item){.key = "rd", .name = "Route Distinguisher",
			.kind = BGP_ITEM_TEXT, .text = bgp_rd_text(rd, text), .span = span(&from, c)});
	}
}

void
bgp_walk_prefix(struct bgp_walk *w, struct cursor *c, uint8_t family, unsigned bits,
	const char *key, const char *name)
{
	char text[ADDRESS_TEXT_MAX];
	struct address prefix = {.family = family};
	struct cursor from = *c;
	size_t size = (bits + 7) / 8;
	const uint8_t *octets = cursor_bytes(c, size);
	if (octets == NULL || w->on_item == NULL) {
		return;
	}
	memcpy(prefix.octets, octets, size);
	if (bits % 8 != 0) {
		prefix.octets[size - 1] &= (uint8_t)(0xff << (8 - bits % 8));
	}
	bgp_walk_text(w, &from, c, key, name, "%s/%u", address_text(&prefix, text), bits);
}

void
bgp_walk_bytes(struct bgp_walk *w, struct cursor *c, size_t size, const char *key,
	const char *name)
{
	struct cursor octets = cursor_take(c, size);
	if (size > 0 && !c->failed) {
		bgp_walk_tell(w, &(struct bgp_item){.key = key, .name = name, .kind = BGP_ITEM_BYTES,
			.span = octets});
	}
}

struct address
bgp_walk_sized_address(struct bgp_walk *w, struct cursor *c, bool optional, const char *key,
	const char *name, const char *length_name)
{
	struct cursor from = *c;
	uint64_t bits = bgp_walk_number(w, c, 1, NULL, length_name);
	if (c->failed || (bits == 0 && optional)) {
		return (struct address){0};
	}
	if (bits != 32 && bits != 128) {
		bgp_walk_refuse(c, &from);
		return (struct address){0};
	}
	return bgp_walk_address(w, c, bits == 32 ? 4 : 6, key, name);
}

void
bgp_walk_last_address(struct bgp_walk *w, struct cursor *c, const char *key, const char *name)
{
	size_t left = cursor_left(c);
	if (left != 4 && left != 16) {
		c->failed = true;
		return;
	}
	(void)bgp_walk_address(w, c, left == 4 ? 4 : 6, key, name);
}

void
bgp_walk_text(struct bgp_walk *w, const struct cursor *from, const struct cursor *to,
	const char *key, const char *name, const char *format, ...)
{
	char text[BGP_ITEM_TEXT_MAX];
	va_list arguments;
	if (w->on_item == NULL || to->failed) {
		return;
	}
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	bgp_walk_tell(w, &(struct bgp_item){.key = key, .name = name, .kind = BGP_ITEM_TEXT, .text = text,
		.span = span(from, to)});
}

void
bgp_walk_close(struct bgp_walk *w, struct cursor *child, bool group)
{
	if (!cursor_exact(child)) {
		struct cursor rest = {.base = child->base, .at = child->at, .end = child->end};
		if (!w->malformed) {
			w->malformed = true;
			w->fault = rest;
		}
		bgp_walk_tell(w, &(struct bgp_item){.name = "Malformed", .kind = BGP_ITEM_MALFORMED,
			.span = rest});
	}
	if (group) {
		bgp_walk_tell(w, &(struct bgp_item){.kind = BGP_ITEM_GROUP_END, .span = *child});
	}
}

/* RFC 4364 section 4.2. */
const char *
bgp_rd_text(const uint8_t rd[BGP_RD_SIZE], char text[BGP_RD_TEXT_MAX])
{
	struct cursor c = cursor_make(rd, BGP_RD_SIZE);
	uint16_t type = cursor_u16(&c);
	uint32_t high;
	switch (type) {
	case 0:
		high = cursor_u16(&c);
		snprintf(text, BGP_RD_TEXT_MAX, "%u:%u", high, cursor_u32(&c));
		break;
	case 1:
		snprintf(text, BGP_RD_TEXT_MAX, "%u.%u.%u.%u:%u", rd[2], rd[3], rd[4], rd[5],
			(unsigned)rd[6] << 8 | rd[7]);
		break;
	case 2:
		/* An L, as routers print it, tells a small number in four octets from type 0. */
		high = cursor_u32(&c);
		snprintf(text, BGP_RD_TEXT_MAX, "%u%s:%u", high, high <= 0xffff ? "L" : "",
			cursor_u16(&c));
		break;
	default:
		snprintf(text, BGP_RD_TEXT_MAX, "%u:%02x%02x%02x%02x%02x%02x", type, rd[2], rd[3],
			rd[4], rd[5], rd[6], rd[7]);
		break;
	}
	return text;
}

void
bgp_walk_route(struct bgp_walk *w, struct cursor *c, const struct bgp_route_desc routes[256])
{
	char brief[16];
	struct cursor peek = *c;
	uint8_t type = cursor_u8(&peek);
	const struct bgp_route_desc *desc = &routes[type];
	snprintf(brief, sizeof(brief), "type-%u", type);
	(void)bgp_walk_named(w, c, 1, "", "Route Type", desc->name,
		desc->brief != NULL ? desc->brief : brief);
	uint64_t size = bgp_walk_number(w, c, 1, NULL, "Length");
	struct cursor route = cursor_take(c, size);
	if (c->failed) {
		return;
	}
	if (desc->walk != NULL) {
		desc->walk(w, &route);
	} else {
		bgp_walk_bytes(w, &route, cursor_left(&route), "", "Route Type specific");
	}
	bgp_walk_close(w, &route, false);
}
