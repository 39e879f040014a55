/* SPDX-License-Identifier: MIT */
/*
 * Runs a fuzz target's saved inputs where there is no libFuzzer: linked with tests/<room>/fuzz_<name>.c in its stead, it
 * calls the target on every file of the folders and on every file named. A failure is the target's own: it aborts, or a
 * sanitizer does. The name of each input is printed before it runs, so the last one is the culprit. Two inputs that need
 * no file always run: none, and a run of each byte.
 */
#define _GNU_SOURCE 1
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

extern int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
extern int LLVMFuzzerInitialize(int *argc, char ***argv) __attribute__((weak));

static unsigned inputs;

/* Run a copy that ends where its memory ends, so that a sanitizer or valgrind sees a read past it. */
static void run_bytes(const char *name, const void *bytes, size_t size)
{
	uint8_t *copy = (uint8_t *)malloc(size > 0 ? size : 1);

	if (copy == NULL) {
		fprintf(stderr, "%s: out of memory\n", name);
		exit(1);
	}
	if (size > 0)
		memcpy(copy, bytes, size);
	printf("%s\n", name);
	fflush(stdout);
	LLVMFuzzerTestOneInput(copy, size);
	inputs++;
	free(copy);
}

static void run_file(const char *path)
{
	FILE *file = fopen(path, "rb");
	size_t size = 0, room = 1 << 16, got;
	char *bytes = (char *)malloc(room);

	if (file == NULL || bytes == NULL) {
		perror(path);
		exit(1);
	}
	while ((got = fread(bytes + size, 1, room - size, file)) > 0) {
		size += got;
		if (size == room && (bytes = (char *)realloc(bytes, room *= 2)) == NULL) {
			perror(path);
			exit(1);
		}
	}
	fclose(file);
	run_bytes(path, bytes, size);
	free(bytes);
}

static void run_folder(const char *path)
{
	struct dirent **entries;
	int count = scandir(path, &entries, NULL, alphasort);

	if (count < 0) {
		perror(path);
		exit(1);
	}
	for (int i = 0; i < count; i++) {
		char *name = NULL;
		if (entries[i]->d_name[0] != '.' && asprintf(&name, "%s/%s", path, entries[i]->d_name) > 0)
			run_file(name);
		free(name);
		free(entries[i]);
	}
	free(entries);
}

int main(int argc, char **argv)
{
	uint8_t every_byte[256];

	if (LLVMFuzzerInitialize != NULL)
		LLVMFuzzerInitialize(&argc, &argv);
	for (unsigned i = 0; i < sizeof(every_byte); i++)
		every_byte[i] = (uint8_t)i;
	run_bytes("(nothing)", every_byte, 0);
	run_bytes("(every byte)", every_byte, sizeof(every_byte));
	for (int i = 1; i < argc; i++) {
		struct stat info;
		if (stat(argv[i], &info) == 0 && S_ISDIR(info.st_mode))
			run_folder(argv[i]);
		else
			run_file(argv[i]);
	}
	printf("%u passed, 0 failed\n", inputs);
	return 0;
}
