/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * NDJSON: one object a line, for programs. Live, each line leaves at once; from a file, stdio's
 * buffer is emptied when the input pauses and at the end.
 */
#include <stdlib.h>

#include "track/json.h"
#include "track/memory.h"
#include "ui/ui.h"

struct json_view {
	struct ui_options options;
	struct json line;
	bool failed;
};

static void
json_view_event(void *self, const struct event *event)
{
	struct json_view *v = self;
	if (event->snapshot || v->failed) {
		return;
	}
	json_clear(&v->line);
	json_event(&v->line, event,
		(v->options.verbose > 0 ? JSON_NLRI : 0u) |
			(v->options.verbose > 1 ? JSON_FIELDS : 0u) |
			(v->options.hex ? JSON_RAW : 0u));
	if (fwrite(v->line.text, 1, v->line.size, v->options.out) != v->line.size ||
		putc('\n', v->options.out) == EOF ||
		(v->options.live && fflush(v->options.out) != 0)) {
		v->failed = true;
	}
}

static void
json_view_flush(void *self)
{
	struct json_view *v = self;
	if (fflush(v->options.out) != 0) {
		v->failed = true;
	}
}

static bool
json_view_close(void *self)
{
	struct json_view *v = self;
	json_view_flush(v);
	bool ok = !v->failed && !ferror(v->options.out);
	json_attribute_texts_destroy(v->line.attributes);
	json_finish(&v->line);
	free(v);
	return ok;
}

bool
ui_json_open(const struct ui_options *options, struct sink *sink)
{
	struct json_view *v = memory_zero(1, sizeof(*v));
	v->options = *options;
	json_init(&v->line);
	v->line.attributes = json_attribute_texts_create();
	*sink = (struct sink){
		.self = v,
		.on_event = json_view_event,
		.flush = json_view_flush,
		.close = json_view_close,
	};
	return true;
}
