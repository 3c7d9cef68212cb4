/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The dashboard on a virtual screen: events made by hand, keys, and what stands in each row. */
#include <criterion/criterion.h>

#include "tests/unit/story.h"
#include "ui/dashboard.h"
#include "ui/dashboard_panel.h"
#include "ui/text.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define NODE "192.0.2.10"
#define ROUTER "192.0.2.1"
#define SECOND_MS 1000

/* AS 65009, hold 15; its FQDN capability holds an escape sequence and a wide character. */
#define OPEN_NODE \
	"04 fdf1 000f c000020a 1a" \
	"02 06 01 04 0001 00 01" \
	"02 06 41 04 0000fdf1" \
	"02 08 49 06 04 1b e4b896 00"
#define OPEN_ROUTER "04 fde9 005a c0000201 10 02 06 01 04 0001 00 01 02 06 41 04 0000fde9"

enum { ROW_MAX = 1024 };

struct stage {
	struct dashboard *dashboard;
	struct story story;
};

static void
stage_begin(struct stage *stage, unsigned width, unsigned height, bool live)
{
	struct ui_options options = {.utf8 = true, .title = "eth0", .live = live};
	*stage = (struct stage){.dashboard = dashboard_open_headless(&options, width, height)};
	cr_assert_not_null(stage->dashboard);
	stage->story.sink = dashboard_sink(stage->dashboard);
}

static void
stage_step(struct stage *stage, uint64_t ms, bool done)
{
	cr_assert(dashboard_step(stage->dashboard, (ms + 1) * STORY_MS, done ? 100 : -1, done));
}

/* The row as text; good until the next call. */
static const char *
row(struct stage *stage, unsigned number)
{
	static char text[ROW_MAX];
	return dashboard_row(stage->dashboard, number, text, sizeof(text));
}

static bool
shows(struct stage *stage, unsigned rows, const char *what)
{
	for (unsigned i = 0; i < rows; i++) {
		if (strstr(row(stage, i), what) != NULL) {
			return true;
		}
	}
	return false;
}

static void
say_finding(struct story *s, uint64_t session, uint64_t ms)
{
	static const uint64_t evidence[] = {4};
	static const char *const fix[] = {"Set the peer AS to 65001."};
	story_event(s,
		(struct event){
			.kind = EVENT_ALERT,
			.finding = {.id = session,
				.cause = FINDING_BAD_PEER_AS,
				.severity = SEVERITY_ERROR,
				.confidence = CONFIDENCE_CERTAIN,
				.session = session,
				.blame = story_address(NODE),
				.summary = "192.0.2.1 is AS 65001, but 192.0.2.10 expects 65002.",
				.evidence = evidence,
				.evidence_count = COUNT(evidence),
				.fix = fix,
				.fix_count = COUNT(fix),
				.first_time_ns = STORY_START,
				.last_time_ns = STORY_START,
				.count = 1},
		},
		ms, 4);
}

/* Session 1 fails with a wrong AS; session 2 stands, with a hold time of 90 s. */
static void
tell_two_sessions(struct story *s)
{
	story_capture(s, false, "eth0", 0, 0, 0);
	story_message(s, 1, 1, NODE, ROUTER, BGP_OPEN, OPEN_NODE, 0, 1, 1);
	story_message(s, 1, 1, ROUTER, NODE, BGP_OPEN, OPEN_ROUTER, 0, 2, 2);
	story_message(s, 1, 1, NODE, ROUTER, BGP_NOTIFICATION, "02 02 0000fde9", 0, 3, 4);
	say_finding(s, 1, 4);
	struct event_session bad = story_session(1, NODE, ROUTER, VERDICT_DOWN);
	bad.primary_cause = FINDING_BAD_PEER_AS;
	bad.side[0].has_asn = bad.side[1].has_asn = true;
	bad.side[0].asn = 65009;
	bad.side[1].asn = 65001;
	story_event(s, (struct event){.kind = EVENT_SESSION, .snapshot = true, .session = bad}, 5,
		0);

	struct event_session good = story_session(2, NODE, "192.0.2.2", VERDICT_HEALTHY);
	good.hold_time_s = 90;
	good.established_count = 1;
	for (size_t i = 0; i < 2; i++) {
		good.side[i].state = BGP_STATE_ESTABLISHED;
		good.side[i].has_asn = true;
		good.side[i].asn = 65009;
		good.side[i].last_message_ns = STORY_START;
		good.side[i].state_since_ns = STORY_START;
	}
	story_event(s, (struct event){.kind = EVENT_SESSION, .snapshot = true, .session = good}, 5,
		0);
}

Test(dashboard, shows_the_worst_session_first_and_why)
{
	static const char *const screen[24] = {
		" bgpwhy · Sessions · eth0                                                  live",
		" 2 sessions  ✓ 1 up  ✗ 1 not up                                       10:00:00Z",
		" STATE▾        PEERS                AS          HOLD TIME CAUSE",
		"▸✗ Idle        192.0.2.10↔192.0.2.1 65009↔65001 →–   ←–   wrong AS number",
		" ✓ Established 192.0.2.10↔192.0.2.2 65009       →███ ←███ healthy",
		[9] = "── 192.0.2.10↔192.0.2.1 ────────────────────────────────────────────────────────",
		"Idle · AS 65009↔65001 · never up",
		"192.0.2.1 is AS 65001, but 192.0.2.10 expects 65002.",
		"Fix Set the peer AS to 65001.",
		[23] = " Enter why  m machines  t times  / filter  > sort  Space pause  ? help  q quit",
	};
	struct stage stage;
	stage_begin(&stage, 80, 24, true);
	tell_two_sessions(&stage.story);
	stage_step(&stage, 0, false);
	for (unsigned i = 0; i < COUNT(screen); i++) {
		cr_expect_str_eq(row(&stage, i), screen[i] != NULL ? screen[i] : "", "row %u: %s",
			i, row(&stage, i));
	}
	dashboard_destroy(stage.dashboard);
}

Test(dashboard, runs_the_hold_timers_down_only_live)
{
	struct stage stage;
	stage_begin(&stage, 80, 24, true);
	tell_two_sessions(&stage.story);
	stage_step(&stage, 0, false);
	stage_step(&stage, 60 * SECOND_MS, false);
	cr_expect(strstr(row(&stage, 4), "→█·· ←█··") != NULL, "%s", row(&stage, 4));
	stage_step(&stage, 91 * SECOND_MS, false);
	cr_expect(strstr(row(&stage, 4), "→··· ←···") != NULL, "%s", row(&stage, 4));
	dashboard_destroy(stage.dashboard);

	stage_begin(&stage, 80, 24, false);
	tell_two_sessions(&stage.story);
	stage_step(&stage, 0, true);
	stage_step(&stage, 91 * SECOND_MS, true);
	cr_expect(strstr(row(&stage, 4), "→███ ←███") != NULL, "%s", row(&stage, 4));
	dashboard_destroy(stage.dashboard);
}

Test(dashboard, stands_still_while_paused)
{
	struct stage stage;
	stage_begin(&stage, 80, 24, true);
	tell_two_sessions(&stage.story);
	stage_step(&stage, 0, false);
	dashboard_press(stage.dashboard, "Space");
	struct event_session down = story_session(2, NODE, "192.0.2.2", VERDICT_DOWN);
	story_event(&stage.story,
		(struct event){.kind = EVENT_SESSION, .snapshot = true, .session = down}, 2000, 0);
	stage_step(&stage, 60 * SECOND_MS, false);
	dashboard_press(stage.dashboard, "Down");
	cr_expect(strstr(row(&stage, 0), "PAUSED") != NULL);
	cr_expect(strstr(row(&stage, 4), "✓ Established") != NULL, "%s", row(&stage, 4));
	dashboard_press(stage.dashboard, "Space");
	cr_expect(!shows(&stage, 24, "✓ Established"));
	dashboard_destroy(stage.dashboard);
}

static const struct {
	const char *keys[6];
	const char *expected, *absent;
} journeys[] = {
	{{"Enter"}, "[1 Ladder]", NULL},
	{{"Enter"}, "│─ NOTIFICATION 2/2", NULL},
	{{"Enter"}, "│ ! bad-peer-as: wrong AS number", NULL},
	{{"Enter", "2"}, "→ NOTIFICATION 2/2", NULL},
	{{"Enter", "Tab", "Tab"}, "hold time      15 s                           ≠ 90 s", NULL},
	{{"Enter", "3"}, "\\u001b世", NULL},
	{{"Enter", "4"}, "Fix Set the peer AS to 65001.", NULL},
	{{"Enter", "4", "Tab", "Tab"}, "[1 Ladder]", NULL},
	{{"Enter", "5"}, "offers hold", NULL},
	{{"Enter", "Esc"}, "CAUSE", "[1 Ladder]"},
	{{"Enter", "h"}, "CAUSE", "[1 Ladder]"},
	{{"Enter", "q"}, "CAUSE", "[1 Ladder]"},
	{{"Enter", "Left"}, "CAUSE", "[1 Ladder]"},
	{{"Enter", "Enter"}, "[4 Findings]", NULL}, /* of a finding */
	{{"Enter", "Up", "Enter"}, "Error Code: 2", NULL},
	{{"Enter", "Home", "Enter"}, " Hold Time: 15", NULL},
	{{"Enter", "Home", "Enter", "Right"}, " Hold Time: 90", NULL},
	{{"Enter", "Home", "Enter", "n", "p"}, " Hold Time: 15", NULL},
	{{"Enter", "Home", "Enter", "End"}, "Domain Name", NULL},
	{{"Enter", "Home", "Enter", "End"}, "\\u001b世", NULL},
	{{"m"}, "step 4 of 4", NULL},
	{{"t"}, "all: ", NULL},
	{{"t", "Down", "Enter"}, "✓ Established", NULL},
	{{"c", "Down", "Down", "Enter", "Enter", "Esc"}, "PEERS", "PEERS                AS"},
	{{"c", "Enter"}, "This column is always shown", NULL},
	{{"Down", "Enter"}, "✓ Established", "wrong AS"},
	{{"G", "Up", "Enter"}, "wrong AS number", NULL},
	{{"j", "l"}, "✓ Established", "wrong AS"},
	{{"?"}, "open the session under the cursor", NULL},
	{{"Enter", "F1"}, "OPENs, Findings, Timers in turn", "open the session"},
	{{"?", "?"}, "CAUSE", NULL},
	{{"/", "2", ".", "1", "0"}, "Show only: 2.10", NULL},
	{{"/", "w", "R", "o", "Enter"}, "only: wRo", "192.0.2.2"},
	{{"/", "w", "r", "x", "Backspace"}, "wrong AS", "192.0.2.2"},
	{{"/", "w", "r", "o", "Enter", "Esc"}, "192.0.2.2", "only:"},
	{{"/", "x", "x"}, "No session fits this filter", NULL},
	{{">"}, "PEERS▾", NULL},
	{{"<"}, "CAUSE▾", NULL},
	{{"I"}, "▸✓ Established", NULL},
};

Test(dashboard, answers_keys)
{
	for (size_t i = 0; i < COUNT(journeys); i++) {
		struct stage stage;
		stage_begin(&stage, 80, 24, true);
		tell_two_sessions(&stage.story);
		stage_step(&stage, 0, false);
		for (size_t k = 0; k < COUNT(journeys[i].keys) && journeys[i].keys[k] != NULL;
			k++) {
			cr_expect(dashboard_press(stage.dashboard, journeys[i].keys[k]));
		}
		cr_expect(shows(&stage, 24, journeys[i].expected), "journey %zu: no \"%s\"", i,
			journeys[i].expected);
		cr_expect(journeys[i].absent == NULL || !shows(&stage, 24, journeys[i].absent),
			"journey %zu: \"%s\"", i, journeys[i].absent);
		dashboard_destroy(stage.dashboard);
	}
}

Test(dashboard, quits_from_the_first_screen_and_by_f10_from_any)
{
	struct stage stage;
	stage_begin(&stage, 80, 24, true);
	stage_step(&stage, 0, false);
	cr_expect(shows(&stage, 24, "Waiting for BGP"));
	cr_expect(dashboard_press(stage.dashboard, "?"));
	cr_expect(dashboard_press(stage.dashboard, "q"));
	cr_expect_not(dashboard_press(stage.dashboard, "q"));
	dashboard_destroy(stage.dashboard);
	stage_begin(&stage, 80, 24, true);
	stage_step(&stage, 0, false);
	cr_expect(dashboard_press(stage.dashboard, "h"));
	cr_expect_not(dashboard_press(stage.dashboard, "F10"));
	cr_expect_not(dashboard_step(stage.dashboard, 1, -1, false));
	dashboard_destroy(stage.dashboard);
}

Test(dashboard, says_what_size_it_needs)
{
	struct stage stage;
	stage_begin(&stage, 80, 24, true);
	tell_two_sessions(&stage.story);
	stage_step(&stage, 0, false);
	dashboard_press(stage.dashboard, "Enter");
	dashboard_resize(stage.dashboard, 79, 30);
	cr_expect(shows(&stage, 30, "bgpwhy needs 80x24, this terminal is 79x30"));
	dashboard_resize(stage.dashboard, 1, 1);
	dashboard_resize(stage.dashboard, 300, 90);
	cr_expect(shows(&stage, 90, "NOTIFICATION 2/2"));
	dashboard_resize(stage.dashboard, 80, 24);
	cr_expect(shows(&stage, 24, "NOTIFICATION 2/2"));
	dashboard_destroy(stage.dashboard);
}

Test(dashboard, keeps_its_columns_on_any_text)
{
	struct ui_options options = {.utf8 = true,
		.title = "\x1b[2J\xe4\xb8\x96\xe7\x95\x8c e\xcc\x81 \xff"};
	struct dashboard *d = dashboard_open_headless(&options, 80, 24);
	dashboard_step(d, 1, -1, false);
	char text[ROW_MAX];
	dashboard_row(d, 0, text, sizeof(text));
	cr_expect(strchr(text, 0x1b) == NULL);
	cr_expect(strstr(text, "世界 e\xcc\x81") != NULL, "%s", text);
	cr_expect_str_eq(text + strlen(text) - 4, "live");
	dashboard_destroy(d);
}

/* A shutdown communication with an escape sequence, wide and combining characters and a change of direction:
 * the lifelines stay straight, and nothing of it reaches the terminal as it is. */
Test(dashboard, keeps_the_lifelines_straight)
{
	static const struct {
		unsigned width, height;
	} sizes[] = {{80, 24}, {110, 30}, {140, 40}};
	for (size_t i = 0; i < COUNT(sizes); i++) {
		struct stage stage;
		stage_begin(&stage, sizes[i].width, sizes[i].height, true);
		tell_two_sessions(&stage.story);
		story_message(&stage.story, 1, 1, ROUTER, NODE, BGP_NOTIFICATION,
			"06 02 16 e4b896e7958c 1b5b324a 65cc81 e280ae e4b896e7958c", 0, 6, 5);
		stage_step(&stage, 0, false);
		dashboard_press(stage.dashboard, "Enter");
		cr_expect(shows(&stage, sizes[i].height,
			sizes[i].width < 140 ? "NOTIFICATION 6/2"
					     : "世界\\u001b[2Je\xcc\x81\\u202e世"));
		size_t first = 0, last = 0, rungs = 0;
		for (unsigned at = 0; at < sizes[i].height; at++) {
			const char *text = row(&stage, at);
			cr_expect(strchr(text, 0x1b) == NULL && strstr(text, "\xe2\x80\xae") == NULL);
			const char *left = strstr(text, "│"), *right = left;
			for (const char *next = left; next != NULL; next = strstr(next + 1, "│")) {
				right = next;
			}
			if (left == NULL) {
				continue;
			}
			size_t a = text_width_of(text, (size_t)(left - text));
			size_t b = text_width_of(text, (size_t)(right - text));
			cr_expect(rungs == 0 || (a == first && b == last), "%s", text);
			first = a;
			last = b;
			rungs++;
		}
		/* The one under the cursor goes on below where it is too long. */
		cr_expect(rungs >= 5 && rungs <= 7 && (rungs == 5) == (sizes[i].width >= 140), "%zu", rungs);
		cr_expect(shows(&stage, sizes[i].height, "世界"));
		dashboard_destroy(stage.dashboard);
	}
}

Test(dashboard, has_no_column_beyond_ascii_without_utf8)
{
	struct ui_options options = {.utf8 = false, .title = "\xe4\xb8\x96"};
	struct stage stage = {.dashboard = dashboard_open_headless(&options, 80, 24)};
	stage.story.sink = dashboard_sink(stage.dashboard);
	tell_two_sessions(&stage.story);
	static const char *const keys[] = {"Home", "t", "q", "Enter", "Home", "Enter", "q", "m", "q", "2", "3", "4", "5", "?"};
	for (size_t k = 0; k < COUNT(keys); k++) {
		stage_step(&stage, k, false);
		dashboard_press(stage.dashboard, keys[k]);
		for (unsigned i = 0; i < 24; i++) {
			for (const char *c = row(&stage, i); *c != '\0'; c++) {
				cr_expect((unsigned char)*c < 0x80, "row %u: %s", i,
					row(&stage, i));
			}
		}
	}
	dashboard_destroy(stage.dashboard);
}

/* Every action has a key, a help text and a place: the help is made from them. */
Test(dashboard, explains_every_action)
{
	for (enum action action = 1; action < ACTION_COUNT; action++) {
		cr_expect(keys_label(action)[0] != '\0');
		cr_expect(keys_help(action)[0] != '\0');
		cr_expect_neq(keys_places(action), 0);
		for (unsigned place = 1; place < PLACE_ALL; place *= 2) {
			if ((keys_places(action) & place) != 0) {
				cr_expect_eq(keys_action(keys_code(keys_label(action)),
						     (enum place)place),
					action, "%s", keys_help(action));
			}
		}
	}
}

static const struct {
	const char *text;
	bool fits;
} filters[] = {
	{"", true},
	{"192.0.2.1", true},
	{"wrong as", true},          /* two words, both in the cause */
	{"wrong peer:192", true},
	{"bad-peer-as", true},
	{"as:65001", true},
	{"as:65009", true},
	{"as:6500", false},          /* a number, not a part of one */
	{"65001", true},
	{"AS65001", true},
	{"as:65001,1", true},
	{"as:1,2", false},
	{"as:", true},               /* still being typed */
	{"state:idle", true},
	{"state:opensent", true},    /* of the other side */
	{"state:established", false},
	{"state:established,idle", true},
	{"state:down", true},
	{"-state:idle", false},
	{"-state:established", true},
	{"-wrong", false},
	{"-", true},                 /* a word like any other: it stands in the key of the cause */
	{"cause:wrong", true},
	{"cause:192", false},
	{"peer:wrong", false},
	{"bfd:up", false},
	{"state:idle cause:bfd", false},
	{"2001:db8::1", false},      /* no place is called 2001 */
	{"STATE:IDLE", true},
};

Test(dashboard, filters_by_words_and_places)
{
	struct session_row row = {.has_session = true,
		.health = HEALTH_BAD,
		.cause = FINDING_BAD_PEER_AS,
		.info = story_session(1, NODE, ROUTER, VERDICT_UNKNOWN)};
	row.info.side[0].state = BGP_STATE_IDLE;
	row.info.side[1].state = BGP_STATE_OPENSENT;
	row.info.side[0].has_asn = row.info.side[1].has_asn = true;
	row.info.side[0].asn = 65009;
	row.info.side[1].asn = 65001;
	for (size_t i = 0; i < COUNT(filters); i++) {
		cr_expect_eq(session_row_matches(&row, filters[i].text), filters[i].fits, "\"%s\"",
			filters[i].text);
	}
	struct session_row v6 = {.has_session = true,
		.info = story_session(1, "2001:db8::1", "2001:db8::2", VERDICT_UNKNOWN)};
	cr_expect(session_row_matches(&v6, "2001:db8::1"));
	cr_expect(session_row_matches(&v6, "peer:2001:db8::2"));
}

/* However much comes, what is kept is bounded; and what is routine drives nothing else out. */
Test(dashboard, keeps_octets_within_bounds)
{
	struct model *model = model_create();
	struct bgp_message message;
	static const struct bgp_context context;
	static uint8_t bytes[4096];
	memset(bytes, 0xff, 16);
	for (uint64_t i = 1; i <= 2 * MODEL_OCTETS_MAX; i++) {
		size_t size = i == 1 ? 29 : i % 2 == 0 ? 19 : sizeof(bytes);
		bytes[16] = (uint8_t)(size >> 8);
		bytes[17] = (uint8_t)size;
		bytes[18] = i == 1 ? BGP_OPEN : i % 2 == 0 ? BGP_KEEPALIVE : BGP_UPDATE;
		bgp_decode(bytes, size, &context, &message);
		message.fault.code = BGP_FAULT_NONE;
		struct event event = {.kind = EVENT_MESSAGE,
			.seq = i,
			.time_ns = STORY_START + i,
			.message = {.session = 1,
				.src = story_address(NODE),
				.dst = story_address(ROUTER),
				.message = &message,
				.context = &context}};
		if (i == 1) { /* before anybody asked */
			model_event(model, &event);
			cr_expect_null(model_octets_find(model, 1));
			model_keep_octets(model);
		}
		model_event(model, &event);
	}
	cr_expect_not_null(model_octets_find(model, 1), "the OPEN");
	cr_expect_null(model_octets_find(model, 2), "the first KEEPALIVE");
	cr_expect_null(model_octets_find(model, 3), "the first UPDATE");
	uint64_t total = 0, count = 0;
	const struct model_octets *o = model_octets_find(model, 2 * MODEL_OCTETS_MAX);
	cr_assert_not_null(o);
	for (; o != NULL; o = model_octets_step(model, o->seq, -1, 1, 0)) {
		total += o->size;
		count++;
	}
	cr_expect_leq(total, MODEL_OCTETS_TOTAL + 29);
	cr_expect_geq(total, MODEL_OCTETS_TOTAL - 3 * sizeof(bytes));
	cr_expect_leq(count, MODEL_OCTETS_MAX + 1);
	model_destroy(model);
}

static void
count_field(void *self, const struct field *field)
{
	(void)field;
	++*(size_t *)self;
}

/* The largest UPDATE that there may be (RFC 8654), full of the shortest prefixes that take octets: 10/8. */
Test(dashboard, says_how_many_fields_it_leaves_out)
{
	static uint8_t bytes[BGP_EXTENDED_MESSAGE_MAX];
	memset(bytes, 0xff, 16);
	bytes[18] = BGP_UPDATE;
	size_t size = 23;
	for (; size + 2 <= sizeof(bytes); size += 2) {
		bytes[size] = 8;
		bytes[size + 1] = 10;
	}
	bytes[16] = (uint8_t)(size >> 8);
	bytes[17] = (uint8_t)size;
	static const struct bgp_context context = {.as_width = 4, .extended_messages = true};
	struct bgp_message message;
	bgp_decode(bytes, size, &context, &message);
	size_t fields = 0;
	const struct field_sink sink = {.self = &fields, .on_field = count_field};
	bgp_fields(&message, &context, &sink);
	cr_assert_gt(fields, (size - 23) / 2, "each prefix is one");

	struct stage stage;
	stage_begin(&stage, 120, 24, true);
	tell_two_sessions(&stage.story);
	story_event(&stage.story,
		(struct event){.kind = EVENT_MESSAGE,
			.message = {.session = 1,
				.connection = 1,
				.src = story_address(NODE),
				.dst = story_address(ROUTER),
				.message = &message,
				.context = &context}},
		6, 5);
	stage_step(&stage, 0, false);
	static const char *const keys[] = {"Enter", "End", "Enter"};
	for (size_t i = 0; i < COUNT(keys); i++) {
		dashboard_press(stage.dashboard, keys[i]);
	}
	char text[64];
	snprintf(text, sizeof(text), "%zu more fields not shown", fields - PANEL_FIELDS_MAX);
	cr_expect(shows(&stage, 24, text), "%s", text);
	for (unsigned i = 0; i < 24 && !shows(&stage, 24, text); i++) {
		fprintf(stderr, "%s\n", row(&stage, i));
	}
	dashboard_destroy(stage.dashboard);
}

/* A thousand sessions: all can be reached, and the cursor stays on its session. */
Test(dashboard, holds_a_thousand_sessions)
{
	struct stage stage;
	stage_begin(&stage, 80, 24, true);
	for (uint64_t i = 1; i <= 1000; i++) {
		char remote[32];
		snprintf(remote, sizeof(remote), "10.0.%u.%u", (unsigned)(i / 200),
			(unsigned)(i % 200 + 1));
		struct event_session session = story_session(i, NODE, remote, VERDICT_DOWN);
		story_event(&stage.story,
			(struct event){.kind = EVENT_SESSION, .snapshot = true, .session = session},
			i, 0);
	}
	stage_step(&stage, 0, false);
	dashboard_press(stage.dashboard, "End");
	cr_expect(shows(&stage, 24, "▸✗ Idle        192.0.2.10↔10.0.5.1"));
	dashboard_press(stage.dashboard, "I");
	cr_expect(shows(&stage, 24, "▸✗ Idle        192.0.2.10↔10.0.5.1"));
	dashboard_press(stage.dashboard, "PgUp");
	dashboard_press(stage.dashboard, "Enter");
	cr_expect(shows(&stage, 24, "→ 192.0.2.10"));
	dashboard_destroy(stage.dashboard);
}
