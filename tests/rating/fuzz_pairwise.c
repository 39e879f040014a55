/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as counts and problems of pairs to fit: no crash, no hang, no undefined behaviour; a refusal writes
 * nothing; what is fitted is finite, and has errors.
 *
 * The first byte chooses the call, the rest is read as small numbers and doubles. Memory is exactly as large as asked for.
 */
#include "../fuzz_input.h"
#include "openclaw/pairwise.h"

#define ITEMS 8
#define PAIRS 24

static void next_settings(struct input *input, struct ocl_pairwise_settings *settings)
{
	uint8_t which = next_byte(input);

	settings->ties = which & 3;
	settings->solver = which >> 2 & 3;
	settings->flags = which >> 4 & 1;
	settings->iterations_max = 30;
	if (which & 32)
		settings->ridge = next_double(input);
	if (which & 64)
		settings->prior_games = next_double(input);
	if (which & 128) {
		settings->first_advantage = next_double(input);
		settings->feature_ridge = next_double(input);
		settings->tolerance = next_double(input);
	}
}

static void check_rest(const struct ocl_pairwise_problem *problem, const struct ocl_pairwise_settings *settings,
                       const double *theta, const double *coefficients, const struct ocl_pairwise_report *report)
{
	double errors[ITEMS + 8], lower[ITEMS], upper[ITEMS];
	size_t used = 0;
	size_t size = ocl_pairwise_errors_size(problem, settings);
	void *memory = room_of(size);

	for (int kind = 0; kind < 2; kind++) {
		int status = ocl_pairwise_errors(problem, settings, kind, kind ? 0 : OCL_PAIRWISE_NO_ITEM, 0, memory,
		                                 size, theta, coefficients, report, errors, NULL);
		REQUIRE(status == OCL_OK || status == OCL_DENIED);
		if (status == OCL_OK)
			check_finite(errors, problem->item_count);
	}
	free(memory);
	size = ocl_pairwise_bootstrap_size(problem, settings, 3);
	memory = room_of(size);
	int status = ocl_pairwise_bootstrap(problem, settings, 3, 1, 0.9, memory, size, theta, coefficients, report,
	                                    lower, upper, NULL, &used);
	REQUIRE(status == OCL_OK || status == OCL_DENIED || status == OCL_ERANGE);
	for (size_t i = 0; i < problem->item_count && status == OCL_OK; i++)
		REQUIRE(isfinite(lower[i]) && lower[i] <= upper[i] && isfinite(upper[i]));
	free(memory);
}

static void fuzz_fit(struct input *input)
{
	struct ocl_pairwise_pair pairs[PAIRS];
	struct ocl_pairwise_anchor anchors[2];
	struct ocl_pairwise_settings settings = OCL_PAIRWISE_SETTINGS;
	struct ocl_pairwise_problem problem =
		OCL_PAIRWISE_PROBLEM(next_byte(input) % (ITEMS + 1), pairs, next_byte(input) % (PAIRS + 1));
	struct ocl_pairwise_report report;
	double theta[ITEMS], coefficients[2] = {7, 7}, features[PAIRS * 2], weights[PAIRS];
	uint8_t which = next_byte(input);

	next_settings(input, &settings);
	problem.feature_count = which % 3;
	problem.anchor_count = which / 3 % 3;
	for (size_t i = 0; i < problem.pair_count; i++) {
		uint8_t who = next_byte(input);
		pairs[i] = (struct ocl_pairwise_pair){who % 9, who / 9 % 9, 0, 0, 0};
		pairs[i].first_wins = next_double(input);
		pairs[i].second_wins = next_double(input);
		pairs[i].ties = next_double(input);
		weights[i] = which & 128 ? next_double(input) : 1;
		for (size_t k = 0; k < problem.feature_count; k++)
			features[i * problem.feature_count + k] = next_double(input);
	}
	for (size_t i = 0; i < problem.anchor_count; i++) {
		anchors[i] = (struct ocl_pairwise_anchor){next_byte(input), 0, 0, 0};
		anchors[i].value = next_double(input);
		anchors[i].deviation = next_double(input);
	}
	problem.features = features;
	problem.pair_weights = weights;
	problem.anchors = anchors;
	memset(&report, 1, sizeof report);
	report.struct_size = sizeof report;
	for (int i = 0; i < ITEMS; i++)
		theta[i] = 7;
	size_t size = ocl_pairwise_fit_size(&problem, &settings);
	void *memory = room_of(size);
	int status = ocl_pairwise_fit(&problem, &settings, memory, size, theta, coefficients, &report);
	free(memory);
	REQUIRE(status == OCL_OK || status == OCL_DENIED || status == OCL_EINVAL || status == OCL_ERANGE);
	REQUIRE((status == OCL_DENIED) == (report.reason > 0 && report.reason < 4));
	if (status != OCL_OK) {
		for (int i = 0; i < ITEMS; i++)
			REQUIRE(theta[i] == 7);
		return;
	}
	check_finite(theta, problem.item_count);
	check_finite(coefficients, 2);
	REQUIRE(isfinite(report.log_likelihood) && isfinite(report.tie_parameter) && isfinite(report.first_advantage));
	check_rest(&problem, &settings, theta, coefficients, &report);
}

/* What was counted is what comes out, whatever the table. */
static void fuzz_counts(struct input *input)
{
	struct ocl_pairwise_pair pairs[PAIRS];
	size_t items = 1 + next_byte(input) % ITEMS;
	size_t room = next_byte(input) % 12;
	size_t size = ocl_pairwise_counts_size(items, room);
	void *memory = room_of(size);
	struct ocl_pairwise_counts *counts;
	double added = 0, found = 0;
	size_t count = 0;

	REQUIRE(ocl_pairwise_counts_init(memory, size, items, room, next_byte(input) & 1, &counts) == OCL_OK);
	while (input->left > 0) {
		uint32_t first[20], second[20];
		uint8_t outcomes[20];
		size_t rows = next_byte(input) % 20;
		for (size_t i = 0; i < rows; i++) {
			uint8_t who = next_byte(input);
			first[i] = who & 7;
			second[i] = who >> 3 & 7;
			outcomes[i] = who >> 6;
		}
		if (ocl_pairwise_counts_add_rows(counts, rows, first, second, outcomes, NULL) == OCL_OK)
			added += (double)rows;
	}
	if (ocl_pairwise_counts_read(counts, pairs, PAIRS, &count) == OCL_OK) {
		for (size_t i = 0; i < count; i++) {
			REQUIRE(pairs[i].first != pairs[i].second && pairs[i].first < items && pairs[i].second < items);
			REQUIRE(i == 0 || pairs[i].first > pairs[i - 1].first || pairs[i].second > pairs[i - 1].second);
			found += pairs[i].first_wins + pairs[i].second_wins + pairs[i].ties;
		}
		REQUIRE(found == added);
	}
	free(memory);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = {data, size, &fuzz_doubles_counts};
	uint8_t choice = next_byte(&input);

	if (choice < 128)
		fuzz_fit(&input);
	else
		fuzz_counts(&input);
	return 0;
}
