/* SPDX-License-Identifier: MIT */
#include "shared_manifest.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define IMAGE_MOST (UINT64_C(1) << 32)

void manifest_write(const struct manifest *manifest, char text[MANIFEST_BYTES])
{
	snprintf(text, MANIFEST_BYTES,
	         "openclaw-checkpoint 1 log=%s place=%" PRIu64 "-%" PRIu64 " events=%" PRIu64 " bytes=%" PRIu64
	         " sha256=%s id=%s",
	         manifest->log, manifest->place.ms, manifest->place.number, manifest->events, manifest->bytes,
	         manifest->sha256, manifest->id);
}

bool manifest_read(struct manifest *manifest, const char *text)
{
	int length = 0;

	return sscanf(text,
	              "openclaw-checkpoint 1 log=%32[0-9a-f] place=%" SCNu64 "-%" SCNu64 " events=%" SCNu64
	              " bytes=%" SCNu64 " sha256=%64[0-9a-f] id=%63[0-9a-z-]%n",
	              manifest->log, &manifest->place.ms, &manifest->place.number, &manifest->events, &manifest->bytes,
	              manifest->sha256, manifest->id, &length) == 7 &&
	       text[length] == '\0' && manifest->bytes > 0 && manifest->bytes <= IMAGE_MOST;
}

unsigned manifest_chunks(const struct manifest *manifest)
{
	return (unsigned)((manifest->bytes + MANIFEST_CHUNK_BYTES - 1) / MANIFEST_CHUNK_BYTES);
}

void manifest_hash(char text[2 * SHA256_BYTES + 1], const void *image, uint64_t bytes)
{
	unsigned char hash[SHA256_BYTES];

	sha256(image, bytes, hash);
	for (size_t i = 0; i < sizeof(hash); i++)
		snprintf(text + 2 * i, 3, "%02x", hash[i]);
}

bool place_before(const struct place *a, const struct place *b)
{
	return a->ms < b->ms || (a->ms == b->ms && a->number < b->number);
}
