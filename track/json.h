/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BGPWHY_TRACK_JSON_H
#define BGPWHY_TRACK_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "track/event.h"

/*
 * A JSON writer into a growing buffer, and the members of the contract in JSON. The NDJSON view
 * prints whole events; the database keeps lists (attributes, families, capabilities) as the same
 * text. What comes from the wire is escaped here: control, C1 and bidirectional characters as
 * \uXXXX; octets that are no UTF-8 never reach a JSON string (the caller gives null and hex).
 */

struct json {
	char *text; /* NUL-terminated */
	size_t size, room;
	bool comma; /* the next member needs one */
	struct json_attribute_texts *attributes; /* for json_attributes(); NULL: none. Not owned */
};

void json_init(struct json *j);
void json_finish(struct json *j); /* frees */
void json_clear(struct json *j);  /* empty, keeps the room */

/* `key` NULL inside arrays; else a constant of the program or the text of an address: it is written as it is. */
void json_object(struct json *j, const char *key);
void json_object_end(struct json *j);
void json_array(struct json *j, const char *key);
void json_array_end(struct json *j);
void json_uint(struct json *j, const char *key, uint64_t value);
void json_int(struct json *j, const char *key, int64_t value);
void json_bool(struct json *j, const char *key, bool value);
void json_null(struct json *j, const char *key);
void json_string(struct json *j, const char *key, const char *value); /* NULL: null */
void json_text(struct json *j, const char *key, const uint8_t *bytes, size_t size); /* null where no UTF-8 */
void json_hex(struct json *j, const char *key, const uint8_t *bytes, size_t size);
void json_address(struct json *j, const char *key, const struct address *value); /* unset: null */

void json_value(struct json *j, const char *key, const char *json, size_t size); /* that is JSON already */

/* What an event has beyond the contract's plain members. */
enum json_detail {
	JSON_NLRI = 1,   /* -v: nlri and withdrawn_nlri of an UPDATE */
	JSON_FIELDS = 2, /* -vv: fields of a message, nested */
	JSON_RAW = 4,    /* -x: raw, the octets in hex */
};

/* One whole event as an object, without a newline. `detail`: bits of enum json_detail. */
void json_event(struct json *j, const struct event *event, unsigned detail);

/* Parts of it, for columns: each writes one value. */
void json_capability(struct json *j, const char *key, const struct bgp_capability *capability);
void json_attributes(struct json *j, const char *key, const struct bgp_update *update);
/* The same, kept for UPDATEs that have the like; good until the next one. NULL where it is too long. */
struct json_attribute_texts *json_attribute_texts_create(void);
void json_attribute_texts_destroy(struct json_attribute_texts *texts); /* takes NULL */
const char *json_attributes_text(struct json_attribute_texts *texts, const struct bgp_update *update, size_t *size);
/* {address: its last graceful restart, or null} */
void json_session_restart(struct json *j, const char *key, const struct event_session *e,
	uint8_t digits);
/* [{afi, safi, family, after_us, prefixes, frame}] */
void json_end_of_rib(struct json *j, const char *key, const struct event_session_side *side);
/* {address: what was measured of it} */
void json_session_timing(struct json *j, const char *key, const struct event_session *e);
void json_bfd_intervals(struct json *j, const char *key, const struct event_bfd_session *e);
void json_bfd_margins(struct json *j, const char *key, const struct event_bfd_session *e);
/* What the OPENs agree on; null where it is unknown. */
void json_agreement(struct json *j, const char *key, const struct event_session *session);
void json_families(struct json *j, const char *key, const struct bgp_family *families, size_t count);

#endif
