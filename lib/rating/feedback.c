/* SPDX-License-Identifier: MIT */
/*
 * Wilson's bounds without cancellation. With p of n positive votes they are the roots of
 *
 *     (n + z^2) x^2 - (2p + z^2) x + p^2 / n = 0
 *
 * The larger root is a sum of positive terms. The smaller follows from the product of the roots, p^2 / (n (n + z^2)),
 * where the textbook's difference would leave no digit for large n: it is p/n times p over (p + z^2/2 + z root), and
 * exactly 0 at p = 0. The upper bound near 1 is 1 less the lower bound of the negative votes, and exactly 1 without any.
 */
#include "openclaw/feedback.h"

#include "base/math.h"
#include "rating/check.h"

int ocl_wilson_bounds(double positive, double total, double z, double *lower, double *upper)
{
	if (lower == NULL || upper == NULL)
		return OCL_EINVAL;
	if (!ocl__in_range(total, 0.0, OCL_VOTES_MAX) || !ocl__in_range(positive, 0.0, total) ||
	    !ocl__in_range(z, 0.0, OCL_Z_MAX)) {
		bool finite = ocl__is_finite(positive) && ocl__is_finite(total) && ocl__is_finite(z);
		return finite ? OCL_ERANGE : OCL_EINVAL;
	}
	if (total == 0.0) {
		*lower = 0.0;
		*upper = 1.0;
		return OCL_OK;
	}

	double negative = total - positive;
	double half = 0.5 * z * z;
	double share = positive / total;
	double root = z * ocl__sqrt(share * negative + 0.5 * half);
	double low = positive > 0.0 ? share * (positive / (positive + half + root)) : 0.0;
	double high = (positive + half + root) / (total + 2.0 * half);

	if (high > 0.5)
		high = negative > 0.0 ? 1.0 - negative / total * (negative / (negative + half + root)) : 1.0;
	*lower = low;
	*upper = high > low ? high : low; /* rounding: for z = 0 they are one number */
	return OCL_OK;
}

int ocl_confidence_z(double confidence, double *z)
{
	if (z == NULL)
		return OCL_EINVAL;
	if (!(confidence >= 0.0 && confidence < 1.0))
		return ocl__is_finite(confidence) ? OCL_ERANGE : OCL_EINVAL;
	*z = ocl__normal_half_width(confidence);
	return OCL_OK;
}
