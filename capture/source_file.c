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
#include "dissect/cursor.h"

enum {
	PCAP_HEADER = 24,
	PCAP_HEADER_IXIA = 28, /* the size of all records stands behind it */
	PCAP_RECORD = 16,
	PCAP_RECORD_KUZNETZOV = 24,
};

/* Beyond an int, so not in an enum. */
#define MAGIC_PCAP          UINT32_C(0xa1b2c3d4)
#define MAGIC_NANOSECONDS   UINT32_C(0xa1b23c4d)
#define MAGIC_KUZNETZOV     UINT32_C(0xa1b2cd34)
#define MAGIC_IXIA_HARDWARE UINT32_C(0x1c0001ac) /* nanoseconds */
#define MAGIC_IXIA_SOFTWARE UINT32_C(0x1c0001ab)
#define MAGIC_PCAPNG        UINT32_C(0x0a0d0d0a)

#define VERSION(major, minor) ((uint32_t)(major) << 16 | (minor))

/* Records that the filter refuses, before the caller may look around. */
enum { STEPS_BEFORE_BUSY = 4096 };

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
	if (file->input.garbage) {
		return file_damaged(file, "octets that are not gzip follow the compressed data, "
			"after frame %llu; they are ignored", frame);
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
		file->source.time_digits = added->time_digits;
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
	bool ixia = magic == MAGIC_IXIA_HARDWARE || magic == MAGIC_IXIA_SOFTWARE;
	size_t size = ixia ? PCAP_HEADER_IXIA : PCAP_HEADER;
	enum input_status status = input_need(&file->input, size, &file->failure);
	if (status == INPUT_SHORT) {
		return file_damaged(file, "the file ends inside its header");
	}
	if (status != INPUT_READY) {
		return file_ended(file, status, size);
	}
	const uint8_t *p = file->input.at;
	file->nanoseconds = magic == MAGIC_NANOSECONDS || magic == MAGIC_IXIA_HARDWARE;
	file->record_header = magic == MAGIC_KUZNETZOV ? PCAP_RECORD_KUZNETZOV : PCAP_RECORD;
	file->version = VERSION(file_u16(file, p + 4), file_u16(file, p + 6));
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
	input_consume(&file->input, size);
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
		switch (magic) {
		case MAGIC_PCAPNG:
			file->format = FILE_PCAPNG;
			return FILE_STEP_MORE;
		case MAGIC_PCAP:
		case MAGIC_NANOSECONDS:
		case MAGIC_KUZNETZOV:
		case MAGIC_IXIA_HARDWARE:
		case MAGIC_IXIA_SOFTWARE:
			return pcap_header(file, magic);
		default:
			break;
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
	uint32_t cap_len = file_u32(file, p + 8), wire_len = file_u32(file, p + 12);
	/* Files that say 2.3 were written both ways. */
	if (file->version < VERSION(2, 3) ||
	    (file->version == VERSION(2, 3) && cap_len > wire_len)) {
		cap_len = wire_len;
		wire_len = file_u32(file, p + 8);
	}
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
		.wire_len = wire_len,
		.data = p + header,
	};
	input_consume(input, header + cap_len);
	file->ahead_count -= file->ahead_count > 0;
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

/*
 * What became of the file that is followed, asked where nothing more can be read: FILE_STEP_AGAIN, it
 * is as it was; FILE_STEP_MORE, read on at once; FILE_STEP_OVER, there is something to tell, in `told`.
 * As `tail -F` does, a file that was cut or replaced is begun anew; frames are counted on.
 */
static enum file_step
follow_look(struct source_file *file, struct capture_error *told)
{
	struct stat here, there;
	uint8_t head[sizeof(file->head)];
	int fd = file->input.fd;
	const char *what = NULL;
	ssize_t n = pread(fd, head, sizeof(head), 0);
	size_t head_size = n > 0 ? (size_t)n : 0;
	if (fstat(fd, &here) != 0) {
		return FILE_STEP_AGAIN;
	}
	if (here.st_size < lseek(fd, 0, SEEK_CUR)) {
		what = "was truncated";
	} else if (head_size < file->head_size || memcmp(head, file->head, file->head_size) != 0) {
		what = "was written anew";
	} else {
		memcpy(file->head, head, head_size);
		file->head_size = head_size;
	}
	if (what == NULL) {
		bool named = stat(file->source.name, &there) == 0;
		if (named && there.st_dev == here.st_dev && there.st_ino == here.st_ino) {
			file->missing = file->replaced = false;
			return FILE_STEP_AGAIN;
		}
		if (!named && errno != ENOENT) {
			/* Root was given up, and its folder is root's own: the file itself is open. */
			if (file->unseen) {
				return FILE_STEP_AGAIN;
			}
			file->unseen = true;
			capture_error_set(told, "%.300s: cannot see whether it is replaced: %s",
				file->source.name, strerror(errno));
			return FILE_STEP_OVER;
		}
		/* Its writer may have written to it up to now. */
		if (!file->replaced) {
			file->replaced = true;
			return FILE_STEP_MORE;
		}
		int other = named && S_ISREG(there.st_mode)
				    ? open(file->source.name, O_RDONLY | O_CLOEXEC)
				    : -1;
		if (other < 0) {
			if (file->missing) {
				return FILE_STEP_AGAIN;
			}
			file->missing = true;
			capture_error_set(told, "%.300s: %s; waiting for a new one", file->source.name,
				!named                     ? "is gone"
				: S_ISREG(there.st_mode) ? strerror(errno)
							   : "is no regular file any more");
			return FILE_STEP_OVER;
		}
		fd = other;
		what = "was replaced";
	} else if (lseek(fd, 0, SEEK_SET) != 0) {
		return FILE_STEP_AGAIN;
	}
	bool partial = !input_settled(&file->input) || file->skip > 0;
	capture_error_set(told, "%.300s: %s after frame %llu%s; it is read from its begin, as frame %llu "
		"and on", file->source.name, what, (unsigned long long)file->frame,
		partial ? ", inside a packet" : "", (unsigned long long)file->frame + 1);
	input_restart(&file->input, fd);
	file->ahead_count = 0;
	file->format = FILE_UNKNOWN;
	file->interface_count = 0;
	file->skip = 0;
	file->head_size = 0;
	file->missing = file->replaced = false;
	file->over = SOURCE_PACKET;
	return FILE_STEP_OVER;
}

static enum source_status
file_next(struct source *source, struct packet *packet, struct capture_error *error)
{
	struct source_file *file = (struct source_file *)source;
	unsigned steps = 0;
	while (file->over == SOURCE_PACKET) {
		if (++steps > STEPS_BEFORE_BUSY) {
			return SOURCE_BUSY;
		}
		enum file_step step = file_step(file, packet);
		if (step == FILE_STEP_PACKET) {
			return SOURCE_PACKET;
		}
		/* What is damaged may have been written anew under our feet. */
		if (file->follow &&
		    (step == FILE_STEP_AGAIN || file->over == SOURCE_DAMAGED)) {
			enum file_step found = follow_look(file, error);
			if (found == FILE_STEP_MORE && file->over == SOURCE_DAMAGED) {
				found = follow_look(file, error);
			}
			if (found == FILE_STEP_OVER) {
				return SOURCE_NOTICE;
			}
			if (found == FILE_STEP_MORE) {
				continue;
			}
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

static bool
file_mixed(const struct source *source)
{
	return ((const struct source_file *)source)->format == FILE_PCAPNG;
}

static bool
file_away(const struct source *source)
{
	return ((const struct source_file *)source)->missing;
}

static bool
file_settled(const struct source *source)
{
	const struct source_file *file = (const struct source_file *)source;
	return file->follow && !file->missing && !file->replaced && file->skip == 0 &&
		input_settled(&file->input);
}

static bool
file_reads(const struct source *source, uint64_t device, uint64_t inode)
{
	struct stat status;
	return fstat(((const struct source_file *)source)->input.fd, &status) == 0 &&
		S_ISREG(status.st_mode) && status.st_dev == device && status.st_ino == inode;
}

/* Of those that come next and lie in the buffer, the first that was not handed out so. Of pcap only: blocks take longer. */
static bool
file_ahead(struct source *source, struct packet *packet)
{
	struct source_file *file = (struct source_file *)source;
	const struct input *input = &file->input;
	if (file->format != FILE_PCAP || file->version <= VERSION(2, 3) || file->ahead_count >= SOURCE_AHEAD) {
		return false;
	}
	if (file->ahead_count == 0 || file->ahead_offset < input->offset) {
		file->ahead_count = 0;
		file->ahead_offset = input->offset;
	}
	struct cursor c = cursor_make(input->at, input_left(input));
	cursor_skip(&c, file->ahead_offset - input->offset);
	const uint8_t *record = cursor_bytes(&c, file->record_header);
	if (record == NULL) {
		return false;
	}
	packet->link_type = file->interfaces[0].link_type;
	packet->cap_len = file_u32(file, record + 8);
	packet->data = cursor_bytes(&c, packet->cap_len);
	if (packet->data == NULL) {
		return false;
	}
	file->ahead_offset += file->record_header + packet->cap_len;
	file->ahead_count++;
	return true;
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

static bool
file_listen(struct source *source, source_listener *listener, void *ctx)
{
	struct source_file *file = (struct source_file *)source;
	return !file->lazy && !file->follow && input_listen(&file->input, listener, ctx);
}

static bool
file_listen_on(struct source *source)
{
	return input_listen_on(&((struct source_file *)source)->input);
}

static const struct source_kind file_kind = {
	.next = file_next,
	.ahead = file_ahead,
	.fd = file_fd,
	.progress = file_progress,
	.counts = file_counts,
	.mixed = file_mixed,
	.away = file_away,
	.settled = file_settled,
	.reads = file_reads,
	.close = file_close,
	.listen = file_listen,
	.listen_on = file_listen_on,
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
	file->follow = !file->lazy && options != NULL && options->follow;
	file->input.follow = file->follow;
	bool good = true;
	if (options != NULL && options->filter != NULL && options->filter[0] != '\0') {
		file->filters = filter_set_create(options->filter);
		if (file->lazy) {
			good = filter_set_check(file->filters, error);
		}
	}
	if (good && !file->lazy && !file_read_headers(file)) {
		*error = file->failure;
		good = false;
	}
	if (good && file->filters != NULL && file->source.link_type < 0 && !file->lazy) {
		good = filter_set_check(file->filters, error);
	}
	if (!good) {
		source_close(&file->source);
		return NULL;
	}
	if (file->filters != NULL && (file->lazy || file->follow || file->format != FILE_PCAP)) {
		filter_set_prepare(file->filters); /* what comes later may have another link type */
	}
	return &file->source;
}
