/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What changes while a run lasts as rows: sessions, BFD sessions and findings. A snapshot updates
 * the row in place; the last word completes it with its `seq`.
 */
#include "store/writer.h"

#include <sqlite3.h>

static void
put_finding_columns(struct row *row, const struct event *event)
{
	const struct event_finding *e = &event->finding;
	const struct store_bases *base = &row->writer->base;
	row_id(row, e->id, base->finding);
	row_text(row, finding_key(e->cause));
	row_text(row, severity_name(e->severity));
	row_text(row, confidence_name(e->confidence));
	row_id(row, e->session, base->session);
	row_id(row, e->bfd_session, base->bfd_session);
	row_address(row, &e->blame);
	row_text(row, e->summary);
	struct json *j = row_new_json(row);
	json_array(j, NULL);
	for (size_t i = 0; i < e->evidence_count; i++) {
		json_uint(j, NULL, e->evidence[i]);
	}
	json_array_end(j);
	row_json(row);
	j = row_new_json(row);
	json_array(j, NULL);
	for (size_t i = 0; i < e->fix_count; i++) {
		json_string(j, NULL, e->fix[i]);
	}
	json_array_end(j);
	row_json(row);
	row_time(row, e->first_time_ns, event->time_digits);
	row_time(row, e->last_time_ns, event->time_digits);
	row_uint(row, e->first_time_ns);
	row_uint(row, e->last_time_ns);
	row_uint(row, e->count);
}

/* The frames that prove a finding; mostly they are those that are there already. */
static void
put_evidence(struct writer *w, const struct event_finding *e)
{
	uint32_t hash = 2166136261u; /* FNV-1a */
	for (size_t i = 0; i < e->evidence_count; i++) {
		for (unsigned shift = 0; shift < 64; shift += 8) {
			hash = (hash ^ (uint8_t)(e->evidence[i] >> shift)) * 16777619u;
		}
	}
	struct writer_seen *seen = writer_seen(w, PARENT_FINDING, e->id);
	if (seen->there && seen->evidence == hash) {
		return;
	}
	struct row row = row_begin(w, w->clear_evidence);
	row_id(&row, e->id, w->base.finding);
	row_end(&row);
	for (size_t i = 0; i < e->evidence_count; i++) {
		row = row_begin(w, w->inserts[INSERT_FINDING_EVIDENCE]);
		row_id(&row, e->id, w->base.finding);
		row_uint(&row, i);
		row_uint(&row, e->evidence[i]);
		if (!row_end(&row)) {
			return;
		}
	}
	writer_set_seen(w, PARENT_FINDING, e->id);
	seen->evidence = hash;
}

void
writer_put_finding(struct writer *w, const struct event *event)
{
	const struct event_finding *e = &event->finding;
	writer_touch(w, PARENT_FINDING, e->id);
	writer_ensure_session(w, e->session, &writer_nobody, &writer_nobody);
	writer_ensure_bfd_session(w, e->bfd_session, &writer_nobody, &writer_nobody);
	struct row row = row_begin_event(w, INSERT_FINDING, event);
	put_finding_columns(&row, event);
	row_uint(&row, w->run);
	if (row_end(&row)) {
		put_evidence(w, e);
	}
}

void
writer_put_alert(struct writer *w, const struct event *event)
{
	struct event finding = *event;
	finding.kind = EVENT_FINDING;
	finding.snapshot = true;
	writer_put_finding(w, &finding);
	struct row row = row_begin_event(w, INSERT_ALERT, event);
	put_finding_columns(&row, event);
	row_end(&row);
}

/* {"address": value, "address": value}; `known` false is null. */
static void
put_sides(struct row *row, const struct address *const addr[2], const bool known[2],
	const uint64_t value[2])
{
	struct json *j = row_new_json(row);
	char text[ADDRESS_TEXT_MAX];
	json_object(j, NULL);
	for (size_t i = 0; i < 2; i++) {
		address_text(addr[i], text);
		if (known[i]) {
			json_uint(j, text, value[i]);
		} else {
			json_null(j, text);
		}
	}
	json_object_end(j);
	row_json(row);
}

static void
put_sides_text(struct row *row, const struct address *const addr[2], const char *const value[2])
{
	struct json *j = row_new_json(row);
	char text[ADDRESS_TEXT_MAX];
	json_object(j, NULL);
	for (size_t i = 0; i < 2; i++) {
		json_string(j, address_text(addr[i], text), value[i]);
	}
	json_object_end(j);
	row_json(row);
}

static void
put_session_messages(struct row *row, const struct event_session *e)
{
	struct json *j = row_new_json(row);
	char text[ADDRESS_TEXT_MAX];
	json_object(j, NULL);
	for (size_t i = 0; i < 2; i++) {
		json_object(j, address_text(&e->side[i].addr, text));
		for (size_t slot = 0; slot < COUNT_SLOTS; slot++) {
			if (e->side[i].messages[slot] > 0 || slot < COUNT_OTHER) {
				json_uint(j, count_slot_name(slot), e->side[i].messages[slot]);
			}
		}
		json_object_end(j);
	}
	json_object_end(j);
	row_json(row);
}

static void
put_session_side(struct row *row, const struct event_session_side *side)
{
	row_known(row, side->has_asn, side->asn);
	row_bgp_id(row, side->has_bgp_id, side->bgp_id);
	row_text(row, bgp_state_name((uint8_t)side->state));
	row_uint(row, side->state_since_ns);
	for (size_t slot = 0; slot < COUNT_SLOTS; slot++) {
		row_uint(row, side->messages[slot]);
	}
	row_uint(row, side->prefixes_announced);
	row_uint(row, side->prefixes_withdrawn);
	row_known(row, side->last_message_ns != 0, side->last_message_ns);
	row_known(row, side->offered_hold_time_s >= 0, (uint64_t)side->offered_hold_time_s);
	row_known(row, side->connect_retry_ns > 0, side->connect_retry_ns);
	row_uint(row, side->retransmissions);
	row_known(row, side->longest_silence_ns > 0, side->longest_silence_ns);
	if (side->has_hold_margin) {
		row_int(row, side->hold_margin_ns);
	} else {
		row_null(row);
	}
	row_uint(row, side->hold_margin_frame);
	row_uint(row, side->keepalives_measured);
	row_uint(row, side->keepalive_min_ns);
	row_uint(row, side->keepalive_mean_ns);
	row_uint(row, side->keepalive_max_ns);
	json_end_of_rib(row_new_json(row), NULL, side);
	row_json(row);
}

void
writer_put_session(struct writer *w, const struct event *event)
{
	const struct event_session *e = &event->session;
	const struct event_session_side *s = e->side;
	const struct address *const addr[2] = {&s[0].addr, &s[1].addr};
	const bool all[2] = {true, true};
	char id[2][ADDRESS_TEXT_MAX];
	for (size_t i = 0; i < 2; i++) {
		struct address a = address_from_u32(s[i].bgp_id);
		address_text(&a, id[i]);
	}
	writer_ensure_bfd_session(w, e->bfd_session, &writer_nobody, &writer_nobody);
	struct row row = row_begin_event(w, INSERT_SESSION, event);
	row_uint(&row, w->run);
	row_id(&row, e->session, w->base.session);
	row_address(&row, addr[0]);
	row_address(&row, addr[1]);
	put_sides(&row, addr, (bool[]){s[0].has_asn, s[1].has_asn},
		(uint64_t[]){s[0].asn, s[1].asn});
	put_sides_text(&row, addr,
		(const char *[]){s[0].has_bgp_id ? id[0] : NULL, s[1].has_bgp_id ? id[1] : NULL});
	row_known(&row, e->hold_time_s >= 0, (uint64_t)e->hold_time_s);
	row_known(&row, e->hold_time_s > 0, (uint64_t)(e->hold_time_s / 3));
	if (e->has_families) {
		json_families(row_new_json(&row), NULL, e->families, e->family_count);
		row_json(&row);
	} else {
		row_null(&row);
	}
	put_sides_text(&row, addr,
		(const char *[]){bgp_state_name((uint8_t)s[0].state),
			bgp_state_name((uint8_t)s[1].state)});
	put_session_messages(&row, e);
	put_sides(&row, addr, all, (uint64_t[]){s[0].prefixes_announced, s[1].prefixes_announced});
	put_sides(&row, addr, all, (uint64_t[]){s[0].prefixes_withdrawn, s[1].prefixes_withdrawn});
	row_uint(&row, e->established_count);
	row_text(&row, verdict_name(e->verdict));
	row_text(&row, finding_key(e->primary_cause));
	row_id(&row, e->bfd_session, w->base.bfd_session);
	row_time(&row, e->first_time_ns, event->time_digits);
	row_time(&row, e->last_time_ns, event->time_digits);
	row_uint(&row, e->first_time_ns);
	row_uint(&row, e->last_time_ns);
	row_known(&row, e->has_setup, e->setup_ns / 1000);
	json_session_timing(row_new_json(&row), NULL, e);
	row_json(&row);
	if (e->agreement != NULL) {
		json_agreement(row_new_json(&row), NULL, e);
		row_json(&row);
	} else {
		row_null(&row);
	}
	put_session_side(&row, &s[0]);
	put_session_side(&row, &s[1]);
	json_session_restart(row_new_json(&row), NULL, e, event->time_digits);
	row_json(&row);
	for (size_t i = 0; i < 2; i++) {
		row_known(&row, s[i].restart != NULL, s[i].restart != NULL ? s[i].restart->began_ns : 0);
	}
	if (row_end(&row)) {
		writer_set_seen(w, PARENT_SESSION, e->session);
	}
}

static void
put_bfd_side(struct row *row, const struct event_bfd_side *side)
{
	row_text(row, track_state_name(PROTOCOL_BFD, side->state));
	row_uint(row, side->state_since_ns);
	row_uint(row, side->diag);
	row_known(row, side->has_timers, side->negotiated_tx_us);
	row_known(row, side->has_timers, side->detection_time_us);
	row_uint(row, side->packets);
	row_uint(row, side->max_gap_us);
	row_uint(row, side->last_ns);
	row_uint(row, side->discriminator);
	row_uint(row, side->detect_mult);
	row_uint(row, side->intervals);
	row_uint(row, side->interval_min_us);
	row_uint(row, side->interval_mean_us);
	row_uint(row, side->interval_max_us);
	if (side->has_margin) {
		row_int(row, side->margin_us);
	} else {
		row_null(row);
	}
	row_uint(row, side->margin_frame);
}

void
writer_put_bfd_session(struct writer *w, const struct event *event)
{
	const struct event_bfd_session *e = &event->bfd_session;
	const struct event_bfd_side *s = e->side;
	const struct address *const addr[2] = {&s[0].addr, &s[1].addr};
	const bool timers[2] = {s[0].has_timers, s[1].has_timers};
	writer_ensure_session(w, e->session, addr[0], addr[1]);
	struct row row = row_begin_event(w, INSERT_BFD_SESSION, event);
	row_uint(&row, w->run);
	row_id(&row, e->bfd_session, w->base.bfd_session);
	row_id(&row, e->session, w->base.session);
	row_address(&row, addr[0]);
	row_address(&row, addr[1]);
	row_text(&row, e->mode);
	put_sides_text(&row, addr,
		(const char *[]){track_state_name(PROTOCOL_BFD, s[0].state),
			track_state_name(PROTOCOL_BFD, s[1].state)});
	put_sides(&row, addr, timers, (uint64_t[]){s[0].negotiated_tx_us, s[1].negotiated_tx_us});
	put_sides(&row, addr, timers, (uint64_t[]){s[0].detection_time_us, s[1].detection_time_us});
	put_sides(&row, addr, (bool[]){true, true}, (uint64_t[]){s[0].packets, s[1].packets});
	put_sides(&row, addr, (bool[]){s[0].packets > 1, s[1].packets > 1},
		(uint64_t[]){s[0].max_gap_us, s[1].max_gap_us});
	row_uint(&row, e->flaps);
	row_time(&row, e->first_time_ns, event->time_digits);
	row_time(&row, e->last_time_ns, event->time_digits);
	row_uint(&row, e->first_time_ns);
	row_uint(&row, e->last_time_ns);
	json_bfd_intervals(row_new_json(&row), NULL, e);
	row_json(&row);
	json_bfd_margins(row_new_json(&row), NULL, e);
	row_json(&row);
	put_bfd_side(&row, &s[0]);
	put_bfd_side(&row, &s[1]);
	if (row_end(&row)) {
		writer_set_seen(w, PARENT_BFD_SESSION, e->bfd_session);
	}
}
