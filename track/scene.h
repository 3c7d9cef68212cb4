/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BGPWHY_TRACK_SCENE_H
#define BGPWHY_TRACK_SCENE_H

#include "track/internal.h"

/* What the rules share: who did it, to whom, and when. Private to track/. */

/* The two sides of a NOTIFICATION, or of an end: x did it, y is the other one. */
struct scene {
	struct track *t;
	struct link *link;
	struct session *s;
	unsigned dir; /* x on the connection */
	struct speaker *x, *y;
	char xt[ADDRESS_TEXT_MAX], yt[ADDRESS_TEXT_MAX];
	const struct moment *at;
};

void scene_set(struct scene *scene, struct track *t, struct link *link, unsigned dir,
	const struct moment *at);

/* The frames of both OPENs of this connection; how many there are. */
size_t scene_open_frames(const struct link *link, uint64_t frames[2]);

/* A finding about x, with the rest to be filled in. */
struct finding_args scene_args(const struct scene *scene, enum finding_cause cause,
	enum confidence confidence);

/* The same about a BFD session; the subject may be NULL. */
struct finding_args scene_bfd_args(struct bfd_session *b, enum finding_cause cause, enum confidence confidence,
	const struct address *subject, const struct moment *at);

/* Did BFD of this pair leave Up just before? */
bool scene_bfd_explains(const struct scene *scene);

/* rules_address.c: whether x, which turns y down, had a session with another address of y's card. */
bool rule_known_by_another(struct scene *scene);

/* rules_auth.c: whether y's signed SYN got an answer of x that is not signed; raises the finding. */
bool rule_unsigned_answer(struct scene *scene);

static inline double
scene_seconds(uint64_t ns)
{
	return (double)ns / 1e9;
}

/* rules_link.c: what `asker` asks of `target` with ARP or NDP, where nobody answers; NULL: somebody does. */
const struct contact *rule_asked_in_vain(struct track *t, const struct address *asker,
	const struct address *target);
void rule_no_route(struct track *t, struct session *s, const struct contact *c, enum confidence confidence);

/* rules_stuck.c: the KEEPALIVE of y that would confirm the session does not come. */
void rule_unconfirmed(struct scene *scene, enum confidence confidence);

/* Whether what x sends after the handshake is never acknowledged though y spoke; said once. */
bool rule_unheard(struct scene *scene);

/* Where the worst of a message is: "frame 12, octet 47: ORIGIN has the value 9". Returns `text`. */
enum { SCENE_VERDICT_MAX = BGP_VERDICT_TEXT_MAX + 48 };
const char *scene_verdict(const struct judged *judged, char text[SCENE_VERDICT_MAX]);

/* Was BFD of this pair Up, and had packets of one side been missing for some intervals? In milliseconds. */
uint64_t scene_bfd_silence_ms(const struct scene *scene);

/* Raises bfd-down. `how` BGP shows it. */
void scene_bfd_took_it_down(struct scene *scene, enum confidence confidence, const char *how);

#endif
