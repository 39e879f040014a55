/* SPDX-License-Identifier: MIT */
#include "secret.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int read_line(char *secret, size_t size, const char *option, const char *path)
{
	FILE *file = fopen(path, "r");
	char *line = NULL;
	size_t room = 0;
	int result = -1;

	if (file == NULL) {
		fprintf(stderr, "rating_server: %s: %s: %s\n", option, path, strerror(errno));
		return -1;
	}
	if (getline(&line, &room, file) < 0)
		fprintf(stderr, "rating_server: %s: %s: expected a line, found none\n", option, path);
	else
		result = 0;
	fclose(file);
	if (result == 0) {
		line[strcspn(line, "\r\n")] = '\0';
		if (strlen(line) >= size) {
			fprintf(stderr, "rating_server: %s: %s: expected a line of at most %zu bytes\n", option, path,
			        size - 1);
			result = -1;
		} else {
			memcpy(secret, line, strlen(line) + 1);
		}
	}
	free(line);
	return result;
}

int secret_read(char *secret, size_t size, const char *option, const char *path, const char *variable)
{
	const char *value = getenv(variable);

	secret[0] = '\0';
	if (path[0] != '\0')
		return read_line(secret, size, option, path);
	if (value == NULL)
		return 0;
	if (strlen(value) >= size) {
		fprintf(stderr, "rating_server: $%s: expected at most %zu bytes\n", variable, size - 1);
		return -1;
	}
	memcpy(secret, value, strlen(value) + 1);
	return 0;
}
