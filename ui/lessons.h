/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BGPWHY_UI_LESSONS_H
#define BGPWHY_UI_LESSONS_H

#include <stddef.h>
#include <stdint.h>

#include "track/event.h"

/* The course of --learn, made from lessons.def. All texts are static. */

enum lesson_id {
#define LESSON(id, file, title, protocol, watch) LESSON_##id,
#include "ui/lessons.def"
#undef LESSON
	LESSON_COUNT,
};

struct lesson {
	enum lesson_id id;
	const char *file; /* in pcaps/ */
	const char *title;
	enum protocol protocol; /* whose machines are shown first */
	const char *watch;
};

const struct lesson *lesson_at(size_t index); /* NULL beyond the last */
/* The question that a transition in this frame answers; NULL where there is none. */
const char *lesson_question(const struct lesson *lesson, enum protocol protocol, uint64_t frame);

#endif
