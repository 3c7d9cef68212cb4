/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BGPWHY_CAPTURE_HEAP_H
#define BGPWHY_CAPTURE_HEAP_H

/*
 * Asks for large pages for what malloc() has got since the last time. Of ten thousand sessions each packet
 * finds another one, some thirty small pages apart: without large ones the processor looks for the pages
 * longer than it reads what is on them. It is advice: where the kernel has none, nothing changes. Called
 * while files are read; on a device a packet may not wait until a large page is free.
 */
void heap_advise(void);

#endif
