/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Digests of TCP-AO against the vectors of RFC 9235 (with its errata); TCP MD5 against segments that
 * Linux signed, from pcaps/healthy-md5.pcap and md5-mismatch.pcap, in tests/test_cli.py. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "capture/tcp_auth.h"
#include "tests/unit/octets.h"

struct vector {
	const char *what;
	uint32_t src_isn, dst_isn;
	const char *packet;
};

/* RFC 9235: the section, and what is special there. The key is "testvector". */
static const struct vector vectors[] = {
	{"4.1.1: HMAC-SHA-1-96", 0xfbfbab5a, 0x0,
		"45e0004cdd0f4000ff06bf6b0a0b0c0dac1b1c1de9d700b3fbfbab5a00000000e002ffffcac40000"
		"020405b4010303080402080a00155ab7000000001d103d542ee437c6f8ede6d7c4d602e7"},
	{"4.1.2: HMAC-SHA-1-96", 0x11c14261, 0xfbfbab5a,
		"45e0004c65064000ff063775ac1b1c1d0a0b0c0d00b3e9d711c14261fbfbab5be012ffff37760000"
		"020405b4010303080402080a84a50beb00155ab71d10543deeab0fe24c3010815116b3be"},
	{"4.1.3: HMAC-SHA-1-96", 0xfbfbab5a, 0x11c14261,
		"45e0008736a14000ff06659f0a0b0c0dac1b1c1de9d700b3fbfbab5b11c14262c0180104a1620000"
		"0101080a00155ac184a50beb1d103d547064cf998cc6c315c2c2e2bfffffffffffffffffffffffff"
		"ffffffff00430104dabf00b40a0b0c0d260206010400010001020280000202020002024200020641"
		"040000dabf02084006006400010100"},
	{"4.1.4: HMAC-SHA-1-96", 0x11c14261, 0xfbfbab5a,
		"45e000871fa94000ff067c97ac1b1c1d0a0b0c0d00b3e9d711c14262fbfbab9ec0180100400c0000"
		"0101080a84a50bf500155ac11d10543da63f0ecbbb2e635c954deac7ffffffffffffffffffffffff"
		"ffffffff00430104dac000b4ac1b1c1d260206010400010001020280000202020002024200020641"
		"040000dac002084006006400010100"},
	{"4.2.1: HMAC-SHA-1-96, other options left out", 0xcb0efbee, 0x0,
		"45e0004c53994000ff0648e20a0b0c0dac1b1c1dff1200b3cb0efbee00000000e002ffff541f0000"
		"020405b4010303080402080a00024cce000000001d103d5480af3cfeb85368937b8f9ec2"},
	{"4.2.4: HMAC-SHA-1-96, other options left out", 0xacd5b5e1, 0xcb0efbee,
		"45e0008754374000ff064809ac1b1c1d0a0b0c0d00b3ff12acd5b5e2cb0efc32c018010046b60000"
		"0101080a576772f300024cce1d10543d97766e48ac262de9ae61b4f9ffffffffffffffffffffffff"
		"ffffffff00430104dac000b4ac1b1c1d260206010400010001020280000202020002024200020641"
		"040000dac002084006006400010100"},
	{"5.1.1: AES-128-CMAC-96", 0x787a1ddf, 0x0,
		"45e0004c7b9f4000ff0620dc0a0b0c0dac1b1c1dc4fa00b3787a1ddf00000000e002ffff5a0f0000"
		"020405b4010303080402080a00017ed0000000001d103d54e477e99c8040765498e55091"},
	{"6.1.1: HMAC-SHA-1-96, IPv6", 0x176a833f, 0x0,
		"6e0891dc00380640fd000000000000000000000000000001fd000000000000000000000000000002"
		"f7e400b3176a833f00000000e002ffff47210000020405a0010303080402080a0041d08700000000"
		"1d103d549033ec3d7334b64c5edd039f"},
	{"6.1.2: HMAC-SHA-1-96, IPv6", 0x3f51994b, 0x176a833f,
		"6e01009e00380640fd000000000000000000000000000002fd000000000000000000000000000001"
		"00b3f7e43f51994b176a8340e012ffffbfec0000020405a0010303080402080abd33129b0041d087"
		"1d10543df1cba346c3526163f71f1f55"},
	{"6.2.2: HMAC-SHA-1-96, IPv6, other options left out", 0xeba3734d, 0x020c1e69,
		"6e0a7e1f00380640fd000000000000000000000000000002fd000000000000000000000000000001"
		"00b3c6cdeba3734d020c1e6ae012ffff774d0000020405a0010303080402080a5ec99b70009db95b"
		"1d10543d3c546bad9743f12df8b8010d"},
	{"7.1.2: AES-128-CMAC-96, IPv6", 0xa6744ecb, 0x193cccec,
		"6e06152000380640fd000000000000000000000000000002fd000000000000000000000000000001"
		"00b3f85aa6744ecb193cccede012ffffeabb0000020405a0010303080402080a71daabc813e4ab99"
		"1d10543ddc2843a84e78a6bcfdc5ed80"},
};

/* The segment of a packet as capture would have it. */
static void
make(const struct vector *v, const struct octets *packet, struct packet_info *ip, struct conn *conn,
	struct seg *seg)
{
	const uint8_t *octets = packet->bytes;
	size_t size = packet->size;
	bool four = octets[0] >> 4 == 4;
	size_t header = four ? 20 : 40;
	*ip = (struct packet_info){0};
	ip->src.family = ip->dst.family = four ? 4 : 6;
	memcpy(ip->src.octets, octets + (four ? 12 : 8), four ? 4 : 16);
	memcpy(ip->dst.octets, octets + (four ? 16 : 24), four ? 4 : 16);
	const uint8_t *p = octets + header;
	*seg = (struct seg){.ip = ip, .tcp = p, .flags = p[13] & 0x3f, .options = SEG_OPT_AO};
	seg->seq = (uint32_t)p[4] << 24 | (uint32_t)p[5] << 16 | (uint32_t)p[6] << 8 | p[7];
	seg->ack = (uint32_t)p[8] << 24 | (uint32_t)p[9] << 16 | (uint32_t)p[10] << 8 | p[11];
	seg->tcp_header_len = (uint16_t)((p[12] >> 4) * 4);
	seg->data = p + seg->tcp_header_len;
	seg->wire_len = seg->cap_len = (uint32_t)(size - header - seg->tcp_header_len);
	*conn = (struct conn){0};
	conn->side[0].isn = v->src_isn;
	conn->side[1].isn = v->dst_isn;
	conn->side[0].syn_count = 1;
	conn->side[1].syn_count = v->dst_isn != 0;
}

static void
each_vector(const char *key, enum seg_auth expected, size_t change)
{
	struct tcp_auth *auth = tcp_auth_create(&key, 1);
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		struct octets octets = octets_from_hex(vectors[i].packet);
		struct packet_info ip;
		uint8_t used = 9;
		struct conn conn;
		struct seg seg;
		make(&vectors[i], &octets, &ip, &conn, &seg);
		if (change > 0) {
			octets.bytes[octets.size - change] ^= 1;
		}
		cr_expect_eq(tcp_auth_check(auth, &conn, &seg, &used), expected, "%s", vectors[i].what);
		cr_expect_eq(used, expected == SEG_AUTH_GOOD ? 0 : 9, "%s", vectors[i].what);
		free(octets.bytes);
	}
	tcp_auth_destroy(auth);
}

Test(tcp_auth, fits_the_vectors_of_rfc_9235)
{
	each_vector("testvector", SEG_AUTH_GOOD, 0);
}

Test(tcp_auth, another_key_does_not_fit)
{
	each_vector("testvectos", SEG_AUTH_BAD, 0);
}

Test(tcp_auth, one_other_bit_does_not_fit)
{
	each_vector("testvector", SEG_AUTH_BAD, 1);
}

Test(tcp_auth, without_the_isn_of_the_peer_it_is_unchecked)
{
	const char *key = "testvector";
	struct tcp_auth *auth = tcp_auth_create(&key, 1);
	struct octets octets = octets_from_hex(vectors[2].packet);
	struct packet_info ip;
	uint8_t used = 9;
	struct conn conn;
	struct seg seg;
	make(&vectors[2], &octets, &ip, &conn, &seg);
	conn.side[1].syn_count = 0;
	cr_expect_eq(tcp_auth_check(auth, &conn, &seg, &used), SEG_AUTH_UNCHECKED);
	seg.cap_len--; /* cut by the snaplen */
	conn.side[1].syn_count = 1;
	cr_expect_eq(tcp_auth_check(auth, &conn, &seg, &used), SEG_AUTH_UNCHECKED);
	seg.options = 0;
	cr_expect_eq(tcp_auth_check(auth, &conn, &seg, &used), SEG_AUTH_NONE);
	free(octets.bytes);
	tcp_auth_destroy(auth);
}
