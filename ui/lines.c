/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A line for each event, as tcpdump has it: time, frame, who to whom, what. The time is UTC, as
 * everywhere; where the day changes, a line says so. Colours only repeat what the words say.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "track/memory.h"
#include "ui/describe.h"
#include "ui/text.h"
#include "ui/ui.h"

enum { LINE_MAX_SIZE = 8192, HOST_MAX = ADDRESS_TEXT_MAX + 8, INDENT = 4 };

enum tone { TONE_PLAIN, TONE_GOOD, TONE_BAD, TONE_WARN, TONE_QUIET };

struct lines_view {
	struct ui_options options;
	uint64_t day; /* of the last line, since 1970 */
	bool failed;
	char line[LINE_MAX_SIZE];
};

static const char *
host(const struct address *addr, int32_t port, char text[HOST_MAX])
{
	char name[ADDRESS_TEXT_MAX];
	address_text(addr, name);
	if (port < 0) {
		snprintf(text, HOST_MAX, "%s", name);
	} else {
		snprintf(text, HOST_MAX, addr->family == 6 ? "[%s]:%d" : "%s:%d", name, port);
	}
	return text;
}

__attribute__((format(printf, 2, 3))) static void
add(struct lines_view *v, const char *format, ...)
{
	char piece[LINE_MAX_SIZE];
	va_list args;
	va_start(args, format);
	vsnprintf(piece, sizeof(piece), format, args);
	va_end(args);
	text_append(v->line, sizeof(v->line), "%s", piece);
}

static void
print_line(struct lines_view *v, enum tone tone)
{
	static const char *const codes[] = {[TONE_GOOD] = "\033[32m",
		[TONE_BAD] = "\033[1;31m",
		[TONE_WARN] = "\033[33m",
		[TONE_QUIET] = "\033[2m"};
	const char *text = v->line;
	char ascii[2 * LINE_MAX_SIZE];
	if (!v->options.utf8) {
		text = text_ascii(v->line, ascii, sizeof(ascii));
	}
	bool colored = v->options.color && codes[tone] != NULL;
	if (fprintf(v->options.out, "%s%s%s\n", colored ? codes[tone] : "", text,
		    colored ? "\033[0m" : "") < 0 ||
		(v->options.live && fflush(v->options.out) != 0)) {
		v->failed = true;
	}
}

/* Time and frame; in several inputs also which. */
static void
begin_line(struct lines_view *v, const struct event *event)
{
	char time[TIME_TEXT_MAX];
	char input[256];
	uint64_t day = event->time_ns / UINT64_C(1000000000) / 86400;
	time_text(event->time_ns, event->time_digits, time);
	if (event->time_ns != 0 && day != v->day) {
		snprintf(v->line, sizeof(v->line), "--- %.10s (UTC) ---", time);
		print_line(v, TONE_QUIET);
		v->day = day;
	}
	/* "…T12:34:56.789Z": the clock alone. */
	size_t size = strlen(time);
	const char *clock = size > 12 ? time + 11 : time;
	snprintf(v->line, sizeof(v->line), "%.*s", (int)strcspn(clock, "Z"), clock);
	if (event->input != NULL) {
		add(v, " %s", text_clean(event->input, input, sizeof(input)));
	}
	if (event->frame != 0) {
		add(v, " frame %" PRIu64, event->frame);
	}
	add(v, "  ");
}

static enum tone
line_message(struct lines_view *v, const struct event *event)
{
	const struct event_message *m = &event->message;
	char src[HOST_MAX];
	char dst[HOST_MAX];
	char text[LINE_MAX_SIZE / 2];
	describe_message(m, true, text, sizeof(text));
	add(v, "%s > %s  BGP %s", host(&m->src, m->src_port, src), host(&m->dst, m->dst_port, dst),
		text);
	if (m->message->fault.code != BGP_FAULT_NONE || m->message->type == BGP_NOTIFICATION) {
		return TONE_BAD;
	}
	return m->message->type == BGP_KEEPALIVE ? TONE_QUIET : TONE_PLAIN;
}

/* What of an attribute was read in one of two ways, for lack of the OPENs. */
static const char *
guess_of(const struct bgp_attribute *a, const struct bgp_context *context)
{
	if (context->as_width != 0 || a->type != BGP_ATTRIBUTE_AS_PATH ||
		cursor_left(&a->value) == 0) {
		return "";
	}
	return bgp_as_path_width(&a->value, context) == 2 ? " (2-octet AS numbers: guessed)"
							  : " (4-octet AS numbers: guessed)";
}

/* With -v the attributes of an UPDATE, a line each, but for those that are their NLRI. */
static void
line_attributes(struct lines_view *v, const struct bgp_update *update,
	const struct bgp_context *context)
{
	char text[BGP_ATTRIBUTE_TEXT_MAX];
	struct cursor list = update->attributes;
	struct bgp_attribute a;
	while (bgp_next_attribute(&list, &a)) {
		const char *name = bgp_attribute_name(a.type);
		bgp_attribute_text(&a, context, text);
		v->line[0] = '\0';
		if (strcmp(name, "unassigned") == 0) {
			add(v, "%*sattribute %u", INDENT, "", a.type);
		} else {
			add(v, "%*s%s", INDENT, "", name);
		}
		add(v, "%s%s%s", text[0] != '\0' ? " " : "", text, guess_of(&a, context));
		print_line(v, TONE_PLAIN);
	}
	if (bgp_merged_as_path(update, context, text)) {
		v->line[0] = '\0';
		add(v, "%*sAS_PATH and AS4_PATH merged: %s", INDENT, "", text);
		print_line(v, TONE_PLAIN);
	}
}

/* With -v the attributes and prefixes of an UPDATE, the latter several on a line. */
static void
line_update(struct lines_view *v, const struct event_message *m)
{
	static const struct bgp_context unknown;
	const struct bgp_context *context = m->context != NULL ? m->context : &unknown;
	enum { COLUMNS = 100 };
	if (m->message->type != BGP_UPDATE || !m->message->body_read) {
		return;
	}
	if (m->message->summary) {
		v->line[0] = '\0';
		add(v, "%*s(attributes and prefixes were not stored: --store-updates)", INDENT, "");
		print_line(v, TONE_PLAIN);
		return;
	}
	line_attributes(v, &m->message->update, context);
	struct bgp_nlri_iter iter = bgp_nlri_runs(&m->message->update);
	struct bgp_nlri_run run;
	struct bgp_nlri nlri;
	char prefix[BGP_NLRI_TEXT_MAX];
	v->line[0] = '\0';
	while (bgp_next_nlri_run(&iter, context, &run)) {
		while (bgp_next_nlri(&run, &nlri)) {
			bgp_nlri_text(&nlri, prefix);
			if (strlen(v->line) + strlen(prefix) + 2 > COLUMNS && v->line[0] != '\0') {
				print_line(v, TONE_PLAIN);
				v->line[0] = '\0';
			}
			add(v, "%*s%c%s", v->line[0] == '\0' ? INDENT : 1, "",
				run.withdrawn ? '-' : '+', prefix);
		}
	}
	if (v->line[0] != '\0') {
		print_line(v, TONE_PLAIN);
	}
}

static void
on_field(void *self, const struct field *field)
{
	struct lines_view *v = self;
	char text[LINE_MAX_SIZE / 2];
	describe_field(field, text, sizeof(text));
	v->line[0] = '\0';
	add(v, "%*s%s", INDENT + 2 * field->depth, "", text);
	print_line(v, field->malformed ? TONE_BAD : field->guessed ? TONE_WARN : TONE_PLAIN);
}

/* With -vv every field of a message. */
static void
line_fields(struct lines_view *v, const struct event_message *m)
{
	static const struct bgp_context unknown;
	const struct field_sink sink = {.self = v, .on_field = on_field};
	bgp_fields(m->message, m->context != NULL ? m->context : &unknown, &sink);
}

/* With -x the octets. */
static void
line_octets(struct lines_view *v, struct cursor raw)
{
	char text[128];
	for (size_t offset = 0; offset < cursor_left(&raw); offset += 16) {
		describe_octets(raw, offset, text, sizeof(text));
		v->line[0] = '\0';
		add(v, "%*s%s", INDENT, "", text);
		print_line(v, TONE_PLAIN);
	}
}

/* What follows the line of a message. */
static void
line_detail(struct lines_view *v, const struct event *event)
{
	if (event->kind == EVENT_BFD) {
		if (v->options.verbose > 1) {
			const struct field_sink sink = {.self = v, .on_field = on_field};
			bfd_fields(event->bfd.packet, &sink);
		}
		if (v->options.hex) {
			line_octets(v, event->bfd.packet->raw);
		}
		return;
	}
	if (v->options.verbose > 1 && !event->message.message->summary) {
		line_fields(v, &event->message);
	} else if (v->options.verbose > 0) {
		line_update(v, &event->message);
	}
	if (v->options.hex) {
		line_octets(v, event->message.message->raw);
	}
}

static enum tone
line_connection(struct lines_view *v, const struct event *event)
{
	const struct event_connection *c = &event->connection;
	char client[HOST_MAX];
	char server[HOST_MAX];
	char text[256];
	describe_connection(c, text, sizeof(text));
	add(v, "%s > %s  %s", host(&c->client, c->client_port, client),
		host(&c->server, c->server_port, server), text);
	switch (c->state) {
	case CONNECTION_REFUSED:
	case CONNECTION_RESET:
	case CONNECTION_TIMEOUT:
		return TONE_BAD;
	case CONNECTION_CLOSED:
		return TONE_WARN;
	default:
		return TONE_PLAIN;
	}
}

static enum tone
line_transition(struct lines_view *v, const struct event *event)
{
	const struct event_transition *t = &event->transition;
	char speaker[ADDRESS_TEXT_MAX];
	char peer[ADDRESS_TEXT_MAX];
	char reason[512];
	bool bfd = t->protocol == PROTOCOL_BFD;
	add(v, "%s (peer %s)  %s %s → %s", address_text(&t->speaker, speaker),
		address_text(&t->peer, peer), bfd ? "BFD" : "BGP",
		track_state_name(t->protocol, t->from), track_state_name(t->protocol, t->to));
	if (t->rfc_event != 0) {
		add(v, " on event %u %s", t->rfc_event, rfc_event_name(t->rfc_event));
	}
	if (t->basis == BASIS_INFERRED) {
		add(v, " (inferred)");
	}
	if (t->reason != NULL && t->reason[0] != '\0') {
		add(v, ": %s", text_clean(t->reason, reason, sizeof(reason)));
	}
	uint8_t good = bfd ? BFD_UP + 1 : BGP_STATE_ESTABLISHED;
	return t->to == good ? TONE_GOOD : t->from == good ? TONE_BAD : TONE_PLAIN;
}

static enum tone
line_finding(struct lines_view *v, const struct event *event)
{
	const struct event_finding *f = &event->finding;
	char text[2 * FINDING_SUMMARY_MAX];
	char blame[ADDRESS_TEXT_MAX];
	const char *key = finding_key(f->cause);
	add(v, "%s %s (%s, %s): %s", event->kind == EVENT_ALERT ? "NOTICED" : "FINDING",
		key != NULL ? key : "-", severity_name(f->severity), confidence_name(f->confidence),
		text_clean(f->summary != NULL ? f->summary : "", text, sizeof(text)));
	if (f->blame.family != 0) {
		add(v, " [blame %s]", address_text(&f->blame, blame));
	}
	if (event->kind == EVENT_FINDING && f->evidence_count > 0) {
		add(v, " [frames");
		for (size_t i = 0; i < f->evidence_count; i++) {
			add(v, " %" PRIu64, f->evidence[i]);
		}
		add(v, "]");
	}
	return f->severity == SEVERITY_ERROR      ? TONE_BAD
		: f->severity == SEVERITY_WARNING ? TONE_WARN
						  : TONE_PLAIN;
}

static void
line_fix(struct lines_view *v, const struct event_finding *f)
{
	char text[2 * FINDING_FIX_TEXT_MAX];
	for (size_t i = 0; i < f->fix_count; i++) {
		snprintf(v->line, sizeof(v->line), "    fix: %s",
			text_clean(f->fix[i], text, sizeof(text)));
		print_line(v, TONE_PLAIN);
	}
}

static enum tone
line_session(struct lines_view *v, const struct event *event)
{
	const struct event_session *s = &event->session;
	char a[ADDRESS_TEXT_MAX];
	char b[ADDRESS_TEXT_MAX];
	const char *cause = finding_key(s->primary_cause);
	add(v, "SESSION %s %s - %s %s: %s%s%s, established %u times",
		address_text(&s->side[0].addr, a), bgp_state_name((uint8_t)s->side[0].state),
		address_text(&s->side[1].addr, b), bgp_state_name((uint8_t)s->side[1].state),
		verdict_name(s->verdict), cause != NULL ? " by " : "", cause != NULL ? cause : "",
		s->established_count);
	switch (s->verdict) {
	case VERDICT_HEALTHY:
		return TONE_GOOD;
	case VERDICT_UNKNOWN:
		return TONE_PLAIN;
	case VERDICT_DEGRADED:
		return TONE_WARN;
	default:
		return TONE_BAD;
	}
}

static enum tone
line_bfd_session(struct lines_view *v, const struct event *event)
{
	const struct event_bfd_session *s = &event->bfd_session;
	char a[ADDRESS_TEXT_MAX];
	char b[ADDRESS_TEXT_MAX];
	bool up = s->side[0].state == BFD_UP + 1 && s->side[1].state == BFD_UP + 1;
	add(v, "BFD SESSION %s %s - %s %s: %s, %u flaps", address_text(&s->side[0].addr, a),
		track_state_name(PROTOCOL_BFD, s->side[0].state), address_text(&s->side[1].addr, b),
		track_state_name(PROTOCOL_BFD, s->side[1].state), s->mode != NULL ? s->mode : "-",
		s->flaps);
	return up ? TONE_GOOD : TONE_WARN;
}

static enum tone
line_capture(struct lines_view *v, const struct event *event)
{
	const struct event_capture *c = &event->capture;
	char input[512];
	char count[TEXT_COUNT_MAX];
	text_clean(c->input != NULL ? c->input : "-", input, sizeof(input));
	if (!c->end) {
		add(v, "CAPTURE %s begins, link type %s", input,
			c->link_type != NULL ? c->link_type : "unknown");
		return TONE_QUIET;
	}
	add(v, "CAPTURE %s ends, %s packets", input, text_count(c->packets, count));
	if (c->dropped > 0) {
		add(v, ", %s dropped by the kernel", text_count(c->dropped, count));
	}
	for (uint32_t i = 0; i < 32; i++) {
		if ((c->artefacts >> i & 1) != 0) {
			add(v, ", %s", track_artefact_key((uint32_t)1 << i));
		}
	}
	return TONE_QUIET;
}

static enum tone
line_bfd(struct lines_view *v, const struct event *event)
{
	const struct event_bfd *p = &event->bfd;
	char src[HOST_MAX];
	char dst[HOST_MAX];
	char text[512];
	describe_bfd(p->packet, true, text, sizeof(text));
	add(v, "%s > %s  BFD %s", host(&p->src, -1, src), host(&p->dst, p->port, dst), text);
	return TONE_PLAIN;
}

static enum tone
line_fault(struct lines_view *v, const struct event *event)
{
	const struct event_fault *f = &event->fault;
	char text[512];
	add(v, "MALFORMED %s at octet %u: %s", f->code, f->offset,
		text_clean(f->text != NULL ? f->text : "", text, sizeof(text)));
	return TONE_BAD;
}

static enum tone
line_gap(struct lines_view *v, const struct event *event)
{
	char src[ADDRESS_TEXT_MAX];
	char count[TEXT_COUNT_MAX];
	add(v, "GAP %s octets from %s are not in the capture", text_count(event->gap.bytes, count),
		address_text(&event->gap.src, src));
	return TONE_WARN;
}

static enum tone
line_retransmission(struct lines_view *v, const struct event *event)
{
	const struct event_retransmission *e = &event->retransmission;
	char src[ADDRESS_TEXT_MAX], count[TEXT_COUNT_MAX], duration[TEXT_DURATION_MAX];
	add(v, "RESENT by %s: %s", address_text(&e->src, src), resent_name(e->what));
	if (e->segments > 1) {
		add(v, " ×%u", e->segments);
	}
	if (e->bytes > 0) {
		add(v, ", %s octets", text_count(e->bytes, count));
	}
	if (e->segments > 1 && e->last_time_ns > event->time_ns) {
		add(v, ", over %s", text_duration_ns(e->last_time_ns - event->time_ns, duration));
	}
	return TONE_WARN;
}

static enum tone
line_check(struct lines_view *v, const struct event *event)
{
	const struct event_check *c = &event->check;
	char src[ADDRESS_TEXT_MAX], dst[ADDRESS_TEXT_MAX], count[TEXT_COUNT_MAX];
	const char *key = check_reason_key(c->reason);
	add(v, "CHECK %s > %s %s%s%s%s after %s octets: %s", address_text(&c->src, src),
		address_text(&c->dst, dst), check_result_name(c->result), key != NULL ? " (" : "",
		key != NULL ? key : "", key != NULL ? ")" : "", text_count(c->bytes, count),
		check_text(c->result, c->reason));
	return c->result == CHECKED_STOPPED ? TONE_BAD
		: c->result == CHECKED_AGREE && c->reason == 0 ? TONE_QUIET
							       : TONE_WARN;
}

static enum tone
line_lost(struct lines_view *v, const struct event *event)
{
	char count[TEXT_COUNT_MAX];
	add(v, "LOST %s events: they are not in the database, which was slower than what came",
		text_count(event->lost.events, count));
	return TONE_WARN;
}

static enum tone
line_recording(struct lines_view *v, const struct event *event)
{
	const struct event_recording *e = &event->recording;
	char file[1024];
	add(v, "RECORDED %s in %s", e->cause, text_clean(e->file != NULL ? e->file : "-", file, sizeof(file)));
	return TONE_PLAIN;
}

static void
lines_event(void *self, const struct event *event)
{
	static enum tone (*const printers[EVENT_KIND_COUNT])(struct lines_view *,
		const struct event *) = {
		[EVENT_CAPTURE] = line_capture,
		[EVENT_CONNECTION] = line_connection,
		[EVENT_MESSAGE] = line_message,
		[EVENT_FAULT] = line_fault,
		[EVENT_GAP] = line_gap,
		[EVENT_CHECK] = line_check,
		[EVENT_BFD] = line_bfd,
		[EVENT_TRANSITION] = line_transition,
		[EVENT_ALERT] = line_finding,
		[EVENT_FINDING] = line_finding,
		[EVENT_SESSION] = line_session,
		[EVENT_BFD_SESSION] = line_bfd_session,
		[EVENT_RETRANSMISSION] = line_retransmission,
		[EVENT_LOST] = line_lost,
		[EVENT_RECORDING] = line_recording,
	};
	struct lines_view *v = self;
	if (event->snapshot || v->failed || event->kind >= EVENT_KIND_COUNT) {
		return;
	}
	begin_line(v, event);
	enum tone tone = printers[event->kind](v, event);
	print_line(v, tone);
	if (event->kind == EVENT_FINDING) {
		line_fix(v, &event->finding);
	} else if (event->kind == EVENT_MESSAGE || event->kind == EVENT_BFD) {
		line_detail(v, event);
	}
}

static void
lines_flush(void *self)
{
	struct lines_view *v = self;
	if (fflush(v->options.out) != 0) {
		v->failed = true;
	}
}

static bool
lines_close(void *self)
{
	struct lines_view *v = self;
	lines_flush(v);
	bool ok = !v->failed && !ferror(v->options.out);
	free(v);
	return ok;
}

bool
ui_lines_open(const struct ui_options *options, struct sink *sink)
{
	struct lines_view *v = memory_zero(1, sizeof(*v));
	v->options = *options;
	*sink = (struct sink){
		.self = v,
		.on_event = lines_event,
		.flush = lines_flush,
		.close = lines_close,
	};
	return true;
}
