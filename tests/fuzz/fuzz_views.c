/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From a capture file of any octets through the whole house into every view that writes: the report, the
 * lines with the trees of fields and octets, and JSON. Whatever the octets are, what is written is UTF-8
 * without a control character (of C0, C1 or of direction), or a terminal could be told what to do. The size
 * of the input says whether the sessions are held against expectations, keys are known, and BGP is on any port.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "capture/capture.h"
#include "capture/source.h"
#include "expect/expect_file.h"
#include "track/track.h"
#include "ui/ui.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { VIEWS = 3, PACKETS_MAX = 600 };

/* Of the two hosts of the lab; nobody else is to be there. */
static const char wanted[] =
	"strict\n"
	"peer 192.0.2.10 192.0.2.1\nasn 65009 65001\nrouter-id 192.0.2.10 192.0.2.1\nhold-time 15\nfamilies ipv4-unicast\n"
	"bfd single-hop\nbfd-transmit-ms 270 100\nbfd-receive-ms 380 10\nbfd-multiplier 3 5\nmd5 no\n"
	"peer 2001:db8::10 2001:db8::1\nasn 65009 65001\nfamilies ipv6-unicast\nmd5 yes\nbfd no\n"
	"peer 192.0.2.77 198.51.100.1\nbfd multihop\n";

static void
check(int good)
{
	if (!good) {
		abort();
	}
}

/* The length of the character at `p`, and what it is; 0 where it is none. */
static size_t
character(const uint8_t *p, size_t left, uint32_t *code)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t size = p[0] < 0x80 ? 1 : p[0] < 0xc0 ? 0 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : p[0] < 0xf8 ? 4 : 0;
	if (size == 0 || size > left) {
		return 0;
	}
	*code = size == 1 ? p[0] : p[0] & (0xffu >> (size + 1));
	for (size_t i = 1; i < size; i++) {
		if ((p[i] & 0xc0) != 0x80) {
			return 0;
		}
		*code = *code << 6 | (p[i] & 0x3f);
	}
	return *code < least[size] || *code > 0x10ffff || (*code >= 0xd800 && *code < 0xe000) ? 0 : size;
}

static void
check_written(const char *text, size_t size, int json)
{
	const uint8_t *p = (const uint8_t *)text;
	for (size_t at = 0; at < size;) {
		uint32_t code = 0;
		size_t length = character(p + at, size - at, &code);
		check(length > 0);
		check(code >= 0x20 || code == '\n');
		check(code < 0x7f || code > 0x9f);
		check(code != 0x61c && code != 0x200e && code != 0x200f);
		check((code < 0x202a || code > 0x202e) && (code < 0x2066 || code > 0x2069));
		check(!json || (code != 0x2028 && code != 0x2029));
		at += length;
	}
}

static void
play(struct source *source, struct capture *capture, struct track *track)
{
	struct packet packet;
	struct capture_error error;
	unsigned count = 0;
	track_input_begin(track, 0, "file", "EN10MB", 0, 6);
	while (count++ < PACKETS_MAX) {
		enum source_status status = source_next(source, &packet, &error);
		if (status == SOURCE_PACKET) {
			capture_packet(capture, 0, &packet);
		} else if (status == SOURCE_END || status == SOURCE_DAMAGED) {
			break;
		}
	}
	track_input_end(track, 0, count, 0, capture_artefacts(capture));
	capture_finish(capture);
	track_finish(track);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[64];
	int fd = memfd_create("capture", 0);
	check(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	struct capture_error error;
	struct source *source = source_open_file(path, NULL, &error);
	if (source == NULL) {
		close(fd);
		return 0;
	}
	static struct expect expect;
	char why[512];
	check(expect.count > 0 ||
		expect_parse(&expect, "wanted", EXPECT_KIND_TEXT, NULL, wanted, sizeof(wanted) - 1, why, sizeof(why)));
	expect.bfd_captured = size % 4 < 2;
	struct track *track = track_create(&(struct track_options){.all_bfd_packets = true,
		.expect = size % 3 == 0 ? &expect : NULL});
	struct capture *capture = capture_create(&(struct capture_options){.ports = {179}, .port_count = 1,
						 .any_port = size % 2 == 1, .max_connections = 64,
						 .keys = {"swordfish"}, .key_count = size % 5 == 0},
		track_flow_sink(track), &error);
	check(capture != NULL);
	char *text[VIEWS];
	size_t length[VIEWS];
	FILE *file[VIEWS];
	struct sink sink[VIEWS];
	for (int i = 0; i < VIEWS; i++) {
		file[i] = open_memstream(&text[i], &length[i]);
		const struct ui_options options = {.out = file[i], .verbose = 2, .hex = true,
			.utf8 = true, .title = "file", .width = i == 0 ? 80 : 0};
		check(i == 0 ? ui_report_open(&options, &sink[i]) : i == 1 ? ui_lines_open(&options, &sink[i])
									 : ui_json_open(&options, &sink[i]));
		track_add_sink(track, &sink[i]);
	}
	play(source, capture, track);
	for (int i = 0; i < VIEWS; i++) {
		(void)sink[i].close(sink[i].self);
		fclose(file[i]);
		check_written(text[i], length[i], i == 2);
		free(text[i]);
	}
	capture_destroy(capture);
	track_destroy(track);
	source_close(source);
	close(fd);
	return 0;
}
