/* SPDX-License-Identifier: MIT */
/*
 * Pairwise fits against published tables and exact vectors; the counts against a plain list; what cannot be fitted; bad
 * input. Random problems: at the answer the gradient is zero, dense and sparse agree, names and order do not matter.
 */
#include "pairwise_test.h"

#include <jansson.h>

/* ---- published examples */

/* Wikipedia's example, normalised there to a geometric mean of 1: 0.640 1.043 0.660 2.270. The digits: exact. */
static const struct ocl_pairwise_pair wikipedia[] = {
	{0, 1, 2, 3, 0}, {0, 3, 1, 4, 0}, {1, 2, 5, 3, 0}, {2, 3, 1, 3, 0}};

/* A. Agresti, Categorical Data Analysis, 1990, p. 438: baseball 1987, home and away [home, away, home wins, away wins].
 * Baltimore Boston Cleveland Detroit Milwaukee New York Toronto. Estimates and errors as R's BradleyTerry2 prints them. */
static const struct ocl_pairwise_pair baseball[] = {
	{4, 3, 4, 3, 0}, {4, 6, 4, 2, 0}, {4, 5, 4, 3, 0}, {4, 1, 6, 1, 0}, {4, 2, 4, 2, 0}, {4, 0, 6, 0, 0},
	{3, 4, 3, 3, 0}, {3, 6, 4, 2, 0}, {3, 5, 4, 3, 0}, {3, 1, 6, 0, 0}, {3, 2, 6, 1, 0}, {3, 0, 4, 3, 0},
	{6, 4, 2, 5, 0}, {6, 3, 4, 3, 0}, {6, 5, 2, 4, 0}, {6, 1, 4, 3, 0}, {6, 2, 4, 2, 0}, {6, 0, 6, 0, 0},
	{5, 4, 3, 3, 0}, {5, 3, 5, 1, 0}, {5, 6, 2, 5, 0}, {5, 1, 4, 3, 0}, {5, 2, 4, 2, 0}, {5, 0, 6, 1, 0},
	{1, 4, 5, 1, 0}, {1, 3, 2, 5, 0}, {1, 6, 3, 3, 0}, {1, 5, 4, 2, 0}, {1, 2, 5, 2, 0}, {1, 0, 6, 0, 0},
	{2, 4, 2, 5, 0}, {2, 3, 3, 3, 0}, {2, 6, 3, 4, 0}, {2, 5, 4, 3, 0}, {2, 1, 4, 2, 0}, {2, 0, 2, 4, 0},
	{0, 4, 2, 5, 0}, {0, 3, 1, 5, 0}, {0, 6, 1, 6, 0}, {0, 5, 2, 4, 0}, {0, 1, 1, 6, 0}, {0, 2, 3, 4, 0},
};
#define BASEBALL (sizeof baseball / sizeof *baseball)

static const struct ocl_pairwise_pair tied[] = {
	{0, 1, 12, 5, 7}, {0, 2, 9, 6, 3}, {0, 3, 14, 4, 2}, {1, 2, 8, 7, 8}, {1, 3, 10, 3, 6}, {2, 3, 7, 9, 4},
};

START_TEST(pairwise_fit_wikipedia_as_published)
{
	static const double strength[] = {0.6398348150224116, 1.0433144030864838, 0.6598101958069609,
	                                  2.2703766280900743};
	struct ocl_pairwise_problem problem = OCL_PAIRWISE_PROBLEM(4, wikipedia, 4);
	struct ocl_pairwise_report report;
	double theta[4];
	double points[4];

	ck_assert_int_eq(fit(&problem, NULL, theta, NULL, &report), OCL_OK);
	for (int i = 0; i < 4; i++)
		assert_near(exp(theta[i]), strength[i], 1e-14, 0);
	assert_near(report.log_likelihood, -13.42845007996188, 1e-14, 0);
	ck_assert(report.games == 22 && report.component_count == 1 && report.island_count == 1);
	ck_assert_int_eq(ocl_pairwise_scale(4, theta, OCL_PAIRWISE_ELO_SCALE, 1000, points), OCL_OK);
	assert_near(points[3], 1142.4391629536476, 1e-14, 0);
}
END_TEST

START_TEST(pairwise_fit_baseball_as_published)
{
	static const double estimate[] = {0,
	                                  1.10769770537865542,
	                                  0.68385276915916138,
	                                  1.43640843181243616,
	                                  1.58135587666139443,
	                                  1.24761784514138796,
	                                  1.29448512391180692};
	struct ocl_pairwise_problem problem = OCL_PAIRWISE_PROBLEM(7, baseball, BASEBALL);
	struct ocl_pairwise_report report;
	double theta[7];
	double errors[7];

	ck_assert_int_eq(fit(&problem, NULL, theta, NULL, &report), OCL_OK);
	for (int i = 0; i < 7; i++)
		assert_near(theta[i] - theta[0], estimate[i], 1e-9, 1e-9);
	ck_assert_int_eq(errors_of(&problem, NULL, OCL_PAIRWISE_FISHER, 0, 0, theta, NULL, &report, errors, NULL),
	                 OCL_OK);
	ck_assert(errors[0] == 0);
	assert_near(errors[1], .33387820698903720, 1e-9, 0);
	assert_near(errors[4], .34325598159425574, 1e-9, 0);
}
END_TEST

START_TEST(pairwise_fit_baseball_home_as_published)
{
	struct ocl_pairwise_problem problem = OCL_PAIRWISE_PROBLEM(7, baseball, BASEBALL);
	struct ocl_pairwise_settings settings = OCL_PAIRWISE_SETTINGS;
	struct ocl_pairwise_report report;
	double theta[7];
	double errors[8];

	settings.flags = OCL_PAIRWISE_FIT_ADVANTAGE;
	for (uint32_t solver = 0; solver <= OCL_PAIRWISE_SPARSE; solver++) {
		settings.solver = solver;
		ck_assert_int_eq(fit(&problem, &settings, theta, NULL, &report), OCL_OK);
		assert_near(report.first_advantage, 0.30226065552894060, 1e-9, 0);
		assert_near(theta[4] - theta[0], 1.61955499358736454, 1e-9, 0);
		ck_assert_int_eq(
			errors_of(&problem, &settings, OCL_PAIRWISE_FISHER, 0, 0, theta, NULL, &report, errors, NULL),
			OCL_OK);
		assert_near(errors[7], 0.13094370745582445, 1e-7, 0); /* R stops its iterations early */
	}
}
END_TEST

START_TEST(pairwise_fit_ties_three_ways_exact)
{
	static const double theta_of[3][4] = {
		{0.5163612614871226, 0.045541124168891105, -0.16476595587535725, -0.39713642978065644},
		{0.6953056667956117, 0.06106612635244105, -0.2217226586571599, -0.5346491344908929},
		{0.5774043965091558, 0.04492025589413399, -0.1800623685985186, -0.4422622838047711},
	};
	static const double tie_of[3] = {0, 0.6796090063898116, 1.7070267313387675};
	static const double likelihood_of[3] = {0, -128.12210855591007, -127.86818316560534};
	struct ocl_pairwise_problem problem = OCL_PAIRWISE_PROBLEM(4, tied, 6);
	struct ocl_pairwise_settings settings = OCL_PAIRWISE_SETTINGS;
	struct ocl_pairwise_report report;
	double theta[4];

	for (uint32_t i = 0; i < 6; i++) {
		settings.ties = i / 2;
		settings.solver = 1 + i % 2;
		ck_assert_int_eq(fit(&problem, &settings, theta, NULL, &report), OCL_OK);
		for (int item = 0; item < 4; item++)
			assert_near(theta[item], theta_of[i / 2][item], 1e-12, 0);
		assert_near(report.tie_parameter, tie_of[i / 2], 1e-12, 0);
		if (i / 2 > 0)
			assert_near(report.log_likelihood, likelihood_of[i / 2], 1e-13, 0);
	}
}
END_TEST

/* ---- vectors */

static json_t *vectors_json(const char *name)
{
	const char *folder = getenv("OCL_VECTORS");
	char path[1024];

	snprintf(path, sizeof path, "%s/rating/%s", folder != NULL ? folder : "", name);
	json_t *root = folder != NULL && *folder != '\0' ? json_load_file(path, 0, NULL) : NULL;
	if (root == NULL)
		printf("skipped: no vectors (%s)\n", name);
	return root;
}

static double number_at(const json_t *array, size_t i)
{
	return json_number_value(json_array_get(array, i));
}

static size_t pairs_from(const json_t *rows, struct ocl_pairwise_pair *pairs)
{
	size_t count = json_array_size(rows);

	ck_assert_uint_le(count, PAIRS_MAX);
	for (size_t i = 0; i < count; i++) {
		const json_t *row = json_array_get(rows, i);
		pairs[i] = (struct ocl_pairwise_pair){(uint32_t)number_at(row, 0), (uint32_t)number_at(row, 1),
		                                      number_at(row, 2), number_at(row, 3),
		                                      json_array_size(row) > 4 ? number_at(row, 4) : 0};
	}
	return count;
}

static void check_vector(const json_t *vector, const struct ocl_pairwise_problem *problem)
{
	const json_t *want = json_object_get(vector, "theta_sum0");
	const json_t *sandwich = json_object_get(json_object_get(vector, "arena_rank_sandwich"), "var_elo");
	const json_t *references = json_object_get(vector, "se_vs_ref");
	struct ocl_pairwise_report report;
	double theta[7];
	double errors[7];
	const char *key;
	json_t *value;

	ck_assert_int_eq(fit(problem, NULL, theta, NULL, &report), OCL_OK);
	for (size_t i = 0; i < problem->item_count; i++)
		assert_near(theta[i], number_at(want, i), 1e-12, 1e-13);
	assert_near(report.log_likelihood, json_number_value(json_object_get(vector, "loglik")), 1e-13, 0);
	uint32_t reference = (uint32_t)json_integer_value(json_object_get(vector, "ref"));
	ck_assert_int_eq(
		errors_of(problem, NULL, OCL_PAIRWISE_FISHER, reference, 0, theta, NULL, &report, errors, NULL),
		OCL_OK);
	json_object_foreach((json_t *)(uintptr_t)references, key, value)
		assert_near(errors[strtoul(key, NULL, 10)], json_number_value(value), 1e-12, 0);
	ck_assert_int_eq(errors_of(problem, NULL, OCL_PAIRWISE_SANDWICH, OCL_PAIRWISE_NO_ITEM, 1e-5, theta, NULL,
	                           &report, errors, NULL),
	                 OCL_OK);
	for (size_t i = 0; i < problem->item_count; i++)
		assert_near(errors[i] * errors[i] * OCL_PAIRWISE_ELO_SCALE * OCL_PAIRWISE_ELO_SCALE,
		            number_at(sandwich, i), 1e-7, 0);
}

START_TEST(pairwise_fit_vectors_exact)
{
	static struct ocl_pairwise_pair pairs[PAIRS_MAX];
	static const char *const names[] = {"wikipedia_bt_example", "baseball1987"};
	json_t *root = vectors_json("bradley_terry.json");

	for (int i = 0; i < 2 && root != NULL; i++) {
		const json_t *vector = json_object_get(root, names[i]);
		size_t count = pairs_from(json_object_get(vector, "rows"), pairs);
		struct ocl_pairwise_problem problem =
			OCL_PAIRWISE_PROBLEM(json_array_size(json_object_get(vector, "names")), pairs, count);
		check_vector(vector, &problem);
	}
	json_decref(root);
}
END_TEST

START_TEST(pairwise_fit_llmfao_exact)
{
	static struct ocl_pairwise_pair pairs[PAIRS_MAX];
	json_t *root = vectors_json("llmfao_bt.json");

	if (root == NULL)
		return;
	size_t count = pairs_from(json_object_get(root, "pairs"), pairs);
	const json_t *want = json_object_get(root, "bt_half_ties_theta_sum0");
	struct ocl_pairwise_problem problem = OCL_PAIRWISE_PROBLEM(59, pairs, count);
	struct ocl_pairwise_settings settings = OCL_PAIRWISE_SETTINGS;
	struct ocl_pairwise_report report;
	double theta[59];

	ck_assert_uint_eq(count, 927);
	for (uint32_t solver = 0; solver <= OCL_PAIRWISE_SPARSE; solver++) {
		settings.solver = solver;
		ck_assert_int_eq(fit(&problem, &settings, theta, NULL, &report), OCL_OK);
		for (size_t i = 0; i < 59; i++)
			assert_near(theta[i], number_at(want, i), 1e-12, 1e-13);
		ck_assert_uint_le(report.iterations, 8);
	}
	json_decref(root);
}
END_TEST

/* The .tsv files hold the same. */
START_TEST(pairwise_fit_llmfao_tables_exact)
{
	static struct ocl_pairwise_pair pairs[PAIRS_MAX];
	FILE *file = vectors_open("llmfao_bt_pairs.tsv");
	char line[2048];
	char *column[COLUMNS_MAX];
	int rows = -1;

	for (; file != NULL && vectors_row(file, line, sizeof line, column) >= 5; rows++) {
		if (rows < 0)
			continue;
		pairs[rows] = (struct ocl_pairwise_pair){
			(uint32_t)strtoul(column[0], NULL, 10), (uint32_t)strtoul(column[1], NULL, 10),
			strtod(column[2], NULL), strtod(column[3], NULL), strtod(column[4], NULL)};
	}
	if (file == NULL)
		return;
	fclose(file);
	struct ocl_pairwise_problem problem = OCL_PAIRWISE_PROBLEM(59, pairs, rows);
	struct ocl_pairwise_report report;
	double theta[59];
	ck_assert_int_eq(fit(&problem, NULL, theta, NULL, &report), OCL_OK);
	ck_assert(report.games == 8931);
	file = vectors_open("llmfao_bt_theta.tsv");
	ck_assert_ptr_nonnull(file);
	for (rows = -1; vectors_row(file, line, sizeof line, column) >= 3; rows++) {
		if (rows >= 0)
			assert_near(theta[rows], strtod(column[2], NULL), 1e-9, 1e-12);
	}
	ck_assert_int_eq(rows, 59);
	fclose(file);
}
END_TEST

/* ---- properties */

/* The slope of the log-likelihood by each strength, in plain formulas. */
static double slope_at(const struct ocl_pairwise_problem *problem, const double *theta, uint32_t item)
{
	double slope = 0;

	for (size_t i = 0; i < problem->pair_count; i++) {
		const struct ocl_pairwise_pair *pair = &problem->pairs[i];
		if (pair->first != item && pair->second != item)
			continue;
		double p = 1 / (1 + exp(theta[pair->second] - theta[pair->first]));
		double surprise =
			pair->first_wins + 0.5 * pair->ties - p * (pair->first_wins + pair->second_wins + pair->ties);
		slope += pair->first == item ? surprise : -surprise;
	}
	return slope;
}

START_TEST(pairwise_fit_random_at_the_maximum)
{
	static struct ocl_pairwise_pair pairs[PAIRS_MAX];
	struct seed random = seed_start("pairwise_fit_random_at_the_maximum");

	for (unsigned round = 0; round < seed_rounds(200); round++) {
		uint32_t items = 2 + (uint32_t)seed_below(&random, 40);
		size_t count = random_pairs(&random, items, pairs);
		struct ocl_pairwise_problem problem = OCL_PAIRWISE_PROBLEM(items, pairs, count);
		struct ocl_pairwise_settings settings = OCL_PAIRWISE_SETTINGS;
		struct ocl_pairwise_report report;
		double theta[2][64];
		for (uint32_t sparse = 0; sparse < 2; sparse++) {
			settings.solver = OCL_PAIRWISE_DENSE + sparse;
			ck_assert_int_eq(fit(&problem, &settings, theta[sparse], NULL, &report), OCL_OK);
			for (uint32_t i = 0; i < items; i++)
				assert_near(slope_at(&problem, theta[sparse], i), 0, 0, 1e-11 * report.games);
		}
		double sum = 0;
		for (uint32_t i = 0; i < items; i++) {
			assert_near(theta[0][i], theta[1][i], 1e-11, 1e-11);
			sum += theta[0][i];
		}
		assert_near(sum, 0, 0, 1e-12);
	}
}
END_TEST

/* Other names, each pair the other way round, the list backwards: the same strengths. */
START_TEST(pairwise_fit_renamed_and_turned_same)
{
	static struct ocl_pairwise_pair pairs[PAIRS_MAX];
	static struct ocl_pairwise_pair turned[PAIRS_MAX];
	struct seed random = seed_start("pairwise_fit_renamed_and_turned_same");

	for (uint32_t round = 0; round < 30; round++) {
		uint32_t items = 3 + (uint32_t)seed_below(&random, 20);
		size_t count = random_pairs(&random, items, pairs);
		struct ocl_pairwise_problem problem = OCL_PAIRWISE_PROBLEM(items, pairs, count);
		struct ocl_pairwise_settings settings = OCL_PAIRWISE_SETTINGS;
		struct ocl_pairwise_report report;
		double theta[32];
		double other[32];
		settings.ties = round % 3;
		for (size_t i = 0; i < count; i++) {
			const struct ocl_pairwise_pair *pair = &pairs[count - 1 - i];
			turned[i] = (struct ocl_pairwise_pair){items - 1 - pair->second, items - 1 - pair->first,
			                                       pair->second_wins, pair->first_wins, pair->ties};
		}
		ck_assert_int_eq(fit(&problem, &settings, theta, NULL, &report), OCL_OK);
		problem.pairs = turned;
		ck_assert_int_eq(fit(&problem, &settings, other, NULL, &report), OCL_OK);
		for (uint32_t i = 0; i < items; i++)
			assert_near(theta[i], other[items - 1 - i], 1e-11, 1e-11);
	}
}
END_TEST

START_TEST(pairwise_fit_more_games_smaller_errors)
{
	struct ocl_pairwise_pair pairs[6];
	struct ocl_pairwise_problem problem = OCL_PAIRWISE_PROBLEM(4, pairs, 6);
	struct ocl_pairwise_report report;
	double theta[2][4];
	double errors[2][4];

	memcpy(pairs, tied, sizeof pairs);
	for (int many = 0; many < 2; many++) {
		for (int i = 0; i < 6 && many; i++) {
			pairs[i].first_wins *= 100;
			pairs[i].second_wins *= 100;
			pairs[i].ties *= 100;
		}
		ck_assert_int_eq(fit(&problem, NULL, theta[many], NULL, &report), OCL_OK);
		for (int kind = OCL_PAIRWISE_FISHER; kind <= OCL_PAIRWISE_SANDWICH; kind++)
			ck_assert_int_eq(errors_of(&problem, NULL, kind, OCL_PAIRWISE_NO_ITEM, 0, theta[many], NULL,
			                           &report, errors[many], NULL),
			                 OCL_OK);
	}
	for (int i = 0; i < 4; i++) {
		assert_near(theta[1][i], theta[0][i], 1e-12, 0);
		assert_near(errors[1][i], errors[0][i] / 10, 1e-12, 0);
	}
}
END_TEST

/* ---- counts */

START_TEST(pairwise_counts_rows_as_a_plain_list)
{
	enum { ITEMS = 9, ROWS = 6000 };
	const size_t parts[] = {300, 1500, 1024, 3176}; /* few rows, and many, which are tallied */
	static uint32_t first[ROWS];
	static uint32_t second[ROWS];
	static uint8_t outcomes[ROWS];
	static double weights[ROWS];
	struct seed random = seed_start("pairwise_counts_rows_as_a_plain_list");
	double plain[ITEMS][ITEMS][3] = {0};

	for (int i = 0; i < ROWS; i++) {
		first[i] = (uint32_t)seed_below(&random, ITEMS);
		second[i] = (first[i] + 1 + (uint32_t)seed_below(&random, ITEMS - 1)) % ITEMS;
		outcomes[i] = (uint8_t)seed_below(&random, 3);
		weights[i] = (double)seed_below(&random, 4);
	}
	for (uint32_t way = 0; way < 8; way++) {
		size_t hashed = way & 1 ? ITEMS * ITEMS : 0;
		uint32_t flags = way & 2 ? OCL_PAIRWISE_KEEP_ORDER : 0;
		size_t size = ocl_pairwise_counts_size(ITEMS, hashed);
		void *memory = room_of(size);
		struct ocl_pairwise_counts *counts;
		struct ocl_pairwise_pair pairs[ITEMS * ITEMS];
		size_t count = 0;
		memset(plain, 0, sizeof plain);
		for (int i = 0; i < ROWS; i++) {
			bool turn = first[i] > second[i] && flags == 0;
			int outcome = turn && outcomes[i] < 2 ? 1 - outcomes[i] : outcomes[i];
			plain[turn ? second[i] : first[i]][turn ? first[i] : second[i]][outcome] +=
				way & 4 ? weights[i] : 1;
		}
		ck_assert_int_eq(ocl_pairwise_counts_init(memory, size, ITEMS, hashed, flags, &counts), OCL_OK);
		for (size_t part = 0, start = 0; part < 4; start += parts[part++])
			ck_assert_int_eq(ocl_pairwise_counts_add_rows(counts, parts[part], first + start,
			                                              second + start, outcomes + start,
			                                              way & 4 ? weights + start : NULL),
			                 OCL_OK);
		ck_assert_int_eq(ocl_pairwise_counts_read(counts, pairs, ITEMS * ITEMS, &count), OCL_OK);
		ck_assert_uint_eq(count, ocl_pairwise_counts_pairs(counts));
		size_t at = 0;
		for (uint32_t i = 0; i < ITEMS; i++) {
			for (uint32_t j = 0; j < ITEMS; j++) {
				const double *cell = plain[i][j];
				if (cell[0] + cell[1] + cell[2] == 0)
					continue;
				ck_assert(at < count && pairs[at].first == i && pairs[at].second == j);
				ck_assert(pairs[at].first_wins == cell[0] && pairs[at].second_wins == cell[1] &&
				          pairs[at].ties == cell[2]);
				at++;
			}
		}
		ck_assert_uint_eq(at, count);
		ck_assert_int_eq(ocl_pairwise_counts_read(counts, pairs, count - 1, &count), OCL_EFULL);
		free(memory);
	}
}
END_TEST

START_TEST(pairwise_counts_full_nothing_counted)
{
	const uint32_t first[] = {0, 0, 2, 5, 7, 1};
	const uint32_t second[] = {1, 2, 3, 6, 8, 0};
	const uint8_t outcomes[] = {0, 1, 2, 0, 1, 0};
	const double weights[] = {1, 1, 1, 0, 1, 1};
	struct ocl_pairwise_pair pairs[4];
	struct ocl_pairwise_counts *counts;
	size_t size = ocl_pairwise_counts_size(9, 3);
	void *memory = room_of(size);
	void *before = room_of(size);
	size_t count;

	ck_assert_int_eq(ocl_pairwise_counts_init(memory, size, 9, 3, 0, &counts), OCL_OK);
	ck_assert_int_eq(ocl_pairwise_counts_add_rows(counts, 1, first + 2, second + 2, outcomes, NULL), OCL_OK);
	memcpy(before, memory, size);
	ck_assert_int_eq(ocl_pairwise_counts_add_rows(counts, 5, first, second, outcomes, weights), OCL_EFULL);
	ck_assert_int_eq(memcmp(before, memory, size), 0);
	ck_assert_int_eq(ocl_pairwise_counts_add_rows(counts, 4, first, second, outcomes, weights), OCL_OK);
	ck_assert_int_eq(ocl_pairwise_counts_add_rows(counts, 1, first + 5, second + 5, outcomes, NULL), OCL_OK);
	ck_assert_int_eq(ocl_pairwise_counts_read(counts, pairs, 4, &count), OCL_OK);
	ck_assert_uint_eq(count, 3);
	ck_assert(pairs[0].first == 0 && pairs[0].second == 1 && pairs[0].first_wins == 1 && pairs[0].second_wins == 1);
	const struct ocl_pairwise_pair more = {7, 8, 0.7, 0.3, 0};
	const struct ocl_pairwise_pair part = {1, 0, 0.25, 0.75, 0};
	ck_assert_int_eq(ocl_pairwise_counts_add(counts, &more), OCL_EFULL);
	ck_assert_int_eq(ocl_pairwise_counts_add(counts, &part), OCL_OK);
	ck_assert_int_eq(ocl_pairwise_counts_read(counts, pairs, 4, &count), OCL_OK);
	ck_assert(pairs[0].first_wins == 1.75 && pairs[0].second_wins == 1.25);
	free(memory);
	free(before);
}
END_TEST

START_TEST(pairwise_counts_bad_input_refused)
{
	struct ocl_pairwise_counts *counts = NULL;
	size_t size = ocl_pairwise_counts_size(3, 0);
	unsigned char *memory = (unsigned char *)room_of(size + 8);
	const uint32_t first[] = {0, 1, 2};
	const uint32_t second[] = {1, 2, 0};
	const uint8_t outcomes[] = {0, 1, 2};

	ck_assert_uint_eq(ocl_pairwise_counts_size(0, 0), 0);
	ck_assert_uint_eq(ocl_pairwise_counts_size(65537, 0), 0);
	ck_assert_uint_eq(ocl_pairwise_counts_size((size_t)OCL_PAIRWISE_ITEMS_MAX + 1, 5), 0);
	ck_assert_int_eq(ocl_pairwise_counts_init(NULL, size, 3, 0, 0, &counts), OCL_EINVAL);
	ck_assert_int_eq(ocl_pairwise_counts_init(memory, size, 3, 0, 0, NULL), OCL_EINVAL);
	ck_assert_int_eq(ocl_pairwise_counts_init(memory, size, 3, 0, 2, &counts), OCL_EINVAL);
	ck_assert_int_eq(ocl_pairwise_counts_init(memory + 4, size, 3, 0, 0, &counts), OCL_EALIGN);
	ck_assert_int_eq(ocl_pairwise_counts_init(memory, size - 1, 3, 0, 0, &counts), OCL_ESIZE);
	ck_assert_int_eq(ocl_pairwise_counts_init(memory, size, 0, 0, 0, &counts), OCL_ERANGE);
	ck_assert_ptr_null(counts);
	ck_assert_int_eq(ocl_pairwise_counts_init(memory, size, 3, 0, 0, &counts), OCL_OK);
	for (int fault = 0; fault < 7; fault++) {
		uint32_t a[3];
		uint32_t b[3];
		uint8_t o[3];
		double w[3] = {1, 1, 1};
		memcpy(a, first, sizeof a);
		memcpy(b, second, sizeof b);
		memcpy(o, outcomes, sizeof o);
		int want = fault == 2 || fault == 4 ? OCL_EINVAL : OCL_ERANGE;
		if (fault == 0)
			a[2] = 3;
		else if (fault == 1)
			b[2] = UINT32_MAX;
		else if (fault == 2)
			b[2] = 2;
		else if (fault == 3)
			o[2] = 3;
		else if (fault == 4)
			w[2] = NAN;
		else
			w[2] = fault == 5 ? -1 : 1e7;
		ck_assert_int_eq(ocl_pairwise_counts_add_rows(counts, 3, a, b, o, w), want);
		ck_assert_uint_eq(ocl_pairwise_counts_pairs(counts), 0);
	}
	ck_assert_int_eq(ocl_pairwise_counts_add_rows(counts, 1, NULL, second, outcomes, NULL), OCL_EINVAL);
	ck_assert_int_eq(ocl_pairwise_counts_add_rows(NULL, 1, first, second, outcomes, NULL), OCL_EINVAL);
	ck_assert_int_eq(ocl_pairwise_counts_add_rows(counts, 0, NULL, NULL, NULL, NULL), OCL_OK);
	struct ocl_pairwise_pair pair = {0, 0, 1, 1, 1};
	ck_assert_int_eq(ocl_pairwise_counts_add(counts, &pair), OCL_EINVAL);
	pair.second = 3;
	ck_assert_int_eq(ocl_pairwise_counts_add(counts, &pair), OCL_ERANGE);
	pair.second = 2;
	pair.ties = -1;
	ck_assert_int_eq(ocl_pairwise_counts_add(counts, &pair), OCL_ERANGE);
	pair.ties = INFINITY;
	ck_assert_int_eq(ocl_pairwise_counts_add(counts, &pair), OCL_EINVAL);
	ck_assert_uint_eq(ocl_pairwise_counts_pairs(counts), 0);
	free(memory);
}
END_TEST

/* A bad row among many, wherever it stands, leaves what was there, to the bit. */
START_TEST(pairwise_counts_many_rows_one_bad_nothing_counted)
{
	enum { ITEMS = 5, ROWS = 3000 };
	static uint32_t first[ROWS], second[ROWS];
	static uint8_t outcomes[ROWS];
	const size_t places[] = {0, 3, 1023, 1024, 2047, 2048, ROWS - 1};
	size_t size = ocl_pairwise_counts_size(ITEMS, 0);
	void *memory = room_of(size);
	void *before = room_of(size);
	struct ocl_pairwise_counts *counts;
	const struct ocl_pairwise_pair part = {3, 1, 0.1, 0.3, 1e-17};

	for (uint32_t i = 0; i < ROWS; i++) {
		first[i] = i % ITEMS;
		second[i] = (i + 1 + i / ITEMS % 4) % ITEMS;
		outcomes[i] = (uint8_t)(i % 3);
	}
	ck_assert_int_eq(ocl_pairwise_counts_init(memory, size, ITEMS, 0, 0, &counts), OCL_OK);
	ck_assert_int_eq(ocl_pairwise_counts_add(counts, &part), OCL_OK);
	memcpy(before, memory, size);
	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		for (int fault = 0; fault < 5; fault++) {
			size_t at = places[i];
			uint32_t a = first[at], b = second[at];
			uint8_t outcome = outcomes[at];
			first[at] = fault == 0 ? ITEMS : fault == 1 ? UINT32_MAX : a;
			second[at] = fault == 2 ? ITEMS : fault == 3 ? a : b;
			outcomes[at] = fault == 4 ? 3 : outcome;
			ck_assert_int_eq(ocl_pairwise_counts_add_rows(counts, ROWS, first, second, outcomes, NULL),
			                 fault == 3 ? OCL_EINVAL : OCL_ERANGE);
			ck_assert_int_eq(memcmp(before, memory, size), 0);
			first[at] = a;
			second[at] = b;
			outcomes[at] = outcome;
		}
	}
	ck_assert_int_eq(ocl_pairwise_counts_add_rows(counts, ROWS, first, second, outcomes, NULL), OCL_OK);
	struct ocl_pairwise_pair pairs[ITEMS * ITEMS];
	double games = 0;
	size_t count = 0;
	ck_assert_int_eq(ocl_pairwise_counts_read(counts, pairs, ITEMS * ITEMS, &count), OCL_OK);
	for (size_t i = 0; i < count; i++)
		games += pairs[i].first_wins + pairs[i].second_wins + pairs[i].ties;
	ck_assert_uint_eq(count, 10);
	ck_assert(games > 3000.39 && games < 3000.41);
	free(memory);
	free(before);
}
END_TEST

/* ---- what can be compared */

START_TEST(pairwise_connect_parts_numbered_from_the_top)
{
	/* 4 and 5 beat each other and beat 0; 0, 1, 2 beat in a ring; 2 beats 3; 6 and 7 tied; 8 never played. */
	const struct ocl_pairwise_pair pairs[] = {
		{4, 5, 2, 1, 0}, {0, 4, 0, 3, 0}, {0, 1, 1, 0, 0}, {1, 2, 1, 0, 0},
		{0, 2, 0, 1, 0}, {2, 3, 5, 0, 0}, {6, 7, 0, 0, 1}, {3, 8, 0, 0, 0},
	};
	struct ocl_pairwise_problem problem = OCL_PAIRWISE_PROBLEM(9, pairs, 8);
	struct ocl_pairwise_report report;
	uint32_t components[9];
	uint32_t islands[9];
	double theta[9] = {0};

	ck_assert_int_eq(connect_of(&problem, components, islands, &report), OCL_OK);
	ck_assert_uint_eq(report.component_count, 5);
	ck_assert_uint_eq(report.component_largest, 3);
	ck_assert_uint_eq(report.island_count, 3);
	ck_assert_uint_eq(report.items_without_games, 1);
	ck_assert_uint_eq(report.items_without_wins, 1);
	ck_assert_uint_eq(report.items_without_losses, 0);
	ck_assert_uint_eq(report.reason, OCL_PAIRWISE_DISCONNECTED);
	ck_assert(components[4] == components[5] && components[0] == components[1] && components[1] == components[2]);
	ck_assert(components[4] < components[0] && components[0] < components[3] && components[6] == components[7]);
	ck_assert(components[8] != components[3] && components[8] != components[6]);
	ck_assert(islands[0] == 0 && islands[5] == 0 && islands[3] == 0 && islands[6] == 1 && islands[7] == 1 &&
	          islands[8] == 2);
	ck_assert_int_eq(fit(&problem, NULL, theta, NULL, &report), OCL_DENIED);
	ck_assert_uint_eq(report.component_count, 5);
	ck_assert_uint_eq(report.reason, OCL_PAIRWISE_DISCONNECTED);
	for (int i = 0; i < 9; i++)
		ck_assert(theta[i] == 0);
}
END_TEST

/* Anchored items are of one part, also where there are others; a pair that counts nothing joins none. */
START_TEST(pairwise_connect_anchors_and_weights_join_or_not)
{
	const struct ocl_pairwise_pair pairs[] = {{0, 1, 1, 1, 0}, {2, 3, 0, 0, 1}, {3, 4, 1, 1, 0}};
	const struct ocl_pairwise_anchor anchors[] = {{0, 0, 1, 0}, {2, 0, -1, 0}};
	double weights[] = {1, 1, 0};
	struct ocl_pairwise_problem problem = OCL_PAIRWISE_PROBLEM(5, pairs, 3);
	struct ocl_pairwise_report report;

	problem.anchors = anchors;
	problem.anchor_count = 2;
	problem.pair_weights = weights;
	ck_assert_int_eq(connect_of(&problem, NULL, NULL, &report), OCL_OK);
	ck_assert_uint_eq(report.component_count, 2);
	ck_assert_uint_eq(report.component_largest, 4);
	ck_assert_uint_eq(report.island_count, 2);
	weights[2] = 0.5;
	ck_assert_int_eq(connect_of(&problem, NULL, NULL, &report), OCL_OK);
	ck_assert(report.component_count == 1 && report.component_largest == 5 && report.island_count == 1);
}
END_TEST

/* Against the closure of the relation "won or tied". */
START_TEST(pairwise_connect_random_as_the_closure)
{
	enum { ITEMS = 24 };
	struct seed random = seed_start("pairwise_connect_random_as_the_closure");

	for (unsigned round = 0; round < seed_rounds(600); round++) {
		struct ocl_pairwise_pair pairs[60];
		size_t count = seed_below(&random, 60);
		bool reach[ITEMS][ITEMS] = {0};
		uint32_t components[ITEMS];
		struct ocl_pairwise_report report;
		for (size_t i = 0; i < count; i++) {
			uint32_t a = (uint32_t)seed_below(&random, ITEMS);
			uint32_t b = (a + 1 + (uint32_t)seed_below(&random, ITEMS - 1)) % ITEMS;
			uint64_t how = seed_below(&random, 4);
			pairs[i] = (struct ocl_pairwise_pair){a, b, how == 0, how == 1, how == 2 && round % 4 == 0};
			reach[a][b] |= pairs[i].first_wins + pairs[i].ties > 0;
			reach[b][a] |= pairs[i].second_wins + pairs[i].ties > 0;
		}
		for (int k = 0; k < ITEMS; k++) {
			for (int i = 0; i < ITEMS; i++) {
				for (int j = 0; j < ITEMS; j++)
					reach[i][j] |= reach[i][k] && reach[k][j];
			}
		}
		struct ocl_pairwise_problem problem = OCL_PAIRWISE_PROBLEM(ITEMS, pairs, count);
		ck_assert_int_eq(connect_of(&problem, components, NULL, &report), OCL_OK);
		for (int i = 0; i < ITEMS; i++) {
			for (int j = 0; j < ITEMS; j++) {
				bool same = i == j || (reach[i][j] && reach[j][i]);
				ck_assert_int_eq(components[i] == components[j], same);
				if (reach[i][j])
					ck_assert_uint_le(components[i], components[j]);
			}
		}
	}
}
END_TEST

START_TEST(pairwise_fit_hopeless_fitted_with_a_prior)
{
	const struct ocl_pairwise_pair pairs[] = {{0, 1, 7, 0, 0}, {2, 3, 1, 1, 0}};
	struct ocl_pairwise_problem problem = OCL_PAIRWISE_PROBLEM(5, pairs, 2);
	struct ocl_pairwise_report report;
	double theta[5];

	for (int i = 0; i < 4; i++) {
		struct ocl_pairwise_settings settings = OCL_PAIRWISE_SETTINGS;
		settings.solver = 1 + (uint32_t)(i & 1);
		if (i & 2)
			settings.prior_games = 2;
		else
			settings.ridge = 0.5;
		ck_assert_int_eq(fit(&problem, &settings, theta, NULL, &report), OCL_OK);
		ck_assert_uint_eq(report.component_count, 4);
		ck_assert(theta[0] > 0.5);
		assert_near(theta[1], -theta[0], 1e-12, 0);
		assert_near(theta[4], 0, 0, 1e-12);
		double q = 1 / (1 + exp(theta[0] - theta[1]));
		double prior = i & 2 ? tanh(theta[0] / 2) : 0.5 * theta[0];
		assert_near(7 * q, prior, 1e-11, 0);
	}
}
END_TEST

START_TEST(pairwise_fit_one_item_zero)
{
	struct ocl_pairwise_problem problem = OCL_PAIRWISE_PROBLEM(1, NULL, 0);
	struct ocl_pairwise_settings settings = OCL_PAIRWISE_SETTINGS;
	struct ocl_pairwise_report report;
	double theta = 5;
	double error = 5;

	for (uint32_t solver = 1; solver <= 2; solver++) {
		settings.solver = solver;
		theta = 5;
		ck_assert_int_eq(fit(&problem, &settings, &theta, NULL, &report), OCL_OK);
		ck_assert(theta == 0);
	}
	ck_assert_int_eq(errors_of(&problem, NULL, 0, OCL_PAIRWISE_NO_ITEM, 0, &theta, NULL, &report, &error, NULL),
	                 OCL_OK);
	ck_assert(error == 0);
}
END_TEST

/* ln(1e9) and ln(1e15) apart: the one loss counts. */
START_TEST(pairwise_fit_lopsided_keeps_digits)
{
	for (double wins = 1; wins <= 1e15; wins *= 1000) {
		const struct ocl_pairwise_pair pairs[] = {{0, 1, wins, 1, 0}, {1, 2, wins, 1, 0}, {2, 3, wins, 1, 0}};
		struct ocl_pairwise_problem problem = OCL_PAIRWISE_PROBLEM(4, pairs, 3);
		struct ocl_pairwise_report report;
		double theta[4];
		ck_assert_int_eq(fit(&problem, NULL, theta, NULL, &report), OCL_OK);
		assert_near(theta[0], 1.5 * log(wins), 1e-12, 1e-15);
		assert_near(theta[1], 0.5 * log(wins), 1e-12, 1e-15);
		assert_near(theta[3], -1.5 * log(wins), 1e-12, 1e-15);
	}
}
END_TEST

/* As many items as need several blocks of rows: the covariance times the second derivatives is the identity less the mean. */
START_TEST(pairwise_fit_many_items_dense_as_sparse)
{
	enum { ITEMS = 110 };
	static struct ocl_pairwise_pair pairs[PAIRS_MAX];
	static double curve[ITEMS][ITEMS], covariance[ITEMS * ITEMS];
	struct seed random = seed_start("pairwise_fit_many_items_dense_as_sparse");
	size_t count = random_pairs(&random, ITEMS, pairs);
	struct ocl_pairwise_problem problem = OCL_PAIRWISE_PROBLEM(ITEMS, pairs, count);
	struct ocl_pairwise_settings settings = OCL_PAIRWISE_SETTINGS;
	struct ocl_pairwise_report report;
	double theta[2][ITEMS], errors[ITEMS];

	for (int sparse = 0; sparse < 2; sparse++) {
		settings.solver = sparse ? OCL_PAIRWISE_SPARSE : OCL_PAIRWISE_DENSE;
		ck_assert_int_eq(fit(&problem, &settings, theta[sparse], NULL, &report), OCL_OK);
	}
	for (int i = 0; i < ITEMS; i++)
		assert_near(theta[0][i], theta[1][i], 1e-12, 1e-13);
	ck_assert_int_eq(errors_of(&problem, &settings, OCL_PAIRWISE_FISHER, OCL_PAIRWISE_NO_ITEM, 0, theta[0], NULL,
	                           &report, errors, covariance),
	                 OCL_OK);
	memset(curve, 0, sizeof curve);
	for (size_t i = 0; i < count; i++) {
		uint32_t a = pairs[i].first, b = pairs[i].second;
		double p = 1 / (1 + exp(theta[0][b] - theta[0][a]));
		double h = (pairs[i].first_wins + pairs[i].second_wins + pairs[i].ties) * p * (1 - p);
		curve[a][a] += h;
		curve[b][b] += h;
		curve[a][b] -= h;
		curve[b][a] -= h;
	}
	for (int i = 0; i < ITEMS; i++) {
		for (int j = 0; j < ITEMS; j++) {
			double sum = 0;
			for (int k = 0; k < ITEMS; k++)
				sum += curve[i][k] * covariance[k * ITEMS + j];
			assert_near(sum, (i == j) - 1.0 / ITEMS, 0, 1e-11);
		}
	}
}
END_TEST

/* A billion games of some pairs, hardly a tie, and nothing but one game and one tie between two parts: what the sums of the
 * billions lose must not move the parts. By oracle_pairwise.py's Newton steps in 80 digits. */
START_TEST(pairwise_fit_rao_kupper_hardly_tied_keeps_digits)
{
	const struct ocl_pairwise_pair pairs[] = {{0, 2, 0, 1e9, 1},
	                                          {1, 0, 0, 1, 1},
	                                          {1, 2, 1e9, 1.6991398138491831, 0},
	                                          {2, 0, 0, 2783389351.0119886, 0},
	                                          {2, 1, 0, 1e9, 0.5}};
	const double weights[] = {1, 1.4932001541624833, 1, 0.5515867257471944, 1};
	const double want[] = {-6.424654733242334492614, 13.182157355977735838126, -6.757502622735402233691};
	struct ocl_pairwise_problem problem = OCL_PAIRWISE_PROBLEM(3, pairs, 5);
	struct ocl_pairwise_settings settings = OCL_PAIRWISE_SETTINGS;

	problem.pair_weights = weights;
	settings.ties = OCL_PAIRWISE_TIES_RAO_KUPPER;
	settings.first_advantage = -0.5981089290460873;
	for (settings.solver = OCL_PAIRWISE_DENSE; settings.solver <= OCL_PAIRWISE_SPARSE; settings.solver++) {
		struct ocl_pairwise_report report;
		double theta[3];
		ck_assert_int_eq(fit(&problem, &settings, theta, NULL, &report), OCL_OK);
		for (int i = 0; i < 3; i++)
			assert_near(theta[i], want[i], 1e-14, 0);
		assert_near(report.tie_log, 3.4478242284986701256982e-9, 1e-14, 0);
	}
}
END_TEST

START_TEST(pairwise_fit_anchors_held_or_drawn)
{
	struct ocl_pairwise_anchor anchors[] = {{1, 0, 2.5, 0}, {3, 0, -1, 0}};
	struct ocl_pairwise_problem problem = OCL_PAIRWISE_PROBLEM(4, tied, 6);
	struct ocl_pairwise_settings settings = OCL_PAIRWISE_SETTINGS;
	struct ocl_pairwise_report report;
	double theta[2][4];
	double plain[4];
	double errors[4];

	ck_assert_int_eq(fit(&problem, NULL, plain, NULL, &report), OCL_OK);
	problem.anchors = anchors;
	problem.anchor_count = 1;
	ck_assert_int_eq(fit(&problem, NULL, theta[0], NULL, &report), OCL_OK);
	for (int i = 0; i < 4; i++)
		assert_near(theta[0][i] - 2.5, plain[i] - plain[1], 1e-11, 1e-11);
	problem.anchor_count = 2;
	for (uint32_t sparse = 0; sparse < 2; sparse++) {
		settings.solver = OCL_PAIRWISE_DENSE + sparse;
		ck_assert_int_eq(fit(&problem, &settings, theta[sparse], NULL, &report), OCL_OK);
		ck_assert(theta[sparse][1] == 2.5 && theta[sparse][3] == -1);
		assert_near(slope_at(&problem, theta[sparse], 0), 0, 0, 1e-10);
		assert_near(slope_at(&problem, theta[sparse], 2), 0, 0, 1e-10);
	}
	ck_assert_int_eq(errors_of(&problem, NULL, 0, OCL_PAIRWISE_NO_ITEM, 0, theta[0], NULL, &report, errors, NULL),
	                 OCL_OK);
	ck_assert(errors[1] == 0 && errors[3] == 0 && errors[0] > 0.1);
	anchors[0].deviation = anchors[1].deviation = 0.5;
	ck_assert_int_eq(fit(&problem, NULL, theta[0], NULL, &report), OCL_OK);
	assert_near(slope_at(&problem, theta[0], 1), 4 * (theta[0][1] - 2.5), 1e-9, 0);
	assert_near(slope_at(&problem, theta[0], 3), 4 * (theta[0][3] + 1), 1e-9, 0);
	assert_near(slope_at(&problem, theta[0], 0), 0, 0, 1e-10);
}
END_TEST

/* Two islands, each with an anchor: each item has a place. */
START_TEST(pairwise_fit_anchors_join_islands)
{
	const struct ocl_pairwise_pair pairs[] = {{0, 1, 3, 1, 0}, {2, 3, 1, 1, 0}};
	const struct ocl_pairwise_anchor anchors[] = {{0, 0, 1, 0}, {3, 0, 7, 0}};
	struct ocl_pairwise_problem problem = OCL_PAIRWISE_PROBLEM(4, pairs, 2);
	struct ocl_pairwise_report report;
	double theta[4];

	ck_assert_int_eq(fit(&problem, NULL, theta, NULL, &report), OCL_DENIED);
	problem.anchors = anchors;
	problem.anchor_count = 2;
	ck_assert_int_eq(fit(&problem, NULL, theta, NULL, &report), OCL_OK);
	assert_near(theta[1], 1 - log(3), 1e-12, 1e-13);
	assert_near(theta[2], 7, 1e-12, 0);
}
END_TEST

/* ---- bad input */

static struct ocl_pairwise_pair bad_pairs[6];
static struct ocl_pairwise_anchor bad_anchors[2];

/* A fault in a good problem, and what it should be called; 1 when there are no more. */
static int fault_in(int fault, struct ocl_pairwise_problem *problem, struct ocl_pairwise_settings *settings)
{
	static const double bad_weights[6] = {1, 1, 1, 1, 1, -1};

	switch (fault) {
	case 0:
		bad_pairs[5].second_wins = NAN;
		return OCL_EINVAL;
	case 1:
		bad_pairs[5].ties = -1;
		return OCL_ERANGE;
	case 2:
		bad_pairs[5].first_wins = INFINITY;
		return OCL_EINVAL;
	case 3:
		bad_pairs[5].second = bad_pairs[5].first;
		return OCL_EINVAL;
	case 4:
		bad_pairs[5].second = 4;
		return OCL_ERANGE;
	case 5:
		bad_pairs[5].first_wins = 2e15;
		return OCL_ERANGE;
	case 6:
		problem->pair_weights = bad_weights;
		return OCL_ERANGE;
	case 7:
		settings->ridge = -1;
		return OCL_ERANGE;
	case 8:
		settings->prior_games = NAN;
		return OCL_EINVAL;
	case 9:
		settings->ties = 3;
		return OCL_EINVAL;
	case 10:
		settings->flags = 2;
		return OCL_EINVAL;
	case 11:
		settings->reserved[3] = 1;
		return OCL_EINVAL;
	case 12:
		problem->reserved[0] = 1;
		return OCL_EINVAL;
	case 13:
		problem->struct_size--;
		return OCL_ESIZE;
	case 14:
		settings->struct_size = 8;
		return OCL_ESIZE;
	case 15:
		problem->item_count = 0;
		return OCL_ERANGE;
	case 16:
		problem->pairs = NULL;
		return OCL_EINVAL;
	case 17:
		bad_anchors[1].item = 1;
		return OCL_EINVAL;
	case 18:
		bad_anchors[1].item = 4;
		return OCL_ERANGE;
	case 19:
		bad_anchors[0].value = 1e5;
		return OCL_ERANGE;
	case 20:
		bad_anchors[0].deviation = -1;
		return OCL_ERANGE;
	case 21:
		settings->tolerance = 1e-20;
		return OCL_ERANGE;
	case 22:
		settings->iterations_max = 20000;
		return OCL_ERANGE;
	case 23:
		problem->feature_count = 1;
		return OCL_EINVAL;
	case 24:
		settings->solver = 3;
		return OCL_EINVAL;
	default:
		return 1;
	}
}

START_TEST(pairwise_fit_bad_input_refused)
{
	static double memory[4096];

	for (int fault = 0;; fault++) {
		struct ocl_pairwise_problem problem = OCL_PAIRWISE_PROBLEM(4, bad_pairs, 6);
		struct ocl_pairwise_settings settings = OCL_PAIRWISE_SETTINGS;
		struct ocl_pairwise_report report;
		struct ocl_pairwise_report kept;
		double theta[5] = {1, 2, 3, 4, 5};
		memcpy(bad_pairs, tied, sizeof bad_pairs);
		bad_anchors[0] = (struct ocl_pairwise_anchor){1, 0, 0, 0};
		bad_anchors[1] = (struct ocl_pairwise_anchor){3, 0, 0, 1};
		problem.anchors = bad_anchors;
		problem.anchor_count = 2;
		int want = fault_in(fault, &problem, &settings);
		memset(&report, 1, sizeof report);
		report.struct_size = sizeof report;
		kept = report;
		int status = ocl_pairwise_fit(&problem, &settings, memory, sizeof memory, theta, NULL, &report);
		if (want == 1) {
			ck_assert_int_eq(status, OCL_OK);
			break;
		}
		ck_assert_msg(status == want, "fault %d: %d, not %d", fault, status, want);
		ck_assert(theta[0] == 1 && theta[3] == 4);
		ck_assert_int_eq(memcmp(&report, &kept, sizeof kept), 0);
	}
	struct ocl_pairwise_problem problem = OCL_PAIRWISE_PROBLEM(4, tied, 6);
	struct ocl_pairwise_report report = {.struct_size = sizeof report};
	double theta[4];
	size_t size = ocl_pairwise_fit_size(&problem, NULL);
	ck_assert_int_eq(ocl_pairwise_fit(&problem, NULL, memory, size - 1, theta, NULL, &report), OCL_ESIZE);
	ck_assert_int_eq(ocl_pairwise_fit(&problem, NULL, (char *)memory + 1, size, theta, NULL, &report), OCL_EALIGN);
	ck_assert_int_eq(ocl_pairwise_fit(&problem, NULL, NULL, size, theta, NULL, &report), OCL_EINVAL);
	ck_assert_int_eq(ocl_pairwise_fit(&problem, NULL, memory, size, NULL, NULL, &report), OCL_EINVAL);
	ck_assert_int_eq(ocl_pairwise_fit(NULL, NULL, memory, size, theta, NULL, &report), OCL_EINVAL);
	report.struct_size = 4;
	ck_assert_int_eq(ocl_pairwise_fit(&problem, NULL, memory, size, theta, NULL, &report), OCL_ESIZE);
	ck_assert_uint_eq(ocl_pairwise_fit_size(NULL, NULL), 0);
}
END_TEST

/* ---- ranks */

START_TEST(pairwise_rank_intervals_by_what_lies_wholly_above)
{
	const double lower[] = {5, 4, 1, 0, 3};
	const double upper[] = {6, 5, 2, 1, 3};
	const uint32_t best_of[] = {1, 1, 4, 4, 3};
	const uint32_t worst_of[] = {2, 2, 5, 5, 3};
	uint32_t best[5];
	uint32_t worst[5];

	ck_assert_int_eq(ocl_pairwise_rank_intervals(5, lower, upper, best, worst), OCL_OK);
	for (int i = 0; i < 5; i++) {
		ck_assert_uint_eq(best[i], best_of[i]);
		ck_assert_uint_eq(worst[i], worst_of[i]);
	}
	ck_assert_int_eq(ocl_pairwise_rank_intervals(5, upper, lower, best, NULL), OCL_ERANGE);
	ck_assert_int_eq(ocl_pairwise_rank_intervals(5, lower, NULL, best, NULL), OCL_EINVAL);
}
END_TEST

/* Millions of games, and a prior of one or two that alone says where 0 lies: a rough step passes over that. */
START_TEST(pairwise_fit_weak_prior_sparse_as_dense)
{
	const struct ocl_pairwise_pair pairs[] = {{0, 1, 1, 2e6, 0}, {0, 2, 5e6, 6e6, 0}, {1, 2, 9e6, 2e6, 0}};
	struct ocl_pairwise_problem problem = OCL_PAIRWISE_PROBLEM(3, pairs, 3);
	struct ocl_pairwise_settings settings = OCL_PAIRWISE_SETTINGS;
	struct ocl_pairwise_report report;
	double theta[2][3];

	settings.prior_games = 1.5;
	for (uint32_t sparse = 0; sparse < 2; sparse++) {
		settings.solver = OCL_PAIRWISE_DENSE + sparse;
		ck_assert_int_eq(fit(&problem, &settings, theta[sparse], NULL, &report), OCL_OK);
	}
	for (int i = 0; i < 3; i++)
		assert_near(theta[1][i], theta[0][i], 0, 1e-10);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("pairwise");
	TCase *tests = tcase_create("pairwise");

	tcase_set_timeout(tests, 120);
	tcase_add_test(tests, pairwise_fit_wikipedia_as_published);
	tcase_add_test(tests, pairwise_fit_baseball_as_published);
	tcase_add_test(tests, pairwise_fit_baseball_home_as_published);
	tcase_add_test(tests, pairwise_fit_ties_three_ways_exact);
	tcase_add_test(tests, pairwise_fit_vectors_exact);
	tcase_add_test(tests, pairwise_fit_llmfao_exact);
	tcase_add_test(tests, pairwise_fit_llmfao_tables_exact);
	tcase_add_test(tests, pairwise_fit_random_at_the_maximum);
	tcase_add_test(tests, pairwise_fit_renamed_and_turned_same);
	tcase_add_test(tests, pairwise_fit_more_games_smaller_errors);
	tcase_add_test(tests, pairwise_counts_rows_as_a_plain_list);
	tcase_add_test(tests, pairwise_counts_full_nothing_counted);
	tcase_add_test(tests, pairwise_counts_bad_input_refused);
	tcase_add_test(tests, pairwise_counts_many_rows_one_bad_nothing_counted);
	tcase_add_test(tests, pairwise_connect_parts_numbered_from_the_top);
	tcase_add_test(tests, pairwise_connect_anchors_and_weights_join_or_not);
	tcase_add_test(tests, pairwise_connect_random_as_the_closure);
	tcase_add_test(tests, pairwise_fit_hopeless_fitted_with_a_prior);
	tcase_add_test(tests, pairwise_fit_one_item_zero);
	tcase_add_test(tests, pairwise_fit_lopsided_keeps_digits);
	tcase_add_test(tests, pairwise_fit_many_items_dense_as_sparse);
	tcase_add_test(tests, pairwise_fit_weak_prior_sparse_as_dense);
	tcase_add_test(tests, pairwise_fit_rao_kupper_hardly_tied_keeps_digits);
	tcase_add_test(tests, pairwise_fit_anchors_held_or_drawn);
	tcase_add_test(tests, pairwise_fit_anchors_join_islands);
	tcase_add_test(tests, pairwise_fit_bad_input_refused);
	tcase_add_test(tests, pairwise_rank_intervals_by_what_lies_wholly_above);
	suite_add_tcase(suite, tests);
	return check_run(suite);
}
