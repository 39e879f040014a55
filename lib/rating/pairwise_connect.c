/* SPDX-License-Identifier: MIT */
/*
 * What can be compared with what. The edges of a graph go from winners to losers, a tie is one each way, and items with
 * anchors stand in a ring, since they are compared with each other. Strong components by R. Tarjan's algorithm (1972),
 * without recursion: `path` is what would be its call stack, `next` the edge at which each call stopped. He finds them from
 * the bottom up; they are numbered from the top down.
 *
 * Nearly always there is but one. Of not too many items that is seen faster with a bit for each edge: all can be reached
 * from the first, and the first from all.
 */
#include "rating/pairwise.h"

#include "rating/check.h"

#define UNSEEN 0u

/* Go down from `root`; a component is closed where `low` says that no path leads further up. `order` counts from 1. */
static void search_from(struct ocl__components *graph, uint32_t root, uint32_t *order, uint32_t *found,
                        uint32_t *stacked)
{
	uint32_t depth = 0;

	graph->path[depth++] = root;
	while (depth > 0) {
		uint32_t node = graph->path[depth - 1];
		if (graph->low[node] == UNSEEN) {
			graph->low[node] = graph->component[node] = ++*order; /* the order, until it has a component */
			graph->stack[(*stacked)++] = node;
			graph->next[node] = graph->starts[node];
		}
		bool went_down = false;
		while (graph->next[node] < graph->starts[node + 1]) {
			uint32_t target = graph->targets[graph->next[node]];
			if (graph->low[target] == UNSEEN) {
				graph->path[depth++] = target;
				went_down = true;
				break;
			}
			if (graph->low[target] < graph->low[node])
				graph->low[node] = graph->low[target];
			graph->next[node]++;
		}
		if (went_down)
			continue;
		depth--;
		if (graph->low[node] != graph->component[node])
			continue;
		for (uint32_t member = UINT32_MAX; member != node; graph->component[member] = *found) {
			member = graph->stack[--*stacked];
			graph->low[member] = UINT32_MAX; /* closed: no path up */
		}
		++*found;
	}
}

void ocl__components_find(struct ocl__components *graph, struct ocl_pairwise_report *report)
{
	uint32_t order = 0;
	uint32_t found = 0;
	uint32_t stacked = 0;

	for (uint32_t node = 0; node < graph->nodes; node++)
		graph->low[node] = UNSEEN;
	for (uint32_t node = 0; node < graph->nodes; node++) {
		if (graph->low[node] == UNSEEN)
			search_from(graph, node, &order, &found, &stacked);
	}
	uint32_t *sizes = graph->low;
	memset(sizes, 0, graph->nodes * sizeof *sizes);
	for (uint32_t node = 0; node < graph->nodes; node++) {
		graph->component[node] = found - 1 - graph->component[node];
		uint32_t size = ++sizes[graph->component[node]];
		if (size > report->component_largest)
			report->component_largest = size;
	}
	report->component_count = found;
}

void ocl__components_cut(struct ocl__components *graph, size_t nodes, size_t edges, struct ocl__block *block)
{
	graph->nodes = (uint32_t)nodes;
	graph->starts = (size_t *)ocl__block_take(block, nodes + 2, sizeof *graph->starts);
	graph->next = (size_t *)ocl__block_take(block, nodes, sizeof *graph->next);
	graph->targets = (uint32_t *)ocl__block_take(block, edges, sizeof *graph->targets);
	graph->component = (uint32_t *)ocl__block_take(block, nodes, sizeof *graph->component);
	graph->low = (uint32_t *)ocl__block_take(block, nodes, sizeof *graph->low);
	graph->stack = (uint32_t *)ocl__block_take(block, nodes, sizeof *graph->stack);
	graph->path = (uint32_t *)ocl__block_take(block, nodes, sizeof *graph->path);
}

void ocl__components_begin(struct ocl__components *graph)
{
	memset(graph->starts, 0, (graph->nodes + (size_t)2) * sizeof *graph->starts);
}

void ocl__components_counted(struct ocl__components *graph)
{
	for (size_t i = 1; i <= graph->nodes; i++)
		graph->starts[i + 1] += graph->starts[i];
}

void ocl__records_report(const uint32_t *did, size_t items, struct ocl_pairwise_report *report)
{
	for (size_t i = 0; i < items; i++) {
		report->items_without_games += did[i] == 0;
		report->items_without_wins += did[i] == 2;
		report->items_without_losses += did[i] == 1;
	}
}

/* ---- a problem's graph */

/* Up to so many items edges are bits too. */
#define BIT_ITEMS_MAX 2048

struct connect_memory {
	struct ocl__components graph;
	uint64_t *beaten, *beaten_by; /* a row of bits an item */
};

static size_t words_of(size_t items)
{
	return items <= BIT_ITEMS_MAX ? (items + 63) / 64 : 0;
}

static void memory_cut(size_t items, size_t pairs, size_t anchors, struct ocl__block *block, struct connect_memory *cut)
{
	ocl__components_cut(&cut->graph, items, 2 * pairs + anchors, block);
	cut->beaten = (uint64_t *)ocl__block_take(block, items * words_of(items), sizeof *cut->beaten);
	cut->beaten_by = (uint64_t *)ocl__block_take(block, items * words_of(items), sizeof *cut->beaten_by);
}

size_t ocl__pairwise_connect_bytes(size_t items, size_t pairs, size_t anchors)
{
	struct ocl__block block = {NULL, 0};
	struct connect_memory cut;

	memory_cut(items, pairs, anchors, &block, &cut);
	return block.used;
}

static bool first_scored(const struct ocl_pairwise_pair *pair)
{
	return ((pair->first_wins > 0.0) | (pair->ties > 0.0)) != 0;
}

static bool second_scored(const struct ocl_pairwise_pair *pair)
{
	return ((pair->second_wins > 0.0) | (pair->ties > 0.0)) != 0;
}

/* Edges in rows by winner. */
static void edges_build(const struct ocl__pairwise *pairwise, struct ocl__components *graph)
{
	const struct ocl_pairwise_problem *problem = pairwise->problem;

	ocl__components_begin(graph);
	for (int fill = 0; fill < 2; fill++) {
		for (size_t i = 0; i < problem->pair_count; i++) {
			const struct ocl_pairwise_pair *pair = &problem->pairs[i];
			if (ocl__pairwise_weight(pairwise, i) == 0.0)
				continue;
			if (first_scored(pair))
				ocl__components_edge(graph, fill, pair->first, pair->second);
			if (second_scored(pair))
				ocl__components_edge(graph, fill, pair->second, pair->first);
		}
		for (size_t i = 0; i < problem->anchor_count; i++) {
			size_t next = i + 1 < problem->anchor_count ? i + 1 : 0;
			ocl__components_edge(graph, fill, problem->anchors[i].item, problem->anchors[next].item);
		}
		if (!fill)
			ocl__components_counted(graph);
	}
}

/* The lowest item of an island, by which it goes; paths are halved on the way. */
static uint32_t island_of(uint32_t *parents, uint32_t item)
{
	while (parents[item] != item) {
		parents[item] = parents[parents[item]];
		item = parents[item];
	}
	return item;
}

void ocl__islands_join(uint32_t *parents, uint32_t a, uint32_t b)
{
	a = island_of(parents, a);
	b = island_of(parents, b);
	if (a < b)
		parents[b] = a;
	else
		parents[a] = b;
}

/* Islands, numbered by their lowest item; how many. `numbers` is written behind the parents that are still read. */
static uint32_t islands_find(const struct ocl__pairwise *pairwise, uint32_t *parents, uint32_t *numbers)
{
	const struct ocl_pairwise_problem *problem = pairwise->problem;
	uint32_t found = 0;

	for (uint32_t i = 0; i < pairwise->items; i++)
		parents[i] = i;
	for (size_t i = 0; i < problem->pair_count; i++) {
		const struct ocl_pairwise_pair *pair = &problem->pairs[i];
		if (ocl__pairwise_weight(pairwise, i) > 0.0 && (first_scored(pair) || second_scored(pair)))
			ocl__islands_join(parents, pair->first, pair->second);
	}
	for (size_t i = 1; i < problem->anchor_count; i++)
		ocl__islands_join(parents, problem->anchors[0].item, problem->anchors[i].item);
	for (uint32_t i = 0; i < pairwise->items; i++)
		numbers[i] = parents[i] == i ? found++ : numbers[island_of(parents, i)];
	return found;
}

static void count_records(const struct ocl__pairwise *pairwise, uint32_t *seen, struct ocl_pairwise_report *report)
{
	memset(seen, 0, pairwise->items * sizeof *seen);
	for (size_t i = 0; i < pairwise->pairs; i++) {
		const struct ocl_pairwise_pair *pair = &pairwise->problem->pairs[i];
		if (ocl__pairwise_weight(pairwise, i) == 0.0)
			continue;
		uint32_t first = (first_scored(pair) ? 1u : 0u) | (second_scored(pair) ? 2u : 0u);
		seen[pair->first] |= first;
		seen[pair->second] |= first >> 1 | (first & 1) << 1;
		report->games += ocl__pairwise_games(pair);
	}
	ocl__records_report(seen, pairwise->items, report);
}

/* ---- one component? */

static void bit_set(uint64_t *rows, size_t words, uint32_t row, uint32_t bit, bool value)
{
	rows[row * words + bit / 64] |= (uint64_t)value << (bit % 64);
}

/* Can all be reached from item 0 along the rows' bits? `seen` takes a bit an item, `stack` an item each. */
static bool reaches_all(const uint64_t *rows, size_t items, uint64_t *seen, uint32_t *stack)
{
	size_t words = words_of(items);
	size_t stacked = 1;
	size_t reached = 1;

	memset(seen, 0, words * sizeof *seen);
	seen[0] = 1;
	stack[0] = 0;
	while (stacked > 0) {
		const uint64_t *row = rows + stack[--stacked] * words;
		for (size_t k = 0; k < words; k++) {
			uint64_t found = row[k] & ~seen[k];
			seen[k] |= found;
			for (; found != 0; found &= found - 1) {
				stack[stacked++] = (uint32_t)(64 * k) + (uint32_t)__builtin_ctzll(found);
				reached++;
			}
		}
	}
	return reached == items;
}

static bool one_component(const struct ocl__pairwise *pairwise, struct connect_memory *cut)
{
	const struct ocl_pairwise_problem *problem = pairwise->problem;
	size_t words = words_of(pairwise->items);

	if (words == 0)
		return false;
	memset(cut->beaten, 0, pairwise->items * words * sizeof *cut->beaten);
	memset(cut->beaten_by, 0, pairwise->items * words * sizeof *cut->beaten_by);
	for (size_t i = 0; i < problem->pair_count; i++) {
		const struct ocl_pairwise_pair *pair = &problem->pairs[i];
		bool counts = ocl__pairwise_weight(pairwise, i) > 0.0;
		bool first = counts && first_scored(pair);
		bool second = counts && second_scored(pair);
		bit_set(cut->beaten, words, pair->first, pair->second, first);
		bit_set(cut->beaten_by, words, pair->second, pair->first, first);
		bit_set(cut->beaten, words, pair->second, pair->first, second);
		bit_set(cut->beaten_by, words, pair->first, pair->second, second);
	}
	for (size_t i = 0; i < problem->anchor_count; i++) { /* there and back: they are one */
		uint32_t from = problem->anchors[0].item;
		uint32_t to = problem->anchors[i].item;
		bit_set(cut->beaten, words, from, to, true);
		bit_set(cut->beaten, words, to, from, true);
		bit_set(cut->beaten_by, words, from, to, true);
		bit_set(cut->beaten_by, words, to, from, true);
	}
	uint64_t *seen = (uint64_t *)cut->graph.next;
	return reaches_all(cut->beaten, pairwise->items, seen, cut->graph.stack) &&
	       reaches_all(cut->beaten_by, pairwise->items, seen, cut->graph.stack);
}

/* Components and islands of any number. */
static void parts_find(const struct ocl__pairwise *pairwise, struct ocl__components *graph, uint32_t *islands,
                       struct ocl_pairwise_report *report)
{
	report->island_count = islands_find(pairwise, graph->low, graph->stack);
	if (islands != NULL)
		memcpy(islands, graph->stack, pairwise->items * sizeof *islands);
	edges_build(pairwise, graph);
	ocl__components_find(graph, report);
}

void ocl__pairwise_connect(const struct ocl__pairwise *pairwise, void *memory, uint32_t *components, uint32_t *islands,
                           struct ocl_pairwise_report *report)
{
	struct ocl__block block = {(unsigned char *)memory, 0};
	struct connect_memory cut;

	memset(report, 0, sizeof *report);
	report->struct_size = sizeof *report;
	memory_cut(pairwise->items, pairwise->pairs, pairwise->problem->anchor_count, &block, &cut);
	count_records(pairwise, cut.graph.low, report);
	if (one_component(pairwise, &cut)) {
		report->island_count = report->component_count = 1;
		report->component_largest = (uint32_t)pairwise->items;
		memset(cut.graph.component, 0, pairwise->items * sizeof *cut.graph.component);
		if (islands != NULL)
			memset(islands, 0, pairwise->items * sizeof *islands);
	} else {
		parts_find(pairwise, &cut.graph, islands, report);
	}
	if (components != NULL)
		memcpy(components, cut.graph.component, pairwise->items * sizeof *components);
	report->reason = report->component_count == 1 ? OCL_PAIRWISE_FITTED : OCL_PAIRWISE_DISCONNECTED;
}

size_t ocl_pairwise_connect_size(const struct ocl_pairwise_problem *problem)
{
	struct ocl__pairwise pairwise;

	if (ocl__pairwise_read_sizes(problem, NULL, &pairwise) != OCL_OK)
		return 0;
	return ocl__pairwise_connect_bytes(pairwise.items, pairwise.pairs, problem->anchor_count);
}

int ocl_pairwise_connect(const struct ocl_pairwise_problem *problem, void *memory, size_t memory_size,
                         uint32_t *components, uint32_t *islands, struct ocl_pairwise_report *report)
{
	struct ocl__pairwise pairwise;
	struct ocl_pairwise_problem plain;
	int status = ocl__pairwise_report_status(report);

	if (status != OCL_OK)
		return status;
	if (problem == NULL)
		return OCL_EINVAL;
	status = ocl__struct_status(problem, problem->struct_size, sizeof *problem);
	if (status != OCL_OK)
		return status;
	plain = *problem;
	plain.struct_size = sizeof plain;
	plain.features = NULL;
	plain.feature_count = 0;
	status = ocl__pairwise_read(&plain, NULL, &pairwise);
	if (status == OCL_OK)
		status = ocl__block_status(memory, memory_size, ocl_pairwise_connect_size(&plain));
	if (status == OCL_OK)
		ocl__pairwise_connect(&pairwise, memory, components, islands, report);
	return status;
}
