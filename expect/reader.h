/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BGPWHY_EXPECT_READER_H
#define BGPWHY_EXPECT_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "track/expect.h"

/* What the three formats share: lines, words, numbers, and how a mistake is told. */

enum { READER_WORDS_MAX = 24, READER_LINE_MAX = 1024 };

struct reader {
	struct expect *expect;
	const char *name;          /* of the file */
	struct expect_prefix local; /* whose configuration it is; any */
	const char *at, *end;      /* what is left */
	uint32_t line;             /* the number of the line read last */
	char text[READER_LINE_MAX]; /* its words */
	char *word[READER_WORDS_MAX + 1]; /* NULL at the end */
	size_t count;
	char *error;
	size_t error_size;
};

/* The next line that has words, without what follows the comment sign at the start of a word; longer lines
 * are cut, and further words left out. False at the end. */
bool reader_line(struct reader *r, char comment);

/* "FILE:LINE: …" into `error`; returns false. */
bool reader_fail(struct reader *r, uint32_t line, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* A new peer at this line; NULL, and a failure, where there are too many. */
struct expectation *reader_peer(struct reader *r, uint32_t line);

/* What it is called in findings: other than printable ASCII becomes '?'. */
void reader_name(struct expectation *e, const char *kind, const char *name);

bool reader_add_port(struct reader *r, uint32_t port);

/* False where the text is not one, whole and in bounds. */
bool read_number(const char *text, uint32_t min, uint32_t max, uint32_t *value);
bool read_asn(const char *text, uint32_t *value);       /* 65001, or 1.10 (RFC 5396) */
bool read_router_id(const char *text, uint32_t *value); /* 192.0.2.1 */
bool read_prefix(const char *text, struct expect_prefix *prefix); /* an address, with or without length */
bool read_family(const char *text, struct bgp_family *family);   /* ipv4-unicast */

/* The three formats. False: the reader has failed. */
bool read_text(struct reader *r);
bool read_frr(struct reader *r);
bool read_metallb(struct reader *r);

#endif
