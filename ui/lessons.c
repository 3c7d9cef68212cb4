/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tables made from lessons.def. */
#include "ui/lessons.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct lesson lessons[LESSON_COUNT] = {
#define LESSON(id, file, title, protocol, watch) \
	[LESSON_##id] = {LESSON_##id, file, title, PROTOCOL_##protocol, watch},
#include "ui/lessons.def"
#undef LESSON
};

static const struct {
	enum lesson_id lesson;
	enum protocol protocol;
	uint64_t frame;
	const char *text;
} questions[] = {
#define QUESTION(lesson, protocol, frame, text) {LESSON_##lesson, PROTOCOL_##protocol, frame, text},
#include "ui/lessons.def"
#undef QUESTION
};

const struct lesson *
lesson_at(size_t index)
{
	return index < LESSON_COUNT ? &lessons[index] : NULL;
}

const char *
lesson_question(const struct lesson *lesson, enum protocol protocol, uint64_t frame)
{
	for (size_t i = 0; i < COUNT(questions); i++) {
		if (questions[i].lesson == lesson->id && questions[i].protocol == protocol &&
			questions[i].frame == frame) {
			return questions[i].text;
		}
	}
	return NULL;
}
