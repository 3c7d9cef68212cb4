/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What may reach a terminal, how wide it is there, and where lines break. */
#include <criterion/criterion.h>

#include "tests/unit/octets.h"
#include "ui/text.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct {
	const char *what, *hex, *text;
} escapes[] = {
	{"plain", "68 69", "hi"},
	{"empty", "", ""},
	{"backslash", "5c 75", "\\\\u"},
	{"NUL", "61 00", "a\\u0000"},
	{"colour", "1b 5b 33 31 6d", "\\u001b[31m"},
	{"newline, carriage return", "0a 0d", "\\u000a\\u000d"},
	{"DEL", "7f", "\\u007f"},
	{"C1 in UTF-8", "c2 9b", "\\u009b"},
	{"C1 as an octet", "9b", "\\x9b"},
	{"override", "e2 80 ae", "\\u202e"},
	{"isolate", "e2 81 a7", "\\u2067"},
	{"Arabic letter mark", "d8 9c", "\\u061c"},
	{"separators", "e2 80 a8 e2 80 a9", "\\u2028\\u2029"},
	{"no UTF-8", "ff c0 80", "\\xff\\xc0\\x80"},
	{"cut", "61 e2 80", "a\\xe2\\x80"},
	{"surrogate", "ed a0 80", "\\xed\\xa0\\x80"},
	{"umlaut", "c3 bc", "\xc3\xbc"},
	{"joiner, selector, byte order mark", "e2 80 8d ef b8 8f ef bb bf", "\\u200d\\ufe0f\\ufeff"},
	{"tag", "f3 a0 81 81", "\\U000e0041"},
	{"flag", "f0 9f 87 a9", "\\U0001f1e9"},
	{"emoji", "f0 9f 98 80", "\xf0\x9f\x98\x80"},
};

Test(text, escape)
{
	for (size_t i = 0; i < COUNT(escapes); i++) {
		struct octets o = octets_from_hex(escapes[i].hex);
		char text[64];
		text_escape(o.bytes, o.size, text, sizeof(text));
		cr_expect_str_eq(text, escapes[i].text, "%s: %s", escapes[i].what, text);
		octets_free(&o);
	}
}

/* Plain octets are taken eight at a time: each special one is found at each place among them. */
Test(text, escape_among_plain)
{
	enum { PLAIN = 21 };
	for (size_t i = 0; i < COUNT(escapes); i++) {
		struct octets o = octets_from_hex(escapes[i].hex);
		for (size_t before = 0; before <= PLAIN; before++) {
			uint8_t bytes[64];
			char text[128], expected[128];
			memset(bytes, '~', before);
			memcpy(bytes + before, o.bytes, o.size);
			memset(bytes + before + o.size, ' ', PLAIN - before);
			snprintf(expected, sizeof(expected), "%.*s%s%*s", (int)before, "~~~~~~~~~~~~~~~~~~~~~", escapes[i].text,
				(int)(PLAIN - before), "");
			text_escape(bytes, PLAIN + o.size, text, sizeof(text));
			cr_expect_str_eq(text, expected, "%s after %zu: %s", escapes[i].what, before, text);
		}
		octets_free(&o);
	}
}

Test(text, escape_never_cuts)
{
	/* In every size of buffer: terminated, no half escape, no half character. */
	struct octets o = octets_from_hex("61 1b c3bc ff 5c f09f9880 62");
	for (size_t room = 0; room < 40; room++) {
		struct octets buffer = octets_from_hex("aa*40");
		char *text = (char *)buffer.bytes;
		text_escape(o.bytes, o.size, text, room);
		cr_expect_eq(buffer.bytes[room], 0xaa, "room %zu", room);
		if (room > 0) {
			size_t size = strlen(text);
			cr_expect_lt(size, room);
			cr_expect_neq(text[size > 0 ? size - 1 : 0], '\\', "room %zu: %s", room,
				text);
			for (size_t at = 0; at < size;) {
				uint32_t c;
				at += utf8_next((const uint8_t *)text + at, size - at, &c);
				cr_expect_neq(c, UTF8_NONE, "room %zu: %s", room, text);
			}
		}
		octets_free(&buffer);
	}
	octets_free(&o);
}

Test(text, ellipsis)
{
	char text[8];
	cr_expect_str_eq(text_escape_string("abcdefghij", text, sizeof(text)), "abcd…");
	cr_expect_str_eq(text_escape_string("abcdefg", text, sizeof(text)), "abcdefg");
}

Test(text, clean_is_idempotent)
{
	char once[64];
	char twice[64];
	text_clean("a\\b\x1b[0m \xff \xe2\x80\xae", once, sizeof(once));
	cr_expect_str_eq(once, "a\\b\\u001b[0m \\xff \\u202e");
	cr_expect_str_eq(text_clean(once, twice, sizeof(twice)), once);
}

Test(text, width)
{
	cr_expect_eq(text_width(""), 0);
	cr_expect_eq(text_width("abc"), 3);
	cr_expect_eq(text_width("→ ü"), 3);
	cr_expect_eq(text_width("e\xcc\x81"), 1); /* a combining accent */
	cr_expect_eq(text_width("\xe4\xb8\xad\xe6\x96\x87"), 4);
	cr_expect_eq(text_width_of("→abc", 3), 1);
	cr_expect_eq(text_fit("abc", 2), 2);
	cr_expect_eq(text_fit("→→", 1), 3);
	cr_expect_eq(text_fit("\xe4\xb8\xad", 1), 0);
}

static const struct {
	const char *text;
	size_t columns;
	const char *lines[4];
} wraps[] = {
	{"", 5, {""}},
	{"hello", 5, {"hello"}},
	{"hello world", 5, {"hello", "world"}},
	{"hello world", 8, {"hello", "world"}},
	{"hello  world", 8, {"hello", "world"}},
	{"a b c", 3, {"a b", "c"}},
	{"abcdefgh", 3, {"abc", "def", "gh"}},
	{"a\nb", 10, {"a", "b"}},
	{"→→→ b", 3, {"→→→", "b"}},
	{"\xe4\xb8\xad", 1, {"\xe4\xb8\xad"}},
};

Test(text, wrap)
{
	for (size_t i = 0; i < COUNT(wraps); i++) {
		const char *at = wraps[i].text;
		size_t line = 0;
		do {
			const char *next;
			size_t size = text_wrap(at, wraps[i].columns, &next);
			cr_assert_lt(line, 4);
			cr_assert_not_null(wraps[i].lines[line], "%zu: more than %zu", i, line);
			cr_expect(strlen(wraps[i].lines[line]) == size &&
					memcmp(at, wraps[i].lines[line], size) == 0,
				"%zu line %zu: %.*s", i, line, (int)size, at);
			at = next;
			line++;
		} while (*at != '\0');
	}
}

Test(text, ascii)
{
	char text[64];
	cr_expect_str_eq(text_ascii("a → b … ≠ ü \xf0\x9f\x98\x80", text, sizeof(text)),
		"a -> b ... != \\u00fc \\U0001f600");
}

static const struct {
	uint64_t us;
	const char *text;
} durations[] = {
	{0, "0 us"},
	{999, "999 us"},
	{1000, "1 ms"},
	{1500, "1.5 ms"},
	{380000, "380 ms"},
	{999999, "999 ms"},
	{1000000, "1 s"},
	{1900000, "1.9 s"},
	{59999999, "59.9 s"},
	{60000000, "1 min"},
	{185000000, "3 min 5 s"},
	{7800000000, "2 h 10 min"},
	{270000000000, "3 d 3 h"},
	{UINT64_MAX, "213503982 d 8 h"},
};

Test(text, duration)
{
	for (size_t i = 0; i < COUNT(durations); i++) {
		char text[TEXT_DURATION_MAX];
		cr_expect_str_eq(text_duration_us(durations[i].us, text), durations[i].text);
	}
}

Test(text, count)
{
	char text[TEXT_COUNT_MAX];
	cr_expect_str_eq(text_count(0, text), "0");
	cr_expect_str_eq(text_count(999, text), "999");
	cr_expect_str_eq(text_count(1000, text), "1,000");
	cr_expect_str_eq(text_count(UINT64_MAX, text), "18,446,744,073,709,551,615");
}

Test(text, append)
{
	char text[8] = "";
	text_append(text, sizeof(text), "%s", "abc");
	text_append(text, sizeof(text), "%s", "→→"); /* only one of them fits */
	cr_expect_str_eq(text, "abc→");
	text_append(text, sizeof(text), "%s", "xyz");
	cr_expect_str_eq(text, "abc→x");
	text_append(text, sizeof(text), "%s", "y");
	cr_expect_str_eq(text, "abc→x");
}
