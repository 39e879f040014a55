/* SPDX-License-Identifier: MIT */
/* Settings of a meter: from options to numbers, and a picture of them and of its tokens. State and words: meter_state.h. */
#include "limit/meter_state.h"

#include <string.h>

_Static_assert(OCL_BUCKET_PERIOD_MAX_NS == OCL__SCALE_PERIOD_MAX_NS, "one bound, two names");
_Static_assert(OCL_BUCKET_RATE_MAX_PER_NS == OCL__SCALE_UNITS_PER_NS_MAX, "one bound, two names");
#if !defined(OCL_ATOMIC_MODEL)
_Static_assert(sizeof(struct ocl__meter) == sizeof(struct ocl_meter), "the private state fills the public struct");
_Static_assert(offsetof(struct ocl__meter, charged) >= 56, "the words' cache line begins in the meter");
_Static_assert(offsetof(struct ocl__meter, charged) / 64 == offsetof(struct ocl__meter, other_charged) / 64,
               "in aligned memory both words are on one cache line");
_Static_assert(sizeof(struct ocl__meter) - offsetof(struct ocl__meter, other_charged) >= 64,
               "the words' cache line ends in the meter");
#endif

/* Read `given` of any published size into `options`. */
static int read_options(const struct ocl_meter_options *given, struct ocl_meter_options *options)
{
	const unsigned char *bytes = (const unsigned char *)given;
	size_t size = given->struct_size;

	if (size < sizeof *options || size > 4096)
		return OCL_ESIZE;
	for (size_t i = sizeof *options; i < size; i++) {
		if (bytes[i] != 0)
			return OCL_ESIZE;
	}
	memcpy(options, given, sizeof *options);
	if (options->reserved32 != 0 || options->reserved[0] != 0 || options->reserved[1] != 0)
		return OCL_EINVAL;
	return OCL_OK;
}

static int check_kind(const struct ocl_meter_options *options)
{
	const uint32_t known = OCL_METER_COLOUR_AWARE | OCL_METER_PACKETS | OCL_METER_STRICT;

	if (options->kind < OCL_METER_SRTCM || options->kind > OCL_METER_TRTCM_EXCESS)
		return OCL_EINVAL;
	if ((options->flags & ~known) != 0)
		return OCL_EINVAL;
	if ((options->flags & OCL_METER_STRICT) != 0 && options->kind != OCL_METER_TRTCM_EXCESS)
		return OCL_EINVAL;
	if (options->kind == OCL_METER_SRTCM && options->other_tokens != 0)
		return OCL_EINVAL;
	return OCL_OK;
}

static int rate_in_range(uint64_t tokens, uint64_t period_ns)
{
	return tokens <= OCL_BUCKET_RATE_MAX_PER_NS * period_ns;
}

static int check_range(const struct ocl_meter_options *options)
{
	uint64_t cbs = options->committed_burst_tokens, other = options->other_burst_tokens;

	if (options->period_ns == 0 || options->period_ns > OCL_BUCKET_PERIOD_MAX_NS)
		return OCL_ERANGE;
	if (!rate_in_range(options->committed_tokens, options->period_ns) ||
	    !rate_in_range(options->other_tokens, options->period_ns))
		return OCL_ERANGE;
	if (cbs > OCL_BUCKET_CAPACITY_MAX || other > OCL_BUCKET_CAPACITY_MAX || (cbs == 0 && other == 0))
		return OCL_ERANGE;
	if (options->initial_committed_used_tokens > cbs || options->initial_other_used_tokens > other)
		return OCL_ERANGE;
	if (options->kind == OCL_METER_SRTCM && cbs + other > OCL_BUCKET_CAPACITY_MAX)
		return OCL_ERANGE;
	if (options->kind == OCL_METER_TRTCM &&
	    (cbs == 0 || other == 0 || options->other_tokens < options->committed_tokens))
		return OCL_ERANGE;
	if (options->kind == OCL_METER_TRTCM_EXCESS &&
	    ((cbs == 0 && options->committed_tokens != 0) || (other == 0 && options->other_tokens != 0)))
		return OCL_ERANGE;
	return OCL_OK;
}

static int check(const struct ocl_meter_options *options)
{
	int status = check_kind(options);

	if (status == OCL_OK)
		status = check_range(options);
	if (status == OCL_OK)
		status = options->clock <= OCL_CLOCK_TSC ? ocl_clock_check((enum ocl_clock)options->clock) : OCL_EINVAL;
	return status;
}

/* The finest unit with which `widest` tokens and what centuries earn still fit their bits. */
static unsigned shift_for(uint64_t widest, uint64_t refill_tokens, uint64_t period_ns)
{
	unsigned shift = 0;

	if (refill_tokens == 0)
		return 0;
	while (shift < OCL__METER_SHIFT_MAX && widest << (shift + 1) <= OCL__METER_FULL_MAX &&
	       refill_tokens <= period_ns >> (shift + 1))
		shift++;
	return shift;
}

static void set_bucket(struct ocl__meter_bucket *bucket, uint64_t burst, uint64_t widest, uint64_t refill_tokens,
                       uint64_t period_ns)
{
	bucket->shift = shift_for(widest, refill_tokens, period_ns);
	bucket->mult = ocl__multiplier_of(refill_tokens << bucket->shift, period_ns);
	bucket->full = burst << bucket->shift;
	bucket->refill_tokens = refill_tokens;
}

/* What ocl_meter_init() writes, but for the memset. `options` are checked. */
static void set_up(struct ocl__meter *meter, const struct ocl_meter_options *options)
{
	uint64_t cbs = options->committed_burst_tokens, other = options->other_burst_tokens;
	int one_axis = options->kind == OCL_METER_SRTCM;
	uint64_t other_rate = one_axis ? options->committed_tokens : options->other_tokens;

	meter->period_ns = options->period_ns;
	meter->base_ns = options->start_ns != OCL_START_NOW ? options->start_ns
	                                                    : ocl_clock_now_ns((enum ocl_clock)options->clock);
	set_bucket(&meter->c, cbs, one_axis ? cbs + other : cbs, options->committed_tokens, options->period_ns);
	set_bucket(&meter->other, other, one_axis ? cbs + other : other, other_rate, options->period_ns);
	uint64_t used = options->initial_committed_used_tokens << meter->c.shift;
	uint64_t other_used = options->initial_other_used_tokens << meter->other.shift;
	ocl_store_relaxed(&meter->charged, used);
	ocl_store_relaxed(&meter->other_charged, other_used + (one_axis ? used : 0));
	/* R0: pairs with A0 in meter_state.h. */
	ocl_store_release(&meter->setup, ocl__meter_setup(options->kind, options->flags, options->clock));
}

int ocl_meter_init(struct ocl_meter *memory, const struct ocl_meter_options *given)
{
	struct ocl_meter_options options;
	int status;

	if (memory == NULL || given == NULL)
		return OCL_EINVAL;
	if ((uintptr_t)memory % _Alignof(struct ocl_meter) != 0)
		return OCL_EALIGN;
	status = read_options(given, &options);
	if (status == OCL_OK)
		status = check(&options);
	if (status != OCL_OK)
		return status;
	memset(memory, 0, sizeof *memory);
	set_up(ocl__meter_of(memory), &options);
	return OCL_OK;
}

/* Tokens available, given used units; at an old time, and while others are at work, it may seem that more is used. */
static double available(const struct ocl__meter_bucket *bucket, uint64_t charged, uint64_t earned)
{
	uint64_t used = charged > earned ? charged - earned : 0;
	uint64_t units = bucket->full > used ? bucket->full - used : 0;

	return (double)units / (double)(UINT64_C(1) << bucket->shift);
}

/* Both words of one moment. A1 (meter.c). */
static void read_words(const struct ocl__meter *meter, size_t *charged, size_t *other)
{
	do {
		*other = ocl_load_acquire(&meter->other_charged);
		*charged = ocl_load_acquire(&meter->charged);
	} while (ocl_load_acquire(&meter->other_charged) != *other);
}

int ocl_meter_snapshot_at(const struct ocl_meter *memory, uint64_t now_ns, struct ocl_meter_snapshot *snapshot)
{
	const struct ocl__meter *meter = ocl__meter_of_const(memory);
	size_t setup, charged, other;

	if (meter == NULL || snapshot == NULL || (setup = ocl__meter_setup_of(meter)) == 0)
		return OCL_EINVAL;
	if (snapshot->struct_size < sizeof *snapshot)
		return OCL_ESIZE;
	read_words(meter, &charged, &other);
	uint64_t t_ns = ocl__meter_since(meter, now_ns);
	uint64_t earned = ocl__meter_earned(&meter->c, t_ns);
	int one_axis = ocl__meter_kind(setup) == OCL_METER_SRTCM;
	/* What E has earned on their common axis is all that C has been charged, or lost. */
	uint64_t other_earned = one_axis ? ocl__meter_greater(charged, earned) : ocl__meter_earned(&meter->other, t_ns);
	snapshot->kind = ocl__meter_kind(setup);
	snapshot->flags = ocl__meter_flags(setup);
	snapshot->clock = ocl__meter_clock(setup);
	snapshot->reserved32 = 0;
	snapshot->period_ns = meter->period_ns;
	snapshot->committed_tokens = meter->c.refill_tokens;
	snapshot->committed_burst_tokens = meter->c.full >> meter->c.shift;
	snapshot->other_tokens = one_axis ? 0 : meter->other.refill_tokens;
	snapshot->other_burst_tokens = meter->other.full >> meter->other.shift;
	snapshot->committed_available_tokens = available(&meter->c, charged, earned);
	snapshot->other_available_tokens = available(&meter->other, other, other_earned);
	return OCL_OK;
}

int ocl_meter_snapshot(const struct ocl_meter *memory, struct ocl_meter_snapshot *snapshot)
{
	size_t setup;

	if (memory == NULL || (setup = ocl__meter_setup_of(ocl__meter_of_const(memory))) == 0)
		return OCL_EINVAL;
	return ocl_meter_snapshot_at(memory, ocl_clock_now_ns((enum ocl_clock)ocl__meter_clock(setup)), snapshot);
}

size_t ocl_meter_size(void)
{
	return sizeof(struct ocl_meter);
}
