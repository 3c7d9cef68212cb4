/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BGPWHY_UI_DASHBOARD_PANEL_H
#define BGPWHY_UI_DASHBOARD_PANEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ui/dashboard_canvas.h"
#include "ui/model.h"

/*
 * Private to the dashboard: what a screen ("panel") is, the actions that keys mean, and what the
 * panels share. A panel never changes the model, knows no keys and no curses, and asks for other
 * panels by a request. To add one: a file panel_NAME.c, its struct panel_class below, a PLACE, and
 * the rows of keys.def that it answers.
 */

/* Where a key means something. */
enum place {
	PLACE_SESSIONS = 1,
	PLACE_SESSION = 2,
	PLACE_HELP = 4,
	PLACE_MESSAGE = 8,
	PLACE_MACHINE = 16,
	PLACE_TIMELINE = 32,
	PLACE_LESSONS = 64,
	PLACE_COLUMNS = 128,
	PLACE_PROMPT = 256, /* while the filter is typed */
	PLACE_ALL = 255,
	PLACE_LISTS = PLACE_ALL & ~PLACE_MACHINE, /* where the arrows move a cursor */
};

enum action {
	ACTION_NONE,
#define ACTION(id, places, word, help) ACTION_##id,
#include "ui/keys.def"
#undef ACTION
	ACTION_COUNT,
};

/* What a key means there; ACTION_NONE: nothing. The code is one of canvas_read_key(). */
enum action keys_action(uint32_t code, enum place place);
/* The code of a key by its label ("Enter", "j"), or the character itself; 0: no such key. */
uint32_t keys_code(const char *label);
unsigned keys_places(enum action action);
const char *keys_word(enum action action); /* for the footer; NULL */
const char *keys_help(enum action action);
const char *keys_label(enum action action); /* of its first key */
/* All labels of an action there: "Up k". Returns `text`. */
char *keys_labels(enum action action, enum place place, char *text, size_t room);

struct lesson;

/* What the user has chosen for good. */
enum show { SHOW_WITH_ROOM, SHOW_ALWAYS, SHOW_NEVER, SHOW_COUNT };
struct choices;

/* What a panel sees of the world. While the picture is frozen, `now_ns` stands still and update()
 * is not called; what a panel draws of states and times must come from what it kept then. */
struct panel_view {
	const struct model *model;
	const struct ui_options *options;
	uint64_t now_ns;   /* packet time */
	uint64_t clock_ns; /* the caller's clock, for what may wait a second */
	bool done;
	bool hasty; /* a key waits for its answer: what takes long and can wait until the next picture does */
	const struct lesson *lesson; /* the one that is looked at; NULL: none */
	const bool *lesson_loaded;   /* which there are; NULL without --learn */
	struct choices *choices;     /* a panel that is about them may change them */
};

enum panel_wish { WISH_NOTHING, WISH_OPEN, WISH_CLOSE, WISH_LESSON };

struct panel_class;

struct panel_request {
	enum panel_wish wish;
	const struct panel_class *panel; /* WISH_OPEN */
	uint64_t session, bfd_session;   /* for its create() */
	uint64_t seq;                    /* for its go(); 0: none */
	size_t lesson;                   /* WISH_LESSON */
	const char *notice;              /* to be shown for a while; static storage, or NULL */
	bool update;                     /* what is shown must be taken anew, frozen or not */
};

struct panel_class {
	const char *name; /* of the screen, in its head */
	enum place place;
	const char *help; /* what the screen shows; the keys are added from keys.def */
	/* 0, 0 where the panel is about no session. Never NULL. */
	void *(*create)(uint64_t session, uint64_t bfd_session);
	void (*destroy)(void *self);
	/* Takes from the model what it will draw. */
	void (*update)(void *self, const struct panel_view *view);
	void (*resize)(void *self, unsigned height, unsigned width);
	void (*draw)(void *self, const struct panel_view *view, const struct area *area);
	void (*handle_key)(void *self, enum action action, struct panel_request *request);
	/* Begins at what happened there: the seq of an event. NULL where it makes no difference. */
	void (*go)(void *self, const struct panel_view *view, uint64_t seq);
	/* Whether the picture changes by itself, ten times a second. NULL: no. */
	bool (*moves)(const void *self);
	/* A click on a line of the panel. True: on what is chosen already, so that it opens. NULL: no. */
	bool (*click)(void *self, unsigned row, unsigned column);
	/* Shows only what holds this text (lower or upper case); "" for all. True: only update()
	 * can do that. NULL: no filter. */
	bool (*filter)(void *self, const char *text);
};

extern const struct panel_class panel_sessions, panel_session, panel_help, panel_message,
	panel_machine, panel_timeline, panel_lessons, panel_columns;
/* The help of another panel's place. */
void panel_help_about(void *self, const struct panel_class *about);

/* A cursor in a list that is longer than the screen. */
struct scroll {
	size_t count, top, at;
	unsigned height;
};

/* Keeps all in range and the cursor visible. */
void scroll_settle(struct scroll *scroll);
/* True where the action moved it (or tried to). */
bool scroll_act(struct scroll *scroll, enum action action);

/* One line of the list of sessions: copies, so that the picture can stand still. */
enum health { HEALTH_BAD, HEALTH_BUSY, HEALTH_WARN, HEALTH_UNKNOWN, HEALTH_GOOD };

struct session_row {
	bool has_session, has_bfd;
	enum health health;
	enum finding_cause cause;
	uint64_t ended_ns; /* of all captures that told of it; 0: one goes on. Its timers stand still then */
	struct event_session info;    /* valid where has_session */
	struct event_bfd_session bfd; /* valid where has_bfd; sides in the order of `info` */
};

/* What the screen of a session shows: that session with its BFD, or, where there is none, a BFD session
 * alone. Either may be NULL; false where both are: the model has dropped them. */
bool session_find_both(const struct model *model, uint64_t session_id, uint64_t bfd_id,
	const struct model_session **session, const struct model_bfd_session **bfd);
/* Fills a row; either may be NULL, not both. */
void session_row_take(struct session_row *row, const struct model *model,
	const struct model_session *session, const struct model_bfd_session *bfd);
/* The finding that says it best; NULL where there is none. */
const struct model_finding *session_row_finding(const struct model *model,
	const struct model_session *session, const struct model_bfd_session *bfd);
const struct address *session_row_address(const struct session_row *row, size_t side);
uint64_t session_row_since_ns(const struct session_row *row); /* of the state it is in; 0 unknown */
bool session_row_is_up(const struct session_row *row);
/*
 * Whether the row fits all words of an expression; case does not matter. A word stands in the addresses,
 * ASNs, states or cause; "peer:", "as:", "state:", "bfd:" and "cause:" before it look there only (an ASN
 * is then the whole number), commas are "or", and "-" before all that is "not".
 */
bool session_row_matches(const struct session_row *row, const char *text);

/* The name of the state of a side; of BFD where there is no BGP. */
const char *session_row_state(const struct session_row *row, size_t side);
uint64_t session_row_messages(const struct session_row *row, size_t side);

/* The columns of the list, also the orders that it can have. */
enum column {
	COLUMN_STATE,
	COLUMN_PEERS,
	COLUMN_AS,
	COLUMN_SINCE,
	COLUMN_FLAPS,
	COLUMN_HOLD,
	COLUMN_BFD,
	COLUMN_MESSAGES,
	COLUMN_PREFIXES,
	COLUMN_CAUSE,
	COLUMN_COUNT,
};

struct choices {
	enum show show[COLUMN_COUNT];
};

const char *column_title(enum column column);
const char *column_help(enum column column);
bool column_is_fixed(enum column column); /* shown whatever is chosen */

/* Less than, equal to or greater than 0, as for qsort(). */
int session_row_compare(const struct session_row *a, const struct session_row *b, enum column by);

enum { ROW_TEXT_MAX = 128 };

/* Cells of a row as text; each returns `text`. `area` for its glyphs. Where `width` is less than
 * the full text needs, it is said shorter (and perhaps still wider than that). */
char *session_row_states(const struct session_row *row, unsigned width, char text[ROW_TEXT_MAX]);
char *session_row_peers(const struct session_row *row, const struct area *area, unsigned width,
	char text[ROW_TEXT_MAX]);
char *
session_row_asns(const struct session_row *row, const struct area *area, char text[ROW_TEXT_MAX]);
char *session_row_bfd(const struct session_row *row, const struct area *area, bool timers,
	char text[ROW_TEXT_MAX]);
char *session_row_since(const struct session_row *row, uint64_t now_ns, char text[ROW_TEXT_MAX]);
char *session_row_cause(const struct session_row *row, char text[ROW_TEXT_MAX]);
unsigned health_style(enum health health);
enum glyph health_glyph(enum health health);

/* What is left of the hold time that messages of `side` keep alive (it runs at the other). */
enum hold_kind { HOLD_NONE, HOLD_UNKNOWN, HOLD_OFF, HOLD_RUNS };
enum hold_kind session_row_hold(const struct session_row *row, size_t side, uint64_t now_ns,
	uint64_t *left_ns, uint64_t *whole_ns);
/* An arrow, a bar that runs down and, with `seconds`, a number; all within `width` columns. */
void
session_row_draw_hold(const struct session_row *row, size_t side, uint64_t now_ns, bool seconds,
	const struct area *area, unsigned at, unsigned column, unsigned width, unsigned band);

#endif
