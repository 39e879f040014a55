/* SPDX-License-Identifier: MIT */
/*
 * Sort items by votes: not by the share of good ones, which one lucky vote makes 100 %, but by the lower end of what the
 * share may truly be. Prints the list and exits 0.
 */
#include <openclaw/openclaw.h>

#include <stdio.h>
#include <stdlib.h>

struct item {
	const char *name;
	double good, all;
	double lower, upper;
};

static int better_first(const void *a, const void *b)
{
	double x = ((const struct item *)a)->lower;
	double y = ((const struct item *)b)->lower;

	return (x < y) - (x > y);
}

int main(void)
{
	struct item items[] = {
		{"one lucky vote", 1, 1, 0, 0},  {"loved by many", 950, 1000, 0, 0},
		{"loved by some", 19, 20, 0, 0}, {"no votes yet", 0, 0, 0, 0},
		{"disliked", 3, 40, 0, 0},       {"a decayed count", 7.25, 8.5, 0, 0},
	};
	size_t count = sizeof items / sizeof *items;
	double z;

	if (ocl_confidence_z(0.95, &z) != OCL_OK) /* or OCL_Z_95 */
		return EXIT_FAILURE;
	for (size_t i = 0; i < count; i++) {
		if (ocl_wilson_bounds(items[i].good, items[i].all, z, &items[i].lower, &items[i].upper) != OCL_OK)
			return EXIT_FAILURE;
	}
	qsort(items, count, sizeof *items, better_first);
	for (size_t i = 0; i < count; i++)
		printf("%-16s %7.2f of %7.2f: %.4f .. %.4f\n", items[i].name, items[i].good, items[i].all,
		       items[i].lower, items[i].upper);
	return EXIT_SUCCESS;
}
