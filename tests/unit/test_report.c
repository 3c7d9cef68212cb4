/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The report, the lines and the model from events made by hand. */
#include <criterion/criterion.h>

#include "tests/unit/story.h"
#include "ui/model.h"
#include "ui/text.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define NODE "192.0.2.10"
#define ROUTER "192.0.2.1"

/* AS 65009, hold 15, with Multiprotocol IPv4, Route Refresh, Graceful Restart, 4-octet AS, FQDN. */
#define OPEN_NODE \
	"04 fdf1 000f c000020a 2c" \
	"02 06 01 04 0001 00 01" \
	"02 02 02 00" \
	"02 04 40 02 c078" \
	"02 06 41 04 0000fdf1" \
	"02 10 49 0e 0c 6e6f64 1b 2d 6e61746f 72796f 00"
#define OPEN_ROUTER \
	"04 fde9 005a c0000201 16 02 06 01 04 0001 00 01 02 04 40 02 0078 02 06 41 04 0000fde9"

static const struct ui_options plain = {.utf8 = true, .title = "bad-peer-as.pcap"};

static void
finding(struct story *s, enum finding_cause cause, enum severity severity, const char *summary,
	const char *fix, uint64_t a, uint64_t b)
{
	const uint64_t evidence[] = {a, b};
	const char *fixes[] = {fix,
		"MetalLB: set peerASN of the BGPPeer to the AS that the router "
		"says, 65001; on FRR it is neighbor 192.0.2.1 remote-as 65001."};
	static uint64_t id;
	story_event(s,
		(struct event){
			.kind = EVENT_FINDING,
			.finding = {.id = ++id,
				.cause = cause,
				.severity = severity,
				.confidence = CONFIDENCE_CERTAIN,
				.session = 1,
				.blame = story_address(NODE),
				.summary = summary,
				.evidence = evidence,
				.evidence_count = 2,
				.fix = fixes,
				.fix_count = fix != NULL ? 2 : 0,
				.first_time_ns = STORY_START + 100 * STORY_MS,
				.last_time_ns = STORY_START + 100 * STORY_MS,
				.count = 1},
		},
		9000, 0);
}

static void
bad_peer_as(struct story *s)
{
	story_capture(s, false, "bad-peer-as.pcap", 0, 0, 0);
	story_connection(s, 1, CONNECTION_SYN, NODE, ROUTER, NULL, 1000, 4);
	story_connection(s, 1, CONNECTION_ESTABLISHED, NODE, ROUTER, NULL, 1001, 6);
	story_message(s, 1, 1, NODE, ROUTER, BGP_OPEN, OPEN_NODE, 0, 1002, 7);
	story_transition(s, NODE, ROUTER, BGP_STATE_CONNECT, BGP_STATE_OPENSENT, 16,
		"the connection stands", 1002, 7);
	story_message(s, 1, 1, ROUTER, NODE, BGP_OPEN, OPEN_ROUTER, 0, 1003, 8);
	story_message(s, 1, 1, ROUTER, NODE, BGP_NOTIFICATION, "02 02 0000fdf1", 0, 1004, 9);
	story_connection(s, 1, CONNECTION_CLOSED, NODE, ROUTER, ROUTER, 1005, 10);
	finding(s, FINDING_BAD_PEER_AS, SEVERITY_ERROR,
		"192.0.2.1 (AS 65001) refuses 192.0.2.10: it got AS 65009 and expects another one.",
		"Either 192.0.2.1 must expect AS 65009 from 192.0.2.10, or 192.0.2.10 must use the "
		"AS that 192.0.2.1 expects.",
		7, 9);
	finding(s, FINDING_RETRY_STORM, SEVERITY_WARNING, "12 attempts in a second.", NULL, 7, 9);
	struct event_session session = story_session(1, NODE, ROUTER, VERDICT_DOWN);
	session.primary_cause = FINDING_BAD_PEER_AS;
	session.side[0].has_asn = session.side[1].has_asn = true;
	session.side[0].asn = 65009;
	session.side[1].asn = 65001;
	session.side[0].messages[COUNT_OPEN] = 1;
	session.side[1].messages[COUNT_OPEN] = 1;
	session.side[1].messages[COUNT_NOTIFICATION] = 1;
	session.hold_time_s = 15;
	session.has_families = true;
	static const struct bgp_family family = {1, 1};
	session.families = &family;
	session.family_count = 1;
	story_event(s, (struct event){.kind = EVENT_SESSION, .session = session}, 9000, 0);
	story_capture(s, true, "bad-peer-as.pcap", 34, 1 << 3, 9000);
}

/* A session that is up, with BFD, and one that has no TCP at all. */
static void
two_sessions(struct story *s)
{
	enum { UP = BFD_UP + 1 };
	story_capture(s, false, "node.pcap", 0, 0, 0);
	story_connection(s, 1, CONNECTION_ESTABLISHED, NODE, ROUTER, NULL, 1001, 6);
	story_message(s, 1, 1, NODE, ROUTER, BGP_OPEN, OPEN_NODE, 0, 1002, 7);
	story_message(s, 1, 1, ROUTER, NODE, BGP_OPEN, OPEN_ROUTER, 0, 1003, 8);
	for (uint64_t i = 0; i < 100; i++) {
		story_message(s, 1, 1, NODE, ROUTER, BGP_KEEPALIVE, "", 0, 2000 + i * 50,
			20 + 3 * i);
		story_message(s, 1, 1, ROUTER, NODE, BGP_UPDATE,
			"0000 000e 40 01 01 00 40 02 00 40 03 04 c0000201 18 c63364", 0,
			2001 + i * 50, 21 + 3 * i);
	}
	struct event_session up = story_session(1, NODE, ROUTER, VERDICT_HEALTHY);
	for (int i = 0; i < 2; i++) {
		up.side[i].state = BGP_STATE_ESTABLISHED;
		up.side[i].state_since_ns = STORY_START + 1004 * STORY_MS;
	}
	up.side[1].prefixes_announced = 100;
	up.hold_time_s = 15;
	up.established_count = 1;
	up.bfd_session = 1;
	story_event(s, (struct event){.kind = EVENT_SESSION, .session = up}, 9000, 0);
	struct event_session down = story_session(2, "2001:db8:ffff:1234:192:5:2:10",
		"2001:db8:ffff:1234::1", VERDICT_DOWN);
	story_event(s, (struct event){.kind = EVENT_SESSION, .session = down}, 9000, 0);
	struct event_bfd_session bfd = {
		.bfd_session = 1,
		.session = 1,
		.mode = "single-hop",
		.flaps = 1,
		/* The other way round than the BGP session. */
		.side = {{.addr = story_address(ROUTER),
				 .state = UP,
				 .has_timers = true,
				 .negotiated_tx_us = 380000,
				 .detection_time_us = 810000,
				 .packets = 10,
				 .max_gap_us = 2500000},
			{.addr = story_address(NODE),
				.state = UP,
				.diag = 1,
				.has_timers = true,
				.negotiated_tx_us = 270000,
				.detection_time_us = 1900000,
				.packets = 1234,
				.max_gap_us = 269000}},
	};
	story_event(s, (struct event){.kind = EVENT_BFD_SESSION, .bfd_session = bfd}, 9000, 0);
	story_capture(s, true, "node.pcap", 1300, 0, 9000);
}

/* The default: 80 columns, UTF-8, no colours. */
static const char bad_peer_as_text[] =
	"bad-peer-as.pcap: 34 packets, EN10MB; 9 s from 2026-01-31 10:00:00 UTC\n"
	"  snaplen: Packets were cut when they were captured: messages are read as far as\n"
	"    they are there.\n"
	"\n"
	"── 192.0.2.10 (AS 65009) ↔ 192.0.2.1 (AS 65001) ────────────────────────────────\n"
	"\n"
	"  DOWN  192.0.2.1 (AS 65001) refuses 192.0.2.10: it got AS 65009 and expects\n"
	"        another one.\n"
	"    Cause bad-peer-as, certain. Look at 192.0.2.10. Frames 7, 9.\n"
	"\n"
	"  What to do\n"
	"    • Either 192.0.2.1 must expect AS 65009 from 192.0.2.10, or 192.0.2.10 must\n"
	"      use the AS that 192.0.2.1 expects.\n"
	"    • MetalLB: set peerASN of the BGPPeer to the AS that the router says, 65001;\n"
	"      on FRR it is neighbor 192.0.2.1 remote-as 65001.\n"
	"\n"
	"  Also seen\n"
	"    warning retry-storm (certain): 12 attempts in a second. Frames 7, 9.\n"
	"\n"
	"  What happened\n"
	"     time  frame  who         what (! proves the cause)\n"
	"   +1.000      4  192.0.2.10  TCP SYN to port 179\n"
	"   +1.001      6              TCP established\n"
	" ! +1.002      7  192.0.2.10  OPEN as 65009 hold 15 id 192.0.2.10\n"
	"   +1.003      8  192.0.2.1   OPEN as 65001 hold 90 id 192.0.2.1\n"
	" ! +1.004      9  192.0.2.1   NOTIFICATION 2/2 OPEN Message Error: Bad Peer AS\n"
	"   +1.005     10  192.0.2.1   TCP closed\n"
	"\n"
	"  Both OPENs\n"
	"                              192.0.2.10 (frame 7)      192.0.2.1 (frame 8)\n"
	"  ≠   AS number               65009                     65001\n"
	"  ~   Hold time               15 s                      90 s\n"
	"  ~   BGP identifier          192.0.2.10                192.0.2.1\n"
	"      ipv4-unicast            yes                       yes\n"
	"  ~   Route Refresh           yes                       no\n"
	"  ~   Graceful Restart        120 s restarting with     120 s\n"
	"                              NOTIFICATION\n"
	"      4-octet AS              65009                     65001\n"
	"  ~   FQDN                    nod\\u001b-natoryo         no\n"
	"      ≠ differs and matters   ~ differs, as it may\n"
	"\n"
	"  Negotiated\n"
	"    hold time 15 s, a KEEPALIVE every 5 s; family ipv4-unicast.\n"
	"\n"
	"  At the end\n"
	"    192.0.2.10: Idle; it sent 1 OPEN.\n"
	"    192.0.2.1: Idle; it sent 1 OPEN, 1 NOTIFICATION.\n";

Test(report, bad_peer_as)
{
	struct story s;
	story_begin(&s, ui_report_open, plain);
	bad_peer_as(&s);
	cr_expect_str_eq(story_end(&s), bad_peer_as_text, "%s", s.text);
	story_free(&s);
}

/* No line is wider than asked for, and no octet reaches the terminal that should not. */
static void
expect_well_formed(const char *text, size_t width, bool ascii, bool color)
{
	for (const char *at = text; *at != '\0';) {
		size_t size = strcspn(at, "\n");
		cr_expect_leq(color ? 0 : text_width_of(at, size), width, "%.*s", (int)size, at);
		cr_expect(size == 0 || at[size - 1] != ' ', "blank at the end: %.*s|", (int)size,
			at);
		for (size_t i = 0; i < size;) {
			uint32_t c;
			i += utf8_next((const uint8_t *)at + i, size - i, &c);
			cr_expect(c != UTF8_NONE && (!utf8_is_unsafe(c) || (color && c == 27)));
			cr_expect(!ascii || c < 0x80);
		}
		at += size + (at[size] == '\n');
	}
}

Test(report, widths_and_colors)
{
	struct story s;
	for (unsigned width = 60; width <= 100; width += 10) {
		for (int bits = 0; bits < 8; bits++) {
			struct ui_options o = plain;
			o.width = width;
			o.utf8 = (bits & 1) != 0;
			o.color = (bits & 2) != 0;
			o.verbose = bits >> 2;
			story_begin(&s, ui_report_open, o);
			bad_peer_as(&s);
			expect_well_formed(story_end(&s), width, !o.utf8, o.color);
			cr_expect_eq(strchr(s.text, 27) != NULL, o.color);
			story_free(&s);
			story_begin(&s, ui_report_open, o);
			two_sessions(&s);
			expect_well_formed(story_end(&s), width, !o.utf8, o.color);
			story_free(&s);
		}
	}
}

static void
expect_parts(const char *text, const char *const *parts, size_t count)
{
	const char *at = text;
	for (size_t i = 0; i < count; i++) {
		const char *found = strstr(at, parts[i]);
		cr_expect_not_null(found, "\"%s\" is not in (the rest of)\n%s", parts[i], text);
		if (found != NULL) {
			at = found + strlen(parts[i]);
		}
	}
}

#define EXPECT_PARTS(text, ...) \
	expect_parts(text, (const char *const[]){__VA_ARGS__}, \
		sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

Test(report, two_sessions_worst_first)
{
	struct story s;
	story_begin(&s, ui_report_open, plain);
	two_sessions(&s);
	EXPECT_PARTS(story_end(&s), "node.pcap: 1,300 packets",
		"   1  2001:db8:ffff:1234:192:5:2:10 ↔           down      -\n",
		"   2  192.0.2.10 ↔ 192.0.2.1                    healthy   -\n",
		"── 1  2001:", "local : 2001:db8:ffff:1234:192:5:2:10\n",
		"DOWN  no cause can be named", "there is no TCP", "── 2  192.0.2.10 ↔ 192.0.2.1 ──",
		"HEALTHY  Established on both sides since +1.004 s.", "announced 100",
		"hold time 15 s, a KEEPALIVE every 5 s.\n", "BFD, single-hop\n",
		"State                   Up, diag 1 Control        Up\n",
		"Sends every             270 ms                    380 ms\n",
		"Detection time          1.9 s                     810 ms\n");
	/* A healthy session is told in short. */
	cr_expect_null(strstr(s.text, "What happened"));
	story_free(&s);

	struct ui_options o = plain;
	o.verbose = 1;
	story_begin(&s, ui_report_open, o);
	two_sessions(&s);
	EXPECT_PARTS(story_end(&s), "KEEPALIVE ×100, last +6.950000 (frame 317)\n",
		"UPDATE ×100, 100 announced, last +6.951000\n", "(frame 318)\n");
	story_free(&s);
}

Test(report, nothing_found)
{
	struct story s;
	story_begin(&s, ui_report_open, plain);
	story_capture(&s, false, "web\x1b[31m.pcap", 0, 0, 0);
	story_capture(&s, true, "web\x1b[31m.pcap", 7, 0, 1);
	EXPECT_PARTS(story_end(&s), "web\\u001b[31m.pcap: 7 packets, EN10MB",
		"no BGP or BFD packets in web\\u001b[31m.pcap\n");
	story_free(&s);
	/* Not even a capture event: the file could not be read at all. */
	story_begin(&s, ui_report_open, plain);
	cr_expect_str_eq(story_end(&s), "no BGP or BFD packets in bad-peer-as.pcap\n");
	story_free(&s);
}

Test(report, long_story_is_cut_in_the_middle)
{
	struct story s;
	story_begin(&s, ui_report_open, plain);
	for (uint64_t i = 0; i < 100; i++) {
		story_connection(&s, i + 1, CONNECTION_SYN, NODE, ROUTER, NULL, i * 1000, i + 1);
	}
	struct event_session down = story_session(1, NODE, ROUTER, VERDICT_DOWN);
	story_event(&s, (struct event){.kind = EVENT_SESSION, .session = down}, 100000, 0);
	EXPECT_PARTS(story_end(&s), "+19.000     20  192.0.2.10",
		"… 60 entries left out (-v shows all)", "+80.000     81  192.0.2.10",
		"+99.000    100  192.0.2.10");
	cr_expect_null(strstr(s.text, "+20.000"));
	story_free(&s);
}

Test(report, what_is_cut_off_is_not_blamed)
{
	struct story s;
	story_begin(&s, ui_report_open, plain);
	story_message(&s, 1, 1, NODE, ROUTER, BGP_OPEN, OPEN_NODE, 20, 1, 1);
	story_message(&s, 1, 1, ROUTER, NODE, BGP_OPEN, OPEN_ROUTER, 0, 2, 2);
	struct event_session down = story_session(1, NODE, ROUTER, VERDICT_DOWN);
	story_event(&s, (struct event){.kind = EVENT_SESSION, .session = down}, 3, 0);
	EXPECT_PARTS(story_end(&s), "Both OPENs",
		"The capture cuts the OPEN of 192.0.2.10 off: there may be more.");
	cr_expect_null(strstr(s.text, "malformed"));
	story_free(&s);
}

Test(lines, one_for_each_event)
{
	struct story s;
	story_begin(&s, ui_lines_open, plain);
	bad_peer_as(&s);
	EXPECT_PARTS(story_end(&s), "--- 2026-01-31 (UTC) ---\n",
		"10:00:01.000000 frame 4  192.0.2.10:40000 > 192.0.2.1:179  TCP SYN to port 179\n",
		"10:00:01.002000 frame 7  192.0.2.10:40000 > 192.0.2.1:179  BGP OPEN as 65009 hold 15 "
		"id 192.0.2.10 caps ipv4-unicast, Route Refresh, ",
		"4-octet AS 65009, FQDN nod\\u001b-natoryo length ",
		"10:00:01.002000 frame 7  192.0.2.10 (peer 192.0.2.1)  BGP Connect → OpenSent on event "
		"16 Tcp_CR_Acked: the connection stands\n",
		"BGP NOTIFICATION 2/2 OPEN Message Error: Bad Peer AS data 0000fdf1",
		"TCP closed by 192.0.2.1\n",
		"FINDING bad-peer-as (error, certain): ", "    fix: Either",
		"SESSION 192.0.2.10 Idle - 192.0.2.1 Idle: down by bad-peer-as");
	expect_well_formed(s.text, 1000, false, false);
	story_free(&s);
}

Test(lines, prefixes_with_v)
{
	struct story s;
	struct ui_options o = plain;
	o.verbose = 1;
	story_begin(&s, ui_lines_open, o);
	story_message(&s, 1, 1, NODE, ROUTER, BGP_UPDATE,
		"0004 18 cb0071 000e 40 01 01 00 40 02 00 40 03 04 c0000201 18 c63364", 0, 1, 1);
	EXPECT_PARTS(story_end(&s),
		"BGP UPDATE 1 announced, 1 withdrawn attrs ORIGIN AS_PATH NEXT_HOP",
		"\n    -203.0.113.0/24 +198.51.100.0/24\n");
	story_free(&s);
}

Test(json_view, one_object_a_line)
{
	struct story s;
	story_begin(&s, ui_json_open, plain);
	bad_peer_as(&s);
	struct event_session now = story_session(1, NODE, ROUTER, VERDICT_UNKNOWN);
	story_event(&s, (struct event){.kind = EVENT_SESSION, .snapshot = true, .session = now}, 1,
		0);
	const char *text = story_end(&s);
	size_t lines = 0;
	for (const char *at = text; *at != '\0'; at = strchr(at, '\n') + 1) {
		lines++;
		cr_assert_eq(strncmp(at, "{\"event\":\"", 10), 0, "%s", at);
		cr_assert_eq(strchr(at, '\n')[-1], '}');
	}
	cr_expect_eq(lines, s.seq); /* the snapshot is not among them */
	story_free(&s);
}

static struct event
keepalive_or_gap(bool gap, uint64_t i, const struct bgp_message *m)
{
	struct event e = {.seq = i + 1, .time_ns = STORY_START + i, .frame = i + 1};
	if (gap) {
		e.kind = EVENT_GAP;
		e.gap = (struct event_gap){.session = 1, .src = story_address(NODE), .bytes = 1};
	} else {
		e.kind = EVENT_MESSAGE;
		e.message = (struct event_message){.session = 1,
			.connection = 1,
			.src = story_address(NODE),
			.dst = story_address(ROUTER),
			.message = m};
	}
	return e;
}

Test(model, time_line_is_bounded)
{
	enum { EVENTS = 20000 };
	static const struct bgp_context context;
	struct octets o = octets_message(BGP_KEEPALIVE, "");
	struct bgp_message m;
	bgp_decode(o.bytes, o.size, &context, &m);
	struct model *model = model_create();
	for (uint64_t i = 0; i < EVENTS; i++) {
		struct event e = keepalive_or_gap(i % 2 == 1, i, &m);
		model_event(model, &e);
	}
	const struct model_session *s = model_session_find(model, 1);
	cr_assert_not_null(s);
	cr_expect_leq(s->timeline.count, MODEL_TIMELINE_MAX);
	cr_expect_gt(s->timeline.count, MODEL_TIMELINE_MAX / 2);
	uint64_t left_out = 0;
	for (size_t i = 0; i < s->timeline.count; i++) {
		left_out += s->timeline.entries[i].left_out;
		cr_expect(i == 0 || s->timeline.entries[i].seq > s->timeline.entries[i - 1].seq);
	}
	cr_expect_eq(left_out, s->left_out);
	cr_expect_eq(left_out + s->timeline.count, EVENTS);
	cr_expect_eq(s->timeline.entries[0].seq, 1);
	cr_expect_eq(s->timeline.entries[s->timeline.count - 1].seq, EVENTS);
	cr_expect_eq(s->info.side[0].messages[COUNT_KEEPALIVE], EVENTS / 2);
	model_destroy(model);
	octets_free(&o);
}

Test(model, stretches_interleave)
{
	static const struct bgp_context context;
	struct octets o = octets_message(BGP_KEEPALIVE, "");
	struct bgp_message m;
	bgp_decode(o.bytes, o.size, &context, &m);
	struct model *model = model_create();
	for (uint64_t i = 0; i < 1000; i++) {
		struct event e = keepalive_or_gap(false, i, &m);
		if (i % 2 == 1) {
			e.message.src = story_address(ROUTER);
			e.message.dst = story_address(NODE);
		}
		model_event(model, &e);
	}
	const struct model_session *s = model_session_at(model, 0);
	cr_assert_eq(s->timeline.count, 2);
	cr_expect_eq(s->timeline.entries[0].count, 500);
	cr_expect_eq(s->timeline.entries[1].count, 500);
	cr_expect_eq(s->timeline.entries[1].last_frame, 1000);
	model_destroy(model);
	octets_free(&o);
}

/* What is quiet is kept or not, and parts a stretch in either case; two sessions have one text for the same reason, and
 * a reason that changes in its place gives another one. */
Test(model, quiet_is_left_out)
{
	static const struct bgp_context context;
	struct octets o = octets_message(BGP_KEEPALIVE, "");
	struct bgp_message m;
	bgp_decode(o.bytes, o.size, &context, &m);
	for (int quiet = 0; quiet < 2; quiet++) {
		struct model *model = model_create();
		char reason[] = "first";
		if (!quiet) {
			model_leave_quiet(model);
		}
		for (uint64_t session = 1; session <= 2; session++) {
			for (uint64_t i = 0; i < 9; i++) {
				struct event e = keepalive_or_gap(false, 10 * session + i, &m);
				e.message.session = session;
				if (i == 4 || i == 8) {
					e.kind = EVENT_TRANSITION;
					e.transition = (struct event_transition){.session = session,
						.speaker = story_address(NODE),
						.peer = story_address(ROUTER),
						.from = BGP_STATE_OPENSENT,
						.to = i == 4 ? BGP_STATE_OPENCONFIRM : BGP_STATE_ESTABLISHED,
						.reason = reason};
				}
				model_event(model, &e);
			}
		}
		reason[0] = 'F';
		struct event third = {.seq = 40, .time_ns = STORY_START + 40, .kind = EVENT_TRANSITION,
			.transition = {.session = 2, .speaker = story_address(NODE), .peer = story_address(ROUTER),
				.from = BGP_STATE_OPENSENT, .to = BGP_STATE_ESTABLISHED, .reason = reason}};
		model_event(model, &third);
		const struct model_session *a = model_session_find(model, 1), *b = model_session_find(model, 2);
		size_t last = quiet ? 3 : 2; /* KEEPALIVEs, the quiet step, KEEPALIVEs, Established */
		cr_assert_eq(a->timeline.count, last + 1);
		cr_assert_eq(b->timeline.count, last + 2);
		cr_expect_eq(a->timeline.entries[0].count, 4);
		cr_expect_eq(a->timeline.entries[last - 1].count, 3);
		cr_expect_str_eq(a->timeline.entries[last].text, "OpenSent → Established: first");
		cr_expect_eq(a->timeline.entries[last].text, b->timeline.entries[last].text);
		cr_expect_str_eq(b->timeline.entries[last + 1].text, "OpenSent → Established: First");
		cr_expect_eq(a->left_out, 0);
		model_destroy(model);
	}
	octets_free(&o);
}

Test(model, sides_turn_when_told)
{
	static const struct bgp_context context;
	struct octets o = octets_message(BGP_OPEN, OPEN_ROUTER);
	struct bgp_message m;
	bgp_decode(o.bytes, o.size, &context, &m);
	struct model *model = model_create();
	struct event e = keepalive_or_gap(false, 0, &m);
	e.message.src = story_address(ROUTER);
	e.message.dst = story_address(NODE);
	model_event(model, &e);
	const struct model_session *s = model_session_at(model, 0);
	cr_expect(s->open[0].seen && !s->open[1].seen);
	cr_expect_eq(s->info.side[0].asn, 65001);
	struct event told = {.kind = EVENT_SESSION,
		.session = story_session(1, NODE, ROUTER, VERDICT_HEALTHY)};
	model_event(model, &told);
	cr_expect(!s->open[0].seen && s->open[1].seen);
	cr_expect_eq(s->timeline.entries[0].side, 1);
	struct address router = story_address(ROUTER);
	cr_expect(address_equal(model_entry_speaker(s, NULL, &s->timeline.entries[0]), &router));
	/* The kept OPEN can be read again after the event's octets are gone. */
	octets_free(&o);
	struct bgp_message again;
	cr_assert(model_open_decode(&s->open[1], &again));
	cr_expect_eq(again.open.asn, 65001);
	cr_expect_eq(again.open.hold_time_s, 90);
	cr_expect(!model_open_decode(&s->open[0], &again));
	model_destroy(model);
}
