/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Packets back into a file, in this machine's byte order, through stdio, flushed when told to. A
 * pcapng gets an interface for each link type and precision that each input turns out to have, when
 * its first packet comes: interface blocks may stand anywhere before the packets that name them.
 */
#include <errno.h>
#include <fcntl.h>
#include <pcap/dlt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "capture/limits.h"
#include "capture/source_private.h"

enum {
	SNAPLEN_DEFAULT = 262144,
	NAME_MAX_OCTETS = 255,
	BLOCK_SECTION = 0x0a0d0d0a,
	BLOCK_INTERFACE = 1,
	BLOCK_PACKET = 6,
	OPTION_IF_NAME = 2,
	OPTION_IF_TSRESOL = 9,
};

struct writer_interface {
	uint32_t input;
	int link_type;
	uint8_t digits;
};

struct packet_writer {
	FILE *file;
	char *name;
	uint32_t snaplen;
	bool begun, pcapng;
	/* pcap */
	int link_type;
	uint8_t digits;
	/* pcapng */
	struct writer_interface *interfaces;
	size_t interface_count;
};

static bool
writer_failed(const struct packet_writer *writer, struct capture_error *error)
{
	capture_error_set(error, "%.300s: cannot write: %s", writer->name, strerror(errno));
	return false;
}

static struct packet_writer *
create(FILE *file, const char *name, int snaplen)
{
	struct packet_writer *writer = capture_allocate(sizeof(*writer));
	writer->file = file;
	writer->name = capture_allocate(strlen(name) + 1);
	memcpy(writer->name, name, strlen(name) + 1);
	writer->snaplen = snaplen > 0 ? (uint32_t)snaplen : SNAPLEN_DEFAULT;
	return writer;
}

struct packet_writer *
packet_writer_open(const char *path, int snaplen, struct capture_error *error)
{
	bool standard_output = strcmp(path, "-") == 0;
	const char *name = standard_output ? "standard output" : path;
	FILE *file;
	if (standard_output) {
		int fd = dup(STDOUT_FILENO);
		file = fd >= 0 ? fdopen(fd, "wb") : NULL;
	} else {
		file = fopen(path, "wbe");
	}
	if (file == NULL) {
		capture_error_set(error, "%.300s: cannot write: %s", name, strerror(errno));
		return NULL;
	}
	return create(file, name, snaplen);
}

struct packet_writer *
packet_writer_make(int folder, const char *file, const char *shown, int snaplen, struct capture_error *error)
{
	int fd = openat(folder, file, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0640);
	FILE *stream = fd >= 0 ? fdopen(fd, "wb") : NULL;
	if (stream == NULL) {
		int why = errno;
		if (fd >= 0) {
			close(fd);
		}
		capture_error_set(error, "%.300s: cannot write: %s", shown, strerror(why));
		errno = why;
		return NULL;
	}
	return create(stream, shown, snaplen);
}

static bool
put(struct packet_writer *writer, const void *octets, size_t size)
{
	return size == 0 || fwrite(octets, size, 1, writer->file) == 1;
}

static bool
put_u32(struct packet_writer *writer, uint32_t value)
{
	return put(writer, &value, sizeof(value));
}

/* Up to the next multiple of four octets. */
static bool
put_padding(struct packet_writer *writer, size_t size)
{
	static const uint8_t zeros[4];
	return put(writer, zeros, (4 - size % 4) % 4);
}

static bool
put_option(struct packet_writer *writer, uint16_t code, const void *value, uint16_t size)
{
	uint16_t head[2] = {code, size};
	return put(writer, head, sizeof(head)) && put(writer, value, size) &&
		put_padding(writer, size);
}

bool
packet_writer_begin(struct packet_writer *writer, bool pcapng, int link_type, uint8_t time_digits,
	struct capture_error *error)
{
	if (writer->begun) {
		return true;
	}
	writer->begun = true;
	writer->pcapng = pcapng;
	writer->link_type = link_type >= 0 ? link_type : DLT_EN10MB;
	writer->digits = time_digits > 6 ? 9 : 6;
	bool good;
	if (pcapng) {
		const struct {
			uint32_t type, length, order;
			uint16_t major, minor;
			uint32_t size[2], length_again;
		} section = {
			.type = BLOCK_SECTION,
			.length = sizeof(section),
			.order = 0x1a2b3c4d,
			.major = 1,
			.size = {UINT32_MAX, UINT32_MAX}, /* not known yet */
			.length_again = sizeof(section),
		};
		good = put(writer, &section, sizeof(section));
	} else {
		const struct {
			uint32_t magic;
			uint16_t major, minor;
			uint32_t zone, accuracy, snaplen, link;
		} header = {
			.magic = writer->digits == 9 ? 0xa1b23c4d : 0xa1b2c3d4,
			.major = 2,
			.minor = 4,
			.snaplen = writer->snaplen,
			.link = link_type_to_file(writer->link_type),
		};
		good = put(writer, &header, sizeof(header));
	}
	return good || writer_failed(writer, error);
}

/* The number of the interface for packets like this one; it is written if it is new. */
static bool
interface_for(struct packet_writer *writer, uint32_t input, const char *name, int link_type,
	uint8_t digits, uint32_t *id)
{
	for (size_t i = writer->interface_count; i-- > 0;) {
		const struct writer_interface *has = &writer->interfaces[i];
		if (has->input == input && has->link_type == link_type && has->digits == digits) {
			*id = (uint32_t)i;
			return true;
		}
	}
	size_t count = writer->interface_count;
	writer->interfaces = capture_reallocate(writer->interfaces,
		(count + 1) * sizeof(writer->interfaces[0]));
	writer->interfaces[count] = (struct writer_interface){input, link_type, digits};
	writer->interface_count++;
	*id = (uint32_t)count;
	uint16_t name_size = (uint16_t)strnlen(name, NAME_MAX_OCTETS);
	/* Head, link type and snaplen; the name; the resolution; the end of options; the length. */
	uint32_t length = 16 + 4 + (name_size + 3u) / 4 * 4 + 8 + 4 + 4;
	return put_u32(writer, BLOCK_INTERFACE) && put_u32(writer, length) &&
		put(writer, (const uint16_t[2]){(uint16_t)link_type_to_file(link_type), 0}, 4) &&
		put_u32(writer, writer->snaplen) &&
		put_option(writer, OPTION_IF_NAME, name, name_size) &&
		put_option(writer, OPTION_IF_TSRESOL, &digits, 1) && put_u32(writer, 0) &&
		put_u32(writer, length);
}

static bool
put_block(struct packet_writer *writer, uint32_t input, const char *name,
	const struct packet *packet)
{
	uint8_t digits = packet->time_digits > 6 || packet->time_ns % 1000 != 0 ? 9 : 6;
	uint32_t id;
	if (!interface_for(writer, input, name, packet->link_type, digits, &id)) {
		return false;
	}
	uint64_t stamp = digits == 9 ? packet->time_ns : packet->time_ns / 1000;
	uint32_t length = 32 + (packet->cap_len + 3u) / 4 * 4;
	uint32_t head[7] = {
		BLOCK_PACKET,
		length,
		id,
		(uint32_t)(stamp >> 32),
		(uint32_t)stamp,
		packet->cap_len,
		packet->wire_len,
	};
	return put(writer, head, sizeof(head)) && put(writer, packet->data, packet->cap_len) &&
		put_padding(writer, packet->cap_len) && put_u32(writer, length);
}

bool
packet_writer_put(struct packet_writer *writer, uint32_t input, const char *name,
	const struct packet *packet, struct capture_error *error)
{
	if (writer->pcapng) {
		return put_block(writer, input, name, packet) || writer_failed(writer, error);
	}
	if (packet->link_type != writer->link_type) {
		char has[64], is[64];
		link_type_describe(writer->link_type, has, sizeof(has));
		link_type_describe(packet->link_type, is, sizeof(is));
		capture_error_set(error, "%.300s: has link type %s, frame %llu is %s", writer->name, has,
			(unsigned long long)packet->frame, is);
		return false;
	}
	uint64_t fraction = packet->time_ns % LIMIT_S;
	uint32_t record[4] = {
		(uint32_t)(packet->time_ns / LIMIT_S),
		(uint32_t)(writer->digits == 9 ? fraction : fraction / 1000),
		packet->cap_len,
		packet->wire_len,
	};
	if (!put(writer, record, sizeof(record)) || !put(writer, packet->data, packet->cap_len)) {
		return writer_failed(writer, error);
	}
	return true;
}

bool
packet_writer_flush(struct packet_writer *writer, struct capture_error *error)
{
	if (fflush(writer->file) != 0) {
		return writer_failed(writer, error);
	}
	return true;
}

bool
packet_writer_close(struct packet_writer *writer, struct capture_error *error)
{
	if (writer == NULL) {
		return true;
	}
	bool good = true;
	if (fclose(writer->file) != 0) {
		good = writer_failed(writer, error);
	}
	free(writer->interfaces);
	free(writer->name);
	free(writer);
	return good;
}
