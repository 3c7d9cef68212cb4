/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the readers of --expect make of a file: values, lines, words. Expected values are read off the files. */
#include <criterion/criterion.h>
#include <string.h>

#include "expect/expect_file.h"
#include "expect/reader.h"

static struct expect expect;
static char error[512];

static bool
read_as(enum expect_kind kind, const char *text)
{
	expect_finish(&expect);
	error[0] = '\0';
	return expect_parse(&expect, "f", kind, NULL, text, strlen(text), error, sizeof(error));
}

static const struct expectation *
only(void)
{
	cr_assert_eq(expect.count, 1, "%zu peers; %s", expect.count, error);
	return &expect.items[0];
}

static void
is_value(const struct expect_value *value, uint32_t line, const char *word, uint32_t number)
{
	cr_expect_eq(value->line, line, "%s: line %u", word, value->line);
	cr_expect_eq(value->value, number, "%s: %u", word, value->value);
	cr_expect(value->word != NULL && strcmp(value->word, word) == 0, "%s: called %s", word,
		value->word != NULL ? value->word : "nothing");
}

static void
finish(void)
{
	expect_finish(&expect);
}

TestSuite(expect, .fini = finish);

Test(expect, text)
{
	cr_assert(read_as(EXPECT_KIND_GUESS,
		"# a comment\n"
		"defaults\n"
		"  hold-time 90 # so\n"
		"peer 192.0.2.10 2001:db8::/32\r\n"
		"  asn 1.10 65001\n"
		"  offers-hold-time 30 *\n"
		"  bfd-transmit-ms 300\n"
		"  families ipv4-unicast l2vpn-evpn\n"), "%s", error);
	const struct expectation *e = only();
	cr_expect_str_eq(e->what, "peer 192.0.2.10 2001:db8::/32");
	is_value(&e->hold_s, 3, "hold-time", 90);
	is_value(&e->side[0].asn, 5, "asn", 65546); /* 1 * 65536 + 10, RFC 5396 */
	is_value(&e->side[1].asn, 5, "asn", 65001);
	is_value(&e->side[0].hold_s, 6, "offers-hold-time", 30);
	cr_expect_eq(e->side[1].hold_s.line, 0);
	is_value(&e->side[0].bfd_tx_us, 7, "bfd-transmit-ms", 300000);
	is_value(&e->side[1].bfd_tx_us, 7, "bfd-transmit-ms", 300000);
	cr_expect_eq(e->family_count, 2);
	cr_expect(bgp_family_equal(e->family[1], (struct bgp_family){.afi = 25, .safi = 70}));
	cr_expect_eq(e->side[0].where.bits, 32);
	cr_expect_eq(e->side[1].where.bits, 32);
	cr_expect_eq(e->side[1].where.addr.family, 6);
	is_value(&e->established, 4, "Established is expected", 1);
}

Test(expect, text_state_of_defaults_is_kept)
{
	cr_assert(read_as(EXPECT_KIND_TEXT, "defaults\nstate any\npeer * *\npeer * *\nstate down\n"));
	cr_expect_eq(expect.items[0].established.line, 0);
	is_value(&expect.items[1].established, 5, "state down", 0);
}

Test(expect, metallb)
{
	cr_assert(read_as(EXPECT_KIND_GUESS,
		"apiVersion: metallb.io/v1beta2\n"
		"kind: BGPPeer\n"
		"metadata: {name: \"tor\\x01\"}\n"
		"spec:\n"
		"  myASN: 64512\n"
		"  peerASN: 64513\n"
		"  peerAddress: 10.0.0.1\n"
		"  sourceAddress: 10.0.0.9\n"
		"  peerPort: 1179\n"
		"  holdTime: 1m30s\n"
		"  ebgpMultiHop: true\n"
		"  bfdProfile: slow\n"
		"---\n"
		"kind: BFDProfile\n"
		"metadata: {name: slow}\n"
		"spec: {receiveInterval: 1000, detectMultiplier: 4}\n"), "%s", error);
	const struct expectation *e = only();
	cr_expect_str_eq(e->what, "BGPPeer tor?");
	is_value(&e->side[0].asn, 5, "myASN", 64512);
	is_value(&e->side[1].asn, 6, "peerASN", 64513);
	cr_expect_eq(e->side[1].where.bits, 32);
	cr_expect_eq(e->side[0].where.addr.octets[3], 9);
	is_value(&e->side[0].hold_s, 10, "holdTime", 90);
	is_value(&e->multihop, 11, "ebgpMultiHop: true", 1);
	is_value(&e->bfd, 12, "bfdProfile", 1);
	is_value(&e->side[0].bfd_rx_us, 16, "receiveInterval", 1000000);
	is_value(&e->side[0].bfd_mult, 16, "detectMultiplier", 4);
	cr_expect_eq(e->side[0].bfd_tx_us.line, 0, "what the profile does not say is not expected");
	cr_expect_eq(expect.port_count, 1);
	cr_expect_eq(expect.ports[0], 1179);
}

Test(expect, metallb_echo_slows_control_packets)
{
	cr_assert(read_as(EXPECT_KIND_METALLB,
		"kind: BGPPeer\nspec: {peerAddress: 10.0.0.1, bfdProfile: p}\n---\n"
		"kind: BFDProfile\nmetadata: {name: p}\nspec: {transmitInterval: 50, echoMode: true}\n"));
	cr_expect_eq(only()->side[0].bfd_tx_us.line, 0);
	cr_expect_eq(only()->bfd.value, 1);
}

static const char frr[] =
	"interface eth0\n"                                  /* 1 */
	" ip address 192.0.2.10/24\n"                       /* 2 */
	"router bgp 65009\n"                                /* 3 */
	" bgp router-id 10.0.0.9\n"                         /* 4 */
	" no bgp default ipv4-unicast\n"                    /* 5 */
	" timers bgp 10 30\n"                               /* 6 */
	" neighbor TOR peer-group\n"                        /* 7 */
	" neighbor TOR remote-as external\n"                /* 8 */
	" neighbor TOR bfd profile fast\n"                  /* 9 */
	" neighbor TOR ebgp-multihop 4\n"                   /* 10 */
	" neighbor 192.0.2.1 peer-group TOR\n"              /* 11 */
	" neighbor 192.0.2.1 timers 1 3\n"                  /* 12 */
	" neighbor 198.51.100.1 remote-as 65001\n"          /* 13 */
	" neighbor 198.51.100.1 timers connect 5\n"         /* 14 */
	" neighbor 198.51.100.1 password x ! y\n"           /* 15 */
	" address-family ipv6 unicast\n"                    /* 16 */
	"  neighbor TOR activate\n"                         /* 17 */
	" exit-address-family\n"                            /* 18 */
	"exit\n"                                            /* 19 */
	"bfd\n"                                             /* 20 */
	" profile fast\n"                                   /* 21 */
	"  transmit-interval 100\n"                         /* 22 */
	"  detect-multiplier 5\n"                           /* 23 */
	" exit\n"
	"exit\n";

Test(expect, frr)
{
	cr_assert(read_as(EXPECT_KIND_GUESS, frr), "%s", error);
	cr_assert_eq(expect.count, 2);
	const struct expectation *one = &expect.items[0], *other = &expect.items[1];
	cr_expect_str_eq(one->what, "neighbor 192.0.2.1");
	is_value(&one->side[0].asn, 3, "router bgp", 65009);
	is_value(&one->side[1].asn, 8, "remote-as external", 65009);
	cr_expect(one->side[1].asn_unlike);
	is_value(&one->side[0].router_id, 4, "bgp router-id", 0x0a000009);
	is_value(&one->side[0].hold_s, 12, "timers", 3);
	is_value(&one->bfd, 9, "neighbor bfd", 1);
	is_value(&one->multihop, 10, "ebgp-multihop", 1);
	is_value(&one->side[0].bfd_tx_us, 22, "transmit-interval", 100000);
	is_value(&one->side[0].bfd_mult, 23, "detect-multiplier", 5);
	is_value(&one->families, 17, "activate", 0);
	cr_expect_eq(one->family_count, 1);
	cr_expect_eq(one->side[0].where.bits, 32, "its own address is that of the shared subnet");
	cr_expect_eq(one->side[0].where.addr.octets[3], 10);
	is_value(&one->md5, 11, "password", 0);
	is_value(&other->side[1].asn, 13, "remote-as", 65001);
	is_value(&other->side[0].hold_s, 6, "timers", 30);
	is_value(&other->md5, 15, "password", 1);
	cr_expect_eq(other->side[0].where.addr.family, 0);
	cr_expect_eq(other->bfd.line, 0);
}

Test(expect, kinds_are_told_from_content)
{
	cr_expect(read_as(EXPECT_KIND_GUESS, "! frr\nrouter bgp 1\n neighbor 10.0.0.1 remote-as 2\n"));
	cr_expect(read_as(EXPECT_KIND_GUESS, "# y\n---\nkind: BGPPeer\nspec: {peerAddress: 10.0.0.1}\n"));
	cr_expect(read_as(EXPECT_KIND_GUESS, "peer 10.0.0.1 10.0.0.2\n"));
	cr_expect_not(read_as(EXPECT_KIND_GUESS, "protocol bgp {}\n"));
	cr_expect(strstr(error, "neither") != NULL);
}

Test(expect, prefixes)
{
	static const struct {
		const char *prefix, *address;
		bool holds;
	} rows[] = {
		{"192.0.2.0/24", "192.0.2.255", true},
		{"192.0.2.0/24", "192.0.3.0", false},
		{"192.0.2.0/25", "192.0.2.128", false},
		{"192.0.2.0/31", "192.0.2.1", true},
		{"192.0.2.1", "192.0.2.1", true},
		{"192.0.2.1", "192.0.2.0", false},
		{"0.0.0.0/0", "10.0.0.1", true},
		{"0.0.0.0/0", "::1", false},
		{"fe80::/10", "febf::1", true},
		{"fe80::/10", "fec0::1", false},
		{"2001:db8::1", "2001:db8::1", true},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct expect_prefix prefix, address;
		cr_assert(read_prefix(rows[i].prefix, &prefix));
		cr_assert(read_prefix(rows[i].address, &address));
		cr_expect_eq(expect_prefix_holds(&prefix, &address.addr), rows[i].holds, "%s %s",
			rows[i].prefix, rows[i].address);
	}
}

Test(expect, yaml_is_bounded)
{
	char deep[2 * 80 + 1];
	memset(deep, '[', 80);
	memset(deep + 80, ']', 80);
	deep[160] = '\0';
	cr_expect_not(read_as(EXPECT_KIND_METALLB, deep));
	cr_expect(strstr(error, "too deeply") != NULL, "%s", error);
	/* Nine times nine times nine …: an alias is the node itself, so this is small. */
	cr_expect_not(read_as(EXPECT_KIND_METALLB,
		"a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\n"
		"c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c,*c,*c,*c]\n"));
	cr_expect(strstr(error, "no peer") != NULL, "%s", error);
	cr_expect_not(read_as(EXPECT_KIND_METALLB, "a: &a {b: *a}\n"), "a node within itself");
}

Test(expect, peers_are_bounded)
{
	size_t room = (EXPECT_PEERS_MAX + 1) * 9;
	char *text = malloc(room + 1);
	for (size_t i = 0; i <= EXPECT_PEERS_MAX; i++) {
		memcpy(text + i * 9, "peer * *\n", 9);
	}
	text[room] = '\0';
	cr_expect_not(read_as(EXPECT_KIND_TEXT, text));
	cr_expect_str_eq(error, "f:4097: more than 4096 peers are expected");
	free(text);
}
