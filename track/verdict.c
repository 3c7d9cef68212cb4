/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One word for a session, and the cause that stands at its root: of all that was found the one with
 * the lowest rank (findings.def), for causes of the link explain those of TCP, these the ones of BGP.
 */
#include "track/internal.h"

static void
weigh(const struct finding *f, const struct finding **best, bool *error, bool *trouble)
{
	for (; f != NULL; f = f->next) {
		if (f->resolved || f->severity == SEVERITY_INFO) {
			continue;
		}
		*trouble = true;
		*error = *error || f->severity == SEVERITY_ERROR;
		if (*best == NULL || finding_rank(f->cause) < finding_rank((*best)->cause)) {
			*best = f;
		}
	}
}

enum verdict
verdict_of(const struct track *t, const struct session *s, enum finding_cause *primary)
{
	(void)t;
	const struct finding *best = NULL;
	bool error = false, trouble = false;
	weigh(s->findings, &best, &error, &trouble);
	if (s->bfd != NULL) {
		weigh(s->bfd->findings, &best, &error, &trouble);
	}
	*primary = best != NULL ? best->cause : FINDING_NONE;
	if (s->up) {
		if (s->exits > 0) {
			return VERDICT_FLAPPING;
		}
		if (error) {
			return VERDICT_DEGRADED;
		}
		if (!trouble) {
			*primary = FINDING_NONE;
		}
		return VERDICT_HEALTHY;
	}
	if (trouble || s->established_count > 0) {
		return VERDICT_DOWN;
	}
	return VERDICT_UNKNOWN;
}
