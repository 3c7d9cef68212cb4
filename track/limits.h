/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BGPWHY_TRACK_LIMITS_H
#define BGPWHY_TRACK_LIMITS_H

/* Every bound of the tracker. What reaches one is said with an event. */
enum {
	TRACK_SESSIONS_MAX = 65536,     /* pairs of addresses; the longest quiet one gives way */
	TRACK_UNANSWERED_MAX = 16384,   /* of these, pairs without even a handshake: scans and floods */
	TRACK_BFD_SESSIONS_MAX = 65536,
	TRACK_BFD_PAIR_MAX = 64,        /* of these, of one pair of addresses: members of a LAG */
	TRACK_HOSTS_MAX = 16384,        /* addresses of no session of which it is known that they are alive */
	TRACK_CONTACTS_MAX = 4096,      /* pairs of which only ARP or NDP was seen */
	TRACK_CONTACTS_A_TICK = 64,     /* judged in one second; the others have their turn later */
	TRACK_FINDINGS_MAX = 65536,
	TRACK_SESSION_FINDINGS_MAX = 48, /* different causes of one session */
	TRACK_INPUTS_MAX = 64,
	TRACK_LINKS_MAX = 256,          /* connections of one session at a time; those that are over go first */
	TRACK_CLOCK_STEPS_MAX = 256,     /* of the capture's clock; the oldest half gives way */
	TRACK_PENDING_MAX = 16,          /* messages of one direction that await their ACK */
	/* Of the sessions of one address: so many are looked through, the newest first, or told, in turn, because
	 * of one packet. An address may have 65,536. */
	TRACK_PEERS_SEARCHED = 512,
	TRACK_PEERS_TOLD = 64,
};

#define SECOND_NS UINT64_C(1000000000)
#define MILLISECOND_NS UINT64_C(1000000)

#endif
