/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The catalogue for people; the texts are in the tables. */
#include "track/explain.h"

#include <string.h>

#include "track/internal.h"

enum { WORD_MAX = 64 };

static const struct {
	const char *rfc, *signature;
} entries[FINDING_CAUSE_COUNT] = {
#define EXPLAIN(id, rfc, signature) [FINDING_##id] = {rfc, signature},
#include "track/explain.def"
#undef EXPLAIN
};

/* A row for each cause: two for one are an error of the compiler's, one too few is here. */
enum {
#define EXPLAIN(id, rfc, signature) ROW_OF_##id,
#include "track/explain.def"
#undef EXPLAIN
	ROW_COUNT,
};
_Static_assert(ROW_COUNT == FINDING_CAUSE_COUNT - 1, "a cause lacks its row in explain.def");

static const struct {
	enum finding_cause cause;
	struct explain_log log;
} logs[] = {
#define LOG(id, who, words) {FINDING_##id, {who, words}},
#include "track/explain.def"
#undef LOG
};

/* The parts of the catalogue, in the order of findings.def, by their first cause. */
static const struct {
	enum finding_cause first;
	const char *name;
} parts[] = {
	{FINDING_LINK_DOWN, "Below TCP"},
	{FINDING_EBGP_MULTIHOP_NEEDED, "No usable TCP"},
	{FINDING_AS4_TROUBLE, "The OPEN phase"},
	{FINDING_MTU_BLACK_HOLE, "After Established"},
	{FINDING_BFD_HOP_MISMATCH, "BFD"},
	{FINDING_EXPECT_MISSING, "What is expected"},
};

const char *
explain_signature(enum finding_cause cause)
{
	return cause < FINDING_CAUSE_COUNT && entries[cause].signature != NULL
		       ? entries[cause].signature : "";
}

const char *
explain_rfc(enum finding_cause cause)
{
	return cause < FINDING_CAUSE_COUNT && entries[cause].rfc != NULL ? entries[cause].rfc : "";
}

const char *
explain_part(enum finding_cause cause)
{
	const char *name = "";
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]) && parts[i].first <= cause; i++) {
		name = parts[i].name;
	}
	return name;
}

const struct explain_log *
explain_log(enum finding_cause cause, size_t index)
{
	for (size_t i = 0; i < sizeof(logs) / sizeof(logs[0]); i++) {
		if (logs[i].cause == cause && index-- == 0) {
			return &logs[i].log;
		}
	}
	return NULL;
}

size_t
explain_fix(enum finding_cause cause, char *out[FINDING_FIX_MAX])
{
	return advice_make(NULL, cause, NULL, NULL, NULL, out);
}

/* How many letters must change, come or go (Levenshtein). */
static size_t
distance(const char *a, const char *b)
{
	size_t row[WORD_MAX + 1] = {0};
	size_t columns = strlen(b) < WORD_MAX ? strlen(b) : WORD_MAX;
	for (size_t k = 0; k <= columns; k++) {
		row[k] = k;
	}
	for (size_t i = 0; a[i] != '\0' && i < WORD_MAX; i++) {
		size_t diagonal = row[0];
		row[0] = i + 1;
		for (size_t k = 0; k < columns; k++) {
			size_t change = diagonal + (a[i] != b[k]);
			size_t other = (row[k] < row[k + 1] ? row[k] : row[k + 1]) + 1;
			diagonal = row[k + 1];
			row[k + 1] = change < other ? change : other;
		}
	}
	return row[columns];
}

size_t
explain_nearest(const char *word, enum finding_cause *causes, size_t max)
{
	size_t found = 0;
	size_t scores[FINDING_CAUSE_COUNT] = {0};
	for (size_t i = 1; i < FINDING_CAUSE_COUNT; i++) {
		const char *key = finding_key((enum finding_cause)i);
		size_t score = distance(word, key);
		if (strlen(word) >= 3 && strstr(key, word) != NULL) {
			score = 1; /* a part of it */
		} else if (score > 2 + strlen(word) / 4) {
			continue;
		}
		size_t at = found < max ? found : max;
		while (at > 0 && scores[at - 1] > score) {
			at--;
		}
		if (at >= max) {
			continue;
		}
		size_t last = found < max ? found : max - 1;
		memmove(&scores[at + 1], &scores[at], (last - at) * sizeof(scores[0]));
		memmove(&causes[at + 1], &causes[at], (last - at) * sizeof(causes[0]));
		scores[at] = score;
		causes[at] = (enum finding_cause)i;
		found += found < max;
	}
	return found;
}
