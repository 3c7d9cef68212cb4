/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Events as rows. Each function binds the columns of one table in the order in which database.h
 * lists them. What JSON shows as null is NULL, what it shows as a list or an object is the same
 * text. A parent that an event names before its own row came gets a stub with what the event knows,
 * so that every key is true at every moment.
 */
#include "store/writer.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

static bool
context_equal(const struct bgp_context *a, const struct bgp_context *b)
{
	if (a->as_width != b->as_width || a->extended_messages != b->extended_messages ||
		a->add_path_count != b->add_path_count) {
		return false;
	}
	for (size_t i = 0; i < a->add_path_count; i++) {
		if (!bgp_family_equal(a->add_path[i], b->add_path[i])) {
			return false;
		}
	}
	return true;
}

static void
bind_context(struct row *row, const struct bgp_context *context)
{
	char text[BGP_CONTEXT_FAMILIES * sizeof("65535/255 ")] = "";
	size_t size = 0;
	for (size_t i = 0; i < context->add_path_count; i++) {
		int n = snprintf(text + size, sizeof(text) - size, "%s%u/%u", i > 0 ? " " : "",
			context->add_path[i].afi, context->add_path[i].safi);
		size += n > 0 ? (size_t)n : 0;
	}
	row_uint(row, context->as_width);
	row_uint(row, context->extended_messages);
	row_copy(row, text, size);
}

/* The row of what a message was decoded with; 0 where it cannot be had. There are few of them. */
static int64_t
context_id(struct writer *w, const struct bgp_context *context)
{
	for (size_t i = 0; i < WRITER_CONTEXT_SLOTS; i++) {
		if (w->contexts[i].id != 0 && context_equal(&w->contexts[i].context, context)) {
			return w->contexts[i].id;
		}
	}
	int64_t id;
	struct row row = row_begin(w, w->find_context);
	bind_context(&row, context);
	if (!row_ask(&row, &id)) {
		return 0;
	}
	if (id == 0) {
		row = row_begin(w, w->inserts[INSERT_CONTEXT]);
		bind_context(&row, context);
		if (!row_end(&row)) {
			return 0;
		}
		id = sqlite3_last_insert_rowid(w->db);
	}
	w->contexts[w->next_context] = (struct writer_context){.id = id, .context = *context};
	w->next_context = (w->next_context + 1) % WRITER_CONTEXT_SLOTS;
	return id;
}

static void
put_capture(struct writer *w, const struct event *event)
{
	if (event->snapshot) {
		return; /* how far it is; the end tells it for good */
	}
	struct event in = *event;
	in.input = event->capture.input;
	struct row row = row_begin_event(w, INSERT_CAPTURE, &in);
	row_uint(&row, w->run);
	row_text(&row, event->capture.end ? "end" : "begin");
	row_text(&row, event->capture.link_type);
	row_uint(&row, event->capture.packets);
	row_uint(&row, event->capture.dropped);
	struct json *j = row_new_json(&row);
	json_array(j, NULL);
	for (uint32_t bit = 0; bit < 32; bit++) {
		if ((event->capture.artefacts >> bit & 1) != 0) {
			json_string(j, NULL, track_artefact_key((uint32_t)1 << bit));
		}
	}
	json_array_end(j);
	row_json(&row);
	row_uint(&row, event->input != NULL);
	row_end(&row);
}

static void
put_connection(struct writer *w, const struct event *event)
{
	static const enum store_insert inserts[] = {INSERT_CONNECTION, INSERT_CONNECTION_EVENT};
	const struct event_connection *e = &event->connection;
	writer_ensure_session(w, e->session, &e->client, &e->server);
	for (size_t i = e->connection != 0 ? 0 : 1; i < 2; i++) {
		struct row row = row_begin_event(w, inserts[i], event);
		row_id(&row, e->connection, w->base.connection);
		row_id(&row, e->session, w->base.session);
		row_text(&row, connection_state_name(e->state));
		row_address(&row, &e->client);
		row_uint(&row, e->client_port);
		row_address(&row, &e->server);
		row_uint(&row, e->server_port);
		row_uint(&row, e->evicted);
		row_address(&row, &e->by);
		if (row_end(&row)) {
			writer_set_seen(w, PARENT_CONNECTION, e->connection);
		}
	}
}

static void
put_capability(struct writer *w, uint64_t message, size_t position,
	const struct bgp_capability *capability)
{
	struct row row = row_begin(w, w->inserts[INSERT_CAPABILITY]);
	row_uint(&row, message);
	row_uint(&row, position);
	row_uint(&row, capability->code);
	row_text(&row, bgp_capability_name(capability->code));
	row_hex(&row, capability->value);
	json_capability(row_new_json(&row), NULL, capability);
	row_json(&row);
	row_end(&row);
}

static void
put_open(struct writer *w, uint64_t message, const struct bgp_message *m)
{
	bool read = m->body_read;
	struct row row = row_begin(w, w->inserts[INSERT_OPEN]);
	row_uint(&row, message);
	row_known(&row, bgp_has(m, BGP_END_OPEN_VERSION), m->open.version);
	/* AS_TRANS says that the real one is in capability 65, which may have been cut off. */
	row_known(&row, read && !(m->truncated && !m->open.as4 && m->open.my_as == BGP_AS_TRANS),
		m->open.asn);
	row_known(&row, bgp_has(m, BGP_END_OPEN_MY_AS), m->open.my_as);
	row_known(&row, bgp_has(m, BGP_END_OPEN_HOLD_TIME), m->open.hold_time_s);
	row_bgp_id(&row, bgp_has(m, BGP_END_OPEN_BGP_ID), m->open.bgp_id);
	if (!row_end(&row) || !read) {
		return;
	}
	struct bgp_capability_iter iter = bgp_capabilities(&m->open);
	struct bgp_capability capability;
	for (size_t i = 0; bgp_next_capability(&iter, &capability); i++) {
		put_capability(w, message, i, &capability);
	}
}

static void
put_notification(struct writer *w, uint64_t message, const struct bgp_message *m)
{
	const struct bgp_notification *n = &m->notification;
	struct row row = row_begin(w, w->inserts[INSERT_NOTIFICATION]);
	row_uint(&row, message);
	row_known(&row, bgp_has(m, BGP_END_NOTIFICATION_CODE), n->code);
	row_known(&row, bgp_has(m, BGP_END_NOTIFICATION_SUBCODE), n->subcode);
	if (m->body_read) {
		row_text(&row, bgp_notification_name(n->code, n->subcode));
		if (m->truncated) {
			row_null(&row);
		} else {
			row_hex(&row, n->data);
		}
		if (n->has_text && bgp_utf8_valid(n->text.at, cursor_left(&n->text))) {
			row_copy(&row, cursor_left(&n->text) > 0 ? (const char *)n->text.at : "",
				cursor_left(&n->text));
		}
	}
	row_end(&row);
}

static void
put_update(struct writer *w, uint64_t message, const struct bgp_message *m)
{
	const struct bgp_update *u = &m->update;
	struct row row = row_begin(w, w->inserts[INSERT_UPDATE_MESSAGE]);
	row_uint(&row, message);
	if (m->body_read) {
		row_known(&row, !m->truncated, u->withdrawn_count);
		row_known(&row, !m->truncated, u->announced_count);
		row_attributes(&row, u);
		if (u->end_of_rib) {
			struct json *j = row_new_json(&row);
			char family[BGP_FAMILY_TEXT_MAX];
			json_object(j, NULL);
			json_uint(j, "afi", u->end_of_rib_family.afi);
			json_uint(j, "safi", u->end_of_rib_family.safi);
			json_string(j, "family", bgp_family_text(u->end_of_rib_family, family));
			json_object_end(j);
			row_json(&row);
		}
	}
	row_end(&row);
}

static void
put_route_refresh(struct writer *w, uint64_t message, const struct bgp_message *m)
{
	struct row row = row_begin(w, w->inserts[INSERT_ROUTE_REFRESH]);
	row_uint(&row, message);
	row_known(&row, bgp_has(m, BGP_END_ROUTE_REFRESH_AFI), m->route_refresh.family.afi);
	row_known(&row, bgp_has(m, BGP_END_ROUTE_REFRESH_SAFI), m->route_refresh.family.safi);
	row_known(&row, bgp_has(m, BGP_END_ROUTE_REFRESH_SUBTYPE), m->route_refresh.subtype);
	row_end(&row);
}

/* Whether the octets of a message are kept: of an UPDATE only where they were asked for, or something is odd
 * about it. */
static bool
is_whole(const struct writer *w, const struct bgp_message *m)
{
	return w->updates || m->type != BGP_UPDATE || m->truncated || !m->body_read ||
		m->fault.code != BGP_FAULT_NONE;
}

static void
remember(struct writer *w, const struct event *event)
{
	const struct cursor *raw = &event->message.message->raw;
	size_t size = (size_t)(raw->end - raw->base);
	if (size <= sizeof(w->pending.octets)) {
		w->pending.seq = event->seq;
		w->pending.connection = event->message.connection;
		w->pending.size = size;
		memcpy(w->pending.octets, raw->base, size);
	}
}

/* A fault that follows a message at once is about it: now its octets are wanted. */
static void
keep_raw(struct writer *w, const struct event *event)
{
	struct writer_pending *p = &w->pending;
	if (p->seq == 0 || event->kind != EVENT_FAULT || event->fault.connection != p->connection) {
		p->seq = 0;
		return;
	}
	struct row row = row_begin(w, w->keep_raw);
	const struct cursor octets = cursor_make(p->octets, p->size);
	row_blob(&row, &octets);
	row_uint(&row, p->seq + w->base.seq);
	row_end(&row);
	p->seq = 0;
}

static void
put_message(struct writer *w, const struct event *event)
{
	const struct event_message *e = &event->message;
	const struct bgp_message *m = e->message;
	uint64_t message = event->seq + w->base.seq;
	char type[16];
	writer_ensure_session(w, e->session, &e->src, &e->dst);
	writer_ensure_connection(w, e->connection, e->session);
	int64_t context = e->context != NULL ? context_id(w, e->context) : 0;
	struct row row = row_begin_event(w, INSERT_MESSAGE, event);
	row_id(&row, e->session, w->base.session);
	row_id(&row, e->connection, w->base.connection);
	row_address(&row, &e->src);
	row_uint(&row, e->src_port);
	row_address(&row, &e->dst);
	row_uint(&row, e->dst_port);
	row_text(&row, bgp_type_name(m->type, type));
	row_uint(&row, m->length);
	row_uint(&row, m->truncated);
	row_known(&row, context != 0, (uint64_t)context);
	if (is_whole(w, m)) {
		row_blob(&row, &m->raw);
	}
	if (!row_end(&row)) {
		return;
	}
	if (!is_whole(w, m)) {
		remember(w, event);
	}
	switch (m->type) {
	case BGP_OPEN:
		put_open(w, message, m);
		break;
	case BGP_UPDATE:
		put_update(w, message, m);
		break;
	case BGP_NOTIFICATION:
		put_notification(w, message, m);
		break;
	case BGP_ROUTE_REFRESH:
	case BGP_ROUTE_REFRESH_CISCO:
		put_route_refresh(w, message, m);
		break;
	default:
		break;
	}
}

static void
put_answer(struct row *row, const struct event_fault *e)
{
	char text[48];
	if (e->action == NULL || e->error == 0) {
		row_null(row);
		return;
	}
	snprintf(text, sizeof(text), "{\"code\":%u,\"subcode\":%u}", e->error, e->subcode);
	row_copy(row, text, strlen(text));
}

static void
put_fault(struct writer *w, const struct event *event)
{
	const struct event_fault *e = &event->fault;
	writer_ensure_session(w, e->session, &writer_nobody, &writer_nobody);
	writer_ensure_connection(w, e->connection, e->session);
	writer_ensure_bfd_session(w, e->bfd_session, &writer_nobody, &writer_nobody);
	struct row row = row_begin_event(w, INSERT_FAULT, event);
	row_id(&row, e->session, w->base.session);
	row_id(&row, e->connection, w->base.connection);
	row_id(&row, e->bfd_session, w->base.bfd_session);
	row_text(&row, e->code);
	row_uint(&row, e->offset);
	row_text(&row, e->text);
	row_text(&row, e->detail);
	row_text(&row, e->action);
	put_answer(&row, e);
	row_text(&row, e->rfc);
	row_text(&row, e->action_rfc);
	if (e->action != NULL && e->attribute >= 0) {
		row_uint(&row, (uint64_t)e->attribute);
	} else {
		row_null(&row);
	}
	if (e->action != NULL) {
		row_uint(&row, e->length);
		row_uint(&row, e->octet);
	} else {
		row_null(&row);
		row_null(&row);
	}
	row_end(&row);
}

static void
put_gap(struct writer *w, const struct event *event)
{
	const struct event_gap *e = &event->gap;
	writer_ensure_session(w, e->session, &e->src, &writer_nobody);
	writer_ensure_connection(w, e->connection, e->session);
	struct row row = row_begin_event(w, INSERT_GAP, event);
	row_id(&row, e->session, w->base.session);
	row_id(&row, e->connection, w->base.connection);
	row_address(&row, &e->src);
	row_uint(&row, e->bytes);
	row_end(&row);
}

static void
put_retransmission(struct writer *w, const struct event *event)
{
	const struct event_retransmission *e = &event->retransmission;
	writer_ensure_session(w, e->session, &e->src, &e->dst);
	writer_ensure_connection(w, e->connection, e->session);
	struct row row = row_begin_event(w, INSERT_RETRANSMISSION, event);
	row_id(&row, e->session, w->base.session);
	row_id(&row, e->connection, w->base.connection);
	row_address(&row, &e->src);
	row_address(&row, &e->dst);
	row_text(&row, resent_name(e->what));
	row_uint(&row, e->segments);
	row_uint(&row, e->bytes);
	row_time(&row, e->last_time_ns, event->time_digits);
	row_uint(&row, e->last_time_ns);
	row_uint(&row, e->last_frame);
	row_end(&row);
}

static void
put_check(struct writer *w, const struct event *event)
{
	const struct event_check *e = &event->check;
	writer_ensure_session(w, e->session, &e->src, &e->dst);
	writer_ensure_connection(w, e->connection, e->session);
	struct row row = row_begin_event(w, INSERT_CHECK, event);
	row_id(&row, e->session, w->base.session);
	row_id(&row, e->connection, w->base.connection);
	row_address(&row, &e->src);
	row_address(&row, &e->dst);
	row_text(&row, check_result_name(e->result));
	row_uint(&row, e->bytes);
	row_text(&row, check_reason_key(e->reason));
	row_text(&row, check_text(e->result, e->reason));
	row_end(&row);
}

static void
put_bfd_auth(struct row *row, const struct bfd_packet *p)
{
	if (!p->has_auth) {
		row_null(row);
		return;
	}
	struct json *j = row_new_json(row);
	json_object(j, NULL);
	json_uint(j, "type", p->auth.type);
	json_uint(j, "key_id", p->auth.key_id);
	json_uint(j, "length", p->auth.length);
	if (p->auth.has_sequence) {
		json_uint(j, "sequence", p->auth.sequence);
	} else {
		json_null(j, "sequence");
	}
	json_object_end(j);
	row_json(row);
}

static void
put_bfd(struct writer *w, const struct event *event)
{
	const struct event_bfd *e = &event->bfd;
	const struct bfd_packet *p = e->packet;
	char flags[8];
	writer_ensure_bfd_session(w, e->bfd_session, &e->src, &e->dst);
	struct row row = row_begin_event(w, INSERT_BFD_PACKET, event);
	row_id(&row, e->bfd_session, w->base.bfd_session);
	row_address(&row, &e->src);
	row_address(&row, &e->dst);
	row_known(&row, e->port >= 0, (uint64_t)e->port);
	row_uint(&row, e->ttl);
	row_uint(&row, e->changes);
	row_uint(&row, p->version);
	row_uint(&row, p->diag);
	row_text(&row, bfd_state_name(p->state));
	struct json *j = row_new_json(&row);
	json_array(j, NULL);
	bfd_flags_text(p->flags, flags);
	for (const char *f = flags; *f != '\0'; f++) {
		json_text(j, NULL, (const uint8_t *)f, 1);
	}
	json_array_end(j);
	row_json(&row);
	row_uint(&row, p->detect_mult);
	row_uint(&row, p->my_discriminator);
	row_uint(&row, p->your_discriminator);
	row_uint(&row, p->desired_min_tx_us);
	row_uint(&row, p->required_min_rx_us);
	row_uint(&row, p->required_min_echo_rx_us);
	put_bfd_auth(&row, p);
	row_blob(&row, &p->raw);
	row_end(&row);
}

static void
put_transition(struct writer *w, const struct event *event)
{
	const struct event_transition *e = &event->transition;
	bool has_event = e->protocol == PROTOCOL_BGP && e->rfc_event != 0;
	writer_ensure_session(w, e->session, &e->speaker, &e->peer);
	writer_ensure_connection(w, e->connection, e->session);
	writer_ensure_bfd_session(w, e->bfd_session, &e->speaker, &e->peer);
	struct row row = row_begin_event(w, INSERT_TRANSITION, event);
	row_text(&row, protocol_name(e->protocol));
	row_id(&row, e->session, w->base.session);
	row_id(&row, e->bfd_session, w->base.bfd_session);
	row_id(&row, e->connection, w->base.connection);
	row_address(&row, &e->speaker);
	row_address(&row, &e->peer);
	row_text(&row, track_state_name(e->protocol, e->from));
	row_text(&row, track_state_name(e->protocol, e->to));
	if (has_event) {
		struct json *j = row_new_json(&row);
		json_object(j, NULL);
		json_uint(j, "number", e->rfc_event);
		json_string(j, "name", rfc_event_name(e->rfc_event));
		json_object_end(j);
		row_json(&row);
	} else {
		row_null(&row);
	}
	row_known(&row, has_event, e->rfc_event);
	row_text(&row, has_event ? rfc_event_name(e->rfc_event) : NULL);
	row_text(&row, basis_name(e->basis));
	row_text(&row, e->reason);
	row_known(&row, e->has_lasted, e->lasted_us);
	row_end(&row);
}

static void
put_lost(struct writer *w, const struct event *event)
{
	struct row row = row_begin_event(w, INSERT_LOST, event);
	row_uint(&row, event->lost.events);
	row_text(&row, event->lost.reason);
	row_end(&row);
}

static void
put_recording(struct writer *w, const struct event *event)
{
	const struct event_recording *e = &event->recording;
	writer_ensure_session(w, e->session, &writer_nobody, &writer_nobody);
	writer_ensure_bfd_session(w, e->bfd_session, &writer_nobody, &writer_nobody);
	writer_touch(w, PARENT_FINDING, e->finding);
	struct row row = row_begin_event(w, INSERT_RECORDING, event);
	row_id(&row, e->session, w->base.session);
	row_id(&row, e->bfd_session, w->base.bfd_session);
	row_id(&row, e->finding, w->base.finding);
	row_text(&row, e->cause);
	row_text(&row, e->file);
	row_time(&row, e->begins_ns, event->time_digits);
	row_uint(&row, e->begins_ns);
	row_end(&row);
}

void
writer_put_event(struct writer *w, const struct event *event)
{
	static void (*const put[EVENT_KIND_COUNT])(struct writer *, const struct event *) = {
		[EVENT_CAPTURE] = put_capture,
		[EVENT_CONNECTION] = put_connection,
		[EVENT_MESSAGE] = put_message,
		[EVENT_FAULT] = put_fault,
		[EVENT_GAP] = put_gap,
		[EVENT_CHECK] = put_check,
		[EVENT_BFD] = put_bfd,
		[EVENT_TRANSITION] = put_transition,
		[EVENT_ALERT] = writer_put_alert,
		[EVENT_FINDING] = writer_put_finding,
		[EVENT_SESSION] = writer_put_session,
		[EVENT_BFD_SESSION] = writer_put_bfd_session,
		[EVENT_RETRANSMISSION] = put_retransmission,
		[EVENT_LOST] = put_lost,
		[EVENT_RECORDING] = put_recording,
	};
	if (event->kind < EVENT_KIND_COUNT) {
		if (!event->snapshot) {
			keep_raw(w, event);
		}
		put[event->kind](w, event);
	}
}
