/* SPDX-License-Identifier: MIT */
/*
 * Order teams by rank without memory for it: records that are in order already, few, or many. Many are split in two around
 * the middle one of three, over and over, by moves that do not depend on what is compared, as a processor cannot guess it;
 * where the splits turn out lopsided, a heap takes over.
 */
#include "rating/weng_lin.h"

#define FEW        16
#define SPLITS_MAX 40 /* more than twice the halvings of any count */

static inline bool is_less(const struct ocl_rating *a, const struct ocl_rating *b)
{
	return (a->value < b->value) | ((a->value == b->value) & (a->volatility < b->volatility));
}

static void insertion_sort(struct ocl_rating *records, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		struct ocl_rating record = records[i];
		size_t j = i;
		for (; j > 0 && is_less(&record, &records[j - 1]); j--)
			records[j] = records[j - 1];
		records[j] = record;
	}
}

/* Let `record` sink from `hole` in a heap whose largest is at 0: the hole goes down to a leaf by the larger children, then
 * up again to where the record belongs, which is not far (I. Wegener, "Bottom-up heapsort", 1993). */
static void sift(struct ocl_rating *heap, size_t count, size_t hole, struct ocl_rating record)
{
	size_t top = hole;

	for (size_t child = 2 * hole + 1; child < count; child = 2 * hole + 1) {
		if (child + 1 < count && is_less(&heap[child], &heap[child + 1]))
			child++;
		heap[hole] = heap[child];
		hole = child;
	}
	while (hole > top && is_less(&heap[(hole - 1) / 2], &record)) {
		heap[hole] = heap[(hole - 1) / 2];
		hole = (hole - 1) / 2;
	}
	heap[hole] = record;
}

static void heap_sort(struct ocl_rating *records, size_t count)
{
	for (size_t i = count / 2; i-- > 0;)
		sift(records, count, i, records[i]);
	for (size_t left = count - 1; left > 0; left--) {
		struct ocl_rating record = records[left];
		records[left] = records[0];
		sift(records, left, 0, record);
	}
}

static void swap(struct ocl_rating *a, struct ocl_rating *b)
{
	struct ocl_rating kept = *a;

	*a = *b;
	*b = kept;
}

/* Records below the pivot, the pivot, those above: where the pivot stands. */
static size_t split(struct ocl_rating *records, size_t count)
{
	struct ocl_rating *first = records;
	struct ocl_rating *middle = records + count / 2;
	struct ocl_rating *last = records + count - 1;
	size_t below = 0;

	/* the median of three goes to the end */
	if (is_less(middle, first))
		swap(middle, first);
	if (is_less(last, first))
		swap(last, first);
	if (is_less(middle, last))
		swap(middle, last);
	const struct ocl_rating pivot = *last;
	for (size_t i = 0; i < count - 1; i++) {
		struct ocl_rating record = records[i];
		records[i] = records[below];
		records[below] = record;
		below += is_less(&record, &pivot);
	}
	swap(&records[below], last);
	return below;
}

/* The smaller part of each split goes first, so that no more than 17 wait at a time. */
void ocl__weng_lin_sort_many(struct ocl_rating *records, size_t count, int splits)
{
	struct part {
		size_t first;
		size_t count;
		int splits; /* left before a heap */
	} waiting[18] = {{0, count, splits}};
	size_t parts = 1;

	while (parts > 0) {
		struct part part = waiting[--parts];
		struct ocl_rating *own = records + part.first;
		if (part.count <= FEW) {
			insertion_sort(own, part.count);
		} else if (part.splits == 0) {
			heap_sort(own, part.count);
		} else {
			size_t below = split(own, part.count);
			struct part low = {part.first, below, part.splits - 1};
			struct part high = {part.first + below + 1, part.count - below - 1, part.splits - 1};
			waiting[parts++] = low.count > high.count ? low : high;
			waiting[parts++] = low.count > high.count ? high : low;
		}
	}
}

void ocl__weng_lin_sort(struct ocl_rating *records, size_t count)
{
	size_t ordered = 1;

	while (ordered < count && is_less(&records[ordered - 1], &records[ordered]))
		ordered++;
	if (ordered == count)
		return;
	if (count <= FEW)
		insertion_sort(records, count);
	else
		ocl__weng_lin_sort_many(records, count, SPLITS_MAX);
}

void ocl__weng_lin_scatter(struct ocl_rating *records, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		for (size_t home = (size_t)records[i].volatility; home != i; home = (size_t)records[i].volatility) {
			struct ocl_rating other = records[home];
			records[home] = records[i];
			records[i] = other;
		}
	}
}
