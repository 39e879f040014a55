/* SPDX-License-Identifier: MIT */
/* What only looks: agents, the leaderboard, predictions, votes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api.h"
#include "digest.h"
#include "http.h"
#include "json_out.h"

#define PAGE_MAX     1000
#define PAGE_DEFAULT 50

static bool read_id(struct request *request, const char *text, const char *field, struct id *id)
{
	if (id_read(id, text, strlen(text)))
		return true;
	return problem_set(&request->problem, 400, "bad_value", field, "expected " ID_EXPECTED);
}

static bool find_agent(struct request *request, const char *text, const char *field, struct agent *agent)
{
	struct id id;

	if (!read_id(request, text, field, &id))
		return false;
	if (board_find(&request->server->board, &id, agent))
		return true;
	return problem_set(&request->problem, 404, "not_found", field, "no agent of this name has a match");
}

void api_get_agent(struct request *request)
{
	struct agent agent;

	if (target_read_query(&request->target, NULL, 0, &request->problem) &&
	    find_agent(request, request->id, "id", &agent))
		reply_json(&request->reply, 200, agent_json(&agent));
}

/* A whole number of at most 9 digits. A parameter that was not given keeps the number's value. */
static bool read_number(struct request *request, const struct parameter *parameter, size_t min, size_t max,
                        size_t *number)
{
	size_t digits = strspn(parameter->value, "0123456789");

	if (!parameter->given)
		return true;
	if (digits > 0 && digits <= 9 && parameter->value[digits] == '\0') {
		*number = strtoul(parameter->value, NULL, 10);
		if (*number >= min && *number <= max)
			return true;
	}
	return problem_set(&request->problem, 400, "bad_value", parameter->name,
	                   "expected a whole number from %zu to %zu", min, max);
}

void api_get_leaderboard(struct request *request)
{
	struct parameter parameters[2] = {{"limit", "", false}, {"offset", "", false}};
	struct board *board = &request->server->board;
	size_t limit = PAGE_DEFAULT;
	size_t offset = 0;
	size_t total;
	struct agent *page;
	json_t *agents;
	long count;

	if (!target_read_query(&request->target, parameters, 2, &request->problem) ||
	    !read_number(request, &parameters[0], 1, PAGE_MAX, &limit) ||
	    !read_number(request, &parameters[1], 0, 999999999, &offset))
		return;
	page = (struct agent *)malloc(limit * sizeof(*page));
	count = page != NULL ? board_page(board, offset, limit, page, &total) : -1;
	if (count < 0) {
		problem_set(&request->problem, 503, "out_of_memory", NULL, "too little memory; try again");
		free(page);
		return;
	}
	agents = json_array();
	for (long i = 0; i < count; i++)
		json_array_append_new(agents, agent_json(&page[i]));
	reply_json(&request->reply, 200,
	           json_pack("{s:s, s:I, s:I, s:I, s:o}", "system", board->system->name, "total", (json_int_t)total,
	                     "offset", (json_int_t)offset, "limit", (json_int_t)limit, "agents", agents));
	free(page);
}

void api_get_predict(struct request *request)
{
	struct parameter parameters[2] = {{"a", "", false}, {"b", "", false}};
	struct agent agents[2];
	double expected;

	if (!target_read_query(&request->target, parameters, 2, &request->problem))
		return;
	for (int i = 0; i < 2; i++) {
		if (!parameters[i].given) {
			problem_set(&request->problem, 400, "missing_field", parameters[i].name, "expected an agent");
			return;
		}
		if (!find_agent(request, parameters[i].value, parameters[i].name, &agents[i]))
			return;
	}
	if (strcmp(agents[0].id.text, agents[1].id.text) == 0) {
		problem_set(&request->problem, 400, "same_agent", "b", "expected another agent than a");
		return;
	}
	expected = board_predict(&request->server->board, &agents[0], &agents[1]);
	reply_json(&request->reply, 200,
	           json_pack("{s:s, s:s, s:f, s:f}", "a", agents[0].id.text, "b", agents[1].id.text, "expected_a",
	                     expected, "expected_b", 1 - expected));
}

void api_get_vote(struct request *request)
{
	struct id id;
	struct item item;

	if (!target_read_query(&request->target, NULL, 0, &request->problem) ||
	    !read_id(request, request->id, "id", &id))
		return;
	if (votes_find(&request->server->votes, &id, &item))
		reply_json(&request->reply, 200, item_json(&item));
	else
		problem_set(&request->problem, 404, "not_found", "id", "no one has voted on this");
}

/* Where the log stood, and a digest of what it made of the board: equal in all pods at equal places. */
void api_get_digest(struct request *request)
{
	struct server *server = request->server;
	struct digest digest;
	char position[48];

	if (!target_read_query(&request->target, NULL, 0, &request->problem))
		return;
	if (!digest_take(&server->board, &server->votes, &digest)) {
		problem_set(&request->problem, 503, "out_of_memory", NULL, "too little memory; try again");
		return;
	}
	if (store_is_shared(&server->options))
		snprintf(position, sizeof(position), "%llu-%llu", (unsigned long long)digest.place.ms,
		         (unsigned long long)digest.place.number);
	else
		snprintf(position, sizeof(position), "%llu-%llu", (unsigned long long)digest.matches,
		         (unsigned long long)digest.votes);
	reply_json(&request->reply, 200,
	           json_pack("{s:s, s:I, s:I, s:s}", "position", position, "matches", (json_int_t)digest.matches,
	                     "votes", (json_int_t)digest.votes, "digest", digest.text));
}
