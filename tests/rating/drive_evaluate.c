/* SPDX-License-Identifier: MIT */
/*
 * What oracle_evaluate.py talks to: a line in, a line out. A line is a number of bins and then, three numbers each, a
 * probability, a score and a weight; or 0 and then, two numbers each, an expected rank and a rank. Hexadecimal, so that
 * nothing is lost. The answer is the status and, if that is 0, the report and the bins.
 */
#include "openclaw/evaluate.h"
#include "openclaw/rating.h"

#include <stdio.h>
#include <stdlib.h>

#define NUMBERS_MAX 4096

static double in[NUMBERS_MAX];

static size_t read_line(void)
{
	static char line[NUMBERS_MAX * 32];
	size_t count = 0;
	char *end;

	if (fgets(line, sizeof line, stdin) == NULL)
		return 0;
	for (char *at = line; count < NUMBERS_MAX; at = end) {
		in[count] = strtod(at, &end);
		if (end == at)
			break;
		count++;
	}
	return count;
}

static int add_all(struct ocl_evaluation *evaluation, size_t count)
{
	static double expected[NUMBERS_MAX];
	static double ranks[NUMBERS_MAX];
	int status = ocl_evaluation_init(evaluation, in[0] > 0 ? (uint32_t)in[0] : 1);
	size_t teams = (count - 1) / 2;

	for (size_t i = 1; in[0] > 0 && status == OCL_OK && i + 2 < count; i += 3)
		status = ocl_evaluation_add(evaluation, in[i], in[i + 1], in[i + 2]);
	if (in[0] > 0 || status != OCL_OK)
		return status;
	for (size_t i = 0; i < teams; i++) {
		expected[i] = in[1 + 2 * i];
		ranks[i] = in[2 + 2 * i];
	}
	return ocl_evaluation_add_ranks(evaluation, expected, ranks, teams);
}

int main(void)
{
	static struct ocl_evaluation evaluation;
	size_t count;

	while ((count = read_line()) > 0) {
		struct ocl_evaluation_report report = {.struct_size = sizeof report};
		struct ocl_evaluation_bin bin;
		int status = add_all(&evaluation, count);

		if (status == OCL_OK)
			status = ocl_evaluation_read(&evaluation, &report);
		printf("%d", status);
		if (status == OCL_OK) {
			printf(" %a %a %a %a %a %a %a %a %a", (double)report.rank_pairs, report.rank_inversions,
			       report.weight, report.log_loss, report.log_loss_error, report.brier, report.accuracy,
			       report.calibration_error, report.observed_mean);
			for (size_t i = 0; ocl_evaluation_bin_at(&evaluation, i, &bin) == OCL_OK; i++)
				printf(" %a %a %a", (double)bin.predictions, bin.predicted_mean, bin.observed_mean);
		}
		putchar('\n');
	}
	return EXIT_SUCCESS;
}
