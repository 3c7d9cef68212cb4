/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The wiring: options, inputs, capture → track → sinks, and the one loop that waits. Everything below
 * is told what to do from here and knows nothing of its neighbours.
 */
#include <errno.h>
#include <grp.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "capture/capture.h"
#include "capture/source.h"
#include "expect/expect_file.h"
#include "options.h"
#include "store/store.h"
#include "track/explain.h"
#include "track/track.h"
#include "ui/ui.h"

enum {
	EXIT_ERROR = 2,
	PACKETS_BETWEEN_LOOKS = 512, /* at the clock and the keys, while a file is read */
	WAIT_MS = 100,
};

struct input {
	struct source *source;
	struct packet packet;
	bool waiting; /* `packet` is the next one */
	bool ended;
	bool begun;
	bool told; /* the tracker knows that it ended */
};

struct run {
	struct options options;
	struct input inputs[OPTIONS_INPUTS_MAX];
	size_t input_count;
	struct capture *capture;
	struct track *track;
	struct packet_writer *writer;
	struct sink sinks[4];
	size_t sink_count;
	void *view; /* which of them writes to standard output */
	struct dashboard *dashboard;
	struct expect expect;
	bool live;
	bool failed; /* exit status 2 */
	bool quit;   /* the user left the dashboard */
	uint64_t packets;
	uint64_t last_flush_ns;
	char late[1024]; /* complaints that wait until the terminal is ours again */
};

static volatile sig_atomic_t stop_signal;

static void
on_signal(int number)
{
	stop_signal = number;
}

static uint64_t
clock_ns(clockid_t id)
{
	struct timespec now;
	clock_gettime(id, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* One line for the user; kept until the dashboard is gone. */
static void
complain(struct run *run, const char *text)
{
	run->failed = true;
	if (run->dashboard == NULL) {
		fprintf(stderr, "bgpwhy: %s\n", text);
		return;
	}
	size_t used = strlen(run->late);
	snprintf(run->late + used, sizeof(run->late) - used, "bgpwhy: %s\n", text);
}

static void
store_complains(void *ctx, const char *line)
{
	complain(ctx, line);
}

static void
add_sink(struct run *run, const struct sink *sink)
{
	run->sinks[run->sink_count++] = *sink;
	if (run->track != NULL) {
		track_add_sink(run->track, sink);
	}
}

static void
flush_sinks(struct run *run)
{
	run->last_flush_ns = clock_ns(CLOCK_MONOTONIC);
	for (size_t i = 0; i < run->sink_count; i++) {
		if (run->sinks[i].flush != NULL) {
			run->sinks[i].flush(run->sinks[i].self);
		}
	}
	struct capture_error error;
	if (run->writer != NULL && !packet_writer_flush(run->writer, &error)) {
		complain(run, error.text);
		packet_writer_close(run->writer, &error);
		run->writer = NULL;
	}
}

static unsigned
terminal_width(FILE *out)
{
	struct winsize size;
	const char *columns = getenv("COLUMNS");
	if (isatty(fileno(out)) && ioctl(fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
		return size.ws_col;
	}
	return columns != NULL ? (unsigned)strtoul(columns, NULL, 10) : 0;
}

static bool
wants_color(const struct options *options, FILE *out)
{
	if (options->color != COLOR_AUTO) {
		return options->color == COLOR_ALWAYS;
	}
	const char *none = getenv("NO_COLOR");
	const char *terminal = getenv("TERM");
	return (none == NULL || *none == '\0') && isatty(fileno(out)) &&
	       (terminal == NULL || strcmp(terminal, "dumb") != 0);
}

static enum view
view_of(const struct options *options)
{
	if (options->view != VIEW_DEFAULT) {
		return options->view;
	}
	if (options->device != NULL) {
		return isatty(STDOUT_FILENO) && isatty(STDIN_FILENO) ? VIEW_UI : VIEW_LINES;
	}
	return VIEW_REPORT;
}

static const char *
title_of(const struct options *options)
{
	if (options->device != NULL) {
		return options->device;
	}
	if (options->file_count == 0) {
		return options->database;
	}
	const char *first = options->files[0];
	first = strcmp(first, "-") == 0 ? "standard input" : first;
	if (options->file_count == 1) {
		return first;
	}
	static char several[512];
	snprintf(several, sizeof(several), "%.400s and %zu more", first, options->file_count - 1);
	return several;
}

static bool
open_view(struct run *run)
{
	const struct options *o = &run->options;
	bool packets_to_stdout = o->write_file != NULL && strcmp(o->write_file, "-") == 0;
	if (packets_to_stdout && o->view == VIEW_DEFAULT) {
		return true; /* as tcpdump: the packets are the output */
	}
	struct ui_options ui = {
		.out = packets_to_stdout ? stderr : stdout,
		.verbose = o->verbose,
		.hex = o->hex,
		.numeric = o->numeric,
		.utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0,
		.title = title_of(o),
		.live = run->live,
	};
	ui.color = wants_color(o, ui.out);
	ui.width = terminal_width(ui.out);
	struct sink sink = {.self = NULL};
	bool good = true;
	switch (view_of(o)) {
	case VIEW_LINES:
		good = ui_lines_open(&ui, &sink);
		break;
	case VIEW_JSON:
		good = ui_json_open(&ui, &sink);
		break;
	case VIEW_UI: {
		char error[256];
		struct dashboard *dashboard = dashboard_open(&ui, error, sizeof(error));
		if (dashboard == NULL) {
			complain(run, error);
			return false;
		}
		run->dashboard = dashboard;
		sink = dashboard_sink(dashboard);
		break;
	}
	default:
		good = ui_report_open(&ui, &sink);
		break;
	}
	if (!good) {
		complain(run, "the view cannot be opened");
		return false;
	}
	run->view = sink.self;
	add_sink(run, &sink);
	return true;
}

static void
count_event(void *self, const struct event *event)
{
	(void)event;
	++*(uint64_t *)self;
}

static void
abandon_sinks(struct run *run)
{
	for (size_t i = 0; i < run->sink_count; i++) {
		if (run->sinks[i].abandon != NULL) {
			run->sinks[i].abandon(run->sinks[i].self);
		} else if (run->sinks[i].close != NULL) {
			run->sinks[i].close(run->sinks[i].self);
		}
	}
	run->sink_count = 0;
}

static void
close_sinks(struct run *run)
{
	for (size_t i = 0; i < run->sink_count; i++) {
		const struct sink *sink = &run->sinks[i];
		errno = 0;
		if (sink->close == NULL || sink->close(sink->self)) {
			continue;
		}
		run->failed = true; /* the database has said so itself */
		if (sink->self == run->view && errno != EPIPE) {
			char text[128];
			snprintf(text, sizeof(text), "standard output: %s",
				errno != 0 ? strerror(errno) : "it cannot be written to");
			complain(run, text);
		}
	}
	run->sink_count = 0;
}

/* Gives up root after everything is open (-Z). */
static bool
become(struct run *run, const char *user)
{
	char text[256];
	if (user == NULL || geteuid() != 0) {
		return true;
	}
	errno = 0;
	const struct passwd *entry = getpwnam(user);
	if (entry == NULL) {
		snprintf(text, sizeof(text), "-Z %s: no such user", user);
		complain(run, text);
		return false;
	}
	if (initgroups(entry->pw_name, entry->pw_gid) != 0 || setgid(entry->pw_gid) != 0 ||
	    setuid(entry->pw_uid) != 0) {
		snprintf(text, sizeof(text), "-Z %s: %s", user, strerror(errno));
		complain(run, text);
		return false;
	}
	return true;
}

static bool
open_inputs(struct run *run)
{
	const struct options *o = &run->options;
	static char default_filter[OPTIONS_FILTER_MAX];
	struct source_options source = {
		.filter = o->filter[0] != '\0' ? o->filter : NULL,
		.snaplen = o->snaplen,
		.buffer_kib = o->buffer_kib,
		.no_promiscuous = o->no_promiscuous,
		.nonblocking = true,
	};
	struct capture_error error;
	if (o->device != NULL) {
		if (source.filter == NULL) {
			source_default_filter(o->capture.ports, o->capture.port_count,
				o->capture.any_port, default_filter, sizeof(default_filter));
			source.filter = default_filter;
		}
		run->inputs[0].source = source_open_device(o->device, &source, &error);
		if (run->inputs[0].source == NULL) {
			complain(run, error.text);
			return false;
		}
		run->input_count = 1;
		run->live = true;
	}
	for (size_t i = 0; i < o->file_count; i++) {
		struct source *opened = source_open_file(o->files[i], &source, &error);
		if (opened == NULL) {
			complain(run, error.text); /* the others may tell something all the same */
			continue;
		}
		run->inputs[run->input_count++].source = opened;
	}
	return run->input_count > 0;
}

static bool
open_writer(struct run *run)
{
	const struct options *o = &run->options;
	struct capture_error error;
	int link_type = source_link_type(run->inputs[0].source);
	if (o->write_file == NULL || run->writer != NULL || link_type < 0) {
		return true;
	}
	run->writer = packet_writer_open(o->write_file, link_type, o->snaplen, &error);
	if (run->writer == NULL) {
		complain(run, error.text);
		return false;
	}
	return true;
}

static void
begin_input(struct run *run, size_t number)
{
	struct input *input = &run->inputs[number];
	if (input->begun) {
		return;
	}
	input->begun = true;
	uint64_t time_ns = input->waiting ? input->packet.time_ns
			   : run->live    ? clock_ns(CLOCK_REALTIME)
					  : 0;
	uint8_t digits = input->waiting && input->packet.time_digits != 0
				 ? input->packet.time_digits
				 : 6;
	track_input_begin(run->track, (uint32_t)number, source_name(input->source),
		source_link_name(input->source), time_ns, digits);
}

static void
end_input(struct run *run, size_t number)
{
	struct input *input = &run->inputs[number];
	if (input->told) {
		return;
	}
	input->told = true;
	begin_input(run, number);
	struct source_counts counts = source_counts(input->source);
	if (counts.dropped > 0) {
		capture_note_drops(run->capture);
	}
	track_input_end(run->track, (uint32_t)number, counts.packets, counts.dropped,
		capture_artefacts(run->capture));
}

/* Fetches the next packet of an input; false where there is none for now. */
static bool
fetch(struct run *run, struct input *input)
{
	struct capture_error error;
	if (input->waiting || input->ended) {
		return input->waiting;
	}
	switch (source_next(input->source, &input->packet, &error)) {
	case SOURCE_PACKET:
		input->waiting = true;
		return true;
	case SOURCE_AGAIN:
		return false;
	case SOURCE_DAMAGED:
		complain(run, error.text);
		input->ended = true;
		return false;
	default:
		input->ended = true;
		return false;
	}
}

enum step { STEP_PACKET, STEP_WAIT, STEP_END };

/* The earliest packet of all inputs goes through the house. */
static enum step
step(struct run *run)
{
	struct input *first = NULL;
	bool wait = false;
	for (size_t i = 0; i < run->input_count; i++) {
		struct input *input = &run->inputs[i];
		bool fetched = fetch(run, input);
		if (input->ended && !fetched && run->input_count > 1) {
			end_input(run, i);
		}
		if (fetched) {
			if (first == NULL || input->packet.time_ns < first->packet.time_ns) {
				first = input;
			}
		} else if (!input->ended) {
			wait = true;
		}
	}
	if (wait) {
		return STEP_WAIT; /* time order needs the next packet of each input */
	}
	if (first == NULL) {
		return STEP_END;
	}
	size_t number = (size_t)(first - run->inputs);
	begin_input(run, number);
	bool ours = capture_packet(run->capture, (uint32_t)number, &first->packet);
	if (ours && run->options.write_file != NULL && open_writer(run) && run->writer != NULL) {
		struct capture_error error;
		if (!packet_writer_put(run->writer, &first->packet, &error)) {
			complain(run, error.text);
			packet_writer_close(run->writer, &error);
			run->writer = NULL;
			run->options.write_file = NULL;
		}
	}
	first->waiting = false;
	run->packets++;
	if (run->options.packet_limit != 0 && run->packets >= run->options.packet_limit) {
		return STEP_END;
	}
	return STEP_PACKET;
}

/* Nothing to read now: wait for packets, keys or a signal. */
static void
wait_for_input(struct run *run, const sigset_t *unblocked, bool done)
{
	struct pollfd fds[OPTIONS_INPUTS_MAX + 1];
	nfds_t count = 0;
	for (size_t i = 0; i < run->input_count && !done; i++) {
		int fd = source_fd(run->inputs[i].source);
		if (!run->inputs[i].ended && !run->inputs[i].waiting && fd >= 0) {
			fds[count++] = (struct pollfd){.fd = fd, .events = POLLIN};
		}
	}
	if (run->dashboard != NULL) {
		fds[count++] = (struct pollfd){
			.fd = dashboard_fd(run->dashboard), .events = POLLIN};
	}
	struct timespec timeout = {.tv_nsec = WAIT_MS * 1000000L};
	ppoll(fds, count, &timeout, unblocked);
	if (run->live && !done) {
		uint64_t now = clock_ns(CLOCK_REALTIME);
		capture_tick(run->capture, now);
		track_tick(run->track, now);
	}
}

static void
look_at_keys(struct run *run, bool done)
{
	if (run->dashboard == NULL) {
		return;
	}
	int loading = done ? 100 : -1;
	if (!run->live && !done && run->input_count > 0) {
		int sum = 0; /* a pipe counts as not read at all: nobody knows its end */
		for (size_t i = 0; i < run->input_count; i++) {
			int percent = source_progress(run->inputs[i].source);
			sum += percent > 0 ? percent : 0;
		}
		loading = sum / (int)run->input_count;
	}
	if (!dashboard_step(run->dashboard, clock_ns(CLOCK_REALTIME), loading, done)) {
		run->quit = true;
	}
}

static void
read_all(struct run *run, const sigset_t *unblocked)
{
	unsigned since = 0;
	while (stop_signal == 0 && !run->quit) {
		enum step now = step(run);
		if (now == STEP_END) {
			break;
		}
		if (now == STEP_WAIT) {
			flush_sinks(run);
			look_at_keys(run, false);
			wait_for_input(run, unblocked, false);
			since = 0;
			continue;
		}
		if (++since >= PACKETS_BETWEEN_LOOKS) {
			since = 0;
			look_at_keys(run, false);
			if (clock_ns(CLOCK_MONOTONIC) - run->last_flush_ns >= 1000000000u) {
				flush_sinks(run);
			}
			/* A signal that came meanwhile is heard here. */
			struct timespec none = {0};
			ppoll(NULL, 0, &none, unblocked);
		}
	}
}

static void
stay_in_dashboard(struct run *run, const sigset_t *unblocked)
{
	while (run->dashboard != NULL && !run->quit && stop_signal == 0) {
		look_at_keys(run, true);
		if (!run->quit) {
			wait_for_input(run, unblocked, true);
		}
	}
}

static int
finish(struct run *run, int status)
{
	dashboard_destroy(run->dashboard);
	run->dashboard = NULL;
	fputs(run->late, stderr);
	return run->failed ? EXIT_ERROR : status;
}

static int
look_at_database(struct run *run, const sigset_t *unblocked)
{
	struct store_error error;
	int status = 0;
	if (!open_view(run)) {
		return finish(run, EXIT_ERROR);
	}
	uint64_t events = 0;
	struct sink counter = {.self = &events, .on_event = count_event};
	add_sink(run, &counter);
	if (!store_replay(run->options.database, run->sinks, run->sink_count, &status, &error)) {
		complain(run, error.text);
	}
	if (run->failed && events == 0) {
		abandon_sinks(run);
		return finish(run, EXIT_ERROR);
	}
	stay_in_dashboard(run, unblocked);
	close_sinks(run);
	return finish(run, status);
}

/* Standard input may turn out to be none only when it is read. */
static bool
nothing_is_a_capture(const struct run *run)
{
	for (size_t i = 0; i < run->input_count; i++) {
		if (source_link_type(run->inputs[i].source) >= 0) {
			return false;
		}
	}
	return true;
}

/* What the user expects, before anything is opened. */
static bool
read_expectations(struct run *run)
{
	struct options *o = &run->options;
	char error[1024];
	for (size_t i = 0; i < o->expect_count; i++) {
		if (!expect_read(&run->expect, o->expect[i], error, sizeof(error))) {
			complain(run, error);
			return false;
		}
	}
	for (size_t i = 0; i < run->expect.port_count && o->capture.port_count < CAPTURE_PORTS_MAX; i++) {
		o->capture.ports[o->capture.port_count++] = run->expect.ports[i];
	}
	run->expect.bfd_captured = o->device != NULL && o->filter[0] == '\0';
	return true;
}

static int
look_at_packets(struct run *run, const sigset_t *unblocked)
{
	const struct options *o = &run->options;
	struct capture_error capture_error;
	struct store_error store_error;
	int status = EXIT_ERROR;
	if (!read_expectations(run)) {
		return finish(run, EXIT_ERROR);
	}
	run->track = track_create(&(struct track_options){
		.expect = o->expect_count > 0 ? &run->expect : NULL,
		.all_bfd_packets = o->verbose > 0,
		.several_inputs = o->file_count > 1,
		.any_port = o->capture.any_port,
	});
	if (!open_inputs(run)) {
		goto out;
	}
	run->capture = capture_create(&o->capture, track_flow_sink(run->track), &capture_error);
	if (run->capture == NULL) {
		complain(run, capture_error.text);
		goto out;
	}
	if (o->database != NULL) {
		struct sink sink;
		/* A database that cannot be had is no reason to show nothing. */
		if (store_open_writer(o->database, store_complains, run, &sink, &store_error)) {
			add_sink(run, &sink);
		} else {
			complain(run, store_error.text);
		}
	}
	if (!open_writer(run) || !open_view(run) || !become(run, o->user)) {
		goto out;
	}
	read_all(run, unblocked);
	if (run->failed && run->packets == 0 && nothing_is_a_capture(run)) {
		abandon_sinks(run);
		goto out;
	}
	for (size_t i = 0; i < run->input_count; i++) {
		end_input(run, i);
	}
	track_inputs_over(run->track);
	capture_finish(run->capture);
	track_finish(run->track);
	flush_sinks(run);
	status = track_exit_status(run->track);
	stay_in_dashboard(run, unblocked);
out:
	close_sinks(run);
	if (run->writer != NULL && !packet_writer_close(run->writer, &capture_error)) {
		complain(run, capture_error.text);
	}
	capture_destroy(run->capture);
	track_destroy(run->track);
	expect_finish(&run->expect);
	for (size_t i = 0; i < run->input_count; i++) {
		source_close(run->inputs[i].source);
	}
	return finish(run, status);
}

static int
explain(const struct options *o)
{
	enum { NEAR = 4 };
	enum finding_cause causes[FINDING_CAUSE_COUNT], near[NEAR];
	size_t count = 0;
	for (size_t i = 0; i < o->cause_count; i++) {
		if (count < FINDING_CAUSE_COUNT && finding_from_key(o->causes[i], &causes[count])) {
			count++;
			continue;
		}
		size_t found = explain_nearest(o->causes[i], near, NEAR);
		fprintf(stderr, "bgpwhy: --explain %.60s: there is no such cause%s", o->causes[i],
			found > 0 ? "; perhaps" : " (bgpwhy --explain lists them)");
		for (size_t k = 0; k < found; k++) {
			fprintf(stderr, "%s %s", k > 0 ? "," : "", finding_key(near[k]));
		}
		fputc('\n', stderr);
		return EXIT_ERROR;
	}
	struct ui_options ui = {
		.out = stdout,
		.color = wants_color(o, stdout),
		.utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0,
		.width = terminal_width(stdout),
	};
	return ui_explain(&ui, causes, count, o->view == VIEW_JSON) ? 0 : EXIT_ERROR;
}

int
main(int argc, char **argv)
{
	setlocale(LC_ALL, "");
	static struct run run;
	char error[1024];
	if (!options_read(&run.options, argc, argv, error, sizeof(error))) {
		fprintf(stderr, "bgpwhy: %s\n", error);
		return EXIT_ERROR;
	}
	if (run.options.help) {
		fputs(options_usage(), stdout);
		return fflush(stdout) == 0 ? 0 : EXIT_ERROR;
	}
	if (run.options.version) {
		printf("bgpwhy %s\n", BGPWHY_VERSION);
		return fflush(stdout) == 0 ? 0 : EXIT_ERROR;
	}
	if (run.options.explain) {
		return explain(&run.options);
	}
	if (run.options.list_devices) {
		struct capture_error capture_error;
		if (!source_list_devices(stdout, &capture_error)) {
			fprintf(stderr, "bgpwhy: %s\n", capture_error.text);
			return EXIT_ERROR;
		}
		return fflush(stdout) == 0 ? 0 : EXIT_ERROR;
	}
	/* Signals are heard where the program waits, and nowhere else. */
	sigset_t blocked, unblocked;
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGINT);
	sigaddset(&blocked, SIGTERM);
	sigaddset(&blocked, SIGHUP);
	sigprocmask(SIG_BLOCK, &blocked, &unblocked);
	sigdelset(&unblocked, SIGINT);
	sigdelset(&unblocked, SIGTERM);
	sigdelset(&unblocked, SIGHUP);
	struct sigaction action = {.sa_handler = on_signal};
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	signal(SIGPIPE, SIG_IGN);

	if (run.options.device == NULL && run.options.file_count == 0) {
		return look_at_database(&run, &unblocked);
	}
	return look_at_packets(&run, &unblocked);
}
