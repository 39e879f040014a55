/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as rankings to fit: no crash, no hang; a refusal writes no strength; a fit is finite, and at it the slope of the
 * likelihood, summed plainly in long doubles, is nothing.
 *
 * Memory is exactly as large as asked for.
 */
#include "../fuzz_input.h"
#include "openclaw/ranking_fit.h"

#define ITEMS    8
#define RANKINGS 10
#define ENTRIES  40

struct data {
	size_t starts[RANKINGS];
	uint32_t items[ENTRIES];
	double ranks[ENTRIES], weights[RANKINGS];
	struct ocl_rankings rankings;
};

static void next_rankings(struct input *input, struct data *data)
{
	const size_t item_count = next_below(input, ITEMS + 1);
	const size_t ranking_count = next_below(input, RANKINGS);
	const struct ocl_rankings plain = OCL_RANKINGS(item_count, ranking_count, data->starts, data->items);
	uint8_t which = next_byte(input);
	size_t entry = 0;

	data->rankings = plain;
	data->starts[0] = 0;
	for (size_t r = 0; r < ranking_count; r++) {
		for (unsigned left = next_below(input, 9); left > 0 && entry < ENTRIES; left--, entry++) {
			data->items[entry] = next_below(input, 9);
			data->ranks[entry] = next_double(input);
		}
		data->starts[r + 1] = entry;
		data->weights[r] = next_double(input);
	}
	data->rankings.ranks = which & 1 ? data->ranks : NULL;
	data->rankings.weights = which & 2 ? data->weights : NULL;
	data->rankings.ties = which >> 2 & 1;
	data->rankings.iterations_max = 30;
	if (which & 8)
		data->rankings.ridge = next_double(input);
	if (which & 16)
		data->rankings.tolerance = next_double(input);
}

/* The entries from `at` on that are tied with it. */
static size_t tied_with(const struct data *data, size_t at, size_t end)
{
	size_t last = at + 1;

	while (data->rankings.ranks != NULL && last < end && data->ranks[last] == data->ranks[at])
		last++;
	return last;
}

/* What the places from `at` to `last` of a ranking that ends at `end` add to the slope of each strength. */
static void add_slopes(const struct data *data, size_t at, size_t last, size_t end, long double weight,
                       const double *theta, long double *slopes)
{
	long double all = 0, tied = 0;

	for (size_t i = at; i < end; i++) {
		all += expl(theta[data->items[i]]);
		tied += i < last ? expl(theta[data->items[i]]) : 0;
	}
	for (size_t place = 0; place < last - at; place++) {
		long double part =
			data->rankings.ties == OCL_RANKING_EFRON ? (long double)place / (long double)(last - at) : 0;
		slopes[data->items[at + place]] += weight;
		for (size_t i = at; i < end; i++) {
			long double own = expl(theta[data->items[i]]) * (i < last ? 1 - part : 1);
			slopes[data->items[i]] -= weight * own / (all - part * tied);
		}
	}
}

static void check_slopes(const struct data *data, const double *theta)
{
	long double slopes[ITEMS] = {0};
	long double scale = 1 + (long double)data->rankings.ridge;

	for (size_t r = 0; r < data->rankings.ranking_count; r++) {
		long double weight = data->rankings.weights != NULL ? data->weights[r] : 1;
		size_t end = data->starts[r + 1];
		for (size_t at = data->starts[r]; at < end;) {
			size_t last = tied_with(data, at, end);
			add_slopes(data, at, last, end, weight, theta, slopes);
			scale += weight * (long double)(last - at);
			at = last;
		}
	}
	double tolerance = data->rankings.tolerance > 0 ? data->rankings.tolerance : 1e-10;
	for (size_t i = 0; i < data->rankings.item_count; i++) {
		long double slope = slopes[i] - (long double)data->rankings.ridge * theta[i];
		REQUIRE(fabsl(slope) <= (100 * tolerance + 1e-12) * scale * ITEMS);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = {data, size, &fuzz_doubles_counts};
	struct data it;
	struct ocl_pairwise_report report = {.struct_size = sizeof report};
	double theta[ITEMS], errors[ITEMS], kept[ITEMS], sum = 0;

	memset(theta, 0x5a, sizeof theta);
	memset(errors, 0x5a, sizeof errors);
	memset(kept, 0x5a, sizeof kept);
	next_rankings(&input, &it);
	size_t needed = ocl_rankings_fit_size(&it.rankings);
	void *memory = room_of(needed);
	if (needed > 0)
		REQUIRE(ocl_rankings_fit(&it.rankings, memory, needed - 1, theta, errors, &report) < 0);
	int status = ocl_rankings_fit(&it.rankings, memory, needed, theta, errors, &report);
	free(memory);
	REQUIRE(status == OCL_OK || status == OCL_DENIED || status == OCL_EINVAL || status == OCL_ERANGE);
	REQUIRE((status == OCL_DENIED) == (report.reason != 0));
	if (status != OCL_OK) {
		check_untouched(theta, kept, sizeof theta);
		check_untouched(errors, kept, sizeof errors);
		return 0;
	}
	check_finite(theta, it.rankings.item_count);
	check_finite(errors, it.rankings.item_count);
	for (size_t i = 0; i < it.rankings.item_count; i++) {
		REQUIRE(errors[i] >= 0);
		sum += theta[i];
	}
	REQUIRE(it.rankings.ridge > 0 || fabs(sum) <= 1e-9);
	REQUIRE(report.log_likelihood <= 0 && isfinite(report.log_likelihood));
	check_slopes(&it, theta);
	return 0;
}
