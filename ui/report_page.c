/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The report's paper; see the header. Everything leaves through put_line(). */
#include "ui/report_page.h"

#include <stdarg.h>
#include <string.h>

#include "ui/text.h"

enum { STYLE_FIRST = 1, STYLE_LAST = 6, GAP = 2 };

static const char *const sgr[] = {NULL, "\033[1m", "\033[1;31m", "\033[32m", "\033[33m", "\033[2m",
	"\033[0m"};

void
page_init(struct page *page, const struct ui_options *options)
{
	size_t width = options->width > 0 ? options->width : PAGE_WIDTH_DEFAULT;
	if (width > PAGE_WIDTH_MAX) {
		width = PAGE_WIDTH_MAX;
	} else if (width < PAGE_WIDTH_MIN) {
		width = PAGE_WIDTH_MIN;
	}
	*page = (struct page){
		.out = options->out,
		.color = options->color,
		.utf8 = options->utf8,
		.width = width,
	};
}

static void
put(struct page *page, const char *text, size_t size)
{
	if (fwrite(text, 1, size, page->out) != size) {
		page->failed = true;
	}
}

static void
put_blanks(struct page *page, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		put(page, " ", 1);
	}
}

/* Text with its styles. `style` is the one in force before and after: a paragraph's colour goes on
 * in its next line, though every line ends without colour. */
static void
put_styled(struct page *page, const char *text, size_t size, char *style)
{
	if (*style != 0 && page->color && size > 0) {
		put(page, sgr[(size_t)*style], strlen(sgr[(size_t)*style]));
	}
	for (size_t i = 0; i < size; i++) {
		char c = text[i];
		if (c < STYLE_FIRST || c > STYLE_LAST) {
			put(page, &text[i], 1);
			continue;
		}
		*style = c == STYLE_LAST ? 0 : c;
		if (page->color) {
			put(page, sgr[(size_t)c], strlen(sgr[(size_t)c]));
		}
	}
	if (*style != 0 && page->color && size > 0) {
		put(page, sgr[STYLE_LAST], strlen(sgr[STYLE_LAST]));
	}
}

/* For this page: as it is, or in ASCII. */
static const char *
page_encode(const struct page *page, const char *text, char *ascii, size_t room)
{
	return page->utf8 ? text : text_ascii(text, ascii, room);
}

size_t
page_width_of(const struct page *page, const char *text)
{
	char ascii[PAGE_TEXT_MAX];
	return text_width(page_encode(page, text, ascii, sizeof(ascii)));
}

void
page_text(struct page *page, size_t indent, size_t hanging, const char *format, ...)
{
	char text[PAGE_TEXT_MAX];
	char ascii[PAGE_TEXT_MAX];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	const char *at = page_encode(page, text, ascii, sizeof(ascii));
	size_t column = indent;
	char style = 0;
	do {
		const char *next;
		size_t room = page->width > column + 20 ? page->width - column : 20;
		size_t size = text_wrap(at, room, &next);
		put_blanks(page, column);
		put_styled(page, at, size, &style);
		put(page, "\n", 1);
		at = next;
		column = hanging;
	} while (*at != '\0');
}

void
page_line(struct page *page, size_t indent, const char *text)
{
	char ascii[PAGE_TEXT_MAX];
	char style = 0;
	const char *line = page_encode(page, text, ascii, sizeof(ascii));
	put_blanks(page, indent);
	put_styled(page, line, strlen(line), &style);
	put(page, "\n", 1);
}

void
page_row(struct page *page, size_t indent, const struct page_cell *cells, size_t count)
{
	char ascii[PAGE_COLUMNS_MAX][PAGE_TEXT_MAX / 4];
	const char *at[PAGE_COLUMNS_MAX];
	char style[PAGE_COLUMNS_MAX] = {0};
	bool more = true;
	for (size_t i = 0; i < count; i++) {
		at[i] = page_encode(page, cells[i].text, ascii[i], sizeof(ascii[i]));
	}
	for (bool first = true; first || more; first = false) {
		size_t column = 0;  /* where the next cell starts */
		size_t written = 0; /* up to where the line is filled */
		more = false;
		column = indent;
		for (size_t i = 0; i < count; i++) {
			size_t width = cells[i].width > 0   ? cells[i].width
				: page->width > column + 20 ? page->width - column
							    : 20;
			const char *next;
			size_t size = text_wrap(at[i], width, &next);
			size_t text_columns = text_width_of(at[i], size);
			size_t start = column;
			if (cells[i].right && text_columns < width) {
				start += width - text_columns;
			}
			if (size > 0) {
				put_blanks(page, start - written);
				put_styled(page, at[i], size, &style[i]);
				written = start + text_columns;
			}
			at[i] = next;
			more = more || *next != '\0';
			column += width + GAP;
		}
		put(page, "\n", 1);
	}
}

void
page_heading(struct page *page, const char *format, ...)
{
	char text[PAGE_TEXT_MAX / 4];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	char line[PAGE_TEXT_MAX] = "";
	text_append(line, sizeof(line), STYLE_BOLD "── %s", text);
	size_t width = page_width_of(page, line) + 1;
	for (size_t i = width; i < page->width; i++) {
		text_append(line, sizeof(line), "%s─", i == width ? " " : "");
	}
	page_text(page, 0, 3, "%s" STYLE_END, line);
}

void
page_subheading(struct page *page, const char *text)
{
	page_blank(page);
	page_text(page, 2, 2, STYLE_BOLD "%s" STYLE_END, text);
}

void
page_blank(struct page *page)
{
	put(page, "\n", 1);
}
