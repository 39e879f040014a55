/* SPDX-License-Identifier: MIT */
/* Tokens and passwords come from a file or from the environment, never from the command line, which others can read. */
#ifndef RATING_SERVER_SECRET_H
#define RATING_SERVER_SECRET_H

#include <stddef.h>

/*
 * Read the first line of the file, or without a file (`path` is empty) the environment's variable, into `secret`; none of
 * both gives an empty one. `option` is what the file was given as. Returns 0, or -1 after saying why not.
 */
int secret_read(char *secret, size_t size, const char *option, const char *path, const char *variable);

#endif
