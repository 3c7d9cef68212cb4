/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * With -vv or -x, the messages that a session turns on, in full: OPENs, NOTIFICATIONs and what is
 * malformed. The report is written at the end and events are gone by then, so their octets are kept;
 * how many is bounded, and what that leaves out is told.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "track/memory.h"
#include "ui/describe.h"
#include "ui/report_internal.h"
#include "ui/text.h"

struct report_message {
	uint64_t session, time_ns, frame;
	struct address src;
	struct bgp_context context;
	uint8_t *bytes;
	size_t size;
};

struct report_messages {
	struct report_message *items;
	size_t count, room, octets;
	uint64_t left_out;
};

static bool
is_wanted(const struct bgp_message *m)
{
	return m->type == BGP_OPEN || m->type == BGP_NOTIFICATION ||
		m->fault.code != BGP_FAULT_NONE;
}

void
report_keep_message(struct report *r, const struct event *event)
{
	static const struct bgp_context unknown;
	const struct event_message *e = &event->message;
	if ((r->options.verbose < 2 && !r->options.hex) || event->snapshot ||
		event->kind != EVENT_MESSAGE || !is_wanted(e->message)) {
		return;
	}
	if (r->messages == NULL) {
		r->messages = memory_zero(1, sizeof(*r->messages));
	}
	struct report_messages *all = r->messages;
	const struct cursor *raw = &e->message->raw;
	size_t size = (size_t)(raw->end - raw->base);
	if (all->count >= REPORT_MESSAGES_MAX || all->octets + size > REPORT_OCTETS_MAX) {
		all->left_out++;
		return;
	}
	if (all->count == all->room) {
		all->room = all->room > 0 ? 2 * all->room : 16;
		all->items = memory_resize(all->items, all->room * sizeof(*all->items));
	}
	all->octets += size;
	all->items[all->count++] = (struct report_message){
		.session = e->session,
		.time_ns = event->time_ns,
		.frame = event->frame,
		.src = e->src,
		.context = e->context != NULL ? *e->context : unknown,
		.bytes = memory_copy(raw->base, size),
		.size = size,
	};
}

void
report_forget_messages(struct report *r)
{
	if (r->messages == NULL) {
		return;
	}
	for (size_t i = 0; i < r->messages->count; i++) {
		free(r->messages->items[i].bytes);
	}
	free(r->messages->items);
	free(r->messages);
	r->messages = NULL;
}

static void
on_field(void *self, const struct field *field)
{
	struct report *r = self;
	char text[PAGE_TEXT_MAX];
	size_t indent = 6 + 2 * (size_t)field->depth;
	describe_field(field, text, sizeof(text));
	page_text(&r->page, indent, indent + 2, "%s%s%s", field->malformed ? STYLE_RED : "", text,
		field->malformed ? STYLE_END : "");
}

static void
tell_message(struct report *r, const struct report_message *m)
{
	char time[RELATIVE_MAX];
	char src[ADDRESS_TEXT_MAX];
	char type[16];
	struct bgp_message message;
	bgp_decode(m->bytes, m->size, &m->context, &message);
	page_text(&r->page, 4, 6, "%s frame %" PRIu64 " %s %s%s%s%s",
		report_relative(r, m->time_ns, time), m->frame, address_text(&m->src, src),
		bgp_type_name(message.type, type),
		message.fault.code != BGP_FAULT_NONE ? STYLE_RED ", malformed: " : "",
		message.fault.code != BGP_FAULT_NONE ? bgp_fault_text(message.fault.code) : "",
		message.fault.code != BGP_FAULT_NONE ? STYLE_END : "");
	if (r->options.verbose > 1) {
		const struct field_sink sink = {.self = r, .on_field = on_field};
		bgp_fields(&message, &m->context, &sink);
	}
	for (size_t offset = 0; r->options.hex && offset < m->size; offset += 16) {
		char text[128];
		describe_octets(message.raw, offset, text, sizeof(text));
		/* A cell: a paragraph would make one blank of two. */
		const struct page_cell cells[] = {{.width = 0, .text = text}};
		page_row(&r->page, 6, cells, 1);
	}
}

void
report_messages(struct report *r, const struct report_session *s)
{
	bool any = false;
	char count[TEXT_COUNT_MAX];
	if (r->messages == NULL || s->session == NULL) {
		return;
	}
	for (size_t i = 0; i < r->messages->count; i++) {
		const struct report_message *m = &r->messages->items[i];
		if (m->session == s->session->info.session) {
			if (!any) {
				page_subheading(&r->page, "Messages in full");
			}
			any = true;
			tell_message(r, m);
		}
	}
	if (any && r->messages->left_out > 0) {
		page_text(&r->page, 4, 4,
			STYLE_DIM "… %s messages of all sessions are left out: there are too many"
				  " to keep in memory." STYLE_END,
			text_count(r->messages->left_out, count));
	}
}
