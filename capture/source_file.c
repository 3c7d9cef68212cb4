/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Captures from files and pipes. libpcap's own reader rejects, in the middle, a pcapng whose
 * interfaces differ in link type or snaplen, and it reads neither gzip nor zstd; so the blocks are
 * read here. Nothing is taken from the input before a record is there as a whole, so a step that
 * has to wait is simply done again.
 */
#include "capture/source_file.h"

#include <errno.h>
#include <fcntl.h>
#include <pcap/pcap.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture/limits.h"

enum { PCAP_HEADER = 24, PCAP_RECORD = 16, PCAP_RECORD_KUZNETZOV = 24 };

enum file_step
file_damaged(struct source_file *file, const char *format, ...)
{
	char text[320];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	capture_error_set(&file->failure, "%.160s: %s", file->source.name, text);
	file->over = SOURCE_DAMAGED;
	return FILE_STEP_OVER;
}

enum file_step
file_ended(struct source_file *file, enum input_status status, size_t wanted)
{
	if (status == INPUT_AGAIN) {
		return FILE_STEP_AGAIN;
	}
	unsigned long long frame = file->frame, offset = file->input.offset;
	if (status == INPUT_BAD) {
		char why[CAPTURE_ERROR_MAX];
		memcpy(why, file->failure.text, sizeof(why));
		capture_error_set(&file->failure, "%.300s; it was read up to frame %llu", why, frame);
		file->over = SOURCE_DAMAGED;
		return FILE_STEP_OVER;
	}
	size_t left = input_left(&file->input);
	if (left > 0) {
		return file_damaged(file,
			"cut off after frame %llu: at offset %llu a record of at least %zu octets begins, "
			"%zu are left", frame, offset, wanted, left);
	}
	if (file->input.cut) {
		return file_damaged(file, "the compressed data ends early, after frame %llu "
			"(offset %llu when unpacked)", frame, offset);
	}
	if (file->unknown_link >= 0 && file->known_packets == 0) {
		char link[64];
		link_type_describe(file->unknown_link, link, sizeof(link));
		return file_damaged(file, "link type %s is not supported", link);
	}
	file->over = SOURCE_END;
	return FILE_STEP_OVER;
}

bool
file_add_interface(struct source_file *file, const struct file_interface *interface)
{
	if (file->interface_count == LIMIT_PCAPNG_INTERFACES) {
		file_damaged(file, "more than %d interfaces at offset %llu", LIMIT_PCAPNG_INTERFACES,
			(unsigned long long)file->input.offset);
		return false;
	}
	if (file->interface_count == file->interface_capacity) {
		size_t capacity = file->interface_capacity > 0 ? file->interface_capacity * 2 : 4;
		file->interfaces = capture_reallocate(file->interfaces,
			capacity * sizeof(file->interfaces[0]));
		file->interface_capacity = capacity;
	}
	struct file_interface *added = &file->interfaces[file->interface_count];
	*added = *interface;
	added->known = source_link_known(added->link_type);
	added->filter = NULL;
	if (file->filters != NULL && added->known) {
		struct capture_error why;
		added->filter = filter_set_get(file->filters, added->link_type, &why);
		if (added->filter == NULL) {
			file_damaged(file, "%.300s", why.text);
			return false;
		}
	}
	file->interface_count++;
	if (file->source.link_type < 0) {
		file->source.link_type = added->link_type;
	}
	return true;
}

enum file_step
file_packet(struct source_file *file, struct packet *packet, const struct file_interface *interface)
{
	packet->frame = ++file->frame;
	packet->link_type = interface->link_type;
	packet->time_digits = interface->time_digits;
	if (packet->wire_len < packet->cap_len) {
		packet->wire_len = packet->cap_len;
	}
	file->last_time_ns = packet->time_ns;
	if (!interface->known) {
		file->unknown_link = interface->link_type;
		return FILE_STEP_MORE;
	}
	file->known_packets++;
	if (interface->filter != NULL && !filter_match(interface->filter, packet)) {
		return FILE_STEP_MORE;
	}
	file->delivered++;
	return FILE_STEP_PACKET;
}

static enum file_step
pcap_header(struct source_file *file, uint32_t magic)
{
	enum input_status status = input_need(&file->input, PCAP_HEADER, &file->failure);
	if (status == INPUT_SHORT) {
		return file_damaged(file, "the file ends inside its header");
	}
	if (status != INPUT_READY) {
		return file_ended(file, status, PCAP_HEADER);
	}
	const uint8_t *p = file->input.at;
	file->nanoseconds = magic == 0xa1b23c4d;
	file->record_header = magic == 0xa1b2cd34 ? PCAP_RECORD_KUZNETZOV : PCAP_RECORD;
	struct file_interface interface = {
		.link_type = link_type_from_file(file_u32(file, p + 20)),
		.snaplen = file_u32(file, p + 16),
		.time_digits = file->nanoseconds ? 9 : 6,
	};
	if (!source_link_known(interface.link_type)) {
		char link[64];
		link_type_describe(interface.link_type, link, sizeof(link));
		return file_damaged(file, "link type %s is not supported", link);
	}
	if (!file_add_interface(file, &interface)) {
		return FILE_STEP_OVER;
	}
	input_consume(&file->input, PCAP_HEADER);
	file->format = FILE_PCAP;
	return FILE_STEP_MORE;
}

/* The file's first octets: which format, which byte order. */
static enum file_step
file_begin(struct source_file *file)
{
	enum input_status status = input_need(&file->input, 4, &file->failure);
	if (status == INPUT_SHORT) {
		if (file->input.cut) {
			return file_damaged(file, "the compressed data ends early");
		}
		if (input_left(&file->input) == 0) {
			return file_damaged(file, file->lazy ? "it holds nothing" : "the file is empty");
		}
		return file_damaged(file, "not a pcap or pcapng capture");
	}
	if (status != INPUT_READY) {
		return file_ended(file, status, 4);
	}
	for (int swapped = 0; swapped < 2; swapped++) {
		file->swapped = swapped == 1;
		uint32_t magic = file_u32(file, file->input.at);
		if (magic == 0x0a0d0d0a) {
			file->format = FILE_PCAPNG;
			return FILE_STEP_MORE;
		}
		if (magic == 0xa1b2c3d4 || magic == 0xa1b23c4d || magic == 0xa1b2cd34) {
			return pcap_header(file, magic);
		}
	}
	return file_damaged(file, "not a pcap or pcapng capture");
}

static enum file_step
pcap_step(struct source_file *file, struct packet *packet)
{
	struct input *input = &file->input;
	size_t header = file->record_header;
	enum input_status status = input_need(input, header, &file->failure);
	if (status != INPUT_READY) {
		return file_ended(file, status, header);
	}
	const uint8_t *p = input->at;
	uint32_t cap_len = file_u32(file, p + 8);
	if (cap_len > LIMIT_PACKET) {
		return file_damaged(file, "damaged after frame %llu: at offset %llu a packet claims %lu "
			"octets", (unsigned long long)file->frame, (unsigned long long)input->offset,
			(unsigned long)cap_len);
	}
	status = input_need(input, header + cap_len, &file->failure);
	if (status != INPUT_READY) {
		return file_ended(file, status, header + cap_len);
	}
	p = input->at;
	uint64_t fraction = file_u32(file, p + 4);
	*packet = (struct packet){
		.time_ns = file_u32(file, p) * LIMIT_S + (file->nanoseconds ? fraction : fraction * 1000),
		.cap_len = cap_len,
		.wire_len = file_u32(file, p + 12),
		.data = p + header,
	};
	input_consume(input, header + cap_len);
	return file_packet(file, packet, &file->interfaces[0]);
}

static enum file_step
file_step(struct source_file *file, struct packet *packet)
{
	switch (file->format) {
	case FILE_PCAP:
		return pcap_step(file, packet);
	case FILE_PCAPNG:
		return pcapng_step(file, packet);
	case FILE_UNKNOWN:
		break;
	}
	return file_begin(file);
}

static enum source_status
file_next(struct source *source, struct packet *packet, struct capture_error *error)
{
	struct source_file *file = (struct source_file *)source;
	while (file->over == SOURCE_PACKET) {
		enum file_step step = file_step(file, packet);
		if (step == FILE_STEP_PACKET) {
			return SOURCE_PACKET;
		}
		if (step == FILE_STEP_AGAIN) {
			return SOURCE_AGAIN;
		}
	}
	if (file->over == SOURCE_DAMAGED) {
		*error = file->failure;
	}
	return file->over;
}

static int
file_fd(const struct source *source)
{
	const struct source_file *file = (const struct source_file *)source;
	return file->lazy ? file->input.fd : -1;
}

static struct source_counts
file_counts(struct source *source)
{
	struct source_file *file = (struct source_file *)source;
	return (struct source_counts){.packets = file->delivered, .dropped = file->dropped};
}

static void
file_close(struct source *source)
{
	struct source_file *file = (struct source_file *)source;
	filter_set_destroy(file->filters);
	free(file->interfaces);
	input_finish(&file->input);
	free(file);
}

/* Of the packed octets, where it is packed. */
static int
file_progress(const struct source *source)
{
	const struct source_file *file = (const struct source_file *)source;
	struct stat status;
	off_t at = lseek(file->input.fd, 0, SEEK_CUR);
	if (at < 0 || fstat(file->input.fd, &status) != 0 || !S_ISREG(status.st_mode) ||
	    status.st_size <= 0) {
		return -1;
	}
	return (int)(at >= status.st_size ? 100 : at * 100 / status.st_size);
}

static const struct source_kind file_kind = {
	.next = file_next,
	.fd = file_fd,
	.progress = file_progress,
	.counts = file_counts,
	.close = file_close,
};

/* Reads headers until the first interface is known, so that errors come before the first packet. */
static bool
file_read_headers(struct source_file *file)
{
	struct packet packet;
	while (file->over == SOURCE_PACKET && file->source.link_type < 0) {
		if (file->format == FILE_PCAPNG && pcapng_at_packet(file)) {
			break;
		}
		enum file_step step = file_step(file, &packet);
		if (step == FILE_STEP_AGAIN || step == FILE_STEP_PACKET) {
			break; /* a signal; the reading goes on later */
		}
	}
	return file->over == SOURCE_PACKET || file->over == SOURCE_END;
}

/* Where the link type is not known yet, the syntax can be told all the same. */
static bool
filter_check(struct filter_set *set, struct capture_error *error)
{
	struct capture_error ignored;
	return filter_set_get(set, DLT_EN10MB, error) != NULL ||
		filter_set_get(set, DLT_RAW, &ignored) != NULL;
}

struct source *
source_open_file(const char *path, const struct source_options *options,
	struct capture_error *error)
{
	bool standard_input = strcmp(path, "-") == 0;
	const char *name = standard_input ? "standard input" : path;
	int fd = standard_input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	struct stat status;
	if (fd < 0 || fstat(fd, &status) != 0) {
		capture_error_set(error, "%.300s: %s", name, strerror(errno));
		if (fd >= 0 && !standard_input) {
			close(fd);
		}
		return NULL;
	}
	if (S_ISDIR(status.st_mode)) {
		capture_error_set(error, "%.300s: is a directory", name);
		if (!standard_input) {
			close(fd);
		}
		return NULL;
	}
	struct source_file *file = capture_allocate(sizeof(*file));
	file->source.kind = &file_kind;
	file->source.link_type = -1;
	file->source.name = capture_allocate(strlen(name) + 1);
	memcpy(file->source.name, name, strlen(name) + 1);
	file->lazy = !S_ISREG(status.st_mode);
	file->over = SOURCE_PACKET;
	file->unknown_link = -1;
	input_init(&file->input, fd, !standard_input,
		file->lazy && options != NULL && options->nonblocking, file->source.name);
	bool good = true;
	if (options != NULL && options->filter != NULL && options->filter[0] != '\0') {
		file->filters = filter_set_create(options->filter);
		if (file->lazy) {
			good = filter_check(file->filters, error);
		}
	}
	if (good && !file->lazy && !file_read_headers(file)) {
		*error = file->failure;
		good = false;
	}
	if (good && file->filters != NULL && file->source.link_type < 0 && !file->lazy) {
		good = filter_check(file->filters, error);
	}
	if (!good) {
		source_close(&file->source);
		return NULL;
	}
	return &file->source;
}
