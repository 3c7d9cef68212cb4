/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The captures that the flight recorder made of a session: the newest few, and how many there were. One capture may
 * have several causes, which are told one by one.
 */
#include "ui/model_internal.h"

#include <stdlib.h>
#include <string.h>

#include "track/memory.h"
#include "ui/text.h"

enum { FILE_TEXT_MAX = 1024 };

/* The event's own text may be gone later; all that it can be is known. */
static const char *
cause_of(const char *cause)
{
	enum finding_cause found;
	return cause != NULL && finding_from_key(cause, &found) ? finding_key(found) : "left-established";
}

static void
drop_first(struct model_recordings *r)
{
	free(r->list[0].file);
	r->count--;
	memmove(r->list, r->list + 1, r->count * sizeof(*r->list));
}

static struct model_recording *
find(struct model_recordings *r, const char *file)
{
	for (size_t i = r->count; i > 0; i--) {
		if (strcmp(r->list[i - 1].file, file) == 0) {
			return &r->list[i - 1];
		}
	}
	return NULL;
}

void
model_recordings_add(struct model_recordings *r, const struct event *event)
{
	char file[FILE_TEXT_MAX];
	text_clean(event->recording.file != NULL ? event->recording.file : "-", file, sizeof(file));
	struct model_recording *one = find(r, file);
	if (one == NULL) {
		if (r->list == NULL) {
			r->list = memory_zero(MODEL_RECORDINGS_MAX, sizeof(*r->list));
		}
		if (r->count == MODEL_RECORDINGS_MAX) {
			drop_first(r);
		}
		one = &r->list[r->count++];
		*one = (struct model_recording){.file = memory_copy(file, strlen(file) + 1)};
		r->all++;
	}
	if (one->cause_count < MODEL_RECORDING_CAUSES_MAX) {
		one->causes[one->cause_count++] = (struct model_recording_cause){
			.key = cause_of(event->recording.cause), .time_ns = event->time_ns, .frame = event->frame};
	}
}

void
model_recordings_finish(struct model_recordings *r)
{
	while (r->count > 0) {
		drop_first(r);
	}
	free(r->list);
	*r = (struct model_recordings){0};
}
