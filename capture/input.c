/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading. One buffer holds what was read and not yet taken; what is left of it moves to its front
 * when more is needed, so that packets are handed on from the buffer itself. Standard input may be
 * shared with other processes, so it is never set to O_NONBLOCK: poll() is asked instead.
 */
#include "capture/input.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "capture/heap.h"
#include "capture/limits.h"

enum { LISTEN_SIZE = 1 << 15, LISTEN_PIECES = 32 };

struct input_codec {
	bool gzip;
	bool between; /* of two gzip members or zstd frames: here the stream may end */
	bool done;    /* the packed stream is over */
	bool bad;     /* it is damaged here: what came out before is good */
	struct capture_error damage;
	z_stream z;
	ZSTD_DStream *zstd;
	size_t packed_at, packed_end;
	uint8_t packed[LIMIT_READ_PACKED];
};

void
capture_error_set(struct capture_error *error, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	vsnprintf(error->text, sizeof(error->text), format, args);
	va_end(args);
}

void
capture_out_of_memory(void)
{
	fputs("bgpwhy: out of memory\n", stderr);
	exit(2); /* and not abort(): what was shown and written so far gets to where it goes */
}

void *
capture_allocate(size_t size)
{
	void *p = calloc(1, size > 0 ? size : 1);
	if (p == NULL) {
		capture_out_of_memory();
	}
	return p;
}

void *
capture_reallocate(void *old, size_t size)
{
	void *p = realloc(old, size > 0 ? size : 1);
	if (p == NULL) {
		capture_out_of_memory();
	}
	return p;
}

void
input_init(struct input *in, int fd, bool close_fd, bool nonblocking, const char *name)
{
	*in = (struct input){
		.fd = fd,
		.close_fd = close_fd,
		.nonblocking = nonblocking,
		.name = name,
		.capacity = LIMIT_READ,
	};
	in->buffer = capture_reallocate(NULL, in->capacity);
	in->at = in->end = in->buffer;
}

static void
codec_destroy(struct input_codec *codec)
{
	if (codec == NULL) {
		return;
	}
	if (codec->gzip) {
		inflateEnd(&codec->z);
	} else {
		ZSTD_freeDStream(codec->zstd);
	}
	free(codec);
}

void
input_restart(struct input *in, int fd)
{
	codec_destroy(in->codec);
	in->codec = NULL;
	if (fd != in->fd && in->close_fd) {
		close(in->fd);
	}
	in->fd = fd;
	in->at = in->end = in->buffer;
	in->offset = 0;
	in->eof = in->begun = in->cut = in->garbage = false;
}

bool
input_settled(const struct input *in)
{
	const struct input_codec *codec = in->codec;
	return in->at == in->end &&
		(codec == NULL || (codec->between && codec->packed_at == codec->packed_end));
}

void
input_finish(struct input *in)
{
	codec_destroy(in->codec);
	if (in->close_fd) {
		close(in->fd);
	}
	free(in->buffer);
	*in = (struct input){.fd = -1};
}

/* One read(). INPUT_READY with *got 0 is the end. */
static enum input_status
input_read(struct input *in, uint8_t *to, size_t size, size_t *got, struct capture_error *error)
{
	*got = 0;
	if (in->nonblocking) {
		struct pollfd poll_fd = {.fd = in->fd, .events = POLLIN};
		if (poll(&poll_fd, 1, 0) <= 0) {
			return INPUT_AGAIN;
		}
	}
	ssize_t n = read(in->fd, to, size);
	if (n < 0) {
		if (errno == EINTR || errno == EAGAIN || errno == EWOULDBLOCK) {
			return INPUT_AGAIN;
		}
		capture_error_set(error, "%s: %s", in->name, strerror(errno));
		return INPUT_BAD;
	}
	if (n == 0 && in->follow) {
		return INPUT_AGAIN;
	}
	if (in->listener != NULL) {
		in->listener(in->listener_ctx, to, (size_t)n);
	}
	*got = (size_t)n;
	return INPUT_READY;
}

bool
input_listen(struct input *in, source_listener *listener, void *ctx)
{
	uint8_t octets[LISTEN_SIZE];
	off_t read_by_now = lseek(in->fd, 0, SEEK_CUR);
	off_t at = 0;
	while (at < read_by_now) {
		size_t size = read_by_now - at < LISTEN_SIZE ? (size_t)(read_by_now - at) : LISTEN_SIZE;
		ssize_t n = pread(in->fd, octets, size, at);
		if (n <= 0) {
			return false; /* whoever listens is not told of an end */
		}
		listener(ctx, octets, (size_t)n);
		at += n;
	}
	in->listener = listener;
	in->listener_ctx = ctx;
	return read_by_now >= 0;
}

bool
input_listen_on(struct input *in)
{
	uint8_t octets[LISTEN_SIZE];
	struct capture_error ignored;
	size_t got = 1;
	for (size_t i = 0; i < LISTEN_PIECES && in->listener != NULL; i++) {
		if (input_read(in, octets, sizeof(octets), &got, &ignored) != INPUT_READY || got == 0) {
			in->listener = NULL;
		}
	}
	return in->listener != NULL;
}

/* As gunzip: zeros behind the data are padding (a tape's), all else is worth a word. */
static void
note_garbage(struct input *in)
{
	const struct input_codec *codec = in->codec;
	for (size_t i = codec->packed_at; i < codec->packed_end; i++) {
		in->garbage = in->garbage || codec->packed[i] != 0;
	}
}

static bool
codec_start(struct input *in, bool gzip)
{
	struct input_codec *codec = capture_allocate(sizeof(*codec));
	codec->gzip = gzip;
	codec->between = true;
	if (gzip) {
		if (inflateInit2(&codec->z, 15 + 16) != Z_OK) {
			free(codec);
			return false;
		}
	} else {
		codec->zstd = ZSTD_createDStream();
		if (codec->zstd == NULL) {
			free(codec);
			return false;
		}
		ZSTD_DCtx_setParameter(codec->zstd, ZSTD_d_windowLogMax, LIMIT_ZSTD_WINDOW_LOG);
	}
	/* What was read to find the magic is packed. */
	size_t left = input_left(in);
	assert(left <= sizeof(codec->packed));
	memcpy(codec->packed, in->at, left);
	codec->packed_end = left;
	in->at = in->end = in->buffer;
	in->codec = codec;
	return true;
}

/* Unpacks from what was read into [to, to + size); INPUT_BAD where the octets are damaged. */
static enum input_status
codec_unpack(struct input *in, uint8_t *to, size_t size, size_t *got, struct capture_error *error)
{
	struct input_codec *codec = in->codec;
	*got = 0;
	if (codec->gzip) {
		z_stream *z = &codec->z;
		size_t packed_left = codec->packed_end - codec->packed_at;
		if (codec->between && in->begun) {
			/* After a member another may follow; padding and the like end the stream. */
			const uint8_t *next = codec->packed + codec->packed_at;
			if (packed_left > 0 &&
			    (next[0] != 0x1f || (packed_left > 1 && next[1] != 0x8b))) {
				note_garbage(in);
				codec->done = true;
				return INPUT_READY;
			}
			if (packed_left > 0) {
				inflateReset(z);
			}
		}
		z->next_in = codec->packed + codec->packed_at;
		z->avail_in = (uInt)packed_left;
		z->next_out = to;
		z->avail_out = (uInt)size;
		int rc = inflate(z, Z_SYNC_FLUSH);
		if (packed_left != z->avail_in) {
			codec->between = false;
		}
		codec->packed_at = codec->packed_end - z->avail_in;
		*got = size - z->avail_out;
		in->begun = true;
		if (rc == Z_STREAM_END) {
			codec->between = true;
		} else if (rc != Z_OK && rc != Z_BUF_ERROR) {
			capture_error_set(error, "%s: the gzip data is damaged (%s)", in->name,
				z->msg != NULL ? z->msg : "unknown reason");
			return INPUT_BAD;
		}
		return INPUT_READY;
	}
	ZSTD_inBuffer from = {codec->packed, codec->packed_end, codec->packed_at};
	ZSTD_outBuffer out = {to, size, 0};
	size_t rc = ZSTD_decompressStream(codec->zstd, &out, &from);
	if (from.pos != codec->packed_at || out.pos > 0) {
		codec->between = rc == 0;
	}
	codec->packed_at = from.pos;
	*got = out.pos;
	in->begun = true;
	if (ZSTD_isError(rc)) {
		capture_error_set(error, "%s: the zstd data is damaged (%s)", in->name,
			ZSTD_getErrorName(rc));
		return INPUT_BAD;
	}
	return INPUT_READY;
}

/* More unpacked octets into the free end of the buffer: some, or the end, or none now. */
static enum input_status
codec_read(struct input *in, uint8_t *to, size_t size, size_t *got, struct capture_error *error)
{
	struct input_codec *codec = in->codec;
	*got = 0;
	if (codec->bad) {
		*error = codec->damage;
		return INPUT_BAD;
	}
	while (!codec->done) {
		/* The decoder may hold output although its input is used up: ask it first. */
		size_t before = codec->packed_at;
		bool was_between = codec->between;
		if (!(was_between && codec->packed_at == codec->packed_end)) {
			enum input_status status = codec_unpack(in, to, size, got, error);
			if (status != INPUT_READY || *got > 0) {
				return status;
			}
			if (codec->done) {
				break;
			}
			if (codec->packed_at < codec->packed_end &&
			    (codec->packed_at != before || codec->between != was_between)) {
				continue; /* it moved on: a header, the end of a member */
			}
		}
		if (codec->packed_at == codec->packed_end) {
			codec->packed_at = codec->packed_end = 0;
		}
		size_t n = 0;
		enum input_status status = input_read(in, codec->packed + codec->packed_end,
			sizeof(codec->packed) - codec->packed_end, &n, error);
		if (status != INPUT_READY) {
			return status;
		}
		if (n == 0) {
			codec->done = true;
			in->cut = !codec->between;
			break;
		}
		codec->packed_end += n;
	}
	return INPUT_READY;
}

enum input_status
input_fill(struct input *in, size_t size, struct capture_error *error)
{
	size_t left = input_left(in);
	if (in->buffer == NULL || (in->eof && left < size)) {
		return INPUT_SHORT;
	}
	if (size > in->capacity || (size_t)(in->buffer + in->capacity - in->at) < size ||
	    left == 0) {
		size_t capacity = in->capacity;
		while (capacity < size) {
			capacity *= 2;
		}
		if (capacity != in->capacity) {
			uint8_t *buffer = capture_reallocate(NULL, capacity);
			memcpy(buffer, in->at, left);
			free(in->buffer);
			in->buffer = buffer;
			in->capacity = capacity;
		} else {
			memmove(in->buffer, in->at, left);
		}
		in->at = in->buffer;
		in->end = in->buffer + left;
	}
	heap_advise();
	while (input_left(in) < size) {
		uint8_t *to = in->buffer + (in->end - in->buffer);
		size_t space = in->capacity - (size_t)(in->end - in->buffer);
		size_t got = 0;
		enum input_status status;
		if (in->codec != NULL) {
			status = codec_read(in, to, space, &got, error);
			if (status == INPUT_BAD && got > 0) {
				in->codec->bad = true;
				in->codec->damage = *error;
				status = INPUT_READY;
			}
		} else {
			/* The first read must fit the codec's buffer. */
			if (!in->begun && space > LIMIT_READ_PACKED) {
				space = LIMIT_READ_PACKED - input_left(in);
			}
			status = input_read(in, to, space, &got, error);
		}
		if (status != INPUT_READY) {
			return status;
		}
		if (got == 0) {
			in->eof = true;
			return INPUT_SHORT;
		}
		in->end += got;
		if (!in->begun && in->codec == NULL && input_left(in) >= 4) {
			const uint8_t *p = in->at;
			in->begun = true;
			bool gzip = p[0] == 0x1f && p[1] == 0x8b;
			bool zstd = (p[0] == 0x28 && p[1] == 0xb5 && p[2] == 0x2f && p[3] == 0xfd) ||
				((p[0] & 0xf0) == 0x50 && p[1] == 0x2a && p[2] == 0x4d && p[3] == 0x18);
			if (gzip || zstd) {
				in->begun = false;
				if (!codec_start(in, gzip)) {
					capture_error_set(error, "%s: cannot start to unpack it", in->name);
					return INPUT_BAD;
				}
			}
		}
	}
	return INPUT_READY;
}
