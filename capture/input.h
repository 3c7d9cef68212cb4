/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BGPWHY_CAPTURE_INPUT_H
#define BGPWHY_CAPTURE_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/source.h"

/*
 * A stream of octets from a file descriptor, unpacked where it is gzip or zstd. It reads no more
 * than it is asked to wait for: a packet that is there is shown before the next one comes.
 */

enum input_status {
	INPUT_READY,
	INPUT_AGAIN, /* nothing there now (non-blocking, or a signal came) */
	INPUT_SHORT, /* the stream ends before that many octets */
	INPUT_BAD,   /* it cannot be read or unpacked; `error` says why */
};

struct input_codec;

struct input {
	const uint8_t *at; /* the octets that are there: [at, end) */
	const uint8_t *end;
	uint64_t offset; /* of `at` in the unpacked stream */
	/* private */
	uint8_t *buffer;
	size_t capacity;
	int fd;
	bool close_fd, nonblocking, eof, begun;
	bool follow;  /* a file that grows: where it ends now is not its end */
	bool cut;     /* the packed stream ended early */
	bool garbage; /* behind the gzip data stands what is none; it is ignored, as gunzip does */
	struct input_codec *codec; /* NULL: plain */
	const char *name;
	source_listener *listener; /* NULL: nobody */
	void *listener_ctx;
};

void input_init(struct input *in, int fd, bool close_fd, bool nonblocking, const char *name);
void input_finish(struct input *in);

/* Another file in its place, or the same one from its begin: what was not taken is forgotten. The
 * former descriptor is closed if it is another one. */
void input_restart(struct input *in, int fd);

/* Nothing was begun and not finished: the octets that are there were all taken. */
bool input_settled(const struct input *in);

/* As source_listen(), for what can be read at any place. */
bool input_listen(struct input *in, source_listener *listener, void *ctx);
bool input_listen_on(struct input *in);

enum input_status input_fill(struct input *in, size_t size, struct capture_error *error);

/* `size` octets in a row at `in->at`. Pointers into the input are good until the next call. */
static inline enum input_status
input_need(struct input *in, size_t size, struct capture_error *error)
{
	if ((size_t)(in->end - in->at) >= size) {
		return INPUT_READY;
	}
	return input_fill(in, size, error);
}

static inline size_t
input_left(const struct input *in)
{
	return (size_t)(in->end - in->at);
}

/* `size` octets that are there are done with. */
static inline void
input_consume(struct input *in, size_t size)
{
	in->at += size;
	in->offset += size;
}

void capture_error_set(struct capture_error *error, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The one place where memory runs out. */
_Noreturn void capture_out_of_memory(void);
void *capture_allocate(size_t size);
void *capture_reallocate(void *old, size_t size);

#endif
