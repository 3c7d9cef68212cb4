/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The orders in which the sessions can stand. Each puts what deserves a look first: the worst state,
 * the latest change, the hold time that runs out next, the cause nearest to the root.
 */
#include "ui/dashboard_panel.h"

static int
compare_u64(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

uint64_t
session_row_messages(const struct session_row *row, size_t side)
{
	uint64_t sum = 0;
	for (size_t i = 0; row->has_session && i < COUNT_SLOTS; i++) {
		sum += row->info.side[side].messages[i];
	}
	return sum;
}

static uint64_t
sum_messages(const struct session_row *row)
{
	return session_row_messages(row, 0) + session_row_messages(row, 1);
}

static uint64_t
sum_prefixes(const struct session_row *row)
{
	return row->has_session
		? row->info.side[0].prefixes_announced + row->info.side[1].prefixes_announced
		: 0;
}

static uint64_t
least_hold(const struct session_row *row)
{
	uint64_t least = UINT64_MAX;
	for (size_t side = 0; side < 2; side++) {
		/* The one that was heard last runs out last, whatever the time is now. */
		uint64_t left, whole;
		if (session_row_hold(row, side, row->info.side[side].last_message_ns, &left,
			    &whole) == HOLD_RUNS) {
			uint64_t end = row->info.side[side].last_message_ns + whole;
			least = end < least ? end : least;
		}
	}
	return least;
}

static int
compare_peers(const struct session_row *a, const struct session_row *b)
{
	int order = address_compare(session_row_address(a, 0), session_row_address(b, 0));
	return order != 0 ? order
			  : address_compare(session_row_address(a, 1), session_row_address(b, 1));
}

static uint64_t
asns_key(const struct session_row *row)
{
	return row->has_session ? (uint64_t)row->info.side[1].asn << 32 | row->info.side[0].asn : 0;
}

static unsigned
bfd_key(const struct session_row *row)
{
	if (!row->has_bfd) {
		return 100;
	}
	unsigned a = row->bfd.side[0].state, b = row->bfd.side[1].state;
	return a < b ? a * 10 + b : b * 10 + a;
}

int
session_row_compare(const struct session_row *a, const struct session_row *b, enum column by)
{
	switch (by) {
	case COLUMN_PEERS:
		return compare_peers(a, b);
	case COLUMN_AS:
		return compare_u64(asns_key(a), asns_key(b));
	case COLUMN_SINCE: /* the latest change first */
		return compare_u64(session_row_since_ns(b), session_row_since_ns(a));
	case COLUMN_FLAPS:
		return compare_u64(b->has_session ? b->info.established_count : b->bfd.flaps,
			a->has_session ? a->info.established_count : a->bfd.flaps);
	case COLUMN_HOLD:
		return compare_u64(least_hold(a), least_hold(b));
	case COLUMN_BFD:
		return compare_u64(bfd_key(a), bfd_key(b));
	case COLUMN_MESSAGES:
		return compare_u64(sum_messages(b), sum_messages(a));
	case COLUMN_PREFIXES:
		return compare_u64(sum_prefixes(b), sum_prefixes(a));
	case COLUMN_CAUSE: /* nearest to the root first; without a cause last */
		return finding_rank(a->cause) - finding_rank(b->cause);
	case COLUMN_STATE:
	default: /* the worst first */
		return a->health != b->health ? (int)a->health - (int)b->health
					      : finding_rank(a->cause) - finding_rank(b->cause);
	}
}
