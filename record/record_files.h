/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BGPWHY_RECORD_RECORD_FILES_H
#define BGPWHY_RECORD_RECORD_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dissect/address.h"

/*
 * The folder of recordings: the names of its files, and which of them go. A name is made of the time, both
 * addresses and the cause alone, in characters that no shell and no tool minds, and sorts by time; what is not
 * named so is none of ours and never touched.
 */

enum { RECORD_NAME_MAX = 224 };

struct record_file {
	char *name;
	uint64_t octets;
	bool open; /* it is still written */
};

struct record_files {
	int folder;
	struct record_file *list; /* oldest first */
	size_t count, room;
	uint64_t octets;
	bool more; /* the folder has more of them than RECORD_LISTED_MAX: those are neither counted nor removed */
};

/* What is there already. */
void record_files_scan(struct record_files *files, int folder);
void record_files_finish(struct record_files *files);

/* "20260131T235959.123Z_192.0.2.1_2001-db8--1_bad-peer-as.pcap"; `copy` above 1 adds a number. */
void record_name(char name[RECORD_NAME_MAX], uint64_t time_ns, const struct address pair[2], const char *cause,
	unsigned copy, bool pcapng);
bool record_name_is_ours(const char *name);

/* A new one, and its size so far. */
void record_files_add(struct record_files *files, const char *name);
void record_files_grow(struct record_files *files, const char *name, uint64_t octets, bool open);
/* Removes the oldest until what is left keeps the limits; an open one stays, and so does
 * the newest. How many were removed. */
size_t record_files_rotate(struct record_files *files, uint64_t keep_octets, uint64_t keep_files);

#endif
