/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BGPWHY_UI_REPORT_PAGE_H
#define BGPWHY_UI_REPORT_PAGE_H

#include <stdbool.h>
#include <stddef.h>

#include "ui/ui.h"

/*
 * The paper that the report is written on: wrapped text, headings and rows of cells in a given
 * width. Styles are octets inside the text that no escaped text can hold; they become colours or
 * nothing. Without UTF-8, text becomes ASCII before it is measured, so that columns stay columns.
 */

#define STYLE_BOLD "\001"
#define STYLE_RED "\002"
#define STYLE_GREEN "\003"
#define STYLE_YELLOW "\004"
#define STYLE_DIM "\005"
#define STYLE_END "\006"

enum {
	PAGE_WIDTH_MIN = 60,
	PAGE_WIDTH_DEFAULT = 80,
	PAGE_WIDTH_MAX = 100,
	PAGE_COLUMNS_MAX = 8,
	PAGE_TEXT_MAX = 4096,
};

struct page {
	FILE *out;
	bool color, utf8;
	size_t width;
	bool failed;
};

/* One cell of a row: `width` columns, then a gap of two. The last one may have width 0: the rest. */
struct page_cell {
	size_t width;
	bool right; /* aligned to the right */
	const char *text;
};

void page_init(struct page *page, const struct ui_options *options);

/* A paragraph: the first line starts at column `indent`, the others at `hanging`. */
void page_text(struct page *page, size_t indent, size_t hanging, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* A line of its own that is not broken, however long: the name of a file is to be copied. */
void page_line(struct page *page, size_t indent, const char *text);

/* Cells side by side from column `indent` on, each wrapped inside its width. */
void page_row(struct page *page, size_t indent, const struct page_cell *cells, size_t count);

/* A title in a rule over the whole width; and a title over a paragraph. */
void page_heading(struct page *page, const char *format, ...) __attribute__((format(printf, 2, 3)));
void page_subheading(struct page *page, const char *text);
void page_blank(struct page *page);

/* How wide `text` becomes on this page. */
size_t page_width_of(const struct page *page, const char *text);

#endif
