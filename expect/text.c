/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The format of bgpwhy-expect(5): a keyword and its values on a line, `peer` begins a session, `defaults`
 * what those after it have in common. A keyword is a row of the table.
 */
#include "expect/reader.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static const char words[] = "yes or no";

enum pair_kind { PAIR_ASN, PAIR_ID, PAIR_HOLD, PAIR_YES, PAIR_YES_NO, PAIR_MS, PAIR_MULT };

static struct expect_value *
member(struct expectation *e, unsigned side, const char *keyword)
{
	struct expect_side *s = &e->side[side];
	const struct {
		const char *keyword;
		struct expect_value *value;
	} members[] = {
		{"asn", &s->asn},
		{"router-id", &s->router_id},
		{"offers-hold-time", &s->hold_s},
		{"passive", &s->passive},
		{"graceful-restart", &s->restart},
		{"bfd-transmit-ms", &s->bfd_tx_us},
		{"bfd-receive-ms", &s->bfd_rx_us},
		{"bfd-multiplier", &s->bfd_mult},
	};
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		if (strcmp(members[i].keyword, keyword) == 0) {
			return members[i].value;
		}
	}
	return NULL;
}

/* The members above, and what their values look like. */
static const struct pair {
	const char *keyword;
	enum pair_kind kind;
	const char *what; /* a value is */
} pairs[] = {
	{"asn", PAIR_ASN, "an AS number, internal or external"},
	{"router-id", PAIR_ID, "a BGP identifier as 192.0.2.1"},
	{"offers-hold-time", PAIR_HOLD, "seconds, 0 to 65535"},
	{"passive", PAIR_YES, "yes"},
	{"graceful-restart", PAIR_YES_NO, words},
	{"bfd-transmit-ms", PAIR_MS, "milliseconds, 1 to 4294967"},
	{"bfd-receive-ms", PAIR_MS, "milliseconds, 1 to 4294967"},
	{"bfd-multiplier", PAIR_MULT, "1 to 255"},
};

static bool
yes_no(const char *word, uint32_t *value)
{
	*value = strcmp(word, "yes") == 0;
	return *value != 0 || strcmp(word, "no") == 0;
}

static bool
pair_value(enum pair_kind kind, const char *word, uint32_t *value)
{
	switch (kind) {
	case PAIR_ASN:
		return read_asn(word, value);
	case PAIR_ID:
		return read_router_id(word, value);
	case PAIR_HOLD:
		return read_number(word, 0, 65535, value);
	case PAIR_YES:
		return yes_no(word, value) && *value != 0;
	case PAIR_YES_NO:
		return yes_no(word, value);
	case PAIR_MS:
		if (!read_number(word, 1, UINT32_MAX / 1000, value)) {
			return false;
		}
		*value *= 1000;
		return true;
	case PAIR_MULT:
		return read_number(word, 1, 255, value);
	}
	return false;
}

/* One value is that of both sides; '*' is any. */
static bool
read_pair(struct reader *r, struct expectation *e, const struct pair *pair)
{
	if (r->count != 2 && r->count != 3) {
		return reader_fail(r, r->line, "%s takes one value for each side, or one for both",
			pair->keyword);
	}
	for (unsigned side = 0; side < 2; side++) {
		const char *word = r->count == 3 ? r->word[1 + side] : r->word[1];
		struct expect_value *value = member(e, side, pair->keyword);
		uint32_t number;
		assert(value != NULL); /* every pair has its member */
		*value = (struct expect_value){.line = 0};
		if (strcmp(word, "*") == 0) {
			continue;
		}
		bool internal = strcmp(word, "internal") == 0, external = strcmp(word, "external") == 0;
		if (pair->kind == PAIR_ASN && (internal || external)) {
			if (side == 0 || e->side[0].asn.line == 0) {
				return reader_fail(r, r->line,
					"asn: %s is said of the second side, after the AS number of the first",
					word);
			}
			number = e->side[0].asn.value;
			e->side[side].asn_unlike = external;
		} else if (!pair_value(pair->kind, word, &number)) {
			return reader_fail(r, r->line, "%s: %.40s is not %s", pair->keyword, word,
				pair->what);
		} else if (pair->kind == PAIR_ASN) {
			e->side[side].asn_unlike = false;
		}
		expect_set(value, r->line, pair->keyword, number);
	}
	return true;
}

static bool
one_word(struct reader *r)
{
	return r->count == 2 ||
	       reader_fail(r, r->line, "%s takes one value", r->word[0]);
}

static bool
read_families(struct reader *r, struct expectation *e)
{
	e->family_count = 0;
	for (size_t i = 1; i < r->count; i++) {
		if (strcmp(r->word[i], "*") == 0 && r->count == 2) {
			e->families = (struct expect_value){.line = 0};
			return true;
		}
		if (e->family_count == EXPECT_FAMILIES_MAX) {
			return reader_fail(r, r->line, "more than %d families", EXPECT_FAMILIES_MAX);
		}
		if (!read_family(r->word[i], &e->family[e->family_count])) {
			return reader_fail(r, r->line,
				"families: %.40s is none (ipv4-unicast, ipv6-unicast, l2vpn-evpn …)",
				r->word[i]);
		}
		e->family_free[e->family_count++] = false;
	}
	if (e->family_count == 0) {
		return reader_fail(r, r->line, "families: which?");
	}
	expect_set(&e->families, r->line, "families", 0);
	return true;
}

static bool
read_bfd(struct reader *r, struct expectation *e)
{
	const char *word = r->word[1];
	uint32_t value;
	e->multihop = (struct expect_value){.line = 0};
	e->bfd = (struct expect_value){.line = 0};
	if (!one_word(r)) {
		return false;
	}
	if (strcmp(word, "single-hop") == 0 || strcmp(word, "multihop") == 0) {
		bool multihop = word[0] == 'm';
		expect_set(&e->multihop, r->line, multihop ? "bfd multihop" : "bfd single-hop",
			multihop);
		expect_set(&e->bfd, r->line, "bfd", 1);
		return true;
	}
	if (strcmp(word, "*") == 0) {
		return true;
	}
	if (!yes_no(word, &value)) {
		return reader_fail(r, r->line, "bfd: %.40s is not yes, no, single-hop or multihop", word);
	}
	expect_set(&e->bfd, r->line, "bfd", value);
	return true;
}

static bool
read_state(struct reader *r, struct expectation *e)
{
	const char *word = r->word[1];
	if (!one_word(r)) {
		return false;
	}
	if (strcmp(word, "established") == 0) {
		expect_set(&e->established, r->line, "state established", 1);
	} else if (strcmp(word, "down") == 0) {
		expect_set(&e->established, r->line, "state down", 0);
	} else if (strcmp(word, "any") == 0) {
		e->established = (struct expect_value){.word = "state any"};
	} else {
		return reader_fail(r, r->line, "state: %.40s is not established, down or any", word);
	}
	return true;
}

static bool
read_single(struct reader *r, struct expectation *e, bool *known)
{
	const char *keyword = r->word[0];
	uint32_t value;
	*known = true;
	if (strcmp(keyword, "families") == 0) {
		return read_families(r, e);
	}
	if (strcmp(keyword, "bfd") == 0) {
		return read_bfd(r, e);
	}
	if (strcmp(keyword, "state") == 0) {
		return read_state(r, e);
	}
	if (strcmp(keyword, "optional") == 0) {
		e->optional = true;
		return r->count == 1 || reader_fail(r, r->line, "optional takes no value");
	}
	bool hold = strcmp(keyword, "hold-time") == 0, md5 = strcmp(keyword, "md5") == 0;
	if (!hold && !md5) {
		*known = false;
		return true;
	}
	struct expect_value *member = hold ? &e->hold_s : &e->md5;
	if (!one_word(r)) {
		return false;
	}
	*member = (struct expect_value){.line = 0};
	if (strcmp(r->word[1], "*") == 0) {
		return true;
	}
	if (hold ? !read_number(r->word[1], 0, 65535, &value) : !yes_no(r->word[1], &value)) {
		return reader_fail(r, r->line, "%s: %.40s is not %s", keyword, r->word[1],
			hold ? "seconds, 0 to 65535" : words);
	}
	expect_set(member, r->line, hold ? "hold-time" : "md5", value);
	return true;
}

static bool
read_peer(struct reader *r, const struct expectation *defaults, struct expectation **peer)
{
	if (r->count != 3) {
		return reader_fail(r, r->line, "peer takes two addresses, prefixes or *");
	}
	struct expectation *e = reader_peer(r, r->line);
	if (e == NULL) {
		return false;
	}
	uint32_t file = e->file;
	*e = *defaults;
	e->file = file;
	e->line = r->line;
	if (e->established.word == NULL) { /* unless `defaults` speaks of it */
		expect_set(&e->established, r->line, "Established is expected", 1);
	}
	for (unsigned i = 0; i < 2; i++) {
		if (strcmp(r->word[1 + i], "*") != 0 &&
		    !read_prefix(r->word[1 + i], &e->side[i].where)) {
			return reader_fail(r, r->line, "peer: %.60s is no address, prefix or *",
				r->word[1 + i]);
		}
	}
	char pair[2 * ADDRESS_TEXT_MAX + 16];
	snprintf(pair, sizeof(pair), "%.52s %.52s", r->word[1], r->word[2]);
	snprintf(e->what, sizeof(e->what), "peer %.90s", pair);
	*peer = e;
	return true;
}

/* error or info */
static bool
read_degree(struct reader *r, bool *strict)
{
	if (!one_word(r)) {
		return false;
	}
	*strict = strcmp(r->word[1], "error") == 0;
	return *strict || strcmp(r->word[1], "info") == 0 ||
	       reader_fail(r, r->line, "%s: %.40s is not error or info", r->word[0], r->word[1]);
}

static bool
read_line(struct reader *r, struct expectation *defaults, struct expectation **e)
{
	const char *keyword = r->word[0];
	uint32_t port;
	if (strcmp(keyword, "strict") == 0) {
		r->expect->strict_peers = r->expect->strict_unverified = true;
		return r->count == 1 || reader_fail(r, r->line, "strict takes no value");
	}
	if (strcmp(keyword, "unknown-peers") == 0) {
		return read_degree(r, &r->expect->strict_peers);
	}
	if (strcmp(keyword, "unverified") == 0) {
		return read_degree(r, &r->expect->strict_unverified);
	}
	if (strcmp(keyword, "port") == 0) {
		return one_word(r) &&
		       (read_number(r->word[1], 1, 65535, &port)
				       ? reader_add_port(r, port)
				       : reader_fail(r, r->line, "port: %.40s is no TCP port",
						 r->word[1]));
	}
	if (strcmp(keyword, "defaults") == 0) {
		*e = defaults;
		return r->count == 1 || reader_fail(r, r->line, "defaults takes no value");
	}
	if (strcmp(keyword, "peer") == 0) {
		return read_peer(r, defaults, e);
	}
	if (*e == NULL) {
		return reader_fail(r, r->line, "%.40s stands before the first peer or defaults", keyword);
	}
	if (strcmp(keyword, "name") == 0) {
		if (r->count != 2 || *e == defaults) {
			return reader_fail(r, r->line, "name takes one word, for a peer");
		}
		reader_name(*e, "peer", r->word[1]);
		return true;
	}
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		if (strcmp(pairs[i].keyword, keyword) == 0) {
			return read_pair(r, *e, &pairs[i]);
		}
	}
	bool known;
	bool good = read_single(r, *e, &known);
	return known ? good : reader_fail(r, r->line, "%.40s is no keyword", keyword);
}

bool
read_text(struct reader *r)
{
	struct expectation defaults = {.line = 0};
	struct expectation *e = NULL;
	while (reader_line(r, '#')) {
		if (!read_line(r, &defaults, &e)) {
			return false;
		}
	}
	return true;
}
