/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BGPWHY_DISSECT_BFD_H
#define BGPWHY_DISSECT_BFD_H

#include <stdbool.h>
#include <stdint.h>

#include "dissect/cursor.h"

/* BFD control packets as values (RFC 5880 section 4). */

enum bfd_port {
	BFD_PORT_SINGLE_HOP = 3784, /* RFC 5881 */
	BFD_PORT_ECHO = 3785,
	BFD_PORT_MULTIHOP = 4784,   /* RFC 5883 */
	BFD_PORT_MICRO = 6784,      /* RFC 7130 */
	BFD_PORT_SEAMLESS = 7784,   /* RFC 7881 */
};

enum bfd_state { BFD_ADMIN_DOWN, BFD_DOWN, BFD_INIT, BFD_UP };

enum bfd_flag {
	BFD_FLAG_MULTIPOINT = 0x01,
	BFD_FLAG_DEMAND = 0x02,
	BFD_FLAG_AUTHENTICATION = 0x04,
	BFD_FLAG_CONTROL_PLANE_INDEPENDENT = 0x08,
	BFD_FLAG_FINAL = 0x10,
	BFD_FLAG_POLL = 0x20,
};

/* The checks of RFC 5880 section 6.8.6, and of RFC 5881; made from bfd_faults.def. */
enum bfd_fault_code {
	BFD_FAULT_NONE,
#define FAULT(id, key, text, rfc, action) BFD_FAULT_##id,
#include "dissect/bfd_faults.def"
#undef FAULT
	BFD_FAULT_COUNT,
};

struct bfd_auth {
	uint8_t type;   /* 1 simple password, 2/3 keyed MD5, 4/5 keyed SHA1 */
	uint8_t length;
	uint8_t key_id;
	bool has_sequence;
	uint32_t sequence;
};

struct bfd_packet {
	uint8_t version;
	uint8_t diag;
	uint8_t state; /* enum bfd_state */
	uint8_t flags; /* enum bfd_flag */
	uint8_t detect_mult;
	uint8_t length;
	uint32_t my_discriminator;
	uint32_t your_discriminator;
	uint32_t desired_min_tx_us;
	uint32_t required_min_rx_us;
	uint32_t required_min_echo_rx_us;
	bool has_auth;
	struct bfd_auth auth;
	enum bfd_fault_code fault; /* the first one */
	uint32_t fault_offset;
	struct cursor raw;
};

/* False where the 24 octets of the mandatory section are not there: nothing could be read (`fault`
 * and `raw` are set nevertheless). Otherwise the members are what the packet says. `size` is that
 * of the payload on the wire: of a packet that the capture cut, TOO_SHORT, LENGTH and AUTH say
 * nothing. */
bool bfd_decode(const uint8_t *bytes, size_t size, struct bfd_packet *packet);

const char *bfd_fault_key(enum bfd_fault_code code);
const char *bfd_fault_text(enum bfd_fault_code code);
const char *bfd_fault_rfc(enum bfd_fault_code code);
const char *bfd_fault_action(enum bfd_fault_code code); /* "discard", "note"; static storage */

/* What RFC 5881 (and 5882, 7130) has about the UDP and IP headers of a control packet: `dst_port` 0
 * where there is no UDP, `to_loopback` where it goes to 127/8, as on an LSP, whose TTL is 1 (RFC 5884
 * section 7). A TTL comes before a port. */
enum bfd_fault_code bfd_check_transport(uint16_t src_port, uint16_t dst_port, uint8_t ttl,
	bool to_loopback);

/* The packet as a tree of fields. */
struct field_sink;
void bfd_fields(const struct bfd_packet *packet, const struct field_sink *sink);

const char *bfd_state_name(uint8_t state);     /* "AdminDown", "Down", "Init", "Up" */
const char *bfd_diagnostic_name(uint8_t diag); /* "Control Detection Time Expired" */
const char *bfd_auth_name(uint8_t type);
const char *bfd_port_mode(uint16_t port);      /* "single-hop", …; NULL where it is no BFD port */

/* The letters of the flags in the order P F C A D M, without blanks. Returns `text`. */
const char *bfd_flags_text(uint8_t flags, char text[8]);

#endif
