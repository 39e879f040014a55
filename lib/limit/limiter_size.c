/* SPDX-License-Identifier: MIT */
/*
 * From options to a table: how large it is, setting it up, and finding it again.
 *
 * State          the head of the table, written here alone; its word `state`.
 * Ordering       R0 init stores OCL__TABLE_READY with release; A0 attach loads it with acquire, and then sees the head.
 *
 * How full a table may be follows from measurement: of new keys that meet a table whose cells are busy to the given part,
 * so many find none in either of two sets of four (tests/limit/test_limiter_size.c measures it again).
 */
#include "base/random.h"
#include "limit/limiter_cell.h"
#include "limit/limiter_denied.h"

#include <string.h>

#define CHANCE_DEFAULT 0.01
#define CHANCE_MIN     0.00001
#define CHANCE_MAX     0.1

/* Sets that share a word of overflow, when there is one plan; with more, as many times more share one. Picked: half a byte
 * a cell. */
#define SETS_A_WORD 4

static const struct {
	double chance, load;
} loads[] = {
	{0.00001, 0.46}, {0.0001, 0.53}, {0.0003, 0.60}, {0.001, 0.645}, {0.003, 0.70},
	{0.0065, 0.75},  {0.013, 0.80},  {0.024, 0.85},  {0.039, 0.90},  {0.1, 1.02},
};

/* The part of the cells that may be busy: on the chords of a curve that bends down, so never too high. */
static double load_for(double chance)
{
	size_t i = 1;

	while (i + 1 < sizeof loads / sizeof loads[0] && loads[i].chance < chance)
		i++;
	double part = (chance - loads[i - 1].chance) / (loads[i].chance - loads[i - 1].chance);
	return loads[i - 1].load + part * (loads[i].load - loads[i - 1].load);
}

static int options_read(const struct ocl_limiter_options *given, struct ocl_limiter_options *options)
{
	const unsigned char *bytes = (const unsigned char *)given;

	if (given->struct_size < sizeof *options || given->struct_size > 4096)
		return OCL_ESIZE;
	for (size_t i = sizeof *options; i < given->struct_size; i++) {
		if (bytes[i] != 0)
			return OCL_ESIZE;
	}
	memcpy(options, given, sizeof *options);
	uint64_t reserved = options->reserved_0;
	for (size_t i = 0; i < sizeof options->reserved / sizeof options->reserved[0]; i++)
		reserved |= options->reserved[i];
	if (reserved != 0 || options->plans == NULL || options->clock > OCL_CLOCK_TSC ||
	    options->overflow > OCL_LIMITER_OVERFLOW_REFUSE || options->overflow_chance != options->overflow_chance)
		return OCL_EINVAL;
	if (options->overflow_chance == 0)
		options->overflow_chance = CHANCE_DEFAULT;
	if (options->keys == 0 || options->keys > OCL_LIMITER_KEYS_MAX || options->plan_count == 0 ||
	    options->plan_count > OCL_LIMITER_PLANS_MAX || options->denied_keys > OCL_LIMITER_DENIED_KEYS_MAX ||
	    options->overflow_chance < CHANCE_MIN || options->overflow_chance > CHANCE_MAX)
		return OCL_ERANGE;
	return OCL_OK;
}

static int plans_check(const struct ocl_limiter_options *options)
{
	/* The caller's compiler laid out an array of its own size of options. */
	for (size_t i = 0; i < options->plan_count; i++) {
		const struct ocl_bucket_options *plan = &options->plans[i];
		struct ocl__setting_values values;
		int status = ocl__plan_values(plan, &values);
		if (status != OCL_OK)
			return status;
		if (plan->initial_used_tokens != 0 || plan->start_ns != 0 || plan->clock != 0)
			return OCL_EINVAL;
	}
	return OCL_OK;
}

static uint64_t lines(uint64_t bytes)
{
	return (bytes + OCL_LIMITER_MEMORY_ALIGN - 1) / OCL_LIMITER_MEMORY_ALIGN * OCL_LIMITER_MEMORY_ALIGN;
}

static uint64_t overflow_words_of(uint64_t sets, uint64_t plan_count)
{
	return sets / (SETS_A_WORD * plan_count) + 1;
}

/* Bytes before each part of a table; sizes as its head says. */
struct parts {
	uint64_t plans, sets, overflow, denied, end;
};

static struct parts parts_of(const struct ocl__table *head)
{
	struct parts at;

	at.plans = lines(sizeof(struct ocl__table));
	at.sets = at.plans + lines(head->plan_count * sizeof(struct ocl__plan));
	at.overflow = at.sets + head->sets * sizeof(struct ocl__set);
	at.denied = at.overflow + lines(head->plan_count * head->overflow_words * sizeof(ocl_atomic));
	at.end = at.denied + head->denied_entries * sizeof(struct ocl__denied);
	return at;
}

int ocl__limiter_geometry(const struct ocl_limiter_options *given, struct ocl_limiter_options *options,
                          struct ocl__table *head)
{
	int status = options_read(given, options);

	if (status == OCL_OK)
		status = plans_check(options);
	if (status != OCL_OK)
		return status;
	memset((void *)head, 0, sizeof *head);
	head->magic = OCL__TABLE_MAGIC;
	head->layout = OCL__TABLE_LAYOUT;
	head->plan_count = options->plan_count;
	head->clock = options->clock;
	head->denied_keys = options->denied_keys;
	head->denied_entries = ocl__denied_entries(options->denied_keys);
	double cells = (double)options->keys / load_for(options->overflow_chance);
	head->sets = (uint64_t)(cells / 4) + 1;
	if (head->sets < 2)
		head->sets = 2;
	if (options->overflow == OCL_LIMITER_OVERFLOW_SHARE)
		head->overflow_words = overflow_words_of(head->sets, options->plan_count);
	head->memory_size = parts_of(head).end;
	return OCL_OK;
}

int ocl_limiter_memory_size(const struct ocl_limiter_options *given, size_t *size)
{
	struct ocl_limiter_options options;
	struct ocl__table head;

	if (given == NULL || size == NULL)
		return OCL_EINVAL;
	int status = ocl__limiter_geometry(given, &options, &head);
	if (status == OCL_OK)
		*size = (size_t)head.memory_size;
	return status;
}

/* The handle of a table whose head holds. */
static void hold(struct ocl__limiter *limiter, void *memory)
{
	struct ocl__table *table = (struct ocl__table *)memory;
	unsigned char *bytes = (unsigned char *)memory;
	struct parts at = parts_of(table);

	memset((void *)limiter, 0, sizeof(struct ocl_limiter));
	limiter->table = table;
	limiter->plans = (struct ocl__plan *)(void *)(bytes + at.plans);
	limiter->sets = (struct ocl__set *)(void *)(bytes + at.sets);
	limiter->overflow = (ocl_atomic *)(void *)(bytes + at.overflow);
	limiter->denied = (struct ocl__denied *)(void *)(bytes + at.denied);
	limiter->set_count = table->sets;
	limiter->overflow_words = table->overflow_words;
	limiter->denied_entries = table->denied_entries;
	limiter->plan_count = table->plan_count;
	limiter->seed[0] = table->seed[0];
	limiter->seed[1] = table->seed[1];
	limiter->clock = table->clock;
	limiter->state = OCL__LIMITER_READY;
	(void)ocl__thread_slot(); /* makes the slots ready: better now than in the first take */
}

static int memory_check(const struct ocl_limiter *limiter, const void *memory)
{
	if (limiter == NULL || memory == NULL)
		return OCL_EINVAL;
	if ((uintptr_t)memory % OCL_LIMITER_MEMORY_ALIGN != 0 || (uintptr_t)limiter % _Alignof(struct ocl_limiter) != 0)
		return OCL_EALIGN;
	return OCL_OK;
}

static void plans_write(struct ocl__limiter *limiter, const struct ocl_limiter_options *options)
{
	for (size_t i = 0; i < options->plan_count; i++) {
		struct ocl__plan *plan = &limiter->plans[i];
		struct ocl__setting_values values;
		(void)ocl__plan_values(&options->plans[i], &values); /* checked before */
		values.base_ns = limiter->table->start_ns;
		ocl__settings_write(&plan->settings[0], &values);
		ocl_store_relaxed(&plan->in_force, 1);
	}
	/* Never 0: a word that counts by no copy could not be converted. */
	for (uint64_t i = 0; i < options->plan_count * limiter->overflow_words; i++)
		ocl_store_relaxed(&limiter->overflow[i], 1);
}

int ocl_limiter_init(struct ocl_limiter *handle, void *memory, size_t size, const struct ocl_limiter_options *given)
{
	struct ocl_limiter_options options = {0};
	struct ocl__table head;
	struct ocl__table *table = (struct ocl__table *)memory;

	int status = given != NULL ? memory_check(handle, memory) : OCL_EINVAL;
	if (status == OCL_OK)
		status = ocl__limiter_geometry(given, &options, &head);
	if (status == OCL_OK && size < head.memory_size)
		status = OCL_ESIZE;
	if (status == OCL_OK)
		status = ocl_clock_check((enum ocl_clock)options.clock);
	if (status != OCL_OK)
		return status;
	head.seed[0] = options.seed[0];
	head.seed[1] = options.seed[1];
	if ((head.seed[0] | head.seed[1]) == 0)
		status = ocl__random_seed(head.seed);
	if (status != OCL_OK)
		return status;
	head.start_ns =
		options.start_ns != OCL_START_NOW ? options.start_ns : ocl_clock_now_ns((enum ocl_clock)options.clock);
	ocl_store_relaxed(&head.state, OCL__TABLE_SETTING_UP);
	memcpy((void *)table, (const void *)&head, sizeof head);
	memset((unsigned char *)memory + sizeof head, 0, (size_t)head.memory_size - sizeof head);
	hold(ocl__limiter_of(handle), memory);
	plans_write(ocl__limiter_of(handle), &options);
	ocl__table_publish(table); /* R0 */
	return OCL_OK;
}

/* Whether a head can be believed: then no call reads or writes beyond the memory. */
static int head_check(const struct ocl__table *table, size_t size)
{
	if (table->magic != OCL__TABLE_MAGIC || table->layout != OCL__TABLE_LAYOUT)
		return OCL_EFORMAT;
	if (table->plan_count == 0 || table->plan_count > OCL_LIMITER_PLANS_MAX || table->sets < 2 ||
	    table->sets > OCL_LIMITER_KEYS_MAX ||
	    (table->overflow_words != 0 &&
	     table->overflow_words != overflow_words_of(table->sets, table->plan_count)) ||
	    table->denied_keys > OCL_LIMITER_DENIED_KEYS_MAX ||
	    table->denied_entries != ocl__denied_entries(table->denied_keys) || table->clock > OCL_CLOCK_TSC)
		return OCL_EFORMAT;
	if (parts_of(table).end != table->memory_size)
		return OCL_EFORMAT;
	return table->memory_size <= size ? OCL_OK : OCL_ESIZE;
}

/* Whether settings can be computed with, whoever wrote them. */
static bool plan_is_sound(const struct ocl__plan *plan)
{
	size_t in_force = ocl_load_acquire(&plan->in_force);

	if (ocl__plan_current(in_force) == 0 || ocl__plan_current(in_force) == ocl__plan_previous(in_force))
		return false;
	for (int i = 0; i < OCL__SETTINGS_COPIES; i++) {
		const struct ocl__settings *copy = &plan->settings[i];
		if (ocl__shift_of(ocl_load_relaxed(&copy->scales)) > OCL__SHIFT_MAX ||
		    ocl_load_relaxed(&copy->full) > OCL__FULL_MAX ||
		    ocl_load_relaxed(&copy->offset) > OCL__OFFSET_MAX || ocl_load_relaxed(&copy->mult_hi) >> 60 != 0)
			return false;
	}
	return true;
}

int ocl_limiter_attach(struct ocl_limiter *handle, void *memory, size_t size)
{
	const struct ocl__table *table = (const struct ocl__table *)memory;
	int status = memory_check(handle, memory);

	if (status == OCL_OK && size < sizeof *table)
		status = OCL_ESIZE;
	if (status != OCL_OK)
		return status;
	size_t state = ocl__table_state(table); /* A0 */
	if (table->magic != OCL__TABLE_MAGIC)
		return OCL_EFORMAT;
	if (state != OCL__TABLE_READY)
		return state == OCL__TABLE_SETTING_UP ? OCL_EBUSY : OCL_EFORMAT;
	status = head_check(table, size);
	if (status != OCL_OK)
		return status;
	const struct ocl__plan *plans =
		(const struct ocl__plan *)(const void *)((const unsigned char *)memory + parts_of(table).plans);
	for (uint64_t i = 0; i < table->plan_count; i++) {
		if (!plan_is_sound(&plans[i]))
			return OCL_EFORMAT;
	}
	if (table->clock == OCL_CLOCK_TSC)
		return OCL_ENOTSUP;
	status = ocl_clock_check((enum ocl_clock)table->clock);
	if (status == OCL_OK)
		hold(ocl__limiter_of(handle), memory);
	return status;
}
