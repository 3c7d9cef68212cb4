/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The wiring: options, inputs, capture → track → sinks, and the one loop that waits. Everything below
 * is told what to do from here and knows nothing of its neighbours.
 */
#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "capture/capture.h"
#include "capture/source.h"
#include "expect/expect_file.h"
#include "history.h"
#include "inputs.h"
#include "learn.h"
#include "options.h"
#include "privilege.h"
#include "record/record.h"
#include "sandbox.h"
#include "store/store.h"
#include "track/explain.h"
#include "track/track.h"
#include "ui/ui.h"

enum {
	EXIT_ERROR = 2,
	PACKETS_BETWEEN_LOOKS = 512, /* at the clock and the keys, while a file is read */
	EVENTS_BETWEEN_LOOKS = 256, /* while a database is played */
	WAIT_MS = 100,
	SNAPSHOTS_SHARE = 20, /* of the time, at most one part goes into telling how sessions stand */
	SNAPSHOTS_BETWEEN_LOOKS = 500, /* told before keys are looked at again */
};

struct run {
	struct options options;
	struct inputs *inputs;
	struct recorder *recorder;
	struct capture *capture;
	struct track *track;
	struct store_reader *reader; /* of a database that is looked at */
	struct sink sinks[5];
	size_t sink_count;
	void *view; /* which of them writes to standard output */
	struct dashboard *dashboard;
	struct expect expect;
	struct store_hash *hashes[OPTIONS_INPUTS_MAX]; /* of the files that are read, for the database */
	bool live;
	bool stored; /* the database is open */
	bool failed; /* exit status 2 */
	bool quit;   /* the user left the dashboard */
	uint64_t last_flush_ns, next_snapshots_ns;
	bool telling; /* snapshots are left to tell, which have taken so long until now */
	uint64_t telling_ns;
	char late[4096]; /* complaints that wait until the terminal is ours again */
};

/* `timeout` and a terminal that hangs up send their signal twice. */
enum { SAME_SIGNAL_MS = 1000 };

static volatile sig_atomic_t stop_signal;
static volatile sig_atomic_t stop_ms; /* when it came */
static volatile sig_atomic_t terminal_taken;
static struct termios terminal_before;

/* The first signal ends the reading; what was seen is judged, stored and shown. One more, while that
 * goes on or waits for somebody to read it, ends the program: what was committed to the database stands. */
static void
on_signal(int number)
{
	static const char leave[] = "\033[?1049l\033[?25h\033[0m\r\n";
	static const char word[] = "bgpwhy: a second signal: left before everything was shown\n";
	struct timespec clock;
	clock_gettime(CLOCK_MONOTONIC, &clock);
	sig_atomic_t now = (sig_atomic_t)(clock.tv_sec % 1000000 * 1000 + clock.tv_nsec / 1000000);
	if (stop_signal == 0) {
		stop_signal = number;
		stop_ms = now;
		return;
	}
	if (number == SIGHUP || (now >= stop_ms && now - stop_ms < SAME_SIGNAL_MS)) {
		return;
	}
	if (terminal_taken != 0) {
		(void)!write(STDOUT_FILENO, leave, sizeof(leave) - 1);
		tcsetattr(STDIN_FILENO, TCSANOW, &terminal_before);
	}
	(void)!write(STDERR_FILENO, word, sizeof(word) - 1);
	_exit(EXIT_ERROR);
}

static uint64_t
clock_ns(clockid_t id)
{
	struct timespec now;
	clock_gettime(id, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* One line for the user; the dashboard shows it, and it is said again when that is gone. `lasting`: it
 * holds until the next one. */
static void
notice(void *ctx, const char *line, bool lasting)
{
	struct run *run = ctx;
	if (run->dashboard == NULL) {
		fprintf(stderr, "bgpwhy: %s\n", line);
		return;
	}
	size_t used = strlen(run->late);
	snprintf(run->late + used, sizeof(run->late) - used, "bgpwhy: %s\n", line);
	dashboard_notice(run->dashboard, line, lasting);
}

/* The same for an error. */
static void
complain(void *ctx, const char *line)
{
	struct run *run = ctx;
	run->failed = true;
	notice(run, line, false);
}

/* The database is slower than what comes. */
static void
let_go(void *ctx, uint64_t events, const char *reason)
{
	struct run *run = ctx;
	track_lost(run->track, events, reason);
}

static void
add_sink(struct run *run, const struct sink *sink)
{
	run->sinks[run->sink_count++] = *sink;
	if (run->track != NULL) {
		track_add_sink(run->track, sink);
	}
}

/* How sessions stand; with a dashboard a part of them at a time, for the sake of its keys. */
static void
tell_snapshots(struct run *run)
{
	uint64_t start = clock_ns(CLOCK_MONOTONIC);
	run->telling = track_snapshots(run->track, run->dashboard != NULL ? SNAPSHOTS_BETWEEN_LOOKS : 0);
	uint64_t end = clock_ns(CLOCK_MONOTONIC);
	run->telling_ns += end - start;
	if (!run->telling) {
		/* Where there are so many sessions that this takes long, it is done less often. */
		run->next_snapshots_ns = end + SNAPSHOTS_SHARE * run->telling_ns;
		run->telling_ns = 0;
	}
}

static void
flush_sinks(struct run *run)
{
	run->last_flush_ns = clock_ns(CLOCK_MONOTONIC);
	inputs_flush(run->inputs);
	if (run->track != NULL && !run->telling && run->last_flush_ns >= run->next_snapshots_ns) {
		tell_snapshots(run);
	}
	for (size_t i = 0; i < run->sink_count; i++) {
		if (run->sinks[i].flush != NULL) {
			run->sinks[i].flush(run->sinks[i].self);
		}
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
	if (options->device_count > 0 || options->follow) {
		return isatty(STDOUT_FILENO) && isatty(STDIN_FILENO) ? VIEW_UI : VIEW_LINES;
	}
	return VIEW_REPORT;
}

static const char *
title_of(const struct options *options)
{
	const char *const *names = options->device_count > 0 ? options->devices : options->files;
	size_t count = options->device_count + options->file_count;
	if (count == 0) {
		return options->learn ? "--learn" : options->database;
	}
	const char *first = options->device_count == 0 && strcmp(names[0], "-") == 0 ? "standard input"
									       : names[0];
	if (count == 1) {
		return first;
	}
	static char several[512];
	snprintf(several, sizeof(several), "%.400s and %zu more", first, count - 1);
	return several;
}

/* F2: what the recorder has of two addresses. */
static bool
save_packets(void *ctx, const struct address pair[2], const char *file, char *text, size_t room)
{
	struct run *run = ctx;
	struct capture_error error;
	uint64_t packets = 0;
	bool whole = true;
	errno = 0;
	if (!recorder_save(run->recorder, pair, file, &packets, &whole, &error)) {
		snprintf(text, room, "%s", error.text);
		return errno != EEXIST;
	}
	snprintf(text, room, "%s%llu packets", whole ? "" : "not all that there were: the last ",
		(unsigned long long)packets);
	return true;
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
		.learn = o->learn,
		.save_packets = run->recorder != NULL ? save_packets : NULL,
		.save_ctx = run,
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
		tcgetattr(STDIN_FILENO, &terminal_before);
		struct dashboard *dashboard = dashboard_open(&ui, error, sizeof(error));
		if (dashboard == NULL) {
			complain(run, error);
			return false;
		}
		run->dashboard = dashboard;
		terminal_taken = 1;
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

/* Gives up root: everything is open. */
static bool
become(struct run *run)
{
	const struct options *o = &run->options;
	char text[256];
	switch (privilege_drop(o->user, o->device_count > 0, text, sizeof(text))) {
	case PRIVILEGE_FAILED:
		complain(run, text);
		return false;
	case PRIVILEGE_KEPT:
		notice(run, text, false);
		return true;
	default:
		return true;
	}
}

/* And all else that is not needed from here on. False: it may not go on. */
static bool
confine(struct run *run)
{
#ifdef BGPWHY_NO_SANDBOX
	(void)run;
	return true;
#else
	const struct options *o = &run->options;
	const struct sandbox_needs needs = {
		.capture = o->device_count > 0,
		.as_root = geteuid() == 0,
		.database = run->stored ? o->database : NULL,
		.database_read = run->track == NULL,
		.followed = o->files,
		.followed_count = o->follow ? o->file_count : 0,
		.record = o->record,
		.save = run->dashboard != NULL ? "." : NULL,
	};
	char text[256];
	if (o->no_sandbox) {
		return true;
	}
	enum sandbox built = sandbox_enter(&needs, text, sizeof(text));
	if (built == SANDBOX_FAILED) {
		complain(run, text);
		notice(run, "with --no-sandbox it goes on without", false);
		return false;
	}
	if (built == SANDBOX_PARTLY && o->verbose > 0) {
		notice(run, text, false);
	}
	return true;
#endif
}

/* Nothing to read now: wait for packets, keys or a signal. */
static void
wait_for_input(struct run *run, bool done)
{
	struct pollfd fds[OPTIONS_INPUTS_MAX + 1];
	unsigned timeout_ms = WAIT_MS;
	nfds_t count = done ? 0 : inputs_poll(run->inputs, fds, &timeout_ms);
	if (run->dashboard != NULL) {
		fds[count++] = (struct pollfd){
			.fd = dashboard_fd(run->dashboard), .events = POLLIN};
	}
	poll(fds, count, (int)timeout_ms); /* a signal that came just before waits no longer */
}

static void
look_at_keys(struct run *run, bool done)
{
	if (run->dashboard == NULL) {
		return;
	}
	int loading = done ? 100
		: run->inputs != NULL ? inputs_progress(run->inputs)
		: run->reader != NULL ? store_progress(run->reader)
				      : 0;
	if (!dashboard_step(run->dashboard, clock_ns(CLOCK_REALTIME), loading, done)) {
		run->quit = true;
	}
}

static void
flush_now_and_then(struct run *run)
{
	if (run->telling) {
		tell_snapshots(run);
	}
	if (clock_ns(CLOCK_MONOTONIC) - run->last_flush_ns >= 1000000000u) {
		flush_sinks(run);
	}
}

static void
read_all(struct run *run)
{
	unsigned since = 0;
	bool flushed = false; /* nothing came since */
	while (stop_signal == 0 && !run->quit) {
		enum inputs_step now = inputs_next(run->inputs);
		if (now == INPUTS_END) {
			break;
		}
		if (now == INPUTS_WAIT) {
			if (!flushed) {
				flush_sinks(run);
				flushed = true;
			} else {
				flush_now_and_then(run);
			}
			look_at_keys(run, false);
			if (run->telling) {
				continue;
			}
			wait_for_input(run, false);
			inputs_tick(run->inputs);
			since = 0;
			continue;
		}
		flushed = false;
		if (now == INPUTS_BUSY || ++since >= PACKETS_BETWEEN_LOOKS) {
			since = 0;
			look_at_keys(run, false);
			flush_now_and_then(run);
		}
	}
}

static void
stay_in_dashboard(struct run *run)
{
	while (run->dashboard != NULL && !run->quit && stop_signal == 0) {
		look_at_keys(run, true);
		if (!run->quit) {
			wait_for_input(run, true);
		}
	}
}

static int
finish(struct run *run, int status)
{
	terminal_taken = 0;
	dashboard_destroy(run->dashboard);
	run->dashboard = NULL;
	fputs(run->late, stderr);
	return run->failed ? EXIT_ERROR : status;
}

struct replay {
	struct run *run;
	uint64_t events;
};

/* Keys are answered while a large database is played. Who leaves before its end leaves at once: there is no
 * verdict on what was not looked at. */
static void
on_replayed(void *self, const struct event *event)
{
	struct replay *replay = self;
	(void)event;
	if (++replay->events % EVENTS_BETWEEN_LOOKS == 0 && replay->run->dashboard != NULL) {
		look_at_keys(replay->run, false);
		if (replay->run->quit || stop_signal != 0) {
			exit(finish(replay->run, 0));
		}
	}
}

static int
look_at_database(struct run *run)
{
	struct store_error error;
	int status = 0;
	if (!open_view(run)) {
		return finish(run, EXIT_ERROR);
	}
	struct replay replay = {.run = run};
	struct sink counter = {.self = &replay, .on_event = on_replayed};
	add_sink(run, &counter);
	struct store_reader *reader = store_open_reader(run->options.database, &error);
	run->stored = reader != NULL;
	run->reader = reader;
	if (reader != NULL && !confine(run)) {
		store_close_reader(reader);
		abandon_sinks(run);
		return finish(run, EXIT_ERROR);
	}
	if (reader == NULL ||
		!store_play(reader, run->sinks, run->sink_count, &status, &error)) {
		complain(run, error.text);
	}
	run->reader = NULL;
	store_close_reader(reader);
	if (run->failed && replay.events == 0) {
		abandon_sinks(run);
		return finish(run, EXIT_ERROR);
	}
	stay_in_dashboard(run);
	close_sinks(run);
	return finish(run, status);
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
	run->expect.bfd_captured = o->device_count > 0 && o->filter[0] == '\0';
	return true;
}

/* False where the folder cannot be had. One that was made belongs to the user that we become. */
static bool
open_recorder(struct run *run)
{
	const struct options *o = &run->options;
	const struct record_talk talk = {.ctx = run, .complain = complain, .notice = notice};
	const struct record_options options = {
		.folder = o->record,
		.before_ns = o->record != NULL ? o->before_ns : UINT64_MAX / 2,
		.after_ns = o->after_ns,
		.keep_octets = o->record_octets,
		.keep_files = o->record_files,
		.snaplen = o->snaplen,
		.mixed = inputs_are_mixed(run->inputs),
		.any_port = o->capture.any_port,
	};
	struct capture_error error;
	bool made;
	unsigned uid, gid;
	run->recorder = recorder_create(&options, &talk, &made, &error);
	if (run->recorder == NULL) {
		complain(run, error.text);
		return false;
	}
	if (made && privilege_target(o->user, &uid, &gid)) {
		(void)!fchown(recorder_folder(run->recorder), uid, gid);
	}
	return true;
}

static int
learn(struct run *run)
{
	char error[512];
	if (!open_view(run)) {
		return finish(run, EXIT_ERROR);
	}
	if (run->dashboard == NULL || !learn_load(run->dashboard, &run->options, error, sizeof(error))) {
		complain(run, run->dashboard == NULL ? "--learn is a course on the dashboard: leave other views out"
						     : error);
		close_sinks(run);
		return finish(run, EXIT_ERROR);
	}
	bool confined = become(run) && confine(run);
	if (confined) {
		stay_in_dashboard(run);
	}
	close_sinks(run);
	return finish(run, confined ? 0 : EXIT_ERROR);
}

static int
look_at_packets(struct run *run)
{
	const struct options *o = &run->options;
	const struct inputs_talk talk = {.ctx = run, .complain = complain, .notice = notice};
	struct capture_error capture_error;
	struct store_error store_error;
	int status = EXIT_ERROR;
	if (!read_expectations(run)) {
		return finish(run, EXIT_ERROR);
	}
	run->inputs = inputs_open(o, &talk);
	if (run->inputs == NULL) {
		expect_finish(&run->expect);
		return finish(run, status);
	}
	run->live = inputs_are_live(run->inputs);
	run->track = track_create(&(struct track_options){
		.expect = o->expect_count > 0 ? &run->expect : NULL,
		.all_bfd_packets = o->verbose > 0,
		.several_inputs = o->file_count + o->device_count > 1,
		.any_port = o->capture.any_port,
		.ports = o->capture.ports,
		.port_count = o->capture.port_count,
	});
	const struct flow_sink *flows = track_flow_sink(run->track);
	/* Without --record it keeps packets for F2 alone. */
	if (o->record != NULL || view_of(o) == VIEW_UI) {
		if (!open_recorder(run)) {
			goto out;
		}
		flows = recorder_flow_sink(run->recorder, flows);
	}
	run->capture = capture_create(&o->capture, flows, &capture_error);
	if (run->capture == NULL) {
		complain(run, capture_error.text);
		goto out;
	}
	if (!inputs_open_writer(run->inputs)) {
		goto out;
	}
	if (o->database != NULL) {
		struct sink sink;
		/* A database that cannot be had is no reason to show nothing. */
		switch (history_open(o, run->live, let_go, complain, run, run->hashes, &sink, &store_error)) {
		case STORE_READY:
			run->stored = true;
			add_sink(run, &sink);
			for (size_t i = 0; i < o->file_count; i++) {
				if (run->hashes[i] != NULL) {
					inputs_listen(run->inputs, i, store_hash_octets, run->hashes[i]);
				}
			}
			break;
		case STORE_PRESENT:
			notice(run, store_error.text, false);
			break;
		default:
			complain(run, store_error.text);
		}
	}
	if (!open_view(run) || !become(run) || !confine(run)) {
		goto out;
	}
	if (run->recorder != NULL && o->record == NULL) {
		inputs_record(run->inputs, run->recorder);
	} else if (run->recorder != NULL && recorder_check(run->recorder)) {
		struct sink sink = recorder_sink(run->recorder, run->track);
		add_sink(run, &sink); /* the last one */
		inputs_record(run->inputs, run->recorder);
	}
	inputs_begin(run->inputs, run->capture, run->track);
	read_all(run);
	if (run->failed && inputs_are_nothing(run->inputs)) {
		abandon_sinks(run);
		goto out;
	}
	while (stop_signal == 0 && !run->quit && inputs_listen_on(run->inputs)) {
		look_at_keys(run, false);
	}
	for (size_t i = 0; i < OPTIONS_INPUTS_MAX && (stop_signal != 0 || run->quit); i++) {
		store_hash_spoil(run->hashes[i]);
	}
	inputs_end(run->inputs);
	capture_finish(run->capture);
	for (size_t i = 0; i < inputs_count(run->inputs); i++) {
		track_input_artefacts(run->track, (uint32_t)i, capture_artefacts(run->capture));
	}
	track_finish(run->track);
	flush_sinks(run);
	status = track_exit_status(run->track);
	stay_in_dashboard(run);
out:
	close_sinks(run);
	inputs_close_writer(run->inputs);
	recorder_destroy(run->recorder);
	capture_destroy(run->capture);
	track_destroy(run->track);
	expect_finish(&run->expect);
	inputs_destroy(run->inputs);
	for (size_t i = 0; i < OPTIONS_INPUTS_MAX; i++) {
		store_hash_destroy(run->hashes[i]);
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
	struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is an error of write() */

	if (run.options.learn) {
		return learn(&run);
	}
	if (run.options.device_count == 0 && run.options.file_count == 0) {
		return look_at_database(&run);
	}
	return look_at_packets(&run);
}
