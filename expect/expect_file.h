/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BGPWHY_EXPECT_EXPECT_FILE_H
#define BGPWHY_EXPECT_EXPECT_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "track/expect.h"

/*
 * What the user wants, out of a file: the format of bgpwhy-expect(5), a MetalLB configuration (YAML), or
 * one of FRR. A room of its own beside store and ui: it gives the tracker values and needs nothing else of it, and
 * unit tests and fuzzing reach it without main.
 */

enum expect_kind {
	EXPECT_KIND_GUESS, /* told from the content */
	EXPECT_KIND_TEXT,
	EXPECT_KIND_METALLB,
	EXPECT_KIND_FRR,
};

enum { EXPECT_FILE_SIZE_MAX = 1 << 20 };

/*
 * Reads [KIND[@PREFIX]:]FILE as given to --expect and adds its peers. KIND is text, metallb or frr; PREFIX
 * is where the speakers that the configuration is of have their addresses. "-" is standard input.
 * False: `error` has one line that names file, line and what is wrong.
 */
bool expect_read(struct expect *expect, const char *argument, char *error, size_t error_size);

/* The same of `size` octets in memory; `local` may be NULL. */
bool expect_parse(struct expect *expect, const char *name, enum expect_kind kind,
	const struct expect_prefix *local, const char *bytes, size_t size, char *error,
	size_t error_size);

#endif
