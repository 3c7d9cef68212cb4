/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The dashboard without a terminal, for tests of whole screens: reads a capture as the program does and
 * presses keys.
 *
 *     screens FILE WIDTH HEIGHT [ascii] [learn LESSON] { KEY | =NAME | WIDTHxHEIGHT }...
 *
 * KEY is a label of keys.def or a character; =NAME prints the screen under that name, WIDTHxHEIGHT is a new
 * size. With `learn` the capture is that of a lesson, counted from 0.
 */
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/capture.h"
#include "capture/source.h"
#include "track/track.h"
#include "ui/dashboard.h"

enum { ROW_TEXT = 8192 };

static bool
read_capture(const char *path, struct sink sink)
{
	struct capture_error error;
	struct packet packet;
	const struct capture_options options = {.ports = {179}, .port_count = 1};
	struct source *source = source_open_file(path, NULL, &error);
	struct track *track = track_create(&(struct track_options){.any_port = false});
	struct capture *capture = source != NULL
		? capture_create(&options, track_flow_sink(track), &error)
		: NULL;
	if (capture == NULL) {
		fprintf(stderr, "screens: %s\n", error.text);
		return false;
	}
	track_add_sink(track, &sink);
	uint64_t count = 0;
	while (source_next(source, &packet, &error) == SOURCE_PACKET) {
		struct packet later;
		if (count++ == 0) {
			const char *slash = strrchr(path, '/');
			track_input_begin(track, 0, slash != NULL ? slash + 1 : path, "EN10MB",
				packet.time_ns, 6);
		}
		if (source_ahead(source, &later)) {
			capture_expect(capture, &later);
		}
		capture_packet(capture, 0, &packet);
	}
	uint32_t artefacts = capture_artefacts(capture);
	track_input_end(track, 0, count, 0, artefacts);
	track_inputs_over(track);
	capture_finish(capture);
	track_input_artefacts(track, 0, capture_artefacts(capture));
	track_finish(track);
	capture_destroy(capture);
	track_destroy(track);
	source_close(source);
	return true;
}

static void
print_screen(struct dashboard *dashboard, unsigned height, const char *name)
{
	static char text[ROW_TEXT];
	printf("=== %s\n", name);
	for (unsigned row = 0; row < height; row++) {
		printf("%s\n", dashboard_row(dashboard, row, text, sizeof(text)));
	}
}

int
main(int argc, char **argv)
{
	if (argc < 4) {
		fprintf(stderr, "usage: screens FILE WIDTH HEIGHT [ascii] [learn LESSON] KEY...\n");
		return 2;
	}
	setlocale(LC_ALL, "C.UTF-8");
	unsigned width = (unsigned)atoi(argv[2]), height = (unsigned)atoi(argv[3]);
	int at = 4;
	const char *slash = strrchr(argv[1], '/');
	struct ui_options options = {.utf8 = true, .title = slash != NULL ? slash + 1 : argv[1]};
	if (at < argc && strcmp(argv[at], "ascii") == 0) {
		options.utf8 = false;
		at++;
	}
	size_t lesson = 0;
	if (at + 1 < argc && strcmp(argv[at], "learn") == 0) {
		options.learn = true;
		lesson = (size_t)atoi(argv[at + 1]);
		at += 2;
	}
	struct dashboard *dashboard = dashboard_open_headless(&options, width, height);
	if (dashboard == NULL) {
		return 2;
	}
	struct sink sink = options.learn ? dashboard_lesson_sink(dashboard, lesson)
					 : dashboard_sink(dashboard);
	bool good = read_capture(argv[1], sink) && dashboard_step(dashboard, 1, 100, true);
	for (; good && at < argc; at++) {
		unsigned columns, rows;
		if (argv[at][0] == '=' && argv[at][1] != '\0') {
			print_screen(dashboard, height, argv[at] + 1);
		} else if (sscanf(argv[at], "%ux%u", &columns, &rows) == 2) {
			width = columns;
			height = rows;
			dashboard_resize(dashboard, width, height);
		} else {
			good = dashboard_press(dashboard, argv[at]);
		}
	}
	dashboard_destroy(dashboard);
	return good ? 0 : 1;
}
