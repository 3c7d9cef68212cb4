/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * OPEN: RFC 4271 section 4.2, with the optional parameters of RFC 5492 and the extended form of
 * RFC 9072. The checks are those of RFC 4271 section 6.2 in its order: version, AS, hold time, BGP
 * Identifier, then the parameters. The real AS number is in a capability (RFC 6793), so that the
 * parameters are walked first and judged last.
 */
#include "dissect/bgp_internal.h"

enum {
	VERSION_OFFSET = 19,
	AS_OFFSET = 20,
	HOLD_TIME_OFFSET = 22,
	BGP_ID_OFFSET = 24,
	PARAMETERS_LENGTH_OFFSET = 28,
	PARAMETER_EXTENDED = 255, /* RFC 9072 section 2 */
};

bool
bgp_next_parameter(struct cursor *parameters, bool extended, struct bgp_parameter *parameter)
{
	if (cursor_left(parameters) == 0) {
		return false;
	}
	*parameter = (struct bgp_parameter){.type = cursor_u8(parameters)};
	size_t length = extended ? cursor_u16(parameters) : cursor_u8(parameters);
	if (parameters->failed) {
		return false;
	}
	parameter->value = cursor_take_some(parameters, length);
	return true;
}

/*
 * The Optional Parameters field, in either form. RFC 9072 section 2: a parameter type of 255 where
 * the first parameter would be is the indication of the extended form, and the one-octet length
 * before it is then ignored, but it is not 0.
 */
static void
take_parameters(struct bgp_message *message, struct cursor *body)
{
	struct bgp_open *open = &message->open;
	size_t length = cursor_u8(body);
	if (length > 0 && cursor_left(body) > 0 && *body->at == PARAMETER_EXTENDED) {
		open->extended_parameters = true;
		cursor_skip(body, 1);
		length = cursor_u16(body);
	}
	size_t offset = cursor_offset(body);
	if (body->failed) {
		open->parameters = cursor_make(message->raw.base, 0);
		bgp_note_short(message, BGP_FAULT_OPEN_PARAMETERS, offset, body);
		return;
	}
	open->parameters = cursor_take_some(body, length);
	if (cursor_left(body) > 0) {
		bgp_note(message, BGP_FAULT_OPEN_PARAMETERS, offset);
	} else if (body->failed) {
		bgp_note_short(message, BGP_FAULT_OPEN_PARAMETERS, offset, body);
	}
}

static void
walk_capabilities(struct bgp_message *message, struct cursor list, uint32_t *as4_offset)
{
	struct bgp_open *open = &message->open;
	struct bgp_capability cap;
	while (bgp_next_capability_in(&list, &cap)) {
		if (cap.malformed) {
			bgp_note_short(message, BGP_FAULT_OPEN_CAPABILITY, cap.offset, &cap.value);
			continue;
		}
		open->offered[cap.code / 64] |= UINT64_C(1) << cap.code % 64;
		if (cap.code == BGP_CAPABILITY_AS4 && !open->as4) {
			open->as4 = true;
			open->as4_asn = cap.as4.asn;
			*as4_offset = cap.offset;
		}
	}
}

static void
walk_parameters(struct bgp_message *message, uint32_t *as4_offset)
{
	struct bgp_open *open = &message->open;
	struct cursor list = open->parameters;
	size_t offset = cursor_offset(&list);
	struct bgp_parameter parameter;
	while (bgp_next_parameter(&list, open->extended_parameters, &parameter)) {
		if (parameter.type != BGP_PARAMETER_CAPABILITIES) {
			bgp_note(message, BGP_FAULT_OPEN_PARAMETER_TYPE, offset);
		} else {
			if (list.failed) {
				bgp_note_short(message, BGP_FAULT_OPEN_PARAMETERS, offset, &list);
			}
			walk_capabilities(message, parameter.value, as4_offset);
		}
		if (!list.failed) {
			offset = cursor_offset(&list);
		}
	}
	if (list.failed) {
		bgp_note_short(message, BGP_FAULT_OPEN_PARAMETERS, offset, &list);
	}
}

void
bgp_decode_open(struct bgp_message *message, struct cursor *body, const struct bgp_context *context)
{
	(void)context;
	struct bgp_open *open = &message->open;
	open->version = cursor_u8(body);
	open->my_as = cursor_u16(body);
	open->hold_time_s = cursor_u16(body);
	open->bgp_id = cursor_u32(body);
	struct cursor length = *body;
	cursor_skip(&length, 1);
	message->body_read = !length.failed;
	if (!message->body_read) {
		return;
	}

	/* The faults of the parameters wait until those of the fixed part are known. */
	struct bgp_fault header_fault = message->fault;
	message->fault = (struct bgp_fault){0};
	uint32_t as4_offset = 0;
	take_parameters(message, body);
	walk_parameters(message, &as4_offset);
	struct bgp_fault parameter_fault = message->fault;
	message->fault = header_fault;
	open->asn = open->as4 && open->as4_asn != 0 ? open->as4_asn : open->my_as;

	if (open->version != 4) {
		bgp_note(message, BGP_FAULT_OPEN_VERSION, VERSION_OFFSET);
	}
	if (open->my_as == 0) {
		bgp_note(message, BGP_FAULT_OPEN_AS_ZERO, AS_OFFSET);
	} else if (open->as4 && open->as4_asn == 0) {
		bgp_note(message, BGP_FAULT_OPEN_AS_ZERO, as4_offset);
	}
	if (open->hold_time_s == 1 || open->hold_time_s == 2) {
		bgp_note(message, BGP_FAULT_OPEN_HOLD_TIME, HOLD_TIME_OFFSET);
	}
	if (open->bgp_id == 0) {
		bgp_note(message, BGP_FAULT_OPEN_BGP_ID, BGP_ID_OFFSET);
	}
	if (parameter_fault.code != BGP_FAULT_NONE) {
		bgp_note(message, parameter_fault.code, parameter_fault.offset);
	}
}
