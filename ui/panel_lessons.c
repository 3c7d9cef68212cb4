/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The first screen of --learn: the lessons in their order, and what the one under the cursor is about. */
#include <stdlib.h>

#include "track/memory.h"
#include "ui/dashboard_panel.h"
#include "ui/lessons.h"

struct lessons_panel {
	struct scroll scroll;
	bool seen[LESSON_COUNT];
};

static void *
lessons_create(uint64_t session, uint64_t bfd_session)
{
	(void)session;
	(void)bfd_session;
	struct lessons_panel *p = memory_zero(1, sizeof(*p));
	p->scroll.count = LESSON_COUNT;
	return p;
}

static void
lessons_update(void *self, const struct panel_view *view)
{
	(void)self;
	(void)view;
}

static void
lessons_resize(void *self, unsigned height, unsigned width)
{
	struct lessons_panel *p = self;
	(void)width;
	p->scroll.height = height > 7 ? height - 7 : 1;
	scroll_settle(&p->scroll);
}

static void
lessons_draw(void *self, const struct panel_view *view, const struct area *area)
{
	struct lessons_panel *p = self;
	area_text(area, 0, 1, area->width, STYLE_ACCENT,
		"Real sessions of real daemons, in the order of a course");
	for (unsigned row = 0; row < p->scroll.height && row + 1 < area->height; row++) {
		size_t index = p->scroll.top + row;
		if (index >= LESSON_COUNT) {
			break;
		}
		const struct lesson *lesson = lesson_at(index);
		unsigned band = index == p->scroll.at ? STYLE_BAND : 0;
		bool here = view->lesson_loaded != NULL && view->lesson_loaded[index];
		if (band != 0) {
			area_fill(area, row + 1, 0, area->width, band);
			area_text(area, row + 1, 0, 1, band, area_glyph(area, GLYPH_CURSOR));
		}
		area_printf(area, row + 1, 1, 5, (p->seen[index] ? STYLE_GOOD : STYLE_FAINT) | band,
			"%2zu %s", index + 1, p->seen[index] ? area_glyph(area, GLYPH_GOOD) : "");
		area_text(area, row + 1, 6, 36, (here ? STYLE_NORMAL : STYLE_FAINT) | band,
			lesson->title);
		area_text(area, row + 1, 44, area->width, STYLE_FAINT | band,
			here ? lesson->file : "not installed");
	}
	unsigned at = p->scroll.height + 2;
	area_rule(area, at, 0, area->width, STYLE_FAINT);
	unsigned label = area_text(area, at + 1, 0, 10, STYLE_ACCENT, "Watch");
	area_wrap(area, at + 1, 3, label + 1, STYLE_NORMAL, lesson_at(p->scroll.at)->watch);
}

static void
lessons_handle_key(void *self, enum action action, struct panel_request *request)
{
	struct lessons_panel *p = self;
	if (scroll_act(&p->scroll, action)) {
		return;
	}
	if (action == ACTION_OPEN_LESSON) {
		p->seen[p->scroll.at] = true;
		request->wish = WISH_LESSON;
		request->lesson = p->scroll.at;
	}
}

static bool
lessons_click(void *self, unsigned row, unsigned column)
{
	struct lessons_panel *p = self;
	(void)column;
	if (row == 0 || p->scroll.top + row - 1 >= LESSON_COUNT || row > p->scroll.height) {
		return false;
	}
	bool again = p->scroll.at == p->scroll.top + row - 1;
	p->scroll.at = p->scroll.top + row - 1;
	return again;
}

const struct panel_class panel_lessons = {
	.name = "Lessons",
	.place = PLACE_LESSONS,
	.help = "A course of captures, each made with real daemons. Enter begins one: it shows the state "
		"machines of both sides, step by step. A question stands where the next step is its "
		"answer.",
	.create = lessons_create,
	.destroy = free,
	.update = lessons_update,
	.resize = lessons_resize,
	.draw = lessons_draw,
	.handle_key = lessons_handle_key,
	.click = lessons_click,
};
