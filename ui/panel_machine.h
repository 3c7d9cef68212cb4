/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BGPWHY_UI_PANEL_MACHINE_H
#define BGPWHY_UI_PANEL_MACHINE_H

#include "ui/dashboard_panel.h"

/* Private to the screen of the state machines: the diagram of one of them. */

struct diagram {
	enum protocol protocol;
	uint8_t state;    /* where it is: as struct event_transition has it */
	uint8_t from, to; /* the last transition; equal: none */
	bool inferred;    /* … which no packet shows */
	const char *note; /* below the name of the state, "12 s" */
};

enum { DIAGRAM_WIDTH_MIN = 39, DIAGRAM_HEIGHT_MIN = 14 };

/* BGP as in RFC 4271 section 8.2.2, BFD as in RFC 5880 section 6.2; fills the area. */
void diagram_draw(const struct diagram *diagram, const struct area *area);

/* What is good, bad or on the way of a state. */
unsigned machine_style(enum protocol protocol, uint8_t state);

#endif
