/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A slow disk, for LD_PRELOAD: writing to a database or its log takes SLOW_WRITE_MS, bringing it to the disk
 * SLOW_SYNC_MS, from SLOW_FROM_MS to SLOW_UNTIL_MS after the start. It sleeps in poll(), which every sandbox of
 * the program allows.
 */
/* open() and open64() are both wanted, under their own names. */
#undef _FILE_OFFSET_BITS
#undef _FORTIFY_SOURCE
#include <dlfcn.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <time.h>
#include <fcntl.h>

enum { FDS = 1024 };

static bool is_database[FDS];
static long begin_ms;

static long
clock_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

__attribute__((constructor)) static void
begin(void)
{
	begin_ms = clock_ms();
}

static int
delay(const char *name)
{
	const char *text = getenv(name);
	return text != NULL ? atoi(text) : 0;
}

static int
note(const char *path, int fd)
{
	if (fd >= 0 && fd < FDS) {
		is_database[fd] = strstr(path, ".db") != NULL;
	}
	return fd;
}

static void
wait_for_disk(int fd, const char *name)
{
	static _Thread_local bool inside;
	long since = clock_ms() - begin_ms;
	if (since < delay("SLOW_FROM_MS") || since > delay("SLOW_UNTIL_MS")) {
		return;
	}
	if (fd >= 0 && fd < FDS && is_database[fd] && !inside && delay(name) > 0) {
		inside = true;
		poll(NULL, 0, delay(name));
		inside = false;
	}
}

static void *
real(const char *name)
{
	return dlsym(RTLD_NEXT, name);
}

static mode_t
mode_of(int flags, va_list list)
{
	return (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(list, mode_t) : 0;
}

#define OPEN(name) \
	int name(const char *path, int flags, ...); \
	int \
	name(const char *path, int flags, ...) \
	{ \
		int (*next)(const char *, int, ...); \
		va_list list; \
		va_start(list, flags); \
		mode_t mode = mode_of(flags, list); \
		va_end(list); \
		*(void **)&next = real(#name); \
		return note(path, next(path, flags, mode)); \
	}

#define WRITE(name, offset) \
	ssize_t name(int fd, const void *octets, size_t size, offset at); \
	ssize_t \
	name(int fd, const void *octets, size_t size, offset at) \
	{ \
		ssize_t (*next)(int, const void *, size_t, offset); \
		*(void **)&next = real(#name); \
		wait_for_disk(fd, "SLOW_WRITE_MS"); \
		return next(fd, octets, size, at); \
	}

#define SYNC(name) \
	int name(int fd); \
	int \
	name(int fd) \
	{ \
		int (*next)(int); \
		*(void **)&next = real(#name); \
		wait_for_disk(fd, "SLOW_SYNC_MS"); \
		return next(fd); \
	}

#undef open
#undef open64
#undef pwrite
#undef pwrite64
OPEN(open)
OPEN(open64)
WRITE(pwrite, off_t)
WRITE(pwrite64, off_t)
SYNC(fsync)
SYNC(fdatasync)
