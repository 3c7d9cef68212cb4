/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BGPWHY_TRACK_BFD_FSM_H
#define BGPWHY_TRACK_BFD_FSM_H

#include "dissect/bfd.h"

/* Where a BFD end goes when it hears `received` (RFC 5880 section 6.2 and 6.8.6); total. */
enum bfd_state bfd_fsm_next(enum bfd_state state, enum bfd_state received);

/* How many steps of the machine lie between two states that packets showed one after the other:
 * writes the states in between (at most one) and returns their number. */
unsigned bfd_fsm_skipped(enum bfd_state from, enum bfd_state to, enum bfd_state *between);

#endif
