/* SPDX-License-Identifier: MIT */
/* Order teams by rank without memory for it: records that are in order already, few, or many. */
#include "rating/weng_lin.h"

#define FEW 16

static inline bool is_less(const struct ocl_rating *a, const struct ocl_rating *b)
{
	return a->value < b->value || (a->value == b->value && a->volatility < b->volatility);
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
		heap_sort(records, count);
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
