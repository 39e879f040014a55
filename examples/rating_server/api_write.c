/* SPDX-License-Identifier: MIT */
/* What changes something: POST /v1/matches and POST /v1/votes. */
#include "api.h"
#include "http.h"
#include "json_in.h"
#include "json_out.h"

void api_post_matches(struct request *request)
{
	struct match_list list;

	if (!json_in_matches(request->body.bytes, request->body.length, &list, &request->problem))
		return;
	request->job.batch.matches = list.matches;
	request->job.batch.match_count = list.count;
	request->job.many = list.many;
	http_write(request);
}

/* The place in the log, and when: what was true the first time is true each time the same key comes. */
static json_t *match_json(const struct match_record *match)
{
	return json_pack("{s:I, s:I, s:b}", "event", (json_int_t)match->event, "time_us", (json_int_t)match->time_us,
	                 "duplicate", match->duplicate);
}

void api_finish_matches(struct request *request)
{
	const struct job *job = &request->job;
	json_t *results;
	bool any_new = false;

	request->problem = job->problem;
	if (request->problem.status != 0)
		return;
	results = json_array();
	for (size_t i = 0; i < job->batch.match_count; i++) {
		any_new = any_new || !job->batch.matches[i].duplicate;
		if (job->many)
			json_array_append_new(results, match_json(&job->batch.matches[i]));
	}
	if (job->many) {
		reply_json(&request->reply, any_new ? 201 : 200, json_pack("{s:o}", "results", results));
		return;
	}
	json_decref(results);
	reply_json(&request->reply, any_new ? 201 : 200, match_json(&job->batch.matches[0]));
}

void api_post_vote(struct request *request)
{
	if (json_in_vote(request->body.bytes, request->body.length, &request->job.batch.vote, &request->problem))
		http_write(request);
}

/* The vote's place in the log, and how the item stands now. */
void api_finish_vote(struct request *request)
{
	const struct vote_record *vote = &request->job.batch.vote;
	struct item item;
	json_t *body;

	request->problem = request->job.problem;
	if (request->problem.status != 0)
		return;
	votes_find(&request->server->votes, &vote->item, &item);
	body = json_pack("{s:I, s:I, s:b}", "event", (json_int_t)vote->event, "time_us", (json_int_t)vote->time_us,
	                 "duplicate", vote->duplicate);
	json_object_update_new(body, item_json(&item));
	reply_json(&request->reply, vote->duplicate ? 200 : 201, body);
}
