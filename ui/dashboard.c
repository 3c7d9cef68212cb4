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
#include "ui/text.h"

enum {
	WIDTH_MIN = 80,
	HEIGHT_MIN = 24,
	STACK_MAX = 4,
	FILTER_MAX = 64,
	HEAD_ROWS = 2,
	FOOT_ROWS = 1,
	SECOND_NS = 1000000000,
	PACE_NS = 50 * 1000 * 1000, /* between two pictures that no key asked for */
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
	struct model *model;
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

static void
push_panel(struct dashboard *d, const struct panel_class *class, uint64_t session,
	uint64_t bfd_session)
{
	if (d->depth + 1 >= STACK_MAX) {
		return;
	}
	d->depth++;
	d->stack[d->depth] = (struct layer){.class = class,
		.self = class->create(session, bfd_session)};
	d->stale = true;
	fit_panels(d);
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
	d->dirty = true;
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
	d->model = model_create();
	d->stack[0] = (struct layer){.class = &panel_sessions, .self = panel_sessions.create(0, 0)};
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
	model_destroy(d->model);
	free(d->title);
	free(d);
}

static void
sink_on_event(void *self, const struct event *event)
{
	struct dashboard *d = self;
	model_event(d->model, event);
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

int
dashboard_fd(const struct dashboard *d)
{
	return canvas_fd(d->canvas);
}

static uint64_t
packet_now(const struct dashboard *d)
{
	if (d->paused) {
		return d->frozen_ns;
	}
	bool runs = d->loading < 0 && !d->done && d->last_ns != 0;
	return runs ? d->last_ns + (d->clock_ns - d->last_clock_ns) : d->last_ns;
}

static struct panel_view
make_view(const struct dashboard *d)
{
	return (struct panel_view){.model = d->model,
		.options = &d->options,
		.now_ns = packet_now(d),
		.clock_ns = d->clock_ns,
		.done = d->done};
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
	switch (keys_action(code)) {
	case ACTION_OPEN:
		if (code != 'l') {
			d->prompting = false;
			return;
		}
		break;
	case ACTION_BACK:
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
	if (request->wish == WISH_OPEN) {
		push_panel(d, request->panel, request->session, request->bfd_session);
	} else if (request->wish == WISH_CLOSE) {
		pop_panel(d);
	}
}

static void
toggle_pause(struct dashboard *d)
{
	d->frozen_ns = packet_now(d);
	d->paused = !d->paused;
	d->stale = true;
}

static void
press(struct dashboard *d, uint32_t code)
{
	d->dirty = true;
	if (d->prompting) {
		prompt_key(d, code);
		return;
	}
	struct layer *layer = top_layer(d);
	enum action action = keys_action(code);
	if (action == ACTION_BACK && layer->filter[0] != '\0' && code == 0x1b) {
		layer->filter[0] = '\0';
		set_filter(d);
		return;
	}
	if ((keys_places(action) & layer->class->place) == 0) {
		return;
	}
	struct panel_request request = {.wish = WISH_NOTHING};
	switch (action) {
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
			push_panel(d, &panel_help, 0, 0);
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

static void
draw_head(struct dashboard *d, const struct area *all)
{
	area_fill(all, 0, 0, all->width, STYLE_BAND);
	const char *dot = area_glyph(all, GLYPH_DOT);
	char state[64] = "live";
	if (d->done) {
		snprintf(state, sizeof(state), "done");
	} else if (d->loading == 0) {
		snprintf(state, sizeof(state), "loading");
	} else if (d->loading > 0) {
		snprintf(state, sizeof(state), "loading %d %%", d->loading);
	}
	if (d->paused) {
		snprintf(state, sizeof(state), "PAUSED (Space goes on)");
	}
	unsigned right = (unsigned)strlen(state) + 1;
	char title[640], clean[512];
	text_escape_string(d->title, clean, sizeof(clean));
	snprintf(title, sizeof(title), "bgpwhy %s %s %s %s", dot, top_layer(d)->class->name, dot,
		clean);
	if (d->notice[0] != '\0' && d->clock_ns >= d->notice_until_ns) {
		d->notice[0] = '\0';
	}
	area_text(all, 0, 1, all->width - right - 2, STYLE_BAND | STYLE_STRONG,
		d->notice[0] != '\0' ? d->notice : title);
	area_text(all, 0, all->width - right, right, STYLE_BAND | STYLE_STRONG, state);
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
	if (dropped > 0) {
		text_append(text, room, "  %s lost by the kernel", text_count(dropped, number));
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

static void
draw_totals(struct dashboard *d, const struct area *all)
{
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
	for (enum action action = 1; action < ACTION_COUNT; action++) {
		const char *word = keys_word(action);
		if (word == NULL || (keys_places(action) & layer->class->place) == 0) {
			continue;
		}
		if (action == ACTION_LEAVE && d->depth > 0) {
			word = "back";
		}
		left += area_text(all, at, left, all->width, STYLE_STRONG, keys_label(action));
		left += area_printf(all, at, left, all->width, STYLE_NORMAL, " %s", word) + 2;
	}
	if (layer->filter[0] != '\0') {
		area_printf(all, at, left, all->width, STYLE_BUSY, "only: %s", layer->filter);
	}
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
