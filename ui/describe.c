/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages, BFD packets and connections in a few words. One place for the wording, so that the
 * lines, the report and the dashboard call the same thing by the same name.
 */
#include "ui/describe.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ui/text.h"

enum { WIRE_TEXT_MAX = 384, HEX_SHOWN = 16 };

static void
append_hex(char *text, size_t room, struct cursor data)
{
	size_t size = cursor_left(&data);
	for (size_t i = 0; i < size && i < HEX_SHOWN; i++) {
		text_append(text, room, "%02x", data.at[i]);
	}
	if (size > HEX_SHOWN) {
		text_append(text, room, "…");
	}
}

static void
append_wire_text(char *text, size_t room, struct cursor bytes)
{
	char escaped[WIRE_TEXT_MAX];
	text_append(text, room, "%s", text_escape_cursor(bytes, escaped, sizeof(escaped)));
}

static void
append_id(char *text, size_t room, uint32_t bgp_id)
{
	char id[ADDRESS_TEXT_MAX];
	struct address a = address_from_u32(bgp_id);
	text_append(text, room, "%s", address_text(&a, id));
}

static void
append_restart_families(char *text, size_t room, struct cursor families, bool llgr)
{
	struct bgp_restart_family f;
	char name[BGP_FAMILY_TEXT_MAX];
	while (llgr ? bgp_next_llgr_family(&families, &f)
		    : bgp_next_restart_family(&families, &f)) {
		text_append(text, room, " %s", bgp_family_text(f.family, name));
		if (llgr) {
			text_append(text, room, " %u s", f.stale_time_s);
		}
		if (f.forwarding) {
			text_append(text, room, " (forwarding)");
		}
	}
}

static const char *
mode_text(uint8_t mode)
{
	static const char *const modes[] = {"?", "receive", "send", "send and receive"};
	return modes[mode < 4 ? mode : 0];
}

static void
append_add_path(char *text, size_t room, struct cursor families)
{
	struct bgp_add_path f;
	char name[BGP_FAMILY_TEXT_MAX];
	const char *comma = "";
	while (bgp_next_add_path(&families, &f)) {
		text_append(text, room, "%s %s %s", comma, bgp_family_text(f.family, name),
			mode_text(f.mode));
		comma = ",";
	}
}

static void
append_next_hops(char *text, size_t room, struct cursor tuples)
{
	struct bgp_extended_next_hop t;
	char name[BGP_FAMILY_TEXT_MAX];
	while (bgp_next_extended_next_hop(&tuples, &t)) {
		struct bgp_family family = {t.afi, (uint8_t)t.safi};
		text_append(text, room, " %s over afi %u", bgp_family_text(family, name),
			t.next_hop_afi);
	}
}

static void
append_orfs(char *text, size_t room, struct cursor families)
{
	struct bgp_orf_family f;
	struct bgp_orf orf;
	char name[BGP_FAMILY_TEXT_MAX];
	while (bgp_next_orf_family(&families, &f)) {
		text_append(text, room, " %s", bgp_family_text(f.family, name));
		while (bgp_next_orf(&f.types, &orf)) {
			text_append(text, room, " type %u %s", orf.type, mode_text(orf.mode));
		}
	}
}

static void
append_numbers(char *text, size_t room, struct cursor families,
	bool (*next)(struct cursor *, struct bgp_family_number *))
{
	struct bgp_family_number f;
	char name[BGP_FAMILY_TEXT_MAX];
	while (next(&families, &f)) {
		text_append(text, room, " %s %u", bgp_family_text(f.family, name), f.number);
	}
}

void
describe_capability(const struct bgp_capability *c, char *text, size_t room)
{
	char name[BGP_FAMILY_TEXT_MAX];
	snprintf(text, room, "%s", bgp_capability_name(c->code));
	if (c->malformed) {
		text_append(text, room, " (%u, malformed) ", c->code);
		append_hex(text, room, c->value);
		return;
	}
	switch (c->code) {
	case 3:
	case 130:
		append_orfs(text, room, c->orf.families);
		break;
	case 7:
		text_append(text, room, " version %u %s afi %u", c->bgpsec.version,
			c->bgpsec.send ? "send" : "receive", c->bgpsec.afi);
		break;
	case 8:
		append_numbers(text, room, c->multiple_labels.families, bgp_next_multiple_labels);
		break;
	case 76:
		append_numbers(text, room, c->paths_limit.families, bgp_next_paths_limit);
		break;
	case 1:
		snprintf(text, room, "%s", bgp_family_text(c->multiprotocol, name));
		break;
	case 5:
		append_next_hops(text, room, c->extended_next_hop.tuples);
		break;
	case 9:
		text_append(text, room, " %s", bgp_role_name(c->role.value));
		break;
	case 64:
		text_append(text, room, " %u s%s%s", c->graceful_restart.time_s,
			c->graceful_restart.restarting ? " restarting" : "",
			c->graceful_restart.notification ? " with NOTIFICATION" : "");
		append_restart_families(text, room, c->graceful_restart.families, false);
		break;
	case 65:
		text_append(text, room, " %u", c->as4.asn);
		break;
	case 69:
		append_add_path(text, room, c->add_path.families);
		break;
	case 71:
		append_restart_families(text, room, c->llgr.families, true);
		break;
	case 73:
		text_append(text, room, " ");
		append_wire_text(text, room, c->fqdn.host);
		if (cursor_left(&c->fqdn.domain) > 0) {
			text_append(text, room, ".");
			append_wire_text(text, room, c->fqdn.domain);
		}
		break;
	case 75:
		text_append(text, room, " ");
		append_wire_text(text, room, c->software_version.version);
		break;
	default:
		if (strcmp(bgp_capability_name(c->code), "unassigned") == 0) {
			snprintf(text, room, "capability %u", c->code);
		}
		if (cursor_left(&c->value) > 0) {
			text_append(text, room, " ");
			append_hex(text, room, c->value);
		}
		break;
	}
}

static void
describe_open(const struct bgp_open *open, bool detail, char *text, size_t room)
{
	text_append(text, room, " as %u hold %u id ", open->asn, open->hold_time_s);
	append_id(text, room, open->bgp_id);
	if (open->version != 4) {
		text_append(text, room, " version %u", open->version);
	}
	if (!detail) {
		return;
	}
	struct bgp_capability_iter iter = bgp_capabilities(open);
	struct bgp_capability capability;
	const char *separator = " caps ";
	while (bgp_next_capability(&iter, &capability)) {
		char one[WIRE_TEXT_MAX];
		describe_capability(&capability, one, sizeof(one));
		text_append(text, room, "%s%s", separator, one);
		separator = ", ";
	}
}

static void
describe_notification(const struct bgp_notification *n, bool detail, char *text, size_t room)
{
	text_append(text, room, " %u/%u %s", n->code, n->subcode,
		bgp_notification_code_name(n->code));
	const char *name = bgp_notification_name(n->code, n->subcode);
	if (strcmp(name, bgp_notification_code_name(n->code)) != 0) {
		text_append(text, room, ": %s", name);
	}
	if (n->has_text) {
		text_append(text, room, " \"");
		append_wire_text(text, room, n->text);
		text_append(text, room, "\"");
	} else if (cursor_left(&n->data) > 0 && detail) {
		text_append(text, room, " data ");
		append_hex(text, room, n->data);
	}
}

static void
describe_update(const struct bgp_message *m, bool detail, char *text, size_t room)
{
	const struct bgp_update *u = &m->update;
	char count[TEXT_COUNT_MAX];
	char name[BGP_FAMILY_TEXT_MAX];
	if (u->end_of_rib) {
		text_append(text, room, " End-of-RIB %s",
			bgp_family_text(u->end_of_rib_family, name));
		return;
	}
	const char *comma = "";
	if (u->announced_count > 0) {
		text_append(text, room, " %s announced", text_count(u->announced_count, count));
		comma = ",";
	}
	if (u->withdrawn_count > 0) {
		text_append(text, room, "%s %s withdrawn", comma,
			text_count(u->withdrawn_count, count));
	}
	if (!detail) {
		return;
	}
	struct cursor attributes = u->attributes;
	struct bgp_attribute a;
	const char *separator = " attrs ";
	while (bgp_next_attribute(&attributes, &a)) {
		const char *attribute = bgp_attribute_name(a.type);
		if (strcmp(attribute, "unassigned") == 0) {
			text_append(text, room, "%s%u", separator, a.type);
		} else {
			text_append(text, room, "%s%s", separator, attribute);
		}
		separator = " ";
	}
}

static void
describe_route_refresh(const struct bgp_route_refresh *r, char *text, size_t room)
{
	static const char *const subtypes[] = {"", " BoRR", " EoRR"};
	char name[BGP_FAMILY_TEXT_MAX];
	text_append(text, room, " %s", bgp_family_text(r->family, name));
	if (r->subtype < sizeof(subtypes) / sizeof(subtypes[0])) {
		text_append(text, room, "%s", subtypes[r->subtype]);
	} else {
		text_append(text, room, " subtype %u", r->subtype);
	}
}

/* A message that ends inside its fixed part: what there is of it. */
static void
describe_short(const struct bgp_message *m, char *text, size_t room)
{
	if (m->type == BGP_NOTIFICATION && bgp_has(m, BGP_END_NOTIFICATION_CODE)) {
		text_append(text, room, " %u %s", m->notification.code,
			bgp_notification_code_name(m->notification.code));
	} else if (m->type == BGP_OPEN && bgp_has(m, BGP_END_OPEN_MY_AS)) {
		text_append(text, room, " version %u as %u", m->open.version, m->open.my_as);
		if (bgp_has(m, BGP_END_OPEN_HOLD_TIME)) {
			text_append(text, room, " hold %u", m->open.hold_time_s);
		}
		if (bgp_has(m, BGP_END_OPEN_BGP_ID)) {
			text_append(text, room, " id ");
			append_id(text, room, m->open.bgp_id);
		}
	}
}

void
describe_message(const struct event_message *e, bool detail, char *text, size_t room)
{
	const struct bgp_message *m = e->message;
	char type[16];
	snprintf(text, room, "%s", bgp_type_name(m->type, type));
	if (m->body_read) {
		switch (m->type) {
		case BGP_OPEN:
			describe_open(&m->open, detail, text, room);
			break;
		case BGP_UPDATE:
			describe_update(m, detail, text, room);
			break;
		case BGP_NOTIFICATION:
			describe_notification(&m->notification, detail, text, room);
			break;
		case BGP_ROUTE_REFRESH:
		case BGP_ROUTE_REFRESH_CISCO:
			describe_route_refresh(&m->route_refresh, text, room);
			break;
		default:
			break;
		}
	}
	if (!m->body_read) {
		describe_short(m, text, room);
	}
	if (detail && m->type != BGP_KEEPALIVE) {
		text_append(text, room, " length %u", m->length);
	}
	if (m->truncated) {
		text_append(text, room, " [cut off by the capture]");
	}
	if (m->fault.code != BGP_FAULT_NONE) {
		text_append(text, room, " [malformed]");
	}
}

void
describe_bfd(const struct bfd_packet *p, bool detail, char *text, size_t room)
{
	char flags[8];
	char duration[TEXT_DURATION_MAX];
	snprintf(text, room, "%s", bfd_state_name(p->state));
	if (p->diag != 0) {
		text_append(text, room, " diag %u (%s)", p->diag, bfd_diagnostic_name(p->diag));
	}
	bfd_flags_text(p->flags, flags);
	if (flags[0] != '\0') {
		text_append(text, room, " flags %s", flags);
	}
	text_append(text, room, " mult %u", p->detect_mult);
	text_append(text, room, " tx %s", text_duration_us(p->desired_min_tx_us, duration));
	text_append(text, room, " rx %s", text_duration_us(p->required_min_rx_us, duration));
	if (!detail) {
		return;
	}
	text_append(text, room, " my 0x%08x your 0x%08x", p->my_discriminator,
		p->your_discriminator);
	if (p->required_min_echo_rx_us > 0) {
		text_append(text, room, " echo %s",
			text_duration_us(p->required_min_echo_rx_us, duration));
	}
	if (p->has_auth) {
		text_append(text, room, " auth %s key %u", bfd_auth_name(p->auth.type),
			p->auth.key_id);
		if (p->auth.has_sequence) {
			text_append(text, room, " sequence %u", p->auth.sequence);
		}
	}
	if (p->fault != BFD_FAULT_NONE) {
		text_append(text, room, " [malformed]");
	}
}

static void
append_field_value(const struct field *field, char *text, size_t room)
{
	enum { OCTETS_SHOWN = 64 };
	size_t size = cursor_left(&field->bytes);
	switch (field->kind) {
	case FIELD_GROUP:
		break;
	case FIELD_NUMBER:
		text_append(text, room, ": %" PRIu64, field->number);
		break;
	case FIELD_HEX:
		text_append(text, room, ": 0x%0*" PRIx64, (int)(field->size < 8 ? field->size : 8) * 2,
			field->number);
		break;
	case FIELD_FLAG:
		text_append(text, room, ": %s", field->number != 0 ? "set" : "not set");
		break;
	case FIELD_ADDRESS:
	case FIELD_TEXT:
		text_append(text, room, ": %s", field->text);
		return;
	case FIELD_WIRE_TEXT:
		text_append(text, room, ": \"");
		append_wire_text(text, room, field->bytes);
		text_append(text, room, "\"");
		break;
	case FIELD_BYTES:
		text_append(text, room, size > 0 ? ": " : field->malformed || field->cut ? ": missing" : "");
		for (size_t i = 0; i < size && i < OCTETS_SHOWN; i++) {
			text_append(text, room, "%02x", field->bytes.at[i]);
		}
		if (size > OCTETS_SHOWN) {
			text_append(text, room, "… (%zu octets)", size);
		}
		break;
	}
	if (field->text != NULL && field->text[0] != '\0') {
		text_append(text, room, field->kind == FIELD_GROUP ? ": %s" : " (%s)", field->text);
	}
}

void
describe_field(const struct field *field, char *text, size_t room)
{
	snprintf(text, room, "%s", field->name);
	append_field_value(field, text, room);
	if (field->malformed) {
		text_append(text, room, " [malformed]");
	}
	if (field->cut) {
		text_append(text, room, " [cut off by the capture]");
	}
	if (field->guessed) {
		text_append(text, room, " [guessed]");
	}
}

void
describe_octets(struct cursor bytes, size_t offset, char *text, size_t room)
{
	enum { OCTETS = 16, HEX_COLUMNS = OCTETS / 2 * 5 };
	char hex[HEX_COLUMNS + 8] = "";
	char plain[OCTETS + 1] = "";
	size_t size = cursor_left(&bytes);
	for (size_t i = 0; i < OCTETS && offset + i < size; i++) {
		uint8_t octet = bytes.at[offset + i];
		text_append(hex, sizeof(hex), "%02x%s", octet, i % 2 == 1 ? " " : "");
		plain[i] = octet >= 0x20 && octet < 0x7f ? (char)octet : '.';
	}
	snprintf(text, room, "0x%04zx:  %-*s %s", offset, HEX_COLUMNS, hex, plain);
}

void
describe_connection(const struct event_connection *e, char *text, size_t room)
{
	static const char *const words[] = {
		[CONNECTION_SYN] = "TCP SYN",
		[CONNECTION_ESTABLISHED] = "TCP established",
		[CONNECTION_REFUSED] = "TCP refused",
		[CONNECTION_CLOSED] = "TCP closed",
		[CONNECTION_RESET] = "TCP reset",
		[CONNECTION_MIDSTREAM] = "TCP already under way when the capture starts",
		[CONNECTION_TIMEOUT] = "TCP gives up: no answer",
	};
	char addr[ADDRESS_TEXT_MAX];
	size_t state = (size_t)e->state;
	snprintf(text, room, "%s", state < sizeof(words) / sizeof(words[0]) ? words[state] : "TCP");
	if (e->by.family != 0) {
		text_append(text, room, " by %s", address_text(&e->by, addr));
	}
	if (e->state == CONNECTION_SYN) {
		text_append(text, room, " to port %u", e->server_port);
	}
	if (e->evicted) {
		text_append(text, room, " (evicted: too many connections to follow)");
	}
}
