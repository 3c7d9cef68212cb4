/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Put before the C library by LD_PRELOAD: the allocation of number FAIL_AT returns no memory, and with
 * FAIL_REST set none of those after it does. When that happens an octet goes to the descriptor FAIL_FD, so
 * that a test knows whether it did: '!', or 'p' where libpcap itself asked for the memory. With FAIL_CHILD it is
 * about the children of the program only, else about itself only. Uses what glibc calls its own allocator by.
 *
 * With CLOCK_BACK the time of day goes back by an hour that many seconds after the start.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);

static unsigned long fail_at, count;
static int rest, report = -1, children;
static pid_t self;
static time_t back_at;

__attribute__((constructor)) static void
begin(void)
{
	const char *at = getenv("FAIL_AT"), *fd = getenv("FAIL_FD");
	rest = getenv("FAIL_REST") != NULL;
	report = fd != NULL ? atoi(fd) : -1;
	fail_at = at != NULL ? strtoul(at, NULL, 10) : 0;
	count = 0;
	children = getenv("FAIL_CHILD") != NULL;
	self = getpid();
	const char *back = getenv("CLOCK_BACK");
	struct timespec now = {0};
	syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
	back_at = back != NULL ? now.tv_sec + atoi(back) : 0;
}

int
clock_gettime(clockid_t id, struct timespec *now)
{
	struct timespec monotonic = {0};
	int rc = (int)syscall(SYS_clock_gettime, id, now);
	if (rc == 0 && id == CLOCK_REALTIME && back_at != 0 &&
		syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &monotonic) == 0 && monotonic.tv_sec >= back_at) {
		now->tv_sec -= 3600;
	}
	return rc;
}

static int
fails(const void *caller)
{
	if (fail_at == 0 || (children ? getpid() == self : getpid() != self) || ++count < fail_at || (count > fail_at && !rest)) {
		return 0;
	}
	if (count == fail_at && report >= 0) {
		Dl_info who;
		int theirs = dladdr(caller, &who) != 0 && strstr(who.dli_fname, "libpcap") != NULL;
		(void)!write(report, theirs ? "p" : "!", 1);
	}
	errno = ENOMEM;
	return 1;
}

void *
malloc(size_t size)
{
	return fails(__builtin_return_address(0)) ? NULL : __libc_malloc(size);
}

void *
calloc(size_t number, size_t size)
{
	return fails(__builtin_return_address(0)) ? NULL : __libc_calloc(number, size);
}

void *
realloc(void *old, size_t size)
{
	return fails(__builtin_return_address(0)) ? NULL : __libc_realloc(old, size);
}
