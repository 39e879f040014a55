/* SPDX-License-Identifier: MIT */
/*
 * What requests make of an empty board, written a second time and as plainly as can be: arrays that are searched from
 * end to end, keys compared as text, the library called for the ratings alone. From the same state it also writes the
 * bytes of an image and of what is digested, by their descriptions.
 */
#ifndef TESTS_SERVERS_REPLICA_MODEL_H
#define TESTS_SERVERS_REPLICA_MODEL_H

#include <check.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "replica.h"

#define MODEL_NAMES 64
#define MODEL_KEYS  4096

struct model_use {
	bool vote;
	struct match_record match; /* With its key; of a vote: the key. */
	struct vote_record ballot;
	uint64_t event;
	int64_t time_us;
};

struct model_pod {
	uint64_t pod, count, used;
};

struct model {
	const struct ocl_system *system;
	double period_us;
	size_t window;
	uint64_t matches, votes;
	struct agent agents[MODEL_NAMES];
	size_t agent_count;
	struct item items[MODEL_NAMES];
	size_t item_count;
	struct model_use uses[MODEL_KEYS]; /* Oldest first. */
	size_t use_count;
	struct model_pod pods[PODS_MAX + 1];
	size_t pod_count;
	uint64_t requests;
};

static inline bool model_pod_advances(struct model *model, const struct origin *origin)
{
	size_t place = 0;
	size_t oldest = 0;

	while (place < model->pod_count && model->pods[place].pod != origin->pod)
		place++;
	if (place < model->pod_count && model->pods[place].count >= origin->count)
		return false;
	model->pods[place].pod = origin->pod;
	model->pods[place].count = origin->count;
	model->pods[place].used = ++model->requests;
	if (place < model->pod_count || ++model->pod_count <= PODS_MAX)
		return true;
	for (size_t i = 0; i < model->pod_count; i++)
		if (model->pods[i].used < model->pods[oldest].used)
			oldest = i;
	model->pods[oldest] = model->pods[--model->pod_count];
	return true;
}

static inline bool model_same(const struct id *a, const struct id *b)
{
	return strcmp(a->text, b->text) == 0;
}

static inline struct agent *model_agent(struct model *model, const struct id *id, int64_t time_us)
{
	for (size_t i = 0; i < model->agent_count; i++)
		if (model_same(&model->agents[i].id, id))
			return &model->agents[i];
	ck_assert_uint_lt(model->agent_count, MODEL_NAMES);
	model->agents[model->agent_count].id = *id;
	model->agents[model->agent_count].rating = model->system->initial;
	model->agents[model->agent_count].last_us = time_us;
	return &model->agents[model->agent_count++];
}

static inline void model_rate(struct model *model, const struct match_record *match)
{
	struct agent *a = model_agent(model, &match->a, match->time_us);
	struct agent *b = model_agent(model, &match->b, match->time_us);
	struct ocl_match result = OCL_MATCH(2, NULL);
	double scores[2] = {match->score, 1 - match->score};
	double elapsed[2] = {0, 0};
	struct ocl_rating before[2] = {a->rating, b->rating};
	struct ocl_rating after[2];

	if (model->period_us > 0) {
		elapsed[0] = (double)(match->time_us - a->last_us) / model->period_us;
		elapsed[1] = (double)(match->time_us - b->last_us) / model->period_us;
	}
	result.scores = scores;
	result.elapsed_periods = elapsed;
	ck_assert_int_eq(model->system->rate(&result, before, after), OCL_OK);
	a->rating = after[0];
	b->rating = after[1];
	a->display = model->system->display(&after[0]);
	b->display = model->system->display(&after[1]);
	a->matches++;
	b->matches++;
	a->last_event = b->last_event = match->event;
	a->last_us = b->last_us = match->time_us;
	model->matches++;
}

static inline void model_vote(struct model *model, const struct vote_record *vote)
{
	size_t place = 0;

	while (place < model->item_count && !model_same(&model->items[place].id, &vote->item))
		place++;
	ck_assert_uint_lt(place, MODEL_NAMES);
	if (place == model->item_count)
		model->items[model->item_count++].id = vote->item;
	model->items[place].up += vote->up;
	model->items[place].down += !vote->up;
	model->votes++;
}

static inline const struct id *model_key(const struct model_use *use)
{
	return use->vote ? &use->ballot.key : &use->match.key;
}

static inline bool model_same_content(const struct model_use *a, const struct model_use *b)
{
	if (a->vote)
		return model_same(&a->ballot.item, &b->ballot.item) && a->ballot.up == b->ballot.up;
	return model_same(&a->match.a, &b->match.a) && model_same(&a->match.b, &b->match.b) &&
	       a->match.score == b->match.score;
}

/*
 * The use that has this one's key: among those of the window before this request, or of this request itself (`uses` from
 * `known` on).
 */
static inline const struct model_use *model_find(const struct model *model, const struct model_use *use)
{
	for (size_t i = 0; i < model->use_count; i++)
		if (model->uses[i].vote == use->vote && model_same(model_key(&model->uses[i]), model_key(use)))
			return &model->uses[i];
	return NULL;
}

/* Like replica_apply(). The request as a list of uses, one a match; what was answered is put into them. */
static inline enum replica_result model_apply(struct model *model, struct model_use *uses, bool *duplicates,
                                              size_t count, const struct origin *origin, int64_t time_us,
                                              size_t *clash_at)
{
	size_t known = model->use_count;
	uint64_t next = uses[0].vote ? model->votes : model->matches;

	if (!model_pod_advances(model, origin))
		return REPLICA_REPEATED;
	for (size_t i = 0; i < count; i++) {
		const struct model_use *found = NULL;
		if (model_key(&uses[i])->text[0] != '\0')
			found = model_find(model, &uses[i]);
		if (found != NULL && !model_same_content(found, &uses[i])) {
			*clash_at = i;
			model->use_count = known;
			return REPLICA_CLASH;
		}
		duplicates[i] = found != NULL;
		uses[i].event = found != NULL ? found->event : ++next;
		uses[i].time_us = found != NULL ? found->time_us : time_us;
		ck_assert_uint_lt(model->use_count, MODEL_KEYS);
		if (found == NULL && model_key(&uses[i])->text[0] != '\0')
			model->uses[model->use_count++] = uses[i];
	}
	for (size_t i = 0; i < count; i++) {
		uses[i].match.event = uses[i].event;
		uses[i].match.time_us = uses[i].time_us;
		if (!duplicates[i] && uses[i].vote)
			model_vote(model, &uses[i].ballot);
		else if (!duplicates[i])
			model_rate(model, &uses[i].match);
	}
	if (model->use_count > model->window) {
		size_t gone = model->use_count - model->window;
		model->use_count = model->window;
		memmove(model->uses, model->uses + gone, model->window * sizeof(model->uses[0]));
	}
	return REPLICA_APPLIED;
}

static inline void model_put_name(struct buffer *out, const struct id *id)
{
	buffer_put_u8(out, (unsigned)strlen(id->text));
	buffer_put(out, id->text, strlen(id->text));
}

static inline void model_put_agent(struct buffer *out, const struct agent *agent)
{
	model_put_name(out, &agent->id);
	buffer_put(out, &agent->rating, 24);
	buffer_put(out, &agent->matches, 8);
	buffer_put(out, &agent->last_event, 8);
	buffer_put(out, &agent->last_us, 8);
}

static inline void model_put_item(struct buffer *out, const struct item *item)
{
	model_put_name(out, &item->id);
	buffer_put(out, &item->up, 8);
	buffer_put(out, &item->down, 8);
}

/* The first half of the SHA-256 of a kind and an optional second text. */
static inline void model_put_sum(struct buffer *out, const struct buffer *text)
{
	unsigned char sum[32];

	SHA256(text->bytes, text->length, sum);
	buffer_put(out, sum, 16);
}

static inline void model_put_use(struct buffer *out, const struct model_use *use)
{
	struct buffer text = {NULL, 0, 0, false};
	const struct id *key = model_key(use);

	buffer_put_u8(&text, use->vote ? 'v' : 'm');
	buffer_put(&text, key->text, strlen(key->text));
	model_put_sum(out, &text);
	buffer_empty(&text);
	buffer_put_u8(&text, use->vote ? 'v' : 'm');
	model_put_name(&text, use->vote ? &use->ballot.item : &use->match.a);
	if (!use->vote)
		model_put_name(&text, &use->match.b);
	buffer_put_u8(&text, use->vote ? use->ballot.up : (unsigned)(2 * use->match.score));
	model_put_sum(out, &text);
	buffer_put(out, &use->event, 8);
	buffer_put(out, &use->time_us, 8);
	buffer_free(&text);
}

static inline int model_compare_pods(const void *a, const void *b)
{
	return ((const struct model_pod *)a)->used > ((const struct model_pod *)b)->used ? -1 : 1;
}

/* As image.c describes it; what the model does not know (the log, places) is the replica's. */
static inline void model_image(const struct model *model, const struct replica *replica, struct buffer *out)
{
	struct model_pod pods[PODS_MAX];
	unsigned char sum[32];

	buffer_put(out, "ocl-ratings-image\1", 18);
	buffer_put_u8(out, (unsigned)strlen(replica->log));
	buffer_put(out, replica->log, strlen(replica->log));
	buffer_put(out, &replica->board->place, 16);
	buffer_put(out, &replica->origin, 16);
	buffer_put_u8(out, (unsigned)strlen(model->system->name));
	buffer_put(out, model->system->name, strlen(model->system->name));
	buffer_put(out, &model->period_us, 8);
	buffer_put_u64(out, model->window);
	buffer_put_u64(out, model->matches);
	buffer_put_u64(out, model->agent_count);
	for (size_t i = 0; i < model->agent_count; i++)
		model_put_agent(out, &model->agents[i]);
	buffer_put_u64(out, model->item_count);
	for (size_t i = 0; i < model->item_count; i++)
		model_put_item(out, &model->items[i]);
	buffer_put_u64(out, model->use_count);
	for (size_t i = 0; i < model->use_count; i++)
		model_put_use(out, &model->uses[i]);
	memcpy(pods, model->pods, model->pod_count * sizeof(pods[0]));
	qsort(pods, model->pod_count, sizeof(pods[0]), model_compare_pods);
	buffer_put_u64(out, model->pod_count);
	for (size_t i = 0; i < model->pod_count; i++)
		buffer_put(out, &pods[i], 16);
	SHA256(out->bytes, out->length, sum);
	buffer_put(out, sum, 32);
}

static inline int model_compare_names(const void *a, const void *b)
{
	return strcmp(((const struct id *)a)->text, ((const struct id *)b)->text);
}

/* The digest, as digest.h describes it. */
static inline void model_digest(const struct model *model, char text[65])
{
	struct buffer out = {NULL, 0, 0, false};
	struct model *copy = (struct model *)malloc(sizeof(*copy));
	unsigned char sum[32];

	memcpy(copy, model, sizeof(*copy));
	qsort(copy->agents, copy->agent_count, sizeof(copy->agents[0]), model_compare_names);
	qsort(copy->items, copy->item_count, sizeof(copy->items[0]), model_compare_names);
	buffer_put_u64(&out, copy->matches);
	buffer_put_u64(&out, copy->votes);
	buffer_put_u64(&out, copy->agent_count);
	for (size_t i = 0; i < copy->agent_count; i++)
		model_put_agent(&out, &copy->agents[i]);
	buffer_put_u64(&out, copy->item_count);
	for (size_t i = 0; i < copy->item_count; i++)
		model_put_item(&out, &copy->items[i]);
	SHA256(out.bytes, out.length, sum);
	for (size_t i = 0; i < 32; i++)
		snprintf(text + 2 * i, 3, "%02x", sum[i]);
	buffer_free(&out);
	free(copy);
}

#endif
