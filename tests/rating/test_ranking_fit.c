/* SPDX-License-Identifier: MIT */
/*
 * Plackett-Luce over rankings: rankings of two are Bradley-Terry; at the answer the slopes of a likelihood written out in
 * plain formulas are zero; ties after Efron and Breslow; names do not matter; what has no fit; bad input.
 */
#include "pairwise_test.h"

#include "openclaw/ranking_fit.h"

#define ENTRIES_MAX 4096
#define ITEMS_MOST  40

struct data {
	size_t starts[ENTRIES_MAX];
	uint32_t items[ENTRIES_MAX];
	double ranks[ENTRIES_MAX];
	double weights[ENTRIES_MAX];
	size_t count;
};

static int fit_rankings(const struct ocl_rankings *rankings, double *theta, double *errors,
                        struct ocl_pairwise_report *report)
{
	size_t size = ocl_rankings_fit_size(rankings);
	void *memory = room_of(size);

	report->struct_size = sizeof *report;
	int status = ocl_rankings_fit(rankings, memory, size, theta, errors, report);
	free(memory);
	return status;
}

/* Random subsets in random order, some tied, preceded by a ring in which each item beats the next. */
static void random_rankings(struct seed *random, uint32_t items, struct data *data)
{
	size_t at = 0;

	data->count = 0;
	for (uint32_t r = 0; r < items + 30; r++) {
		data->starts[data->count] = at;
		data->weights[data->count] = 0.25 * (double)(1 + seed_below(random, 8));
		if (r < items) {
			data->items[at] = r;
			data->items[at + 1] = (r + 1) % items;
			data->ranks[at] = 1;
			data->ranks[at + 1] = 2;
			at += 2;
		} else {
			uint32_t order[ITEMS_MOST];
			uint32_t length = (uint32_t)seed_below(random, items + 1);
			double rank = -3;
			for (uint32_t i = 0; i < items; i++) {
				uint32_t j = (uint32_t)seed_below(random, i + 1);
				order[i] = order[j];
				order[j] = i;
			}
			for (uint32_t i = 0; i < length; i++) {
				rank += (double)seed_below(random, 3);
				data->items[at] = order[i];
				data->ranks[at++] = rank;
			}
		}
		data->count++;
	}
	data->starts[data->count] = at;
}

/* The log-likelihood, each stage by itself. */
static double likelihood(const struct ocl_rankings *rankings, const double *theta)
{
	double sum = 0;

	for (size_t r = 0; r < rankings->ranking_count; r++) {
		size_t end = rankings->starts[r + 1];
		double weight = rankings->weights != NULL ? rankings->weights[r] : 1;
		for (size_t i = rankings->starts[r], to; i < end; i = to) {
			double left = 0;
			double tied = 0;
			for (to = i + 1;
			     to < end && rankings->ranks != NULL && rankings->ranks[to] == rankings->ranks[i];)
				to++;
			for (size_t k = i; k < end; k++)
				left += exp(theta[rankings->items[k]]);
			for (size_t k = i; k < to; k++)
				tied += exp(theta[rankings->items[k]]);
			for (size_t k = i; k < to; k++) {
				double gone =
					rankings->ties == OCL_RANKING_EFRON ? (double)(k - i) / (double)(to - i) : 0;
				sum += weight * (theta[rankings->items[k]] - log(left - gone * tied));
			}
		}
	}
	return sum;
}

START_TEST(ranking_fit_pairs_are_bradley_terry)
{
	static struct ocl_pairwise_pair pairs[PAIRS_MAX];
	static struct data data;
	struct seed random = seed_start("ranking_fit_pairs_are_bradley_terry");
	uint32_t items = 9;
	size_t count = random_pairs(&random, items, pairs);
	struct ocl_pairwise_problem problem = OCL_PAIRWISE_PROBLEM(items, pairs, count);
	struct ocl_rankings rankings;
	struct ocl_pairwise_report report;
	double want[9], errors_want[9], theta[9], errors[9];

	for (size_t i = 0; i < count; i++) {
		pairs[i].ties = 0;
		for (size_t k = 0; k < 2; k++) {
			data.starts[2 * i + k] = 2 * (2 * i + k);
			data.items[4 * i + 2 * k] = k == 0 ? pairs[i].first : pairs[i].second;
			data.items[4 * i + 2 * k + 1] = k == 0 ? pairs[i].second : pairs[i].first;
			data.weights[2 * i + k] = k == 0 ? pairs[i].first_wins : pairs[i].second_wins;
		}
	}
	data.starts[2 * count] = 4 * count;
	rankings = (struct ocl_rankings)OCL_RANKINGS(items, 2 * count, data.starts, data.items);
	rankings.weights = data.weights;
	for (int ridge = 0; ridge < 2; ridge++) {
		struct ocl_pairwise_settings settings = OCL_PAIRWISE_SETTINGS;
		settings.ridge = rankings.ridge = ridge * 0.7;
		ck_assert_int_eq(fit(&problem, &settings, want, NULL, &report), OCL_OK);
		ck_assert_int_eq(errors_of(&problem, &settings, 0, OCL_PAIRWISE_NO_ITEM, 0, want, NULL, &report,
		                           errors_want, NULL),
		                 OCL_OK);
		double likelihood_want = report.log_likelihood;
		ck_assert_int_eq(fit_rankings(&rankings, theta, errors, &report), OCL_OK);
		assert_near(report.log_likelihood, likelihood_want, 1e-12, 0);
		for (uint32_t i = 0; i < items; i++) {
			assert_near(theta[i], want[i], 1e-11, 1e-11);
			assert_near(errors[i], errors_want[i], 1e-11, 0);
		}
	}
}
END_TEST

START_TEST(ranking_fit_random_at_the_maximum)
{
	static struct data data;
	struct seed random = seed_start("ranking_fit_random_at_the_maximum");

	for (uint32_t round = 0; round < seed_rounds(60); round++) {
		uint32_t items = 3 + (uint32_t)seed_below(&random, 12);
		struct ocl_pairwise_report report;
		double theta[ITEMS_MOST];
		double errors[ITEMS_MOST];
		random_rankings(&random, items, &data);
		struct ocl_rankings rankings = OCL_RANKINGS(items, data.count, data.starts, data.items);
		rankings.weights = round & 1 ? data.weights : NULL;
		rankings.ranks = round & 2 ? data.ranks : NULL;
		rankings.ties = round & 4 ? OCL_RANKING_BRESLOW : OCL_RANKING_EFRON;
		ck_assert_int_eq(fit_rankings(&rankings, theta, errors, &report), OCL_OK);
		double most = likelihood(&rankings, theta);
		assert_near(report.log_likelihood, most, 1e-11, 0);
		double sum = 0;
		for (uint32_t i = 0; i < items; i++) {
			const double h = 1e-4;
			double kept = theta[i];
			theta[i] = kept + h;
			double above = likelihood(&rankings, theta);
			theta[i] = kept - h;
			double below = likelihood(&rankings, theta);
			theta[i] = kept;
			/* the slope by differences, and the curvature: no more than one over the variance */
			assert_near((above - below) / (2 * h), 0, 0, 1e-6 * (1 - most));
			ck_assert(errors[i] > 0 && above < most && below < most);
			sum += theta[i];
		}
		assert_near(sum, 0, 0, 1e-11);
	}
}
END_TEST

/* Where the log-likelihood is nearly a parabola the errors are its width: the profile is not needed with two items. */
START_TEST(ranking_fit_two_items_error_known)
{
	const size_t starts[] = {0, 2, 4};
	const uint32_t items[] = {0, 1, 1, 0};
	const double weights[] = {300, 100};
	struct ocl_rankings rankings = OCL_RANKINGS(2, 2, starts, items);
	struct ocl_pairwise_report report;
	double theta[2], errors[2];

	rankings.weights = weights;
	ck_assert_int_eq(fit_rankings(&rankings, theta, errors, &report), OCL_OK);
	assert_near(theta[0], 0.5 * log(3), 1e-12, 0);
	assert_near(errors[0], 0.5 / sqrt(400 * 0.25 * 0.75), 1e-12, 0);
	assert_near(errors[1], errors[0], 1e-12, 0);
}
END_TEST

START_TEST(ranking_fit_renamed_same)
{
	static struct data data;
	static uint32_t renamed[ENTRIES_MAX];
	struct seed random = seed_start("ranking_fit_renamed_same");
	uint32_t items = 12;
	struct ocl_pairwise_report report;
	double theta[2][12], errors[2][12];

	random_rankings(&random, items, &data);
	struct ocl_rankings rankings = OCL_RANKINGS(items, data.count, data.starts, data.items);
	rankings.ranks = data.ranks;
	ck_assert_int_eq(fit_rankings(&rankings, theta[0], errors[0], &report), OCL_OK);
	for (size_t i = 0; i < data.starts[data.count]; i++)
		renamed[i] = items - 1 - data.items[i];
	rankings.items = renamed;
	ck_assert_int_eq(fit_rankings(&rankings, theta[1], errors[1], &report), OCL_OK);
	for (uint32_t i = 0; i < items; i++) {
		assert_near(theta[0][i], theta[1][items - 1 - i], 1e-11, 1e-11);
		assert_near(errors[0][i], errors[1][items - 1 - i], 1e-10, 0);
	}
}
END_TEST

START_TEST(ranking_fit_all_tied_equal)
{
	const size_t starts[] = {0, 4};
	const uint32_t items[] = {2, 0, 3, 1};
	const double ranks[] = {5, 5, 5, 5};
	struct ocl_rankings rankings = OCL_RANKINGS(4, 1, starts, items);
	struct ocl_pairwise_report report;
	double theta[4];

	rankings.ranks = ranks;
	for (rankings.ties = 0; rankings.ties < 2; rankings.ties++) {
		ck_assert_int_eq(fit_rankings(&rankings, theta, NULL, &report), OCL_OK);
		for (int i = 0; i < 4; i++)
			assert_near(theta[i], 0, 0, 1e-12);
	}
}
END_TEST

START_TEST(ranking_fit_no_maximum_denied_or_ridged)
{
	const size_t starts[] = {0, 3, 6, 7};
	const uint32_t items[] = {0, 1, 2, 0, 2, 1, 3};
	struct ocl_rankings rankings = OCL_RANKINGS(5, 3, starts, items);
	struct ocl_pairwise_report report;
	double theta[5] = {9, 9, 9, 9, 9};

	ck_assert_int_eq(fit_rankings(&rankings, theta, NULL, &report), OCL_DENIED);
	ck_assert(theta[0] == 9);
	ck_assert_uint_eq(report.reason, OCL_PAIRWISE_DISCONNECTED);
	ck_assert_uint_eq(report.component_count, 4);
	ck_assert_uint_eq(report.component_largest, 2);
	ck_assert_uint_eq(report.island_count, 3);
	ck_assert_uint_eq(report.items_without_games, 2);
	ck_assert_uint_eq(report.items_without_losses, 1);
	ck_assert_uint_eq(report.items_without_wins, 0);
	ck_assert(report.games == 2);
	rankings.ridge = 0.1;
	ck_assert_int_eq(fit_rankings(&rankings, theta, NULL, &report), OCL_OK);
	ck_assert(theta[0] > 1 && fabs(theta[3]) < 1e-12 && fabs(theta[1] - theta[2]) < 1e-12);
}
END_TEST

START_TEST(ranking_fit_bad_input_refused)
{
	static double memory[1024];
	double theta[3] = {7, 7, 7};

	for (int fault = 0; fault <= 14; fault++) {
		size_t starts[] = {0, 3, 6, 9};
		uint32_t items[] = {0, 1, 2, 1, 2, 0, 2, 0, 1};
		double ranks[] = {1, 2, 3, 1, 2, 3, 1, 2, 3};
		double weights[] = {1, 1, 1};
		struct ocl_rankings rankings = OCL_RANKINGS(3, 3, starts, items);
		struct ocl_pairwise_report report = {.struct_size = sizeof report};
		size_t size = ocl_rankings_fit_size(&rankings);
		int want = OCL_ERANGE;
		rankings.ranks = ranks;
		rankings.weights = weights;
		ck_assert_uint_le(size, sizeof memory);
		switch (fault) {
		case 0:
			items[8] = 3;
			break;
		case 1:
			items[8] = 0, want = OCL_EINVAL;
			break;
		case 2:
			ranks[8] = 1.5, want = OCL_EINVAL;
			break;
		case 3:
			ranks[8] = NAN, want = OCL_EINVAL;
			break;
		case 4:
			weights[2] = -1;
			break;
		case 5:
			weights[2] = INFINITY, want = OCL_EINVAL;
			break;
		case 6:
			starts[1] = 7;
			break;
		case 7:
			starts[0] = 1;
			break;
		case 8:
			rankings.ties = 2, want = OCL_EINVAL;
			break;
		case 9:
			rankings.reserved[1] = 1, want = OCL_EINVAL;
			break;
		case 10:
			rankings.ridge = -1;
			break;
		case 11:
			rankings.struct_size--, want = OCL_ESIZE;
			break;
		case 12:
			size--, want = OCL_ESIZE;
			break;
		case 13:
			rankings.items = NULL, want = OCL_EINVAL;
			break;
		default:
			want = OCL_OK;
			break;
		}
		int status = ocl_rankings_fit(&rankings, memory, size, theta, NULL, &report);
		ck_assert_msg(status == want, "fault %d: %d, not %d", fault, status, want);
		ck_assert(want == OCL_OK || theta[0] == 7);
	}
	ck_assert_uint_eq(ocl_rankings_fit_size(NULL), 0);
	struct ocl_rankings empty = OCL_RANKINGS(1, 0, NULL, NULL);
	struct ocl_pairwise_report report;
	ck_assert_int_eq(fit_rankings(&empty, theta, NULL, &report), OCL_OK);
	ck_assert(theta[0] == 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ranking_fit");
	TCase *tests = tcase_create("ranking_fit");

	tcase_set_timeout(tests, 120);
	tcase_add_test(tests, ranking_fit_pairs_are_bradley_terry);
	tcase_add_test(tests, ranking_fit_random_at_the_maximum);
	tcase_add_test(tests, ranking_fit_two_items_error_known);
	tcase_add_test(tests, ranking_fit_renamed_same);
	tcase_add_test(tests, ranking_fit_all_tied_equal);
	tcase_add_test(tests, ranking_fit_no_maximum_denied_or_ridged);
	tcase_add_test(tests, ranking_fit_bad_input_refused);
	suite_add_tcase(suite, tests);
	return check_run(suite);
}
