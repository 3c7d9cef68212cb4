/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Packets back into a file: classic pcap with nanoseconds, in this machine's byte order, which
 * every reader since 2013 takes. Written through stdio, flushed when told to.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "capture/limits.h"
#include "capture/source_private.h"

struct packet_writer {
	FILE *file;
	char *name;
	int link_type;
	bool standard_output;
};

static bool
writer_failed(const struct packet_writer *writer, struct capture_error *error)
{
	capture_error_set(error, "%s: cannot write: %s", writer->name, strerror(errno));
	return false;
}

struct packet_writer *
packet_writer_open(const char *path, int link_type, int snaplen, struct capture_error *error)
{
	bool standard_output = strcmp(path, "-") == 0;
	FILE *file;
	if (standard_output) {
		int fd = dup(STDOUT_FILENO);
		file = fd >= 0 ? fdopen(fd, "wb") : NULL;
	} else {
		file = fopen(path, "wbe");
	}
	if (file == NULL) {
		capture_error_set(error, "%s: cannot write: %s",
			standard_output ? "standard output" : path, strerror(errno));
		return NULL;
	}
	struct packet_writer *writer = capture_allocate(sizeof(*writer));
	writer->file = file;
	writer->standard_output = standard_output;
	const char *name = standard_output ? "standard output" : path;
	writer->name = capture_allocate(strlen(name) + 1);
	memcpy(writer->name, name, strlen(name) + 1);
	writer->link_type = link_type;
	struct {
		uint32_t magic;
		uint16_t major, minor;
		uint32_t zone, accuracy, snaplen, link;
	} header = {
		.magic = 0xa1b23c4d,
		.major = 2,
		.minor = 4,
		.snaplen = snaplen > 0 ? (uint32_t)snaplen : 262144,
		.link = link_type_to_file(link_type),
	};
	if (fwrite(&header, sizeof(header), 1, file) != 1) {
		writer_failed(writer, error);
		fclose(file);
		free(writer->name);
		free(writer);
		return NULL;
	}
	return writer;
}

bool
packet_writer_put(struct packet_writer *writer, const struct packet *packet,
	struct capture_error *error)
{
	if (packet->link_type != writer->link_type) {
		char has[64], is[64];
		link_type_describe(writer->link_type, has, sizeof(has));
		link_type_describe(packet->link_type, is, sizeof(is));
		capture_error_set(error, "%s: has link type %s, frame %llu is %s", writer->name, has,
			(unsigned long long)packet->frame, is);
		return false;
	}
	uint32_t record[4] = {
		(uint32_t)(packet->time_ns / LIMIT_S),
		(uint32_t)(packet->time_ns % LIMIT_S),
		packet->cap_len,
		packet->wire_len,
	};
	if (fwrite(record, sizeof(record), 1, writer->file) != 1 ||
	    (packet->cap_len > 0 && fwrite(packet->data, packet->cap_len, 1, writer->file) != 1)) {
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
	free(writer->name);
	free(writer);
	return good;
}
