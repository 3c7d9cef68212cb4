/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The JSON of events: escaping, the members of the contract, null for what is unknown. */
#include <criterion/criterion.h>

#include <stdio.h>

#include "tests/unit/octets.h"
#include "track/json.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct bgp_context none;

static const struct {
	const char *what;
	const char *hex;  /* the octets */
	const char *json; /* of {"k":…} */
} texts[] = {
	{"plain", "68 69", "\"hi\""},
	{"empty", "", "\"\""},
	{"quote and backslash", "22 5c", "\"\\\"\\\\\""},
	{"NUL", "61 00 62", "\"a\\u0000b\""},
	{"newline", "0a", "\"\\u000a\""},
	{"ESC", "1b 5b 33 31 6d", "\"\\u001b[31m\""},
	{"DEL", "7f", "\"\\u007f\""},
	{"C1 CSI", "c2 9b", "\"\\u009b\""},
	{"no-break space is text", "c2 a0", "\"\xc2\xa0\""},
	{"umlaut", "c3 bc", "\"\xc3\xbc\""},
	{"Arabic letter mark", "d8 9c", "\"\\u061c\""},
	{"left-to-right mark", "e2 80 8e", "\"\\u200e\""},
	{"right-to-left mark", "e2 80 8f", "\"\\u200f\""},
	{"line separator", "e2 80 a8", "\"\\u2028\""},
	{"paragraph separator", "e2 80 a9", "\"\\u2029\""},
	{"right-to-left override", "e2 80 ae", "\"\\u202e\""},
	{"isolate", "e2 81 a6", "\"\\u2066\""},
	{"pop isolate", "e2 81 a9", "\"\\u2069\""},
	{"emoji", "f0 9f 98 80", "\"\xf0\x9f\x98\x80\""},
	{"lone continuation", "80", "null"},
	{"over-long", "c0 80", "null"},
	{"surrogate", "ed a0 80", "null"},
	{"above U+10FFFF", "f4 90 80 80", "null"},
	{"cut", "e2 80", "null"},
};

Test(json, text_is_escaped_or_null)
{
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct octets o = octets_from_hex(texts[i].hex);
		struct json j;
		json_init(&j);
		json_object(&j, NULL);
		json_text(&j, "k", o.bytes, o.size);
		json_object_end(&j);
		char expected[64];
		snprintf(expected, sizeof(expected), "{\"k\":%s}", texts[i].json);
		cr_expect_str_eq(j.text, expected, "%s: %s", texts[i].what, j.text);
		json_finish(&j);
		octets_free(&o);
	}
}

/* Text is looked at eight octets at a time: one that must be escaped is seen at every place, whatever stands beside it. */
Test(json, escaped_at_every_place)
{
	static const char beside[] = {'a', ' ', '!', '~', '#', '[', ']'};
	for (size_t size = 1; size <= 20; size++) {
		for (size_t at = 0; at < size; at++) {
			for (int octet = 1; octet < 0x80; octet++) {
				char text[32] = "", expected[64] = "";
				memset(text, beside[(size + at + (size_t)octet) % sizeof(beside)], size);
				snprintf(expected, sizeof(expected), "\"%.*s", (int)at, text);
				size_t used = strlen(expected);
				bool control = octet < 0x20 || octet == 0x7f;
				snprintf(expected + used, sizeof(expected) - used,
					control                          ? "\\u%04x%.*s\""
						: octet == '"' || octet == '\\' ? "\\%c%.*s\""
										: "%c%.*s\"",
					octet, (int)(size - at - 1), text);
				text[at] = (char)octet;
				struct json j;
				json_init(&j);
				json_string(&j, NULL, text);
				cr_assert_str_eq(j.text, expected);
				json_finish(&j);
			}
		}
	}
}

Test(json, nesting_and_commas)
{
	struct json j;
	json_init(&j);
	json_object(&j, NULL);
	json_array(&j, "a");
	json_array_end(&j);
	json_array(&j, "b");
	json_uint(&j, NULL, UINT64_MAX);
	json_int(&j, NULL, -1);
	json_object(&j, NULL);
	json_object_end(&j);
	json_bool(&j, NULL, true);
	json_array_end(&j);
	json_null(&j, "c");
	json_string(&j, "d", NULL);
	json_hex(&j, "e", (const uint8_t *)"\x00\xff", 2);
	json_hex(&j, "f", NULL, 0);
	struct address unset = {0};
	json_address(&j, "g", &unset);
	json_object_end(&j);
	cr_expect_str_eq(j.text,
		"{\"a\":[],\"b\":[18446744073709551615,-1,{},true],\"c\":null,\"d\":null,"
		"\"e\":\"00ff\",\"f\":\"\",\"g\":null}");
	json_clear(&j);
	cr_expect_str_eq(j.text, "");
	json_finish(&j);
}

Test(json, grows)
{
	struct json j;
	json_init(&j);
	json_array(&j, NULL);
	for (int i = 0; i < 10000; i++) {
		json_string(&j, NULL, "abcdefghij");
	}
	json_array_end(&j);
	cr_expect_eq(j.size, 2 + 10000 * 12 + 9999);
	cr_expect_eq(strlen(j.text), j.size);
	json_finish(&j);
}

static void
address_set(struct address *a, const char *octets4)
{
	*a = (struct address){.family = 4};
	memcpy(a->octets, octets4, 4);
}

static const char start[] =
	"{\"event\":\"message\",\"seq\":7,\"time\":\"2026-01-31T10:00:00.000001Z\","
	"\"frame\":12,\"session\":1,\"connection\":2,\"src\":\"192.0.2.10\","
	"\"src_port\":40000,\"dst\":\"192.0.2.1\",\"dst_port\":179,";

/* The event of one message, `cut` octets short, must be `start` + expected + "}". */
static void
expect_message(uint8_t type, const char *body, size_t cut, unsigned detail, const char *expected)
{
	struct octets whole = octets_message(type, body);
	struct octets o = octets_copy(whole.bytes, whole.size - cut);
	struct bgp_message m;
	bgp_decode(o.bytes, o.size, &none, &m);
	struct event e = {
		.kind = EVENT_MESSAGE,
		.seq = 7,
		.time_ns = UINT64_C(1769853600000001000),
		.time_digits = 6,
		.frame = 12,
		.message = {.session = 1,
			.connection = 2,
			.src_port = 40000,
			.dst_port = 179,
			.message = &m,
			.context = &none},
	};
	address_set(&e.message.src, "\xc0\x00\x02\x0a");
	address_set(&e.message.dst, "\xc0\x00\x02\x01");
	struct json j;
	json_init(&j);
	json_event(&j, &e, detail);
	char text[4096];
	snprintf(text, sizeof(text), "%s%s}", start, expected);
	cr_expect_str_eq(j.text, text, "got      %s\nexpected %s", j.text, text);
	json_finish(&j);
	octets_free(&o);
	octets_free(&whole);
}

Test(json, open)
{
	expect_message(BGP_OPEN, "04 fde9 005a c000020a 00", 0, false,
		"\"type\":\"OPEN\",\"length\":29,\"truncated\":false,\"open\":{\"version\":4,"
		"\"asn\":65001,\"my_as\":65001,\"hold_time_s\":90,\"bgp_id\":\"192.0.2.10\","
		"\"capabilities\":[]}");
}

Test(json, open_capabilities)
{
	/* One parameter of 30 octets. */
	expect_message(BGP_OPEN,
		"04 5ba0 005a c000020a 20"
		"02 1e"
		"01 04 0001 00 01"
		"41 04 fffffff0"
		"40 06 8078 0001 01 80"
		"45 04 0001 01 03"
		"02 00"
		"c8 00",
		0, false,
		"\"type\":\"OPEN\",\"length\":61,\"truncated\":false,\"open\":{\"version\":4,"
		"\"asn\":4294967280,\"my_as\":23456,\"hold_time_s\":90,\"bgp_id\":\"192.0.2.10\","
		"\"capabilities\":["
		"{\"code\":1,\"name\":\"Multiprotocol\",\"afi\":1,\"safi\":1,"
		"\"family\":\"ipv4-unicast\",\"data\":\"00010001\"},"
		"{\"code\":65,\"name\":\"4-octet AS\",\"asn\":4294967280,\"data\":\"fffffff0\"},"
		"{\"code\":64,\"name\":\"Graceful Restart\",\"restarting\":true,\"time_s\":120,"
		"\"families\":[{\"afi\":1,\"safi\":1,\"family\":\"ipv4-unicast\","
		"\"forwarding\":true}],\"notification\":false,\"data\":\"807800010180\"},"
		"{\"code\":69,\"name\":\"ADD-PATH\",\"families\":[{\"afi\":1,\"safi\":1,"
		"\"family\":\"ipv4-unicast\",\"mode\":\"send-receive\"}],\"data\":\"00010103\"},"
		"{\"code\":2,\"name\":\"Route Refresh\",\"data\":\"\"},"
		"{\"code\":200,\"name\":\"unassigned\",\"data\":\"\"}]}");
}

Test(json, open_cut)
{
	/* AS_TRANS, and the capability with the real number is not there: unknown. */
	expect_message(BGP_OPEN, "04 5ba0 005a c000020a 08 02 06 41 04 fffffff0", 4, false,
		"\"type\":\"OPEN\",\"length\":37,\"truncated\":true,\"open\":{\"version\":4,"
		"\"asn\":null,\"my_as\":23456,\"hold_time_s\":90,\"bgp_id\":\"192.0.2.10\","
		"\"capabilities\":[{\"code\":65,\"name\":\"4-octet AS\",\"asn\":null,"
		"\"data\":\"\"}]}");
	/* The same, whole: the value does not fit. */
	expect_message(BGP_OPEN, "04 5ba0 005a c000020a 06 02 04 41 02 0001", 0, false,
		"\"type\":\"OPEN\",\"length\":35,\"truncated\":false,\"open\":{\"version\":4,"
		"\"asn\":23456,\"my_as\":23456,\"hold_time_s\":90,\"bgp_id\":\"192.0.2.10\","
		"\"capabilities\":[{\"code\":65,\"name\":\"4-octet AS\",\"asn\":null,"
		"\"malformed\":true,\"data\":\"0001\"}]}");
	expect_message(BGP_OPEN, "04 fde9 005a c000020a 00", 6, false,
		"\"type\":\"OPEN\",\"length\":29,\"truncated\":true,\"open\":{\"version\":4,"
		"\"asn\":null,\"my_as\":65001,\"hold_time_s\":null,\"bgp_id\":null,"
		"\"capabilities\":null}");
}

Test(json, notification)
{
	expect_message(BGP_NOTIFICATION, "02 02 fde9", 0, false,
		"\"type\":\"NOTIFICATION\",\"length\":23,\"truncated\":false,\"notification\":{"
		"\"code\":2,\"subcode\":2,\"name\":\"Bad Peer AS\",\"data\":\"fde9\",\"text\":null,"
		"\"meaning\":{\"refused_asn\":65001}}");
	expect_message(BGP_NOTIFICATION, "04 00", 0, false,
		"\"type\":\"NOTIFICATION\",\"length\":21,\"truncated\":false,\"notification\":{"
		"\"code\":4,\"subcode\":0,\"name\":\"Hold Timer Expired\",\"data\":\"\",\"text\":null,"
		"\"meaning\":null}");
	/* RFC 9003: "bye" with a colour before it. */
	expect_message(BGP_NOTIFICATION, "06 02 08 1b5b33316d 627965", 0, false,
		"\"type\":\"NOTIFICATION\",\"length\":30,\"truncated\":false,\"notification\":{"
		"\"code\":6,\"subcode\":2,\"name\":\"Administrative Shutdown\","
		"\"data\":\"081b5b33316d627965\",\"text\":\"\\u001b[31mbye\","
		"\"meaning\":{\"text\":\"\\u001b[31mbye\"}}");
	/* Not UTF-8. */
	expect_message(BGP_NOTIFICATION, "06 02 02 ff fe", 0, false,
		"\"type\":\"NOTIFICATION\",\"length\":24,\"truncated\":false,\"notification\":{"
		"\"code\":6,\"subcode\":2,\"name\":\"Administrative Shutdown\","
		"\"data\":\"02fffe\",\"text\":null,\"meaning\":{\"text\":null}}");
}

Test(json, update)
{
	expect_message(BGP_UPDATE, "0000 0000", 0, false,
		"\"type\":\"UPDATE\",\"length\":23,\"truncated\":false,\"update\":{\"withdrawn\":0,"
		"\"announced\":0,\"attributes\":[],\"end_of_rib\":{\"afi\":1,\"safi\":1,"
		"\"family\":\"ipv4-unicast\"}}");
	expect_message(BGP_UPDATE,
		"0004 18 cb0071 000e 40 01 01 00  40 02 00  40 03 04 c000020a  18 c63364 10 0a01",
		0, true,
		"\"type\":\"UPDATE\",\"length\":48,\"truncated\":false,\"update\":{\"withdrawn\":1,"
		"\"announced\":2,\"attributes\":[{\"type\":1,\"name\":\"ORIGIN\",\"flags\":64,"
		"\"length\":1},{\"type\":2,\"name\":\"AS_PATH\",\"flags\":64,\"length\":0},"
		"{\"type\":3,\"name\":\"NEXT_HOP\",\"flags\":64,\"length\":4}],\"end_of_rib\":null,"
		"\"nlri\":[\"198.51.100.0/24\",\"10.1.0.0/16\"],"
		"\"withdrawn_nlri\":[\"203.0.113.0/24\"],\"as_path\":\"\"}");
}

Test(json, other_types)
{
	expect_message(BGP_KEEPALIVE, "", 0, false,
		"\"type\":\"KEEPALIVE\",\"length\":19,\"truncated\":false");
	expect_message(BGP_ROUTE_REFRESH, "0002 01 80", 0, false,
		"\"type\":\"ROUTE-REFRESH\",\"length\":23,\"truncated\":false,"
		"\"route_refresh\":{\"afi\":2,\"safi\":128,\"subtype\":1}");
	expect_message(9, "", 0, false, "\"type\":\"UNKNOWN-9\",\"length\":19,\"truncated\":false");
}

static void
expect_event(const struct event *event, const char *expected)
{
	struct json j;
	json_init(&j);
	json_event(&j, event, false);
	cr_expect_str_eq(j.text, expected, "got      %s\nexpected %s", j.text, expected);
	json_finish(&j);
}

Test(json, capture_and_connection)
{
	struct event e = {
		.kind = EVENT_CAPTURE,
		.seq = 1,
		.time_ns = UINT64_C(1769853600000000000),
		.input = "a.pcap",
		.capture = {.end = true,
			.input = "a.pcap",
			.link_type = "EN10MB",
			.packets = 3,
			.artefacts = 1 | 8},
	};
	expect_event(&e,
		"{\"event\":\"capture\",\"seq\":1,\"time\":\"2026-01-31T10:00:00Z\",\"frame\":0,"
		"\"state\":\"end\",\"input\":\"a.pcap\",\"linktype\":\"EN10MB\",\"packets\":3,"
		"\"dropped\":0,\"artefacts\":[\"midstream\",\"snaplen\"]}");
	struct event c = {
		.kind = EVENT_CONNECTION,
		.seq = 2,
		.frame = 1,
		.input = "b \"x\".pcap",
		.connection = {.connection = 1,
			.session = 3,
			.state = CONNECTION_RESET,
			.client_port = 1024,
			.server_port = 179,
			.evicted = true},
	};
	address_set(&c.connection.client, "\x0a\x00\x00\x01");
	address_set(&c.connection.server, "\x0a\x00\x00\x02");
	expect_event(&c,
		"{\"event\":\"connection\",\"seq\":2,\"time\":\"1970-01-01T00:00:00Z\",\"frame\":1,"
		"\"input\":\"b \\\"x\\\".pcap\",\"connection\":1,\"session\":3,\"state\":\"reset\","
		"\"client\":\"10.0.0.1\",\"client_port\":1024,\"server\":\"10.0.0.2\","
		"\"server_port\":179,\"by\":null,\"evicted\":true}");
}

Test(json, transition_and_finding)
{
	struct event t = {
		.kind = EVENT_TRANSITION,
		.seq = 3,
		.frame = 9,
		.transition = {.protocol = PROTOCOL_BGP,
			.session = 1,
			.connection = 2,
			.from = BGP_STATE_OPENSENT,
			.to = BGP_STATE_OPENCONFIRM,
			.rfc_event = 19,
			.basis = BASIS_INFERRED,
			.reason = "it got the OPEN"},
	};
	address_set(&t.transition.speaker, "\x0a\x00\x00\x01");
	address_set(&t.transition.peer, "\x0a\x00\x00\x02");
	expect_event(&t,
		"{\"event\":\"transition\",\"seq\":3,\"time\":\"1970-01-01T00:00:00Z\",\"frame\":9,"
		"\"protocol\":\"bgp\",\"session\":1,\"bfd_session\":null,\"connection\":2,"
		"\"speaker\":\"10.0.0.1\",\"peer\":\"10.0.0.2\",\"from\":\"OpenSent\","
		"\"to\":\"OpenConfirm\",\"lasted_us\":null,\"rfc_event\":{\"number\":19,\"name\":\"BGPOpen\"},"
		"\"basis\":\"inferred\",\"reason\":\"it got the OPEN\"}");
	const uint64_t frames[] = {4, 6};
	const char *fix[] = {"do this"};
	struct event f = {
		.kind = EVENT_FINDING,
		.seq = 4,
		.time_digits = 3,
		.finding = {.id = 1,
			.cause = FINDING_BAD_PEER_AS,
			.severity = SEVERITY_ERROR,
			.confidence = CONFIDENCE_CERTAIN,
			.session = 1,
			.summary = "no",
			.evidence = frames,
			.evidence_count = 2,
			.fix = fix,
			.fix_count = 1,
			.first_time_ns = 1000000,
			.last_time_ns = 2000000,
			.count = 2},
	};
	expect_event(&f,
		"{\"event\":\"finding\",\"seq\":4,\"time\":\"1970-01-01T00:00:00.000Z\",\"frame\":0,"
		"\"cause\":\"bad-peer-as\",\"severity\":\"error\",\"confidence\":\"certain\","
		"\"session\":1,\"bfd_session\":null,\"blame\":null,\"summary\":\"no\","
		"\"evidence\":[4,6],\"fix\":[\"do this\"],"
		"\"first_time\":\"1970-01-01T00:00:00.001Z\",\"last_time\":\"1970-01-01T00:00:00.002Z\","
		"\"count\":2}");
	f.kind = EVENT_ALERT;
	expect_event(&f,
		"{\"event\":\"alert\",\"seq\":4,\"time\":\"1970-01-01T00:00:00.000Z\",\"frame\":0,"
		"\"cause\":\"bad-peer-as\",\"severity\":\"error\",\"confidence\":\"certain\","
		"\"session\":1,\"bfd_session\":null,\"blame\":null,\"summary\":\"no\"}");
}

Test(json, session)
{
	static const struct bgp_family family = {.afi = 1, .safi = 1};
	struct event e = {
		.kind = EVENT_SESSION,
		.seq = 5,
		.session = {.session = 1,
			.hold_time_s = 90,
			.has_families = true,
			.families = &family,
			.family_count = 1,
			.established_count = 1,
			.verdict = VERDICT_HEALTHY,
			.primary_cause = FINDING_NONE},
	};
	address_set(&e.session.side[0].addr, "\x0a\x00\x00\x01");
	address_set(&e.session.side[1].addr, "\x0a\x00\x00\x02");
	e.session.side[0].has_asn = true;
	e.session.side[0].asn = 4200000000;
	e.session.side[0].state = BGP_STATE_ESTABLISHED;
	e.session.side[1].has_bgp_id = true;
	e.session.side[1].bgp_id = 0x0a000002;
	e.session.side[1].messages[COUNT_OTHER] = 1;
	/* Ten seconds left of ninety; two KEEPALIVEs 25 and 35 s apart; a table of 7 prefixes. */
	static const struct event_end_of_rib rib = {
		.family = {.afi = 1, .safi = 1}, .after_ns = 1500000, .prefixes = 7, .frame = 12};
	struct event_session_side *side = &e.session.side[0];
	side->offered_hold_time_s = 180;
	side->connect_retry_ns = UINT64_C(120000000000);
	side->longest_silence_ns = UINT64_C(80000000000);
	side->has_hold_margin = true;
	side->hold_margin_ns = INT64_C(10000000000);
	side->hold_margin_frame = 9;
	side->keepalives_measured = 2;
	side->keepalive_min_ns = UINT64_C(25000000000);
	side->keepalive_mean_ns = UINT64_C(30000000000);
	side->keepalive_max_ns = UINT64_C(35000000000);
	side->end_of_rib = &rib;
	side->end_of_rib_count = 1;
	static const struct event_restart restart = {.state = RESTART_COMPLETE,
		.restart_bit = true,
		.time_s = 120,
		.count = 2,
		.families = 2,
		.kept = 1,
		.end_of_ribs = 1,
		.began_ns = UINT64_C(1700000000000000000),
		.began_frame = 20,
		.back_ns = UINT64_C(1700000004200000000),
		.back_frame = 30,
		.ended_ns = UINT64_C(1700000005300000000),
		.ended_frame = 40};
	side->restart = &restart;
	e.session.side[1].offered_hold_time_s = -1;
	e.session.side[1].retransmissions = 3;
	e.session.has_setup = true;
	e.session.setup_ns = 2345678;
	const struct bgp_agreement agreement = {
		.as4 = true,
		.route_refresh = true,
		.graceful_restart = true,
		.side = {{.extended_messages = true, .has_restart = true, .restart_time_s = 120},
			{.has_restart = true, .restarting = true, .has_role = true, .role = 3}},
		.family_count = 1,
		.families = {{.family = {2, 1},
			.extended_next_hop = true,
			.add_path = {false, true},
			.graceful = {true, false},
			.has_stale_time = {false, true},
			.stale_time_s = {0, 86400}}},
	};
	e.session.agreement = &agreement;
	expect_event(&e,
		"{\"event\":\"session\",\"seq\":5,\"time\":\"1970-01-01T00:00:00Z\",\"frame\":0,"
		"\"session\":1,\"local\":\"10.0.0.1\",\"remote\":\"10.0.0.2\","
		"\"asn\":{\"10.0.0.1\":4200000000,\"10.0.0.2\":null},"
		"\"bgp_id\":{\"10.0.0.1\":null,\"10.0.0.2\":\"10.0.0.2\"},"
		"\"hold_time_s\":90,\"keepalive_s\":30,"
		"\"families\":[{\"afi\":1,\"safi\":1,\"family\":\"ipv4-unicast\"}],"
		"\"state\":{\"10.0.0.1\":\"Established\",\"10.0.0.2\":\"Unknown\"},"
		"\"messages\":{\"10.0.0.1\":{\"OPEN\":0,\"UPDATE\":0,\"NOTIFICATION\":0,"
		"\"KEEPALIVE\":0,\"ROUTE-REFRESH\":0},\"10.0.0.2\":{\"OPEN\":0,\"UPDATE\":0,"
		"\"NOTIFICATION\":0,\"KEEPALIVE\":0,\"ROUTE-REFRESH\":0,\"OTHER\":1}},"
		"\"established_count\":1,\"verdict\":\"healthy\",\"primary_cause\":null,"
		"\"bfd_session\":null,\"prefixes_announced\":{\"10.0.0.1\":0,\"10.0.0.2\":0},"
		"\"prefixes_withdrawn\":{\"10.0.0.1\":0,\"10.0.0.2\":0},\"setup_us\":2345,"
		"\"timing\":{\"10.0.0.1\":{\"offered_hold_time_s\":180,\"connect_retry_ms\":120000,"
		"\"retransmissions\":0,\"longest_silence_ms\":80000,\"hold_margin_ms\":10000,"
		"\"hold_margin_frame\":9,\"keepalive_interval_ms\":{\"count\":2,\"min\":25000,"
		"\"mean\":30000,\"max\":35000},\"end_of_rib\":[{\"afi\":1,\"safi\":1,"
		"\"family\":\"ipv4-unicast\",\"after_us\":1500,\"prefixes\":7,\"frame\":12}]},"
		"\"10.0.0.2\":{\"offered_hold_time_s\":null,\"connect_retry_ms\":null,"
		"\"retransmissions\":3,\"longest_silence_ms\":null,\"hold_margin_ms\":null,"
		"\"hold_margin_frame\":0,\"keepalive_interval_ms\":null,\"end_of_rib\":[]}},"
		"\"negotiated\":{\"as4\":true,\"route_refresh\":true,"
		"\"enhanced_route_refresh\":false,"
		"\"extended_messages\":{\"10.0.0.1\":true,\"10.0.0.2\":false},"
		"\"graceful_restart\":true,\"notification\":false,"
		"\"restarting\":{\"10.0.0.1\":false,\"10.0.0.2\":true},"
		"\"restart_time_s\":{\"10.0.0.1\":120,\"10.0.0.2\":0},\"llgr\":false,"
		"\"role\":{\"10.0.0.1\":null,\"10.0.0.2\":3},"
		"\"families\":[{\"afi\":2,\"safi\":1,\"family\":\"ipv6-unicast\","
		"\"add_path\":{\"10.0.0.1\":false,\"10.0.0.2\":true},"
		"\"extended_next_hop\":true,"
		"\"graceful_restart\":{\"10.0.0.1\":true,\"10.0.0.2\":false},"
		"\"forwarding\":{\"10.0.0.1\":false,\"10.0.0.2\":false},"
		"\"stale_time_s\":{\"10.0.0.1\":null,\"10.0.0.2\":86400}}]},"
		"\"graceful_restart\":{\"10.0.0.1\":{\"state\":\"complete\",\"helper\":\"10.0.0.2\","
		"\"notification\":false,\"restart_bit\":true,\"restart_time_s\":120,\"stale_time_s\":0,"
		"\"count\":2,\"families\":2,\"kept\":1,\"end_of_ribs\":1,"
		"\"began\":\"2023-11-14T22:13:20Z\",\"began_frame\":20,\"back_after_us\":4200000,"
		"\"back_frame\":30,\"ended_after_us\":5300000,\"ended_frame\":40},\"10.0.0.2\":null}}");
}

/* -vv and -x: fields, nested, and the octets. */
Test(json, fields_and_octets)
{
	expect_message(BGP_NOTIFICATION, "02", 0, JSON_FIELDS | JSON_RAW,
		"\"type\":\"NOTIFICATION\",\"length\":20,\"truncated\":false,"
		"\"notification\":{\"code\":2,\"subcode\":null,\"name\":null,\"data\":null,"
		"\"text\":null,\"meaning\":null},\"fields\":["
		"{\"name\":\"Marker\",\"value\":\"ffffffffffffffffffffffffffffffff\","
		"\"text\":null,\"offset\":0,\"length\":16},"
		"{\"name\":\"Length\",\"value\":20,\"text\":null,\"offset\":16,\"length\":2},"
		"{\"name\":\"Type\",\"value\":3,\"text\":\"NOTIFICATION\",\"offset\":18,"
		"\"length\":1},"
		"{\"name\":\"Error Code\",\"value\":2,\"text\":\"OPEN Message Error\","
		"\"offset\":19,\"length\":1},"
		"{\"name\":\"Error Subcode\",\"value\":\"\",\"text\":null,\"offset\":20,"
		"\"length\":0,\"malformed\":true}],"
		"\"raw\":\"ffffffffffffffffffffffffffffffff00140302\"");
	expect_message(BGP_UPDATE, "0000 0004 40010100", 1, JSON_FIELDS,
		"\"type\":\"UPDATE\",\"length\":27,\"truncated\":true,\"update\":{"
		"\"withdrawn\":null,\"announced\":null,\"attributes\":[],\"end_of_rib\":null},"
		"\"fields\":["
		"{\"name\":\"Marker\",\"value\":\"ffffffffffffffffffffffffffffffff\","
		"\"text\":null,\"offset\":0,\"length\":16},"
		"{\"name\":\"Length\",\"value\":27,\"text\":null,\"offset\":16,\"length\":2},"
		"{\"name\":\"Type\",\"value\":2,\"text\":\"UPDATE\",\"offset\":18,"
		"\"length\":1},"
		"{\"name\":\"Withdrawn Routes Length\",\"value\":0,\"text\":null,\"offset\":19,"
		"\"length\":2},"
		"{\"name\":\"Total Path Attribute Length\",\"value\":4,\"text\":null,"
		"\"offset\":21,\"length\":2},"
		"{\"name\":\"Path Attributes\",\"value\":null,\"text\":null,\"offset\":23,"
		"\"length\":3,\"cut\":true,\"fields\":["
		"{\"name\":\"Path Attribute\",\"value\":null,\"text\":null,\"offset\":23,"
		"\"length\":3,\"cut\":true,\"fields\":["
		"{\"name\":\"Attribute Flags\",\"value\":64,\"text\":null,\"offset\":23,"
		"\"length\":1,\"fields\":["
		"{\"name\":\"Optional\",\"value\":false,\"text\":null,\"offset\":23,"
		"\"length\":1},"
		"{\"name\":\"Transitive\",\"value\":true,\"text\":null,\"offset\":23,"
		"\"length\":1},"
		"{\"name\":\"Partial\",\"value\":false,\"text\":null,\"offset\":23,"
		"\"length\":1},"
		"{\"name\":\"Extended Length\",\"value\":false,\"text\":null,\"offset\":23,"
		"\"length\":1}]},"
		"{\"name\":\"Attribute Type Code\",\"value\":1,\"text\":\"ORIGIN\","
		"\"offset\":24,\"length\":1},"
		"{\"name\":\"Attribute Length\",\"value\":1,\"text\":null,\"offset\":25,"
		"\"length\":1},"
		"{\"name\":\"Attribute Value\",\"value\":\"\",\"text\":null,\"offset\":26,"
		"\"length\":0,\"cut\":true}]}]}]");
}


Test(json, bfd)
{
	struct bfd_packet p = {.version = 1,
		.diag = 1,
		.state = BFD_DOWN,
		.flags = BFD_FLAG_POLL | BFD_FLAG_DEMAND,
		.detect_mult = 3,
		.my_discriminator = 7,
		.desired_min_tx_us = 1000000,
		.required_min_rx_us = 300000,
		.has_auth = true,
		.auth = {.type = 1, .key_id = 2, .length = 9}};
	struct event e = {
		.kind = EVENT_BFD,
		.seq = 6,
		.frame = 3,
		.bfd = {.bfd_session = 1, .port = -1, .ttl = 255, .changes = true, .packet = &p},
	};
	address_set(&e.bfd.src, "\x0a\x00\x00\x01");
	address_set(&e.bfd.dst, "\x0a\x00\x00\x02");
	expect_event(&e,
		"{\"event\":\"bfd\",\"seq\":6,\"time\":\"1970-01-01T00:00:00Z\",\"frame\":3,"
		"\"bfd_session\":1,\"src\":\"10.0.0.1\",\"dst\":\"10.0.0.2\",\"port\":null,"
		"\"version\":1,\"diag\":1,\"state\":\"Down\",\"flags\":[\"P\",\"D\"],"
		"\"detect_mult\":3,\"my_discriminator\":7,\"your_discriminator\":0,"
		"\"desired_min_tx_us\":1000000,\"required_min_rx_us\":300000,"
		"\"required_min_echo_rx_us\":0,\"auth\":{\"type\":1,\"key_id\":2,\"length\":9,"
		"\"sequence\":null},\"ttl\":255}");
}
