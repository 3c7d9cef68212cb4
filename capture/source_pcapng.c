/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pcapng (draft-ietf-opsawg-pcapng): sections, each with its byte order and its interfaces. Packet
 * blocks are Enhanced (6), Simple (3) and the old one (2); interface statistics give the drops; all
 * else is passed over. Both length fields of a block must agree.
 */
#include <stdlib.h>

#include "capture/limits.h"
#include "capture/source_file.h"
#include "dissect/cursor.h"

enum {
	BLOCK_SECTION = 0x0a0d0d0a,
	BLOCK_INTERFACE = 1,
	BLOCK_PACKET_OLD = 2,
	BLOCK_PACKET_SIMPLE = 3,
	BLOCK_STATISTICS = 5,
	BLOCK_PACKET = 6,
	BLOCK_JOURNAL = 9,
	BLOCK_CUSTOM = 0xbad,
	BLOCK_CUSTOM_NO_COPY = 0x40000bad,
};

enum {
	BLOCK_FRAME = 12, /* type, length, and the length again */
	OPTION_END = 0,
	OPTION_IF_TSRESOL = 9,
	OPTION_IF_TSOFFSET = 14,
	OPTION_ISB_IFDROP = 5,
	MAX_TIME_DIGITS = 19,
	MAX_TIME_SHIFT = 63,
};

static uint16_t
take_u16(const struct source_file *file, struct cursor *c)
{
	const uint8_t *p = cursor_bytes(c, 2);
	return p != NULL ? file_u16(file, p) : 0;
}

static uint32_t
take_u32(const struct source_file *file, struct cursor *c)
{
	const uint8_t *p = cursor_bytes(c, 4);
	return p != NULL ? file_u32(file, p) : 0;
}

static uint64_t
take_u64(const struct source_file *file, struct cursor *c)
{
	uint64_t first = take_u32(file, c);
	uint64_t second = take_u32(file, c);
	return file->swapped ? first << 32 | second : second << 32 | first;
}

/* The next option's code, its value in `value`; OPTION_END at the end, also of a damaged list. */
static uint16_t
take_option(const struct source_file *file, struct cursor *options, struct cursor *value)
{
	if (cursor_left(options) < 4) {
		return OPTION_END;
	}
	uint16_t code = take_u16(file, options);
	uint16_t size = take_u16(file, options);
	*value = cursor_take_some(options, size);
	if (size % 4 != 0) {
		cursor_skip(options, 4 - size % 4u);
	}
	return code;
}

static enum file_step
damaged_block(struct source_file *file, const char *what)
{
	return file_damaged(file, "damaged after frame %llu: at offset %llu %s",
		(unsigned long long)file->frame, (unsigned long long)file->input.offset, what);
}

static bool
set_resolution(struct file_interface *interface, uint8_t resolution)
{
	uint8_t exponent = resolution & 0x7f;
	interface->units = 0;
	interface->shift = 0;
	if ((resolution & 0x80) != 0) {
		interface->shift = exponent;
		interface->time_digits = exponent > 20 ? 9 : 6;
		return exponent <= MAX_TIME_SHIFT;
	}
	if (exponent > MAX_TIME_DIGITS) {
		return false;
	}
	interface->units = 1;
	for (uint8_t i = 0; i < exponent; i++) {
		interface->units *= 10;
	}
	interface->time_digits = exponent > 6 ? 9 : 6;
	return true;
}

static uint64_t
time_ns(const struct file_interface *interface, uint64_t stamp)
{
	uint64_t seconds, ns;
	if (interface->units == 0) {
		uint8_t shift = interface->shift;
		seconds = shift > 0 ? stamp >> shift : stamp;
		uint64_t rest = shift > 0 ? stamp & ((UINT64_C(1) << shift) - 1) : 0;
		if (shift > 32) {
			rest >>= shift - 32;
			shift = 32;
		}
		ns = rest * LIMIT_S >> shift;
	} else {
		seconds = stamp / interface->units;
		uint64_t rest = stamp % interface->units;
		ns = interface->units >= LIMIT_S ? rest / (interface->units / LIMIT_S)
		                                 : rest * (LIMIT_S / interface->units);
	}
	/* Unsigned: an offset that makes no sense gives a time that makes none, and nothing worse. */
	return (seconds + (uint64_t)interface->offset_s) * LIMIT_S + ns;
}

static enum file_step
interface_block(struct source_file *file, struct cursor body)
{
	struct file_interface interface = {.units = 1000000, .time_digits = 6};
	interface.link_type = link_type_from_file(take_u16(file, &body));
	cursor_skip(&body, 2);
	interface.snaplen = take_u32(file, &body);
	if (body.failed) {
		return damaged_block(file, "an interface block is too short");
	}
	struct cursor value;
	uint16_t code;
	while ((code = take_option(file, &body, &value)) != OPTION_END) {
		if (code == OPTION_IF_TSRESOL && !set_resolution(&interface, cursor_u8(&value))) {
			return damaged_block(file, "an interface has an impossible time resolution");
		}
		if (code == OPTION_IF_TSOFFSET) {
			interface.offset_s = (int64_t)take_u64(file, &value);
		}
	}
	return file_add_interface(file, &interface) ? FILE_STEP_MORE : FILE_STEP_OVER;
}

static enum file_step
packet_block(struct source_file *file, uint32_t type, struct cursor body, struct packet *packet)
{
	uint32_t id = 0;
	uint64_t stamp = 0;
	if (type == BLOCK_PACKET) {
		id = take_u32(file, &body);
	} else if (type == BLOCK_PACKET_OLD) {
		id = take_u16(file, &body);
		cursor_skip(&body, 2);
	}
	if (type != BLOCK_PACKET_SIMPLE) {
		stamp = (uint64_t)take_u32(file, &body) << 32;
		stamp |= take_u32(file, &body);
	}
	uint32_t cap_len = type != BLOCK_PACKET_SIMPLE ? take_u32(file, &body) : 0;
	uint32_t wire_len = take_u32(file, &body);
	if (id >= file->interface_count) {
		return damaged_block(file, "a packet names an interface that does not exist");
	}
	const struct file_interface *interface = &file->interfaces[id];
	if (type == BLOCK_PACKET_SIMPLE) {
		cap_len = wire_len;
		if (interface->snaplen > 0 && cap_len > interface->snaplen) {
			cap_len = interface->snaplen;
		}
	}
	const uint8_t *data = cursor_bytes(&body, cap_len);
	if (data == NULL) {
		return damaged_block(file, "a packet is longer than its block");
	}
	/* A simple packet has no time of its own. */
	*packet = (struct packet){
		.time_ns = type == BLOCK_PACKET_SIMPLE ? file->last_time_ns : time_ns(interface, stamp),
		.cap_len = cap_len,
		.wire_len = wire_len,
		.data = data,
	};
	return file_packet(file, packet, interface);
}

static void
statistics_block(struct source_file *file, struct cursor body)
{
	uint32_t id = take_u32(file, &body);
	cursor_skip(&body, 8);
	struct cursor value;
	uint16_t code;
	while ((code = take_option(file, &body, &value)) != OPTION_END) {
		if (code == OPTION_ISB_IFDROP && id < file->interface_count) {
			struct file_interface *interface = &file->interfaces[id];
			uint64_t dropped = take_u64(file, &value);
			/* Statistics are running totals of their interface; a file has them at its end. */
			if (!value.failed && dropped > interface->dropped) {
				file->dropped += dropped - interface->dropped;
				interface->dropped = dropped;
			}
		}
	}
}

/* The byte order that a section declares; its length field cannot be read before. */
static enum file_step
section_order(struct source_file *file)
{
	enum input_status status = input_need(&file->input, BLOCK_FRAME, &file->failure);
	if (status != INPUT_READY) {
		return file_ended(file, status, BLOCK_FRAME);
	}
	const uint8_t *p = file->input.at;
	file->swapped = false;
	if (file_u32(file, p + 8) != 0x1a2b3c4d) {
		file->swapped = true;
		if (file_u32(file, p + 8) != 0x1a2b3c4d) {
			return damaged_block(file, "a section has no byte order");
		}
	}
	return FILE_STEP_MORE;
}

/* A piece of a block that nobody needs: it may be gigabytes, and the caller may want to look around. */
static enum file_step
pass_over(struct source_file *file)
{
	enum input_status status = input_need(&file->input, 1, &file->failure);
	if (status != INPUT_READY) {
		return status == INPUT_SHORT ? damaged_block(file, "the file ends inside a block")
		                             : file_ended(file, status, 1);
	}
	uint64_t n = input_left(&file->input);
	if (n > file->skip) {
		n = file->skip;
	}
	input_consume(&file->input, (size_t)n);
	file->skip -= n;
	return FILE_STEP_MORE;
}

enum file_step
pcapng_step(struct source_file *file, struct packet *packet)
{
	struct input *input = &file->input;
	if (file->skip > 0) {
		return pass_over(file);
	}
	enum input_status status = input_need(input, 8, &file->failure);
	if (status != INPUT_READY) {
		return file_ended(file, status, 8);
	}
	uint32_t type = file_u32(file, input->at);
	if (type == BLOCK_SECTION) {
		enum file_step step = section_order(file);
		if (step != FILE_STEP_MORE) {
			return step;
		}
	}
	uint32_t length = file_u32(file, input->at + 4);
	bool is_packet = type == BLOCK_PACKET || type == BLOCK_PACKET_OLD ||
		type == BLOCK_PACKET_SIMPLE;
	bool is_header = type == BLOCK_SECTION || type == BLOCK_INTERFACE || type == BLOCK_STATISTICS;
	if (length < BLOCK_FRAME || length % 4 != 0) {
		return damaged_block(file, "a block has an impossible length");
	}
	if (!is_packet && !is_header) {
		/* Wireshark gives these a number. */
		file->frame += type == BLOCK_CUSTOM || type == BLOCK_CUSTOM_NO_COPY ||
			type == BLOCK_JOURNAL;
		file->skip = length;
		return FILE_STEP_MORE;
	}
	if (length > LIMIT_PACKET + LIMIT_PCAPNG_HEADER) {
		return damaged_block(file, "a block is longer than any real one");
	}
	status = input_need(input, length, &file->failure);
	if (status != INPUT_READY) {
		return file_ended(file, status, length);
	}
	const uint8_t *p = input->at;
	if (file_u32(file, p + length - 4) != length) {
		return damaged_block(file, "the two lengths of a block differ");
	}
	struct cursor body = cursor_make(p + 8, length - BLOCK_FRAME);
	enum file_step step = FILE_STEP_MORE;
	if (is_packet) {
		step = packet_block(file, type, body, packet);
	} else if (type == BLOCK_INTERFACE) {
		step = interface_block(file, body);
	} else if (type == BLOCK_STATISTICS) {
		statistics_block(file, body);
	} else {
		file->interface_count = 0;
	}
	if (step != FILE_STEP_OVER) {
		input_consume(input, length);
	}
	return step;
}

bool
pcapng_at_packet(struct source_file *file)
{
	if (file->skip > 0 || input_need(&file->input, 4, &file->failure) != INPUT_READY) {
		return false;
	}
	uint32_t type = file_u32(file, file->input.at);
	return type == BLOCK_PACKET || type == BLOCK_PACKET_OLD || type == BLOCK_PACKET_SIMPLE;
}
