/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The names that the contract gives to enums, both ways, and the text of a time. Each table is
 * indexed by its enum, so that a name stands in one place.
 */
#include <stdio.h>
#include <string.h>

#include "track/event.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char *const event_kinds[EVENT_KIND_COUNT] = {
	[EVENT_CAPTURE] = "capture",
	[EVENT_CONNECTION] = "connection",
	[EVENT_MESSAGE] = "message",
	[EVENT_FAULT] = "fault",
	[EVENT_GAP] = "gap",
	[EVENT_CHECK] = "check",
	[EVENT_BFD] = "bfd",
	[EVENT_TRANSITION] = "transition",
	[EVENT_ALERT] = "alert",
	[EVENT_FINDING] = "finding",
	[EVENT_SESSION] = "session",
	[EVENT_BFD_SESSION] = "bfd_session",
	[EVENT_RETRANSMISSION] = "retransmission",
	[EVENT_LOST] = "lost",
	[EVENT_RECORDING] = "recording",
};

static const char *const connection_states[] = {
	[CONNECTION_SYN] = "syn",
	[CONNECTION_ESTABLISHED] = "established",
	[CONNECTION_REFUSED] = "refused",
	[CONNECTION_CLOSED] = "closed",
	[CONNECTION_RESET] = "reset",
	[CONNECTION_MIDSTREAM] = "midstream",
	[CONNECTION_TIMEOUT] = "timeout",
};

static const char *const bgp_states[BGP_STATE_COUNT] = {
	[BGP_STATE_UNKNOWN] = "Unknown",
	[BGP_STATE_IDLE] = "Idle",
	[BGP_STATE_CONNECT] = "Connect",
	[BGP_STATE_ACTIVE] = "Active",
	[BGP_STATE_OPENSENT] = "OpenSent",
	[BGP_STATE_OPENCONFIRM] = "OpenConfirm",
	[BGP_STATE_ESTABLISHED] = "Established",
};

static const char *const bfd_states[] = {"Unknown", "AdminDown", "Down", "Init", "Up"};
static const char *const protocols[] = {[PROTOCOL_BGP] = "bgp", [PROTOCOL_BFD] = "bfd"};
static const char *const bases[] = {[BASIS_OBSERVED] = "observed", [BASIS_INFERRED] = "inferred"};
static const char *const severities[] = {
	[SEVERITY_INFO] = "info", [SEVERITY_WARNING] = "warning", [SEVERITY_ERROR] = "error"};
static const char *const confidences[] = {[CONFIDENCE_POSSIBLE] = "possible",
	[CONFIDENCE_LIKELY] = "likely", [CONFIDENCE_CERTAIN] = "certain"};
static const char *const verdicts[] = {
	[VERDICT_UNKNOWN] = "unknown",
	[VERDICT_HEALTHY] = "healthy",
	[VERDICT_DOWN] = "down",
	[VERDICT_FLAPPING] = "flapping",
	[VERDICT_DEGRADED] = "degraded",
};
static const char *const restart_states[RESTART_STATE_COUNT] = {
	[RESTART_WAITING] = "waiting",
	[RESTART_BACK] = "back",
	[RESTART_COMPLETE] = "complete",
	[RESTART_NOT_KEPT] = "not-kept",
	[RESTART_CUT_SHORT] = "cut-short",
	[RESTART_EXPIRED] = "expired",
	[RESTART_STALE] = "stale",
	[RESTART_STALE_EXPIRED] = "stale-expired",
};
static const char *const count_slots[COUNT_SLOTS] = {
	[COUNT_OPEN] = "OPEN",
	[COUNT_UPDATE] = "UPDATE",
	[COUNT_NOTIFICATION] = "NOTIFICATION",
	[COUNT_KEEPALIVE] = "KEEPALIVE",
	[COUNT_ROUTE_REFRESH] = "ROUTE-REFRESH",
	[COUNT_OTHER] = "OTHER",
};

/* RFC 4271 section 8.1; 29 is of RFC 9687. */
static const char *const rfc_events[] = {
	[1] = "ManualStart",
	[2] = "ManualStop",
	[3] = "AutomaticStart",
	[4] = "ManualStart_with_PassiveTcpEstablishment",
	[5] = "AutomaticStart_with_PassiveTcpEstablishment",
	[6] = "AutomaticStart_with_DampPeerOscillations",
	[7] = "AutomaticStart_with_DampPeerOscillations_and_PassiveTcpEstablishment",
	[8] = "AutomaticStop",
	[9] = "ConnectRetryTimer_Expires",
	[10] = "HoldTimer_Expires",
	[11] = "KeepaliveTimer_Expires",
	[12] = "DelayOpenTimer_Expires",
	[13] = "IdleHoldTimer_Expires",
	[14] = "TcpConnection_Valid",
	[15] = "Tcp_CR_Invalid",
	[16] = "Tcp_CR_Acked",
	[17] = "TcpConnectionConfirmed",
	[18] = "TcpConnectionFails",
	[19] = "BGPOpen",
	[20] = "BGPOpen with DelayOpenTimer running",
	[21] = "BGPHeaderErr",
	[22] = "BGPOpenMsgErr",
	[23] = "OpenCollisionDump",
	[24] = "NotifMsgVerErr",
	[25] = "NotifMsg",
	[26] = "KeepAliveMsg",
	[27] = "UpdateMsg",
	[28] = "UpdateMsgErr",
	[29] = "SendHoldTimer_Expires",
};

/* In the order of the bits of enum capture_artefact. */
static const char *const artefacts[] = {"midstream", "kernel-drops", "capture-loss", "snaplen",
	"duplicates", "one-direction", "checksum-offload", "segment-offload", "clock-step",
	"port-reuse", "evicted-candidates", "interface-down", "evicted-fragments", "too-deep"};

struct finding_row {
	const char *key, *title;
	enum severity severity;
	int rank;
};

static const struct finding_row findings[FINDING_CAUSE_COUNT] = {
	[FINDING_NONE] = {NULL, "", SEVERITY_INFO, 1000},
#define FINDING(id, key, severity, rank, title) \
	[FINDING_##id] = {key, title, SEVERITY_##severity, rank},
#include "track/findings.def"
#undef FINDING
};

static const char *
name_at(const char *const *names, size_t count, size_t index)
{
	return index < count && names[index] != NULL ? names[index] : "?";
}

static bool
index_of(const char *const *names, size_t count, const char *name, size_t *index)
{
	for (size_t i = 0; i < count; i++) {
		if (names[i] != NULL && strcmp(names[i], name) == 0) {
			*index = i;
			return true;
		}
	}
	return false;
}

const char *
event_kind_name(enum event_kind kind)
{
	return name_at(event_kinds, COUNT(event_kinds), kind);
}

const char *
connection_state_name(enum connection_state state)
{
	return name_at(connection_states, COUNT(connection_states), state);
}

const char *
bgp_state_name(uint8_t state)
{
	return name_at(bgp_states, COUNT(bgp_states), state);
}

const char *
track_state_name(enum protocol protocol, uint8_t state)
{
	return protocol == PROTOCOL_BFD ? name_at(bfd_states, COUNT(bfd_states), state)
					: bgp_state_name(state);
}

const char *
protocol_name(enum protocol protocol)
{
	return name_at(protocols, COUNT(protocols), protocol);
}

const char *
basis_name(enum basis basis)
{
	return name_at(bases, COUNT(bases), basis);
}

const char *
severity_name(enum severity severity)
{
	return name_at(severities, COUNT(severities), severity);
}

const char *
confidence_name(enum confidence confidence)
{
	return name_at(confidences, COUNT(confidences), confidence);
}

const char *
verdict_name(enum verdict verdict)
{
	return name_at(verdicts, COUNT(verdicts), verdict);
}

const char *
restart_state_name(enum restart_state state)
{
	return state == RESTART_NONE ? NULL : name_at(restart_states, COUNT(restart_states), state);
}

const char *
count_slot_name(size_t slot)
{
	return name_at(count_slots, COUNT(count_slots), slot);
}

const char *
rfc_event_name(uint8_t number)
{
	return name_at(rfc_events, COUNT(rfc_events), number);
}

const char *
track_artefact_key(uint32_t bit)
{
	for (size_t i = 0; i < COUNT(artefacts); i++) {
		if (bit == 1u << i) {
			return artefacts[i];
		}
	}
	return "?";
}

const char *
finding_key(enum finding_cause cause)
{
	return cause < FINDING_CAUSE_COUNT ? findings[cause].key : NULL;
}

const char *
finding_title(enum finding_cause cause)
{
	return cause < FINDING_CAUSE_COUNT ? findings[cause].title : "";
}

int
finding_rank(enum finding_cause cause)
{
	return cause < FINDING_CAUSE_COUNT ? findings[cause].rank : 1000;
}

bool
finding_is_expectation(enum finding_cause cause)
{
	return cause >= FINDING_EXPECT_MISSING && cause <= FINDING_EXPECT_UNVERIFIED;
}

enum severity
finding_severity(enum finding_cause cause)
{
	return cause < FINDING_CAUSE_COUNT ? findings[cause].severity : SEVERITY_INFO;
}

bool
finding_from_key(const char *key, enum finding_cause *cause)
{
	for (size_t i = 1; i < FINDING_CAUSE_COUNT; i++) {
		if (strcmp(findings[i].key, key) == 0) {
			*cause = (enum finding_cause)i;
			return true;
		}
	}
	return false;
}

bool
connection_state_from_name(const char *name, enum connection_state *state)
{
	size_t i;
	if (!index_of(connection_states, COUNT(connection_states), name, &i)) {
		return false;
	}
	*state = (enum connection_state)i;
	return true;
}

bool
track_state_from_name(enum protocol protocol, const char *name, uint8_t *state)
{
	size_t i;
	if (!(protocol == PROTOCOL_BFD ? index_of(bfd_states, COUNT(bfd_states), name, &i)
				       : index_of(bgp_states, COUNT(bgp_states), name, &i))) {
		return false;
	}
	*state = (uint8_t)i;
	return true;
}

bool
verdict_from_name(const char *name, enum verdict *verdict)
{
	size_t i;
	if (!index_of(verdicts, COUNT(verdicts), name, &i)) {
		return false;
	}
	*verdict = (enum verdict)i;
	return true;
}

bool
restart_state_from_name(const char *name, enum restart_state *state)
{
	for (size_t i = RESTART_WAITING; i < COUNT(restart_states); i++) {
		if (name != NULL && strcmp(restart_states[i], name) == 0) {
			*state = (enum restart_state)i;
			return true;
		}
	}
	return false;
}

bool
severity_from_name(const char *name, enum severity *severity)
{
	size_t i;
	if (!index_of(severities, COUNT(severities), name, &i)) {
		return false;
	}
	*severity = (enum severity)i;
	return true;
}

bool
confidence_from_name(const char *name, enum confidence *confidence)
{
	size_t i;
	if (!index_of(confidences, COUNT(confidences), name, &i)) {
		return false;
	}
	*confidence = (enum confidence)i;
	return true;
}

static char *
put_digits(char *at, uint32_t number, unsigned count)
{
	for (unsigned i = count; i-- > 0; number /= 10) {
		at[i] = (char)('0' + number % 10);
	}
	return at + count;
}

const char *
time_text(uint64_t time_ns, uint8_t digits, char text[TIME_TEXT_MAX])
{
	uint64_t seconds = time_ns / 1000000000u;
	uint32_t fraction = (uint32_t)(time_ns % 1000000000u);
	/* Days since 1970 as a date of the Gregorian calendar: 400 years have 146,097 days, and a year that begins
	 * in March has its odd day at the end. 64 bits of nanoseconds end in the year 2554. */
	uint32_t second = (uint32_t)(seconds % 86400);
	uint32_t day = (uint32_t)(seconds / 86400) + 719468; /* since the 1st of March of the year 0 */
	uint32_t era = day / 146097, of_era = day % 146097;
	uint32_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	uint32_t of_year = of_era - (365 * year + year / 4 - year / 100);
	uint32_t month = (5 * of_year + 2) / 153; /* 0 is March */
	uint32_t of_month = of_year - (153 * month + 2) / 5 + 1;
	year += 400 * era + (month >= 10);
	char *at = put_digits(text, year, 4);
	*at++ = '-';
	at = put_digits(at, month < 10 ? month + 3 : month - 9, 2);
	*at++ = '-';
	at = put_digits(at, of_month, 2);
	*at++ = 'T';
	at = put_digits(at, second / 3600, 2);
	*at++ = ':';
	at = put_digits(at, second / 60 % 60, 2);
	*at++ = ':';
	at = put_digits(at, second % 60, 2);
	if (digits > 0 && digits <= 9) {
		char all[9];
		put_digits(all, fraction, 9);
		*at++ = '.';
		memcpy(at, all, digits);
		at += digits;
	}
	*at++ = 'Z';
	*at = '\0';
	return text;
}
