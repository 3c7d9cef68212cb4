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
	SOURCE_BUSY,   /* much was read and none of it passed the filter: look around, and go on */
	SOURCE_NOTICE, /* something to tell, in `error`, that is no error; go on */
	SOURCE_END,
	SOURCE_DAMAGED, /* the file ends or breaks inside a packet; `error` says how. Then it is over */
};

struct source_options {
	const char *filter;      /* BPF expression or NULL */
	const uint16_t *ports;   /* of BGP: what a live capture without an expression takes; borrowed */
	size_t port_count;       /* 0: a live capture without an expression takes all */
	bool any_port;           /* … or BGP on any TCP port */
	int snaplen;             /* -s; 0: the default */
	int buffer_kib;          /* -B; 0: the default */
	bool no_promiscuous;     /* -p */
	bool nonblocking;        /* reading standard input may not block (a dashboard is drawn) */
	bool follow;             /* a regular file grows: wait at its end, begin anew where it is replaced */
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
/* The packets that come next, one after the other and each once, as far as SOURCE_AHEAD of them are at hand already; false
 * where no more are, or they are not worth the search. One may turn out not to come (a filter, damage). */
enum { SOURCE_AHEAD = 5 };
bool source_ahead(struct source *source, struct packet *packet);
int source_fd(const struct source *source); /* for poll; -1: always ready */
const char *source_name(const struct source *source); /* file or device */
const char *source_link_name(const struct source *source); /* "EN10MB"; of the first interface */
int source_link_type(const struct source *source); /* its DLT_…; -1 before it is known */
bool source_link_known(int link_type); /* whether decapsulation knows it */
uint8_t source_time_digits(const struct source *source); /* 6 or 9; 0 before it is known */
bool source_is_live(const struct source *source);
/* Whether its packets may have several link types (pcapng); false too before its format is known. */
bool source_is_mixed(const struct source *source);
/* The interface is down or gone, the file that is followed was removed: nothing can come, so that
 * nothing comes says nothing. */
bool source_is_away(const struct source *source);
/* Of a file that is followed: what is there was read, and it ends where a packet does. While part of
 * a packet is there its writer holds more back, and silence says nothing. */
bool source_is_settled(const struct source *source);
/* Whether it reads that file (stat's numbers): it must not be written to meanwhile. */
bool source_reads(const struct source *source, uint64_t device, uint64_t inode);
int source_progress(const struct source *source); /* percent of a file that was read; -1 unknown */
struct source_counts source_counts(struct source *source);

/* Of a regular file that is not followed: each octet that it has, as it stands there (packed, where it is), is told
 * as it is read, and with `size` 0 that it was the last one. What was read by now is told at once. False where it is
 * none, and nothing will be told. */
typedef void source_listener(void *ctx, const uint8_t *octets, size_t size);
bool source_listen(struct source *source, source_listener *listener, void *ctx);
/* No more packets are wanted: a MB of what is left is read for the listener. False when that is all. */
bool source_listen_on(struct source *source);

/* Prints the devices of this machine on `out`, a line each. */
bool source_list_devices(void *out, struct capture_error *error);

/* The expression that a live capture uses where the user gave none: BGP on `ports`, BFD, and the
 * ARP, NDP and ICMP about them; BGP and BFD also in tags and tunnels. `any_port`: all TCP. Written to
 * `text`, NUL-terminated; false where it does not fit. */
enum { SOURCE_FILTER_MAX = 1 << 16 };
bool source_default_filter(int link_type, const uint16_t *ports, size_t count, bool any_port, char *text,
	size_t size);

/*
 * Writing packets back (-w). Classic pcap with the precision of the input, so that every old tool
 * reads it; pcapng where several inputs or one with several interfaces may bring more than one link
 * type. `path` "-" is standard output. The file is made at once, its header when packet_writer_begin()
 * says what it is to be, which is before the first packet.
 */
struct packet_writer;

struct packet_writer *packet_writer_open(const char *path, int snaplen, struct capture_error *error);
/* A new file in a folder that is open; one that is there already is an error (EEXIST in errno). `shown`: its
 * name for errors. */
struct packet_writer *packet_writer_make(int folder, const char *file, const char *shown, int snaplen,
	struct capture_error *error);
/* Only the first call counts. `link_type` (-1: unknown, Ethernet) and `time_digits` (6 or 9) are
 * those of a classic file. */
bool packet_writer_begin(struct packet_writer *writer, bool pcapng, int link_type,
	uint8_t time_digits, struct capture_error *error);
/* `input` numbers the inputs from 0, `name` is its name: an interface of the pcapng. */
bool packet_writer_put(struct packet_writer *writer, uint32_t input, const char *name,
	const struct packet *packet, struct capture_error *error);
bool packet_writer_flush(struct packet_writer *writer, struct capture_error *error);
bool packet_writer_close(struct packet_writer *writer, struct capture_error *error);

#endif
