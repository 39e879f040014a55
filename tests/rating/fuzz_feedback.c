/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as votes: every call of feedback.h refuses exactly what its header says and then writes nothing; what it
 * answers is finite and in order, and one vote more never counts the wrong way.
 *
 * The first byte chooses the call, the rest are doubles.
 */
#include "../fuzz_input.h"
#include "openclaw/feedback.h"

#define UNTOUCHED (-7.25)
#define FEWEST    1e-300 /* votes; less is none */

/* For invariants that rounding may break by some units in the last place of the larger. */
#define SLACK 1e-12

static const struct fuzz_doubles doubles = {
	.usual = {0, 0.5, 1, 2, 100, 1e9, 1e300, 1e150, 1e-9, 5e-324, 1.96, 0.95},
	.usual_end = 24,
	.steps_end = 128,
	.step = 1,
	.steps_zero = 24,
	.any_end = 168,
	.most = 1000,
};

/* What is wrong with arguments, together by |; of several faults any may be the answer. */
enum { RIGHT = 0, NOT_FINITE = 1, OUT_OF_RANGE = 2 };

static int range(double x, double least, double most)
{
	return !isfinite(x) ? NOT_FINITE : x < least || x > most ? OUT_OF_RANGE : RIGHT;
}

/* A probability below 1. */
static int share(double x)
{
	return x == 1 ? OUT_OF_RANGE : range(x, 0, 1);
}

static int answers(int status, int faults)
{
	return status == OCL_OK       ? faults == RIGHT
	       : status == OCL_EINVAL ? (faults & NOT_FINITE) != 0
	                              : status == OCL_ERANGE && (faults & OUT_OF_RANGE) != 0;
}

static int at_most(double a, double b)
{
	return a <= b + SLACK * (fabs(a) + fabs(b));
}

static void fuzz_wilson(struct input *input)
{
	double positive = next_double(input), total = next_double(input), z = next_double(input);
	double low = UNTOUCHED, high = UNTOUCHED, low_2 = 0, high_2 = 0;
	int faults = range(total, 0, OCL_VOTES_MAX) | range(z, 0, OCL_Z_MAX);

	faults |= range(positive, 0, isfinite(total) ? total : HUGE_VAL);
	int status = ocl_wilson_bounds(positive, total, z, &low, &high);
	REQUIRE(answers(status, faults));
	if (status != OCL_OK) {
		REQUIRE(low == UNTOUCHED && high == UNTOUCHED);
		return;
	}
	REQUIRE(low >= 0 && low <= high && high <= 1);
	if (total > 0)
		REQUIRE(at_most(low, positive / total) && at_most(positive / total, high));
	REQUIRE(total > 0 || (low == 0 && high == 1));
	if (z > 0)
		REQUIRE((positive > 0 || low == 0) && (positive < total || high == 1));
	if (ocl_wilson_bounds(positive + 1, total + 1, z, &low_2, &high_2) == OCL_OK)
		REQUIRE(at_most(low, low_2) && (total == 0 || at_most(high, high_2)));
	if (ocl_wilson_bounds(positive, total, z * 1.5, &low_2, &high_2) == OCL_OK)
		REQUIRE(at_most(low_2, low) && at_most(high, high_2));
}

static void fuzz_confidence(struct input *input)
{
	double confidence = next_double(input), z = UNTOUCHED, wider = 0;
	int status = ocl_confidence_z(confidence, &z);

	REQUIRE(answers(status, share(confidence)));
	REQUIRE(status == OCL_OK ? z >= 0 && z < 10 : z == UNTOUCHED);
	if (status == OCL_OK && ocl_confidence_z(confidence + (1 - confidence) / 4, &wider) == OCL_OK)
		REQUIRE(at_most(z, wider));
}

static void fuzz_jeffreys(struct input *input)
{
	double positive = next_double(input), total = next_double(input), confidence = next_double(input);
	double low = UNTOUCHED, high = UNTOUCHED, low_2 = 0, high_2 = 0;
	int faults = range(total, 0, 1e9) | share(confidence);

	faults |= range(positive, 0, isfinite(total) ? total : HUGE_VAL);
	int status = ocl_jeffreys_bounds(positive, total, confidence, &low, &high);
	REQUIRE(answers(status, faults));
	if (status != OCL_OK) {
		REQUIRE(low == UNTOUCHED && high == UNTOUCHED);
		return;
	}
	REQUIRE(low >= 0 && low <= high && high <= 1);
	if (ocl_jeffreys_bounds(total - positive, total, confidence, &low_2, &high_2) == OCL_OK &&
	    total - (total - positive) == positive)
		REQUIRE(fabs(1 - high_2 - low) <= 1e-9 && fabs(1 - low_2 - high) <= 1e-9);
	if (ocl_jeffreys_bounds(positive + 1, total + 1, confidence, &low_2, &high_2) == OCL_OK)
		REQUIRE(low <= low_2 + 1e-9 && high <= high_2 + 1e-9);
}

static void fuzz_average(struct input *input)
{
	double sum = next_double(input), count = next_double(input), mean = next_double(input);
	double weight = next_double(input), value = UNTOUCHED;
	int faults = range(sum, -1e300, 1e300) | range(count, 0, OCL_VOTES_MAX) | range(mean, -1e150, 1e150) |
	             range(weight, 0, 1e150);
	int status = ocl_bayesian_average(sum, count, mean, weight, &value);

	if (faults == RIGHT && count + weight < FEWEST)
		faults = OUT_OF_RANGE;
	/* A mean that no double holds is out of range, too. */
	REQUIRE(answers(status, faults) || (status == OCL_ERANGE && count + weight < 1));
	if (status != OCL_OK) {
		REQUIRE(value == UNTOUCHED);
		return;
	}
	REQUIRE(isfinite(value));
	double own = count > 0 ? sum / count : mean;
	if (count > 0 && isfinite(own)) {
		double slack = 1e-12 * (fabs(own) + fabs(mean)) + 1e-300;
		REQUIRE(value >= fmin(own, mean) - slack && value <= fmax(own, mean) + slack);
	}
}

static void fuzz_stars(struct input *input)
{
	unsigned stars = next_below(input, 12);
	double *counts = (double *)room_of(stars * sizeof(double));
	double *prior = next_below(input, 2) != 0 ? (double *)room_of(stars * sizeof(double)) : NULL;
	double z = next_double(input), sum = 0;
	struct ocl_star_estimate estimate = {UNTOUCHED, UNTOUCHED, UNTOUCHED, UNTOUCHED}, better;
	const struct ocl_star_estimate kept = estimate;
	int faults = range(z, 0, OCL_Z_MAX);

	for (unsigned i = 0; i < stars; i++) {
		counts[i] = next_double(input);
		faults |= range(counts[i], 0, 1e300);
		if (prior != NULL) {
			prior[i] = next_double(input);
			faults |= range(prior[i], 0, 1e300);
		}
		sum += counts[i] + (prior != NULL ? prior[i] : 1);
	}
	int status = ocl_star_estimate(counts, prior, stars, z, &estimate);
	if (faults == RIGHT && sum >= FEWEST && stars >= 2)
		REQUIRE(status == OCL_OK);
	else
		REQUIRE(status == OCL_EINVAL || status == OCL_ERANGE);
	if (status == OCL_OK) {
		REQUIRE(isfinite(estimate.variance) && estimate.variance >= 0);
		REQUIRE(estimate.lower >= 1 && estimate.lower <= estimate.mean);
		REQUIRE(estimate.mean <= estimate.upper && estimate.upper <= stars);
		counts[stars - 1] += 1;
		if (ocl_star_estimate(counts, prior, stars, z, &better) == OCL_OK)
			REQUIRE(at_most(estimate.mean, better.mean));
	} else {
		check_untouched(&estimate, &kept, sizeof kept);
	}
	free(counts);
	free(prior);
}

/* A counter's reading is never more than all that went in, and less the later. */
static void check_counter(const struct ocl_decayed *counter, double half_life, double added, double time)
{
	double now = UNTOUCHED, later = UNTOUCHED, key = UNTOUCHED;
	int faults = range(time, -1e15, 1e15) | range(half_life, 1e-9, 1e15);
	int status = ocl_decayed_value(counter, time, half_life, &now);

	REQUIRE(answers(status, faults));
	REQUIRE(answers(ocl_decayed_key(counter, half_life, &key), range(half_life, 1e-9, 1e15)));
	if (status != OCL_OK) {
		REQUIRE(now == UNTOUCHED);
		return;
	}
	REQUIRE(now >= 0 && at_most(now, added) && at_most(now, counter->value));
	if (ocl_decayed_value(counter, time + half_life, half_life, &later) == OCL_OK)
		REQUIRE(later >= 0 && at_most(later, now));
	REQUIRE(isfinite(key) && (key == -1e300) == (counter->value == 0));
}

static void fuzz_decayed(struct input *input)
{
	struct ocl_decayed counter = {0, 0}, kept;
	double half_life = next_double(input), added = 0;

	for (int events = 0; events < 12 && input->left > 0; events++) {
		double amount = next_double(input), time = next_double(input);
		int faults = range(amount, 0, 1e100) | range(time, -1e15, 1e15) | range(half_life, 1e-9, 1e15);
		kept = counter;
		int status = ocl_decayed_add(&counter, amount, time, half_life);
		REQUIRE(answers(status, faults));
		if (status != OCL_OK)
			check_untouched(&counter, &kept, sizeof kept);
		else
			added += amount;
		REQUIRE(isfinite(counter.value) && counter.value >= 0 && at_most(counter.value, added));
		check_counter(&counter, half_life, added, time);
	}
	/* A counter of any bits. */
	counter.value = next_double(input);
	counter.time_seconds = next_double(input);
	kept = counter;
	int status = ocl_decayed_add(&counter, next_double(input), next_double(input), half_life);
	if (status != OCL_OK)
		check_untouched(&counter, &kept, sizeof kept);
	else
		REQUIRE(isfinite(counter.value) && counter.value >= 0 && isfinite(counter.time_seconds));
}

static void fuzz_orders(struct input *input)
{
	double a = next_double(input), b = next_double(input), c = next_double(input), d = next_double(input);
	double score = UNTOUCHED, other = UNTOUCHED;
	int votes = range(a, 0, 1e300) | range(b, 0, 1e300);

	int status = ocl_hot_score(a, b, c, d, &score);
	REQUIRE(answers(status, votes | range(c, -1e15, 1e15) | range(d, 1e-3, 1e15)));
	REQUIRE(status == OCL_OK ? isfinite(score) : score == UNTOUCHED);
	if (status == OCL_OK && ocl_hot_score(a * 2 + 1, b, c, d, &other) == OCL_OK)
		REQUIRE(at_most(score, other));
	score = other = UNTOUCHED;
	status = ocl_controversy_score(a, b, &score);
	REQUIRE(answers(status, votes));
	REQUIRE(status == OCL_OK ? isfinite(score) && score >= 0 : score == UNTOUCHED);
	if (status == OCL_OK) {
		REQUIRE(ocl_controversy_score(b, a, &other) == OCL_OK && other == score);
		REQUIRE((a > 0 && b > 0) || score == 0);
	}
	score = other = UNTOUCHED;
	status = ocl_gravity_score(a, b, c, &score);
	REQUIRE(answers(status, range(a, -1e300, 1e300) | range(b, 0, 1e15) | range(c, 0, 10)));
	REQUIRE(status == OCL_OK ? isfinite(score) && fabs(score) <= fabs(a - 1) : score == UNTOUCHED);
	if (status == OCL_OK && ocl_gravity_score(a, b * 2 + 1, c, &other) == OCL_OK)
		REQUIRE(at_most(fabs(other), fabs(score)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const targets[])(struct input *) = {fuzz_wilson, fuzz_confidence, fuzz_jeffreys, fuzz_average,
	                                                  fuzz_stars,  fuzz_decayed,    fuzz_orders};
	struct input input = {data, size, &doubles};

	targets[next_byte(&input) % (sizeof targets / sizeof *targets)](&input);
	return 0;
}
