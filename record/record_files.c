/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The folder. It is read once; after that only this program is thought to write there, and what somebody else
 * removes is found missing when its turn comes.
 */
#include "record/record_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "record/record.h"
#include "track/memory.h"

static void
put_address(char *text, size_t size, const struct address *address)
{
	char plain[ADDRESS_TEXT_MAX];
	address_text(address, plain);
	snprintf(text, size, "%s", plain);
	for (char *p = text; *p != '\0'; p++) {
		bool safe = (*p >= '0' && *p <= '9') || (*p >= 'a' && *p <= 'f') || *p == '.';
		*p = safe ? *p : '-';
	}
}

void
record_name(char name[RECORD_NAME_MAX], uint64_t time_ns, const struct address pair[2], const char *cause,
	unsigned copy, bool pcapng)
{
	char a[ADDRESS_TEXT_MAX], b[ADDRESS_TEXT_MAX], stamp[32], number[16] = "";
	time_t seconds = (time_t)(time_ns / 1000000000u);
	struct tm tm;
	gmtime_r(&seconds, &tm);
	strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%S", &tm);
	put_address(a, sizeof(a), &pair[0]);
	put_address(b, sizeof(b), &pair[1]);
	if (copy > 1) {
		snprintf(number, sizeof(number), "+%u", copy);
	}
	snprintf(name, RECORD_NAME_MAX, "%s.%03uZ_%s_%s_%.48s%s.%s", stamp,
		(unsigned)(time_ns / 1000000 % 1000), a, b, cause, number, pcapng ? "pcapng" : "pcap");
}

/* As many of those characters as there are, at least one. */
static const char *
span(const char *at, const char *accept)
{
	size_t size = at != NULL ? strspn(at, accept) : 0;
	return size > 0 ? at + size : NULL;
}

static const char *
word(const char *at, const char *expected)
{
	size_t size = strlen(expected);
	return at != NULL && strncmp(at, expected, size) == 0 ? at + size : NULL;
}

bool
record_name_is_ours(const char *name)
{
	static const char digits[] = "0123456789";
	static const char address[] = "0123456789abcdef.-";
	static const char key[] = "0123456789abcdefghijklmnopqrstuvwxyz-";
	const char *at = word(span(name, digits), "T");
	if (at != name + 9) {
		return false;
	}
	at = word(span(word(span(at, digits), "."), digits), "Z_");
	at = word(span(at, address), "_");
	at = word(span(at, address), "_");
	at = span(at, key);
	if (at != NULL && *at == '+') {
		at = span(at + 1, digits);
	}
	return at != NULL && (strcmp(at, ".pcap") == 0 || strcmp(at, ".pcapng") == 0);
}

static struct record_file *
append(struct record_files *files, const char *name)
{
	if (files->count == files->room) {
		files->room = files->room > 0 ? 2 * files->room : 64;
		files->list = memory_resize(files->list, files->room * sizeof(*files->list));
	}
	struct record_file *file = &files->list[files->count++];
	*file = (struct record_file){.name = memory_copy(name, strlen(name) + 1)};
	return file;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(((const struct record_file *)a)->name, ((const struct record_file *)b)->name);
}

void
record_files_scan(struct record_files *files, int folder)
{
	struct dirent *entry;
	struct stat st;
	*files = (struct record_files){.folder = folder};
	int own = dup(folder);
	DIR *dir = own >= 0 ? fdopendir(own) : NULL;
	if (dir == NULL) {
		if (own >= 0) {
			close(own);
		}
		return;
	}
	while (!files->more && (entry = readdir(dir)) != NULL) {
		if (!record_name_is_ours(entry->d_name)) {
			continue;
		}
		if (files->count == RECORD_LISTED_MAX) {
			files->more = true;
		} else if (fstatat(folder, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode)) {
			append(files, entry->d_name)->octets = (uint64_t)st.st_size;
			files->octets += (uint64_t)st.st_size;
		}
	}
	closedir(dir);
	if (files->count > 0) {
		qsort(files->list, files->count, sizeof(*files->list), by_name);
	}
}

void
record_files_finish(struct record_files *files)
{
	for (size_t i = 0; i < files->count; i++) {
		free(files->list[i].name);
	}
	free(files->list);
	*files = (struct record_files){0};
}

void
record_files_add(struct record_files *files, const char *name)
{
	append(files, name)->open = true;
}

void
record_files_grow(struct record_files *files, const char *name, uint64_t octets, bool open)
{
	for (size_t i = files->count; i-- > 0;) {
		if (strcmp(files->list[i].name, name) == 0) {
			files->octets += octets - files->list[i].octets;
			files->list[i].octets = octets;
			files->list[i].open = open;
			return;
		}
	}
}

size_t
record_files_rotate(struct record_files *files, uint64_t keep_octets, uint64_t keep_files)
{
	size_t removed = 0, kept = 0;
	for (size_t i = 0; i < files->count; i++) {
		struct record_file *file = &files->list[i];
		bool much = files->count - removed > keep_files || files->octets > keep_octets;
		/* The newest one is what was wanted, however large it is. */
		if (!much || file->open || i + 1 == files->count) {
			files->list[kept++] = *file;
			continue;
		}
		unlinkat(files->folder, file->name, 0);
		files->octets -= file->octets;
		free(file->name);
		removed++;
	}
	files->count = kept;
	return removed;
}
