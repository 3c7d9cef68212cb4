/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Events as JSON. The order of the members is the contract's. Unknown is null, and nothing is left
 * out because it is unknown, so that a reader may index without asking first. What stands beyond
 * the contract comes after it in an object.
 */
#include "track/json.h"

#include "track/json_internal.h"

static void
json_time(struct json *j, const char *key, uint64_t time_ns, uint8_t digits)
{
	char text[TIME_TEXT_MAX];
	json_string(j, key, time_text(time_ns, digits, text));
}

static void
members_capture(struct json *j, const struct event_capture *e)
{
	json_string(j, "state", e->end ? "end" : "begin");
	json_string(j, "input", e->input);
	json_string(j, "linktype", e->link_type);
	json_uint(j, "packets", e->packets);
	json_uint(j, "dropped", e->dropped);
	json_array(j, "artefacts");
	for (uint32_t i = 0; i < 32; i++) {
		if ((e->artefacts >> i & 1) != 0) {
			json_string(j, NULL, track_artefact_key((uint32_t)1 << i));
		}
	}
	json_array_end(j);
}

static void
members_connection(struct json *j, const struct event_connection *e)
{
	json_id(j, "connection", e->connection);
	json_id(j, "session", e->session);
	json_string(j, "state", connection_state_name(e->state));
	json_address(j, "client", &e->client);
	json_uint(j, "client_port", e->client_port);
	json_address(j, "server", &e->server);
	json_uint(j, "server_port", e->server_port);
	json_address(j, "by", &e->by);
	if (e->evicted) {
		json_bool(j, "evicted", true);
	}
}

static void
members_fault(struct json *j, const struct event_fault *e)
{
	json_id(j, "session", e->session);
	json_id(j, "connection", e->connection);
	json_id(j, "bfd_session", e->bfd_session);
	json_string(j, "code", e->code);
	json_uint(j, "offset", e->offset);
	json_string(j, "text", e->text);
	if (e->action == NULL) {
		return;
	}
	json_string(j, "detail", e->detail);
	json_string(j, "action", e->action);
	if (e->error != 0) {
		json_object(j, "notification");
		json_uint(j, "code", e->error);
		json_uint(j, "subcode", e->subcode);
		json_object_end(j);
	} else {
		json_null(j, "notification");
	}
	json_string(j, "rfc", e->rfc);
	json_string(j, "action_rfc", e->action_rfc);
	if (e->attribute >= 0) {
		json_int(j, "attribute", e->attribute);
	} else {
		json_null(j, "attribute");
	}
	json_uint(j, "length", e->length);
	json_uint(j, "octet", e->octet);
}

static void
members_gap(struct json *j, const struct event_gap *e)
{
	json_id(j, "session", e->session);
	json_id(j, "connection", e->connection);
	json_address(j, "src", &e->src);
	json_uint(j, "bytes", e->bytes);
}

static void
members_retransmission(struct json *j, const struct event *event)
{
	const struct event_retransmission *e = &event->retransmission;
	json_id(j, "session", e->session);
	json_id(j, "connection", e->connection);
	json_address(j, "src", &e->src);
	json_address(j, "dst", &e->dst);
	json_string(j, "what", resent_name(e->what));
	json_uint(j, "segments", e->segments);
	json_uint(j, "bytes", e->bytes);
	json_time(j, "last_time", e->last_time_ns, event->time_digits);
	json_uint(j, "last_frame", e->last_frame);
}

static void
members_check(struct json *j, const struct event_check *e)
{
	json_id(j, "session", e->session);
	json_id(j, "connection", e->connection);
	json_address(j, "src", &e->src);
	json_address(j, "dst", &e->dst);
	json_string(j, "result", check_result_name(e->result));
	json_uint(j, "bytes", e->bytes);
	json_string(j, "reason", check_reason_key(e->reason));
	json_string(j, "text", check_text(e->result, e->reason));
}

static void
members_bfd(struct json *j, const struct event_bfd *e, unsigned detail)
{
	const struct bfd_packet *p = e->packet;
	char flags[8];
	json_id(j, "bfd_session", e->bfd_session);
	json_address(j, "src", &e->src);
	json_address(j, "dst", &e->dst);
	if (e->port >= 0) {
		json_int(j, "port", e->port);
	} else {
		json_null(j, "port");
	}
	json_uint(j, "version", p->version);
	json_uint(j, "diag", p->diag);
	json_string(j, "state", bfd_state_name(p->state));
	json_array(j, "flags");
	bfd_flags_text(p->flags, flags);
	for (const char *f = flags; *f != '\0'; f++) {
		json_text(j, NULL, (const uint8_t *)f, 1);
	}
	json_array_end(j);
	json_uint(j, "detect_mult", p->detect_mult);
	json_uint(j, "my_discriminator", p->my_discriminator);
	json_uint(j, "your_discriminator", p->your_discriminator);
	json_uint(j, "desired_min_tx_us", p->desired_min_tx_us);
	json_uint(j, "required_min_rx_us", p->required_min_rx_us);
	json_uint(j, "required_min_echo_rx_us", p->required_min_echo_rx_us);
	if (p->has_auth) {
		json_object(j, "auth");
		json_uint(j, "type", p->auth.type);
		json_uint(j, "key_id", p->auth.key_id);
		json_uint(j, "length", p->auth.length);
		if (p->auth.has_sequence) {
			json_uint(j, "sequence", p->auth.sequence);
		} else {
			json_null(j, "sequence");
		}
		json_object_end(j);
	} else {
		json_null(j, "auth");
	}
	json_uint(j, "ttl", e->ttl);
	if ((detail & JSON_FIELDS) != 0) {
		json_bfd_fields(j, p);
	}
	if ((detail & JSON_RAW) != 0) {
		json_hex(j, "raw", p->raw.at, cursor_left(&p->raw));
	}
}

static void
members_transition(struct json *j, const struct event_transition *e)
{
	json_string(j, "protocol", protocol_name(e->protocol));
	json_id(j, "session", e->session);
	json_id(j, "bfd_session", e->bfd_session);
	json_id(j, "connection", e->connection);
	json_address(j, "speaker", &e->speaker);
	json_address(j, "peer", &e->peer);
	json_string(j, "from", track_state_name(e->protocol, e->from));
	json_string(j, "to", track_state_name(e->protocol, e->to));
	if (e->has_lasted) {
		json_uint(j, "lasted_us", e->lasted_us);
	} else {
		json_null(j, "lasted_us");
	}
	if (e->protocol == PROTOCOL_BGP && e->rfc_event != 0) {
		json_object(j, "rfc_event");
		json_uint(j, "number", e->rfc_event);
		json_string(j, "name", rfc_event_name(e->rfc_event));
		json_object_end(j);
	} else {
		json_null(j, "rfc_event");
	}
	json_string(j, "basis", basis_name(e->basis));
	json_string(j, "reason", e->reason);
}

/* The members that an alert and a finding share. */
static void
members_alert(struct json *j, const struct event_finding *e)
{
	json_string(j, "cause", finding_key(e->cause));
	json_string(j, "severity", severity_name(e->severity));
	json_string(j, "confidence", confidence_name(e->confidence));
	json_id(j, "session", e->session);
	json_id(j, "bfd_session", e->bfd_session);
	json_address(j, "blame", &e->blame);
	json_string(j, "summary", e->summary);
}

static void
members_finding(struct json *j, const struct event *event)
{
	const struct event_finding *e = &event->finding;
	members_alert(j, e);
	json_array(j, "evidence");
	for (size_t i = 0; i < e->evidence_count; i++) {
		json_uint(j, NULL, e->evidence[i]);
	}
	json_array_end(j);
	json_array(j, "fix");
	for (size_t i = 0; i < e->fix_count; i++) {
		json_string(j, NULL, e->fix[i]);
	}
	json_array_end(j);
	json_time(j, "first_time", e->first_time_ns, event->time_digits);
	json_time(j, "last_time", e->last_time_ns, event->time_digits);
	json_uint(j, "count", e->count);
}

static void
session_messages(struct json *j, const struct event_session_side *side, const char *addr)
{
	json_object(j, addr);
	for (size_t slot = 0; slot < COUNT_SLOTS; slot++) {
		if (side->messages[slot] > 0 || slot < COUNT_OTHER) {
			json_uint(j, count_slot_name(slot), side->messages[slot]);
		}
	}
	json_object_end(j);
}

/* {local: …, remote: …} of what each side may do. */
static void
sides_bool(struct json *j, const char *key, char addr[2][ADDRESS_TEXT_MAX], bool local, bool remote)
{
	json_object(j, key);
	json_bool(j, addr[0], local);
	json_bool(j, addr[1], remote);
	json_object_end(j);
}

static void
sides_uint(struct json *j, const char *key, char addr[2][ADDRESS_TEXT_MAX], const bool known[2],
	const uint64_t value[2])
{
	json_object(j, key);
	for (size_t i = 0; i < 2; i++) {
		if (known[i]) {
			json_uint(j, addr[i], value[i]);
		} else {
			json_null(j, addr[i]);
		}
	}
	json_object_end(j);
}

static void
agreed_family(struct json *j, const struct bgp_agreed_family *f, char addr[2][ADDRESS_TEXT_MAX])
{
	json_object(j, NULL);
	json_family_members(j, f->family);
	sides_bool(j, "add_path", addr, f->add_path[0], f->add_path[1]);
	json_bool(j, "extended_next_hop", f->extended_next_hop);
	sides_bool(j, "graceful_restart", addr, f->graceful[0], f->graceful[1]);
	sides_bool(j, "forwarding", addr, f->forwarding[0], f->forwarding[1]);
	sides_uint(j, "stale_time_s", addr, f->has_stale_time,
		(uint64_t[]){f->stale_time_s[0], f->stale_time_s[1]});
	json_object_end(j);
}

void
json_agreement(struct json *j, const char *key, const struct event_session *session)
{
	const struct bgp_agreement *a = session->agreement;
	char addr[2][ADDRESS_TEXT_MAX];
	if (a == NULL) {
		json_null(j, key);
		return;
	}
	for (size_t i = 0; i < 2; i++) {
		address_text(&session->side[i].addr, addr[i]);
	}
	json_object(j, key);
	json_bool(j, "as4", a->as4);
	json_bool(j, "route_refresh", a->route_refresh);
	json_bool(j, "enhanced_route_refresh", a->enhanced_route_refresh);
	sides_bool(j, "extended_messages", addr, a->side[0].extended_messages,
		a->side[1].extended_messages);
	json_bool(j, "graceful_restart", a->graceful_restart);
	json_bool(j, "notification", a->notification);
	sides_bool(j, "restarting", addr, a->side[0].restarting, a->side[1].restarting);
	sides_uint(j, "restart_time_s", addr,
		(bool[]){a->side[0].has_restart, a->side[1].has_restart},
		(uint64_t[]){a->side[0].restart_time_s, a->side[1].restart_time_s});
	json_bool(j, "llgr", a->llgr);
	sides_uint(j, "role", addr, (bool[]){a->side[0].has_role, a->side[1].has_role},
		(uint64_t[]){a->side[0].role, a->side[1].role});
	json_array(j, "families");
	for (size_t i = 0; i < a->family_count; i++) {
		agreed_family(j, &a->families[i], addr);
	}
	json_array_end(j);
	json_object_end(j);
}

static void
json_ms_or_null(struct json *j, const char *name, bool known, int64_t ns)
{
	if (known) {
		json_int(j, name, ns / 1000000);
	} else {
		json_null(j, name);
	}
}

void
json_end_of_rib(struct json *j, const char *key, const struct event_session_side *side)
{
	json_array(j, key);
	for (size_t i = 0; i < side->end_of_rib_count; i++) {
		const struct event_end_of_rib *rib = &side->end_of_rib[i];
		char family[BGP_FAMILY_TEXT_MAX];
		json_object(j, NULL);
		json_uint(j, "afi", rib->family.afi);
		json_uint(j, "safi", rib->family.safi);
		json_string(j, "family", bgp_family_text(rib->family, family));
		json_uint(j, "after_us", rib->after_ns / 1000);
		json_uint(j, "prefixes", rib->prefixes);
		json_uint(j, "frame", rib->frame);
		json_object_end(j);
	}
	json_array_end(j);
}

/* What was measured of one side. */
static void
session_timing(struct json *j, const struct event_session_side *side, const char *name)
{
	json_object(j, name);
	if (side->offered_hold_time_s >= 0) {
		json_int(j, "offered_hold_time_s", side->offered_hold_time_s);
	} else {
		json_null(j, "offered_hold_time_s");
	}
	json_ms_or_null(j, "connect_retry_ms", side->connect_retry_ns > 0, (int64_t)side->connect_retry_ns);
	json_uint(j, "retransmissions", side->retransmissions);
	json_ms_or_null(j, "longest_silence_ms", side->longest_silence_ns > 0,
		(int64_t)side->longest_silence_ns);
	json_ms_or_null(j, "hold_margin_ms", side->has_hold_margin, side->hold_margin_ns);
	json_uint(j, "hold_margin_frame", side->hold_margin_frame);
	if (side->keepalives_measured > 0) {
		json_object(j, "keepalive_interval_ms");
		json_uint(j, "count", side->keepalives_measured);
		json_uint(j, "min", side->keepalive_min_ns / 1000000);
		json_uint(j, "mean", side->keepalive_mean_ns / 1000000);
		json_uint(j, "max", side->keepalive_max_ns / 1000000);
		json_object_end(j);
	} else {
		json_null(j, "keepalive_interval_ms");
	}
	json_end_of_rib(j, "end_of_rib", side);
	json_object_end(j);
}

void
json_session_timing(struct json *j, const char *key, const struct event_session *e)
{
	json_object(j, key);
	for (size_t i = 0; i < 2; i++) {
		char addr[ADDRESS_TEXT_MAX];
		session_timing(j, &e->side[i], address_text(&e->side[i].addr, addr));
	}
	json_object_end(j);
}

static void
restart_after(struct json *j, const char *key, const struct event_restart *r, uint64_t at_ns)
{
	if (at_ns == 0) {
		json_null(j, key);
	} else {
		json_uint(j, key, at_ns > r->began_ns ? (at_ns - r->began_ns) / 1000 : 0);
	}
}

void
json_session_restart(struct json *j, const char *key, const struct event_session *e, uint8_t digits)
{
	json_object(j, key);
	for (size_t i = 0; i < 2; i++) {
		const struct event_restart *r = e->side[i].restart;
		char addr[ADDRESS_TEXT_MAX];
		address_text(&e->side[i].addr, addr);
		if (r == NULL) {
			json_null(j, addr);
			continue;
		}
		json_object(j, addr);
		json_string(j, "state", restart_state_name(r->state));
		json_address(j, "helper", &e->side[1 - i].addr);
		json_bool(j, "notification", r->notified);
		json_bool(j, "restart_bit", r->restart_bit);
		json_uint(j, "restart_time_s", r->time_s);
		json_uint(j, "stale_time_s", r->stale_time_s);
		json_uint(j, "count", r->count);
		json_uint(j, "families", r->families);
		json_uint(j, "kept", r->kept);
		json_uint(j, "end_of_ribs", r->end_of_ribs);
		json_time(j, "began", r->began_ns, digits);
		json_uint(j, "began_frame", r->began_frame);
		restart_after(j, "back_after_us", r, r->back_ns);
		json_uint(j, "back_frame", r->back_frame);
		restart_after(j, "ended_after_us", r, r->ended_ns);
		json_uint(j, "ended_frame", r->ended_frame);
		json_object_end(j);
	}
	json_object_end(j);
}

static void
members_session(struct json *j, const struct event_session *e, uint8_t digits)
{
	char addr[2][ADDRESS_TEXT_MAX];
	for (size_t i = 0; i < 2; i++) {
		address_text(&e->side[i].addr, addr[i]);
	}
	json_id(j, "session", e->session);
	json_address(j, "local", &e->side[0].addr);
	json_address(j, "remote", &e->side[1].addr);
	json_object(j, "asn");
	for (size_t i = 0; i < 2; i++) {
		if (e->side[i].has_asn) {
			json_uint(j, addr[i], e->side[i].asn);
		} else {
			json_null(j, addr[i]);
		}
	}
	json_object_end(j);
	json_object(j, "bgp_id");
	for (size_t i = 0; i < 2; i++) {
		if (e->side[i].has_bgp_id) {
			json_bgp_id(j, addr[i], e->side[i].bgp_id);
		} else {
			json_null(j, addr[i]);
		}
	}
	json_object_end(j);
	if (e->hold_time_s >= 0) {
		json_int(j, "hold_time_s", e->hold_time_s);
	} else {
		json_null(j, "hold_time_s");
	}
	if (e->hold_time_s > 0) {
		json_int(j, "keepalive_s", e->hold_time_s / 3);
	} else {
		json_null(j, "keepalive_s");
	}
	if (e->has_families) {
		json_families(j, "families", e->families, e->family_count);
	} else {
		json_null(j, "families");
	}
	json_object(j, "state");
	for (size_t i = 0; i < 2; i++) {
		json_string(j, addr[i], bgp_state_name((uint8_t)e->side[i].state));
	}
	json_object_end(j);
	json_object(j, "messages");
	for (size_t i = 0; i < 2; i++) {
		session_messages(j, &e->side[i], addr[i]);
	}
	json_object_end(j);
	json_uint(j, "established_count", e->established_count);
	json_string(j, "verdict", verdict_name(e->verdict));
	json_string(j, "primary_cause", finding_key(e->primary_cause));
	json_id(j, "bfd_session", e->bfd_session);
	json_object(j, "prefixes_announced");
	for (size_t i = 0; i < 2; i++) {
		json_uint(j, addr[i], e->side[i].prefixes_announced);
	}
	json_object_end(j);
	json_object(j, "prefixes_withdrawn");
	for (size_t i = 0; i < 2; i++) {
		json_uint(j, addr[i], e->side[i].prefixes_withdrawn);
	}
	json_object_end(j);
	if (e->has_setup) {
		json_uint(j, "setup_us", e->setup_ns / 1000);
	} else {
		json_null(j, "setup_us");
	}
	json_session_timing(j, "timing", e);
	json_agreement(j, "negotiated", e);
	json_session_restart(j, "graceful_restart", e, digits);
}

void
json_bfd_intervals(struct json *j, const char *key, const struct event_bfd_session *e)
{
	json_object(j, key);
	for (size_t i = 0; i < 2; i++) {
		const struct event_bfd_side *side = &e->side[i];
		char addr[ADDRESS_TEXT_MAX];
		address_text(&side->addr, addr);
		if (side->intervals == 0) {
			json_null(j, addr);
			continue;
		}
		json_object(j, addr);
		json_uint(j, "count", side->intervals);
		json_uint(j, "min", side->interval_min_us);
		json_uint(j, "mean", side->interval_mean_us);
		json_uint(j, "max", side->interval_max_us);
		json_object_end(j);
	}
	json_object_end(j);
}

void
json_bfd_margins(struct json *j, const char *key, const struct event_bfd_session *e)
{
	json_object(j, key);
	for (size_t i = 0; i < 2; i++) {
		char addr[ADDRESS_TEXT_MAX];
		address_text(&e->side[i].addr, addr);
		if (e->side[i].has_margin) {
			json_int(j, addr, e->side[i].margin_us);
		} else {
			json_null(j, addr);
		}
	}
	json_object_end(j);
}

static void
members_bfd_session(struct json *j, const struct event_bfd_session *e)
{
	char addr[2][ADDRESS_TEXT_MAX];
	for (size_t i = 0; i < 2; i++) {
		address_text(&e->side[i].addr, addr[i]);
	}
	json_id(j, "bfd_session", e->bfd_session);
	json_id(j, "session", e->session);
	json_address(j, "local", &e->side[0].addr);
	json_address(j, "remote", &e->side[1].addr);
	json_string(j, "mode", e->mode);
	json_object(j, "state");
	for (size_t i = 0; i < 2; i++) {
		json_string(j, addr[i], track_state_name(PROTOCOL_BFD, e->side[i].state));
	}
	json_object_end(j);
	json_object(j, "negotiated_tx_us");
	for (size_t i = 0; i < 2; i++) {
		if (e->side[i].has_timers) {
			json_uint(j, addr[i], e->side[i].negotiated_tx_us);
		} else {
			json_null(j, addr[i]);
		}
	}
	json_object_end(j);
	json_object(j, "detection_time_us");
	for (size_t i = 0; i < 2; i++) {
		if (e->side[i].has_timers) {
			json_uint(j, addr[i], e->side[i].detection_time_us);
		} else {
			json_null(j, addr[i]);
		}
	}
	json_object_end(j);
	json_object(j, "packets");
	for (size_t i = 0; i < 2; i++) {
		json_uint(j, addr[i], e->side[i].packets);
	}
	json_object_end(j);
	json_object(j, "max_gap_us");
	for (size_t i = 0; i < 2; i++) {
		if (e->side[i].packets > 1) {
			json_uint(j, addr[i], e->side[i].max_gap_us);
		} else {
			json_null(j, addr[i]);
		}
	}
	json_object_end(j);
	json_uint(j, "flaps", e->flaps);
	json_bfd_intervals(j, "interval_us", e);
	json_bfd_margins(j, "detection_margin_us", e);
}

static void
members_lost(struct json *j, const struct event_lost *e)
{
	json_uint(j, "events", e->events);
	json_string(j, "reason", e->reason);
}

static void
members_recording(struct json *j, const struct event *event)
{
	const struct event_recording *e = &event->recording;
	json_id(j, "session", e->session);
	json_id(j, "bfd_session", e->bfd_session);
	json_string(j, "cause", e->cause);
	json_string(j, "file", e->file);
	json_time(j, "begins", e->begins_ns, event->time_digits);
}

void
json_event(struct json *j, const struct event *event, unsigned detail)
{
	json_object(j, NULL);
	json_string(j, "event", event_kind_name(event->kind));
	json_uint(j, "seq", event->seq);
	json_time(j, "time", event->time_ns, event->time_digits);
	json_uint(j, "frame", event->frame);
	/* A capture names its input anyway. */
	if (event->input != NULL && event->kind != EVENT_CAPTURE) {
		json_string(j, "input", event->input);
	}
	switch (event->kind) {
	case EVENT_CAPTURE:
		members_capture(j, &event->capture);
		break;
	case EVENT_CONNECTION:
		members_connection(j, &event->connection);
		break;
	case EVENT_MESSAGE:
		json_message_members(j, &event->message, detail);
		break;
	case EVENT_FAULT:
		members_fault(j, &event->fault);
		break;
	case EVENT_GAP:
		members_gap(j, &event->gap);
		break;
	case EVENT_CHECK:
		members_check(j, &event->check);
		break;
	case EVENT_BFD:
		members_bfd(j, &event->bfd, detail);
		break;
	case EVENT_TRANSITION:
		members_transition(j, &event->transition);
		break;
	case EVENT_ALERT:
		members_alert(j, &event->finding);
		break;
	case EVENT_FINDING:
		members_finding(j, event);
		break;
	case EVENT_SESSION:
		members_session(j, &event->session, event->time_digits);
		break;
	case EVENT_BFD_SESSION:
		members_bfd_session(j, &event->bfd_session);
		break;
	case EVENT_RETRANSMISSION:
		members_retransmission(j, event);
		break;
	case EVENT_LOST:
		members_lost(j, &event->lost);
		break;
	case EVENT_RECORDING:
		members_recording(j, event);
		break;
	case EVENT_KIND_COUNT:
		break;
	}
	json_object_end(j);
}
