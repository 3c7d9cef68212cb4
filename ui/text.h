/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BGPWHY_UI_TEXT_H
#define BGPWHY_UI_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "dissect/cursor.h"
#include "track/utf8.h"

/*
 * Text that is safe for a terminal, and how wide it is there. Shared by the report, the lines and
 * the dashboard.
 *
 * Escaping: control and C1 characters, line and paragraph separators and the characters that turn
 * the direction of writing become \uXXXX (track/utf8.h tells which); octets that are no UTF-8 become
 * \xNN; a backslash becomes two, so that an escape cannot be forged.
 */

/*
 * Escapes into `text` (room octets, always NUL-terminated, never cut inside a character or an
 * escape); what does not fit ends in "…". Returns `text`.
 */
char *text_escape(const uint8_t *bytes, size_t size, char *text, size_t room);
char *text_escape_cursor(struct cursor bytes, char *text, size_t room);
char *text_escape_string(const char *string, char *text, size_t room);

/*
 * The same for a string of the program's own that may carry wire text (a finding's summary): as
 * text_escape(), but a backslash stays what it is, so that escaping twice changes nothing.
 */
char *text_clean(const char *string, char *text, size_t room);

/* Columns on a terminal; `size` octets, or all up to the NUL. */
size_t text_width(const char *text);
size_t text_width_of(const char *text, size_t size);

/* How many octets of `text` fit into `columns`, without cutting a character. */
size_t text_fit(const char *text, size_t columns);

/*
 * A copy for terminals without UTF-8: the program's own punctuation (dashes, arrows, dots, rules)
 * becomes ASCII, any other character \uXXXX. Returns `text`.
 */
char *text_ascii(const char *string, char *text, size_t room);

/*
 * One line of at most `columns` from the start of `text`, broken at blanks (a word that is too long
 * is broken where it must be). Returns its octets without trailing blanks; *next is where to go on
 * (its NUL at the end).
 */
size_t text_wrap(const char *text, size_t columns, const char **next);

enum { TEXT_DURATION_MAX = 32, TEXT_COUNT_MAX = 32 };

/* "380 ms", "1.9 s", "45 s", "3 min 5 s", "2 h 10 min", "4 d 3 h". Returns `text`. */
const char *text_duration_us(uint64_t us, char text[TEXT_DURATION_MAX]);
const char *text_duration_ns(uint64_t ns, char text[TEXT_DURATION_MAX]);

/* "1,234,567". Returns `text`. */
const char *text_count(uint64_t count, char text[TEXT_COUNT_MAX]);

/* Like snprintf at the end of `text`, which holds a string; never past `room`. */
void
text_append(char *text, size_t room, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
