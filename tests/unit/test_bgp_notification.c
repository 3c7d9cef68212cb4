/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the Data of a NOTIFICATION means: rows as the RFCs have it, and as daemons send it. */
#include <criterion/criterion.h>

#include "dissect/bgp.h"
#include "dissect/field.h"
#include "tests/unit/octets.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct bgp_context none;

static const struct {
	const char *what, *body;
	enum bgp_data data;
	const char *text;
} rows[] = {
	{"nothing", "0202", BGP_DATA_NONE, ""},
	{"1/2, RFC 4271 section 6.1", "0102 0012", BGP_DATA_LENGTH, "length 18"},
	{"1/2 with one octet", "0102 12", BGP_DATA_OCTETS, ""},
	{"1/3", "0103 09", BGP_DATA_TYPE, "type 9, UNKNOWN-9"},
	{"1/3 as BIRD answers a ROUTE-REFRESH", "0103 05", BGP_DATA_TYPE, "type 5, ROUTE-REFRESH"},
	{"2/1, RFC 4271 section 6.2, FRR", "0201 0004", BGP_DATA_VERSION, "version 4"},
	{"2/1 as BIRD has it", "0201 05", BGP_DATA_VERSION, "version 5"},
	{"2/2 of four octets", "0202 0000fdf1", BGP_DATA_AS, "AS 65009"},
	{"2/2 of two octets", "0202 fdf1", BGP_DATA_AS, "AS 65009"},
	{"2/2 of three octets", "0202 00fdf1", BGP_DATA_OCTETS, ""},
	{"2/2 as ExaBGP has it", "0202 41534e20696e204f50454e", BGP_DATA_TEXT, ""},
	{"2/3 as FRR has it", "0203 c000020a", BGP_DATA_BGP_ID, "identifier 192.0.2.10"},
	{"2/4 as BIRD has it", "0204 01 03 616263", BGP_DATA_PARAMETER, "optional parameter 1"},
	{"2/4 as BIRD has it, two octets short", "0204 01 03 61", BGP_DATA_PARAMETER, "optional parameter 1"},
	{"2/6 as FRR and BIRD have it", "0206 0002", BGP_DATA_HOLD_TIME, "hold time 2 s"},
	{"2/7, RFC 5492 section 5", "0207 0104 00020001 4104 0000fde9", BGP_DATA_CAPABILITIES, "Multiprotocol ipv6-unicast, 4-octet AS"},
	{"2/7 that is no list", "0207 0104 0002", BGP_DATA_OCTETS, ""},
	/* FRR, bgp_open.c: the role is missing */
	{"2/11 as FRR in strict mode has it", "020b 537472696374206d6f64652e", BGP_DATA_TEXT, ""},
	{"3/2", "0302 40c801ff", BGP_DATA_ATTRIBUTE, "unassigned (type 200, flags 0x40, length 1)"},
	{"3/3, RFC 4271 section 6.3", "0303 03", BGP_DATA_ATTRIBUTE_TYPE, "NEXT_HOP (type 3)"},
	{"3/5", "0305 400102 0000", BGP_DATA_ATTRIBUTE, "ORIGIN (type 1, flags 0x40, length 2)"},
	{"3/6", "0306 400101 09", BGP_DATA_ATTRIBUTE, "ORIGIN (type 1, flags 0x40, length 1)"},
	{"3/6, extended length", "0306 50010001 09", BGP_DATA_ATTRIBUTE, "ORIGIN (type 1, flags 0x50, length 1)"},
	{"3/6, beyond the message", "0306 400105 09", BGP_DATA_OCTETS, ""},
	{"5/1, RFC 6608 section 3", "0501 02", BGP_DATA_TYPE, "type 2, UPDATE"},
	{"6/1, RFC 4486 section 4", "0601 0001 01 00000064", BGP_DATA_PREFIX_LIMIT, "limit 100 for ipv4-unicast"},
	{"6/1, of another length", "0601 0001 01 000064", BGP_DATA_OCTETS, ""},
	{"6/2, RFC 9003", "0602 02 6869", BGP_DATA_SHUTDOWN, ""},
	{"6/2, an empty text", "0602 00", BGP_DATA_NONE, ""},
	{"6/2, not its length", "0602 03 6869", BGP_DATA_OCTETS, ""},
	{"6/3, which has no data", "0603 0102", BGP_DATA_OCTETS, ""},
	{"6/9, RFC 8538 section 3.1", "0609 060a", BGP_DATA_HARD_RESET, "6/10, Cease, BFD Down"},
	{"6/9, code only", "0609 06", BGP_DATA_OCTETS, ""},
	{"7/1, RFC 7313 section 5", "0701 ff*16 0018 05 0001 01 01 00", BGP_DATA_MESSAGE, "the message, 24 octets"},
	{"an unassigned code", "6363 0102", BGP_DATA_OCTETS, ""},
};

Test(bgp_notification, data_means)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct octets o = octets_message(3, rows[i].body);
		struct bgp_message m;
		char text[BGP_MEANING_TEXT_MAX];
		bgp_decode(o.bytes, o.size, &none, &m);
		struct bgp_meaning meaning = bgp_notification_meaning(&m.notification);
		cr_expect_eq(meaning.data, rows[i].data, "%s: %d", rows[i].what, meaning.data);
		cr_expect_str_eq(bgp_meaning_text(&m.notification, text), rows[i].text, "%s: %s",
			rows[i].what, text);
		octets_free(&o);
	}
}

Test(bgp_notification, a_long_list_of_capabilities_is_cut)
{
	struct octets o = octets_message(3, "0207 0104 00020001 0104 00020001 0104 00020001 0104 00020001"
		" 0104 00020001 0104 00020001 0104 00020001 0104 00020001 0104 00020001 0104 00020001"
		" 0104 00020001 0104 00020001 0104 00020001 0104 00020001 0104 00020001 0104 00020001");
	struct bgp_message m;
	char text[BGP_MEANING_TEXT_MAX];
	bgp_decode(o.bytes, o.size, &none, &m);
	bgp_meaning_text(&m.notification, text);
	cr_assert_eq(strlen(text), BGP_MEANING_TEXT_MAX - 1);
	cr_assert_str_eq(text + strlen(text) - 3, "...");
	octets_free(&o);
}

/* The names of the fields that are told, one behind the other. */
static void
note_field(void *self, const struct field *field)
{
	char *names = self;
	if (strlen(names) + strlen(field->name) + 4 < 1000) {
		strcat(names, field->name);
		strcat(names, field->malformed ? "! " : "; ");
	}
}

Test(bgp_notification, fields_cover_the_data)
{
	static const struct {
		const char *body, *names;
	} fields[] = {
		{"0202 0000fdf1", "Refused AS; "},
		{"0201 04", "Version; "},
		{"0601 0001 01 00000064", "Address Family Identifier; Subsequent Address Family Identifier; Prefix Upper Bound; "},
		{"0609 0602 02 6869", "Error Code; Error Subcode; Data; Length; Shutdown Communication; "},
		{"0609 0609 0609", "Error Code; Error Subcode; Data; Octets; "},
		{"0602 05 68", "Octets; "},
	};
	for (size_t i = 0; i < COUNT(fields); i++) {
		struct octets o = octets_message(3, fields[i].body);
		struct bgp_message m;
		char names[1000] = "";
		const struct field_sink sink = {names, note_field};
		bgp_decode(o.bytes, o.size, &none, &m);
		bgp_fields(&m, &none, &sink);
		const char *data = strstr(names, "Data; ");
		cr_assert_not_null(data, "%s", names);
		cr_expect_str_eq(data + strlen("Data; "), fields[i].names, "%s: %s", fields[i].body, data);
		octets_free(&o);
	}
}
