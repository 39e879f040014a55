/* SPDX-License-Identifier: MIT */
/* Counters that fade. The value is kept as of the latest event, so nothing has to be swept, and what fades below the
 * smallest number is gone without an error. */
#include "openclaw/feedback.h"

#include "base/math.h"
#include "rating/check.h"

#define AMOUNT_MAX    1e100
#define VALUE_MAX     1e300
#define TIME_MAX      1e15
#define HALF_LIFE_MIN 1e-9

static int decayed_status(const struct ocl_decayed *counter, double time_seconds, double half_life_seconds)
{
	if (counter == NULL)
		return OCL_EINVAL;
	int status = ocl__number_status(counter->value, 0.0, VALUE_MAX);
	if (status == OCL_OK)
		status = ocl__number_status(counter->time_seconds, -TIME_MAX, TIME_MAX);
	if (status == OCL_OK)
		status = ocl__number_status(time_seconds, -TIME_MAX, TIME_MAX);
	if (status == OCL_OK)
		status = ocl__number_status(half_life_seconds, HALF_LIFE_MIN, TIME_MAX);
	return status;
}

/* What is left of 1 after a time. */
static double left_after(double seconds, double half_life_seconds)
{
	double half_lives = seconds / half_life_seconds;

	return half_lives < 1100.0 ? ocl__exp2(-half_lives) : 0.0;
}

int ocl_decayed_add(struct ocl_decayed *counter, double amount, double time_seconds, double half_life_seconds)
{
	int status = decayed_status(counter, time_seconds, half_life_seconds);

	if (status == OCL_OK)
		status = ocl__number_status(amount, 0.0, AMOUNT_MAX);
	if (status != OCL_OK)
		return status;
	double passed = time_seconds - counter->time_seconds;
	struct ocl_decayed after = {0.0, time_seconds};
	if (counter->value == 0.0) {
		after.value = amount;
	} else if (passed >= 0.0) {
		after.value = counter->value * left_after(passed, half_life_seconds) + amount;
	} else {
		after.value = counter->value + amount * left_after(-passed, half_life_seconds);
		after.time_seconds = counter->time_seconds;
	}
	if (after.value > VALUE_MAX)
		return OCL_ERANGE;
	*counter = after;
	return OCL_OK;
}

int ocl_decayed_value(const struct ocl_decayed *counter, double time_seconds, double half_life_seconds, double *value)
{
	int status = decayed_status(counter, time_seconds, half_life_seconds);

	if (status != OCL_OK)
		return status;
	if (value == NULL)
		return OCL_EINVAL;
	double passed = time_seconds - counter->time_seconds;
	*value = passed > 0.0 ? counter->value * left_after(passed, half_life_seconds) : counter->value;
	return OCL_OK;
}

int ocl_decayed_key(const struct ocl_decayed *counter, double half_life_seconds, double *key)
{
	int status = decayed_status(counter, 0.0, half_life_seconds);

	if (status != OCL_OK)
		return status;
	if (key == NULL)
		return OCL_EINVAL;
	if (counter->value > 0.0)
		*key = ocl__log(counter->value) * 0x1.71547652b82fep+0 + counter->time_seconds / half_life_seconds;
	else
		*key = -1e300;
	return OCL_OK;
}
