/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the store is told of a run: its inputs with their hashes, and every option that decides what is
 * stored. A capture read again in the same way is known by these, so what only changes how it looks (the
 * view, colours) or where it goes (-w) does not stand among them. Keys never do.
 */
#include "history.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { OPTIONS_TEXT_MAX = 4096 };

__attribute__((format(printf, 2, 3))) static void
add(char text[OPTIONS_TEXT_MAX], const char *format, ...)
{
	size_t used = strlen(text);
	va_list args;
	va_start(args, format);
	vsnprintf(text + used, OPTIONS_TEXT_MAX - used, format, args);
	va_end(args);
}

static void
describe(const struct options *o, bool updates, char text[OPTIONS_TEXT_MAX])
{
	text[0] = '\0';
	for (size_t i = 1; i < o->capture.port_count; i++) {
		add(text, " --port %u", o->capture.ports[i]);
	}
	if (o->capture.any_port) {
		add(text, " --any-port");
	}
	if (o->capture.engine != CAPTURE_ENGINE_NATIVE) {
		add(text, o->check ? " --check" : " --engine nids");
	}
	if (o->capture.key_count > 0) {
		add(text, " -M (%zu)", o->capture.key_count);
	}
	for (size_t i = 0; i < o->expect_count; i++) {
		char hash[STORE_HASH_MAX];
		/* What it says counts, not only what it is called. */
		add(text, " --expect %.200s%s%.12s", o->expect[i], store_hash_file(o->expect[i], hash) ? "=" : "",
			hash);
	}
	if (o->packet_limit > 0) {
		add(text, " -c %llu", (unsigned long long)o->packet_limit);
	}
	if (o->verbose > 0) {
		add(text, " -v"); /* every BFD packet */
	}
	if (updates) {
		add(text, " --store-updates");
	}
	if (text[0] == ' ') {
		memmove(text, text + 1, strlen(text));
	}
}

enum store_opened
history_open(const struct options *o, bool live, store_let_go *let_go, store_complain *complain, void *ctx,
	struct store_hash *hashes[OPTIONS_INPUTS_MAX], struct sink *sink, struct store_error *error)
{
	static struct store_input inputs[OPTIONS_INPUTS_MAX];
	char text[OPTIONS_TEXT_MAX];
	struct store_run run = {
		.inputs = inputs,
		.filter = o->filter,
		.options = text,
		.live = live,
		/* What the views show of this run they show of the database, too. */
		.updates = o->store_updates || o->verbose > 0 || o->hex,
		.again = o->again,
		.let_go = let_go,
		.keep_ns = o->keep_ns,
		.keep_octets = o->keep_octets,
	};
	for (size_t i = 0; i < o->device_count; i++) {
		inputs[run.input_count++] = (struct store_input){.name = o->devices[i], .kind = STORE_DEVICE};
	}
	for (size_t i = 0; i < o->file_count; i++) {
		struct store_input *input = &inputs[run.input_count++];
		*input = (struct store_input){.name = o->files[i], .kind = STORE_PIPE};
		struct stat st;
		if (strcmp(o->files[i], "-") != 0 && stat(o->files[i], &st) == 0 && S_ISREG(st.st_mode)) {
			input->kind = STORE_FILE;
			input->octets = (uint64_t)st.st_size;
			hashes[i] = live ? NULL : store_hash_create(); /* live it grows */
			input->hash = hashes[i];
		}
	}
	describe(o, run.updates, text);
	return store_open_writer(o->database, &run, complain, ctx, sink, error);
}
