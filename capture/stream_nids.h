/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BGPWHY_CAPTURE_STREAM_NIDS_H
#define BGPWHY_CAPTURE_STREAM_NIDS_H

#include "capture/stream.h"

/*
 * Between stream_nids.c and stream_check.c: what the strict receiver has to say about a direction,
 * from what it read and what it refused. `conn->stream` must be libnids' (not the check's).
 * Returns false where there is nothing to say: no octets, and no connection either.
 */
bool stream_nids_judge(const struct conn *conn, int dir, struct check_note *note);

#endif
