/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The command line. Flags are those of tcpdump where they mean the same; what follows them is a BPF
 * expression, as there.
 */
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
	LONG_REPORT = 256,
	LONG_LINES,
	LONG_JSON,
	LONG_UI,
	LONG_DB,
	LONG_STORE_UPDATES,
	LONG_AGAIN,
	LONG_KEEP,
	LONG_RECORD,
	LONG_RECORD_KEEP,
	LONG_BEFORE,
	LONG_AFTER,
	LONG_FOLLOW,
	LONG_PORT,
	LONG_COLOR,
	LONG_ENGINE,
	LONG_EXPECT,
	LONG_EXPLAIN,
	LONG_LEARN,
	LONG_CHECK,
	LONG_ANY_PORT,
	LONG_NO_SANDBOX,
	LONG_VERSION,
	LONG_HELP,
};

static const struct option long_options[] = {
	{"report", no_argument, NULL, LONG_REPORT},
	{"lines", no_argument, NULL, LONG_LINES},
	{"json", no_argument, NULL, LONG_JSON},
	{"ui", no_argument, NULL, LONG_UI},
	{"db", required_argument, NULL, LONG_DB},
	{"store-updates", no_argument, NULL, LONG_STORE_UPDATES},
	{"again", no_argument, NULL, LONG_AGAIN},
	{"keep", required_argument, NULL, LONG_KEEP},
	{"record", required_argument, NULL, LONG_RECORD},
	{"record-keep", required_argument, NULL, LONG_RECORD_KEEP},
	{"before", required_argument, NULL, LONG_BEFORE},
	{"after", required_argument, NULL, LONG_AFTER},
	{"follow", no_argument, NULL, LONG_FOLLOW},
	{"port", required_argument, NULL, LONG_PORT},
	{"color", optional_argument, NULL, LONG_COLOR},
	{"engine", required_argument, NULL, LONG_ENGINE},
	{"expect", required_argument, NULL, LONG_EXPECT},
	{"explain", no_argument, NULL, LONG_EXPLAIN},
	{"learn", no_argument, NULL, LONG_LEARN},
	{"check", no_argument, NULL, LONG_CHECK},
	{"any-port", no_argument, NULL, LONG_ANY_PORT},
	{"no-sandbox", no_argument, NULL, LONG_NO_SANDBOX},
	{"version", no_argument, NULL, LONG_VERSION},
	{"help", no_argument, NULL, LONG_HELP},
	{NULL, 0, NULL, 0},
};

static const char usage[] =
	"usage: bgpwhy -r FILE... [options] [BPF expression]   read captures ('-': standard input)\n"
	"       bgpwhy -i INTERFACE... [options] [BPF expression]   capture live ('any' allowed)\n"
	"       bgpwhy --db FILE [options]                     look at what an earlier run stored\n"
	"       bgpwhy --explain [CAUSE...]                    what the causes are, how they look, what mends them\n"
	"       bgpwhy --learn                                 lessons: the state machines, step by step\n"
	"\n"
	"views  --report            a verdict for each session, with the facts and the fix (default for -r)\n"
	"       --lines             a line for each event (default for -i without a terminal)\n"
	"       --json              a JSON object for each event\n"
	"       --ui                the dashboard (default for -i on a terminal)\n"
	"store  --db FILE           store into this SQLite database, or read from it\n"
	"       --store-updates     with every UPDATE whole (so with -v and -x), not only its counts\n"
	"       --again             add a capture that is in the database already\n"
	"       --keep AGE|SIZE     let the oldest go: 12h, 30d; 500MB, 2GB (both may be given)\n"
	"       --record DIR        a capture in DIR for each session that leaves Established, and for each error:\n"
	"       --before 5m --after 1m   the packets of its addresses from so long before to so long after\n"
	"       --record-keep SIZE|COUNT how much of them stays (1GB, and 1000 files); the oldest go\n"
	"       -w FILE             write the packets of BGP and BFD sessions to a capture ('-': stdout)\n"
	"input  --follow            wait for more at the end of a FILE that grows, as tail -F does\n"
	"       -c COUNT            stop after so many packets\n"
	"       -F FILE             read the BPF expression from FILE\n"
	"       -s SNAPLEN -B KIB   bytes of each packet, size of the kernel's buffer (live)\n"
	"       -p                  not promiscuous    -D  list the interfaces\n"
	"       -Z USER             become USER once all is open (default: tcpdump or nobody; root: stay)\n"
	"       --no-sandbox        keep what a run does not need (for strace, valgrind, odd containers)\n"
	"       --port N            a further TCP port that carries BGP (repeatable)\n"
	"       --any-port          BGP on any TCP port, found by its marker\n"
	"       --engine native|nids   what puts TCP streams together\n"
	"       --check             do so with both, and tell where a strict receiver stopped\n"
	"       -M KEY              a key of TCP MD5 or TCP-AO to verify with (repeatable)\n"
	"judge  --expect FILE       hold the sessions against bgpwhy-expect(5), MetalLB's or FRR's configuration\n"
	"look   -v                  more: attributes, prefixes, every BFD packet, the whole time line\n"
	"       -vv                 every field of a message, as an indented tree\n"
	"       -x                  the octets of a message in hexadecimal    -q  less\n"
	"       -n                  numbers, no names  -U  write each line as it comes\n"
	"       --color=auto|always|never (NO_COLOR is honoured)\n"
	"       -h --help  --version\n"
	"\n"
	"exit status: 0 every session seen is healthy; 1 problems were found; 2 usage or I/O error\n";

const char *
options_usage(void)
{
	return usage;
}

struct unit {
	const char *name;
	uint64_t factor;
};

#define SECOND_NS UINT64_C(1000000000)

static const struct unit durations[] = {{"s", SECOND_NS}, {"m", 60 * SECOND_NS}, {"min", 60 * SECOND_NS},
	{"h", 3600 * SECOND_NS}, {"d", 86400 * SECOND_NS}, {"w", 7 * 86400 * SECOND_NS}, {NULL, 0}};

static const struct unit sizes[] = {{"kB", 1000}, {"MB", 1000000}, {"GB", 1000000000}, {"TB", 1000000000000},
	{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"TiB", UINT64_C(1) << 40}, {NULL, 0}};

static bool
number(const char *text, uint64_t min, uint64_t max, uint64_t *value)
{
	char *end;
	errno = 0;
	unsigned long long n = strtoull(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0' || text[0] == '-' || n < min || n > max) {
		return false;
	}
	*value = n;
	return true;
}

/* A number and a unit. */
static bool
measure(const char *text, const struct unit *units, uint64_t *value)
{
	char *end;
	errno = 0;
	unsigned long long n = strtoull(text, &end, 10);
	if (errno != 0 || end == text || text[0] == '-' || text[0] == '+' || n == 0) {
		return false;
	}
	for (; units->name != NULL; units++) {
		if (strcasecmp(units->name, end) == 0 && n <= INT64_MAX / units->factor) {
			*value = n * units->factor;
			return true;
		}
	}
	return false;
}

static bool
keep(struct options *o, const char *value)
{
	return measure(value, durations, &o->keep_ns) ||
		(measure(value, sizes, &o->keep_octets) && o->keep_octets >= OPTIONS_KEEP_MIN);
}

static bool
add_filter(struct options *o, const char *word, char *error, size_t error_size)
{
	size_t used = strlen(o->filter);
	if (used + strlen(word) + 2 > sizeof(o->filter)) {
		snprintf(error, error_size, "the BPF expression is longer than %zu characters",
			sizeof(o->filter) - 2);
		return false;
	}
	if (used > 0) {
		o->filter[used++] = ' ';
	}
	memcpy(o->filter + used, word, strlen(word) + 1);
	return true;
}

static bool
read_filter(struct options *o, const char *path, char *error, size_t error_size)
{
	FILE *file = fopen(path, "r");
	if (file == NULL) {
		snprintf(error, error_size, "%s: %s", path, strerror(errno));
		return false;
	}
	char line[OPTIONS_FILTER_MAX];
	bool good = true;
	while (good && fgets(line, sizeof(line), file) != NULL) {
		line[strcspn(line, "\r\n")] = '\0';
		char *comment = strchr(line, '#');
		if (comment != NULL) {
			*comment = '\0';
		}
		if (line[strspn(line, " \t")] != '\0') {
			good = add_filter(o, line, error, error_size);
		}
	}
	if (good && ferror(file)) {
		snprintf(error, error_size, "%s: %s", path, strerror(errno));
		good = false;
	}
	fclose(file);
	return good;
}

static bool
add_device(struct options *o, const char *device, char *error, size_t error_size)
{
	if (o->device_count == OPTIONS_INPUTS_MAX) {
		snprintf(error, error_size, "more than %d interfaces", OPTIONS_INPUTS_MAX);
		return false;
	}
	for (size_t i = 0; i < o->device_count; i++) {
		if (strcmp(o->devices[i], device) == 0) {
			snprintf(error, error_size, "-i %s was given twice", device);
			return false;
		}
	}
	o->devices[o->device_count++] = device;
	return true;
}

static bool
one_option(struct options *o, int option, const char *value, char *error, size_t error_size)
{
	uint64_t n;
	switch (option) {
	case 'r':
		if (o->file_count == OPTIONS_INPUTS_MAX) {
			snprintf(error, error_size, "more than %d captures", OPTIONS_INPUTS_MAX);
			return false;
		}
		o->files[o->file_count++] = value;
		return true;
	case 'i':
		return add_device(o, value, error, error_size);
	case 'w':
		o->write_file = value;
		return true;
	case 'c':
		if (!number(value, 1, UINT64_MAX, &o->packet_limit)) {
			snprintf(error, error_size, "-c %s: not a count of packets", value);
			return false;
		}
		return true;
	case 's':
		if (!number(value, 0, 1 << 24, &n)) {
			snprintf(error, error_size, "-s %s: not a snapshot length", value);
			return false;
		}
		o->snaplen = (int)n;
		return true;
	case 'B':
		if (!number(value, 1, 1 << 21, &n)) {
			snprintf(error, error_size, "-B %s: not a buffer size in KiB", value);
			return false;
		}
		o->buffer_kib = (int)n;
		return true;
	case 'p':
		o->no_promiscuous = true;
		return true;
	case 'D':
		o->list_devices = true;
		return true;
	case 'F':
		return read_filter(o, value, error, error_size);
	case 'Z':
		o->user = value;
		return true;
	case 'M':
		if (o->capture.key_count == TCP_AUTH_KEYS_MAX) {
			snprintf(error, error_size, "-M: more than %d keys", TCP_AUTH_KEYS_MAX);
			return false;
		}
		if (value[0] == '\0') {
			snprintf(error, error_size, "-M: the key is empty");
			return false;
		}
		o->capture.keys[o->capture.key_count++] = value;
		return true;
	case 'U':
		o->packet_buffered = true;
		return true;
	case 'n':
		o->numeric = true;
		return true;
	case 'v':
		o->verbose++;
		return true;
	case 'x':
		o->hex = true;
		return true;
	case 'q':
		o->quiet = true;
		return true;
	case 'h':
	case LONG_HELP:
		o->help = true;
		return true;
	case LONG_VERSION:
		o->version = true;
		return true;
	case LONG_REPORT:
		o->view = VIEW_REPORT;
		return true;
	case LONG_LINES:
		o->view = VIEW_LINES;
		return true;
	case LONG_JSON:
		o->view = VIEW_JSON;
		return true;
	case LONG_UI:
		o->view = VIEW_UI;
		return true;
	case LONG_DB:
		o->database = value;
		return true;
	case LONG_STORE_UPDATES:
		o->store_updates = true;
		return true;
	case LONG_AGAIN:
		o->again = true;
		return true;
	case LONG_KEEP:
		if (!keep(o, value)) {
			snprintf(error, error_size, "--keep %.40s: an age (90m, 12h, 30d) or a size (500MB, 2GB)", value);
			return false;
		}
		return true;
	case LONG_RECORD:
		o->record = value;
		return true;
	case LONG_RECORD_KEEP:
		if (!number(value, 1, 1 << 16, &o->record_files) && !measure(value, sizes, &o->record_octets)) {
			snprintf(error, error_size, "--record-keep %.40s: a size (500MB, 2GB) or a count of files", value);
			return false;
		}
		return true;
	case LONG_BEFORE:
	case LONG_AFTER:
		if (!measure(value, durations, option == LONG_BEFORE ? &o->before_ns : &o->after_ns)) {
			snprintf(error, error_size, "--%s %.40s: a time (30s, 5m, 1h)",
				option == LONG_BEFORE ? "before" : "after", value);
			return false;
		}
		return true;
	case LONG_FOLLOW:
		o->follow = true;
		return true;
	case LONG_PORT:
		if (!number(value, 1, 65535, &n) || o->capture.port_count == CAPTURE_PORTS_MAX) {
			snprintf(error, error_size, "--port %s: not a TCP port, or more than %d of them",
				value, CAPTURE_PORTS_MAX);
			return false;
		}
		o->capture.ports[o->capture.port_count++] = (uint16_t)n;
		return true;
	case LONG_COLOR:
		if (value == NULL || strcmp(value, "always") == 0) {
			o->color = COLOR_ALWAYS;
		} else if (strcmp(value, "never") == 0) {
			o->color = COLOR_NEVER;
		} else if (strcmp(value, "auto") == 0) {
			o->color = COLOR_AUTO;
		} else {
			snprintf(error, error_size, "--color=%s: auto, always or never", value);
			return false;
		}
		return true;
	case LONG_ENGINE:
		if (strcmp(value, "native") == 0) {
			o->capture.engine = CAPTURE_ENGINE_NATIVE;
		} else if (strcmp(value, "nids") == 0) {
			o->capture.engine = CAPTURE_ENGINE_NIDS;
		} else {
			snprintf(error, error_size, "--engine %s: native or nids", value);
			return false;
		}
		return true;
	case LONG_EXPECT:
		if (o->expect_count == EXPECT_FILES_MAX) {
			snprintf(error, error_size, "--expect: more than %d files", EXPECT_FILES_MAX);
			return false;
		}
		o->expect[o->expect_count++] = value;
		return true;
	case LONG_EXPLAIN:
		o->explain = true;
		return true;
	case LONG_LEARN:
		o->learn = true;
		o->view = VIEW_UI;
		return true;
	case LONG_NO_SANDBOX:
		o->no_sandbox = true;
		return true;
	case LONG_ANY_PORT:
		o->capture.any_port = true;
		return true;
	case LONG_CHECK:
		o->check = true;
		return true;
	default:
		return false;
	}
}

bool
options_read(struct options *o, int argc, char **argv, char *error, size_t error_size)
{
	*o = (struct options){
		.view = VIEW_DEFAULT,
		.before_ns = 300 * SECOND_NS,
		.after_ns = 60 * SECOND_NS,
		.record_octets = 1000000000,
		.record_files = 1000,
	};
	o->capture.ports[o->capture.port_count++] = 179;
	opterr = 0;
	int option;
	while ((option = getopt_long(argc, argv, ":r:i:w:c:s:B:pDF:Z:M:Unvxqh", long_options,
			NULL)) != -1) {
		if (option == '?' || option == ':') {
			const char *word = optind > 0 ? argv[optind - 1] : "";
			snprintf(error, error_size, "%s: %s (bgpwhy -h lists the options)", word,
				optopt != 0 && strchr("riwcsBFZM", optopt) != NULL
					? "an argument is missing"
					: "unknown or incomplete option");
			return false;
		}
		if (!one_option(o, option, optarg, error, error_size)) {
			return false;
		}
	}
	if (o->explain) {
		o->causes = argv + optind;
		o->cause_count = (size_t)(argc - optind);
		return true;
	}
	/* As tcpdump: with -F an expression on the command line is ignored. */
	bool from_file = o->filter[0] != '\0';
	for (int i = optind; i < argc && !from_file; i++) {
		if (!add_filter(o, argv[i], error, error_size)) {
			return false;
		}
	}
	if (o->help || o->version || o->list_devices) {
		return true;
	}
	if (o->check) {
		if (o->capture.engine == CAPTURE_ENGINE_NIDS) {
			snprintf(error, error_size, "--check runs both engines: leave --engine nids out");
			return false;
		}
		o->capture.engine = CAPTURE_ENGINE_CHECK;
	}
	if (o->file_count > 0 && o->device_count > 0) {
		snprintf(error, error_size, "-r and -i exclude each other");
		return false;
	}
	if (o->follow && o->file_count == 0) {
		snprintf(error, error_size, "--follow is about a file that grows: give -r FILE");
		return false;
	}
	if (o->learn) {
		if (o->file_count > 0 || o->device_count > 0 || o->database != NULL) {
			snprintf(error, error_size, "--learn brings its own captures: leave -r, -i and --db out");
			return false;
		}
		return true;
	}
	if (o->file_count == 0 && o->device_count == 0) {
		if (o->database == NULL) {
			snprintf(error, error_size,
				"nothing to look at: give -r FILE, -i INTERFACE or --db FILE (bgpwhy -h tells more)");
			return false;
		}
		if (o->store_updates || o->again || o->keep_ns != 0 || o->keep_octets != 0) {
			snprintf(error, error_size,
				"--store-updates, --again and --keep are about what is added: give -r or -i with --db");
			return false;
		}
		if (o->filter[0] != '\0' || o->write_file != NULL || o->expect_count > 0 || o->record != NULL) {
			snprintf(error, error_size,
				"a BPF expression, -w, --record and --expect need packets: give -r or -i with --db");
			return false;
		}
	}
	if (o->database == NULL && (o->store_updates || o->again || o->keep_ns != 0 || o->keep_octets != 0)) {
		snprintf(error, error_size, "--store-updates, --again and --keep need a database: give --db FILE");
		return false;
	}
	return true;
}
