/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BGPWHY_STORE_READER_H
#define BGPWHY_STORE_READER_H

#include "store/database.h"

/* The reader's inside; private to this folder. */

struct reader {
	struct sqlite3 *db;
	int failed; /* the first error (SQLITE_…) while an event was put together; 0: none */
	struct store_bases shift; /* taken off every number of the run that is played */
	struct sqlite3_stmt *context, *summary, *list, *families, *ribs, *restart;
	struct sqlite3_stmt *agreement, *agreed_side, *agreed_families;
	/* What the event that was read last points to. */
	struct bgp_message message;
	uint8_t *attributes; /* of an UPDATE whose octets were not kept: their values are zeros */
	int64_t context_id;
	struct bgp_context bgp_context;
	struct bfd_packet bfd;
	uint64_t evidence[FINDING_EVIDENCE_MAX];
	char *fix[FINDING_FIX_MAX];
	struct bgp_family common[BGP_CONTEXT_FAMILIES];
	struct bgp_agreement agreed;
	struct event_restart restarts[2];
	struct event_end_of_rib end_of_rib[2][BGP_CONTEXT_FAMILIES];
};

/* Whether there is a next row; an error is none, and is kept in `failed`. */
bool reader_step(struct reader *r, struct sqlite3_stmt *stmt);

/* The tables that hold events, in the order in which events with one seq, or none, are said. */
struct reader_table {
	enum store_insert table;
	enum event_kind kind;
	bool by_run; /* rows have `run`, and no seq until the last word was said */
	/* From the columns of the table. False: there is not enough in it for an event. */
	bool (*read)(struct reader *r, struct sqlite3_stmt *row, struct event *event);
};

enum { READER_TABLES = EVENT_KIND_COUNT };

extern const struct reader_table reader_tables[READER_TABLES];

bool reader_prepare(struct reader *r);
void reader_finish(struct reader *r);

/* reader_agreement.c: a part of the two above, and the value of session.negotiated (may be NULL); it
 * is good until the next. NULL where nothing is known. */
bool reader_prepare_agreement(struct reader *r);
void reader_finish_agreement(struct reader *r);
const struct bgp_agreement *reader_agreement(struct reader *r, const char *json,
	const struct event_session_side side[2]);

#endif
