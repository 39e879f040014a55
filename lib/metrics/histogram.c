/* SPDX-License-Identifier: MIT */
/*
 * State          for each thread slot (base/thread_slot.h) a stripe: the sum of its values, a count for each bound and
 *                one for infinity. Its owner alone writes it; any thread reads it. The last stripe is shared by all
 *                threads without a slot.
 * Invariant      no count ever goes backwards, nor a sum where no bound is negative. What is in a sum is in the counts.
 * Linearization  a measurement takes effect with the store of its count; the sum follows.
 * Ordering       stripe_histogram.h.
 * Progress       readers and owners wait-free; threads in the shared stripe lock-free.
 * ABA            a sum that went and came back is as good: only its value counts.
 *
 * Sums that outgrow a double are shown as the largest one: infinite in one stripe and minus infinite in another, they
 * would add to not-a-number.
 */
#include "metrics/number.h"
#include "metrics/registry.h"
#include "metrics/stripe_histogram.h"

#include <float.h>
#include <math.h>

#define LINE_WORDS 8u

_Static_assert(sizeof(struct ocl__bound_text) == 32, "a text of a bound is 32 bytes");

/* Words of a stripe: the sum, the counts, the count of infinity, up to a whole line. */
static size_t stripe_words(size_t bound_count)
{
	return (bound_count + 2 + LINE_WORDS - 1) / LINE_WORDS * LINE_WORDS;
}

size_t ocl_histogram_size(size_t bound_count)
{
	if (bound_count > OCL_HISTOGRAM_BOUNDS_MAX)
		return 0;
	return sizeof(struct ocl_histogram) + bound_count * (sizeof(double) + sizeof(struct ocl__bound_text)) + 63 +
	       (OCL__SLOTS + 1) * stripe_words(bound_count) * sizeof(ocl_atomic);
}

int ocl__histogram_check(const double *bounds, size_t bound_count, const void *memory, size_t size)
{
	if (memory == NULL || (bounds == NULL && bound_count > 0))
		return OCL_EINVAL;
	if ((uintptr_t)memory % _Alignof(struct ocl_histogram) != 0)
		return OCL_EALIGN;
	if (bound_count > OCL_HISTOGRAM_BOUNDS_MAX)
		return OCL_ERANGE;
	for (size_t i = 0; i < bound_count; i++)
		if (!isfinite(bounds[i]) || (i > 0 && !(bounds[i - 1] < bounds[i])))
			return OCL_EINVAL;
	return size < ocl_histogram_size(bound_count) ? OCL_ESIZE : OCL_OK;
}

struct ocl_histogram *ocl__histogram_lay_out(void *memory, const double *bounds, size_t bound_count)
{
	struct ocl_histogram *histogram = (struct ocl_histogram *)memory;
	size_t size = ocl_histogram_size(bound_count);
	double *own_bounds = (double *)(void *)(histogram + 1);
	struct ocl__bound_text *texts = (struct ocl__bound_text *)(void *)(own_bounds + bound_count);

	memset(memory, 0, size);
	histogram->size = size;
	histogram->bound_count = bound_count;
	histogram->stripe_words = stripe_words(bound_count);
	histogram->signed_ = bound_count > 0 && bounds[0] < 0;
	histogram->bounds = (size_t)(uintptr_t)own_bounds;
	histogram->texts = (size_t)(uintptr_t)texts;
	histogram->stripes = (size_t)ocl__line_at((uintptr_t)(texts + bound_count));
	for (size_t i = 0; i < bound_count; i++) {
		own_bounds[i] = bounds[i];
		texts[i].length = (unsigned char)ocl__number_float(texts[i].text, bounds[i]);
	}
	return histogram;
}

static ocl_atomic *stripe_of(const struct ocl_histogram *histogram, unsigned slot)
{
	return (ocl_atomic *)(uintptr_t)histogram->stripes + histogram->stripe_words * slot;
}

/* The number of bounds below `value`: where it counts. */
static size_t place_of(const struct ocl_histogram *histogram, double value)
{
	const double *bounds = (const double *)(uintptr_t)histogram->bounds;
	size_t first = 0;
	size_t count = histogram->bound_count;

	while (count > 0) { /* the compiler makes this a conditional move, so that no branch is guessed wrongly */
		size_t half = count / 2;
		first = bounds[first + half] < value ? first + count - half : first;
		count = half;
	}
	return first;
}

int ocl_histogram_observe(struct ocl_histogram *histogram, double value)
{
	if (histogram == NULL || isnan(value))
		return OCL_EINVAL;
	if (isinf(value) || (value < 0 && histogram->signed_ == 0))
		return OCL_ERANGE;
	unsigned slot = ocl__thread_slot();
	if (slot != OCL__SLOT_SHARED)
		ocl__stripe_observe(stripe_of(histogram, slot), place_of(histogram, value), value);
	else
		ocl__stripe_observe_shared(stripe_of(histogram, slot), place_of(histogram, value), value);
	return OCL_OK;
}

static double not_infinite(double value)
{
	return value > DBL_MAX ? DBL_MAX : value < -DBL_MAX ? -DBL_MAX : value;
}

/* Fill the bound_count + 1 cumulative counts and return the sum. */
double ocl__histogram_read(const struct ocl_histogram *histogram, uint64_t *cumulative)
{
	size_t places = histogram->bound_count + 1;
	double sum = 0;

	memset(cumulative, 0, places * sizeof *cumulative);
	for (unsigned i = 0, end = ocl__thread_slot_end(); i <= end; i++) {
		const ocl_atomic *stripe = stripe_of(histogram, ocl__stripe_slot(i, end));
		sum += not_infinite(ocl__stripe_read(stripe, places, cumulative));
	}
	for (size_t place = 1; place < places; place++)
		cumulative[place] += cumulative[place - 1];
	return not_infinite(sum);
}

int ocl_histogram_snapshot(const struct ocl_histogram *histogram, uint64_t *cumulative, size_t capacity,
                           struct ocl_histogram_snapshot *snapshot)
{
	uint64_t own[OCL_HISTOGRAM_BOUNDS_MAX + 1];

	if (histogram == NULL || snapshot == NULL)
		return OCL_EINVAL;
	if (snapshot->struct_size != sizeof *snapshot)
		return OCL_ESIZE;
	if (cumulative != NULL && capacity < histogram->bound_count + 1)
		return OCL_ESIZE;
	uint64_t *counts = cumulative != NULL ? cumulative : own;
	snapshot->sum = ocl__histogram_read(histogram, counts);
	snapshot->count = counts[histogram->bound_count];
	snapshot->bound_count = histogram->bound_count;
	return OCL_OK;
}
