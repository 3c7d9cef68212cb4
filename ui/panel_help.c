/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The help of a screen: what it shows, in its own words, and its keys, made from keys.def.
 */
#include <stdlib.h>

#include "track/memory.h"
#include "ui/dashboard_panel.h"

struct help {
	const struct panel_class *about;
	struct scroll scroll;
};

static void *
help_create(uint64_t session, uint64_t bfd_session)
{
	(void)session;
	(void)bfd_session;
	struct help *help = memory_zero(1, sizeof(*help));
	help->about = &panel_help;
	return help;
}

void
panel_help_about(void *self, const struct panel_class *about)
{
	struct help *help = self;
	help->about = about;
}

static void
help_update(void *self, const struct panel_view *view)
{
	(void)self;
	(void)view;
}

static void
help_resize(void *self, unsigned height, unsigned width)
{
	struct help *help = self;
	(void)width;
	help->scroll.height = height;
}

static void
help_draw(void *self, const struct panel_view *view, const struct area *area)
{
	struct help *help = self;
	(void)view;
	unsigned labels = 18;
	area_text(area, 0, 0, area->width, STYLE_ACCENT, help->about->name);
	unsigned used = 1 + area_wrap(area, 1, 6, 2, STYLE_NORMAL, help->about->help);
	struct area list = area_rows(area, used + 1, area->height);
	help->scroll.height = list.height;
	enum action known[ACTION_COUNT];
	size_t count = 0;
	for (enum action action = 1; action < ACTION_COUNT; action++) {
		if ((keys_places(action) & help->about->place) != 0) {
			known[count++] = action;
		}
	}
	/* Nothing to choose here: the cursor is the first line on the screen. */
	help->scroll.count = count > list.height ? count - list.height + 1 : 1;
	scroll_settle(&help->scroll);
	bool more = help->scroll.at + list.height < count;
	area_printf(area, used, 0, area->width, STYLE_ACCENT, "Keys%s",
		more ? " (Down for more)" : "");
	for (unsigned row = 0; row < list.height; row++) {
		size_t index = help->scroll.at + row;
		if (index >= count) {
			break;
		}
		char text[128];
		area_text(&list, row, 2, labels, STYLE_STRONG,
			keys_labels(known[index], help->about->place, text, sizeof(text)));
		area_text(&list, row, 2 + labels + 1, area->width, STYLE_NORMAL,
			keys_help(known[index]));
	}
}

static void
help_handle_key(void *self, enum action action, struct panel_request *request)
{
	struct help *help = self;
	if (!scroll_act(&help->scroll, action) && action == ACTION_HELP) {
		request->wish = WISH_CLOSE;
	}
}

const struct panel_class panel_help = {
	.name = "Help",
	.place = PLACE_HELP,
	.help = "Press Esc to go back.",
	.create = help_create,
	.destroy = free,
	.update = help_update,
	.resize = help_resize,
	.draw = help_draw,
	.handle_key = help_handle_key,
};
