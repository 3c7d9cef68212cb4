/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which columns the list of sessions has: each always, never, or where there is room for it. */
#include <stdlib.h>

#include "track/memory.h"
#include "ui/dashboard_panel.h"

struct columns_panel {
	struct scroll scroll;
	struct choices *choices; /* the dashboard's */
};

static void *
columns_create(uint64_t session, uint64_t bfd_session)
{
	(void)session;
	(void)bfd_session;
	struct columns_panel *p = memory_zero(1, sizeof(*p));
	p->scroll.count = COLUMN_COUNT;
	return p;
}

static void
columns_update(void *self, const struct panel_view *view)
{
	struct columns_panel *p = self;
	p->choices = view->choices;
}

static void
columns_resize(void *self, unsigned height, unsigned width)
{
	struct columns_panel *p = self;
	(void)width;
	p->scroll.height = height > 3 ? height - 3 : 1;
}

static void
columns_draw(void *self, const struct panel_view *view, const struct area *area)
{
	static const char *const words[] = {
		[SHOW_WITH_ROOM] = "where there is room",
		[SHOW_ALWAYS] = "always",
		[SHOW_NEVER] = "never",
	};
	struct columns_panel *p = self;
	area_text(area, 0, 1, area->width, STYLE_ACCENT, "Columns of the list of sessions");
	for (unsigned i = 0; i < COLUMN_COUNT && i + 2 < area->height; i++) {
		unsigned band = i == p->scroll.at ? STYLE_BAND : 0;
		if (band != 0) {
			area_fill(area, i + 2, 0, area->width, band);
			area_text(area, i + 2, 0, 1, band, area_glyph(area, GLYPH_CURSOR));
		}
		enum show show = column_is_fixed((enum column)i) ? SHOW_ALWAYS : view->choices->show[i];
		area_text(area, i + 2, 2, 12, STYLE_STRONG | band, column_title((enum column)i));
		area_text(area, i + 2, 15, 22,
			(show == SHOW_NEVER ? STYLE_FAINT : STYLE_NORMAL) | band, words[show]);
		area_text(area, i + 2, 38, area->width, STYLE_NORMAL | band,
			column_help((enum column)i));
	}
}

static void
columns_handle_key(void *self, enum action action, struct panel_request *request)
{
	struct columns_panel *p = self;
	if (scroll_act(&p->scroll, action) || action != ACTION_CHOOSE || p->choices == NULL) {
		return;
	}
	if (column_is_fixed((enum column)p->scroll.at)) {
		request->notice = "This column is always shown.";
		return;
	}
	enum show *show = &p->choices->show[p->scroll.at];
	*show = (enum show)((*show + 1) % SHOW_COUNT);
}

static bool
columns_click(void *self, unsigned row, unsigned column)
{
	struct columns_panel *p = self;
	(void)column;
	if (row < 2 || row - 2 >= COLUMN_COUNT) {
		return false;
	}
	p->scroll.at = row - 2;
	return true;
}

const struct panel_class panel_columns = {
	.name = "Columns",
	.place = PLACE_COLUMNS,
	.help = "Space shows a column always, never, or where there is room for it.",
	.create = columns_create,
	.destroy = free,
	.update = columns_update,
	.resize = columns_resize,
	.draw = columns_draw,
	.handle_key = columns_handle_key,
	.click = columns_click,
};
