/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The dashboard: a model that events fill, a stack of panels that draw from it, and the frame around
 * them: the head, the totals, the foot with its keys, the filter's prompt, the pause. It draws at
 * once when a key was pressed, soon when something happened, and each second otherwise, for the hold
 * timers run down.
 *
 * Time is packet time. Live, it goes on by the clock from the last event; of a file it stands at the
 * last packet, so that an old capture does not show every timer expired.
 */
#include "ui/dashboard.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "track/memory.h"
#include "ui/dashboard_panel.h"
#include "ui/lessons.h"
#include "ui/text.h"

enum {
	WIDTH_MIN = 80,
	HEIGHT_MIN = 24,
	STACK_MAX = 8,
	FILTER_MAX = 64,
	HEAD_ROWS = 2,
	FOOT_ROWS = 1,
	FOOT_BLANKS = 2, /* between two words of the foot */
	SECOND_NS = 1000000000,
	PACE_NS = 50 * 1000 * 1000, /* between two pictures that no key asked for */
	WHEEL_LINES = 3,
	LOADING_COLUMNS = 20,
};

struct layer {
	const struct panel_class *class;
	void *self;
	char filter[FILTER_MAX];
};

/* How long a word about the capture stands in the title's place. */
#define NOTICE_NS UINT64_C(10000000000)

struct dashboard {
	struct ui_options options;
	char *title;
	struct model *model;   /* that is looked at */
	struct model *main_model;
	struct model *lesson_models[LESSON_COUNT];
	bool lesson_loaded[LESSON_COUNT];
	const struct lesson *lesson; /* that is looked at */
	struct choices choices;
	uint64_t rate_clock_ns, rate_packets, rate; /* of packets, in the last second */
	struct canvas *canvas;
	struct layer stack[STACK_MAX];
	size_t depth; /* of the top one; 0 is the first screen */
	bool headless, prompting, paused, quit;
	bool dirty; /* a key or a new size asks for a picture now */
	bool stale; /* the panels must take from the model, even while the picture is frozen */
	int loading;
	bool done;
	uint64_t clock_ns, drawn_clock_ns, drawn_version;
	uint64_t last_ns, last_clock_ns; /* the last event, and the clock when it came */
	uint64_t frozen_ns;
	char notice[256];        /* shown in the title's place; "" none */
	uint64_t notice_until_ns; /* of the clock; UINT64_MAX: until the next one */
	unsigned fitted_width, fitted_height; /* what the panels were told */
};

static struct layer *
top_layer(struct dashboard *d)
{
	return &d->stack[d->depth];
}

static void
fit_panels(struct dashboard *d)
{
	struct area all = canvas_area(d->canvas);
	unsigned frame = HEAD_ROWS + FOOT_ROWS;
	d->fitted_width = all.width;
	d->fitted_height = all.height;
	for (size_t i = 0; i <= d->depth; i++) {
		d->stack[i].class->resize(d->stack[i].self,
			all.height > frame ? all.height - frame : 0, all.width);
	}
	d->dirty = true;
}

static struct panel_view make_view(struct dashboard *d);

static void
push_panel(struct dashboard *d, const struct panel_request *request)
{
	const struct panel_class *class = request->panel;
	if (d->depth + 1 >= STACK_MAX) {
		return;
	}
	d->depth++;
	d->stack[d->depth] = (struct layer){.class = class,
		.self = class->create(request->session, request->bfd_session)};
	d->stale = true;
	fit_panels(d);
	struct panel_view view = make_view(d);
	if (class->go != NULL) {
		class->go(top_layer(d)->self, &view, request->seq);
	}
	/* The next key may be there before the next picture, and is meant for what this one shows. */
	class->update(top_layer(d)->self, &view);
}

static void
pop_panel(struct dashboard *d)
{
	if (d->depth == 0) {
		return;
	}
	struct layer *layer = top_layer(d);
	layer->class->destroy(layer->self);
	d->depth--;
	d->dirty = d->stale = true;
	if (d->depth == 0) {
		d->model = d->main_model;
		d->lesson = NULL;
	}
}

/* The session that a lesson is about: of which most is told. */
static void
begin_lesson(struct dashboard *d, size_t index)
{
	if (index >= LESSON_COUNT || !d->lesson_loaded[index]) {
		dashboard_notice(d, "The capture of this lesson is not installed.", false);
		return;
	}
	const struct model *model = d->model = d->lesson_models[index];
	d->lesson = lesson_at(index);
	const struct model_session *best = NULL;
	for (size_t i = 0; i < model_session_count(model); i++) {
		const struct model_session *session = model_session_at(model, i);
		if (best == NULL || session->timeline.count > best->timeline.count) {
			best = session;
		}
	}
	const struct model_bfd_session *bfd = best != NULL ? model_bfd_of(model, best)
							   : model_bfd_session_at(model, 0);
	push_panel(d,
		&(struct panel_request){.panel = &panel_machine,
			.session = best != NULL ? best->info.session : 0,
			.bfd_session = bfd != NULL ? bfd->info.bfd_session : 0});
}

static struct dashboard *
open_on(const struct ui_options *options, unsigned width, unsigned height, char *error,
	size_t error_size)
{
	struct canvas_options canvas_options = {.color = options->color,
		.utf8 = options->utf8,
		.width = width,
		.height = height};
	struct canvas *canvas = canvas_create(&canvas_options, error, error_size);
	if (canvas == NULL) {
		return NULL;
	}
	struct dashboard *d = memory_zero(1, sizeof(*d));
	const char *given = options->title != NULL ? options->title : "";
	char *title = memory_copy(given, strlen(given) + 1);
	d->options = *options;
	d->options.title = d->title = title;
	d->canvas = canvas;
	d->headless = width > 0;
	d->model = d->main_model = model_create();
	model_keep_octets(d->model);
	const struct panel_class *first = options->learn ? &panel_lessons : &panel_sessions;
	d->stack[0] = (struct layer){.class = first, .self = first->create(0, 0)};
	d->stale = true;
	fit_panels(d);
	return d;
}

struct dashboard *
dashboard_open(const struct ui_options *options, char *error, size_t error_size)
{
	return open_on(options, 0, 0, error, error_size);
}

struct dashboard *
dashboard_open_headless(const struct ui_options *options, unsigned width, unsigned height)
{
	char error[128];
	return open_on(options, width, height, error, sizeof(error));
}

void
dashboard_notice(struct dashboard *d, const char *line, bool lasting)
{
	text_escape_string(line, d->notice, sizeof(d->notice));
	d->notice_until_ns = lasting ? UINT64_MAX : d->clock_ns + NOTICE_NS;
	d->dirty = true;
}

void
dashboard_destroy(struct dashboard *d)
{
	if (d == NULL) {
		return;
	}
	canvas_destroy(d->canvas);
	for (size_t i = 0; i <= d->depth; i++) {
		d->stack[i].class->destroy(d->stack[i].self);
	}
	model_destroy(d->main_model);
	for (size_t i = 0; i < LESSON_COUNT; i++) {
		model_destroy(d->lesson_models[i]);
	}
	free(d->title);
	free(d);
}

static void
sink_on_event(void *self, const struct event *event)
{
	struct dashboard *d = self;
	model_event(d->main_model, event);
}

static void
lesson_on_event(void *self, const struct event *event)
{
	model_event(self, event);
}

static bool
sink_close(void *self)
{
	(void)self; /* lives until dashboard_destroy(): the user goes on looking */
	return true;
}

struct sink
dashboard_sink(struct dashboard *d)
{
	return (struct sink){.self = d,
		.wants_snapshots = true,
		.on_event = sink_on_event,
		.close = sink_close};
}

const char *
dashboard_lesson_file(size_t index)
{
	const struct lesson *lesson = lesson_at(index);
	return lesson != NULL ? lesson->file : NULL;
}

struct sink
dashboard_lesson_sink(struct dashboard *d, size_t index)
{
	if (d->lesson_models[index] == NULL) {
		d->lesson_models[index] = model_create();
		model_keep_octets(d->lesson_models[index]);
	}
	d->lesson_loaded[index] = true;
	return (struct sink){.self = d->lesson_models[index],
		.wants_snapshots = true,
		.on_event = lesson_on_event};
}

int
dashboard_fd(const struct dashboard *d)
{
	return canvas_fd(d->canvas);
}

static uint64_t
packet_now(const struct dashboard *d)
{
	if (d->lesson != NULL) {
		return model_last_ns(d->model);
	}
	if (d->paused) {
		return d->frozen_ns;
	}
	bool runs = d->loading < 0 && !d->done && d->last_ns != 0;
	return runs ? d->last_ns + (d->clock_ns - d->last_clock_ns) : d->last_ns;
}

static struct panel_view
make_view(struct dashboard *d)
{
	return (struct panel_view){.model = d->model,
		.options = &d->options,
		.now_ns = packet_now(d),
		.clock_ns = d->clock_ns,
		.done = d->done,
		.hasty = d->dirty,
		.lesson = d->lesson,
		.lesson_loaded = d->options.learn ? d->lesson_loaded : NULL,
		.choices = &d->choices};
}

static void
set_filter(struct dashboard *d)
{
	struct layer *layer = top_layer(d);
	d->stale |= layer->class->filter(layer->self, layer->filter);
}

/* A key while the filter is being typed: what it shows follows each character. */
static void
prompt_key(struct dashboard *d, uint32_t code)
{
	char *filter = top_layer(d)->filter;
	size_t length = strlen(filter);
	switch (keys_action(code, PLACE_PROMPT)) {
	case ACTION_OPEN:
		if (code != 'l') {
			d->prompting = false;
			return;
		}
		break;
	case ACTION_BACK:
		if (code == 'h') {
			break;
		}
		if (code == 0x1b) {
			filter[0] = '\0';
			d->prompting = false;
		} else {
			while (length > 0 && ((unsigned char)filter[--length] & 0xc0) == 0x80) {
			}
			filter[length] = '\0';
		}
		set_filter(d);
		return;
	default:
		break;
	}
	if (code >= ' ' && code < 0x7f &&
		length + 1 < FILTER_MAX) { /* addresses and words: ASCII */
		filter[length] = (char)code;
		filter[length + 1] = '\0';
		set_filter(d);
	}
}

static void
fulfil(struct dashboard *d, const struct panel_request *request)
{
	d->stale |= request->update;
	if (request->notice != NULL) {
		dashboard_notice(d, request->notice, false);
	}
	if (request->wish == WISH_OPEN) {
		push_panel(d, request);
	} else if (request->wish == WISH_CLOSE) {
		pop_panel(d);
	} else if (request->wish == WISH_LESSON) {
		begin_lesson(d, request->lesson);
	}
}

static void
toggle_pause(struct dashboard *d)
{
	d->frozen_ns = packet_now(d);
	d->paused = !d->paused;
	d->stale = true;
}

/* What the foot says of an action; NULL: nothing. */
static const char *
foot_word(const struct dashboard *d, enum action action)
{
	const struct layer *layer = &d->stack[d->depth];
	const char *word = keys_word(action);
	if (word == NULL || (keys_places(action) & layer->class->place) == 0) {
		return NULL;
	}
	return action == ACTION_LEAVE && d->depth > 0 ? "back" : word;
}

static unsigned
foot_width(const struct dashboard *d, enum action action)
{
	const char *word = foot_word(d, action);
	return word == NULL ? 0
			    : (unsigned)(text_width(keys_label(action)) + 1 + text_width(word)) +
			FOOT_BLANKS;
}

/* Where each action's word begins; 0: it has none, or no room: help and the way out always have. */
static void
lay_out_foot(const struct dashboard *d, unsigned width, unsigned left[ACTION_COUNT])
{
	unsigned kept = foot_width(d, ACTION_HELP) + foot_width(d, ACTION_LEAVE), at = 1;
	for (enum action action = 1; action < ACTION_COUNT; action++) {
		unsigned needed = foot_width(d, action);
		bool always = action == ACTION_HELP || action == ACTION_LEAVE;
		left[action] = 0;
		if (needed > 0 && (always || at + needed + kept <= width + FOOT_BLANKS)) {
			left[action] = at;
			at += needed;
		}
	}
}

/* The action whose word stands at a column of the foot. */
static enum action
foot_action(const struct dashboard *d, unsigned width, unsigned column)
{
	unsigned left[ACTION_COUNT];
	lay_out_foot(d, width, left);
	for (enum action action = 1; action < ACTION_COUNT; action++) {
		if (left[action] > 0 && column >= left[action] &&
			column < left[action] + foot_width(d, action) - FOOT_BLANKS) {
			return action;
		}
	}
	return ACTION_NONE;
}

static void
act(struct dashboard *d, enum action action)
{
	struct layer *layer = top_layer(d);
	struct panel_request request = {.wish = WISH_NOTHING};
	switch (action) {
	case ACTION_NONE:
		return;
	case ACTION_QUIT:
		d->quit = true;
		return;
	case ACTION_LEAVE:
		d->quit = d->depth == 0;
		pop_panel(d);
		return;
	case ACTION_BACK:
		pop_panel(d);
		return;
	case ACTION_HELP:
		if (layer->class != &panel_help) {
			push_panel(d, &(struct panel_request){.panel = &panel_help});
			panel_help_about(top_layer(d)->self, layer->class);
			return;
		}
		break;
	case ACTION_REDRAW:
		canvas_refresh(d->canvas);
		return;
	case ACTION_PAUSE:
		toggle_pause(d);
		return;
	case ACTION_FILTER:
		d->prompting = layer->class->filter != NULL;
		return;
	default:
		break;
	}
	layer->class->handle_key(layer->self, action, &request);
	fulfil(d, &request);
}

/* A click on the foot is the key that stands there; one on a line chooses it, and opens what is chosen. */
static void
click(struct dashboard *d, unsigned row, unsigned column)
{
	struct layer *layer = top_layer(d);
	struct area all = canvas_area(d->canvas);
	if (row + 1 == all.height) {
		act(d, foot_action(d, all.width, column));
		return;
	}
	if (layer->class->click != NULL && row >= HEAD_ROWS &&
		layer->class->click(layer->self, row - HEAD_ROWS, column)) {
		act(d, keys_action('\r', layer->class->place));
	}
}

static void
press(struct dashboard *d, uint32_t code)
{
	d->dirty = true;
	if (d->prompting) {
		if (code < CANVAS_CLICK) {
			prompt_key(d, code);
		}
		return;
	}
	struct layer *layer = top_layer(d);
	if (code == CANVAS_CLICK) {
		unsigned row, column;
		canvas_mouse(d->canvas, &row, &column);
		click(d, row, column);
		return;
	}
	if (code == CANVAS_WHEEL_UP || code == CANVAS_WHEEL_DOWN) {
		enum action action = code == CANVAS_WHEEL_UP ? ACTION_UP : ACTION_DOWN;
		for (int i = 0; i < WHEEL_LINES && (keys_places(action) & layer->class->place) != 0;
			i++) {
			act(d, action);
		}
		return;
	}
	if (code == 0x1b && layer->filter[0] != '\0') {
		layer->filter[0] = '\0';
		set_filter(d);
		return;
	}
	act(d, keys_action(code, layer->class->place));
}

static void
draw_head(struct dashboard *d, const struct area *all)
{
	area_fill(all, 0, 0, all->width, STYLE_BAND);
	const char *dot = area_glyph(all, GLYPH_DOT);
	char state[64] = "live";
	unsigned bar = 0; /* of how far the file is read */
	if (d->options.learn) {
		state[0] = '\0';
	} else if (d->done) {
		snprintf(state, sizeof(state), "done");
	} else if (d->loading == 0) {
		snprintf(state, sizeof(state), "loading");
	} else if (d->loading > 0) {
		snprintf(state, sizeof(state), "loading %d %%", d->loading);
		bar = LOADING_COLUMNS;
	}
	if (d->paused) {
		snprintf(state, sizeof(state), "PAUSED (Space goes on)");
	}
	unsigned right = (unsigned)strlen(state) + 1;
	bar = d->paused ? 0 : bar;
	char title[640], clean[512];
	text_escape_string(d->title, clean, sizeof(clean));
	if (d->lesson != NULL) {
		snprintf(clean, sizeof(clean), "lesson %u: %s", (unsigned)d->lesson->id + 1,
			d->lesson->title);
	}
	snprintf(title, sizeof(title), "bgpwhy %s %s %s %s", dot, top_layer(d)->class->name, dot,
		clean);
	if (d->notice[0] != '\0' && d->clock_ns >= d->notice_until_ns) {
		d->notice[0] = '\0';
	}
	if (bar > 0) {
		area_bar(all, 0, all->width - right - bar - 1, bar, STYLE_BAND | STYLE_STRONG,
			(uint64_t)d->loading, 100);
		area_text(all, 0, all->width - right, right, STYLE_BAND | STYLE_STRONG, state);
		right += bar + 1;
		state[0] = '\0';
	}
	area_text(all, 0, 1, all->width - right - 2, STYLE_BAND | STYLE_STRONG,
		d->notice[0] != '\0' ? d->notice : title);
	if (state[0] != '\0') {
		area_text(all, 0, all->width - right, right, STYLE_BAND | STYLE_STRONG, state);
	}
}

static void
append_artefacts(const struct dashboard *d, char *text, size_t room)
{
	uint64_t packets = 0, dropped = 0;
	uint32_t artefacts = 0;
	char number[TEXT_COUNT_MAX];
	for (size_t i = 0; i < model_input_count(d->model); i++) {
		const struct model_input *input = model_input_at(d->model, i);
		packets += input->packets;
		dropped += input->dropped;
		artefacts |= input->artefacts;
	}
	if (packets > 0) {
		text_append(text, room, "  %s packets", text_count(packets, number));
	}
	if (d->rate > 0 && d->loading < 0 && !d->done) {
		text_append(text, room, " (%s/s)", text_count(d->rate, number));
	}
	if (dropped > 0) {
		text_append(text, room, "  %s lost by the kernel", text_count(dropped, number));
	}
	if (model_not_stored(d->model) > 0) {
		text_append(text, room, "  %s not stored", text_count(model_not_stored(d->model), number));
	}
	if (model_left_out(d->model) > 0) {
		text_append(text, room, "  %s evicted",
			text_count(model_left_out(d->model), number));
	}
	if (artefacts != 0) {
		text_append(text, room, "  artefacts:");
	}
	for (uint32_t bit = 0; bit < 32; bit++) {
		uint32_t mask = (uint32_t)1 << bit;
		if ((artefacts & mask) != 0) {
			text_append(text, room, " %s", track_artefact_key(mask));
		}
	}
}

/* The packets of all inputs in the second that ended last. */
static void
take_rate(struct dashboard *d)
{
	uint64_t packets = 0, passed = d->clock_ns - d->rate_clock_ns;
	if (passed < SECOND_NS) {
		return;
	}
	for (size_t i = 0; i < model_input_count(d->main_model); i++) {
		packets += model_input_at(d->main_model, i)->packets;
	}
	d->rate = d->rate_clock_ns == 0 || packets < d->rate_packets
		? 0
		: (uint64_t)((long double)(packets - d->rate_packets) * SECOND_NS / passed + 0.5L);
	d->rate_packets = packets;
	d->rate_clock_ns = d->clock_ns;
}

static void
draw_totals(struct dashboard *d, const struct area *all)
{
	if (d->options.learn && d->lesson == NULL) {
		return;
	}
	size_t count = model_session_count(d->model), up = 0;
	for (size_t i = 0; i < count; i++) {
		const struct event_session *info = &model_session_at(d->model, i)->info;
		enum bgp_state a = info->side[0].state, b = info->side[1].state;
		up += (a == BGP_STATE_ESTABLISHED || a == BGP_STATE_UNKNOWN) &&
			(b == BGP_STATE_ESTABLISHED || b == BGP_STATE_UNKNOWN) &&
			(a != 0 || b != 0);
	}
	unsigned left = 1;
	left += area_printf(all, 1, left, all->width, STYLE_NORMAL, "%zu session%s", count,
			count == 1 ? "" : "s") +
		2;
	left += area_printf(all, 1, left, all->width, up > 0 ? STYLE_GOOD : STYLE_FAINT,
			"%s %zu up", area_glyph(all, GLYPH_GOOD), up) +
		2;
	left += area_printf(all, 1, left, all->width, count > up ? STYLE_BAD : STYLE_FAINT,
		"%s %zu not up", area_glyph(all, GLYPH_BAD), count - up);
	size_t missing = 0;
	for (size_t i = 0; i < model_finding_count(d->model); i++) {
		missing += model_finding_at(d->model, i)->cause == FINDING_EXPECT_MISSING;
	}
	if (missing > 0) {
		left += area_printf(all, 1, left, all->width, STYLE_BAD, "  %s %zu missing",
			area_glyph(all, GLYPH_BAD), missing);
	}
	char text[512] = "";
	size_t bfd = model_bfd_session_count(d->model);
	if (bfd > 0) {
		text_append(text, sizeof(text), "  %zu BFD", bfd);
	}
	append_artefacts(d, text, sizeof(text));
	left += area_text(all, 1, left, all->width, STYLE_NORMAL, text);
	uint64_t now = packet_now(d);
	if (now != 0 && left + 12 < all->width) {
		char time[TIME_TEXT_MAX];
		time_text(now, 0, time);
		area_printf(all, 1, all->width - 10, 9, STYLE_NORMAL, "%s",
			time + strlen("2026-01-31T"));
	}
}

static void
draw_foot(struct dashboard *d, const struct area *all)
{
	unsigned at = all->height - 1, left = 1;
	struct layer *layer = top_layer(d);
	if (d->prompting) {
		left += area_printf(all, at, left, all->width, STYLE_STRONG, "Show only: %s",
			layer->filter);
		left += area_text(all, at, left, 1, STYLE_BAND, " ");
		area_text(all, at, left, all->width, STYLE_FAINT,
			"  Enter keeps it, Esc shows all");
		return;
	}
	unsigned begin[ACTION_COUNT];
	char only[FILTER_MAX + 8] = "";
	if (layer->filter[0] != '\0') {
		snprintf(only, sizeof(only), "only: %s", layer->filter);
	}
	unsigned taken = only[0] != '\0' ? (unsigned)text_width(only) + FOOT_BLANKS : 0;
	lay_out_foot(d, all->width > taken ? all->width - taken : 0, begin);
	for (enum action action = 1; action < ACTION_COUNT; action++) {
		if (begin[action] > 0) {
			unsigned used = area_text(all, at, begin[action], all->width, STYLE_STRONG,
				keys_label(action));
			area_printf(all, at, begin[action] + used, all->width, STYLE_NORMAL, " %s",
				foot_word(d, action));
			left = begin[action] + foot_width(d, action);
		}
	}
	area_text(all, at, left, all->width, STYLE_BUSY, only);
}

static void
draw(struct dashboard *d)
{
	struct area all = canvas_area(d->canvas);
	struct layer *layer = top_layer(d);
	struct panel_view view = make_view(d);
	if (all.width != d->fitted_width || all.height != d->fitted_height) {
		fit_panels(d); /* curses itself may have followed the terminal */
	}
	canvas_clear(d->canvas);
	if (all.width < WIDTH_MIN || all.height < HEIGHT_MIN) {
		char text[96];
		snprintf(text, sizeof(text), "bgpwhy needs %dx%d, this terminal is %ux%u",
			WIDTH_MIN, HEIGHT_MIN, all.width, all.height);
		area_wrap(&all, all.height / 2, all.height, 0, STYLE_NORMAL, text);
	} else {
		if (!d->paused || d->stale) {
			layer->class->update(layer->self, &view);
			d->stale = false;
		}
		struct area body = area_rows(&all, HEAD_ROWS, all.height - HEAD_ROWS - FOOT_ROWS);
		draw_head(d, &all);
		draw_totals(d, &all);
		layer->class->draw(layer->self, &view, &body);
		draw_foot(d, &all);
	}
	canvas_show(d->canvas);
	d->dirty = false;
	d->drawn_clock_ns = d->clock_ns;
	d->drawn_version = model_version(d->model);
}

static bool
wants_picture(const struct dashboard *d)
{
	if (d->dirty) {
		return true;
	}
	uint64_t age = d->clock_ns - d->drawn_clock_ns;
	const struct layer *layer = &d->stack[d->depth];
	if (layer->class->moves != NULL && layer->class->moves(layer->self) && age >= PACE_NS) {
		return true;
	}
	if (d->paused) {
		return false;
	}
	return age >= SECOND_NS ||
		(model_version(d->model) != d->drawn_version && (d->headless || age >= PACE_NS));
}

bool
dashboard_step(struct dashboard *d, uint64_t now_ns, int loading, bool done)
{
	struct timespec clock;
	if (!d->headless && clock_gettime(CLOCK_MONOTONIC, &clock) == 0) {
		now_ns = (uint64_t)clock.tv_sec * SECOND_NS + (uint64_t)clock.tv_nsec;
	}
	d->clock_ns = now_ns;
	if (model_last_ns(d->model) != d->last_ns) {
		d->last_ns = model_last_ns(d->model);
		d->last_clock_ns = now_ns;
	}
	d->dirty |= done != d->done || (loading < 0) != (d->loading < 0);
	d->loading = loading;
	d->done = done;
	take_rate(d);
	if (canvas_is_dead(d->canvas)) {
		return false;
	}
	if (canvas_follow_size(d->canvas)) {
		fit_panels(d);
	}
	uint32_t code;
	while (!d->quit && canvas_read_key(d->canvas, &code)) {
		press(d, code);
	}
	if (d->quit) {
		return false;
	}
	if (wants_picture(d)) {
		draw(d);
	}
	return true;
}

bool
dashboard_press(struct dashboard *d, const char *label)
{
	press(d, keys_code(label));
	if (!d->quit) {
		draw(d);
	}
	return !d->quit;
}

void
dashboard_resize(struct dashboard *d, unsigned width, unsigned height)
{
	canvas_set_size(d->canvas, width, height);
	fit_panels(d);
	draw(d);
}

char *
dashboard_row(struct dashboard *d, unsigned row, char *text, size_t room)
{
	return canvas_row_text(d->canvas, row, text, room);
}
