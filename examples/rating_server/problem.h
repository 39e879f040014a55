/* SPDX-License-Identifier: MIT */
/*
 * What is wrong with a request, in the shape in which the client is told: an HTTP status, a code for programs, the
 * field, and a sentence that says what was expected.
 */
#ifndef RATING_SERVER_PROBLEM_H
#define RATING_SERVER_PROBLEM_H

#include <stdbool.h>
#include <stddef.h>

struct problem {
	unsigned status;   /* HTTP status; 0: no problem. */
	const char *code;  /* A static string, part of the interface: "missing_field". */
	char field[96];    /* "matches[3].b"; empty when no one field is to blame. */
	char message[256]; /* For people. Always valid UTF-8, whatever it quotes. */
};

/*
 * Write a problem down. `field` may be NULL. Returns false, so that a check can end with `return problem_set(...)`.
 */
__attribute__((format(printf, 5, 6))) bool problem_set(struct problem *problem, unsigned status, const char *code,
                                                       const char *field, const char *format, ...);

#endif
