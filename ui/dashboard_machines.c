/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where both machines are at each point of a time line. RFC 4271 section 8.2.1 has a machine for each
 * connection, and a session may have several: what a speaker has come to is its furthest one.
 */
#include <string.h>

#include "ui/dashboard_session.h"

bool
machines_step(struct machines *m, const struct timeline_entry *entry, int side)
{
	uint8_t kind = m->protocol == PROTOCOL_BGP ? TIMELINE_TRANSITION : TIMELINE_BFD_TRANSITION;
	if (entry->kind != kind || side < 0) {
		return false;
	}
	uint64_t connection = m->protocol == PROTOCOL_BGP ? entry->connection : 0;
	size_t k = 0;
	while (k < m->count && m->connections[k].connection != connection) {
		k++;
	}
	if (k == m->count) {
		if (m->count == PANEL_MACHINES_MAX) { /* the oldest is over long ago */
			memmove(&m->connections[0], &m->connections[1],
				(PANEL_MACHINES_MAX - 1) * sizeof(m->connections[0]));
			k = --m->count;
		}
		m->count++;
		m->connections[k].connection = connection;
		m->connections[k].state[0] = m->connections[k].state[1] = 0;
		m->connections[k].seq[0] = m->connections[k].seq[1] = 0;
	}
	if (entry->seq < m->connections[k].seq[side]) {
		return false; /* the step after it was seen already, with an earlier time */
	}
	m->connections[k].seq[side] = entry->seq;
	m->connections[k].state[side] = entry->to;
	m->state[side] = 0;
	for (size_t i = 0; i < m->count; i++) {
		uint8_t state = m->connections[i].state[side];
		m->state[side] = state > m->state[side] ? state : m->state[side];
	}
	return true;
}
