/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/heap.h"

#include <malloc.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#ifdef __GLIBC__

enum {
	PAGE = 4096,
	STEP = 16 << 20, /* octets by which the heap grows: what is advised must not be in use yet */
};

void
heap_advise(void)
{
	static uintptr_t advised; /* what the kernel knows of lies before it; there is one heap, so there is one of these */
	if (advised == 0) {
		mallopt(M_TOP_PAD, STEP);
		mallopt(M_TRIM_THRESHOLD, 2 * STEP);
		advised = (uintptr_t)sbrk(0);
	}
	uintptr_t end = (uintptr_t)sbrk(0); /* no system call */
	if (end > advised) {
		uintptr_t from = (advised + PAGE - 1) / PAGE * PAGE;
		madvise((void *)from, end - from, MADV_HUGEPAGE);
	}
	advised = end;
}

#else

void
heap_advise(void)
{
}

#endif
