/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BGPWHY_TRACK_MEMORY_H
#define BGPWHY_TRACK_MEMORY_H

#include <stddef.h>

/* The one place where being out of memory ends the program. */
void *memory_zero(size_t count, size_t size);
void *memory_resize(void *old, size_t size);
void *memory_copy(const void *bytes, size_t size);

#endif
