/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Capabilities (RFC 5492). Each is a child cursor with a decoder of its own, and exact consumption
 * is the length check: what a decoder leaves over, or misses, makes that capability malformed and
 * no other. Lists inside a capability are checked to be whole entries here, and stay cursors.
 */
#include "dissect/bgp_internal.h"

/* All that is left of `value` as a list of entries of `size` octets. */
static struct cursor
take_entries(struct cursor *value, size_t size)
{
	struct cursor list = *value;
	while (cursor_left(value) > 0) {
		cursor_skip(value, size);
	}
	return list;
}

static void
cap_empty(struct cursor *value, struct bgp_capability *cap)
{
	(void)value;
	(void)cap;
}

/* RFC 4760 section 8 */
static void
cap_multiprotocol(struct cursor *value, struct bgp_capability *cap)
{
	cap->multiprotocol.afi = cursor_u16(value);
	cursor_skip(value, 1);
	cap->multiprotocol.safi = cursor_u8(value);
}

/* RFC 5291 section 5: families, each with a count of pairs. */
static void
cap_orf(struct cursor *value, struct bgp_capability *cap)
{
	cap->orf.families = *value;
	while (cursor_left(value) > 0) {
		cursor_skip(value, 4);
		cursor_skip(value, 2 * (size_t)cursor_u8(value));
	}
}

/* RFC 8950 section 4 */
static void
cap_extended_next_hop(struct cursor *value, struct bgp_capability *cap)
{
	cap->extended_next_hop.tuples = take_entries(value, 6);
}

/* RFC 8205 section 2.1 */
static void
cap_bgpsec(struct cursor *value, struct bgp_capability *cap)
{
	uint8_t octet = cursor_u8(value);
	cap->bgpsec.version = octet >> 4;
	cap->bgpsec.send = (octet & 0x08) != 0;
	cap->bgpsec.afi = cursor_u16(value);
}

/* RFC 8277 section 2.1 */
static void
cap_multiple_labels(struct cursor *value, struct bgp_capability *cap)
{
	cap->multiple_labels.families = take_entries(value, 4);
}

/* RFC 9234 section 4.1 */
static void
cap_role(struct cursor *value, struct bgp_capability *cap)
{
	cap->role.value = cursor_u8(value);
}

/* RFC 4724 section 3; the N bit is RFC 8538 section 2 */
static void
cap_graceful_restart(struct cursor *value, struct bgp_capability *cap)
{
	uint16_t word = cursor_u16(value);
	cap->graceful_restart.restarting = (word & 0x8000) != 0;
	cap->graceful_restart.notification = (word & 0x4000) != 0;
	cap->graceful_restart.time_s = word & 0x0fff;
	cap->graceful_restart.families = take_entries(value, 4);
}

/* RFC 6793 section 3 */
static void
cap_as4(struct cursor *value, struct bgp_capability *cap)
{
	cap->as4.asn = cursor_u32(value);
}

/* RFC 7911 section 4 */
static void
cap_add_path(struct cursor *value, struct bgp_capability *cap)
{
	cap->add_path.families = take_entries(value, 4);
}

/* draft-ietf-idr-rpd section 4.1: entries as those of ADD-PATH */
static void
cap_routing_policy(struct cursor *value, struct bgp_capability *cap)
{
	cap->add_path.families = take_entries(value, 4);
}

/* draft-abraitis-idr-addpath-paths-limit section 3 */
static void
cap_paths_limit(struct cursor *value, struct bgp_capability *cap)
{
	cap->paths_limit.families = take_entries(value, 5);
}

/* RFC 9494 section 3 */
static void
cap_llgr(struct cursor *value, struct bgp_capability *cap)
{
	cap->llgr.families = take_entries(value, 7);
}

/* A host name and a domain name, each after a length of one octet; some speakers end after the
 * first. */
static void
cap_fqdn(struct cursor *value, struct bgp_capability *cap)
{
	cap->fqdn.host = cursor_take(value, cursor_u8(value));
	cap->fqdn.domain = cursor_take(value, 0);
	if (cursor_left(value) > 0) {
		cap->fqdn.domain = cursor_take(value, cursor_u8(value));
	}
}

/* A text after a length of one octet. Drafts differ on whether the length is there: where the
 * first octet is not the length of the others, all of them are the text. */
static void
cap_software_version(struct cursor *value, struct bgp_capability *cap)
{
	struct cursor counted = *value;
	size_t length = cursor_u8(&counted);
	if (!counted.failed && length == cursor_left(&counted)) {
		*value = counted;
	}
	cap->software_version.version = cursor_rest(value);
}

static const struct capability_desc {
	const char *name, *rfc;
	void (*decode)(struct cursor *value, struct bgp_capability *cap);
} capabilities[256] = {
#define CAPABILITY(code, id, name, rfc, decoder, fields) [code] = {name, rfc, decoder},
#include "dissect/capabilities.def"
#undef CAPABILITY
};

bool
bgp_next_capability_in(struct cursor *list, struct bgp_capability *cap)
{
	if (cursor_left(list) == 0) {
		return false;
	}
	size_t offset = cursor_offset(list);
	*cap = (struct bgp_capability){.code = cursor_u8(list), .offset = (uint32_t)offset};
	cap->value = cursor_take_some(list, cursor_u8(list));
	if (list->failed) {
		cap->malformed = true;
		return true;
	}
	const struct capability_desc *desc = &capabilities[cap->code];
	if (desc->decode != NULL) {
		struct cursor value = cap->value;
		desc->decode(&value, cap);
		cap->malformed = value.failed || cursor_left(&value) > 0;
	}
	return true;
}

bool
bgp_next_capability(struct bgp_capability_iter *iter, struct bgp_capability *cap)
{
	while (!bgp_next_capability_in(&iter->capabilities, cap)) {
		struct bgp_parameter parameter;
		if (!bgp_next_parameter(&iter->parameters, iter->extended, &parameter)) {
			return false;
		}
		if (parameter.type == BGP_PARAMETER_CAPABILITIES) {
			iter->capabilities = parameter.value;
		}
	}
	return true;
}

struct bgp_capability_iter
bgp_capabilities(const struct bgp_open *open)
{
	return (struct bgp_capability_iter){
		.parameters = open->parameters,
		.extended = open->extended_parameters,
	};
}

const char *
bgp_capability_name(uint8_t code)
{
	return capabilities[code].name != NULL ? capabilities[code].name : "unassigned";
}

const char *
bgp_capability_rfc(uint8_t code)
{
	return capabilities[code].rfc != NULL ? capabilities[code].rfc : "";
}

bool
bgp_next_restart_family(struct cursor *families, struct bgp_restart_family *family)
{
	*family = (struct bgp_restart_family){0};
	family->family.afi = cursor_u16(families);
	family->family.safi = cursor_u8(families);
	family->forwarding = (cursor_u8(families) & 0x80) != 0;
	return !families->failed;
}

bool
bgp_next_llgr_family(struct cursor *families, struct bgp_restart_family *family)
{
	*family = (struct bgp_restart_family){0};
	family->family.afi = cursor_u16(families);
	family->family.safi = cursor_u8(families);
	family->forwarding = (cursor_u8(families) & 0x80) != 0;
	family->stale_time_s = cursor_u24(families);
	return !families->failed;
}

bool
bgp_next_add_path(struct cursor *families, struct bgp_add_path *add_path)
{
	*add_path = (struct bgp_add_path){0};
	add_path->family.afi = cursor_u16(families);
	add_path->family.safi = cursor_u8(families);
	add_path->mode = cursor_u8(families);
	return !families->failed;
}

bool
bgp_next_multiple_labels(struct cursor *families, struct bgp_family_number *entry)
{
	*entry = (struct bgp_family_number){0};
	entry->family.afi = cursor_u16(families);
	entry->family.safi = cursor_u8(families);
	entry->number = cursor_u8(families);
	return !families->failed;
}

bool
bgp_next_paths_limit(struct cursor *families, struct bgp_family_number *entry)
{
	*entry = (struct bgp_family_number){0};
	entry->family.afi = cursor_u16(families);
	entry->family.safi = cursor_u8(families);
	entry->number = cursor_u16(families);
	return !families->failed;
}

bool
bgp_next_orf_family(struct cursor *families, struct bgp_orf_family *entry)
{
	*entry = (struct bgp_orf_family){0};
	entry->family.afi = cursor_u16(families);
	cursor_skip(families, 1);
	entry->family.safi = cursor_u8(families);
	entry->types = cursor_take(families, 2 * (size_t)cursor_u8(families));
	return !families->failed;
}

bool
bgp_next_orf(struct cursor *types, struct bgp_orf *orf)
{
	*orf = (struct bgp_orf){0};
	orf->type = cursor_u8(types);
	orf->mode = cursor_u8(types);
	return !types->failed;
}

bool
bgp_next_extended_next_hop(struct cursor *tuples, struct bgp_extended_next_hop *tuple)
{
	*tuple = (struct bgp_extended_next_hop){0};
	tuple->afi = cursor_u16(tuples);
	tuple->safi = cursor_u16(tuples);
	tuple->next_hop_afi = cursor_u16(tuples);
	return !tuples->failed;
}

const char *
bgp_role_name(uint8_t role)
{
	static const char *const names[] = {"Provider", "RS", "RS-Client", "Customer", "Peer"};
	return role < sizeof(names) / sizeof(names[0]) ? names[role] : "unassigned";
}
