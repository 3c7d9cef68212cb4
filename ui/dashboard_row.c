/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One session as the dashboard shows it: a copy of what the model knows, how healthy that is, and
 * the text of each cell. The list and the head of a session's own screen share it, so that they
 * never disagree.
 */
#include <stdio.h>
#include <string.h>

#include "ui/dashboard_panel.h"
#include "ui/text.h"

enum { FINDINGS_MAX = 128 };

static const uint8_t bfd_state_up = BFD_UP + 1;

static enum health
bfd_health(const struct event_bfd_session *bfd)
{
	uint8_t a = bfd->side[0].state, b = bfd->side[1].state;
	if (a == 0 && b == 0) {
		return HEALTH_UNKNOWN;
	}
	bool one_up = a == bfd_state_up || b == bfd_state_up;
	if (one_up && (a == b || a == 0 || b == 0)) {
		return bfd->flaps > 0 ? HEALTH_WARN : HEALTH_GOOD;
	}
	return one_up ? HEALTH_BUSY : HEALTH_BAD;
}

static enum health
session_health(const struct event_session *info, enum finding_cause cause)
{
	enum bgp_state a = info->side[0].state, b = info->side[1].state;
	bool a_up = a == BGP_STATE_ESTABLISHED, b_up = b == BGP_STATE_ESTABLISHED;
	bool known = a != BGP_STATE_UNKNOWN || b != BGP_STATE_UNKNOWN;
	if (a_up || b_up) {
		if ((a_up && b_up) || a == BGP_STATE_UNKNOWN || b == BGP_STATE_UNKNOWN) {
			return info->verdict == VERDICT_FLAPPING ||
					info->verdict == VERDICT_DEGRADED
				? HEALTH_WARN
				: info->verdict == VERDICT_DOWN ? HEALTH_BAD
								: HEALTH_GOOD;
		}
		bool other_opens = (a_up ? b : a) == BGP_STATE_OPENCONFIRM;
		return other_opens ? HEALTH_BUSY : HEALTH_BAD;
	}
	if (info->verdict == VERDICT_DOWN || info->verdict == VERDICT_FLAPPING ||
		(cause != FINDING_NONE && finding_severity(cause) == SEVERITY_ERROR)) {
		return HEALTH_BAD;
	}
	if (!known) {
		return HEALTH_UNKNOWN;
	}
	bool both_idle = a <= BGP_STATE_IDLE && b <= BGP_STATE_IDLE;
	return both_idle ? HEALTH_BAD : HEALTH_BUSY;
}

const struct model_finding *
session_row_finding(const struct model *model, const struct model_session *session,
	const struct model_bfd_session *bfd)
{
	/* Room for all that a session may have: the best one need not be the first that came. */
	const struct model_finding *findings[FINDINGS_MAX];
	return model_findings_of(model, session, bfd, findings, FINDINGS_MAX) > 0 ? findings[0]
										  : NULL;
}

static enum finding_cause
first_cause(const struct model *model, const struct model_session *session,
	const struct model_bfd_session *bfd)
{
	const struct model_finding *first = session_row_finding(model, session, bfd);
	if (first == NULL || first->severity == SEVERITY_INFO) {
		return FINDING_NONE;
	}
	return first->cause;
}

bool
session_find_both(const struct model *model, uint64_t session_id, uint64_t bfd_id,
	const struct model_session **session, const struct model_bfd_session **bfd)
{
	*session = session_id != 0 ? model_session_find(model, session_id) : NULL;
	*bfd = *session != NULL ? model_bfd_of(model, *session)
				: model_bfd_session_find(model, bfd_id);
	return *session != NULL || *bfd != NULL;
}

void
session_row_take(struct session_row *row, const struct model *model,
	const struct model_session *session, const struct model_bfd_session *bfd)
{
	*row = (struct session_row){.has_session = session != NULL,
		.has_bfd = bfd != NULL,
		.ended_ns = model_ended_ns(model, session, bfd)};
	if (bfd != NULL) {
		row->bfd = bfd->info;
	}
	if (session == NULL) {
		row->cause = first_cause(model, NULL, bfd);
		row->health = bfd_health(&row->bfd);
		return;
	}
	row->info = session->info;
	row->cause = row->info.primary_cause;
	if (row->cause == FINDING_NONE && !session->told) {
		row->cause = first_cause(model, session, bfd);
	}
	row->health = session_health(&row->info, row->cause);
	/* It is no part of the verdict that it is not what was wanted, and yet it is to be seen. */
	enum finding_cause first = first_cause(model, session, bfd);
	if ((row->cause == FINDING_NONE || row->cause == first) && finding_is_expectation(first)) {
		row->cause = first;
		row->health = row->health == HEALTH_GOOD ? HEALTH_WARN : row->health;
	}
	if (bfd == NULL) {
		return;
	}
	if (address_equal(&row->bfd.side[0].addr, &row->info.side[1].addr) ||
		address_equal(&row->bfd.side[1].addr, &row->info.side[0].addr)) {
		struct event_bfd_side swap = row->bfd.side[0];
		row->bfd.side[0] = row->bfd.side[1];
		row->bfd.side[1] = swap;
	}
	if (row->health == HEALTH_GOOD && bfd_health(&row->bfd) == HEALTH_BAD) {
		row->health = HEALTH_WARN;
	}
}

const struct address *
session_row_address(const struct session_row *row, size_t side)
{
	return row->has_session ? &row->info.side[side].addr : &row->bfd.side[side].addr;
}

bool
session_row_is_up(const struct session_row *row)
{
	return row->health == HEALTH_GOOD || row->health == HEALTH_WARN;
}

uint64_t
session_row_since_ns(const struct session_row *row)
{
	uint64_t since[2];
	for (size_t side = 0; side < 2; side++) {
		since[side] = row->has_session ? row->info.side[side].state_since_ns
					       : row->bfd.side[side].state_since_ns;
	}
	return since[0] > since[1] ? since[0] : since[1];
}

/* After its own capture nobody knows of it: another one that goes on does not make its timers run out. */
static uint64_t
row_now(const struct session_row *row, uint64_t now_ns)
{
	return row->ended_ns != 0 && row->ended_ns < now_ns ? row->ended_ns : now_ns;
}

const char *
session_row_state(const struct session_row *row, size_t side)
{
	return row->has_session ? bgp_state_name((uint8_t)row->info.side[side].state)
				: track_state_name(PROTOCOL_BFD, row->bfd.side[side].state);
}

static bool
row_state_known(const struct session_row *row, size_t side)
{
	return row->has_session ? row->info.side[side].state != BGP_STATE_UNKNOWN
				: row->bfd.side[side].state != 0;
}

/* Two states in eleven columns. */
static const char *
short_state(const struct session_row *row, size_t side)
{
	static const char *const names[BGP_STATE_COUNT] = {
		[BGP_STATE_UNKNOWN] = "?",
		[BGP_STATE_IDLE] = "Idle",
		[BGP_STATE_CONNECT] = "Conn",
		[BGP_STATE_ACTIVE] = "Activ",
		[BGP_STATE_OPENSENT] = "OpSnt",
		[BGP_STATE_OPENCONFIRM] = "OpCnf",
		[BGP_STATE_ESTABLISHED] = "Estab",
	};
	if (row->has_session) {
		enum bgp_state state = row->info.side[side].state;
		return state < BGP_STATE_COUNT ? names[state] : "?";
	}
	static const char *const bfd_names[] = {"?", "Admin", "Down", "Init", "Up"};
	uint8_t state = row->bfd.side[side].state;
	return state <= bfd_state_up ? bfd_names[state] : "?";
}

char *
session_row_states(const struct session_row *row, unsigned width, char text[ROW_TEXT_MAX])
{
	const char *a = session_row_state(row, 0), *b = session_row_state(row, 1);
	if (strcmp(a, b) == 0) {
		snprintf(text, ROW_TEXT_MAX, "%s", a);
		return text;
	}
	snprintf(text, ROW_TEXT_MAX, "%s/%s", row_state_known(row, 0) ? a : "?",
		row_state_known(row, 1) ? b : "?");
	if (text_width(text) > width) {
		snprintf(text, ROW_TEXT_MAX, "%s/%s", short_state(row, 0), short_state(row, 1));
	}
	return text;
}

/* The part of `b` that `a` does not say already: ".7" after 192.0.2.6, "::7" after 2001:db8::6. */
static const char *
tail_of(const char *a, const char *b, char separator)
{
	size_t common = 0, tail = 0;
	while (a[common] != '\0' && a[common] == b[common]) {
		if (b[common] == separator) {
			tail = common;
		}
		common++;
	}
	return b + tail;
}

char *
session_row_peers(const struct session_row *row, const struct area *area, unsigned width,
	char text[ROW_TEXT_MAX])
{
	char a[ADDRESS_TEXT_MAX], b[ADDRESS_TEXT_MAX];
	address_text(session_row_address(row, 0), a);
	address_text(session_row_address(row, 1), b);
	const char *both = area_glyph(area, GLYPH_BOTH);
	snprintf(text, ROW_TEXT_MAX, "%s%s%s", a, both, b);
	if (text_width(text) <= width) {
		return text;
	}
	bool v6 = session_row_address(row, 0)->family == 6;
	const char *tail = tail_of(a, b, v6 ? ':' : '.');
	const char *cut = area_glyph(area, GLYPH_CUT);
	snprintf(text, ROW_TEXT_MAX, "%s%s%s%s", a, both, tail > b ? cut : "", tail);
	if (width > 0 && text_width(text) > width) { /* the remote is who one looks for */
		snprintf(text, ROW_TEXT_MAX, "%s%s%s", cut, both, b);
	}
	return text;
}

char *
session_row_asns(const struct session_row *row, const struct area *area, char text[ROW_TEXT_MAX])
{
	text[0] = '\0';
	if (!row->has_session) {
		return text;
	}
	const struct event_session_side *side = row->info.side;
	if (!side[0].has_asn && !side[1].has_asn) {
		return text;
	}
	if (side[0].has_asn && side[1].has_asn && side[0].asn == side[1].asn) {
		snprintf(text, ROW_TEXT_MAX, "%u", side[0].asn);
		return text;
	}
	for (size_t i = 0; i < 2; i++) {
		if (i == 1) {
			text_append(text, ROW_TEXT_MAX, "%s", area_glyph(area, GLYPH_BOTH));
		}
		if (side[i].has_asn) {
			text_append(text, ROW_TEXT_MAX, "%u", side[i].asn);
		} else {
			text_append(text, ROW_TEXT_MAX, "?");
		}
	}
	return text;
}

/* The interval at which a side sends and how many its peer may miss. */
static void
append_timers(const struct event_bfd_side *side, const struct area *area, char *text, size_t room)
{
	char duration[TEXT_DURATION_MAX];
	text_duration_us(side->negotiated_tx_us, duration);
	for (char *blank = strchr(duration, ' '); blank != NULL; blank = strchr(duration, ' ')) {
		memmove(blank, blank + 1, strlen(blank));
	}
	text_append(text, room, " %s%s%u", duration, area_glyph(area, GLYPH_TIMES),
		side->detect_mult);
}

char *
session_row_bfd(const struct session_row *row, const struct area *area, bool timers,
	char text[ROW_TEXT_MAX])
{
	static const char *const names[] = {"?", "Admin", "Down", "Init", "Up"};
	if (!row->has_bfd) {
		snprintf(text, ROW_TEXT_MAX, "%s", area_glyph(area, GLYPH_DASH));
		return text;
	}
	const struct event_bfd_side *side = row->bfd.side;
	uint8_t a = side[0].state, b = side[1].state;
	if (a > bfd_state_up || b > bfd_state_up) {
		a = b = 0;
	}
	/* One word: of the side that is worse, for it is what stops the session. */
	uint8_t worse = a == 0 ? b : b == 0 ? a : a < b ? a : b;
	snprintf(text, ROW_TEXT_MAX, "%s", names[worse]);
	if (!timers) {
		return text;
	}
	if (a != b) {
		snprintf(text, ROW_TEXT_MAX, "%s/%s", names[a], names[b]);
	}
	for (size_t i = 0; i < 2; i++) {
		if (side[i].has_timers) {
			append_timers(&side[i], area, text, ROW_TEXT_MAX);
			break;
		}
	}
	return text;
}

char *
session_row_since(const struct session_row *row, uint64_t now_ns, char text[ROW_TEXT_MAX])
{
	uint64_t since = session_row_since_ns(row);
	now_ns = row_now(row, now_ns);
	text[0] = '\0';
	if (since != 0) {
		char duration[TEXT_DURATION_MAX];
		uint64_t age = now_ns > since ? now_ns - since : 0;
		text_duration_ns(age / 1000000000 * 1000000000,
			duration); /* no more than seconds */
		snprintf(text, ROW_TEXT_MAX, "%s", age < 1000000000 ? "<1 s" : duration);
	}
	return text;
}

char *
session_row_cause(const struct session_row *row, char text[ROW_TEXT_MAX])
{
	const char *cause = "";
	if (row->cause != FINDING_NONE) {
		cause = finding_title(row->cause);
	} else if (row->has_session && row->info.verdict == VERDICT_HEALTHY) {
		cause = row->health == HEALTH_GOOD ? "healthy" : "BFD is not up";
	} else if (row->health == HEALTH_BUSY) {
		cause = "coming up";
	}
	snprintf(text, ROW_TEXT_MAX, "%s", cause);
	return text;
}

unsigned
health_style(enum health health)
{
	static const enum style styles[] = {
		[HEALTH_BAD] = STYLE_BAD,
		[HEALTH_BUSY] = STYLE_BUSY,
		[HEALTH_WARN] = STYLE_BUSY,
		[HEALTH_UNKNOWN] = STYLE_NORMAL,
		[HEALTH_GOOD] = STYLE_GOOD,
	};
	return styles[health];
}

enum glyph
health_glyph(enum health health)
{
	static const enum glyph glyph[] = {
		[HEALTH_BAD] = GLYPH_BAD,
		[HEALTH_BUSY] = GLYPH_BUSY,
		[HEALTH_WARN] = GLYPH_WARN,
		[HEALTH_UNKNOWN] = GLYPH_UNKNOWN,
		[HEALTH_GOOD] = GLYPH_GOOD,
	};
	return glyph[health];
}

enum hold_kind
session_row_hold(const struct session_row *row, size_t side, uint64_t now_ns, uint64_t *left_ns,
	uint64_t *whole_ns)
{
	const struct event_session_side *from = &row->info.side[side],
					*to = &row->info.side[1 - side];
	*left_ns = *whole_ns = 0;
	if (!row->has_session || from->last_message_ns == 0) {
		return HOLD_NONE;
	}
	bool runs = to->state >= BGP_STATE_OPENCONFIRM ||
		(to->state == BGP_STATE_UNKNOWN && from->state == BGP_STATE_ESTABLISHED);
	if (!runs) {
		return HOLD_NONE;
	}
	if (row->info.hold_time_s <= 0) {
		return row->info.hold_time_s == 0 ? HOLD_OFF : HOLD_UNKNOWN;
	}
	*whole_ns = (uint64_t)row->info.hold_time_s * 1000000000;
	now_ns = row_now(row, now_ns);
	uint64_t age = now_ns > from->last_message_ns ? now_ns - from->last_message_ns : 0;
	*left_ns = age < *whole_ns ? *whole_ns - age : 0;
	return HOLD_RUNS;
}

void
session_row_draw_hold(const struct session_row *row, size_t side, uint64_t now_ns, bool seconds,
	const struct area *area, unsigned at, unsigned column, unsigned width, unsigned band)
{
	uint64_t left, whole;
	enum hold_kind kind = session_row_hold(row, side, now_ns, &left, &whole);
	const char *arrow = area_glyph(area, side == 0 ? GLYPH_RIGHT : GLYPH_LEFT);
	unsigned numbers = seconds ? 6 : 0;
	if (kind != HOLD_RUNS) {
		static const char *const words[] = {[HOLD_NONE] = "",
			[HOLD_UNKNOWN] = "?",
			[HOLD_OFF] = "off",
			[HOLD_RUNS] = ""};
		const char *word = kind == HOLD_NONE ? area_glyph(area, GLYPH_DASH) : words[kind];
		area_printf(area, at, column, width, STYLE_FAINT | band, "%s%s", arrow, word);
		return;
	}
	/* KEEPALIVEs come thrice in a hold time: below a third, two are missing. */
	unsigned style = left * 3 > whole ? STYLE_GOOD : left * 10 > whole ? STYLE_BUSY : STYLE_BAD;
	area_text(area, at, column, 1, style | band, arrow);
	area_bar(area, at, column + 1, width - 1 - numbers, style | band, left, whole);
	if (seconds) {
		char number[16];
		snprintf(number, sizeof(number), "%us", (unsigned)(left / 1000000000));
		area_text_right(area, at, column + width - numbers, numbers, style | band, number);
	}
}
