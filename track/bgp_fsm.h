/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BGPWHY_TRACK_BGP_FSM_H
#define BGPWHY_TRACK_BGP_FSM_H

#include "track/event.h"

/* The events of RFC 4271 section 8.1 that packets can show; 29 is RFC 9687. */
enum rfc_event {
	RFC_MANUAL_STOP = 2,
	RFC_AUTOMATIC_START = 3,
	RFC_AUTOMATIC_START_PASSIVE = 5,
	RFC_AUTOMATIC_STOP = 8,
	RFC_CONNECT_RETRY_EXPIRES = 9,
	RFC_HOLD_TIMER_EXPIRES = 10,
	RFC_TCP_CR_ACKED = 16,
	RFC_TCP_CONFIRMED = 17,
	RFC_TCP_FAILS = 18,
	RFC_BGP_OPEN = 19,
	RFC_HEADER_ERR = 21,
	RFC_OPEN_ERR = 22,
	RFC_COLLISION_DUMP = 23,
	RFC_NOTIF_VERSION_ERR = 24,
	RFC_NOTIF = 25,
	RFC_KEEPALIVE = 26,
	RFC_UPDATE = 27,
	RFC_UPDATE_ERR = 28,
	RFC_SEND_HOLD_TIMER_EXPIRES = 29,
	RFC_EVENT_COUNT = 30,
};

/* The next state (RFC 4271 section 8.2.2, without DelayOpen); total: any state, any event. */
enum bgp_state bgp_fsm_next(enum bgp_state state, uint8_t event);

/* What a speaker that sends NOTIFICATION code/subcode has just met. */
uint8_t bgp_fsm_event_of_notification(uint8_t code, uint8_t subcode);

#endif
