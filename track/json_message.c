/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * BGP messages as JSON: the members of a message event. A member that cannot be read, because the
 * capture ends before the message does, is null; a malformed message is given as far as it reads.
 * Beyond the contract: `family` (the name) beside `afi` and `safi`, `length` of an attribute, the
 * decoded members of further capabilities, and `data`, the octets of each capability's value.
 */
#include "track/json.h"

#include "track/json_internal.h"

static void
json_cursor_hex(struct json *j, const char *key, struct cursor c)
{
	json_hex(j, key, c.at, cursor_left(&c));
}

static void
json_cursor_text(struct json *j, const char *key, struct cursor c)
{
	json_text(j, key, c.at, cursor_left(&c));
}

static void
capability_graceful_restart(struct json *j, const struct bgp_capability *c)
{
	struct cursor families = c->graceful_restart.families;
	struct bgp_restart_family f;
	json_bool(j, "restarting", c->graceful_restart.restarting);
	json_uint(j, "time_s", c->graceful_restart.time_s);
	json_array(j, "families");
	while (bgp_next_restart_family(&families, &f)) {
		json_object(j, NULL);
		json_family_members(j, f.family);
		json_bool(j, "forwarding", f.forwarding);
		json_object_end(j);
	}
	json_array_end(j);
	json_bool(j, "notification", c->graceful_restart.notification);
}

static const char *
mode_name(uint8_t mode)
{
	static const char *const modes[] = {[1] = "receive", [2] = "send", [3] = "send-receive"};
	return mode < 4 ? modes[mode] : NULL;
}

static void
capability_add_path(struct json *j, const struct bgp_capability *c)
{
	struct cursor families = c->add_path.families;
	struct bgp_add_path f;
	json_array(j, "families");
	while (bgp_next_add_path(&families, &f)) {
		json_object(j, NULL);
		json_family_members(j, f.family);
		json_string(j, "mode", mode_name(f.mode));
		json_object_end(j);
	}
	json_array_end(j);
}

static void
capability_llgr(struct json *j, const struct bgp_capability *c)
{
	struct cursor families = c->llgr.families;
	struct bgp_restart_family f;
	json_array(j, "families");
	while (bgp_next_llgr_family(&families, &f)) {
		json_object(j, NULL);
		json_family_members(j, f.family);
		json_bool(j, "forwarding", f.forwarding);
		json_uint(j, "stale_time_s", f.stale_time_s);
		json_object_end(j);
	}
	json_array_end(j);
}

static void
capability_extended_next_hop(struct json *j, const struct bgp_capability *c)
{
	struct cursor tuples = c->extended_next_hop.tuples;
	struct bgp_extended_next_hop t;
	json_array(j, "next_hops");
	while (bgp_next_extended_next_hop(&tuples, &t)) {
		json_object(j, NULL);
		json_uint(j, "afi", t.afi);
		json_uint(j, "safi", t.safi);
		json_uint(j, "next_hop_afi", t.next_hop_afi);
		json_object_end(j);
	}
	json_array_end(j);
}

static void
capability_orf(struct json *j, const struct bgp_capability *c)
{
	struct cursor families = c->orf.families;
	struct bgp_orf_family f;
	struct bgp_orf orf;
	json_array(j, "families");
	while (bgp_next_orf_family(&families, &f)) {
		json_object(j, NULL);
		json_family_members(j, f.family);
		json_array(j, "filters");
		while (bgp_next_orf(&f.types, &orf)) {
			json_object(j, NULL);
			json_uint(j, "type", orf.type);
			json_string(j, "mode", mode_name(orf.mode));
			json_object_end(j);
		}
		json_array_end(j);
		json_object_end(j);
	}
	json_array_end(j);
}

/* Families with a number each: how many labels, or how many paths. */
static void
capability_numbers(struct json *j, const char *key, struct cursor families,
	bool (*next)(struct cursor *, struct bgp_family_number *))
{
	struct bgp_family_number f;
	json_array(j, "families");
	while (next(&families, &f)) {
		json_object(j, NULL);
		json_family_members(j, f.family);
		json_uint(j, key, f.number);
		json_object_end(j);
	}
	json_array_end(j);
}

static void
capability_members(struct json *j, const struct bgp_capability *c)
{
	switch (c->code) {
	case 3:
	case 130:
		capability_orf(j, c);
		break;
	case 7:
		json_uint(j, "version", c->bgpsec.version);
		json_string(j, "direction", c->bgpsec.send ? "send" : "receive");
		json_uint(j, "afi", c->bgpsec.afi);
		break;
	case 8:
		capability_numbers(j, "count", c->multiple_labels.families,
			bgp_next_multiple_labels);
		break;
	case 76:
		capability_numbers(j, "limit", c->paths_limit.families, bgp_next_paths_limit);
		break;
	case 1:
		json_family_members(j, c->multiprotocol);
		break;
	case 5:
		capability_extended_next_hop(j, c);
		break;
	case 9:
		json_uint(j, "role", c->role.value);
		json_string(j, "role_name", bgp_role_name(c->role.value));
		break;
	case 64:
		capability_graceful_restart(j, c);
		break;
	case 65:
		json_uint(j, "asn", c->as4.asn);
		break;
	case 69:
	case 72:
		capability_add_path(j, c);
		break;
	case 71:
		capability_llgr(j, c);
		break;
	case 73:
		json_cursor_text(j, "host", c->fqdn.host);
		json_cursor_text(j, "domain", c->fqdn.domain);
		break;
	case 75:
		json_cursor_text(j, "version", c->software_version.version);
		break;
	default:
		break;
	}
}

/* The same members where the value does not fit its length or was cut: nothing is known of it. */
static void
capability_members_unknown(struct json *j, uint8_t code)
{
	static const struct {
		uint8_t code;
		const char *key;
	} members[] = {{1, "afi"}, {1, "safi"}, {1, "family"}, {3, "families"}, {5, "next_hops"},
		{7, "version"}, {7, "direction"}, {7, "afi"}, {8, "families"}, {76, "families"},
		{130, "families"}, {9, "role"},
		{9, "role_name"}, {64, "restarting"}, {64, "time_s"}, {64, "families"},
		{64, "notification"}, {65, "asn"}, {69, "families"}, {72, "families"}, {71, "families"}, {73, "host"},
		{73, "domain"}, {75, "version"}};
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		if (members[i].code == code) {
			json_null(j, members[i].key);
		}
	}
}

/* `cut`: the capture ends inside the message, which is nobody's fault. */
static void
write_capability(struct json *j, const char *key, const struct bgp_capability *capability, bool cut)
{
	json_object(j, key);
	json_uint(j, "code", capability->code);
	json_string(j, "name", bgp_capability_name(capability->code));
	if (capability->malformed) {
		capability_members_unknown(j, capability->code);
		if (!cut) {
			json_bool(j, "malformed", true);
		}
	} else {
		capability_members(j, capability);
	}
	json_cursor_hex(j, "data", capability->value);
	json_object_end(j);
}

void
json_capability(struct json *j, const char *key, const struct bgp_capability *capability)
{
	write_capability(j, key, capability, false);
}

static void
nulls(struct json *j, const char *const *keys, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		json_null(j, keys[i]);
	}
}

#define NULLS(j, ...) \
	nulls(j, (const char *const[]){__VA_ARGS__}, \
		sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

static void
known_uint(struct json *j, const char *key, bool known, uint64_t value)
{
	if (known) {
		json_uint(j, key, value);
	} else {
		json_null(j, key);
	}
}

static void
message_open(struct json *j, const struct bgp_message *m)
{
	const struct bgp_open *open = &m->open;
	json_object(j, "open");
	known_uint(j, "version", bgp_has(m, BGP_END_OPEN_VERSION), open->version);
	/* AS_TRANS says that the real one is in capability 65, which the capture may have cut off. */
	bool hidden = m->truncated && !open->as4 && open->my_as == BGP_AS_TRANS;
	known_uint(j, "asn", m->body_read && !hidden, open->asn);
	known_uint(j, "my_as", bgp_has(m, BGP_END_OPEN_MY_AS), open->my_as);
	known_uint(j, "hold_time_s", bgp_has(m, BGP_END_OPEN_HOLD_TIME), open->hold_time_s);
	if (bgp_has(m, BGP_END_OPEN_BGP_ID)) {
		json_bgp_id(j, "bgp_id", open->bgp_id);
	} else {
		json_null(j, "bgp_id");
	}
	if (!m->body_read) {
		json_null(j, "capabilities");
		json_object_end(j);
		return;
	}
	json_array(j, "capabilities");
	struct bgp_capability_iter iter = bgp_capabilities(open);
	struct bgp_capability capability;
	while (bgp_next_capability(&iter, &capability)) {
		write_capability(j, NULL, &capability, m->truncated);
	}
	json_array_end(j);
	json_object_end(j);
}

static void
message_notification(struct json *j, const struct bgp_message *m)
{
	const struct bgp_notification *n = &m->notification;
	json_object(j, "notification");
	known_uint(j, "code", bgp_has(m, BGP_END_NOTIFICATION_CODE), n->code);
	known_uint(j, "subcode", bgp_has(m, BGP_END_NOTIFICATION_SUBCODE), n->subcode);
	if (!m->body_read) {
		NULLS(j, "name", "data", "text", "meaning");
		json_object_end(j);
		return;
	}
	json_string(j, "name", bgp_notification_name(n->code, n->subcode));
	if (m->truncated) {
		json_null(j, "data");
	} else {
		json_cursor_hex(j, "data", n->data);
	}
	if (n->has_text) {
		json_cursor_text(j, "text", n->text);
	} else {
		json_null(j, "text");
	}
	if (m->truncated) {
		json_null(j, "meaning");
	} else {
		json_meaning(j, "meaning", n);
	}
	json_object_end(j);
}

static void
update_nlri(struct json *j, const char *key, const struct event_message *e, bool withdrawn)
{
	static const struct bgp_context unknown;
	const struct bgp_context *context = e->context != NULL ? e->context : &unknown;
	struct bgp_nlri_iter iter = bgp_nlri_runs(&e->message->update);
	struct bgp_nlri_run run;
	struct bgp_nlri nlri;
	char text[BGP_NLRI_TEXT_MAX];
	json_array(j, key);
	while (bgp_next_nlri_run(&iter, context, &run)) {
		while (run.withdrawn == withdrawn && bgp_next_nlri(&run, &nlri)) {
			json_string(j, NULL, bgp_nlri_text(&nlri, text));
		}
	}
	json_array_end(j);
}

/* The path that counts: of AS_PATH, or of it and AS4_PATH (RFC 6793 section 4.2.3); null where there
 * is none. `as_path_guessed` says that it could be read in another way, had one seen the OPENs. */
static void
update_as_path(struct json *j, const struct event_message *e)
{
	static const struct bgp_context unknown;
	const struct bgp_context *context = e->context != NULL ? e->context : &unknown;
	struct cursor list = e->message->update.attributes;
	struct bgp_attribute a;
	char text[BGP_ATTRIBUTE_TEXT_MAX];
	bool found = false;
	bool merged = bgp_merged_as_path(&e->message->update, context, text);
	while (!found && bgp_next_attribute(&list, &a)) {
		found = a.type == BGP_ATTRIBUTE_AS_PATH;
	}
	bool readable = found && bgp_as_path_width(&a.value, context) != 0;
	if (readable && !merged) {
		bgp_attribute_text(&a, context, text);
	}
	json_string(j, "as_path", readable ? text : NULL);
	if (readable && context->as_width == 0 && cursor_left(&a.value) > 0) {
		json_bool(j, "as_path_guessed", true);
	}
}

static void
message_update(struct json *j, const struct event_message *e, bool nlri)
{
	const struct bgp_message *m = e->message;
	json_object(j, "update");
	if (!m->body_read) {
		NULLS(j, "withdrawn", "announced", "attributes", "end_of_rib");
		if (nlri) {
			NULLS(j, "nlri", "withdrawn_nlri", "as_path");
		}
		json_object_end(j);
		return;
	}
	/* Some prefixes may stand where the capture was cut off: how many there are is unknown. */
	if (m->truncated) {
		NULLS(j, "withdrawn", "announced");
	} else {
		json_uint(j, "withdrawn", m->update.withdrawn_count);
		json_uint(j, "announced", m->update.announced_count);
	}
	json_attributes(j, "attributes", &m->update);
	if (m->update.end_of_rib) {
		json_object(j, "end_of_rib");
		json_family_members(j, m->update.end_of_rib_family);
		json_object_end(j);
	} else {
		json_null(j, "end_of_rib");
	}
	if (nlri && m->summary) {
		NULLS(j, "nlri", "withdrawn_nlri", "as_path");
	} else if (nlri) {
		update_nlri(j, "nlri", e, false);
		update_nlri(j, "withdrawn_nlri", e, true);
		update_as_path(j, e);
	}
	json_object_end(j);
}

static void
message_route_refresh(struct json *j, const struct bgp_message *m)
{
	json_object(j, "route_refresh");
	known_uint(j, "afi", bgp_has(m, BGP_END_ROUTE_REFRESH_AFI), m->route_refresh.family.afi);
	known_uint(j, "safi", bgp_has(m, BGP_END_ROUTE_REFRESH_SAFI), m->route_refresh.family.safi);
	known_uint(j, "subtype", bgp_has(m, BGP_END_ROUTE_REFRESH_SUBTYPE),
		m->route_refresh.subtype);
	json_object_end(j);
}

void
json_message_members(struct json *j, const struct event_message *e, unsigned detail)
{
	const struct bgp_message *m = e->message;
	char name[16];
	json_id(j, "session", e->session);
	json_id(j, "connection", e->connection);
	json_address(j, "src", &e->src);
	json_uint(j, "src_port", e->src_port);
	json_address(j, "dst", &e->dst);
	json_uint(j, "dst_port", e->dst_port);
	json_string(j, "type", bgp_type_name(m->type, name));
	json_uint(j, "length", m->length);
	json_bool(j, "truncated", m->truncated);
	switch (m->type) {
	case BGP_OPEN:
		message_open(j, m);
		break;
	case BGP_UPDATE:
		message_update(j, e, (detail & JSON_NLRI) != 0);
		break;
	case BGP_NOTIFICATION:
		message_notification(j, m);
		break;
	case BGP_ROUTE_REFRESH:
	case BGP_ROUTE_REFRESH_CISCO:
		message_route_refresh(j, m);
		break;
	default:
		break;
	}
	if ((detail & JSON_FIELDS) != 0) {
		if (m->summary) {
			json_null(j, "fields");
		} else {
			json_message_fields(j, e);
		}
	}
	if ((detail & JSON_RAW) != 0) {
		if (m->summary) {
			json_null(j, "raw");
		} else {
			json_cursor_hex(j, "raw", m->raw);
		}
	}
}
