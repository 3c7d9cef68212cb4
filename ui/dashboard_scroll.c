/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A cursor in a list that is longer than the screen: the one meaning of the arrow keys in every
 * panel.
 */
#include "ui/dashboard_panel.h"

void
scroll_settle(struct scroll *scroll)
{
	if (scroll->count == 0) {
		scroll->at = scroll->top = 0;
		return;
	}
	if (scroll->at >= scroll->count) {
		scroll->at = scroll->count - 1;
	}
	size_t height = scroll->height > 0 ? scroll->height : 1;
	size_t last_top = scroll->count > height ? scroll->count - height : 0;
	if (scroll->top > last_top) {
		scroll->top = last_top;
	}
	if (scroll->at < scroll->top) {
		scroll->top = scroll->at;
	} else if (scroll->at >= scroll->top + height) {
		scroll->top = scroll->at - height + 1;
	}
}

static void
move_down(struct scroll *scroll, size_t lines)
{
	size_t left = scroll->count > scroll->at ? scroll->count - 1 - scroll->at : 0;
	scroll->at += lines < left ? lines : left;
}

bool
scroll_act(struct scroll *scroll, enum action action)
{
	size_t page = scroll->height > 1 ? scroll->height - 1 : 1;
	switch (action) {
	case ACTION_UP:
		scroll->at -= scroll->at > 0 ? 1 : 0;
		break;
	case ACTION_DOWN:
		move_down(scroll, scroll->count > 0 ? 1 : 0);
		break;
	case ACTION_PAGE_UP:
		scroll->at -= scroll->at < page ? scroll->at : page;
		break;
	case ACTION_PAGE_DOWN:
		move_down(scroll, scroll->count > 0 ? page : 0);
		break;
	case ACTION_FIRST:
		scroll->at = 0;
		break;
	case ACTION_LAST:
		scroll->at = scroll->count > 0 ? scroll->count - 1 : 0;
		break;
	default:
		return false;
	}
	scroll_settle(scroll);
	return true;
}
