/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the user expects (--expect) against what the packets show. judge() is the one comparison: it
 * reads and writes nothing but its result. It is asked when a session comes up, of what the OPENs say,
 * and of all of it at the end; the last word counts. Only a value that is in the packets can deviate.
 * Where it is not (the OPEN was before the capture, BFD may have been filtered away), that is said, and
 * nobody is accused.
 */
#include "track/internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "track/memory.h"

enum {
	DEVIATIONS_MAX = 24, /* that one peer can show: two for each value, and some */
	UNSEEN_MAX = 320,
	BFD_SETTLED_S = 1, /* Up for so long, its timers are what they will be (RFC 5880 section 6.8.3) */
};

/* What the rest of the tracker has no use for. */
struct expect_seen {
	struct {
		uint64_t call;               /* frame of the first SYN; 0: none */
		uint64_t signature, bare;    /* the last segment with TCP MD5, and without */
		bool whole;                  /* all of its last OPEN is in the capture */
		bool restart;
		struct bgp_family family[EXPECT_FAMILIES_MAX];
		size_t family_count;
		bool more_families;
	} side[2];
};

struct deviation {
	enum finding_cause cause;
	enum confidence confidence;
	struct address subject; /* unset: both */
	uint64_t frames[2];
	char text[FINDING_SUMMARY_MAX];
};

struct judgement {
	const struct expect *expect;
	const struct expectation *e;
	size_t count;
	struct deviation deviation[DEVIATIONS_MAX];
	char unseen[UNSEEN_MAX]; /* what cannot be told; "" where all can */
};

/* A session as one peer of a file sees it: side[0] of the file is `first` of the session. */
struct view {
	const struct track *t;
	const struct session *s;
	unsigned first;
	bool end; /* all packets were seen */
};

static const struct expect_seen nothing_seen;

static struct expect_seen *
seen_of(struct session *s)
{
	if (s->expect_seen == NULL) {
		s->expect_seen = memory_zero(1, sizeof(*s->expect_seen));
	}
	return s->expect_seen;
}

void
rule_expect_segment(struct session *s, unsigned side, const struct seg *seg)
{
	struct expect_seen *seen = seen_of(s);
	bool call = (seg->flags & (SEG_SYN | SEG_ACK | SEG_RST)) == SEG_SYN;
	if (call && seen->side[side].call == 0) {
		seen->side[side].call = seg->ip->frame;
	}
	/* A RST may come from a kernel that has no such connection, and so no key. */
	if ((seg->flags & SEG_RST) != 0) {
		return;
	}
	if ((seg->options & SEG_OPT_MD5) != 0) {
		seen->side[side].signature = seg->ip->frame;
		seen->side[side].bare = 0;
	} else {
		seen->side[side].bare = seg->ip->frame;
		seen->side[side].signature = 0;
	}
}

static void
add_family(struct expect_seen *seen, unsigned side, struct bgp_family family)
{
	size_t *count = &seen->side[side].family_count;
	for (size_t i = 0; i < *count; i++) {
		if (bgp_family_equal(seen->side[side].family[i], family)) {
			return;
		}
	}
	if (*count == EXPECT_FAMILIES_MAX) {
		seen->side[side].more_families = true;
		return;
	}
	seen->side[side].family[(*count)++] = family;
}

void
rule_expect_open(struct session *s, unsigned side, const struct open_seen *open)
{
	struct expect_seen *seen = seen_of(s);
	seen->side[side].whole = open->whole;
	seen->side[side].restart = false;
	seen->side[side].family_count = 0;
	seen->side[side].more_families = false;
	struct bgp_capability_iter iter = bgp_capabilities(&open->open);
	struct bgp_capability capability;
	while (bgp_next_capability(&iter, &capability)) {
		if (capability.malformed) {
			continue;
		}
		if (capability.code == 1) {
			add_family(seen, side, capability.multiprotocol);
		} else if (capability.code == 64) {
			seen->side[side].restart =
				cursor_left(&capability.graceful_restart.families) > 0;
		}
	}
	if (!bgp_offers(&open->open, BGP_CAPABILITY_MULTIPROTOCOL)) { /* RFC 4760 section 8: then it is IPv4 unicast */
		add_family(seen, side, (struct bgp_family){.afi = 1, .safi = 1});
	}
}

static const char *
file_name(const struct judgement *j)
{
	return j->expect->files[j->e->file];
}

static void deviate(struct judgement *j, enum finding_cause cause, enum confidence confidence,
	const struct address *subject, uint64_t frame, const struct expect_value *value,
	const char *format, ...) __attribute__((format(printf, 7, 8)));

static void
deviate(struct judgement *j, enum finding_cause cause, enum confidence confidence,
	const struct address *subject, uint64_t frame, const struct expect_value *value,
	const char *format, ...)
{
	if (j->count == DEVIATIONS_MAX) {
		return;
	}
	struct deviation *d = &j->deviation[j->count++];
	*d = (struct deviation){.cause = cause, .confidence = confidence, .frames = {frame, 0}};
	if (subject != NULL) {
		d->subject = *subject;
	}
	char text[330];
	va_list list;
	va_start(list, format);
	vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	snprintf(d->text, sizeof(d->text), "%.60s:%u: %s: %s", file_name(j), value->line, j->e->what,
		text);
}

static void unseen(struct judgement *j, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void
unseen(struct judgement *j, const char *format, ...)
{
	size_t used = strlen(j->unseen);
	if (used > 0 && used + 2 < sizeof(j->unseen)) {
		used += (size_t)snprintf(j->unseen + used, sizeof(j->unseen) - used, ", ");
	}
	va_list list;
	va_start(list, format);
	vsnprintf(j->unseen + used, sizeof(j->unseen) - used, format, list);
	va_end(list);
}

static const struct expect_seen *
facts(const struct view *v)
{
	return v->s->expect_seen != NULL ? v->s->expect_seen : &nothing_seen;
}

/* `i` is a side of the file, the result one of the session. */
static unsigned
side_of(const struct view *v, unsigned i)
{
	return i == 0 ? v->first : 1 - v->first;
}

static void
judge_asn(struct judgement *j, const struct speaker *x, const char *xt, const struct expect_side *want)
{
	if (want->asn.line == 0) {
		return;
	}
	if (!x->has_open || !x->asn_known) {
		unseen(j, "the AS of %s", xt);
	} else if (want->asn_unlike && x->asn == want->asn.value) {
		deviate(j, FINDING_EXPECT_ASN, CONFIDENCE_CERTAIN, &x->addr, x->open.frame, &want->asn,
			"%s: another AS than %u, but %s says AS %u, too", want->asn.word,
			want->asn.value, xt, x->asn);
	} else if (!want->asn_unlike && x->asn != want->asn.value) {
		deviate(j, FINDING_EXPECT_ASN, CONFIDENCE_CERTAIN, &x->addr, x->open.frame, &want->asn,
			"%s %u, but %s says AS %u", want->asn.word, want->asn.value, xt, x->asn);
	}
}

static void
judge_open(struct judgement *j, const struct view *v, unsigned i)
{
	const struct expect_side *want = &j->e->side[i];
	const struct speaker *x = &v->s->side[side_of(v, i)];
	char xt[ADDRESS_TEXT_MAX], is[ADDRESS_TEXT_MAX], wanted[ADDRESS_TEXT_MAX];
	address_text(&x->addr, xt);
	judge_asn(j, x, xt, want);
	if (want->router_id.line != 0 && !x->has_open) {
		unseen(j, "the BGP identifier of %s", xt);
	} else if (want->router_id.line != 0 && x->bgp_id != want->router_id.value) {
		struct address has = address_from_u32(x->bgp_id);
		struct address should = address_from_u32(want->router_id.value);
		deviate(j, FINDING_EXPECT_ROUTER_ID, CONFIDENCE_CERTAIN, &x->addr, x->open.frame,
			&want->router_id, "%s %s, but %s says it is %s", want->router_id.word,
			address_text(&should, wanted), xt, address_text(&has, is));
	}
	if (want->hold_s.line != 0 && !x->has_open) {
		unseen(j, "the hold time of %s", xt);
	} else if (want->hold_s.line != 0 && x->hold_time_s != want->hold_s.value) {
		deviate(j, FINDING_EXPECT_HOLD_TIME, CONFIDENCE_CERTAIN, &x->addr, x->open.frame,
			&want->hold_s, "%s %u s, but %s offers %u s", want->hold_s.word,
			want->hold_s.value, xt, x->hold_time_s);
	}
	bool restart = facts(v)->side[side_of(v, i)].restart;
	if (want->restart.line != 0 && !facts(v)->side[side_of(v, i)].whole) {
		unseen(j, "graceful restart of %s", xt);
	} else if (want->restart.line != 0 && restart != (want->restart.value != 0)) {
		deviate(j, FINDING_EXPECT_GRACEFUL_RESTART, CONFIDENCE_CERTAIN, &x->addr, x->open.frame,
			&want->restart,
			restart ? "no %s, but %s asks its peer to keep its routes over a restart"
				: "%s, but %s does not ask its peer to keep its routes over a restart",
			want->restart.word, xt);
	}
}

static bool
offers(const struct view *v, unsigned side, struct bgp_family family)
{
	for (size_t i = 0; i < facts(v)->side[side].family_count; i++) {
		if (bgp_family_equal(facts(v)->side[side].family[i], family)) {
			return true;
		}
	}
	return false;
}

static void
append(char *text, size_t room, const char *separator, const char *word)
{
	size_t used = strlen(text);
	snprintf(text + used, room - used, "%s%s", used > 0 ? separator : "", word);
}

/* What both offer is what is agreed on (RFC 4760 section 8). */
static void
judge_families(struct judgement *j, const struct view *v)
{
	const struct expectation *e = j->e;
	if (e->families.line == 0) {
		return;
	}
	for (unsigned i = 0; i < 2; i++) {
		if (!facts(v)->side[i].whole || facts(v)->side[i].more_families) {
			unseen(j, "the address families");
			return;
		}
	}
	char a[ADDRESS_TEXT_MAX], b[ADDRESS_TEXT_MAX], name[BGP_FAMILY_TEXT_MAX];
	char missing[200] = "", surplus[120] = "";
	address_text(&v->s->side[0].addr, a);
	address_text(&v->s->side[1].addr, b);
	for (size_t i = 0; i < e->family_count; i++) {
		bool one = offers(v, 0, e->family[i]), other = offers(v, 1, e->family[i]);
		if ((one && other) || e->family_free[i]) {
			continue;
		}
		char text[160];
		bgp_family_text(e->family[i], name);
		if (one || other) {
			snprintf(text, sizeof(text), "%s is not agreed on (%s does not offer it)", name,
				one ? b : a);
		} else {
			snprintf(text, sizeof(text), "%s is not agreed on (neither offers it)", name);
		}
		append(missing, sizeof(missing), ", ", text);
	}
	for (size_t i = 0; i < facts(v)->side[0].family_count; i++) {
		struct bgp_family family = facts(v)->side[0].family[i];
		bool wanted = !offers(v, 1, family);
		for (size_t k = 0; k < e->family_count; k++) {
			wanted = wanted || bgp_family_equal(e->family[k], family);
		}
		if (!wanted) {
			append(surplus, sizeof(surplus), ", ", bgp_family_text(family, name));
		}
	}
	if (missing[0] == '\0' && surplus[0] == '\0') {
		return;
	}
	deviate(j, FINDING_EXPECT_FAMILIES, CONFIDENCE_CERTAIN, NULL, v->s->side[0].open.frame,
		&e->families, "%s: %s%s%s%s%s", e->families.word, missing,
		missing[0] != '\0' && surplus[0] != '\0' ? "; " : "",
		surplus[0] != '\0' ? "both offer " : "", surplus,
		surplus[0] != '\0' ? ", which is not expected" : "");
	j->deviation[j->count - 1].frames[1] = v->s->side[1].open.frame;
}

static void
judge_agreed_hold(struct judgement *j, const struct view *v)
{
	const struct expectation *e = j->e;
	const struct speaker *x = &v->s->side[0], *y = &v->s->side[1];
	if (e->hold_s.line == 0) {
		return;
	}
	if (!x->has_open || !y->has_open) {
		unseen(j, "the hold time that was agreed on");
		return;
	}
	uint16_t agreed = x->hold_time_s < y->hold_time_s ? x->hold_time_s : y->hold_time_s;
	char a[ADDRESS_TEXT_MAX], b[ADDRESS_TEXT_MAX];
	if (agreed != e->hold_s.value) {
		deviate(j, FINDING_EXPECT_HOLD_TIME, CONFIDENCE_CERTAIN, NULL, x->open.frame, &e->hold_s,
			"%s %u s, but %s offers %u s and %s %u s, which gives %u s", e->hold_s.word,
			e->hold_s.value, address_text(&x->addr, a), x->hold_time_s,
			address_text(&y->addr, b), y->hold_time_s, agreed);
		j->deviation[j->count - 1].frames[1] = y->open.frame;
	}
}

static void
judge_state(struct judgement *j, const struct view *v)
{
	const struct expectation *e = j->e;
	const struct session *s = v->s;
	if (e->established.line == 0) {
		return;
	}
	char a[ADDRESS_TEXT_MAX], b[ADDRESS_TEXT_MAX];
	if (e->established.value == 0) {
		if (s->up || s->established_count > 0) {
			deviate(j, FINDING_EXPECT_STATE, CONFIDENCE_CERTAIN, NULL, s->established.frame,
				&e->established, "%s, but the session %s", e->established.word,
				s->up ? "is Established" : "was Established");
		}
		return;
	}
	if (s->up) {
		return;
	}
	enum finding_cause primary;
	/* That BFD is Up and BGP not is all that a capture shows whose messages the snaplen cut away. */
	if (verdict_of(v->t, s, &primary) != VERDICT_DOWN || primary == FINDING_BFD_UP_BGP_DOWN) {
		unseen(j, "whether the session is Established");
		return;
	}
	bool known = s->side[0].state != BGP_STATE_UNKNOWN && s->side[1].state != BGP_STATE_UNKNOWN;
	deviate(j, FINDING_EXPECT_STATE, known ? CONFIDENCE_CERTAIN : CONFIDENCE_LIKELY, NULL, 0,
		&e->established, "%s, but at the end %s is in %s and %s in %s%s%s",
		e->established.word, address_text(&s->side[0].addr, a),
		bgp_state_name((uint8_t)s->side[0].state), address_text(&s->side[1].addr, b),
		bgp_state_name((uint8_t)s->side[1].state), primary != FINDING_NONE ? ": " : "",
		primary != FINDING_NONE ? finding_key(primary) : "");
}

static void
judge_tcp(struct judgement *j, const struct view *v)
{
	const struct expectation *e = j->e;
	char xt[ADDRESS_TEXT_MAX];
	for (unsigned i = 0; i < 2; i++) {
		unsigned side = side_of(v, i);
		const struct speaker *x = &v->s->side[side];
		const struct expect_value *passive = &e->side[i].passive;
		uint64_t signature = facts(v)->side[side].signature, bare = facts(v)->side[side].bare;
		address_text(&x->addr, xt);
		if (passive->line != 0 && facts(v)->side[side].call != 0) {
			deviate(j, FINDING_EXPECT_PASSIVE, CONFIDENCE_CERTAIN, &x->addr,
				facts(v)->side[side].call, passive, "%s, but %s calls", passive->word, xt);
		}
		if (e->md5.line == 0) {
			continue;
		}
		if (signature == 0 && bare == 0) {
			unseen(j, "TCP MD5 of %s", xt);
		} else if (e->md5.value != 0 && signature == 0) {
			deviate(j, FINDING_EXPECT_MD5, CONFIDENCE_CERTAIN, &x->addr, bare, &e->md5,
				"%s, but the segments of %s are not signed with TCP MD5", e->md5.word, xt);
		} else if (e->md5.value == 0 && signature != 0) {
			deviate(j, FINDING_EXPECT_MD5, CONFIDENCE_CERTAIN, &x->addr, signature, &e->md5,
				"no %s, but the segments of %s are signed with TCP MD5", e->md5.word, xt);
		}
	}
}

/* Whether BFD that is not in the capture was not there: no filter took it away. */
static bool
bfd_would_show(const struct judgement *j, const struct view *v)
{
	return j->expect->bfd_captured || v->t->bfd_ids > 0;
}

static const struct bfd_end *
bfd_end_of(const struct bfd_session *b, const struct address *addr)
{
	return address_equal(&b->end[1].addr, addr) ? &b->end[1] : &b->end[0];
}

static void
judge_bfd_state(struct judgement *j, const struct view *v)
{
	const struct expectation *e = j->e;
	const struct bfd_session *b = v->s->bfd;
	char xt[ADDRESS_TEXT_MAX], yt[ADDRESS_TEXT_MAX];
	address_text(&v->s->side[0].addr, xt);
	address_text(&v->s->side[1].addr, yt);
	if (e->bfd.line == 0) {
		return;
	}
	if (e->bfd.value == 0) {
		for (unsigned i = 0; b != NULL && i < 2; i++) {
			if (b->end[i].packets > 0) {
				deviate(j, FINDING_EXPECT_BFD, CONFIDENCE_CERTAIN, &b->end[i].addr,
					b->end[i].at.frame, &e->bfd, "no %s, but %s sends it", e->bfd.word,
					address_text(&b->end[i].addr, xt));
			}
		}
		return;
	}
	if (b == NULL) {
		if (bfd_would_show(j, v)) {
			deviate(j, FINDING_EXPECT_BFD, CONFIDENCE_LIKELY, NULL, 0, &e->bfd,
				"%s, but there is no BFD packet of %s or %s", e->bfd.word, xt, yt);
		} else {
			unseen(j, "BFD (no packet of it is in the capture)");
		}
		return;
	}
	for (unsigned i = 0; i < 2; i++) {
		const struct bfd_end *x = bfd_end_of(b, &v->s->side[side_of(v, i)].addr);
		address_text(&x->addr, xt);
		if (x->packets == 0 && v->s->side[side_of(v, i)].alive.time_ns == 0) {
			unseen(j, "BFD of %s", xt); /* as much may be all that comes from there */
		} else if (x->packets == 0) {
			deviate(j, FINDING_EXPECT_BFD, CONFIDENCE_LIKELY, &x->addr, 0, &e->bfd,
				"%s, but there is no BFD packet of %s", e->bfd.word, xt);
		} else if (x->state != BFD_UP + 1) {
			deviate(j, FINDING_EXPECT_BFD, CONFIDENCE_CERTAIN, &x->addr, x->at.frame, &e->bfd,
				"%s, but %s says that it is %s", e->bfd.word, xt,
				track_state_name(PROTOCOL_BFD, x->state));
		}
	}
}

static void
judge_bfd_timer(struct judgement *j, const struct bfd_end *x, const struct expect_value *want,
	uint32_t is, bool interval, bool settled)
{
	char xt[ADDRESS_TEXT_MAX];
	address_text(&x->addr, xt);
	if (want->line == 0) {
		return;
	}
	if (!settled) {
		unseen(j, "%s of %s (BFD is not Up)", want->word, xt);
	} else if (is != want->value && interval) {
		deviate(j, FINDING_EXPECT_BFD_TIMERS, CONFIDENCE_CERTAIN, &x->addr, x->at.frame, want,
			"%s %g ms, but %s says %g ms", want->word, want->value / 1000.0, xt, is / 1000.0);
	} else if (is != want->value) {
		deviate(j, FINDING_EXPECT_BFD_TIMERS, CONFIDENCE_CERTAIN, &x->addr, x->at.frame, want,
			"%s %u, but %s says %u", want->word, want->value, xt, is);
	}
}

static void
judge_bfd(struct judgement *j, const struct view *v)
{
	const struct expectation *e = j->e;
	const struct bfd_session *b = v->s->bfd;
	judge_bfd_state(j, v);
	for (unsigned i = 0; b != NULL && i < 2; i++) {
		const struct expect_side *want = &e->side[i];
		const struct bfd_end *x = bfd_end_of(b, &v->s->side[side_of(v, i)].addr);
		char xt[ADDRESS_TEXT_MAX];
		if (x->packets == 0) {
			continue;
		}
		bool multihop = x->port == BFD_PORT_MULTIHOP;
		if (e->multihop.line != 0 && x->port >= 0 && multihop != (e->multihop.value != 0)) {
			deviate(j, FINDING_EXPECT_BFD, CONFIDENCE_CERTAIN, &x->addr, x->at.frame,
				&e->multihop, "%s means %s BFD (UDP %d), but %s sends to UDP %d",
				e->multihop.word, multihop ? "single-hop" : "multihop",
				multihop ? BFD_PORT_SINGLE_HOP : BFD_PORT_MULTIHOP,
				address_text(&x->addr, xt), x->port);
		}
		/* Not Up it must say one second or more (RFC 5880 section 6.8.3). */
		bool settled = x->state == BFD_UP + 1 && (x->last.flags & BFD_FLAG_POLL) == 0 &&
			       x->at.time_ns >= x->since.time_ns + BFD_SETTLED_S * SECOND_NS;
		judge_bfd_timer(j, x, &want->bfd_tx_us, x->last.desired_min_tx_us, true, settled);
		judge_bfd_timer(j, x, &want->bfd_rx_us, x->last.required_min_rx_us, true, settled);
		judge_bfd_timer(j, x, &want->bfd_mult, x->last.detect_mult, false, settled);
	}
}

static void
judge(struct judgement *j, const struct view *v, const struct expect *expect,
	const struct expectation *e)
{
	j->expect = expect;
	j->e = e;
	j->count = 0;
	j->unseen[0] = '\0';
	for (unsigned i = 0; i < 2; i++) {
		judge_open(j, v, i);
	}
	judge_agreed_hold(j, v);
	judge_families(j, v);
	if (v->end) {
		judge_state(j, v);
		judge_tcp(j, v);
		judge_bfd(j, v);
	}
}

static bool
fits(const struct expectation *e, const struct session *s, unsigned first)
{
	return expect_prefix_holds(&e->side[0].where, &s->side[first].addr) &&
	       expect_prefix_holds(&e->side[1].where, &s->side[1 - first].addr);
}

/* How narrow the addresses are: a peer that is named comes before its group. */
static unsigned
narrowness(const struct expectation *e)
{
	unsigned sum = 0;
	for (unsigned i = 0; i < 2; i++) {
		sum += e->side[i].where.addr.family != 0 ? e->side[i].where.bits + 1u : 0;
	}
	return sum;
}

/*
 * The peer of one file that the session is: the narrowest that fits, and of several of those the one
 * with the fewest deviations. False where there is none.
 */
static bool
find_peer(struct track *t, const struct session *s, uint32_t file, bool end, struct judgement *best)
{
	const struct expect *expect = t->options.expect;
	unsigned narrowest = 0;
	bool found = false;
	for (size_t i = 0; i < expect->count; i++) {
		const struct expectation *e = &expect->items[i];
		for (unsigned first = 0; e->file == file && first < 2; first++) {
			if (!fits(e, s, first)) {
				continue;
			}
			t->expect_met[i] = true;
			if (found && narrowness(e) < narrowest) {
				continue;
			}
			struct view v = {t, s, first, end};
			struct judgement j;
			judge(&j, &v, expect, e);
			if (!found || narrowness(e) > narrowest || j.count < best->count) {
				*best = j;
			}
			found = true;
			narrowest = narrowness(e);
		}
	}
	return found;
}

static struct finding *
find_finding(const struct session *s, const struct deviation *d, uint32_t variant)
{
	struct finding *f = s->findings;
	while (f != NULL && (f->cause != d->cause || f->variant != variant ||
			!address_equal(&f->subject, &d->subject))) {
		f = f->next;
	}
	return f;
}

/* Two values of one kind (transmit and receive interval) are one finding. */
static void
merge(struct judgement *j)
{
	size_t kept = 0;
	for (size_t i = 0; i < j->count; i++) {
		size_t k = 0;
		while (k < kept && (j->deviation[k].cause != j->deviation[i].cause ||
				!address_equal(&j->deviation[k].subject, &j->deviation[i].subject))) {
			k++;
		}
		if (k < kept) {
			append(j->deviation[k].text, sizeof(j->deviation[k].text), "; ",
				j->deviation[i].text);
		} else {
			j->deviation[kept++] = j->deviation[i];
		}
	}
	j->count = kept;
}

static void
raise_all(struct track *t, struct session *s, struct judgement *j, bool end)
{
	uint32_t variant = (uint32_t)(j->e - t->options.expect->items) + 1;
	merge(j);
	for (size_t i = 0; i < j->count; i++) {
		struct deviation *d = &j->deviation[i];
		struct finding *before = find_finding(s, d, variant);
		if (before != NULL && strcmp(before->summary, d->text) == 0) {
			before->resolved = false;
			before->severity = SEVERITY_ERROR;
			before->last = t->now;
			continue;
		}
		finding_raise(t,
			&(struct finding_args){
				.cause = d->cause,
				.confidence = d->confidence,
				.session = s,
				.subject = &d->subject,
				.at = {.time_ns = t->now.time_ns, .input = t->now.input},
				.evidence = d->frames,
				.evidence_count = 2,
				.variant = variant,
			},
			"%s", d->text);
		t->problems = t->problems || end; /* even where there is no room for one more */
	}
	if (end && j->unseen[0] != '\0') {
		finding_raise(t,
			&(struct finding_args){
				.cause = FINDING_EXPECT_UNVERIFIED,
				.confidence = CONFIDENCE_CERTAIN,
				.session = s,
				.at = {.time_ns = t->now.time_ns, .input = t->now.input},
				.variant = variant,
				.severe = t->options.expect->strict_unverified,
			},
			"%.60s:%u: %s: this capture does not show %s", file_name(j), j->e->line,
			j->e->what, j->unseen);
	}
}

static void
hold_against(struct track *t, struct session *s, bool end)
{
	const struct expect *expect = t->options.expect;
	bool known = false;
	struct judgement *j = memory_zero(1, sizeof(*j));
	for (struct finding *f = s->findings; f != NULL; f = f->next) {
		if (finding_is_expectation(f->cause)) {
			f->resolved = true; /* unless it is said again */
			f->severity = SEVERITY_INFO;
		}
	}
	for (uint32_t file = 0; file < expect->file_count; file++) {
		if (find_peer(t, s, file, end, j)) {
			known = true;
			raise_all(t, s, j, end);
		}
	}
	free(j);
	char a[ADDRESS_TEXT_MAX], b[ADDRESS_TEXT_MAX];
	if (end && !known && (s->total_links > 0 || s->bfd != NULL)) {
		finding_raise(t,
			&(struct finding_args){
				.cause = FINDING_EXPECT_UNKNOWN_PEER,
				.confidence = CONFIDENCE_CERTAIN,
				.session = s,
				.at = {.time_ns = t->now.time_ns, .input = t->now.input},
				.severe = expect->strict_peers,
			},
			"nobody expects a session of %s with %s: no --expect names it",
			address_text(&s->side[0].addr, a), address_text(&s->side[1].addr, b));
	}
}

void
rule_expect_established(struct track *t, struct session *s)
{
	if (t->options.expect != NULL) {
		hold_against(t, s, false);
	}
}

void
rule_expect_end(struct track *t, struct session *s)
{
	if (t->options.expect != NULL) {
		hold_against(t, s, true);
	}
}

void
rule_expect_missing(struct track *t)
{
	const struct expect *expect = t->options.expect;
	for (size_t i = 0; expect != NULL && i < expect->count; i++) {
		const struct expectation *e = &expect->items[i];
		if (t->expect_met[i] || e->optional || e->established.line == 0 ||
		    e->established.value == 0) {
			continue;
		}
		t->problems = true;
		finding_raise(t,
			&(struct finding_args){
				.cause = FINDING_EXPECT_MISSING,
				.confidence = CONFIDENCE_LIKELY,
				.at = {.time_ns = t->now.time_ns, .input = t->now.input},
				.variant = (uint32_t)i + 1,
			},
			"%.60s:%u: %s: not one packet of this session is in the capture",
			expect->files[e->file], e->line, e->what);
	}
}
