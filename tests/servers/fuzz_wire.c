/* SPDX-License-Identifier: MIT */
/*
 * Fuzzes what pods read from a shared log: any bytes as an entry. What is accepted must be valid in every field, and
 * written again it must give the same bytes: there is one way to write an entry.
 */
#include "fuzz_require.h"
#include "json_in.h"
#include "wire.h"

static void require_request(const struct batch *batch)
{
	if (batch->matches == NULL) {
		require_id(&batch->vote.key, true);
		require_id(&batch->vote.item, false);
		return;
	}
	REQUIRE(batch->match_count >= 1 && batch->match_count <= MATCHES_MAX);
	for (size_t i = 0; i < batch->match_count; i++) {
		const struct match_record *match = &batch->matches[i];

		require_id(&match->key, true);
		require_id(&match->a, false);
		require_id(&match->b, false);
		REQUIRE(strcmp(match->a.text, match->b.text) != 0);
		REQUIRE(match->score == 0.0 || match->score == 0.5 || match->score == 1.0);
		REQUIRE(match->event == 0 && match->time_us == 0 && !match->duplicate);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wire_reader reader = {{NULL, NULL, false}, NULL, 0};
	struct buffer again = {NULL, 0, 0, false};
	struct batch batch;
	enum wire_result result = wire_open(&reader, data, size);

	wire_begin(&again);
	while (result == WIRE_REQUEST) {
		result = wire_next(&reader, &batch);
		if (result == WIRE_REQUEST) {
			require_request(&batch);
			wire_add(&again, &batch);
			REQUIRE(again.length <= size && memcmp(again.bytes, data, again.length) == 0);
		}
	}
	REQUIRE(result != WIRE_END || again.length == size);
	REQUIRE(reader.room <= size);
	buffer_free(&again);
	wire_free(&reader);
	return 0;
}
