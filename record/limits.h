/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BGPWHY_RECORD_LIMITS_H
#define BGPWHY_RECORD_LIMITS_H

/* Every bound of the flight recorder. What reaches one is said. */
enum {
	RECORD_MEMORY_MAX = 64 << 20,   /* octets of packets; then the oldest give way before their time */
	RECORD_MEMORY_MIN = 1 << 16,    /* … with which it begins; it grows as needed */
	RECORD_BUCKETS = 1 << 15,       /* of addresses and pairs whose packets can be found, four in each */
	RECORD_RECENT = 1 << 13,        /* slots, by frame: --any-port tells whose a packet is when more of them have come */
	RECORD_OPEN_MAX = 512,          /* recordings that go on at a time */
	RECORD_FILE_MAX = 64 << 20,     /* octets of packets in one */
	RECORD_CAUSES_MAX = 8,          /* different ones that one recording is for */
	RECORD_STRAYS_MAX = 256,        /* packets of nobody (a fragment) that go into each */
	RECORD_SEARCH_MAX = 8 << 20,    /* octets of packets that are looked through for evidence */
	RECORD_COPIES_MAX = 1000,       /* files of one name */
	RECORD_LISTED_MAX = 1 << 16,    /* files in the folder */
};

#endif
