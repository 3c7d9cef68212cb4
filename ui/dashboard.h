/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BGPWHY_UI_DASHBOARD_H
#define BGPWHY_UI_DASHBOARD_H

#include "ui/ui.h"

/*
 * Private to the tests: a dashboard without a terminal, on a virtual screen. Feed it events by
 * dashboard_sink(), press keys by their labels in keys.def, step it, and read the screen. Its clock is
 * the `now_ns` of dashboard_step() alone, so that the same steps give the same screens.
 */
struct dashboard *
dashboard_open_headless(const struct ui_options *options, unsigned width, unsigned height);
/* "Enter", "j", or any other character (for the filter). False: the user quits. */
bool dashboard_press(struct dashboard *dashboard, const char *label);
void dashboard_resize(struct dashboard *dashboard, unsigned width, unsigned height);
/* One row of the screen without trailing blanks. Returns `text`. */
char *dashboard_row(struct dashboard *dashboard, unsigned row, char *text, size_t room);

#endif
