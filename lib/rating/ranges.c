/* SPDX-License-Identifier: MIT */
/* See ranges.h. */
#include "rating/ranges.h"

#include "rating/check.h"

int ocl__rows_status(const double (*rows)[3], size_t count)
{
	int status = OCL_OK;

	for (size_t i = 0; status == OCL_OK && i < count; i++)
		status = ocl__number_status(rows[i][0], rows[i][1], rows[i][2]);
	return status;
}
