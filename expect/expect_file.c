/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From the argument of --expect to the reader of its format. */
#include "expect/expect_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "expect/reader.h"
#include "track/memory.h"

static const struct {
	const char *name;
	enum expect_kind kind;
} kinds[] = {
	{"text", EXPECT_KIND_TEXT},
	{"metallb", EXPECT_KIND_METALLB},
	{"frr", EXPECT_KIND_FRR},
};

/* Words that begin a line in one format only. */
static const struct {
	const char *word;
	enum expect_kind kind;
} signs[] = {
	{"apiVersion:", EXPECT_KIND_METALLB}, {"kind:", EXPECT_KIND_METALLB},
	{"metadata:", EXPECT_KIND_METALLB}, {"items:", EXPECT_KIND_METALLB},
	{"---", EXPECT_KIND_METALLB}, {"{", EXPECT_KIND_METALLB},
	{"frr", EXPECT_KIND_FRR}, {"router", EXPECT_KIND_FRR}, {"bfd", EXPECT_KIND_FRR},
	{"hostname", EXPECT_KIND_FRR}, {"log", EXPECT_KIND_FRR}, {"interface", EXPECT_KIND_FRR},
	{"service", EXPECT_KIND_FRR}, {"vrf", EXPECT_KIND_FRR}, {"ip", EXPECT_KIND_FRR},
	{"debug", EXPECT_KIND_FRR}, {"password", EXPECT_KIND_FRR}, {"Building", EXPECT_KIND_FRR},
	{"Current", EXPECT_KIND_FRR}, {"no", EXPECT_KIND_FRR}, {"route-map", EXPECT_KIND_FRR},
	{"peer", EXPECT_KIND_TEXT}, {"defaults", EXPECT_KIND_TEXT}, {"strict", EXPECT_KIND_TEXT},
	{"unknown-peers", EXPECT_KIND_TEXT}, {"unverified", EXPECT_KIND_TEXT},
};

static enum expect_kind
guess(struct reader r)
{
	while (reader_line(&r, '#')) {
		if (r.word[0][0] == '!') {
			return EXPECT_KIND_FRR; /* its comments */
		}
		for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
			if (strcmp(r.word[0], signs[i].word) == 0) {
				return signs[i].kind;
			}
		}
	}
	return EXPECT_KIND_GUESS;
}

bool
expect_parse(struct expect *expect, const char *name, enum expect_kind kind,
	const struct expect_prefix *local, const char *bytes, size_t size, char *error,
	size_t error_size)
{
	struct reader r = {
		.expect = expect,
		.name = name,
		.at = bytes,
		.end = bytes + size,
		.error = error,
		.error_size = error_size,
	};
	if (local != NULL) {
		r.local = *local;
	}
	if (!expect_add_file(expect, name)) {
		return reader_fail(&r, 0, "more than %d files say what is expected",
			EXPECT_FILES_MAX);
	}
	size_t before = expect->count;
	kind = kind == EXPECT_KIND_GUESS ? guess(r) : kind;
	bool good;
	switch (kind) {
	case EXPECT_KIND_TEXT:
		good = read_text(&r);
		break;
	case EXPECT_KIND_METALLB:
		good = read_metallb(&r);
		break;
	case EXPECT_KIND_FRR:
		good = read_frr(&r);
		break;
	default:
		return reader_fail(&r, 0,
			"this is neither bgpwhy-expect(5), nor a configuration of MetalLB or FRR");
	}
	if (good && expect->count == before) {
		return reader_fail(&r, 0, "no peer is in it (read as %s)",
			kinds[kind - EXPECT_KIND_TEXT].name);
	}
	return good;
}

/* The whole file; NULL, with `why`, where it cannot be had. */
static char *
slurp(const char *path, size_t *size, char *why, size_t room)
{
	FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "rb");
	if (file == NULL) {
		snprintf(why, room, "%s: %s", path, strerror(errno));
		return NULL;
	}
	char *bytes = memory_zero(1, EXPECT_FILE_SIZE_MAX + 1);
	errno = 0;
	*size = fread(bytes, 1, EXPECT_FILE_SIZE_MAX + 1, file);
	bool bad = ferror(file) != 0;
	if (bad) {
		snprintf(why, room, "%s: %s", path, strerror(errno));
	} else if (*size > EXPECT_FILE_SIZE_MAX) {
		snprintf(why, room, "%s: more than %d octets", path, EXPECT_FILE_SIZE_MAX);
		bad = true;
	}
	if (file != stdin) {
		fclose(file);
	}
	if (bad) {
		free(bytes);
		return NULL;
	}
	return bytes;
}

bool
expect_read(struct expect *expect, const char *argument, char *error, size_t error_size)
{
	enum expect_kind kind = EXPECT_KIND_GUESS;
	struct expect_prefix local = {.bits = 0};
	const char *path = argument;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		size_t length = strlen(kinds[i].name);
		if (strncmp(argument, kinds[i].name, length) != 0) {
			continue;
		}
		if (argument[length] == ':') {
			kind = kinds[i].kind;
			path = argument + length + 1;
		} else if (argument[length] == '@') {
			/* IPv6 has colons, too: the last one that leaves an address ends it. */
			char prefix[ADDRESS_TEXT_MAX + 8];
			const char *from = argument + length + 1, *colon = from;
			while ((colon = strchr(colon, ':')) != NULL) {
				size_t size = (size_t)(colon - from);
				struct expect_prefix found;
				if (size < sizeof(prefix)) {
					memcpy(prefix, from, size);
					prefix[size] = '\0';
					if (read_prefix(prefix, &found)) {
						local = found;
						kind = kinds[i].kind;
						path = colon + 1;
					}
				}
				colon++;
			}
			if (kind == EXPECT_KIND_GUESS) {
				snprintf(error, error_size,
					"--expect %s: an address or prefix, a colon and a file follow the @",
					argument);
				return false;
			}
		}
	}
	size_t size;
	char *bytes = slurp(path, &size, error, error_size);
	if (bytes == NULL) {
		return false;
	}
	const char *name = strcmp(path, "-") == 0 ? "standard input" : path;
	bool good = expect_parse(expect, name, kind, &local, bytes, size, error, error_size);
	free(bytes);
	return good;
}
