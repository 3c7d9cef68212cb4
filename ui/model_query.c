/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What may be asked of a model; nothing here changes it. */
#include "dissect/bgp.h"
#include "ui/model.h"
#include "ui/model_internal.h"

uint64_t
model_session_id(const void *item)
{
	return ((const struct model_session *)item)->info.session;
}

uint64_t
model_bfd_session_id(const void *item)
{
	return ((const struct model_bfd_session *)item)->info.bfd_session;
}

size_t
model_table_place(const struct model_table *t, uint64_t id, uint64_t (*id_of)(const void *))
{
	size_t low = 0;
	size_t high = t->count;
	/* Ids count up, and few are ever missing: most are as far from the first one, or from the
	 * last, as it says. A search
	 * over 10,000 sessions costs fourteen cache misses for each event. */
	if (high > 0) {
		uint64_t from_first = id - id_of(t->items[0]);
		uint64_t from_last = high - 1 - (id_of(t->items[high - 1]) - id);
		if (from_first < high && id_of(t->items[from_first]) == id) {
			return (size_t)from_first;
		}
		if (from_last < high && id_of(t->items[from_last]) == id) {
			return (size_t)from_last;
		}
	}
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (id_of(t->items[middle]) < id) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return low;
}

void *
model_table_find(const struct model_table *t, uint64_t id, uint64_t (*id_of)(const void *))
{
	size_t at = model_table_place(t, id, id_of);
	return at < t->count && id_of(t->items[at]) == id ? t->items[at] : NULL;
}

uint64_t
model_version(const struct model *model)
{
	return model->version;
}

uint64_t
model_first_ns(const struct model *model)
{
	return model->first_ns;
}

uint64_t
model_last_ns(const struct model *model)
{
	return model->last_ns;
}

uint8_t
model_time_digits(const struct model *model)
{
	return model->time_digits;
}

uint64_t
model_left_out(const struct model *model)
{
	return model->left_out;
}

uint64_t
model_not_stored(const struct model *model)
{
	return model->not_stored;
}

size_t
model_input_count(const struct model *model)
{
	return model->input_count;
}

const struct model_input *
model_input_at(const struct model *model, size_t index)
{
	return index < model->input_count ? &model->inputs[index] : NULL;
}

bool
model_has_artefact(const struct model *model, const char *key)
{
	uint32_t all = 0;
	for (size_t i = 0; i < model->input_count; i++) {
		all |= model->inputs[i].artefacts;
	}
	for (uint32_t bit = 1; bit != 0; bit <<= 1) {
		if ((all & bit) != 0 && strcmp(track_artefact_key(bit), key) == 0) {
			return true;
		}
	}
	return false;
}

uint64_t
model_ended_ns(const struct model *model, const struct model_session *session,
	const struct model_bfd_session *bfd)
{
	uint64_t inputs = (session != NULL ? session->inputs : 0) | (bfd != NULL ? bfd->inputs : 0);
	uint64_t ended_ns = 0;
	for (size_t i = 0; i < model->input_count; i++) {
		const struct model_input *input = &model->inputs[i];
		if ((inputs >> i & 1) == 0) {
			continue;
		}
		if (!input->ended) {
			return 0;
		}
		ended_ns = input->ended_ns > ended_ns ? input->ended_ns : ended_ns;
	}
	return ended_ns;
}

size_t
model_session_count(const struct model *model)
{
	return model->sessions.count;
}

const struct model_session *
model_session_at(const struct model *model, size_t index)
{
	return index < model->sessions.count ? model->sessions.items[index] : NULL;
}

const struct model_session *
model_session_find(const struct model *model, uint64_t session)
{
	return model_table_find(&model->sessions, session, model_session_id);
}

size_t
model_bfd_session_count(const struct model *model)
{
	return model->bfd_sessions.count;
}

const struct model_bfd_session *
model_bfd_session_at(const struct model *model, size_t index)
{
	return index < model->bfd_sessions.count ? model->bfd_sessions.items[index] : NULL;
}

const struct model_bfd_session *
model_bfd_session_find(const struct model *model, uint64_t id)
{
	return model_table_find(&model->bfd_sessions, id, model_bfd_session_id);
}

static bool
same_pair(const struct model_session *s, const struct model_bfd_session *b)
{
	const struct address *a = &s->info.side[0].addr;
	const struct address *z = &s->info.side[1].addr;
	const struct address *x = &b->info.side[0].addr;
	const struct address *y = &b->info.side[1].addr;
	return a->family != 0 &&
		((address_equal(a, x) && address_equal(z, y)) ||
			(address_equal(a, y) && address_equal(z, x)));
}

const struct model_bfd_session *
model_bfd_of(const struct model *model, const struct model_session *session)
{
	if (session->info.bfd_session != 0 || session->told) {
		return model_bfd_session_find(model, session->info.bfd_session);
	}
	for (size_t i = 0; i < model->bfd_sessions.count; i++) {
		const struct model_bfd_session *b = model->bfd_sessions.items[i];
		if (b->info.session != 0 ? b->info.session == session->info.session
					 : !b->told && same_pair(session, b)) {
			return b;
		}
	}
	return NULL;
}

const struct model_session *
model_served_by(const struct model *model, const struct model_bfd_session *bfd)
{
	if (bfd->info.session != 0 || bfd->told) {
		return model_session_find(model, bfd->info.session);
	}
	for (size_t i = 0; i < model->sessions.count; i++) {
		const struct model_session *s = model->sessions.items[i];
		if (s->info.bfd_session != 0 ? s->info.bfd_session == bfd->info.bfd_session
					     : !bfd->told && same_pair(s, bfd)) {
			return s;
		}
	}
	return NULL;
}

size_t
model_sessions_worst_first(const struct model *model, const struct model_session **sessions,
	size_t max)
{
	static const enum verdict order[] = {VERDICT_DOWN, VERDICT_FLAPPING, VERDICT_DEGRADED,
		VERDICT_UNKNOWN, VERDICT_HEALTHY};
	size_t count = 0;
	for (size_t v = 0; v < sizeof(order) / sizeof(order[0]); v++) {
		for (size_t i = 0; i < model->sessions.count && count < max; i++) {
			const struct model_session *s = model->sessions.items[i];
			if (s->info.verdict == order[v]) {
				sessions[count++] = s;
			}
		}
	}
	return count;
}

bool
model_open_decode(const struct model_open *open, struct bgp_message *message)
{
	static const struct bgp_context unknown;
	if (!open->seen || open->size == 0) {
		return false;
	}
	bgp_decode(open->bytes, open->size, &unknown, message);
	return message->type == BGP_OPEN && message->body_read;
}
