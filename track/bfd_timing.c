/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How regularly the two ends of a BFD session send, against what they agreed on.
 *
 * An end sends every negotiated transmit interval, less a random 0 to 25 % (10 to 25 % where its
 * Detect Mult is 1; RFC 5880 section 6.8.7), and no faster than once a second while it is not Up
 * (section 6.8.3). The other end gives up when nothing came for the detection time (section 6.8.4):
 * what was left of it in the longest silence is the near miss.
 *
 * Only periodic packets are measured: an answer to a Poll, and what tells something new, is sent at
 * once. With Demand mode an end may fall silent (section 6.6); nothing is measured then. A packet that
 * the capture lost looks like a long interval: that is why nobody is accused of being late here.
 */
#include "track/scene.h"

#include <stdio.h>

enum {
	INTERVALS_ENOUGH = 30,
	SLOW_INTERVALS_ENOUGH = 10,
	JITTER_INTERVALS_ENOUGH = 100,
	SLOW_MIN_US = 1000000,
	SLACK_US = 2000, /* of the capture's clock and the sender's scheduler */
};

static bool
is_periodic(const struct bfd_packet *p, const struct bfd_packet *before)
{
	return (p->flags & (BFD_FLAG_POLL | BFD_FLAG_FINAL | BFD_FLAG_DEMAND)) == 0 &&
	       p->state == before->state && p->diag == before->diag &&
	       p->detect_mult == before->detect_mult &&
	       p->my_discriminator == before->my_discriminator &&
	       p->your_discriminator == before->your_discriminator &&
	       p->desired_min_tx_us == before->desired_min_tx_us;
}

static void
measure_up(struct bfd_end *x, uint64_t interval_us)
{
	struct bfd_intervals *i = &x->up_intervals;
	if (i->count > 0 && i->negotiated_us != x->tx_us) {
		*i = (struct bfd_intervals){.count = 0}; /* another agreement, another measurement */
	}
	i->negotiated_us = x->tx_us;
	uint64_t least = (uint64_t)x->tx_us * 3 / 4;
	if (interval_us + x->tx_us / 10 + SLACK_US < least) {
		i->early++;
	}
	if (i->count == 0 || interval_us < i->min_us) {
		i->min_us = interval_us;
	}
	if (interval_us > i->max_us) {
		i->max_us = interval_us;
	}
	/* A lost packet is no part of the mean. */
	if (interval_us <= (uint64_t)x->tx_us * 3 / 2) {
		i->sum_us += interval_us;
		i->counted++;
	}
	i->count++;
}

void
bfd_measure(struct bfd_session *b, unsigned end, const struct bfd_packet *before, bool was_up,
	const struct moment *at)
{
	struct bfd_end *x = &b->end[end];
	struct bfd_end *y = &b->end[1 - end];
	const struct bfd_packet *p = &x->last;
	struct moment previous = x->previous;
	x->previous = *at;
	if (before == NULL || at->time_ns <= previous.time_ns || previous.input != at->input) {
		return;
	}
	uint64_t silence_us = (at->time_ns - previous.time_ns) / 1000;
	if (was_up && b->up && y->has_timers && (y->last.flags & BFD_FLAG_DEMAND) == 0 &&
	    (p->flags & BFD_FLAG_DEMAND) == 0) {
		int64_t margin = (int64_t)y->detect_us - (int64_t)silence_us;
		if (!y->has_margin || margin < y->margin_us) {
			y->has_margin = true;
			y->margin_us = margin;
			y->margin_at = *at;
		}
	}
	if (!is_periodic(p, before) || (y->last.flags & BFD_FLAG_DEMAND) != 0) {
		x->has_periodic = false;
		return;
	}
	if (!x->has_periodic) {
		x->has_periodic = true;
		x->periodic = *at;
		return;
	}
	uint64_t interval_us = (at->time_ns - x->periodic.time_ns) / 1000;
	x->periodic = *at;
	if (was_up && b->up && x->has_timers) {
		measure_up(x, interval_us);
	} else if (p->state == BFD_DOWN && y->last.state != BFD_UP) {
		x->slow_count++;
		x->slow_early += interval_us < SLOW_MIN_US * 3 / 4 * 9 / 10;
	}
}

/* RFC 5880 section 6.8.7: mean of the intervals, 0 where there are none. */
uint64_t
bfd_mean_interval_us(const struct bfd_end *x)
{
	return x->up_intervals.counted > 0 ? x->up_intervals.sum_us / x->up_intervals.counted : 0;
}

void
rule_bfd_interval(struct track *t, struct bfd_session *b, unsigned end)
{
	struct bfd_end *x = &b->end[end];
	const struct bfd_end *y = &b->end[1 - end];
	const struct bfd_intervals *i = &x->up_intervals;
	bool fast = i->count >= INTERVALS_ENOUGH && i->early * 10 >= i->count * 9;
	bool fast_while_down =
		x->slow_count >= SLOW_INTERVALS_ENOUGH && x->slow_early * 10 >= x->slow_count * 9;
	/* Packets of all sessions that start together would go out together. */
	bool steady = i->count >= JITTER_INTERVALS_ENOUGH && i->counted == i->count &&
		      i->max_us - i->min_us <= x->tx_us / 25 && i->min_us >= (uint64_t)x->tx_us * 19 / 20;
	/* What it does while Up is the worse of the two. */
	if (x->interval_told >= 1 + fast || !(fast || fast_while_down || steady)) {
		return;
	}
	x->interval_told = (uint8_t)(1 + fast);
	char a[ADDRESS_TEXT_MAX], c[ADDRESS_TEXT_MAX];
	address_text(&x->addr, a);
	address_text(&y->addr, c);
	double mean_ms = (double)bfd_mean_interval_us(x) / 1000;
	if (fast) {
		struct finding_args args = scene_bfd_args(b, FINDING_BFD_INTERVAL, CONFIDENCE_LIKELY, &x->addr, &x->at);
		args.blame = &x->addr;
		finding_raise(t, &args,
			"%s sends BFD every %.1f ms on average, though %s asks for no more than one in %.1f ms (Required Min RX) and %.1f ms were negotiated (RFC 5880 section 6.8.7)",
			a, mean_ms, c, y->last.required_min_rx_us / 1000.0, x->tx_us / 1000.0);
		return;
	}
	if (fast_while_down) {
		struct finding_args args = scene_bfd_args(b, FINDING_BFD_INTERVAL, CONFIDENCE_LIKELY, &x->addr, &x->at);
		args.blame = &x->addr;
		args.lower_severity = true; /* it costs bandwidth, nothing else */
		finding_raise(t, &args,
			"%s sends BFD faster than once a second while it is not Up (RFC 5880 section 6.8.3)", a);
		return;
	}
	struct finding_args args = scene_bfd_args(b, FINDING_BFD_INTERVAL, CONFIDENCE_LIKELY, &x->addr, &x->at);
	args.lower_severity = true;
	finding_raise(t, &args,
		"%s sends BFD without the jitter of RFC 5880 section 6.8.7: %.1f to %.1f ms over %llu intervals, where 75 to %d %% of %.1f ms are due",
		a, (double)i->min_us / 1000, (double)i->max_us / 1000, (unsigned long long)i->count,
		x->last.detect_mult == 1 ? 90 : 100, x->tx_us / 1000.0);
}
