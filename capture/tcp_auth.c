/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The digests of TCP MD5 and TCP-AO. The hashes are nettle's; what goes into them is the RFCs':
 *
 * RFC 2385, 2.0: the pseudo-header, the TCP header without options and with a checksum of zero, the
 * data, the key.
 *
 * RFC 5925, 5.1: the sequence number extension (zero until the numbers wrap), the pseudo-header, the
 * TCP header with checksum and digest of zero and, as the key's owner chose, with all options or only
 * this one, the data. RFC 5926, 3.1: the key for that is derived from the master key, the addresses,
 * the ports and both initial sequence numbers; a SYN knows only its own.
 */
#include "capture/tcp_auth.h"

#include <nettle/cmac.h>
#include <nettle/hmac.h>
#include <nettle/md5.h>
#include <stdlib.h>
#include <string.h>

#include "capture/input.h"
#include "capture/tcp.h"
#include "dissect/cursor.h"

enum {
	HEADER_MIN = 20,
	HEADER_MAX = 60,
	AO_HEADER = 4, /* kind, length, KeyID, RNextKeyID */
	AO_MAC_SIZE = 12,
	CHECKSUM_AT = 16,
	PROTOCOL_TCP = 6,
	PSEUDO_MAX = 40,
	CONTEXT_MAX = 16 + 16 + 4 + 8,
	AES_KEY = 16,
	/* Octets that one side may have sent without any doubt that its numbers have not wrapped. */
	WRAP_FREE = 1 << 30,
};

struct key {
	uint8_t *octets;
	size_t size;
};

struct tcp_auth {
	size_t count;
	struct key keys[TCP_AUTH_KEYS_MAX];
};

struct tcp_auth *
tcp_auth_create(const char *const *keys, size_t count)
{
	struct tcp_auth *auth = capture_allocate(sizeof(*auth));
	auth->count = count < TCP_AUTH_KEYS_MAX ? count : TCP_AUTH_KEYS_MAX;
	for (size_t i = 0; i < auth->count; i++) {
		auth->keys[i].size = strlen(keys[i]);
		auth->keys[i].octets = capture_allocate(auth->keys[i].size + 1);
		memcpy(auth->keys[i].octets, keys[i], auth->keys[i].size);
	}
	return auth;
}

void
tcp_auth_destroy(struct tcp_auth *auth)
{
	if (auth == NULL) {
		return;
	}
	for (size_t i = 0; i < auth->count; i++) {
		explicit_bzero(auth->keys[i].octets, auth->keys[i].size);
		free(auth->keys[i].octets);
	}
	free(auth);
}

static size_t
put_u32(uint8_t *to, uint32_t value)
{
	to[0] = (uint8_t)(value >> 24);
	to[1] = (uint8_t)(value >> 16);
	to[2] = (uint8_t)(value >> 8);
	to[3] = (uint8_t)value;
	return 4;
}

static size_t
put_addresses(uint8_t *to, const struct seg *seg)
{
	size_t size = seg->ip->src.family == 4 ? 4 : 16;
	memcpy(to, seg->ip->src.octets, size);
	memcpy(to + size, seg->ip->dst.octets, size);
	return 2 * size;
}

/* RFC 9293, 3.1; RFC 8200, 8.1. */
static size_t
put_pseudo_header(uint8_t to[PSEUDO_MAX], const struct seg *seg)
{
	size_t size = put_addresses(to, seg);
	uint32_t length = seg->tcp_header_len + seg->wire_len;
	if (seg->ip->src.family == 4) {
		return size + put_u32(to + size, (uint32_t)PROTOCOL_TCP << 16 | (length & 0xffff));
	}
	size += put_u32(to + size, length);
	return size + put_u32(to + size, PROTOCOL_TCP);
}

/* The value of the option, behind kind and length; one that has failed where there is none. */
static struct cursor
option_find(const struct seg *seg, uint8_t wanted)
{
	struct cursor options = cursor_make(seg->tcp, seg->tcp_header_len);
	cursor_skip(&options, HEADER_MIN);
	uint8_t kind = 0;
	struct cursor value = cursor_make(NULL, 0);
	while (tcp_next_option(&options, &kind, &value)) {
		if (kind == wanted && !options.failed) {
			return value;
		}
	}
	struct cursor none = cursor_make(NULL, 0);
	cursor_skip(&none, 1);
	return none;
}

static bool
md5_fits(const struct key *key, const struct seg *seg, const uint8_t *digest)
{
	uint8_t pseudo[PSEUDO_MAX], header[HEADER_MIN], own[MD5_DIGEST_SIZE];
	memcpy(header, seg->tcp, sizeof(header));
	header[CHECKSUM_AT] = header[CHECKSUM_AT + 1] = 0;
	struct md5_ctx md5;
	md5_init(&md5);
	md5_update(&md5, put_pseudo_header(pseudo, seg), pseudo);
	md5_update(&md5, sizeof(header), header);
	md5_update(&md5, seg->cap_len, seg->data);
	md5_update(&md5, key->size, key->octets);
	md5_digest(&md5, sizeof(own), own);
	return memcmp(own, digest, sizeof(own)) == 0;
}

/* What the two algorithms of RFC 5926 have in common: octets in, a digest out. */
struct mac {
	bool cmac;
	struct hmac_sha1_ctx hmac;
	struct cmac_aes128_ctx aes;
};

static void
mac_begin(struct mac *mac, bool cmac, const uint8_t *key, size_t size)
{
	mac->cmac = cmac;
	if (cmac) {
		cmac_aes128_set_key(&mac->aes, key);
	} else {
		hmac_sha1_set_key(&mac->hmac, size, key);
	}
}

static void
mac_add(struct mac *mac, const uint8_t *octets, size_t size)
{
	if (mac->cmac) {
		cmac_aes128_update(&mac->aes, size, octets);
	} else {
		hmac_sha1_update(&mac->hmac, size, octets);
	}
}

static size_t
mac_end(struct mac *mac, uint8_t out[SHA1_DIGEST_SIZE])
{
	if (mac->cmac) {
		cmac_aes128_digest(&mac->aes, CMAC128_DIGEST_SIZE, out);
		return CMAC128_DIGEST_SIZE;
	}
	hmac_sha1_digest(&mac->hmac, SHA1_DIGEST_SIZE, out);
	return SHA1_DIGEST_SIZE;
}

/* RFC 5926, 3.1.1: the key of this direction of this connection. */
static size_t
traffic_key(const struct key *master, bool cmac, const struct seg *seg, uint32_t src_isn,
	uint32_t dst_isn, uint8_t out[SHA1_DIGEST_SIZE])
{
	static const uint8_t zero[AES_KEY];
	uint8_t label[] = {1, 'T', 'C', 'P', '-', 'A', 'O'};
	uint8_t context[CONTEXT_MAX], folded[SHA1_DIGEST_SIZE];
	size_t size = put_addresses(context, seg);
	memcpy(context + size, seg->tcp, 4); /* both ports */
	size += 4;
	size += put_u32(context + size, src_isn);
	size += put_u32(context + size, dst_isn);
	uint8_t bits[2] = {0, cmac ? 128 : 160};
	struct mac mac;
	const uint8_t *key = master->octets;
	if (cmac && master->size != AES_KEY) {
		mac_begin(&mac, true, zero, sizeof(zero)); /* RFC 4615 */
		mac_add(&mac, master->octets, master->size);
		mac_end(&mac, folded);
		key = folded;
	}
	mac_begin(&mac, cmac, key, master->size);
	mac_add(&mac, label, sizeof(label));
	mac_add(&mac, context, size);
	mac_add(&mac, bits, sizeof(bits));
	return mac_end(&mac, out);
}

static bool
ao_fits(const struct key *master, bool cmac, bool covers_options, const struct seg *seg,
	const uint8_t *option, uint32_t src_isn, uint32_t dst_isn)
{
	static const uint8_t no_extension[4];
	uint8_t key[SHA1_DIGEST_SIZE], own[SHA1_DIGEST_SIZE];
	uint8_t pseudo[PSEUDO_MAX], header[HEADER_MAX];
	size_t key_size = traffic_key(master, cmac, seg, src_isn, dst_isn, key);
	size_t at = (size_t)(option - seg->tcp); /* of the KeyID; kind and length stand before it */
	size_t size = seg->tcp_header_len;
	memcpy(header, seg->tcp, size);
	header[CHECKSUM_AT] = header[CHECKSUM_AT + 1] = 0;
	memset(header + at + 2, 0, AO_MAC_SIZE);
	if (!covers_options) {
		memmove(header + HEADER_MIN, header + at - 2, AO_HEADER + AO_MAC_SIZE);
		size = HEADER_MIN + AO_HEADER + AO_MAC_SIZE;
	}
	struct mac mac;
	mac_begin(&mac, cmac, key, key_size);
	mac_add(&mac, no_extension, sizeof(no_extension));
	mac_add(&mac, pseudo, put_pseudo_header(pseudo, seg));
	mac_add(&mac, header, size);
	mac_add(&mac, seg->data, seg->cap_len);
	mac_end(&mac, own);
	return memcmp(own, option + 2, AO_MAC_SIZE) == 0;
}

static enum seg_auth
check_ao(const struct tcp_auth *auth, const struct conn *conn, const struct seg *seg, uint8_t *key)
{
	struct cursor value = option_find(seg, TCP_OPTION_AO);
	const uint8_t *option = cursor_bytes(&value, 2 + AO_MAC_SIZE);
	const struct conn_side *src = &conn->side[seg->dir], *dst = &conn->side[1 - seg->dir];
	bool syn = (seg->flags & SEG_SYN) != 0;
	bool first = syn && (seg->flags & SEG_ACK) == 0;
	bool src_known = syn || src->syn_count + src->synack_count > 0;
	bool dst_known = first || dst->syn_count + dst->synack_count > 0;
	if (option == NULL || cursor_left(&value) > 0 || !src_known || !dst_known ||
	    src->bytes >= WRAP_FREE || dst->bytes >= WRAP_FREE) {
		return SEG_AUTH_UNCHECKED; /* a digest of another length is another algorithm's */
	}
	uint32_t src_isn = syn ? seg->seq : src->isn;
	uint32_t dst_isn = first ? 0 : dst->isn;
	if (seg->seq < src_isn || (!first && seg->ack != 0 && seg->ack < dst_isn)) {
		return SEG_AUTH_UNCHECKED; /* wrapped: the extension counts */
	}
	for (size_t i = 0; i < auth->count; i++) {
		for (int way = 0; way < 4; way++) {
			if (ao_fits(&auth->keys[i], (way & 2) != 0, (way & 1) == 0, seg, option, src_isn,
				    dst_isn)) {
				*key = (uint8_t)i;
				return SEG_AUTH_GOOD;
			}
		}
	}
	return SEG_AUTH_BAD;
}

enum seg_auth
tcp_auth_check(const struct tcp_auth *auth, const struct conn *conn, const struct seg *seg,
	uint8_t *key)
{
	if ((seg->options & (SEG_OPT_MD5 | SEG_OPT_AO)) == 0) {
		return SEG_AUTH_NONE;
	}
	if (seg->cap_len != seg->wire_len || seg->tcp_header_len < HEADER_MIN ||
	    seg->tcp_header_len > HEADER_MAX) {
		return SEG_AUTH_UNCHECKED;
	}
	if ((seg->options & SEG_OPT_AO) != 0) {
		return check_ao(auth, conn, seg, key);
	}
	struct cursor value = option_find(seg, TCP_OPTION_MD5);
	const uint8_t *digest = cursor_bytes(&value, MD5_DIGEST_SIZE);
	if (digest == NULL || cursor_left(&value) > 0) {
		return SEG_AUTH_UNCHECKED;
	}
	for (size_t i = 0; i < auth->count; i++) {
		if (md5_fits(&auth->keys[i], seg, digest)) {
			*key = (uint8_t)i;
			return SEG_AUTH_GOOD;
		}
	}
	return SEG_AUTH_BAD;
}
