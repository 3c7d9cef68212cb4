/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a run is, in its row: who ran where on what, and the hash of each file, by which a capture is known
 * that was read before. The hash is SHA-256, so that anybody can compare it with sha256sum(1). A run that was
 * killed, or that lost something, does not count as having the capture.
 */
#include "store/writer.h"

#include <assert.h>
#include <fcntl.h>
#include <nettle/sha2.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "track/memory.h"

enum { READ_SIZE = 1 << 17 };

bool
store_hash_file(const char *path, struct store_input *input)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0) {
		return false;
	}
	bool good = fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
	struct sha256_ctx sha;
	sha256_init(&sha);
	uint8_t *octets = memory_zero(READ_SIZE, 1);
	input->octets = 0;
	while (good) {
		ssize_t size = read(fd, octets, READ_SIZE);
		good = size >= 0;
		if (size <= 0) {
			break;
		}
		sha256_update(&sha, (size_t)size, octets);
		input->octets += (uint64_t)size;
	}
	free(octets);
	close(fd);
	uint8_t digest[SHA256_DIGEST_SIZE];
	sha256_digest(&sha, sizeof(digest), digest);
	static_assert(STORE_HASH_MAX == 2 * SHA256_DIGEST_SIZE + 1, "the hash in hex");
	for (size_t i = 0; good && i < sizeof(digest); i++) {
		snprintf(input->hash + 2 * i, 3, "%02x", digest[i]);
	}
	return good;
}

static const char *
kind_name(enum store_input_kind kind)
{
	static const char *const names[] = {
		[STORE_FILE] = "file", [STORE_DEVICE] = "device", [STORE_PIPE] = "pipe"};
	return names[kind];
}

int
writer_insert_run(struct writer *w, const struct store_run *run)
{
	char host[256] = "", now[TIME_TEXT_MAX];
	gethostname(host, sizeof(host) - 1);
	struct row row = row_begin(w, w->inserts[INSERT_RUN]);
	row_text(&row, BGPWHY_VERSION);
	row_text(&row, host);
	row_text(&row, writer_now(now));
	row_uint(&row, w->base.seq);
	row_uint(&row, w->base.session);
	row_uint(&row, w->base.connection);
	row_uint(&row, w->base.bfd_session);
	row_uint(&row, w->base.finding);
	row_text(&row, run->filter != NULL && run->filter[0] != '\0' ? run->filter : NULL);
	row_text(&row, run->options != NULL ? run->options : "");
	row_uint(&row, run->live);
	if (!row_end(&row)) {
		return sqlite3_errcode(w->db);
	}
	w->run = (uint64_t)sqlite3_last_insert_rowid(w->db);
	for (size_t i = 0; i < run->input_count; i++) {
		const struct store_input *input = &run->inputs[i];
		row = row_begin(w, w->inserts[INSERT_RUN_INPUT]);
		row_uint(&row, w->run);
		row_uint(&row, i);
		row_text(&row, input->name);
		row_text(&row, kind_name(input->kind));
		row_known(&row, input->kind == STORE_FILE, input->octets);
		row_text(&row, input->hash[0] != '\0' ? input->hash : NULL);
		if (!row_end(&row)) {
			return sqlite3_errcode(w->db);
		}
	}
	return SQLITE_OK;
}

static const char *
keep_text(const char *text)
{
	return text != NULL ? memory_copy(text, strlen(text) + 1) : NULL;
}

struct store_run *
writer_keep_run(const struct store_run *run)
{
	struct store_run *own = memory_copy(run, sizeof(*run));
	struct store_input *inputs = memory_zero(run->input_count + 1, sizeof(*inputs));
	for (size_t i = 0; i < run->input_count; i++) {
		inputs[i] = run->inputs[i];
		inputs[i].name = keep_text(run->inputs[i].name);
	}
	own->inputs = inputs;
	own->filter = keep_text(run->filter);
	own->options = keep_text(run->options);
	return own;
}

void
writer_free_run(struct store_run *run)
{
	if (run == NULL) {
		return;
	}
	for (size_t i = 0; i < run->input_count; i++) {
		free((void *)(uintptr_t)run->inputs[i].name);
	}
	free((void *)(uintptr_t)run->inputs);
	free((void *)(uintptr_t)run->filter);
	free((void *)(uintptr_t)run->options);
	free(run);
}

/* The last whole run of the same filter and options that has this file. */
static int64_t
find_file(sqlite3_stmt *stmt, const struct store_run *run, const char *hash)
{
	int64_t found = 0;
	sqlite3_bind_text(stmt, 1, hash, -1, SQLITE_STATIC);
	sqlite3_bind_text(stmt, 2, run->filter != NULL ? run->filter : "", -1, SQLITE_STATIC);
	sqlite3_bind_text(stmt, 3, run->options != NULL ? run->options : "", -1, SQLITE_STATIC);
	if (sqlite3_step(stmt) == SQLITE_ROW) {
		found = sqlite3_column_int64(stmt, 0);
	}
	sqlite3_reset(stmt);
	return found;
}

int64_t
writer_find_run(struct writer *w, const struct store_run *run, bool *some)
{
	static const char sql[] =
		"SELECT run FROM run_input JOIN run USING (run)"
		" WHERE hash = ?1 AND coalesce(filter, '') = ?2 AND options = ?3"
		" AND finished IS NOT NULL AND lost = 0 AND trimmed IS NULL ORDER BY run DESC LIMIT 1";
	sqlite3_stmt *stmt;
	int64_t found = 0;
	size_t known = 0;
	/* An older schema has no such table, and knows no file. */
	if (sqlite3_prepare_v2(w->db, sql, -1, &stmt, NULL) != SQLITE_OK) {
		return 0;
	}
	for (size_t i = 0; i < run->input_count; i++) {
		int64_t run_there = run->inputs[i].hash[0] != '\0' ? find_file(stmt, run, run->inputs[i].hash) : 0;
		if (run_there != 0) {
			found = run_there;
			known++;
		}
	}
	sqlite3_finalize(stmt);
	*some = known > 0 && known < run->input_count;
	return found;
}
