/* SPDX-License-Identifier: MIT */
/* Scores of votes, and conversions between systems, have the same bits everywhere: results that were written down once must
 * come out again with any compiler and optimisation. See test_bits.c. */
#include "bits_test.h"

#include "openclaw/convert.h"
#include "openclaw/feedback.h"

START_TEST(bits_feedback_votes_as_written_down)
{
	double lower;
	double upper;
	double score;

	ck_assert_int_eq(ocl_wilson_bounds(17, 20, OCL_Z_95, &lower, &upper), OCL_OK);
	assert_bits(lower, 0x1.47772db6276cbp-1);
	ck_assert_int_eq(ocl_jeffreys_bounds(17, 20, 0.95, &lower, &upper), OCL_OK);
	assert_bits(lower, 0x1.4d8738e77f2dbp-1);
	assert_bits(upper, 0x1.e9679de2f9eap-1);
	ck_assert_int_eq(ocl_hot_score(17, 3, 1234567, 45000, &score), OCL_OK);
	assert_bits(score, 0x1.c94b927f64906p+4);
	ck_assert_int_eq(ocl_gravity_score(17, 5.5, 1.8, &score), OCL_OK);
	assert_bits(score, 0x1.b3d290844645dp-2);
}
END_TEST

/* Few and very many votes alike. */
static double draw_votes(struct seed *random)
{
	double votes = draw_in(random, 0, 50);

	switch (seed_below(random, 4)) {
	case 0:
		return (double)seed_below(random, 30);
	case 1:
		return votes * 1e7;
	default:
		return votes;
	}
}

START_TEST(bits_feedback_bounds_hashed)
{
	struct seed random = {37};
	uint64_t hash = HASH_START;

	for (int i = 0; i < 4000; i++) {
		double positive = draw_votes(&random);
		double total = positive + draw_votes(&random) + 1;
		double confidence = draw_in(&random, 0.01, 0.999);
		double out[6] = {0};
		ck_assert_int_eq(ocl_confidence_z(confidence, &out[0]), OCL_OK);
		ck_assert_int_eq(ocl_wilson_bounds(positive, total, out[0], &out[1], &out[2]), OCL_OK);
		ck_assert_int_eq(ocl_jeffreys_bounds(positive, total, confidence, &out[3], &out[4]), OCL_OK);
		ck_assert_int_eq(ocl_bayesian_average(positive * 3, total, 2.5, 7, &out[5]), OCL_OK);
		hash = hash_of(hash, out, 6);
	}
	assert_hash("bounds", hash, UINT64_C(0x879a3fc64cd5af86));
}
END_TEST

START_TEST(bits_feedback_scores_hashed)
{
	struct seed random = {38};
	uint64_t hash = HASH_START;
	const double prior[5] = {1, 0.5, 2, 1, 1};

	for (int i = 0; i < 4000; i++) {
		struct ocl_decayed counter = {0, 0};
		struct ocl_star_estimate estimate;
		double stars[5];
		double out[5];
		double up = draw_votes(&random);
		double down = draw_votes(&random);
		double time = draw_in(&random, -1e6, 1e9);
		double half_life = draw_in(&random, 1e3, 1e6);
		for (int star = 0; star < 5; star++)
			stars[star] = draw_votes(&random);
		ck_assert_int_eq(ocl_star_estimate(stars, prior, 5, OCL_Z_95, &estimate), OCL_OK);
		hash = hash_of(hash, &estimate.mean, 4);
		ck_assert_int_eq(ocl_decayed_add(&counter, up + 1, time, half_life), OCL_OK);
		ck_assert_int_eq(ocl_decayed_add(&counter, down, time + 4321, half_life), OCL_OK);
		ck_assert_int_eq(ocl_decayed_value(&counter, time + 98765, half_life, &out[0]), OCL_OK);
		ck_assert_int_eq(ocl_decayed_key(&counter, half_life, &out[1]), OCL_OK);
		ck_assert_int_eq(ocl_hot_score(up, down, time, half_life, &out[2]), OCL_OK);
		ck_assert_int_eq(ocl_controversy_score(up, down, &out[3]), OCL_OK);
		ck_assert_int_eq(ocl_gravity_score(up, half_life * 1e-3, 1.8, &out[4]), OCL_OK);
		hash = hash_of(hash, out, 5);
	}
	assert_hash("scores", hash, UINT64_C(0xa30429d6aeb1a382));
}
END_TEST

/* From each of these systems to each; a list of its own, so that a new system changes nothing here. */
START_TEST(bits_feedback_conversions_hashed)
{
	static const char *const names[] = {"elo",      "glicko",        "glicko2", "dwz",  "elo-mmr",
	                                    "gaussian", "plackett-luce", "fifa",    "ingo", "egf"};
	const size_t count = sizeof names / sizeof *names;
	struct seed random = {39};
	uint64_t hash = HASH_START;

	for (int round = 0; round < 50; round++) {
		for (size_t i = 0; i < count * count; i++) {
			const struct ocl_system *from = ocl_system_find(names[i / count]);
			const struct ocl_system *to = ocl_system_find(names[i % count]);
			struct ocl_rating rating = from->initial;
			struct ocl_rating converted;
			rating.value *= draw_in(&random, 0.5, 1.5);
			rating.deviation *= draw_in(&random, 0, 1);
			ck_assert_int_eq(ocl_rating_convert(from, to, &rating, &converted), OCL_OK);
			hash = hash_of(hash, &converted.value, 3);
		}
	}
	assert_hash("conversions", hash, UINT64_C(0xcebc2459b06bbeb6));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("bits_feedback");
	TCase *tests = tcase_create("bits_feedback");

	tcase_set_timeout(tests, 120);
	tcase_add_test(tests, bits_feedback_votes_as_written_down);
	tcase_add_test(tests, bits_feedback_bounds_hashed);
	tcase_add_test(tests, bits_feedback_scores_hashed);
	tcase_add_test(tests, bits_feedback_conversions_hashed);
	suite_add_tcase(suite, tests);
	return check_run(suite);
}
