/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The diagrams of the two state machines. States and edges are tables whose points have names, not
 * numbers, so that the same picture fits half of a small terminal and half of a projector. All edges
 * are drawn faint, then the one that was taken last is drawn over them in heavy lines, broken where the
 * step is inferred. A step that no edge stands for (a session joined late) is told in the box's own edge.
 */
#include <stdio.h>
#include <string.h>

#include "ui/panel_machine.h"
#include "ui/text.h"

enum { BOX_HEIGHT = 4, GRID_ROWS = 64, GRID_COLUMNS = 160, POINTS_MAX = 4, ROWS = 3 };

enum x {
	BUS_LEFT, /* beside the left boxes, for what goes past one */
	LEFT_IN,  /* just before the left box */
	LEFT_BOX,
	LEFT_A, /* a third, two thirds of it */
	LEFT_B,
	LEFT_OUT,   /* just after it */
	MIDDLE_A,
	MIDDLE_B,
	CENTRE_IN, /* the box in the middle */
	CENTRE_BOX,
	CENTRE_A,
	CENTRE_B,
	CENTRE_OUT,
	RIGHT_IN,
	RIGHT_BOX,
	RIGHT_A,
	RIGHT_B,
	RIGHT_OUT,
	BUS_RIGHT,
	X_COUNT,
};

enum y { LINE_A, LINE_B, UNDER, OVER }; /* the two lines in a box; the rows just below and above it */

struct point {
	enum x x;
	uint8_t row;
	enum y y;
};

struct edge {
	uint8_t from, to;
	uint8_t count;
	struct point point[POINTS_MAX];
};

struct node {
	uint8_t state;
	enum x x;
	uint8_t row;
};

struct machine {
	const struct node *nodes;
	size_t node_count;
	const struct edge *edges;
	size_t edge_count;
};

#define IDLE BGP_STATE_IDLE
#define CONNECT BGP_STATE_CONNECT
#define ACTIVE BGP_STATE_ACTIVE
#define OPENSENT BGP_STATE_OPENSENT
#define OPENCONFIRM BGP_STATE_OPENCONFIRM
#define ESTABLISHED BGP_STATE_ESTABLISHED

static const struct node bgp_nodes[] = {
	{IDLE, LEFT_BOX, 0},
	{CONNECT, RIGHT_BOX, 0},
	{ESTABLISHED, LEFT_BOX, 1},
	{ACTIVE, RIGHT_BOX, 1},
	{OPENCONFIRM, LEFT_BOX, 2},
	{OPENSENT, RIGHT_BOX, 2},
};

static const struct edge bgp_edges[] = {
	{IDLE, CONNECT, 2, {{LEFT_OUT, 0, LINE_A}, {RIGHT_IN, 0, LINE_A}}},
	{CONNECT, IDLE, 2, {{RIGHT_IN, 0, LINE_B}, {LEFT_OUT, 0, LINE_B}}},
	{IDLE, ACTIVE, 4,
		{{LEFT_OUT, 0, LINE_A}, {MIDDLE_B, 0, LINE_A}, {MIDDLE_B, 1, LINE_A},
			{RIGHT_IN, 1, LINE_A}}},
	{ACTIVE, IDLE, 4,
		{{RIGHT_IN, 1, LINE_B}, {MIDDLE_A, 1, LINE_B}, {MIDDLE_A, 0, LINE_B},
			{LEFT_OUT, 0, LINE_B}}},
	{CONNECT, ACTIVE, 2, {{RIGHT_B, 0, UNDER}, {RIGHT_B, 1, OVER}}},
	{ACTIVE, CONNECT, 2, {{RIGHT_A, 1, OVER}, {RIGHT_A, 0, UNDER}}},
	{CONNECT, OPENSENT, 4,
		{{RIGHT_OUT, 0, LINE_B}, {BUS_RIGHT, 0, LINE_B}, {BUS_RIGHT, 2, LINE_B},
			{RIGHT_OUT, 2, LINE_B}}},
	{ACTIVE, OPENSENT, 2, {{RIGHT_B, 1, UNDER}, {RIGHT_B, 2, OVER}}},
	{OPENSENT, ACTIVE, 2, {{RIGHT_A, 2, OVER}, {RIGHT_A, 1, UNDER}}},
	{OPENSENT, OPENCONFIRM, 2, {{RIGHT_IN, 2, LINE_B}, {LEFT_OUT, 2, LINE_B}}},
	{OPENSENT, IDLE, 4,
		{{RIGHT_IN, 2, LINE_A}, {MIDDLE_A, 2, LINE_A}, {MIDDLE_A, 0, LINE_B},
			{LEFT_OUT, 0, LINE_B}}},
	{OPENCONFIRM, ESTABLISHED, 2, {{LEFT_B, 2, OVER}, {LEFT_B, 1, UNDER}}},
	{OPENCONFIRM, IDLE, 4,
		{{LEFT_IN, 2, LINE_A}, {BUS_LEFT, 2, LINE_A}, {BUS_LEFT, 0, LINE_B},
			{LEFT_IN, 0, LINE_B}}},
	{ESTABLISHED, IDLE, 2, {{LEFT_A, 1, OVER}, {LEFT_A, 0, UNDER}}},
};

/* Of events a BFD state is one more than on the wire; 0 is Unknown. */
enum { ADMIN_DOWN = BFD_ADMIN_DOWN + 1, DOWN = BFD_DOWN + 1, INIT = BFD_INIT + 1, UP = BFD_UP + 1 };

static const struct node bfd_nodes[] = {
	{DOWN, CENTRE_BOX, 0},
	{INIT, LEFT_BOX, 1},
	{UP, RIGHT_BOX, 1},
	{ADMIN_DOWN, CENTRE_BOX, 2},
};

static const struct edge bfd_edges[] = {
	{DOWN, INIT, 3, {{CENTRE_IN, 0, LINE_A}, {LEFT_A, 0, LINE_A}, {LEFT_A, 1, OVER}}},
	{INIT, DOWN, 3, {{LEFT_B, 1, OVER}, {LEFT_B, 0, LINE_B}, {CENTRE_IN, 0, LINE_B}}},
	{DOWN, UP, 3, {{CENTRE_OUT, 0, LINE_A}, {RIGHT_B, 0, LINE_A}, {RIGHT_B, 1, OVER}}},
	{UP, DOWN, 3, {{RIGHT_A, 1, OVER}, {RIGHT_A, 0, LINE_B}, {CENTRE_OUT, 0, LINE_B}}},
	{INIT, UP, 2, {{LEFT_OUT, 1, LINE_A}, {RIGHT_IN, 1, LINE_A}}},
	{INIT, ADMIN_DOWN, 3, {{LEFT_B, 1, UNDER}, {LEFT_B, 2, LINE_A}, {CENTRE_IN, 2, LINE_A}}},
	{UP, ADMIN_DOWN, 3, {{RIGHT_A, 1, UNDER}, {RIGHT_A, 2, LINE_A}, {CENTRE_OUT, 2, LINE_A}}},
	{ADMIN_DOWN, DOWN, 2, {{CENTRE_A, 2, OVER}, {CENTRE_A, 0, UNDER}}},
	{DOWN, ADMIN_DOWN, 2, {{CENTRE_B, 0, UNDER}, {CENTRE_B, 2, OVER}}},
};

static const struct machine machines[] = {
	[PROTOCOL_BGP] = {bgp_nodes, sizeof(bgp_nodes) / sizeof(bgp_nodes[0]), bgp_edges,
		sizeof(bgp_edges) / sizeof(bgp_edges[0])},
	[PROTOCOL_BFD] = {bfd_nodes, sizeof(bfd_nodes) / sizeof(bfd_nodes[0]), bfd_edges,
		sizeof(bfd_edges) / sizeof(bfd_edges[0])},
};

unsigned
machine_style(enum protocol protocol, uint8_t state)
{
	if (protocol == PROTOCOL_BFD) {
		return state == UP ? STYLE_GOOD
			: state == INIT ? STYLE_BUSY
			: state == 0    ? STYLE_NORMAL
					: STYLE_BAD;
	}
	return state == ESTABLISHED          ? STYLE_GOOD
		: state == BGP_STATE_UNKNOWN ? STYLE_NORMAL
		: state == IDLE              ? STYLE_BAD
					     : STYLE_BUSY;
}

struct grid {
	unsigned x[X_COUNT], box_width, gap;
	unsigned height, width;
	uint8_t ends[GRID_ROWS][GRID_COLUMNS]; /* of the lines, enum line_end */
};

static void
lay_out(struct grid *g, const struct area *area)
{
	memset(g, 0, sizeof(*g));
	g->width = area->width < GRID_COLUMNS ? area->width : GRID_COLUMNS;
	g->height = area->height < GRID_ROWS ? area->height : GRID_ROWS;
	g->gap = g->height >= DIAGRAM_HEIGHT_MIN ? (g->height - ROWS * BOX_HEIGHT) / 2 : 1;
	g->gap = g->gap > 4 ? 4 : g->gap;
	unsigned box = g->width >= 60 ? 17 : 13;
	g->box_width = box;
	unsigned left = 2, right = g->width - 2 - box, centre = (g->width - box) / 2;
	unsigned between = right - left - box;
	unsigned *x = g->x;
	x[BUS_LEFT] = 0;
	x[LEFT_IN] = left - 1;
	x[LEFT_BOX] = left;
	x[LEFT_A] = left + box / 3;
	x[LEFT_B] = left + 2 * box / 3;
	x[LEFT_OUT] = left + box;
	x[MIDDLE_A] = left + box + between / 4;
	x[MIDDLE_B] = left + box + between / 2;
	x[CENTRE_IN] = centre - 1;
	x[CENTRE_BOX] = centre;
	x[CENTRE_A] = centre + box / 3;
	x[CENTRE_B] = centre + 2 * box / 3;
	x[CENTRE_OUT] = centre + box;
	x[RIGHT_IN] = right - 1;
	x[RIGHT_BOX] = right;
	x[RIGHT_A] = right + box / 3;
	x[RIGHT_B] = right + 2 * box / 3;
	x[RIGHT_OUT] = right + box;
	x[BUS_RIGHT] = right + box + 1;
}

static unsigned
row_of(const struct grid *g, const struct point *p)
{
	unsigned top = p->row * (BOX_HEIGHT + g->gap);
	switch (p->y) {
	case LINE_A:
		return top + 1;
	case LINE_B:
		return top + 2;
	case UNDER:
		return top + BOX_HEIGHT;
	default:
		return top - 1;
	}
}

static void
join(struct grid *g, unsigned row, unsigned column, unsigned end)
{
	if (row < g->height && column < g->width) {
		g->ends[row][column] |= (uint8_t)end;
	}
}

static void
trace_edge(struct grid *g, const struct edge *edge)
{
	for (size_t i = 0; i + 1 < edge->count; i++) {
		unsigned x = g->x[edge->point[i].x], y = row_of(g, &edge->point[i]);
		unsigned to_x = g->x[edge->point[i + 1].x], to_y = row_of(g, &edge->point[i + 1]);
		while (x != to_x) {
			bool rightwards = x < to_x;
			join(g, y, x, rightwards ? LINE_RIGHT : LINE_LEFT);
			x = rightwards ? x + 1 : x - 1;
			join(g, y, x, rightwards ? LINE_LEFT : LINE_RIGHT);
		}
		while (y != to_y) {
			bool down = y < to_y;
			join(g, y, x, down ? LINE_BELOW : LINE_ABOVE);
			y = down ? y + 1 : y - 1;
			join(g, y, x, down ? LINE_ABOVE : LINE_BELOW);
		}
	}
}

static void
draw_grid(const struct grid *g, const struct area *area, unsigned style, unsigned heavy)
{
	for (unsigned row = 0; row < g->height; row++) {
		for (unsigned column = 0; column < g->width; column++) {
			if (g->ends[row][column] != 0) {
				area_line(area, row, column, style, g->ends[row][column] | heavy);
			}
		}
	}
}

/* The head of the arrow: into the box that the edge leads to. */
static void
draw_head(const struct grid *g, const struct area *area, const struct edge *edge, unsigned style)
{
	const struct point *end = &edge->point[edge->count - 1];
	enum glyph head = GLYPH_DOWN;
	if (end->y == UNDER) {
		head = GLYPH_UP;
	} else if (end->y != OVER) {
		bool rightwards = end->x == LEFT_IN || end->x == CENTRE_IN || end->x == RIGHT_IN;
		head = rightwards ? GLYPH_RIGHT : GLYPH_LEFT;
	}
	area_text(area, row_of(g, end), g->x[end->x], 1, style, area_glyph(area, head));
}

static void
draw_box(const struct grid *g, const struct area *area, const struct diagram *d,
	const struct node *node, bool jumped)
{
	bool here = node->state == d->state;
	unsigned top = node->row * (BOX_HEIGHT + g->gap), left = g->x[node->x];
	unsigned right = left + g->box_width - 1, bottom = top + BOX_HEIGHT - 1;
	unsigned style = here ? machine_style(d->protocol, node->state) : STYLE_NORMAL;
	unsigned heavy = here ? LINE_HEAVY : 0;
	area_line(area, top, left, style, LINE_BELOW | LINE_RIGHT | heavy);
	area_line(area, top, right, style, LINE_BELOW | LINE_LEFT | heavy);
	area_line(area, bottom, left, style, LINE_ABOVE | LINE_RIGHT | heavy);
	area_line(area, bottom, right, style, LINE_ABOVE | LINE_LEFT | heavy);
	for (unsigned column = left + 1; column < right; column++) {
		area_line(area, top, column, style, LINE_LEFT | LINE_RIGHT | heavy | (jumped ? LINE_BROKEN : 0));
		area_line(area, bottom, column, style, LINE_LEFT | LINE_RIGHT | heavy);
	}
	if (jumped) {
		/* From where, in the broken edge of the box: no arrow leads here from there. */
		char from[48];
		snprintf(from, sizeof(from), "%s %s", area_glyph(area, GLYPH_DOWN),
			track_state_name(d->protocol, d->from));
		area_text(area, top, left + 1, g->box_width - 2, style, from);
	}
	const char *texts[2] = {track_state_name(d->protocol, node->state),
		here && d->note != NULL ? d->note : ""};
	unsigned inner = g->box_width - 2;
	for (unsigned i = 0; i < 2; i++) {
		unsigned width = (unsigned)text_width(texts[i]);
		unsigned before = width < inner ? (inner - width) / 2 : 0;
		area_line(area, top + 1 + i, left, style, LINE_ABOVE | LINE_BELOW | heavy);
		area_line(area, top + 1 + i, right, style, LINE_ABOVE | LINE_BELOW | heavy);
		area_fill(area, top + 1 + i, left + 1, inner, here ? style | STYLE_LIT : style);
		area_text(area, top + 1 + i, left + 1 + before, inner - before,
			here ? style | STYLE_LIT : style, texts[i]);
	}
}

void
diagram_draw(const struct diagram *d, const struct area *area)
{
	static struct grid grid; /* large; one thread */
	const struct machine *machine = &machines[d->protocol];
	const struct edge *taken = NULL;
	lay_out(&grid, area);
	for (size_t i = 0; i < machine->edge_count; i++) {
		const struct edge *edge = &machine->edges[i];
		trace_edge(&grid, edge);
		if (edge->from == d->from && edge->to == d->to) {
			taken = edge;
		}
	}
	draw_grid(&grid, area, STYLE_FAINT, 0);
	for (size_t i = 0; i < machine->edge_count; i++) {
		draw_head(&grid, area, &machine->edges[i], STYLE_FAINT);
	}
	if (taken != NULL) {
		unsigned style = machine_style(d->protocol, d->to);
		memset(grid.ends, 0, sizeof(grid.ends));
		trace_edge(&grid, taken);
		draw_grid(&grid, area, style, LINE_HEAVY | (d->inferred ? LINE_BROKEN : 0));
		draw_head(&grid, area, taken, style);
	}
	for (size_t i = 0; i < machine->node_count; i++) {
		bool jumped = taken == NULL && d->from != d->to && d->to == d->state &&
			machine->nodes[i].state == d->state;
		draw_box(&grid, area, d, &machine->nodes[i], jumped);
	}
}
