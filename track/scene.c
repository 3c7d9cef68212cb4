/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the rules share. */
#include "track/scene.h"

#include <stdio.h>

enum {
	BFD_EXPLAINS_S = 3, /* how long before its end BFD may have taken a session down */
	MISSED_INTERVALS = 3, /* that make a silence of BFD */
};

void
scene_set(struct scene *scene, struct track *t, struct link *link, unsigned dir,
	const struct moment *at)
{
	struct session *s = link->session;
	*scene = (struct scene){.t = t, .link = link, .s = s, .dir = dir, .at = at};
	scene->x = &s->side[link_side(link, dir)];
	scene->y = &s->side[link_side(link, 1 - dir)];
	address_text(&scene->x->addr, scene->xt);
	address_text(&scene->y->addr, scene->yt);
}

size_t
scene_open_frames(const struct link *link, uint64_t frames[2])
{
	size_t count = 0;
	for (unsigned dir = 0; dir < 2; dir++) {
		if (link->machine[dir].open.seen) {
			frames[count++] = link->machine[dir].open.at.frame;
		}
	}
	return count;
}

struct finding_args
scene_args(const struct scene *scene, enum finding_cause cause, enum confidence confidence)
{
	return (struct finding_args){
		.cause = cause,
		.confidence = confidence,
		.session = scene->s,
		.subject = &scene->x->addr,
		.at = *scene->at,
		.took_down = scene->link->was_established,
	};
}

struct finding_args
scene_bfd_args(struct bfd_session *b, enum finding_cause cause, enum confidence confidence,
	const struct address *subject, const struct moment *at)
{
	return (struct finding_args){
		.cause = cause,
		.confidence = confidence,
		.bfd = b,
		.subject = subject,
		.at = *at,
	};
}

const char *
scene_verdict(const struct judged *judged, char text[SCENE_VERDICT_MAX])
{
	char what[BGP_VERDICT_TEXT_MAX];
	snprintf(text, SCENE_VERDICT_MAX, "frame %llu, octet %u: %s",
		(unsigned long long)judged->at.frame, judged->verdict.octet,
		bgp_verdict_text(&judged->verdict, what));
	return text;
}

bool
scene_bfd_explains(const struct scene *scene)
{
	uint64_t lost = scene->s->bfd_lost.time_ns;
	return lost != 0 && lost <= scene->at->time_ns + SECOND_NS / 2 &&
	       scene->at->time_ns <= lost + BFD_EXPLAINS_S * SECOND_NS;
}

uint64_t
scene_bfd_silence_ms(const struct scene *scene)
{
	const struct bfd_session *b = scene->s->bfd;
	uint64_t longest = 0;
	for (unsigned end = 0; b != NULL && b->up && end < 2; end++) {
		const struct bfd_end *x = &b->end[end];
		uint64_t now = scene->at->time_ns;
		/* Jitter makes an interval shorter, never longer (RFC 5880 section 6.8.7). */
		if (x->has_timers && x->tx_us > 0 && x->at.input == scene->at->input &&
		    now > x->at.time_ns + (uint64_t)x->tx_us * MISSED_INTERVALS * 1000 && now - x->at.time_ns > longest) {
			longest = now - x->at.time_ns;
		}
	}
	return longest / MILLISECOND_NS;
}

void
scene_bfd_took_it_down(struct scene *scene, enum confidence confidence, const char *how)
{
	uint64_t frames[] = {scene->s->bfd_lost.frame};
	struct finding_args args = scene_args(scene, FINDING_BFD_DOWN, confidence);
	args.subject = NULL; /* either side may say it first: one finding */
	args.took_down = scene->link->counted; /* a flap of BFD while BGP comes up ends no session */
	args.evidence = frames;
	args.evidence_count = 1;
	char detail[160] = "", end[ADDRESS_TEXT_MAX];
	if (scene->s->bfd_lost.time_ns != 0) {
		snprintf(detail, sizeof(detail), "; BFD of %s left Up in frame %llu (%s)",
			address_text(&scene->s->bfd_lost_by, end),
			(unsigned long long)scene->s->bfd_lost.frame,
			bfd_diagnostic_name(scene->s->bfd_lost_diag));
	}
	finding_raise(scene->t, &args, "%s ends the BGP session with %s because of BFD (%s)%s", scene->xt,
		scene->yt, how, detail);
}
