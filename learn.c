/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the lessons' captures are: beside the program in its source tree (build/bgpwhy, pcaps/), where
 * `meson install` puts them, or where it was told to put them when it was built. One that is missing
 * or damaged leaves its lesson out; the course goes on.
 */
#include "learn.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "capture/capture.h"
#include "inputs.h"
#include "track/track.h"

enum { PATH_LENGTH_MAX = 4096 };

static void
say_nothing(void *ctx, const char *line)
{
	(void)ctx;
	(void)line;
}

static void
say_no_notice(void *ctx, const char *line, bool lasting)
{
	(void)ctx;
	(void)line;
	(void)lasting;
}

/* The folder that has the first of the captures. */
static bool
find_folder(char folder[PATH_LENGTH_MAX])
{
	static const char *const beside[] = {"../pcaps", "../share/bgpwhy/pcaps"};
	char self[PATH_LENGTH_MAX / 2], path[PATH_LENGTH_MAX + 256];
	ssize_t size = readlink("/proc/self/exe", self, sizeof(self) - 1);
	self[size > 0 ? size : 0] = '\0';
	char *slash = strrchr(self, '/');
	if (slash != NULL) {
		*slash = '\0';
	}
	for (size_t i = 0; i <= sizeof(beside) / sizeof(beside[0]); i++) {
		if (i < sizeof(beside) / sizeof(beside[0])) {
			snprintf(folder, PATH_LENGTH_MAX, "%s/%s", self, beside[i]);
		} else {
			snprintf(folder, PATH_LENGTH_MAX, "%s", BGPWHY_PCAPS);
		}
		snprintf(path, sizeof(path), "%s/%s", folder, dashboard_lesson_file(0));
		if (access(path, R_OK) == 0) {
			return true;
		}
	}
	return false;
}

/* One capture, from the first packet to the last word. */
static bool
load_one(struct dashboard *dashboard, size_t lesson, const struct options *options)
{
	const struct inputs_talk talk = {.complain = say_nothing, .notice = say_no_notice};
	struct capture_error error;
	struct inputs *inputs = inputs_open(options, &talk);
	if (inputs == NULL) {
		return false;
	}
	struct track *track = track_create(&(struct track_options){.all_bfd_packets = true});
	struct capture *capture = capture_create(&options->capture, track_flow_sink(track), &error);
	if (capture != NULL) {
		struct sink sink = dashboard_lesson_sink(dashboard, lesson);
		track_add_sink(track, &sink);
		inputs_begin(inputs, capture, track);
		enum inputs_step now;
		do {
			now = inputs_next(inputs);
		} while (now == INPUTS_PACKET || now == INPUTS_BUSY);
		inputs_end(inputs);
		capture_finish(capture);
		track_input_artefacts(track, 0, capture_artefacts(capture));
		track_finish(track);
	}
	bool good = capture != NULL;
	capture_destroy(capture);
	track_destroy(track);
	inputs_destroy(inputs);
	return good;
}

bool
learn_load(struct dashboard *dashboard, const struct options *options, char *error,
	size_t error_size)
{
	char folder[PATH_LENGTH_MAX], path[PATH_LENGTH_MAX + 256];
	if (!find_folder(folder)) {
		snprintf(error, error_size,
			"--learn: the captures of the lessons are neither beside this program nor in %.200s",
			BGPWHY_PCAPS);
		return false;
	}
	struct options one = {.file_count = 1, .capture = options->capture};
	size_t loaded = 0;
	for (size_t i = 0; dashboard_lesson_file(i) != NULL; i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, dashboard_lesson_file(i));
		one.files[0] = path;
		loaded += access(path, R_OK) == 0 && load_one(dashboard, i, &one) ? 1 : 0;
	}
	return loaded > 0;
}
