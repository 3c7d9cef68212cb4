/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BGPWHY_CAPTURE_SOURCE_FILE_H
#define BGPWHY_CAPTURE_SOURCE_FILE_H

#include "capture/source_private.h"

/* What the readers of both formats share; private to source_file.c and source_pcapng.c. */

struct file_interface {
	int link_type;
	bool known; /* decapsulation knows its link type */
	uint32_t snaplen;
	const struct filter *filter; /* NULL: none */
	/* Units of a second: `units` of them, or 2^`shift` where `units` is 0. */
	uint64_t units;
	uint8_t shift;
	uint8_t time_digits;
	int64_t offset_s;
	uint64_t dropped; /* as the last statistics say */
};

enum file_format { FILE_UNKNOWN, FILE_PCAP, FILE_PCAPNG };

struct source_file {
	struct source source;
	struct input input;
	enum file_format format;
	struct filter_set *filters; /* NULL: none */
	struct capture_error failure; /* the last word, once `over` */
	enum source_status over;      /* SOURCE_END or SOURCE_DAMAGED where it is; else SOURCE_PACKET */
	bool lazy;                    /* not a regular file: headers are read when they come */
	uint64_t frame;               /* packets of the input so far */
	uint64_t delivered, dropped;
	uint64_t known_packets;       /* of link types that decapsulation knows */
	int unknown_link;             /* a link type that it does not, once a packet has it */
	bool swapped;
	/* pcap */
	bool nanoseconds;
	uint32_t version; /* major × 65536 + minor: before 2.3 the two lengths stood the other way round */
	uint32_t record_header; /* 16 octets; 24 in the variant of Kuznetzov's libpcap */
	/* pcapng */
	struct file_interface *interfaces; /* of this section; pcap uses the first */
	size_t interface_count, interface_capacity;
	uint64_t last_time_ns;
	uint64_t skip; /* octets of a block that are passed over */
	/* Of the records behind what was read last, how many were handed out ahead, and where (see `input.offset`) they end. */
	unsigned ahead_count;
	uint64_t ahead_offset;
	/* --follow */
	bool follow;
	bool unseen;   /* whether it was replaced cannot be seen, and that was told */
	bool missing;  /* its name leads nowhere, and that was told */
	bool replaced; /* its name leads to another file; the rest of this one is read first */
	uint8_t head[64]; /* how it began, to notice that it was written anew */
	size_t head_size;
};

static inline uint16_t
file_u16(const struct source_file *file, const uint8_t *p)
{
	return (uint16_t)(file->swapped ? p[0] << 8 | p[1] : p[1] << 8 | p[0]);
}

static inline uint32_t
file_u32(const struct source_file *file, const uint8_t *p)
{
	return file->swapped
		? (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3]
		: (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

/* What a step through the file came to. */
enum file_step {
	FILE_STEP_PACKET, /* a packet that the filter lets pass */
	FILE_STEP_MORE,   /* something else */
	FILE_STEP_AGAIN,
	FILE_STEP_OVER,   /* file->over and file->failure are set */
};

/* The last word: the file is damaged; the text is put behind the file's name. */
enum file_step file_damaged(struct source_file *file, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The input has ended `wanted` octets too early, or cannot be read: the last word. Where not an
 * octet is left (`left` 0 of a new record) it is the proper end. */
enum file_step file_ended(struct source_file *file, enum input_status status, size_t wanted);

/* Adds an interface; false where that is the last word. */
bool file_add_interface(struct source_file *file, const struct file_interface *interface);

/* Counts a packet and asks the filter. */
enum file_step file_packet(struct source_file *file, struct packet *packet,
	const struct file_interface *interface);

enum file_step pcapng_step(struct source_file *file, struct packet *packet);
/* Whether the next block is a packet: then no header stands before it. */
bool pcapng_at_packet(struct source_file *file);

#endif
