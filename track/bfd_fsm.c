/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The BFD state machine (RFC 5880 section 6.2). The state of an end is in each packet it sends, so
 * the table serves to say what had to happen between two packets, and whether a step is possible.
 */
#include "track/bfd_fsm.h"

/* [own state][state received] → own state. AdminDown is left by the administrator alone. */
static const uint8_t table[4][4] = {
	[BFD_ADMIN_DOWN] = {BFD_ADMIN_DOWN, BFD_ADMIN_DOWN, BFD_ADMIN_DOWN, BFD_ADMIN_DOWN},
	[BFD_DOWN] = {BFD_DOWN, BFD_INIT, BFD_UP, BFD_DOWN},
	[BFD_INIT] = {BFD_DOWN, BFD_INIT, BFD_UP, BFD_UP},
	[BFD_UP] = {BFD_DOWN, BFD_DOWN, BFD_UP, BFD_UP},
};

enum bfd_state
bfd_fsm_next(enum bfd_state state, enum bfd_state received)
{
	return (enum bfd_state)table[state & 3][received & 3];
}

unsigned
bfd_fsm_skipped(enum bfd_state from, enum bfd_state to, enum bfd_state *between)
{
	/* To AdminDown and to Down any state goes at once; Down to Init and to Up is one step.
	 * What is left: AdminDown to Init or Up goes through Down, Up to Init likewise. */
	if ((to == BFD_INIT || to == BFD_UP) && (from == BFD_ADMIN_DOWN)) {
		*between = BFD_DOWN;
		return 1;
	}
	if (from == BFD_UP && to == BFD_INIT) {
		*between = BFD_DOWN;
		return 1;
	}
	return 0;
}
