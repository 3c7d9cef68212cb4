/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The writer's hand: values into the columns of a row, one after the other, and the stubs of
 * parents. Where the writer cannot write, a row has no statement and every function here does
 * nothing, so that those who use them need not ask.
 */
#include "store/writer.h"

#include <assert.h>
#include <sqlite3.h>

/* What could not be bound is not NULL: the row then fails. */
static void
bound(struct row *row, int rc)
{
	row->rc = row->rc != SQLITE_OK ? row->rc : rc;
}

void
row_null(struct row *row)
{
	if (row->stmt != NULL) {
		row->at++; /* unbound is NULL */
	}
}

void
row_int(struct row *row, int64_t value)
{
	if (row->stmt != NULL) {
		bound(row, sqlite3_bind_int64(row->stmt, row->at++, value));
	}
}

void
row_uint(struct row *row, uint64_t value)
{
	row_int(row, (int64_t)value);
}

void
row_known(struct row *row, bool known, uint64_t value)
{
	if (known) {
		row_uint(row, value);
	} else {
		row_null(row);
	}
}

void
row_id(struct row *row, uint64_t id, uint64_t base)
{
	row_known(row, id != 0, id + base);
}

void
row_text(struct row *row, const char *text)
{
	if (row->stmt != NULL) {
		bound(row, sqlite3_bind_text(row->stmt, row->at++, text, -1, SQLITE_STATIC));
	}
}

void
row_static(struct row *row, const char *text, size_t size)
{
	if (row->stmt != NULL) {
		bound(row, sqlite3_bind_text64(row->stmt, row->at++, text, size, SQLITE_STATIC, SQLITE_UTF8));
	}
}

void
row_copy(struct row *row, const char *text, size_t size)
{
	if (row->stmt != NULL) {
		bound(row, sqlite3_bind_text64(row->stmt, row->at++, text, size, SQLITE_TRANSIENT, SQLITE_UTF8));
	}
}

/* Where a short text of the column that is next can stand until the row is written. */
static char *
place(struct row *row)
{
	assert(row->at < WRITER_COLUMNS_MAX);
	return row->writer->texts[row->at];
}

void
row_address(struct row *row, const struct address *address)
{
	if (address->family == 0) {
		row_null(row);
	} else {
		row_text(row, address_text(address, place(row)));
	}
}

void
row_bgp_id(struct row *row, bool known, uint32_t bgp_id)
{
	struct address address = address_from_u32(bgp_id);
	if (known) {
		row_address(row, &address);
	} else {
		row_null(row);
	}
}

void
row_time(struct row *row, uint64_t time_ns, uint8_t digits)
{
	static_assert((int)TIME_TEXT_MAX <= (int)ADDRESS_TEXT_MAX,
		"a time fits where an address does");
	row_text(row, time_text(time_ns, digits, place(row)));
}

void
row_blob(struct row *row, const struct cursor *raw)
{
	if (row->stmt != NULL) {
		bound(row, sqlite3_bind_blob64(row->stmt, row->at++,
				   raw->at != NULL ? (const void *)raw->at : "",
				   (sqlite3_uint64)(raw->end - raw->at), SQLITE_STATIC));
	}
}

void
row_hex(struct row *row, struct cursor bytes)
{
	static const char digits[] = "0123456789abcdef";
	size_t size = cursor_left(&bytes);
	char *text = row->stmt != NULL ? sqlite3_malloc64(2 * size + 1) : NULL;
	if (text == NULL) {
		bound(row, SQLITE_NOMEM);
		row_null(row);
		return;
	}
	for (size_t i = 0; i < size; i++) {
		text[2 * i] = digits[bytes.at[i] >> 4];
		text[2 * i + 1] = digits[bytes.at[i] & 15];
	}
	bound(row, sqlite3_bind_text64(row->stmt, row->at++, text, 2 * size, sqlite3_free, SQLITE_UTF8));
}

struct json *
row_new_json(struct row *row)
{
	assert(row->writer->json_count < WRITER_JSON_MAX);
	struct json *j = &row->writer->json[row->writer->json_count++];
	json_clear(j);
	return j;
}

void
row_attributes(struct row *row, const struct bgp_update *update)
{
	size_t size;
	if (row->stmt == NULL) {
		return;
	}
	const char *text = json_attributes_text(row->writer->attributes, update, &size);
	if (text != NULL) {
		row_static(row, text, size);
		return;
	}
	json_attributes(row_new_json(row), NULL, update);
	row_json(row);
}

/* What was written into the last one; it stays there until the row is written. */
void
row_json(struct row *row)
{
	const struct json *j = &row->writer->json[row->writer->json_count - 1];
	row_static(row, j->text, j->size);
}

/* The five columns that every event has. */
struct row
row_begin_event(struct writer *w, enum store_insert insert, const struct event *event)
{
	struct row row = row_begin(w, w->inserts[insert]);
	row_known(&row, !event->snapshot, event->seq + w->base.seq);
	row_time(&row, event->time_ns, event->time_digits);
	row_uint(&row, event->time_ns);
	row_uint(&row, event->frame);
	row_text(&row, event->input);
	return row;
}

void
writer_touch(struct writer *w, enum writer_parent parent, uint64_t id)
{
	struct writer_seen *seen = writer_seen(w, parent, id);
	if (id == 0) {
		return;
	}
	if (seen->id != id) {
		if (seen->id != 0 && seen->seq > w->seen_floor) {
			w->seen_floor = seen->seq;
		}
		*seen = (struct writer_seen){.id = id};
	}
	seen->seq = w->now_seq;
}

struct writer_seen *
writer_seen(struct writer *w, enum writer_parent parent, uint64_t id)
{
	return &w->seen[parent][id % WRITER_SEEN_SLOTS];
}

/* An event names it: does its row still have to be written? */
static bool
is_new(struct writer *w, enum writer_parent parent, uint64_t id)
{
	writer_touch(w, parent, id);
	return id != 0 && !writer_seen(w, parent, id)->there;
}

void
writer_set_seen(struct writer *w, enum writer_parent parent, uint64_t id)
{
	writer_touch(w, parent, id);
	writer_seen(w, parent, id)->there = id != 0;
}

const struct address writer_nobody;

void
writer_ensure_session(struct writer *w, uint64_t id, const struct address *a,
	const struct address *b)
{
	if (!is_new(w, PARENT_SESSION, id)) {
		return;
	}
	struct row row = row_begin(w, w->inserts[INSERT_SESSION_STUB]);
	row_uint(&row, w->run);
	row_id(&row, id, w->base.session);
	row_address(&row, a);
	row_address(&row, b);
	if (row_end(&row)) {
		writer_set_seen(w, PARENT_SESSION, id);
	}
}

void
writer_ensure_connection(struct writer *w, uint64_t id, uint64_t session)
{
	if (!is_new(w, PARENT_CONNECTION, id)) {
		return;
	}
	struct row row = row_begin(w, w->inserts[INSERT_CONNECTION_STUB]);
	row_id(&row, id, w->base.connection);
	row_id(&row, session, w->base.session);
	if (row_end(&row)) {
		writer_set_seen(w, PARENT_CONNECTION, id);
	}
}

void
writer_ensure_bfd_session(struct writer *w, uint64_t id, const struct address *a,
	const struct address *b)
{
	if (!is_new(w, PARENT_BFD_SESSION, id)) {
		return;
	}
	struct row row = row_begin(w, w->inserts[INSERT_BFD_SESSION_STUB]);
	row_uint(&row, w->run);
	row_id(&row, id, w->base.bfd_session);
	row_address(&row, a);
	row_address(&row, b);
	if (row_end(&row)) {
		writer_set_seen(w, PARENT_BFD_SESSION, id);
	}
}
