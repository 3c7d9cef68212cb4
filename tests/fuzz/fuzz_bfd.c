/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The BFD decoder: the input is the UDP payload. */
#include "tests/fuzz/walk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	walk_bfd(data, size);
	return 0;
}
