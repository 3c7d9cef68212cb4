/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The findings of a model, each in a table by id and in a chain for what it is about, its session and its BFD
 * session: a list of ten thousand sessions asks for those of each.
 */
#include <stdlib.h>
#include <string.h>

#include "track/memory.h"
#include "ui/model_internal.h"
#include "ui/text.h"

static uint64_t
finding_id(const void *item)
{
	return ((const struct model_finding *)item)->id;
}

static char *
clean_copy(const char *text)
{
	char clean[FINDING_SUMMARY_MAX * 2];
	text_clean(text != NULL ? text : "", clean, sizeof(clean));
	return memory_copy(clean, strlen(clean) + 1);
}

static void
clear(struct model_finding *f)
{
	free(f->summary);
	for (size_t i = 0; i < f->fix_count; i++) {
		free(f->fix[i]);
	}
	f->summary = NULL;
	f->fix_count = 0;
}

static uint64_t
subject_of(const struct model_finding *f, enum model_subject subject)
{
	return subject == SUBJECT_SESSION ? f->session : f->bfd_session;
}

static struct model_finding *
chain_of(const struct model *model, enum model_subject subject, uint64_t id)
{
	return model->chains[subject][id % FINDING_CHAINS];
}

/* The link of the subject's chain that points to `f`; to NULL, its end. */
static struct model_finding **
link_to(struct model *model, enum model_subject subject, uint64_t id, const struct model_finding *f)
{
	struct model_finding **at = &model->chains[subject][id % FINDING_CHAINS];
	while (*at != f) {
		at = &(*at)->next[subject];
	}
	return at;
}

/* Of no session, or of no BFD session, are most of them in a flood: nobody asks for those, and their chain would be long. */
static void
chain(struct model *model, struct model_finding *f)
{
	for (enum model_subject subject = 0; subject < SUBJECT_COUNT; subject++) {
		uint64_t id = subject_of(f, subject);
		f->next[subject] = NULL;
		if (id != 0) {
			*link_to(model, subject, id, NULL) = f;
		}
	}
}

static void
unchain(struct model *model, const struct model_finding *f)
{
	for (enum model_subject subject = 0; subject < SUBJECT_COUNT; subject++) {
		uint64_t id = subject_of(f, subject);
		if (id != 0) {
			*link_to(model, subject, id, f) = f->next[subject];
		}
	}
}

bool
model_finding_keep(struct model *model, const struct event_finding *f)
{
	struct model_finding *m = model_table_find(&model->findings, f->id, finding_id);
	bool fresh = m == NULL;
	if (fresh) {
		if (model->findings.count >= MODEL_FINDINGS_MAX) {
			model->left_out++;
			return false;
		}
		m = memory_zero(1, sizeof(*m));
		m->id = f->id;
		model_table_insert(&model->findings, m, finding_id);
	} else if (m->session != f->session || m->bfd_session != f->bfd_session) {
		unchain(model, m);
		fresh = true;
	}
	clear(m);
	m->cause = f->cause;
	m->severity = f->severity;
	m->confidence = f->confidence;
	m->session = f->session;
	m->bfd_session = f->bfd_session;
	m->blame = f->blame;
	m->summary = clean_copy(f->summary);
	m->evidence_count = f->evidence_count < FINDING_EVIDENCE_MAX ? f->evidence_count
								     : FINDING_EVIDENCE_MAX;
	if (m->evidence_count > 0) {
		memcpy(m->evidence, f->evidence, m->evidence_count * sizeof(m->evidence[0]));
	}
	m->fix_count = f->fix_count < FINDING_FIX_MAX ? f->fix_count : FINDING_FIX_MAX;
	for (size_t i = 0; i < m->fix_count; i++) {
		m->fix[i] = clean_copy(f->fix[i]);
	}
	m->first_time_ns = f->first_time_ns;
	m->last_time_ns = f->last_time_ns;
	m->count = f->count;
	if (fresh) {
		chain(model, m);
	}
	return true;
}

void
model_findings_finish(struct model *model)
{
	for (size_t i = 0; i < model->findings.count; i++) {
		clear(model->findings.items[i]);
		free(model->findings.items[i]);
	}
	free(model->findings.items);
}

size_t
model_finding_count(const struct model *model)
{
	return model->findings.count;
}

const struct model_finding *
model_finding_at(const struct model *model, size_t index)
{
	return index < model->findings.count ? model->findings.items[index] : NULL;
}

/* Whether `a` is to be told before `b`. */
static bool
finding_before(const struct model_finding *a, const struct model_finding *b,
	enum finding_cause primary)
{
	if ((a->cause == primary) != (b->cause == primary)) {
		return a->cause == primary;
	}
	if (a->severity != b->severity) {
		return a->severity > b->severity;
	}
	if (finding_rank(a->cause) != finding_rank(b->cause)) {
		return finding_rank(a->cause) < finding_rank(b->cause);
	}
	if (a->first_time_ns != b->first_time_ns) {
		return a->first_time_ns < b->first_time_ns;
	}
	return a->id < b->id;
}

struct best {
	const struct model_finding **findings;
	size_t count, max;
	enum finding_cause primary;
};

/* Puts it where it belongs: the best are kept, not the first. */
static void
keep_best(struct best *best, const struct model_finding *f)
{
	const struct model_finding **findings = best->findings;
	if (best->max == 0 ||
		(best->count == best->max && !finding_before(f, findings[best->max - 1], best->primary))) {
		return;
	}
	size_t at = best->count < best->max ? best->count++ : best->max - 1;
	while (at > 0 && finding_before(f, findings[at - 1], best->primary)) {
		findings[at] = findings[at - 1];
		at--;
	}
	findings[at] = f;
}

/* All of a subject, but those of session `except`: they were had. 0: of any. */
static void
keep_best_of(struct best *best, const struct model *model, enum model_subject subject, uint64_t id, uint64_t except)
{
	const struct model_finding *f = id != 0 ? chain_of(model, subject, id) : NULL;
	for (; f != NULL; f = f->next[subject]) {
		if (subject_of(f, subject) == id && (except == 0 || f->session != except)) {
			keep_best(best, f);
		}
	}
}

size_t
model_findings_of(const struct model *model, const struct model_session *session,
	const struct model_bfd_session *bfd, const struct model_finding **findings, size_t max)
{
	struct best best = {.findings = findings,
		.max = max,
		.primary = session != NULL ? session->info.primary_cause : FINDING_NONE};
	uint64_t id = session != NULL ? session->info.session : 0;
	keep_best_of(&best, model, SUBJECT_SESSION, id, 0);
	keep_best_of(&best, model, SUBJECT_BFD, bfd != NULL ? bfd->info.bfd_session : 0, id);
	return best.count;
}
