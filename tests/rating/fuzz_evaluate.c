/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a log of predictions and orders, in two parts that are merged: a report is finite, within the bounds of each
 * measure, and what plain sums in long doubles say; a refusal leaves every byte; the bins hold each prediction once.
 */
#include "../fuzz_input.h"
#include "openclaw/evaluate.h"

#define TEAMS 9
#define NONE  1e-300L /* weight; no more than that in all counts as none */

/* What was added, summed plainly. */
struct plain_sums {
	uint64_t predictions, pairs, half_inversions;
	long double weight, loss, brier, correct, predicted, observed;
};

static const struct fuzz_doubles doubles = {
	.usual = {0, 0.5, 1, 0.25, 0.75, 1e-15, 1e6, 1e-6, 0.1, 5e-324, 0.9, 1 - 0x1p-53},
	.usual_end = 120,
	.steps_end = 200,
	.step = 1,
	.steps_zero = 130,
	.any_end = 230,
	.most = 1,
};

static int range(double x, double most)
{
	return !isfinite(x) ? OCL_EINVAL : x < 0 || x > most ? OCL_ERANGE : OCL_OK;
}

static int is_right(int status, int a, int b, int c)
{
	if (a == OCL_OK && b == OCL_OK && c == OCL_OK)
		return status == OCL_OK;
	return status != OCL_OK && (status == a || status == b || status == c);
}

static void add(struct input *input, struct ocl_evaluation *evaluation, struct plain_sums *sums)
{
	double p = next_double(input), s = next_double(input), weight = next_double(input), loss = -7;
	struct ocl_evaluation kept = *evaluation;
	int status = ocl_log_loss(p, s, &loss);

	REQUIRE(is_right(status, range(p, 1), range(s, 1), OCL_OK));
	REQUIRE(status == OCL_OK ? loss >= 0 && loss <= 34.54 : loss == -7);
	status = ocl_evaluation_add(evaluation, p, s, weight);
	REQUIRE(is_right(status, range(p, 1), range(s, 1), range(weight, OCL_EVALUATION_WEIGHT_MAX)));
	if (status != OCL_OK) {
		check_untouched(evaluation, &kept, sizeof kept);
		return;
	}
	double sure = fmin(fmax(p, OCL_EVALUATION_PROBABILITY), 1 - OCL_EVALUATION_PROBABILITY);
	long double plain = -((long double)s * logl(sure) + (1 - (long double)s) * log1pl(-(long double)sure));
	REQUIRE(fabsl(loss - plain) <= 1e-13L * plain + 1e-15L);
	sums->predictions++;
	sums->weight += weight;
	sums->loss += weight * plain;
	sums->brier += weight * ((long double)p - s) * ((long double)p - s);
	sums->correct += weight * (p == 0.5 || s == 0.5 ? 0.5L : (long double)((p > 0.5) == (s > 0.5)));
	sums->predicted += (long double)weight * p;
	sums->observed += (long double)weight * s;
}

static void add_ranks(struct input *input, struct ocl_evaluation *evaluation, struct plain_sums *sums)
{
	size_t teams = next_below(input, TEAMS + 1);
	double *expected = (double *)room_of(teams * sizeof(double)),
	       *ranks = (double *)room_of(teams * sizeof(double));
	struct ocl_evaluation kept = *evaluation;
	int finite = 1;

	for (size_t i = 0; i < teams; i++) {
		expected[i] = next_double(input);
		ranks[i] = next_double(input);
		finite &= isfinite(expected[i]) && isfinite(ranks[i]);
	}
	int status = ocl_evaluation_add_ranks(evaluation, expected, ranks, teams);
	REQUIRE(is_right(status, finite ? OCL_OK : OCL_EINVAL, teams < 2 ? OCL_ERANGE : OCL_OK, OCL_OK));
	if (status != OCL_OK)
		check_untouched(evaluation, &kept, sizeof kept);
	for (size_t i = 0; status == OCL_OK && i < teams; i++) {
		for (size_t j = 0; j < teams; j++) { /* i came before j */
			sums->pairs += ranks[i] < ranks[j];
			if (ranks[i] < ranks[j])
				sums->half_inversions += expected[i] == expected[j]  ? 1
				                         : expected[i] > expected[j] ? 2
				                                                     : 0;
		}
	}
	free(expected);
	free(ranks);
}

static void check_near(double x, long double sum, long double weight)
{
	REQUIRE(fabsl(x - sum / weight) <= 1e-12L * (1 + fabsl(sum / weight)));
}

static void check_report(const struct ocl_evaluation *evaluation, const struct plain_sums *sums)
{
	struct ocl_evaluation_report report, kept;

	memset(&report, 0x5a, sizeof report);
	report.struct_size = sizeof report;
	kept = report;
	int status = ocl_evaluation_read(evaluation, &report);
	REQUIRE(status == (sums->weight > NONE || sums->pairs > 0 ? OCL_OK : OCL_DENIED));
	if (status != OCL_OK) {
		check_untouched(&report, &kept, sizeof kept);
		return;
	}
	REQUIRE(report.predictions == sums->predictions && report.rank_pairs == sums->pairs);
	const double measures[] = {report.brier,          report.accuracy,      report.calibration_error,
	                           report.predicted_mean, report.observed_mean, report.rank_inversions};
	for (size_t i = 0; i < sizeof measures / sizeof *measures; i++)
		REQUIRE(measures[i] >= 0 && measures[i] <= 1);
	REQUIRE(report.log_loss >= 0 && report.log_loss <= 34.54);
	REQUIRE(report.log_loss_error >= 0 && isfinite(report.log_loss_error));
	if (sums->weight > NONE)
		REQUIRE(fabsl(report.weight - sums->weight) <= 1e-12L * sums->weight);
	if (sums->pairs > 0)
		check_near(report.rank_inversions, sums->half_inversions, 2 * (long double)sums->pairs);
	if (sums->weight < 1e-290L) /* products of weights lose their digits */
		return;
	check_near(report.log_loss, sums->loss, sums->weight);
	check_near(report.brier, sums->brier, sums->weight);
	check_near(report.accuracy, sums->correct, sums->weight);
	check_near(report.predicted_mean, sums->predicted, sums->weight);
	check_near(report.observed_mean, sums->observed, sums->weight);
}

static void check_bins(const struct ocl_evaluation *evaluation, uint32_t bins, const struct plain_sums *sums)
{
	struct ocl_evaluation_bin bin;
	uint64_t predictions = 0;
	double edge = 0;

	for (uint32_t i = 0; i < bins; i++) {
		REQUIRE(ocl_evaluation_bin_at(evaluation, i, &bin) == OCL_OK);
		REQUIRE(bin.low == edge && bin.low < bin.high);
		REQUIRE(bin.predicted_mean >= bin.low - 1e-15 && bin.predicted_mean <= bin.high + 1e-15);
		REQUIRE(bin.observed_mean >= 0 && bin.observed_mean <= 1 && isfinite(bin.weight) && bin.weight >= 0);
		REQUIRE(bin.predictions > 0 || bin.weight == 0);
		predictions += bin.predictions;
		edge = bin.high;
	}
	REQUIRE(edge == 1 && predictions == sums->predictions);
	REQUIRE(ocl_evaluation_bin_at(evaluation, bins, &bin) == OCL_DENIED);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = {data, size, &doubles};
	struct ocl_evaluation parts[2];
	struct plain_sums sums = {0};
	uint32_t bins = next_below(&input, 64);

	memset(parts, 0, sizeof parts);
	for (int part = 0; part < 2; part++) {
		int status = ocl_evaluation_init(&parts[part], bins);
		REQUIRE(status == (bins >= 1 && bins <= OCL_EVALUATION_BINS_MAX ? OCL_OK : OCL_ERANGE));
		if (status != OCL_OK)
			return 0;
	}
	check_report(&parts[0], &sums);
	for (int calls = 0; calls < 64 && input.left > 0; calls++) {
		uint8_t choice = next_byte(&input);
		if (choice % 4 == 3)
			add_ranks(&input, &parts[choice >> 7], &sums);
		else
			add(&input, &parts[choice >> 7], &sums);
	}
	REQUIRE(ocl_evaluation_merge(&parts[0], &parts[0]) == OCL_EINVAL);
	REQUIRE(ocl_evaluation_merge(&parts[0], &parts[1]) == OCL_OK);
	check_report(&parts[0], &sums);
	check_bins(&parts[0], bins, &sums);
	return 0;
}
