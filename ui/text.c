/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text for terminals. A BGP speaker can put anything into a shutdown communication, a host name or
 * a software version; printed as it is, it could move the cursor, colour the screen or turn words
 * around. So a view prints nothing of the wire that has not been through text_escape().
 *
 * Widths are those that wcwidth() of a UTF-8 locale gives for the characters that occur here: the
 * program does not depend on the locale for its layout, so a small table of wide and combining
 * ranges stands below.
 */
#include "ui/text.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#define ELLIPSIS "\xe2\x80\xa6"

enum { ELLIPSIS_SIZE = 3, PIECE_MAX = 16 };

struct range {
	uint32_t first, last;
};

static const struct range zero_width[] = {{0x0300, 0x036f}, {0x0483, 0x0489}, {0x0591, 0x05bd},
	{0x0610, 0x061a}, {0x064b, 0x065f}, {0x0900, 0x0902}, {0x0e34, 0x0e3a}, {0x1ab0, 0x1aff},
	{0x1dc0, 0x1dff}, {0x200b, 0x200d}, {0x20d0, 0x20f0}, {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f},
	{0xfeff, 0xfeff}, {0xe0001, 0xe01ef}};

static const struct range double_width[] = {{0x1100, 0x115f}, {0x2e80, 0x303e}, {0x3041, 0xa4cf},
	{0xac00, 0xd7a3}, {0xf900, 0xfaff}, {0xfe30, 0xfe6f}, {0xff00, 0xff60}, {0xffe0, 0xffe6},
	{0x1f300, 0x1f64f}, {0x1f680, 0x1f6ff}, {0x1f900, 0x1faff}, {0x20000, 0x3fffd}};

static bool
in_ranges(uint32_t c, const struct range *ranges, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (c >= ranges[i].first && c <= ranges[i].last) {
			return true;
		}
	}
	return false;
}

#define IN(c, ranges) in_ranges(c, ranges, sizeof(ranges) / sizeof((ranges)[0]))

static size_t
character_width(uint32_t c)
{
	if (c == UTF8_NONE || c < 0x300) {
		return c >= 0x20; /* the report's marks for colours take no room */
	}
	return IN(c, zero_width) ? 0 : IN(c, double_width) ? 2 : 1;
}

/* Writes what stands for one character; returns its octets. */
static size_t
escape_one(const uint8_t *bytes, size_t length, uint32_t c, bool forgeable, char piece[PIECE_MAX])
{
	if (c == UTF8_NONE) {
		return (size_t)snprintf(piece, PIECE_MAX, "\\x%02x", bytes[0]);
	}
	if (utf8_is_unsafe(c) || utf8_is_invisible(c)) {
		return (size_t)snprintf(piece, PIECE_MAX, c < 0x10000 ? "\\u%04x" : "\\U%08x", (unsigned)c);
	}
	if (c == '\\' && forgeable) {
		piece[0] = piece[1] = '\\';
		return 2;
	}
	memcpy(piece, bytes, length);
	return length;
}

static bool
is_plain(uint8_t octet)
{
	return octet >= 0x20 && octet < 0x7f && octet != '\\';
}

#define EACH(octet) (UINT64_C(0x0101010101010101) * (octet))

/* Whether any octet of the word is less than `octet`, at most 0x80; sees none in octets above 0x7f. */
static bool
any_below(uint64_t word, uint8_t octet)
{
	return ((word - EACH(octet)) & ~word & EACH(0x80)) != 0;
}

/* How many octets from the start are plain. */
static size_t
plain_run(const uint8_t *bytes, size_t size)
{
	size_t run = 0;
	while (size - run >= 8) {
		uint64_t word;
		memcpy(&word, bytes + run, 8);
		if ((word & EACH(0x80)) != 0 || any_below(word, 0x20) || any_below(word ^ EACH(0x7f), 1) ||
			any_below(word ^ EACH('\\'), 1)) {
			break;
		}
		run += 8;
	}
	while (run < size && is_plain(bytes[run])) {
		run++;
	}
	return run;
}

static char *
escape(const uint8_t *bytes, size_t size, bool forgeable, char *text, size_t room)
{
	size_t used = 0;
	size_t last_fit = 0; /* up to here an ellipsis would still fit */
	if (room == 0) {
		return text;
	}
	while (size > 0) {
		/* Most of it is plain, and may go as it is while an ellipsis would still fit. */
		size_t fit = room - used > ELLIPSIS_SIZE + 1 ? room - used - ELLIPSIS_SIZE - 1 : 0;
		size_t plain = plain_run(bytes, size < fit ? size : fit);
		if (plain > 0) {
			memcpy(text + used, bytes, plain);
			used += plain;
			last_fit = used;
			bytes += plain;
			size -= plain;
			continue;
		}
		uint32_t c;
		char piece[PIECE_MAX];
		size_t length = utf8_next(bytes, size, &c);
		size_t piece_size = escape_one(bytes, length, c, forgeable, piece);
		if (used + piece_size >= room) {
			used = last_fit;
			if (used + ELLIPSIS_SIZE < room) {
				memcpy(text + used, ELLIPSIS, ELLIPSIS_SIZE);
				used += ELLIPSIS_SIZE;
			}
			break;
		}
		memcpy(text + used, piece, piece_size);
		used += piece_size;
		if (used + ELLIPSIS_SIZE < room) {
			last_fit = used;
		}
		bytes += length;
		size -= length;
	}
	text[used] = '\0';
	return text;
}

char *
text_escape(const uint8_t *bytes, size_t size, char *text, size_t room)
{
	return escape(bytes, size, true, text, room);
}

char *
text_escape_cursor(struct cursor bytes, char *text, size_t room)
{
	return escape(bytes.at, cursor_left(&bytes), true, text, room);
}

char *
text_escape_string(const char *string, char *text, size_t room)
{
	return escape((const uint8_t *)string, strlen(string), true, text, room);
}

char *
text_clean(const char *string, char *text, size_t room)
{
	return escape((const uint8_t *)string, strlen(string), false, text, room);
}

size_t
text_width_of(const char *text, size_t size)
{
	size_t width = 0;
	while (size > 0) {
		uint32_t c;
		size_t length = utf8_next((const uint8_t *)text, size, &c);
		width += character_width(c);
		text += length;
		size -= length;
	}
	return width;
}

size_t
text_width(const char *text)
{
	return text_width_of(text, strlen(text));
}

/* Octets of the longest start of `size` octets that is at most `columns` wide. */
static size_t
fit(const char *text, size_t size, size_t columns)
{
	size_t at = 0;
	size_t width = 0;
	while (at < size) {
		uint32_t c;
		size_t length = utf8_next((const uint8_t *)text + at, size - at, &c);
		width += character_width(c);
		if (width > columns) {
			break;
		}
		at += length;
	}
	return at;
}

size_t
text_fit(const char *text, size_t columns)
{
	return fit(text, strlen(text), columns);
}

static const char *
ascii_for(uint32_t c)
{
	static const struct {
		uint32_t character;
		const char *ascii;
	} table[] = {
		{0x00b7, "."}, /* middle dot */
		{0x00d7, "x"}, /* multiplication sign */
		{0x2010, "-"},
		{0x2011, "-"},
		{0x2013, "-"},
		{0x2014, "-"}, /* dashes */
		{0x2018, "'"},
		{0x2019, "'"},
		{0x201c, "\""},
		{0x201d, "\""},
		{0x2022, "*"},   /* bullet */
		{0x2026, "..."}, /* ellipsis */
		{0x2190, "<-"},
		{0x2192, "->"},
		{0x2194, "<->"},
		{0x2212, "-"}, /* minus */
		{0x2260, "!="},
		{0x2264, "<="},
		{0x2265, ">="},
		{0x2500, "-"},
		{0x2501, "="},
		{0x2502, "|"},
		{0x253c, "+"}, /* rules */
		{0x2713, "ok"},
		{0x2714, "ok"},
		{0x2717, "x"},
		{0x2718, "x"},
		{0x25cf, "*"},
		{0x25cb, "o"},
		{0x25b2, "^"},
		{0x25bc, "v"},
	};
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (table[i].character == c) {
			return table[i].ascii;
		}
	}
	return NULL;
}

char *
text_ascii(const char *string, char *text, size_t room)
{
	const uint8_t *bytes = (const uint8_t *)string;
	size_t size = strlen(string);
	size_t used = 0;
	if (room == 0) {
		return text;
	}
	while (size > 0) {
		uint32_t c;
		char piece[PIECE_MAX];
		size_t length = utf8_next(bytes, size, &c);
		const char *ascii = ascii_for(c);
		int piece_size;
		if (ascii != NULL) {
			piece_size = snprintf(piece, sizeof(piece), "%s", ascii);
		} else if (c == UTF8_NONE) {
			piece_size = snprintf(piece, sizeof(piece), "\\x%02x", bytes[0]);
		} else if (c < 0x80) {
			piece_size = snprintf(piece, sizeof(piece), "%c", (int)c);
		} else {
			piece_size = snprintf(piece, sizeof(piece),
				c > 0xffff ? "\\U%08x" : "\\u%04x", (unsigned)c);
		}
		if (used + (size_t)piece_size >= room) {
			break;
		}
		memcpy(text + used, piece, (size_t)piece_size);
		used += (size_t)piece_size;
		bytes += length;
		size -= length;
	}
	text[used] = '\0';
	return text;
}

size_t
text_wrap(const char *text, size_t columns, const char **next)
{
	size_t size = strcspn(text, "\n");
	size_t line = fit(text, size, columns > 0 ? columns : 1);
	if (line < size && text[line] != ' ') {
		size_t blank = line;
		while (blank > 0 && text[blank - 1] != ' ') {
			blank--;
		}
		/* A word that is longer than the line is broken; always go on by a character. */
		if (blank > 0) {
			line = blank;
		} else if (line == 0) {
			uint32_t c;
			line = utf8_next((const uint8_t *)text, size, &c);
		}
	}
	const char *rest = text + line;
	while (*rest == ' ') {
		rest++;
	}
	if (*rest == '\n') {
		rest++;
	}
	*next = rest;
	while (line > 0 && text[line - 1] == ' ') {
		line--;
	}
	return line;
}

/* "1.9" for 19 tenths, "2" for 20. */
static const char *
duration_tenths(uint64_t tenths, const char *unit, char text[TEXT_DURATION_MAX])
{
	if (tenths % 10 == 0 || tenths >= 1000) {
		snprintf(text, TEXT_DURATION_MAX, "%" PRIu64 " %s", tenths / 10, unit);
	} else {
		snprintf(text, TEXT_DURATION_MAX, "%" PRIu64 ".%" PRIu64 " %s", tenths / 10,
			tenths % 10, unit);
	}
	return text;
}

static const char *
duration_pair(uint64_t large, const char *large_unit, uint64_t small, const char *small_unit,
	char text[TEXT_DURATION_MAX])
{
	if (small == 0) {
		snprintf(text, TEXT_DURATION_MAX, "%" PRIu64 " %s", large, large_unit);
	} else {
		snprintf(text, TEXT_DURATION_MAX, "%" PRIu64 " %s %" PRIu64 " %s", large,
			large_unit, small, small_unit);
	}
	return text;
}

const char *
text_duration_us(uint64_t us, char text[TEXT_DURATION_MAX])
{
	enum { MS = 1000, S = 1000 * MS };
	uint64_t seconds = us / S;
	if (us < MS) {
		snprintf(text, TEXT_DURATION_MAX, "%" PRIu64 " us", us);
		return text;
	}
	if (us < S) {
		uint64_t tenths = us < 100 * MS ? us / (MS / 10) : us / MS * 10;
		return duration_tenths(tenths, "ms", text);
	}
	if (seconds < 60) {
		return duration_tenths(us / (S / 10), "s", text);
	}
	if (seconds < 3600) {
		return duration_pair(seconds / 60, "min", seconds % 60, "s", text);
	}
	if (seconds < 48 * 3600) {
		return duration_pair(seconds / 3600, "h", seconds / 60 % 60, "min", text);
	}
	return duration_pair(seconds / 86400, "d", seconds / 3600 % 24, "h", text);
}

const char *
text_duration_ns(uint64_t ns, char text[TEXT_DURATION_MAX])
{
	return text_duration_us(ns / 1000, text);
}

const char *
text_count(uint64_t count, char text[TEXT_COUNT_MAX])
{
	char digits[24];
	int size = snprintf(digits, sizeof(digits), "%" PRIu64, count);
	char *at = text;
	for (int i = 0; i < size; i++) {
		if (i > 0 && (size - i) % 3 == 0) {
			*at++ = ',';
		}
		*at++ = digits[i];
	}
	*at = '\0';
	return text;
}

void
text_append(char *text, size_t room, const char *format, ...)
{
	size_t used = strnlen(text, room);
	if (used + 1 >= room) {
		return;
	}
	va_list args;
	va_start(args, format);
	int size = vsnprintf(text + used, room - used, format, args);
	va_end(args);
	/* Where it was cut, it is not cut inside a character. */
	if (size >= 0 && (size_t)size >= room - used) {
		size_t end = used;
		while (text[end] != '\0') {
			uint32_t c;
			size_t length = utf8_next((const uint8_t *)text + end, strlen(text + end),
				&c);
			if (c == UTF8_NONE) {
				break;
			}
			end += length;
		}
		text[end] = '\0';
	}
}
