/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Allocation that does not return without memory: nothing useful could be done there. */
#include "track/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *
check(void *memory)
{
	if (memory == NULL) {
		fputs("bgpwhy: out of memory\n", stderr);
		exit(2); /* and not abort(): what was shown and written so far gets to where it goes */
	}
	return memory;
}

void *
memory_zero(size_t count, size_t size)
{
	return check(calloc(count > 0 ? count : 1, size > 0 ? size : 1));
}

void *
memory_resize(void *old, size_t size)
{
	return check(realloc(old, size > 0 ? size : 1));
}

void *
memory_copy(const void *bytes, size_t size)
{
	void *copy = memory_resize(NULL, size);
	if (size > 0) {
		memcpy(copy, bytes, size);
	}
	return copy;
}
