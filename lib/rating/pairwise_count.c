/* SPDX-License-Identifier: MIT */
/*
 * Counts of comparisons, as they come. A table of all pairs has three counts a pair, by outcome, so that a row is one
 * addition at (n first + second) 3 + outcome. Unless the order is kept, the lower item of a pair is its first, and the lower
 * half of the table stays empty. With too many items for a table of all pairs, a hash table with linear probing, at most
 * half full; a free place has an item against itself.
 *
 * Rows are checked all before the first is counted. Each count is summed in the order in which its rows came.
 *
 * Many rows without weights are tallied first, in whole numbers in the empty half of the table, which has room for six of
 * 32 bits for each pair. These are forgotten if a bad row comes, so that one pass does for checking and counting. In the end
 * they are added to the counts and cleared.
 */
#include "rating/check.h"
#include "rating/pairwise.h"
#include "rating/pairwise_loops.h"

#define TABLE_ITEMS_MAX 65536
#define TALLY_ITEMS_MAX 16384
#define TALLIES         6   /* of two items: by who was first, then by outcome */
#define ROWS_ATONCE     512 /* rows that are checked, and then tallied */

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

static uint32_t *tallies_of(const struct ocl_pairwise_counts *counts)
{
	return (uint32_t *)(uintptr_t)table_of(counts);
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
	return (first > second) & !counts->keep_order;
}

/* A pair's counts in the table; `turn` says that it goes there the other way round. No branch: no one can guess it. */
static double *cell_of(const struct ocl_pairwise_counts *counts, uint32_t first, uint32_t second, bool turn)
{
	uint32_t both = (first ^ second) & -(uint32_t)turn;

	return table_of(counts) + ((first ^ both) * counts->items + (second ^ both)) * 3;
}

/* The outcome of a pair, seen from the other side if `turn`. */
static uint32_t outcome_seen(uint32_t outcome, bool turn)
{
	return outcome ^ ((uint32_t)turn & (uint32_t)(outcome != OCL_PAIRWISE_TIE));
}

static bool any_count(const struct ocl_pairwise_pair *pair)
{
	return ((pair->first_wins > 0.0) | (pair->second_wins > 0.0) | (pair->ties > 0.0)) != 0; /* no branches */
}

static bool pair_add(struct ocl_pairwise_counts *counts, const struct ocl_pairwise_pair *pair)
{
	bool turn = turned(counts, pair->first, pair->second);

	if (counts->places == 0) {
		double *cell = cell_of(counts, pair->first, pair->second, turn);
		cell[outcome_seen(OCL_PAIRWISE_FIRST, turn)] += pair->first_wins;
		cell[outcome_seen(OCL_PAIRWISE_SECOND, turn)] += pair->second_wins;
		cell[OCL_PAIRWISE_TIE] += pair->ties;
		return true;
	}
	if (!any_count(pair))
		return true;
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
	int status = ocl__pairwise_pair_status(pair, counts->items);
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
	for (size_t i = 0; i < row_count; i++) {
		bool turn = turned(counts, first[i], second[i]);
		cell_of(counts, first[i], second[i], turn)[outcome_seen(outcomes[i], turn)] +=
			weights != NULL ? weights[i] : 1.0;
	}
}

/* ---- tallies */

/* Adds the tallies to the counts, or forgets them; the half of the table where they were is empty again. */
static void tallies_end(struct ocl_pairwise_counts *counts, bool add)
{
	for (uint32_t high = 1; high < counts->items; high++) {
		for (uint32_t low = 0; low < high; low++) {
			double *cell = cell_of(counts, low, high, false);
			uint32_t tally[TALLIES];
			memcpy(tally, cell_of(counts, low, high, true), sizeof tally);
			memset(cell_of(counts, low, high, true), 0, sizeof tally);
			if (!add)
				continue;
			for (uint32_t outcome = 0; outcome <= OCL_PAIRWISE_TIE; outcome++)
				cell[outcome] +=
					(double)((uint64_t)tally[outcome] + tally[3 + outcome_seen(outcome, true)]);
		}
	}
}

/* Tallies all rows but the last ones, less than a block, unless one is bad. */
static bool rows_tally(struct ocl_pairwise_counts *counts, size_t row_count, const uint32_t *first,
                       const uint32_t *second, const uint8_t *outcomes)
{
	const struct ocl__pairwise_loops *loops = ocl__pairwise_loops();
	uint32_t *tallies = tallies_of(counts);
	uint32_t places[ROWS_ATONCE];

	for (size_t at = 0; at < row_count; at += ROWS_ATONCE) {
		if (!loops->places((uint32_t)counts->items, ROWS_ATONCE, first + at, second + at, outcomes + at,
		                   places))
			return false;
		for (size_t i = 0; i < ROWS_ATONCE; i += 2) {
			tallies[places[i]]++;
			tallies[places[i + 1]]++;
		}
	}
	return true;
}

static int tallied_add_rows(struct ocl_pairwise_counts *counts, size_t row_count, const uint32_t *first,
                            const uint32_t *second, const uint8_t *outcomes)
{
	size_t blocks = row_count / ROWS_ATONCE * ROWS_ATONCE;
	bool good = rows_tally(counts, blocks, first, second, outcomes) &&
	            !rows_bad(counts, row_count - blocks, first + blocks, second + blocks, outcomes + blocks);

	tallies_end(counts, good);
	if (!good)
		return rows_status(counts, row_count, first, second, outcomes);
	table_add_rows(counts, row_count - blocks, first + blocks, second + blocks, outcomes + blocks, NULL);
	return OCL_OK;
}

/* ---- places */

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
	/* With fewer rows the tallies would cost more than they save. */
	if (counts->places == 0 && !counts->keep_order && weights == NULL && counts->items <= TALLY_ITEMS_MAX &&
	    row_count >= 4 * counts->items * counts->items && row_count <= UINT32_MAX)
		return tallied_add_rows(counts, row_count, first, second, outcomes);
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

/* All pairs of the table in order, to `pairs` unless that is NULL; their number. */
static size_t table_list(const struct ocl_pairwise_counts *counts, struct ocl_pairwise_pair *pairs)
{
	size_t count = 0;

	for (uint32_t first = 0; first < counts->items; first++) {
		for (uint32_t second = counts->keep_order ? 0 : first + 1; second < counts->items; second++) {
			const double *cell = cell_of(counts, first, second, false);
			struct ocl_pairwise_pair pair = {first, second, cell[0], cell[1], cell[2]};
			if (!any_count(&pair)) /* as that of an item and itself */
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

/* ---- the list of a hash table, which comes in no order */

static uint64_t key_of(const struct ocl_pairwise_pair *pair)
{
	return (uint64_t)pair->first << 32 | pair->second;
}

static void sift_down(struct ocl_pairwise_pair *pairs, size_t root, size_t count)
{
	struct ocl_pairwise_pair moved = pairs[root];

	for (size_t child; (child = 2 * root + 1) < count; root = child) {
		if (child + 1 < count && key_of(&pairs[child]) < key_of(&pairs[child + 1]))
			child++;
		if (key_of(&moved) >= key_of(&pairs[child]))
			break;
		pairs[root] = pairs[child];
	}
	pairs[root] = moved;
}

static void swap(struct ocl_pairwise_pair *a, struct ocl_pairwise_pair *b)
{
	struct ocl_pairwise_pair kept = *a;

	*a = *b;
	*b = kept;
}

/* Heap sort: no memory, and no order is bad for it; but slow with many pairs. */
static void sort_slowly(struct ocl_pairwise_pair *pairs, size_t count)
{
	for (size_t i = count / 2; i-- > 0;)
		sift_down(pairs, i, count);
	for (size_t last = count; last-- > 1;) {
		swap(&pairs[0], &pairs[last]);
		sift_down(pairs, 0, last);
	}
}

/* Quicksort about the middle one of three. No two pairs are equal. `depth` is how often parts may be parted. */
static void sort_pairs(struct ocl_pairwise_pair *pairs, size_t count, int depth)
{
	while (count > 16 && depth-- > 0) {
		uint64_t a = key_of(&pairs[0]), b = key_of(&pairs[count / 2]), c = key_of(&pairs[count - 1]);
		uint64_t low = a < b ? a : b, high = a < b ? b : a;
		uint64_t middle = c < low ? low : c < high ? c : high;
		size_t i = 0, j = count - 1;
		for (;; i++, j--) {
			while (key_of(&pairs[i]) < middle)
				i++;
			while (key_of(&pairs[j]) > middle)
				j--;
			if (i >= j)
				break;
			swap(&pairs[i], &pairs[j]);
		}
		/* None before i is above one from i on. The smaller part first, so that the stack stays low. */
		if (i <= count - i) {
			sort_pairs(pairs, i, depth);
			pairs += i;
			count -= i;
		} else {
			sort_pairs(pairs + i, count - i, depth);
			count = i;
		}
	}
	sort_slowly(pairs, count);
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
		sort_pairs(pairs, count, 64);
	}
	*pair_count = count;
	return OCL_OK;
}
