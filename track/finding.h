/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BGPWHY_TRACK_FINDING_H
#define BGPWHY_TRACK_FINDING_H

#include <stdbool.h>

enum severity { SEVERITY_INFO, SEVERITY_WARNING, SEVERITY_ERROR };

/* The causes: one row of findings.def each. */
enum finding_cause {
	FINDING_NONE,
#define FINDING(id, key, severity, rank, title) FINDING_##id,
#include "track/findings.def"
#undef FINDING
	FINDING_CAUSE_COUNT,
};

const char *finding_key(enum finding_cause cause);   /* "bad-peer-as"; NULL for NONE */
const char *finding_title(enum finding_cause cause); /* a few words for a table cell */
int finding_rank(enum finding_cause cause);          /* lower: nearer to the root of things */
enum severity finding_severity(enum finding_cause cause);
/* It is about what the user expects (--expect), not about what is wrong between the two. */
bool finding_is_expectation(enum finding_cause cause);
bool finding_from_key(const char *key, enum finding_cause *cause);

#endif
