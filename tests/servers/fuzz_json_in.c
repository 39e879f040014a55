/* SPDX-License-Identifier: MIT */
/*
 * Fuzzes the body parser of examples/rating_server: any bytes, first as matches, then as a vote. What it accepts must
 * be a valid record in every field, and what it refuses must come with a complete problem that can be sent as JSON.
 */
#include <jansson.h>

#include "fuzz_require.h"
#include "json_in.h"

static void require_problem(const struct problem *problem)
{
	json_t *text;

	REQUIRE(problem->status == 400);
	REQUIRE(problem->code != NULL && problem->code[0] != '\0');
	text = json_string(problem->field);
	REQUIRE(text != NULL && problem->field[0] != '\0');
	json_decref(text);
	text = json_string(problem->message);
	REQUIRE(text != NULL && problem->message[0] != '\0');
	json_decref(text);
}

static void try_matches(const char *body, size_t size)
{
	struct match_list list;
	struct problem problem = {0, NULL, "", ""};

	if (!json_in_matches(body, size, &list, &problem)) {
		REQUIRE(list.matches == NULL && list.count == 0);
		require_problem(&problem);
		return;
	}
	REQUIRE(list.count >= 1 && list.count <= MATCHES_MAX && (list.many || list.count == 1));
	for (size_t i = 0; i < list.count; i++) {
		const struct match_record *match = &list.matches[i];

		require_id(&match->a, false);
		require_id(&match->b, false);
		require_id(&match->key, true);
		REQUIRE(strcmp(match->a.text, match->b.text) != 0);
		REQUIRE(match->score == 0.0 || match->score == 0.5 || match->score == 1.0);
		REQUIRE(match->event == 0 && match->time_us == 0 && !match->duplicate);
	}
	free(list.matches);
}

static void try_vote(const char *body, size_t size)
{
	struct vote_record vote;
	struct problem problem = {0, NULL, "", ""};

	if (!json_in_vote(body, size, &vote, &problem)) {
		require_problem(&problem);
		return;
	}
	require_id(&vote.item, false);
	require_id(&vote.key, true);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	try_matches((const char *)data, size);
	try_vote((const char *)data, size);
	return 0;
}
