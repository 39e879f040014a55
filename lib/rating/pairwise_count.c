/* SPDX-License-Identifier: MIT */
/*
 * Counts of comparisons, as they come. A table of all pairs has three counts a pair, by outcome, so that a row is one
 * addition at (n first + second) 3 + outcome. With too many items for that, a hash table with linear probing, at most half
 * full; a free place has an item against itself.
 *
 * Rows are checked all before the first is counted. Each count is summed in the order in which its rows came.
 */
#include "openclaw/pairwise.h"
#include "rating/check.h"
#include "rating/pairwise.h"

#define TABLE_ITEMS_MAX 65536

struct ocl_pairwise_counts {
	uint64_t items;
	uint64_t places; /* of the hash table, a power of two; 0: a table of all pairs */
	uint64_t room;   /* pairs that the hash table takes */
	uint64_t used;
	uint64_t keep_order;
};

/* Behind the head: one or the other. */
static double *table_of(const struct ocl_pairwise_counts *counts)
{
	return (double *)((uintptr_t)counts + sizeof *counts);
}

static struct ocl_pairwise_pair *places_of(const struct ocl_pairwise_counts *counts)
{
	return (struct ocl_pairwise_pair *)((uintptr_t)counts + sizeof *counts);
}

static uint64_t places_for(size_t pairs_max)
{
	uint64_t places = 4;

	while (places < 2 * (uint64_t)pairs_max)
		places *= 2;
	return places;
}

size_t ocl_pairwise_counts_size(size_t item_count, size_t pairs_max)
{
	if (item_count < 1 || item_count > OCL_PAIRWISE_ITEMS_MAX || pairs_max > OCL_PAIRWISE_PAIRS_MAX ||
	    (pairs_max == 0 && item_count > TABLE_ITEMS_MAX))
		return 0;
	if (pairs_max == 0)
		return sizeof(struct ocl_pairwise_counts) + item_count * item_count * 3 * sizeof(double);
	return sizeof(struct ocl_pairwise_counts) + places_for(pairs_max) * sizeof(struct ocl_pairwise_pair);
}

int ocl_pairwise_counts_init(void *memory, size_t memory_size, size_t item_count, size_t pairs_max, uint32_t flags,
                             struct ocl_pairwise_counts **counts)
{
	size_t size = ocl_pairwise_counts_size(item_count, pairs_max);

	if (counts == NULL || (flags & ~(uint32_t)OCL_PAIRWISE_KEEP_ORDER) != 0)
		return OCL_EINVAL;
	if (size == 0)
		return OCL_ERANGE;
	int status = ocl__block_status(memory, memory_size, size);
	if (status != OCL_OK)
		return status;

	memset(memory, 0, size); /* places: 0 against 0, so free */
	struct ocl_pairwise_counts *made = (struct ocl_pairwise_counts *)memory;
	made->items = item_count;
	made->places = pairs_max > 0 ? places_for(pairs_max) : 0;
	made->room = pairs_max;
	made->keep_order = (flags & OCL_PAIRWISE_KEEP_ORDER) != 0;
	*counts = made;
	return OCL_OK;
}

/* The place of a pair in the hash table: its own, or the free one where it would go. */
static struct ocl_pairwise_pair *place_of(const struct ocl_pairwise_counts *counts, uint32_t first, uint32_t second)
{
	struct ocl_pairwise_pair *places = places_of(counts);
	uint64_t at = ((uint64_t)first << 32 | second) * UINT64_C(0x9e3779b97f4a7c15);

	at ^= at >> 29;
	for (at &= counts->places - 1;; at = (at + 1) & (counts->places - 1)) {
		struct ocl_pairwise_pair *place = &places[at];
		if (place->first == place->second || (place->first == first && place->second == second))
			return place;
	}
}

/* Find or make a pair in the hash table; NULL if it is full. */
static struct ocl_pairwise_pair *place_make(struct ocl_pairwise_counts *counts, uint32_t first, uint32_t second)
{
	struct ocl_pairwise_pair *place = place_of(counts, first, second);

	if (place->first != place->second)
		return place;
	if (counts->used >= counts->room)
		return NULL;
	place->first = first;
	place->second = second;
	counts->used++;
	return place;
}

static bool turned(const struct ocl_pairwise_counts *counts, uint32_t first, uint32_t second)
{
	return first > second && !counts->keep_order;
}

static bool any_count(const struct ocl_pairwise_pair *pair)
{
	return pair->first_wins > 0.0 || pair->second_wins > 0.0 || pair->ties > 0.0;
}

static bool pair_add(struct ocl_pairwise_counts *counts, const struct ocl_pairwise_pair *pair)
{
	if (counts->places == 0) {
		double *cell = table_of(counts) + (pair->first * counts->items + pair->second) * 3;
		cell[OCL_PAIRWISE_FIRST] += pair->first_wins;
		cell[OCL_PAIRWISE_SECOND] += pair->second_wins;
		cell[OCL_PAIRWISE_TIE] += pair->ties;
		return true;
	}
	if (!any_count(pair))
		return true;
	bool turn = turned(counts, pair->first, pair->second);
	struct ocl_pairwise_pair *place =
		turn ? place_make(counts, pair->second, pair->first) : place_make(counts, pair->first, pair->second);
	if (place == NULL)
		return false;
	place->first_wins += turn ? pair->second_wins : pair->first_wins;
	place->second_wins += turn ? pair->first_wins : pair->second_wins;
	place->ties += pair->ties;
	return true;
}

int ocl_pairwise_counts_add(struct ocl_pairwise_counts *counts, const struct ocl_pairwise_pair *pair)
{
	if (counts == NULL || pair == NULL)
		return OCL_EINVAL;
	if (pair->first >= counts->items || pair->second >= counts->items)
		return OCL_ERANGE;
	if (pair->first == pair->second)
		return OCL_EINVAL;
	const double numbers[3] = {pair->first_wins, pair->second_wins, pair->ties};
	int status = ocl__numbers_status(numbers, 3, 0.0, OCL_PAIRWISE_COUNT_MAX);
	if (status != OCL_OK)
		return status;
	return pair_add(counts, pair) ? OCL_OK : OCL_EFULL;
}

/* Four items, or sixteen outcomes, in one register. */
typedef uint32_t items_4 __attribute__((vector_size(16)));
typedef uint8_t bytes_16 __attribute__((vector_size(16)));

static bool rows_bad_plain(const struct ocl_pairwise_counts *counts, size_t row_count, const uint32_t *first,
                           const uint32_t *second, const uint8_t *outcomes)
{
	uint32_t items = (uint32_t)counts->items;
	uint32_t bad = 0;

	for (size_t i = 0; i < row_count; i++)
		bad |= (uint32_t)(first[i] >= items) | (uint32_t)(second[i] >= items) |
		       (uint32_t)(first[i] == second[i]) | (uint32_t)(outcomes[i] > OCL_PAIRWISE_TIE);
	return bad != 0;
}

/* Is any row bad? Sixteen at a time, without a branch: the answer is nearly always no. */
static bool rows_bad(const struct ocl_pairwise_counts *counts, size_t row_count, const uint32_t *first,
                     const uint32_t *second, const uint8_t *outcomes)
{
	uint32_t items = (uint32_t)counts->items;
	items_4 bad_items = {0, 0, 0, 0};
	bytes_16 bad_outcomes = {0};
	size_t i = 0;

	for (; i + 16 <= row_count; i += 16) {
		bytes_16 outcome;
		memcpy(&outcome, outcomes + i, sizeof outcome);
		bad_outcomes |= (bytes_16)(outcome > OCL_PAIRWISE_TIE);
		for (size_t k = i; k < i + 16; k += 4) {
			items_4 a;
			items_4 b;
			memcpy(&a, first + k, sizeof a);
			memcpy(&b, second + k, sizeof b);
			bad_items |= (items_4)(a >= items) | (items_4)(b >= items) | (items_4)(a == b);
		}
	}
	uint64_t words[4];
	memcpy(words, &bad_items, sizeof bad_items);
	memcpy(words + 2, &bad_outcomes, sizeof bad_outcomes);
	return (words[0] | words[1] | words[2] | words[3]) != 0 ||
	       rows_bad_plain(counts, row_count - i, first + i, second + i, outcomes + i);
}

/* An item that is none comes before one against itself. */
static int rows_status(const struct ocl_pairwise_counts *counts, size_t row_count, const uint32_t *first,
                       const uint32_t *second, const uint8_t *outcomes)
{
	if (!rows_bad(counts, row_count, first, second, outcomes))
		return OCL_OK;
	for (size_t i = 0; i < row_count; i++) {
		if (first[i] >= counts->items || second[i] >= counts->items || outcomes[i] > OCL_PAIRWISE_TIE)
			return OCL_ERANGE;
	}
	return OCL_EINVAL;
}

static void table_add_rows(struct ocl_pairwise_counts *counts, size_t row_count, const uint32_t *first,
                           const uint32_t *second, const uint8_t *outcomes, const double *weights)
{
	double *table = table_of(counts);
	uint64_t items = counts->items;

	if (weights == NULL) {
		for (size_t i = 0; i < row_count; i++)
			table[(first[i] * items + second[i]) * 3 + outcomes[i]] += 1.0;
	} else {
		for (size_t i = 0; i < row_count; i++)
			table[(first[i] * items + second[i]) * 3 + outcomes[i]] += weights[i];
	}
}

/* The pairs first, so that a table that is full is known before anything is counted. Those that were made in vain have
 * counts of 0, as no other has, and are freed again: what was there before stands where it stood. */
static int hash_make_rows(struct ocl_pairwise_counts *counts, size_t row_count, const uint32_t *first,
                          const uint32_t *second, const double *weights)
{
	struct ocl_pairwise_pair *places = places_of(counts);
	uint64_t used = counts->used;

	for (size_t i = 0; i < row_count; i++) {
		bool turn = turned(counts, first[i], second[i]);
		if (weights != NULL && weights[i] == 0.0)
			continue;
		if (place_make(counts, turn ? second[i] : first[i], turn ? first[i] : second[i]) != NULL)
			continue;
		for (uint64_t at = 0; at < counts->places; at++) {
			if (!any_count(&places[at]))
				places[at].first = places[at].second = 0;
		}
		counts->used = used;
		return OCL_EFULL;
	}
	return OCL_OK;
}

static void hash_add_rows(struct ocl_pairwise_counts *counts, size_t row_count, const uint32_t *first,
                          const uint32_t *second, const uint8_t *outcomes, const double *weights)
{
	for (size_t i = 0; i < row_count; i++) {
		double weight = weights != NULL ? weights[i] : 1.0;
		struct ocl_pairwise_pair pair = {first[i], second[i], 0.0, 0.0, 0.0};
		pair.first_wins = outcomes[i] == OCL_PAIRWISE_FIRST ? weight : 0.0;
		pair.second_wins = outcomes[i] == OCL_PAIRWISE_SECOND ? weight : 0.0;
		pair.ties = outcomes[i] == OCL_PAIRWISE_TIE ? weight : 0.0;
		(void)pair_add(counts, &pair);
	}
}

int ocl_pairwise_counts_add_rows(struct ocl_pairwise_counts *counts, size_t row_count, const uint32_t *first,
                                 const uint32_t *second, const uint8_t *outcomes, const double *weights)
{
	if (counts == NULL)
		return OCL_EINVAL;
	if (row_count == 0)
		return OCL_OK;
	if (first == NULL || second == NULL || outcomes == NULL)
		return OCL_EINVAL;
	int status = rows_status(counts, row_count, first, second, outcomes);
	if (status == OCL_OK && weights != NULL)
		status = ocl__numbers_status(weights, row_count, 0.0, OCL_RATING_WEIGHT_MAX);
	if (status != OCL_OK)
		return status;
	if (counts->places == 0) {
		table_add_rows(counts, row_count, first, second, outcomes, weights);
		return OCL_OK;
	}
	status = hash_make_rows(counts, row_count, first, second, weights);
	if (status == OCL_OK)
		hash_add_rows(counts, row_count, first, second, outcomes, weights);
	return status;
}

/* A pair of the table; with the counts of the other way round, if these are one. False: nothing there. */
static bool table_pair(const struct ocl_pairwise_counts *counts, uint32_t first, uint32_t second,
                       struct ocl_pairwise_pair *pair)
{
	const double *cell = table_of(counts) + (first * counts->items + second) * 3;

	*pair = (struct ocl_pairwise_pair){first, second, cell[0], cell[1], cell[2]};
	if (!counts->keep_order) {
		const double *other = table_of(counts) + (second * counts->items + first) * 3;
		pair->first_wins += other[OCL_PAIRWISE_SECOND];
		pair->second_wins += other[OCL_PAIRWISE_FIRST];
		pair->ties += other[OCL_PAIRWISE_TIE];
	}
	return first != second && any_count(pair);
}

/* All pairs of the table in order, to `pairs` unless that is NULL; their number. */
static size_t table_list(const struct ocl_pairwise_counts *counts, struct ocl_pairwise_pair *pairs)
{
	size_t count = 0;

	for (uint32_t first = 0; first < counts->items; first++) {
		for (uint32_t second = counts->keep_order ? 0 : first + 1; second < counts->items; second++) {
			struct ocl_pairwise_pair pair;
			if (!table_pair(counts, first, second, &pair))
				continue;
			if (pairs != NULL)
				pairs[count] = pair;
			count++;
		}
	}
	return count;
}

static size_t hash_list(const struct ocl_pairwise_counts *counts, struct ocl_pairwise_pair *pairs)
{
	const struct ocl_pairwise_pair *places = places_of(counts);
	size_t count = 0;

	for (uint64_t i = 0; i < counts->places; i++) {
		if (places[i].first == places[i].second || !any_count(&places[i]))
			continue;
		if (pairs != NULL)
			pairs[count] = places[i];
		count++;
	}
	return count;
}

size_t ocl_pairwise_counts_pairs(const struct ocl_pairwise_counts *counts)
{
	if (counts == NULL)
		return 0;
	return counts->places == 0 ? table_list(counts, NULL) : hash_list(counts, NULL);
}

static bool pair_before(const struct ocl_pairwise_pair *a, const struct ocl_pairwise_pair *b)
{
	return a->first != b->first ? a->first < b->first : a->second < b->second;
}

static void sift_down(struct ocl_pairwise_pair *pairs, size_t root, size_t count)
{
	struct ocl_pairwise_pair moved = pairs[root];

	for (size_t child; (child = 2 * root + 1) < count; root = child) {
		if (child + 1 < count && pair_before(&pairs[child], &pairs[child + 1]))
			child++;
		if (!pair_before(&moved, &pairs[child]))
			break;
		pairs[root] = pairs[child];
	}
	pairs[root] = moved;
}

/* Heap sort: no memory, and no two pairs are equal. */
static void sort_pairs(struct ocl_pairwise_pair *pairs, size_t count)
{
	for (size_t i = count / 2; i-- > 0;)
		sift_down(pairs, i, count);
	for (size_t last = count; last-- > 1;) {
		struct ocl_pairwise_pair largest = pairs[0];
		pairs[0] = pairs[last];
		pairs[last] = largest;
		sift_down(pairs, 0, last);
	}
}

int ocl_pairwise_counts_read(const struct ocl_pairwise_counts *counts, struct ocl_pairwise_pair *pairs, size_t room,
                             size_t *pair_count)
{
	if (counts == NULL || pair_count == NULL)
		return OCL_EINVAL;
	size_t count = ocl_pairwise_counts_pairs(counts);
	if (count > 0 && pairs == NULL)
		return OCL_EINVAL;
	if (count > room)
		return OCL_EFULL;
	if (counts->places == 0) {
		(void)table_list(counts, pairs);
	} else if (count > 0) {
		(void)hash_list(counts, pairs);
		sort_pairs(pairs, count);
	}
	*pair_count = count;
	return OCL_OK;
}
