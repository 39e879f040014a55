/* SPDX-License-Identifier: MIT */
/* What the tests of the pairwise fits share: memory for a fit, a random problem, how far a point is from a maximum. */
#ifndef OCL_TESTS_PAIRWISE_TEST_H
#define OCL_TESTS_PAIRWISE_TEST_H

#include "rating_test.h"

#include "openclaw/pairwise.h"

#define PAIRS_MAX 4096

static inline void *room_of(size_t size)
{
	ck_assert_uint_gt(size, 0);
	void *memory = malloc(size); /* exactly so much: a sanitizer sees what goes beyond */
	ck_assert_ptr_nonnull(memory);
	memset(memory, 0xa5, size);
	return memory;
}

static inline int fit(const struct ocl_pairwise_problem *problem, const struct ocl_pairwise_settings *settings,
                      double *theta, double *coefficients, struct ocl_pairwise_report *report)
{
	size_t size = ocl_pairwise_fit_size(problem, settings);
	void *memory = room_of(size);

	report->struct_size = sizeof *report;
	int status = ocl_pairwise_fit(problem, settings, memory, size, theta, coefficients, report);
	free(memory);
	return status;
}

static inline int errors_of(const struct ocl_pairwise_problem *problem, const struct ocl_pairwise_settings *settings,
                            int kind, uint32_t reference, double damping, const double *theta,
                            const double *coefficients, const struct ocl_pairwise_report *report, double *errors,
                            double *covariance)
{
	size_t size = ocl_pairwise_errors_size(problem, settings);
	void *memory = room_of(size);
	int status = ocl_pairwise_errors(problem, settings, kind, reference, damping, memory, size, theta, coefficients,
	                                 report, errors, covariance);

	free(memory);
	return status;
}

static inline int connect_of(const struct ocl_pairwise_problem *problem, uint32_t *components, uint32_t *islands,
                             struct ocl_pairwise_report *report)
{
	size_t size = ocl_pairwise_connect_size(problem);
	void *memory = room_of(size);

	report->struct_size = sizeof *report;
	int status = ocl_pairwise_connect(problem, memory, size, components, islands, report);
	free(memory);
	return status;
}

/* Every pair, with counts that leave no item without a way to any other. */
static inline size_t random_pairs(struct seed *random, uint32_t items, struct ocl_pairwise_pair *pairs)
{
	size_t count = 0;

	for (uint32_t i = 0; i < items; i++) {
		for (uint32_t j = i + 1; j < items && count < PAIRS_MAX; j++) {
			if (j != i + 1 && seed_below(random, 3) == 0)
				continue;
			pairs[count++] = (struct ocl_pairwise_pair){
				i,
				j,
				0.5 + (double)seed_below(random, 20),
				0.25 + (double)seed_below(random, 20),
				(double)seed_below(random, 6),
			};
		}
	}
	return count;
}

#endif
