/* SPDX-License-Identifier: MIT */
/* The fault that is told is the one that was made, and the status that of the systems. */
#include "rating_test.h"

#include "openclaw/openclaw.h"

#define TEAMS   3
#define PLAYERS 4

/* A match with everything given, and places to break it. */
struct broken {
	struct ocl_match match;
	size_t sizes[TEAMS];
	double ranks[TEAMS];
	double scores[TEAMS];
	double weights[PLAYERS];
	double elapsed[PLAYERS];
	struct ocl_rating ratings[PLAYERS];
};

static void start(struct broken *b)
{
	*b = (struct broken){OCL_MATCH(TEAMS, NULL), {1, 2, 1},      {1, 2, 3},  {3, 2, 0},
	                     {1, 1, 0.5, 0},         {0, 1, 2.5, 0}, {{0, 0, 0}}};
	b->match.team_sizes = b->sizes;
	b->match.scores = b->scores;
	b->match.player_weights = b->weights;
	b->match.elapsed_periods = b->elapsed;
	for (size_t i = 0; i < PLAYERS; i++)
		b->ratings[i] = ocl_system_find("elo")->initial;
}

/* The status of the check is that of a system; the fault is as told. */
static void assert_fault(const struct broken *b, int status, const char *field, const char *of, size_t index)
{
	struct ocl_match_fault fault = {NULL, NULL, 77, 77, NULL};
	struct ocl_rating after[PLAYERS];

	ck_assert_int_eq(ocl_system_rate(ocl_system_find("elo"), &b->match, NULL, b->ratings, after), status);
	ck_assert_int_eq(ocl_match_check(&b->match, b->ratings, 1, NULL), status);
	ck_assert_int_eq(ocl_match_check(&b->match, b->ratings, 1, &fault), status);
	ck_assert_str_eq(fault.field, field);
	ck_assert_str_eq(fault.of, of);
	ck_assert_uint_eq(fault.index, index);
	ck_assert(fault.expected != NULL && fault.expected[0] != '\0');
}

START_TEST(match_check_good_match_passes)
{
	struct broken b;
	struct ocl_match_fault fault = {"untouched", NULL, 77, 77, NULL};

	start(&b);
	ck_assert_int_eq(ocl_match_check(&b.match, b.ratings, 1, &fault), OCL_OK);
	b.match.scores = NULL;
	ck_assert_int_eq(ocl_match_check(&b.match, NULL, 0, &fault), OCL_OK);
	ck_assert_str_eq(fault.field, "untouched");
	ck_assert_uint_eq(fault.index, 77);
}
END_TEST

START_TEST(match_check_every_number_named)
{
	static const struct {
		size_t offset;
		double low, high; /* just outside */
		const char *field, *of;
		size_t index;
	} numbers[] = {
		{offsetof(struct broken, match.match_weight), 0, 1.1e6, "match_weight", "match", 0},
		{offsetof(struct broken, match.first_advantage), -1.1e9, 1.1e9, "first_advantage", "match", 0},
		{offsetof(struct broken, weights[2]), -0.1, 1.1e6, "player_weights", "player", 2},
		{offsetof(struct broken, elapsed[3]), -0.1, 1.1e9, "elapsed_periods", "player", 3},
		{offsetof(struct broken, scores[1]), NAN, INFINITY, "scores", "team", 1},
		{offsetof(struct broken, ratings[1].value), -1.1e9, 1.1e9, "value", "player", 1},
		{offsetof(struct broken, ratings[2].deviation), -1, 1.1e9, "deviation", "player", 2},
		{offsetof(struct broken, ratings[3].volatility), -1, 1001, "volatility", "player", 3},
	};
	struct broken b;

	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		const double bad[] = {numbers[i].low, numbers[i].high, NAN, -INFINITY};
		for (size_t j = 0; j < 4; j++) {
			struct ocl_match_fault fault;
			start(&b);
			memcpy((char *)&b + numbers[i].offset, &bad[j], sizeof bad[j]);
			assert_fault(&b, isfinite(bad[j]) ? OCL_ERANGE : OCL_EINVAL, numbers[i].field, numbers[i].of,
			             numbers[i].index);
			ck_assert_int_lt(ocl_match_check(&b.match, b.ratings, 1, &fault), 0);
			ck_assert(memcmp(&fault.number, &bad[j], sizeof bad[j]) == 0);
		}
	}
	/* What is no number goes first within a record, as the status says. */
	start(&b);
	b.ratings[0].value = 2e9;
	b.ratings[0].volatility = NAN;
	assert_fault(&b, OCL_EINVAL, "volatility", "player", 0);
}
END_TEST

START_TEST(match_check_shape_and_outcome_named)
{
	struct broken b;
	struct ocl_match_fault fault;

	ck_assert_int_eq(ocl_match_check(NULL, NULL, 0, &fault), OCL_EINVAL);
	ck_assert_str_eq(fault.field, "match");
	start(&b);
	b.match.struct_size = 8;
	assert_fault(&b, OCL_ESIZE, "struct_size", "match", 0);
	start(&b);
	b.match.team_count = 1;
	assert_fault(&b, OCL_ERANGE, "team_count", "match", 0);
	start(&b);
	b.sizes[1] = 0;
	assert_fault(&b, OCL_ERANGE, "team_sizes", "team", 1);
	b.sizes[1] = 65535; /* with the first one all that there may be */
	assert_fault(&b, OCL_ERANGE, "team_sizes", "team", 2);
	start(&b);
	b.match.flags = 2;
	assert_fault(&b, OCL_EINVAL, "flags", "match", 0);
	start(&b);
	b.match.reserved[2] = 1;
	assert_fault(&b, OCL_EINVAL, "reserved", "match", 0);
	start(&b);
	b.match.ranks = b.ranks;
	assert_fault(&b, OCL_EINVAL, "scores", "match", 0);
	b.match.scores = NULL;
	b.match.flags = OCL_MATCH_SHARES;
	assert_fault(&b, OCL_EINVAL, "scores", "match", 0);
	b.match.flags = 0;
	b.ranks[2] = NAN;
	assert_fault(&b, OCL_EINVAL, "ranks", "team", 2);
	b.match.ranks = NULL;
	assert_fault(&b, OCL_EINVAL, "ranks", "match", 0);
	start(&b);
	b.match.flags = OCL_MATCH_SHARES;
	ck_assert_int_eq(ocl_match_check(&b.match, b.ratings, 1, NULL), OCL_OK);
	b.scores[0] = -1;
	assert_fault(&b, OCL_ERANGE, "scores", "team", 0);
	b.scores[0] = 0;
	assert_fault(&b, OCL_ERANGE, "scores", "team", 2);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("match_check");
	TCase *tests = tcase_create("match_check");

	tcase_add_test(tests, match_check_good_match_passes);
	tcase_add_test(tests, match_check_every_number_named);
	tcase_add_test(tests, match_check_shape_and_outcome_named);
	suite_add_tcase(suite, tests);
	return check_run(suite);
}
