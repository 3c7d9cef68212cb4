/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BGPWHY_TESTS_FUZZ_WALK_H
#define BGPWHY_TESTS_FUZZ_WALK_H

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "dissect/bfd.h"
#include "dissect/bgp.h"
#include "dissect/bgp_judge.h"

/*
 * Everything that can be asked of a decoded value is asked, and what must hold whatever the octets
 * were is asserted. The fuzz targets and the properties share it. It asserts also where NDEBUG is
 * set, which is why the macro is its own.
 */
#define HOLDS(condition) \
	do { \
		if (!(condition)) { \
			fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition); \
			abort(); \
		} \
	} while (0)

static inline void
walk_inside(const struct cursor *c, const struct cursor *raw)
{
	HOLDS(c->at <= c->end);
	HOLDS(c->at == c->end || (c->at >= raw->base && c->end <= raw->end));
	unsigned sum = 0;
	for (const uint8_t *p = c->at; p < c->end; p++) {
		sum += *p;
	}
	(void)sum;
}

static inline void
walk_capabilities(struct bgp_capability_iter iter, const struct cursor *raw)
{
	struct bgp_capability cap;
	while (bgp_next_capability(&iter, &cap)) {
		walk_inside(&cap.value, raw);
		HOLDS(bgp_capability_name(cap.code) != NULL && bgp_capability_rfc(cap.code) != NULL);
		if (cap.malformed) {
			continue;
		}
		struct bgp_restart_family restart;
		struct bgp_add_path path;
		struct bgp_extended_next_hop hop;
		struct bgp_family_number number;
		struct bgp_orf_family filters;
		struct bgp_orf filter;
		switch (cap.code) {
		case BGP_CAPABILITY_EXTENDED_NEXT_HOP:
			while (bgp_next_extended_next_hop(&cap.extended_next_hop.tuples, &hop)) {
			}
			break;
		case BGP_CAPABILITY_ORF:
		case BGP_CAPABILITY_ORF_CISCO:
			while (bgp_next_orf_family(&cap.orf.families, &filters)) {
				while (bgp_next_orf(&filters.types, &filter)) {
				}
			}
			break;
		case BGP_CAPABILITY_MULTIPLE_LABELS:
			while (bgp_next_multiple_labels(&cap.multiple_labels.families, &number)) {
			}
			break;
		case BGP_CAPABILITY_PATHS_LIMIT:
			while (bgp_next_paths_limit(&cap.paths_limit.families, &number)) {
			}
			break;
		case BGP_CAPABILITY_ROLE:
			HOLDS(bgp_role_name(cap.role.value) != NULL);
			break;
		case BGP_CAPABILITY_GRACEFUL_RESTART:
			while (bgp_next_restart_family(&cap.graceful_restart.families, &restart)) {
			}
			break;
		case BGP_CAPABILITY_ADD_PATH:
			while (bgp_next_add_path(&cap.add_path.families, &path)) {
			}
			break;
		case BGP_CAPABILITY_LLGR:
			while (bgp_next_llgr_family(&cap.llgr.families, &restart)) {
			}
			break;
		case BGP_CAPABILITY_FQDN:
			walk_inside(&cap.fqdn.host, raw);
			walk_inside(&cap.fqdn.domain, raw);
			break;
		case BGP_CAPABILITY_SOFTWARE_VERSION:
			walk_inside(&cap.software_version.version, raw);
			break;
		default:
			break;
		}
	}
}

static inline void
walk_open(const struct bgp_open *open, const struct cursor *raw)
{
	walk_inside(&open->parameters, raw);
	walk_capabilities(bgp_capabilities(open), raw);
	struct bgp_family families[8];
	HOLDS(bgp_common_families(open, open, families, 8) <= 8);
	struct bgp_context context = bgp_negotiate(open, open);
	HOLDS(context.as_width == (open->as4 ? 4 : 2));
	HOLDS(context.add_path_count <= BGP_CONTEXT_FAMILIES);
}

static inline void
walk_notification(const struct bgp_notification *notification, const struct cursor *raw)
{
	char text[BGP_NOTIFICATION_TEXT_MAX];
	struct bgp_notification inner;
	struct bgp_family family;
	struct bgp_attribute attribute;
	uint32_t number;
	uint16_t small;
	walk_inside(&notification->data, raw);
	HOLDS(bgp_notification_name(notification->code, notification->subcode) != NULL);
	HOLDS(bgp_notification_rfc(notification->code, notification->subcode) != NULL);
	bgp_notification_text(notification->code, notification->subcode, text);
	(void)bgp_notification_max_prefix(notification, &family, &number);
	(void)bgp_notification_peer_as(notification, &number);
	(void)bgp_notification_version(notification, &small);
	(void)bgp_notification_hold_time(notification, &small);
	if (bgp_notification_attribute(notification, &attribute)) {
		walk_inside(&attribute.value, raw);
	}
	if (bgp_hard_reset_inner(notification, &inner)) {
		walk_inside(&inner.data, raw);
		walk_inside(&inner.text, raw);
	}
	walk_capabilities(bgp_notification_capabilities(notification), raw);
	char meaning_text[BGP_MEANING_TEXT_MAX];
	const struct bgp_meaning meaning = bgp_notification_meaning(notification);
	walk_inside(&meaning.octets, raw);
	HOLDS((meaning.data == BGP_DATA_NONE) == (cursor_left(&notification->data) == 0) ||
		meaning.data == BGP_DATA_NONE);
	HOLDS(strlen(bgp_meaning_text(notification, meaning_text)) < sizeof(meaning_text));
	if (notification->has_text) {
		walk_inside(&notification->text, raw);
		(void)bgp_utf8_valid(notification->text.at, cursor_left(&notification->text));
	}
}

static inline void
walk_attributes(struct cursor attributes, const struct bgp_context *context,
	const struct cursor *raw)
{
	struct bgp_attribute attribute;
	char text[BGP_ATTRIBUTE_TEXT_MAX];
	while (bgp_next_attribute(&attributes, &attribute)) {
		walk_inside(&attribute.value, raw);
		HOLDS(bgp_attribute_name(attribute.type) != NULL);
		bgp_attribute_text(&attribute, context, text);
		HOLDS(strlen(text) < sizeof(text));
	}
}

static inline void
walk_update(const struct bgp_message *message, const struct bgp_context *context)
{
	const struct bgp_update *update = &message->update;
	uint32_t counts[2] = {0, 0};
	struct bgp_nlri_iter iter = bgp_nlri_runs(update);
	struct bgp_nlri_run run;
	walk_inside(&update->withdrawn, &message->raw);
	walk_inside(&update->attributes, &message->raw);
	walk_inside(&update->nlri, &message->raw);
	walk_attributes(update->attributes, context, &message->raw);
	while (bgp_next_nlri_run(&iter, context, &run)) {
		struct bgp_nlri nlri;
		char text[BGP_NLRI_TEXT_MAX];
		walk_inside(&run.nlri, &message->raw);
		while (bgp_next_nlri(&run, &nlri)) {
			walk_inside(&nlri.value, &message->raw);
			HOLDS(cursor_left(&nlri.value) > 0);
			bgp_nlri_text(&nlri, text);
			HOLDS(strlen(text) < sizeof(text));
			counts[run.withdrawn]++;
		}
	}
	if (message->fault.code == BGP_FAULT_NONE) {
		HOLDS(counts[0] == update->announced_count);
		HOLDS(counts[1] == update->withdrawn_count);
	}
	if (update->end_of_rib) {
		HOLDS(counts[0] == 0 && counts[1] == 0);
	}
}

/* The fields are inside the message, a child not deeper than one below the field before it. */
struct walk_fields {
	const struct cursor *raw;
	unsigned depth, count;
	size_t told; /* octets that some field has told, from the start */
};

static inline void
walk_field(void *self, const struct field *field)
{
	struct walk_fields *w = self;
	HOLDS(field->name != NULL && field->name[0] != '\0');
	HOLDS(field->depth <= w->depth);
	HOLDS(field->depth < FIELD_DEPTH_MAX);
	HOLDS((size_t)field->offset + field->size <= cursor_left(w->raw));
	HOLDS(field->text == NULL || strlen(field->text) < FIELD_TEXT_MAX);
	if (cursor_left(&field->bytes) > 0) {
		walk_inside(&field->bytes, w->raw);
	}
	/* No octet is passed over: what is not understood is told as octets. */
	if (field->kind != FIELD_GROUP) {
		HOLDS(field->offset <= w->told || field->size == 0);
		if (field->offset + field->size > w->told) {
			w->told = field->offset + field->size;
		}
	}
	w->depth = field->depth + 1u;
	w->count++;
	/* The work is bounded by the octets there are. */
	HOLDS(w->count <= 64 + 24 * cursor_left(w->raw));
}

/* What is judged lies inside the message, and the fault of the message is among it. */
static inline void
walk_verdicts(const struct bgp_message *message, const struct bgp_judge_context *context)
{
	struct bgp_verdicts verdicts;
	bool found = message->fault.code == BGP_FAULT_NONE;
	uint32_t size = (uint32_t)cursor_left(&message->raw);
	bgp_judge(message, context, &verdicts);
	HOLDS(verdicts.count <= BGP_VERDICTS_MAX);
	for (size_t i = 0; i < verdicts.count; i++) {
		const struct bgp_verdict *v = &verdicts.list[i];
		char text[BGP_VERDICT_TEXT_MAX];
		HOLDS(v->code > BGP_FAULT_NONE && v->code < BGP_FAULT_COUNT);
		HOLDS(v->action > BGP_ACTION_NONE && v->action < BGP_ACTION_COUNT);
		HOLDS(v->offset <= size && v->octet <= size);
		HOLDS(v->rfc != NULL && v->action_rfc != NULL);
		HOLDS(strlen(bgp_verdict_text(v, text)) > 0 && strlen(text) < sizeof(text));
		HOLDS(strlen(bgp_action_key(v->action)) > 0);
		found |= v->code == message->fault.code;
	}
	HOLDS(found);
	HOLDS(verdicts.count == 0 || bgp_verdicts_worst(&verdicts) != NULL);
	enum bgp_judge_need need = bgp_judge_need(message, context);
	HOLDS(message->fault.code == BGP_FAULT_NONE || need == BGP_JUDGE_ALL);
	if (need == BGP_JUDGE_FIRST_AS) {
		/* The short way finds what the long one does, though that may mind more. */
		struct bgp_verdict alone = bgp_judge_first_as(message, context);
		bool among = false;
		for (size_t i = 0; i < verdicts.count; i++) {
			const struct bgp_verdict *v = &verdicts.list[i];
			among |= v->code == alone.code && v->offset == alone.offset &&
				v->octet == alone.octet && v->length == alone.length &&
				v->value == alone.value && v->expected == alone.expected;
		}
		HOLDS(among && alone.code == BGP_FAULT_FIRST_AS);
	}
}

/* By an internal and by an external peer, with and without their OPENs. */
static inline void
walk_judge(const struct bgp_message *message, const struct bgp_context *context)
{
	const struct bgp_open sender = {.asn = 65001, .bgp_id = 1};
	const struct bgp_open receiver = {.asn = 65002, .bgp_id = 1};
	const struct bgp_open *const opens[][2] = {
		{NULL, NULL}, {&sender, &receiver}, {&sender, &sender}, {NULL, &receiver}};
	for (size_t i = 0; i < sizeof(opens) / sizeof(opens[0]); i++) {
		const struct bgp_judge_context judging = {
			.agreed = context,
			.sender = opens[i][0],
			.receiver = opens[i][1],
			.receiver_address = address_from_u32(0x0a000001),
		};
		walk_verdicts(message, &judging);
	}
	if (message->type == BGP_OPEN && message->body_read) {
		const struct bgp_judge_context itself = {
			.agreed = context,
			.sender = &message->open,
			.receiver = &message->open,
		};
		walk_verdicts(message, &itself);
	}
}

static inline void
walk_message(const struct bgp_message *message, const struct bgp_context *context)
{
	walk_judge(message, context);
	char name[16];
	uint8_t error, subcode;
	HOLDS(strlen(bgp_type_name(message->type, name)) > 0);
	HOLDS(message->fault.code < BGP_FAULT_COUNT);
	HOLDS(message->fault.offset <= cursor_left(&message->raw));
	HOLDS(strlen(bgp_fault_key(message->fault.code)) > 0);
	bgp_fault_notification(message->fault.code, &error, &subcode);
	walk_inside(&message->raw, &message->raw);
	struct walk_fields fields = {.raw = &message->raw};
	const struct field_sink sink = {.self = &fields, .on_field = walk_field};
	bgp_fields(message, context, &sink);
	HOLDS(fields.told == cursor_left(&message->raw));
	if (!message->body_read) {
		return;
	}
	switch (message->type) {
	case BGP_OPEN:
		walk_open(&message->open, &message->raw);
		break;
	case BGP_UPDATE:
		walk_update(message, context);
		break;
	case BGP_NOTIFICATION:
		walk_notification(&message->notification, &message->raw);
		break;
	case BGP_ROUTE_REFRESH:
	case BGP_ROUTE_REFRESH_CISCO:
		walk_inside(&message->route_refresh.rest, &message->raw);
		break;
	default:
		break;
	}
}

static inline void
walk_bfd(const uint8_t *bytes, size_t size)
{
	struct bfd_packet packet;
	char text[8];
	bool readable = bfd_decode(bytes, size, &packet);
	HOLDS(readable == (size >= 24));
	HOLDS(readable || packet.fault == BFD_FAULT_TOO_SHORT);
	HOLDS(packet.fault < BFD_FAULT_COUNT);
	HOLDS(packet.fault_offset <= size);
	HOLDS(packet.state <= BFD_UP);
	HOLDS(strlen(bfd_state_name(packet.state)) > 0);
	HOLDS(strlen(bfd_diagnostic_name(packet.diag)) > 0);
	HOLDS(strlen(bfd_auth_name(packet.auth.type)) > 0);
	HOLDS(strlen(bfd_fault_key(packet.fault)) > 0);
	HOLDS(strlen(bfd_flags_text(packet.flags, text)) <= 6);
	HOLDS(packet.has_auth || packet.auth.type == 0 || packet.fault != BFD_FAULT_NONE);
	struct walk_fields fields = {.raw = &packet.raw};
	const struct field_sink sink = {.self = &fields, .on_field = walk_field};
	bfd_fields(&packet, &sink);
}

#endif
