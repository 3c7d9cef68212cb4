/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Several inputs become one time line. For files the next packet of each is needed to know the
 * earliest, whatever it takes. What is live may not wait for what is silent: a packet of an interface
 * waits some milliseconds for another's, since the kernel hands them on in pieces; one of a
 * file that is followed waits until another file has had nothing for half a second.
 *
 * Time goes on without packets, too. For an interface it is the clock's. For a file that is followed
 * it is the last packet's time and what has passed since it was read: so neither the distance of two
 * clocks nor the age of the file is silence. It stands still while a part of a packet is at the end of
 * the file, since then its writer holds back more.
 */
#include "inputs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "track/memory.h"

#define MS UINT64_C(1000000)

/* Interfaces: libpcap hands packets on within 10 ms and what the kernel's timer adds. */
#define HOLD_LIVE_NS (40 * MS)
/* Files that are followed: their writers empty their buffers now and then. */
#define HOLD_FOLLOW_NS (500 * MS)

enum { WAIT_MS = 100 };

struct input {
	struct source *source;
	size_t file; /* among those of the options */
	struct packet packet;
	bool waiting; /* `packet` is the next one */
	bool ended;
	bool begun;
	bool told; /* the tracker knows that it ended */
	bool away;
	uint64_t idle_ns;  /* since when it has nothing; 0: it has */
	uint64_t held_ns;  /* since when `packet` waits for other inputs; 0: it does not */
	uint64_t packets_told, dropped_told;
};

struct inputs {
	const struct options *options;
	struct inputs_talk talk;
	struct capture *capture;
	struct track *track;
	struct input input[OPTIONS_INPUTS_MAX];
	size_t count;
	bool live, follow;
	uint64_t packets;
	struct capture_error error; /* of fetch(): large, and the packets are many */
	uint64_t hold_until_ns; /* a packet is held back until then; 0: none */
	struct packet_writer *writer;
	struct recorder *recorder;
	/* The clock of files that are followed. */
	uint64_t last_ns;    /* the last packet's time; 0: none yet */
	uint64_t elapsed_ns; /* since it was read */
	uint64_t ticked_ns;  /* on the clock; 0: before the first tick */
	bool moved;          /* a packet came since */
};

static uint64_t
clock_ns(clockid_t id)
{
	struct timespec now;
	clock_gettime(id, &now);
	return (uint64_t)now.tv_sec * 1000 * MS + (uint64_t)now.tv_nsec;
}

static void
complain(struct inputs *inputs, const char *line)
{
	inputs->talk.complain(inputs->talk.ctx, line);
}

static bool
open_devices(struct inputs *inputs, const struct source_options *source)
{
	const struct options *o = inputs->options;
	struct capture_error error;
	bool good = true;
	for (size_t i = 0; i < o->device_count && good; i++) {
		struct source *opened = source_open_device(o->devices[i], source, &error);
		good = opened != NULL;
		if (good) {
			inputs->input[inputs->count++].source = opened;
		} else {
			complain(inputs, error.text);
		}
	}
	return good;
}

struct inputs *
inputs_open(const struct options *options, const struct inputs_talk *talk)
{
	struct inputs *inputs = memory_zero(1, sizeof(*inputs));
	inputs->options = options;
	inputs->talk = *talk;
	inputs->live = options->device_count > 0;
	inputs->follow = options->follow;
	struct source_options source = {
		.filter = options->filter[0] != '\0' ? options->filter : NULL,
		.ports = options->capture.ports,
		.port_count = options->capture.port_count,
		.any_port = options->capture.any_port,
		.snaplen = options->snaplen,
		.buffer_kib = options->buffer_kib,
		.no_promiscuous = options->no_promiscuous,
		.nonblocking = true,
		.follow = options->follow,
	};
	bool good = open_devices(inputs, &source);
	for (size_t i = 0; i < options->file_count && good; i++) {
		struct capture_error error;
		struct source *opened = source_open_file(options->files[i], &source, &error);
		if (opened == NULL) {
			complain(inputs, error.text); /* the others may tell something all the same */
			continue;
		}
		inputs->input[inputs->count++] = (struct input){.source = opened, .file = i};
	}
	if (!good || inputs->count == 0) {
		inputs_destroy(inputs);
		return NULL;
	}
	return inputs;
}

void
inputs_destroy(struct inputs *inputs)
{
	if (inputs == NULL) {
		return;
	}
	inputs_close_writer(inputs);
	for (size_t i = 0; i < inputs->count; i++) {
		source_close(inputs->input[i].source);
	}
	free(inputs);
}

static void
writer_failed(struct inputs *inputs, const struct capture_error *error)
{
	struct capture_error ignored;
	complain(inputs, error->text);
	packet_writer_close(inputs->writer, &ignored);
	inputs->writer = NULL;
}

/* Whether -w would write over what is read: nothing may be lost that way. */
static bool
writes_over(struct inputs *inputs)
{
	const struct options *o = inputs->options;
	bool standard_output = strcmp(o->write_file, "-") == 0;
	struct stat out, database;
	char text[512];
	if (standard_output ? fstat(STDOUT_FILENO, &out) != 0 : stat(o->write_file, &out) != 0) {
		return false;
	}
	if (!S_ISREG(out.st_mode)) {
		return false;
	}
	const char *what = standard_output ? "standard output" : o->write_file;
	for (size_t i = 0; i < inputs->count; i++) {
		const struct source *source = inputs->input[i].source;
		if (source_reads(source, out.st_dev, out.st_ino)) {
			snprintf(text, sizeof(text), "-w %.160s: is the same file as %.160s, which is read",
				what, source_name(source));
			complain(inputs, text);
			return true;
		}
	}
	if (o->database != NULL && stat(o->database, &database) == 0 &&
	    database.st_dev == out.st_dev && database.st_ino == out.st_ino) {
		snprintf(text, sizeof(text), "-w %.160s: is the same file as --db", what);
		complain(inputs, text);
		return true;
	}
	return false;
}

/*
 * What the file is to be, once that is known. With `first` NULL only what is certain before the first
 * packet; a reader at the other end of a pipe may wait for the header.
 */
static void
begin_writer(struct inputs *inputs, const struct packet *first)
{
	struct capture_error error;
	int link_type = -1;
	uint8_t digits = 0;
	bool pcapng = false, known = true;
	for (size_t i = 0; i < inputs->count; i++) {
		const struct source *source = inputs->input[i].source;
		int type = source_link_type(source);
		pcapng = pcapng || source_is_mixed(source) || (link_type >= 0 && type >= 0 &&
			type != link_type);
		known = known && type >= 0;
		link_type = link_type < 0 ? type : link_type;
		digits = source_time_digits(source) > digits ? source_time_digits(source) : digits;
	}
	/* The link type of one that is not there yet may be any. */
	pcapng = pcapng || (!known && inputs->count > 1);
	if (!pcapng && !known && first == NULL) {
		return;
	}
	if (!packet_writer_begin(inputs->writer, pcapng, link_type, digits, &error) ||
	    (first == NULL && !packet_writer_flush(inputs->writer, &error))) {
		writer_failed(inputs, &error);
	}
}

bool
inputs_open_writer(struct inputs *inputs)
{
	const struct options *o = inputs->options;
	struct capture_error error;
	if (o->write_file == NULL) {
		return true;
	}
	if (writes_over(inputs)) {
		return false;
	}
	inputs->writer = packet_writer_open(o->write_file, o->snaplen, &error);
	if (inputs->writer == NULL) {
		complain(inputs, error.text);
		return false;
	}
	begin_writer(inputs, NULL);
	return true;
}

static void
write_packet(struct inputs *inputs, const struct input *input)
{
	if (inputs->writer == NULL) {
		return;
	}
	begin_writer(inputs, &input->packet);
	if (inputs->writer == NULL) {
		return;
	}
	struct capture_error error;
	uint32_t number = (uint32_t)(input - inputs->input);
	if (!packet_writer_put(inputs->writer, number, source_name(input->source), &input->packet,
		    &error) ||
	    (inputs->options->packet_buffered && !packet_writer_flush(inputs->writer, &error))) {
		writer_failed(inputs, &error);
	}
}

void
inputs_close_writer(struct inputs *inputs)
{
	struct capture_error error;
	if (inputs->writer == NULL) {
		return;
	}
	/* A capture without packets is one all the same. */
	const struct packet none = {.link_type = -1};
	begin_writer(inputs, &none);
	if (inputs->writer != NULL && !packet_writer_close(inputs->writer, &error)) {
		complain(inputs, error.text);
	}
	inputs->writer = NULL;
}

static void
begin_input(struct inputs *inputs, struct input *input)
{
	if (input->begun) {
		return;
	}
	input->begun = true;
	uint64_t time_ns = input->waiting ? input->packet.time_ns
			   : inputs->live ? clock_ns(CLOCK_REALTIME)
					  : 0;
	uint8_t digits = input->waiting ? input->packet.time_digits : 0;
	if (digits == 0) {
		digits = source_time_digits(input->source);
	}
	track_input_begin(inputs->track, (uint32_t)(input - inputs->input),
		source_name(input->source), source_link_name(input->source), time_ns,
		digits != 0 ? digits : 6);
}

void
inputs_record(struct inputs *inputs, struct recorder *recorder)
{
	inputs->recorder = recorder;
}

void
inputs_listen(struct inputs *inputs, size_t file, source_listener *listener, void *ctx)
{
	for (size_t i = inputs->options->device_count; i < inputs->count; i++) {
		if (inputs->input[i].file == file) {
			source_listen(inputs->input[i].source, listener, ctx);
		}
	}
}

bool
inputs_listen_on(struct inputs *inputs)
{
	for (size_t i = 0; i < inputs->count; i++) {
		if (source_listen_on(inputs->input[i].source)) {
			return true;
		}
	}
	return false;
}

void
inputs_begin(struct inputs *inputs, struct capture *capture, struct track *track)
{
	inputs->capture = capture;
	inputs->track = track;
	for (size_t i = 0; i < inputs->count && inputs->live; i++) {
		if (source_link_type(inputs->input[i].source) >= 0) {
			begin_input(inputs, &inputs->input[i]);
		}
	}
}

/* How many packets went through the house: one that was fetched and still waits did not. */
static struct source_counts
counts_of(struct inputs *inputs, struct input *input)
{
	struct source_counts counts = source_counts(input->source);
	counts.packets -= input->waiting;
	if (counts.dropped > input->dropped_told) {
		capture_note_drops(inputs->capture);
	}
	return counts;
}

static void
end_input(struct inputs *inputs, struct input *input)
{
	if (input->told) {
		return;
	}
	input->told = true;
	begin_input(inputs, input);
	capture_pause(inputs->capture);
	struct source_counts counts = counts_of(inputs, input);
	track_input_end(inputs->track, (uint32_t)(input - inputs->input), counts.packets,
		counts.dropped, capture_artefacts(inputs->capture));
}

/* The views hear how it stands, and the user at once when the kernel drops packets for the first time. */
static void
tell_counts(struct inputs *inputs, struct input *input)
{
	if (!input->begun || input->told) {
		return;
	}
	struct source_counts counts = counts_of(inputs, input);
	if (counts.packets == input->packets_told && counts.dropped == input->dropped_told) {
		return;
	}
	if (inputs->live && input->dropped_told == 0 && counts.dropped > 0) {
		char text[256];
		snprintf(text, sizeof(text), "%.100s: the kernel dropped %llu packets, and may drop more: "
			"a larger buffer (-B) or a narrower expression helps", source_name(input->source),
			(unsigned long long)counts.dropped);
		inputs->talk.notice(inputs->talk.ctx, text, false);
	}
	input->packets_told = counts.packets;
	input->dropped_told = counts.dropped;
	track_input_counts(inputs->track, (uint32_t)(input - inputs->input), counts.packets,
		counts.dropped, capture_artefacts(inputs->capture));
}

void
inputs_flush(struct inputs *inputs)
{
	struct capture_error error;
	for (size_t i = 0; i < inputs->count && (inputs->live || inputs->follow); i++) {
		tell_counts(inputs, &inputs->input[i]);
	}
	if (inputs->writer != NULL && !packet_writer_flush(inputs->writer, &error)) {
		writer_failed(inputs, &error);
	}
}

/* The interface went or came back, the file was replaced. */
static void
hear_notice(struct inputs *inputs, struct input *input, const char *line)
{
	bool away = source_is_away(input->source);
	inputs->talk.notice(inputs->talk.ctx, line, away);
	if (inputs->live && source_link_type(input->source) >= 0) {
		begin_input(inputs, input);
	}
	if (away == input->away) {
		return;
	}
	input->away = away;
	if (inputs->live) {
		if (input->begun) {
			capture_note_away(inputs->capture);
		}
		track_input_away(inputs->track, (uint32_t)(input - inputs->input), away,
			clock_ns(CLOCK_REALTIME));
	}
}

/* Fetches the next packet of an input where it has none. True: there may be more at once. */
static bool
fetch(struct inputs *inputs, struct input *input)
{
	struct capture_error *error = &inputs->error;
	if (input->waiting || input->ended) {
		return false;
	}
	switch (source_next(input->source, &input->packet, error)) {
	case SOURCE_PACKET:
		input->waiting = true;
		input->idle_ns = 0;
		return false;
	case SOURCE_AGAIN:
		if (input->idle_ns == 0 && inputs->count > 1) {
			input->idle_ns = clock_ns(CLOCK_MONOTONIC);
		}
		return false;
	case SOURCE_BUSY:
		return true;
	case SOURCE_NOTICE:
		hear_notice(inputs, input, error->text);
		return true;
	case SOURCE_DAMAGED:
		complain(inputs, error->text);
		input->ended = true;
		return false;
	default:
		input->ended = true;
		return false;
	}
}

/* Until when (on the clock) `first` waits for that other input, which has nothing; 0: no longer. */
static uint64_t
held_until(struct inputs *inputs, struct input *first, const struct input *other)
{
	if (other->away) {
		return 0;
	}
	if (!inputs->live && !inputs->follow) {
		return UINT64_MAX; /* time order needs the next packet of each */
	}
	uint64_t now = clock_ns(CLOCK_MONOTONIC);
	if (inputs->follow) {
		uint64_t until = other->idle_ns + HOLD_FOLLOW_NS;
		return until > now ? until : 0;
	}
	if (first->held_ns == 0) {
		if (first->packet.time_ns + HOLD_LIVE_NS < clock_ns(CLOCK_REALTIME)) {
			return 0;
		}
		first->held_ns = now;
	}
	return first->held_ns + HOLD_LIVE_NS > now ? first->held_ns + HOLD_LIVE_NS : 0;
}

static void
pass_on(struct inputs *inputs, struct input *input)
{
	begin_input(inputs, input);
	struct packet later;
	bool ahead = inputs->count == 1 && capture_looks_ahead(inputs->capture);
	while (ahead && source_ahead(input->source, &later)) {
		capture_expect(inputs->capture, &later);
	}
	uint32_t number = (uint32_t)(input - inputs->input);
	if (inputs->recorder != NULL) {
		recorder_packet(inputs->recorder, number, source_name(input->source), &input->packet);
	}
	bool kept = capture_packet(inputs->capture, number, &input->packet);
	if (inputs->recorder != NULL) {
		recorder_packet_done(inputs->recorder, kept);
	}
	if (kept) {
		write_packet(inputs, input);
	}
	inputs->last_ns = input->packet.time_ns; /* not the greatest: it may be a wrong one */
	inputs->moved = true;
	input->waiting = false;
	input->held_ns = 0;
	inputs->packets++;
}

enum inputs_step
inputs_next(struct inputs *inputs)
{
	uint64_t limit = inputs->options->packet_limit;
	struct input *first = NULL;
	bool busy = false, open = false;
	if (limit != 0 && inputs->packets >= limit) {
		return INPUTS_END;
	}
	for (size_t i = 0; i < inputs->count; i++) {
		struct input *input = &inputs->input[i];
		busy = fetch(inputs, input) || busy;
		if (input->waiting) {
			if (first == NULL || input->packet.time_ns < first->packet.time_ns) {
				first = input;
			}
		} else if (!input->ended) {
			open = true;
		} else if (inputs->count > 1) {
			end_input(inputs, input);
		}
	}
	inputs->hold_until_ns = 0;
	if (busy) {
		return INPUTS_BUSY;
	}
	if (first == NULL) {
		return open ? INPUTS_WAIT : INPUTS_END;
	}
	for (size_t i = 0; i < inputs->count && open; i++) {
		const struct input *other = &inputs->input[i];
		if (other->waiting || other->ended) {
			continue;
		}
		uint64_t until = held_until(inputs, first, other);
		inputs->hold_until_ns = until > inputs->hold_until_ns ? until : inputs->hold_until_ns;
	}
	if (inputs->hold_until_ns != 0) {
		return INPUTS_WAIT;
	}
	pass_on(inputs, first);
	return INPUTS_PACKET;
}

size_t
inputs_count(const struct inputs *inputs)
{
	return inputs->count;
}

size_t
inputs_poll(struct inputs *inputs, struct pollfd *fds, unsigned *timeout_ms)
{
	size_t count = 0;
	for (size_t i = 0; i < inputs->count; i++) {
		const struct input *input = &inputs->input[i];
		int fd = input->ended || input->waiting ? -1 : source_fd(input->source);
		if (fd >= 0) {
			fds[count++] = (struct pollfd){.fd = fd, .events = POLLIN};
		}
	}
	*timeout_ms = WAIT_MS;
	if (inputs->hold_until_ns != 0 && inputs->hold_until_ns != UINT64_MAX) {
		uint64_t now = clock_ns(CLOCK_MONOTONIC);
		uint64_t left = inputs->hold_until_ns > now ? inputs->hold_until_ns - now : 0;
		if (left < WAIT_MS * MS) {
			*timeout_ms = (unsigned)(left / MS) + 1;
		}
	}
	return count;
}

/* Whether silence is silence: every file was read to the end of a packet. */
static bool
all_settled(const struct inputs *inputs)
{
	for (size_t i = 0; i < inputs->count; i++) {
		const struct input *input = &inputs->input[i];
		if (input->waiting || (!input->ended && !source_is_settled(input->source))) {
			return false;
		}
	}
	return true;
}

void
inputs_tick(struct inputs *inputs)
{
	uint64_t now = 0;
	if (inputs->live) {
		/* One that is held back is not overtaken. */
		now = clock_ns(CLOCK_REALTIME) - 2 * HOLD_LIVE_NS;
	} else if (inputs->follow) {
		uint64_t clock = clock_ns(CLOCK_MONOTONIC);
		if (inputs->moved || inputs->ticked_ns == 0) {
			inputs->elapsed_ns = 0;
		} else if (all_settled(inputs)) {
			inputs->elapsed_ns += clock - inputs->ticked_ns;
		}
		inputs->moved = false;
		inputs->ticked_ns = clock;
		now = inputs->last_ns != 0 ? inputs->last_ns + inputs->elapsed_ns : 0;
	}
	if (now != 0) {
		now = capture_tick(inputs->capture, now);
		track_tick(inputs->track, now);
		if (inputs->recorder != NULL) {
			recorder_tick(inputs->recorder, now);
		}
	} else {
		capture_pause(inputs->capture);
	}
}

void
inputs_end(struct inputs *inputs)
{
	for (size_t i = 0; i < inputs->count; i++) {
		end_input(inputs, &inputs->input[i]);
	}
	track_inputs_over(inputs->track);
}

bool
inputs_are_nothing(const struct inputs *inputs)
{
	/* Standard input may turn out to be none only when it is read. */
	for (size_t i = 0; i < inputs->count; i++) {
		if (source_link_type(inputs->input[i].source) >= 0) {
			return false;
		}
	}
	return inputs->packets == 0;
}

int
inputs_progress(const struct inputs *inputs)
{
	if (inputs->live || inputs->follow) {
		return -1;
	}
	int sum = 0; /* a pipe counts as not read at all: nobody knows its end */
	for (size_t i = 0; i < inputs->count; i++) {
		int percent = source_progress(inputs->input[i].source);
		sum += percent > 0 ? percent : 0;
	}
	return sum / (int)inputs->count;
}

bool
inputs_are_live(const struct inputs *inputs)
{
	return inputs->live || inputs->follow;
}

bool
inputs_are_mixed(const struct inputs *inputs)
{
	/* Of standard input nothing is known yet; it has one link type unless it says otherwise. */
	return inputs->count > 1 || source_is_mixed(inputs->input[0].source);
}
