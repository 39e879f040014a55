/* SPDX-License-Identifier: MIT */
/* Sums over predictions and their results. Each sum keeps what its rounding lost (A. Neumaier, 1974), so that a billion
 * results are summed as well as ten. */
#include "openclaw/evaluate.h"

#include "base/math.h"
#include "rating/check.h"

static void sum_add(struct ocl_evaluation_sum *sum, double x)
{
	double total = sum->value + x;

	if (ocl__abs(sum->value) >= ocl__abs(x))
		sum->lost += (sum->value - total) + x;
	else
		sum->lost += (x - total) + sum->value;
	sum->value = total;
}

static double sum_read(const struct ocl_evaluation_sum *sum)
{
	return sum->value + sum->lost;
}

static void sum_merge(struct ocl_evaluation_sum *into, const struct ocl_evaluation_sum *from)
{
	sum_add(into, from->value);
	sum_add(into, from->lost);
}

/* Were the sums begun? */
static bool begun(const struct ocl_evaluation *evaluation)
{
	return evaluation != NULL && evaluation->bin_count >= 1 && evaluation->bin_count <= OCL_EVALUATION_BINS_MAX &&
	       evaluation->reserved == 0;
}

static double log_loss(double probability, double score)
{
	double p = ocl__clamp(probability, OCL_EVALUATION_PROBABILITY, 1.0 - OCL_EVALUATION_PROBABILITY);

	/* ln(1 - p) by log1p: 1 - p would lose the digits of a small p. */
	return -(score * ocl__log(p) + (1.0 - score) * ocl__log1p(-p));
}

int ocl_evaluation_init(struct ocl_evaluation *evaluation, uint32_t bin_count)
{
	if (evaluation == NULL)
		return OCL_EINVAL;
	if (bin_count < 1 || bin_count > OCL_EVALUATION_BINS_MAX)
		return OCL_ERANGE;
	memset(evaluation, 0, sizeof *evaluation);
	evaluation->bin_count = bin_count;
	return OCL_OK;
}

int ocl_log_loss(double probability, double score, double *loss)
{
	int status = loss == NULL ? OCL_EINVAL : ocl__number_status(probability, 0.0, 1.0);

	if (status == OCL_OK)
		status = ocl__number_status(score, 0.0, 1.0);
	if (status == OCL_OK)
		*loss = log_loss(probability, score);
	return status;
}

/* 1 if the side expected to win did, 1/2 if none was expected to or none did. */
static double correct(double probability, double score)
{
	if (probability == 0.5 || score == 0.5)
		return 0.5;
	return (probability > 0.5) == (score > 0.5) ? 1.0 : 0.0;
}

static size_t bin_of(const struct ocl_evaluation *evaluation, double probability)
{
	size_t bin = (size_t)(probability * (double)evaluation->bin_count);

	return bin < evaluation->bin_count ? bin : evaluation->bin_count - 1;
}

int ocl_evaluation_add(struct ocl_evaluation *evaluation, double probability, double score, double weight)
{
	if (!begun(evaluation))
		return OCL_EINVAL;
	int status = ocl__number_status(probability, 0.0, 1.0);
	if (status == OCL_OK)
		status = ocl__number_status(score, 0.0, 1.0);
	if (status == OCL_OK)
		status = ocl__number_status(weight, 0.0, OCL_EVALUATION_WEIGHT_MAX);
	if (status != OCL_OK)
		return status;

	double loss = log_loss(probability, score);
	double error = probability - score;
	size_t bin = bin_of(evaluation, probability);

	evaluation->predictions++;
	sum_add(&evaluation->weight, weight);
	sum_add(&evaluation->weight_squared, weight * weight);
	sum_add(&evaluation->loss, weight * loss);
	sum_add(&evaluation->loss_weighted, weight * weight * loss);
	sum_add(&evaluation->loss_squared, weight * loss * (weight * loss));
	sum_add(&evaluation->brier, weight * (error * error));
	sum_add(&evaluation->correct, weight * correct(probability, score));
	sum_add(&evaluation->predicted, weight * probability);
	sum_add(&evaluation->observed, weight * score);
	evaluation->bin_predictions[bin]++;
	sum_add(&evaluation->bin_weight[bin], weight);
	sum_add(&evaluation->bin_predicted[bin], weight * probability);
	sum_add(&evaluation->bin_observed[bin], weight * score);
	return OCL_OK;
}

int ocl_evaluation_add_ranks(struct ocl_evaluation *evaluation, const double *expected_rank, const double *ranks,
                             size_t team_count)
{
	uint64_t pairs = 0;
	uint64_t half_inversions = 0;

	if (!begun(evaluation) || expected_rank == NULL || ranks == NULL)
		return OCL_EINVAL;
	if (team_count < 2 || team_count > OCL_EVALUATION_TEAMS_MAX)
		return OCL_ERANGE;
	for (size_t i = 0; i < team_count; i++) {
		if (!ocl__is_finite(expected_rank[i]) || !ocl__is_finite(ranks[i]))
			return OCL_EINVAL;
	}
	for (size_t i = 0; i < team_count; i++) {
		for (size_t j = 0; j < i; j++) {
			bool ahead = ranks[j] < ranks[i];
			bool behind = ranks[j] > ranks[i];
			bool expected_ahead = expected_rank[j] < expected_rank[i];
			bool expected_behind = expected_rank[j] > expected_rank[i];
			uint64_t counted = ahead | behind;
			/* 0, 1 or 2 halves: as expected, no expectation, the other way round */
			uint64_t halves = (uint64_t)1 + (ahead & expected_behind) + (behind & expected_ahead) -
			                  (ahead & expected_ahead) - (behind & expected_behind);
			pairs += counted;
			half_inversions += counted * halves;
		}
	}
	evaluation->rank_pairs += pairs;
	evaluation->rank_half_inversions += half_inversions;
	return OCL_OK;
}

int ocl_evaluation_merge(struct ocl_evaluation *into, const struct ocl_evaluation *from)
{
	if (!begun(into) || !begun(from) || into == from)
		return OCL_EINVAL;
	if (into->bin_count != from->bin_count)
		return OCL_ERANGE;
	into->predictions += from->predictions;
	into->rank_pairs += from->rank_pairs;
	into->rank_half_inversions += from->rank_half_inversions;
	sum_merge(&into->weight, &from->weight);
	sum_merge(&into->weight_squared, &from->weight_squared);
	sum_merge(&into->loss, &from->loss);
	sum_merge(&into->loss_weighted, &from->loss_weighted);
	sum_merge(&into->loss_squared, &from->loss_squared);
	sum_merge(&into->brier, &from->brier);
	sum_merge(&into->correct, &from->correct);
	sum_merge(&into->predicted, &from->predicted);
	sum_merge(&into->observed, &from->observed);
	for (uint32_t bin = 0; bin < into->bin_count; bin++) {
		into->bin_predictions[bin] += from->bin_predictions[bin];
		sum_merge(&into->bin_weight[bin], &from->bin_weight[bin]);
		sum_merge(&into->bin_predicted[bin], &from->bin_predicted[bin]);
		sum_merge(&into->bin_observed[bin], &from->bin_observed[bin]);
	}
	return OCL_OK;
}

/* Means are at hand only where there is weight; weights below 1e-300 in all are none. */
static bool weighs(double weight)
{
	return weight > 1e-300;
}

static double share(const struct ocl_evaluation_sum *sum, double weight)
{
	return ocl__clamp(sum_read(sum) / weight, 0.0, 1.0);
}

/* The standard error of a weighted mean: sqrt(sum w^2 (loss - mean)^2) / sum w. */
static double error_of(const struct ocl_evaluation *evaluation, double weight, double mean)
{
	double squares = sum_read(&evaluation->loss_squared) - 2.0 * mean * sum_read(&evaluation->loss_weighted) +
	                 mean * mean * sum_read(&evaluation->weight_squared);

	return squares > 0.0 ? ocl__sqrt(squares) / weight : 0.0;
}

static double calibration_error(const struct ocl_evaluation *evaluation, double weight)
{
	double error = 0.0;

	for (uint32_t bin = 0; bin < evaluation->bin_count; bin++)
		error += ocl__abs(sum_read(&evaluation->bin_predicted[bin]) - sum_read(&evaluation->bin_observed[bin]));
	return ocl__clamp(error / weight, 0.0, 1.0);
}

int ocl_evaluation_read(const struct ocl_evaluation *evaluation, struct ocl_evaluation_report *report)
{
	if (!begun(evaluation) || report == NULL)
		return OCL_EINVAL;
	if (ocl__struct_status(report, report->struct_size, sizeof *report) != OCL_OK)
		return OCL_ESIZE;
	double weight = sum_read(&evaluation->weight);
	if (!weighs(weight) && evaluation->rank_pairs == 0)
		return OCL_DENIED;

	size_t struct_size = report->struct_size;
	memset(report, 0, sizeof *report);
	report->struct_size = struct_size;
	report->predictions = evaluation->predictions;
	if (weighs(weight)) {
		report->weight = weight;
		report->log_loss = sum_read(&evaluation->loss) / weight;
		report->log_loss_error = error_of(evaluation, weight, report->log_loss);
		report->brier = share(&evaluation->brier, weight);
		report->accuracy = share(&evaluation->correct, weight);
		report->calibration_error = calibration_error(evaluation, weight);
		report->predicted_mean = share(&evaluation->predicted, weight);
		report->observed_mean = share(&evaluation->observed, weight);
	}
	report->rank_pairs = evaluation->rank_pairs;
	if (evaluation->rank_pairs > 0) {
		report->rank_inversions =
			(double)evaluation->rank_half_inversions / 2.0 / (double)evaluation->rank_pairs;
	}
	return OCL_OK;
}

int ocl_evaluation_bin_at(const struct ocl_evaluation *evaluation, size_t index, struct ocl_evaluation_bin *bin)
{
	if (!begun(evaluation) || bin == NULL)
		return OCL_EINVAL;
	if (index >= evaluation->bin_count)
		return OCL_DENIED;

	double count = (double)evaluation->bin_count;
	double weight = sum_read(&evaluation->bin_weight[index]);

	bin->low = (double)index / count;
	bin->high = (double)(index + 1) / count;
	bin->predictions = evaluation->bin_predictions[index];
	bin->weight = weight;
	bin->predicted_mean =
		weighs(weight) ? share(&evaluation->bin_predicted[index], weight) : (bin->low + bin->high) / 2.0;
	bin->observed_mean = weighs(weight) ? share(&evaluation->bin_observed[index], weight) : 0.0;
	return OCL_OK;
}
