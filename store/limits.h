/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BGPWHY_STORE_LIMITS_H
#define BGPWHY_STORE_LIMITS_H

/* Every bound of this room. What SQLite itself keeps is its cache: 8 MiB where it writes, 2 MiB where it reads. */
enum {
	/* Events that wait for the thread that writes: at some 1,500 octets for a message, 11,000 of them. Where there
	 * is no room they are let go, counted, and told as `lost`. */
	QUEUE_OCTETS = 16 << 20,
	/* The octets of one event, with all that it points to. One that is larger does not get through, and is `lost`. */
	QUEUE_EVENT_MAX = 1 << 18,

	WRITER_BATCH_EVENTS = 8192,  /* a commit at least this often */
	WRITER_RETRY_EVENTS = 65536, /* after a failure, try again at least this often */
	WRITER_SEEN_SLOTS = 1 << 16, /* ids whose rows are known to be there; as many as track has sessions */
	WRITER_CONTEXT_SLOTS = 16,
	WRITER_COLUMNS_MAX = 96,
	WRITER_JSON_MAX = 16, /* columns of a row that are JSON */

	/* A database that is read may be of somebody else's making; beyond these reading ends with an error. */
	READER_VALUE_MAX = 16 << 20,   /* octets of one value; an UPDATE of 65,535 octets in JSON has 1 MiB */
	READER_STEPS_PER_OCTET = 4,    /* SQLite's instructions for each octet of the file; what we write takes 0.2 */
	READER_STEPS_MIN = 10000000,   /* … and so many for any */
};

#endif
