/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BGPWHY_DISSECT_BGP_FIELDS_H
#define BGPWHY_DISSECT_BGP_FIELDS_H

#include "dissect/bgp_internal.h"
#include "dissect/field.h"

/*
 * The functions that tell the fields of BGP messages, one for each row of a .def table that has one.
 * Each gets its octets as a cursor and reads all of them; what it leaves, its caller tells as
 * malformed. Names that several fields share are looked up where the values are decoded. No other
 * folder includes this: from outside there is bgp_fields().
 */
typedef void bgp_message_fields(struct fields *f, struct cursor *body,
	const struct bgp_message *message, const struct bgp_context *context);
typedef void bgp_capability_fields(struct fields *f, struct cursor *value);
typedef void bgp_attribute_fields(struct fields *f, struct cursor *value,
	const struct bgp_context *context);

/* messages.def */
bgp_message_fields bgp_fields_open, bgp_fields_update, bgp_fields_notification,
	bgp_fields_route_refresh, bgp_fields_capability_message;

/* capabilities.def */
bgp_capability_fields bgp_fields_cap_add_path, bgp_fields_cap_as4, bgp_fields_cap_bgpsec,
	bgp_fields_cap_dynamic, bgp_fields_cap_extended_next_hop, bgp_fields_cap_fqdn,
	bgp_fields_cap_graceful_restart, bgp_fields_cap_llgr, bgp_fields_cap_multiple_labels,
	bgp_fields_cap_multiprotocol, bgp_fields_cap_multisession, bgp_fields_cap_orf,
	bgp_fields_cap_paths_limit, bgp_fields_cap_role, bgp_fields_cap_software_version;

/* attributes.def */
bgp_attribute_fields bgp_fields_att_aggregator, bgp_fields_att_aigp, bgp_fields_att_as4_path,
	bgp_fields_att_as_path, bgp_fields_att_attr_set, bgp_fields_att_bfd_discriminator,
	bgp_fields_att_bgpsec_path, bgp_fields_att_cluster_list, bgp_fields_att_communities,
	bgp_fields_att_dpa, bgp_fields_att_extended_communities,
	bgp_fields_att_ipv6_extended_communities, bgp_fields_att_large_communities,
	bgp_fields_att_link_state, bgp_fields_att_local_pref, bgp_fields_att_med,
	bgp_fields_att_mp_reach, bgp_fields_att_mp_unreach, bgp_fields_att_next_hop,
	bgp_fields_att_origin, bgp_fields_att_originator_id, bgp_fields_att_otc,
	bgp_fields_att_pmsi_tunnel, bgp_fields_att_prefix_sid, bgp_fields_att_tunnel_encapsulation;

/* The Data of a NOTIFICATION; the octets of `data` are those of notification->data. */
void bgp_fields_notification_data(struct fields *f, struct cursor *data,
	const struct bgp_notification *notification, const struct bgp_context *context);

/* Lists, each to the end of the cursor; they stand in several places. */
void bgp_fields_capabilities(struct fields *f, struct cursor *list);
void bgp_fields_capability_value(struct fields *f, struct cursor *c, uint8_t code, size_t length);
void bgp_fields_extended_community(struct fields *f, struct cursor *c);
void bgp_fields_orf_entries(struct fields *f, struct cursor *c, struct bgp_family family);
void bgp_fields_attributes(struct fields *f, struct cursor *list,
	const struct bgp_context *context);
void bgp_fields_nlri(struct fields *f, struct cursor *nlri, struct bgp_family family,
	const struct bgp_context *context);

/* What the walk of a family (families.def) finds in one NLRI without its path identifier. */
void bgp_fields_nlri_inside(struct fields *f, struct cursor *nlri, struct bgp_family family);

/* AFI of two octets, then SAFI of one. */
struct bgp_family bgp_field_family(struct fields *f, struct cursor *c);
/* For field_named(): "ipv4", "unicast", "AS_SEQUENCE"; NULL where there is no such number. */
const char *bgp_afi_name(uint64_t afi);
const char *bgp_safi_name(uint64_t safi);
const char *bgp_tunnel_type_name(uint64_t type);
const char *bgp_pmsi_tunnel_name(uint64_t type);
const char *bgp_orf_type_name(uint64_t type); /* RFC 5291 and the prestandard ones */

#endif
