/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BGPWHY_HISTORY_H
#define BGPWHY_HISTORY_H

#include <stdbool.h>

#include "options.h"
#include "store/store.h"

/* Opens --db for a run of these options, before the first packet and while the folders of its files are still open to
 * us. See store_open_writer(). What is in `hashes` then is to hear the file of that index in the options; it is the
 * caller's to destroy, when the sink was closed. */
enum store_opened history_open(const struct options *options, bool live, store_let_go *let_go,
	store_complain *complain, void *ctx, struct store_hash *hashes[OPTIONS_INPUTS_MAX], struct sink *sink,
	struct store_error *error);

#endif
