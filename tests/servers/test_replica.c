/* SPDX-License-Identifier: MIT */
/*
 * What a shared log makes of an empty board. Goal: the same requests give the same answers, digests and images, bit for
 * bit, whoever applies them and from whichever checkpoint. Method: random requests, sent again, with keys used again
 * and clashing, go to one replica, to another that is thrown away and restored from an image now and then, and to a
 * plain model.
 */
#include "replica.h"

#include <string.h>

#include "../check_run.h"
#include "../seed.h"
#include "digest.h"
#include "image.h"
#include "replica_model.h"

#define BATCH_MOST 12
#define T0_US      INT64_C(1700000000000000)

/* A replica with a board of its own. */
struct whole {
	struct board board;
	struct votes votes;
	struct replica replica;
};

static void whole_start(struct whole *whole, const char *system, double period_days, size_t window)
{
	board_init(&whole->board, ocl_system_find(system), period_days);
	votes_init(&whole->votes);
	replica_init(&whole->replica, &whole->board, &whole->votes, window);
}

static void whole_end(struct whole *whole)
{
	replica_free(&whole->replica);
	votes_free(&whole->votes);
	board_free(&whole->board);
}

static enum replica_result apply(struct whole *whole, struct batch *batch, uint64_t pod, uint64_t count,
                                 int64_t time_us, size_t *clash_at)
{
	struct origin origin = {pod, count};
	enum replica_result result;

	board_lock(&whole->board);
	result = replica_apply(&whole->replica, batch, &origin, time_us, clash_at);
	board_unlock(&whole->board);
	return result;
}

static void name_it(struct id *id, const char *kind, uint64_t number)
{
	memset(id, 0, sizeof(*id));
	snprintf(id->text, sizeof(id->text), "%s%llu", kind, (unsigned long long)number);
}

/* Mostly a key says what it is used for, so that using it again is a duplicate; sometimes it is another match. */
static void any_use(struct seed *random, uint64_t keys, bool vote, struct model_use *use)
{
	uint64_t key = seed_below(random, keys + keys / 2);
	struct seed content = {seed_below(random, 12) > 0 ? key : seed_next(random)};
	uint64_t a = seed_below(&content, 9);

	memset(use, 0, sizeof(*use));
	if (key >= keys) /* No key. */
		content.state = seed_next(random);
	else
		name_it(vote ? &use->ballot.key : &use->match.key, "key", key);
	use->vote = vote;
	name_it(&use->match.a, "agent", a);
	name_it(&use->match.b, "agent", (a + 1 + seed_below(&content, 8)) % 9);
	use->match.score = (double)seed_below(&content, 3) / 2;
	name_it(&use->ballot.item, "item", seed_below(&content, 5));
	use->ballot.up = seed_below(&content, 2) == 1;
}

struct request {
	struct model_use uses[BATCH_MOST];
	size_t count;
	struct origin origin;
	int64_t time_us;
};

/* Counts of a pod go on by one, sometimes by more; one in five is a repetition. */
static void any_request(struct seed *random, uint64_t keys, uint64_t counts[4], struct request *request)
{
	uint64_t pod = seed_below(random, 4);
	bool vote = seed_below(random, 4) == 0;

	request->count = vote || seed_below(random, 2) == 0 ? 1 : 1 + seed_below(random, BATCH_MOST);
	for (size_t i = 0; i < request->count; i++)
		any_use(random, keys, vote, &request->uses[i]);
	request->origin.pod = pod * UINT64_C(0x9e3779b97f4a7c15);
	if (seed_below(random, 5) > 0)
		counts[pod] += seed_below(random, 10) == 0 ? 5 : 1;
	request->origin.count = counts[pod] - (counts[pod] > 3 ? seed_below(random, 2) * seed_below(random, 2) : 0);
	request->time_us += (int64_t)seed_any_size(random, 86400000) * 1000;
}

static void to_batch(const struct request *request, struct match_record *matches, struct batch *batch)
{
	memset(batch, 0, sizeof(*batch));
	batch->vote = request->uses[0].ballot;
	for (size_t i = 0; i < request->count; i++)
		matches[i] = request->uses[i].match;
	if (!request->uses[0].vote) {
		batch->matches = matches;
		batch->match_count = request->count;
	}
}

/* Apply to a replica; its answer must be the model's. */
static void assert_answer(struct whole *whole, const struct request *request, const struct model_use *uses,
                          const bool *duplicates, enum replica_result want, size_t want_at)
{
	struct match_record matches[BATCH_MOST];
	struct batch batch;
	size_t at = 99;

	to_batch(request, matches, &batch);
	ck_assert_int_eq(apply(whole, &batch, request->origin.pod, request->origin.count, request->time_us, &at), want);
	if (want == REPLICA_CLASH)
		ck_assert_uint_eq(at, want_at);
	for (size_t i = 0; want == REPLICA_APPLIED && i < request->count; i++) {
		bool vote = uses[i].vote;
		ck_assert_uint_eq(vote ? batch.vote.event : matches[i].event, uses[i].event);
		ck_assert_int_eq(vote ? batch.vote.time_us : matches[i].time_us, uses[i].time_us);
		ck_assert_int_eq(vote ? batch.vote.duplicate : matches[i].duplicate, duplicates[i]);
	}
	if (want == REPLICA_APPLIED) {
		whole->board.place.ms = (uint64_t)request->time_us / 1000;
		whole->board.place.number++;
		whole->replica.origin = request->origin;
	}
}

static void assert_same(struct whole *whole, const struct model *model, const struct buffer *image, const char *digest)
{
	struct buffer own = {NULL, 0, 0, false};
	struct digest taken;

	image_write(&whole->replica, &own);
	ck_assert(!own.failed);
	ck_assert_uint_eq(own.length, image->length);
	ck_assert_mem_eq(own.bytes, image->bytes, own.length);
	ck_assert(digest_take(&whole->board, &whole->votes, &taken));
	ck_assert_str_eq(taken.text, digest);
	ck_assert_uint_eq(taken.matches, model->matches);
	ck_assert_uint_eq(taken.votes, model->votes);
	ck_assert_mem_eq(&taken.place, &whole->board.place, sizeof(taken.place));
	for (size_t i = 0; i < model->agent_count; i++) {
		struct agent agent;
		ck_assert(board_find(&whole->board, &model->agents[i].id, &agent));
		ck_assert_mem_eq(&agent.rating, &model->agents[i].rating, sizeof(agent.rating));
		ck_assert_mem_eq(&agent.display, &model->agents[i].display, sizeof(agent.display));
	}
	buffer_free(&own);
}

/* Throw it away, and start another from the image. */
static void restart(struct whole *whole, const struct model *model, const struct buffer *image)
{
	char reason[200] = "";
	bool fine;

	whole_end(whole);
	whole_start(whole, model->system->name, model->period_us / 86400e6, model->window);
	board_lock(&whole->board);
	fine = image_read(&whole->replica, image->bytes, image->length, reason, sizeof(reason));
	board_unlock(&whole->board);
	ck_assert_msg(fine, "%s", reason);
}

/* Counts its answers in `seen`, by enum replica_result. */
static void run_stream(struct seed *random, const char *system, double period_days, size_t window, unsigned steps,
                       unsigned seen[4])
{
	static struct whole one;
	static struct whole two;
	struct model *model = (struct model *)calloc(1, sizeof(*model));
	struct buffer image = {NULL, 0, 0, false};
	struct request request = {.time_us = T0_US};
	uint64_t counts[4] = {1, 1, 1, 1};
	uint64_t keys = 3 + 2 * window + seed_below(random, 20);

	whole_start(&one, system, period_days, window);
	whole_start(&two, system, period_days, window);
	strcpy(one.replica.log, "0123456789abcdef0123456789abcdef");
	strcpy(two.replica.log, one.replica.log);
	model->system = ocl_system_find(system);
	model->period_us = period_days * 86400e6;
	model->window = window;
	for (unsigned step = 0; step < steps; step++) {
		struct model_use uses[BATCH_MOST];
		bool duplicates[BATCH_MOST];
		enum replica_result want;
		size_t at = 0;
		any_request(random, keys, counts, &request);
		memcpy(uses, request.uses, sizeof(uses));
		want = model_apply(model, uses, duplicates, request.count, &request.origin, request.time_us, &at);
		seen[want]++;
		assert_answer(&one, &request, uses, duplicates, want, at);
		assert_answer(&two, &request, uses, duplicates, want, at);
		if (step + 1 == steps || seed_below(random, 40) == 0) {
			char digest[65];
			buffer_empty(&image);
			model_image(model, &one.replica, &image);
			model_digest(model, digest);
			assert_same(&one, model, &image, digest);
			assert_same(&two, model, &image, digest);
			restart(&two, model, &image);
			assert_same(&two, model, &image, digest);
		}
	}
	buffer_free(&image);
	free(model);
	whole_end(&one);
	whole_end(&two);
}

START_TEST(replica_apply_random_streams_as_model)
{
	static const size_t windows[] = {0, 1, 7, 100};
	struct seed random = seed_start("replica_apply_random_streams_as_model");
	unsigned rounds = seed_rounds(12);
	unsigned seen[4] = {0, 0, 0, 0};
	unsigned steps = 0;

	for (unsigned round = 0; round < rounds; round++)
		for (size_t i = 0; i < sizeof(windows) / sizeof(windows[0]); i++, steps += 2 * 300) {
			run_stream(&random, "glicko2", 1, windows[i], 300, seen);
			run_stream(&random, "elo", 0, windows[i], 300, seen);
		}
	/* Of all streams together: one alone may well meet no clash (about one in a thousand does). */
	ck_assert_msg(seen[REPLICA_APPLIED] > steps / 4 && seen[REPLICA_REPEATED] > steps / 20 &&
	                      seen[REPLICA_CLASH] > steps / 200,
	              "applied %u, repeated %u, clashed %u of %u", seen[REPLICA_APPLIED], seen[REPLICA_REPEATED],
	              seen[REPLICA_CLASH], steps);
}
END_TEST

static void set_match(struct match_record *match, const char *key, const char *a, const char *b, double score)
{
	memset(match, 0, sizeof(*match));
	strcpy(match->key.text, key);
	strcpy(match->a.text, a);
	strcpy(match->b.text, b);
	match->score = score;
}

static struct batch batch_of(struct match_record *matches, size_t count)
{
	struct batch batch;

	memset(&batch, 0, sizeof(batch));
	batch.matches = matches;
	batch.match_count = count;
	return batch;
}

/* Within one request the window does not count, before and after it does. */
START_TEST(replica_apply_same_key_twice_duplicate)
{
	static const size_t windows[] = {0, 1, 2};

	for (size_t i = 0; i < 3; i++) {
		static struct whole whole;
		struct match_record matches[3];
		struct batch batch = batch_of(matches, 3);
		size_t at = 99;
		whole_start(&whole, "elo", 0, windows[i]);
		set_match(&matches[0], "k", "a", "b", 1);
		set_match(&matches[1], "l", "a", "c", 1);
		set_match(&matches[2], "k", "a", "b", 1);
		ck_assert_int_eq(apply(&whole, &batch, 1, 1, T0_US, &at), REPLICA_APPLIED);
		ck_assert_uint_eq(whole.board.matches, 2);
		ck_assert(!matches[0].duplicate && !matches[1].duplicate && matches[2].duplicate);
		ck_assert(matches[0].event == 1 && matches[1].event == 2 && matches[2].event == 1);
		ck_assert_int_eq(matches[2].time_us, T0_US);
		ck_assert_uint_eq(whole.replica.keys.count, windows[i]);
		/* The same again: which keys are known depends on the window. */
		ck_assert_int_eq(apply(&whole, &batch, 1, 2, T0_US + 5, &at), REPLICA_APPLIED);
		ck_assert_int_eq(matches[0].duplicate, windows[i] >= 2);
		ck_assert_int_eq(matches[1].duplicate, windows[i] >= 1);
		ck_assert(matches[2].duplicate && matches[2].event == matches[0].event);
		ck_assert_uint_eq(whole.board.matches, 4 - windows[i]);
		whole_end(&whole);
	}
}
END_TEST

START_TEST(replica_apply_clash_changes_count_only)
{
	static struct whole whole;
	struct match_record matches[3];
	struct batch batch = batch_of(matches, 3);
	struct buffer before = {NULL, 0, 0, false};
	struct buffer after = {NULL, 0, 0, false};
	size_t at = 99;

	whole_start(&whole, "glicko2", 1, 10);
	set_match(&matches[0], "k", "a", "b", 1);
	batch.match_count = 1;
	ck_assert_int_eq(apply(&whole, &batch, 1, 1, T0_US, &at), REPLICA_APPLIED);
	image_write(&whole.replica, &before);
	batch.match_count = 3;
	set_match(&matches[0], "new", "x", "y", 1);
	set_match(&matches[1], "", "x", "z", 1);
	set_match(&matches[2], "k", "a", "b", 0.5); /* Against what was before. */
	ck_assert_int_eq(apply(&whole, &batch, 1, 2, T0_US + 1, &at), REPLICA_CLASH);
	ck_assert_uint_eq(at, 2);
	set_match(&matches[2], "new", "y", "x", 1); /* Within the request. */
	ck_assert_int_eq(apply(&whole, &batch, 1, 3, T0_US + 2, &at), REPLICA_CLASH);
	ck_assert_uint_eq(at, 2);
	ck_assert_int_eq(apply(&whole, &batch, 1, 3, T0_US + 3, &at), REPLICA_REPEATED);
	ck_assert_uint_eq(whole.replica.pods.list[0].count, 3);
	whole.replica.pods.list[0].count = 1;
	image_write(&whole.replica, &after);
	ck_assert_uint_eq(before.length, after.length);
	ck_assert_mem_eq(before.bytes, after.bytes, before.length);
	batch.match_count = 2; /* None of it was kept: its keys are free. */
	ck_assert_int_eq(apply(&whole, &batch, 1, 4, T0_US + 4, &at), REPLICA_APPLIED);
	ck_assert(!matches[0].duplicate && matches[0].event == 2 && matches[1].event == 3);
	buffer_free(&before);
	buffer_free(&after);
	whole_end(&whole);
}
END_TEST

/* 10,000 keys at once, and the same again: all are duplicates, and that is an answer like any other. */
START_TEST(replica_apply_most_matches_again_all_duplicates)
{
	static struct whole whole;
	struct match_record *matches = (struct match_record *)malloc(10000 * sizeof(*matches));
	struct batch batch = batch_of(matches, 10000);
	char digest[65];
	struct digest taken;
	size_t at;

	whole_start(&whole, "glicko2", 1, 20000);
	for (size_t i = 0; i < 10000; i++) {
		char key[32];
		snprintf(key, sizeof(key), "k%zu", i);
		set_match(&matches[i], key, i % 2 ? "a" : "c", i % 3 ? "b" : "d", 1);
	}
	ck_assert_int_eq(apply(&whole, &batch, 1, 1, T0_US, &at), REPLICA_APPLIED);
	ck_assert(digest_take(&whole.board, &whole.votes, &taken));
	strcpy(digest, taken.text);
	ck_assert_int_eq(apply(&whole, &batch, 2, 1, T0_US + 1, &at), REPLICA_APPLIED);
	for (size_t i = 0; i < 10000; i++)
		ck_assert(matches[i].duplicate && matches[i].event == i + 1 && matches[i].time_us == T0_US);
	ck_assert(digest_take(&whole.board, &whole.votes, &taken));
	ck_assert_str_eq(taken.text, digest);
	free(matches);
	whole_end(&whole);
}
END_TEST

START_TEST(replica_clear_after_use_as_new)
{
	static struct whole used;
	static struct whole fresh;
	struct match_record match;
	struct batch batch = batch_of(&match, 1);
	struct buffer images[2] = {{NULL, 0, 0, false}, {NULL, 0, 0, false}};
	struct agent page[4];
	size_t total;
	size_t at;

	whole_start(&used, "glicko2", 1, 3);
	whole_start(&fresh, "glicko2", 1, 3);
	set_match(&match, "k", "a", "b", 1);
	for (int round = 0; round < 2; round++) {
		ck_assert_int_eq(apply(&used, &batch, 1, 1, T0_US, &at), REPLICA_APPLIED);
		ck_assert(!match.duplicate && match.event == 1);
		ck_assert_int_eq(board_page(&used.board, 0, 4, page, &total), 2); /* Not from agents that are gone. */
		strcpy(used.replica.log, "0123456789abcdef0123456789abcdef");
		used.board.place.ms = used.replica.origin.count = 1;
		board_lock(&used.board);
		replica_clear(&used.replica);
		board_unlock(&used.board);
		ck_assert_int_eq(board_page(&used.board, 0, 4, page, &total), 0);
	}
	image_write(&used.replica, &images[0]);
	image_write(&fresh.replica, &images[1]);
	ck_assert_uint_eq(images[0].length, images[1].length);
	ck_assert_mem_eq(images[0].bytes, images[1].bytes, images[0].length);
	buffer_free(&images[0]);
	buffer_free(&images[1]);
	whole_end(&used);
	whole_end(&fresh);
}
END_TEST

START_TEST(pods_advance_most_pods_least_lately_forgotten)
{
	static struct pods pods;
	struct origin origin;

	for (uint64_t pod = 0; pod < PODS_MAX; pod++) {
		origin = (struct origin){pod, 5};
		ck_assert(pods_advance(&pods, &origin));
	}
	origin = (struct origin){0, 6}; /* Now pod 1 wrote least lately, */
	ck_assert(pods_advance(&pods, &origin));
	origin = (struct origin){1, 5}; /* and a repetition does not help it. */
	ck_assert(!pods_advance(&pods, &origin));
	origin = (struct origin){PODS_MAX, 1};
	ck_assert(pods_advance(&pods, &origin));
	ck_assert_uint_eq(pods.count, PODS_MAX);
	for (uint64_t pod = 2; pod <= PODS_MAX; pod++) {
		origin = (struct origin){pod, 1};
		ck_assert(!pods_advance(&pods, &origin));
	}
	origin = (struct origin){0, 6};
	ck_assert(!pods_advance(&pods, &origin));
	origin = (struct origin){1, 5};
	ck_assert(pods_advance(&pods, &origin));
	origin = (struct origin){12345678, 0}; /* Counts are from 1. */
	ck_assert(!pods_advance(&pods, &origin));
}
END_TEST

/* More pods than are known come and go, some often and some seldom. */
START_TEST(pods_advance_random_pods_as_model)
{
	struct seed random = seed_start("pods_advance_random_pods_as_model");
	static struct pods pods;
	static struct model model;
	unsigned rounds = seed_rounds(40000);
	unsigned again = 0;

	for (unsigned round = 0; round < rounds; round++) {
		struct origin origin = {seed_below(&random, 2) == 0 ? seed_below(&random, 5)
		                                                    : seed_below(&random, PODS_MAX + 100),
		                        1 + round / 3000 + seed_below(&random, 2)};
		bool want = model_pod_advances(&model, &origin);
		ck_assert_int_eq(pods_advance(&pods, &origin), want);
		again += !want;
	}
	ck_assert_uint_gt(again, rounds / 10);
	ck_assert_uint_eq(pods.count, model.pod_count);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("replica");
	TCase *tests = tcase_create("replica");

	tcase_set_timeout(tests, 120);
	tcase_add_test(tests, replica_apply_random_streams_as_model);
	tcase_add_test(tests, replica_apply_same_key_twice_duplicate);
	tcase_add_test(tests, replica_apply_clash_changes_count_only);
	tcase_add_test(tests, replica_apply_most_matches_again_all_duplicates);
	tcase_add_test(tests, replica_clear_after_use_as_new);
	tcase_add_test(tests, pods_advance_most_pods_least_lately_forgotten);
	tcase_add_test(tests, pods_advance_random_pods_as_model);
	suite_add_tcase(suite, tests);
	return check_run(suite);
}
