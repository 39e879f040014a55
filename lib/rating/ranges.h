/* SPDX-License-Identifier: MIT */
/* Numbers that are given together, as settings are, each in a row with the range that it must be in. */
#ifndef OCL_RATING_RANGES_H
#define OCL_RATING_RANGES_H

#include "rating/check.h"

/* What is wrong with the first that is not in its range: each row is a number, its least and its greatest. An #ocl_status.
 * Inline, so that compilers need not put the rows into memory: a game by settings is checked in few operations. */
static inline __attribute__((always_inline)) int ocl__rows_status(const double (*rows)[3], size_t count)
{
	for (size_t i = 0; i < count; i++) {
		int status = ocl__number_status(rows[i][0], rows[i][1], rows[i][2]);
		if (status != OCL_OK)
			return status;
	}
	return OCL_OK;
}

#define OCL__ROWS_STATUS(rows) ocl__rows_status((rows), sizeof(rows) / sizeof *(rows))

#endif
