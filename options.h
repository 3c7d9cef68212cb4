/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BGPWHY_OPTIONS_H
#define BGPWHY_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/capture.h"
#include "track/expect.h"

/* The command line, read: what the user wants, before anything is opened. */

enum view { VIEW_DEFAULT, VIEW_REPORT, VIEW_LINES, VIEW_JSON, VIEW_UI };
enum color { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

enum { OPTIONS_INPUTS_MAX = 64, OPTIONS_FILTER_MAX = 4096, OPTIONS_KEEP_MIN = 1000000 };

struct options {
	const char *files[OPTIONS_INPUTS_MAX];
	size_t file_count;
	const char *devices[OPTIONS_INPUTS_MAX];
	size_t device_count;
	const char *write_file;
	const char *database;
	bool store_updates; /* --store-updates */
	uint64_t keep_ns, keep_octets; /* --keep; 0: no such limit */
	const char *record; /* --record: a folder; NULL: none */
	uint64_t before_ns, after_ns;
	uint64_t record_octets, record_files; /* --record-keep */
	bool again;         /* --again: store what is there already */
	const char *user; /* -Z; NULL: the default */
	bool follow;
	bool no_sandbox;
	uint64_t packet_limit; /* -c; 0: none */
	int snaplen, buffer_kib;
	bool check; /* --check */
	bool no_promiscuous, numeric, packet_buffered, quiet, list_devices, hex;
	int verbose;
	enum view view;
	enum color color;
	struct capture_options capture;
	char filter[OPTIONS_FILTER_MAX]; /* "": none */
	bool help, version;
	const char *expect[EXPECT_FILES_MAX]; /* --expect */
	size_t expect_count;
	bool learn;           /* --learn */
	bool explain;         /* --explain: */
	char *const *causes;  /* which; none: all */
	size_t cause_count;
};

/* False: `error` has one line that says what is wrong. */
bool options_read(struct options *options, int argc, char **argv, char *error, size_t error_size);

/* The text of -h. */
const char *options_usage(void);

#endif
