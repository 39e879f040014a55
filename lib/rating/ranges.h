/* SPDX-License-Identifier: MIT */
/* Numbers that are given together, as settings are, each in a row with the range that it must be in. */
#ifndef OCL_RATING_RANGES_H
#define OCL_RATING_RANGES_H

#include <stddef.h>

/* What is wrong with the first that is not in its range: each row is a number, its least and its greatest. An #ocl_status. */
int ocl__rows_status(const double (*rows)[3], size_t count);

#define OCL__ROWS_STATUS(rows) ocl__rows_status((rows), sizeof(rows) / sizeof *(rows))

#endif
