/* SPDX-License-Identifier: MIT */
/*
 * The meters of the three RFCs as their section 3 puts it: counters Tc, Te and Tp that tick up by one so many times a
 * second, and are decremented by a packet's size. Here a tick may be a part of a token, and many ticks are counted at once.
 * Shares nothing with the library, which has no counters and no ticks. Time must not go backwards.
 */
#ifndef OCL_TESTS_COUNTER_METER_H
#define OCL_TESTS_COUNTER_METER_H

#include "openclaw/meter.h"

__extension__ typedef unsigned __int128 counter_u128;

struct counter {
	uint64_t count, most;  /* ticks */
	uint64_t rate, period; /* ticks a period */
	unsigned shift;        /* 2^shift ticks a token */
};

struct counter_meter {
	uint32_t kind, flags;
	uint64_t start_ns, last_ns;
	struct counter c, other; /* C; P or E */
};

/* The library's unit: the finest that keeps bursts within 2^59 and at most one a nanosecond, but 2^-32 token at least. */
static inline unsigned counter_shift(uint64_t widest, uint64_t rate, uint64_t period)
{
	unsigned shift = 0;

	while (rate != 0 && shift < 32 && (counter_u128)widest << (shift + 1) <= (counter_u128)1 << 59 &&
	       (counter_u128)rate << (shift + 1) <= period)
		shift++;
	return shift;
}

static inline struct counter counter_of(uint64_t burst, uint64_t used, uint64_t rate, uint64_t period, unsigned shift)
{
	struct counter counter = {(burst - used) << shift, burst << shift, rate << shift, period, shift};

	return counter;
}

static inline void counter_meter_init(struct counter_meter *meter, const struct ocl_meter_options *o, int whole_tokens)
{
	uint64_t cbs = o->committed_burst_tokens, other = o->other_burst_tokens;
	int single = o->kind == OCL_METER_SRTCM;
	uint64_t rate = single ? o->committed_tokens : o->other_tokens;
	unsigned shift = counter_shift(single ? cbs + other : cbs, o->committed_tokens, o->period_ns);
	unsigned other_shift = counter_shift(single ? cbs + other : other, rate, o->period_ns);

	meter->kind = o->kind;
	meter->flags = o->flags;
	meter->start_ns = meter->last_ns = o->start_ns;
	meter->c = counter_of(cbs, o->initial_committed_used_tokens, o->committed_tokens, o->period_ns,
	                      whole_tokens ? 0 : shift);
	meter->other =
		counter_of(other, o->initial_other_used_tokens, rate, o->period_ns, whole_tokens ? 0 : other_shift);
}

/* Ticks from the start up to t_ns after it. */
static inline counter_u128 counter_ticks(const struct counter *counter, uint64_t t_ns)
{
	return counter->period != 0 ? (counter_u128)counter->rate * t_ns / counter->period : 0;
}

/* Count up by `ticks`; what does not fit is returned. */
static inline counter_u128 counter_tick(struct counter *counter, counter_u128 ticks)
{
	counter_u128 room = counter->most - counter->count, added = ticks < room ? ticks : room;

	counter->count += (uint64_t)added;
	return ticks - added;
}

static inline void counter_meter_advance(struct counter_meter *meter, uint64_t now_ns)
{
	if (now_ns <= meter->last_ns)
		return;
	uint64_t from = meter->last_ns - meter->start_ns, to = now_ns - meter->start_ns;
	counter_u128 rest = counter_tick(&meter->c, counter_ticks(&meter->c, to) - counter_ticks(&meter->c, from));
	if (meter->kind != OCL_METER_SRTCM)
		rest = counter_ticks(&meter->other, to) - counter_ticks(&meter->other, from);
	counter_tick(&meter->other, rest);
	meter->last_ns = now_ns;
}

static inline int counter_has(const struct counter *counter, uint64_t tokens, int strict)
{
	counter_u128 wanted = ((counter_u128)tokens + (strict ? 1 : 0)) << counter->shift;

	return wanted <= counter->count;
}

static inline void counter_take(struct counter *counter, uint64_t tokens)
{
	counter->count -= tokens << counter->shift;
}

static inline enum ocl_colour counter_meter_mark(struct counter_meter *meter, uint64_t size, enum ocl_colour in,
                                                 uint64_t now_ns)
{
	uint64_t b = (meter->flags & OCL_METER_PACKETS) != 0 ? 1 : size;
	int strict = (meter->flags & OCL_METER_STRICT) != 0;
	int aware = (meter->flags & OCL_METER_COLOUR_AWARE) != 0;
	int green = !aware || in == OCL_COLOUR_GREEN, red = aware && in == OCL_COLOUR_RED;

	counter_meter_advance(meter, now_ns);
	if (meter->kind == OCL_METER_TRTCM) {
		if (red || !counter_has(&meter->other, b, 0))
			return OCL_COLOUR_RED;
		counter_take(&meter->other, b);
		if (!green || !counter_has(&meter->c, b, 0))
			return OCL_COLOUR_YELLOW;
		counter_take(&meter->c, b);
		return OCL_COLOUR_GREEN;
	}
	if (green && counter_has(&meter->c, b, strict)) {
		counter_take(&meter->c, b);
		return OCL_COLOUR_GREEN;
	}
	if (!red && counter_has(&meter->other, b, strict)) {
		counter_take(&meter->other, b);
		return OCL_COLOUR_YELLOW;
	}
	return OCL_COLOUR_RED;
}

#endif
