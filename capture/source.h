/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BGPWHY_CAPTURE_SOURCE_H
#define BGPWHY_CAPTURE_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where packets come from: a file, standard input, a device. */

enum { CAPTURE_ERROR_MAX = 512 };

/* An error of the environment, one line for a person, without a newline. */
struct capture_error {
	char text[CAPTURE_ERROR_MAX];
};

/* One packet as captured; `data` is borrowed until the next call. */
struct packet {
	uint64_t time_ns;
	uint64_t frame; /* from 1 */
	uint32_t cap_len, wire_len;
	int link_type;  /* DLT_… of this packet (pcapng interfaces may differ) */
	uint8_t time_digits; /* of the fraction of a second that the capture keeps: 6 or 9 */
	const uint8_t *data;
};

enum source_status {
	SOURCE_PACKET,
	SOURCE_AGAIN,  /* nothing now; poll source_fd() */
	SOURCE_END,
	SOURCE_DAMAGED, /* the file ends or breaks inside a packet; `error` says how. Then it is over */
};

struct source_options {
	const char *filter;      /* BPF expression or NULL */
	int snaplen;             /* -s; 0: the default */
	int buffer_kib;          /* -B; 0: the default */
	bool no_promiscuous;     /* -p */
	bool nonblocking;        /* reading standard input may not block (a dashboard is drawn) */
};

struct source_counts {
	uint64_t packets; /* handed on */
	uint64_t dropped; /* by the kernel, so far */
};

struct source;

/* `path` "-" is standard input. pcap, pcapng, and both in gzip or zstd. NULL on error. */
struct source *source_open_file(const char *path, const struct source_options *options,
	struct capture_error *error);
struct source *source_open_device(const char *device, const struct source_options *options,
	struct capture_error *error);
void source_close(struct source *source);

enum source_status source_next(struct source *source, struct packet *packet,
	struct capture_error *error);
int source_fd(const struct source *source); /* for poll; -1: always ready */
const char *source_name(const struct source *source); /* file or device */
const char *source_link_name(const struct source *source); /* "EN10MB"; of the first interface */
int source_link_type(const struct source *source); /* its DLT_…; -1 before it is known */
bool source_link_known(int link_type); /* whether decapsulation knows it */
bool source_is_live(const struct source *source);
int source_progress(const struct source *source); /* percent of a file that was read; -1 unknown */
struct source_counts source_counts(struct source *source);

/* Prints the devices of this machine on `out`, a line each. */
bool source_list_devices(void *out, struct capture_error *error);

/* The expression that a live capture uses where the user gave none: BGP on `ports`, BFD, and the
 * ARP, NDP and ICMP about them, also inside VLAN tags. Written to `text`, NUL-terminated. */
void source_default_filter(const uint16_t *ports, size_t count, bool any_port, char *text,
	size_t size);

/* Writing packets back (-w): classic pcap, nanoseconds. `path` "-" is standard output. */
struct packet_writer;
struct packet_writer *packet_writer_open(const char *path, int link_type, int snaplen,
	struct capture_error *error);
bool packet_writer_put(struct packet_writer *writer, const struct packet *packet,
	struct capture_error *error);
bool packet_writer_flush(struct packet_writer *writer, struct capture_error *error);
bool packet_writer_close(struct packet_writer *writer, struct capture_error *error);

#endif
