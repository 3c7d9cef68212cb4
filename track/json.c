/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The JSON writer. It knows no nesting: one flag says whether the next member needs a comma, and
 * whoever opens an object or an array closes it.
 */
#include "track/json.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "track/json_internal.h"
#include "track/memory.h"
#include "track/utf8.h"

/* Out of the way of what mostly happens: there is room. */
__attribute__((noinline)) static void
grow(struct json *j, size_t more)
{
	size_t room = j->room > 0 ? j->room : 512;
	while (room - j->size <= more) {
		room *= 2;
	}
	j->text = memory_resize(j->text, room);
	j->room = room;
}

static inline void
reserve(struct json *j, size_t more)
{
	if (j->room - j->size <= more) {
		grow(j, more);
	}
}

static inline void
put(struct json *j, const char *text, size_t size)
{
	reserve(j, size);
	memcpy(j->text + j->size, text, size);
	j->size += size;
	j->text[j->size] = '\0';
}

static inline void
put_octet(struct json *j, char octet)
{
	reserve(j, 1);
	j->text[j->size++] = octet;
	j->text[j->size] = '\0';
}

static void
put_string(struct json *j, const char *text)
{
	put(j, text, strlen(text));
}

__attribute__((format(printf, 2, 3))) static void
put_format(struct json *j, const char *format, ...)
{
	char text[96];
	va_list args;
	va_start(args, format);
	int size = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	assert(size >= 0 && (size_t)size < sizeof(text));
	put(j, text, (size_t)size);
}

/* It stands for itself in a string. */
static inline bool
is_plain(uint8_t octet)
{
	return octet >= 0x20 && octet < 0x7f && octet != '"' && octet != '\\';
}

/* Whether eight octets are. Of each the highest bit tells: what is no ASCII has it set, a borrow sets it in what is less
 * than a space, in a zero where it is compared, and a carry in DEL. */
static inline bool
are_plain(uint64_t word)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);
	uint64_t quote = word ^ ones * '"';
	uint64_t backslash = word ^ ones * '\\';
	uint64_t wrong = word | (word - ones * 0x20) | (word + ones) | (quote - ones) | (backslash - ones);
	return (wrong & ones * 0x80) == 0;
}

/* What is plain from here on; most strings are nothing else, and short. How many octets that were. */
static inline size_t
put_plain(struct json *j, const uint8_t *bytes, size_t size)
{
	reserve(j, size);
	char *at = j->text + j->size;
	size_t count = 0;
	uint64_t word;
	while (size - count >= sizeof(word)) {
		memcpy(&word, bytes + count, sizeof(word));
		if (!are_plain(word)) {
			break;
		}
		memcpy(at + count, &word, sizeof(word));
		count += sizeof(word);
	}
	while (count < size && is_plain(bytes[count])) {
		at[count] = (char)bytes[count];
		count++;
	}
	at[count] = '\0';
	j->size += count;
	return count;
}

/* One character that is not plain; octets that are no UTF-8 (a file's name may have some) become U+FFFD. How many
 * octets it has. */
static size_t
put_character(struct json *j, const uint8_t *bytes, size_t size)
{
	uint32_t c;
	size_t length = utf8_next(bytes, size, &c);
	if (c == '"' || c == '\\') {
		put_format(j, "\\%c", (char)c);
	} else if (c == UTF8_NONE) {
		put(j, "\\ufffd", 6);
	} else if (utf8_is_unsafe(c)) {
		put_format(j, "\\u%04x", (unsigned)c);
	} else {
		put(j, (const char *)bytes, length);
	}
	return length;
}

static void
put_escaped(struct json *j, const uint8_t *bytes, size_t size)
{
	reserve(j, size + 2);
	j->text[j->size++] = '"';
	size_t at = put_plain(j, bytes, size);
	while (at < size) {
		at += put_character(j, bytes + at, size - at);
		at += put_plain(j, bytes + at, size - at);
	}
	put_octet(j, '"');
}

/* Numbers are most of what is written: no format is read for them. */
static void
put_number(struct json *j, uint64_t value)
{
	char text[20];
	size_t at = sizeof(text);
	do {
		text[--at] = (char)('0' + value % 10);
		value /= 10;
	} while (value > 0);
	put(j, text + at, sizeof(text) - at);
}

/* What comes before every value: the comma, and in an object the key. */
static void
begin_value(struct json *j, const char *key)
{
	size_t size = key != NULL ? strlen(key) : 0;
	reserve(j, size + 4);
	char *at = j->text + j->size;
	if (j->comma) {
		*at++ = ',';
	}
	if (key != NULL) {
		*at++ = '"';
		memcpy(at, key, size);
		at += size;
		*at++ = '"';
		*at++ = ':';
	}
	*at = '\0';
	j->size = (size_t)(at - j->text);
	j->comma = true;
}

void
json_init(struct json *j)
{
	*j = (struct json){0};
	reserve(j, 0);
	j->text[0] = '\0';
}

void
json_finish(struct json *j)
{
	free(j->text);
	*j = (struct json){0};
}

void
json_clear(struct json *j)
{
	j->size = 0;
	j->comma = false;
	j->text[0] = '\0';
}

void
json_object(struct json *j, const char *key)
{
	begin_value(j, key);
	put_octet(j, '{');
	j->comma = false;
}

void
json_object_end(struct json *j)
{
	put_octet(j, '}');
	j->comma = true;
}

void
json_array(struct json *j, const char *key)
{
	begin_value(j, key);
	put_octet(j, '[');
	j->comma = false;
}

void
json_array_end(struct json *j)
{
	put_octet(j, ']');
	j->comma = true;
}

void
json_uint(struct json *j, const char *key, uint64_t value)
{
	begin_value(j, key);
	put_number(j, value);
}

void
json_int(struct json *j, const char *key, int64_t value)
{
	begin_value(j, key);
	if (value < 0) {
		put_octet(j, '-');
	}
	put_number(j, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}

void
json_bool(struct json *j, const char *key, bool value)
{
	begin_value(j, key);
	put_string(j, value ? "true" : "false");
}

void
json_null(struct json *j, const char *key)
{
	begin_value(j, key);
	put(j, "null", 4);
}

void
json_string(struct json *j, const char *key, const char *value)
{
	if (value == NULL) {
		json_null(j, key);
		return;
	}
	begin_value(j, key);
	put_escaped(j, (const uint8_t *)value, strlen(value));
}

void
json_value(struct json *j, const char *key, const char *json, size_t size)
{
	begin_value(j, key);
	put(j, json, size);
}

void
json_text(struct json *j, const char *key, const uint8_t *bytes, size_t size)
{
	if (!bgp_utf8_valid(bytes, size)) {
		json_null(j, key);
		return;
	}
	begin_value(j, key);
	put_escaped(j, bytes, size);
}

void
json_hex(struct json *j, const char *key, const uint8_t *bytes, size_t size)
{
	static const char digits[] = "0123456789abcdef";
	begin_value(j, key);
	reserve(j, 2 * size + 2);
	char *at = j->text + j->size;
	*at++ = '"';
	for (size_t i = 0; i < size; i++) {
		*at++ = digits[bytes[i] >> 4];
		*at++ = digits[bytes[i] & 15];
	}
	*at++ = '"';
	*at = '\0';
	j->size = (size_t)(at - j->text);
}

void
json_address(struct json *j, const char *key, const struct address *value)
{
	char text[ADDRESS_TEXT_MAX];
	json_string(j, key, value->family != 0 ? address_text(value, text) : NULL);
}

void
json_id(struct json *j, const char *key, uint64_t id)
{
	if (id == 0) {
		json_null(j, key);
	} else {
		json_uint(j, key, id);
	}
}

void
json_bgp_id(struct json *j, const char *key, uint32_t bgp_id)
{
	struct address a = address_from_u32(bgp_id);
	json_address(j, key, &a);
}

void
json_family_members(struct json *j, struct bgp_family family)
{
	char text[BGP_FAMILY_TEXT_MAX];
	json_uint(j, "afi", family.afi);
	json_uint(j, "safi", family.safi);
	json_string(j, "family", bgp_family_text(family, text));
}

void
json_families(struct json *j, const char *key, const struct bgp_family *families, size_t count)
{
	json_array(j, key);
	for (size_t i = 0; i < count; i++) {
		json_object(j, NULL);
		json_family_members(j, families[i]);
		json_object_end(j);
	}
	json_array_end(j);
}
