/* SPDX-License-Identifier: GPL-2.0-or-later */
/* BFD sessions: the last packet of each side, and a time line of what changed. */
#include "track/memory.h"
#include "ui/describe.h"
#include "ui/model_internal.h"

struct model_bfd_session *
model_bfd_session_of(struct model *model, uint64_t id)
{
	struct model_bfd_session *b = model_table_find(&model->bfd_sessions, id,
		model_bfd_session_id);
	if (b != NULL || id == 0) {
		return b;
	}
	if (!model_has_room(model, &model->bfd_sessions, MODEL_BFD_SESSIONS_MAX, id, &model->dropped_bfd_session)) {
		return NULL;
	}
	b = memory_zero(1, sizeof(*b));
	b->info.bfd_session = id;
	model_table_insert(&model->bfd_sessions, b, model_bfd_session_id);
	return b;
}

int
model_bfd_side(struct model_bfd_session *b, const struct address *addr, const struct address *other)
{
	return model_side_of(&b->info.side[0].addr, &b->info.side[1].addr, addr, other);
}

void
model_on_bfd(struct model *model, const struct event *event)
{
	const struct event_bfd *p = &event->bfd;
	struct model_bfd_session *b = model_bfd_session_of(model, p->bfd_session);
	if (b == NULL) {
		return;
	}
	int side = model_bfd_side(b, &p->src, &p->dst);
	if (b->info.first_time_ns == 0) {
		b->info.first_time_ns = event->time_ns;
	}
	b->info.last_time_ns = event->time_ns;
	b->inputs |= UINT64_C(1) << model->at_input;
	if (side >= 0) {
		struct event_bfd_side *info = &b->info.side[side];
		b->last[side] = *p->packet;
		b->last[side].raw = (struct cursor){0};
		b->has_last[side] = true;
		info->diag = p->packet->diag;
		info->discriminator = p->packet->my_discriminator;
		info->detect_mult = p->packet->detect_mult;
		info->last_ns = event->time_ns;
		if (!b->told) {
			info->state = (uint8_t)(p->packet->state + 1);
		}
	}
	if (!p->changes) {
		return;
	}
	struct timeline_entry *e = model_entry_add(model, &b->timeline, &b->left_out, event, TIMELINE_BFD,
		TIMELINE_QUIET);
	if (e == NULL) {
		return;
	}
	e->side = (int8_t)side;
	char text[TIMELINE_TEXT_MAX] = "BFD ";
	describe_bfd(p->packet, false, text + 4, sizeof(text) - 4);
	e->text = model_text_keep(&model->budget.texts, text);
}

void
model_on_bfd_session(struct model *model, const struct event *event)
{
	const struct event_bfd_session *e = &event->bfd_session;
	struct model_bfd_session *b = model_bfd_session_of(model, e->bfd_session);
	if (b == NULL) {
		return;
	}
	if (b->info.side[0].addr.family != 0 &&
		address_equal(&b->info.side[0].addr, &e->side[1].addr) &&
		!address_equal(&e->side[0].addr, &e->side[1].addr)) {
		struct bfd_packet last = b->last[0];
		bool has_last = b->has_last[0];
		b->last[0] = b->last[1];
		b->last[1] = last;
		b->has_last[0] = b->has_last[1];
		b->has_last[1] = has_last;
		timeline_swap_sides(&b->timeline);
	}
	b->info = *e;
	b->told = true;
	b->final = !event->snapshot;
}
