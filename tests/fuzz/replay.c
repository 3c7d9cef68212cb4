/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs a fuzz target over files, without a fuzzer: so that the ordinary tests replay each corpus
 * and each crash that was ever found. Arguments are files and directories of files; none at all, or
 * a directory without files, is an error, since it would test nothing.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* How many inputs were run; negative where one could not be read. */
static long
replay_file(const char *path)
{
	FILE *file = fopen(path, "rb");
	if (file == NULL) {
		perror(path);
		return -1;
	}
	uint8_t *data = NULL;
	size_t size = 0;
	size_t room = 0;
	size_t got;
	do {
		if (size == room) {
			room = room == 0 ? 4096 : room * 2;
			uint8_t *larger = realloc(data, room);
			if (larger == NULL) {
				abort();
			}
			data = larger;
		}
		got = fread(data + size, 1, room - size, file);
		size += got;
	} while (got > 0);
	if (ferror(file)) {
		perror(path);
		fclose(file);
		free(data);
		return -1;
	}
	fclose(file);

	/* Exactly as large as the input, so that ASan sees a read past its end. */
	uint8_t *exact = size > 0 ? realloc(data, size) : data;
	if (exact == NULL) {
		abort();
	}
	LLVMFuzzerTestOneInput(exact, size);
	free(exact);
	return 1;
}

static long
replay_directory(const char *path)
{
	DIR *directory = opendir(path);
	if (directory == NULL) {
		perror(path);
		return -1;
	}
	long count = 0;
	struct dirent *entry;
	while (count >= 0 && (entry = readdir(directory)) != NULL) {
		char name[4096];
		struct stat status;
		int length = snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
		if (entry->d_name[0] == '.' || length < 0 || (size_t)length >= sizeof(name) ||
			stat(name, &status) != 0 || !S_ISREG(status.st_mode)) {
			continue;
		}
		long done = replay_file(name);
		count = done < 0 ? done : count + done;
	}
	closedir(directory);
	return count;
}

int
main(int argc, char **argv)
{
	long count = 0;
	for (int i = 1; i < argc; i++) {
		struct stat status;
		if (stat(argv[i], &status) != 0) {
			perror(argv[i]);
			return 1;
		}
		long done = S_ISDIR(status.st_mode) ? replay_directory(argv[i]) : replay_file(argv[i]);
		if (done <= 0) {
			fprintf(stderr, "%s: nothing could be replayed\n", argv[i]);
			return 1;
		}
		count += done;
	}
	printf("%ld inputs replayed\n", count);
	return count > 0 ? 0 : 1;
}
