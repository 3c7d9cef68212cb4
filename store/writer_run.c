/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a run is, in its row: who ran where on what, and the hash of each file, by which a capture is known
 * that was read before. The hash is SHA-256, so that anybody can compare it with sha256sum(1). It is taken while the
 * file is read; beforehand only where a run is there that had a file of the same size. A run that was killed or
 * interrupted, or that lost something, does not count as having the capture.
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

struct store_hash {
	struct sha256_ctx sha;
	uint64_t octets;
	bool whole, spoilt;
	char text[STORE_HASH_MAX];
};

struct store_hash *
store_hash_create(void)
{
	struct store_hash *hash = memory_zero(1, sizeof(*hash));
	sha256_init(&hash->sha);
	return hash;
}

void
store_hash_destroy(struct store_hash *hash)
{
	free(hash);
}

void
store_hash_octets(void *ctx, const uint8_t *octets, size_t size)
{
	struct store_hash *hash = ctx;
	if (hash->whole) {
		return;
	}
	if (size > 0) {
		sha256_update(&hash->sha, size, octets);
		hash->octets += size;
		return;
	}
	uint8_t digest[SHA256_DIGEST_SIZE];
	sha256_digest(&hash->sha, sizeof(digest), digest);
	static_assert(STORE_HASH_MAX == 2 * SHA256_DIGEST_SIZE + 1, "the hash in hex");
	for (size_t i = 0; i < sizeof(digest); i++) {
		snprintf(hash->text + 2 * i, 3, "%02x", digest[i]);
	}
	hash->whole = true;
}

void
store_hash_spoil(struct store_hash *hash)
{
	if (hash != NULL) {
		hash->spoilt = true;
	}
}

bool
store_hash_file(const char *path, char text[STORE_HASH_MAX])
{
	struct stat st;
	text[0] = '\0';
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0) {
		return false;
	}
	struct store_hash *hash = store_hash_create();
	uint8_t *octets = memory_zero(READ_SIZE, 1);
	ssize_t size = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) ? 1 : -1;
	while (size > 0) {
		size = read(fd, octets, READ_SIZE);
		if (size >= 0) {
			store_hash_octets(hash, octets, (size_t)size);
		}
	}
	bool whole = hash->whole;
	memcpy(text, hash->text, STORE_HASH_MAX);
	free(octets);
	store_hash_destroy(hash);
	close(fd);
	return whole;
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
		row_null(&row); /* known when it was read */
		if (!row_end(&row)) {
			return sqlite3_errcode(w->db);
		}
	}
	return SQLITE_OK;
}

void
writer_put_hashes(struct writer *w)
{
	for (size_t i = 0; i < w->hash_count; i++) {
		const struct store_hash *hash = w->hashes[i];
		if (hash == NULL || !hash->whole || hash->spoilt) {
			continue;
		}
		struct row row = row_begin(w, w->put_hash);
		row_uint(&row, hash->octets);
		row_text(&row, hash->text);
		row_uint(&row, w->run);
		row_uint(&row, i);
		row_end(&row);
	}
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

/* What is asked of a file: a whole run of the same filter and options that had one of this size, and, where `hash` is
 * given, with it; the last one. 0: none. */
static int64_t
find_file(sqlite3_stmt *stmt, const struct store_run *run, uint64_t octets, const char *hash)
{
	int64_t found = 0;
	sqlite3_bind_int64(stmt, 1, (sqlite3_int64)octets);
	sqlite3_bind_text(stmt, 2, run->filter != NULL ? run->filter : "", -1, SQLITE_STATIC);
	sqlite3_bind_text(stmt, 3, run->options != NULL ? run->options : "", -1, SQLITE_STATIC);
	sqlite3_bind_text(stmt, 4, hash, -1, SQLITE_STATIC);
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
		" WHERE octets = ?1 AND hash = coalesce(?4, hash) AND coalesce(filter, '') = ?2 AND options = ?3"
		" AND finished IS NOT NULL AND lost = 0 AND trimmed IS NULL ORDER BY run DESC LIMIT 1";
	sqlite3_stmt *stmt;
	int64_t found = 0;
	size_t known = 0;
	/* An older schema has no such table, and knows no file. */
	if (sqlite3_prepare_v2(w->db, sql, -1, &stmt, NULL) != SQLITE_OK) {
		return 0;
	}
	for (size_t i = 0; i < run->input_count; i++) {
		const struct store_input *input = &run->inputs[i];
		char hash[STORE_HASH_MAX];
		if (input->hash == NULL || find_file(stmt, run, input->octets, NULL) == 0 ||
			!store_hash_file(input->name, hash)) {
			continue;
		}
		int64_t run_there = find_file(stmt, run, input->octets, hash);
		if (run_there != 0) {
			found = run_there;
			known++;
		}
	}
	sqlite3_finalize(stmt);
	*some = known > 0 && known < run->input_count;
	return found;
}
