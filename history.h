/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BGPWHY_HISTORY_H
#define BGPWHY_HISTORY_H

#include <stdbool.h>

#include "options.h"
#include "store/store.h"

/* Opens --db for a run of these options. The files are read for their hashes, so before the first packet, and
 * while their folders are still open to us. See store_open_writer(). */
enum store_opened history_open(const struct options *options, bool live, store_let_go *let_go,
	store_complain *complain, void *ctx, struct sink *sink, struct store_error *error);

#endif
