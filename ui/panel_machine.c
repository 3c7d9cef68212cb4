/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The state machines of both sides, for a class or for somebody who wants to know how it came to this.
 * What happened between the two is a row of steps; the screen stands at one of them and shows where
 * both machines are then, the edge that was taken last, and in a sentence why. It can be stepped
 * forward and back, by transition or by what was on the wire, and played as the packets came.
 */
#include "ui/panel_machine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "track/memory.h"
#include "ui/describe.h"
#include "ui/dashboard_session.h"
#include "ui/lessons.h"
#include "ui/text.h"

enum { SENTENCE_MAX = 512, LABEL_WIDE = 60, HOPS_MAX = 4096 };

static const unsigned speeds[] = {1, 10, 60};
enum { SPEED_COUNT = sizeof(speeds) / sizeof(speeds[0]) };

struct machine_panel {
	uint64_t session, bfd_session;
	uint64_t wanted; /* the seq to begin at; 0: none */
	struct session_row row;
	bool taken, chosen; /* `row` and the steps are there; where it stands was decided */
	struct events steps;
	size_t at;   /* the step that was taken last */
	/* The packet after it that is no step of its own: of a stretch, or BFD that changes nothing; seq 0: none. */
	struct packet {
		uint64_t seq, time_ns, frame;
		int8_t side;
		char text[EVENT_TEXT_MAX];
	} packet;
	const struct model *model; /* lives as long as the panel */
	bool before; /* nothing has happened yet */
	bool follow; /* stays at the end */
	enum protocol protocol;
	bool plays;
	size_t speed;
	uint64_t clock_ns;               /* at the last update */
	uint64_t play_ns, play_clock_ns; /* packet time, and the clock when it was that */
	const struct lesson *lesson;
};

/* Where the machines are after step `at`. */
struct stand {
	uint8_t state[2];
	uint64_t since_ns[2];
	const struct timeline_entry *last[2]; /* transition of this side */
};

static void *
machine_create(uint64_t session, uint64_t bfd_session)
{
	struct machine_panel *p = memory_zero(1, sizeof(*p));
	p->session = session;
	p->bfd_session = bfd_session;
	p->protocol = session != 0 ? PROTOCOL_BGP : PROTOCOL_BFD;
	return p;
}

static void
machine_destroy(void *self)
{
	struct machine_panel *p = self;
	events_finish(&p->steps);
	free(p);
}

static bool
is_transition(const struct machine_panel *p, size_t index)
{
	uint8_t kind = p->steps.line[index].entry.kind;
	return kind == (p->protocol == PROTOCOL_BGP ? TIMELINE_TRANSITION
						    : TIMELINE_BFD_TRANSITION);
}

static void
find_stand(const struct machine_panel *p, struct stand *stand)
{
	struct machines machines = {.protocol = p->protocol};
	*stand = (struct stand){.state = {0, 0}};
	/* Until a side moves it stands where its first step leaves from. */
	bool known[2] = {false, false};
	for (size_t i = 0; i < p->steps.count && !(known[0] && known[1]); i++) {
		int side = p->steps.line[i].side;
		if (is_transition(p, i) && side >= 0 && !known[side]) {
			known[side] = true;
			stand->state[side] = p->steps.line[i].entry.from;
		}
	}
	for (size_t i = 0; !p->before && i < p->steps.count && i <= p->at; i++) {
		const struct timeline_entry *e = &p->steps.line[i].entry;
		int side = p->steps.line[i].side;
		if (!machines_step(&machines, e, side)) {
			continue;
		}
		if (machines.state[side] != stand->state[side]) {
			stand->state[side] = machines.state[side];
			stand->since_ns[side] = e->time_ns;
		}
		stand->last[side] = e;
	}
}

static void
choose_start(struct machine_panel *p)
{
	p->chosen = true;
	p->before = p->lesson != NULL;
	p->at = p->lesson != NULL ? 0 : p->steps.count - 1;
	p->follow = p->lesson == NULL;
	if (p->lesson != NULL && p->row.has_bfd && p->row.has_session) {
		p->protocol = p->lesson->protocol;
	}
	for (size_t i = 0; p->wanted != 0 && i < p->steps.count; i++) {
		if (p->steps.line[i].entry.seq == p->wanted) {
			p->at = i;
			p->follow = i + 1 == p->steps.count;
			if (p->steps.line[i].entry.kind == TIMELINE_BFD_TRANSITION) {
				p->protocol = PROTOCOL_BFD;
			}
			return;
		}
	}
}

static bool
has_packet(const struct machine_panel *p, size_t index)
{
	switch (p->steps.line[index].entry.kind) {
	case TIMELINE_OPEN:
	case TIMELINE_NOTIFICATION:
	case TIMELINE_KEEPALIVE:
	case TIMELINE_UPDATE:
	case TIMELINE_MESSAGE:
	case TIMELINE_BFD:
		return true;
	default:
		return false;
	}
}

/* Whether a message begins a step of the time line. */
static bool
is_own_step(const struct machine_panel *p, uint64_t seq)
{
	for (size_t i = 0; i < p->steps.count; i++) {
		if (p->steps.line[i].entry.seq == seq && has_packet(p, i)) {
			return true;
		}
	}
	return false;
}

/* The message next to `seq`, before or after it, that is no step of its own. */
static const struct model_octets *
packet_beside(const struct machine_panel *p, uint64_t seq, int step)
{
	uint64_t bfd = p->row.has_bfd ? p->row.bfd.bfd_session : 0;
	const struct model_octets *o = NULL;
	for (unsigned hops = 0; hops < HOPS_MAX; hops++) {
		o = model_octets_step(p->model, seq, step, p->session, bfd);
		if (o == NULL || !is_own_step(p, o->seq)) {
			return o;
		}
		seq = o->seq;
	}
	return NULL;
}

static void
stand_at_packet(struct machine_panel *p, const struct model_octets *o)
{
	p->packet = (struct packet){.seq = o->seq, .time_ns = o->time_ns, .frame = o->frame, .side = -1};
	for (int8_t side = 0; side < 2; side++) {
		if (address_equal(&o->src, session_row_address(&p->row, (size_t)side)) ||
			(p->row.has_bfd && address_equal(&o->src, &p->row.bfd.side[side].addr))) {
			p->packet.side = side;
		}
	}
	if (o->session != 0) {
		struct bgp_message message;
		bgp_decode(o->bytes, o->size, &o->context, &message);
		const struct event_message event = {.message = &message, .context = &o->context};
		describe_message(&event, false, p->packet.text, sizeof(p->packet.text));
	} else {
		struct bfd_packet packet;
		bfd_decode(o->bytes, o->size, &packet);
		snprintf(p->packet.text, sizeof(p->packet.text), "BFD ");
		describe_bfd(&packet, false, p->packet.text + 4, sizeof(p->packet.text) - 4);
	}
}

/* Where something stands: by its time, and of one time by its number. */
struct spot {
	uint64_t time_ns, seq;
};

static struct spot
spot_of_step(const struct machine_panel *p, size_t index)
{
	const struct timeline_entry *e = &p->steps.line[index].entry;
	return (struct spot){e->time_ns, e->seq};
}

static bool
is_before(struct spot a, struct spot b)
{
	return a.time_ns != b.time_ns ? a.time_ns < b.time_ns : a.seq < b.seq;
}

static struct spot
spot_of_packet(const struct model_octets *o)
{
	return (struct spot){o->time_ns, o->seq};
}

/* What comes next, step or packet; false at the end, or where it comes later than `until_ns`. */
static bool
packet_forward(struct machine_panel *p, uint64_t until_ns)
{
	size_t next = p->before ? 0 : p->at + 1;
	bool ends = next >= p->steps.count;
	struct spot here = p->packet.seq != 0 ? (struct spot){p->packet.time_ns, p->packet.seq}
					       : spot_of_step(p, p->at);
	uint64_t seq = p->packet.seq;
	for (size_t i = p->at + 1; seq == 0 && !p->before && i > 0; i--) {
		seq = has_packet(p, i - 1) ? p->steps.line[i - 1].entry.seq : 0;
	}
	const struct model_octets *o = seq != 0 ? packet_beside(p, seq, 1) : NULL;
	while (o != NULL && !is_before(here, spot_of_packet(o))) {
		o = packet_beside(p, o->seq, 1);
	}
	if (o != NULL && (ends || is_before(spot_of_packet(o), spot_of_step(p, next)))) {
		if (o->time_ns > until_ns) {
			return false;
		}
		stand_at_packet(p, o);
		return true;
	}
	if (ends || p->steps.line[next].entry.time_ns > until_ns) {
		return false;
	}
	p->at = next;
	p->before = false;
	p->packet.seq = 0;
	return true;
}

static void
packet_backward(struct machine_panel *p)
{
	bool inside = p->packet.seq != 0;
	struct spot here = inside ? (struct spot){p->packet.time_ns, p->packet.seq} : spot_of_step(p, p->at);
	uint64_t seq = p->packet.seq;
	p->packet.seq = 0;
	if (!inside && p->at == 0) {
		p->before = true;
		return;
	}
	for (size_t i = p->at; seq == 0 && i < p->steps.count; i++) {
		seq = has_packet(p, i) ? p->steps.line[i].entry.seq : 0;
	}
	p->at -= !inside;
	const struct model_octets *o = packet_beside(p, seq != 0 ? seq : UINT64_MAX, -1);
	while (o != NULL && !is_before(spot_of_packet(o), here)) {
		o = packet_beside(p, o->seq, -1);
	}
	if (o != NULL && is_before(spot_of_step(p, p->at), spot_of_packet(o))) {
		stand_at_packet(p, o);
	}
}

static void
play_on(struct machine_panel *p, uint64_t clock_ns)
{
	uint64_t passed = clock_ns - p->play_clock_ns;
	p->play_clock_ns = clock_ns;
	p->play_ns += passed * speeds[p->speed];
	while (packet_forward(p, p->play_ns)) {
	}
	if (p->at + 1 >= p->steps.count && !p->before) {
		p->plays = false;
	}
}

static void
machine_update(void *self, const struct panel_view *view)
{
	struct machine_panel *p = self;
	const struct model *model = view->model;
	const struct model_session *session;
	const struct model_bfd_session *bfd;
	if (!session_find_both(model, p->session, p->bfd_session, &session, &bfd)) {
		return;
	}
	p->lesson = view->lesson;
	p->model = model;
	session_row_take(&p->row, model, session, bfd);
	/* The timeline may drop entries: what stands under the cursor is found again. */
	uint64_t seq = p->taken && p->at < p->steps.count ? p->steps.line[p->at].entry.seq : 0;
	events_take(&p->steps, session, bfd, &p->row, true, "");
	p->taken = p->steps.count > 0;
	if (!p->taken) {
		return;
	}
	if (!p->chosen) {
		choose_start(p);
	} else if (p->follow) {
		p->at = p->steps.count - 1;
		p->packet.seq = 0;
	} else {
		size_t i = p->at < p->steps.count ? p->at : p->steps.count - 1;
		while (i > 0 && p->steps.line[i].entry.seq > seq) {
			i--;
		}
		if (p->steps.line[i].entry.seq == seq) {
			p->at = i;
		}
		p->at = p->at < p->steps.count ? p->at : p->steps.count - 1;
	}
	if (p->plays) {
		play_on(p, view->clock_ns);
	}
	p->clock_ns = view->clock_ns;
}

static void
machine_go(void *self, const struct panel_view *view, uint64_t seq)
{
	struct machine_panel *p = self;
	p->wanted = seq;
	p->lesson = view->lesson;
}

static bool
machine_moves(const void *self)
{
	return ((const struct machine_panel *)self)->plays;
}

static void
machine_resize(void *self, unsigned height, unsigned width)
{
	(void)self;
	(void)height;
	(void)width;
}

static void
draw_side(const struct machine_panel *p, const struct stand *stand, const struct area *area,
	size_t side)
{
	const struct session_row *row = &p->row;
	char text[ROW_TEXT_MAX] = "", address[ADDRESS_TEXT_MAX], duration[TEXT_DURATION_MAX];
	text_append(text, sizeof(text), "%s", address_text(session_row_address(row, side), address));
	if (row->has_session && row->info.side[side].has_asn) {
		text_append(text, sizeof(text), " AS %u", row->info.side[side].asn);
	}
	unsigned left = area_printf(area, 0, 0, area->width, STYLE_STRONG, "%s %s",
		area_glyph(area, side == 0 ? GLYPH_RIGHT : GLYPH_LEFT), text);
	area_text(area, 0, left + 1, area->width, machine_style(p->protocol, stand->state[side]),
		track_state_name(p->protocol, stand->state[side]));
	const struct timeline_entry *last = stand->last[side];
	struct diagram diagram = {.protocol = p->protocol, .state = stand->state[side]};
	char note[ROW_TEXT_MAX] = "";
	if (last != NULL) {
		diagram.from = last->from;
		diagram.to = last->to;
		diagram.inferred = last->inferred;
		text[0] = '\0';
		if (last->rfc_event > 0) {
			text_append(text, sizeof(text), "event %u %s", last->rfc_event,
				rfc_event_name(last->rfc_event));
		}
		if (last->rfc_event == 0 || area->width >= LABEL_WIDE) {
			text_append(text, sizeof(text), "%s%s %s %s", text[0] != '\0' ? ": " : "",
				track_state_name(p->protocol, last->from),
				area_glyph(area, GLYPH_RIGHT),
				track_state_name(p->protocol, last->to));
		}
		area_text(area, 1, 0, area->width, machine_style(p->protocol, last->to), text);
		uint64_t now = p->plays          ? p->play_ns
			: p->packet.seq != 0 ? p->packet.time_ns
					     : p->steps.line[p->at].entry.time_ns;
		uint64_t since = stand->since_ns[side];
		if (now > since) {
			snprintf(note, sizeof(note), "%s", text_duration_ns(now - since, duration));
		}
	}
	diagram.note = note;
	struct area below = area_rows(area, 2, area->height);
	diagram_draw(&diagram, &below);
}

/* Who did what, with the section of the RFC. */
static void
sentence(const struct machine_panel *p, char *text, size_t room)
{
	static const char *const sections[TIMELINE_KIND_COUNT] = {
		[TIMELINE_OPEN] = "RFC 4271 section 4.2",
		[TIMELINE_UPDATE] = "RFC 4271 section 4.3",
		[TIMELINE_KEEPALIVE] = "RFC 4271 section 4.4",
		[TIMELINE_NOTIFICATION] = "RFC 4271 section 4.5",
		[TIMELINE_BFD] = "RFC 5880 section 4.1",
		[TIMELINE_RESENT] = "RFC 9293 section 3.8.1",
	};
	const struct event_line *line = &p->steps.line[p->at];
	char words[EVENT_TEXT_MAX], address[ADDRESS_TEXT_MAX];
	text[0] = '\0';
	if (p->packet.seq != 0) {
		if (p->packet.side >= 0) {
			text_append(text, room, "%s: ",
				address_text(session_row_address(&p->row, (size_t)p->packet.side), address));
		}
		text_append(text, room, "%s", p->packet.text);
		return;
	}
	if (line->side >= 0) {
		text_append(text, room, "%s: ",
			address_text(session_row_address(&p->row, (size_t)line->side), address));
	}
	text_append(text, room, "%s", event_text(&line->entry, false, words));
	if (sections[line->entry.kind] != NULL) {
		text_append(text, room, " (%s)", sections[line->entry.kind]);
	}
}

static size_t
next_transition(const struct machine_panel *p)
{
	size_t i = p->before ? 0 : p->at + 1;
	while (i < p->steps.count && !is_transition(p, i)) {
		i++;
	}
	return i;
}

/* What a lesson says here: what to look at, or a question that the next step answers. */
static unsigned
draw_lesson(const struct machine_panel *p, const struct area *area, unsigned at)
{
	size_t next = next_transition(p);
	uint64_t here = p->before ? 0 : p->steps.line[p->at].entry.frame;
	const char *question = NULL;
	if (next < p->steps.count && p->steps.line[next].entry.frame != here) {
		question = lesson_question(p->lesson, p->protocol,
			p->steps.line[next].entry.frame);
	}
	if (question != NULL) {
		unsigned label = area_text(area, at, 0, 10, STYLE_BUSY, "Question");
		return area_wrap(area, at, 2, label + 1, STYLE_STRONG, question);
	}
	unsigned label = area_text(area, at, 0, 10, STYLE_ACCENT, "Watch");
	return area_wrap(area, at, 2, label + 1, STYLE_NORMAL, p->lesson->watch);
}

/* What was before and comes after, where there is room. */
static void
draw_steps(const struct machine_panel *p, const struct area *area)
{
	if (area->height < 3) {
		return;
	}
	size_t above = area->height / 2;
	size_t top = p->at > above ? p->at - above : 0;
	top = top + area->height > p->steps.count && p->steps.count > area->height
		? p->steps.count - area->height
		: p->steps.count <= area->height ? 0
						 : top;
	for (unsigned row = 0; row < area->height && top + row < p->steps.count; row++) {
		const struct event_line *line = &p->steps.line[top + row];
		bool here = top + row == p->at && !p->before;
		bool later = p->before || top + row > p->at;
		unsigned style = here ? STYLE_BAND : later ? STYLE_FAINT : event_style(&line->entry);
		char text[EVENT_TEXT_MAX], time[TIME_TEXT_MAX], frame[24] = "";
		if (p->lesson != NULL && later) {
			break; /* that would be the answer */
		}
		if (here) {
			area_fill(area, row, 0, area->width, STYLE_BAND);
		}
		time_text(line->entry.time_ns, 6, time);
		if (line->entry.frame > 0) {
			snprintf(frame, sizeof(frame), "#%llu", (unsigned long long)line->entry.frame);
		}
		area_printf(area, row, 1, area->width, style, "%.15s %7s %s %s",
			time + strlen("2026-01-31T"), frame,
			line->side < 0 ? " "
				       : area_glyph(area, line->side == 0 ? GLYPH_RIGHT : GLYPH_LEFT),
			event_text(&line->entry, true, text));
	}
}

static void
draw_step(const struct machine_panel *p, const struct area *area)
{
	char text[SENTENCE_MAX], time[TIME_TEXT_MAX];
	const struct timeline_entry *entry = &p->steps.line[p->at].entry;
	area_rule(area, 0, 0, area->width, STYLE_FAINT);
	unsigned left = 1 + area_printf(area, 0, 1, area->width, STYLE_NORMAL, " %s %zu of %zu ",
				    p->before ? "before step" : "step", p->at + 1, p->steps.count);
	char right[96] = "";
	text_append(right, sizeof(right), " %s%ux ", p->plays ? "playing " : "speed ",
		speeds[p->speed]);
	unsigned bar = area->width > left + 24 ? area->width - left - 24 : 0;
	bar = bar > 30 ? 30 : bar;
	area_bar(area, 0, left + 1, bar, STYLE_ACCENT, p->before ? 0 : p->at + 1, p->steps.count);
	area_text_right(area, 0, area->width - 20, 19, p->plays ? STYLE_GOOD : STYLE_FAINT, right);
	unsigned at = 1;
	if (p->before) {
		area_text(area, at++, 0, area->width, STYLE_NORMAL,
			"Nothing has happened yet. Right goes to the first step, Space plays.");
	} else {
		bool between = p->packet.seq != 0;
		uint64_t frame = between ? p->packet.frame : entry->frame;
		time_text(between ? p->packet.time_ns : entry->time_ns, 6, time);
		char head[96];
		snprintf(head, sizeof(head), "%.15s", time + strlen("2026-01-31T"));
		if (frame > 0) {
			text_append(head, sizeof(head), " #%llu", (unsigned long long)frame);
		}
		sentence(p, text, sizeof(text));
		bool answer = p->lesson != NULL && !between && is_transition(p, p->at) &&
			lesson_question(p->lesson, p->protocol, entry->frame) != NULL;
		unsigned label = answer ? area_printf(area, at, 0, 30, STYLE_GOOD, "Answer #%llu",
						  (unsigned long long)entry->frame)
					: area_text(area, at, 0, 30, STYLE_FAINT, head);
		unsigned style = between ? STYLE_FAINT : event_style(entry);
		at += area_wrap(area, at, 3, label + 1, style == STYLE_FAINT ? STYLE_NORMAL : style,
			text);
	}
	if (p->lesson != NULL && at < area->height) {
		at += draw_lesson(p, area, at);
	}
	if (area->height > at + 1) {
		struct area steps = area_rows(area, at + 1, area->height);
		draw_steps(p, &steps);
	}
}

static void
machine_draw(void *self, const struct panel_view *view, const struct area *area)
{
	enum { STEP_ROWS = 5, TITLE_ROWS = 2 };
	struct machine_panel *p = self;
	(void)view;
	if (!p->taken) {
		area_text(area, 1, 1, area->width, STYLE_NORMAL,
			"Nothing is known of this session's machines yet.");
		return;
	}
	struct stand stand;
	find_stand(p, &stand);
	unsigned steps = area->height >= 30 ? STEP_ROWS + 2 : STEP_ROWS;
	unsigned height = area->height - steps, half = area->width / 2;
	unsigned most = TITLE_ROWS + 20;
	height = height > most ? most : height;
	for (size_t side = 0; side < 2; side++) {
		/* No wider than it can be read: the eye follows the edges. */
		unsigned width = half - 1 < 76 ? half - 1 : 76;
		struct area rows = area_rows(area, 0, height);
		struct area mine = area_columns(&rows,
			side == 0 ? (half - 1 - width) / 2 : area->width - half + 1 + (half - 1 - width) / 2,
			width);
		draw_side(p, &stand, &mine, side);
	}
	struct area below = area_rows(area, height, area->height);
	draw_step(p, &below);
}

static void
step_to(struct machine_panel *p, size_t index)
{
	if (index < p->steps.count) {
		p->at = index;
		p->before = false;
	}
	p->packet.seq = 0;
	p->plays = false;
	p->follow = p->at + 1 >= p->steps.count && p->lesson == NULL;
}

static void
step_back(struct machine_panel *p, bool by_transition)
{
	size_t i = p->at + (by_transition && p->packet.seq != 0);
	while (i > 0) {
		i--;
		if (!by_transition || is_transition(p, i)) {
			step_to(p, i);
			return;
		}
	}
	p->at = 0;
	p->before = true;
	p->packet.seq = 0;
	p->plays = p->follow = false;
}

static void
machine_handle_key(void *self, enum action action, struct panel_request *request)
{
	struct machine_panel *p = self;
	if (!p->taken) {
		return;
	}
	switch (action) {
	case ACTION_FORWARD: {
		size_t next = next_transition(p);
		step_to(p, next < p->steps.count ? next : p->steps.count - 1);
		break;
	}
	case ACTION_BACKWARD:
		step_back(p, true);
		break;
	case ACTION_PACKET_FORWARD:
		(void)packet_forward(p, UINT64_MAX);
		p->plays = false;
		p->follow = p->at + 1 >= p->steps.count && p->packet.seq == 0 && p->lesson == NULL;
		break;
	case ACTION_PACKET_BACKWARD:
		p->plays = p->follow = false;
		if (!p->before) {
			packet_backward(p);
		}
		break;
	case ACTION_FIRST:
		p->at = 0;
		step_back(p, false);
		break;
	case ACTION_LAST:
		step_to(p, p->steps.count - 1);
		break;
	case ACTION_PLAY:
		p->plays = !p->plays;
		p->follow = false;
		if (p->at + 1 >= p->steps.count) { /* from the start, once more */
			p->at = 0;
			p->before = true;
			p->packet.seq = 0;
		}
		p->play_ns = p->packet.seq != 0 ? p->packet.time_ns : p->steps.line[p->at].entry.time_ns;
		p->play_clock_ns = p->clock_ns;
		break;
	case ACTION_FASTER:
		p->speed += p->speed + 1 < SPEED_COUNT ? 1 : 0;
		break;
	case ACTION_SLOWER:
		p->speed -= p->speed > 0 ? 1 : 0;
		break;
	case ACTION_OTHER_PROTOCOL:
		if (p->row.has_session && p->row.has_bfd) {
			p->protocol = p->protocol == PROTOCOL_BGP ? PROTOCOL_BFD : PROTOCOL_BGP;
		} else {
			request->notice = p->row.has_session ? "This session has no BFD."
							     : "This BFD session serves no BGP.";
		}
		break;
	case ACTION_LADDER:
		*request = (struct panel_request){.wish = WISH_OPEN,
			.panel = &panel_session,
			.session = p->session,
			.bfd_session = p->bfd_session};
		break;
	default:
		break;
	}
}

const struct panel_class panel_machine = {
	.name = "State machines",
	.place = PLACE_MACHINE,
	.help = "The state machines of both sides, as RFC 4271 section 8.2.2 (BFD: RFC 5880 section 6.2) "
		"has them. The box in reverse is the state; the heavy edge is the transition that led "
		"there, with its event; it is broken where the step is inferred, and a broken edge above the box is a "
		"step that the diagram does not have. Right and Left go by transition, Down and Up by packet; "
		"Space plays it as it came. With several connections a side is where its furthest "
		"one is.",
	.create = machine_create,
	.destroy = machine_destroy,
	.update = machine_update,
	.resize = machine_resize,
	.draw = machine_draw,
	.handle_key = machine_handle_key,
	.go = machine_go,
	.moves = machine_moves,
};
