/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The flight recorder's three ears. A packet goes into the ring before it goes through the house, so that what it
 * causes finds it there; the flow callbacks tell whose it is; and the events tell when to write. A recording begins
 * with what the ring has of its pair of addresses, of ARP and NDP about either, and of packets that are nobody's;
 * it is written at once, so that a program that is killed leaves it. Then it goes on with what comes until its time
 * is over, and a further cause about the same pair meanwhile prolongs it and begins no other one.
 *
 * Ages are measured on the clock of the house (packet_info), which one wrong time stamp does not move.
 */
#include "record/record.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "record/record_files.h"
#include "record/record_ring.h"
#include "track/limits.h"
#include "track/memory.h"

enum {
	FILES_SPARE = 256,
	KEYS_OWN = 3,
	KEYS_MAX = 11,
};

struct recording {
	struct packet_writer *writer;
	uint64_t key[KEYS_MAX]; /* of the pair, of both addresses, and of what the evidence is about besides */
	size_t key_count;
	uint64_t until_ns, written; /* position of the packet that was written last */
	uint64_t octets, packets;
	char name[RECORD_NAME_MAX];
	const char *causes[RECORD_CAUSES_MAX];
	size_t cause_count;
	uint64_t begins_ns;
};

struct recorder {
	struct record_options options;
	struct record_talk talk;
	struct flow_sink inner, outer;
	struct track *track;
	int folder;
	char *folder_name;
	struct ring ring;
	uint64_t stray_key;
	struct record_files files;
	struct recording *open; /* RECORD_OPEN_MAX of them */
	size_t open_count;
	uint64_t clock_ns, next_end_ns;
	char *input_names[TRACK_INPUTS_MAX];
	uint64_t doubtful;       /* position of one that was kept and is nobody's so far */
	uint64_t current;        /* position of the packet that is on its way; RING_NONE: it did not fit */
	uint64_t recent[RECORD_RECENT]; /* positions of packets that were added, by their frames */
	bool memory_told, open_told, file_told, failed;
	/* Of the packet that is on its way. */
	bool noted;
};

static void
say(struct recorder *r, bool *told, const char *text)
{
	char line[256];
	bool said = *told || r->folder < 0;
	*told = true;
	if (!said) {
		snprintf(line, sizeof(line), "--record: %s", text);
		r->talk.notice(r->talk.ctx, line, false);
	}
}

static void
fail(struct recorder *r, const char *line)
{
	if (!r->failed) {
		r->failed = true;
		r->talk.complain(r->talk.ctx, line);
	}
}

static void
close_recording(struct recorder *r, size_t index)
{
	struct capture_error error;
	struct recording *one = &r->open[index];
	if (!packet_writer_close(one->writer, &error)) {
		fail(r, error.text);
	}
	struct stat st;
	if (r->failed && fstatat(r->folder, one->name, &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_size == 0) {
		unlinkat(r->folder, one->name, 0); /* the disk has no room: no packet of it is there */
	}
	record_files_grow(&r->files, one->name, one->octets, false);
	*one = r->open[--r->open_count];
	record_files_rotate(&r->files, r->options.keep_octets, r->options.keep_files);
}

static void
end_those_over(struct recorder *r)
{
	if (r->open_count == 0 || r->clock_ns <= r->next_end_ns) {
		return;
	}
	r->next_end_ns = UINT64_MAX;
	for (size_t i = r->open_count; i-- > 0;) {
		if (r->clock_ns > r->open[i].until_ns) {
			close_recording(r, i);
		}
	}
	for (size_t i = 0; i < r->open_count; i++) {
		r->next_end_ns = r->open[i].until_ns < r->next_end_ns ? r->open[i].until_ns : r->next_end_ns;
	}
}

static void
write_packet(struct recorder *r, struct recording *one, uint64_t position)
{
	struct capture_error error;
	const struct ring_packet *entry = ring_at(&r->ring, position);
	if (entry == NULL || (one->written >= position && one->written != RING_NONE)) {
		return;
	}
	one->written = position;
	if (one->octets + entry->packet.cap_len > RECORD_FILE_MAX) {
		say(r, &r->file_told, "a recording has reached its limit of 64 MiB and goes no further");
		return;
	}
	const struct packet *packet = &entry->packet;
	const char *name = entry->input < TRACK_INPUTS_MAX ? r->input_names[entry->input] : NULL;
	if (!packet_writer_begin(one->writer, r->options.mixed, packet->link_type, packet->time_digits, &error) ||
		!packet_writer_put(one->writer, entry->input, name != NULL ? name : "", packet, &error)) {
		fail(r, error.text);
		return;
	}
	one->begins_ns = one->begins_ns == 0 ? packet->time_ns : one->begins_ns;
	one->octets += packet->cap_len + 16;
	one->packets++;
}

static int
by_position(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return x < y ? -1 : x > y;
}

struct positions {
	uint64_t *list;
	size_t count, room;
};

static void
gather(struct recorder *r, uint64_t key, size_t max, struct positions *p)
{
	uint64_t at = ring_last(&r->ring, key);
	for (size_t i = 0; at != RING_NONE && i < max; i++) {
		if (p->count == p->room) {
			p->room = p->room > 0 ? 2 * p->room : 256;
			p->list = memory_resize(p->list, p->room * sizeof(*p->list));
		}
		p->list[p->count++] = at;
		at = ring_before(&r->ring, at, key);
	}
}

/* What came before, in its order. */
static void
write_past(struct recorder *r, struct recording *one)
{
	struct positions p = {0};
	for (size_t i = 0; i < one->key_count; i++) {
		gather(r, one->key[i], SIZE_MAX, &p);
	}
	gather(r, r->stray_key, RECORD_STRAYS_MAX, &p);
	if (p.count > 0) {
		qsort(p.list, p.count, sizeof(*p.list), by_position);
	}
	for (size_t i = 0; i < p.count; i++) {
		write_packet(r, one, p.list[i]);
	}
	free(p.list);
}

static bool
has_key(const struct recording *one, uint64_t key)
{
	for (size_t i = 0; i < one->key_count; i++) {
		if (one->key[i] == key) {
			return true;
		}
	}
	return false;
}

/* A finding may rest on packets of others (a NAT, a second owner of the address): then those are wanted, too. */
static void
add_evidence(struct recorder *r, struct recording *one, const struct event_finding *f)
{
	if (f == NULL || f->evidence_count == 0 || r->ring.head - r->ring.tail > RECORD_SEARCH_MAX) {
		return;
	}
	for (uint64_t at = ring_first(&r->ring); at != RING_NONE; at = ring_next(&r->ring, at)) {
		const struct ring_packet *entry = ring_at(&r->ring, at);
		bool wanted = false;
		for (size_t i = 0; i < f->evidence_count && !wanted; i++) {
			wanted = entry->packet.frame == f->evidence[i];
		}
		for (size_t i = 0; wanted && i < entry->chains && one->key_count < KEYS_MAX; i++) {
			if (!has_key(one, entry->key[i])) {
				one->key[one->key_count++] = entry->key[i];
			}
		}
	}
}

static bool
make_file(struct recorder *r, struct recording *one, uint64_t time_ns, const struct address pair[2], const char *cause)
{
	struct capture_error error;
	char shown[RECORD_NAME_MAX + 256];
	for (unsigned copy = 1; copy <= RECORD_COPIES_MAX; copy++) {
		record_name(one->name, time_ns, pair, cause, copy, r->options.mixed);
		snprintf(shown, sizeof(shown), "%.250s/%s", r->folder_name, one->name);
		one->writer = packet_writer_make(r->folder, one->name, shown, r->options.snaplen, &error);
		if (one->writer != NULL) {
			record_files_add(&r->files, one->name);
			return true;
		}
		if (errno != EEXIST) {
			break;
		}
	}
	fail(r, error.text);
	return false;
}

static struct recording *
find_open(struct recorder *r, uint64_t key)
{
	for (size_t i = 0; i < r->open_count; i++) {
		if (r->open[i].key[0] == key) {
			return &r->open[i];
		}
	}
	return NULL;
}

static struct recording *
begin(struct recorder *r, const struct event *event, const struct address pair[2], const char *cause)
{
	struct capture_error error;
	if (r->open_count == RECORD_OPEN_MAX) {
		say(r, &r->open_told, "512 recordings go on: further ones are not begun until some have ended");
		return NULL;
	}
	struct recording *one = &r->open[r->open_count];
	*one = (struct recording){.key = {ring_key_pair(&r->ring, &pair[0], &pair[1]),
					  ring_key_address(&r->ring, &pair[0]),
					  ring_key_address(&r->ring, &pair[1])},
		.key_count = KEYS_OWN};
	if (!make_file(r, one, event->time_ns, pair, cause)) {
		return NULL;
	}
	r->open_count++;
	add_evidence(r, one, event->kind == EVENT_ALERT ? &event->finding : NULL);
	write_past(r, one);
	if (!packet_writer_flush(one->writer, &error)) {
		fail(r, error.text);
	}
	record_files_grow(&r->files, one->name, one->octets, true);
	record_files_rotate(&r->files, r->options.keep_octets, r->options.keep_files);
	return one;
}

bool
recorder_save(struct recorder *r, const struct address pair[2], const char *file, uint64_t *packets, bool *whole,
	struct capture_error *error)
{
	struct recording one = {.key = {ring_key_pair(&r->ring, &pair[0], &pair[1]),
					ring_key_address(&r->ring, &pair[0]),
					ring_key_address(&r->ring, &pair[1])},
		.key_count = KEYS_OWN};
	one.writer = packet_writer_make(AT_FDCWD, file, file, r->options.snaplen, error);
	if (one.writer == NULL) {
		return false;
	}
	bool failed = r->failed, told = r->file_told; /* those of the folder; this file is none of it */
	r->failed = true;
	r->file_told = false;
	write_past(r, &one);
	*packets = one.packets;
	*whole = !r->memory_told && !r->file_told;
	r->failed = failed;
	r->file_told = told;
	return packet_writer_close(one.writer, error);
}

/* It is for this, too. False where that is known. */
static bool
add_cause(struct recording *one, const char *cause)
{
	for (size_t i = 0; i < one->cause_count; i++) {
		if (strcmp(one->causes[i], cause) == 0) {
			return false;
		}
	}
	if (one->cause_count == RECORD_CAUSES_MAX) {
		return false;
	}
	one->causes[one->cause_count++] = cause;
	return true;
}

static void
record(struct recorder *r, const struct event *event, const struct event_recording *what, const struct address pair[2])
{
	char shown[RECORD_NAME_MAX + 256];
	struct recording *one = find_open(r, ring_key_pair(&r->ring, &pair[0], &pair[1]));
	if (one == NULL) {
		one = begin(r, event, pair, what->cause);
	}
	if (one == NULL) {
		return;
	}
	one->until_ns = r->clock_ns + r->options.after_ns;
	r->next_end_ns = r->open_count == 1 || one->until_ns < r->next_end_ns ? one->until_ns : r->next_end_ns;
	if (add_cause(one, what->cause)) {
		snprintf(shown, sizeof(shown), "%.250s/%s", r->folder_name, one->name);
		struct event_recording told = *what;
		told.file = shown;
		told.begins_ns = one->begins_ns;
		track_recorded(r->track, event, &told);
	}
}

static void
on_event(void *self, const struct event *event)
{
	struct recorder *r = self;
	struct address pair[2];
	if (event->snapshot || r->failed) {
		return;
	}
	if (event->kind == EVENT_TRANSITION && event->transition.protocol == PROTOCOL_BGP &&
		event->transition.from == BGP_STATE_ESTABLISHED &&
		event->transition.to != BGP_STATE_ESTABLISHED) {
		struct event_recording what = {.session = event->transition.session, .cause = "left-established"};
		pair[0] = event->transition.speaker;
		pair[1] = event->transition.peer;
		if (address_compare(&pair[0], &pair[1]) > 0) { /* both speakers leave it, and the name is one */
			struct address first = pair[0];
			pair[0] = pair[1];
			pair[1] = first;
		}
		record(r, event, &what, pair);
	} else if (event->kind == EVENT_ALERT && event->finding.severity == SEVERITY_ERROR) {
		const struct event_finding *f = &event->finding;
		struct event_recording what = {
			.session = f->session,
			.bfd_session = f->bfd_session,
			.finding = f->id,
			.cause = finding_key(f->cause),
		};
		if (track_session_pair(r->track, f->session, pair) ||
			track_bfd_session_pair(r->track, f->bfd_session, pair)) {
			record(r, event, &what, pair);
		}
	}
}

static void
on_flush(void *self)
{
	struct recorder *r = self;
	struct capture_error error;
	for (size_t i = 0; i < r->open_count; i++) {
		if (!packet_writer_flush(r->open[i].writer, &error)) {
			fail(r, error.text);
		}
		record_files_grow(&r->files, r->open[i].name, r->open[i].octets, true);
	}
}

static uint64_t *
recent_of(struct recorder *r, uint64_t frame, uint32_t input)
{
	return &r->recent[(frame + (uint64_t)input * 977) % RECORD_RECENT];
}

/* Whose the packet is. Mostly it is the one that was added last; one that was held back is older. */
static void
note(struct recorder *r, const struct packet_info *ip, uint64_t key)
{
	r->clock_ns = ip->time_ns > r->clock_ns ? ip->time_ns : r->clock_ns;
	uint64_t position = *recent_of(r, ip->frame, ip->input);
	struct ring_packet *entry = ring_at(&r->ring, position);
	if (entry == NULL || entry->packet.frame != ip->frame || entry->input != ip->input) {
		return;
	}
	r->noted = r->noted || position == r->current;
	entry->clock_ns = ip->time_ns;
	ring_chain(&r->ring, position, key);
	for (size_t i = 0; i < r->open_count; i++) {
		if (has_key(&r->open[i], key)) {
			write_packet(r, &r->open[i], position);
		}
	}
}

static void
on_segment(void *ctx, struct conn *conn, const struct seg *seg)
{
	struct recorder *r = ctx;
	note(r, seg->ip, ring_key_pair(&r->ring, &conn->side[0].addr, &conn->side[1].addr));
	r->inner.segment(r->inner.ctx, conn, seg);
}

static void
on_change(void *ctx, struct conn *conn, enum conn_change change, int dir, const struct seg *at)
{
	struct recorder *r = ctx;
	r->inner.change(r->inner.ctx, conn, change, dir, at);
}

static void
on_bytes(void *ctx, struct conn *conn, int dir, const uint8_t *bytes, size_t size, uint32_t seq,
	const struct packet_info *from)
{
	struct recorder *r = ctx;
	r->inner.bytes(r->inner.ctx, conn, dir, bytes, size, seq, from);
}

static void
on_gap(void *ctx, struct conn *conn, int dir, uint32_t seq, uint32_t missing, enum gap_why why,
	const struct packet_info *at)
{
	struct recorder *r = ctx;
	r->inner.gap(r->inner.ctx, conn, dir, seq, missing, why, at);
}

static void
on_check(void *ctx, struct conn *conn, const struct check_note *check)
{
	struct recorder *r = ctx;
	r->inner.check(r->inner.ctx, conn, check);
}

static void
on_bfd(void *ctx, const struct datagram *datagram)
{
	struct recorder *r = ctx;
	note(r, datagram->ip, ring_key_pair(&r->ring, &datagram->ip->src, &datagram->ip->dst));
	r->inner.bfd(r->inner.ctx, datagram);
}

static void
on_icmp(void *ctx, const struct icmp_note *icmp)
{
	struct recorder *r = ctx;
	note(r, icmp->ip, ring_key_pair(&r->ring, &icmp->quoted_src, &icmp->quoted_dst));
	note(r, icmp->ip, ring_key_pair(&r->ring, &icmp->ip->src, &icmp->ip->dst));
	r->inner.icmp(r->inner.ctx, icmp);
}

static void
on_neighbor(void *ctx, const struct neighbor_note *neighbor)
{
	struct recorder *r = ctx;
	note(r, neighbor->ip, ring_key_address(&r->ring, &neighbor->target));
	if (neighbor->sender.family != 0) {
		note(r, neighbor->ip, ring_key_address(&r->ring, &neighbor->sender));
	}
	r->inner.neighbor(r->inner.ctx, neighbor);
}

static void
on_host(void *ctx, const struct packet_info *ip)
{
	struct recorder *r = ctx;
	r->inner.host(r->inner.ctx, ip);
}

static void
on_clock(void *ctx, uint64_t from_ns, uint64_t to_ns, uint64_t offset_ns)
{
	struct recorder *r = ctx;
	if (r->inner.clock != NULL) {
		r->inner.clock(r->inner.ctx, from_ns, to_ns, offset_ns);
	}
}

const struct flow_sink *
recorder_flow_sink(struct recorder *r, const struct flow_sink *inner)
{
	r->inner = *inner;
	r->outer = (struct flow_sink){
		.ctx = r,
		.segment = on_segment,
		.change = on_change,
		.bytes = on_bytes,
		.gap = on_gap,
		.check = on_check,
		.bfd = on_bfd,
		.icmp = on_icmp,
		.neighbor = on_neighbor,
		.host = on_host,
		.clock = on_clock,
	};
	return &r->outer;
}

struct sink
recorder_sink(struct recorder *r, struct track *track)
{
	r->track = track;
	return (struct sink){
		.self = r, .takes_runs = true, .on_event = on_event, .flush = on_flush};
}

void
recorder_packet(struct recorder *r, uint32_t input, const char *name, const struct packet *packet)
{
	if (r->failed) {
		return;
	}
	r->noted = false;
	if (input < TRACK_INPUTS_MAX && r->input_names[input] == NULL) {
		r->input_names[input] = memory_copy(name, strlen(name) + 1);
	}
	if (r->clock_ns == 0) {
		r->clock_ns = packet->time_ns;
	}
	if (!ring_add(&r->ring, packet, input, r->clock_ns, r->options.before_ns)) {
		say(r, &r->memory_told, "the packets of the time before need more than 64 MiB: recordings begin later");
	}
	r->current = r->ring.newest;
	*recent_of(r, packet->frame, input) = r->current;
}

/* A packet that was kept and that nobody has claimed: it may be held back until the next one has come. If it is
 * not even then, it is a fragment or the like. */
static void
take_stray(struct recorder *r)
{
	const struct ring_packet *entry = ring_at(&r->ring, r->doubtful);
	if (entry != NULL && entry->chains == 0) {
		ring_chain(&r->ring, r->doubtful, r->stray_key);
		for (size_t i = 0; i < r->open_count; i++) {
			write_packet(r, &r->open[i], r->doubtful);
		}
	}
	r->doubtful = RING_NONE;
}

void
recorder_packet_done(struct recorder *r, bool kept)
{
	if (r->failed) {
		return;
	}
	if (!r->noted && !kept) {
		ring_drop(&r->ring);
	}
	take_stray(r);
	if (!r->noted && kept) {
		r->doubtful = r->options.any_port ? RING_NONE : r->current;
	}
	end_those_over(r);
}

void
recorder_tick(struct recorder *r, uint64_t now_ns)
{
	r->clock_ns = now_ns > r->clock_ns ? now_ns : r->clock_ns;
	ring_age(&r->ring, r->clock_ns, r->options.before_ns);
	end_those_over(r);
}

int
recorder_folder(const struct recorder *r)
{
	return r->folder;
}

bool
recorder_check(struct recorder *r)
{
	char line[512];
	if (faccessat(r->folder, ".", W_OK | X_OK, AT_EACCESS) == 0) {
		return true;
	}
	snprintf(line, sizeof(line), "--record %.300s: cannot write there: %s", r->folder_name, strerror(errno));
	fail(r, line);
	return false;
}

/* Each recording that goes on is an open file. */
static void
allow_files(void)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < RECORD_OPEN_MAX + FILES_SPARE) {
		rlim_t wanted = RECORD_OPEN_MAX + FILES_SPARE;
		limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

struct recorder *
recorder_create(const struct record_options *options, const struct record_talk *talk, bool *made,
	struct capture_error *error)
{
	*made = options->folder != NULL && mkdir(options->folder, 0750) == 0;
	int folder = options->folder != NULL ? open(options->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	if (folder < 0 && options->folder != NULL) {
		snprintf(error->text, sizeof(error->text), "--record %.300s: %s", options->folder, strerror(errno));
		return NULL;
	}
	struct recorder *r = memory_zero(1, sizeof(*r));
	r->options = *options;
	r->talk = *talk;
	r->folder = folder;
	ring_init(&r->ring, RECORD_MEMORY_MIN, RECORD_MEMORY_MAX);
	static const struct address nobody;
	r->stray_key = ring_key_address(&r->ring, &nobody);
	if (folder < 0) {
		return r;
	}
	r->folder_name = memory_copy(options->folder, strlen(options->folder) + 1);
	r->open = memory_zero(RECORD_OPEN_MAX, sizeof(*r->open));
	record_files_scan(&r->files, folder);
	bool told = !r->files.more;
	say(r, &told, "the folder has more than 65536 recordings: the further ones are neither counted nor removed");
	allow_files();
	return r;
}

void
recorder_destroy(struct recorder *r)
{
	if (r == NULL) {
		return;
	}
	while (r->open_count > 0) {
		close_recording(r, r->open_count - 1);
	}
	record_files_finish(&r->files);
	ring_finish(&r->ring);
	for (size_t i = 0; i < TRACK_INPUTS_MAX; i++) {
		free(r->input_names[i]);
	}
	if (r->folder >= 0) {
		close(r->folder);
	}
	free(r->folder_name);
	free(r->open);
	free(r);
}
