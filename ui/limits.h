/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BGPWHY_UI_LIMITS_H
#define BGPWHY_UI_LIMITS_H

/* Every bound of what the report and the dashboard keep. What one costs is counted, and the view says so. */
enum {
	MODEL_INPUTS_MAX = 64,
	MODEL_SESSIONS_MAX = 65536,
	MODEL_BFD_SESSIONS_MAX = 65536,
	MODEL_FINDINGS_MAX = 65536,
	MODEL_OPEN_MAX = 4096,             /* octets kept of an OPEN */
	MODEL_TIMELINE_MAX = 512,          /* entries for each session */
	MODEL_TIMELINE_TOTAL = 256 * 1024, /* entries over all sessions; each may have a few more */
	MODEL_UNANSWERED_MAX = 4096,       /* pairs of which only SYNs were seen, that are over */
	MODEL_CONNECTIONS_MAX = 16,        /* whose state is followed, for each session */
	MODEL_CHECKS_MAX = 8, /* directions of a session that --check has something to say of */
	MODEL_OCTETS_MAX = 16384,              /* messages whose octets are kept: routine, and others */
	MODEL_OCTETS_TOTAL = 8 * 1024 * 1024,  /* octets of each of the two */
	MODEL_RECORDINGS_MAX = 8,          /* of a session, that --record has made: the newest */
	MODEL_RECORDING_CAUSES_MAX = 8,    /* why one of them was made */

	/* The report: what it tells of one session, and, for -vv and -x, of all. */
	REPORT_FINDINGS_MAX = 64,
	REPORT_CAPABILITIES_MAX = 128,       /* rows of the two OPENs */
	REPORT_MESSAGES_MAX = 4096,          /* over all sessions */
	REPORT_OCTETS_MAX = 4 * 1024 * 1024, /* of these */

	/* The dashboard, of what it shows. */
	PANEL_FIELDS_MAX = 8192,       /* of one message; those beyond are told by their number */
	PANEL_CONNECTIONS_MAX = 64,    /* of one session, with the states beside the ladder */
	PANEL_MACHINES_MAX = 16,       /* connections of one session whose state machines are played */
};

#endif
