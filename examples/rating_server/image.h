/* SPDX-License-Identifier: MIT */
/*
 * A replica as bytes: what a checkpoint holds. Reading gives back the same bits; what it reads is checked as strictly as
 * what a client sends, and of an image that is not whole nothing is taken.
 */
#ifndef RATING_SERVER_IMAGE_H
#define RATING_SERVER_IMAGE_H

#include "replica.h"

/* Write the replica into an empty buffer; out of memory is the buffer's to say. Only the thread that applies may call. */
void image_write(const struct replica *replica, struct buffer *image);

/* The same in two steps: only the first needs the replica, and it is the short one. */
void image_draw(const struct replica *replica, struct buffer *image);
void image_seal(struct buffer *image);

/*
 * Replace the replica (`board` and `votes` included; hold the board's lock) by an image. Returns false with the reason
 * if the image is damaged, of a later version, or of a board with another rating system or period; the replica is then
 * empty.
 */
bool image_read(struct replica *replica, const void *bytes, size_t length, char *reason, size_t size);

#endif
