/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BGPWHY_STORE_QUEUE_H
#define BGPWHY_STORE_QUEUE_H

#include <stdint.h>

#include "store/store.h"

/* A sink before the writer's: it takes events at once, and a thread hands them on. Private to this folder. */

struct queue;

/* So many events did not get through. */
typedef void store_lost(void *self, uint64_t count);

struct queue *queue_create(const char *path, store_let_go *let_go, store_complain *complain, void *ctx);
/* How the writer behind it complains, with the queue as `ctx`: it is said by the thread that tells the events. */
store_complain *queue_complain(void);
/* The sink; its close() ends the thread and closes `inner`. */
struct sink queue_sink(struct queue *queue, const struct sink *inner, store_lost *lose);

#endif
