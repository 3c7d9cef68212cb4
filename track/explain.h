/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BGPWHY_TRACK_EXPLAIN_H
#define BGPWHY_TRACK_EXPLAIN_H

#include <stddef.h>

#include "track/event.h"

/* The catalogue of causes as texts (explain.def, advice.def). Strings are static unless said otherwise. */

const char *explain_signature(enum finding_cause cause); /* what its packets look like */
const char *explain_rfc(enum finding_cause cause);       /* "" where no RFC speaks of it */
const char *explain_part(enum finding_cause cause);      /* "The OPEN phase" */

struct explain_log {
	const char *who;   /* "FRR", "Cisco"; "any" */
	const char *words;
};

/* What operators read elsewhere: the `index`th, from 0; NULL where there are no more. */
const struct explain_log *explain_log(enum finding_cause cause, size_t index);

/*
 * What mends it, without a session: X and Y stand for the addresses, ASN_Y, ID_Y, HOLD_Y for values. Returns how
 * many; the caller frees each.
 */
size_t explain_fix(enum finding_cause cause, char *out[FINDING_FIX_MAX]);

/* Keys that look like `word`, best first; how many of at most `max`. */
size_t explain_nearest(const char *word, enum finding_cause *causes, size_t max);

#endif
