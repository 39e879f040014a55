/* SPDX-License-Identifier: MIT */
/*
 * Goal: a converted lead makes the same odds, new players stay new players, and there and back is where it was. Method: ask
 * the systems themselves what they predict; random records.
 */
#include "rating_test.h"

#include "openclaw/convert.h"
#include "openclaw/openclaw.h"

#define SYSTEMS_MAX 64

static const struct ocl_system *systems[SYSTEMS_MAX];
static size_t system_count;

/* Those that can be converted to. */
static void list_systems(void)
{
	const struct ocl_system *elo = ocl_system_find("elo");
	struct ocl_rating out;

	for (size_t i = 0; ocl_system_at(i) != NULL && system_count < SYSTEMS_MAX; i++) {
		int status = ocl_rating_convert(elo, ocl_system_at(i), &elo->initial, &out);
		ck_assert(status == OCL_OK || status == OCL_ENOTSUP);
		if (status == OCL_OK)
			systems[system_count++] = ocl_system_at(i);
	}
}

START_TEST(convert_named_systems_supported)
{
	static const char *const names[] = {"elo",
	                                    "glicko",
	                                    "glicko2",
	                                    "glicko-boost",
	                                    "stephenson",
	                                    "elo-mmr",
	                                    "gaussian",
	                                    "plackett-luce",
	                                    "bradley-terry-full",
	                                    "bradley-terry-part",
	                                    "thurstone-mosteller-full",
	                                    "thurstone-mosteller-part",
	                                    "fifa",
	                                    "uscf",
	                                    "ecf",
	                                    "dwz",
	                                    "ingo",
	                                    "egf",
	                                    "yuksel"};
	const struct ocl_system *elo = ocl_system_find("elo");
	struct ocl_rating out;

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		const struct ocl_system *system = ocl_system_find(names[i]);
		if (system == NULL) {
			printf("skipped: no system %s\n", names[i]);
			continue;
		}
		ck_assert_int_eq(ocl_rating_convert(elo, system, &elo->initial, &out), OCL_OK);
	}
}
END_TEST

/* A new player from anywhere is a new player everywhere. */
START_TEST(convert_new_player_is_new_player)
{
	for (size_t i = 0; i < system_count; i++) {
		for (size_t j = 0; j < system_count; j++) {
			struct ocl_rating out;
			ck_assert_int_eq(ocl_rating_convert(systems[i], systems[j], &systems[i]->initial, &out),
			                 OCL_OK);
			assert_near(out.value, systems[j]->initial.value, 1e-13, 0);
			ck_assert(out.volatility == systems[j]->initial.volatility);
			ck_assert((out.deviation > 0) == (systems[j]->initial.deviation > 0));
		}
	}
}
END_TEST

/* 400 Elo points are ten to one in every system, by its own prediction between players known exactly. */
START_TEST(convert_lead_of_400_is_ten_to_one)
{
	const struct ocl_system *elo = ocl_system_find("elo");
	const struct ocl_rating better = {1900, 0, 0};
	struct ocl_gaussian_settings gaussian = OCL_GAUSSIAN_SETTINGS;
	struct ocl_weng_lin_settings thurstone = OCL_WENG_LIN_SETTINGS;

	/* Without draws, which are no part of a scale. */
	gaussian.draw_probability = 0;
	thurstone.draw_margin = 0;
	for (size_t i = 0; i < system_count; i++) {
		struct ocl_rating pair[2];
		struct ocl_match match = OCL_MATCH(2, NULL);
		double p[2];
		const void *settings = strcmp(systems[i]->name, "gaussian") == 0        ? (const void *)&gaussian
		                       : strncmp(systems[i]->name, "thurstone", 9) == 0 ? (const void *)&thurstone
		                                                                        : NULL;
		ck_assert_int_eq(ocl_rating_convert(elo, systems[i], &better, &pair[0]), OCL_OK);
		pair[1] = systems[i]->initial;
		pair[0].deviation = pair[1].deviation = 0;
		ck_assert_int_eq(systems[i]->predict_with(&match, settings, pair, p), OCL_OK);
		/* Glicko-2 writes its scale with seven digits, Ingo and the ECF predict in hundredths. */
		const char *name = systems[i]->name;
		double within = strcmp(name, "glicko2") == 0                            ? 2e-8
		                : strcmp(name, "ingo") == 0 || strcmp(name, "ecf") == 0 ? 0.013
		                                                                        : 1e-12;
		ck_assert_msg(near(p[0], 10.0 / 11, within, 0), "%s: %.17g", systems[i]->name, p[0]);
	}
}
END_TEST

START_TEST(convert_there_and_back_same)
{
	struct seed random = seed_start("convert_there_and_back_same");

	for (unsigned round = 0; round < seed_rounds(200); round++) {
		for (size_t i = 0; i < system_count; i++) {
			for (size_t j = 0; j < system_count; j++) {
				const struct ocl_rating before = {
					systems[i]->initial.value * random_in(&random, 0.5, 2),
					systems[i]->initial.deviation * random_in(&random, 0.1, 1), 0.05};
				struct ocl_rating there, back;
				ck_assert_int_eq(ocl_rating_convert(systems[i], systems[j], &before, &there), OCL_OK);
				ck_assert_int_eq(ocl_rating_convert(systems[j], systems[i], &there, &back), OCL_OK);
				assert_near(back.value, before.value, 1e-12, 0);
				if (systems[j]->initial.deviation > 0)
					assert_near(back.deviation, before.deviation, 1e-12, 0);
				else
					ck_assert(there.deviation == 0 &&
					          (back.deviation == systems[i]->initial.deviation || i == j));
				if (i == j)
					ck_assert_mem_eq(&back, &before, sizeof back);
			}
		}
	}
}
END_TEST

/* A lead and a deviation keep their proportion: two deviations ahead stay two deviations ahead. */
START_TEST(convert_deviation_scaled_as_the_value)
{
	const struct ocl_system *glicko = ocl_system_find("glicko");
	const struct ocl_system *luce = ocl_system_find("plackett-luce");
	const struct ocl_rating rating = {1700, 100, 0.3};
	struct ocl_rating out;

	ck_assert_int_eq(ocl_rating_convert(glicko, luce, &rating, &out), OCL_OK);
	assert_near(out.value - 25, 2 * out.deviation, 1e-13, 0);
	assert_near(out.deviation, 100 * sqrt(2) * 25 / 6 * log(10) / 400, 1e-13, 0);
	ck_assert(out.volatility == 0);
	ck_assert_int_eq(ocl_rating_convert(luce, ocl_system_find("glicko2"), &out, &out), OCL_OK);
	assert_near(out.value, 1700, 1e-13, 0);
	assert_near(out.deviation, 100, 1e-13, 0);
	ck_assert(out.volatility == 0.06);
}
END_TEST

START_TEST(convert_bad_input_refused_untouched)
{
	const struct ocl_system *elo = ocl_system_find("elo");
	const struct ocl_system *luce = ocl_system_find("plackett-luce");
	struct ocl_system other = *elo;
	const struct ocl_rating nan_value = {(double)NAN, 0, 0};
	const struct ocl_rating negative = {1, -1, 0};
	const struct ocl_rating large = {1e9, 0, 0};
	struct ocl_rating out = {7, 7, 7};

	other.name = "house rules";
	ck_assert_int_eq(ocl_rating_convert(NULL, elo, &large, &out), OCL_EINVAL);
	ck_assert_int_eq(ocl_rating_convert(elo, NULL, &large, &out), OCL_EINVAL);
	ck_assert_int_eq(ocl_rating_convert(elo, luce, NULL, &out), OCL_EINVAL);
	ck_assert_int_eq(ocl_rating_convert(elo, luce, &large, NULL), OCL_EINVAL);
	ck_assert_int_eq(ocl_rating_convert(elo, luce, &nan_value, &out), OCL_EINVAL);
	ck_assert_int_eq(ocl_rating_convert(elo, luce, &negative, &out), OCL_ERANGE);
	ck_assert_int_eq(ocl_rating_convert(luce, elo, &large, &out), OCL_ERANGE);
	ck_assert_int_eq(ocl_rating_convert(&other, elo, &large, &out), OCL_ENOTSUP);
	ck_assert_int_eq(ocl_rating_convert(elo, &other, &large, &out), OCL_ENOTSUP);
	ck_assert(out.value == 7 && out.deviation == 7 && out.volatility == 7);
}
END_TEST

/* EGF's curve ends at 3300: the strongest stand at 3299, the weakest fall far. */
START_TEST(convert_egf_ends)
{
	const struct ocl_system *elo = ocl_system_find("elo");
	const struct ocl_system *egf = ocl_system_find("egf");
	const struct ocl_rating strong = {1e8, 0, 0};
	const struct ocl_rating top = {1e9, 0, 0};
	struct ocl_rating out = {7, 7, 7};

	if (egf == NULL) {
		printf("skipped: no system egf\n");
		return;
	}
	ck_assert_int_eq(ocl_rating_convert(elo, egf, &strong, &out), OCL_OK);
	ck_assert(out.value == 3299);
	ck_assert_int_eq(ocl_rating_convert(egf, elo, &top, &out), OCL_OK);
	assert_near(out.value, 1500 + 7 * 400 / log(10) * log(3200), 1e-13, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("convert");
	TCase *tests = tcase_create("convert");

	tcase_add_unchecked_fixture(tests, list_systems, NULL);
	tcase_add_test(tests, convert_named_systems_supported);
	tcase_add_test(tests, convert_new_player_is_new_player);
	tcase_add_test(tests, convert_lead_of_400_is_ten_to_one);
	tcase_add_test(tests, convert_there_and_back_same);
	tcase_add_test(tests, convert_deviation_scaled_as_the_value);
	tcase_add_test(tests, convert_bad_input_refused_untouched);
	tcase_add_test(tests, convert_egf_ends);
	suite_add_tcase(suite, tests);
	return check_run(suite);
}
