/* SPDX-License-Identifier: MIT */
/*
 * What an entry of a shared log carries: one request or several of one pod, in the order of its count, as bytes. Names are
 * as clients wrote them, so that people who look into the log recognise them.
 *
 * (The log's first entry is its birth: see shared_store.h.)
 *
 *   entry    version (1 byte, 1), then requests to the end
 *   request  'm', count (4 bytes), that many matches; or 'v', one vote
 *   match    key, a, b (each a length byte and that many bytes; the key's may be 0), twice the score (1 byte: 0, 1, 2)
 *   vote     key, item, 1 up or 0 down (1 byte)
 */
#ifndef RATING_SERVER_WIRE_H
#define RATING_SERVER_WIRE_H

#include "buffer.h"
#include "records.h"

#define WIRE_VERSION 1

/* Begin an entry in an empty buffer; add requests to it. Out of memory is the buffer's to say. */
void wire_begin(struct buffer *entry);
void wire_add(struct buffer *entry, const struct batch *batch);

enum wire_result {
	WIRE_REQUEST,  /* A request was read. */
	WIRE_END,      /* There are no more. */
	WIRE_DAMAGED,  /* These bytes are not what wire_add() writes. */
	WIRE_NEWER,    /* A later version wrote them. */
	WIRE_NO_MEMORY /* For the matches. */
};

/* Reads entries. The matches of the request that was read last are the reader's, and so is their memory. */
struct wire_reader {
	struct cursor cursor;
	struct match_record *matches;
	size_t room;
};

/* A zeroed reader is ready for its first entry. */
enum wire_result wire_open(struct wire_reader *reader, const void *bytes, size_t length); /* WIRE_REQUEST: go on. */

/*
 * The next request, checked as strictly as what a client sends (names, scores, two different agents, 1 to 10,000
 * matches). Times and numbers in it are 0. After WIRE_DAMAGED the rest of the entry cannot be read.
 */
enum wire_result wire_next(struct wire_reader *reader, struct batch *batch);
void wire_free(struct wire_reader *reader);

#endif
