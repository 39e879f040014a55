/* SPDX-License-Identifier: MIT */
/*
 * Goal: each meter marks as section 3 of its RFC says, in both colour modes, packet by packet and token by token.
 * Method: worked cases written straight from the text, with the counters Tc, Te and Tp after each packet; then random
 * traffic against the RFCs' own counters (counter_meter.h): to the unit at any time, and with counters of whole tokens at
 * the times at which those tick.
 */
#include "../check_run.h"
#include "../seed.h"
#include "counter_meter.h"
#include "openclaw/openclaw.h"

#include <inttypes.h>

#define G OCL_COLOUR_GREEN
#define Y OCL_COLOUR_YELLOW
#define R OCL_COLOUR_RED
#define S OCL_SECOND_NS

/* A packet, what it must become, and what the buckets then hold. */
struct step {
	uint64_t now_ns;
	uint64_t size;
	enum ocl_colour in, out;
	double tc, other;
};

static void follow(const struct ocl_meter_options *options, const struct step *steps, size_t count)
{
	struct ocl_meter meter;

	ck_assert_int_eq(ocl_meter_init(&meter, options), OCL_OK);
	for (size_t i = 0; i < count; i++) {
		const struct step *step = &steps[i];
		enum ocl_colour out = (enum ocl_colour)7;
		struct ocl_meter_snapshot left = {0};
		left.struct_size = sizeof left;
		ck_assert_int_eq(ocl_meter_mark_at(&meter, step->size, step->in, step->now_ns, &out), OCL_OK);
		ck_assert_msg(out == step->out, "step %zu: colour %d, not %d", i, (int)out, (int)step->out);
		ck_assert_int_eq(ocl_meter_snapshot_at(&meter, step->now_ns, &left), OCL_OK);
		ck_assert_msg(left.committed_available_tokens == step->tc && left.other_available_tokens == step->other,
		              "step %zu: %.17g and %.17g, not %.17g and %.17g", i, left.committed_available_tokens,
		              left.other_available_tokens, step->tc, step->other);
	}
}

#define FOLLOW(options, steps) follow(&(options), steps, sizeof(steps) / sizeof(steps)[0])

/* RFC 2697, section 3: Tc(0) = CBS, Te(0) = EBS; a tick goes to C, else to E, else to neither. */
START_TEST(meter_srtcm_colour_blind_marks_as_rfc_2697_section_3)
{
	const struct ocl_meter_options options = OCL_METER_SRTCM_OPTIONS(1000, 2000, 3000, S);
	const struct step steps[] = {
		{0, 1500, R, G, 500, 3000},           /* Tc - B >= 0; blind: the colour it comes with is nothing */
		{0, 1500, G, Y, 500, 1500},           /* Tc - B < 0, Te - B >= 0 */
		{0, 1501, G, R, 500, 1500},           /* neither: neither is decremented */
		{0, 1500, G, Y, 500, 0},              /* Te - B = 0 is enough */
		{0, 500, G, G, 0, 0},                 /* a smaller one still finds Tc */
		{0, 1, G, R, 0, 0},                   /* */
		{1 * S, 1001, G, R, 1000, 0},         /* the ticks went to C alone */
		{1 * S, 1000, G, G, 0, 0},            /* */
		{3 * S, 2001, G, R, 2000, 0},         /* C is full just now; above CBS is not green */
		{4 * S, 2001, G, R, 2000, 1000},      /* what C cannot hold goes to E */
		{4 * S, 1500, G, G, 500, 1000},       /* */
		{4 * S + S / 2, 1000, G, G, 0, 1000}, /* half a second: 500 for C */
		{4 * S + S / 2, 1000, G, Y, 0, 0},    /* */
		{9 * S, 2500, G, Y, 2000, 0},         /* 4500: 2000 for C, 2500 for E */
		{100 * S, 5000, G, R, 2000, 3000},    /* both full, the rest is lost; Tc and Te do not add up */
		{100 * S, 3000, G, Y, 2000, 0},
		{100 * S, 2000, G, G, 0, 0},
	};

	FOLLOW(options, steps);
}
END_TEST

START_TEST(meter_srtcm_colour_aware_marks_as_rfc_2697_section_3)
{
	struct ocl_meter_options options = OCL_METER_SRTCM_OPTIONS(1000, 2000, 3000, S);
	const struct step steps[] = {
		{0, 1000, Y, Y, 2000, 2000},  /* yellow never touches C */
		{0, 1, R, R, 2000, 2000},     /* red touches neither */
		{0, 1000, G, G, 1000, 2000},  /* */
		{0, 1001, G, Y, 1000, 999},   /* green that exceeds Tc is yellow */
		{0, 1000, Y, R, 1000, 999},   /* yellow that exceeds Te is red, though C has tokens */
		{0, 1000, G, G, 0, 999},      /* */
		{1 * S, 999, Y, Y, 1000, 0},  /* */
		{2 * S, 1, Y, R, 2000, 0},    /* all ticks went to C */
		{3 * S, 1000, Y, Y, 2000, 0}, /* C is full and no green packet comes: E gets them */
		{4 * S, 0, R, R, 2000, 1000}, /* */
	};

	options.flags = OCL_METER_COLOUR_AWARE;
	FOLLOW(options, steps);
}
END_TEST

/* RFC 2697, section 2: one of the bursts may be 0. */
START_TEST(meter_srtcm_one_burst_zero_uses_the_other)
{
	const struct ocl_meter_options no_c = OCL_METER_SRTCM_OPTIONS(1000, 0, 3000, S);
	const struct ocl_meter_options no_e = OCL_METER_SRTCM_OPTIONS(1000, 2000, 0, S);
	const struct step yellow_only[] = {
		{0, 3000, G, Y, 0, 0}, {S, 1001, G, R, 0, 1000}, {S, 1000, G, Y, 0, 0}, {S, 1, G, R, 0, 0}};
	const struct step green_only[] = {
		{0, 2000, G, G, 0, 0}, {S, 1001, G, R, 1000, 0}, {S, 1000, G, G, 0, 0}, {9 * S, 2001, G, R, 2000, 0}};

	FOLLOW(no_c, yellow_only);
	FOLLOW(no_e, green_only);
}
END_TEST

/* RFC 2698, section 3: red if P has too little; else yellow if C has; else green, from both. */
START_TEST(meter_trtcm_colour_blind_marks_as_rfc_2698_section_3)
{
	const struct ocl_meter_options options = OCL_METER_TRTCM_OPTIONS(1000, 2000, 2000, 3000, S);
	const struct step steps[] = {
		{0, 1500, R, G, 500, 1500},      /* both are decremented */
		{0, 1000, G, Y, 500, 500},       /* Tc - B < 0: Tp alone */
		{0, 501, G, R, 500, 500},        /* Tp - B < 0: none, and red comes first */
		{0, 500, G, G, 0, 0},            /* */
		{0, 1, G, R, 0, 0},              /* */
		{S / 2, 1000, G, Y, 500, 0},     /* 1000 for P, 500 for C */
		{S, 500, G, G, 500, 500},        /* */
		{5 * S, 2500, G, Y, 2000, 500},  /* both full again; above CBS is not green */
		{9 * S, 3001, G, R, 2000, 3000}, /* above PBS is red */
		{9 * S, 2000, G, G, 0, 1000},
	};

	FOLLOW(options, steps);
}
END_TEST

START_TEST(meter_trtcm_colour_aware_marks_as_rfc_2698_section_3)
{
	struct ocl_meter_options options = OCL_METER_TRTCM_OPTIONS(1000, 2000, 2000, 3000, S);
	const struct step steps[] = {
		{0, 100, R, R, 2000, 3000},  /* red touches nothing */
		{0, 1000, Y, Y, 2000, 2000}, /* yellow never touches C */
		{0, 1500, G, G, 500, 500},   /* */
		{0, 501, Y, R, 500, 500},    /* Tp - B < 0 */
		{0, 500, G, G, 0, 0},        /* */
		{S, 1001, G, Y, 1000, 999},  /* green that exceeds Tc is yellow */
	};

	options.flags = OCL_METER_COLOUR_AWARE;
	FOLLOW(options, steps);
}
END_TEST

/* RFC 4115, section 3: green from C alone, else yellow from E alone. */
START_TEST(meter_excess_colour_blind_marks_as_rfc_4115_section_3)
{
	const struct ocl_meter_options options = OCL_METER_TRTCM_EXCESS_OPTIONS(1000, 2000, 500, 3000, S);
	const struct step steps[] = {
		{0, 1500, Y, G, 500, 3000},     /* C alone */
		{0, 1000, G, Y, 500, 2000},     /* E alone */
		{0, 2001, G, R, 500, 2000},     /* */
		{0, 2000, G, Y, 500, 0},        /* */
		{0, 500, G, G, 0, 0},           /* */
		{2 * S, 1001, G, G, 999, 1000}, /* each at its own rate */
		{2 * S, 1000, G, Y, 999, 0},    /* */
		{4 * S, 1001, G, G, 999, 1000}, /* a full C gives nothing to E */
	};

	FOLLOW(options, steps);
}
END_TEST

START_TEST(meter_excess_colour_aware_marks_as_rfc_4115_section_3)
{
	struct ocl_meter_options options = OCL_METER_TRTCM_EXCESS_OPTIONS(1000, 2000, 500, 3000, S);
	const struct step steps[] = {
		{0, 100, R, R, 2000, 3000},  /* red is not tested against any */
		{0, 1000, Y, Y, 2000, 2000}, /* yellow is tested against E */
		{0, 2001, Y, R, 2000, 2000}, /* */
		{0, 2000, G, G, 0, 2000},    /* */
		{0, 1500, G, Y, 0, 500},     /* */
		{0, 501, G, R, 0, 500},      /* */
	};

	options.flags = OCL_METER_COLOUR_AWARE;
	FOLLOW(options, steps);
}
END_TEST

/* RFC 4115, section 3, to the letter: T - B > 0. */
START_TEST(meter_excess_strict_wants_a_token_more)
{
	struct ocl_meter_options options = OCL_METER_TRTCM_EXCESS_OPTIONS(1000, 2000, 500, 3000, S);
	struct ocl_meter_options no_c = OCL_METER_TRTCM_EXCESS_OPTIONS(0, 0, 500, 3000, S);
	const struct step steps[] = {
		{0, 2000, G, Y, 2000, 1000}, /* Tc - B = 0 is not enough */
		{0, 1999, G, G, 1, 1000},    /* */
		{0, 1000, G, R, 1, 1000},    /* */
		{0, 999, G, Y, 1, 1},        /* */
		{0, 1, G, R, 1, 1},          /* */
		{0, 0, G, G, 1, 1},          /* 1 - 0 > 0 */
	};
	const struct step empty[] = {{0, 2999, G, Y, 0, 1}, {0, 0, G, Y, 0, 1}, {S, 501, G, R, 0, 501}};

	options.flags = no_c.flags = OCL_METER_STRICT;
	FOLLOW(options, steps);
	FOLLOW(no_c, empty);
}
END_TEST

START_TEST(meter_packets_cost_one_token_whatever_their_size)
{
	struct ocl_meter_options options = OCL_METER_SRTCM_OPTIONS(1, 2, 1, S);
	const struct step steps[] = {
		{0, UINT64_MAX, G, G, 1, 1}, {0, 0, G, G, 0, 1},    {0, 64, G, Y, 0, 0},
		{0, 0, G, R, 0, 0},          {S, 9000, G, G, 0, 0},
	};

	options.flags = OCL_METER_PACKETS;
	FOLLOW(options, steps);
}
END_TEST

static struct ocl_meter_options some_options(struct seed *random)
{
	static const uint64_t periods[] = {1, 1000, OCL_SECOND_NS, OCL_SECOND_NS, OCL_DAY_NS, 36028797018963967};
	uint64_t period = periods[seed_below(random, 6)];
	uint64_t low = seed_any_size(random, period > UINT64_C(1) << 50 ? UINT64_C(1) << 50 : 8 * period);
	uint64_t high = low + seed_any_size(random, low);
	uint64_t cbs = 1 + seed_any_size(random, UINT64_C(1) << seed_below(random, 50));
	uint64_t other = 1 + seed_any_size(random, UINT64_C(1) << seed_below(random, 50));
	struct ocl_meter_options options = OCL_METER_TRTCM_OPTIONS(low, cbs, high, other, period);

	options.kind = 1 + (uint32_t)seed_below(random, 3);
	if (options.kind == OCL_METER_SRTCM)
		options.other_tokens = 0;
	options.flags = (uint32_t)seed_below(random, 4);
	if (options.kind == OCL_METER_TRTCM_EXCESS && seed_below(random, 3) == 0)
		options.flags |= OCL_METER_STRICT;
	options.initial_committed_used_tokens = seed_below(random, 2) * seed_below(random, cbs + 1);
	options.initial_other_used_tokens = seed_below(random, 2) * seed_below(random, other + 1);
	options.start_ns = seed_any_size(random, UINT64_C(1) << 60);
	return options;
}

static uint64_t some_size(struct seed *random, const struct ocl_meter_options *options)
{
	uint64_t cbs = options->committed_burst_tokens, other = options->other_burst_tokens;

	switch (seed_below(random, 6)) {
	case 0:
		return seed_any_size(random, cbs);
	case 1:
		return seed_any_size(random, other);
	case 2:
		return cbs + seed_below(random, 2);
	case 3:
		return other + seed_below(random, 2);
	case 4:
		return seed_below(random, 64);
	default:
		return cbs / (1 + seed_below(random, 8));
	}
}

static int same_counts(const struct ocl_meter *meter, const struct counter_meter *counters, uint64_t now_ns)
{
	struct ocl_meter_snapshot left = {0};

	left.struct_size = sizeof left;
	return ocl_meter_snapshot_at(meter, now_ns, &left) == OCL_OK &&
	       left.committed_available_tokens ==
	               (double)counters->c.count / (double)(UINT64_C(1) << counters->c.shift) &&
	       left.other_available_tokens ==
	               (double)counters->other.count / (double)(UINT64_C(1) << counters->other.shift);
}

/* One random meter against counters; `tick_ns`: all times are multiples of it after the start, or anything if 0. */
static void compare(struct seed *random, const struct ocl_meter_options *options, uint64_t tick_ns, int whole_tokens)
{
	struct ocl_meter meter;
	struct counter_meter counters;
	uint64_t now_ns = options->start_ns;
	uint64_t longest = UINT64_C(1) << seed_below(random, 56);

	ck_assert_int_eq(ocl_meter_init(&meter, options), OCL_OK);
	counter_meter_init(&counters, options, whole_tokens);
	for (int i = 0; i < 60; i++) {
		uint64_t gap = seed_below(random, 2) * seed_any_size(random, longest);
		uint64_t size = some_size(random, options);
		enum ocl_colour in = (enum ocl_colour)seed_below(random, 3), out = (enum ocl_colour)7;
		now_ns += tick_ns != 0 ? gap % 100 * tick_ns : gap;
		int status = ocl_meter_mark_at(&meter, size, in, now_ns, &out);
		enum ocl_colour want = counter_meter_mark(&counters, size, in, now_ns);
		if (status == OCL_OK && out == want && same_counts(&meter, &counters, now_ns))
			continue;
		ck_abort_msg("kind %u flags %u, %" PRIu64 "+%" PRIu64 " a %" PRIu64 " ns, bursts %" PRIu64 " %" PRIu64
		             ": packet %d of %" PRIu64 " in %d at +%" PRIu64 ": %d, not %d, or the counts differ",
		             options->kind, options->flags, options->committed_tokens, options->other_tokens,
		             options->period_ns, options->committed_burst_tokens, options->other_burst_tokens, i, size,
		             (int)in, now_ns - options->start_ns, (int)out, (int)want);
	}
}

START_TEST(meter_mark_random_traffic_agrees_with_counters_to_the_unit)
{
	struct seed random = seed_start("random_traffic");

	for (unsigned round = seed_rounds(20000); round > 0; round--) {
		struct ocl_meter_options options = some_options(&random);
		compare(&random, &options, 0, 0);
	}
}
END_TEST

/* The RFCs' counters hold whole tokens and tick CIR (PIR, EIR) times a second: at these times there is no difference. */
START_TEST(meter_mark_at_whole_tokens_agrees_with_the_rfcs_counters)
{
	struct seed random = seed_start("whole_tokens");
	static const uint64_t tick_ns[] = {1, 8, 1000, 125000, 333, OCL_SECOND_NS};

	for (unsigned round = seed_rounds(20000); round > 0; round--) {
		struct ocl_meter_options options = some_options(&random);
		uint64_t ns = tick_ns[seed_below(&random, 6)];
		options.period_ns = ns; /* one token of each a tick, or in two-rate meters some for the other */
		options.committed_tokens = 1;
		if (options.kind == OCL_METER_TRTCM)
			options.other_tokens = 1 + seed_below(&random, ns < 5 ? 8 : 5);
		if (options.kind == OCL_METER_TRTCM_EXCESS)
			options.other_tokens = seed_below(&random, 5);
		compare(&random, &options, ns, 1);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("meter_rfc");
	TCase *cases = tcase_create("meter_rfc");

	tcase_set_timeout(cases, 120);
	tcase_add_test(cases, meter_srtcm_colour_blind_marks_as_rfc_2697_section_3);
	tcase_add_test(cases, meter_srtcm_colour_aware_marks_as_rfc_2697_section_3);
	tcase_add_test(cases, meter_srtcm_one_burst_zero_uses_the_other);
	tcase_add_test(cases, meter_trtcm_colour_blind_marks_as_rfc_2698_section_3);
	tcase_add_test(cases, meter_trtcm_colour_aware_marks_as_rfc_2698_section_3);
	tcase_add_test(cases, meter_excess_colour_blind_marks_as_rfc_4115_section_3);
	tcase_add_test(cases, meter_excess_colour_aware_marks_as_rfc_4115_section_3);
	tcase_add_test(cases, meter_excess_strict_wants_a_token_more);
	tcase_add_test(cases, meter_packets_cost_one_token_whatever_their_size);
	tcase_add_test(cases, meter_mark_random_traffic_agrees_with_counters_to_the_unit);
	tcase_add_test(cases, meter_mark_at_whole_tokens_agrees_with_the_rfcs_counters);
	suite_add_tcase(suite, cases);
	return check_run(suite);
}
