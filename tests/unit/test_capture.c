/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Connections and streams: what the receiver is told, word for word, for segments made from
 * nothing. A is 192.0.2.1, port 40000, initial sequence number 1000; B is 192.0.2.2, port 179,
 * 2000.
 */
#include "capture/limits.h"
#include "tests/unit/test_capture_kit.h"

#define MS UINT64_C(1000000)

static struct kit_record record;
static struct kit_packet packet;
static struct capture *capture;
static uint64_t now, frame;

static void
begin(const struct capture_options *options)
{
	memset(&record, 0, sizeof(record));
	capture = kit_capture(&record, options);
	now = 1700000000000 * MS;
	frame = 0;
}

static void
send_tcp(struct kit_tcp t)
{
	kit_tcp_frame(&packet, &t);
	now += 10 * MS;
	cr_expect(kit_send(capture, &packet, KIT_EN10MB, now, ++frame, 0));
}

static struct kit_tcp
from_a(uint8_t flags, uint32_t seq, uint32_t ack, const char *data)
{
	return (struct kit_tcp){.src = 1, .dst = 2, .src_port = 40000, .dst_port = 179,
		.flags = flags, .seq = seq, .ack = ack, .data = data};
}

static struct kit_tcp
from_b(uint8_t flags, uint32_t seq, uint32_t ack, const char *data)
{
	return (struct kit_tcp){.src = 2, .dst = 1, .src_port = 179, .dst_port = 40000,
		.flags = flags, .seq = seq, .ack = ack, .data = data};
}

static void
a(uint8_t flags, uint32_t seq, uint32_t ack, const char *data)
{
	send_tcp(from_a(flags, seq, ack, data));
}

static void
b(uint8_t flags, uint32_t seq, uint32_t ack, const char *data)
{
	send_tcp(from_b(flags, seq, ack, data));
}

static void
handshake(void)
{
	a(SYN, 1000, 0, NULL);
	b(SYN | ACK, 2000, 1001, NULL);
	a(ACK, 1001, 2001, NULL);
}

static void
expect_log(const char *text)
{
	cr_expect_str_eq(record.log, text);
}

/* The log since the last call. */
static void
expect_next(const char *text)
{
	static char copy[KIT_LOG];
	memcpy(copy, record.log, record.log_size);
	copy[record.log_size] = '\0';
	cr_expect_str_eq(copy, text);
	record.log_size = 0;
}

static void
expect_octets(int dir, const char *text)
{
	cr_expect(record.size[dir] == strlen(text) &&
		memcmp(record.octets[dir], text, strlen(text)) == 0,
		"%.*s", (int)record.size[dir], (const char *)record.octets[dir]);
}

static void
end(void)
{
	capture_finish(capture);
	capture_finish(capture);
	capture_destroy(capture);
}

Test(capture, a_whole_connection)
{
	begin(NULL);
	handshake();
	a(ACK | PSH, 1001, 2001, "open");
	b(ACK | PSH, 2001, 1005, "reply");
	a(FIN | ACK, 1005, 2006, "bye");
	b(FIN | ACK, 2006, 1009, NULL);
	a(ACK, 1009, 2007, NULL);
	cr_expect(record.conn.handshake && !record.conn.midstream && !record.conn.one_direction);
	cr_expect(record.conn.client == 0 && record.conn.service == 1);
	cr_expect(record.conn.side[0].isn == 1000 && record.conn.side[1].isn == 2000);
	cr_expect(record.conn.side[0].bytes == 7 && record.conn.side[0].next_seq == 1009);
	cr_expect(record.conn.side[0].acked == 2007);
	cr_expect(record.conn.side[0].first_syn_frame == 1);
	cr_expect(record.conn.side[1].first_synack_frame == 2);
	cr_expect(record.retransmissions == 0 && record.conn.side[1].ttl_min == 64);
	end();
	expect_log("new syn synack established bytes:4 bytes:5 bytes:3 fin fin end");
	expect_octets(0, "openbye");
	expect_octets(1, "reply");
}

Test(capture, a_closed_connection_lingers_and_then_ends)
{
	begin(NULL);
	handshake();
	a(FIN | ACK, 1001, 2001, NULL);
	b(FIN | ACK, 2001, 1002, NULL);
	a(ACK, 1002, 2002, NULL);
	now += 29000 * MS;
	capture_tick(capture, now);
	b(FIN | ACK, 2001, 1002, NULL);
	expect_next("new syn synack established fin fin");
	cr_expect(record.seg.retransmission);
	capture_tick(capture, now + 65000 * MS);
	expect_next("end");
	capture_destroy(capture);
}

Test(capture, syn_retries_and_refusal)
{
	begin(NULL);
	a(SYN, 1000, 0, NULL);
	cr_expect(!record.seg.retransmission);
	a(SYN, 1000, 0, NULL);
	cr_expect(record.seg.retransmission);
	b(RST | ACK, 0, 77, NULL);
	b(RST, 0, 0, NULL);
	b(RST | ACK, 0, 1001, NULL);
	cr_expect(record.conn.side[0].syn_count == 2 && record.conn.side[1].rst_count == 1);
	cr_expect(record.conn.side[1].rst_count == 1);
	capture_tick(capture, now + 2000 * MS);
	expect_log("new syn syn rst-ignored rst-ignored refused end");
	capture_destroy(capture);
}

Test(capture, a_port_is_used_again)
{
	begin(NULL);
	handshake();
	b(RST | ACK, 2001, 1001, NULL);
	expect_next("new syn synack established rst");
	a(SYN, 900000, 0, NULL);
	expect_next("end new syn");
	a(SYN, 950000, 0, NULL); /* the SYN before it was never answered */
	expect_next("end new syn");
	b(SYN | ACK, 5000, 950001, NULL);
	a(ACK, 950001, 5001, NULL);
	a(ACK, 950001, 5001, "x");
	expect_next("synack established bytes:1");
	cr_expect(capture_artefacts(capture) & ARTEFACT_PORT_REUSE);
	end();
}

Test(capture, a_syn_on_a_live_connection_waits_for_its_answer)
{
	begin(NULL);
	handshake();
	a(ACK, 1001, 2001, "one");
	a(SYN, 900000, 0, NULL);
	a(ACK, 1004, 2001, "two");
	expect_next("new syn synack established bytes:3 bytes:3");
	a(SYN, 900000, 0, NULL);
	b(SYN | ACK, 70000, 900001, NULL);
	expect_next("end new synack");
	cr_expect(record.conn.client == 1 && record.conn.side[1].syn_count == 1);
	a(ACK, 900001, 70001, NULL);
	expect_next("established");
	cr_expect(record.conn.handshake);
	end();
}

Test(capture, simultaneous_open)
{
	begin(NULL);
	a(SYN, 1000, 0, NULL);
	b(SYN, 2000, 0, NULL);
	cr_expect(record.conn.simultaneous);
	a(SYN | ACK, 1000, 2001, NULL);
	b(SYN | ACK, 2000, 1001, NULL);
	a(ACK, 1001, 2001, "hi");
	cr_expect(record.conn.handshake);
	end();
	expect_log("new syn syn synack synack established bytes:2 end");
}

Test(capture, joined_in_the_middle)
{
	begin(NULL);
	a(ACK, 1001, 2001, "one");
	b(ACK, 2001, 1004, "two");
	end();
	cr_expect(record.conn.midstream && record.conn.client == CONN_NO_CLIENT);
	expect_log("new midstream bytes:3 bytes:3 end");
	cr_expect(record.conn.service == 1);
}

Test(capture, segments_out_of_order)
{
	begin(NULL);
	handshake();
	a(ACK, 1004, 2001, "def");
	a(ACK, 1010, 2001, "jkl");
	a(ACK, 1007, 2001, "ghi");
	expect_next("new syn synack established");
	a(ACK, 1001, 2001, "abc");
	expect_next("bytes:3 bytes:3 bytes:3 bytes:3");
	cr_expect(record.last_from == 5); /* the packet that brought "jkl" */
	expect_octets(0, "abcdefghijkl");
	end();
}

Test(capture, a_hole_that_the_peer_acknowledged)
{
	begin(NULL);
	handshake();
	a(ACK, 1001, 2001, "abc");
	a(ACK, 1007, 2001, "ghi");
	b(ACK, 2001, 1010, NULL);
	expect_next("new syn synack established bytes:3");
	/* It comes in time after all: the capture was out of order. */
	a(ACK, 1004, 2001, "def");
	expect_next("bytes:3 bytes:3");
	/* The next one does not. */
	a(ACK, 1015, 2001, "xyz");
	b(ACK, 2001, 1018, NULL);
	capture_tick(capture, now + 99 * MS);
	expect_next("");
	capture_tick(capture, now + 101 * MS);
	expect_next("gap:5:acked bytes:3");
	cr_expect(capture_artefacts(capture) & ARTEFACT_CAPTURE_LOSS);
	end();
}

Test(capture, a_hole_is_given_up_after_8_segments)
{
	begin(NULL);
	handshake();
	a(ACK, 1004, 2001, "def");
	b(ACK, 2001, 1007, NULL);
	record.log_size = 0;
	for (int i = 0; i < 8; i++) {
		cr_expect(record.log_size == 0, "%d", i);
		now -= 9 * MS;
		a(ACK, 1007 + (uint32_t)i, 2001, "g");
	}
	expect_next("gap:3:acked bytes:3 bytes:1 bytes:1 bytes:1 bytes:1 bytes:1 bytes:1 bytes:1 "
		"bytes:1");
	end();
}

Test(capture, a_hole_that_is_not_acknowledged_waits)
{
	begin(NULL);
	handshake();
	a(ACK, 1004, 2001, "def");
	b(ACK, 2001, 1001, NULL);
	capture_tick(capture, now + 20000 * MS);
	now += 20000 * MS;
	a(ACK, 1001, 2001, "abc");
	expect_next("new syn synack established bytes:3 bytes:3");
	a(ACK, 1010, 2001, "jkl");
	end();
	expect_next("gap:3:end bytes:3 end");
}

Test(capture, without_acks_a_hole_waits_3_seconds)
{
	begin(NULL);
	a(ACK, 1001, 2001, "abc");
	a(ACK, 1007, 2001, "ghi");
	capture_tick(capture, now + 2990 * MS);
	expect_next("new midstream bytes:3");
	capture_tick(capture, now + 3010 * MS);
	expect_next("gap:3:time bytes:3");
	end();
	cr_expect(record.conn.one_direction);
}

Test(capture, a_reset_gives_holes_up)
{
	begin(NULL);
	handshake();
	a(ACK, 1004, 2001, "def");
	a(RST, 1007, 0, NULL);
	expect_next("new syn synack established gap:3:end bytes:3 rst");
	end();
}

Test(capture, octets_acknowledged_and_never_seen)
{
	begin(NULL);
	handshake();
	a(ACK, 1001, 2001, "abc");
	b(ACK, 2001, 1024, NULL);
	capture_tick(capture, now + 200 * MS);
	expect_next("new syn synack established bytes:3 gap:20:acked");
	/* One octet may be a FIN. */
	b(ACK, 2001, 1025, NULL);
	capture_tick(capture, now + 400 * MS);
	end();
	expect_next("end");
}

Test(capture, retransmissions_and_overlaps)
{
	begin(NULL);
	handshake();
	a(ACK, 1001, 2001, "abcdef");
	a(ACK, 1001, 2001, "abcdef");
	cr_expect(record.seg.retransmission);
	a(ACK, 1004, 2001, "defghi");
	cr_expect(!record.seg.retransmission);
	expect_next("new syn synack established bytes:6 bytes:3");
	a(ACK, 1001, 2001, "abcXef");
	expect_next("overlap");
	a(ACK, 1013, 2001, "mno");
	a(ACK, 1013, 2001, "mXo");
	expect_next("overlap");
	a(ACK, 1010, 2001, "jklmno");
	expect_next("bytes:3 bytes:3");
	expect_octets(0, "abcdefghijklmno");
	cr_expect(record.conn.side[0].bytes == 15);
	end();
}

Test(capture, sequence_numbers_wrap)
{
	begin(NULL);
	a(SYN, 0xfffffffd, 0, NULL);
	b(SYN | ACK, 0xffffffff, 0xfffffffe, NULL);
	a(ACK, 0xfffffffe, 0, NULL);
	a(ACK, 4, 0, "ghi");
	a(ACK, 1, 0, "def");
	a(ACK, 0xfffffffe, 0, "abc");
	b(ACK, 0, 7, "xyz");
	end();
	expect_log("new syn synack established bytes:3 bytes:3 bytes:3 bytes:3 end");
	expect_octets(0, "abcdefghi");
	cr_expect(record.conn.side[0].bytes == 9);
}

Test(capture, cut_segments)
{
	begin(NULL);
	handshake();
	struct kit_tcp t = from_a(ACK, 1001, 2001, "abcdef");
	kit_tcp_frame(&packet, &t);
	kit_send(capture, &packet, KIT_EN10MB, now, ++frame, 4);
	a(ACK, 1007, 2001, "ghi");
	t = from_a(ACK, 1013, 2001, "mnopqr");
	kit_tcp_frame(&packet, &t);
	kit_send(capture, &packet, KIT_EN10MB, now, ++frame, 6);
	a(ACK, 1010, 2001, "jkl");
	expect_next("new syn synack established bytes:2 gap:4:cut bytes:3 bytes:3 gap:6:cut");
	cr_expect(record.conn.side[0].bytes == 18);
	cr_expect(capture_artefacts(capture) & ARTEFACT_SNAPLEN);
	cr_expect(!(capture_artefacts(capture) & ARTEFACT_CHECKSUM));
	end();
}

Test(capture, reset_validity)
{
	begin(NULL);
	handshake();
	a(ACK, 1001, 2001, "abc");
	b(ACK, 2001, 1004, NULL);
	b(RST, 2001 + 70000, 0, NULL);
	a(RST, 900, 0, NULL);
	expect_next("new syn synack established bytes:3 rst-ignored rst-ignored");
	cr_expect(record.conn.side[0].rst_count == 0);
	a(ACK, 1004, 2001, "def");
	b(RST, 2001 + 100, 0, NULL); /* RFC 5961 section 3.2: it is asked back */
	b(RST, 2001, 0, NULL);
	expect_next("bytes:3 rst-inexact rst");
	/* What crosses it on the way is still read. */
	a(ACK, 1007, 2001, "ghi");
	b(RST, 2001, 0, NULL);
	end();
	expect_next("bytes:3 end");
}

Test(capture, keepalive_and_zero_window_probes)
{
	begin(NULL);
	handshake();
	a(ACK, 1001, 2001, "abc");
	b(ACK, 2001, 1004, NULL);
	a(ACK, 1003, 2001, NULL);
	cr_expect(record.seg.keepalive_probe && !record.seg.retransmission);
	struct kit_tcp t = from_a(ACK, 1003, 2001, "\0");
	t.size = 1;
	send_tcp(t);
	cr_expect(record.seg.keepalive_probe && !record.seg.retransmission);
	t = from_b(ACK, 2001, 1004, NULL);
	t.zero_window = true;
	send_tcp(t);
	send_tcp(t);
	cr_expect(record.conn.side[1].window_zero);
	cr_expect(record.conn.side[1].window_zero_frame == 8);
	b(ACK, 2001, 1004, NULL);
	end();
	expect_log("new syn synack established bytes:3 zero open end");
}

Test(capture, options_and_window_scale)
{
	begin(NULL);
	struct kit_tcp t = from_a(SYN, 1000, 0, NULL);
	t.options = "020405b4 01030307 1312000102030405060708090a0b0c0d0e0f0101";
	send_tcp(t);
	cr_expect(record.seg.mss == 1460 && record.seg.options == (SEG_OPT_MSS | SEG_OPT_MD5));
	t = from_b(SYN | ACK, 2000, 1001, NULL);
	t.options = "01030309 1d0c0a0b 00000000 00000000";
	send_tcp(t);
	cr_expect(record.seg.options == SEG_OPT_AO);
	cr_expect(record.seg.ao_key_id == 10 && record.seg.ao_next_key_id == 11);
	t = from_a(ACK, 1001, 2001, NULL);
	t.window = 100;
	t.options = "0101080a 00000007 00000009";
	send_tcp(t);
	cr_expect(record.seg.window == 12800 && record.seg.timestamp == 7);
	cr_expect(record.conn.side[0].window_scale == 7 && record.conn.side[1].window_scale == 9);
	cr_expect((record.conn.side[0].options_seen & SEG_OPT_MD5) != 0 && record.conn.side[0].mss == 1460);
	end();
}

Test(capture, ghosts_are_told_from_retransmissions)
{
	begin(NULL);
	handshake();
	struct kit_tcp t = from_a(ACK, 1001, 2001, "abc");
	t.id = 77;
	send_tcp(t);
	now -= 10 * MS;
	t.ttl = 63;
	send_tcp(t);
	cr_expect(record.ghosts == 1 && record.ip.ghost && !record.seg.retransmission);
	t.id = 78;
	send_tcp(t);
	cr_expect(record.ghosts == 1 && record.seg.retransmission);
	cr_expect(record.conn.side[0].segments == 4 && record.retransmissions == 1);
	cr_expect(capture_artefacts(capture) & ARTEFACT_DUPLICATES);
	end();
	expect_log("new syn synack established bytes:3 end");
}

/* Every packet of a burst comes again behind the whole burst: what is known as a copy depends on their
 * order, not on the seed of the table. */
Test(capture, ghosts_behind_a_burst_are_all_found)
{
	enum { BURST = LIMIT_GHOSTS - 1 };
	begin(NULL);
	handshake();
	uint64_t start = now;
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < BURST; i++) {
			struct kit_tcp t = from_a(ACK, 1001, 2001, NULL);
			t.id = (uint16_t)(100 + i);
			now = start + (uint64_t)(round * BURST + i) - 10 * MS; /* sending takes 10 ms */
			send_tcp(t);
		}
	}
	cr_expect_eq(record.ghosts, BURST);
	end();
}

Test(capture, bad_checksums_are_counted_and_delivered)
{
	begin(NULL);
	struct kit_tcp t = from_a(ACK, 1001, 2001, "abc");
	t.bad_checksum = true;
	send_tcp(t);
	cr_expect(record.seg.checksum_bad && record.bad_checksums == 1);
	a(ACK, 1004, 2001, "defg");
	cr_expect(!record.seg.checksum_bad);
	end();
	expect_octets(0, "abcdefg");
}

Test(capture, a_clock_set_back_does_not_stop_time)
{
	begin(NULL);
	a(ACK, 1001, 2001, "abc");
	a(ACK, 1007, 2001, "ghi");
	now -= 3600000 * MS;
	a(ACK, 1010, 2001, "jkl");
	cr_expect(!(capture_artefacts(capture) & ARTEFACT_CLOCK), "the next packet tells");
	capture_pause(capture);
	cr_expect(capture_artefacts(capture) & ARTEFACT_CLOCK);
	now += 3500 * MS;
	a(ACK, 1013, 2001, "mno");
	capture_pause(capture);
	expect_log("new midstream bytes:3 gap:3:time bytes:3 bytes:3 bytes:3");
	end();
}

Test(capture, one_wrong_time_stamp_does_not_move_time)
{
	static const int64_t wrong[] = {86400000 * (int64_t)MS, -3600000 * (int64_t)MS};
	for (size_t i = 0; i < 2; i++) {
		begin(NULL);
		handshake();
		a(ACK, 1004, 2001, "def"); /* a hole that is not acknowledged: time would give it up */
		now += (uint64_t)wrong[i];
		a(ACK, 1007, 2001, "ghi");
		now -= (uint64_t)wrong[i];
		a(ACK, 1001, 2001, "abc");
		cr_expect(capture_artefacts(capture) & ARTEFACT_CLOCK);
		expect_next("new syn synack established bytes:3 bytes:3 bytes:3");
		end();
	}
}

Test(capture, a_silence_is_no_wrong_time_stamp)
{
	begin(NULL);
	a(ACK, 1001, 2001, "abc");
	now += 600000 * MS;
	a(ACK, 1004, 2001, "def");
	a(ACK, 1007, 2001, "ghi");
	cr_expect(!(capture_artefacts(capture) & ARTEFACT_CLOCK));
	expect_next("new midstream bytes:3 bytes:3 bytes:3");
	end();
}

Test(capture, the_table_is_bounded_and_half_open_ones_go_first)
{
	struct capture_options options = {.max_connections = 4};
	begin(&options);
	handshake();
	a(ACK, 1001, 2001, "abc");
	record.log_size = 0;
	for (uint32_t i = 0; i < 1000; i++) {
		struct kit_tcp t = from_a(SYN, i, 0, NULL);
		t.src_port = (uint16_t)(50000 + i);
		send_tcp(t);
	}
	static const char first[] = "new syn new syn new syn evicted end new syn evicted end";
	cr_expect(strncmp(record.log, first, sizeof(first) - 1) == 0);
	record.log_size = 0;
	a(ACK, 1004, 2001, "def");
	expect_next("bytes:3");
	end();
}

Test(capture, what_waits_is_bounded)
{
	begin(NULL);
	handshake();
	record.log_size = 0;
	static char data[1000];
	memset(data, 'x', sizeof(data));
	uint32_t seq = 1002;
	for (int i = 0; i < 5000 && strstr(record.log, "gap") == NULL; i++) {
		struct kit_tcp t = from_a(ACK, seq, 2001, data);
		t.size = sizeof(data);
		now -= 10 * MS;
		record.size[0] = 0;
		record.log[record.log_size] = '\0';
		/* Every second one, so that nothing joins. */
		seq += 2000;
		send_tcp(t);
	}
	record.log[record.log_size] = '\0';
	cr_expect(strstr(record.log, "gap:1:budget bytes:1000") == record.log, "%.60s", record.log);
	cr_expect(seq > 1002 + 2000 * 3000u);
	capture_destroy(capture);
}

Test(capture, other_ports_are_hosts)
{
	struct capture_options options = {.ports = {179, 1179}, .port_count = 2};
	begin(&options);
	struct kit_tcp t = from_a(SYN, 1000, 0, NULL);
	t.dst_port = 80;
	kit_tcp_frame(&packet, &t);
	cr_expect(!kit_send(capture, &packet, KIT_EN10MB, now, 1, 0));
	cr_expect(record.hosts == 1 && record.segments == 0);
	t.dst_port = 1179;
	kit_tcp_frame(&packet, &t);
	cr_expect(kit_send(capture, &packet, KIT_EN10MB, now, 1, 0));
	cr_expect(record.segments == 1 && record.conn.service == 1);
	end();
}

Test(capture, a_challenge_ack_does_not_establish)
{
	begin(NULL);
	a(SYN, 1000, 0, NULL);
	b(ACK, 777000, 555000, NULL);
	a(RST, 555000, 0, NULL);
	a(SYN, 1000, 0, NULL);
	b(SYN | ACK, 2000, 1001, NULL);
	a(ACK, 1001, 2001, "x");
	end();
	expect_log("new syn rst-ignored syn synack established bytes:1 end");
}

Test(capture, the_strict_engine)
{
	struct capture_options options = {.engine = CAPTURE_ENGINE_NIDS, .max_connections = 100};
	begin(&options);
	struct kit_record other = {0};
	struct flow_sink sink = kit_sink(&other);
	struct capture_error error;
	cr_expect_null(capture_create(&options, &sink, &error), "one at a time");
	handshake();
	a(ACK, 1001, 2001, "abc");
	a(ACK, 1007, 2001, "ghi");
	a(ACK, 1004, 2001, "def");
	cr_expect(record.last_from == 5);
	b(ACK, 2001, 1010, "reply");
	a(ACK, 1020, 2006, "lost before");
	end();
	expect_log("new syn synack established bytes:3 unread bytes:3 bytes:3 bytes:5 unread gap:21:end end");
	expect_octets(0, "abcdefghi");
	/* The capture ends with the hole: nobody can tell what became of it. */
	cr_expect(record.checks == 1 && record.check[0].result == CHECK_OUTSIDE);
	cr_expect(record.check[0].reason == CHECK_END && record.check[0].bytes == 9);
	begin(&options);
	end();
}
