/* SPDX-License-Identifier: MIT */
/* The text at :checkpoint: where a checkpoint's chunks are, and what they hold. */
#ifndef RATING_SERVER_SHARED_MANIFEST_H
#define RATING_SERVER_SHARED_MANIFEST_H

#include <stdbool.h>
#include <stdint.h>

#include "records.h"
#include "sha256.h"

#define MANIFEST_BYTES       320
#define MANIFEST_CHUNK_BYTES (1024 * 1024)

struct manifest {
	char log[33]; /* The log's name. */
	struct place place;
	uint64_t events;                   /* Matches and votes up to there. */
	uint64_t bytes;                    /* Of the image; each chunk but the last has MANIFEST_CHUNK_BYTES. */
	char sha256[2 * SHA256_BYTES + 1]; /* Of the image. */
	char id[64];                       /* Its chunks are :checkpoint:<id>:0, :1 and so on. */
};

void manifest_write(const struct manifest *manifest, char text[MANIFEST_BYTES]);

/* False: this is not what manifest_write() writes. */
bool manifest_read(struct manifest *manifest, const char *text);

/* How many chunks there are. */
unsigned manifest_chunks(const struct manifest *manifest);
void manifest_hash(char text[2 * SHA256_BYTES + 1], const void *image, uint64_t bytes);

/* True if a stands before b. */
bool place_before(const struct place *a, const struct place *b);

#endif
