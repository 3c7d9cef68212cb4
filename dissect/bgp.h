/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BGPWHY_DISSECT_BGP_H
#define BGPWHY_DISSECT_BGP_H

#include <stdbool.h>
#include <stdint.h>

#include "dissect/address.h"
#include "dissect/cursor.h"
#include "dissect/field.h"

/*
 * BGP-4 messages as values (RFC 4271 section 4).
 *
 * Decoding is pure: bytes in, a value out; nothing is allocated, printed or remembered. A value
 * borrows the bytes it was made from and is good as long as they are. Lists (capabilities,
 * attributes, prefixes) stay cursors and are iterated. A malformed message is a value too: what
 * could be read, and `fault`.
 */

enum {
	BGP_HEADER_SIZE = 19,
	BGP_MESSAGE_MAX = 4096,            /* RFC 4271 section 4.1 */
	BGP_EXTENDED_MESSAGE_MAX = 65535,  /* RFC 8654 */
	BGP_AS_TRANS = 23456,              /* RFC 6793 section 9 */
};

enum bgp_type {
	BGP_OPEN = 1,
	BGP_UPDATE = 2,
	BGP_NOTIFICATION = 3,
	BGP_KEEPALIVE = 4,
	BGP_ROUTE_REFRESH = 5,
	BGP_CAPABILITY = 6,
	BGP_ROUTE_REFRESH_CISCO = 128,
};

/* Optional Parameter types of the OPEN (RFC 5492, RFC 9072). */
enum { BGP_PARAMETER_CAPABILITIES = 2 };

/* Made from capabilities.def: BGP_CAPABILITY_AS4 is 65. */
enum bgp_capability_code {
#define CAPABILITY(code, id, name, rfc, decoder, fields) BGP_CAPABILITY_##id = code,
#include "dissect/capabilities.def"
#undef CAPABILITY
};

/* Made from attributes.def: BGP_ATTRIBUTE_AS_PATH is 2. */
enum bgp_attribute_type {
#define ATTRIBUTE(type, id, name, rfc, class, least, greatest, unit, check, fields) \
	BGP_ATTRIBUTE_##id = type,
#include "dissect/attributes.def"
#undef ATTRIBUTE
};

enum bgp_attribute_flag {
	BGP_ATTRIBUTE_FLAG_OPTIONAL = 0x80,
	BGP_ATTRIBUTE_FLAG_TRANSITIVE = 0x40,
	BGP_ATTRIBUTE_FLAG_PARTIAL = 0x20,
	BGP_ATTRIBUTE_FLAG_EXTENDED_LENGTH = 0x10,
};

/* What can be malformed: made from faults.def. BGP_FAULT_NONE is 0. */
enum bgp_fault_code {
	BGP_FAULT_NONE,
#define FAULT(id, key, text, rfc, code, subcode, action, kind) BGP_FAULT_##id,
#include "dissect/faults.def"
#undef FAULT
	BGP_FAULT_COUNT,
};

struct bgp_fault {
	enum bgp_fault_code code;
	uint32_t offset; /* octets from the start of the message */
};

const char *bgp_fault_key(enum bgp_fault_code code);  /* stable, lower case, with hyphens */
const char *bgp_fault_text(enum bgp_fault_code code); /* a sentence without a full stop */
const char *bgp_fault_rfc(enum bgp_fault_code code);  /* "RFC 4271 section 6.1" */
/* The NOTIFICATION that a conforming receiver sends for it; 0/0: none. */
void bgp_fault_notification(enum bgp_fault_code code, uint8_t *error, uint8_t *subcode);

struct bgp_family {
	uint16_t afi;
	uint8_t safi;
};

enum { BGP_FAMILY_TEXT_MAX = 48, BGP_CONTEXT_FAMILIES = 24 };

/* "ipv4-unicast", "l2vpn-evpn", "afi-7-safi-9". Returns `text`. */
const char *bgp_family_text(struct bgp_family family, char text[BGP_FAMILY_TEXT_MAX]);

static inline bool
bgp_family_equal(struct bgp_family a, struct bgp_family b)
{
	return a.afi == b.afi && a.safi == b.safi;
}

/* What both OPENs agreed on, for one direction; zero is "the OPENs were not seen": then a message
 * may be of any length, and NLRI have path identifiers only where they make no sense without. */
struct bgp_context {
	uint8_t as_width; /* octets of an ASN in AS_PATH: 2, 4, or 0 for unknown (then guessed) */
	bool extended_messages;
	uint8_t add_path_count;
	struct bgp_family add_path[BGP_CONTEXT_FAMILIES]; /* NLRI carry a path identifier */
};

/* OPEN: RFC 4271 section 4.2, RFC 5492, RFC 6793, RFC 9072. */
struct bgp_open {
	uint8_t version;
	uint16_t my_as;      /* the two-octet field */
	uint32_t asn;        /* the real one: of capability 65 where offered and not 0, else my_as */
	bool as4;            /* capability 65 was offered */
	uint32_t as4_asn;    /* its value */
	uint16_t hold_time_s;
	uint32_t bgp_id;
	bool extended_parameters; /* RFC 9072 */
	struct cursor parameters; /* the Optional Parameters, for bgp_next_parameter() */
	uint64_t offered[4];      /* a bit for each capability code that is there and not malformed: bgp_offers() */
};

struct bgp_parameter {
	uint8_t type; /* 2: Capabilities */
	struct cursor value;
};

/* One row of capabilities.def for each number. */
struct bgp_capability {
	uint8_t code;
	uint32_t offset;     /* of the code octet, in the message */
	struct cursor value; /* the raw value, always */
	bool malformed;
	union {
		struct bgp_family multiprotocol; /* 1 */
		struct { /* 3, 130: RFC 5291; bgp_next_orf_family() */
			struct cursor families;
		} orf;
		struct {                         /* 5: iterate with bgp_next_extended_next_hop() */
			struct cursor tuples;
		} extended_next_hop;
		struct { /* 7: RFC 8205 */
			uint8_t version;
			bool send; /* else receive */
			uint16_t afi;
		} bgpsec;
		struct { /* 8: RFC 8277; bgp_next_multiple_labels() */
			struct cursor families;
		} multiple_labels;
		struct { /* 9 */
			uint8_t value;
		} role;
		struct { /* 64: RFC 4724, RFC 8538 */
			bool restarting;
			bool notification; /* the N bit */
			uint16_t time_s;
			struct cursor families; /* bgp_next_restart_family() */
		} graceful_restart;
		struct { /* 65 */
			uint32_t asn;
		} as4;
		struct { /* 69: RFC 7911; and 72; bgp_next_add_path() */
			struct cursor families;
		} add_path;
		struct { /* 71: RFC 9494; bgp_next_llgr_family() */
			struct cursor families;
		} llgr;
		struct { /* 73: FQDN; wire text, to be escaped */
			struct cursor host, domain;
		} fqdn;
		struct { /* 75 */
			struct cursor version;
		} software_version;
		struct { /* 76; bgp_next_paths_limit() */
			struct cursor families;
		} paths_limit;
	};
};

struct bgp_capability_iter {
	struct cursor parameters;
	struct cursor capabilities; /* of the current parameter */
	bool extended;
};

struct bgp_restart_family {
	struct bgp_family family;
	bool forwarding; /* the F bit */
	uint32_t stale_time_s; /* LLGR only */
};

struct bgp_add_path {
	struct bgp_family family;
	uint8_t mode; /* 1 receive, 2 send, 3 both */
};

struct bgp_extended_next_hop {
	uint16_t afi, safi, next_hop_afi;
};

/* A family with the number that a capability has for it: labels, or paths. */
struct bgp_family_number {
	struct bgp_family family;
	uint16_t number;
};

/* A family whose routes may be filtered, and the types of filter (RFC 5291 section 5). */
struct bgp_orf_family {
	struct bgp_family family;
	struct cursor types; /* bgp_next_orf() */
};

struct bgp_orf {
	uint8_t type;
	uint8_t mode; /* 1 receive, 2 send, 3 both */
};

/* NOTIFICATION: RFC 4271 section 4.5. */
struct bgp_notification {
	uint8_t code;
	uint8_t subcode;
	struct cursor data;
	bool has_text;      /* Cease 6/2 or 6/4 with an RFC 9003 text */
	struct cursor text; /* not escaped, perhaps not UTF-8; see bgp_utf8_valid() */
};

/* UPDATE: RFC 4271 section 4.3, RFC 4760. */
struct bgp_update {
	struct cursor withdrawn;  /* the Withdrawn Routes field */
	struct cursor attributes; /* the Path Attributes, for bgp_next_attribute() */
	struct cursor nlri;       /* the NLRI field */
	uint32_t announced_count; /* over all families */
	uint32_t withdrawn_count;
	uint64_t seen;            /* a bit for each attribute type below 64 */
	uint32_t first_as;        /* the leftmost AS, where AS_PATH begins with an AS_SEQUENCE; or 0 */
	uint32_t as_path_offset;  /* of that AS_PATH, its flags octet, in the message */
	bool opaque;              /* some NLRI are of a family that is not taken apart */
	bool end_of_rib;          /* RFC 4724 section 2 */
	struct bgp_family end_of_rib_family;
};

struct bgp_attribute {
	uint8_t type;
	uint8_t flags;
	uint32_t offset; /* of the flags octet, in the message */
	struct cursor value;
};

/* What the Data field of a NOTIFICATION is by its code; by notifications.def, and by what its octets
 * allow. */
enum bgp_data {
	BGP_DATA_NONE,   /* it is empty */
	BGP_DATA_OCTETS, /* nobody knows: `octets` */
	BGP_DATA_TEXT,   /* a text, where none is prescribed: `octets` */
	BGP_DATA_LENGTH,
	BGP_DATA_TYPE, /* of a message */
	BGP_DATA_VERSION,
	BGP_DATA_AS,
	BGP_DATA_BGP_ID,
	BGP_DATA_PARAMETER,
	BGP_DATA_HOLD_TIME,
	BGP_DATA_CAPABILITIES,
	BGP_DATA_ATTRIBUTE,
	BGP_DATA_ATTRIBUTE_TYPE,
	BGP_DATA_PREFIX_LIMIT,
	BGP_DATA_SHUTDOWN,   /* `octets` is the text, not escaped */
	BGP_DATA_HARD_RESET, /* see bgp_hard_reset_inner() */
	BGP_DATA_MESSAGE,    /* `octets` */
};

struct bgp_meaning {
	enum bgp_data data;
	struct cursor octets; /* of the Data, without a length before them */
	bool is_short;        /* of VERSION: one octet, which may be the refused one (BIRD) */
	union {
		uint32_t number; /* of LENGTH, TYPE, VERSION, AS, BGP_ID, HOLD_TIME, ATTRIBUTE_TYPE */
		struct bgp_parameter parameter;
		struct bgp_attribute attribute;
		struct {
			struct bgp_family family;
			uint32_t limit;
		} prefixes;
	};
};

/* MP_REACH_NLRI or MP_UNREACH_NLRI (RFC 4760 sections 3 and 4), taken apart. */
struct bgp_mp {
	struct bgp_family family;
	bool reach;
	struct cursor next_hop; /* of MP_REACH_NLRI: an address, or two, or with a Route Distinguisher */
	struct cursor nlri;
};

/* A segment of an AS_PATH (RFC 4271 section 4.3, RFC 5065): `count` numbers in `asns`. */
struct bgp_as_segment {
	uint8_t type; /* 1 AS_SET, 2 AS_SEQUENCE, 3 AS_CONFED_SEQUENCE, 4 AS_CONFED_SET */
	uint8_t count;
	uint8_t width; /* octets of each number: 2 or 4, for bgp_next_asn() */
	struct cursor asns;
};

/* A stretch of NLRI of one family: the fields of the message itself and those of MP_REACH_NLRI
 * and MP_UNREACH_NLRI. */
struct bgp_nlri_run {
	struct bgp_family family;
	bool withdrawn;
	bool add_path;
	bool guessed;       /* `add_path` was not agreed on: the octets make sense with it alone */
	struct cursor nlri; /* for bgp_next_nlri() */
};

struct bgp_nlri_iter {
	struct cursor attributes;
	struct cursor fields[2]; /* withdrawn, nlri */
	uint8_t stage;
};

enum { BGP_NLRI_TEXT_MAX = 512, BGP_ATTRIBUTE_TEXT_MAX = 512, BGP_NOTIFICATION_TEXT_MAX = 96 };

/* One NLRI. `prefix` is set for the IP families (plain, labelled, VPN); others have `value`, and
 * what is in it is told by bgp_nlri_text() and bgp_fields(). */
struct bgp_nlri {
	struct bgp_family family;
	bool withdrawn;
	bool malformed;        /* it ends where it says, and makes no sense inside */
	uint32_t fault_offset; /* then: where, in octets from the start of the message */
	bool has_path_id;
	bool path_id_guessed;
	uint32_t path_id;
	bool has_prefix;
	uint8_t prefix_length; /* bits, of the address part */
	struct address prefix;
	bool has_rd;
	uint8_t rd[8];
	uint32_t label; /* the first one; with its S bit shifted out */
	bool has_label;
	struct cursor labels; /* all of them, three octets each (RFC 8277) */
	struct cursor value; /* the whole NLRI, raw */
};

/* ROUTE-REFRESH: RFC 2918, RFC 7313. */
struct bgp_route_refresh {
	struct bgp_family family;
	uint8_t subtype; /* 0 request, 1 BoRR, 2 EoRR */
	struct cursor rest; /* ORF entries */
};

struct bgp_message {
	uint8_t type;    /* enum bgp_type, or any other octet */
	uint16_t length; /* the header's field */
	struct cursor raw; /* the message with its header, as far as it was captured */
	bool truncated;  /* the capture ends before the message does: members may be unread */
	bool summary;    /* the octets were not kept (store.h): of an UPDATE the header, the counts and the
	                  * type, flags and length of each attribute are known, no value and no prefix;
	                  * `raw` is empty */
	bool body_read;  /* the fixed part of the body could be read (of an UPDATE: both lengths), the
	                  * union is valid; where `truncated`, lists and counts are of what there is */
	struct bgp_fault fault; /* the first one, or BGP_FAULT_NONE */
	struct bgp_faults *faults; /* where bgp_decode_all() collects them; else NULL */
	union {
		struct bgp_open open;
		struct bgp_notification notification;
		struct bgp_update update;
		struct bgp_route_refresh route_refresh;
	};
};

/* Where the members of the fixed parts end, in octets from the start of the message. */
enum bgp_end {
	BGP_END_OPEN_VERSION = 20,
	BGP_END_OPEN_MY_AS = 22,
	BGP_END_OPEN_HOLD_TIME = 24,
	BGP_END_OPEN_BGP_ID = 28,
	BGP_END_NOTIFICATION_CODE = 20,
	BGP_END_NOTIFICATION_SUBCODE = 21,
	BGP_END_ROUTE_REFRESH_AFI = 21,
	BGP_END_ROUTE_REFRESH_SUBTYPE = 22,
	BGP_END_ROUTE_REFRESH_SAFI = 23,
};

/* Whether a member could be read: also where `body_read` is false, because a later one could not. */
static inline bool
bgp_has(const struct bgp_message *message, enum bgp_end end)
{
	return (size_t)(message->raw.end - message->raw.base) >= (size_t)end;
}

/*
 * Reads the 19 octets of a header (RFC 4271 section 4.1, 6.1): marker, length, type. Returns the
 * fault, BGP_FAULT_NONE where it is good. `max` is the largest length allowed, but for an OPEN it
 * is never more than 4096 (RFC 8654 section 4).
 */
enum bgp_fault_code bgp_header_check(const uint8_t header[BGP_HEADER_SIZE], uint32_t max,
	uint16_t *length, uint8_t *type);

/*
 * Decodes one message, header first. `size` may be less than the header's length: then the message
 * is `truncated` and what there is has been read. `context` may not be NULL.
 */
void bgp_decode(const uint8_t *bytes, size_t size, const struct bgp_context *context,
	struct bgp_message *message);

/* Tells the whole message as fields, header first, by what it was decoded with. A message that is
 * malformed or cut off is told as far as it reads. */
void bgp_fields(const struct bgp_message *message, const struct bgp_context *context,
	const struct field_sink *sink);

enum { BGP_FAULTS_MAX = 16 };

/* All faults of a message, in the order in which they were met. */
struct bgp_faults {
	size_t count;
	bool more; /* there were more */
	struct bgp_fault list[BGP_FAULTS_MAX];
};

/* The same, and `all` has every fault and not only the first. */
void bgp_decode_all(const uint8_t *bytes, size_t size, const struct bgp_context *context,
	struct bgp_message *message, struct bgp_faults *all);

const char *bgp_type_name(uint8_t type, char buffer[16]); /* "OPEN", "UNKNOWN-9" */

bool bgp_next_parameter(struct cursor *parameters, bool extended, struct bgp_parameter *parameter);
/* Whether a capability of that code is there, and not malformed. */
static inline bool
bgp_offers(const struct bgp_open *open, uint8_t code)
{
	return (open->offered[code / 64] >> code % 64 & 1) != 0;
}

struct bgp_capability_iter bgp_capabilities(const struct bgp_open *open);
bool bgp_next_capability(struct bgp_capability_iter *iter, struct bgp_capability *capability);
const char *bgp_capability_name(uint8_t code); /* "4-octet AS"; "unassigned", never NULL */
const char *bgp_capability_rfc(uint8_t code);
bool bgp_next_restart_family(struct cursor *families, struct bgp_restart_family *family);
bool bgp_next_llgr_family(struct cursor *families, struct bgp_restart_family *family);
bool bgp_next_add_path(struct cursor *families, struct bgp_add_path *add_path);
bool bgp_next_multiple_labels(struct cursor *families, struct bgp_family_number *entry);
bool bgp_next_paths_limit(struct cursor *families, struct bgp_family_number *entry);
bool bgp_next_orf_family(struct cursor *families, struct bgp_orf_family *entry);
bool bgp_next_orf(struct cursor *types, struct bgp_orf *orf);
bool bgp_next_extended_next_hop(struct cursor *tuples, struct bgp_extended_next_hop *tuple);
const char *bgp_role_name(uint8_t role); /* RFC 9234 */

/* "Bad Peer AS" for 2/2; "Unspecific" for a subcode 0, but the name of the code where that has no
 * subcodes ("Hold Timer Expired" for 4/0); "unassigned", never NULL. */
const char *bgp_notification_name(uint8_t code, uint8_t subcode);
const char *bgp_notification_code_name(uint8_t code); /* "OPEN Message Error" */
const char *bgp_notification_rfc(uint8_t code, uint8_t subcode);

/* Both names: "OPEN Message Error, Bad Peer AS", "Hold Timer Expired". Returns `text`. */
const char *bgp_notification_text(uint8_t code, uint8_t subcode,
	char text[BGP_NOTIFICATION_TEXT_MAX]);

/* What the Data field means. */
struct bgp_meaning bgp_notification_meaning(const struct bgp_notification *notification);

/* The same in words, for those that say more than the code: "AS 65009"; "" for none, and for wire
 * text, which is the view's to escape. Returns `text`. */
enum { BGP_MEANING_TEXT_MAX = 320 };
const char *bgp_meaning_text(const struct bgp_notification *notification,
	char text[BGP_MEANING_TEXT_MAX]);

/*
 * What the Data field says, by code. False where the NOTIFICATION is another one or its data has
 * another shape; what the pointer then holds means nothing.
 */
/* 6/9: the code, subcode and data that were meant (RFC 8538 section 3.1). */
bool bgp_hard_reset_inner(const struct bgp_notification *notification,
	struct bgp_notification *inner);
/* 6/1: the family and its limit (RFC 4486 section 4). */
bool bgp_notification_max_prefix(const struct bgp_notification *notification,
	struct bgp_family *family, uint32_t *limit);
/* 2/2: the AS that was refused, of 2 or 4 octets; no RFC asks for it, FRR and others send it. */
bool bgp_notification_peer_as(const struct bgp_notification *notification, uint32_t *asn);
/* 2/1: the version that the sender supports. */
bool bgp_notification_version(const struct bgp_notification *notification, uint16_t *version);
/* 2/6: the hold time that was refused, as some speakers send it. */
bool bgp_notification_hold_time(const struct bgp_notification *notification, uint16_t *hold_time_s);
/* 3/N: the attribute that was refused, whole. */
bool bgp_notification_attribute(const struct bgp_notification *notification,
	struct bgp_attribute *attribute);
/* 2/7: the capabilities that are missing, for bgp_next_capability(); none in any other. */
struct bgp_capability_iter bgp_notification_capabilities(
	const struct bgp_notification *notification);

/* False at the end, and where an attribute does not fit: then `attributes` has failed. */
bool bgp_next_attribute(struct cursor *attributes, struct bgp_attribute *attribute);
const char *bgp_attribute_name(uint8_t type); /* "ORIGIN"; "unassigned", never NULL */
const char *bgp_attribute_rfc(uint8_t type);

/* False where the attribute is neither MP_REACH_NLRI nor MP_UNREACH_NLRI or too short for one. */
bool bgp_read_mp(const struct bgp_attribute *attribute, struct bgp_mp *mp);

/* The octets of a number in this AS_PATH: as the context says, else the width that it parses with,
 * 4 before 2; 0 where it parses with neither. */
uint8_t bgp_as_path_width(const struct cursor *path, const struct bgp_context *context);
bool bgp_next_as_segment(struct cursor *path, uint8_t width, struct bgp_as_segment *segment);
bool bgp_next_asn(struct bgp_as_segment *segment, uint32_t *asn);

/* The value as text: "IGP", "65001 {64512 64513}", "10.0.0.1", "65001:100 no-export"; hex where the
 * type is not one of the common ones. A text that does not fit ends in "...". Returns `text`. */
const char *bgp_attribute_text(const struct bgp_attribute *attribute,
	const struct bgp_context *context, char text[BGP_ATTRIBUTE_TEXT_MAX]);

/* The same; false, and "", where it would be hex. */
bool bgp_attribute_summary(const struct bgp_attribute *attribute, const struct bgp_context *context,
	char text[BGP_ATTRIBUTE_TEXT_MAX]);

/* The path that AS_PATH and AS4_PATH make together (RFC 6793 section 4.2.3): the leading part of the
 * one before the other. False where there is nothing to merge: no AS4_PATH, numbers of four octets
 * anyway, or an AS4_PATH that is to be ignored. */
bool bgp_merged_as_path(const struct bgp_update *update, const struct bgp_context *context,
	char text[BGP_ATTRIBUTE_TEXT_MAX]);

struct bgp_nlri_iter bgp_nlri_runs(const struct bgp_update *update);
bool bgp_next_nlri_run(struct bgp_nlri_iter *iter, const struct bgp_context *context,
	struct bgp_nlri_run *run);
bool bgp_next_nlri(struct bgp_nlri_run *run, struct bgp_nlri *nlri);
/* One line: "2001:db8::/32 path-id 1", "65001:1:10.0.0.0/8 label 100", "mac-ip rd 10.0.0.1:1 …", "dst
 * 192.0.2.0/24, proto =6". Hex digits where the family is not taken apart, and behind "malformed".
 * A text that does not fit ends in "...". Returns `text`. */
const char *bgp_nlri_text(const struct bgp_nlri *nlri, char text[BGP_NLRI_TEXT_MAX]);

bool bgp_utf8_valid(const uint8_t *bytes, size_t size);

/*
 * The families that both OPENs offer (an OPEN without any Multiprotocol capability offers IPv4
 * unicast, RFC 4760 section 8). Returns how many; at most `max` are written.
 */
size_t bgp_common_families(const struct bgp_open *a, const struct bgp_open *b,
	struct bgp_family *families, size_t max);

/* A family that both offer, and what was agreed for it. */
struct bgp_agreed_family {
	struct bgp_family family;
	bool extended_next_hop; /* its IPv4 routes may have IPv6 next hops (RFC 8950) */
	/* By side, as in bgp_agree(). */
	bool add_path[2];        /* it sends path identifiers (RFC 7911) */
	bool graceful[2];        /* it lists the family for graceful restart (RFC 4724) */
	bool forwarding[2];      /* and has kept its forwarding state */
	bool has_stale_time[2];  /* it lists the family for long-lived graceful restart (RFC 9494) */
	uint32_t stale_time_s[2];
};

/* What one side brings that the other need not have. */
struct bgp_agreed_side {
	bool extended_messages;  /* it may send messages of more than 4096 octets (RFC 8654) */
	bool has_restart;        /* it offers graceful restart */
	bool restarting;         /* the R bit of that */
	bool has_role;
	uint8_t role;            /* RFC 9234 */
	uint16_t restart_time_s;
};

/* What two OPENs agree on: the intersection of their capabilities. Side 0 is the first OPEN. */
struct bgp_agreement {
	bool as4;                    /* AS numbers of four octets in AS_PATH (RFC 6793) */
	bool route_refresh;          /* RFC 2918, or the prestandard one of both */
	bool enhanced_route_refresh; /* RFC 7313 */
	bool graceful_restart;       /* both offer it */
	bool notification;           /* both set the N bit (RFC 8538) */
	bool llgr;                   /* both offer it, and graceful restart */
	struct bgp_agreed_side side[2];
	uint8_t family_count;
	struct bgp_agreed_family families[BGP_CONTEXT_FAMILIES];
};

/* Octets of it that are used: a copy that is kept needs no room for families that there are not. */
static inline size_t
bgp_agreement_size(const struct bgp_agreement *agreement)
{
	return offsetof(struct bgp_agreement, families) +
	       agreement->family_count * sizeof(agreement->families[0]);
}

void bgp_agree(const struct bgp_open *a, const struct bgp_open *b, struct bgp_agreement *agreement);

/* The context for messages from the speaker of `from` to the speaker of `to`. */
struct bgp_context bgp_negotiate(const struct bgp_open *from, const struct bgp_open *to);

#endif
