/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading: both formats in all their variants, packed and plain, whole, cut and damaged, from a
 * file and from a pipe that is still being written.
 */
#include <assert.h>
#include <criterion/criterion.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "capture/source.h"

enum { FILE_MAX = 1 << 16 };

/* A file under construction. */
struct image {
	uint8_t bytes[FILE_MAX];
	size_t size;
	bool big; /* byte order */
};

static struct image image;
static struct source_options options;

static void
put(uint64_t value, int octets)
{
	for (int i = 0; i < octets; i++) {
		int shift = image.big ? 8 * (octets - 1 - i) : 8 * i;
		image.bytes[image.size++] = (uint8_t)(value >> shift);
	}
}

static void
put_octets(const void *octets, size_t size)
{
	memcpy(image.bytes + image.size, octets, size);
	image.size += size;
}

static void
pcap_begin(bool big, bool nano, uint32_t link)
{
	image.size = 0;
	image.big = big;
	put(nano ? 0xa1b23c4d : 0xa1b2c3d4, 4);
	put(2, 2);
	put(4, 2);
	put(0, 8);
	put(65535, 4);
	put(link, 4);
}

static void
pcap_put(uint32_t seconds, uint32_t fraction, const char *text)
{
	put(seconds, 4);
	put(fraction, 4);
	put(strlen(text), 4);
	put(strlen(text) + 3, 4);
	put_octets(text, strlen(text));
}

static void
block(uint32_t type, const void *body, size_t size)
{
	size_t padded = (size + 3) / 4 * 4;
	put(type, 4);
	put(padded + 12, 4);
	put_octets(body, size);
	put(0, (int)(padded - size));
	put(padded + 12, 4);
}

/* The body of a block is put down like a file of its own. */
static struct image saved;

static void
body_begin(void)
{
	saved = image;
	image.size = 0;
}

static void
body_end(uint32_t type)
{
	struct image body = image;
	image = saved;
	block(type, body.bytes, body.size);
}

static void
section(bool big)
{
	image.big = big;
	body_begin();
	put(0x1a2b3c4d, 4);
	put(1, 2);
	put(0, 2);
	put(UINT64_MAX, 8);
	body_end(0x0a0d0d0a);
}

static void
interface(uint16_t link, uint32_t snaplen, int resolution, int64_t offset)
{
	body_begin();
	put(link, 2);
	put(0, 2);
	put(snaplen, 4);
	if (resolution >= 0) {
		put(9, 2);
		put(1, 2);
		put((uint64_t)resolution, 1);
		put(0, 3);
	}
	if (offset != 0) {
		put(14, 2);
		put(8, 2);
		put((uint64_t)offset, 8);
	}
	put(0, 4);
	body_end(1);
}

static void
enhanced(uint32_t id, uint64_t stamp, const char *text)
{
	body_begin();
	put(id, 4);
	put(stamp >> 32, 4);
	put(stamp & 0xffffffff, 4);
	put(strlen(text), 4);
	put(strlen(text), 4);
	put_octets(text, strlen(text));
	body_end(6);
}

/* Opens octets as a file. */
static struct source *
open_octets(const void *octets, size_t size, struct capture_error *error)
{
	int fd = memfd_create("capture", 0);
	cr_assert(fd >= 0);
	cr_assert(write(fd, octets, size) == (ssize_t)size);
	lseek(fd, 0, SEEK_SET);
	char path[64];
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	struct source *source = source_open_file(path, &options, error);
	close(fd);
	return source;
}

static struct source *
open_image(void)
{
	struct capture_error error;
	struct source *source = open_octets(image.bytes, image.size, &error);
	cr_assert_not_null(source, "%s", error.text);
	return source;
}

static void
expect_packet(struct source *source, const char *text, uint64_t time_ns, uint64_t frame)
{
	struct packet packet;
	struct capture_error error;
	enum source_status status = source_next(source, &packet, &error);
	cr_assert(status == SOURCE_PACKET, "%s: status %d", text, (int)status);
	cr_expect(packet.cap_len == strlen(text) && memcmp(packet.data, text, packet.cap_len) == 0);
	cr_expect(packet.time_ns == time_ns, "%s: %llu", text, (unsigned long long)packet.time_ns);
	cr_expect(packet.frame == frame);
}

static void
expect_end(struct source *source, enum source_status expected)
{
	struct packet packet;
	struct capture_error error = {""};
	for (int i = 0; i < 2; i++) {
		enum source_status status = source_next(source, &packet, &error);
		cr_expect(status == expected, "%s", error.text);
	}
	source_close(source);
}

Test(capture_file, pcap_in_both_orders_and_resolutions)
{
	for (int variant = 0; variant < 4; variant++) {
		bool nano = (variant & 2) != 0;
		pcap_begin((variant & 1) != 0, nano, 1);
		pcap_put(1700000000, 5, "first");
		pcap_put(1700000001, 999999, "");
		struct source *source = open_image();
		cr_expect_str_eq(source_link_name(source), "EN10MB");
		cr_expect(source_link_type(source) == 1);
		cr_expect(source_fd(source) == -1 && !source_is_live(source));
		expect_packet(source, "first", 1700000000000000000u + (nano ? 5 : 5000), 1);
		expect_packet(source, "", 1700000001000000000u + (nano ? 999999 : 999999000), 2);
		cr_expect(source_counts(source).packets == 2);
		expect_end(source, SOURCE_END);
	}
}

static void
expect_ahead(struct source *source, const char *text)
{
	struct packet packet;
	cr_assert(source_ahead(source, &packet) == (text != NULL), "%s", text != NULL ? text : "none");
	cr_expect(text == NULL ||
		(packet.cap_len == strlen(text) && memcmp(packet.data, text, packet.cap_len) == 0), "%s", text);
}

/* Each once, in order, and no farther than agreed; behind the last whole one there is nothing. */
Test(capture_file, packets_ahead)
{
	pcap_begin(false, false, 1);
	const char *texts[] = {"one", "two", "three", "", "five", "six", "seven", "eight", "nine"};
	enum { COUNT = sizeof(texts) / sizeof(texts[0]) };
	static_assert(SOURCE_AHEAD + 3 < COUNT, "the cut one is not ahead of the second");
	for (unsigned i = 0; i < COUNT; i++) {
		pcap_put(i, 0, texts[i]);
	}
	image.size -= 2;
	struct source *source = open_image();
	expect_packet(source, "one", 0, 1);
	for (unsigned i = 1; i <= SOURCE_AHEAD; i++) {
		expect_ahead(source, texts[i]);
	}
	expect_ahead(source, NULL);
	expect_packet(source, "two", 1000000000, 2);
	expect_ahead(source, texts[SOURCE_AHEAD + 1]);
	expect_ahead(source, NULL);
	/* Who does not ask for some while begins anew with what comes next. */
	for (unsigned i = 2; i < COUNT - 1; i++) {
		expect_packet(source, texts[i], i * UINT64_C(1000000000), i + 1);
	}
	expect_ahead(source, NULL);
	expect_end(source, SOURCE_DAMAGED);
}

Test(capture_file, a_cut_pcap_gives_what_is_whole)
{
	pcap_begin(false, false, 1);
	size_t header = image.size;
	pcap_put(1, 0, "first");
	size_t one = image.size;
	pcap_put(2, 0, "second");
	size_t two = image.size;
	for (size_t size = 0; size < two; size++) {
		struct capture_error error;
		struct source *source = open_octets(image.bytes, size, &error);
		if (size < header) {
			cr_expect_null(source);
			const char *text = size == 0 ? "is empty"
			                 : size < 4  ? "not a pcap" : "inside its header";
			cr_expect(strstr(error.text, text) != NULL, "%zu: %s", size, error.text);
			continue;
		}
		cr_assert_not_null(source);
		if (size >= one) {
			expect_packet(source, "first", 1000000000, 1);
		}
		struct packet packet;
		enum source_status status = source_next(source, &packet, &error);
		bool whole = size == header || size == one;
		cr_expect(status == (whole ? SOURCE_END : SOURCE_DAMAGED), "%zu", size);
		if (!whole) {
			char expected[64];
			snprintf(expected, sizeof(expected), "after frame %d: at offset %zu", size > one,
				size > one ? one : header);
			cr_expect(strstr(error.text, expected) != NULL, "%s", error.text);
		}
		source_close(source);
	}
}

Test(capture_file, a_length_that_lies_is_damage)
{
	pcap_begin(false, false, 1);
	pcap_put(1, 0, "first");
	put(0, 8);
	put(0x7fffffff, 4);
	put(0x7fffffff, 4);
	put(0, 8);
	struct source *source = open_image();
	expect_packet(source, "first", 1000000000, 1);
	expect_end(source, SOURCE_DAMAGED);
}

Test(capture_file, pcapng_with_interfaces_that_differ)
{
	for (int order = 0; order < 2; order++) {
		image.size = 0;
		section(order == 1);
		interface(1, 0, -1, 0);
		block(4, "names", 5);
		interface(101, 96, 9, 0);
		interface(113, 65535, 0x80 | 10, 100);
		interface(276, 65535, 3, 0);
		interface(276, 65535, 12, 0);
		enhanced(0, 1700000000000001u, "micro");
		enhanced(1, 1700000000000000001u, "nano");
		enhanced(2, (UINT64_C(1700000000) << 10) + 512, "binary");
		enhanced(3, 1700000000500u, "milli");
		enhanced(4, 1700000000000001999u, "pico");
		/* The simple one belongs to the first interface. */
		body_begin();
		put(3, 4);
		put_octets("abc", 3);
		body_end(3);
		/* The old one. */
		body_begin();
		put(1, 2);
		put(0, 2);
		put(0, 4);
		put(77, 4);
		put(3, 4);
		put(90, 4);
		put_octets("old", 3);
		body_end(2);
		section(order == 0);
		interface(12, 0, 6, 0);
		enhanced(0, 5, "next");
		struct source *source = open_image();
		cr_expect(source_link_type(source) == 1);
		expect_packet(source, "micro", 1700000000000001000u, 1);
		expect_packet(source, "nano", 1700000000000000001u, 2);
		expect_packet(source, "binary", 1700000100500000000u, 3);
		expect_packet(source, "milli", 1700000000500000000u, 4);
		expect_packet(source, "pico", 1700000000000001u, 5);
		expect_packet(source, "abc", 1700000000000001u, 6);
		expect_packet(source, "old", 77, 7);
		expect_packet(source, "next", 5000, 8);
		expect_end(source, SOURCE_END);
	}
}

Test(capture_file, link_types_of_packets_are_dlt_values)
{
	image.size = 0;
	section(false);
	interface(101, 0, -1, 0);
	enhanced(0, 0, "raw");
	struct source *source = open_image();
	struct packet packet;
	struct capture_error error;
	cr_assert(source_next(source, &packet, &error) == SOURCE_PACKET);
	cr_expect(packet.link_type == DLT_RAW && packet.time_digits == 6);
	source_close(source);
}

Test(capture_file, damaged_pcapng)
{
	static const struct {
		size_t back; /* of the end of the file: which octet */
		uint8_t value;
	} rows[] = {
		{1, 0xff},  /* the second length */
		{4, 0x21},
		{32, 9},    /* the interface's number */
		{20, 99},   /* the captured length */
		{36, 0xff}, /* the first length */
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		image.size = 0;
		section(false);
		interface(1, 0, -1, 0);
		enhanced(0, 1, "good");
		enhanced(0, 1, "damaged.");
		image.bytes[image.size - rows[i].back] = rows[i].value;
		struct source *source = open_image();
		expect_packet(source, "good", 1000, 1);
		expect_end(source, SOURCE_DAMAGED);
	}
}

Test(capture_file, errors_before_the_first_packet)
{
	struct capture_error error;
	cr_expect_null(source_open_file("/nonexistent/x.pcap", &options, &error));
	cr_expect(strstr(error.text, "No such file") != NULL, "%s", error.text);
	cr_expect_null(source_open_file("/", &options, &error));
	cr_expect(strstr(error.text, "is a directory") != NULL, "%s", error.text);
	cr_expect_null(open_octets("no capture at all", 17, &error));
	cr_expect(strstr(error.text, "not a pcap or pcapng capture") != NULL, "%s", error.text);
	pcap_begin(false, false, 105);
	cr_expect_null(open_octets(image.bytes, image.size, &error));
	cr_expect(strstr(error.text, "IEEE802_11 (105)") != NULL, "%s", error.text);
	pcap_begin(false, false, 1);
	options.filter = "tcp porto 179";
	cr_expect_null(open_octets(image.bytes, image.size, &error));
	cr_expect(strstr(error.text, "tcp porto 179") != NULL, "%s", error.text);
	options.filter = NULL;
	image.size = 0;
	section(false);
	interface(105, 0, -1, 0);
	enhanced(0, 1, "wifi");
	struct source *source = open_image();
	struct packet packet;
	cr_expect(source_next(source, &packet, &error) == SOURCE_DAMAGED);
	cr_expect(strstr(error.text, "IEEE802_11 (105) is not supported") != NULL, "%s", error.text);
	source_close(source);
}

Test(capture_file, the_filter_drops_and_frames_are_counted)
{
	static const char other[] = "\1\2\3\4\5\6\1\2\3\4\5\6\x08\x00garbage";
	static const char arp[] = "\1\2\3\4\5\6\1\2\3\4\5\6\x08\x06garbage";
	pcap_begin(false, false, 1);
	for (uint32_t i = 0; i < 3; i++) {
		put(i, 4);
		put(0, 4);
		put(sizeof(arp) - 1, 4);
		put(sizeof(arp) - 1, 4);
		put_octets(i == 1 ? arp : other, sizeof(arp) - 1);
	}
	options.filter = "arp";
	struct source *source = open_image();
	struct packet packet;
	struct capture_error error;
	cr_assert(source_next(source, &packet, &error) == SOURCE_PACKET);
	cr_expect(packet.frame == 2);
	cr_expect(source_counts(source).packets == 1);
	expect_end(source, SOURCE_END);
}

static uint8_t packed[FILE_MAX];

static size_t
gzip(const uint8_t *from, size_t size, uint8_t *to)
{
	z_stream z = {0};
	cr_assert(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
	z.next_in = (Bytef *)(uintptr_t)from;
	z.avail_in = (uInt)size;
	z.next_out = to;
	z.avail_out = FILE_MAX / 2;
	cr_assert(deflate(&z, Z_FINISH) == Z_STREAM_END);
	size_t packed_size = z.total_out;
	deflateEnd(&z);
	return packed_size;
}

Test(capture_file, packed_files_in_several_members)
{
	pcap_begin(false, false, 1);
	for (uint32_t i = 0; i < 500; i++) {
		pcap_put(i, 0, "a packet");
	}
	for (int zstd = 0; zstd < 2; zstd++) {
		size_t half = image.size / 2, size;
		if (zstd == 1) {
			size = ZSTD_compress(packed, FILE_MAX / 2, image.bytes, half, 3);
			size += ZSTD_compress(packed + size, FILE_MAX / 2, image.bytes + half,
				image.size - half, 3);
		} else {
			size = gzip(image.bytes, half, packed);
			size += gzip(image.bytes + half, image.size - half, packed + size);
		}
		struct capture_error error;
		struct source *source = open_octets(packed, size, &error);
		cr_assert_not_null(source, "%s", error.text);
		for (uint32_t i = 0; i < 500; i++) {
			expect_packet(source, "a packet", i * UINT64_C(1000000000), i + 1);
		}
		expect_end(source, SOURCE_END);
		/* Cut anywhere: never quietly. */
		for (size_t cut = 40; cut < size; cut += 7) {
			source = open_octets(packed, cut, &error);
			if (source == NULL) {
				continue;
			}
			struct packet packet;
			enum source_status status;
			while ((status = source_next(source, &packet, &error)) == SOURCE_PACKET) {
			}
			cr_expect(status == SOURCE_DAMAGED, "cut at %zu", cut);
			source_close(source);
		}
		/* Damaged anywhere: no crash. */
		for (size_t at = 4; at < size; at += 3) {
			packed[at] ^= 0x55;
			source = open_octets(packed, size, &error);
			struct packet packet;
			while (source != NULL && source_next(source, &packet, &error) == SOURCE_PACKET) {
			}
			source_close(source);
			packed[at] ^= 0x55;
		}
	}
}

Test(capture_file, a_pipe_shows_each_packet_when_it_comes)
{
	for (int compressed = 0; compressed < 2; compressed++) {
		int ends[2];
		cr_assert(pipe(ends) == 0);
		cr_assert(dup2(ends[0], STDIN_FILENO) == STDIN_FILENO);
		struct source_options waiting = {.nonblocking = true};
		struct capture_error error;
		struct source *source = source_open_file("-", &waiting, &error);
		cr_assert_not_null(source);
		cr_expect(source_fd(source) == STDIN_FILENO);
		cr_expect(source_link_type(source) == -1);
		struct packet packet;
		pcap_begin(false, false, 1);
		pcap_put(1, 0, "first");
		size_t one = image.size;
		pcap_put(2, 0, "second");
		const uint8_t *from = image.bytes;
		size_t size = image.size;
		size_t seen = 0;
		if (compressed == 1) {
			size = gzip(image.bytes, image.size, packed);
			from = packed;
		}
		for (size_t i = 0; i < size; i++) {
			cr_assert(write(ends[1], from + i, 1) == 1);
			enum source_status status = source_next(source, &packet, &error);
			seen += status == SOURCE_PACKET;
			cr_expect(status == SOURCE_PACKET || status == SOURCE_AGAIN);
			if (compressed == 0) {
				cr_expect(seen == (size_t)(i + 1 >= one) + (i + 1 == size), "octet %zu", i);
			}
		}
		cr_expect(seen == 2 || compressed == 1);
		close(ends[1]);
		while (source_next(source, &packet, &error) == SOURCE_PACKET) {
			seen++;
		}
		cr_expect(seen == 2);
		expect_end(source, SOURCE_END);
		close(ends[0]);
	}
}

Test(capture_file, an_empty_pipe_and_a_bad_filter)
{
	int ends[2];
	cr_assert(pipe(ends) == 0);
	cr_assert(dup2(ends[0], STDIN_FILENO) == STDIN_FILENO);
	struct capture_error error;
	options.filter = "nonsense (";
	cr_expect_null(source_open_file("-", &options, &error));
	options.filter = "tcp port 179";
	struct source *source = source_open_file("-", &options, &error);
	cr_assert_not_null(source);
	close(ends[1]);
	expect_end(source, SOURCE_DAMAGED);
}

Test(capture_file, what_is_written_can_be_read)
{
	char path[] = "/tmp/bgpwhy-writer-XXXXXX";
	int fd = mkstemp(path);
	cr_assert(fd >= 0);
	close(fd);
	struct capture_error error;
	struct packet_writer *writer = packet_writer_open(path, 0, &error);
	cr_assert_not_null(writer);
	cr_expect(packet_writer_begin(writer, false, DLT_RAW, 9, &error));
	struct packet packet = {
		.time_ns = 1700000000123456789u, .cap_len = 4, .wire_len = 90, .link_type = DLT_RAW,
		.data = (const uint8_t *)"data",
	};
	cr_expect(packet_writer_put(writer, 0, "x", &packet, &error));
	cr_expect(packet_writer_flush(writer, &error));
	packet.link_type = DLT_EN10MB;
	cr_expect(!packet_writer_put(writer, 0, "x", &packet, &error));
	cr_expect(packet_writer_close(writer, &error));
	struct source *source = source_open_file(path, &options, &error);
	cr_assert_not_null(source);
	unlink(path);
	cr_assert(source_next(source, &packet, &error) == SOURCE_PACKET);
	cr_expect(packet.time_ns == 1700000000123456789u && packet.time_digits == 9);
	cr_expect(packet.wire_len == 90 && packet.cap_len == 4 && packet.link_type == DLT_RAW);
	expect_end(source, SOURCE_END);
	cr_expect_null(packet_writer_open("/nonexistent/x", 0, &error));
	writer = packet_writer_open("/dev/full", 0, &error);
	if (writer != NULL) {
		cr_expect(packet_writer_begin(writer, false, 1, 6, &error));
		packet.link_type = 1;
		packet.data = (const uint8_t *)"data";
		cr_expect(packet_writer_put(writer, 0, "x", &packet, &error));
		cr_expect(!packet_writer_flush(writer, &error));
		cr_expect(strstr(error.text, "/dev/full") != NULL);
		packet_writer_close(writer, &error);
	}
}

/* Two inputs, two link types, two precisions: each packet comes back as it was. */
Test(capture_file, a_pcapng_holds_every_link_type)
{
	char path[] = "/tmp/bgpwhy-writer-XXXXXX";
	int fd = mkstemp(path);
	cr_assert(fd >= 0);
	close(fd);
	static const struct packet packets[] = {
		{.time_ns = 1700000000123456000u, .time_digits = 6, .cap_len = 4, .wire_len = 90,
			.link_type = DLT_RAW, .data = (const uint8_t *)"data"},
		{.time_ns = 1700000001123456789u, .time_digits = 9, .cap_len = 3, .wire_len = 3,
			.link_type = DLT_EN10MB, .data = (const uint8_t *)"abc"},
		{.time_ns = 1700000002000001000u, .time_digits = 6, .cap_len = 1, .wire_len = 1,
			.link_type = DLT_RAW, .data = (const uint8_t *)"x"},
	};
	struct capture_error error;
	struct packet_writer *writer = packet_writer_open(path, 0, &error);
	cr_assert_not_null(writer);
	cr_expect(packet_writer_begin(writer, true, -1, 0, &error));
	cr_expect(packet_writer_begin(writer, false, DLT_RAW, 9, &error), "only the first counts");
	for (uint32_t i = 0; i < 3; i++) {
		cr_expect(packet_writer_put(writer, i % 2, i % 2 == 0 ? "eth0" : "", &packets[i], &error));
	}
	cr_expect(packet_writer_close(writer, &error));
	struct source *source = source_open_file(path, &options, &error);
	cr_assert_not_null(source, "%s", error.text);
	cr_expect(source_is_mixed(source));
	unlink(path);
	for (size_t i = 0; i < 3; i++) {
		struct packet packet;
		cr_assert(source_next(source, &packet, &error) == SOURCE_PACKET, "%s", error.text);
		cr_expect(packet.time_ns == packets[i].time_ns, "%zu", i);
		cr_expect(packet.time_digits == packets[i].time_digits, "%zu", i);
		cr_expect(packet.link_type == packets[i].link_type, "%zu", i);
		cr_expect(packet.cap_len == packets[i].cap_len && packet.wire_len == packets[i].wire_len);
		cr_expect(memcmp(packet.data, packets[i].data, packet.cap_len) == 0);
	}
	expect_end(source, SOURCE_END);
}

/* Octet by octet: a packet is there when its last octet is, and never before. */
Test(capture_file, a_file_that_grows_is_waited_for)
{
	char path[] = "/tmp/bgpwhy-follow-XXXXXX";
	int fd = mkstemp(path);
	cr_assert(fd >= 0);
	struct source_options follow = {.follow = true};
	struct capture_error error;
	struct packet packet;
	struct source *source = source_open_file(path, &follow, &error);
	cr_assert_not_null(source, "%s", error.text);
	pcap_begin(false, false, 1);
	for (uint32_t i = 0; i < 3; i++) {
		pcap_put(i, 0, "hello");
	}
	size_t seen = 0;
	for (size_t i = 0; i < image.size; i++) {
		cr_assert(write(fd, image.bytes + i, 1) == 1);
		enum source_status status = source_next(source, &packet, &error);
		bool whole = i >= 24 && (i + 1 - 24) % 21 == 0;
		cr_expect(status == (whole ? SOURCE_PACKET : SOURCE_AGAIN), "%zu: %d", i, (int)status);
		seen += status == SOURCE_PACKET;
		cr_expect(source_is_settled(source) == (i == 23 || whole), "%zu", i);
	}
	cr_expect(seen == 3);
	/* From the begin, where it is shorter than it was. */
	cr_assert(ftruncate(fd, 24) == 0);
	cr_expect(source_next(source, &packet, &error) == SOURCE_NOTICE);
	cr_expect(strstr(error.text, "truncated") != NULL, "%s", error.text);
	cr_expect(source_next(source, &packet, &error) == SOURCE_AGAIN);
	cr_assert(pwrite(fd, image.bytes + 24, 21, 24) == 21);
	cr_expect(source_next(source, &packet, &error) == SOURCE_PACKET && packet.frame == 4);
	unlink(path);
	cr_expect(source_next(source, &packet, &error) == SOURCE_NOTICE && source_is_away(source));
	cr_expect(!source_is_settled(source));
	source_close(source);
	close(fd);
}

/* 192.0.2.1:40000 > 192.0.2.2:179, SYN, behind a link header, as a capture of one packet. */
static bool
default_filter_takes(uint32_t link, const char *header, size_t header_size, uint8_t port)
{
	uint8_t ip[] = {0x45, 0, 0, 40, 0, 1, 0, 0, 64, 6, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2,
		0x9c, 0x40, 0, port, 0, 0, 0, 0, 0, 0, 0, 0, 0x50, 2, 0, 0, 0, 0, 0, 0};
	static const uint16_t ports[] = {179, 200};
	static char text[SOURCE_FILTER_MAX];
	int type = link == 101 ? DLT_RAW : (int)link;
	cr_assert(source_default_filter(type, ports, 2, false, text, sizeof(text)));
	options.filter = text;
	pcap_begin(false, false, link);
	put(0, 8);
	put(header_size + sizeof(ip), 4);
	put(header_size + sizeof(ip), 4);
	put_octets(header, header_size);
	put_octets(ip, sizeof(ip));
	struct source *source = open_image();
	struct packet packet;
	struct capture_error error;
	enum source_status status = source_next(source, &packet, &error);
	source_close(source);
	options.filter = NULL;
	return status == SOURCE_PACKET;
}

Test(capture_file, the_default_filter_fits_every_link)
{
	static const struct {
		uint32_t link;
		const char *header;
		size_t size;
	} rows[] = {
		{1, "\2\0\0\0\0\1\2\0\0\0\0\2\x08\x00", 14},
		{1, "\2\0\0\0\0\1\2\0\0\0\0\2\x81\x00\x00\x64\x08\x00", 18},
		{1, "\2\0\0\0\0\1\2\0\0\0\0\2\x88\xa8\x00\x64\x81\x00\x00\x65\x08\x00", 22},
		{276, "\x08\x00\0\0\0\0\0\3\0\1\0\6\2\0\0\0\0\2\0\0", 20},
		{113, "\0\0\0\1\0\6\2\0\0\0\0\2\0\0\x08\x00", 16},
		{101, "", 0},
		{228, "", 0},
		{0, "\2\0\0\0", 4},
		{108, "\0\0\0\2", 4},
		{9, "\xff\3\0\x21", 4},
		{104, "\x0f\0\x08\0", 4},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		cr_expect(default_filter_takes(rows[i].link, rows[i].header, rows[i].size, 179), "%zu", i);
		cr_expect(default_filter_takes(rows[i].link, rows[i].header, rows[i].size, 200), "%zu", i);
		cr_expect(!default_filter_takes(rows[i].link, rows[i].header, rows[i].size, 80), "%zu", i);
	}
}
