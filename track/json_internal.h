/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BGPWHY_TRACK_JSON_INTERNAL_H
#define BGPWHY_TRACK_JSON_INTERNAL_H

/* What the files that write the members of events share; nobody else includes it. */

#include "track/json.h"

/* Ids count from 1; 0 is null. */
void json_id(struct json *j, const char *key, uint64_t id);
void json_bgp_id(struct json *j, const char *key, uint32_t bgp_id);
/* afi, safi and family, into the object that is open. */
void json_family_members(struct json *j, struct bgp_family family);

/* What the Data of a NOTIFICATION means; null where nothing is known of it. */
void json_meaning(struct json *j, const char *key, const struct bgp_notification *notification);

/* The members of a message event, into the object that is open. */
void json_message_members(struct json *j, const struct event_message *message, unsigned detail);
/* The array `fields` of a BFD packet, and that of a message. */
void json_bfd_fields(struct json *j, const struct bfd_packet *packet);
void json_message_fields(struct json *j, const struct event_message *message);

#endif
