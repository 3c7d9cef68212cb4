-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- The database of bgpwhy.
--
-- One row for each event of the contract; the columns are the members of its JSON object and have
-- their names. A member that is a list or an object in JSON is the same JSON text here, and where
-- SQL would ask for its parts, they stand beside it as plain columns. Unknown is NULL. Addresses and
-- states are text. What ends in _ns is nanoseconds since 1970-01-01 UTC, in _us microseconds, in _s
-- seconds.
--
-- Every event table begins with the same five columns:
--   seq      its place in the order of all events of the database
--   time     RFC 3339, UTC, as precise as the capture
--   time_ns  the same as a number, for arithmetic
--   frame    number of the packet in its input, from 1; 0 where no packet stands behind the event
--   input    which input, where a run had several, else NULL
--
-- Columns that stand in many tables mean the same in each:
--   run, session, connection, bfd_session, finding, message, context
--                              the row of that table that this one belongs to
--   src, dst, client, server, local, remote, speaker, peer, blame
--                              addresses, the innermost where there are tunnels; _port: TCP or UDP
--   first_time, last_time      of the packets (of a finding: when it was raised first and last)
--   raw                        octets as captured
--   local_X, remote_X          the same of either side; what one of them is is said at local_X
-- The session's local side is the capturing host where the link tells, else the one that was seen first.
--
-- Several runs may add to one database. Each has a row in `run`, and its numbers (seq and the ids of
-- sessions, connections, BFD sessions and findings) begin above the largest there were; the bases in
-- `run` say how far they were shifted. In a database of one run they are those of --json.
--
-- Session, BFD session, connection and finding rows are kept up to date while a run lasts, so that
-- they say how things stood when a run is looked at early, or was killed; their `seq` is NULL until
-- the last word on them was said.

PRAGMA application_id = 1650946167; -- "bgpw"
PRAGMA user_version = 9;

CREATE TABLE run (
	run INTEGER PRIMARY KEY,
	version TEXT NOT NULL, -- of bgpwhy
	host TEXT, -- name of the machine
	started TEXT NOT NULL, -- wall clock, RFC 3339, UTC
	finished TEXT, -- NULL: it still runs, or was killed
	lost INTEGER NOT NULL DEFAULT 0, -- events that could not be written (disk full, locked)
	seq_base INTEGER NOT NULL, -- what was added to the run's own seq
	session_base INTEGER NOT NULL, -- … to its ids of sessions
	connection_base INTEGER NOT NULL,
	bfd_session_base INTEGER NOT NULL,
	finding_base INTEGER NOT NULL,
	filter TEXT, -- the BPF expression; NULL: none
	options TEXT, -- what else on the command line decides what is stored
	live INTEGER, -- 1: from interfaces or from files that grow; 0: from files
	trimmed TEXT, -- what is older was trimmed by --keep; NULL: all is here
	trimmed_ns INTEGER
);

-- What a run reads: a file, an interface.
CREATE TABLE run_input (
	run INTEGER NOT NULL REFERENCES run (run),
	position INTEGER NOT NULL, -- from 0
	input TEXT NOT NULL, -- as it was given: file or device, "-" is standard input
	kind TEXT NOT NULL, -- file, device, pipe
	octets INTEGER, -- of a file, when the run began
	hash TEXT, -- SHA-256 of a file's octets, hex, where it was read to its end: a capture that is here already is known by it
	PRIMARY KEY (run, position)
) WITHOUT ROWID;

-- An input begins or ends.
CREATE TABLE capture (
	seq INTEGER PRIMARY KEY,
	time TEXT NOT NULL,
	time_ns INTEGER NOT NULL,
	frame INTEGER NOT NULL,
	input TEXT, -- file or device
	run INTEGER NOT NULL REFERENCES run (run),
	state TEXT NOT NULL, -- begin, end
	linktype TEXT, -- "EN10MB"
	packets INTEGER NOT NULL, -- read so far
	dropped INTEGER NOT NULL, -- by the kernel
	artefacts TEXT NOT NULL, -- JSON list of keys: what the capture itself does to certainty
	several_inputs INTEGER NOT NULL -- 1: the run's events name their input
);

-- A pair of addresses that speak BGP, or should.
CREATE TABLE session (
	session INTEGER PRIMARY KEY,
	seq INTEGER, -- NULL: the run did not come to its end
	time TEXT,
	time_ns INTEGER,
	frame INTEGER,
	input TEXT,
	run INTEGER NOT NULL REFERENCES run (run),
	local TEXT,
	remote TEXT,
	asn TEXT, -- JSON {address: number}: the real one, RFC 6793
	bgp_id TEXT, -- JSON {address: text}: BGP Identifier, RFC 4271 4.2
	hold_time_s INTEGER, -- negotiated, RFC 4271 4.2
	keepalive_s INTEGER, -- a third of it; NULL for hold time 0
	families TEXT, -- JSON [{afi, safi, family}]: what both OPENs offer, RFC 4760 8
	state TEXT, -- JSON {address: state of RFC 4271 8}
	messages TEXT, -- JSON {address: {type: count}}: what it sent
	prefixes_announced TEXT, -- JSON {address: NLRI over all families}: what it sent
	prefixes_withdrawn TEXT,
	established_count INTEGER, -- how often both sides became Established
	verdict TEXT, -- healthy, down, flapping, degraded, unknown
	primary_cause TEXT, -- key of finding.cause
	bfd_session INTEGER REFERENCES bfd_session (bfd_session), -- that serves it
	first_time TEXT, -- of its packets
	last_time TEXT,
	first_time_ns INTEGER,
	last_time_ns INTEGER,
	local_asn INTEGER, -- of its OPEN
	local_bgp_id TEXT, -- of its OPEN
	local_state TEXT, -- RFC 4271 8.2.2, over all connections
	local_state_since_ns INTEGER, -- when it came to that
	local_opens INTEGER, -- messages that the local side sent, by type
	local_updates INTEGER,
	local_notifications INTEGER,
	local_keepalives INTEGER,
	local_route_refreshes INTEGER,
	local_others INTEGER,
	local_prefixes_announced INTEGER, -- NLRI over all families
	local_prefixes_withdrawn INTEGER,
	local_last_message_ns INTEGER, -- NULL: none
	remote_asn INTEGER,
	remote_bgp_id TEXT,
	remote_state TEXT,
	remote_state_since_ns INTEGER,
	remote_opens INTEGER,
	remote_updates INTEGER,
	remote_notifications INTEGER,
	remote_keepalives INTEGER,
	remote_route_refreshes INTEGER,
	remote_others INTEGER,
	remote_prefixes_announced INTEGER,
	remote_prefixes_withdrawn INTEGER,
	remote_last_message_ns INTEGER,
	setup_us INTEGER, -- from the first SYN to Established, the last time
	timing TEXT, -- JSON {address: {offered_hold_time_s, …}}: what stands below, side by side
	negotiated TEXT, -- JSON: what both OPENs agree on; NULL: unknown
	local_offered_hold_time_s INTEGER, -- in its last OPEN
	local_connect_retry_ns INTEGER, -- between its last two calls
	local_retransmissions INTEGER, -- segments with payload that it sent again
	local_longest_silence_ns INTEGER, -- between two of its messages, while Established
	local_hold_margin_ns INTEGER, -- of the other side's hold time, left by then; 0 or less: it ran out
	local_hold_margin_frame INTEGER, -- that ended the silence
	local_keepalives_measured INTEGER, -- intervals from one KEEPALIVE to the next, RFC 4271 4.4 and 10
	local_keepalive_min_ns INTEGER, -- the least
	local_keepalive_mean_ns INTEGER, -- the mean
	local_keepalive_max_ns INTEGER, -- the greatest of them
	local_end_of_rib TEXT, -- JSON [{afi, safi, family, after_us, prefixes, frame}]: RFC 4724 2, since Established
	remote_offered_hold_time_s INTEGER, -- in its last OPEN
	remote_connect_retry_ns INTEGER, -- between its last two calls
	remote_retransmissions INTEGER, -- segments with payload that it sent again
	remote_longest_silence_ns INTEGER, -- between two of its messages, while Established
	remote_hold_margin_ns INTEGER, -- of the other side's hold time, left by then; 0 or less: it ran out
	remote_hold_margin_frame INTEGER, -- that ended the silence
	remote_keepalives_measured INTEGER, -- intervals from one KEEPALIVE to the next, RFC 4271 4.4 and 10
	remote_keepalive_min_ns INTEGER,
	remote_keepalive_mean_ns INTEGER,
	remote_keepalive_max_ns INTEGER,
	remote_end_of_rib TEXT,
	graceful_restart TEXT, -- JSON {address: {state, helper, restart_time_s, …}}: its last one, RFC 4724
	local_restart_began_ns INTEGER, -- when the session was lost for it; NULL: there was none
	remote_restart_began_ns INTEGER
);

-- A TCP connection, as it was last heard of.
CREATE TABLE connection (
	connection INTEGER PRIMARY KEY,
	seq INTEGER, -- of the last connection_event
	time TEXT,
	time_ns INTEGER,
	frame INTEGER,
	input TEXT,
	session INTEGER REFERENCES session (session),
	state TEXT, -- syn, established, refused, closed, reset, midstream, timeout
	client TEXT, -- who called; where it is not known, the side without the BGP port
	client_port INTEGER,
	server TEXT,
	server_port INTEGER,
	evicted INTEGER, -- 1: given up because a limit was reached
	"by" TEXT -- who refused, closed or reset it
);

-- Each change of a connection.
CREATE TABLE connection_event (
	seq INTEGER PRIMARY KEY,
	time TEXT NOT NULL,
	time_ns INTEGER NOT NULL,
	frame INTEGER NOT NULL,
	input TEXT,
	connection INTEGER REFERENCES connection (connection),
	session INTEGER REFERENCES session (session),
	state TEXT NOT NULL,
	client TEXT,
	client_port INTEGER,
	server TEXT,
	server_port INTEGER,
	evicted INTEGER NOT NULL,
	"by" TEXT
);

-- What a message was decoded with: the agreement of both OPENs, for one direction.
CREATE TABLE context (
	context INTEGER PRIMARY KEY,
	as_width INTEGER NOT NULL, -- octets of an ASN in AS_PATH, RFC 6793; 0: the OPENs were not seen
	extended_messages INTEGER NOT NULL, -- 1: up to 65535 octets, RFC 8654
	add_path TEXT NOT NULL, -- "afi/safi …" whose NLRI carry a path identifier, RFC 7911
	UNIQUE (as_width, extended_messages, add_path)
);

-- A BGP message, RFC 4271 4.
CREATE TABLE message (
	seq INTEGER PRIMARY KEY,
	time TEXT NOT NULL,
	time_ns INTEGER NOT NULL,
	frame INTEGER NOT NULL, -- the packet that holds its last octet
	input TEXT,
	session INTEGER REFERENCES session (session),
	connection INTEGER REFERENCES connection (connection),
	src TEXT,
	src_port INTEGER,
	dst TEXT,
	dst_port INTEGER,
	type TEXT NOT NULL, -- OPEN, UPDATE, NOTIFICATION, KEEPALIVE, ROUTE-REFRESH, …
	length INTEGER NOT NULL, -- the header's field, octets
	truncated INTEGER NOT NULL, -- 1: the capture does not hold its end
	context INTEGER REFERENCES context (context),
	-- The octets, header included, as far as they were captured. NULL: an UPDATE without a fault, which
	-- is whole in the capture, and --store-updates was not given; update_message has its summary.
	raw BLOB
);

-- RFC 4271 4.2
CREATE TABLE open (
	message INTEGER PRIMARY KEY REFERENCES message (seq),
	version INTEGER, -- 4
	asn INTEGER, -- the real one: of capability 65 where offered
	my_as INTEGER, -- the field of two octets
	hold_time_s INTEGER, -- proposed
	bgp_id TEXT -- BGP Identifier
);

-- RFC 5492, in the order of the OPEN
CREATE TABLE capability (
	message INTEGER NOT NULL REFERENCES open (message),
	position INTEGER NOT NULL, -- from 0
	code INTEGER NOT NULL, -- IANA
	name TEXT NOT NULL, -- of the IANA registry
	data TEXT NOT NULL, -- hex
	decoded TEXT NOT NULL, -- JSON {code, name, …}
	PRIMARY KEY (message, position)
) WITHOUT ROWID;

-- RFC 4271 4.5
CREATE TABLE notification (
	message INTEGER PRIMARY KEY REFERENCES message (seq),
	code INTEGER, -- Error code, RFC 4271 6
	subcode INTEGER, -- Error subcode
	name TEXT, -- "Bad Peer AS"
	data TEXT, -- hex
	text TEXT -- RFC 9003, as sent (not escaped); NULL where there is none or it is no UTF-8
);

-- RFC 4271 4.3
CREATE TABLE update_message (
	message INTEGER PRIMARY KEY REFERENCES message (seq),
	withdrawn INTEGER, -- NLRI over all families
	announced INTEGER, -- NLRI over all families
	attributes TEXT, -- JSON [{type, name, flags, …}]
	end_of_rib TEXT -- JSON {afi, safi, family}, RFC 4724 2
);

-- RFC 2918, RFC 7313
CREATE TABLE route_refresh (
	message INTEGER PRIMARY KEY REFERENCES message (seq),
	afi INTEGER, -- IANA Address Family Number
	safi INTEGER, -- IANA SAFI
	subtype INTEGER -- 0 request, 1 beginning, 2 end of it
);

-- What is malformed.
CREATE TABLE fault (
	seq INTEGER PRIMARY KEY,
	time TEXT NOT NULL,
	time_ns INTEGER NOT NULL,
	frame INTEGER NOT NULL,
	input TEXT,
	session INTEGER REFERENCES session (session),
	connection INTEGER REFERENCES connection (connection),
	bfd_session INTEGER REFERENCES bfd_session (bfd_session),
	code TEXT NOT NULL, -- key
	offset INTEGER NOT NULL, -- octets from the start of the message or packet
	text TEXT NOT NULL, -- what is malformed, in words
	detail TEXT, -- the same with the values that are there
	action TEXT, -- what a conforming receiver does; NULL: no rule is known
	notification TEXT, -- JSON {code, subcode}: what RFC 4271 answers; NULL: nothing
	rfc TEXT, -- the rule that is broken
	action_rfc TEXT, -- the rule that has the action
	attribute INTEGER, -- type of the path attribute it is about
	length INTEGER, -- octets of the element at offset
	octet INTEGER -- the first octet that is wrong
);

-- Octets of a connection that the capture does not hold.
CREATE TABLE gap (
	seq INTEGER PRIMARY KEY,
	time TEXT NOT NULL,
	time_ns INTEGER NOT NULL,
	frame INTEGER NOT NULL,
	input TEXT,
	session INTEGER REFERENCES session (session),
	connection INTEGER REFERENCES connection (connection),
	src TEXT,
	bytes INTEGER NOT NULL -- how many
);

-- TCP segments that were sent again: one, or those that followed within a second. `frame` is the first.
CREATE TABLE retransmission (
	seq INTEGER PRIMARY KEY,
	time TEXT NOT NULL,
	time_ns INTEGER NOT NULL,
	frame INTEGER NOT NULL,
	input TEXT,
	session INTEGER REFERENCES session (session),
	connection INTEGER REFERENCES connection (connection),
	src TEXT,
	dst TEXT,
	what TEXT NOT NULL, -- data, SYN, SYN-ACK or FIN
	segments INTEGER NOT NULL, -- how many
	bytes INTEGER NOT NULL, -- of payload in them
	last_time TEXT,
	last_time_ns INTEGER,
	last_frame INTEGER
);

-- How far a strict receiver (libnids) reads a direction as bgpwhy does; with --check.
CREATE TABLE check_result (
	seq INTEGER PRIMARY KEY,
	time TEXT NOT NULL,
	time_ns INTEGER NOT NULL,
	frame INTEGER NOT NULL, -- where it stopped, or what the reason tells of; else the last one
	input TEXT,
	session INTEGER REFERENCES session (session),
	connection INTEGER REFERENCES connection (connection),
	src TEXT, -- the direction
	dst TEXT,
	result TEXT NOT NULL, -- agree, stopped, outside
	bytes INTEGER NOT NULL, -- of payload that both read alike
	reason TEXT, -- key
	text TEXT NOT NULL -- the same in words
);

-- A step of a state machine.
CREATE TABLE transition (
	seq INTEGER PRIMARY KEY,
	time TEXT NOT NULL,
	time_ns INTEGER NOT NULL,
	frame INTEGER NOT NULL,
	input TEXT,
	protocol TEXT NOT NULL, -- bgp, bfd
	session INTEGER REFERENCES session (session), -- of bgp
	bfd_session INTEGER REFERENCES bfd_session (bfd_session), -- of bfd
	connection INTEGER REFERENCES connection (connection),
	speaker TEXT, -- whose state machine
	peer TEXT, -- at the other end
	"from" TEXT NOT NULL, -- RFC 4271 8 or RFC 5880 6.2; Unknown where the capture starts late
	"to" TEXT NOT NULL, -- the state it is in from then on
	rfc_event TEXT, -- JSON {number, name} of RFC 4271 8.1; NULL for bfd
	rfc_event_number INTEGER, -- RFC 4271 8.1; NULL for bfd
	rfc_event_name TEXT, -- "HoldTimer_Expires"
	basis TEXT NOT NULL, -- observed, inferred
	reason TEXT, -- one sentence
	lasted_us INTEGER -- how long it was in "from"; NULL: the capture does not show when that began
);

-- A BFD session, RFC 5880.
CREATE TABLE bfd_session (
	bfd_session INTEGER PRIMARY KEY,
	seq INTEGER, -- NULL: the run did not come to its end
	time TEXT,
	time_ns INTEGER,
	frame INTEGER,
	input TEXT,
	run INTEGER NOT NULL REFERENCES run (run),
	session INTEGER REFERENCES session (session), -- that it serves
	local TEXT,
	remote TEXT,
	mode TEXT, -- single-hop, multihop, micro, s-bfd, echo
	state TEXT, -- JSON {address: AdminDown, Down, Init, Up, Unknown}
	negotiated_tx_us TEXT, -- JSON {address: how often it sends}, RFC 5880 6.8.7
	detection_time_us TEXT, -- JSON {address: how long it waits for the other}, RFC 5880 6.8.4
	packets TEXT, -- JSON {address: count}
	max_gap_us TEXT, -- JSON {address: its longest silence}
	flaps INTEGER, -- how often it left Up
	first_time TEXT, -- of its packets
	last_time TEXT,
	first_time_ns INTEGER,
	last_time_ns INTEGER,
	local_state TEXT, -- RFC 5880 6.2
	local_state_since_ns INTEGER, -- when it came to that
	local_diag INTEGER, -- RFC 5880 4.1
	local_negotiated_tx_us INTEGER, -- how often it sends, RFC 5880 6.8.7
	local_detection_time_us INTEGER, -- how long it waits for the other, RFC 5880 6.8.4
	local_packets INTEGER, -- that it sent
	local_max_gap_us INTEGER, -- its longest silence
	local_last_ns INTEGER, -- of its last packet
	local_discriminator INTEGER, -- its My Discriminator
	local_detect_mult INTEGER, -- Detect Mult
	remote_state TEXT,
	remote_state_since_ns INTEGER,
	remote_diag INTEGER,
	remote_negotiated_tx_us INTEGER,
	remote_detection_time_us INTEGER,
	remote_packets INTEGER,
	remote_max_gap_us INTEGER,
	remote_last_ns INTEGER,
	remote_discriminator INTEGER,
	remote_detect_mult INTEGER,
	interval_us TEXT, -- JSON {address: {count, min, mean, max}}: between its periodic packets
	detection_margin_us TEXT, -- JSON {address: what was left of its detection time}: the near miss
	local_intervals INTEGER, -- measured between its periodic packets while Up, RFC 5880 6.8.7
	local_interval_min_us INTEGER, -- the least
	local_interval_mean_us INTEGER, -- the mean
	local_interval_max_us INTEGER, -- the greatest of them
	local_detection_margin_us INTEGER, -- of its detection time, left in the longest silence of the other
	local_detection_margin_frame INTEGER, -- that ended it
	remote_intervals INTEGER, -- measured between its periodic packets while Up, RFC 5880 6.8.7
	remote_interval_min_us INTEGER,
	remote_interval_mean_us INTEGER,
	remote_interval_max_us INTEGER,
	remote_detection_margin_us INTEGER, -- of its detection time, left in the longest silence of the other
	remote_detection_margin_frame INTEGER
);

-- A BFD control packet, RFC 5880 4.1: each one that changes anything, with -v all of them.
CREATE TABLE bfd_packet (
	seq INTEGER PRIMARY KEY,
	time TEXT NOT NULL,
	time_ns INTEGER NOT NULL,
	frame INTEGER NOT NULL,
	input TEXT,
	bfd_session INTEGER REFERENCES bfd_session (bfd_session),
	src TEXT,
	dst TEXT,
	port INTEGER, -- destination; NULL without UDP
	ttl INTEGER, -- or hop limit
	changes INTEGER NOT NULL, -- 1: it changes anything
	version INTEGER, -- Vers, RFC 5880 4.1
	diag INTEGER, -- Diag: why the session left Up the last time
	state TEXT, -- Sta
	flags TEXT, -- JSON list of the letters P F C A D M
	detect_mult INTEGER, -- Detect Mult
	my_discriminator INTEGER, -- My Discriminator
	your_discriminator INTEGER, -- Your Discriminator; 0: not known yet
	desired_min_tx_us INTEGER, -- Desired Min TX Interval
	required_min_rx_us INTEGER, -- Required Min RX Interval
	required_min_echo_rx_us INTEGER, -- Required Min Echo RX Interval; 0: no echo
	auth TEXT, -- JSON {type, key_id, length, sequence}
	raw BLOB
);

-- What is wrong, and why.
CREATE TABLE finding (
	finding INTEGER PRIMARY KEY,
	seq INTEGER, -- NULL: the run did not come to its end
	time TEXT,
	time_ns INTEGER,
	frame INTEGER,
	input TEXT,
	run INTEGER NOT NULL REFERENCES run (run),
	cause TEXT NOT NULL, -- key
	severity TEXT NOT NULL, -- error, warning, info
	confidence TEXT NOT NULL, -- certain, likely, possible
	session INTEGER REFERENCES session (session),
	bfd_session INTEGER REFERENCES bfd_session (bfd_session),
	blame TEXT, -- address
	summary TEXT NOT NULL, -- one sentence with the real values in it
	evidence TEXT NOT NULL, -- JSON list of frames
	fix TEXT NOT NULL, -- JSON list of sentences
	first_time TEXT NOT NULL,
	last_time TEXT NOT NULL,
	first_time_ns INTEGER NOT NULL,
	last_time_ns INTEGER NOT NULL,
	count INTEGER NOT NULL -- how often it was raised
);

-- The frames that prove it.
CREATE TABLE finding_evidence (
	finding INTEGER NOT NULL REFERENCES finding (finding),
	position INTEGER NOT NULL, -- from 0
	frame INTEGER NOT NULL,
	PRIMARY KEY (finding, position)
) WITHOUT ROWID;

-- A finding when it was raised for the first time, as it read then.
CREATE TABLE alert (
	seq INTEGER PRIMARY KEY,
	time TEXT NOT NULL,
	time_ns INTEGER NOT NULL,
	frame INTEGER NOT NULL,
	input TEXT,
	finding INTEGER NOT NULL REFERENCES finding (finding),
	cause TEXT NOT NULL,
	severity TEXT NOT NULL,
	confidence TEXT NOT NULL,
	session INTEGER REFERENCES session (session),
	bfd_session INTEGER REFERENCES bfd_session (bfd_session),
	blame TEXT,
	summary TEXT NOT NULL,
	evidence TEXT NOT NULL,
	fix TEXT NOT NULL,
	first_time TEXT NOT NULL,
	last_time TEXT NOT NULL,
	first_time_ns INTEGER NOT NULL,
	last_time_ns INTEGER NOT NULL,
	count INTEGER NOT NULL
);

-- Events that are not here because they came faster than they could be written. In all: run.lost.
CREATE TABLE lost (
	seq INTEGER PRIMARY KEY,
	time TEXT NOT NULL,
	time_ns INTEGER NOT NULL,
	frame INTEGER NOT NULL,
	input TEXT,
	events INTEGER NOT NULL, -- since the last row of this run
	reason TEXT NOT NULL -- key
);

-- Packets that the flight recorder (--record) wrote to a capture of their own: a row for each cause.
CREATE TABLE recording (
	seq INTEGER PRIMARY KEY,
	time TEXT NOT NULL, -- of the cause
	time_ns INTEGER NOT NULL,
	frame INTEGER NOT NULL,
	input TEXT,
	session INTEGER REFERENCES session (session),
	bfd_session INTEGER REFERENCES bfd_session (bfd_session),
	finding INTEGER REFERENCES finding (finding), -- NULL: a speaker left Established
	cause TEXT NOT NULL, -- key of the finding, or left-established
	file TEXT NOT NULL, -- where the capture is
	begins TEXT NOT NULL, -- the time of its first packet
	begins_ns INTEGER NOT NULL
);

-- For session_overview and worst_peers: what was found of a session.
CREATE INDEX finding_session ON finding (session, cause);

-- How does each session stand, and why?
CREATE VIEW session_overview AS
SELECT
	s.session,
	s.run,
	s.local,
	s.remote,
	s.local_asn,
	s.remote_asn,
	s.local_state,
	s.remote_state,
	s.hold_time_s,
	s.established_count,
	s.verdict,
	s.primary_cause,
	(SELECT f.summary FROM finding f
		WHERE f.session = s.session AND f.cause = s.primary_cause
		ORDER BY f.finding DESC LIMIT 1) AS summary,
	b.local_state AS bfd_local_state,
	b.remote_state AS bfd_remote_state,
	b.flaps AS bfd_flaps,
	s.first_time,
	s.last_time
FROM session s
LEFT JOIN bfd_session b ON b.bfd_session = s.bfd_session;

-- When did each speaker leave Established (BFD: Up), after how long, and for what reason?
CREATE VIEW flap_history AS
SELECT
	t.seq,
	t.time,
	t.time_ns,
	t.frame,
	t.protocol,
	t.session,
	t.bfd_session,
	t.speaker,
	t.peer,
	t."to",
	t.rfc_event_name,
	t.basis,
	t.reason,
	t.lasted_us / 1e6 AS up_s -- NULL: it was up before the capture began
FROM transition t
WHERE t."from" IN ('Established', 'Up');

-- What was the last NOTIFICATION of each session?
CREATE VIEW last_notification AS
SELECT
	m.session,
	s.local,
	s.remote,
	max(m.seq) AS seq,
	m.time,
	m.frame,
	m.src,
	m.dst,
	n.code,
	n.subcode,
	n.name,
	n.text,
	n.data
FROM notification n
JOIN message m ON m.seq = n.message
JOIN session s ON s.session = m.session
GROUP BY m.session;

-- Which side kept the other waiting until less than a third of the hold time was left, or none? A third is
-- the interval of KEEPALIVEs (RFC 4271 4.4): so at least one of them was late or lost. One row for each side
-- of a session, its worst.
CREATE VIEW hold_timer_near_misses AS
WITH side AS (
	SELECT session, run, local AS silent, remote AS waiting, hold_time_s, local_longest_silence_ns AS silence_ns,
		local_hold_margin_ns AS margin_ns, local_hold_margin_frame AS frame, established_count, last_time
	FROM session
	UNION ALL
	SELECT session, run, remote, local, hold_time_s, remote_longest_silence_ns, remote_hold_margin_ns,
		remote_hold_margin_frame, established_count, last_time
	FROM session
)
SELECT
	session,
	run,
	silent,
	waiting,
	hold_time_s,
	silence_ns / 1e9 AS silence_s,
	margin_ns / 1e9 AS margin_s,
	margin_ns <= 0 AS ran_out, -- 1: it was no near miss
	nullif(frame, 0) AS frame, -- that ended the silence; NULL: nothing did
	last_time
FROM side
WHERE margin_ns * 3 < hold_time_s * 1000000000 AND hold_time_s > 0;

-- Which end of a BFD session nearly declared it down: less than a third of its detection time was left (RFC
-- 5880 6.8.4), which is the last packet of three? One row for each end, its worst.
CREATE VIEW bfd_near_misses AS
WITH side AS (
	SELECT bfd_session, run, session, remote AS silent, local AS waiting, remote_max_gap_us AS max_gap_us,
		local_detection_time_us AS detection_time_us, local_detection_margin_us AS margin_us,
		local_detection_margin_frame AS frame, remote_detect_mult AS detect_mult, flaps, last_time
	FROM bfd_session
	UNION ALL
	SELECT bfd_session, run, session, local, remote, local_max_gap_us, remote_detection_time_us,
		remote_detection_margin_us, remote_detection_margin_frame, local_detect_mult, flaps, last_time
	FROM bfd_session
)
SELECT
	bfd_session,
	run,
	session,
	silent,
	waiting,
	detect_mult,
	detection_time_us,
	margin_us,
	margin_us <= 0 AS ran_out,
	nullif(frame, 0) AS frame,
	flaps,
	last_time
FROM side
WHERE margin_us * 3 < detection_time_us;

-- How long did each speaker take from Established to the End-of-RIB of each family (RFC 4724 2), and how long
-- did the session take to come up? Of the last time that it was established.
CREATE VIEW convergence AS
WITH side AS (
	SELECT session, run, local AS speaker, remote AS peer, setup_us, local_end_of_rib AS ribs FROM session
	UNION ALL
	SELECT session, run, remote, local, setup_us, remote_end_of_rib FROM session
)
SELECT
	s.session,
	s.run,
	s.speaker, -- who sent it
	s.peer,
	json_extract(r.value, '$.family') AS family,
	s.setup_us / 1e6 AS setup_s, -- from the first SYN to Established; NULL: not seen
	json_extract(r.value, '$.after_us') / 1e6 AS converged_s,
	json_extract(r.value, '$.prefixes') AS prefixes, -- that it had announced by then, in all families
	json_extract(r.value, '$.frame') AS frame
FROM side s, json_each(s.ribs) r;

-- Which pairs of addresses make the most trouble, over all runs? The worst come first.
CREATE VIEW worst_peers AS
WITH
flap AS ( -- of each speaker; the larger number counts, for one direction may not have been captured
	SELECT session, max(flaps) AS flaps
	FROM (SELECT session, count(*) AS flaps FROM transition
		WHERE "from" = 'Established' GROUP BY session, speaker)
	GROUP BY session
),
told AS (
	SELECT m.session, count(*) AS notifications FROM notification n JOIN message m ON m.seq = n.message
	GROUP BY m.session
),
wrong AS (
	SELECT session, count(*) AS errors FROM finding WHERE severity = 'error' GROUP BY session
),
one AS (
	SELECT s.session, s.run, s.local, s.remote, s.verdict, s.primary_cause, s.last_time,
		coalesce(f.flaps, 0) AS flaps,
		coalesce(b.flaps, 0) AS bfd_flaps,
		coalesce(t.notifications, 0) AS notifications,
		coalesce(w.errors, 0) AS errors
	FROM session s
	LEFT JOIN bfd_session b ON b.bfd_session = s.bfd_session
	LEFT JOIN flap f ON f.session = s.session
	LEFT JOIN told t ON t.session = s.session
	LEFT JOIN wrong w ON w.session = s.session
)
SELECT
	min(local, remote) AS peer_a,
	max(local, remote) AS peer_b,
	count(DISTINCT run) AS runs,
	sum(flaps) AS flaps,
	sum(bfd_flaps) AS bfd_flaps,
	sum(notifications) AS notifications,
	sum(errors) AS errors, -- findings of that severity
	sum(verdict <> 'healthy') AS bad_runs,
	max(last_time) AS last_time, -- and with it, of that run:
	verdict,
	primary_cause
FROM one
GROUP BY min(local, remote), max(local, remote)
ORDER BY sum(flaps) + sum(bfd_flaps) DESC, sum(errors) DESC, sum(notifications) DESC, peer_a, peer_b;
