/* SPDX-License-Identifier: MIT */
/*
 * Checkpoints: an image of the board at a place of the log (image.h), so that a pod that starts need not read the log from
 * its birth, and the log need not be kept from there. One pod writes at a time, under a lease; all may read.
 *
 * The image lies in chunks; the manifest, at :checkpoint, names them. A new manifest and its chunks become true in one
 * transaction, never in place of one that is further on. Then the log is cut off before the place of the checkpoint before
 * the new one, so that pods that are a little behind need not start over.
 */
#ifndef RATING_SERVER_SHARED_CHECKPOINT_H
#define RATING_SERVER_SHARED_CHECKPOINT_H

#include "shared_store.h"

struct checkpointing;

struct checkpointing *checkpointing_new(void);

/* Waits until the one that is being written is written. */
void checkpointing_free(struct checkpointing *work);

/*
 * The follower found a manifest, and has applied nothing yet: load what it names. Holds the board's lock meanwhile.
 * FOLLOW_MORE: loaded; else shared_trouble() has the reason.
 */
enum follow_result shared_load_checkpoint(struct shared_store *shared, const char *text);

/* The follower has caught up: write a checkpoint if enough has happened since the last, and no other pod does. */
void shared_consider_checkpoint(struct shared_store *shared);

#endif
