/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The octets of messages, for the dashboard that shows a message beside them. Two rows of bounded
 * length: a thousand quiet sessions send KEEPALIVEs all day, and the OPEN of last night is to be there
 * all the same.
 */
#include <stdlib.h>
#include <string.h>

#include "track/memory.h"
#include "ui/model_internal.h"

void
model_keep_octets(struct model *model)
{
	model->keeps_octets = true;
}

static void
drop_first(struct octets_row *row)
{
	struct model_octets *first = &row->items[row->first];
	row->total -= first->size;
	free((void *)first->bytes);
	row->first++;
	row->count--;
}

static struct model_octets *
add(struct octets_row *row, size_t size)
{
	while (row->count > 0 &&
		(row->count >= MODEL_OCTETS_MAX || row->total + size > MODEL_OCTETS_TOTAL)) {
		drop_first(row);
	}
	if (row->first + row->count == row->room) {
		if (row->first > row->room / 2) { /* what has gone left room at the start */
			memmove(row->items, &row->items[row->first],
				row->count * sizeof(*row->items));
			row->first = 0;
		} else {
			row->room = row->room > 0 ? row->room * 2 : 64;
			row->items = memory_resize(row->items, row->room * sizeof(*row->items));
		}
	}
	row->total += size;
	return &row->items[row->first + row->count++];
}

void
model_octets_keep(struct model *model, const struct event *event)
{
	if (!model->keeps_octets || event->seq == 0 ||
		(event->kind != EVENT_MESSAGE && event->kind != EVENT_BFD)) {
		return;
	}
	static const struct bgp_context unknown;
	bool bgp = event->kind == EVENT_MESSAGE;
	const struct bgp_message *m = bgp ? event->message.message : NULL;
	struct cursor raw = bgp ? m->raw : event->bfd.packet->raw;
	bool routine = bgp ? (m->type == BGP_KEEPALIVE || m->type == BGP_UPDATE) &&
			m->fault.code == BGP_FAULT_NONE
			   : !event->bfd.changes;
	size_t size = (size_t)(raw.end - raw.base);
	if (size == 0) {
		return;
	}
	struct octets_row *row = &model->octets[routine ? 0 : 1];
	if (row->count > 0 && row->items[row->first + row->count - 1].seq >= event->seq) {
		return; /* several runs of one database: not in order, not to be found */
	}
	struct model_octets *o = add(row, size);
	*o = (struct model_octets){
		.seq = event->seq,
		.time_ns = event->time_ns,
		.frame = event->frame,
		.session = bgp ? event->message.session : 0,
		.bfd_session = bgp ? 0 : event->bfd.bfd_session,
		.src = bgp ? event->message.src : event->bfd.src,
		.dst = bgp ? event->message.dst : event->bfd.dst,
		.bytes = memory_copy(raw.base, size),
		.size = size,
	};
	o->context = bgp && event->message.context != NULL ? *event->message.context : unknown;
}

void
model_octets_finish(struct model *model)
{
	for (size_t i = 0; i < 2; i++) {
		while (model->octets[i].count > 0) {
			drop_first(&model->octets[i]);
		}
		free(model->octets[i].items);
	}
}

/* The index of the first whose seq is not less. */
static size_t
place_of(const struct octets_row *row, uint64_t seq)
{
	size_t low = 0;
	size_t high = row->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (row->items[row->first + middle].seq < seq) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return low;
}

const struct model_octets *
model_octets_find(const struct model *model, uint64_t seq)
{
	for (size_t i = 0; i < 2; i++) {
		const struct octets_row *row = &model->octets[i];
		size_t at = place_of(row, seq);
		if (at < row->count && row->items[row->first + at].seq == seq) {
			return &row->items[row->first + at];
		}
	}
	return NULL;
}

const struct model_octets *
model_octets_step(const struct model *model, uint64_t seq, int step, uint64_t session,
	uint64_t bfd_session)
{
	const struct model_octets *best = NULL;
	for (size_t i = 0; i < 2; i++) {
		const struct octets_row *row = &model->octets[i];
		size_t at = place_of(row, step > 0 ? seq + 1 : seq);
		for (; step > 0 ? at < row->count : at > 0; at += step > 0 ? 1 : (size_t)-1) {
			const struct model_octets *o =
				&row->items[row->first + (step > 0 ? at : at - 1)];
			if ((o->session != 0 && o->session == session) ||
				(o->bfd_session != 0 && o->bfd_session == bfd_session)) {
				bool nearer = best == NULL ||
					(step > 0 ? o->seq < best->seq : o->seq > best->seq);
				best = nearer ? o : best;
				break;
			}
		}
	}
	return best;
}
