/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines, words and numbers; see the header. Configurations are small, so nothing here is clever. */
#include "expect/reader.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\0';
}

static void
split(struct reader *r, size_t size, char comment)
{
	size_t i = 0;
	r->count = 0;
	while (i < size) {
		while (i < size && is_blank(r->text[i])) {
			r->text[i++] = '\0';
		}
		if (i == size || r->text[i] == comment || r->count == READER_WORDS_MAX) {
			break;
		}
		r->word[r->count++] = &r->text[i];
		while (i < size && !is_blank(r->text[i])) {
			i++;
		}
	}
	r->text[i < size ? i : size] = '\0';
	r->word[r->count] = NULL;
}

bool
reader_line(struct reader *r, char comment)
{
	while (r->at < r->end) {
		const char *newline = memchr(r->at, '\n', (size_t)(r->end - r->at));
		const char *stop = newline != NULL ? newline : r->end;
		size_t size = (size_t)(stop - r->at);
		if (size > READER_LINE_MAX - 1) {
			size = READER_LINE_MAX - 1;
		}
		memcpy(r->text, r->at, size);
		r->text[size] = '\0';
		r->at = newline != NULL ? newline + 1 : r->end;
		r->line++;
		split(r, size, comment);
		if (r->count > 0) {
			return true;
		}
	}
	return false;
}

bool
reader_fail(struct reader *r, uint32_t line, const char *format, ...)
{
	char text[400];
	va_list list;
	va_start(list, format);
	vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	for (char *c = text; *c != '\0'; c++) {
		*c = *c >= ' ' && *c <= '~' ? *c : '?'; /* words of the file may be in it */
	}
	if (line > 0) {
		snprintf(r->error, r->error_size, "%s:%u: %s", r->name, line, text);
	} else {
		snprintf(r->error, r->error_size, "%s: %s", r->name, text);
	}
	return false;
}

struct expectation *
reader_peer(struct reader *r, uint32_t line)
{
	struct expectation *e = expect_add(r->expect, line);
	if (e == NULL) {
		reader_fail(r, line, "more than %d peers are expected", EXPECT_PEERS_MAX);
	}
	return e;
}

void
reader_name(struct expectation *e, const char *kind, const char *name)
{
	snprintf(e->what, sizeof(e->what), "%s%s%.60s", kind, kind[0] != '\0' ? " " : "", name);
	for (char *c = e->what; *c != '\0'; c++) {
		*c = *c >= ' ' && *c <= '~' ? *c : '?';
	}
}

bool
reader_add_port(struct reader *r, uint32_t port)
{
	struct expect *expect = r->expect;
	size_t max = sizeof(expect->ports) / sizeof(expect->ports[0]);
	for (size_t i = 0; i < expect->port_count; i++) {
		if (expect->ports[i] == port) {
			return true;
		}
	}
	if (port == 179) {
		return true;
	}
	if (expect->port_count == max) {
		return reader_fail(r, r->line, "more than %zu different ports", max);
	}
	expect->ports[expect->port_count++] = (uint16_t)port;
	return true;
}

bool
read_number(const char *text, uint32_t min, uint32_t max, uint32_t *value)
{
	char *end;
	if (text == NULL || text[0] < '0' || text[0] > '9') {
		return false;
	}
	errno = 0;
	unsigned long long n = strtoull(text, &end, 10);
	if (errno != 0 || *end != '\0' || n < min || n > max) {
		return false;
	}
	*value = (uint32_t)n;
	return true;
}

bool
read_asn(const char *text, uint32_t *value)
{
	const char *dot = text != NULL ? strchr(text, '.') : NULL;
	char high[8];
	uint32_t a, b;
	if (dot == NULL) {
		return read_number(text, 1, UINT32_MAX, value);
	}
	if ((size_t)(dot - text) >= sizeof(high)) {
		return false;
	}
	snprintf(high, sizeof(high), "%.*s", (int)(dot - text), text);
	if (!read_number(high, 0, 65535, &a) || !read_number(dot + 1, 0, 65535, &b) || a + b == 0) {
		return false;
	}
	*value = a << 16 | b;
	return true;
}

static bool
read_address(const char *text, struct address *address)
{
	*address = (struct address){.family = 4};
	if (inet_pton(AF_INET, text, address->octets) == 1) {
		return true;
	}
	*address = (struct address){.family = 6};
	if (inet_pton(AF_INET6, text, address->octets) == 1) {
		return true;
	}
	*address = (struct address){.family = 0};
	return false;
}

bool
read_router_id(const char *text, uint32_t *value)
{
	struct address a;
	if (text == NULL || !read_address(text, &a) || a.family != 4) {
		return false;
	}
	*value = (uint32_t)a.octets[0] << 24 | (uint32_t)a.octets[1] << 16 |
		 (uint32_t)a.octets[2] << 8 | a.octets[3];
	return true;
}

bool
read_prefix(const char *text, struct expect_prefix *prefix)
{
	char copy[ADDRESS_TEXT_MAX + 8];
	uint32_t bits;
	if (text == NULL || strlen(text) >= sizeof(copy)) {
		return false;
	}
	memcpy(copy, text, strlen(text) + 1);
	char *slash = strchr(copy, '/');
	if (slash != NULL) {
		*slash = '\0';
	}
	char *zone = strchr(copy, '%');
	if (zone != NULL) {
		*zone = '\0'; /* an interface is not in the packets */
	}
	if (!read_address(copy, &prefix->addr)) {
		return false;
	}
	bits = prefix->addr.family == 4 ? 32 : 128;
	if (slash != NULL && !read_number(slash + 1, 0, bits, &bits)) {
		return false;
	}
	prefix->bits = (uint8_t)bits;
	return true;
}

static const struct {
	uint16_t number;
	const char *name;
} afis[] = {
#define AFI(number, name) {number, name},
#include "dissect/families.def"
#undef AFI
};

static const struct {
	uint8_t number;
	const char *name;
} safis[] = {
#define SAFI(number, name, framing, afis, walk) {number, name},
#include "dissect/families.def"
#undef SAFI
};

bool
read_family(const char *text, struct bgp_family *family)
{
	for (size_t i = 0; i < sizeof(afis) / sizeof(afis[0]); i++) {
		size_t size = strlen(afis[i].name);
		if (strncmp(text, afis[i].name, size) != 0 || text[size] != '-') {
			continue;
		}
		for (size_t k = 0; k < sizeof(safis) / sizeof(safis[0]); k++) {
			if (strcmp(text + size + 1, safis[k].name) == 0) {
				*family = (struct bgp_family){
					.afi = afis[i].number, .safi = safis[k].number};
				return true;
			}
		}
	}
	return false;
}
