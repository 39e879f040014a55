/* SPDX-License-Identifier: MIT */
#include "pods.h"

#include <string.h>

/*
 * Pods that write stand at the front, where they are found at once; those that are gone drift to the end and out. A
 * repetition moves nothing.
 */
bool pods_advance(struct pods *pods, const struct origin *origin)
{
	size_t place = 0;

	while (place < pods->count && pods->list[place].pod != origin->pod)
		place++;
	if (origin->count <= (place < pods->count ? pods->list[place].count : 0))
		return false;
	if (place == pods->count && pods->count < PODS_MAX)
		pods->count++;
	if (place == PODS_MAX)
		place--; /* The one that wrote least lately is forgotten. */
	memmove(&pods->list[1], &pods->list[0], place * sizeof(pods->list[0]));
	pods->list[0] = *origin;
	return true;
}
