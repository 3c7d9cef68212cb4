/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BGPWHY_UI_DASHBOARD_CANVAS_H
#define BGPWHY_UI_DASHBOARD_CANVAS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/*
 * Private to the dashboard: the terminal as a canvas. Panels draw through this and know nothing of
 * curses. All text is UTF-8; the canvas turns it into what the terminal can show, never lets it
 * leave its area and never sends a character that could move the cursor.
 */

enum style {
	STYLE_NORMAL,
	STYLE_STRONG, /* bold */
	STYLE_FAINT,  /* of little weight: separators, routine */
	STYLE_GOOD,   /* Established, Up */
	STYLE_BUSY,   /* on the way, or in doubt */
	STYLE_BAD,    /* down */
	STYLE_ACCENT, /* labels, headings */
	STYLE_COUNT,
	STYLE_BAND = 0x100, /* or-ed in: the light-on-dark bands and the line under the cursor */
	STYLE_LIT = 0x200,  /* or-ed in: the same in its own colour */
};

enum glyph {
	GLYPH_GOOD,
	GLYPH_WARN,
	GLYPH_BUSY,
	GLYPH_BAD,
	GLYPH_UNKNOWN,
	GLYPH_RIGHT, /* from local to remote */
	GLYPH_LEFT,
	GLYPH_BOTH,
	GLYPH_CURSOR,
	GLYPH_TIMES,
	GLYPH_RULE,
	GLYPH_DOWN, /* sorted downwards */
	GLYPH_UP,
	GLYPH_CUT,  /* text goes on */
	GLYPH_DASH, /* nothing to show */
	GLYPH_DOT,  /* between two facts */
	GLYPH_DIFFERS,
	GLYPH_LOST, /* of a hole in what was captured */
	GLYPH_MIDDLE, /* stands apart between the two columns of a table */
	GLYPH_COUNT,
};

struct canvas;

struct canvas_options {
	bool color, utf8;
	/* Headless: no terminal, a virtual screen of this size; 0 for the real one. */
	unsigned width, height;
};

/* Takes the terminal; stdin and stdout where both are one, else /dev/tty. NULL with a sentence. */
struct canvas *canvas_create(const struct canvas_options *options, char *error, size_t error_size);
/* Gives the terminal back; takes NULL. */
void canvas_destroy(struct canvas *canvas);

int canvas_fd(const struct canvas *canvas); /* -1 headless */
/* The user's end is gone (the ssh session broke). */
bool canvas_is_dead(const struct canvas *canvas);
/* Follows a change of the terminal's size; true where there was one. */
bool canvas_follow_size(struct canvas *canvas);
void canvas_set_size(struct canvas *canvas, unsigned width, unsigned height); /* headless */

enum {
	CANVAS_FUNCTION = 1 << 24, /* or-ed into the code of a function key */
	CANVAS_CLICK = 1 << 25,    /* the code of a click, the wheel up, the wheel down */
	CANVAS_WHEEL_UP,
	CANVAS_WHEEL_DOWN,
};

/* The next key that waits: a character or a function key. False: none. */
bool canvas_read_key(struct canvas *canvas, uint32_t *code);

/* Where the mouse was, of the last code that is one of its own. */
void canvas_mouse(const struct canvas *canvas, unsigned *row, unsigned *column);

void canvas_clear(struct canvas *canvas);
void canvas_show(struct canvas *canvas);    /* sends what changed */
void canvas_refresh(struct canvas *canvas); /* the next canvas_show() sends all of it */

/* The text of one row as it was drawn, without trailing blanks. Returns `text`. */
char *canvas_row_text(struct canvas *canvas, unsigned row, char *text, size_t room);

/* A rectangle to draw in; rows and columns below count from its corner. */
struct area {
	struct canvas *canvas;
	unsigned top, left, height, width;
};

struct area canvas_area(struct canvas *canvas); /* all of it */
/* `height` rows from `top`; cut to what there is. */
struct area area_rows(const struct area *area, unsigned top, unsigned height);

/* `width` columns from `left`; cut to what there is. */
struct area area_columns(const struct area *area, unsigned left, unsigned width);

bool area_utf8(const struct area *area);
const char *area_glyph(const struct area *area, enum glyph glyph);

/* Writes at most `width` columns of text; what is cut ends in a mark. Returns the columns used. */
unsigned area_text(const struct area *area, unsigned row, unsigned column, unsigned width,
	unsigned style, const char *text);
/* The same, ending at `column` + `width`. */
void area_text_right(const struct area *area, unsigned row, unsigned column, unsigned width,
	unsigned style, const char *text);
unsigned area_printf(const struct area *area, unsigned row, unsigned column, unsigned width,
	unsigned style, const char *format, ...) __attribute__((format(printf, 6, 7)));
/* Blanks, so that a band or the cursor covers the whole line. */
void
area_fill(const struct area *area, unsigned row, unsigned column, unsigned width, unsigned style);
void
area_rule(const struct area *area, unsigned row, unsigned column, unsigned width, unsigned style);
/* The piece of a line that joins the neighbours that are asked for. */
enum line_end {
	LINE_ABOVE = 1,
	LINE_BELOW = 2,
	LINE_LEFT = 4,
	LINE_RIGHT = 8,
	LINE_HEAVY = 16,
	LINE_BROKEN = 32, /* with LINE_HEAVY */
};
void area_line(const struct area *area, unsigned row, unsigned column, unsigned style,
	unsigned ends);
/* A column of `height` eighths (0 to 8) of a row; without UTF-8 one of eight characters. */
void area_level(const struct area *area, unsigned row, unsigned column, unsigned style,
	unsigned height);
/* Wraps text into at most `rows` lines from `row`; returns how many were used. The last one ends in a
 * mark where there is more. */
unsigned area_wrap(const struct area *area, unsigned row, unsigned rows, unsigned column,
	unsigned style, const char *text);
/* A bar of `width` columns that is `part` of `whole` long. */
void area_bar(const struct area *area, unsigned row, unsigned column, unsigned width,
	unsigned style, uint64_t part, uint64_t whole);

#endif
