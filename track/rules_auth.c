/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * TCP MD5 (RFC 2385) and TCP-AO (RFC 5925). A host drops in silence whatever is not signed as it
 * expects, so a wrong key looks like a firewall. What the SYNs of both sides carry narrows it down;
 * only the key itself makes it certain (-M): seg.auth says what capture found.
 */
#include "track/internal.h"
#include "track/scene.h"

static bool
is_signed(const struct syn_signature *s)
{
	return (s->options & (SEG_OPT_MD5 | SEG_OPT_AO)) != 0;
}

static const char *
option_name(const struct syn_signature *s)
{
	return (s->options & SEG_OPT_AO) != 0 ? "TCP-AO" : "TCP MD5";
}

static const char *
ordinal(unsigned number)
{
	static const char *const names[TCP_AUTH_KEYS_MAX] = {
		"first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth"};
	return names[number % TCP_AUTH_KEYS_MAX];
}

void
rule_auth_segment(struct track *t, struct link *link, unsigned dir, const struct seg *seg)
{
	struct machine *m = &link->machine[dir];
	if (seg->auth == SEG_AUTH_BAD && !m->auth_told) {
		m->auth_told = true;
		emit_fault(t, link, "tcp-auth-mismatch", 0,
			(seg->options & SEG_OPT_AO) != 0
				? "a TCP-AO digest that fits none of the keys given (RFC 5925)"
				: "a TCP MD5 digest that fits none of the keys given (RFC 2385)",
			&t->now);
	}
}

static struct finding_args
auth_args(struct session *s, const struct speaker *signer, enum finding_cause cause,
	enum confidence confidence)
{
	return (struct finding_args){
		.cause = cause,
		.confidence = confidence,
		.session = s,
		.subject = &signer->addr,
		.at = signer->syn_last,
		.evidence = signer->unanswered_frames,
		.evidence_count = signer->unanswered_frame_count,
	};
}

/* Its peer seemed to have no key, as it had not called yet. */
static void
not_one_sided(struct session *s)
{
	for (struct finding *f = s->findings; f != NULL; f = f->next) {
		if (f->cause == FINDING_MD5_ONE_SIDED && !f->took_down) {
			finding_withdraw(f);
		}
	}
}

/* They had a session, and nobody said that he changed anything: the keys are those of then. */
bool
rule_keys_worked(const struct session *s)
{
	return s->established_count > 0 && finding_find(s, FINDING_CEASE_CONFIG_CHANGE) == NULL &&
	       finding_find(s, FINDING_CEASE_ADMIN_RESET) == NULL &&
	       finding_find(s, FINDING_CEASE_PEER_DECONFIGURED) == NULL;
}

/* Both sign, and neither answers the other. */
static bool
both_signed(struct track *t, struct session *s, struct speaker *from, struct speaker *to)
{
	const struct syn_signature *one = &from->signature, *other = &to->signature;
	char a[ADDRESS_TEXT_MAX], b[ADDRESS_TEXT_MAX];
	address_text(&from->addr, a);
	address_text(&to->addr, b);
	bool ao = (one->options & SEG_OPT_AO) != 0;
	bool other_ao = (other->options & SEG_OPT_AO) != 0;
	if (ao != other_ao) {
		struct finding_args args = auth_args(s, from, FINDING_AO_MISMATCH, CONFIDENCE_CERTAIN);
		args.subject = NULL;
		finding_raise(t, &args, "%s signs its SYNs with %s, %s with %s: neither answers the other", a,
			option_name(one), b, option_name(other));
		return true;
	}
	enum finding_cause cause = ao ? FINDING_AO_MISMATCH : FINDING_MD5_MISMATCH;
	if (one->auth == SEG_AUTH_GOOD && other->auth == SEG_AUTH_GOOD) {
		if (one->key == other->key) {
			return false; /* both have the key: something else drops the SYNs */
		}
		struct finding_args args = auth_args(s, from, cause, CONFIDENCE_CERTAIN);
		args.subject = NULL;
		finding_raise(t, &args,
			"%s and %s both sign their SYNs with %s and neither answers the other: the digests of %s fit the %s of the keys given, those of %s the %s",
			a, b, option_name(one), a, ordinal(one->key), b, ordinal(other->key));
		return true;
	}
	bool wrong = one->auth == SEG_AUTH_BAD, other_wrong = other->auth == SEG_AUTH_BAD;
	if (wrong != other_wrong && (one->auth == SEG_AUTH_GOOD || other->auth == SEG_AUTH_GOOD)) {
		struct speaker *culprit = wrong ? from : to;
		struct finding_args args = auth_args(s, culprit, cause, CONFIDENCE_CERTAIN);
		args.blame = &culprit->addr;
		finding_raise(t, &args,
			"%s and %s both sign their SYNs with %s and neither answers the other: the digests of %s fit the key given, those of %s do not",
			a, b, option_name(one), wrong ? b : a, wrong ? a : b);
		return true;
	}
	bool worked = rule_keys_worked(s);
	enum confidence confidence = worked && !(wrong && other_wrong) ? CONFIDENCE_POSSIBLE : CONFIDENCE_LIKELY;
	if (ao && one->key_id != other->next_key_id && other->key_id != one->next_key_id) {
		struct finding_args args = auth_args(s, from, cause, confidence);
		args.subject = NULL;
		finding_raise(t, &args,
			"%s and %s both sign their SYNs with TCP-AO and neither answers the other: %s uses KeyID %u and asks for %u, %s uses KeyID %u and asks for %u",
			a, b, a, one->key_id, one->next_key_id, b, other->key_id, other->next_key_id);
		return true;
	}
	struct finding_args args = auth_args(s, from, cause, confidence);
	args.subject = NULL;
	finding_raise(t, &args,
		wrong && other_wrong
			? "%s and %s both sign their SYNs with %s and neither answers the other: the keys differ, and neither is the key given"
			: worked ? "%s and %s both sign their SYNs with %s and neither answers the other: the keys differ, if one was changed since they had a session"
				 : "%s and %s both sign their SYNs with %s and neither answers the other: the keys differ",
		a, b, option_name(one));
	return !worked;
}

static bool
judge_signed_syns(struct track *t, struct session *s, unsigned x)
{
	struct speaker *from = &s->side[x], *to = &s->side[1 - x];
	bool other_calls = to->syns_unanswered > 0;
	bool own = is_signed(&from->signature), others = other_calls && is_signed(&to->signature);
	if (!own && !others) {
		return false;
	}
	if (own && !other_calls && from->signature.auth != SEG_AUTH_BAD && rule_keys_worked(s)) {
		return false; /* it had a key, and it need not call */
	}
	if (own && others) {
		not_one_sided(s);
		return both_signed(t, s, from, to);
	}
	struct speaker *signer = own ? from : to, *other = own ? to : from;
	const struct syn_signature *signature = &signer->signature;
	bool ao = (signature->options & SEG_OPT_AO) != 0;
	char a[ADDRESS_TEXT_MAX], b[ADDRESS_TEXT_MAX];
	address_text(&signer->addr, a);
	address_text(&other->addr, b);
	if (signature->auth == SEG_AUTH_BAD && !other_calls) {
		struct finding_args args = auth_args(s, signer,
			ao ? FINDING_AO_MISMATCH : FINDING_MD5_MISMATCH, CONFIDENCE_CERTAIN);
		args.blame = &signer->addr;
		finding_raise(t, &args,
			"%s signs its SYNs to %s with %s, and the digests do not fit the key given: it has another key",
			a, b, option_name(signature));
		return true;
	}
	struct finding_args args = auth_args(s, signer, ao ? FINDING_AO_MISMATCH : FINDING_MD5_ONE_SIDED,
		other_calls ? CONFIDENCE_LIKELY : CONFIDENCE_POSSIBLE);
	bool good = signature->auth == SEG_AUTH_GOOD;
	finding_raise(t, &args,
		other_calls ? "%s signs its SYNs with %s%s, %s sends its own without: neither answers the other"
		: good ? "%s signs its SYNs with %s%s and %s does not answer: it has no key, or a firewall drops them"
		       : "%s signs its SYNs with %s%s and %s does not answer: it has no key, or another one, or a firewall drops them",
		a, option_name(signature), good ? " (the digests fit the key given)" : "", b);
	return other_calls;
}

/* It happened once for each call, however often it was looked at. */
static void
count_calls(struct session *s)
{
	uint64_t calls = (uint64_t)s->side[0].attempts_unanswered + s->side[1].attempts_unanswered;
	for (struct finding *f = s->findings; f != NULL; f = f->next) {
		bool keys = f->cause == FINDING_MD5_MISMATCH || f->cause == FINDING_MD5_ONE_SIDED ||
			    f->cause == FINDING_AO_MISMATCH;
		if (keys && calls > 0 &&
		    (f->last.time_ns == s->side[0].syn_last.time_ns || f->last.time_ns == s->side[1].syn_last.time_ns)) {
			f->count = calls;
		}
	}
}

bool
rule_signed_syns(struct track *t, struct session *s, unsigned x)
{
	bool explained = judge_signed_syns(t, s, x);
	count_calls(s);
	return explained;
}

bool
rule_unsigned_answer(struct scene *scene)
{
	struct session *s = scene->s;
	const struct conn_side *answers = &scene->link->conn->side[scene->dir];
	const struct conn_side *caller = &scene->link->conn->side[1 - scene->dir];
	uint8_t option = caller->options_seen & (SEG_OPT_MD5 | SEG_OPT_AO);
	if (option == 0 || (answers->options_seen & option) != 0) {
		return false;
	}
	bool ao = (option & SEG_OPT_AO) != 0;
	uint64_t frames[] = {caller->first_syn_frame, answers->first_synack_frame};
	finding_raise(scene->t,
		&(struct finding_args){
			.cause = ao ? FINDING_AO_MISMATCH : FINDING_MD5_ONE_SIDED,
			.confidence = CONFIDENCE_LIKELY,
			.session = s,
			.subject = &scene->y->addr,
			.at = scene->t->now,
			.evidence = frames,
			.evidence_count = 2,
		},
		"%s signs its SYN with %s, %s answers without (%u times), and %s does not take that: only one of them has a key",
		scene->yt, ao ? "TCP-AO" : "TCP MD5", scene->xt, answers->synack_count, scene->yt);
	return true;
}
