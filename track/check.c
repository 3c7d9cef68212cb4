/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * --check in words. Each reason has one clause for a direction that a strict receiver stopped in,
 * or that lies outside what it can read, and one for a remark beside an agreement. They say what
 * packets show and leave open what they do not: whether somebody forged, or something broke.
 */
#include <string.h>

#include "track/internal.h"

_Static_assert((int)CHECKED_AGREE == (int)CHECK_AGREE && (int)CHECKED_STOPPED == (int)CHECK_STOPPED &&
		(int)CHECKED_OUTSIDE == (int)CHECK_OUTSIDE,
	"the tracker's results are capture's");

static const char *const results[CHECKED_COUNT] = {"agree", "stopped", "outside"};

static const struct {
	const char *key;
	const char *text[CHECKED_COUNT]; /* NULL: does not occur */
} reasons[CHECK_REASON_COUNT] = {
	[CHECK_NO_REASON] = {NULL, {"both engines read the same octets, and all there are"}},
	[CHECK_OVERLAP] = {"overlap",
		{"both engines read the same octets, but this packet carries other ones for a place that had been "
		 "read: one of the copies was injected or corrupted",
			"segments overlap with different octets: from here on it depends on the receiver what it "
			"reads; one of the copies was injected or corrupted"}},
	[CHECK_WINDOW] = {"window",
		{"both engines read the same octets; this packet lies outside the receive window, and no receiver "
		 "takes it: it was injected, or is from another time",
			"the next octets lie outside the receive window and were never acknowledged",
			"the next octets lie outside the receive window that the capture shows, and were "
			"acknowledged all the same: it lacks a window update, or has it late"}},
	[CHECK_TIMESTAMP] = {"timestamp",
		{NULL,
			"the next octets carry an older timestamp than what was read before, and were never "
			"acknowledged (RFC 7323, 5.3)",
			"the next octets carry an older timestamp than what was read before, and were acknowledged "
			"all the same"}},
	[CHECK_HOLE] = {"hole",
		{NULL,
			"the next octets never came and were never acknowledged: they were lost before this point, "
			"and not sent again"}},
	[CHECK_RESET] = {"reset",
		{NULL,
			"this RST lies in the receive window, and a receiver of RFC 793 ends the connection; data "
			"came all the same, so it was forged, or its sender did not mean it"}},
	[CHECK_CLOSED] = {"closed", {NULL, "both sides had closed the connection, and data came after it"}},
	[CHECK_MIDSTREAM] = {"midstream",
		{NULL, NULL, "the capture begins inside the connection, and a strict receiver needs its handshake"}},
	[CHECK_ONE_DIRECTION] = {"one-direction",
		{NULL, NULL, "the capture has one direction only, and a strict receiver needs both"}},
	[CHECK_HANDSHAKE] = {"handshake",
		{NULL, NULL, "no packet in the capture completes its handshake for a strict receiver"}},
	[CHECK_SYN_DATA] = {"syn-data", {NULL, NULL, "its SYN carries data (TCP Fast Open)"}},
	[CHECK_CUT] = {"cut", {NULL, NULL, "the packet was cut when it was captured"}},
	[CHECK_LOSS] = {"loss",
		{NULL, NULL, "the next octets were acknowledged and are not here: the capture lost them"}},
	[CHECK_ORDER] = {"order",
		{NULL, NULL, "the capture has the acknowledgement of the next octets before the octets"}},
	[CHECK_LATE] = {"late",
		{NULL, NULL, "the next octets came so late that they were given up; a strict receiver waits for ever"}},
	[CHECK_QUEUE] = {"queue",
		{NULL, NULL, "more waited behind a hole than libnids keeps (64 KiB)"}},
	[CHECK_LIMIT] = {"limit",
		{"both engines read the same octets; later copies were not compared, since a limit was reached",
			NULL, "a limit of this program was reached, and it was evicted"}},
	[CHECK_END] = {"end",
		{NULL, NULL, "the capture ends, or lacks the other side, before it can be told what became of the next octets"}},
	[CHECK_UNEXPLAINED] = {"unexplained",
		{NULL, NULL, "the two engines part here, and the packets do not say why"}},
};

const char *
check_result_name(uint8_t result)
{
	return result < CHECKED_COUNT ? results[result] : "?";
}

const char *
check_reason_key(uint8_t reason)
{
	return reason < CHECK_REASON_COUNT ? reasons[reason].key : NULL;
}

const char *
check_text(uint8_t result, uint8_t reason)
{
	const char *text = result < CHECKED_COUNT && reason < CHECK_REASON_COUNT
		? reasons[reason].text[result]
		: NULL;
	return text != NULL ? text : "";
}

bool
check_result_from_name(const char *name, uint8_t *result)
{
	for (int i = 0; i < CHECKED_COUNT; i++) {
		if (strcmp(results[i], name) == 0) {
			*result = (uint8_t)i;
			return true;
		}
	}
	return false;
}

bool
check_reason_from_key(const char *key, uint8_t *reason)
{
	*reason = CHECK_NO_REASON;
	for (int i = 1; i < CHECK_REASON_COUNT && key != NULL; i++) {
		if (strcmp(reasons[i].key, key) == 0) {
			*reason = (uint8_t)i;
			return true;
		}
	}
	return key == NULL;
}

void
link_check(void *ctx, struct conn *conn, const struct check_note *note)
{
	struct track *t = ctx;
	const struct link *link = conn->user;
	if (link == NULL) {
		return;
	}
	struct moment at = moment_make(note->time_ns, note->frame, note->input);
	struct event event = {
		.kind = EVENT_CHECK,
		.check = {
			.session = link->session->id,
			.connection = link->id,
			.src = conn->side[note->dir].addr,
			.dst = conn->side[1 - note->dir].addr,
			.result = (uint8_t)note->result,
			.reason = (uint8_t)note->reason,
			.bytes = note->bytes,
		},
	};
	emit(t, &event, &at);
}
