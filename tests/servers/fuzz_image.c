/* SPDX-License-Identifier: MIT */
/*
 * Fuzzes the reader of images: the input is what stands between the head and the sum, so that the sum is right. What is
 * accepted must be written again as the same bytes; what is refused must come with a reason and leave nothing behind.
 * Then the input as it is, as a whole image.
 */
#include "../fuzz_input.h"
#include "image.h"
#include "sha256.h"

#define WINDOW 7

static void require_empty(const struct replica *replica)
{
	REQUIRE(replica->board->agents.count == 0 && replica->board->matches == 0 && replica->board->place.ms == 0);
	REQUIRE(replica->votes->items.count == 0 && replica->votes->count == 0);
	REQUIRE(replica->keys.count == 0 && replica->pods.count == 0 && replica->log[0] == '\0');
	REQUIRE(replica->origin.pod == 0 && replica->origin.count == 0 && replica->board->place.number == 0);
}

static void try_image(const unsigned char *bytes, size_t length)
{
	static struct replica replica;
	struct board board;
	struct votes votes;
	struct buffer again = {NULL, 0, 0, false};
	char reason[200] = "";

	board_init(&board, ocl_system_find("glicko2"), 1);
	votes_init(&votes);
	replica_init(&replica, &board, &votes, WINDOW);
	if (image_read(&replica, bytes, length, reason, sizeof(reason))) {
		image_write(&replica, &again);
		REQUIRE(again.length == length && memcmp(again.bytes, bytes, length) == 0);
	} else {
		REQUIRE(reason[0] != '\0');
		require_empty(&replica);
	}
	buffer_free(&again);
	replica_free(&replica);
	votes_free(&votes);
	board_free(&board);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buffer image = {NULL, 0, 0, false};
	unsigned char sum[SHA256_BYTES];

	buffer_put(&image, "ocl-ratings-image\1", 18);
	buffer_put(&image, data, size);
	sha256(image.bytes, image.length, sum);
	buffer_put(&image, sum, sizeof(sum));
	try_image(image.bytes, image.length);
	buffer_free(&image);
	try_image(data, size);
	return 0;
}
