/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The state machine of RFC 4271 section 8.2.2 as a constant table: state × event → state.
 *
 * Optional session attributes that packets do not show are taken at their defaults: DelayOpen is
 * off, so a TCP connection that fails in Connect or Active leads to Idle. Cells that are 0 in the
 * table stand for "stay": the event is ignored, or it has no effect on the state.
 *
 * Unknown is no state of the RFC: a capture may begin in the middle. It is left by the first event
 * that says where the machine must be now.
 */
#include "track/bgp_fsm.h"

enum { STAY = 0 };

/* "Any other event" of a section of 8.2.2: drop the connection, change to Idle. */
#define OTHERS_TO_IDLE \
	[8] = BGP_STATE_IDLE, [9] = BGP_STATE_IDLE, [10] = BGP_STATE_IDLE, [12] = BGP_STATE_IDLE, \
	[13] = BGP_STATE_IDLE, [20] = BGP_STATE_IDLE, [21] = BGP_STATE_IDLE, [22] = BGP_STATE_IDLE, \
	[23] = BGP_STATE_IDLE, [24] = BGP_STATE_IDLE, [25] = BGP_STATE_IDLE, [28] = BGP_STATE_IDLE, \
	[29] = BGP_STATE_IDLE

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverride-init"
#ifdef __clang__
#pragma clang diagnostic ignored "-Winitializer-overrides"
#endif
static const uint8_t table[BGP_STATE_COUNT][RFC_EVENT_COUNT] = {
	[BGP_STATE_UNKNOWN] = {
		[2] = BGP_STATE_IDLE, [3] = BGP_STATE_CONNECT, [5] = BGP_STATE_ACTIVE,
		[8] = BGP_STATE_IDLE, [10] = BGP_STATE_IDLE,
		[16] = BGP_STATE_OPENSENT, [17] = BGP_STATE_OPENSENT,
		[18] = BGP_STATE_IDLE, [19] = BGP_STATE_OPENCONFIRM,
		[21] = BGP_STATE_IDLE, [22] = BGP_STATE_IDLE, [23] = BGP_STATE_IDLE,
		[24] = BGP_STATE_IDLE, [25] = BGP_STATE_IDLE,
		[26] = BGP_STATE_ESTABLISHED, [27] = BGP_STATE_ESTABLISHED,
		[28] = BGP_STATE_IDLE, [29] = BGP_STATE_IDLE,
	},
	[BGP_STATE_IDLE] = {
		[1] = BGP_STATE_CONNECT, [3] = BGP_STATE_CONNECT, [4] = BGP_STATE_ACTIVE,
		[5] = BGP_STATE_ACTIVE, [6] = BGP_STATE_CONNECT, [7] = BGP_STATE_ACTIVE,
	},
	[BGP_STATE_CONNECT] = {
		OTHERS_TO_IDLE,
		[2] = BGP_STATE_IDLE, [9] = STAY, [11] = BGP_STATE_IDLE, [12] = BGP_STATE_OPENSENT,
		[16] = BGP_STATE_OPENSENT, [17] = BGP_STATE_OPENSENT, [18] = BGP_STATE_IDLE,
		[19] = BGP_STATE_IDLE, [20] = BGP_STATE_OPENCONFIRM, [26] = BGP_STATE_IDLE,
		[27] = BGP_STATE_IDLE,
	},
	[BGP_STATE_ACTIVE] = {
		OTHERS_TO_IDLE,
		[2] = BGP_STATE_IDLE, [9] = BGP_STATE_CONNECT, [11] = BGP_STATE_IDLE,
		[12] = BGP_STATE_OPENSENT, [16] = BGP_STATE_OPENSENT, [17] = BGP_STATE_OPENSENT,
		[18] = BGP_STATE_IDLE, [19] = BGP_STATE_IDLE, [20] = BGP_STATE_OPENCONFIRM,
		[26] = BGP_STATE_IDLE, [27] = BGP_STATE_IDLE,
	},
	[BGP_STATE_OPENSENT] = {
		OTHERS_TO_IDLE,
		[2] = BGP_STATE_IDLE, [11] = BGP_STATE_IDLE, [18] = BGP_STATE_ACTIVE,
		[19] = BGP_STATE_OPENCONFIRM, [26] = BGP_STATE_IDLE, [27] = BGP_STATE_IDLE,
	},
	[BGP_STATE_OPENCONFIRM] = {
		OTHERS_TO_IDLE,
		[2] = BGP_STATE_IDLE, [18] = BGP_STATE_IDLE, [26] = BGP_STATE_ESTABLISHED,
		[27] = BGP_STATE_IDLE,
	},
	[BGP_STATE_ESTABLISHED] = {
		OTHERS_TO_IDLE,
		[2] = BGP_STATE_IDLE, [18] = BGP_STATE_IDLE,
	},
};
#pragma GCC diagnostic pop

enum bgp_state
bgp_fsm_next(enum bgp_state state, uint8_t event)
{
	if ((unsigned)state >= BGP_STATE_COUNT || event >= RFC_EVENT_COUNT ||
	    table[state][event] == STAY) {
		return state;
	}
	return (enum bgp_state)table[state][event];
}

uint8_t
bgp_fsm_event_of_notification(uint8_t code, uint8_t subcode)
{
	switch (code) {
	case 1:
		return RFC_HEADER_ERR;
	case 2:
		return RFC_OPEN_ERR;
	case 3:
		return RFC_UPDATE_ERR;
	case 4:
		return RFC_HOLD_TIMER_EXPIRES;
	case 6:
		return subcode == 7 ? RFC_COLLISION_DUMP
		       : subcode == 2 || subcode == 3 || subcode == 4 ? RFC_MANUAL_STOP
								      : RFC_AUTOMATIC_STOP;
	case 8:
		return RFC_SEND_HOLD_TIMER_EXPIRES;
	default:
		return RFC_AUTOMATIC_STOP;
	}
}
